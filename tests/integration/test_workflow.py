"""What a crash, a lost event or a lost execution leaves undone is finished; nothing is lost, nothing comes twice.

Obligations are due a minute later and runs of the reconciler two minutes apart. Here an obligation is aged in the table
and the deployed reconciler is invoked; its own schedule may well have come first, which changes nothing.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.people import Reviewer, expect, until
from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.lambdas import LambdaValidation
from songshen.adapters.s3 import S3Inbox
from songshen.adapters.stepfunctions import StepFunctionsWorkflow
from songshen.usecases.reconcile import UPLOAD_AGE, Reconcile
from tests.support.fakes import FakeApplications, FakeExporting, FakeExports, FakeRosterImports, FakeWorkflow
from tests.support.stack import APPROVING, Campaign, Examinee, Stack, image, refused, returning


def stop(candidate: Examinee, round: int = 1, attempt: int = 1) -> None:
    """The platform ends the execution of a round."""
    arn = candidate.stack.execution_arn(candidate.application, round, attempt)
    candidate.stack.client("stepfunctions").stop_execution(executionArn=arn)


def told(candidate: Examinee) -> list[str]:
    """The SMS that went out, once the round is finished."""
    candidate.stack.settled(candidate.application)
    return candidate.texts()


# ---- executions ----


def test_a_round_has_one_execution_with_ids_only(campaign: Campaign, reviewer: Reviewer) -> None:
    """Named by application, round and attempt; its history holds no phone number and no name."""
    candidate = campaign.candidate().submitted()
    stack, arn = campaign.stack, campaign.stack.execution_arn(candidate.application)
    sfn = stack.client("stepfunctions")
    given = json.loads(sfn.describe_execution(executionArn=arn)["input"])
    assert given == {"application": candidate.application, "round": 1, "attempt": 1}
    item = candidate.item
    assert "pending_pk" not in item
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    assert until(lambda: stack.execution(candidate.application), lambda status: status != "RUNNING") == "SUCCEEDED"
    history = json.dumps(sfn.get_execution_history(executionArn=arn)["events"], default=str, ensure_ascii=False)
    for private in (candidate.entry.phone, candidate.entry.name, candidate.entry.id_number, "辨别"):
        assert private not in history


def test_a_stopped_execution_is_replaced(campaign: Campaign, reviewer: Reviewer) -> None:
    """(a) Another attempt waits in its place, and the decision works as if nothing had happened."""
    candidate = campaign.candidate().submitted()
    stack = campaign.stack
    first = candidate.item["task_token"]
    stop(candidate)
    stack.reconcile()
    item = until(lambda: candidate.item, lambda item: item.get("task_token", first) != first)
    assert (item["status"], item["round"], item["attempt"]) == ("submitted", 1, 2)
    assert [stack.execution(candidate.application, 1, attempt) for attempt in (1, 2, 3)] == ["ABORTED", "RUNNING", ""]
    # Once more: nothing is left to do.
    stack.reconcile()
    assert candidate.item == item
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    assert len(told(candidate)) == 1
    stack.reconcile()
    assert len(candidate.texts()) == 1
    assert until(lambda: stack.execution(candidate.application, 1, 2), lambda s: s != "RUNNING") == "SUCCEEDED"


@pytest.mark.parametrize(
    ("decision", "texts"), [(returning("diploma-1"), 1), (APPROVING, 0)], ids=["return", "approve"]
)
def test_a_decision_whose_token_is_dead(
    campaign: Campaign, reviewer: Reviewer, decision: dict[str, Any], texts: int
) -> None:
    """(b) The reviewer's 200 stands; the reconciler finishes what the dead execution should have done."""
    candidate = campaign.candidate().submitted()
    stack = campaign.stack
    stop(candidate)
    decided = expect(reviewer.decide(candidate.application, decision), 200)
    assert candidate.view()["status"] == decided["status"]
    assert "pending_due" in candidate.item
    stack.reconcile(candidate.application)
    assert len(told(candidate)) == texts
    assert candidate.item["attempt"] == 2
    assert until(lambda: stack.execution(candidate.application, 1, 2), lambda s: s != "RUNNING") == "SUCCEEDED"
    stack.reconcile(candidate.application)
    assert len(candidate.texts()) == texts


def test_a_token_that_was_never_sent(campaign: Campaign, reviewer: Reviewer) -> None:
    """A crash between the decision and its token: the waiting execution is resumed, not replaced."""
    candidate = campaign.candidate().submitted()
    stack = campaign.stack
    token = candidate.item["task_token"]
    stack.change(candidate.application, "SET task_token = :other", other="not the token")
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    assert stack.execution(candidate.application) == "RUNNING"
    stack.change(candidate.application, "SET task_token = :token", token=token)
    stack.reconcile(candidate.application)
    assert len(told(candidate)) == 1
    assert candidate.item["attempt"] == 1
    assert until(lambda: stack.execution(candidate.application), lambda status: status != "RUNNING") == "SUCCEEDED"


