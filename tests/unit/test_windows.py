"""When a candidate may change something: windows, extensions, minimum correction time, grace, the edges of each."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from songshen.domain.application import Application, Status, end_of, refuse_if_closed
from songshen.domain.errors import Code
from songshen.domain.exam import GRACE, Exam, Extension, Window
from tests.support.exams import (
    CLOSES,
    CORRECTED,
    DAY,
    HOUR,
    MINUTE,
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
from tests.support.refusals import refusal

TICK = timedelta(microseconds=1)


def closed(application: Application, configured: Exam, now: datetime, grace: timedelta = timedelta()) -> bool:
    refused = refusal(refuse_if_closed, application, configured, now, grace)
    assert refused in [None, (Code.WINDOW_CLOSED, {})]
    return refused is not None


def test_a_draft_ends_with_the_exams_upload_window() -> None:
    assert end_of(draft(), exam()) == CLOSES
    assert end_of(submitted(), exam()) == CLOSES
    assert end_of(approved(), exam()) == CLOSES


def test_the_areas_own_upload_window_replaces_the_exams() -> None:
    own = Window(at("03-03 08:00"), at("03-08 12:00"))
    assert end_of(draft(), exam_with_area(upload=own)) == own.closes
    assert end_of(draft(area="11", site="1101"), exam_with_area(upload=own)) == CLOSES


def test_an_area_that_the_exam_does_not_have_goes_by_the_exams_window() -> None:
    assert end_of(draft(area="99"), exam()) == CLOSES


@pytest.mark.parametrize("moved", [-DAY, timedelta(), DAY])
def test_extensions_only_ever_lengthen(moved: timedelta) -> None:
    longer = Extension(CLOSES + moved, text("延期"))
    assert end_of(draft(), exam_with_area(extension=longer)) == max(CLOSES, CLOSES + moved)
    assert end_of(draft(extension=CLOSES + moved), exam()) == max(CLOSES, CLOSES + moved)


def test_the_latest_of_all_extensions_counts() -> None:
    longer = exam_with_area(extension=Extension(CLOSES + DAY, text("延期")))
    assert end_of(draft(extension=CLOSES + 2 * DAY), longer) == CLOSES + 2 * DAY
    assert end_of(draft(extension=CLOSES + HOUR), longer) == CLOSES + DAY
    assert end_of(draft(area="11", site="1101"), longer) == CLOSES


def test_extensions_lengthen_corrections_too() -> None:
    longer = exam_with_area(extension=Extension(CORRECTED + DAY, text("延期")))
    assert end_of(returned(), longer) == CORRECTED + DAY
    assert end_of(returned(extension=CORRECTED + 2 * DAY), longer) == CORRECTED + 2 * DAY


def test_a_returned_application_ends_with_the_correction_window() -> None:
    assert end_of(returned(), exam()) == CORRECTED
    own = Window(at("03-03 08:00"), CORRECTED + DAY)
    assert end_of(returned(), exam_with_area(upload=own)) == CORRECTED


def test_a_returned_application_without_a_decision_ends_with_the_upload_window() -> None:
    assert end_of(returned(decision=None), exam()) == CLOSES


def test_a_return_leaves_the_minimum_time_even_past_the_deadline() -> None:
    late = CORRECTED - HOUR
    application = returned(decision=decision(at=late))
    assert end_of(application, exam()) == late + 48 * HOUR
    assert end_of(application, exam(min_correction_hours=3)) == late + 3 * HOUR
    assert end_of(application, exam(min_correction_hours=1)) == CORRECTED
    assert end_of(replace(application, decision=decision(at=late - 47 * HOUR)), exam()) == CORRECTED


def test_the_window_is_half_open() -> None:
    assert closed(draft(), exam(), OPENS - TICK)
    assert not closed(draft(), exam(), OPENS)
    assert not closed(draft(), exam(), CLOSES - TICK)
    assert closed(draft(), exam(), CLOSES)


def test_grace_is_added_to_the_end_only() -> None:
    assert GRACE == 10 * MINUTE
    assert not closed(draft(), exam(), CLOSES + GRACE - TICK, GRACE)
    assert closed(draft(), exam(), CLOSES + GRACE, GRACE)
    assert closed(draft(), exam(), OPENS - TICK, GRACE)


def test_only_a_draft_waits_for_the_window_to_open() -> None:
    before = OPENS - SECOND
    assert closed(draft(), exam(), before)
    assert not closed(returned(), exam(), before)
    own = Window(OPENS - DAY, CLOSES)
    assert not closed(draft(), exam_with_area(upload=own), before)
    assert closed(draft(status=Status.DRAFT, extension=CLOSES + DAY), exam(), before)


def test_a_returned_application_is_open_until_its_own_end() -> None:
    assert not closed(returned(), exam(), CORRECTED - TICK)
    assert closed(returned(), exam(), CORRECTED)
