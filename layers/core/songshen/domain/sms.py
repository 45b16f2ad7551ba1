"""What the SMS says."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from songshen.domain.application import Application, Status, end_of
from songshen.domain.exam import Exam

LONGEST = 70
"""UCS-2 characters of one part."""


def text_of(application: Application, exam: Exam) -> str:
    """The SMS: at most 70 UCS-2 characters, so that it is one part."""
    return filled(exam.sms.returned, end_of(application, exam), exam.zone, application.round)


def reminder_of(application: Application, exam: Exam) -> str:
    """What those are reminded with who still have to submit."""
    words = exam.sms.not_corrected if application.status is Status.RETURNED else exam.sms.not_submitted
    return filled(words, end_of(application, exam), exam.zone, application.round)


def filled(words: str, end: datetime, zone: ZoneInfo, round: int) -> str:
    """The exam's words with what they name."""
    local = end.astimezone(zone)
    # Midnight is the end of a day to whoever reads it: 3月12日24:00, not 3月13日00:00.
    day, clock = local, f"{local:%H:%M}"
    if clock == "00:00":
        day, clock = local - timedelta(minutes=1), "24:00"
    return words.replace("{until}", f"{day.month}月{day.day}日{clock}").replace("{round}", str(round))


def length(text: str) -> int:
    """In UCS-2 characters: what lies beyond them, as emoji do, counts twice."""
    return len(text.encode("utf-16-le")) // 2
