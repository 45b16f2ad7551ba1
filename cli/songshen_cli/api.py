"""The HTTP API as a signed-in member of staff calls it."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import httpx

from songshen_cli.failures import UNREACHED, USAGE, Failure, Refusal, signed_out
from songshen_cli.session import Session, Sessions
from songshen_cli.words import say

RENEW_BEFORE = 60
"""Seconds before its end that a token is renewed."""
UNAUTHORIZED = 401


class Api:
    """One API, and whoever is signed in there."""

    def __init__(self, base: str, sessions: Sessions, transport: httpx.BaseTransport | None = None) -> None:
        self.base = base
        self._sessions = sessions
        self._http = httpx.Client(timeout=60, transport=transport or httpx.HTTPTransport(retries=2))

    @property
    def session(self) -> Session:
        """Whoever is signed in. Raises Failure if nobody is."""
        found = self._sessions.get(self.base)
        if found is None:
            raise signed_out()
        return found

    def sign_in(self, username: str, password: str, new_password: str = "") -> Session:
        """Signs in and keeps the session; `new_password` replaces an initial one. Raises Failure."""
        body = {"username": username, "password": password}
        answer = self._send("POST", "/session", body | ({"new_password": new_password} if new_password else {}))
        return self._keep(username, self._answer(answer))

    def sign_out(self) -> None:
        """Signs out everywhere, and forgets the session whatever the API says."""
        session = self._sessions.get(self.base)
        if session is None:
            return
        try:
            self.call("DELETE", "/session")
        finally:
            self._sessions.put(self.base, None)

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """What the API answers. Raises Failure: signed out, refused, not reached."""
        session = self.session
        if session.expires_at - RENEW_BEFORE < time.time():
            session = self._renewed(session)
        answer = self._send(method, path, body, query, session.id_token)
        if answer.status_code == UNAUTHORIZED:
            answer = self._send(method, path, body, query, self._renewed(session).id_token)
        if answer.status_code == UNAUTHORIZED:
            raise signed_out()
        return self._answer(answer)

    def pages(self, path: str, query: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        """The items of a list, page after page, `limit` of them at most. Raises Failure as `call`."""
        found: list[dict[str, Any]] = []
        asked = dict(query)
        while True:
            said = self.call("GET", path, query=asked)
            found += said["items"]
            if not said["next_cursor"] or len(found) >= limit:
                return found[:limit]
            asked["cursor"] = said["next_cursor"]

    def post_file(self, ticket: Mapping[str, Any], file: BinaryIO) -> None:
        """Sends a file to where a presigned POST says. Raises Failure."""
        try:
            answer = self._http.post(ticket["url"], data=ticket["fields"], files={"file": file}, timeout=300)
        except httpx.HTTPError as error:
            raise _unreached(error) from error
        if not answer.is_success:
            told = say("存储服务没有接受文件，请重新上传", "Storage did not take the file; send it again")
            raise Failure(f"{told} ({answer.status_code})", UNREACHED)

    def download(self, url: str) -> bytes:
        """What is behind a link. Raises Failure."""
        try:
            return self._http.get(url).raise_for_status().content
        except httpx.HTTPError as error:
            raise _unreached(error) from error

    def save(self, url: str, file: Path, moved: Callable[[int], None]) -> None:
        """Saves what is behind a link, for the user alone; `moved` hears of the bytes so far. Raises Failure."""
        half = file.with_name(f".{file.name}.part")
        try:
            with self._http.stream("GET", url) as answer:
                answer.raise_for_status()
                with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
                    for piece in answer.iter_bytes():
                        target.write(piece)
                        moved(target.tell())
            half.replace(file)
        except httpx.HTTPError as error:
            raise _unreached(error) from error
        except OSError as error:
            raise Failure(say(f"不能写入 {file}：{error}", f"Cannot write {file}: {error}"), USAGE) from error
        finally:
            half.unlink(missing_ok=True)

    def _renewed(self, session: Session) -> Session:
        answer = self._send("POST", "/session/refresh", {"refresh_token": session.refresh_token})
        if answer.status_code == UNAUTHORIZED:
            self._sessions.put(self.base, None)
            raise signed_out()
        return self._keep(session.username, self._answer(answer))

    def _keep(self, username: str, said: Mapping[str, Any]) -> Session:
        ends = time.time() + said["expires_in"]
        session = Session(username, said["role"], said["id_token"], said["refresh_token"], ends)
        self._sessions.put(self.base, session)
        return session

    def _send(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None, token: str = ""
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            return self._http.request(method, self.base + path, json=body, params=query, headers=headers)
        except httpx.HTTPError as error:
            raise _unreached(error) from error

    @staticmethod
    def _answer(answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        raise Refusal(answer.status_code, problem if isinstance(problem, dict) else {})


def path(*parts: str) -> str:
    """`/exams/2026-med/roster` of its parts, whatever they hold."""
    return "".join("/" + quote(part, safe="") for part in parts)


def address(given: str, environ: Mapping[str, str] = os.environ, here: Path | None = None) -> str:
    """Where the API is: as given, else SONGSHEN_API, else the local stack's when started in the project.

    Raises Failure if nobody says so, or if passwords would travel unencrypted.
    """
    found = (given or environ.get("SONGSHEN_API") or _local(here or Path.cwd())).rstrip("/")
    if not found:
        told = say("请用 --api 或 SONGSHEN_API 给出接口的地址。", "Say where the API is: --api, or SONGSHEN_API.")
        raise Failure(told, USAGE)
    parts = urlsplit(found)
    name = parts.hostname or ""
    near = name in {"localhost", "127.0.0.1", "::1"} or name.endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and near):
        raise Failure(say(f"接口的地址应以 https:// 开头：{found}", f"The API's address must be https: {found}"), USAGE)
    return found


def _local(here: Path) -> str:
    """Of `.local/stack.json` in this directory or the nearest one above it."""
    for folder in (here, *here.parents):
        file = folder / ".local" / "stack.json"
        if file.is_file():
            return str(json.loads(file.read_text(encoding="utf-8"))["api"])
    return ""


def _unreached(error: httpx.HTTPError) -> Failure:
    told = say("没有连上服务器，请检查网络后重试", "The server was not reached. Check your network and try again")
    return Failure(f"{told} ({type(error).__name__})", UNREACHED)
