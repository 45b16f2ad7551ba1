"""Password hashes of the roster: PHC strings, as the registration system hands them over.

`$scrypt$ln=14,r=8,p=1$<salt>$<hash>`, `$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>` (or `argon2i`, `argon2d`) and
`$pbkdf2-sha256$i=600000$<salt>$<hash>` (or `pbkdf2-sha512`), base64 without padding. `$remote$` stands for
a hash that the registration system keeps to itself: it is asked at each sign-in.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

# Costs the same as a real check, so that an unknown user name cannot be told by the time it takes.
_NOBODY = "$scrypt$ln=14,r=8,p=1$c29uZ3NoZW4tbm9ib2R5$" + "A" * 43

REMOTE = "$remote$"

_MOST_MEMORY = 64 * 1024 * 1024
"""Bytes."""
_ARGON2 = ("argon2d", "argon2i", "argon2id")
_ARGON2_VERSION = "v=19"


def verify(password: str, phc: str | None) -> bool:
    """Whether the password fits the hash; without a hash the same work is done for nothing.

    Raises ValueError for a hash of another kind.
    """
    _, scheme, *version, costs, salt, expected = (phc or _NOBODY).split("$")
    cost = dict(pair.split("=") for pair in costs.split(","))
    wanted = _decode(expected)
    match scheme:
        case "scrypt":
            made = _scrypt(password, _decode(salt), cost, len(wanted))
        case "pbkdf2-sha256" | "pbkdf2-sha512":
            algorithm = scheme.removeprefix("pbkdf2-")
            made = hashlib.pbkdf2_hmac(algorithm, password.encode(), _decode(salt), int(cost["i"]), len(wanted))
        case "argon2d" | "argon2i" | "argon2id" if version == [_ARGON2_VERSION]:
            made = _argon2(scheme, password, _decode(salt), cost, len(wanted))
        case _:
            raise ValueError(f"unknown password hash: {scheme}")
    return hmac.compare_digest(made, wanted) and phc is not None


def unusable(phc: str, remote: bool = False) -> str:
    """What hinders checking with this hash, as a code of `domain.roster.LineProblem`; "" if nothing does.

    `remote`: whether the registration system can be asked.
    """
    if phc == REMOTE:
        return "" if remote else "no_remote_check"
    if not phc.startswith("$"):
        return "plain_password"
    try:
        _, scheme, *version, costs, salt, expected = phc.split("$")
        cost = {name: int(value) for name, _, value in (pair.partition("=") for pair in costs.split(","))}
        held, made = base64.b64decode(_padded(salt), validate=True), base64.b64decode(_padded(expected), validate=True)
    except (ValueError, binascii.Error):
        return "bad_hash"
    if not held or not 16 <= len(made) <= 64 or version != ([_ARGON2_VERSION] if scheme in _ARGON2 else []):
        return "bad_hash"
    match scheme, sorted(cost):
        case "scrypt", ["ln", "p", "r"]:
            # A person waits for it, in a function with so much memory.
            bearable = 1 <= cost["ln"] <= 20 and 1 <= cost["r"] <= 32 and 1 <= cost["p"] <= 4
            return "" if bearable and 128 * 2 ** cost["ln"] * cost["r"] <= _MOST_MEMORY else "costly_hash"
        case "pbkdf2-sha256" | "pbkdf2-sha512", ["i"]:
            return "" if 1_000 <= cost["i"] <= 2_000_000 else "costly_hash"
        case (("argon2d" | "argon2i" | "argon2id"), ["m", "p", "t"]) if len(held) >= 8:
            # `m` in KiB; the work is as often as `t` says through all of it.
            bearable = 1 <= cost["p"] <= 4 and 1 <= cost["t"] <= 10 and 8 * cost["p"] <= cost["m"]
            return "" if bearable and 1024 * cost["m"] <= _MOST_MEMORY else "costly_hash"
        case _:
            return "bad_hash"


def hashed(password: str) -> str:
    """A new scrypt hash, for demonstration data and tests."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, {"ln": "14", "r": "8", "p": "1"}, 32)
    return f"$scrypt$ln=14,r=8,p=1${_encode(salt)}${_encode(digest)}"


def _scrypt(password: str, salt: bytes, cost: dict[str, str], length: int) -> bytes:
    n, r, p = 2 ** int(cost["ln"]), int(cost["r"]), int(cost["p"])
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=length, maxmem=256 * n * r)


def _argon2(scheme: str, password: str, salt: bytes, cost: dict[str, str], length: int) -> bytes:
    # Some 10 ms, which only those wait for whose hash is one.
    from argon2.low_level import Type, hash_secret_raw  # noqa: PLC0415

    kind = {"argon2d": Type.D, "argon2i": Type.I, "argon2id": Type.ID}[scheme]
    return hash_secret_raw(password.encode(), salt, int(cost["t"]), int(cost["m"]), int(cost["p"]), length, kind)


def _decode(text: str) -> bytes:
    return base64.b64decode(_padded(text))


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
