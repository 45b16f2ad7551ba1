"""Photos made fit on the phone: upright, turned, cropped, small enough and legible, without where they were taken."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from scripts import demo
from tests.e2e.conftest import Applicants
from tests.support.browser import arrive, axe, slot, speak, too_wide

pytestmark = pytest.mark.e2e

type Choose = Callable[..., Page]

MAX_BYTES = 204_800
QUARTERS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "yellow": (230, 210, 40)}
UPRIGHT = ["red", "green", "blue", "yellow"]  # from the top left, as one reads

# What leaves the phone, kept by the page itself.
KEEP = """
const send = XMLHttpRequest.prototype.send
XMLHttpRequest.prototype.send = function (body) {
  if (body instanceof FormData) window.sent = body.get('file')
  return send.call(this, body)
}
"""
SENT = """async () => {
  let text = ''
  for (const byte of new Uint8Array(await window.sent.arrayBuffer())) text += String.fromCharCode(byte)
  return btoa(text)
}"""
WITHOUT_WORKER = "delete window.OffscreenCanvas"


def picture(width: int = 1500, height: int = 2000) -> Image.Image:
    """Four quarters of different colours."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(QUARTERS.values()):
        left, top = index % 2 * width // 2, index // 2 * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return image


def sideways_photo(path: Path, upright: Image.Image) -> Path:
    """A JPEG as phones write it: stored sideways, EXIF says how to turn it (6), and where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 40.0, 1.0), 3: "E", 4: (117.0, 0.0, 0.0)})
    upright.transpose(Image.Transpose.ROTATE_90).save(path, quality=90, exif=exif)
    assert b"Exif" in path.read_bytes()
    return path


def quarters(image: Image.Image) -> list[str]:
    """The colours in the middle of its four quarters."""

    def name(x: int, y: int) -> str:
        found = image.convert("RGB").getpixel((image.width * x // 4, image.height * y // 4))
        assert isinstance(found, tuple)
        return min(QUARTERS, key=lambda colour: sum(abs(a - b) for a, b in zip(QUARTERS[colour], found, strict=True)))

    return [name(1, 1), name(3, 1), name(1, 3), name(3, 3)]


@pytest.fixture
def chosen(applicant: Applicants, open_page: Callable[..., Page]) -> Choose:
    """Opens the page of a new candidate, with a file chosen for the first slot."""

    def chosen_(
        file: Path, before: str = "", prepare: Callable[[Page], object] = lambda _: None, **options: Any
    ) -> Page:
        page = open_page(before=KEEP + before, **options)
        prepare(page)
        arrive(page, applicant(demo.registered).user)
        page.get_by_test_id("file-identity").set_input_files(file)
        return page

    return chosen_


def settled(page: Page) -> Locator:
    """The sizes, when they are those of what is shown."""
    sizes = page.get_by_test_id("editor-sizes")
    expect(sizes).to_have_attribute("data-busy", "false")
    return sizes


def sent(page: Page) -> Image.Image:
    """Submits, and what then left the phone: it is fit in any case."""
    page.get_by_test_id("editor-submit").click()
    slot(page, "identity-1", "ready", "false")
    data = base64.b64decode(page.evaluate(SENT))
    assert len(data) <= MAX_BYTES
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    assert "exif" not in image.info
    assert b"\xff\xe1" not in data[:1000]  # APP1
    return image


@pytest.mark.parametrize("before", ["", WITHOUT_WORKER], ids=["worker", "page"])
def test_a_photo_comes_out_upright_and_says_not_where_it_was_taken(before: str, chosen: Choose, tmp_path: Path) -> None:
    page = chosen(sideways_photo(tmp_path / "photo.jpg", picture(3000, 4000)), before)
    expect(settled(page)).to_contain_text("1500×2000")
    image = sent(page)
    assert (image.size, quarters(image)) == ((1500, 2000), UPRIGHT)


@pytest.mark.parametrize("before", ["", WITHOUT_WORKER], ids=["worker", "page"])
def test_turned_and_cropped(before: str, chosen: Choose, tmp_path: Path) -> None:
    page = chosen(sideways_photo(tmp_path / "photo.jpg", picture()), before)
    settled(page)
    page.get_by_test_id("editor-rotate-right").click()
    corner = page.get_by_test_id("editor-crop-nw")
    box, canvas = corner.bounding_box(), page.get_by_test_id("editor").locator("canvas").bounding_box()
    assert box is not None
    assert canvas is not None
    assert min(box["width"], box["height"]) >= 44
    page.mouse.move(box["x"] + 22, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(canvas["x"] + canvas["width"] / 2, canvas["y"] + 1, steps=4)
    page.mouse.up()
    page.get_by_test_id("editor-crop-se").focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    image = sent(page)
    # The right half of the turned picture, without its lowest fifth.
    assert image.width == pytest.approx(1000, abs=15)
    assert image.height == pytest.approx(1200, abs=15)
    assert quarters(image) == ["red", "red", "green", "green"]


def test_the_worker_cannot_be_loaded(chosen: Choose, tmp_path: Path) -> None:
    page = chosen(
        sideways_photo(tmp_path / "photo.jpg", picture()),
        prepare=lambda page: page.route("**/worker-*.js", lambda route: route.abort()),
    )
    assert quarters(sent(page)) == UPRIGHT


def test_48_megapixels(chosen: Choose, tmp_path: Path) -> None:
    page = chosen(sideways_photo(tmp_path / "photo.jpg", picture(6000, 8000)))
    image = sent(page)
    assert (image.size, quarters(image)) == ((1500, 2000), UPRIGHT)


def test_white_under_what_is_transparent(chosen: Choose, tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    Image.new("RGBA", (800, 600), (0, 0, 0, 0)).save(path)
    assert sent(chosen(path)).convert("RGB").getpixel((400, 300)) == (255, 255, 255)


def test_a_small_scan_is_sent_with_a_warning(chosen: Choose, tmp_path: Path) -> None:
    picture(700, 500).save(tmp_path / "small.jpg")
    page = chosen(tmp_path / "small.jpg")
    expect(page.get_by_test_id("editor-warning")).to_be_visible()
    assert sent(page).size == (700, 500)


def test_what_could_not_be_read_is_not_sent(chosen: Choose, tmp_path: Path) -> None:
    noise = [Image.effect_noise((2000, 1500), 120) for _ in range(3)]
    Image.merge("RGB", noise).save(tmp_path / "noise.jpg", quality=90)
    page = chosen(tmp_path / "noise.jpg")
    expect(page.get_by_test_id("editor-warning")).to_contain_text("不能提交")
    expect(page.get_by_test_id("editor-submit")).to_have_count(0)
    page.get_by_test_id("editor-crop").click()
    expect(page.get_by_test_id("editor-crop-nw")).to_be_focused()
    # A part of it is little enough.
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_test_id("editor-submit")).to_be_visible()
    # Another file in the same editor.
    picture().save(tmp_path / "good.jpg")
    page.get_by_test_id("editor-file").set_input_files(tmp_path / "good.jpg")
    expect(settled(page)).to_contain_text("1500×2000")
    assert quarters(sent(page)) == UPRIGHT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\0\0\0\x18ftypheic" + bytes(2000), "HEIC"),
        (b"GIF89a" + bytes(100), "jpg/jpeg/png"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "可能已损坏"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x27\x10\0\0\x27\x10\x08\x02\0\0\0", "太大"),
    ],
    ids=["empty", "pdf", "heic", "gif", "broken", "huge"],
)
def test_what_is_no_usable_picture_is_said(content: bytes, words: str, chosen: Choose, tmp_path: Path) -> None:
    path = tmp_path / "file.jpg"
    path.write_bytes(content)
    page = chosen(path)
    expect(page.get_by_test_id("editor-problem")).to_contain_text(words)
    expect(page.get_by_test_id("editor-submit")).to_have_count(0)
    page.get_by_test_id("editor-cancel").click()
    slot(page, "identity-1", "empty", "false")


def test_the_editor_has_no_barriers(size: dict[str, int], chosen: Choose, tmp_path: Path) -> None:
    picture(700, 500).save(tmp_path / "small.jpg")
    page = chosen(tmp_path / "small.jpg", size=size)
    settled(page)
    for language in ("zh", "en"):
        page.get_by_test_id("editor-cancel").click()
        speak(page, language)
        page.get_by_test_id("file-identity").set_input_files(tmp_path / "small.jpg")
        settled(page)
        assert axe(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert too_wide(page) == []
        dialog = page.locator("dialog")
        assert dialog.evaluate("box => box.scrollWidth - box.clientWidth") == 0
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
