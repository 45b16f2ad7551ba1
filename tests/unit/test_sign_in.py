"""Signing in: one text for every cause, the same work for every name, slowed guessing."""

from copy import replace

import pytest

from songshen import passwords
from songshen.contract.session import Session
from songshen.domain.errors import Code, Refused
from songshen.ports import Account
from tests.support.fakes import PASSWORD, SOURCE, FakePasswordCheck, World, roster_entry
from tests.support.refusals import refusal

FAILED = (Code.SIGN_IN_FAILED, {})
CANDIDATE = "user-3701001"


@pytest.fixture
def world() -> World:
    world = World()
    world.roster.accounts["rev"] = Account("rev", staff=True)
    world.accounts.staff["rev"] = ("staff password", ("reviewer",))
    return world


def test_a_candidates_first_sign_in_activates_the_account(world: World) -> None:
    session = Session("id-user-3701001", "refresh-user-3701001", 900, "candidate", activated=True)
    assert world.sign_in(CANDIDATE, PASSWORD, SOURCE) == session
    assert world.accounts.activated == {CANDIDATE: ("2026-med", "3701001")}
    session.activated = False
    assert world.sign_in(CANDIDATE, PASSWORD, SOURCE) == session


def test_staff_sign_in_with_their_own_password(world: World) -> None:
    expected = Session("id-rev", "refresh-rev", 900, "reviewer", activated=False)
    assert world.sign_in("rev", "staff password", SOURCE) == expected
    assert world.accounts.activated == {}


def test_threat_33_one_text_for_every_cause(world: World) -> None:
    world.roster.accounts["lost"] = Account("lost", staff=False, exam="2026-med", registration_no="999")
    causes = [
        ("nobody", PASSWORD),
        (CANDIDATE, "wrong"),
        (CANDIDATE, PASSWORD + " "),
        ("lost", PASSWORD),
        ("rev", "wrong"),
        ("rev", PASSWORD),
        ("", ""),
    ]
    assert [refusal(world.sign_in, name, password, SOURCE) for name, password in causes] == [FAILED] * len(causes)
    assert (world.accounts.activated, world.accounts.sessions) == ({}, {})


def test_threat_33_unknown_names_cost_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[tuple[str, str | None]] = []
    monkeypatch.setattr(passwords, "verify", lambda password, phc: checked.append((password, phc)))
    for name in ("nobody", CANDIDATE):
        assert refusal(world.sign_in, name, "guess", SOURCE) == FAILED
    assert checked == [("guess", None), ("guess", roster_entry().password_hash)]


def test_a_hash_that_fits_nobody_admits_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify", lambda password, phc: True)
    assert refusal(world.sign_in, "nobody", "guess", SOURCE) == FAILED


@pytest.mark.parametrize("name", [CANDIDATE, "nobody", "rev"])
def test_threat_33_guessing_is_slowed_for_known_and_unknown_names_alike(world: World, name: str) -> None:
    for _ in range(5):
        assert refusal(world.sign_in, name, "guess", SOURCE) == FAILED
    for password in ("guess", PASSWORD, "staff password"):
        assert refusal(world.sign_in, name, password, SOURCE) == (Code.TOO_MANY_ATTEMPTS, {"retry_after": 30})


def test_while_one_waits_no_password_is_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.guard, "admit", lambda username, source, now: 7)
    monkeypatch.setattr(passwords, "verify", pytest.fail)
    assert refusal(world.sign_in, CANDIDATE, PASSWORD, SOURCE) == (Code.TOO_MANY_ATTEMPTS, {"retry_after": 7})


def test_threat_33_a_stranger_elsewhere_locks_nobody_out(world: World) -> None:
    for _ in range(9):
        refusal(world.sign_in, CANDIDATE, "guess", "198.51.100.1")
    assert world.sign_in(CANDIDATE, PASSWORD, SOURCE).role == "candidate"


def test_a_success_forgets_the_failures(world: World) -> None:
    for _ in range(3):
        for _ in range(4):
            assert refusal(world.sign_in, CANDIDATE, "guess", SOURCE) == FAILED
        assert world.sign_in(CANDIDATE, PASSWORD, SOURCE).role == "candidate"


