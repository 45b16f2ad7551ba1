"""Lines of CSV that spreadsheet programs open as they are meant."""

from collections.abc import Iterable

BOM = "\ufeff"
"""At the beginning of a file: without it Excel takes UTF-8 for the computer's own encoding."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Verbatim(str):
    """A number that is a name: spreadsheets are told, by a tab in front that they do not show, that it is text. Else
    they make 2.02637E+13 of a registration number, and lose the last digits of an id number and the zeros in
    front."""

    __slots__ = ()


def row(cells: Iterable[object]) -> str:
    """One line with its end. What a spreadsheet would take for a formula is shown as text."""
    return ",".join(_cell(cell) for cell in cells) + "\r\n"


def _cell(cell: object) -> str:
    text = str(cell)
    if text.startswith(_FORMULA):
        text = "'" + text
    elif isinstance(cell, Verbatim) and text:
        text = "\t" + text
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
