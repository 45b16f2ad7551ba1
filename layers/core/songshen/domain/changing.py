"""What a change of an exam's document affects, and what stands against it while candidates are at work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum

from songshen.domain.application import Application, Ready, Status
from songshen.domain.exam import NOTICE, Area, Category, Demand, Exam, Extension, Text
from songshen.domain.reading import Note, joined
from songshen.domain.saying import end_said

SHOWN = 60
"""Characters of a value that a note quotes."""

type Counts = Mapping[str, Mapping[str, int]]
"""Site → status → how many applications."""


@dataclass(frozen=True, slots=True)
class Use:
    """What applications hold that a change would take away; `complete` once all of them have been looked through."""

    slots: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """`(area, slot)` → how many hold an image there."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Code → how many are returned for it."""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Removed:
    """What the applications must be looked through for before it goes."""

    slots: Mapping[str, frozenset[str]]
    """Area → the slots it asks for no longer; only areas in which uploading has begun."""
    reasons: frozenset[str]

    def __bool__(self) -> bool:
        return any(self.slots.values()) or bool(self.reasons)

    def used_by(self, applications: Iterable[Application], complete: bool) -> Use:
        """What of it these applications use."""
        slots: dict[tuple[str, str], int] = {}
        reasons: dict[str, int] = {}
        for one in applications:
            held = {slot for slot, image in one.slots.items() if isinstance(image, Ready)}
            for slot in held & self.slots.get(one.area, frozenset()):
                slots[one.area, slot] = slots.get((one.area, slot), 0) + 1
            judged = one.decision.slots.values() if one.status is Status.RETURNED and one.decision else ()
            for code in {review.code for review in judged} & self.reasons:
                reasons[code] = reasons.get(code, 0) + 1
        return Use(slots, reasons, complete)


def removed(before: Exam, after: Exam, now: datetime) -> Removed:
    """What the change takes away. Before an area's uploading has begun, nobody can hold anything there."""
    slots = {
        area.id: frozenset(_slots_in(before, area.id)) - frozenset(_slots_in(after, area.id))
        for area in before.areas
        if _opening(before, area) <= now and after.area(area.id)
    }
    return Removed(slots, frozenset(r.code for r in before.reasons) - frozenset(r.code for r in after.reasons))


def _slots_in(exam: Exam, area: str) -> Iterator[str]:
    return (place.id for category in exam.asked_in(area) for place in category.slots)


def _opening(exam: Exam, area: Area) -> datetime:
    return (area.upload or exam.windows.upload).opens


# ---- what stands against it ----


def refusals(before: Exam, after: Exam, now: datetime, counts: Counts, use: Use) -> list[Note]:
    """Why the change cannot be made while there are these applications; empty if it can."""
    # What several areas share is said once.
    found = list(dict.fromkeys(_refusals(before, after, now, counts)))
    for (area, slot), number in sorted(use.slots.items()):
        name = _name_of(before.area(area), area)
        found.append(
            _note(
                "categories",
                "slot_in_use",
                f"{name.zh}有 {number} 份材料在图位“{slot}”中有图片，不能去掉。可以把该类别改为非必传。",
                f"{name.en}: {number} applications hold an image in “{slot}”, so it must stay. "
                "You can make its category optional.",
            )
        )
    for code, number in sorted(use.reasons.items()):
        found.append(
            _note(
                "reasons",
                "reason_in_use",
                f"有 {number} 份材料正因“{code}”被退回，该原因要保留到它们重新提交。",
                f"{number} applications are returned for “{code}” now. Keep it until they are submitted again.",
            )
        )
    if not use.complete and not found:
        found.append(
            _note(
                "",
                "too_many_to_check",
                "报名材料太多，无法确认要去掉的图位或原因没有被使用。请保留它们：类别可以改为非必传。",
                "There are too many applications to make sure that nobody uses the slots or reasons to be removed. "
                "Keep them; a category can be made optional.",
            )
        )
    return found


