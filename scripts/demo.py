"""Loads the demonstration exam: its configuration, its roster, its staff, and candidates in every state.

Configuration, roster and the first administrator are written as the operator would; everything after that happens over
HTTP, as people do it, so that every state is a real one. Loading again does only what is missing.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import msgspec
import yaml

from scripts import administrator, specimens
from scripts.people import Candidate, Reviewer, expect
from songshen import passwords
from songshen.adapters.directory import DynamoExams, DynamoRoster
from songshen.adapters.staffbook import DynamoStaffBook
from songshen.domain.exam import Exam
from songshen.ports import RosterEntry

EXAM = Path(__file__).parent.parent / "exams" / "demo" / "exam.yaml"
PASSWORD = "Songshen-2026"  # noqa: S105 - demonstration accounts
SENT_BACK = {
    "slot": "diploma-1",
    "code": "illegible",
    "note": "毕业证编号无法辨别，请重新上传！",
    "region": [0.09, 0.81, 0.52, 0.9],  # the number of the certificate
}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"

REQUIRED = (
    ("identity", "identity-front"),
    ("identity", "identity-back"),
    ("identity", "identity-holding"),
    ("diploma", "diploma"),
    ("assessment", "assessment"),
)


@dataclass(frozen=True)
class Person:
    """A demonstration candidate and how far they have come."""

    number: int
    site: str
    story: Callable[["Scene"], None] | None

    @property
    def registration_no(self) -> str:
        """Of the roster."""
        return f"2026{self.site}{self.number:04d}"

    @property
    def username(self) -> str:
        """Of the registration system."""
        return f"kaosheng{self.number:02d}"

    @property
    def name(self) -> str:
        """An invented name."""
        return f"{SURNAMES[(self.number - 1) % len(SURNAMES)]}样例"


@dataclass
class Scene:
    """One candidate at work, and the site's reviewer."""

    exam: str
    person: Person
    candidate: Candidate
    reviewer: Reviewer

    @property
    def application(self) -> str:
        """The application's id."""
        return f"{self.exam}_{self.person.registration_no}"

    def upload(self, *images: tuple[str, str], blurred: bool = False) -> None:
        """Uploads specimens, `(category, kind)` each, with an illegible diploma if `blurred`."""
        person = self.person
        sent = []
        for category, kind in images:
            spoilt = blurred and kind == "diploma"
            image = specimens.draw(kind, name=person.name, number=person.registration_no, blurred=spoilt)
            sent.append(self.candidate.post(category, image))
        self.candidate.settle(sent)


def registered(scene: Scene) -> None:
    """Has signed in and completed the personal information."""
    scene.candidate.set_profile(f"1390000{scene.person.number:04d}", "山东省演示市样张路 1 号")


def started(scene: Scene) -> None:
    """Has uploaded some of the materials."""
    registered(scene)
    scene.upload(*REQUIRED[:2])


def complete(scene: Scene) -> None:
    """Has uploaded everything, and not submitted."""
    registered(scene)
    scene.upload(*REQUIRED, blurred=True)


def submitted(scene: Scene) -> None:
    """Waits for the first review."""
    complete(scene)
    scene.candidate.submit()


def claimed(scene: Scene) -> None:
    """Is being reviewed."""
    submitted(scene)
    scene.reviewer.claim(scene.application)


def returned(scene: Scene) -> None:
    """Has to put one image right."""
    submitted(scene)
    scene.reviewer.send_back(scene.application, [SENT_BACK])


def returned_all(scene: Scene) -> None:
    """Has to check everything."""
    submitted(scene)
    scene.reviewer.send_back(scene.application, [], "材料信息与报名信息不一致，请核对后重新提交！")


def resubmitted(scene: Scene) -> None:
    """Waits for the second review."""
    returned(scene)
    expect(scene.candidate.call("DELETE", "/uploads/diploma-1"), 204)
    scene.upload(("diploma", "diploma"))
    scene.candidate.submit()


def approved(scene: Scene) -> None:
    """Has a serial number."""
    submitted(scene)
    scene.reviewer.approve(scene.application)


def approved_later(scene: Scene) -> None:
    """Has a serial number after one return."""
    resubmitted(scene)
    scene.reviewer.approve(scene.application)


JINAN, QINGDAO = "370100", "370200"
# The last one is left untouched, for whoever wants to walk the whole loop.
PEOPLE = tuple(
    Person(number, site, story)
    for number, (site, story) in enumerate(
        [
            (JINAN, submitted),
            (JINAN, submitted),
            (JINAN, resubmitted),
            (JINAN, returned),
            (JINAN, returned_all),
            (JINAN, approved),
            (JINAN, approved_later),
            (JINAN, complete),
            (JINAN, started),
            (JINAN, registered),
            (QINGDAO, submitted),
            (QINGDAO, submitted),
            (QINGDAO, claimed),
            (QINGDAO, resubmitted),
            (QINGDAO, returned),
            (QINGDAO, approved),
            (QINGDAO, started),
            (QINGDAO, None),
            (JINAN, None),
            (JINAN, None),
        ],
        start=1,
    )
)
STAFF = (
    ("shenhe-jinan-1", "reviewer", JINAN),
    ("shenhe-jinan-2", "reviewer", JINAN),
    ("shenhe-qingdao-1", "reviewer", QINGDAO),
    ("shenhe-qingdao-2", "reviewer", QINGDAO),
    ("zuzhang-shandong", "lead", ""),
    ("guanli", "admin", ""),
)


