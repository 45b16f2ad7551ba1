"""Jobs that several invocations work on, one after the other: how far each has come, in the table."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from songshen.adapters import queries
from songshen.adapters.items import Item, marshal, sortable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class Job(Protocol):
    """What all kinds have. `runner` is who works on it, until `due` at least."""

    @property
    def exam(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def state(self) -> StrEnum: ...
    @property
    def runner(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def due(self) -> datetime | None: ...


class DynamoJobs[J: Job]:
    """One kind of job: `<kind>#<exam>` / `<id>`, and `PENDING#<kind>` while it is due."""

    kind: str

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def packed(self, job: J) -> Item:
        """Its attributes, without keys."""
        raise NotImplementedError

    def unpacked(self, item: Item) -> J:
        """The job that was packed."""
        raise NotImplementedError

    def create(self, created: J) -> None:
        self._client.put_item(TableName=self._table, Item=self._item(created))

    def get(self, exam: str, id: str) -> J | None:
        key = self._key(exam, id)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return self.unpacked(found) if found else None

    def last(self, exam: str, limit: int) -> list[J]:
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=marshal({":pk": f"{self.kind}#{exam}"}),
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        return [self.unpacked(item) for item in found["Items"]]

    def begin(self, before: J, after: J) -> bool:
        read = {":state": before.state.value, ":runner": before.runner, ":attempts": before.attempts}
        return self._put(after, "#state = :state AND runner = :runner AND attempts = :attempts", read)

    def save(self, after: J) -> bool:
        return self._put(after, "#state = :state AND runner = :runner", {":state": "running", ":runner": after.runner})

    def due(self, now: datetime, limit: int) -> list[J]:
        found = queries.due(self._client, self._table, f"PENDING#{self.kind}", now, limit)
        return list(map(self.unpacked, found))

    def _put(self, after: J, condition: str, read: dict[str, Any]) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=self._item(after),
                ConditionExpression=condition,
                ExpressionAttributeValues=marshal(read),
                ExpressionAttributeNames={"#state": "state"},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _key(self, exam: str, id: str) -> Item:
        return marshal({"pk": f"{self.kind}#{exam}", "sk": id})

    def _item(self, job: J) -> Item:
        pending = {"pending_pk": f"PENDING#{self.kind}", "pending_due": sortable(job.due)} if job.due else {}
        return self._key(job.exam, job.id) | self.packed(job) | marshal(pending)
