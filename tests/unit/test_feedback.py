"""Deciding over the ports: one transaction, one serial number, then the task token."""

import logging
from dataclasses import replace

import pytest

from songshen.contract.reviewer import Decided, DecisionRequest, SlotDecision
from songshen.domain.application import Claim, Decision, Outcome, SlotReview, Status
from songshen.domain.errors import Code
from songshen.domain.journal import decision_entry
from songshen.ports import NoticeRecord
from tests.support.exams import ID, MINUTE, NOON, UNREADABLE, submitted
from tests.support.fakes import COLLEAGUE, ELSEWHERE, LEAD, REVIEWER, Unavailable, Watch, World
from tests.support.refusals import refusal

RETURN = DecisionRequest(
    1, Outcome.RETURN, [SlotDecision("diploma-1", "unreadable", "第 3 位", (0, 0, 0.5, 1))], "请改"
)
APPROVE = DecisionRequest(1, Outcome.APPROVE)


@pytest.fixture
def world() -> World:
    world = World()
    world.submit_filled()
    return world


def test_a_return_is_written_with_what_was_judged_and_resumes_the_workflow(world: World) -> None:
    judged = world.application().slots["diploma-1"].upload_id
    assert world.feedback(REVIEWER, ID, RETURN) == Decided(ID, 1, Status.RETURNED, None)
    said = Decision(
        round=1,
        outcome=Outcome.RETURN,
        by="reviewer-1",
        at=NOON,
        note="请改",
        slots={"diploma-1": SlotReview("unreadable", "第 3 位", (0, 0, 0.5, 1), judged)},
    )
    assert world.application().decision == said
    assert world.journal()[1:] == [decision_entry(world.application(), world.exam, said)]
    (execution,) = world.workflow.executions.values()
    assert (execution.state, execution.outcome) == ("resumed", "return")
    world.workflow.settle()
    assert (world.application().obligation_due, world.application().task_token) == (None, "")
    assert len(world.sms.sent) == 1


def test_an_approval_gives_the_sites_next_number_and_a_notice(world: World) -> None:
    assert world.feedback(REVIEWER, ID, APPROVE) == Decided(ID, 1, Status.APPROVED, "3701000001")
    application = world.application()
    assert application.serial_number == "3701000001"
    assert len(application.notice_code) == 22  # 128 random bits
    notice = NoticeRecord(application.notice_code, "2026-med", "37", "3701", "张三丰", valid=True)
    assert world.applications.notices == {application.notice_code: notice}
    assert world.journal()[-1].messages[0].text.zh == "考点初审通过，序列号：3701000001。"
    world.workflow.settle()
    assert world.sms.sent == []
    assert world.application().obligation_due is None


def test_a_repeated_decision_answers_the_same_and_does_nothing(world: World) -> None:
    first = world.feedback(REVIEWER, ID, APPROVE)
    before = world.application()
    world.clock.advance(MINUTE)
    assert world.feedback(REVIEWER, ID, APPROVE) == first
    assert (world.application(), len(world.journal())) == (before, 2)
    assert dict(world.applications.serials) == {("2026-med", "3701"): 1}


def test_a_repeated_return_is_told_once(world: World) -> None:
    for _ in range(3):
        world.feedback(REVIEWER, ID, RETURN)
        world.workflow.settle()
    assert (len(world.journal()), len(world.sms.sent)) == (2, 1)


def test_threat_29_two_reviewers_decide_at_once(world: World) -> None:
    world.meanwhile(lambda: world.feedback(COLLEAGUE, ID, APPROVE))
    assert refusal(world.feedback, REVIEWER, ID, RETURN) == (Code.ALREADY_DECIDED, {})
    assert (world.application().status, [e.kind for e in world.journal()]) == (
        Status.APPROVED,
        ["submitted", "approved"],
    )


def test_threat_31_two_approvals_at_once_give_one_number_and_one_notice(world: World) -> None:
    world.meanwhile(lambda: world.feedback(COLLEAGUE, ID, APPROVE))
    assert refusal(world.feedback, REVIEWER, ID, APPROVE) == (Code.ALREADY_DECIDED, {})
    assert world.application().serial_number == world.journal()[-1].messages[0].text.zh[-11:-1]
    assert list(world.applications.notices) == [world.application().notice_code]


def test_the_same_reviewer_twice_at_once_is_one_decision(world: World) -> None:
    world.meanwhile(lambda: world.feedback(REVIEWER, ID, APPROVE))
    decided = world.feedback(REVIEWER, ID, APPROVE)
    assert decided.serial_number == world.application().serial_number
    assert len(world.journal()) == 2


