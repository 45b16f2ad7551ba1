"""Which spot check a request is about: the reviewer is not told that it is one, so the request does not say it."""

from collections.abc import Iterable

from songshen.domain.application import Application, Status
from songshen.domain.people import Reviewer
from songshen.domain.spotcheck import SpotCheck
from songshen.ports import SpotChecks, Viewing


def held_check(checks: SpotChecks, reviewer: Reviewer, application: Application) -> SpotCheck | None:
    """The spot check of this application that the reviewer is at; None while the application itself waits for them."""
    if not reviewer.works_in(application.exam, application.area):
        return None
    if application.status is Status.SUBMITTED and reviewer.may_see(application):
        return None
    found = checks.find(application.exam, application.area, application.id)
    return next((check for check in found if check.held_by(reviewer.username)), None)


def check_to_judge(checks: SpotChecks, reviewer: Reviewer, application: Application, round: int) -> SpotCheck | None:
    """The spot check that a decision of this round is about: the reviewer is at it, or has judged it already."""
    if not reviewer.works_in(application.exam, application.area):
        return None
    if application.status is Status.SUBMITTED and round == application.round:
        return None  # there is none before the first decision
    mine = (
        check
        for check in checks.find(application.exam, application.area, application.id)
        if check.round == round and (check.held_by(reviewer.username) or check.judged_by(reviewer.username))
    )
    return next(mine, None)


def has_seen_decision(viewings: Iterable[Viewing], username: str, check: SpotCheck) -> bool:
    """Whether somebody has looked at the case since its first decision, other than blind, or at a later round of it:
    the history said then what had been decided."""
    return any(
        seen.round > check.round or (seen.what == "case" and seen.at >= check.first.at)
        for seen in viewings
        if seen.by == username
    )
