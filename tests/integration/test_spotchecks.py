"""Spot checks from the decision to the agreement: offered blind to another site, judged, and without any effect."""

from typing import Any

import httpx

from scripts.people import Person, Reviewer, expect
from songshen.adapters.dynamodb import DynamoApplications
from tests.support.stack import (
    APPROVING,
    JINAN,
    QINGDAO,
    Campaign,
    Examinee,
    Stack,
    at_once,
    image,
    refused,
    returning,
    slots_of,
)


def checked(stack: Stack) -> Campaign:
    """An exam in which every decision is checked."""
    return Campaign(stack, spot_check_share=1.0)


def blind(case: Any) -> Any:
    """A case without what differs at every look: links, the time, the lease."""
    if isinstance(case, dict):
        return {name: blind(value) for name, value in case.items() if name not in {"image_url", "now", "claim"}}
    return [blind(value) for value in case] if isinstance(case, list) else case


def links(case: dict[str, Any]) -> dict[str, str]:
    """Which material each slot's link leads to."""
    return {slot: shown["image_url"].partition("?")[0] for slot, shown in slots_of(case).items() if shown["image_url"]}


def following(reviewer: Reviewer) -> dict[str, Any]:
    return dict(expect(reviewer.call("POST", "/reviews/next"), 200))


def left(stack: Stack, candidate: Examinee) -> dict[str, Any]:
    """All that there is of a candidate's application but who has looked at it."""
    return {"item": candidate.item, "journal": stack.journal(candidate.application), "told": candidate.texts()}


def agreement(campaign: Campaign) -> dict[str, Any]:
    admin = campaign.staff("admin", exam=campaign.exam.id)
    return dict(expect(admin.call("GET", f"/exams/{campaign.exam.id}/agreement"), 200))


def test_from_the_decision_to_the_agreement(stack: Stack) -> None:
    """Two sites check each other: they agree about one case and not about two."""
    campaign = checked(stack)
    jinan, qingdao = campaign.reviewer(), campaign.reviewer(QINGDAO)
    one, two = campaign.candidate().submitted(), campaign.candidate().submitted()
    three = campaign.candidate(QINGDAO).submitted()
    saw = {case.application: jinan.case(case.application) for case in (one, two)}
    saw[three.application] = qingdao.case(three.application)
    expect(jinan.decide(one.application, returning("diploma-1")), 200)
    stack.settled(one.application)
    expect(jinan.decide(two.application, APPROVING), 200)
    expect(qingdao.decide(three.application, APPROVING), 200)
    for candidate in (two, three):
        stack.settled(candidate.application)
    before = {candidate.application: left(stack, candidate) for candidate in (one, two, three)}

    for reviewer, candidate, said in (
        (qingdao, one, returning("diploma-1", note="换一句话")),
        (qingdao, two, returning("diploma-1", code="expired")),
        (jinan, three, returning("diploma-1")),
    ):
        case = following(reviewer)
        assert (case["application"], case["claim"]["mine"]) == (candidate.application, True)
        assert blind(case) == blind(saw[candidate.application])
        assert links(case) == links(saw[candidate.application])
        assert all(httpx.get(slot["image_url"]).is_success for slot in slots_of(case).values() if slot["image_url"])
        path = f"/reviews/{candidate.application}"
        assert blind(expect(reviewer.call("GET", path), 200)) == blind(case)
        assert expect(reviewer.call("GET", f"{path}/identity"), 200)["phone"] == candidate.entry.phone
        assert expect(reviewer.call("POST", f"{path}/claim"), 200)["mine"]
        decided = expect(reviewer.decide(candidate.application, said), 200)
        assert decided == {
            "application": candidate.application,
            "round": 1,
            "status": "returned",
            "serial_number": None,
        }
        assert expect(reviewer.decide(candidate.application, said), 200) == decided
        assert refused(reviewer.decide(candidate.application, APPROVING)) == (409, "already_decided")
        assert refused(reviewer.call("GET", path)) == (404, "not_found")
    assert {candidate.application: left(stack, candidate) for candidate in (one, two, three)} == before
    assert [reviewer.call("POST", "/reviews/next").status_code for reviewer in (jinan, qingdao)] == [204, 204]

    shown = agreement(campaign)
    assert (shown["share"], shown["time_zone"]) == (1.0, "Asia/Shanghai")
    assert [(site["site"]["id"], site["checked"], site["agreed"]) for site in shown["sites"]] == [
        (JINAN, 2, 1),
        (QINGDAO, 1, 0),
    ]
    assert {found["reason"]["code"]: (found["checked"], found["agreed"]) for found in shown["reasons"]} == {
        "illegible": (2, 1),
        "expired": (1, 0),
    }
    apart = [(a["application"], a["first"]["outcome"], a["second"]["reasons"]) for a in shown["disagreements"]]
    assert apart == [
        (three.application, "approve", {"diploma-1": "illegible"}),
        (two.application, "approve", {"diploma-1": "expired"}),
    ]
    seen = DynamoApplications(stack.client("dynamodb"), stack.table).viewings(one.application)
    assert {seen_.what for seen_ in seen} == {"case", "check", "identity"}


