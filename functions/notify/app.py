"""Called by the workflow once a round is decided: tells the candidate by SMS, and that nothing is owed any more."""

from typing import Any

from songshen import bootstrap
from songshen.logs import begin, log

notify = bootstrap.notify()


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Takes `{application, round, attempt}`, answers `{state}`; raises what the workflow should retry."""
    application, round, attempt = event["application"], int(event["round"]), int(event["attempt"])
    begin(application=application, round=round)
    told = notify(application, round, attempt)
    log.info("notified", extra={"state": told.value})
    return {"state": told.value}
