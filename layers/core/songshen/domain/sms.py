"""What the SMS says."""

from datetime import timedelta

from songshen.domain.application import Application, end_of
from songshen.domain.exam import Exam


def text_of(application: Application, exam: Exam) -> str:
    """The SMS: at most 70 UCS-2 characters, so that it is one part."""
    end = end_of(application, exam).astimezone(exam.zone)
    # Midnight is the end of a day to whoever reads it: 3月12日24:00, not 3月13日00:00.
    day, clock = (end - timedelta(minutes=1), "24:00") if f"{end:%H:%M}" == "00:00" else (end, f"{end:%H:%M}")
    return (
        f"【送审】您的报名材料有图片需要修改，请于{day.month}月{day.day}日{clock}前登录报名系统查看"
        f"“消息提醒”并重新提交。R{application.round}"
    )
