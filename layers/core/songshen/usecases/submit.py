"""Submits an application for a round: locks it, notes what was submitted, starts the round's workflow."""

from dataclasses import dataclass

from songshen.contract.candidate import View
from songshen.domain import application as rules
from songshen.domain.application import Application
from songshen.domain.errors import Code, Refused
from songshen.domain.journal import submission_entry
from songshen.logs import log, where
from songshen.ports import Applications, Clock, Exams, Materials, UnreachedCandidates, Workflow
from songshen.usecases.application import current_view
from songshen.usecases.retrying import with_latest


@dataclass(frozen=True, slots=True)
class Submit:
    """`POST /submission`; may be repeated for the same round."""

    applications: Applications
    exams: Exams
    materials: Materials
    workflow: Workflow
    unreached: UnreachedCandidates
    clock: Clock

    def __call__(self, application_id: str, round: int) -> View:
        """The view after the submission. Raises what `rules.submit` raises, not_found, busy."""
        application = self.applications.get(application_id)
        if application is None:
            raise Refused(Code.NOT_FOUND)

        def step(current: Application) -> Application | None:
            now = self.clock.now()
            after = rules.submit(current, self.exams.get(current.exam), round, now)
            if after:
                self.applications.transition(current, after, submission_entry(after, now))
            return after

        submitted = with_latest(application, step)
        if submitted:
            self._start(submitted)
            if submitted.round > 1 or submitted.reminded:
                self._forget(submitted)
        return current_view(application_id, self.applications, self.exams, self.materials, self.clock)

    def _start(self, submitted: Application) -> None:
        """The submission stands in the table already: a start that fails now is finished by the reconciler."""
        log.info("submitted", extra={"round": submitted.round, "attempt": submitted.attempt})
        try:
            self.workflow.start(submitted)
        except Exception as error:
            log.warning("start postponed: %s", where(error))

    def _forget(self, submitted: Application) -> None:
        """Nobody has to be told any more; what fails here is finished by the next try to tell them."""
        try:
            self.unreached.forget(submitted.exam, submitted.area, submitted.registration_no)
        except Exception as error:
            log.warning("still listed as unreached: %s", where(error))
