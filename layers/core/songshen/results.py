"""What an exam office takes away: applications and journals as lines for spreadsheets (CSV) and for programs (JSON).

Times are those of the exam's time zone. In CSV, numbers that are names (registration, id, serial number, phone) are
marked as text, or Excel would show `2.02637E+13`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from songshen.domain.application import Application, Decision, Ready, Slot, SlotReview, Status, began_at
from songshen.domain.exam import Exam
from songshen.domain.journal import Entry
from songshen.domain.sheet import BOM, Verbatim, row
from songshen.ports import RosterEntry, Viewing
from songshen.presentation.common import masked

APPLICATION_TITLES = (
    "报名号 registration_no",
    "姓名 name",
    "证件号码 id_number",
    "手机号码 phone",
    "通信地址 address",
    "考区代码 area",
    "考区 area_name",
    "考点代码 site",
    "考点 site_name",
    "状态代码 status",
    "状态",
    "轮次 round",
    "图片数 images",
    "提交时间 submitted_at",
    "审核时间 decided_at",
    "审核人 decided_by",
    "序列号 serial_number",
    "退回原因 reasons",
    "审核意见 note",
    "延期至 extension",
)
JOURNAL_TITLES = (
    "报名号 registration_no",
    "考区代码 area",
    "考点代码 site",
    "时间 at",
    "事项代码 kind",
    "事项",
    "轮次 round",
    "操作人 by",
    "内容 text",
    "图片 images",
)
STATUS_WORDS = {
    Status.DRAFT: "未提交",
    Status.SUBMITTED: "待审核",
    Status.RETURNED: "已退回",
    Status.APPROVED: "已通过",
}
KIND_WORDS = {
    "submitted": "提交",
    "returned": "退回",
    "approved": "通过",
    "reopened": "撤回通过",
    "extended": "延期",
    "viewed": "查看",
}


@dataclass(frozen=True, slots=True)
class History:
    """All that was noted about one application: its journal, and who was shown it."""

    entries: Sequence[Entry]
    viewings: Sequence[Viewing]

    def in_order(self) -> list[Entry | Viewing]:
        """Oldest first."""
        both: list[Entry | Viewing] = [*self.entries, *self.viewings]
        return sorted(both, key=lambda one: one.at)


def applications_head() -> str:
    """The beginning of a CSV file."""
    return BOM + row(APPLICATION_TITLES)


def journal_head() -> str:
    """The same of a journal's."""
    return BOM + row(JOURNAL_TITLES)


def application_cells(application: Application, roster: RosterEntry | None, exam: Exam, identity: bool) -> list[object]:
    """An application's line; masked unless `identity`."""
    area, site = exam.area(application.area), exam.site(application.area, application.site)
    id_number, phone = _identity(application, roster, identity)
    decision = application.decision
    return [
        Verbatim(application.registration_no),
        application.name,
        Verbatim(id_number),
        Verbatim(phone),
        application.address,
        Verbatim(application.area),
        area.name.zh if area else "",
        Verbatim(application.site),
        site.name.zh if site else "",
        application.status.value,
        STATUS_WORDS[application.status],
        application.round,
        len(application.snapshot()),
        _clock(application.submitted_at, exam),
        _clock(decision.at if decision else None, exam),
        decision.by if decision else "",
        Verbatim(application.serial_number),
        _reasons(decision.slots, exam) if decision else "",
        decision.note if decision else "",
        _clock(application.extension, exam),
    ]


def application_object(
    application: Application, roster: RosterEntry | None, exam: Exam, identity: bool
) -> dict[str, Any]:
    """The same as JSON, with its slots."""
    id_number, phone = _identity(application, roster, identity)
    return {
        "registration_no": application.registration_no,
        "name": application.name,
        "id_number": id_number,
        "phone": phone,
        "address": application.address,
        "area": application.area,
        "site": application.site,
        "status": application.status.value,
        "round": application.round,
        "submitted_at": _local(application.submitted_at, exam),
        "serial_number": application.serial_number or None,
        "extension": _local(application.extension, exam),
        "decision": _decision(application.decision, exam),
        "slots": {slot: _slot(held, exam) for slot, held in sorted(application.slots.items())},
    }


