"""The port `StaffBook`: its adapter and its fake promise the same; and so do the accounts beside it."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from songshen.adapters.cognito import CognitoAccounts, CognitoStaff
from songshen.adapters.directory import DynamoRoster
from songshen.adapters.staffbook import DynamoStaffBook
from songshen.domain.errors import Code
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.ports import Account, Written
from tests.support.exams import NOON
from tests.support.fakes import FakeAccounts, FakeRoster, FakeStaffAccounts, FakeStaffBook
from tests.support.refusals import refusal
from tests.support.stack import Stack

type Book = DynamoStaffBook | FakeStaffBook


@pytest.fixture
def exam() -> str:
    return f"staff-{secrets.token_hex(4)}"


@pytest.fixture(params=["fake", "dynamodb"])
def book(request: pytest.FixtureRequest) -> Book:
    """Both, one after the other."""
    if request.param == "fake":
        return FakeStaffBook(FakeRoster())
    stack: Stack = request.getfixturevalue("stack")
    return DynamoStaffBook(stack.client("dynamodb"), request.getfixturevalue("table"))


def said(member: Member, kind: str = "created", by: str = "boss", after: int = 0) -> StaffChange:
    at = NOON + timedelta(seconds=after)
    return StaffChange(at, by, member.username, kind, member.role, member.area, member.site)


def boss_of(book: Book, exam: str) -> Member:
    boss = Member(exam, f"{exam}-boss", StaffRole.ADMIN)
    assert book.found(boss, said(boss, by="operator")) is Written.DONE
    return boss


def test_what_is_written_is_there_with_its_change(book: Book, exam: str) -> None:
    boss = boss_of(book, exam)
    one = Member(exam, f"{exam}-one", StaffRole.REVIEWER, "37", "3701")
    created = said(one, by=boss.username, after=1)
    assert book.write(None, one, created) is Written.DONE
    moved = replace(one, site="3702", disabled=True, version=2)
    again = said(moved, "moved", boss.username, after=2)
    assert book.write(one, moved, again) is Written.DONE
    assert book.members(exam) == [boss, moved]
    assert (book.member(exam, one.username), book.member(exam, "nobody")) == (moved, None)
    assert book.changes(exam, 2) == [again, created]
    assert book.members(f"{exam}-2") == []


def test_who_has_changed_meanwhile_is_left_as_they_are(book: Book, exam: str) -> None:
    boss = boss_of(book, exam)
    one = Member(exam, f"{exam}-one", StaffRole.LEAD, "37")
    book.write(None, one, said(one, by=boss.username, after=1))
    now = replace(one, disabled=True, version=2)
    book.write(one, now, said(now, "disabled", boss.username, after=2))
    late = replace(one, area="11", version=2)
    assert book.write(one, late, said(late, "moved", boss.username, after=3)) is Written.CHANGED
    assert book.write(None, one, said(one, by=boss.username, after=4)) is Written.CHANGED
    assert book.member(exam, one.username) == now
    assert len(book.changes(exam, 9)) == 3


def test_only_an_administrator_of_the_exam_writes(book: Book, exam: str) -> None:
    boss = boss_of(book, exam)
    one = Member(exam, f"{exam}-one", StaffRole.LEAD, "37")
    assert book.write(None, one, said(one, by="nobody")) is Written.FORBIDDEN
    book.write(None, one, said(one, by=boss.username, after=1))
    other = Member(exam, f"{exam}-two", StaffRole.ADMIN)
    assert book.write(None, other, said(other, by=one.username, after=2)) is Written.FORBIDDEN
    book.write(None, other, said(other, by=boss.username, after=3))
    shut = replace(boss, disabled=True, version=2)
    assert book.write(boss, shut, said(shut, "disabled", other.username, after=4)) is Written.DONE
    assert book.write(other, replace(other, version=2), said(other, by=boss.username, after=5)) is Written.FORBIDDEN


def test_a_user_name_is_one_persons(stack: Stack, table: str, exam: str) -> None:
    book, roster = DynamoStaffBook(stack.client("dynamodb"), table), DynamoRoster(stack.client("dynamodb"), table)
    boss = boss_of(book, exam)
    for n, account in enumerate(
        (Account(f"{exam}-c", False, exam, "1"), Account(f"{exam}-s", True, "other"), Account(f"{exam}-o", True))
    ):
        roster.add_account(account)
        one = Member(exam, account.username, StaffRole.ADMIN)
        written = book.write(None, one, said(one, by=boss.username, after=n))
        # Staff that an operator has entered by hand belong to no exam yet.
        assert written is (Written.DONE if account.staff and not account.exam else Written.TAKEN)
    assert roster.account(f"{exam}-o") == Account(f"{exam}-o", True, exam)


@pytest.fixture(params=["fake", "cognito"])
def accounts(
    request: pytest.FixtureRequest,
) -> tuple[FakeAccounts, FakeStaffAccounts] | tuple[CognitoAccounts, CognitoStaff]:
    if request.param == "fake":
        fake = FakeAccounts()
        return fake, FakeStaffAccounts(fake)
    stack: Stack = request.getfixturevalue("stack")
    client, outputs = stack.client("cognito-idp"), stack.outputs
    signing_in = CognitoAccounts(client, outputs["UserPoolId"], outputs["UserPoolClientId"], b"secret")
    return signing_in, CognitoStaff(client, outputs["UserPoolId"])


def test_whoever_had_the_name_before_is_signed_out(
    accounts: tuple[FakeAccounts, FakeStaffAccounts] | tuple[CognitoAccounts, CognitoStaff], exam: str
) -> None:
    """Their page may still be open: it must not become a member's."""
    signing_in, staff = accounts
    former, _ = signing_in.sign_in_candidate(f"{exam}-one", exam, "3701001")
    staff.employ(Member(exam, f"{exam}-one", StaffRole.ADMIN))
    assert signing_in.refresh(former.refresh_token) is None


