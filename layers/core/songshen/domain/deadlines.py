"""What an exam's windows mean for the calendar: when to remind, warm up, scale down, close and forget; and who is due.

`plan` is a function of the exam alone, so that whoever keeps the schedules only has to compare.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from songshen.domain.application import Application, Status, end_of, upload_window
from songshen.domain.exam import GRACE, Area, Exam, Window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COOLING = HOUR
"""How long after an end the crowd takes to leave: the time of grace, and what reviewers then find."""
LATE = DAY
"""How late what was missed is still done, where nothing else ends it."""
EVER = 3650 * DAY
"""So late records are still deleted: when fewer `records_days` are asked for, their end may have been long ago."""


class Purpose(StrEnum):
    """What an occasion is for."""

    REMIND_DRAFTS = "remind-drafts"
    REMIND_RETURNED = "remind-returns"
    REMIND_OWN = "remind-own"
    """Those whose end is their own: it is not in the plan, but looked for every hour."""
    WARM = "warm"
    SCALE_DOWN = "scale-down"
    CLOSE_UPLOAD = "close-upload"
    CLOSE_CORRECTION = "close-correction"
    ARCHIVE = "archive"


REMINDS: Mapping[Purpose, tuple[Status, ...]] = {
    Purpose.REMIND_DRAFTS: (Status.DRAFT,),
    Purpose.REMIND_RETURNED: (Status.RETURNED,),
    Purpose.REMIND_OWN: (Status.DRAFT, Status.RETURNED),
}
"""Whom the reminders look through."""
_HOWEVER_LATE = {Purpose.SCALE_DOWN, Purpose.CLOSE_UPLOAD, Purpose.CLOSE_CORRECTION}


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something to be done once, at `at` (whole seconds), and not from `until` on any more.

    `area` is "" for all areas that keep the exam's own end. `stage` tells occasions of one purpose apart: the hours
    before the end, or which peak.
    """

    purpose: Purpose
    at: datetime
    until: datetime
    area: str = ""
    stage: int = 0

    @property
    def name(self) -> str:
        """Unique in the exam; stays when the time moves. Letters, digits, `-` and `.`, at most 39."""
        stage = f"-{self.stage}" if self.stage else ""
        return f"{self.purpose.value}{stage}{'.' + self.area if self.area else ''}"


@dataclass(frozen=True, slots=True)
class Wake:
    """What a schedule says: which occasion it was made for."""

    exam: str
    occasion: str
    at: datetime


def plan(exam: Exam) -> list[Occasion]:
    """Everything that the exam's windows ask for, in the order of time."""
    found = [
        *_reminders(Purpose.REMIND_DRAFTS, _uploading(exam), exam),
        *_reminders(Purpose.REMIND_RETURNED, _correcting(exam), exam),
        *_peaks(exam),
        *_closings(Purpose.CLOSE_UPLOAD, _uploading(exam)),
        *_closings(Purpose.CLOSE_CORRECTION, _correcting(exam)),
        _archive(exam),
    ]
    return sorted(found, key=lambda one: (one.at, one.name))


def missed(planned: list[Occasion], now: datetime) -> list[Occasion]:
    """What should have begun by now and still makes sense; of an area's reminders the last one, which is for all."""
    begun = {
        (one.purpose, one.area, 0 if one.purpose in REMINDS else one.stage): one
        for one in planned
        if one.at <= now < one.until
    }
    return list(begun.values())


def areas_of(exam: Exam, purpose: Purpose, area: str) -> list[Area]:
    """The areas that an occasion is about."""
    if area:
        return [one for one in exam.areas if one.id == area]
    if purpose in (Purpose.REMIND_OWN, Purpose.ARCHIVE):
        return list(exam.areas)
    corrections = purpose in (Purpose.REMIND_RETURNED, Purpose.CLOSE_CORRECTION)
    windows = _correcting(exam) if corrections else _uploading(exam)
    return [one for one in exam.areas if one.id not in windows]


def own_ends(exam: Exam) -> Window:
    """When candidates may have ends of their own: more time for one person, or the time that every return leaves."""
    least = timedelta(hours=exam.min_correction_hours)
    ends = [window.closes for window in _uploading(exam).values()]
    return Window(min(*ends, exam.windows.correction.closes - least), exam.last_end + least)


def over(exam: Exam) -> datetime:
    """From then on there is nothing to look after any more."""
    return exam.records_end + 30 * DAY


@dataclass(frozen=True, slots=True)
class Reminder:
    """One that is due: for which stage (hours before the end), and the candidate's own end."""

    stage: int
    end: datetime

    @property
    def mark(self) -> str:
        """What the application keeps of it: another end is another reminder."""
        return f"{self.stage}@{self.end.astimezone(UTC).isoformat(timespec='seconds')}"


