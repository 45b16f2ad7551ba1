"""What a campaign costs on AWS, line by line, next to a naive design: `make bench WHAT=cost`.

Every figure follows from what was counted (`counted.json`), from `prices.py` and from the assumptions here; it needs
no stack. One round for each candidate, returned, with one SMS: what `counted.json` has as `returned`.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import prices
from bench.counted import FUNCTIONS, Counted, journeys, memory, seconds

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cost.md"
CANDIDATES = 1_000_000
# Assumptions of this page alone.
IMAGE_GB = 150_000 / prices.GB  # bench/operations.py sends so much; the limit is 204,800 bytes
VIEW_GB = 9_000 / prices.GB  # a view with ten images, as JSON
PAGE_GB = 60_000 / prices.GB  # docs/measured.md, page: what a first visit fetches, and what is fetched ahead
PAGE_FILES = 6
SHOWN = 2  # each image: once to the candidate, once to the reviewer
KEPT_MONTHS = 24  # MaterialsRetentionDays
TABLE_GB = 9_000 / prices.GB  # item, journal, roster entry, account, who has sent what
TABLE_MONTHS = 3
LOG_GB = 900 / prices.GB  # a line of the API and one of the function
IMPORT_WRITES = 7  # docs/measured.md, roster: write units of a new line
REST_POLLS = 4  # naive: the page asks every second for each image by itself
SLOT_ITEM_UNITS = 4  # naive: slot and counter in one transaction, twice for each image
CHECKS = 72 * 12  # naive: an execution looks every five minutes for the three days that a review takes
GOAL = 70  # write units of a journey, indexes included
SMS_COUNTS = 2  # of them: one by number and day, one by exam
SMS_PARTS = 3  # naive: the reason in full


@dataclass(frozen=True)
class Line:
    """A line: what is paid for, how much of it one candidate takes, the price of one."""

    service: str
    what: str
    amount: float
    price: prices.Price

    @property
    def dollars(self) -> float:
        """For one candidate."""
        return self.amount * self.price.dollars


def api_calls(counted: Counted) -> int:
    """Of the page, its polls, and the reviewer's two."""
    return counted.page_calls + counted.polls + 2


def compute(counted: Counted, wanted: Callable[[str], bool] = lambda _: True) -> tuple[float, float]:
    """Invocations and GB-seconds of one candidate; of some functions only."""
    stages = [one for one in counted.stages if one.name in FUNCTIONS and wanted(FUNCTIONS[one.name])]
    invoked = sum(one.times for one in stages)
    spent = sum(one.times * sum(seconds(one)) * memory(FUNCTIONS[one.name]) / 1024 for one in stages)
    return invoked, spent


def ours(counted: Counted) -> list[Line]:
    """This design."""
    calls, images = api_calls(counted), counted.polls
    invoked, spent = compute(counted)
    shown = images * SHOWN
    return [
        Line("SNS", "SMS", 1, prices.SMS),
        Line("Cognito", "active user", 1, prices.ACTIVE_USER),
        Line("DynamoDB", "write units", counted.writes + IMPORT_WRITES, prices.WRITE),
        Line("DynamoDB", "read units", counted.reads, prices.READ),
        Line("DynamoDB", "GB and months, backup", TABLE_GB * TABLE_MONTHS, _both(prices.TABLE_GB, prices.BACKUP_GB)),
        Line("Lambda", "invocations", invoked, prices.REQUEST),
        Line("Lambda", "GB-seconds", spent, prices.COMPUTE),
        Line("S3", "POST and PUT", counted.calls("s3 PostObject") + counted.calls("s3 PutObject"), prices.PUT),
        Line("S3", "GET", counted.calls("s3 GetObject") + shown, prices.GET),
        Line("S3", "GB and months", images * IMAGE_GB * KEPT_MONTHS, prices.STORED_GB),
        Line("Step Functions", "transitions", counted.transitions, prices.TRANSITION),
        Line("API Gateway", "calls, HTTP API", calls, prices.HTTP_API),
        Line("CloudFront", "requests: files, and the API behind it", PAGE_FILES + calls, prices.DISTRIBUTED),
        Line("CloudFront", "GB: files and answers", PAGE_GB + calls * VIEW_GB, prices.DELIVERED_GB),
        Line("data transfer", "GB: images shown", shown * IMAGE_GB, prices.OUT_GB),
        Line("CloudWatch", "GB of logs", (calls + invoked) * LOG_GB, prices.LOGGED_GB),
    ]


