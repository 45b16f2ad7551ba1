"""The roster in the console: a file is sent and watched; what was left out, or cannot be read, says what to change."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from songshen import passwords
from tests.support.browser import fetched
from tests.support.console import Office, barriers, speak
from tests.support.stack import PASSWORD

type Console = Callable[..., Page]
HASH = passwords.hashed(PASSWORD)
HEAD = "报名号,姓名,证件号码,考区,考点,手机号码,密码"


def line(no: str, site: str = "370100", phone: str = "13800000001") -> str:
    return f'{no},张三丰,11010519491231002X,37,{site},{phone},"{HASH}"'


def opened(console: Console, office: Office) -> Page:
    page = console(office.admin())
    page.get_by_test_id("admin-roster").click()
    expect(page.get_by_test_id("roster-none")).to_contain_text("还没有导入过名单")
    return page


def choose(page: Page, folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.write_bytes(data)
    page.get_by_test_id("roster-file").set_input_files(path)


def newest(page: Page, state: str, length: int = 1) -> Locator:
    """The newest import once there are so many and it has come to this."""
    cards = page.locator("[data-testid^=import-2]")
    expect(cards).to_have_count(length)
    expect(cards.first).to_have_attribute("data-state", state, timeout=60_000)
    return cards.first


def said(card: Locator) -> dict[str, str]:
    return {
        name: card.get_by_test_id(f"import-{name}").inner_text() for name in ("added", "changed", "unchanged", "bad")
    }


def test_a_file_is_imported_and_what_was_left_out_is_explained(
    office: Office, console: Console, tmp_path: Path
) -> None:
    page = opened(console, office)
    good = [line(f"PAGE-{number}") for number in range(40)]
    bad = [line("PAGE-x", site="9999"), good[3], line("PAGE-y", phone="123")]
    choose(page, tmp_path, "名单.csv", "\r\n".join([HEAD, *good, *bad]).encode("gb18030"))
    expect(page.get_by_test_id("message")).to_contain_text("文件已上传")
    card = newest(page, "done")
    assert said(card) == {"added": "40", "changed": "0", "unchanged": "0", "bad": "3"}
    for code, text in (
        ("unknown_site", "考试设置中没有这个考点。请填写考试设置中的考点代码或名称。"),
        ("repeated_registration_no", "报名号与前面的行重复。请只保留一行。"),
        ("bad_phone", "手机号码应为 11 位数字，以 1 开头。请改正。"),
    ):
        expect(card.get_by_test_id(f"problem-{code}")).to_contain_text(text)
    report = httpx.get(str(card.get_by_test_id("import-report").get_attribute("href")), timeout=30)
    rows = list(csv.reader(io.StringIO(report.content.decode("utf-8-sig"))))[1:]
    assert [row[:2] for row in rows] == [
        ["42", "unknown_site"],
        ["43", "repeated_registration_no"],
        ["44", "bad_phone"],
    ]

    # What was corrected is sent once more; the earlier import stays below.
    choose(page, tmp_path, "名单.csv", "\n".join([HEAD, *good, line("PAGE-x"), line("PAGE-y")]).encode())
    assert said(newest(page, "done", 2)) == {"added": "2", "changed": "0", "unchanged": "40", "bad": "0"}
    page.reload()
    newest(page, "done", 2)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            b"PK\x03\x04 a workbook",
            "这是 Excel 或压缩文件，不是 CSV。请在 Excel 中另存为“CSV UTF-8（逗号分隔）”，再上传。",
        ),
        (f"{HEAD}\n".encode("utf-16"), "文件编码是 UTF-16"),
        ("报名号,姓名\n1,张三\n".encode(), "第一行缺少下列列名。请补上后再上传。"),
    ],
    ids=["workbook", "utf-16", "columns"],
)
def test_a_file_that_is_no_roster_says_what_to_do(
    data: bytes, text: str, office: Office, console: Console, tmp_path: Path
) -> None:
    page = opened(console, office)
    choose(page, tmp_path, "roster.csv", data)
    card = newest(page, "refused")
    expect(card.get_by_test_id("import-refusal")).to_contain_text(text)


def test_a_file_of_the_wrong_type_or_a_lost_connection_sends_nothing(
    office: Office, console: Console, tmp_path: Path
) -> None:
    page = opened(console, office)
    choose(page, tmp_path, "roster.xlsx", b"PK\x03\x04")
    expect(page.get_by_test_id("message")).to_contain_text("“roster.xlsx”不是 CSV 文件")
    choose(page, tmp_path, "empty.csv", b"")
    expect(page.get_by_test_id("message")).to_contain_text("文件是空的")
    expect(page.get_by_test_id("roster-none")).to_be_visible()

    page.route("**/*rosters*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    choose(page, tmp_path, "roster.csv", f"{HEAD}\n{line('L-1')}\n".encode())
    expect(page.get_by_test_id("message")).to_contain_text("网络连接中断")
    expect(page.get_by_test_id("roster-sending")).to_have_count(0)
    page.unroute("**/*rosters*")
    choose(page, tmp_path, "roster.csv", f"{HEAD}\n{line('L-1')}\n".encode())
    assert said(newest(page, "done", 2))["added"] == "1"


RUNNING: dict[str, Any] = {
    "state": "running",
    "text": {"zh": "正在导入。", "en": "Being imported."},
    "size": 1_000_000,
    "read": 437_000,
    "line": 12_345,
    "finished_at": None,
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_no_barrier(
    language: str, office: Office, console: Console, tmp_path: Path, shoot: Callable[..., None]
) -> None:
    page = opened(console, office)
    bad = [line("R-1", site="9999"), line("R-2", phone="1"), line("R-2"), line("R-3", phone="2")]
    choose(page, tmp_path, "no.csv", "报名号,姓名\n".encode())
    newest(page, "refused")
    choose(page, tmp_path, "roster.csv", "\n".join([HEAD, *bad]).encode())
    newest(page, "done", 2)

    def half_done(route: Route) -> None:
        """As if another one were on its way."""
        response = fetched(route)
        shown = response.json()
        shown["imports"].insert(0, shown["imports"][0] | RUNNING | {"id": "20990101", "problems": [], "bad": 0})
        route.fulfill(response=response, json=shown)

    page.route("**/roster", half_done)
    page.get_by_test_id("refresh").click()
    newest(page, "running", 3)
    speak(page, language)
    # Columns go by their Chinese names in the file too.
    assert barriers(page, language, "roster", shoot, data="报名号") == {}