def test_staff_accounts(
    accounts: tuple[FakeAccounts, FakeStaffAccounts] | tuple[CognitoAccounts, CognitoStaff], exam: str
) -> None:
    signing_in, staff = accounts
    one = Member(exam, f"{exam}-one", StaffRole.REVIEWER, "37", "3701")
    assert staff.is_new(one.username)
    for _ in range(2):
        staff.employ(one)
        staff.set_initial_password(one.username, "initial-password")
    assert refusal(signing_in.sign_in_staff, one.username, "initial-password") == (Code.NEW_PASSWORD_REQUIRED, {})
    assert staff.is_new(one.username)
    assert signing_in.sign_in_staff(one.username, "wrong-password", "my own password") is None
    tokens = signing_in.sign_in_staff(one.username, "initial-password", "my own password")
    assert tokens is not None
    assert (tokens.roles, staff.is_new(one.username)) == ({"reviewer"}, False)
    staff.employ(replace(one, role=StaffRole.LEAD, site=""))
    assert signing_in.refresh(tokens.refresh_token) is None
    again = signing_in.sign_in_staff(one.username, "my own password")
    assert again is not None
    assert again.roles == {"lead"}
    for _ in range(2):
        staff.end_sessions(one.username)
        assert signing_in.refresh(again.refresh_token) is None
        staff.set_disabled(one.username, True)
    assert signing_in.sign_in_staff(one.username, "my own password") is None
    staff.set_disabled(one.username, False)
    assert signing_in.sign_in_staff(one.username, "my own password") is not None


def test_threat_10_who_was_a_candidate_and_is_staff_is_none_whatever_the_groups(stack: Stack, exam: str) -> None:
    """A name that a candidate had years ago: without any group, as in the middle of a change, it has no role at all."""
    client, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    signing_in = CognitoAccounts(client, pool, stack.outputs["UserPoolClientId"], b"secret")
    one = Member(exam, f"{exam}-one", StaffRole.REVIEWER, "37", "3701")
    before, _ = signing_in.sign_in_candidate(one.username, exam, "3701001")
    assert before.roles == {"candidate"}
    CognitoStaff(client, pool).employ(one)
    client.admin_set_user_password(
        UserPoolId=pool, Username=one.username, Password="a lasting password", Permanent=True
    )
    tokens = signing_in.sign_in_staff(one.username, "a lasting password")
    assert tokens
    assert tokens.roles == {"reviewer"}
    client.admin_remove_user_from_group(UserPoolId=pool, Username=one.username, GroupName="reviewer")
    refreshed = signing_in.refresh(tokens.refresh_token)
    assert refreshed
    assert refreshed.roles == set()


def test_a_roster_cannot_open_the_account_of_a_member_of_staff(stack: Stack, exam: str) -> None:
    client, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    one = Member(exam, f"{exam}-one", StaffRole.ADMIN)
    CognitoStaff(client, pool).employ(one)
    signing_in = CognitoAccounts(client, pool, stack.outputs["UserPoolClientId"], b"secret")
    with pytest.raises(RuntimeError):
        signing_in.sign_in_candidate(one.username, exam, "3701001")
