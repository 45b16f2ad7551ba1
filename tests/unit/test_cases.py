"""Single cases at an administrator's desk: looked for, looked at, given more time, reopened."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from songshen.contract.cases import Case, CaseList, CaseQuery, ExtensionRequest, ReopenRequest, ReopenSlot
from songshen.domain.application import Application, EndSource, Outcome, Status, end_and_source, end_of
from songshen.domain.errors import Code
from songshen.domain.exam import Area, Extension, Site
from songshen.domain.saying import end_said
from songshen.ports import Notification, Viewing
from songshen.usecases import cases as usecase
from tests.support.exams import (
    CLOSES,
    CORRECTED,
    DAY,
    EXAM,
    HOUR,
    ID,
    MINUTE,
    NO,
    NOON,
    SECOND,
    UNREADABLE,
    ZONE,
    approved,
    at,
    draft,
    exam,
    exam_with_area,
    returned,
    submitted,
    text,
)
from tests.support.fakes import REVIEWER, World
from tests.support.refusals import refusal

ADMIN = "admin-1"
REASON = "学历证书经核查与本人不符"
REOPEN = ReopenRequest(1, REASON, [ReopenSlot("diploma-1", "unreadable")])


@pytest.fixture
def world() -> World:
    """With an application that has just been approved; its round's workflow is over."""
    world = World()
    world.submit_filled()
    world.decide(Outcome.APPROVE)
    world.workflow.settle()
    return world


def reopen(world: World, request: ReopenRequest = REOPEN, by: str = ADMIN) -> Case:
    made: Case = world.cases.reopen(by, ID, request)
    return made


def extend(world: World, until: datetime, reason: str = "住院", by: str = ADMIN) -> Case:
    made: Case = world.cases.extend(by, ID, ExtensionRequest(until, reason))
    return made


# ---- reopening ----


def test_an_approval_is_taken_back(world: World) -> None:
    code = world.application().notice_code
    world.clock.advance(HOUR)
    case = reopen(world)
    assert (case.status, case.round, case.serial_number) == (Status.RETURNED, 1, None)
    assert case.withdrawn_serial_numbers == ["3701000001"]
    application = world.application()
    assert (application.serial_number, application.notice_code) == ("", "")
    assert [slot for slot in application.slots if not application.locked(slot)] == ["diploma-1"]
    assert application.decision is not None
    assert (application.decision.by, application.decision.withdrawn) == (ADMIN, "3701000001")
    assert world.desk.check(code).valid is False
    assert [entry.kind for entry in world.journal()] == ["submitted", "approved", "reopened"]


def test_the_candidate_reads_what_is_withdrawn_and_why(world: World) -> None:
    reopen(world)
    view = world.desk.view(ID)
    assert [message.text.zh for message in view.messages[:2]] == [
        f"初审通过的结论已撤回，序列号 3701000001 和报名成功通知单作废。请修改后重新提交。原因：{REASON}",
        UNREADABLE.zh,
    ]
    assert [(message.kind, message.slot) for message in view.messages[:2]] == [
        ("reopened", None),
        ("reopened", "diploma-1"),
    ]
    assert (view.status, view.serial_number, view.withdrawn_serial_numbers) == (
        Status.RETURNED,
        None,
        ["3701000001"],
    )
    (diploma,) = [slot for category in view.categories for slot in category.slots if slot.slot == "diploma-1"]
    assert (diploma.locked, diploma.review and diploma.review.code) == (False, "unreadable")
    notice = world.desk.notice(ID)
    assert (notice.serial_number, notice.code, notice.withdrawn_serial_numbers) == (None, None, ["3701000001"])


def test_the_candidate_has_the_minimum_time_from_then_on(world: World) -> None:
    world.clock.time = CORRECTED + 5 * DAY
    assert reopen(world).end.at == CORRECTED + 7 * DAY
    assert world.cases.case(ADMIN, ID).end.source is EndSource.MINIMUM


def test_the_candidate_is_told_by_sms_at_the_reconcilers_next_run(world: World) -> None:
    reopen(world)
    assert world.sms.sent == []
    world.reconcile()
    world.workflow.settle()
    assert len(world.sms.sent) == 1
    assert (world.application().obligation_due, world.application().task_token) == (None, "")
    world.converge()
    assert len(world.sms.sent) == 1


