"""The rehearsal's faults: services' own words, by chance that a seed makes, and never what would be nobody's fault."""

import json
from collections import Counter
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

from tests.rehearsal.faults import OUTAGE_EVERY, WITHOUT_DOUBT, Call, Dice, Fault, call_of, refusal

UPDATE = Call("dynamodb", "UpdateItem")
READ = Call("dynamodb", "GetItem")
MODELS = {"dynamodb": "dynamodb", "states": "stepfunctions", "cognito": "cognito-idp", "": "s3", "sns": "sns"}


def heard(call: Call, fault: Fault, operation: str) -> dict[str, Any]:
    """What botocore makes of the refusal."""
    head, _, body = refusal(fault, call).partition(b"\r\n\r\n")
    model = botocore.session.get_session().get_service_model(MODELS[call.service])
    parser = create_parser(str(model.metadata["protocol"]))
    answer = {"status_code": int(head[9:12]), "headers": {}, "body": body}
    parsed: dict[str, Any] = parser.parse(answer, model.operation_model(operation).output_shape)
    return parsed


@pytest.mark.parametrize(
    ("call", "fault", "code"),
    [
        (UPDATE, Fault.THROTTLED, "ProvisionedThroughputExceededException"),
        (UPDATE, Fault.CONFLICT, "TransactionConflictException"),
        (Call("dynamodb", "TransactWriteItems", 3), Fault.CONFLICT, "TransactionCanceledException"),
        (Call("states", "StartExecution"), Fault.THROTTLED, "ThrottlingException"),
        (Call("cognito", "AdminInitiateAuth"), Fault.THROTTLED, "TooManyRequestsException"),
        (Call("sns", "Publish"), Fault.THROTTLED, "Throttling"),
        (Call("", "PUT"), Fault.THROTTLED, "SlowDown"),
    ],
)
def test_a_refusal_is_in_the_services_words(call: Call, fault: Fault, code: str) -> None:
    operation = "PutObject" if call.operation == "PUT" else call.operation
    assert heard(call, fault, operation)["Error"]["Code"] == code


def test_a_conflict_has_a_reason_for_each_item_of_the_transaction() -> None:
    _, _, body = refusal(Fault.CONFLICT, Call("dynamodb", "TransactWriteItems", 3)).partition(b"\r\n\r\n")
    reasons = [reason["Code"] for reason in json.loads(body)["CancellationReasons"]]
    assert reasons == ["TransactionConflict", "None", "None"]


@pytest.mark.parametrize(
    ("head", "body", "call"),
    [
        (b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.UpdateItem\r\n\r\n", b"{}", UPDATE),
        (
            b"POST / HTTP/1.1\r\nx-amz-target: DynamoDB_20120810.TransactWriteItems\r\n\r\n",
            b'{"TransactItems": [{}, {}]}',
            Call("dynamodb", "TransactWriteItems", 2),
        ),
        (
            b"POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.StartExecution\r\n\r\n",
            b"",
            Call("states", "StartExecution"),
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", b"Action=Publish&Message=x", Call("sns", "Publish")),
        (b"PUT /bucket/key HTTP/1.1\r\nHost: x\r\n\r\n", b"", Call("", "PUT")),
    ],
)
def test_a_call_is_known_by_its_head(head: bytes, body: bytes, call: Call) -> None:
    assert call_of(head, body) == call


def drawn(function: str, call: Call, times: int = 5000, seed: int = 1) -> list[Fault | None]:
    dice = Dice(seed)
    return [dice.fault(function, call, 1.0) for _ in range(times)]


def test_a_seed_makes_the_same_faults_again() -> None:
    assert drawn("submit", UPDATE) == drawn("submit", UPDATE)
    assert drawn("submit", UPDATE) != drawn("submit", UPDATE, seed=2)


def test_every_kind_happens_and_most_calls_pass() -> None:
    counts = Counter(drawn("submit", UPDATE, 20_000))
    assert set(counts) == {*Fault, None}
    assert counts[None] > 18_000


def test_reads_do_not_conflict() -> None:
    assert Fault.CONFLICT not in drawn("submit", READ, 20_000)


def test_notify_suffers_nothing_that_leaves_a_doubt_whether_it_has_sent() -> None:
    assert set(drawn("notify", UPDATE, 20_000)) <= {*WITHOUT_DOUBT, None}
    dice = Dice(1)
    outage = [dice.fault("notify", UPDATE, OUTAGE_EVERY - 1) for _ in range(1000)]
    assert sum(fault is not None for fault in outage) < 100


def test_in_an_outage_most_calls_fail_at_once() -> None:
    dice = Dice(1)
    outage = [dice.fault("submit", UPDATE, OUTAGE_EVERY - 1) for _ in range(1000)]
    assert sum(fault is not None for fault in outage) > 500
    assert not {Fault.SLOW, Fault.HANGING} & set(outage)
