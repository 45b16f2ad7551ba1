"""Everybody can use the candidate page: screens without barriers, keyboards, screen readers, small and large letters."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from scripts import demo
from tests.e2e.conftest import Applicants
from tests.support.browser import arrive, axe, sideways, speak


@pytest.mark.parametrize("story", [demo.complete, demo.returned, demo.approved], ids=lambda story: story.__name__)
def test_no_barriers(story, size, shown: Applicants, open_page: Callable[..., Page]) -> None:
    page = open_page(size=size)
    arrive(page, shown(story).user)
    for language in ("zh", "en"):
        speak(page, language)
        assert axe(page) == []
        assert sideways(page) == 0
