"""A roster file into the table: once, twice, changed, broken off at any point."""

import csv
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from songshen.domain.application import Status
from songshen.domain.roster import ATTEMPTS, LEASE, ImportState, RosterImport
from songshen.ports import Account, InboxObject
from songshen.usecases import import_roster
from tests.support.exams import EXAM, HOUR, submitted
from tests.support.fakes import Crash, Watch, World
from tests.unit.test_roster import HEAD, line


@pytest.fixture
def world() -> World:
    return World(candidates=())


def send(world: World, *lines: str) -> InboxObject:
    """An import whose file has arrived."""
    ticket = world.roster_desk.start(EXAM, "admin-1")
    return world.rosters.arrive(ticket.fields["key"], "\r\n".join([HEAD, *lines]).encode())


def run(world: World, *lines: str) -> RosterImport:
    """A whole import."""
    world.clock.advance(timedelta(seconds=1))
    arrived = send(world, *lines)
    made = world.import_roster(arrived, world.clock.time + HOUR)
    assert isinstance(made, RosterImport)
    return made


def counts(found: RosterImport) -> tuple[int, int, int, int]:
    return found.added, found.changed, found.unchanged, found.bad


def table(world: World) -> Any:
    return dict(world.roster.entries), dict(world.roster.accounts), dict(world.applications.items)


def report(world: World, found: RosterImport) -> list[list[str]]:
    text = world.rosters.report(f"reports/{EXAM}/{found.id}.csv")
    assert text.startswith("\ufeff")
    return list(csv.reader(text.splitlines()))[1:]


def test_new_candidates_have_an_entry_an_account_and_a_draft(world: World) -> None:
    done = run(world, line("1"), line("2", site="3702"))
    assert (done.state, counts(done), done.line, done.read, done.encoding) == (
        ImportState.DONE,
        (2, 0, 0, 0),
        3,
        done.size,
        "utf-8",
    )
    entry = world.roster.entries[EXAM, "2"]
    assert (entry.username, entry.name, entry.site) == ("2", "张三丰", "3702")
    assert world.roster.accounts["2"] == Account("2", False, EXAM, "2")
    draft = world.application(f"{EXAM}_2")
    assert (draft.status, draft.name, draft.area, draft.site, draft.round) == (Status.DRAFT, "张三丰", "37", "3702", 0)


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    lines = [line(str(no)) for no in range(1, 60)]
    run(world, *lines)
    before, writes = table(world), len(world.book.written)
    assert counts(run(world, *lines)) == (0, 0, 59, 0)
    assert (table(world), len(world.book.written)) == (before, writes)


def test_a_second_file_updates_what_it_names_and_leaves_the_rest(world: World) -> None:
    run(world, line("1"), line("2"), line("3"))
    done = run(world, line("1", phone="13911111111"), line("2", name="李四", site="3702"))
    assert counts(done) == (0, 2, 0, 0)
    assert world.roster.entries[EXAM, "1"].phone == "13911111111"
    moved = world.application(f"{EXAM}_2")
    assert (moved.name, moved.site, moved.version) == ("李四", "3702", 1)
    assert world.application(f"{EXAM}_1").version == 0
    assert world.roster.entries[EXAM, "3"].name == "张三丰"


def test_what_was_submitted_keeps_name_area_and_site(world: World) -> None:
    run(world, line("1"))
    world.put(submitted(registration_no="1", site="3701"))
    before = table(world)
    done = run(world, line("1", site="3702", phone="13911111111"))
    assert (counts(done), table(world)) == ((0, 0, 0, 1), before)
    assert [cells[:2] + cells[5:6] for cells in report(world, done)] == [["2", "already_submitted", "1"]]
    assert counts(run(world, line("1", phone="13911111111"))) == (0, 1, 0, 0)


def test_a_submission_meanwhile_is_seen(world: World) -> None:
    run(world, line("1"))
    world.book.first.append(lambda: world.put(submitted(registration_no="1", site="3701")))
    done = run(world, line("1", site="3702"))
    assert (done.problems, world.application(f"{EXAM}_1").site) == ({"already_submitted": 1}, "3701")


