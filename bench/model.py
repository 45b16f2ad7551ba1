"""A discrete-event model of candidates at work: parameters in, histories and percentiles out.

`run(Parameters(…))` lets everybody of `crowds` go through their steps. A call goes through the API's throttle into a
function, which starts cold where no idle environment is left, takes what it needs from the quotas behind it (and tries
again as the AWS SDK does), works, waits for other services, and decides by the clock as the domain does. What a page
does by itself is here too: repeated calls with jitter, one poll for the verdicts, more seldom each time.

With `processors`, work queues for them instead of having a share of its own: the local stack, not AWS. What a call has
to do there are `parts`, by turns in several programs, of which each does one thing at a time. A seed makes everything
of a run; the same parameters give the same result.

Not in it: networks that fail, people who give up before they are refused, DynamoDB growing beyond its warm throughput
by itself (it does, within half an hour), environments of a function that end because they are idle. An environment
counts as at work while its call is on its way, too.
"""

import math
import random
from array import array
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import simpy

from songshen.domain.exam import GRACE

type Run[T] = Generator[simpy.Event, Any, T]

SERIES = 10.0
"""Seconds that one point of a series stands for."""


@dataclass(frozen=True)
class Duration:
    """Seconds, lognormal: the mean, and the standard deviation as a share of it; 0 is always the mean. 1 and
    `exponential` is exponential."""

    mean: float
    variation: float = 0.0
    exponential: bool = False

    def drawer(self, dice: random.Random) -> "Any":
        """A function that draws one."""
        if self.exponential and self.mean > 0:
            rate = 1 / self.mean
            return lambda: dice.expovariate(rate)
        if self.variation <= 0 or self.mean <= 0:
            return lambda: self.mean
        sigma = math.sqrt(math.log(1 + self.variation**2))
        middle = math.log(self.mean) - sigma**2 / 2
        return lambda: dice.lognormvariate(middle, sigma)


ZERO, ONE = Duration(0.0), Duration(1.0)


@dataclass(frozen=True)
class Seen:
    """One of these at random: what was measured, without a guess at its distribution."""

    values: Sequence[float]

    def drawer(self, dice: random.Random) -> "Any":
        """A function that draws one."""
        return lambda: dice.choice(self.values)


class Window(StrEnum):
    """What the end of the upload window means for an operation."""

    NONE = "none"
    CLOSES = "closes"
    """Refused from the end on, as reservations are."""
    GRACE = "grace"
    """Refused from ten minutes after the end on, as submissions and verdicts are."""


@dataclass(frozen=True)
class Quota:
    """A token bucket: this many per second, at most `burst` at once (by default those of one second)."""

    rate: float
    burst: float = 0.0


@dataclass(frozen=True)
class Function:
    """A Lambda function: environments that are ready before the first call, and what starting another takes."""

    ready: int = 0
    cold: Duration = ZERO


@dataclass(frozen=True)
class Retrying:
    """How a failed call is made again: so many times more, after `first` seconds, times `factor` each time, at most
    `longest`, give or take a quarter."""

    times: int = 0
    first: float = 0.5
    factor: float = 3.0
    longest: float = 15.0


@dataclass(frozen=True)
class Part:
    """A piece of work on a machine that all share: seconds of a processor, and which program does it; one that is named
    has one thing in hand at a time, "" any number."""

    seconds: float
    program: str = ""


@dataclass(frozen=True)
class Operation:
    """A kind of call: the function that serves it ("" for none: storage), what that does itself and what it waits for,
    and the units that it takes from quotas. Where a quota in `postponed` gives nothing, the call succeeds all the same
    and the reconciler does what is left.

    On a machine that all share, `parts` are done before the work, one after the other; all of it and the waiting takes
    `share` times as long. What is to be done `afterwards` goes on once the call is answered."""

    function: str = ""
    work: Duration = ZERO
    waits: Duration = ZERO
    takes: Mapping[str, float] = field(default_factory=dict)
    postponed: frozenset[str] = frozenset()
    window: Window = Window.NONE
    retrying: Retrying = Retrying()
    through_api: bool = True
    parts: Sequence[Part] = ()
    share: Duration | Seen = ONE
    afterwards: Sequence[Part] = ()


