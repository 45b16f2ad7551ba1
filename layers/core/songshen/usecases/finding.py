"""What somebody names, or the refusal that there is none."""

from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.ports import Exams


def find_exam(exams: Exams, exam_id: str) -> Exam:
    """The exam. Raises not_found."""
    try:
        return exams.get(exam_id)
    except LookupError as error:
        raise Refused(Code.NOT_FOUND) from error
