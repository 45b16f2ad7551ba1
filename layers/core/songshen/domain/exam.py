"""An exam: one registration campaign with its windows, sites, categories and limits.

The whole document is configuration that an administrator writes; everything in it is immutable here.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Verdicts on uploads reserved in time, and the submission of what was uploaded in time, are accepted this long
# after the end, so that nobody loses by a slow network.
GRACE = timedelta(minutes=10)


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
    Raises ValueError for what could not be meant.
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

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            if value is not None and not 0 <= value <= most:
                raise ValueError(f"warnings: {name} is {value:g}, not between 0 and {most:g}")


_MOST = {
    "blank": 255.0,
    "dark": 255.0,
    "blurred": 1.0,
    "glare": 1.0,
    "small": 1.0,
    "turned": 1.0,
    "background": 255.0,
    "uneven": 255.0,
}


@dataclass(frozen=True, slots=True)
class Geometry:
    """The exact size that a category's images have, as identity photographs do. Pixels; raises ValueError.

    Whether there is a face, how large, with glasses or a hat, is not checked: that is for reviewers to see.
    """

    width: int
    height: int
    tolerance: int = 0
    """By how much either may differ."""
    light_background: bool = False
    """A background that is dark or uneven gives a warning."""

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < min(self.width, self.height) <= max(self.width, self.height) <= 4000:
            raise ValueError(f"geometry: {self.width}x{self.height} px, tolerance {self.tolerance}, cannot be met")

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

    def __post_init__(self) -> None:
        for category in self.categories:
            wanted = self.limits_of(category).geometry
            if wanted and min(wanted.width, wanted.height) < self.image.min_edge:
                raise ValueError(f"{category.id}: geometry asks for less than min_edge, {self.image.min_edge} px")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

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

    def limits_of(self, category: Category) -> ImageLimits:
        """What an image of this category must keep to."""
        return replace(self.image, geometry=category.geometry) if category.geometry else self.image

    def reason(self, code: str) -> Reason | None:
        """The reason with this code, if the exam has it."""
        return next((reason for reason in self.reasons if reason.code == code), None)
