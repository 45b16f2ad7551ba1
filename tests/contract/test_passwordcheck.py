"""The port `PasswordCheck`: what the adapter says to a registration system, and makes of whatever comes back."""

from collections.abc import Iterator
from typing import Any

import pytest

from songshen.adapters import passwordcheck
from songshen.adapters.passwordcheck import FAILURES, REST, HttpPasswordCheck
from songshen.ports import PasswordCheckFailed
from tests.support.registration import RegistrationSystem, registration_system


@pytest.fixture
def system() -> Iterator[RegistrationSystem]:
    with registration_system() as made:
        yield made


def checking(system: RegistrationSystem, **options: Any) -> HttpPasswordCheck:
    return HttpPasswordCheck(system.address, "a token", **options)


def test_it_is_asked_with_name_password_and_our_token(system: RegistrationSystem) -> None:
    check = checking(system)
    assert check.fits("考生01", "pass wörd") is True
    system.answer = (200, b'{"valid": false, "reason": "whatever"}')
    assert check.fits("x", "y") is False
    path, headers, body = system.asked[0]
    assert (path, body) == ("/check?v=1", {"username": "考生01", "password": "pass wörd"})
    assert (headers["authorization"], headers["content-type"]) == ("Bearer a token", "application/json")


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (401, b'{"valid": true}'),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[true]"),
        (200, b'{"valid": "yes"}'),
        (200, b'{"valid": 1}'),
        (200, b'{"valid": true, "x": "' + b"x" * 5000 + b'"}'),
    ],
)
def test_every_other_answer_is_no_verdict(
    answer: tuple[int, bytes], system: RegistrationSystem, caplog: pytest.LogCaptureFixture
) -> None:
    system.answer = answer
    with pytest.raises(PasswordCheckFailed):
        checking(system).fits("a name", "a secret")
    # Nobody was sent elsewhere with a password, and the log names neither of the two.
    assert [asked[0] for asked in system.asked] == ["/check?v=1"]
    said = " ".join(str(record.__dict__) for record in caplog.records)
    assert "no verdict" in said
    assert not {part for part in ("a name", "a secret", "a token") if part in said}


def test_whoever_takes_too_long_is_not_waited_for(system: RegistrationSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwordcheck, "TIMEOUT", 0.2)
    system.answer = None
    with pytest.raises(PasswordCheckFailed, match="TimeoutError"):
        checking(system).fits("a", "b")


def test_a_system_in_trouble_is_left_alone_and_tried_again(system: RegistrationSystem) -> None:
    now = [0.0]
    check = checking(system, clock=lambda: now[0])
    system.answer = (503, b"")

    def fails(times: int) -> int:
        """So many sign-ins; how many of them it was asked about."""
        before = len(system.asked)
        for _ in range(times):
            with pytest.raises(PasswordCheckFailed):
                check.fits("a", "b")
        return len(system.asked) - before

    assert fails(FAILURES) == FAILURES
    assert fails(5) == 0
    now[0] += REST
    # One tries, and it rests again.
    assert fails(5) == 1
    now[0] += REST
    system.answer = (200, b'{"valid": true}')
    assert check.fits("a", "b") is True
    # All is forgotten.
    system.answer = (503, b"")
    assert fails(FAILURES + 1) == FAILURES


def test_nobody_is_there(system: RegistrationSystem) -> None:
    check = HttpPasswordCheck("http://127.0.0.1:1/", "t")
    with pytest.raises(PasswordCheckFailed, match="ConnectionRefusedError"):
        check.fits("a", "b")


@pytest.mark.parametrize(
    "address", ["http://example.org/", "ftp://localhost/", "https://", "example.org", "http://10.0.0.1/"]
)
def test_passwords_travel_encrypted_or_not_at_all(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpPasswordCheck(address, "t")
