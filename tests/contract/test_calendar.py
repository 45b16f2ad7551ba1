"""What `deadlines` keeps: the adapters and their fakes promise the same, and each runs the same tests."""

import secrets
from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from songshen.adapters.calendar import DynamoArchive, DynamoCalendar
from songshen.adapters.directory import DynamoExams, DynamoRoster
from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.items import unmarshal
from songshen.adapters.scheduler import EventBridgeSchedules
from songshen.adapters.smsbook import DynamoSmsCounts, DynamoUnreached
from songshen.domain.application import reopen
from songshen.domain.deadlines import Occasion, Purpose, Run
from songshen.domain.journal import reopening_entry
from songshen.ports import (
    Account,
    Applications,
    Calendar,
    Ending,
    ExamDue,
    Exams,
    KeptExam,
    Schedules,
    SmsCounts,
    Unreached,
    UnreachedCandidates,
)
from tests.support import exams, fakes
from tests.support.disturbed import AnswersLost, Disturbed, Lagging
from tests.support.exams import DAY, HOUR, MINUTE, NOON, OPENS
from tests.support.stack import Stack, at_once, item_of

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass
class Desk:
    """The ports that belong together, for an exam of one test."""

    exam: str
    calendar: Calendar
    exams: Exams
    unreached: UnreachedCandidates
    counts: SmsCounts
    schedules: Schedules


def _fakes(request: pytest.FixtureRequest, id: str) -> Desk:
    kept, unreached = fakes.FakeExams(), fakes.FakeUnreachedCandidates()
    calendar = fakes.FakeCalendar(kept, unreached)
    return Desk(id, calendar, kept, unreached, fakes.FakeSmsCounts(), fakes.FakeSchedules())


def _adapters(request: pytest.FixtureRequest, id: str) -> Desk:
    stack: Stack = request.getfixturevalue("stack")
    at: tuple[Any, str] = stack.client("dynamodb"), request.getfixturevalue("table")
    schedules = EventBridgeSchedules(
        stack.client("scheduler"),
        "songshen-deadlines",
        "arn:aws:lambda:us-east-1:000000000000:function:nobody",
        "arn:aws:iam::000000000000:role/nobody",
    )
    kept = DynamoExams(*at, lambda: NOON)
    return Desk(id, DynamoCalendar(*at), kept, DynamoUnreached(*at), DynamoSmsCounts(*at), schedules)


