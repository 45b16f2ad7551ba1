"""Reads the anatomy of a JPEG: its segments, from the start marker to the first end marker."""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from songshen.domain.anatomy import MAX_SEGMENTS, Anatomy, FlawError, exif_orientation, is_profile
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import ProblemCode, unsupported

JPEG_START = b"\xff\xd8"

# A marker that ends a scan: restart markers (D0-D7) and stuffed FFs (FF 00) are part of its data.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_TEM, _DHT, _SOI, _EOI, _SOS, _DQT, _DRI = 0x01, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: what browsers show
_PROGRESSIVE = 0xC2
_OTHER_FRAMES = dict.fromkeys((0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF), "lossless JPEG")
_OTHER_FRAMES |= dict.fromkeys((0xC9, 0xCA), "arithmetic JPEG")
_NEEDED = {_DHT, _DQT, _DRI}
_DROPPED = {0xCC, 0xDC, 0xFE} | set(range(0xE0, 0xF0))  # DAC, DNL, COM, APPn


@dataclass(frozen=True, slots=True)
class _Frame:
    """A JPEG's frame header: size in px, and of each component the number of 8x8 blocks and the quantisation table."""

    width: int
    height: int
    progressive: bool
    blocks: dict[int, int]
    steps: dict[int, int]
    units: int
    """How many MCUs there are in a scan of all components."""


def _frame(marker: int, body: bytes) -> _Frame:
    if len(body) < 6 or len(body) != 6 + 3 * body[5] or body[5] not in (1, 3, 4):
        raise FlawError(ProblemCode.CORRUPT)
    height, width = struct.unpack_from(">HH", body, 1)
    components = [(body[at], body[at + 1] >> 4, body[at + 1] & 15) for at in range(6, len(body), 3)]
    if not width or not height or not all(1 <= h <= 4 and 1 <= v <= 4 for _, h, v in components):
        raise FlawError(ProblemCode.CORRUPT)
    widest, tallest = max(h for _, h, _ in components), max(v for _, _, v in components)
    blocks = {
        name: math.ceil(width * h / widest / 8) * math.ceil(height * v / tallest / 8) for name, h, v in components
    }
    if len(blocks) != len(components):
        raise FlawError(ProblemCode.CORRUPT)
    steps = {body[at]: body[at + 2] for at in range(6, len(body), 3)}
    units = math.ceil(width / widest / 8) * math.ceil(height / tallest / 8)
    return _Frame(width, height, marker == _PROGRESSIVE, blocks, steps, units)


@dataclass(frozen=True, slots=True)
class _Scan:
    """A scan's header. `tables` are the Huffman tables it needs, as a DHT segment names them; `high` and `low` are the
    bits of precision that were and are left out."""

    components: bytes
    tables: set[int]
    first: int
    last: int
    high: int
    low: int

    def work(self, frame: _Frame) -> int:
        """What reading it costs (ns): a visit to every block, and where it refines earlier scans, to every coefficient
        that it may correct."""
        steps = 10 + (self.last - self.first if self.high else 0)
        return steps * sum(frame.blocks[name] for name in self.components)


def _scan(frame: _Frame, body: bytes) -> _Scan:
    if not body or len(body) != 4 + 2 * body[0] or not 1 <= body[0] <= 4:
        raise FlawError(ProblemCode.CORRUPT)
    named, chosen = body[1:-3:2], body[2:-3:2]
    first, last, approximation = body[-3:]
    high, low = approximation >> 4, approximation & 15
    if first > last or last > 63 or len(set(named)) != len(named) or not all(name in frame.blocks for name in named):
        raise FlawError(ProblemCode.CORRUPT)
    dc, ac = {each >> 4 for each in chosen}, {0x10 | each & 15 for each in chosen}
    if not frame.progressive:  # all that a scan header says about coefficients means nothing here
        return _Scan(named, dc | ac, 0, 63, 0, 0)
    if first == 0:
        return _Scan(named, set() if high else dc, first, last, high, low)
    return _Scan(named, ac, first, last, high, low)


def _huffman_tables(body: bytes) -> Iterator[int]:
    """The tables that a DHT segment defines: 0x00-0x03 for DC, 0x10-0x13 for AC."""
    at = 0
    while at < len(body):
        yield body[at]
        at += 17 + sum(body[at + 1 : at + 17])
    if at != len(body):
        raise FlawError(ProblemCode.CORRUPT)


