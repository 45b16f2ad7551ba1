"""Progress and results in the console: the night of a deadline at a glance, a file exported, a bundle taken."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import Office, barriers, speak
from tests.support.night import AREAS, STATES, deadline_night
from tests.support.stack import Stack

type Console = Callable[..., Page]


@pytest.fixture(scope="module")
def night(stack: Stack) -> Office:
    """The corrections end in some hours; nobody is reminded meanwhile, whose SMS would fail and be listed."""
    office = Office(stack, areas=AREAS)
    windows = office.campaign.exam.windows
    closes = datetime.now(UTC) + timedelta(hours=9)
    ends = replace(windows, correction=replace(windows.correction, closes=closes))
    quiet = replace(office.campaign.exam.deadlines, reminders=())
    office.campaign.put(windows=ends, min_correction_hours=1, deadlines=quiet)
    deadline_night(stack, office.campaign.exam)
    return office


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_night_of_a_deadline(language: str, night: Office, console: Console, shoot: Callable[..., None]) -> None:
    page = console(night.admin())
    page.set_viewport_size({"width": 1280, "height": 1500})
    page.get_by_test_id("admin-progress").click()
    expect(page.get_by_test_id("total-submitted")).to_have_text(str(sum(one[1] for one in STATES.values())))
    speak(page, language)
    # The worst first: where nobody decides anything.
    rows = page.get_by_test_id("pace-site").locator("tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.first).to_have_attribute("data-testid", "pace-site-370300")
    expect(rows.first.get_by_test_id("clear")).to_have_text({"zh": "无人审核", "en": "Nobody"}[language])
    expect(page.get_by_test_id("curve").locator("rect")).to_have_count(48)
    expect(page.get_by_test_id("reviewers").locator("tbody tr")).to_have_count(8)
    expect(page.get_by_test_id("closing").locator("tbody tr").first).to_be_visible()
    assert barriers(page, language, "progress", shoot, data="样例") == {}

    # By name, whom somebody has to call, nearest end first; a page, then the rest.
    page.get_by_test_id("to-unreached").click()
    unreached = page.get_by_test_id("unreached")
    expect(unreached.locator("h2")).to_be_focused()
    expect(unreached.locator("tbody tr")).to_have_count(50)
    page.get_by_test_id("unreached-more").click()
    expect(unreached.locator("tbody tr")).to_have_count(sum(one[0] for one in STATES.values()))
    expect(page.get_by_test_id("unreached-more")).to_have_count(0)
    assert barriers(page, language, "unreached", shoot, data="样例") == {}
    page.get_by_test_id("by-area").click()
    expect(page.get_by_test_id("pace-area").locator("tbody tr")).to_have_count(3)
    page.get_by_test_id("progress-area").select_option("11")
    expect(page.get_by_test_id("total-draft")).to_have_text(str(STATES["110105"][0]))
    expect(page.get_by_test_id("reviewers").locator("tbody tr")).to_have_count(4)
    expect(unreached.locator("tbody tr")).to_have_count(STATES["110105"][0])
    # To one of them, and back.
    unreached.get_by_role("link").first.click()
    expect(page.get_by_test_id("case-status")).to_have_attribute("data-status", "draft")
    page.go_back()
    page.get_by_test_id("to-agreement").click()
    expect(page.get_by_test_id("agreement")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_export_and_a_bundle(language: str, office: Office, console: Console, shoot: Callable[..., None]) -> None:
    (case,) = office.queue(1)
    page = console(office.admin())
    page.get_by_test_id("admin-results").click()
    speak(page, language)
    page.get_by_test_id("export-identity").check()
    page.get_by_test_id("export-start").click()
    expect(page.get_by_test_id("message")).to_be_visible()
    file = page.get_by_test_id("export-file")
    with page.expect_download() as download:
        file.first.click()
    assert re.fullmatch(r".*-applications-\d{8}T\d{6}\.csv", download.value.suggested_filename)
    assert case.entry.id_number in download.value.path().read_text("utf-8-sig")
    page.get_by_test_id("export-journal").check()
    expect(page.get_by_test_id("export-identity")).to_have_count(0)
    page.get_by_test_id("export-jsonl").check()
    page.get_by_test_id("export-start").click()
    expect(file).to_have_count(2)
    page.get_by_test_id("bundle-number").fill("none")
    page.get_by_test_id("bundle-make").click()
    expect(page.get_by_test_id("message")).to_be_visible()
    page.get_by_test_id("bundle-number").fill(case.entry.registration_no)
    page.get_by_test_id("bundle-make").click()
    with page.expect_download() as download:
        page.get_by_test_id("bundle-file").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    assert barriers(page, language, "results", shoot) == {}
