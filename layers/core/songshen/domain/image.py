"""What an uploaded image must be, judged from its bytes alone: nothing here needs a decoder.

An upload is judged by `examine`, a list of checks (`CHECKS`) that runs from cheap to expensive. What it lets
through is small, is what was announced, is a well-formed JPEG or PNG of bounded decoding cost, and
comes with a cleaned copy (`Anatomy.clean`): the same picture, bit for bit, without metadata, further
pictures and trailing bytes. Only that copy is given to a decoder, so bombs in metadata never reach
one.

Policy for files that hold several pictures:

- MPO (a JPEG with a second JPEG behind it, as many phones write it) is accepted as its first
  picture. Every viewer shows exactly that one; the rest are trailing bytes, which are cut off.
- APNG of more than one frame is rejected. Viewers play the animation, so there is no single picture that the candidate,
  the checks and the reviewer are sure to have seen alike.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property

from songshen.domain.anatomy import MAX_MEMORY, MAX_WORK, Anatomy
from songshen.domain.exam import ImageLimits
from songshen.domain.jpeg import JPEG_START, read_jpeg
from songshen.domain.png import PNG_START, Pixels, read_png
from songshen.domain.verdict import Announced, Check, Problem, ProblemCode, check, problem, unsupported

# --- which format --------------------------------------------------------------------------------

_CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png"}

# Where a format's mark stands, the mark, the format.
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, JPEG_START + b"\xff", "JPEG"),
    (0, PNG_START, "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"%!PS", "EPS"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS"),
    (0, b"8BPS", "PSD"),
    (0, b"\0\0\x01\0", "ICO"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"PK\x05\x06", "ZIP"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word/Excel"),
    (0, b"BM", "BMP"),
    (8, b"WEBP", "WebP"),
    *((4, b"ftyp" + brand, "AVIF") for brand in (b"avif", b"avis")),
    *((4, b"ftyp" + brand, "HEIC") for brand in (b"hei", b"hev", b"mif1", b"msf1")),
    (4, b"ftyp", "MP4"),
)


def detect(data: bytes) -> str:
    """The name of the format that the content has, whatever it is called; "" when unknown."""
    for at, mark, name in _MARKS:
        if data.startswith(mark, at):
            return name
    head = data[:1024]
    if b"%PDF-" in head:
        return "PDF"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in text:
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    return ""


# --- the checks ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class UploadedFile:
    """Bytes from a stranger, what was announced, and what is allowed."""

    data: bytes
    announced: Announced
    limits: ImageLimits

    @cached_property
    def sha256(self) -> str:
        """Of the bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def format(self) -> str:
        """See `detect`."""
        return detect(self.data)

    @cached_property
    def anatomy(self) -> Anatomy:
        """Only for the formats that `check_type` lets through."""
        return read_jpeg(self.data, self.limits) if self.format == "JPEG" else read_png(self.data)

    @cached_property
    def pixels(self) -> Pixels:
        """Of a PNG without a flaw so far."""
        return Pixels(self.anatomy)

    @property
    def content_type(self) -> str:
        """The real one; "" for what is neither JPEG nor PNG."""
        return _CONTENT_TYPES.get(self.format, "")


@check("the number of bytes", {ProblemCode.EMPTY: (), ProblemCode.TOO_LARGE: ("max_bytes",)})
def check_size(upload: UploadedFile) -> Problem | None:
    """Something, but not more than allowed."""
    size = len(upload.data)
    if not size:
        return problem(ProblemCode.EMPTY)
    return _too_large(size, upload.limits) if size > upload.limits.max_bytes else None


@check("the bytes and what was announced of them", {ProblemCode.NOT_AS_ANNOUNCED: ()})
def check_announced(upload: UploadedFile) -> Problem | None:
    """The bytes that the candidate's page read are the bytes that arrived."""
    announced = upload.announced
    if len(upload.data) != announced.size or upload.sha256 != announced.sha256:
        return problem(ProblemCode.NOT_AS_ANNOUNCED)
    return None


@check(
    "the first bytes, and the announced type",
    {ProblemCode.UNSUPPORTED_TYPE: ("types",), ProblemCode.WRONG_TYPE: ()},
)
def check_type(upload: UploadedFile) -> Problem | None:
    """JPEG or PNG by content, as the exam allows, and as declared."""
    found = upload.format
    if upload.content_type not in upload.limits.types:
        return unsupported(found, upload.limits)
    if upload.content_type != upload.announced.content_type:
        return problem(ProblemCode.WRONG_TYPE, found=found, extension=_EXTENSIONS[found])
    return None


@check(
    "width and height in the header",
    {ProblemCode.TOO_SMALL: ("min_edge",), ProblemCode.TOO_MANY_PIXELS: ("max_pixels",)},
)
def check_dimensions(upload: UploadedFile) -> Problem | None:
    """Enough pixels to read, not more than can be decoded; from the header, before anything is decoded."""
    anatomy, limits = upload.anatomy, upload.limits
    width, height = anatomy.width, anatomy.height
    if not width:
        return None  # the header is broken: `check_structure` says how
    if min(width, height) < limits.min_edge:
        return problem(ProblemCode.TOO_SMALL, width=width, height=height, min_edge=limits.min_edge)
    if width * height > limits.max_pixels:
        return problem(ProblemCode.TOO_MANY_PIXELS, width=width, height=height)
    return None


