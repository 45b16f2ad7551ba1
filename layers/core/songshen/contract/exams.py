"""What administrators are shown of an exam and change of it, and what its spot checks show."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from songshen.contract.common import Moment, Name, Reasoned, SiteView
from songshen.domain.application import Outcome
from songshen.domain.exam import Exam, Reason, Text
from songshen.domain.reading import Note


class ExamVersion(Struct):
    """The exam's document in one of its versions, and who saved it when. From `records_end` on all that is known of
    the candidates is deleted."""

    version: int
    saved_at: datetime
    saved_by: str
    records_end: datetime
    document: Exam


class ExamChange(Struct):
    """A document to take the place of the version that was read. Its form is that of docs/exam.schema.json."""

    version: Annotated[int, Meta(ge=0)]
    document: dict[str, Any]


class AreaExtensionRequest(Struct):
    """More time for a whole area, as after an outage. The reason is part of the announcement."""

    area: Name
    until: Moment
    reason: Reasoned


class SiteCounts(Struct):
    """How many applications of a site are in each status."""

    area: Text
    site: SiteView
    counts: dict[str, int]


class ExamVerdict(Struct):
    """What is wrong with a document, what it changes, and how many applications there are.

    `version` is the one in force: the next one if `saved`. Nothing is said of effects while there are problems.
    """

    saved: bool
    version: int
    problems: list[Note]
    effects: list[Note]
    sites: list[SiteCounts]


class SiteAgreement(Struct):
    """How many of a site's cases were judged twice, and how often both judged alike."""

    area: Text
    site: SiteView
    checked: int
    agreed: int


class ReasonAgreement(Struct):
    """How often either reviewer gave this reason for an image, and how often both did."""

    reason: Reason
    checked: int
    agreed: int


class OneView(Struct):
    """One of two decisions; `reasons` are codes by slot."""

    by: str
    at: datetime
    outcome: Outcome
    reasons: dict[str, str]


class Disagreement(Struct):
    application: str
    round: int
    site: SiteView
    first: OneView
    second: OneView


class Agreement(Struct):
    """What the spot checks show. `disagreements` are the newest hundred; `slots` names those that they mention."""

    exam: Text
    time_zone: str
    share: float
    sites: list[SiteAgreement]
    reasons: list[ReasonAgreement]
    disagreements: list[Disagreement]
    slots: dict[str, Text]
