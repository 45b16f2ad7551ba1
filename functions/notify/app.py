"""Called by the workflow after a return: tells the candidate by SMS."""

from typing import Any

from songshen import bootstrap
from songshen.logs import begin, log

notify = bootstrap.notify()


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Takes `{application, round}`, answers `{state}`; raises what the workflow should retry."""
    begin(application=event["application"], round=int(event["round"]))
    told = notify(event["application"], int(event["round"]))
    log.info("notified", extra={"state": told.value})
    return {"state": told.value}
