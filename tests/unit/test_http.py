"""HTTP API events in, JSON out."""

import base64
import json
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from songshen.contract.candidate import ProfileRequest, UploadRequest
from songshen.contract.problems import ProblemDetails
from songshen.contract.reviewer import DecisionRequest
from songshen.contract.roles import ANY
from songshen.contract.session import SignInRequest
from songshen.domain.errors import TEXTS, Code, Refused
from songshen.domain.people import Reviewer
from songshen.http import STATUS, Answer, Request, answer, problem, routes
from tests.support.exams import SHA
from tests.support.refusals import refusal


def event(body: str | None = None, *, claims: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """An event of the HTTP API, payload format 2.0, as far as anything reads it."""
    context: dict[str, Any] = {"http": {"sourceIp": "203.0.113.7"}}
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims}}
    made = {"version": "2.0", "routeKey": "POST /x", "requestContext": context, **members}
    return made | ({"body": body, "isBase64Encoded": False} if body is not None else {})


REVIEWER = {
    "cognito:groups": "[reviewer]",
    "cognito:username": "rev-1",
    "custom:exam": "2026-med",
    "custom:area": "37",
    "custom:site": "3701",
}
CANDIDATE = {
    "cognito:username": "user-1",
    "custom:exam": "2026-med",
    "custom:registration_no": "3701001",
}


# ---- bodies


def test_a_body_is_read_as_its_shape() -> None:
    body = '{"username": "张三", "password": "p", "more": 1}'
    assert Request(event(body)).body(SignInRequest) == SignInRequest("张三", "p")


def test_a_body_may_come_as_base64() -> None:
    raw = base64.b64encode('{"username": "张三", "password": "p"}'.encode()).decode()
    request = Request(event(raw) | {"isBase64Encoded": True})
    assert request.body(SignInRequest) == SignInRequest("张三", "p")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "username"),
        ("{}", "username"),
        ("[]", ""),
        ("null", ""),
        ('"text"', ""),
        ('{"username": "a"}', "password"),
        ('{"username": 1, "password": "p"}', "username"),
        ('{"username": "", "password": "p"}', "username"),
        ('{"username": "a", "password": "%s"}' % ("p" * 257), "password"),
        ('{"username": "a", "password": "p"', ""),
        ("{'username': 'a'}", ""),
        ("\x00", ""),
        ('{"username": "\\ud800", "password": "p"}', ""),
        ('{"username": "a", "password": "p", "more": ' + "[" * 100_000 + "]" * 100_000 + "}", ""),
    ],
)
def test_what_does_not_fit_is_refused_naming_the_field(body: str, field: str) -> None:
    assert refusal(Request(event(body)).body, SignInRequest) == (Code.BAD_REQUEST, {"field": field})


def test_a_missing_body_is_an_empty_one() -> None:
    for made in (event(), event() | {"body": None}):
        assert refusal(Request(made).body, SignInRequest) == (Code.BAD_REQUEST, {"field": "username"})


def test_bytes_that_are_no_text_are_refused() -> None:
    raw = base64.b64encode(b'{"username": "\xff", "password": "p"}').decode()
    request = Request(event(raw) | {"isBase64Encoded": True})
    assert refusal(request.body, SignInRequest) == (Code.BAD_REQUEST, {"field": ""})