def naive(counted: Counted) -> list[Line]:
    """A design that works as well, and is what comes first to mind."""
    images = counted.polls
    calls = counted.page_calls + images * REST_POLLS + 2
    others = sum(s.all_writes for s in counted.stages if s.name not in {"POST /uploads", "verdict"})
    slots = images * (2 * SLOT_ITEM_UNITS + 1)
    invoked, spent = compute(counted, lambda verb: verb not in {"application", "upload_presign"})
    # The image goes through a function, in base64, that puts it into the bucket and waits for it; polls are calls too.
    view = counted.stage("poll: GET /application")
    passes = images * 0.35 * 1024 / 1024 + (calls - images) * sum(seconds(view)) * 0.5
    shown = images * SHOWN
    return [
        Line("SNS", "SMS, the reason in it, parts", SMS_PARTS, prices.SMS),
        Line("Cognito", "active user", 1, prices.ACTIVE_USER),
        Line(
            "DynamoDB", "write units: slots and counters in transactions", others + slots + IMPORT_WRITES, prices.WRITE
        ),
        Line("DynamoDB", "read units: eleven items for each view", calls * 11 / 2, prices.READ),
        Line("DynamoDB", "GB and months, backup", TABLE_GB * TABLE_MONTHS, _both(prices.TABLE_GB, prices.BACKUP_GB)),
        Line("Lambda", "invocations", invoked + calls, prices.REQUEST),
        Line("Lambda", "GB-seconds", spent + passes, prices.COMPUTE),
        Line("S3", "PUT", 2 * images, prices.PUT),
        Line("S3", "GET", images + shown, prices.GET),
        Line("S3", "GB and months", images * IMAGE_GB * KEPT_MONTHS, prices.STORED_GB),
        Line("Step Functions", "transitions: looks every five minutes for three days", CHECKS * 3, prices.TRANSITION),
        Line("API Gateway", "calls, REST API", calls, prices.REST_API),
        Line("CloudFront", "requests: files, and the API behind it", PAGE_FILES + calls, prices.DISTRIBUTED),
        Line("CloudFront", "GB: files and answers", PAGE_GB + calls * VIEW_GB, prices.DELIVERED_GB),
        Line("data transfer", "GB: images shown", shown * IMAGE_GB, prices.OUT_GB),
        Line("CloudWatch", "GB of logs", 2 * calls * LOG_GB, prices.LOGGED_GB),
    ]


def _both(one: prices.Price, other: prices.Price) -> prices.Price:
    return prices.Price(one.dollars + other.dollars, one.unit, one.source)


HEAD = """# What a campaign costs on AWS

Made by `.venv/bin/python -m bench.cost --write`; a test says that it still is what the code says. What one candidate
takes was counted by `make bench WHAT=operations`: every AWS call of a first sign-in, the profile, ten images, one
round, its return and SMS, on the use cases and adapters as they are deployed, with units by DynamoDB's rules, and task
tokens as long as AWS's (`TASK_TOKEN` in [bench/assumptions.py](../bench/assumptions.py)). A test on the stack holds a
journey to it (tests/integration/test_operations.py). Prices, as remembered and not compared with AWS's pages of today:
[bench/prices.py](../bench/prices.py).
Assumptions of this page (how long things are kept, sizes
of files and answers): [bench/cost.py](../bench/cost.py). What is made ready before the peak is not in it: `make plan`.

The SMS is the bill. Its price is set by carriers, differs by country, and is taken high: look at that line first, and
at another transport (the port `Sms`).

"""


