"""Deadlines on the deployed stack: real schedules wake the function, which reminds, warms up, closes, scales down.

Windows are laid so that an occasion is seconds ahead. The function is also asked to look at once, as it does every
minute by itself. (The emulator fires schedules every ten seconds.)
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.people import expect, until
from songshen.adapters.items import unmarshal
from songshen.adapters.smsbook import DynamoUnreached
from songshen.adapters.warming import ALIAS
from songshen.domain.capacity import warmth
from songshen.domain.exam import Deadlines, Expected, Window, Windows
from tests.support.stack import DAY, HOUR, Campaign, Stack, refused, returning

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


def approach(campaign: Campaign, wanted: set[str], laid: Callable[[datetime], Windows]) -> datetime:
    """Lays the windows so that these occasions are seconds ahead; when, once their schedules are there for it.

    On a slow machine the moment may have passed by then: the windows are moved on, and the schedules with them.
    """
    for ahead in (6, 15, 40):
        time = (datetime.now(UTC) + ahead * SECOND).replace(microsecond=0)
        campaign.put(windows=laid(time))
        look(campaign.stack)
        there = schedules(campaign)
        if {name for name, when in there.items() if when == at(time)} >= wanted:
            return time
    raise TimeoutError(f"the schedules of {wanted} were never there in time")


def kept(campaign: Campaign, wanted: set[str], time: datetime) -> dict[str, dict[str, Any]]:
    """The runs of these occasions at this time, once they are over; each was woken by its schedule, which is gone."""

    def over() -> dict[str, dict[str, Any]]:
        return {name: run for name, run in finished(campaign).items() if run["at"] == _millis(time)}

    def woken() -> set[str]:
        lines = campaign.stack.lines("deadlines")
        return {one["occasion"] for one in lines if one["message"] == "woken" and one["exam"] == campaign.exam.id}

    runs = until(over, lambda found: found.keys() >= wanted)
    until(woken, lambda found: found >= wanted)
    until(lambda: wanted & schedules(campaign).keys(), lambda left: not left)
    return runs


def ready(stack: Stack) -> dict[str, int]:
    """The functions that environments are kept ready of."""
    client, found = stack.client("lambda"), {}
    for verb in warmth(Expected(candidates=1_000_000)).environments:
        with suppress(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
            told = client.get_provisioned_concurrency_config(FunctionName=stack.function(verb), Qualifier=ALIAS)
            found[verb] = int(told["RequestedProvisionedConcurrentExecutions"])
    return found


def test_schedules_follow_the_windows_and_go_with_them(stack: Stack) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + 2 * DAY
    campaign = Campaign(stack, windows=windows(ends, ends + 9 * DAY), deadlines=NEAR)
    look(stack)
    made = until(lambda: schedules(campaign), lambda found: len(found) == 9)
    assert made["remind-drafts-1"] == made["warm-1"] == at(ends - HOUR)
    assert made["close-upload"] == at(ends + 10 * MINUTE)
    assert made["scale-down-1"] == at(ends + HOUR)
    # The end is moved, and an area is given more time: one schedule moves, others are the area's own now.
    campaign.put(windows=windows(ends + DAY, ends + 9 * DAY))
    admin, path = campaign.staff("admin", exam=campaign.exam.id), f"/exams/{campaign.exam.id}/extension"
    longer = {"area": "37", "until": (ends + 3 * DAY).isoformat(), "reason": "机房停电"}
    expect(admin.call("POST", path, longer), 200)
    look(stack)
    moved = until(lambda: schedules(campaign), lambda found: "remind-drafts-1.37" in found)
    assert moved["remind-drafts-1.37"] == at(ends + 3 * DAY - HOUR)
    assert moved["close-upload.37"] == at(ends + 3 * DAY + 10 * MINUTE)
    assert moved["warm-1"] == at(ends + 3 * DAY - HOUR)
    assert moved["scale-down-1"] == at(ends + 3 * DAY + HOUR)
    assert not {"remind-drafts-1", "close-upload"} & moved.keys()
    assert moved["remind-returns-1"] == made["remind-returns-1"]
    # Less time is never given in this way.
    assert refused(admin.call("POST", path, longer | {"until": ends.isoformat()})) == (422, "invalid_exam")


@pytest.mark.timeout(300)
def test_a_peak_from_the_reminders_to_the_scaling_down(stack: Stack) -> None:
    """Both ends come together: an hour before them people are reminded and everything is made ready, by schedules."""
    expected = Expected(candidates=1_000_000)
    campaign = Campaign(stack, deadlines=NEAR, expected=expected, min_correction_hours=0)
    late, busy, granted = (campaign.candidate() for _ in range(3))
    busy.submitted()
    stack.change(granted.application, "SET extension = :at", at=_millis(datetime.now(UTC) + 3 * DAY))
    landline = campaign.register(phone="053188881234")
    sent_back = campaign.candidate().submitted()
    expect(campaign.reviewer().decide(sent_back.application, returning("diploma-1")), 200)
    stack.settled(sent_back.application)

    occasions = {"remind-drafts-1", "remind-returns-1", "warm-1"}
    time = approach(campaign, occasions, lambda time: windows(time + HOUR, time + HOUR))
    runs = kept(campaign, occasions, time)
    assert ready(stack) == warmth(expected).environments
    assert runs["remind-drafts-1"]["counts"] == {"sent": 1, "failed": 1, "not_due": 1}
    assert runs["remind-returns-1"]["counts"] == {"sent": 1}
    assert "尚未提交" in late.texts()[-1]
    assert "被退回的报名材料尚未重新提交" in sent_back.texts()[-1]
    assert (busy.texts(), granted.texts()) == ([], [])
    # Who could not be told is listed, and told again later.
    (one,) = DynamoUnreached(stack.client("dynamodb"), stack.table).of(campaign.exam.id, "37")
    assert (one.registration_no, one.about) == (landline.registration_no, "reminder")
    assert one.cause == "not a mobile phone number"
    # Nobody is told twice.
    told = late.texts(), sent_back.texts()
    look(stack)
    assert (late.texts(), sent_back.texts()) == told

    # The windows are moved, so that they ended almost an hour ago: the schedules move with them.
    time = approach(campaign, {"scale-down-1"}, lambda time: windows(time - HOUR, time - HOUR))
    kept(campaign, {"scale-down-1"}, time)
    assert ready(stack) == {}


def test_an_end_is_closed_after_the_grace(stack: Stack) -> None:
    campaign = Campaign(stack, deadlines=replace(NEAR, warm=0), min_correction_hours=0)
    campaign.register()
    # The close of uploading is past and never had a schedule; that of corrections is seconds ahead.
    time = approach(campaign, {"close-correction"}, lambda time: windows(time - HOUR, time - 10 * MINUTE))
    runs = kept(campaign, {"close-correction"}, time) | finished(campaign)
    counted = {"draft": 1, "submitted": 0, "returned": 0, "approved": 0, "unreached": 0}
    assert runs["close-upload"]["counts"] == runs["close-correction"]["counts"] == counted


def _millis(time: datetime) -> int:
    return round(time.timestamp() * 1000)
