"""What an uploaded image must be, judged from its bytes alone: nothing here needs a decoder.

An upload is judged by `examine`, a list of checks that runs from cheap to expensive. What it lets
through is small, is what was announced, is a well-formed JPEG or PNG of bounded decoding cost, and
comes with a cleaned copy (`Anatomy.clean`): the same picture, bit for bit, without metadata, further
pictures and trailing bytes. Only that copy is given to a decoder, so bombs in metadata never reach
one.

Policy for files that hold several pictures:

- MPO (a JPEG with a second JPEG behind it, as many phones write it) is accepted as its first
  picture. Every viewer shows exactly that one; the rest are trailing bytes, which are cut off.
- APNG is rejected. Viewers play the animation, so there is no single picture that the candidate,
  the checks and the reviewer are sure to have seen alike.
"""

import hashlib
import math
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from songshen.domain.exam import ImageLimits, Text

# Decoding cost that no honest 200 KB file comes near; estimated from headers (see `Anatomy`).
MAX_MEMORY = 64 * 1024 * 1024  # bytes: a progressive photograph of 20 megapixels
MAX_WORK = 250_000_000  # ns: that photograph in 20 scans, a PNG of 10 megapixels in colour

# Segments of a JPEG, chunks of a PNG. Real files have some dozens; this keeps the walk below 5 ms.
MAX_SEGMENTS = 2_000

MAX_PROFILE = 1024 * 1024  # bytes of an unpacked colour profile

# Measured on a grey copy of about 600 px (see `Measures`). They only warn, and are set to be rarely
# wrong.
BLANK_CONTRAST = 4.0
DARK_BRIGHTNESS = 40.0
BLURRED_SHARPNESS = 14.0


class ProblemCode(StrEnum):
    """Why an image is not accepted."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AS_ANNOUNCED = "not_as_announced"
    UNSUPPORTED_TYPE = "unsupported_type"
    WRONG_TYPE = "wrong_type"
    TOO_SMALL = "too_small"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_SCANS = "too_many_scans"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"


class WarningCode(StrEnum):
    """What a candidate should look at again; the image is accepted all the same."""

    BLANK = "blank"
    DARK = "dark"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an image is not accepted, and what the candidate does next."""

    code: ProblemCode
    text: Text


@dataclass(frozen=True, slots=True)
class Announced:
    """What the candidate said would come: media type, size in bytes, SHA-256 in lower-case hex."""

    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The image to keep: upright, without metadata, `width` x `height` px; `sha256` is of `data`.

    `warnings` are values of `WarningCode`.
    """

    data: bytes
    content_type: str
    width: int
    height: int
    sha256: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The image is refused."""

    problem: Problem


type Verdict = Accepted | Rejected


