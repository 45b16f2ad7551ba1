"""A last hour in short: people, reviewers, both ends and every kind of fault, and nothing that must not happen.

`make rehearse` is the long one.
"""

import pytest

from tests.rehearsal.faults import Fault
from tests.rehearsal.run import Plan, rehearse
from tests.support.stack import Stack


@pytest.mark.alone
@pytest.mark.timeout(400)
def test_around_the_end_nobody_is_wronged_and_nothing_lost_whatever_fails(stack: Stack) -> None:
    result = rehearse(stack, Plan(seconds=36, candidates=4, reviewers=2, waiting=6))
    assert result.violations == []
    assert len(result.history) > 200
    assert {fault for fault in Fault if any(name.endswith(f" {fault}") for name in result.faults)} >= {
        Fault.THROTTLED,
        Fault.LOST,
        Fault.UNANSWERED,
    }
    ends = result.ends
    first = min(one.reserve for one in ends.values())
    assert any(one.code == "window_closed" and one.sent >= first for one in result.history)
    assert any(one.kind == "submit" and one.succeeded for one in result.history)
    assert any(final.serial for final in result.finals)
