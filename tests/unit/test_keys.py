"""Names of objects in the buckets."""

import pytest

from songshen.keys import Upload, parse_inbox_key

UPLOAD = Upload("2026-med", "3701001", "identity-1", "u_-9")


def test_where_an_upload_arrives_and_where_its_material_lies() -> None:
    assert UPLOAD.inbox_key() == "inbox/2026-med/3701001/identity-1/u_-9"
    assert UPLOAD.material_key() == "materials/2026-med/3701001/identity-1/u_-9"


def test_a_key_of_the_inbox_is_taken_apart_again() -> None:
    assert parse_inbox_key(UPLOAD.inbox_key()) == UPLOAD


@pytest.mark.parametrize(
    "key",
    [
        "",
        "inbox",
        "inbox/2026-med/3701001/identity-1",
        "inbox/2026-med/3701001/identity-1/",
        "inbox/2026-med/3701001//u1",
        "inbox/2026-med/3701001/identity-1/u1/",
        "inbox/2026-med/3701001/identity-1/u1/more",
        "inbox/2026-med/3701001/identity-1/u1\n",
        "\ninbox/2026-med/3701001/identity-1/u1",
        "inbox/2026-med/3701001/identity-1/u1.jpg",
        "inbox/2026-med/3701001/identity-1/u 1",
        "inbox/2026-med/3701001/identity_1/u1",
        "inbox/2026_med/3701001/identity-1/u1",
        "inbox/2026-med/3701#001/identity-1/u1",
        "inbox/../2026-med/3701001/identity-1/u1",
        "inbox/2026-med/../identity-1/u1",
        "/inbox/2026-med/3701001/identity-1/u1",
        "Inbox/2026-med/3701001/identity-1/u1",
        "materials/2026-med/3701001/identity-1/u1",
        "xinbox/2026-med/3701001/identity-1/u1",
        "inbox\\2026-med\\3701001\\identity-1\\u1",
        "inbox/2026-med/3701001/identity-1/u1\x00",
        "inbox/2026-med/３７０１/identity-1/u1",
        "inbox/2026-med/3701001/identity-1/é",
        "inbox/%2e%2e/3701001/identity-1/u1",
    ],
)
def test_threat_9_what_is_not_one_of_ours_is_nothing(key: str) -> None:
    assert parse_inbox_key(key) is None
