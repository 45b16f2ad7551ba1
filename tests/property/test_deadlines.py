"""The plan of every exam, and who is due by it."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from songshen.domain.application import Application, end_of
from songshen.domain.deadlines import LATE, Purpose, Reminder, Run, areas_of, missed, plan, reminder_due, still_wanted
from songshen.domain.exam import GRACE, Deadlines, Exam, Extension, Window, Windows
from tests.support.exams import CLOSES, DAY, HOUR, OPENS, decision, draft, exam, returned, text

ends = st.integers(-5 * 24, 15 * 24).map(lambda hours: CLOSES + hours * HOUR + timedelta(milliseconds=hours % 3))
reminders = st.lists(st.integers(1, 200), max_size=6, unique=True).map(tuple)


@st.composite
def exams(draw: st.DrawFn) -> Exam:
    """Windows and areas as an office may set them, ends in any order."""
    closes, corrected = sorted((draw(ends), draw(ends)))
    windows = Windows(
        upload=Window(OPENS, closes),
        review=Window(OPENS, corrected + 3 * DAY),
        correction=Window(OPENS + DAY, corrected),
    )
    areas = tuple(
        replace(
            area,
            upload=draw(st.none() | st.builds(Window, st.just(OPENS), ends)),
            extension=draw(st.none() | st.builds(lambda until: Extension(until, text("延期")), ends)),
        )
        for area in exam().areas
    )
    wanted = Deadlines(draw(reminders), draw(st.sampled_from((0, 6, 24, 72))))
    return exam(windows=windows, areas=areas, deadlines=wanted, min_correction_hours=draw(st.sampled_from((0, 24, 48))))


@st.composite
def people(draw: st.DrawFn) -> Application:
    """Drafts and returns in both areas, some with more time of their own."""
    area, site = draw(st.sampled_from((("37", "3701"), ("11", "1101"))))
    made = draft(area=area, site=site, extension=draw(st.none() | ends))
    if draw(st.booleans()):
        return replace(
            made, **{name: getattr(returned(), name) for name in ("status", "round")}, decision=decision(at=draw(ends))
        )
    return made


moments = st.integers(-10 * 24, 20 * 24).map(lambda hours: CLOSES + hours * HOUR)


@given(exams())
def test_names_are_unique_and_fit_and_times_are_whole_seconds(configured: Exam) -> None:
    planned = plan(configured)
    assert len({one.name for one in planned}) == len(planned)
    assert all(len(one.name) <= 64 - 25 for one in planned)
    assert not any(one.at.microsecond for one in planned)
    assert all(one.at < one.until for one in planned)


@given(exams(), people())
def test_every_end_is_reminded_at_every_stage_that_its_window_has_room_for(
    configured: Exam, person: Application
) -> None:
    """By the plan, for whoever has no end of their own."""
    plain = replace(person, extension=None)
    if plain.decision:
        plain = replace(plain, decision=replace(plain.decision, at=OPENS - 30 * DAY))
    end = end_of(plain, configured)
    purpose = Purpose.REMIND_RETURNED if plain.decision else Purpose.REMIND_DRAFTS
    opens = configured.windows.correction.opens if plain.decision else OPENS
    planned = [one for one in plan(configured) if one.purpose is purpose]
    mine = [one for one in planned if plain.area in [area.id for area in areas_of(configured, purpose, one.area)]]
    wanted = {hours for hours in configured.deadlines.reminders if end - hours * HOUR > opens}
    assert {one.stage for one in mine} == wanted
    for one in mine:
        due = reminder_due(plain, configured, one.at)
        assert due
        assert due.end == end
        assert due.stage == min(hours for hours in wanted if end - hours * HOUR <= one.at)


@given(exams())
def test_every_end_is_closed_after_the_grace(configured: Exam) -> None:
    for area in configured.areas:
        (close,) = [
            one
            for one in plan(configured)
            if one.purpose is Purpose.CLOSE_UPLOAD and area in areas_of(configured, one.purpose, one.area)
        ]
        end = end_of(draft(area=area.id), configured)
        assert timedelta() <= close.at - (end + GRACE) < timedelta(seconds=1)


@given(exams(), moments)
def test_nothing_is_scaled_down_while_another_peak_is_on(configured: Exam, now: datetime) -> None:
    warm = configured.deadlines.warm
    planned = [one for one in plan(configured) if one.purpose in (Purpose.WARM, Purpose.SCALE_DOWN)]
    on = sum((one.at <= now) * (1 if one.purpose is Purpose.WARM else -1) for one in planned)
    ends_of_all = [end_of(draft(area=area.id), configured) for area in configured.areas]
    peak = bool(warm) and any(end - warm * HOUR <= now - timedelta(seconds=1) and now < end for end in ends_of_all)
    assert on in (0, 1)
    assert on or not peak


@given(exams(), moments)
def test_what_is_missed_has_begun_and_is_not_over(configured: Exam, now: datetime) -> None:
    found = missed(plan(configured), now)
    assert all(one.at <= now < one.until for one in found)
    reminding = [(one.purpose, one.area) for one in found if one.name.startswith("remind")]
    assert len(reminding) == len(set(reminding))
    closing = [one for one in plan(configured) if one.name.startswith("close") and one.at <= now < one.at + LATE]
    assert {one.name for one in closing} <= {one.name for one in found}


@given(exams(), moments)
def test_what_is_planned_may_go_on_until_its_time_is_over(configured: Exam, now: datetime) -> None:
    for one in plan(configured):
        for_good = one.purpose in (Purpose.SCALE_DOWN, Purpose.CLOSE_UPLOAD, Purpose.CLOSE_CORRECTION)
        assert still_wanted(Run.of(configured.id, one, now), configured, now) is (for_good or now < one.until)


@given(exams(), people(), moments)
def test_a_reminder_is_due_before_ones_own_end_and_only_once(
    configured: Exam, person: Application, now: datetime
) -> None:
    due = reminder_due(person, configured, now)
    if due is None:
        return
    assert isinstance(due, Reminder)
    assert due.end == end_of(person, configured)
    assert due.end - due.stage * HOUR <= now < due.end
    assert person.decision is None or person.decision.at < due.end - due.stage * HOUR
    assert reminder_due(replace(person, reminded=due.mark), configured, now) is None
