"""How soon a reviewer has the next case: `SONGSHEN_STACK=… python -m bench.console`.

Fifty cases of the demonstration's first site, with all their images, are decided by keyboard, approved and returned in
turn. Measured is from the press of the key that decides to the frame on the screen that shows the next candidate's
name and image: by the browser's own clock of both, the image's by the Element Timing API. What the page's thread did
meanwhile is CPU time: all of its tasks, the looking of this bench among them, and of these scripts, styles and layout.

The reviewer is quicker than any: every image is looked at, and as soon as nothing is on its way any more, the case is
decided. So the next case has been fetched by then, as it has been for whoever takes ten seconds for a case; with
`--hasty` the reviewer does not wait for that either.
"""

import argparse
import os
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from bench.stack import described
from scripts import demo
from scripts.browser import launch_options
from scripts.cases import Cases
from scripts.traffic import Traffic
from songshen import passwords
from songshen.ports import RosterEntry

APPROVE, RETURN = "a", "Control+Enter"
OURS = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
PATIENCE = 30_000  # ms

WATCH = """() => {
  // When the name of a candidate has come on the screen, and when the images have.
  const name = () => document.querySelector('main h1 .number')?.textContent ?? ''
  window.bench = { pressed: 0, named: 0, pictured: 0, before: '', url: '' }
  addEventListener('keydown', (event) => {
    const decides = event.key === 'a' || (event.key === 'Enter' && event.ctrlKey)
    if (!decides || event.repeat) return
    Object.assign(window.bench, { pressed: event.timeStamp, named: 0, pictured: 0, before: name() })
  }, true)
  const after = (done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => done(performance.now())
    port2.postMessage(0)
  })
  new MutationObserver(() => {
    const { bench } = window
    const image = document.querySelector('[data-testid=viewer-image]')
    if (image && !image.getAttribute('elementtiming')) image.setAttribute('elementtiming', name())
    if (bench.pressed && !bench.named && name() && name() !== bench.before) {
      bench.named = -1
      after((at) => (bench.named = at))
    }
  }).observe(document, { childList: true, subtree: true, characterData: true })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.identifier === name() && entry.identifier !== window.bench.before) {
        window.bench.pictured ||= entry.renderTime || entry.loadTime
      }
    }
  }).observe({ type: 'element', buffered: true })
}"""
DRAWN = "() => window.bench.named > 0 && window.bench.pictured > 0 && { ...window.bench }"


@dataclass(frozen=True)
class Turn:
    """From one case to the next, in ms: all of it, the page's thread, and of that scripts, styles and layout."""

    outcome: str
    all: float
    thread: float
    ours: float


