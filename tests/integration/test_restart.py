"""(f) The emulator is stopped and started again, with its state: a stack of its own, since others need theirs."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import building, local
from scripts.emulator import Emulator
from scripts.people import expect, until
from tests.support.stack import PASSWORD, Campaign, Stack, returning


@pytest.fixture
def emulator(stack: Stack, tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that keeps its state, with the template deployed to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = Emulator(tmp_path, port, persistent=True)
    before = dict(os.environ)
    try:
        building.build_functions()
        own.start()
        local.enter(own)
        local.deploy(own)
        yield own
    finally:
        os.environ.clear()
        os.environ.update(before)
        own.stop()


@pytest.mark.timeout(600)
def test_everything_is_there_after_a_restart_and_who_waited_is_still_decided(emulator: Emulator) -> None:
    """Waiting executions do not survive the emulator's restart, and their tokens are unknown: nothing is lost by it."""
    stack = Stack(dict(local.describe(emulator)))
    campaign = Campaign(stack)
    waiting, decided, drafting = (campaign.candidate() for _ in range(3))
    reviewer = campaign.reviewer()
    waiting.submitted()
    decided.submitted()
    expect(reviewer.decide(decided.application, returning("diploma-1")), 200)
    stack.settled(decided.application)
    drafting.fill()
    seen = [shown(candidate) for candidate in (waiting, decided, drafting)]
    token = waiting.item["task_token"]

    assert emulator.stop()
    assert emulator.start()

    for candidate in (waiting, decided, drafting):
        candidate.sign_in(candidate.entry.username, PASSWORD)
        assert candidate.session["activated"] is False
    assert [shown(candidate) for candidate in (waiting, decided, drafting)] == seen
    assert stack.execution(waiting.application) == "FAILED"
    stack.reconcile()
    item = until(lambda: waiting.item, lambda item: item.get("task_token", token) != token)
    assert (item["status"], item["attempt"]) == ("submitted", 2)
    expect(reviewer.decide(waiting.application, returning("diploma-1")), 200)
    stack.settled(waiting.application)
    assert len(waiting.texts()) == 1
    # Those who had been told before are not told again.
    assert decided.item["notification"]["state"] == "sent"
    assert expect(drafting.call("POST", "/submission", {"round": 1}), 202)["status"] == "submitted"


def shown(candidate: Any) -> dict[str, Any]:
    """What the candidate sees, without what depends on the moment."""
    view = candidate.view()
    for slot in (slot for category in view["categories"] for slot in category["slots"]):
        slot["image_url"] = slot["image_url"] and slot["image_url"].partition("?")[0]
    return {name: value for name, value in view.items() if name != "now"}
