"""What the SMS says."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from songshen.domain.application import Application, Status, end_of
from songshen.domain.exam import Exam, Text

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


_NUMBER = Text("短信服务不接受这个号码", "The SMS service does not accept the number")
_BUSY = Text("短信服务繁忙或暂时不可用", "The SMS service is busy or out of order")
CAUSES = {
    "not a mobile phone number": Text("没有可用的手机号码", "There is no mobile phone number"),
    "more than one part": Text(
        "短信文字超过 70 字，请在考试设置中缩短", "The text is longer than one SMS: shorten it in the exam's settings"
    ),
    "rate_limited": Text("这个号码当天的短信已达上限", "The number has had as many SMS as one may have in a day"),
    "capped": Text(
        "本次考试的短信已达上限，可在考试设置中提高 sms_limit",
        "The exam's SMS are used up: sms_limit in its settings can be raised",
    ),
    "OptedOut": Text("这个号码拒收短信", "The number has opted out of SMS"),
    **dict.fromkeys(("InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid"), _NUMBER),
    **dict.fromkeys(("ValidationException",), _NUMBER),
    **dict.fromkeys(("Throttled", "Throttling", "ThrottlingException", "InternalError", "ProviderUnavailable"), _BUSY),
    **dict.fromkeys(("ConnectTimeoutError", "ReadTimeoutError", "EndpointConnectionError"), _BUSY),
}
"""Why an SMS was not sent, as people read it."""


def cause_text(cause: str) -> Text:
    """The cause in words; what only a provider knows is quoted."""
    quoted = Text(f"短信服务没有接受（{cause}）", f"The SMS service did not take it ({cause})")
    return CAUSES.get(cause, quoted)


def length(text: str) -> int:
    """In UCS-2 characters: what lies beyond them, as emoji do, counts twice."""
    return len(text.encode("utf-16-le")) // 2