@dataclass(frozen=True, slots=True)
class Measures:
    """Of a grey copy: mean, standard deviation, steepness of the edges; each 0..255."""

    brightness: float
    contrast: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a walk over a file's segments finds.

    `width` and `height` are px as stored, 0 where the file does not get so far; `orientation`
    (1..8) says how to turn them upright. `memory` (bytes) and `work` (ns, roughly) are what
    decoding costs. `clean` is the file without all that is not needed to show it. `flaw` says why
    it cannot be decoded. `unpacked` is how many bytes a PNG's pixels are.
    """

    width: int = 0
    height: int = 0
    animated: bool = False
    scans: int = 1
    memory: int = 0
    work: int = 0
    orientation: int = 1
    cmyk: bool = False
    clean: bytes = b""
    flaw: Problem | None = None
    unpacked: int = 0


# --- what people read ----------------------------------------------------------------------------

_TEXTS: dict[ProblemCode, tuple[str, str]] = {
    ProblemCode.EMPTY: (
        "文件是空的，没有任何内容。请重新选择图片上传。",
        "The file is empty. Please choose the picture again and upload it.",
    ),
    ProblemCode.TOO_LARGE: (
        "图片大小为 {size} KB，超过了 {max_size} KB 的上限。请压缩图片或缩小尺寸后重新上传。",
        "The picture is {size} KB; at most {max_size} KB are allowed. "
        "Please compress it or make it smaller and upload it again.",
    ),
    ProblemCode.NOT_AS_ANNOUNCED: (
        "收到的图片与您选择的文件不一致，可能是传输出错。请重新选择原图上传。",
        "What arrived is not the file that you chose; something may have gone wrong on the way. "
        "Please choose the picture again and upload it.",
    ),
    ProblemCode.UNSUPPORTED_TYPE: (
        "这是 {found} 文件，只能上传 {allowed} 格式的图片。{advice_zh}",
        "This is a {found} file; only {allowed} pictures can be uploaded. {advice_en}",
    ),
    ProblemCode.WRONG_TYPE: (
        "文件扩展名与内容不符：内容其实是 {found}。请把扩展名改为 .{extension}，或另存为 JPG 后重新上传。",
        "The file's name and content do not agree: it is really a {found}. "
        "Please rename it to .{extension}, or save it as JPG, and upload it again.",
    ),
    ProblemCode.TOO_SMALL: (
        "图片只有 {width}×{height} 像素，看不清内容：短边至少需要 {min_edge} 像素。请上传原图，不要上传缩略图。",
        "The picture is only {width}×{height} pixels; its shorter edge must have {min_edge} or more. "
        "Please upload the original, not a thumbnail.",
    ),
    ProblemCode.TOO_MANY_PIXELS: (
        "图片尺寸过大（{width}×{height} 像素）。请把长边缩小到 4000 像素以内，保存为 JPG 后重新上传。",
        "The picture is too big ({width}×{height} pixels). "
        "Please reduce its longer edge to 4000 pixels, save it as JPG and upload it again.",
    ),
    ProblemCode.TOO_MANY_FRAMES: (
        "这是动态图片，材料只能是一张静止的照片。请截图或另存为 JPG 后重新上传。",
        "This is an animated picture; a material is one still picture. "
        "Please take a screenshot or save it as JPG and upload it again.",
    ),
    ProblemCode.TOO_MANY_SCANS: (
        "图片的编码方式异常，无法处理。请用手机相册或看图软件另存为普通 JPG 后重新上传。",
        "The picture is encoded in an unusual way and cannot be processed. "
        "Please save it as an ordinary JPG with a photo app and upload it again.",
    ),
    ProblemCode.TRUNCATED: (
        "图片不完整，可能是保存或传输时中断。请确认原图可以完整打开，再重新上传。",
        "The picture is incomplete; saving or sending it may have been interrupted. "
        "Please make sure that the original opens completely and upload it again.",
    ),
    ProblemCode.CORRUPT: (
        "图片已损坏，无法打开。请重新拍照或另存为 JPG 后重新上传。",
        "The picture is damaged and cannot be opened. Please take it again, or save it as JPG, and upload it again.",
    ),
}

_SAVE_AS = (
    "请用看图软件另存为 JPG 后重新上传（只修改扩展名无效）。",
    "Please save it as JPG with a photo app and upload it again (renaming is not enough).",
)
_ADVICE: dict[str, tuple[str, str]] = {
    "HEIC": (
        "iPhone 请在“设置－相机－格式”中选择“兼容性最佳”后重新拍照，或将照片导出为 JPG 后上传。",
        "On an iPhone choose Settings, Camera, Formats, Most Compatible and take it again, or export it as JPG.",
    ),
    "PDF": (
        "请把文件页面截图，或导出为 JPG 后重新上传。",
        "Please take a screenshot of the page, or export it as JPG, and upload it again.",
    ),
    "ZIP": (
        "请先解压或打开文件，把其中的图片另存为 JPG 后重新上传。",
        "Please unpack or open it first, save the picture in it as JPG and upload that.",
    ),
}

_WARNINGS: dict[WarningCode, Text] = {
    WarningCode.BLANK: Text(
        "图片几乎是空白的，请确认没有选错。",
        "The picture is almost blank; please check that it is the right one.",
    ),
    WarningCode.DARK: Text(
        "图片偏暗，可能看不清。建议在光线充足的地方重新拍照。",
        "The picture is dark and may not be legible. Better take it again in good light.",
    ),
    WarningCode.BLURRED: Text(
        "图片可能模糊。请放大确认姓名、编号等文字清晰可辨，否则请重新拍照。",
        "The picture may be blurred. Please enlarge it: can names and numbers be read?",
    ),
}


def problem(code: ProblemCode, **facts: object) -> Problem:
    """The problem with its text; the facts are the names in braces in the text of that code."""
    zh, en = _TEXTS[code]
    return Problem(code, Text(zh.format(**facts), en.format(**facts)))


def unsupported(found: str, limits: ImageLimits) -> Problem:
    """`found` names the real format, "" where it is not known."""
    advice_zh, advice_en = _ADVICE.get(found, _SAVE_AS)
    allowed = "/".join(_KINDS[kind] for kind in _KINDS if kind in limits.types)
    if not found:
        return Problem(
            ProblemCode.UNSUPPORTED_TYPE,
            Text(
                f"这不是可以识别的图片，只能上传 {allowed} 格式的图片。{advice_zh}",
                f"This is not a picture that can be recognised; only {allowed} pictures can be uploaded. {advice_en}",
            ),
        )
    return problem(ProblemCode.UNSUPPORTED_TYPE, found=found, allowed=allowed, advice_zh=advice_zh, advice_en=advice_en)


def warning_text(code: str) -> Text:
    """The text for one of `Accepted.warnings`."""
    return _WARNINGS[WarningCode(code)]


def warnings_of(measures: Measures) -> tuple[str, ...]:
    """What a candidate should look at again."""
    if measures.contrast < BLANK_CONTRAST:
        return (WarningCode.BLANK.value,)
    found = []
    if measures.brightness < DARK_BRIGHTNESS:
        found.append(WarningCode.DARK.value)
    if measures.sharpness < BLURRED_SHARPNESS:
        found.append(WarningCode.BLURRED.value)
    return tuple(found)


# --- which format --------------------------------------------------------------------------------

_KINDS = {"image/jpeg": "JPG", "image/png": "PNG"}
_CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png"}

_JPEG_START = b"\xff\xd8"
_PNG_START = b"\x89PNG\r\n\x1a\n"

# Where a format's mark stands, the mark, the format.
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, _JPEG_START + b"\xff", "JPEG"),
    (0, _PNG_START, "PNG"),
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


# --- EXIF and colour profiles --------------------------------------------------------------------


def exif_orientation(tiff: bytes) -> int:
    """The orientation (1..8) in an EXIF block; 1 where it has none, or nothing legible.

    Browsers do the same.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * min(count, 512), 12):
            tag, kind, number = struct.unpack_from(order + "HHI", tiff, entry)
            if tag == 0x0112:
                if kind not in (3, 4) or number != 1:
                    return 1
                (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), tiff, entry + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _is_profile(profile: bytes) -> bool:
    return len(profile) >= 128 and profile[36:40] == b"acsp" and int.from_bytes(profile[:4], "big") == len(profile)


