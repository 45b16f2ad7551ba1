"""Tells a candidate by SMS that their materials were returned: where to look and until when, never the reason."""

from dataclasses import dataclass

from songshen.domain.application import Application, Status
from songshen.domain.sms import text_of
from songshen.ports import Applications, Clock, Exams, Notification, SmsFailed
from songshen.usecases.telling import Telling, Told


@dataclass(frozen=True, slots=True)
class Notify:
    """Called by the workflow with ids only. Sends once per round; may be called again.

    However it went, nothing is owed any more: one write says both.
    """

    applications: Applications
    exams: Exams
    tell: Telling
    clock: Clock

    def __call__(self, application_id: str, round: int, attempt: int) -> Told:
        """Sends the SMS of this round's return. What may succeed later is raised, for the workflow to retry."""
        application = self.applications.get(application_id)
        if application is None:
            return Told.SKIPPED
        if not _is_returned(application, round):
            self.applications.settle(application_id, round, attempt)
            return Told.SKIPPED
        if self._was_sent(application):
            self.applications.settle(application_id, round, attempt)
            return Told.SENT
        exam = self.exams.get(application.exam)
        try:
            self.tell(application, exam, "return", text_of(application, exam))
        except SmsFailed as failed:
            self._note(application, Told.FAILED, str(failed))
            return Told.FAILED
        self._note(application, Told.SENT)
        return Told.SENT

    def _was_sent(self, application: Application) -> bool:
        told = self.applications.notification_of(application.id)
        return told is not None and (told.round, told.state) == (application.round, Told.SENT)

    def _note(self, application: Application, told: Told, cause: str = "") -> None:
        now = self.clock.now()
        self.applications.record_notification(application, Notification(application.round, told.value, now, cause))


def _is_returned(application: Application, round: int) -> bool:
    return application.status is Status.RETURNED and application.round == round
