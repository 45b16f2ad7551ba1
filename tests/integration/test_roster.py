"""A roster from an administrator's file to candidates who sign in, on the deployed stack."""

import csv
import io
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
from argon2.low_level import Type, hash_secret

from scripts.people import Candidate, Reviewer, expect, until
from songshen import passwords
from songshen.adapters.rosterbook import DynamoRosterBook
from songshen.adapters.rosterimports import DynamoRosterImports
from songshen.domain.application import Application
from songshen.domain.roster import ImportState
from songshen.ports import Account, RosterChange
from tests.support.fakes import roster_entry
from tests.support.stack import JINAN, PASSWORD, QINGDAO, Campaign, Stack, phone_number

HEAD = "报名号,用户名,姓名,证件号码,考区,考点,手机号码,密码"
HASH = passwords.hashed(PASSWORD)


@pytest.fixture(scope="module")
def own(stack: Stack) -> Campaign:
    return Campaign(stack)


@pytest.fixture(scope="module")
def admin(own: Campaign) -> Reviewer:
    return own.staff("admin", exam=own.exam.id)


def line(campaign: Campaign, no: str, **changes: str) -> str:
    cells = {
        "no": no,
        "username": f"{campaign.exam.id}-{no}",
        "name": "张三丰",
        "id_number": "11010519491231002X",
        "area": "山东",
        "site": JINAN,
        "phone": phone_number(),
        "hash": f'"{HASH}"',
    }
    return ",".join((cells | changes).values())


def send(campaign: Campaign, admin: Reviewer, data: bytes) -> str:
    """Sends a file as the console does; the import's id."""
    ticket = expect(admin.call("POST", f"/exams/{campaign.exam.id}/roster"), 201)
    sent = httpx.post(ticket["url"], data=ticket["fields"], files={"file": ("roster.csv", data)}, timeout=60)
    assert sent.status_code == 204, sent.text
    return str(ticket["id"])


def progress(campaign: Campaign, admin: Reviewer, id: str) -> dict[str, Any]:
    shown = expect(admin.call("GET", f"/exams/{campaign.exam.id}/roster"), 200)["imports"]
    return next(one for one in shown if one["id"] == id)


def imported(campaign: Campaign, admin: Reviewer, data: bytes) -> dict[str, Any]:
    """The import of a file, once it is over."""
    id = send(campaign, admin, data)
    return until(lambda: progress(campaign, admin, id), lambda one: one["state"] not in {"waiting", "running"})


def counts(shown: dict[str, Any]) -> list[int]:
    return [shown[name] for name in ("added", "changed", "unchanged", "bad")]


def everything(campaign: Campaign) -> list[Any]:
    """All items of the campaign's candidates."""
    pages = campaign.stack.client("dynamodb").get_paginator("scan").paginate(TableName=campaign.stack.table)
    own = [
        item
        for page in pages
        for item in page["Items"]
        if campaign.exam.id in item["pk"]["S"] and not item["pk"]["S"].startswith("IMPORT#")
    ]
    return sorted(own, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def test_a_roster_from_the_file_to_the_candidate(own: Campaign, admin: Reviewer) -> None:
    """Good lines are candidates, bad ones are reported; the same file again changes nothing; a second one updates."""
    argon2 = hash_secret(PASSWORD.encode(), b"somesalt", 2, 19_456, 1, 32, Type.ID).decode()
    good = [line(own, f"A-{number}", **({"hash": f'"{argon2}"'} if number == 57 else {})) for number in range(60)]
    lines = [*good[:30], line(own, "B-1", phone="123", site="9999"), good[0], "a,b", *good[30:]]
    data = "\r\n".join([HEAD, *lines]).encode("gb18030")
    done = imported(own, admin, data)
    assert (done["state"], done["encoding"], done["read"], counts(done)) == (
        "done",
        "gb18030",
        len(data),
        [60, 0, 0, 3],
    )
    assert {one["code"]: one["count"] for one in done["problems"]} == {
        "unknown_site": 1,
        "bad_phone": 1,
        "repeated_registration_no": 1,
        "field_count": 1,
    }
    report = httpx.get(done["report_url"], timeout=30)
    assert report.headers["content-disposition"] == f'attachment; filename="roster-{done["id"]}.csv"'
    assert report.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(report.text)))[1:]
    assert [row[:2] for row in rows] == [
        ["32", "unknown_site"],
        ["32", "bad_phone"],
        ["33", "repeated_registration_no"],
        ["34", "field_count"],
    ]

    candidate = Candidate.at(own.stack.api).sign_in(f"{own.exam.id}-A-59", PASSWORD)
    view = candidate.view()
    assert (view["status"], view["candidate"]["registration_no"], view["candidate"]["name"]) == (
        "draft",
        "A-59",
        "张三丰",
    )

    Candidate.at(own.stack.api).sign_in(f"{own.exam.id}-A-57", PASSWORD)

    before = everything(own)
    assert counts(imported(own, admin, data)) == [0, 0, 60, 3]
    assert everything(own) == before

    second = [line(own, "A-59", site=QINGDAO, name="张三", username=f"{own.exam.id}-new"), good[58]]
    assert counts(imported(own, admin, "\n".join([HEAD, *second]).encode())) == [0, 1, 1, 0]
    assert candidate.view()["candidate"]["name"] == "张三"
    item = own.stack.item(f"{own.exam.id}_A-59")
    assert (item["site"], item["by_status_pk"]) == (QINGDAO, f"{own.exam.id}#{QINGDAO}#draft")
    refused = httpx.post(
        f"{own.stack.api}/session", json={"username": f"{own.exam.id}-A-59", "password": PASSWORD}, timeout=60
    )
    assert refused.status_code == 401
    Candidate.at(own.stack.api).sign_in(f"{own.exam.id}-new", PASSWORD)


