"""The deployed functions that are made ready before a peak are the ones that are called.

That `deadlines` makes them ready and takes them back is seen in test_deadlines.py; what it asks for, in the unit tests.
(The emulator takes warm throughput and tells nothing of it.)
"""

from songshen.adapters.warming import ALIAS
from songshen.domain.capacity import warmth
from songshen.domain.exam import Expected
from tests.support.stack import Stack


def test_a_function_is_called_by_its_alias(stack: Stack) -> None:
    """Else what is made ready would serve nobody."""
    client = stack.client("apigatewayv2")
    called = {one["IntegrationUri"] for one in client.get_integrations(ApiId=stack.outputs["ApiId"])["Items"]}
    for verb in warmth(Expected(candidates=1)).environments.keys() - {"validate_image"}:
        assert any(uri.endswith(f"{stack.function(verb)}:{ALIAS}") for uri in called), verb
    told = stack.client("s3").get_bucket_notification_configuration(Bucket=stack.inbox)
    (event,) = told["LambdaFunctionConfigurations"]
    assert event["LambdaFunctionArn"].endswith(f"{stack.function('validate_image')}:{ALIAS}")
