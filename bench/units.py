"""What DynamoDB counts: sizes of items, and the read and write units of a call, from its documented rules.

The emulator's own figures ignore sizes, so these are computed from the items before and after each call. Sources:
docs.aws.amazon.com/amazondynamodb/latest/developerguide/ CapacityUnitCalculations.html (sizes of attributes),
read-write-operations.html (units), GSI.html#GSI.ThroughputConsiderations.Writes (index writes: one for a new or removed
entry, one for a changed one, two where its key changes), transaction-apis.html (twice the units of the table's writes).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

type Item = Mapping[str, Any]

KB = 1024


def size(item: Item) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(attribute: Mapping[str, Any]) -> int:
    """Bytes of one attribute value."""
    ((kind, held),) = attribute.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return number_size(held)
        case "B":
            return len(held)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(each.encode()) for each in held)
        case "L":
            return 3 + sum(1 + value_size(each) for each in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(each) for name, each in held.items())
    raise TypeError(f"no rule for {kind}")


def number_size(text: str) -> int:
    """About a byte for two significant digits, and one more; one for a sign."""
    digits = text.lstrip("-").replace(".", "").strip("0") or "0"
    return math.ceil(len(digits) / 2) + 1 + text.startswith("-")


@dataclass(frozen=True)
class Index:
    """A global secondary index: its keys and what it holds besides the table's (None: everything)."""

    name: str
    keys: tuple[str, ...]
    projected: tuple[str, ...] | None = ()

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Index":
        """As the template or DescribeTable gives it."""
        projection = described["Projection"]
        kind = projection["ProjectionType"]
        projected = None if kind == "ALL" else tuple(projection.get("NonKeyAttributes", ()))
        return cls(described["IndexName"], tuple(key["AttributeName"] for key in described["KeySchema"]), projected)

    def entry(self, item: Item | None, table_keys: Iterable[str] = ("pk", "sk")) -> Item | None:
        """What the index holds of an item; None if the item is not in it."""
        if not item or not all(key in item for key in self.keys):
            return None
        if self.projected is None:
            return item
        wanted = {*table_keys, *self.keys, *self.projected}
        return {name: value for name, value in item.items() if name in wanted}

    def writes(self, before: Item | None, after: Item | None) -> int:
        """Write units of a change of the item."""
        was, is_ = self.entry(before), self.entry(after)
        if was == is_:
            return 0
        if was is None or is_ is None:
            return _write_units(size(was or is_ or {}))
        if any(was[key] != is_[key] for key in self.keys):
            return _write_units(size(was)) + _write_units(size(is_))
        return _write_units(max(size(was), size(is_)))


@dataclass(frozen=True)
class Writes:
    """Write units of the table, and by index."""

    table: int
    indexes: Mapping[str, int]

    @property
    def all(self) -> int:
        return self.table + sum(self.indexes.values())


def writes(before: Item | None, after: Item | None, indexes: Iterable[Index], transaction: bool = False) -> Writes:
    """Write units of putting, updating or deleting an item: the larger of before and after counts."""
    units = _write_units(max(size(before or {}), size(after or {})))
    return Writes(
        units * (2 if transaction else 1),
        {index.name: used for index in indexes if (used := index.writes(before, after))},
    )


def reads(sizes: Iterable[int], consistent: bool) -> float:
    """Read units of one call that reads items of these sizes: a query's are added up before they are rounded."""
    units = max(1, math.ceil(sum(sizes) / (4 * KB)))
    return float(units) if consistent else units / 2


def _write_units(size: int) -> int:
    return max(1, math.ceil(size / KB))