@pytest.mark.parametrize("settled_first", [False, True])
def test_an_approval_whose_workflow_is_not_over_does_not_meet_the_new_obligation(settled_first: bool) -> None:
    """Its execution still records that it is done; that is about another attempt by then."""
    world = World()
    world.submit_filled()
    world.decide(Outcome.APPROVE)
    reopen(world)
    if settled_first:
        world.workflow.settle()
    assert world.application().obligation_due == NOON
    world.converge()
    assert len(world.sms.sent) == 1
    assert (world.application().obligation_due, world.application().task_token) == (None, "")


def test_a_repeat_answers_the_same_and_writes_nothing(world: World) -> None:
    first = reopen(world)
    before, entries = world.application(), len(world.journal())
    world.clock.advance(MINUTE)
    again = reopen(world)
    assert (again.status, again.history, again.withdrawn_serial_numbers) == (
        first.status,
        first.history,
        first.withdrawn_serial_numbers,
    )
    assert (world.application(), len(world.journal())) == (before, entries)


def test_what_is_not_approved_cannot_be_reopened(world: World) -> None:
    for application in (submitted(), returned("diploma-1"), returned()):
        world.put(application)
        assert refusal(reopen, world) == (Code.NOT_APPROVED, {})
    world.put(draft())
    assert refusal(reopen, world) == (Code.STALE_ROUND, {"round": 0})
    assert refusal(world.cases.reopen, ADMIN, f"{EXAM}_nobody", REOPEN) == (Code.NOT_FOUND, {})


def test_another_reopening_of_what_is_reopened_is_refused(world: World) -> None:
    reopen(world)
    assert refusal(reopen, world, replace_slots("identity-1")) == (Code.NOT_APPROVED, {})
    assert refusal(reopen, world, REOPEN, "admin-2") == (Code.NOT_APPROVED, {})


def test_a_late_repeat_does_not_take_back_the_next_approval(world: World) -> None:
    reopen(world)
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"another")
    world.submit(ID, 2)
    world.workflow.settle()
    assert refusal(reopen, world) == (Code.STALE_ROUND, {"round": 2})
    world.decide(Outcome.APPROVE)
    assert refusal(reopen, world) == (Code.STALE_ROUND, {"round": 2})
    assert world.application().serial_number == "3701000002"
    view = world.desk.view(ID)
    assert (view.serial_number, view.withdrawn_serial_numbers) == ("3701000002", ["3701000001"])


def replace_slots(*slots: str, code: str = "unreadable") -> ReopenRequest:
    return ReopenRequest(1, REASON, [ReopenSlot(slot, code) for slot in slots])


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (replace_slots("diploma-1", "diploma-1"), "slots"),
        (replace_slots("diploma-9"), "slot"),
        (replace_slots("diploma-1", code="nonsense"), "code"),
    ],
)
def test_what_cannot_be_meant_is_refused(world: World, request_: ReopenRequest, field: str) -> None:
    assert refusal(reopen, world, request_) == (Code.BAD_REQUEST, {"field": field})
    assert world.application().status is Status.APPROVED


def test_a_reopening_that_names_nothing_unlocks_everything(world: World) -> None:
    reopen(world, ReopenRequest(1, REASON))
    application = world.application()
    assert not any(application.locked(slot) for slot in application.slots)
    assert [len(entry.messages) for entry in world.journal()] == [1, 1, 1]


def test_two_administrators_at_once_take_it_back_once(world: World) -> None:
    world.meanwhile(lambda: reopen(world, REOPEN, "admin-2"))
    assert refusal(reopen, world) == (Code.NOT_APPROVED, {})
    assert [entry.by for entry in world.journal()][-1] == "admin-2"


def test_the_next_rounds_reviewer_sees_what_the_reopening_said(world: World) -> None:
    reopen(world, ReopenRequest(1, REASON, [ReopenSlot("diploma-1", "blurred", "第 3 位")]))
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"another")
    world.submit(ID, 2)
    case = world.reviews.case(REVIEWER, ID)
    (diploma,) = [slot for category in case.categories for slot in category.slots if slot.slot == "diploma-1"]
    assert (diploma.changed, diploma.previous.code, diploma.previous.note) == (True, "blurred", "第 3 位")


# ---- more time for one candidate ----


