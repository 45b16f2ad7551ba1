"""Exports: every application once, in parts that can be gone on with; lines that spreadsheets open as they should."""

import csv
import gzip
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songshen import results
from songshen.contract.results import ExportRequest, ExportView
from songshen.domain.application import Application, Outcome
from songshen.domain.errors import Code, Refused
from songshen.domain.export import (
    ATTEMPTS,
    KEPT,
    LEASE,
    Export,
    ExportFormat,
    ExportKind,
    ExportState,
    Place,
)
from songshen.domain.journal import decision_entry
from songshen.domain.sheet import Verbatim, row
from songshen.keys import export_key
from songshen.ports import RosterEntry, Viewing
from songshen.usecases import write_export as usecase
from tests.support.exams import EXAM, HOUR, ID, MINUTE, NO, NOON, SECOND, approved, decision, draft, exam, returned
from tests.support.fakes import Crash, Unavailable, Watch, World, roster_entry

CSV, JSONL = ExportFormat.CSV, ExportFormat.JSONL
APPLICATIONS, JOURNAL = ExportKind.APPLICATIONS, ExportKind.JOURNAL


@pytest.fixture
def world() -> World:
    return World()


def started(
    world: World, kind: ExportKind = APPLICATIONS, format: ExportFormat = CSV, *, identity: bool = False
) -> str:
    made: ExportView = world.export_desk.start(EXAM, "admin-1", ExportRequest(kind, format, identity))
    return made.id


