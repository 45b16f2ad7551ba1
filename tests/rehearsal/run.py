"""A rehearsal: the exam's last minutes, everybody at once, and what lies in the stores afterwards.

Two exams, so that both ends come within minutes. In the first the upload window closes in the middle of everything:
reservations from then on are refused. The second's submissions end ten minutes after its window, which is moved into
the past once its candidates have all their images: they submit around that second.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from songshen.domain.exam import GRACE, Window
from tests.rehearsal.check import Ends, Entry, Final, Held, Operation, Violation, check
from tests.rehearsal.people import CATEGORIES, Candidate, Desk, Gone, History, Reviewer, side_by_side
from tests.support.stack import DAY, JINAN, STAFF_PASSWORD, Campaign, Stack, category

ROOT = Path(__file__).resolve().parents[2]
VERBS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
CACHED = 15.0
"""Seconds after which functions know an exam's changed configuration."""


@dataclass(frozen=True)
class Plan:
    """How large and how long: `seconds` from the first arrival to the last; `waiting` candidates of the second exam."""

    seconds: float = 420.0
    candidates: int = 8
    """Candidates at work at the same time."""
    reviewers: int = 3
    waiting: int = 60
    seed: int = 1
    faults: bool = True


@dataclass
class Result:
    """What came of it."""

    plan: Plan
    history: list[Operation]
    finals: list[Final]
    ends: dict[str, Ends]
    seconds: float
    faults: dict[str, int] = field(default_factory=dict)
    """Function, service, operation and fault → how many."""
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def violations(self) -> list[Violation]:
        return check(self.history, self.finals, self.ends)


