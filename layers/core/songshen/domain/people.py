"""Who may see what."""

from dataclasses import dataclass

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
