"""Reading that goes on until there is no more: pages of a query, keys that a batch has left over, what is due."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from songshen.adapters.items import Item, marshal, sortable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def pages(client: "DynamoDBClient", asked: Mapping[str, Any]) -> Iterator[Any]:
    """Every page of a query, a megabyte each or `Limit` items."""
    page: Any = client.query(**asked)
    yield page
    while "LastEvaluatedKey" in page:
        page = client.query(**asked, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield page


def items(client: "DynamoDBClient", asked: Mapping[str, Any]) -> Iterator[Any]:
    """Every item that a query finds."""
    for page in pages(client, asked):
        yield from page["Items"]


def batch(client: "DynamoDBClient", table: str, keys: list[Item], **narrow: Any) -> Iterator[Any]:
    """The items with these keys, at most a hundred, in any order; what is not there is left out."""
    while keys:
        wanted: Any = {table: {"Keys": keys, **narrow}}
        page: Any = client.batch_get_item(RequestItems=wanted)
        yield from page["Responses"].get(table, [])
        # What did not fit into 16 MB, or into this moment's throughput.
        keys = page.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])


def due(client: "DynamoDBClient", table: str, pending: str, now: datetime, limit: int) -> Iterator[Any]:
    """The items that are due in this partition of the index `pending`, the longest first, each read anew: the index
    lags, and somebody else may have taken one since."""
    for key in due_keys(client, table, pending, now, limit):
        own = {"pk": key["pk"], "sk": key["sk"]}
        item = client.get_item(TableName=table, Key=own, ConsistentRead=True).get("Item", {})
        if "pending_due" in item and item["pending_due"]["S"] <= sortable(now):
            yield item


def due_keys(client: "DynamoDBClient", table: str, pending: str, now: datetime, limit: int) -> list[Any]:
    """The keys of what the index says is due, for who reads the items in a way of their own."""
    page = client.query(
        TableName=table,
        IndexName="pending",
        KeyConditionExpression="pending_pk = :pending AND pending_due <= :now",
        ExpressionAttributeValues=marshal({":pending": pending, ":now": sortable(now)}),
        Limit=limit,
    )
    return page["Items"]
