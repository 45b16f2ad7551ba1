"""The exam's document in the console: checked with messages that lead to the place, saved, and never lost."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.console import Office, barriers, speak

type Console = Callable[..., Page]


def opened(console: Console, office: Office) -> Page:
    """The page, with the document in it."""
    page = console(office.admin())
    page.get_by_test_id("admin-exam").click()
    expect(text_of(page)).to_have_value(re.compile(office.campaign.exam.id))
    return page


def text_of(page: Page) -> Locator:
    return page.get_by_test_id("exam-text")


def document(page: Page) -> dict[str, Any]:
    return dict(json.loads(text_of(page).input_value()))


def write(page: Page, **changes: Any) -> None:
    text_of(page).fill(json.dumps(document(page) | changes, ensure_ascii=False, indent=2))


def selected(page: Page) -> str:
    script = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    return str(text_of(page).evaluate(script))


def in_force(office: Office) -> Any:
    admin = office.admin().http
    return admin.call("GET", f"/exams/{office.campaign.exam.id}").json()


def test_a_change_is_checked_and_saved(office: Office, console: Console) -> None:
    office.queue(2)
    page = opened(console, office)
    before = in_force(office)
    assert document(page) == before["document"]
    expect(page.get_by_test_id("exam-save")).to_have_count(0)
    write(page, uploads_per_day=150)
    expect(page.get_by_test_id("exam-unsaved")).to_be_visible()
    page.get_by_test_id("exam-check").click()
    effect = page.get_by_test_id("exam-effect")
    expect(effect).to_have_count(1)
    expect(effect).to_contain_text("由 200 改为 150。")
    expect(page.get_by_test_id("exam-counts-370100")).to_have_text(re.compile(r"济南考点\s*0\s*2\s*0\s*0"))
    assert in_force(office) == before
    page.get_by_test_id("exam-save").click()
    expect(page.get_by_test_id("message")).to_contain_text(f"已保存为第 {before['version'] + 1} 版")
    expect(page.get_by_test_id("exam-unsaved")).to_have_count(0)
    after = in_force(office)
    assert after["document"] == before["document"] | {"uploads_per_day": 150}
    assert after["version"] == before["version"] + 1


def test_messages_lead_to_what_is_wrong_and_the_text_stays(office: Office, console: Console) -> None:
    page = opened(console, office)
    categories = document(page)["categories"]
    categories[2]["slots"][0]["id"] = "identity-1"
    write(page, time_zone="Asia/Jinan", categories=categories)
    page.get_by_test_id("exam-check").click()
    problems = page.get_by_test_id("exam-problem")
    expect(problems).to_have_count(2)
    expect(page.get_by_test_id("exam-save")).to_have_count(0)
    problems.filter(has_text="时区").get_by_role("button", name="time_zone").click()
    assert selected(page) == '"Asia/Jinan"'
    problems.filter(has_text="重复").get_by_role("button", name="categories[2].slots[0].id").click()
    assert selected(page) == '"identity-1"'
    assert document(page)["time_zone"] == "Asia/Jinan"
    # To another page and back.
    page.get_by_test_id("admin-agreement").click()
    expect(page.get_by_test_id("agreement")).to_be_visible()
    page.get_by_test_id("admin-exam").click()
    assert document(page)["time_zone"] == "Asia/Jinan"


def test_what_is_no_json_is_said_with_its_line(office: Office, console: Console) -> None:
    page = opened(console, office)
    text_of(page).fill('{\n  "id": "x",\n  "name" 1\n}')
    page.get_by_test_id("exam-check").click()
    expect(page.get_by_test_id("exam-broken")).to_contain_text("第 3 行")
    page.get_by_test_id("exam-broken-show").click()
    assert selected(page) == "1"
    text_of(page).fill("[]")
    page.get_by_test_id("exam-check").click()
    expect(page.get_by_test_id("exam-broken")).to_contain_text("JSON 对象")


def test_who_was_slower_keeps_the_text_and_sees_what_it_would_undo(office: Office, console: Console) -> None:
    page = opened(console, office)
    read = in_force(office)
    write(page, uploads_per_day=150)
    page.get_by_test_id("exam-check").click()
    expect(page.get_by_test_id("exam-save")).to_be_visible()
    theirs = {"version": read["version"], "document": read["document"] | {"min_correction_hours": 72}}
    answer = office.admin().http.call("PUT", f"/exams/{office.campaign.exam.id}", theirs)
    assert answer.status_code == 200, answer.text
    page.get_by_test_id("exam-save").click()
    expect(page.get_by_test_id("exam-newer")).to_contain_text(f"第 {read['version'] + 1} 版")
    assert document(page)["uploads_per_day"] == 150
    page.get_by_test_id("exam-rebase").click()
    expect(page.get_by_test_id("exam-effect")).to_have_count(2)
    expect(page.get_by_test_id("exam-effect").filter(has_text="min_correction_hours")).to_contain_text(
        "由 72 改为 48。"
    )
    write(page, min_correction_hours=72)
    page.get_by_test_id("exam-check").click()
    expect(page.get_by_test_id("exam-effect")).to_have_count(1)
    page.get_by_test_id("exam-save").click()
    expect(page.get_by_test_id("exam-unsaved")).to_have_count(0)
    assert in_force(office)["document"] == read["document"] | {"uploads_per_day": 150, "min_correction_hours": 72}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_has_no_barrier(language: str, office: Office, console: Console, shoot: Callable[..., None]) -> None:
    page = opened(console, office)
    speak(page, language)
    found: dict[str, Any] = {}

    def look(name: str) -> None:
        # Of the exam's own document both languages are seen; of all else one.
        found.update(barriers(page, language, f"exam-{name}", shoot, data='[{}"]'))

    look("read")
    categories = document(page)["categories"]
    write(page, time_zone="Asia/Jinan", uploads_per_day=0)
    page.get_by_test_id("exam-check").click()
    expect(page.get_by_test_id("exam-problem")).to_have_count(2)
    look("problems")
    write(page, time_zone="Asia/Shanghai", uploads_per_day=100, categories=[*categories[:3]])
    page.get_by_test_id("exam-check").click()
    expect(page.get_by_test_id("exam-good")).to_be_visible()
    look("effects")
    assert found == {}