def _refusals(before: Exam, after: Exam, now: datetime, counts: Counts) -> Iterator[Note]:
    if after.id != before.id:
        yield _note(
            "id", "other_exam", f"考试编号不能更改，应为“{before.id}”。", f"An exam keeps its id, “{before.id}”."
        )
    left = {(area.id, site.id) for area in after.areas for site in area.sites}
    for area in before.areas:
        for site in area.sites:
            number = sum(counts.get(site.id, {}).values())
            if number and (area.id, site.id) not in left:
                yield _note(
                    "areas",
                    "site_in_use",
                    f"{site.name.zh}（{site.id}）有 {number} 份报名材料，不能删除，也不能移到其他考区。",
                    f"{site.name.en} ({site.id}) has {number} applications: it cannot be removed, nor moved to "
                    "another area.",
                )
    for n, area in enumerate(after.areas):
        was = before.area(area.id)
        if was:
            yield from _times(before, after, was, area, n, now, any_of(was, counts))
    name = "windows.correction.closes"
    yield from _too_soon(name, before.windows.correction.closes, after.windows.correction.closes, now)


def _times(before: Exam, after: Exam, was: Area, area: Area, n: int, now: datetime, used: bool) -> Iterator[Note]:
    path = f"areas[{n}].upload" if area.upload else "windows.upload"
    opened = _opening(before, was)
    if used and opened <= now < _opening(after, area):
        yield _note(
            f"{path}.opens",
            "already_open",
            f"{area.name.zh}的上传已经开始，开始时间不能再推迟。需要暂停时，请修改结束时间。",
            f"{area.name.en}: uploading has begun, so its beginning cannot be put off. To pause it, change its end.",
        )
    yield from _too_soon(f"{path}.closes", _upload_end(before, was), _upload_end(after, area), now)


def _upload_end(exam: Exam, area: Area) -> datetime:
    end = (area.upload or exam.windows.upload).closes
    return max(end, area.extension.until) if area.extension else end


def _too_soon(path: str, was: datetime, end: datetime, now: datetime) -> Iterator[Note]:
    if end < was and was > now and end < now + NOTICE:
        yield _note(
            path,
            "too_soon",
            "结束时间至少要在一分钟之后，否则正在上传的考生来不及完成。",
            "An end must be at least a minute ahead: candidates are uploading at this moment.",
        )


def any_of(area: Area, counts: Counts) -> bool:
    """Whether the area has any application."""
    return any(sum(counts.get(site.id, {}).values()) for site in area.sites)


def extended(before: Exam, area: Area, until: datetime, reason: str, now: datetime) -> tuple[Exam, list[Note]]:
    """The exam in which this area has time until then, with the announcement that says so; and what stands against it.
    The same as `before` if the area has been given exactly that already."""
    n = before.areas.index(area)
    path = f"areas[{n}].extension.until"
    end = end_said(until, before.zone)
    announcement = Text(
        f"{area.name.zh}的截止时间延长至{end.zh}。原因：{reason}",
        f"{area.name.en}: you have time until {end.en}. Reason: {reason}",
    )
    given = replace(area, extension=Extension(until, announcement))
    after = replace(before, areas=(*before.areas[:n], given, *before.areas[n + 1 :]))
    if after == before:
        return before, []
    found = []
    if until < now + NOTICE:
        found.append(
            _note(
                path,
                "too_soon",
                "截止时间至少要在一分钟之后，请改为更晚的时间。",
                "A deadline must be at least a minute ahead. Choose a later time.",
            )
        )
    if until <= (present := _upload_end(before, area)):
        said = end_said(present, before.zone)
        found.append(
            _note(
                path,
                "not_later",
                f"延期只能延长：新的截止时间必须晚于现在的{said.zh}。",
                f"An extension only gives more time: it must be later than the present end, {said.en}.",
            )
        )
    return after, found


def announced(exam: Exam, area_id: str) -> Note:
    """What the candidates of an area that has more time read, in full; the other notes quote only its beginning."""
    for n, area in enumerate(exam.areas):
        if area.id == area_id and area.extension:
            said = area.extension.announcement
            return _note(f"areas[{n}].extension.announcement", "announcement", said.zh, said.en)
    raise LookupError(area_id)


