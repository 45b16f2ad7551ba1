"""The port `Applications`: its adapter on DynamoDB and its fake promise the same, and each runs the same tests."""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from songshen.adapters import dynamodb
from songshen.adapters.dynamodb import DynamoApplications
from songshen.domain.application import Application, Claim, Ready, SlotChange, Status, reopen
from songshen.domain.journal import Entry, Message, decision_entry, reopening_entry, submission_entry
from songshen.ports import Applications, Conflict, NoticeRecord, Notification, QueueFilter, QueueRow, Viewing
from tests.support.exams import (
    EXAM,
    HOUR,
    NOON,
    SUBMITTED_AT,
    approved,
    decision,
    draft,
    exam,
    ready,
    rejected,
    reserved,
    returned,
    submitted,
    text,
)
from tests.support.fakes import FakeApplications
from tests.support.stack import Stack, at_once, item_of

MINUTE = timedelta(minutes=1)
CLAIM = Claim("reviewer-1", NOON + 10 * MINUTE)
DUE = NOON + MINUTE

_numbers = itertools.count(1)


class Bench(Protocol):
    """An implementation of the port and a way to bring applications into any state."""

    port: Applications

    def put(self, application: Application) -> Application:
        """Has the application be as given."""


class FakeBench:
    """In memory."""

    def __init__(self) -> None:
        fake = FakeApplications()
        self.put = fake.put
        self.port: Applications = fake


@dataclass
class DynamoBench:
    """On the emulator."""

    client: Any
    table: str

    def __post_init__(self) -> None:
        self.port: Applications = DynamoApplications(self.client, self.table)

    def put(self, application: Application) -> Application:
        self.client.put_item(TableName=self.table, Item=item_of(application))
        return application


@pytest.fixture
def on_dynamodb(stack: Stack, table: str) -> DynamoBench:
    return DynamoBench(stack.client("dynamodb"), table)


