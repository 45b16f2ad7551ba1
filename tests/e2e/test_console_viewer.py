"""What the reviewer sees of a case: the image and its tools, the round before, and what protects the candidates."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from scripts.people import until
from songshen.adapters.dynamodb import DynamoApplications
from tests.support.console import Case, Office, drawn, look_at, open_case
from tests.support.stack import ILLEGIBLE, returning

type Console = Callable[..., Page]
REGION = [0.1, 0.8, 0.5, 0.9]


def placed(page: Page, test_id: str = "viewer-image") -> dict[str, float]:
    """Where the image lies on the screen, in pixels."""
    box = page.get_by_test_id(test_id).bounding_box()
    assert box
    return dict(box)


def scale(page: Page) -> int:
    """Percent of its pixels."""
    return int(re.sub(r"\D", "", page.get_by_test_id("actual-size").inner_text()))


def second_round(office: Office) -> Case:
    """A case whose diploma has come back."""
    case = office.queue(1)[0]
    sent = returning("diploma-1")["slots"][0] | {"region": REGION}
    office.reviewer().http.send_back(case.application, [sent])
    office.resubmitted(case, "diploma-1")
    return case


def test_the_image_is_zoomed_where_the_pointer_is(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    look_at(page, "diploma-1")
    drawn(page)
    fitted = placed(page)
    page.keyboard.press("z")
    assert scale(page) == 100
    before = placed(page)
    assert round(before["width"]) == 1200
    at = {"x": before["x"] + 0.5 * before["width"], "y": before["y"] + 0.5 * before["height"] + 60}
    share = (at["y"] - before["y"]) / before["height"]
    page.mouse.move(at["x"], at["y"])
    page.mouse.wheel(0, -600)
    after = until(lambda: placed(page), lambda now: now["width"] > before["width"] + 50)
    # What was under the pointer is there still.
    assert abs((at["x"] - after["x"]) / after["width"] - 0.5) < 0.01
    assert abs((at["y"] - after["y"]) / after["height"] - share) < 0.01
    # Dragged along with the mouse, and no further than it may.
    page.mouse.down()
    page.mouse.move(at["x"] - 40, at["y"] - 30, steps=4)
    page.mouse.up()
    moved = placed(page)
    assert abs(moved["x"] - after["x"] + 40) < 2
    assert abs(moved["y"] - after["y"] + 30) < 2
    page.keyboard.press("f")
    assert placed(page) == fitted


def test_the_image_is_turned(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    look_at(page, "diploma-1")
    drawn(page)
    wide = placed(page)
    assert wide["width"] > wide["height"]
    page.keyboard.press("t")
    assert placed(page)["width"] < placed(page)["height"]
    # The whole of it is in sight.
    stage = page.locator(".stage").bounding_box()
    assert stage
    assert placed(page)["height"] <= stage["height"] + 1
    page.keyboard.press("Shift+T")
    assert placed(page) == wide
    page.get_by_role("button", name="向左旋转").click()
    assert placed(page)["width"] < placed(page)["height"]


def test_the_example_stands_beside_the_image(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    look_at(page, "diploma-1")
    page.get_by_test_id("compare-example").click()
    example = page.get_by_test_id("viewer-example")
    expect(example).to_be_visible()
    expect(example).not_to_have_js_property("naturalWidth", 0)
    assert str(example.get_attribute("src")).endswith("/examples/diploma.jpg")
    drawn(page)
    assert placed(page)["x"] + placed(page)["width"] <= placed(page, "viewer-example")["x"]
    page.keyboard.press("e")
    expect(example).to_have_count(0)


def test_a_later_round_shows_what_has_changed_and_why(office: Office, console: Console) -> None:
    case = second_round(office)
    page = console(office.reviewer())
    open_case(page, case)
    # What has changed comes first, and apart from the rest.
    expect(page.get_by_test_id("thumb-diploma-1")).to_have_attribute("aria-current", "true")
    expect(page.get_by_test_id("rail-changed").locator("button")).to_have_count(1)
    expect(page.get_by_test_id("rail-unchanged").get_by_test_id("thumb-identity-1")).to_be_visible()
    expect(page.get_by_test_id("last-reason")).to_contain_text("图片不清晰，无法辨认，请重新上传！")
    expect(page.get_by_test_id("last-reason")).to_contain_text(ILLEGIBLE)
    # Before and after, side by side, with the box of the round before; then in one place.
    previous = page.get_by_test_id("viewer-previous")
    expect(previous).not_to_have_js_property("naturalWidth", 0)
    box, image = page.get_by_test_id("region-previous").bounding_box(), placed(page, "viewer-previous")
    assert box
    assert abs((box["x"] - image["x"]) / image["width"] - REGION[0]) < 0.02
    assert abs((box["y"] + box["height"] - image["y"]) / image["height"] - REGION[3]) < 0.02
    assert previous.get_attribute("src") != page.get_by_test_id("viewer-image").get_attribute("src")
    page.keyboard.press("c")
    expect(previous).to_have_count(0)
    page.keyboard.press("v")
    expect(page.get_by_test_id("viewer-before")).to_be_visible()
    page.keyboard.press("v")
    page.keyboard.press("c")
    expect(previous).to_be_visible()
    look_at(page, "identity-1")
    expect(previous).to_have_count(0)
    expect(page.get_by_test_id("last-reason")).to_have_count(0)


# ---- protection ----


def test_images_bear_the_name_of_who_looks_at_them(office: Office, console: Console) -> None:
    case = second_round(office)
    one = office.reviewer()
    page = console(one)
    open_case(page, case)
    marks = page.get_by_test_id("watermark")
    for stage in page.locator(".stage:visible").all():
        mark = stage.get_by_test_id("watermark")
        expect(mark).to_contain_text(one.name)
        assert mark.bounding_box() == stage.bounding_box()
    assert marks.count() >= 2
    # It does not come between the mouse and the image.
    page.mouse.move(placed(page)["x"] + 50, placed(page)["y"] + 50)
    before = scale(page)
    page.mouse.wheel(0, -600)
    until(lambda: scale(page), lambda now: now > before)


def test_nothing_invites_to_keep_an_image(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    assert page.locator("a[download], a[href*=materials]").count() == 0
    for name in ("viewer-image", "thumb-diploma-1"):
        target = page.get_by_test_id(name)
        if name.startswith("thumb"):
            target = target.locator("img")
        allowed = target.evaluate(
            "at => at.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))"
        )
        assert not allowed, f"{name} offers the browser's menu"
    assert page.get_by_test_id("viewer-image").get_attribute("draggable") == "false"


def test_numbers_are_masked_until_they_are_asked_for(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    one = office.reviewer()
    page = console(one)
    page.clock.install()
    open_case(page, case)
    applications = DynamoApplications(office.stack.client("dynamodb"), office.stack.table)

    def looked() -> set[str]:
        return {seen.what for seen in applications.viewings(case.application) if seen.by == one.name}

    assert case.entry.id_number not in page.content()
    assert case.entry.phone not in page.content()
    assert looked() == {"case"}
    page.get_by_test_id("identity-show").click()
    shown = page.get_by_test_id("identity")
    expect(shown).to_contain_text(case.entry.id_number)
    expect(shown).to_contain_text(case.entry.phone)
    assert looked() == {"case", "identity"}
    # Not for longer than a minute.
    page.clock.fast_forward("01:01")
    expect(shown).to_have_count(0)
    assert case.entry.id_number not in page.content()


def test_an_expired_link_is_replaced(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    page.clock.install()
    first: set[str] = set()
    fresh = False

    def expired(route: Route) -> None:
        """The first link to the diploma is not good any more when it is used."""
        url = route.request.url
        if not fresh:
            first.add(url)
        if url in first:
            route.fulfill(status=403, content_type="application/xml", body="<Code>AccessDenied</Code>")
        else:
            route.continue_()

    page.route(re.compile("/diploma-1/"), expired)
    open_case(page, case)
    # Stands still until the link has run out: a slow machine must not be the one that runs out of patience.
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    write = page.get_by_test_id("note-diploma-1")
    look_at(page, "diploma-1")
    page.keyboard.press("1")
    write.fill("说明")
    fresh = True
    page.clock.fast_forward("05:00")
    page.clock.resume()
    drawn(page)
    assert first
    assert page.get_by_test_id("viewer-image").get_attribute("src") not in first
    # Nothing else has changed.
    expect(page.get_by_test_id("thumb-diploma-1")).to_have_attribute("aria-current", "true")
    expect(write).to_have_value("说明")


def test_an_image_that_cannot_be_shown_says_so(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    page.route(re.compile("/diploma-1/"), lambda route: route.abort())
    open_case(page, case)
    look_at(page, "diploma-1")
    broken = page.locator(".broken")
    expect(broken).to_contain_text("图片打不开")
    page.unroute(re.compile("/diploma-1/"))
    broken.get_by_role("button", name="重试").click()
    drawn(page)
    expect(broken).to_have_count(0)
