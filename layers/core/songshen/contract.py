"""The HTTP contract: what every call takes and answers, and the table of routes.

`docs/openapi.json` and the pages' types are generated from this module. Times are RFC 3339 with offset.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from songshen.domain.application import EndSource, Outcome, Status
from songshen.domain.errors import Code
from songshen.domain.exam import Exam, Reason, Text, Windows
from songshen.domain.export import ExportFormat, ExportKind, ExportState
from songshen.domain.people import StaffRole
from songshen.domain.reading import Note
from songshen.domain.roster import FileProblem, ImportState, LineProblem

Name = Annotated[str, Meta(min_length=1, max_length=128)]
SlotId = Annotated[str, Meta(max_length=64)]
Sha256 = Annotated[str, Meta(max_length=64, pattern="^[0-9a-f]{64}$", description="hex")]
# No control characters: what people write is shown to other people and sent by SMS. `$` alone lets a last \n through.
NO_CONTROLS = "^[^\\x00-\\x1f\\x7f]*$(?!\\n)"
Line = Annotated[str, Meta(max_length=200, pattern=NO_CONTROLS)]
Reasoned = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROLS, description="why; people read it")]
Moment = Annotated[datetime, Meta(tz=True)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Box = Annotated[
    tuple[Fraction, Fraction, Fraction, Fraction],
    Meta(description="left, top, right, bottom as fractions of the image's width and height"),
]
Role = Literal["candidate", "reviewer", "lead", "admin"]
SlotState = Literal["empty", "reserved", "ready", "rejected"]


# ---- session ---------------------------------------------------------------------------------------------------


class SignInRequest(Struct):
    """`new_password`: what staff replace an initial password by."""

    username: Name
    password: Annotated[str, Meta(min_length=1, max_length=256)]
    new_password: Annotated[str, Meta(max_length=256)] = ""


class RefreshRequest(Struct):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=4096)]


class Session(Struct):
    """`expires_in` seconds; `activated` is true when this sign-in was the account's first."""

    id_token: str
    refresh_token: str
    expires_in: int
    role: Role
    activated: bool = False


# ---- candidate -------------------------------------------------------------------------------------------------


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


class Finding(Struct):
    """What the checks found in an image: a problem, for which it was refused, or a warning.

    `text` tells a candidate what to do next as well, and a reviewer only what was found.
    """

    code: str
    text: Text


class SlotReviewView(Struct):
    """Why a slot was returned; `replaced` once it holds another image than the one that was judged."""

    code: str
    text: Text
    note: str
    region: Box | None
    replaced: bool = False


class SlotView(Struct):
    slot: str
    title: Text
    state: SlotState
    locked: bool
    image_url: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    uploaded_at: datetime | None = None
    problems: list[Finding] = []
    warnings: list[Finding] = []
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


class MessageView(Struct):
    """A dated line at the top of the page, newest first; `slot` names the image it is about."""

    at: datetime
    kind: str
    text: Text
    slot: str | None = None


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


# ---- reviewer --------------------------------------------------------------------------------------------------


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


class SiteView(Struct):
    id: str
    name: Text


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


class ReviewSlot(Struct):
    """`sent_by_others`: how many other candidates of the exam have sent the very same image; twenty are looked at."""

    slot: str
    title: Text
    state: SlotState
    image_url: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    uploaded_at: datetime | None = None
    warnings: list[Finding] = []
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


# ---- administrator ---------------------------------------------------------------------------------------------


class SiteAgreement(Struct):
    """How many of a site's cases were judged twice, and how often both judged alike."""

    area: Text
    site: SiteView
    checked: int
    agreed: int


class ReasonAgreement(Struct):
    """How often either reviewer gave this reason for an image, and how often both did."""

    reason: Reason
    checked: int
    agreed: int


class OneView(Struct):
    """One of two decisions; `reasons` are codes by slot."""

    by: str
    at: datetime
    outcome: Outcome
    reasons: dict[str, str]


