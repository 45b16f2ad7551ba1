"""The port `SentImages`: its adapter on DynamoDB and its fake promise the same, and each runs the same tests."""

import secrets
from datetime import timedelta
from typing import Any

import pytest

from songshen.adapters.sentimages import DynamoSentImages, image_key
from songshen.ports import SentImages
from tests.support.exams import EXAM, NOON
from tests.support.fakes import FakeSentImages
from tests.support.stack import Stack, at_once


@pytest.fixture
def on_dynamodb(stack: Stack, table: str) -> SentImages:
    return DynamoSentImages(stack.client("dynamodb"), table)


@pytest.fixture(params=["fake", "dynamodb"])
def images(request: pytest.FixtureRequest) -> SentImages:
    """Both, one after the other."""
    if request.param == "fake":
        return FakeSentImages()
    made: SentImages = request.getfixturevalue("on_dynamodb")
    return made


@pytest.fixture
def sha256() -> str:
    """An image that no other test sends."""
    return secrets.token_hex(32)


def test_nobody_has_sent_it_at_first(images: SentImages, sha256: str) -> None:
    assert images.senders(EXAM, sha256) == []


def test_who_has_sent_it_each_once(images: SentImages, sha256: str) -> None:
    for number in ("2", "10", "2", "1"):
        images.note(EXAM, sha256, number, NOON)
    assert images.senders(EXAM, sha256) == ["1", "10", "2"]


def test_exams_and_images_are_kept_apart(images: SentImages, sha256: str) -> None:
    images.note(EXAM, sha256, "1", NOON)
    assert images.senders("another", sha256) == []
    assert images.senders(EXAM, secrets.token_hex(32)) == []
    assert images.senders(EXAM, sha256[:-1]) == []


def test_of_many_twenty_are_told(images: SentImages, sha256: str) -> None:
    for n in range(23):
        images.note(EXAM, sha256, f"{n:03}", NOON)
    assert images.senders(EXAM, sha256) == [f"{n:03}" for n in range(20)]


def test_all_at_the_same_moment(on_dynamodb: SentImages, sha256: str) -> None:
    at_once(*[lambda n=n: on_dynamodb.note(EXAM, sha256, f"{n % 4}", NOON) for n in range(8)])
    assert on_dynamodb.senders(EXAM, sha256) == ["0", "1", "2", "3"]


def test_the_item_is_small_in_no_index_and_ends_by_itself(
    stack: Stack, table: str, on_dynamodb: SentImages, sha256: str
) -> None:
    """One write unit; `expires` is what the table's time to live looks at, in seconds."""
    until = NOON + timedelta(days=90)
    for end in (NOON, until):
        on_dynamodb.note(EXAM, sha256, "1", end)
    client: Any = stack.client("dynamodb")
    item = client.get_item(TableName=table, Key=image_key(EXAM, sha256, "1"))["Item"]
    assert item == image_key(EXAM, sha256, "1") | {"expires": {"N": str(int(until.timestamp()))}}
