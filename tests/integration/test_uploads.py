"""Uploads: what a slot takes and what it does not, from the announcement to the verdict."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from scripts.people import expect, until
from songshen.domain.exam import ImageLimits
from songshen.usecases.upload_presign import POLICY_LIFE
from tests.support import images
from tests.support.stack import (
    Campaign,
    Examinee,
    Stack,
    at_once,
    category,
    image,
    image_of,
    refused,
    returning,
    slots_of,
)

MAX = 204_800


@pytest.fixture(scope="module")
def candidate(campaign: Campaign) -> Examinee:
    """One candidate for all tests that leave their slots as they found them."""
    return campaign.candidate()


@pytest.fixture
def ticket(candidate: Examinee) -> Iterator[dict[str, Any]]:
    """A reservation for `identity`, given back in the end."""
    made = expect(candidate.reserve("identity", image()), 201)
    yield made
    assert candidate.call("DELETE", f"/uploads/{made['slot']}").status_code == 204


def announce(candidate: Examinee, **changes: Any) -> httpx.Response:
    """Announces an image of the diploma."""
    announced = {"category": "diploma", "content_type": "image/jpeg", "size": 1000, "sha256": "ab" * 32}
    return candidate.call("POST", "/uploads", announced | changes)


def policy_of(ticket: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(ticket["fields"]["policy"])))


def sent(ticket: dict[str, Any], data: bytes, **changes: Any) -> int:
    """The status that S3 answers to a POST with changed fields; None takes a field away."""
    fields = {name: value for name, value in (ticket["fields"] | changes).items() if value is not None}
    return httpx.post(ticket["url"], data=fields, files={"file": ("image", data)}, timeout=60).status_code


# ---- the announcement ----


def test_a_ticket(candidate: Examinee, ticket: dict[str, Any]) -> None:
    assert ticket.keys() == {"slot", "upload_id", "url", "fields", "expires_at"}
    shown = slots_of(candidate.view())[ticket["slot"]]
    assert (shown["state"], shown["image_url"], shown["locked"]) == ("reserved", None, False)


@pytest.mark.parametrize("size", [0, -1, MAX + 1, 10**12])
def test_a_size_that_is_not_allowed(candidate: Examinee, size: int) -> None:
    answer = announce(candidate, size=size)
    assert refused(answer) == (422, "too_large")
    assert answer.json()["max_bytes"] == MAX
    assert slots_of(candidate.view())["diploma-1"]["state"] == "empty"


@pytest.mark.parametrize("kind", ["image/gif", "image/webp", "application/pdf", "image/jpg", "", "IMAGE/JPEG"])
def test_a_type_that_is_not_allowed(candidate: Examinee, kind: str) -> None:
    answer = announce(candidate, content_type=kind)
    assert refused(answer) == (422, "unsupported_type")
    assert answer.json()["types"] == ["image/jpeg", "image/png"]
    assert slots_of(candidate.view())["diploma-1"]["state"] == "empty"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "passport"}, "category"),
        ({"category": ""}, "category"),
        ({"category": 7}, "category"),
        ({"slot": "identity-1"}, "slot"),
        ({"slot": "diploma-2"}, "slot"),
        ({"slot": "../diploma-1"}, "slot"),
        ({"sha256": "AB" * 32}, "sha256"),
        ({"sha256": "ab" * 31}, "sha256"),
        ({"size": "1000"}, "size"),
        ({"size": 1.5}, "size"),
        ({"size": None}, "size"),
        ({"content_type": "x" * 101}, "content_type"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_announcement_that_is_malformed(candidate: Examinee, changes: dict[str, Any], field: str) -> None:
    answer = announce(candidate, **changes)
    assert refused(answer) == (400, "bad_request")
    assert answer.json()["field"] == field


# ---- the policy ----


@pytest.mark.parametrize("size", [0, MAX + 1])
def test_threat_01_sizes_are_refused_by_the_policy(candidate: Examinee, ticket: dict[str, Any], size: int) -> None:
    assert sent(ticket, bytes(size)) in {400, 403}
    assert candidate.stack.inbox_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/") == []


def test_threat_01_exactly_the_largest_size_is_accepted(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    data = image_of(MAX)
    assert len(data) == MAX
    assert candidate.upload("diploma", data) == "diploma-1"
    assert candidate.slots()["diploma-1"]["state"] == "ready"


def test_one_byte_is_accepted_by_the_policy_and_refused_by_the_verdict(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    ticket = expect(candidate.reserve("diploma", b"x"), 201)
    assert sent(ticket, b"x") == 204
    assert candidate.verdict("diploma-1")["state"] == "rejected"


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "inbox/other/1/identity-1/x"},
        {"key": "materials/other/1/identity-1/x.jpg"},
        {"key": "${filename}"},
        {"Content-Type": "text/html"},
        {"Content-Type": None},
        {"acl": "public-read"},
        {"x-amz-meta-note": "x"},
        {"success_action_redirect": "https://example.org/"},
        {"x-amz-storage-class": "GLACIER"},
        {"tagging": "<Tagging><TagSet></TagSet></Tagging>"},
    ],
    ids=lambda changes: "-".join(f"{name}={value}" for name, value in changes.items())[:40],
)
def test_threat_02_changed_fields_are_refused(
    candidate: Examinee, ticket: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert sent(ticket, image(), **changes) == 403
    assert candidate.stack.inbox_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/") == []


def _edited(ticket: dict[str, Any], **changes: Any) -> str:
    return base64.b64encode(json.dumps(policy_of(ticket) | changes).encode()).decode()


def test_threat_03_edited_signatures_are_refused(candidate: Examinee, ticket: dict[str, Any]) -> None:
    fields = ticket["fields"]
    later = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    wider = [
        ["content-length-range", 1, 10**9] if isinstance(condition, list) else condition
        for condition in policy_of(ticket)["conditions"]
    ]
    edits = [
        {"policy": _edited(ticket, expiration=later)},
        {"policy": _edited(ticket, conditions=wider)},
        {"policy": _edited(ticket, conditions=[])},
        {"x-amz-signature": "0" * 64},
        {"x-amz-credential": fields["x-amz-credential"].replace("A", "B", 1)},
        {"x-amz-date": "20200101T000000Z"},
        {"x-amz-security-token": "x"},
        {"x-amz-signature": None},
        {"policy": None},
        dict.fromkeys(fields.keys() - {"key", "Content-Type"}),
    ]
    assert {sent(ticket, image(), **edit) for edit in edits} <= {400, 403}
    assert candidate.stack.inbox_keys(f"{candidate.entry.exam}/{candidate.entry.registration_no}/") == []


def test_threat_04_policies_live_two_minutes(ticket: dict[str, Any]) -> None:
    """An expired one is refused in tests/contract/test_s3.py, where it can be made."""
    assert timedelta(seconds=120) == POLICY_LIFE
    now = datetime.now(UTC)
    expires = datetime.fromisoformat(policy_of(ticket)["expiration"])
    assert now + timedelta(seconds=60) < expires <= now + timedelta(seconds=121)
    assert abs(datetime.fromisoformat(ticket["expires_at"]) - expires) < timedelta(seconds=3)


def test_threat_08_nothing_is_ever_signed_but_a_post(candidate: Examinee, ticket: dict[str, Any]) -> None:
    """The ticket's signature does not open the object to any other method, and links to images only read."""
    split = urlsplit(ticket["url"])
    assert (split.query, set(ticket["fields"]) & {"X-Amz-Signature"}) == ("", set())
    target = f"{ticket['url']}/{ticket['fields']['key']}"
    query = {name: value for name, value in ticket["fields"].items() if name.startswith("x-amz")}
    for method in ("PUT", "GET", "DELETE"):
        assert httpx.request(method, target, params=query, timeout=60).status_code == 403
    candidate.upload("diploma", image())
    link = candidate.slots()["diploma-1"]["image_url"]
    assert httpx.get(link).status_code == 200
    for method in ("PUT", "DELETE", "POST"):
        assert httpx.request(method, link, timeout=60).status_code == 403
    assert httpx.get(link).status_code == 200
    assert candidate.call("DELETE", "/uploads/diploma-1").status_code == 204


