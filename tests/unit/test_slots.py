"""Slots: what is locked, how one is reserved, replaced, released, and when a verdict may land."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from songshen.domain.application import (
    RESERVATION_LIFE,
    Announcement,
    Application,
    Fence,
    Reserved,
    Slot,
    SlotChange,
    Status,
    application_id,
    began_at,
    fence,
    new_upload_id,
    release,
    reserve,
)
from songshen.domain.errors import Code
from songshen.domain.exam import GRACE, ImageLimits
from tests.support.exams import (
    CLOSES,
    COMPLETE,
    CORRECTED,
    ID,
    MINUTE,
    NOON,
    OPENS,
    SECOND,
    SHA,
    approved,
    at,
    draft,
    exam,
    ready,
    rejected,
    reserved,
    returned,
    submitted,
    wanted,
)
from tests.support.refusals import refusal

TICK = timedelta(microseconds=1)
SLOTS = ("identity-1", "identity-2", "diploma-1", "work-1", "work-2")


def held(**slots: Slot) -> dict[str, Slot]:
    """Slots by names with underscores."""
    return {slot.replace("_", "-"): value for slot, value in slots.items()}


def slot_for(application: Application, announced: Announcement) -> str:
    return reserve(application, exam(), announced, "new", NOON).slot


# ---- what is locked


def locked(application: Application) -> set[str]:
    return {slot for slot in SLOTS if application.locked(slot)}


def test_nothing_of_a_draft_is_locked() -> None:
    assert locked(draft(slots=COMPLETE)) == set()


def test_everything_of_a_submitted_or_approved_application_is_locked() -> None:
    assert locked(submitted()) == set(SLOTS)
    assert locked(approved()) == set(SLOTS)


def test_a_second_submission_locks_what_the_first_return_had_opened() -> None:
    again = submitted(round=2, decision=returned("diploma-1").decision)
    assert locked(again) == set(SLOTS)


def test_a_return_opens_exactly_the_slots_it_names() -> None:
    assert locked(returned("diploma-1", "work-2")) == {"identity-1", "identity-2", "work-1"}


def test_a_return_that_names_no_slot_opens_them_all() -> None:
    assert locked(returned()) == set()


def test_a_returned_application_without_a_decision_stays_locked() -> None:
    assert locked(returned(decision=None)) == set(SLOTS)


# ---- what a slot holds


def test_a_reservation_is_empty_again_exactly_when_it_expires() -> None:
    application = draft(slots=held(identity_1=reserved(expires=NOON)))
    assert application.slot_at("identity-1", NOON - TICK) == reserved(expires=NOON)
    assert application.slot_at("identity-1", NOON) is None
    assert application.slot_at("identity-2", NOON) is None


def test_images_and_rejections_do_not_expire() -> None:
    application = draft(slots=held(identity_1=ready(), identity_2=rejected()))
    assert application.slot_at("identity-1", NOON) == ready()
    assert application.slot_at("identity-2", NOON) == rejected()


def test_a_snapshot_is_the_images_in_order_and_nothing_else() -> None:
    application = draft(
        slots=held(identity_2=ready("b"), identity_1=ready("a"), diploma_1=rejected(), work_1=reserved())
    )
    assert list(application.snapshot().items()) == [("identity-1", ready("a")), ("identity-2", ready("b"))]


def test_ids_and_beginnings() -> None:
    assert application_id("2026-med", "3701001") == draft().id == ID == "2026-med_3701001"
    assert draft().since is None
    assert submitted().since == at("03-05 09:00")
    assert returned().since == approved().since == at("03-05 11:00")


def test_an_application_begins_with_nothing() -> None:
    new = Application("e", "1", "n", "a", "s")
    assert (new.status, new.round, new.attempt, new.version) == (Status.DRAFT, 0, 0, 0)
    assert (new.slots, new.claim, new.decision, new.extension, new.obligation_due) == ({}, None, None, None, None)
    assert (new.quota_day, new.quota_count, new.task_token, new.serial_number) == ("", 0, "", "")


# ---- reserving


def test_a_reservation_holds_what_was_announced_for_ten_minutes() -> None:
    change = reserve(draft(), exam(), wanted(content_type="image/png", size=5, sha256="cd" * 32), "new", NOON)
    expected = Reserved("new", "image/png", 5, "cd" * 32, NOON + 10 * MINUTE)
    assert change == SlotChange("identity-1", None, expected, counts_on="2026-03-05")
    assert RESERVATION_LIFE == 10 * MINUTE


@pytest.mark.parametrize(
    ("announced", "code", "facts"),
    [
        (wanted("visa"), Code.BAD_REQUEST, {"field": "category"}),
        (wanted(slot="diploma-1"), Code.BAD_REQUEST, {"field": "slot"}),
        (wanted(slot="identity-3"), Code.BAD_REQUEST, {"field": "slot"}),
        (wanted(content_type="image/gif"), Code.UNSUPPORTED_TYPE, {"types": ["image/jpeg", "image/png"]}),
        (wanted(size=0), Code.TOO_LARGE, {"max_bytes": 204_800}),
        (wanted(size=-1), Code.TOO_LARGE, {"max_bytes": 204_800}),
        (wanted(size=204_801), Code.TOO_LARGE, {"max_bytes": 204_800}),
    ],
)
def test_what_cannot_be_uploaded_is_refused_with_what_can(
    announced: Announcement, code: Code, facts: dict[str, Any]
) -> None:
    assert refusal(reserve, draft(), exam(), announced, "new", NOON) == (code, facts)


def test_one_byte_and_exactly_the_limit_are_accepted() -> None:
    small = exam(image=ImageLimits(max_bytes=10))
    for size in (1, 10):
        assert reserve(draft(), small, wanted(size=size), "new", NOON).slot == "identity-1"
    assert refusal(reserve, draft(), small, wanted(size=11), "new", NOON) == (Code.TOO_LARGE, {"max_bytes": 10})


@pytest.mark.parametrize("application", [submitted(), approved()])
def test_nothing_is_reserved_in_a_submitted_or_approved_application(application: Application) -> None:
    for slot in ("", "identity-1"):
        assert refusal(reserve, application, exam(), wanted(slot=slot), "new", NOON) == (Code.LOCKED, {})
    long_after = CLOSES + 100 * MINUTE  # that it is locked is said rather than that it is too late
    assert refusal(reserve, application, exam(), wanted(), "new", long_after) == (Code.LOCKED, {})


def test_reservations_stop_exactly_at_the_end_without_grace() -> None:
    assert reserve(draft(), exam(), wanted(), "new", CLOSES - TICK).slot == "identity-1"
    assert refusal(reserve, draft(), exam(), wanted(), "new", CLOSES) == (Code.WINDOW_CLOSED, {})
    assert refusal(reserve, draft(), exam(), wanted(), "new", OPENS - TICK) == (Code.WINDOW_CLOSED, {})
    assert reserve(returned(), exam(), wanted("work"), "new", CORRECTED - TICK).slot == "work-1"
    assert refusal(reserve, returned(), exam(), wanted("work"), "new", CORRECTED) == (Code.WINDOW_CLOSED, {})


def test_the_order_of_choice_is_same_image_then_empty_then_expired_then_rejected() -> None:
    other = reserved("other", sha256="cd" * 32)
    slots = held(identity_1=rejected(), identity_2=reserved())
    assert slot_for(draft(slots=slots), wanted()) == "identity-2"
    assert slot_for(draft(slots=held(identity_1=rejected())), wanted()) == "identity-2"
    assert slot_for(draft(slots=held(identity_1=ready())), wanted()) == "identity-2"
    assert slot_for(draft(slots=held(identity_1=other)), wanted()) == "identity-2"
    slots = held(identity_1=ready(), identity_2=replace(other, expires=NOON))
    assert slot_for(draft(slots=slots), wanted()) == "identity-2"
    slots = held(identity_1=ready(), identity_2=rejected())
    assert slot_for(draft(slots=slots), wanted()) == "identity-2"
    assert slot_for(draft(slots=held(identity_1=rejected(), identity_2=rejected())), wanted()) == "identity-1"
    assert slot_for(draft(), wanted()) == "identity-1"


def test_a_full_category_says_how_many_images_it_takes() -> None:
    other = reserved("other", sha256="cd" * 32)
    for slots in (held(identity_1=ready(), identity_2=other), held(identity_1=other, identity_2=other)):
        full = (Code.CATEGORY_FULL, {"max": 2})
        assert refusal(reserve, draft(slots=slots), exam(), wanted(), "new", NOON) == full


def test_the_same_image_gets_its_slot_again_with_a_new_lease_and_the_same_upload() -> None:
    before = reserved("first", expires=NOON + SECOND)
    change = reserve(draft(slots=held(identity_2=before)), exam(), wanted(), "new", NOON)
    again = replace(before, expires=NOON + 10 * MINUTE)
    assert change == SlotChange("identity-2", before, again, counts_on="2026-03-05")


def test_a_slot_that_is_named_is_replaced_even_for_the_same_image() -> None:
    before = reserved("first")
    change = reserve(draft(slots=held(identity_2=before)), exam(), wanted(slot="identity-2"), "new", NOON)
    assert change == SlotChange("identity-2", before, reserved("new"), counts_on="2026-03-05")


@pytest.mark.parametrize("different", [{"sha256": "cd" * 32}, {"content_type": "image/png"}, {"size": 1001}])
def test_another_image_type_or_size_is_not_the_same_image(different: dict[str, Any]) -> None:
    before = reserved("first")
    change = reserve(draft(slots=held(identity_1=before)), exam(), wanted(**different), "new", NOON)
    assert (change.slot, change.before) == ("identity-2", None)
    change = reserve(draft(slots=held(identity_1=before)), exam(), wanted(slot="identity-1", **different), "new", NOON)
    assert isinstance(change.after, Reserved)
    assert (change.slot, change.before, change.after.upload_id) == ("identity-1", before, "new")


def test_an_expired_reservation_of_the_same_image_gets_a_fresh_upload() -> None:
    expired = reserved("first", expires=NOON)
    change = reserve(draft(slots=held(identity_1=expired)), exam(), wanted(), "new", NOON)
    fresh = reserved("new", expires=NOON + 10 * MINUTE)
    assert change == SlotChange("identity-1", expired, fresh, counts_on="2026-03-05")


def test_a_finished_upload_of_the_same_image_is_not_a_reservation() -> None:
    slots = held(identity_1=ready("done", sha256=SHA))
    assert slot_for(draft(slots=slots), wanted()) == "identity-2"


def test_naming_a_slot_replaces_ones_own_reservation_or_rejection() -> None:
    for before in (reserved("other", sha256="cd" * 32), rejected()):
        change = reserve(draft(slots=held(identity_2=before)), exam(), wanted(slot="identity-2"), "new", NOON)
        after = reserved("new", expires=NOON + 10 * MINUTE)
        assert change == SlotChange("identity-2", before, after, counts_on="2026-03-05")
    assert slot_for(draft(), wanted(slot="identity-2")) == "identity-2"


def test_a_slot_that_is_seen_empty_is_not_taken_from_another_page() -> None:
    held_slots = held(identity_1=reserved(sha256="b" * 64), identity_2=rejected())
    seen_empty = wanted(slot="identity-1", fresh=True)
    assert refusal(slot_for, draft(slots=held_slots), seen_empty) == (Code.SLOT_OCCUPIED, {})
    assert slot_for(draft(slots=held_slots), wanted(slot="identity-2", fresh=True)) == "identity-2"
    expired = reserved(sha256="b" * 64, expires=NOON)
    assert slot_for(draft(slots=held(identity_1=expired)), seen_empty) == "identity-1"


def test_a_lost_answer_about_a_slot_seen_empty_costs_nothing() -> None:
    change = reserve(
        draft(slots=held(identity_2=reserved())), exam(), wanted(slot="identity-2", fresh=True), "new", NOON
    )
    assert isinstance(change.after, Reserved)
    assert (change.slot, change.after.upload_id) == ("identity-2", reserved().upload_id)


def test_an_image_has_to_be_deleted_before_its_slot_is_used_again() -> None:
    application = draft(slots=held(identity_1=ready()))
    occupied = (Code.SLOT_OCCUPIED, {})
    assert refusal(reserve, application, exam(), wanted(slot="identity-1"), "new", NOON) == occupied


def test_in_a_returned_application_only_the_named_slots_are_used() -> None:
    back = returned("identity-2", slots=held(diploma_1=ready()))
    assert slot_for(back, wanted()) == "identity-2"
    assert slot_for(back, wanted(slot="identity-2")) == "identity-2"
    assert refusal(reserve, back, exam(), wanted(slot="identity-1"), "new", NOON) == (Code.LOCKED, {})
    assert refusal(reserve, back, exam(), wanted("diploma"), "new", NOON) == (Code.LOCKED, {})
    assert refusal(reserve, back, exam(), wanted("work"), "new", NOON) == (Code.LOCKED, {})
    full = replace(back, slots=held(identity_2=ready()))
    assert refusal(reserve, full, exam(), wanted(), "new", NOON) == (Code.CATEGORY_FULL, {"max": 2})


# ---- the daily quota


def at_quota(day: str, count: int) -> Application:
    return draft(quota_day=day, quota_count=count)


def test_an_uploads_id_says_when_it_began() -> None:
    began = NOON + timedelta(milliseconds=7)
    made = new_upload_id(began, b"\xff\0\xfe~~~")
    assert (len(made), began_at(made), re.fullmatch(r"[\w-]+", made) is not None) == (16, began, True)


def test_the_quota_is_reached_at_its_number() -> None:
    few = exam(uploads_per_day=3)
    assert reserve(at_quota("2026-03-05", 2), few, wanted(), "new", NOON).counts_on == "2026-03-05"
    half_a_day = {"retry_after": 12 * 3600 + 1}
    for count in (3, 4):
        refused = refusal(reserve, at_quota("2026-03-05", count), few, wanted(), "new", NOON)
        assert refused == (Code.TOO_MANY_UPLOADS, half_a_day)


def test_repeating_a_reservation_counts_too() -> None:
    again = replace(at_quota("2026-03-05", 3), slots=held(identity_1=reserved()))
    refused = refusal(reserve, again, exam(uploads_per_day=3), wanted(), "new", NOON)
    assert refused == (Code.TOO_MANY_UPLOADS, {"retry_after": 12 * 3600 + 1})


def test_a_new_day_begins_at_midnight_of_the_exams_zone() -> None:
    few = exam(uploads_per_day=3)
    midnight = at("03-06 00:00")
    spent = at_quota("2026-03-05", 3)
    refused = refusal(reserve, spent, few, wanted(), "new", midnight - SECOND)
    assert refused == (Code.TOO_MANY_UPLOADS, {"retry_after": 2})
    assert reserve(spent, few, wanted(), "new", midnight).counts_on == "2026-03-06"
    elsewhere = exam(uploads_per_day=3, time_zone="UTC")  # there it is still 5 March, until 08:00 in Shanghai
    refused = refusal(reserve, spent, elsewhere, wanted(), "new", midnight)
    assert refused == (Code.TOO_MANY_UPLOADS, {"retry_after": 8 * 3600 + 1})


def test_waiting_as_long_as_one_was_told_is_long_enough() -> None:
    few = exam(uploads_per_day=3)
    now = at("03-05 23:59:58") + timedelta(microseconds=1)
    refused = refusal(reserve, at_quota("2026-03-05", 3), few, wanted(), "new", now)
    assert refused == (Code.TOO_MANY_UPLOADS, {"retry_after": 2})
    later = now + timedelta(seconds=2)
    assert reserve(at_quota("2026-03-05", 3), few, wanted(), "new", later).counts_on == "2026-03-06"


# ---- releasing


def test_releasing_empties_whatever_the_slot_holds() -> None:
    for value in (ready(), reserved(), rejected(), reserved(expires=NOON)):
        application = draft(slots=held(identity_1=value))
        assert release(application, exam(), "identity-1", NOON) == SlotChange("identity-1", value, None)


def test_an_empty_slot_needs_no_releasing() -> None:
    assert release(draft(), exam(), "identity-1", NOON) is None


def test_what_cannot_be_released() -> None:
    assert refusal(release, draft(), exam(), "visa-1", NOON) == (Code.NOT_FOUND, {})
    assert refusal(release, submitted(), exam(), "visa-1", NOON) == (Code.NOT_FOUND, {})
    for application in (submitted(), approved(), returned("diploma-1")):
        assert refusal(release, application, exam(), "identity-1", NOON) == (Code.LOCKED, {})
    assert refusal(release, draft(slots=COMPLETE), exam(), "identity-1", CLOSES) == (Code.WINDOW_CLOSED, {})
    assert refusal(release, draft(), exam(), "identity-1", OPENS - TICK) == (Code.WINDOW_CLOSED, {})


def test_releasing_works_until_the_end_and_in_returned_slots() -> None:
    change = SlotChange("identity-1", ready("u1"), None)
    assert release(draft(slots=COMPLETE), exam(), "identity-1", CLOSES - TICK) == change
    assert release(returned("identity-1"), exam(), "identity-1", CORRECTED - TICK) == change


# ---- the fence


def fenced(application: Application, upload_id: str = "r1", now: Any = NOON) -> Fence:
    return fence(application, exam(), "identity-1", upload_id, now)


def test_a_verdict_lands_while_its_upload_holds_the_slot() -> None:
    waiting = draft(slots=held(identity_1=reserved("r1")))
    assert fenced(waiting) is Fence.OPEN
    assert fenced(waiting, "r0") is Fence.CLOSED
    assert fenced(draft()) is Fence.CLOSED


def test_a_verdict_lands_although_the_reservation_has_expired_if_nobody_took_the_slot() -> None:
    assert fenced(draft(slots=held(identity_1=reserved("r1", expires=OPENS)))) is Fence.OPEN


def test_a_verdict_that_has_landed_is_recognised_whatever_happened_since() -> None:
    for value in (ready("r1"), rejected("r1")):
        assert fenced(draft(slots=held(identity_1=value)), value.upload_id) is Fence.LANDED
        late = fenced(submitted(slots=held(identity_1=value)), value.upload_id, CLOSES + GRACE)
        assert late is Fence.LANDED
        assert fenced(draft(slots=held(identity_1=value)), "r0") is Fence.CLOSED


def test_a_verdict_is_too_late_once_the_slot_is_locked() -> None:
    waiting = held(identity_1=reserved("r1"))
    for application in (submitted(slots=waiting), approved(slots=waiting), returned("diploma-1", slots=waiting)):
        assert fenced(application) is Fence.CLOSED
    assert fenced(returned("identity-1", slots=waiting)) is Fence.OPEN


def test_verdicts_land_until_the_grace_after_the_end() -> None:
    waiting = draft(slots=held(identity_1=reserved("r1")))
    assert fenced(waiting, now=CLOSES + GRACE - TICK) is Fence.OPEN
    assert fenced(waiting, now=CLOSES + GRACE) is Fence.CLOSED
    back = returned("identity-1", slots=held(identity_1=reserved("r1")))
    assert fenced(back, now=CORRECTED + GRACE - TICK) is Fence.OPEN
    assert fenced(back, now=CORRECTED + GRACE) is Fence.CLOSED


def test_an_upload_that_died_can_be_given_up_in_the_time_of_grace() -> None:
    """Otherwise it would hinder the submission until that time is over."""
    dead = reserved(expires=CLOSES + 10 * MINUTE)
    for now in (CLOSES, CLOSES + 10 * MINUTE - TICK):
        change = release(draft(slots=held(identity_1=dead)), exam(), "identity-1", now)
        assert change == SlotChange("identity-1", dead, None)
    late = refusal(release, draft(slots=held(identity_1=dead)), exam(), "identity-1", CLOSES + 10 * MINUTE)
    assert late == (Code.WINDOW_CLOSED, {})
