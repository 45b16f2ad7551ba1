"""Threat 32: an SMS goes to few numbers, seldom, and not without end; and whoever is not reached is known."""

import logging
from typing import Any

import pytest

from songshen.domain.sms import length
from songshen.ports import SmsFailed
from tests.support.exams import CORRECTED, DAY, EXAM, ID, NO, NOON, draft, exam, returned
from tests.support.fakes import Unavailable, World, roster_entry

KEY = (EXAM, "37", NO)


def world_of(**changes: Any) -> World:
    """An exam with these settings, whose candidate's materials were returned."""
    world = World(exam(**changes), candidates=(NO, "3701002", "3701003"))
    world.put(returned())
    return world


def tell(world: World, text: str = "【送审】请查看消息提醒。", number: str = NO) -> str:
    """What became of one SMS: `sent`, or the cause."""
    try:
        world.deadlines.tell(returned(registration_no=number), world.exam, "return", text)
    except SmsFailed as failed:
        return str(failed)
    return "sent"


def said(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What alarms are made of."""
    names = ("sms", "exam", "about", "cause", "sent", "limit")
    lines = [line.__dict__ for line in caplog.records if line.getMessage() == "sms"]
    return [{name: line[name] for name in names if name in line} for line in lines]


def test_threat_32_a_number_is_sent_so_many_in_a_day() -> None:
    world = world_of(sms_per_day=2)
    assert [tell(world) for _ in range(3)] == ["sent", "sent", "rate_limited"]
    assert tell(world, number="3701002") == "sent"
    world.clock.advance(DAY)
    assert tell(world) == "sent"


def test_threat_32_one_number_on_many_applications_is_one_number() -> None:
    world = world_of(sms_per_day=2)
    for number in (NO, "3701002", "3701003"):
        world.roster.add(roster_entry(number, phone="13899999999"))
    assert [tell(world, number=number) for number in (NO, "3701002", "3701003")] == ["sent", "sent", "rate_limited"]


def test_threat_32_an_exam_has_a_limit_which_one_number_cannot_use_up() -> None:
    world = world_of(sms_per_day=1, sms_limit=2)
    assert [tell(world) for _ in range(3)] == ["sent", "rate_limited", "rate_limited"]
    assert [tell(world, number=number) for number in ("3701002", "3701003")] == ["sent", "capped"]
    assert len(world.sms.sent) == 2


def test_threat_32_no_second_part() -> None:
    world = world_of()
    assert tell(world, "字" * 70) == "sent"
    assert tell(world, "字" * 69 + "😀") == "more than one part"
    assert length("字" * 69 + "😀") == 71


@pytest.mark.parametrize("phone", ["", "053188881234", "19001234567x", "+8613800001"])
def test_threat_32_only_mobile_numbers_with_the_exams_prefix(phone: str) -> None:
    world = world_of(sms_prefix="+853")
    assert tell(world, number="3701002") == "sent"
    assert world.sms.sent[0][0].startswith("+853138")
    world.roster.add(roster_entry(phone=phone))
    assert tell(world) == "not a mobile phone number"


def test_threat_32_what_happens_is_said_for_alarms_and_without_numbers(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of(sms_per_day=2, sms_limit=3)
    with caplog.at_level(logging.INFO):
        for number in (NO, NO, NO, "3701002", "3701003"):
            tell(world, number=number)
        world.sms.fails = SmsFailed("OptedOut")
        world.exam = exam(sms_limit=9)
        tell(world, number="3701003")
    sent = {"sms": "sent", "exam": EXAM, "about": "return"}
    assert said(caplog) == [
        sent,
        sent,
        sent | {"sms": "rate_limited", "cause": "rate_limited"},
        {"sms": "near_cap", "exam": EXAM, "about": "", "sent": 3, "limit": 3},
        sent,
        sent | {"sms": "capped", "cause": "capped"},
        sent | {"sms": "failed", "cause": "OptedOut"},
    ]
    assert "1380000" not in str([line.__dict__ for line in caplog.records])


def test_that_the_limit_is_near_is_said_at_every_hundredth_from_80_percent_on(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of(sms_per_day=1000, sms_limit=200)
    for _ in range(200):
        tell(world)
    near = [line["sent"] for line in said(caplog) if line["sms"] == "near_cap"]
    assert near == list(range(160, 201, 2))


def test_whoever_is_not_reached_is_noted_with_the_cause_and_the_end() -> None:
    world = world_of()
    world.sms.fails = SmsFailed("OptedOut")
    tell(world)
    one = world.unreached.items[KEY]
    assert (one.site, one.round, one.about, one.cause) == ("3701", 1, "return", "OptedOut")
    assert (one.since, one.end, one.tries) == (NOON, CORRECTED, 1)
    world.clock.advance(DAY)
    world.sms.fails = Unavailable()
    with pytest.raises(Unavailable):
        tell(world)
    later = world.unreached.items[KEY]
    assert (later.since, later.cause, later.tries) == (NOON, "Unavailable", 2)
    world.sms.fails = None
    assert tell(world) == "sent"
    assert world.unreached.items == {}


def test_another_round_begins_anew() -> None:
    world = world_of()
    world.sms.fails = SmsFailed("OptedOut")
    tell(world)
    world.clock.advance(DAY)
    with pytest.raises(SmsFailed):
        world.deadlines.tell(returned(round=2), world.exam, "return", "text")
    one = world.unreached.items[KEY]
    assert (one.round, one.tries, one.since) == (2, 1, NOON + DAY)


def test_a_service_is_named_by_its_code() -> None:
    class ClientError(Exception):
        response = {"Error": {"Code": "Throttled", "Message": "+8613800000001"}}  # noqa: RUF012

    world = world_of()
    world.sms.fails = ClientError("+8613800000001")
    with pytest.raises(ClientError):
        tell(world)
    assert world.unreached.items[KEY].cause == "Throttled"


def test_threat_32_a_draft_is_reminded_at_the_registrations_number() -> None:
    world = world_of()
    world.put(draft())
    world.deadlines.tell(world.application(ID), world.exam, "reminder", "text")
    assert world.sms.sent == [("+8613800000001", "text")]


@pytest.mark.parametrize("what", ["get", "forget"])
def test_threat_32_what_was_sent_is_not_sent_again_because_something_failed_afterwards(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    world = world_of()
    world.sms.fails = SmsFailed("OptedOut")
    assert tell(world) == "OptedOut"
    world.sms.fails = None

    def unavailable(*key: str) -> None:
        raise Unavailable

    monkeypatch.setattr(world.unreached, what, unavailable)
    assert tell(world) == "sent"
    assert len(world.sms.sent) == 1
    assert [record.levelname for record in caplog.records if "still listed" in record.getMessage()] == ["WARNING"]
