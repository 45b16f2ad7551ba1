"""An exam: one registration campaign with its windows, sites, categories and limits.

The whole document is configuration that an administrator writes; everything in it is immutable here. What can be said
in it that could not be meant, `checking.py` finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# Verdicts on uploads reserved in time, and the submission of what was uploaded in time, are accepted this long
# after the end, so that nobody loses by a slow network.
GRACE = timedelta(minutes=10)
# An end is not moved nearer than this: configurations are up to 15 s old, and a page needs time to send.
NOTICE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that people read, in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open `[opens, closes)`; both carry their offset."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Windows:
    """When candidates upload, when reviewers review, until when returned materials can be put right."""

    upload: Window
    review: Window
    correction: Window


@dataclass(frozen=True, slots=True)
class WarningThresholds:
    """When a candidate is asked to look again, by warning; None: never. `Measures` says what the figures are.

    The defaults come from `bench/warnings.py` and are rarely wrong rather than never silent: docs/decisions/0013.
    """

    blank: float | None = 3.5
    """Below this much detail, 0..255."""
    dark: float | None = 75.0
    """Below this brightness of what is brightest, 0..255."""
    blurred: float | None = 0.6
    """Below this sharpness, 0..1."""
    glare: float | None = 0.01
    """Above this share of the picture, 0..1."""
    small: float | None = 0.12
    """Below this share of the picture, 0..1."""
    turned: float | None = 0.05
    """Above this difference, 0..1."""
    background: float | None = 165.0
    """Below this brightness, 0..255; only where a category asks for a light background."""
    uneven: float | None = 60.0
    """Above this difference in brightness, 0..255; only where a category asks for a light background."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The exact size that a category's images have, as identity photographs do. Pixels.

    Whether there is a face, how large, with glasses or a hat, is not checked: that is for reviewers to see.
    """

    width: int
    height: int
    tolerance: int = 0
    """By how much either may differ."""
    light_background: bool = False
    """A background that is dark or uneven gives a warning."""

    def fits(self, width: int, height: int) -> bool:
        """Whether an image of this size will do."""
        return abs(width - self.width) <= self.tolerance and abs(height - self.height) <= self.tolerance


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an uploaded image must keep to. Bytes, pixels; `min_edge` is the shorter edge."""

    max_bytes: int = 204_800
    types: tuple[str, ...] = ("image/jpeg", "image/png")
    min_edge: int = 200
    max_pixels: int = 50_000_000
    max_scans: int = 100
    warnings: WarningThresholds = WarningThresholds()
    geometry: Geometry | None = None
    """A category's own takes its place."""


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """A place for one image in a category; `id` is unique in the exam, as `identity-1`."""

    id: str
    title: Text


class Demand(StrEnum):
    """What an area makes of a category."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"
    """Not asked for."""


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of material. The number of slots *is* the maximum number of images."""

    id: str
    title: Text
    hint: Text
    required: bool
    slots: tuple[SlotPlace, ...]
    example: str = ""
    """Path of the example picture on the candidate page's origin, e.g. `/examples/identity.jpg`."""
    geometry: Geometry | None = None
    by_area: Mapping[str, Demand] = field(default_factory=dict)
    """What single areas, by their ids, do differently from `required`."""

    def in_area(self, area: str) -> "Category | None":
        """The category as this area asks for it; None if it does not."""
        demand = self.by_area.get(area)
        if demand is None:
            return self
        return None if demand is Demand.OFF else replace(self, required=demand is Demand.REQUIRED)


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason for returning an image. `notes` are what reviewers often add to it, to be chosen and edited."""

    code: str
    text: Text
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for a whole area, with the announcement that says so."""

    until: datetime
    announcement: Text


