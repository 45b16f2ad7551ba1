"""Threat 10, as a matrix: every route of the contract × every kind of caller.

What is expected is computed: from the contract's `who`, and from whose the things are that the path and the query name.
Whoever may not, or is answered about their own, leaves the application of the test as it was, to the byte. A new route
needs a line in `named` or in `BODIES` if it names or takes something new, and fails until then.
"""

import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, get_args

import httpx
import msgspec
import pytest

from songshen.adapters.directory import DynamoExams
from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.items import marshal
from songshen.contract.candidate import ProfileRequest, SubmissionRequest, UploadRequest
from songshen.contract.cases import ExtensionRequest, ReopenRequest
from songshen.contract.exams import AreaExtensionRequest, ExamChange
from songshen.contract.results import ExportRequest
from songshen.contract.reviewer import DecisionRequest
from songshen.contract.roles import Role
from songshen.contract.routes import ROUTES, Route
from songshen.contract.session import RefreshRequest, SignInRequest
from songshen.contract.staff import EmployRequest, Placement
from songshen.domain.application import Application, Ready, Status, new_upload_id
from songshen.domain.exam import Area, Site
from songshen.domain.journal import submission_entry
from tests.support import exams
from tests.support.stack import (
    APPROVING,
    DAY,
    JINAN,
    PASSWORD,
    QINGDAO,
    STAFF_PASSWORD,
    Campaign,
    Examinee,
    Stack,
    item_of,
    open_exam,
)

SHANDONG, BEIJING, CHAOYANG = "37", "11", "1101"
AREAS = (
    *open_exam("any").areas,
    Area(BEIJING, exams.text("北京"), (Site(CHAOYANG, exams.text("朝阳")),)),
)


@dataclass(frozen=True)
class Caller:
    """A kind of caller. `owner`: the application of the test is theirs; `foreign`: their account is of another exam."""

    name: str
    role: str = ""
    area: str = ""
    site: str = ""
    owner: bool = False
    foreign: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


CALLERS = (
    Caller("nobody"),
    Caller("the candidate", "candidate", SHANDONG, JINAN, owner=True),
    Caller("another candidate", "candidate", SHANDONG, JINAN),
    Caller("candidate of another exam", "candidate", SHANDONG, JINAN, foreign=True),
    Caller("reviewer of the site", "reviewer", SHANDONG, JINAN),
    Caller("reviewer of another site", "reviewer", SHANDONG, QINGDAO),
    Caller("reviewer of another area", "reviewer", BEIJING, CHAOYANG),
    Caller("reviewer of another exam", "reviewer", SHANDONG, JINAN, foreign=True),
    Caller("lead of the area", "lead", SHANDONG),
    Caller("lead of another area", "lead", BEIJING),
    Caller("lead of another exam", "lead", SHANDONG, foreign=True),
    Caller("administrator", "admin"),
    Caller("administrator of another exam", "admin", foreign=True),
)


# ---- what is expected


def has_such_a_site(caller: Caller) -> bool:
    """Whether a site of this number is theirs to review, in their own exam."""
    at_it = caller.role == "reviewer" and caller.site == JINAN
    over_it = caller.role == "lead" and not caller.site
    return caller.area == SHANDONG and (at_it or over_it)


def works_at_the_site(caller: Caller) -> bool:
    """Whether the application's site is theirs to review."""
    return has_such_a_site(caller) and not caller.foreign


def administers(caller: Caller) -> bool:
    """Whether the application's exam is theirs to run."""
    return caller.role == "admin" and not caller.foreign


# Whether somebody of a role that may make a call may make it about what the path or the query names.
MAY_NAME: dict[str, Callable[[Caller], bool]] = {
    "application": lambda caller: works_at_the_site(caller) or administers(caller),
    "site": lambda caller: has_such_a_site(caller) or caller.role == "admin",
    "exam": lambda caller: not caller.foreign,
    "slot": lambda caller: True,  # of one's own application
    "username": lambda caller: not caller.foreign,
    "code": lambda caller: True,  # who has a notice's code may know what it says
}


def names(route: Route) -> list[str]:
    """What a call names: everything in its path, and the site if it can be chosen."""
    return re.findall(r"{(\w+)}", route.call) + [name for name in route.query if name == "site"]


