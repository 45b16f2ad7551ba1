"""Spot checks 抽查: a share of decided cases comes up again, blind, to another reviewer of the area.

The second decision changes nothing for the candidate; it is compared with the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from songshen.domain.application import (
    Application,
    Claim,
    Decision,
    Status,
    refuse_if_claimed_by_other,
    refuse_if_malformed,
)
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.domain.journal import Entry
from songshen.domain.people import Reviewer


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """One round of one application that is judged twice. `second` is None until that has happened."""

    exam: str
    area: str
    site: str
    registration_no: str
    round: int
    first: Decision
    second: Decision | None = None
    claim: Claim | None = None

    @property
    def application(self) -> str:
        """The application's id."""
        return f"{self.exam}_{self.registration_no}"

    def free_for(self, reviewer: Reviewer, now: datetime) -> bool:
        """Whether this reviewer may take it now: somebody else of the area than the first, and nobody holds it."""
        other = reviewer.works_in(self.exam, self.area) and self.first.by != reviewer.username
        free = self.claim is None or self.claim.expires <= now
        return other and free and self.second is None

    def held_by(self, username: str) -> bool:
        """Whether this reviewer is at it: has claimed it, and nobody has taken it over or judged it since."""
        return self.second is None and self.claim is not None and self.claim.by == username

    def judged_by(self, username: str) -> bool:
        """Whether the second decision is this reviewer's."""
        return self.second is not None and self.second.by == username

    @property
    def agrees(self) -> bool:
        """Whether both came to the same outcome with the same reasons for the same slots."""
        return self.second is not None and _verdict(self.first) == _verdict(self.second)


def _verdict(decision: Decision) -> tuple[str, dict[str, str]]:
    return decision.outcome, {slot: review.code for slot, review in decision.slots.items()}


def drawn(decided: Application, exam: Exam, lot: float) -> SpotCheck | None:
    """The spot check of an application that has just been decided, if its lot, even in `[0, 1)`, is below the share."""
    if decided.decision is None or lot >= exam.spot_check_share:
        return None
    return SpotCheck(decided.exam, decided.area, decided.site, decided.registration_no, decided.round, decided.decision)


def judge(check: SpotCheck, exam: Exam, decision: Decision, now: datetime) -> SpotCheck | None:
    """The check with its second decision; None if this reviewer has decided the same already.

    Raises: bad_request, stale_round, already_decided, claimed_by_other.
    """
    refuse_if_malformed(decision, exam, check.area)
    if decision.round != check.round:
        raise Refused(Code.STALE_ROUND, round=check.round)
    if check.second is not None:
        if check.second.same_as(decision):
            return None
        raise Refused(Code.ALREADY_DECIDED)
    refuse_if_claimed_by_other(check.claim, decision.by, now)
    return replace(check, second=decision, claim=None)


def as_it_waited(
    application: Application, journal: Sequence[Entry], check: SpotCheck
) -> tuple[Application, list[Entry]]:
    """The application and its journal as they were while this round waited: what was said since shows nowhere."""
    (place,) = (n for n, entry in enumerate(journal) if entry.kind == "submitted" and entry.round == check.round)
    known = list(journal[: place + 1])
    before = [entry.decision for entry in known if entry.decision is not None]
    waiting = replace(
        application,
        status=Status.SUBMITTED,
        round=check.round,
        submitted_at=known[-1].at,
        decision=before[-1] if before else None,
        claim=check.claim,
        serial_number="",
        notice_code="",
    )
    return waiting, known


@dataclass(frozen=True, slots=True)
class Tally:
    """How often two reviewers judged the same case, and how often they agreed."""

    checked: int = 0
    agreed: int = 0

    def plus(self, agreed: bool) -> "Tally":
        """With one more."""
        return Tally(self.checked + 1, self.agreed + agreed)


def by_site(checks: Iterable[SpotCheck]) -> Mapping[str, Tally]:
    """Site → its tally."""
    tallies: dict[str, Tally] = {}
    for check in checks:
        tallies[check.site] = tallies.get(check.site, Tally()).plus(check.agrees)
    return tallies


def by_reason(checks: Iterable[SpotCheck]) -> Mapping[str, Tally]:
    """Reason → how often either reviewer gave it for a slot, and how often both did."""
    tallies: dict[str, Tally] = {}
    for check in checks:
        if check.second is None:
            continue
        first = {(slot, review.code) for slot, review in check.first.slots.items()}
        second = {(slot, review.code) for slot, review in check.second.slots.items()}
        for given in sorted(first | second):
            code = given[1]
            tallies[code] = tallies.get(code, Tally()).plus(given in first and given in second)
    return tallies
