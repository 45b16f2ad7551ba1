"""The candidates' guide, paragraph by paragraph, where the story of test_journey.py does not tell it."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Request, Route, expect

from scripts import demo, specimens
from tests.e2e.conftest import Applicants
from tests.support.browser import arrive, choose, sign_in, slot
from tests.support.stack import Campaign, refused

type Open = Callable[..., Page]


def shows(page: Page, test_id: str) -> None:
    """There is an image in this part of the page, and it has been loaded."""
    image = page.get_by_test_id(test_id).locator("img")
    expect(image).to_be_visible()
    expect(image).not_to_have_js_property("naturalWidth", 0)


# ---- 一, 七: signing in, personal information ----


def test_the_first_sign_in_activates_and_asks_for_personal_information_once(
    size: dict[str, int], applicant: Applicants, open_page: Open
) -> None:
    page = open_page(size=size)
    someone = applicant(None)
    sign_in(page, someone.user)
    expect(page.get_by_test_id("activated")).to_have_text("登录成功，账号已激活。")
    expect(page.get_by_role("heading", name="完善个人信息")).to_be_visible()
    expect(page.locator("[data-testid^=category-]")).to_have_count(0)
    page.get_by_test_id("phone").fill("139 0000 0000")
    page.get_by_test_id("address").fill("样张路 1 号")
    page.get_by_test_id("profile-save").click()
    expect(page.locator("[data-testid^=category-]")).to_have_count(4)
    page.get_by_test_id("sign-out").click()
    sign_in(page, someone.user)
    expect(page.get_by_test_id("profile-phone")).to_have_text("13900000000")
    expect(page.get_by_test_id("activated")).to_have_count(0)
    expect(page.get_by_role("heading", name="完善个人信息")).to_have_count(0)


def test_personal_information_is_changed_at_any_time(applicant: Applicants, open_page: Open) -> None:
    page = open_page()
    someone = applicant(demo.submitted)
    arrive(page, someone.user)
    page.get_by_test_id("profile-edit").click()
    page.get_by_test_id("phone").fill("13987654321")
    page.get_by_test_id("address").fill("样张路 2 号")
    page.get_by_test_id("profile-save").click()
    expect(page.get_by_test_id("profile-phone")).to_have_text("13987654321")
    expect(page.get_by_test_id("profile-address")).to_have_text("样张路 2 号")
    assert someone.candidate.view()["candidate"]["phone"] == "13987654321"


# ---- 二: the materials ----


def test_the_categories_say_what_is_asked(
    campaign: Campaign, size: dict[str, int], shown: Applicants, open_page: Open
) -> None:
    page = open_page(size=size)
    arrive(page, shown(demo.started).user)
    materials = page.get_by_role("region", name="报名材料附件")
    expect(materials).to_contain_text(
        "提示：考生上传材料照片需保证信息真实、准确、完整、有效。如有虚假材料，将按照《医师资格考试违纪违规规定》相关条款进行处理。"
    )
    expect(materials).to_contain_text(
        "注意：带有*号的为必须上传的项目。材料上报完成后，如遇材料问题需要修订，将通过短信方式（发送到报名电话号码）通知。"
    )
    expect(materials).to_contain_text("jpg/jpeg/png 格式")
    expect(materials).to_contain_text("单个文件不超过 200k")
    for category in campaign.exam.categories:
        part = page.get_by_test_id(f"category-{category.id}")
        star = "*" if category.required else ""
        heading = part.get_by_role("heading", level=3)
        assert re.sub(r"\s|必须上传", "", heading.text_content() or "") == f"{category.title.zh}：（示例）{star}"
        expect(part.get_by_text(category.hint.zh, exact=True)).to_be_visible()
    page.get_by_role("button", name="毕业证书示例").click()
    example = page.get_by_role("dialog").locator("img")
    expect(example).not_to_have_js_property("naturalWidth", 0)
    assert str(example.get_attribute("src")).endswith("/examples/diploma.jpg")


def test_images_are_added_one_after_another_up_to_the_fixed_number(
    size: dict[str, int], applicant: Applicants, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(size=size)
    arrive(page, applicant(demo.started).user)
    part = page.get_by_test_id("category-identity")
    expect(part.locator("article")).to_have_count(3)
    expect(part).to_contain_text("可传下一张")
    choose(page, "file-identity", "identity-holding", tmp_path)
    slot(page, "identity-3", "ready", "false")
    expect(part.locator("article")).to_have_count(3)
    expect(page.get_by_test_id("file-identity")).to_have_count(0)
    expect(part).not_to_contain_text("可传下一张")
    # The wrong one is taken out, after a question; then another can be uploaded there.
    page.get_by_test_id("delete-identity-1").click()
    page.get_by_role("dialog").get_by_role("button", name="不删除").click()
    slot(page, "identity-1", "ready", "false")
    page.get_by_test_id("delete-identity-1").click()
    page.get_by_test_id("confirm-delete").click()
    slot(page, "identity-1", "empty", "false")
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")


# ---- 三, 四: what is there, and what is locked ----


def test_who_signs_in_again_sees_the_images(size: dict[str, int], shown: Applicants, open_page: Open) -> None:
    page = open_page(size=size)
    arrive(page, shown(demo.complete).user)
    for name in ("identity-1", "identity-2", "identity-3", "diploma-1", "assessment-1"):
        slot(page, name, "ready", "false")
        shows(page, f"preview-{name}")


def test_a_locked_image_cannot_be_changed(size: dict[str, int], shown: Applicants, open_page: Open) -> None:
    page = open_page(size=size)
    someone = shown(demo.submitted)
    arrive(page, someone.user)
    for name in ("identity-1", "identity-2", "identity-3", "diploma-1", "assessment-1"):
        slot(page, name, "ready", "true")
        expect(page.get_by_test_id(f"slot-{name}")).to_contain_text("已锁定")
    expect(page.locator("[data-testid^=delete-], input[type=file], [data-testid=submit]")).to_have_count(0)
    picture = specimens.draw("diploma")
    assert refused(someone.candidate.call("DELETE", "/uploads/diploma-1")) == (409, "locked")
    assert refused(someone.candidate.reserve("diploma", picture)) == (409, "locked")
    assert refused(someone.candidate.reserve("diploma", picture, "diploma-1")) == (409, "locked")


def test_after_a_return_only_the_named_image_is_open(size: dict[str, int], shown: Applicants, open_page: Open) -> None:
    page = open_page(size=size)
    someone = shown(demo.returned)
    arrive(page, someone.user)
    slot(page, "diploma-1", "ready", "false")
    expect(page.locator("[data-testid^=delete-]")).to_have_count(1)
    for name in ("identity-1", "identity-2", "identity-3", "assessment-1"):
        slot(page, name, "ready", "true")
        assert refused(someone.candidate.call("DELETE", f"/uploads/{name}")) == (409, "locked")
    expect(page.locator("input[type=file][data-testid^=file-]")).to_have_count(1)
    expect(page.get_by_test_id("file-diploma-1")).to_have_count(1)


# ---- 五, 六: messages, the notice ----


def test_messages_stand_on_top_the_newest_first(size: dict[str, int], shown: Applicants, open_page: Open) -> None:
    page = open_page(size=size)
    arrive(page, shown(demo.returned).user)
    found = re.compile(r"(20\d\d/\d+/\d+ \d\d:\d\d:\d\d) (.+)")
    lines = [found.fullmatch(line) for line in page.get_by_test_id("message").all_inner_texts()]
    assert [line[2] for line in lines if line] == ["毕业证编号无法辨别，请重新上传！", "上报完成，内容已锁定。"]
    times = [line[1] for line in lines if line]
    assert times == sorted(times, reverse=True)
    first = page.get_by_test_id("messages").bounding_box()
    materials = page.get_by_test_id("category-identity").bounding_box()
    assert first is not None
    assert materials is not None
    assert first["y"] < materials["y"]


def test_no_message_means_that_nothing_has_been_reviewed(shown: Applicants, open_page: Open) -> None:
    page = open_page()
    arrive(page, shown(demo.complete).user)
    expect(page.get_by_test_id("messages")).to_have_text("暂无消息。")


def test_the_notice_is_one_page_of_a4_with_the_number(
    size: dict[str, int], shown: Applicants, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(size=size)
    someone = shown(demo.approved)
    arrive(page, someone.user)
    page.get_by_test_id("notice-open").click()
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("医师资格考试网上报名成功通知单")
    expect(page.get_by_test_id("serial-number")).to_have_text(re.compile(r"^\s*370100\d{6}\s*$"))
    expect(notice).to_contain_text(someone.person.name)
    expect(notice).to_contain_text(someone.person.registration_no)
    expect(notice).to_contain_text("序列号处出现数字，且上传的报名材料已锁定，为考点资格初审通过。")
    assert sheets(page, tmp_path) == 1


def test_without_a_number_the_notice_says_so_and_what_to_do(
    size: dict[str, int], shown: Applicants, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(size=size)
    arrive(page, shown(demo.returned).user)
    page.get_by_test_id("notice-open").click()
    expect(page.get_by_test_id("notice-result")).to_contain_text("未通过初审")
    expect(page.get_by_test_id("serial-number")).to_have_text("（无）")
    expect(page.get_by_test_id("notice")).to_contain_text("“消息提醒”")
    assert sheets(page, tmp_path) == 1
    page.get_by_test_id("notice-back").click()
    expect(page.get_by_test_id("status")).to_be_visible()


def sheets(page: Page, folder: Path) -> int:
    """How many sheets of A4 the page is when printed."""
    pdf = page.pdf(format="A4", prefer_css_page_size=True, path=folder / "printed.pdf")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


# ---- a link to an image lives for minutes only ----


def viewed(request: Request) -> bool:
    """Whether the page asks for the candidate's view, which brings fresh links."""
    return request.method == "GET" and request.url.endswith("/application")


def test_an_image_link_that_has_ended_is_renewed_unnoticed(shown: Applicants, open_page: Open) -> None:
    page = open_page()
    asked: list[str] = []
    views: list[str] = []
    page.on("request", lambda request: views.append(request.url) if viewed(request) else None)

    def ended_at_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=403, content_type="application/xml", body="<Error><Code>AccessDenied</Code></Error>")
        else:
            route.fallback()

    page.route(re.compile(r"/materials/.*diploma-1"), ended_at_first)
    arrive(page, shown(demo.complete).user)
    shows(page, "preview-diploma-1")
    assert len(asked) == 2
    assert len(views) == 2
