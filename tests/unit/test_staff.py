"""The exam's staff at an administrator's desk: employed, moved, shut out, let in again; and who may do that."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from songshen.contract.staff import Employed, EmployRequest, Placement, StaffMember
from songshen.domain.errors import Code
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.ports import Account
from tests.support.exams import EXAM, ID, NOON
from tests.support.fakes import COLLEAGUE, REVIEWER, SOURCE, Unavailable, Watch, World
from tests.support.refusals import refusal

REVIEW, LEAD, ADMIN = StaffRole.REVIEWER, StaffRole.LEAD, StaffRole.ADMIN
ONE = EmployRequest(username="reviewer-1", role=REVIEW, area="37", site="3701")
PASSWORD = "a new one of mine"


@pytest.fixture
def world() -> World:
    """With two administrators."""
    world = World()
    for name in ("admin-1", "admin-2"):
        member = Member(EXAM, name, ADMIN)
        world.staff_book.found(member, StaffChange(NOON, "operator", name, "created", ADMIN))
        world.staff_accounts.employ(member)
    return world


def employ(world: World, wanted: EmployRequest = ONE, by: str = "admin-1") -> Employed:
    made: Employed = world.staff.employ(EXAM, by, wanted)
    return made


def signed_in(world: World, username: str, password: str, new: str = "") -> str:
    session: Any = world.sign_in(username, password, SOURCE, new)
    return str(session.refresh_token)


def kinds(world: World) -> list[tuple[str, str, str]]:
    return [(one.username, one.kind, one.by) for one in world.staff.staff(EXAM).changes if one.by != "operator"]


def test_a_new_reviewer_chooses_a_password_at_the_first_sign_in(world: World) -> None:
    made = employ(world)
    assert made.member == StaffMember("reviewer-1", REVIEW, "37", "3701", disabled=False)
    assert world.roster.account("reviewer-1") == Account("reviewer-1", True, EXAM)
    assert refusal(signed_in, world, "reviewer-1", made.initial_password) == (Code.NEW_PASSWORD_REQUIRED, {})
    for weak in ("too short", made.initial_password):
        assert refusal(signed_in, world, "reviewer-1", made.initial_password, weak) == (Code.WEAK_PASSWORD, {})
    signed_in(world, "reviewer-1", made.initial_password, PASSWORD)
    signed_in(world, "reviewer-1", PASSWORD)
    assert kinds(world) == [("reviewer-1", "created", "admin-1")]


def test_everybody_is_listed_with_where_they_can_be(world: World) -> None:
    employ(world)
    staff = world.staff.staff(EXAM)
    assert [member.username for member in staff.items] == ["admin-1", "admin-2", "reviewer-1"]
    assert [(place.area, [site.id for site in place.sites]) for place in staff.places] == [
        ("37", ["3701", "3702"]),
        ("11", ["1101"]),
    ]
    assert refusal(world.staff.staff, "2027-med") == (Code.NOT_FOUND, {})


def test_employed_twice_is_another_password_until_one_is_chosen(world: World) -> None:
    first = employ(world)
    second = employ(world)
    assert first.member == second.member
    assert refusal(signed_in, world, "reviewer-1", first.initial_password) == (Code.SIGN_IN_FAILED, {})
    signed_in(world, "reviewer-1", second.initial_password, PASSWORD)
    assert refusal(employ, world) == (Code.USERNAME_TAKEN, {})
    assert len(kinds(world)) == 1
    signed_in(world, "reviewer-1", PASSWORD)


@pytest.mark.parametrize("name", ["user-3701001", "elsewhere-1"])
def test_a_user_name_is_one_persons(world: World, name: str) -> None:
    """A candidate's, or of another exam's staff."""
    world.roster.accounts["elsewhere-1"] = Account("elsewhere-1", True, "2027-med")
    wanted = EmployRequest(username=name, role=ADMIN)
    assert refusal(employ, world, wanted) == (Code.USERNAME_TAKEN, {})


@pytest.mark.parametrize(
    ("role", "area", "site", "field"),
    [(REVIEW, "", "", "area"), (REVIEW, "37", "", "site"), (REVIEW, "37", "1101", "site"), (LEAD, "99", "", "area")],
)
def test_a_place_is_one_of_the_exams(world: World, role: StaffRole, area: str, site: str, field: str) -> None:
    wanted = EmployRequest(username="new-1", role=role, area=area, site=site)
    assert refusal(employ, world, wanted) == (Code.BAD_REQUEST, {"field": field})
    employ(world)
    move = Placement(role, area, site)
    assert refusal(world.staff.move, EXAM, "admin-1", "reviewer-1", move) == (Code.BAD_REQUEST, {"field": field})


def test_who_is_moved_is_signed_out_and_holds_nothing_any_more(world: World) -> None:
    world.submit_filled()
    token = signed_in(world, "reviewer-1", employ(world).initial_password, PASSWORD)
    world.reviews.claim(REVIEWER, ID)
    moved = world.staff.move(EXAM, "admin-1", "reviewer-1", Placement(REVIEW, "37", "3702"))
    assert moved == StaffMember("reviewer-1", REVIEW, "37", "3702", disabled=False)
    assert refusal(world.sign_in.refresh, token) == (Code.SESSION_EXPIRED, {})
    assert world.application().claim is None
    assert (world.accounts.places["reviewer-1"], world.accounts.staff["reviewer-1"][1]) == (
        ("37", "3702"),
        ("reviewer",),
    )
    again = world.staff.move(EXAM, "admin-1", "reviewer-1", Placement(REVIEW, "37", "3702"))
    assert again == moved
    assert kinds(world) == [("reviewer-1", "moved", "admin-1"), ("reviewer-1", "created", "admin-1")]


def test_a_lead_and_an_administrator_have_no_site(world: World) -> None:
    employ(world)
    for role, place in ((LEAD, ("37", "")), (ADMIN, ("", ""))):
        moved = world.staff.move(EXAM, "admin-1", "reviewer-1", Placement(role, "37", "3701"))
        assert (moved.area, moved.site) == place
        assert world.accounts.staff["reviewer-1"][1] == (role.value,)


def test_a_move_frees_nobody_elses_cases(world: World) -> None:
    world.submit_filled()
    employ(world)
    world.reviews.claim(COLLEAGUE, ID)
    world.staff.move(EXAM, "admin-1", "reviewer-1", Placement(LEAD, "37"))
    claim = world.application().claim
    assert claim is not None
    assert claim.by == COLLEAGUE.username


def test_who_is_disabled_cannot_sign_in_and_holds_nothing_until_enabled(world: World) -> None:
    world.submit_filled()
    token = signed_in(world, "reviewer-1", employ(world).initial_password, PASSWORD)
    world.reviews.claim(REVIEWER, ID)
    for _ in range(2):
        assert world.staff.set_disabled(EXAM, "admin-1", "reviewer-1", True).disabled is True
    assert refusal(signed_in, world, "reviewer-1", PASSWORD) == (Code.SIGN_IN_FAILED, {})
    assert refusal(world.sign_in.refresh, token) == (Code.SESSION_EXPIRED, {})
    assert world.application().claim is None
    for _ in range(2):
        assert world.staff.set_disabled(EXAM, "admin-2", "reviewer-1", False).disabled is False
    signed_in(world, "reviewer-1", PASSWORD)
    assert kinds(world)[:2] == [("reviewer-1", "enabled", "admin-2"), ("reviewer-1", "disabled", "admin-1")]


def test_a_forgotten_password_is_replaced(world: World) -> None:
    token = signed_in(world, "reviewer-1", employ(world).initial_password, PASSWORD)
    initial = world.staff.reset_password(EXAM, "admin-1", "reviewer-1").initial_password
    assert refusal(world.sign_in.refresh, token) == (Code.SESSION_EXPIRED, {})
    assert refusal(signed_in, world, "reviewer-1", PASSWORD) == (Code.SIGN_IN_FAILED, {})
    assert refusal(signed_in, world, "reviewer-1", initial) == (Code.NEW_PASSWORD_REQUIRED, {})


def test_the_own_account_is_another_administrators_business(world: World) -> None:
    desk = world.staff
    for call in (
        lambda: desk.set_disabled(EXAM, "admin-1", "admin-1", True),
        lambda: desk.set_disabled(EXAM, "admin-1", "admin-1", False),
        lambda: desk.move(EXAM, "admin-1", "admin-1", Placement(LEAD, "37")),
        lambda: desk.reset_password(EXAM, "admin-1", "admin-1"),
    ):
        assert refusal(call) == (Code.OWN_ACCOUNT, {})


def test_two_administrators_who_shut_each_other_out_leave_one(world: World) -> None:
    """Each is still an administrator when the request is looked at; the second write asks again."""
    first = world.staff
    world.staff_book.first.append(lambda: first.set_disabled(EXAM, "admin-2", "admin-1", True))
    assert refusal(first.set_disabled, EXAM, "admin-1", "admin-2", True) == (Code.FORBIDDEN, {})
    left = [member.username for member in first.staff(EXAM).items if member.role is ADMIN and not member.disabled]
    assert left == ["admin-2"]


@pytest.mark.parametrize("was", [Member(EXAM, "admin-9", ADMIN, disabled=True), Member(EXAM, "admin-9", LEAD, "37")])
def test_whoever_is_no_administrator_any_more_changes_nothing(world: World, was: Member) -> None:
    """The token lives on for up to half an hour."""
    world.staff_book.items[EXAM, "admin-9"] = was
    assert refusal(employ, world, ONE, "admin-9") == (Code.FORBIDDEN, {})
    assert refusal(world.staff.set_disabled, EXAM, "admin-9", "admin-2", True) == (Code.FORBIDDEN, {})
    assert kinds(world) == []


def test_a_change_that_comes_in_between_is_kept(world: World) -> None:
    employ(world)
    world.staff_book.first.append(lambda: world.staff.set_disabled(EXAM, "admin-2", "reviewer-1", True))
    world.staff.move(EXAM, "admin-1", "reviewer-1", Placement(REVIEW, "37", "3702"))
    member = world.staff_book.member(EXAM, "reviewer-1")
    assert member is not None
    assert member == replace(member, site="3702", disabled=True, version=3)


def test_nobody_is_not_found(world: World) -> None:
    assert refusal(world.staff.move, EXAM, "admin-1", "nobody", Placement(ADMIN)) == (Code.NOT_FOUND, {})
    assert refusal(world.staff.set_disabled, EXAM, "admin-1", "nobody", True) == (Code.NOT_FOUND, {})
    assert refusal(world.staff.reset_password, EXAM, "admin-1", "nobody") == (Code.NOT_FOUND, {})


@pytest.mark.parametrize("at", range(1, 9))
def test_what_breaks_off_is_finished_by_the_same_again(world: World, at: int) -> None:
    world.submit_filled()
    signed_in(world, "reviewer-1", employ(world).initial_password, PASSWORD)
    world.reviews.claim(REVIEWER, ID)

    def disable() -> Any:
        return world.staff.set_disabled(EXAM, "admin-1", "reviewer-1", True)

    with world.watch(Watch(at, Unavailable)), suppress(Unavailable):
        disable()
    disable()
    assert refusal(signed_in, world, "reviewer-1", PASSWORD) == (Code.SIGN_IN_FAILED, {})
    assert world.application().claim is None
    assert kinds(world)[0] == ("reviewer-1", "disabled", "admin-1")
    assert len(kinds(world)) == 2