def test_a_submission_whose_start_was_lost(campaign: Campaign, reviewer: Reviewer) -> None:
    """A crash between the submission and the start of its workflow: as submitted, with nobody waiting."""
    candidate = campaign.candidate().submitted()
    stack = campaign.stack
    stop(candidate)
    stack.change(
        candidate.application,
        "SET pending_pk = :pending, pending_due = :due REMOVE task_token",
        pending="PENDING#0",
        due="2020-01-01T00:00:00.000Z",
    )
    stack.reconcile()
    item = stack.waiting(candidate.application)
    assert item["attempt"] == 2
    assert "pending_pk" not in item
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    assert len(told(candidate)) == 1


def test_a_decision_before_the_workflow_waits(campaign: Campaign, reviewer: Reviewer) -> None:
    """The reviewer is faster than the start: the execution finds the decision made, and finishes the round."""
    candidate = campaign.candidate().fill()
    stack = campaign.stack
    candidate.submit()
    stack.waiting(candidate.application)
    stop(candidate)
    stack.change(candidate.application, "REMOVE task_token")
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    stack.reconcile(candidate.application)
    assert len(told(candidate)) == 1


def test_an_old_attempt_changes_nothing(campaign: Campaign, reviewer: Reviewer) -> None:
    """An execution that is started late for an earlier attempt or round ends by itself."""
    candidate = campaign.candidate().submitted()
    stack = campaign.stack
    stop(candidate)
    stack.reconcile()
    item = until(lambda: candidate.item, lambda item: item["attempt"] == 2 and "task_token" in item)
    machine = stack.client("stepfunctions")
    started = machine.start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"],
        name=f"late-{candidate.application}"[:80],
        input=json.dumps({"application": candidate.application, "round": 1, "attempt": 1}),
    )
    until(
        lambda: machine.describe_execution(executionArn=started["executionArn"])["status"],
        lambda status: status != "RUNNING",
    )
    assert candidate.item == item
    assert candidate.texts() == []
    expect(reviewer.decide(candidate.application, APPROVING), 200)


# ---- telling people ----


def test_the_number_is_the_registrations_unless_changed(campaign: Campaign, reviewer: Reviewer) -> None:
    """报名电话：未修改时用报名系统里的号码。"""
    candidate = campaign.candidate().submitted()
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    (text,) = told(candidate)
    assert len(text) <= 70
    assert candidate.item["notification"]["state"] == "sent"


