"""One-off schedules of EventBridge Scheduler, in the group of the stack."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from songshen.domain.deadlines import Occasion

if TYPE_CHECKING:
    from types_boto3_scheduler import EventBridgeSchedulerClient

# A wake-up that comes later than this is made good by the next look at the exam anyway.
EVENT_AGE = 3600


class EventBridgeSchedules:
    """`ports.Schedules`. Names are `<exam>.<occasion>`: at most 64 characters, and no exam's id has a dot."""

    def __init__(self, client: "EventBridgeSchedulerClient", group: str, function: str, role: str) -> None:
        self._client = client
        self._group = group
        self._function = function
        self._role = role

    def of(self, exam: str) -> dict[str, datetime]:
        pages = self._client.get_paginator("list_schedules").paginate(GroupName=self._group, NamePrefix=f"{exam}.")
        names = [found["Name"] for page in pages for found in page["Schedules"]]
        # The list does not say when.
        return {name.partition(".")[2]: at for name in names if (at := self._at(name))}

    def _at(self, name: str) -> datetime | None:
        try:
            found = self._client.get_schedule(GroupName=self._group, Name=name)
        except self._client.exceptions.ResourceNotFoundException:
            return None  # it has just been done
        local = found["ScheduleExpression"].removeprefix("at(").removesuffix(")")
        return datetime.fromisoformat(local).replace(tzinfo=UTC)

    def put(self, exam: str, occasion: Occasion) -> None:
        wake = {"exam": exam, "occasion": occasion.name, "at": occasion.at.astimezone(UTC).isoformat()}
        given: dict[str, Any] = {
            "GroupName": self._group,
            "Name": f"{exam}.{occasion.name}",
            "ScheduleExpression": f"at({occasion.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": self._function,
                "RoleArn": self._role,
                "Input": json.dumps(wake),
                "RetryPolicy": {"MaximumEventAgeInSeconds": EVENT_AGE},
            },
        }
        try:
            self._client.create_schedule(**given)
        except self._client.exceptions.ConflictException:
            self._client.update_schedule(**given)

    def remove(self, exam: str, name: str) -> None:
        try:
            self._client.delete_schedule(GroupName=self._group, Name=f"{exam}.{name}")
        except self._client.exceptions.ResourceNotFoundException:
            return
