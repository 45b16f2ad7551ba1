"""Submitting: when it is taken, when it is refused, and what it says is missing."""

from typing import Any

import pytest

from scripts.people import Reviewer, expect
from tests.support.stack import APPROVING, Campaign, Stack, at_once, category, image, refused, returning


def submit(candidate: Any, round: int) -> Any:
    return candidate.call("POST", "/submission", {"round": round})


def test_what_is_missing_is_listed(stack: Stack) -> None:
    """带有 * 号的为必须上传的项目；其他的不必。"""
    campaign = Campaign(
        stack, categories=(category("identity", 2), category("diploma"), category("work", 2, required=False))
    )
    candidate = campaign.candidate()
    answer = submit(candidate, 1)
    assert refused(answer) == (422, "incomplete")
    assert answer.json()["missing"] == [{"category": "identity"}, {"category": "diploma"}]
    assert candidate.view()["missing"] == answer.json()["missing"]
    candidate.fill("diploma", "work")
    answer = submit(candidate, 1)
    assert refused(answer) == (422, "incomplete")
    assert answer.json()["missing"] == [{"category": "identity"}]
    assert candidate.view()["status"] == "draft"
    candidate.fill("identity")
    view = expect(submit(candidate, 1), 202)
    assert (view["status"], view["missing"]) == ("submitted", [])


def test_a_rejected_image_is_missing(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    ticket = expect(candidate.reserve("diploma", b"no image"), 201)
    assert candidate.send(ticket, b"no image").status_code == 204
    assert candidate.verdict("diploma-1")["state"] == "rejected"
    answer = submit(candidate, 1)
    assert refused(answer) == (422, "incomplete")
    assert answer.json()["missing"] == [{"category": "diploma"}]


def test_an_upload_under_way_is_waited_for(campaign: Campaign) -> None:
    candidate = campaign.candidate().fill()
    data = image()
    ticket = expect(candidate.reserve("identity", data), 201)
    answer = submit(candidate, 1)
    assert refused(answer) == (409, "uploading")
    assert answer.json()["slots"] == [ticket["slot"]]
    assert candidate.send(ticket, data).status_code == 204
    assert candidate.verdict(ticket["slot"])["state"] == "ready"
    view = expect(submit(candidate, 1), 202)
    assert [shown["slot"] for shown in view["receipt"]["images"]] == ["diploma-1", "identity-1"]


@pytest.mark.parametrize("round", [2, 3, 1000])
def test_a_round_that_is_not_the_next(campaign: Campaign, round: int) -> None:
    candidate = campaign.candidate()
    answer = submit(candidate, round)
    assert refused(answer) == (409, "stale_round")
    assert answer.json().get("round", 0) == 0


@pytest.mark.parametrize("round", [0, -1, "1", 1.5, None])
def test_a_round_that_is_none(campaign: Campaign, round: Any) -> None:
    answer = submit(campaign.candidate(), round)
    assert refused(answer) == (400, "bad_request")
    assert answer.json()["field"] == "round"


def test_pages_of_earlier_rounds(campaign: Campaign, reviewer: Reviewer) -> None:
    """A page left open since the first round cannot submit the second, nor one that was approved."""
    candidate = campaign.candidate().submitted()
    assert refused(submit(candidate, 2)) == (409, "stale_round")
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    # The repeated request of round 1 changes nothing: it answers the state as it is.
    assert expect(submit(candidate, 1), 202)["status"] == "returned"
    assert refused(submit(candidate, 3)) == (409, "stale_round")
    candidate.call("DELETE", "/uploads/diploma-1")
    candidate.fill()
    assert expect(submit(candidate, 2), 202)["round"] == 2
    candidate.stack.waiting(candidate.application)
    expect(reviewer.decide(candidate.application, APPROVING | {"round": 2}), 200)
    answer = submit(candidate, 3)
    assert refused(answer) == (409, "stale_round")
    assert answer.json()["round"] == 2
    assert expect(submit(candidate, 2), 202)["status"] == "approved"


def test_a_returned_slot_left_as_it_was_is_missing(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted("diploma", "identity")
    expect(reviewer.decide(candidate.application, returning("diploma-1", "identity-1")), 200)
    answer = submit(candidate, 2)
    assert refused(answer) == (422, "incomplete")
    assert answer.json()["missing"] == [
        {"category": "diploma", "slot": "diploma-1"},
        {"category": "identity", "slot": "identity-1"},
    ]
    candidate.call("DELETE", "/uploads/diploma-1")
    candidate.fill("diploma")
    answer = submit(candidate, 2)
    assert refused(answer) == (422, "incomplete")
    assert answer.json()["missing"] == [{"category": "identity", "slot": "identity-1"}]
    # It is not a required category: taking the image away is an answer, too.
    assert candidate.call("DELETE", "/uploads/identity-1").status_code == 204
    view = expect(submit(candidate, 2), 202)
    assert [shown["slot"] for shown in view["receipt"]["images"]] == ["diploma-1"]


def test_a_double_click_is_one_submission(campaign: Campaign) -> None:
    candidate = campaign.candidate().fill()
    answers = at_once(*[lambda: submit(candidate, 1)] * 4)
    assert [expect(answer, 202)["round"] for answer in answers] == [1] * 4
    item = candidate.stack.waiting(candidate.application)
    assert (item["round"], item["attempt"]) == (1, 1)
    assert [entry["kind"] for entry in candidate.stack.journal(candidate.application)] == ["submitted"]
    assert candidate.stack.execution(candidate.application) == "RUNNING"


def test_submitting_and_deleting_at_once(campaign: Campaign) -> None:
    """Whichever comes first wins: what is submitted is complete."""
    candidate = campaign.candidate().fill()
    submitted, deleted = at_once(lambda: submit(candidate, 1), lambda: candidate.call("DELETE", "/uploads/diploma-1"))
    view = candidate.view()
    if submitted.status_code == 202:
        assert refused(deleted) == (409, "locked")
        assert (view["status"], candidate.slots()["diploma-1"]["state"]) == ("submitted", "ready")
    else:
        assert (refused(submitted), deleted.status_code) == ((422, "incomplete"), 204)
        assert (view["status"], candidate.slots()["diploma-1"]["state"]) == ("draft", "empty")
