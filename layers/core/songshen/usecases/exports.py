"""Exports as administrators start and watch them."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from songshen import keys
from songshen.contract.results import ExportRequest, ExportView
from songshen.contract.results import Exports as LastExports
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.domain.export import EXPIRED, KEPT, STATE_WORDS, Export, ExportKind, ExportState
from songshen.logs import log, where
from songshen.ports import Clock, Exams, Exporting, Exports, ResultFiles
from songshen.usecases.finding import find_exam

SHOWN = 20
PATIENCE = timedelta(minutes=1)
"""After which the reconciler has it begun."""


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """`POST` and `GET /exams/{exam}/exports`."""

    exports: Exports
    exams: Exams
    files: ResultFiles
    exporting: Exporting
    clock: Clock

    def start(self, exam_id: str, by: str, wanted: ExportRequest) -> ExportView:
        """The export that is going to be made. Raises not_found; export_running while the same one is being made."""
        exam = find_exam(self.exams, exam_id)
        now = self.clock.now()
        # In the order of time, which is that of the table's key.
        time = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}"
        export = Export(
            exam=exam.id,
            id=f"{time}-{secrets.token_hex(4)}",
            kind=wanted.kind,
            format=wanted.format,
            identity=wanted.identity and wanted.kind is ExportKind.APPLICATIONS,
            by=by,
            created_at=now,
            due=now + PATIENCE,
        )
        if any(not one.over and one.same_as(export) for one in self.exports.last(exam.id, SHOWN)):
            raise Refused(Code.EXPORT_RUNNING)
        self.exports.create(export)
        try:
            self.exporting.run(export)
        except Exception as error:
            # It stands in the table: the reconciler has it made.
            log.error("not begun: %s", where(error))
        return self._view(export, exam, now)

    def last(self, exam_id: str) -> LastExports:
        """The last exports, newest first. Raises not_found."""
        exam, now = find_exam(self.exams, exam_id), self.clock.now()
        return LastExports([self._view(one, exam, now) for one in self.exports.last(exam.id, SHOWN)])

    def _view(self, export: Export, exam: Exam, now: datetime) -> ExportView:
        done = export.state is ExportState.DONE
        there = export.there(now)
        return ExportView(
            id=export.id,
            kind=export.kind,
            format=export.format,
            identity=export.identity,
            by=export.by,
            created_at=export.created_at.astimezone(exam.zone),
            finished_at=export.finished_at.astimezone(exam.zone) if export.finished_at else None,
            state=export.state,
            text=EXPIRED if done and not there else STATE_WORDS[export.state],
            total=export.total,
            done=max(export.done, export.reached),
            rows=export.rows,
            bytes=export.size,
            file=export.file,
            url=self.files.link(keys.export_key(exam.id, export.id), export.file) if there else None,
            expires_at=(export.finished_at + KEPT).astimezone(exam.zone) if there and export.finished_at else None,
        )
