"""The queue of a site: its order, what it counts, what it is filtered by, and how it keeps up."""

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from scripts.people import until
from tests.support.console import JINAN, QINGDAO, Case, Office, open_case, row
from tests.support.stack import returning

type Console = Callable[..., Page]
HOUR = timedelta(hours=1)


def lists(page: Page, *cases: Case) -> None:
    """The queue shows exactly these, in this order."""
    expect(page.locator("tbody tr th")).to_have_text([case.entry.registration_no for case in cases])


def count(page: Page, status: str, number: int) -> None:
    """So many are said to be in this state."""
    expect(page.get_by_test_id(f"count-{status}")).to_have_text(str(number))


def test_the_oldest_comes_first(office: Office, console: Console) -> None:
    newest, oldest, middle = office.cases(HOUR, 50 * HOUR, 26 * HOUR)
    office.cases(HOUR, site=QINGDAO)
    page = console(office.reviewer())
    lists(page, oldest, middle, newest)
    expect(row(page, oldest)).to_contain_text("2 天 2 小时")
    expect(row(page, oldest)).to_contain_text("超过 48 小时")
    expect(row(page, middle)).to_contain_text("超过 24 小时")
    expect(row(page, newest)).to_contain_text("1 小时 0 分钟")
    expect(row(page, newest)).to_contain_text("第 1 轮")
    expect(row(page, newest)).to_contain_text("未领取")


def test_the_queue_counts_and_filters(office: Office, console: Console) -> None:
    waiting, again, late, returned, approved = office.cases(HOUR, 2 * HOUR, 30 * HOUR, 3 * HOUR, 4 * HOUR)
    one = office.reviewer()
    for case in (again, returned):
        one.http.send_back(case.application, returning("diploma-1")["slots"])
    one.http.approve(approved.application)
    office.resubmitted(again, "diploma-1")
    page = console(one)
    lists(page, late, waiting, again)
    for status, number in (("submitted", 3), ("returned", 1), ("approved", 1)):
        count(page, status, number)

    page.get_by_test_id("status-returned").click()
    lists(page, returned)
    page.get_by_test_id("status-approved").click()
    lists(page, approved)
    page.get_by_test_id("status-submitted").click()
    page.get_by_test_id("filter-round").select_option("2")
    lists(page, again)
    page.get_by_test_id("filter-round").select_option("0")
    page.get_by_test_id("filter-waiting").select_option("24")
    lists(page, late)
    # Filters stay over a reload and over a look at a case.
    page.reload()
    lists(page, late)
    open_case(page, late)
    page.keyboard.press("g")
    lists(page, late)
    # Given back, the next one too, which may have been on its way when the page was left.
    for case in (late, waiting, again):
        until(lambda case=case: office.stack.item(case.application), lambda item: "claim" not in item)
    page.get_by_test_id("filter-waiting").select_option("0")
    page.get_by_test_id("filter-mine").check()
    expect(page.get_by_test_id("queue-empty")).to_contain_text("我已领取的")
    one.http.claim(waiting.application)
    page.get_by_test_id("refresh").click()
    lists(page, waiting)
    expect(row(page, waiting)).to_contain_text("我已领取")
    page.get_by_test_id("filter-mine").uncheck()
    lists(page, late, waiting, again)


def test_a_case_is_found_by_number_and_by_name(office: Office, console: Console) -> None:
    one, two, three = office.cases(3 * HOUR, 2 * HOUR, HOUR)
    reviewer = office.reviewer()
    reviewer.http.approve(two.application)
    page = console(reviewer)
    page.keyboard.press("/")
    expect(page.get_by_test_id("search")).to_be_focused()
    page.keyboard.type(two.entry.registration_no)
    # Whatever its status.
    lists(page, two)
    expect(row(page, two)).to_contain_text("已通过")
    expect(page.get_by_test_id("search-scope")).to_contain_text("全部状态")
    page.get_by_test_id("search").fill(three.entry.name)
    lists(page, three)
    page.get_by_test_id("search").fill("没有这个人")
    expect(page.get_by_test_id("queue-empty")).to_contain_text("没有这个人")
    page.get_by_test_id("search").press("Escape")
    lists(page, one, three)


def test_a_new_submission_comes_without_moving_the_place(office: Office, console: Console) -> None:
    cases = office.queue(3)
    colleague = office.reviewer()
    page = console(office.reviewer())
    page.clock.install()
    page.reload()
    lists(page, *cases)
    row(page, cases[1]).get_by_role("link").focus()
    [new] = office.cases(timedelta(minutes=1))
    colleague.http.approve(cases[0].application)
    page.clock.fast_forward(31_000)
    news = page.get_by_test_id("news")
    expect(news).to_have_text(re.compile("1 份新提交.*1 份已离开"))
    # The rows stay where they are until the reviewer wants to see it.
    lists(page, *cases)
    expect(row(page, cases[0])).to_contain_text("已不在此列表")
    expect(row(page, cases[1]).get_by_role("link")).to_be_focused()
    count(page, "submitted", 3)
    news.click()
    lists(page, cases[1], cases[2], new)


def test_the_queue_asks_seldom(office: Office, console: Console) -> None:
    office.queue(1)
    page = console(office.reviewer())
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/reviews?" in request.url else None)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    for _ in range(4):
        page.clock.fast_forward(15_000)
        page.wait_for_timeout(300)
    assert 2 <= len(asked) <= 3


def test_a_lead_chooses_among_the_sites_of_the_area(office: Office, console: Console) -> None:
    [here] = office.cases(HOUR)
    [there] = office.cases(HOUR, site=QINGDAO)
    page = console(office.lead())
    site = page.get_by_test_id("site-select")
    site.select_option(JINAN)
    lists(page, here)
    site.select_option(QINGDAO)
    lists(page, there)
    page.get_by_test_id("take-next").click()
    expect(page.locator("h1")).to_contain_text(there.entry.registration_no)
    # A reviewer has no choice.
    other = console(office.reviewer())
    lists(other, here)
    expect(other.get_by_test_id("site-select")).to_have_count(0)


def test_an_empty_queue_says_so(office: Office, console: Console) -> None:
    page = console(office.reviewer())
    expect(page.get_by_test_id("queue-empty")).to_have_text("没有等待审核的材料。")
    page.get_by_test_id("take-next").click()
    expect(page.get_by_test_id("take-next")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_test_id("take-next")).to_be_focused()
    expect(page.locator("main")).to_contain_text("没有等待审核的材料。")
    [case] = office.cases(HOUR)
    page.get_by_test_id("take-next").click()
    expect(page.locator("h1")).to_contain_text(case.entry.registration_no)
