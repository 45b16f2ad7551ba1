"""Sends a candidate's SMS within the rules, and keeps who could not be reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from songshen.domain.application import Application, end_of
from songshen.domain.exam import Exam
from songshen.domain.sms import LONGEST, length
from songshen.logs import log, where
from songshen.ports import Clock, Roster, Sms, SmsCounts, SmsFailed, Unreached, UnreachedCandidates

# After so many failures somebody has to call: the candidate stays on the list.
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
NEAR = 0.8
"""Share of the exam's limit from which on it is said that it is near, at every further hundredth."""


class Told(StrEnum):
    """How it went."""

    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Telling:
    """One part, to a mobile number with the exam's prefix, so many per number and day, so many per exam (threat 32)."""

    roster: Roster
    sms: Sms
    counts: SmsCounts
    unreached: UnreachedCandidates
    clock: Clock

    def __call__(self, application: Application, exam: Exam, about: str, text: str) -> None:
        """Sends it. `about` is `return` or `reminder`.

        A failure is noted, with the next try, and raised: SmsFailed says why; anything else may succeed at once.
        """
        now = self.clock.now()
        try:
            if length(text) > LONGEST:
                raise SmsFailed("more than one part")
            number = self._number(application, exam)
            self._count(number, exam, now)
            self.sms.send(number, text)
        except Exception as error:
            self._failed(application, exam, about, _cause(error), now)
            raise
        log.info("sms", extra=_said("sent", exam, about))
        self._reached(application)

    def _reached(self, application: Application) -> None:
        """It has been sent: what fails from here on must not have it sent again."""
        place = (application.exam, application.area, application.registration_no)
        try:
            if self.unreached.get(*place):  # as a rule there is none, and a look costs less than to remove nothing
                self.unreached.forget(*place)
        except Exception as error:
            log.warning("still listed as not reached: %s", where(error))

    def _number(self, application: Application, exam: Exam) -> str:
        """The registration's phone number, unless the candidate has given another."""
        phone = application.phone
        if not phone:
            entry = self.roster.entry(application.exam, application.registration_no)
            phone = entry.phone if entry else ""
        if len(phone) != 11 or not phone.isascii() or not phone.isdigit() or phone[0] != "1":
            raise SmsFailed("not a mobile phone number")
        return f"{exam.sms_prefix}{phone}"

    def _count(self, number: str, exam: Exam, now: datetime) -> None:
        """By number first: who pumps one does not use up what all others are to be told with."""
        day = now.astimezone(exam.zone).date().isoformat()
        if not self.counts.to_number(number, day, exam.sms_per_day):
            raise SmsFailed("rate_limited")
        sent = self.counts.of_exam(exam.id, exam.sms_limit)
        if not sent:
            raise SmsFailed("capped")
        if sent >= NEAR * exam.sms_limit and sent % max(1, exam.sms_limit // 100) == 0:
            log.warning("sms", extra=_said("near_cap", exam, "", sent=sent, limit=exam.sms_limit))

    def _failed(self, application: Application, exam: Exam, about: str, cause: str, now: datetime) -> None:
        kind = cause if cause in ("rate_limited", "capped") else "failed"
        log.warning("sms", extra=_said(kind, exam, about, cause=cause))
        before = self.unreached.get(application.exam, application.area, application.registration_no)
        if before and (before.round, before.about) != (application.round, about):
            before = None
        end = end_of(application, exam)
        if before and before.next_try and now < before.next_try:  # all that the workflow tries in a row is one try
            tries, again = before.tries, before.next_try
        else:
            tries = (before.tries if before else 0) + 1
            again = now + WAITS[tries - 1] if tries <= len(WAITS) else end
        self.unreached.note(
            Unreached(
                exam=application.exam,
                area=application.area,
                site=application.site,
                registration_no=application.registration_no,
                round=application.round,
                about=about,
                cause=cause,
                since=before.since if before else now,
                end=end,
                tries=tries,
                next_try=again if again < end else None,
            )
        )


def _cause(error: Exception) -> str:
    """A refusal's own words, a service's code, or what kind of error it is; nothing that somebody else has written."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return str(error) if isinstance(error, SmsFailed) else code or type(error).__name__


def _said(kind: str, exam: Exam, about: str, **more: object) -> Mapping[str, object]:
    """Members of the log's line: alarms are made of them (decision 23)."""
    return {"sms": kind, "exam": exam.id, "about": about, **more}
