"""Reviewers at the console: an exam of their own with cases that wait, and what they do there in a browser."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from scripts import demo
from scripts.cases import Cases
from scripts.people import Candidate, Reviewer
from scripts.traffic import Traffic
from songshen.domain.application import application_id
from songshen.domain.exam import Exam
from songshen.ports import RosterEntry
from tests.support.browser import axe, chinese
from tests.support.fakes import cheap_hash
from tests.support.stack import PASSWORD, STAFF_PASSWORD, Campaign, Stack, phone_number

JINAN, QINGDAO = demo.JINAN, demo.QINGDAO
SLOTS = ("identity-1", "identity-2", "identity-3", "diploma-1", "assessment-1")
"""Those with an image in every case here, in the order of the application."""
_REVIEWS = re.compile(r"/reviews(/|\?|$)")


@dataclass(frozen=True)
class Case:
    """An application of an office."""

    entry: RosterEntry
    stack: Stack

    @property
    def application(self) -> str:
        """Its id."""
        return application_id(self.entry.exam, self.entry.registration_no)

    @property
    def status(self) -> str:
        """As the table has it."""
        return str(self.stack.item(self.application)["status"])

    def lapse(self) -> None:
        """Whoever has claimed it has not renewed the lease."""
        self.stack.change(self.application, "SET claim.expires = :at", at=0)

    def candidate(self) -> Candidate:
        """The candidate, signed in over HTTP."""
        return Candidate.at(self.stack.api).sign_in(self.entry.username, PASSWORD)


@dataclass(frozen=True)
class Staff:
    """A member of staff: `user` is what to sign in with, `http` is the same person without a browser."""

    user: dict[str, str]
    stack: Stack

    @property
    def name(self) -> str:
        """The user name."""
        return self.user["username"]

    @cached_property
    def http(self) -> Reviewer:
        """Signed in over HTTP."""
        return Reviewer.at(self.stack.api).sign_in(**self.user)


class Office:
    """The demonstration's exam once more, with nobody in it but those whom the test asks for."""

    def __init__(self, stack: Stack, **changes: Any) -> None:
        like = demo.exam(datetime.now(UTC))
        given = {field.name: getattr(like, field.name) for field in fields(Exam) if field.name != "id"}
        self.stack = stack
        self.campaign = Campaign(stack, **given | {"spot_check_share": 0.0} | changes)
        self._cases = Cases(self.campaign.exam, stack.outputs)
        self._numbers = itertools.count(1)

    def cases(self, *waiting: timedelta, site: str = JINAN) -> list[Case]:
        """One case for each time that it has been waiting."""
        now = datetime.now(UTC)
        made = [(self._entry(site), now - since) for since in waiting]
        self._cases.submitted(made)
        return [Case(entry, self.stack) for entry, _ in made]

    def queue(self, length: int, site: str = JINAN) -> list[Case]:
        """So many cases, the oldest first."""
        return self.cases(*(timedelta(minutes=10 + 10 * n) for n in reversed(range(length))), site=site)

    def resubmitted(self, case: Case, *slots: str) -> None:
        """What was returned comes back with other images in these slots."""
        self._cases.submitted_again(case.application, slots, datetime.now(UTC))

    def _entry(self, site: str) -> RosterEntry:
        number = next(self._numbers)
        exam = self.campaign.exam.id
        return RosterEntry(
            exam=exam,
            registration_no=f"{site}{number:04d}",
            username=f"{exam}-candidate-{number}",
            name=f"{demo.SURNAMES[number % len(demo.SURNAMES)]}样例",
            id_number=f"37010018000101{number:04d}",
            area="37",
            site=site,
            phone=phone_number(),
            password_hash=cheap_hash(PASSWORD),
        )

    def reviewer(self, site: str = JINAN) -> Staff:
        """Of a site."""
        return self._staff("reviewer", area="37", site=site)

    def lead(self) -> Staff:
        """Of the area."""
        return self._staff("lead", area="37")

    def admin(self) -> Staff:
        """Of the exam."""
        return self._staff("admin")

    def _staff(self, role: str, **places: str) -> Staff:
        username = self.campaign.employ(role, exam=self.campaign.exam.id, **places)
        return Staff({"username": username, "password": STAFF_PASSWORD}, self.stack)


