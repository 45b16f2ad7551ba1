"""An application: a candidate's materials for one exam, its slots, rounds, locks and decisions.

An application is immutable here. A rule either refuses (`Refused`) or returns what is to be written; the adapter writes
it in one conditional write, and a writer who lost the race asks the rule again with the item that won.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from songshen.domain.errors import Code, Refused
from songshen.domain.exam import GRACE, NOTICE, Category, Exam, Text, Window

RESERVATION_LIFE = timedelta(minutes=10)
LEASE = timedelta(minutes=10)
# The case on the screen, the next one fetched ahead, and the one whose decision can still be taken back.
CLAIMS_PER_REVIEWER = 3
# An obligation that the workflow has not met after this time is the reconciler's: its start, and the telling of a
# decision with all its retries, lest two executions send the same SMS.
OBLIGATION_DELAY = timedelta(seconds=60)
TELLING_DELAY = timedelta(minutes=2)


class Status(StrEnum):
    """`draft → submitted → (returned → submitted)* → approved`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"


class Outcome(StrEnum):
    """What a reviewer can decide."""

    APPROVE = "approve"
    RETURN = "return"


STATUS_AFTER = {Outcome.APPROVE: Status.APPROVED, Outcome.RETURN: Status.RETURNED}


def new_upload_id(now: datetime, random: bytes) -> str:
    """An upload's id: when it began, in milliseconds, and six bytes that nobody can foresee; 16 URL-safe characters."""
    began = round(now.timestamp() * 1000).to_bytes(6)
    return urlsafe_b64encode(began + random).decode()


