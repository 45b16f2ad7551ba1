"""Signing in, renewing and ending sessions; what is refused there and how little it tells."""

import base64
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scripts.people import Person, expect
from songshen import passwords
from tests.support.registration import registration_system
from tests.support.stack import PASSWORD, STAFF_PASSWORD, Campaign, Stack, at_once, refused


@pytest.fixture
def visitor(stack: Stack) -> Iterator[httpx.Client]:
    """Somebody at the sign-in page."""
    with httpx.Client(base_url=stack.api, timeout=60) as client:
        yield client


def sign_in(visitor: httpx.Client, username: str, password: str) -> httpx.Response:
    return visitor.post("/session", json={"username": username, "password": password})


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def test_the_first_sign_in_activates_the_account(campaign: Campaign, visitor: httpx.Client) -> None:
    entry = campaign.register()
    first = expect(sign_in(visitor, entry.username, PASSWORD), 200)
    assert first.keys() == {"id_token", "refresh_token", "expires_in", "role", "activated"}
    assert (first["role"], first["activated"]) == ("candidate", True)
    second = expect(sign_in(visitor, entry.username, PASSWORD), 200)
    assert (second["role"], second["activated"]) == ("candidate", False)
    claims = claims_of(second["id_token"])
    assert (claims["cognito:username"], "cognito:groups" in claims) == (entry.username, False)
    assert (claims["custom:exam"], claims["custom:registration_no"]) == (entry.exam, entry.registration_no)


def test_two_devices_activate_at_once(campaign: Campaign, stack: Stack) -> None:
    entry = campaign.register()

    def first() -> dict[str, Any]:
        return Person.at(stack.api).sign_in(entry.username, PASSWORD).session

    sessions = at_once(first, first)
    assert [session["role"] for session in sessions] == ["candidate", "candidate"]
    assert {claims_of(session["id_token"])["custom:registration_no"] for session in sessions} == {entry.registration_no}


@pytest.mark.parametrize("role", ["reviewer", "lead", "admin"])
def test_staff_sign_in_with_their_own_password(campaign: Campaign, visitor: httpx.Client, role: str) -> None:
    username = campaign.employ(role, exam=campaign.exam.id)
    session = expect(sign_in(visitor, username, STAFF_PASSWORD), 200)
    assert (session["role"], session["activated"]) == (role, False)
    assert refused(sign_in(visitor, username, PASSWORD)) == (401, "sign_in_failed")


def test_threat_33_one_answer_for_every_cause(campaign: Campaign, visitor: httpx.Client) -> None:
    """A wrong password, a name that does not exist, a roster entry that was never activated, staff: all alike."""
    active, never = campaign.candidate().entry, campaign.register()
    names = [
        active.username,
        never.username,
        campaign.employ("reviewer", exam=campaign.exam.id),
        f"nobody-{secrets.token_hex(4)}",
        f"ROSTER#{secrets.token_hex(4)}",
    ]
    answers = [sign_in(visitor, name, "wrong") for name in names]
    assert [refused(answer) for answer in answers] == [(401, "sign_in_failed")] * len(names)
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(set(answer.headers) - {"date", "x-amzn-requestid"})) for answer in answers}) == 1


def test_threat_33_guessing_is_slowed_for_unknown_names_alike(campaign: Campaign, stack: Stack) -> None:
    """Five attempts are free; then 30 s, doubling. The right password does not help meanwhile."""

    def guess(name: str) -> list[httpx.Response]:
        visitor = httpx.Client(base_url=stack.api, timeout=60)
        return [sign_in(visitor, name, f"guess {n}") for n in range(6)]

    entry = campaign.register()
    known, unknown, staff = at_once(
        lambda: guess(entry.username),
        lambda: guess(f"nobody-{secrets.token_hex(4)}"),
        lambda: guess(campaign.employ("reviewer", exam=campaign.exam.id)),
    )
    for answers in (known, unknown, staff):
        assert [refused(answer) for answer in answers[:5]] == [(401, "sign_in_failed")] * 5
        assert refused(answers[5]) == (429, "too_many_attempts")
        assert answers[5].headers["retry-after"] == str(answers[5].json()["retry_after"])
        assert 20 <= answers[5].json()["retry_after"] <= 30
    shapes = {re.sub(r"\d+", "0", answers[5].text) for answers in (known, unknown, staff)}
    assert len(shapes) == 1
    with httpx.Client(base_url=stack.api, timeout=60) as visitor:
        assert refused(sign_in(visitor, entry.username, PASSWORD)) == (429, "too_many_attempts")


