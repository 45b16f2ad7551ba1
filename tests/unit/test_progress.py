"""How far an exam has come: what is counted, how old it may be, and who counts."""

from copy import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songshen.contract.progress import Progress
from songshen.domain import progress
from songshen.domain.application import Application, Decision, Outcome, Status, application_id
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Extension, Text
from songshen.domain.journal import Entry
from songshen.domain.sms import CAUSES, cause_text
from songshen.ports import KeptProgress, Unreached
from tests.support.exams import CORRECTED, DAY, EXAM, HOUR, MINUTE, NOON, OPENS, at, draft, exam_with_area
from tests.support.exams import exam as made_exam
from tests.support.fakes import World

DEADLINE = CORRECTED - 6 * HOUR


@pytest.fixture
def world() -> World:
    world = World(candidates=())
    world.clock.time = NOON
    return world


def shown(world: World) -> Progress:
    made: Progress = world.progress(EXAM)
    return made


def journalled(world: World, application: Application, *entries: Entry) -> Application:
    world.put(application)
    world.applications.journals[application.id] += entries
    return application


def waits(world: World, number: str, since: datetime, site: str = "3701", round: int = 1) -> Application:
    area = site[:2]
    made = draft(registration_no=number, area=area, site=site, status=Status.SUBMITTED, round=round, submitted_at=since)
    return journalled(world, made, Entry("submitted", since, "candidate", round))


def decided(
    world: World,
    number: str,
    when: datetime,
    by: str = "reviewer-1",
    outcome: Outcome = Outcome.APPROVE,
    site: str = "3701",
    sent: datetime | None = None,
    **changes: Any,
) -> Application:
    sent = sent or when - HOUR
    status = Status.APPROVED if outcome is Outcome.APPROVE else Status.RETURNED
    made = draft(
        registration_no=number,
        area=site[:2],
        site=site,
        status=status,
        round=1,
        submitted_at=sent,
        decision=Decision(1, outcome, by, when),
        **changes,
    )
    return journalled(world, made, Entry("submitted", sent, "candidate", 1), Entry(status.value, when, by, 1))


def test_applications_are_counted_by_site_status_and_round(world: World) -> None:
    world.put(draft(registration_no="d"))
    waits(world, "s1", NOON - HOUR)
    waits(world, "s2", NOON - HOUR, round=2)
    waits(world, "s3", NOON - HOUR, round=7)
    decided(world, "r", NOON - HOUR, outcome=Outcome.RETURN)
    decided(world, "a", NOON - HOUR)
    waits(world, "other", NOON, site="1101")
    by_site = {one.site.id: one for one in shown(world).sites}
    assert by_site.keys() == {"3701", "3702", "1101"}
    site = by_site["3701"]
    assert (site.area.id, site.area.name.zh, site.site.name.zh) == ("37", "山东", "济南")
    assert site.counts == {"draft": 1, "submitted": 3, "returned": 1, "approved": 1}
    assert site.rounds == {"submitted": [1, 1, 1], "returned": [1, 0, 0], "approved": [1, 0, 0]}
    assert by_site["1101"].counts["submitted"] == 1
    assert by_site["3702"].counts == {"draft": 0, "submitted": 0, "returned": 0, "approved": 0}


def test_how_long_they_have_been_waiting(world: World) -> None:
    for number, hours in enumerate((1, 2, 24, 47, 49)):
        waits(world, str(number), NOON - hours * HOUR)
    waiting = shown(world).waiting
    assert (waiting.oldest, waiting.median_minutes) == (NOON - 49 * HOUR, 24 * 60)
    assert (waiting.over_24h, waiting.over_48h) == (3, 1)
    assert shown(world).sites[0].waiting == waiting
    empty = shown(World()).waiting
    assert (empty.oldest, empty.median_minutes, empty.over_24h, empty.over_48h) == (None, 0, 0, 0)