@pytest.mark.parametrize(
    ("shape", "body", "field"),
    [
        (UploadRequest, {"sha256": SHA.upper()}, "sha256"),
        (UploadRequest, {"sha256": SHA[1:]}, "sha256"),
        (UploadRequest, {"sha256": SHA + "\n"}, "sha256"),
        (UploadRequest, {"size": 1.5}, "size"),
        (UploadRequest, {"size": "1"}, "size"),
        (UploadRequest, {"slot": "s" * 65}, "slot"),
        (DecisionRequest, {"slots": [{"slot": "a", "code": "b", "note": "a\nb"}]}, "slots[0].note"),
        (DecisionRequest, {"slots": [{"slot": "a", "code": "b", "region": [0, 0, 1, 1.5]}]}, "slots[0].region[3]"),
        (DecisionRequest, {"slots": [{"slot": "a", "code": "b", "region": [0, 0, 1]}]}, "slots[0].region"),
        (DecisionRequest, {"slots": [{"slot": "a"}]}, "slots[0].code"),
        (DecisionRequest, {"slots": [{"slot": "a", "code": "b"}] * 101}, "slots"),
        (DecisionRequest, {"outcome": "escalate"}, "outcome"),
        (DecisionRequest, {"round": 0}, "round"),
        (DecisionRequest, {"note": "x" * 201}, "note"),
        (ProfileRequest, {"phone": "23800001234"}, "phone"),
        (ProfileRequest, {"phone": "1380000123"}, "phone"),
        (ProfileRequest, {"phone": "13800001234\n"}, "phone"),
        (ProfileRequest, {"address": "a\x7fb"}, "address"),
        (ProfileRequest, {"address": "济南\n"}, "address"),
        (ProfileRequest, {"address": "济南\n\n"}, "address"),
        (DecisionRequest, {"note": "请补充\n"}, "note"),
        (ProfileRequest, {"address": ""}, "address"),
    ],
)
def test_threat_35_lengths_and_characters_are_bounded(shape: type, body: dict[str, Any], field: str) -> None:
    fine: dict[type, dict[str, Any]] = {
        UploadRequest: {"category": "identity", "content_type": "image/jpeg", "size": 1, "sha256": SHA},
        DecisionRequest: {"round": 1, "outcome": "return"},
        ProfileRequest: {"phone": "13800001234", "address": "济南"},
    }
    Request(event(json.dumps(fine[shape]))).body(shape)
    refused = refusal(Request(event(json.dumps(fine[shape] | body))).body, shape)
    assert refused == (Code.BAD_REQUEST, {"field": field})


# ---- who calls


def test_the_caller_is_whom_the_authorizer_has_verified() -> None:
    assert Request(event(claims=CANDIDATE)).candidate() == "2026-med_3701001"
    assert Request(event(claims=REVIEWER)).reviewer() == Reviewer("rev-1", "2026-med", "37", "3701")
    assert Request(event(claims=REVIEWER)).username("reviewer") == "rev-1"
    assert Request(event(claims=CANDIDATE)).username(*ANY) == "user-1"


# ---- where from

EDGE_SECRET = "the-secret-of-the-edge"
SIGN_INS = Path(__file__).parents[2] / "events" / "sign_in"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("post-session", "203.0.113.7"),
        ("post-session-through-cloudfront", "203.0.113.7"),
        ("post-session-through-cloudfront-ipv6", "2001:db8:4c1d:9a00::/64"),
        # What the viewer has sent, or a proxy on its way, stands before what CloudFront has seen.
        ("post-session-through-cloudfront-and-a-proxy", "203.0.113.7"),
        ("post-session-forged", "198.51.100.66"),
    ],
)
def test_a_call_comes_from_whom_cloudfront_or_the_platform_has_seen(name: str, source: str) -> None:
    sign_in = json.loads((SIGN_INS / f"{name}.json").read_text(encoding="utf-8"))
    assert Request(sign_in).source(EDGE_SECRET) == source


def through_the_edge(forwarded: str, seen: str = "130.176.88.75", shown: str = EDGE_SECRET) -> str:
    made = event(headers={"x-forwarded-for": forwarded, "x-songshen-edge": shown})
    made["requestContext"]["http"]["sourceIp"] = seen
    return Request(made).source(EDGE_SECRET)


