"""How far an exam has come, for those who run it: counted from the indexes when somebody asks, and kept for a minute.

Whoever finds it older counts anew and waits for it. Meanwhile the others are answered what was counted last.
"""

import heapq
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec

from songshen.contract.progress import (
    AreaUnreached,
    AreaView,
    ClosingReturn,
    HalfHour,
    OpenReturns,
    Progress,
    ReviewerPace,
    SiteProgress,
    UnreachedList,
    WaitingView,
)
from songshen.domain import progress
from songshen.domain.application import Status, application_id
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Area, Exam, Site
from songshen.domain.progress import DAY, HALF_HOUR, HALF_HOURS, HOUR, HOURS
from songshen.ports import (
    Applications,
    Clock,
    Decided,
    Ending,
    Exams,
    KeptProgress,
    ProgressBook,
    ProgressCache,
    ProgressRow,
    RoundCounts,
    UnreachedCandidates,
)
from songshen.presentation.common import site_view
from songshen.presentation.progress import unreached
from songshen.usecases.finding import find_exam

FRESH = timedelta(minutes=1)
PATIENCE = timedelta(seconds=30)
"""As long as a call may take: whoever has not counted by then has died."""
STALE = timedelta(minutes=5)
"""What is older is not answered, even while somebody counts."""
AT_ONCE = 10
"""Queries: as many connections as a client keeps."""
CLOSING = 100
"""Returns that are listed, and read."""
PAGE = 50
"""Unreached candidates of an answer: each is two items, and a request reads a hundred."""
LONGEST_CURSOR = 200
COUNTED = (Status.DRAFT, Status.APPROVED)
LISTED = (Status.SUBMITTED, Status.RETURNED)


@dataclass(frozen=True, slots=True)
class ProgressDesk:
    """`GET /exams/{exam}/progress`, `GET /exams/{exam}/unreached`."""

    exams: Exams
    book: ProgressBook
    cache: ProgressCache
    unreached: UnreachedCandidates
    applications: Applications
    clock: Clock

    def __call__(self, exam_id: str) -> Progress:
        """What is known. Raises not_found."""
        exam = find_exam(self.exams, exam_id)
        now = self.clock.now()
        kept = self.cache.get(exam.id)
        last = _read(kept) if kept and now - kept.at < STALE else None
        if kept and last and now - kept.at < FRESH:
            return last
        if not self.cache.claim(exam.id, now, now + PATIENCE) and last:
            return last
        counted = _Counted(exam, now, self.book).shown()
        self.cache.put(exam.id, KeptProgress(now, zlib.compress(msgspec.json.encode(counted))))
        return counted

    def not_reached(self, exam_id: str, area: str = "", cursor: str = "") -> UnreachedList:
        """A page of those whom no SMS could reach, of one area or of all. Raises not_found, bad_request.

        Whatever their number, it reads the first lines of each area's index, one or two queries each, and the two items
        of the fifty that are shown: at most some 120 read units for 34 areas, some 50 for one.
        """
        exam = find_exam(self.exams, exam_id)
        areas = [one.id for one in exam.areas if area in ("", one.id)]
        if not areas:
            raise Refused(Code.NOT_FOUND)
        now = self.clock.now()
        begun, place = _position(cursor) if cursor else (now, Ending(now))
        found = self._ending(exam, areas, place) if place >= Ending(begun) else []
        if len(found) <= PAGE:
            found += self._ending(exam, areas, min(place, Ending(begun)), before=True)
        shown = found[:PAGE]
        noted = {(one.area, one.registration_no): one for one in self.unreached.some(exam.id, shown)}
        ids = {application_id(exam.id, number) for _, number in noted}
        known = {(one.area, one.registration_no): one for one in self.applications.some(sorted(ids))}
        # Whoever was told, submitted or moved a moment ago is no longer in one of them.
        places = [(one.area, one.registration_no) for one in shown]
        return UnreachedList(
            now=now.astimezone(exam.zone),
            time_zone=exam.time_zone,
            items=[unreached(noted[one], known[one], exam) for one in places if one in noted and one in known],
            next_cursor=_cursor(begun, shown[-1]) if len(found) > PAGE else None,
        )

    def _ending(self, exam: Exam, areas: Sequence[str], place: Ending, *, before: bool = False) -> list[Ending]:
        """The first on this side of the place, of all these areas, and at least one more than is shown if there is."""

        def of(area: str) -> list[Ending]:
            return self.unreached.ending(exam.id, area, place, PAGE + 1, before=before)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(heapq.merge(*pool.map(of, areas), reverse=before))


