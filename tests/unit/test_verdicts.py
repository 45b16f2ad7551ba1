"""The list of verdicts: its words, what gives each of them, and the page that is made of it."""

import string
from collections.abc import Callable
from dataclasses import replace

import pytest

from scripts import verdicts
from songshen.domain.exam import Geometry, ImageLimits, Text
from songshen.domain.image import CHECKS, UploadedFile, check_copy, check_decoding
from songshen.domain.verdict import (
    LOOKS,
    NAMED,
    REMEDIES,
    WORDS,
    Announced,
    Measures,
    ProblemCode,
    WarningCode,
    unsupported,
    warnings_of,
)
from tests.support import images
from tests.support.writers import Png

LIMITS = ImageLimits()
THRESHOLDS = LIMITS.warnings
FINE = Measures(light=220, detail=60, sharpness=0.9, glare=0.0, extent=0.8, lying=-0.1)


def upload(data: bytes, announced_as: str = "") -> UploadedFile:
    return UploadedFile(data, images.announced(data, announced_as), LIMITS)


# By check and code: something that the check refuses with that code.
REFUSED: dict[tuple[str, str], Callable[[], object]] = {
    ("check_size", "empty"): lambda: upload(b""),
    ("check_size", "too_large"): lambda: upload(bytes(LIMITS.max_bytes + 1)),
    ("check_announced", "not_as_announced"): lambda: UploadedFile(b"x", Announced("image/jpeg", 1, "0" * 64), LIMITS),
    ("check_type", "unsupported_type"): lambda: upload(images.FOREIGN["GIF"]),
    ("check_type", "wrong_type"): lambda: upload(images.jpeg(), "image/png"),
    ("check_dimensions", "too_small"): lambda: upload(images.jpeg(199, 300)),
    ("check_dimensions", "too_many_pixels"): lambda: upload(images.with_jpeg_size(images.jpeg(), 65_535, 65_535)),
    ("check_geometry", "wrong_size"): lambda: UploadedFile(
        images.jpeg(358, 440), images.announced(images.jpeg(358, 440)), ImageLimits(geometry=Geometry(358, 441))
    ),
    ("check_frames", "too_many_frames"): lambda: upload(images.apng()),
    ("check_cost", "too_many_scans"): lambda: upload(images.scan_bomb(101)),
    ("check_cost", "too_many_pixels"): lambda: upload(images.with_png_size(images.png(), 7_000, 7_000)),
    ("check_structure", "truncated"): lambda: upload(images.jpeg()[:300]),
    ("check_structure", "corrupt"): lambda: upload(images.with_png_size(images.png(), 0, 240)),
    ("check_structure", "unsupported_type"): lambda: upload(_twelve_bits()),
    ("check_pixels", "truncated"): lambda: upload(images.interlaced_png(missing=1)),
    ("check_pixels", "corrupt"): lambda: upload(images.interlaced_png(missing=-1)),
    ("check_pixels", "too_many_pixels"): lambda: upload(Png(width=1900, height=1900, filter=4).written()),
    ("check_decoding", "truncated"): lambda: "image file is truncated (7 bytes not processed)",
    ("check_decoding", "corrupt"): lambda: "broken data stream",
    ("check_copy", "too_large"): lambda: (LIMITS.max_bytes + 1, LIMITS),
}
DOUBTED = {
    WarningCode.BLANK: replace(FINE, detail=1.0, sharpness=0.3),
    WarningCode.DARK: replace(FINE, light=40),
    WarningCode.BLURRED: replace(FINE, sharpness=0.3, lying=0.5),
    WarningCode.GLARE: replace(FINE, glare=0.1),
    WarningCode.SMALL: replace(FINE, extent=0.05),
    WarningCode.TURNED: replace(FINE, lying=0.2),
    WarningCode.BACKGROUND: replace(FINE, backdrop=100, unevenness=90),
    WarningCode.UNEVEN: replace(FINE, unevenness=90),
}


