"""Results as files: exports of a whole exam, the bundle of one application."""

from datetime import datetime

from msgspec import Struct

from songshen.domain.exam import Text
from songshen.domain.export import ExportFormat, ExportKind, ExportState


class ExportRequest(Struct):
    """`applications`: one line each. `journal`: one line for each of their entries and for each look at them.

    Id numbers and phones are masked unless `identity` asks for them; a journal has none.
    """

    kind: ExportKind
    format: ExportFormat
    identity: bool = False


class ExportView(Struct):
    """How far an export has come: `done` of `total` applications. `rows` and `bytes` are those of the finished file,
    which can be fetched from `url` for five minutes and is deleted at `expires_at`."""

    id: str
    kind: ExportKind
    format: ExportFormat
    identity: bool
    by: str
    created_at: datetime
    finished_at: datetime | None
    state: ExportState
    text: Text
    total: int
    done: int
    rows: int
    bytes: int
    file: str
    url: str | None
    expires_at: datetime | None


class Exports(Struct):
    """The exam's last exports, newest first."""

    exports: list[ExportView]


class Bundle(Struct):
    """A zip file with all that there is about one application; `missing` are images that are not kept any more. `url`
    lives five minutes, the file a day. `sha256` in hex is the file's."""

    application: str
    file: str
    bytes: int
    sha256: str
    images: int
    missing: int
    url: str
