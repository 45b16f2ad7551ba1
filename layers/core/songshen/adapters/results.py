"""Results: all applications of an exam and their journals, the exports that are made of them, and the files."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from songshen.adapters import queries
from songshen.adapters.dynamodb import application_key, viewing_from
from songshen.adapters.items import (
    Item,
    application_from,
    entry_from,
    instant,
    marshal,
    millis,
    sortable,
    unmarshal,
)
from songshen.adapters.jobs import DynamoJobs
from songshen.adapters.s3 import LINK_LIFE
from songshen.domain.application import Application, Status
from songshen.domain.export import Export, ExportFormat, ExportKind, ExportState, Place
from songshen.domain.journal import Entry
from songshen.ports import RosterEntry, Viewing

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client

AT_ONCE = 8
"""Journals that are read at the same time."""
LATE = timedelta(minutes=1)
"""An index shows what was written a moment later, never so long."""
_TIMES = {"created_at", "finished_at", "due"}
_PATIENCE = 8


class DynamoResultsBook:
    """`ports.ResultsBook`."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._sleep = sleep
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def numbers(self, exam: str, site: str) -> list[str]:
        begun = sortable(self._now() - LATE)
        found = {number for status in Status for number in self._listed(exam, site, status, "")}
        # Whoever has gone from a status that was still to come to one that was behind is in one of these by now.
        for status in Status:
            if status is not Status.DRAFT:
                found.update(self._listed(exam, site, status, begun))
        return sorted(found)

    def _listed(self, exam: str, site: str, status: str, since: str) -> Iterator[str]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by-status",
            "KeyConditionExpression": "by_status_pk = :partition AND by_status_sk >= :since",
            "ExpressionAttributeValues": marshal({":partition": f"{exam}#{site}#{status}", ":since": since or "-"}),
            "ProjectionExpression": "by_status_sk",
        }
        for item in queries.items(self._client, asked):
            yield item["by_status_sk"]["S"].rpartition("#")[2]

    def applications(self, exam: str, registration_nos: Sequence[str]) -> list[tuple[Application, RosterEntry | None]]:
        applications = [application_key(f"{exam}_{number}") for number in registration_nos]
        entries = [marshal({"pk": f"ROSTER#{exam}#{number}", "sk": "ROSTER"}) for number in registration_nos]
        found = {item["pk"]["S"]: item for item in self._batch(applications + entries)}

        def both(number: str) -> tuple[Application, RosterEntry | None] | None:
            application = found.get(f"APPLICATION#{exam}#{number}")
            entry = found.get(f"ROSTER#{exam}#{number}")
            if application is None:
                return None
            return application_from(application), msgspec.convert(unmarshal(entry), RosterEntry) if entry else None

        return [one for one in map(both, registration_nos) if one]

    def _batch(self, keys: list[Item]) -> Iterator[Mapping[str, Any]]:
        for attempt in range(_PATIENCE):
            page: Any = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys}})
            yield from page["Responses"].get(self._table, [])
            keys = page.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            if not keys:
                return
            self._sleep(0.1 * 2**attempt)
        raise TimeoutError("the table has too much to do")

    def histories(self, exam: str, registration_nos: Sequence[str]) -> list[tuple[list[Entry], list[Viewing]]]:
        return list(self._pool.map(lambda number: self._history(exam, number), registration_nos))

    def _history(self, exam: str, number: str) -> tuple[list[Entry], list[Viewing]]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk > :application",
            "ExpressionAttributeValues": marshal(
                {":pk": f"APPLICATION#{exam}#{number}", ":application": "APPLICATION"}
            ),
        }
        entries: list[Entry] = []
        viewings: list[Viewing] = []
        for item in queries.items(self._client, asked):
            if item["sk"]["S"].startswith("JOURNAL#"):
                entries.append(entry_from(item))
            elif item["sk"]["S"].startswith("VIEWING#"):
                viewings.append(viewing_from(item))
        return entries, sorted(viewings, key=lambda one: one.at)


class DynamoExports(DynamoJobs[Export]):
    """`ports.Exports`."""

    kind = "EXPORT"

    def packed(self, job: Export) -> Item:
        values: dict[str, Any] = {field.name: getattr(job, field.name) for field in fields(job)}
        values |= {name: millis(values[name]) for name in _TIMES if values[name]}
        values |= {name: values[name].value for name in ("kind", "format", "state")}
        values |= {"parts": list(job.parts), "place": {"site": job.place.site, "after": job.place.after}}
        return marshal(values)

    def unpacked(self, item: Item) -> Export:
        values = unmarshal(item)
        known = {field.name: values[field.name] for field in fields(Export) if field.name in values}
        known |= {name: instant(known[name]) for name in _TIMES & known.keys()}
        return Export(
            **known
            | {
                "kind": ExportKind(known["kind"]),
                "format": ExportFormat(known["format"]),
                "state": ExportState(known["state"]),
                "parts": tuple(known["parts"]),
                "place": Place(**known["place"]),
            }
        )


class LambdaExporting:
    """`ports.Exporting`."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def run(self, export: Export) -> None:
        event = msgspec.json.encode({"exam": export.exam, "id": export.id})
        self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=event)


class S3ResultFiles:
    """`ports.ResultFiles`."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str, content_type: str) -> str:
        begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)
        return begun["UploadId"]

    def put(self, key: str, upload: str, number: int, data: bytes) -> str:
        stored = self._client.upload_part(Bucket=self._bucket, Key=key, UploadId=upload, PartNumber=number, Body=data)
        return stored["ETag"].strip('"')

    def finish(self, key: str, upload: str, parts: Sequence[str]) -> None:
        named: Any = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in enumerate(parts, 1)]
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": named}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise
            # Finished before: the file is there, or this raises.
            self._client.head_object(Bucket=self._bucket, Key=key)

    def store(self, key: str, data: bytes, content_type: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=content_type)

    def link(self, key: str, name: str) -> str:
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