def expected(route: Route, caller: Caller) -> int:
    """The status of the answer."""
    if route.who is None:
        return route.status
    if not caller.role:
        return 401
    if caller.role not in route.who:
        return 403
    return route.status if all(MAY_NAME[name](caller) for name in names(route)) else 404


def is_about_the_application(route: Route, caller: Caller) -> bool:
    """Whether the call may change the application of the test."""
    if expected(route, caller) != route.status:
        return False
    return caller.owner or works_at_the_site(caller) or "application" in names(route) or route.function == "cases"


# ---- what is sent


@dataclass
class Grounds:
    """An exam with one application, and somebody of every kind, signed in."""

    stack: Stack
    here: Campaign
    there: Campaign
    credentials: dict[str, dict[str, str]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    candidates: dict[str, Examinee] = field(default_factory=dict)

    @cached_property
    def code(self) -> str:
        """A notice's."""
        code = secrets.token_urlsafe(16)
        record = {"code": code, "exam": self.here.exam.id, "area": SHANDONG, "site": JINAN, "name": "张三丰"}
        item = marshal({"pk": f"NOTICE#{code}", "sk": "NOTICE", "valid": True, **record})
        self.stack.client("dynamodb").put_item(TableName=self.stack.table, Item=item)
        return code

    @cached_property
    def employee(self) -> str:
        """A member of staff whom administrators do everything to."""
        return self.here.employ("reviewer", exam=self.here.exam.id, area=SHANDONG, site=JINAN)

    def sign_in(self, caller: Caller) -> None:
        """Makes an account for this kind of caller."""
        campaign = self.there if caller.foreign else self.here
        if caller.role == "candidate":
            candidate = self.candidates[caller.name] = campaign.candidate(caller.site, area=caller.area)
            self.credentials[caller.name] = {"username": candidate.entry.username, "password": PASSWORD}
        elif caller.role:
            places = {"exam": campaign.exam.id, "area": caller.area, "site": caller.site}
            username = campaign.employ(caller.role, **{name: place for name, place in places.items() if place})
            self.credentials[caller.name] = {"username": username, "password": STAFF_PASSWORD}
        if caller.role:
            self.sessions[caller.name] = self.new_session(caller)

    def new_session(self, caller: Caller) -> dict[str, Any]:
        """Signs in; nobody does so as the candidate."""
        given = self.credentials.get(caller.name, self.credentials["the candidate"])
        answer = httpx.post(f"{self.stack.api}/session", json=given, timeout=60)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def application(self) -> str:
        """The id of the application of the test."""
        return self.candidates["the candidate"].application

    @property
    def number(self) -> str:
        """Its registration number."""
        return self.candidates["the candidate"].entry.registration_no

    def exam_change(self) -> dict[str, Any]:
        """The exam's document in force, as a change that changes nothing."""
        kept = DynamoExams(self.stack.client("dynamodb"), self.stack.table, lambda: datetime.now(UTC)).kept(
            self.here.exam.id
        )
        assert kept is not None
        return {"version": kept.version, "document": msgspec.to_builtins(kept.exam)}

    def reset(self, route: Route) -> None:
        """Every candidate's application is as the call needs it: waiting for reviewers, or a draft that can be
        submitted. What the calls before have left is gone."""
        reviewed = route.who is not None and "reviewer" in route.who
        reopened = route.takes is ReopenRequest
        client = self.stack.client("dynamodb")
        for candidate in self.candidates.values():
            for item in self.everything(candidate.application):
                client.delete_item(TableName=self.stack.table, Key={name: item[name] for name in ("pk", "sk")})
            entry, now = candidate.entry, datetime.now(UTC)
            image = Ready(new_upload_id(now, b"shown-"), "ab" * 32, 320, 240)
            draft = Application(entry.exam, entry.registration_no, entry.name, entry.area, entry.site)
            draft = replace(draft, slots={"diploma-1": image})
            if reopened:
                approved = exams.approved(exam=draft.exam, registration_no=draft.registration_no, notice_code=self.code)
                draft = replace(approved, area=draft.area, site=draft.site, slots=draft.slots)
            client.put_item(TableName=self.stack.table, Item=item_of(draft))
            if reviewed:
                # No execution is of this attempt: none puts its token in while somebody looks whether anything changed.
                after = replace(draft, status=Status.SUBMITTED, round=1, attempt=9, submitted_at=now)
                adapter = DynamoApplications(client, self.stack.table)
                adapter.transition(draft, after, submission_entry(after, now))

    def everything(self, application: str) -> list[dict[str, Any]]:
        """The application's items: itself, its journal, who has looked at it."""
        pk = "APPLICATION#" + application.replace("_", "#", 1)
        found = self.stack.client("dynamodb").query(
            TableName=self.stack.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=marshal({":pk": pk}),
            ConsistentRead=True,
        )
        return list(found["Items"])

    def call(self, route: Route, caller: Caller) -> httpx.Response:
        """The call, with everything right about it but perhaps the caller."""
        method, _, path = route.call.partition(" ")
        named = {
            "application": self.application,
            "exam": self.here.exam.id,
            "slot": "diploma-1",
            "code": self.code,
            "username": self.employee,
            "site": JINAN,
        }
        for name in re.findall(r"{(\w+)}", route.call):
            path = path.replace(f"{{{name}}}", named[name])
        query = {name: value for name, value in {"site": JINAN, "search": self.number}.items() if name in route.query}
        body = BODIES[route.takes](self, caller) if route.takes else None
        headers = {}
        if caller.role:
            headers = {"authorization": f"Bearer {self.sessions[caller.name]['id_token']}"}
        url = f"{self.stack.api}{path}"
        return httpx.request(method, url, params=query, json=body, headers=headers, timeout=60)


UPLOAD = {"category": "identity", "content_type": "image/jpeg", "size": 1, "sha256": "ab" * 32}
# What is sent where the contract takes it.
BODIES: dict[type, Callable[[Grounds, Caller], Any]] = {
    SignInRequest: lambda given, caller: given.credentials.get(caller.name, given.credentials["the candidate"]),
    RefreshRequest: lambda given, caller: {"refresh_token": given.new_session(caller)["refresh_token"]},
    ProfileRequest: lambda given, caller: {"phone": "13800138000", "address": "济南"},
    UploadRequest: lambda given, caller: UPLOAD,
    SubmissionRequest: lambda given, caller: {"round": 1},
    DecisionRequest: lambda given, caller: APPROVING,
    ExportRequest: lambda given, caller: {"kind": "journal", "format": "jsonl"},
    ExtensionRequest: lambda given, caller: {
        "until": (datetime.now(UTC) + 60 * DAY).isoformat(),
        "reason": "why",
    },
    AreaExtensionRequest: lambda given, caller: {
        "area": SHANDONG,
        "until": (datetime.now(UTC) + 30 * DAY).isoformat(),
        "reason": "why",
    },
    EmployRequest: lambda given, caller: {"username": f"new-{secrets.token_hex(4)}", "role": "admin"},
    Placement: lambda given, caller: {"role": "lead", "area": SHANDONG},
    ReopenRequest: lambda given, caller: {"round": 1, "reason": "why"},
    ExamChange: lambda given, caller: given.exam_change(),
}


@pytest.fixture(scope="module")
def grounds(stack: Stack) -> Grounds:
    """Nothing is drawn to be checked: the matrix is about one's own business. See test_spotchecks for what is not."""
    here, there = (Campaign(stack, areas=AREAS) for _ in range(2))
    made = Grounds(stack, here, there)
    for caller in CALLERS:
        made.sign_in(caller)
    return made


# ---- the matrix


def test_there_is_a_caller_of_every_role() -> None:
    assert {caller.role for caller in CALLERS if caller.role} == set(get_args(Role))


@pytest.mark.parametrize(
    ("route", "caller"), list(itertools.product(ROUTES, CALLERS)), ids=lambda value: getattr(value, "call", str(value))
)
def test_threat_10_who_may_make_which_call(grounds: Grounds, route: Route, caller: Caller) -> None:
    grounds.reset(route)
    before = grounds.everything(grounds.application)
    answer = grounds.call(route, caller)
    assert answer.status_code == expected(route, caller), answer.text
    if answer.status_code in (403, 404):
        assert answer.json()["code"] == {403: "forbidden", 404: "not_found"}[answer.status_code]
    if not is_about_the_application(route, caller):
        assert grounds.everything(grounds.application) == before
        entry = grounds.candidates["the candidate"].entry
        assert route.who is None or entry.registration_no not in answer.text
