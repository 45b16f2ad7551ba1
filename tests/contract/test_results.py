"""The ports `ResultsBook`, `Exports` and `ResultFiles`: their adapters and their fakes promise the same."""

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from songshen.adapters.directory import DynamoRoster
from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.results import DynamoExports, DynamoResultsBook, S3ResultFiles
from songshen.domain.application import Application
from songshen.domain.export import Export, ExportFormat, ExportKind, ExportState, Place
from songshen.domain.journal import submission_entry
from songshen.ports import Applications, Exports, ResultFiles, ResultsBook, RosterEntry, Viewing
from tests.support.disturbed import Lagging
from tests.support.exams import HOUR, MINUTE, NOON, SECOND, SUBMITTED_AT, approved, draft, returned, submitted
from tests.support.fakes import (
    FakeApplications,
    FakeExports,
    FakeResultFiles,
    FakeResultsBook,
    FakeRoster,
    roster_entry,
)
from tests.support.stack import Stack, item_of

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_numbers = itertools.count(1)
MIB = 1024 * 1024


@dataclass
class Bench:
    """An implementation of the table's ports, and what they read."""

    book: ResultsBook
    exports: Exports
    applications: Applications
    put: Callable[[Application], object]
    add: Callable[[RosterEntry], object]


@pytest.fixture
def on_dynamodb(stack: Stack, table: str) -> Bench:
    client = stack.client("dynamodb")
    return Bench(
        DynamoResultsBook(client, table, lambda: datetime.now(UTC)),
        DynamoExports(client, table),
        DynamoApplications(client, table),
        lambda application: client.put_item(TableName=table, Item=item_of(application)),
        DynamoRoster(client, table).add,
    )


