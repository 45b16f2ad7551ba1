"""The plan of an exam's ends, who is due, and what is done of it: schedules, reminders, closes, in pieces and once."""

from copy import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from songshen.domain.application import Application, Outcome, Status
from songshen.domain.deadlines import Occasion, Purpose, Run, Wake, missed, own_ends, plan, reminder_due
from songshen.domain.exam import Deadlines, Exam, Extension, Window
from songshen.ports import KeptExam, SmsFailed
from songshen.usecases import deadlines as usecase
from tests.support.exams import (
    CLOSES,
    CORRECTED,
    DAY,
    DECIDED_AT,
    EXAM,
    HOUR,
    ID,
    MINUTE,
    NO,
    NOON,
    OPENS,
    SECOND,
    approved,
    at,
    decision,
    draft,
    exam,
    exam_with_area,
    returned,
    submitted,
    text,
)
from tests.support.fakes import Unavailable, World, roster_entry

FOREVER = NOON + 365 * DAY
DRAFTS, RETURNS = Purpose.REMIND_DRAFTS, Purpose.REMIND_RETURNED


def times(configured: Exam, *purposes: Purpose) -> dict[str, datetime]:
    return {one.name: one.at for one in plan(configured) if not purposes or one.purpose in purposes}


# ---- the plan


def test_the_plan_of_an_exam() -> None:
    assert times(exam()) == {
        "remind-drafts-72": CLOSES - 72 * HOUR,
        "remind-drafts-24": CLOSES - 24 * HOUR,
        "remind-drafts-3": CLOSES - 3 * HOUR,
        "warm-1": CLOSES - 24 * HOUR,
        "scale-down-1": CLOSES + HOUR,
        "close-upload": CLOSES + 10 * MINUTE,
        "remind-returns-72": CORRECTED - 72 * HOUR,
        "remind-returns-24": CORRECTED - 24 * HOUR,
        "remind-returns-3": CORRECTED - 3 * HOUR,
        "warm-2": CORRECTED - 24 * HOUR,
        "scale-down-2": CORRECTED + HOUR,
        "close-correction": CORRECTED + 10 * MINUTE,
        "archive": at("03-15 00:00") + 730 * DAY,
    }


def test_an_area_with_its_own_window_or_more_time_has_occasions_of_its_own() -> None:
    own = exam_with_area(upload=Window(OPENS, at("03-08 12:00")))
    assert times(own, DRAFTS)["remind-drafts-24.37"] == at("03-07 12:00")
    assert times(own, DRAFTS)["remind-drafts-24"] == CLOSES - DAY
    assert times(own, RETURNS) == times(exam(), RETURNS)
    longer = exam_with_area(extension=Extension(CORRECTED + DAY, text("延期")))
    assert times(longer, Purpose.CLOSE_UPLOAD) == {
        "close-upload": CLOSES + 10 * MINUTE,
        "close-upload.37": CORRECTED + DAY + 10 * MINUTE,
    }
    assert times(longer, RETURNS)["remind-returns-3.37"] == CORRECTED + 21 * HOUR


def test_a_stage_before_the_window_opens_is_left_out() -> None:
    short = exam_with_area(upload=Window(CLOSES - 48 * HOUR, CLOSES))
    assert "remind-drafts-72.37" not in times(short)
    assert "remind-drafts-24.37" in times(short)


def test_peaks_that_overlap_are_one_and_none_is_warmed_for_without_hours() -> None:
    long = exam(deadlines=Deadlines(warm=48))
    assert times(long, Purpose.WARM, Purpose.SCALE_DOWN) == {
        "warm-1": CLOSES - 48 * HOUR,
        "scale-down-1": CORRECTED + HOUR,
    }
    assert times(exam(deadlines=Deadlines(warm=0)), Purpose.WARM, Purpose.SCALE_DOWN) == {}


def test_nothing_is_too_early_by_a_part_of_a_second() -> None:
    odd = replace(exam().windows, upload=Window(OPENS, CLOSES + timedelta(milliseconds=1)))
    assert times(exam(windows=odd))["close-upload"] == CLOSES + 10 * MINUTE + SECOND


