"""What a candidate asks for: the view, the profile, the notice; and the public check of a notice."""

import pytest

from songshen.contract.candidate import NoticeCheck, ProfileRequest
from songshen.domain.application import Outcome, Status
from songshen.domain.errors import Code
from songshen.domain.exam import Text
from songshen.ports import NoticeRecord
from tests.support.exams import ID, submitted, text
from tests.support.fakes import World
from tests.support.refusals import refusal

NOBODY = "2026-med_999"


@pytest.fixture
def world() -> World:
    return World()


def test_the_view_is_of_the_callers_own_application() -> None:
    world = World(candidates=("1", "2"))
    world.upload("identity", b"front", id="2026-med_2")
    assert world.desk.view("2026-med_1").categories[0].slots[0].state == "empty"
    shown = world.desk.view("2026-med_2")
    assert shown.candidate.registration_no == "2"
    assert shown.categories[0].slots[0].state == "ready"


def test_who_has_no_application_is_told_so_everywhere(world: World) -> None:
    not_found = (Code.NOT_FOUND, {})
    assert refusal(world.desk.view, NOBODY) == not_found
    assert refusal(world.desk.notice, NOBODY) == not_found
    assert refusal(world.desk.set_profile, NOBODY, ProfileRequest("13800001234", "济南")) == not_found
    world.roster.entries.clear()
    assert refusal(world.desk.notice, ID) == not_found


@pytest.mark.parametrize("status", list(Status))
def test_the_profile_may_be_changed_at_any_time(world: World, status: Status) -> None:
    before = world.put(submitted(status=status))
    shown = world.desk.set_profile(ID, ProfileRequest("13911112222", "济南"))
    assert (shown.candidate.phone, shown.candidate.address, shown.candidate.profile_complete) == (
        "13911112222",
        "济南",
        True,
    )
    after = world.application()
    assert (after.status, after.version, after.slots) == (before.status, before.version, before.slots)


def test_the_notice_is_there_at_any_time(world: World) -> None:
    notice = world.desk.notice(ID)
    assert (notice.result.zh, notice.serial_number, notice.code) == ("未通过初审", None, None)
    world.submit_filled()
    assert world.desk.notice(ID).result.zh == "未通过初审"
    world.decide(Outcome.APPROVE)
    notice = world.desk.notice(ID)
    assert (notice.result.zh, notice.serial_number) == ("考点资格初审通过", "3701000001")
    assert notice.code == world.application().notice_code
    assert notice.id_number == "370102**********34"


def test_the_public_check_says_valid_exam_site_and_masked_name_and_nothing_else(world: World) -> None:
    world.submit_filled()
    world.decide(Outcome.APPROVE)
    code = world.application().notice_code
    assert world.desk.check(code) == NoticeCheck(True, text("2026 考试"), text("济南"), "张**")
    world.applications.notices["gone"] = NoticeRecord("gone", "2026-med", "37", "3799", "李四", valid=False)
    assert world.desk.check("gone") == NoticeCheck(False, text("2026 考试"), Text("3799", "3799"), "李*")
    assert refusal(world.desk.check, code[:-1]) == (Code.NOT_FOUND, {})
