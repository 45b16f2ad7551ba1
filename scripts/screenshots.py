"""Pictures of the pages for the documents, from the demonstration exam; all that changes in it are its lists of roster
imports, by two files that hold nobody, of exports, of looks at a case, of those whom no SMS could reach, and of spot
checks.

    python -m scripts.stack with --port 0 -- .venv/bin/python -m scripts.screenshots

takes a fresh stack for it. With SONGSHEN_STACK, the running one that this `stack.json` describes.
"""

import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import boto3
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts import demo, specimens
from scripts.browser import launch_options
from songshen.adapters.items import check_item
from songshen.adapters.smsbook import DynamoUnreached
from songshen.domain.application import Decision, Outcome, SlotReview
from songshen.domain.spotcheck import SpotCheck
from songshen.ports import Unreached

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
PHONE, DESK, CONSOLE = (390, 844), (1280, 800), (1360, 850)
GAP = 16  # pixels between two phones
FIRST_ROUND, SECOND_ROUND, APPROVED_NUMBER = "20263701000001", "20263701000003", "20263701000006"
NUMBER = (0.09, 0.81, 0.52, 0.9)  # of a diploma: where it stands on the image
STARTED, COMPLETE, RETURNED, APPROVED = "kaosheng09", "kaosheng08", "kaosheng04", "kaosheng06"


class Camera:
    """A browser on one stack's pages."""

    def __init__(self, browser: Browser, stack: dict[str, Any]) -> None:
        self._browser = browser
        self._stack = stack

    def signed_in(self, username: str, size: tuple[int, int] = PHONE) -> Page:
        """The page of one of the demonstration's candidates."""
        user = next(user for user in self._stack["users"]["candidates"] if user["username"] == username)
        page = self._opened(self._stack["candidate_url"], user, size)
        page.get_by_test_id("status").wait_for()
        return page

    def reviewing(self, scheme: Literal["light", "dark"] = "light") -> Page:
        """The console of the first site's reviewer, by day or by night."""
        page = self._opened(self._stack["console_url"], self._stack["users"]["reviewers"][0], CONSOLE, scheme)
        page.locator("tbody tr").first.wait_for()
        return page

    def administering(self, page: str) -> Page:
        """One of the administrator's pages."""
        opened = self._opened(self._stack["console_url"], self._stack["users"]["admins"][0], CONSOLE)
        opened.get_by_test_id(f"admin-{page}").click()
        opened.get_by_test_id(page).wait_for()
        return opened

    def note_unreached(self) -> None:
        """Notes two of the demonstration's candidates as if their SMS had failed."""
        unreached = DynamoUnreached(boto3.client("dynamodb"), self._stack["outputs"]["TableName"])
        now, exam = datetime.now(UTC), demo.exam(datetime.now(UTC))
        for n, (number, cause) in enumerate((("20263701000010", "OptedOut"), ("20263701000005", "rate_limited"))):
            about, end = ("return", exam.windows.correction) if n else ("reminder", exam.windows.upload)
            tried, again = now - (n + 1) * timedelta(hours=3), now + timedelta(hours=5) if n else None
            one = (exam.id, "37", demo.JINAN, number, n, about, cause, tried, end.closes, 3 + n, again)
            unreached.note(Unreached(*one))

    def note_checks(self) -> None:
        """Notes spot checks of applications that there are not, as if two had judged each; now and then otherwise."""
        client, table = boto3.client("dynamodb"), self._stack["outputs"]["TableName"]
        at, exam = datetime.now(UTC) - timedelta(hours=2), demo.exam(datetime.now(UTC))
        first, second, *_ = (user["username"] for user in self._stack["users"]["reviewers"])
        agreed = Decision(1, Outcome.APPROVE, first, at)
        apart = {3: {"diploma-1": SlotReview("illegible")}, 11: {"identity-1": SlotReview("incomplete")}}
        for n in range(24):
            named = apart.get(n, {})
            other = Decision(1, Outcome.RETURN if named else Outcome.APPROVE, second, at, slots=named)
            site = demo.QINGDAO if n % 3 == 0 else demo.JINAN
            check = SpotCheck(exam.id, "37", site, f"202637010001{n:02}", 1, agreed, other)
            client.put_item(TableName=table, Item=check_item(check))

    def anybody(self, url: str) -> Page:
        """A page that needs no sign-in, on a phone."""
        page = self._browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
        page.goto(url)
        return page

    def _opened(
        self, url: str, user: dict[str, str], size: tuple[int, int], scheme: Literal["light", "dark"] = "light"
    ) -> Page:
        page = self._browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            color_scheme=scheme,
        )
        page.goto(url)
        page.get_by_test_id("username").fill(user["username"])
        page.get_by_test_id("password").fill(user["password"])
        page.get_by_test_id("sign-in").click()
        return page


