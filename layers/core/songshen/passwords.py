"""Password hashes of the roster: PHC strings, as the registration system hands them over.

`$scrypt$ln=14,r=8,p=1$<salt>$<hash>` and `$pbkdf2-sha256$i=600000$<salt>$<hash>`, base64 without padding.
"""

import base64
import hashlib
import hmac
import secrets

# Costs the same as a real check, so that an unknown user name cannot be told by the time it takes.
_NOBODY = "$scrypt$ln=14,r=8,p=1$c29uZ3NoZW4tbm9ib2R5$" + "A" * 43


def verify(password: str, phc: str | None) -> bool:
    """Whether the password fits the hash; without a hash the same work is done for nothing.

    Raises ValueError for a hash of another kind.
    """
    _, scheme, costs, salt, expected = (phc or _NOBODY).split("$")
    cost = dict(pair.split("=") for pair in costs.split(","))
    wanted = _decode(expected)
    match scheme:
        case "scrypt":
            made = _scrypt(password, _decode(salt), cost, len(wanted))
        case "pbkdf2-sha256":
            made = hashlib.pbkdf2_hmac("sha256", password.encode(), _decode(salt), int(cost["i"]), len(wanted))
        case _:
            raise ValueError(f"unknown password hash: {scheme}")
    return hmac.compare_digest(made, wanted) and phc is not None


def hashed(password: str) -> str:
    """A new scrypt hash, for demonstration data and tests."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, {"ln": "14", "r": "8", "p": "1"}, 32)
    return f"$scrypt$ln=14,r=8,p=1${_encode(salt)}${_encode(digest)}"


def _scrypt(password: str, salt: bytes, cost: dict[str, str], length: int) -> bytes:
    n, r, p = 2 ** int(cost["ln"]), int(cost["r"]), int(cost["p"])
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, dklen=length, maxmem=256 * n * r)


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
