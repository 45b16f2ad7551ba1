"""Applies a reviewer's decision, in one transaction, and then resumes the round's workflow."""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from songshen.contract.reviewer import Decided, DecisionRequest
from songshen.domain import application as rules
from songshen.domain import spotcheck
from songshen.domain.application import Application, Decision, Region, SlotReview, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.journal import decision_entry
from songshen.domain.people import Reviewer
from songshen.domain.spotcheck import SpotCheck
from songshen.logs import log, where
from songshen.ports import Applications, Clock, Exams, NoticeRecord, SpotChecks, Workflow
from songshen.usecases.checking import check_to_judge
from songshen.usecases.retrying import ATTEMPTS, with_latest


@dataclass(frozen=True, slots=True)
class Feedback:
    """`POST /reviews/{application}/decision`; may be repeated by the same reviewer. `lot` is even in `[0, 1)`."""

    applications: Applications
    exams: Exams
    checks: SpotChecks
    workflow: Workflow
    clock: Clock
    lot: Callable[[], float] = random.random

    def __call__(self, reviewer: Reviewer, application_id: str, request: DecisionRequest) -> Decided:
        """The state after the decision. Raises what `rules.decide` raises, not_found, busy."""
        application = self.applications.get(application_id)
        if application is None:
            raise Refused(Code.NOT_FOUND)
        check = check_to_judge(self.checks, reviewer, application, request.round)
        if check:
            return self._judge(check, application, reviewer, request)
        if not reviewer.may_see(application):
            raise Refused(Code.NOT_FOUND)

        def step(current: Application) -> Application:
            return self._apply(current, reviewer, request)

        decided = with_latest(application, step)
        return Decided(decided.id, decided.round, decided.status, decided.serial_number or None)

    def _judge(
        self,
        check: SpotCheck | None,
        application: Application,
        reviewer: Reviewer,
        request: DecisionRequest,
    ) -> Decided:
        """The second decision of a spot check; answered like any other, since the reviewer does not know."""
        for _ in range(ATTEMPTS):
            if check is None:
                raise Refused(Code.CLAIMED_BY_OTHER)  # the lease had expired, and somebody took it this moment
            now = self.clock.now()
            decision = _decision(reviewer, request, now)
            judged = spotcheck.judge(check, self.exams.get(check.exam), decision, now)
            if judged is None or self.checks.finish(check, judged):
                return Decided(check.application, check.round, rules.STATUS_AFTER[decision.outcome], None)
            check = check_to_judge(self.checks, reviewer, application, request.round)
        raise Refused(Code.BUSY)

    def _apply(self, current: Application, reviewer: Reviewer, request: DecisionRequest) -> Application:
        exam = self.exams.get(current.exam)
        now = self.clock.now()
        after = rules.decide(current, exam, _decision(reviewer, request, now), now)
        if after is None:
            return current
        notice = None
        if after.status is Status.APPROVED:
            # Counted first, then used: a number may be lost, but is never given twice.
            number = self.applications.next_serial(current.exam, current.site)
            after = replace(
                after,
                serial_number=f"{current.site}{number:06d}",
                notice_code=secrets.token_urlsafe(16),
            )
            notice = NoticeRecord(after.notice_code, after.exam, after.area, after.site, after.name)
        assert after.decision is not None
        entry = decision_entry(after, exam, after.decision)
        check = spotcheck.drawn(after, exam, self.lot())
        self.applications.transition(current, after, entry, notice, check)
        waited = now - current.submitted_at if current.submitted_at else timedelta()
        outcome = after.decision.outcome.value
        log.info("decided", extra={"round": after.round, "outcome": outcome, "waited_s": int(waited.total_seconds())})
        self._resume(after)
        return after

    def _resume(self, decided: Application) -> None:
        """The decision stands in the table already: what fails now is finished by the reconciler."""
        if not decided.task_token or decided.decision is None:
            return
        try:
            self.workflow.resume(decided.task_token, decided.decision.outcome.value)
        except Exception as error:
            log.warning("resume postponed: %s", where(error))


def _decision(reviewer: Reviewer, request: DecisionRequest, now: datetime) -> Decision:
    """The decision as asked for. Raises bad_request if it names a slot twice."""
    if len({s.slot for s in request.slots}) < len(request.slots):
        raise Refused(Code.BAD_REQUEST, field="slots")
    return Decision(
        round=request.round,
        outcome=request.outcome,
        by=reviewer.username,
        at=now,
        note=request.note,
        slots={s.slot: SlotReview(s.code, s.note, _region(s.region)) for s in request.slots},
    )


def _region(box: Region | None) -> Region | None:
    """The box with edges to a tenth of a thousandth. Raises bad_request if it is empty."""
    if box is None:
        return None
    left, top, right, bottom = (round(edge, 4) for edge in box)
    if left >= right or top >= bottom:
        raise Refused(Code.BAD_REQUEST, field="region")
    return left, top, right, bottom