def began_at(upload_id: str) -> datetime:
    """When the upload of an id that `new_upload_id` has made began, in UTC."""
    return datetime.fromtimestamp(int.from_bytes(urlsafe_b64decode(upload_id)[:6]) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A slot held for one upload until it expires. `sha256` is hex and what the candidate announced."""

    upload_id: str
    content_type: str
    size: int
    sha256: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """A slot with a validated image; its size in pixels, `sha256` (hex) of the stored copy."""

    upload_id: str
    sha256: str
    width: int
    height: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A slot whose upload failed the checks: the problem's code and its text, in Chinese and in English."""

    upload_id: str
    problem: str
    zh: str = ""
    en: str = ""


type Slot = Reserved | Ready | Rejected

type Region = tuple[float, float, float, float]
"""A box on an image: left, top, right, bottom as fractions of its width and height."""


@dataclass(frozen=True, slots=True)
class SlotReview:
    """Why a slot was returned. `upload_id` is the image that was judged; empty if the slot was empty."""

    code: str
    note: str = ""
    region: Region | None = None
    upload_id: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A reviewer's conclusion about one round, or the administrator's who reopened it. A return that names no slot
    unlocks them all."""

    round: int
    outcome: Outcome
    by: str
    at: datetime
    note: str = ""
    slots: Mapping[str, SlotReview] = field(default_factory=dict)
    withdrawn: str = ""
    """The serial number that it takes back: only a reopening does."""

    def same_as(self, other: "Decision") -> bool:
        """Whether the same reviewer says the same again (a repeated request)."""
        ours = {slot: (r.code, r.note, r.region) for slot, r in self.slots.items()}
        theirs = {slot: (r.code, r.note, r.region) for slot, r in other.slots.items()}
        return (self.round, self.outcome, self.by, self.note, ours) == (
            other.round,
            other.outcome,
            other.by,
            other.note,
            theirs,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """A reviewer's lease on an application."""

    by: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Application:
    """A candidate's materials for one exam: the aggregate, one item in the table."""

    exam: str
    registration_no: str
    name: str
    area: str
    site: str
    status: Status = Status.DRAFT
    round: int = 0
    attempt: int = 0
    """Which execution of this round's workflow counts; raised by the reconciler, and by a reopening."""
    version: int = 0
    phone: str = ""
    address: str = ""
    slots: Mapping[str, Slot] = field(default_factory=dict)
    claim: Claim | None = None
    task_token: str = ""
    submitted_at: datetime | None = None
    decision: Decision | None = None
    """The last decision; while `submitted` it is the one of the round before."""
    serial_number: str = ""
    notice_code: str = ""
    extension: datetime | None = None
    quota_day: str = ""
    quota_count: int = 0
    obligation_due: datetime | None = None
    reminded: str = ""
    """Which reminder was the last one: `Reminder.mark`."""

    @property
    def id(self) -> str:
        """`<exam>_<registration_no>`, URL-safe and fit for an execution's name."""
        return application_id(self.exam, self.registration_no)

    @property
    def since(self) -> datetime | None:
        """When the present status began; None for a draft."""
        if self.status is Status.SUBMITTED:
            return self.submitted_at
        return self.decision.at if self.decision else None

    def locked(self, slot: str) -> bool:
        """A slot is locked unless the application is a draft, or is returned and the slot was asked for."""
        if self.status is Status.DRAFT:
            return False
        if self.status is Status.RETURNED and self.decision is not None:
            return bool(self.decision.slots) and slot not in self.decision.slots
        return True

    def slot_at(self, slot: str, now: datetime) -> Slot | None:
        """What the slot holds at `now`: a reservation that has expired is empty again."""
        held = self.slots.get(slot)
        return None if isinstance(held, Reserved) and held.expires <= now else held

    def snapshot(self) -> dict[str, Ready]:
        """The images as they stand: slot → material."""
        return {slot: held for slot, held in sorted(self.slots.items()) if isinstance(held, Ready)}


def application_id(exam: str, registration_no: str) -> str:
    """The application's id; exam ids have no underscore, so it can be taken apart again."""
    return f"{exam}_{registration_no}"


@dataclass(frozen=True, slots=True)
class SlotChange:
    """One slot's change, to be written only if the slot still holds `before` and is still unlocked.

    `counts_on` is the day (ISO date) whose quota of reservations it uses.
    """

    slot: str
    before: Slot | None
    after: Slot | None
    counts_on: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a candidate announces of an image before sending it. Bytes, hex.

    `fresh`: the candidate sees the named slot empty, and does not mean to replace what another page has put there.
    """

    category: str
    content_type: str
    size: int
    sha256: str
    slot: str = ""
    fresh: bool = False


class EndSource(StrEnum):
    """Where an effective end comes from."""

    UPLOAD = "upload"
    """The upload window: the area's own, if it keeps one."""
    CORRECTION = "correction"
    """The correction window."""
    MINIMUM = "minimum"
    """The time that every return leaves."""
    AREA = "area"
    """More time for the whole area."""
    PERSON = "person"
    """More time for this candidate."""


def end_of(application: Application, exam: Exam) -> datetime:
    """The effective end for this candidate: the latest of what the exam, the area and the person were given."""
    return end_and_source(application, exam)[0]


def end_and_source(application: Application, exam: Exam) -> tuple[datetime, EndSource]:
    """The effective end, and where it comes from.

    A returned application is measured by the correction window, and always has the exam's minimum time.
    """
    area = exam.area(application.area)
    if application.status is Status.RETURNED and application.decision is not None:
        least = application.decision.at + timedelta(hours=exam.min_correction_hours)
        ends = [(exam.windows.correction.closes, EndSource.CORRECTION), (least, EndSource.MINIMUM)]
    else:
        ends = [(upload_window(exam, application).closes, EndSource.UPLOAD)]
    if area is not None and area.extension is not None:
        ends.append((area.extension.until, EndSource.AREA))
    if application.extension is not None:
        ends.append((application.extension, EndSource.PERSON))
    return max(ends, key=lambda end: end[0])


def upload_window(exam: Exam, application: Application) -> Window:
    """The area's own upload window, if it keeps one."""
    area = exam.area(application.area)
    return area.upload if area and area.upload else exam.windows.upload


def submittable_until(application: Application, exam: Exam) -> datetime:
    """Until when verdicts land and what is there may be submitted."""
    return end_of(application, exam) + GRACE


def refuse_if_closed(application: Application, exam: Exam, now: datetime, grace: timedelta = timedelta()) -> None:
    """Raises `window_closed` before the window opens, and from its effective end (plus `grace`) on."""
    early = application.status is Status.DRAFT and now < upload_window(exam, application).opens
    if early or now >= end_of(application, exam) + grace:
        raise Refused(Code.WINDOW_CLOSED)


def reserve(application: Application, exam: Exam, wanted: Announcement, upload_id: str, now: datetime) -> SlotChange:
    """A slot for the announced image.

    The same image still reserved in the category gets its slot again with a new lease and the same `upload_id` (a lost
    answer costs no slot). Naming one's own reserved or rejected slot replaces what it
    holds, with a new `upload_id` even for the same image; naming a `fresh` one keeps another image's reservation.

    Raises: bad_request, unsupported_type, too_large, locked, window_closed, slot_occupied, category_full,
    too_many_uploads.
    """
    category = next((c for c in exam.asked_in(application.area) if c.id == wanted.category), None)
    if category is None:
        raise Refused(Code.BAD_REQUEST, field="category")
    if wanted.content_type not in exam.image.types:
        raise Refused(Code.UNSUPPORTED_TYPE, types=list(exam.image.types))
    if not 1 <= wanted.size <= exam.image.max_bytes:
        raise Refused(Code.TOO_LARGE, max_bytes=exam.image.max_bytes)
    if application.status in (Status.SUBMITTED, Status.APPROVED):
        raise Refused(Code.LOCKED)
    refuse_if_closed(application, exam, now)
    slot = _place(application, category, wanted, now)
    before = application.slots.get(slot)
    replaces = wanted.slot and not wanted.fresh
    same = None if replaces else _holds_same(application.slot_at(slot, now), wanted)
    day = now.astimezone(exam.zone).date().isoformat()
    if application.quota_day == day and application.quota_count >= exam.uploads_per_day:
        raise Refused(Code.TOO_MANY_UPLOADS, retry_after=_seconds_to_midnight(now, exam))
    after = Reserved(
        upload_id=same.upload_id if same else upload_id,
        content_type=wanted.content_type,
        size=wanted.size,
        sha256=wanted.sha256,
        expires=now + RESERVATION_LIFE,
    )
    return SlotChange(slot, before, after, counts_on=day)


def _place(application: Application, category: Category, wanted: Announcement, now: datetime) -> str:
    """The slot to use: the one named, the one that holds the same image, an empty one, a rejected one."""
    places = [place.id for place in category.slots]
    if wanted.slot:
        if wanted.slot not in places:
            raise Refused(Code.BAD_REQUEST, field="slot")
        if application.locked(wanted.slot):
            raise Refused(Code.LOCKED)
        held_now = application.slot_at(wanted.slot, now)
        taken = wanted.fresh and isinstance(held_now, Reserved) and not _holds_same(held_now, wanted)
        if taken or isinstance(held_now, Ready):
            raise Refused(Code.SLOT_OCCUPIED)
        return wanted.slot
    places = [slot for slot in places if not application.locked(slot)]
    if not places:
        raise Refused(Code.LOCKED)
    held = {slot: application.slot_at(slot, now) for slot in places}
    same = [slot for slot in places if _holds_same(held[slot], wanted)]
    empty = [slot for slot in places if held[slot] is None]
    rejected = [slot for slot in places if isinstance(held[slot], Rejected)]
    free = same + empty + rejected
    if not free:
        raise Refused(Code.CATEGORY_FULL, max=len(category.slots))
    return free[0]


def _holds_same(held: Slot | None, wanted: Announcement) -> Reserved | None:
    """The reservation, if it was made for the announced image."""
    if not isinstance(held, Reserved):
        return None
    announced = (held.sha256, held.content_type, held.size)
    return held if announced == (wanted.sha256, wanted.content_type, wanted.size) else None


def _seconds_to_midnight(now: datetime, exam: Exam) -> int:
    local = now.astimezone(exam.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - local).total_seconds()) + 1