@check(
    "width and height as people see it, in a category that asks for exact ones", {ProblemCode.WRONG_SIZE: ("geometry",)}
)
def check_geometry(upload: UploadedFile) -> Problem | None:
    """The very size that is asked for, after turning the picture upright."""
    anatomy, wanted = upload.anatomy, upload.limits.geometry
    width, height = anatomy.width, anatomy.height
    if not wanted or not width:
        return None
    if anatomy.orientation in (5, 6, 7, 8):
        width, height = height, width
    if wanted.fits(width, height):
        return None
    return problem(ProblemCode.WRONG_SIZE, width=width, height=height, wanted=f"{wanted.width}×{wanted.height}")


@check("whether it is animated", {ProblemCode.TOO_MANY_FRAMES: ()})
def check_frames(upload: UploadedFile) -> Problem | None:
    """One still picture; the policy is at the top of this module."""
    return problem(ProblemCode.TOO_MANY_FRAMES) if upload.anatomy.animated else None


@check(
    "what decoding would cost, from the headers",
    {
        ProblemCode.TOO_MANY_SCANS: ("max_scans", "MAX_WORK"),
        ProblemCode.TOO_MANY_PIXELS: ("MAX_MEMORY", "MAX_WORK"),
    },
)
def check_cost(upload: UploadedFile) -> Problem | None:
    """Scan bombs and the like: small, valid, but seconds or hundreds of megabytes to decode."""
    anatomy = upload.anatomy
    if anatomy.scans > upload.limits.max_scans:
        return problem(ProblemCode.TOO_MANY_SCANS)
    if anatomy.memory > MAX_MEMORY or (anatomy.work > MAX_WORK and anatomy.scans <= 12):
        return problem(ProblemCode.TOO_MANY_PIXELS, width=anatomy.width, height=anatomy.height)
    return problem(ProblemCode.TOO_MANY_SCANS) if anatomy.work > MAX_WORK else None


@check(
    "every segment or chunk, as far as that goes without decoding",
    {ProblemCode.TRUNCATED: (), ProblemCode.CORRUPT: ("MAX_SEGMENTS",), ProblemCode.UNSUPPORTED_TYPE: ()},
)
def check_structure(upload: UploadedFile) -> Problem | None:
    """The file is complete and well-formed, as far as this shows without decoding."""
    return upload.anatomy.flaw


CHECKS: tuple[Check[UploadedFile], ...] = (
    check_size,
    check_announced,
    check_type,
    check_dimensions,
    check_geometry,
    check_frames,
    check_cost,
    check_structure,
)


def examine(upload: UploadedFile) -> Problem | None:
    """The first problem that a check finds. With none, `upload.anatomy.clean` can be decoded."""
    return next((found for one in CHECKS if (found := one(upload))), None)


# --- what unpacking and decoding add --------------------------------------------------------------


@check(
    "the length of a PNG's unpacked pixels, and their filters",
    {ProblemCode.TRUNCATED: (), ProblemCode.CORRUPT: (), ProblemCode.TOO_MANY_PIXELS: ("MAX_PAETH",)},
)
def check_pixels(upload: UploadedFile) -> Problem | None:
    """A PNG holds all its pixels, and nothing more. Of a JPEG only the decoder can tell.

    They are unpacked for the decoder and for this at once; here it is those that the decoder has not asked for.
    """
    if upload.format != "PNG":
        return None
    for _ in upload.pixels:
        pass
    code = upload.pixels.flaw
    return problem(code, width=upload.anatomy.width, height=upload.anatomy.height) if code else None


@check("every pixel, as the decoder finds them", {ProblemCode.TRUNCATED: (), ProblemCode.CORRUPT: ()})
def check_decoding(failure: str) -> Problem | None:
    """All pixels came; `failure` is what the decoder says if they did not."""
    if not failure:
        return None
    return problem(ProblemCode.TRUNCATED if "truncated" in failure else ProblemCode.CORRUPT)


@check("the copy, where the picture had to be turned or converted", {ProblemCode.TOO_LARGE: ("max_bytes",)})
def check_copy(copy: tuple[int, ImageLimits]) -> Problem | None:
    """The copy to be stored, of so many bytes, keeps to the same limit as the upload."""
    size, limits = copy
    return _too_large(size, limits) if size > limits.max_bytes else None


def _too_large(size: int, limits: ImageLimits) -> Problem:
    # Rounded up: a file of one byte too many is not called as large as allowed.
    kilobytes = math.ceil(size / 102.4) / 10
    return problem(ProblemCode.TOO_LARGE, size=f"{kilobytes:g}", max_size=f"{limits.max_bytes / 1024:g}")