def test_what_was_missed_is_the_last_reminder_and_whatever_still_makes_sense() -> None:
    names = [one.name for one in missed(plan(exam()), CLOSES - HOUR)]
    assert sorted(names) == ["remind-drafts-3", "remind-returns-72", "warm-1"]
    assert [one.name for one in missed(plan(exam()), CORRECTED + 2 * DAY)] == []


def test_own_ends_can_be_from_the_first_end_on_until_the_last_return_must_be_corrected() -> None:
    assert own_ends(exam()) == Window(CLOSES, at("03-15 00:00") + 48 * HOUR)
    assert own_ends(exam(min_correction_hours=240)).opens == CORRECTED - 240 * HOUR


# ---- who is due


def stage(application: object, now: datetime, configured: Exam | None = None) -> int | None:
    due = reminder_due(application, configured or exam(), now)  # type: ignore[arg-type]
    return due.stage if due else None


def test_a_draft_is_due_once_its_stage_has_begun_until_its_end() -> None:
    assert [stage(draft(), CLOSES - left) for left in (73 * HOUR, 72 * HOUR, 25 * HOUR, DAY, HOUR, timedelta())] == [
        *(None, 72, 72, 24, 3, None)
    ]


@pytest.mark.parametrize("application", [submitted(), approved()])
def test_nobody_is_reminded_of_what_they_have_done(application: object) -> None:
    assert stage(application, CLOSES - HOUR) is None


def test_it_is_the_candidates_own_end_that_counts() -> None:
    granted = draft(extension=CLOSES + 2 * DAY)
    assert [stage(granted, CLOSES - left) for left in (DAY, -DAY, -DAY - HOUR)] == [72, 24, 24]
    assert reminder_due(granted, exam(), CLOSES + DAY).end == CLOSES + 2 * DAY  # type: ignore[union-attr]
    late = returned(decision=decision(at=CORRECTED - HOUR))
    # The return's own SMS has just said the end: only what begins after it is a reminder.
    assert [stage(late, CORRECTED + left * HOUR) for left in (0, 22, 23, 43, 44, 47)] == [None, None, 24, 24, 3, None]


def test_another_end_is_another_reminder() -> None:
    due = reminder_due(draft(), exam(), CLOSES - DAY)
    assert due
    told = draft(reminded=due.mark)
    assert stage(told, CLOSES - HOUR * 20) is None
    assert stage(told, CLOSES - 3 * HOUR) == 3
    longer = exam_with_area(extension=Extension(CLOSES + HOUR, text("延期")))
    assert stage(told, CLOSES - 20 * HOUR, longer) == 24


# ---- the schedules


@pytest.fixture
def world() -> World:
    """The exam has just been saved."""
    world = World(candidates=("3701001", "3701002", "3702001"))
    world.put(replace(world.application(f"{EXAM}_3702001"), site="3702"))
    world.exams.looks[EXAM] = NOON
    return world


def run(world: World) -> None:
    """Minute after minute until nothing is due."""
    for _ in range(100):
        if not world.deadlines(None, world.clock.time + 5 * MINUTE):
            return
        world.clock.advance(SECOND)
    raise AssertionError("there is no end to it")


def until_(world: World, time: datetime) -> None:
    """Time passes: every schedule wakes the function at its second, and the clock now and then."""
    run(world)
    while world.schedules.items and (next_ := min(world.schedules.items.values())) <= time:
        world.clock.time = max(next_, world.clock.time)
        for wake in world.schedules.fire(EXAM, world.clock.time):
            world.deadlines(wake, world.clock.time + 5 * MINUTE)
        run(world)
    world.clock.time = time
    run(world)


def test_a_look_makes_the_schedules_and_a_second_one_changes_nothing(world: World) -> None:
    run(world)
    assert world.schedules.of(EXAM) == times(exam())
    world.schedules.writes.clear()
    world.exams.looks[EXAM] = world.clock.time
    run(world)
    assert world.schedules.writes == []


