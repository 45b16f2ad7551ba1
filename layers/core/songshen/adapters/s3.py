"""The inbox and the materials bucket."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from songshen.ports import InboxObject, PresignedPost

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

LINK_LIFE = timedelta(minutes=5)


class S3Inbox:
    """`ports.Inbox`."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def presign(self, key: str, content_type: str, max_bytes: int, life: timedelta) -> PresignedPost:
        # Always a POST: only its policy can bound the length.
        post = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=int(life.total_seconds()),
        )
        return PresignedPost(post["url"], post["fields"])

    def read(self, found: InboxObject, max_bytes: int) -> bytes | None:
        try:
            # The event's version of the object, or nothing: it may have been replaced since.
            got = self._client.get_object(Bucket=self._bucket, Key=found.key, IfMatch=f'"{found.etag}"')
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "PreconditionFailed", "404", "412"}:
                return None
            raise
        return got["Body"].read(max_bytes + 1)

    def remove(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def older_than(self, age: timedelta, now: datetime, limit: int) -> Iterator[InboxObject]:
        # All of it is looked at: at a peak there are more young uploads than `limit`, and an old one may be the last.
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix="inbox/")
        listed = (found for page in pages for found in page.get("Contents", []))
        for found in islice((found for found in listed if found["LastModified"] <= now - age), limit):
            yield InboxObject(found["Key"], found["ETag"].strip('"'), found["LastModified"])


class S3Materials:
    """`ports.Materials`."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: bytes, content_type: str) -> str | None:
        try:
            stored = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentType=content_type, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "412"}:
                return None
            raise
        return stored["VersionId"]

    def read(self, key: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def discard(self, key: str, version: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version)

    def link(self, key: str) -> str:
        return self._client.generate_presigned_url(
            "get_object",
            # Identity papers stay on no disk of a shared computer.
            Params={"Bucket": self._bucket, "Key": key, "ResponseCacheControl": "no-store"},
            ExpiresIn=int(LINK_LIFE.total_seconds()),
        )
