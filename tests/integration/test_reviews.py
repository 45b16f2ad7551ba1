"""The reviewers' side: the queue, leases, the case, the decision, and who wins when two want the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scripts.people import Reviewer, expect
from tests.support.stack import (
    APPROVING,
    ILLEGIBLE,
    QINGDAO,
    Campaign,
    Stack,
    at_once,
    category,
    image,
    refused,
    returning,
    side_by_side,
    slots_of,
)

MINUTE = timedelta(minutes=1)


def expire_lease(stack: Stack, application: str) -> None:
    """Ten minutes go by: the lease in the table has ended."""
    stack.change(application, "SET claim.expires = :at", at=1)


# ---- the queue ----


def test_the_queue_and_the_next_case(stack: Stack) -> None:
    """Oldest first, of the own site alone; the next one is claimed, and nobody is given it twice."""
    campaign = Campaign(stack)
    candidates = [campaign.candidate() for _ in range(4)]
    other = campaign.candidate(QINGDAO)
    side_by_side(lambda candidate: candidate.fill(), [*candidates, other])
    for candidate in candidates:
        candidate.submit()
    other.submit()
    oldest = [candidate.application for candidate in candidates]
    first, second, far = campaign.reviewer(), campaign.reviewer(), campaign.reviewer(QINGDAO)

    queue = expect(first.call("GET", "/reviews"), 200)
    assert [item["application"] for item in queue["items"]] == oldest
    assert queue["next_cursor"] is None
    assert (
        queue["items"][0].items()
        >= {
            "registration_no": candidates[0].entry.registration_no,
            "name": "张三丰",
            "status": "submitted",
            "round": 1,
            "claim": None,
        }.items()
    )
    assert [item["application"] for item in far.queue()] == [other.application]

    before = datetime.fromisoformat(first.case(oldest[0])["submitted_at"])
    taken = expect(first.call("POST", "/reviews/next"), 200)
    assert (taken["application"], taken["round"], taken["claim"]["mine"]) == (oldest[0], 1, True)
    left = datetime.fromisoformat(taken["claim"]["expires_at"]) - before
    assert 10 * MINUTE <= left < 12 * MINUTE
    assert expect(second.call("POST", "/reviews/next"), 200)["application"] == oldest[1]
    # The case in hand, the next one, and one whose decision can be taken back; a fourth would keep it from others.
    for application in oldest[2:]:
        assert expect(first.call("POST", "/reviews/next"), 200)["application"] == application
    limit = first.call("POST", "/reviews/next")
    assert refused(limit) == (409, "claim_limit")
    assert limit.json()["max"] == 3
    shown = {item["application"]: item["claim"] for item in second.queue()}
    assert [shown[application] and shown[application]["mine"] for application in oldest] == [False, True, False, False]

    expect(first.decide(oldest[0], APPROVING), 200)
    assert first.call("POST", "/reviews/next").status_code == 204
    assert second.call("POST", "/reviews/next").status_code == 204
    assert first.call("DELETE", f"/reviews/{oldest[2]}/claim").status_code == 204
    assert expect(second.call("POST", "/reviews/next"), 200)["application"] == oldest[2]
    assert [item["application"] for item in first.queue("approved")] == [oldest[0]]


def test_the_next_case_is_given_to_one_of_many(stack: Stack) -> None:
    campaign = Campaign(stack)
    candidates = [campaign.candidate() for _ in range(3)]
    side_by_side(lambda candidate: candidate.fill().submit(), candidates)
    reviewers = [campaign.reviewer() for _ in range(4)]
    answers = at_once(*[lambda one=one: one.call("POST", "/reviews/next") for one in reviewers])
    given = [answer.json()["application"] for answer in answers if answer.status_code == 200]
    assert sorted(given) == sorted(candidate.application for candidate in candidates)
    assert [answer.status_code for answer in answers].count(204) == 1


def test_the_queue_comes_in_pages(stack: Stack) -> None:
    campaign = Campaign(stack)
    candidates = [campaign.candidate() for _ in range(3)]
    side_by_side(lambda candidate: candidate.fill().submit(), candidates)
    reviewer = campaign.reviewer()
    first = expect(reviewer.call("GET", "/reviews?limit=2"), 200)
    rest = expect(reviewer.call("GET", f"/reviews?limit=2&cursor={first['next_cursor']}"), 200)
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert {item["application"] for item in first["items"] + rest["items"]} == {
        candidate.application for candidate in candidates
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=draft", "status"),
        ("status=", "status"),
        ("status=%23", "status"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WzEsIDJd", "cursor"),
    ],
)
def test_a_queue_that_cannot_be(reviewer: Reviewer, query: str, field: str) -> None:
    answer = reviewer.call("GET", f"/reviews?{query}")
    assert refused(answer) == (400, "bad_request")
    assert answer.json()["field"] == field


# ---- leases ----


def test_a_lease_keeps_others_away_and_is_given_back(
    campaign: Campaign, reviewer: Reviewer, colleague: Reviewer
) -> None:
    candidate = campaign.candidate().submitted()
    path = f"/reviews/{candidate.application}/claim"
    mine = expect(reviewer.call("POST", path), 200)
    assert mine["mine"] is True
    renewed = expect(reviewer.call("POST", path), 200)
    assert datetime.fromisoformat(renewed["expires_at"]) >= datetime.fromisoformat(mine["expires_at"])
    assert refused(colleague.call("POST", path)) == (409, "claimed_by_other")
    assert refused(colleague.decide(candidate.application, APPROVING)) == (409, "claimed_by_other")
    # Looking at it claims nothing, and shows who has it.
    assert colleague.case(candidate.application)["claim"] == renewed | {"mine": False}
    assert colleague.call("DELETE", path).status_code == 204
    assert reviewer.case(candidate.application)["claim"] == renewed
    assert reviewer.call("DELETE", path).status_code == 204
    assert reviewer.case(candidate.application)["claim"] is None
    assert expect(colleague.call("POST", path), 200)["mine"] is True


def test_an_expired_lease_that_nobody_took_does_not_hinder(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    reviewer.claim(candidate.application)
    expire_lease(campaign.stack, candidate.application)
    assert reviewer.case(candidate.application)["claim"] is None
    assert expect(reviewer.decide(candidate.application, APPROVING), 200)["status"] == "approved"


def test_an_expired_lease_that_was_taken(campaign: Campaign, reviewer: Reviewer, colleague: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    reviewer.claim(candidate.application)
    expire_lease(campaign.stack, candidate.application)
    colleague.claim(candidate.application)
    assert refused(reviewer.decide(candidate.application, APPROVING)) == (409, "claimed_by_other")
    assert refused(reviewer.call("POST", f"/reviews/{candidate.application}/claim")) == (409, "claimed_by_other")
    assert candidate.view()["status"] == "submitted"
    assert expect(colleague.decide(candidate.application, APPROVING), 200)["status"] == "approved"


def test_nothing_to_claim_any_more(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    expect(reviewer.decide(candidate.application, APPROVING), 200)
    assert refused(reviewer.call("POST", f"/reviews/{candidate.application}/claim")) == (409, "already_decided")


# ---- decisions ----


def test_the_same_reviewer_repeats(campaign: Campaign, reviewer: Reviewer, colleague: Reviewer) -> None:
    """A lost answer is asked for again; anything else is a second decision."""
    candidate = campaign.candidate().submitted()
    decision = returning("diploma-1")
    first = expect(reviewer.decide(candidate.application, decision), 200)
    assert expect(reviewer.decide(candidate.application, decision), 200) == first
    others = (
        (reviewer, returning("diploma-1", note="别的话")),
        (reviewer, returning("diploma-1", code="expired")),
        (reviewer, returning("identity-1")),
        (reviewer, APPROVING),
        (colleague, decision),
        (colleague, APPROVING),
    )
    for someone, other in others:
        assert refused(someone.decide(candidate.application, other)) == (409, "already_decided")
    assert [entry["kind"] for entry in campaign.stack.journal(candidate.application)] == ["submitted", "returned"]
    assert candidate.view()["messages"][0]["text"]["zh"] == ILLEGIBLE


def test_an_approval_repeated_has_the_same_serial_number(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    first = expect(reviewer.decide(candidate.application, APPROVING), 200)
    again = [expect(reviewer.decide(candidate.application, APPROVING), 200) for _ in range(3)]
    assert again == [first] * 3
    assert first["serial_number"] == candidate.view()["serial_number"]


def test_threat_29_two_reviewers_decide_at_once(campaign: Campaign, reviewer: Reviewer, colleague: Reviewer) -> None:
    """Nobody has claimed it, both decide, each something else: one gets 200, the other 409, and one SMS goes out."""
    candidate = campaign.candidate().submitted()
    answers = at_once(
        lambda: reviewer.decide(candidate.application, returning("diploma-1")),
        lambda: colleague.decide(candidate.application, returning("diploma-1", note="第二个人的话")),
        lambda: reviewer.decide(candidate.application, returning("diploma-1", note="第三个窗口的话")),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {refused(answer)[1] for answer in answers if answer.status_code == 409} == {"already_decided"}
    said = ["毕业证编号无法辨别，请重新上传！", "第二个人的话", "第三个窗口的话"]
    won = [answer.status_code for answer in answers].index(200)
    journal = campaign.stack.journal(candidate.application)
    assert [entry["kind"] for entry in journal] == ["submitted", "returned"]
    texts = [message["text"]["zh"] for message in candidate.view()["messages"]]
    assert texts == [said[won], "上报完成，内容已锁定。"]
    campaign.stack.settled(candidate.application)
    assert len(candidate.texts()) == 1


def test_threat_29_two_reviewers_approve_at_once(campaign: Campaign, reviewer: Reviewer, colleague: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    answers = at_once(
        lambda: reviewer.decide(candidate.application, APPROVING),
        lambda: colleague.decide(candidate.application, APPROVING),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (serial,) = [answer.json()["serial_number"] for answer in answers if answer.status_code == 200]
    assert candidate.view()["serial_number"] == serial
    notices = campaign.stack.client("dynamodb").get_item(
        TableName=campaign.stack.table,
        Key={"pk": {"S": f"NOTICE#{candidate.item['notice_code']}"}, "sk": {"S": "NOTICE"}},
    )
    assert notices["Item"]["valid"] == {"BOOL": True}


def test_threat_31_serial_numbers_are_unique_under_concurrency(stack: Stack) -> None:
    """Five candidates approved at the same moment, each by two requests."""
    campaign = Campaign(stack)
    candidates = [campaign.candidate() for _ in range(5)]
    side_by_side(lambda candidate: candidate.fill().submit(), candidates)
    reviewer = campaign.reviewer()
    decide = [lambda one=one: reviewer.decide(one.application, APPROVING) for one in candidates]
    answers = [expect(answer, 200) for answer in at_once(*decide, *decide)]
    given = {answer["application"]: answer["serial_number"] for answer in answers}
    assert len(given) == len(set(given.values())) == 5
    assert all(given[answer["application"]] == answer["serial_number"] for answer in answers)
    assert all(number.startswith("3701") and len(number) == 10 for number in given.values())
    assert {candidate.application: candidate.view()["serial_number"] for candidate in candidates} == given


def test_a_round_that_is_not_the_present_one(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    answer = reviewer.decide(candidate.application, APPROVING | {"round": 2})
    assert refused(answer) == (409, "stale_round")
    assert answer.json()["round"] == 1
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    candidate.call("DELETE", "/uploads/diploma-1")
    candidate.submitted()
    assert refused(reviewer.decide(candidate.application, APPROVING)) == (409, "stale_round")
    assert refused(reviewer.decide(candidate.application, returning("diploma-1"))) == (409, "stale_round")
    assert candidate.view()["status"] == "submitted"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "reject"}, "outcome"),
        ({"outcome": None}, "outcome"),
        ({"round": 0}, "round"),
        ({"round": "1"}, "round"),
        ({"outcome": "approve"}, "slots"),
        ({"slots": [{"slot": "passport-1", "code": "illegible"}]}, "slot"),
        ({"slots": [{"slot": "diploma-1", "code": "ugly"}]}, "code"),
        ({"slots": [{"slot": "diploma-1", "code": "illegible", "note": "x" * 201}]}, "slots[0].note"),
        ({"slots": [{"slot": "diploma-1", "code": "illegible", "note": "a\nb"}]}, "slots[0].note"),
        ({"slots": [{"slot": "diploma-1", "code": "illegible", "region": [0, 0, 1, 2]}]}, "slots[0].region[3]"),
        ({"slots": [{"slot": "diploma-1", "code": "illegible", "region": [0, 0, 1]}]}, "slots[0].region"),
        ({"slots": [{"slot": "diploma-1", "code": "illegible", "region": [0.5, 0, 0.5, 1]}]}, "region"),
        ({"slots": [{"slot": "diploma-1", "code": code} for code in ("illegible", "expired")]}, "slots"),
        ({"note": "x" * 201}, "note"),
        ({"note": "a\u0000b"}, "note"),
        ({"slots": [{"slot": "diploma-1", "code": "illegible"}] * 101}, "slots"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_decision_that_is_malformed(waiting: Any, reviewer: Reviewer, changes: dict[str, Any], field: str) -> None:
    answer = reviewer.decide(waiting.application, returning("diploma-1") | changes)
    assert refused(answer) == (400, "bad_request")
    assert answer.json()["field"] == field
    assert waiting.item["status"] == "submitted"


@pytest.fixture(scope="module")
def waiting(campaign: Campaign) -> Any:
    """A candidate who waits and goes on waiting."""
    return campaign.candidate().submitted()


def test_what_changed_since_the_last_round(stack: Stack) -> None:
    """One image replaced, one added, one taken away, one as it was."""
    campaign = Campaign(stack, categories=(category("diploma", 2), category("identity", 3)))
    candidate, reviewer = campaign.candidate(), campaign.reviewer()
    for name in ("diploma", "identity", "identity"):
        candidate.upload(name, image())
    candidate.submitted("diploma")
    expect(reviewer.decide(candidate.application, returning("diploma-1", "identity-2", "identity-3")), 200)
    was = candidate.slots()
    for slot in ("diploma-1", "identity-2"):
        assert candidate.call("DELETE", f"/uploads/{slot}").status_code == 204
    candidate.upload("diploma", image(), "diploma-1")
    candidate.upload("identity", image(), "identity-3")
    candidate.submit()
    slots = slots_of(reviewer.case(candidate.application))
    assert {slot: shown["changed"] for slot, shown in slots.items()} == {
        "diploma-1": True,
        "diploma-2": False,
        "identity-1": False,
        "identity-2": True,
        "identity-3": True,
    }
    assert {slot for slot, shown in slots.items() if shown["previous"]} == {"diploma-1", "identity-2", "identity-3"}
    for slot in ("diploma-1", "identity-2"):
        path = slots[slot]["previous"]["image_url"].partition("?")[0]
        assert path == was[slot]["image_url"].partition("?")[0]
        assert slots[slot]["previous"]["code"] == "illegible"
    assert slots["identity-3"]["previous"]["image_url"] is None
    assert (slots["identity-2"]["state"], slots["identity-2"]["image_url"]) == ("empty", None)


# ---- the same image from others ----


def codes(shown: dict[str, Any]) -> list[str]:
    """Of a slot's warnings; what else is said of the tests' striped pictures does not matter here."""
    return [warning["code"] for warning in shown["warnings"]]


def test_a_reviewer_learns_that_others_have_sent_the_same_image_and_candidates_do_not(stack: Stack) -> None:
    """Of another site too; no more once it is deleted there."""
    campaign = Campaign(stack)
    one, far = campaign.candidate(), campaign.candidate(QINGDAO)
    shared = image()
    for candidate in (one, far):
        candidate.upload("diploma", shared)
        candidate.upload("identity", image())
    one.submit()
    reviewer = campaign.reviewer()

    def others() -> dict[str, int]:
        return {slot: shown["sent_by_others"] for slot, shown in slots_of(reviewer.case(one.application)).items()}

    assert others() == {"diploma-1": 1, "identity-1": 0, "identity-2": 0}
    for candidate in (one, far):
        shown = candidate.slots()["diploma-1"]
        assert "repeated" not in codes(shown)
        assert not [name for name in shown if "others" in name]
    assert far.call("DELETE", "/uploads/diploma-1").status_code == 204
    assert others() == dict.fromkeys(others(), 0)


def test_one_image_in_two_slots_is_a_warning_to_its_candidate(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate()
    twice = image()
    for name in ("diploma", "identity"):
        candidate.upload(name, twice)
    candidate.upload("identity", image())
    shown = candidate.slots()
    assert [slot for slot, value in shown.items() if "repeated" in codes(value)] == ["identity-1"]
    warning = shown["identity-1"]["warnings"][-1]
    assert warning["text"]["zh"].startswith("这张图片与“diploma · diploma 1”完全相同。请")
    candidate.submit()
    found = slots_of(reviewer.case(candidate.application))["identity-1"]["warnings"][-1]
    assert found["text"]["zh"] == "这张图片与“diploma · diploma 1”完全相同。"
