"""Who may see what."""

from dataclasses import dataclass

from songshen.domain.application import Application


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer of one exam site."""

    username: str
    exam: str
    area: str
    site: str

    def may_see(self, application: Application) -> bool:
        """Only what was submitted to their own site, ever."""
        place = (application.exam, application.area, application.site)
        return place == (self.exam, self.area, self.site) and application.round > 0