def test_threat_31_numbers_are_counted_per_site() -> None:
    world = World(candidates=("1", "2", "3"))
    world.put(replace(world.application("2026-med_3"), site="3702"))
    numbers = []
    for no, reviewer in (("1", REVIEWER), ("2", REVIEWER), ("3", ELSEWHERE)):
        world.submit_filled(f"2026-med_{no}")
        numbers.append(world.feedback(reviewer, f"2026-med_{no}", APPROVE).serial_number)
    assert numbers == ["3701000001", "3701000002", "3702000001"]


def test_threat_10_what_is_not_ones_own_sites_does_not_exist(world: World) -> None:
    before = world.application()
    assert refusal(world.feedback, ELSEWHERE, ID, APPROVE) == (Code.NOT_FOUND, {})
    assert refusal(world.feedback, REVIEWER, "2026-med_999", APPROVE) == (Code.NOT_FOUND, {})
    assert world.application() == before
    draft = World()
    assert refusal(draft.feedback, REVIEWER, ID, APPROVE) == (Code.NOT_FOUND, {})


def test_stale_rounds_and_others_leases_are_refused(world: World) -> None:
    stale = DecisionRequest(2, Outcome.APPROVE)
    assert refusal(world.feedback, REVIEWER, ID, stale) == (Code.STALE_ROUND, {"round": 1})
    world.reviews.claim(COLLEAGUE, ID)
    assert refusal(world.feedback, REVIEWER, ID, APPROVE) == (Code.CLAIMED_BY_OTHER, {})
    assert dict(world.applications.serials) == {}
    world.clock.advance(10 * MINUTE)
    assert world.feedback(REVIEWER, ID, APPROVE).status is Status.APPROVED


def test_a_lease_taken_at_the_last_moment_is_respected(world: World) -> None:
    world.meanwhile(lambda: world.reviews.claim(COLLEAGUE, ID))
    assert refusal(world.feedback, REVIEWER, ID, APPROVE) == (Code.CLAIMED_BY_OTHER, {})
    assert world.application().status is Status.SUBMITTED


def test_a_lease_ends_with_the_decision(world: World) -> None:
    world.reviews.claim(REVIEWER, ID)
    world.feedback(REVIEWER, ID, RETURN)
    assert world.application().claim is None


def test_a_number_lost_in_a_race_is_not_given_again(world: World) -> None:
    """The count comes first: the reviewer who loses to an own renewed lease counts twice."""
    world.put(replace(world.application(), claim=Claim("reviewer-2", NOON)))  # expired
    world.meanwhile(lambda: world.reviews.claim(REVIEWER, ID))
    assert world.feedback(REVIEWER, ID, APPROVE).serial_number == "3701000002"
    assert world.journal()[-1].messages[0].text.zh == "考点初审通过，序列号：3701000002。"
    assert world.application().serial_number == "3701000002"


def test_five_lost_races_are_enough(world: World) -> None:
    def write() -> None:
        world.put(replace(world.application(), version=world.application().version + 1))

    world.meanwhile(*[write] * 5)
    assert refusal(world.feedback, REVIEWER, ID, RETURN) == (Code.BUSY, {})
    assert world.application().status is Status.SUBMITTED


def test_a_workflow_that_cannot_be_resumed_is_not_the_reviewers_problem(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(token: str, outcome: str) -> bool:
        raise Unavailable(token)

    token = world.application().task_token
    world.workflow.resume = fail  # type: ignore[method-assign]
    with caplog.at_level(logging.INFO):
        assert world.feedback(REVIEWER, ID, RETURN).status is Status.RETURNED
    assert [record.msg for record in caplog.records] == ["decided", "resume postponed: %s"]
    assert token not in caplog.text + str([vars(record) for record in caplog.records])  # threat 30
    assert world.application().obligation_due == NOON + 2 * MINUTE
    del world.workflow.resume
    world.converge()
    assert (world.application().obligation_due, len(world.sms.sent)) == (None, 1)


def test_a_decision_before_the_workflow_waits_needs_no_token() -> None:
    world = World()
    world.put(submitted())
    world.workflow.start(world.application())
    with world.watch(Watch()) as watch:
        world.feedback(REVIEWER, ID, RETURN)
    assert "workflow.resume" not in watch.calls
    world.workflow.settle()
    assert (world.application().obligation_due, len(world.sms.sent)) == (None, 1)


def test_a_token_that_comes_between_reading_and_writing_is_kept_for_the_reconciler() -> None:
    world = World()
    world.put(submitted())
    world.workflow.start(world.application())
    world.meanwhile(world.workflow.settle)
    world.feedback(REVIEWER, ID, RETURN)
    assert world.application().task_token == f"token-{ID}-1-1"
    assert world.application().obligation_due == NOON + 2 * MINUTE
    world.clock.advance(4 * MINUTE)
    world.reconcile()
    world.workflow.settle()
    assert [(e.attempt, e.state) for e in world.workflow.executions.values()] == [(1, "succeeded")]
    assert (world.application().obligation_due, len(world.sms.sent)) == (None, 1)


def test_the_decision_is_written_before_the_token_is_sent(world: World) -> None:
    with world.watch(Watch()) as watch:
        world.feedback(REVIEWER, ID, APPROVE)
    assert [call for call in watch.calls if not call.startswith(("clock", "exams"))] == [
        "applications.get",
        "applications.next_serial",
        "applications.transition",
        "workflow.resume",
    ]


def test_the_next_round_goes_the_same_way(world: World) -> None:
    world.feedback(REVIEWER, ID, RETURN)
    world.workflow.settle()
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"sharper")
    shown = world.submit(ID, 2)
    assert shown.messages[0].text.zh == "上报完成，内容已锁定。"
    assert [message.text.zh for message in shown.messages[1:3]] == ["请改", "第 3 位"]
    assert UNREADABLE not in [message.text for message in shown.messages]
    world.workflow.settle()
    stale = (Code.STALE_ROUND, {"round": 2})
    assert refusal(world.feedback, REVIEWER, ID, RETURN) == stale
    decided = world.feedback(REVIEWER, ID, DecisionRequest(2, Outcome.APPROVE))
    assert (decided.round, decided.status) == (2, Status.APPROVED)
    assert [entry.kind for entry in world.journal()] == ["submitted", "returned", "submitted", "approved"]


