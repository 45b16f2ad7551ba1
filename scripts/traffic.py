"""What a page of the console asks of the API, for tests and benches that count it."""

import re
import time
from typing import Any

from playwright.sync_api import Page, Request

QUIET = 0.3  # s without a request: what is fetched ahead has come


class Traffic:
    """The requests that a page makes from now on; calls of the API as `POST /reviews/{application}/decision`."""

    def __init__(self, page: Page) -> None:
        self.calls: list[str] = []
        self._page = page
        self._open: set[Any] = set()
        self._last = time.monotonic()
        page.on("request", self._asked)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def _asked(self, request: Request) -> None:
        self._open.add(request)
        self._last = time.monotonic()
        found = re.search(r"/(reviews|session|exams|applications)(/.*)?$", request.url.partition("?")[0])
        if found and request.resource_type in {"fetch", "xhr"}:
            path = re.sub(r"/[A-Za-z0-9-]+_\w+", "/{application}", found.group())
            self.calls.append(f"{request.method} {path}")

    def _ended(self, request: Request) -> None:
        self._open.discard(request)
        self._last = time.monotonic()

    def settle(self, within: float = 60) -> None:
        """Waits until everything has come. TimeoutError says what has not."""
        end = time.monotonic() + within
        while self._open or time.monotonic() - self._last < QUIET:
            if time.monotonic() > end:
                raise TimeoutError(f"still on its way: {[request.url for request in self._open]}")
            self._page.wait_for_timeout(50)