class Disagreement(Struct):
    application: str
    round: int
    site: SiteView
    first: OneView
    second: OneView


class Agreement(Struct):
    """What the spot checks show. `disagreements` are the newest hundred."""

    exam: Text
    time_zone: str
    share: float
    sites: list[SiteAgreement]
    reasons: list[ReasonAgreement]
    disagreements: list[Disagreement]


class RosterTicket(Struct):
    """A presigned POST for one roster file (CSV): send `fields`, then `file`, as multipart/form-data to `url`; begin
    before `expires_at`. `id` is the import's."""

    id: str
    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: datetime


class RosterProblem(Struct):
    """What is the matter with lines that were left out, and how often."""

    code: LineProblem
    text: Text
    count: int


class RosterRefusal(Struct):
    """Why the file could not be read to its end; `columns` are those that the text speaks of."""

    code: FileProblem
    text: Text
    columns: list[str] = []


class RosterImportView(Struct):
    """How far a file has come. Every line up to `line` is done; `read` of `size` bytes are behind.

    Lines are `added`, `changed`, `unchanged`, or `bad` and left out; the report lists what is the matter with the first
    ten thousand of these.
    """

    id: str
    by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    state: ImportState
    text: Text
    refusal: RosterRefusal | None
    size: int
    read: int
    encoding: str
    line: int
    added: int
    changed: int
    unchanged: int
    bad: int
    problems: list[RosterProblem]
    report_url: str | None


class RosterProgress(Struct):
    """The exam's last imports, newest first."""

    time_zone: str
    imports: list[RosterImportView]


class ExamVersion(Struct):
    """The exam's document in one of its versions, and who saved it when."""

    version: int
    saved_at: datetime
    saved_by: str
    document: Exam


class ExamChange(Struct):
    """A document to take the place of the version that was read. Its form is that of docs/exam.schema.json."""

    version: Annotated[int, Meta(ge=0)]
    document: dict[str, Any]


class AreaExtensionRequest(Struct):
    """More time for a whole area, as after an outage. The reason is part of the announcement."""

    area: Name
    until: Moment
    reason: Reasoned


class SiteCounts(Struct):
    """How many applications of a site are in each status."""

    area: Text
    site: SiteView
    counts: dict[str, int]


class ExamVerdict(Struct):
    """What is wrong with a document, what it changes, and how many applications there are.

    `version` is the one in force: the next one if `saved`. Nothing is said of effects while there are problems.
    """

    saved: bool
    version: int
    problems: list[Note]
    effects: list[Note]
    sites: list[SiteCounts]


# ---- progress and results ---------------------------------------------------------------------------------------


class AreaView(Struct):
    id: str
    name: Text


class WaitingView(Struct):
    """How long submitted applications have been waiting for a decision; those over 24 h include those over 48 h."""

    oldest: datetime | None
    median_minutes: int
    over_24h: int
    over_48h: int


class OpenReturns(Struct):
    """Returned applications by the time that is left to put them right: all that is `open`, of these `closing` within
    a day; `over` are those whose time has passed. Extensions of single candidates are not looked at."""

    open: int
    closing: int
    over: int


class SiteProgress(Struct):
    """How far a site has come.

    `counts` by status; `rounds` by status: how many are in their first, their second, a later round. `reviewers` are
    those who have decided anything in the last 24 hours; at their pace of these hours what waits is decided in
    `hours_to_clear`: null if something waits and nobody has decided anything.
    """

    area: AreaView
    site: SiteView
    counts: dict[str, int]
    rounds: dict[str, list[int]]
    waiting: WaitingView
    returns: OpenReturns
    reviewers: int
    decided_last_hour: int
    decided_last_day: int
    hours_to_clear: float | None


class ClosingReturn(Struct):
    """A returned application with less than a day to put it right; extensions are looked at."""

    application: str
    registration_no: str
    site: SiteView
    until: datetime