def test_an_approval_sends_nothing(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    expect(reviewer.decide(candidate.application, APPROVING), 200)
    assert told(candidate) == []
    assert "notification" not in candidate.item


@pytest.mark.parametrize("phone", ["12", "0531-82000000", "+8613800138000", "８６１３８００１３８００"])
def test_a_number_that_cannot_be_reached_is_recorded(campaign: Campaign, reviewer: Reviewer, phone: str) -> None:
    """(e) The round ends all the same, and the application says that the candidate could not be told."""
    candidate = campaign.candidate(phone=phone).submitted()
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    item = campaign.stack.settled(candidate.application)
    noted = {name: value for name, value in item["notification"].items() if name != "at"}
    assert noted == {"round": 1, "state": "failed", "cause": "not a mobile phone number"}
    assert until(lambda: campaign.stack.execution(candidate.application), lambda s: s != "RUNNING") == "SUCCEEDED"
    # And it goes on: the candidate sees it on the page.
    assert candidate.view()["messages"][0]["kind"] == "returned"


def test_the_notification_comes_once_however_often_it_is_called(campaign: Campaign, reviewer: Reviewer) -> None:
    candidate = campaign.candidate().submitted()
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    assert len(told(candidate)) == 1
    event = {"application": candidate.application, "round": 1, "attempt": 1}
    assert [campaign.stack.invoke("notify", event) for _ in range(3)] == [{"state": "sent"}] * 3
    assert campaign.stack.invoke("notify", event | {"round": 2}) == {"state": "skipped"}
    assert campaign.stack.invoke("notify", event | {"application": "none_1"}) == {"state": "skipped"}
    assert len(candidate.texts()) == 1


# ---- uploads ----


@dataclass
class Later:
    """A clock that is ahead."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.mark.alone
def test_threat_15_a_lost_event_is_found_and_finished(campaign: Campaign) -> None:
    """(c) The bucket's notification is off while the image arrives, so its event is lost for good.

    When an object was stored cannot be set, so time passes for the reconciler instead: its use case, with the real
    inbox and the deployed function, and a clock that is three minutes ahead. What it would find in the table and among
    the executions is other tests' business and is left out.
    """
    stack, candidate = campaign.stack, campaign.candidate()
    data = image()
    ticket = expect(candidate.reserve("diploma", data), 201)
    with stack.no_events():
        assert candidate.send(ticket, data).status_code == 204
    assert stack.inbox_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/") != []
    assert candidate.slots()["diploma-1"]["state"] == "reserved"
    validation = LambdaValidation(stack.client("lambda"), stack.function("validate_image"), stack.inbox)
    nothing = FakeApplications()

    def reconcile(ahead: timedelta) -> int:
        inbox = S3Inbox(stack.client("s3"), stack.inbox)
        own = nothing, FakeWorkflow(nothing), inbox, validation
        others = FakeRosterImports(), validation, FakeExports(), FakeExporting(lambda _: None)
        return Reconcile(*own, *others, Later(ahead))()["uploads"]

    reconcile(UPLOAD_AGE - timedelta(seconds=90))
    assert candidate.slots()["diploma-1"]["state"] == "reserved"
    assert reconcile(UPLOAD_AGE + timedelta(seconds=1)) >= 1
    assert candidate.verdict("diploma-1")["state"] == "ready"
    assert stack.inbox_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/") == []


def test_the_deployed_reconciler_may_do_all_that(stack: Stack) -> None:
    """It lists the inbox, the executions and the obligations with its own role."""
    done = stack.reconcile()
    assert done.keys() == {"obligations", "executions", "uploads", "imports", "exports"}


def test_threat_30_task_tokens_are_never_shown(campaign: Campaign, reviewer: Reviewer) -> None:
    """Not in what candidates and reviewers are answered, nor in a link."""
    candidate = campaign.candidate().submitted()
    token = candidate.item["task_token"]
    assert len(token) > 20
    decided = returning("diploma-1")
    answers = [
        candidate.call("GET", "/application"),
        candidate.call("POST", "/submission", {"round": 1}),
        candidate.call("GET", "/application/notice"),
        candidate.call("POST", "/submission", {"round": 2}),
        reviewer.call("GET", "/reviews"),
        reviewer.call("GET", f"/reviews/{candidate.application}"),
        reviewer.call("POST", f"/reviews/{candidate.application}/claim"),
        reviewer.decide(candidate.application, decided | {"round": 7}),
        reviewer.decide(candidate.application, decided),
        reviewer.decide(candidate.application, decided),
        candidate.call("GET", "/application"),
        reviewer.call("GET", f"/reviews/{candidate.application}"),
    ]
    for answer in answers:
        assert answer.status_code in {200, 202, 409}
        assert token not in answer.text
        assert "token" not in answer.text.replace("X-Amz-Security-Token", "")
        assert token not in str(answer.headers)


def test_nobody_but_the_table_knows_a_token(campaign: Campaign, stack: Stack) -> None:
    """Guessing one wakes nothing."""
    candidate = campaign.candidate().submitted()
    workflow = StepFunctionsWorkflow(stack.client("stepfunctions"), stack.outputs["StateMachineArn"])
    token = candidate.item["task_token"]
    assert workflow.resume(token[:-1] + ("A" if token[-1] != "A" else "B"), "approve") is False
    assert candidate.view()["status"] == "submitted"
    assert stack.execution(candidate.application) == "RUNNING"


def test_even_a_resumed_workflow_does_not_decide(campaign: Campaign, stack: Stack, reviewer: Reviewer) -> None:
    """Whoever has the token can end the execution, but not change the application: the reconciler starts another."""
    candidate = campaign.candidate().submitted()
    workflow = StepFunctionsWorkflow(stack.client("stepfunctions"), stack.outputs["StateMachineArn"])
    assert workflow.resume(candidate.item["task_token"], "approve") is True
    until(lambda: stack.execution(candidate.application), lambda status: status != "RUNNING")
    view = candidate.view()
    assert (view["status"], view["serial_number"]) == ("submitted", None)
    assert candidate.texts() == []
    assert refused(candidate.call("DELETE", "/uploads/diploma-1")) == (409, "locked")
    # The reviewers go on as if nothing had happened; the SMS comes by the obligation that the decision leaves.
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    stack.reconcile(candidate.application)
    assert len(told(candidate)) == 1


def test_the_table_of_the_adapters_is_the_one_of_the_workflow(campaign: Campaign, stack: Stack) -> None:
    """What AwaitDecision writes is what the adapter reads: token there, obligation gone."""
    candidate = campaign.candidate().submitted()
    application = DynamoApplications(stack.client("dynamodb"), stack.table).get(candidate.application)
    assert application is not None
    assert (application.task_token, application.obligation_due) == (candidate.item["task_token"], None)
