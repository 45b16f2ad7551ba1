"""The events that come in: `events/<function>/*.json` are what AWS sends, and the handlers understand every one.

They were captured from the emulator and given what AWS adds to them. The handlers run in this process, with the
environment that the deployed functions have, so that everything they log is seen too.
"""

import base64
import importlib.util
import json
import logging
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from scripts.people import expect, until
from songshen.contract.routes import ROUTES
from tests.support.exams import latest_extension
from tests.support.stack import (
    APPROVING,
    PASSWORD,
    STAFF_PASSWORD,
    Campaign,
    Examinee,
    Stack,
    image,
    returning,
    slots_of,
)

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
FILES = sorted(EVENTS.glob("*/*.json"))

type Handler = Callable[[dict[str, Any], object], Any]


def load(name: str) -> dict[str, Any]:
    """`load("submit/post-submission")`."""
    return dict(json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def handler(stack: Stack) -> Iterator[Callable[[str], Handler]]:
    """The handler of a function, in this process."""

    @cache
    def handler_of(verb: str) -> Handler:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in stack.variables(verb).items():
                patch.setenv(name, value)
            spec = importlib.util.spec_from_file_location(f"handler_{verb}", ROOT / "functions" / verb / "app.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            made: Handler = module.handler
            return made

    return handler_of


def by(event: dict[str, Any], **claims: str) -> dict[str, Any]:
    """The event with another caller."""
    named = {name.replace("custom_", "custom:"): value for name, value in claims.items()}
    event["requestContext"]["authorizer"]["jwt"]["claims"] |= named
    return event


def by_candidate(event: dict[str, Any], candidate: Examinee) -> dict[str, Any]:
    entry = candidate.entry
    return by(event, custom_exam=entry.exam, custom_registration_no=entry.registration_no)


def by_reviewer(event: dict[str, Any], campaign: Campaign, application: str = "") -> dict[str, Any]:
    if application:
        event["pathParameters"] = {"application": application}
    return by(event, custom_exam=campaign.exam.id, custom_area="37", custom_site="3701")


def answered(made: dict[str, Any], status: int) -> Any:
    """The body of a handler's answer."""
    assert made["statusCode"] == status, made
    assert made["headers"]["cache-control"] == "no-store"
    return json.loads(made["body"]) if "body" in made else None


def test_there_is_an_event_for_every_function_and_route() -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {path.parent.name for path in FILES} == functions
    routes = {
        (path.parent.name, event["routeKey"])
        for path in FILES
        if "routeKey" in (event := json.loads(path.read_text(encoding="utf-8")))
    }
    assert routes == {(route.function, route.call) for route in ROUTES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_is_told_by_its_kind(path: Path) -> None:
    """The members that tell AWS's events apart, and nothing that identifies anybody."""
    text = path.read_text(encoding="utf-8")
    event = json.loads(text)
    assert "eyJ" not in text
    if "routeKey" in event:
        context = event["requestContext"]
        assert event["version"] == "2.0"
        assert context["routeKey"] == event["routeKey"]
        assert event["routeKey"].startswith(context["http"]["method"])
        assert context["http"]["path"] == event["rawPath"]
        assert event["isBase64Encoded"] is False
        if "authorizer" in context:
            # HTTP APIs hand every claim over as text; a list looks like this.
            claims = context["authorizer"]["jwt"]["claims"]
            assert {type(value) for value in claims.values()} == {str}
            assert ("custom:registration_no" in claims) is not ("cognito:groups" in claims)
            assert claims.get("cognito:groups", "[admin]") in {"[reviewer]", "[admin]"}
    elif "Records" in event:
        (record,) = event["Records"]
        assert record["eventSource"] == "aws:s3"
        assert record["s3"]["object"].keys() >= {"key", "size", "eTag", "sequencer"}


def test_the_emulators_requests_have_the_same_members(stack: Stack, campaign: Campaign) -> None:
    """What the handlers read is there on both; a claim more or less on AWS is nobody's business here."""
    ours = load("submit/post-submission")
    claims = ours["requestContext"]["authorizer"]["jwt"]["claims"]
    token = campaign.candidate().session["id_token"]
    assert set(claims) - {"auth_time", "origin_jti", "jti"} <= set(_claims(token)) | {"cognito:username"}


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


# ---- HTTP ----


def test_sessions(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    entry = campaign.register()
    sign_in = handler("sign_in")
    event = load("sign_in/post-session")
    event["body"] = json.dumps({"username": entry.username, "password": PASSWORD})
    session = answered(sign_in(event, None), 200)
    assert (session["role"], session["activated"]) == ("candidate", True)
    event = load("sign_in/post-session-refresh")
    event["body"] = json.dumps({"refresh_token": session["refresh_token"]})
    assert answered(sign_in(event, None), 200)["role"] == "candidate"
    leaving = by(load("sign_in/delete-session"))
    leaving["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:username"] = entry.username
    assert sign_in(leaving, None) == {"statusCode": 204, "headers": {"cache-control": "no-store"}}
    assert answered(sign_in(event, None), 401)["code"] == "session_expired"


def test_a_candidates_requests(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    candidate = campaign.candidate()
    application, presign = handler("application"), handler("upload_presign")
    view = answered(application(by_candidate(load("application/get-application"), candidate), None), 200)
    assert view["candidate"]["registration_no"] == candidate.entry.registration_no
    event = by_candidate(load("application/put-application-profile"), candidate)
    view = answered(application(event, None), 200)
    assert (view["candidate"]["phone"], view["candidate"]["address"]) == ("13900000020", "山东省演示市样张路 1 号")
    notice = answered(application(by_candidate(load("application/get-application-notice"), candidate), None), 200)
    assert notice["result"]["zh"] == "未通过初审"
    assert answered(application(load("application/get-notices-code"), None), 404)["code"] == "not_found"
    ticket = answered(presign(by_candidate(load("upload_presign/post-uploads"), candidate), None), 201)
    assert ticket["slot"] == "identity-1"
    assert candidate.slots()["identity-1"]["state"] == "reserved"
    made = presign(by_candidate(load("upload_presign/delete-uploads-slot"), candidate), None)
    assert made["statusCode"] == 204
    assert candidate.slots()["identity-1"]["state"] == "empty"
    event = by_candidate(load("submit/post-submission"), candidate)
    assert answered(handler("submit")(event, None), 422)["missing"] == [{"category": "diploma"}]
    candidate.fill()
    assert answered(handler("submit")(event, None), 202)["status"] == "submitted"


def test_a_reviewers_requests(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    candidate = campaign.candidate().submitted()
    review = handler("review")

    def ask(name: str, application: str = "") -> dict[str, Any]:
        made: dict[str, Any] = review(by_reviewer(load(f"review/{name}"), campaign, application), None)
        return made

    waiting = answered(ask("get-reviews"), 200)["items"]
    assert 1 <= len(waiting) <= 20
    case = answered(ask("get-reviews-application", candidate.application), 200)
    assert (case["application"], case["claim"]) == (candidate.application, None)
    claim = answered(ask("post-reviews-application-claim", candidate.application), 200)
    assert (claim["by"], claim["mine"]) == ("shenhe-jinan-1", True)
    assert ask("delete-reviews-application-claim", candidate.application)["statusCode"] == 204
    assert answered(ask("get-reviews-application", candidate.application), 200)["claim"] is None
    shown = answered(ask("get-reviews-application-identity", candidate.application), 200)
    assert shown == {"id_number": candidate.entry.id_number, "phone": candidate.entry.phone}
    taken = answered(ask("post-reviews-next"), 200)
    assert taken["claim"]["mine"] is True
    assert ask("delete-reviews-application-claim", taken["application"])["statusCode"] == 204
    event = by_reviewer(load("feedback/post-reviews-application-decision"), campaign, candidate.application)
    assert answered(handler("feedback")(event, None), 200)["status"] == "returned"
    assert candidate.view()["messages"][0]["text"]["zh"] == "毕业证编号无法辨别，请重新上传！"


def test_an_administrators_event(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    event = by(load("exams/get-exams-exam-agreement"), custom_exam=campaign.exam.id)
    assert answered(handler("exams")(event, None), 404)["code"] == "not_found"
    event["pathParameters"] = {"exam": campaign.exam.id}
    assert answered(handler("exams")(event, None), 200)["share"] == campaign.exam.spot_check_share
    for name in ("get-exams-exam", "put-exams-exam"):
        event = by(load(f"exams/{name}"), custom_exam=campaign.exam.id)
        event["pathParameters"] = {"exam": campaign.exam.id}
        assert answered(handler("exams")(event, None), 200)["version"] == 1


def test_a_rosters_events(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    """An import from its first request to its end; the file's event may come again."""
    start = by(load("roster/post-exams-exam-roster"), custom_exam=campaign.exam.id)
    start["pathParameters"] = {"exam": campaign.exam.id}
    ticket = answered(handler("roster")(start, None), 201)
    sent = httpx.post(ticket["url"], data=ticket["fields"], files={"file": ("x.csv", b"PK\x03\x04")}, timeout=60)
    assert sent.status_code == 204
    look = by(load("roster/get-exams-exam-roster"), custom_exam=campaign.exam.id)
    look["pathParameters"] = {"exam": campaign.exam.id}

    def shown() -> dict[str, Any]:
        return dict(answered(handler("roster")(look, None), 200)["imports"][0])

    done = until(shown, lambda one: one["state"] not in {"waiting", "running"})
    assert (done["id"], done["refusal"]["code"]) == (ticket["id"], "excel_file")
    event = load("import_roster/object-created-post")
    event["Records"][0]["s3"]["object"]["key"] = ticket["fields"]["key"]
    assert handler("import_roster")(event, Remaining()) is None
    assert shown() | {"report_url": None} == done


def test_an_exports_events(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    """An export from its first request to its file; the event that asks for the work may come again."""
    start = by(load("exports/post-exams-exam-exports"), custom_exam=campaign.exam.id)
    start["pathParameters"] = {"exam": campaign.exam.id}
    started = answered(handler("exports")(start, None), 202)
    look = by(load("exports/get-exams-exam-exports"), custom_exam=campaign.exam.id)
    look["pathParameters"] = {"exam": campaign.exam.id}

    def shown() -> dict[str, Any]:
        return dict(answered(handler("exports")(look, None), 200)["exports"][0])

    done = until(shown, lambda one: one["state"] not in {"waiting", "running"})
    assert (done["id"], done["state"], done["identity"]) == (started["id"], "done", True)
    event = load("write_export/export") | {"exam": campaign.exam.id, "id": done["id"]}
    assert handler("write_export")(event, Remaining()) is None
    assert shown() | {"url": None} == done | {"url": None}


def test_an_administrators_look_at_progress_and_one_application(
    handler: Callable[[str], Handler], campaign: Campaign
) -> None:
    look = by(load("progress/get-exams-exam-progress"), custom_exam=campaign.exam.id)
    look["pathParameters"] = {"exam": campaign.exam.id}
    assert {one["site"]["id"] for one in answered(handler("progress")(look, None), 200)["sites"]} == {"3701", "3702"}
    who = by(load("progress/get-exams-exam-unreached"), custom_exam=campaign.exam.id)
    who["pathParameters"] = {"exam": campaign.exam.id}
    assert answered(handler("progress")(who, None), 200)["items"] == []
    ask = by(load("bundle/post-applications-application-bundle"), custom_exam=campaign.exam.id)
    ask["pathParameters"] = {"application": campaign.candidate().application}
    assert answered(handler("bundle")(ask, None), 201)["images"] == 0


def test_an_administrators_events_about_single_cases(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    """Found, looked at, given more time; approved, then taken back; and more time for everybody, only tried."""
    candidate = campaign.candidate().submitted()

    def ask(name: str, body: dict[str, str] | None = None, **path: str) -> Any:
        event = by(load(name), custom_exam=campaign.exam.id)
        event["pathParameters"] = path
        if body:
            event["body"] = json.dumps(json.loads(event["body"]) | body)
        if "search" in event.get("queryStringParameters", {}):
            event["queryStringParameters"]["search"] = candidate.entry.registration_no
        return answered(handler(name.split("/", maxsplit=1)[0])(event, None), 200)

    (found,) = ask("cases/get-exams-exam-applications", exam=campaign.exam.id)["items"]
    assert found["application"] == candidate.application
    assert ask("cases/get-applications-application", application=candidate.application)["status"] == "submitted"
    until_then = {"until": latest_extension(campaign.exam)}
    longer = ask("cases/post-applications-application-extension", until_then, application=candidate.application)
    assert longer["extension"] == until_then["until"]
    campaign.reviewer("3701").approve(candidate.application)
    assert ask("cases/post-applications-application-reopen", application=candidate.application)["status"] == "returned"
    assert ask("exams/post-exams-exam-extension", exam=campaign.exam.id)["saved"] is False


def test_what_wakes_the_deadlines(handler: Callable[[str], Handler]) -> None:
    """An occasion of an exam that there is not (any more) is nobody's business, and the clock comes again and again."""
    for name in ("occasion", "every-minute"):
        assert handler("deadlines")(load(f"deadlines/{name}"), Remaining()).keys() == {"done"}


class Remaining:
    """What the platform says about an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def test_a_body_in_base64(handler: Callable[[str], Handler], campaign: Campaign) -> None:
    """The gateway does so to what it does not take for text."""
    event = by_candidate(load("application/put-application-profile"), campaign.candidate())
    event["body"] = base64.b64encode(event["body"].encode()).decode()
    event["isBase64Encoded"] = True
    view = answered(handler("application")(event, None), 200)
    assert view["candidate"]["address"] == "山东省演示市样张路 1 号"


@pytest.mark.parametrize("groups", ["", "[]", "[leads]", "candidate,admin", "[admin candidates]", "[reviewers]"])
def test_groups_that_are_not_a_reviewers(handler: Callable[[str], Handler], campaign: Campaign, groups: str) -> None:
    event = by_reviewer(load("review/get-reviews"), campaign)
    event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = groups
    assert answered(handler("review")(event, None), 403)["code"] == "forbidden"


@pytest.mark.parametrize("groups", ["[reviewer]", "[lead]", "[lead reviewer]", "[reviewer, admin]", "reviewer"])
def test_groups_that_are_a_reviewers(handler: Callable[[str], Handler], campaign: Campaign, groups: str) -> None:
    event = by_reviewer(load("review/get-reviews"), campaign)
    event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = groups
    answered(handler("review")(event, None), 200)


# ---- S3 ----


def arrived(name: str, key: str, etag: str) -> dict[str, Any]:
    """An S3 event about this object."""
    event = load(f"validate_image/{name}")
    event["Records"][0]["s3"]["object"] |= {"key": quote_plus(key), "eTag": etag}
    return event


def put(stack: Stack, ticket: dict[str, Any], data: bytes) -> str:
    """Puts bytes where a ticket's POST would; the ETag. Its event reaches the deployed function, sooner or later."""
    made = stack.client("s3").put_object(
        Bucket=stack.inbox, Key=ticket["fields"]["key"], Body=data, ContentType="image/jpeg"
    )
    return str(made["ETag"].strip('"'))


@pytest.mark.parametrize("name", ["object-created-post", "object-created-put"])
def test_threat_13_the_same_event_five_times(
    stack: Stack, campaign: Campaign, handler: Callable[[str], Handler], name: str
) -> None:
    """From the deployed function and from here, before and after: one material, one version, one change."""
    candidate = campaign.candidate()
    data = image()
    ticket = expect(candidate.reserve("diploma", data), 201)
    before = candidate.item["version"]
    etag = put(stack, ticket, data)
    event = arrived(name, ticket["fields"]["key"], etag)
    for _ in range(3):
        assert handler("validate_image")(event, None) is None
    for _ in range(2):
        stack.invoke("validate_image", event)
    shown = candidate.verdict("diploma-1")
    assert shown["state"] == "ready"
    assert candidate.item["version"] == before + 1
    (key,) = stack.material_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/")
    versions = stack.client("s3").list_object_versions(Bucket=stack.materials, Prefix=key)["Versions"]
    assert len(versions) == 1
    assert httpx.get(shown["image_url"]).status_code == 200


@pytest.mark.alone
def test_threat_14_events_in_reverse_order(stack: Stack, campaign: Campaign, handler: Callable[[str], Handler]) -> None:
    """Three reservations of one slot, their events last first: the state is that of the last reservation."""
    candidate = campaign.candidate()
    sent = []
    with stack.no_events():
        for width in (300, 310, 320):
            data = image(width)
            ticket = expect(candidate.reserve("diploma", data, "diploma-1"), 201)
            sent.append((ticket["fields"]["key"], put(stack, ticket, data)))
    for key, etag in reversed(sent):
        handler("validate_image")(arrived("object-created-post", key, etag), None)
    shown = candidate.verdict("diploma-1")
    assert (shown["state"], shown["width"]) == ("ready", 320)
    prefix = f"{candidate.entry.exam}/{candidate.entry.registration_no}/"
    (kept,) = stack.material_keys(prefix)
    assert kept.split("/")[-1] == sent[-1][0].split("/")[-1]
    assert until(lambda: stack.inbox_keys(prefix), lambda keys: not keys) == []


def test_threat_06_swapped_between_event_and_read(
    stack: Stack, campaign: Campaign, handler: Callable[[str], Handler]
) -> None:
    """The first event's bytes are gone when it is read: no verdict on others. The second event's is its own."""
    candidate = campaign.candidate()
    good, evil = image(), image(400, 300)
    ticket = expect(candidate.reserve("diploma", good), 201)
    first = put(stack, ticket, good)
    until(lambda: candidate.slots()["diploma-1"]["state"], lambda state: state == "ready")
    second = put(stack, ticket, evil)
    for etag in (first, second, first):
        handler("validate_image")(arrived("object-created-put", ticket["fields"]["key"], etag), None)
    shown = candidate.slots()["diploma-1"]
    assert (shown["state"], shown["width"]) == ("ready", 320)


def test_threat_09_hostile_keys_change_nothing(
    stack: Stack, campaign: Campaign, handler: Callable[[str], Handler]
) -> None:
    """They are unquoted once, removed, and never become part of another name."""
    candidate = campaign.candidate()
    ticket = expect(candidate.reserve("diploma", image()), 201)
    entry, version = candidate.entry, candidate.item["version"]
    own = f"inbox/{entry.exam}/{entry.registration_no}"
    hostile = [
        f"{own}/diploma-1/../diploma-1/{ticket['upload_id']}",
        f"{own}/diploma-1/{ticket['upload_id']}/more",
        f"{own}/diploma-1/{ticket['upload_id']}.jpg",
        f"{own}/diploma-1/{quote_plus(ticket['upload_id'] + '%2e')}",
        f"{own}//{ticket['upload_id']}",
        f"{own}/毕业证/{ticket['upload_id']}",
        f"{own}/diploma-1/none",
        f"inbox/{entry.exam}/{entry.registration_no}99/diploma-1/{ticket['upload_id']}",
        f"inbox/{entry.exam}#{entry.registration_no}/x/diploma-1/{ticket['upload_id']}",
        "inbox/..%2F..%2Fmaterials/a+b c/%00/x",
    ]
    for key in hostile:
        etag = stack.client("s3").put_object(Bucket=stack.inbox, Key=key, Body=image())["ETag"].strip('"')
        handler("validate_image")(arrived("object-created-put", key, etag), None)
    assert handler("validate_image")(load("validate_image/hostile-key"), None) is None
    assert candidate.item["version"] == version
    assert candidate.slots()["diploma-1"]["state"] == "reserved"
    assert stack.material_keys(f"{entry.exam}/{entry.registration_no}/") == []
    assert set(stack.inbox_keys("")) & set(hostile) == set()


# ---- the workflow, the schedule ----


def test_the_workflows_payload(stack: Stack, campaign: Campaign, handler: Callable[[str], Handler]) -> None:
    """Ids only; and nothing is sent for an application that has not been returned."""
    event = load("notify/round-returned")
    assert event.keys() == {"application", "round", "attempt"}
    candidate = campaign.candidate().submitted()
    assert handler("notify")(event | {"application": candidate.application}, None) == {"state": "skipped"}
    assert candidate.texts() == []


def test_the_schedules_event(handler: Callable[[str], Handler]) -> None:
    done = handler("reconcile")(load("reconcile/every-two-minutes"), None)
    assert done.keys() == {"obligations", "executions", "uploads", "imports", "exports"}


# ---- logs ----


def test_threats_30_35_36_logs_hold_ids_and_codes_only(
    campaign: Campaign, stack: Stack, handler: Callable[[str], Handler], caplog: pytest.LogCaptureFixture
) -> None:
    """Everything that a loop logs, with every refusal and a failure: no token, name, number, address or remark."""
    caplog.set_level(logging.DEBUG, "songshen")
    phone, address, remark = "13911112222", "保密路 7 号\u2028甲", "写给考生的话 <b>7</b>"
    candidate = campaign.candidate(name="欧阳保密", id_number="370102198112127777").fill()
    entry = candidate.entry
    profile = by_candidate(load("application/put-application-profile"), candidate)
    profile["body"] = json.dumps({"phone": phone, "address": address})
    answered(handler("application")(profile, None), 200)
    profile["body"] = json.dumps({"phone": f"{phone}\nERROR forged", "address": address})
    answered(handler("application")(profile, None), 400)
    sign_in = load("sign_in/post-session")
    for password in (PASSWORD, "a wrong password"):
        sign_in["body"] = json.dumps({"username": entry.username, "password": password})
        handler("sign_in")(sign_in, None)
    answered(handler("submit")(by_candidate(load("submit/post-submission"), candidate), None), 202)
    token = stack.waiting(candidate.application)["task_token"]
    decision = by_reviewer(load("feedback/post-reviews-application-decision"), campaign, candidate.application)
    decision["body"] = json.dumps(returning("diploma-1", note=remark))
    answered(handler("feedback")(decision, None), 200)
    decision["body"] = json.dumps(APPROVING | {"note": remark})
    answered(handler("feedback")(decision, None), 409)
    stack.settled(candidate.application)
    handler("notify")({"application": candidate.application, "round": 1, "attempt": 1}, None)
    # A failure: an application whose item is broken.
    stack.change(candidate.application, "SET slots = :broken", broken=f"{phone} {address}")
    made = handler("application")(by_candidate(load("application/get-application"), candidate), None)
    assert answered(made, 500)["code"] == "internal"
    assert phone not in made["body"]

    ours = [record for record in caplog.records if record.name == "songshen"]
    assert {record.getMessage().split(" ")[0] for record in ours} >= {
        "answered",
        "refused",
        "notified",
        "failed",
        "decided",
    }
    logged = "\n".join(f"{record.getMessage()} {json.dumps(record.__dict__, default=str)}" for record in ours)
    logged += "\n" + "\n".join(str(record.exc_info) for record in ours if record.exc_info)
    private = (token, phone, entry.phone, entry.id_number, PASSWORD, STAFF_PASSWORD, "a wrong password", "forged")
    for secret in private:
        assert secret not in logged
    for text in (entry.name, address, remark, "保密", "写给"):
        assert text not in logged
        assert json.dumps(text).strip('"') not in logged


def test_the_page_escapes_what_people_write(campaign: Campaign) -> None:
    """Texts come back as they were written, as JSON that no browser takes for a page."""
    candidate = campaign.candidate()
    hostile = "<script>alert(1)</script> & \" ' 毕业"
    candidate.set_profile("13800138000", hostile)
    answer = candidate.call("GET", "/application")
    assert answer.json()["candidate"]["address"] == hostile
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert slots_of(answer.json())