def test_a_moved_window_moves_its_schedules_and_no_others(world: World) -> None:
    run(world)
    world.schedules.writes.clear()
    windows = replace(exam().windows, upload=Window(OPENS, CLOSES + HOUR))
    world.exams.save(replace(world.exams.kept(EXAM), exam=exam(windows=windows), version=2, at=world.clock.time))
    run(world)
    assert world.schedules.of(EXAM) == times(exam(windows=windows))
    moved = ["close-upload", "remind-drafts-24", "remind-drafts-3", "remind-drafts-72", "scale-down-1", "warm-1"]
    assert sorted(world.schedules.writes) == [f"+{name}" for name in moved]


def test_what_is_not_wanted_any_more_goes(world: World) -> None:
    run(world)
    world.schedules.writes.clear()
    fewer = exam(deadlines=Deadlines(reminders=(24,), warm=0))
    world.exams.save(replace(world.exams.kept(EXAM), exam=fewer, version=2, at=world.clock.time))
    run(world)
    assert world.schedules.of(EXAM) == times(fewer)
    assert {name[0] for name in world.schedules.writes} == {"-"}


def test_an_exam_that_is_gone_leaves_no_schedules(world: World) -> None:
    run(world)
    world.exams.versions.clear()
    world.exams.looks[EXAM] = world.clock.time
    run(world)
    assert (world.schedules.items, world.exams.looks) == ({}, {})


def test_an_exam_that_is_saved_while_it_is_looked_at_is_looked_at_again(world: World) -> None:
    put = world.schedules.put

    def save_meanwhile(id: str, occasion: Occasion) -> None:
        world.schedules.put = put  # type: ignore[method-assign]
        world.exams.looks[EXAM] = world.clock.time + SECOND
        put(id, occasion)

    world.schedules.put = save_meanwhile  # type: ignore[method-assign]
    world.deadlines(None, FOREVER)
    assert world.exams.looks[EXAM] == NOON + SECOND


def test_a_schedule_whose_window_was_moved_meanwhile_does_nothing(world: World) -> None:
    world.clock.time = CLOSES - 25 * HOUR
    world.exams.looks.clear()
    world.deadlines(Wake(EXAM, "remind-drafts-24", CLOSES - 25 * HOUR), FOREVER)
    assert (world.calendar.runs, world.sms.sent) == ({}, [])


def test_reminders_whose_window_was_moved_before_they_began_are_left_to_the_run_that_follows(world: World) -> None:
    """Both are due at once: the first would tell everybody in the name of the other, or count them without need."""
    world.exams.looks.clear()
    earlier, later = CLOSES - 3 * HOUR, CLOSES - 2 * HOUR
    for at_ in (earlier, later):
        world.calendar.begin(Run.of(EXAM, Occasion(DRAFTS, at_, CLOSES + HOUR, stage=3), at_))
    windows = replace(exam().windows, upload=Window(OPENS, CLOSES + HOUR))
    world.exams.save(replace(world.exams.kept(EXAM), exam=exam(windows=windows), version=2, at=world.clock.time))
    world.clock.time = later + MINUTE
    run(world)
    runs = {one.at: one.counts for one in world.calendar.runs.values() if one.purpose is DRAFTS}
    assert runs == {later: {"sent": 3}}


def test_reminders_that_are_on_their_way_end_when_their_window_is_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecase, "PAGE", 1)
    world.exams.looks.clear()
    world.clock.time = CLOSES - 3 * HOUR
    send = world.sms.send

    def slowly(phone: str, words: str) -> None:
        world.clock.advance(MINUTE)
        send(phone, words)

    world.sms.send = slowly  # type: ignore[method-assign]
    world.deadlines(Wake(EXAM, "remind-drafts-3", CLOSES - 3 * HOUR), world.clock.time + MINUTE)
    assert len(world.sms.sent) == 1
    windows = replace(exam().windows, upload=Window(OPENS, CLOSES + HOUR))
    world.exams.save(replace(world.exams.kept(EXAM), exam=exam(windows=windows), version=2, at=world.clock.time))
    world.clock.time = CLOSES - 2 * HOUR + MINUTE
    run(world)
    runs = {one.at: dict(one.counts) for one in world.calendar.runs.values() if one.purpose is DRAFTS}
    assert runs == {CLOSES - 2 * HOUR: {"sent": 3}}
    assert len(world.sms.sent) == 4  # the first candidate has another end than they were told


