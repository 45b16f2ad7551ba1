"""What is promised across a border: the ports' adapters against the emulator's services, and events.

What is about the table can be run on Amazon's own DynamoDB Local as well, which refuses what the emulator lets pass:
`java -jar DynamoDBLocal.jar -inMemory -sharedDb`, and its address as SONGSHEN_DYNAMODB.
"""

import secrets
from collections.abc import Iterator

import pytest

from scripts import template
from tests.support.stack import Stack, campaign, stack

__all__ = ["campaign", "stack"]


@pytest.fixture(scope="session")
def table(stack: Stack) -> Iterator[str]:
    """A table of the template's shape that nothing else reads: the stack's own reconciler leaves it alone."""
    (shape,) = template.of_type(template.load(), "AWS::DynamoDB::Table").values()
    client = stack.client("dynamodb")
    name = f"contract-{secrets.token_hex(4)}"
    kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    client.create_table(TableName=name, **{part: shape[part] for part in kept})
    client.get_waiter("table_exists").wait(TableName=name)
    yield name
    client.delete_table(TableName=name)