def test_another_user_name_takes_the_place_of_the_former(world: World) -> None:
    head = f"{HEAD},用户名\r\n"
    ticket = world.roster_desk.start(EXAM, "admin-1")
    run(world, line("1"))
    arrived = world.rosters.arrive(ticket.fields["key"], (head + line("1") + ",new-name").encode())
    assert world.import_roster(arrived, world.clock.time + HOUR).changed == 1
    assert world.roster.accounts == {"new-name": Account("new-name", False, EXAM, "1")}


def test_nobody_elses_user_name_is_taken(world: World) -> None:
    world.roster.accounts |= {"1": Account("1", staff=True), "2": Account("2", False, "other-exam", "2")}
    before = table(world)
    done = run(world, line("1"), line("2"))
    assert (counts(done), done.problems, table(world)) == ((0, 0, 0, 2), {"username_taken": 2}, before)


def test_a_user_name_that_is_given_up_can_be_given_to_another(world: World) -> None:
    run(world, line("1"), line("2"))
    ticket = world.roster_desk.start(EXAM, "admin-1")
    text = "\r\n".join([f"{HEAD},用户名", line("2") + ",1", line("1") + ",new-name"])
    arrived = world.rosters.arrive(ticket.fields["key"], text.encode())
    assert counts(world.import_roster(arrived, world.clock.time + HOUR)) == (0, 2, 0, 0)
    owners = {name: account.registration_no for name, account in world.roster.accounts.items()}
    assert owners == {"1": "2", "new-name": "1"}


def test_bad_lines_are_counted_reported_and_stop_nothing(world: World) -> None:
    done = run(world, line("1"), line("2", phone="x", site="9999"), "a,b", line("1"), line("3"))
    assert (done.state, counts(done)) == (ImportState.DONE, (2, 0, 0, 3))
    assert done.problems == {"bad_phone": 1, "unknown_site": 1, "field_count": 1, "repeated_registration_no": 1}
    rows = report(world, done)
    assert [cells[:6] for cells in rows] == [
        ["3", "unknown_site", "site", "9999", "", "2"],
        ["3", "bad_phone", "phone", "", "", "2"],
        ["4", "field_count", "", "", "", ""],
        ["5", "repeated_registration_no", "registration_no", "1", "2", "1"],
    ]
    assert all(cells[6].endswith("。") and cells[7].endswith(".") for cells in rows)


def test_the_report_has_room_for_so_many_and_all_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_roster, "REPORTED", 3)
    done = run(world, *["a,b"] * 10)
    assert (done.bad, len(report(world, done))) == (10, 3)


def test_a_file_that_cannot_be_read_is_refused(world: World) -> None:
    ticket = world.roster_desk.start(EXAM, "admin-1")
    arrived = world.rosters.arrive(ticket.fields["key"], b"PK\x03\x04")
    refused = world.import_roster(arrived, world.clock.time + HOUR)
    assert (refused.state, refused.refusal) == (ImportState.REFUSED, "excel_file")
    assert run(world).refusal == "empty_file"
    (second, first) = world.roster_desk.progress(EXAM).imports
    assert (first.refusal.text.en[:15], second.refusal.code) == ("This is an Exce", "empty_file")


def test_strange_keys_and_other_bytes_are_nothing(world: World) -> None:
    arrived = send(world, line("1"))
    until = world.clock.time + HOUR
    for key in ("roster/x", "roster/2026-med/none.csv", "reports/2026-med/none.csv", "roster/a/b/c.csv"):
        assert world.import_roster(InboxObject(key, arrived.etag), until) is None
    assert world.import_roster(arrived, until).added == 1
    # The same event again, and another file in the place of the first.
    assert world.import_roster(arrived, until) is None
    other = world.rosters.arrive(arrived.key, b"other")
    assert world.import_roster(other, until) is None


