"""What decoding adds, and what the stored copy looks like."""

import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator

import pytest
from PIL import Image, ImageChops, ImageFilter, JpegImagePlugin

from songshen.adapters import pillow
from songshen.adapters.pillow import PillowImaging
from songshen.domain.anatomy import MAX_PAETH
from songshen.domain.exam import ImageLimits, WarningThresholds
from songshen.domain.image import UploadedFile
from songshen.domain.verdict import Accepted, Announced, ProblemCode, Rejected, Verdict
from songshen.ports import Imaging
from tests.support import images
from tests.support.similarity import shown, ssim
from tests.support.writers import Png

LIMITS = ImageLimits()
IMAGING: Imaging = PillowImaging()


def inspect(data: bytes, content_type: str = "", limits: ImageLimits = LIMITS) -> Verdict:
    """Announced truthfully, but for the media type."""
    return IMAGING.inspect(data, images.announced(data, content_type), limits)


def accepted(data: bytes, limits: ImageLimits = LIMITS) -> Accepted:
    verdict = inspect(data, limits=limits)
    assert isinstance(verdict, Accepted), verdict
    assert verdict.sha256 == hashlib.sha256(verdict.data).hexdigest()
    assert len(verdict.data) <= limits.max_bytes
    with Image.open(io.BytesIO(verdict.data)) as stored:
        assert stored.size == (verdict.width, verdict.height)
        assert Image.MIME[str(stored.format)] == verdict.content_type
        stored.load()
    return verdict


def code(data: bytes, content_type: str = "", limits: ImageLimits = LIMITS) -> str | None:
    verdict = inspect(data, content_type, limits)
    return verdict.problem.code if isinstance(verdict, Rejected) else None


