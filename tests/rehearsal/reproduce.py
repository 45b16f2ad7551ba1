"""Whether the model of the deadline's day tells what the local stack does: `python -m tests.rehearsal.reproduce`.

The rehearsal's candidates go through the model's own journey, without faults: first one alone, then several at once.
From the one alone come the service times. They are processor seconds, call by call and told apart by program (the
emulator, the functions, the people); what is left of an answer's time is waiting. On one machine the emulator is one
process through which every request and every AWS call goes, so calls queue for it, and everybody queues for the
processors. The model, fed with this, says what several at once will find; that is compared with what they found.
"""

import argparse
import hashlib
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench.counted import journeys
from bench.model import (
    Crowd,
    Duration,
    Operation,
    Parameters,
    Part,
    Quota,
    Result,
    Retrying,
    Seen,
    Step,
    percentile,
    run,
)
from tests.rehearsal.people import CATEGORIES, Gone, History, Person, side_by_side
from tests.support.stack import PASSWORD, Campaign, Stack, category, image

POLLS = Retrying(times=200, first=0.3, factor=1.5, longest=3.0)
IMAGES = [name for name, slots in CATEGORIES.items() for _ in slots]
# The walk's words for its calls, and the stages that are counted of them (bench/counted.json).
STAGES = {
    "sign_in": "POST /session",
    "view": "GET /application",
    "reserve": "POST /uploads",
    "send": "POST to the inbox",
    "submit": "POST /submission",
    "validate": "verdict",
}
KINDS = [kind for kind in STAGES if kind != "validate"]
EMULATOR, FUNCTIONS, PEOPLE = "emulator", "functions", "people"
SETTLED = 0.5
"""Seconds after which nothing goes on any more that one candidate alone has caused."""
TICK = os.sysconf("SC_CLK_TCK")
GOAL = 0.2

type Spent = tuple[float, float, float, float, float]
"""Processor seconds of the emulator, of the system for it, of the functions, of the people, of the system for them.

A process of Python computes one thing at a time; what the system does for it, it does beside that.
"""


class Meter:
    """What each program of this stack has used of the processors so far. Environments that start later are not seen."""

    def __init__(self, stack: Stack) -> None:
        own = f"localhost:{stack.endpoint.rpartition(':')[2]}".encode()
        self._stats: dict[bool, list[Path]] = {True: [], False: []}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            except OSError:
                continue
            function = b"ministack-lambda-" in command
            if own in environment and (function or b"ministack" in command):
                self._stats[function].append(process / "stat")
        self._used: dict[Path, tuple[float, float]] = {}

    def first(self) -> None:
        """Has all of it go before every other program of the machine. PermissionError without the right to."""
        mine = [Path(f"/proc/{os.getpid()}/stat")]
        for stat in (*self._stats[False], *self._stats[True], *mine):
            for thread in (stat.parent / "task").iterdir():  # what they start later inherits it
                os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(1))

    def read(self) -> Spent:
        own, systems = zip(*map(self._of, self._stats[False]), strict=True)
        functions = sum(sum(self._of(stat)) for stat in self._stats[True])
        people = os.times()
        return sum(own), sum(systems), functions, people.user, people.system

    def _of(self, stat: Path) -> tuple[float, float]:
        try:
            numbers = stat.read_text().rpartition(")")[2].split()
        except OSError:  # an environment that has ended keeps what it has used
            return self._used.get(stat, (0.0, 0.0))
        self._used[stat] = int(numbers[11]) / TICK, int(numbers[12]) / TICK
        return self._used[stat]


def machine() -> float:
    """Processor seconds that all programs of this machine have used so far."""
    user, nice, system, _idle, _waiting, *rest = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    return (user + nice + system + sum(rest)) / TICK


def _between(before: Spent, after: Spent) -> Spent:
    a, b, c, d, e = (later - earlier for earlier, later in zip(before, after, strict=True))
    return a, b, c, d, e


