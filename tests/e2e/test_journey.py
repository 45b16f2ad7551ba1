"""The candidates' guide as one story, on a phone and at the reviewer's desk: from sign-in to the printed notice."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from scripts.people import until
from tests.e2e.conftest import SITE, Applicants
from tests.support.browser import DESK, PHONE, choose, sign_in, slot, submit
from tests.support.stack import STAFF_PASSWORD, Campaign, phone_number

REASON = "毕业证编号无法辨别，请重新上传！"
MATERIALS = (
    ("identity", "identity-front", "identity-1"),
    ("identity", "identity-back", "identity-2"),
    ("identity", "identity-holding", "identity-3"),
    ("diploma", "diploma", "diploma-1"),
    ("assessment", "assessment", "assessment-1"),
)

pytestmark = pytest.mark.e2e


def open_case(page: Page, registration_no: str) -> None:
    """The reviewer finds the candidate in the queue; opening the application claims it."""
    page.get_by_test_id("refresh").click()
    page.locator(f"[data-testid^=queue-row-][data-testid$='_{registration_no}']").click()
    expect(page.get_by_test_id("approve")).to_be_enabled()


def send_held(page: Page) -> None:
    """A decision is held so that it can be undone; leaving the page sends it. Then back to the queue."""
    expect(page.get_by_test_id("held")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("sent")).to_be_visible()
    page.evaluate("location.hash = '#/'")


def calls_among(asked: list[tuple[str, str]], home: str) -> Counter[str]:
    """The calls of the API among what a page has asked for."""
    api = f"{home}api/"
    return Counter(f"{method} /{url.removeprefix(api)}" for method, url in asked if url.startswith(api))


def requests_of(page: Page) -> list[tuple[str, str]]:
    """Method and URL of every request from now on, preflights too, of which Playwright's own events do not tell."""
    asked: list[tuple[str, str]] = []
    cdp = page.context.new_cdp_session(page)
    cdp.on("Network.requestWillBeSent", lambda sent: asked.append((sent["request"]["method"], sent["request"]["url"])))
    cdp.send("Network.enable")
    return asked


