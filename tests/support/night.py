"""The night of a deadline in an exam of several sites: what lies in the table then, written straight into it.

Made of the product's own items and always the same; only the times are counted back from now.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from songshen.adapters.items import Item, decision_keys, marshal, pack_entry, sortable
from songshen.adapters.smsbook import DynamoUnreached
from songshen.domain.application import Application, Decision, Outcome, SlotReview, Status
from songshen.domain.exam import Area, Exam, Site, Text
from songshen.domain.journal import Entry, decision_entry, submission_entry
from songshen.ports import Unreached
from tests.support.stack import Stack, item_of

AREAS = (
    Area(
        "37",
        Text("山东省", "Shandong"),
        (
            Site("370100", Text("济南考点", "Jinan")),
            Site("370200", Text("青岛考点", "Qingdao")),
            Site("370300", Text("淄博考点", "Zibo")),
        ),
    ),
    Area("11", Text("北京市", "Beijing"), (Site("110105", Text("朝阳考点", "Chaoyang")),)),
)
# By site: drafts, waiting, returned, approved, reviewers.
STATES = {
    "370100": (40, 60, 18, 90, 3),
    "370200": (25, 34, 6, 40, 1),
    "370300": (12, 9, 0, 0, 0),
    "110105": (8, 4, 5, 70, 4),
}
HOUR = timedelta(hours=1)


def deadline_night(stack: Stack, exam: Exam, now: datetime | None = None) -> None:
    """Has the exam, whose areas are `AREAS`, be in the middle of it."""
    lot = random.Random(7)  # noqa: S311 - the same every time
    items = list(_items(exam, now or datetime.now(UTC), lot))
    client = stack.client("dynamodb")
    for some in batched(items, 25, strict=False):
        writes: Any = [{"PutRequest": {"Item": item}} for item in some]
        left = {stack.table: writes}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
    unreached = DynamoUnreached(client, stack.table)
    for one in _unreached(exam, now or datetime.now(UTC)):
        unreached.note(one)


def _items(exam: Exam, now: datetime, lot: random.Random) -> Iterator[Item]:
    for area in exam.areas:
        for site in area.sites:
            drafts, waiting, returned, approved, reviewers = STATES[site.id]
            numbers = (f"{site.id}{number:08d}" for number in range(10_000))
            names = [f"shenhe-{site.id[:4]}-{number}" for number in range(1, reviewers + 1)]

            def made(number: str, area: str = area.id, site: str = site.id) -> Application:
                return Application(exam.id, number, "样例", area, site)

            for _ in range(drafts):
                yield item_of(made(next(numbers)))
            for _ in range(waiting):
                # Ever more until the end; some have been waiting for days.
                since = now - lot.triangular(0, 20, 1) * HOUR - (lot.random() < 0.12) * 36 * HOUR
                yield from _submitted(made(next(numbers)), since, 1 + (lot.random() < 0.2))
            for count, outcome in ((returned, Outcome.RETURN), (approved, Outcome.APPROVE)):
                for _ in range(count):
                    at = now - lot.triangular(0, 30, 4) * HOUR
                    sent = at - lot.triangular(0.2, 20, 3) * HOUR
                    round = 1 + (lot.random() < 0.25) + (lot.random() < 0.05)
                    decision = Decision(round, outcome, lot.choice(names), at)
                    if outcome is Outcome.RETURN:
                        decision = replace(decision, slots={"diploma-1": SlotReview(exam.reasons[0].code)})
                    yield from _decided(made(next(numbers)), exam, sent, decision)


def _unreached(exam: Exam, now: datetime) -> Iterator[Unreached]:
    """More than a page of drafts, for every reason, some of them for the last time."""
    causes = itertools.cycle(("OptedOut", "capped", "not a mobile phone number", "rate_limited", "ProviderUnavailable"))
    for area in exam.areas:
        for site in area.sites:
            for number in range(STATES[site.id][0]):
                since, end = now - number * HOUR / 2, now + (number - 9) * HOUR
                again = now + HOUR if number % 2 else None
                noted = (exam.id, area.id, site.id, f"{site.id}{number:08d}", 0, "reminder", next(causes))
                yield Unreached(*noted, since, end, 4, again)


def _submitted(application: Application, since: datetime, round: int) -> Iterator[Item]:
    waiting = replace(application, status=Status.SUBMITTED, round=round, submitted_at=since)
    yield item_of(waiting)
    yield _entry(waiting, submission_entry(waiting, since))


def _decided(application: Application, exam: Exam, sent: datetime, decision: Decision) -> Iterator[Item]:
    status = Status.APPROVED if decision.outcome is Outcome.APPROVE else Status.RETURNED
    number = f"{application.site}-{application.registration_no[-4:]}" if status is Status.APPROVED else ""
    decided = replace(
        application,
        status=status,
        round=decision.round,
        submitted_at=sent,
        decision=decision,
        serial_number=number,
    )
    yield item_of(decided)
    yield _entry(decided, submission_entry(decided, sent))
    yield _entry(decided, decision_entry(decided, exam, decision))


def _entry(application: Application, entry: Entry) -> Item:
    pk = f"APPLICATION#{application.exam}#{application.registration_no}"
    key = {"pk": pk, "sk": f"JOURNAL#{sortable(entry.at)}#{entry.kind}"}
    return marshal(key | pack_entry(entry) | decision_keys(application, entry))
