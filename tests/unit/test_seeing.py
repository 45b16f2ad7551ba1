"""Operators see what happens: metrics are read from lines that the code really writes, alarms have their section in the
runbook and their place on the dashboard."""

import importlib
import json
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scripts import template as reader
from songshen import bootstrap, http, logs
from songshen.domain.application import Outcome
from songshen.ports import SmsFailed
from tests.support.exams import ID, MINUTE, SECOND
from tests.support.fakes import Unavailable, World
from tests.support.filters import matches

TEMPLATE = reader.load()
FILTERS = reader.of_type(TEMPLATE, "AWS::Logs::MetricFilter")
ALARMS = reader.of_type(TEMPLATE, "AWS::CloudWatch::Alarm")
RUNBOOK = (reader.ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OURS = {"Fn::Sub": "Songshen/${AWS::StackName}"}
CONTEXT = {"requestId": "r-1", "http": {"sourceIp": "203.0.113.7"}}


CANDIDATE = {
    "cognito:username": "user-1",
    "custom:exam": "2026-med",
    "custom:registration_no": "3701001",
}


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What was logged so far, as the platform writes it."""
    return [json.loads(logs.JsonLines().format(record)) for record in caplog.records if record.name == "songshen"]


def load(function: str, use_case: object, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], Any]:
    """A handler on a use case of the world."""
    monkeypatch.setattr(bootstrap, function, lambda: use_case)
    monkeypatch.setattr(bootstrap, "edge_secret", lambda: "of the edge")
    monkeypatch.delitem(sys.modules, f"functions.{function}.app", raising=False)
    handler: Callable[[Any, Any], Any] = importlib.import_module(f"functions.{function}.app").handler
    sys.modules.pop(f"functions.{function}.app")
    return handler


def unavailable(*given: object) -> None:
    """A service that does not answer."""
    raise Unavailable


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """Log group → the lines of a loop in which something of everything happens."""
    caplog.set_level(logging.INFO, "songshen")
    world = World()
    groups: dict[str, list[dict[str, Any]]] = {}

    def during(group: str, act: Callable[[], object]) -> None:
        caplog.clear()
        act()
        groups.setdefault(group, []).extend(lines(caplog))

    sign_in = load("sign_in", world.sign_in, monkeypatch)
    wrong = {"routeKey": "POST /session", "requestContext": CONTEXT, "body": '{"username": "a", "password": "b"}'}
    during("SignInLogs", lambda: sign_in(wrong, None))

    found = world.send(world.reserve("diploma", b"a picture"), b"a picture")
    came = world.clock.time.isoformat()
    world.clock.advance(9 * SECOND)
    thing = {"key": found.key, "eTag": found.etag}
    validate = load("validate_image", world.validate, monkeypatch)
    during("ValidateImageLogs", lambda: validate({"Records": [{"eventTime": came, "s3": {"object": thing}}]}, None))

    world.upload("identity", b"front")
    world.upload("identity", b"back")
    submit = load("submit", world.submit, monkeypatch)
    jwt = {"claims": CANDIDATE}
    submission = {
        "routeKey": "POST /submission",
        "requestContext": CONTEXT | {"authorizer": {"jwt": jwt}},
        "headers": {"x-correlation-id": "0123456789abcdef"},
        "body": '{"round": 1}',
    }
    start = world.workflow.start
    monkeypatch.setattr(world.workflow, "start", unavailable)
    during("SubmitLogs", lambda: submit(submission, None))
    monkeypatch.setattr(world.workflow, "start", start)
    world.clock.advance(5 * MINUTE)
    reconcile = load("reconcile", world.reconcile, monkeypatch)
    during("ReconcileLogs", lambda: reconcile({}, None))
    during("FeedbackLogs", lambda: world.decide(Outcome.RETURN, "diploma-1"))
    notify = load("notify", world.notify, monkeypatch)
    world.sms.fails = SmsFailed("no credit")
    during("NotifyLogs", lambda: notify({"application": ID, "round": 1, "attempt": 1}, None))
    world.exams.items[world.exam.id] = replace(world.exam, sms_limit=0)
    during("NotifyLogs", lambda: notify({"application": ID, "round": 1, "attempt": 1}, None))
    groups["DeadlinesLogs"] = groups["NotifyLogs"]  # reminders go through the same gate
    groups["ApiLogs"] = [access_log(status="429", **{"error.message": "Too Many Requests"})]
    return groups


def access_log(**context: str) -> dict[str, Any]:
    """A line of the API's access log. What there is none of is a hyphen."""
    (stage,) = reader.of_type(TEMPLATE, "AWS::ApiGatewayV2::Stage").values()
    form = stage["AccessLogSettings"]["Format"]
    return dict(json.loads(re.sub(r"\$context\.([\w.]+)", lambda found: context.get(found[1], "-"), form)))


@pytest.mark.parametrize("name", FILTERS)
def test_a_metric_is_made_from_lines_that_are_written(name: str, written: dict[str, list[dict[str, Any]]]) -> None:
    (made,) = FILTERS[name]["MetricTransformations"]
    assert made["MetricNamespace"] == OURS
    assert name in {f"{made['MetricName']}Metric", f"{made['MetricName']}MetricOfReminders"}
    found = [
        line for line in written[FILTERS[name]["LogGroupName"]["Ref"]] if matches(FILTERS[name]["FilterPattern"], line)
    ]
    assert found
    value = str(made["MetricValue"])
    assert all(isinstance(line[value[2:]], int) for line in found) if value.startswith("$.") else value == "1"


def test_what_the_metrics_say(written: dict[str, list[dict[str, Any]]]) -> None:
    (verdict,) = written["ValidateImageLogs"]
    assert (verdict["age_ms"], verdict["rejected"], verdict["landed"]) == (9000, 0, "ready")
    assert (verdict["application"], verdict["slot"]) == (ID, "diploma-1")
    (ran,) = [line for line in written["ReconcileLogs"] if line["message"] == "reconciled"]
    assert (ran["obligations_found"], ran["uploads_found"]) == (1, 0)
    assert {line["correlation"] for line in written["SubmitLogs"]} == {"0123456789abcdef"}
    assert {line["application"] for line in written["SubmitLogs"]} == {ID}
    (decided,) = written["FeedbackLogs"]
    assert (decided["waited_s"], decided["outcome"]) == (300, "return")
    assert not matches(FILTERS["ApiThrottledMetric"]["FilterPattern"], access_log(status="429"))  # our own refusal


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_operators_and_reads_a_metric_that_is_there(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm["AlarmDescription"].endswith(f" docs/operations.md#{name.removesuffix('Alarm').lower()}")
    assert alarm["TreatMissingData"] in {"notBreaching", "breaching", "ignore"}
    if alarm["Namespace"] == OURS:
        assert f"{alarm['MetricName']}Metric" in FILTERS
    else:
        assert alarm["Namespace"].startswith("AWS/")


def test_every_alarm_is_on_the_dashboard() -> None:
    body = TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    drawn = {(metric[0], metric[1]) for widget in widgets for metric in widget["properties"]["metrics"]}
    namespaces = {json.dumps(OURS): OURS["Fn::Sub"]}
    alarmed = {
        (namespaces.get(json.dumps(alarm["Namespace"]), alarm["Namespace"]), alarm["MetricName"])
        for alarm in ALARMS.values()
    }
    assert alarmed <= drawn
    assert {metric for namespace, metric in drawn if namespace == OURS["Fn::Sub"]} == {
        made["MetricName"] for each in FILTERS.values() for made in each["MetricTransformations"]
    }
    for resource in re.findall(r"\$\{(\w+)", body):
        assert resource in TEMPLATE["Resources"] or resource == "AWS"


def test_every_alarm_has_its_section_in_the_runbook_and_no_section_is_left_over() -> None:
    part = RUNBOOK.split("\n## Alarms\n")[1].split("\n## ")[0]
    assert re.findall(r"^### (\w+)$", part, re.MULTILINE) == [name.removesuffix("Alarm") for name in ALARMS] + [
        "Budget"
    ]


@pytest.mark.parametrize(
    ("pattern", "line", "matched"),
    [
        ('{ $.a = "x" }', {"a": "x"}, True),
        ('{ $.a = "x" }', {"a": "xy"}, False),
        ('{ $.a = "x*" }', {"a": "xy"}, True),
        ('{ $.a = "x" }', {}, False),
        ('{ $.a >= 0 && $.b = "y" }', {"a": 0, "b": "y"}, True),
        ('{ $.a >= 0 && $.b = "y" }', {"a": "0", "b": "y"}, False),
        ("{ $.a > 1 }", {"a": 1}, False),
        ("{ $.a = 1 }", {"a": True}, False),
    ],
)
def test_patterns_mean_what_the_platform_says(pattern: str, line: dict[str, Any], matched: bool) -> None:
    assert matches(pattern, line) is matched


def test_a_page_can_put_nothing_but_an_id_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "songshen")
    handler = http.routes({"GET /x": lambda request: http.answer(204)})
    ids = ["0123456789abcdef", "0123456789ABCDEF", "0123456789abcdef0", "13800001234", "a\n", ""]
    for given in ids:
        handler({"routeKey": "GET /x", "requestContext": CONTEXT, "headers": {"x-correlation-id": given}}, None)
    assert [line["correlation"] for line in lines(caplog)] == [ids[0]] + ["r-1"] * 5
    assert {line["request"] for line in lines(caplog)} == {"r-1"}


def test_what_one_event_was_about_is_not_said_of_the_next(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "songshen")
    logs.begin(application="a")
    logs.about(round=1)
    logs.log.info("first")
    logs.begin()
    logs.log.info("second", extra={"round": 2})
    first, second = lines(caplog)
    assert (first["application"], first["round"], second["round"]) == ("a", 1, 2)
    assert "application" not in second
