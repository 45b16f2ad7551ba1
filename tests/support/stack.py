"""The deployed stack under test, and people at work in exams of their own.

`Stack` is the one that `stack.json` describes; its AWS clients are the operator's. A `Campaign` is an exam that
belongs to one test or to a group of tests: its windows, categories and people concern nobody else.
"""

import fcntl
import itertools
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from threading import Barrier
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from scripts.people import Candidate, Reviewer, until
from songshen.adapters.directory import DynamoExams, DynamoRoster
from songshen.adapters.items import (
    Item,
    draft_item,
    marshal,
    millis,
    pack_claim,
    pack_decision,
    pack_quota,
    pack_slot,
    sortable,
    status_keys,
    unmarshal,
    unpack_slot,
)
from songshen.adapters.staffbook import DynamoStaffBook
from songshen.domain.application import Application
from songshen.domain.exam import Area, Category, Deadlines, Exam, Reason, Site, SlotPlace, Text, Window, Windows
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.ports import RosterEntry, Written
from tests.support import exams, images
from tests.support.fakes import cheap_hash

PASSWORD = "right horse battery"
STAFF_PASSWORD = "staple horse battery"
JINAN, QINGDAO = "3701", "3702"
ILLEGIBLE = "毕业证编号无法辨别，请重新上传！"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Stack:
    """A deployed stack, from its `stack.json`."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        self.api: str = description["api"]
        self.endpoint: str = description["aws_endpoint"]
        self.outputs: dict[str, str] = description["outputs"]
        self.table = self.outputs["TableName"]
        self.inbox = self.outputs["InboxBucket"]
        self.materials = self.outputs["MaterialsBucket"]

    @classmethod
    def from_environment(cls) -> "Stack":
        """The stack that SONGSHEN_STACK names. RuntimeError says what to do if it names none."""
        path = os.environ.get("SONGSHEN_STACK", "")
        if not Path(path).is_file():
            raise RuntimeError(
                "These tests need a running stack: run `make test`, or `make up` and SONGSHEN_STACK=.local/stack.json."
            )
        return cls(json.loads(Path(path).read_text(encoding="utf-8")))

    @property
    def environment(self) -> dict[str, str]:
        """For programs, and code in this process, that talk to the stack's AWS services by their defaults."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": self.description["region"],
            "AWS_REGION": self.description["region"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "NO_PROXY": "localhost,127.0.0.1,.localhost",
            "no_proxy": "localhost,127.0.0.1,.localhost",
        }

    @cache  # noqa: B019 - a stack lives as long as the tests
    def client(self, service: str) -> Any:
        """An AWS client of the operator's; may be used by several threads."""
        return self.client_of(service, "test", "test")

    def client_of(self, service: Any, key_id: str, secret: str) -> Any:
        """An AWS client of whoever has this key."""
        elsewhere = os.environ.get("SONGSHEN_DYNAMODB") if service == "dynamodb" else None
        return boto3.client(
            service,
            endpoint_url=elsewhere or self.endpoint,
            region_name=self.description["region"],
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(signature_version="s3v4" if service == "s3" else "v4", max_pool_connections=20),
        )

    @cached_property
    def _resources(self) -> dict[str, str]:
        found = self.client("cloudformation").describe_stack_resources(StackName="songshen")["StackResources"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}

    def function(self, verb: str) -> str:
        """A function's name: `upload_presign` → that of UploadPresignFunction."""
        return self._resources["".join(word.title() for word in verb.split("_")) + "Function"]

    @cache  # noqa: B019
    def variables(self, verb: str) -> dict[str, str]:
        """A function's environment variables."""
        found = self.client("lambda").get_function_configuration(FunctionName=self.function(verb))
        return dict(found["Environment"]["Variables"])

    def invoke(self, verb: str, event: Any) -> Any:
        """What a function answers to an event. AssertionError if it fails."""
        made = self.client("lambda").invoke(FunctionName=self.function(verb), Payload=json.dumps(event))
        answer = json.load(made["Payload"])
        assert "FunctionError" not in made, answer
        return answer

    # what lies in the stores

    def item(self, application: str) -> dict[str, Any]:
        """An application's item, as it lies in the table, with Python values."""
        return unmarshal(self.raw_item(application))

    def raw_item(self, application: str) -> Item:
        """The same with attribute values."""
        found = self.client("dynamodb").get_item(TableName=self.table, Key=item_key(application), ConsistentRead=True)
        return dict(found["Item"])

    def change(self, application: str, expression: str, names: dict[str, str] | None = None, **values: Any) -> None:
        """Changes an application's item behind the product's back: `change(id, "SET claim.expires = :at", at=0)`."""
        given = {f":{name}": value for name, value in values.items()}
        self.client("dynamodb").update_item(
            TableName=self.table,
            Key=item_key(application),
            UpdateExpression=expression,
            **({"ExpressionAttributeNames": names} if names else {}),
            **({"ExpressionAttributeValues": marshal(given)} if given else {}),
        )

    def expire(self, application: str, slot: str) -> None:
        """What a slot is reserved for has not come in time."""
        held = replace(unpack_slot(self.item(application)["slots"][slot]), expires=datetime.fromtimestamp(0, UTC))
        self.change(application, "SET slots.#s = :held", {"#s": slot}, held=pack_slot(held))

    def journal(self, application: str) -> list[dict[str, Any]]:
        """An application's journal entries, oldest first."""
        exam, _, number = application.partition("_")
        found = self.client("dynamodb").query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :journal)",
            ExpressionAttributeValues=marshal({":pk": f"APPLICATION#{exam}#{number}", ":journal": "JOURNAL#"}),
            ConsistentRead=True,
        )
        return [unmarshal(item) for item in found["Items"]]

    def texts_to(self, phone: str) -> list[str]:
        """The SMS sent to a number of eleven digits."""
        answer = httpx.get(
            f"{self.endpoint}/_ministack/sns/sms-messages", params={"phoneNumber": f"+86{phone}"}, timeout=30
        )
        return [sent["Message"] for sent in answer.json()["sms_messages"].get(f"+86{phone}", [])]

    def inbox_keys(self, prefix: str) -> list[str]:
        """What lies in the inbox under `inbox/<prefix>`."""
        return self._keys(self.inbox, f"inbox/{prefix}")

    def material_keys(self, prefix: str) -> list[str]:
        """What lies in the materials under `materials/<prefix>`."""
        return self._keys(self.materials, f"materials/{prefix}")

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        found = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [thing["Key"] for thing in found.get("Contents", [])]

    @contextmanager
    def no_events(self) -> Iterator[None]:
        """The inbox tells nobody of what arrives meanwhile, whoever sends it: those events are lost for good.

        Only for tests that are marked `alone`.
        """
        s3 = self.client("s3")
        kept = s3.get_bucket_notification_configuration(Bucket=self.inbox)
        kept.pop("ResponseMetadata")
        s3.put_bucket_notification_configuration(Bucket=self.inbox, NotificationConfiguration={})
        try:
            yield
        finally:
            s3.put_bucket_notification_configuration(Bucket=self.inbox, NotificationConfiguration=kept)

    def lines(self, function: str = "", since: float = 0.0) -> list[dict[str, Any]]:
        """Every line of JSON that the functions, or those named so, have written since then (epoch seconds)."""
        logs = self.client("logs")
        found = []
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                if function.lower() in group["logGroupName"].lower():
                    for events in logs.get_paginator("filter_log_events").paginate(
                        logGroupName=group["logGroupName"], startTime=int(since * 1000)
                    ):
                        found += [event["message"] for event in events["events"] if event["message"].startswith("{")]
        return sorted((json.loads(line) for line in found), key=lambda line: line["timestamp"])

    # the workflow

    def execution(self, application: str, round: int = 1, attempt: int = 1) -> str:
        """The state of the execution that belongs to a round and an attempt; "" if there is none."""
        sfn = self.client("stepfunctions")
        try:
            return str(sfn.describe_execution(executionArn=self.execution_arn(application, round, attempt))["status"])
        except sfn.exceptions.ExecutionDoesNotExist:
            return ""

    def execution_arn(self, application: str, round: int = 1, attempt: int = 1) -> str:
        """Its ARN, whether there is one or not."""
        machine = self.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        return f"{machine}:{application}_{round}_{attempt}"

    def waiting(self, application: str) -> dict[str, Any]:
        """The item, once an execution has put its task token into it."""
        return until(lambda: self.item(application), lambda item: "task_token" in item)

    def settled(self, application: str) -> dict[str, Any]:
        """The item, once the round's workflow has recorded that it is done."""
        return until(lambda: self.item(application), lambda item: not {"task_token", "pending_pk"} & item.keys())

    def reconcile(self, application: str = "") -> dict[str, int]:
        """Runs the reconciler; an application that is named has been waiting for it long enough."""
        # One at a time, as by its schedule: what is due for one test is due for any other's reconciler too.
        with (Path(".local") / "reconcile.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if application and "pending_pk" in self.item(application):
                self.change(application, "SET pending_due = :due", due="2020-01-01T00:00:00.000Z")
            return dict(self.invoke("reconcile", {"detail-type": "Scheduled Event"}))


def item_key(application: str) -> Item:
    """The key of an application's item."""
    exam, _, number = application.partition("_")
    return marshal({"pk": f"APPLICATION#{exam}#{number}", "sk": "APPLICATION"})


def item_of(application: Application) -> Item:
    """The item of an application in any state, as the table holds it after the writes that lead there."""
    more = {
        "round": application.round,
        "attempt": application.attempt,
        "version": application.version,
        "phone": application.phone or None,
        "address": application.address or None,
        "slots": {slot: pack_slot(held) for slot, held in application.slots.items()},
        "claim": pack_claim(application.claim) if application.claim else None,
        "task_token": application.task_token or None,
        "submitted_at": millis(application.submitted_at) if application.submitted_at else None,
        "decision": pack_decision(application.decision) if application.decision else None,
        "serial_number": application.serial_number or None,
        "notice_code": application.notice_code or None,
        "extension": millis(application.extension) if application.extension else None,
        "quota": pack_quota(application.quota_day, application.quota_count),
        "pending_pk": "PENDING#0" if application.obligation_due else None,
        "pending_due": sortable(application.obligation_due) if application.obligation_due else None,
        **status_keys(application),
    }
    return draft_item(application) | marshal(more)


# ---- exams of their own ----


def category(id: str, slots: int = 1, required: bool = True) -> Category:
    """A category with so many slots, `<id>-1` and on."""
    places = tuple(SlotPlace(f"{id}-{n}", exams.text(f"{id} {n}")) for n in range(1, slots + 1))
    return Category(id, exams.text(id), exams.text(f"hint for {id}"), required, places, f"/examples/{id}.jpg")


def window(opens: timedelta, closes: timedelta) -> Window:
    """A window relative to now."""
    now = datetime.now(UTC)
    return Window(now + opens, now + closes)


def open_exam(id: str, **changes: Any) -> Exam:
    """An exam that is open today: a diploma is required, two identity images may be given."""
    made = Exam(
        id=id,
        name=exams.text("2026 考试"),
        windows=Windows(upload=window(-DAY, 7 * DAY), review=window(-DAY, 30 * DAY), correction=window(-DAY, 9 * DAY)),
        areas=(Area("37", exams.text("山东"), (Site(JINAN, exams.text("济南")), Site(QINGDAO, exams.text("青岛")))),),
        categories=(category("diploma"), category("identity", 2, required=False)),
        reasons=(
            Reason("illegible", Text("图片不清晰，无法辨认，请重新上传！", "Not legible.")),
            Reason("expired", Text("证件已过有效期，请上传有效的证件！", "Expired.")),
        ),
        spot_check_share=0.0,  # which decisions are checked must not be left to chance
        deadlines=Deadlines(
            warm=0
        ),  # what is kept ready is the stack's: one test's exam must not take it from another's
    )
    return replace(made, **changes)


@dataclass
class Examinee(Candidate):
    """A candidate of a campaign, at the candidate page."""

    entry: RosterEntry = field(kw_only=True)
    stack: Stack = field(kw_only=True)

    @property
    def application(self) -> str:
        """The application's id."""
        return f"{self.entry.exam}_{self.entry.registration_no}"

    @property
    def item(self) -> dict[str, Any]:
        """The application's item."""
        return self.stack.item(self.application)

    def fill(self, *categories: str) -> "Examinee":
        """Uploads one image in each category."""
        for name in categories or ("diploma",):
            self.upload(name, image())
        return self

    def submitted(self, *categories: str) -> "Examinee":
        """Has uploaded and submitted; the round's workflow waits for the decision."""
        self.fill(*categories).submit()
        self.stack.waiting(self.application)
        return self

    def texts(self) -> list[str]:
        """The SMS sent to the registration's number."""
        return self.stack.texts_to(self.entry.phone)


_numbers = itertools.count(1)


class Campaign:
    """An exam that concerns nobody else, with its candidates and reviewers."""

    def __init__(self, stack: Stack, **changes: Any) -> None:
        self.stack = stack
        self.exam = open_exam(f"t-{secrets.token_hex(4)}", **changes)
        clients = stack.client("dynamodb"), stack.table
        self._exams = DynamoExams(*clients, lambda: datetime.now(UTC))
        self.roster = DynamoRoster(*clients)
        self._exams.put(self.exam)

    def put(self, **changes: Any) -> None:
        """Changes the exam's configuration; functions see it within 15 s."""
        self.exam = replace(self.exam, **changes)
        self._exams.put(self.exam)

    def register(self, site: str = JINAN, **changes: Any) -> RosterEntry:
        """Puts a candidate who has never signed in on the roster."""
        number = next(_numbers)
        entry = RosterEntry(
            exam=self.exam.id,
            registration_no=f"{site}{number:05d}",
            username=f"{self.exam.id}-{number}",
            name="张三丰",
            id_number="370102199001011234",
            area="37",
            site=site,
            phone=phone_number(),
            password_hash=_hash(),
        )
        entry = replace(entry, **changes)
        self.roster.add(entry)
        return entry

    def candidate(self, site: str = JINAN, **changes: Any) -> Examinee:
        """A candidate with an empty application, signed in."""
        entry = self.register(site, **changes)
        http = httpx.Client(base_url=self.stack.api, timeout=60)
        someone = Examinee(http, entry=entry, stack=self.stack)
        return someone.sign_in(entry.username, PASSWORD)

    def reviewer(self, site: str = JINAN, **places: str) -> Reviewer:
        """A reviewer of a site, signed in."""
        return self.staff("reviewer", exam=self.exam.id, area="37", site=site, **places)

    def staff(self, role: str, **places: str) -> Reviewer:
        """A member of staff with a role and a place, signed in."""
        return Reviewer.at(self.stack.api).sign_in(self.employ(role, **places), STAFF_PASSWORD)

    def employ(self, role: str, **places: str) -> str:
        """A member of staff, as an administrator makes one; the user name."""
        username = f"{self.exam.id}-{role}-{next(_numbers)}"
        pool = self.stack.outputs["UserPoolId"]
        cognito = self.stack.client("cognito-idp")
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=username,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": f"custom:{name}", "Value": value} for name, value in places.items()],
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=STAFF_PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=username, GroupName=role)
        made = Member(self.exam.id, username, StaffRole(role), places.get("area", ""), places.get("site", ""))
        change = StaffChange(datetime.now(UTC), username, username, "created", made.role, made.area, made.site)
        assert DynamoStaffBook(self.stack.client("dynamodb"), self.stack.table).found(made, change) is Written.DONE
        return username


