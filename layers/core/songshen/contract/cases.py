"""Single cases, as administrators find, see and change them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from songshen.contract.common import Line, Moment, Reasoned, SiteView, SlotId, SlotState
from songshen.contract.reviewer import ClaimView, HistoryEntry, ReviewCandidate
from songshen.domain.application import EndSource, Status
from songshen.domain.exam import Reason, Text


class CaseQuery(Struct):
    """Whom an administrator looks for: `search` is the beginning of a registration number, or, if a site is chosen, a
    part of a name."""

    search: str
    site: str = ""
    cursor: str | None = None


class CaseItem(Struct):
    application: str
    registration_no: str
    name: str
    area: Text
    site: SiteView
    status: Status
    round: int
    since: datetime | None


class CaseList(Struct):
    """Some that were found. With a `next_cursor` there may be more: a request looks through some thousand."""

    time_zone: str
    items: list[CaseItem]
    next_cursor: str | None


class EndView(Struct):
    """An effective end, and where it comes from."""

    at: datetime
    source: EndSource


class NotificationView(Struct):
    """How telling the candidate about a round by SMS went: `sent`, or `failed` with the cause; `text` explains it."""

    round: int
    state: str
    at: datetime
    cause: str
    text: Text | None


class ViewingView(Struct):
    """That somebody was shown the case: `case`, `check` (blind), `identity` (unmasked) or `file` (an administrator)."""

    by: str
    at: datetime
    round: int
    what: str


class CaseSlot(Struct):
    slot: str
    title: Text
    state: SlotState


class CaseCategory(Struct):
    id: str
    title: Text
    required: bool
    slots: list[CaseSlot]


class Case(Struct):
    """What an administrator is shown of one application: no image; phone and id number are masked.

    `extension` is the candidate's own end, if one was given. `history` and `viewings` are newest first.
    """

    now: datetime
    time_zone: str
    application: str
    candidate: ReviewCandidate
    status: Status
    round: int
    since: datetime | None
    submitted_at: datetime | None
    claim: ClaimView | None
    serial_number: str | None
    withdrawn_serial_numbers: list[str]
    end: EndView
    extension: datetime | None
    categories: list[CaseCategory]
    notification: NotificationView | None
    history: list[HistoryEntry]
    viewings: list[ViewingView]
    reason_codes: list[Reason]


class ExtensionRequest(Struct):
    """More time for one candidate."""

    until: Moment
    reason: Reasoned


class ReopenSlot(Struct):
    slot: SlotId
    code: Annotated[str, Meta(max_length=64)]
    note: Line = ""


class ReopenRequest(Struct):
    """Takes the approval of a round back. Naming no slot unlocks them all."""

    round: Annotated[int, Meta(ge=1)]
    reason: Reasoned
    slots: Annotated[list[ReopenSlot], Meta(max_length=100)] = []
