"""How long an exam takes to be counted and to be exported: `make bench WHAT=results [ROWS=100000]`.

So many applications are written straight into the deployed stack's table: a quarter drafts, the others with five
images, the journal of one round, and looked at twice; one in seven was decided in the last 24 hours. Then somebody
asks for the progress, and for three exports. Seconds are the server's. Read units follow from the sizes of the items,
half a unit for each started 4 KB of an item read by its key, or of a page of a query: the emulator does not count them
by size.
"""

import math
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched, count
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from bench.roster import administrator
from bench.stack import described, processes_of, rows, use
from scripts import demo
from scripts.people import Person, expect
from songshen.adapters.directory import DynamoExams
from songshen.adapters.items import (
    Item,
    decision_keys,
    draft_item,
    marshal,
    millis,
    pack_decision,
    pack_entry,
    pack_slot,
    sortable,
    status_keys,
)
from songshen.domain.application import Application, Decision, Outcome, Ready, SlotReview, Status, new_upload_id
from songshen.domain.exam import Area, Exam, Site, Text
from songshen.domain.journal import decision_entry, submission_entry
from songshen.ports import RosterEntry

SITES = 40
SLOTS = ("identity-1", "identity-2", "identity-3", "diploma-1", "assessment-1")
AT_ONCE = 6
PATIENCE = 3600.0  # s
BY_STATUS = ("pk", "sk", "by_status_pk", "by_status_sk", "name", "status", "round", "claim")
BY_DECISION = ("pk", "sk", "by_decision_pk", "by_decision_sk", "by", "site", "kind", "submitted_at")