def test_threat_36_links_to_images_live_five_minutes(campaign: Campaign) -> None:
    candidate = campaign.candidate().fill()
    link = candidate.slots()["diploma-1"]["image_url"]
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["300"]
    unsigned = link.partition("?")[0]
    assert httpx.get(unsigned).status_code == 403


def test_threat_09_a_candidate_chooses_no_part_of_a_key(candidate: Examinee, ticket: dict[str, Any]) -> None:
    entry = candidate.entry
    assert ticket["fields"]["key"] == (
        f"inbox/{entry.exam}/{entry.registration_no}/{ticket['slot']}/{ticket['upload_id']}"
    )
    assert {"key": ticket["fields"]["key"]} in policy_of(ticket)["conditions"]


# ---- the verdict ----


def test_threat_05_a_replayed_post_changes_nothing(campaign: Campaign) -> None:
    """The same POST again, with the same and with other bytes, once the image has been judged."""
    candidate = campaign.candidate()
    data = image()
    ticket = expect(candidate.reserve("diploma", data), 201)
    assert sent(ticket, data) == 204
    before = candidate.verdict("diploma-1")
    material = httpx.get(before["image_url"]).content
    item = candidate.item
    prefix = f"{candidate.entry.exam}/{candidate.entry.registration_no}/"
    for again in (data, image(400, 300)):
        assert sent(ticket, again) == 204
        until(lambda: candidate.stack.inbox_keys(prefix), lambda keys: not keys)
        after = candidate.slots()["diploma-1"]
        assert after["sha256"] == before["sha256"] == hashlib.sha256(material).hexdigest()
        assert httpx.get(after["image_url"]).content == material
        assert candidate.item == item
        (key,) = candidate.stack.material_keys(prefix)
        versions = candidate.stack.client("s3").list_object_versions(Bucket=candidate.stack.materials, Prefix=key)
        assert len(versions["Versions"]) == 1