def release(application: Application, exam: Exam, slot: str, now: datetime) -> SlotChange | None:
    """Empties a slot; None if it is empty already. Raises: not_found, locked, window_closed.

    An upload that died may be given up in the time of grace too: it would hinder the submission.
    """
    if exam.category_of(slot) is None:
        raise Refused(Code.NOT_FOUND)
    if application.locked(slot):
        raise Refused(Code.LOCKED)
    before = application.slots.get(slot)
    refuse_if_closed(application, exam, now, grace=GRACE if isinstance(before, Reserved) else timedelta())
    return None if before is None else SlotChange(slot, before, None)


class Fence(StrEnum):
    """Whether the result of an upload may land in its slot."""

    OPEN = "open"
    LANDED = "landed"
    """It has landed already: a repeated event."""
    CLOSED = "closed"
    """The slot holds another upload by now, is locked, or it is too late."""


def fence(application: Application, exam: Exam, slot: str, upload_id: str, now: datetime) -> Fence:
    """A verdict lands only if the slot still holds that `upload_id` and is still unlocked."""
    held = application.slots.get(slot)
    if held is None or held.upload_id != upload_id:
        return Fence.CLOSED
    if not isinstance(held, Reserved):
        return Fence.LANDED
    late = now >= submittable_until(application, exam)
    return Fence.CLOSED if late or application.locked(slot) else Fence.OPEN


