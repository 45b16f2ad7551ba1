"""The model of the deadline day: nobody is lost in it, it queues as theory says, and it happens twice alike."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.model import (
    Crowd,
    Duration,
    Fate,
    Function,
    Operation,
    Parameters,
    Part,
    Quota,
    Result,
    Retrying,
    Step,
    Window,
    percentile,
    run,
)

WORK = Duration(0.05)
CLOSES = 600.0
GRACE = 600.0
SUBMIT = Operation("submit", WORK, window=Window.GRACE, retrying=Retrying(3))
ONE_CALL = (Step("call"),)


def one_call(operation: Operation, number: int = 1, ends: float = 1.0, **more: object) -> Result:
    """So many people who make one call each."""
    crowd = Crowd("people", number, 0, ends, ONE_CALL)
    return run(Parameters(crowds=[crowd], operations={"call": operation}, **more))  # type: ignore[arg-type]


def uploading(number: int, begins: float = 0.0, ends: float = CLOSES) -> Crowd:
    """People who send two images and submit."""
    steps = [Step("POST /uploads", Duration(5, 1.0), upload=True)] * 2
    return Crowd("uploading", number, begins, ends, [*steps, Step("POST /submission", Duration(5))])


def campaign(crowds: list[Crowd], **more: object) -> Parameters:
    """A small exam that closes after ten minutes."""
    operations = {
        "POST /uploads": Operation("presign", WORK, window=Window.CLOSES, retrying=Retrying(5)),
        "send": Operation(work=Duration(0.5)),
        "validate": Operation("validate", WORK, through_api=False),
        "GET /application": Operation("application", WORK, retrying=Retrying(2)),
        "POST /submission": SUBMIT,
    }
    names = ("presign", "validate", "application", "submit")
    base: dict[str, object] = {"functions": {name: Function() for name in names}, "closes": CLOSES, "grace": GRACE}
    return Parameters(crowds=crowds, operations=operations, **(base | more))  # type: ignore[arg-type]


# ---- conservation --------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    number=st.integers(0, 60),
    begins=st.floats(0, 1500),
    rate=st.floats(0.2, 50),
    concurrency=st.integers(1, 20),
    until=st.sampled_from([math.inf, 700.0]),
    seed=st.integers(0, 1000),
)
def test_everybodys_fate_is_known(
    number: int, begins: float, rate: float, concurrency: int, until: float, seed: int
) -> None:
    happened = run(
        campaign(
            [uploading(number, begins, begins + 300)],
            quotas={"api": Quota(rate)},
            concurrency=concurrency,
            until=until,
            seed=seed,
        )
    )
    fates = happened.fates["uploading"]
    assert sum(fates.values()) == number
    assert min(fates.values(), default=0) >= 0
    assert happened.last_accepted.get("POST /uploads", 0) < CLOSES
    assert happened.last_accepted.get("POST /submission", 0) < CLOSES + GRACE
    accepted = sum(happened.series.get("POST /submission accepted", {}).values())
    if until == math.inf:
        assert fates[Fate.UNFINISHED] == 0
        assert accepted == fates[Fate.DONE]
    assert accepted >= fates[Fate.DONE]


def test_those_who_ask_in_time_are_accepted_and_those_who_come_after_the_grace_are_not() -> None:
    submitting = [Step("POST /submission")]
    in_time = Crowd("in time", 50, CLOSES - 10, CLOSES, submitting)
    late = Crowd("late", 50, CLOSES + GRACE, CLOSES + GRACE + 10, submitting)
    happened = run(campaign([in_time, late]))
    assert happened.fates == {"in time": {Fate.DONE: 50}, "late": {Fate.LATE: 50}}
    assert happened.on_time_refused == 0


def test_a_throttle_that_holds_somebody_up_beyond_the_grace_is_told() -> None:
    """The counter of the unfair can count."""
    patient = Operation("submit", WORK, window=Window.GRACE, retrying=Retrying(1000, first=5, factor=1))
    queue = Crowd("queue", 100, CLOSES - 10, CLOSES, [Step("call")])
    happened = run(
        Parameters(
            crowds=[queue], operations={"call": patient}, closes=CLOSES, grace=20, quotas={"api": Quota(1, burst=1)}
        )
    )
    assert happened.on_time_refused == happened.fates["queue"][Fate.ON_TIME] > 0


def test_a_reservation_ends_with_the_window() -> None:
    happened = run(campaign([uploading(20, CLOSES, CLOSES + 10)]))
    assert happened.fates["uploading"] == {Fate.LATE: 20}
    assert happened.seconds["POST /uploads"]
    assert not happened.verdict


def test_every_image_that_was_sent_has_a_verdict_and_is_seen() -> None:
    happened = run(campaign([uploading(40, 0, 60)]))
    assert happened.fates["uploading"] == {Fate.DONE: 40}
    assert len(happened.verdict) == len(happened.seen) == len(happened.seconds["send"]) == 80
    assert min(happened.seen) >= 0.8 * 0.75


# ---- queues --------------------------------------------------------------------------------------------------------


def erlang_c(servers: int, load: float) -> float:
    """The share of customers who wait in M/M/c, by the closed form; `load` in Erlang."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**n / math.factorial(n) for n in range(servers)) + last)


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.5), (2, 0.8), (4, 0.7)])
def test_processors_queue_as_the_closed_form_says(servers: int, utilisation: float) -> None:
    mean, number = 0.1, 40_000
    rate = servers * utilisation / mean
    work = Operation(work=Duration(mean, exponential=True), through_api=False)
    happened = one_call(work, number, ends=number / rate, processors=servers, turn=math.inf, seed=5)
    taken = happened.seconds["call"]
    expected = mean + erlang_c(servers, rate * mean) * mean / (servers * (1 - utilisation))
    assert sum(taken) / len(taken) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize(
    ("programs", "took"), [(["", ""], 1.0), (["a", "b"], 1.0), (["a", "a"], 2.0), (["", "", ""], 1.5)]
)
def test_a_program_does_one_thing_at_a_time_and_processors_take_turns(programs: list[str], took: float) -> None:
    """On two processors: all begin at once with work of a second, and share what there is of them fairly."""
    operations = {str(n): Operation(parts=[Part(0.5, program)] * 2) for n, program in enumerate(programs)}
    crowds = [Crowd(name, 1, 0, 0, [Step(name)]) for name in operations]
    happened = run(Parameters(crowds=crowds, operations=operations, processors=2, turn=0.01))
    assert [happened.seconds[name][0] for name in operations] == pytest.approx([took] * len(programs), abs=0.03)


