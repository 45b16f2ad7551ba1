"""Submitting over the ports: one transaction, then the workflow; repeated, raced, crashed."""

import logging
from dataclasses import replace

import pytest

from songshen.domain.application import OBLIGATION_DELAY, Status
from songshen.domain.errors import Code
from songshen.domain.journal import submission_entry
from tests.support.exams import CLOSES, ID, MINUTE, NOON, draft
from tests.support.fakes import Unavailable, Watch, World
from tests.support.refusals import refusal


@pytest.fixture
def world() -> World:
    world = World()
    world.fill()
    return world


def test_a_submission_locks_writes_its_entry_and_starts_the_workflow(world: World) -> None:
    shown = world.submit(ID, 1)
    application = world.application()
    assert (application.status, application.round, application.attempt) == (Status.SUBMITTED, 1, 1)
    assert (application.submitted_at, application.obligation_due) == (NOON, NOON + OBLIGATION_DELAY)
    assert world.journal() == [submission_entry(application, NOON)]
    assert {slot: i.upload_id for slot, i in world.journal()[0].images.items()} == {
        slot: held.upload_id for slot, held in application.slots.items()
    }
    assert list(world.workflow.executions) == [(ID, 1, 1)]
    assert (shown.status, shown.locked, shown.round) == (Status.SUBMITTED, True, 1)
    assert [message.text.zh for message in shown.messages] == ["上报完成，内容已锁定。"]


def test_a_repeated_submission_answers_the_same_and_does_nothing(world: World) -> None:
    first = world.submit(ID, 1)
    before = world.application()
    with world.watch(Watch()) as watch:
        assert world.submit(ID, 1) == first
    assert {"applications.transition", "workflow.start"} & set(watch.calls) == set()
    assert (world.application(), len(world.journal()), len(world.workflow.executions)) == (before, 1, 1)


def test_two_sessions_submit_once(world: World) -> None:
    world.meanwhile(lambda: world.submit(ID, 1))
    shown = world.submit(ID, 1)
    assert shown.status is Status.SUBMITTED
    assert (world.application().version, len(world.journal()), len(world.workflow.executions)) == (7, 1, 1)


def test_a_slot_that_changes_at_the_last_moment_is_submitted_as_it_then_is(world: World) -> None:
    world.meanwhile(lambda: world.upload("work", b"one more"))
    world.submit(ID, 1)
    assert sorted(world.journal()[0].images) == ["diploma-1", "identity-1", "identity-2", "work-1"]


def test_a_reservation_at_the_last_moment_has_to_be_waited_for(world: World) -> None:
    world.meanwhile(lambda: world.reserve("work", b"one more"))
    assert refusal(world.submit, ID, 1) == (Code.UPLOADING, {"slots": ["work-1"]})
    assert (world.application().status, world.journal()) == (Status.DRAFT, [])


def test_an_image_deleted_at_the_last_moment_is_missing(world: World) -> None:
    world.meanwhile(lambda: world.presign.release(ID, "diploma-1"))
    assert refusal(world.submit, ID, 1) == (Code.INCOMPLETE, {"missing": [{"category": "diploma"}]})
    assert (world.journal(), world.workflow.executions) == ([], {})


def test_the_clock_is_read_again_after_a_lost_race(world: World) -> None:
    def slow() -> None:
        world.put(replace(world.application(), version=99))
        world.clock.time = CLOSES + 10 * MINUTE

    world.meanwhile(slow)
    assert refusal(world.submit, ID, 1) == (Code.WINDOW_CLOSED, {})


def test_five_lost_races_are_enough(world: World) -> None:
    def write() -> None:
        world.put(replace(world.application(), version=world.application().version + 1))

    world.meanwhile(*[write] * 5)
    assert refusal(world.submit, ID, 1) == (Code.BUSY, {})
    assert world.application().status is Status.DRAFT
    world.meanwhile(*[write] * 4)
    assert world.submit(ID, 1).status is Status.SUBMITTED


def test_a_profile_written_meanwhile_is_kept(world: World) -> None:
    world.meanwhile(lambda: world.applications.set_profile(ID, "13900000000", "济南"))
    world.submit(ID, 1)
    assert (world.application().phone, world.application().address) == ("13900000000", "济南")


def test_refusals_write_nothing(world: World) -> None:
    before = world.put(draft())
    assert refusal(world.submit, ID, 1) == (
        Code.INCOMPLETE,
        {"missing": [{"category": "identity"}, {"category": "diploma"}]},
    )
    assert refusal(world.submit, ID, 2) == (Code.STALE_ROUND, {"round": 0})
    assert refusal(world.submit, "2026-med_999", 1) == (Code.NOT_FOUND, {})
    assert (world.application(), world.journal(), world.workflow.executions) == (before, [], {})


def test_an_application_that_is_gone_when_it_is_to_be_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.applications, "with_journal", lambda application_id: None)
    assert refusal(world.submit, ID, 1) == (Code.NOT_FOUND, {})


def test_a_workflow_that_cannot_be_started_is_not_the_candidates_problem(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(application: object) -> None:
        raise Unavailable("personal data")

    world.workflow.start = fail  # type: ignore[method-assign]
    with caplog.at_level(logging.INFO):
        assert world.submit(ID, 1).status is Status.SUBMITTED
    assert world.application().obligation_due == NOON + OBLIGATION_DELAY
    assert [record.msg for record in caplog.records] == ["submitted", "start postponed: %s"]
    assert "personal data" not in caplog.text + str(vars(caplog.records[0]))
    del world.workflow.start
    world.converge()
    assert [(e.attempt, e.state) for e in world.workflow.executions.values()] == [(2, "waiting")]
    assert world.application().obligation_due is None


def test_the_state_is_written_before_the_workflow_starts(world: World) -> None:
    with world.watch(Watch()) as watch:
        world.submit(ID, 1)
    assert [call for call in watch.calls if not call.startswith(("clock", "exams", "materials"))] == [
        "applications.get",
        "applications.transition",
        "workflow.start",
        "applications.with_journal",
    ]
