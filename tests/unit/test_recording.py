"""That an SMS was sent is recorded beside other writers: what is not recorded would be sent again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from songshen.adapters.dynamodb import DynamoApplications
from songshen.ports import Notification
from tests.support.exams import ID, returned

SENT = Notification(1, "sent", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def stubbed() -> Iterator[tuple[Any, Stubber]]:
    config = Config(retries={"mode": "standard", "max_attempts": 1})
    session = botocore.session.get_session()
    client = session.create_client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x", config=config
    )
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


RECORDS: list[Callable[[DynamoApplications], None]] = [
    lambda applications: applications.record_notification(returned(), SENT),
    lambda applications: applications.settle(ID, 1, 1),
]


@pytest.mark.parametrize("record", RECORDS, ids=["told", "settled"])
def test_another_write_at_the_same_moment_does_not_keep_it_from_being_recorded(
    stubbed: tuple[Any, Stubber], record: Callable[[DynamoApplications], None]
) -> None:
    client, stubber = stubbed
    for _ in range(2):
        stubber.add_client_error("update_item", "TransactionConflictException")
    stubber.add_response("update_item", {})
    record(DynamoApplications(client, "table"))


@pytest.mark.parametrize("record", RECORDS, ids=["told", "settled"])
def test_it_is_not_recorded_of_another_round(
    stubbed: tuple[Any, Stubber], record: Callable[[DynamoApplications], None]
) -> None:
    client, stubber = stubbed
    stubber.add_client_error("update_item", "ConditionalCheckFailedException")
    record(DynamoApplications(client, "table"))
