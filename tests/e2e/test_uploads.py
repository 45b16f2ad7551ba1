"""Uploads in bad conditions: the network goes, answers are lost, policies expire, pages are closed, tabs compete.

Whatever happens, the page ends with the true state and says what to do: nothing is lost, nothing doubled.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Request, Route, expect

from scripts import demo, specimens
from tests.e2e.conftest import Applicant, Applicants
from tests.support.browser import arrive, choose, sign_in, slot, submit
from tests.support.stack import Stack

pytestmark = pytest.mark.e2e

FILLED = {"identity-1": "ready"}


def states(applicant: Applicant) -> dict[str, str]:
    """What the server holds: slot → state, without the empty ones."""
    slots = applicant.candidate.slots()
    return {name: held["state"] for name, held in slots.items() if held["state"] != "empty"}


def pick(page: Page, field: str, kind: str, folder: Path) -> None:
    """Picks a specimen and leaves the editor open."""
    path = folder / f"{kind}.jpg"
    path.write_bytes(specimens.draw(kind, name="许样例", number="2026"))
    page.get_by_test_id(field).set_input_files(path)
    expect(page.get_by_test_id("editor-submit")).to_be_enabled()


def to_storage(stack: Stack) -> Callable[[str], bool]:
    """Whether an address is that of the inbox."""
    return lambda url: stack.inbox in url


@contextmanager
def answer_lost(page: Page, method: str, where: str) -> Iterator[list[str]]:
    """Of the first request of this kind, the answer gets lost after the server has done it."""
    lost: list[str] = []
    devtools = page.context.new_cdp_session(page)

    def paused(event: dict[str, Any]) -> None:
        answer = {"requestId": event["requestId"]}
        if lost or event["request"]["method"] != method:
            devtools.send("Fetch.continueRequest", answer)
            return
        lost.append(event["request"]["url"])
        devtools.send("Fetch.failRequest", answer | {"errorReason": "ConnectionReset"})

    devtools.on("Fetch.requestPaused", paused)
    devtools.send("Fetch.enable", {"patterns": [{"urlPattern": where, "requestStage": "Response"}]})
    yield lost
    devtools.detach()


@pytest.fixture
def beginner(applicant: Applicants) -> Applicant:
    """Has completed the personal information and uploaded nothing."""
    return applicant(demo.registered)


@pytest.fixture
def page(beginner: Applicant, open_page: Callable[..., Page]) -> Page:
    """The beginner's page."""
    page = open_page()
    arrive(page, beginner.user)
    return page


