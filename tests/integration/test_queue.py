"""What reviewers and leads find: the queue with its filters, searches and counts, and who has looked at what."""

from datetime import timedelta
from typing import Any

import pytest

from scripts.people import Reviewer, expect
from songshen.adapters.dynamodb import DynamoApplications
from songshen.domain.application import Application
from songshen.ports import Viewing
from tests.support.exams import NOON, approved, returned, submitted
from tests.support.stack import JINAN, QINGDAO, Campaign, Examinee, Stack, item_of, refused

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def numbers(reviewer: Reviewer, **query: Any) -> list[str]:
    """The registration numbers of all pages of the queue."""
    found: list[str] = []
    while True:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        page = expect(reviewer.call("GET", f"/reviews?{asked}"), 200)
        found += [item["registration_no"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


@pytest.fixture(scope="module")
def busy(stack: Stack) -> Campaign:
    """An exam in which much has happened."""
    campaign = Campaign(stack)

    def put(application: Application) -> None:
        item = item_of(application)
        stack.client("dynamodb").put_item(TableName=stack.table, Item=item)

    place = {"exam": campaign.exam.id, "area": "37", "site": JINAN}
    for n in range(9):
        since = NOON + n * MINUTE  # long ago
        put(submitted(registration_no=f"W{n}", name="王小二" if n % 2 else "李四", round=1 + n % 3 // 2,
                      submitted_at=since, **place))  # fmt: skip
    put(returned(registration_no="R1", name="王五", **place))
    put(approved(registration_no="A1", name="小王", **place))
    put(approved(registration_no="W99", name="赵六", **place))
    put(submitted(registration_no="Q1", name="王青", **(place | {"site": QINGDAO})))
    return campaign


@pytest.fixture(scope="module")
def reader(busy: Campaign) -> Reviewer:
    return busy.reviewer()


@pytest.mark.parametrize("limit", [1, 2, 4, 50])
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "W0 W1 W2 W3 W4 W5 W6 W7 W8"),
        ({"status": "returned"}, "R1"),
        ({"round": 2}, "W2 W5 W8"),
        ({"round": 3}, ""),
        ({"waiting": 999}, "W0 W1 W2 W3 W4 W5 W6 W7 W8"),
        ({"waiting": 1, "round": 2}, "W2 W5 W8"),
        ({"mine": "true"}, ""),
        ({"search": "W"}, "W0 W1 W2 W3 W4 W5 W6 W7 W8 W99"),
        ({"search": "王"}, "W1 W3 W5 W7 R1 A1"),
        ({"search": "小王", "status": "returned"}, "A1"),
        ({"search": "9"}, ""),
        ({"search": "%25"}, ""),
    ],
    ids=str,
)
def test_the_queue_is_filtered_and_searched(reader: Reviewer, query: dict[str, Any], found: str, limit: int) -> None:
    assert numbers(reader, limit=limit, **query) == found.split()


def test_who_waits_less_than_an_hour(stack: Stack) -> None:
    campaign = Campaign(stack)
    candidate = campaign.candidate().submitted()
    reviewer = campaign.reviewer()
    assert numbers(reviewer, waiting=1) == []
    assert numbers(reviewer, waiting=0) == numbers(reviewer) == [candidate.entry.registration_no]


def test_the_queue_says_how_much_there_is(busy: Campaign, reader: Reviewer) -> None:
    queue = expect(reader.call("GET", "/reviews?limit=1"), 200)
    assert queue["counts"] == {"submitted": 9, "returned": 1, "approved": 2}
    assert queue["site"] == {"id": JINAN, "name": {"zh": "济南", "en": "济南 (en)"}}
    assert [site["id"] for site in queue["sites"]] == [JINAN]
    assert queue["time_zone"] == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=draft", "status"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("round=-1", "round"),
        ("waiting=1000", "waiting"),
        ("search=" + "x" * 33, "search"),
        ("cursor=nonsense", "cursor"),
        ("cursor=" + "x" * 513, "cursor"),
        ("search=W&cursor=draft.", "cursor"),
    ],
)
def test_what_cannot_be_asked_for(reader: Reviewer, query: str, field: str) -> None:
    answer = reader.call("GET", f"/reviews?{query}")
    assert refused(answer) == (400, "bad_request")
    assert answer.json()["field"] == field


@pytest.mark.parametrize("search", ["%23", "%27%22", "%5C", "%F0%9F%98%80", "%00", "*", "a%26b", "%E2%80%8B"])
def test_odd_characters_find_nothing_and_break_nothing(reader: Reviewer, search: str) -> None:
    assert numbers(reader, search=search) == []