# ---- in a browser ----

# Colours on their way from day to night are neither.
_SETTLED = """async () => {
  for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame)
  await Promise.allSettled(document.getAnimations().map((one) => one.finished))
}"""


def speak(page: Page, language: str) -> None:
    """Switches the console, which speaks Chinese first."""
    if language == "en":
        page.get_by_test_id("language").click()
    expect(page.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[language])


def barriers(page: Page, language: str, name: str, shoot: Callable[..., None], *, data: str = "(?!)") -> dict[str, Any]:
    """What is wrong with the screen `name` as it is, by kind; empty is well. `data` is a pattern: what stays Chinese on
    English screens.

    Chinese is looked at by night and English by day: colours know no language, and words no colours.
    """
    found: dict[str, Any] = {}
    page.emulate_media(color_scheme="dark" if language == "zh" else "light")
    page.evaluate(_SETTLED)
    if wrong := axe(page):
        found[f"{name}, {language}"] = wrong
    shoot(page, f"console-{language}-{name}", full_page=False)
    if language == "en" and (left := {text for text in chinese(page) if not re.search(data, text)}):
        found[f"{name}, Chinese"] = left
    return found


def row(page: Page, case: Case) -> Locator:
    """The case's line in the queue."""
    return page.get_by_test_id(f"queue-row-{case.application}")


def on_screen(page: Page, case: Case) -> None:
    """The case is open and can be decided, its first image is drawn."""
    expect(page.locator("h1")).to_contain_text(case.entry.registration_no)
    expect(page.get_by_test_id("approve")).to_be_visible()
    drawn(page)


def open_case(page: Page, case: Case) -> None:
    """Opens it from the queue, which claims it, and waits until the next one is there too."""
    traffic = Traffic(page)
    row(page, case).click()
    on_screen(page, case)
    traffic.settle()


def take(page: Page) -> None:
    """Takes whatever comes next, and waits until the one after it is there too."""
    traffic = Traffic(page)
    page.get_by_test_id("take-next").click()
    drawn(page)
    traffic.settle()


def drawn(page: Page) -> None:
    """The image that is looked at has come."""
    image = page.get_by_test_id("viewer-image")
    expect(image).to_be_visible()
    expect(image).not_to_have_js_property("naturalWidth", 0)


def look_at(page: Page, *slots: str) -> None:
    """Looks at these images, one after another."""
    for slot in slots:
        page.get_by_test_id(f"thumb-{slot}").click()
        expect(page.get_by_test_id(f"thumb-{slot}")).to_have_attribute("aria-current", "true")


def approve(page: Page) -> None:
    """Approves the case on the screen, whether everything has been looked at or not."""
    look_at(page, *SLOTS)
    page.keyboard.press("a")


def send_back(page: Page, slot: str = "diploma-1", reason: int = 1) -> None:
    """Returns the case on the screen because of one image."""
    look_at(page, slot)
    page.keyboard.press(str(reason))
    page.keyboard.press("Control+Enter")


def no_focus(page: Page) -> bool:
    """Nothing has the focus: a keyboard would have to begin at the page's top."""
    return bool(page.evaluate("() => !document.activeElement || document.activeElement === document.body"))


@contextmanager
def refusing(page: Page, pattern: re.Pattern[str] = _REVIEWS) -> Iterator[None]:
    """Nothing that this page asks of the API arrives meanwhile."""

    def refuse(route: Route) -> None:
        route.abort()

    page.route(pattern, refuse)
    yield
    page.unroute(pattern, refuse)
