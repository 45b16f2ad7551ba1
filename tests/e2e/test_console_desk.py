"""Two reviewers at one queue: who has a case, what they decide, and that nothing they have entered is ever lost."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from scripts.people import until
from scripts.traffic import Traffic
from tests.support.console import (
    SLOTS,
    Case,
    Office,
    approve,
    drawn,
    look_at,
    no_focus,
    on_screen,
    open_case,
    refusing,
    row,
    send_back,
    take,
)
from tests.support.stack import returning, slots_of

type Console = Callable[..., Page]
NOTE = "学校名称被手指遮住，请重新拍摄。"


def decided(case: Case, status: str) -> None:
    """The decision has arrived."""
    until(lambda: case.status, lambda now: now == status)


def write(page: Page, slot: str = "diploma-1", note: str = NOTE) -> None:
    """Marks an image, gives a reason and a note."""
    look_at(page, slot)
    page.keyboard.press("1")
    page.get_by_test_id(f"note-{slot}").fill(note)


def kept(page: Page, slot: str = "diploma-1", note: str = NOTE) -> None:
    """What `write` has entered is there, and can be changed."""
    expect(page.get_by_test_id(f"note-{slot}")).to_have_value(note)
    expect(page.get_by_test_id(f"reason-{slot}")).to_contain_text("图片不清晰")


# ---- opening is claiming ----


def test_opening_a_case_claims_it(office: Office, console: Console) -> None:
    case = office.queue(2)[0]
    one, two = office.reviewer(), office.reviewer()
    mine, theirs = console(one), console(two)
    open_case(mine, case)
    expect(mine.get_by_test_id("lease")).to_contain_text("已领取")
    assert office.stack.item(case.application)["claim"]["by"] == one.name

    # The other one sees who has it, may look, and cannot decide.
    theirs.get_by_test_id("refresh").click()
    expect(row(theirs, case)).to_contain_text(f"{one.name} 审核中")
    row(theirs, case).click()
    drawn(theirs)
    expect(theirs.get_by_test_id("lease")).to_contain_text(f"只读：{one.name} 正在审核")
    expect(theirs.get_by_test_id("claim")).to_be_disabled()
    expect(theirs.get_by_test_id("approve")).to_have_count(0)
    theirs.keyboard.press("a")
    theirs.keyboard.press("1")
    expect(theirs.get_by_test_id("held")).to_have_count(0)
    expect(theirs.get_by_test_id("send-return")).to_have_count(0)
    theirs.get_by_test_id("back").click()

    # Who leaves gives it back, and then the other one has it.
    mine.get_by_test_id("back").click()
    until(lambda: office.stack.item(case.application), lambda item: "claim" not in item)
    theirs.get_by_test_id("refresh").click()
    expect(row(theirs, case)).to_contain_text("未领取")
    open_case(theirs, case)
    assert office.stack.item(case.application)["claim"]["by"] == two.name


def test_two_who_take_the_next_one_have_different_ones(office: Office, console: Console) -> None:
    cases = office.queue(4)
    pages = [console(office.reviewer()), console(office.reviewer())]
    for page in pages:
        page.keyboard.press("s")
    for page in pages:
        drawn(page)
    numbers = {page.locator("h1 .number").inner_text() for page in pages}
    assert len(numbers) == 2
    # Each has the next one in memory too: all four are claimed, none twice.
    until(lambda: [office.stack.item(case.application).get("claim") for case in cases], all)


def test_closing_the_page_gives_the_cases_back(office: Office, console: Console) -> None:
    cases = office.queue(2)
    page = console(office.reviewer())
    take(page)
    until(lambda: [office.stack.item(case.application).get("claim") for case in cases], all)
    page.close(run_before_unload=True)
    until(lambda: [office.stack.item(case.application).get("claim") for case in cases], lambda held: not any(held))


def test_the_next_case_is_there_before_it_is_wanted(office: Office, console: Console) -> None:
    cases = office.queue(3)
    page = console(office.reviewer())
    traffic = Traffic(page)
    take(page)
    on_screen(page, cases[0])
    assert traffic.calls.count("POST /reviews/next") == 2
    look_at(page, *SLOTS)
    # Without any network the decision leads to the next case and its images.
    traffic.calls.clear()
    page.context.set_offline(True)
    page.keyboard.press("a")
    on_screen(page, cases[1])
    look_at(page, *SLOTS)
    for slot in SLOTS:
        expect(page.get_by_test_id(f"thumb-{slot}").locator("img")).not_to_have_js_property("naturalWidth", 0)
    assert [call for call in traffic.calls if call.startswith("GET")] == []
    page.context.set_offline(False)
    page.keyboard.press("a")
    decided(cases[0], "approved")


# ---- the lease is lost ----


def test_a_case_that_somebody_else_has_taken_over(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    one, two = office.reviewer(), office.reviewer()
    page = console(one)
    page.clock.install()
    open_case(page, case)
    write(page)
    case.lapse()
    two.http.claim(case.application)
    page.clock.fast_forward("05:01")
    expect(page.get_by_test_id("message")).to_contain_text("这份材料的领取已失效")
    expect(page.get_by_test_id("message")).to_contain_text("已填写的内容都保留着。")
    expect(page.get_by_test_id("lease")).to_contain_text(two.name)
    expect(page.get_by_test_id("preview")).to_contain_text(NOTE)
    # Once it is free again, the work goes on where it was.
    two.http.call("DELETE", f"/reviews/{case.application}/claim")
    page.get_by_test_id("back").click()
    open_case(page, case)
    kept(page)


def test_a_decision_about_a_case_that_somebody_else_has(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    two = office.reviewer()
    page = console(office.reviewer())
    open_case(page, case)
    write(page)
    case.lapse()
    two.http.claim(case.application)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("held")).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    told = page.get_by_test_id(f"refused-{case.application}")
    expect(told).to_contain_text("没有生效")
    two.http.call("DELETE", f"/reviews/{case.application}/claim")
    told.get_by_role("button", name="打开处理").click()
    on_screen(page, case)
    kept(page)
    expect(told).to_have_count(0)


def test_a_lapsed_lease_that_nobody_took_does_not_hinder(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    case.lapse()
    send_back(page)
    expect(page.get_by_test_id("held")).to_be_visible()
    page.reload()
    decided(case, "returned")


# ---- decided elsewhere, another round, signed out ----


def test_a_case_that_was_decided_elsewhere(office: Office, console: Console) -> None:
    case, other = office.queue(2)
    two = office.reviewer()
    page = console(office.reviewer())
    open_case(page, case)
    write(page)
    case.lapse()
    two.http.approve(case.application)
    page.keyboard.press("Control+Enter")
    on_screen(page, other)
    page.get_by_test_id("back").click()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    told = page.get_by_test_id(f"refused-{case.application}")
    expect(told).to_contain_text("没有生效")
    told.get_by_role("button", name="打开处理").click()
    expect(page.get_by_test_id("case-state")).to_have_text("本轮已通过初审。")
    expect(page.get_by_test_id("preview")).to_contain_text(NOTE)
    assert case.status == "approved"


def test_a_case_that_is_in_another_round_by_now(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    two = office.reviewer()
    page = console(office.reviewer())
    open_case(page, case)
    write(page)
    case.lapse()
    two.http.send_back(case.application, returning("identity-1")["slots"])
    office.resubmitted(case, "identity-1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("held")).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    told = page.get_by_test_id(f"refused-{case.application}")
    expect(told).to_be_visible()
    told.get_by_role("button", name="打开处理").click()
    on_screen(page, case)
    expect(page.locator(".bar")).to_contain_text("第 2 轮")
    kept(page)
    page.keyboard.press("Control+Enter")
    page.reload()
    decided(case, "returned")
    assert office.stack.item(case.application)["decision"]["round"] == 2


def test_signed_out_in_the_middle(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    one = office.reviewer()
    page = console(one)
    page.clock.install()
    open_case(page, case)
    write(page)
    page.route(re.compile("/session/refresh$"), lambda route: route.fulfill(status=401, body="{}"))
    page.clock.fast_forward("02:00:00")
    again = page.get_by_test_id("sign-in-again")
    expect(again).to_contain_text("已填写的内容都保留着")
    again.get_by_test_id("password").fill(one.user["password"])
    again.get_by_test_id("sign-in").click()
    expect(again).to_have_count(0)
    kept(page)
    assert not no_focus(page)
    page.get_by_test_id("note-diploma-1").press("Control+Enter")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    decided(case, "returned")
    assert office.stack.item(case.application)["decision"]["slots"]["diploma-1"][2] == NOTE


def test_a_reload_in_the_middle(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    page.on("dialog", lambda dialog: dialog.accept())
    open_case(page, case)
    write(page)
    page.reload()
    on_screen(page, case)
    look_at(page, "diploma-1")
    kept(page)


# ---- deciding ----


def drag(page: Page, image: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Pulls the pressed mouse over an image, from and to fractions of it."""
    box = image.bounding_box()
    assert box
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=5)
    page.mouse.up()


