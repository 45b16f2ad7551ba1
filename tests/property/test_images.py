"""Rules that hold for every file that a stranger may send: it is answered, and what is stored is harmless."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songshen.adapters.pillow import PillowImaging
from songshen.domain.anatomy import exif_orientation
from songshen.domain.exam import ImageLimits
from songshen.domain.image import UploadedFile, examine
from songshen.domain.verdict import Accepted
from tests.fuzz.__main__ import wrong_with
from tests.fuzz.judge import judged
from tests.support import images
from tests.support.mutation import mutant

LIMITS = ImageLimits()

FILES = {
    "jpeg": images.jpeg(),
    "lying": images.oriented(6, progressive=True),
    "inks": images.jpeg(mode="CMYK"),
    "scans": images.scan_bomb(20),
    "png": images.png(),
    "palette": images.png(220, 210, mode="P"),
}


@st.composite
def mutants(draw: st.DrawFn, *names: str) -> bytes:
    """One of the files with up to eight of its bytes replaced."""
    mutant = bytearray(FILES[draw(st.sampled_from(names))])
    for _ in range(draw(st.integers(1, 8))):
        mutant[draw(st.integers(0, len(mutant) - 1))] = draw(st.integers(0, 255))
    return bytes(mutant)


def test_threat_28_broken_images_without_end(caplog: pytest.LogCaptureFixture) -> None:
    """The first of those that `make fuzz` goes on with: a verdict on each, and nothing unexpected is logged."""
    verdicts = set()
    for number in range(700):
        name, stored, *_ = judged(mutant(number))
        verdicts.add(name)
        assert stored is None or not wrong_with(stored), number
    assert not caplog.records
    assert verdicts >= {"accepted", "corrupt", "truncated", "unsupported_type", "too_many_pixels"}


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_no_exif_block_raises(block: bytes) -> None:
    for start in (b"", b"II*\0", b"MM\0*", b"II*\0\x08\0\0\0\1\0\x12\1"):
        assert 1 <= exif_orientation(start + block) <= 8


@given(mutants("lying", "scans", "palette"))
@settings(max_examples=300)
def test_threat_28_no_mutated_file_raises(mutant: bytes) -> None:
    for content_type in ("image/jpeg", "image/png"):
        examine(UploadedFile(mutant, images.announced(mutant, content_type), LIMITS))


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", images.jpeg()[:200]]))
@settings(max_examples=200)
def test_no_junk_raises(junk: bytes, start: bytes) -> None:
    data = start + junk
    content_type = "image/png" if start[0] == 0x89 else "image/jpeg"
    assert examine(UploadedFile(data, images.announced(data, content_type), LIMITS)) is not None


@given(mutants("jpeg", "lying", "inks", "png", "palette"))
@settings(max_examples=200)
def test_no_mutated_file_is_stored_with_more_than_allowed(mutant: bytes) -> None:
    """Or raises in the decoder."""
    verdict = PillowImaging().inspect(mutant, images.announced(mutant), LIMITS)
    if isinstance(verdict, Accepted):
        assert len(verdict.data) <= LIMITS.max_bytes
        # What is stored needs no further change. (A mutant of 300 x 30,000 px may have been halved.)
        stored = images.announced(verdict.data, verdict.content_type)
        again = PillowImaging().inspect(verdict.data, stored, ImageLimits(min_edge=1))
        assert isinstance(again, Accepted)
        assert again.data == verdict.data
