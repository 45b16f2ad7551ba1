"""Sends failed events to their functions again: `make redrive STACK=songshen REGION=ap-southeast-1`.

With your own credentials, once what they failed on is mended. A function that takes an event without failing has done
what it meant, or has seen that nothing is left to do: each may be told of the same thing any number of times. Such an
event leaves the queue; one that fails again stays in it.
"""

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts.local import outputs

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

# Seconds for which a message that was taken is shown to nobody else; the slowest function has 30.
HIDDEN = 120


def redrive(queue: Any, functions: "LambdaClient", url: str) -> Counter[str]:
    """Takes every message of the queue (an SQS client and its `url`) once; how many are `done`, how many `failed`."""
    seen: set[str] = set()
    counted: Counter[str] = Counter()
    while True:
        asked: Any = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": HIDDEN, "WaitTimeSeconds": 1}
        fresh = [one for one in queue.receive_message(**asked).get("Messages", []) if one["MessageId"] not in seen]
        if not fresh:
            return counted
        for message in fresh:
            seen.add(message["MessageId"])
            failure = json.loads(message["Body"])
            function, event = failure["requestContext"]["functionArn"], failure["requestPayload"]
            answer: Any = functions.invoke(FunctionName=function, Payload=json.dumps(event))
            if "FunctionError" in answer:
                counted["failed"] += 1
                continue
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            counted["done"] += 1


def main() -> int:
    """The command line: stack name and Region. Returns the exit status: 1 if anything has failed again."""
    match sys.argv[1:]:
        case [stack, region] if stack and region:
            boto3.setup_default_session(region_name=region)
            try:
                url = outputs(stack)["FailedEventsUrl"]
                counted = redrive(boto3.client("sqs"), boto3.client("lambda"), url)
            except (BotoCoreError, ClientError) as error:
                print(error, file=sys.stderr)
                return 1
            print(f"{counted['done']} done, {counted['failed']} failed again")
            return 1 if counted["failed"] else 0
        case _:
            print("make redrive STACK=<name> REGION=<AWS Region>", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
