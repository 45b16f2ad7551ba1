"""Staff in the console: employed with an initial password that is replaced, moved, disabled, enabled."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DESK, sign_in
from tests.support.console import QINGDAO, Office, barriers, speak
from tests.support.stack import STAFF_PASSWORD, Stack


@pytest.mark.parametrize("language", ["zh", "en"])
def test_somebody_comes_moves_and_goes(
    language: str,
    stack: Stack,
    office: Office,
    console: Callable[..., Page],
    open_page: Callable[..., Page],
    shoot: Callable[..., None],
) -> None:
    boss, name = office.admin(), f"{office.campaign.exam.id}-{language}"
    page = console(boss)
    page.get_by_test_id("admin-staff").click()
    speak(page, language)
    own = page.get_by_test_id(f"staff-{boss.user['username']}")
    expect(own.get_by_test_id("disable")).to_have_count(0)

    page.get_by_test_id("staff-add").click()
    dialog, send = page.get_by_test_id("staff-dialog"), page.get_by_test_id("staff-send")
    page.get_by_test_id("staff-username").fill(boss.user["username"])
    page.get_by_test_id("staff-role").select_option("admin")
    expect(page.get_by_test_id("staff-area")).to_have_count(0)
    send.click()
    expect(page.get_by_test_id("staff-wrong")).to_be_visible()
    page.get_by_test_id("staff-username").fill(name)
    page.get_by_test_id("staff-role").select_option("reviewer")
    send.click()
    expect(page.get_by_test_id("staff-site")).to_be_focused()  # the browser asks for it
    page.get_by_test_id("staff-site").select_option(QINGDAO)
    assert barriers(page, language, "staff-dialog", shoot) == {}
    page.get_by_test_id("staff-username").press("Enter")
    expect(dialog).to_have_count(0)
    initial = page.get_by_test_id("initial-password").input_value()
    page.keyboard.press("Escape")
    page.get_by_test_id("staff-copy").click()
    assert barriers(page, language, "staff-password", shoot) == {}
    page.get_by_test_id("staff-password-close").click()
    row = page.get_by_test_id(f"staff-{name}")
    expect(row.get_by_test_id("place")).to_contain_text({"zh": "青岛", "en": "Qingdao"}[language])

    other = open_page(stack.description["console_url"], DESK)
    sign_in(other, {"username": name, "password": initial})
    other.get_by_test_id("new-password").fill(STAFF_PASSWORD)
    assert barriers(other, "zh", f"new-password-{language}", shoot) == {}
    other.get_by_test_id("sign-in").click()
    expect(other.get_by_test_id("sign-out")).to_be_visible()

    row.get_by_test_id("move").click()
    page.get_by_test_id("staff-role").select_option("lead")
    send.click()
    expect(row.get_by_test_id("role")).to_have_text({"zh": "考区组长", "en": "Area lead"}[language])
    row.get_by_test_id("disable").click()
    send.click()
    expect(row.get_by_test_id("enable")).to_be_visible()
    expect(page.get_by_test_id("staff-changes").locator("tbody tr").first).to_contain_text(name)
    assert barriers(page, language, "staff", shoot) == {}
    row.get_by_test_id("enable").click()
    page.keyboard.press("Escape")
    expect(row.get_by_test_id("enable")).to_be_visible()
