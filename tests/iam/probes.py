"""What each function does with each of its permissions: `python -m scripts.iam` takes them away one at a time.

A probe uses the deployed stack as people and events do and looks at what must have happened. It passes silently, and
raises anything at all if it has not happened. Those that need a crash or a race at one exact moment run the function's
own use case here, with the credentials of the function's own role.
"""

import itertools
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import boto3
import httpx
from botocore.config import Config

from scripts import demo, specimens
from scripts.people import Candidate, Reviewer, expect, until
from songshen import passwords
from songshen.adapters.calendar import DynamoCalendar
from songshen.adapters.directory import DynamoExams, DynamoRoster
from songshen.adapters.dynamodb import DynamoApplications, application_key
from songshen.adapters.items import draft_item, marshal, pack_decision, pack_slot, sortable, unmarshal
from songshen.adapters.lambdas import LambdaValidation
from songshen.adapters.pillow import PillowImaging
from songshen.adapters.results import DynamoExports, S3ResultFiles
from songshen.adapters.rosterimports import DynamoRosterImports
from songshen.adapters.s3 import S3Inbox, S3Materials
from songshen.adapters.sentimages import DynamoSentImages
from songshen.adapters.smsbook import DynamoUnreached
from songshen.adapters.staffbook import DynamoStaffBook
from songshen.adapters.warming import WarmCapacity
from songshen.domain.application import Application, Decision, Outcome, Ready, Slot, SlotChange, Status, new_upload_id
from songshen.domain.capacity import warmth
from songshen.domain.deadlines import Purpose, Run
from songshen.domain.exam import Exam, Expected, Window, Windows
from songshen.domain.export import Export, ExportFormat, ExportKind
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.domain.roster import ImportState
from songshen.keys import Upload
from songshen.ports import Account, InboxObject, RosterEntry, Unreached
from songshen.usecases.validate_image import Landed, ValidateImage

EXAM, AREA, SITE = "probe", "37", "370100"
PASSWORD = "Probe-2026-songshen"
MANY = Expected(candidates=10_000_000)
PLACES = ("identity-1", "identity-2", "identity-3", "diploma-1", "assessment-1")
SENT_BACK = [{"slot": "diploma-1", "code": "illegible", "note": "", "region": None}]

type Probe = Callable[["World"], None]
PROBES: dict[tuple[str, str, str], Probe] = {}
"""By function or workflow, statement and action."""

# What the emulator does not check, and what proves it instead.
UNPROVABLE = {
    **dict.fromkeys(
        [
            (owner, "SmsProviderToken", "secretsmanager:GetSecretValue")
            for owner in ("NotifyFunction", "DeadlinesFunction")
        ],
        "the stack has no other SMS provider than SNS",
    ),
    ("DeadlinesFunction", "MakeReady", "lambda:PutProvisionedConcurrencyConfig"): (
        "the emulator asks for UpdateFunctionCode instead"
    ),
    ("DeadlinesFunction", "MakeReady", "lambda:DeleteProvisionedConcurrencyConfig"): (
        "the emulator asks for DeleteFunction instead"
    ),
    ("DeadlinesFunction", "GiveRole", "iam:PassRole"): (
        "the emulator makes schedules with any role; tests/unit/test_template.py compares it with the one that is given"
    ),
    ("ValidateImageFunction", "TellGoneFromForbidden", "s3:ListBucket"): (
        "the emulator answers 404 for a missing object with or without it"
    ),
    ("BundleFunction", "TellGoneFromForbidden", "s3:ListBucket"): "the same",
    **dict.fromkeys(
        [
            ("SubmissionWorkflow", "TokenAndRecord", "dynamodb:UpdateItem"),
            ("SubmissionWorkflow", "Notify", "lambda:InvokeFunction"),
            ("SubmissionWorkflow", "Escalate", "sns:Publish"),
        ],
        "the emulator does not check a workflow's role; tests/unit/test_statemachine.py compares it with the states",
    ),
}


def probe(owner: str, sid: str, *actions: str) -> Callable[[Probe], Probe]:
    """Declares what a probe proves."""

    def declare(function: Probe) -> Probe:
        for action in actions:
            assert (owner, sid, action) not in PROBES
            PROBES[owner, sid, action] = function
        return function

    return declare


