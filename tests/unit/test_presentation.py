"""What people are shown: the candidate's view, the notice, the queue's lines, the reviewer's case."""

from copy import replace
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest

from songshen.contract.candidate import (
    CandidateView,
    CategoryView,
    ExamView,
    ImageRules,
    Missing,
    Notice,
    Receipt,
    ReceiptImage,
    SlotReviewView,
    SlotView,
    View,
)
from songshen.contract.common import Finding, MessageView
from songshen.contract.reviewer import ClaimView, Previous, QueueItem, Review, ReviewCandidate, ReviewSlot
from songshen.domain.application import Application, Claim, Decision, Outcome, SlotReview, Status
from songshen.domain.exam import Extension, Text, Window
from songshen.domain.journal import Entry, decision_entry, submission_entry
from songshen.domain.verdict import WORDS, WarningCode
from songshen.ports import QueueRow
from songshen.presentation import candidate, reviewer
from songshen.presentation.common import masked
from tests.support.exams import (
    BLURRED,
    CLOSES,
    COMPLETE,
    CORRECTED,
    DECIDED_AT,
    HOUR,
    ID,
    MINUTE,
    NOON,
    OPENS,
    SUBMITTED_AT,
    UNREADABLE,
    approved,
    decision,
    draft,
    exam,
    exam_with_area,
    ready,
    rejected,
    reserved,
    returned,
    submitted,
    text,
    upload_id,
)
from tests.support.fakes import roster_entry

NOW = NOON.astimezone(UTC)
"""The server's clock is in UTC."""


def link(key: str) -> str:
    return f"https://m/{key}"


def view(application: Application, journal: tuple[Entry, ...] = (), configured: Any = None) -> View:
    return candidate.view(application, configured or exam(), journal, NOW, link)


def slots_of(shown: Any) -> dict[str, Any]:
    return {slot.slot: slot for category in shown.categories for slot in category.slots}


# ---- the view


def test_a_new_candidates_view() -> None:
    shown = view(draft())
    assert shown == View(
        now=NOON,
        announcements=[],
        receipt=None,
        exam=ExamView(
            "2026-med",
            text("2026 考试"),
            "Asia/Shanghai",
            exam().windows,
            ImageRules(204_800, ["image/jpeg", "image/png"]),
        ),
        candidate=CandidateView("3701001", "张三丰", text("山东"), text("济南"), "", "", profile_complete=False),
        status=Status.DRAFT,
        locked=False,
        round=0,
        editable_until=CLOSES,
        submittable_until=CLOSES + 10 * MINUTE,
        submitted_at=None,
        serial_number=None,
        categories=[
            CategoryView(
                id,
                text(id),
                text(f"hint for {id}"),
                required,
                f"/examples/{id}.jpg",
                [SlotView(f"{id}-{n}", text(f"{id} {n}"), "empty", locked=False) for n in range(1, slots + 1)],
            )
            for id, required, slots in (("identity", True, 2), ("diploma", True, 1), ("work", False, 2))
        ],
        missing=[Missing("identity"), Missing("diploma")],
        messages=[],
    )


def test_what_is_missing_is_said_only_while_it_can_be_put_right() -> None:
    left = view(returned("diploma-1")).missing
    assert left == [Missing("diploma", "diploma-1")]
    assert view(submitted()).missing == []


def test_every_time_carries_the_exams_offset() -> None:
    application = returned("diploma-1", submitted_at=SUBMITTED_AT.astimezone(UTC))
    application = replace(application, slots={"identity-1": ready(began=NOW), "work-1": rejected(began=NOW)})
    entry = submission_entry(submitted(), NOW)
    shown = view(application, (entry,))
    slots = slots_of(shown)
    assert shown.receipt is not None
    assert shown.submitted_at is not None
    times = [
        shown.now,
        shown.editable_until,
        shown.submittable_until,
        shown.submitted_at,
        shown.receipt.at,
        shown.messages[0].at,
        slots["identity-1"].uploaded_at,
        slots["work-1"].uploaded_at,
    ]
    assert [time.utcoffset() for time in times] == [timedelta(hours=8)] * 8
    assert shown.now.isoformat() == "2026-03-05T12:00:00+08:00"
    elsewhere = view(application, (entry,), exam(time_zone="Asia/Urumqi"))
    assert elsewhere.now.isoformat() == "2026-03-05T10:00:00+06:00"


