"""How far an exam has come: times of waiting, returns near their end, the pace of sites and reviewers. All of it is
derived from what the table's indexes hold at this moment; nothing is counted beforehand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from songshen.domain.application import Application, Decision, Outcome, Status, end_of
from songshen.domain.exam import Exam

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
HALF_HOURS = 48
HOURS = 24


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of those who wait: since when the one who has waited longest, the median, over 24 h, of these over 48 h."""

    oldest: datetime | None
    median: timedelta
    over_24h: int
    over_48h: int


def waiting(since: Sequence[datetime], now: datetime) -> Waiting:
    """`since` in any order."""
    return Waiting(
        oldest=min(since, default=None),
        median=median([now - one for one in since]),
        over_24h=sum(now - one >= DAY for one in since),
        over_48h=sum(now - one >= 2 * DAY for one in since),
    )


def median(times: Sequence[timedelta]) -> timedelta:
    """The middle one, of two in the middle the longer; zero of none."""
    return sorted(times)[len(times) // 2] if times else timedelta()


@dataclass(frozen=True, slots=True)
class Returns:
    """Returned applications: can be put right, of these for less than a day, cannot any more."""

    open: int
    closing: int
    over: int


def returns(ends: Iterable[datetime], now: datetime) -> Returns:
    """By the ends of their time."""
    left = [end - now for end in ends]
    alive = [one for one in left if one > timedelta()]
    return Returns(len(alive), sum(one < DAY for one in alive), len(left) - len(alive))


def end_of_return(
    exam: Exam, area: str, site: str, returned_at: datetime, extension: datetime | None = None
) -> datetime:
    """Until when what was returned then can be put right."""
    decision = Decision(1, Outcome.RETURN, "", returned_at)
    returned = Application(exam.id, "", "", area, site, status=Status.RETURNED, decision=decision, extension=extension)
    return end_of(returned, exam)


def hours_to_clear(backlog: int, decided_last_day: int) -> float | None:
    """How long what waits takes at the pace of the last 24 hours; None if nobody does anything."""
    if not backlog:
        return 0.0
    return round(backlog * HOURS / decided_last_day, 1) if decided_last_day else None


def worst_first(backlog: int, hours: float | None, over_24h: int) -> tuple[float, int, int]:
    """What sites are sorted by: what nobody works on, then what takes longest."""
    return (-(float("inf") if hours is None else hours), -over_24h, -backlog)


def bins(now: datetime, width: timedelta, count: int) -> datetime:
    """When the first of so many intervals begins, of which the last one, cut at the clock's own marks, is the
    present."""
    since_midnight = now - now.replace(hour=0, minute=0, second=0, microsecond=0)
    return now - since_midnight % width - width * (count - 1)


def histogram(times: Iterable[datetime], first: datetime, width: timedelta, count: int) -> list[int]:
    """How many fall into each interval; others are left out."""
    found = [0] * count
    for time in times:
        if 0 <= (place := (time - first) // width) < count:
            found[place] += 1
    return found


def by_key[K, V](things: Iterable[tuple[K, V]]) -> Mapping[K, list[V]]:
    """The things of each key, in their order."""
    found: dict[K, list[V]] = {}
    for key, thing in things:
        found.setdefault(key, []).append(thing)
    return found
