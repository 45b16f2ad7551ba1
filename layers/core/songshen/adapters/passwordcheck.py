"""The registration system's own check of passwords, over HTTPS.

    POST <address>   Authorization: Bearer <token>   {"username": "…", "password": "…"}
    200              {"valid": true}

Whatever else comes back, or nothing within the time, is no verdict. After three such in a row nothing is asked for
half a minute, so that people are told at once and a system in trouble is left alone; then one call tries again.
"""

import http.client
import json
import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from songshen.ports import PasswordCheckFailed

TIMEOUT = 3.0
"""Seconds for connecting, and for each part of the answer: a person waits."""
FAILURES = 3
REST = 30.0
"""Seconds."""
_MOST = 4096
"""Bytes of an answer."""
_NEAR = {"localhost", "127.0.0.1"}

_log = logging.getLogger("songshen")


class HttpPasswordCheck:
    """`ports.PasswordCheck`. Redirects are not followed: a password goes to the configured host alone."""

    def __init__(self, address: str, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        """ValueError if the address is not https; http is for this computer alone."""
        parts = urlsplit(address)
        near = parts.scheme == "http" and parts.hostname in _NEAR
        if not parts.hostname or not (parts.scheme == "https" or near):
            raise ValueError("the address of the password check must begin with https://")
        self._kind = http.client.HTTPConnection if near else http.client.HTTPSConnection
        self._host, self._port = parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._clock = clock
        self._failures = 0
        self._resting_until = 0.0

    def fits(self, username: str, password: str) -> bool:
        if self._failures >= FAILURES and self._clock() < self._resting_until:
            raise PasswordCheckFailed("resting")
        try:
            valid = self._ask(json.dumps({"username": username, "password": password}).encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._failures += 1
            self._resting_until = self._clock() + REST
            cause = f"{type(error).__name__} {error.args[0] if isinstance(error, _NoVerdict) else ''}".strip()
            _log.warning("the password check gave no verdict", extra={"cause": cause, "failures": self._failures})
            raise PasswordCheckFailed(cause) from error
        self._failures = 0
        return valid

    def _ask(self, body: bytes) -> bool:
        connection = self._kind(self._host, self._port, timeout=TIMEOUT)
        try:
            connection.request("POST", self._path, body, self._headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise _NoVerdict(f"status {answer.status}")
            said = json.loads(answer.read(_MOST))
        finally:
            connection.close()
        valid = said.get("valid") if isinstance(said, dict) else None
        if not isinstance(valid, bool):
            raise _NoVerdict("neither valid nor not")
        return valid


class _NoVerdict(ValueError):
    """An answer that says nothing about the password; its message holds nothing of the answer."""
