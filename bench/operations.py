"""Every AWS call of one candidate's journey, counted: `make bench WHAT=operations`.

The use cases run in this process as they are deployed, on the stack's own services; what botocore sends is written
down, with the items before and after each call, so that the units follow from DynamoDB's rules (`units.py`). What the
workflow does by itself is read from its history. The journey: first sign-in, profile, ten images, submission, one
look and a decision by a reviewer, the SMS, a last look by the candidate.
"""

import hashlib
import io
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import msgspec
import pytest
from PIL import Image

from bench import assumptions as given
from bench.counted import FILE, Counted, Journeys, Stage
from bench.units import Index, Item, reads, size, writes
from scripts import specimens, template
from songshen import bootstrap, passwords
from songshen.contract.candidate import ProfileRequest
from songshen.contract.reviewer import DecisionRequest
from songshen.domain.application import Announcement
from songshen.domain.people import Reviewer
from songshen.ports import InboxObject
from tests.support import images
from tests.support.stack import JINAN, PASSWORD, Campaign, Stack, category, image_of

# Ten images in five categories, as the guide asks for.
CATEGORIES = (
    category("identity", 2),
    category("diploma", 2),
    category("certificate", 3),
    category("employment", 2),
    category("portrait"),
)
IMAGES = [place for category in CATEGORIES for place in category.slots]
IMAGE_BYTES = 150_000
# As they are while a decision, or a submission, is not yet dealt with.
AS_LONG = {"task_token": {"S": "t" * given.TASK_TOKEN.value}}
OWED = {"pending_pk": {"S": "PENDING#0"}, "pending_due": {"S": "2099-01-01T00:00:00.000Z"}}
ADDRESS = "山东省济南市历下区经十路 17703 号 2 单元 301 室"


@dataclass(frozen=True)
class Made:
    """One call of an AWS service and what it took: read units, write units of the table and by index, bytes sent."""

    stage: str
    service: str
    operation: str
    key: str = ""
    reads: float = 0.0
    writes: int = 0
    index_writes: dict[str, int] = field(default_factory=dict)
    sent: int = 0

    @property
    def all_writes(self) -> int:
        """The indexes included."""
        return self.writes + sum(self.index_writes.values())


class Recorder:
    """Writes down what botocore sends. `look` reads an item past the recorder."""

    def __init__(self, stack: Stack) -> None:
        self._table = stack.client("dynamodb")
        (shape,) = template.of_type(template.load(), "AWS::DynamoDB::Table").values()
        self.indexes = [Index.of(one) for one in shape["GlobalSecondaryIndexes"]]
        self.name = stack.table
        self.made: list[Made] = []
        self.largest = 0
        """Bytes of the application's item at its largest."""
        self.stage = ""
        self.cpu: dict[str, list[float]] = {}
        self._before: dict[int, list[tuple[Item, Item | None]]] = {}
        self._sent: dict[int, tuple[Any, int]] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Clients that are built meanwhile are listened to."""
        events = bootstrap._session
        events.register("before-parameter-build", self._begun)
        events.register("after-call", self._ended)
        try:
            yield
        finally:
            events.unregister("before-parameter-build", self._begun)
            events.unregister("after-call", self._ended)

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """What is called meanwhile belongs to this stage."""
        self.stage = stage
        start = time.process_time()
        yield
        self.cpu.setdefault(stage, []).append(time.process_time() - start)
        self.stage = ""

    def look(self, key: Item) -> Item | None:
        """An item as it is now."""
        found: Item | None = self._table.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item")
        if found is None:
            return None
        item = on_aws(found)
        if item["sk"] == {"S": "APPLICATION"}:
            self.largest = max(self.largest, size(item))
        return item

    def _begun(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        if model.service_model.service_name == "dynamodb":
            self._before[id(context)] = [(key, self.look(key)) for key in _written(model.name, params)]
        body = params.get("Body", b"")
        self._sent[id(context)] = (params, len(body) if isinstance(body, bytes) else 0)

    def _ended(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        params, sent = self._sent.pop(id(context), ({}, 0))
        if service != "dynamodb":
            self.made.append(Made(self.stage, service, model.name, sent=sent))
            return
        changed = self._before.pop(id(context), [])
        transaction = model.name.startswith("Transact")
        used = [writes(before, self.look(key), self.indexes, transaction) for key, before in changed]
        by_index: Counter[str] = Counter()
        for one in used:
            by_index.update(one.indexes)
        self.made.append(
            Made(
                self.stage,
                service,
                model.name,
                _kinds(model.name, params),
                _read(model.name, params, parsed, self.look),
                sum(one.table for one in used),
                dict(by_index),
            )
        )

    def workflow(self, state: str, before: Item, after: Item) -> None:
        """A write of the workflow's own."""
        used = writes(before, after, self.indexes)
        stage = f"workflow: {state}"
        self.made.append(Made(stage, "dynamodb", "UpdateItem", "APPLICATION", 0, used.table, dict(used.indexes)))


