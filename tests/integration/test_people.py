"""What people write and what is known of them: shown to whom it concerns, masked for others, never sent along."""

from typing import Any

import pytest

from scripts.people import Reviewer, expect
from tests.support.stack import Campaign, phone_number, refused, returning

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"};alert(1);//',
    "{{7*7}} ${7*7} %s",
    '=HYPERLINK("http://x")',
    "\u202eغير\u2066",
    "https://example.org/登录",
)


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_threat_35_what_a_reviewer_writes_comes_back_as_written(
    campaign: Campaign, reviewer: Reviewer, words: str
) -> None:
    """As text in JSON, to the letter: the pages put it into text nodes. And never into the SMS."""
    candidate = campaign.candidate().submitted()
    expect(reviewer.decide(candidate.application, returning("diploma-1", note=words) | {"note": words[::-1]}), 200)
    answer = candidate.call("GET", "/application")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    texts = [message["text"] for message in answer.json()["messages"]]
    assert texts[:2] == [{"zh": words[::-1], "en": words[::-1]}, {"zh": words, "en": words}]
    assert candidate.slots()["diploma-1"]["review"]["note"] == words
    campaign.stack.settled(candidate.application)
    (text,) = candidate.texts()
    assert words not in text
    assert text.startswith("【送审】")


def test_threat_35_texts_are_capped(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    for note in ("字" * 201, "a" * 201, "a\nb", "a\u0000", "a\u007f"):
        assert refused(reviewer.decide(candidate.application, returning("diploma-1", note=note))) == (
            400,
            "bad_request",
        )
    expect(reviewer.decide(candidate.application, returning("diploma-1", note="字" * 200)), 200)
    assert candidate.view()["messages"][0]["text"]["zh"] == "字" * 200


@pytest.mark.parametrize("name", ["<b>张三</b>", "张\u202e三", 'O\'Brien "x"', "阿卜杜拉·买买提", "张" * 60])
def test_threat_35_names_of_any_kind(campaign: Campaign, reviewer: Reviewer, name: str) -> None:
    candidate = campaign.candidate(name=name).submitted()
    assert candidate.view()["candidate"]["name"] == name
    assert reviewer.case(candidate.application)["candidate"]["name"] == name
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    campaign.stack.settled(candidate.application)
    (text,) = candidate.texts()
    assert name not in text
    assert len(text) <= 70


def test_threat_36_numbers_are_masked_for_reviewers(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate(id_number="370102198112127777", phone=phone_number())
    own = phone_number()
    candidate.submitted()
    shown = reviewer.case(candidate.application)["candidate"]
    registered = candidate.entry.phone
    assert (shown["id_number"], shown["phone"]) == (
        "370102**********77",
        f"{registered[:3]}****{registered[-4:]}",
    )
    candidate.set_profile(own, "济南市 1 号")
    shown = reviewer.case(candidate.application)["candidate"]
    assert (shown["phone"], shown["address"]) == (f"{own[:3]}****{own[-4:]}", "济南市 1 号")
    seen = "".join(reviewer.call("GET", path).text for path in ("/reviews", f"/reviews/{candidate.application}"))
    for private in ("370102198112127777", "198112", registered, own, candidate.entry.password_hash):
        assert private not in seen
    assert registered[:7] not in seen


def test_threat_36_lists_hold_no_numbers(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    (row,) = [item for item in reviewer.queue() if item["application"] == candidate.application] or _page_on(
        reviewer, candidate.application
    )
    assert row.keys() == {"application", "registration_no", "name", "status", "round", "since", "claim"}


def _page_on(reviewer: Reviewer, application: str) -> list[dict[str, Any]]:
    """Further pages of a queue that other tests have filled."""
    cursor = expect(reviewer.call("GET", "/reviews"), 200)["next_cursor"]
    while cursor:
        page = expect(reviewer.call("GET", f"/reviews?cursor={cursor}"), 200)
        found = [item for item in page["items"] if item["application"] == application]
        if found:
            return found
        cursor = page["next_cursor"]
    return []


def test_threat_36_a_candidate_is_not_shown_the_own_id_number_in_full(campaign: Campaign) -> None:
    """Nor does the view hold more than the page needs."""
    candidate = campaign.candidate(id_number="370102198112127777")
    seen = candidate.call("GET", "/application").text + candidate.call("GET", "/application/notice").text
    assert "198112" not in seen
    assert candidate.entry.password_hash not in seen
    assert candidate.entry.username not in seen


def test_threat_32_the_text_goes_to_the_number_on_the_application_only(campaign: Campaign, reviewer: Reviewer) -> None:
    """Numbers of other countries and services cannot be entered, and those of the roster are not sent to."""
    candidate = campaign.candidate(phone="008190123456789").submitted()
    for phone in ("008190123456789", "+819012345678", "95588", "19001234567890"):
        answer = candidate.call("PUT", "/application/profile", {"phone": phone, "address": "x"})
        assert refused(answer) == (400, "bad_request")
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    item = campaign.stack.settled(candidate.application)
    assert item["notification"]["state"] == "failed"
    assert candidate.texts() == []
