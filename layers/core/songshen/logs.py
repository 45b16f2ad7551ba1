"""Structured logs. The platform writes them as JSON; `extra` becomes members of its own.

Ids, codes and counts only: no names, numbers, addresses, tokens, nor what a person has written. The template's metrics
read these members (`AWS::Logs::MetricFilter`), so their names are kept.
"""

import json
import logging
import os
import traceback
from datetime import UTC, datetime

log = logging.getLogger("songshen")
log.setLevel(logging.INFO)

_about: dict[str, object] = {}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def begin(**members: object) -> None:
    """What every line says from here on, until the next event begins: a function has one at a time."""
    _about.clear()
    _about.update(members)


def about(**members: object) -> None:
    """What every further line of this event says too."""
    _about.update(members)


def _join(record: logging.LogRecord) -> bool:
    for name, value in _about.items():
        vars(record).setdefault(name, value)
    return True


log.addFilter(_join)


def where(error: BaseException) -> str:
    """The kind of an error and the lines it came through, without its message."""
    lines = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return f"{type(error).__name__} {code} {' > '.join(lines)}"


class JsonLines(logging.Formatter):
    """What Lambda's own formatter makes of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        extra = {name: value for name, value in vars(record).items() if name not in _OWN}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"timestamp": at, "level": record.levelname, "message": record.getMessage(), "logger": record.name}
        return json.dumps(line | extra, ensure_ascii=False, default=str)


# Lambda's runtime has a handler in place before any of our code runs. The emulator's has none.
if os.environ.get("AWS_LAMBDA_FUNCTION_NAME") and not logging.getLogger().handlers:
    _handler = logging.StreamHandler()
    _handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(_handler)