def test_from_sign_in_to_the_printed_notice(
    campaign: Campaign,
    applicant: Applicants,
    open_page: Callable[..., Page],
    shoot: Callable[..., None],
    tmp_path: Path,
) -> None:
    someone, number = applicant(None), phone_number()
    home = campaign.stack.description["candidate_url"]

    # §一: the registration system's user name and password activate the account; personal information comes first.
    page = open_page(size=PHONE)
    asked = requests_of(page)
    shoot(page, "journey-01-sign-in")
    sign_in(page, someone.user)
    page.get_by_test_id("phone").fill(number)
    page.get_by_test_id("address").fill("山东省演示市样张路 1 号")
    shoot(page, "journey-02-profile")
    page.get_by_test_id("profile-save").click()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "draft")
    assert calls_among(asked, home) == {"POST /session": 1, "GET /application": 1, "PUT /application/profile": 1}

    # §二: one image after another, up to the fixed number; the wrong one is deleted with the minus button.
    expect(page.get_by_test_id("slot-identity-2")).to_have_count(0)
    choose(page, "file-identity", "identity-back", tmp_path)
    slot(page, "identity-1", "ready", "false")
    page.get_by_test_id("delete-identity-1").click()
    page.get_by_test_id("confirm-delete").click()
    slot(page, "identity-1", "empty", "false")
    for category, kind, name in MATERIALS:
        choose(page, f"file-{category}", kind, tmp_path, blurred=kind == "diploma")
        slot(page, name, "ready", "false")
    expect(page.get_by_test_id("file-identity")).to_have_count(0)
    shoot(page, "journey-03-uploaded")

    # §三, §四: submitted and locked.
    submit(page)
    slot(page, "identity-1", "ready", "true")
    expect(page.get_by_test_id("delete-identity-1")).to_have_count(0)
    expect(page.get_by_test_id("messages")).to_contain_text("上报完成，内容已锁定。")
    # One call for each image and one for each other step. What is read meanwhile is the view alone: how often, depends
    # on how long the verdicts take; one poll is for all uploads (useApplication.test.ts).
    calls = calls_among(asked, home)
    del calls["GET /application"]
    steps = ("POST /session", "PUT /application/profile", "DELETE /uploads/identity-1", "POST /submission")
    assert calls == {**dict.fromkeys(steps, 1), "POST /uploads": len(MATERIALS) + 1}
    shoot(page, "journey-04-submitted")
    page.get_by_test_id("notice-open").click()
    expect(page.get_by_test_id("notice-result")).to_contain_text("未通过初审")
    page.get_by_test_id("notice-back").click()

    # The reviewer of the site returns one image with a reason.
    console = open_page(campaign.stack.description["console_url"], DESK)
    sign_in(
        console,
        {
            "username": campaign.employ("reviewer", exam=campaign.exam.id, area="37", site=SITE),
            "password": STAFF_PASSWORD,
        },
    )
    expect(console.locator(f"[data-testid$='_{someone.person.registration_no}']")).to_be_visible()
    shoot(console, "console-01-queue")
    open_case(console, someone.person.registration_no)
    console.get_by_test_id("thumb-diploma-1").click()
    shoot(console, "console-02-case")
    console.get_by_test_id("return").click()
    console.get_by_test_id("slot-diploma-1").click()
    console.get_by_test_id("reason-diploma-1-illegible").click()
    console.get_by_test_id("note-diploma-1").fill(REASON)
    expect(console.get_by_test_id("preview")).to_contain_text(REASON)
    shoot(console, "console-03-return")
    console.get_by_test_id("send-return").click()
    send_held(console)

    # §六: the message stands on top with its time; only the slot in question is open.
    page.reload()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "returned")
    newest = page.get_by_test_id("message").first
    expect(newest).to_have_text(re.compile(rf"^\s*20\d\d/\d{{1,2}}/\d{{1,2}} \d\d:\d\d:\d\d\s+{REASON}"))
    slot(page, "diploma-1", "ready", "false")
    for name in ("identity-1", "identity-2", "identity-3", "assessment-1"):
        slot(page, name, "ready", "true")
    shoot(page, "journey-05-returned")
    texts = until(lambda: campaign.stack.texts_to(number), bool)
    assert len(texts) == 1
    assert len(texts[0]) <= 70
    assert REASON not in texts[0]

    # Put right and submitted again.
    page.get_by_test_id("delete-diploma-1").click()
    page.get_by_test_id("confirm-delete").click()
    slot(page, "diploma-1", "empty", "false")
    choose(page, "file-diploma", "diploma", tmp_path)
    slot(page, "diploma-1", "ready", "false")
    submit(page)

    # The second round shows what changed, and is approved.
    open_case(console, someone.person.registration_no)
    console.get_by_test_id("thumb-diploma-1").click()
    shoot(console, "console-04-second-round")
    console.get_by_test_id("approve").click()
    console.get_by_test_id("confirm-approve").click()
    send_held(console)

    # §五: a number in the place of the serial number, everything locked, the notice on one page.
    page.reload()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "approved")
    slot(page, "diploma-1", "ready", "true")
    shoot(page, "journey-06-approved")
    page.get_by_test_id("notice-open").click()
    expect(page.get_by_test_id("serial-number")).to_have_text(re.compile(r"^370100\d{6}\s*$"))
    shoot(page, "journey-07-notice")
    pdf = page.pdf(format="A4", path=str(tmp_path / "notice.pdf"))
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1

    # In all of this the browser has asked nobody but the inbox for permission: all but images is at the page's origin.
    assert ("POST", f"{home}api/submission") in asked
    elsewhere = {
        (method, urlsplit(url).path.split("/")[1])
        for method, url in asked
        if not url.startswith((home, "data:", "blob:"))
    }
    inbox, materials = campaign.stack.inbox, campaign.stack.materials
    assert elsewhere == {("OPTIONS", inbox), ("POST", inbox), ("GET", materials)}
    assert not [url for method, url in asked if method == "OPTIONS" and url.startswith(home)]
