"""What DynamoDB counts, by its documented rules and examples."""

from typing import Any

import pytest

from bench.units import Index, Writes, number_size, reads, size, writes

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}  # 6 bytes
QUEUE = Index("queue", ("status",), ("name",))


def item(**values: str) -> dict[str, Any]:
    return {**KEY, **{name: {"S": value} for name, value in values.items()}}


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ({"S": "abc"}, 3),
        ({"S": "审"}, 3),
        ({"B": b"1234"}, 4),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"N": "27"}, 2),
        ({"N": "-27"}, 3),
        ({"N": "1790000000000"}, 3),
        ({"N": "1790000000001"}, 8),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}]}, 3 + 1 + 2),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
        ({"SS": ["ab", "c"]}, 3),
    ],
)
def test_sizes_of_values(attribute: dict[str, Any], expected: int) -> None:
    assert size({"": attribute}) == expected


def test_a_name_counts_with_its_value() -> None:
    assert size(KEY) == 6
    assert number_size("0") == 2


def test_a_write_counts_every_started_kilobyte_of_the_larger_item() -> None:
    small, large = item(text="x"), item(text="x" * 1100)
    assert writes(None, small, ()) == Writes(1, {})
    assert writes(small, large, ()).table == writes(large, small, ()).table == writes(large, None, ()).table == 2
    assert writes(item(text="x" * (1024 - 10)), None, ()).table == 1
    assert writes(item(text="x" * (1024 - 9)), None, ()).table == 2


def test_a_transaction_writes_twice_and_its_indexes_once() -> None:
    assert writes(None, item(status="draft"), [QUEUE], transaction=True) == Writes(2, {"queue": 1})


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (item(), item(more="x"), 0),  # in the index neither before nor after
        (None, item(status="draft"), 1),
        (item(status="draft"), item(), 1),
        (item(status="draft"), item(status="draft", more="x"), 0),  # nothing that it holds
        (item(status="draft"), item(status="draft", name="x"), 1),
        (item(status="draft"), item(status="submitted"), 2),  # another key: away and there
    ],
)
def test_index_writes(before: dict[str, Any] | None, after: dict[str, Any], units: int) -> None:
    assert writes(before, after, [QUEUE]).indexes.get("queue", 0) == units


def test_an_index_of_everything_changes_with_everything() -> None:
    whole = Index("whole", ("status",), None)
    assert writes(item(status="a"), item(status="a", more="x"), [whole]).indexes == {"whole": 1}


def test_reads() -> None:
    assert reads([], True) == 1
    assert reads([4096], True) == 1
    assert reads([4096], False) == 0.5
    assert reads([4000, 100], True) == 2, "a query's items are added up first"
    assert reads([100] * 30, False) == 0.5
