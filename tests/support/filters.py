"""Filter patterns of CloudWatch Logs for lines of JSON, as far as the template uses them.

`{ $.name = "text*" && $.count >= 0 }`: members compared with texts (`*` stands for anything) or numbers, joined by &&.
"""

import fnmatch
import operator
import re
from typing import Any

_COMPARISON = re.compile(r'\$\.(?P<member>\w+) (?P<operator>>=|<=|!=|=|>|<) (?:"(?P<text>[^"]*)"|(?P<number>-?[\d.]+))')
_NUMBERS = {
    "=": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def matches(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a line matches. ValueError for a pattern that this does not know."""
    inner = re.fullmatch(r"\{ (.*) \}", pattern)
    if not inner:
        raise ValueError(pattern)
    return all(_holds(part, line) for part in inner[1].split(" && "))


def _holds(part: str, line: dict[str, Any]) -> bool:
    found = _COMPARISON.fullmatch(part)
    if not found:
        raise ValueError(part)
    value = line.get(found["member"])
    if found["text"] is None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and bool(_NUMBERS[found["operator"]](value, float(found["number"])))
    if found["operator"] not in {"=", "!="}:
        raise ValueError(part)
    same = isinstance(value, str) and fnmatch.fnmatchcase(value, found["text"])
    return same if found["operator"] == "=" else not same
