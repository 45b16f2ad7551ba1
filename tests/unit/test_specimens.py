"""The project's own pictures are what the project accepts."""

import pytest

from scripts import specimens
from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import Accepted, Verdict
from tests.support import images

needs_font = pytest.mark.skipif(specimens.font_path() is None, reason="no font with Chinese letters")


def inspect(data: bytes) -> Verdict:
    return PillowImaging().inspect(data, images.announced(data, "image/jpeg"), ImageLimits())


def assert_fine(data: bytes) -> None:
    verdict = inspect(data)
    assert isinstance(verdict, Accepted), verdict
    assert verdict.data == data
    assert verdict.warnings == ()


@pytest.mark.parametrize("kind", specimens.KINDS)
def test_the_committed_pictures_are_accepted(kind: str) -> None:
    assert_fine((specimens.FOLDER / f"{kind}.jpg").read_bytes())


def test_the_committed_pictures_are_small() -> None:
    files = list(specimens.FOLDER.iterdir())
    assert {file.stem for file in files} == set(specimens.KINDS)
    assert sum(file.stat().st_size for file in files) < 800 * 1024


@pytest.mark.parametrize("with_font", [False, pytest.param(True, marks=needs_font)], ids=["without a font", "with one"])
def test_every_candidate_has_pictures_of_their_own(with_font: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not with_font:
        monkeypatch.setattr(specimens, "font_path", lambda: None)
    first = [specimens.draw(kind, "王芳", "2020-001") for kind in specimens.KINDS]
    other = [specimens.draw(kind, "李伟", "2020-002") for kind in specimens.KINDS]
    assert len({*first, *other}) == 2 * len(specimens.KINDS)
    assert first[0] == specimens.draw("identity-front", "王芳", "2020-001")
    for data in first:
        assert_fine(data)


def test_a_blurred_picture_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for font in (specimens.font_path(), None):
        monkeypatch.setattr(specimens, "font_path", lambda font=font: font)
        verdict = inspect(specimens.draw("diploma", "王芳", "2020-001", blurred=True))
        assert isinstance(verdict, Accepted)
        assert verdict.warnings == ("blurred",)
