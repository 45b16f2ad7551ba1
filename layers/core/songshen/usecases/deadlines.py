"""What happens by itself around an exam's ends: keeps its schedules, and does what they are for.

Everything that is owed stands in the table (`Calendar`): a schedule only wakes this use case in time. Whatever it does
not finish, the next wake-up goes on with; there is one every minute.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from songshen.domain import deadlines as rules
from songshen.domain.application import Application, Status, application_id, end_of
from songshen.domain.deadlines import REMINDS, Occasion, Purpose, Run, Wake, plan
from songshen.domain.exam import Exam
from songshen.domain.sms import reminder_of, text_of
from songshen.logs import log, where
from songshen.ports import (
    Applications,
    Archive,
    Calendar,
    Capacity,
    Clock,
    Due,
    ExamDue,
    Exams,
    Notification,
    QueueFilter,
    QueueRow,
    Schedules,
    SmsFailed,
    Unreached,
    UnreachedCandidates,
)
from songshen.usecases.telling import Telling, Told

BATCH = 100
"""What is due that is read at a time."""
AT_ONCE = 8
"""Candidates who are written to side by side."""
PAGE = 24
"""Candidates between two notes of the place: as many as can be finished in the time that the function keeps for it
(`RESERVE` in functions/deadlines), if the SMS provider is silent. Whoever is cut off after the mark is not reminded."""
HOLD = timedelta(minutes=1)
"""So long after it should have ended, somebody else goes on with a run."""
OFTEN, SELDOM = timedelta(hours=1), timedelta(hours=6)
"""How often an exam is looked at: while candidates may have ends of their own, and else."""
AFTERWARDS = timedelta(minutes=1)
"""So long after each occasion an exam is looked at as well: its schedule may have been lost, or its wake-up waits."""

type Step = Callable[[QueueRow, Exam], str]
"""What is done with a candidate; what became of it."""


@dataclass(frozen=True, slots=True)
class KeepDeadlines:
    """Called by the schedules and every minute, by one at a time. `pace` waits until one more may be written to."""

    exams: Exams
    applications: Applications
    calendar: Calendar
    schedules: Schedules
    tell: Telling
    unreached: UnreachedCandidates
    capacity: Capacity
    archive: Archive
    pace: Callable[[], None]
    clock: Clock

    def __call__(self, wake: Wake | None, until: datetime) -> int:
        """Does what is due, each once and what is quick first, as long as there is time; how much of it."""
        if wake:
            self._wake(wake)
        tried: set[object] = set()
        done = 0
        while due := [one for one in self.calendar.due(self.clock.now(), BATCH) if _identity(one) not in tried]:
            tried.update(map(_identity, due))
            again = [one for one in due if isinstance(one, Unreached)]
            first = [one for one in due if not isinstance(one, Unreached)]
            done += sum(self._met(one, until) for one in sorted(first, key=_takes))
            with ThreadPoolExecutor(AT_ONCE) as pool:
                done += sum(pool.map(lambda one: self._met(one, until), again))
            if self.clock.now() >= until:
                return done
        return done

    def _met(self, due: Due, until: datetime) -> bool:
        """Whether it was met: there is nothing to begin once the time is over, and what fails hinders nothing else."""
        if self.clock.now() >= until:
            return False
        try:
            self._meet(due, until)
        except Exception as error:
            log.error("deadline not kept: %s", where(error))
            return False
        return True

    def _wake(self, wake: Wake) -> None:
        """Notes the occasion's run, unless the exam's windows have been moved since."""
        kept = self.exams.kept(wake.exam)
        for occasion in plan(kept.exam) if kept else ():
            if (occasion.name, occasion.at) == (wake.occasion, wake.at):
                self.calendar.begin(Run.of(wake.exam, occasion, self.clock.now()))

    def _meet(self, due: Due, until: datetime) -> None:
        match due:
            case ExamDue():
                self._look(due)
            case Run():
                self._go_on(due, until)
            case Unreached():
                self._tell_again(due)

    # ---- the plan, and the schedules that keep it

    def _look(self, due: ExamDue) -> None:
        """Makes the schedules what the windows ask for, and begins what no schedule has."""
        kept, now = self.exams.kept(due.exam), self.clock.now()
        planned = plan(kept.exam) if kept else []
        wanted = {one.name: one for one in planned if one.at > now}
        there = self.schedules.of(due.exam)
        for name in there.keys() - wanted.keys():
            self.schedules.remove(due.exam, name)
        for name, occasion in wanted.items():
            if there.get(name) != occasion.at:
                self.schedules.put(due.exam, occasion)
        for occasion in rules.missed(planned, now):
            self.calendar.begin(Run.of(due.exam, occasion, now))
        self.calendar.looked(due, self._next_look(kept.exam, planned, now) if kept else None)

    def _next_look(self, exam: Exam, planned: list[Occasion], now: datetime) -> datetime | None:
        looks = [one.at + AFTERWARDS for one in planned if one.at > now]
        own = rules.own_ends(exam)
        if own.opens <= now < own.closes:
            hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            self.calendar.begin(Run.of(exam.id, Occasion(Purpose.REMIND_OWN, hour, hour + OFTEN), now))
            looks.append(hour + OFTEN)
        elif now < rules.over(exam):
            looks.append(now + SELDOM)
        return min(looks, default=None)

    # ---- what they are for

    def _go_on(self, run: Run, until: datetime) -> None:
        held = replace(run, due=until + HOLD)
        if not self.calendar.save(run, held):
            return
        kept = self.exams.kept(run.exam)
        if kept is None or not rules.still_wanted(run, kept.exam, self.clock.now()):
            log.info("deadline dropped", extra={"exam": run.exam, "occasion": run.id, **run.counts})
            self.calendar.drop(held)
            return
        after = self._do(held, kept.exam, until)
        self.calendar.save(held, after)
        if after.due is None:
            log.info("deadline", extra={"exam": run.exam, "occasion": run.id, **after.counts})

    def _do(self, run: Run, exam: Exam, until: datetime) -> Run:
        """The run as far as it has come; its `due` is None if it is finished."""
        match run.purpose:
            case Purpose.WARM:
                self.capacity.warm(exam)
            case Purpose.SCALE_DOWN:
                self.capacity.scale_down(exam)
            case Purpose.CLOSE_UPLOAD | Purpose.CLOSE_CORRECTION:
                return replace(run, due=None, counts=self._count(exam, run))
            case Purpose.ARCHIVE:
                return self._walk(run, exam, tuple(Status), self._expire, until)
            case _:
                return self._walk(run, exam, REMINDS[run.purpose], self._remind, until)
        return replace(run, due=None)

    def _count(self, exam: Exam, run: Run) -> dict[str, int]:
        """How many are in which state at the close, and how many could not be told of it. Decides nothing."""
        areas = rules.areas_of(exam, run.purpose, run.area)
        sites = [site.id for area in areas for site in area.sites]
        counts = {s.value: sum(self.applications.count(exam.id, site, s.value) for site in sites) for s in Status}
        return counts | {"unreached": sum(1 for area in areas for _ in self.unreached.of(exam.id, area.id))}

    def _walk(self, run: Run, exam: Exam, statuses: Iterable[Status], step: Step, until: datetime) -> Run:
        """Goes through the candidates from the run's place on, a page at a time, noting the place after each."""
        areas = rules.areas_of(exam, run.purpose, run.area)
        places = [(status.value, site.id) for status in statuses for area in areas for site in area.sites]
        # A site that is gone meanwhile: from the beginning, which repeats nothing.
        at = places.index((run.status, run.site)) if (run.status, run.site) in places else 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while at < len(places):
                status, site = places[at]
                everybody = QueueFilter(self.clock.now())
                page = self.applications.queue(exam.id, site, status, everybody, run.cursor or None, PAGE)
                counts = Counter(run.counts)
                counts.update(pool.map(lambda row: step(row, exam), page.rows))
                at += not page.cursor
                if at == len(places):
                    return replace(run, due=None, counts=dict(counts))
                status, site = places[at]
                after = replace(run, status=status, site=site, cursor=page.cursor or "", counts=dict(counts))
                if self.clock.now() >= until:
                    return replace(after, due=self.clock.now())
                if not self.calendar.save(run, after):
                    return run  # somebody else has gone on with it
                run = after
        return replace(run, due=None)

    def _remind(self, row: QueueRow, exam: Exam) -> str:
        """Noted first: nobody is sent the same twice, and a crash between the two costs one of several reminders."""
        application = self.applications.get(row.application)
        due = rules.reminder_due(application, exam, self.clock.now()) if application else None
        if application is None or due is None:
            return "not_due"
        self.pace()
        if not self.applications.mark_reminded(application, due.mark):
            return "not_due"
        try:
            self.tell(application, exam, "reminder", reminder_of(application, exam))
        except Exception as error:
            if not isinstance(error, SmsFailed):
                log.warning("reminder postponed: %s", where(error))
            return "failed"
        return "sent"

    def _expire(self, row: QueueRow, exam: Exam) -> str:
        application = self.applications.get(row.application)
        if application:
            self.pace()
            self.archive.expire(application, self.clock.now())
        return "expired"

    def _tell_again(self, one: Unreached) -> None:
        """Another try, if it is still about something: not once they have submitted, nor after their end."""
        application = self.applications.get(application_id(one.exam, one.registration_no))
        if application is None or not _still_open(application, one):
            self.unreached.forget(one.exam, one.area, one.registration_no)
            return
        exam, now = self.exams.get(one.exam), self.clock.now()
        if now >= end_of(application, exam):
            self.unreached.note(replace(one, next_try=None))
            return
        self.pace()
        about_return = one.about == "return"
        try:
            text = text_of(application, exam) if about_return else reminder_of(application, exam)
            self.tell(application, exam, one.about, text)
        except SmsFailed:
            return
        if about_return:
            self.applications.record_notification(application, Notification(one.round, Told.SENT.value, now))


def _takes(due: Due) -> bool:
    """Whether it goes through all candidates: what is done in a moment comes before that."""
    return isinstance(due, Run) and (due.purpose in REMINDS or due.purpose is Purpose.ARCHIVE)


def _identity(due: Due) -> object:
    match due:
        case ExamDue():
            return due
        case Run():
            return due.exam, due.id
        case Unreached():
            return due.exam, due.area, due.registration_no


def _still_open(application: Application, one: Unreached) -> bool:
    """Whether they still have to do what they were to be told of."""
    as_told = (application.area, application.round) == (one.area, one.round)
    return as_told and application.status in (Status.DRAFT, Status.RETURNED)