def test_returns_by_the_time_that_is_left(world: World) -> None:
    """The correction window ends in six hours, but every return leaves 48; the area's extension moves the end on."""
    world.clock.time = DEADLINE
    decided(world, "old", DEADLINE - 3 * DAY, outcome=Outcome.RETURN)
    decided(world, "fresh", DEADLINE - HOUR, outcome=Outcome.RETURN)
    decided(world, "extended", DEADLINE - 3 * DAY, outcome=Outcome.RETURN, extension=DEADLINE + 5 * DAY)
    found = shown(world)
    assert (found.returns.open, found.returns.closing, found.returns.over) == (3, 2, 0)
    assert [(one.registration_no, one.until) for one in found.closing] == [("old", CORRECTED)]
    assert found.closing[0].application == application_id(EXAM, "old")
    assert sorted(world.progress_book.own_extensions_read) == ["extended", "old"]
    world.clock.time = CORRECTED
    found = shown(world)
    assert (found.returns.open, found.returns.closing, found.returns.over) == (1, 0, 2)
    assert found.closing == []


def test_the_end_of_a_return_is_the_candidates_own_rule() -> None:
    exam = made_exam()
    assert progress.end_of_return(exam, "37", "3701", OPENS) == CORRECTED
    assert progress.end_of_return(exam, "37", "3701", CORRECTED) == CORRECTED + 48 * HOUR
    assert progress.end_of_return(exam, "37", "3701", OPENS, CORRECTED + DAY) == CORRECTED + DAY
    longer = exam_with_area(extension=Extension(CORRECTED + 2 * DAY, Text("", "")))
    assert progress.end_of_return(longer, "37", "3701", OPENS) == CORRECTED + 2 * DAY


def test_the_pace_of_reviewers_and_sites(world: World) -> None:
    decided(world, "a", NOON - 10 * MINUTE, by="r1")
    decided(world, "b", NOON - 70 * MINUTE, by="r1", outcome=Outcome.RETURN)
    decided(world, "c", NOON - 23 * HOUR, by="r2", site="3702")
    decided(world, "long ago", NOON - 25 * HOUR, by="r1")
    waits(world, "w", NOON - HOUR)
    waits(world, "x", NOON - HOUR)
    found = shown(world)
    first, second = found.reviewers
    assert (first.by, first.site.id, first.approved, first.returned) == ("r1", "3701", 1, 1)
    assert (first.last, sum(first.hours), len(first.hours)) == (NOON - 10 * MINUTE, 2, 24)
    assert (first.hours[-1], first.hours[-2], first.hours[-3]) == (0, 1, 1)
    assert (second.by, second.approved, second.returned, second.area.id) == ("r2", 1, 0, "37")
    site = next(one for one in found.sites if one.site.id == "3701")
    assert (site.reviewers, site.decided_last_hour, site.decided_last_day) == (1, 1, 2)
    assert site.hours_to_clear == 24.0
    assert found.median_decision_minutes == 60


def test_a_decision_counts_after_the_candidate_has_submitted_again(world: World) -> None:
    sent, returned = NOON - 5 * HOUR, NOON - 4 * HOUR
    made = waits(world, "a", NOON - HOUR, round=2)
    world.applications.journals[made.id] = [
        Entry("submitted", sent, "candidate", 1),
        Entry("returned", returned, "r1", 1),
        Entry("submitted", NOON - HOUR, "candidate", 2),
    ]
    found = shown(world)
    assert [(one.by, one.returned) for one in found.reviewers] == [("r1", 1)]
    assert {one.at: one.submitted for one in found.curve if one.submitted} == {sent: 1, NOON - HOUR: 1}


def test_the_curve_has_every_submission_and_decision_of_the_last_day(world: World) -> None:
    world.clock.time = at("03-05 12:10")
    now = world.clock.time
    waits(world, "now", now)
    decided(world, "a", now - 20 * MINUTE, sent=now - 3 * HOUR)
    decided(world, "old", now - HOUR, sent=now - 30 * HOUR)
    waits(world, "older", now - 26 * HOUR)
    curve = shown(world).curve
    assert (len(curve), curve[0].at, curve[-1].at) == (48, at("03-04 12:30"), at("03-05 12:00"))
    assert {one.at: (one.submitted, one.decided) for one in curve if one.submitted or one.decided} == {
        at("03-05 12:00"): (1, 0),
        at("03-05 11:30"): (0, 1),
        at("03-05 11:00"): (0, 1),
        at("03-05 09:00"): (1, 0),
    }


