"""The reviewer's desk: the queue, the next case, leases, and what a case shows."""

from dataclasses import replace

import pytest

from songshen.contract import ClaimView, QueueQuery
from songshen.domain.application import Claim, Outcome
from songshen.domain.errors import Code
from tests.support.exams import ID, MINUTE, NOON, SECOND, approved, draft, returned, submitted
from tests.support.fakes import COLLEAGUE, ELSEWHERE, REVIEWER, World
from tests.support.refusals import refusal


@pytest.fixture
def world() -> World:
    """Three applications wait, the first the longest."""
    world = World(candidates=("1", "2", "3"))
    for n, no in enumerate(("1", "2", "3")):
        world.put(submitted(registration_no=no, submitted_at=NOON - (3 - n) * MINUTE))
    return world


def id_of(no: str) -> str:
    return f"2026-med_{no}"


# ---- the queue


def test_the_queue_is_the_sites_own_oldest_first(world: World) -> None:
    world.put(submitted(registration_no="0", site="3702"))
    world.put(replace(world.application(id_of("2")), submitted_at=NOON - 9 * MINUTE))
    world.put(returned(registration_no="5"))
    world.put(approved(registration_no="6"))
    world.put(draft(registration_no="7"))

    def numbers(reviewer: object, status: str) -> list[str]:
        return [item.registration_no for item in world.reviews.queue(reviewer, QueueQuery(status)).items]

    assert numbers(REVIEWER, "submitted") == ["2", "1", "3"]
    assert numbers(ELSEWHERE, "submitted") == ["0"]
    assert numbers(REVIEWER, "returned") == ["5"]
    assert numbers(REVIEWER, "approved") == ["6"]


def test_a_line_of_the_queue_says_who_when_and_whose(world: World) -> None:
    world.reviews.claim(COLLEAGUE, id_of("1"))
    line = world.reviews.queue(REVIEWER, QueueQuery(limit=1)).items[0]
    assert (line.application, line.registration_no, line.name) == (id_of("1"), "1", "张三丰")
    assert (line.status.value, line.round) == ("submitted", 1)
    assert line.since.isoformat() == "2026-03-05T11:57:00+08:00"
    assert line.claim == ClaimView("reviewer-2", NOON + 10 * MINUTE, mine=False)
    assert line.claim.expires_at.isoformat() == "2026-03-05T12:10:00+08:00"


def test_the_queue_comes_in_pages(world: World) -> None:
    first = world.reviews.queue(REVIEWER, QueueQuery(limit=2))
    assert [item.registration_no for item in first.items] == ["1", "2"]
    second = world.reviews.queue(REVIEWER, QueueQuery(cursor=first.next_cursor, limit=2))
    assert ([item.registration_no for item in second.items], second.next_cursor) == (["3"], None)
    for no in range(60):
        world.put(submitted(registration_no=f"x{no:02}"))
    assert len(world.reviews.queue(REVIEWER, QueueQuery()).items) == 50
    assert len(world.reviews.queue(REVIEWER, QueueQuery(limit=100)).items) == 63


def test_the_queues_parameters_are_checked(world: World) -> None:
    for status in ("draft", "", "SUBMITTED"):
        refused = refusal(world.reviews.queue, REVIEWER, QueueQuery(status))
        assert refused == (Code.BAD_REQUEST, {"field": "status"})
    for limit in (0, -1, 101):
        refused = refusal(world.reviews.queue, REVIEWER, QueueQuery(limit=limit))
        assert refused == (Code.BAD_REQUEST, {"field": "limit"})
    refused = refusal(world.reviews.queue, REVIEWER, QueueQuery(cursor="not a cursor"))
    assert refused == (Code.BAD_REQUEST, {"field": "cursor"})


# ---- claims


def test_next_claims_the_oldest_that_nobody_holds(world: World) -> None:
    case = world.reviews.next(REVIEWER)
    assert (case.application, case.claim) == (id_of("1"), ClaimView("reviewer-1", NOON + 10 * MINUTE, mine=True))
    assert world.application(id_of("1")).claim == Claim("reviewer-1", NOON + 10 * MINUTE)
    assert world.reviews.next(COLLEAGUE).application == id_of("2")
    assert world.reviews.next(COLLEAGUE).application == id_of("3")
    assert world.reviews.next(REVIEWER) is None


def test_an_empty_queue_has_no_next(world: World) -> None:
    assert world.reviews.next(ELSEWHERE) is None


def test_next_takes_over_what_has_expired(world: World) -> None:
    for _ in range(2):
        world.reviews.next(COLLEAGUE)
    world.clock.advance(10 * MINUTE)
    assert world.reviews.next(REVIEWER).application == id_of("1")


def test_nobody_holds_more_than_three(world: World) -> None:
    world.put(submitted(registration_no="4", submitted_at=NOON))
    assert [world.reviews.next(REVIEWER).application for _ in range(3)] == [id_of("1"), id_of("2"), id_of("3")]
    full = (Code.CLAIM_LIMIT, {"max": 3})
    assert refusal(world.reviews.next, REVIEWER) == full
    assert refusal(world.reviews.claim, REVIEWER, id_of("4")) == full
    world.reviews.claim(REVIEWER, id_of("1"))
    world.reviews.release(REVIEWER, id_of("1"))
    assert world.reviews.next(REVIEWER).application == id_of("1")
    world.clock.advance(10 * MINUTE)
    assert world.reviews.next(REVIEWER).application == id_of("1")