def reminder_due(application: Application, exam: Exam, now: datetime) -> Reminder | None:
    """The reminder that this candidate should have had by now, and has not; by their own end.

    Only stages that began after the window opened, or after the return: its SMS has just told them the end.
    """
    if application.status not in (Status.DRAFT, Status.RETURNED):
        return None
    end = end_of(application, exam)
    returned = application.status is Status.RETURNED and application.decision is not None
    since = application.decision.at if returned and application.decision else upload_window(exam, application).opens
    begun = [hours for hours in exam.deadlines.reminders if since < end - hours * HOUR <= now < end]
    if not begun:
        return None
    due = Reminder(min(begun), end)
    return None if due.mark == application.reminded else due


@dataclass(frozen=True, slots=True)
class Run:
    """How far the work on an occasion has come. `status`, `site` and `cursor` are the place where it goes on.

    `due` is when somebody should go on with it: while it is worked on, after that; None once it is finished.
    """

    exam: str
    purpose: Purpose
    area: str
    stage: int
    at: datetime
    due: datetime | None
    status: str = ""
    site: str = ""
    cursor: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, exam: str, occasion: Occasion, due: datetime) -> "Run":
        """One that has not begun."""
        return cls(exam, occasion.purpose, occasion.area, occasion.stage, occasion.at, due)

    @property
    def id(self) -> str:
        """Unique in the exam: an occasion that was moved is another run."""
        return f"{Occasion(self.purpose, self.at, self.at, self.area, self.stage).name}#{self.at.timestamp():.0f}"


def still_wanted(run: Run, exam: Exam, now: datetime) -> bool:
    """Whether a run that has begun may go on, as the exam is by now.

    What costs by the hour ends with its time, what cannot be undone with the wish for it, and reminders with their
    window: when it is moved, another run goes to the same people. The rest is done however late: what was warmed up has
    to be scaled down.
    """
    if run.purpose in _HOWEVER_LATE or run.purpose is Purpose.REMIND_OWN:  # own ends are in no plan
        return True
    return any(Run.of(exam.id, one, now).id == run.id and now < one.until for one in plan(exam))


def _uploading(exam: Exam) -> dict[str, Window]:
    """Area → its window for drafts, where it is the area's own; "" → the exam's, if any area keeps it."""
    found = {}
    for area in exam.areas:
        window = area.upload or exam.windows.upload
        found.update(_extended(area, window, own=area.upload is not None))
    return found


def _correcting(exam: Exam) -> dict[str, Window]:
    """The same for what was returned."""
    found = {}
    for area in exam.areas:
        found.update(_extended(area, exam.windows.correction, own=False))
    return found


def _extended(area: Area, window: Window, *, own: bool) -> dict[str, Window]:
    until = area.extension.until if area.extension else window.closes
    own = own or until > window.closes
    return {area.id if own else "": Window(window.opens, max(window.closes, until))}


def _reminders(purpose: Purpose, windows: Mapping[str, Window], exam: Exam) -> Iterator[Occasion]:
    for area, window in windows.items():
        for hours in exam.deadlines.reminders:
            at = window.closes - hours * HOUR
            if at > window.opens:
                yield Occasion(purpose, _whole(at), window.closes, area, hours)


def _peaks(exam: Exam) -> Iterator[Occasion]:
    """The crowd comes before every end: peaks that overlap are one."""
    if not exam.deadlines.warm:
        return
    ends = {window.closes for windows in (_uploading(exam), _correcting(exam)) for window in windows.values()}
    peaks = ((end - exam.deadlines.warm * HOUR, end + COOLING) for end in sorted(ends))
    for n, (begins, ends_at) in enumerate(_merged(peaks), 1):
        yield Occasion(Purpose.WARM, _whole(begins), _whole(ends_at), stage=n)
        yield Occasion(Purpose.SCALE_DOWN, _whole(ends_at), _whole(ends_at) + LATE, stage=n)


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The spans, given in the order of their beginnings, without overlaps."""
    merged: list[tuple[datetime, datetime]] = []
    for begins, ends in spans:
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return merged


def _closings(purpose: Purpose, windows: Mapping[str, Window]) -> Iterator[Occasion]:
    for area, window in windows.items():
        at = _whole(window.closes + GRACE)
        yield Occasion(purpose, at, at + LATE, area)


def _archive(exam: Exam) -> Occasion:
    at = _whole(exam.records_end)
    return Occasion(Purpose.ARCHIVE, at, at + EVER)


def _whole(time: datetime) -> datetime:
    """The next whole second: schedules know no smaller ones, and nothing may be done too early."""
    return time if not time.microsecond else time.replace(microsecond=0) + timedelta(seconds=1)
