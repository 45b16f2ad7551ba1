"""Single cases in the console: somebody is given more time, an approval is taken back, an area is given more time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import arrive
from tests.support.console import Office, barriers, speak
from tests.support.stack import PASSWORD

type Console = Callable[..., Page]
DATA = "样例|样张路"
"""Candidates' names and addresses."""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_somebody_is_helped(
    language: str,
    office: Office,
    console: Console,
    open_page: Callable[..., Page],
    shoot: Callable[..., None],
) -> None:
    case, _ = office.queue(2)
    found: dict[str, Any] = {}
    page = console(office.admin())
    page.get_by_test_id("admin-cases").click()
    speak(page, language)

    # Names are looked for at one site; what is wrong is said where it is put right.
    page.get_by_test_id("cases-search").fill(case.entry.name)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("cases-site")).to_be_focused()
    page.get_by_test_id("cases-site").select_option(case.entry.site)
    page.get_by_test_id("cases-find").click()
    expect(page.get_by_test_id(f"found-{case.application}")).to_be_visible()
    page.get_by_test_id("cases-site").select_option("")
    page.get_by_test_id("cases-search").fill(case.entry.registration_no[:-1])
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    found |= barriers(page, language, "cases", shoot, data=DATA)
    page.get_by_test_id(f"found-{case.application}").click()
    expect(page.get_by_test_id("case-status")).to_have_attribute("data-status", "submitted")

    # A time that is no later leads to its field, and what is written stays.
    there = datetime.now(UTC).astimezone(ZoneInfo(office.campaign.exam.time_zone))
    until = (there + timedelta(days=300)).replace(second=0, microsecond=0, tzinfo=None)
    page.get_by_test_id("case-extend").click()
    page.get_by_test_id("extend-reason").fill("In hospital")
    page.get_by_test_id("extend-until").fill((until - timedelta(days=600)).isoformat("T", "minutes"))
    page.get_by_test_id("extend-send").click()
    expect(page.get_by_test_id("extend-wrong")).to_be_visible()
    expect(page.get_by_test_id("extend-until")).to_be_focused()
    found |= barriers(page, language, "case-extend", shoot, data=DATA)
    page.get_by_test_id("extend-until").fill(until.isoformat("T", "minutes"))
    page.get_by_test_id("extend-send").click()
    expect(page.get_by_test_id("extend-dialog")).to_have_count(0)
    day = f"{until.year}/{until.month}/{until.day}"
    expect(page.get_by_test_id("case-end")).to_contain_text(f"{day} {until:%H:%M}")
    expect(page.get_by_test_id("case-history")).to_contain_text("In hospital")

    # The approval is taken back: the number stays to be seen, struck out.
    number = office.reviewer().http.approve(case.application)["serial_number"]
    page.reload()  # by its address
    expect(page.get_by_test_id("case-serial")).to_have_text(number)
    with page.expect_download() as download:
        page.get_by_test_id("case-bundle").click()
        page.get_by_test_id("bundle-file").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    page.get_by_test_id("case-reopen").click()
    page.get_by_test_id("reopen-reason").fill("Not this person's")
    page.get_by_test_id("reopen-diploma-1").check()
    page.get_by_test_id("reopen-send").click()
    expect(page.get_by_test_id("reopen-code-diploma-1")).to_be_focused()
    page.get_by_test_id("reopen-code-diploma-1").select_option(index=1)
    found |= barriers(page, language, "case-reopen", shoot, data=DATA)
    page.get_by_test_id("reopen-send").click()
    expect(page.get_by_test_id("case-status")).to_have_attribute("data-status", "returned")
    expect(page.get_by_test_id("case-withdrawn")).to_contain_text(number)
    expect(page.get_by_test_id("case-looks").locator("li").first).to_be_visible()
    found |= barriers(page, language, "case", shoot, data=DATA)

    candidate = open_page()
    arrive(candidate, {"username": case.entry.username, "password": PASSWORD})
    expect(candidate.get_by_test_id("status")).to_have_attribute("data-status", "returned")
    expect(candidate.get_by_test_id("withdrawn")).to_contain_text(number)
    expect(candidate.get_by_test_id("messages")).to_contain_text("Not this person's")
    expect(candidate.get_by_test_id("messages")).to_contain_text("In hospital")

    # A whole area: first what it affects, then the same for good.
    page.get_by_test_id("cases-back").click()
    page.get_by_test_id("area-extend").click()
    page.get_by_test_id("area-area").select_option(case.entry.area)
    page.get_by_test_id("area-until").fill((until + timedelta(days=1)).isoformat("T", "minutes"))
    page.get_by_test_id("area-reason").fill("Network down")
    page.get_by_test_id("area-send").click()
    effects = page.get_by_test_id("area-effects")
    expect(effects.locator("[lang=zh-CN]").first).to_contain_text("Network down")
    found |= barriers(page, language, "area-extend", shoot, data=DATA)
    page.get_by_test_id("area-send").click()
    expect(page.get_by_test_id("area-dialog")).to_have_count(0)
    page.get_by_test_id("area-extend").click()
    page.get_by_test_id("area-area").select_option(case.entry.area)
    expect(page.get_by_test_id("area-announced")).to_contain_text("Network down")
    assert found == {}
