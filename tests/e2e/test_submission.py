"""Before and after submitting: what is missing, the question, the receipt, a return, and the deadline."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scripts import demo
from tests.e2e.conftest import Applicants
from tests.support.browser import arrive, axe, change_view, slot, speak, too_wide

type Open = Callable[..., Page]


def test_the_checklist_leads_to_what_is_missing(size: dict[str, int], shown: Applicants, open_page: Open) -> None:
    page = open_page(size=size)
    arrive(page, shown(demo.started).user)
    states = {
        str(item.get_attribute("data-testid")): item.get_attribute("data-state")
        for item in page.locator("[data-testid^=checklist-]").all()
    }
    assert states == {
        "checklist-identity": "done",
        "checklist-diploma": "missing",
        "checklist-assessment": "missing",
    }
    page.get_by_test_id("checklist-assessment").get_by_role("button").click()
    expect(page.get_by_test_id("category-assessment")).to_be_focused()
    expect(page.get_by_test_id("category-assessment")).to_be_in_viewport()
    expect(page.get_by_test_id("summary")).to_have_text("还有 2 项未完成")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("missing").get_by_role("button")).to_have_text(
        ["毕业证书（必须上传）", "试用期考核证明（必须上传）"]
    )
    expect(page.get_by_test_id("confirm-submit")).to_have_count(0)
    page.get_by_test_id("missing").get_by_role("button").first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("category-diploma")).to_be_focused()


def test_the_question_shows_the_images_once_more_and_the_receipt_lists_them(
    size: dict[str, int], applicant: Applicants, open_page: Open, shoot: Callable[..., None], tmp_path: Path
) -> None:
    page = open_page(size=size)
    someone = applicant(demo.complete)
    arrive(page, someone.user)
    held = {name: slot["sha256"] for name, slot in someone.candidate.slots().items() if slot["state"] == "ready"}
    page.get_by_test_id("submit").click()
    for name in held:
        image = page.get_by_test_id(f"confirm-image-{name}").locator("img")
        expect(image).not_to_have_js_property("naturalWidth", 0)
    # An image may be looked at; then the question is still there.
    page.get_by_test_id("confirm-image-diploma-1").click()
    expect(page.get_by_role("dialog")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.get_by_test_id("confirm-submit").click()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "submitted")
    page.get_by_test_id("receipt-open").click()
    receipt = someone.candidate.view()["receipt"]
    sheet = page.get_by_test_id("receipt-sheet")
    expect(page.get_by_test_id("receipt-number")).to_have_text(receipt["number"])
    at = datetime.fromisoformat(receipt["at"])
    expect(sheet).to_contain_text(f"{at.year}/{at.month}/{at.day} {at:%H:%M:%S}（北京时间）")
    printed = {
        str(line.get_attribute("data-testid")).removeprefix("receipt-image-"): line.locator("code").inner_text()
        for line in page.locator("[data-testid^=receipt-image-]").all()
    }
    assert {name: digits.replace(" ", "") for name, digits in printed.items()} == held
    pdf = page.pdf(format="A4", prefer_css_page_size=True, path=tmp_path / "receipt.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_a_return_says_which_image_why_where_and_until_when(
    size: dict[str, int], shown: Applicants, open_page: Open
) -> None:
    page = open_page(size=size)
    someone = shown(demo.returned)
    arrive(page, someone.user)
    expect(page.get_by_test_id("status")).to_contain_text(
        re.compile(r"^已退回，请于 20\d\d/\d+/\d+ \d\d:\d\d 前修改并重新提交。$")
    )
    expect(page.get_by_test_id("review")).to_contain_text("毕业证编号无法辨别，请重新上传！")
    checklist = page.get_by_test_id("checklist")
    expect(checklist).to_contain_text("其余 4 张已锁定")
    line = page.get_by_test_id("checklist-diploma-1")
    expect(line).to_have_attribute("data-state", "returned")
    expect(line).to_contain_text("审核人员标出的位置：左下。")
    page.get_by_test_id("preview-diploma-1").click()
    # The box lies on the image where the reviewer drew it: fractions of the image as it is shown.
    held = someone.candidate.slots()["diploma-1"]
    box = page.get_by_role("dialog").get_by_test_id("region")
    drawn = box.evaluate(
        """at => {
          const image = at.parentElement.querySelector('img')
          const place = image.getBoundingClientRect()
          const scale = Math.min(place.width / image.naturalWidth, place.height / image.naturalHeight)
          const left = place.left + (place.width - image.naturalWidth * scale) / 2
          const top = place.top + (place.height - image.naturalHeight * scale) / 2
          const rect = at.querySelector('.line').getBoundingClientRect()
          const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale]
          return [(rect.left - left) / width, (rect.top - top) / height,
                  (rect.right - left) / width, (rect.bottom - top) / height]
        }"""
    )
    assert drawn == pytest.approx(held["review"]["region"], abs=0.02)


# ---- the deadline ----


def at_the_end(left: timedelta) -> Callable[[dict[str, Any]], None]:
    """The view of somebody who has so much time left (negative: since the end)."""

    def change(view: dict[str, Any]) -> None:
        now = datetime.fromisoformat(view["now"])
        view["editable_until"] = (now + left).isoformat()
        view["submittable_until"] = (now + left + timedelta(minutes=10)).isoformat()

    return change


ENDS = {
    "none": (timedelta(days=3, hours=4, minutes=1), ["距截止还有 3 天 4 小时"]),
    "soon": (timedelta(hours=5, minutes=1), ["截止", "还有 5 小时"]),
    "last": (timedelta(minutes=25, seconds=30), ["截止", "还有 25 分钟"]),
    "grace": (-timedelta(minutes=4), ["上传已截止。", "已上传的材料可在", "前提交"]),
    "over": (-timedelta(hours=2), ["现在不能再上传或提交。", "请联系您的考点（济南考点）"]),
}


@pytest.mark.parametrize("urgency", ENDS)
def test_the_deadline_is_said_plainly(
    urgency: str, size: dict[str, int], shown: Applicants, open_page: Open, shoot: Callable[..., None]
) -> None:
    left, texts = ENDS[urgency]
    page = open_page(size=size)
    change_view(page, at_the_end(left))
    arrive(page, shown(demo.complete).user)
    banner = page.get_by_test_id("deadline")
    expect(banner).to_have_attribute("data-urgency", urgency)
    for text in texts:
        expect(banner).to_contain_text(text)
    open_for_files = page.locator("input[type=file]")
    expect(open_for_files).to_have_count(0 if urgency in {"grace", "over"} else 3)
    expect(page.get_by_test_id("submit")).to_have_count(0 if urgency == "over" else 1)
    shoot(page, f"{'phone' if size['width'] < 500 else 'desk'}-deadline-{urgency}")
    speak(page, "zh" if size["width"] < 500 else "en")
    assert (axe(page), too_wide(page)) == ([], [])


def test_before_the_window_opens_the_page_says_when(shown: Applicants, open_page: Open) -> None:
    def early(view: dict[str, Any]) -> None:
        opens = datetime.fromisoformat(view["now"]) + timedelta(days=2)
        view["exam"]["windows"]["upload"]["opens"] = opens.isoformat()

    page = open_page()
    change_view(page, early)
    arrive(page, shown(demo.registered).user)
    expect(page.get_by_test_id("status")).to_contain_text("上传材料将于")
    expect(page.locator("input[type=file], [data-testid=submit], [data-testid=deadline]")).to_have_count(0)


def test_times_are_those_of_the_exam_wherever_the_device_is(shown: Applicants, open_page: Open) -> None:
    page = open_page(timezone_id="America/New_York")
    someone = shown(demo.submitted)
    arrive(page, someone.user)
    at = datetime.fromisoformat(someone.candidate.view()["submitted_at"])
    expect(page.get_by_test_id("status")).to_contain_text(f"{at.year}/{at.month}/{at.day} {at:%H:%M:%S}（北京时间）")
    slot(page, "diploma-1", "ready", "true")
