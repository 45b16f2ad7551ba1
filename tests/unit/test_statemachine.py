"""What is promised about the workflow's definition, without running it."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from scripts import template as reader
from scripts.template import ROOT
from songshen.domain.exam import Exam
from songshen.usecases.telling import WAITS

PATH = ROOT / "statemachine" / "submission.asl.json"
TEXT = PATH.read_text(encoding="utf-8")
TEMPLATE = reader.load()
WORKFLOW = TEMPLATE["Resources"]["SubmissionWorkflow"]["Properties"]
# A substituted number stands without quotes: 1 for every placeholder is JSON again.
DEFINITION: dict[str, Any] = json.loads(re.sub(r"\$\{\w+\}", "1", TEXT))
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


def targets(state: dict[str, Any]) -> set[str]:
    found = {choice["Next"] for choice in state.get("Choices", [])} | {c["Next"] for c in state.get("Catch", [])}
    return found | {state[key] for key in ("Next", "Default") if key in state}


def test_every_placeholder_is_supplied_and_every_supply_is_used() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(WORKFLOW["DefinitionSubstitutions"])


def test_the_file_is_the_one_deployed() -> None:
    assert ROOT / WORKFLOW["DefinitionUri"] == PATH
    assert WORKFLOW["Type"] == "STANDARD"
    assert "Logging" not in WORKFLOW, "a log of the workflow could show task tokens"


@pytest.mark.parametrize("name", STATES)
def test_a_state_says_what_it_is_for(name: str) -> None:
    assert len(STATES[name]["Comment"]) > 20


def test_every_state_is_reached_and_leads_somewhere() -> None:
    reached = {DEFINITION["StartAt"]}.union(*(targets(state) for state in STATES.values()))
    assert reached == set(STATES)
    for name, state in STATES.items():
        assert targets(state) or state.get("End") or state["Type"] == "Succeed", name


@pytest.mark.parametrize("name", TASKS)
def test_a_task_tries_again_with_jitter_and_an_end(name: str) -> None:
    retries = TASKS[name]["Retry"]
    assert retries[-1]["ErrorEquals"] == ["States.ALL"]
    assert retries[-1]["MaxAttempts"] >= 1
    for retry in retries:
        if retry["MaxAttempts"]:
            assert retry["JitterStrategy"] == "FULL"
            assert retry["BackoffRate"] > 1
            assert retry["MaxDelaySeconds"] <= 60
            assert retry["MaxAttempts"] <= 8


def test_a_human_wait_has_a_time_out_that_escalates_and_never_decides() -> None:
    wait = STATES["AwaitDecision"]
    assert wait["Resource"].endswith(".waitForTaskToken")
    assert '"TimeoutSeconds": ${EscalateAfterSeconds},' in TEXT
    caught = {error: c["Next"] for c in wait["Catch"] for error in c["ErrorEquals"]}
    assert caught == {"States.Timeout": "Escalate", "DynamoDb.ConditionalCheckFailedException": "Notify"}
    assert targets(STATES["Escalate"]) == {"AwaitDecision"}
    assert "Record" not in targets(STATES["Escalate"])


def test_a_failed_notification_does_not_fail_the_round() -> None:
    (catch,) = STATES["Notify"]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Next"] == "RecordUnreached"
    assert not any(state["Type"] == "Fail" for state in STATES.values())


def test_what_the_workflow_tries_leaves_something_of_the_numbers_day() -> None:
    """Each call of notify counts. Within a day of the first come all later tries of `deadlines` but the last."""
    calls = 1 + STATES["Notify"]["Retry"][-1]["MaxAttempts"]
    assert calls == 3
    (per_day,) = (field.default for field in fields(Exam) if field.name == "sms_per_day")
    assert calls + len(WAITS) - 1 <= per_day


@pytest.mark.parametrize("returned", [True, False])
def test_an_ordinary_round_takes_four_transitions(returned: bool) -> None:
    """As they are billed: one for each state entered, and one for the end."""
    path, state = 0, DEFINITION["StartAt"]
    while state:
        path += 1
        step = STATES[state]
        chosen = [choice["Next"] for choice in step.get("Choices", []) if returned]
        state = chosen[0] if chosen else step.get("Default", step.get("Next", ""))
    assert path + 1 == 4


def test_what_notify_does_records_itself() -> None:
    """One write says how telling went and that nothing is owed; a state of its own would be paid for, too."""
    assert STATES["Notify"]["End"] is True


@pytest.mark.parametrize("name", [n for n, s in TASKS.items() if "dynamodb" in s["Resource"]])
def test_every_write_is_about_this_round_and_this_attempt(name: str) -> None:
    arguments = STATES[name]["Arguments"]
    condition = arguments["ConditionExpression"]
    assert "#round = :round" in condition
    assert "attempt = :attempt" in condition
    written = " ".join(arguments[key] for key in ("UpdateExpression", "ConditionExpression"))
    assert set(re.findall(r":\w+", written)) == set(arguments["ExpressionAttributeValues"])
    assert set(re.findall(r"#\w+", written)) == set(arguments["ExpressionAttributeNames"])


def test_the_workflow_never_touches_status_locks_or_numbers() -> None:
    written = {
        attribute
        for state in TASKS.values()
        if "dynamodb" in state["Resource"]
        for attribute in re.findall(r"(?:SET|REMOVE|,) (\w+)", state["Arguments"]["UpdateExpression"])
    }
    assert written == {"task_token", "pending_pk", "pending_due", "notification"}


def test_ids_only_leave_the_workflow() -> None:
    assert set(STATES["Notify"]["Arguments"]["Payload"]) == {"application", "round", "attempt"}
    assert set(re.findall(r"'(\w+)'", STATES["Escalate"]["Arguments"]["Message"])) == {"application", "round"}


def test_threat_34_the_role_allows_what_the_states_do_and_no_more() -> None:
    """The emulator does not check the workflow's role, so that this has to."""
    needed = set()
    for state in TASKS.values():
        arguments = state["Arguments"]
        service, operation = state["Resource"].removesuffix(".waitForTaskToken").split(":")[-2:]
        action = {"invoke": "InvokeFunction"}.get(operation, operation[0].upper() + operation[1:])
        placeholder = {"dynamodb": "TableName", "lambda": "FunctionName", "sns": "TopicArn"}[service]
        assert arguments[placeholder] == "1"
        needed.add(f"{service}:{action}")
    allowed = [s for s in reader.statements(TEMPLATE) if s.owner == "SubmissionWorkflow"]
    assert sorted(action for s in allowed for action in s.actions) == sorted(needed)
    resources = {s.actions[0]: s.resources for s in allowed}
    substituted = WORKFLOW["DefinitionSubstitutions"]
    assert resources["lambda:InvokeFunction"] == (substituted["NotifyFunction"],)
    assert resources["sns:Publish"] == (substituted["EscalationTopic"],)
    assert resources["dynamodb:UpdateItem"] == ({"Fn::GetAtt": ["Table", "Arn"]},)
    assert substituted["Table"] == {"Ref": "Table"}
