"""Roster imports as administrators start and watch them."""

import secrets
from dataclasses import dataclass
from datetime import UTC, timedelta

from songshen import keys
from songshen.contract.roster import RosterProgress, RosterTicket
from songshen.domain.roster import MAX_BYTES, RosterImport
from songshen.ports import Clock, Exams, RosterFiles, RosterImports
from songshen.presentation.roster import roster_import
from songshen.usecases.finding import find_exam

POST_LIFE = timedelta(hours=1)
"""In which the upload must begin."""
SHOWN = 10


@dataclass(frozen=True, slots=True)
class RosterDesk:
    """`POST` and `GET /exams/{exam}/roster`."""

    imports: RosterImports
    exams: Exams
    files: RosterFiles
    clock: Clock

    def start(self, exam_id: str, by: str) -> RosterTicket:
        """Where to send the file. Raises not_found."""
        zone = find_exam(self.exams, exam_id).zone
        now = self.clock.now()
        # In the order of time, which is that of the table's key.
        time = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}"
        started = RosterImport(exam_id, f"{time}-{secrets.token_hex(4)}", by, now)
        self.imports.create(started)
        post = self.files.presign(keys.roster_key(exam_id, started.id), MAX_BYTES, POST_LIFE)
        expires = (now + POST_LIFE).astimezone(zone)
        return RosterTicket(started.id, post.url, post.fields, MAX_BYTES, expires)

    def progress(self, exam_id: str) -> RosterProgress:
        """The last imports, newest first. Raises not_found."""
        zone = find_exam(self.exams, exam_id).zone
        return RosterProgress(
            zone.key,
            [roster_import(found, self._report(found), zone) for found in self.imports.last(exam_id, SHOWN)],
        )

    def _report(self, found: RosterImport) -> str | None:
        if not found.bad:
            return None
        return self.files.report_link(keys.report_key(found.exam, found.id), f"roster-{found.id}.csv")
