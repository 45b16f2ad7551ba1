"""Categories that ask for an exact size, as of identity photographs."""

from dataclasses import replace

import pytest

from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import Exam, Geometry, ImageLimits
from songshen.domain.verdict import Accepted, ProblemCode, Rejected, Verdict
from songshen.presentation.candidate import view
from tests.support import images
from tests.support.exams import NOON, draft, exam

LIMITS = ImageLimits(geometry=Geometry(358, 441))


def inspect(data: bytes, limits: ImageLimits = LIMITS) -> Verdict:
    return PillowImaging().inspect(data, images.announced(data), limits)


def warnings(data: bytes, limits: ImageLimits) -> tuple[str, ...]:
    verdict = inspect(data, limits)
    assert isinstance(verdict, Accepted)
    return verdict.warnings


def with_geometry(geometry: Geometry | None) -> Exam:
    """The exam of the tests, whose second category asks for it."""
    first, second, *others = exam().categories
    return exam(categories=(first, replace(second, geometry=geometry), *others))


@pytest.mark.parametrize("data", [images.jpeg(358, 441), images.png(358, 441)], ids=["JPEG", "PNG"])
def test_the_very_size_is_accepted(data: bytes) -> None:
    verdict = inspect(data)
    assert isinstance(verdict, Accepted)
    assert verdict.data == data


@pytest.mark.parametrize("size", [(357, 441), (358, 442), (441, 358), (716, 882)])
def test_any_other_size_is_refused_and_the_remedy_named(size: tuple[int, int]) -> None:
    verdict = inspect(images.jpeg(*size))
    assert isinstance(verdict, Rejected)
    assert verdict.problem.code == ProblemCode.WRONG_SIZE
    width, height = size
    said = f"图片为 {width}×{height} 像素，此处要求 358×441 像素。请在上传页面重新选择照片"
    assert verdict.problem.text.zh.startswith(said)
    assert f"{width}×{height} pixels; here it must have 358×441." in verdict.problem.text.en


def test_a_picture_is_as_wide_as_people_see_it() -> None:
    lying = inspect(images.oriented(6, 441, 358))
    assert isinstance(lying, Accepted)
    assert (lying.width, lying.height) == (358, 441)
    assert isinstance(inspect(images.oriented(6, 358, 441)), Rejected)
    assert isinstance(inspect(images.oriented(3, 358, 441)), Accepted)


def test_a_tolerance_is_of_both_edges() -> None:
    some = Geometry(358, 441, tolerance=2)
    sizes = [(356, 441), (360, 443), (355, 441), (361, 441), (358, 438), (358, 444)]
    assert [some.fits(*size) for size in sizes] == [True, True, False, False, False, False]
    assert not Geometry(358, 441).fits(358, 440)


def test_a_photograph_is_not_doubted_for_what_documents_are() -> None:
    """Upright stripes, like text that lies on its side; the background is looked at only where that is asked for."""
    striped = images.jpeg(358, 441)
    assert warnings(striped, ImageLimits()) == ("turned",)
    assert warnings(striped, LIMITS) == ()
    assert warnings(striped, ImageLimits(geometry=Geometry(358, 441, light_background=True))) == ("background",)


def test_it_is_asked_of_its_category_only() -> None:
    configured = with_geometry(Geometry(358, 441))
    first, second, *_ = configured.categories
    assert configured.limits_of(first) == configured.image
    assert configured.limits_of(second) == replace(configured.image, geometry=Geometry(358, 441))


def test_the_candidates_page_is_told_the_size() -> None:
    shown = view(draft(), with_geometry(Geometry(358, 441)), [], NOON, str)
    sizes = [one.exact_size and (one.exact_size.width, one.exact_size.height) for one in shown.categories]
    assert sizes == [None, (358, 441), None]
