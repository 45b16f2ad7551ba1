"""Who may see what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from songshen.domain.application import Application
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer of one exam site, or the lead of a whole area, whose `site` is empty."""

    username: str
    exam: str
    area: str
    site: str = ""

    def may_see(self, application: Application) -> bool:
        """Only what was submitted to their own site (a lead: their area), ever."""
        own = not self.site or application.site == self.site
        return self.works_in(application.exam, application.area) and own and application.round > 0

    def works_in(self, exam: str, area: str) -> bool:
        """Whether this is their area, whatever the site."""
        return (exam, area) == (self.exam, self.area)

    def sites(self, exam: Exam) -> list[str]:
        """The sites whose queues are theirs."""
        if self.site:
            return [self.site]
        area = exam.area(self.area)
        return [site.id for site in area.sites] if area else []

    def site_of(self, exam: Exam, wanted: str) -> str:
        """The site to work on: the one wanted, or their first. Raises not_found if it is not theirs."""
        own = self.sites(exam)
        if not own or (wanted and wanted not in own):
            raise Refused(Code.NOT_FOUND)
        return wanted or own[0]


class StaffRole(StrEnum):
    """What a member of staff is: a reviewer of a site, the lead of an area, or an administrator of the exam."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    ADMIN = "admin"


def roles_of(groups: Iterable[str], exam: str, registration_no: str) -> frozenset[str]:
    """The roles that a token gives: those of the staff's groups; without any, that of a candidate, if it names an exam
    and a registration number, which accounts of staff never do."""
    staff = {role.value for role in StaffRole} & set(groups)
    return frozenset(staff or ({"candidate"} if exam and registration_no else ()))


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an exam's staff. A lead has no site, an administrator no area either. `version` counts changes."""

    exam: str
    username: str
    role: StaffRole
    area: str = ""
    site: str = ""
    disabled: bool = False
    version: int = 1

    def is_at(self, role: StaffRole, area: str, site: str) -> bool:
        """Whether this is their role and place."""
        return (self.role, self.area, self.site) == (role, area, site)


@dataclass(frozen=True, slots=True)
class StaffChange:
    """What was done to a member of staff: `created`, `moved`, `disabled`, `enabled` or `password`; and what they are
    from then on."""

    at: datetime
    by: str
    username: str
    kind: str
    role: StaffRole
    area: str = ""
    site: str = ""


def placed(exam: Exam, role: StaffRole, area: str, site: str) -> tuple[str, str]:
    """Area and site as the role has them. Raises bad_request if the exam has no such place."""
    if role is StaffRole.ADMIN:
        return "", ""
    if exam.area(area) is None:
        raise Refused(Code.BAD_REQUEST, field="area")
    if role is StaffRole.LEAD:
        return area, ""
    if exam.site(area, site) is None:
        raise Refused(Code.BAD_REQUEST, field="site")
    return area, site
