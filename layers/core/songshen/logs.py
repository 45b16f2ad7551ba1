"""Structured logs. The platform writes them as JSON; `extra` becomes members of its own.

Ids, codes and counts only: no names, numbers, addresses, tokens, nor what a person has written.
"""

import logging
import traceback

log = logging.getLogger("songshen")
log.setLevel(logging.INFO)


def where(error: BaseException) -> str:
    """The kind of an error and the lines it came through, without its message."""
    lines = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return f"{type(error).__name__} {code} {' > '.join(lines)}"