@pytest.mark.parametrize(
    ("forwarded", "source"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7,130.176.88.75", "203.0.113.7"),
        # Nobody in one network of IPv6 gets a fresh count by taking another address of it.
        ("2001:db8:4c1d:9a00::1, 130.176.88.75", "2001:db8:4c1d:9a00::/64"),
        ("2001:db8:4c1d:9a00:ffff::2, 130.176.88.75", "2001:db8:4c1d:9a00::/64"),
        ("::ffff:203.0.113.7, 130.176.88.75", "203.0.113.7"),
        # Nothing that could be an address: whoever has connected.
        ("", "130.176.88.75"),
        ("130.176.88.75", "130.176.88.75"),
        ("unknown, 130.176.88.75", "130.176.88.75"),
        ("203.0.113.7, unknown, 130.176.88.75", "130.176.88.75"),
    ],
)
def test_what_cloudfront_says_of_the_viewer(forwarded: str, source: str) -> None:
    assert through_the_edge(forwarded) == source


@pytest.mark.parametrize("shown", ["", "x", EDGE_SECRET + "x", EDGE_SECRET[:-1], f"{EDGE_SECRET},{EDGE_SECRET}", "密"])
def test_nobody_else_says_where_a_call_comes_from(shown: str) -> None:
    assert through_the_edge("203.0.113.7, 198.51.100.66", "198.51.100.66", shown) == "198.51.100.66"


def test_a_secret_that_is_not_there_is_nobodys() -> None:
    made = event(headers={"x-forwarded-for": "203.0.113.7", "x-songshen-edge": ""})
    made["requestContext"]["http"]["sourceIp"] = "198.51.100.66"
    assert Request(made).source("") == "198.51.100.66"
    del made["headers"]
    assert Request(made).source("") == "198.51.100.66"


def test_an_ipv6_caller_counts_by_network_without_cloudfront_too() -> None:
    assert through_the_edge("", "2001:db8:1:2:3:4:5:6", shown="") == "2001:db8:1:2::/64"


# ---- roles


@pytest.mark.parametrize("groups", ["[reviewer lead]", "[lead reviewer]", "reviewer", "[reviewer]", "[lead, reviewer]"])
def test_groups_come_in_several_spellings(groups: str) -> None:
    assert Request(event(claims=REVIEWER | {"cognito:groups": groups})).reviewer().username == "rev-1"


@pytest.mark.parametrize("groups", ["[]", "", "[reviewers]", "[candidate admin]", "[not-reviewer]", None])
def test_threat_10_without_the_role_it_is_forbidden(groups: str | None) -> None:
    claims = {k: v for k, v in (REVIEWER | {"cognito:groups": groups}).items() if v is not None}
    assert refusal(Request(event(claims=claims)).reviewer) == (Code.FORBIDDEN, {})
    if groups != "[candidate admin]":
        assert refusal(Request(event(claims=claims)).candidate) == (Code.FORBIDDEN, {})


@pytest.mark.parametrize("groups", ["[reviewer]", "[lead]", "[admin]", "[candidate reviewer]"])
def test_threat_10_staff_are_no_candidates_even_with_a_registration_number(groups: str) -> None:
    assert refusal(Request(event(claims=CANDIDATE | {"cognito:groups": groups})).candidate) == (Code.FORBIDDEN, {})


@pytest.mark.parametrize("lost", ["custom:registration_no", "custom:exam"])
def test_threat_10_whom_every_group_was_taken_from_is_no_candidate(lost: str) -> None:
    """As staff are for a moment while their role is changed: their accounts name no registration."""
    for claims in (CANDIDATE | {lost: ""}, {name: value for name, value in CANDIDATE.items() if name != lost}):
        assert refusal(Request(event(claims=claims)).candidate) == (Code.FORBIDDEN, {})


def test_candidates_are_no_reviewers_and_the_other_way_round() -> None:
    assert refusal(Request(event(claims=CANDIDATE)).reviewer) == (Code.FORBIDDEN, {})
    assert refusal(Request(event(claims=REVIEWER)).candidate) == (Code.FORBIDDEN, {})
    assert refusal(Request(event(claims=CANDIDATE)).username) == (Code.FORBIDDEN, {})


