"""One image in two places."""

from songshen.domain.sameness import holds, known_until, repeated
from tests.support.exams import CLOSES, DAY, MINUTE, NOON, at, draft, exam, ready, rejected, reserved
from tests.support.exams import SHA as ANOTHER

SAME = ready("u1").sha256


def test_the_later_ones_repeat_the_first() -> None:
    images = {
        "identity-1": ready("u1", NOON + MINUTE),
        "identity-2": ready("u2", NOON, sha256=SAME),
        "diploma-1": ready("u3", NOON + 2 * MINUTE, sha256=SAME),
        "work-1": ready("u4"),
    }
    assert repeated(images) == {"identity-1": "identity-2", "diploma-1": "identity-2"}
    assert repeated({slot: images[slot] for slot in ("identity-1", "work-1")}) == {}
    assert repeated({}) == {}


def test_of_two_at_the_same_moment_the_first_by_name_is_the_first() -> None:
    assert repeated({"b": ready("u2", sha256=SAME), "a": ready("u1")}) == {"b": "a"}


def test_only_an_image_in_a_slot_is_held() -> None:
    slots = {"identity-1": ready("u1"), "identity-2": reserved(sha256=ANOTHER), "work-1": rejected()}
    application = draft(slots=slots)
    assert holds(application, SAME)
    assert not holds(application, ANOTHER)


def test_it_is_known_for_ninety_days_after_the_last_window() -> None:
    assert known_until(exam(), NOON) == at("03-15 00:00") + 90 * DAY
    assert known_until(exam(), CLOSES + 30 * DAY) == CLOSES + 120 * DAY
    assert known_until(exam(images_known_days=7), NOON) == at("03-15 00:00") + 7 * DAY
