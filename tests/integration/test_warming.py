"""The deployed functions are made ready before a peak, and taken back afterwards."""

from dataclasses import replace

import boto3
import pytest

from songshen.adapters.warming import ALIAS, WarmCapacity
from songshen.domain.capacity import warmth
from songshen.domain.exam import Expected
from tests.support.stack import Stack, open_exam

VERBS = ("sign_in", "application", "upload_presign", "validate_image", "submit")


def ready(stack: Stack) -> dict[str, int]:
    """The functions that environments are kept ready of."""
    client, found = stack.client("lambda"), {}
    for verb in VERBS:
        try:
            told = client.get_provisioned_concurrency_config(FunctionName=stack.function(verb), Qualifier=ALIAS)
        except client.exceptions.ProvisionedConcurrencyConfigNotFoundException:
            continue
        found[verb] = int(told["RequestedProvisionedConcurrentExecutions"])
    return found


@pytest.mark.alone
def test_what_candidates_wait_for_is_made_ready_and_taken_back(stack: Stack) -> None:
    """The emulator takes warm throughput and tells nothing of it: what is asked for is looked at in the unit tests."""
    aliases = {verb: stack.variables("deadlines")[f"{verb.upper()}_ALIAS"] for verb in VERBS}
    capacity = WarmCapacity(stack.client("lambda"), stack.client("dynamodb"), stack.table, aliases)
    exam = open_exam("t-warm", expected=Expected(candidates=1_000_000))
    assert ready(stack) == {}
    try:
        capacity.warm(exam)
        assert ready(stack) == warmth(exam.expected).environments
        # Again and again is the same as once; with fewer candidates there is less of it.
        smaller = replace(exam, expected=Expected(candidates=100_000))
        capacity.warm(smaller)
        capacity.warm(smaller)
        assert ready(stack) == warmth(smaller.expected).environments
    finally:
        capacity.scale_down(exam)
    assert ready(stack) == {}
    capacity.scale_down(exam)


def test_a_function_is_called_by_its_alias(stack: Stack) -> None:
    """Else what is made ready would serve nobody."""
    client = stack.client("apigatewayv2")
    called = {one["IntegrationUri"] for one in client.get_integrations(ApiId=stack.outputs["ApiId"])["Items"]}
    for verb in set(VERBS) - {"validate_image"}:
        assert any(uri.endswith(f"{stack.function(verb)}:{ALIAS}") for uri in called), verb
    told = stack.client("s3").get_bucket_notification_configuration(Bucket=stack.inbox)
    (event,) = told["LambdaFunctionConfigurations"]
    assert event["LambdaFunctionArn"].endswith(f"{stack.function('validate_image')}:{ALIAS}")


@pytest.mark.alone
def test_the_function_that_keeps_the_deadlines_may_do_it(stack: Stack) -> None:
    """With the permissions of its own role."""
    role = stack.client("iam").get_role(RoleName=stack._resources["DeadlinesFunctionRole"])["Role"]["Arn"]
    given = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="warming")["Credentials"]
    session = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], stack.description["region"]
    )
    functions, tables = (session.client(name, endpoint_url=stack.endpoint) for name in ("lambda", "dynamodb"))
    aliases = {verb: stack.variables("deadlines")[f"{verb.upper()}_ALIAS"] for verb in VERBS}
    capacity = WarmCapacity(functions, tables, stack.table, aliases)
    exam = open_exam("t-warm", expected=Expected(candidates=1_000_000))
    try:
        capacity.warm(exam)
        assert ready(stack) == warmth(exam.expected).environments
    finally:
        capacity.scale_down(exam)
    assert ready(stack) == {}