class ReviewerPace(Struct):
    """What somebody has decided in the last 24 hours; `hours`: by the hour, the present one last. `site` is where
    they did so last."""

    by: str
    area: AreaView
    site: SiteView
    approved: int
    returned: int
    last: datetime
    hours: list[int]


class HalfHour(Struct):
    """How many applications were submitted and how many decided in the half hour that begins `at`."""

    at: datetime
    submitted: int
    decided: int


class AreaUnreached(Struct):
    """How many candidates of an area an SMS could not reach."""

    area: AreaView
    count: int


class Progress(Struct):
    """How far the exam has come, counted at `at`: a minute old at most, some minutes while it is being counted anew.

    `sites`: the worst first, that is those that need longest to decide what waits. `closing`: the hundred that end
    first. `curve`: the last 24 hours, oldest first. `median_decision_minutes`: from submission to decision, of what
    was decided in them.
    """

    exam: Text
    time_zone: str
    at: datetime
    waiting: WaitingView
    returns: OpenReturns
    sites: list[SiteProgress]
    curve: list[HalfHour]
    median_decision_minutes: int
    reviewers: list[ReviewerPace]
    closing: list[ClosingReturn]
    unreached: list[AreaUnreached]


class ExportRequest(Struct):
    """`applications`: one line each. `journal`: one line for each of their entries and for each look at them.

    Id numbers and phones are masked unless `identity` asks for them; a journal has none.
    """

    kind: ExportKind
    format: ExportFormat
    identity: bool = False


class ExportView(Struct):
    """How far an export has come: `done` of `total` applications. `rows` and `bytes` are those of the finished file,
    which can be fetched from `url` for five minutes and is deleted at `expires_at`."""

    id: str
    kind: ExportKind
    format: ExportFormat
    identity: bool
    by: str
    created_at: datetime
    finished_at: datetime | None
    state: ExportState
    text: Text
    total: int
    done: int
    rows: int
    bytes: int
    file: str
    url: str | None
    expires_at: datetime | None


class Exports(Struct):
    """The exam's last exports, newest first."""

    exports: list[ExportView]


class Bundle(Struct):
    """A zip file with all that there is about one application; `missing` are images that are not kept any more. `url`
    lives five minutes, the file a day. `sha256` in hex is the file's."""

    application: str
    file: str
    bytes: int
    sha256: str
    images: int
    missing: int
    url: str


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
    """How telling the candidate about a round by SMS went: `sent` or `failed`, with the cause."""

    round: int
    state: str
    at: datetime
    cause: str


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


# ---- staff -----------------------------------------------------------------------------------------------------

StaffName = Annotated[str, Meta(min_length=3, max_length=64, pattern="^[A-Za-z0-9_-]*$")]


class Placement(Struct):
    """A role and its place: a reviewer's site, a lead's area, nothing for an administrator."""

    role: StaffRole
    area: Annotated[str, Meta(max_length=20)] = ""
    site: Annotated[str, Meta(max_length=12)] = ""


class EmployRequest(Placement, kw_only=True):
    username: StaffName


class StaffMember(Struct):
    username: str
    role: StaffRole
    area: str
    site: str
    disabled: bool


class StaffChangeView(Struct):
    """What was done to somebody: `created`, `moved`, `disabled`, `enabled` or `password`; by whom, and what they are
    from then on."""

    at: datetime
    by: str
    username: str
    kind: str
    role: StaffRole
    area: str
    site: str


class StaffPlace(Struct):
    area: str
    name: Text
    sites: list[SiteView]


class Staff(Struct):
    """The exam's staff by user name, the last hundred changes, newest first, and where somebody can be placed."""

    time_zone: str
    items: list[StaffMember]
    changes: list[StaffChangeView]
    places: list[StaffPlace]


class Employed(Struct):
    """`initial_password` is shown this once; whoever signs in with it replaces it. It can be used for seven days."""

    member: StaffMember
    initial_password: str


# ---- errors ----------------------------------------------------------------------------------------------------