@dataclass(frozen=True, slots=True)
class Site:
    """An exam site (考点). The id is a number, because serial numbers begin with it."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True)
class Area:
    """A province (考区) and its sites; it may keep its own upload window."""

    id: str
    name: Text
    sites: tuple[Site, ...]
    upload: Window | None = None
    extension: Extension | None = None


@dataclass(frozen=True, slots=True)
class SmsTexts:
    """What candidates are sent; one part of 70 UCS-2 characters each, once `{until}` and `{round}` are filled in.

    `{until}` is the end for this candidate, 3月12日24:00.
    """

    returned: str = "【送审】您的报名材料有图片需要修改，请于{until}前登录报名系统查看“消息提醒”并重新提交。R{round}"
    not_submitted: str = "【送审】您的报名材料尚未提交，请于{until}前登录报名系统上传并提交，逾期不再受理。"
    """The reminder of those who have never submitted."""
    not_corrected: str = "【送审】您被退回的报名材料尚未重新提交，请于{until}前登录报名系统修改并提交。R{round}"
    """The reminder of those with an open return."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What happens by itself around the ends of the windows. Hours before an end."""

    reminders: tuple[int, ...] = (72, 24, 3)
    """When those are reminded who still have to submit."""
    warm: int = 24
    """When the system is made ready for the crowd; 0: never."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The crowd that the stack is made ready for before an end. `candidates` 0: none, nothing is made ready."""

    candidates: int = 0
    images: int = 10
    """Of each candidate."""
    last_day: float = 0.18
    """Share of all candidates who come on the last day."""
    peak: float = 10.0
    """How many times as many come in its busiest hour as in its average hour."""
    last_minutes: float = 0.1
    """Share of all candidates who submit within its last ten minutes."""


@dataclass(frozen=True, slots=True)
class Exam:
    """The exam's configuration. `min_correction_hours` is the time that every return leaves, deadline or not."""

    id: str
    name: Text
    windows: Windows
    areas: tuple[Area, ...]
    categories: tuple[Category, ...]
    reasons: tuple[Reason, ...]
    time_zone: str = "Asia/Shanghai"
    image: ImageLimits = ImageLimits()
    min_correction_hours: int = 48
    uploads_per_day: int = 200
    """Reservations a candidate may make in one day of the exam's time zone."""
    spot_check_share: float = 0.02
    """Share of decided cases that another reviewer of the area judges again, blind."""
    sms_prefix: str = "+86"
    """Country prefix of the phone numbers that may be sent SMS."""
    sms: SmsTexts = SmsTexts()
    expected: Expected = Expected()
    sms_per_day: int = 6
    """SMS that one number is sent in a day, whatever for."""
    sms_limit: int = 200_000
    """SMS that the exam may send in all: what a mistake, or somebody who pumps, can cost."""
    deadlines: Deadlines = Deadlines()
    records_days: int = 730
    """How long after the last window applications and roster entries are kept."""
    images_known_days: int = 90
    """How long after the last window it stays known who has sent which image. How long the images themselves are kept
    is the stack's `MaterialsRetentionDays`."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def last_end(self) -> datetime:
        """When the last window closes, with the areas' own and the time that they were given."""
        windows = (self.windows.upload, self.windows.correction, self.windows.review)
        own = (area.upload for area in self.areas if area.upload)
        given = (area.extension.until for area in self.areas if area.extension)
        return max(*(window.closes for window in (*windows, *own)), *given)

    @property
    def records_end(self) -> datetime:
        """From then on all that is known of candidates is deleted."""
        return self.last_end + timedelta(days=self.records_days)

    def area(self, area_id: str) -> Area | None:
        """The area with this id, if the exam has it."""
        return next((area for area in self.areas if area.id == area_id), None)

    def site(self, area_id: str, site_id: str) -> Site | None:
        """The site with this id in that area, if the exam has it."""
        area = self.area(area_id)
        return next((site for site in area.sites if site.id == site_id), None) if area else None

    def category(self, category_id: str) -> Category | None:
        """The category with this id, if the exam has it."""
        return next((category for category in self.categories if category.id == category_id), None)

    def category_of(self, slot: str) -> Category | None:
        """The category that has this slot."""
        return next((c for c in self.categories if any(place.id == slot for place in c.slots)), None)

    def asked_in(self, area_id: str) -> tuple[Category, ...]:
        """The categories that this area asks for, each `required` or not as the area wants it."""
        return tuple(asked for c in self.categories if (asked := c.in_area(area_id)))

    def asked_for(self, slot: str, area_id: str) -> Category | None:
        """The category with which this area asks for the slot; None if it does not."""
        return next((c for c in self.asked_in(area_id) if any(place.id == slot for place in c.slots)), None)

    def limits_of(self, category: Category) -> ImageLimits:
        """What an image of this category must keep to."""
        return replace(self.image, geometry=category.geometry) if category.geometry else self.image

    def reason(self, code: str) -> Reason | None:
        """The reason with this code, if the exam has it."""
        return next((reason for reason in self.reasons if reason.code == code), None)