def test_what_is_done_afterwards_delays_others_and_not_the_answer() -> None:
    operation = Operation(parts=[Part(0.3, "a")], afterwards=[Part(1.0, "a")])
    crowd = Crowd("one", 1, 0, 0, [Step("call"), Step("call")])
    happened = run(Parameters(crowds=[crowd], operations={"call": operation}, processors=2, turn=0.1))
    assert list(happened.seconds["call"]) == pytest.approx([0.3, 0.6], abs=0.11)


def test_nobody_waits_where_there_is_enough() -> None:
    happened = one_call(Operation("f", WORK), 100, functions={"f": Function(ready=100)})
    assert list(happened.seconds["call"]) == pytest.approx([0.05] * 100)
    assert not happened.cold


def test_what_is_ready_does_not_start_cold() -> None:
    cold = Function(ready=3, cold=Duration(1.0))
    happened = one_call(Operation("f", Duration(10.0)), 10, functions={"f": cold})
    assert happened.cold == {"f": 7}
    assert happened.peak == {"f": 10}
    assert sorted(round(taken) for taken in happened.seconds["call"]) == [10] * 3 + [11] * 7


def test_beyond_the_concurrency_there_is_no_environment() -> None:
    happened = one_call(Operation("f", Duration(10.0)), 10, functions={"f": Function()}, concurrency=4)
    assert happened.peak == {"f": 4}
    assert happened.fates["people"] == {Fate.DONE: 4, Fate.GAVE_UP: 6}
    assert happened.throttled == {"concurrency": 6}


def test_a_quota_gives_its_burst_and_then_its_rate() -> None:
    """10 at once, then 5 a second: of 40 in two seconds at most 20 get something."""
    happened = one_call(Operation(), 40, ends=2.0, quotas={"api": Quota(5, burst=10)})
    assert 18 <= happened.fates["people"][Fate.DONE] <= 20
    assert happened.throttled["api"] == 40 - happened.fates["people"][Fate.DONE]


def test_what_is_postponed_is_done_by_the_reconciler() -> None:
    operation = Operation(takes={"start": 1.0}, postponed=frozenset({"start"}))
    happened = one_call(operation, 30, quotas={"start": Quota(0.001, burst=10)}, sdk_tries=1, reconciles=(60.0, 15))
    assert happened.fates["people"] == {Fate.DONE: 30}
    assert happened.postponed == len(happened.started_late) == 20
    assert max(happened.started_late) > 60


# ---- and the rest --------------------------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_day() -> None:
    def day(seed: int) -> Result:
        return run(campaign([uploading(30)], seed=seed, keeps_history=True, quotas={"api": Quota(1)}))

    assert day(3) == day(3)
    assert day(3).history != day(4).history


@settings(max_examples=20)
@given(st.floats(0.01, 10), st.floats(0.1, 2))
def test_a_duration_has_its_mean(mean: float, variation: float) -> None:
    draw = Duration(mean, variation).drawer(random.Random(1))  # noqa: S311
    assert sum(draw() for _ in range(20_000)) / 20_000 == pytest.approx(mean, rel=0.12)


def test_percentiles() -> None:
    assert [percentile(range(1, 101), share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]
    assert math.isnan(percentile([], 0.5))