def seeded(stack: dict[str, Any], count: int) -> None:
    """So many cases wait at the first site, before those of the demonstration."""
    os.environ |= {
        "AWS_ENDPOINT_URL": stack["aws_endpoint"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "NO_PROXY": "localhost,127.0.0.1,.localhost",
    }
    now = datetime.now(UTC)
    exam = demo.exam(now)
    run, password_hash = secrets.randbelow(10**6), passwords.hashed(demo.PASSWORD)

    def entry(number: int) -> RosterEntry:
        return RosterEntry(
            exam=exam.id,
            registration_no=f"9{run:06d}{number:04d}",
            username=f"bench-{run}-{number}",
            name=f"{demo.SURNAMES[number % len(demo.SURNAMES)]}样例",
            id_number=f"37010018000101{number:04d}",
            area="37",
            site=demo.JINAN,
            phone=f"1380000{number:04d}",
            password_hash=password_hash,
        )

    waiting = ((entry(number), now - timedelta(days=5, seconds=-number)) for number in range(count))
    Cases(exam, stack["outputs"]).submitted(waiting)


class Desk:
    """A reviewer at the console, by keyboard."""

    def __init__(self, page: Page, stack: dict[str, Any]) -> None:
        self._page = page
        self._metrics: CDPSession = page.context.new_cdp_session(page)
        self._metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.traffic = Traffic(page)
        page.add_init_script(f"({WATCH})()")
        page.goto(stack["console_url"])
        user = stack["users"]["reviewers"][0]
        page.get_by_test_id("username").fill(user["username"])
        page.get_by_test_id("password").fill(user["password"])
        page.keyboard.press("Enter")
        page.get_by_test_id("take-next").wait_for()
        self.traffic.settle()
        page.keyboard.press("s")
        page.get_by_test_id("approve").wait_for()
        self.traffic.settle()
        self.traffic.calls.clear()

    def look(self, hasty: bool) -> None:
        """Every image, one after another."""
        for _ in self._page.locator("[data-testid^=thumb-]").all():
            self._page.keyboard.press("j")
        if not hasty:
            self.traffic.settle()
            # The images are decoded after they have come.
            self._page.wait_for_timeout(300)

    def decide(self, returns: bool) -> Turn:
        """Decides, and waits for the next case."""
        if returns:
            self._page.keyboard.press("1")
        thread, ours = self._busy()
        self._page.keyboard.press(RETURN if returns else APPROVE)
        seen = self._drawn()
        thread_after, ours_after = self._busy()
        return Turn(
            outcome="returned" if returns else "approved",
            all=max(seen["named"], seen["pictured"]) - seen["pressed"],
            thread=thread_after - thread,
            ours=ours_after - ours,
        )

    def _drawn(self) -> dict[str, float]:
        # Polled by frames: whoever asks more often is in the way.
        for _ in range(PATIENCE // 20):
            if seen := self._page.evaluate(DRAWN):
                return dict(seen)
            self._page.wait_for_timeout(20)
        raise TimeoutError(f"no next case: {self._page.evaluate('() => window.bench')}")

    def _busy(self) -> tuple[float, float]:
        """CPU time of the page's thread until now, and of scripts, styles and layout in it, in ms."""
        found = self._metrics.send("Performance.getMetrics")["metrics"]
        values: dict[str, float] = {metric["name"]: metric["value"] * 1000 for metric in found}
        return values["TaskDuration"], sum(values[name] for name in OURS)

    def leave(self) -> None:
        """Back to the queue, and the last decision is sent."""
        self._page.keyboard.press("g")
        self._page.reload()
        expect(self._page.get_by_test_id("sent")).to_be_visible(timeout=PATIENCE)


def table(turns: list[Turn], calls: Counter[str]) -> None:
    """Prints what was measured, in Markdown."""

    def row(title: str, values: list[float], goal: str = "") -> None:
        high = quantiles(values, n=20, method="inclusive")[-1]
        print(f"| {title} | {median(values):.0f} ms | {high:.0f} ms | {max(values):.0f} ms | {goal} |")

    print("| | median | 95 of 100 | longest | goal |")
    print("|---|---:|---:|---:|---|")
    row("decision → next case drawn", [turn.all for turn in turns], "≤ 300 ms")
    for outcome in ("approved", "returned"):
        row(f"of these, {outcome}", [turn.all for turn in turns if turn.outcome == outcome])
    row("the page's thread meanwhile (CPU)", [turn.thread for turn in turns], "≤ 50 ms")
    row("of that, scripts, styles and layout", [turn.ours for turn in turns])
    print("\n| calls of the API for each case | | goal |")
    print("|---|---:|---|")
    for call, count in sorted(calls.items()):
        print(f"| `{call}` | {count / len(turns):.2f} | |")
    print(f"| all | {calls.total() / len(turns):.2f} | ≤ 4 |")


def main() -> None:
    """Plays the cases and prints a Markdown table."""
    parser = argparse.ArgumentParser(description="How soon a reviewer has the next case.")
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--hasty", action="store_true", help="decide at once, whether the next case is here or not")
    given = parser.parse_args()
    stack = described()
    seeded(stack, given.cases + 3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        desk = Desk(page, stack)
        turns = []
        for number in range(given.cases):
            desk.look(given.hasty)
            turns.append(desk.decide(returns=number % 2 == 1))
        # What is left is the last decision, which is held.
        desk.traffic.settle()
        calls = Counter(desk.traffic.calls)
        desk.leave()
        browser.close()
    print(f"{given.cases} cases, 1440×900{', in haste' if given.hasty else ''}.\n")
    table(turns, calls)


if __name__ == "__main__":
    main()
