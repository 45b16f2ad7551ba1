"""The remaining ports: `Workflow`, `Sms`, `Validation`, on the emulator's services."""

import itertools
import json
import secrets
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from scripts.people import until
from songshen import bootstrap, settings
from songshen.adapters.lambdas import LambdaValidation
from songshen.adapters.sns import SnsSms
from songshen.adapters.stepfunctions import StepFunctionsWorkflow
from songshen.domain.application import Application
from songshen.ports import InboxObject, SmsFailed
from tests.support.exams import submitted
from tests.support.stack import Stack, phone_number

_numbers = itertools.count(1)

WAITS = {
    "StartAt": "Wait",
    "States": {
        "Wait": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"MessageBody.$": "$$.Task.Token"},
            "End": True,
        }
    },
}


@pytest.fixture(scope="module")
def machine(stack: Stack) -> Iterator[tuple[str, str]]:
    """A workflow that puts its task token into a queue and waits; the ARN and the queue's address."""
    sfn, sqs, iam = (stack.client(name) for name in ("stepfunctions", "sqs", "iam"))
    name = f"contract-{secrets.token_hex(4)}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    WAITS["States"]["Wait"]["Parameters"]["QueueUrl"] = queue  # type: ignore[index]
    arn = sfn.create_state_machine(name=name, definition=json.dumps(WAITS), roleArn=role)["stateMachineArn"]
    yield arn, queue
    sfn.delete_state_machine(stateMachineArn=arn)
    iam.delete_role_policy(RoleName=name, PolicyName="send")
    iam.delete_role(RoleName=name)
    sqs.delete_queue(QueueUrl=queue)


@pytest.fixture
def workflow(stack: Stack, machine: tuple[str, str]) -> StepFunctionsWorkflow:
    return StepFunctionsWorkflow(stack.client("stepfunctions"), machine[0])


@pytest.fixture
def application() -> Application:
    """One that no other test uses, in round 2 and attempt 3."""
    return submitted(exam="a-b", registration_no=f"c-{next(_numbers)}", round=2, attempt=3)


def token(stack: Stack, queue: str) -> str:
    """The task token of the execution that was started last."""
    sqs = stack.client("sqs")
    got = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []), bool)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=got[0]["ReceiptHandle"])
    return str(got[0]["Body"])


def execution(stack: Stack, machine: str, application: Application) -> dict[str, Any]:
    name = f"{application.id}_{application.round}_{application.attempt}"
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return dict(stack.client("stepfunctions").describe_execution(executionArn=arn))


def test_an_execution_is_started_once_and_resumed_once(
    stack: Stack, machine: tuple[str, str], workflow: StepFunctionsWorkflow, application: Application
) -> None:
    arn, queue = machine
    workflow.start(application)
    workflow.start(application)
    waits = token(stack, queue)
    started = execution(stack, arn, application)
    assert started["status"] == "RUNNING"
    assert started["name"] == f"{application.id}_2_3"
    assert json.loads(started["input"]) == {"application": application.id, "round": 2, "attempt": 3}
    names = [one["name"] for one in stack.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]]
    assert names.count(started["name"]) == 1
    assert workflow.resume(waits, "return") is True
    ended = until(lambda: execution(stack, arn, application), lambda seen: seen["status"] != "RUNNING")
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"outcome": "return"})
    # Started again once it is over: its name is taken, and nothing runs.
    workflow.start(application)
    assert execution(stack, arn, application)["status"] == "SUCCEEDED"
    assert workflow.resume(waits, "return") is False


@pytest.mark.parametrize("dead", ["never", "x" * 1024])
def test_a_token_that_nobody_waits_with(workflow: StepFunctionsWorkflow, dead: str) -> None:
    assert workflow.resume(dead, "approve") is False


def test_a_stopped_execution_is_listed_and_its_token_is_dead(
    stack: Stack, machine: tuple[str, str], workflow: StepFunctionsWorkflow, application: Application
) -> None:
    arn, queue = machine
    workflow.start(application)
    waits = token(stack, queue)
    assert application.id not in {id for id, _, _ in workflow.ended_badly(100)}
    stack.client("stepfunctions").stop_execution(executionArn=execution(stack, arn, application)["executionArn"])
    assert (application.id, 2, 3) in set(workflow.ended_badly(100))
    # AWS refuses this token from now on; the emulator takes it until its stopped execution has noticed.
    assert until(lambda: workflow.resume(waits, "approve"), lambda taken: not taken) is False
    assert execution(stack, arn, application)["status"] == "ABORTED"


# ---- SMS ----


def test_an_sms_arrives_once_as_it_is(stack: Stack) -> None:
    phone = phone_number()
    SnsSms(stack.client("sns")).send(f"+86{phone}", "【送审】请查看“消息提醒”。")
    assert stack.texts_to(phone) == ["【送审】请查看“消息提醒”。"]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("ThrottledException", ClientError),
        ("Throttling", ClientError),
        ("InternalError", ClientError),
        ("InvalidParameter", SmsFailed),
        ("OptedOut", SmsFailed),
        ("AuthorizationError", ClientError),
    ],
)
def test_what_may_succeed_later_is_told_from_what_never_will(stack: Stack, code: str, raised: type) -> None:
    """The emulator takes every number, so the service's answers are put into its mouth."""
    client = stack.client_of("sns", "test", "test")
    with Stubber(client) as stub:
        stub.add_client_error("publish", service_error_code=code, service_message="+8613800138000 is wrong")
        with pytest.raises(raised) as failed:
            SnsSms(client).send("+8613800138000", "text")
    if raised is SmsFailed:
        assert str(failed.value) == code


def test_sns_is_asked_once_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing."""
    monkeypatch.setattr(bootstrap, "SNS_CONFIG", bootstrap.SNS_CONFIG.merge(Config(read_timeout=0.05)))
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        sms = bootstrap._sms(settings.SmsEnvironment(table="t", sms_url="", sms_secret=""))
        with pytest.raises(ReadTimeoutError):
            sms.send("+8613800000001", "text")
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_the_emulator_takes_numbers_that_aws_refuses(stack: Stack) -> None:
    """Why numbers are checked before they are sent to."""
    SnsSms(stack.client("sns")).send("abc", "text")


# ---- having an upload looked at again ----


@pytest.mark.parametrize("key", ["inbox/e/1/diploma-1/aB_-", "inbox/e/1/d/x y+z%2F&é"])
def test_the_function_is_handed_the_event_it_should_have_got(stack: Stack, key: str) -> None:
    client = stack.client_of("lambda", "test", "test")
    sent: list[dict[str, Any]] = []
    client.meta.events.register("provide-client-params.lambda.Invoke", lambda params, **_: sent.append(dict(params)))
    validation = LambdaValidation(client, stack.function("validate_image"), stack.inbox)
    validation.run(InboxObject(key, "0" * 32))
    (call,) = sent
    assert call["InvocationType"] == "Event"
    (record,) = json.loads(call["Payload"])["Records"]
    assert record["s3"]["bucket"] == {"name": stack.inbox}
    assert unquote_plus(record["s3"]["object"]["key"]) == key
    assert record["s3"]["object"]["eTag"] == "0" * 32