def shot(page: Page) -> Image.Image:
    """What is on the screen once its images are there."""
    page.wait_for_load_state("networkidle")
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def side_by_side(*pictures: Image.Image) -> Image.Image:
    """Pictures of equal height in a row, on white."""
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    row = Image.new("RGB", (width, pictures[0].height), "white")
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + GAP
    return row


def candidate(camera: Camera) -> dict[str, Image.Image]:
    """The pictures of the candidate's page by their names."""
    returned = camera.signed_in(RETURNED)
    why = shot(returned)
    returned.get_by_test_id("preview-diploma-1").click()
    returned.get_by_role("dialog").get_by_test_id("region").wait_for()
    where = shot(returned)

    editing = camera.signed_in(STARTED)
    missing = shot(editing)
    editing.get_by_test_id("file-diploma").set_input_files(specimens.FOLDER / "diploma.jpg")
    editing.locator("[data-testid=editor-sizes][data-busy=false]").wait_for()
    editor = shot(editing)

    complete = camera.signed_in(COMPLETE)
    complete.get_by_test_id("submit").click()
    complete.get_by_test_id("confirm-submit").wait_for()
    question = shot(complete)

    approved = camera.signed_in(APPROVED)
    approved.get_by_test_id("receipt-open").click()
    approved.get_by_test_id("receipt-number").wait_for()
    receipt = shot(approved)

    return {
        "candidate": side_by_side(why, editor),
        "candidate-screens": side_by_side(missing, where, question, receipt),
        "candidate-desk": shot(camera.signed_in(RETURNED, DESK)),
    }