def _is_png_profile(chunk: bytes) -> bool:
    name, _, rest = chunk.partition(b"\0")
    if not 1 <= len(name) <= 79 or rest[:1] != b"\0":
        return False
    unpack = zlib.decompressobj()
    try:
        profile = unpack.decompress(rest[1:], MAX_PROFILE)
    except zlib.error:
        return False
    return unpack.eof and not unpack.unused_data and _is_profile(profile)


# --- JPEG ----------------------------------------------------------------------------------------

# A marker that ends a scan: restart markers (D0-D7) and stuffed FFs (FF 00) are part of its data.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_TEM, _DHT, _SOI, _EOI, _SOS, _DQT, _DRI = 0x01, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: what browsers show
_PROGRESSIVE = 0xC2
_OTHER_FRAMES = dict.fromkeys((0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF), "lossless JPEG")
_OTHER_FRAMES |= dict.fromkeys((0xC9, 0xCA), "arithmetic JPEG")
_NEEDED = {_DHT, _DQT, _DRI}
_DROPPED = {0xCC, 0xDC, 0xFE} | set(range(0xE0, 0xF0))  # DAC, DNL, COM, APPn


class _FlawError(Exception):
    """The walk ends here."""

    def __init__(self, found: Problem | ProblemCode) -> None:
        self.problem = found if isinstance(found, Problem) else problem(found)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A JPEG's frame header: size in px, and how many 8x8 blocks each component has."""

    width: int
    height: int
    progressive: bool
    blocks: dict[int, int]


