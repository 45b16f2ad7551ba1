"""Failed events are sent to their functions again: `scripts.redrive`."""

import itertools
import json
from pathlib import Path
from typing import Any

from scripts.redrive import redrive

URL = "https://sqs.test/failed"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:songshen-ValidateImageFunction-C295D8FD:$LATEST"
EVENT = json.loads(Path("events/validate_image/object-created-post.json").read_text(encoding="utf-8"))


def failure(event: Any, arn: str = ARN) -> dict[str, Any]:
    """What Lambda puts into the queue after the last try."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-23T01:21:40.115Z",
        "requestContext": {
            "requestId": "c2fbaf2b-5f7e-4b3c-9c2c-0a4d1cb5b3e1",
            "functionArn": arn,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "…", "errorType": "ClientError", "stackTrace": []},
    }


class Queue:
    """Hands out a few messages at a time; what is not deleted may come again at once."""

    def __init__(self, *bodies: dict[str, Any], at_once: int = 2, patient: bool = True) -> None:
        self.kept = {f"m{n}": json.dumps(body) for n, body in enumerate(bodies)}
        self.shown: list[str] = []
        self._at_once, self._patient = at_once, patient
        self._receipts = itertools.count()

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        assert asked["QueueUrl"] == URL
        visible = [id for id in self.kept if not (self._patient and id in self.shown)][: self._at_once]
        self.shown += visible
        taken = [
            {"MessageId": id, "ReceiptHandle": f"{id} {next(self._receipts)}", "Body": self.kept[id]} for id in visible
        ]
        return {"Messages": taken} if taken else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        del self.kept[ReceiptHandle.split(maxsplit=1)[0]]


class Functions:
    """Notes what it is invoked with; what is named `fails` raises."""

    def __init__(self, fails: str = "nothing") -> None:
        self.calls: list[tuple[str, Any]] = []
        self._fails = fails

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        self.calls.append((FunctionName, json.loads(Payload)))
        return {"FunctionError": "Unhandled"} if self._fails in FunctionName else {}


def run(queue: Any, functions: Any) -> dict[str, int]:
    return dict(redrive(queue, functions, URL))


def test_an_empty_queue() -> None:
    assert run(Queue(), Functions()) == {}


def test_each_event_goes_to_its_own_function_as_it_was_and_leaves_the_queue() -> None:
    queue, functions = Queue(failure(EVENT), failure({}, "reconcile"), failure(EVENT)), Functions()
    assert run(queue, functions) == {"done": 3}
    assert functions.calls == [(ARN, EVENT), ("reconcile", {}), (ARN, EVENT)]
    assert queue.kept == {}


def test_what_fails_again_stays_and_is_tried_once() -> None:
    """Even if it comes again within the same run."""
    for patient in (True, False):
        queue = Queue(failure({}, "broken"), failure(EVENT), failure({}, "broken"), patient=patient, at_once=3)
        functions = Functions(fails="broken")
        assert run(queue, functions) == {"failed": 2, "done": 1}
        assert list(queue.kept) == ["m0", "m2"]
        assert len(functions.calls) == 3
