"""Rounds: submitting, claiming, deciding, and what the candidate is told of it."""

from dataclasses import is_dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from songshen.domain import application, journal, people
from songshen.domain import exam as exam_module
from songshen.domain.application import (
    CLAIMS_PER_REVIEWER,
    LEASE,
    OBLIGATION_DELAY,
    Application,
    Claim,
    Outcome,
    SlotReview,
    Status,
    claim,
    decide,
    messages_of,
    missing_from,
    refuse_if_claimed_by_other,
    submit,
)
from songshen.domain.errors import Code
from songshen.domain.exam import GRACE, Exam, ImageLimits, Text, WarningThresholds
from songshen.domain.journal import Entry, Message, decision_entry, submission_entry
from songshen.domain.people import Reviewer
from tests.support.exams import (
    BLURRED,
    CLOSES,
    COMPLETE,
    CORRECTED,
    DECIDED_AT,
    EXAM,
    MINUTE,
    NOON,
    OPENS,
    UNREADABLE,
    approved,
    at,
    decision,
    draft,
    exam,
    ready,
    rejected,
    reserved,
    returned,
    submitted,
    upload_id,
)
from tests.support.refusals import refusal

TICK = timedelta(microseconds=1)


# ---- what is missing


def test_every_required_category_needs_one_image() -> None:
    assert missing_from(draft(), exam()) == [{"category": "identity"}, {"category": "diploma"}]
    assert missing_from(draft(slots={"identity-2": ready(), "diploma-1": ready()}), exam()) == []
    assert missing_from(draft(slots=COMPLETE), exam()) == []
    assert missing_from(draft(slots={"work-1": ready(), "identity-1": ready()}), exam()) == [{"category": "diploma"}]


def test_reservations_and_rejections_are_no_images() -> None:
    slots = {"identity-1": reserved(), "identity-2": rejected(), "diploma-1": ready()}
    assert missing_from(draft(slots=slots), exam()) == [{"category": "identity"}]


def test_a_returned_slot_left_as_it_was_is_missing() -> None:
    back = returned("diploma-1", "identity-2")
    both = [{"category": "diploma", "slot": "diploma-1"}, {"category": "identity", "slot": "identity-2"}]
    assert missing_from(back, exam()) == both
    replaced = replace(back, slots=COMPLETE | {"diploma-1": ready("new")})
    assert missing_from(replaced, exam()) == [{"category": "identity", "slot": "identity-2"}]
    both_replaced = replace(back, slots=COMPLETE | {"diploma-1": ready("new"), "identity-2": ready("new2")})
    assert missing_from(both_replaced, exam()) == []


def test_deleting_a_returned_slot_puts_it_right_if_the_category_still_has_an_image() -> None:
    without = {slot: held for slot, held in COMPLETE.items() if slot != "identity-2"}
    assert missing_from(replace(returned("identity-2"), slots=without), exam()) == []
    without = {slot: held for slot, held in COMPLETE.items() if slot != "diploma-1"}
    assert missing_from(replace(returned("diploma-1"), slots=without), exam()) == [{"category": "diploma"}]


def test_an_empty_slot_that_was_asked_for_is_missing_until_it_has_an_image() -> None:
    back = returned("work-1")
    assert missing_from(back, exam()) == [{"category": "work", "slot": "work-1"}]
    for held in (rejected("x2"), reserved("r2")):
        still = replace(back, slots=COMPLETE | {"work-1": held})
        assert missing_from(still, exam()) == [{"category": "work", "slot": "work-1"}]
    assert missing_from(replace(back, slots=COMPLETE | {"work-1": ready("new")}), exam()) == []


@pytest.mark.parametrize("held", [rejected("x1"), reserved("r1", expires=OPENS)])
def test_a_slot_returned_without_an_image_and_left_so_is_missing(held: Any) -> None:
    waiting = submitted(slots=COMPLETE | {"work-1": held})
    back = decide(waiting, exam(), decision("work-1"), NOON)
    assert back is not None
    assert missing_from(back, exam()) == [{"category": "work", "slot": "work-1"}]