def _frame(marker: int, body: bytes) -> _Frame:
    if len(body) < 6 or len(body) != 6 + 3 * body[5] or body[5] not in (1, 3, 4):
        raise _FlawError(ProblemCode.CORRUPT)
    height, width = struct.unpack_from(">HH", body, 1)
    components = [(body[at], body[at + 1] >> 4, body[at + 1] & 15) for at in range(6, len(body), 3)]
    if not width or not height or not all(1 <= h <= 4 and 1 <= v <= 4 for _, h, v in components):
        raise _FlawError(ProblemCode.CORRUPT)
    widest, tallest = max(h for _, h, _ in components), max(v for _, _, v in components)
    blocks = {
        name: math.ceil(width * h / widest / 8) * math.ceil(height * v / tallest / 8) for name, h, v in components
    }
    if len(blocks) != len(components):
        raise _FlawError(ProblemCode.CORRUPT)
    return _Frame(width, height, marker == _PROGRESSIVE, blocks)


def _scan_work(frame: _Frame, body: bytes) -> int:
    """What reading one scan costs (ns): a visit to every block, and where the scan refines earlier
    ones, to every coefficient that it may correct."""
    if not body or len(body) != 4 + 2 * body[0] or not 1 <= body[0] <= 4:
        raise _FlawError(ProblemCode.CORRUPT)
    named = body[1 : 1 + 2 * body[0] : 2]
    first, last, approximation = body[-3:]
    if first > last or last > 63 or not all(name in frame.blocks for name in named):
        raise _FlawError(ProblemCode.CORRUPT)
    steps = 10 + (last - first if approximation >> 4 else 0)
    return steps * sum(frame.blocks[name] for name in named)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, whole segment (of a scan: with its data) and body, to the end marker inclusive."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None:
            raise _FlawError(ProblemCode.TRUNCATED)
        begin = found.start()
        marker = data[begin + 1]
        if marker == _TEM:  # stands alone and means nothing
            at = begin + 2
            continue
        if marker == _EOI:
            yield marker, data[begin : begin + 2], b""
            return
        if marker == _SOI:
            raise _FlawError(ProblemCode.CORRUPT)
        end = begin + 2 + int.from_bytes(data[begin + 2 : begin + 4], "big")
        if len(data) < max(end, begin + 4):
            raise _FlawError(ProblemCode.TRUNCATED)
        if end < begin + 4:
            raise _FlawError(ProblemCode.CORRUPT)
        at = end
        if marker == _SOS:
            following = _MARKER.search(data, end)
            at = following.start() if following else len(data)
        yield marker, data[begin:at], data[begin + 4 : end]
    raise _FlawError(ProblemCode.CORRUPT)


