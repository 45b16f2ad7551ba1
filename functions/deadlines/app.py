"""Woken by the schedules of the exams' deadlines, and every minute: does what is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

from songshen import bootstrap
from songshen.domain.deadlines import Wake
from songshen.logs import log

deadlines = bootstrap.deadlines()
# A page of reminders ends in it, though each of its rounds waits for a silent SMS provider as long as an adapter may:
# three rounds of eight at once, 15 s each.
RESERVE = timedelta(seconds=60)


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """`{exam, occasion, at}` from a schedule, anything else from the clock; answers how much was done."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    wake = None
    if "occasion" in event:
        wake = Wake(event["exam"], event["occasion"], datetime.fromisoformat(event["at"]))
        log.info("woken", extra={"exam": wake.exam, "occasion": wake.occasion})
    done = deadlines(wake, datetime.now(UTC) + left - RESERVE)
    if done:
        log.info("kept deadlines", extra={"done": done})
    return {"done": done}
