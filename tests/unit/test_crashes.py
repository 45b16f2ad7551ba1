"""Threat 16: the process dies, or a service does not answer, at every single call of a port; in the end all is well.

Every scenario is run once to count its calls, then once for each of them and each kind of accident. Afterwards the
person repeats the request, or nobody does; time passes, the reconciler runs, and the state has to be the very same.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from songshen.domain.application import Outcome, Ready, Status
from songshen.domain.journal import submission_entry
from tests.support.exams import ID, MINUTE, NOON, returned
from tests.support.fakes import ELSEWHERE, PASSWORD, REVIEWER, SOURCE, Crash, Unavailable, Watch, World


@dataclass(frozen=True)
class Accident:
    """What happens at a call: the process dies or the call fails, after or before the work is done."""

    with_: type[BaseException]
    done_first: bool

    def __str__(self) -> str:
        return f"{self.with_.__name__.lower()}-{'after' if self.done_first else 'before'}"


ACCIDENTS = [Accident(kind, done) for kind in (Crash, Unavailable) for done in (True, False)]


def state(world: World) -> dict[str, Any]:
    """Everything that must not depend on an accident; numbers and times may."""
    application = world.application()
    waiting = [e for e in world.workflow.executions.values() if e.alive]
    return {
        "status": application.status,
        "round": application.round,
        "slots": {slot: (type(held), getattr(held, "sha256", "")) for slot, held in application.slots.items()},
        "claimed": application.claim is not None,
        "obligation": application.obligation_due,
        "journal": [(entry.kind, entry.round, len(entry.messages), sorted(entry.images)) for entry in world.journal()],
        "waiting": [(execution.application, execution.round, execution.state) for execution in waiting],
        "token": {application.task_token} - {""} == {execution.token for execution in waiting},
        "told": len(world.sms.sent),
        "inbox": sorted(world.inbox.objects),
        "materials": sorted(data for _, data, _ in world.materials.objects.values()),
        "notices": len(world.applications.notices),
        "noted": sorted(world.images.noted),
        "numbered": bool(application.serial_number),
        "checks": [
            (*key, check.claim is not None, check.second and (check.second.by, check.second.outcome))
            for key, check in world.applications.checks.items()
        ],
    }


def invariants(world: World) -> None:
    """What holds after every accident, even before anything is put right."""
    application = world.application()
    assert (application.status is Status.APPROVED) == bool(application.serial_number)
    for notice in world.applications.notices.values():
        assert notice.code == application.notice_code
    if application.serial_number:
        (line,) = world.journal()[-1].messages
        assert line.text.zh == f"考点初审通过，序列号：{application.serial_number}。"
    if application.status is Status.SUBMITTED:
        live = [e for e in world.workflow.executions.values() if e.alive and e.state != "resumed"]
        lost = [e for e in world.workflow.executions.values() if e.state == "failed"]
        assert application.obligation_due or live or lost
    for slot, held in application.slots.items():
        if isinstance(held, Ready):
            key = f"materials/2026-med/3701001/{slot}/{held.upload_id}"
            assert key in world.materials.objects
    assert [entry.kind for entry in world.journal()].count("submitted") == application.round


def survive[T](
    prepare: Callable[[World], T], act: Callable[[T], Any], accident: Accident, again: Callable[[T], Any]
) -> int:
    """Runs the scenario with an accident at each of its calls; how many there were."""
    expected_world = World()
    given = prepare(expected_world)
    with expected_world.watch(Watch()) as watch:
        act(given)
    again(given)
    expected_world.converge()
    expected = state(expected_world)
    calls = list(watch.calls)
    for n, call in enumerate(calls, 1):
        world = World()
        given = prepare(world)
        with world.watch(Watch(n, accident.with_, accident.done_first)) as watch, suppress(Crash, Unavailable):
            act(given)
        assert watch.calls[:n] == calls[:n]
        invariants(world)
        again(given)
        invariants(world)
        world.converge()
        invariants(world)
        assert state(world) == expected, f"{accident} call {n}, {call}"
    return len(calls)


def nothing(given: object) -> None:
    """Nobody repeats anything."""


# ---- candidates


def filled(world: World) -> World:
    world.fill()
    return world


def submit(world: World) -> None:
    world.submit(ID, 1)


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_submitting_and_repeating(accident: Accident) -> None:
    assert survive(filled, submit, accident, again=submit) > 5


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_submitting_and_never_coming_back_is_all_or_nothing(accident: Accident) -> None:
    reference = filled(World())
    before = state(reference)
    with reference.watch(Watch()) as watch:
        submit(reference)
    reference.converge()
    after = state(reference)
    written = watch.calls.index("applications.transition") + 1
    for n in range(1, len(watch.calls) + 1):
        world = filled(World())
        with world.watch(Watch(n, accident.with_, accident.done_first)), suppress(Crash, Unavailable):
            submit(world)
        world.converge()
        done = n > written or (n == written and accident.done_first)
        assert state(world) == (after if done else before), f"{accident} call {n}"
        if done:
            assert world.journal() == [submission_entry(world.application(), NOON)]


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_reserving_and_repeating_costs_no_slot(accident: Accident) -> None:
    def reserve(world: World) -> None:
        world.reserve("identity", b"front")

    assert survive(lambda world: world, reserve, accident, again=reserve) > 3


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_releasing_and_repeating(accident: Accident) -> None:
    def release(world: World) -> None:
        world.presign.release(ID, "identity-2")

    assert survive(filled, release, accident, again=release) > 3


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_signing_in_and_repeating(accident: Accident) -> None:
    def sign_in(world: World) -> None:
        world.sign_in("user-3701001", PASSWORD, SOURCE)

    def repeat(world: World) -> None:
        session = world.sign_in("user-3701001", PASSWORD, SOURCE)
        assert session.role == "candidate"
        assert world.accounts.activated == {"user-3701001": ("2026-med", "3701001")}

    assert survive(lambda world: world, sign_in, accident, again=repeat) > 4


# ---- uploads


@dataclass
class Sent:
    """An upload that lies in the inbox."""

    world: World
    event: Any


def sent(data: bytes) -> Callable[[World], Sent]:
    return lambda world: Sent(world, world.send(world.reserve("identity", data), data))


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
@pytest.mark.parametrize("data", [b"front", b"bad"])
@pytest.mark.parametrize("events", [0, 1, 2])
def test_threats_13_and_15_a_verdict_lands_whether_its_event_comes_again_or_not(
    accident: Accident, data: bytes, events: int
) -> None:
    def again(given: Sent) -> None:
        for _ in range(events):
            given.world.validate(given.event)

    calls = survive(sent(data), lambda given: given.world.validate(given.event), accident, again)
    assert calls > 8


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_threat_14_a_late_event_of_a_replaced_upload(accident: Accident) -> None:
    def replaced(world: World) -> Sent:
        old = sent(b"old")(world)
        world.upload("identity", b"new", slot="identity-1")
        return old

    assert survive(replaced, lambda given: given.world.validate(given.event), accident, nothing) > 3


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_threat_12_an_upload_that_comes_after_the_lock(accident: Accident) -> None:
    def locked(world: World) -> Sent:
        world.fill()
        late = Sent(world, world.send(world.reserve("work", b"late"), b"late"))
        world.clock.advance(10 * MINUTE)
        world.submit(ID, 1)
        return late

    assert survive(locked, lambda given: given.world.validate(given.event), accident, nothing) > 3


# ---- reviewers


def submitted(world: World) -> World:
    world.submit_filled()
    return world


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
@pytest.mark.parametrize(("outcome", "slots"), [(Outcome.APPROVE, ()), (Outcome.RETURN, ("diploma-1",))])
def test_deciding_and_repeating(accident: Accident, outcome: Outcome, slots: tuple[str, ...]) -> None:
    def decide(world: World) -> None:
        world.decide(outcome, *slots)

    assert survive(submitted, decide, accident, again=decide) > 4


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_deciding_and_never_coming_back_is_all_or_nothing(accident: Accident, outcome: Outcome) -> None:
    reference = submitted(World())
    before = state(reference)
    with reference.watch(Watch()) as watch:
        reference.decide(outcome)
    reference.converge()
    after = state(reference)
    assert after["told"] == (outcome is Outcome.RETURN)
    written = watch.calls.index("applications.transition") + 1
    for n in range(1, len(watch.calls) + 1):
        world = submitted(World())
        with world.watch(Watch(n, accident.with_, accident.done_first)), suppress(Crash, Unavailable):
            world.decide(outcome)
        invariants(world)
        world.converge()
        done = n > written or (n == written and accident.done_first)
        assert state(world) == (after if done else before), f"{accident} call {n}"


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_claiming_the_next_and_repeating(accident: Accident) -> None:
    def next_case(world: World) -> None:
        world.reviews.next(REVIEWER)

    def claim(world: World) -> None:
        world.reviews.claim(REVIEWER, ID)
        world.reviews.release(REVIEWER, ID)

    assert survive(submitted, next_case, accident, again=claim) > 6


def to_be_checked(world: World) -> World:
    """Decided, and drawn to be checked."""
    world.submit_filled()
    world.lot = 0
    world.decide(Outcome.RETURN, "diploma-1")
    return world


def taken(world: World) -> World:
    """A colleague of another site is at the check."""
    assert to_be_checked(world).reviews.next(ELSEWHERE)
    return world


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_a_decision_and_its_spot_check_are_written_together(accident: Accident) -> None:
    def drawn(world: World) -> World:
        world.lot = 0
        return submitted(world)

    def decide(world: World) -> None:
        world.decide(Outcome.APPROVE)
        assert list(world.applications.checks) == [(ID, 1)]

    assert survive(drawn, decide, accident, again=decide) > 4


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_taking_a_spot_check_and_asking_for_the_case_again(accident: Accident) -> None:
    """The answer may be lost after the claim: then the lease has to run out, or `claim` shows that it is there."""

    def take(world: World) -> None:
        world.reviews.next(ELSEWHERE)

    def again(world: World) -> None:
        held = world.applications.checks[ID, 1].claim is not None
        case = world.reviews.case(ELSEWHERE, ID) if held else world.reviews.next(ELSEWHERE)
        assert (case.status, case.claim.mine) == (Status.SUBMITTED, True)

    assert survive(to_be_checked, take, accident, again) > 8


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_judging_a_spot_check_and_repeating(accident: Accident, outcome: Outcome) -> None:
    def judge(world: World) -> None:
        world.decide(outcome, reviewer=ELSEWHERE)

    assert survive(taken, judge, accident, again=judge) > 4


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_judging_a_spot_check_and_never_coming_back_is_all_or_nothing(accident: Accident) -> None:
    reference = taken(World())
    before = state(reference)["checks"]
    with reference.watch(Watch()) as watch:
        reference.decide(Outcome.APPROVE, reviewer=ELSEWHERE)
    after = state(reference)["checks"]
    written = watch.calls.index("checks.finish") + 1
    for n in range(1, len(watch.calls) + 1):
        world = taken(World())
        with world.watch(Watch(n, accident.with_, accident.done_first)), suppress(Crash, Unavailable):
            world.decide(Outcome.APPROVE, reviewer=ELSEWHERE)
        done = n > written or (n == written and accident.done_first)
        assert state(world)["checks"] == (after if done else before), f"{accident} call {n}"


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
@pytest.mark.parametrize("what", ["case", "identity"])
def test_what_was_shown_was_journalled(accident: Accident, what: str) -> None:
    """Whatever fails: no look without its entry; an entry without a look does no harm."""
    for n in range(1, 20):
        world = submitted(World())
        shown = None
        with world.watch(Watch(n, accident.with_, accident.done_first)) as watch, suppress(Crash, Unavailable):
            shown = getattr(world.reviews, what)(REVIEWER, ID)
        if shown is not None:
            assert [seen.what for seen in world.applications.viewings(ID)] == [what]
        if len(watch.calls) < n:
            break
    assert shown is not None
    assert n > 4


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
def test_telling_happens_once_but_for_a_crash_between_sending_and_noting_it(accident: Accident) -> None:
    def told(n: int) -> tuple[int, list[str]]:
        world = World()
        world.put(returned("diploma-1"))
        with world.watch(Watch(n, accident.with_, accident.done_first)) as watch, suppress(Crash, Unavailable):
            world.notify(ID, 1, 1)
        world.notify(ID, 1, 1)
        return len(world.sms.sent), watch.calls

    once, calls = told(0)
    assert once == 1
    counts = [told(n)[0] for n in range(1, len(calls) + 1)]
    sending = calls.index("sms.send")
    noting = calls.index("applications.record_notification")
    twice = range(sending if accident.done_first else sending + 1, noting if accident.done_first else noting + 1)
    # What only tidies up may fail without harm, as long as the process lives.
    tidying = {calls.index("unreached.get")} if accident.with_ is Unavailable else set()
    assert [n for n, count in enumerate(counts) if count != 1] == [n for n in twice if n not in tidying]
    assert set(counts) == {1, 2}


# ---- the reconciler


def start_lost(world: World) -> World:
    world.fill()
    world.workflow.start = lambda application: None  # type: ignore[method-assign]
    world.submit(ID, 1)
    del world.workflow.start
    world.clock.advance(MINUTE)
    return world


def resume_lost(world: World) -> World:
    world.submit_filled()
    world.workflow.resume = lambda token, outcome: True  # type: ignore[method-assign]
    world.decide(Outcome.RETURN, "diploma-1")
    del world.workflow.resume
    world.clock.advance(4 * MINUTE)
    return world


def execution_lost(world: World) -> World:
    world.submit_filled()
    world.workflow.lose(world.workflow.executions[ID, 1, 1])
    return world


def decided_execution_lost(world: World) -> World:
    execution_lost(world).decide(Outcome.RETURN, "diploma-1")
    world.clock.advance(4 * MINUTE)
    return world


def event_lost(world: World) -> World:
    sent(b"front")(world)
    world.clock.advance(3 * MINUTE)
    return world


@pytest.mark.parametrize("accident", ACCIDENTS, ids=str)
@pytest.mark.parametrize("prepare", [start_lost, resume_lost, execution_lost, decided_execution_lost, event_lost])
def test_the_reconciler_itself_may_fail_anywhere(accident: Accident, prepare: Callable[[World], World]) -> None:
    assert survive(prepare, lambda world: world.reconcile(), accident, again=nothing) > 4


@pytest.mark.parametrize("prepare", [start_lost, resume_lost, execution_lost, decided_execution_lost, event_lost])
def test_what_the_reconciler_finishes_is_as_if_nothing_had_happened(prepare: Callable[[World], World]) -> None:
    world = prepare(World())
    world.converge()
    fine = World()
    if prepare is event_lost:
        fine.upload("identity", b"front")
    else:
        fine.submit_filled()
    if prepare in (resume_lost, decided_execution_lost):
        fine.decide(Outcome.RETURN, "diploma-1")
        fine.workflow.settle()
    assert state(world) == state(fine)