@cache
def _hash() -> str:
    """The hash of PASSWORD that is cheap to check. What a real one costs is the sign-in story's business."""
    return cheap_hash(PASSWORD)


def phone_number() -> str:
    """A mobile phone number that no other test sends to."""
    return f"1{secrets.randbelow(10**10):010d}"


def image(width: int = 320, height: int = 240) -> bytes:
    """A good JPEG that no other test sends: it has stripes of random colours."""
    drawn = images.picture(width, height)
    for stripe in range(4):
        drawn.paste(tuple(secrets.token_bytes(3)), (32 * stripe, 0, 32 * stripe + 32, 32))
    return images.encoded(drawn)


def image_of(size: int, data: bytes = b"") -> bytes:
    """A good JPEG of exactly so many bytes: this one, if it has less, with what nobody sees."""
    data = data or image()
    while (left := size - len(data)) > 0:
        # A segment is 4 bytes and what it holds; the last two must leave room for one another.
        body = min(left, 60_000) if left <= 60_000 or left - 60_000 >= 4 else left - 30_000
        data = images.with_segments(data, images.segment(0xFE, bytes(body - 4)))
    return data


# ---- reading answers ----


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem document with both texts."""
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"] == body["text"]["zh"] != ""
    assert body["text"]["en"] != ""
    return answer.status_code, body["code"]


def slots_of(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The slots of a view or a review by their ids."""
    return {slot["slot"]: slot for category in view["categories"] for slot in category["slots"]}