def test_an_image_is_shown_with_what_is_known_of_it() -> None:
    held = ready("u9", warnings=("dark",))
    slot = slots_of(view(draft(slots={"identity-1": held})))["identity-1"]
    assert slot == SlotView(
        slot="identity-1",
        title=text("identity 1"),
        state="ready",
        locked=False,
        image_url=f"https://m/materials/2026-med/3701001/identity-1/{held.upload_id}",
        width=640,
        height=480,
        sha256=held.sha256,
        uploaded_at=NOON - HOUR,
        warnings=[Finding("dark", WORDS[WarningCode.DARK].whole)],
    )


REPEATED = Text(
    "这张图片与“identity · identity 1”完全相同。",
    'This is the very same picture as "identity (en) · identity 1 (en)".',
)
TO_DO = WORDS[WarningCode.REPEATED].remedy


def test_an_image_in_two_slots_is_told_of_the_later_one_as_long_as_both_are_there() -> None:
    first, later = ready("u1"), ready("u2", NOON, sha256=ready("u1").sha256, warnings=("dark",))
    shown = slots_of(view(draft(slots={"diploma-1": later, "identity-1": first})))
    whole = Text(REPEATED.zh + TO_DO.zh, f"{REPEATED.en} {TO_DO.en}")
    assert shown["identity-1"].warnings == []
    assert shown["diploma-1"].warnings == [
        Finding("dark", WORDS[WarningCode.DARK].whole),
        Finding("repeated", whole),
    ]
    assert slots_of(view(draft(slots={"diploma-1": later})))["diploma-1"].warnings == shown["diploma-1"].warnings[:1]


def test_a_warning_that_is_no_longer_given_is_passed_over() -> None:
    held = ready(warnings=("crooked", "blurred"))
    warnings = slots_of(view(draft(slots={"identity-1": held})))["identity-1"].warnings
    assert [warning.code for warning in warnings] == ["blurred"]


def test_a_rejected_image_says_why_and_a_reservation_shows_no_image() -> None:
    slots = slots_of(
        view(draft(slots={"identity-1": rejected(), "identity-2": reserved(), "work-1": reserved(expires=NOON)}))
    )
    problem = Finding("truncated", Text("图片不完整", "The image is incomplete"))
    assert slots["identity-1"] == SlotView(
        "identity-1", text("identity 1"), "rejected", locked=False, uploaded_at=NOON - 60 * MINUTE, problems=[problem]
    )
    assert slots["identity-2"] == SlotView("identity-2", text("identity 2"), "reserved", locked=False)
    assert slots["work-1"] == SlotView("work-1", text("work 1"), "empty", locked=False)


@pytest.mark.parametrize(
    ("application", "locked", "open_slots"),
    [
        (draft(), False, {"identity-1", "identity-2", "diploma-1", "work-1", "work-2"}),
        (submitted(), True, set()),
        (returned("diploma-1"), False, {"diploma-1"}),
        (returned(), False, {"identity-1", "identity-2", "diploma-1", "work-1", "work-2"}),
        (approved(), True, set()),
    ],
)
def test_locks_are_shown_for_all_and_for_each(application: Application, locked: bool, open_slots: set[str]) -> None:
    shown = view(application)
    assert shown.locked is locked
    assert {slot for slot, value in slots_of(shown).items() if not value.locked} == open_slots


def test_status_round_and_number_are_shown() -> None:
    shown = view(approved())
    assert (shown.status, shown.round, shown.serial_number) == (Status.APPROVED, 1, "3701000001")
    assert shown.submitted_at == SUBMITTED_AT


def test_the_end_is_the_candidates_own() -> None:
    assert view(draft(extension=CLOSES + MINUTE)).editable_until == CLOSES + MINUTE
    shown = view(returned())
    assert (shown.editable_until, shown.submittable_until) == (CORRECTED, CORRECTED + 10 * MINUTE)