def test_failures_are_not_forgotten(world: World) -> None:
    refusal(world.sign_in, CANDIDATE, "guess", SOURCE)
    assert world.guard.attempts == {(CANDIDATE, SOURCE): 1}


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (("reviewer", "lead"), "lead"),
        (("candidate", "reviewer", "admin"), "admin"),
        (("us-east-1_pool_Google", "reviewer"), "reviewer"),
    ],
)
def test_the_highest_role_counts(world: World, groups: tuple[str, ...], role: str) -> None:
    world.accounts.staff["rev"] = ("staff password", groups)
    assert world.sign_in("rev", "staff password", SOURCE).role == role


def test_an_account_without_a_role_may_do_nothing(world: World) -> None:
    world.accounts.staff["rev"] = ("staff password", ("guests",))
    assert refusal(world.sign_in, "rev", "staff password", SOURCE) == (Code.FORBIDDEN, {})


def test_a_session_is_renewed_until_it_is_signed_out_everywhere(world: World) -> None:
    first = world.sign_in(CANDIDATE, PASSWORD, SOURCE)
    renewed = world.sign_in.refresh(first.refresh_token)
    assert renewed == Session("id-user-3701001", "refresh-user-3701001", 900, "candidate", activated=False)
    world.sign_in.sign_out(CANDIDATE)
    expired = (Code.SESSION_EXPIRED, {})
    assert refusal(world.sign_in.refresh, first.refresh_token) == expired
    assert refusal(world.sign_in.refresh, "forged") == expired


def test_signing_out_ends_nobody_elses_session(world: World) -> None:
    mine = world.sign_in(CANDIDATE, PASSWORD, SOURCE)
    world.sign_in("rev", "staff password", SOURCE)
    world.sign_in.sign_out("rev")
    assert world.sign_in.refresh(mine.refresh_token).role == "candidate"


def test_a_failed_sign_in_leaves_the_password_nowhere(world: World) -> None:
    with pytest.raises(Refused) as caught:
        world.sign_in(CANDIDATE, "my secret", SOURCE)
    assert "my secret" not in repr(caught.value) + str(caught.value.facts)


# ---- candidates whose password the registration system checks itself ----


@pytest.fixture
def system(world: World) -> FakePasswordCheck:
    """Asked for one candidate; another one's hash is in the roster."""
    world.roster.add(replace(roster_entry(), password_hash=passwords.REMOTE))
    world.roster.add(roster_entry("3701002", username="local"))
    system = FakePasswordCheck()
    system.passwords[CANDIDATE] = "theirs"
    world.sign_in = replace(world.sign_in, registration_system=system)
    return system


def test_the_registration_system_is_asked_for_whom_it_keeps_the_password(
    world: World, system: FakePasswordCheck
) -> None:
    assert world.sign_in(CANDIDATE, "theirs", SOURCE).activated
    assert refusal(world.sign_in, CANDIDATE, PASSWORD, SOURCE) == FAILED
    assert world.sign_in("local", PASSWORD, SOURCE).role == "candidate"
    assert world.sign_in("rev", "staff password", SOURCE).role == "reviewer"
    assert system.asked == [CANDIDATE, CANDIDATE]


def test_threat_33_unknown_names_are_asked_for_as_known_ones(world: World, system: FakePasswordCheck) -> None:
    system.passwords["nobody"] = "theirs"
    assert refusal(world.sign_in, "nobody", "theirs", SOURCE) == FAILED
    assert system.asked == ["nobody"]
    system.down = True
    assert refusal(world.sign_in, "stranger", "guess", SOURCE) == refusal(world.sign_in, CANDIDATE, "guess", SOURCE)


def test_while_it_is_down_sign_in_says_so_and_only_to_whom_it_concerns(world: World, system: FakePasswordCheck) -> None:
    system.down = True
    assert refusal(world.sign_in, CANDIDATE, "theirs", SOURCE) == (Code.SIGN_IN_UNAVAILABLE, {})
    assert world.sign_in("local", PASSWORD, SOURCE).role == "candidate"
    system.down = False
    assert world.sign_in(CANDIDATE, "theirs", SOURCE).role == "candidate"


def test_without_a_registration_system_nobody_gets_in_by_the_mark(world: World) -> None:
    world.roster.add(replace(roster_entry(), password_hash=passwords.REMOTE))
    for password in (passwords.REMOTE, "", PASSWORD):
        assert refusal(world.sign_in, CANDIDATE, password, SOURCE) == (Code.SIGN_IN_UNAVAILABLE, {})
