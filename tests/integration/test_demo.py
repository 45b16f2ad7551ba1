"""What `make run` loads into the stack: fewer people here, by the same code."""

import os
from pathlib import Path

import pytest

from scripts import demo
from scripts.people import Candidate, Reviewer
from tests.support.stack import Stack


def test_the_demonstration_exam_is_loaded_and_loading_it_again_changes_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = (
        demo.Person(1, demo.JINAN, demo.approved_later),
        demo.Person(2, demo.QINGDAO, demo.submitted),
        demo.Person(3, demo.QINGDAO, None),
    )
    monkeypatch.setattr(demo, "PEOPLE", people)
    description = Path(os.environ["SONGSHEN_STACK"])

    def seen() -> list[tuple[str, int, str | None]]:
        users = demo.load(description)
        assert [person["username"] for person in users["candidates"]] == [person.username for person in people]
        for role in ("reviewers", "leads", "admins"):
            for user in users[role]:
                Reviewer.at(stack.api).sign_in(user["username"], user["password"])
        views = [Candidate.at(stack.api).sign_in(**user).view() for user in users["candidates"]]
        return [(view["status"], view["round"], view["submitted_at"]) for view in views]

    first = seen()
    assert [(status, round) for status, round, _ in first] == [("approved", 2), ("submitted", 1), ("draft", 0)]
    assert seen() == first
