"""What a reviewer works with: the site's queue, the next case, one case, its lease."""

from dataclasses import dataclass

from songshen import contract, presentation
from songshen.domain import application as rules
from songshen.domain.application import CLAIMS_PER_REVIEWER, Application, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.domain.people import Reviewer
from songshen.ports import Applications, Clock, Conflict, Exams, Materials, QueueRow, Roster
from songshen.usecases.retrying import with_latest

PAGE = 50
LARGEST_PAGE = 100
LONGEST_CURSOR = 512


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """`GET /reviews`, `POST /reviews/next`, `GET /reviews/{application}`, `POST` and `DELETE …/claim`."""

    applications: Applications
    exams: Exams
    roster: Roster
    materials: Materials
    clock: Clock

    def queue(self, reviewer: Reviewer, status: str, cursor: str | None, limit: int = PAGE) -> contract.Queue:
        """A page of the site's applications in a status, oldest first. Raises bad_request."""
        if status not in {Status.SUBMITTED, Status.RETURNED, Status.APPROVED}:
            raise Refused(Code.BAD_REQUEST, field="status")
        if len(cursor or "") > LONGEST_CURSOR:
            raise Refused(Code.BAD_REQUEST, field="cursor")
        if not 1 <= limit <= LARGEST_PAGE:
            raise Refused(Code.BAD_REQUEST, field="limit")
        try:
            page = self.applications.queue(reviewer.exam, reviewer.site, status, cursor, limit)
        except (ValueError, TypeError) as error:
            raise Refused(Code.BAD_REQUEST, field="cursor") from error
        exam, now = self.exams.get(reviewer.exam), self.clock.now()
        items = [presentation.queue_item(row, reviewer.username, now, exam) for row in page.rows]
        return contract.Queue(presentation.site_name(reviewer.area, reviewer.site, exam), items, page.cursor)

    def next(self, reviewer: Reviewer) -> contract.Review | None:
        """Claims the oldest application that nobody holds; None if there is none. Raises claim_limit."""
        free, mine = self._waiting(reviewer)
        if mine >= CLAIMS_PER_REVIEWER:
            raise Refused(Code.CLAIM_LIMIT, max=CLAIMS_PER_REVIEWER)
        for row in free:
            try:
                self.claim(reviewer, row.application)
            except Refused:
                continue  # somebody else was faster
            return self.case(reviewer, row.application)
        return None

    def _waiting(self, reviewer: Reviewer) -> tuple[list[QueueRow], int]:
        """The site's unclaimed applications, oldest first, and how many this reviewer holds."""
        now = self.clock.now()
        free: list[QueueRow] = []
        mine = 0
        cursor: str | None = None
        while True:
            page = self.applications.queue(reviewer.exam, reviewer.site, Status.SUBMITTED, cursor, 1000)
            for row in page.rows:
                if row.claim is None or row.claim.expires <= now:
                    free.append(row)
                elif row.claim.by == reviewer.username:
                    mine += 1
            cursor = page.cursor
            if cursor is None:
                return free, mine

    def case(self, reviewer: Reviewer, application_id: str) -> contract.Review:
        """One case; looking at it claims nothing. Raises not_found."""
        found = self.applications.with_journal(application_id)
        if found is None or not reviewer.may_see(found[0]):
            raise Refused(Code.NOT_FOUND)
        application, journal = found
        exam = self.exams.get(application.exam)
        roster = self.roster.entry(application.exam, application.registration_no)
        return presentation.review(
            application,
            exam,
            journal,
            roster,
            reviewer.username,
            self.clock.now(),
            self.materials.link,
        )

    def claim(self, reviewer: Reviewer, application_id: str) -> contract.ClaimView:
        """Claims or renews. Raises not_found, already_decided, claimed_by_other, busy."""

        def step(current: Application) -> contract.ClaimView:
            now = self.clock.now()
            claim = rules.claim(current, reviewer.username, now)
            self.applications.set_claim(current, claim)
            shown = presentation.claim_view(claim, reviewer.username, now, self._exam(current))
            assert shown is not None
            return shown

        return with_latest(self._theirs(reviewer, application_id), step)

    def release(self, reviewer: Reviewer, application_id: str) -> None:
        """Gives the lease back; nothing if the reviewer does not hold it. Raises not_found."""
        application = self._theirs(reviewer, application_id)
        if application.claim is None or application.claim.by != reviewer.username:
            return
        try:
            self.applications.set_claim(application, None)
        except Conflict:
            return  # it has passed on to somebody else, or was decided

    def _theirs(self, reviewer: Reviewer, application_id: str) -> Application:
        application = self.applications.get(application_id)
        if application is None or not reviewer.may_see(application):
            raise Refused(Code.NOT_FOUND)
        return application

    def _exam(self, application: Application) -> Exam:
        return self.exams.get(application.exam)
