"""How domain objects look as items of the table, and back.

Times are epoch milliseconds, hashes are bytes, what is empty is left out, and a slot is a list without names
(decision 28): every started kilobyte of an application's item costs a write unit at every write.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from songshen.domain.application import (
    STATUS_AFTER,
    Application,
    Claim,
    Decision,
    Outcome,
    Ready,
    Rejected,
    Reserved,
    Slot,
    SlotReview,
    Status,
)
from songshen.domain.exam import Text
from songshen.domain.journal import Entry, Message

if TYPE_CHECKING:
    from songshen.domain.spotcheck import SpotCheck

type Item = dict[str, Any]
"""An item as the service takes it: attribute → `{"S": …}`."""

_DECISIONS = {status.value for status in STATUS_AFTER.values()}
_IMAGE = "image/"
SIGNED = "#"
"""Between the mark of a reminder and what tells the write that noted it."""
_SLOTS: dict[str, type[Reserved] | type[Ready] | type[Rejected]] = {
    "reserved": Reserved,
    "ready": Ready,
    "rejected": Rejected,
}
# What the lists hold, in this order: written down, it cannot move with a field of the domain. A new column comes last.
COLUMNS: dict[type, tuple[str, ...]] = {
    Reserved: ("upload_id", "content_type", "size", "sha256", "expires"),
    Ready: ("upload_id", "sha256", "width", "height", "warnings"),
    Rejected: ("upload_id", "problem", "zh", "en"),
    SlotReview: ("code", "upload_id", "note", "region"),
}


def marshal(values: Mapping[str, Any]) -> Item:
    """Python values as attribute values; what is None is left out. TypeError for what the table cannot hold."""
    return {name: _attribute(value) for name, value in values.items() if value is not None}


def unmarshal(item: Mapping[str, Any]) -> dict[str, Any]:
    """Attribute values as Python values, numbers as int or float."""
    return {name: _value(attribute) for name, attribute in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [_attribute(each) for each in value]}
        case dict():
            return {"M": {name: _attribute(each) for name, each in value.items()}}
        case set() | frozenset() if value and all(isinstance(each, str) for each in value):
            return {"SS": sorted(value)}
    raise TypeError(f"no attribute holds a {type(value).__name__}")


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, held),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(held)
        case "L":
            return [_value(each) for each in held]
        case "M":
            return {name: _value(each) for name, each in held.items()}
        case "SS":
            return set(held)
    return held


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        value = float(text)
        return int(value) if value.is_integer() else value


def millis(time: datetime) -> int:
    """Epoch milliseconds."""
    return round(time.timestamp() * 1000)


def instant(time: int | str) -> datetime:
    """The time of epoch milliseconds, in UTC."""
    return datetime.fromtimestamp(int(time) / 1000, UTC)


def sortable(time: datetime) -> str:
    """A time as text that sorts as the times do: UTC, milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _packed(name: str, value: Any) -> Any:
    match value:
        case datetime():
            return millis(value)
        case str() if name == "sha256":
            return bytes.fromhex(value)
        case str() if name == "content_type":
            return value.removeprefix(_IMAGE)
    return value


def _unpacked(name: str, value: Any) -> Any:
    match value:
        case int() if name == "expires":
            return instant(value)
        case bytes() if name == "sha256":
            return value.hex()
        case str() if name == "content_type":
            return _IMAGE + value
        case list():
            return tuple(value)
    return value


def _pack_row(thing: Any) -> list[Any]:
    """A flat dataclass as a list, its values in the order of its `COLUMNS`, without what is empty at the end."""
    row = [_packed(name, getattr(thing, name)) for name in COLUMNS[type(thing)]]
    while row and row[-1] in (None, "", ()):
        row.pop()
    return row


def _unpack_row[T](cls: type[T], row: Sequence[Any]) -> T:
    # What is left out at the end, and what is None, is as the class has it by default.
    named = zip(COLUMNS[cls], row, strict=False)
    return cls(**{name: _unpacked(name, value) for name, value in named if value is not None})


def pack_slot(slot: Slot) -> list[Any]:
    """A slot's state, and what its columns say."""
    return [type(slot).__name__.lower(), *_pack_row(slot)]


def unpack_slot(packed: Sequence[Any]) -> Slot:
    """The slot that such a list stands for."""
    state, *row = packed
    return _unpack_row(_SLOTS[state], row)


def pack_quota(day: str, count: int) -> list[Any] | None:
    """How much of which day's quota is used; None before the first reservation."""
    return [day, count] if day else None


def pack_claim(claim: Claim) -> dict[str, Any]:
    """A lease's map."""
    return {"by": claim.by, "expires": millis(claim.expires)}


def claim_keys(application: Application, claim: Claim | None) -> dict[str, str | None]:
    """The keys of the index `claims`."""
    return {
        "claims_pk": f"{application.exam}#{claim.by}" if claim else None,
        "claims_until": sortable(claim.expires) if claim else None,
    }


def unpack_claim(packed: Mapping[str, Any] | None) -> Claim | None:
    """The lease, if there is one."""
    return Claim(packed["by"], instant(packed["expires"])) if packed else None