def test_a_return_reaches_the_candidate_as_it_was_written(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)

    # A box by the mouse, a ready note that is changed.
    look_at(page, "diploma-1")
    page.get_by_test_id("draw-region").click()
    drag(page, page.get_by_test_id("viewer-image"), (0.2, 0.3), (0.6, 0.5))
    expect(page.get_by_test_id("draw-region")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_test_id("slot-diploma-1").locator("input")).to_be_checked()
    page.get_by_test_id("reason-diploma-1-illegible").click()
    page.get_by_test_id("canned-diploma-1-0").click()
    note = page.get_by_test_id("note-diploma-1")
    expect(note).to_be_focused()
    expect(note).to_have_value("毕业证编号无法辨别，请重新上传！")
    note.press("End")
    page.keyboard.type("谢谢。")

    # A box by the keyboard, a reason without a note.
    page.keyboard.press("Escape")
    look_at(page, "identity-2")
    page.keyboard.press("b")
    expect(page.get_by_test_id("region-box")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("2")

    preview = page.get_by_test_id("preview")
    expect(preview).to_contain_text("毕业证编号无法辨别，请重新上传！谢谢。")
    expect(preview).to_contain_text("图片不完整，请上传完整的证件图片！")
    sms = page.get_by_test_id("sms-preview").inner_text()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("held")).to_be_visible()
    page.reload()
    decided(case, "returned")

    view = case.candidate().view()
    shown = slots_of(view)
    assert {name for name, slot in shown.items() if not slot["locked"]} == {"diploma-1", "identity-2"}
    review = shown["diploma-1"]["review"]
    assert (review["code"], review["note"]) == ("illegible", "毕业证编号无法辨别，请重新上传！谢谢。")
    for seen, drawn_ in zip(review["region"], (0.2, 0.3, 0.6, 0.5), strict=True):
        assert abs(seen - drawn_) < 0.01
    moved = shown["identity-2"]["review"]
    assert (moved["code"], moved["note"]) == ("incomplete", "")
    left, top, right, bottom = moved["region"]
    assert left > 0.35
    assert top > 0.4
    assert right - left > 0.3 + 0.001
    assert abs(bottom - top - 0.2) < 0.001
    told = [message["text"]["zh"] for message in view["messages"]]
    assert "毕业证编号无法辨别，请重新上传！谢谢。" in told
    assert "图片不完整，请上传完整的证件图片！" in told
    assert until(lambda: office.stack.texts_to(case.entry.phone), bool) == [sms]


