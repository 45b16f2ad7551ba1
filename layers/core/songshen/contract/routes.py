"""The table of routes. No function needs it: it loads the whole contract."""

from dataclasses import dataclass

from songshen.contract.candidate import (
    Notice,
    NoticeCheck,
    ProfileRequest,
    SubmissionRequest,
    UploadRequest,
    UploadTicket,
    View,
)
from songshen.contract.cases import Case, CaseList, ExtensionRequest, ReopenRequest
from songshen.contract.exams import Agreement, AreaExtensionRequest, ExamChange, ExamVerdict, ExamVersion
from songshen.contract.progress import Progress, UnreachedList
from songshen.contract.results import Bundle, ExportRequest, Exports, ExportView
from songshen.contract.reviewer import ClaimView, Decided, DecisionRequest, Identity, Queue, Review
from songshen.contract.roles import ADMIN, ANY, CANDIDATE, STAFF, Role
from songshen.contract.roster import RosterProgress, RosterTicket
from songshen.contract.session import RefreshRequest, Session, SignInRequest
from songshen.contract.staff import Employed, EmployRequest, Placement, Staff, StaffMember
from songshen.domain.errors import Code


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
        "GET /exams/{exam}/unreached", "progress", ADMIN, None, 200, UnreachedList, (Code.NOT_FOUND,),
        ("area", "cursor"),
    ),
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
        (Code.NOT_FOUND, Code.ALREADY_DECIDED, Code.TOO_SOON, Code.NOT_LATER, Code.TOO_LATE),
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
