"""Pictures of the candidate page for the documents, from the demonstration exam; nothing in it is changed.

    python -m scripts.stack with --port 0 -- .venv/bin/python -m scripts.screenshots

takes a fresh stack for it. With SONGSHEN_STACK, the running one that this `stack.json` describes.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts import specimens
from scripts.browser import launch_options

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
PHONE, DESK = (390, 844), (1280, 800)
GAP = 16  # pixels between two phones
STARTED, COMPLETE, RETURNED, APPROVED = "kaosheng09", "kaosheng08", "kaosheng04", "kaosheng06"


class Camera:
    """A browser on one stack's candidate page."""

    def __init__(self, browser: Browser, stack: dict[str, Any]) -> None:
        self._browser = browser
        self._url: str = stack["candidate_url"]
        self._passwords = {user["username"]: user["password"] for user in stack["users"]["candidates"]}

    def signed_in(self, username: str, size: tuple[int, int] = PHONE) -> Page:
        """The page of one of the demonstration's candidates."""
        page = self._browser.new_page(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page.goto(self._url)
        page.get_by_test_id("username").fill(username)
        page.get_by_test_id("password").fill(self._passwords[username])
        page.get_by_test_id("sign-in").click()
        page.get_by_test_id("status").wait_for()
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


def take(camera: Camera) -> dict[str, Image.Image]:
    """The pictures by their names."""
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


def main() -> None:
    """Takes all pictures anew."""
    stack = json.loads(Path(os.environ.get("SONGSHEN_STACK", ".local/stack.json")).read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        for name, picture in take(Camera(browser, stack)).items():
            # As many colours as such pages have: a third of the bytes.
            picture.quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
            print(f"{name}.png {picture.width}×{picture.height}")
        browser.close()


if __name__ == "__main__":
    main()