def _quantisation_tables(body: bytes) -> Iterator[int]:
    at = 0
    while at < len(body):
        yield body[at] & 15
        at += 129 if body[at] >> 4 else 65
    if at != len(body):
        raise FlawError(ProblemCode.CORRUPT)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, whole segment (of a scan: with its data) and body, to the end marker inclusive."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None:
            raise FlawError(ProblemCode.TRUNCATED)
        begin = found.start()
        marker = data[begin + 1]
        if marker == _TEM:  # stands alone and means nothing
            at = begin + 2
            continue
        if marker == _EOI:
            yield marker, data[begin : begin + 2], b""
            return
        if marker == _SOI:
            raise FlawError(ProblemCode.CORRUPT)
        end = begin + 2 + int.from_bytes(data[begin + 2 : begin + 4], "big")
        if len(data) < max(end, begin + 4):
            raise FlawError(ProblemCode.TRUNCATED)
        if end < begin + 4:
            raise FlawError(ProblemCode.CORRUPT)
        at = end
        if marker == _SOS:
            following = _MARKER.search(data, end)
            at = following.start() if following else len(data)
        yield marker, data[begin:at], data[begin + 4 : end]
    raise FlawError(ProblemCode.CORRUPT)


class _JpegReader:
    """Gathers what `Anatomy` says from the segments of one JPEG."""

    def __init__(self, limits: ImageLimits) -> None:
        self.limits = limits
        self.kept = [JPEG_START]
        self.profile: dict[int, tuple[int, bytes]] = {}  # by sequence number: total, part
        self.profile_at: set[int] = set()  # where in `kept`
        self.frame: _Frame | None = None
        self.orientation: int | None = None
        self.scans = self.work = 0
        self.buffered = False
        self.interval = 0  # of restarts, in MCUs
        self.tables: set[int] = set()
        self.steps: set[int] = set()
        self.missing: dict[int, list[int]] = {}  # by component: of each coefficient, how many bits

    def read(self, data: bytes) -> Anatomy:
        flaw = None
        try:
            for marker, segment, body in _jpeg_segments(data):
                self._take(marker, segment, body)
                if self.scans > self.limits.max_scans:
                    break
        except FlawError as error:
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
        elif marker in _NEEDED:
            self._take_tables(marker, body)
            self.kept.append(segment)
        elif marker == _EOI and self.scans:
            if any(any(bits) for bits in self.missing.values()):
                raise FlawError(ProblemCode.TRUNCATED)  # whole scans are not there
            self.kept.append(segment)
        elif marker in _FRAMES and self.frame is None:
            if body[:1] != b"\x08":
                raise FlawError(unsupported("12-bit JPEG", self.limits))
            self.frame = _frame(marker, body)
            self.missing = {name: [16] * 64 for name in self.frame.blocks}
            self.kept.append(segment)
        elif marker in _OTHER_FRAMES:
            raise FlawError(unsupported(_OTHER_FRAMES[marker], self.limits))
        elif marker in _DROPPED:
            self._take_metadata(marker, segment, body)
        else:
            raise FlawError(ProblemCode.CORRUPT)

    def _take_scan(self, segment: bytes, body: bytes) -> None:
        if self.frame is None:
            raise FlawError(ProblemCode.CORRUPT)
        scan = _scan(self.frame, body)
        # Some decoders have tables of their own for files without any, others do not show these.
        if not scan.tables <= self.tables or not all(self.frame.steps[name] in self.steps for name in scan.components):
            raise FlawError(ProblemCode.CORRUPT)
        if self.interval:
            units = self.frame.blocks[scan.components[0]] if len(scan.components) == 1 else self.frame.units
            if len(_RESTART.findall(segment)) < (units - 1) // self.interval:
                raise FlawError(ProblemCode.TRUNCATED)
        for name in scan.components:
            self.missing[name][scan.first : scan.last + 1] = [scan.low] * (scan.last + 1 - scan.first)
        self.work += scan.work(self.frame)
        self.scans += 1
        # All coefficients are kept in memory when they do not come in one go.
        if self.frame.progressive or body[0] < len(self.frame.blocks):
            self.buffered = True
        self.kept.append(segment)

    def _take_tables(self, marker: int, body: bytes) -> None:
        if marker == _DHT:
            self.tables.update(_huffman_tables(body))
        elif marker == _DQT:
            self.steps.update(_quantisation_tables(body))
        elif len(body) != 2:
            raise FlawError(ProblemCode.CORRUPT)
        else:
            self.interval = int.from_bytes(body, "big")

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
        space = b"GRAY" if self.frame and len(self.frame.blocks) == 1 else b"RGB "
        if complete and is_profile(b"".join(part for _, part in parts), space):
            return b"".join(self.kept)
        return b"".join(part for at, part in enumerate(self.kept) if at not in self.profile_at)


def read_jpeg(data: bytes, limits: ImageLimits) -> Anatomy:
    """Walks the segments of a JPEG; scans are counted up to one more than `limits.max_scans`."""
    return _JpegReader(limits).read(data)
