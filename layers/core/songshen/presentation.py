"""What people are shown of applications: the candidate's view, the reviewer's case. No rule is decided here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from songshen import contract
from songshen.domain.application import (
    Application,
    Claim,
    Decision,
    Outcome,
    Ready,
    Rejected,
    Reserved,
    Slot,
    SlotReview,
    Status,
    end_and_source,
    end_of,
    missing_from,
    submittable_until,
    upload_window,
)
from songshen.domain.exam import Category, Exam, Text
from songshen.domain.journal import Entry, Snapshot, images_of, withdrawn_numbers
from songshen.domain.roster import (
    COLUMNS,
    FILE_WORDS,
    LINE_WORDS,
    STATE_WORDS,
    FileProblem,
    LineProblem,
    RosterImport,
)
from songshen.domain.sameness import repeated
from songshen.domain.sms import text_of
from songshen.domain.spotcheck import SpotCheck, by_reason, by_site
from songshen.domain.verdict import WORDS, WarningCode, Words
from songshen.keys import Upload
from songshen.ports import Notification, QueueRow, RosterEntry, Viewing

type Link = Callable[[str], str]
"""A material's key → an address that shows it for a short time."""

NOTICE_TITLE = Text("医师资格考试网上报名成功通知单", "Notice of Successful Online Registration")
RESULTS = {
    True: Text("考点资格初审通过", "Approved by the exam site"),
    False: Text("未通过初审", "Not approved yet"),
}


