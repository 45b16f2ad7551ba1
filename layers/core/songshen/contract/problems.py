"""What a refused call answers."""

from datetime import datetime

from msgspec import Struct

from songshen.contract.candidate import Missing
from songshen.domain.errors import Code
from songshen.domain.exam import Text
from songshen.domain.reading import Note


class ProblemDetails(Struct, omit_defaults=True):
    """RFC 9457; `title` is the Chinese text, `text` both. Further members as far as they apply."""

    status: int
    code: Code
    title: str
    text: Text
    type: str = "about:blank"
    field: str = ""
    round: int = 0
    retry_after: int = 0
    max: int = 0
    max_bytes: int = 0
    types: list[str] = []
    slots: list[str] = []
    missing: list[Missing] = []
    version: int = 0
    until: datetime | None = None
    problems: list[Note] = []
