"""Asking another function to do its work again."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from songshen.ports import InboxObject

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LambdaValidation:
    """`ports.Validation`: hands `validate_image` the event that it should have got."""

    def __init__(self, client: "LambdaClient", function: str, bucket: str) -> None:
        self._client = client
        self._function = function
        self._bucket = bucket

    def run(self, found: InboxObject) -> None:
        thing = {"key": quote_plus(found.key), "eTag": found.etag}
        record: dict[str, Any] = {"s3": {"bucket": {"name": self._bucket}, "object": thing}}
        if found.modified:
            record["eventTime"] = found.modified.isoformat()
        event = {"Records": [record]}
        self._client.invoke(FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event))
