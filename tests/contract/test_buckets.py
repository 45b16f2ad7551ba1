"""The ports `Inbox` and `Materials`: their adapters on S3 and their fakes promise the same."""

import base64
import itertools
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import pytest

from scripts.people import until
from songshen.adapters.s3 import S3Inbox, S3Materials
from songshen.ports import Inbox, InboxObject, Materials
from tests.support.fakes import FakeClock, FakeInbox, FakeMaterials
from tests.support.stack import Stack, at_once

_numbers = itertools.count(1)
LIFE = timedelta(seconds=120)
MINUTE = timedelta(minutes=1)


class Bench(Protocol):
    """An implementation of both ports, and what a browser does."""

    inbox: Inbox
    materials: Materials

    def arrive(self, key: str, data: bytes) -> InboxObject:
        """A file arrives in the inbox; what its event says."""

    def stored(self, key: str) -> tuple[bytes, str] | None:
        """Bytes and type of a material."""


class FakeBench:
    """In memory."""

    def __init__(self) -> None:
        self._inbox = FakeInbox(FakeClock(datetime.now(UTC)))
        self._materials = FakeMaterials()
        self.inbox: Inbox = self._inbox
        self.materials: Materials = self._materials
        self.arrive = self._inbox.arrive

    def stored(self, key: str) -> tuple[bytes, str] | None:
        found = self._materials.objects.get(key)
        return found[1:] if found else None


@dataclass
class S3Bench:
    """On the emulator, in buckets that no function listens to."""

    client: Any
    arrivals: str
    kept: str

    def __post_init__(self) -> None:
        self.inbox: Inbox = S3Inbox(self.client, self.arrivals)
        self.materials: Materials = S3Materials(self.client, self.kept)

    def arrive(self, key: str, data: bytes) -> InboxObject:
        put = self.client.put_object(Bucket=self.arrivals, Key=key, Body=data)
        return InboxObject(key, put["ETag"].strip('"'))

    def stored(self, key: str) -> tuple[bytes, str] | None:
        try:
            got = self.client.get_object(Bucket=self.kept, Key=key)
        except self.client.exceptions.NoSuchKey:
            return None
        return got["Body"].read(), got["ContentType"]


@pytest.fixture(scope="module")
def on_s3(stack: Stack) -> Iterator[S3Bench]:
    client = stack.client("s3")
    names = [f"contract-{kind}-{secrets.token_hex(4)}" for kind in ("inbox", "materials")]
    for name in names:
        client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=names[1], VersioningConfiguration={"Status": "Enabled"})
    yield S3Bench(client, *names)
    for name in names:
        versions = client.list_object_versions(Bucket=name)
        for thing in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
            client.delete_object(Bucket=name, Key=thing["Key"], VersionId=thing["VersionId"])
        client.delete_bucket(Bucket=name)


