"""What candidates wait for is made ready: environments of functions, throughput of the table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from songshen.domain.capacity import TABLE, Units, warmth
from songshen.domain.exam import Exam

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient

ALIAS = "live"


class WarmCapacity:
    """`ports.Capacity` by provisioned concurrency of the functions' aliases, and warm throughput of the table and its
    indexes. `aliases`: verb → ARN of its alias `live`.

    What is ready is for one exam: where the peaks of two overlap, the later call counts.
    """

    def __init__(
        self, functions: "LambdaClient", tables: "DynamoDBClient", table: str, aliases: Mapping[str, str]
    ) -> None:
        self._lambda = functions
        self._tables = tables
        self._table = table
        self._aliases = aliases

    def warm(self, exam: Exam) -> None:
        """Makes ready what the exam's crowd needs; what is there already stays. Raises ClientError, for a caller that
        tries again, after everything has been asked for."""
        wanted = warmth(exam.expected)
        failure: ClientError | None = None
        for verb, number in wanted.environments.items():
            try:
                self._lambda.put_provisioned_concurrency_config(
                    FunctionName=self._aliases[verb], Qualifier=ALIAS, ProvisionedConcurrentExecutions=number
                )
            except ClientError as refused:
                # Most likely beyond the account's concurrency: the others are worth having all the same.
                failure = refused
        self._raise(wanted.units)
        if failure:
            raise failure

    def scale_down(self, exam: Exam) -> None:
        """No function is kept ready any more. The table's throughput cannot be lowered, and costs nothing to keep."""
        for alias in self._aliases.values():
            self._lambda.delete_provisioned_concurrency_config(FunctionName=alias, Qualifier=ALIAS)

    def _raise(self, wanted: Mapping[str, Units]) -> None:
        """Warm throughput only grows: what is lower than what is there would be refused."""
        described: Any = self._tables.describe_table(TableName=self._table)["Table"]
        there = {TABLE: described.get("WarmThroughput")}
        there |= {one["IndexName"]: one.get("WarmThroughput") for one in described.get("GlobalSecondaryIndexes", [])}
        asked: dict[str, Any] = {}
        for name, units in wanted.items():
            if name not in there or (more := _more(units, there[name] or {})) is None:
                continue
            if name == TABLE:
                asked["WarmThroughput"] = more
            else:
                update = {"IndexName": name, "WarmThroughput": more}
                asked.setdefault("GlobalSecondaryIndexUpdates", []).append({"Update": update})
        if asked:
            self._tables.update_table(TableName=self._table, **asked)


def _more(units: Units, there: Mapping[str, Any]) -> dict[str, int] | None:
    """What is to be asked for; None if there is as much already."""
    reads, writes = int(there.get("ReadUnitsPerSecond", 0)), int(there.get("WriteUnitsPerSecond", 0))
    if units.reads <= reads and units.writes <= writes:
        return None
    return {"ReadUnitsPerSecond": max(reads, int(units.reads)), "WriteUnitsPerSecond": max(writes, int(units.writes))}