@pytest.fixture(params=[_fakes, _adapters], ids=["fake", "adapter"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """Both, one after the other."""
    made: Desk = request.param(request, f"c-{secrets.token_hex(4)}")
    return made


def due(desk: Desk, now: Any = NOON) -> list[Any]:
    """What this test's exam owes: the table is shared."""
    return [one for one in desk.calendar.due(now, 1000) if one.exam == desk.exam]


def saved(desk: Desk, version: int = 1, at: Any = OPENS) -> ExamDue:
    """The exam, saved; what the calendar says of it."""
    assert desk.exams.save(KeptExam(exams.exam(id=desk.exam), version, at, "admin"))
    (found,) = due(desk)
    assert isinstance(found, ExamDue)
    return found


def run(desk: Desk, **changes: Any) -> Run:
    occasion = Occasion(Purpose.REMIND_DRAFTS, OPENS, NOON, "37", 24)
    return replace(Run.of(desk.exam, occasion, NOON - HOUR), **changes)


def unreached(desk: Desk, number: str = "3701001", **changes: Any) -> Unreached:
    made = Unreached(desk.exam, "37", "3701", number, 1, "return", "OptedOut", OPENS, NOON + DAY, 2, NOON - MINUTE)
    return replace(made, **changes)


def test_an_exam_that_was_saved_is_looked_at(desk: Desk) -> None:
    assert due(desk) == []
    found = saved(desk)
    desk.calendar.looked(found, NOON + HOUR)
    assert (due(desk), len(due(desk, NOON + HOUR))) == ([], 1)
    desk.calendar.looked(due(desk, NOON + HOUR)[0], None)
    assert due(desk, NOON + DAY) == []


def test_one_that_is_saved_meanwhile_stays_due(desk: Desk) -> None:
    found = saved(desk)
    again = saved(desk, 2, OPENS + HOUR)
    desk.calendar.looked(found, NOON + DAY)
    assert due(desk) == [again]


def test_a_run_begins_once_and_says_how_far_it_is(desk: Desk) -> None:
    first = run(desk)
    assert desk.calendar.begin(first) is True
    assert desk.calendar.begin(first) is False
    assert due(desk) == [first]
    further = replace(first, status="draft", site="3701", cursor="abc", counts={"sent": 3}, due=NOON + MINUTE)
    assert desk.calendar.save(first, further) is True
    assert desk.calendar.save(first, replace(first, due=None)) is False
    assert (due(desk), due(desk, NOON + MINUTE)) == ([], [further])
    assert desk.calendar.save(further, replace(further, due=None)) is True
    assert due(desk, NOON + DAY) == []
    assert desk.calendar.begin(first) is False
    assert desk.calendar.begin(replace(first, at=OPENS + HOUR)) is True


def test_a_run_that_was_dropped_may_begin_again(desk: Desk) -> None:
    first, held = run(desk), run(desk, due=NOON)
    desk.calendar.begin(first)
    desk.calendar.save(first, held)
    desk.calendar.drop(first)
    assert due(desk) == [held]
    desk.calendar.drop(held)
    assert due(desk) == []
    assert desk.calendar.begin(first) is True


def test_a_run_is_gone_on_with_by_one(desk: Desk) -> None:
    first = run(desk)
    desk.calendar.begin(first)
    held = [replace(first, due=NOON + n * MINUTE) for n in range(4)]
    assert sum(at_once(*[lambda one=one: desk.calendar.save(first, one) for one in held])) == 1


def test_the_unreached_are_listed_and_due_until_they_are_told(desk: Desk) -> None:
    one, other = unreached(desk), unreached(desk, "3701000", next_try=None, round=0, about="reminder")
    elsewhere = unreached(desk, area="11", next_try=NOON - HOUR)
    for noted in (one, other, elsewhere):
        desk.unreached.note(noted)
    assert list(desk.unreached.of(desk.exam, "37")) == [other, one]
    assert desk.unreached.get(desk.exam, "37", "3701001") == one
    assert due(desk) == [elsewhere, one]
    desk.unreached.note(replace(one, tries=3, next_try=NOON + HOUR))
    assert due(desk) == [elsewhere]
    for _ in range(2):
        desk.unreached.forget(desk.exam, "37", "3701001")
    assert desk.unreached.get(desk.exam, "37", "3701001") is None
    assert list(desk.unreached.of(desk.exam, "37")) == [other]


def test_what_is_due_comes_in_the_order_of_its_time_and_who_is_told_again_last(desk: Desk) -> None:
    found, begun = saved(desk), run(desk)
    long_ago, noted = unreached(desk, "3701000", next_try=OPENS), unreached(desk)
    for one in (noted, long_ago):
        desk.unreached.note(one)
    desk.calendar.begin(begun)
    assert due(desk) == [found, begun, long_ago, noted]


def test_the_unreached_are_in_the_order_of_their_ends(desk: Desk) -> None:
    """On both sides of a place, an area at a time; a new end moves them, and whoever was told is gone."""
    hours = {"3701003": 1, "3701001": 2, "3701002": 2, "3701004": 3}
    for number, hour in hours.items():
        desk.unreached.note(unreached(desk, number, end=NOON + hour * HOUR))
    desk.unreached.note(unreached(desk, "1101001", area="11"))
    places = [
        Ending(NOON + hours[number] * HOUR, number, "37") for number in ("3701003", "3701001", "3701002", "3701004")
    ]

    def behind(place: Ending, limit: int = 9, *, before: bool = False) -> list[Ending]:
        return desk.unreached.ending(desk.exam, "37", place, limit, before=before)

    assert behind(Ending(NOON)) == places
    assert behind(Ending(NOON), 2) == places[:2]
    assert (behind(places[1]), behind(places[1], before=True)) == (places[2:], places[:1])
    assert behind(Ending(NOON + 2 * HOUR), before=True) == places[:1]
    assert behind(places[3], 2, before=True) == [places[2], places[1]]
    assert desk.unreached.ending(f"{desk.exam}0", "37", Ending(NOON), 9) == []
    found = desk.unreached.some(desk.exam, [places[0], Ending(NOON, "none", "37"), places[3]])
    assert sorted(one.registration_no for one in found) == ["3701003", "3701004"]
    assert desk.unreached.some(desk.exam, []) == []
    desk.unreached.note(unreached(desk, "3701003", end=NOON + DAY))
    desk.unreached.forget(desk.exam, "37", "3701001")
    assert behind(Ending(NOON)) == [places[2], places[3], Ending(NOON + DAY, "3701003", "37")]


def test_threat_32_so_many_to_a_number_in_a_day(desk: Desk) -> None:
    number = f"+86{secrets.randbelow(10**11):011d}"
    assert [desk.counts.to_number(number, "2026-03-05", 2) for _ in range(4)] == [True, True, False, False]
    assert desk.counts.to_number(number, "2026-03-06", 2) is True
    assert desk.counts.to_number(number + "0", "2026-03-05", 2) is True


def test_threat_32_so_many_of_an_exam(desk: Desk) -> None:
    assert [desk.counts.of_exam(desk.exam, 2) for _ in range(4)] == [1, 2, 0, 0]
    assert desk.counts.of_exam(desk.exam, 3) == 3
    assert desk.counts.of_exam(f"{desk.exam}0", 0) == 0


def test_threat_32_counts_are_right_when_many_are_sent_at_once(desk: Desk) -> None:
    number = f"+86{secrets.randbelow(10**11):011d}"
    assert sum(at_once(*[lambda: desk.counts.to_number(number, "2026-03-05", 3)] * 8)) == 3
    assert sorted(at_once(*[lambda: desk.counts.of_exam(desk.exam, 3)] * 6)) == [0, 0, 0, 1, 2, 3]


def test_schedules_are_made_moved_and_removed(desk: Desk) -> None:
    later = exams.at("03-10 18:00").replace(year=2096)
    one = Occasion(Purpose.REMIND_DRAFTS, later, later + DAY, "37", 24)
    other = Occasion(Purpose.WARM, later + HOUR, later + DAY, stage=1)
    for occasion in (one, other):
        desk.schedules.put(desk.exam, occasion)
    assert desk.schedules.of(desk.exam) == {"remind-drafts-24.37": later, "warm-1": later + HOUR}
    assert desk.schedules.of(desk.exam[:-1]) == {}
    desk.schedules.put(desk.exam, replace(one, at=later + DAY))
    for _ in range(2):
        desk.schedules.remove(desk.exam, "warm-1")
    assert desk.schedules.of(desk.exam) == {"remind-drafts-24.37": later + DAY}
    desk.schedules.remove(desk.exam, "remind-drafts-24.37")


# ---- on the table alone


@pytest.fixture
def applications(stack: Stack, table: str) -> Applications:
    return DynamoApplications(stack.client("dynamodb"), table)


def test_a_reminder_is_noted_once_and_only_for_what_was_read(
    stack: Stack, table: str, applications: Applications
) -> None:
    draft = exams.draft(registration_no=secrets.token_hex(5))
    stack.client("dynamodb").put_item(TableName=table, Item=item_of(draft))
    assert [applications.mark_reminded(draft, "24@then") for _ in range(2)] == [True, False]
    assert applications.mark_reminded(draft, "3@then") is True
    found = applications.get(draft.id)
    assert found == replace(draft, reminded="3@then")
    assert applications.mark_reminded(replace(draft, round=1), "1@then") is False
    marks = [lambda: applications.mark_reminded(draft, "1@then")] * 5
    assert sum(at_once(*marks)) == 1


def test_what_somebody_has_begun_since_the_index_said_so_is_not_due(stack: Stack, table: str) -> None:
    """The index lags behind the table; and whoever asks a moment later gets the same lines."""
    client, id = stack.client("dynamodb"), f"e-{secrets.token_hex(4)}"
    calendar = DynamoCalendar(cast("DynamoDBClient", Lagging(client)), table)
    unreached = DynamoUnreached(client, table)
    begun = Run(id, Purpose.REMIND_DRAFTS, "", 24, OPENS, NOON)
    told = Unreached(id, "37", "3701", "3701001", 1, "return", "OptedOut", OPENS, NOON + DAY, 2, NOON)
    calendar.begin(begun)
    unreached.note(told)

    def due() -> list[Any]:
        return [one for one in calendar.due(NOON, 1000) if one.exam == id]

    assert due() == [begun, told]
    assert calendar.save(begun, replace(begun, due=NOON + MINUTE))
    unreached.note(replace(told, next_try=NOON + HOUR))
    assert due() == []


def test_a_reminder_is_noted_although_the_answer_was_lost(stack: Stack, table: str) -> None:
    """The client then sends the write again by itself: it finds what it has written."""

    draft = exams.draft(registration_no=secrets.token_hex(5))
    stack.client("dynamodb").put_item(TableName=table, Item=item_of(draft))
    applications = DynamoApplications(cast("DynamoDBClient", AnswersLost(stack.client("dynamodb"))), table)
    assert applications.mark_reminded(draft, "24@then") is True
    assert applications.mark_reminded(draft, "24@then") is False


def test_a_reminder_is_noted_beside_a_transaction(stack: Stack, table: str) -> None:
    client = stack.client("dynamodb")
    draft = exams.draft(registration_no=secrets.token_hex(5))
    client.put_item(TableName=table, Item=item_of(draft))
    applications = DynamoApplications(cast("DynamoDBClient", Disturbed(client)), table)
    assert applications.mark_reminded(draft, "24@then") is True
    assert applications.mark_reminded(draft, "24@then") is False


def test_threat_36_everything_about_a_candidate_ends(stack: Stack, table: str, applications: Applications) -> None:
    client, number = stack.client("dynamodb"), secrets.token_hex(5)
    DynamoRoster(client, table).add(fakes.roster_entry(number))
    approved = exams.approved(registration_no=number, notice_code=f"n{number}")
    accounts = fakes.FakeCandidateAccounts()
    keys = [
        (f"APPLICATION#{exams.EXAM}#{number}", "APPLICATION"),
        (f"APPLICATION#{exams.EXAM}#{number}", "JOURNAL#1"),
        (f"APPLICATION#{exams.EXAM}#{number}", "VIEWING#1"),
        (f"ROSTER#{exams.EXAM}#{number}", "ROSTER"),
        (f"ACCOUNT#user-{number}", "ACCOUNT"),
        (f"NOTICE#n{number}", "NOTICE"),
        (f"NOTICE#w{number}", "NOTICE"),
        (f"CHECKS#{exams.EXAM}#37", f"OPEN#{number}#1"),
        (f"CHECKS#{exams.EXAM}#37", f"DONE#{number}#2"),
    ]
    of_others = (f"CHECKS#{exams.EXAM}#37", f"DONE#{number}0#1")
    client.put_item(TableName=table, Item=item_of(approved))
    for pk, sk in (keys[1], keys[2], *keys[5:], of_others):
        withdrawn = {"notice_code": {"S": f"w{number}"}} if sk == "JOURNAL#1" else {}
        client.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}} | withdrawn)
    for _ in range(2):
        DynamoArchive(client, table, accounts).expire(approved, NOON)

    def ends(pk: str, sk: str) -> Any:
        item = client.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")
        return unmarshal(item).get("expires") if item else "gone"

    assert [ends(*key) for key in keys] == [int(NOON.timestamp())] * 9
    assert ends(*of_others) is None
    assert accounts.removed == {f"user-{number}"}