@pytest.fixture(params=["fake", "s3"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Both, one after the other."""
    if request.param == "fake":
        return FakeBench()
    made: Bench = request.getfixturevalue("on_s3")
    return made


@pytest.fixture
def key() -> str:
    """A key of the inbox that no other test uses."""
    return f"inbox/contract/{next(_numbers)}/diploma-1/upload"


# ---- the inbox ----


def test_an_upload_is_read_as_its_event_says(bench: Bench, key: str) -> None:
    found = bench.arrive(key, b"bytes")
    assert bench.inbox.read(found, 100) == b"bytes"


def test_threat_06_other_bytes_than_the_events_are_not_read(bench: Bench, key: str) -> None:
    """Swapped between event and read: the verdict is about the event's version, or there is none."""
    first = bench.arrive(key, b"good bytes")
    second = bench.arrive(key, b"evil bytes")
    assert bench.inbox.read(first, 100) is None
    assert bench.inbox.read(second, 100) == b"evil bytes"


def test_an_upload_that_is_gone(bench: Bench, key: str) -> None:
    found = bench.arrive(key, b"bytes")
    bench.inbox.remove(key)
    assert bench.inbox.read(found, 100) is None
    bench.inbox.remove(key)
    assert bench.inbox.read(InboxObject(f"{key}-never", "0" * 32), 100) is None


@pytest.mark.parametrize(("size", "most"), [(10, 10), (11, 10), (5000, 10)])
def test_no_more_is_read_than_shows_that_it_is_too_much(bench: Bench, key: str, size: int, most: int) -> None:
    found = bench.arrive(key, bytes(size))
    read = bench.inbox.read(found, most)
    assert read == bytes(min(size, most + 1))


def test_old_uploads_are_found_by_their_age(bench: Bench, key: str) -> None:
    now = datetime.now(UTC)
    found = bench.arrive(key, b"bytes")
    assert key not in {old.key for old in bench.inbox.older_than(3 * MINUTE, now + MINUTE, 100)}
    seen = {old.key: old for old in bench.inbox.older_than(3 * MINUTE, now + 4 * MINUTE, 100)}
    assert (seen[key].key, seen[key].etag) == (found.key, found.etag)
    assert bench.inbox.read(seen[key], 100) == b"bytes"
    bench.inbox.remove(key)


def test_an_old_upload_is_found_behind_any_number_of_young_ones(on_s3: S3Bench) -> None:
    """A lost event must not wait for a quiet hour: `limit` counts what is found, not what is looked at."""

    def arrived(key: str) -> datetime:
        on_s3.arrive(key, b"x")
        (listed,) = on_s3.client.list_objects_v2(Bucket=on_s3.arrivals, Prefix=key)["Contents"]
        modified: datetime = listed["LastModified"]
        return modified

    for other in on_s3.client.list_objects_v2(Bucket=on_s3.arrivals).get("Contents", []):
        on_s3.inbox.remove(other["Key"])
    old = "inbox/many/9/diploma-1/upload"
    then = arrived(old)
    until(lambda: arrived("inbox/many/1/diploma-1/upload"), lambda modified: modified > then)
    arrived("inbox/many/2/diploma-1/upload")
    found = on_s3.inbox.older_than(3 * MINUTE, then + 3 * MINUTE, 2)
    assert [(one.key, one.modified) for one in found] == [(old, then)]
    assert len(list(on_s3.inbox.older_than(3 * MINUTE, then + 4 * MINUTE, 2))) == 2


def test_a_ticket_is_a_post_for_one_key_type_and_size(on_s3: S3Bench, key: str) -> None:
    post = on_s3.inbox.presign(key, "image/png", 1000, LIFE)
    assert post.fields["key"] == key
    assert post.fields["Content-Type"] == "image/png"
    assert post.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    conditions = json.loads(base64.b64decode(post.fields["policy"]))["conditions"]
    assert ["content-length-range", 1, 1000] in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert {"key": key} in conditions
    assert {"bucket": on_s3.arrivals} in conditions

    def send(data: bytes) -> int:
        return httpx.post(post.url, data=post.fields, files={"file": ("x", data)}, timeout=60).status_code

    assert [send(bytes(size)) for size in (0, 1001)] == [400, 400]
    assert send(bytes(1000)) == 204
    got = on_s3.client.get_object(Bucket=on_s3.arrivals, Key=key)
    assert (got["Body"].read(), got["ContentType"]) == (bytes(1000), "image/png")


def test_threat_04_an_expired_ticket_is_refused(on_s3: S3Bench, key: str) -> None:
    """It works until it ends, to the second, and then no more."""
    post = on_s3.inbox.presign(key, "image/png", 1000, timedelta(seconds=2))

    def send() -> int:
        return httpx.post(post.url, data=post.fields, files={"file": ("x", b"x")}, timeout=60).status_code

    assert until(send, lambda status: status != 204, within=20) == 403
    expiration = json.loads(base64.b64decode(post.fields["policy"]))["expiration"]
    assert datetime.fromisoformat(expiration) < datetime.now(UTC)


# ---- the materials ----


def test_a_material_is_written_once(bench: Bench) -> None:
    key = f"materials/contract/{next(_numbers)}/diploma-1/upload"
    version = bench.materials.put(key, b"first", "image/jpeg")
    assert version
    assert bench.materials.put(key, b"second", "image/png") is None
    assert bench.stored(key) == (b"first", "image/jpeg")


def test_what_lost_its_slot_is_taken_back(bench: Bench) -> None:
    key = f"materials/contract/{next(_numbers)}/diploma-1/upload"
    version = bench.materials.put(key, b"first", "image/jpeg")
    assert version
    bench.materials.discard(key, version)
    assert bench.stored(key) is None
    bench.materials.discard(key, version)
    assert bench.materials.put(key, b"again", "image/jpeg")
    assert bench.stored(key) == (b"again", "image/jpeg")


def test_one_of_many_writers_wins(on_s3: S3Bench) -> None:
    key = f"materials/contract/{next(_numbers)}/diploma-1/upload"
    written = at_once(
        *[lambda n=n: on_s3.materials.put(key, b"writer %d" % n, "image/jpeg") for n in range(6)]  # type: ignore[misc]
    )
    (winner,) = [n for n, version in enumerate(written) if version]
    assert on_s3.stored(key) == (b"writer %d" % winner, "image/jpeg")


def test_threat_36_a_link_shows_one_material_for_five_minutes(on_s3: S3Bench) -> None:
    key = f"materials/contract/{next(_numbers)}/diploma-1/upload"
    on_s3.materials.put(key, b"image", "image/jpeg")
    link = on_s3.materials.link(key)
    shown = httpx.get(link)
    assert (shown.content, shown.headers["cache-control"]) == (b"image", "no-store")
    assert "X-Amz-Expires=300&" in link
    assert httpx.get(link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")).status_code == 403
    assert httpx.get(link.replace(key, key.replace("upload", "other"))).status_code == 403
