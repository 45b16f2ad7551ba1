"""What an administrator sees of an exam."""

from dataclasses import dataclass

from songshen import contract, presentation
from songshen.domain.errors import Code, Refused
from songshen.ports import Exams, SpotChecks


@dataclass(frozen=True, slots=True)
class ExamDesk:
    """`GET /exams/{exam}/agreement`."""

    exams: Exams
    checks: SpotChecks

    def agreement(self, exam_id: str) -> contract.Agreement:
        """What the spot checks show. Raises not_found."""
        try:
            exam = self.exams.get(exam_id)
        except LookupError as error:
            raise Refused(Code.NOT_FOUND) from error
        checks = [check for area in exam.areas for check in self.checks.finished(exam.id, area.id)]
        return presentation.agreement(exam, checks)