def test_a_return_that_names_nothing_can_be_submitted_as_it_is() -> None:
    assert missing_from(returned(), exam()) == []


def test_what_an_earlier_return_asked_for_is_not_asked_for_again() -> None:
    assert missing_from(submitted(decision=returned("diploma-1").decision), exam()) == []
    assert missing_from(draft(slots=COMPLETE, decision=returned("diploma-1").decision), exam()) == []


def test_a_return_that_is_not_known_asks_for_nothing() -> None:
    assert missing_from(returned(decision=None), exam()) == []


def test_a_slot_that_the_exam_has_no_more_is_not_asked_for() -> None:
    assert missing_from(returned("visa-1"), exam()) == []


# ---- submitting


def test_submitting_locks_and_creates_the_obligation_to_start() -> None:
    held = {"claim": Claim("somebody", NOON), "task_token": "old", "quota_day": "2026-03-05", "quota_count": 40}
    before = draft(slots=COMPLETE, version=7, phone="13800001234", **held)
    after = submit(before, exam(), 1, NOON)
    assert after == replace(
        before,
        status=Status.SUBMITTED,
        round=1,
        attempt=1,
        submitted_at=NOON,
        claim=None,
        task_token="",
        quota_day="",
        quota_count=0,
        obligation_due=NOON + timedelta(seconds=60),
    )
    assert timedelta(seconds=60) == OBLIGATION_DELAY


def test_a_returned_application_is_submitted_for_the_next_round() -> None:
    before = returned("diploma-1", slots=COMPLETE, attempt=3)
    before = replace(before, slots=COMPLETE | {"diploma-1": ready("new")})
    after = submit(before, exam(), 2, NOON)
    assert after is not None
    assert (after.status, after.round, after.attempt) == (Status.SUBMITTED, 2, 1)
    assert after.decision == before.decision


@pytest.mark.parametrize("application", [submitted(), returned(), approved()])
def test_repeating_a_submission_changes_nothing(application: Application) -> None:
    assert submit(application, exam(), 1, NOON) is None
    assert submit(application, exam(), 1, CLOSES + GRACE) is None


@pytest.mark.parametrize(
    ("application", "round"),
    [
        (draft(slots=COMPLETE), 0),
        (draft(slots=COMPLETE), 2),
        (submitted(), 2),
        (approved(), 2),
        (submitted(), 0),
        (returned(), 3),
        (returned(), 0),
    ],
)
def test_another_round_than_the_next_is_stale(application: Application, round: int) -> None:
    assert refusal(submit, application, exam(), round, NOON) == (Code.STALE_ROUND, {"round": application.round})


def test_submissions_are_accepted_until_the_grace_after_the_end() -> None:
    complete = draft(slots=COMPLETE)
    assert refusal(submit, complete, exam(), 1, OPENS - TICK) == (Code.WINDOW_CLOSED, {})
    assert submit(complete, exam(), 1, OPENS) is not None
    assert submit(complete, exam(), 1, CLOSES + GRACE - TICK) is not None
    assert refusal(submit, complete, exam(), 1, CLOSES + GRACE) == (Code.WINDOW_CLOSED, {})
    assert submit(returned(), exam(), 2, CORRECTED + GRACE - TICK) is not None
    assert refusal(submit, returned(), exam(), 2, CORRECTED + GRACE) == (Code.WINDOW_CLOSED, {})


def test_a_live_reservation_has_to_be_waited_for() -> None:
    uploading = draft(slots=COMPLETE | {"work-2": reserved(), "work-1": reserved("r2")})
    assert refusal(submit, uploading, exam(), 1, NOON) == (Code.UPLOADING, {"slots": ["work-1", "work-2"]})
    expired = draft(slots=COMPLETE | {"work-2": reserved(expires=NOON), "work-1": reserved("r2", expires=NOON + TICK)})
    assert refusal(submit, expired, exam(), 1, NOON) == (Code.UPLOADING, {"slots": ["work-1"]})
    assert submit(expired, exam(), 1, NOON + TICK) is not None


