"""How soon the candidate page can be used on a slow phone: `SONGSHEN_STACK=… python -m bench.page`.

Slow 4G as DevTools has it (562 ms until an answer begins, 1.47 Mbit/s down) and a processor four times slower; a new
browser with nothing in its cache for every run; the median of the runs. A server stands for CloudFront: the pages come
with brotli, the API is the stack's own behind it. DevTools does not delay preflights, so none may be sent: it would
cost a round trip more than is measured, and ends the bench. What it leaves out: DNS, and setting up connections (in the
field two or three round trips more).
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Page, Playwright, ViewportSize, sync_playwright

from bench.stack import described
from scripts.browser import launch_options

LATENCY = 562  # ms
DOWN, UP = 1.47e6 / 8, 0.675e6 / 8  # bytes per second
SLOWER = 4
PHONE: ViewportSize = {"width": 390, "height": 844}
QUIET = 3.0  # s without a request: everything that is fetched ahead has come
DRAFT = 9  # kaosheng09: personal information complete, two images uploaded, not submitted

# What must be there, and can be used, on each screen.
SIGN_IN = "#username:enabled"
SIGNED_IN = "input[type=file]:enabled"
WATCH = """(selector) => {
  addEventListener('DOMContentLoaded', () => {
    const look = () => {
      if (window.benchInteractive || !document.querySelector(selector)) return
      seen.disconnect()
      // The moment after: the page has been laid out and hears what is tapped.
      requestAnimationFrame(() => setTimeout(() => (window.benchInteractive = performance.now())))
    }
    const seen = new MutationObserver(look)
    seen.observe(document, { childList: true, subtree: true, attributes: true })
    look()
  })
  window.benchLong = []
  new PerformanceObserver((list) => window.benchLong.push(...list.getEntries().map((e) => [e.startTime, e.duration])))
    .observe({ type: 'longtask', buffered: true })
}"""


@dataclass(frozen=True)
class Run:
    """One opening of the page: bytes as they came over the line, with their headers; milliseconds from the start."""

    document: int
    script: int
    later: int
    requests: int
    paint: float
    interactive: float
    blocked: float


@dataclass(frozen=True)
class Row:
    """A line of the table: a figure, its goal, both as text."""

    title: str
    figure: str
    goal: str = ""


@contextmanager
def served(stack: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Launch options for a browser to which the pages' host is a server of the bench."""
    emulator, pages = (urlsplit(stack[name]).netloc for name in ("aws_endpoint", "candidate_url"))
    command = ["node", str(Path(__file__).with_name("serve.mjs")), emulator, pages]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            port = int(server.stdout.readline())
            options = launch_options()
            yield options | {"args": [*options["args"], f"--host-resolver-rules=MAP {pages} 127.0.0.1:{port}"]}
        finally:
            server.terminate()


def session_of(playwright: Playwright, options: dict[str, Any], stack: dict[str, Any]) -> str:
    """Signs in and gives what the page keeps of it, as a script that puts it back."""
    user = stack["users"]["candidates"][DRAFT - 1]
    browser = playwright.chromium.launch(**options)
    page = browser.new_page()
    page.goto(stack["candidate_url"])
    page.get_by_test_id("username").fill(user["username"])
    page.get_by_test_id("password").fill(user["password"])
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("status").wait_for()
    kept = page.evaluate("JSON.stringify({...sessionStorage})")
    browser.close()
    return f"Object.assign(sessionStorage, {kept})"


def run(playwright: Playwright, options: dict[str, Any], url: str, wanted: str, prepared: str) -> Run:
    """Opens the page once, in a browser of its own."""
    browser = playwright.chromium.launch(**options)
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
    page.add_init_script(f"{prepared};({WATCH})({json.dumps(wanted)})")
    network = Network(page, page.context.new_cdp_session(page))
    page.goto(url, wait_until="commit")
    network.settle()
    measured: dict[str, Any] = page.evaluate(
        """() => ({
          interactive: window.benchInteractive,
          paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
          long: window.benchLong,
        })"""
    )
    browser.close()
    ready = measured["interactive"]
    assert ready, "the page says that it can be used, and nobody saw when"
    permissions = [each["url"] for each in network.asked.values() if each["method"] == "OPTIONS"]
    assert not permissions, f"preflights, which DevTools does not delay: {permissions}"
    until = [each for each in network.asked.values() if each["at"] <= ready]
    after = [each for each in network.asked.values() if each["at"] > ready]
    return Run(
        document=sum(each["bytes"] for each in until if each["kind"] == "document"),
        script=sum(each["bytes"] for each in until if each["kind"] == "script"),
        later=sum(each["bytes"] for each in after if each["kind"] == "script"),
        requests=len(until),
        paint=measured["paint"],
        interactive=ready,
        blocked=sum(duration - 50 for start, duration in measured["long"] if start < ready),
    )


