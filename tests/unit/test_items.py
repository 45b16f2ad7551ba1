"""What the table holds, in the words of its service."""

from dataclasses import fields

import pytest
from boto3.dynamodb.types import TypeSerializer

from songshen.adapters.items import (
    COLUMNS,
    entry_from,
    marshal,
    millis,
    pack_decision,
    pack_entry,
    pack_quota,
    pack_slot,
    unmarshal,
    unpack_decision,
    unpack_slot,
)
from songshen.domain.application import Slot, SlotReview
from songshen.domain.journal import submission_entry
from tests.support.exams import NOON, SHA, decision, ready, rejected, reserved, submitted, upload_id

VALUES = {
    "text": "姓名",
    "empty": "",
    "yes": True,
    "no": False,
    "zero": 0,
    "negative": -7,
    "time": 1_790_000_000_123,
    "hash": b"\0\xff",
    "many": ["a", 1, [True, None], {}],
    "inside": {"nothing": None, "deep": {"at": 5}},
    "names": {"b", "a"},
}


def test_values_come_back_as_they_were() -> None:
    assert unmarshal(marshal(VALUES)) == VALUES
    assert unmarshal(marshal({"region": (0.25, 1, 0.5)})) == {"region": [0.25, 1, 0.5]}


def test_values_are_written_as_the_sdk_writes_them() -> None:
    written = {name: TypeSerializer().serialize(value) for name, value in VALUES.items()}
    written["names"]["SS"].sort()
    assert marshal(VALUES) == written


def test_what_is_none_is_left_out() -> None:
    assert marshal({"kept": 1, "left": None}) == {"kept": {"N": "1"}}


def test_whole_numbers_are_ints_however_they_are_written() -> None:
    read = unmarshal({"a": {"N": "2.0"}, "b": {"N": "1E+3"}, "c": {"N": "-0.5"}})
    assert [(value, type(value)) for value in read.values()] == [(2, int), (1000, int), (-0.5, float)]


@pytest.mark.parametrize("value", [object(), set(), {1, 2}])
def test_what_no_attribute_holds_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        marshal({"name": value})


@pytest.mark.parametrize(
    "slot",
    [
        reserved(),
        ready(),
        ready(warnings=("dark", "small")),
        rejected(),
        rejected(zh="", en=""),
    ],
)
def test_a_slot_comes_back_as_it_was(slot: Slot) -> None:
    assert unpack_slot(unmarshal(marshal({"slot": pack_slot(slot)}))["slot"]) == slot


def test_a_submission_s_images_come_back_as_they_were() -> None:
    entry = submission_entry(submitted(slots={"a-1": ready(), "a-2": ready(warnings=("dark",))}), NOON)
    assert entry_from(marshal(pack_entry(entry))) == entry


@pytest.mark.parametrize("kind", COLUMNS)
def test_what_a_list_holds_has_its_column(kind: type) -> None:
    """A new field of the domain needs a place in the table, at the end."""
    assert sorted(COLUMNS[kind]) == sorted(field.name for field in fields(kind))


def test_what_the_lists_hold_stays_where_it_is() -> None:
    """Who looks at the table by hand reads it with docs/architecture.md."""
    place = pack_slot(ready("u1", warnings=("dark",)))
    digest = bytes.fromhex(ready("u1").sha256)
    assert place == ["ready", upload_id("u1"), digest, 640, 480, ("dark",)]
    assert pack_slot(reserved("r1", NOON)) == ["reserved", "r1", "jpeg", 1000, bytes.fromhex(SHA), millis(NOON)]
    assert pack_slot(rejected("x1", zh="坏", en="bad")) == ["rejected", upload_id("x1"), "truncated", "坏", "bad"]
    entry = submission_entry(submitted(slots={"a-1": ready("u1", warnings=("dark",))}), NOON)
    assert pack_entry(entry)["images"] == {"a-1": place[1:]}
    said = decision(slots={"a-1": SlotReview("blurred", "模糊", (0, 0, 1, 0.5), upload_id("u1"))})
    assert pack_decision(said)["slots"] == {"a-1": ["blurred", upload_id("u1"), "模糊", (0, 0, 1, 0.5)]}
    assert pack_quota("2026-03-05", 7) == ["2026-03-05", 7]


def test_what_is_empty_in_a_list_comes_back_empty() -> None:
    reviews = {"a-1": SlotReview("blurred", region=(0, 0, 1, 0.5)), "a-2": SlotReview("blurred", "模糊")}
    said = decision(slots=reviews)
    assert unpack_decision(unmarshal(marshal({"decision": pack_decision(said)}))["decision"]) == said
