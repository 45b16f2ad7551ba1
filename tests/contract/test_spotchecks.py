"""The port `SpotChecks`: its adapter on DynamoDB and its fake promise the same, and each runs the same tests."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.spotchecks import DynamoSpotChecks
from songshen.domain.application import Application, Claim, Decision, Outcome, SlotReview
from songshen.domain.journal import Entry
from songshen.domain.spotcheck import SpotCheck
from songshen.ports import Applications, Conflict, SpotChecks
from tests.support.exams import DECIDED_AT, EXAM, MINUTE, NOON, SECOND, returned, submitted
from tests.support.fakes import FakeApplications, FakeSpotChecks
from tests.support.stack import Stack, at_once, item_of

CLAIM = Claim("reviewer-2", NOON + 10 * MINUTE)
ENTRY = Entry("returned", NOON, "reviewer-1", 1)
_numbers = itertools.count(1)


@dataclass
class Bench:
    """An implementation of the port, and the one that writes its checks."""

    port: SpotChecks
    applications: Applications
    put: Callable[[Application], object]

    def made(self, area: str, number: str = "", at: Any = DECIDED_AT, **changes: Any) -> SpotCheck:
        """A check of an application that was decided at that time, written with its decision."""
        place = {"registration_no": number or f"s-{next(_numbers):05d}", "area": area}
        before = submitted(**place)
        self.put(before)
        after = returned("diploma-1", **place)
        assert after.decision is not None
        decision = replace(after.decision, at=at)
        check = SpotCheck(EXAM, area, before.site, before.registration_no, 1, decision)
        check = replace(check, **changes)
        self.applications.transition(before, replace(after, decision=decision), ENTRY, None, check)
        return check

    def of(self, check: SpotCheck) -> list[SpotCheck]:
        """The application's checks as they are kept."""
        return self.port.find(check.exam, check.area, check.application)


@pytest.fixture
def on_dynamodb(stack: Stack, table: str) -> Bench:
    client = stack.client("dynamodb")

    def put(application: Application) -> None:
        client.put_item(TableName=table, Item=item_of(application))

    return Bench(DynamoSpotChecks(client, table), DynamoApplications(client, table), put)