def view(application: Application, exam: Exam, journal: Sequence[Entry], now: datetime, link: Link) -> contract.View:
    """Everything the candidate page shows, in the exam's time zone."""
    area = exam.area(application.area)
    editable = application.status in (Status.DRAFT, Status.RETURNED)
    return contract.View(
        now=now.astimezone(exam.zone),
        announcements=[area.extension.announcement] if area and area.extension and now < area.extension.until else [],
        receipt=_receipt(application, exam, journal),
        exam=contract.ExamView(
            id=exam.id,
            name=exam.name,
            time_zone=exam.time_zone,
            windows=replace(exam.windows, upload=upload_window(exam, application)),
            image=contract.ImageRules(exam.image.max_bytes, list(exam.image.types)),
        ),
        candidate=contract.CandidateView(
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
        submitted_at=_local(application.submitted_at, exam),
        serial_number=application.serial_number or None,
        categories=[_category_view(application, exam, c, now, link) for c in exam.asked_in(application.area)],
        missing=[contract.Missing(**one) for one in missing_from(application, exam)] if editable else [],
        messages=_messages(reversed(journal), exam),
        withdrawn_serial_numbers=withdrawn_numbers(journal),
    )


def area_name(area: str, exam: Exam) -> Text:
    """The area's name; its id if the exam does not have it."""
    found = exam.area(area)
    return found.name if found else Text(area, area)


def site_view(area: str, site: str, exam: Exam) -> contract.SiteView:
    """The site's id and name."""
    return contract.SiteView(site, site_name(area, site, exam))


def site_name(area: str, site: str, exam: Exam) -> Text:
    """The site's name; its id if the exam does not have it."""
    found = exam.site(area, site)
    return found.name if found else Text(site, site)


def _local(time: datetime | None, exam: Exam) -> datetime | None:
    return time.astimezone(exam.zone) if time else None


def _receipt(application: Application, exam: Exam, journal: Sequence[Entry]) -> contract.Receipt | None:
    submissions = [entry for entry in journal if entry.kind == "submitted"]
    if not submissions:
        return None
    last = submissions[-1]
    images = [contract.ReceiptImage(slot, image.sha256) for slot, image in last.images.items()]
    number = f"{application.registration_no}-{last.round}"
    return contract.Receipt(number, last.round, last.at.astimezone(exam.zone), images)


def _messages(entries: Any, exam: Exam) -> list[contract.MessageView]:
    return [
        contract.MessageView(entry.at.astimezone(exam.zone), entry.kind, m.text, m.slot or None)
        for entry in entries
        for m in entry.messages
    ]


def _category_view(
    application: Application, exam: Exam, category: Category, now: datetime, link: Link
) -> contract.CategoryView:
    slots = []
    for place in category.slots:
        held = application.slot_at(place.id, now)
        slots.append(
            contract.SlotView(
                slot=place.id,
                title=place.title,
                locked=application.locked(place.id),
                problems=_problems(held),
                review=_review_view(application, exam, place.id, held),
                **_image(application, exam, place.id, held, link),
                warnings=_warnings(exam, place.id, application.snapshot(), lambda words: words.whole),
            )
        )
    wanted = exam.limits_of(category).geometry
    return contract.CategoryView(
        id=category.id,
        title=category.title,
        hint=category.hint,
        required=category.required,
        example_url=category.example,
        slots=slots,
        exact_size=contract.ExactSize(wanted.width, wanted.height) if wanted else None,
    )


def _review_view(application: Application, exam: Exam, slot: str, held: Slot | None) -> contract.SlotReviewView | None:
    """Why the slot was returned, until the next submission."""
    if application.status is not Status.RETURNED or application.decision is None:
        return None
    review = application.decision.slots.get(slot)
    if review is None:
        return None
    reason = exam.reason(review.code)
    text = reason.text if reason else Text(review.note, review.note)
    replaced = isinstance(held, Ready) and held.upload_id != review.upload_id
    return contract.SlotReviewView(review.code, text, review.note, review.region, replaced)


def _problems(held: Slot | None) -> list[contract.Finding]:
    if not isinstance(held, Rejected):
        return []
    return [contract.Finding(held.problem, Text(held.zh, held.en))]


def _warnings(
    exam: Exam, slot: str, images: Mapping[str, Ready | Snapshot], said: Callable[[Words], Text]
) -> list[contract.Finding]:
    """The warnings of a slot among `images` (slot → image), of each what is `said` of its words.

    That an image is there twice is seen here, so that it is true at every moment. A code that has been given up since
    the image was judged is passed over.
    """
    if slot not in images:
        return []
    codes = (WarningCode(code) for code in images[slot].warnings if code in WarningCode)
    found = [contract.Finding(code.value, said(WORDS[code])) for code in codes]
    if slot in (same := repeated(images)):
        text, other = said(WORDS[WarningCode.REPEATED]), _slot_name(exam, same[slot])
        named = Text(text.zh.format(other=other.zh), text.en.format(other=other.en))
        found.append(contract.Finding(WarningCode.REPEATED.value, named))
    return found


def _slot_name(exam: Exam, slot: str) -> Text:
    """With its category's; the slot's id if the exam does not have it."""
    category = exam.category_of(slot)
    if category is None:
        return Text(slot, slot)
    (place,) = (place for place in category.slots if place.id == slot)
    return Text(f"{category.title.zh} · {place.title.zh}", f"{category.title.en} · {place.title.en}")


def _image(application: Application, exam: Exam, slot: str, held: Slot | Snapshot | None, link: Link) -> dict[str, Any]:
    """The members that a slot's image has in every view."""
    match held:
        case Ready() | Snapshot():
            key = _key(application, slot, held.upload_id, held.content_type)
            return {
                "state": "ready",
                "image_url": link(key),
                "bytes": held.size or None,
                "width": held.width or None,
                "height": held.height or None,
                "sha256": held.sha256,
                "uploaded_at": _local(held.uploaded_at, exam),
            }
        case Reserved():
            return {"state": "reserved"}
        case Rejected():
            return {"state": "rejected", "uploaded_at": held.uploaded_at.astimezone(exam.zone)}
        case None:
            return {"state": "empty"}


def _key(application: Application, slot: str, upload_id: str, content_type: str) -> str:
    upload = Upload(application.exam, application.registration_no, slot, upload_id)
    return upload.material_key(content_type)


def notice(application: Application, exam: Exam, roster: RosterEntry, journal: Sequence[Entry] = ()) -> contract.Notice:
    """What the printed notice says, whatever the state of the review."""
    approved = application.status is Status.APPROVED
    return contract.Notice(
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
        approved_at=_local(application.decision.at, exam) if approved and application.decision else None,
        code=application.notice_code or None,
        withdrawn_serial_numbers=withdrawn_numbers(journal),
    )


def masked(text: str, head: int, tail: int) -> str:
    """The text with its middle hidden: `masked("13812345678", 3, 4)` is `138****5678`."""
    hidden = len(text) - head - tail
    return f"{text[:head]}{'*' * hidden}{text[len(text) - tail :]}" if hidden > 0 else "*" * len(text)


def claim_view(claim: Claim | None, me: str, now: datetime, exam: Exam) -> contract.ClaimView | None:
    """The lease, if it is alive."""
    if claim is None or claim.expires <= now:
        return None
    return contract.ClaimView(claim.by, claim.expires.astimezone(exam.zone), claim.by == me)


def queue_item(row: QueueRow, me: str, now: datetime, exam: Exam) -> contract.QueueItem:
    """One line of the queue."""
    return contract.QueueItem(
        application=row.application,
        registration_no=row.registration_no,
        name=row.name,
        status=Status(row.status),
        round=row.round,
        since=_local(row.since, exam),
        claim=claim_view(row.claim, me, now, exam),
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
) -> contract.Review:
    """A case as its reviewer sees it: what was submitted, what changed since the last round, what was said then.

    `others` has by an image's hash how many other candidates have sent the very same one.

    The images are always those of the round's submission: what was rejected, or came after a return, is not in it; and
    so a spot check shows the very same as the case did.
    """
    shown = images_of(journal, application.round) or {}
    before = images_of(journal, application.round - 1)
    judged = _return(journal, application.round - 1)
    categories = [
        contract.ReviewCategory(
            category.id,
            category.title,
            category.hint,
            category.required,
            category.example,
            [
                contract.ReviewSlot(
                    slot=place.id,
                    title=place.title,
                    **_image(application, exam, place.id, shown.get(place.id), link),
                    warnings=_warnings(exam, place.id, shown, lambda words: words.found),
                    sent_by_others=others.get(shown[place.id].sha256, 0) if place.id in shown else 0,
                    **_changes(application, place.id, shown, before, judged, link),
                )
                for place in category.slots
            ],
        )
        for category in exam.asked_in(application.area)
    ]
    if_returned = Decision(application.round, Outcome.RETURN, me, now)
    return contract.Review(
        now=now.astimezone(exam.zone),
        time_zone=exam.time_zone,
        sms=text_of(replace(application, status=Status.RETURNED, decision=if_returned), exam),
        application=application.id,
        round=application.round,
        status=application.status,
        submitted_at=_local(application.submitted_at, exam),
        claim=claim_view(application.claim, me, now, exam),
        exam=exam.name,
        candidate=_masked_candidate(application, exam, roster),
        categories=categories,
        history=_history(journal, exam),
        reason_codes=list(exam.reasons),
    )


def _masked_candidate(application: Application, exam: Exam, roster: RosterEntry | None) -> contract.ReviewCandidate:
    return contract.ReviewCandidate(
        registration_no=application.registration_no,
        name=application.name,
        id_number=masked(roster.id_number, 6, 2) if roster else "",
        phone=masked(application.phone or (roster.phone if roster else ""), 3, 4),
        address=application.address,
        area=area_name(application.area, exam),
        site=site_name(application.area, application.site, exam),
    )


def _history(journal: Sequence[Entry], exam: Exam) -> list[contract.HistoryEntry]:
    """The journal, newest entry first."""
    return [
        contract.HistoryEntry(
            entry.at.astimezone(exam.zone),
            entry.kind,
            entry.round,
            entry.by,
            _messages([entry], exam),
        )
        for entry in reversed(journal)
    ]


def _return(journal: Sequence[Entry], round: int) -> Mapping[str, SlotReview]:
    """What that round's return, or its reopening, said of each slot."""
    found = [entry for entry in journal if entry.kind in ("returned", "reopened") and entry.round == round]
    return found[-1].decision.slots if found and found[-1].decision else {}


def _changes(
    application: Application,
    slot: str,
    shown: Mapping[str, Snapshot],
    before: Mapping[str, Snapshot] | None,
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
        url = link(_key(application, slot, was.upload_id, was.content_type)) if was else None
        previous = contract.Previous(
            image_url=url,
            code=said.code if said else None,
            note=said.note if said else "",
            region=said.region if said else None,
        )
    return {"changed": changed, "previous": previous}


def identity(application: Application, roster: RosterEntry | None) -> contract.Identity:
    """The id number and the phone, unmasked."""
    phone = application.phone or (roster.phone if roster else "")
    return contract.Identity(roster.id_number if roster else "", phone)


def site_counts(exam: Exam, counts: Mapping[str, Mapping[str, int]]) -> list[contract.SiteCounts]:
    """The sites with the numbers of their applications; `counts`: site → status → how many."""
    return [
        contract.SiteCounts(area.name, site_view(area.id, site.id, exam), dict(counts[site.id]))
        for area in exam.areas
        for site in area.sites
    ]


def agreement(exam: Exam, checks: Sequence[SpotCheck]) -> contract.Agreement:
    """What the spot checks show of sites and reasons."""
    sites, reasons = by_site(checks), by_reason(checks)
    apart = sorted((check for check in checks if not check.agrees), key=_judged_at, reverse=True)
    return contract.Agreement(
        exam=exam.name,
        time_zone=exam.time_zone,
        share=exam.spot_check_share,
        sites=[
            contract.SiteAgreement(
                area.name, site_view(area.id, site.id, exam), sites[site.id].checked, sites[site.id].agreed
            )
            for area in exam.areas
            for site in area.sites
            if site.id in sites
        ],
        reasons=[
            contract.ReasonAgreement(reason, reasons[reason.code].checked, reasons[reason.code].agreed)
            for reason in exam.reasons
            if reason.code in reasons
        ],
        disagreements=[
            contract.Disagreement(
                check.application,
                check.round,
                site_view(check.area, check.site, exam),
                _one_view(check.first, exam),
                _one_view(check.second, exam),
            )
            for check in apart[:100]
            if check.second is not None
        ],
    )


def _judged_at(check: SpotCheck) -> datetime:
    return check.second.at if check.second else check.first.at


def _one_view(decision: Decision, exam: Exam) -> contract.OneView:
    reasons = {slot: review.code for slot, review in decision.slots.items()}
    return contract.OneView(decision.by, decision.at.astimezone(exam.zone), decision.outcome, reasons)


def roster_import(found: RosterImport, report_url: str | None, zone: ZoneInfo) -> contract.RosterImportView:
    """How far a roster file has come; the most frequent problem of its lines first."""
    refusal = FileProblem(found.refusal) if found.refusal else None
    counted = sorted(found.problems.items(), key=lambda item: (-item[1], item[0]))

    def local(time: datetime | None) -> datetime | None:
        return time.astimezone(zone) if time else None

    return contract.RosterImportView(
        id=found.id,
        by=found.by,
        created_at=found.created_at.astimezone(zone),
        started_at=local(found.started_at),
        finished_at=local(found.finished_at),
        state=found.state,
        text=STATE_WORDS[found.state],
        refusal=contract.RosterRefusal(
            refusal, FILE_WORDS[refusal], [" / ".join(COLUMNS[column][:2]) for column in found.columns]
        )
        if refusal
        else None,
        size=found.size,
        read=found.read,
        encoding=found.encoding,
        line=found.line,
        added=found.added,
        changed=found.changed,
        unchanged=found.unchanged,
        bad=found.bad,
        problems=[
            contract.RosterProblem(LineProblem(code), LINE_WORDS[LineProblem(code)], count) for code, count in counted
        ],
        report_url=report_url,
    )


def case_item(row: QueueRow, area: str, site: str, exam: Exam) -> contract.CaseItem:
    """One that was found in a site's queue."""
    return contract.CaseItem(
        application=row.application,
        registration_no=row.registration_no,
        name=row.name,
        area=area_name(area, exam),
        site=site_view(area, site, exam),
        status=Status(row.status),
        round=row.round,
        since=_local(row.since, exam),
    )


def case(
    application: Application,
    exam: Exam,
    journal: Sequence[Entry],
    roster: RosterEntry | None,
    viewings: Sequence[Viewing],
    notification: Notification | None,
    now: datetime,
) -> contract.Case:
    """An application as an administrator sees it."""
    end, source = end_and_source(application, exam)
    return contract.Case(
        now=now.astimezone(exam.zone),
        time_zone=exam.time_zone,
        application=application.id,
        candidate=_masked_candidate(application, exam, roster),
        status=application.status,
        round=application.round,
        since=_local(application.since, exam),
        submitted_at=_local(application.submitted_at, exam),
        claim=claim_view(application.claim, "", now, exam),
        serial_number=application.serial_number or None,
        withdrawn_serial_numbers=withdrawn_numbers(journal),
        end=contract.EndView(end.astimezone(exam.zone), source),
        extension=_local(application.extension, exam),
        categories=[_case_category(application, category, now) for category in exam.asked_in(application.area)],
        notification=contract.NotificationView(
            notification.round, notification.state, notification.at.astimezone(exam.zone), notification.cause
        )
        if notification
        else None,
        history=_history(journal, exam),
        viewings=[
            contract.ViewingView(seen.by, seen.at.astimezone(exam.zone), seen.round, seen.what)
            for seen in reversed(viewings)
        ],
        reason_codes=list(exam.reasons),
    )


def _case_category(application: Application, category: Category, now: datetime) -> contract.CaseCategory:
    states: dict[type, contract.SlotState] = {Reserved: "reserved", Ready: "ready", Rejected: "rejected"}
    slots = [
        contract.CaseSlot(place.id, place.title, states.get(type(application.slot_at(place.id, now)), "empty"))
        for place in category.slots
    ]
    return contract.CaseCategory(category.id, category.title, category.required, slots)
