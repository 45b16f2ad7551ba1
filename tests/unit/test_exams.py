"""The exam's document at an administrator's desk: read, tried, saved, and who was faster."""

from copy import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from songshen.contract.exams import AreaExtensionRequest, ExamChange, ExamVerdict
from songshen.domain.application import Status
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.ports import KeptExam
from songshen.usecases import exams as usecase
from tests.support.exams import CLOSES, DAY, EXAM, ID, NOON, OPENS, draft, exam, ready, returned, submitted
from tests.support.fakes import World

LONGER: dict[str, Any] = {"uploads_per_day": 7}


@pytest.fixture
def world() -> World:
    return World()


def document(made: Exam | None = None, **changes: Any) -> dict[str, Any]:
    """As JSON has it, with changes."""
    return dict(msgspec.json.decode(msgspec.json.encode(made or exam()))) | changes


def change(world: World, wanted: dict[str, Any], version: int = 1, *, dry_run: bool = False) -> ExamVerdict:
    made: ExamVerdict = world.exam_desk.change(EXAM, "admin-1", ExamChange(version, wanted), dry_run)
    return made


def refused(world: World, wanted: dict[str, Any], version: int = 1) -> Refused:
    with pytest.raises(Refused) as raised:
        change(world, wanted, version)
    return raised.value


def without_work() -> dict[str, Any]:
    return document(exam(categories=exam().categories[:2]))


def test_a_change_is_saved_as_the_next_version_and_the_old_one_stays(world: World) -> None:
    verdict = change(world, document(**LONGER))
    assert (verdict.saved, verdict.version, verdict.problems) == (True, 2, [])
    assert [note.path for note in verdict.effects] == ["uploads_per_day"]
    kept = world.exam_desk.document(EXAM)
    assert (kept.version, kept.saved_by, kept.saved_at) == (2, "admin-1", NOON)
    assert kept.document == exam(**LONGER)
    assert world.exam_desk.document(EXAM, 1).document == exam()
    assert world.exams.get(EXAM) == exam(**LONGER)


def test_what_is_read_can_be_saved_again(world: World) -> None:
    read = msgspec.json.decode(msgspec.json.encode(world.exam_desk.document(EXAM)))
    assert change(world, read["document"], read["version"]).effects == []


def test_a_trial_writes_nothing_and_says_all(world: World) -> None:
    world.put(submitted(registration_no="9"))
    verdict = change(world, document(**LONGER), dry_run=True)
    assert (verdict.saved, verdict.version) == (False, 1)
    assert [note.path for note in verdict.effects] == ["uploads_per_day"]
    assert {one.site.id: one.counts["submitted"] for one in verdict.sites} == {"3701": 1, "3702": 0, "1101": 0}
    wrong = change(world, document(time_zone="x", sms_prefix="x"), dry_run=True)
    assert [note.path for note in wrong.problems] == ["time_zone", "sms_prefix"]
    assert wrong.effects == []
    assert world.exam_desk.document(EXAM).version == 1


def test_what_is_wrong_is_not_saved(world: World) -> None:
    why = refused(world, document(time_zone="x"))
    assert why.code is Code.INVALID_EXAM
    assert [note.path for note in why.facts["problems"]] == ["time_zone"]
    assert world.exam_desk.document(EXAM).version == 1


def test_who_has_read_an_older_version_is_told(world: World) -> None:
    change(world, document(**LONGER))
    for version in (1, 3):
        why = refused(world, document(), version)
        assert (why.code, why.facts) == (Code.STALE_VERSION, {"version": 2})
    with pytest.raises(Refused):
        change(world, document(), 1, dry_run=True)


def test_of_two_who_save_at_once_one_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    save = world.exams.save

    def beaten(after: Any) -> bool:
        monkeypatch.undo()
        assert save(replace(after, by="admin-2"))
        return save(after)

    monkeypatch.setattr(world.exams, "save", beaten)
    why = refused(world, document(**LONGER))
    assert (why.code, why.facts) == (Code.STALE_VERSION, {"version": 2})
    assert world.exam_desk.document(EXAM).saved_by == "admin-2"


def test_an_exam_or_a_version_that_is_not_there(world: World) -> None:
    for exam_id, version in (("none", 0), (EXAM, 2)):
        with pytest.raises(Refused) as raised:
            world.exam_desk.document(exam_id, version)
        assert raised.value.code is Code.NOT_FOUND
    with pytest.raises(Refused) as raised:
        world.exam_desk.change("none", "admin-1", ExamChange(1, document()), False)
    assert raised.value.code is Code.NOT_FOUND


@pytest.mark.parametrize("status", list(Status))
def test_a_slot_with_images_stays_whatever_the_status(world: World, status: Status) -> None:
    world.put(draft(registration_no="9", status=status, slots={"work-2": ready()}))
    assert [note.code for note in refused(world, without_work()).facts["problems"]] == ["slot_in_use"]
    world.put(draft(registration_no="9", status=status, slots={"identity-1": ready()}))
    assert change(world, without_work()).saved