def test_who_has_submitted_stays_where_they_are(own: Campaign, admin: Reviewer) -> None:
    candidate = own.candidate().submitted()
    entry, before = candidate.entry, candidate.item
    given = {"username": entry.username, "phone": entry.phone, "id_number": "E12345678"}
    done = imported(own, admin, f"{HEAD}\n{line(own, entry.registration_no, site=QINGDAO, **given)}\n".encode())
    assert [one["code"] for one in done["problems"]] == ["already_submitted"]
    assert own.roster.entry(own.exam.id, entry.registration_no) == entry
    done = imported(own, admin, f"{HEAD}\n{line(own, entry.registration_no, **given)}\n".encode())
    assert counts(done) == [0, 1, 0, 0]
    assert candidate.item == before
    changed = own.roster.entry(own.exam.id, entry.registration_no)
    assert changed is not None
    assert changed.id_number == "E12345678"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 a workbook", "excel_file"),
        (f"{HEAD}\n".encode("utf-16"), "utf16_file"),
        (b"name\n", "missing_columns"),
        (b"\xff\x80\x80\n" * 9, "unknown_encoding"),
    ],
)
def test_files_that_are_no_rosters_are_refused(own: Campaign, admin: Reviewer, data: bytes, code: str) -> None:
    done = imported(own, admin, data)
    assert (done["state"], done["refusal"]["code"]) == ("refused", code)
    assert done["refusal"]["text"]["en"].endswith(".")


def test_an_import_that_was_left_is_finished_by_the_reconciler(own: Campaign, admin: Reviewer, stack: Stack) -> None:
    """Whoever worked on it died after the first line; an event that comes again is nothing new."""
    data = "\n".join([HEAD, *(line(own, f"C-{number}") for number in range(5))]).encode()
    id = send(own, admin, data)
    until(lambda: progress(own, admin, id), lambda one: one["state"] == "done")
    imports = DynamoRosterImports(stack.client("dynamodb"), stack.table)
    over = imports.get(own.exam.id, id)
    assert over is not None
    due = datetime.now(UTC) - timedelta(seconds=1)
    left = replace(over, state=ImportState.RUNNING, line=2, added=1, finished_at=None, due=due)
    assert imports.begin(over, left)
    stack.reconcile()
    done = until(lambda: progress(own, admin, id), lambda one: one["state"] == "done")
    assert counts(done) == [1, 0, 4, 0]
    thing = {"key": quote_plus(f"roster/{own.exam.id}/{id}.csv"), "eTag": over.etag}
    stack.invoke("import_roster", {"Records": [{"s3": {"object": thing}}]})
    assert progress(own, admin, id) == done


def test_the_tables_roster_keeps_what_its_port_promises(stack: Stack) -> None:
    """Written only if the table still holds what was read; of many, those that can be."""
    book = DynamoRosterBook(stack.client("dynamodb"), stack.table)
    campaign = Campaign(stack)
    entries = [
        roster_entry(f"D-{number}", exam=campaign.exam.id, username=f"{campaign.exam.id}-{number}")
        for number in range(25)
    ]
    held = book.find(entries)
    assert {(one.entry, one.account, one.application) for one in held} == {(None, None, None)}
    changes = [
        RosterChange(entry, one, Application(entry.exam, entry.registration_no, entry.name, entry.area, entry.site))
        for entry, one in zip(entries, held, strict=True)
    ]
    campaign.roster.add_account(Account(entries[3].username, staff=True))
    campaign.roster.add(entries[7])
    assert [number for number, done in enumerate(book.write(changes)) if not done] == [3, 7]
    after = book.find(entries)
    assert [one.entry for one in after] == [None if number == 3 else entry for number, entry in enumerate(entries)]
    first = after[0]
    assert first.application is not None
    moved = RosterChange(replace(entries[0], site=QINGDAO), first, replace(first.application, site=QINGDAO))
    assert book.write([moved]) == [True]
    assert book.write([moved]) == [False]