@dataclass
class World:
    """The deployed stack, an exam of its own, and new people whenever a probe needs them."""

    stack: dict[str, Any]
    physical: dict[str, str]
    """Logical id → name or ARN of what was deployed."""
    patience: float = 30.0
    """Seconds to wait for what happens by itself."""
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _run: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def api(self) -> str:
        return str(self.stack["api"])

    @property
    def outputs(self) -> dict[str, str]:
        return dict(self.stack["outputs"])

    @property
    def table(self) -> str:
        return self.outputs["TableName"]

    @cached_property
    def dynamodb(self) -> Any:
        return boto3.client("dynamodb")

    @cached_property
    def roster(self) -> DynamoRoster:
        return DynamoRoster(self.dynamodb, self.table)

    @cached_property
    def applications(self) -> DynamoApplications:
        return DynamoApplications(self.dynamodb, self.table)

    @cached_property
    def password_hash(self) -> str:
        return passwords.hashed(PASSWORD)

    @cached_property
    def image(self) -> bytes:
        return specimens.draw("diploma", name="样张", number="0")

    @cached_property
    def exam(self) -> Exam:
        """Written at its first use; the windows are open, and every decision is checked by somebody else."""
        return self.opened(EXAM)

    def opened(self, id: str) -> Exam:
        """An exam that has just been written."""
        made = replace(demo.exam(datetime.now(UTC)), id=id, spot_check_share=1.0)
        self.exams.put(made)
        return made

    @cached_property
    def exams(self) -> DynamoExams:
        return DynamoExams(self.dynamodb, self.table, lambda: datetime.now(UTC))

    @cached_property
    def reviewer(self) -> Reviewer:
        """One reviewer of the site, signed in."""
        return self.colleague()

    def colleague(self) -> Reviewer:
        """Another one, who holds nothing yet."""
        return self.staff("reviewer", exam=self.exam.id, area=AREA, site=SITE)

    def staff(self, role: str, **places: str) -> Reviewer:
        """A new member of staff, signed in."""
        name, pool = f"probe-{role}-{self._run}-{next(self._numbers)}", self.outputs["UserPoolId"]
        cognito: Any = boto3.client("cognito-idp")
        attributes = [{"Name": f"custom:{key}", "Value": value} for key, value in places.items()]
        cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS", UserAttributes=attributes)
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=role)
        made = Member(places["exam"], name, StaffRole(role), places.get("area", ""), places.get("site", ""))
        change = StaffChange(datetime.now(UTC), name, name, "created", made.role, made.area, made.site)
        DynamoStaffBook(self.dynamodb, self.table).found(made, change)
        return Reviewer.at(self.api).sign_in(name, PASSWORD)

    def registered(self, *filled: str) -> tuple[str, str]:
        """A new candidate on the roster with images in these slots: user name and application id."""
        number = f"P{self._run}{next(self._numbers):03d}"
        entry = RosterEntry(
            exam=self.exam.id,
            registration_no=number,
            username=f"probe-{number}",
            name="样张",
            id_number="370100180001010000",
            area=AREA,
            site=SITE,
            phone=f"139{secrets.randbelow(10**8):08d}",
            password_hash=self.password_hash,
        )
        if filled:
            draft = Application(entry.exam, number, entry.name, AREA, SITE)
            slots = {slot: pack_slot(self.material(number, slot)) for slot in filled}
            self.dynamodb.put_item(TableName=self.table, Item=draft_item(draft) | marshal({"slots": slots}))
        self.roster.add(entry)
        return entry.username, f"{self.exam.id}_{number}"

    def material(self, number: str, slot: str) -> Slot:
        """An image in the materials bucket, as if it had been validated."""
        upload = Upload(EXAM, number, slot, new_upload_id(datetime.now(UTC), secrets.token_bytes(6)))
        key = upload.material_key()
        boto3.client("s3").put_object(Bucket=self.outputs["MaterialsBucket"], Key=key, Body=self.image)
        return Ready(upload.upload_id, "ab" * 32, 800, 600)

    def candidate(self, *filled: str) -> tuple[Candidate, str]:
        """The same, signed in."""
        username, application = self.registered(*filled)
        return Candidate.at(self.api).sign_in(username, PASSWORD), application

    def submitted(self) -> str:
        """The id of an application that waits for its decision, workflow included."""
        candidate, application = self.candidate(*PLACES)
        candidate.submit()
        until(lambda: self.item(application), lambda item: "task_token" in item)
        return application

    def item(self, application: str) -> dict[str, Any]:
        """An application's item as it is stored."""
        found = self.dynamodb.get_item(TableName=self.table, Key=application_key(application), ConsistentRead=True)
        return dict(found["Item"])

    def overdue(self, application: str, status: str = "") -> None:
        """Puts an obligation on the application that should have been met a minute ago; perhaps also a status."""
        values = {":pk": "PENDING#0", ":due": sortable(datetime.now(UTC) - timedelta(minutes=1))}
        change = "SET pending_pk = :pk, pending_due = :due"
        names: dict[str, str] = {}
        if status:
            change += ", #status = :status"
            names = {"#status": "status"}
            values[":status"] = status
        self.dynamodb.update_item(
            TableName=self.table,
            Key=application_key(application),
            UpdateExpression=change,
            ExpressionAttributeValues=marshal(values),
            **({"ExpressionAttributeNames": names} if names else {}),
        )

    def execution(self, name: str) -> str:
        """The state of an execution. Raises if there is none of that name."""
        machine = self.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        found = boto3.client("stepfunctions").describe_execution(executionArn=f"{machine}:{name}")
        return str(found["status"])

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Invokes a function and answers what it answers. Raises if it fails."""
        found: Any = boto3.client("lambda").invoke(FunctionName=self.physical[function], Payload=json.dumps(event))
        answer = json.loads(found["Payload"].read() or b"null")
        if "FunctionError" in found:
            raise RuntimeError(str(answer))
        return answer

    def start_anew(self, function: str) -> None:
        """Makes the function's next call a cold start."""
        client = boto3.client("lambda")
        name = self.physical[function]
        now = client.get_function_configuration(FunctionName=name)["Timeout"]
        client.update_function_configuration(FunctionName=name, Timeout=now)
        client.get_waiter("function_updated_v2").wait(FunctionName=name)

    def acting_as(self, function: str, service: Any) -> Any:
        """A client with the credentials of the function's role."""
        role = boto3.client("iam").get_role(RoleName=self.physical[f"{function}Role"])["Role"]["Arn"]
        given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
        return boto3.client(
            service,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=Config(retries={"max_attempts": 1}),
        )


def shown(url: str) -> None:
    """Follows an image link."""
    answer = httpx.get(url, timeout=30)
    assert answer.status_code == 200, answer.text


def first_image(view: dict[str, Any]) -> str:
    """The first image link of a view or a case."""
    slots = [slot for category in view["categories"] for slot in category["slots"]]
    return str(next(slot["image_url"] for slot in slots if slot.get("image_url")))


# ---- sign_in -------------------------------------------------------------------------------------------------------