class _JpegReader:
    """Gathers what `Anatomy` says from the segments of one JPEG."""

    def __init__(self, limits: ImageLimits) -> None:
        self.limits = limits
        self.kept = [_JPEG_START]
        self.profile: dict[int, tuple[int, bytes]] = {}  # by sequence number: total, part
        self.profile_at: set[int] = set()  # where in `kept`
        self.frame: _Frame | None = None
        self.orientation: int | None = None
        self.scans = self.work = 0
        self.buffered = False

    def read(self, data: bytes) -> Anatomy:
        flaw = None
        try:
            for marker, segment, body in _jpeg_segments(data):
                self._take(marker, segment, body)
                if self.scans > self.limits.max_scans:
                    break
        except _FlawError as error:
            flaw = error.problem
        frame = self.frame
        return Anatomy(
            width=frame.width if frame else 0,
            height=frame.height if frame else 0,
            scans=self.scans,
            memory=128 * sum(frame.blocks.values()) if frame and self.buffered else 0,
            work=self.work,
            orientation=self.orientation or 1,
            cmyk=frame is not None and len(frame.blocks) == 4,
            clean=b"" if flaw else self._clean(),
            flaw=flaw,
        )

    def _take(self, marker: int, segment: bytes, body: bytes) -> None:
        if marker == _SOS:
            self._take_scan(segment, body)
        elif marker in _NEEDED or (marker == _EOI and self.scans):
            self.kept.append(segment)
        elif marker in _FRAMES and self.frame is None:
            if body[:1] != b"\x08":
                raise _FlawError(unsupported("12-bit JPEG", self.limits))
            self.frame = _frame(marker, body)
            self.kept.append(segment)
        elif marker in _OTHER_FRAMES:
            raise _FlawError(unsupported(_OTHER_FRAMES[marker], self.limits))
        elif marker in _DROPPED:
            self._take_metadata(marker, segment, body)
        else:
            raise _FlawError(ProblemCode.CORRUPT)

    def _take_scan(self, segment: bytes, body: bytes) -> None:
        if self.frame is None:
            raise _FlawError(ProblemCode.CORRUPT)
        self.work += _scan_work(self.frame, body)
        self.scans += 1
        # All coefficients are kept in memory when they do not come in one go.
        if self.frame.progressive or body[0] < len(self.frame.blocks):
            self.buffered = True
        self.kept.append(segment)

    def _take_metadata(self, marker: int, segment: bytes, body: bytes) -> None:
        """Keeps only what the colours depend on."""
        if marker == _APP0 and body.startswith(b"JFIF\0") and len(body) >= 14:
            # Without its thumbnail, which may show more than the picture: what was cropped away.
            self.kept.append(b"\xff\xe0\x00\x10" + body[:12] + b"\0\0")
        elif marker == _APP1 and body.startswith(b"Exif\0\0") and self.orientation is None:
            self.orientation = exif_orientation(body[6:])
        elif marker == _APP2 and body.startswith(b"ICC_PROFILE\0") and len(body) >= 14:
            self.profile[body[12]] = (body[13], body[14:])
            self.profile_at.add(len(self.kept))
            self.kept.append(segment)
        elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            self.kept.append(b"\xff\xee\x00\x0e" + body[:12])

    def _clean(self) -> bytes:
        parts = [self.profile[number] for number in sorted(self.profile)]
        complete = all(total == len(self.profile_at) for total, _ in parts)
        if complete and _is_profile(b"".join(part for _, part in parts)):
            return b"".join(self.kept)
        return b"".join(part for at, part in enumerate(self.kept) if at not in self.profile_at)


def read_jpeg(data: bytes, limits: ImageLimits) -> Anatomy:
    """Walks the segments of a JPEG; scans are counted up to one more than `limits.max_scans`."""
    return _JpegReader(limits).read(data)


# --- PNG -----------------------------------------------------------------------------------------

# By colour type: allowed bit depths, samples per pixel, bytes per pixel once decoded (8-bit).
_PNG_COLOURS: dict[int, tuple[set[int], int, int]] = {
    0: ({1, 2, 4, 8, 16}, 1, 1),
    2: ({8, 16}, 3, 4),
    3: ({1, 2, 4, 8}, 1, 1),
    4: ({8, 16}, 2, 4),
    6: ({8, 16}, 4, 4),
}
# The passes of an interlaced PNG: first column, first row, column step, row step.
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PNG_COLOUR_CHUNKS = {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"}
_PNG_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}
_CHUNK_NAME = re.compile(rb"[A-Za-z]{4}")


@dataclass(frozen=True, slots=True)
class _PngHeader:
    """A PNG's header, and what follows from it; see `Anatomy`."""

    width: int
    height: int
    colour: int
    memory: int
    unpacked: int


