"""A browser on the deployed pages, candidates to use it, and where its screenshots go.

Tests take candidates of their own: `applicant(story)` makes one who has come as far as a story of the demonstration
exam; `shown(story)` is one that several tests only look at.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts import demo
from scripts.browser import launch_options
from scripts.traffic import Traffic
from tests.support.browser import DESK, PHONE, sign_in
from tests.support.console import Office, Staff
from tests.support.stack import PASSWORD, Campaign, Stack, stack

SHOTS = Path(__file__).parents[2] / "test-artifacts" / "screenshots"
SITE = demo.JINAN

# The first call of a function that has just been deployed takes seconds, and a busy machine doubles them.
expect.set_options(timeout=20_000)

__all__ = ["stack"]


@dataclass
class Applicant(demo.Scene):
    """A candidate who has come as far as a story, with what to sign in with; `candidate` is signed in over HTTP."""

    user: dict[str, str]


type Story = Callable[[demo.Scene], None]
type Applicants = Callable[[Story | None], Applicant]


@pytest.fixture(scope="session")
def campaign(stack: Stack) -> Campaign:
    """The demonstration exam once more, for the tests' own candidates."""
    exam = demo.exam(datetime.now(UTC))
    return Campaign(stack, **{field.name: getattr(exam, field.name) for field in fields(exam) if field.name != "id"})


@pytest.fixture(scope="session")
def applicant(campaign: Campaign) -> Applicants:
    """Makes a candidate nobody else uses: `applicant(demo.returned)`; `applicant(None)` has never signed in."""
    numbers = itertools.count(1)
    reviewer = campaign.reviewer(SITE)

    def made(story: Story | None) -> Applicant:
        person = demo.Person(next(numbers), SITE, story)
        entry = campaign.register(SITE, registration_no=person.registration_no, name=person.name)
        user = {"username": entry.username, "password": PASSWORD}
        candidate = demo.Candidate.at(campaign.stack.api)
        scene = Applicant(campaign.exam.id, person, candidate, reviewer, user)
        if story:
            candidate.sign_in(**user)
            story(scene)
        return scene

    return made


@pytest.fixture(scope="session")
def shown(applicant: Applicants) -> Applicants:
    """The candidate of a story that tests share: they look and change nothing."""
    return cache(applicant)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """Both sizes of screen that the candidate page is tested at, in pixels."""
    return dict(request.param)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser of this machine; `make test` has found or installed it."""
    return launch_options()


@pytest.fixture
def open_page(browser: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own: `open_page()` is the candidate page on a phone.

    `before` is a script that runs before the page's own; further options are those of a browser context. At the end of
    the test nothing may have gone wrong in it: no script error, no breach of the content policy, no request to anywhere
    but the stack.
    """
    complaints: list[str] = []
    ours = re.compile(rf"^(http://[^/]*localhost:{stack.endpoint.rpartition(':')[2]}/|data:|blob:)")
    contexts = []

    def open_(url: str = "", size: dict[str, int] = PHONE, before: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": size, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options)
        contexts.append(context)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: complaints.append(f"policy: {said.text}") if "Content Security Policy" in said.text else None,
        )
        page.on(
            "request",
            lambda asked: None if ours.match(asked.url) else complaints.append(f"third party: {asked.url}"),
        )
        page.goto(url or stack.description["candidate_url"])
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def shoot() -> Callable[..., None]:
    """Keeps a screenshot as `test-artifacts/screenshots/<name>.png`: the whole page unless told otherwise."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def shoot_(page: Page, name: str, *, full_page: bool = True) -> None:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=full_page)

    return shoot_


@pytest.fixture
def office(stack: Stack) -> Office:
    """An exam of the test's own, for whoever reviews."""
    return Office(stack)


@pytest.fixture
def console(stack: Stack, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """`console(office.reviewer())` opens the console in its own context, signed in; options as of `open_page`."""

    def open_(staff: Staff, **options: Any) -> Page:
        page = open_page(stack.description["console_url"], **{"size": DESK} | options)
        traffic = Traffic(page)
        sign_in(page, staff.user)
        expect(page.get_by_test_id("sign-out")).to_be_visible()
        traffic.settle()
        return page

    return open_
