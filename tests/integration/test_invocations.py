"""Threat 17: a direct invoke, or an event from elsewhere, is refused by the functions' policies."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

from scripts.people import expect
from tests.support.stack import Campaign, Stack, image

VERBS = sorted(path.parent.name for path in Path(__file__).parents[2].glob("functions/*/app.py"))


@pytest.fixture(scope="module")
def stranger(stack: Stack) -> Iterator[dict[str, str]]:
    """The key of somebody in the account who was allowed nothing."""
    iam = stack.client("iam")
    name = f"stranger-{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield {"key_id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def denied(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**given)
    return str(refusal.value.response["Error"]["Code"])


@pytest.mark.parametrize("verb", VERBS)
def test_threat_17_a_direct_invoke_is_refused(stack: Stack, stranger: dict[str, str], verb: str) -> None:
    client = stack.client_of("lambda", **stranger)
    code = denied(client.invoke, FunctionName=stack.function(verb), Payload=json.dumps({}))
    assert code == "AccessDeniedException"


def test_threat_17_only_the_inbox_may_call_validate_image(stack: Stack) -> None:
    """The function's own policy: S3, of this account, from this bucket."""
    client = stack.client("lambda")
    policy = json.loads(client.get_policy(FunctionName=stack.function("validate_image"))["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    conditions = json.dumps(statement["Condition"])
    assert f"arn:aws:s3:::{stack.inbox}" in conditions
    assert "SourceAccount" in conditions


def test_threat_17_a_forged_event_changes_nothing(stack: Stack, campaign: Campaign) -> None:
    """AWS refuses another bucket's notification by that policy; the emulator does not look at it. So what if one came.

    Only the inbox is ever read, and only the bytes that the event names.
    """
    candidate = campaign.candidate()
    data = image()
    ticket = expect(candidate.reserve("diploma", data), 201)
    etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
    for bucket, tag in (("elsewhere", etag), (stack.inbox, etag), (stack.inbox, "0" * 32), (stack.materials, etag)):
        thing = {"key": quote_plus(ticket["fields"]["key"]), "eTag": tag}
        stack.invoke("validate_image", {"Records": [{"s3": {"bucket": {"name": bucket}, "object": thing}}]})
    assert candidate.slots()["diploma-1"]["state"] == "reserved"
    assert stack.material_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/") == []
    assert candidate.send(ticket, data).status_code == 204
    assert candidate.verdict("diploma-1")["state"] == "ready"


def test_threat_17_nothing_in_the_stores_is_open(stack: Stack, stranger: dict[str, str], campaign: Campaign) -> None:
    """Neither table, images, tokens nor accounts."""
    candidate = campaign.candidate().fill()
    (key,) = stack.material_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/")
    s3, dynamodb, sfn, cognito, sns = (
        stack.client_of(name, **stranger) for name in ("s3", "dynamodb", "stepfunctions", "cognito-idp", "sns")
    )
    pool, machine = stack.outputs["UserPoolId"], stack.outputs["StateMachineArn"]
    codes = [
        denied(s3.get_object, Bucket=stack.materials, Key=key),
        denied(s3.put_object, Bucket=stack.materials, Key=key, Body=b"x"),
        denied(s3.put_object, Bucket=stack.inbox, Key="inbox/x", Body=b"x"),
        denied(s3.list_objects_v2, Bucket=stack.inbox),
        denied(dynamodb.scan, TableName=stack.table),
        denied(sfn.start_execution, stateMachineArn=machine, input="{}"),
        denied(sfn.list_executions, stateMachineArn=machine),
        denied(cognito.list_users, UserPoolId=pool),
        denied(cognito.admin_add_user_to_group, UserPoolId=pool, Username="x", GroupName="admin"),
        denied(sns.publish, PhoneNumber="+8613800138000", Message="x"),
    ]
    assert {code.removesuffix("Exception") for code in codes} <= {"AccessDenied", "AuthorizationError"}