def at_once[T](*calls: Callable[[], T]) -> list[T]:
    """What calls answer that begin at the same moment, each in a thread of its own."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def side_by_side[A, T](work: Callable[[A], T], things: Iterable[A], threads: int = 4) -> list[T]:
    """The work done on each thing, several at a time."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, things))


def returning(*slots: str, note: str = ILLEGIBLE, code: str = "illegible") -> dict[str, Any]:
    """A decision of round 1 that returns these slots."""
    return {
        "round": 1,
        "outcome": "return",
        "slots": [{"slot": slot, "code": code, "note": note} for slot in slots],
    }


APPROVING = {"round": 1, "outcome": "approve"}


# ---- fixtures, for the conftests of the tests that need a stack ----


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack; this process talks to its AWS services by default."""
    try:
        found = Stack.from_environment()
    except RuntimeError as missing:
        pytest.fail(str(missing), pytrace=False)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.environment.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        yield found


@pytest.fixture(scope="session")
def campaign(stack: Stack) -> Campaign:
    """An open exam for all tests that need nothing special of it: they take candidates of their own."""
    return Campaign(stack)


@pytest.fixture(scope="session")
def reviewer(campaign: Campaign) -> Reviewer:
    """A reviewer at the site of most candidates of `campaign`."""
    return campaign.reviewer()


@pytest.fixture(scope="session")
def colleague(campaign: Campaign) -> Reviewer:
    """Another one at the same site."""
    return campaign.reviewer()


@pytest.fixture(scope="session")
def elsewhere(campaign: Campaign) -> Reviewer:
    """A reviewer at the other site."""
    return campaign.reviewer(QINGDAO)