def test_the_worst_site_is_first(world: World) -> None:
    """What nobody works on, then what takes longest; sites without anything that waits come last."""
    waits(world, "a", NOON - HOUR, site="3702")
    waits(world, "b", NOON - HOUR, site="1101")
    decided(world, "c", NOON - HOUR, site="1101")
    assert [one.site.id for one in shown(world).sites] == ["3702", "1101", "3701"]
    assert [one.hours_to_clear for one in shown(world).sites] == [None, 24.0, 0.0]


def test_those_whom_no_sms_could_reach_are_counted_by_area(world: World) -> None:
    world.progress_book.unreachable[EXAM, "11"] = 3
    assert [(one.area.id, one.count) for one in shown(world).unreached] == [("37", 0), ("11", 3)]


def unreached(world: World, number: str, end: datetime, area: str = "37", **changes: Any) -> None:
    world.put(draft(registration_no=number, area=area, site=f"{area}01"))
    noted = Unreached(EXAM, area, f"{area}01", number, 0, "reminder", "capped", NOON - HOUR, end, 3, NOON + HOUR)
    world.unreached.note(replace(noted, **changes))


def listed(world: World, area: str = "", cursor: str = "") -> list[str]:
    """Registration numbers of all pages."""
    found = world.progress.not_reached(EXAM, area, cursor)
    own = [one.registration_no for one in found.items]
    return own + (listed(world, area, found.next_cursor) if found.next_cursor else [])


def test_those_whom_no_sms_could_reach_are_listed_nearest_end_first(world: World) -> None:
    """Of all areas or of one; those whose end is over come last, the last one first."""
    ends = {
        "c": (3, "37"),
        "a": (1, "11"),
        "b": (1, "37"),
        "over": (-9, "37"),
        "just over": (-1, "11"),
        "now": (0, "37"),
    }
    for number, (hours, area) in ends.items():
        unreached(world, number, NOON + hours * HOUR, area)
    assert listed(world) == ["now", "a", "b", "c", "just over", "over"]
    assert listed(world, "11") == ["a", "just over"]
    (first, *_) = world.progress.not_reached(EXAM).items
    assert (first.application, first.about, first.cause) == (application_id(EXAM, "now"), "reminder", "capped")
    assert first.text.zh == "本次考试的短信已达上限，可在考试设置中提高 sms_limit"
    assert (first.status, first.since, first.next_try) == (Status.DRAFT, NOON - HOUR, NOON + HOUR)


@pytest.mark.parametrize("over", [0, 30, 49, 50, 51, 130])
def test_every_page_goes_on_where_the_last_one_ended(world: World, over: int) -> None:
    """Whatever page the border falls on between those who have time and those who have not."""
    for number in range(130):
        unreached(world, f"{number:03d}", NOON + (number - over) * MINUTE, "11" if number % 3 else "37")
    pages = listed(world)
    assert pages == [f"{n:03d}" for n in (*range(over, 130), *reversed(range(over)))]


def test_time_that_goes_by_between_two_pages_repeats_nobody(world: World) -> None:
    for number in range(70):
        unreached(world, f"{number:03d}", NOON + number * MINUTE)
    first = world.progress.not_reached(EXAM)
    world.clock.advance(2 * HOUR)
    second = world.progress.not_reached(EXAM, "", first.next_cursor)
    assert [one.registration_no for one in (*first.items, *second.items)] == [f"{number:03d}" for number in range(70)]


def test_the_end_that_is_shown_is_the_one_that_is_theirs_now(world: World) -> None:
    unreached(world, "a", NOON - HOUR)
    world.put(replace(draft(registration_no="a"), extension=CORRECTED + DAY))
    (found,) = world.progress.not_reached(EXAM).items
    assert found.until == CORRECTED + DAY