def pixels(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures of the same size, 0..255."""
    assert one.size == other.size
    histogram = ImageChops.difference(one.convert("L"), other.convert("L")).histogram()
    return sum(value * n for value, n in enumerate(histogram)) / (one.width * one.height)


@pytest.mark.parametrize(
    "data",
    [images.jpeg(), images.jpeg(progressive=True), images.jpeg(mode="L"), images.jpeg(icc_profile=images.profile())]
    + [images.png(mode=mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")],
)
def test_a_good_image_is_stored_as_it_came(data: bytes) -> None:
    assert accepted(data).data == data


def test_pixels_stay_as_they_are_when_metadata_goes() -> None:
    data = images.oriented(1) + b"<html>trailer</html>"
    stored = accepted(data).data
    assert images.GPS_MARK in data
    assert images.GPS_MARK not in stored
    assert b"Exif" not in stored
    assert b"<html>" not in stored
    assert ImageChops.difference(pixels(data), pixels(stored)).getbbox() is None


@pytest.mark.parametrize("trailer", [b"PK\x03\x04archive", b"<html><script>alert(1)</script></html>"])
def test_polyglots_lose_their_other_half(trailer: bytes) -> None:
    for data in (images.jpeg(), images.png()):
        assert accepted(data + trailer).data == data


def test_threat_19_mpo_is_stored_as_its_first_picture() -> None:
    verdict = accepted(images.mpo())
    assert (verdict.width, verdict.height, verdict.content_type) == (320, 240, "image/jpeg")
    with Image.open(io.BytesIO(verdict.data)) as stored:
        assert stored.format == "JPEG"
        assert getattr(stored, "n_frames", 1) == 1


# --- orientation ---------------------------------------------------------------------------------

UPRIGHT_FROM = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def lying(orientation: int) -> Image.Image:
    """The picture as a camera stores it that notes this orientation beside it."""
    turn = UPRIGHT_FROM.get(orientation)
    return images.picture() if turn is None else images.picture().transpose(turn)


@pytest.mark.parametrize("orientation", range(10))
def test_threat_26_the_stored_picture_is_upright(orientation: int) -> None:
    block = images.segment(0xE1, b"Exif\0\0" + images.exif(orientation))
    data = images.with_segments(images.encoded(lying(orientation), "JPEG", quality=95), block)
    verdict = accepted(data)
    assert (verdict.width, verdict.height) == (320, 240)
    assert distance(pixels(verdict.data), images.picture()) < 4
    assert b"Exif" not in verdict.data
    assert images.GPS_MARK not in verdict.data


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_a_lying_png_stays_a_png(orientation: int, mode: str) -> None:
    plain = images.encoded(lying(orientation).convert(mode), "PNG")
    verdict = accepted(images.with_chunks(plain, images.chunk(b"eXIf", images.exif(orientation))))
    assert (verdict.width, verdict.height, verdict.content_type) == (320, 240, "image/png")
    with Image.open(io.BytesIO(verdict.data)) as stored:
        assert stored.mode == {"LA": "L", "RGBA": "RGB"}.get(mode, mode)  # no need for alpha that is full everywhere
        assert (
            ImageChops.difference(stored.convert("RGBA"), images.picture().convert(mode).convert("RGBA")).getbbox()
            is None
            or mode == "1"
        )
    assert b"eXIf" not in verdict.data


def test_a_lying_picture_of_the_maximum_size_does_not_grow_beyond_it() -> None:
    noise = Image.effect_noise((900, 700), 60)
    plain = images.encoded(noise, "JPEG", quality=60)
    data = images.with_segments(plain, images.segment(0xE1, b"Exif\0\0" + images.exif(6)))
    limits = ImageLimits(max_bytes=len(data))
    verdict = accepted(data, limits)
    assert (verdict.width, verdict.height) == (700, 900)


def test_a_lying_png_that_does_not_fit_becomes_a_jpeg() -> None:
    noise = Image.effect_noise((400, 300), 60)
    for image in (noise, noise.convert("P"), noise.convert("RGBA"), noise.convert("I;16")):
        data = images.encoded(image, "PNG")
        data = images.with_chunks(data, images.chunk(b"eXIf", images.exif(6)))
        tight = ImageLimits(max_bytes=60_000)
        upload = UploadedFile(data, Announced("image/png", 0, ""), tight)
        verdict = pillow._decode(upload)  # past the size check: only the turned copy is too large
        assert isinstance(verdict, Accepted)
        assert verdict.content_type == "image/jpeg"
        assert len(verdict.data) <= 60_000


def test_sixteen_bits_of_grey_become_eight_in_a_jpeg() -> None:
    noise = Image.effect_noise((400, 300), 60)
    deep = noise.convert("I").point(lambda value: value * 256).convert("I;16")
    data = images.encoded(deep, "PNG")
    data = images.with_chunks(data, images.chunk(b"eXIf", images.exif(3)))
    upload = UploadedFile(data, Announced("image/png", 0, ""), ImageLimits(max_bytes=60_000))
    verdict = pillow._decode(upload)
    assert isinstance(verdict, Accepted)
    upright = noise.transpose(Image.Transpose.ROTATE_180)
    assert distance(pixels(verdict.data), upright) < 20


@pytest.mark.parametrize(("gamma", "brighter"), [(100_000, True), (45_455, False)])
def test_what_a_png_says_about_its_brightness_is_heeded_in_a_jpeg(gamma: int, brighter: bool) -> None:
    """Values of gamma 1 are light itself: a browser shows their middle at 186, not at 128."""
    image = images.encoded(Image.effect_noise((400, 300), 60), "PNG")
    asked = images.chunk(b"gAMA", gamma.to_bytes(4, "big")) + images.chunk(b"eXIf", images.exif(3))
    upload = UploadedFile(
        images.with_chunks(image, asked), Announced("image/png", 0, ""), ImageLimits(max_bytes=60_000)
    )
    verdict = pillow._decode(upload)
    assert isinstance(verdict, Accepted)
    assert verdict.content_type == "image/jpeg"
    mean = sum(value * n for value, n in enumerate(pixels(verdict.data).convert("L").histogram())) / 120_000
    assert mean == pytest.approx(178 if brighter else 127, abs=4)


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_a_copy_keeps_what_a_png_says_about_its_colours(mode: str) -> None:
    asked = images.chunk(b"gAMA", (100_000).to_bytes(4, "big")) + images.chunk(b"sRGB", b"\0")
    data = images.with_chunks(images.png(mode=mode), asked, images.chunk(b"eXIf", images.exif(6)))
    stored = accepted(data).data
    assert asked in stored
    assert b"eXIf" not in stored


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_a_lying_jpeg_stays_as_good_and_about_as_large(quality: int) -> None:
    """What is encoded finer than it was is only larger."""
    plain = images.jpeg(1000, 800, quality=quality)
    data = images.with_segments(plain, images.segment(0xE1, b"Exif\0\0" + images.exif(3)))
    verdict = accepted(data, ImageLimits(max_bytes=2 * len(data)))
    assert len(verdict.data) < 1.1 * len(data)
    assert ssim(shown(verdict.data), shown(data, 3)) > 0.98


@pytest.mark.parametrize("size", [(208, 216), (800, 600)])
def test_a_copy_of_noise_fits_as_well(size: tuple[int, int], capfd: pytest.CaptureFixture[str]) -> None:
    """Pillow has no room for a JPEG of more than a byte for each pixel in many scans: it must not be asked for one."""
    noise = Image.merge("RGB", [Image.effect_noise(size, 120) for _ in "RGB"])
    data = images.with_chunks(images.encoded(noise, "PNG"), images.chunk(b"eXIf", images.exif(6)))
    for limit in (30_000, 60_000, 100_000):
        upload = UploadedFile(data, Announced("image/png", 0, ""), ImageLimits(max_bytes=limit))
        verdict = pillow._decode(upload)
        assert isinstance(verdict, Accepted)
        assert len(verdict.data) <= limit
    assert capfd.readouterr().err == ""  # where libjpeg writes its errors


def test_a_picture_in_many_scans_that_fits_only_so(capfd: pytest.CaptureFixture[str]) -> None:
    plain = images.jpeg(1000, 800, quality=80, progressive=True)
    data = images.with_segments(plain, images.segment(0xE1, b"Exif\0\0" + images.exif(3)))
    verdict = accepted(data, ImageLimits(max_bytes=len(data)))
    assert (verdict.width, verdict.height) == (1000, 800)
    assert ssim(shown(verdict.data), shown(data, 3)) > 0.98
    assert capfd.readouterr().err == ""


def test_a_copy_that_fits_nowhere_is_made_smaller() -> None:
    data = images.oriented(6, 600, 400)
    verdict = pillow._decode(UploadedFile(data, Announced("image/jpeg", 0, ""), ImageLimits(max_bytes=3_000)))
    assert isinstance(verdict, Accepted)
    assert len(verdict.data) <= 3_000
    assert verdict.width < 400


def test_a_copy_that_fits_at_no_size_is_refused() -> None:
    data = images.oriented(6)
    verdict = pillow._decode(UploadedFile(data, Announced("image/jpeg", 0, ""), ImageLimits(max_bytes=50)))
    assert isinstance(verdict, Rejected)
    assert verdict.problem.code == ProblemCode.TOO_LARGE


def test_large_lying_pictures_are_halved() -> None:
    data = images.with_segments(
        images.encoded(Image.new("RGB", (4_000, 3_000), "gray"), "JPEG", quality=30),
        images.segment(0xE1, b"Exif\0\0" + images.exif(8)),
    )
    verdict = accepted(data)
    assert (verdict.width, verdict.height) == (1_500, 2_000)


def test_cmyk_becomes_rgb() -> None:
    verdict = accepted(images.jpeg(mode="CMYK", icc_profile=images.profile()))
    with Image.open(io.BytesIO(verdict.data)) as stored:
        assert stored.mode == "RGB"
        assert "icc_profile" not in stored.info
    assert distance(pixels(verdict.data), images.picture()) < 12


@pytest.mark.parametrize("orientation", [1, 6])
def test_colour_profiles_are_kept(orientation: int) -> None:
    data = images.oriented(orientation, icc_profile=images.profile())
    with Image.open(io.BytesIO(accepted(data).data)) as stored:
        assert stored.info["icc_profile"] == images.profile()


def test_the_same_file_gives_the_same_bytes() -> None:
    png = images.with_chunks(images.png(), images.chunk(b"eXIf", images.exif(6)))
    for data in (images.jpeg(), images.oriented(6), images.jpeg(mode="CMYK"), png):
        assert accepted(data) == accepted(data)


# --- what must not get as far as the decoder -----------------------------------------------------


@pytest.mark.parametrize(
    ("data", "content_type", "expected"),
    [
        (b"", "image/jpeg", "empty"),
        (images.jpeg() + bytes(204_800), "image/jpeg", "too_large"),
        (images.FOREIGN["GIF"], "image/jpeg", "unsupported_type"),
        (images.png(), "image/jpeg", "wrong_type"),
        (images.jpeg(100, 100), "image/jpeg", "too_small"),
        (images.with_jpeg_size(images.jpeg(), 65_535, 65_535), "image/jpeg", "too_many_pixels"),
        (images.with_png_size(images.png(), 60_000, 60_000), "image/png", "too_many_pixels"),
        (images.apng(), "image/png", "too_many_frames"),
        (images.scan_bomb(1_000), "image/jpeg", "too_many_scans"),
        (images.jpeg()[:-40], "image/jpeg", "truncated"),
        (images.png()[:-40], "image/png", "truncated"),
    ],
)
def test_rejected_without_decoding(
    data: bytes, content_type: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoder(*_: object) -> None:
        raise AssertionError("the decoder was called")

    monkeypatch.setattr(pillow, "_decode", decoder)
    assert code(data, content_type) == expected


@pytest.mark.parametrize("bomb", [images.text_bomb(), images.profile_bomb()], ids=["text", "profile"])
def test_threat_22_compressed_bombs_are_not_in_what_the_decoder_sees(
    bomb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    original = pillow._Png

    def spy(stream: io.BytesIO) -> Image.Image:
        seen.append(stream.getvalue())
        return original(stream)

    monkeypatch.setattr(pillow, "_Png", spy)
    assert accepted(bomb).data == images.png()
    assert seen == [images.png()]


# --- what only the decoder sees ------------------------------------------------------------------


def test_a_jpeg_without_its_tables() -> None:
    data = images.jpeg()
    at = data.index(b"\xff\xdb")
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    assert code(data[:at] + data[end:]) == ProblemCode.CORRUPT


@pytest.mark.parametrize("error", [MemoryError(), OSError("broken data stream"), ValueError("x"), RuntimeError("x")])
def test_threat_22_nothing_that_the_decoder_raises_escapes(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody has thought of is logged."""

    def decoder(*_: object) -> None:
        raise error

    monkeypatch.setattr(JpegImagePlugin, "JpegImageFile", decoder)
    assert code(images.jpeg()) == ProblemCode.CORRUPT
    assert len(caplog.records) == isinstance(error, RuntimeError)


def test_the_decoder_may_find_the_file_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    def decoder(*_: object) -> None:
        raise OSError("image file is truncated (3 bytes not processed)")

    monkeypatch.setattr(JpegImagePlugin, "JpegImageFile", decoder)
    assert code(images.jpeg()) == ProblemCode.TRUNCATED


@pytest.mark.parametrize(
    ("data", "expected", "most"),
    [
        (Png().written(zlib.compress(bytes(20_000_000))), ProblemCode.CORRUPT, 0),
        (Png(width=1900, height=1900, filter=4).written(), ProblemCode.TOO_MANY_PIXELS, MAX_PAETH),
        (Png().written(zlib.compress(bytes(100_000))), ProblemCode.TRUNCATED, 100_000),
        (Png().written(), None, 130_000),
    ],
    ids=["a bomb", "costly", "too few", "good"],
)
def test_threat_22_the_decoder_of_pngs_is_given_what_was_looked_at(
    data: bytes, expected: str | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    original = pillow._packed

    def spy(pixels: Iterable[bytes]) -> Iterator[bytes]:
        for part in original(pixels):
            seen.append(part)
            yield part

    monkeypatch.setattr(pillow, "_packed", spy)
    assert code(data) == expected
    given = zlib.decompressobj().decompress(b"".join(seen))
    assert len(given) <= most
    assert expected or given == Png().rows()


@pytest.mark.parametrize(("rows", "expected"), [(299, ProblemCode.TRUNCATED), (301, ProblemCode.CORRUPT)])
def test_what_is_wrong_with_a_pngs_pixels_comes_before_what_its_decoder_says(rows: int, expected: str) -> None:
    assert code(filtered(rows)) == expected


def filtered(rows: int, depth: int = 8) -> bytes:
    """A PNG of 300 rows that has so many, each in a filter that does not exist."""
    data = Png(width=300, height=300, colour=0, depth=depth)
    return data.written(zlib.compress((b"\x09" + bytes(300 * depth // 8)) * rows))


@pytest.mark.parametrize("depth", [8, 16])
def test_a_png_with_a_filter_that_does_not_exist(depth: int, caplog: pytest.LogCaptureFixture) -> None:
    """Only unpacking the rows shows it; and a candidate's broken file is no error of ours."""
    assert code(filtered(300, depth)) == ProblemCode.CORRUPT
    assert not caplog.records


@pytest.mark.parametrize("progressive", [False, True])
def test_threat_23_truncated_at_many_offsets(progressive: bool) -> None:
    data = images.jpeg(640, 480, progressive=progressive)
    for step in range(1, 51):
        assert code(data[: len(data) * step // 51], "image/jpeg") is not None
    for length in range(len(data) - 10, len(data)):
        assert code(data[:length]) == ProblemCode.TRUNCATED


@pytest.mark.parametrize(
    "data",
    [
        images.jpeg(),
        images.oriented(6, progressive=True),
        images.png(),
        images.png(mode="P"),
        images.jpeg(mode="CMYK"),
    ],
)
def test_no_flipped_byte_raises(data: bytes) -> None:
    """Many more mutants are in tests/property/test_images.py."""
    for mutant in images.flipped(data, 8):
        verdict = inspect(mutant)
        assert isinstance(verdict, Rejected) or len(verdict.data) <= LIMITS.max_bytes


# --- warnings ------------------------------------------------------------------------------------


def page() -> Image.Image:
    """Something like a printed page: dark lines, level."""
    return images.picture(800, 1_000).transpose(Image.Transpose.ROTATE_90)


def test_a_good_picture_has_no_warnings() -> None:
    for data in (images.encoded(page()), images.encoded(page(), "PNG")):
        assert accepted(data).warnings == ()


def test_warnings_about_what_can_be_seen() -> None:
    blank = Image.new("RGB", (800, 600), (250, 250, 248))
    assert accepted(images.encoded(blank)).warnings == ("blank",)
    assert accepted(images.encoded(blank.quantize(4), "PNG")).warnings == ("blank",)
    assert accepted(images.encoded(page().filter(ImageFilter.GaussianBlur(9)))).warnings == ("blurred", "small")
    assert accepted(images.encoded(page().point(lambda value: value // 5))).warnings == ("dark",)


def test_thresholds_are_the_exams() -> None:
    data = images.encoded(page().point(lambda value: value // 5))
    assert accepted(data, ImageLimits(warnings=WarningThresholds(dark=None))).warnings == ()
    assert accepted(data, ImageLimits(warnings=WarningThresholds(blurred=1.0, dark=10))).warnings == ()


def test_a_picture_is_measured_as_it_is_stored() -> None:
    """Upright, whatever the camera noted beside it."""
    lying = images.encoded(page().transpose(Image.Transpose.ROTATE_90))
    assert accepted(lying).warnings == ("turned",)
    noted = images.with_segments(lying, images.segment(0xE1, b"Exif\0\0" + images.exif(6)))
    assert accepted(noted).warnings == ()