def test_a_lead_has_the_area_whatever_site_the_account_names() -> None:
    lead = Reviewer("rev-1", "2026-med", "37")
    for groups, site in (("[lead]", ""), ("[lead]", "3701"), ("[reviewer lead]", "3701")):
        claims = REVIEWER | {"cognito:groups": groups, "custom:site": site}
        assert Request(event(claims=claims)).reviewer() == lead


@pytest.mark.parametrize(
    ("role", "missing"),
    [("reviewer", "exam"), ("reviewer", "area"), ("reviewer", "site"), ("lead", "exam"), ("lead", "area")],
)
def test_threat_10_staff_without_a_place_has_no_rights(role: str, missing: str) -> None:
    claims = REVIEWER | {"cognito:groups": f"[{role}]"}
    for lacking in (claims | {f"custom:{missing}": ""}, {k: v for k, v in claims.items() if k != f"custom:{missing}"}):
        assert refusal(Request(event(claims=lacking)).reviewer) == (Code.FORBIDDEN, {})


def test_an_administrator_has_one_exam() -> None:
    admin = {"cognito:groups": "[admin]", "cognito:username": "a", "custom:exam": "2026-med"}

    def asked(exam: str, claims: dict[str, Any]) -> Request:
        return Request(event(claims=claims, pathParameters={"exam": exam}))

    assert asked("2026-med", admin).administered("exam") == "2026-med"
    for exam, claims in (
        ("2025-med", admin),
        ("", admin | {"custom:exam": ""}),
        ("2026-med", admin | {"custom:exam": ""}),
    ):
        assert refusal(asked(exam, claims).administered, "exam") == (Code.NOT_FOUND, {})
    assert refusal(asked("2026-med", REVIEWER).administered, "exam") == (Code.FORBIDDEN, {})


@pytest.mark.parametrize("given", ["0", "7", "007", "999"])
def test_numbers_of_the_query(given: str) -> None:
    assert Request(event(queryStringParameters={"limit": given})).number("limit", 50) == int(given)
    assert Request(event()).number("limit", 50) == 50


@pytest.mark.parametrize("given", ["", "-1", "1000", "1.0", "1e1", " 1", "²", "１", "0x1", "1_0"])
def test_what_is_no_number(given: str) -> None:
    request = Request(event(queryStringParameters={"limit": given}))
    assert refusal(request.number, "limit", 50) == (Code.BAD_REQUEST, {"field": "limit"})


@pytest.mark.parametrize("name", ["", "a" * 65, "a/b", "a b", "甲", "a\n"])
def test_a_name_that_cannot_be_ours_is_not_found(name: str) -> None:
    """Longer ones would be refused by the table, as an error of ours."""
    request = Request(event(pathParameters={"application": name}))
    assert refusal(lambda: request.name("application")) == (Code.NOT_FOUND, {})
    assert Request(event(pathParameters={"application": "a_B-9" * 12})).name("application") == "a_B-9" * 12


def test_path_and_query_may_be_missing() -> None:
    assert (dict(Request(event()).path), dict(Request(event()).query)) == ({}, {})
    assert dict(Request(event(pathParameters={"slot": "identity-1"})).path) == {"slot": "identity-1"}
    request = Request(event(pathParameters=None, queryStringParameters={"a": "b"}))
    assert (dict(request.path), dict(request.query)) == ({}, {"a": "b"})


# ---- answers


def test_answers_are_json_and_never_cached() -> None:
    assert answer(200, SignInRequest("张", "p")) == {
        "statusCode": 200,
        "headers": {"cache-control": "no-store", "content-type": "application/json; charset=utf-8"},
        "body": '{"username":"张","password":"p","new_password":""}',
    }
    assert answer(204) == {"statusCode": 204, "headers": {"cache-control": "no-store"}}


