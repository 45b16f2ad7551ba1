"""People at the two pages in a browser: what they do, and what must be true of every screen."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from scripts import specimens

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def sign_in(page: Page, user: dict[str, Any]) -> None:
    """Signs in on either page; `user` has `username` and `password`."""
    page.get_by_test_id("username").fill(user["username"])
    page.get_by_test_id("password").fill(user["password"])
    page.get_by_test_id("sign-in").click()


def arrive(page: Page, user: dict[str, Any]) -> None:
    """Signs in on the candidate page and waits until the application is shown."""
    sign_in(page, user)
    expect(page.get_by_test_id("profile")).to_be_visible()


def speak(page: Page, language: str) -> None:
    """Switches the candidate page to `zh` or `en`."""
    wanted = {"zh": "zh-CN", "en": "en"}[language]
    if page.locator("html").get_attribute("lang") != wanted:
        page.get_by_test_id("language").click()
    expect(page.locator("html")).to_have_attribute("lang", wanted)


def choose(page: Page, field: str, kind: str, folder: Path, *, blurred: bool = False) -> None:
    """Picks a specimen as the file of an upload field and sends it."""
    path = folder / f"{kind}.jpg"
    path.write_bytes(specimens.draw(kind, name="许样例", number="2026", blurred=blurred))
    choose_file(page, field, path)


def choose_file(page: Page, field: str, path: Path) -> None:
    """Picks any file of an upload field and sends it as the editor shows it."""
    page.get_by_test_id(field).set_input_files(path)
    page.get_by_test_id("editor-submit").click()


def slot(page: Page, name: str, state: str, locked: str) -> None:
    """The slot shows this state and lock."""
    card = page.get_by_test_id(f"slot-{name}")
    expect(card).to_have_attribute("data-state", state, timeout=60_000)
    expect(card).to_have_attribute("data-locked", locked)


def submit(page: Page) -> None:
    """Submits a complete application."""
    page.get_by_test_id("submit").click()
    page.get_by_test_id("confirm-submit").click()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "submitted")


def axe(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is, one line for each rule with the elements in question."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run({ runOnly: tags, resultTypes: ['violations'] })", list(RULES))
    return [
        f"{broken['id']}: {broken['help']}: "
        + json.dumps([(node["target"], node["html"][:160]) for node in broken["nodes"]], ensure_ascii=False)
        for broken in found["violations"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"))