class ProblemDetails(Struct, omit_defaults=True):
    """RFC 9457; `title` is the Chinese text, `text` both. Further members as far as they apply."""

    status: int
    code: Code
    title: str
    text: Text
    type: str = "about:blank"
    field: str = ""
    round: int = 0
    retry_after: int = 0
    max: int = 0
    max_bytes: int = 0
    types: list[str] = []
    slots: list[str] = []
    missing: list[Missing] = []
    version: int = 0
    until: datetime | None = None
    problems: list[Note] = []


# ---- routes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Route:
    """One call: which function answers it, who may make it (None: anyone), what it takes and answers."""

    call: str
    function: str
    who: tuple[Role, ...] | None
    takes: type | None
    status: int
    answers: type | None
    refusals: tuple[Code, ...] = ()
    query: tuple[str, ...] = ()


CANDIDATE: tuple[Role, ...] = ("candidate",)
STAFF: tuple[Role, ...] = ("reviewer", "lead")
ADMIN: tuple[Role, ...] = ("admin",)
ANY: tuple[Role, ...] = ("candidate", "reviewer", "lead", "admin")

_LEASE = (Code.NOT_FOUND, Code.ALREADY_DECIDED, Code.CLAIMED_BY_OTHER, Code.CLAIM_LIMIT)

