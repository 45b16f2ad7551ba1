"""What candidates send and are shown; and what anyone may learn from the code of a notice."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from songshen.contract.common import NO_CONTROLS, Box, Finding, ImageSlot, MessageView, Sha256, SlotId
from songshen.domain.application import Status
from songshen.domain.exam import Text, Windows


class ProfileRequest(Struct):
    phone: Annotated[str, Meta(max_length=11, pattern="^1[0-9]{10}$", description="mobile phone, 11 digits")]
    address: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROLS)]


class UploadRequest(Struct):
    """What the candidate announces of an image: type, bytes, hash.

    A named `slot` is replaced, unless `fresh` says that the candidate sees it empty: then another upload stays.
    """

    category: SlotId
    content_type: Annotated[str, Meta(max_length=100)]
    size: int
    sha256: Sha256
    slot: SlotId | None = None
    fresh: bool = False


class UploadTicket(Struct):
    """A presigned POST: send `fields`, then `file`, as multipart/form-data to `url` before `expires_at`."""

    slot: str
    upload_id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime


class SubmissionRequest(Struct):
    """`round` is the view's round + 1."""

    round: Annotated[int, Meta(ge=1)]


class SlotReviewView(Struct):
    """Why a slot was returned; `replaced` once it holds another image than the one that was judged."""

    code: str
    text: Text
    note: str
    region: Box | None
    replaced: bool = False


class SlotView(ImageSlot, kw_only=True):
    locked: bool
    problems: list[Finding] = field(default_factory=list)
    review: SlotReviewView | None = None
    """Why the slot was returned, until the next submission."""


class ExactSize(Struct):
    """Pixels that an image must have."""

    width: int
    height: int


class CategoryView(Struct):
    """`exact_size`: pictures are cropped and scaled to it before they are sent."""

    id: str
    title: Text
    hint: Text
    required: bool
    example_url: str
    slots: list[SlotView]
    exact_size: ExactSize | None = None


class ReceiptImage(Struct):
    slot: str
    sha256: str


class Receipt(Struct):
    """Proof of the last submission."""

    number: str
    round: int
    at: datetime
    images: list[ReceiptImage]


class ImageRules(Struct):
    max_bytes: int
    types: list[str]


class ExamView(Struct):
    id: str
    name: Text
    time_zone: str
    windows: Windows
    image: ImageRules


class CandidateView(Struct):
    registration_no: str
    name: str
    area: Text
    site: Text
    phone: str
    address: str
    profile_complete: bool


class Missing(Struct, omit_defaults=True):
    """A category without the image it requires, or a returned slot that was left as it was."""

    category: str
    slot: str = ""


class View(Struct):
    """Everything the candidate page shows.

    `editable_until` is the effective end for this candidate; until `submittable_until` they may still submit what is
    there. `missing` is what stands between them and a submission. `withdrawn_serial_numbers` were given and taken back.
    """

    now: datetime
    announcements: list[Text]
    receipt: Receipt | None
    exam: ExamView
    candidate: CandidateView
    status: Status
    locked: bool
    round: int
    editable_until: datetime
    submittable_until: datetime
    submitted_at: datetime | None
    serial_number: str | None
    categories: list[CategoryView]
    missing: list[Missing]
    messages: list[MessageView]
    withdrawn_serial_numbers: list[str] = []


class Notice(Struct):
    """《医师资格考试网上报名成功通知单》; without a serial number `result` says 未通过初审."""

    title: Text
    exam: Text
    registration_no: str
    name: str
    id_number: str
    area: Text
    site: Text
    status: Status
    result: Text
    serial_number: str | None
    approved_at: datetime | None
    code: str | None
    withdrawn_serial_numbers: list[str] = []


class NoticeCheck(Struct):
    """What anyone may learn from a notice's code, and nothing else."""

    valid: bool
    exam: Text
    site: Text
    name: str