def main() -> None:
    """Prints the page; with `--write` it becomes docs/cost.md."""
    told = "\n".join(page())
    if "--write" in sys.argv:
        PAGE.write_text(HEAD + told + "\n", encoding="utf-8")
    print(told)


def page() -> Iterator[str]:
    """What was counted, both designs, and the prices, in Markdown."""
    counted = journeys().returned
    yield from _counted(counted)
    yield (f"A million candidates with {counted.polls} images each; {prices.REGION}, {prices.AS_OF}, no free tier.\n")
    for title, lines in (("This design", ours(counted)), ("A naive one", naive(counted))):
        yield (f"## {title}\n\n| service | what | of each candidate | price of one | a million candidates |")
        yield ("|---|---|--:|--:|--:|")
        for line in lines:
            price = f"{line.price.dollars:.10f}".rstrip("0")
            yield (
                f"| {line.service} | {line.what} | {line.amount:,.4g} | {price} | {line.dollars * CANDIDATES:,.0f} |"
            )
        total = sum(line.dollars for line in lines) * CANDIDATES
        sms = sum(line.dollars for line in lines if line.service == "SNS") * CANDIDATES
        yield (f"| **all** | | | | **{total:,.0f}** |\n| without SMS | | | | {total - sms:,.0f} |\n")
    yield ("## By service\n\n| service | this design | naive | times |\n|---|--:|--:|--:|")
    mine, theirs = _by_service(ours(counted)), _by_service(naive(counted))
    for service, dollars in mine.items():
        other = theirs[service]
        yield (f"| {service} | {dollars:,.0f} | {other:,.0f} | {other / dollars:.1f} |")
    yield ("\n## Prices\n\n| dollars | for each | from |\n|--:|---|---|")
    for price in dict.fromkeys(line.price for line in [*ours(counted), *naive(counted)]):
        yield (f"| {f'{price.dollars:.10f}'.rstrip('0')} | {price.unit} | {price.source} |")


def _counted(counted: Counted) -> Iterator[str]:
    yield "## One journey, counted\n\n| stage | times | AWS calls | read units | write units | of indexes |"
    yield "|---|--:|---|--:|--:|--:|"
    for stage in counted.stages:
        calls = ", ".join(f"{number} {name}" for name, number in stage.calls.items())
        indexes = sum(stage.index_writes.values())
        yield f"| {stage.name} | {stage.times} | {calls} | {stage.reads:g} | {stage.all_writes} | {indexes} |"
    yield f"| **all** | | | **{counted.reads:g}** | **{counted.writes}** | |\n"
    yield (
        f"State transitions: {counted.transitions}. Calls of the API by the page: {counted.page_calls}, and "
        f"{counted.polls} polls that all uploads under way share. The application's item at its largest: "
        f"{counted.item_bytes:,} bytes.\n"
    )
    writes, images = counted.writes, counted.polls
    later = images + SMS_COUNTS
    yield (
        f"{writes} write units, where at most {GOAL} were meant. {later} of them are for what came later:\n"
        f"{images} say who has sent which image, for the flag that reviewers see\n"
        f"([decision 12](decisions/0012-the-same-image-twice.md)), {SMS_COUNTS} keep SMS to their limits\n"
        f"([decision 23](decisions/0023-sms-discipline.md)). What was saved, what was left, and what\n"
        "longer addresses and reasons cost: [decision 28](decisions/0028-a-slot-is-a-list.md).\n"
    )


def _by_service(lines: list[Line]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for line in lines:
        sums[line.service] = sums.get(line.service, 0.0) + line.dollars * CANDIDATES
    return sums


if __name__ == "__main__":
    main()
