"""How everything is made ready before a peak: what is asked of Lambda and DynamoDB."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from songshen.adapters.warming import WarmCapacity
from songshen.domain.capacity import LEAST_READS, LEAST_WRITES, warmth
from songshen.domain.exam import Expected
from tests.support.exams import exam

NAMES = {verb: f"stack-{verb}" for verb in ("sign_in", "application", "upload_presign", "validate_image", "submit")}
MANY = exam(expected=Expected(candidates=10_000_000))  # a million need no more than a new table has
WANTED = warmth(MANY.expected)


class Bench:
    """The adapter on stubbed services, which answer only what was expected, in this order."""

    def __init__(self) -> None:
        settings: dict[str, str] = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        functions, tables = boto3.client("lambda", **settings), boto3.client("dynamodb", **settings)  # type: ignore[call-overload]
        self.functions, self.tables = Stubber(functions), Stubber(tables)
        self.capacity = WarmCapacity(functions, tables, "table", NAMES)

    def __enter__(self) -> "Bench":
        self.functions.activate()
        self.tables.activate()
        return self

    def __exit__(self, *_: object) -> None:
        self.functions.assert_no_pending_responses()
        self.tables.assert_no_pending_responses()

    def ready(self, verb: str, number: int) -> None:
        asked = {"FunctionName": NAMES[verb], "Qualifier": "live", "ProvisionedConcurrentExecutions": number}
        self.functions.add_response("put_provisioned_concurrency_config", {}, asked)

    def described(self, table: tuple[int, int], index: tuple[int, int]) -> None:
        indexes = [{"IndexName": name, "WarmThroughput": _units(*index)} for name in WANTED.units if name]
        shown = {"Table": {"WarmThroughput": _units(*table), "GlobalSecondaryIndexes": indexes}}
        self.tables.add_response("describe_table", shown, {"TableName": "table"})


def _units(reads: int, writes: int) -> dict[str, int]:
    return {"ReadUnitsPerSecond": reads, "WriteUnitsPerSecond": writes}


def wanted(name: str) -> dict[str, int]:
    return _units(int(WANTED.units[name].reads), int(WANTED.units[name].writes))


def test_functions_and_table_are_made_ready() -> None:
    with Bench() as bench:
        for verb, number in WANTED.environments.items():
            bench.ready(verb, number)
        bench.described((12_000, 4_000), (12_000, 4_000))
        updates = [
            {"Update": {"IndexName": name, "WarmThroughput": wanted(name)}}
            for name in WANTED.units
            if name and wanted(name) != _units(LEAST_READS, LEAST_WRITES)
        ]
        asked: dict[str, Any] = {"TableName": "table", "WarmThroughput": wanted("")}
        bench.tables.add_response(
            "update_table", {}, asked | ({"GlobalSecondaryIndexUpdates": updates} if updates else {})
        )
        bench.capacity.warm(MANY)


def test_throughput_only_grows() -> None:
    """What the table has more of stays; nothing is asked for that is there."""
    more = wanted("")["ReadUnitsPerSecond"] + 1_000
    with Bench() as bench:
        for verb, number in WANTED.environments.items():
            bench.ready(verb, number)
        bench.described((more, 4_000), (100_000, 100_000))
        raised = _units(more, wanted("")["WriteUnitsPerSecond"])
        bench.tables.add_response("update_table", {}, {"TableName": "table", "WarmThroughput": raised})
        bench.capacity.warm(MANY)
    with Bench() as bench:
        for verb, number in WANTED.environments.items():
            bench.ready(verb, number)
        bench.described((100_000, 100_000), (100_000, 100_000))
        bench.capacity.warm(MANY)


def test_what_is_refused_for_one_function_is_done_for_the_others_and_told() -> None:
    _first, *others = WANTED.environments.items()
    with Bench() as bench:
        bench.functions.add_client_error("put_provisioned_concurrency_config", "InvalidParameterValueException")
        for verb, number in others:
            bench.ready(verb, number)
        bench.described((100_000, 100_000), (100_000, 100_000))
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            bench.capacity.warm(MANY)


def test_nothing_is_made_ready_for_an_exam_that_expects_nobody() -> None:
    with Bench() as bench:
        bench.described((12_000, 4_000), (12_000, 4_000))
        bench.capacity.warm(exam())


def test_scaling_down_concerns_functions_alone() -> None:
    with Bench() as bench:
        for name in NAMES.values():
            asked = {"FunctionName": name, "Qualifier": "live"}
            bench.functions.add_response("delete_provisioned_concurrency_config", {}, asked)
        bench.capacity.scale_down(MANY)