def exam(now: datetime) -> Exam:
    """The demonstration exam with windows that are open at `now`."""
    document = yaml.safe_load(EXAM.read_text(encoding="utf-8"))
    midnight = now.astimezone(UTC).replace(hour=16, minute=0, second=0, microsecond=0)  # in Shanghai
    opens = midnight - timedelta(days=8)

    def window(first: int, last: int) -> dict[str, datetime]:
        return {"opens": opens + timedelta(days=first), "closes": opens + timedelta(days=last)}

    document["windows"] = {"upload": window(0, 30), "review": window(1, 60), "correction": window(1, 45)}
    return msgspec.convert(document, Exam)


def load(description_file: Path) -> dict[str, list[dict[str, Any]]]:
    """Loads everything into the stack that the file describes; the users for its `stack.json`."""
    stack = json.loads(description_file.read_text(encoding="utf-8"))
    demo = exam(datetime.now(UTC))
    table = stack["outputs"]["TableName"]
    client = boto3.client("dynamodb")
    DynamoExams(client, table, lambda: datetime.now(UTC)).put(demo)
    roster = DynamoRoster(client, table)
    _employ(stack["api"], table, stack["outputs"]["UserPoolId"], demo)
    _register(roster, demo)
    sites = {site: name for name, role, site in STAFF if role == "reviewer"}
    reviewers = {site: Reviewer.at(stack["api"]).sign_in(name, PASSWORD) for site, name in sites.items()}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda person: _play(stack["api"], demo, person, reviewers[person.site]), PEOPLE))
    return {
        "candidates": [{"username": person.username, "password": PASSWORD} for person in PEOPLE],
        "reviewers": [
            {"username": name, "password": PASSWORD, "site": site} for name, role, site in STAFF if role == "reviewer"
        ],
        "leads": [{"username": name, "password": PASSWORD} for name, role, _ in STAFF if role == "lead"],
        "admins": [{"username": name, "password": PASSWORD} for name, role, _ in STAFF if role == "admin"],
    }


def _register(roster: DynamoRoster, demo: Exam) -> None:
    """The roster, as the registration system would hand it over."""
    password_hash = passwords.hashed(PASSWORD)
    for person in PEOPLE:
        entry = RosterEntry(
            exam=demo.id,
            registration_no=person.registration_no,
            username=person.username,
            name=person.name,
            id_number=f"37010018000101{person.number:04d}",
            area="37",
            site=person.site,
            phone=f"1390000{person.number:04d}",
            password_hash=password_hash,
        )
        roster.add(entry)


def _employ(api: str, table: str, pool: str, demo: Exam) -> None:
    """The administrator as the operator makes the first one, and then everybody else as administrators do."""
    known = {member.username for member in DynamoStaffBook(boto3.client("dynamodb"), table).members(demo.id)}
    boss = next(name for name, role, _ in STAFF if role == "admin")
    if boss not in known or not _may_sign_in(api, boss):
        _choose_password(api, boss, administrator.found(table, pool, demo.id, boss))
    me, path = Reviewer.at(api).sign_in(boss, PASSWORD), f"/exams/{demo.id}/staff"
    for username, role, site in STAFF:
        wanted = {"username": username, "role": role, "area": "37", "site": site}
        if username not in known | {boss}:
            _choose_password(api, username, expect(me.call("POST", path, wanted), 201)["initial_password"])
        elif not _may_sign_in(api, username):
            again = expect(me.call("POST", f"{path}/{username}/password"), 200)
            _choose_password(api, username, again["initial_password"])


def _may_sign_in(api: str, username: str) -> bool:
    """Whether the password has been chosen already."""
    given = {"username": username, "password": PASSWORD}
    return httpx.post(f"{api}/session", json=given, timeout=60).status_code == 200


def _choose_password(api: str, username: str, initial: str) -> None:
    """The first sign-in."""
    given = {"username": username, "password": initial, "new_password": PASSWORD}
    expect(httpx.post(f"{api}/session", json=given, timeout=60), 200)


def _play(api: str, demo: Exam, person: Person, reviewer: Reviewer) -> None:
    """Takes one candidate to where the story ends; one who has begun already is left alone."""
    if person.story is None:
        return
    candidate = Candidate.at(api).sign_in(person.username, PASSWORD)
    view = candidate.view()
    if view["round"] or any(slot["state"] != "empty" for c in view["categories"] for slot in c["slots"]):
        return
    person.story(Scene(demo.id, person, candidate, reviewer))


if __name__ == "__main__":
    print(json.dumps(load(Path(sys.argv[1])), ensure_ascii=False, indent=1))