def exam_of(like: Exam) -> Exam:
    """The demonstration's with many sites."""
    areas = tuple(
        Area(
            f"{area}", Text(f"{area}", f"{area}"), tuple(Site(f"{area}{n:02d}", Text(f"{n}", f"{n}")) for n in range(4))
        )
        for area in range(11, 11 + SITES // 4)
    )
    return replace(like, id=f"bench-{secrets.token_hex(3)}", areas=areas)


def people(exam: Exam, wanted: int, now: datetime) -> Iterator[list[Item]]:
    """The items of each candidate: application, roster entry, journal and viewings."""
    places = [(area.id, site.id) for area in exam.areas for site in area.sites]
    for number in range(wanted):
        area, site = places[number % len(places)]
        registration_no = f"{site}{number:08d}"
        made = Application(exam.id, registration_no, f"{demo.SURNAMES[number % len(demo.SURNAMES)]}样例", area, site)
        entry = RosterEntry(
            exam.id, registration_no, registration_no, made.name, f"37010018000101{number % 10_000:04d}", area, site,
            f"{13_000_000_000 + number}", "$scrypt$ln=14,r=8,p=1$" + "x" * 66,
        )  # fmt: skip
        roster = marshal({"pk": f"ROSTER#{exam.id}#{registration_no}", "sk": "ROSTER", **msgspec.to_builtins(entry)})
        if number % 4 == 0:
            yield [draft_item(made), roster]
        else:
            yield [*submitted(exam, made, number, now), roster]


def submitted(exam: Exam, application: Application, number: int, now: datetime) -> Iterator[Item]:
    """One in five waits, one in fifteen is returned, the others are approved."""
    lately = number % 5 == 0
    at = now - timedelta(minutes=number % 1400) if lately else now - timedelta(days=2, minutes=number % 9000)
    sent = at - timedelta(minutes=60 + number % 600)
    sha256 = f"{number:064x}"
    slots = {slot: Ready(new_upload_id(sent, secrets.token_bytes(6)), sha256, 1200, 1600) for slot in SLOTS}
    kind = number % 20
    status = Status.SUBMITTED if kind < 4 else Status.RETURNED if kind < 6 else Status.APPROVED
    made = replace(
        application, status=status, round=1, attempt=1, version=7, slots=slots, submitted_at=sent,
        phone="13800138000", address="山东省演示市样张路 1 号",
    )  # fmt: skip
    decision = None
    if status is not Status.SUBMITTED:
        by = f"shenhe-{application.site}-{number % 3}"
        decision = Decision(1, Outcome.APPROVE, by, at)
        if status is Status.RETURNED:
            judged = slots["diploma-1"].upload_id
            reasons = {"diploma-1": SlotReview("illegible", "第 3 位数字看不清", (0.1, 0.2, 0.3, 0.4), judged)}
            decision = Decision(1, Outcome.RETURN, by, at, slots=reasons)
        made = replace(
            made,
            decision=decision,
            serial_number=f"{made.site}{number:06d}" if decision.outcome is Outcome.APPROVE else "",
        )
    values = {
        "round": 1, "attempt": 1, "version": 7, "phone": made.phone, "address": made.address,
        "slots": {slot: pack_slot(held) for slot, held in slots.items()},
        "submitted_at": millis(sent), "decision": pack_decision(decision) if decision else None,
        "serial_number": made.serial_number or None, **status_keys(made),
    }  # fmt: skip
    item = draft_item(made) | marshal(values)
    yield item
    entries = [submission_entry(made, sent)]
    if decision:
        entries.append(decision_entry(made, exam, decision))
    for entry in entries:
        key = {"pk": item["pk"]["S"], "sk": f"JOURNAL#{sortable(entry.at)}#{secrets.token_hex(4)}"}
        yield marshal(key | pack_entry(entry) | decision_keys(made, entry))
    for minutes, what in ((30, "case"), (31, "identity")):
        seen = at - timedelta(minutes=minutes)
        key = {"pk": item["pk"]["S"], "sk": f"VIEWING#{sortable(seen)}#1#{what}#shenhe"}
        yield marshal(key | {"by": "shenhe", "at": millis(seen), "round": 1, "what": what})


def size(attribute: Any, name: str = "") -> int:
    """Bytes of an attribute with its name, as the service counts them."""
    ((kind, held),) = attribute.items()
    match kind:
        case "S":
            own = len(held.encode())
        case "B":
            own = len(held)
        case "N":
            own = math.ceil(len(held.strip("-0.")) / 2) + 1
        case "M":
            own = 3 + sum(size(one, each) + 1 for each, one in held.items())
        case "L":
            own = 3 + sum(size(one) + 1 for one in held)
        case _:
            own = 1
    return own + len(name.encode())


def of(item: Item, names: tuple[str, ...] = ()) -> int:
    """Bytes of an item, or of those attributes that an index has."""
    return sum(size(one, name) for name, one in item.items() if not names or name in names)


class Units:
    """Read units of everything that was written, eventually consistent."""

    def __init__(self) -> None:
        self.lines = self.decisions = self.items = self.histories = 0.0
        self.index_bytes = self.decision_bytes = self.decided = self.written = 0

    def add(self, items: list[Item], since: datetime) -> None:
        """One candidate's."""
        self.written += len(items)
        history = sum(of(item) for item in items if item["sk"]["S"].startswith(("JOURNAL", "VIEWING")))
        self.histories += 0.5 * max(1, math.ceil(history / 4096))
        for item in items:
            if item["sk"]["S"] in {"APPLICATION", "ROSTER"}:
                self.items += 0.5 * math.ceil(of(item) / 4096)
            if "by_status_pk" in item:
                self.index_bytes += of(item, BY_STATUS)
            if "by_decision_pk" in item and item["by_decision_sk"]["S"] >= sortable(since):
                self.decision_bytes += of(item, BY_DECISION)
                self.decided += 1

    def counted(self) -> float:
        """What progress reads: every line once, approved ones twice if there are second rounds, and the decisions."""
        return 0.5 * (self.index_bytes + self.decision_bytes) / 4096


def fill(table: str, exam: Exam, wanted: int, now: datetime) -> Units:
    """Writes all of it."""
    client: Any = boto3.client("dynamodb", config=Config(max_pool_connections=AT_ONCE))
    units = Units()

    def write(some: tuple[Item, ...]) -> None:
        left: Any = {table: [{"PutRequest": {"Item": item}} for item in some]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]

    def items() -> Iterator[Item]:
        for own in people(exam, wanted, now):
            units.add(own, now - timedelta(days=1))
            yield from own

    with ThreadPoolExecutor(AT_ONCE) as pool:
        groups = batched(items(), 25, strict=False)
        for some in batched(groups, AT_ONCE * 8, strict=False):
            list(pool.map(write, some))
    return units


def exported(admin: Person, exam: Exam, kind: str, format: str) -> tuple[dict[str, Any], float]:
    """A finished export and the seconds that it took."""
    body = {"kind": kind, "format": format}
    started = expect(admin.call("POST", f"/exams/{exam.id}/exports", body), 202)
    end = time.monotonic() + PATIENCE
    for tried in count():
        shown = expect(admin.call("GET", f"/exams/{exam.id}/exports"), 200)["exports"][0]
        if shown["state"] not in {"waiting", "running"}:
            begun, over = (datetime.fromisoformat(shown[name]) for name in ("created_at", "finished_at"))
            return dict(shown), (over - begun).total_seconds()
        if time.monotonic() > end:
            raise TimeoutError(started["id"])
        time.sleep(min(2.0, 0.2 * (tried + 1)))
    raise AssertionError


def main() -> None:
    """Counts and exports, and prints Markdown."""
    wanted = rows(20_000)
    stack = described()
    use(stack)
    now = datetime.now(UTC)
    exam = exam_of(demo.exam(now))
    DynamoExams(boto3.client("dynamodb"), stack["outputs"]["TableName"], lambda: now).put(exam)
    units = fill(stack["outputs"]["TableName"], exam, wanted, now)
    admin = administrator(stack, exam)
    print(
        f"{wanted} applications at {SITES} sites, {units.written} items; "
        f"{units.decided} decisions in the last 24 hours.\n"
    )

    # The first one starts the function.
    other = replace(exam, id=f"bench-{secrets.token_hex(3)}")
    DynamoExams(boto3.client("dynamodb"), stack["outputs"]["TableName"], lambda: now).put(other)
    expect(administrator(stack, other).call("GET", f"/exams/{other.id}/progress"), 200)
    before = processes_of(stack, "ProgressFunction")[1]
    begun = time.monotonic()
    shown = expect(admin.call("GET", f"/exams/{exam.id}/progress"), 200)
    counting = time.monotonic() - begun
    peak, busy = processes_of(stack, "ProgressFunction")
    assert sum(sum(site["counts"].values()) for site in shown["sites"]) == wanted
    begun = time.monotonic()
    expect(admin.call("GET", f"/exams/{exam.id}/progress"), 200)
    again = time.monotonic() - begun
    scale = 1_000_000 / wanted
    print(f"**Progress**: {counting:.1f} s counted, {again * 1000:.0f} ms while it is kept.")
    print(
        f"{units.counted():,.0f} read units (index lines of {units.index_bytes / wanted:.0f} bytes, decisions of "
        f"{units.decision_bytes / max(1, units.decided):.0f}); processor {busy - before:.1f} s, at most {peak} MB.\n"
    )
    print(
        f"A million: {units.counted() * scale:,.0f} read units, {(busy - before) * scale:.0f} s of one processor, at "
        "most once a minute and only while somebody looks. Ten queries at a time read pages of a megabyte; that this "
        "stays within the 29 s of a call is derived, not measured on AWS.\n"
    )

    print("| export | rows | MB | s | applications per s | processor, s | ms each | read units each | at most, MB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    before = 0.0
    each = {"applications": units.items / wanted, "journal": units.histories / wanted}
    listed = 0.5 * units.index_bytes / 4096 / wanted
    million: dict[str, tuple[float, float, float]] = {}
    for kind, format in (("applications", "csv"), ("applications", "jsonl"), ("journal", "jsonl")):
        done, taken = exported(admin, exam, kind, format)
        assert done["state"] == "done", done
        assert done["done"] == wanted
        peak, busy = processes_of(stack, "WriteExport")
        print(
            f"| {kind}, {format} | {done['rows']} | {done['bytes'] / 1e6:.1f} | {taken:.1f} | {wanted / taken:.0f} "
            f"| {busy - before:.1f} | {1000 * (busy - before) / wanted:.2f} | {each[kind] + listed:.2f} | {peak} |",
            flush=True,
        )
        million[kind] = 1000 * (busy - before) / wanted, each[kind] + listed, taken * scale
        before = busy
    print()
    for kind, (processor, read, seconds) in million.items():
        print(
            f"{kind.capitalize()} of a million: {processor * 1000:,.0f} s of the function's processor, {read:.2f} "
            f"million read units; at this rate {math.ceil(seconds / 840)} invocations of 14 minutes, which the "
            "reconciler starts."
        )
    print("Memory does not grow with the rows: a part of 5 MiB and the numbers of one site.")


if __name__ == "__main__":
    main()