@dataclass
class Measured:
    """What candidates at work at the same time have found. Seconds."""

    took: float
    busy: float
    """Processor seconds of everything together."""
    others: float
    """Processor seconds of all other programs meanwhile: what the model knows nothing of."""
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Call → how long each answer took."""
    verdicts: list[float] = field(default_factory=list)
    """From the stored image to its verdict."""
    during: dict[str, list[Spent]] = field(default_factory=lambda: defaultdict(list))
    """Call → what was spent until its answer, if somebody alone has made it."""
    afterwards: dict[str, list[Spent]] = field(default_factory=lambda: defaultdict(list))
    """Call → what was spent from then until the next call."""

    @property
    def all(self) -> list[float]:
        return [value for values in self.seconds.values() for value in values]


@dataclass
class Walker(Person):
    """A candidate as the model knows them: image by image, each looked for until its verdict is there."""

    meter: Meter | None = None
    spent: list[tuple[str, Spent, Spent]] = field(default_factory=list)
    """Call → the meter before it and after it."""

    def journey(self) -> None:
        self.sign_in(PASSWORD)
        self.view()
        for name in IMAGES:
            self.upload(name)
            self.settle()
        self._tell("submit", "POST", "/submission", {"round": 1})
        if self.meter:
            time.sleep(SETTLED)
            self.spent.append(("", self.meter.read(), self.meter.read()))

    def view(self) -> dict[str, Any]:
        return self._tell("view", "GET", "/application")

    def upload(self, name: str) -> None:
        data = image()
        announced = {
            "category": name,
            "content_type": "image/jpeg",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        ticket = self._tell("reserve", "POST", "/uploads", announced)
        files = {"file": ("image", data)}
        self._until_told("send", lambda: self.http.post(ticket["url"], data=ticket["fields"], files=files), {})

    def settle(self) -> None:
        pause = POLLS.first
        for _ in range(POLLS.times):
            time.sleep(pause * (0.75 + self.dice.random() / 2))
            slots = [slot["state"] for category in self.view()["categories"] for slot in category["slots"]]
            if "reserved" not in slots:
                return
            pause = min(pause * POLLS.factor, POLLS.longest)
        raise Gone("no verdict")

    def _tell(self, kind: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        told, answer = self.call(kind, method, path, body)
        if not told.succeeded:
            raise Gone(told.code)
        return dict(answer)

    def _once(self, kind: str, send: Callable[[], httpx.Response], about: dict[str, Any]) -> tuple[Any, Any]:
        before = self.meter.read() if self.meter else None
        made = super()._once(kind, send, about)
        if self.meter and before:
            self.spent.append((kind, before, self.meter.read()))
        return made


def walk(stack: Stack, people: int, journeys: int) -> Measured:
    """So many people, each going through so many journeys one after the other."""
    categories = tuple(category(name, len(slots)) for name, slots in CATEGORIES.items())
    campaign = Campaign(stack, categories=categories, uploads_per_day=1000)
    entries = [[campaign.register() for _ in range(journeys)] for _ in range(people)]
    history, meter = History(), Meter(stack)
    walkers: list[Walker] = []

    def person(number: int) -> None:
        dice = random.Random(number)
        with httpx.Client(timeout=60) as http:
            for entry in entries[number]:
                alone = meter if people == 1 else None
                walker = Walker(stack.api, http, history, entry.username, dice, lossy=False, meter=alone)
                walkers.append(walker)
                walker.journey()

    begun, before, all_before = time.time(), meter.read(), machine()
    for thread in side_by_side([partial(person, number) for number in range(people)]):
        thread.join()
    took, busy = time.time() - begun, sum(_between(before, meter.read()))
    found = Measured(took, busy, machine() - all_before - busy)
    found.verdicts = verdicts(stack, campaign.exam.id)
    for operation in history.operations:
        found.seconds[operation.kind].append(operation.answered - operation.sent)
    for walker in walkers:
        for (kind, first, second), (_, third, _) in zip(walker.spent, walker.spent[1:], strict=False):
            found.during[kind].append(_between(first, second))
            found.afterwards[kind].append(_between(second, third))
    assert len(found.seconds["submit"]) == people * journeys, "somebody has not come to the end"
    assert all(one.succeeded for one in history.operations), "something has failed"
    return found


def verdicts(stack: Stack, exam: str) -> list[float]:
    """From the stored image to its verdict, as `validate_image` logs it."""
    own = (line for line in stack.lines("ValidateImage") if line.get("application", "").startswith(f"{exam}_"))
    return [line["age_ms"] / 1000 for line in own if "age_ms" in line]


def operations(alone: Measured) -> dict[str, Operation]:
    """What each call takes, of one candidate alone."""
    made = {}
    for kind in KINDS:
        # What goes on after an image was sent is its verdict.
        afterwards = () if kind == "send" else _parts(kind, alone.afterwards[kind], 0)
        made[kind] = _operation(alone.seconds[kind], _parts(kind, alone.during[kind], _calls(kind)), afterwards)
    # Of the emulator's and the function's doing alone.
    spent = [(emulator, system, functions, 0.0, 0.0) for emulator, system, functions, _, _ in alone.afterwards["send"]]
    made["validate"] = _operation(alone.verdicts, _parts("validate", spent, _calls("validate")), ())
    return made


def _calls(kind: str) -> int:
    """AWS calls of one of these, as they were counted."""
    (stage,) = (one for one in journeys().returned.stages if one.name == STAGES[kind])
    return round(sum(stage.calls.values()) / stage.times)


def _parts(kind: str, spent: Sequence[Spent], calls: int) -> list[Part]:
    """The people ask, the emulator takes it to a function, which calls the emulator so many times; the emulator hands
    the answer back to the people."""
    emulator, system, functions, people, theirs = (statistics.fmean(values) for values in zip(*spent, strict=True))
    if kind == "send":  # storage is the emulator itself
        calls = 0
    at_emulator = [Part(emulator / (calls + 2), EMULATOR), Part(system / (calls + 2))]
    at_page = [Part(people / 2, PEOPLE), Part(theirs / 2)]
    in_function = [Part(functions / (calls + 1)), *at_emulator]
    return [part for part in (*at_page, *at_emulator, *in_function * (calls + 1), *at_page) if part.seconds > 0]


def _operation(seconds: Sequence[float], parts: Sequence[Part], afterwards: Sequence[Part]) -> Operation:
    mean, work = statistics.fmean(seconds), sum(part.seconds for part in parts)
    # More than fits into the answer's time has gone on beside it, and after it.
    before = min(1.0, mean / work)
    beside = [Part(part.seconds * (1 - before), part.program) for part in parts] if before < 1 else []
    return Operation(
        parts=[Part(part.seconds * before, part.program) for part in parts],
        share=Seen([one / mean for one in seconds]),
        waits=Duration(max(0.0, mean - work)),
        afterwards=[*beside, *afterwards],
    )


def predicted(alone: Measured, people: int, journeys: int) -> Result:
    """What the model says of so many people, from what one alone has found."""
    journey = [Step("sign_in"), Step("view"), *(Step("reserve", upload=True) for _ in IMAGES), Step("submit")]
    return run(
        Parameters(
            crowds=[Crowd("people", people, 0.0, 0.5, journey * journeys)],
            operations=operations(alone),
            processors=os.cpu_count() or 2,
            scaling=Quota(float("inf")),
            poll="view",
            polls=POLLS,
            keeps_history=True,
        )
    )


def compared(found: Measured, told: Result) -> tuple[str, float]:
    """Both beside each other as Markdown, and the largest difference of what the goal is about."""
    theirs = [value for values in told.seconds.values() for value in values]
    ended = max(call.decided for call in told.history)
    rows = [("calls a second", len(found.all) / found.took, len(theirs) / ended)]
    rows += _spread("all answers", found.all, theirs)
    rows += _spread("the verdicts", found.verdicts, told.verdict)
    worst = max(abs(said / real - 1) for _, real, said in rows)
    for kind in KINDS:
        means = statistics.fmean(found.seconds[kind]), statistics.fmean(told.seconds[kind])
        rows.append((f"mean of {kind}, ms", 1000 * means[0], 1000 * means[1]))
    lines = ["| | stack | model | difference |", "|---|--:|--:|--:|"]
    lines += [f"| {name} | {real:.1f} | {said:.1f} | {100 * (said / real - 1):+.0f} % |" for name, real, said in rows]
    return "\n".join(lines), worst


def _spread(name: str, ours: Iterable[float], theirs: Iterable[float]) -> list[tuple[str, float, float]]:
    both = sorted(ours), sorted(theirs)
    rows = [(f"mean of {name}, ms", 1000 * statistics.fmean(both[0]), 1000 * statistics.fmean(both[1]))]
    for share, word in ((0.5, "median"), (0.9, "p90"), (0.99, "p99")):
        rows.append((f"{word} of {name}, ms", 1000 * percentile(both[0], share), 1000 * percentile(both[1], share)))
    return rows


def fed(alone: Measured) -> str:
    """What the model is fed with, as Markdown."""
    lines = [
        "| one alone, ms | answer | emulator | its system | functions | people | their system | afterwards |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in KINDS:
        spent = [statistics.fmean(values) for values in zip(*alone.during[kind], strict=True)]
        later = statistics.fmean(sum(values) for values in alone.afterwards[kind])
        numbers = (statistics.fmean(alone.seconds[kind]), *spent, later)
        lines.append(f"| {kind} | " + " | ".join(f"{1000 * number:.1f}" for number in numbers) + " |")
    spent = [statistics.fmean(values) for values in zip(*alone.afterwards["send"], strict=True)]
    numbers = (statistics.fmean(alone.verdicts), *spent[:3])
    lines.append("| verdict | " + " | ".join(f"{1000 * number:.1f}" for number in numbers) + " | | | |")
    return "\n".join(lines)


def main() -> int:
    """Measures, asks the model, compares; 1 if it is farther off than the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--journeys", type=int, default=20)
    parser.add_argument(
        "--first", action="store_true", help="before all other programs of a busy machine (Linux, root)"
    )
    given = parser.parse_args()
    stack = Stack.from_environment()
    if given.first:
        Meter(stack).first()
    walk(stack, 3 * given.people, 1)  # starts more environments than are needed later
    alone = walk(stack, 1, given.journeys)
    found = walk(stack, given.people, given.journeys)
    table, worst = compared(found, predicted(alone, given.people, 10 * given.journeys))
    print(f"{fed(alone)}\n")
    for name, one in (("One alone", alone), (f"{given.people} at once", found)):
        print(
            f"{name}: {one.busy / one.took:.2f} of {os.cpu_count()} processors busy, other programs "
            f"{max(0.0, one.others) / one.took:.2f}."
        )
    print(f"\n{table}\n\nLargest difference but for single calls: {100 * worst:.0f} %.")
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