def test_threat_36_an_account_that_could_not_be_removed_is_found_again(stack: Stack, table: str) -> None:
    client, number = stack.client("dynamodb"), secrets.token_hex(5)
    DynamoRoster(client, table).add(fakes.roster_entry(number))
    key = {"pk": {"S": f"ACCOUNT#user-{number}"}, "sk": {"S": "ACCOUNT"}}

    class Down(fakes.FakeCandidateAccounts):
        def remove(self, username: str) -> None:
            raise fakes.Unavailable

    with pytest.raises(fakes.Unavailable):
        DynamoArchive(client, table, Down()).expire(exams.draft(registration_no=number), NOON)
    assert "expires" not in client.get_item(TableName=table, Key=key)["Item"]


def test_threat_36_a_notice_that_was_withdrawn_ends_too(stack: Stack, table: str, applications: Applications) -> None:
    client, number = stack.client("dynamodb"), secrets.token_hex(5)
    approved = exams.approved(registration_no=number, notice_code=f"n{number}")
    key = {"pk": {"S": f"NOTICE#n{number}"}, "sk": {"S": "NOTICE"}}
    for item in (item_of(approved), key):
        client.put_item(TableName=table, Item=item)
    taken_back = reopen(approved, exams.exam(), exams.decision("diploma-1", note="why", at=NOON), NOON)
    assert taken_back is not None
    applications.transition(approved, taken_back, reopening_entry(taken_back, exams.exam()))
    DynamoArchive(client, table, fakes.FakeCandidateAccounts()).expire(taken_back, NOON)
    assert unmarshal(client.get_item(TableName=table, Key=key)["Item"])["expires"] == int(NOON.timestamp())