# ---- what it affects ----


def effects(before: Exam, after: Exam, counts: Counts, now: datetime) -> list[Note]:
    """Everything that the change makes different, with how many applications feel it."""
    found = [_said(one, after) for one in _differences("", before, after)]
    found += _demands(before, after, counts)
    found += _ends(before, after, counts)
    if (end := after.records_end) != before.records_end:
        found.append(_end_of_records(end, after, now))
    return found


def _end_of_records(end: datetime, exam: Exam, now: datetime) -> Note:
    said = end_said(end, exam.zone)
    zh = f"{said.zh}起" if end > now else "保存后的几分钟内开始"
    en = f"from {said.en} on" if end > now else "within minutes of saving"
    return _note(
        "records_days",
        "records_end",
        f"所有考生的报名材料、流水、名单和账号{zh}自动删除，不能恢复，请先导出。",
        f"All candidates' applications, journals, roster entries and accounts are deleted {en}, for good: export what "
        "you need first.",
    )


def count(counts: Counts, areas: Iterable[Area], *statuses: Status) -> int:
    """How many applications of these areas are in one of the statuses."""
    sites = [site.id for area in areas for site in area.sites]
    return sum(counts.get(site, {}).get(status, 0) for site in sites for status in statuses)


def _demands(before: Exam, after: Exam, counts: Counts) -> Iterator[Note]:
    """By category: the areas in which it is asked for otherwise than before."""
    for n, category in enumerate(after.categories):
        was = before.category(category.id)
        changed: dict[Demand, list[Area]] = {}
        for area in after.areas:
            demand = _demand(category, area.id)
            if before.area(area.id) and demand is not (_demand(was, area.id) if was else Demand.OFF):
                changed.setdefault(demand, []).append(area)
        for demand, areas in changed.items():
            open_ = count(counts, areas, Status.DRAFT, Status.RETURNED)
            done = count(counts, areas, Status.SUBMITTED, Status.APPROVED)
            where = _places(areas, after)
            zh, en = _DEMANDS[demand]
            yield _note(
                f"categories[{n}]",
                f"now_{demand}",
                f"{where.zh}：“{category.title.zh}”{zh}。影响 {open_} 份未提交或已退回的材料；已提交的 {done} 份不变。",
                f"{where.en}: “{category.title.en}” {en}. It concerns {open_} applications that are not submitted, or "
                f"returned; {done} that are submitted or approved stay as they are.",
            )


_DEMANDS = {
    Demand.REQUIRED: ("变为必传", "becomes required"),
    Demand.OPTIONAL: ("变为非必传", "becomes optional"),
    Demand.OFF: ("不再需要", "is asked for no longer"),
}


def _demand(category: Category, area: str) -> Demand:
    asked = category.in_area(area)
    if asked is None:
        return Demand.OFF
    return Demand.REQUIRED if asked.required else Demand.OPTIONAL


def _places(areas: Sequence[Area], exam: Exam) -> Text:
    if 1 < len(areas) == len(exam.areas):
        return Text("所有考区", "Every area")
    return Text("、".join(area.name.zh for area in areas), ", ".join(area.name.en for area in areas))


def _ends(before: Exam, after: Exam, counts: Counts) -> Iterator[Note]:
    """Who has more or less time."""
    for longer, zh, en in ((True, "延长", "more"), (False, "缩短", "less")):
        areas = [
            area
            for area in after.areas
            if (was := before.area(area.id))
            and _upload_end(after, area) != _upload_end(before, was)
            and (_upload_end(after, area) > _upload_end(before, was)) is longer
        ]
        if areas:
            number, where = count(counts, areas, Status.DRAFT), _places(areas, after)
            yield _note(
                "windows.upload.closes",
                "upload_time",
                f"{where.zh}：{number} 份未提交材料的上传时间{zh}。",
                f"{where.en}: {number} applications that are not submitted have {en} time.",
            )
        was_end, end = before.windows.correction.closes, after.windows.correction.closes
        if end != was_end and (end > was_end) is longer:
            number = count(counts, after.areas, Status.RETURNED)
            yield _note(
                "windows.correction.closes",
                "correction_time",
                f"{number} 份已退回材料的补正时间{zh}；每次退回后仍至少有 {after.min_correction_hours} 小时。",
                f"{number} applications that are returned have {en} time; {after.min_correction_hours} hours after "
                "the return remain in any case.",
            )