def test_reminders_end_with_their_window(world: World) -> None:
    world.exams.looks.clear()
    world.calendar.begin(Run.of(EXAM, Occasion(DRAFTS, CLOSES - 3 * HOUR, CLOSES, stage=3), CLOSES))
    world.clock.time = CLOSES
    run(world)
    assert (world.calendar.runs, world.sms.sent) == ({}, [])


def test_an_exam_is_looked_at_as_long_as_anything_can_come_of_it(world: World) -> None:
    world.clock.time = at("03-14 10:20")
    run(world)
    assert world.exams.looks == {EXAM: at("03-14 11:00")}
    world.clock.time = world.exams.looks[EXAM] = at("03-20 10:20")
    run(world)
    assert NOON + 15 * DAY < world.exams.looks[EXAM] < at("03-21 00:00")
    world.clock.time = world.exams.looks[EXAM] = at("03-20 10:20") + 800 * DAY
    run(world)
    assert world.exams.looks == {}


def test_what_a_lost_schedule_should_have_woken_is_done_a_minute_later(world: World) -> None:
    until_(world, CLOSES - 4 * HOUR)
    world.schedules.items.clear()
    world.sms.sent.clear()
    for later, told in ((timedelta(), 0), (59 * SECOND, 0), (MINUTE, 3)):
        world.clock.time = CLOSES - 3 * HOUR + later
        run(world)
        assert len(world.sms.sent) == told


# ---- what is due waits for nothing that takes long


def test_what_is_quick_comes_before_reminders_and_these_before_who_is_told_again(world: World) -> None:
    world.exams.looks.clear()
    world.clock.time = CLOSES + HOUR
    world.put(returned())
    world.sms.fails = SmsFailed("OptedOut")
    world.notify(ID, 1, 1)
    world.sms.fails = None
    done: list[str] = []
    world.capacity.scale_down = lambda exam: done.append("scale-down")  # type: ignore[method-assign]
    world.sms.send = lambda phone, words: done.append(words)  # type: ignore[method-assign]
    for purpose, at_, stage in ((RETURNS, CORRECTED - 72 * HOUR, 72), (Purpose.SCALE_DOWN, CLOSES + HOUR, 1)):
        world.calendar.begin(Run.of(EXAM, Occasion(purpose, at_, CORRECTED, stage=stage), at_))
    world.clock.advance(10 * MINUTE)
    world.deadlines(None, FOREVER)
    first, second, third = done
    assert first == "scale-down"
    assert "尚未重新提交" in second
    assert "需要修改" in third


def unreached(world: World) -> None:
    """Nobody could be reminded, and all are to be told again now."""
    world.exams.looks.clear()
    world.clock.time = CLOSES - DAY
    world.sms.fails = Unavailable()
    world.deadlines(Wake(EXAM, "remind-drafts-24", CLOSES - DAY), FOREVER)
    assert len(world.unreached.items) == 3
    world.sms.fails = None
    world.clock.advance(10 * MINUTE)


def test_a_provider_that_was_down_is_caught_up_with_in_one_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many could not be told: reading on ends only with the time, or with what there is."""
    monkeypatch.setattr(usecase, "BATCH", 2)
    unreached(world)
    assert world.deadlines(None, FOREVER) == 3
    assert (len(world.sms.sent), world.unreached.items) == (3, {})


def test_they_are_told_again_side_by_side_and_no_faster_than_others(world: World) -> None:
    """An SMS takes its time; one after the other, a day's outage would not be caught up with before the end."""
    unreached(world)
    together, paced, send = Barrier(3, timeout=10), list[str](), world.sms.send

    def meet(phone: str, words: str) -> None:
        together.wait()
        send(phone, words)

    world.sms.send = meet  # type: ignore[method-assign]
    assert replace(world.deadlines, pace=lambda: paced.append("turn"))(None, FOREVER) == 3
    assert (len(world.sms.sent), len(paced)) == (3, 3)