@pytest.fixture
def second_tab(beginner: Applicant, page: Page, stack: Stack) -> Page:
    """The same candidate in another tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(stack.description["candidate_url"])
    arrive(tab, beginner.user)
    return tab


def test_offline_in_the_middle_and_back(beginner: Applicant, page: Page, stack: Stack, tmp_path: Path) -> None:
    def cut(route: Route) -> None:
        page.context.set_offline(True)
        route.abort("internetdisconnected")

    page.route(to_storage(stack), cut, times=1)
    choose(page, "file-identity", "identity-front", tmp_path)
    expect(page.get_by_test_id("hurry")).to_be_visible()
    expect(page.get_by_test_id("offline")).to_be_visible()
    expect(page.get_by_test_id("slot-identity-1")).to_contain_text("自动继续上传")
    # Another image can be chosen meanwhile.
    choose(page, "file-identity", "identity-back", tmp_path)
    expect(page.get_by_test_id("hurry")).to_have_count(2)
    page.context.set_offline(False)
    slot(page, "identity-1", "ready", "false")
    slot(page, "identity-2", "ready", "false")
    assert states(beginner) == {"identity-1": "ready", "identity-2": "ready"}


def test_offline_before_anything_is_sent(beginner: Applicant, page: Page, tmp_path: Path) -> None:
    pick(page, "file-identity", "identity-front", tmp_path)
    page.context.set_offline(True)
    page.get_by_test_id("editor-submit").click()
    expect(page.get_by_test_id("hurry")).to_be_visible()
    assert states(beginner) == {}
    page.context.set_offline(False)
    slot(page, "identity-1", "ready", "false")
    assert states(beginner) == FILLED


@pytest.mark.parametrize("whose", ["reservation", "storage"])
def test_a_lost_answer_costs_nothing(whose: str, beginner: Applicant, page: Page, stack: Stack, tmp_path: Path) -> None:
    where = "*/uploads" if whose == "reservation" else f"*{stack.inbox}*"
    with answer_lost(page, "POST", where) as lost:
        choose(page, "file-identity", "identity-front", tmp_path)
        slot(page, "identity-1", "ready", "false")
    assert len(lost) == 1
    assert states(beginner) == FILLED


def test_an_expired_policy_is_renewed_unnoticed(beginner: Applicant, page: Page, stack: Stack, tmp_path: Path) -> None:
    said: list[str] = []
    asked: list[Request] = []
    page.expose_function("told", lambda state: said.append(state))  # noqa: PLW0108 - a builtin cannot be exposed
    page.evaluate(
        """() => new MutationObserver(() => {
            const card = document.querySelector('[data-testid="slot-identity-1"]')
            if (card) window.told(card.dataset.state)
        }).observe(document.body, { subtree: true, childList: true, attributes: true })"""
    )
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    refusal = {"status": 403, "headers": {"access-control-allow-origin": "*"}, "body": "<Code>AccessDenied</Code>"}
    page.route(to_storage(stack), lambda route: route.fulfill(**refusal), times=1)
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    assert "failed" not in said
    assert [stack.inbox in request.url for request in asked] == [False, True, False, True]
    assert states(beginner) == FILLED


def test_a_reload_in_the_middle(beginner: Applicant, page: Page, stack: Stack, tmp_path: Path) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    for field in ("file-identity", "file-diploma"):
        page.route(to_storage(stack), lambda route: None, times=1)
        choose(page, field, "diploma", tmp_path)
        expect(page.locator("progress[value]")).to_have_count(1 if field == "file-identity" else 2)
    page.reload()
    assert asked == ["beforeunload"]
    # Neither waits for ten minutes: one is chosen again, the other given up.
    slot(page, "identity-1", "reserved", "false")
    choose(page, "file-identity-1", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    page.get_by_test_id("delete-diploma-1").click()
    page.get_by_test_id("confirm-delete").click()
    slot(page, "diploma-1", "empty", "false")
    assert states(beginner) == FILLED


def test_a_rejected_image_says_what_to_do_and_can_be_chosen_again(
    beginner: Applicant, page: Page, tmp_path: Path
) -> None:
    # Sent past the page, which would not have let it through.
    beginner.candidate.verdict(beginner.candidate.post("identity", b"no image"))
    page.get_by_test_id("refresh").click()
    slot(page, "identity-1", "rejected", "false")
    expect(page.get_by_test_id("slot-identity-1").locator(".problem")).to_contain_text("重新上传")
    choose(page, "file-identity-1", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    assert states(beginner) == FILLED


def test_deleting_that_fails_says_why(beginner: Applicant, page: Page, tmp_path: Path) -> None:
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    page.get_by_test_id("delete-identity-1").click()
    page.context.set_offline(True)
    page.get_by_test_id("confirm-delete").click()
    expect(page.get_by_role("dialog").get_by_test_id("problem")).to_contain_text("网络")
    assert states(beginner) == FILLED
    page.context.set_offline(False)
    page.get_by_test_id("confirm-delete").click()
    slot(page, "identity-1", "empty", "false")
    assert states(beginner) == {}


def test_two_tabs_show_what_the_other_has_done(
    beginner: Applicant, page: Page, second_tab: Page, tmp_path: Path
) -> None:
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    slot(second_tab, "identity-1", "ready", "false")
    second_tab.get_by_test_id("delete-identity-1").click()
    second_tab.get_by_test_id("confirm-delete").click()
    slot(page, "identity-1", "empty", "false")
    assert states(beginner) == {}


def test_two_tabs_that_want_the_same_slot(beginner: Applicant, page: Page, second_tab: Page, tmp_path: Path) -> None:
    pick(second_tab, "file-identity", "identity-back", tmp_path)
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    second_tab.get_by_test_id("editor-submit").click()
    slot(second_tab, "identity-1", "failed", "false")
    card = second_tab.get_by_test_id("slot-identity-1")
    expect(card.get_by_test_id("problem")).to_contain_text("该位置已有图片")
    expect(card.get_by_test_id("preview-identity-1")).to_be_visible()
    card.get_by_test_id("cancel-upload").click()
    slot(second_tab, "identity-1", "ready", "false")
    assert states(beginner) == FILLED


def test_a_tab_that_submits_while_the_other_uploads(
    applicant: Applicants, open_page: Callable[..., Page], stack: Stack, tmp_path: Path
) -> None:
    somebody = applicant(demo.complete)
    page = open_page()
    arrive(page, somebody.user)
    other = page.context.new_page()
    other.goto(stack.description["candidate_url"])
    arrive(other, somebody.user)
    pick(other, "file-license", "license", tmp_path)
    submit(page)
    expect(other.get_by_test_id("status")).to_have_attribute("data-status", "submitted")
    other.get_by_test_id("editor-submit").click()
    slot(other, "license-1", "failed", "true")
    expect(other.get_by_test_id("slot-license-1").get_by_test_id("problem")).to_contain_text("锁定")
    assert "license-1" not in states(somebody)


def test_signing_out_ends_it_in_every_tab(page: Page, second_tab: Page) -> None:
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("username")).to_be_visible()
    expect(second_tab.get_by_test_id("username")).to_be_visible()


def test_nothing_of_one_candidate_is_left_for_the_next(
    beginner: Applicant, applicant: Applicants, page: Page, tmp_path: Path
) -> None:
    following = applicant(demo.registered)
    choose(page, "file-identity", "identity-front", tmp_path)
    slot(page, "identity-1", "ready", "false")
    # One upload is on its way, and a failed one waits.
    page.context.set_offline(True)
    choose(page, "file-diploma", "diploma", tmp_path)
    expect(page.get_by_test_id("hurry")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("username")).to_have_value("")
    for private in (beginner.person.name, beginner.person.registration_no, beginner.user["username"]):
        assert private not in page.content()
    kept = "() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])"
    assert page.evaluate(kept) == '[{},{},""]'
    sign_in(page, following.user)
    expect(page.get_by_test_id("profile")).to_contain_text(following.person.registration_no)
    slot(page, "identity-1", "empty", "false")
    slot(page, "diploma-1", "empty", "false")
    assert beginner.person.registration_no not in page.content()
    assert states(following) == {}
