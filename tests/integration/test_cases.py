"""Single cases on the deployed stack: an approval is taken back and given again, somebody is given more time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from scripts.people import Reviewer, expect
from tests.support.stack import APPROVING, DAY, JINAN, QINGDAO, Campaign, Stack, image, refused, slots_of, window


def administrator(campaign: Campaign) -> Reviewer:
    """Signed in."""
    return campaign.staff("admin", exam=campaign.exam.id)


def test_an_approval_is_taken_back_put_right_and_given_again(
    stack: Stack, campaign: Campaign, reviewer: Reviewer
) -> None:
    candidate = campaign.candidate(name="王小明").submitted("diploma", "identity")
    first = expect(reviewer.decide(candidate.application, APPROVING), 200)["serial_number"]
    code = stack.settled(candidate.application)["notice_code"]
    admin, path = administrator(campaign), f"/applications/{candidate.application}"
    slots = [{"slot": "diploma-1", "code": "illegible"}]
    wanted = {"round": 1, "slots": slots, "reason": "经核查与本人不符"}
    case = expect(admin.call("POST", f"{path}/reopen", wanted), 200)
    assert (case["status"], case["serial_number"], case["withdrawn_serial_numbers"]) == ("returned", None, [first])
    assert expect(admin.call("POST", f"{path}/reopen", wanted), 200)["history"] == case["history"]

    # Everybody sees it: the candidate, whoever holds the notice, and an auditor.
    view = candidate.view()
    assert (view["status"], view["serial_number"], view["withdrawn_serial_numbers"]) == ("returned", None, [first])
    assert {slot for slot, held in slots_of(view).items() if not held["locked"]} == {"diploma-1"}
    assert first in view["messages"][0]["text"]["zh"]
    assert "经核查与本人不符" in view["messages"][0]["text"]["zh"]
    assert expect(httpx.get(f"{stack.api}/notices/{code}", timeout=60), 200)["valid"] is False
    assert [entry["kind"] for entry in stack.journal(candidate.application)] == ["submitted", "approved", "reopened"]
    stack.reconcile(candidate.application)
    stack.settled(candidate.application)
    assert len(candidate.texts()) == 1

    # The next approval has another number, and a late repeat takes nothing back.
    expect(candidate.call("DELETE", "/uploads/diploma-1"), 204)
    candidate.upload("diploma", image())
    candidate.submit()
    assert refused(admin.call("POST", f"{path}/reopen", wanted | {"round": 2})) == (409, "not_approved")
    assert refused(admin.call("POST", f"{path}/reopen", wanted)) == (409, "stale_round")
    second = expect(reviewer.decide(candidate.application, APPROVING | {"round": 2}), 200)["serial_number"]
    assert int(second) > int(first)
    case = expect(admin.call("GET", path), 200)
    assert (case["serial_number"], case["withdrawn_serial_numbers"]) == (second, [first])
    assert {seen["what"] for seen in case["viewings"]} == {"file"}
    assert case["candidate"]["id_number"] == "370102**********34"


def test_somebody_is_given_more_time_after_the_end(stack: Stack) -> None:
    campaign = Campaign(stack)
    candidate, admin = campaign.candidate(), administrator(campaign)
    windows = campaign.exam.windows
    over = window(-DAY, timedelta(minutes=-11))
    campaign.put(windows=type(windows)(upload=over, review=windows.review, correction=over))
    # Functions keep what they have read for fifteen seconds; another one has read nothing yet.
    latecomer = f"/applications/{candidate.application}"
    case = expect(admin.call("GET", latecomer), 200)
    assert case["end"]["source"] == "upload"
    until = datetime.now(UTC).replace(microsecond=0) + 2 * DAY
    wanted: dict[str, Any] = {"until": until.isoformat(), "reason": "住院"}
    case = expect(admin.call("POST", f"{latecomer}/extension", wanted), 200)
    assert (datetime.fromisoformat(case["end"]["at"]), case["end"]["source"]) == (until, "person")
    again = expect(admin.call("POST", f"{latecomer}/extension", wanted), 200)
    assert again["history"] == case["history"]
    earlier = wanted | {"until": (until - DAY).isoformat()}
    answer = admin.call("POST", f"{latecomer}/extension", earlier)
    assert refused(answer) == (422, "not_later")
    assert datetime.fromisoformat(answer.json()["until"]) == until
    soon = wanted | {"until": (datetime.now(UTC) + timedelta(seconds=30)).isoformat()}
    assert refused(admin.call("POST", f"{latecomer}/extension", soon)) == (422, "too_soon")
    assert refused(admin.call("POST", f"{latecomer}/extension", wanted | {"until": "2026-03-12T00:00:00"})) == (
        400,
        "bad_request",
    )
    view = candidate.view()
    assert datetime.fromisoformat(view["editable_until"]) == until
    assert "住院" in view["messages"][0]["text"]["zh"]
    candidate.submitted()


def test_a_case_is_found_by_number_and_by_name(stack: Stack) -> None:
    campaign = Campaign(stack)
    here, there = campaign.register(JINAN, name="欧阳一"), campaign.register(QINGDAO, name="欧阳二")
    admin = administrator(campaign)

    def found(search: str, site: str = "") -> list[str]:
        path = f"/exams/{campaign.exam.id}/applications?search={quote(search)}&site={site}"
        return [item["name"] for item in expect(admin.call("GET", path), 200)["items"]]

    assert found(here.registration_no) == ["欧阳一"]
    assert found(there.registration_no[:-1]) == ["欧阳二"]
    assert found(JINAN) == ["欧阳一"]
    assert found("欧阳", QINGDAO) == ["欧阳二"]
    assert found("欧阳") == []
