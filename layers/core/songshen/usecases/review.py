"""What a reviewer works with: the site's queue, the next case, one case, its lease."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from songshen.contract.reviewer import ClaimView, Identity, Queue, QueueQuery, Review
from songshen.domain import application as rules
from songshen.domain import spotcheck
from songshen.domain.application import CLAIMS_PER_REVIEWER, Application, Claim, Status, holds, lease
from songshen.domain.errors import Code, Refused
from songshen.domain.journal import Entry, images_of
from songshen.domain.people import Reviewer
from songshen.domain.sameness import holds as holds_image
from songshen.domain.spotcheck import SpotCheck
from songshen.ports import (
    Applications,
    Clock,
    Conflict,
    Exams,
    Materials,
    QueueFilter,
    QueuePage,
    QueueRow,
    Roster,
    SentImages,
    SpotChecks,
    Viewing,
)
from songshen.presentation.common import site_view
from songshen.presentation.reviewer import claim_view, identity, queue_item, review
from songshen.usecases.checking import has_seen_decision, held_check
from songshen.usecases.finding import find_exam
from songshen.usecases.retrying import with_latest

LARGEST_PAGE = 100
LONGEST_CURSOR = 512
LONGEST_SEARCH = 32
COUNTS_LIFE = timedelta(seconds=15)
# Free cases to try before giving up: as many reviewers may be asking for the next one at the same moment.
CANDIDATES = 20
REVIEWED = (Status.SUBMITTED, Status.RETURNED, Status.APPROVED)


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """`GET /reviews`, `POST /reviews/next`, `GET /reviews/{application}`, its identity, `POST` and `DELETE …/claim`."""

    applications: Applications
    exams: Exams
    roster: Roster
    materials: Materials
    checks: SpotChecks
    images: SentImages
    clock: Clock
    _counted: dict[tuple[str, str], tuple[datetime, dict[str, int]]] = field(default_factory=dict)

    def queue(self, reviewer: Reviewer, wanted: QueueQuery) -> Queue:
        """A page of the site's applications, oldest first; a search goes through every status. Raises bad_request,
        not_found for a site that is not theirs."""
        if wanted.status not in REVIEWED:
            raise Refused(Code.BAD_REQUEST, field="status")
        if len(wanted.cursor or "") > LONGEST_CURSOR:
            raise Refused(Code.BAD_REQUEST, field="cursor")
        if len(wanted.search) > LONGEST_SEARCH:
            raise Refused(Code.BAD_REQUEST, field="search")
        if not 1 <= wanted.limit <= LARGEST_PAGE:
            raise Refused(Code.BAD_REQUEST, field="limit")
        exam, now = find_exam(self.exams, reviewer.exam), self.clock.now()
        site = reviewer.site_of(exam, wanted.site)
        try:
            page = self._page(reviewer, site, wanted, now)
        except (ValueError, TypeError) as error:
            raise Refused(Code.BAD_REQUEST, field="cursor") from error
        return Queue(
            now=now.astimezone(exam.zone),
            time_zone=exam.time_zone,
            site=site_view(reviewer.area, site, exam),
            sites=[site_view(reviewer.area, one, exam) for one in reviewer.sites(exam)],
            counts=self._counts(reviewer.exam, site, now),
            items=[queue_item(row, reviewer.username, now, exam) for row in page.rows],
            next_cursor=page.cursor,
        )

    def _page(self, reviewer: Reviewer, site: str, wanted: QueueQuery, now: datetime) -> QueuePage:
        lines = QueueFilter(
            now=now,
            round=wanted.round,
            before=now - timedelta(hours=wanted.waiting) if wanted.waiting else None,
            mine=reviewer.username if wanted.mine else "",
            search=wanted.search,
        )
        if not wanted.search:
            return self.applications.queue(reviewer.exam, site, wanted.status, lines, wanted.cursor, wanted.limit)
        return self._search(reviewer.exam, site, lines, wanted)

    def _search(self, exam: str, site: str, lines: QueueFilter, wanted: QueueQuery) -> QueuePage:
        """One status after the other; a cursor is `<status>.<cursor in its queue>`. ValueError if it is not."""
        rows: list[QueueRow] = []
        begin, _, cursor = (wanted.cursor or f"{REVIEWED[0]}.").partition(".")
        left = REVIEWED[REVIEWED.index(Status(begin)) :]
        while left and len(rows) < wanted.limit:
            page = self.applications.queue(exam, site, left[0], lines, cursor or None, wanted.limit - len(rows))
            rows += page.rows
            if page.cursor:
                return QueuePage(rows, f"{left[0]}.{page.cursor}")
            left, cursor = left[1:], ""
        return QueuePage(rows, f"{left[0]}." if left else None)

    def _counts(self, exam: str, site: str, now: datetime) -> dict[str, int]:
        kept = self._counted.get((exam, site))
        if kept and now - kept[0] < COUNTS_LIFE:
            return kept[1]
        counts = {status.value: self.applications.count(exam, site, status) for status in REVIEWED}
        self._counted[exam, site] = (now, counts)
        return counts

    def next(self, reviewer: Reviewer, site: str = "") -> Review | None:
        """Claims a spot check, or else the oldest application that nobody holds; None if there is neither.

        Raises claim_limit, not_found for a site that is not theirs.
        """
        site = reviewer.site_of(find_exam(self.exams, reviewer.exam), site)
        now = self.clock.now()
        checks = self.checks.waiting(reviewer.exam, reviewer.area)
        self._refuse_beyond_limit(reviewer, now, checks)
        return self._next_check(reviewer, checks, now) or self._next_waiting(reviewer, site, now)

    def _refuse_beyond_limit(self, reviewer: Reviewer, now: datetime, checks: Sequence[SpotCheck]) -> None:
        """Raises claim_limit. From the index, so two requests at the same moment may get one claim too many."""
        held = sum(holds(check.claim, reviewer.username, now) for check in checks)
        held += self.applications.held(reviewer.exam, reviewer.username, now, CLAIMS_PER_REVIEWER)
        if held >= CLAIMS_PER_REVIEWER:
            raise Refused(Code.CLAIM_LIMIT, max=CLAIMS_PER_REVIEWER)

    def _next_check(self, reviewer: Reviewer, checks: list[SpotCheck], now: datetime) -> Review | None:
        rounds = {check.application: check.round for check in checks if check.held_by(reviewer.username)}
        for check in checks:
            if not check.free_for(reviewer, now) or rounds.get(check.application, check.round) != check.round:
                continue  # a later round of a case they are at would show how this one ended
            found = self.applications.with_journal(check.application)
            if found is None or (found[0].status is Status.SUBMITTED and reviewer.may_see(found[0])):
                continue  # it waits again, and would be taken for the round that waits
            if has_seen_decision(self.applications.viewings(check.application), reviewer.username, check):
                continue
            claim = lease(check.claim, reviewer.username, now)
            if self.checks.set_claim(check, claim):
                waiting = spotcheck.as_it_waited(*found, replace(check, claim=claim))
                return self._shown(reviewer, *waiting, "check")
        return None

    def _next_waiting(self, reviewer: Reviewer, site: str, now: datetime) -> Review | None:
        free = QueueFilter(now=now, free=True)
        page = self.applications.queue(reviewer.exam, site, Status.SUBMITTED, free, None, CANDIDATES)
        for row in page.rows:
            application = self.applications.get(row.application)
            if application is None:
                continue
            try:
                self._take(reviewer, application)
            except Refused:
                continue  # somebody else was faster
            return self.case(reviewer, row.application)
        if page.cursor:
            raise Refused(Code.BUSY)  # there are more, behind those that others took this moment
        return None

    def case(self, reviewer: Reviewer, application_id: str) -> Review:
        """One case; looking at it claims nothing, and is journalled. Raises not_found."""
        found = self.applications.with_journal(application_id)
        if found is None:
            raise Refused(Code.NOT_FOUND)
        check = held_check(self.checks, reviewer, found[0])
        if check:
            return self._shown(reviewer, *spotcheck.as_it_waited(*found, check), "check")
        if not reviewer.may_see(found[0]):
            raise Refused(Code.NOT_FOUND)
        return self._shown(reviewer, *found)

    def _shown(
        self, reviewer: Reviewer, application: Application, journal: Sequence[Entry], what: str = "case"
    ) -> Review:
        now = self.clock.now()
        self.applications.record_viewing(application.id, Viewing(reviewer.username, now, application.round, what))
        exam = self.exams.get(application.exam)
        roster = self.roster.entry(application.exam, application.registration_no)
        shown = images_of(journal, application.round) or {}
        others = self._others(application, {image.sha256 for image in shown.values()})
        link = self.materials.link
        return review(application, exam, journal, roster, reviewer.username, now, link, others)

    def _others(self, application: Application, hashes: Iterable[str]) -> dict[str, int]:
        """By an image's hash how many other candidates of the exam have it in a slot now."""
        known: dict[str, Application | None] = {}
        found: dict[str, int] = {}
        for sha256 in hashes:
            for number in self.images.senders(application.exam, sha256):
                if number == application.registration_no:
                    continue
                if number not in known:
                    known[number] = self.applications.get(rules.application_id(application.exam, number))
                other = known[number]
                if other is not None and holds_image(other, sha256):
                    found[sha256] = found.get(sha256, 0) + 1
        return found

    def identity(self, reviewer: Reviewer, application_id: str) -> Identity:
        """The id number and the phone, unmasked; the look is journalled. Raises not_found."""
        application, check = self._theirs(reviewer, application_id)
        round = check.round if check else application.round
        viewing = Viewing(reviewer.username, self.clock.now(), round, "identity")
        self.applications.record_viewing(application.id, viewing)
        return identity(application, self.roster.entry(application.exam, application.registration_no))

    def claim(self, reviewer: Reviewer, application_id: str) -> ClaimView:
        """Claims or renews. Raises not_found, already_decided, claimed_by_other, claim_limit, busy."""
        application, check = self._theirs(reviewer, application_id)
        now = self.clock.now()
        if not check:
            rules.claim(application, reviewer.username, now)  # what cannot be claimed at all is said first
        if not holds(check.claim if check else application.claim, reviewer.username, now):
            self._refuse_beyond_limit(reviewer, now, self.checks.waiting(reviewer.exam, reviewer.area))
        return self._claim_check(reviewer, check) if check else self._take(reviewer, application)

    def _take(self, reviewer: Reviewer, application: Application) -> ClaimView:
        """Claims or renews, however many they hold. Raises already_decided, claimed_by_other, busy."""

        def step(current: Application) -> ClaimView:
            now = self.clock.now()
            claim = rules.claim(current, reviewer.username, now)
            self.applications.set_claim(current, claim)
            return self._claim_view(reviewer, claim, now)

        return with_latest(application, step)

    def _claim_check(self, reviewer: Reviewer, check: SpotCheck) -> ClaimView:
        now = self.clock.now()
        claim = lease(check.claim, reviewer.username, now)
        if not self.checks.set_claim(check, claim):
            raise Refused(Code.CLAIMED_BY_OTHER)
        return self._claim_view(reviewer, claim, now)

    def _claim_view(self, reviewer: Reviewer, claim: Claim, now: datetime) -> ClaimView:
        shown = claim_view(claim, reviewer.username, now, self.exams.get(reviewer.exam))
        assert shown is not None
        return shown

    def release(self, reviewer: Reviewer, application_id: str) -> None:
        """Gives the lease back; nothing if the reviewer does not hold it. Raises not_found."""
        application, check = self._theirs(reviewer, application_id)
        if check:
            # Ended and not removed: who comes back, by a reload, must find the case as it waited, not how it ended.
            self.checks.set_claim(check, Claim(reviewer.username, self.clock.now()))
            return
        if application.claim is None or application.claim.by != reviewer.username:
            return
        try:
            self.applications.set_claim(application, None)
        except Conflict:
            return  # it has passed on to somebody else, or was decided

    def _theirs(self, reviewer: Reviewer, application_id: str) -> tuple[Application, SpotCheck | None]:
        """The application, and its spot check if the reviewer is at one. Raises not_found if they may see neither."""
        application = self.applications.get(application_id)
        check = held_check(self.checks, reviewer, application) if application else None
        if application is None or not (check or reviewer.may_see(application)):
            raise Refused(Code.NOT_FOUND)
        return application, check
