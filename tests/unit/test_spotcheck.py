"""Spot checks: who is offered what, that they are blind and change nothing, and what comes of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from songshen.contract.reviewer import Decided, DecisionRequest, QueueQuery, SlotDecision
from songshen.domain import spotcheck
from songshen.domain.application import Application, Claim, Decision, Outcome, SlotReview, Status
from songshen.domain.errors import Code
from songshen.domain.people import Reviewer
from songshen.domain.spotcheck import SpotCheck, Tally, by_reason, by_site, drawn, judge
from songshen.ports import Viewing
from tests.support.exams import EXAM, ID, MINUTE, NOON, SECOND, approved, exam, rejected, returned, submitted
from tests.support.fakes import COLLEAGUE, ELSEWHERE, LEAD, REVIEWER, Unavailable, World
from tests.support.refusals import refusal

FAR = Reviewer("reviewer-11", EXAM, "11", "1101")
APPROVE = DecisionRequest(1, Outcome.APPROVE)
RETURN = DecisionRequest(1, Outcome.RETURN, [SlotDecision("diploma-1", "unreadable", "第 3 位")])


def made(outcome: Outcome = Outcome.RETURN, by: str = "reviewer-1", **slots: str) -> Decision:
    """A decision of round 1 with these reasons, `diploma_1="unreadable"`."""
    reviews = {slot.replace("_", "-"): SlotReview(code) for slot, code in slots.items()}
    return Decision(1, outcome, by, NOON, slots=reviews)


def check(first: Decision | None = None, second: Decision | None = None, **changes: Any) -> SpotCheck:
    return replace(SpotCheck(EXAM, "37", "3701", "3701001", 1, first or made(), second), **changes)


# ---- the rules


@pytest.mark.parametrize(("share", "lot", "is_drawn"), [(0, 0, False), (0.02, 0.019, True), (0.02, 0.02, False)])
def test_a_check_is_drawn_below_the_share(share: float, lot: float, is_drawn: bool) -> None:
    decided = returned("diploma-1")
    found = drawn(decided, exam(spot_check_share=share), lot)
    assert (found is not None) == is_drawn
    if found:
        assert found == SpotCheck(EXAM, "37", "3701", "3701001", 1, decided.decision)  # type: ignore[arg-type]
        assert found.application == ID


def test_with_a_share_of_one_everything_is_checked_and_nothing_without_a_decision() -> None:
    assert drawn(approved(), exam(spot_check_share=1), 0.999999) is not None
    assert drawn(submitted(), exam(spot_check_share=1), 0) is None


def test_it_is_for_somebody_else_of_the_area_and_one_at_a_time() -> None:
    assert [check().free_for(who, NOON) for who in (REVIEWER, COLLEAGUE, ELSEWHERE, LEAD, FAR)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not check().free_for(replace(COLLEAGUE, exam="2025-med"), NOON)
    held = check(claim=Claim("reviewer-9", NOON + SECOND))
    assert [held.free_for(COLLEAGUE, NOON), held.free_for(COLLEAGUE, NOON + SECOND)] == [False, True]
    assert not check(second=made(by="reviewer-9")).free_for(COLLEAGUE, NOON)


def test_who_holds_it_and_who_has_judged_it() -> None:
    held = check(claim=Claim("reviewer-2", NOON))
    assert (held.held_by("reviewer-2"), held.held_by("reviewer-1"), check().held_by("reviewer-2")) == (
        True,
        False,
        False,
    )
    done = check(second=made(by="reviewer-2"), claim=Claim("reviewer-2", NOON))
    assert (done.held_by("reviewer-2"), done.judged_by("reviewer-2"), done.judged_by("reviewer-1")) == (
        False,
        True,
        False,
    )


def test_a_second_decision_is_taken_once() -> None:
    second = made(by="reviewer-2", diploma_1="blurred")
    held = check(claim=Claim("reviewer-2", NOON + MINUTE))
    judged = judge(held, exam(), second, NOON)
    assert judged == check(second=second)
    assert judge(judged, exam(), replace(second, at=NOON + MINUTE), NOON + MINUTE) is None
    other = replace(second, outcome=Outcome.APPROVE, slots={})
    assert refusal(judge, judged, exam(), other, NOON) == (Code.ALREADY_DECIDED, {})
    assert refusal(judge, held, exam(), replace(second, round=2), NOON) == (Code.STALE_ROUND, {"round": 1})
    assert refusal(judge, held, exam(), replace(second, by="reviewer-3"), NOON) == (Code.CLAIMED_BY_OTHER, {})
    wrong = replace(second, slots={"diploma-1": SlotReview("ugly")})
    assert refusal(judge, held, exam(), wrong, NOON) == (Code.BAD_REQUEST, {"field": "code"})


@pytest.mark.parametrize(
    ("first", "second", "agrees"),
    [
        (made(Outcome.APPROVE), made(Outcome.APPROVE), True),
        (made(Outcome.APPROVE), made(), False),
        (made(), made(), True),
        (made(diploma_1="blurred"), made(diploma_1="blurred"), True),
        (made(diploma_1="blurred"), made(diploma_1="unreadable"), False),
        (made(diploma_1="blurred"), made(identity_1="blurred"), False),
        (made(diploma_1="blurred", work_1="blurred"), made(diploma_1="blurred"), False),
    ],
)
def test_to_agree_is_the_same_outcome_with_the_same_reasons(first: Decision, second: Decision, agrees: bool) -> None:
    assert check(first, replace(second, by="reviewer-2", note="别的话")).agrees == agrees
    assert not check(first).agrees


def test_sites_and_reasons_are_counted() -> None:
    checks = [
        check(made(diploma_1="blurred"), made(diploma_1="blurred")),
        check(made(diploma_1="blurred", work_1="unreadable"), made(diploma_1="blurred", work_1="blurred")),
        check(made(Outcome.APPROVE), made(Outcome.APPROVE), site="3702"),
        check(made(Outcome.APPROVE), made(work_1="blurred"), site="3702"),
    ]
    assert by_site(checks) == {"3701": Tally(2, 1), "3702": Tally(2, 1)}
    assert by_reason(checks) == {"blurred": Tally(4, 2), "unreadable": Tally(1, 0)}
    assert (by_site([]), by_reason([check()])) == ({}, {})


# ---- offered, claimed, judged


@pytest.fixture
def world() -> World:
    """One case, decided by REVIEWER, that is to be checked; nothing waits."""
    return decided(Outcome.RETURN, "diploma-1")


def decided(outcome: Outcome, *slots: str) -> World:
    world = World(exam=exam(spot_check_share=1), candidates=("3701001", "3701002"))
    world.lot = 0.5
    world.submit_filled()
    world.decide(outcome, *slots)
    world.workflow.settle()
    return world


def kept(world: World, round: int = 1) -> SpotCheck:
    return world.applications.checks[ID, round]


def blind(shown: Any) -> dict[str, Any]:
    """A case without what every look at it changes."""
    members: dict[str, Any] = msgspec.to_builtins(shown)
    return {name: value for name, value in members.items() if name not in {"now", "claim"}}


def test_only_what_was_drawn_is_checked() -> None:
    world = World()
    world.submit_filled()
    world.decide(Outcome.APPROVE)
    assert (world.applications.checks, world.reviews.next(COLLEAGUE)) == ({}, None)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("second", [COLLEAGUE, ELSEWHERE, LEAD])
def test_it_shows_what_the_first_reviewer_saw(outcome: Outcome, second: Reviewer) -> None:
    world = World(exam=exam(spot_check_share=1))
    world.lot = 0
    world.fill()
    # Neither is part of the submission: an upload that failed the checks, a reservation that ran out.
    world.put(replace(world.application(), slots=dict(world.application().slots) | {"work-1": rejected()}))
    world.submit(ID, 1)
    first = world.reviews.case(REVIEWER, ID)
    world.decide(outcome)
    world.workflow.settle()
    shown = world.reviews.next(second)
    assert blind(shown) == blind(first)
    assert shown.claim.mine
    assert blind(world.reviews.case(second, ID)) == blind(first)


def again(world: World) -> None:
    """The candidate replaces the diploma and submits for the second round."""
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"sharper", "diploma-1")
    world.submit(ID, 2)
    world.workflow.settle()


@pytest.mark.parametrize("second", [ELSEWHERE, LEAD, COLLEAGUE])
def test_in_a_later_round_it_shows_what_had_changed_then(second: Reviewer) -> None:
    world = World(exam=exam(spot_check_share=1))
    world.submit_filled()
    world.decide(Outcome.RETURN, "diploma-1")
    again(world)
    first = world.reviews.case(REVIEWER, ID)
    world.lot = 0
    world.decide(Outcome.APPROVE)
    shown = world.reviews.next(second)
    assert blind(shown) == blind(first)
    changed = {s.slot for category in shown.categories for s in category.slots if s.changed}
    assert (shown.round, changed) == (2, {"diploma-1"})
    assert [entry.kind for entry in shown.history] == ["submitted", "returned", "submitted"]


def test_a_case_resubmitted_meanwhile_is_shown_as_it_was(world: World) -> None:
    shown = world.reviews.next(ELSEWHERE)
    again(world)
    later = world.reviews.case(ELSEWHERE, ID)
    assert blind(later) == blind(shown)
    decided = world.feedback(ELSEWHERE, ID, APPROVE)
    assert decided == Decided(ID, 1, Status.APPROVED, None)
    assert (world.application().status, world.application().round) == (Status.SUBMITTED, 2)
    assert kept(world).second == Decision(1, Outcome.APPROVE, "reviewer-9", NOON)


def test_what_waits_again_at_ones_own_site_is_no_check_until_it_is_decided(world: World) -> None:
    again(world)
    assert world.reviews.next(COLLEAGUE).round == 2
    assert kept(world).claim is None
    assert world.reviews.next(ELSEWHERE).round == 1


def test_at_ones_own_site_the_case_that_waits_again_comes_first_and_the_check_can_still_be_judged(world: World) -> None:
    assert world.reviews.next(COLLEAGUE).round == 1
    again(world)
    assert world.reviews.case(COLLEAGUE, ID).round == 2
    assert world.feedback(COLLEAGUE, ID, APPROVE) == Decided(ID, 1, Status.APPROVED, None)
    assert world.application().status is Status.SUBMITTED
    done = world.feedback(COLLEAGUE, ID, DecisionRequest(2, Outcome.APPROVE))
    assert (done.round, done.serial_number) == (2, "3701000001")


def test_nobody_judges_their_own_case_twice(world: World) -> None:
    assert world.reviews.next(REVIEWER) is None
    assert world.reviews.next(FAR) is None


def test_checks_come_before_what_waits_the_oldest_first(world: World) -> None:
    world.lot = 0
    world.clock.advance(MINUTE)
    world.submit_filled("2026-med_3701002")
    world.decide(Outcome.APPROVE, id="2026-med_3701002")
    world.put(submitted(registration_no="3701003"))
    taken = [world.reviews.next(COLLEAGUE).application for _ in range(3)]
    assert taken == [ID, "2026-med_3701002", "2026-med_3701003"]


def test_it_counts_among_the_three(world: World) -> None:
    for no in ("3701003", "3701004", "3701005"):
        world.put(submitted(registration_no=no))
    for _ in range(3):
        world.reviews.next(COLLEAGUE)
    full = (Code.CLAIM_LIMIT, {"max": 3})
    assert refusal(world.reviews.next, COLLEAGUE) == full
    assert refusal(world.reviews.claim, COLLEAGUE, "2026-med_3701005") == full
    world.reviews.claim(COLLEAGUE, ID)
    world.feedback(COLLEAGUE, ID, APPROVE)
    assert world.reviews.next(COLLEAGUE).application == "2026-med_3701005"


def test_its_lease_is_its_own(world: World) -> None:
    world.reviews.next(COLLEAGUE)
    assert kept(world).claim == Claim("reviewer-2", NOON + 10 * MINUTE)
    assert world.application().claim is None
    assert world.reviews.next(ELSEWHERE) is None
    world.clock.advance(9 * MINUTE)
    assert world.reviews.claim(COLLEAGUE, ID).expires_at == NOON + 19 * MINUTE
    world.reviews.release(COLLEAGUE, ID)
    assert world.reviews.next(ELSEWHERE).application == ID


def test_who_has_given_it_back_may_come_back_to_it_and_is_told_nothing(world: World) -> None:
    shown = world.reviews.next(COLLEAGUE)
    world.reviews.release(COLLEAGUE, ID)
    world.reviews.release(COLLEAGUE, ID)
    again = world.reviews.case(COLLEAGUE, ID)
    assert (again.status, again.round, again.claim) == (Status.SUBMITTED, shown.round, None)
    assert world.reviews.claim(COLLEAGUE, ID).mine
    assert world.feedback(COLLEAGUE, ID, APPROVE).status is Status.APPROVED


def test_a_lease_that_ran_out_is_renewed_unless_somebody_took_it(world: World) -> None:
    world.reviews.next(COLLEAGUE)
    world.clock.advance(10 * MINUTE)
    assert world.reviews.claim(COLLEAGUE, ID).mine
    world.clock.advance(10 * MINUTE)
    world.reviews.next(ELSEWHERE)
    # Their own site's case, and decided.
    assert refusal(world.reviews.claim, COLLEAGUE, ID) == (Code.ALREADY_DECIDED, {})
    assert refusal(world.feedback, COLLEAGUE, ID, APPROVE) == (Code.ALREADY_DECIDED, {})
    assert world.feedback(ELSEWHERE, ID, APPROVE).status is Status.APPROVED


def test_a_lapsed_lease_is_not_a_fourth_claim(world: World) -> None:
    world.reviews.next(COLLEAGUE)
    world.clock.advance(10 * MINUTE)
    for no in ("3701003", "3701004", "3701005"):
        world.put(submitted(registration_no=no))
        world.reviews.claim(COLLEAGUE, f"2026-med_{no}")
    assert refusal(world.reviews.claim, COLLEAGUE, ID) == (Code.CLAIM_LIMIT, {"max": 3})


def test_of_two_who_take_it_at_once_one_gets_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first(world, monkeypatch, "set_claim", lambda: world.reviews.next(ELSEWHERE))
    assert world.reviews.next(COLLEAGUE) is None
    assert kept(world).held_by("reviewer-9")
    first(world, monkeypatch, "set_claim", lambda: world.reviews.release(ELSEWHERE, ID))
    assert refusal(world.reviews.claim, ELSEWHERE, ID) == (Code.CLAIMED_BY_OTHER, {})


def first(world: World, monkeypatch: pytest.MonkeyPatch, write: str, act: Callable[[], object]) -> None:
    """Somebody else acts just before the next write of a spot check."""
    real = getattr(world.checks, write)

    def after(*args: Any) -> Any:
        monkeypatch.setattr(world.checks, write, real)
        act()
        return real(*args)

    monkeypatch.setattr(world.checks, write, after)


# ---- its decision


@pytest.mark.parametrize("outcome", list(Outcome))
def test_its_decision_changes_nothing_for_the_candidate(outcome: Outcome) -> None:
    world = decided(outcome)
    before = (world.application(), world.journal(), dict(world.applications.serials), dict(world.applications.notices))
    told = list(world.sms.sent)
    world.reviews.next(ELSEWHERE)
    assert world.feedback(ELSEWHERE, ID, RETURN) == Decided(ID, 1, Status.RETURNED, None)
    world.converge()
    after = (world.application(), world.journal(), dict(world.applications.serials), dict(world.applications.notices))
    assert after == before
    assert world.sms.sent == told
    (said,) = kept(world).second.slots.values()  # type: ignore[union-attr]
    assert (said.code, said.note) == ("unreadable", "第 3 位")
    assert kept(world).claim is None


@pytest.mark.parametrize("second", [COLLEAGUE, ELSEWHERE, LEAD])
def test_repeating_it_is_harmless(world: World, second: Reviewer) -> None:
    world.reviews.next(second)
    said = world.feedback(second, ID, RETURN)
    world.clock.advance(MINUTE)
    before = kept(world)
    assert world.feedback(second, ID, RETURN) == said
    assert kept(world) == before
    assert refusal(world.feedback, second, ID, APPROVE) == (Code.ALREADY_DECIDED, {})


def test_the_same_decision_twice_at_once_is_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.reviews.next(ELSEWHERE)
    first(world, monkeypatch, "finish", lambda: world.feedback(ELSEWHERE, ID, RETURN))
    assert world.feedback(ELSEWHERE, ID, RETURN) == Decided(ID, 1, Status.RETURNED, None)
    assert kept(world).judged_by("reviewer-9")


def test_a_lease_renewed_while_deciding_does_not_hinder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.reviews.next(ELSEWHERE)
    world.clock.advance(MINUTE)
    first(world, monkeypatch, "finish", lambda: world.reviews.claim(ELSEWHERE, ID))
    assert world.feedback(ELSEWHERE, ID, RETURN).status is Status.RETURNED


def test_a_lease_lost_while_deciding_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.reviews.next(ELSEWHERE)
    world.clock.advance(10 * MINUTE)
    first(world, monkeypatch, "finish", lambda: world.reviews.next(COLLEAGUE))
    assert refusal(world.feedback, ELSEWHERE, ID, RETURN) == (Code.CLAIMED_BY_OTHER, {})
    assert kept(world).second is None


def test_a_table_that_never_agrees_is_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.reviews.next(ELSEWHERE)
    monkeypatch.setattr(world.checks, "finish", lambda before, after: False)
    assert refusal(world.feedback, ELSEWHERE, ID, RETURN) == (Code.BUSY, {})


def test_the_next_round_is_decided_and_repeated_by_who_judged_the_check(world: World) -> None:
    """A check of the first round is not in the way of the second."""
    world.reviews.next(COLLEAGUE)
    world.feedback(COLLEAGUE, ID, RETURN)
    again(world)
    second = DecisionRequest(2, Outcome.APPROVE)
    done = world.feedback(COLLEAGUE, ID, second)
    assert done.serial_number == "3701000001"
    assert world.feedback(COLLEAGUE, ID, second) == done
    shown = world.reviews.case(COLLEAGUE, ID)
    assert (shown.round, shown.status) == (2, Status.APPROVED)


def test_a_malformed_one_is_refused_like_any_other(world: World) -> None:
    world.reviews.next(ELSEWHERE)
    for slots, field in (
        ([SlotDecision("diploma-1", "ugly")], "code"),
        ([SlotDecision("passport-1", "unreadable")], "slot"),
        ([SlotDecision("diploma-1", "unreadable"), SlotDecision("diploma-1", "blurred")], "slots"),
        ([SlotDecision("diploma-1", "unreadable", "", (0, 0, 0, 1))], "region"),
    ):
        request = DecisionRequest(1, Outcome.RETURN, slots)
        assert refusal(world.feedback, ELSEWHERE, ID, request) == (Code.BAD_REQUEST, {"field": field})
    assert kept(world).second is None


# ---- who may see what


def acts(world: World) -> list[Callable[[Reviewer, str], object]]:
    """Everything that is done with one case."""
    desk = world.reviews

    def decide(reviewer: Reviewer, id: str) -> object:
        return world.feedback(reviewer, id, APPROVE)

    return [desk.case, desk.identity, desk.claim, desk.release, decide]


def test_threat_10_a_case_of_another_site_is_seen_while_one_is_at_its_check_and_no_longer(world: World) -> None:
    def refused() -> list[object]:
        return [refusal(act, ELSEWHERE, ID) for act in acts(world)]

    nothing = [(Code.NOT_FOUND, {})] * 5
    assert refused() == nothing
    world.reviews.next(ELSEWHERE)
    assert world.reviews.case(ELSEWHERE, ID).application == ID
    assert world.reviews.identity(ELSEWHERE, ID).id_number == "370102199001011234"
    world.feedback(ELSEWHERE, ID, RETURN)
    # The decision may be repeated; otherwise the case is another site's again.
    assert refused()[:4] == nothing[:4]
    assert refused()[4] == (Code.ALREADY_DECIDED, {})


def test_threat_10_another_area_has_no_part_in_it(world: World) -> None:
    stolen = Reviewer("reviewer-9", EXAM, "11", "1101")
    world.reviews.next(ELSEWHERE)  # the same name, as it happens
    for act in acts(world):
        assert refusal(act, stolen, ID) == (Code.NOT_FOUND, {})


def test_after_it_ones_own_sites_case_is_shown_as_it_is(world: World) -> None:
    world.reviews.next(COLLEAGUE)
    assert world.reviews.case(COLLEAGUE, ID).status is Status.SUBMITTED
    world.feedback(COLLEAGUE, ID, APPROVE)
    shown = world.reviews.case(COLLEAGUE, ID)
    assert (shown.status, [entry.by for entry in shown.history]) == (Status.RETURNED, ["reviewer-1", "candidate"])


def test_who_has_seen_how_it_ended_is_not_asked(world: World) -> None:
    world.clock.advance(SECOND)
    world.reviews.case(COLLEAGUE, ID)
    assert world.reviews.next(COLLEAGUE) is None
    world.clock.advance(60 * MINUTE)
    assert world.reviews.next(COLLEAGUE) is None
    assert world.reviews.next(ELSEWHERE).application == ID


def test_to_have_seen_it_before_or_blind_or_only_the_identity_does_not_matter() -> None:
    world = World(exam=exam(spot_check_share=1))
    world.lot = 0
    world.submit_filled()
    world.reviews.case(COLLEAGUE, ID)
    world.clock.advance(SECOND)
    world.decide(Outcome.APPROVE)
    world.reviews.identity(COLLEAGUE, ID)
    assert world.reviews.next(COLLEAGUE).application == ID
    world.reviews.release(COLLEAGUE, ID)
    assert world.reviews.next(COLLEAGUE).application == ID


def test_who_reviewed_a_later_round_is_not_asked_about_the_one_before(world: World) -> None:
    """Its history said how that one ended."""
    again(world)
    world.lot = 1
    world.reviews.next(COLLEAGUE)
    world.feedback(COLLEAGUE, ID, DecisionRequest(2, Outcome.APPROVE))
    assert world.reviews.next(COLLEAGUE) is None
    assert world.reviews.next(ELSEWHERE).round == 1


def test_who_has_checked_a_later_round_is_not_asked_about_the_one_before(world: World) -> None:
    world.reviews.next(LEAD)
    again(world)
    world.clock.advance(SECOND)
    world.decide(Outcome.APPROVE)
    assert world.reviews.next(ELSEWHERE).round == 2
    world.feedback(ELSEWHERE, ID, DecisionRequest(2, Outcome.APPROVE))
    world.reviews.release(LEAD, ID)
    assert world.reviews.next(ELSEWHERE) is None
    assert world.reviews.next(LEAD).round == 1


def test_nobody_is_at_two_rounds_of_one_case(world: World) -> None:
    world.reviews.next(ELSEWHERE)
    again(world)
    world.clock.advance(SECOND)
    world.decide(Outcome.APPROVE)
    assert list(world.applications.checks) == [(ID, 1), (ID, 2)]
    assert world.reviews.next(ELSEWHERE) is None
    world.feedback(ELSEWHERE, ID, APPROVE)
    assert world.reviews.next(ELSEWHERE).round == 2


def test_a_check_whose_application_is_gone_is_passed_over(world: World) -> None:
    world.applications.items.pop(ID)
    assert world.reviews.next(ELSEWHERE) is None


def test_the_queue_and_its_counts_do_not_know_of_it(world: World) -> None:
    before = world.reviews.queue(COLLEAGUE, QueueQuery())
    world.reviews.next(COLLEAGUE)
    assert world.reviews.queue(COLLEAGUE, QueueQuery()).items == before.items == []
    assert world.reviews.queue(COLLEAGUE, QueueQuery(mine=True)).items == []


def test_the_look_is_journalled_as_a_check(world: World) -> None:
    world.reviews.next(ELSEWHERE)
    world.clock.advance(10 * MINUTE)
    again(world)
    world.reviews.identity(ELSEWHERE, ID)
    world.reviews.case(ELSEWHERE, ID)
    seen = [(v.by, v.round, v.what) for v in world.applications.viewings(ID) if v.by == "reviewer-9"]
    assert seen == [("reviewer-9", 1, "check"), ("reviewer-9", 1, "identity"), ("reviewer-9", 1, "check")]


def test_what_cannot_be_journalled_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(application_id: str, viewing: Viewing) -> None:
        raise Unavailable

    monkeypatch.setattr(world.applications, "record_viewing", fail)
    with pytest.raises(Unavailable):
        world.reviews.next(ELSEWHERE)


# ---- what administrators see


def test_an_administrator_sees_how_sites_and_reasons_agree(world: World) -> None:
    world.reviews.next(ELSEWHERE)
    world.feedback(ELSEWHERE, ID, DecisionRequest(1, Outcome.RETURN, [SlotDecision("diploma-1", "blurred")]))
    other = "2026-med_3701002"
    world.submit_filled(other)
    world.decide(Outcome.APPROVE, id=other)
    world.reviews.next(COLLEAGUE)
    world.clock.advance(MINUTE)
    world.feedback(COLLEAGUE, other, APPROVE)
    shown = world.exam_desk.agreement(EXAM)
    assert (shown.exam, shown.share, shown.time_zone) == (world.exam.name, 1, "Asia/Shanghai")
    assert [(s.area.zh, s.site.id, s.checked, s.agreed) for s in shown.sites] == [("山东", "3701", 2, 1)]
    assert [(r.reason.code, r.checked, r.agreed) for r in shown.reasons] == [("unreadable", 1, 0), ("blurred", 1, 0)]
    (apart,) = shown.disagreements
    assert (apart.application, apart.round, apart.site.id) == (ID, 1, "3701")
    assert [(v.by, v.outcome, v.reasons) for v in (apart.first, apart.second)] == [
        ("reviewer-1", Outcome.RETURN, {"diploma-1": "unreadable"}),
        ("reviewer-9", Outcome.RETURN, {"diploma-1": "blurred"}),
    ]
    assert apart.second.at.isoformat() == "2026-03-05T12:00:00+08:00"
    assert {slot: name.en for slot, name in shown.slots.items()} == {"diploma-1": "diploma (en) · diploma 1 (en)"}


def test_an_exam_without_checks_agrees_about_nothing() -> None:
    shown = World().exam_desk.agreement(EXAM)
    assert (shown.sites, shown.reasons, shown.disagreements, shown.share) == ([], [], [], 0.02)
    assert refusal(World().exam_desk.agreement, "2025-med") == (Code.NOT_FOUND, {})


def test_the_newest_hundred_disagreements_are_enough() -> None:
    world = World()
    for n in range(103):
        one = check(made(), made(Outcome.APPROVE), registration_no=f"{n}")
        second = replace(one.second, at=NOON + n * MINUTE)  # type: ignore[type-var]
        world.applications.checks[one.application, 1] = replace(one, second=second)
    shown = world.exam_desk.agreement(EXAM).disagreements
    assert [one.application for one in shown] == [f"2026-med_{n}" for n in range(102, 2, -1)]


def test_as_it_waited_knows_nothing_of_later() -> None:
    world = decided(Outcome.APPROVE)
    waited, known = spotcheck.as_it_waited(world.application(), world.journal(), kept(world))
    expected: Application = replace(world.application(), status=Status.SUBMITTED, decision=None)
    assert waited == replace(expected, serial_number="", notice_code="", claim=None)
    assert [entry.kind for entry in known] == ["submitted"]
