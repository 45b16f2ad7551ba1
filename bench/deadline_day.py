"""The deadline of a million candidates, simulated: `make simulate`, or `make bench WHAT=deadline_day`.

The last hour, and a quarter of an hour beyond the end, at full scale: every person, every call. The days before are
summed up by the day, for the number of open executions. Three times: as a new account is, nothing made ready; with
quotas raised; and with everything made ready as the plan says. `SHARE=0.1` lets a tenth of all happen, with a tenth of
all quotas, for a quick look.
"""

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import assumptions as given
from bench.counted import FUNCTIONS, WAITED_FOR, journeys, seconds
from bench.model import (
    SERIES,
    Crowd,
    Duration,
    Fate,
    Function,
    Operation,
    Parameters,
    Quota,
    Result,
    Step,
    Window,
    run,
)
from bench.plots import Chart, page
from scripts import template
from songshen.domain import capacity
from songshen.domain.exam import Expected

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "docs" / "deadline-day.svg"
REPORT = ROOT / "docs" / "deadline-day.md"
MADE, OVER = "<!-- made by make simulate -->", "<!-- end -->"
CANDIDATES = 1_000_000
HOUR = 3600.0
BEGINNING, CLOSES, END = 0.0, HOUR, HOUR + 900


@dataclass(frozen=True)
class Scenario:
    """Whether everything is made ready, whether quotas are raised, and the throttle of the API."""

    name: str
    warm: bool
    raised: bool
    api: Quota


