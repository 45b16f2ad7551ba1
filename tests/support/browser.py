"""People at the two pages in a browser: what they do, and what must be true of every screen."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, Page, Route, expect

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


def too_wide(page: Page) -> list[str]:
    """What is wider than the screen, so that one has to scroll sideways."""
    return list(
        page.evaluate(
            """() => {
              const screen = document.scrollingElement
              if (screen.scrollWidth <= screen.clientWidth) return []
              const found = Array.from(document.querySelectorAll('body *'))
                .filter(at => at.getBoundingClientRect().right > screen.clientWidth + 0.5)
                .map(at => `${Math.round(at.getBoundingClientRect().right)} ${at.outerHTML.slice(0, 160)}`)
              return found.length ? found : [`${screen.scrollWidth}`]
            }"""
        )
    )


def fetched(route: Route) -> APIResponse:
    """What the server says. Browsers know where `….localhost` is; Playwright, which fetches it, need not."""
    asked = urlsplit(route.request.url)
    here = asked._replace(netloc=f"localhost:{asked.port}").geturl()
    return route.fetch(url=here, headers=route.request.headers | {"host": asked.netloc})


def change_view(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """From now on the page sees the application with this change, as if the server had said so."""

    def answer(route: Route) -> None:
        if route.request.method != "GET":
            route.fallback()
            return
        response = fetched(route)
        view = response.json()
        change(view)
        route.fulfill(response=response, json=view)

    page.route(re.compile(r"/application$"), answer)


def focused(page: Page) -> str:
    """The test id of what has the focus, else its id, else its name in HTML."""
    return str(
        page.evaluate("() => (at => at.dataset.testid || at.id || at.tagName.toLowerCase())(document.activeElement)")
    )


def tab_to(page: Page, test_id: str, most: int = 80) -> None:
    """Presses Tab until this has the focus."""
    passed = []
    for _ in range(most):
        if focused(page) == test_id:
            return
        page.keyboard.press("Tab")
        passed.append(focused(page))
    raise AssertionError(f"Tab does not reach {test_id}; it passed {passed}")


def chinese(page: Page) -> set[str]:
    """Every text in Chinese characters that is not marked as Chinese, also what only screen readers are told.

    The sign of the bar and those on buttons are pictures to everybody.
    """
    return set(page.evaluate(_CHINESE)) - {"审", "＋", "－"}


_CHINESE = """() => {
  const found = [document.title]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let at = walker.nextNode(); at; at = walker.nextNode()) {
    if ((at.parentElement.closest('[lang]') ?? document.documentElement).lang !== 'en') continue
    if (at.nodeType === Node.TEXT_NODE) {
      if (!['NOSCRIPT', 'SCRIPT', 'STYLE', 'TEMPLATE'].includes(at.parentElement.tagName)) found.push(at.data)
    } else {
      for (const name of ['aria-label', 'aria-description', 'alt', 'title', 'placeholder', 'value']) {
        found.push(at.getAttribute(name) ?? '')
      }
    }
  }
  return found.map(text => text.trim()).filter(text => /[\\u3000-\\u303f\\u3400-\\u9fff\\uff00-\\uffef]/.test(text))
}"""
