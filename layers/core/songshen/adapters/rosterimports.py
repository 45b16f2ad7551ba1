"""Roster imports: how far each has come, in the table; their files and reports, in a bucket of their own."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from songshen.adapters.items import Item, instant, marshal, millis, unmarshal
from songshen.adapters.jobs import DynamoJobs
from songshen.adapters.s3 import LINK_LIFE
from songshen.domain.roster import ImportState, RosterImport
from songshen.ports import PresignedPost

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PIECE = 1 << 20
_TIMES = {"created_at", "started_at", "finished_at", "due"}
_FORGOTTEN = timedelta(days=1)


class DynamoRosterImports(DynamoJobs[RosterImport]):
    """`ports.RosterImports`."""

    kind = "IMPORT"

    def create(self, created: RosterImport) -> None:
        item = self._item(created) | marshal({"expires": int((created.created_at + _FORGOTTEN).timestamp())})
        self._client.put_item(TableName=self._table, Item=item)

    def packed(self, job: RosterImport) -> Item:
        values: dict[str, Any] = {field.name: getattr(job, field.name) for field in fields(job)}
        values |= {name: millis(values[name]) for name in _TIMES if values[name]}
        return marshal(values | {"state": job.state.value, "columns": list(job.columns)})

    def unpacked(self, item: Item) -> RosterImport:
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
