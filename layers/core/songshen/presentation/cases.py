"""What administrators are shown of single cases."""

from collections.abc import Sequence
from datetime import datetime

from songshen.contract.cases import Case, CaseCategory, CaseItem, CaseSlot, EndView, NotificationView, ViewingView
from songshen.contract.common import SlotState
from songshen.domain.application import Application, Ready, Rejected, Reserved, Status, end_and_source
from songshen.domain.exam import Category, Exam
from songshen.domain.journal import Entry, withdrawn_numbers
from songshen.domain.sms import cause_text
from songshen.ports import Notification, QueueRow, RosterEntry, Viewing
from songshen.presentation.common import area_name, local, site_view
from songshen.presentation.reviewer import claim_view, history_of, masked_candidate


def case_item(row: QueueRow, area: str, site: str, exam: Exam) -> CaseItem:
    """One that was found in a site's queue."""
    return CaseItem(
        application=row.application,
        registration_no=row.registration_no,
        name=row.name,
        area=area_name(area, exam),
        site=site_view(area, site, exam),
        status=Status(row.status),
        round=row.round,
        since=local(row.since, exam),
    )


def case(
    application: Application,
    exam: Exam,
    journal: Sequence[Entry],
    roster: RosterEntry | None,
    viewings: Sequence[Viewing],
    notification: Notification | None,
    now: datetime,
) -> Case:
    """An application as an administrator sees it."""
    end, source = end_and_source(application, exam)
    return Case(
        now=now.astimezone(exam.zone),
        time_zone=exam.time_zone,
        application=application.id,
        candidate=masked_candidate(application, exam, roster),
        status=application.status,
        round=application.round,
        since=local(application.since, exam),
        submitted_at=local(application.submitted_at, exam),
        claim=claim_view(application.claim, "", now, exam),
        serial_number=application.serial_number or None,
        withdrawn_serial_numbers=withdrawn_numbers(journal),
        end=EndView(end.astimezone(exam.zone), source),
        extension=local(application.extension, exam),
        categories=[_case_category(application, category, now) for category in exam.asked_in(application.area)],
        notification=NotificationView(
            notification.round,
            notification.state,
            notification.at.astimezone(exam.zone),
            notification.cause,
            cause_text(notification.cause) if notification.cause else None,
        )
        if notification
        else None,
        history=history_of(journal, exam),
        viewings=[
            ViewingView(seen.by, seen.at.astimezone(exam.zone), seen.round, seen.what) for seen in reversed(viewings)
        ],
        reason_codes=list(exam.reasons),
    )


def _case_category(application: Application, category: Category, now: datetime) -> CaseCategory:
    states: dict[type, SlotState] = {Reserved: "reserved", Ready: "ready", Rejected: "rejected"}
    slots = [
        CaseSlot(place.id, place.title, states.get(type(application.slot_at(place.id, now)), "empty"))
        for place in category.slots
    ]
    return CaseCategory(category.id, category.title, category.required, slots)