@dataclass(frozen=True)
class Step:
    """Something a person does: thinks, then calls. With `upload` the call reserves, and the image is sent, judged
    and looked for afterwards."""

    call: str
    thinks: Duration = ZERO
    upload: bool = False


@dataclass(frozen=True)
class Crowd:
    """People who do the same: so many, who begin at random in `[begins, ends)`. With `aims` these are the times of the
    last step, and they begin `ahead` seconds before."""

    name: str
    number: int
    begins: float
    ends: float
    steps: Sequence[Step]
    aims: bool = False
    ahead: float = 0.0


@dataclass(frozen=True)
class Parameters:
    """All that a run depends on. Times are seconds; `send`, `judge`, `poll` name the operations of an upload."""

    crowds: Sequence[Crowd]
    operations: Mapping[str, Operation]
    functions: Mapping[str, Function] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    closes: float = math.inf
    grace: float = GRACE.total_seconds()
    until: float = math.inf
    """The run ends here; by default when everybody has finished."""
    seed: int = 1
    network: Duration = ZERO
    """There and back."""
    api: str = "api"
    """The quota that every call through the API takes one of, if it is there."""
    concurrency: int = 1_000_000
    """Environments of all functions together."""
    scaling: Quota = Quota(math.inf)
    """New environments of one function."""
    processors: int = 0
    """That all share; 0: enough for everybody."""
    turn: float = 0.005
    """Seconds that a piece of work has a processor and its program at a time, as Python's threads do."""
    sdk_tries: int = 4
    event: Duration = ZERO
    """From the stored image to the call of `judge`."""
    event_retry: Duration = Duration(1.0, 0.5)
    """When a throttled event comes again."""
    send: str = "send"
    judge: str = "validate"
    poll: str = "GET /application"
    polls: Retrying = Retrying(times=10_000, first=0.8, factor=1.5, longest=10.0)
    reconciles: tuple[float, int] = (120.0, 200)
    """How often, and how many at most, the reconciler does of what was postponed."""
    keeps_history: bool = False


class Call(NamedTuple):
    """One call of one person: when it was made first, when it was decided, and how: `ok`, `closed` or `failed`."""

    person: int
    operation: str
    asked: float
    decided: float
    outcome: str


class Fate(StrEnum):
    """How a person's journey ended."""

    DONE = "done"
    LATE = "refused: too late"
    ON_TIME = "refused although asked in time"
    IN_FLIGHT = "reservation under way at the end"
    GAVE_UP = "gave up after all tries"
    UNFINISHED = "still at it"


@dataclass
class Result:
    """What happened. `seconds` has by operation how long each call took until its answer, repeated calls included."""

    seconds: dict[str, array[float]] = field(default_factory=dict)
    verdict: array[float] = field(default_factory=lambda: array("d"))
    """From the stored image to the verdict in the table."""
    seen: array[float] = field(default_factory=lambda: array("d"))
    """From the stored image to the verdict on the page."""
    fates: dict[str, Counter[Fate]] = field(default_factory=dict)
    """Crowd → fate → how many."""
    calls: Counter[str] = field(default_factory=Counter)
    """Operation → attempts, throttled ones included."""
    throttled: Counter[str] = field(default_factory=Counter)
    """Quota (or `concurrency`, `scaling`) → attempts that got nothing."""
    cold: Counter[str] = field(default_factory=Counter)
    """Function → cold starts."""
    peak: dict[str, int] = field(default_factory=dict)
    """Function → the most environments at work at once."""
    postponed: int = 0
    started_late: array[float] = field(default_factory=lambda: array("d"))
    """Of what was postponed: for how long."""
    on_time_refused: int = 0
    """Submissions that were asked for before the end, and refused."""
    last_accepted: dict[str, float] = field(default_factory=dict)
    """Operation with an end → when one was accepted last."""
    series: dict[str, Counter[int]] = field(default_factory=dict)
    """What → tenth second → how many."""
    history: list[Call] = field(default_factory=list)
    ended: float = 0.0

    def percentile(self, operation: str, share: float) -> float:
        """Seconds that this share of an operation's calls took at most; `verdict` and `seen` are operations too."""
        own = {"verdict": self.verdict, "seen": self.seen, "started_late": self.started_late}
        return percentile(own.get(operation) or self.seconds.get(operation, array("d")), share)

    def at_most(self, name: str) -> float:
        """The most per second of a series."""
        return max(self.series.get(name, {0: 0}).values(), default=0) / SERIES

    def total(self, fate: Fate) -> int:
        """How many of all crowds."""
        return sum(counts[fate] for counts in self.fates.values())


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all is at most; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def run(parameters: Parameters) -> Result:
    """Lets it happen."""
    return _World(parameters).run()