def history_cells(place: tuple[str, str, str], one: Entry | Viewing, exam: Exam) -> list[object]:
    """The line of a journal entry or of a look; `place` is registration number, area and site."""
    registration_no, area, site = place
    kind, text, images = _told(one, exam)
    return [
        Verbatim(registration_no),
        Verbatim(area),
        Verbatim(site),
        _clock(one.at, exam),
        kind,
        KIND_WORDS.get(kind, kind),
        one.round,
        one.by,
        text,
        images,
    ]


def history_object(place: tuple[str, str, str], one: Entry | Viewing, exam: Exam) -> dict[str, Any]:
    """The same as JSON, with everything that the entry holds."""
    registration_no, area, site = place
    known: dict[str, Any] = {
        "registration_no": registration_no,
        "area": area,
        "site": site,
        "at": _local(one.at, exam),
        "round": one.round,
        "by": one.by,
    }
    if isinstance(one, Viewing):
        return known | {"kind": "viewed", "what": one.what}
    return known | {
        "kind": one.kind,
        "messages": [{"slot": m.slot or None, "zh": m.text.zh, "en": m.text.en} for m in one.messages],
        "images": {slot: _image(image, exam) for slot, image in sorted(one.images.items())},
        "decision": _decision(one.decision, exam),
    }


def _told(one: Entry | Viewing, exam: Exam) -> tuple[str, str, str]:
    """Kind, text and images of a line."""
    if isinstance(one, Viewing):
        return "viewed", one.what, ""
    text = "; ".join(m.text.zh for m in one.messages)
    if one.decision and one.decision.slots:
        text = f"{_reasons(one.decision.slots, exam)}; {one.decision.note}".rstrip("; ")
    return one.kind, text, "; ".join(f"{slot}={image.sha256}" for slot, image in sorted(one.images.items()))


def _identity(application: Application, roster: RosterEntry | None, identity: bool) -> tuple[str, str]:
    """Id number and phone; the phone is the candidate's own if there is one."""
    id_number = roster.id_number if roster else ""
    phone = application.phone or (roster.phone if roster else "")
    return (id_number, phone) if identity else (masked(id_number, 6, 2), masked(phone, 3, 4))


def _reasons(slots: Mapping[str, SlotReview], exam: Exam) -> str:
    def said(slot: str, review: SlotReview) -> str:
        reason = exam.reason(review.code)
        words = review.note or (reason.text.zh if reason else "")
        return f"{slot} {review.code} {words}".strip()

    return "; ".join(said(slot, review) for slot, review in sorted(slots.items()))


def _decision(decision: Decision | None, exam: Exam) -> dict[str, Any] | None:
    if decision is None:
        return None
    slots = sorted(decision.slots.items())
    return {
        "round": decision.round,
        "outcome": decision.outcome.value,
        "by": decision.by,
        "at": _local(decision.at, exam),
        "note": decision.note,
        "slots": {slot: {"code": one.code, "note": one.note, "region": one.region} for slot, one in slots},
    }


def _slot(held: Slot, exam: Exam) -> dict[str, Any]:
    if isinstance(held, Ready):
        return {"state": "ready", **_image(held, exam)}
    return {"state": type(held).__name__.lower()}


def _image(image: Ready, exam: Exam) -> dict[str, Any]:
    return {
        "sha256": image.sha256,
        "width": image.width,
        "height": image.height,
        "uploaded_at": _local(began_at(image.upload_id), exam),
        "warnings": list(image.warnings),
    }


def _local(time: datetime | None, exam: Exam) -> datetime | None:
    return time.astimezone(exam.zone) if time else None


def _clock(time: datetime | None, exam: Exam) -> str:
    """As spreadsheets understand it."""
    return f"{time.astimezone(exam.zone):%Y-%m-%d %H:%M:%S}" if time else ""


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Lines of CSV."""
    return "".join(row(one) for one in rows)