def test_a_check_of_a_later_round_whose_candidate_goes_on(stack: Stack) -> None:
    """Blind in the second round: what had changed then is marked, and the third round shows nowhere."""
    campaign = checked(stack)
    first, second, third = campaign.reviewer(), campaign.reviewer(QINGDAO), campaign.reviewer(QINGDAO)
    candidate = campaign.candidate().submitted("diploma", "identity")

    def again(slot: str) -> None:
        assert candidate.call("DELETE", f"/uploads/{slot}").status_code == 204
        candidate.upload(slot.partition("-")[0], image(), slot)
        candidate.submit()
        stack.waiting(candidate.application)

    saw = [first.case(candidate.application)]
    expect(first.decide(candidate.application, returning("diploma-1")), 200)
    again("diploma-1")
    saw.append(first.case(candidate.application))
    expect(first.decide(candidate.application, returning("identity-1") | {"round": 2}), 200)
    shown = [following(second), following(third)]
    # The text to be sent names the end, which depends on when it is asked for.
    assert [blind(case) | {"sms": ""} for case in shown] == [blind(case) | {"sms": ""} for case in saw]
    again("identity-1")
    for reviewer, case in ((second, shown[0]), (third, shown[1])):
        later = reviewer.case(candidate.application)
        assert (blind(later) | {"sms": ""}, links(later)) == (blind(case) | {"sms": ""}, links(case))
    slots = slots_of(shown[1])
    assert [slot for slot, value in slots.items() if value["changed"]] == ["diploma-1"]
    assert slots["diploma-1"]["previous"]["code"] == "illegible"

    expect(third.decide(candidate.application, APPROVING | {"round": 2}), 200)
    expect(second.decide(candidate.application, APPROVING), 200)
    assert (candidate.view()["status"], candidate.view()["round"]) == ("submitted", 3)
    assert {case["round"] for case in agreement(campaign)["disagreements"]} == {1, 2}


def test_at_the_own_site_a_colleague_checks_and_then_sees_how_it_was_decided(stack: Stack) -> None:
    campaign = checked(stack)
    first, second = campaign.reviewer(), campaign.reviewer()
    candidate = campaign.candidate().submitted()
    expect(first.decide(candidate.application, returning("diploma-1")), 200)
    assert first.call("POST", "/reviews/next").status_code == 204
    case = following(second)
    assert (case["status"], [entry["kind"] for entry in case["history"]]) == ("submitted", ["submitted"])
    expect(second.decide(candidate.application, APPROVING), 200)
    case = second.case(candidate.application)
    assert (case["status"], [entry["kind"] for entry in case["history"]]) == ("returned", ["returned", "submitted"])
    assert second.call("POST", "/reviews/next").status_code == 204


def test_who_has_looked_it_up_is_not_asked(stack: Stack) -> None:
    campaign = checked(stack)
    first, curious, other = campaign.reviewer(), campaign.reviewer(), campaign.reviewer()
    candidate = campaign.candidate().submitted()
    expect(first.decide(candidate.application, APPROVING), 200)
    assert curious.case(candidate.application)["status"] == "approved"
    assert curious.call("POST", "/reviews/next").status_code == 204
    assert following(other)["application"] == candidate.application


def test_threat_10_a_check_is_shown_to_who_holds_it_and_to_nobody_else(stack: Stack) -> None:
    campaign = checked(stack)
    first, holder, other = campaign.reviewer(), campaign.reviewer(QINGDAO), campaign.reviewer(QINGDAO)
    candidate = campaign.candidate().submitted()
    expect(first.decide(candidate.application, APPROVING), 200)
    path = f"/reviews/{candidate.application}"
    calls = [("GET", path), ("GET", f"{path}/identity"), ("POST", f"{path}/claim"), ("DELETE", f"{path}/claim")]

    def all_refused(who: Person) -> bool:
        answers = [refused(who.call(*call)) for call in calls]
        return [*answers, refused(who.call("POST", f"{path}/decision", APPROVING))] == [(404, "not_found")] * 5

    assert all_refused(holder)
    following(holder)
    assert all_refused(other)
    assert holder.call("DELETE", f"{path}/claim").status_code == 204
    assert following(other)["application"] == candidate.application
    assert all_refused(holder)


def test_one_of_many_is_given_the_check(stack: Stack) -> None:
    campaign = checked(stack)
    first = campaign.reviewer()
    candidate = campaign.candidate().submitted()
    expect(first.decide(candidate.application, APPROVING), 200)
    others = [campaign.reviewer(site) for site in (JINAN, JINAN, QINGDAO, QINGDAO)]
    answers = at_once(*(lambda who=who: who.call("POST", "/reviews/next") for who in others))  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [200, 204, 204, 204]
    holder = others[[answer.status_code for answer in answers].index(200)]
    decisions = at_once(*(lambda: holder.decide(candidate.application, APPROVING) for _ in range(4)))
    assert [answer.status_code for answer in decisions] == [200] * 4
    assert [site["checked"] for site in agreement(campaign)["sites"]] == [1]


def test_without_a_share_nothing_is_checked(stack: Stack) -> None:
    campaign = Campaign(stack)
    candidate = campaign.candidate().submitted()
    expect(campaign.reviewer().decide(candidate.application, APPROVING), 200)
    assert campaign.reviewer(QINGDAO).call("POST", "/reviews/next").status_code == 204
    assert agreement(campaign)["sites"] == []
