"""What is judged from an image's bytes, before any decoder."""

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from songshen.domain import anatomy, image, jpeg, png, verdict
from songshen.domain.anatomy import exif_orientation
from songshen.domain.exam import ImageLimits
from songshen.domain.image import UploadedFile, detect, examine
from songshen.domain.jpeg import read_jpeg
from songshen.domain.png import read_png
from songshen.domain.verdict import Announced, ProblemCode
from tests.support import images

LIMITS = ImageLimits()


def upload(data: bytes, content_type: str = "image/jpeg", limits: ImageLimits = LIMITS) -> UploadedFile:
    """Announced truthfully, but for the media type."""
    return UploadedFile(data, images.announced(data, content_type), limits)


def code(data: bytes, content_type: str = "image/jpeg", limits: ImageLimits = LIMITS) -> str | None:
    """Of all that is found without a decoder."""
    given = upload(data, content_type, limits)
    found = examine(given) or image.check_pixels(given)
    return found.code if found else None


def test_good_images_have_no_problem() -> None:
    for data in (
        images.jpeg(),
        images.jpeg(progressive=True),
        images.jpeg(quality=30),
        images.jpeg(subsampling=0),
    ):
        assert code(data) is None
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        assert code(images.png(mode=mode), "image/png") is None, mode


def test_the_chain_runs_from_cheap_and_dangerous_to_expensive() -> None:
    assert [check.name for check in image.CHECKS] == [
        "check_size",
        "check_announced",
        "check_type",
        "check_dimensions",
        "check_geometry",
        "check_frames",
        "check_cost",
        "check_structure",
    ]


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert code(b"") == ProblemCode.EMPTY


def test_exactly_the_maximum_is_accepted_and_one_byte_more_is_not() -> None:
    data = images.jpeg()
    assert code(data, limits=ImageLimits(max_bytes=len(data))) is None
    assert code(data, limits=ImageLimits(max_bytes=len(data) - 1)) == ProblemCode.TOO_LARGE


def test_one_byte_too_many_is_not_called_exactly_as_large_as_allowed() -> None:
    found = examine(upload(bytes(204_801)))
    assert found is not None
    assert "200.1 KB" in found.text.zh
    assert "200 KB" in found.text.en


@pytest.mark.parametrize("change", ["size", "sha256"])
def test_other_bytes_than_announced(change: str) -> None:
    data = images.jpeg()
    announced = Announced(
        "image/jpeg",
        len(data) + (change == "size"),
        hashlib.sha256(data + (b"x" if change == "sha256" else b"")).hexdigest(),
    )
    found = examine(UploadedFile(data, announced, LIMITS))
    assert found is not None
    assert found.code == ProblemCode.NOT_AS_ANNOUNCED


@pytest.mark.parametrize("name", images.FOREIGN)
@pytest.mark.parametrize("declared", ["image/jpeg", "image/png"])
def test_threat_18_foreign_formats_are_named_whatever_they_are_declared_as(name: str, declared: str) -> None:
    found = examine(upload(images.FOREIGN[name], declared))
    assert found is not None
    assert found.code == ProblemCode.UNSUPPORTED_TYPE
    assert not name or f"这是 {name} 文件" in found.text.zh
    assert not name or f"This is a {name} file" in found.text.en
    assert "JPG/PNG" in found.text.zh
    assert "JPG/PNG" in found.text.en


