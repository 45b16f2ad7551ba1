"""How fast a roster is imported: `make bench WHAT=roster [ROWS=100000]`.

A file of invented candidates goes through the deployed stack as an administrator sends it, then the same file again
(nothing to write), then a second one that changes every tenth line. One line in a thousand is bad. Lines per second are
of the whole import, from the file's event to its end, by the server's clock. Write units are what the table reports for
the very transactions that the import makes.
"""

import secrets
import time
from collections.abc import Iterator
from copy import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx

from bench.stack import described, processes_of, rows, use
from scripts import demo
from scripts.people import Person, expect
from songshen import passwords
from songshen.adapters.directory import DynamoExams
from songshen.adapters.rosterbook import DynamoRosterBook
from songshen.domain.application import Application
from songshen.domain.exam import Exam
from songshen.ports import RosterChange, RosterEntry

HEAD = "报名号,姓名,证件号码,考区,考点,手机号码,用户名,密码"
PATIENCE = 3600.0  # s


def lines(exam: Exam, count: int, hashes: str, changed: bool) -> Iterator[str]:
    """The file's lines; with `changed` every tenth has another phone number."""
    sites = [(area.id, site.id) for area in exam.areas for site in area.sites]
    yield HEAD
    for number in range(count):
        area, site = sites[number * len(sites) // count]
        phone = 13_900_000_000 + number if changed and number % 10 == 0 else 13_000_000_000 + number
        name = f"{demo.SURNAMES[number % len(demo.SURNAMES)]}样例"
        id_number = "bad" if number % 1000 == 999 else f"E{number:08d}"
        yield f'{site}{number:08d},{name},{id_number},{area},{site},{phone},{exam.id}-{number},"{hashes}"'


def sent(admin: Person, exam: Exam, data: bytes) -> dict[str, Any]:
    """Sends a file and waits for the end of its import."""
    ticket = expect(admin.call("POST", f"/exams/{exam.id}/roster"), 201)
    httpx.post(
        ticket["url"], data=ticket["fields"], files={"file": ("roster.csv", data)}, timeout=600
    ).raise_for_status()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        shown = expect(admin.call("GET", f"/exams/{exam.id}/roster"), 200)["imports"][0]
        if shown["state"] not in {"waiting", "running"}:
            return dict(shown)
        time.sleep(1)
    raise TimeoutError(ticket["id"])


def seconds(shown: dict[str, Any]) -> float:
    """From the import's beginning to its end."""
    started, finished = (datetime.fromisoformat(shown[name]) for name in ("started_at", "finished_at"))
    return (finished - started).total_seconds()


def write_units(table: str, exam: Exam, hashes: str) -> dict[str, float]:
    """What the table says that 25 lines cost, for each line, when they are new and when only the entry changes."""
    client = boto3.client("dynamodb")
    book = DynamoRosterBook(client, table)
    entries = [
        RosterEntry(exam.id, f"WU-{n:08d}", f"{exam.id}-wu-{n}", "张样例", f"E{n:08d}", exam.areas[0].id,
                    exam.areas[0].sites[0].id, f"{13_000_000_000 + n}", hashes)
        for n in range(25)
    ]  # fmt: skip

    def cost(after: list[RosterEntry]) -> float:
        held = book.find(after)
        items: list[Any] = []
        for entry, one in zip(after, held, strict=True):
            draft = (
                None
                if one.application
                else Application(exam.id, entry.registration_no, entry.name, entry.area, entry.site)
            )
            items += book.items(RosterChange(entry, one, draft))
        answer = client.transact_write_items(TransactItems=items, ReturnConsumedCapacity="TOTAL")
        return sum(one["CapacityUnits"] for one in answer["ConsumedCapacity"]) / len(after)

    return {"new": cost(entries), "changed": cost([replace(one, phone="13811111111") for one in entries])}


def main() -> None:
    """Imports and prints Markdown."""
    count = rows(20_000)
    stack = described()
    use(stack)
    table = stack["outputs"]["TableName"]
    exam = replace(demo.exam(datetime.now(UTC)), id=f"bench-{secrets.token_hex(3)}")
    DynamoExams(boto3.client("dynamodb"), table, lambda: datetime.now(UTC)).put(exam)
    admin = administrator(stack, exam)
    hashes = passwords.hashed(demo.PASSWORD)

    def file(changed: bool) -> bytes:
        return "\r\n".join(lines(exam, count, hashes, changed)).encode("gb18030")

    runs = [("new candidates", file(False)), ("the same file again", file(False)), ("every tenth changed", file(True))]
    print(f"{count} lines, {len(runs[0][1]) / 1e6:.1f} MB, GB18030; one in a thousand is bad.\n")
    print("| | added | changed | unchanged | bad | s | lines per s | the function's processor, s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    rates, processor = {}, {}
    before = 0.0
    for title, data in runs:
        shown = sent(admin, exam, data)
        taken = seconds(shown)
        peak, busy = processes_of(stack, "ImportRoster")
        rates[title] = count / taken
        counted = " | ".join(str(shown[name]) for name in ("added", "changed", "unchanged", "bad"))
        print(f"| {title} | {counted} | {taken:.1f} | {count / taken:.0f} | {busy - before:.1f} |", flush=True)
        processor[title], before = (busy - before) / count, busy
    units = write_units(table, exam, hashes)
    million = 1_000_000 / rates["new candidates"]
    print(f"\nWrite units for each line: {units['new']:.1f} new, {units['changed']:.1f} if the entry alone changes.")
    print(f"Peak memory of the function's process: {f'{peak} MB' if peak else 'not to be had here'}.")
    print(
        f"\nA million new lines at this rate: {million / 60:.0f} min, {-(-million // 840):.0f} invocations of 14 min, "
        f"{units['new']:.0f} million write units. "
        f"Of the function's processor alone: {processor['new candidates'] * 1_000_000 / 60:.0f} min."
    )
    print(
        f"The reconciler starts each invocation, which goes on from the last noted line. That rate is "
        f"{rates['new candidates'] * units['new']:,.0f} write units a second; a new on-demand table begins at 4,000 "
        "and grows, and what is throttled waits and is sent again. Memory grows by 64 MB at most, for the fingerprints "
        "of a million lines."
    )


def administrator(stack: dict[str, Any], exam: Exam) -> Person:
    """Somebody who administers the exam, signed in."""
    cognito: Any = boto3.client("cognito-idp")
    name, pool = f"{exam.id}-admin", stack["outputs"]["UserPoolId"]
    attributes = [{"Name": "custom:exam", "Value": exam.id}]
    cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS", UserAttributes=attributes)
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=demo.PASSWORD, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName="admin")
    account = {"pk": f"ACCOUNT#{name}", "sk": "ACCOUNT", "username": name}
    item: Any = {key: {"S": value} for key, value in account.items()} | {"staff": {"BOOL": True}}
    boto3.client("dynamodb").put_item(TableName=stack["outputs"]["TableName"], Item=item)
    return Person.at(stack["api"]).sign_in(name, demo.PASSWORD)


if __name__ == "__main__":
    main()
