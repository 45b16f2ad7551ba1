"""A full retry cycle: an event fails three times, lies with the dead letters, and is sent again by an operator."""

import json
from pathlib import Path
from typing import Any

import httpx

from scripts.people import expect, until
from scripts.redrive import redrive
from songshen.adapters.items import marshal
from tests.support.stack import Campaign, Examinee, Stack, image

EVENTS = Path(__file__).parents[2] / "events"


def failed(stack: Stack, candidate: Examinee) -> list[dict[str, Any]]:
    """What lies with the dead letters about this candidate's uploads; it stays there."""
    own = f"inbox/{candidate.entry.exam}/{candidate.entry.registration_no}/"
    queue, url = stack.client("sqs"), stack.outputs["FailedEventsUrl"]
    found: list[Any] = []
    # Other tests' letters lie there too, and ten are handed out at a time.
    while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=20).get("Messages"):
        found += messages
    for message in found:
        queue.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    bodies = [json.loads(message["Body"]) for message in found]
    return [one for one in bodies if own in json.dumps(one["requestPayload"])]


def event_of(stack: Stack, key: str) -> dict[str, Any]:
    """What S3 says about this object."""
    event = json.loads((EVENTS / "validate_image" / "object-created-post.json").read_text(encoding="utf-8"))
    etag = stack.client("s3").head_object(Bucket=stack.inbox, Key=key)["ETag"].strip('"')
    event["Records"][0]["s3"]["object"] |= {"key": key, "eTag": etag}
    return dict(event)


def sent_again(stack: Stack) -> dict[str, int]:
    """As `make redrive` does it."""
    return dict(redrive(stack.client("sqs"), stack.client("lambda"), stack.outputs["FailedEventsUrl"]))


def test_a_full_retry_cycle_to_the_dead_letters_and_back(stack: Stack) -> None:
    """The table cannot be read: three failures each. Of one who waits the upload is finished later; of one who has
    chosen another image meanwhile nothing changes. The same letters again, and in another order, change nothing."""
    campaign = Campaign(stack)
    waits, goes_on = campaign.candidate(), campaign.candidate()
    data = {one.application: image() for one in (waits, goes_on)}
    tickets = {one.application: expect(one.reserve("diploma", data[one.application]), 201) for one in (waits, goes_on)}
    exam = {"TableName": stack.table, "Key": marshal({"pk": f"EXAM#{campaign.exam.id}", "sk": "EXAM"})}
    stack.client("dynamodb").delete_item(**exam)
    for one in (waits, goes_on):
        assert one.send(tickets[one.application], data[one.application]).status_code == 204
        # S3 calls the alias; of what fails there the emulator forgets where it belongs. So it is called past it, too.
        arrived = event_of(stack, tickets[one.application]["fields"]["key"])
        stack.client("lambda").invoke(
            FunctionName=stack.function("validate_image"), InvocationType="Event", Payload=json.dumps(arrived)
        )
    letters = [until(lambda one=one: failed(stack, one), len)[0] for one in (waits, goes_on)]
    for letter, one in zip(letters, (waits, goes_on), strict=True):
        assert letter["requestContext"]["condition"] == "RetriesExhausted"
        (record,) = letter["requestPayload"]["Records"]
        assert record["s3"]["object"]["key"] == tickets[one.application]["fields"]["key"]
        assert one.item["slots"]["diploma-1"][0] == "reserved"

    # Still broken: the letters stay. The operator's next try does not find them until they are shown again.
    assert sent_again(stack)["failed"] >= 2

    campaign.put()
    other = image(400, 300)
    replaced = expect(goes_on.reserve("diploma", other, "diploma-1"), 201)
    assert goes_on.send(replaced, other).status_code == 204
    assert goes_on.verdict("diploma-1")["width"] == 400
    after = goes_on.item

    queue = stack.client("sqs")
    for letter in [*reversed(letters), *letters]:
        queue.send_message(QueueUrl=stack.outputs["FailedEventsUrl"], MessageBody=json.dumps(letter))
    assert sent_again(stack)["done"] >= 4
    shown = waits.slots()["diploma-1"]
    assert (shown["state"], httpx.get(shown["image_url"]).status_code) == ("ready", 200)
    assert waits.item["version"] == 2
    assert goes_on.item == after
    for one, upload_id in ((waits, tickets[waits.application]["upload_id"]), (goes_on, replaced["upload_id"])):
        prefix = f"{one.entry.exam}/{one.entry.registration_no}/"
        assert stack.inbox_keys(prefix) == []
        (key,) = stack.material_keys(prefix)
        assert key.split("/")[-1] == upload_id
        versions = stack.client("s3").list_object_versions(Bucket=stack.materials, Prefix=key)
        assert len(versions["Versions"]) == 1