def _twelve_bits() -> bytes:
    data = images.jpeg()
    at = data.index(b"\xff\xc0")
    return data[: at + 4] + b"\x0c" + data[at + 5 :]


@pytest.mark.parametrize(("name", "code"), REFUSED)
def test_a_check_gives_each_of_its_problems(name: str, code: str) -> None:
    (check,) = (one for one in verdicts.ALL_CHECKS if one.name == name)
    found = check(REFUSED[name, code]())
    assert found is not None
    assert found.code == code
    assert "{" not in found.text.zh + found.text.en


def test_every_problem_that_a_check_says_it_gives_is_tried() -> None:
    assert {(check.name, str(code)) for check in verdicts.ALL_CHECKS for code in check.gives} == set(REFUSED)


def test_what_is_fine_passes_every_check() -> None:
    assert [check(upload(images.jpeg())) for check in CHECKS] == [None] * len(CHECKS)
    assert check_decoding("") is None
    assert check_copy((LIMITS.max_bytes, LIMITS)) is None
    assert warnings_of(FINE, THRESHOLDS) == ()


@pytest.mark.parametrize("code", DOUBTED)
def test_each_warning_is_given(code: WarningCode) -> None:
    asked = Geometry(358, 441, light_background=True) if code in ("background", "uneven") else None
    assert warnings_of(DOUBTED[code], THRESHOLDS, asked) == (code,)
    assert warnings_of(DOUBTED[code], replace(THRESHOLDS, **{code: None}), asked) != (code,)


def test_every_code_can_be_given_and_no_other() -> None:
    assert {code for check in verdicts.ALL_CHECKS for code in check.gives} == set(ProblemCode)
    assert [look.code for look in LOOKS] == list(DOUBTED)
    # That one is of the application, not of the picture: tests/unit/test_sameness.py.
    assert {*DOUBTED, WarningCode.REPEATED} == set(WarningCode)


def test_every_code_has_its_words() -> None:
    assert set(WORDS) == {*ProblemCode, *WarningCode}


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


SAID = [*(words.found for words in WORDS.values()), NAMED]
TO_DO = [*(words.remedy for words in WORDS.values()), *REMEDIES.values()]


@pytest.mark.parametrize("text", SAID + TO_DO, ids=lambda text: text.en[:40])
def test_the_words_say_the_same_in_both_languages(text: Text) -> None:
    """The same facts, whole sentences."""
    assert _facts(text.zh) == _facts(text.en)
    assert text.zh.endswith(("。", "）。"))
    assert text.en.endswith((".", ").", "?"))
    assert not any("一" <= sign <= "鿿" or sign in "，。；：（）？" for sign in text.en)


@pytest.mark.parametrize("text", TO_DO, ids=lambda text: text.en[:40])
def test_a_remedy_asks_for_something(text: Text) -> None:
    assert "请" in text.zh
    assert "lease" in text.en or text is REMEDIES["HEIC"]


def test_a_known_format_is_named_with_its_own_remedy() -> None:
    said = unsupported("HEIC", ImageLimits(types=("image/png",))).text
    assert said.zh.startswith("这是 HEIC 文件，只能上传 PNG 格式的图片。iPhone 请在")
    assert said.en.startswith("This is a HEIC file; only PNG pictures can be uploaded. On an iPhone choose")
    assert "这是 GIF 文件" in unsupported("GIF", LIMITS).text.zh
    assert "另存为 JPG" in unsupported("GIF", LIMITS).text.zh
    assert "JPG/PNG" in unsupported("", LIMITS).text.en


def test_the_page_of_verdicts_is_current() -> None:
    assert verdicts.TARGET.read_text(encoding="utf-8") == verdicts.document(), "run `make openapi`"


def test_a_limit_that_is_not_there_is_noticed() -> None:
    assert verdicts.limit("max_scans") == "`image.max_scans` (100)"
    with pytest.raises(LookupError):
        verdicts.limit("max_nothing")
