"""What one candidate's whole journey asks of AWS, as recorded: within its limits, and what the documents say."""

from collections.abc import Mapping
from typing import Any

import pytest

from bench.counted import Counted, journeys
from bench.operations import counted, journey
from tests.support.stack import Stack

WRITES = 70
READING = ("dynamodb GetItem", "dynamodb Query")
"""How often these are called depends on the time, too: an exam's configuration is read again after 15 s."""


@pytest.mark.alone
@pytest.mark.parametrize("outcome", ["return", "approve"])
def test_a_journey_takes_no_more_than_it_may(stack: Stack, outcome: str) -> None:
    """Ten images, one round. The documents are computed from `counted.json`: it must be what is counted now."""
    with stack.no_events():
        made = journey(stack, outcome)
    found = counted(made, made)
    told = "\n".join(f"{one.name}: {one.writes} write units, {one.index_writes} of indexes" for one in found.stages)
    assert found.writes <= WRITES, told
    assert found.transitions <= 4, made.states
    assert (found.page_calls, found.polls) == (15, 10)
    assert found.item_bytes <= 2 * 1024
    kept = {"return": journeys().returned, "approve": journeys().approved}[outcome]
    assert written(found) == written(kept), "run make bench WHAT=operations, and commit bench/counted.json"


def written(counted: Counted) -> Mapping[str, Any]:
    """Stage → what it calls, and the units that it writes."""
    return {
        one.name: (
            one.times,
            {call: number for call, number in one.calls.items() if call not in READING},
            one.writes,
            one.index_writes,
        )
        for one in counted.stages
    }