def test_threat_33_parallel_guesses_are_counted(campaign: Campaign, stack: Stack) -> None:
    """Eight at the same moment are not eight free guesses."""
    entry = campaign.register()

    def guess() -> int:
        return sign_in(httpx.Client(base_url=stack.api, timeout=60), entry.username, "wrong").status_code

    answers = at_once(*[guess] * 8)
    assert answers.count(401) <= 5
    assert set(answers) <= {401, 429}


def test_threat_33_only_cloudfront_says_where_a_guess_comes_from(campaign: Campaign, stack: Stack) -> None:
    """With its secret each viewer is counted alone; without it, X-Forwarded-For gives nobody a fresh count."""
    config = stack.client("cloudfront").get_distribution_config(Id=stack.outputs["DistributionId"])
    (secret,) = [
        header["HeaderValue"]
        for origin in config["DistributionConfig"]["Origins"]["Items"]
        for header in origin.get("CustomHeaders", {}).get("Items", [])
        if header["HeaderName"] == "X-Songshen-Edge"
    ]
    username = campaign.register().username

    def guess(viewer: str, shown: str) -> int:
        headers = {"x-forwarded-for": f"{viewer}, 127.0.0.1", "x-songshen-edge": shown}
        given = {"username": username, "password": "guess"}
        return httpx.post(f"{stack.api}/session", json=given, headers=headers, timeout=60).status_code

    assert [guess("203.0.113.7", secret) for _ in range(6)] == [401] * 5 + [429]
    assert guess("203.0.113.8", secret) == 401
    assert [guess(f"203.0.113.{n}", "guessed") for n in range(6)] == [401] * 5 + [429]


def test_a_success_forgets_the_failures(campaign: Campaign, visitor: httpx.Client) -> None:
    entry = campaign.register()
    for _ in range(2):
        for n in range(4):
            assert refused(sign_in(visitor, entry.username, f"guess {n}")) == (401, "sign_in_failed")
        expect(sign_in(visitor, entry.username, PASSWORD), 200)


def test_threat_33_tokens_are_short(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    claims = claims_of(candidate.session["id_token"])
    assert claims["exp"] - claims["iat"] == candidate.session["expires_in"] <= 1800


def test_threat_33_nobody_makes_themselves_a_reviewer(stack: Stack, campaign: Campaign) -> None:
    """No sign-up, and the account store hands out no tokens past the sign-in function.

    The emulator does not refuse a sign-up where the pool forbids it, so that is read from the pool's settings.
    """
    outputs = stack.outputs
    cognito = stack.client("cognito-idp")
    pool = cognito.describe_user_pool(UserPoolId=outputs["UserPoolId"])["UserPool"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    username = campaign.employ("reviewer", exam=campaign.exam.id)
    with pytest.raises(cognito.exceptions.ClientError) as refusal:
        cognito.initiate_auth(
            ClientId=outputs["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": STAFF_PASSWORD},
        )
    assert refusal.value.response["Error"]["Code"] in {"InvalidParameterException", "NotAuthorizedException"}


def test_a_session_is_renewed(campaign: Campaign) -> None:
    candidate = campaign.candidate()
    answer = candidate.http.post("/session/refresh", json={"refresh_token": candidate.session["refresh_token"]})
    renewed = expect(answer, 200)
    assert (renewed["role"], renewed["activated"]) == ("candidate", False)
    candidate.session = renewed
    assert candidate.view()["candidate"]["registration_no"] == candidate.entry.registration_no
    again = candidate.http.post("/session/refresh", json={"refresh_token": renewed["refresh_token"]})
    assert expect(again, 200)["role"] == "candidate"


def test_signing_out_ends_every_session(campaign: Campaign) -> None:
    """On a shared computer nothing that is left behind can be used to go on."""
    here = campaign.candidate()
    there = dict(here.session)
    here.sign_in(here.entry.username, PASSWORD)
    assert here.call("DELETE", "/session").status_code == 204
    for session in (here.session, there):
        answer = here.http.post("/session/refresh", json={"refresh_token": session["refresh_token"]})
        assert refused(answer) == (401, "session_expired")
    here.sign_in(here.entry.username, PASSWORD)
    assert here.view()["status"] == "draft"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 4096])
