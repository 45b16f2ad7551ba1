"""Areas switch categories: what one asks for, another may leave open or not ask for at all."""

from dataclasses import replace

import pytest

from songshen.domain.application import Outcome, decide, missing_from, reserve
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Demand, Exam
from songshen.presentation.candidate import view
from songshen.presentation.reviewer import review
from tests.support.exams import COMPLETE, NOON, decision, draft, exam, returned, submitted, wanted

ELSEWHERE = {"area": "11", "site": "1101"}


def switched(demand: Demand, category: str = "diploma") -> Exam:
    """The exam of the tests; area 37 does this with a category."""
    return exam(
        categories=tuple(replace(c, by_area={"37": demand}) if c.id == category else c for c in exam().categories)
    )


def test_an_area_says_otherwise_for_itself_alone() -> None:
    asked = {demand: switched(demand).asked_in("37") for demand in Demand}
    assert {demand: [(c.id, c.required) for c in made] for demand, made in asked.items()} == {
        Demand.REQUIRED: [("identity", True), ("diploma", True), ("work", False)],
        Demand.OPTIONAL: [("identity", True), ("diploma", False), ("work", False)],
        Demand.OFF: [("identity", True), ("work", False)],
    }
    assert all(switched(demand).asked_in("11") == switched(demand).categories for demand in Demand)


def test_the_candidates_page_shows_what_their_area_asks_for() -> None:
    def shown(demand: Demand, **changes: str) -> dict[str, bool]:
        seen = view(draft(**changes), switched(demand), [], NOON, str)
        return {category.id: category.required for category in seen.categories}

    assert shown(Demand.OFF) == {"identity": True, "work": False}
    assert shown(Demand.OPTIONAL) == {"identity": True, "diploma": False, "work": False}
    assert shown(Demand.OFF, **ELSEWHERE) == {"identity": True, "diploma": True, "work": False}


def test_what_is_missing_depends_on_the_area() -> None:
    images = {"identity-1": COMPLETE["identity-1"]}
    assert missing_from(draft(slots=images), switched(Demand.OFF)) == []
    assert missing_from(draft(slots=images), switched(Demand.OPTIONAL)) == []
    assert missing_from(draft(slots=images, **ELSEWHERE), switched(Demand.OFF)) == [{"category": "diploma"}]
    needed = switched(Demand.REQUIRED, "work")
    assert missing_from(draft(slots=COMPLETE), needed) == [{"category": "work"}]
    assert missing_from(draft(slots=COMPLETE, **ELSEWHERE), needed) == []


def test_nothing_is_uploaded_that_the_area_does_not_ask_for() -> None:
    with pytest.raises(Refused) as refused:
        reserve(draft(), switched(Demand.OFF), wanted("diploma"), "u9", NOON)
    assert (refused.value.code, refused.value.facts) == (Code.BAD_REQUEST, {"field": "category"})
    assert reserve(draft(**ELSEWHERE), switched(Demand.OFF), wanted("diploma"), "u9", NOON).slot == "diploma-1"


def test_reviewers_see_and_return_what_their_area_asks_for() -> None:
    def shown(**changes: str) -> list[str]:
        case = review(submitted(**changes), switched(Demand.OFF), [], None, "reviewer-1", NOON, str, {})
        return [category.id for category in case.categories]

    assert shown() == ["identity", "work"]
    assert shown(**ELSEWHERE) == ["identity", "diploma", "work"]
    with pytest.raises(Refused) as refused:
        decide(submitted(), switched(Demand.OFF), decision("diploma-1"), NOON)
    assert (refused.value.code, refused.value.facts) == (Code.BAD_REQUEST, {"field": "slot"})
    after = decide(submitted(**ELSEWHERE), switched(Demand.OFF), decision("diploma-1"), NOON)
    assert after is not None
    assert after.decision is not None
    assert after.decision.outcome is Outcome.RETURN


def test_what_was_returned_and_is_not_asked_for_any_more_does_not_hinder() -> None:
    assert missing_from(returned("diploma-1"), exam()) == [{"category": "diploma", "slot": "diploma-1"}]
    assert missing_from(returned("diploma-1"), switched(Demand.OFF)) == []
