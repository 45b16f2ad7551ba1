"""Spot checks: another site's reviewer judges the case again and does not notice; administrators see how alike."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from scripts.people import until
from tests.support.console import QINGDAO, Case, Office, Staff, approve, on_screen, send_back
from tests.support.stack import Stack

type Console = Callable[..., Page]
WORDS = re.compile("抽查|复核|再次审核|check|spot", re.IGNORECASE)


def told(page: Page) -> str:
    """Everything that the case's page says, but for the time."""
    return re.sub(r"\d+", "", page.locator("main").inner_text())


def checked(office: Office, first: Staff) -> Case:
    """A case that has been approved at the first site."""
    case = office.queue(1)[0]
    first.http.approve(case.application)
    return case


def test_a_spot_check_is_a_case_like_any_other(stack: Stack, console: Console) -> None:
    office = Office(stack, spot_check_share=1.0)
    first, second = office.reviewer(), office.reviewer(QINGDAO)
    case = office.queue(1)[0]
    page = console(first)
    page.keyboard.press("s")
    on_screen(page, case)
    as_usual = told(page)
    approve(page)
    expect(page.get_by_test_id("held")).to_be_visible()
    page.reload()
    until(lambda: case.status, lambda status: status == "approved")

    other = console(second)
    expect(other.locator("tbody tr")).to_have_count(0)
    expect(other.get_by_test_id("count-submitted")).to_have_text("0")
    other.keyboard.press("s")
    on_screen(other, case)
    assert told(other) == as_usual
    assert not WORDS.search(other.locator("body").inner_text())
    send_back(other)
    expect(other.get_by_test_id("held")).to_contain_text(case.entry.name)
    other.reload()
    expect(other.get_by_test_id("sent")).to_contain_text(f"{case.entry.name} 已退回")
    # Without any effect.
    assert case.status == "approved"
    assert office.stack.texts_to(case.entry.phone) == []

    # The administrator sees both decisions.
    admin = console(office.admin())
    expect(admin.get_by_test_id("agreement-site-370100")).to_have_text(re.compile(r"济南考点\s*1\s*0\s*样本不足"))
    expect(admin.get_by_test_id("agreement-reason-illegible")).to_contain_text("图片不清晰")
    apart = admin.get_by_test_id("disagreement")
    expect(apart).to_have_count(1)
    expect(apart).to_contain_text(case.entry.registration_no)
    expect(apart).to_contain_text(first.name)
    expect(apart).to_contain_text(second.name)


def test_the_share_of_agreement_is_counted_by_site(stack: Stack, console: Console) -> None:
    office = Office(stack, spot_check_share=1.0)
    first, second = office.reviewer(), office.reviewer(QINGDAO)
    for number in range(5):
        checked(office, first)
        found = second.http.call("POST", "/reviews/next").json()
        outcome = {"outcome": "approve"} if number else {"outcome": "return", "note": "请核对。"}
        assert second.http.decide(found["application"], {"round": 1} | outcome).status_code == 200
    page = console(office.admin())
    expect(page.get_by_test_id("agreement-site-370100")).to_have_text(re.compile(r"济南考点\s*5\s*4\s*80%"))
    expect(page.get_by_test_id("disagreement")).to_have_count(1)
    expect(page.get_by_test_id("take-next")).to_have_count(0)
