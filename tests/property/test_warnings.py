"""How often the warnings are right, on a small fixed sample of drawn photos; `bench/warnings.py` has the large one.

The photos are the same at every run on one machine; another machine's font changes them a little, hence the slack.
"""

from functools import cache

import pytest

from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import Accepted
from tests.support import images, scenes

GOOD = 40
BAD = {"blurred": 2, "dark": 2, "glare": 8, "blank": 3, "small": 5, "turned": 8}  # of every degree


@cache
def warnings(seed: int, fault: str = "", degree: str = "") -> tuple[str, ...]:
    data = scenes.photo(f"sample {seed}", fault, degree).data
    verdict = PillowImaging().inspect(data, images.announced(data), ImageLimits())
    assert isinstance(verdict, Accepted)
    assert verdict.data == data
    return verdict.warnings


def test_good_photos_are_not_doubted() -> None:
    doubted = {seed: found for seed in range(GOOD) if (found := warnings(seed))}
    assert len(doubted) <= 1, doubted


@pytest.mark.parametrize("fault", scenes.DEGREES)
def test_bad_photos_are_noticed(fault: str) -> None:
    """Most of them: they only warn, and rather miss one than doubt a good one."""
    photos = [(degree, seed) for degree in scenes.DEGREES[fault] for seed in range(BAD[fault])]
    missed = [(degree, seed) for degree, seed in photos if fault not in warnings(seed, fault, degree)]
    assert len(missed) <= 0.5 * len(photos), missed