def test_nobody_is_told_again_once_the_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usecase, "AT_ONCE", 1)
    unreached(world)
    send = world.sms.send

    def slowly(phone: str, words: str) -> None:
        world.clock.advance(MINUTE)
        send(phone, words)

    world.sms.send = slowly  # type: ignore[method-assign]
    assert world.deadlines(None, world.clock.time + 2 * MINUTE) == 2
    assert (len(world.sms.sent), len(world.unreached.items)) == (2, 1)


def test_what_cannot_be_kept_is_tried_once_by_each_wake_up(world: World) -> None:
    tried: list[str] = []

    def refuse(exam: str) -> dict[str, datetime]:
        tried.append(exam)
        raise Unavailable

    world.schedules.of = refuse  # type: ignore[method-assign]
    assert world.deadlines(None, FOREVER) == 0
    assert tried == [EXAM]


# ---- reminding


def test_from_the_window_to_the_phone(world: World) -> None:
    world.put(submitted())
    until_(world, CLOSES + HOUR)
    numbers = [number for number, _ in world.sms.sent]
    assert numbers.count("+8613800000001") == 0
    assert (numbers.count("+8613800000002"), numbers.count("+8613800000003")) == (3, 3)
    assert {words for _, words in world.sms.sent} == {
        "【送审】您的报名材料尚未提交，请于3月10日18:00前登录报名系统上传并提交，逾期不再受理。"
    }
    assert world.capacity.asked == [("warm", EXAM), ("scale_down", EXAM)]


def test_an_open_return_is_reminded_by_its_own_end(world: World) -> None:
    for number in ("3701002", "3702001"):
        world.put(approved(registration_no=number))
    world.put(returned(decision=decision(at=CORRECTED - HOUR)))
    world.clock.time = world.exams.looks[EXAM] = CORRECTED - HOUR
    for hour in range(60):
        until_(world, CORRECTED + hour * HOUR)
    ends = "【送审】您被退回的报名材料尚未重新提交，请于3月14日17:00前登录报名系统修改并提交。R1"
    assert world.sms.sent == [("+8613800000001", ends)] * 2


def test_a_wake_up_that_comes_twice_reminds_once(world: World) -> None:
    world.clock.time = CLOSES - 24 * HOUR
    world.exams.looks.clear()
    for _ in range(3):
        world.deadlines(Wake(EXAM, "remind-drafts-24", CLOSES - 24 * HOUR), FOREVER)
        run(world)
    assert len(world.sms.sent) == 3


def test_a_run_that_has_no_time_goes_on_where_it_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usecase, "PAGE", 1)
    monkeypatch.setattr(usecase, "AT_ONCE", 1)
    world.clock.time = CLOSES - 24 * HOUR
    world.exams.looks.clear()
    wake: Wake | None = Wake(EXAM, "remind-drafts-24", CLOSES - 24 * HOUR)
    send = world.sms.send

    def slowly(phone: str, words: str) -> None:
        world.clock.advance(MINUTE)
        send(phone, words)

    world.sms.send = slowly  # type: ignore[method-assign]
    seen = []
    for _ in range(4):
        world.deadlines(wake, world.clock.time + MINUTE)
        seen.append(len(world.sms.sent))
        wake = None
    assert seen == [1, 2, 3, 3]  # nobody is at the last site
    (done,) = world.calendar.runs.values()
    assert (done.due, dict(done.counts)) == (None, {"sent": 3})
    assert len({number for number, _ in world.sms.sent}) == 3


def test_a_run_that_dies_is_gone_on_with_and_nobody_is_sent_it_twice(world: World) -> None:
    world.clock.time = CLOSES - 24 * HOUR
    world.exams.looks.clear()
    send = world.sms.send

    def die(phone: str, words: str) -> None:
        send(phone, words)
        raise KeyboardInterrupt

    world.sms.send = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.deadlines(Wake(EXAM, "remind-drafts-24", CLOSES - 24 * HOUR), world.clock.time + 5 * MINUTE)
    world.sms.send = send  # type: ignore[method-assign]
    assert world.deadlines(None, world.clock.time + 5 * MINUTE) == 0
    world.clock.advance(6 * MINUTE)
    run(world)
    assert len(world.sms.sent) == len({number for number, _ in world.sms.sent}) == 3


