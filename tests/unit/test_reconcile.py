"""The reconciler finishes what was left undone, once, and nothing else."""

import logging
from dataclasses import replace

import pytest

from songshen.domain.application import Outcome, Status
from tests.support.exams import ID, MINUTE, NOON, SECOND, decision, draft, returned, submitted
from tests.support.fakes import Unavailable, Watch, World

NOTHING = {"obligations": 0, "executions": 0, "uploads": 0, "imports": 0, "exports": 0}


@pytest.fixture
def world() -> World:
    return World()


def test_when_everything_is_well_nothing_is_done(world: World) -> None:
    world.submit_filled()
    world.clock.advance(60 * MINUTE)
    before = world.application()
    assert world.reconcile() == NOTHING
    assert (world.application(), len(world.workflow.executions)) == (before, 1)


def test_an_obligation_that_is_not_due_any_more_is_let_be(world: World) -> None:
    """What is due was read a moment before, and may have been met and followed by another one."""
    world.put(submitted(obligation_due=NOON + MINUTE))
    before = world.application()
    world.applications.obligations = lambda now, limit: [ID]  # type: ignore[method-assign]
    assert world.reconcile() == NOTHING | {"obligations": 0}
    assert world.application() == before


def test_an_obligation_is_left_to_the_workflow_until_it_is_due(world: World) -> None:
    world.put(submitted(obligation_due=NOON + MINUTE))
    world.clock.time = NOON + MINUTE - SECOND
    assert world.reconcile() == NOTHING
    world.clock.time = NOON + MINUTE
    assert world.reconcile() == NOTHING | {"obligations": 1}


def test_a_start_that_was_lost_is_made_up_for_once(world: World) -> None:
    world.put(submitted(obligation_due=NOON))
    assert world.reconcile() == NOTHING | {"obligations": 1}
    assert list(world.workflow.executions) == [(ID, 1, 2)]
    assert (world.application().attempt, world.application().obligation_due) == (2, NOON + 2 * MINUTE)
    assert world.reconcile() == NOTHING
    world.workflow.settle()
    assert world.application().obligation_due is None
    world.clock.advance(60 * MINUTE)
    assert world.reconcile() == NOTHING


def test_a_decision_the_workflow_has_missed_is_sent_again(world: World) -> None:
    world.submit_filled()
    resume = world.workflow.resume
    world.workflow.resume = lambda token, outcome: True  # type: ignore[method-assign]  # lost on the way
    world.decide(Outcome.RETURN, "diploma-1")
    world.workflow.resume = resume  # type: ignore[method-assign]
    world.clock.advance(4 * MINUTE)
    assert world.reconcile() == NOTHING | {"obligations": 1}
    assert [(e.attempt, e.state, e.outcome) for e in world.workflow.executions.values()] == [(1, "resumed", "return")]
    world.workflow.settle()
    assert (world.application().obligation_due, len(world.sms.sent)) == (None, 1)


def test_a_decision_whose_execution_was_lost_is_finished_by_a_new_one(world: World) -> None:
    world.submit_filled()
    world.workflow.lose(world.workflow.executions[ID, 1, 1])
    world.decide(Outcome.RETURN, "diploma-1")
    world.clock.advance(4 * MINUTE)
    assert world.reconcile() == NOTHING | {"obligations": 1}
    assert list(world.workflow.executions) == [(ID, 1, 1), (ID, 1, 2)]
    world.workflow.settle()
    assert (world.application().obligation_due, len(world.sms.sent)) == (None, 1)
    assert world.application().status is Status.RETURNED


def test_an_approval_whose_execution_was_lost_sends_nothing(world: World) -> None:
    world.submit_filled()
    world.workflow.lose(world.workflow.executions[ID, 1, 1])
    world.decide(Outcome.APPROVE)
    world.converge()
    assert (world.application().obligation_due, world.sms.sent) == (None, [])
    assert world.application().status is Status.APPROVED


def test_a_waiting_execution_that_was_lost_is_replaced_once(world: World) -> None:
    world.submit_filled()
    world.workflow.lose(world.workflow.executions[ID, 1, 1])
    assert world.reconcile() == NOTHING | {"executions": 1}
    assert (world.application().attempt, world.application().task_token) == (2, "")
    assert world.reconcile() == NOTHING
    world.workflow.settle()
    assert world.application().task_token == f"token-{ID}-1-2"
    world.decide(Outcome.APPROVE)
    world.workflow.settle()
    assert world.application().obligation_due is None
    assert world.reconcile() == NOTHING


