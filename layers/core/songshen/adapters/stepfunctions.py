"""The submission workflow's executions."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from songshen.domain.application import Application

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

_NAME = re.compile(r"(?P<application>.+)_(?P<round>\d+)_(?P<attempt>\d+)")
_GONE = {"TaskDoesNotExist", "TaskTimedOut", "InvalidToken"}
_BAD: tuple[Literal["FAILED"], Literal["TIMED_OUT"], Literal["ABORTED"]] = (
    "FAILED",
    "TIMED_OUT",
    "ABORTED",
)


class StepFunctionsWorkflow:
    """`ports.Workflow`. An execution is named `<application>_<round>_<attempt>` and has exactly those as input."""

    def __init__(self, client: "SFNClient", state_machine: str = "") -> None:
        self._client = client
        self._state_machine = state_machine

    def start(self, application: Application) -> None:
        name = f"{application.id}_{application.round}_{application.attempt}"
        given = {
            "application": application.id,
            "round": application.round,
            "attempt": application.attempt,
        }
        try:
            self._client.start_execution(stateMachineArn=self._state_machine, name=name, input=json.dumps(given))
        except self._client.exceptions.ExecutionAlreadyExists:
            return

    def resume(self, task_token: str, outcome: str) -> bool:
        try:
            self._client.send_task_success(taskToken=task_token, output=json.dumps({"outcome": outcome}))
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise
        return True

    def ended_badly(self, limit: int) -> Iterator[tuple[str, int, int]]:
        for status in _BAD:
            page = self._client.list_executions(
                stateMachineArn=self._state_machine, statusFilter=status, maxResults=limit
            )
            for execution in page["executions"]:
                # One started by hand may have any name.
                if ours := _NAME.fullmatch(execution["name"]):
                    yield ours["application"], int(ours["round"]), int(ours["attempt"])
