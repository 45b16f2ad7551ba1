"""What an exam's document says that could not be meant: each with its path and what to change, all of them at once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from songshen.domain.exam import (
    Area,
    Category,
    Deadlines,
    Demand,
    Exam,
    Expected,
    Geometry,
    ImageLimits,
    Reason,
    Text,
    Window,
)
from songshen.domain.reading import UNREADABLE, Note, joined, read
from songshen.domain.sms import LONGEST, filled, length

SLOTS = 50
"""So many images fit into an application's item and on a reviewer's screen."""
LAST_ROUND = 7
"""Days that whoever is returned at the last moment has for more than correcting, before the exam's records end."""
REMINDERS = 6
"""Each costs an SMS for everybody who has not submitted."""
NOTE_LENGTH = 200
"""Characters that a reviewer's note may have."""
IMAGE_TYPES = ("image/jpeg", "image/png")
# What an upload is looked at with has memory and time for no more.
MAX_BYTES = (20_480, 2_097_152)
MAX_PIXELS = (1_000_000, 50_000_000)
MAX_SCANS = (1, 100)
EDGE = (1, 4000)

_KEY = (re.compile(r"[A-Za-z0-9-]{1,40}"), "字母、数字和连字符，最多 40 个", "letters, digits and hyphens, at most 40")
# Stands in application ids, which are no longer than 60.
_EXAM_ID = (
    re.compile(r"[A-Za-z0-9-]{1,24}"),
    "字母、数字和连字符，最多 24 个",
    "letters, digits and hyphens, at most 24",
)
_AREA_ID = (
    re.compile(r"[A-Za-z0-9-]{1,20}"),
    "字母、数字和连字符，最多 20 个",
    "letters, digits and hyphens, at most 20",
)
_SITE_ID = (
    re.compile(r"[0-9]{1,12}"),
    "数字（序列号以它开头），最多 12 位",
    "digits (serial numbers begin with it), at most 12",
)
_CODE = (
    re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "字母、数字、连字符和下划线，最多 64 个",
    "letters, digits, - and _, at most 64",
)
_EXAMPLE = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+\.(jpg|jpeg|png)")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,3}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")

THRESHOLDS = {
    "blank": 255.0,
    "dark": 255.0,
    "blurred": 1.0,
    "glare": 1.0,
    "small": 1.0,
    "turned": 1.0,
    "background": 255.0,
    "uneven": 255.0,
}
"""The most that each threshold of a warning can be; the least is 0."""


def checked(raw: object) -> tuple[Exam, list[Note]]:
    """The exam that a document describes, and all that is wrong with it: if anything is, the exam is of no use."""
    exam, malformed = read(Exam, raw)
    # What is said of something that could not be read anyway is left out.
    broken = [note.path for note in malformed if note.code != "unknown_field"]
    meant = [note for note in _wrong(exam) if not any(_touch(note.path, path) for path in broken)]
    return exam, malformed + meant


