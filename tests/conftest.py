"""What all tests share: a test's kind is its folder, and hypothesis finds the same examples on every machine."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

KINDS = {"unit", "property", "contract", "integration", "e2e"}
TESTS = Path(__file__).parent

# The machine may be slow, the functions are not: their speed is measured by the benches.
settings.register_profile(
    "songshen", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("songshen")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m unit` and `tests/unit` mean the same."""
    for item in items:
        if item.path.is_relative_to(TESTS):
            kind = item.path.relative_to(TESTS).parts[0]
            if kind in KINDS:
                item.add_marker(kind)