def test_more_time_for_the_area_is_announced_to_the_area() -> None:
    longer = exam_with_area(extension=Extension(CLOSES, text("系统维护，延期")))
    assert view(draft(), configured=longer).announcements == [text("系统维护，延期")]
    assert view(draft(area="11", site="1101"), configured=longer).announcements == []


def test_the_profile_is_complete_with_both_phone_and_address() -> None:
    for phone, address, complete in (("", "", False), ("13", "", False), ("", "x", False), ("13", "x", True)):
        shown = view(draft(phone=phone, address=address)).candidate
        assert (shown.phone, shown.address, shown.profile_complete) == (phone, address, complete)


def test_unknown_areas_and_sites_show_their_ids() -> None:
    shown = view(draft(area="99", site="9901")).candidate
    assert (shown.area, shown.site) == (Text("99", "99"), Text("9901", "9901"))


def test_a_returned_slot_says_why_until_the_next_submission() -> None:
    judged = {
        "diploma-1": SlotReview("unreadable", "第 3 位", (0, 0, 1, 0.5), upload_id("u3")),
        "work-1": SlotReview("blurred"),
    }
    back = returned(decision=decision(slots=judged))
    why = SlotReviewView("unreadable", UNREADABLE, "第 3 位", (0, 0, 1, 0.5))
    shown = slots_of(view(back))
    assert {slot: value.review for slot, value in shown.items() if value.review} == {
        "diploma-1": why,
        "work-1": SlotReviewView("blurred", BLURRED, "", None),
    }
    for still in (None, rejected("u4"), reserved("u4")):
        slots = {k: v for k, v in (COMPLETE | {"diploma-1": still}).items() if v}
        assert slots_of(view(replace(back, slots=slots)))["diploma-1"].review == why
    new = replace(back, slots=COMPLETE | {"diploma-1": ready("u4")})
    assert slots_of(view(new))["diploma-1"].review == msgspec.structs.replace(why, replaced=True)
    assert slots_of(view(replace(back, status=Status.SUBMITTED)))["diploma-1"].review is None


def test_a_reason_that_the_exam_has_no_more_is_shown_by_the_note() -> None:
    back = returned(decision=decision(slots={"diploma-1": SlotReview("old", "看不清", upload_id=upload_id("u3"))}))
    expected = SlotReviewView("old", Text("看不清", "看不清"), "看不清", None)
    assert slots_of(view(back))["diploma-1"].review == expected


# ---- messages and receipt

FIRST = submission_entry(submitted(), SUBMITTED_AT)
RETURNED = decision_entry(returned("diploma-1"), exam(), returned("diploma-1").decision)  # type: ignore[arg-type]
SECOND_ROUND = submitted(round=2, slots=COMPLETE | {"diploma-1": ready("u4")})
AGAIN = submission_entry(SECOND_ROUND, NOON)


def test_messages_are_the_newest_first_as_in_the_guide() -> None:
    shown = view(SECOND_ROUND, (FIRST, RETURNED, AGAIN)).messages
    locked = Text("上报完成，内容已锁定。", "Submitted; the materials are locked.")
    assert shown == [
        MessageView(NOON, "submitted", locked, None),
        MessageView(DECIDED_AT, "returned", UNREADABLE, "diploma-1"),
        MessageView(SUBMITTED_AT, "submitted", locked, None),
    ]


def test_entries_without_messages_are_not_shown() -> None:
    assert view(draft(), (Entry("extension", NOON, "admin", 0),)).messages == []


def test_the_receipt_proves_the_last_submission() -> None:
    assert view(returned(), (FIRST, RETURNED)).receipt == Receipt(
        "3701001-1",
        1,
        SUBMITTED_AT,
        [ReceiptImage(slot, COMPLETE[slot].sha256) for slot in ("diploma-1", "identity-1", "identity-2")],
    )
    last = view(SECOND_ROUND, (FIRST, RETURNED, AGAIN)).receipt
    assert last is not None
    assert (last.number, last.round, last.at, last.images[0].sha256) == ("3701001-2", 2, NOON, ready("u4").sha256)