def test_a_faster_colleague_leaves_the_one_after(world: World) -> None:
    world.meanwhile(lambda: world.reviews.claim(COLLEAGUE, id_of("1")))
    assert world.reviews.next(REVIEWER).application == id_of("2")
    assert world.application(id_of("1")).claim.by == "reviewer-2"  # type: ignore[union-attr]


def test_what_was_decided_meanwhile_is_passed_over(world: World) -> None:
    world.meanwhile(lambda: world.decide(Outcome.APPROVE, reviewer=COLLEAGUE, id=id_of("1")))
    assert world.reviews.next(REVIEWER).application == id_of("2")


def test_claiming_again_renews(world: World) -> None:
    world.reviews.claim(REVIEWER, id_of("1"))
    world.clock.advance(9 * MINUTE)
    shown = world.reviews.claim(REVIEWER, id_of("1"))
    assert shown == ClaimView("reviewer-1", NOON + 19 * MINUTE, mine=True)
    assert world.application(id_of("1")).claim == Claim("reviewer-1", NOON + 19 * MINUTE)


def test_claims_are_respected_until_they_expire(world: World) -> None:
    world.reviews.claim(COLLEAGUE, id_of("1"))
    world.clock.advance(10 * MINUTE - SECOND)
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.CLAIMED_BY_OTHER, {})
    world.clock.advance(SECOND)
    assert world.reviews.claim(REVIEWER, id_of("1")).by == "reviewer-1"


def test_of_two_who_claim_at_once_one_wins(world: World) -> None:
    world.meanwhile(lambda: world.reviews.claim(COLLEAGUE, id_of("1")))
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.CLAIMED_BY_OTHER, {})
    assert world.application(id_of("1")).claim.by == "reviewer-2"  # type: ignore[union-attr]


def test_only_what_waits_is_claimed(world: World) -> None:
    world.put(returned(registration_no="1"))
    assert refusal(world.reviews.claim, REVIEWER, id_of("1")) == (Code.ALREADY_DECIDED, {})


def test_releasing_gives_back_only_ones_own(world: World) -> None:
    world.reviews.claim(REVIEWER, id_of("1"))
    world.reviews.release(COLLEAGUE, id_of("1"))
    assert world.application(id_of("1")).claim.by == "reviewer-1"  # type: ignore[union-attr]
    for _ in range(2):
        world.reviews.release(REVIEWER, id_of("1"))
        assert world.application(id_of("1")).claim is None


def test_a_lease_that_passed_on_meanwhile_stays_with_its_new_holder(world: World) -> None:
    world.reviews.claim(REVIEWER, id_of("1"))
    taken = Claim("reviewer-2", NOON + 30 * MINUTE)
    world.meanwhile(lambda: world.put(replace(world.application(id_of("1")), claim=taken)))
    world.reviews.release(REVIEWER, id_of("1"))
    assert world.application(id_of("1")).claim == taken


# ---- one case


def test_looking_at_a_case_claims_nothing(world: World) -> None:
    before = world.application(id_of("1"))
    case = world.reviews.case(REVIEWER, id_of("1"))
    assert (case.application, case.claim) == (id_of("1"), None)
    assert world.application(id_of("1")) == before


def test_threat_10_other_sites_and_drafts_do_not_exist(world: World) -> None:
    world.put(draft(registration_no="3"))
    for reviewer, id in ((ELSEWHERE, id_of("1")), (REVIEWER, id_of("3")), (REVIEWER, id_of("999"))):
        for act in (world.reviews.case, world.reviews.claim, world.reviews.release):
            assert refusal(act, reviewer, id) == (Code.NOT_FOUND, {})


def test_a_case_without_its_roster_line_is_still_shown(world: World) -> None:
    world.roster.entries.clear()
    assert world.reviews.case(REVIEWER, id_of("1")).candidate.id_number == ""


def test_a_case_shows_what_changed_since_the_round_before() -> None:
    world = World()
    world.submit_filled()
    world.decide(Outcome.RETURN, "diploma-1")
    world.workflow.settle()
    before = world.application().slots["diploma-1"].upload_id
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"sharper")
    world.submit(ID, 2)
    case = world.reviews.case(REVIEWER, ID)
    changed = {slot.slot: slot.previous for c in case.categories for slot in c.slots if slot.changed}
    assert list(changed) == ["diploma-1"]
    assert changed["diploma-1"].image_url.endswith(f"/diploma-1/{before}.jpg")
    assert changed["diploma-1"].code == "unreadable"


def test_a_returned_case_shows_what_was_submitted_and_not_what_came_since() -> None:
    world = World()
    world.submit_filled()
    shown = {s.slot: s.sha256 for c in world.reviews.case(REVIEWER, ID).categories for s in c.slots}
    world.decide(Outcome.RETURN, "diploma-1")
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"another image", "diploma-1")
    after = {s.slot: s.sha256 for c in world.reviews.case(REVIEWER, ID).categories for s in c.slots}
    assert after == shown