def test_an_incomplete_application_lists_what_is_missing() -> None:
    missing = {"missing": [{"category": "identity"}, {"category": "diploma"}]}
    assert refusal(submit, draft(), exam(), 1, NOON) == (Code.INCOMPLETE, missing)
    missing = {"missing": [{"category": "diploma", "slot": "diploma-1"}]}
    assert refusal(submit, returned("diploma-1"), exam(), 2, NOON) == (Code.INCOMPLETE, missing)


# ---- claiming


def claimed(by: str = "reviewer-2", expires: Any = NOON + MINUTE) -> Application:
    return submitted(claim=Claim(by, expires))


def test_a_claim_is_a_lease_of_ten_minutes() -> None:
    assert claim(submitted(), "reviewer-1", NOON) == Claim("reviewer-1", NOON + 10 * MINUTE)
    assert LEASE == 10 * MINUTE
    assert CLAIMS_PER_REVIEWER == 3


def test_ones_own_claim_is_renewed_and_an_expired_one_taken_over() -> None:
    mine = Claim("reviewer-1", NOON + 10 * MINUTE)
    assert claim(claimed("reviewer-1"), "reviewer-1", NOON) == mine
    assert claim(claimed(expires=NOON), "reviewer-1", NOON) == mine


def test_a_colleagues_live_claim_is_respected() -> None:
    assert refusal(claim, claimed(expires=NOON + TICK), "reviewer-1", NOON) == (Code.CLAIMED_BY_OTHER, {})
    refuse_if_claimed_by_other(None, "reviewer-1", NOON)


@pytest.mark.parametrize("application", [draft(), returned(), approved()])
def test_only_what_waits_can_be_claimed(application: Application) -> None:
    assert refusal(claim, application, "reviewer-1", NOON) == (Code.ALREADY_DECIDED, {})


# ---- deciding

APPROVAL = decision(outcome=Outcome.APPROVE)


def test_an_approval_changes_the_state_and_creates_the_obligation() -> None:
    before = submitted(claim=Claim("reviewer-1", NOON), task_token="token", obligation_due=None)
    after = decide(before, exam(), APPROVAL, NOON)
    due = NOON + timedelta(minutes=2)
    assert after == replace(before, status=Status.APPROVED, decision=APPROVAL, claim=None, obligation_due=due)


def test_a_return_notes_which_image_of_each_slot_was_judged() -> None:
    slots = COMPLETE | {"identity-2": rejected("x1"), "work-2": reserved("r1", expires=OPENS)}
    named = {
        "diploma-1": SlotReview("unreadable", "第 3 位", (0.0, 0.25, 0.5, 1.0)),
        "identity-2": SlotReview("blurred"),
        "work-1": SlotReview("blurred"),
        "work-2": SlotReview("blurred"),
    }
    said = decision(slots=named, note="请补充")
    after = decide(submitted(slots=slots), exam(), said, NOON)
    assert after is not None
    assert after.status is Status.RETURNED
    judged = {
        "diploma-1": SlotReview("unreadable", "第 3 位", (0.0, 0.25, 0.5, 1.0), upload_id=upload_id("u3")),
        "identity-2": SlotReview("blurred", upload_id=""),
        "work-1": SlotReview("blurred", upload_id=""),
        "work-2": SlotReview("blurred", upload_id=""),
    }
    assert after.decision == replace(said, slots=judged)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (decision("diploma-1", outcome=Outcome.APPROVE), "slots"),
        (decision("visa-1"), "slot"),
        (decision(slots={"diploma-1": SlotReview("too_ugly")}), "code"),
    ],
)
def test_decisions_that_make_no_sense(said: Any, field: str) -> None:
    assert refusal(decide, submitted(), exam(), said, NOON) == (Code.BAD_REQUEST, {"field": field})