@pytest.fixture(params=["fake", "dynamodb"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Both, one after the other."""
    if request.param == "fake":
        return FakeBench()
    made: Bench = request.getfixturevalue("on_dynamodb")
    return made


@pytest.fixture
def number() -> str:
    """A registration number that no other test uses."""
    return f"3701-{next(_numbers)}"


@pytest.fixture
def site() -> str:
    """A site that no other test uses: its queue is empty."""
    return f"99{next(_numbers):04d}"


ALL = QueueFilter(NOON)


def conflict(write: Callable[[], object]) -> Application | None:
    """What the application was when the write lost; None if it was written."""
    try:
        write()
    except Conflict as lost:
        return lost.current
    return None


# ---- reading ----


def test_what_is_not_there(bench: Bench, number: str) -> None:
    id = draft(registration_no=number).id
    assert bench.port.get(id) is None
    assert bench.port.with_journal(id) is None
    assert bench.port.set_profile(id, "13800001234", "somewhere") is None
    assert bench.port.get(id) is None
    assert bench.port.notification_of(id) is None
    assert bench.port.notice("no-such-code") is None


@pytest.mark.parametrize(
    "application",
    [
        draft(),
        draft(phone="13800001234", address="山东省济南市 1 号", quota_day="2026-03-05", quota_count=7),
        draft(slots={"identity-1": reserved(), "identity-2": rejected(), "diploma-1": ready(warnings=("blurred",))}),
        submitted(claim=CLAIM, task_token="t" * 600, obligation_due=DUE, extension=NOON),
        returned("diploma-1"),
        returned(decision=decision("diploma-1", note="请重新上传！")),
        returned(),
        approved(obligation_due=DUE),
    ],
    ids=lambda application: str(application.status),
)
def test_an_application_comes_back_as_it_was(bench: Bench, number: str, application: Application) -> None:
    given = bench.put(replace(application, registration_no=number))
    assert bench.port.get(given.id) == given
    assert bench.port.with_journal(given.id) == (given, [])


def test_the_region_of_a_reason_comes_back(bench: Bench, number: str) -> None:
    said = decision("diploma-1")
    said = replace(said, slots={"diploma-1": replace(said.slots["diploma-1"], region=(0.125, 0.0, 1.0, 0.3333))})
    given = bench.put(returned(registration_no=number, decision=said))
    assert bench.port.get(given.id) == given


def test_the_journal_is_in_order_and_complete(bench: Bench, number: str) -> None:
    first = bench.put(draft(registration_no=number, slots={"diploma-1": ready(warnings=("blurred",))}))
    after = submitted(registration_no=number, slots=first.slots)
    said = submission_entry(after, SUBMITTED_AT)
    bench.port.transition(first, after, said)
    waiting = bench.port.get(first.id)
    assert waiting is not None
    sent_back = replace(returned("diploma-1", registration_no=number, slots=first.slots))
    assert sent_back.decision is not None
    told = decision_entry(sent_back, exam(), sent_back.decision)
    bench.port.transition(waiting, sent_back, told)
    found = bench.port.with_journal(first.id)
    assert found is not None
    assert found[1] == [said, told]
    assert found[1][0].images == first.slots


def test_a_journal_longer_than_a_page(on_dynamodb: DynamoBench, number: str) -> None:
    """A query answers a megabyte at most; the journal goes on behind it."""
    application = on_dynamodb.put(submitted(registration_no=number))
    long = {f"slot-{n}": Ready("u" * 200, "ab" * 32, 640, 480) for n in range(900)}
    for n in range(6):
        entry = Entry("submitted", NOON + n * MINUTE, "candidate", n + 1, images=long)
        current = on_dynamodb.port.get(application.id)
        assert current is not None
        on_dynamodb.port.transition(current, replace(current, round=n + 2), entry)
    found = on_dynamodb.port.with_journal(application.id)
    assert found is not None
    assert [(entry.round, len(entry.images)) for entry in found[1]] == [(n + 1, 900) for n in range(6)]


# ---- slots ----


def test_a_slot_is_written_and_nothing_else(bench: Bench, number: str) -> None:
    before = bench.put(draft(registration_no=number, version=4, phone="13800001234", slots={"diploma-1": ready()}))
    written = bench.port.change_slot(before, SlotChange("identity-1", None, reserved()))
    assert written == replace(before, version=5, slots={"diploma-1": ready(), "identity-1": reserved()})
    assert bench.port.get(before.id) == written


def test_a_slot_is_replaced_and_emptied(bench: Bench, number: str) -> None:
    before = bench.put(draft(registration_no=number, slots={"diploma-1": reserved("r1"), "identity-1": ready()}))
    held = bench.port.change_slot(before, SlotChange("diploma-1", reserved("r1"), ready("r1")))
    assert held.slots == {"diploma-1": ready("r1"), "identity-1": ready()}
    emptied = bench.port.change_slot(held, SlotChange("diploma-1", ready("r1"), None))
    assert emptied == replace(before, version=2, slots={"identity-1": ready()})
    assert bench.port.get(before.id) == emptied


@pytest.mark.parametrize("held", [None, reserved("r2"), reserved(expires=NOON), rejected("r1"), ready("r1")])
def test_a_slot_that_holds_something_else_by_now(bench: Bench, number: str, held: Any) -> None:
    current = bench.put(draft(registration_no=number, slots={"diploma-1": held} if held else {}))
    stale = replace(current, slots={"diploma-1": reserved("r1")})
    change = SlotChange("diploma-1", reserved("r1"), ready("r1"))
    assert conflict(lambda: bench.port.change_slot(stale, change)) == current
    assert bench.port.get(current.id) == current


def test_a_slot_that_was_empty_and_is_taken(bench: Bench, number: str) -> None:
    current = bench.put(draft(registration_no=number, slots={"diploma-1": reserved("r2")}))
    change = SlotChange("diploma-1", None, reserved("r1"))
    assert conflict(lambda: bench.port.change_slot(replace(current, slots={}), change)) == current
    assert bench.port.get(current.id) == current


@pytest.mark.parametrize(
    ("application", "unlocked"),
    [
        (draft(), True),
        (submitted(), False),
        (approved(), False),
        (returned("identity-2"), False),
        (returned("diploma-1"), True),
        (returned("identity-2", "diploma-1"), True),
        (returned(), True),
    ],
    ids=["draft", "submitted", "approved", "another slot returned", "returned", "two returned", "all returned"],
)
def test_locked_slots_are_not_written(bench: Bench, number: str, application: Application, unlocked: bool) -> None:
    """The table decides, whatever the writer had read."""
    current = bench.put(replace(application, registration_no=number, slots={"diploma-1": reserved()}))
    change = SlotChange("diploma-1", reserved(), ready("r1"))
    lost = conflict(lambda: bench.port.change_slot(draft(registration_no=number), change))
    assert lost == (None if unlocked else current)
    found = bench.port.get(current.id)
    assert found is not None
    assert found.slots == {"diploma-1": ready("r1") if unlocked else reserved()}


def test_a_reservation_counts(bench: Bench, number: str) -> None:
    application = bench.put(draft(registration_no=number))
    for day, count in (("2026-03-05", 1), ("2026-03-05", 2), ("2026-03-06", 1)):
        held = application.slots.get("diploma-1")
        application = bench.port.change_slot(application, SlotChange("diploma-1", held, reserved(), counts_on=day))
        assert (application.quota_day, application.quota_count) == (day, count)
    uncounted = bench.port.change_slot(application, SlotChange("diploma-1", reserved(), None))
    assert (uncounted.quota_day, uncounted.quota_count) == ("2026-03-06", 1)


@pytest.mark.parametrize("counts_on", ["2026-03-05", "2026-03-06"])
@pytest.mark.parametrize(
    ("day", "count"),
    [("2026-03-05", 4), ("2026-03-05", 6), ("2026-03-06", 5), ("", 0)],
)
def test_the_quota_is_as_read(bench: Bench, number: str, day: str, count: int, counts_on: str) -> None:
    current = bench.put(draft(registration_no=number, quota_day="2026-03-05", quota_count=5))
    stale = replace(current, quota_day=day, quota_count=count)
    change = SlotChange("diploma-1", None, reserved(), counts_on=counts_on)
    assert conflict(lambda: bench.port.change_slot(stale, change)) == current
    assert bench.port.get(current.id) == current


def test_one_of_many_reservations_wins_a_slot(on_dynamodb: DynamoBench, number: str) -> None:
    read = on_dynamodb.put(draft(registration_no=number))

    def reserve(n: int) -> Application | None:
        change = SlotChange("diploma-1", None, reserved(f"r{n}"), counts_on="2026-03-05")
        return conflict(lambda: on_dynamodb.port.change_slot(read, change))

    lost = at_once(*[lambda n=n: reserve(n) for n in range(8)])
    now = on_dynamodb.port.get(read.id)
    assert now is not None
    assert (now.version, now.quota_count) == (1, 1)
    assert sorted(lost, key=lambda current: current is not None) == [None] + [now] * 7


# ---- profile ----


@pytest.mark.parametrize("application", [draft(), submitted(claim=CLAIM), returned("diploma-1"), approved()])
def test_the_profile_is_set_at_any_time(bench: Bench, number: str, application: Application) -> None:
    before = bench.put(replace(application, registration_no=number))
    written = bench.port.set_profile(before.id, "13800009999", "济南市 2 号")
    assert written == replace(before, phone="13800009999", address="济南市 2 号")
    assert bench.port.get(before.id) == written


# ---- changes of state ----

BEFORE = submitted(claim=CLAIM, task_token="token", obligation_due=DUE)
AFTER = replace(
    BEFORE, status=Status.RETURNED, decision=decision("diploma-1"), claim=None, obligation_due=NOON + 5 * MINUTE
)
ENTRY = Entry("returned", NOON, "reviewer-1", 1, decision=decision("diploma-1"))
NOTICE = NoticeRecord("c0de-c0de", EXAM, "37", "3701", "张三丰")


def test_a_transition_writes_the_state_its_entry_and_its_notice(bench: Bench, number: str) -> None:
    before = bench.put(replace(BEFORE, registration_no=number))
    notice = replace(NOTICE, code=f"code-{number}")
    bench.port.transition(before, replace(AFTER, registration_no=number), ENTRY, notice)
    assert bench.port.with_journal(before.id) == (replace(AFTER, registration_no=number, version=8), [ENTRY])
    assert bench.port.notice(notice.code) == notice


def test_a_serial_number_that_goes_takes_its_notice_with_it(bench: Bench, number: str) -> None:
    code = f"code-{number}"
    before = bench.put(replace(BEFORE, registration_no=number))
    approved_ = replace(
        before, status=Status.APPROVED, decision=approved().decision, serial_number="1", notice_code=code, claim=None
    )
    notice = replace(NOTICE, code=code)
    bench.port.transition(before, approved_, ENTRY, notice)
    standing = bench.port.get(before.id)
    assert standing is not None
    taken_back = reopen(standing, exam(), decision("diploma-1", note="why", at=NOON + MINUTE), NOON)
    assert taken_back is not None
    said = reopening_entry(taken_back, exam())
    bench.port.transition(standing, taken_back, said)
    found = bench.port.with_journal(before.id)
    assert found is not None
    assert found == (replace(taken_back, version=9), [ENTRY, said])
    assert (found[0].serial_number, found[0].decision and found[0].decision.withdrawn) == ("", "1")
    assert bench.port.notice(code) == replace(notice, valid=False)


EXTENDED = Entry("extended", NOON, "admin-1", 1, (Message(text("more time")),))


@pytest.mark.parametrize("had", [None, NOON + HOUR])
def test_more_time_is_written_with_its_entry_and_leaves_everything_else(
    bench: Bench, number: str, had: datetime | None
) -> None:
    before = bench.put(replace(BEFORE, registration_no=number, extension=had))
    bench.port.extend(before, NOON + 2 * HOUR, EXTENDED)
    assert bench.port.with_journal(before.id) == (replace(before, extension=NOON + 2 * HOUR), [EXTENDED])


@pytest.mark.parametrize(
    "meanwhile", [{"status": Status.APPROVED}, {"round": 2}, {"extension": NOON}, {"extension": None}], ids="-".join
)
def test_more_time_loses_to_what_it_depends_on(bench: Bench, number: str, meanwhile: dict[str, Any]) -> None:
    read = replace(BEFORE, registration_no=number, extension=NOON + HOUR)
    current = bench.put(replace(read, **meanwhile))
    assert conflict(lambda: bench.port.extend(read, NOON + 2 * HOUR, EXTENDED)) == current
    assert bench.port.with_journal(current.id) == (current, [])


def test_more_time_that_read_none_loses_to_some(bench: Bench, number: str) -> None:
    read = replace(BEFORE, registration_no=number, extension=None)
    current = bench.put(replace(read, extension=NOON))
    assert conflict(lambda: bench.port.extend(read, NOON + 2 * HOUR, EXTENDED)) == current


def test_a_transition_leaves_what_others_write_meanwhile(bench: Bench, number: str) -> None:
    """The profile has no version: it may be set between the read and the write."""
    before = bench.put(replace(BEFORE, registration_no=number))
    bench.port.set_profile(before.id, "13800009999", "济南市 2 号")
    bench.port.transition(before, replace(AFTER, registration_no=number), ENTRY)
    found = bench.port.get(before.id)
    assert found is not None
    assert (found.phone, found.status) == ("13800009999", Status.RETURNED)


def test_a_submission_forgets_the_round_before(bench: Bench, number: str) -> None:
    used = {"quota_day": "2026-03-05", "quota_count": 40}
    before = bench.put(returned("diploma-1", registration_no=number, claim=CLAIM, task_token="old", **used))
    again = replace(before, status=Status.SUBMITTED, round=2, attempt=1, claim=None, task_token="", obligation_due=DUE)
    again = replace(again, quota_day="", quota_count=0)
    bench.port.transition(before, again, Entry("submitted", NOON, "candidate", 2))
    assert bench.port.get(before.id) == replace(again, version=9)


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"status": Status.APPROVED},
        {"round": 2},
        {"attempt": 2},
        {"version": 8},
        {"claim": Claim("reviewer-2", CLAIM.expires)},
        {"claim": None},
    ],
    ids="-".join,
)
def test_a_transition_loses_to_any_other_change(bench: Bench, number: str, meanwhile: dict[str, Any]) -> None:
    read = replace(BEFORE, registration_no=number)
    current = bench.put(replace(read, **meanwhile))
    notice = replace(NOTICE, code=f"code-{number}")
    write = lambda: bench.port.transition(read, replace(AFTER, registration_no=number), ENTRY, notice)  # noqa: E731
    assert conflict(write) == current
    assert bench.port.with_journal(current.id) == (current, [])
    assert bench.port.notice(notice.code) is None


def test_a_transition_that_read_no_claim_loses_to_one(bench: Bench, number: str) -> None:
    read = replace(BEFORE, registration_no=number, claim=None)
    current = bench.put(replace(read, claim=CLAIM))
    assert conflict(lambda: bench.port.transition(read, replace(AFTER, registration_no=number), ENTRY)) == current


def test_a_lease_renewed_meanwhile_is_a_change_like_any_other(bench: Bench, number: str) -> None:
    """The rule is asked again with the lease as it is now."""
    read = replace(BEFORE, registration_no=number)
    current = bench.put(replace(read, claim=Claim(CLAIM.by, CLAIM.expires + 10 * MINUTE)))
    assert conflict(lambda: bench.port.transition(read, replace(AFTER, registration_no=number), ENTRY)) == current
    assert conflict(lambda: bench.port.set_claim(read, None)) == current


def test_one_of_many_decisions_wins(on_dynamodb: DynamoBench, number: str) -> None:
    read = on_dynamodb.put(replace(BEFORE, registration_no=number, claim=None))

    def decide(n: int) -> Application | None:
        entry = replace(ENTRY, by=f"reviewer-{n}")
        after = replace(AFTER, registration_no=number, decision=decision("diploma-1", by=f"reviewer-{n}"))
        return conflict(lambda: on_dynamodb.port.transition(read, after, entry))

    lost = at_once(*[lambda n=n: decide(n) for n in range(8)])
    found = on_dynamodb.port.with_journal(read.id)
    assert found is not None
    now, journal = found
    assert [current for current in lost if current is not None] == [now] * 7
    assert now.decision is not None
    assert [entry.by for entry in journal] == [now.decision.by]


# ---- what the emulator never answers, and AWS does ----


@pytest.fixture
def stubbed(stack: Stack, table: str) -> Iterator[tuple[DynamoApplications, Stubber]]:
    """The adapter on a client whose answers are given by the test."""
    client = stack.client_of("dynamodb", "test", "test")
    with Stubber(client) as stub:
        yield DynamoApplications(client, table), stub


def test_a_conflict_costs_no_further_read(stubbed: tuple[DynamoApplications, Stubber]) -> None:
    """The service says what stood in the way: there is no answer here to a `get_item`."""
    port, stub = stubbed
    current = submitted()
    stub.add_client_error("update_item", "ConditionalCheckFailedException", modeled_fields={"Item": item_of(current)})
    assert conflict(lambda: port.set_claim(draft(), CLAIM)) == current
    reasons = [{"Code": "ConditionalCheckFailed", "Item": item_of(current)}, {"Code": "None"}]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )
    assert conflict(lambda: port.transition(BEFORE, AFTER, ENTRY)) == current
    stub.assert_no_pending_responses()


def test_transactions_that_meet_are_a_conflict(stubbed: tuple[DynamoApplications, Stubber]) -> None:
    """Two transactions on one item, or a write and a transaction: the item is read, and the rule is asked again."""
    port, stub = stubbed
    current = submitted()
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )
    stub.add_response("get_item", {"Item": item_of(current)})
    assert conflict(lambda: port.transition(BEFORE, AFTER, ENTRY)) == current
    stub.add_client_error("update_item", "TransactionConflictException")
    stub.add_response("get_item", {"Item": item_of(current)})
    assert conflict(lambda: port.change_slot(draft(), SlotChange("diploma-1", None, reserved()))) == current
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ItemCollectionSizeLimitExceeded"])
def test_errors_are_not_taken_for_conflicts(stubbed: tuple[DynamoApplications, Stubber], code: str) -> None:
    port, stub = stubbed
    stub.add_client_error("update_item", code)
    with pytest.raises(ClientError):
        port.set_claim(submitted(), CLAIM)
    reasons = [{"Code": code}, {"Code": "None"}]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )
    with pytest.raises(ClientError):
        port.transition(BEFORE, AFTER, ENTRY)


# ---- claims ----


def test_a_claim_is_set_renewed_and_given_back(bench: Bench, number: str) -> None:
    free = bench.put(submitted(registration_no=number))
    bench.port.set_claim(free, CLAIM)
    held = bench.port.get(free.id)
    assert held == replace(free, claim=CLAIM)
    renewed = Claim(CLAIM.by, CLAIM.expires + MINUTE)
    bench.port.set_claim(held, renewed)
    assert bench.port.get(free.id) == replace(free, claim=renewed)
    bench.port.set_claim(replace(free, claim=renewed), None)
    assert bench.port.get(free.id) == free


@pytest.mark.parametrize(
    ("read", "now"),
    [
        ({"claim": None}, {"claim": CLAIM}),
        ({"claim": Claim("reviewer-2", NOON)}, {"claim": CLAIM}),
        ({"claim": CLAIM}, {"claim": None}),
        ({}, {"round": 2}),
        ({}, {"status": Status.RETURNED}),
    ],
    ids=["taken", "taken over", "given back", "next round", "decided"],
)
@pytest.mark.parametrize("claim", [Claim("reviewer-3", NOON + MINUTE), None], ids=["claim", "release"])
def test_a_claim_loses_to_any_other_change(
    bench: Bench, number: str, read: dict[str, Any], now: dict[str, Any], claim: Claim | None
) -> None:
    waiting = submitted(registration_no=number)
    current = bench.put(replace(waiting, **now))
    assert conflict(lambda: bench.port.set_claim(replace(waiting, **read), claim)) == current
    assert bench.port.get(current.id) == current


def test_how_many_cases_a_reviewer_holds(bench: Bench, number: str) -> None:
    """At any site, as long as the lease lives; what is decided or given back counts no more."""
    me, until = f"reviewer-{number}", NOON + 10 * MINUTE
    cases = [bench.put(submitted(registration_no=f"{number}-{n}", site=f"37{n:02d}")) for n in range(5)]
    for n, case in enumerate(cases):
        bench.port.set_claim(case, Claim(me, until + n * MINUTE))
    for case in (submitted(registration_no=f"{number}-5"), submitted(registration_no=f"{number}-6", exam="another")):
        bench.port.set_claim(bench.put(case), Claim(me if case.exam == "another" else "reviewer-2", until))
    assert [bench.port.held(EXAM, me, NOON, limit) for limit in (3, 10)] == [3, 5]
    assert bench.port.held(EXAM, me, until + MINUTE, 10) == 3
    assert bench.port.held(EXAM, f"{me}x", NOON, 10) == 0

    back = bench.port.get(cases[4].id)
    assert back is not None
    bench.port.set_claim(back, None)
    before = bench.port.get(cases[3].id)
    assert before is not None
    after = returned("diploma-1", registration_no=before.registration_no, site=before.site)
    assert after.decision is not None
    bench.port.transition(before, after, decision_entry(after, exam(), after.decision))
    renewed = bench.port.get(cases[0].id)
    assert renewed is not None
    bench.port.set_claim(renewed, Claim(me, until + HOUR))
    assert bench.port.held(EXAM, me, NOON, 10) == 3
    assert bench.port.held(EXAM, me, until + 30 * MINUTE, 10) == 1


def test_one_of_many_claims_wins(on_dynamodb: DynamoBench, number: str) -> None:
    read = on_dynamodb.put(submitted(registration_no=number))

    def claim(n: int) -> Application | None:
        return conflict(lambda: on_dynamodb.port.set_claim(read, Claim(f"reviewer-{n}", CLAIM.expires)))

    lost = at_once(*[lambda n=n: claim(n) for n in range(8)])
    winner = on_dynamodb.port.get(read.id)
    assert winner is not None
    assert lost.count(None) == 1
    assert winner.claim == Claim(f"reviewer-{lost.index(None)}", CLAIM.expires)
    assert [current for current in lost if current] == [winner] * 7


# ---- the workflow's side ----


@pytest.mark.parametrize("application", [BEFORE, approved(attempt=3, obligation_due=NOON)])
def test_a_restart_raises_the_attempt(bench: Bench, number: str, application: Application) -> None:
    before = bench.put(replace(application, registration_no=number))
    due = NOON + 7 * MINUTE
    expected = replace(before, attempt=before.attempt + 1, obligation_due=due, task_token="")
    assert bench.port.restart(before, due) == expected
    assert bench.port.get(before.id) == expected


@pytest.mark.parametrize("meanwhile", [{"round": 2}, {"attempt": 2}, {"status": Status.RETURNED}], ids="-".join)
def test_a_restart_loses_to_any_other_change(bench: Bench, number: str, meanwhile: dict[str, Any]) -> None:
    read = replace(BEFORE, registration_no=number)
    current = bench.put(replace(read, **meanwhile))
    assert conflict(lambda: bench.port.restart(read, NOON)) == current
    assert bench.port.get(current.id) == current


def test_a_notification_is_kept_for_its_round(bench: Bench, number: str) -> None:
    application = bench.put(returned("diploma-1", registration_no=number))
    assert bench.port.notification_of(application.id) is None
    failed = Notification(1, "failed", NOON, "not a mobile phone number")
    bench.port.record_notification(application, failed)
    assert bench.port.notification_of(application.id) == failed
    sent = Notification(1, "sent", NOON + MINUTE)
    bench.port.record_notification(application, sent)
    assert bench.port.notification_of(application.id) == sent
    bench.port.record_notification(replace(application, round=2), Notification(2, "sent", NOON))
    assert bench.port.notification_of(application.id) == sent
    assert bench.port.get(application.id) == application


OWING = {"task_token": "t" * 600, "obligation_due": DUE}


@pytest.mark.parametrize("state", ["sent", "failed"])
def test_with_the_notification_nothing_is_owed_any_more(bench: Bench, number: str, state: str) -> None:
    application = bench.put(returned("diploma-1", registration_no=number, **OWING))
    bench.port.record_notification(replace(application, round=2), Notification(2, state, NOON))
    assert bench.port.get(application.id) == application
    bench.port.record_notification(application, Notification(1, state, NOON))
    assert bench.port.get(application.id) == replace(application, task_token="", obligation_due=None)


@pytest.mark.parametrize("decided", [returned("diploma-1", **OWING), approved(attempt=3, **OWING)])
def test_a_decided_round_is_settled(bench: Bench, number: str, decided: Application) -> None:
    before = bench.put(replace(decided, registration_no=number))
    for round, attempt in ((before.round + 1, before.attempt), (before.round, before.attempt + 1)):
        bench.port.settle(before.id, round, attempt)
        assert bench.port.get(before.id) == before
    bench.port.settle(before.id, before.round, before.attempt)
    assert bench.port.get(before.id) == replace(before, task_token="", obligation_due=None)


def test_what_waits_for_its_decision_is_not_settled(bench: Bench, number: str) -> None:
    before = bench.put(replace(BEFORE, registration_no=number))
    bench.port.settle(before.id, before.round, before.attempt)
    assert bench.port.get(before.id) == before


def test_obligations_are_found_when_they_are_due(bench: Bench, on_dynamodb: DynamoBench) -> None:
    """Nothing else in the table owes anything at that time: it is long before all others."""
    start = datetime(2001, 1, 1, tzinfo=NOON.tzinfo)
    owing = [
        bench.put(submitted(registration_no=f"owing-{next(_numbers)}", obligation_due=start + minutes * MINUTE))
        for minutes in (3, 1, 2)
    ]
    third, first, second = (application.id for application in owing)
    assert bench.port.obligations(start, 10) == []
    assert bench.port.obligations(start + MINUTE, 10) == [first]
    assert bench.port.obligations(start + 3 * MINUTE, 10) == [first, second, third]
    assert bench.port.obligations(start + 3 * MINUTE, 2) == [first, second]
    for application in owing:
        bench.put(replace(application, obligation_due=None))
    assert bench.port.obligations(start + 3 * MINUTE, 10) == []


# ---- serial numbers ----


def test_serial_numbers_count_per_exam_and_site(bench: Bench, site: str) -> None:
    assert [bench.port.next_serial(EXAM, site) for _ in range(3)] == [1, 2, 3]
    assert bench.port.next_serial(EXAM, f"{site}1") == 1
    assert bench.port.next_serial("another", site) == 1
    assert bench.port.next_serial(EXAM, site) == 4


def test_threat_31_serial_numbers_are_unique_under_concurrency(on_dynamodb: DynamoBench, site: str) -> None:
    def take() -> list[int]:
        return [on_dynamodb.port.next_serial(EXAM, site) for _ in range(10)]

    taken = at_once(*[take] * 8)
    assert sorted(itertools.chain(*taken)) == list(range(1, 81))
    assert all(own == sorted(own) for own in taken)


# ---- the queue ----


def test_the_queue_is_of_one_site_and_one_status_oldest_first(bench: Bench, site: str) -> None:
    def waits(minutes: int, **changes: Any) -> Application:
        at = SUBMITTED_AT + minutes * MINUTE
        number = f"q-{next(_numbers):04d}"
        return bench.put(submitted(**{"site": site, "registration_no": number, "submitted_at": at} | changes))

    last, first = waits(9), waits(1, claim=CLAIM)
    tie = [waits(5), waits(5)]
    waits(2, site=f"{site}1")
    waits(2, exam="another")
    back = bench.put(returned(site=site, registration_no=f"q-{next(_numbers):04d}"))
    page = bench.port.queue(EXAM, site, "submitted", ALL, None, 100)
    assert [row.application for row in page.rows] == [first.id, *(one.id for one in tie), last.id]
    assert page.cursor is None
    assert page.rows[0] == QueueRow(
        first.id, first.registration_no, "张三丰", "submitted", 1, SUBMITTED_AT + MINUTE, CLAIM
    )
    assert page.rows[1].claim is None
    assert [row.application for row in bench.port.queue(EXAM, site, "returned", ALL, None, 100).rows] == [back.id]
    assert bench.port.queue(EXAM, site, "approved", ALL, None, 100).rows == []


def pages(port: Applications, site: str, limit: int) -> Iterator[list[str]]:
    cursor: str | None = None
    while True:
        page = port.queue(EXAM, site, "submitted", ALL, cursor, limit)
        yield [row.application for row in page.rows]
        cursor = page.cursor
        if cursor is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_the_queue_comes_in_pages(bench: Bench, site: str, limit: int) -> None:
    waiting = [
        bench.put(submitted(site=site, registration_no=f"p-{next(_numbers):04d}", submitted_at=NOON + n * MINUTE)).id
        for n in range(5)
    ]
    seen = list(pages(bench.port, site, limit))
    assert [id for page in seen for id in page] == waiting
    assert all(len(page) <= limit for page in seen)


def test_a_cursor_goes_on_behind_one_who_has_left(bench: Bench, site: str) -> None:
    """The queue shrinks while somebody pages through it: nobody is skipped."""
    waiting = [
        bench.put(submitted(site=site, registration_no=f"s-{next(_numbers):04d}", submitted_at=NOON + n * MINUTE))
        for n in range(4)
    ]
    page = bench.port.queue(EXAM, site, "submitted", ALL, None, 2)
    gone = waiting[1]
    bench.put(approved(site=site, registration_no=gone.registration_no))
    rest = bench.port.queue(EXAM, site, "submitted", ALL, page.cursor, 10)
    assert [row.application for row in rest.rows] == [waiting[2].id, waiting[3].id]


def _cursor(of: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(of).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "é", "====", _cursor({}), _cursor([]), _cursor("ab"), _cursor([1, 2]), _cursor(["a", ["b"]]),
     _cursor(["", ""]), _cursor(["a", "b", "c"]), _cursor(None), _cursor(7), _cursor(["a", None])],
)  # fmt: skip
def test_a_cursor_that_is_not_ours(bench: Bench, site: str, cursor: str) -> None:
    """ValueError or TypeError, which the desk answers as a bad request."""
    with pytest.raises((ValueError, TypeError)):
        bench.port.queue(EXAM, site, "submitted", ALL, cursor, 10)


def test_who_is_decided_leaves_the_queue(bench: Bench, site: str) -> None:
    before = bench.put(submitted(site=site, registration_no=f"l-{next(_numbers):04d}"))
    after = returned("diploma-1", site=site, registration_no=before.registration_no)
    bench.port.transition(before, after, ENTRY)
    assert bench.port.queue(EXAM, site, "submitted", ALL, None, 10).rows == []
    assert [row.application for row in bench.port.queue(EXAM, site, "returned", ALL, None, 10).rows] == [before.id]


def listed(port: Applications, site: str, wanted: QueueFilter, limit: int, status: str = "submitted") -> list[str]:
    """All registration numbers that are wanted, page by page; no page is longer than `limit`."""
    cursor: str | None = None
    found: list[str] = []
    while True:
        page = port.queue(EXAM, site, status, wanted, cursor, limit)
        assert len(page.rows) <= limit
        found += [row.registration_no for row in page.rows]
        cursor = page.cursor
        if cursor is None:
            return found


HELD = Claim("reviewer-1", NOON + MINUTE)
LAPSED = Claim("reviewer-1", NOON)
OTHERS = Claim("reviewer-2", NOON + MINUTE)
WANTED = {
    "all": QueueFilter(NOON),
    "second round": QueueFilter(NOON, round=2),
    "waiting": QueueFilter(NOON, before=NOON - 5 * MINUTE),
    "mine": QueueFilter(NOON, mine="reviewer-1"),
    "free": QueueFilter(NOON, free=True),
    "number": QueueFilter(NOON, search="f-1"),
    "not in the middle of a number": QueueFilter(NOON, search="-1"),
    "part of a name": QueueFilter(NOON, search="三"),
    "odd": QueueFilter(NOON, search="%'\"\\😀"),
    "beginning of a number": QueueFilter(NOON, number="f-1"),
    "no part of a name": QueueFilter(NOON, number="三"),
    "several": QueueFilter(NOON, round=1, before=NOON - 2 * MINUTE, free=True, search="张"),
}


def mixed(bench: Bench, site: str) -> list[Application]:
    """Twelve that wait, one a minute, of every kind, oldest first."""
    claims = [None, HELD, LAPSED, OTHERS]
    return [
        bench.put(
            submitted(
                site=site,
                registration_no=f"f-{n:02d}-{site}",
                name=("张三丰", "李四", "%'\"\\😀")[n % 3],
                round=1 + n % 2,
                claim=claims[n // 2 % 4],
                submitted_at=NOON - (12 - n) * MINUTE,
            )
        )
        for n in range(12)
    ]


def is_wanted(application: Application, wanted: QueueFilter) -> bool:
    """In other words than the fake's."""
    live = application.claim.by if application.claim and application.claim.expires > wanted.now else ""
    if wanted.round and application.round != wanted.round:
        return False
    if wanted.before and application.since and application.since >= wanted.before:
        return False
    if (wanted.mine and live != wanted.mine) or (wanted.free and live):
        return False
    if not application.registration_no.startswith(wanted.number):
        return False
    return application.registration_no.startswith(wanted.search) or wanted.search in application.name


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
def test_a_filter_loses_and_doubles_nothing_at_any_page_size(
    bench: Bench, site: str, wanted: QueueFilter, limit: int
) -> None:
    waiting = mixed(bench, site)
    expected = [one.registration_no for one in waiting if is_wanted(one, wanted)]
    assert listed(bench.port, site, wanted, limit) == expected
    assert len(expected) < 12 or wanted == WANTED["all"]


def test_a_filtered_queue_is_read_on_behind_many_that_are_not_wanted(
    on_dynamodb: DynamoBench, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little is read at once and in one request, the pages together are the queue."""
    monkeypatch.setattr(dynamodb, "READ_AT_ONCE", 2)
    monkeypatch.setattr(dynamodb, "READS", 2)
    waiting = mixed(on_dynamodb, site)
    for wanted in WANTED.values():
        expected = [one.registration_no for one in waiting if is_wanted(one, wanted)]
        for limit in (1, 2, 3):
            assert listed(on_dynamodb.port, site, wanted, limit) == expected
    empty = on_dynamodb.port.queue(EXAM, site, "submitted", QueueFilter(NOON, search="none"), None, 5)
    assert empty.rows == []
    assert empty.cursor is not None


def test_a_cursor_behind_what_is_wanted_ends_the_queue(bench: Bench, site: str) -> None:
    """The cursor of an unfiltered page with a filter of those who have waited long."""
    mixed(bench, site)
    behind = bench.port.queue(EXAM, site, "submitted", ALL, None, 10).cursor
    page = bench.port.queue(EXAM, site, "submitted", WANTED["waiting"], behind, 10)
    assert (list(page.rows), page.cursor) == ([], None)


def test_a_site_counts_its_own_by_status(bench: Bench, site: str) -> None:
    mixed(bench, site)
    bench.put(returned(site=site, registration_no=f"c-{next(_numbers):04d}"))
    bench.put(submitted(site=f"{site}1", registration_no=f"c-{next(_numbers):04d}"))
    bench.put(submitted(exam="another", site=site, registration_no=f"c-{next(_numbers):04d}"))
    counted = {status: bench.port.count(EXAM, site, status) for status in Status}
    assert counted == {Status.DRAFT: 0, Status.SUBMITTED: 12, Status.RETURNED: 1, Status.APPROVED: 0}


# ---- viewings ----


def test_a_viewing_is_noted_once_per_person_round_thing_and_ten_minutes(bench: Bench, number: str) -> None:
    id = bench.put(submitted(registration_no=number)).id
    seen = Viewing("reviewer-1", NOON, 1, "case")
    later = replace(seen, at=NOON + 9 * MINUTE)
    others = [
        replace(seen, by="reviewer-2", at=NOON + MINUTE),
        replace(seen, what="identity", at=NOON + 2 * MINUTE),
        replace(seen, what="check", at=NOON + 3 * MINUTE),
        replace(seen, round=2, at=NOON + 4 * MINUTE),
        replace(seen, at=NOON - 1 * MINUTE),
        replace(seen, at=NOON + 10 * MINUTE),
    ]
    for viewing in (seen, *others, later):
        bench.port.record_viewing(id, viewing)
    assert bench.port.viewings(id) == sorted([later, *others], key=lambda one: one.at)


def test_viewings_are_no_part_of_the_journal(bench: Bench, number: str) -> None:
    before = bench.put(submitted(registration_no=number))
    assert bench.port.viewings(before.id) == []
    bench.port.record_viewing(before.id, Viewing("reviewer-1", NOON, 1, "case"))
    bench.port.transition(before, returned(registration_no=number), ENTRY)
    found = bench.port.with_journal(before.id)
    assert found is not None
    assert found[1] == [ENTRY]
    assert bench.port.viewings(f"{before.id}0") == []


# ---- size ----


def size_of(value: Any) -> int:
    """Bytes of an attribute value, by the rules of DynamoDB's documentation."""
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return (len(held.strip("-").replace(".", "")) + 1) // 2 + 1
        case "B":
            return len(held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + size_of(inner) for name, inner in held.items())
        case "L":
            return 3 + sum(1 + size_of(inner) for inner in held)
        case _:
            return 1


def test_ten_images_and_a_decision_stay_below_three_kilobytes(on_dynamodb: DynamoBench, number: str) -> None:
    """Every started kilobyte costs a write unit at every slot write: in a returned application, at its largest."""
    places = [f"identity-{n}" for n in range(1, 4)] + [f"assessment-{n}" for n in range(1, 8)]
    images = {slot: replace(ready(), warnings=("blurred",), width=1213, height=1601) for slot in places}
    said = decision(*places[:3], by="shenhe-jinan-1", note="请按要求重新上传！")
    note = "毕业证编号无法辨别，请重新上传！"
    judged = {
        slot: replace(review, code="illegible", note=note, region=(0.125, 0.25, 0.5, 0.75), upload_id=ready().upload_id)
        for slot, review in said.slots.items()
    }
    application = returned(
        registration_no=number,
        slots=images,
        round=2,
        phone="13800001234",
        address="山东省济南市历下区某某路 100 号某某小区 1 号楼 1 单元 101 室",
        decision=replace(said, slots=judged),
        quota_day="2026-03-05",
        quota_count=40,
        obligation_due=DUE,
    )
    on_dynamodb.put(application)
    lies = on_dynamodb.client.get_item(
        TableName=on_dynamodb.table, Key={name: item_of(application)[name] for name in ("pk", "sk")}
    )["Item"]
    assert on_dynamodb.port.get(application.id) == application
    assert sum(len(name) + size_of(value) for name, value in lies.items()) <= 3 * 1024