@probe("SignInFunction", "Whom", "dynamodb:GetItem")
@probe("SignInFunction", "CountFailures", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
@probe(
    "SignInFunction",
    "AccountStore",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminInitiateAuth",
)
def activates(world: World) -> None:
    candidate, _ = world.candidate()
    assert candidate.session["activated"]


@probe("SignInFunction", "AccountStore", "cognito-idp:AdminUpdateUserAttributes")
def moves_an_account_to_another_registration(world: World) -> None:
    username, _ = world.registered()
    Candidate.at(world.api).sign_in(username, PASSWORD)
    _, application = world.registered()
    entry = world.roster.entry(EXAM, application.partition("_")[2])
    assert entry
    world.roster.add_account(Account(username, False, EXAM, entry.registration_no))
    candidate = Candidate.at(world.api).sign_in(username, PASSWORD)
    assert candidate.view()["candidate"]["registration_no"] == entry.registration_no


@probe("SignInFunction", "AccountStore", "cognito-idp:AdminUserGlobalSignOut")
def signs_out(world: World) -> None:
    candidate, _ = world.candidate()
    expect(candidate.call("DELETE", "/session"), 204)


@probe("SignInFunction", "DerivePasswords", "secretsmanager:GetSecretValue")
def signs_in_after_a_cold_start(world: World) -> None:
    # The unpublished version, which the change of its settings starts anew: the alias stays as it is.
    world.start_anew("SignInFunction")
    username, _ = world.registered()
    given = json.dumps({"username": username, "password": PASSWORD})
    source = {"http": {"sourceIp": "203.0.113.7"}}
    event = {"routeKey": "POST /session", "headers": {}, "requestContext": source, "body": given}
    assert world.invoke("SignInFunction", event)["statusCode"] == 200


# ---- application ---------------------------------------------------------------------------------------------------


@probe("ApplicationFunction", "Read", "dynamodb:Query")
def shows_the_application(world: World) -> None:
    candidate, _ = world.candidate()
    candidate.view()


@probe("ApplicationFunction", "Read", "dynamodb:GetItem")
def shows_the_notice(world: World) -> None:
    candidate, _ = world.candidate()
    expect(candidate.call("GET", "/application/notice"), 200)


@probe("ApplicationFunction", "Profile", "dynamodb:UpdateItem")
def keeps_the_profile(world: World) -> None:
    candidate, _ = world.candidate()
    candidate.set_profile("13900000001", "样张路 1 号")


@probe("ApplicationFunction", "ImageLinks", "s3:GetObject")
def shows_the_candidates_images(world: World) -> None:
    candidate, _ = world.candidate("identity-1")
    shown(first_image(candidate.view()))


# ---- upload_presign ------------------------------------------------------------------------------------------------


@probe("UploadPresignFunction", "Read", "dynamodb:GetItem")
@probe("UploadPresignFunction", "Reserve", "dynamodb:UpdateItem")
def reserves_a_slot(world: World) -> None:
    candidate, _ = world.candidate()
    expect(candidate.reserve("diploma", world.image), 201)


@probe("UploadPresignFunction", "Post", "s3:PutObject")
def takes_the_image(world: World) -> None:
    candidate, _ = world.candidate()
    ticket = expect(candidate.reserve("diploma", world.image), 201)
    expect(candidate.send(ticket, world.image), 204)


# ---- validate_image ------------------------------------------------------------------------------------------------


@probe("ValidateImageFunction", "Read", "dynamodb:GetItem")
@probe("ValidateImageFunction", "Verdict", "dynamodb:UpdateItem")
@probe("ValidateImageFunction", "FromInbox", "s3:GetObject")
@probe("ValidateImageFunction", "ToMaterials", "s3:PutObject")
def judges_an_image(world: World) -> None:
    candidate, application = world.candidate()
    ticket = expect(candidate.reserve("diploma", world.image), 201)
    expect(candidate.send(ticket, world.image), 204)
    slot = ticket["slot"]
    until(
        lambda: world.item(application),
        lambda item: item["slots"]["M"][slot]["L"][0]["S"] == "ready",
        world.patience,
    )


@probe("ValidateImageFunction", "FromInbox", "s3:DeleteObject")
def clears_the_inbox(world: World) -> None:
    candidate, application = world.candidate()
    ticket = expect(candidate.reserve("diploma", world.image), 201)
    expect(candidate.send(ticket, world.image), 204)
    prefix = f"inbox/{application.replace('_', '/')}/"
    listing = boto3.client("s3").list_objects_v2
    until(
        lambda: listing(Bucket=world.outputs["InboxBucket"], Prefix=prefix)["KeyCount"],
        lambda count: count == 0,
        world.patience,
    )


class _GoneMeanwhile(DynamoApplications):
    """The candidate empties the slot after the image was copied and before its verdict is written."""

    def change_slot(self, application: Application, change: SlotChange) -> Application:
        root = DynamoApplications(boto3.client("dynamodb"), self._table)
        root.change_slot(application, SlotChange(change.slot, change.before, None))
        return super().change_slot(application, change)


@probe("ValidateImageFunction", "ToMaterials", "s3:DeleteObjectVersion")
def takes_a_copy_back_that_nobody_waits_for(world: World) -> None:
    candidate, application = world.candidate()
    announced = expect(candidate.reserve("diploma", world.image), 201)
    key = f"inbox/{application.replace('_', '/')}/{announced['slot']}/{announced['upload_id']}"
    s3 = world.acting_as("ValidateImageFunction", "s3")
    table = world.acting_as("ValidateImageFunction", "dynamodb")
    validate = ValidateImage(
        _GoneMeanwhile(table, world.table),
        DynamoExams(table, world.table, lambda: datetime.now(UTC)),
        _Handed(s3, world.outputs["InboxBucket"], world.image),
        S3Materials(s3, world.outputs["MaterialsBucket"]),
        PillowImaging(),
        DynamoSentImages(table, world.table),
        _Clock(),
    )
    assert validate(InboxObject(key, "")) is Landed.STALE
    prefix = key.replace("inbox/", "materials/", 1)
    left = boto3.client("s3").list_object_versions(Bucket=world.outputs["MaterialsBucket"], Prefix=prefix)
    assert not left.get("Versions"), "a copy was left"


class _Handed(S3Inbox):
    """An inbox with one image, so that the deployed function does not come first."""

    def __init__(self, client: Any, bucket: str, data: bytes) -> None:
        super().__init__(client, bucket)
        self._data = data

    def read(self, found: InboxObject, max_bytes: int) -> bytes | None:
        return self._data


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


# ---- submit --------------------------------------------------------------------------------------------------------


@probe("SubmitFunction", "Read", "dynamodb:Query", "dynamodb:GetItem")
@probe("SubmitFunction", "LockAndJournal", "dynamodb:UpdateItem", "dynamodb:PutItem")
def submits(world: World) -> None:
    candidate, _ = world.candidate(*PLACES)
    assert candidate.submit()["status"] == "submitted"


@probe("SubmitFunction", "ImageLinks", "s3:GetObject")
def shows_what_was_submitted(world: World) -> None:
    candidate, _ = world.candidate(*PLACES)
    shown(first_image(candidate.submit()))


@probe("SubmitFunction", "NeedNotBeTold", "dynamodb:DeleteItem")
def need_not_be_told_any_more(world: World) -> None:
    candidate, application = world.candidate(*PLACES)
    exam, _, number = application.partition("_")
    unreached, now = DynamoUnreached(world.dynamodb, world.table), datetime.now(UTC)
    unreached.note(Unreached(exam, AREA, SITE, number, 0, "reminder", "OptedOut", now, now, 1, None))
    found = world.applications.get(application)
    assert found
    assert world.applications.mark_reminded(found, "24@then")
    candidate.submit()
    assert unreached.get(exam, AREA, number) is None


@probe("SubmitFunction", "StartRound", "states:StartExecution")
def starts_the_round(world: World) -> None:
    candidate, application = world.candidate(*PLACES)
    candidate.submit()
    assert world.execution(f"{application}_1_1") == "RUNNING"


# ---- review --------------------------------------------------------------------------------------------------------


@probe("ReviewFunction", "Queue", "dynamodb:Query")
def shows_the_queue(world: World) -> None:
    world.reviewer.queue()


@probe("ReviewFunction", "Read", "dynamodb:Query")
def shows_the_case(world: World) -> None:
    world.reviewer.case(world.submitted())


@probe("ReviewFunction", "Read", "dynamodb:GetItem")
@probe("ReviewFunction", "ClaimAndJournalViewing", "dynamodb:UpdateItem")
@probe("ReviewFunction", "OwnClaims", "dynamodb:Query")
def claims_and_releases(world: World) -> None:
    application = world.submitted()
    world.reviewer.claim(application)
    expect(world.reviewer.call("DELETE", f"/reviews/{application}/claim"), 204)


@probe("ReviewFunction", "ImageLinks", "s3:GetObject")
def shows_the_images_to_judge(world: World) -> None:
    shown(first_image(world.reviewer.case(world.submitted())))


# ---- feedback ------------------------------------------------------------------------------------------------------


@probe("FeedbackFunction", "Read", "dynamodb:GetItem")
@probe("FeedbackFunction", "DecideAndNumber", "dynamodb:UpdateItem")
@probe("FeedbackFunction", "JournalNoticeAndSpotCheck", "dynamodb:PutItem")
def approves(world: World) -> None:
    answer = world.reviewer.decide(world.submitted(), {"round": 1, "outcome": "approve"})
    assert expect(answer, 200)["serial_number"]


@probe("FeedbackFunction", "WakeRound", "states:SendTaskSuccess")
def wakes_the_round(world: World) -> None:
    application = world.submitted()
    expect(world.reviewer.decide(application, {"round": 1, "outcome": "approve"}), 200)
    until(lambda: world.execution(f"{application}_1_1"), lambda state: state == "SUCCEEDED", world.patience)


@probe("FeedbackFunction", "OwnSpotCheck", "dynamodb:Query")
@probe("FeedbackFunction", "EndSpotCheck", "dynamodb:DeleteItem")
def judges_a_spot_check(world: World) -> None:
    expect(world.reviewer.decide(world.submitted(), {"round": 1, "outcome": "approve"}), 200)
    colleague = world.colleague()
    # The oldest there is; it need not be the one just made.
    check = expect(colleague.call("POST", "/reviews/next"), 200)
    answer = colleague.decide(check["application"], {"round": check["round"], "outcome": "approve"})
    assert expect(answer, 200)["serial_number"] is None


# ---- exams ---------------------------------------------------------------------------------------------------------


@probe("ExamsFunction", "Exam", "dynamodb:GetItem")
@probe("ExamsFunction", "SpotChecks", "dynamodb:Query")
def shows_how_reviewers_agree(world: World) -> None:
    # One that no warm function knows yet.
    exam = world.opened(f"probe-{secrets.token_hex(4)}")
    admin = world.staff("admin", exam=exam.id)
    assert expect(admin.call("GET", f"/exams/{exam.id}/agreement"), 200)["sites"] == []


@probe("ExamsFunction", "SaveExam", "dynamodb:PutItem")
@probe("ExamsFunction", "CountByStatus", "dynamodb:Query")
@probe("ExamsFunction", "WhatIsHeld", "dynamodb:BatchGetItem")
def saves_an_exam_without_what_nobody_uses(world: World) -> None:
    exam = world.opened(f"probe-{secrets.token_hex(4)}")
    draft = Application(exam.id, "1", "样张", AREA, SITE)
    world.dynamodb.put_item(TableName=world.table, Item=draft_item(draft))
    admin = world.staff("admin", exam=exam.id)
    read = expect(admin.call("GET", f"/exams/{exam.id}"), 200)
    read["document"]["categories"].pop()
    change = {"version": read["version"], "document": read["document"]}
    assert expect(admin.call("PUT", f"/exams/{exam.id}", change), 200)["saved"]


# ---- staff ---------------------------------------------------------------------------------------------------------


@probe("StaffFunction", "Read", "dynamodb:GetItem")
@probe("StaffFunction", "StaffAndSpotChecks", "dynamodb:Query")
@probe("StaffFunction", "WriteStaff", "dynamodb:PutItem", "dynamodb:ConditionCheckItem")
@probe("StaffFunction", "WhatTheyHold", "dynamodb:Query")
@probe("StaffFunction", "Free", "dynamodb:UpdateItem")
@probe(
    "StaffFunction",
    "AccountStore",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminUpdateUserAttributes",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminRemoveUserFromGroup",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
)
@probe("SignInFunction", "AccountStore", "cognito-idp:AdminRespondToAuthChallenge")
def employs_moves_and_shuts_out(world: World) -> None:
    admin, name = world.staff("admin", exam=world.exam.id), f"new-{secrets.token_hex(4)}"
    path = f"/exams/{world.exam.id}/staff"
    wanted = {"username": name, "role": "reviewer", "area": AREA, "site": SITE}
    for _ in range(2):
        password = expect(admin.call("POST", path, wanted), 201)["initial_password"]
    given = {"username": name, "password": password, "new_password": PASSWORD}
    assert httpx.post(f"{world.api}/session", json=given, timeout=60).status_code == 200
    application = world.submitted()
    Reviewer.at(world.api).sign_in(name, PASSWORD).claim(application)
    assert "claim" in world.item(application)
    expect(admin.call("PUT", f"{path}/{name}", {"role": "lead", "area": AREA}), 200)
    assert "claim" not in world.item(application)
    for verb in ("disable", "enable", "password"):
        expect(admin.call("POST", f"{path}/{name}/{verb}"), 200)


# ---- cases ---------------------------------------------------------------------------------------------------------


@probe("CasesFunction", "Read", "dynamodb:GetItem")
@probe("CasesFunction", "JournalAndViewings", "dynamodb:Query")
@probe("CasesFunction", "ChangeAndWithdraw", "dynamodb:UpdateItem")
@probe("CasesFunction", "Journal", "dynamodb:PutItem")
def reopens(world: World) -> None:
    application = world.submitted()
    expect(world.reviewer.decide(application, {"round": 1, "outcome": "approve"}), 200)
    admin = world.staff("admin", exam=world.exam.id)
    wanted = {"round": 1, "reason": "样张"}
    case = expect(admin.call("POST", f"/applications/{application}/reopen", wanted), 200)
    assert case["withdrawn_serial_numbers"]


@probe("CasesFunction", "Search", "dynamodb:Query")
def looks_for_a_name(world: World) -> None:
    admin = world.staff("admin", exam=world.exam.id)
    query = {"search": "nobody", "site": SITE}
    assert expect(admin.call("GET", f"/exams/{world.exam.id}/applications?{urlencode(query)}"), 200)["items"] == []


# ---- roster, import_roster -------------------------------------------------------------------------------------------


def sent_roster(world: World, *lines: str, site: str = SITE) -> str:
    """An import whose file has arrived; its id. `lines`: registration number and user name of each."""
    admin = world.staff("admin", exam=world.exam.id)
    ticket = expect(admin.call("POST", f"/exams/{world.exam.id}/roster"), 201)
    head = "registration_no,username,name,id_number,area,site,phone,password_hash"
    # A scrypt hash has commas.
    rest = f'样张,E12345678,{AREA},{site},13900000000,"{world.password_hash}"'
    text = "\r\n".join([head, *(f"{line},{rest}" for line in lines)])
    httpx.post(ticket["url"], data=ticket["fields"], files={"file": ("roster.csv", text.encode())}, timeout=60)
    return str(ticket["id"])


def imported(world: World, id: str) -> dict[str, Any]:
    """The import, once it is over."""
    admin = world.staff("admin", exam=world.exam.id)

    def progress() -> dict[str, Any]:
        shown = expect(admin.call("GET", f"/exams/{world.exam.id}/roster"), 200)["imports"]
        return next(one for one in shown if one["id"] == id)

    return until(progress, lambda one: one["state"] not in {"waiting", "running"}, world.patience)


@probe("RosterFunction", "Exam", "dynamodb:GetItem")
@probe("RosterFunction", "Imports", "dynamodb:PutItem")
def starts_an_import(world: World) -> None:
    # One that no warm function knows yet.
    exam = world.opened(f"probe-{secrets.token_hex(4)}")
    expect(world.staff("admin", exam=exam.id).call("POST", f"/exams/{exam.id}/roster"), 201)


@probe("RosterFunction", "Imports", "dynamodb:Query")
@probe("RosterFunction", "Post", "s3:PutObject")
@probe("ImportRosterFunction", "Exam", "dynamodb:GetItem")
@probe("ImportRosterFunction", "Compare", "dynamodb:BatchGetItem")
@probe("ImportRosterFunction", "WriteAndKeepPlace", "dynamodb:PutItem")
@probe("ImportRosterFunction", "MoveAndGiveUp", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
@probe("ImportRosterFunction", "FileAndReport", "s3:GetObject")
def imports_and_updates(world: World) -> None:
    number = f"R{secrets.token_hex(4)}"
    assert imported(world, sent_roster(world, f"{number},"))["added"] == 1
    # Another user name and another site.
    assert imported(world, sent_roster(world, f"{number},new-{number}", site="370200"))["changed"] == 1
    assert world.item(f"{EXAM}_{number}")["site"] == {"S": "370200"}


@probe("RosterFunction", "ReportLinks", "s3:GetObject")
@probe("ImportRosterFunction", "Report", "s3:PutObject")
def reports_bad_lines(world: World) -> None:
    shown(imported(world, sent_roster(world, "3.7E+13,"))["report_url"])


@probe("ReconcileFunction", "ImportOn", "lambda:InvokeFunction")
def goes_on_with_an_import_that_was_left(world: World) -> None:
    id = sent_roster(world, f"R{secrets.token_hex(4)},")
    imported(world, id)
    imports = DynamoRosterImports(world.dynamodb, world.table)
    over = imports.get(EXAM, id)
    assert over
    past = datetime.now(UTC) - timedelta(minutes=1)
    left = replace(over, state=ImportState.RUNNING, line=0, finished_at=None, due=past)
    assert imports.begin(over, left)
    world.invoke("ReconcileFunction", {})
    assert imported(world, id)["unchanged"] == 1


# ---- progress, exports, write_export, bundle -------------------------------------------------------------------------


@probe("ProgressFunction", "ExamAndCounted", "dynamodb:GetItem")
@probe("ProgressFunction", "KeepCounted", "dynamodb:UpdateItem")
@probe("ProgressFunction", "CountByStatus", "dynamodb:Query")
@probe("ProgressFunction", "Decisions", "dynamodb:Query")
@probe("ProgressFunction", "Unreached", "dynamodb:Query")
@probe("ProgressFunction", "Listed", "dynamodb:BatchGetItem")
def counts(world: World) -> None:
    # Of an exam that nobody has counted yet, with a return that ends today.
    soon = datetime.now(UTC) + timedelta(hours=1)
    like = demo.exam(datetime.now(UTC))
    windows = replace(like.windows, correction=replace(like.windows.correction, closes=soon))
    exam = replace(like, id=f"probe-{secrets.token_hex(4)}", windows=windows, min_correction_hours=0)
    world.exams.put(exam)
    decision = Decision(1, Outcome.RETURN, "probe", datetime.now(UTC))
    returned = Application(exam.id, "P1", "样张", AREA, SITE, status=Status.RETURNED, round=1, decision=decision)
    written = unmarshal(draft_item(returned)) | {"round": 1, "decision": pack_decision(decision)}
    world.dynamodb.put_item(TableName=world.table, Item=marshal(written))
    admin = world.staff("admin", exam=exam.id)
    shown = expect(admin.call("GET", f"/exams/{exam.id}/progress"), 200)
    assert [one["registration_no"] for one in shown["closing"]] == ["P1"]
    assert expect(admin.call("GET", f"/exams/{exam.id}/progress"), 200)["at"] == shown["at"]
    noted = Unreached(exam.id, AREA, SITE, "P1", 1, "return", "OptedOut", soon, soon, 1, None)
    DynamoUnreached(world.dynamodb, world.table).note(noted)
    (listed,) = expect(admin.call("GET", f"/exams/{exam.id}/unreached"), 200)["items"]
    assert listed["registration_no"] == "P1"


def exported(world: World, kind: str) -> dict[str, Any]:
    """An export of an exam of its own, once it is over."""
    exam = world.opened(f"probe-{secrets.token_hex(4)}")
    draft = draft_item(Application(exam.id, "P1", "样张", AREA, SITE))
    world.dynamodb.put_item(TableName=world.table, Item=draft)
    admin = world.staff("admin", exam=exam.id)
    started = expect(admin.call("POST", f"/exams/{exam.id}/exports", {"kind": kind, "format": "csv"}), 202)
    assert started["state"] == "waiting"

    def progress() -> dict[str, Any]:
        return dict(expect(admin.call("GET", f"/exams/{exam.id}/exports"), 200)["exports"][0])

    return until(progress, lambda one: one["state"] not in {"waiting", "running"}, world.patience)


@probe("ExportsFunction", "Exam", "dynamodb:GetItem")
@probe("ExportsFunction", "Exports", "dynamodb:Query", "dynamodb:PutItem")
@probe("ExportsFunction", "Begin", "lambda:InvokeFunction")
@probe("ExportsFunction", "FileLinks", "s3:GetObject")
@probe("WriteExportFunction", "ExamAndPlace", "dynamodb:GetItem")
@probe("WriteExportFunction", "KeepPlace", "dynamodb:PutItem")
@probe("WriteExportFunction", "WhoIsThere", "dynamodb:Query")
@probe("WriteExportFunction", "Applications", "dynamodb:BatchGetItem")
@probe("WriteExportFunction", "File", "s3:PutObject")
def exports_applications(world: World) -> None:
    done = exported(world, "applications")
    assert (done["state"], done["rows"]) == ("done", 1)
    shown(done["url"])


@probe("WriteExportFunction", "Journals", "dynamodb:Query")
def exports_journals(world: World) -> None:
    assert exported(world, "journal")["state"] == "done"


@probe("WriteExportFunction", "Finished", "s3:GetObject")
def sees_that_a_file_was_finished(world: World) -> None:
    bucket, key = world.outputs["ResultsBucket"], f"exports/probe/{secrets.token_hex(4)}"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    S3ResultFiles(world.acting_as("WriteExportFunction", "s3"), bucket).finish(key, "gone", ["0" * 32])


@probe("ReconcileFunction", "ExportOn", "lambda:InvokeFunction")
def goes_on_with_an_export_that_was_left(world: World) -> None:
    exports = DynamoExports(world.dynamodb, world.table)
    now = datetime.now(UTC)
    exam = world.opened(f"probe-{secrets.token_hex(4)}")
    left = Export(exam.id, secrets.token_hex(8), ExportKind.JOURNAL, ExportFormat.JSONL, False, "probe", now, due=now)
    exports.create(left)
    world.invoke("ReconcileFunction", {})
    until(lambda: exports.get(exam.id, left.id), lambda one: bool(one and one.over), world.patience)


@probe("BundleFunction", "ExamAndIdentity", "dynamodb:GetItem")
@probe("BundleFunction", "ApplicationAndJournal", "dynamodb:Query")
@probe("BundleFunction", "JournalViewing", "dynamodb:UpdateItem")
@probe("BundleFunction", "Images", "s3:GetObject")
@probe("BundleFunction", "FileAndLink", "s3:PutObject", "s3:GetObject")
def bundles(world: World) -> None:
    application = world.submitted()
    admin = world.staff("admin", exam=world.exam.id)
    made = expect(admin.call("POST", f"/applications/{application}/bundle"), 201)
    assert made["images"] == len(PLACES)
    shown(made["url"])


# ---- notify --------------------------------------------------------------------------------------------------------


@probe("NotifyFunction", "WhomAndWhether", "dynamodb:GetItem")
@probe("NotifyFunction", "NoteAndCount", "dynamodb:UpdateItem")
@probe("NotifyFunction", "Sms", "sns:Publish")
def tells_the_candidate(world: World) -> None:
    assert told(world, world.submitted()) == {"state": "sent"}


@probe("NotifyFunction", "Unreached", "dynamodb:PutItem")
def notes_who_cannot_be_told(world: World) -> None:
    application = world.submitted()
    world.applications.set_profile(application, "053188881234", "")
    assert told(world, application) == {"state": "failed"}


@probe("NotifyFunction", "Unreached", "dynamodb:DeleteItem")
def forgets_who_was_told_after_all(world: World) -> None:
    application = world.submitted()
    exam, _, number = application.partition("_")
    unreached, now = DynamoUnreached(world.dynamodb, world.table), datetime.now(UTC)
    unreached.note(Unreached(exam, AREA, SITE, number, 1, "return", "OptedOut", now, now, 1, None))
    assert told(world, application) == {"state": "sent"}
    assert unreached.get(exam, AREA, number) is None


def told(world: World, application: str) -> Any:
    """What notify answers about this application's return."""
    world.overdue(application, status="returned")
    # As a decision leaves it, but the workflow is not woken: this is about the function alone.
    decision = {"round": 1, "outcome": "return", "by": "probe", "at": int(time.time() * 1000)}
    world.dynamodb.update_item(
        TableName=world.table,
        Key=application_key(application),
        UpdateExpression="SET decision = :decision REMOVE pending_pk, pending_due",
        ExpressionAttributeValues=marshal({":decision": decision}),
    )
    return world.invoke("NotifyFunction", {"application": application, "round": 1, "attempt": 1})


# ---- deadlines -----------------------------------------------------------------------------------------------------


def looks(world: World) -> None:
    """Has the function do what is due; only one of it runs at a time."""
    for _ in range(100):
        try:
            world.invoke("DeadlinesFunction", {})
        except boto3.client("lambda").exceptions.TooManyRequestsException:
            time.sleep(0.3)
        else:
            return


def deadlines_of(world: World, upload: timedelta, **deadlines: Any) -> Exam:
    """An exam, saved a moment ago, whose uploading ends after so much time."""
    made = world.opened(f"probe-{secrets.token_hex(4)}")
    windows = made.windows
    ends = datetime.now(UTC) + upload
    later = replace(windows.correction, opens=ends - timedelta(days=9), closes=ends + timedelta(days=9))
    upload_window = replace(windows.upload, opens=ends - timedelta(days=9), closes=ends)
    changed = replace(
        made,
        windows=replace(windows, upload=upload_window, correction=later),
        deadlines=replace(made.deadlines, **deadlines),
    )
    world.exams.put(changed)
    return changed


def schedules_of(world: World, exam: Exam) -> list[str]:
    """The names of the exam's schedules, in the alphabet's order."""
    group = world.physical["ScheduleGroup"]
    found = boto3.client("scheduler").list_schedules(GroupName=group, NamePrefix=f"{exam.id}.")
    return sorted(one["Name"].partition(".")[2] for one in found["Schedules"])


@probe("DeadlinesFunction", "Due", "dynamodb:Query")
@probe("DeadlinesFunction", "Read", "dynamodb:GetItem")
@probe("DeadlinesFunction", "ListSchedules", "scheduler:ListSchedules")
@probe(
    "DeadlinesFunction",
    "Schedules",
    "scheduler:GetSchedule",
    "scheduler:CreateSchedule",
    "scheduler:UpdateSchedule",
    "scheduler:DeleteSchedule",
)
def keeps_schedules(world: World) -> None:
    exam = deadlines_of(world, timedelta(days=9), reminders=(24,), warm=0)
    looks(world)
    close = ["archive", "close-correction", "close-upload"]
    assert schedules_of(world, exam) == [*close, "remind-drafts-24", "remind-returns-24"]
    upload = replace(exam.windows.upload, closes=exam.windows.upload.closes + timedelta(days=1))
    windows = replace(exam.windows, upload=upload)
    world.exams.put(replace(exam, windows=windows, deadlines=replace(exam.deadlines, reminders=())))
    looks(world)
    assert schedules_of(world, exam) == close
    key = marshal({"pk": f"DEADLINES#{exam.id}", "sk": "DEADLINES"})
    mark = world.dynamodb.get_item(TableName=world.table, Key=key, ConsistentRead=True)["Item"]
    assert mark["pending_due"]["S"] > sortable(datetime.now(UTC))


def run_of(world: World, exam: Exam, occasion: str) -> dict[str, Any]:
    """What came of an occasion that was due at once."""
    found = world.dynamodb.query(
        TableName=world.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :run)",
        ExpressionAttributeValues=marshal({":pk": f"DEADLINES#{exam.id}", ":run": f"RUN#{occasion}#"}),
    )
    ((run),) = found["Items"]
    assert "pending_due" not in run
    return {name: int(value["N"]) for name, value in run["counts"]["M"].items()}


@probe("DeadlinesFunction", "ByStatus", "dynamodb:Query")
@probe("DeadlinesFunction", "Note", "dynamodb:PutItem")
@probe("DeadlinesFunction", "Forget", "dynamodb:DeleteItem")
@probe("DeadlinesFunction", "Mark", "dynamodb:UpdateItem")
@probe("DeadlinesFunction", "Sms", "sns:Publish")
def reminds(world: World) -> None:
    exam = deadlines_of(world, timedelta(hours=2), reminders=(24,), warm=0)
    # A number of its own: one is not sent many a day.
    for number, phone in (("1", f"139{secrets.randbelow(10**8):08d}"), ("2", "053188881234")):
        world.roster.add(
            RosterEntry(exam.id, number, f"{exam.id}-{number}", "样张", "", AREA, SITE, phone, world.password_hash)
        )
    unreached, now = DynamoUnreached(world.dynamodb, world.table), datetime.now(UTC)
    unreached.note(Unreached(exam.id, AREA, SITE, "1", 0, "reminder", "OptedOut", now, now, 1, None))
    # No end of records is at this moment: the run is dropped.
    calendar, unasked = DynamoCalendar(world.dynamodb, world.table), Run(exam.id, Purpose.ARCHIVE, "", 0, now, now)
    calendar.begin(unasked)
    looks(world)  # begins the run
    looks(world)
    assert run_of(world, exam, "remind-drafts-24") == {"sent": 1, "failed": 1}
    assert [one.registration_no for one in unreached.of(exam.id, AREA)] == ["2"]
    assert calendar.begin(unasked)
    calendar.drop(unasked)


@probe("DeadlinesFunction", "WarmTable", "dynamodb:DescribeTable", "dynamodb:UpdateTable")
def warms_up_and_scales_down(world: World) -> None:
    # The function's calls, in its name: a run of its own would do them again until they succeed.
    functions = world.acting_as("DeadlinesFunction", "lambda")
    tables = world.acting_as("DeadlinesFunction", "dynamodb")
    alias = world.outputs["ValidateImageFunctionName"]
    capacity = WarmCapacity(functions, tables, world.table, dict.fromkeys(warmth(MANY).environments, alias))
    exam = replace(world.opened(f"probe-{secrets.token_hex(4)}"), expected=MANY)
    try:
        capacity.warm(exam)
    finally:
        capacity.scale_down(exam)


@probe("DeadlinesFunction", "List", "dynamodb:Query")
def closes(world: World) -> None:
    exam = deadlines_of(world, -timedelta(hours=2), reminders=(), warm=0)
    looks(world)
    looks(world)
    assert run_of(world, exam, "close-upload")["unreached"] == 0


@probe("DeadlinesFunction", "RemoveAccounts", "cognito-idp:AdminDeleteUser")
def forgets(world: World) -> None:
    # An exam whose records were to end yesterday, and a candidate who has signed in.
    like = world.opened(f"probe-{secrets.token_hex(4)}")
    exam, name = replace(like, records_days=30), f"{like.id}-1"
    world.roster.add(RosterEntry(exam.id, "1", name, "样张", "", AREA, SITE, "13900000000", world.password_hash))
    Candidate.at(world.api).sign_in(name, PASSWORD)
    ended = datetime.now(UTC) - timedelta(days=31)
    past = Window(ended - timedelta(days=9), ended)
    world.exams.put(replace(exam, windows=Windows(past, past, past)))
    looks(world)
    looks(world)
    assert run_of(world, exam, "archive") == {"expired": 1}
    there = boto3.client("cognito-idp").list_users(
        UserPoolId=world.outputs["UserPoolId"], Filter=f'username = "{name}"'
    )
    assert there["Users"] == []


# ---- reconcile -----------------------------------------------------------------------------------------------------


@probe("ReconcileFunction", "Obligations", "dynamodb:Query")
@probe("ReconcileFunction", "StartRound", "states:ListExecutions")
@probe("ReconcileFunction", "ForgottenUploads", "s3:ListBucket")
def looks_around(world: World) -> None:
    world.invoke("ReconcileFunction", {})


@probe("ReconcileFunction", "Read", "dynamodb:GetItem")
@probe("ReconcileFunction", "RaiseAttempt", "dynamodb:UpdateItem")
@probe("ReconcileFunction", "StartRound", "states:StartExecution")
def starts_a_lost_round(world: World) -> None:
    application = world.submitted()
    world.overdue(application)
    world.invoke("ReconcileFunction", {})
    until(lambda: world.execution(f"{application}_1_2"), lambda state: state == "RUNNING", world.patience)


@probe("ReconcileFunction", "WakeRound", "states:SendTaskSuccess")
def wakes_a_decided_round(world: World) -> None:
    application = world.submitted()
    decision = {"round": 1, "outcome": "approve", "by": "probe", "at": int(time.time() * 1000)}
    world.dynamodb.update_item(
        TableName=world.table,
        Key=application_key(application),
        UpdateExpression="SET decision = :decision",
        ExpressionAttributeValues=marshal({":decision": decision}),
    )
    world.overdue(application, status="approved")
    world.invoke("ReconcileFunction", {})
    until(lambda: world.execution(f"{application}_1_1"), lambda state: state == "SUCCEEDED", world.patience)


@probe("ReconcileFunction", "ValidateAgain", "lambda:InvokeFunction")
def has_an_upload_judged_again(world: World) -> None:
    # The reconciler would do so with uploads that are minutes old.
    client = world.acting_as("ReconcileFunction", "lambda")
    # The alias, as the function's environment has it.
    function, inbox = world.outputs["ValidateImageFunctionName"], world.outputs["InboxBucket"]
    LambdaValidation(client, function, inbox).run(InboxObject("inbox/probe/nobody/diploma-1/none", ""))
