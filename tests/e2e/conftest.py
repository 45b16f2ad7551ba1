"""A browser on the deployed pages, and where its screenshots go."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from scripts.browser import launch_options

SHOTS = Path(__file__).parents[2] / "test-artifacts" / "screenshots"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def stack() -> dict[str, Any]:
    """What `stack.json` says of the stack under test."""
    path = os.environ.get("SONGSHEN_STACK")
    if not path:
        pytest.fail("SONGSHEN_STACK names no stack.json: run `make test`, or `make up` and name .local/stack.json")
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser of this machine; `make test` has found or installed it."""
    return launch_options()


@pytest.fixture
def open_page(browser: Browser, stack: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own.

    At the end of the test nothing may have gone wrong in it: no script error, no breach of the content policy, no
    request to anywhere but the stack.
    """
    complaints: list[str] = []
    ours = re.compile(rf"^(http://[^/]*localhost:{stack['aws_endpoint'].rpartition(':')[2]}/|data:|blob:)")
    contexts = []

    def open_(url: str, size: dict[str, int] = PHONE) -> Page:
        context = browser.new_context(viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")
        contexts.append(context)
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
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def shoot() -> Callable[[Page, str], None]:
    """Keeps a screenshot as `test-artifacts/screenshots/<name>.png`."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def shoot_(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return shoot_