def test_who_submits_at_that_very_moment_is_not_reminded(world: World) -> None:
    world.put(returned())
    world.clock.time = CORRECTED - 3 * HOUR
    world.exams.looks.clear()
    world.meanwhile(lambda: world.put(submitted(round=2)))
    world.deadlines(Wake(EXAM, "remind-returns-3", CORRECTED - 3 * HOUR), FOREVER)
    assert world.sms.sent == []


def test_each_that_fails_is_noted_and_the_others_are_reminded(world: World) -> None:
    world.roster.add(roster_entry("3701002", phone="053188881234"))
    world.clock.time = CLOSES - 24 * HOUR
    world.exams.looks.clear()
    world.deadlines(Wake(EXAM, "remind-drafts-24", CLOSES - 24 * HOUR), world.clock.time + 5 * MINUTE)
    (done,) = world.calendar.runs.values()
    assert dict(done.counts) == {"sent": 2, "failed": 1}
    assert list(world.unreached.items) == [(EXAM, "37", "3701002")]


# ---- closing, forgetting


def test_a_close_counts_and_changes_nothing(world: World) -> None:
    world.put(submitted())
    before = dict(world.applications.items)
    world.clock.time = CLOSES + 10 * MINUTE
    world.exams.looks.clear()
    world.deadlines(Wake(EXAM, "close-upload", CLOSES + 10 * MINUTE), FOREVER)
    (done,) = world.calendar.runs.values()
    assert dict(done.counts) == {"draft": 2, "submitted": 1, "returned": 0, "approved": 0, "unreached": 0}
    assert world.applications.items == before
    assert world.sms.sent == []


def test_threat_36_retention_ends_by_itself(world: World) -> None:
    world.put(approved())
    then = at("03-15 00:00") + 730 * DAY
    until_(world, then - SECOND)
    assert world.archive.ends == {}
    until_(world, then)
    assert set(world.archive.ends) == set(world.applications.items)


def test_records_that_are_to_end_sooner_end_at_once(world: World) -> None:
    """Their new end was long ago: half a year after the last window somebody asks for thirty days."""
    later = at("03-15 00:00") + 180 * DAY
    until_(world, later)
    assert world.archive.ends == {}
    keep_for(world, 30)
    until_(world, later + DAY)
    assert set(world.archive.ends) == set(world.applications.items)


def test_a_deletion_that_was_a_mistake_ends_with_its_correction_and_can_be_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecase, "PAGE", 1)
    later = at("03-15 00:00") + 180 * DAY
    until_(world, later)
    keep_for(world, 30)
    world.deadlines(None, later)  # begins it, and has no time for more
    world.deadlines(None, later + SECOND)
    expire = world.archive.expire

    def slowly(application: Application, end: datetime) -> None:
        expire(application, end)
        world.clock.advance(MINUTE)

    world.archive.expire = slowly  # type: ignore[method-assign]
    world.deadlines(None, world.clock.time + MINUTE)
    assert len(world.archive.ends) == 1
    keep_for(world, 730)
    until_(world, world.clock.time + DAY)
    assert len(world.archive.ends) == 1
    keep_for(world, 30)
    until_(world, world.clock.time + DAY)
    assert set(world.archive.ends) == set(world.applications.items)


def keep_for(world: World, days: int) -> None:
    kept = world.exams.kept(EXAM)
    assert kept
    asked = replace(kept.exam, records_days=days)
    assert world.exams.save(KeptExam(asked, kept.version + 1, world.clock.time, "admin"))


# ---- warming up


def test_a_warm_up_that_does_not_succeed_is_tried_until_the_crowd_has_left(world: World) -> None:
    """One function of several is beyond the account's quota: what the others were given must not come back."""
    asked = world.capacity.warm

    def partly(configured: Exam) -> None:
        asked(configured)
        raise Unavailable

    world.capacity.warm = partly  # type: ignore[method-assign]
    world.clock.time = CLOSES - DAY
    world.exams.looks.clear()
    world.deadlines(Wake(EXAM, "warm-1", CLOSES - DAY), world.clock.time + 55 * SECOND)
    world.clock.advance(2 * MINUTE)
    world.deadlines(None, world.clock.time + 55 * SECOND)
    assert world.capacity.asked == [("warm", EXAM)] * 2
    world.clock.time = CLOSES + HOUR
    world.deadlines(Wake(EXAM, "scale-down-1", CLOSES + HOUR), world.clock.time + 55 * SECOND)
    for _ in range(3):
        world.clock.advance(2 * MINUTE)
        world.deadlines(None, world.clock.time + 55 * SECOND)
    assert world.capacity.asked == [("warm", EXAM), ("warm", EXAM), ("scale_down", EXAM)]
    assert world.calendar.due(FOREVER, 9) == []


