"""Who is signed in where: a file in the user's state directory that nobody else can read."""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Session:
    """Tokens of a sign-in; `expires_at` epoch seconds by this computer's clock."""

    username: str
    role: str
    id_token: str
    refresh_token: str
    expires_at: float

    @property
    def exam(self) -> str:
        """What an administrator administers, "" if the token does not say: a default, the API checks for itself."""
        try:
            payload = self.id_token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (IndexError, ValueError, binascii.Error):
            return ""
        return str(claims.get("custom:exam", ""))


class Sessions:
    """The sessions by the API's address."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> "Sessions":
        """Those in the state directory: XDG_STATE_HOME, else ~/.local/state."""
        home = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(home) / "songshen" / "sessions.json")

    def get(self, api: str) -> Session | None:
        """The session at this API."""
        found = self._all().get(api)
        return Session(**found) if found else None

    def put(self, api: str, session: Session | None) -> None:
        """Keeps a session, or forgets it. The file is never there with other rights than its owner's."""
        kept = {**self._all(), api: session and asdict(session)}
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{secrets.token_hex(8)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({name: one for name, one in kept.items() if one}, file)
        fresh.replace(self._path)

    def _all(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}