def pack_decision(decision: Decision) -> dict[str, Any]:
    """A decision's map; without `slots` when it names none."""
    slots = {slot: _pack_row(review) for slot, review in decision.slots.items()}
    packed = {
        "round": decision.round,
        "outcome": decision.outcome.value,
        "by": decision.by,
        "at": millis(decision.at),
        "note": decision.note,
        "slots": slots,
        "withdrawn": decision.withdrawn,
    }
    return {name: value for name, value in packed.items() if value not in ("", {})}


def unpack_decision(packed: Mapping[str, Any] | None) -> Decision | None:
    """The decision, if there is one."""
    if not packed:
        return None
    slots = {slot: _unpack_row(SlotReview, review) for slot, review in packed.get("slots", {}).items()}
    return Decision(
        packed["round"],
        Outcome(packed["outcome"]),
        packed["by"],
        instant(packed["at"]),
        packed.get("note", ""),
        slots,
        packed.get("withdrawn", ""),
    )


def status_keys(application: Application) -> dict[str, str]:
    """The application's place in the index by site and status, in the order of waiting."""
    since = sortable(application.since) if application.since else "-"
    return {
        "by_status_pk": f"{application.exam}#{application.site}#{application.status.value}",
        "by_status_sk": f"{since}#{application.registration_no}",
    }


def application_from(item: Mapping[str, Any]) -> Application:
    """The application an item stands for."""
    values = unmarshal(item)
    _, exam, registration_no = values["pk"].split("#")
    due = values.get("pending_due")
    quota_day, quota_count = values.get("quota", ("", 0))
    return Application(
        exam=exam,
        registration_no=registration_no,
        name=values["name"],
        area=values["area"],
        site=values["site"],
        status=Status(values["status"]),
        round=values["round"],
        attempt=values["attempt"],
        version=values["version"],
        phone=values.get("phone", ""),
        address=values.get("address", ""),
        slots={slot: unpack_slot(held) for slot, held in values["slots"].items()},
        claim=unpack_claim(values.get("claim")),
        task_token=values.get("task_token", ""),
        submitted_at=instant(values["submitted_at"]) if "submitted_at" in values else None,
        decision=unpack_decision(values.get("decision")),
        serial_number=values.get("serial_number", ""),
        notice_code=values.get("notice_code", ""),
        extension=instant(values["extension"]) if "extension" in values else None,
        quota_day=quota_day,
        quota_count=quota_count,
        obligation_due=datetime.fromisoformat(due) if due else None,
        reminded=values.get("reminded", "").partition(SIGNED)[0],
    )


def draft_item(application: Application) -> Item:
    """The item of an application as the roster import creates it: a draft with nothing in it."""
    return marshal(
        {
            "pk": f"APPLICATION#{application.exam}#{application.registration_no}",
            "sk": "APPLICATION",
            "name": application.name,
            "area": application.area,
            "site": application.site,
            "status": application.status.value,
            "round": 0,
            "attempt": 0,
            "version": 0,
            "slots": {},
            **status_keys(application),
        }
    )


def pack_entry(entry: Entry) -> dict[str, Any]:
    """A journal entry's attributes, without its key."""
    messages = [{"zh": m.text.zh, "en": m.text.en, **({"slot": m.slot} if m.slot else {})} for m in entry.messages]
    return {
        "kind": entry.kind,
        "at": millis(entry.at),
        "by": entry.by,
        "round": entry.round,
        "audience": "candidate" if messages else None,
        "messages": messages or None,
        "images": {slot: _pack_row(image) for slot, image in entry.images.items()} or None,
        "decision": pack_decision(entry.decision) if entry.decision else None,
    }


def decision_keys(application: Application, entry: Entry) -> dict[str, Any]:
    """A decision's place in the index of decisions, in the order of time, and what is told there beside it; {} for
    other entries. `application` as it is afterwards."""
    if entry.kind not in _DECISIONS or application.submitted_at is None:
        return {}
    return {
        "by_decision_pk": f"{application.exam}#{application.area}",
        "by_decision_sk": f"{sortable(entry.at)}#{application.registration_no}",
        "site": application.site,
        "submitted_at": millis(application.submitted_at),
    }


def entry_from(item: Mapping[str, Any]) -> Entry:
    """The journal entry an item stands for."""
    values = unmarshal(item)
    return Entry(
        kind=values["kind"],
        at=instant(values["at"]),
        by=values["by"],
        round=values["round"],
        messages=tuple(Message(Text(m["zh"], m["en"]), m.get("slot", "")) for m in values.get("messages", [])),
        images={s: _unpack_row(Ready, image) for s, image in values.get("images", {}).items()},
        decision=unpack_decision(values.get("decision")),
    )


def check_key(check: "SpotCheck") -> Item:
    """A spot check's key: in its area's partition, by whether it waits for its second decision."""
    state = "DONE" if check.second else "OPEN"
    return marshal({"pk": f"CHECKS#{check.exam}#{check.area}", "sk": f"{state}#{check.registration_no}#{check.round}"})


def check_item(check: "SpotCheck") -> Item:
    """A spot check's item."""
    return check_key(check) | marshal(
        {
            "exam": check.exam,
            "area": check.area,
            "site": check.site,
            "registration_no": check.registration_no,
            "round": check.round,
            "first": pack_decision(check.first),
            "second": pack_decision(check.second) if check.second else None,
            "claim": pack_claim(check.claim) if check.claim else None,
        }
    )
