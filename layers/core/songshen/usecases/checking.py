"""Which spot check a reviewer is at."""

from songshen.domain.application import Application, Status
from songshen.domain.people import Reviewer
from songshen.domain.spotcheck import SpotCheck
from songshen.ports import SpotChecks


def own_check(checks: SpotChecks, reviewer: Reviewer, application: Application) -> SpotCheck | None:
    """The spot check of this application that the reviewer holds or has judged; None while the application itself
    waits for them."""
    if (application.exam, application.area) != (reviewer.exam, reviewer.area):
        return None
    if application.status is Status.SUBMITTED and reviewer.may_see(application):
        return None
    found = checks.find(reviewer.exam, reviewer.area, application.id)
    return next((check for check in found if check.held_by(reviewer.username)), None)
