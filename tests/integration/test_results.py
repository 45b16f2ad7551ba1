"""How far an exam has come, and its results taken away, on the deployed stack."""

import csv
import gzip
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from scripts.people import Reviewer, expect, until
from songshen.adapters.results import DynamoExports
from songshen.adapters.smsbook import DynamoUnreached
from songshen.domain.export import ExportState, Place
from songshen.ports import Unreached
from tests.support.stack import JINAN, QINGDAO, Campaign, Stack, refused


@pytest.fixture(scope="module")
def own(stack: Stack) -> Campaign:
    return Campaign(stack)


@pytest.fixture(scope="module")
def admin(own: Campaign) -> Reviewer:
    return own.staff("admin", exam=own.exam.id)


def exported(own: Campaign, admin: Reviewer, **wanted: Any) -> dict[str, Any]:
    """An export, once it is over."""
    started = expect(admin.call("POST", f"/exams/{own.exam.id}/exports", wanted), 202)
    return finished(own, admin, started["id"])


def finished(own: Campaign, admin: Reviewer, id: str) -> dict[str, Any]:
    def shown() -> dict[str, Any]:
        found = expect(admin.call("GET", f"/exams/{own.exam.id}/exports"), 200)["exports"]
        return next(one for one in found if one["id"] == id)

    return until(shown, lambda one: one["state"] not in {"waiting", "running"})


def file_of(done: dict[str, Any]) -> bytes:
    answer = httpx.get(done["url"], timeout=30)
    assert answer.headers["content-disposition"] == f'attachment; filename="{done["file"]}"'
    assert len(answer.content) == done["bytes"]
    return answer.content


def test_progress_and_results_of_a_campaign(own: Campaign, admin: Reviewer) -> None:
    """Decided, returned, waiting and drafts: counted, exported, each once; and one of them as a bundle."""
    reviewer = own.reviewer()
    approved, sent_back, waiting = (own.candidate().submitted() for _ in range(3))
    draft = own.candidate(QINGDAO)
    reviewer.approve(approved.application)
    reviewer.send_back(sent_back.application, [{"slot": "diploma-1", "code": "illegible"}])

    progress = expect(admin.call("GET", f"/exams/{own.exam.id}/progress"), 200)
    sites = {one["site"]["id"]: one for one in progress["sites"]}
    assert sites[JINAN]["counts"] == {"draft": 0, "submitted": 1, "returned": 1, "approved": 1}
    assert sites[QINGDAO]["counts"]["draft"] == 1
    assert sites[JINAN]["rounds"]["approved"] == [1, 0, 0]
    assert (sites[JINAN]["decided_last_day"], sites[JINAN]["reviewers"]) == (2, 1)
    assert [(one["approved"], one["returned"]) for one in progress["reviewers"]] == [(1, 1)]
    assert sum(one["submitted"] for one in progress["curve"]) == 3
    assert sum(one["decided"] for one in progress["curve"]) == 2
    assert expect(admin.call("GET", f"/exams/{own.exam.id}/progress"), 200) == progress

    done = exported(own, admin, kind="applications", format="csv", identity=True)
    assert (done["state"], done["rows"], done["total"]) == ("done", 4, 4)
    lines = list(csv.reader(io.StringIO(file_of(done).decode("utf-8-sig"))))[1:]
    found = {line[0].strip("\t"): line for line in lines}
    everybody = (approved, sent_back, waiting, draft)
    assert found.keys() == {one.entry.registration_no for one in everybody}
    assert found[approved.entry.registration_no][2] == f"\t{approved.entry.id_number}"
    assert {line[9] for line in lines} == {"approved", "returned", "submitted", "draft"}

    done = exported(own, admin, kind="journal", format="jsonl")
    entries = [json.loads(line) for line in gzip.decompress(file_of(done)).splitlines()]
    assert done["rows"] == len(entries)
    kinds = [one["kind"] for one in entries if one["registration_no"] == sent_back.entry.registration_no]
    assert [kind for kind in kinds if kind != "viewed"] == ["submitted", "returned"]

    made = expect(admin.call("POST", f"/applications/{sent_back.application}/bundle"), 201)
    data = httpx.get(made["url"], timeout=30).content
    assert hashlib.sha256(data).hexdigest() == made["sha256"]
    archive = zipfile.ZipFile(io.BytesIO(data))
    for line in archive.read("SHA256SUMS").decode().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256(archive.read(name)).hexdigest() == sha256
    assert made["images"] == len(archive.read("SHA256SUMS").decode().splitlines()) > 0
    assert "viewed" in archive.read("journal.csv").decode("utf-8-sig")


