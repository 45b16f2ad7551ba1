"""An export: all applications of an exam, or their whole journal, as one file made in the background.

The exam's sites are done one after the other, in each the applications in the order of their registration numbers. So a
place is a site and a number, and whoever goes on from there repeats nothing and leaves nothing out.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from songshen.domain.exam import Exam, Text


class ExportKind(StrEnum):
    """What is in the file; part of the HTTP contract."""

    APPLICATIONS = "applications"
    JOURNAL = "journal"


class ExportFormat(StrEnum):
    """CSV opens in spreadsheet programs; JSON Lines, compressed, are for programs. Part of the HTTP contract."""

    CSV = "csv"
    JSONL = "jsonl"


class ExportState(StrEnum):
    """`waiting → running → done | failed`; part of the HTTP contract."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


STATE_WORDS: dict[ExportState, Text] = {
    ExportState.WAITING: Text("等待开始，一般不超过两分钟。", "About to begin, within two minutes at most."),
    ExportState.RUNNING: Text(
        "正在导出。可以关闭页面，稍后再来下载。", "Being made. You may close the page and come back for it."
    ),
    ExportState.DONE: Text("已完成，可以下载。", "Done. It can be downloaded."),
    ExportState.FAILED: Text(
        "多次中断，没有完成。请重新导出；如果再次失败，请联系系统管理人员。",
        "It broke off again and again. Start it once more; if that fails too, tell whoever operates the system.",
    ),
}
EXPIRED = Text(
    "文件已到期删除。如仍需要，请重新导出。", "The file has been deleted. Start another export if you need it."
)

LEASE = timedelta(minutes=5)
"""A runner says every half of it that it is still there."""
ATTEMPTS = 5
"""Breakdowns without a part stored between them."""
KEPT = timedelta(days=3)
"""Files; the bucket deletes them by itself. That there was an export, and who asked for it, stays."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything up to this application of this site is in the file; `site` counts the exam's sites from 0."""

    site: int = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """One file in the making, in parts of some megabytes.

    Up to `place` everything is stored: `parts` (their ETags), `done` applications, `rows` lines, `size` bytes.
    `reached` is how many applications the runner has come to since. `runner` is who works on it, until `due` at
    least.
    """

    exam: str
    id: str
    kind: ExportKind
    format: ExportFormat
    identity: bool
    by: str
    created_at: datetime
    state: ExportState = ExportState.WAITING
    total: int = 0
    upload: str = ""
    parts: tuple[str, ...] = ()
    place: Place = Place()
    done: int = 0
    rows: int = 0
    size: int = 0
    reached: int = 0
    finished_at: datetime | None = None
    attempts: int = 0
    runner: str = ""
    due: datetime | None = None

    @property
    def over(self) -> bool:
        """Nothing is left to do."""
        return self.state in (ExportState.DONE, ExportState.FAILED)

    @property
    def file(self) -> str:
        """What the file is called when it is saved; the time is part of the id."""
        return f"{self.exam}-{self.kind}-{self.id[:15]}.{'csv' if self.format is ExportFormat.CSV else 'jsonl.gz'}"

    def same_as(self, other: "Export") -> bool:
        """Whether the other one makes the same file."""
        return (self.kind, self.format, self.identity) == (other.kind, other.format, other.identity)

    def there(self, now: datetime) -> bool:
        """Whether the file can be fetched."""
        return self.finished_at is not None and self.state is ExportState.DONE and now < self.finished_at + KEPT


def begun(found: Export, runner: str, now: datetime) -> Export | None:
    """The export as this runner works on it, or given up; None if it is over or another's."""
    if found.over or (found.runner and found.due and found.due > now):
        return None
    if found.attempts >= ATTEMPTS:
        return replace(found, state=ExportState.FAILED, finished_at=now, due=None)
    return replace(
        found,
        state=ExportState.RUNNING,
        runner=runner,
        attempts=found.attempts + 1,
        reached=found.done,
        due=now + LEASE,
    )


def sites_of(exam: Exam) -> list[tuple[str, str]]:
    """`(area, site)` in the order of the file. A place counts on it: sites with applications are never taken away."""
    return sorted((area.id, site.id) for area in exam.areas for site in area.sites)
