"""How much must be ready for the candidates that are expected: environments of functions, units of the table.

The crowd: `last_day` of all candidates come on the last day, in its busiest hour `peak` times as many as in its average
hour, each going the whole way; and in the last ten minutes `last_minutes` of all candidates submit what they have
uploaded before. Both at once are planned for. What a call takes is counted (bench/operations.py) or
follows from counted calls and the assumptions of bench/assumptions.py, which a test compares with the figures here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from songshen.domain.exam import Expected

MARGIN = 1.25
"""What is ready is this much more than what is expected: quotas and figures are used to 80 %."""
LAST_MINUTES = 600
TABLE = ""
"""Stands among the indexes' names for the table itself."""
# A table begins with these, and what is less cannot be asked for.
LEAST_READS, LEAST_WRITES = 12_000, 4_000


@dataclass(frozen=True, slots=True)
class Units:
    """Read and write units per second."""

    reads: float = 0.0
    writes: float = 0.0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.reads + other.reads, self.writes + other.writes)

    def __mul__(self, times: float) -> "Units":
        return Units(self.reads * times, self.writes * times)


@dataclass(frozen=True, slots=True)
class Use:
    """What one call takes: the function, seconds of its environment, units of the table ("") and of indexes."""

    function: str
    seconds: float
    units: Mapping[str, Units] = field(default_factory=dict)


USES: Mapping[str, Use] = {
    # The first time, with the account that is made.
    "sign_in": Use("sign_in", 0.8, {TABLE: Units(2, 2)}),
    "view": Use("application", 0.025, {TABLE: Units(1, 0)}),
    "profile": Use("application", 0.03, {TABLE: Units(1, 1)}),
    "reserve": Use("upload_presign", 0.04, {TABLE: Units(1.1, 1.2)}),
    "validate": Use("validate_image", 0.35, {TABLE: Units(1.1, 2.2)}),
    # With the workflow's first write, which follows at once.
    "submit": Use("submit", 0.2, {TABLE: Units(3, 8), "by-status": Units(0, 2), "pending": Units(0, 2)}),
}


@dataclass(frozen=True, slots=True)
class Warmth:
    """What is ready: environments by function (its verb), units by index (the table: "")."""

    environments: Mapping[str, int]
    units: Mapping[str, Units]


def rates(expected: Expected) -> dict[str, float]:
    """Calls per second when both crowds are there."""
    whole = expected.candidates * expected.last_day * min(expected.peak / 24, 1) / 3600
    rush = expected.candidates * expected.last_minutes / LAST_MINUTES
    return {
        "sign_in": whole + rush,
        # The page when it opens, a poll and a half for each image, and once more afterwards.
        "view": whole * (2 + 1.5 * expected.images) + rush,
        "profile": whole,
        "reserve": whole * expected.images,
        "validate": whole * expected.images,
        "submit": whole + rush,
    }


def warmth(expected: Expected) -> Warmth:
    """What must be ready for them; nothing at all if nobody is expected."""
    if not expected.candidates:
        return Warmth({}, {})
    busy: dict[str, float] = {}
    units: dict[str, Units] = {}
    for call, rate in rates(expected).items():
        use = USES[call]
        busy[use.function] = busy.get(use.function, 0.0) + rate * use.seconds
        for index, one in use.units.items():
            units[index] = units.get(index, Units()) + one * rate
    return Warmth(
        {function: environments(load) for function, load in busy.items()},
        {index: _at_least(one * MARGIN) for index, one in units.items()},
    )


def environments(load: float) -> int:
    """So many that hardly ever all of them are at work, when on average `load` are: three deviations of a Poisson
    number more, and the margin."""
    return math.ceil((load + 3 * math.sqrt(load)) * MARGIN)


def _at_least(units: Units) -> Units:
    return Units(max(LEAST_READS, math.ceil(units.reads)), max(LEAST_WRITES, math.ceil(units.writes)))
