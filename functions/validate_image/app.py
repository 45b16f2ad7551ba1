"""The verdict on every upload that arrives in the inbox."""

from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from songshen import bootstrap
from songshen.ports import InboxObject

validate = bootstrap.validate_image()


def handler(event: dict[str, Any], context: object) -> None:
    """An S3 event. A failure is raised: the event comes again, and after that goes to the dead letters."""
    for record in event["Records"]:
        thing = record["s3"]["object"]
        came = record.get("eventTime")
        validate(InboxObject(unquote_plus(thing["key"]), thing["eTag"], datetime.fromisoformat(came) if came else None))
