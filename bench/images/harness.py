"""A browser that prepares photos on a page of its own; what can be seen of the result, and of the browser meanwhile."""

import base64
import io
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from bench.images.photos import MARK, MARKS, Photo
from scripts.browser import launch_options

ROOT = Path(__file__).parents[2]
MAX_BYTES = 204_800
SLOWER = 4  # how much slower than this machine the page's thread is made to run
TIMEOUT = 180_000  # ms


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds. The longest in which the page's thread did nothing else, in four ways.

    `gap`: no timer fired; `frame`: no frame came; `task`: what the page itself is told of tasks of more than 50 ms (0:
    none). They also count the time that other programs took. `busy` does not: it is the longest task's CPU time.
    """

    ms: float
    gap: float
    frame: float
    task: float
    busy: float
    memory: float | None
    """MB that the page's process and the one that draws grew by at most; None where the system does not tell."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def build(directory: Path) -> None:
    """Build the page on which photos are prepared."""
    command = ["npx", "vite", "build", "--config", "bench/images/vite.config.ts", "--logLevel", "warn", "--outDir"]
    subprocess.run([*command, str(directory)], cwd=ROOT / "web", check=True)


class Phone:
    """A browser with the page. Anything that is asked of another host is counted, and not answered."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.elsewhere: list[str] = []
        self._browser = browser
        self._address = address

    @contextmanager
    def _page(self, photo: Photo, old: bool = False) -> Iterator[Page]:
        context = self._browser.new_context()
        context.route(lambda url: not url.startswith((self._address, "blob:", "data:")), self._refuse)
        if old:
            context.add_init_script("delete window.OffscreenCanvas")
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.goto(self._address)
        page.set_input_files("input", photo.path)
        yield page
        context.close()

    def _refuse(self, route: Any) -> None:
        self.elsewhere.append(route.request.url)
        route.abort()

    def prepare(self, way: str, photo: Photo, *, slower: float = SLOWER, old: bool = False) -> tuple[Took, bytes]:
        """One preparation. RuntimeError with the page's words if it fails."""
        with self._page(photo, old) as page:
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            memory = self._memory()
            self._browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
            try:
                took = page.evaluate("([way, most]) => bench.run(way, most)", [way, MAX_BYTES])
            except Error as error:
                raise RuntimeError(error.message.splitlines()[0]) from None
            finally:
                trace = self._browser.stop_tracing()
            session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            after = self._memory("VmHWM")
            grown = sum(max(0.0, after[pid] - rss) for pid, rss in memory.items() if pid in after)
            return Took(**took, busy=busiest(trace), memory=grown if memory else None), base64.b64decode(
                page.evaluate("bench.result()")
            )

    def each(self, what: str, photo: Photo, trials: list[dict[str, Any]]) -> Iterator[tuple[float, bytes]]:
        """What the page's `trial` or `policy` makes of each: its answer, and the image; nothing where none fits."""
        with self._page(photo) as page:
            for trial in trials:
                answer = page.evaluate(f"([trial, most]) => bench.{what}(trial, most)", [trial, MAX_BYTES])
                yield answer, base64.b64decode(page.evaluate("bench.result()")) if answer else b""

    def _memory(self, line: str = "VmRSS") -> dict[int, float]:
        """MB of each of these processes now, or with `VmHWM` the most since the last call without it. Linux only."""
        found: dict[int, float] = {}
        session = self._browser.new_browser_cdp_session()
        for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] not in {"renderer", "GPU"}:
                continue
            with suppress(OSError):
                directory = Path("/proc") / str(process["id"])
                if line == "VmRSS":
                    (directory / "clear_refs").write_text("5")  # forget the peak until now
                status = dict(row.split(":", 1) for row in (directory / "status").read_text().splitlines())
                found[process["id"]] = int(status[line].split()[0]) / 1024
        session.detach()
        return found


@contextmanager
def phone(site: Path) -> Iterator[Phone]:
    """Serve the built page and start a browser."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield Phone(browser, f"http://127.0.0.1:{server.server_port}/")
        browser.close()
    server.shutdown()


def busiest(trace: bytes) -> float:
    """CPU time in ms of the longest task of the thread on which the page runs."""
    events = json.loads(trace)["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return max((event.get("tdur", 0) for event in events if (event["pid"], event["tid"]) in pages), default=0) / 1000


# --- what came out ---------------------------------------------------------------------------------


def is_upright(image: Image.Image, photo: Photo) -> bool:
    """Whether the coloured corners are where a person sees them."""
    picture = image.convert("RGB")
    factor = picture.width / photo.width
    inset = max(1, round(MARK * factor / 2))
    right, lower = picture.width - inset, picture.height - inset
    places = ((inset, inset), (right, inset), (right, lower), (inset, lower))
    return [_nearest(np.asarray(picture)[y, x].tolist()) for x, y in places] == list(range(len(MARKS)))


def _nearest(colour: list[int]) -> int:
    """The mark of this hue: light and noise changed the colour."""

    def difference(index: int) -> float:
        mark = MARKS[index]
        return sum(((a / sum(colour) - b / sum(mark)) ** 2 for a, b in zip(colour, mark, strict=True)), 0.0)

    return min(range(len(MARKS)), key=difference)


def metadata(jpeg: bytes) -> list[str]:
    """The segments of a JPEG that do not belong to the picture itself, such as `APP1` for EXIF."""
    found = []
    at = 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        marker = jpeg[at + 1]
        what = jpeg[at + 4 : at + 16]
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if what.startswith((b"JFIF\0", b"ICC_PROFILE\0")):  # the browser's: size and colour space
            continue
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            found.append(f"APP{marker - 0xE0}" if marker != 0xFE else "COM")
    return found


def opened(jpeg: bytes) -> Image.Image:
    """The image with its pixels as they are stored: what a viewer shows that does not know of EXIF."""
    return Image.open(io.BytesIO(jpeg))