def _touch(one: str, other: str) -> bool:
    """Whether one path is the other's, or within it."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and (not short or long[len(short) :][:1] in ("", ".", "["))


def _wrong(exam: Exam) -> Iterator[Note]:
    yield from _id("id", exam.id, _EXAM_ID)
    yield from _text("name", exam.name)
    yield from _time_zone(exam)
    yield from _windows(exam)
    yield from _areas(exam)
    yield from _categories(exam)
    yield from _reasons(exam.reasons)
    yield from _image(exam.image)
    yield from _limits(exam)
    yield from _deadlines(exam.deadlines)
    yield from _sms(exam)


def _note(path: str, code: str, zh: str, en: str) -> Note:
    return Note(path, code, Text(zh, en))


def _id(path: str, id: str, rule: tuple[re.Pattern[str], str, str]) -> Iterator[Note]:
    pattern, zh, en = rule
    if not pattern.fullmatch(id):
        yield _note(path, "bad_id", f"编号只能由{zh}组成。", f"Only {en}.")


def _text(path: str, text: Text) -> Iterator[Note]:
    for language, words, zh, en in (("zh", text.zh, "中文", "Chinese"), ("en", text.en, "英文", "English")):
        if not words.strip():
            yield _note(f"{path}.{language}", "empty", f"请填写{zh}文字。", f"Write the {en} text.")
        elif _CONTROLS.search(words):
            yield _note(
                f"{path}.{language}",
                "control_characters",
                "请删除换行、制表符等控制字符。",
                "Remove line breaks, tabs and other control characters.",
            )


def _within(path: str, value: float, least: float, most: float) -> Iterator[Note]:
    if not least <= value <= most:
        yield _note(
            path,
            "out_of_range",
            f"应在 {least:g} 到 {most:g} 之间，现为 {value:g}。",
            f"Must be between {least:g} and {most:g}; it is {value:g}.",
        )


def _some(path: str, things: Iterable[object], zh: str, en: str) -> Iterator[Note]:
    if not list(things):
        yield _note(path, "none", f"至少要有一个{zh}。", f"There must be at least one {en}.")


def _unique(named: Iterable[tuple[str, str]]) -> Iterator[Note]:
    """Of `(path, id)` each: an id that was there before."""
    first: dict[str, str] = {}
    for path, id in named:
        if id in first:
            yield _note(
                path,
                "duplicate",
                f"编号“{id}”与 {first[id]} 重复，请改用另一个。",
                f"“{id}” is the id of {first[id]} too. Choose another.",
            )
        first.setdefault(id, path)


# ---- time ----


def _zone(exam: Exam) -> ZoneInfo | None:
    try:
        return ZoneInfo(exam.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _time_zone(exam: Exam) -> Iterator[Note]:
    if _zone(exam) is None:
        yield _note(
            "time_zone",
            "unknown_zone",
            f"没有名为“{exam.time_zone}”的时区，例如 Asia/Shanghai。",
            f"There is no time zone “{exam.time_zone}”. Name one like Asia/Shanghai.",
        )


def _before(
    path: str, earlier: datetime, later: datetime, code: str, zh: str, en: str, *, same: bool = False
) -> Iterator[Note]:
    """Says so if the times are not in this order; what could not be read is left alone."""
    if UNREADABLE in (earlier, later):
        return
    if earlier > later or (earlier == later and not same):
        yield _note(path, code, zh, en)


def _window(path: str, window: Window) -> Iterator[Note]:
    zh, en = "结束时间必须晚于开始时间。", "It must close after it opens."
    yield from _before(f"{path}.closes", window.opens, window.closes, "closes_before_opens", zh, en)


def _windows(exam: Exam) -> Iterator[Note]:
    windows = exam.windows
    upload, review, correction = windows.upload, windows.review, windows.correction
    for name, window in (("upload", upload), ("review", review), ("correction", correction)):
        yield from _window(f"windows.{name}", window)
    yield from _before(
        "windows.correction.opens",
        upload.opens,
        correction.opens,
        "does_not_fit",
        "补正不能早于上传开始。",
        "Corrections cannot begin before uploading does.",
        same=True,
    )
    yield from _before(
        "windows.correction.closes",
        upload.closes,
        correction.closes,
        "does_not_fit",
        "补正结束时间不能早于上传结束时间：最后提交的考生也要能补正。",
        "Corrections cannot end before uploading does: who submits last must be able to correct too.",
        same=True,
    )
    yield from _before(
        "windows.review.opens",
        review.opens,
        correction.closes,
        "does_not_fit",
        "审核必须在补正结束之前开始，否则退回的材料无法补正。",
        "Reviewing must begin before corrections end, or nothing that is returned can be corrected.",
    )
    yield from _before(
        "windows.review.closes",
        correction.closes,
        review.closes,
        "does_not_fit",
        "审核结束时间不能早于补正结束时间：补正的材料还要再审核。",
        "Reviewing cannot end before corrections do: what is corrected is reviewed again.",
        same=True,
    )
    for n, area in enumerate(exam.areas):
        if area.upload is None:
            continue
        yield from _window(f"areas[{n}].upload", area.upload)
        yield from _before(
            f"areas[{n}].upload.closes",
            area.upload.closes,
            correction.closes,
            "does_not_fit",
            "考区的上传结束时间不能晚于补正结束时间。",
            "An area's uploading cannot end after corrections do.",
            same=True,
        )


# ---- places ----


def _areas(exam: Exam) -> Iterator[Note]:
    yield from _some("areas", exam.areas, "考区", "area")
    yield from _unique((f"areas[{n}].id", area.id) for n, area in enumerate(exam.areas))
    sites = []
    for n, area in enumerate(exam.areas):
        yield from _area(f"areas[{n}]", area)
        sites += [(f"areas[{n}].sites[{m}].id", site.id) for m, site in enumerate(area.sites)]
        yield from _some_category(exam, area, f"areas[{n}].id")
    yield from _unique(sites)


def _area(path: str, area: Area) -> Iterator[Note]:
    yield from _id(f"{path}.id", area.id, _AREA_ID)
    yield from _text(f"{path}.name", area.name)
    yield from _some(f"{path}.sites", area.sites, "考点", "exam site")
    for n, site in enumerate(area.sites):
        yield from _id(f"{path}.sites[{n}].id", site.id, _SITE_ID)
        yield from _text(f"{path}.sites[{n}].name", site.name)
    if area.extension:
        yield from _text(f"{path}.extension.announcement", area.extension.announcement)


def _some_category(exam: Exam, area: Area, path: str) -> Iterator[Note]:
    if exam.categories and not exam.asked_in(area.id):
        yield _note(
            path,
            "none",
            "该考区不需要任何材料：请在至少一个类别的 by_area 中去掉 off。",
            "This area asks for nothing: take it out of by_area of some category.",
        )


# ---- materials ----


def _categories(exam: Exam) -> Iterator[Note]:
    yield from _some("categories", exam.categories, "材料类别", "category")
    yield from _unique((f"categories[{n}].id", category.id) for n, category in enumerate(exam.categories))
    slots = []
    for n, category in enumerate(exam.categories):
        path = f"categories[{n}]"
        yield from _category(path, category, exam)
        slots += [(f"{path}.slots[{m}].id", place.id) for m, place in enumerate(category.slots)]
    yield from _unique(slots)
    if len(slots) > SLOTS:
        yield _note(
            "categories",
            "too_many",
            f"图位最多 {SLOTS} 个，现有 {len(slots)} 个。",
            f"At most {SLOTS} slots; there are {len(slots)}.",
        )


def _category(path: str, category: Category, exam: Exam) -> Iterator[Note]:
    yield from _id(f"{path}.id", category.id, _KEY)
    yield from _text(f"{path}.title", category.title)
    yield from _text(f"{path}.hint", category.hint)
    yield from _some(f"{path}.slots", category.slots, "图位", "slot")
    for n, place in enumerate(category.slots):
        yield from _id(f"{path}.slots[{n}].id", place.id, _KEY)
        yield from _text(f"{path}.slots[{n}].title", place.title)
    if category.example and not _EXAMPLE.fullmatch(category.example):
        yield _note(
            f"{path}.example",
            "bad_example",
            "示例图片应为考生页面上的路径，例如 /examples/identity.jpg；没有示例则留空。",
            "Must be a path on the candidate page, like /examples/identity.jpg, or empty.",
        )
    if category.geometry:
        yield from _geometry(f"{path}.geometry", category.geometry, exam.image)
    yield from _by_area(f"{path}.by_area", category.by_area, exam)


def _by_area(path: str, by_area: Mapping[str, Demand], exam: Exam) -> Iterator[Note]:
    for id in by_area:
        if exam.area(id) is None:
            yield _note(
                joined(path, id),
                "unknown_area",
                f"没有编号为“{id}”的考区，请改正或删除。",
                f"There is no area “{id}”. Correct or remove it.",
            )


def _geometry(path: str, wanted: Geometry, image: ImageLimits) -> Iterator[Note]:
    for name, pixels in (("width", wanted.width), ("height", wanted.height)):
        yield from _within(f"{path}.{name}", pixels, max(image.min_edge, EDGE[0]), EDGE[1])
    yield from _within(f"{path}.tolerance", wanted.tolerance, 0, max(min(wanted.width, wanted.height) - 1, 0))


def _image(image: ImageLimits) -> Iterator[Note]:
    yield from _some("image.types", image.types, "图片格式", "type")
    for n, one in enumerate(image.types):
        if one not in IMAGE_TYPES:
            yield _note(
                f"image.types[{n}]",
                "unknown_value",
                f"只能是 {'、'.join(IMAGE_TYPES)}。",
                f"Only {' and '.join(IMAGE_TYPES)}.",
            )
    yield from _within("image.max_bytes", image.max_bytes, *MAX_BYTES)
    yield from _within("image.min_edge", image.min_edge, *EDGE)
    yield from _within("image.max_pixels", image.max_pixels, *MAX_PIXELS)
    yield from _within("image.max_scans", image.max_scans, *MAX_SCANS)
    if image.geometry:
        yield from _geometry("image.geometry", image.geometry, image)
    for field in fields(image.warnings):
        value = getattr(image.warnings, field.name)
        if value is not None:
            yield from _within(f"image.warnings.{field.name}", value, 0, THRESHOLDS[field.name])


# ---- reviewing, telling, counting ----


def _reasons(reasons: Iterable[Reason]) -> Iterator[Note]:
    yield from _some("reasons", reasons, "退回原因", "reason")
    yield from _unique((f"reasons[{n}].code", reason.code) for n, reason in enumerate(reasons))
    for n, reason in enumerate(reasons):
        yield from _id(f"reasons[{n}].code", reason.code, _CODE)
        yield from _text(f"reasons[{n}].text", reason.text)
        for m, note in enumerate(reason.notes):
            path = f"reasons[{n}].notes[{m}]"
            if not note.strip() or _CONTROLS.search(note):
                yield _note(path, "empty", "请填写一行文字，不含换行。", "Write one line of text, without line breaks.")
            elif len(note) > NOTE_LENGTH:
                yield _note(
                    path,
                    "too_long",
                    f"最多 {NOTE_LENGTH} 字，现有 {len(note)} 字。",
                    f"At most {NOTE_LENGTH} characters; there are {len(note)}.",
                )


def _limits(exam: Exam) -> Iterator[Note]:
    yield from _within("min_correction_hours", exam.min_correction_hours, 0, 720)
    yield from _within("uploads_per_day", exam.uploads_per_day, 1, 10_000)
    yield from _within("spot_check_share", exam.spot_check_share, 0, 1)
    yield from _within("images_known_days", exam.images_known_days, 0, 3650)
    yield from _expected(exam.expected)
    correcting = ceil(exam.min_correction_hours / 24)
    yield from _within("records_days", exam.records_days, max(30, correcting + LAST_ROUND), 3650)
    yield from _within("sms_per_day", exam.sms_per_day, 1, 100)
    yield from _within("sms_limit", exam.sms_limit, 0, 10_000_000)
    if not _PREFIX.fullmatch(exam.sms_prefix):
        yield _note(
            "sms_prefix",
            "bad_prefix",
            "应为国家或地区的电话区号，例如 +86。",
            "Must be a country's telephone prefix, like +86.",
        )


def _expected(expected: Expected) -> Iterator[Note]:
    yield from _within("expected.candidates", expected.candidates, 0, 20_000_000)
    yield from _within("expected.images", expected.images, 1, SLOTS)
    yield from _within("expected.last_day", expected.last_day, 0, 1)
    yield from _within("expected.peak", expected.peak, 1, 24)
    yield from _within("expected.last_minutes", expected.last_minutes, 0, 1)


def _deadlines(deadlines: Deadlines) -> Iterator[Note]:
    path = "deadlines.reminders"
    if len(deadlines.reminders) > REMINDERS:
        yield _note(
            path,
            "too_many",
            f"提醒最多 {REMINDERS} 次，现有 {len(deadlines.reminders)} 次。",
            f"At most {REMINDERS} reminders; there are {len(deadlines.reminders)}.",
        )
    for n, hours in enumerate(deadlines.reminders):
        yield from _within(f"{path}[{n}]", hours, 1, 720)
        if hours in deadlines.reminders[:n]:
            yield _note(
                f"{path}[{n}]",
                "duplicate",
                f"已有提前 {hours} 小时的提醒，请删去一个。",
                f"There is a reminder {hours} hours before the end already: remove one of them.",
            )
    yield from _within("deadlines.warm", deadlines.warm, 0, 168)


def _sms(exam: Exam) -> Iterator[Note]:
    for field in fields(exam.sms):
        yield from _words(f"sms.{field.name}", getattr(exam.sms, field.name))


def _words(path: str, words: str) -> Iterator[Note]:
    if "{until}" not in words:
        yield _note(
            path,
            "no_deadline",
            "短信中要有 {until}，发送时替换为考生的截止时间。",
            "The text needs {until}, which becomes the candidate's deadline.",
        )
    if unknown := [name for name in re.findall(r"{.*?}", words) if name not in ("{until}", "{round}")]:
        yield _note(
            path,
            "unknown_value",
            f"短信中只能用 {{until}} 和 {{round}}，不能用 {unknown[0]}。",
            f"Only {{until}} and {{round}} can be used, not {unknown[0]}.",
        )
    # Whatever the day and the round, it takes no more room than this.
    longest = length(filled(words, datetime(2000, 12, 31, 23, 59, tzinfo=ZoneInfo("UTC")), ZoneInfo("UTC"), 10))
    if longest > LONGEST:
        yield _note(
            path,
            "too_long",
            f"短信最多 {LONGEST} 字，填入时间和轮次后为 {longest} 字，请缩短。",
            f"At most {LONGEST} characters; with time and round filled in it has {longest}. Shorten it.",
        )
    if _CONTROLS.search(words):
        yield _note(
            path,
            "control_characters",
            "请删除换行、制表符等控制字符。",
            "Remove line breaks, tabs and other control characters.",
        )
