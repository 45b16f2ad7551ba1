"""The ports `ProgressBook` and `ProgressCache`: their adapters on DynamoDB and their fakes promise the same."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.items import marshal
from songshen.adapters.progress import DynamoProgressBook, DynamoProgressCache
from songshen.domain.application import Application, Status
from songshen.domain.journal import decision_entry, submission_entry
from songshen.ports import Applications, Decided, KeptProgress, ProgressBook, ProgressCache, ProgressRow, RoundCounts
from tests.support.exams import (
    DECIDED_AT,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    SUBMITTED_AT,
    approved,
    draft,
    exam,
    returned,
    submitted,
)
from tests.support.fakes import FakeApplications, FakeProgressBook, FakeProgressCache
from tests.support.stack import Stack, item_of

_numbers = itertools.count(1)


@dataclass
class Bench:
    """An implementation of both ports, and the one that writes what they count."""

    book: ProgressBook
    cache: ProgressCache
    applications: Applications
    put: Callable[[Application], object]

    def decided(self, after: Application) -> None:
        """An application that is submitted and then decided."""
        before = replace(after, status=Status.DRAFT, round=0, decision=None, serial_number="", notice_code="")
        self.put(before)
        waiting = replace(submitted(registration_no=after.registration_no), exam=after.exam, area=after.area)
        waiting = replace(waiting, site=after.site, round=after.round, version=before.version + 1)
        assert waiting.submitted_at is not None
        self.applications.transition(before, waiting, submission_entry(waiting, waiting.submitted_at))
        assert after.decision is not None
        self.applications.transition(waiting, after, decision_entry(after, exam(), after.decision))


@pytest.fixture
def on_dynamodb(stack: Stack, table: str) -> Bench:
    client = stack.client("dynamodb")
    return Bench(
        DynamoProgressBook(client, table),
        DynamoProgressCache(client, table),
        DynamoApplications(client, table),
        lambda application: client.put_item(TableName=table, Item=item_of(application)),
    )


@pytest.fixture(params=["fake", "dynamodb"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Both, one after the other."""
    if request.param == "fake":
        applications = FakeApplications()
        return Bench(FakeProgressBook(applications), FakeProgressCache(), applications, applications.put)
    made: Bench = request.getfixturevalue("on_dynamodb")
    return made


@pytest.fixture
def own() -> str:
    """An exam that no other test uses."""
    return f"p{next(_numbers):04d}"


def test_nothing_is_there_at_first(bench: Bench, own: str) -> None:
    for status in Status:
        assert bench.book.counts(own, "3701", status.value) == RoundCounts(0)
    assert list(bench.book.rows(own, "3701", "submitted")) == []
    assert list(bench.book.decisions(own, "37", SUBMITTED_AT)) == []
    assert bench.book.extensions(own, []) == {}
    assert bench.book.unreached(own, "37") == 0


def test_applications_are_counted_by_round(bench: Bench, own: str) -> None:
    for number, round in enumerate([1, 1, 1, 2, 2, 3, 9]):
        bench.put(approved(exam=own, registration_no=f"a{number}", round=round))
    bench.put(approved(exam=own, registration_no="elsewhere", site="3702"))
    assert bench.book.counts(own, "3701", "approved") == RoundCounts(7, 3, 2)
    bench.put(draft(exam=own))
    assert bench.book.counts(own, "3701", "draft") == RoundCounts(1)


def test_lines_are_in_the_order_of_waiting(bench: Bench, own: str) -> None:
    for number, hours in enumerate([2, 9, 4]):
        bench.put(submitted(exam=own, registration_no=f"s{number}", submitted_at=NOON - hours * HOUR, round=number + 1))
    assert list(bench.book.rows(own, "3701", "submitted")) == [
        ProgressRow("s1", NOON - 9 * HOUR, 2),
        ProgressRow("s2", NOON - 4 * HOUR, 3),
        ProgressRow("s0", NOON - 2 * HOUR, 1),
    ]


def test_decisions_are_in_the_index_with_who_and_when(bench: Bench, own: str) -> None:
    back, done = returned("diploma-1", exam=own, registration_no="r"), approved(exam=own, registration_no="a")
    bench.decided(back)
    bench.decided(done)
    found = sorted(bench.book.decisions(own, "37", DECIDED_AT), key=lambda one: one.approved)
    assert found == [Decided("reviewer-1", "3701", DECIDED_AT, approved, SUBMITTED_AT) for approved in (False, True)]
    assert list(bench.book.decisions(own, "37", DECIDED_AT + SECOND)) == []
    assert list(bench.book.decisions(own, "11", SUBMITTED_AT)) == []


def test_extensions_of_those_who_have_one(bench: Bench, own: str) -> None:
    bench.put(draft(exam=own, registration_no="1", extension=NOON))
    bench.put(draft(exam=own, registration_no="2"))
    assert bench.book.extensions(own, ["1", "2"]) == {"1": NOON}


def test_what_was_counted_is_kept(bench: Bench, own: str) -> None:
    assert bench.cache.get(own) is None
    bench.cache.put(own, KeptProgress(NOON, b"\x00\xff"))
    assert bench.cache.get(own) == KeptProgress(NOON, b"\x00\xff")


def test_one_counts_at_a_time(bench: Bench, own: str) -> None:
    assert bench.cache.claim(own, NOON, NOON + MINUTE)
    assert bench.cache.get(own) is None
    assert not bench.cache.claim(own, NOON + MINUTE - SECOND, NOON + 2 * MINUTE)
    assert bench.cache.claim(own, NOON + MINUTE, NOON + 2 * MINUTE)
    bench.cache.put(own, KeptProgress(NOON, b"x"))
    assert bench.cache.claim(own, NOON + MINUTE, NOON + 2 * MINUTE)
    assert bench.cache.get(own) == KeptProgress(NOON, b"x")


def test_whom_no_sms_could_reach_is_counted(stack: Stack, table: str, own: str) -> None:
    client = stack.client("dynamodb")
    for number in range(3):
        item: Any = marshal({"pk": f"UNREACHED#{own}#37", "sk": str(number)})
        client.put_item(TableName=table, Item=item)
    assert DynamoProgressBook(client, table).unreached(own, "37") == 3


def test_more_than_a_page_is_read(stack: Stack, table: str, own: str) -> None:
    """A query answers a megabyte at most; the pages here are smaller."""
    client = stack.client("dynamodb")
    for number in range(7):
        client.put_item(
            TableName=table, Item=item_of(approved(exam=own, registration_no=f"a{number}", round=number + 1))
        )

    class Small:
        """The client, with pages of two."""

        def query(self, **asked: Any) -> Any:
            return client.query(**asked, Limit=2)

    book = DynamoProgressBook(Small(), table)  # type: ignore[arg-type]
    assert book.counts(own, "3701", "approved") == RoundCounts(7, 1, 1)
    assert len(list(book.rows(own, "3701", "approved"))) == 7
