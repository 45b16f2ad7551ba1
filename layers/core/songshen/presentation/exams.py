"""What administrators are shown of an exam."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from songshen.contract.exams import Agreement, Disagreement, OneView, ReasonAgreement, SiteAgreement, SiteCounts
from songshen.domain.application import Decision
from songshen.domain.exam import Exam
from songshen.domain.spotcheck import SpotCheck, by_reason, by_site
from songshen.presentation.common import site_view, slot_name

NEWEST = 100
"""So many disagreements are shown."""


def site_counts(exam: Exam, counts: Mapping[str, Mapping[str, int]]) -> list[SiteCounts]:
    """The sites with the numbers of their applications; `counts`: site → status → how many."""
    return [
        SiteCounts(area.name, site_view(area.id, site.id, exam), dict(counts[site.id]))
        for area in exam.areas
        for site in area.sites
    ]


def agreement(exam: Exam, checks: Sequence[SpotCheck]) -> Agreement:
    """What the spot checks show of sites and reasons."""
    sites, reasons = by_site(checks), by_reason(checks)
    apart = sorted((check for check in checks if not check.agrees), key=_judged_at, reverse=True)[:NEWEST]
    mentioned = {slot for one in apart for view in (one.first, one.second) if view for slot in view.slots}
    return Agreement(
        exam=exam.name,
        time_zone=exam.time_zone,
        share=exam.spot_check_share,
        sites=[
            SiteAgreement(area.name, site_view(area.id, site.id, exam), sites[site.id].checked, sites[site.id].agreed)
            for area in exam.areas
            for site in area.sites
            if site.id in sites
        ],
        reasons=[
            ReasonAgreement(reason, reasons[reason.code].checked, reasons[reason.code].agreed)
            for reason in exam.reasons
            if reason.code in reasons
        ],
        disagreements=[
            Disagreement(
                check.application,
                check.round,
                site_view(check.area, check.site, exam),
                _one_view(check.first, exam),
                _one_view(check.second, exam),
            )
            for check in apart
            if check.second is not None
        ],
        slots={slot: slot_name(exam, slot) for slot in sorted(mentioned)},
    )


def _judged_at(check: SpotCheck) -> datetime:
    return check.second.at if check.second else check.first.at


def _one_view(decision: Decision, exam: Exam) -> OneView:
    reasons = {slot: review.code for slot, review in decision.slots.items()}
    return OneView(decision.by, decision.at.astimezone(exam.zone), decision.outcome, reasons)
