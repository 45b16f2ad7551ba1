"""Password hashes of the roster."""

import base64
import hashlib
import subprocess
import sys
import time

import pytest

from songshen import passwords
from songshen.passwords import hashed, verify
from tests.support.fakes import cheap_hash

# RFC 7914, section 12: scrypt of "password" and "NaCl" with N=1024, r=8, p=16.
RFC_HASH = (
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def test_scrypt_as_in_its_rfc() -> None:
    phc = f"$scrypt$ln=10,r=8,p=16${encoded(b'NaCl')}${encoded(bytes.fromhex(RFC_HASH))}"
    assert verify("password", phc) is True
    assert verify("Password", phc) is False


def test_scrypt_with_a_shorter_hash_and_at_a_higher_cost() -> None:
    shorter = bytes.fromhex(RFC_HASH)[:32]
    assert verify("password", f"$scrypt$ln=10,r=8,p=16${encoded(b'NaCl')}${encoded(shorter)}") is True
    digest = hashlib.scrypt(b"p", salt=b"NaCl", n=2**15, r=8, p=1, dklen=32, maxmem=2**27)
    assert verify("p", f"$scrypt$ln=15,r=8,p=1${encoded(b'NaCl')}${encoded(digest)}") is True


def test_pbkdf2_as_the_standard_library_makes_it() -> None:
    digest = hashlib.pbkdf2_hmac("sha256", "口令".encode(), b"salt", 1000, 32)
    phc = f"$pbkdf2-sha256$i=1000${encoded(b'salt')}${encoded(digest)}"
    assert verify("口令", phc) is True
    assert verify("口令 ", phc) is False
    assert verify("口令", phc.replace("i=1000", "i=1001")) is False


def test_a_new_hash_fits_its_password_only_and_has_a_salt_of_its_own() -> None:
    first, second = hashed("p1"), hashed("p1")
    assert first != second
    assert first.startswith("$scrypt$ln=14,r=8,p=1$")
    assert [len(part) for part in first.split("$")[3:]] == [22, 43]  # 16 and 32 bytes
    assert (verify("p1", first), verify("p2", first)) == (True, False)


@pytest.mark.parametrize("password", ["", "A", "p", "password"])
def test_nobody_has_no_password(password: str) -> None:
    assert verify(password, None) is False


def test_nobodys_hash_fits_nothing_even_when_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_NOBODY", cheap_hash("known"))
    assert verify("known", cheap_hash("known")) is True
    assert verify("known", None) is False


def test_threat_33_nobody_costs_what_somebody_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []
    scrypt = hashlib.scrypt

    def counted(password: bytes, **cost: int) -> bytes:
        costs.append({name: value for name, value in cost.items() if name != "salt"})
        return scrypt(password, **cost)  # type: ignore[arg-type]

    somebody = hashed("p")
    monkeypatch.setattr(hashlib, "scrypt", counted)
    verify("guess", somebody)
    verify("guess", None)
    assert costs[0] == costs[1]


def test_a_hash_of_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown password hash: md5"):
        verify("p", "$md5$i=1$c2FsdA$AAAA")
    with pytest.raises(ValueError, match="unpack"):
        verify("p", "plain text")


def test_checking_is_slow_enough_to_slow_guessing() -> None:
    phc = hashed("p")
    before = time.process_time()
    verify("p", phc)
    assert time.process_time() - before > 0.01


def test_pbkdf2_with_sha512() -> None:
    digest = hashlib.pbkdf2_hmac("sha512", b"p", b"salt", 1000, 64)
    phc = f"$pbkdf2-sha512$i=1000${encoded(b'salt')}${encoded(digest)}"
    assert (passwords.unusable(phc), verify("p", phc), verify("q", phc)) == ("", True, False)


@pytest.mark.parametrize(
    ("phc", "code"),
    [
        ("Geheim-2026", "plain_password"),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", ""),
        ("$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", ""),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$argon2id$v=16$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$argon2id$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$argon2x$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$scrypt$v=19$ln=14,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$argon2id$v=19$m=65537,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$argon2id$v=19$m=65536,t=11,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$argon2id$v=19$m=31,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$remote$", "no_remote_check"),
        ("$2b$12$abcdefghijklmnopqrstuv", "bad_hash"),
        ("$pbkdf2-sha256$i=600000$c2FsdA$kurz", "bad_hash"),
        ("$pbkdf2-sha256$i=600000$$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$pbkdf2-sha256$i=many$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$pbkdf2-sha256$i=600000$c2FsdA$aGFzaGhhc2hoYXNoaGFz!A", "bad_hash"),
        ("$pbkdf2-md5$i=600000$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
        ("$pbkdf2-sha256$i=600000$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", ""),
        ("$pbkdf2-sha256$i=999$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$pbkdf2-sha512$i=2000001$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", ""),
        ("$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$scrypt$ln=99999999,r=8,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "costly_hash"),
        ("$scrypt$ln=14,r=8$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", "bad_hash"),
    ],
)
def test_what_hinders_a_hash(phc: str, code: str) -> None:
    assert passwords.unusable(phc) == code


def test_the_registration_system_may_keep_its_hashes_to_itself() -> None:
    assert [passwords.unusable(passwords.REMOTE, remote) for remote in (True, False)] == ["", "no_remote_check"]


@pytest.mark.parametrize(
    "phc",
    [
        # Of the reference implementation's own tests: "password" with "somesalt".
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
    ],
)
def test_argon2_is_the_one_of_everybody(phc: str) -> None:
    assert (passwords.unusable(phc), verify("password", phc), verify("passwort", phc)) == ("", True, False)


def test_argon2_is_imported_for_those_who_have_it() -> None:
    script = "import sys; from songshen.passwords import *; verify('p', hashed('p')); sys.exit('argon2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
