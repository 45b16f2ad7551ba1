"""What an administrator sees of an exam, and changes of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import msgspec

from songshen.contract.exams import Agreement, AreaExtensionRequest, ExamChange, ExamVerdict, ExamVersion
from songshen.domain import changing
from songshen.domain.application import Application, Status
from songshen.domain.changing import Removed, Use
from songshen.domain.checking import checked
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam, Text
from songshen.domain.reading import Note
from songshen.ports import Applications, Clock, Exams, KeptExam, SpotChecks
from songshen.presentation import exams
from songshen.usecases.finding import find_exam
from songshen.usecases.retrying import ATTEMPTS

LARGEST = 300_000
"""Bytes of a document: an item of the table holds 400 KB."""
LOOKED_THROUGH = 5_000
"""Applications that are read to make sure that nobody uses what is to be removed; a person waits meanwhile."""
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class ExamDesk:
    """`GET` and `PUT /exams/{exam}`, `POST /exams/{exam}/extension`, `GET /exams/{exam}/agreement`."""

    exams: Exams
    checks: SpotChecks
    applications: Applications
    clock: Clock

    def agreement(self, exam_id: str) -> Agreement:
        """What the spot checks show. Raises not_found."""
        exam = find_exam(self.exams, exam_id)
        checks = [check for area in exam.areas for check in self.checks.finished(exam.id, area.id)]
        return exams.agreement(exam, checks)

    def document(self, exam_id: str, version: int = 0) -> ExamVersion:
        """A version of the exam's document; 0 is the one in force. Raises not_found."""
        kept = self._kept(exam_id, version)
        exam = kept.exam
        saved, ends = (time.astimezone(exam.zone) for time in (kept.at, exam.records_end))
        return ExamVersion(kept.version, saved, kept.by, ends, exam)

    def change(self, exam_id: str, by: str, wanted: ExamChange, dry_run: bool) -> ExamVerdict:
        """What a document would change, and unless this is a trial, the change. Raises not_found, stale_version; and
        invalid_exam with the problems, which a trial answers."""
        kept = self._kept(exam_id)
        if wanted.version != kept.version:
            raise Refused(Code.STALE_VERSION, version=kept.version)
        before, now, counts = kept.exam, self.clock.now(), self._counts(kept.exam)
        after, problems = checked(wanted.document)
        if len(msgspec.json.encode(wanted.document)) > LARGEST:
            problems.append(_too_large(wanted))
        if not problems:
            use = self._use(before, changing.removed(before, after, now))
            problems = changing.refusals(before, after, now, counts, use)
        if problems and not dry_run:
            raise Refused(Code.INVALID_EXAM, problems=problems)
        verdict = ExamVerdict(
            saved=not dry_run,
            version=kept.version if dry_run else kept.version + 1,
            problems=problems,
            effects=[] if problems else changing.effects(before, after, counts, now),
            sites=exams.site_counts(before, counts),
        )
        if not dry_run and not self.exams.save(KeptExam(after, verdict.version, now, by)):
            raise Refused(Code.STALE_VERSION, version=self._kept(exam_id).version)
        return verdict

    def extend(self, exam_id: str, by: str, wanted: AreaExtensionRequest, dry_run: bool) -> ExamVerdict:
        """Gives a whole area more time: the next version of the exam's document, as `change` makes it, may be repeated.
        Raises not_found, bad_request, busy; and invalid_exam with the problems, which a trial answers."""
        until = wanted.until.replace(microsecond=0)
        for _ in range(ATTEMPTS):
            kept, now = self._kept(exam_id), self.clock.now()
            before = kept.exam
            area = before.area(wanted.area)
            if area is None:
                raise Refused(Code.BAD_REQUEST, field="area")
            after, problems = changing.extended(before, area, until, wanted.reason, now)
            counts = self._counts(before)
            if problems and not dry_run:
                raise Refused(Code.INVALID_EXAM, problems=problems)
            effects = []
            if not problems and after != before:
                effects = [changing.announced(after, area.id), *changing.effects(before, after, counts, now)]
            verdict = ExamVerdict(
                saved=not dry_run,
                version=kept.version if dry_run or after == before else kept.version + 1,
                problems=problems,
                effects=effects,
                sites=exams.site_counts(before, counts),
            )
            if dry_run or after == before or self.exams.save(KeptExam(after, verdict.version, now, by)):
                return verdict
        raise Refused(Code.BUSY)

    def _kept(self, exam_id: str, version: int = 0) -> KeptExam:
        kept = self.exams.kept(exam_id, version)
        if kept is None:
            raise Refused(Code.NOT_FOUND)
        return kept

    def _counts(self, exam: Exam) -> dict[str, dict[str, int]]:
        """Site → status → how many, from the index."""
        wanted = [(site.id, status.value) for area in exam.areas for site in area.sites for status in Status]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            numbers = list(pool.map(lambda one: self.applications.count(exam.id, *one), wanted))
        counts: dict[str, dict[str, int]] = {}
        for (site, status), number in zip(wanted, numbers, strict=True):
            counts.setdefault(site, {})[status] = number
        return counts

    def _use(self, exam: Exam, removed: Removed) -> Use:
        """What of that the applications use; they are read only if there is anything to look for."""
        if not removed:
            return Use()
        found = self._to_look_through(exam, removed)
        use = removed.used_by(islice(found, LOOKED_THROUGH), complete=True)
        left = next(found, None)
        return use if left is None else Use(use.slots, use.reasons, complete=False)

    def _to_look_through(self, exam: Exam, removed: Removed) -> Iterator[Application]:
        for status in (Status.RETURNED, Status.SUBMITTED, Status.APPROVED, Status.DRAFT):
            for area in exam.areas:
                if removed.slots.get(area.id) or (removed.reasons and status is Status.RETURNED):
                    for site in area.sites:
                        yield from self.applications.each(exam.id, site.id, status)


def _too_large(wanted: ExamChange) -> Note:
    kilobytes = len(msgspec.json.encode(wanted.document)) // 1000
    return Note(
        "",
        "too_large",
        Text(
            f"设置共 {kilobytes} KB，最多 {LARGEST // 1000} KB。请缩短文字或减少考点。",
            f"The document has {kilobytes} KB, and may have {LARGEST // 1000}. Shorten texts, or have fewer sites.",
        ),
    )
