"""Staff on the deployed stack: from the first administrator to a reviewer who is moved and shut out."""

import json
import secrets
from typing import Any

import httpx
import msgspec
import pytest

from scripts import administrator
from scripts import exam as first
from scripts.people import Reviewer, expect
from tests.support.stack import JINAN, QINGDAO, STAFF_PASSWORD, Campaign, Stack, open_exam, refused


def session(stack: Stack, **given: Any) -> httpx.Response:
    return httpx.post(f"{stack.api}/session", json=given, timeout=60)


def test_an_exam_is_begun_by_the_operator_and_gone_on_with_by_its_administrator(stack: Stack) -> None:
    """From a file: what is wrong with it is said, and what is there already is left as it is."""
    document = json.loads(msgspec.json.encode(open_exam(f"t-first-{secrets.token_hex(3)}")))
    table, id = stack.table, document["id"]
    (problem,) = first.found(table, document | {"time_zone": "Mars"})
    assert problem.path == "time_zone"
    assert first.found(table, document) == []
    with pytest.raises(LookupError):
        first.found(table, document | {"uploads_per_day": 1})
    initial = administrator.found(table, stack.outputs["UserPoolId"], id, f"{id}-boss")
    expect(session(stack, username=f"{id}-boss", password=initial, new_password=STAFF_PASSWORD), 200)
    kept = expect(Reviewer.at(stack.api).sign_in(f"{id}-boss", STAFF_PASSWORD).call("GET", f"/exams/{id}"), 200)
    assert (kept["version"], kept["saved_by"], kept["document"]) == (1, "operator", document)


def test_people_come_go_and_move(stack: Stack) -> None:
    campaign = Campaign(stack)
    boss, name = f"{campaign.exam.id}-boss", f"{campaign.exam.id}-new"
    outputs = stack.outputs
    initial = administrator.found(outputs["TableName"], outputs["UserPoolId"], campaign.exam.id, boss)
    assert refused(session(stack, username=boss, password=initial)) == (409, "new_password_required")
    short = session(stack, username=boss, password=initial, new_password="short")
    assert refused(short) == (422, "weak_password")
    expect(session(stack, username=boss, password=initial, new_password=STAFF_PASSWORD), 200)
    admin, path = Reviewer.at(stack.api).sign_in(boss, STAFF_PASSWORD), f"/exams/{campaign.exam.id}/staff"

    # A reviewer is employed, chooses a password, and works.
    wanted = {"username": name, "role": "reviewer", "area": "37", "site": JINAN}
    employed = expect(admin.call("POST", path, wanted), 201)
    assert employed["member"] == wanted | {"disabled": False}
    given = {"username": name, "password": employed["initial_password"], "new_password": STAFF_PASSWORD}
    expect(session(stack, **given), 200)
    assert refused(admin.call("POST", path, wanted)) == (409, "username_taken")
    reviewer = Reviewer.at(stack.api).sign_in(name, STAFF_PASSWORD)
    candidate = campaign.candidate().submitted()
    reviewer.claim(candidate.application)

    # Moved: what was held is free, the old session cannot be renewed, the new one is of the other site.
    before = expect(session(stack, username=name, password=STAFF_PASSWORD), 200)
    move = {"role": "reviewer", "area": "37", "site": QINGDAO}
    for _ in range(2):
        assert expect(admin.call("PUT", f"{path}/{name}", move), 200)["site"] == QINGDAO
    assert "claim" not in candidate.item
    refresh = {"refresh_token": before["refresh_token"]}
    assert refused(httpx.post(f"{stack.api}/session/refresh", json=refresh, timeout=60)) == (401, "session_expired")
    moved = Reviewer.at(stack.api).sign_in(name, STAFF_PASSWORD)
    assert expect(moved.call("GET", "/reviews"), 200)["site"]["id"] == QINGDAO
    assert refused(moved.call("GET", f"/reviews/{candidate.application}")) == (404, "not_found")

    # Shut out, let in again, given another password.
    expect(admin.call("POST", f"{path}/{name}/disable"), 200)
    assert refused(session(stack, username=name, password=STAFF_PASSWORD)) == (401, "sign_in_failed")
    expect(admin.call("POST", f"{path}/{name}/enable"), 200)
    expect(session(stack, username=name, password=STAFF_PASSWORD), 200)
    initial = expect(admin.call("POST", f"{path}/{name}/password"), 200)["initial_password"]
    assert refused(session(stack, username=name, password=STAFF_PASSWORD)) == (401, "sign_in_failed")
    assert refused(session(stack, username=name, password=initial)) == (409, "new_password_required")

    # Nobody shuts themselves out; everything is on record.
    assert refused(admin.call("POST", f"{path}/{boss}/disable")) == (409, "own_account")
    changes = expect(admin.call("GET", path), 200)["changes"]
    assert [(one["username"], one["kind"], one["by"]) for one in changes] == [
        (name, "password", boss),
        (name, "enabled", boss),
        (name, "disabled", boss),
        (name, "moved", boss),
        (name, "created", boss),
        (boss, "created", "operator"),
    ]


def test_a_user_name_of_a_candidate_is_taken(stack: Stack) -> None:
    campaign = Campaign(stack)
    admin = campaign.staff("admin", exam=campaign.exam.id)
    entry = campaign.register()
    wanted = {"username": entry.username, "role": "admin"}
    assert refused(admin.call("POST", f"/exams/{campaign.exam.id}/staff", wanted)) == (409, "username_taken")
    for bad in ({"username": "a b", "role": "admin"}, {"username": "abc", "role": "king"}):
        assert refused(admin.call("POST", f"/exams/{campaign.exam.id}/staff", bad)) == (400, "bad_request")