def exported(world: World, *wanted: Any, identity: bool = False) -> bytes:
    """The finished file."""
    id = started(world, *wanted, identity=identity)
    world.exporting.settle()
    assert world.exports.items[EXAM, id].state is ExportState.DONE
    return world.results.objects[export_key(EXAM, id)]


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The lines as a spreadsheet program shows them, by the last word of their titles."""
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    assert text.replace("\r\n", "").count("\n") == 0
    read = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return [{(title.split() or [""])[-1]: cell.strip("\t") for title, cell in one.items()} for one in read]


def objects_of(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def many(world: World, count: int, site: str = "3702") -> list[str]:
    numbers = [f"{site}{number:05d}" for number in range(count)]
    for number in numbers:
        world.put(draft(registration_no=number, site=site))
        world.roster.add(roster_entry(number, site=site))
    return numbers


# ---- lines ---------------------------------------------------------------------------------------------------------


def test_an_application_is_a_line_with_what_an_office_needs(world: World) -> None:
    world.put(approved(phone="13911112222", address="济南市历下区", extension=NOON + HOUR))
    (line,) = rows_of(exported(world))
    assert line == {
        "registration_no": NO,
        "name": "张三丰",
        "id_number": "370102**********34",
        "phone": "139****2222",
        "address": "济南市历下区",
        "area": "37",
        "area_name": "山东",
        "site": "3701",
        "site_name": "济南",
        "status": "approved",
        "状态": "已通过",
        "round": "1",
        "images": "3",
        "submitted_at": "2026-03-05 09:00:00",
        "decided_at": "2026-03-05 11:00:00",
        "decided_by": "reviewer-1",
        "serial_number": "3701000001",
        "reasons": "",
        "note": "",
        "extension": "2026-03-05 13:00:00",
    }


def test_what_was_returned_says_why(world: World) -> None:
    world.put(returned("diploma-1"))
    (line,) = rows_of(exported(world))
    assert line["reasons"] == "diploma-1 unreadable 毕业证编号无法辨别，请重新上传！"


def test_numbers_are_whole_only_for_whom_asks(world: World) -> None:
    (line,) = rows_of(exported(world, identity=True))
    assert (line["id_number"], line["phone"]) == ("370102199001011234", "13800000001")
    (record,) = objects_of(exported(world, APPLICATIONS, JSONL, identity=True))
    assert (record["id_number"], record["phone"]) == ("370102199001011234", "13800000001")
    (record,) = objects_of(exported(world, APPLICATIONS, JSONL))
    assert (record["id_number"], record["phone"]) == ("370102**********34", "138****0001")


def test_a_number_that_is_a_name_is_text_for_spreadsheets(world: World) -> None:
    """Without the tab Excel shows 3.70102E+17, and has lost the last three digits."""
    data = exported(world, identity=True).decode("utf-8-sig")
    assert "\t370102199001011234," in data
    assert f"\r\n\t{NO}," in data


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(world: World, text: str) -> None:
    world.put(draft(name=text, address=text))
    data = exported(world)
    (line,) = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
    assert line[1] == line[4] == "'" + text


@given(st.text(), st.booleans())
def test_whatever_is_in_a_cell_is_read_as_one_cell_and_not_as_a_formula(text: str, verbatim: bool) -> None:
    made = row([Verbatim(text) if verbatim else text, "next"])
    ((cell, after),) = csv.reader(io.StringIO(made, newline=""))
    assert after == "next"
    assert cell.lstrip("'\t") == text.lstrip("'\t")
    assert not cell.startswith(("=", "+", "-", "@", "\r"))


def test_an_application_as_json_has_its_slots_and_decision(world: World) -> None:
    world.put(returned("diploma-1"))
    (record,) = objects_of(exported(world, APPLICATIONS, JSONL))
    assert (record["registration_no"], record["status"], record["round"]) == (NO, "returned", 1)
    assert record["decision"]["slots"]["diploma-1"]["code"] == "unreadable"
    assert record["submitted_at"] == "2026-03-05T09:00:00+08:00"
    assert sorted(record["slots"]) == ["diploma-1", "identity-1", "identity-2"]
    assert record["slots"]["diploma-1"]["state"] == "ready"


def test_a_journal_has_every_entry_and_every_look(world: World) -> None:
    world.submit_filled()
    world.applications.record_viewing(ID, Viewing("reviewer-1", NOON, 1, "case"))
    world.clock.advance(MINUTE)
    world.decide(Outcome.RETURN, "diploma-1")
    lines = rows_of(exported(world, JOURNAL, CSV))
    assert [(one["kind"], one["事项"], one["by"]) for one in lines] == [
        ("submitted", "提交", "candidate"),
        ("viewed", "查看", "reviewer-1"),
        ("returned", "退回", "reviewer-1"),
    ]
    images = world.journal()[0].images
    assert lines[0]["images"] == "; ".join(f"{slot}={image.sha256}" for slot, image in sorted(images.items()))
    assert lines[2]["text"] == "diploma-1 unreadable 毕业证编号无法辨别，请重新上传！"
    objects = objects_of(exported(world, JOURNAL, JSONL))
    assert [(one["kind"], one["registration_no"], one["site"]) for one in objects] == [
        (kind, NO, "3701") for kind in ("submitted", "viewed", "returned")
    ]
    assert objects[0]["images"]["diploma-1"]["sha256"] == images["diploma-1"].sha256
    assert objects[2]["decision"]["outcome"] == "return"


def test_a_kind_of_entry_that_nobody_has_named_is_shown_by_its_code() -> None:
    entry = replace(returned_entry(), kind="moved")
    assert results.history_cells((NO, "37", "3701"), entry, exam())[4:6] == ["moved", "moved"]


def returned_entry() -> Any:
    return decision_entry(returned("diploma-1"), exam(), decision("diploma-1"))


def test_an_exam_without_anybody_is_a_file_with_titles(world: World) -> None:
    empty = World(candidates=())
    assert rows_of(exported(empty)) == []
    assert objects_of(exported(empty, JOURNAL, JSONL)) == []


# ---- the file ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", [CSV, JSONL])
@pytest.mark.parametrize("least", [1, 700, 5 * 1024 * 1024])
def test_everybody_is_in_the_file_once_and_in_order(
    world: World, format: ExportFormat, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of its parts."""
    monkeypatch.setattr(usecase, "LEAST", least)
    world.results.least = least
    numbers = many(world, 180)
    data = exported(world, APPLICATIONS, format)
    found = rows_of(data) if format is CSV else objects_of(data)
    # Beijing's site, then those of Shandong.
    assert [one["registration_no"] for one in found] == [NO, *numbers]
    (made,) = world.exports.items.values()
    # One for each time that they are read, or one for all; never an empty one behind them.
    assert len(made.parts) == {(1, CSV): 5, (1, JSONL): 5, (700, CSV): 4}.get((least, format), 1)
    assert (made.total, made.done, made.rows, made.size) == (181, 181, 181, len(data))