# ---- the notice


def test_the_notice_of_an_approved_application() -> None:
    assert candidate.notice(approved(), exam(), roster_entry()) == Notice(
        title=Text("医师资格考试网上报名成功通知单", "Notice of Successful Online Registration"),
        exam=text("2026 考试"),
        registration_no="3701001",
        name="张三丰",
        id_number="370102**********34",
        area=text("山东"),
        site=text("济南"),
        status=Status.APPROVED,
        result=Text("考点资格初审通过", "Approved by the exam site"),
        serial_number="3701000001",
        approved_at=DECIDED_AT,
        code="c0de",
    )


@pytest.mark.parametrize("application", [draft(), submitted(), returned()])
def test_the_notice_of_anything_else_says_not_approved(application: Application) -> None:
    notice = candidate.notice(application, exam(), roster_entry())
    assert notice.result == Text("未通过初审", "Not approved yet")
    assert (notice.serial_number, notice.approved_at, notice.code) == (None, None, None)
    assert notice.status is application.status


# ---- masks


@pytest.mark.parametrize(
    ("words", "head", "tail", "shown"),
    [
        ("13812345678", 3, 4, "138****5678"),
        ("370102199001011234", 6, 2, "370102**********34"),
        ("张三丰", 1, 0, "张**"),
        ("张三", 1, 0, "张*"),
        ("张", 1, 0, "*"),
        ("", 1, 0, ""),
        ("1234567", 3, 4, "*******"),
        ("12345678", 3, 4, "123*5678"),
        ("12", 3, 4, "**"),
    ],
)
def test_threat_36_the_middle_is_masked_and_short_texts_wholly(words: str, head: int, tail: int, shown: str) -> None:
    assert masked(words, head, tail) == shown


# ---- claims and the queue


def test_a_lease_is_shown_while_it_lives() -> None:
    held = Claim("reviewer-1", NOW + MINUTE)
    shown = reviewer.claim_view(held, "reviewer-1", NOW, exam())
    assert shown == ClaimView("reviewer-1", NOON + MINUTE, mine=True)
    assert shown.expires_at.utcoffset() == timedelta(hours=8)
    assert reviewer.claim_view(held, "reviewer-2", NOW, exam()) == ClaimView("reviewer-1", NOON + MINUTE, mine=False)
    assert reviewer.claim_view(held, "reviewer-1", NOW + MINUTE, exam()) is None
    assert reviewer.claim_view(None, "reviewer-1", NOW, exam()) is None


def test_a_line_of_the_queue() -> None:
    row = QueueRow(ID, "3701001", "张三丰", "submitted", 2, SUBMITTED_AT.astimezone(UTC), Claim("r", NOW))
    shown = reviewer.queue_item(row, "r", NOW, exam())
    assert shown == QueueItem(ID, "3701001", "张三丰", Status.SUBMITTED, 2, SUBMITTED_AT, None)
    assert shown.since is not None
    assert shown.since.isoformat() == "2026-03-05T09:00:00+08:00"
    assert reviewer.queue_item(replace(row, since=None), "r", NOW, exam()).since is None


# ---- the reviewer's case


def review(
    application: Application, *journal: Entry, roster: Any = "default", others: dict[str, int] | None = None
) -> Review:
    entry = roster_entry() if roster == "default" else roster
    return reviewer.review(application, exam(), journal, entry, "reviewer-1", NOW, link, others or {})


