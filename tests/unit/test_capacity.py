"""What must be ready for a crowd, and that the figures behind it are those that were counted."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import cost
from bench.counted import FUNCTIONS, WAITED_FOR, Stage, journeys, memory, seconds
from bench.deadline_day import Needs, calls, crowds, needed, operations, throttle
from songshen.domain.capacity import LEAST_READS, LEAST_WRITES, USES, environments, rates, warmth
from songshen.domain.exam import Expected

MILLION = Expected(candidates=1_000_000)
STAGES = {
    "sign_in": "POST /session",
    "view": "poll: GET /application",
    "profile": "PUT /application/profile",
    "reserve": "POST /uploads",
    "validate": "verdict",
    "submit": "POST /submission",
}


def test_nobody_expected_nothing_ready() -> None:
    assert warmth(Expected()).environments == {}
    assert warmth(Expected()).units == {}


def test_the_rates_of_a_million() -> None:
    """75,000 in the busiest hour, and 100,000 submissions in ten minutes."""
    found = rates(MILLION)
    assert found["profile"] * 3600 == pytest.approx(75_000)
    assert (found["submit"] - found["profile"]) * 600 == pytest.approx(100_000)
    assert found["reserve"] == found["validate"] == pytest.approx(10 * found["profile"])


@given(st.integers(1, 5_000_000), st.integers(1, 50), st.floats(0, 1), st.floats(1, 24), st.floats(0, 1))
def test_more_candidates_never_need_less(number: int, images: int, day: float, peak: float, last: float) -> None:
    some = Expected(number, images, day, peak, last)
    less, more = warmth(some), warmth(replace(some, candidates=2 * number))
    assert less.environments.keys() == more.environments.keys()
    assert all(more.environments[name] >= less.environments[name] for name in less.environments)
    assert all(more.units[name].writes >= less.units[name].writes >= LEAST_WRITES for name in less.units)
    assert all(more.units[name].reads >= less.units[name].reads >= LEAST_READS for name in less.units)


@given(st.floats(0, 10_000))
def test_there_are_more_environments_than_are_at_work(load: float) -> None:
    ready = environments(load)
    assert ready >= load * 1.25
    assert ready >= load + 3 * math.sqrt(load)


@pytest.mark.parametrize("call", USES)
def test_what_a_call_uses_is_what_was_counted(call: str) -> None:
    """Not less, and not much more; with the workflow's first write for a submission."""
    use, stage = USES[call], journeys().returned.stage(STAGES[call])
    assert use.function == FUNCTIONS[stage.name]
    took = sum(seconds(stage))
    assert took <= use.seconds <= 1.5 * took + 0.01
    writes, indexes = _per_call(stage)
    if call == "submit":
        more, more_indexes = _per_call(journeys().returned.stage("workflow: AwaitDecision"))
        writes += more
        indexes = {name: indexes.get(name, 0) + more_indexes.get(name, 0) for name in indexes | more_indexes}
    assert writes <= use.units[""].writes <= writes + 1.5
    assert stage.reads / stage.times <= use.units[""].reads <= stage.reads / stage.times + 1
    assert {name: units.writes for name, units in use.units.items() if name} == pytest.approx(indexes)


def _per_call(stage: Stage) -> tuple[float, dict[str, float]]:
    indexes = {name: units / stage.times for name, units in stage.index_writes.items()}
    return stage.writes / stage.times, indexes


def test_every_function_that_is_waited_for_is_planned() -> None:
    assert {use.function for use in USES.values()} == set(WAITED_FOR)
    assert all(memory(verb) >= 512 for verb in WAITED_FOR)


# ---- the plan and the simulation ----


def test_the_api_is_throttled_above_what_a_million_need() -> None:
    assert calls(rates(MILLION)) <= 0.8 * throttle().rate


def test_starts_of_a_million_stay_below_four_fifths_of_the_quota() -> None:
    wants = needed(MILLION)
    assert wants["StartExecution"].used <= 0.8
    assert wants["open executions"].needs <= 0.8 * wants["open executions"].wanted


def test_what_is_asked_for_is_a_quarter_more_in_round_figures() -> None:
    assert Needs(188, 300, "").wanted == 240
    assert Needs(3, 300, "").wanted == 4
    assert Needs(801_000, 1_000_000, "").wanted == 1_100_000


def test_the_simulated_crowds_are_the_planned_ones() -> None:
    whole, signed_in, signing_in, late = crowds(1.0)
    assert whole.number == 75_000
    assert signed_in.number + signing_in.number == 100_000
    assert late.number > 0
    steps = {step.call for crowd in crowds(1.0) for step in crowd.steps}
    assert steps <= operations().keys()


def test_the_costs_in_the_documents_are_those_of_the_code() -> None:
    """`.venv/bin/python -m bench.cost --write` makes them anew."""
    assert cost.PAGE.read_text(encoding="utf-8") == cost.HEAD + "\n".join(cost.page()) + "\n"


def test_the_sms_is_the_bill() -> None:
    lines = cost.ours(journeys().returned)
    sms = sum(line.dollars for line in lines if line.service == "SNS")
    assert sms > sum(line.dollars for line in lines) / 2


def test_a_naive_design_is_cheaper_in_nothing() -> None:
    counted = journeys().returned
    ours, naive = cost._by_service(cost.ours(counted)), cost._by_service(cost.naive(counted))
    assert ours.keys() == naive.keys()
    assert all(naive[service] >= dollars for service, dollars in ours.items())