@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_is_a_problem_with_its_code_and_texts(code: Code) -> None:
    made = problem(Refused(code))
    text = TEXTS[code]
    assert made["statusCode"] == STATUS[code]
    assert made["headers"] == {
        "cache-control": "no-store",
        "content-type": "application/problem+json; charset=utf-8",
    }
    assert json.loads(made["body"]) == {
        "type": "about:blank",
        "status": STATUS[code],
        "code": code.value,
        "title": text.zh,
        "text": {"zh": text.zh, "en": text.en},
    }


def test_the_facts_of_a_refusal_are_members_of_the_problem() -> None:
    facts = {
        "field": "f",
        "round": 3,
        "max": 2,
        "max_bytes": 5,
        "types": ["image/png"],
        "slots": ["a-1"],
        "missing": [{"category": "a"}, {"category": "b", "slot": "b-1"}],
    }
    made = json.loads(problem(Refused(Code.INCOMPLETE, **facts))["body"])
    assert {name: made[name] for name in facts} == facts
    assert msgspec.to_builtins(msgspec.convert(made, ProblemDetails, strict=True))["missing"] == facts["missing"]


def test_who_must_wait_is_told_how_long_in_the_header_too() -> None:
    made = problem(Refused(Code.TOO_MANY_ATTEMPTS, retry_after=30))
    assert made["headers"]["retry-after"] == "30"
    assert json.loads(made["body"])["retry_after"] == 30


# ---- handlers


def test_a_handler_calls_the_routes_function() -> None:
    seen: list[Request] = []

    def first(request: Request) -> Answer:
        seen.append(request)
        return answer(201, ["made"])

    handler = routes({"POST /x": first, "GET /y": lambda request: answer(204)})
    assert handler(event(), None) == answer(201, ["made"])
    assert handler(event(routeKey="GET /y"), None) == answer(204)
    assert len(seen) == 1


def test_a_refusal_is_answered_as_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(request: Request) -> Answer:
        raise Refused(Code.INCOMPLETE, missing=[{"category": "identity"}])

    with caplog.at_level(logging.INFO):
        made = routes({"POST /x": refuse})(event(), None)
    assert made == problem(Refused(Code.INCOMPLETE, missing=[{"category": "identity"}]))
    assert [(r.levelname, r.message, r.code) for r in caplog.records] == [  # type: ignore[attr-defined]
        ("INFO", "refused", "incomplete")
    ]


def test_threat_36_what_is_unexpected_is_internal_and_its_message_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    def fail(request: Request) -> Answer:
        raise RuntimeError("13800001234 said 张三丰")

    with caplog.at_level(logging.DEBUG):
        made = routes({"POST /x": fail})(event('{"secret": 1}', claims=CANDIDATE), None)
    assert made == problem(Refused(Code.INTERNAL))
    assert made["statusCode"] == 500
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is None
    logged = record.getMessage() + str(vars(record)) + caplog.text
    for personal in ("13800001234", "张三丰", "secret", "user-1", "3701001"):
        assert personal not in logged + made["body"]
    assert "RuntimeError" in logged
    assert "fail:" in logged


def test_a_chained_error_stays_private_too(caplog: pytest.LogCaptureFixture) -> None:
    def fail(request: Request) -> Answer:
        try:
            raise KeyError("张三丰")
        except KeyError as error:
            raise RuntimeError("13800001234") from error

    with caplog.at_level(logging.DEBUG):
        routes({"POST /x": fail})(event(), None)
    assert "张三丰" not in caplog.text
    assert "13800001234" not in caplog.text


@pytest.mark.parametrize("route", ["DELETE /x", None, "$default"])
def test_a_route_that_the_function_does_not_have_is_internal(route: str | None) -> None:
    assert routes({})(event(routeKey=route), None) == problem(Refused(Code.INTERNAL))


def test_an_answer_is_logged_by_route_and_status_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        routes({"POST /x": lambda request: answer(200, "张三丰")})(event(), None)
    (record,) = caplog.records
    assert (record.message, record.route, record.status) == ("answered", "POST /x", 200)  # type: ignore[attr-defined]
    assert "张三丰" not in caplog.text + str(vars(record))