def test_mine_is_what_one_has_claimed(stack: Stack) -> None:
    campaign = Campaign(stack)
    candidates = [campaign.candidate().submitted() for _ in range(2)]
    me, colleague = campaign.reviewer(), campaign.reviewer()
    me.claim(candidates[1].application)
    assert numbers(me, mine="true") == [candidates[1].entry.registration_no]
    assert numbers(colleague, mine="true") == []
    stack.change(candidates[1].application, "SET claim.expires = :at", at=1)
    assert numbers(me, mine="true") == []


# ---- leads


def test_a_lead_works_at_every_site_of_the_area(stack: Stack) -> None:
    campaign = Campaign(stack)
    here, there = campaign.candidate().submitted(), campaign.candidate(QINGDAO).submitted()
    lead = campaign.staff("lead", exam=campaign.exam.id, area="37")
    queue = expect(lead.call("GET", "/reviews"), 200)
    assert [site["id"] for site in queue["sites"]] == [JINAN, QINGDAO]
    assert (queue["site"]["id"], [item["application"] for item in queue["items"]]) == (JINAN, [here.application])
    assert numbers(lead, site=QINGDAO) == [there.entry.registration_no]
    assert expect(lead.call("POST", f"/reviews/next?site={QINGDAO}"), 200)["application"] == there.application
    assert lead.call("POST", f"/reviews/next?site={QINGDAO}").status_code == 204
    assert lead.approve(here.application)["serial_number"].startswith(JINAN)
    assert lead.approve(there.application)["serial_number"].startswith(QINGDAO)
    for site in ("1101", "x", "%23"):
        assert refused(lead.call("GET", f"/reviews?site={site}")) == (404, "not_found")


@pytest.mark.parametrize("places", [{"area": "99"}, {"area": "11"}])
def test_a_lead_of_an_area_without_sites_has_nothing(busy: Campaign, places: dict[str, str]) -> None:
    lead = busy.staff("lead", exam=busy.exam.id, **places)
    for method, path in (("GET", "/reviews"), ("POST", "/reviews/next"), ("GET", f"/reviews?site={JINAN}")):
        assert refused(lead.call(method, path)) == (404, "not_found")


def test_staff_without_a_place_may_nothing(busy: Campaign) -> None:
    for role, places in (("lead", {}), ("reviewer", {"area": "37"}), ("reviewer", {"site": JINAN})):
        nobody = busy.staff(role, exam=busy.exam.id, **places)
        assert refused(nobody.call("GET", "/reviews")) == (403, "forbidden")


# ---- who has looked


def viewings(stack: Stack, application: str) -> list[Viewing]:
    return DynamoApplications(stack.client("dynamodb"), stack.table).viewings(application)


def test_the_identity_is_shown_in_full_and_every_look_is_journalled(campaign: Campaign, stack: Stack) -> None:
    candidate = campaign.candidate().submitted()
    me, lead = campaign.reviewer(), campaign.staff("lead", exam=campaign.exam.id, area="37")
    path = f"/reviews/{candidate.application}"
    shown = me.case(candidate.application)["candidate"]
    assert (shown["id_number"], shown["phone"]) == (
        "370102**********34",
        f"{candidate.entry.phone[:3]}****{candidate.entry.phone[-4:]}",
    )
    for _ in range(2):
        assert expect(me.call("GET", f"{path}/identity"), 200) == {
            "id_number": "370102199001011234",
            "phone": candidate.entry.phone,
        }
    candidate.set_profile("13900001111", "济南")
    assert expect(lead.call("GET", f"{path}/identity"), 200)["phone"] == "13900001111"
    seen = viewings(stack, candidate.application)
    assert {(one.what, one.round) for one in seen} == {("case", 1), ("identity", 1)}
    # Ten minutes may end between two looks.
    assert len({one.by for one in seen if one.what == "identity"}) == 2
    assert len({one.by for one in seen if one.what == "case"}) == 1
    # Nobody is shown who has looked.
    assert [entry["kind"] for entry in me.case(candidate.application)["history"]] == ["submitted"]
    assert [message["kind"] for message in candidate.view()["messages"]] == ["submitted"]


def test_who_is_refused_leaves_no_viewing(
    campaign: Campaign, stack: Stack, elsewhere: Reviewer, theirs: Examinee
) -> None:
    for what in ("", "/identity"):
        assert refused(elsewhere.call("GET", f"/reviews/{theirs.application}{what}")) == (404, "not_found")
    assert viewings(stack, theirs.application) == []


@pytest.fixture
def theirs(campaign: Campaign) -> Examinee:
    return campaign.candidate().submitted()