class _Tokens:
    """A quota at work."""

    def __init__(self, quota: Quota) -> None:
        self.rate, self.burst = quota.rate, quota.burst or quota.rate
        self.left, self.at = self.burst, 0.0

    def take(self, units: float, now: float) -> bool:
        if math.isinf(self.rate):
            return True
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        # What is larger than the bucket waits for a full one, and leaves a debt.
        if self.left < min(units, self.burst):
            return False
        self.left -= units
        return True


class _Environments:
    """A function at work."""

    def __init__(self, function: Function, scaling: Quota, dice: random.Random) -> None:
        self.idle, self.busy, self.peak = function.ready, 0, 0
        self.scaling = _Tokens(scaling)
        self.cold = function.cold.drawer(dice)


class _Work(NamedTuple):
    """An operation with what it draws from."""

    operation: Operation
    share: Any
    work: Any
    waits: Any
    takes: tuple[tuple[str, _Tokens, float, bool], ...]


class _Refused(Exception):
    """The window has closed."""

    def __init__(self, asked: float, window: Window) -> None:
        self.asked, self.window = asked, window


class _Failed(Exception):
    """All tries are used up."""


class _World:
    def __init__(self, parameters: Parameters) -> None:
        self.given = parameters
        self.env = simpy.Environment()
        self.dice = random.Random(parameters.seed)
        self.result = Result()
        self.quotas = {name: _Tokens(quota) for name, quota in parameters.quotas.items()}
        self.api = self.quotas.get(parameters.api)
        self.functions = {
            name: _Environments(function, parameters.scaling, self.dice)
            for name, function in parameters.functions.items()
        }
        self.environments = sum(one.idle for one in self.functions.values())
        self.operations = {name: self._prepared(one) for name, one in parameters.operations.items()}
        self.network = parameters.network.drawer(self.dice)
        self.event = parameters.event.drawer(self.dice)
        self.event_retry = parameters.event_retry.drawer(self.dice)
        self.thinks: dict[Duration, Any] = {}
        self.processors = simpy.Resource(self.env, parameters.processors) if parameters.processors else None
        parts = (part for one in parameters.operations.values() for part in (*one.parts, *one.afterwards))
        self.programs = {part.program: simpy.Resource(self.env, 1) for part in parts if part.program}
        self.postponed: list[float] = []
        self.people = 0
        self.left = sum(crowd.number for crowd in parameters.crowds)

    def _prepared(self, operation: Operation) -> _Work:
        takes = tuple(
            (name, self.quotas[name], units, name in operation.postponed)
            for name, units in operation.takes.items()
            if name in self.quotas
        )
        share, work, waits = (one.drawer(self.dice) for one in (operation.share, operation.work, operation.waits))
        return _Work(operation, share, work, waits, takes)

    def run(self) -> Result:
        for crowd in self.given.crowds:
            self.result.fates[crowd.name] = Counter()
            self.env.process(self._arrivals(crowd))
        self.env.process(self._reconciler())
        self.env.run(until=None if math.isinf(self.given.until) else self.given.until)
        for crowd in self.given.crowds:
            fates = self.result.fates[crowd.name]
            if missing := crowd.number - sum(fates.values()):
                fates[Fate.UNFINISHED] += missing
        self.result.peak = {name: one.peak for name, one in self.functions.items()}
        self.result.postponed += len(self.postponed)
        self.result.ended = self.env.now
        return self.result

    def _arrivals(self, crowd: Crowd) -> Run[None]:
        span = crowd.ends - crowd.begins
        times = sorted(crowd.begins + self.dice.random() * span for _ in range(crowd.number))
        for time in times:
            begin = max(0.0, time - crowd.ahead)
            if begin > self.env.now:
                yield self.env.timeout(begin - self.env.now)
            self.env.process(self._journey(crowd, time if crowd.aims else None))

    def _journey(self, crowd: Crowd, aim: float | None) -> Run[None]:
        self.people += 1
        person = self.people
        try:
            for n, step in enumerate(crowd.steps):
                pause = self._thinking(step.thinks)
                if aim is not None and n == len(crowd.steps) - 1:
                    pause = aim - self.env.now
                if pause > 0:
                    yield self.env.timeout(pause)
                yield from self._call(person, step.call)
                if step.upload:
                    yield from self._upload(person)
            fate = Fate.DONE
        except _Refused as refused:
            unfair = Fate.IN_FLIGHT if refused.window is Window.CLOSES else Fate.ON_TIME
            fate = unfair if refused.asked < self.given.closes else Fate.LATE
        except _Failed:
            fate = Fate.GAVE_UP
        self.result.fates[crowd.name][fate] += 1
        self.left -= 1

    def _thinking(self, thinks: Duration) -> float:
        if thinks is ZERO:
            return 0.0
        if thinks not in self.thinks:
            self.thinks[thinks] = thinks.drawer(self.dice)
        return float(self.thinks[thinks]())

    def _upload(self, person: int) -> Run[None]:
        """The image is sent; its verdict is on its way while the page looks for it, more seldom each time."""
        yield from self._call(person, self.given.send)
        stored = self.env.now
        verdict = self.env.process(self._judged(stored))
        polls = self.given.polls
        delay = polls.first
        for _ in range(polls.times):
            yield self.env.timeout(delay * (0.75 + self.dice.random() / 2))
            begun = self.env.now
            yield from self._call(person, self.given.poll)
            # Written before the poll was asked: the answer shows it.
            if verdict.processed and float(verdict.value or 0) <= begun:
                self.result.seen.append(self.env.now - stored)
                return
            delay = min(delay * polls.factor, polls.longest)

    def _judged(self, stored: float) -> Run[float]:
        """The event, which comes again while it is throttled, and what the function does with it."""
        yield self.env.timeout(self.event())
        while (yield from self._attempt(self.given.judge)) == "failed":
            yield self.env.timeout(self.event_retry())
        now = self.env.now
        self.result.verdict.append(now - stored)
        return now

    def _call(self, person: int, name: str) -> Run[None]:
        """One call, made again as its page does. Raises _Refused, _Failed."""
        asked = self.env.now
        operation = self.operations[name].operation
        retrying, tries = operation.retrying, 0
        while True:
            outcome = yield from self._attempt(name)
            if outcome != "failed" or tries >= retrying.times:
                break
            pause = min(retrying.first * retrying.factor**tries, retrying.longest)
            tries += 1
            yield self.env.timeout(pause * (0.75 + self.dice.random() / 2))
        now = self.env.now
        self.result.seconds.setdefault(name, array("d")).append(now - asked)
        if self.given.keeps_history:
            self.result.history.append(Call(person, name, asked, now, outcome))
        if operation.window is not Window.NONE and outcome == "closed" and asked < self.given.closes:
            self.result.on_time_refused += operation.window is Window.GRACE
        if outcome == "closed":
            raise _Refused(asked, operation.window)
        if outcome == "failed":
            raise _Failed

    def _attempt(self, name: str) -> Run[str]:
        """One request until its answer: `ok`, `closed` or `failed`."""
        env, result = self.env, self.result
        operation, share, work, waits, takes = self.operations[name]
        result.calls[name] += 1
        self._note(name)
        there = self.network() if operation.through_api else 0.0
        if operation.through_api and self.api and not self.api.take(1, env.now):
            result.throttled[self.given.api] += 1
            self._note("throttled")
            yield env.timeout(there)
            return "failed"
        took = there
        function = self.functions.get(operation.function)
        if function is not None:
            cold = self._begin(operation.function, function)
            if cold is None:
                yield env.timeout(there)
                return "failed"
            took += cold
        try:
            for quota, tokens, units, may_wait in takes:
                if tokens.take(units, env.now):
                    continue
                tries = 1
                while tries < self.given.sdk_tries:
                    result.throttled[quota] += 1
                    self._note("throttled")
                    yield env.timeout(self.dice.random() * min(2.0 ** (tries - 1), 20.0))
                    if tokens.take(units, env.now):
                        break
                    tries += 1
                else:
                    result.throttled[quota] += 1
                    if not may_wait:
                        yield env.timeout(took)
                        return "failed"
                    self.postponed.append(env.now)
            if self.processors is None:
                yield env.timeout(took + work() + waits())
            else:
                if took:
                    yield env.timeout(took)
                times = share()
                yield from self._shared((*operation.parts, Part(work())), times)
                if operation.waits.mean:
                    yield env.timeout(waits() * times)
                if operation.afterwards:
                    env.process(self._shared(operation.afterwards, 1.0))
        finally:
            if function is not None:
                function.busy -= 1
                function.idle += 1
        return self._decided(operation, name)

    def _shared(self, parts: Sequence[Part], times: float) -> Run[None]:
        """Work by turns: whoever has had one waits behind those who came meanwhile."""
        assert self.processors is not None
        for part in parts:
            left, program = part.seconds * times, self.programs.get(part.program)
            while left > 0:
                turn = min(left, self.given.turn)
                mine = program.request() if program else None
                if mine:
                    yield mine
                with self.processors.request() as processor:
                    yield processor
                    yield self.env.timeout(turn)
                if program and mine:
                    program.release(mine)
                left -= turn

    def _decided(self, operation: Operation, name: str) -> str:
        """By the clock just before the write, as `domain.application` decides."""
        now, closes = self.env.now, self.given.closes
        if operation.window is Window.NONE:
            return "ok"
        end = closes if operation.window is Window.CLOSES else closes + self.given.grace
        if now >= end:
            return "closed"
        self.result.last_accepted[name] = now
        self._note(f"{name} accepted")
        return "ok"

    def _begin(self, name: str, function: _Environments) -> float | None:
        """Takes an environment: seconds until it is ready, None if there is none to be had."""
        cold = 0.0
        if function.idle:
            function.idle -= 1
        else:
            if self.environments >= self.given.concurrency and not self._taken_from_others(function):
                self.result.throttled["concurrency"] += 1
                self._note("throttled")
                return None
            if not function.scaling.take(1, self.env.now):
                self.result.throttled["scaling"] += 1
                self._note("throttled")
                return None
            self.environments += 1
            self.result.cold[name] += 1
            cold = function.cold()
        function.busy += 1
        function.peak = max(function.peak, function.busy)
        return cold

    def _taken_from_others(self, function: _Environments) -> bool:
        """Idle environments that nobody has paid for count for nothing: another function may have their place."""
        for other in self.functions.values():
            if other is not function and other.idle:
                other.idle -= 1
                self.environments -= 1
                return True
        return False

    def _reconciler(self) -> Run[None]:
        """Does some of what was postponed, as long as there is anybody or anything left."""
        every, most = self.given.reconciles
        while self.left or self.postponed:
            yield self.env.timeout(every)
            now = self.env.now
            for since in self.postponed[:most]:
                self.result.started_late.append(now - since)
            self.result.postponed += len(self.postponed[:most])
            del self.postponed[:most]

    def _note(self, name: str) -> None:
        self.result.series.setdefault(name, Counter())[int(self.env.now / SERIES)] += 1
