"""Whom no SMS could reach, as an administrator is told."""

from songshen.contract.progress import UnreachedView
from songshen.domain.application import Application, end_of
from songshen.domain.exam import Exam
from songshen.domain.sms import cause_text
from songshen.ports import Unreached
from songshen.presentation.common import area_name, local, site_view


def unreached(one: Unreached, application: Application, exam: Exam) -> UnreachedView:
    """Somebody whom no SMS could reach, with the end that is theirs now."""
    return UnreachedView(
        application=application.id,
        registration_no=application.registration_no,
        name=application.name,
        area=area_name(one.area, exam),
        site=site_view(one.area, one.site, exam),
        status=application.status,
        about=one.about,
        cause=one.cause,
        text=cause_text(one.cause),
        since=one.since.astimezone(exam.zone),
        until=end_of(application, exam).astimezone(exam.zone),
        next_try=local(one.next_try, exam),
    )