ROUTES: tuple[Route, ...] = (
    Route(
        "POST /session", "sign_in", None, SignInRequest, 200, Session,
        (
            Code.SIGN_IN_FAILED, Code.TOO_MANY_ATTEMPTS, Code.SIGN_IN_UNAVAILABLE, Code.NEW_PASSWORD_REQUIRED,
            Code.WEAK_PASSWORD,
        ),
    ),
    Route(
        "POST /session/refresh", "sign_in", None, RefreshRequest, 200, Session,
        (Code.SESSION_EXPIRED,),
    ),
    Route("DELETE /session", "sign_in", ANY, None, 204, None),
    Route("GET /notices/{code}", "application", None, None, 200, NoticeCheck, (Code.NOT_FOUND,)),
    Route("GET /application", "application", CANDIDATE, None, 200, View),
    Route("PUT /application/profile", "application", CANDIDATE, ProfileRequest, 200, View),
    Route("GET /application/notice", "application", CANDIDATE, None, 200, Notice),
    Route(
        "POST /uploads", "upload_presign", CANDIDATE, UploadRequest, 201, UploadTicket,
        (
            Code.LOCKED, Code.WINDOW_CLOSED, Code.CATEGORY_FULL, Code.SLOT_OCCUPIED, Code.TOO_LARGE,
            Code.UNSUPPORTED_TYPE, Code.TOO_MANY_UPLOADS,
        ),
    ),
    Route(
        "DELETE /uploads/{slot}", "upload_presign", CANDIDATE, None, 204, None,
        (Code.NOT_FOUND, Code.LOCKED, Code.WINDOW_CLOSED),
    ),
    Route(
        "POST /submission", "submit", CANDIDATE, SubmissionRequest, 202, View,
        (Code.STALE_ROUND, Code.UPLOADING, Code.WINDOW_CLOSED, Code.INCOMPLETE),
    ),
    Route(
        "GET /reviews", "review", STAFF, None, 200, Queue, (Code.NOT_FOUND,),
        query=("site", "status", "round", "waiting", "mine", "search", "cursor", "limit"),
    ),
    Route("POST /reviews/next", "review", STAFF, None, 200, Review, (Code.NOT_FOUND, Code.CLAIM_LIMIT), ("site",)),
    Route("GET /reviews/{application}", "review", STAFF, None, 200, Review, (Code.NOT_FOUND,)),
    Route("GET /reviews/{application}/identity", "review", STAFF, None, 200, Identity, (Code.NOT_FOUND,)),
    Route("POST /reviews/{application}/claim", "review", STAFF, None, 200, ClaimView, _LEASE),
    Route("DELETE /reviews/{application}/claim", "review", STAFF, None, 204, None, (Code.NOT_FOUND,)),
    Route(
        "POST /reviews/{application}/decision", "feedback", STAFF, DecisionRequest, 200, Decided,
        (Code.NOT_FOUND, Code.STALE_ROUND, Code.ALREADY_DECIDED, Code.CLAIMED_BY_OTHER),
    ),
    Route("GET /exams/{exam}", "exams", ADMIN, None, 200, ExamVersion, (Code.NOT_FOUND,), ("version",)),
    Route(
        "PUT /exams/{exam}", "exams", ADMIN, ExamChange, 200, ExamVerdict,
        (Code.NOT_FOUND, Code.STALE_VERSION, Code.INVALID_EXAM), ("dry_run",),
    ),
    Route(
        "POST /exams/{exam}/extension", "exams", ADMIN, AreaExtensionRequest, 200, ExamVerdict,
        (Code.NOT_FOUND, Code.INVALID_EXAM), ("dry_run",),
    ),
    Route("GET /exams/{exam}/agreement", "exams", ADMIN, None, 200, Agreement, (Code.NOT_FOUND,)),
    Route("POST /exams/{exam}/roster", "roster", ADMIN, None, 201, RosterTicket, (Code.NOT_FOUND,)),
    Route("GET /exams/{exam}/roster", "roster", ADMIN, None, 200, RosterProgress, (Code.NOT_FOUND,)),
    Route("GET /exams/{exam}/progress", "progress", ADMIN, None, 200, Progress, (Code.NOT_FOUND,)),
    Route(
        "POST /exams/{exam}/exports", "exports", ADMIN, ExportRequest, 202, ExportView,
        (Code.NOT_FOUND, Code.EXPORT_RUNNING),
    ),
    Route("GET /exams/{exam}/exports", "exports", ADMIN, None, 200, Exports, (Code.NOT_FOUND,)),
    Route("POST /applications/{application}/bundle", "bundle", ADMIN, None, 201, Bundle, (Code.NOT_FOUND,)),
    Route(
        "GET /exams/{exam}/applications", "cases", ADMIN, None, 200, CaseList, (Code.NOT_FOUND,),
        ("search", "site", "cursor"),
    ),
    Route("GET /applications/{application}", "cases", ADMIN, None, 200, Case, (Code.NOT_FOUND,)),
    Route(
        "POST /applications/{application}/extension", "cases", ADMIN, ExtensionRequest, 200, Case,
        (Code.NOT_FOUND, Code.ALREADY_DECIDED, Code.TOO_SOON, Code.NOT_LATER),
    ),
    Route(
        "POST /applications/{application}/reopen", "cases", ADMIN, ReopenRequest, 200, Case,
        (Code.NOT_FOUND, Code.STALE_ROUND, Code.NOT_APPROVED),
    ),
    Route("GET /exams/{exam}/staff", "staff", ADMIN, None, 200, Staff, (Code.NOT_FOUND,)),
    Route(
        "POST /exams/{exam}/staff", "staff", ADMIN, EmployRequest, 201, Employed,
        (Code.NOT_FOUND, Code.USERNAME_TAKEN),
    ),
    Route(
        "PUT /exams/{exam}/staff/{username}", "staff", ADMIN, Placement, 200, StaffMember,
        (Code.NOT_FOUND, Code.OWN_ACCOUNT),
    ),
    Route(
        "POST /exams/{exam}/staff/{username}/disable", "staff", ADMIN, None, 200, StaffMember,
        (Code.NOT_FOUND, Code.OWN_ACCOUNT),
    ),
    Route(
        "POST /exams/{exam}/staff/{username}/enable", "staff", ADMIN, None, 200, StaffMember,
        (Code.NOT_FOUND, Code.OWN_ACCOUNT),
    ),
    Route(
        "POST /exams/{exam}/staff/{username}/password", "staff", ADMIN, None, 200, Employed,
        (Code.NOT_FOUND, Code.OWN_ACCOUNT),
    ),
)  # fmt: skip
