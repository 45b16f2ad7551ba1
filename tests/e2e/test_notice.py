"""The notice on paper and the check behind its QR code: printed, scanned, valid, withdrawn."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from PIL.Image import Image
from playwright.sync_api import Page, expect

from scripts import demo
from tests.e2e.conftest import Applicant, Applicants
from tests.support.browser import DESK, PHONE, arrive, axe, chinese, too_wide
from tests.support.stack import Campaign, Stack

type Open = Callable[..., Page]
NOBODYS = "A" * 22


@pytest.fixture
def approved(shown: Applicants) -> Applicant:
    return shown(demo.approved)


@pytest.fixture
def code(approved: Applicant) -> str:
    """The code of the notice of whom this test looks at."""
    return code_of(approved)


def code_of(someone: Applicant) -> str:
    return str(someone.candidate.call("GET", "/application/notice").json()["code"])


@pytest.fixture
def check(stack: Stack, open_page: Open) -> Callable[..., Page]:
    """Opens the check page: `check(code)`."""
    return lambda code="", **options: open_page(check_page(stack) + (code and f"#{code}"), **options)


def check_page(stack: Stack) -> str:
    return str(stack.description["candidate_url"]) + "check/"


def verdict(page: Page, state: str) -> None:
    expect(page.get_by_role("status")).to_have_attribute("data-state", state)


def sheet(page: Page, path: Path) -> Image:
    """The one sheet of A4 that is printed, at 150 dots per inch."""
    printed = pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True, path=path))
    assert len(printed) == 1
    return printed[0].render(scale=150 / 72).to_pil()


def test_from_paper_to_the_check_and_back(
    applicant: Applicants,
    campaign: Campaign,
    stack: Stack,
    open_page: Open,
    tmp_path: Path,
    shoot: Callable[..., None],
) -> None:
    approved = applicant(demo.approved)
    code = code_of(approved)
    page = open_page()
    arrive(page, approved.user)
    page.get_by_test_id("notice-open").click()
    expect(page.get_by_test_id("qr-code")).to_be_visible()
    expect(page.get_by_test_id("check-link")).to_have_text(check_page(stack))
    shoot(page, "phone-notice-qr")
    paper = sheet(page, tmp_path / "notice.pdf")
    paper.save(Path("test-artifacts/screenshots/notice-paper.png"))
    (scanned,) = zxingcpp.read_barcodes(paper)
    assert (scanned.format, scanned.text) == (zxingcpp.BarcodeFormat.QRCode, f"{check_page(stack)}#{code}")

    # Whoever scans it has an old phone, and is nobody's candidate.
    stranger = open_page(scanned.text)
    verdict(stranger, "valid")
    expect(stranger.get_by_role("heading", level=2)).to_have_text(re.compile("通知单有效"))
    expect(stranger.get_by_test_id("notice-name")).to_have_text(f"{approved.person.name[0]}**（部分隐去）")
    expect(stranger.get_by_test_id("notice-site")).to_have_text("济南考点")
    expect(stranger.get_by_test_id("host")).to_contain_text(urlsplit(check_page(stack)).netloc)
    shown = stranger.locator("body").inner_text()
    for hidden in (approved.person.name, approved.person.registration_no):
        assert hidden not in shown

    # An administrator takes the approval back.
    serial = page.get_by_test_id("serial-number").inner_text().strip()
    admin = campaign.staff("admin", exam=campaign.exam.id)
    reopening = {"round": 1, "reason": "毕业证书与学籍不符", "slots": [{"slot": "diploma-1", "code": "illegible"}]}
    assert admin.call("POST", f"/applications/{approved.application}/reopen", reopening).status_code == 200
    stranger.reload()
    verdict(stranger, "withdrawn")
    expect(stranger.get_by_role("heading", level=2)).to_have_text(re.compile("通知单已作废"))
    shoot(stranger, "phone-check-withdrawn")
    assert axe(stranger) == []

    # So says the candidate's own notice, which has nothing to scan any more.
    page.reload()
    expect(page.get_by_test_id("notice-result")).to_contain_text("未通过初审")
    expect(page.get_by_test_id("withdrawn-number")).to_have_text(serial)
    expect(page.get_by_test_id("serial-number")).to_have_text("（无）")
    expect(page.get_by_test_id("qr-code")).to_have_count(0)
    shoot(page, "phone-notice-withdrawn")
    sheet(page, tmp_path / "withdrawn.pdf")


def test_the_code_never_leaves_the_browser_but_for_the_api(code: str, check: Callable[..., Page], stack: Stack) -> None:
    """What stands behind the `#` is in no log of the pages and in no other site's."""
    page = check()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_test_id("code").fill(code)
    page.get_by_test_id("check").click()
    verdict(page, "valid")
    page.reload()
    verdict(page, "valid")
    # A fragment is part of the browser's address, and of no request.
    told = [url for url in asked if code in urlsplit(url).path + urlsplit(url).query]
    assert told
    assert {urlsplit(url).path.rpartition("/notices/")[2] for url in told} == {code}


def test_every_other_answer_says_what_to_do(check: Callable[..., Page]) -> None:
    page = check()
    verdict(page, "ask")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for said in ("123", "A" * 23, "毕业", "A" * 21 + "/"):
        page.get_by_test_id("code").fill(said)
        page.get_by_test_id("check").click()
        verdict(page, "malformed")
        expect(page.get_by_role("status")).to_contain_text("22 个字母")
    assert asked == []

    page.get_by_test_id("code").fill(f" {NOBODYS[:11]} {NOBODYS[11:]} ")
    page.get_by_test_id("check").click()
    verdict(page, "unknown")
    expect(page.get_by_role("status")).to_contain_text("请逐字核对")

    page.route("**/notices/*", lambda route: route.fulfill(status=503, body=""))
    page.get_by_test_id("check").click()
    verdict(page, "failed")
    expect(page.get_by_role("status")).to_contain_text("过一会儿再试")
    page.unroute("**/notices/*")
    page.route("**/notices/*", lambda route: route.abort())
    page.get_by_test_id("retry").click()
    verdict(page, "network")
    expect(page.get_by_role("status")).to_contain_text("这不说明通知单是否有效")
    page.unroute("**/notices/*")
    page.get_by_test_id("retry").click()
    verdict(page, "unknown")


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), (DESK, "en")], ids=["phone-zh", "desk-en"])
def test_no_screen_of_the_check_has_a_barrier(
    size: dict[str, int], language: str, code: str, check: Callable[..., Page], shoot: Callable[..., None]
) -> None:
    page = check(size=size)
    if language == "en":
        page.get_by_test_id("language").click()
    for said, state in (("", "ask"), ("1", "malformed"), (NOBODYS, "unknown"), (code, "valid")):
        if said:
            page.get_by_test_id("code").fill(said)
            page.keyboard.press("Enter")
        verdict(page, state)
        shoot(page, f"{'phone' if size == PHONE else 'desk'}-check-{state}")
        assert axe(page) == []
        assert too_wide(page) == []
        if language == "en":
            assert [text for text in chinese(page) if "考" not in text and "送审" not in text and "*" not in text] == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert too_wide(page) == []