def test_who_could_not_be_reached_is_listed_nearest_end_first(own: Campaign, admin: Reviewer, stack: Stack) -> None:
    """By name, with the cause in words and the end that is theirs now; page by page, and no longer once told."""
    unreached = DynamoUnreached(stack.client("dynamodb"), stack.table)
    now = datetime.now(UTC)
    people = [own.candidate(JINAN) for _ in range(3)]
    for person, hours in zip(people, (9, -1, 3), strict=True):
        number, end = person.entry.registration_no, now + timedelta(hours=hours)
        unreached.note(Unreached(own.exam.id, "37", JINAN, number, 0, "reminder", "OptedOut", now, end, 5, None))
    path = f"/exams/{own.exam.id}/unreached"
    found = expect(admin.call("GET", f"{path}?area=37"), 200)
    expected = [people[2], people[0], people[1]]
    assert [one["registration_no"] for one in found["items"]] == [one.entry.registration_no for one in expected]
    assert found["next_cursor"] is None
    first = found["items"][0]
    assert (first["name"], first["text"]["zh"], first["next_try"]) == (people[2].entry.name, "这个号码拒收短信", None)
    assert datetime.fromisoformat(first["until"]) == own.exam.windows.upload.closes
    unreached.forget(own.exam.id, "37", people[2].entry.registration_no)
    assert len(expect(admin.call("GET", path), 200)["items"]) == 2
    assert refused(admin.call("GET", f"{path}?cursor=x")) == (400, "bad_request")
    assert refused(admin.call("GET", f"{path}?area=99")) == (404, "not_found")
    for person in people:
        unreached.forget(own.exam.id, "37", person.entry.registration_no)


def test_an_export_that_was_left_is_finished_by_the_reconciler(own: Campaign, admin: Reviewer, stack: Stack) -> None:
    """Whoever worked on it died behind the first site; what they had stored is not read again."""
    for site in (JINAN, QINGDAO):
        own.candidate(site)
    done = exported(own, admin, kind="applications", format="jsonl")
    whole = [json.loads(line) for line in gzip.decompress(file_of(done)).splitlines()]
    exports = DynamoExports(stack.client("dynamodb"), stack.table)
    over = exports.get(own.exam.id, done["id"])
    assert over is not None
    files, key = stack.client("s3"), f"exports/{own.exam.id}/{over.id}"
    upload = files.create_multipart_upload(Bucket=stack.outputs["ResultsBucket"], Key=key)["UploadId"]
    behind = [one for one in whole if one["site"] == JINAN]
    # As much as the store wants of a part that is not the last.
    filler = gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in behind))
    padding = gzip.compress(b"\n" * (6 * 1024 * 1024), compresslevel=0)
    stored = files.upload_part(
        Bucket=stack.outputs["ResultsBucket"], Key=key, UploadId=upload, PartNumber=1, Body=filler + padding
    )
    left = replace(
        over,
        state=ExportState.RUNNING,
        upload=upload,
        parts=(stored["ETag"].strip('"'),),
        place=Place(1),
        done=len(behind),
        rows=len(behind),
        size=0,
        finished_at=None,
        due=datetime.now(UTC) - timedelta(seconds=1),
    )
    assert exports.begin(over, left)
    stack.reconcile()
    again = finished(own, admin, over.id)
    assert (again["state"], again["rows"], again["done"]) == ("done", len(whole), len(whole))
    data = gzip.decompress(httpx.get(again["url"], timeout=30).content)
    assert [json.loads(line) for line in data.splitlines() if line] == whole


def test_refusals_name_what_to_change(own: Campaign, admin: Reviewer, stack: Stack) -> None:
    exports = DynamoExports(stack.client("dynamodb"), stack.table)
    path = f"/exams/{own.exam.id}/exports"
    done = exported(own, admin, kind="journal", format="csv")
    over = exports.get(own.exam.id, done["id"])
    assert over is not None
    running = replace(over, state=ExportState.RUNNING, due=datetime.now(UTC) + timedelta(minutes=5))
    assert exports.begin(over, running)
    assert refused(admin.call("POST", path, {"kind": "journal", "format": "csv"})) == (409, "export_running")
    wrong = admin.call("POST", path, {"kind": "journal", "format": "xlsx"})
    assert (refused(wrong), wrong.json()["field"]) == ((400, "bad_request"), "format")
    assert refused(admin.call("POST", f"/applications/{own.exam.id}_none/bundle")) == (404, "not_found")