BEGINNINGS = {
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "EPS": (b"%!PS", b"\xc5\xd0\xd3\xc6"),
    "PSD": (b"8BPS",),
    "ICO": (b"\0\0\x01\0",),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "JPEG XL": (b"\0\0\0\x0cJXL ", b"\xff\x0a"),
    "ZIP": (b"PK\x03\x04", b"PK\x05\x06"),
    "RAR": (b"Rar!\x1a\x07",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "Word/Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    "BMP": (b"BM",),
    "WebP": (b"RIFF\0\0\0\0WEBP",),
    "AVIF": (b"\0\0\0\0ftypavif", b"\0\0\0\0ftypavis"),
    "HEIC": tuple(b"\0\0\0\0ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")),
    "MP4": (b"\0\0\0\0ftypisom", b"\0\0\0\0ftypmp42"),
    "PDF": (b"%PDF-1.4", b"\xef\xbb\xbf%PDF-1.7", b"junk before it" + bytes(1_005) + b"%PDF-"),
    "SVG": (
        b"<svg ",
        b" \n<SVG>",
        b"<?xml version='1.0'?><svg>",
        b"\xef\xbb\xbf<!DOCTYPE svg PUBLIC><svg>",
        b"<!-- by hand --><svg>",
    ),
    "HTML": (b"<!doctype html>", b"\xef\xbb\xbf \n<!DOCTYPE HTML>", b"<html lang=zh>"),
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "": (b"", b"\xff\xd8", b"<?xml version='1.0'?><note>", b"x<svg>", b"WEBP", b"ftyp", bytes(1_020) + b"%PDF-"),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_threat_18_formats_are_known_by_how_they_begin(name: str) -> None:
    for beginning in BEGINNINGS[name]:
        assert detect(beginning) == name, beginning
        assert detect(beginning + bytes(40)) == name, beginning
        if name not in ("PDF", "SVG", "HTML"):
            assert detect(b"\1" + beginning) == "", beginning


@pytest.mark.parametrize(
    ("data", "declared", "remedy"),
    [
        (images.png(), "image/jpeg", "really a PNG. Please rename it to .png,"),
        (images.jpeg(), "image/png", "really a JPEG. Please rename it to .jpg,"),
    ],
)
def test_the_remedy_for_a_wrong_name_has_the_right_one(data: bytes, declared: str, remedy: str) -> None:
    found = examine(upload(data, declared))
    assert found is not None
    assert remedy in found.text.en


def test_a_format_that_the_exam_does_not_allow() -> None:
    only_jpeg = ImageLimits(types=("image/jpeg",))
    found = examine(upload(images.png(), "image/png", only_jpeg))
    assert found is not None
    assert found.code == ProblemCode.UNSUPPORTED_TYPE
    assert "JPG/PNG" not in found.text.zh


def test_declared_as_the_other_type() -> None:
    assert code(images.jpeg(), "image/png") == ProblemCode.WRONG_TYPE
    assert code(images.png(), "image/jpeg") == ProblemCode.WRONG_TYPE


@pytest.mark.parametrize(("width", "height", "expected"), [(199, 900, "too_small"), (900, 199, "too_small")])
def test_too_small_is_about_the_shorter_edge(width: int, height: int, expected: str) -> None:
    assert code(images.jpeg(width, height)) == expected
    assert code(images.png(width, height), "image/png") == expected
    assert code(images.jpeg(200, 900)) is None


def test_threat_20_pixel_floods_are_seen_in_the_header() -> None:
    assert code(images.with_jpeg_size(images.jpeg(), 65_535, 65_535)) == ProblemCode.TOO_MANY_PIXELS
    assert code(images.with_png_size(images.png(), 1 << 30, 1 << 30), "image/png") == ProblemCode.TOO_MANY_PIXELS


def test_exactly_as_many_pixels_as_allowed() -> None:
    data = images.jpeg(300, 200)
    assert code(data, limits=ImageLimits(max_pixels=60_000)) is None
    assert code(data, limits=ImageLimits(max_pixels=59_999)) == ProblemCode.TOO_MANY_PIXELS


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_valid_files_that_would_take_too_much_memory_or_time(mode: str) -> None:
    """Fewer pixels than allowed, but the decoder would need more than its share."""
    flat = images.with_png_size(images.png(mode=mode), 7_000, 7_000)
    assert code(flat, "image/png") == ProblemCode.TOO_MANY_PIXELS
    progressive = images.with_jpeg_size(images.jpeg(progressive=True), 7_000, 7_000)
    assert code(progressive) == ProblemCode.TOO_MANY_PIXELS


def test_a_photograph_of_twelve_megapixels_is_no_bomb() -> None:
    for progressive in (False, True):
        data = images.with_jpeg_size(images.jpeg(progressive=progressive), 4_000, 3_000)
        assert code(data) is None


def test_a_png_of_eight_megapixels_is_no_bomb() -> None:
    flat = images.encoded(Image.new("RGB", (3_300, 2_500)), "PNG")
    assert code(flat, "image/png") is None


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_a_png_holds_all_its_pixels(mode: str) -> None:
    """The chunks are well-formed, but there is one row less in them than the header says."""
    data = images.png(201, 203, mode)
    assert code(data, "image/png") is None
    assert code(images.with_png_size(data, 201, 204), "image/png") == ProblemCode.TRUNCATED


@pytest.mark.parametrize("width", [*range(1, 10), 201, 320])
def test_an_interlaced_png_holds_all_its_pixels(width: int) -> None:
    """Whatever is left over of the squares of 8 px that it is interlaced by."""
    limits = ImageLimits(min_edge=1)
    for height in (*range(1, 10), 203, 240):
        assert code(images.interlaced_png(width, height), "image/png", limits) is None
        one_less = images.interlaced_png(width, height, missing=1)
        assert code(one_less, "image/png", limits) == ProblemCode.TRUNCATED


def test_a_png_with_pixels_that_do_not_unpack() -> None:
    data = images.png()
    idat = data.index(b"IDAT")
    length = int.from_bytes(data[idat - 4 : idat], "big")
    for body, expected in ((bytes(length), ProblemCode.CORRUPT), (b"", ProblemCode.TRUNCATED)):
        broken = data[: idat - 4] + images.chunk(b"IDAT", body) + data[idat + 8 + length :]
        assert code(broken, "image/png") == expected


def test_threat_21_scan_bombs() -> None:
    assert code(images.scan_bomb(1_000)) == ProblemCode.TOO_MANY_SCANS
    assert code(images.scan_bomb(101)) == ProblemCode.TOO_MANY_SCANS
    assert code(images.scan_bomb(100)) is None


def test_fewer_scans_over_more_pixels_are_a_bomb_as_well() -> None:
    assert code(images.scan_bomb(90, 3_000, 3_000)) == ProblemCode.TOO_MANY_SCANS


def test_threat_21_the_walk_over_a_scan_bomb_stops_at_the_limit() -> None:
    assert read_jpeg(images.scan_bomb(1_000), LIMITS).scans == LIMITS.max_scans + 1


def test_the_walk_over_countless_segments_stops() -> None:
    assert code(images.with_segments(images.jpeg(), *[b"\xff\xfe\0\2"] * 40_000)) == ProblemCode.CORRUPT
    assert code(images.with_chunks(images.png(), *[images.chunk(b"tEXt", b"")] * 15_000), "image/png") == "corrupt"


def test_threat_19_apng_is_rejected() -> None:
    assert code(images.apng(), "image/png") == ProblemCode.TOO_MANY_FRAMES


def test_threat_19_mpo_is_its_first_picture() -> None:
    data = images.mpo()
    found = upload(data)
    assert data.count(b"MPF\0")
    assert examine(found) is None
    anatomy = found.anatomy
    assert (anatomy.width, anatomy.height) == (320, 240)
    assert b"MPF\0" not in anatomy.clean
    assert anatomy.clean.count(b"\xff\xd8\xff") == 1
    assert anatomy.clean[-2_000:] in data


@pytest.mark.parametrize("name", ["baseline", "progressive", "png", "exif"])
def test_threat_23_truncated_anywhere(name: str) -> None:
    data, content_type = {
        "baseline": (images.jpeg(), "image/jpeg"),
        "progressive": (images.jpeg(progressive=True), "image/jpeg"),
        "exif": (images.oriented(6), "image/jpeg"),
        "png": (images.png(), "image/png"),
    }[name]
    for length in {*range(8, len(data), 97), *range(len(data) - 40, len(data))}:
        assert code(data[:length], content_type) == ProblemCode.TRUNCATED, length
    for length in range(1, 8):
        assert code(data[:length], content_type) is not None


@pytest.mark.parametrize(
    "data",
    [
        images.jpeg()[:2] + images.jpeg(),  # a second start
        images.jpeg()[:-2] + b"\xff\xf0\0\2\xff\xd9",  # a marker that does not exist
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\0" + bytes(40),  # a segment shorter than its own length
        images.with_jpeg_size(images.jpeg(), 320, 0),
        images.jpeg().replace(b"\x11\0\x3f\0", b"\x11\0\x40\0", 1),  # a scan of 65 coefficients
        images.jpeg().replace(b"\x11\0\x3f\0", b"\x11\x3f\0\0", 1),  # and of less than none
        images.with_segments(images.jpeg(), images.segment(0xDA, b"\1\1\0\0\x3f\0")),  # a scan before the frame
    ],
)
def test_corrupt_jpeg(data: bytes) -> None:
    assert code(data) == ProblemCode.CORRUPT


@pytest.mark.parametrize("marker", [0xC3, 0xC9, 0xCA])
def test_kinds_of_jpeg_that_browsers_do_not_show(marker: int) -> None:
    data = images.jpeg().replace(b"\xff\xc0", bytes((0xFF, marker)), 1)
    found = examine(upload(data))
    assert found is not None
    assert found.code == ProblemCode.UNSUPPORTED_TYPE
    assert "JPEG" in found.text.en


def test_threat_22_broken_chunks() -> None:
    good = images.png()
    idat = good.index(b"IDAT")
    for data in (
        good[: idat + 10] + bytes((good[idat + 10] ^ 1,)) + good[idat + 11 :],  # a wrong checksum
        good[:33] + good[8:],  # two headers
        good[:8] + good[33:],  # none
        good[:33] + good[-12:],  # no picture
        images.with_chunks(good, images.chunk(b"ABCD", b"")),  # an unknown chunk that matters
        images.with_chunks(good, images.chunk(b"PLTE", b"\0\0")),
        images.png(mode="P").replace(b"PLTE", b"pLTE"),
        good[:-12] + images.chunk(b"IEND", b"x"),
        images.with_png_size(good, 0, 240),
        good[:8] + images.chunk(b"IHDR", good[16:24] + bytes((8, 5, 0, 0, 0))) + good[33:],  # no such colour type
        good[:33] + b"\xff\xff\xff\xff" + good[37:],
    ):
        assert code(data, "image/png") == ProblemCode.CORRUPT


# --- cleaning ------------------------------------------------------------------------------------


def clean(data: bytes) -> bytes:
    return (read_png(data) if data.startswith(b"\x89") else read_jpeg(data, LIMITS)).clean


@pytest.mark.parametrize(
    "data",
    [
        images.jpeg(),
        images.jpeg(progressive=True),
        images.jpeg(icc_profile=images.profile()),
        images.jpeg(icc_profile=images.profile(70_000)),  # in two segments
        images.jpeg(mode="CMYK"),  # has Adobe's segment
        images.jpeg(restart_marker_rows=1),
        images.png(),
        images.png(mode="P"),
        images.png(mode="RGBA"),
        images.png(icc_profile=images.profile()),
    ],
)
def test_nothing_changes_where_nothing_has_to(data: bytes) -> None:
    assert clean(data) == data
    assert clean(clean(data)) == data


@pytest.mark.parametrize(
    "trailer", [b"PK\x03\x04 an archive", b"<html><script>alert(1)</script></html>", b"\0", b"\xff\xd9", bytes(50_000)]
)
def test_threat_24_what_follows_the_picture_is_cut_off(trailer: bytes) -> None:
    for data in (images.jpeg(), images.png()):
        assert clean(data + trailer) == data


def test_threat_25_metadata_of_a_jpeg_is_dropped() -> None:
    plain = images.jpeg()
    full = images.with_segments(
        images.jpeg(comment="<script>alert(1)</script>"),
        images.segment(0xE1, b"Exif\0\0" + images.exif(1)),
        images.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
        images.segment(0xED, b"Photoshop 3.0\0" + bytes(30)),
        images.segment(0xE2, b"ICC_PROFILE\0\1\1not a profile"),
        images.segment(0xE5, b"whatever"),
    )
    assert images.GPS_MARK in full
    assert clean(full) == plain


def test_a_thumbnail_in_the_jfif_segment_is_dropped() -> None:
    """It may show more than the picture itself: what was cropped away."""
    plain = images.jpeg()
    assert plain[2:4] == b"\xff\xe0"
    body = plain[6:18] + b"\1\1rgb"
    assert clean(plain[:2] + images.segment(0xE0, body) + plain[20:]) == plain


def test_an_end_marker_within_metadata_is_not_the_end() -> None:
    data = images.with_segments(images.jpeg(), images.segment(0xE1, b"Exif\0\0" + images.jpeg(64, 64)))
    assert clean(data) == images.jpeg()


def test_threat_25_metadata_of_a_png_is_dropped() -> None:
    plain = images.png()
    full = images.with_chunks(
        plain,
        images.chunk(b"tEXt", b"Comment\0<script>"),
        images.chunk(b"eXIf", images.exif(1)),
        images.chunk(b"tIME", bytes(7)),
        images.chunk(b"prVt", images.GPS_MARK),
    )
    assert clean(full) == plain


@pytest.mark.parametrize("bomb", [images.text_bomb, images.profile_bomb])
def test_threat_22_what_unpacks_to_megabytes_is_dropped_unread(bomb: Callable[[], bytes]) -> None:
    data = bomb()
    assert len(data) < LIMITS.max_bytes
    assert clean(data) == images.png()


def test_profiles_that_are_none_or_too_large_are_dropped() -> None:
    unsigned = images.profile().replace(b"acsp", b"none")
    huge = images.profile(2 << 20)  # valid, and tiny when packed
    assert clean(images.jpeg(icc_profile=unsigned)) == images.jpeg()
    for profile in (unsigned, huge):
        packed = images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile, 9))
        assert clean(images.with_chunks(images.png(), packed)) == images.png()