def test_lost_executions_of_the_past_are_let_be(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.submit_filled()
    execution = world.workflow.executions[ID, 1, 1]
    world.decide(Outcome.RETURN)
    world.workflow.settle()
    world.workflow.lose(execution)
    assert world.reconcile() == NOTHING  # decided
    world.submit(ID, 2)
    assert world.reconcile() == NOTHING  # another round
    world.put(replace(world.application(), round=1, attempt=2))
    assert world.reconcile() == NOTHING  # another attempt
    del world.applications.items[ID]
    assert world.reconcile() == NOTHING  # nobody's
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_threat_15_a_lost_event_is_found_once_it_is_old_enough(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    world.send(ticket, b"front")
    world.clock.time = NOON + 3 * MINUTE - SECOND
    assert world.reconcile() == NOTHING
    world.clock.time = NOON + 3 * MINUTE
    assert world.reconcile() == NOTHING | {"uploads": 1}
    assert list(world.application().snapshot()) == ["identity-1"]
    assert world.inbox.objects == {}
    assert world.reconcile() == NOTHING


def test_what_fails_does_not_stop_the_rest(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for no in ("1", "2", "3"):
        world.put(submitted(registration_no=no, obligation_due=NOON))
        world.inbox.arrive(f"inbox/2026-med/{no}/identity-1/u", b"")
    start, run = world.workflow.start, world.validation.run

    def picky_start(application: object) -> None:
        if application.registration_no == "2":  # type: ignore[attr-defined]
            raise Unavailable("personal data")
        start(application)  # type: ignore[arg-type]

    def picky_run(found: object) -> None:
        if "/1/" in found.key:  # type: ignore[attr-defined]
            raise Unavailable("personal data")
        run(found)  # type: ignore[arg-type]

    world.workflow.start, world.validation.run = picky_start, picky_run  # type: ignore[method-assign]
    world.clock.advance(3 * MINUTE)
    with caplog.at_level(logging.INFO):
        assert world.reconcile() == {"obligations": 2, "executions": 0, "uploads": 2, "imports": 0, "exports": 0}
    failed = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert failed == ["not reconciled: %s"] * 2
    (ran,) = [record for record in caplog.records if record.msg == "reconciled"]
    assert (ran.obligations, ran.obligations_found) == (2, 3)  # type: ignore[attr-defined]
    assert not [record for record in caplog.records if "personal data" in record.getMessage() + str(vars(record))]
    world.workflow.start, world.validation.run = start, run  # type: ignore[method-assign]
    world.clock.advance(2 * MINUTE)
    assert world.reconcile() == {"obligations": 3, "executions": 0, "uploads": 1, "imports": 0, "exports": 0}
    assert (f"{ID[:9]}2", 1, 3) in world.workflow.executions


def test_a_lost_race_is_nothing_to_worry_about(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.put(submitted(obligation_due=NOON))
    world.meanwhile(lambda: world.decide(Outcome.APPROVE))
    with caplog.at_level(logging.INFO):
        assert world.reconcile() == NOTHING
    assert [record.msg for record in caplog.records if record.name == "songshen"] == ["decided", "reconciled"]
    assert (world.application().status, world.application().attempt) == (Status.APPROVED, 1)


def test_two_reconcilers_start_one_execution(world: World) -> None:
    world.put(submitted(obligation_due=NOON))
    world.meanwhile(world.reconcile)
    assert world.reconcile() == NOTHING
    assert list(world.workflow.executions) == [(ID, 1, 2)]


def test_an_obligation_met_since_it_was_listed_is_let_be(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for now in (draft(), submitted(task_token="token")):
        world.put(submitted(obligation_due=NOON))
        world.applications.obligations = lambda *a: [ID, "2026-med_999"]  # type: ignore[method-assign]
        world.put(now)
        assert world.reconcile() == NOTHING
        assert world.application() == now
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


def test_a_submitted_application_is_never_resumed_with_the_decision_of_the_round_before(world: World) -> None:
    world.put(submitted())
    world.workflow.start(world.application())
    world.workflow.settle()
    token = world.application().task_token
    world.put(submitted(round=2, decision=decision("diploma-1"), obligation_due=NOON, task_token=token))
    assert world.reconcile() == NOTHING | {"obligations": 1}
    assert world.workflow.executions[ID, 1, 1].state == "waiting"
    assert (world.application().attempt, world.application().task_token) == (2, "")


def test_without_a_token_nothing_is_resumed(world: World) -> None:
    world.put(returned(obligation_due=NOON))
    with world.watch(Watch()) as watch:
        assert world.reconcile() == NOTHING | {"obligations": 1}
    assert "workflow.resume" not in watch.calls
    assert list(world.workflow.executions) == [(ID, 1, 2)]


def test_a_run_does_at_most_two_hundred_obligations_and_uploads(world: World) -> None:
    for n in range(201):
        world.put(submitted(registration_no=f"{n}", obligation_due=NOON))
        world.inbox.arrive(f"inbox/2026-med/{n}/identity-1/u", b"")
    world.clock.advance(3 * MINUTE)
    assert world.reconcile() == NOTHING | {"obligations": 200, "uploads": 200}
    assert world.reconcile() == NOTHING | {"obligations": 1, "uploads": 1}


def test_a_run_looks_at_a_thousand_executions_because_replaced_ones_stay_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    monkeypatch.setattr(world.workflow, "ended_badly", lambda limit: limits.append(limit) or [])
    world.reconcile()
    assert limits == [1000]


def test_an_old_execution_cannot_take_the_obligation_of_the_new_one(world: World) -> None:
    world.put(submitted(obligation_due=NOON))
    world.workflow.start(world.application())
    world.reconcile()
    old, new = world.workflow.executions[ID, 1, 1], world.workflow.executions[ID, 1, 2]
    world.workflow.step(old)
    assert world.application().obligation_due == NOON + 2 * MINUTE
    world.workflow.step(new)
    assert (world.application().obligation_due, world.application().task_token) == (None, f"token-{ID}-1-2")
