"""Imports of the roster."""

from datetime import datetime

from msgspec import Struct

from songshen.domain.exam import Text
from songshen.domain.roster import FileProblem, ImportState, LineProblem


class RosterTicket(Struct):
    """A presigned POST for one roster file (CSV): send `fields`, then `file`, as multipart/form-data to `url`; begin
    before `expires_at`. `id` is the import's."""

    id: str
    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: datetime


class RosterProblem(Struct):
    """What is the matter with lines that were left out, and how often."""

    code: LineProblem
    text: Text
    count: int


class RosterRefusal(Struct):
    """Why the file could not be read to its end; `columns` are those that the text speaks of."""

    code: FileProblem
    text: Text
    columns: list[str] = []


class RosterImportView(Struct):
    """How far a file has come. Every line up to `line` is done; `read` of `size` bytes are behind.

    Lines are `added`, `changed`, `unchanged`, or `bad` and left out; the report lists what is the matter with the first
    ten thousand of these.
    """

    id: str
    by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    state: ImportState
    text: Text
    refusal: RosterRefusal | None
    size: int
    read: int
    encoding: str
    line: int
    added: int
    changed: int
    unchanged: int
    bad: int
    problems: list[RosterProblem]
    report_url: str | None


class RosterProgress(Struct):
    """The exam's last imports, newest first."""

    time_zone: str
    imports: list[RosterImportView]
