"""The fakes themselves: every port's methods, and the conditions that its docstrings promise."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import pytest

from songshen import ports
from songshen.domain.application import Application, Claim, SlotChange, Status
from songshen.domain.journal import Entry
from songshen.ports import Conflict, NoticeRecord, Notification
from tests.support import fakes
from tests.support.exams import ID, NOON, approved, draft, ready, returned, submitted
from tests.support.fakes import FakeApplications

PORTS = [made for made in vars(ports).values() if Protocol in getattr(made, "__bases__", ())]
ENTRY = Entry("submitted", NOON, "candidate", 1)


@pytest.mark.parametrize("port", PORTS, ids=lambda port: str(port.__name__))
def test_a_fake_has_its_ports_methods(port: type) -> None:
    fake = getattr(fakes, {"SignInGuard": "FakeGuard"}.get(port.__name__, f"Fake{port.__name__}"))
    methods = {name for name in vars(port) if not name.startswith("_")}
    assert methods
    for name in methods:
        promised = inspect.signature(getattr(port, name)).parameters.values()
        made = inspect.signature(getattr(fake, name)).parameters.values()
        assert [(p.name, p.default) for p in made] == [(p.name, p.default) for p in promised], name


def table(application: Application) -> FakeApplications:
    made = FakeApplications()
    made.put(application)
    return made


def lost(current: Application, write: Callable[[FakeApplications], Any]) -> bool:
    """Whether a write loses against what the table holds; if so it has changed nothing and carries what won."""
    made = table(current)
    try:
        write(made)
    except Conflict as conflict:
        assert conflict.current == made.items[ID] == current  # noqa: PT017  # it need not be lost
        assert made.journals[ID] == []
        return True
    return False


READ = draft(slots={"identity-1": ready()}, version=3)


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (READ, False),
        (replace(READ, version=9), False),
        (replace(READ, phone="1", claim=Claim("r", NOON)), False),
        (replace(READ, slots={"identity-1": ready(), "work-1": ready()}), False),
        (replace(READ, slots={}), True),
        (replace(READ, slots={"identity-1": ready("other")}), True),
        (replace(READ, slots={"identity-1": ready(width=1)}), True),
        (submitted(slots=READ.slots), True),
        (approved(slots=READ.slots), True),
        (returned("work-1", slots=READ.slots), True),
        (returned("identity-1", slots=READ.slots), False),
        (returned(slots=READ.slots), False),
    ],
)
def test_a_slot_is_written_if_it_is_unchanged_and_unlocked(current: Application, expected: bool) -> None:
    assert lost(current, lambda t: t.change_slot(READ, SlotChange("identity-1", ready(), None))) is expected


def test_an_empty_slot_is_written_if_it_is_still_empty() -> None:
    change = SlotChange("work-1", None, ready("new"))
    assert not lost(READ, lambda t: t.change_slot(READ, change))
    assert lost(replace(READ, slots={"work-1": ready()}), lambda t: t.change_slot(READ, change))


def test_a_slots_write_raises_the_version_and_leaves_the_rest() -> None:
    made = table(READ)
    written = made.change_slot(READ, SlotChange("work-1", None, ready("new")))
    assert written == made.items[ID]
    assert written == replace(READ, version=4, slots={"identity-1": ready(), "work-1": ready("new")})


@pytest.mark.parametrize(
    ("read", "current", "expected"),
    [
        (("", 0), ("", 0), False),
        (("", 0), ("d1", 1), True),
        (("d1", 5), ("d1", 5), False),
        (("", 0), ("d2", 1), True),
        (("d2", 1), ("d2", 1), False),
        (("d2", 1), ("d2", 2), True),
    ],
)
def test_the_quota_is_counted_as_it_was_read(read: tuple[str, int], current: Any, expected: bool) -> None:
    def as_of(day: str, count: int) -> Application:
        return replace(READ, quota_day=day, quota_count=count)

    change = SlotChange("work-1", None, ready("new"), counts_on="d2")
    assert lost(as_of(*current), lambda t: t.change_slot(as_of(*read), change)) is expected


AFTER = replace(READ, status=Status.SUBMITTED, round=1, attempt=1, submitted_at=NOON, obligation_due=NOON)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"phone": "1"}, False),
        ({"version": 4}, True),
        ({"round": 1}, True),
        ({"status": Status.RETURNED}, True),
        ({"claim": Claim("r", NOON)}, True),
    ],
)
def test_a_transition_needs_the_state_that_was_read(change: dict[str, Any], expected: bool) -> None:
    assert lost(replace(READ, **change), lambda t: t.transition(READ, AFTER, ENTRY)) is expected


def test_a_transition_needs_the_lease_that_was_read() -> None:
    read = replace(READ, claim=Claim("r", NOON))
    for now, expected in ((read.claim, False), (Claim("r", NOON.replace(hour=13)), True), (None, True)):
        assert lost(replace(READ, claim=now), lambda t: t.transition(read, AFTER, ENTRY)) is expected


def test_a_transition_writes_state_entry_and_notice_and_ends_the_claim() -> None:
    made = table(replace(READ, claim=Claim("r", NOON), task_token="t", phone="1"))
    notice = NoticeRecord("c", "e", "37", "3701", "n")
    made.transition(replace(READ, claim=Claim("r", NOON)), replace(AFTER, version=99, phone="2"), ENTRY, notice)
    assert made.items[ID] == replace(AFTER, version=4, phone="1", claim=None, task_token="")
    assert (made.journals[ID], made.notices) == ([ENTRY], {"c": notice})


def test_a_decision_keeps_the_token_that_is_there_by_then() -> None:
    made = table(submitted(task_token="t"))
    made.transition(submitted(), returned(), ENTRY)
    assert made.items[ID].task_token == "t"


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, False), ({"version": 9}, False), ({"round": 2}, True), ({"status": Status.RETURNED}, True)],
)
def test_a_claim_needs_the_round_status_and_claimant_that_were_read(change: dict[str, Any], expected: bool) -> None:
    assert lost(submitted(**change), lambda t: t.set_claim(submitted(), Claim("s", NOON))) is expected
    assert lost(submitted(claim=Claim("r", NOON)), lambda t: t.set_claim(submitted(), None))


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, False), ({"version": 9}, False), ({"round": 2}, True), ({"attempt": 2}, True), ({"status": "draft"}, True)],
)
def test_a_restart_needs_the_attempt_that_was_read(change: dict[str, Any], expected: bool) -> None:
    assert lost(submitted(**change), lambda t: t.restart(submitted(), NOON)) is expected


def test_a_restart_forgets_the_token() -> None:
    made = table(submitted(task_token="t"))
    assert made.restart(submitted(), NOON) == submitted(attempt=2, obligation_due=NOON) == made.items[ID]


def test_a_notification_is_noted_for_the_round_that_was_read() -> None:
    made = table(submitted(round=2))
    made.record_notification(submitted(round=1), Notification(1, "sent", NOON))
    assert made.notification_of(ID) is None
    made.record_notification(submitted(round=2), Notification(2, "sent", NOON))
    assert made.notification_of(ID) == Notification(2, "sent", NOON)


def test_somebody_elses_write_comes_first_once() -> None:
    made = table(READ)
    made.first.append(lambda: made.put(replace(READ, slots={})))
    with pytest.raises(Conflict):
        made.change_slot(READ, SlotChange("identity-1", ready(), None))
    assert made.first == []