def test_a_case_is_everything_needed_to_decide() -> None:
    shown = review(submitted(claim=Claim("reviewer-1", NOW + MINUTE), address="济南市"), FIRST)
    assert (shown.application, shown.round, shown.status) == (ID, 1, Status.SUBMITTED)
    assert (shown.submitted_at, shown.exam) == (SUBMITTED_AT, text("2026 考试"))
    assert shown.claim == ClaimView("reviewer-1", NOON + MINUTE, mine=True)
    assert shown.candidate == ReviewCandidate(
        "3701001", "张三丰", "370102**********34", "138****1234", "济南市", text("山东"), text("济南")
    )
    assert shown.reason_codes == list(exam().reasons)
    assert [(c.id, c.title, c.hint, c.required, c.example_url) for c in shown.categories] == [
        (c.id, c.title, c.hint, c.required, c.example) for c in exam().categories
    ]
    held = COMPLETE["diploma-1"]
    assert slots_of(shown)["diploma-1"] == ReviewSlot(
        slot="diploma-1",
        title=text("diploma 1"),
        state="ready",
        image_url=f"https://m/materials/2026-med/3701001/diploma-1/{held.upload_id}",
        width=640,
        height=480,
        sha256=held.sha256,
        uploaded_at=NOON - HOUR,
    )
    assert slots_of(shown)["work-1"] == ReviewSlot("work-1", text("work 1"), "empty")


def test_a_reviewer_reads_what_was_found_and_not_what_to_do() -> None:
    twice = {"identity-1": ready("u1"), "diploma-1": ready("u3", sha256=ready("u1").sha256, warnings=("blurred",))}
    case = submitted(slots=twice | {"identity-2": ready("u2")})
    shown = slots_of(review(case, submission_entry(case, NOON), others={ready("u2").sha256: 2, "ab" * 32: 1}))
    # Of images that came at the same time the first by its slot's name is the first.
    diploma = Text(REPEATED.zh.replace("identity", "diploma"), REPEATED.en.replace("identity", "diploma"))
    assert shown["diploma-1"].warnings == [Finding("blurred", WORDS[WarningCode.BLURRED].found)]
    assert shown["identity-1"].warnings == [Finding("repeated", diploma)]
    assert {slot: value.sent_by_others for slot, value in shown.items() if value.sent_by_others} == {"identity-2": 2}


def test_a_candidate_is_not_told_what_others_have_sent() -> None:
    """No member of the view says so, and no text."""
    assert {"sent_by_others"} == {f for f in ReviewSlot.__struct_fields__ if "others" in f}
    assert not any("others" in field for field in SlotView.__struct_fields__)
    assert not any("考生" in words.whole.zh or "candidate" in words.whole.en for words in WORDS.values())


def test_threat_36_the_phone_is_masked_whoever_gave_it() -> None:
    assert review(submitted(phone="13912345678")).candidate.phone == "139****5678"
    shown = review(submitted(), roster=None).candidate
    assert (shown.phone, shown.id_number) == ("", "")


def test_what_was_not_submitted_is_an_empty_slot_to_the_reviewer() -> None:
    slots = COMPLETE | {"work-1": reserved(expires=OPENS), "work-2": rejected()}
    case = submitted(slots=slots)
    shown = slots_of(review(case, submission_entry(case, NOON)))
    assert (shown["work-1"].state, shown["work-2"].state) == ("empty", "empty")


def test_nothing_has_changed_in_the_first_round() -> None:
    shown = slots_of(review(submitted(), FIRST)).values()
    assert [(slot.changed, slot.previous) for slot in shown] == [(False, None)] * 5


def test_what_changed_is_shown_with_what_was_there_and_said() -> None:
    slots = {"identity-1": ready("u1"), "identity-2": ready("u5"), "diploma-1": ready("u4"), "work-1": ready("u6")}
    said = decision(
        slots={
            "diploma-1": SlotReview("unreadable", "第 3 位", (0, 0, 0.5, 1), upload_id("u3")),
            "work-1": SlotReview("blurred"),
        }
    )
    back = decision_entry(returned(decision=said), exam(), said)
    again = submitted(round=2, slots=slots)
    shown = slots_of(review(again, FIRST, back, submission_entry(again, NOON)))
    url = "https://m/materials/2026-med/3701001/"
    assert {slot: (value.changed, value.previous) for slot, value in shown.items()} == {
        "identity-1": (False, None),
        "identity-2": (True, Previous(f"{url}identity-2/{upload_id('u2')}", None, "", None)),
        "diploma-1": (
            True,
            Previous(f"{url}diploma-1/{upload_id('u3')}", "unreadable", "第 3 位", (0, 0, 0.5, 1)),
        ),
        "work-1": (True, Previous(None, "blurred", "", None)),
        "work-2": (False, None),
    }


