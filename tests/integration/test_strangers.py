"""Who may not: no token, a wrong role, somebody else's application; and requests that are no requests."""

import secrets
from typing import Any

import httpx
import pytest

from scripts.people import Person, Reviewer, expect
from songshen.contract.routes import ROUTES
from tests.support.stack import APPROVING, JINAN, Campaign, Examinee, Stack, image, refused, returning

AREA = {"area": "37", "site": JINAN}
BODIES: dict[str, Any] = {
    "POST /session": {"username": "a", "password": "b"},
    "POST /session/refresh": {"refresh_token": "a"},
    "PUT /application/profile": {"phone": "13800138000", "address": "x"},
    "POST /uploads": {"category": "diploma", "content_type": "image/jpeg", "size": 1, "sha256": "ab" * 32},
    "POST /submission": {"round": 1},
    "POST /reviews/{application}/decision": APPROVING,
}
GUARDED = [route for route in ROUTES if route.who is not None]
TAKING = [route for route in ROUTES if route.takes is not None]


def path_of(call: str, application: str = "x_1") -> tuple[str, str]:
    method, _, path = call.partition(" ")
    given = {"{application}": application, "{slot}": "diploma-1", "{code}": "c" * 22, "{exam}": "x"}
    for name, value in given.items():
        path = path.replace(name, value)
    return method, path