def test_when_the_time_is_up_the_next_one_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_roster, "NOTED_EVERY", 30)
    lines = [line(str(no)) for no in range(100, 200)] + ["a,b", line("100")]
    arrived = send(world, *lines)
    legs = []
    while True:
        leg = world.import_roster(arrived, world.clock.time)
        legs.append(leg.line)
        if leg.state is ImportState.DONE:
            break
        assert leg.due == world.clock.time
    assert legs == [30, 60, 90, 103]
    assert (counts(leg), len(world.book.written)) == ((100, 0, 0, 2), 100)
    assert [cells[0] for cells in report(world, leg)] == ["102", "103"]


def test_two_do_not_work_on_one_file(world: World) -> None:
    arrived = send(world, line("1"))
    found = world.imports.last(EXAM, 1)[0]
    busy = replace(found, state=ImportState.RUNNING, etag=arrived.etag, runner="other", due=world.clock.time + LEASE)
    world.imports.items[EXAM, found.id] = busy
    assert world.import_roster(arrived, world.clock.time + HOUR) is None
    world.clock.advance(LEASE)
    assert world.reconcile()["imports"] == 1
    assert world.imports.last(EXAM, 1)[0].state is ImportState.DONE


def test_who_was_overtaken_stops(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_roster, "NOTED_EVERY", 1)
    arrived = send(world, line("1"), line("2"), line("3"))

    def overtake() -> None:
        found = world.imports.last(EXAM, 1)[0]
        world.imports.items[EXAM, found.id] = replace(found, runner="other")

    world.book.first.append(overtake)
    assert world.import_roster(arrived, world.clock.time + HOUR) is None
    assert (world.book.written, world.imports.last(EXAM, 1)[0].line) == (["1"], 0)


def test_broken_off_anywhere_it_ends_as_if_it_had_not_been(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_roster, "NOTED_EVERY", 4)
    monkeypatch.setattr(import_roster, "AT_ONCE", 2)
    lines = ["a,b", *(line(str(no)) for no in range(1, 10)), "a,b", line("3"), line("20")]
    whole = World(candidates=())
    expected = run(whole, *lines)
    for n in range(1, 200):
        world = World(candidates=())
        world.clock.advance(timedelta(seconds=1))
        arrived = send(world, *lines)
        watch = Watch(at=n)
        try:
            with world.watch(watch):
                world.import_roster(arrived, world.clock.time + HOUR)
            break
        except Crash:
            pass
        world.import_roster(arrived, world.clock.time + HOUR)
        for _ in range(3):
            world.clock.advance(LEASE)
            world.reconcile()
        found = world.imports.last(EXAM, 1)[0]
        assert (found.state, found.line, found.bad, found.problems) == (
            ImportState.DONE,
            expected.line,
            expected.bad,
            expected.problems,
        )
        # What was written after the last note is found to be there.
        assert found.added + found.unchanged == expected.added
        assert table(world) == table(whole)
        assert report(world, found) == report(whole, expected)
    assert n > 15


def test_an_import_that_always_breaks_off_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = send(world, line("1"))
    monkeypatch.setattr(world.book, "write", lambda changes: [False for _ in changes])
    for _ in range(ATTEMPTS):
        with pytest.raises(RuntimeError):
            world.import_roster(arrived, world.clock.time + HOUR)
        world.clock.advance(LEASE)
    given_up = world.import_roster(arrived, world.clock.time + HOUR)
    assert (given_up.state, given_up.due) == (ImportState.FAILED, None)
    assert world.reconcile()["imports"] == 0


def test_the_registration_systems_own_check_needs_to_be_connected(world: World) -> None:
    left_out = run(world, line("1", password_hash="$remote$"))
    assert (counts(left_out), dict(left_out.problems)) == ((0, 0, 0, 1), {"no_remote_check": 1})
    world.import_roster = replace(world.import_roster, remote_check=True)
    assert counts(run(world, line("1", password_hash="$remote$"))) == (1, 0, 0, 0)