def test_before_it_opens_everything_can_be_changed(world: World) -> None:
    world.clock.time = OPENS - DAY
    world.put(draft(registration_no="9", slots={"work-2": ready()}))
    assert change(world, without_work()).saved


def test_a_reason_stays_while_somebody_is_returned_for_it(world: World) -> None:
    world.put(returned("diploma-1", registration_no="9"))
    other = document(exam(reasons=exam().reasons[1:]))
    assert [note.code for note in refused(world, other).facts["problems"]] == ["reason_in_use"]
    assert change(world, document(exam(reasons=exam().reasons[:1]))).saved


def test_when_there_are_too_many_to_look_through_it_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        world.put(draft(registration_no=f"9{number}"))
    total = len(world.applications.items)
    monkeypatch.setattr(usecase, "LOOKED_THROUGH", total - 1)
    assert [note.code for note in refused(world, without_work()).facts["problems"]] == ["too_many_to_check"]
    monkeypatch.setattr(usecase, "LOOKED_THROUGH", total)
    assert change(world, without_work()).saved


def test_a_document_that_the_table_could_not_hold(world: World) -> None:
    hint = {"zh": "字" * usecase.LARGEST, "en": "x"}
    categories = document()["categories"]
    why = refused(world, document(categories=[categories[0] | {"hint": hint}, *categories[1:]]))
    assert [note.code for note in why.facts["problems"]] == ["too_large"]


def test_the_end_of_the_window_is_the_one_in_force(world: World) -> None:
    windows = document()["windows"]
    windows["upload"]["closes"] = NOON.isoformat()
    assert [note.path for note in refused(world, document(windows=windows)).facts["problems"]] == [
        "windows.upload.closes"
    ]
    windows["upload"]["closes"] = (CLOSES - DAY).isoformat()
    assert change(world, document(windows=windows)).saved


# ---- more time for a whole area ----


def extend(world: World, until: datetime, *, area: str = "37", dry_run: bool = False) -> ExamVerdict:
    wanted = AreaExtensionRequest(area, until, "网络故障")
    made: ExamVerdict = world.exam_desk.extend(EXAM, "admin-1", wanted, dry_run)
    return made


def test_an_area_is_given_more_time_as_a_new_version_with_an_announcement(world: World) -> None:
    tried = extend(world, CLOSES + DAY, dry_run=True)
    assert (tried.saved, tried.version, tried.problems) == (False, 1, [])
    assert "upload_time" in [note.code for note in tried.effects]
    announced = tried.effects[0]
    assert (announced.path, announced.code) == ("areas[0].extension.announcement", "announcement")
    assert announced.text.zh == "山东的截止时间延长至2026年3月11日18:00。原因：网络故障"
    assert announced.text.en.endswith("you have time until 2026-03-11 18:00. Reason: 网络故障")
    assert world.exams.get(EXAM) == exam()
    verdict = extend(world, CLOSES + DAY)
    assert (verdict.saved, verdict.version, verdict.effects) == (True, 2, tried.effects)
    kept = world.exam_desk.document(EXAM)
    assert (kept.saved_by, kept.document.areas[1]) == ("admin-1", exam().areas[1])
    view = world.desk.view(ID)
    assert view.editable_until == CLOSES + DAY
    assert [one.zh for one in view.announcements] == ["山东的截止时间延长至2026年3月11日18:00。原因：网络故障"]


def test_the_same_extension_again_is_no_new_version(world: World) -> None:
    for _ in range(2):
        assert extend(world, CLOSES + DAY).version == 2


@pytest.mark.parametrize(
    ("until", "code"), [(CLOSES, "not_later"), (NOON + timedelta(seconds=59), "too_soon"), (CLOSES - DAY, "not_later")]
)
def test_an_area_is_never_given_less_time(world: World, until: datetime, code: str) -> None:
    with pytest.raises(Refused) as raised:
        extend(world, until)
    assert raised.value.code is Code.INVALID_EXAM
    assert (raised.value.facts["problems"][0].path, raised.value.facts["problems"][0].code) == (
        "areas[0].extension.until",
        code,
    )
    assert code in [note.code for note in extend(world, until, dry_run=True).problems]
    assert world.exam_desk.document(EXAM).version == 1


def test_a_second_extension_is_later_than_the_first(world: World) -> None:
    extend(world, CLOSES + 2 * DAY)
    assert [note.code for note in extend(world, CLOSES + DAY, dry_run=True).problems] == ["not_later"]
    assert extend(world, CLOSES + 3 * DAY).version == 3


def test_an_area_that_is_none(world: World) -> None:
    with pytest.raises(Refused) as raised:
        extend(world, CLOSES + DAY, area="99")
    assert (raised.value.code, raised.value.facts) == (Code.BAD_REQUEST, {"field": "area"})


def test_an_extension_and_a_change_at_once_are_both_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    save = world.exams.save

    def slower(after: KeptExam) -> bool:
        monkeypatch.setattr(world.exams, "save", save)
        change(world, document(**LONGER))
        return save(after)

    monkeypatch.setattr(world.exams, "save", slower)
    assert extend(world, CLOSES + DAY).version == 3
    assert world.exams.get(EXAM).uploads_per_day == LONGER["uploads_per_day"]
