"""Lines of CSV that spreadsheet programs open as they are meant."""

from collections.abc import Iterable

BOM = "\ufeff"
"""At the beginning of a file: without it Excel takes UTF-8 for the computer's own encoding."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def row(cells: Iterable[object]) -> str:
    """One line with its end. What a spreadsheet would take for a formula is shown as text."""
    return ",".join(_cell(str(cell)) for cell in cells) + "\r\n"


def _cell(text: str) -> str:
    if text.startswith(_FORMULA):
        text = "'" + text
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
