"""The SMS: to whom, once, in one part, and never a reason."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from songshen.domain.application import Application, Outcome, SlotReview
from songshen.domain.sms import text_of
from songshen.ports import Notification, SmsFailed
from songshen.usecases.telling import Told
from tests.support.exams import DAY, ID, MINUTE, NOON, SECOND, approved, at, decision, draft, exam, returned
from tests.support.exams import submitted as waiting
from tests.support.fakes import Unavailable, World, roster_entry

TEXT = "【送审】您的报名材料有图片需要修改，请于3月12日18:00前登录报名系统查看“消息提醒”并重新提交。R1"


@pytest.fixture
def world() -> World:
    world = World()
    world.put(returned("diploma-1"))
    return world


def test_the_text_says_where_to_look_and_until_when() -> None:
    assert text_of(returned("diploma-1"), exam()) == TEXT


def test_the_end_is_the_candidates_own_in_the_exams_time_zone() -> None:
    def end(application: Application, **changes: Any) -> str:
        return text_of(application, exam(**changes)).partition("请于")[2].partition("登录")[0]

    assert end(returned(decision=decision(at=at("03-12 17:59")))) == "3月14日17:59前"
    assert end(returned(), time_zone="UTC") == "3月12日10:00前"
    assert end(returned(extension=at("03-20 08:05"))) == "3月20日08:05前"
    assert end(returned(extension=at("03-20 00:01"))) == "3月20日00:01前"


def test_midnight_is_the_end_of_the_day_before() -> None:
    assert "请于3月19日24:00前" in text_of(returned(extension=at("03-20 00:00")), exam())
    assert "请于3月31日24:00前" in text_of(returned(extension=at("04-01 00:00")), exam())


def test_one_part_of_at_most_70_characters_for_every_date_and_round() -> None:
    longest = 0
    for day in range(366):
        for minutes in (0, 1, 23 * 60 + 59):
            for round in (1, 99):
                end = at("01-01 00:00") + day * DAY + minutes * MINUTE
                made = text_of(returned(round=round, extension=end, decision=decision(at=at("01-01 00:00"))), exam())
                longest = max(longest, len(made.encode("utf-16-be")) // 2)
    assert longest <= 70


def test_no_reason_and_nothing_personal_is_in_it() -> None:
    said = decision(slots={"diploma-1": SlotReview("unreadable", "编号不清")}, note="请补充")
    application = returned(decision=said, phone="13900000000", address="济南")
    assert text_of(application, exam()) == TEXT
    assert not re.search("https?:", TEXT)


def test_a_return_is_told_to_the_number_of_the_registration(world: World) -> None:
    assert world.notify(ID, 1, 1) is Told.SENT
    assert world.sms.sent == [("+8613800000001", TEXT)]
    assert world.applications.notifications == {ID: Notification(1, "sent", NOON)}


def test_unless_the_candidate_has_given_another(world: World) -> None:
    world.applications.set_profile(ID, "13911112222", "济南")
    world.notify(ID, 1, 1)
    assert world.sms.sent == [("+8613911112222", TEXT)]


def test_the_prefix_is_the_exams() -> None:
    world = World(exam(sms_prefix="+853"))
    world.put(returned())
    world.notify(ID, 1, 1)
    assert [number for number, _ in world.sms.sent] == ["+85313800000001"]


def test_it_is_sent_once_per_round(world: World) -> None:
    for _ in range(3):
        assert world.notify(ID, 1, 1) is Told.SENT
    assert len(world.sms.sent) == 1
    world.put(returned(round=2))
    assert world.notify(ID, 2, 1) is Told.SENT
    assert [text[-2:] for _, text in world.sms.sent] == ["R1", "R2"]


@pytest.mark.parametrize("application", [draft(), waiting(), approved(), returned(round=2)])
def test_what_is_not_a_return_of_this_round_is_not_told(world: World, application: Application) -> None:
    world.put(application)
    assert world.notify(ID, 1, 1) is Told.SKIPPED
    assert (world.sms.sent, world.applications.notifications) == ([], {})


def test_nobody_is_told_nothing(world: World) -> None:
    assert world.notify("2026-med_999", 1, 1) is Told.SKIPPED


def test_a_refusal_of_the_transport_is_noted_and_may_be_tried_again(world: World) -> None:
    world.sms.fails = SmsFailed("OptedOut")
    assert world.notify(ID, 1, 1) is Told.FAILED
    assert world.applications.notifications == {ID: Notification(1, "failed", NOON, "OptedOut")}
    world.sms.fails = None
    assert world.notify(ID, 1, 1) is Told.SENT
    assert len(world.sms.sent) == 1
    assert world.applications.notifications == {ID: Notification(1, "sent", NOON)}


def test_what_may_succeed_later_is_raised_and_noted_as_nothing(world: World) -> None:
    world.sms.fails = Unavailable()
    with pytest.raises(Unavailable):
        world.notify(ID, 1, 1)
    assert world.applications.notifications == {}


@pytest.mark.parametrize(
    "phone",
    ["", "053188881234", "1380000123", "138000012345", "23800001234", "+8613800001", "1380000123４", "138 0001234"],
)
def test_threat_32_only_mobile_numbers_are_sent_to(world: World, phone: str) -> None:
    world.roster.add(roster_entry(phone=phone))
    assert world.notify(ID, 1, 1) is Told.FAILED
    assert world.sms.sent == []
    assert world.applications.notifications == {ID: Notification(1, "failed", NOON, "not a mobile phone number")}


def test_without_a_roster_line_there_is_no_number(world: World) -> None:
    world.roster.entries.clear()
    assert world.notify(ID, 1, 1) is Told.FAILED
    world.put(replace(world.application(), phone="13911112222"))
    assert world.notify(ID, 1, 1) is Told.SENT


def test_a_note_that_comes_after_the_next_round_began_is_dropped(world: World) -> None:
    world.meanwhile(lambda: world.put(returned(round=2)))
    world.notify(ID, 1, 1)
    assert world.applications.notifications == {}


OWING = {"obligation_due": NOON, "task_token": "token"}


def owes(world: World) -> bool:
    held = world.application()
    return bool(held.obligation_due or held.task_token)


def test_with_the_note_nothing_is_owed_any_more(world: World) -> None:
    world.put(returned("diploma-1", **OWING))
    assert world.notify(ID, 1, 1) is Told.SENT
    assert not owes(world)


def test_a_refusal_of_the_transport_ends_the_round_as_well(world: World) -> None:
    world.put(returned("diploma-1", **OWING))
    world.sms.fails = SmsFailed("OptedOut")
    assert world.notify(ID, 1, 1) is Told.FAILED
    assert not owes(world)


def test_what_may_succeed_later_is_owed_until_then(world: World) -> None:
    world.put(returned("diploma-1", **OWING))
    world.sms.fails = Unavailable()
    with pytest.raises(Unavailable):
        world.notify(ID, 1, 1)
    assert owes(world)


def test_what_was_told_already_is_not_owed_by_another_attempt(world: World) -> None:
    """The reconciler was faster than the note: its attempt finds the SMS sent."""
    world.notify(ID, 1, 1)
    world.put(replace(world.application(), attempt=2, obligation_due=NOON))
    assert world.notify(ID, 1, 2) is Told.SENT
    assert (len(world.sms.sent), owes(world)) == (1, False)


@pytest.mark.parametrize(
    ("application", "left"),
    [
        (approved(**OWING), False),
        (approved(attempt=2, **OWING), True),
        (returned(round=2, **OWING), True),
        (waiting(**OWING), True),
    ],
)
def test_only_a_decided_round_s_own_attempt_takes_away_what_it_owes(
    world: World, application: Application, left: bool
) -> None:
    world.put(application)
    assert world.notify(ID, 1, 1) is Told.SKIPPED
    assert owes(world) is left


def test_the_whole_way_from_the_decision_to_the_phone() -> None:
    world = World()
    world.submit_filled()
    world.clock.advance(timedelta(days=1) + SECOND)
    world.decide(Outcome.RETURN, "diploma-1")
    world.workflow.settle()
    assert world.sms.sent == [("+8613800000001", TEXT)]