def test_threat_07_other_bytes_than_announced_are_rejected(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    ticket = expect(candidate.reserve("diploma", image()), 201)
    assert sent(ticket, image(400, 300)) == 204
    shown = candidate.verdict("diploma-1")
    assert (shown["state"], shown["image_url"]) == ("rejected", None)
    (problem,) = shown["problems"]
    assert problem["code"] == "not_as_announced"
    assert problem["text"]["zh"]
    assert problem["text"]["en"]
    prefix = f"{candidate.entry.exam}/{candidate.entry.registration_no}/"
    assert candidate.stack.material_keys(prefix) == []
    assert until(lambda: candidate.stack.inbox_keys(prefix), lambda keys: not keys) == []


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (images.FOREIGN["GIF"], "unsupported_type", "GIF"),
        (images.FOREIGN["PDF"], "unsupported_type", "PDF"),
        (images.png(), "wrong_type", "PNG"),
        (images.jpeg()[:2000], "truncated", ""),
        (images.jpeg(100, 100), "too_small", "100"),
    ],
    ids=["gif", "pdf", "png as jpeg", "truncated", "too small"],
)
def test_content_that_is_not_what_it_should_be(campaign: Campaign, data: bytes, code: str, says: str) -> None:
    """Announced honestly as to size and hash, but as a JPEG. The verdict is a code and says what to do."""
    candidate = campaign.candidate()
    announced = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    ticket = expect(announce(candidate, **announced), 201)
    assert sent(ticket, data) == 204
    shown = candidate.verdict("diploma-1")
    (problem,) = shown["problems"]
    assert (shown["state"], problem["code"]) == ("rejected", code)
    assert says in problem["text"]["zh"]
    assert says in problem["text"]["en"]
    # What was rejected is replaced by a better one, without deleting it first.
    assert candidate.upload("diploma", image()) == "diploma-1"


