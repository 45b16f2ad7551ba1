"""Holds a slot for an image and signs its upload; empties a slot."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from songshen.contract.candidate import UploadTicket
from songshen.domain import application as rules
from songshen.domain.application import Announcement, Application, Reserved
from songshen.domain.errors import Code, Refused
from songshen.keys import Upload
from songshen.ports import Applications, Clock, Exams, Inbox
from songshen.usecases.retrying import with_latest

# Long enough for a slow phone to start sending; an expired policy is renewed by asking again.
POLICY_LIFE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class UploadPresign:
    """`POST /uploads`, `DELETE /uploads/{slot}`."""

    applications: Applications
    exams: Exams
    inbox: Inbox
    clock: Clock

    def reserve(self, application_id: str, wanted: Announcement) -> UploadTicket:
        """A slot and a presigned POST for the announced image. Raises what `rules.reserve` raises, not_found, busy."""
        application = self._application(application_id)
        upload_id = rules.new_upload_id(self.clock.now(), secrets.token_bytes(6))

        def step(current: Application) -> tuple[str, Reserved]:
            exam = self.exams.get(current.exam)
            change = rules.reserve(current, exam, wanted, upload_id, self.clock.now())
            self.applications.change_slot(current, change)
            assert isinstance(change.after, Reserved)
            return change.slot, change.after

        slot, reserved = with_latest(application, step)
        upload = Upload(application.exam, application.registration_no, slot, reserved.upload_id)
        limits = self.exams.get(application.exam).image
        post = self.inbox.presign(upload.inbox_key(), reserved.content_type, limits.max_bytes, POLICY_LIFE)
        return UploadTicket(
            slot=slot,
            upload_id=reserved.upload_id,
            url=post.url,
            fields=post.fields,
            expires_at=reserved.expires - rules.RESERVATION_LIFE + POLICY_LIFE,
        )

    def release(self, application_id: str, slot: str) -> None:
        """Empties a slot. Raises not_found, locked, window_closed, busy."""

        def step(current: Application) -> None:
            exam = self.exams.get(current.exam)
            change = rules.release(current, exam, slot, self.clock.now())
            if change:
                self.applications.change_slot(current, change)

        with_latest(self._application(application_id), step)

    def _application(self, application_id: str) -> Application:
        application = self.applications.get(application_id)
        if application is None:
            raise Refused(Code.NOT_FOUND)
        return application
