"""What commands print: results on the standard output, for people or with `--json`; everything else beside it."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

notes = Console(stderr=True, highlight=False, soft_wrap=True)
_WIDE = 1000
"""Columns of a file or a pipe: a row stays a line."""


def note(text: str) -> None:
    """For whoever watches."""
    notes.print(text, markup=False)


def tell(text: str) -> None:
    """A result, for people."""
    _results().print(text)


def dump(value: Any) -> None:
    """A result, for scripts and files."""
    sys.stdout.write(dumped(value))


def dumped(value: Any) -> str:
    """As it is written everywhere: readable JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def table(titles: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[int] = ()) -> None:
    """Rows under titles; `right` are the columns of numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=any(titles))
    for number, title in enumerate(titles):
        made.add_column(title, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    _results().print(made)


def _results() -> Console:
    width = None if sys.stdout.isatty() else _WIDE
    return Console(highlight=False, soft_wrap=True, markup=False, width=width)


def bar(*, sizes: bool = False) -> Progress:
    """A progress bar on the standard error; only a terminal sees it."""
    amounts = [DownloadColumn()] if sizes else []
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), *amounts, TimeRemainingColumn())
    return Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal)