@pytest.mark.parametrize("format", [CSV, JSONL])
def test_an_export_that_breaks_off_anywhere_goes_on(format: ExportFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies at each of its calls, once before and once after the call: the file is the same."""
    monkeypatch.setattr(usecase, "LEAST", 1)

    def file(at: int, after: bool) -> bytes | None:
        world = World()
        world.results.least = 1
        many(world, 120)
        id = started(world, APPLICATIONS, format)
        watch = Watch(at, done_first=after)
        with world.watch(watch):
            try:
                world.exporting.settle()
            except Crash:
                pass
            else:
                return None
        world.clock.advance(LEASE)
        world.reconcile()
        world.exporting.settle()
        made = world.exports.items[EXAM, id]
        assert (made.state, made.rows, made.done) == (ExportState.DONE, 121, 121)
        return world.results.objects[export_key(EXAM, id)]

    whole = world_file(format)
    died = 0
    for at in range(1, 200):
        found = [file(at, after) for after in (False, True)]
        if found == [None, None]:
            break
        died += 1
        for data in found:
            assert data is None or read(data, format) == read(whole, format)
    assert died > 10


def world_file(format: ExportFormat) -> bytes:
    world = World()
    world.results.least = 1
    many(world, 120)
    return exported(world, APPLICATIONS, format)


def read(data: bytes, format: ExportFormat) -> Any:
    return rows_of(data) if format is CSV else objects_of(data)


def test_when_the_time_is_up_the_next_one_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usecase, "LEAST", 1)
    world.results.least = 1
    numbers = many(world, 200)
    id = started(world)
    left = world.write_export(EXAM, id, world.clock.time)
    assert (left.state, left.done, left.due) == (ExportState.RUNNING, 1, world.clock.time)
    rounds = 0
    while not world.exports.items[EXAM, id].over:
        rounds += 1
        world.reconcile()
        asked, *_ = world.exporting.asked
        world.exporting.asked = []
        world.write_export(EXAM, asked.id, world.clock.time)
    assert rounds > 2
    found = rows_of(world.results.objects[export_key(EXAM, id)])
    assert [one["registration_no"] for one in found] == [NO, *numbers]


def test_a_part_that_is_not_full_is_not_stored_when_the_time_is_up(world: World) -> None:
    """The store takes small parts at the end only."""
    many(world, 100)
    id = started(world)
    left = world.write_export(EXAM, id, world.clock.time)
    assert (left.parts, left.done, left.reached, left.place) == ((), 0, 1, Place())


def test_what_compresses_well_comes_on_too_however_slow_it_goes(world: World) -> None:
    """Fifty applications in all the time of a runner: each stores a part that the store takes; the file is whole."""
    numbers = many(world, 120)
    id = started(world, APPLICATIONS, JSONL)
    legs = 0
    while not world.exports.items[EXAM, id].over:
        world.write_export(EXAM, id, world.clock.time)
        legs += 1
    assert legs == 5
    made = world.exports.items[EXAM, id]
    data = world.results.objects[export_key(EXAM, id)]
    assert (made.rows, made.done, made.size) == (121, 121, len(data))
    assert [one["registration_no"] for one in objects_of(data)] == [NO, *numbers]


def test_whoever_is_slow_says_that_they_are_there(world: World) -> None:
    """Fifty applications may take minutes: nobody takes over what somebody works on."""
    many(world, 400)
    id = started(world)
    real = world.results_book.applications
    left = []

    def slowly(exam_id: str, numbers: Any) -> Any:
        world.clock.advance(2 * MINUTE)
        due = world.exports.items[EXAM, id].due
        assert due is not None
        left.append(due - world.clock.time)
        return real(exam_id, numbers)

    world.results_book.applications = slowly  # type: ignore[method-assign]
    world.write_export(EXAM, id, NOON + HOUR)
    assert world.exports.items[EXAM, id].state is ExportState.DONE
    assert len(left) == 9
    assert min(left) > timedelta()


def test_somebody_who_was_taken_for_dead_stops(world: World) -> None:
    many(world, 200)
    id = started(world)
    real = world.results_book.applications

    def meanwhile(*asked: Any) -> Any:
        found = world.exports.items[EXAM, id]
        world.exports.items[EXAM, id] = replace(found, runner="somebody else")
        world.clock.advance(LEASE)
        return real(*asked)

    world.results_book.applications = meanwhile  # type: ignore[method-assign, assignment]
    assert world.write_export(EXAM, id, NOON + 10 * HOUR) is None
    assert world.exports.items[EXAM, id].runner == "somebody else"


def test_two_do_not_work_on_one_export(world: World) -> None:
    id = started(world)
    running = replace(world.exports.items[EXAM, id], state=ExportState.RUNNING, runner="r", due=NOON + SECOND)
    world.exports.items[EXAM, id] = running
    assert world.write_export(EXAM, id, NOON + HOUR) is None
    assert world.exports.items[EXAM, id] == running


def test_an_export_that_breaks_off_again_and_again_is_given_up(world: World) -> None:
    id = started(world)
    for _ in range(ATTEMPTS):
        with world.watch(Watch(4)), pytest.raises(Crash):
            world.write_export(EXAM, id, NOON + 9 * HOUR)
        world.clock.advance(LEASE)
    assert world.write_export(EXAM, id, NOON + 9 * HOUR).state is ExportState.FAILED
    assert world.export_desk.last(EXAM).exports[0].text.en.startswith("It broke off again and again.")
    assert started(world)


def test_what_is_over_or_nobodys_is_not_begun(world: World) -> None:
    exported(world)
    (id,) = (id for _, id in world.exports.items)
    assert world.write_export(EXAM, id, NOON + HOUR) is None
    assert world.write_export(EXAM, "none", NOON + HOUR) is None


# ---- the desk ------------------------------------------------------------------------------------------------------


def test_the_same_export_is_not_made_twice_at_once(world: World) -> None:
    started(world)
    with pytest.raises(Refused) as raised:
        started(world)
    assert raised.value.code is Code.EXPORT_RUNNING
    started(world, JOURNAL)
    started(world, APPLICATIONS, JSONL)
    started(world, identity=True)
    with pytest.raises(Refused):
        started(world, JOURNAL, identity=True)  # journals have no numbers
    world.exporting.settle()
    world.clock.advance(SECOND)
    started(world)


def test_a_call_that_is_lost_does_not_matter(world: World) -> None:
    """The reconciler begins what nobody has begun for a minute."""
    with world.watch(Watch(5, Unavailable, done_first=False)):
        id = started(world)
    assert world.exporting.asked == []
    assert world.reconcile()["exports"] == 0
    world.clock.advance(MINUTE)
    assert world.reconcile()["exports"] == 1
    world.exporting.settle()
    assert world.exports.items[EXAM, id].state is ExportState.DONE


def test_a_file_can_be_fetched_for_three_days(world: World) -> None:
    exported(world)
    (shown,) = world.export_desk.last(EXAM).exports
    assert (shown.file, shown.expires_at) == (f"{EXAM}-applications-20260305T040000.csv", NOON + KEPT)
    assert shown.url.endswith(f"?name={shown.file}")
    world.clock.advance(KEPT)
    (shown,) = world.export_desk.last(EXAM).exports
    assert (shown.state, shown.url, shown.expires_at) == (ExportState.DONE, None, None)
    assert shown.text.en.startswith("The file has been deleted.")


def test_how_far_it_has_come_is_shown(world: World) -> None:
    many(world, 60)
    id = started(world)
    world.write_export(EXAM, id, world.clock.time)
    (shown,) = world.export_desk.last(EXAM).exports
    assert (shown.state, shown.total, shown.done, shown.url) == (ExportState.RUNNING, 61, 1, None)


def test_an_exam_that_there_is_not(world: World) -> None:
    with pytest.raises(Refused) as raised:
        world.export_desk.last("another")
    assert raised.value.code is Code.NOT_FOUND
    with pytest.raises(Refused) as raised:
        world.export_desk.start("another", "admin-1", ExportRequest(JOURNAL, CSV))
    assert raised.value.code is Code.NOT_FOUND


def test_what_is_asked_for_must_be_one_of_two() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"kind":"photos","format":"csv"}', type=ExportRequest)


def test_the_file_of_an_export_says_what_is_in_it() -> None:
    made = Export(EXAM, "20260305T040000123-ab", JOURNAL, JSONL, False, "admin-1", NOON)
    assert made.file == f"{EXAM}-journal-20260305T040000.jsonl.gz"
    assert not made.there(NOON)
    assert replace(made, state=ExportState.DONE, finished_at=NOON).there(NOON + timedelta(days=2))


def test_whoever_is_not_on_the_roster_has_no_number(world: World) -> None:
    application: Application = draft()
    entry: RosterEntry | None = None
    assert results.application_object(application, entry, exam(), True)["id_number"] == ""