class Faulty:
    """The stack's functions, with a proxy that fails before their AWS services."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self._stack = stack
        self._seed = seed
        self.counted: dict[str, dict[str, int]] = {"calls": {}, "faults": {}}

    def __enter__(self) -> "Faulty":
        port = self._stack.endpoint.rpartition(":")[2]
        command = [sys.executable, "-m", "tests.rehearsal.faults", port, str(self._seed), *VERBS]
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'core'}"}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        ports = json.loads(self._process.stdout.readline())
        for verb in VERBS:
            self._point(verb, {"AWS_ENDPOINT_URL": f"http://localhost:{ports[verb]}"})
        return self

    def switch(self) -> None:
        """Begins to fail; the next time, stops."""
        self._process.send_signal(signal.SIGUSR1)

    def __exit__(self, *_: object) -> None:
        for verb in VERBS:
            self._point(verb, {})
        self._process.send_signal(signal.SIGTERM)
        written, _error = self._process.communicate(timeout=30)
        self.counted = json.loads(written)

    def _point(self, verb: str, more: dict[str, str]) -> None:
        """Gives a function its own variables and these; where callers use an alias, that follows."""
        client, name = self._stack.client("lambda"), self._stack.function(verb)
        variables = {key: value for key, value in self._stack.variables(verb).items() if key != "AWS_ENDPOINT_URL"}
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables | more})
        for alias in client.list_aliases(FunctionName=name)["Aliases"]:
            version = client.publish_version(FunctionName=name)["Version"]
            client.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=version)


def rehearse(stack: Stack, plan: Plan, say: Callable[[str], None] = lambda text: None) -> Result:
    """Runs it, waits until everything has settled, and reads the stores."""
    return _Rehearsal(stack, plan, say).run()


class _Rehearsal:
    def __init__(self, stack: Stack, plan: Plan, say: Callable[[str], None]) -> None:
        self.stack, self.plan, self.say = stack, plan, say
        self.dice = random.Random(plan.seed)
        self.history = History()
        self.desk = Desk()
        self.people: dict[str, Candidate] = {}
        categories = tuple(category(name, len(slots)) for name, slots in CATEGORIES.items())
        self.first = Campaign(stack, categories=categories, uploads_per_day=1000)
        self.second = Campaign(stack, categories=categories, uploads_per_day=1000)
        self.stopped = False
        self.closes = float("inf")
        self.failures: list[str] = []

    def run(self) -> Result:
        plan = self.plan
        reviewers = [self._reviewer(campaign) for campaign in (self.first, self.second) for _ in range(plan.reviewers)]
        faulty = Faulty(self.stack, plan.seed)
        with faulty if plan.faults else contextlib.nullcontext():
            reviewing = side_by_side([self._reviews(one) for one in reviewers])
            self._warm_up()
            begun = time.time()
            closes = begun + 0.7 * plan.seconds
            submit_end = begun + 0.85 * plan.seconds
            self._close(self.first, closes)
            self.closes = closes
            for n in range(plan.waiting):
                due = submit_end + (n / plan.waiting - 0.5) * 0.2 * plan.seconds
                self.desk.put(begun, self._prepare_second(due))
            if plan.faults:
                faulty.switch()
            threads = [*side_by_side([self._candidates] * plan.candidates), *reviewing]
            self._sleep_until(begun + 0.4 * plan.seconds)
            moved = time.time()
            self._close(self.second, submit_end - GRACE.total_seconds())
            self.say(
                f"{len(self.history.operations)} operations; the first window closes in {closes - time.time():.0f} s"
            )
            self._sleep_until(begun + plan.seconds)
            self.stopped = True
            for thread in threads:
                thread.join(timeout=60)
            took = time.time() - begun
            self.say(f"{len(self.history.operations)} operations in {took:.0f} s; settling")
            if plan.faults:
                faulty.switch()
            self._settle()
            finals = [self._final(one) for one in self.people.values()]
        assert not self.failures, self.failures[:3]
        first = Ends(closes, closes + GRACE.total_seconds())
        second = Ends(moved, submit_end, doubt=CACHED)
        ends = {name: first if name.startswith(f"{self.first.exam.id}_") else second for name in self.people}
        return Result(
            plan, self.history.operations, finals, ends, took, faulty.counted["faults"], faulty.counted["calls"]
        )

    # what everybody does

    def _warm_up(self) -> None:
        """As many journeys at once as there will be: on the emulator each of a function's environments is a process,
        and starting one takes longer than anything that is looked at here."""

        def one() -> None:
            with httpx.Client(timeout=60) as http:
                self._newcomer(http)

        for thread in side_by_side([one] * self.plan.candidates):
            thread.join(timeout=180)

    def _candidates(self) -> None:
        with httpx.Client(timeout=30) as http:
            while not self.stopped:
                work = self.desk.next() or (self._newcomer if time.time() < self.closes else self._latecomer)
                try:
                    work(http)
                except Gone:
                    continue
                except Exception as error:
                    self.failures.append(repr(error))

    def _reviews(self, reviewer: Reviewer) -> Callable[[], None]:
        def work() -> None:
            while not self.stopped:
                try:
                    if not reviewer.work():
                        time.sleep(0.5)
                except Gone:
                    continue
                except Exception as error:
                    self.failures.append(repr(error))
                time.sleep(0.2)

        return work

    def _newcomer(self, http: httpx.Client) -> None:
        candidate = self._candidate(self.first, http)
        candidate.prepare()
        candidate.submit()

    def _latecomer(self, http: httpx.Client) -> None:
        """Comes after the end, and not so often that it is all there is."""
        time.sleep(self.dice.random())
        self._newcomer(http)

    def _prepare_second(self, due: float) -> Callable[[httpx.Client], None]:
        def work(http: httpx.Client) -> None:
            candidate = self._candidate(self.second, http)
            candidate.prepare()

            def submit(http: httpx.Client) -> None:
                candidate.http = http
                candidate.submit()

            self.desk.put(due, submit)

        return work

    def _returned(self, application: str, slot: str) -> None:
        candidate = self.people[application]

        def work(http: httpx.Client) -> None:
            candidate.http = http
            candidate.put_right(slot)

        if candidate.round == 1:
            # Some read the text message first, some are faster than that.
            self.desk.put(time.time() + self.dice.uniform(0, 8), work)

    # who they are

    def _candidate(self, campaign: Campaign, http: httpx.Client) -> Candidate:
        entry = campaign.register(JINAN)
        application = f"{entry.exam}_{entry.registration_no}"
        dice = random.Random(f"{self.plan.seed} {application}")
        candidate = Candidate(
            self.stack.api,
            http,
            self.history,
            entry.username,
            dice,
            lossy=self.plan.faults,
            application=application,
            phone=entry.phone,
        )
        self.people[application] = candidate
        return candidate

    def _reviewer(self, campaign: Campaign) -> Reviewer:
        name = campaign.employ("reviewer", exam=campaign.exam.id, area="37", site=JINAN)
        http = httpx.Client(timeout=30)
        dice = random.Random(f"{self.plan.seed} {name}")
        reviewer = Reviewer(
            self.stack.api, http, self.history, name, dice, lossy=self.plan.faults, returned=self._returned
        )
        reviewer.sign_in(STAFF_PASSWORD)
        return reviewer

    # windows and stores

    def _close(self, campaign: Campaign, at: float) -> None:
        """Has the exam's upload window end at this time."""
        closes = datetime.fromtimestamp(at, UTC)
        windows = replace(campaign.exam.windows, upload=Window(closes - 7 * DAY, closes))
        campaign.put(windows=windows)

    def _sleep_until(self, at: float) -> None:
        time.sleep(max(0.0, at - time.time()))

    def _settle(self) -> None:
        """What is left undone is due at once, and the reconciler runs until nothing is left (or for two minutes)."""
        end = time.time() + 120
        while time.time() < end:
            left = [one for one in self.people if "pending_pk" in self.stack.item(one)]
            waiting = self.stack.inbox_keys(self.first.exam.id) + self.stack.inbox_keys(self.second.exam.id)
            if not left and not waiting:
                return
            for application in left:
                self.stack.change(application, "SET pending_due = :due", due="2020-01-01T00:00:00.000Z")
            self.stack.reconcile()
            time.sleep(3)

    def _final(self, candidate: Candidate) -> Final:
        item = self.stack.item(candidate.application)
        exam, _, number = candidate.application.partition("_")
        slots = {slot: Held(*held[:2]) for slot, held in item.get("slots", {}).items()}
        stored = {Path(key).name for key in self.stack.material_keys(f"{exam}/{number}/")}
        entries = [_entry(entry) for entry in self.stack.journal(candidate.application)]
        return Final(
            application=candidate.application,
            status=item["status"],
            round=int(item.get("round", 0)),
            slots=slots,
            stored=frozenset(stored),
            journal=[entry for entry in entries if entry],
            serial=item.get("serial_number", ""),
            # Who has not submitted shortly before the end is reminded, as often as the exam says.
            texts=sum("需要修改" in text for text in self.stack.texts_to(candidate.phone)),
            owes="pending_pk" in item,
        )


def _entry(item: dict[str, Any]) -> Entry | None:
    at = float(item["at"]) / 1000
    if item["kind"] == "submitted":
        return Entry("submitted", int(item["round"]), at)
    if item["kind"] in {"returned", "approved"}:
        outcome = "return" if item["kind"] == "returned" else "approve"
        return Entry("decided", int(item["round"]), at, item["by"], outcome)
    return None
