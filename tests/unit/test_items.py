"""What the table holds, in the words of its service."""

import pytest
from boto3.dynamodb.types import TypeSerializer

from songshen.adapters.items import marshal, unmarshal

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