def test_a_candidate_is_given_more_time() -> None:
    world = World()
    case = extend(world, CLOSES + 2 * DAY)
    assert (case.end.at, case.end.source, case.extension) == (
        CLOSES + 2 * DAY,
        EndSource.PERSON,
        CLOSES + 2 * DAY,
    )
    assert world.desk.view(ID).editable_until == CLOSES + 2 * DAY
    (message,) = world.desk.view(ID).messages
    assert (message.kind, message.text.zh) == ("extended", "您的截止时间延长至2026年3月12日18:00。原因：住院")
    (entry,) = world.journal()
    assert (entry.kind, entry.by, entry.round) == ("extended", ADMIN, 0)


def test_the_same_again_is_written_once() -> None:
    world = World()
    first = extend(world, CLOSES + DAY)
    world.clock.advance(MINUTE)
    assert extend(world, CLOSES + DAY + timedelta(milliseconds=250)).history == first.history
    assert len(world.journal()) == 1


def test_an_extension_only_gives_more_time() -> None:
    world = World()
    assert refusal(extend, world, CLOSES) == (Code.NOT_LATER, {"until": CLOSES})
    extend(world, CLOSES + 2 * DAY)
    assert refusal(extend, world, CLOSES + DAY) == (Code.NOT_LATER, {"until": CLOSES + 2 * DAY})
    assert world.application().extension == CLOSES + 2 * DAY


def test_nobody_is_given_time_beyond_the_end_of_the_records() -> None:
    world = World()
    ends = world.exam.records_end
    assert refusal(extend, world, ends) == (Code.TOO_LATE, {"until": ends})
    assert extend(world, ends - SECOND).extension == ends - SECOND


def test_an_end_is_at_least_a_minute_ahead() -> None:
    world = World()
    world.clock.time = CLOSES + DAY
    assert refusal(extend, world, CLOSES + DAY + MINUTE - SECOND) == (Code.TOO_SOON, {})
    extend(world, CLOSES + DAY + MINUTE)


def test_who_waits_for_the_reviewers_can_be_given_time_and_stays_claimed() -> None:
    world = World()
    world.submit_filled()
    world.reviews.claim(REVIEWER, ID)
    before = world.application()
    extend(world, CLOSES + DAY)
    assert world.application() == replace(before, extension=CLOSES + DAY)


def test_the_approved_need_no_time(world: World) -> None:
    assert refusal(extend, world, CLOSES + DAY) == (Code.ALREADY_DECIDED, {})


def test_two_extensions_at_once_leave_the_later_one() -> None:
    world = World()
    world.meanwhile(lambda: extend(world, CLOSES + 3 * DAY, by="admin-2"))
    assert refusal(extend, world, CLOSES + DAY) == (Code.NOT_LATER, {"until": CLOSES + 3 * DAY})
    assert [entry.by for entry in world.journal()] == ["admin-2"]


@pytest.mark.parametrize(
    ("application", "extension", "end", "source"),
    [
        (draft(), None, CLOSES, EndSource.UPLOAD),
        (draft(), CLOSES + DAY, CLOSES + DAY, EndSource.AREA),
        (draft(extension=CLOSES + 2 * DAY), CLOSES + DAY, CLOSES + 2 * DAY, EndSource.PERSON),
        (draft(extension=CLOSES - DAY), None, CLOSES, EndSource.UPLOAD),
        (returned("diploma-1"), None, CORRECTED, EndSource.CORRECTION),
        (returned("diploma-1"), CORRECTED + DAY, CORRECTED + DAY, EndSource.AREA),
    ],
)
def test_where_an_end_comes_from(
    application: Application, extension: datetime | None, end: datetime, source: EndSource
) -> None:
    made = exam_with_area(extension=Extension(extension, text("延期")) if extension else None)
    assert end_and_source(application, made) == (end, source)
    assert end_of(application, made) == end


def test_midnight_is_the_end_of_a_day() -> None:
    assert end_said(at("03-13 00:00"), ZONE).zh == "2026年3月12日24:00"
    assert end_said(at("03-13 00:01"), ZONE).en == "2026-03-13 00:01"


# ---- one case ----


def test_what_an_administrator_is_shown(world: World) -> None:
    world.reviews.case(REVIEWER, ID)
    world.applications.notifications[ID] = Notification(1, "failed", NOON, "not a mobile phone number")
    case = world.cases.case(ADMIN, ID)
    assert (case.candidate.registration_no, case.candidate.id_number, case.candidate.phone) == (
        NO,
        "370102**********34",
        "138****0001",
    )
    assert [(seen.by, seen.what) for seen in case.viewings] == [("reviewer-1", "case")]
    assert case.notification is not None
    assert (case.notification.state, case.notification.cause) == ("failed", "not a mobile phone number")
    assert [entry.kind for entry in case.history] == ["approved", "submitted"]
    states = {slot.slot: slot.state for category in case.categories for slot in category.slots}
    assert states == {
        "identity-1": "ready",
        "identity-2": "ready",
        "diploma-1": "ready",
        "work-1": "empty",
        "work-2": "empty",
    }
    assert [reason.code for reason in case.reason_codes] == ["unreadable", "blurred"]


