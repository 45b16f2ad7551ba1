"""What the table knows of SMS: how many were sent, and whom none could reach."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import structs

from songshen.adapters import queries
from songshen.adapters.items import Item, instant, marshal, millis, sortable, unmarshal
from songshen.ports import Ending, Unreached

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Apart, because they can be as many as there are candidates, and nothing else may wait behind them.
UNREACHED_PENDING = "PENDING#UNREACHED"
UNREACHED_KEPT = timedelta(days=30)


class DynamoUnreached:
    """`ports.UnreachedCandidates`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, exam: str, area: str) -> Iterator[Unreached]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": marshal({":pk": f"UNREACHED#{exam}#{area}"}),
        }
        return map(unreached_from, queries.items(self._client, asked))

    def ending(self, exam: str, area: str, place: Ending, limit: int, *, before: bool = False) -> list[Ending]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by-status",
            "KeyConditionExpression": f"by_status_pk = :partition AND by_status_sk {'<' if before else '>'} :place",
            "ExpressionAttributeValues": marshal({":partition": _partition(exam, area), ":place": _place(place)}),
            "ScanIndexForward": not before,
            "Limit": limit,
        }
        found = [item["by_status_sk"]["S"].partition("#") for item in self._client.query(**asked)["Items"]]
        return [Ending(datetime.fromisoformat(end), number, area) for end, _, number in found]

    def some(self, exam: str, places: Sequence[Ending]) -> list[Unreached]:
        keys = [_unreached_key(exam, one.area, one.registration_no) for one in places]
        return [unreached_from(item) for item in queries.batch(self._client, self._table, keys)]

    def get(self, exam: str, area: str, registration_no: str) -> Unreached | None:
        key = _unreached_key(exam, area, registration_no)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return unreached_from(found) if found else None

    def note(self, one: Unreached) -> None:
        values = structs.asdict(one)
        values |= {"since": millis(one.since), "end": millis(one.end)}
        values |= {"next_try": None, "expires": int((one.end + UNREACHED_KEPT).timestamp())}
        if one.next_try:
            values |= {"pending_pk": UNREACHED_PENDING, "pending_due": sortable(one.next_try)}
        # Beside the applications: the index has those who wait for something in the order of time.
        place = Ending(one.end, one.registration_no)
        values |= {"by_status_pk": _partition(one.exam, one.area), "by_status_sk": _place(place)}
        key = _unreached_key(one.exam, one.area, one.registration_no)
        self._client.put_item(TableName=self._table, Item=key | marshal(values))

    def forget(self, exam: str, area: str, registration_no: str) -> None:
        self._client.delete_item(TableName=self._table, Key=_unreached_key(exam, area, registration_no))


def _unreached_key(exam: str, area: str, registration_no: str) -> Item:
    return marshal({"pk": f"UNREACHED#{exam}#{area}", "sk": registration_no})


def _partition(exam: str, area: str) -> str:
    return f"{exam}#{area}#unreached"


def _place(place: Ending) -> str:
    return f"{sortable(place.end)}#{place.registration_no}"


def unreached_from(item: Mapping[str, Any]) -> Unreached:
    """Of the table's item."""
    values = unmarshal(item)
    due = values.get("pending_due")
    times: dict[str, Any] = {
        "since": instant(values["since"]),
        "end": instant(values["end"]),
        "next_try": datetime.fromisoformat(due) if due else None,
    }
    known: dict[str, Any] = {name: values.get(name) for name in Unreached.__struct_fields__}
    return Unreached(**known | times)


class DynamoSmsCounts:
    """`ports.SmsCounts`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def to_number(self, number: str, day: str, most: int) -> bool:
        # Kept for as long as the day can be the present one anywhere.
        expires = int((datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(days=3)).timestamp())
        key = {"pk": f"SMS#{hashlib.sha256(number.encode()).hexdigest()[:32]}", "sk": day}
        return self._count(key, most, ", expires = :expires", {":expires": expires}) > 0

    def of_exam(self, exam: str, most: int) -> int:
        return self._count({"pk": f"SMS#{exam}", "sk": "TOTAL"}, most, "", {})

    def _count(self, key: dict[str, str], most: int, more: str, values: dict[str, Any]) -> int:
        if most < 1:
            return 0
        try:
            written = self._client.update_item(
                TableName=self._table,
                Key=marshal(key),
                UpdateExpression=f"SET sent = if_not_exists(sent, :none) + :one{more}",
                ConditionExpression="attribute_not_exists(sent) OR sent < :most",
                ExpressionAttributeValues=marshal({":none": 0, ":one": 1, ":most": most} | values),
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return 0
        return int(unmarshal(written["Attributes"])["sent"])
