"""The reviewer's queue and case."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from songshen.contract.reviewer import (
    ClaimView,
    HistoryEntry,
    Identity,
    Previous,
    QueueItem,
    Review,
    ReviewCandidate,
    ReviewCategory,
    ReviewSlot,
)
from songshen.domain.application import Application, Claim, Decision, Outcome, Ready, SlotReview, Status
from songshen.domain.exam import Exam
from songshen.domain.journal import Entry, images_of
from songshen.domain.sms import text_of
from songshen.ports import QueueRow, RosterEntry
from songshen.presentation.common import (
    Link,
    area_name,
    image_of,
    local,
    masked,
    material_key,
    messages_of,
    site_name,
    warnings_of,
)


def review(
    application: Application,
    exam: Exam,
    journal: Sequence[Entry],
    roster: RosterEntry | None,
    me: str,
    now: datetime,
    link: Link,
    others: Mapping[str, int],
) -> Review:
    """A case as its reviewer sees it: what was submitted, what changed since the last round, what was said then.

    `others` has by an image's hash how many other candidates have sent the very same one.

    The images are always those of the round's submission: what was rejected, or came after a return, is not in it; and
    so a spot check shows the very same as the case did.
    """
    shown = images_of(journal, application.round) or {}
    before = images_of(journal, application.round - 1)
    judged = _return(journal, application.round - 1)
    categories = [
        ReviewCategory(
            category.id,
            category.title,
            category.hint,
            category.required,
            category.example,
            [
                ReviewSlot(
                    slot=place.id,
                    title=place.title,
                    **image_of(application, exam, place.id, shown.get(place.id), link),
                    warnings=warnings_of(exam, place.id, shown, lambda words: words.found),
                    sent_by_others=others.get(shown[place.id].sha256, 0) if place.id in shown else 0,
                    **_changes(application, place.id, shown, before, judged, link),
                )
                for place in category.slots
            ],
        )
        for category in exam.asked_in(application.area)
    ]
    if_returned = Decision(application.round, Outcome.RETURN, me, now)
    return Review(
        now=now.astimezone(exam.zone),
        time_zone=exam.time_zone,
        sms=text_of(replace(application, status=Status.RETURNED, decision=if_returned), exam),
        application=application.id,
        round=application.round,
        status=application.status,
        submitted_at=local(application.submitted_at, exam),
        claim=claim_view(application.claim, me, now, exam),
        exam=exam.name,
        candidate=masked_candidate(application, exam, roster),
        categories=categories,
        history=history_of(journal, exam),
        reason_codes=list(exam.reasons),
    )


def _return(journal: Sequence[Entry], round: int) -> Mapping[str, SlotReview]:
    """What that round's return, or its reopening, said of each slot."""
    found = [entry for entry in journal if entry.kind in ("returned", "reopened") and entry.round == round]
    return found[-1].decision.slots if found and found[-1].decision else {}


def _changes(
    application: Application,
    slot: str,
    shown: Mapping[str, Ready],
    before: Mapping[str, Ready] | None,
    judged: Mapping[str, SlotReview],
    link: Link,
) -> dict[str, Any]:
    """Whether a slot holds something else than in the round before, and what was there and said then."""
    if before is None:
        return {"changed": False, "previous": None}
    was, held, said = before.get(slot), shown.get(slot), judged.get(slot)
    changed = (was.upload_id if was else None) != (held.upload_id if held else None)
    previous = None
    if changed or said:
        url = link(material_key(application, slot, was.upload_id)) if was else None
        previous = Previous(
            image_url=url,
            code=said.code if said else None,
            note=said.note if said else "",
            region=said.region if said else None,
        )
    return {"changed": changed, "previous": previous}


def queue_item(row: QueueRow, me: str, now: datetime, exam: Exam) -> QueueItem:
    """One line of the queue."""
    return QueueItem(
        application=row.application,
        registration_no=row.registration_no,
        name=row.name,
        status=Status(row.status),
        round=row.round,
        since=local(row.since, exam),
        claim=claim_view(row.claim, me, now, exam),
    )


def claim_view(claim: Claim | None, me: str, now: datetime, exam: Exam) -> ClaimView | None:
    """The lease, if it is alive."""
    if claim is None or claim.expires <= now:
        return None
    return ClaimView(claim.by, claim.expires.astimezone(exam.zone), claim.by == me)


def masked_candidate(application: Application, exam: Exam, roster: RosterEntry | None) -> ReviewCandidate:
    """Who it is, as staff see them: phone and id number masked."""
    return ReviewCandidate(
        registration_no=application.registration_no,
        name=application.name,
        id_number=masked(roster.id_number, 6, 2) if roster else "",
        phone=masked(application.phone or (roster.phone if roster else ""), 3, 4),
        address=application.address,
        area=area_name(application.area, exam),
        site=site_name(application.area, application.site, exam),
    )


def history_of(journal: Sequence[Entry], exam: Exam) -> list[HistoryEntry]:
    """The journal, newest entry first."""
    return [
        HistoryEntry(
            entry.at.astimezone(exam.zone),
            entry.kind,
            entry.round,
            entry.by,
            messages_of([entry], exam),
        )
        for entry in reversed(journal)
    ]


def identity(application: Application, roster: RosterEntry | None) -> Identity:
    """The id number and the phone, unmasked."""
    phone = application.phone or (roster.phone if roster else "")
    return Identity(roster.id_number if roster else "", phone)