def test_a_refresh_token_that_never_was(visitor: httpx.Client, token: str) -> None:
    answer = visitor.post("/session/refresh", json={"refresh_token": token})
    assert refused(answer) == ((400, "bad_request") if not token else (401, "session_expired"))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", ""),
        (b"", "username"),
        (b"[]", ""),
        (b"\xff\xfe", ""),
        (b'{"username": "a"}', "password"),
        (b'{"username": "a", "password": 7}', "password"),
        (b'{"username": "", "password": "b"}', "username"),
        (b'{"username": "a", "password": ""}', "password"),
        (b'{"username": "' + b"a" * 129 + b'", "password": "b"}', "username"),
        (b'{"username": "a", "password": "' + b"b" * 257 + b'"}', "password"),
    ],
    ids=["not JSON", "empty", "a list", "not text", "lacking", "a number", "no name", "no password", "long", "longer"],
)
def test_a_sign_in_that_is_malformed(visitor: httpx.Client, body: bytes, field: str) -> None:
    answer = visitor.post("/session", content=body, headers={"content-type": "application/json"})
    assert refused(answer) == (400, "bad_request")
    assert answer.json().get("field", "") == field


def test_names_with_any_characters(visitor: httpx.Client) -> None:
    """What people type is data: none of it reaches a key of the table unchanged."""
    for name in ("张三", "a#b", "../../x", "🙂" * 20, "a\x00b", "'; --"):
        assert refused(sign_in(visitor, name, "x")) == (401, "sign_in_failed")


def test_a_password_is_asked_of_the_registration_system(campaign: Campaign, stack: Stack) -> None:
    """By the deployed function, over HTTP. Only its unpublished version is told where: candidates call the alias."""
    entry = campaign.register(password_hash=passwords.REMOTE)
    client, name = stack.client("lambda"), stack.function("sign_in")
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def answered(username: str) -> tuple[int, str]:
        event = {"routeKey": "POST /session", "requestContext": {"http": {"sourceIp": "203.0.113.7"}}, "headers": {}}
        event["body"] = json.dumps({"username": username, "password": "as it is there"})
        made = stack.invoke("sign_in", event)
        said = json.loads(made["body"])
        return made["statusCode"], said.get("role") or said["code"]

    with registration_system() as system:
        try:
            more = before | {"PASSWORD_CHECK": system.address}
            client.update_function_configuration(FunctionName=name, Environment={"Variables": more})
            assert answered(entry.username) == (200, "candidate")
            system.answer = (200, b'{"valid": false}')
            assert answered(entry.username) == answered(f"{entry.username}-none") == (401, "sign_in_failed")
            system.answer = (500, b"")
            assert answered(entry.username) == (503, "sign_in_unavailable")
        finally:
            client.update_function_configuration(FunctionName=name, Environment={"Variables": before})
    asked = [body for _, _, body in system.asked]
    assert asked[0] == {"username": entry.username, "password": "as it is there"}
    assert [one["username"] for one in asked[1:]] == [entry.username, f"{entry.username}-none", entry.username]
    # Whoever calls the published one: nobody has told it where to ask.
    with httpx.Client(base_url=stack.api, timeout=60) as visitor:
        assert refused(sign_in(visitor, entry.username, "x")) == (503, "sign_in_unavailable")
