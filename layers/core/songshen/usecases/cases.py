"""Single cases at an administrator's desk: looked for, looked at, given more time, reopened."""

from dataclasses import dataclass
from datetime import datetime

from songshen.contract.cases import Case, CaseItem, CaseList, CaseQuery, ExtensionRequest, ReopenRequest
from songshen.domain import application as rules
from songshen.domain.application import Application, Decision, Outcome, SlotReview, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.domain.journal import extension_entry, reopening_entry
from songshen.ports import Applications, Clock, Exams, QueueFilter, QueueRow, Roster, Viewing
from songshen.presentation import cases
from songshen.usecases.finding import find_exam
from songshen.usecases.retrying import with_latest

LONGEST_SEARCH = 32
LONGEST_CURSOR = 512
PAGE = 50
QUEUES = 12
"""How many queues, a site's in one status each, a request looks through; each reads at most 5,000 lines."""


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """`GET /exams/{exam}/applications`, `GET /applications/{application}`, `POST …/extension`, `POST …/reopen`."""

    applications: Applications
    exams: Exams
    roster: Roster
    clock: Clock

    def search(self, exam_id: str, wanted: CaseQuery) -> CaseList:
        """Those whose registration number begins so, and at a chosen site also those whose name has it in it. Raises
        bad_request, not_found for a site that the exam does not have.

        A whole number is one read of one item. Everything else reads the index by site and status, never the table:
        twelve queues a request, and at most 5,000 lines of 170 bytes of each, which is 1,500 read units at the very
        most; some ten as a rule. The cursor goes on from there.
        """
        text = wanted.search.strip()
        if not 1 <= len(text) <= LONGEST_SEARCH:
            raise Refused(Code.BAD_REQUEST, field="search")
        if len(wanted.cursor or "") > LONGEST_CURSOR:
            raise Refused(Code.BAD_REQUEST, field="cursor")
        exam = find_exam(self.exams, exam_id)
        sites = {site.id: area.id for area in exam.areas for site in area.sites}
        if wanted.site and wanted.site not in sites:
            raise Refused(Code.NOT_FOUND)
        exact = None if wanted.cursor else self.applications.get(rules.application_id(exam.id, text))
        if exact and wanted.site in ("", exact.site):
            return CaseList(exam.time_zone, [_item(exact, exam)], None)
        now = self.clock.now()
        lines = QueueFilter(now, search=text) if wanted.site else QueueFilter(now, number=text)
        places = [(site, status) for site in sites if wanted.site in ("", site) for status in Status]
        try:
            return self._found(exam, sites, places, lines, wanted.cursor)
        except (ValueError, TypeError) as error:
            raise Refused(Code.BAD_REQUEST, field="cursor") from error

    def _found(
        self,
        exam: Exam,
        sites: dict[str, str],
        places: list[tuple[str, Status]],
        lines: QueueFilter,
        cursor: str | None,
    ) -> CaseList:
        """One queue after the other; a cursor is `<site>.<status>.<cursor in that queue>`. ValueError if it is not."""
        begin, inner = 0, ""
        if cursor:
            site, status, inner = cursor.split(".", 2)
            begin = places.index((site, Status(status)))
        items: list[CaseItem] = []
        for site, status in places[begin : begin + QUEUES]:
            page = self.applications.queue(exam.id, site, status, lines, inner or None, PAGE - len(items))
            items += [cases.case_item(row, sites[site], site, exam) for row in page.rows]
            if page.cursor:
                return CaseList(exam.time_zone, items, f"{site}.{status}.{page.cursor}")
            inner, begin = "", begin + 1
            if len(items) >= PAGE:
                break
        left = places[begin:]
        return CaseList(exam.time_zone, items, "{}.{}.".format(*left[0]) if left else None)

    def case(self, by: str, application_id: str) -> Case:
        """One application; the look is journalled as every other. Raises not_found."""
        found = self.applications.with_journal(application_id)
        if found is None:
            raise Refused(Code.NOT_FOUND)
        application, journal = found
        now = self.clock.now()
        viewings = self.applications.viewings(application_id)
        self.applications.record_viewing(application_id, Viewing(by, now, application.round, "file"))
        roster = self.roster.entry(application.exam, application.registration_no)
        notification = self.applications.notification_of(application_id)
        exam = self.exams.get(application.exam)
        return cases.case(application, exam, journal, roster, viewings, notification, now)

    def extend(self, by: str, application_id: str, request: ExtensionRequest) -> Case:
        """Gives the candidate more time; may be repeated. Raises what `rules.extend` raises, not_found, busy."""
        until = request.until.replace(microsecond=0)

        def step(current: Application) -> None:
            exam, now = self.exams.get(current.exam), self.clock.now()
            if rules.extend(current, exam, until, now):
                entry = extension_entry(current, exam, until, request.reason, by, now)
                self.applications.extend(current, until, entry)

        with_latest(self._application(application_id), step)
        return self.case(by, application_id)

    def reopen(self, by: str, application_id: str, request: ReopenRequest) -> Case:
        """Takes an approval back: serial number and notice become invalid, the named slots are unlocked. May be
        repeated. Raises what `rules.reopen` raises, not_found, busy."""

        def step(current: Application) -> None:
            exam, now = self.exams.get(current.exam), self.clock.now()
            after = rules.reopen(current, exam, _decision(by, request, now), now)
            if after:
                self.applications.transition(current, after, reopening_entry(after, exam))

        with_latest(self._application(application_id), step)
        return self.case(by, application_id)

    def _application(self, application_id: str) -> Application:
        application = self.applications.get(application_id)
        if application is None:
            raise Refused(Code.NOT_FOUND)
        return application


def _item(application: Application, exam: Exam) -> CaseItem:
    row = QueueRow(
        application.id,
        application.registration_no,
        application.name,
        application.status.value,
        application.round,
        application.since,
        application.claim,
    )
    return cases.case_item(row, application.area, application.site, exam)


def _decision(by: str, request: ReopenRequest, now: datetime) -> Decision:
    """The reopening as asked for. Raises bad_request if it names a slot twice."""
    if len({one.slot for one in request.slots}) < len(request.slots):
        raise Refused(Code.BAD_REQUEST, field="slots")
    slots = {one.slot: SlotReview(one.code, one.note) for one in request.slots}
    return Decision(request.round, Outcome.RETURN, by, now, request.reason, slots)