@pytest.fixture(scope="module")
def people(campaign: Campaign, reviewer: Reviewer) -> dict[str, Person]:
    """Somebody of each role."""
    lead, admin = (campaign.staff(role, exam=campaign.exam.id, **AREA) for role in ("lead", "admin"))
    return {"candidate": campaign.candidate(), "reviewer": reviewer, "lead": lead, "admin": admin}


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: str(route.call))
def test_without_a_token(stack: Stack, route: Any) -> None:
    method, path = path_of(route.call)
    tokens = (None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic dTpw", f"Bearer {unsigned()}")
    for token in tokens:
        headers = {"authorization": token} if token is not None else {}
        answer = httpx.request(method, f"{stack.api}{path}", json=BODIES.get(route.call), headers=headers, timeout=60)
        assert answer.status_code == 401


def unsigned() -> str:
    """A token that says it needs no signature."""
    return "eyJhbGciOiJub25lIn0.eyJjb2duaXRvOmdyb3VwcyI6WyJyZXZpZXdlciJdfQ."


def test_a_token_that_was_changed(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    head, payload, signature = candidate.session["id_token"].split(".")
    other = campaign.candidate().session["id_token"].split(".")
    for forged in (f"{head}.{other[1]}.{signature}", f"{head}.{payload}.{signature[:-4]}AAAA", f"{head}.{payload}."):
        answer = candidate.http.get("/application", headers={"authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: str(route.call))
def test_with_another_role(people: dict[str, Person], route: Any) -> None:
    """403 before anything is looked at, whatever is sent."""
    method, path = path_of(route.call)
    for role in people.keys() - set(route.who):
        for body in (BODIES.get(route.call), {"nonsense": True}):
            assert refused(people[role].call(method, path, body)) == (403, "forbidden")


@pytest.mark.parametrize("route", TAKING, ids=lambda route: str(route.call))
@pytest.mark.parametrize("body", [b"{", b"null", b"[]", b'"x"', b"\xff", b"{}" * 2, b"[" * 3000])
def test_a_body_that_is_no_request(people: dict[str, Person], route: Any, body: bytes) -> None:
    method, path = path_of(route.call)
    person = people[(route.who or ("candidate",))[0]]
    headers = {"authorization": f"Bearer {person.session['id_token']}", "content-type": "application/json"}
    answer = person.http.request(method, path, content=body, headers=headers)
    assert refused(answer) == (400, "bad_request")


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        ({"phone": "1380013800", "address": "x"}, "phone"),
        ({"phone": "138001380000", "address": "x"}, "phone"),
        ({"phone": "+8613800138000", "address": "x"}, "phone"),
        ({"phone": "１３８００１３８０００", "address": "x"}, "phone"),
        ({"phone": "13800138000\n", "address": "x"}, "phone"),
        ({"phone": "13800138000", "address": ""}, "address"),
        ({"phone": "13800138000", "address": "x" * 201}, "address"),
        ({"phone": "13800138000", "address": "a\r\nb"}, "address"),
        ({"phone": "13800138000", "address": "a\u001bb"}, "address"),
        ({"phone": "13800138000", "address": None}, "address"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_profile_that_cannot_be(people: dict[str, Person], profile: dict[str, Any], field: str) -> None:
    answer = people["candidate"].call("PUT", "/application/profile", profile)
    assert refused(answer) == (400, "bad_request")
    assert answer.json()["field"] == field
    assert expect(people["candidate"].call("GET", "/application"), 200)["candidate"]["phone"] == ""


# ---- threat 10: somebody else's ----


@pytest.fixture(scope="module")
def theirs(campaign: Campaign) -> Examinee:
    """Somebody whose application waits at the site of most."""
    return campaign.candidate().submitted()


def review_calls(application: str) -> list[tuple[str, str, Any]]:
    """Every call about one application."""
    path = f"/reviews/{application}"
    return [
        ("GET", path, None),
        ("GET", f"{path}/identity", None),
        ("POST", f"{path}/claim", None),
        ("DELETE", f"{path}/claim", None),
        ("POST", f"{path}/decision", APPROVING),
        ("POST", f"{path}/decision", returning("diploma-1")),
    ]


def test_threat_10_another_sites_application_looks_as_if_there_were_none(
    campaign: Campaign, theirs: Examinee, elsewhere: Reviewer, reviewer: Reviewer
) -> None:
    """The same answer, to the byte, for one at another site, one never submitted, and one that does not exist."""
    draft = campaign.candidate()
    nobody = f"{campaign.exam.id}_{JINAN}99999"
    before = theirs.item
    for calls in zip(*(review_calls(id) for id in (theirs.application, draft.application, nobody)), strict=True):
        answers = [elsewhere.call(*call) for call in calls]
        assert {refused(answer) for answer in answers} == {(404, "not_found")}
        assert len({answer.content for answer in answers}) == 1
    # A draft is nobody's business at its own site either.
    for own, missing in zip(review_calls(draft.application), review_calls(nobody), strict=True):
        answers = [reviewer.call(*own), reviewer.call(*missing)]
        assert {refused(answer) for answer in answers} == {(404, "not_found")}
        assert answers[0].content == answers[1].content
    assert theirs.item == before
    assert draft.item["version"] == 0
    assert theirs.application not in {item["application"] for item in elsewhere.queue()}


@pytest.mark.parametrize(
    "places",
    [
        {"area": "37", "site": "3702"},
        {"area": "11", "site": JINAN},
    ],
    ids=str,
)
def test_threat_10_a_reviewer_of_any_other_place(campaign: Campaign, theirs: Examinee, places: dict[str, str]) -> None:
    """The whole place counts: exam, area and site."""
    stranger = campaign.staff("reviewer", exam=campaign.exam.id, **places)
    for call in review_calls(theirs.application):
        assert refused(stranger.call(*call)) == (404, "not_found")


def test_threat_10_a_reviewer_of_another_exam(stack: Stack, theirs: Examinee) -> None:
    stranger = Campaign(stack).reviewer()
    for call in review_calls(theirs.application):
        assert refused(stranger.call(*call)) == (404, "not_found")
    assert stranger.queue() == []
    assert stranger.call("POST", "/reviews/next").status_code == 204


@pytest.mark.parametrize(
    "application",
    ["x", "_", "%23", "a%2Fb", "..", "APPLICATION%23x%231", "x" * 900, "%00", "毕业", "x_1_1"],
)
def test_threat_10_hostile_ids(reviewer: Reviewer, application: str) -> None:
    for method, path, body in review_calls(application):
        answer = reviewer.call(method, path, body)
        # A path that is none of ours ends at the gateway.
        assert answer.status_code == 404
        assert secrets.token_hex(4) not in answer.text


def test_threat_10_a_candidates_token_reaches_the_own_application_only(campaign: Campaign, theirs: Examinee) -> None:
    """No route takes another's id: whatever is added to a request changes nothing."""
    me = campaign.candidate()
    entry = theirs.entry
    other = {"exam": entry.exam, "registration_no": entry.registration_no, "application": theirs.application}
    asked = httpx.QueryParams(other)
    view = expect(me.call("GET", f"/application?{asked}"), 200)
    assert view["candidate"]["registration_no"] == me.entry.registration_no
    assert entry.registration_no not in me.call("GET", "/application/notice").text
    before = theirs.item
    me.call("PUT", "/application/profile", other | {"phone": "13900000000", "address": "mine"})
    ticket = expect(me.call("POST", "/uploads", BODIES["POST /uploads"] | other), 201)
    assert ticket["fields"]["key"].startswith(f"inbox/{me.entry.exam}/{me.entry.registration_no}/")
    assert refused(me.call("POST", "/submission", other | {"round": 2})) == (409, "stale_round")
    assert theirs.item == before


def test_threat_10_a_candidate_cannot_send_into_anothers_slot(campaign: Campaign) -> None:
    """A signed POST is for one key. Nor does an upload id of one's own open another's slot."""
    mine, theirs = campaign.candidate(), campaign.candidate()
    data = image()
    own, other = (expect(who.reserve("diploma", data), 201) for who in (mine, theirs))
    stolen = own["fields"] | {"key": other["fields"]["key"]}
    assert mine.send(own | {"fields": stolen}, data).status_code == 403
    mixed = other["fields"]["key"].replace(other["upload_id"], own["upload_id"])
    assert mine.send(own | {"fields": own["fields"] | {"key": mixed}}, data).status_code == 403
    assert theirs.slots()["diploma-1"]["state"] == "reserved"


def test_threat_10_a_roster_without_application(campaign: Campaign, stack: Stack) -> None:
    """A token that names an application that is not there: not found on every route, nothing is made."""
    ghost = campaign.candidate()
    stack.client("dynamodb").delete_item(
        TableName=stack.table,
        Key={"pk": {"S": f"APPLICATION#{ghost.entry.exam}#{ghost.entry.registration_no}"}, "sk": {"S": "APPLICATION"}},
    )
    for route in ROUTES:
        if route.who == ("candidate",):
            method, path = path_of(route.call)
            assert refused(ghost.call(method, path, BODIES.get(route.call))) == (404, "not_found")
    found = stack.client("dynamodb").query(
        TableName=stack.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"APPLICATION#{ghost.entry.exam}#{ghost.entry.registration_no}"}},
    )
    assert found["Items"] == []


def test_answers_are_never_kept_by_caches(people: dict[str, Person]) -> None:
    for role, path in (("candidate", "/application"), ("reviewer", "/reviews"), ("candidate", "/nothing-here")):
        answer = people[role].call("GET", path)
        assert answer.status_code == 404 or answer.headers["cache-control"] == "no-store"


def test_other_methods_and_paths_do_not_exist(people: dict[str, Person]) -> None:
    for method, path in (
        ("POST", "/application"),
        ("DELETE", "/application"),
        ("PUT", "/submission"),
        ("GET", "/uploads"),
        ("GET", "/session"),
        ("PUT", "/reviews/x/decision"),
        ("DELETE", "/exams/x"),
        ("GET", "/"),
    ):
        assert people["candidate"].call(method, path).status_code == 404
