"""Roster imports: how far each has come, in the table; their files and reports, in a bucket of their own."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from songshen.adapters.items import Item, instant, marshal, millis, sortable, unmarshal
from songshen.adapters.s3 import LINK_LIFE
from songshen.domain.roster import ImportState, RosterImport
from songshen.ports import PresignedPost

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client

PENDING = "PENDING#IMPORT"
PIECE = 1 << 20
_TIMES = {"created_at", "started_at", "finished_at", "due"}
_FORGOTTEN = timedelta(days=1)


class DynamoRosterImports:
    """`ports.RosterImports`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, created: RosterImport) -> None:
        item = _item(created) | marshal({"expires": int((created.created_at + _FORGOTTEN).timestamp())})
        self._client.put_item(TableName=self._table, Item=item)

    def get(self, exam: str, id: str) -> RosterImport | None:
        found = self._client.get_item(TableName=self._table, Key=_key(exam, id), ConsistentRead=True).get("Item")
        return _import_from(found) if found else None

    def last(self, exam: str, limit: int) -> list[RosterImport]:
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=marshal({":pk": f"IMPORT#{exam}"}),
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        return [_import_from(item) for item in found["Items"]]

    def begin(self, before: RosterImport, after: RosterImport) -> bool:
        read = {":state": before.state.value, ":runner": before.runner, ":attempts": before.attempts}
        return self._put(after, "#state = :state AND runner = :runner AND attempts = :attempts", read)

    def save(self, after: RosterImport) -> bool:
        return self._put(after, "#state = :state AND runner = :runner", {":state": "running", ":runner": after.runner})

    def _put(self, after: RosterImport, condition: str, read: dict[str, Any]) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(after),
                ConditionExpression=condition,
                ExpressionAttributeValues=marshal(read),
                ExpressionAttributeNames={"#state": "state"},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def due(self, now: datetime, limit: int) -> list[RosterImport]:
        found = self._client.query(
            TableName=self._table,
            IndexName="pending",
            KeyConditionExpression="pending_pk = :pending AND pending_due <= :now",
            ExpressionAttributeValues=marshal({":pending": PENDING, ":now": sortable(now)}),
            Limit=limit,
        )
        named = [(item["pk"]["S"].partition("#")[2], item["sk"]["S"]) for item in found["Items"]]
        return [one for one in (self.get(*name) for name in named) if one]


def _key(exam: str, id: str) -> Item:
    return marshal({"pk": f"IMPORT#{exam}", "sk": id})


def _item(record: RosterImport) -> Item:
    values: dict[str, Any] = {field.name: getattr(record, field.name) for field in fields(record)}
    values |= {name: millis(values[name]) for name in _TIMES if values[name]}
    values |= {"state": record.state.value, "columns": list(record.columns)}
    if record.due:
        values |= {"pending_pk": PENDING, "pending_due": sortable(record.due)}
    return _key(record.exam, record.id) | marshal(values)


def _import_from(item: Item) -> RosterImport:
    values = unmarshal(item)
    known = {field.name: values[field.name] for field in fields(RosterImport) if field.name in values}
    known |= {name: instant(known[name]) for name in _TIMES & known.keys()}
    return RosterImport(**known | {"state": ImportState(known["state"]), "columns": tuple(known["columns"])})


class S3RosterFiles:
    """`ports.RosterFiles`."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def presign(self, key: str, max_bytes: int, life: timedelta) -> PresignedPost:
        post = self._client.generate_presigned_post(
            self._bucket,
            key,
            Conditions=[["content-length-range", 1, max_bytes]],
            ExpiresIn=int(life.total_seconds()),
        )
        return PresignedPost(post["url"], post["fields"])

    def size(self, key: str, etag: str) -> int:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=key, IfMatch=f'"{etag}"')
        except ClientError as error:
            raise _missing(error) from error
        return found["ContentLength"]

    def pieces(self, key: str, etag: str) -> Iterator[bytes]:
        # One request for each: a connection that is read as slowly as lines are written would not last.
        size, at = self.size(key, etag), 0
        while at < size:
            try:
                got = self._client.get_object(
                    Bucket=self._bucket, Key=key, IfMatch=f'"{etag}"', Range=f"bytes={at}-{at + PIECE - 1}"
                )
            except ClientError as error:
                raise _missing(error) from error
            piece = got["Body"].read()
            at += len(piece)
            yield piece

    def put_report(self, key: str, text: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="text/csv; charset=utf-8")

    def report(self, key: str) -> str:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()

    def report_link(self, key: str, name: str) -> str:
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseCacheControl": "no-store",
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            },
            ExpiresIn=int(LINK_LIFE.total_seconds()),
        )


def _missing(error: ClientError) -> Exception:
    """A LookupError for an object that is gone or was replaced, else the error itself."""
    gone = {"NoSuchKey", "PreconditionFailed", "404", "412"}
    return LookupError("roster file") if error.response["Error"]["Code"] in gone else error
