"""Sessions: candidates with the registration system's user name and password, staff with their own."""

from dataclasses import dataclass

from songshen import passwords
from songshen.contract.roles import Role
from songshen.contract.session import Session
from songshen.domain.errors import Code, Refused
from songshen.ports import (
    Accounts,
    Clock,
    PasswordCheck,
    PasswordCheckFailed,
    Roster,
    RosterEntry,
    SignInGuard,
    Tokens,
)

_ROLES: tuple[Role, ...] = ("admin", "lead", "reviewer", "candidate")


@dataclass(frozen=True, slots=True)
class SignIn:
    """`POST /session`, `POST /session/refresh`, `DELETE /session`."""

    roster: Roster
    accounts: Accounts
    guard: SignInGuard
    clock: Clock
    registration_system: PasswordCheck | None = None

    def __call__(self, username: str, password: str, source: str, new_password: str = "") -> Session:
        """A session; a candidate's first sign-in activates the account.

        Raises sign_in_failed (one text for every cause), too_many_attempts (unknown names alike), sign_in_unavailable;
        for staff with an initial password new_password_required, weak_password.
        """
        wait = self.guard.admit(username, source, self.clock.now())
        if wait:
            raise Refused(Code.TOO_MANY_ATTEMPTS, retry_after=wait)
        tokens, activated = self._check(username, password, new_password)
        if tokens is None:
            raise Refused(Code.SIGN_IN_FAILED)
        self.guard.forget(username, source)
        return _session(tokens, activated)

    def _check(self, username: str, password: str, new_password: str) -> tuple[Tokens | None, bool]:
        account = self.roster.account(username)
        if account and account.staff:
            return self.accounts.sign_in_staff(username, password, new_password), False
        entry = self.roster.entry(account.exam, account.registration_no) if account else None
        if not self._fits(username, password, entry) or entry is None:
            return None, False
        return self.accounts.sign_in_candidate(username, entry.exam, entry.registration_no)

    def _fits(self, username: str, password: str, entry: RosterEntry | None) -> bool:
        """Whether the password is the candidate's. Unknown names cost the same work as most known ones."""
        kept = entry.password_hash if entry else None
        if kept == passwords.REMOTE or (kept is None and self.registration_system):
            if self.registration_system is None:
                raise Refused(Code.SIGN_IN_UNAVAILABLE)
            try:
                return self.registration_system.fits(username, password)
            except PasswordCheckFailed as failure:
                raise Refused(Code.SIGN_IN_UNAVAILABLE) from failure
        return passwords.verify(password, kept)

    def refresh(self, refresh_token: str) -> Session:
        """A session with a new ID token. Raises session_expired."""
        tokens = self.accounts.refresh(refresh_token)
        if tokens is None:
            raise Refused(Code.SESSION_EXPIRED)
        return _session(tokens)

    def sign_out(self, username: str) -> None:
        """Ends every session of the account (shared computers)."""
        self.accounts.sign_out(username)


def _session(tokens: Tokens, activated: bool = False) -> Session:
    role = next((role for role in _ROLES if role in tokens.roles), None)
    if role is None:
        raise Refused(Code.FORBIDDEN)
    return Session(tokens.id_token, tokens.refresh_token, tokens.expires_in, role, activated)
