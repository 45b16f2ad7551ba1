"""Reads a document from outside into a configuration's dataclasses, and finds everything that is wrong with its form.

What is missing or of another type is replaced by something empty, so that the rest can be read and judged all the same.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from songshen.domain.exam import Text

UNREADABLE = datetime.max.replace(tzinfo=UTC)
"""Stands for a time that could not be read."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of a place in a document: `categories[2].slots[0].id`, "" for all of it."""

    path: str
    code: str
    text: Text


NAMES: dict[type, tuple[str, str]] = {
    str: ("用引号括起来的文字", "text in quotes"),
    int: ("整数", "a whole number"),
    float: ("数字", "a number"),
    bool: ("true 或 false", "true or false"),
    datetime: (
        "带时区的时间，例如 2026-03-12T18:00:00+08:00",
        "a time with its offset, like 2026-03-12T18:00:00+08:00",
    ),
    tuple: ("用方括号括起来的列表", "a list in square brackets"),
    dict: ("用花括号括起来的对象", "an object in braces"),
}


def read[T](shape: type[T], raw: object) -> tuple[T, list[Note]]:
    """The document as `shape`, and what is wrong with its form."""
    reader = _Reader()
    return reader.value(shape, raw, ""), reader.notes


class _Reader:
    def __init__(self) -> None:
        self.notes: list[Note] = []

    def value(self, shape: Any, raw: object, path: str) -> Any:
        """The value at this path, or something empty of the same shape, noting what is wrong."""
        if isinstance(shape, types.UnionType):
            [shape] = (one for one in get_args(shape) if one is not types.NoneType)
            return None if raw is None else self.value(shape, raw, path)
        if get_origin(shape) is tuple:
            return tuple(
                self.value(get_args(shape)[0], one, f"{path}[{n}]") for n, one in enumerate(self._list(raw, path))
            )
        if get_origin(shape) is Mapping:
            return {
                name: self.value(get_args(shape)[1], one, joined(path, name))
                for name, one in (self._object(raw, path) or {}).items()
            }
        if is_dataclass(shape):
            given = self._object(raw, path)
            return _empty(shape) if given is None else self._dataclass(shape, given, path)
        if issubclass(shape, StrEnum):
            return self._choice(shape, raw, path)
        return self._leaf(shape, raw, path)

    def _dataclass(self, shape: Any, raw: Mapping[str, object], path: str) -> Any:
        hints, known = get_type_hints(shape), {field.name: field for field in fields(shape)}
        for name in raw:
            if name not in known:
                self._unknown(joined(path, name), name, known)
        values = {}
        for name, field in known.items():
            if name in raw:
                values[name] = self.value(hints[name], raw[name], joined(path, name))
            elif _is_needed(field):
                self.note(joined(path, name), "missing", f"缺少“{name}”，请补上。", f"“{name}” is missing: add it.")
                values[name] = _empty(hints[name])
        return shape(**values)

    def _unknown(self, path: str, name: str, known: Iterable[str]) -> None:
        meant = get_close_matches(name, list(known), 1)
        zh, en = (f"是否应为“{meant[0]}”？", f"Did you mean “{meant[0]}”?") if meant else ("请删除。", "Remove it.")
        self.note(path, "unknown_field", f"没有“{name}”这一项，{zh}", f"There is no “{name}” here. {en}")

    def _choice(self, shape: type[StrEnum], raw: object, path: str) -> StrEnum:
        allowed = [one.value for one in shape]
        if isinstance(raw, str) and raw in allowed:
            return shape(raw)
        self.note(path, "unknown_value", f"只能是 {'、'.join(allowed)} 之一。", f"Must be one of {', '.join(allowed)}.")
        return next(iter(shape))

    def _leaf(self, shape: type, raw: object, path: str) -> Any:
        read = _LEAVES[shape](raw)
        if read is None:
            self._wrong(shape, path)
            return _empty(shape)
        return read

    def _list(self, raw: object, path: str) -> list[object]:
        if isinstance(raw, list | tuple):
            return list(raw)
        self._wrong(tuple, path)
        return []

    def _object(self, raw: object, path: str) -> Mapping[str, object] | None:
        if isinstance(raw, Mapping):
            return {str(name): value for name, value in raw.items()}
        self._wrong(dict, path)
        return None

    def _wrong(self, shape: type, path: str) -> None:
        zh, en = NAMES[shape]
        self.note(path, "wrong_type", f"应为{zh}。", f"Must be {en}.")

    def note(self, path: str, code: str, zh: str, en: str) -> None:
        self.notes.append(Note(path, code, Text(zh, en)))


def joined(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _empty(shape: Any) -> Any:
    """Something of this shape that says nothing."""
    if isinstance(shape, types.UnionType):
        return None
    if get_origin(shape) is tuple:
        return ()
    if get_origin(shape) is Mapping:
        return {}
    if is_dataclass(shape):
        hints = get_type_hints(shape)
        make: Any = shape
        return make(**{field.name: _empty(hints[field.name]) for field in fields(shape) if _is_needed(field)})
    return UNREADABLE if shape is datetime else shape()


def _number(raw: object) -> float | None:
    return float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None


def _time(raw: object) -> datetime | None:
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            return None
    # Beyond these years there is no room to calculate in.
    return raw if isinstance(raw, datetime) and raw.tzinfo is not None and 2000 <= raw.year < 2200 else None


_LEAVES: dict[type, Callable[[object], Any]] = {
    str: lambda raw: raw if isinstance(raw, str) else None,
    bool: lambda raw: raw if isinstance(raw, bool) else None,
    int: lambda raw: raw if isinstance(raw, int) and not isinstance(raw, bool) else None,
    float: _number,
    datetime: _time,
}