# ---- those who could not be told


def test_a_failure_is_tried_again_later_and_later_and_then_left_to_people(world: World) -> None:
    world.put(returned())
    world.exams.looks.clear()
    world.sms.fails = SmsFailed("OptedOut")
    world.notify(ID, 1, 1)
    waited = []
    while (one := world.unreached.items[EXAM, "37", NO]).next_try:
        waited.append(one.next_try - world.clock.time)
        world.clock.time = one.next_try
        world.deadlines(None, FOREVER)
    assert waited == [10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]
    assert (one.tries, one.since, one.cause, one.end) == (5, NOON, "OptedOut", CORRECTED)


def test_what_the_workflow_tries_in_a_row_is_one_try_and_an_outage_of_an_hour_costs_no_return(world: World) -> None:
    world.put(returned())
    world.exams.looks.clear()
    world.sms.fails = Unavailable()
    for _ in range(3):  # so often it calls (test_statemachine)
        with pytest.raises(Unavailable):
            world.notify(ID, 1, 1)
        world.clock.advance(20 * SECOND)
    one = world.unreached.items[EXAM, "37", NO]
    assert (one.tries, one.next_try) == (1, NOON + 10 * MINUTE)
    world.clock.time = NOON + 10 * MINUTE
    world.deadlines(None, FOREVER)
    one = world.unreached.items[EXAM, "37", NO]
    assert (one.tries, one.next_try) == (2, NOON + 70 * MINUTE)
    world.sms.fails = None
    world.clock.time = NOON + 70 * MINUTE
    world.deadlines(None, FOREVER)
    assert (len(world.sms.sent), world.unreached.items) == (1, {})


def test_a_later_try_that_succeeds_is_the_end_of_it(world: World) -> None:
    world.put(returned())
    world.exams.looks.clear()
    world.sms.fails = Unavailable()
    with pytest.raises(Unavailable):
        world.notify(ID, 1, 1)
    assert world.unreached.items[EXAM, "37", NO].cause == "Unavailable"
    world.sms.fails = None
    world.clock.advance(10 * MINUTE)
    world.deadlines(None, FOREVER)
    assert (world.unreached.items, len(world.sms.sent)) == ({}, 1)
    assert world.applications.notifications[ID].state == "sent"


def test_no_try_is_made_after_the_end(world: World) -> None:
    world.put(returned(decision=decision(at=DECIDED_AT)))
    world.exams.looks.clear()
    world.sms.fails = SmsFailed("OptedOut")
    world.clock.time = CORRECTED - 5 * MINUTE
    world.notify(ID, 1, 1)
    assert world.unreached.items[EXAM, "37", NO].next_try is None


def test_who_submits_is_listed_no_longer(world: World) -> None:
    world.submit_filled()
    world.sms.fails = SmsFailed("OptedOut")
    world.decide(Outcome.RETURN, "diploma-1")
    world.workflow.settle()
    assert list(world.unreached.items) == [(EXAM, "37", NO)]
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"better", "diploma-1")
    world.submit(ID, 2)
    assert world.application().status is Status.SUBMITTED
    assert world.unreached.items == {}


def test_if_that_failed_the_next_try_finds_out(world: World) -> None:
    world.put(returned())
    world.exams.looks.clear()
    world.sms.fails = SmsFailed("OptedOut")
    world.notify(ID, 1, 1)
    world.sms.fails = None
    world.put(submitted(round=2))
    world.clock.advance(10 * MINUTE)
    world.deadlines(None, FOREVER)
    assert (world.unreached.items, world.sms.sent) == ({}, [])