@pytest.mark.parametrize("round", [0, 1, 3])
def test_a_decision_is_about_the_present_round(round: int) -> None:
    again = submitted(round=2)
    assert refusal(decide, again, exam(), decision(round=round), NOON) == (Code.STALE_ROUND, {"round": 2})


def test_the_same_reviewer_repeating_the_same_decision_changes_nothing() -> None:
    said = decision("diploma-1", "work-1", note="请补充")
    after = decide(submitted(), exam(), said, NOON)
    assert after is not None
    assert decide(after, exam(), replace(said, at=NOON + MINUTE), NOON + MINUTE) is None
    passed = decide(submitted(), exam(), APPROVAL, NOON)
    assert passed is not None
    assert decide(passed, exam(), APPROVAL, NOON) is None


@pytest.mark.parametrize(
    "other",
    [
        decision("diploma-1", note="请补充", by="reviewer-2"),
        decision("diploma-1", note="别的"),
        decision("diploma-1", "work-1", note="请补充"),
        decision(note="请补充"),
        decision(note="请补充", slots={"diploma-1": SlotReview("blurred")}),
        decision(note="请补充", slots={"diploma-1": SlotReview("unreadable", "note")}),
        decision(note="请补充", slots={"diploma-1": SlotReview("unreadable", region=(0, 0, 1, 1))}),
        decision(outcome=Outcome.APPROVE, note="请补充"),
    ],
)
def test_a_second_different_decision_comes_too_late(other: Any) -> None:
    after = decide(submitted(), exam(), decision("diploma-1", note="请补充"), NOON)
    assert after is not None
    assert refusal(decide, after, exam(), other, NOON) == (Code.ALREADY_DECIDED, {})


def test_decisions_of_different_rounds_are_different() -> None:
    assert not decision().same_as(decision(round=2))
    assert decision().same_as(decision(at=NOON))


def test_an_application_without_a_decision_that_does_not_wait_is_refused() -> None:
    assert refusal(decide, draft(round=1), exam(), decision(), NOON) == (Code.ALREADY_DECIDED, {})


def test_a_colleague_who_holds_the_lease_goes_first() -> None:
    held = claimed("reviewer-2", NOON + TICK)
    assert refusal(decide, held, exam(), decision(), NOON) == (Code.CLAIMED_BY_OTHER, {})


def test_an_expired_lease_hinders_nobody() -> None:
    for by in ("reviewer-1", "reviewer-2"):
        after = decide(claimed(by, NOON), exam(), decision(), NOON)
        assert after is not None
        assert after.status is Status.RETURNED
    assert decide(claimed("reviewer-1"), exam(), decision(), NOON) is not None
    assert decide(submitted(), exam(), decision(), NOON) is not None


# ---- what the candidate is told


def test_the_guides_own_sentence_reaches_the_candidate() -> None:
    back = returned("diploma-1")
    assert back.decision is not None
    entry = decision_entry(back, exam(), back.decision)
    assert entry == Entry(
        kind="returned",
        at=DECIDED_AT,
        by="reviewer-1",
        round=1,
        messages=(Message(UNREADABLE, "diploma-1"),),
        decision=back.decision,
    )
    assert entry.messages[0].text.zh == "毕业证编号无法辨别，请重新上传！"


def test_the_reviewers_own_words_come_first_and_replace_the_reasons_text() -> None:
    said = decision(
        note="请在三天内补充",
        slots={"diploma-1": SlotReview("unreadable", "编号第 3 位不清"), "work-1": SlotReview("blurred")},
    )
    assert messages_of(said, exam()) == [
        ("", Text("请在三天内补充", "请在三天内补充")),
        ("diploma-1", Text("编号第 3 位不清", "编号第 3 位不清")),
        ("work-1", BLURRED),
    ]


def test_the_same_text_is_said_once() -> None:
    said = decision("diploma-1", "work-1", "identity-1")
    assert messages_of(said, exam()) == [("diploma-1", UNREADABLE)]
    echoed = decision(note=UNREADABLE.zh, slots={"diploma-1": SlotReview("unreadable", UNREADABLE.zh)})
    assert messages_of(echoed, exam()) == [("", Text(UNREADABLE.zh, UNREADABLE.zh))]