def missing_from(application: Application, exam: Exam) -> list[dict[str, str]]:
    """What stands between the application and its submission: `{category}` or `{category, slot}` each.

    Every category that the area requires needs an image; a slot that was returned and left as it was counts as missing.
    """
    missing = [
        {"category": category.id}
        for category in exam.asked_in(application.area)
        if category.required and not any(isinstance(application.slots.get(place.id), Ready) for place in category.slots)
    ]
    if application.status is Status.RETURNED and application.decision is not None:
        for slot, review in application.decision.slots.items():
            held = application.slots.get(slot)
            unchanged = (held.upload_id if isinstance(held, Ready) else "") == review.upload_id
            category = exam.asked_for(slot, application.area)
            if unchanged and category is not None and {"category": category.id} not in missing:
                missing.append({"category": category.id, "slot": slot})
    return missing


def submit(application: Application, exam: Exam, round: int, now: datetime) -> Application | None:
    """The application, submitted for this round; None if that has happened already (a repeated request).

    The day's quota starts anew: who is returned today must not wait until midnight for what they used up before.

    Raises: stale_round, window_closed, uploading (a reservation is alive), incomplete (with `missing`).
    """
    if round == application.round and application.status is not Status.DRAFT:
        return None
    if round != application.round + 1 or application.status in (Status.SUBMITTED, Status.APPROVED):
        raise Refused(Code.STALE_ROUND, round=application.round)
    refuse_if_closed(application, exam, now, grace=GRACE)
    uploading = [s for s in application.slots if isinstance(application.slot_at(s, now), Reserved)]
    if uploading:
        raise Refused(Code.UPLOADING, slots=sorted(uploading))
    if missing := missing_from(application, exam):
        raise Refused(Code.INCOMPLETE, missing=missing)
    return replace(
        application,
        status=Status.SUBMITTED,
        round=round,
        attempt=1,
        submitted_at=now,
        claim=None,
        task_token="",
        quota_day="",
        quota_count=0,
        obligation_due=now + OBLIGATION_DELAY,
    )


def claim(application: Application, by: str, now: datetime) -> Claim:
    """A new or renewed lease. Raises: already_decided (it is not waiting), claimed_by_other."""
    if application.status is not Status.SUBMITTED:
        raise Refused(Code.ALREADY_DECIDED)
    return lease(application.claim, by, now)


def lease(held: Claim | None, by: str, now: datetime) -> Claim:
    """A new or renewed lease. Raises claimed_by_other."""
    refuse_if_claimed_by_other(held, by, now)
    return Claim(by, now + LEASE)


def holds(held: Claim | None, by: str, now: datetime) -> bool:
    """Whether the lease is this reviewer's and alive."""
    return held is not None and held.by == by and held.expires > now


def refuse_if_claimed_by_other(held: Claim | None, by: str, now: datetime) -> None:
    """Raises claimed_by_other while another reviewer's lease is alive."""
    if held is not None and held.by != by and held.expires > now:
        raise Refused(Code.CLAIMED_BY_OTHER)