def _cursor(begun: datetime, last: Ending) -> str:
    """When the list was begun, which parts it in two, and the last place that was shown."""
    return f"{begun.isoformat()}_{last.end.isoformat()}_{last.registration_no}"


def _position(cursor: str) -> tuple[datetime, Ending]:
    """What a cursor says. Raises bad_request if it is none."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("too long")
        begun, end, number = cursor.split("_")
        return _instant(begun), Ending(_instant(end), number)
    except (ValueError, OverflowError) as error:
        raise Refused(Code.BAD_REQUEST, field="cursor") from error


def _instant(said: str) -> datetime:
    """Raises ValueError, and OverflowError if there is no such time in UTC."""
    time = datetime.fromisoformat(said)
    if time.tzinfo is None:
        raise ValueError("no time zone")
    return time.astimezone(UTC)


def _read(kept: KeptProgress) -> Progress | None:
    """None if it was another version of this program that counted."""
    try:
        return msgspec.json.decode(zlib.decompress(kept.body), type=Progress)
    except (msgspec.DecodeError, zlib.error):
        return None


class _Counted:
    """An exam as the indexes show it at one moment, more or less: each query is of its own."""

    def __init__(self, exam: Exam, now: datetime, book: ProgressBook) -> None:
        self.exam = exam
        self.now = now.astimezone(exam.zone)
        self.sites = [(area, site) for area in exam.areas for site in area.sites]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            counts = _each(pool, book.counts, exam.id, (s.id for _, s in self.sites), COUNTED)
            rows = _each(pool, lambda *one: list(book.rows(*one)), exam.id, (s.id for _, s in self.sites), LISTED)
            areas = [area.id for area in exam.areas]
            decided = pool.map(lambda area: list(book.decisions(exam.id, area, now - DAY)), areas)
            unreached = pool.map(lambda area: book.unreached(exam.id, area), areas)
            self.counts: Mapping[tuple[str, str], RoundCounts] = counts
            self.rows: Mapping[tuple[str, str], list[ProgressRow]] = rows
            self.decided = [one for some in decided for one in some]
            self.unreached = dict(zip(areas, unreached, strict=True))
        self.extensions = book.extensions(exam.id, [row.registration_no for _, _, row in self._ending()])

    def shown(self) -> Progress:
        """All of it."""
        zone, first = self.exam.zone, progress.bins(self.now, HALF_HOUR, HALF_HOURS)
        waiting = [row.since for _, site in self.sites for row in self.rows[site.id, Status.SUBMITTED]]
        # Every submission of these hours either waits or has been decided in them.
        submitted = [*waiting, *(one.submitted_at for one in self.decided)]
        curve = zip(
            progress.histogram(submitted, first, HALF_HOUR, HALF_HOURS),
            progress.histogram((one.at for one in self.decided), first, HALF_HOUR, HALF_HOURS),
            strict=True,
        )
        by_site = progress.by_key((one.site, one) for one in self.decided)
        sites = [(self._site(area, site, by_site.get(site.id, [])), site.id) for area, site in self.sites]
        return Progress(
            exam=self.exam.name,
            time_zone=self.exam.time_zone,
            at=self.now,
            waiting=_waiting(waiting, self.now),
            returns=_returns(self._ends, self.now),
            sites=[site for site, _ in sorted(sites, key=_worst_first)],
            curve=[HalfHour(first + n * HALF_HOUR, submitted, decided) for n, (submitted, decided) in enumerate(curve)],
            median_decision_minutes=_minutes(progress.median([one.at - one.submitted_at for one in self.decided])),
            reviewers=sorted(self._reviewers(), key=lambda one: (-one.approved - one.returned, one.by)),
            closing=[
                ClosingReturn(
                    application_id(self.exam.id, row.registration_no),
                    row.registration_no,
                    site_view(area.id, site.id, self.exam),
                    until.astimezone(zone),
                )
                for until, area, site, row in self._closing()
            ],
            unreached=[AreaUnreached(_area(area), self.unreached[area.id]) for area in self.exam.areas],
        )

    def _site(self, area: Area, site: Site, decided: list[Decided]) -> SiteProgress:
        counts: dict[str, int] = {}
        rounds: dict[str, list[int]] = {}
        for status in Status:
            of = self._count(site.id, status)
            counts[status] = of.total
            if status is not Status.DRAFT:
                rounds[status] = [of.first, of.second, of.total - of.first - of.second]
        since = [row.since for row in self.rows[site.id, Status.SUBMITTED]]
        return SiteProgress(
            area=_area(area),
            site=site_view(area.id, site.id, self.exam),
            counts=counts,
            rounds=rounds,
            waiting=_waiting(since, self.now),
            returns=_returns((self._end(area, site, row) for row in self.rows[site.id, Status.RETURNED]), self.now),
            reviewers=len({one.by for one in decided}),
            decided_last_hour=sum(self.now - one.at < HOUR for one in decided),
            decided_last_day=len(decided),
            hours_to_clear=progress.hours_to_clear(len(since), len(decided)),
        )

    def _count(self, site: str, status: Status) -> RoundCounts:
        if status in COUNTED:
            return self.counts[site, status]
        rounds = [row.round for row in self.rows[site, status]]
        return RoundCounts(len(rounds), rounds.count(1), rounds.count(2))

    def _reviewers(self) -> Iterable[ReviewerPace]:
        first = progress.bins(self.now, HOUR, HOURS)
        place = {site.id: (area, site) for area, site in self.sites}
        for by, own in progress.by_key((one.by, one) for one in self.decided).items():
            last = max(own, key=lambda one: one.at)
            if last.site not in place:
                continue  # a site that was taken out of the exam
            area, site = place[last.site]
            yield ReviewerPace(
                by=by,
                area=_area(area),
                site=site_view(area.id, site.id, self.exam),
                approved=sum(one.approved for one in own),
                returned=sum(not one.approved for one in own),
                last=last.at.astimezone(self.exam.zone),
                hours=progress.histogram((one.at for one in own), first, HOUR, HOURS),
            )

    def _end(self, area: Area, site: Site, row: ProgressRow, extension: datetime | None = None) -> datetime:
        return progress.end_of_return(self.exam, area.id, site.id, row.since, extension)

    @cached_property
    def _ends(self) -> list[datetime]:
        return [self._end(area, site, row) for area, site in self.sites for row in self.rows[site.id, Status.RETURNED]]

    def _ending(self) -> list[tuple[Area, Site, ProgressRow]]:
        """The returns with less than a day, those that end first in front, so many as are listed."""
        returned = [(area, site, row) for area, site in self.sites for row in self.rows[site.id, Status.RETURNED]]
        near = [(end, one) for end, one in zip(self._ends, returned, strict=True) if timedelta() < end - self.now < DAY]
        near.sort(key=lambda found: (found[0], found[1][2].registration_no))
        return [one for _, one in near[:CLOSING]]

    def _closing(self) -> list[tuple[datetime, Area, Site, ProgressRow]]:
        """The same by their true ends; whoever was given more time is not among them."""
        found = [
            (self._end(area, site, row, self.extensions.get(row.registration_no)), area, site, row)
            for area, site, row in self._ending()
        ]
        near = [one for one in found if one[0] - self.now < DAY]
        return sorted(near, key=lambda one: (one[0], one[3].registration_no))


def _each[T](
    pool: ThreadPoolExecutor, ask: Callable[..., T], exam: str, sites: Iterable[str], statuses: tuple[Status, ...]
) -> dict[tuple[str, str], T]:
    """`(site, status)` → what is found of it."""
    wanted = [(site, status) for site in sites for status in statuses]
    found: Iterable[Any] = pool.map(lambda one: ask(exam, one[0], one[1].value), wanted)
    return {(site, status.value): one for (site, status), one in zip(wanted, found, strict=True)}


def _worst_first(found: tuple[SiteProgress, str]) -> tuple[float, int, int, str]:
    site, id = found
    backlog = site.counts[Status.SUBMITTED]
    return (*progress.worst_first(backlog, site.hours_to_clear, site.waiting.over_24h), id)


def _waiting(since: list[datetime], now: datetime) -> WaitingView:
    found = progress.waiting(since, now)
    oldest = found.oldest.astimezone(now.tzinfo) if found.oldest else None
    return WaitingView(oldest, _minutes(found.median), found.over_24h, found.over_48h)


def _returns(ends: Iterable[datetime], now: datetime) -> OpenReturns:
    found = progress.returns(ends, now)
    return OpenReturns(found.open, found.closing, found.over)


def _minutes(time: timedelta) -> int:
    return time // timedelta(minutes=1)


def _area(area: Area) -> AreaView:
    return AreaView(area.id, area.name)