def test_an_administrators_look_is_recorded_like_every_other(world: World) -> None:
    world.cases.case(ADMIN, ID)
    assert world.applications.viewings(ID) == [Viewing(ADMIN, NOON, 1, "file")]
    assert refusal(world.cases.case, ADMIN, f"{EXAM}_nobody") == (Code.NOT_FOUND, {})


# ---- searching ----


@pytest.fixture
def many() -> World:
    """Three sites; the names say where."""
    world = World(candidates=())
    for number, name, site, area, status in (
        ("3701001", "张三", "3701", "37", Status.DRAFT),
        ("3701002", "李四", "3701", "37", Status.SUBMITTED),
        ("3702001", "张五", "3702", "37", Status.APPROVED),
        ("1101001", "张六", "1101", "11", Status.RETURNED),
    ):
        made = {
            Status.DRAFT: draft,
            Status.SUBMITTED: submitted,
            Status.APPROVED: approved,
            Status.RETURNED: returned,
        }[status]()
        world.put(replace(made, registration_no=number, name=name, site=site, area=area))
    return world


def found(world: World, search: str, site: str = "", cursor: str | None = None) -> list[str]:
    answer: CaseList = world.cases.search(EXAM, CaseQuery(search, site, cursor))
    assert answer.next_cursor is None
    return [item.registration_no for item in answer.items]


def test_by_the_registration_number_or_its_beginning(many: World) -> None:
    assert found(many, "3702001") == ["3702001"]
    assert found(many, "3701") == ["3701001", "3701002"]
    assert found(many, " 37 ") == ["3701001", "3701002", "3702001"]
    assert found(many, "9") == []
    assert found(many, "37", site="3702") == ["3702001"]
    assert found(many, "3702001", site="3701") == []


def test_by_name_at_a_chosen_site_only(many: World) -> None:
    assert found(many, "张") == []
    assert found(many, "张", site="3701") == ["3701001"]
    assert found(many, "四", site="3701") == ["3701002"]
    assert refusal(many.cases.search, EXAM, CaseQuery("张", "9999")) == (Code.NOT_FOUND, {})
    assert refusal(many.cases.search, "2027-med", CaseQuery("张", "")) == (Code.NOT_FOUND, {})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (CaseQuery(""), "search"),
        (CaseQuery("   "), "search"),
        (CaseQuery("1" * 33), "search"),
        *(
            (CaseQuery("1", cursor=cursor), "cursor")
            for cursor in ("x", "3701.draft", "3701.x.y", "9.draft.", "1" * 600)
        ),
        (CaseQuery("1", cursor="3701.draft.nonsense"), "cursor"),
    ],
)
def test_a_query_that_cannot_be_ours(many: World, query: CaseQuery, field: str) -> None:
    assert refusal(many.cases.search, EXAM, query) == (Code.BAD_REQUEST, {"field": field})


def test_a_request_looks_through_some_queues_and_the_cursor_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sites = tuple(Site(f"{n}", text(f"{n}")) for n in range(10, 20))
    world = World(exam(areas=(Area("37", text("山东"), sites),)), candidates=())
    for n in range(10, 20):
        for k in range(8):
            world.put(draft(registration_no=f"R{n}{k}", site=f"{n}"))
    asked: list[Any] = []
    queue = world.applications.queue
    monkeypatch.setattr(world.applications, "queue", lambda *args: (asked.append(args), queue(*args))[1])
    monkeypatch.setattr(usecase, "PAGE", 5)
    numbers, cursor, requests = [], None, 0
    while True:
        answer: CaseList = world.cases.search(EXAM, CaseQuery("R", cursor=cursor))
        requests += 1
        assert len(asked) <= usecase.QUEUES
        asked.clear()
        assert len(answer.items) <= 5
        numbers += [item.registration_no for item in answer.items]
        cursor = answer.next_cursor
        if cursor is None:
            break
    assert numbers == [f"R{n}{k}" for n in range(10, 20) for k in range(8)]
    assert requests >= 16