def test_a_return_says_what_is_missing_in_it(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    page.keyboard.press("r")
    page.get_by_test_id("send-return").click()
    expect(page.get_by_test_id("gap")).to_contain_text("请标记有问题的图片")
    look_at(page, "diploma-1")
    page.keyboard.press("m")
    page.get_by_test_id("send-return").click()
    expect(page.get_by_test_id("gap")).to_contain_text("请为「毕业证书")
    expect(page.get_by_test_id("held")).to_have_count(0)
    expect(page.get_by_test_id("approve")).to_be_disabled()


def test_a_slip_is_undone_before_anything_is_sent(office: Office, console: Console) -> None:
    case, other = office.queue(2)
    page = console(office.reviewer())
    traffic = Traffic(page)
    open_case(page, case)
    write(page)
    page.keyboard.press("Control+Enter")
    on_screen(page, other)
    expect(page.get_by_test_id("held")).to_contain_text(case.entry.name)
    page.get_by_test_id("undo").click()
    on_screen(page, case)
    kept(page)
    expect(page.get_by_test_id("held")).to_have_count(0)
    assert "POST /reviews/{application}/decision" not in traffic.calls
    assert (case.status, case.candidate().view()["round"]) == ("submitted", 1)


def test_a_decision_is_sent_at_the_next_one(office: Office, console: Console) -> None:
    first, second = office.queue(2)
    page = console(office.reviewer())
    open_case(page, first)
    approve(page)
    on_screen(page, second)
    assert first.status == "submitted"
    send_back(page)
    decided(first, "approved")
    assert second.status == "submitted"
    expect(page.get_by_test_id("held")).to_contain_text(second.entry.name)


def test_a_decision_is_sent_after_half_a_minute(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    page.clock.install()
    open_case(page, case)
    approve(page)
    expect(page.get_by_test_id("held")).to_be_visible()
    page.clock.fast_forward(29_000)
    expect(page.get_by_test_id("undo")).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(page.get_by_test_id("sent")).to_contain_text(f"{case.entry.name} 已通过初审。")
    assert case.status == "approved"


def test_a_decision_is_sent_when_the_page_is_closed(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    approve(page)
    expect(page.get_by_test_id("held")).to_be_visible()
    page.close(run_before_unload=True)
    decided(case, "approved")


def test_a_decision_finds_its_way_when_the_network_is_back(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    page.clock.install()
    open_case(page, case)
    approve(page)
    expect(page.get_by_test_id("held")).to_be_visible()
    with refusing(page):
        page.clock.fast_forward(31_000)
        expect(page.get_by_test_id("unsent-decisions")).to_contain_text(case.entry.name)
        assert case.status == "submitted"
    page.clock.fast_forward(31_000)
    decided(case, "approved")
    expect(page.get_by_test_id("unsent-decisions")).to_have_count(0)


def test_an_approval_of_what_was_not_looked_at_is_asked_about(office: Office, console: Console) -> None:
    case = office.queue(1)[0]
    page = console(office.reviewer())
    open_case(page, case)
    page.keyboard.press("a")
    dialog = page.get_by_test_id("approve-dialog")
    expect(dialog).to_contain_text("还没有看过")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("held")).to_contain_text(case.entry.name)


# ---- by keyboard ----


def test_cases_are_decided_by_keyboard_alone(office: Office, console: Console) -> None:
    first, second = office.queue(2)
    page = console(office.reviewer())
    expect(page.get_by_test_id("take-next")).to_be_focused()

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)
            assert not no_focus(page), f"no focus after {key}"

    press("?")
    expect(page.get_by_test_id("keys-help")).to_be_visible()
    press("Escape")
    expect(page.get_by_test_id("keys-help")).to_have_count(0)
    press("s")
    on_screen(page, first)
    assert not no_focus(page)
    press("ArrowRight", "+", "+", "Shift+ArrowLeft", "t", "f", "z", "e", "e", "i")
    expect(page.get_by_test_id("identity")).to_contain_text(first.entry.id_number)
    press("ArrowLeft", *["j"] * 8, *["k"] * 8, "a")
    on_screen(page, second)
    assert not no_focus(page)
    press("j", "j", "b", "ArrowLeft", "Shift+ArrowDown", "Enter", "3", "n")
    page.keyboard.type(NOTE)
    press("Escape", "j", "1", "n", "Control+Enter")
    expect(page.get_by_test_id("held")).to_contain_text(second.entry.name)
    press("u")
    on_screen(page, second)
    press("Control+Enter")
    # Nothing is left to open: the queue says so, and has the focus.
    expect(page.get_by_test_id("take-next")).to_be_visible()
    assert not no_focus(page)
    page.reload()
    decided(first, "approved")
    decided(second, "returned")
    said = office.stack.item(second.application)["decision"]["slots"]
    assert {slot: one[0] for slot, one in said.items()} == {
        "identity-3": "wrong_document",
        "diploma-1": "illegible",
    }
    _code, _upload, note, region = said["identity-3"]
    assert (note, len(region)) == (NOTE, 4)
