"""The port `Accounts`: Cognito's adapter and its fake promise the same; an activation may be cut off anywhere."""

import secrets
from typing import Any

import pytest

from songshen.adapters.cognito import CognitoAccounts, CognitoCandidates, claims_of
from songshen.ports import Accounts
from tests.support.fakes import FakeAccounts
from tests.support.stack import STAFF_PASSWORD, Campaign, Stack, at_once

SECRET = b"the contract's own secret"


@pytest.fixture
def username() -> str:
    return f"contract-{secrets.token_hex(4)}"


@pytest.fixture
def cognito(stack: Stack) -> CognitoAccounts:
    return accounts_on(stack.client("cognito-idp"), stack)


def accounts_on(client: Any, stack: Stack, secret: bytes = SECRET) -> CognitoAccounts:
    return CognitoAccounts(client, stack.outputs["UserPoolId"], stack.outputs["UserPoolClientId"], secret)


@pytest.fixture(params=["fake", "cognito"])
def accounts(request: pytest.FixtureRequest) -> Accounts:
    """Both, one after the other."""
    if request.param == "fake":
        return FakeAccounts()
    made: Accounts = request.getfixturevalue("cognito")
    return made


def test_the_first_sign_in_activates(accounts: Accounts, username: str) -> None:
    first, activated = accounts.sign_in_candidate(username, "2026-med", "3701001")
    again, not_again = accounts.sign_in_candidate(username, "2026-med", "3701001")
    assert (activated, not_again) == (True, False)
    assert first.roles == again.roles == {"candidate"}
    assert first.expires_in == again.expires_in > 0


def test_sessions_are_renewed_until_the_sign_out(accounts: Accounts, username: str) -> None:
    tokens, _ = accounts.sign_in_candidate(username, "2026-med", "3701001")
    renewed = accounts.refresh(tokens.refresh_token)
    assert renewed is not None
    assert renewed.roles == {"candidate"}
    assert accounts.refresh(renewed.refresh_token) is not None
    accounts.sign_out(username)
    assert accounts.refresh(tokens.refresh_token) is None
    assert accounts.refresh(renewed.refresh_token) is None
    again, activated = accounts.sign_in_candidate(username, "2026-med", "3701001")
    assert activated is False
    assert accounts.refresh(again.refresh_token) is not None


def test_what_never_was(accounts: Accounts) -> None:
    assert accounts.refresh("never") is None
    assert accounts.sign_in_staff(f"nobody-{secrets.token_hex(4)}", "x") is None


def test_staff(accounts: Accounts, campaign: Campaign) -> None:
    username = campaign.employ("reviewer", exam="2026-med", area="37", site="3701")
    if isinstance(accounts, FakeAccounts):
        accounts.staff[username] = (STAFF_PASSWORD, ("reviewer",))
    tokens = accounts.sign_in_staff(username, STAFF_PASSWORD)
    assert tokens is not None
    assert tokens.roles == {"reviewer"}
    assert accounts.sign_in_staff(username, f"{STAFF_PASSWORD} ") is None


def test_threat_36_an_account_that_was_removed_is_made_anew(
    stack: Stack, cognito: CognitoAccounts, username: str
) -> None:
    """Removing it is repeated with the run that removes; whoever is on the roster may sign in as long as they are."""
    before, _ = cognito.sign_in_candidate(username, "2026-med", "3701001")
    candidates = CognitoCandidates(stack.client("cognito-idp"), stack.outputs["UserPoolId"])
    for _ in range(2):
        candidates.remove(username)
    assert cognito.refresh(before.refresh_token) is None
    _, activated = cognito.sign_in_candidate(username, "2026-med", "3701001")
    assert activated is True


class Cut(Exception):
    """The process dies here."""


class CutOff:
    """A client that dies before or after its n-th call."""

    def __init__(self, client: Any, at: int, done: bool) -> None:
        self._client, self._left, self._done = client, at, done
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def made(**given: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._done:
                raise Cut
            try:
                return call(**given)
            finally:
                if self._left == 0:
                    raise Cut

        return made


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_threat_16_an_activation_cut_off_anywhere_is_finished_by_the_next(
    stack: Stack, username: str, at: int, done: bool
) -> None:
    """Its calls: sign in (in vain), make the account, set its password, sign in."""
    client = stack.client("cognito-idp")
    with pytest.raises(Cut):
        accounts_on(CutOff(client, at, done), stack).sign_in_candidate(username, "2026-med", "3701001")
    tokens, activated = accounts_on(client, stack).sign_in_candidate(username, "2026-med", "3701001")
    assert tokens.roles == {"candidate"}
    # Once the password is set nothing is left to do.
    password_set = at == 4 or (at == 3 and done)
    assert activated is not password_set
    user = client.admin_get_user(UserPoolId=stack.outputs["UserPoolId"], Username=username)
    assert user["UserStatus"] == "CONFIRMED"
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user["UserAttributes"]}
    assert (attributes["custom:exam"], attributes["custom:registration_no"]) == ("2026-med", "3701001")


def test_activations_at_the_same_moment(cognito: CognitoAccounts, username: str) -> None:
    sessions = at_once(*[lambda: cognito.sign_in_candidate(username, "2026-med", "3701001")] * 4)
    assert {tokens.roles for tokens, _ in sessions} == {frozenset({"candidate"})}


def test_another_exam_moves_the_account(cognito: CognitoAccounts, username: str) -> None:
    former, _ = cognito.sign_in_candidate(username, "2026-med", "3701001")
    tokens, activated = cognito.sign_in_candidate(username, "2027-med", "3702002")
    claims = claims_of(tokens.id_token)
    assert (activated, claims["custom:exam"], claims["custom:registration_no"]) == (True, "2027-med", "3702002")
    assert cognito.sign_in_candidate(username, "2027-med", "3702002")[1] is False
    # A page that is still open must not become the new owner's.
    assert cognito.refresh(former.refresh_token) is None
    assert cognito.refresh(tokens.refresh_token) is not None


def test_a_changed_secret_locks_nobody_out(stack: Stack, username: str) -> None:
    """The roster decides whose password is right; the derived one is simply set anew."""
    client = stack.client("cognito-idp")
    accounts_on(client, stack).sign_in_candidate(username, "2026-med", "3701001")
    tokens, _ = accounts_on(client, stack, b"another secret").sign_in_candidate(username, "2026-med", "3701001")
    assert tokens.roles == {"candidate"}


def test_threat_33_the_derived_password_is_nothing_that_can_be_guessed(stack: Stack, username: str) -> None:
    accounts_on(stack.client("cognito-idp"), stack).sign_in_candidate(username, "2026-med", "3701001")
    other = accounts_on(stack.client("cognito-idp"), stack, b"a guess")
    for password in (username, "3701001", other._derived_password(username)):
        assert other.sign_in_staff(username, password) is None
