"""Candidates and reviewers who do what the pages do, repeat what was not answered, and have everything written down."""

import contextlib
import hashlib
import itertools
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.rehearsal.check import Operation
from tests.support.stack import PASSWORD, image

TRIES = 8
NOT_SENT, NOT_HEARD = 0.005, 0.02
"""Shares of calls that the network between page and API loses: on the way there, on the way back."""
CATEGORIES = {"diploma": ("diploma-1",), "identity": ("identity-1", "identity-2"), "work": ("work-1",)}
_requests = itertools.count(1)


class Gone(Exception):
    """This person has given up: no answer, or a refusal that ends the journey."""


@dataclass
class History:
    """What everybody did."""

    operations: list[Operation] = field(default_factory=list)
    attempts: int = 0

    def note(self, operation: Operation) -> Operation:
        self.operations.append(operation)  # appending is atomic
        return operation


@dataclass
class Person:
    """Somebody at a page, with a connection that several may share one after the other."""

    api: str
    http: httpx.Client
    history: History
    username: str
    dice: random.Random
    token: str = ""
    lossy: bool = True

    def call(self, kind: str, method: str, path: str, body: Any = None, **about: Any) -> tuple[Operation, Any]:
        """Calls until there is an answer that tells, as a page does. Gone if there is none."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}

        def send() -> httpx.Response:
            return self.http.request(method, self.api + path, json=body, headers=headers)

        return self._until_told(kind, send, about)

    def _until_told(
        self, kind: str, send: Callable[[], httpx.Response], about: dict[str, Any]
    ) -> tuple[Operation, Any]:
        repeats = f"{self.username}-{next(_requests)}"
        for attempt in range(TRIES):
            told, answer = self._once(kind, send, about | {"repeats": repeats})
            if not told.unknown:
                return told, answer
            time.sleep(min(0.2 * 2**attempt, 2.0) * (0.75 + self.dice.random() / 2))
        raise Gone(f"no answer to {kind}")

    def _once(self, kind: str, send: Callable[[], httpx.Response], about: dict[str, Any]) -> tuple[Operation, Any]:
        sent = time.time()
        lost = self.dice.random() if self.lossy else 1.0
        answer: httpx.Response | None = None
        if lost >= NOT_SENT:
            try:
                answer = send()
            except httpx.HTTPError:
                answer = None
            if lost < NOT_SENT + NOT_HEARD:
                answer = None
        status = answer.status_code if answer is not None else 0
        content = answer.json() if answer is not None and answer.content and status != 204 and kind != "send" else {}
        facts = dict(about)
        if 200 <= status < 300 and kind == "reserve":
            facts |= {"slot": content["slot"], "upload": content["upload_id"]}
        code = content.get("code", "") if status >= 400 else ""
        done = Operation(self.username, kind, sent, time.time(), status, code, **facts)
        return self.history.note(done), content

    def sign_in(self, password: str) -> None:
        """Begins a session."""
        told, answer = self.call("sign_in", "POST", "/session", {"username": self.username, "password": password})
        if not told.succeeded:
            raise Gone(told.code)
        self.token = answer["id_token"]


@dataclass
class Candidate(Person):
    """A candidate with an application."""

    application: str = ""
    phone: str = ""
    """Of the registration: where text messages go."""
    round: int = 1
    """That is being prepared."""

    def view(self) -> dict[str, Any]:
        told, answer = self.call("view", "GET", "/application", application=self.application)
        if not told.succeeded:
            raise Gone(told.code)
        return dict(answer)

    def prepare(self) -> None:
        """Signs in, gives an address, and fills every slot. Gone once the window has closed."""
        self.sign_in(PASSWORD)
        self.view()
        profile = {"phone": self.phone, "address": "济南市"}
        self.call("profile", "PUT", "/application/profile", profile, application=self.application)
        for category, slots in CATEGORIES.items():
            for _ in slots:
                self.upload(category)
        self.settle()
        if self.dice.random() < 0.15:
            category = self.dice.choice(list(CATEGORIES))
            slot = self.dice.choice(CATEGORIES[category])
            self.delete(slot)
            self.upload(category)
            self.settle()

    def upload(self, category: str, slot: str = "") -> None:
        """Announces an image and sends it; sometimes both twice. Gone if that is refused."""
        data = image()
        sha256 = hashlib.sha256(data).hexdigest()
        announced = {"category": category, "content_type": "image/jpeg", "size": len(data), "sha256": sha256}
        if slot:
            announced["slot"] = slot
        about = {"application": self.application, "round": self.round, "slot": slot}
        told, ticket = self.call("reserve", "POST", "/uploads", announced, **about)
        if told.succeeded and not slot and self.dice.random() < 0.05:
            told, ticket = self.call("reserve", "POST", "/uploads", announced, **about)
        if not told.succeeded:
            raise Gone(told.code)
        about |= {"slot": ticket["slot"], "upload": ticket["upload_id"]}

        def send() -> httpx.Response:
            return self.http.post(ticket["url"], data=ticket["fields"], files={"file": ("image", data)})

        for _ in range(2 if self.dice.random() < 0.05 else 1):
            self._until_told("send", send, about)

    def settle(self) -> dict[str, Any]:
        """The view once every image has its verdict."""
        pause = 0.3
        for _ in range(60):
            view = self.view()
            states = {slot["state"] for category in view["categories"] for slot in category["slots"]}
            if "reserved" not in states:
                return view
            time.sleep(pause)
            pause = min(pause * 1.5, 3.0)
        raise Gone("no verdict")

    def delete(self, slot: str) -> Operation:
        about = {"application": self.application, "round": self.round, "slot": slot}
        return self.call("delete", "DELETE", f"/uploads/{slot}", **about)[0]

    def submit(self) -> None:
        """Submits, and tries at once to change something. Gone if the submission is refused."""
        about = {"application": self.application, "round": self.round}
        told, _ = self.call("submit", "POST", "/submission", {"round": self.round}, **about)
        if not told.succeeded:
            raise Gone(told.code)
        if self.dice.random() < 0.1:
            self.call("submit", "POST", "/submission", {"round": self.round}, **about)
        if self.dice.random() < 0.3:
            self.delete("diploma-1")
        if self.dice.random() < 0.2:
            with contextlib.suppress(Gone):
                self.upload("work", "work-1")

    def put_right(self, slot: str) -> None:
        """Replaces what was returned, tries to replace something else, and submits again."""
        self.round += 1
        self.sign_in(PASSWORD)
        self.view()
        other = next(s for s in ("diploma-1", "work-1") if s != slot)
        if self.dice.random() < 0.3:
            self.delete(other)
        self.delete(slot)
        self.upload(slot.rpartition("-")[0])
        self.settle()
        self.submit()


@dataclass
class Reviewer(Person):
    """A reviewer who works the queue off, at times the same case as a colleague."""

    returned: Callable[[str, str], None] = lambda application, slot: None
    """Told of every return that was answered: which application, which slot."""

    def work(self) -> bool:
        """Decides one case; False if there is none."""
        told, answer = self.call("queue", "GET", "/reviews?status=submitted")
        if not told.succeeded:
            return False
        free = [row for row in answer["items"] if not row["claim"] or row["claim"]["by"] == self.username]
        if answer["items"] and self.dice.random() < 0.1:
            taken = self.dice.choice(answer["items"])
            self._decide(taken["application"], taken["round"])  # perhaps a colleague's
        if not free:
            return bool(answer["items"])
        own = [row for row in free if row["claim"]]
        application = self.dice.choice(own or free[:5])["application"]
        about = {"application": application}
        if not self.call("claim", "POST", f"/reviews/{application}/claim", **about)[0].succeeded:
            return True
        told, case = self.call("case", "GET", f"/reviews/{application}", **about)
        if told.succeeded:
            self._decide(application, case["round"])
        return True

    def _decide(self, application: str, round: int) -> None:
        returns = round == 1 and self.dice.random() < 0.4
        slot = self.dice.choice(["diploma-1", "work-1"])
        decision: dict[str, Any] = {"round": round, "outcome": "return" if returns else "approve"}
        if returns:
            decision["slots"] = [{"slot": slot, "code": "illegible", "note": ""}]
        slots = (slot,) if returns else ()
        about = {"application": application, "round": round, "outcome": decision["outcome"], "slots": slots}
        for _ in range(2 if self.dice.random() < 0.1 else 1):
            told, _answer = self.call("decide", "POST", f"/reviews/{application}/decision", decision, **about)
        if told.succeeded and returns:
            self.returned(application, slot)


class Desk:
    """What is to be done by whichever candidate's thread is free: those who were returned first, then who is due."""

    def __init__(self) -> None:
        self._waiting: queue.PriorityQueue[tuple[float, int, Callable[[httpx.Client], None]]] = queue.PriorityQueue()
        self._count = itertools.count()

    def put(self, due: float, work: Callable[[httpx.Client], None]) -> None:
        self._waiting.put((due, next(self._count), work))

    def next(self) -> Callable[[httpx.Client], None] | None:
        """Something that is due; None if nothing is."""
        try:
            due, number, work = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if due > time.time():
            self._waiting.put((due, number, work))
            return None
        return work


def side_by_side(works: list[Callable[[], None]]) -> list[threading.Thread]:
    """Each in a thread of its own, begun."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads
