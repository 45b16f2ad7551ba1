"""Deadlines on the deployed stack: real schedules, which wake the function, which reminds, warms up, closes.

Windows are laid so that an occasion is seconds ahead. The function is also asked to look at once, as it does every
minute by itself.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.people import until
from songshen.adapters.calendar import DynamoUnreached
from songshen.adapters.items import unmarshal
from songshen.domain.exam import Deadlines, Extension, Window, Windows
from tests.support import exams
from tests.support.stack import DAY, HOUR, Campaign, Stack

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NEAR = Deadlines(reminders=(1,), warm=1)


def windows(closes: datetime, corrected: datetime) -> Windows:
    """Open since yesterday, ending then."""
    began = datetime.now(UTC) - DAY
    return Windows(Window(began, closes), Window(began, closes + 30 * DAY), Window(began, corrected))


def look(stack: Stack) -> None:
    """Has the function do now what it does every minute; only one of it runs at a time."""

    busy = stack.client("lambda").exceptions.TooManyRequestsException

    def once() -> bool:
        with suppress(busy):
            stack.invoke("deadlines", {})
            return True
        return False

    until(once, bool)


def schedules(campaign: Campaign) -> dict[str, str]:
    """The exam's schedules: occasion → expression."""
    client, exam = campaign.stack.client("scheduler"), campaign.exam.id
    found = client.list_schedules(NamePrefix=f"{exam}.", GroupName="songshen-deadlines")["Schedules"]
    names = [one["Name"] for one in found]
    read = (client.get_schedule(GroupName="songshen-deadlines", Name=name) for name in names)
    return {one["Name"].partition(".")[2]: one["ScheduleExpression"] for one in read}


def finished(campaign: Campaign) -> dict[str, dict[str, Any]]:
    """The runs that are over: occasion → its item."""
    found = campaign.stack.client("dynamodb").query(
        TableName=campaign.stack.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :run)",
        ExpressionAttributeValues={":pk": {"S": f"DEADLINES#{campaign.exam.id}"}, ":run": {"S": "RUN#"}},
        ConsistentRead=True,
    )
    runs = [unmarshal(item) for item in found["Items"]]
    return {run["sk"].split("#")[1]: run for run in runs if "pending_due" not in run}


def at(time: datetime) -> str:
    return f"at({time.astimezone(UTC):%Y-%m-%dT%H:%M:%S})"


@pytest.fixture
def soon(stack: Stack) -> Campaign:
    """Reminders of drafts and the warm-up are due in some seconds: an hour before the end."""
    ends = (datetime.now(UTC) + HOUR + 12 * SECOND).replace(microsecond=0)
    return Campaign(stack, windows=windows(ends, ends + 9 * DAY), deadlines=NEAR)


def test_schedules_follow_the_windows_and_go_with_them(stack: Stack) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + 2 * DAY
    campaign = Campaign(stack, windows=windows(ends, ends + 9 * DAY), deadlines=NEAR)
    look(stack)
    made = until(lambda: schedules(campaign), lambda found: len(found) == 9)
    assert made["remind-drafts-1"] == made["warm-1"] == at(ends - HOUR)
    assert made["close-upload"] == at(ends + 10 * MINUTE)
    # The end is moved, and an area is given more time: one schedule moves, others are the area's own now.
    (area,) = campaign.exam.areas
    more = Extension(ends + 3 * DAY, exams.text("延长"))
    campaign.put(windows=windows(ends + DAY, ends + 9 * DAY), areas=(replace(area, extension=more),))
    look(stack)
    moved = until(lambda: schedules(campaign), lambda found: "remind-drafts-1.37" in found)
    assert moved["remind-drafts-1.37"] == at(ends + 3 * DAY - HOUR)
    assert moved["warm-1"] == at(ends + 3 * DAY - HOUR)
    assert not {"remind-drafts-1", "close-upload"} & moved.keys()
    assert moved["remind-returns-1"] == made["remind-returns-1"]


def test_a_schedule_reminds_those_who_have_not_submitted_once(soon: Campaign) -> None:
    late, busy = soon.candidate(), soon.candidate().submitted()
    granted = soon.candidate()
    later = datetime.now(UTC) + 3 * DAY
    soon.stack.change(granted.application, "SET extension = :at", at=round(later.timestamp() * 1000))
    landline = soon.register(phone="053188881234")
    look(soon.stack)
    until(lambda: finished(soon), lambda runs: {"remind-drafts-1", "warm-1"} <= runs.keys(), 90)
    (text,) = late.texts()
    assert "尚未提交" in text
    assert (busy.texts(), granted.texts()) == ([], [])
    assert finished(soon)["remind-drafts-1"]["counts"] == {"sent": 1, "failed": 1, "not_due": 1}
    assert not {"remind-drafts-1", "warm-1"} & schedules(soon).keys()
    # Who could not be told is listed, and told again later.
    (one,) = DynamoUnreached(soon.stack.client("dynamodb"), soon.stack.table).of(soon.exam.id, "37")
    assert (one.registration_no, one.about, one.tries) == (landline.registration_no, "reminder", 1)
    assert one.cause == "not a mobile phone number"
    look(soon.stack)
    assert len(late.texts()) == 1


def test_an_end_is_closed_after_the_grace(stack: Stack) -> None:
    ended = (datetime.now(UTC) - HOUR + 12 * SECOND).replace(microsecond=0)
    corrected = datetime.now(UTC).replace(microsecond=0) - 10 * MINUTE + 12 * SECOND
    campaign = Campaign(
        stack, windows=windows(ended, corrected), deadlines=replace(NEAR, warm=0), min_correction_hours=0
    )
    campaign.register()
    look(stack)
    # The close of uploading is past and was never scheduled; that of corrections is seconds ahead.
    runs = until(lambda: finished(campaign), lambda runs: {"close-upload", "close-correction"} <= runs.keys(), 90)
    counted = {"draft": 1, "submitted": 0, "returned": 0, "approved": 0, "unreached": 0}
    assert runs["close-upload"]["counts"] == runs["close-correction"]["counts"] == counted