def test_a_slot_that_was_judged_and_stayed_still_shows_what_was_said() -> None:
    said = decision(slots={"diploma-1": SlotReview("unreadable", upload_id=upload_id("u3"))})
    back = decision_entry(returned(decision=said), exam(), said)
    again = submitted(round=2)
    slot = slots_of(review(again, FIRST, back, submission_entry(again, NOON)))["diploma-1"]
    url = f"https://m/materials/2026-med/3701001/diploma-1/{upload_id('u3')}"
    assert (slot.changed, slot.previous) == (False, Previous(url, "unreadable", "", None))


def test_a_deleted_image_is_a_change() -> None:
    slots = {slot: held for slot, held in COMPLETE.items() if slot != "identity-2"}
    again = submitted(round=2, slots=slots)
    slot = slots_of(review(again, FIRST, submission_entry(again, NOON)))["identity-2"]
    url = f"https://m/materials/2026-med/3701001/identity-2/{upload_id('u2')}"
    assert (slot.state, slot.changed, slot.previous) == ("empty", True, Previous(url, None, "", None))


def test_only_the_round_just_before_counts() -> None:
    third = submitted(round=3, slots=SECOND_ROUND.slots)
    other = Entry("returned", NOON, "reviewer-1", 2, decision=Decision(2, Outcome.RETURN, "reviewer-1", NOON))
    shown = slots_of(review(third, FIRST, RETURNED, AGAIN, other, submission_entry(third, NOON))).values()
    assert [(slot.changed, slot.previous) for slot in shown] == [(False, None)] * 5


def test_the_history_is_the_whole_journal_newest_first() -> None:
    quiet = Entry("extension", NOW, "admin", 1)
    shown = review(SECOND_ROUND, FIRST, RETURNED, quiet).history
    assert [(entry.kind, entry.round, entry.by) for entry in shown] == [
        ("extension", 1, "admin"),
        ("returned", 1, "reviewer-1"),
        ("submitted", 1, "candidate"),
    ]
    assert [entry.at.isoformat() for entry in shown] == [
        "2026-03-05T12:00:00+08:00",
        "2026-03-05T11:00:00+08:00",
        "2026-03-05T09:00:00+08:00",
    ]
    assert shown[1].messages == [MessageView(DECIDED_AT, "returned", UNREADABLE, "diploma-1")]
    assert shown[0].messages == []


def test_an_areas_own_upload_window_is_the_one_shown() -> None:
    own = Window(OPENS - timedelta(days=1), CLOSES - timedelta(days=2))
    shown = view(draft(), configured=exam_with_area(upload=own))
    assert shown.exam.windows == replace(exam().windows, upload=own)
    assert shown.editable_until == own.closes


def test_what_was_said_is_what_the_return_of_the_round_before_said() -> None:
    """Looked at in its second return: neither that one nor another entry of the first round counts."""
    quiet = Entry("extension", NOON, "admin", 1)
    second = decision("work-1", round=2)
    again = decision_entry(returned(decision=second), exam(), second)
    shown = slots_of(review(replace(SECOND_ROUND, status=Status.RETURNED), FIRST, RETURNED, quiet, AGAIN, again))
    said = {slot: value.previous.code for slot, value in shown.items() if value.previous}
    assert said == {"diploma-1": "unreadable"}


def test_entries_and_states_without_a_decision_say_nothing() -> None:
    bare = Entry("returned", NOON, "reviewer-1", 1)
    again = submitted(round=2)
    shown = slots_of(review(again, FIRST, bare, submission_entry(again, NOON))).values()
    assert [(slot.changed, slot.previous) for slot in shown] == [(False, None)] * 5
    assert [slot.review for slot in slots_of(view(returned(decision=None))).values()] == [None] * 5
    assert candidate.notice(approved(decision=None), exam(), roster_entry()).approved_at is None
