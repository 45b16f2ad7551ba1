"""A small exam and applications in every state, built with few words. Local times are those of the exam's zone.

The exam's story: uploading 1 March 09:00 to 10 March 18:00, corrections until 12 March 18:00, 48 h at least after a
return. Area 37 has sites 3701 and 3702; identity (two slots) and diploma are required, work (two slots) is not.
"""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from songshen.domain.application import (
    Announcement,
    Application,
    Decision,
    Outcome,
    Ready,
    Rejected,
    Reserved,
    SlotReview,
    Status,
)
from songshen.domain.exam import (
    Area,
    Category,
    Exam,
    Extension,
    ImageLimits,
    Reason,
    Site,
    SlotPlace,
    Text,
    Window,
    Windows,
)

ZONE = ZoneInfo("Asia/Shanghai")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

EXAM = "2026-med"
NO = "3701001"
ID = f"{EXAM}_{NO}"
SHA = "ab" * 32


def at(local: str) -> datetime:
    """`"03-05 10:00"` or `"03-05 10:00:30"`: that time of 2026 in the exam's zone."""
    return datetime.fromisoformat(f"2026-{local}").replace(tzinfo=ZONE)


def latest_extension(of: Exam) -> str:
    """A day before everything is deleted, as the API writes times."""
    return (of.records_end - DAY).astimezone(ZoneInfo(of.time_zone)).replace(microsecond=0).isoformat()


OPENS, CLOSES = at("03-01 09:00"), at("03-10 18:00")
CORRECTED = at("03-12 18:00")
NOON = at("03-05 12:00")
"""An ordinary moment in the middle of the upload window."""


def text(words: str) -> Text:
    """A text in both languages."""
    return Text(words, f"{words} (en)")


def _category(id: str, slots: int, required: bool = True) -> Category:
    places = tuple(SlotPlace(f"{id}-{n}", text(f"{id} {n}")) for n in range(1, slots + 1))
    return Category(id, text(id), text(f"hint for {id}"), required, places, f"/examples/{id}.jpg")


UNREADABLE = Text("毕业证编号无法辨别，请重新上传！", "The diploma's number is unreadable. Upload it again!")
BLURRED = Text("图片模糊，请重新拍摄。", "The image is blurred. Take it again.")


def exam(**changes: Any) -> Exam:
    """The exam of this module, with changes."""
    made = Exam(
        id=EXAM,
        name=text("2026 考试"),
        windows=Windows(
            upload=Window(OPENS, CLOSES),
            review=Window(at("02-27 00:00"), at("03-15 00:00")),
            correction=Window(at("03-02 00:00"), CORRECTED),
        ),
        areas=(
            Area("37", text("山东"), (Site("3701", text("济南")), Site("3702", text("青岛")))),
            Area("11", text("北京"), (Site("1101", text("朝阳")),)),
        ),
        categories=(_category("identity", 2), _category("diploma", 1), _category("work", 2, required=False)),
        reasons=(Reason("unreadable", UNREADABLE), Reason("blurred", BLURRED)),
        image=ImageLimits(),
        uploads_per_day=200,
    )
    return replace(made, **changes)


def exam_with_area(upload: Window | None = None, extension: Extension | None = None) -> Exam:
    """The exam whose area 37 has its own upload window or more time."""
    first, *others = exam().areas
    return exam(areas=(replace(first, upload=upload, extension=extension), *others))


def reserved(upload_id: str = "r1", expires: datetime = NOON + 10 * MINUTE, **changes: Any) -> Reserved:
    """A reservation for the image that `wanted()` announces."""
    return replace(Reserved(upload_id, "image/jpeg", 1000, SHA, expires), **changes)


def upload_id(name: str = "u1", began: datetime = NOON - HOUR) -> str:
    """An upload's id, with a name of at most six letters in place of what is random."""
    return urlsafe_b64encode(round(began.timestamp() * 1000).to_bytes(6) + name.encode().ljust(6, b"-")).decode()


def ready(name: str = "u1", began: datetime = NOON - HOUR, **changes: Any) -> Ready:
    """A validated image; its hash follows from its name."""
    return replace(Ready(upload_id(name, began), name.encode().hex().ljust(64, "0"), 640, 480), **changes)


def rejected(name: str = "x1", began: datetime = NOON - HOUR, **changes: Any) -> Rejected:
    """An upload that failed the checks."""
    return replace(Rejected(upload_id(name, began), "truncated", "图片不完整", "The image is incomplete"), **changes)


def wanted(category: str = "identity", slot: str = "", **changes: Any) -> Announcement:
    """What a candidate announces."""
    return replace(Announcement(category, "image/jpeg", 1000, SHA, slot), **changes)


COMPLETE = {"identity-1": ready("u1"), "identity-2": ready("u2"), "diploma-1": ready("u3")}
SUBMITTED_AT = at("03-05 09:00")
DECIDED_AT = at("03-05 11:00")


def draft(**changes: Any) -> Application:
    """An application as the roster import creates it."""
    made = Application(EXAM, NO, "张三丰", "37", "3701")
    return replace(made, **changes)


def submitted(**changes: Any) -> Application:
    """Complete, and waiting in round 1."""
    made = draft(status=Status.SUBMITTED, round=1, attempt=1, version=7, slots=COMPLETE, submitted_at=SUBMITTED_AT)
    return replace(made, **changes)


def decision(*slots: str, **changes: Any) -> Decision:
    """A return of round 1 that names these slots, as a reviewer says it."""
    named = {slot: SlotReview("unreadable") for slot in slots}
    return replace(Decision(1, Outcome.RETURN, "reviewer-1", DECIDED_AT, slots=named), **changes)


def returned(*slots: str, **changes: Any) -> Application:
    """Returned in round 1 with these slots named; the images that were judged are still there."""
    held = changes.get("slots", COMPLETE)
    judged = {s: SlotReview("unreadable", upload_id=held[s].upload_id if s in held else "") for s in slots}
    made = submitted(status=Status.RETURNED, version=8, decision=decision(slots=judged))
    return replace(made, **changes)


def approved(**changes: Any) -> Application:
    """Approved in round 1."""
    made = submitted(
        status=Status.APPROVED,
        version=8,
        decision=Decision(1, Outcome.APPROVE, "reviewer-1", DECIDED_AT),
        serial_number="3701000001",
        notice_code="c0de",
    )
    return replace(made, **changes)
