"""What must be ready for an exam's crowd, what must be asked for in advance, and what it costs.

`make plan EXAM=exams/demo/exam.yaml CANDIDATES=1000000`: reads `expected` of the exam's document, prints the plan, and
draws the last day into .local/plan.svg. The same figures make `Capacity.warm` ready (songshen/domain/capacity.py).
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from bench import assumptions as given
from bench import prices
from bench.counted import memory
from bench.deadline_day import Needs, calls, needed, throttle
from bench.plots import Chart, page
from songshen.domain import capacity
from songshen.domain.exam import Exam, Expected
from songshen.domain.reading import read

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / ".local" / "plan.svg"
WARM_HOURS = 26
"""Made ready a day before the end, taken back two hours after it."""


def expected_in(document: Path) -> tuple[Expected, int]:
    """What the exam's document expects, and the number of its sites."""
    raw = yaml.safe_load(document.read_text(encoding="utf-8"))
    exam, _ = read(Exam, raw)
    return exam.expected, sum(len(area.sites) for area in exam.areas)


def curve(expected: Expected) -> list[tuple[float, float]]:
    """Calls of the API a second over the last day: hour by hour, then the last ten minutes. The busiest hour is the
    last; the others share the rest alike."""
    quiet = replace(expected, peak=(24 - expected.peak) / 23, last_minutes=0.0)
    busy = replace(expected, last_minutes=0.0)
    hours = [(float(hour), calls(capacity.rates(quiet))) for hour in (0, 23)]
    last = calls(capacity.rates(busy))
    rush = calls(capacity.rates(expected))
    return [*hours, (23.0, last), (24 - 1 / 6, last), (24 - 1 / 6, rush), (24.0, rush)]


def plan(expected: Expected, sites: int) -> Iterator[str]:
    """The plan, in Markdown."""
    rates, ready = capacity.rates(expected), capacity.warmth(expected)
    yield (
        f"{expected.candidates:,} candidates with {expected.images} images each; {expected.last_day:.0%} on the last "
        f"day, its busiest hour {expected.peak:g} times its average hour, {expected.last_minutes:.0%} of all in its "
        "last ten minutes.\n"
    )
    yield "| calls a second at the peak | |\n|---|--:|"
    for call, rate in rates.items():
        yield f"| {call} | {rate:,.1f} |"
    api = throttle()
    share = calls(rates) / api.rate
    yield f"| **of the API** | **{calls(rates):,.0f}**, {share:.0%} of its throttle, {api.rate:,.0f} |"
    yield "\n| function | environments ready | at work on average | of each, s |\n|---|--:|--:|--:|"
    busy: dict[str, float] = {}
    for call, rate in rates.items():
        use = capacity.USES[call]
        busy[use.function] = busy.get(use.function, 0.0) + rate * use.seconds
    for function, number in ready.environments.items():
        took = max(use.seconds for use in capacity.USES.values() if use.function == function)
        yield f"| {function} | {number:,} | {busy[function]:.1f} | {took:.2f} |"
    yield f"| **all** | **{sum(ready.environments.values()):,}** | | |"
    yield "\n| units a second | reads | writes | a new table has |\n|---|--:|--:|---|"
    reads, writes = given.NEW_TABLE.value
    for name, units in ready.units.items():
        yield f"| {name or 'table'} | {units.reads:,.0f} | {units.writes:,.0f} | {reads:,}, {writes:,} |"
    yield from _partitions(rates, sites)
    yield from _quotas(needed(expected))
    yield from _costs(ready)


def _partitions(rates: dict[str, float], sites: int) -> Iterator[str]:
    """Keys that many share: a partition of DynamoDB gives a thousand write units a second, whatever is made ready."""
    most = given.PARTITION.value[1]
    yield f"\n| writes a second to one key | | of {most:,} |\n|---|--:|--:|"
    submit = capacity.USES["submit"].units
    shared = {
        "`pending`, PENDING#0": rates["submit"] * submit["pending"].writes,
        f"`by-status`, one of {sites} sites": rates["submit"] * submit["by-status"].writes / sites,
    }
    for name, used in shared.items():
        yield f"| {name} | {used:,.0f} | {used / most:.0%} |"


def _quotas(wants: dict[str, Needs]) -> Iterator[str]:
    yield "\n| quota | needed | by default | to be raised to | from |\n|---|--:|--:|---|---|"
    for name, one in wants.items():
        verdict = "enough" if one.used <= 0.8 else f"**{one.wanted:,.0f}**"
        if one.used > 0.8 and not one.adjustable:
            verdict = "**cannot be raised**: activate accounts before the last day" if one.used > 1 else "fixed: tight"
        default = f"{one.default:,.0f} ({one.used:.0%})"
        yield f"| {name} | {one.needs:,.0f} | {default} | {verdict} | {one.source} |"
    start, elsewhere = wants["StartExecution"], given.START_ELSEWHERE
    default = f"{elsewhere.value.rate:,.0f} ({start.needs / elsewhere.value.rate:.0%})"
    yield f"| the same elsewhere | {start.needs:,.0f} | {default} | **{start.wanted:,.0f}** | {elsewhere.source} |"
    spending = given.SMS_SPENDING
    yield f"| SMS, dollars a month | | {spending.value:g} | what docs/cost.md says | {spending.source} |"


def _costs(ready: capacity.Warmth) -> Iterator[str]:
    yield "\n| made ready | dollars |\n|---|--:|"
    gigabytes = sum(number * memory(function) / 1024 for function, number in ready.environments.items())
    hourly = gigabytes * 3600 * prices.READY.dollars
    yield f"| functions, an hour | {hourly:,.2f} |"
    yield f"| functions, {WARM_HOURS} hours | {hourly * WARM_HOURS:,.0f} |"
    reads, writes = given.NEW_TABLE.value
    once = sum(
        (units.writes - writes) * prices.WARM_WRITE.dollars + (units.reads - reads) * prices.WARM_READ.dollars
        for units in ready.units.values()
    )
    yield f"| warm throughput, once; it cannot be lowered, and stays | {once:,.2f} |"


def command() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="What must be ready for an exam's crowd.")
    parser.add_argument("exam", type=Path, help="the exam's document")
    parser.add_argument("--candidates", type=int, default=0, help="instead of the document's")
    asked = parser.parse_args()
    expected, sites = expected_in(asked.exam)
    expected = replace(expected, candidates=asked.candidates or expected.candidates)
    if not expected.candidates:
        parser.error("the document expects nobody (expected.candidates): say CANDIDATES=…")
    print("\n".join(plan(expected, sites)))
    limits = {"throttle of the API": throttle().rate}
    ticks = {"24 h before": 0.0, "12 h": 12.0, "1 h": 23.0}
    PLOT.parent.mkdir(exist_ok=True)
    chart = Chart("API calls a second on the last day", {"expected": curve(expected)}, limits, ticks)
    PLOT.write_text(page([chart]), encoding="utf-8")
    print(f"\nDrawn: {PLOT.relative_to(ROOT)}")


if __name__ == "__main__":
    command()
