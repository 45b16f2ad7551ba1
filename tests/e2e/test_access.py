"""Everybody can use the candidate page: axe, keyboards, screen readers, small screens, large letters, old browsers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from scripts import demo, specimens
from scripts.people import until
from tests.e2e.conftest import Applicants, Story
from tests.support import screens
from tests.support.browser import (
    DESK,
    PHONE,
    arrive,
    axe,
    chinese,
    choose,
    focused,
    slot,
    speak,
    tab_to,
    too_wide,
)
from tests.support.screens import STATES, Screens

ADDRESS = "山东省演示市样张路 1 号"

type Open = Callable[..., Page]

every_state = pytest.mark.parametrize(("story", "lead"), STATES, ids=[lead.__name__ for _, lead in STATES])


# ---- every screen ----

SMALL = {"width": 320, "height": 640}
HALF = {"width": DESK["width"] // 2, "height": DESK["height"] // 2}  # a desk's screen at 200 %
QUARTER = {"width": DESK["width"] // 4, "height": DESK["height"] // 4}  # at 400 %
# Sizes in pixels, and of letters in per cent of the usual.
TIGHT = ((SMALL, 100), (SMALL, 200), (HALF, 100), (QUARTER, 100), (PHONE, 200), (DESK, 200))

# Both sizes, and both languages: each of them on every screen.
both = pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), (DESK, "en")], ids=["phone-zh", "desk-en"])


def look(page: Page, size: dict[str, int], language: str, name: str, shoot: Callable[..., None]) -> dict[str, Any]:
    """What is wrong with a screen, by the kind of what it is."""
    shoot(page, f"{'phone' if size == PHONE else 'desk'}-{name}")
    found: dict[str, Any] = {"axe": axe(page), "too wide": {"": too_wide(page)}, "small targets": small_targets(page)}
    for tight, letters in TIGHT:
        page.set_viewport_size(tight)  # type: ignore[arg-type]
        page.evaluate("size => (document.documentElement.style.fontSize = size)", f"{letters}%")
        found["too wide"][f"{tight['width']} px, letters {letters} %"] = too_wide(page)
    page.evaluate("() => document.documentElement.removeAttribute('style')")
    page.set_viewport_size(size)  # type: ignore[arg-type]
    found["too wide"] = {where: parts for where, parts in found["too wide"].items() if parts}
    found["chinese"] = chinese(page) if language == "en" else set()
    return found


FINE: dict[str, Any] = {"axe": [], "too wide": {}, "small targets": [], "chinese": set()}


def small_targets(page: Page) -> list[Any]:
    """What is to be pressed and is less than 44 pixels wide or high."""
    return list(
        page.evaluate(
            """() => Array.from(document.querySelectorAll('button, label.pick, a[href], input:not([type=file])'))
            .map(at => [(at.type === 'checkbox' ? at.closest('label') : at).getBoundingClientRect(), at.outerHTML])
            .filter(([box]) => box.width && (box.width < 44 || box.height < 44))
            .map(([box, html]) => [Math.round(box.width), Math.round(box.height), html.slice(0, 120)])"""
        )
    )


def test_a_window_that_is_made_narrower_stays_as_wide_as_its_screen(applicant: Applicants, open_page: Open) -> None:
    """What is above the screen is not laid out again, and must not keep the width that it had."""
    page = open_page(size=DESK)
    arrive(page, applicant(demo.returned).user)
    page.evaluate("() => (document.documentElement.style.fontSize = '200%')")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    listed = page.get_by_test_id("checklist").locator("summary")
    until(lambda: listed.evaluate("at => at.checkVisibility({ contentVisibilityAuto: true })"), lambda laid: not laid)
    page.set_viewport_size({"width": 950, "height": 700})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert too_wide(page) == []


@both
@every_state
def test_no_screen_has_a_barrier(
    size: dict[str, int],
    language: str,
    story: Story | None,
    lead: Screens,
    shown: Applicants,
    open_page: Open,
    shoot: Callable[..., None],
) -> None:
    page = open_page(size=size)
    speak(page, language)
    someone = shown(story)
    arrive(page, someone.user)
    for name in lead(page):
        found = look(page, size, language, name, shoot)
        # Names, addresses and what a reviewer wrote are nobody's to translate.
        for data in (someone.person.name, ADDRESS, demo.SENT_BACK["note"]):
            found["chinese"] = {text for text in found["chinese"] if data not in text}
        assert (name, found) == (name, FINE)


@both
def test_no_barrier_before_signing_in(
    size: dict[str, int], language: str, open_page: Open, shoot: Callable[..., None]
) -> None:
    page = open_page(size=size)
    speak(page, language)
    for name in screens.sign_in(page):
        assert (name, look(page, size, language, name, shoot)) == (name, FINE)


def test_every_screen_has_a_title_in_its_language(shown: Applicants, open_page: Open) -> None:
    page = open_page()
    html = page.locator("html")
    expect(page).to_have_title("考生登录 - 考生材料在线审核")
    arrive(page, shown(demo.approved).user)
    expect(page).to_have_title("报名材料 - 考生材料在线审核")
    expect(html).to_have_attribute("lang", "zh-CN")
    page.get_by_test_id("language").click()
    expect(page).to_have_title("Registration materials - Candidate materials review")
    expect(html).to_have_attribute("lang", "en")
    page.get_by_test_id("notice-open").click()
    expect(page).to_have_title("Registration notice - Candidate materials review")
    page.get_by_test_id("notice-back").click()
    page.get_by_test_id("receipt-open").click()
    expect(page).to_have_title("Submission receipt - Candidate materials review")


# ---- the focus, other colours, no movement ----


@pytest.mark.parametrize("size", [PHONE, DESK, HALF], ids=["phone", "desk", "zoom200"])
def test_what_has_the_focus_can_be_seen(size: dict[str, int], shown: Applicants, open_page: Open) -> None:
    page = open_page(size=size)
    arrive(page, shown(demo.started).user)
    seen = 0
    page.keyboard.press("Tab")
    while focused(page) != "body" and seen < 60:
        marked = page.evaluate(_FOCUS)
        assert marked == {"outlined": True, "covered": 0, "inside": True}, focused(page)
        seen += 1
        page.keyboard.press("Tab")
    assert seen > 15


# The focus is marked on the element, or on the label around a file input; how much of that lies behind the bar.
_FOCUS = """() => {
  const at = document.activeElement
  const shown = at.type === 'file' ? at.closest('label') : at
  const style = getComputedStyle(shown)
  const box = shown.getBoundingClientRect()
  const bar = document.querySelector('[data-testid=submit]').closest('section')
  const fixed = getComputedStyle(bar).position === 'sticky' && !bar.contains(at)
  const top = fixed ? bar.getBoundingClientRect().top : innerHeight
  return {
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    covered: Math.max(0, Math.round(box.bottom - top)),
    inside: box.top >= 0 && box.bottom <= innerHeight,
  }
}"""


def test_high_contrast_keeps_borders_lock_and_focus(
    shown: Applicants, open_page: Open, shoot: Callable[..., None]
) -> None:
    page = open_page(forced_colors="active")
    arrive(page, shown(demo.returned).user)
    shoot(page, "high-contrast-returned")
    lock = page.get_by_test_id("slot-identity-1").locator(".lock")
    expect(lock).to_be_visible()
    drawn = """at => {
      const style = getComputedStyle(at)
      const ground = getComputedStyle(document.body).backgroundColor
      return parseFloat(style.borderTopWidth) > 0 && style.borderTopColor !== ground
    }"""
    for part in (
        page.get_by_test_id("delete-diploma-1").locator("span"),
        page.get_by_test_id("slot-identity-1"),
        page.get_by_test_id("submit"),
        page.get_by_test_id("file-diploma-1").locator(".."),
    ):
        assert part.evaluate(drawn)
    page.get_by_test_id("delete-diploma-1").focus()
    page.get_by_test_id("delete-diploma-1").press("Enter")
    shoot(page, "high-contrast-dialog", full_page=False)
    assert page.get_by_role("dialog").evaluate(drawn)
    expect(page.locator("body")).not_to_be_focused()


def test_nothing_moves_for_those_who_do_not_want_it(shown: Applicants, open_page: Open) -> None:
    page = open_page(reduced_motion="reduce")
    arrive(page, shown(demo.started).user)
    for _ in screens.draft(page):
        assert page.evaluate("() => document.getAnimations().length") == 0


# ---- the keyboard ----


def test_everything_can_be_done_with_the_keyboard(applicant: Applicants, open_page: Open, tmp_path: Path) -> None:
    page = open_page(size=DESK)
    keys = page.keyboard
    someone = applicant(None)
    # What the file chooser gives, whenever a key opens it.
    chosen = [tmp_path / f"{kind}.jpg" for _, kind in (*demo.REQUIRED, demo.REQUIRED[2])]
    for picture in chosen:
        picture.write_bytes(specimens.draw(picture.stem))
    page.on("filechooser", lambda chooser: chooser.set_files(chosen.pop(0)))
    tab_to(page, "username")
    keys.type(someone.user["username"])
    tab_to(page, "password")
    keys.type(someone.user["password"])
    keys.press("Enter")
    expect(page.get_by_test_id("phone")).to_be_visible()
    tab_to(page, "phone")
    keys.press("ControlOrMeta+a")
    keys.type("13900000000")
    tab_to(page, "address")
    keys.type("样张路 1 号")
    tab_to(page, "profile-save")
    keys.press("Space")
    expect(page.get_by_test_id("status")).to_be_visible()
    for number, (category, _) in enumerate(demo.REQUIRED):
        tab_to(page, f"file-{category}")
        keys.press("Space" if number % 2 else "Enter")
        expect(page.get_by_test_id("editor-sizes")).to_have_attribute("data-busy", "false")
        tab_to(page, "editor-submit")
        keys.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        name = f"{category}-{number + 1 if category == 'identity' else 1}"
        expect(page.locator("body")).not_to_be_focused()
        slot(page, name, "ready", "false")
        expect(page.locator("body")).not_to_be_focused()
    # A mistake is taken back, and the example looked at; the focus comes back each time.
    tab_to(page, "delete-identity-3")
    keys.press("Enter")
    tab_to(page, "confirm-delete")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("delete-identity-3")).to_be_focused()
    keys.press("Enter")
    tab_to(page, "confirm-delete")
    keys.press("Enter")
    slot(page, "identity-3", "empty", "false")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("slot-identity-3")).to_be_focused()
    tab_to(page, "file-identity")
    keys.press("Enter")
    expect(page.get_by_test_id("editor-sizes")).to_have_attribute("data-busy", "false")
    tab_to(page, "editor-submit")
    keys.press("Enter")
    slot(page, "identity-3", "ready", "false")
    tab_to(page, "submit")
    keys.press("Enter")
    tab_to(page, "confirm-submit")
    keys.press("Enter")
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "submitted")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("body")).not_to_be_focused()


# ---- the screen reader ----

# Every text that a live region takes on, in turn.
_LISTEN = """
window.heard = []
addEventListener('DOMContentLoaded', () => {
  const last = new Map()
  new MutationObserver(() => {
    for (const at of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
      const text = at.textContent.trim()
      if (last.get(at) === text) continue
      last.set(at, text)
      if (text) heard.push(text)
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
})
"""


def test_an_upload_is_announced_once_at_its_start_and_once_at_its_end(
    applicant: Applicants, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(before=_LISTEN)
    arrive(page, applicant(demo.registered).user)
    expect(page.get_by_test_id("file-identity")).to_be_attached()
    picture = tmp_path / "identity-front.jpg"
    picture.write_bytes(specimens.draw("identity-front"))
    page.get_by_test_id("file-identity").set_input_files(picture)
    expect(page.get_by_test_id("editor-sizes")).to_have_attribute("data-busy", "false")
    page.evaluate("() => heard.splice(0)")
    page.get_by_test_id("editor-submit").click()
    slot(page, "identity-1", "ready", "false")
    until(lambda: page.evaluate("() => heard"), lambda heard: len(heard) >= 2)
    assert page.evaluate("() => heard") == ["开始上传“证件正面”。", "“证件正面”上传成功。"]


def test_buttons_name_the_image_they_are_for(shown: Applicants, open_page: Open) -> None:
    page = open_page()
    arrive(page, shown(demo.started).user)

    def named(selector: str, *names: str) -> None:
        expect(page.locator(f"{selector}[aria-label]")).to_have_count(len(names))
        for at, name in enumerate(names):
            expect(page.locator(f"{selector}[aria-label]").nth(at)).to_have_attribute("aria-label", name)

    named("[data-testid^=delete-]", "删除 证件正面", "删除 证件反面")
    named("[data-testid^=preview-]", "查看大图：证件正面", "查看大图：证件反面")
    speak(page, "en")
    named("[data-testid^=delete-]", "Delete Front", "Delete Back")


# ---- old browsers ----

NO_DIALOG = "delete HTMLDialogElement.prototype.showModal; delete window.HTMLDialogElement"
NO_OFFSCREEN = "delete window.OffscreenCanvas; delete HTMLCanvasElement.prototype.transferControlToOffscreen"


def test_dialogs_where_the_browser_has_none(applicant: Applicants, open_page: Open, tmp_path: Path) -> None:
    page = open_page(before=NO_DIALOG)
    arrive(page, applicant(demo.registered).user)
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    button = page.get_by_test_id("delete-identity-1")
    button.press("Enter")
    dialog = page.locator("div[role=dialog][aria-modal=true]")
    expect(dialog).to_be_visible()
    assert axe(page) == []
    for _ in range(5):
        assert dialog.evaluate("at => at.contains(document.activeElement)")
        page.keyboard.press("Tab")
    page.mouse.wheel(0, 400)
    assert page.evaluate("() => scrollY") == page.evaluate(
        "() => new Promise(done => setTimeout(() => done(scrollY), 100))"
    )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("delete-identity-1")).to_be_focused()
    button.press("Enter")
    page.get_by_test_id("confirm-delete").click()
    slot(page, "identity-1", "empty", "false")
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("slot-identity-1")).to_be_focused()


def test_uploading_where_there_is_no_offscreen_canvas(applicant: Applicants, open_page: Open, tmp_path: Path) -> None:
    page = open_page(before=NO_OFFSCREEN)
    someone = applicant(demo.registered)
    arrive(page, someone.user)
    assert page.evaluate("() => typeof OffscreenCanvas") == "undefined"
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    assert len(httpx.get(someone.candidate.slots()["identity-1"]["image_url"]).content) <= 204_800


# ---- nothing personal is left behind ----

_STORED = """async () => ({
  session: Object.keys(sessionStorage),
  local: Object.entries(localStorage),
  databases: await indexedDB.databases(),
  caches: await (window.caches ? caches.keys() : []),
  workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
  cookie: document.cookie,
})"""
NOTHING: dict[str, Any] = {"session": [], "local": [], "databases": [], "caches": [], "workers": 0, "cookie": ""}


def test_nothing_is_stored_but_the_session_and_that_goes_with_signing_out(
    applicant: Applicants, open_page: Open, tmp_path: Path
) -> None:
    page = open_page()
    someone = applicant(demo.registered)
    arrive(page, someone.user)
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    assert page.evaluate(_STORED) == NOTHING | {"session": ["songshen.session"]}
    kept = json.loads(page.evaluate("() => sessionStorage.getItem('songshen.session')"))
    assert sorted(kept) == ["expiresAt", "idToken", "refreshToken", "role", "username"]
    assert page.context.cookies() == []
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("username")).to_be_visible()
    assert page.evaluate(_STORED) == NOTHING
    for _ in range(2):
        assert someone.person.name not in page.locator("body").inner_text()
        assert (page.get_by_test_id("username").input_value(), page.get_by_test_id("password").input_value()) == (
            "",
            "",
        )
        page.reload()
