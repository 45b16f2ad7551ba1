"""People who use a deployed stack over HTTP, as the pages do: for demonstration data and for tests."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

VERDICT_WITHIN = 60.0
"""Seconds after which an upload without a verdict is an error."""


class Unexpected(Exception):
    """An answer that was not the one this step needs."""


def expect(answer: httpx.Response, status: int) -> Any:
    """The answer's JSON (None without a body). Raises Unexpected for another status."""
    if answer.status_code != status:
        raise Unexpected(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


@dataclass
class Person:
    """Somebody with a session."""

    http: httpx.Client
    session: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, api: str) -> Self:
        """Somebody in front of the page of this API, not signed in."""
        return cls(httpx.Client(base_url=api, timeout=60))

    def sign_in(self, username: str, password: str) -> Self:
        """Signs in."""
        given = {"username": username, "password": password}
        self.session = expect(self.http.post("/session", json=given), 200)
        return self

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call with this person's token."""
        headers = {"authorization": f"Bearer {self.session['id_token']}"}
        return self.http.request(method, path, json=body, headers=headers)


@dataclass
class Candidate(Person):
    """A candidate at the candidate page."""

    def view(self) -> dict[str, Any]:
        """Everything the page shows."""
        return dict(expect(self.call("GET", "/application"), 200))

    def set_profile(self, phone: str, address: str) -> None:
        """Completes the personal information."""
        expect(self.call("PUT", "/application/profile", {"phone": phone, "address": address}), 200)

    def reserve(self, category: str, data: bytes, slot: str | None = None) -> httpx.Response:
        """Announces an image; the answer holds the ticket."""
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        announced = {
            "category": category,
            "content_type": kind,
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        return self.call("POST", "/uploads", announced | ({"slot": slot} if slot else {}))

    def send(self, ticket: dict[str, Any], data: bytes) -> httpx.Response:
        """Sends an image to where the ticket says."""
        return httpx.post(ticket["url"], data=ticket["fields"], files={"file": ("image", data)}, timeout=60)

    def post(self, category: str, data: bytes, slot: str | None = None) -> str:
        """Announces and sends an image; the slot that waits for its verdict."""
        ticket = expect(self.reserve(category, data, slot), 201)
        expect(self.send(ticket, data), 204)
        return str(ticket["slot"])

    def upload(self, category: str, data: bytes, slot: str | None = None) -> str:
        """Uploads an image and waits for its verdict; the slot. Raises Unexpected if it is rejected."""
        sent = self.post(category, data, slot)
        self.settle([sent])
        return sent

    def settle(self, sent: list[str]) -> None:
        """Waits for the verdicts of these slots. Raises Unexpected if one is rejected."""
        pending = {"reserved", "empty"}
        slots = until(self.slots, lambda seen: not any(seen[slot]["state"] in pending for slot in sent))
        rejected = {slot: slots[slot]["problems"] for slot in sent if slots[slot]["state"] != "ready"}
        if rejected:
            raise Unexpected(str(rejected))

    def verdict(self, slot: str) -> dict[str, Any]:
        """The slot once it is no longer reserved."""
        return until(lambda: self.slots()[slot], lambda seen: seen["state"] != "reserved")

    def slots(self) -> dict[str, dict[str, Any]]:
        """The view's slots by their ids."""
        return {s["slot"]: s for category in self.view()["categories"] for s in category["slots"]}

    def submit(self) -> dict[str, Any]:
        """Submits for the next round; the view."""
        return dict(expect(self.call("POST", "/submission", {"round": self.view()["round"] + 1}), 202))


@dataclass
class Reviewer(Person):
    """A reviewer at the console."""

    def queue(self, status: str = "submitted") -> list[dict[str, Any]]:
        """The first page of the site's queue."""
        return list(expect(self.call("GET", f"/reviews?status={status}"), 200)["items"])

    def claim(self, application: str) -> None:
        """Claims one application."""
        expect(self.call("POST", f"/reviews/{application}/claim"), 200)

    def case(self, application: str) -> dict[str, Any]:
        """One case."""
        return dict(expect(self.call("GET", f"/reviews/{application}"), 200))

    def decide(self, application: str, decision: dict[str, Any]) -> httpx.Response:
        """Decides on a round."""
        return self.call("POST", f"/reviews/{application}/decision", decision)

    def approve(self, application: str) -> dict[str, Any]:
        """Claims and approves; the state after it."""
        return self._conclude(application, {"outcome": "approve"})

    def send_back(self, application: str, slots: list[dict[str, Any]], note: str = "") -> dict[str, Any]:
        """Claims and returns; the state after it."""
        return self._conclude(application, {"outcome": "return", "slots": slots, "note": note})

    def _conclude(self, application: str, decision: dict[str, Any]) -> dict[str, Any]:
        self.claim(application)
        decision["round"] = self.case(application)["round"]
        return dict(expect(self.decide(application, decision), 200))


def until[T](look: Callable[[], T], done: Callable[[T], bool], within: float = VERDICT_WITHIN) -> T:
    """What `look` sees once it is `done`. Raises TimeoutError with the last sight."""
    end = time.monotonic() + within
    pause = 0.05
    while not done(seen := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"still {seen}")
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    return seen
