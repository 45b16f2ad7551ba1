"""What a candidate sees and says of themselves: the view, the profile, the notice; and the notice's public check."""

from dataclasses import dataclass

from songshen.contract.candidate import Notice, NoticeCheck, ProfileRequest, View
from songshen.domain.errors import Code, Refused
from songshen.ports import Applications, Clock, Exams, Materials, Roster
from songshen.presentation import candidate
from songshen.presentation.common import masked, site_name


def current_view(
    application_id: str, applications: Applications, exams: Exams, materials: Materials, clock: Clock
) -> View:
    """Everything the candidate page shows, read anew. Raises not_found."""
    found = applications.with_journal(application_id)
    if found is None:
        raise Refused(Code.NOT_FOUND)
    application, journal = found
    exam = exams.get(application.exam)
    return candidate.view(application, exam, journal, clock.now(), materials.link)


@dataclass(frozen=True, slots=True)
class ApplicationDesk:
    """`GET /application`, `PUT /application/profile`, `GET /application/notice`, `GET /notices/{code}`."""

    applications: Applications
    exams: Exams
    roster: Roster
    materials: Materials
    clock: Clock

    def view(self, application_id: str) -> View:
        """Everything the candidate page shows. Raises not_found."""
        return current_view(application_id, self.applications, self.exams, self.materials, self.clock)

    def set_profile(self, application_id: str, profile: ProfileRequest) -> View:
        """Changes phone and address, at any time. Raises not_found."""
        if self.applications.set_profile(application_id, profile.phone, profile.address) is None:
            raise Refused(Code.NOT_FOUND)
        return self.view(application_id)

    def notice(self, application_id: str) -> Notice:
        """What the notice prints, whatever the state of the review. Raises not_found."""
        found = self.applications.with_journal(application_id)
        if found is None:
            raise Refused(Code.NOT_FOUND)
        application, journal = found
        roster = self.roster.entry(application.exam, application.registration_no)
        if roster is None:
            raise Refused(Code.NOT_FOUND)
        return candidate.notice(application, self.exams.get(application.exam), roster, journal)

    def check(self, code: str) -> NoticeCheck:
        """What anyone may learn from a notice's code. Raises not_found."""
        record = self.applications.notice(code)
        if record is None:
            raise Refused(Code.NOT_FOUND)
        exam = self.exams.get(record.exam)
        return NoticeCheck(
            valid=record.valid,
            exam=exam.name,
            site=site_name(record.area, record.site, exam),
            name=masked(record.name, 1, 0),
        )