def test_a_png_is_as_good_as_a_jpeg(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    candidate.upload("diploma", images.png(300, 260))
    shown = candidate.slots()["diploma-1"]
    assert (shown["state"], shown["width"], shown["height"]) == ("ready", 300, 260)
    assert httpx.get(shown["image_url"]).headers["content-type"] == "image/png"


# ---- slots ----


def test_a_category_fills_up_and_is_emptied(campaign: Campaign) -> None:
    """上传完第一个图片之后，继续点击后面的上传；传完指定数量的图片后，则不能继续上传。"""
    candidate = campaign.candidate()
    assert candidate.upload("identity", image()) == "identity-1"
    assert candidate.upload("identity", image()) == "identity-2"
    full = candidate.reserve("identity", image())
    assert refused(full) == (409, "category_full")
    assert full.json()["max"] == 2
    assert refused(candidate.reserve("identity", image(), "identity-1")) == (409, "slot_occupied")
    kept = candidate.slots()["identity-2"]["sha256"]
    assert candidate.call("DELETE", "/uploads/identity-1").status_code == 204
    assert candidate.call("DELETE", "/uploads/identity-1").status_code == 204
    assert candidate.upload("identity", image()) == "identity-1"
    assert candidate.slots()["identity-2"]["sha256"] == kept


def test_a_lost_answer_costs_no_slot(campaign: Campaign) -> None:
    """The same image announced again gets its slot and its upload id again, with a fresh policy."""
    candidate = campaign.candidate()
    data = image()
    first = expect(candidate.reserve("identity", data), 201)
    again = expect(candidate.reserve("identity", data), 201)
    assert (again["slot"], again["upload_id"]) == (first["slot"], first["upload_id"])
    assert again["fields"]["key"] == first["fields"]["key"]
    other = expect(candidate.reserve("identity", image()), 201)
    assert other["slot"] != first["slot"]
    assert refused(candidate.reserve("identity", image())) == (409, "category_full")
    assert sent(again, data) == 204
    assert candidate.verdict(first["slot"])["state"] == "ready"


def test_naming_a_reserved_slot_replaces_it(campaign: Campaign) -> None:
    """And what is sent to the old reservation never becomes a material."""
    candidate = campaign.candidate()
    old, new = image(), image(400, 300)
    first = expect(candidate.reserve("diploma", old), 201)
    second = expect(candidate.reserve("diploma", new, "diploma-1"), 201)
    assert (second["slot"], second["upload_id"] != first["upload_id"]) == ("diploma-1", True)
    assert (sent(first, old), sent(second, new)) == (204, 204)
    shown = candidate.verdict("diploma-1")
    assert (shown["state"], shown["width"]) == ("ready", 400)
    prefix = f"{candidate.entry.exam}/{candidate.entry.registration_no}/"
    until(lambda: candidate.stack.inbox_keys(prefix), lambda keys: not keys)
    assert [key.split("/")[-1] for key in candidate.stack.material_keys(prefix)] == [second["upload_id"]]


def test_an_expired_reservation_is_empty_again(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    expect(candidate.reserve("diploma", image()), 201)
    assert refused(candidate.reserve("diploma", image())) == (409, "category_full")
    candidate.stack.expire(candidate.application, "diploma-1")
    assert slots_of(candidate.view())["diploma-1"]["state"] == "empty"
    assert candidate.upload("diploma", image()) == "diploma-1"


@pytest.mark.parametrize("slot", ["passport-1", "identity-3", "identity-0", "x" * 500, "%2e%2e", "毕业证"])
def test_a_slot_that_the_exam_does_not_have(candidate: Examinee, slot: str) -> None:
    assert refused(candidate.call("DELETE", f"/uploads/{slot}")) == (404, "not_found")


def test_parallel_uploads_share_the_slots(campaign: Campaign) -> None:
    """Five announcements at the same moment for two places: two get one each, nobody gets another's."""
    candidate = campaign.candidate()
    answers = at_once(*[lambda: candidate.reserve("identity", image())] * 5)
    taken = [answer.json()["slot"] for answer in answers if answer.status_code == 201]
    assert sorted(taken) == ["identity-1", "identity-2"]
    others = {refused(answer) for answer in answers if answer.status_code != 201}
    assert others <= {(409, "category_full"), (503, "busy")}
    assert candidate.item["quota"][1] == 2


def test_threat_11_a_reservation_flood_meets_a_quota(stack: Stack) -> None:
    campaign = Campaign(stack, uploads_per_day=5)
    candidate = campaign.candidate()
    data = image()
    for _ in range(5):
        expect(candidate.reserve("diploma", data), 201)
    answer = candidate.reserve("diploma", data)
    assert refused(answer) == (429, "too_many_uploads")
    assert answer.headers["retry-after"] == str(answer.json()["retry_after"])
    assert 0 < answer.json()["retry_after"] <= 86_400
    others = campaign.candidate()
    assert others.reserve("diploma", image()).status_code == 201


def test_threat_12_an_upload_after_the_lock_never_becomes_a_material(campaign: Campaign) -> None:
    """Reserved before, sent after the submission: the object is removed, nothing changes."""
    candidate = campaign.candidate().fill()
    late = image()
    ticket = expect(candidate.reserve("identity", late), 201)
    candidate.stack.expire(candidate.application, ticket["slot"])
    candidate.submit()
    candidate.stack.waiting(candidate.application)
    before = candidate.item
    assert sent(ticket, late) == 204
    prefix = f"{candidate.entry.exam}/{candidate.entry.registration_no}/"
    until(lambda: candidate.stack.inbox_keys(prefix), lambda keys: not keys)
    assert candidate.item == before
    assert len(candidate.stack.material_keys(prefix)) == 1


def test_threat_12_an_upload_into_a_slot_that_was_not_returned(campaign: Campaign, reviewer: Any) -> None:
    candidate = campaign.candidate().submitted("diploma", "identity")
    expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
    assert refused(candidate.reserve("identity", image())) == (409, "locked")
    assert refused(candidate.reserve("identity", image(), "identity-1")) == (409, "locked")
    assert refused(candidate.call("DELETE", "/uploads/identity-1")) == (409, "locked")
    assert candidate.reserve("diploma", image(), "diploma-1").status_code == 409
    assert candidate.call("DELETE", "/uploads/diploma-1").status_code == 204
    assert candidate.upload("diploma", image()) == "diploma-1"


def test_limits_are_the_exams(stack: Stack) -> None:
    """Another exam may take smaller files, and PNG alone."""
    data = images.png(220, 220)
    limits = ImageLimits(max_bytes=len(data), types=("image/png",))
    candidate = Campaign(stack, image=limits, categories=(category("photo"),)).candidate()
    assert refused(candidate.reserve("photo", images.jpeg())) == (422, "unsupported_type")
    assert refused(candidate.reserve("photo", data + b"\0")) == (422, "too_large")
    assert candidate.upload("photo", data) == "photo-1"
    assert candidate.view()["exam"]["image"] == {"max_bytes": len(data), "types": ["image/png"]}
