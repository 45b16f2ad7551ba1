"""What operators see: alarms and metrics of the deployed stack; log lines, joined from the page to the workflow."""

import json
import secrets
import time
from typing import Any

from scripts import template as reader
from scripts.people import until
from tests.support.stack import PASSWORD, Campaign, Stack

TEMPLATE = reader.load()
STAGES = {"validated", "submitted", "answered", "decided", "notified"}


def test_alarms_metrics_and_dashboard_are_deployed(stack: Stack) -> None:
    cloudwatch, logs = stack.client("cloudwatch"), stack.client("logs")
    alarms = [
        alarm for page in cloudwatch.get_paginator("describe_alarms").paginate() for alarm in page["MetricAlarms"]
    ]
    assert len(alarms) == len(reader.of_type(TEMPLATE, "AWS::CloudWatch::Alarm"))
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(stack.outputs["AlarmTopicArn"],)}
    filters = [
        each for page in logs.get_paginator("describe_metric_filters").paginate() for each in page["metricFilters"]
    ]
    assert len(filters) == len(reader.of_type(TEMPLATE, "AWS::Logs::MetricFilter"))
    shown = json.loads(cloudwatch.get_dashboard(DashboardName=stack.outputs["DashboardName"])["DashboardBody"])
    assert "${" not in json.dumps(shown)


def test_one_id_leads_from_the_page_to_the_workflow_and_nothing_personal_is_logged(
    campaign: Campaign, stack: Stack
) -> None:
    """With the page's id an operator finds the application, and with that everything that happened to it."""
    begun = time.time()
    correlation = secrets.token_hex(8)
    candidate = campaign.candidate(name="欧阳保密", id_number="370102198112127777")
    candidate.http.headers["x-correlation-id"] = correlation
    candidate.set_profile("13911112222", "保密路 7 号")
    candidate.submitted("diploma")
    token = candidate.item["task_token"]
    campaign.reviewer().send_back(candidate.application, [{"slot": "diploma-1", "code": "illegible"}], "写给考生的话")
    stack.settled(candidate.application)
    stack.reconcile()

    def told() -> list[dict[str, Any]]:
        return [line for line in stack.lines(since=begun) if line.get("application") == candidate.application]

    seen = until(told, lambda found: {line["message"] for line in found} >= STAGES)
    (submitted,) = [line for line in seen if line["message"] == "submitted"]
    assert (submitted["correlation"], submitted["round"], submitted["attempt"]) == (correlation, 1, 1)
    name = f"{submitted['application']}_{submitted['round']}_{submitted['attempt']}"
    executions = stack.client("stepfunctions").list_executions(stateMachineArn=stack.outputs["StateMachineArn"])
    assert name in {execution["name"] for execution in executions["executions"]}
    (notified,) = [line for line in seen if line["message"] == "notified"]
    assert (notified["round"], notified["state"]) == (1, "sent")
    logged = json.dumps(stack.lines(since=begun), ensure_ascii=False)
    entry = candidate.entry
    private = (
        entry.name,
        entry.id_number,
        entry.phone,
        entry.username,
        "13911112222",
        "保密",
        "写给考生",
        token,
        PASSWORD,
    )
    assert [secret for secret in private if secret in logged] == []
    assert candidate.session["id_token"] not in logged
