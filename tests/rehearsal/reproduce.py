"""Whether the model of the deadline's day tells what the local stack does: `python -m tests.rehearsal.reproduce`.

Candidates go through the model's own journey without faults: first one alone, then several at once. From the one alone
come the service times: of an answer's time as much is work as the processors were busy over the whole journey, the rest
is waiting. The model, fed with these, says what several at once will find; that is compared with what they found.
"""

import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench.model import Crowd, Duration, Operation, Parameters, Quota, Result, Retrying, Step, percentile, run
from tests.rehearsal.people import CATEGORIES, Candidate, Gone, History, side_by_side
from tests.support.stack import PASSWORD, Campaign, Stack, category

POLLS = Retrying(times=200, first=0.3, factor=1.5, longest=3.0)
IMAGES = [name for name, slots in CATEGORIES.items() for _ in slots]
KINDS = ("sign_in", "view", "reserve", "send", "submit")
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """What candidates at work at the same time have found. Seconds."""

    journeys: int
    took: float
    busy: float
    """Processor seconds of the stack and of the people."""
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Operation → how long each answer took."""
    verdicts: list[float] = field(default_factory=list)
    """From the stored image to its verdict."""

    @property
    def per_second(self) -> float:
        return sum(len(values) for values in self.seconds.values()) / self.took


class Walker(Candidate):
    """A candidate as the model knows them: image by image, each looked for until its verdict is there."""

    def journey(self) -> None:
        self.sign_in(PASSWORD)
        self.view()
        for name in IMAGES:
            self.upload(name)
            self.settle()
        self.submit()

    def settle(self) -> dict[str, Any]:
        pause = POLLS.first
        for _ in range(POLLS.times):
            time.sleep(pause * (0.75 + self.dice.random() / 2))
            view = self.view()
            if "reserved" not in {slot["state"] for category in view["categories"] for slot in category["slots"]}:
                return view
            pause = min(pause * POLLS.factor, POLLS.longest)
        raise Gone("no verdict")


def processor_seconds(stack: Stack) -> float:
    """What the emulator, its functions and this process have used so far."""
    port = stack.endpoint.rpartition(":")[2]
    total = time.process_time()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            if f"localhost:{port}".encode() not in environment or process.name == str(os.getpid()):
                continue
            numbers = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(numbers[11]) + int(numbers[12])) / TICK
    return total


def walk(stack: Stack, people: int, journeys: int) -> Measured:
    """So many people, each going through so many journeys one after the other."""
    categories = tuple(category(name, len(slots)) for name, slots in CATEGORIES.items())
    campaign = Campaign(stack, categories=categories, uploads_per_day=1000)
    entries = [[campaign.register() for _ in range(journeys)] for _ in range(people)]
    history = History()

    def person(number: int) -> None:
        dice = random.Random(number)
        with httpx.Client(timeout=60) as http:
            for entry in entries[number]:
                walker = Walker(stack.api, http, history, entry.username, dice, lossy=False)
                walker.application = f"{entry.exam}_{entry.registration_no}"
                walker.journey()

    begun, busy = time.time(), processor_seconds(stack)
    for thread in side_by_side([partial(person, number) for number in range(people)]):
        thread.join()
    found = Measured(people * journeys, time.time() - begun, processor_seconds(stack) - busy)
    found.verdicts = verdicts(stack, campaign.exam.id)
    for operation in history.operations:
        found.seconds[operation.kind].append(operation.answered - operation.sent)
    return found


def verdicts(stack: Stack, exam: str) -> list[float]:
    """From the stored image to its verdict, as `validate_image` logs it."""
    client = stack.client("logs")
    found = []
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            if "ValidateImage" not in group["logGroupName"]:
                continue
            for events in client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                lines = [json.loads(e["message"]) for e in events["events"] if e["message"].startswith("{")]
                own = [line for line in lines if line.get("application", "").startswith(f"{exam}_")]
                found += [line["age_ms"] / 1000 for line in own if "age_ms" in line]
    return found


def predicted(alone: Measured, people: int, journeys: int) -> Result:
    """What the model says of so many people, from what one alone has found."""
    services = {**alone.seconds, "validate": alone.verdicts}
    share = alone.busy / sum(sum(values) for values in services.values())

    def operation(seconds: Sequence[float]) -> Operation:
        mean = statistics.fmean(seconds)
        work = Duration(mean * share, statistics.pstdev(seconds) / mean)
        return Operation(work=work, waits=Duration(mean * max(0.0, 1 - share)))

    journey = [Step("sign_in"), Step("view"), *(Step("reserve", upload=True) for _ in IMAGES), Step("submit")]
    return run(
        Parameters(
            crowds=[Crowd("people", people, 0.0, 0.5, journey * journeys)],
            operations={kind: operation(seconds) for kind, seconds in services.items()},
            processors=os.cpu_count() or 2,
            scaling=Quota(float("inf")),
            poll="view",
            polls=POLLS,
            keeps_history=True,
        )
    )


def compared(found: Measured, told: Result) -> tuple[str, float]:
    """Both beside each other as Markdown, and the largest difference of throughput and latencies over all."""
    ours = sorted(value for values in found.seconds.values() for value in values)
    theirs = sorted(value for values in told.seconds.values() for value in values)
    ended = max(call.decided for call in told.history)
    rows = [("operations per second", found.per_second, len(theirs) / ended)]
    for share in (0.5, 0.9, 0.99):
        name = f"p{100 * share:.0f} of all answers, ms"
        rows += [(name, 1000 * percentile(ours, share), 1000 * percentile(theirs, share))]
    rows += [("mean of all answers, ms", 1000 * statistics.fmean(ours), 1000 * statistics.fmean(theirs))]
    worst = max(abs(model / real - 1) for _, real, model in rows)
    for kind in KINDS:
        means = statistics.fmean(found.seconds[kind]), statistics.fmean(told.seconds[kind])
        rows += [(f"mean of {kind}, ms", 1000 * means[0], 1000 * means[1])]
    means = statistics.fmean(found.verdicts), statistics.fmean(told.verdict)
    rows += [("mean until the verdict, ms", 1000 * means[0], 1000 * means[1])]
    lines = ["| | stack | model | difference |", "|---|--:|--:|--:|"]
    lines += [f"| {name} | {ours:.1f} | {said:.1f} | {100 * (said / ours - 1):+.0f} % |" for name, ours, said in rows]
    return "\n".join(lines), worst


def main() -> int:
    """Measures, asks the model, compares."""
    stack = Stack.from_environment()
    people, journeys = 4, 6
    walk(stack, people, 1)  # every environment is started
    alone = walk(stack, 1, journeys)
    found = walk(stack, people, journeys)
    table, worst = compared(found, predicted(alone, people, journeys))
    print(f"One alone: {alone.per_second:.1f} operations a second, {alone.busy / alone.took:.2f} processors busy.")
    print(f"{people} at once: {found.busy / found.took:.2f} of {os.cpu_count()} processors busy.")
    print(f"\n{table}\n\nLargest difference over all: {100 * worst:.0f} %.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
