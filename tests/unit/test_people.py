"""Who may see what: a reviewer their site, a lead their area, nobody another exam."""

import pytest

from songshen.domain.errors import Code
from songshen.domain.people import Reviewer
from tests.support.exams import EXAM, draft, exam, returned, submitted
from tests.support.fakes import ELSEWHERE, LEAD, REVIEWER
from tests.support.refusals import refusal

FAR_LEAD = Reviewer("lead-9", EXAM, "11")
OTHER_EXAM = Reviewer("reviewer-1", "2025-med", "37", "3701")
NOWHERE = Reviewer("lead-0", EXAM, "")
"""An account without its place."""


@pytest.mark.parametrize(
    ("reviewer", "here", "next_door", "far"),
    [
        (REVIEWER, True, False, False),
        (ELSEWHERE, False, True, False),
        (LEAD, True, True, False),
        (FAR_LEAD, False, False, True),
        (OTHER_EXAM, False, False, False),
        (NOWHERE, False, False, False),
    ],
    ids=lambda value: getattr(value, "username", str(value)),
)
def test_threat_10_a_reviewer_sees_the_site_and_a_lead_the_area(
    reviewer: Reviewer, here: bool, next_door: bool, far: bool
) -> None:
    assert reviewer.may_see(submitted()) == reviewer.may_see(returned()) == here
    assert reviewer.may_see(submitted(site="3702")) == next_door
    assert reviewer.may_see(submitted(area="11", site="1101")) == far
    # Sites have the area's number in front, but nothing relies on it.
    assert not reviewer.may_see(submitted(area="99"))


@pytest.mark.parametrize("reviewer", [REVIEWER, LEAD])
def test_what_was_never_submitted_is_nobodys_business(reviewer: Reviewer) -> None:
    assert not reviewer.may_see(draft())


def test_works_in_is_about_exam_and_area() -> None:
    assert [who.works_in(EXAM, "37") for who in (REVIEWER, ELSEWHERE, LEAD, FAR_LEAD, OTHER_EXAM, NOWHERE)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_lead_has_the_areas_sites_and_begins_with_the_first() -> None:
    assert LEAD.sites(exam()) == ["3701", "3702"]
    assert (LEAD.site_of(exam(), ""), LEAD.site_of(exam(), "3702")) == ("3701", "3702")
    assert refusal(LEAD.site_of, exam(), "1101") == (Code.NOT_FOUND, {})


def test_a_reviewer_has_one_site_also_when_the_exam_does_not_list_it() -> None:
    assert (REVIEWER.site_of(exam(), ""), REVIEWER.site_of(exam(), "3701")) == ("3701", "3701")
    assert REVIEWER.site_of(exam(areas=()), "") == "3701"
    for other in ("3702", "1101", "x", "#"):
        assert refusal(REVIEWER.site_of, exam(), other) == (Code.NOT_FOUND, {})


@pytest.mark.parametrize("lead", [NOWHERE, Reviewer("lead-8", EXAM, "99"), Reviewer("lead-7", EXAM, "#")])
def test_a_lead_of_an_area_that_the_exam_does_not_have_has_no_site(lead: Reviewer) -> None:
    assert lead.sites(exam()) == []
    for wanted in ("", "3701"):
        assert refusal(lead.site_of, exam(), wanted) == (Code.NOT_FOUND, {})
