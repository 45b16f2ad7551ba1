"""How far an exam has come, and who could not be told."""

from datetime import datetime

from msgspec import Struct

from songshen.contract.common import SiteView
from songshen.domain.application import Status
from songshen.domain.exam import Text


class AreaView(Struct):
    id: str
    name: Text


class WaitingView(Struct):
    """How long submitted applications have been waiting for a decision; those over 24 h include those over 48 h."""

    oldest: datetime | None
    median_minutes: int
    over_24h: int
    over_48h: int


class OpenReturns(Struct):
    """Returned applications by the time that is left to put them right: all that is `open`, of these `closing` within
    a day; `over` are those whose time has passed. Extensions of single candidates are not looked at."""

    open: int
    closing: int
    over: int


class SiteProgress(Struct):
    """How far a site has come.

    `counts` by status; `rounds` by status: how many are in their first, their second, a later round. `reviewers` are
    those who have decided anything in the last 24 hours; at their pace of these hours what waits is decided in
    `hours_to_clear`: null if something waits and nobody has decided anything.
    """

    area: AreaView
    site: SiteView
    counts: dict[str, int]
    rounds: dict[str, list[int]]
    waiting: WaitingView
    returns: OpenReturns
    reviewers: int
    decided_last_hour: int
    decided_last_day: int
    hours_to_clear: float | None


class ClosingReturn(Struct):
    """A returned application with less than a day to put it right; extensions are looked at."""

    application: str
    registration_no: str
    site: SiteView
    until: datetime


class ReviewerPace(Struct):
    """What somebody has decided in the last 24 hours; `hours`: by the hour, the present one last. `site` is where
    they did so last."""

    by: str
    area: AreaView
    site: SiteView
    approved: int
    returned: int
    last: datetime
    hours: list[int]


class HalfHour(Struct):
    """How many applications were submitted and how many decided in the half hour that begins `at`."""

    at: datetime
    submitted: int
    decided: int


class AreaUnreached(Struct):
    """How many candidates of an area an SMS could not reach."""

    area: AreaView
    count: int


class UnreachedView(Struct):
    """A candidate whom an SMS about a `return` or as a `reminder` could not be sent to: since when and why. `until` is
    their own end. Without a `next_try` somebody has to call."""

    application: str
    registration_no: str
    name: str
    area: Text
    site: SiteView
    status: Status
    about: str
    cause: str
    text: Text
    since: datetime
    until: datetime
    next_try: datetime | None


class UnreachedList(Struct):
    """Nearest end first; behind them those whose end is over, the last one first. The order is that of the ends when
    the last try failed: whoever has been given more time since stands where they were."""

    now: datetime
    time_zone: str
    items: list[UnreachedView]
    next_cursor: str | None


class Progress(Struct):
    """How far the exam has come, counted at `at`: a minute old at most, some minutes while it is being counted anew.

    `sites`: the worst first, that is those that need longest to decide what waits. `closing`: the hundred that end
    first. `curve`: the last 24 hours, oldest first. `median_decision_minutes`: from submission to decision, of what
    was decided in them.
    """

    exam: Text
    time_zone: str
    at: datetime
    waiting: WaitingView
    returns: OpenReturns
    sites: list[SiteProgress]
    curve: list[HalfHour]
    median_decision_minutes: int
    reviewers: list[ReviewerPace]
    closing: list[ClosingReturn]
    unreached: list[AreaUnreached]