def test_whoever_has_moved_or_is_gone_meanwhile_is_not_listed(world: World) -> None:
    unreached(world, "moved", NOON + HOUR)
    world.put(draft(registration_no="moved", area="11", site="1101"))
    unreached(world, "gone", NOON + HOUR)
    del world.applications.items[application_id(EXAM, "gone")]
    assert listed(world) == []


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "1_2_3",
        f"{NOON.isoformat()}_{NOON.isoformat()}",
        "2026-03-05_2026-03-05_1",
        f"{'1' * 300}",
        "__",
        "9_9_9_9",
        f"{NOON.isoformat()}_9999-12-31T23:59:59-12:00_1",
        f"0001-01-01T00:00:00+12:00_{NOON.isoformat()}_1",
    ],
)
def test_a_cursor_that_is_none(world: World, cursor: str) -> None:
    with pytest.raises(Refused) as raised:
        world.progress.not_reached(EXAM, "", cursor)
    assert (raised.value.code, raised.value.facts["field"]) == (Code.BAD_REQUEST, "cursor")


@pytest.mark.parametrize("cause", [*CAUSES, "http_418", ""])
def test_every_cause_is_told_in_words(cause: str) -> None:
    text = cause_text(cause)
    assert text.zh
    assert text.en
    assert (cause in CAUSES) != (cause in text.zh and cause in text.en)


def test_what_was_counted_is_answered_for_a_minute(world: World) -> None:
    first = shown(world)
    asked = world.progress_book.asked
    waits(world, "a", NOON)
    world.clock.advance(59 * timedelta(seconds=1))
    assert shown(world) == first
    assert world.progress_book.asked == asked
    world.clock.advance(timedelta(seconds=1))
    assert (shown(world).at, sum(one.counts["submitted"] for one in shown(world).sites)) == (NOON + MINUTE, 1)


def test_while_somebody_counts_the_others_are_answered_what_was_counted_last(world: World) -> None:
    first = shown(world)
    world.clock.advance(2 * MINUTE)
    assert world.progress_cache.claim(EXAM, world.clock.time, world.clock.time + timedelta(seconds=30))
    assert shown(world) == first
    world.clock.advance(timedelta(seconds=30))
    assert shown(world).at == world.clock.time


def test_nothing_older_than_five_minutes_is_answered_whoever_counts(world: World) -> None:
    shown(world)
    world.clock.advance(5 * MINUTE)
    assert world.progress_cache.claim(EXAM, world.clock.time, world.clock.time + HOUR)
    assert shown(world).at == world.clock.time


@pytest.mark.parametrize("body", [b"", b"x\x9c", b"x\x9c\xabV*K-*\xce\xcc\xcfS\xb2R0\xac\x05\x00 \xf2\x04\x1d"])
def test_what_another_version_has_counted_is_counted_anew(world: World, body: bytes) -> None:
    world.progress_cache.put(EXAM, KeptProgress(NOON, body))
    assert len(shown(world).sites) == 3


def test_an_exam_that_there_is_not(world: World) -> None:
    with pytest.raises(Refused) as raised:
        world.progress("another")
    assert raised.value.code is Code.NOT_FOUND


@given(st.lists(st.integers(-200, 3000)))
def test_a_histogram_has_each_time_once(minutes: list[int]) -> None:
    first = progress.bins(NOON, progress.HALF_HOUR, 48)
    counted = progress.histogram((NOON - one * MINUTE for one in minutes), first, progress.HALF_HOUR, 48)
    assert sum(counted) == sum(first <= NOON - one * MINUTE < first + DAY for one in minutes)


@given(st.lists(st.integers(0, 5000), min_size=1))
def test_half_of_all_wait_no_longer_than_the_median(minutes: list[int]) -> None:
    found = progress.median([one * MINUTE for one in minutes]) // MINUTE
    assert sum(one <= found for one in minutes) * 2 >= len(minutes)
    assert sum(one >= found for one in minutes) * 2 >= len(minutes)
