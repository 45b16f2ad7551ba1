"""Who has sent which image, in the table: one small item per image and candidate."""

from datetime import datetime
from typing import TYPE_CHECKING

from songshen.adapters.items import Item, marshal, unmarshal

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Of an image that everybody sends, as the example on the page, no more than these are told.
READ_AT_ONCE = 20


def image_key(exam: str, sha256: str, registration_no: str) -> Item:
    """The key of the item that says that this candidate has sent this image."""
    return marshal({"pk": f"IMAGE#{exam}#{sha256}", "sk": registration_no})


class DynamoSentImages:
    """`ports.SentImages`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def note(self, exam: str, sha256: str, registration_no: str, until: datetime) -> None:
        self._client.update_item(
            TableName=self._table,
            Key=image_key(exam, sha256, registration_no),
            UpdateExpression="SET expires = :until",
            ExpressionAttributeValues=marshal({":until": int(until.timestamp())}),
        )

    def senders(self, exam: str, sha256: str) -> list[str]:
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=marshal({":pk": f"IMAGE#{exam}#{sha256}"}),
            ProjectionExpression="sk",
            Limit=READ_AT_ONCE,
        )
        return [unmarshal(item)["sk"] for item in page["Items"]]