def throttle() -> Quota:
    """The API's, as the template says."""
    (stage,) = template.of_type(template.load(), "AWS::ApiGatewayV2::Stage").values()
    settings = stage["DefaultRouteSettings"]
    return Quota(settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"])


def scenarios() -> list[Scenario]:
    """From worst to best."""
    return [
        Scenario("nothing ready, default quotas", warm=False, raised=False, api=Quota(1_000, 2_000)),
        Scenario("nothing ready, quotas raised", warm=False, raised=True, api=throttle()),
        Scenario("made ready, quotas raised", warm=True, raised=True, api=throttle()),
    ]


@dataclass(frozen=True)
class Needs:
    """What is needed of a quota at the peak, what there is by default, and whether it can be raised."""

    needs: float
    default: float
    source: str
    adjustable: bool = True

    @property
    def used(self) -> float:
        """Share of the default."""
        return self.needs / self.default

    @property
    def wanted(self) -> float:
        """So much that 80 % of it are needed, in round figures."""
        exact = self.needs * capacity.MARGIN
        digits = max(0, math.floor(math.log10(exact)) - 1) if exact >= 1 else 0
        return float(math.ceil(exact / 10**digits) * 10**digits)


def needed(expected: Expected) -> dict[str, Needs]:
    """Quota → what the plan needs of it."""
    rates, ready = capacity.rates(expected), capacity.warmth(expected)
    first = rates["profile"] * given.FIRST_TIME.value
    sms = given.DECISIONS_A_DAY.value * given.RETURNED.value / (8 * HOUR)
    environments = sum(ready.environments.values()) / capacity.MARGIN

    def needs(much: float, quota: given.Assumed[Quota], adjustable: bool = True) -> Needs:
        return Needs(much, quota.value.rate, quota.source, adjustable)

    return {
        "API calls": needs(calls(rates), given.API),
        "Lambda environments": Needs(environments, given.CONCURRENCY.value, given.CONCURRENCY.source),
        "StartExecution": needs(rates["submit"], given.START),
        "open executions": Needs(
            max(open_executions(expected)), given.OPEN_EXECUTIONS.value, given.OPEN_EXECUTIONS.source
        ),
        "Cognito UserAuthentication": needs(rates["sign_in"] + first, given.SIGN_INS),
        "Cognito UserCreation": needs(first, given.CREATIONS),
        "Cognito UserAccountRecovery": needs(first, given.PASSWORDS, adjustable=False),
        "SMS": needs(sms, given.SMS),
    }


def calls(rates: Mapping[str, float]) -> float:
    """Of the API in a second."""
    return sum(rate for call, rate in rates.items() if call != "validate")


def open_executions(expected: Expected) -> list[float]:
    """At the end of each day, from the first: submitted and not decided. The last day has its share, the others share
    the rest; reviewers decide every day as much as they can."""
    left, days = 0.0, given.DAYS.value
    shares = [(1 - expected.last_day) / (days - 1)] * (days - 1) + [expected.last_day]
    ends = []
    for share in shares:
        left = max(0.0, left + expected.candidates * share - given.DECISIONS_A_DAY.value)
        ends.append(left)
    return ends


# ---- what is simulated ----


def crowds(share: float) -> list[Crowd]:
    """The busiest hour's, the last ten minutes', and those who come too late."""
    expected = Expected(candidates=CANDIDATES)
    whole = CANDIDATES * expected.last_day * expected.peak / 24 * share
    rush = CANDIDATES * expected.last_minutes * share
    upload = Step("POST /uploads", given.CHOOSING.value, upload=True)
    opens = [
        Step("POST /session, first"),
        Step("GET /application"),
        Step("PUT /application/profile", given.READING.value),
    ]
    ends = [Step("POST /submission", given.READING.value)]
    again = [Step("POST /session"), Step("GET /application"), *ends]
    minutes = (CLOSES - capacity.LAST_MINUTES, CLOSES)
    signed_in = round(rush * given.SIGNED_IN.value)
    late = round(CANDIDATES * given.LATE.value * share)
    return [
        Crowd(
            "the whole way, in the last hour",
            round(whole),
            BEGINNING,
            CLOSES,
            [*opens, *[upload] * given.IMAGES.value, *ends],
        ),
        Crowd("submitting in the last ten minutes", signed_in, *minutes, again[1:], aims=True, ahead=60),
        Crowd("the same, signing in first", round(rush) - signed_in, *minutes, again, aims=True, ahead=60),
        Crowd("submitting when it is over", late, CLOSES + 600, CLOSES + 900, again[1:], aims=True, ahead=60),
    ]


def operations() -> dict[str, Operation]:
    """What was counted, with what services take."""
    counted = journeys().returned
    variation = given.VARIATION.value

    def made(stage: str, **more: object) -> Operation:
        found = counted.stage(stage)
        work, waits = seconds(found)
        takes = {
            "table reads": found.reads / found.times,
            "table writes": found.writes / found.times,
            **{f"{index} writes": units / found.times for index, units in found.index_writes.items()},
        }
        takes |= dict(more.pop("takes", {}))  # type: ignore[call-overload]
        base = Operation(FUNCTIONS[stage], Duration(work, 0.3), Duration(waits, variation), takes)
        return replace(base, **more)  # type: ignore[arg-type]

    sign_in = made("POST /session", retrying=given.SIGNS_IN_AGAIN.value)
    # The first time it asks the account store five times, afterwards once.
    first = counted.stage("POST /session").calls
    asked = sum(n for call, n in first.items() if call.startswith("cognito-idp"))
    later = replace(
        sign_in,
        waits=Duration(sign_in.waits.mean - (asked - 1) * given.COGNITO.value, variation),
        takes=sign_in.takes | {"sign-ins": 1.0},
    )
    awaits = counted.stage("workflow: AwaitDecision")
    submission = made("POST /submission")
    return {
        "POST /session, first": replace(
            sign_in,
            takes=sign_in.takes
            | {
                "sign-ins": float(first["cognito-idp AdminInitiateAuth"]),
                "creations": 1.0,
                "passwords": 1.0,
            },
        ),
        "POST /session": later,
        "GET /application": made("poll: GET /application", retrying=given.ASKS_AGAIN.value),
        "PUT /application/profile": made("PUT /application/profile", retrying=given.ASKS_AGAIN.value),
        "POST /uploads": made("POST /uploads", retrying=given.UPLOADS_AGAIN.value, window=Window.CLOSES),
        "send": Operation(work=given.SENDING.value, through_api=False),
        "validate": made("verdict", through_api=False),
        "POST /submission": replace(
            submission,
            # The workflow's first write follows at once.
            takes=submission.takes
            | {"table writes": submission.takes["table writes"] + awaits.writes, "starts": 1.0}
            | {
                f"{index} writes": submission.takes.get(f"{index} writes", 0.0) + units
                for index, units in awaits.index_writes.items()
            },
            postponed=frozenset({"starts"}),
            retrying=given.SUBMITS_AGAIN.value,
            window=Window.GRACE,
        ),
    }


def parameters(scenario: Scenario, share: float = 1.0) -> Parameters:
    """A scenario's."""
    expected = Expected(candidates=CANDIDATES)
    ready = capacity.warmth(expected)
    # Without being made ready there is what an average hour of the day needs.
    before = capacity.warmth(replace(expected, peak=1.0, last_minutes=0.0))
    has = (
        ready.environments
        if scenario.warm
        else {verb: math.ceil(n / capacity.MARGIN) for verb, n in before.environments.items()}
    )
    wants = needed(expected)

    def quota(name: str, default: Quota, raised: str = "") -> tuple[str, Quota]:
        rate = max(default.rate, wants[raised].wanted) if scenario.raised and raised else default.rate
        return name, Quota(rate * share, max(default.burst, rate) * share)

    reads, writes = given.NEW_TABLE.value
    partition = given.PARTITION.value[1]
    units = ready.units if scenario.warm else {}
    quotas = dict(
        [
            quota("api", scenario.api),
            quota("sign-ins", given.SIGN_INS.value, "Cognito UserAuthentication"),
            quota("creations", given.CREATIONS.value, "Cognito UserCreation"),
            quota("passwords", given.PASSWORDS.value),
            quota("starts", given.START.value, "StartExecution"),
            quota("table reads", Quota(units[""].reads if units else reads)),
            quota("table writes", Quota(units[""].writes if units else writes)),
            quota("by-status writes", Quota(units["by-status"].writes if units else writes)),
            # One partition, whatever is made ready: its key is the same for all.
            quota("pending writes", Quota(partition)),
        ]
    )
    colds = {"validate_image": given.VALIDATION_COLD.value}
    concurrency = (
        max(wants["Lambda environments"].wanted, given.CONCURRENCY.value)
        if scenario.raised
        else given.CONCURRENCY.value
    )
    return Parameters(
        crowds=crowds(share),
        operations=operations(),
        functions={
            verb: Function(math.ceil(has[verb] * share), colds.get(verb, given.COLD.value)) for verb in WAITED_FOR
        },
        quotas=quotas,
        closes=CLOSES,
        network=given.ROUND_TRIP.value,
        concurrency=math.ceil(concurrency * share),
        scaling=given.SCALING.value,
        event=given.EVENT.value,
        until=END + 3 * HOUR,
        seed=20260312,
    )


# ---- what is told ----


def main() -> None:
    """Runs all three, prints the report; at full scale also into docs/deadline-day.md, with its plots."""
    share = float(os.environ.get("SHARE", "1"))
    results = []
    for scenario in scenarios():
        begun = time.monotonic()
        results.append((scenario, run(parameters(scenario, share))))
        print(f"{scenario.name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    told = "\n".join(report(results, share))
    print(told)
    if share == 1.0 and REPORT.exists():
        PLOT.write_text(page(charts(results)), encoding="utf-8")
        head, _, rest = REPORT.read_text(encoding="utf-8").partition(MADE)
        REPORT.write_text(f"{head}{MADE}\n{told}\n{OVER}{rest.partition(OVER)[2]}", encoding="utf-8")


def report(results: Sequence[tuple[Scenario, Result]], share: float) -> Iterator[str]:
    """The tables, in Markdown."""
    people = sum(crowd.number for crowd in crowds(share))
    made = sum(sum(result.calls.values()) for _, result in results) // len(results)
    yield f"{people:,} people in the last hour, about {made:,} calls in each run.\n"
    yield "| | " + " | ".join(scenario.name for scenario, _ in results) + " | goal |"
    yield "|---|" + "--:|" * len(results) + "---|"
    for title, goal, told in rows():
        yield f"| {title} | " + " | ".join(told(result) for _, result in results) + f" | {goal} |"
    yield "\n| crowd | fate | " + " | ".join(scenario.name for scenario, _ in results) + " |"
    yield "|---|---|" + "--:|" * len(results)
    for crowd in crowds(share):
        for fate in Fate:
            numbers = [result.fates[crowd.name][fate] for _, result in results]
            if any(numbers):
                yield f"| {crowd.name} | {fate} | " + " | ".join(f"{number:,}" for number in numbers) + " |"
    yield from _beforehand()
    yield "\n| throttled | " + " | ".join(scenario.name for scenario, _ in results) + " |"
    yield "|---|" + "--:|" * len(results)
    for name in sorted({name for _, result in results for name in result.throttled}):
        yield f"| {name} | " + " | ".join(f"{result.throttled[name]:,}" for _, result in results) + " |"


def _beforehand() -> Iterator[str]:
    """What of the quotas is used, and what was raised for it."""
    yield "\n| quota | needed | by default | raised to | used then | goal |\n|---|--:|--:|--:|--:|---|"
    for name, one in needed(Expected(candidates=CANDIDATES)).items():
        there = max(one.default, one.wanted) if one.adjustable else one.default
        raised = f"{there:,.0f}" if there > one.default else ""
        yield f"| {name} | {one.needs:,.0f} | {one.default:,.0f} | {raised} | {one.needs / there:.0%} | ≤ 80 % |"


def rows() -> list[tuple[str, str, object]]:  # type: ignore[type-arg]
    """What the first table tells of a result."""

    def took(operation: str, share: float) -> object:
        return lambda result: f"{result.percentile(operation, share):.2f} s"

    def last(operation: str, end: float) -> object:
        return lambda result: f"{result.last_accepted.get(operation, 0) - end:+.1f} s"

    return [
        ("submissions on time refused", "0", lambda r: f"{r.on_time_refused:,}"),
        ("last reservation accepted, from the end", "< 0", last("POST /uploads", CLOSES)),
        ("last submission accepted, from the end and its ten minutes", "< 0", last("POST /submission", CLOSES + 600)),
        ("people who gave up", "0", lambda r: f"{r.total(Fate.GAVE_UP):,}"),
        ("verdict after sending, median", "", took("verdict", 0.5)),
        ("verdict after sending, p99", "≤ 10 s", took("verdict", 0.99)),
        ("verdict on the page, p99", "", took("seen", 0.99)),
        ("sign-in, the first, p99", "", took("POST /session, first", 0.99)),
        ("submission, p99", "", took("POST /submission", 0.99)),
        ("reservation, p99", "", took("POST /uploads", 0.99)),
        ("submissions accepted a second, most in ten", "", lambda r: f"{r.at_most('POST /submission accepted'):.0f}"),
        ("workflows started by the reconciler", "0", lambda r: f"{r.postponed:,}"),
        (
            "of these, the last after",
            "",
            lambda r: f"{r.percentile('started_late', 1.0) / 60:.0f} min" if r.started_late else "",
        ),
        ("environments at work, all functions", "", lambda r: f"{sum(r.peak.values()):,}"),
        ("cold starts", "0", lambda r: f"{sum(r.cold.values()):,}"),
    ]  # type: ignore[list-item]


def charts(results: Sequence[tuple[Scenario, Result]]) -> list[Chart]:
    """The last hour, by scenario."""
    ticks = {
        "an hour before": 0.0,
        "ten minutes before": CLOSES - 600,
        "the end": CLOSES,
        "ten minutes after": CLOSES + 600,
    }

    def series(names: Sequence[str], result: Result) -> list[tuple[float, float]]:
        counters = [result.series.get(name, {}) for name in names]
        return [
            (at * SERIES, sum(counter.get(at, 0) for counter in counters) / SERIES) for at in range(int(END / SERIES))
        ]

    api = [name for name in operations() if name not in {"send", "validate"}]
    return [
        Chart("API calls a second, repeated ones included", {s.name: series(api, r) for s, r in results}, {}, ticks),
        Chart("calls a second that got nothing", {s.name: series(["throttled"], r) for s, r in results}, {}, ticks),
        Chart(
            "submissions accepted a second",
            {s.name: series(["POST /submission accepted"], r) for s, r in results},
            {"StartExecution by default": given.START.value.rate},
            ticks,
        ),
    ]


if __name__ == "__main__":
    main()