def decide(application: Application, exam: Exam, decision: Decision, now: datetime) -> Application | None:
    """The application with the decision applied; None if this reviewer has decided the same already.

    An approval still needs its serial number (`approved`). A lease that has expired and that nobody else took does not
    hinder.

    Raises: bad_request, stale_round, already_decided, claimed_by_other.
    """
    refuse_if_malformed(decision, exam, application.area)
    if decision.round != application.round:
        raise Refused(Code.STALE_ROUND, round=application.round)
    if application.status is not Status.SUBMITTED:
        last = application.decision
        if last is not None and last.same_as(decision):
            return None
        raise Refused(Code.ALREADY_DECIDED)
    refuse_if_claimed_by_other(application.claim, decision.by, now)
    return replace(
        application,
        status=STATUS_AFTER[decision.outcome],
        decision=_judged(application, decision),
        claim=None,
        obligation_due=now + TELLING_DELAY,
    )


def _judged(application: Application, decision: Decision) -> Decision:
    """The decision with the images that it is about."""
    images = application.snapshot()
    judged = {
        slot: replace(review, upload_id=images[slot].upload_id if slot in images else "")
        for slot, review in decision.slots.items()
    }
    return replace(decision, slots=judged)


def reopen(application: Application, exam: Exam, decision: Decision, now: datetime) -> Application | None:
    """The approval taken back: returned in the same round, without serial number and notice; None if this
    administrator has done the same already.

    The round's execution has ended, or is about to: a higher `attempt` keeps it from meeting the obligation to tell the
    candidate, which the reconciler meets at its next run.

    Raises: bad_request, stale_round, not_approved.
    """
    refuse_if_malformed(decision, exam, application.area)
    if decision.round != application.round:
        raise Refused(Code.STALE_ROUND, round=application.round)
    if application.status is not Status.APPROVED:
        last = application.decision
        if application.status is Status.RETURNED and last and last.withdrawn and last.same_as(decision):
            return None
        raise Refused(Code.NOT_APPROVED)
    return replace(
        application,
        status=Status.RETURNED,
        attempt=application.attempt + 1,
        decision=replace(_judged(application, decision), withdrawn=application.serial_number),
        serial_number="",
        notice_code="",
        claim=None,
        obligation_due=now,
    )


def extend(application: Application, exam: Exam, until: datetime, now: datetime) -> bool:
    """Whether the candidate is to be given time until then; False if they have been given exactly that already.

    Raises: already_decided (approved: there is nothing left to do), too_soon, not_later (with the present end as
    `until`), too_late (with the end of the exam's records).
    """
    if application.extension == until:
        return False
    if application.status is Status.APPROVED:
        raise Refused(Code.ALREADY_DECIDED)
    if until < now + NOTICE:
        raise Refused(Code.TOO_SOON)
    end = end_of(application, exam)
    if until <= end:
        raise Refused(Code.NOT_LATER, until=end.astimezone(exam.zone))
    if until >= exam.records_end:
        raise Refused(Code.TOO_LATE, until=exam.records_end.astimezone(exam.zone))
    return True


def refuse_if_malformed(decision: Decision, exam: Exam, area: str) -> None:
    """Raises bad_request if a decision approves and names slots, or names what the area does not ask for."""
    if decision.outcome is Outcome.APPROVE and decision.slots:
        raise Refused(Code.BAD_REQUEST, field="slots")
    for slot, review in decision.slots.items():
        if exam.asked_for(slot, area) is None:
            raise Refused(Code.BAD_REQUEST, field="slot")
        if exam.reason(review.code) is None:
            raise Refused(Code.BAD_REQUEST, field="code")


def messages_of(decision: Decision, exam: Exam) -> list[tuple[str, Text]]:
    """The lines that a return shows the candidate: `(slot or "", text)`, the reviewer's own words first."""
    lines: list[tuple[str, Text]] = []
    if decision.note:
        lines.append(("", Text(decision.note, decision.note)))
    for slot, review in decision.slots.items():
        reason = exam.reason(review.code)
        own = Text(review.note, review.note) if review.note else None
        text = own or (reason.text if reason else None)
        if text is not None and text not in [line for _, line in lines]:
            lines.append((slot, text))
    fallback = Text("材料已退回，请检查后重新提交。", "Returned. Check your materials and submit again.")
    return lines or [("", fallback)]