def _written(operation: str, params: dict[str, Any]) -> list[Item]:
    """Keys of what a call writes."""
    match operation:
        case "UpdateItem" | "DeleteItem":
            return [params["Key"]]
        case "PutItem":
            return [_key_of(params["Item"])]
        case "TransactWriteItems":
            writes = [one for write in params["TransactItems"] for one in write.values()]
            return [one["Key"] if "Key" in one else _key_of(one["Item"]) for one in writes]
    return []


def on_aws(item: Item) -> Item:
    """The item with a task token as long as those of AWS: the emulator's are short."""
    return {**item, **AS_LONG} if "task_token" in item else item


def _key_of(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk")}


def _kinds(operation: str, params: dict[str, Any]) -> str:
    """The kinds of items that a call is about: first words of the keys."""
    if operation == "Query":
        values = [value["S"] for value in params["ExpressionAttributeValues"].values() if "S" in value]
        return values[0].split("#")[0]
    keys = _written(operation, params) or [params["Key"]]
    return "+".join(str(key["pk"]["S"]).split("#")[0] for key in keys)


def _read(operation: str, params: dict[str, Any], parsed: dict[str, Any], look: Callable[[Item], Item | None]) -> float:
    if operation == "GetItem":
        # A projection is applied after the reading.
        return reads([size(look(params["Key"]) or {})], params.get("ConsistentRead", False))
    if operation == "Query":
        # Who only counts gets no items: a reviewer's few claims, by their keys.
        return reads((size(on_aws(item)) for item in parsed.get("Items", [])), params.get("ConsistentRead", False))
    return 0.0


@dataclass(frozen=True)
class Journey:
    """What one journey took."""

    made: Sequence[Made]
    item: int
    """Bytes of the application's item at its largest."""
    states: Sequence[str]
    """States that the round's execution entered, in their order."""
    polls: int
    cpu: dict[str, list[float]]
    """Stage → processor seconds of each call, the recorder's own included where it listens."""

    @property
    def transitions(self) -> int:
        """As they are billed: each state that is entered, and the start."""
        return len(self.states) + 1

    @property
    def writes(self) -> int:
        """Write units, indexes included."""
        return sum(one.all_writes for one in self.made)

    @property
    def reads(self) -> float:
        return sum(one.reads for one in self.made)

    def of(self, stage: str) -> list[Made]:
        """The calls of a stage."""
        return [one for one in self.made if one.stage == stage]

    def count(self, service: str, operation: str = "") -> int:
        """Calls of a service."""
        return sum(one.service == service and operation in ("", one.operation) for one in self.made)


def photo() -> bytes:
    """An image as candidates send them, without warnings; no two are the same."""
    drawn = _document().copy()
    drawn.paste(tuple(secrets.token_bytes(3)), (0, 0, 32, 32))
    return image_of(IMAGE_BYTES, images.encoded(drawn, quality=80))


@cache
def _document() -> Image.Image:
    return Image.open(io.BytesIO(specimens.draw("assessment")))


def use_case(stack: Stack, verb: str) -> Any:
    """A function's use case with the settings of the deployed function."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.variables(verb).items():
            patch.setenv(name, value)
        return getattr(bootstrap, verb)()


def journey(stack: Stack, outcome: str = "return", listens: bool = True) -> Journey:
    """Takes a candidate of an exam of their own through one round. The inbox must tell nobody of images meanwhile."""
    campaign = Campaign(stack, categories=CATEGORIES)
    entry = campaign.register(name="欧阳明月", password_hash=passwords.hashed(PASSWORD))
    recorder = Recorder(stack)
    verbs = ("sign_in", "application", "upload_presign", "validate_image", "submit", "review", "feedback", "notify")
    if listens:
        with recorder.listening():
            does = {verb: use_case(stack, verb) for verb in verbs}
    else:
        does = {verb: use_case(stack, verb) for verb in verbs}
    recorder.made.clear()  # what a cold start asks for once
    id = f"{entry.exam}_{entry.registration_no}"
    key: Item = {"pk": {"S": f"APPLICATION#{entry.exam}#{entry.registration_no}"}, "sk": {"S": "APPLICATION"}}

    def now() -> Item:
        return recorder.look(key) or {}

    with recorder.at("POST /session"):
        does["sign_in"](entry.username, PASSWORD, "198.51.100.7")
    with recorder.at("GET /application"):
        does["application"].view(id)
    with recorder.at("PUT /application/profile"):
        does["application"].set_profile(id, ProfileRequest(entry.phone, ADDRESS))
    polls = 0
    for category_ in CATEGORIES:
        for place in category_.slots:
            data = photo()
            wanted = Announcement(
                category_.id, "image/jpeg", len(data), hashlib.sha256(data).hexdigest(), place.id, True
            )
            with recorder.at("POST /uploads"):
                ticket = does["upload_presign"].reserve(id, wanted)
            with recorder.at("POST to the inbox"):
                sent = httpx.post(ticket.url, data=ticket.fields, files={"file": ("image", data)}, timeout=60)
            assert sent.status_code == 204, sent.text
            recorder.made.append(Made("POST to the inbox", "s3", "PostObject", sent=len(data)))
            with recorder.at("verdict"):
                does["validate_image"](InboxObject(ticket.fields["key"], sent.headers["etag"].strip('"')))
            with recorder.at("poll: GET /application"):
                does["application"].view(id)
            polls += 1
    with recorder.at("POST /submission"):
        does["submit"](id, 1)
    submitted = stack.waiting(id) and now()
    before_token = {name: value for name, value in submitted.items() if name != "task_token"}
    recorder.workflow("AwaitDecision", {**before_token, **OWED}, submitted)
    username = campaign.employ("reviewer", exam=entry.exam, area="37", site=JINAN)
    reviewer = Reviewer(username, entry.exam, "37", JINAN)
    with recorder.at("POST /reviews/next"):
        assert does["review"].next(reviewer) is not None
    slots = (
        [{"slot": "diploma-1", "code": "illegible", "note": "编号看不清，请重新拍摄"}] if outcome == "return" else []
    )
    request = msgspec.convert({"round": 1, "outcome": outcome, "slots": slots}, DecisionRequest)
    with recorder.at("POST …/decision"):
        does["feedback"](reviewer, id, request)
    settled = stack.settled(id) and now()
    if outcome == "return":
        # The deployed function has told already: once more, here, as if it had not.
        owed = {name: value["S"] for name, value in {**OWED, **AS_LONG}.items()}
        stack.change(id, f"SET {', '.join(f'{name} = :{name}' for name in owed)} REMOVE notification", **owed)
        with recorder.at("workflow: Notify"):
            does["notify"](id, 1, 1)
    else:
        recorder.workflow("Record", {**settled, **OWED, **AS_LONG}, settled)
    with recorder.at("GET /application"):
        does["application"].view(id)
    return Journey(recorder.made, recorder.largest, states(stack, id), polls, recorder.cpu)


def states(stack: Stack, application: str) -> list[str]:
    """The states that the execution of round 1 has entered."""
    client = stack.client("stepfunctions")
    history = client.get_execution_history(executionArn=stack.execution_arn(application), maxResults=100)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in history if event["type"].endswith("StateEntered")]


def counted(made: Journey, timed: Journey) -> Counted:
    """The journey in figures, as the other benches read it. Processor times are those of a run without a recorder."""
    stages = []
    for name in dict.fromkeys(one.stage for one in made.made):
        own = made.of(name)
        calls = Counter(f"{one.service} {one.operation}" for one in own)
        indexes: Counter[str] = Counter()
        for one in own:
            indexes.update(one.index_writes)
        times = len(made.cpu.get(name, [0.0]))
        cpu = round(1000 * sum(timed.cpu.get(name, [0.0])), 1)
        reads_, writes_ = sum(one.reads for one in own), sum(one.writes for one in own)
        stages.append(Stage(name, times, dict(calls), reads_, writes_, dict(indexes), cpu))
    sent = sum(one.sent for one in made.made if one.operation == "PostObject")
    return Counted(stages, made.transitions, page_calls(made), made.polls, made.item, sent)


def main() -> None:
    """Prints the table, and the goals; writes both journeys down for the plan, the costs and the simulation."""
    stack = Stack.from_environment()
    with pytest.MonkeyPatch.context() as patch, stack.no_events():
        for name, value in stack.environment.items():
            patch.setenv(name, value)
        returned, approved = journey(stack, "return"), journey(stack, "approve")
        timed = journey(stack, "return", listens=False)
        timed_too = journey(stack, "approve", listens=False)
    report(returned, approved, timed)
    made = Journeys(counted(returned, timed), counted(approved, timed_too))
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")


def report(returned: Journey, approved: Journey, timed: Journey) -> None:
    """The table, by stage."""
    print("One journey: first sign-in, profile, ten images, one round, returned, SMS.\n")
    print("| stage | times | AWS calls | read units | write units | of indexes | CPU ms here, each |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for stage in dict.fromkeys(one.stage for one in returned.made):
        made = returned.of(stage)
        times = len(returned.cpu.get(stage, [0]))
        calls = Counter(f"{one.service} {one.operation}" for one in made)
        named = ", ".join(
            f"{name}{f' ×{number / times:g}' if number != times else ''}" for name, number in calls.items()
        )
        index = sum(sum(one.index_writes.values()) for one in made)
        cpu = timed.cpu.get(stage)
        shown = f"{1000 * sum(cpu) / len(cpu):.1f}" if cpu else ""
        print(
            f"| {stage} | {times} | {named} | {sum(one.reads for one in made):g} | "
            f"{sum(one.all_writes for one in made)} | {index} | {shown} |"
        )
    print(f"| all | | {len(returned.made)} calls | {returned.reads:g} | {returned.writes} | | |")
    print("\n| | returned, with its SMS | approved | goal |\n|---|--:|--:|---|")
    page = [page_calls(one) for one in (returned, approved)]
    rows: list[tuple[str, object, object, str]] = [
        ("write units, indexes included", returned.writes, approved.writes, "≤ 70"),
        ("state transitions of the round", returned.transitions, approved.transitions, "≤ 5"),
        ("calls of the page, without polls", page[0], page[1], "≤ 15"),
        ("application's item at its largest, bytes", returned.item, approved.item, "≤ 3,072"),
    ]
    for title, one, other, goal in rows:
        print(f"| {title} | {one:,} | {other:,} | {goal} |")


def page_calls(journey: Journey) -> int:
    """Calls of the API that the candidate's page makes, one poll for each image left out."""
    own = [stage for stage in journey.cpu if stage.split(" ")[0] in {"GET", "PUT"} or stage == "POST /session"]
    own += ["POST /uploads", "POST /submission"]
    return sum(len(journey.cpu[stage]) for stage in own)


if __name__ == "__main__":
    main()
