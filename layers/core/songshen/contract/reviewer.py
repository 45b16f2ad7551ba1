"""What reviewers and leads send and are shown."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from songshen.contract.common import Box, ImageSlot, Line, MessageView, SiteView, SlotId
from songshen.domain.application import Outcome, Status
from songshen.domain.exam import Reason, Text


class ClaimView(Struct):
    by: str
    expires_at: datetime
    mine: bool


class QueueItem(Struct):
    application: str
    registration_no: str
    name: str
    status: Status
    round: int
    since: datetime | None
    claim: ClaimView | None


class QueueQuery(Struct):
    """Which lines of the queue are asked for.

    `site` is a lead's choice; `waiting`: for at least so many hours; `search` is the beginning of a registration number
    or a part of a name, and goes through every status.
    """

    status: str = "submitted"
    site: str = ""
    round: int = 0
    waiting: int = 0
    mine: bool = False
    search: str = ""
    cursor: str | None = None
    limit: int = 50


class Queue(Struct):
    """A page of one site's applications, oldest first.

    `sites` are those whose queues the caller may see, `counts` the site's applications by status (at most 15 s old).
    """

    now: datetime
    time_zone: str
    site: SiteView
    sites: list[SiteView]
    counts: dict[str, int]
    items: list[QueueItem]
    next_cursor: str | None


class Identity(Struct):
    """What is masked elsewhere; every look at it is journalled."""

    id_number: str
    phone: str


class ReviewCandidate(Struct):
    """Phone and id number are masked."""

    registration_no: str
    name: str
    id_number: str
    phone: str
    address: str
    area: Text
    site: Text


class Previous(Struct):
    """The image of the round before and why it was returned."""

    image_url: str | None
    code: str | None
    note: str
    region: Box | None


class ReviewSlot(ImageSlot):
    """`sent_by_others`: how many other candidates of the exam have sent the very same image; twenty are looked at."""

    sent_by_others: int = 0
    changed: bool = False
    previous: Previous | None = None


class ReviewCategory(Struct):
    id: str
    title: Text
    hint: Text
    required: bool
    example_url: str
    slots: list[ReviewSlot]


class HistoryEntry(Struct):
    at: datetime
    kind: str
    round: int
    by: str
    messages: list[MessageView]


class Review(Struct):
    """Everything needed to decide; image links live five minutes.

    `sms` is what the candidate would be sent if the application were returned now.
    """

    now: datetime
    time_zone: str
    sms: str
    application: str
    round: int
    status: Status
    submitted_at: datetime | None
    claim: ClaimView | None
    exam: Text
    candidate: ReviewCandidate
    categories: list[ReviewCategory]
    history: list[HistoryEntry]
    reason_codes: list[Reason]


class SlotDecision(Struct):
    slot: SlotId
    code: Annotated[str, Meta(max_length=64)]
    note: Line = ""
    region: Box | None = None


class DecisionRequest(Struct):
    """A return names the slots to put right; naming none unlocks them all."""

    round: Annotated[int, Meta(ge=1)]
    outcome: Outcome
    slots: Annotated[list[SlotDecision], Meta(max_length=100)] = []
    note: Line = ""


class Decided(Struct):
    application: str
    round: int
    status: Status
    serial_number: str | None
