"""Every file of the corpus gets its verdict, and what is stored of it is only the picture."""

import io
import logging
from collections.abc import Iterator

import pytest
from PIL import Image

from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import Accepted
from tests.support import images
from tests.support.corpus import BAD, GOOD, PAYLOAD, Case
from tests.support.similarity import shown, ssim

LIMITS = ImageLimits()
FAMILIES = {**GOOD, **BAD}
ALIKE = 0.95
"""How alike a copy must look (SSIM); bench/copies.py says how alike they do."""


def faults(case: Case) -> Iterator[str]:
    """What is not as the case wants it."""
    verdict = PillowImaging().inspect(case.data, case.announcement(), LIMITS)
    if not isinstance(verdict, Accepted):
        if verdict.problem.code != case.expected:
            yield f"refused: {verdict.problem.code}"
        if case.named not in verdict.problem.text.en:
            yield f"does not say {case.named}: {verdict.problem.text.en}"
        return
    stored = verdict.data
    if case.expected not in ("untouched", "cleaned", "re-encoded"):
        yield "accepted"
        return
    if case.size and (verdict.width, verdict.height) != case.size:
        yield f"is {verdict.width}x{verdict.height}"
    if len(stored) > LIMITS.max_bytes:
        yield f"has {len(stored)} bytes"
    if PAYLOAD in stored or images.GPS_MARK in stored:
        yield "still has what was hidden in it"
    same = stored == case.data
    if same is not (case.expected == "untouched"):
        yield "untouched" if same else "changed"
    if case.expected != "re-encoded" and pixels(stored) != pixels(case.shows or case.data):
        yield "other pixels"
    if case.expected == "re-encoded":
        alike = ssim(shown(stored), shown(case.shows or case.data, case.orientation))
        if alike < ALIKE:
            yield f"looks otherwise: {alike:.3f}"
    # There is nothing more to do to what is stored, and browsers show its colours.
    again = PillowImaging().inspect(stored, images.announced(stored, verdict.content_type), LIMITS)
    if not isinstance(again, Accepted) or again.data != stored:
        yield "not the last word"
    with Image.open(io.BytesIO(stored)) as opened:
        if (opened.width, opened.height) != (verdict.width, verdict.height) or opened.mode == "CMYK":
            yield f"a stored {opened.mode} of {opened.size}"


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # what Pillow thinks of corrupt EXIF
@pytest.mark.parametrize("family", FAMILIES)
def test_the_verdict_on(family: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    wrong = {case.name: found for case in FAMILIES[family]() if (found := list(faults(case)))}
    assert wrong == {}
    assert not caplog.records  # no exception that nobody has thought of


def test_the_corpus_is_large_and_varied() -> None:
    for families, enough in ((GOOD, 300), (BAD, 700)):
        cases = [case for made in families.values() for case in made()]
        assert len({(case.data, case.announcement()) for case in cases}) >= enough
    counts = [len(cases()) for cases in BAD.values()]
    assert len(counts) >= 40
    assert max(counts) <= 0.05 * sum(counts)


def test_cases_of_a_family_have_names_of_their_own() -> None:
    for family, cases in FAMILIES.items():
        assert len({case.name for case in cases()}) == len(cases()), family