def console(camera: Camera) -> dict[str, Image.Image]:
    """The pictures of the console. Cases that are opened for them are released again, undecided."""
    page = camera.reviewing()
    queue = shot(page)
    _open(page, FIRST_ROUND, "diploma-1")
    page.get_by_test_id("draw-region").click()
    box = page.get_by_test_id("viewer-image").bounding_box()
    assert box
    for at, act in ((NUMBER[:2], page.mouse.down), (NUMBER[2:], page.mouse.up)):
        page.mouse.move(box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"])
        act()
    page.get_by_test_id("reason-diploma-1-illegible").click()
    page.get_by_test_id("canned-diploma-1-0").click()
    returning = shot(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("keys-open").click()
    page.get_by_test_id("keys-help").wait_for()
    keys = shot(page)
    page.keyboard.press("Escape")
    _release(page)

    night = camera.reviewing("dark")
    _open(night, SECOND_ROUND, "diploma-1")
    night.get_by_test_id("viewer-previous").wait_for()
    again = shot(night)
    _release(night)
    return {"console": returning, "console-screens": side_by_side(queue, again, keys)}


def _open(page: Page, registration_no: str, slot: str) -> None:
    page.locator(f"[data-testid$='_{registration_no}']").click()
    page.get_by_test_id("approve").wait_for()
    page.get_by_test_id(f"thumb-{slot}").click()


def _release(page: Page) -> None:
    page.get_by_test_id("back").click()
    page.get_by_test_id("take-next").wait_for()
    page.wait_for_timeout(1000)  # until the cases have been given back


def notice(camera: Camera) -> dict[str, Image.Image]:
    """The notice as it is printed, and what whoever scans it sees."""
    page = camera.signed_in(APPROVED)
    page.get_by_test_id("notice-open").click()
    link = page.get_by_test_id("check-link")
    link.wait_for()
    paper = pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))[0].render(scale=2).to_pil()
    scanned = camera.anybody(str(link.get_attribute("href")))
    scanned.locator("[data-state=valid]").wait_for()
    sheet = paper.convert("RGB").resize((PHONE[1] * paper.width // paper.height, PHONE[1]))
    framed = Image.new("RGB", (sheet.width + 2, sheet.height), "#bbb")
    framed.paste(sheet.crop((0, 1, sheet.width, sheet.height - 1)), (1, 1))
    return {"notice": side_by_side(framed, shot(scanned))}


BAD_ROSTER = """报名号,姓名,证件号码,考区,考点,手机号码,密码
20263701000101,张三,11010519491231002X,37,379999,13800000001,$pbkdf2-sha256$i=600000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA
20263701000102,李四,110105194912310021,37,370100,138,$pbkdf2-sha256$i=600000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA
20263701000103,王五,11010519491231002X,37,370100,13800000003,wangwu-1990
20263701000103,王五,11010519491231002X,37,370100,13800000003,wangwu-1990
"""


def roster(camera: Camera) -> dict[str, Image.Image]:
    """The administrator's page for rosters after two files that need correcting."""
    page = camera.administering("roster")
    for name, data, state in (("r.csv", b"PK\x03\x04", "refused"), ("r.csv", BAD_ROSTER.encode(), "done")):
        file: Any = {"name": name, "mimeType": "text/csv", "buffer": data}
        page.get_by_test_id("roster-file").set_input_files(file)
        page.locator(f"[data-testid^=import-2][data-state={state}]").first.wait_for()
    page.get_by_test_id("message").locator("button").click()
    return {"console-roster": shot(page)}


def office(camera: Camera) -> dict[str, Image.Image]:
    """The administrator's pages of staff, of progress with some whom no SMS could reach, of results after an export
    and a bundle."""
    staff = camera.administering("staff")
    staff.get_by_test_id("staff-changes").wait_for()
    camera.note_unreached()
    progress = camera.administering("progress")
    progress.get_by_test_id("curve").wait_for()
    progress.get_by_test_id("unreached").locator("tbody tr").first.wait_for()
    above = shot(progress)
    progress.get_by_test_id("to-unreached").click()
    results = camera.administering("results")
    results.get_by_test_id("export-start").click()
    results.get_by_test_id("export-file").first.wait_for()
    results.get_by_test_id("bundle-number").fill(FIRST_ROUND)
    results.get_by_test_id("bundle-make").click()
    results.get_by_test_id("bundle-file").wait_for()
    camera.note_checks()
    agreement = camera.administering("agreement")
    agreement.get_by_test_id("disagreement").first.wait_for()
    return {
        "console-agreement": shot(agreement),
        "console-staff": shot(staff),
        "console-progress": side_by_side(above, shot(progress)),
        "console-results": shot(results),
    }


def settings(camera: Camera) -> dict[str, Image.Image]:
    """The exam's document with a change that is checked, and not saved."""
    page = camera.administering("exam")
    text = page.get_by_test_id("exam-text")
    page.wait_for_function("area => area.value", arg=text.element_handle())
    document = json.loads(text.input_value())
    changed = document | {"uploads_per_day": document["uploads_per_day"] - 50, "min_correction_hours": 72}
    text.fill(json.dumps(changed, ensure_ascii=False, indent=2))
    page.get_by_test_id("exam-check").click()
    page.get_by_test_id("exam-effect").first.wait_for()
    return {"console-exam": shot(page)}


def case(camera: Camera) -> dict[str, Image.Image]:
    """A single case at the administrator's: an approval that might be taken back, and is not. The look is recorded."""
    page = camera.administering("cases")
    page.get_by_test_id("cases-search").fill(APPROVED_NUMBER)
    page.get_by_test_id("cases-find").click()
    page.locator(f"[data-testid^=found-][data-testid$='_{APPROVED_NUMBER}']").click()
    page.get_by_test_id("case-serial").wait_for()
    seen = shot(page)
    page.get_by_test_id("case-reopen").click()
    page.get_by_test_id("reopen-reason").fill("毕业证书与学籍不符")
    page.get_by_test_id("reopen-diploma-1").check()
    page.get_by_test_id("reopen-code-diploma-1").select_option(index=1)
    return {"console-case": side_by_side(seen, shot(page))}


def _all(camera: Camera) -> dict[str, Image.Image]:
    pages = (candidate, console, notice, settings, roster, office, case)
    return {name: picture for page in pages for name, picture in page(camera).items()}


def main() -> None:
    """Takes all pictures anew."""
    stack = json.loads(Path(os.environ.get("SONGSHEN_STACK", ".local/stack.json")).read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        camera = Camera(browser, stack)
        for name, picture in _all(camera).items():
            # As many colours as such pages have: a third of the bytes.
            picture.quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
            print(f"{name}.png {picture.width}×{picture.height}")
        browser.close()


if __name__ == "__main__":
    main()
