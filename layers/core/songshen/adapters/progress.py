"""How far an exam has come, from the indexes; and what was counted last."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from songshen.adapters import queries
from songshen.adapters.dynamodb import application_key
from songshen.adapters.items import Item, instant, marshal, millis, sortable
from songshen.domain.application import Status
from songshen.ports import Decided, KeptProgress, ProgressRow, RoundCounts

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_FORGOTTEN = timedelta(days=1)


class DynamoProgressBook:
    """`ports.ProgressBook`.

    A query reads a megabyte at a time and is paid by what it reads, not by what it answers: a count costs as much as
    the lines. Therefore lines are read where more than their number is wanted and they are few, and counted where
    they are many.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def counts(self, exam: str, site: str, status: str) -> RoundCounts:
        asked = self._of(exam, site, status) | {"Select": "COUNT"}
        if status == Status.DRAFT:
            return RoundCounts(sum(page["Count"] for page in self._pages(asked)))
        first, total = self._in_round(asked, 1)
        second = self._in_round(asked, 2)[0] if first < total else 0
        return RoundCounts(total, first, second)

    def _in_round(self, asked: dict[str, Any], round: int) -> tuple[int, int]:
        """How many there are in this round, and how many at all: what a filter leaves out is read and counted too."""
        values = asked["ExpressionAttributeValues"] | marshal({":round": round})
        filtered = {
            "FilterExpression": "#round = :round",
            "ExpressionAttributeNames": {"#round": "round"},
            "ExpressionAttributeValues": values,
        }
        pages = [(page["Count"], page["ScannedCount"]) for page in self._pages(asked | filtered)]
        return sum(page[0] for page in pages), sum(page[1] for page in pages)

    def rows(self, exam: str, site: str, status: str) -> Iterator[ProgressRow]:
        narrow = {
            "ProjectionExpression": "by_status_sk, #round",
            "ExpressionAttributeNames": {"#round": "round"},
        }
        for page in self._pages(self._of(exam, site, status) | narrow):
            for item in page["Items"]:
                since, _, registration_no = item["by_status_sk"]["S"].rpartition("#")
                yield ProgressRow(registration_no, datetime.fromisoformat(since), int(item["round"]["N"]))

    def decisions(self, exam: str, area: str, since: datetime) -> Iterator[Decided]:
        asked = {
            "IndexName": "by-decision",
            "KeyConditionExpression": "by_decision_pk = :partition AND by_decision_sk >= :since",
            "ExpressionAttributeValues": marshal({":partition": f"{exam}#{area}", ":since": sortable(since)}),
            "ProjectionExpression": "by_decision_sk, #by, site, kind, submitted_at",
            "ExpressionAttributeNames": {"#by": "by"},
        }
        for page in self._pages(asked):
            for item in page["Items"]:
                yield Decided(
                    by=item["by"]["S"],
                    site=item["site"]["S"],
                    at=datetime.fromisoformat(item["by_decision_sk"]["S"].rpartition("#")[0]),
                    approved=item["kind"]["S"] == Status.APPROVED,
                    submitted_at=instant(item["submitted_at"]["N"]),
                )

    def extensions(self, exam: str, registration_nos: Sequence[str]) -> dict[str, datetime]:
        keys = [application_key(f"{exam}_{number}") for number in registration_nos]
        narrow = "pk, extension"
        found = queries.batch(self._client, self._table, keys, ProjectionExpression=narrow)
        return {
            item["pk"]["S"].rpartition("#")[2]: instant(item["extension"]["N"]) for item in found if "extension" in item
        }

    def unreached(self, exam: str, area: str) -> int:
        asked = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": marshal({":pk": f"UNREACHED#{exam}#{area}"}),
            "Select": "COUNT",
        }
        return sum(page["Count"] for page in self._pages(asked))

    def _of(self, exam: str, site: str, status: str) -> dict[str, Any]:
        return {
            "IndexName": "by-status",
            "KeyConditionExpression": "by_status_pk = :partition",
            "ExpressionAttributeValues": marshal({":partition": f"{exam}#{site}#{status}"}),
        }

    def _pages(self, asked: dict[str, Any]) -> Iterator[Any]:
        return queries.pages(self._client, asked | {"TableName": self._table})


class DynamoProgressCache:
    """`ports.ProgressCache`: one item for each exam."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, exam: str) -> KeptProgress | None:
        found = self._client.get_item(TableName=self._table, Key=_key(exam)).get("Item", {})
        return KeptProgress(instant(found["at"]["N"]), found["body"]["B"]) if "body" in found else None

    def claim(self, exam: str, now: datetime, until: datetime) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(exam),
                UpdateExpression="SET counting_until = :until, expires = :expires",
                ConditionExpression="attribute_not_exists(counting_until) OR counting_until <= :now",
                ExpressionAttributeValues=marshal(
                    {":until": millis(until), ":now": millis(now), ":expires": _forgotten(now)}
                ),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put(self, exam: str, counted: KeptProgress) -> None:
        values = {":at": millis(counted.at), ":body": counted.body, ":expires": _forgotten(counted.at)}
        self._client.update_item(
            TableName=self._table,
            Key=_key(exam),
            UpdateExpression="SET #at = :at, body = :body, expires = :expires REMOVE counting_until",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues=marshal(values),
        )


def _key(exam: str) -> Item:
    return marshal({"pk": f"PROGRESS#{exam}", "sk": "PROGRESS"})


def _forgotten(now: datetime) -> int:
    return int((now + _FORGOTTEN).timestamp())