@pytest.mark.parametrize("box", [(0.5, 0, 0.5, 1), (0.6, 0, 0.5, 1), (0, 1, 1, 0.5), (0, 0, 0.00001, 1)])
def test_a_box_without_an_inside_is_refused(world: World, box: tuple[float, float, float, float]) -> None:
    boxed = DecisionRequest(1, Outcome.RETURN, [SlotDecision("diploma-1", "unreadable", "", box)])
    assert refusal(world.feedback, REVIEWER, ID, boxed) == (Code.BAD_REQUEST, {"field": "region"})
    assert world.application().status is Status.SUBMITTED


def test_a_boxs_edges_are_kept_to_the_tenth_of_a_thousandth(world: World) -> None:
    boxed = DecisionRequest(1, Outcome.RETURN, [SlotDecision("diploma-1", "unreadable", "", (1e-200, 0.123456, 1, 1))])
    world.feedback(REVIEWER, ID, boxed)
    decided = world.application().decision
    assert decided
    assert decided.slots["diploma-1"].region == (0, 0.1235, 1, 1)


def test_a_slot_can_be_named_once_only(world: World) -> None:
    twice = DecisionRequest(
        1, Outcome.RETURN, [SlotDecision("diploma-1", "unreadable"), SlotDecision("diploma-1", "x")]
    )
    assert refusal(world.feedback, REVIEWER, ID, twice) == (Code.BAD_REQUEST, {"field": "slots"})


# ---- drawing spot checks


@pytest.mark.parametrize(("lot", "checks"), [(0.0, [(ID, 1)]), (0.0199, [(ID, 1)]), (0.02, []), (0.99, [])])
def test_a_share_of_the_decisions_is_drawn_to_be_checked(world: World, lot: float, checks: list[object]) -> None:
    world.lot = lot
    world.feedback(REVIEWER, ID, RETURN)
    assert list(world.applications.checks) == checks
    for check in world.applications.checks.values():
        assert (check.first, check.second, check.claim) == (world.application().decision, None, None)


def test_only_the_decision_that_stands_is_drawn(world: World) -> None:
    world.lot = 0
    world.meanwhile(lambda: world.feedback(COLLEAGUE, ID, APPROVE))
    assert refusal(world.feedback, REVIEWER, ID, RETURN) == (Code.ALREADY_DECIDED, {})
    world.feedback(COLLEAGUE, ID, APPROVE)
    assert [check.first.by for check in world.applications.checks.values()] == ["reviewer-2"]


def test_a_lead_decides_at_every_site_of_the_area(world: World) -> None:
    assert world.feedback(LEAD, ID, APPROVE).serial_number == "3701000001"
    assert world.application().decision.by == "lead-1"  # type: ignore[union-attr]
    far = replace(LEAD, area="11")
    assert refusal(world.feedback, far, ID, APPROVE) == (Code.NOT_FOUND, {})


def test_a_decision_of_a_case_that_waits_looks_for_no_check(world: World) -> None:
    with world.watch(Watch()) as watch:
        world.feedback(REVIEWER, ID, APPROVE)
    assert [call for call in watch.calls if call.startswith("checks")] == []
