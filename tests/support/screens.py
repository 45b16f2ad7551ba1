"""The candidate page's screens, one after another: each function leads a page through those of one state.

What it yields is the name of the screen that is to be seen. Nothing is changed on the server, so that candidates can be
shared; the page is where it began when the function has ended.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from scripts import demo, specimens

type Screens = Callable[[Page], Iterator[str]]


def sign_in(page: Page) -> Iterator[str]:
    """Before anybody has signed in."""
    page.reload()
    yield "sign-in"
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("problem")).to_have_count(2)
    yield "sign-in-empty"
    page.get_by_test_id("username").fill("nobody")
    page.get_by_test_id("password").fill("nothing")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("problem")).to_have_count(1)
    expect(page.get_by_role("alert")).to_be_visible()
    yield "sign-in-refused"


def unregistered(page: Page) -> Iterator[str]:
    """完善个人信息, which comes first."""
    yield "profile"
    page.get_by_test_id("phone").fill("123")
    page.get_by_test_id("address").fill("")
    page.get_by_test_id("profile-save").click()
    expect(page.get_by_test_id("problem")).to_have_count(2)
    yield "profile-wrong"


def draft(page: Page) -> Iterator[str]:
    """Something has been uploaded, something is missing."""
    yield "draft"
    page.get_by_test_id("profile-edit").click()
    yield "draft-profile"
    page.get_by_test_id("profile").locator("form button[type=button]").click()
    yield from _dialog(page, "delete-identity-1", "draft-delete", "confirm-delete")
    yield from _dialog(page, "preview-identity-1", "draft-preview")
    example = page.get_by_test_id("category-diploma").locator("h3 button")
    example.click()
    yield "draft-example"
    page.keyboard.press("Escape")
    yield from _dialog(page, "submit", "draft-missing", "missing")
    yield from _editor(page, specimens.FOLDER / "diploma.jpg")


def _dialog(page: Page, opener: str, name: str, content: str = "") -> Iterator[str]:
    page.get_by_test_id(opener).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    if content:
        expect(page.get_by_test_id(content)).to_be_visible()
    yield name
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def _editor(page: Page, picture: Path) -> Iterator[str]:
    page.get_by_test_id("file-diploma").set_input_files(picture)
    expect(page.get_by_test_id("editor-sizes")).to_have_attribute("data-busy", "false")
    yield "editor"
    page.get_by_test_id("editor-cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def complete(page: Page) -> Iterator[str]:
    """Nothing is missing."""
    yield "complete"
    yield from _dialog(page, "submit", "complete-confirm", "confirm-submit")


def submitted(page: Page) -> Iterator[str]:
    """Everything is locked."""
    yield "submitted"
    yield from _sheet(page, "notice", "submitted-notice")
    yield from _sheet(page, "receipt", "submitted-receipt")


def _sheet(page: Page, sheet: str, name: str) -> Iterator[str]:
    page.get_by_test_id(f"{sheet}-open").click()
    expect(page.get_by_test_id(f"{sheet}-print")).to_be_visible()
    yield name
    page.get_by_test_id(f"{sheet}-back").click()
    expect(page.get_by_test_id("profile")).to_be_visible()


def returned(page: Page) -> Iterator[str]:
    """One image has to be put right."""
    yield "returned"
    yield from _dialog(page, "preview-diploma-1", "returned-preview")


def approved(page: Page) -> Iterator[str]:
    """There is a serial number."""
    yield "approved"
    yield from _sheet(page, "notice", "approved-notice")


STATES: tuple[tuple[demo.Callable[[demo.Scene], None] | None, Screens], ...] = (
    (None, unregistered),
    (demo.started, draft),
    (demo.complete, complete),
    (demo.submitted, submitted),
    (demo.returned, returned),
    (demo.approved, approved),
)
"""How far a candidate has come, and the screens there."""
