"""What a person reads out to the help desk leads an operator to what happened."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from scripts import demo
from scripts.people import until
from tests.e2e.conftest import Applicants
from tests.support.browser import sign_in
from tests.support.stack import Stack


def lines(stack: Stack, correlation: str) -> list[dict[str, Any]]:
    """What the functions have logged about something that a person did."""
    logs = stack.client("logs")
    found = []
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for events in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                found += [event["message"] for event in events["events"] if correlation in event["message"]]
    return [json.loads(line) for line in found]


def test_the_page_shows_the_id_under_which_the_failure_is_logged(
    applicant: Applicants, open_page: Callable[..., Page], stack: Stack
) -> None:
    someone = applicant(demo.started)
    application = f"{someone.exam}_{someone.person.registration_no}"
    stack.change(application, "SET slots = :broken", broken="broken")
    page = open_page()
    sign_in(page, someone.user)
    told = page.get_by_text(re.compile("#[0-9a-f]{4}-[0-9a-f]{4}")).first
    expect(told).to_be_visible()
    shown = re.search("#([0-9a-f]{4})-([0-9a-f]{4})", told.inner_text())
    assert shown
    (failed, *_) = until(lambda: lines(stack, shown[1] + shown[2]), bool)
    assert failed["correlation"].startswith(shown[1] + shown[2])
    assert (failed["code"], failed["application"], failed["route"]) == ("internal", application, "GET /application")
