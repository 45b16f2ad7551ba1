"""Spot checks, whatever happened before and after: they are blind, and the comparison does not care who was first."""

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from songshen.contract.reviewer import DecisionRequest, SlotDecision
from songshen.domain.application import Decision, Outcome, SlotReview, Status
from songshen.domain.people import Reviewer
from songshen.domain.spotcheck import SpotCheck, by_reason, by_site
from tests.support.exams import EXAM, ID, MINUTE, NOON, exam
from tests.support.fakes import REVIEWER, World

SLOTS = ("identity-1", "identity-2", "diploma-1")
CODES = ("unreadable", "blurred")

reasons = st.dictionaries(st.sampled_from(SLOTS), st.sampled_from(CODES))
returns = st.lists(reasons.filter(bool), max_size=3)
outcomes = st.sampled_from(Outcome)


def blind(shown: Any) -> dict[str, Any]:
    """A case without what every look at it changes; the SMS says how long there would be time from now."""
    members: dict[str, Any] = msgspec.to_builtins(shown)
    return {name: value for name, value in members.items() if name not in {"now", "claim", "sms"}}


@given(returns, outcomes, st.booleans())
def test_a_check_of_any_round_shows_what_was_seen_then(
    rounds: list[dict[str, str]], last: Outcome, resubmitted: bool
) -> None:
    world = World(exam=exam(spot_check_share=1))
    world.lot = 0
    world.submit_filled()
    seen = []
    for n, named in enumerate(rounds, 1):
        seen.append(blind(world.reviews.case(REVIEWER, ID)))
        slots = [SlotDecision(slot, code) for slot, code in named.items()]
        world.feedback(REVIEWER, ID, DecisionRequest(n, Outcome.RETURN, slots))
        world.clock.advance(MINUTE)
        for slot in named:
            world.presign.release(ID, slot)
            world.upload(slot.partition("-")[0], f"{n} {slot}".encode(), slot)
        world.submit(ID, n + 1)
    seen.append(blind(world.reviews.case(REVIEWER, ID)))
    world.decide(last)
    if resubmitted and last is Outcome.RETURN:
        world.clock.advance(MINUTE)
        world.submit(ID, len(rounds) + 2)
    before = world.application()
    for n, expected in enumerate(seen, 1):
        somebody = Reviewer(f"second-{n}", EXAM, "37", "3702")
        shown = world.reviews.next(somebody)
        assert (shown.round, shown.status) == (n, Status.SUBMITTED)
        assert blind(shown) == blind(world.reviews.case(somebody, ID)) == expected
        world.feedback(somebody, ID, DecisionRequest(n, Outcome.APPROVE))
    assert world.application() == before


def _decisions() -> st.SearchStrategy[Decision]:
    def made(outcome: Outcome, slots: dict[str, str]) -> Decision:
        named = {} if outcome is Outcome.APPROVE else {slot: SlotReview(code) for slot, code in slots.items()}
        return Decision(1, outcome, "reviewer", NOON, slots=named)

    return st.builds(made, outcomes, reasons)


@given(st.lists(st.tuples(st.sampled_from(["3701", "3702"]), _decisions(), _decisions())))
def test_agreement_is_symmetrical_and_adds_up(judged: list[tuple[str, Decision, Decision]]) -> None:
    checks = [SpotCheck(EXAM, "37", site, f"{n}", 1, one, other) for n, (site, one, other) in enumerate(judged)]
    turned = [replace(check, first=check.second, second=check.first) for check in checks]
    assert by_site(checks) == by_site(turned)
    assert by_reason(checks) == by_reason(turned)
    assert sum(tally.checked for tally in by_site(checks).values()) == len(checks)
    for tally in (*by_site(checks).values(), *by_reason(checks).values()):
        assert 0 <= tally.agreed <= tally.checked
    if all(check.agrees for check in checks):
        assert all(tally.agreed == tally.checked for tally in by_reason(checks).values())
