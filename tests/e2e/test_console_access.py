"""Everybody can use the console: no barriers on any screen, in both languages, by day and by night, however large."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DESK, sign_in
from tests.support.console import (
    QINGDAO,
    Case,
    Office,
    barriers,
    drawn,
    look_at,
    on_screen,
    open_case,
    refusing,
    row,
    speak,
)
from tests.support.stack import ILLEGIBLE, Stack, returning

type Console = Callable[..., Page]
HALF = {"width": DESK["width"] // 2, "height": DESK["height"] // 2}  # the screen of a desk at 200 %


def queue(page: Page) -> Iterator[str]:
    """The queue with cases in it, and without."""
    expect(page.locator("tbody tr").first).to_be_visible()
    yield "queue"
    page.get_by_test_id("status-approved").click()
    expect(page.get_by_test_id("queue-empty")).to_be_visible()
    yield "queue-empty"
    page.get_by_test_id("status-submitted").click()
    page.get_by_test_id("search").fill("zzz")
    expect(page.get_by_test_id("search-scope")).to_be_visible()
    yield "queue-search"
    page.get_by_test_id("search").press("Escape")
    page.keyboard.press("Escape")


def case(page: Page, first: Case, second: Case) -> Iterator[str]:
    """A first round: what it shows and what is asked about it."""
    open_case(page, first)
    yield "case"
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys-help")).to_be_visible()
    yield "keys"
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_test_id("approve-dialog")).to_be_visible()
    yield "approve"
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.get_by_test_id("identity")).to_be_visible()
    yield "identity"
    look_at(page, "diploma-1")
    page.keyboard.press("e")
    expect(page.get_by_test_id("viewer-example")).to_be_visible()
    yield "example"
    page.keyboard.press("e")
    look_at(page, "diploma-2")
    expect(page.get_by_test_id("viewer-empty")).to_be_visible()
    yield "no-image"
    look_at(page, "diploma-1")
    page.keyboard.press("b")
    expect(page.get_by_test_id("region-box")).to_be_focused()
    yield "drawing"
    page.keyboard.press("Enter")
    page.get_by_test_id("send-return").click()
    expect(page.get_by_test_id("gap")).to_be_visible()
    yield "return-gap"
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.get_by_test_id("note-diploma-1").fill("note")
    yield "return"
    page.keyboard.press("Control+Enter")
    on_screen(page, second)
    expect(page.get_by_test_id("held")).to_be_visible()
    yield "held"


def later(page: Page) -> Iterator[str]:
    """A second round, beside the first."""
    expect(page.get_by_test_id("last-reason")).to_be_visible()
    expect(page.get_by_test_id("viewer-previous")).to_be_visible()
    yield "second-round"
    page.keyboard.press("v")
    expect(page.get_by_test_id("viewer-before")).to_be_visible()
    yield "before"


def trouble(page: Page, mine: Case, theirs: Case) -> Iterator[str]:
    """What was refused, what somebody else has, what cannot be sent."""
    page.goto(page.url.partition("#")[0] + f"#/case/{theirs.application}")
    page.reload()
    expect(page.get_by_test_id("case-state")).to_be_visible()
    drawn(page)
    yield "somebody-elses"
    expect(page.get_by_test_id(f"refused-{mine.application}")).to_be_visible()
    yield "refused"
    with refusing(page):
        page.get_by_test_id("back").click()
        page.get_by_test_id("take-next").click()
        expect(page.get_by_test_id("message")).to_be_visible()
        yield "no-network"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_screen_has_a_barrier(language: str, office: Office, console: Console, shoot: Callable[..., None]) -> None:
    first, second, theirs = office.cases(*(timedelta(hours=hours) for hours in (30, 3, 1)))
    one, two = office.reviewer(), office.reviewer()
    two.http.send_back(second.application, [returning("diploma-1")["slots"][0] | {"region": [0.1, 0.8, 0.5, 0.9]}])
    office.resubmitted(second, "diploma-1")
    two.http.claim(theirs.application)
    page = console(one)
    speak(page, language)
    data = "|".join([*(case.entry.name for case in (first, second, theirs)), "山东省演示市样张路", ILLEGIBLE])

    def walk() -> Iterator[str]:
        yield from queue(page)
        yield from case(page, first, second)
        yield from later(page)
        first.lapse()
        two.http.approve(first.application)
        yield from trouble(page, first, theirs)

    found: dict[str, Any] = {}
    for name in walk():
        found |= barriers(page, language, name, shoot, data=data)
    assert found == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_barrier_before_signing_in_and_for_administrators(
    language: str, stack: Stack, open_page: Callable[..., Page], shoot: Callable[..., None]
) -> None:
    office = Office(stack, spot_check_share=1.0)
    [checked] = office.queue(1)
    office.reviewer().http.approve(checked.application)
    second = office.reviewer(QINGDAO).http
    assert second.call("POST", "/reviews/next").json()["application"] == checked.application
    second.decide(checked.application, {"round": 1, "outcome": "return", "slots": returning("diploma-1")["slots"]})
    page = open_page(stack.description["console_url"], DESK)
    speak(page, language)

    def walk() -> Iterator[str]:
        expect(page.get_by_test_id("username")).to_be_visible()
        yield "sign-in"
        sign_in(page, {"username": "nobody", "password": "nothing"})
        expect(page.get_by_test_id("message")).to_be_visible()
        yield "sign-in-refused"
        sign_in(page, office.admin().user)
        expect(page.get_by_test_id("disagreement")).to_be_visible()
        yield "agreement"

    found: dict[str, Any] = {}
    for name in walk():
        found |= barriers(page, language, name, shoot)
    assert found == {}


def test_the_session_dialog_has_no_barrier(office: Office, console: Console, shoot: Callable[..., None]) -> None:
    [case] = office.queue(1)
    page = console(office.reviewer())
    page.clock.install()
    open_case(page, case)
    page.route(re.compile("/session/refresh$"), lambda route: route.fulfill(status=401, body="{}"))
    page.clock.fast_forward("02:00:00")
    expect(page.get_by_test_id("sign-in-again")).to_be_visible()
    assert barriers(page, "zh", "session", shoot) == {}


def test_night_is_chosen_or_follows_the_system(office: Office, console: Console) -> None:
    page = console(office.reviewer(), color_scheme="dark")
    html = page.locator("html")
    expect(html).to_have_class(re.compile("dark"))
    page.get_by_test_id("theme").select_option("light")
    expect(html).not_to_have_class(re.compile("dark"))
    page.reload()
    expect(html).not_to_have_class(re.compile("dark"))
    page.get_by_test_id("theme").select_option("system")
    expect(html).to_have_class(re.compile("dark"))


@pytest.mark.parametrize("size", [DESK, HALF], ids=["desk", "zoom200"])
def test_a_case_can_be_returned_at_any_zoom(size: dict[str, int], office: Office, console: Console) -> None:
    """At 200 % a small desk's screen shows half: what is not in sight is reached by scrolling, and nothing is cut."""
    case, other = office.queue(2)
    page = console(office.reviewer(), size=size)
    row(page, case).get_by_role("link").click()
    on_screen(page, case)
    look_at(page, "diploma-1")
    page.get_by_test_id("return").click()
    page.get_by_test_id("slot-diploma-1").click()
    page.get_by_test_id("reason-diploma-1-illegible").click()
    page.get_by_test_id("canned-diploma-1-1").click()
    for name in ("note-diploma-1", "preview", "sms-preview", "send-return", "approve", "lease"):
        part = page.get_by_test_id(name)
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport()
    page.get_by_test_id("send-return").click()
    on_screen(page, other)
    held = page.get_by_test_id("undo")
    held.scroll_into_view_if_needed()
    expect(held).to_be_in_viewport(ratio=1)
    held.click()
    on_screen(page, case)
    assert page.get_by_test_id("note-diploma-1").input_value() != ""
