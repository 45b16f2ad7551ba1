"""Threat 16: the process dies at any call of any port, before or after its work; what people do next finishes it.

The use cases run in this process, on the stack's real services and with a watch that kills them; what comes after that
is done by the deployed functions. Every call and every kind of accident is tested in memory, elsewhere.
"""

import hashlib
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest

from scripts.people import Reviewer, expect, until
from songshen import bootstrap
from songshen.contract.reviewer import DecisionRequest
from songshen.domain.application import Announcement
from songshen.domain.people import Reviewer as ReviewerOfSite
from songshen.ports import InboxObject
from tests.support.fakes import Crash, Watch
from tests.support.stack import APPROVING, STAFF_PASSWORD, Campaign, Examinee, Stack, image, returning, side_by_side

READS = {"get", "with_journal", "read", "inspect", "presign", "link"}


class Watched:
    """A port whose calls go by a watch."""

    def __init__(self, name: str, port: Any, watch: Watch) -> None:
        self._name, self._port, self._watch = name, port, watch

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._watch(f"{self._name}.{method}", partial(getattr(self._port, method), *args, **kwargs))

        return call


def watched(stack: Stack, verb: str, watch: Watch) -> Any:
    """A function's use case as it is deployed, with the watch on its ports."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.variables(verb).items():
            patch.setenv(name, value)
        made: Any = getattr(bootstrap, verb)()
    ports = {part.name: getattr(made, part.name) for part in fields(made)}
    # The lot is drawn, not asked of a port.
    own = {"clock", "lot"}
    return replace(made, **{name: Watched(name, port, watch) for name, port in ports.items() if name not in own})


def die_at_every_call(stack: Stack, verb: str, prepare: Callable[[], Any], act: Callable[[Any, Any], Any]) -> list[Any]:
    """Runs the use case once to see its calls, then on others, each of which dies somewhere else.

    To die before a call is to die after the one before it, and after one that only reads is after the one before that.
    """
    whole = Watch()
    first = prepare()
    act(watched(stack, verb, whole), first)
    writes = [at for at, call in enumerate(whole.calls, 1) if call.partition(".")[2] not in READS]
    moments = [(1, False), *((at, True) for at in writes), (len(whole.calls), True)]
    prepared = side_by_side(lambda _: prepare(), moments)
    for (at, done), one in zip(moments, prepared, strict=True):
        with pytest.raises(Crash):
            act(watched(stack, verb, Watch(at=at, done_first=done)), one)
    return [first, *prepared]


@pytest.mark.timeout(300)
def test_threat_16_a_submission(stack: Stack, campaign: Campaign, reviewer: Reviewer) -> None:
    """The candidate presses the button again; the reconciler starts what was not started."""
    submit = lambda use_case, who: use_case(who.application, 1)  # noqa: E731
    candidates = die_at_every_call(stack, "submit", lambda: campaign.candidate().fill(), submit)

    def finish(candidate: Examinee) -> None:
        assert expect(candidate.call("POST", "/submission", {"round": 1}), 202)["status"] == "submitted"
        stack.reconcile(candidate.application)
        stack.waiting(candidate.application)
        assert [entry["kind"] for entry in stack.journal(candidate.application)] == ["submitted"]
        expect(reviewer.decide(candidate.application, returning("diploma-1")), 200)
        stack.settled(candidate.application)
        assert len(candidate.texts()) == 1

    side_by_side(finish, candidates)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("decision", [returning("diploma-1"), APPROVING], ids=["return", "approve"])
def test_threat_16_a_decision(stack: Stack, campaign: Campaign, decision: dict[str, Any]) -> None:
    """The reviewer repeats it: one entry, one serial number, one SMS or none."""
    username = campaign.employ("reviewer", exam=campaign.exam.id, area="37", site="3701")
    site = ReviewerOfSite(username, campaign.exam.id, "37", "3701")
    request = msgspec.convert(decision, DecisionRequest)
    reviewer = Reviewer.at(stack.api).sign_in(username, STAFF_PASSWORD)
    decide = lambda use_case, who: use_case(site, who.application, request)  # noqa: E731
    candidates = die_at_every_call(stack, "feedback", lambda: campaign.candidate().submitted(), decide)

    def finish(candidate: Examinee) -> str | None:
        decided = expect(reviewer.decide(candidate.application, decision), 200)
        stack.reconcile(candidate.application)
        stack.settled(candidate.application)
        assert [entry["kind"] for entry in stack.journal(candidate.application)] == ["submitted", decided["status"]]
        assert len(candidate.texts()) == (1 if decision["outcome"] == "return" else 0)
        serial: str | None = decided["serial_number"]
        assert candidate.view()["serial_number"] == serial
        return serial

    serials = side_by_side(finish, candidates)
    if decision["outcome"] == "approve":
        assert len(set(serials)) == len(candidates)
    else:
        assert set(serials) == {None}


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_threat_16_a_verdict(stack: Stack, campaign: Campaign) -> None:
    """The event comes again, as S3 sends it after a failure: one material, one verdict, an empty inbox."""

    def arrive() -> tuple[Examinee, InboxObject]:
        candidate, data = campaign.candidate(), image()
        ticket = expect(candidate.reserve("diploma", data), 201)
        key = ticket["fields"]["key"]
        made = stack.client("s3").put_object(Bucket=stack.inbox, Key=key, Body=data, ContentType="image/jpeg")
        return candidate, InboxObject(key, made["ETag"].strip('"'))

    with stack.no_events():
        arrived = die_at_every_call(stack, "validate_image", arrive, lambda use_case, it: use_case(it[1]))

    def finish(it: tuple[Examinee, InboxObject]) -> None:
        candidate, found = it
        thing = {"key": quote_plus(found.key), "eTag": found.etag}
        stack.invoke("validate_image", {"Records": [{"s3": {"bucket": {"name": stack.inbox}, "object": thing}}]})
        shown = candidate.slots()["diploma-1"]
        assert shown["state"] == "ready"
        prefix = f"{candidate.entry.exam}/{candidate.entry.registration_no}/"
        (key,) = stack.material_keys(prefix)
        versions = stack.client("s3").list_object_versions(Bucket=stack.materials, Prefix=key)
        assert len(versions["Versions"]) == 1
        assert until(lambda: stack.inbox_keys(prefix), lambda keys: not keys) == []
        assert candidate.item["version"] == 2

    side_by_side(finish, arrived)


@pytest.mark.timeout(300)
def test_threat_16_a_reservation(stack: Stack, campaign: Campaign) -> None:
    """The page asks again for the same image: it gets the slot that was held, and no second one."""
    data = image()
    wanted = Announcement("identity", "image/jpeg", len(data), hashlib.sha256(data).hexdigest())
    candidates = die_at_every_call(
        stack, "upload_presign", campaign.candidate, lambda use_case, who: use_case.reserve(who.application, wanted)
    )

    def finish(candidate: Examinee) -> None:
        ticket = expect(candidate.reserve("identity", data), 201)
        assert ticket["slot"] == "identity-1"
        assert candidate.send(ticket, data).status_code == 204
        assert candidate.verdict("identity-1")["state"] == "ready"
        assert candidate.slots()["identity-2"]["state"] == "empty"

    side_by_side(finish, candidates)
