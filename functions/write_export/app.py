"""Exports into their files, as long as there is time; the reconciler has the rest done."""

import resource
from datetime import UTC, datetime, timedelta
from typing import Any

from songshen import bootstrap
from songshen.logs import log

write_export = bootstrap.write_export()
# Fifty applications are finished in it, and a part is stored, however slow the table is.
RESERVE = timedelta(seconds=60)


def handler(event: dict[str, Any], context: Any) -> None:
    """`{"exam", "id"}` of an export. A failure is raised; the export goes on when it is due again."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    export = write_export(event["exam"], event["id"], datetime.now(UTC) + left - RESERVE)
    state, rows = (export.state.value, export.rows) if export else ("nothing to do", 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    log.info("exported", extra={"state": state, "rows": rows, "peak_mb": peak})
