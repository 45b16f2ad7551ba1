"""The handlers: each function's table of routes, and what each handler calls with what."""

import base64
import importlib
import json
import math
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from scripts import template
from songshen import bootstrap, http
from songshen.adapters import httpsms
from songshen.contract.roles import Role
from songshen.contract.routes import ROUTES, Route
from songshen.domain.application import Claim, Outcome, Status
from songshen.domain.errors import TEXTS, Code
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.ports import Account, Unreached
from songshen.usecases import deadlines as keeping
from tests.support.exams import EXAM, HOUR, ID, MINUTE, NOON, draft, submitted
from tests.support.fakes import PASSWORD, Unavailable, World, cheap_hash

FUNCTIONS = Path(__file__).parents[2] / "functions"
FOLDERS = sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))
ANSWERING = sorted({route.function for route in ROUTES})

CANDIDATE = {
    "cognito:username": "user-3701001",
    "custom:exam": "2026-med",
    "custom:registration_no": "3701001",
}
REVIEWER = {
    "cognito:groups": "[reviewer]",
    "cognito:username": "reviewer-1",
    "custom:exam": "2026-med",
    "custom:area": "37",
    "custom:site": "3701",
}
LEAD = {name: value for name, value in REVIEWER.items() if name != "custom:site"} | {
    "cognito:groups": "[lead]",
    "cognito:username": "lead-1",
}
ADMIN = {"cognito:groups": "[admin]", "cognito:username": "admin-1", "custom:exam": "2026-med"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def load(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports a handler anew, on the world's use cases in place of the real ones."""
    use_cases = {
        "sign_in": world.sign_in,
        "application": world.desk,
        "upload_presign": world.presign,
        "validate_image": world.validate,
        "submit": world.submit,
        "review": world.reviews,
        "feedback": world.feedback,
        "exams": world.exam_desk,
        "cases": world.cases,
        "staff": world.staff,
        "roster": world.roster_desk,
        "import_roster": world.import_roster,
        "progress": world.progress,
        "exports": world.export_desk,
        "write_export": world.write_export,
        "bundle": world.bundle,
        "notify": world.notify,
        "deadlines": world.deadlines,
        "reconcile": world.reconcile,
    }
    for name, use_case in use_cases.items():
        monkeypatch.setattr(bootstrap, name, lambda use_case=use_case: use_case)
    monkeypatch.setattr(bootstrap, "edge_secret", lambda: "of the edge")

    def imported(function: str) -> ModuleType:
        sys.modules.pop(f"functions.{function}.app", None)
        return importlib.import_module(f"functions.{function}.app")

    yield imported
    for function in FOLDERS:
        sys.modules.pop(f"functions.{function}.app", None)


class Client:
    """Calls the handlers as the HTTP API does."""

    def __init__(self, load: Any, claims: dict[str, str] | None) -> None:
        self._load = load
        self._claims = claims

    def __call__(self, call: str, body: Any = None, query: dict[str, str] | None = None) -> tuple[int, Any]:
        method, path = call.split()
        for route in ROUTES:
            verb, pattern = route.call.split()
            match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", pattern), path)
            if verb == method and match:
                break
        else:
            raise LookupError(call)
        context: dict[str, Any] = {"http": {"sourceIp": "203.0.113.7"}}
        if self._claims:
            context["authorizer"] = {"jwt": {"claims": self._claims}}
        event = {"routeKey": route.call, "requestContext": context, "pathParameters": match.groupdict()}
        if query:
            event["queryStringParameters"] = query
        if body is not None:
            event["body"] = base64.b64encode(json.dumps(body).encode()).decode()
            event["isBase64Encoded"] = True
        made = self._load(route.function).handler(event, None)
        return made["statusCode"], json.loads(made["body"]) if "body" in made else None


# ---- the tables


def test_every_code_has_its_texts_and_its_status() -> None:
    assert set(TEXTS) == set(http.STATUS) == set(Code)
    for text in TEXTS.values():
        assert re.search("[\u4e00-\u9fff].*。$", text.zh)
        assert re.search(r"^[A-Z][ -~]+\.$", text.en)


def test_the_statuses_are_those_of_the_contract() -> None:
    by_status: dict[int, set[str]] = {}
    for code, status in http.STATUS.items():
        by_status.setdefault(int(status), set()).add(code.value)
    assert by_status == {
        400: {"bad_request"},
        401: {"sign_in_failed", "session_expired"},
        403: {"forbidden"},
        404: {"not_found"},
        409: {
            "locked",
            "window_closed",
            "category_full",
            "slot_occupied",
            "uploading",
            "stale_round",
            "already_decided",
            "claimed_by_other",
            "claim_limit",
            "not_approved",
            "new_password_required",
            "username_taken",
            "own_account",
            "stale_version",
            "export_running",
        },
        422: {
            "too_large",
            "unsupported_type",
            "incomplete",
            "too_soon",
            "not_later",
            "too_late",
            "weak_password",
            "invalid_exam",
        },
        429: {"too_many_attempts", "too_many_uploads"},
        500: {"internal"},
        503: {"busy", "sign_in_unavailable"},
    }


def test_every_route_is_there_once_and_its_function_exists() -> None:
    calls = [route.call for route in ROUTES]
    assert len(calls) == len(set(calls))
    assert set(ANSWERING) <= set(FOLDERS)


@pytest.mark.parametrize("function", ANSWERING)
def test_a_handlers_table_is_the_contracts(function: str, load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "routes", dict)
    table = load(function).handler
    assert set(table) == {route.call for route in ROUTES if route.function == function}
    assert all(callable(answer) for answer in table.values())


@pytest.mark.parametrize("route", [r for r in ROUTES if r.who], ids=lambda r: str(r.call))
def test_threat_10_every_route_checks_the_role_first(route: Route, load: Any) -> None:
    """Before the path, the query and the body, which are nonsense here."""
    roles = {"candidate": CANDIDATE, "reviewer": REVIEWER, "lead": LEAD, "admin": ADMIN, "nobody": REVIEWER}
    assert set(get_args(Role)) == roles.keys() - {"nobody"}
    path = re.sub(r"{\w+}", "%23", route.call)
    for role, claims in roles.items():
        client = Client(load, claims | ({"cognito:groups": f"[{role}]"} if role != "candidate" else {}))
        status, _ = client(path, ["nonsense"], dict.fromkeys(route.query, "nonsense") or None)
        assert (status == 403) == (role not in (route.who or ())), role


# ---- each handler, once through


def test_sessions(load: Any, world: World) -> None:
    anyone = Client(load, None)
    status, session = anyone("POST /session", {"username": "user-3701001", "password": PASSWORD})
    assert (status, session["role"], session["activated"]) == (200, "candidate", True)
    status, renewed = anyone("POST /session/refresh", {"refresh_token": session["refresh_token"]})
    assert (status, renewed["id_token"], renewed["activated"]) == (200, "id-user-3701001", False)
    assert Client(load, CANDIDATE)("DELETE /session") == (204, None)
    status, problem = anyone("POST /session/refresh", {"refresh_token": session["refresh_token"]})
    assert (status, problem["code"]) == (401, "session_expired")
    status, problem = anyone("POST /session", {"username": "user-3701001", "password": "guess"})
    assert (status, problem["code"]) == (401, "sign_in_failed")


def test_the_source_of_a_sign_in_is_the_callers_address(load: Any, world: World) -> None:
    world.roster.accounts["rev"] = Account("rev", staff=True)
    Client(load, None)("POST /session", {"username": "rev", "password": "guess"})
    assert list(world.guard.attempts) == [("rev", "203.0.113.7")]


def test_a_candidate_from_the_first_look_to_the_notice(load: Any, world: World) -> None:
    me, reviewer, anyone = Client(load, CANDIDATE), Client(load, REVIEWER), Client(load, None)
    status, view = me("GET /application")
    assert (status, view["status"], view["now"]) == (200, "draft", "2026-03-05T12:00:00+08:00")
    status, view = me("PUT /application/profile", {"phone": "13911112222", "address": "济南"})
    assert (status, view["candidate"]["profile_complete"]) == (200, True)

    announced = {"category": "identity", "content_type": "image/jpeg", "size": 5, "sha256": "ab" * 32}
    status, ticket = me("POST /uploads", announced)
    assert (status, ticket["slot"]) == (201, "identity-1")
    status, ticket = me("POST /uploads", announced | {"slot": "identity-2", "sha256": "cd" * 32})
    assert (status, ticket["slot"]) == (201, "identity-2")
    assert me("DELETE /uploads/identity-1") == (204, None)
    assert me("DELETE /uploads/identity-2") == (204, None)

    status, problem = me("POST /submission", {"round": 1})
    missing = [{"category": "identity"}, {"category": "diploma"}]
    assert (status, problem["code"], problem["missing"]) == (422, "incomplete", missing)
    world.fill()
    status, view = me("POST /submission", {"round": 1})
    assert (status, view["status"], view["locked"], view["round"]) == (202, "submitted", True, 1)
    assert me("POST /submission", {"round": 1}) == (status, view)

    status, notice = me("GET /application/notice")
    assert (status, notice["result"]["zh"]) == (200, "未通过初审")
    body = {"round": 1, "outcome": "approve"}
    status, decided = reviewer(f"POST /reviews/{ID}/decision", body)
    assert (status, decided["serial_number"]) == (200, "3701000001")
    status, notice = me("GET /application/notice")
    assert (status, notice["serial_number"]) == (200, "3701000001")
    status, check = anyone(f"GET /notices/{notice['code']}")
    assert (status, check) == (
        200,
        {
            "valid": True,
            "exam": {"zh": "2026 考试", "en": "2026 考试 (en)"},
            "site": {"zh": "济南", "en": "济南 (en)"},
            "name": "张**",
        },
    )
    assert anyone("GET /notices/other")[0] == 404


def test_a_reviewer_from_the_queue_to_the_decision(load: Any, world: World) -> None:
    world.submit_filled()
    me = Client(load, REVIEWER)
    status, queue = me("GET /reviews", query={"status": "submitted", "limit": "10"})
    assert (status, [i["application"] for i in queue["items"]], queue["next_cursor"]) == (200, [ID], None)
    status, case = me("POST /reviews/next")
    assert (status, case["application"], case["claim"]["mine"]) == (200, ID, True)
    assert me("POST /reviews/next") == (204, None)
    assert me(f"DELETE /reviews/{ID}/claim") == (204, None)
    status, lease = me(f"POST /reviews/{ID}/claim")
    assert (status, lease) == (200, {"by": "reviewer-1", "expires_at": "2026-03-05T12:10:00+08:00", "mine": True})
    status, case = me(f"GET /reviews/{ID}")
    assert (status, case["candidate"]["id_number"]) == (200, "370102**********34")
    named = {"slot": "diploma-1", "code": "unreadable", "note": "第 3 位", "region": [0, 0.25, 0.5, 1]}
    body = {"round": 1, "outcome": "return", "slots": [named], "note": "请改"}
    status, decided = me(f"POST /reviews/{ID}/decision", body)
    expected = {"application": ID, "round": 1, "status": "returned", "serial_number": None}
    assert (status, decided) == (200, expected)
    decision = world.application().decision
    assert decision is not None
    assert decision.slots["diploma-1"].region == (0, 0.25, 0.5, 1)
    assert me(f"POST /reviews/{ID}/decision", body) == (200, expected)


def test_the_queues_defaults_and_limits(load: Any, world: World) -> None:
    for no in range(60):
        world.put(submitted(registration_no=f"{no:03}"))
    me = Client(load, REVIEWER)
    status, queue = me("GET /reviews")
    assert (status, len(queue["items"])) == (200, 50)
    status, rest = me("GET /reviews", query={"cursor": queue["next_cursor"]})
    assert (len(rest["items"]), rest["next_cursor"]) == (10, None)
    for limit in ("0", "-1", "101", "ten", "1e1", "", "²"):
        status, problem = me("GET /reviews", query={"limit": limit})
        assert (status, problem["code"], problem["field"]) == (400, "bad_request", "limit"), limit


def test_the_queues_filters_are_handed_on(load: Any, world: World) -> None:
    world.put(submitted(registration_no="01", round=2, submitted_at=NOON - 3 * HOUR))
    world.put(submitted(registration_no="02", site="3702"))
    world.put(submitted(registration_no="03", claim=Claim("reviewer-1", NOON + HOUR), submitted_at=NOON))
    me, lead = Client(load, REVIEWER), Client(load, LEAD)

    def numbers(client: Client = me, **query: str) -> list[str]:
        status, queue = client("GET /reviews", query=query)
        assert status == 200
        return [item["registration_no"] for item in queue["items"]]

    assert numbers(round="2") == numbers(waiting="2") == numbers(search=" 01 ", status="returned") == ["01"]
    assert (numbers(mine="true"), numbers(mine="false"), numbers(status="returned")) == (["03"], ["01", "03"], [])
    assert (numbers(lead, site="3702"), numbers(lead)) == (["02"], ["01", "03"])
    assert me("GET /reviews", query={"site": "3702"})[0] == 404
    for name in ("round", "waiting", "limit"):
        for value in ("-1", "1000", "x", "١"):
            status, problem = me("GET /reviews", query={name: value})
            assert (status, problem["field"]) == (400, name)


def test_a_lead_takes_the_next_of_the_site_of_their_choice(load: Any, world: World) -> None:
    world.put(submitted(registration_no="02", site="3702"))
    lead = Client(load, LEAD)
    assert lead("POST /reviews/next", query={"site": "3701"}) == (204, None)
    status, case = lead("POST /reviews/next", query={"site": "3702"})
    assert (status, case["application"]) == (200, "2026-med_02")
    assert lead("POST /reviews/next", query={"site": "1101"})[0] == 404


def test_the_identity_in_full(load: Any, world: World) -> None:
    world.submit_filled()
    shown = Client(load, REVIEWER)(f"GET /reviews/{ID}/identity")
    assert shown == (200, {"id_number": "370102199001011234", "phone": "13800000001"})
    assert [seen.what for seen in world.applications.viewings(ID)] == ["identity"]


def test_an_administrator_sees_the_agreement_of_their_own_exam(load: Any, world: World) -> None:
    me = Client(load, ADMIN)
    status, shown = me("GET /exams/2026-med/agreement")
    assert (status, shown["share"], shown["sites"], shown["disagreements"]) == (200, 0.02, [], [])
    for other in ("2025-med", "%23", "x" * 65):
        assert me(f"GET /exams/{other}/agreement")[0] == 404
    assert Client(load, ADMIN | {"custom:exam": ""})("GET /exams/2026-med/agreement")[0] == 404


class Remaining:
    """What the platform says about an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def test_an_administrator_imports_a_roster(load: Any, world: World) -> None:
    me = Client(load, ADMIN)
    status, ticket = me("POST /exams/2026-med/roster")
    assert (status, ticket["expires_at"], ticket["max_bytes"]) == (201, "2026-03-05T13:00:00+08:00", 536_870_912)
    line = f"3701002,李四,E12345678,37,3702,13800000002,{cheap_hash('x').replace('i=1$', 'i=1000$')}"
    text = f"报名号,姓名,证件号码,考区,考点,手机号码,密码\n{line}\n{line}\n"
    arrived = world.rosters.arrive(ticket["fields"]["key"], text.encode("gb18030"))
    event = {"Records": [{"s3": {"object": {"key": arrived.key, "eTag": arrived.etag}}}]}
    assert load("import_roster").handler(event, Remaining()) is None
    status, progress = me("GET /exams/2026-med/roster")
    (shown,) = progress["imports"]
    assert (status, shown["id"], shown["by"], shown["state"]) == (200, ticket["id"], "admin-1", "done")
    assert (shown["added"], shown["bad"], shown["encoding"]) == (1, 1, "gb18030")
    assert [(one["code"], one["count"]) for one in shown["problems"]] == [("repeated_registration_no", 1)]
    assert shown["report_url"] == f"https://rosters.test/reports/2026-med/{shown['id']}.csv?roster-{shown['id']}.csv"
    assert world.application("2026-med_3701002").site == "3702"
    for call in ("POST", "GET"):
        assert me(f"{call} /exams/2025-med/roster")[0] == 404


def test_an_administrator_reads_tries_and_saves_the_document_of_their_own_exam(load: Any, world: World) -> None:
    me = Client(load, ADMIN)
    status, read = me("GET /exams/2026-med")
    assert (status, read["version"], read["document"]["id"]) == (200, 1, "2026-med")
    wanted = {"version": 1, "document": read["document"] | {"uploads_per_day": 0}}
    status, tried = me("PUT /exams/2026-med", wanted, {"dry_run": "true"})
    assert (status, tried["saved"], [one["path"] for one in tried["problems"]]) == (200, False, ["uploads_per_day"])
    status, why = me("PUT /exams/2026-med", wanted)
    assert (status, why["code"], why["problems"]) == (422, "invalid_exam", tried["problems"])
    wanted["document"]["uploads_per_day"] = 5
    assert me("PUT /exams/2026-med", wanted)[1]["version"] == 2
    status, why = me("PUT /exams/2026-med", wanted)
    assert (status, why["code"], why["version"]) == (409, "stale_version", 2)
    assert me("GET /exams/2026-med", query={"version": "1"})[1] == read
    assert me("GET /exams/2026-med")[1]["saved_by"] == "admin-1"
    assert me("GET /exams/2026-med", query={"version": "9"})[0] == 404
    assert me("PUT /exams/2026-med", wanted, {"dry_run": "yes"})[1]["field"] == "dry_run"
    assert me("PUT /exams/2026-med", {"version": 1, "document": []})[1]["field"] == "document"
    assert me("PUT /exams/2025-med", wanted)[0] == 404


def test_an_administrator_employs_moves_and_shuts_out_staff_of_their_own_exam(load: Any, world: World) -> None:
    boss = Member("2026-med", "admin-1", StaffRole.ADMIN)
    world.staff_book.found(boss, StaffChange(NOON, "operator", "admin-1", "created", StaffRole.ADMIN))
    admin, path = Client(load, ADMIN), "/exams/2026-med/staff"
    place = {"role": "reviewer", "area": "37", "site": "3701"}
    status, made = admin(f"POST {path}", place | {"username": "reviewer-9"})
    member = {"username": "reviewer-9", "disabled": False} | place
    assert (status, made["member"]) == (201, member)
    moved = member | {"site": "3702"}
    assert admin(f"PUT {path}/reviewer-9", place | {"site": "3702"}) == (200, moved)
    assert admin(f"POST {path}/reviewer-9/disable") == (200, moved | {"disabled": True})
    assert admin(f"POST {path}/reviewer-9/enable") == (200, moved)
    status, again = admin(f"POST {path}/reviewer-9/password")
    assert (status, again["member"], again["initial_password"] != made["initial_password"]) == (200, moved, True)
    status, staff = admin(f"GET {path}")
    assert (status, [one["username"] for one in staff["items"]]) == (200, ["admin-1", "reviewer-9"])
    assert [one["kind"] for one in staff["changes"]] == [
        "password",
        "enabled",
        "disabled",
        "moved",
        "created",
        "created",
    ]
    status, refused = admin(f"POST {path}", place | {"username": "a b"})
    assert (status, refused["field"]) == (400, "username")
    assert admin(f"POST {path}/admin-1/disable")[1]["code"] == "own_account"
    assert admin("GET /exams/2027-med/staff")[0] == 404


def test_events_of_the_inbox_are_unquoted_and_looked_at_one_by_one(load: Any, world: World) -> None:
    keys = ["inbox/2026-med/3701001/identity-1/a+b%2Fc%E5%BC%A0", "inbox/x"]
    for key in ("inbox/2026-med/3701001/identity-1/a b/c张", "inbox/x"):
        world.inbox.arrive(key, b"x")
    records = [{"s3": {"bucket": {"name": "b"}, "object": {"key": key, "eTag": "e"}}} for key in keys]
    assert load("validate_image").handler({"Records": records}, None) is None
    assert world.inbox.objects == {}


def test_an_event_makes_a_material(load: Any, world: World) -> None:
    ticket = world.reserve("identity", b"front")
    found = world.send(ticket, b"front")
    event = {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": found.key, "eTag": found.etag}}}]}
    load("validate_image").handler(event, None)
    assert list(world.application().snapshot()) == ["identity-1"]


def test_a_failure_to_validate_is_raised_so_that_the_event_comes_again(load: Any, world: World) -> None:
    def fail(*args: object) -> None:
        raise Unavailable

    world.imaging.inspect = fail  # type: ignore[method-assign,assignment]
    found = world.send(world.reserve("identity", b"front"), b"front")
    event = {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": found.key, "eTag": found.etag}}}]}
    with pytest.raises(Unavailable):
        load("validate_image").handler(event, None)
    assert list(world.inbox.objects) == [found.key]


def test_the_workflow_calls_notify_with_ids_only(load: Any, world: World) -> None:
    world.submit_filled()
    world.decide(Outcome.RETURN, "diploma-1")
    handler = load("notify").handler
    assert handler({"application": ID, "round": 1, "attempt": 1}, None) == {"state": "sent"}
    assert handler({"application": ID, "round": "2", "attempt": "1"}, None) == {"state": "skipped"}
    assert len(world.sms.sent) == 1


def test_an_administrator_exports_what_there_is(load: Any, world: World) -> None:
    me = Client(load, ADMIN)
    status, started = me("POST /exams/2026-med/exports", {"kind": "applications", "format": "csv"})
    assert (status, started["state"], started["by"], started["url"]) == (202, "waiting", "admin-1", None)
    assert load("write_export").handler({"exam": "2026-med", "id": started["id"]}, Remaining()) is None
    status, seen = me("GET /exams/2026-med/exports")
    (done,) = seen["exports"]
    assert (status, done["id"], done["state"], done["rows"], done["total"]) == (200, started["id"], "done", 1, 1)
    assert done["url"].endswith("?name=2026-med-applications-20260305T040000.csv")
    assert me("POST /exams/2026-med/exports", {"kind": "photos", "format": "csv"})[1]["field"] == "kind"
    assert me("POST /exams/another/exports", {"kind": "journal", "format": "csv"})[0] == 404


def test_an_administrator_takes_all_about_one_application(load: Any, world: World) -> None:
    status, made = Client(load, ADMIN)(f"POST /applications/{ID}/bundle")
    assert (status, made["application"]) == (201, ID)
    assert [(seen.by, seen.what) for seen in world.applications.viewings(ID)] == [("admin-1", "bundle")]
    assert Client(load, ADMIN)("POST /applications/another_3701001/bundle")[0] == 404
    assert Client(load, ADMIN)("POST /applications/2026-med_none/bundle")[0] == 404
    assert Client(load, ADMIN | {"custom:exam": "other"})(f"POST /applications/{ID}/bundle")[0] == 404
    assert Client(load, REVIEWER)(f"POST /applications/{ID}/bundle")[0] == 403


def test_an_administrator_sees_how_far_the_exam_has_come(load: Any, world: World) -> None:
    status, seen = Client(load, ADMIN)("GET /exams/2026-med/progress")
    assert (status, seen["at"]) == (200, "2026-03-05T12:00:00+08:00")
    assert Client(load, REVIEWER)("GET /exams/2026-med/progress")[0] == 403


def test_an_administrator_is_told_who_could_not_be_reached(load: Any, world: World) -> None:
    now = world.clock.time
    for area, site, number in (("37", "3701", "3701001"), ("11", "1101", "3701002")):
        world.put(draft(registration_no=number, area=area, site=site))
        world.unreached.note(
            Unreached(EXAM, area, site, number, 0, "reminder", "OptedOut", now, now + HOUR, 1, now + MINUTE)
        )
    me = Client(load, ADMIN)
    status, seen = me("GET /exams/2026-med/unreached", query={"area": "37"})
    assert (status, [one["registration_no"] for one in seen["items"]]) == (200, ["3701001"])
    assert len(me("GET /exams/2026-med/unreached")[1]["items"]) == 2
    assert me("GET /exams/2026-med/unreached", query={"area": "99"})[0] == 404
    assert me("GET /exams/2026-med/unreached", query={"cursor": "x"})[1]["field"] == "cursor"
    assert Client(load, REVIEWER)("GET /exams/2026-med/unreached")[0] == 403


def test_the_reconciler_says_how_much_it_did(load: Any, world: World) -> None:
    world.put(submitted(obligation_due=world.clock.time))
    assert load("reconcile").handler({}, None) == {
        "obligations": 1,
        "executions": 0,
        "uploads": 0,
        "imports": 0,
        "exports": 0,
    }
    assert world.application().status is Status.SUBMITTED


def test_a_silent_sms_provider_is_noted_before_a_functions_time_is_up(load: Any) -> None:
    """Whoever is cut off has noted nothing: neither the failure nor that it is to be tried again."""
    sns: Any = bootstrap.SNS_CONFIG
    by_sns = sns.retries["total_max_attempts"] * (sns.connect_timeout + sns.read_timeout)
    one = max(by_sns, httpsms.STEPS * httpsms.TIMEOUT)
    made = template.load()
    assert one < template.of_type(made, template.FUNCTION)["NotifyFunction"]["Timeout"]
    slowest = made["Parameters"]["RemindersPerSecond"]["MinValue"]
    page = math.ceil(keeping.PAGE / keeping.AT_ONCE) * one + keeping.AT_ONCE / slowest
    assert timedelta(seconds=page) < load("deadlines").RESERVE


@pytest.mark.parametrize("function", ["validate_image", "notify", "reconcile", "import_roster", "write_export"])
def test_threat_36_logs_hold_no_personal_data(
    function: str, load: Any, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.submit_filled()
    world.decide(Outcome.RETURN, "diploma-1")
    events: dict[str, dict[str, Any]] = {
        "validate_image": {"Records": [{"s3": {"object": {"key": "inbox/x", "eTag": "e"}}}]},
        "notify": {"application": ID, "round": 1, "attempt": 1},
        "reconcile": {},
        "write_export": {"exam": "x", "id": "y"},
        "import_roster": {"Records": [{"s3": {"object": {"key": "roster/x/y.csv", "eTag": "e"}}}]},
    }
    with caplog.at_level("DEBUG"):
        load(function).handler(events[function], Remaining())
    logged = caplog.text + str([vars(record) for record in caplog.records])
    assert caplog.records
    for personal in ("张三丰", "13800000001", "token-", "毕业证"):
        assert personal not in logged
