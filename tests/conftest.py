"""What all tests share: a test's kind is its folder, and hypothesis finds the same examples on every machine."""

import fcntl
from collections.abc import Generator
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test marked `alone` changes the stack for everybody: it waits for the other process's test, and that for it."""
    lock = item.config.rootpath / ".local" / "tests.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH)
        return (yield)