@dataclass(frozen=True, slots=True)
class _Difference:
    path: str
    before: object
    after: object
    """None of either: it was not there, or is not there any more."""


def _differences(path: str, before: object, after: object) -> Iterator[_Difference]:
    """What differs, down to single values; things with ids are compared with those of the same id."""
    if before == after or path.rpartition(".")[2] in ("required", "by_area"):
        return  # what areas ask for is said by category
    if is_dataclass(before) and type(before) is type(after):
        for one in fields(before):
            yield from _differences(joined(path, one.name), getattr(before, one.name), getattr(after, one.name))
    elif isinstance(before, tuple) and isinstance(after, tuple) and all(map(_id_of, before + after)):
        was = {_id_of(one): one for one in before}
        ids = [_id_of(one) for one in after]
        for id, one in was.items():
            if id not in ids:
                yield _Difference(path, one, None)
        for n, one in enumerate(after):
            if ids[n] in was:
                yield from _differences(f"{path}[{n}]", was[ids[n]], one)
            else:
                yield _Difference(f"{path}[{n}]", None, one)
        if [id for id in was if id in ids] != [id for id in ids if id in was]:
            yield _Difference(path, tuple(was), tuple(ids))
    else:
        yield _Difference(path, before, after)


def _id_of(thing: object) -> str:
    return str(getattr(thing, "id", "") or getattr(thing, "code", ""))


def _said(one: _Difference, exam: Exam) -> Note:
    was, now = _value(one.before, exam), _value(one.after, exam)
    if one.before is None:
        return _note(one.path, "added", f"新增{_last(now.zh)}。", f"Added: {now.en}.")
    if one.after is None:
        return _note(one.path, "removed", f"去掉{_last(was.zh)}。", f"Removed: {was.en}.")
    return _note(one.path, "changed", f"由{was.zh}改为{_last(now.zh)}。", f"From {was.en} to {now.en}.")


def _last(text: str) -> str:
    """Before a full stop there is no space."""
    return text.rstrip()


def _value(value: object, exam: Exam) -> Text:
    match value:
        case datetime():
            local = f"{value.astimezone(exam.zone):%Y-%m-%d %H:%M:%S}"
            return Text(f" {local} ", local)
        case Text():
            return Text(f"“{_short(value.zh)}”", f"“{_short(value.en)}”")
        case StrEnum() | str():
            return Text(f"“{_short(value)}”", f"“{_short(value)}”")
        case tuple():
            listed = _short(", ".join(str(_id_of(one) or one) for one in value))
            return Text(f"“{listed}”", f"“{listed}”")
        case _ if _id_of(value):
            name = getattr(value, "name", None) or getattr(value, "title", None) or getattr(value, "text", None)
            if isinstance(name, Text):
                return Text(f"“{_short(name.zh)}”（{_id_of(value)}）", f"“{_short(name.en)}” ({_id_of(value)})")
            return Text(_id_of(value), _id_of(value))
        case _ if is_dataclass(value):
            parts = [_value(getattr(value, one.name), exam) for one in fields(value)]
            return Text("，".join(part.zh.strip() for part in parts), ", ".join(part.en for part in parts))
        case _:
            return Text(f" {value} ", str(value))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _name_of(area: Area | None, id: str) -> Text:
    return area.name if area else Text(id, id)


def _note(path: str, code: str, zh: str, en: str) -> Note:
    return Note(path, code, Text(zh, en))