@pytest.fixture(params=["fake", "dynamodb"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Both, one after the other."""
    if request.param == "fake":
        applications, roster = FakeApplications(), FakeRoster()
        book = FakeResultsBook(applications, roster)
        return Bench(book, FakeExports(), applications, applications.put, roster.add)
    made: Bench = request.getfixturevalue("on_dynamodb")
    return made


@pytest.fixture
def own() -> str:
    """An exam that no other test uses."""
    return f"x{next(_numbers):04d}"


# ---- what is read --------------------------------------------------------------------------------------------------


def test_a_sites_applications_of_every_status_are_listed_once_and_in_order(bench: Bench, own: str) -> None:
    for made in (submitted, returned, approved, draft):
        bench.put(made(exam=own, registration_no=f"n-{made.__name__}"))
    bench.put(draft(exam=own, registration_no="elsewhere", site="3702"))
    assert bench.book.numbers(own, "3701") == ["n-approved", "n-draft", "n-returned", "n-submitted"]
    assert bench.book.numbers(own, "1101") == []


def test_applications_come_with_their_roster_entries_in_the_order_asked_for(bench: Bench, own: str) -> None:
    first, second = submitted(exam=own, registration_no="1"), draft(exam=own, registration_no="2")
    entry = roster_entry("1", exam=own, username=f"{own}-1")
    bench.put(first)
    bench.add(entry)
    bench.put(first)
    bench.put(second)
    assert bench.book.applications(own, ["2", "1", "gone"]) == [(second, None), (first, entry)]
    assert bench.book.applications(own, ["gone"]) == []


def test_a_history_is_the_journal_and_who_has_looked(bench: Bench, own: str) -> None:
    before = draft(exam=own, registration_no="1")
    after = submitted(exam=own, registration_no="1", slots=before.slots)
    bench.put(before)
    bench.put(draft(exam=own, registration_no="2"))
    entry = submission_entry(after, SUBMITTED_AT)
    bench.applications.transition(before, after, entry)
    seen = [Viewing("reviewer-1", NOON, 1, "case"), Viewing("reviewer-2", NOON + HOUR, 1, "identity")]
    for one in reversed(seen):
        bench.applications.record_viewing(after.id, one)
    assert bench.book.histories(own, ["2", "1"]) == [([], []), ([entry], seen)]


def test_who_moves_while_the_list_is_made_is_on_it(stack: Stack, table: str, own: str) -> None:
    """From a status that is still to come to one that was behind."""
    client = stack.client("dynamodb")
    now = datetime.now(UTC)

    def put(application: Application) -> None:
        client.put_item(TableName=table, Item=item_of(application))

    back = returned(exam=own)
    put(back)

    class Moving:
        """The client; the candidate submits again after the second list."""

        asked = 0

        def query(self, **asked: Any) -> Any:
            self.asked += 1
            if self.asked == 3:
                put(replace(back, status=submitted().status, round=2, submitted_at=now))
            return client.query(**asked)

    moving = Moving()
    assert DynamoResultsBook(moving, table, lambda: now).numbers(own, "3701") == [back.registration_no]  # type: ignore[arg-type]
    assert moving.asked == 7


# ---- exports -------------------------------------------------------------------------------------------------------


def export(exam: str, id: str = "1", **changes: Any) -> Export:
    made = Export(exam, id, ExportKind.APPLICATIONS, ExportFormat.CSV, True, "admin-1", NOON, due=NOON + MINUTE)
    return replace(made, **changes)


def test_an_export_is_kept_as_it_was_written(bench: Bench, own: str) -> None:
    assert bench.exports.get(own, "1") is None
    made = export(
        own,
        state=ExportState.RUNNING,
        total=9,
        upload="u",
        parts=("a", "b"),
        place=Place(3, "3701-9"),
        done=4,
        rows=5,
        size=6,
        reached=7,
        finished_at=NOON + HOUR,
        attempts=2,
        runner="r",
    )
    bench.exports.create(made)
    assert bench.exports.get(own, "1") == made


def test_the_newest_comes_first(bench: Bench, own: str) -> None:
    for id in ("1", "3", "2"):
        bench.exports.create(export(own, id))
    assert [one.id for one in bench.exports.last(own, 2)] == ["3", "2"]


def test_one_begins(bench: Bench, own: str) -> None:
    before = export(own)
    bench.exports.create(before)
    after = replace(before, state=ExportState.RUNNING, runner="r", attempts=1)
    assert bench.exports.begin(before, after)
    assert not bench.exports.begin(before, replace(after, runner="another"))
    assert bench.exports.get(own, "1") == after


def test_only_its_runner_saves_it(bench: Bench, own: str) -> None:
    before = export(own)
    bench.exports.create(before)
    assert not bench.exports.save(replace(before, runner=""))
    running = replace(before, state=ExportState.RUNNING, runner="r")
    bench.exports.begin(before, running)
    assert not bench.exports.save(replace(running, runner="another"))
    done = replace(running, state=ExportState.DONE, due=None)
    assert bench.exports.save(done)
    assert not bench.exports.save(replace(done, rows=9))
    assert bench.exports.get(own, "1") == done


def test_what_nobody_works_on_is_due(bench: Bench, own: str) -> None:
    bench.exports.create(export(own))
    bench.exports.create(export(own, "2", due=None, state=ExportState.DONE))

    def due(now: datetime) -> list[str]:
        return [one.id for one in bench.exports.due(now, 1000) if one.exam == own]

    assert due(NOON + MINUTE - SECOND) == []
    assert due(NOON + MINUTE) == ["1"]


def test_what_somebody_has_begun_since_the_index_said_so_is_not_due(stack: Stack, table: str, own: str) -> None:
    client = stack.client("dynamodb")
    exports = DynamoExports(cast("DynamoDBClient", Lagging(client)), table)
    before = export(own)
    exports.create(before)
    assert [one.id for one in exports.due(NOON + MINUTE, 1000) if one.exam == own] == [before.id]
    assert exports.begin(before, replace(before, state=ExportState.RUNNING, runner="r", due=NOON + HOUR))
    assert [one.id for one in exports.due(NOON + MINUTE, 1000) if one.exam == own] == []


# ---- files ---------------------------------------------------------------------------------------------------------


@dataclass
class FileBench:
    """An implementation of the port, and what it has stored."""

    files: ResultFiles
    stored: Callable[[str], bytes]


@pytest.fixture(scope="module")
def on_s3(stack: Stack) -> Iterator[FileBench]:
    client, bucket = stack.client("s3"), f"contract-results-{secrets.token_hex(4)}"
    client.create_bucket(Bucket=bucket)
    yield FileBench(S3ResultFiles(client, bucket), lambda key: client.get_object(Bucket=bucket, Key=key)["Body"].read())
    for thing in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        client.delete_object(Bucket=bucket, Key=thing["Key"])
    client.delete_bucket(Bucket=bucket)


@pytest.fixture(params=["fake", "s3"])
def files(request: pytest.FixtureRequest) -> FileBench:
    """Both, one after the other."""
    if request.param == "fake":
        fake = FakeResultFiles()
        return FileBench(fake, fake.objects.__getitem__)
    made: FileBench = request.getfixturevalue("on_s3")
    return made


def test_a_file_is_made_of_its_parts_whatever_was_stored_twice(files: FileBench) -> None:
    key, first = "exports/x/1", b"a" * (5 * MIB)
    upload = files.files.begin(key, "text/csv")
    files.files.put(key, upload, 2, b"half")
    parts = [files.files.put(key, upload, 1, first), files.files.put(key, upload, 2, b"whole")]
    files.files.finish(key, upload, parts)
    assert files.stored(key) == first + b"whole"
    files.files.finish(key, upload, parts)
    assert files.stored(key) == first + b"whole"


def test_a_whole_file(files: FileBench) -> None:
    files.files.store("bundles/x/1.zip", b"PK", "application/zip")
    assert files.stored("bundles/x/1.zip") == b"PK"


def test_a_link_downloads_the_file_by_its_name(on_s3: FileBench) -> None:
    on_s3.files.store("bundles/x/2.zip", b"PK2", "application/zip")
    link = on_s3.files.link("bundles/x/2.zip", "exam-1.zip")
    assert "X-Amz-Expires=300" in link
    answer = httpx.get(link, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"PK2")
    assert answer.headers["content-disposition"] == 'attachment; filename="exam-1.zip"'
    assert answer.headers["cache-control"] == "no-store"


def test_what_was_never_finished_cannot_be_finished_by_its_name(on_s3: FileBench) -> None:
    with pytest.raises(Exception, match=r"404|NoSuch|Not Found"):
        on_s3.files.finish("exports/x/none", "gone", ["0" * 32])