@pytest.fixture(params=["fake", "dynamodb"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Both, one after the other."""
    if request.param == "fake":
        applications = FakeApplications()
        return Bench(FakeSpotChecks(applications), applications, applications.put)
    made: Bench = request.getfixturevalue("on_dynamodb")
    return made


@pytest.fixture
def area() -> str:
    """An area that no other test uses."""
    return f"a{next(_numbers):04d}"


def second(by: str = "reviewer-2") -> Decision:
    """What the second reviewer says."""
    slots = {"diploma-1": SlotReview("blurred", "第 3 位", (0, 0.1235, 0.5, 1)), "work-1": SlotReview("unreadable")}
    return Decision(1, Outcome.RETURN, by, NOON, "请改", slots)


def judged(check: SpotCheck, by: str = "reviewer-2") -> SpotCheck:
    return replace(check, second=second(by), claim=None)


def test_nothing_is_there_at_first(bench: Bench, area: str) -> None:
    assert bench.port.waiting(EXAM, area) == []
    assert bench.port.find(EXAM, area, f"{EXAM}_1") == []
    assert list(bench.port.finished(EXAM, area)) == []


def test_it_comes_with_the_decision_and_as_it_was_written(bench: Bench, area: str) -> None:
    check = bench.made(area)
    assert bench.port.waiting(EXAM, area) == bench.of(check) == [check]
    assert list(bench.port.finished(EXAM, area)) == []


def test_a_decision_that_loses_leaves_no_check(bench: Bench, area: str) -> None:
    before = submitted(registration_no=f"s-{next(_numbers):05d}", area=area)
    bench.put(replace(before, version=before.version + 1))
    after = returned(registration_no=before.registration_no, area=area)
    assert after.decision is not None
    check = SpotCheck(EXAM, area, before.site, before.registration_no, 1, after.decision)
    with pytest.raises(Conflict):
        bench.applications.transition(before, after, ENTRY, None, check)
    assert bench.of(check) == []


def test_the_oldest_decision_comes_first(bench: Bench, area: str) -> None:
    made = [bench.made(area, at=DECIDED_AT + n * MINUTE) for n in (3, 1, 2)]
    assert bench.port.waiting(EXAM, area) == [made[1], made[2], made[0]]


def test_areas_and_numbers_are_kept_apart(bench: Bench, area: str) -> None:
    base = f"n{next(_numbers)}"
    one, longer = bench.made(area, base), bench.made(area, f"{base}1")
    other = bench.made(f"{area}x")
    assert (bench.of(one), bench.of(longer)) == ([one], [longer])
    assert bench.port.waiting(EXAM, f"{area}x") == [other]
    assert bench.port.waiting("another", area) == []


def test_every_round_has_its_own(bench: Bench, area: str) -> None:
    one = bench.made(area)
    two = bench.made(area, one.registration_no, round=2)
    assert bench.port.finish(one, judged(one))
    assert sorted(bench.of(one), key=lambda check: check.round) == [judged(one), two]
    assert bench.port.waiting(EXAM, area) == [two]


def test_a_lease_is_set_renewed_and_passed_on(bench: Bench, area: str) -> None:
    check = bench.made(area)
    for claim in (CLAIM, replace(CLAIM, expires=NOON + 20 * MINUTE), Claim("reviewer-3", NOON + 30 * MINUTE)):
        assert bench.port.set_claim(check, claim)
        check = replace(check, claim=claim)
        assert bench.of(check) == [check]


@pytest.mark.parametrize("held", [CLAIM, replace(CLAIM, expires=CLAIM.expires - SECOND), None])
def test_a_lease_loses_to_any_other_change(bench: Bench, area: str, held: Claim | None) -> None:
    check = bench.made(area)
    assert held is None or bench.port.set_claim(check, held)
    read = replace(check, claim=None if held else CLAIM) if held != CLAIM else check
    assert not bench.port.set_claim(read, Claim("reviewer-3", NOON + 30 * MINUTE))
    assert not bench.port.finish(read, judged(read))
    assert bench.of(check) == [replace(check, claim=held)]


def test_it_is_finished_once(bench: Bench, area: str) -> None:
    check = bench.made(area)
    assert bench.port.set_claim(check, CLAIM)
    held = replace(check, claim=CLAIM)
    assert bench.port.finish(held, judged(held))
    done = judged(check)
    assert list(bench.port.finished(EXAM, area)) == bench.of(check) == [done]
    assert bench.port.waiting(EXAM, area) == []
    assert not bench.port.finish(held, judged(held, "reviewer-3"))
    assert not bench.port.finish(check, judged(check, "reviewer-3"))
    assert bench.of(check) == [done]


def test_what_is_finished_is_claimed_by_nobody(bench: Bench, area: str) -> None:
    check = bench.made(area)
    assert bench.port.finish(check, judged(check))
    for read in (check, judged(check)):
        assert not bench.port.set_claim(read, CLAIM)
    assert bench.of(check) == [judged(check)]


def test_one_that_does_not_exist_is_not_made(bench: Bench, area: str) -> None:
    ghost = replace(bench.made(area), registration_no="ghost")
    assert not bench.port.set_claim(ghost, CLAIM)
    assert not bench.port.finish(ghost, judged(ghost))
    assert bench.of(ghost) == []


def test_one_of_many_claims_wins(on_dynamodb: Bench, area: str) -> None:
    check = on_dynamodb.made(area)
    claims = [Claim(f"reviewer-{n}", NOON + MINUTE) for n in range(6)]
    won = at_once(*(lambda claim=claim: on_dynamodb.port.set_claim(check, claim) for claim in claims))  # type: ignore[misc]
    assert sum(won) == 1
    assert on_dynamodb.of(check) == [replace(check, claim=claims[won.index(True)])]


def test_one_of_many_second_decisions_wins(on_dynamodb: Bench, area: str) -> None:
    check = on_dynamodb.made(area)
    ends = [judged(check, f"reviewer-{n}") for n in range(6)]
    won = at_once(*(lambda end=end: on_dynamodb.port.finish(check, end) for end in ends))  # type: ignore[misc]
    assert sum(won) == 1
    assert on_dynamodb.of(check) == [ends[won.index(True)]]


def test_more_than_a_page_of_finished_ones(on_dynamodb: Bench, area: str) -> None:
    """A page of the service is one megabyte."""
    long = replace(second(), note="长" * 100_000)
    made = [on_dynamodb.made(area) for _ in range(4)]
    for check in made:
        assert on_dynamodb.port.finish(check, replace(check, second=long))
    found = {check.registration_no for check in on_dynamodb.port.finished(EXAM, area)}
    assert found == {check.registration_no for check in made}