def test_a_return_without_a_word_still_says_something() -> None:
    fallback = Text("材料已退回，请检查后重新提交。", "Returned. Check your materials and submit again.")
    assert messages_of(decision(), exam()) == [("", fallback)]
    gone = decision(slots={"diploma-1": SlotReview("a reason that was deleted")})
    assert messages_of(gone, exam()) == [("", fallback)]


def test_an_approval_says_the_serial_number() -> None:
    done = approved()
    assert done.decision is not None
    assert decision_entry(done, exam(), done.decision) == Entry(
        kind="approved",
        at=DECIDED_AT,
        by="reviewer-1",
        round=1,
        messages=(
            Message(
                Text("考点初审通过，序列号：3701000001。", "Approved by the exam site. Serial number: 3701000001.")
            ),
        ),
        decision=done.decision,
    )


def test_a_submissions_entry_holds_its_images() -> None:
    slots = {
        "identity-1": ready("a", warnings=("dark",)),
        "work-1": rejected(),
        "diploma-1": ready("b", width=1200),
    }
    entry = submission_entry(submitted(slots=slots, round=2), NOON)
    assert entry == Entry(
        kind="submitted",
        at=NOON,
        by="candidate",
        round=2,
        messages=(Message(Text("上报完成，内容已锁定。", "Submitted; the materials are locked.")),),
        images={
            "diploma-1": ready("b", width=1200),
            "identity-1": ready("a", warnings=("dark",)),
        },
    )


# ---- who may see what, what an exam has


def test_reviewers_see_what_was_submitted_to_their_own_site() -> None:
    reviewer = Reviewer("reviewer-1", EXAM, "37", "3701")
    assert reviewer.may_see(submitted())
    assert reviewer.may_see(returned())
    assert not reviewer.may_see(draft(slots=COMPLETE))
    for change in ({"exam": "2025-med"}, {"area": "11"}, {"site": "3702"}):
        assert not reviewer.may_see(submitted(**change))
    assert not Reviewer("reviewer-1", "", "", "").may_see(submitted())


def test_an_exams_parts_are_found_by_id() -> None:
    configured = exam()
    area = configured.area("37")
    assert area is not None
    assert area.id == "37"
    site = configured.site("37", "3702")
    assert site is not None
    assert site.id == "3702"
    category = configured.category_of("work-2")
    assert category is not None
    assert category == configured.category("work")
    assert category.id == "work"
    reason = configured.reason("blurred")
    assert reason is not None
    assert reason.text == BLURRED
    nothing = [
        configured.area("3701"),
        configured.site("11", "3701"),
        configured.site("99", "3701"),
        configured.category("work-1"),
        configured.category_of("work"),
        configured.reason(""),
    ]
    assert nothing == [None] * 6
    assert at("03-05 12:00").utcoffset() == configured.zone.utcoffset(NOON.replace(tzinfo=None))


def test_what_an_exam_does_not_say_is_as_in_the_guide() -> None:
    """200k of JPEG or PNG; the rest are this system's own limits."""
    warnings = WarningThresholds(blank=3.5, dark=75, blurred=0.6, glare=0.01, small=0.12, turned=0.05)
    assert ImageLimits() == ImageLimits(204_800, ("image/jpeg", "image/png"), 200, 50_000_000, 100, warnings)
    plain = Exam("e", Text("", ""), exam().windows, (), (), ())
    assert (plain.time_zone, plain.sms_prefix, plain.image) == ("Asia/Shanghai", "+86", ImageLimits())
    assert (plain.min_correction_hours, plain.uploads_per_day) == (48, 200)


def test_everything_in_the_domain_is_immutable() -> None:
    modules = (application, exam_module, journal, people)
    made = {cls for module in modules for cls in vars(module).values() if is_dataclass(cls)}
    assert len(made) > 20
    assert [cls for cls in made if not cls.__dataclass_params__.frozen] == []
