"""Who and what is looked up by name: exams, the roster, and the count of failed sign-ins."""

import hashlib
import itertools
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from scripts import template
from songshen.adapters.directory import DynamoExams, DynamoRoster, DynamoSignInGuard
from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.items import marshal
from songshen.domain.application import Application, SlotChange
from songshen.domain.exam import Extension
from songshen.ports import Account, KeptExam, SignInGuard
from tests.support.exams import NOON, at, exam, exam_with_area, reserved, text
from tests.support.fakes import FakeClock, FakeExams, FakeGuard, FakeRoster, roster_entry
from tests.support.stack import Stack, at_once

SECOND = timedelta(seconds=1)
_numbers = itertools.count(1)


def fingerprint(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()[:32]


@pytest.fixture
def client(stack: Stack) -> Any:
    return stack.client("dynamodb")


# ---- exams ----


@pytest.mark.parametrize(
    "given",
    [
        exam(id="plain"),
        exam_with_area(extension=Extension(at("03-11 18:00"), text("延长一天"))),
        exam(id="small", uploads_per_day=3, min_correction_hours=0, time_zone="Asia/Urumqi", sms_prefix="+852"),
    ],
    ids=lambda given: str(given.id),
)
def test_an_exam_comes_back_as_it_was(client: Any, table: str, given: Any) -> None:
    exams = DynamoExams(client, table, lambda: NOON)
    exams.put(given)
    assert exams.get(given.id) == given
    assert FakeExams(given).get(given.id) == given


def test_an_exam_that_is_not_there(client: Any, table: str) -> None:
    for exams in (DynamoExams(client, table, lambda: NOON), FakeExams()):
        with pytest.raises(LookupError):
            exams.get("none")


def test_versions_follow_one_another_and_stay(client: Any, table: str) -> None:
    first, second = exam(id="kept", uploads_per_day=1), exam(id="kept", uploads_per_day=2)
    for exams in (DynamoExams(client, table, lambda: NOON), FakeExams()):
        assert exams.kept("kept") is None
        assert exams.save(KeptExam(first, 1, NOON, "admin-1"))
        assert not exams.save(KeptExam(second, 1, NOON, "admin-2"))
        assert exams.save(KeptExam(second, 2, NOON + SECOND, "admin-2"))
        for wrong in (2, 4):
            assert not exams.save(KeptExam(first, wrong, NOON, "admin-3"))
        assert exams.kept("kept") == exams.kept("kept", 2) == KeptExam(second, 2, NOON + SECOND, "admin-2")
        assert exams.kept("kept", 1) == KeptExam(first, 1, NOON, "admin-1")
        assert exams.kept("kept", 3) is None
        assert exams.get("kept") == second


def test_an_operator_puts_the_next_version_in_force(client: Any, table: str) -> None:
    exams = DynamoExams(client, table, lambda: NOON)
    for number in (1, 2):
        exams.put(exam(id="put", uploads_per_day=number))
        kept = exams.kept("put")
        assert kept is not None
        assert (kept.version, kept.exam.uploads_per_day) == (number, number)


def test_a_configuration_from_before_there_were_versions(client: Any, table: str) -> None:
    old = {"pk": "EXAM#old", "sk": "EXAM", "document": msgspec.json.encode(exam(id="old")).decode()}
    client.put_item(TableName=table, Item=marshal(old))
    exams = DynamoExams(client, table, lambda: NOON)
    kept = exams.kept("old")
    assert kept is not None
    assert (kept.exam, kept.version) == (exam(id="old"), 0)
    assert exams.save(KeptExam(exam(id="old"), 1, NOON, "admin-1"))


def test_a_configuration_is_at_most_fifteen_seconds_old(client: Any, table: str) -> None:
    clock = FakeClock()
    writer, reader = (DynamoExams(client, table, clock.now) for _ in range(2))
    writer.put(exam(id="changing", uploads_per_day=1))
    assert reader.get("changing").uploads_per_day == 1
    writer.put(exam(id="changing", uploads_per_day=2))
    clock.advance(15 * SECOND - timedelta(milliseconds=1))
    assert reader.get("changing").uploads_per_day == 1
    clock.advance(timedelta(milliseconds=1))
    assert reader.get("changing").uploads_per_day == 2


# ---- the roster ----


def test_the_roster_knows_its_people(client: Any, table: str) -> None:
    entry = roster_entry(f"r-{next(_numbers)}", name="欧阳修")
    fake, adapter = FakeRoster(), DynamoRoster(client, table)
    for roster in (fake, adapter):
        assert roster.account(entry.username) is None
        assert roster.entry(entry.exam, entry.registration_no) is None
        roster.add(entry)
        assert roster.entry(entry.exam, entry.registration_no) == entry
        assert roster.account(entry.username) == Account(entry.username, False, entry.exam, entry.registration_no)
    applications = DynamoApplications(client, table)
    draft = Application(entry.exam, entry.registration_no, entry.name, entry.area, entry.site)
    assert applications.with_journal(draft.id) == (draft, [])


def test_a_roster_imported_again_leaves_the_applications_alone(client: Any, table: str) -> None:
    entry = roster_entry(f"r-{next(_numbers)}")
    roster, applications = DynamoRoster(client, table), DynamoApplications(client, table)
    roster.add(entry)
    draft = applications.get(f"{entry.exam}_{entry.registration_no}")
    assert draft is not None
    begun = applications.change_slot(draft, SlotChange("diploma-1", None, reserved()))
    roster.add(roster_entry(entry.registration_no, phone="13900000000"))
    assert applications.get(begun.id) == begun
    kept = roster.entry(entry.exam, entry.registration_no)
    assert kept is not None
    assert kept.phone == "13900000000"


def test_staff_have_accounts_without_applications(client: Any, table: str) -> None:
    roster = DynamoRoster(client, table)
    staff = Account(f"staff-{secrets.token_hex(4)}", staff=True)
    roster.add_account(staff)
    assert roster.account(staff.username) == staff


# ---- failed sign-ins ----


@pytest.fixture
def guard(client: Any, table: str) -> DynamoSignInGuard:
    return DynamoSignInGuard(client, table, fingerprint)


@pytest.fixture(params=["fake", "dynamodb"])
def either(request: pytest.FixtureRequest) -> SignInGuard:
    """Both, one after the other."""
    if request.param == "fake":
        return FakeGuard()
    made: SignInGuard = request.getfixturevalue("guard")
    return made


@pytest.fixture
def name() -> str:
    return f"name-{secrets.token_hex(4)}"


def test_five_attempts_are_free(either: SignInGuard, name: str) -> None:
    assert [either.admit(name, "192.0.2.1", NOON) for _ in range(7)] == [0, 0, 0, 0, 0, 30, 30]


def test_a_success_forgets_the_failures(either: SignInGuard, name: str) -> None:
    for _ in range(3):
        assert [either.admit(name, "192.0.2.1", NOON) for _ in range(5)] == [0] * 5
        either.forget(name, "192.0.2.1")


def test_threat_33_a_stranger_locks_nobody_out(either: SignInGuard, name: str) -> None:
    """Failures are counted per source: guessing from elsewhere does not hinder the person at home."""
    while either.admit(name, "198.51.100.9", NOON) == 0:
        pass
    assert either.admit(name, "192.0.2.1", NOON) == 0
    assert either.admit(f"{name}2", "198.51.100.9", NOON) == 0


def test_threat_33_waiting_doubles_to_a_quarter_of_an_hour(guard: DynamoSignInGuard, name: str) -> None:
    now = NOON
    for _ in range(4):
        assert guard.admit(name, "192.0.2.1", now) == 0
    for wait in (30, 60, 120, 240, 480, 900, 900):
        assert guard.admit(name, "192.0.2.1", now) == 0
        assert guard.admit(name, "192.0.2.1", now) == wait
        assert guard.admit(name, "192.0.2.1", now + (wait - 1) * SECOND) == 1
        assert guard.admit(name, "192.0.2.1", now + wait * SECOND - timedelta(milliseconds=1)) == 1
        now += wait * SECOND


def test_refused_attempts_do_not_prolong_the_wait(guard: DynamoSignInGuard, name: str) -> None:
    for _ in range(5):
        guard.admit(name, "192.0.2.1", NOON)
    for second in range(0, 30, 5):
        assert guard.admit(name, "192.0.2.1", NOON + second * SECOND) == 30 - second
    assert guard.admit(name, "192.0.2.1", NOON + 30 * SECOND) == 0


def test_threat_33_parallel_guesses_are_counted(guard: DynamoSignInGuard, name: str) -> None:
    """Twelve at the same moment: five are let in, and as long as there are five, nobody is turned away for a race."""
    waits = at_once(*[lambda: guard.admit(name, "192.0.2.1", NOON)] * 12)
    assert waits.count(0) == 5
    assert set(waits) - {0} <= {1, 30}


def test_two_who_sign_in_at_the_same_moment_are_let_in(guard: DynamoSignInGuard, name: str) -> None:
    assert at_once(*[lambda: guard.admit(name, "192.0.2.1", NOON)] * 3) == [0, 0, 0]


def test_whose_clock_is_a_little_behind_is_let_in_as_well(guard: DynamoSignInGuard, name: str) -> None:
    """Two devices at once: the later attempt by the clocks was counted first."""
    moments = (NOON, NOON - timedelta(milliseconds=3), NOON - SECOND, NOON, NOON - SECOND)
    assert [guard.admit(name, "192.0.2.1", moment) for moment in moments] == [0, 0, 0, 0, 0]


def test_threat_36_counts_hold_no_names_and_end_by_themselves(
    client: Any, table: str, guard: DynamoSignInGuard, name: str
) -> None:
    now = datetime.now(UTC)
    guard.admit(name, "192.0.2.1", now)
    key = {"pk": {"S": f"SIGNIN#{fingerprint(name)}#192.0.2.1"}, "sk": {"S": "SIGNIN"}}
    item = client.get_item(TableName=table, Key=key)["Item"]
    assert name not in str(item)
    assert int(item["expires"]["N"]) == int(now.timestamp()) + 86_400
    assert item.keys() == {"pk", "sk", "failures", "next_try", "expires"}


def test_threat_36_the_table_lets_things_end() -> None:
    """In the template: the emulator does not take this setting over from it."""
    (shape,) = template.of_type(template.load(), "AWS::DynamoDB::Table").values()
    assert shape["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