def test_a_user_name_that_is_another_exams_by_now_stays(stack: Stack, table: str) -> None:
    client, number = stack.client("dynamodb"), secrets.token_hex(5)
    roster = DynamoRoster(client, table)
    roster.add(fakes.roster_entry(number))
    roster.add_account(Account(f"user-{number}", False, "another", number))
    accounts = fakes.FakeCandidateAccounts()
    DynamoArchive(client, table, accounts).expire(exams.draft(registration_no=number), NOON)
    assert accounts.removed == set()
    key = {"pk": {"S": f"ACCOUNT#user-{number}"}, "sk": {"S": "ACCOUNT"}}
    assert "expires" not in client.get_item(TableName=table, Key=key)["Item"]


def test_threat_32_no_number_stands_in_a_key(stack: Stack, table: str) -> None:
    client, number = stack.client("dynamodb"), "+8613812345678"
    DynamoSmsCounts(client, table).to_number(number, "2026-03-05", 5)
    pages = client.get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    kept = [item for item in items if item["pk"]["S"].startswith("SMS#")]
    assert kept
    assert not [item for item in items if "13812345678" in str(item)]
    expires = [int(item["expires"]["N"]) for item in kept if item["sk"]["S"] == "2026-03-05"]
    assert max(expires) == (NOON.replace(hour=8) + 3 * DAY).timestamp()