def _png_header(body: bytes) -> _PngHeader:
    if len(body) != 13:
        raise _FlawError(ProblemCode.CORRUPT)
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", body)
    depths, samples, stored = _PNG_COLOURS.get(colour, (set(), 0, 0))
    size_fits = 0 < width < 1 << 31 and 0 < height < 1 << 31
    if not size_fits or depth not in depths or compression or filters or interlace > 1:
        raise _FlawError(ProblemCode.CORRUPT)
    if colour == 0 and depth == 16:
        stored = 2
    unpacked = 0
    for left, top, across, down in _ADAM7 if interlace else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            unpacked += rows * (1 + (columns * samples * depth + 7) // 8)
    return _PngHeader(width, height, colour, width * height * stored, unpacked)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, whole chunk and body, to the end chunk inclusive. Checksums are not looked at."""
    at = len(_PNG_START)
    for _ in range(MAX_SEGMENTS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if len(name) < 4:
            raise _FlawError(ProblemCode.TRUNCATED)
        if not _CHUNK_NAME.fullmatch(name) or length >= 1 << 31:
            raise _FlawError(ProblemCode.CORRUPT)
        begin, at = at, at + 12 + length
        if at > len(data):
            raise _FlawError(ProblemCode.TRUNCATED)
        yield name, data[begin:at], data[begin + 8 : at - 4]
        if name == b"IEND":
            return
    raise _FlawError(ProblemCode.CORRUPT)


class _PngReader:
    """Gathers what `Anatomy` says from the chunks of one PNG."""

    def __init__(self) -> None:
        self.kept = [_PNG_START]
        self.seen: set[bytes] = set()
        self.header: _PngHeader | None = None
        self.palette = 0  # number of colours
        self.animated = False
        self.orientation: int | None = None

    def read(self, data: bytes) -> Anatomy:
        flaw = None
        try:
            for name, chunk, body in _png_chunks(data):
                self._take(name, chunk, body)
        except _FlawError as error:
            flaw = error.problem
        header = self.header
        return Anatomy(
            width=header.width if header else 0,
            height=header.height if header else 0,
            animated=self.animated,
            memory=header.memory if header else 0,
            work=8 * header.unpacked if header else 0,
            orientation=self.orientation or 1,
            clean=b"" if flaw else b"".join(self.kept),
            flaw=flaw,
            unpacked=header.unpacked if header else 0,
        )

    def _take(self, name: bytes, chunk: bytes, body: bytes) -> None:
        if (name == b"IHDR") != (self.header is None):
            raise _FlawError(ProblemCode.CORRUPT)  # the header comes first, and once
        if name[0] & 0x20 and not self._needs(name, body):
            return
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise _FlawError(ProblemCode.CORRUPT)
        if name == b"IHDR":
            self.header = _png_header(body)
        elif not name[0] & 0x20 and not self._fits(name, body):
            raise _FlawError(ProblemCode.CORRUPT)
        self.seen.add(name)
        self.kept.append(chunk)

    def _fits(self, name: bytes, body: bytes) -> bool:
        """Whether a critical chunk is known, in its place, and of a possible size."""
        indexed = self.header is not None and self.header.colour == 3
        if name == b"PLTE":
            self.palette = len(body) // 3
            early = not self.seen & {b"PLTE", b"IDAT"}
            return early and 3 <= len(body) <= 768 and len(body) % 3 == 0
        if name == b"IDAT":
            return not indexed or self.palette > 0
        return name == b"IEND" and b"IDAT" in self.seen and not body

    def _needs(self, name: bytes, body: bytes) -> bool:
        """Whether an ancillary chunk is one that the colours depend on, and is in order."""
        if name == b"acTL":
            self.animated = True
        if name == b"eXIf" and self.orientation is None:
            self.orientation = exif_orientation(body)
        if name not in _PNG_COLOUR_CHUNKS or self.seen & {name, b"IDAT"}:
            return False
        if name == b"iCCP":
            return _is_png_profile(body)
        if name == b"tRNS":
            colour = self.header.colour if self.header else 0
            return len(body) == {0: 2, 2: 6}.get(colour) or (colour == 3 and 0 < len(body) <= self.palette)
        return len(body) == _PNG_LENGTHS[name]


def read_png(data: bytes) -> Anatomy:
    """Walks the chunks of a PNG. The checksums of the chunks that are kept are verified."""
    return _PngReader().read(data)


def _unpacks(clean: bytes, expected: int) -> bool:
    """Whether a cleaned PNG's pixel data is as much as its header promises. Unpacks it piece by piece.

    Pillow is content with less: it leaves the rest of the picture black.
    """
    unpack = zlib.decompressobj()
    count, at = 0, len(_PNG_START)
    while at < len(clean):
        length = int.from_bytes(clean[at : at + 4], "big")
        packed = clean[at + 8 : at + 8 + length] if clean[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
        while packed and count < expected:
            try:
                count += len(unpack.decompress(packed, 1 << 18))
            except zlib.error:
                return False
            packed = unpack.unconsumed_tail
    return count >= expected


# --- the checks ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Upload:
    """Bytes from a stranger, what was announced, and what is allowed."""

    data: bytes
    announced: Announced
    limits: ImageLimits

    @cached_property
    def format(self) -> str:
        """See `detect`."""
        return detect(self.data)

    @cached_property
    def anatomy(self) -> Anatomy:
        """Only for the formats that `check_type` lets through."""
        return read_jpeg(self.data, self.limits) if self.format == "JPEG" else read_png(self.data)

    @property
    def content_type(self) -> str:
        """The real one; "" for what is neither JPEG nor PNG."""
        return _CONTENT_TYPES.get(self.format, "")


def check_size(upload: Upload) -> Problem | None:
    """Something, but not more than allowed."""
    size, limit = len(upload.data), upload.limits.max_bytes
    if not size:
        return problem(ProblemCode.EMPTY)
    if size > limit:  # rounded up: a file of one byte too many is not called as large as allowed
        return problem(ProblemCode.TOO_LARGE, size=f"{math.ceil(size / 102.4) / 10:g}", max_size=f"{limit / 1024:g}")
    return None


def check_announced(upload: Upload) -> Problem | None:
    """The bytes that the candidate's page read are the bytes that arrived."""
    announced = upload.announced
    if len(upload.data) != announced.size or hashlib.sha256(upload.data).hexdigest() != announced.sha256:
        return problem(ProblemCode.NOT_AS_ANNOUNCED)
    return None


def check_type(upload: Upload) -> Problem | None:
    """JPEG or PNG by content, as the exam allows, and as declared."""
    found = upload.format
    if upload.content_type not in upload.limits.types:
        return unsupported(found, upload.limits)
    if upload.content_type != upload.announced.content_type:
        return problem(ProblemCode.WRONG_TYPE, found=found, extension=_EXTENSIONS[found])
    return None


def check_dimensions(upload: Upload) -> Problem | None:
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


def check_frames(upload: Upload) -> Problem | None:
    """One still picture; the policy is at the top of this module."""
    return problem(ProblemCode.TOO_MANY_FRAMES) if upload.anatomy.animated else None


def check_cost(upload: Upload) -> Problem | None:
    """Scan bombs and the like: small, valid, but seconds or hundreds of megabytes to decode."""
    anatomy = upload.anatomy
    if anatomy.scans > upload.limits.max_scans:
        return problem(ProblemCode.TOO_MANY_SCANS)
    if anatomy.memory > MAX_MEMORY or (anatomy.work > MAX_WORK and anatomy.scans <= 12):
        return problem(ProblemCode.TOO_MANY_PIXELS, width=anatomy.width, height=anatomy.height)
    return problem(ProblemCode.TOO_MANY_SCANS) if anatomy.work > MAX_WORK else None


def check_structure(upload: Upload) -> Problem | None:
    """The file is complete and well-formed, as far as this shows without decoding."""
    return upload.anatomy.flaw


def check_pixels(upload: Upload) -> Problem | None:
    """A PNG holds all its pixels. Of a JPEG only the decoder can tell."""
    anatomy = upload.anatomy
    if upload.format != "PNG" or _unpacks(anatomy.clean, anatomy.unpacked):
        return None
    return problem(ProblemCode.TRUNCATED)


CHECKS: tuple[Callable[[Upload], Problem | None], ...] = (
    check_size,
    check_announced,
    check_type,
    check_dimensions,
    check_frames,
    check_cost,
    check_structure,
    check_pixels,
)


def examine(upload: Upload) -> Problem | None:
    """The first problem that a check finds. With none, `upload.anatomy.clean` can be decoded."""
    return next((found for check in CHECKS if (found := check(upload))), None)
