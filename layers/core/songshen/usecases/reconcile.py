"""Finishes what a crash, a lost event or a lost execution left undone. Reads obligations, never the whole table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from songshen import keys
from songshen.domain.application import TELLING_DELAY, Application, Status
from songshen.domain.export import Export
from songshen.domain.roster import RosterImport
from songshen.logs import begin, log, where
from songshen.ports import (
    Applications,
    Clock,
    Conflict,
    Exporting,
    Exports,
    Inbox,
    InboxObject,
    RosterImports,
    Validation,
    Workflow,
)

BATCH = 200
# Executions that were replaced long ago are listed again and again, for 90 days.
LISTED = 1000
# An execution that was just started gets this long to meet the obligation.
PATIENCE = timedelta(minutes=2)
# An upload's verdict takes seconds; one that lies here longer has lost its event.
UPLOAD_AGE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Runs every two minutes; each run does at most `BATCH` of each kind and goes on past what fails."""

    applications: Applications
    workflow: Workflow
    inbox: Inbox
    validation: Validation
    imports: RosterImports
    importing: Validation
    exports: Exports
    exporting: Exporting
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """How many of each kind were done."""
        begin()
        now = self.clock.now()
        ran = {
            "obligations": _each(self.applications.obligations(now, BATCH), self._meet),
            "uploads": _each(self.inbox.older_than(UPLOAD_AGE, now, BATCH), self._look_again),
            "imports": _each(self.imports.due(now, BATCH), self._import_on),
            "exports": _each(self.exports.due(now, BATCH), self._export_on),
            "executions": _each(self.workflow.ended_badly(LISTED), self._replace),
        }
        done = {kind: run.done for kind, run in ran.items()}
        log.info("reconciled", extra=done | {f"{kind}_found": run.found for kind, run in ran.items()})
        return done

    def _meet(self, application_id: str) -> bool:
        """Resumes the workflow with a decision it has missed, or starts the round's workflow anew."""
        application = self.applications.get(application_id)
        owed = application.obligation_due if application else None
        if application is None or owed is None or owed > self.clock.now():
            return False  # it has been met since, or another one has begun
        decision = application.decision
        decided = application.status is not Status.SUBMITTED and decision is not None
        if decided and decision and application.task_token:
            resumed = self.workflow.resume(application.task_token, decision.outcome.value)
            if resumed:
                log.info("resumed", extra={"application": application.id, "round": application.round})
                return True
        self._restart(application)
        return True

    def _replace(self, ended: tuple[str, int, int]) -> bool:
        """A submitted application whose execution has ended is waited for by nobody: starts another one."""
        application_id, round, attempt = ended
        application = self.applications.get(application_id)
        if application is None or application.status is not Status.SUBMITTED:
            return False
        if (application.round, application.attempt) != (round, attempt):
            return False
        self._restart(application)
        return True

    def _restart(self, application: Application) -> None:
        submitted = application.status is Status.SUBMITTED
        due = self.clock.now() + (PATIENCE if submitted else TELLING_DELAY)
        restarted = self.applications.restart(application, due)
        self.workflow.start(restarted)
        log.info(
            "restarted", extra={"application": restarted.id, "round": restarted.round, "attempt": restarted.attempt}
        )

    def _look_again(self, upload: InboxObject) -> bool:
        self.validation.run(upload)
        return True

    def _import_on(self, left: RosterImport) -> bool:
        self.importing.run(InboxObject(keys.roster_key(left.exam, left.id), left.etag))
        return True

    def _export_on(self, left: Export) -> bool:
        self.exporting.run(left)
        return True


@dataclass(frozen=True, slots=True)
class _Run:
    """How many were waiting (at most a batch), and how many of them were finished."""

    found: int
    done: int


def _each[T](waiting: Iterable[T], finish: Callable[[T], bool]) -> _Run:
    """Finishes them one by one. One that fails stays an obligation and does not stop the rest."""
    found = done = 0
    for thing in waiting:
        found += 1
        try:
            done += finish(thing)
        except Conflict:
            continue  # somebody else has just dealt with it
        except Exception as error:
            log.error("not reconciled: %s", where(error))
    return _Run(found, done)