def test_colour_chunks_stay_and_broken_ones_go() -> None:
    good = images.with_chunks(images.png(), images.chunk(b"gAMA", (45_455).to_bytes(4, "big")))
    assert clean(good) == good
    for broken in (images.chunk(b"gAMA", b"\0"), images.chunk(b"tRNS", b"\0"), images.chunk(b"iCCP", b"x\0\0junk")):
        assert clean(images.with_chunks(images.png(), broken)) == images.png()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(10))
def test_orientation_is_read_in_both_byte_orders(orientation: int, order: str) -> None:
    expected = orientation if 1 <= orientation <= 8 else 1
    assert exif_orientation(images.exif(orientation, order)) == expected
    assert read_jpeg(images.oriented(orientation, order=order), LIMITS).orientation == expected
    chunked = images.with_chunks(images.png(), images.chunk(b"eXIf", images.exif(orientation, order)))
    assert read_png(chunked).orientation == expected


# Whatever a stranger sends is answered: here for a few files, in tests/property/test_images.py for many.


@pytest.mark.parametrize("order", ["<", ">"])
def test_threat_26_no_cut_or_flipped_exif_block_raises(order: str) -> None:
    block = images.exif(6, order)
    for broken in [block[:length] for length in range(len(block))] + images.flipped(block, len(block)):
        assert 1 <= exif_orientation(broken) <= 8


@pytest.mark.parametrize(
    "data",
    [images.oriented(6, progressive=True), images.png(220, 210, mode="P"), images.scan_bomb(20)],
    ids=["jpeg", "png", "scans"],
)
def test_no_flipped_byte_raises(data: bytes) -> None:
    for mutant in images.flipped(data, 40):
        for content_type in ("image/jpeg", "image/png"):
            examine(upload(mutant, content_type))


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", images.jpeg()[:200]])
@pytest.mark.parametrize("junk", [b"", b"\0", bytes(300), b"\xff" * 300, bytes(range(256))])
def test_no_junk_raises(start: bytes, junk: bytes) -> None:
    assert examine(upload(start + junk, "image/png" if start[0] == 0x89 else "image/jpeg")) is not None


def test_the_rules_need_no_decoder() -> None:
    for module in (verdict, anatomy, jpeg, png, image):
        assert module.__file__ is not None
        assert "PIL" not in Path(module.__file__).read_text(encoding="utf-8")
