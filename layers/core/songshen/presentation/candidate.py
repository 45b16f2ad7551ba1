"""The candidate's view and notice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from songshen.contract.candidate import (
    CandidateView,
    CategoryView,
    ExactSize,
    ExamView,
    ImageRules,
    Missing,
    Notice,
    Receipt,
    ReceiptImage,
    SlotReviewView,
    SlotView,
    View,
)
from songshen.contract.common import Finding
from songshen.domain.application import (
    Application,
    Ready,
    Rejected,
    Slot,
    Status,
    end_of,
    missing_from,
    submittable_until,
    upload_window,
)
from songshen.domain.exam import Category, Exam, Text
from songshen.domain.journal import Entry, withdrawn_numbers
from songshen.ports import RosterEntry
from songshen.presentation.common import Link, area_name, image_of, local, masked, messages_of, site_name, warnings_of

NOTICE_TITLE = Text("医师资格考试网上报名成功通知单", "Notice of Successful Online Registration")
RESULTS = {
    True: Text("考点资格初审通过", "Approved by the exam site"),
    False: Text("未通过初审", "Not approved yet"),
}


def view(application: Application, exam: Exam, journal: Sequence[Entry], now: datetime, link: Link) -> View:
    """Everything the candidate page shows, in the exam's time zone."""
    area = exam.area(application.area)
    editable = application.status in (Status.DRAFT, Status.RETURNED)
    return View(
        now=now.astimezone(exam.zone),
        announcements=[area.extension.announcement] if area and area.extension and now < area.extension.until else [],
        receipt=_receipt(application, exam, journal),
        exam=ExamView(
            id=exam.id,
            name=exam.name,
            time_zone=exam.time_zone,
            windows=replace(exam.windows, upload=upload_window(exam, application)),
            image=ImageRules(exam.image.max_bytes, list(exam.image.types)),
        ),
        candidate=CandidateView(
            registration_no=application.registration_no,
            name=application.name,
            area=area_name(application.area, exam),
            site=site_name(application.area, application.site, exam),
            phone=application.phone,
            address=application.address,
            profile_complete=bool(application.phone and application.address),
        ),
        status=application.status,
        locked=not editable,
        round=application.round,
        editable_until=end_of(application, exam).astimezone(exam.zone),
        submittable_until=submittable_until(application, exam).astimezone(exam.zone),
        submitted_at=local(application.submitted_at, exam),
        serial_number=application.serial_number or None,
        categories=[_category_view(application, exam, c, now, link) for c in exam.asked_in(application.area)],
        missing=[Missing(**one) for one in missing_from(application, exam)] if editable else [],
        messages=messages_of(reversed(journal), exam),
        withdrawn_serial_numbers=withdrawn_numbers(journal),
    )


def _receipt(application: Application, exam: Exam, journal: Sequence[Entry]) -> Receipt | None:
    submissions = [entry for entry in journal if entry.kind == "submitted"]
    if not submissions:
        return None
    last = submissions[-1]
    images = [ReceiptImage(slot, image.sha256) for slot, image in last.images.items()]
    number = f"{application.registration_no}-{last.round}"
    return Receipt(number, last.round, last.at.astimezone(exam.zone), images)


def _category_view(application: Application, exam: Exam, category: Category, now: datetime, link: Link) -> CategoryView:
    slots = []
    for place in category.slots:
        held = application.slot_at(place.id, now)
        slots.append(
            SlotView(
                slot=place.id,
                title=place.title,
                locked=application.locked(place.id),
                problems=_problems(held),
                review=_review_view(application, exam, place.id, held),
                **image_of(application, exam, place.id, held, link),
                warnings=warnings_of(exam, place.id, application.snapshot(), lambda words: words.whole),
            )
        )
    wanted = exam.limits_of(category).geometry
    return CategoryView(
        id=category.id,
        title=category.title,
        hint=category.hint,
        required=category.required,
        example_url=category.example,
        slots=slots,
        exact_size=ExactSize(wanted.width, wanted.height) if wanted else None,
    )


def _review_view(application: Application, exam: Exam, slot: str, held: Slot | None) -> SlotReviewView | None:
    """Why the slot was returned, until the next submission."""
    if application.status is not Status.RETURNED or application.decision is None:
        return None
    review = application.decision.slots.get(slot)
    if review is None:
        return None
    reason = exam.reason(review.code)
    text = reason.text if reason else Text(review.note, review.note)
    replaced = isinstance(held, Ready) and held.upload_id != review.upload_id
    return SlotReviewView(review.code, text, review.note, review.region, replaced)


def _problems(held: Slot | None) -> list[Finding]:
    if not isinstance(held, Rejected):
        return []
    return [Finding(held.problem, Text(held.zh, held.en))]


def notice(application: Application, exam: Exam, roster: RosterEntry, journal: Sequence[Entry] = ()) -> Notice:
    """What the printed notice says, whatever the state of the review."""
    approved = application.status is Status.APPROVED
    return Notice(
        title=NOTICE_TITLE,
        exam=exam.name,
        registration_no=application.registration_no,
        name=application.name,
        id_number=masked(roster.id_number, 6, 2),
        area=area_name(application.area, exam),
        site=site_name(application.area, application.site, exam),
        status=application.status,
        result=RESULTS[approved],
        serial_number=application.serial_number or None,
        approved_at=local(application.decision.at, exam) if approved and application.decision else None,
        code=application.notice_code or None,
        withdrawn_serial_numbers=withdrawn_numbers(journal),
    )