class Network:
    """Makes a page's network and processor slow, and notes every request: kind, bytes, ms since the first."""

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self.page = page
        self.asked: dict[str, dict[str, Any]] = {}
        self._start = 0.0
        self._last = time.monotonic()
        cdp.on("Network.requestWillBeSent", self._sent)
        cdp.on("Network.loadingFinished", self._finished)
        cdp.send("Network.enable")
        cdp.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY, "downloadThroughput": DOWN, "uploadThroughput": UP},
        )
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def _sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith(("data:", "blob:")):
            return
        self._start = self._start or event["timestamp"]
        self._last = time.monotonic()
        # Parts that are fetched ahead come by `fetch` into the cache, from where they are imported.
        kind = "script" if urlsplit(url).path.endswith(".js") else event.get("type", "").lower()
        at = (event["timestamp"] - self._start) * 1000
        method = event["request"]["method"]
        self.asked[event["requestId"]] = {"method": method, "kind": kind, "at": at, "bytes": 0, "url": url}

    def _finished(self, event: dict[str, Any]) -> None:
        self._last = time.monotonic()
        if event["requestId"] in self.asked:
            self.asked[event["requestId"]]["bytes"] = event["encodedDataLength"]

    def settle(self) -> None:
        """Waits until nothing has come for a while, without looking at the page: looking takes its time."""
        while time.monotonic() - self._last < QUIET:
            self.page.wait_for_timeout(100)


def rows(runs: list[Run]) -> list[Row]:
    """The medians beside their goals."""

    def middle(name: str) -> float:
        return float(median(getattr(run, name) for run in runs))

    first = middle("script") + middle("document")
    ready = [run.interactive / 1000 for run in runs]
    return [
        Row("JavaScript, and HTML with its CSS", f"{first / 1024:.1f} KB", "≤ 40 KB without the HTML"),
        Row("of these, HTML, two thirds of it CSS", f"{middle('document') / 1024:.1f} KB"),
        Row("fetched ahead, when idle", f"{middle('later') / 1024:.1f} KB", "≤ 20 KB"),
        Row("requests until interactive, none of them a preflight", f"{middle('requests'):.0f}", "≤ 6"),
        Row("first paint", f"{middle('paint') / 1000:.2f} s", "≤ 1.0 s"),
        Row("interactive", f"{middle('interactive') / 1000:.2f} s", "≤ 2.0 s"),
        Row("interactive, fastest to slowest run", f"{min(ready):.2f} to {max(ready):.2f} s"),
        Row("blocked until then (tasks beyond 50 ms)", f"{middle('blocked'):.0f} ms"),
    ]


def main() -> None:
    """Prints a Markdown table with a column for each screen."""
    parser = argparse.ArgumentParser(description="How soon the candidate page can be used on a slow phone.")
    parser.add_argument("--runs", type=int, default=5)
    times = parser.parse_args().runs
    stack = described()
    url = stack["candidate_url"]
    with sync_playwright() as playwright, served(stack) as options:
        kept = session_of(playwright, options, stack)
        sign_in = rows([run(playwright, options, url, SIGN_IN, "") for _ in range(times)])
        reload = rows([run(playwright, options, url, SIGNED_IN, kept) for _ in range(times)])
    print(f"Slow 4G ({LATENCY} ms, 1.47 Mbit/s), processor {SLOWER}× slower, nothing cached, median of {times}.\n")
    print("| | sign-in | opened again, with the materials | goal |")
    print("|---|---|---|---|")
    for first, second in zip(sign_in, reload, strict=True):
        print(f"| {first.title} | {first.figure} | {second.figure} | {first.goal} |")


if __name__ == "__main__":
    main()
