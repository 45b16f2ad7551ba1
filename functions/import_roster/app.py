"""Roster files into the table, as they arrive and as long as there is time; the reconciler has the rest done."""

import resource
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from songshen import bootstrap
from songshen.logs import log
from songshen.ports import InboxObject

import_roster = bootstrap.import_roster()
# A thousand lines are finished in it, however slow the table is.
RESERVE = timedelta(seconds=60)


def handler(event: dict[str, Any], context: Any) -> None:
    """An S3 event. A failure is raised; the import goes on when it is due again."""
    for record in event["Records"]:
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        thing = record["s3"]["object"]
        arrived = InboxObject(unquote_plus(thing["key"]), thing["eTag"])
        run = import_roster(arrived, datetime.now(UTC) + left - RESERVE)
        state, line = (run.state.value, run.line) if run else ("nothing to do", 0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        log.info("imported", extra={"state": state, "line": line, "peak_mb": peak})
