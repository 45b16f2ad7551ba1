"""Reads the anatomy of a PNG: its chunks, from the signature to the end chunk."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from songshen.domain.anatomy import MAX_PAETH, MAX_SEGMENTS, Anatomy, FlawError, exif_orientation, is_profile
from songshen.domain.verdict import ProblemCode

PNG_START = b"\x89PNG\r\n\x1a\n"

MAX_PROFILE = 1024 * 1024  # bytes of an unpacked colour profile

_PAETH = b"\4"  # the row filter that takes five times as long as the others

# By colour type: allowed bit depths, samples per pixel, bytes per pixel once decoded to 8 bits. With a palette it is
# measured by a grey copy, which is in it.
_PNG_COLOURS: dict[int, tuple[set[int], int, int]] = {
    0: ({1, 2, 4, 8, 16}, 1, 1),
    2: ({8, 16}, 3, 4),
    3: ({1, 2, 4, 8}, 1, 2),
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
    """A PNG's header, and what follows from it; see `Anatomy`. `row` is bytes, 0 where rows differ: if interlaced."""

    width: int
    height: int
    colour: int
    depth: int
    memory: int
    unpacked: int
    row: int


def _png_header(body: bytes) -> _PngHeader:
    if len(body) != 13:
        raise FlawError(ProblemCode.CORRUPT)
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", body)
    depths, samples, stored = _PNG_COLOURS.get(colour, (set(), 0, 0))
    size_fits = 0 < width < 1 << 31 and 0 < height < 1 << 31
    if not size_fits or depth not in depths or compression or filters or interlace > 1:
        raise FlawError(ProblemCode.CORRUPT)
    if colour == 0 and depth in (1, 16):
        stored = 2  # those of 16 bits; those of 1 bit with their grey copy
    unpacked = row = 0
    for left, top, across, down in _ADAM7 if interlace else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            row = 1 + (columns * samples * depth + 7) // 8
            unpacked += rows * row
    return _PngHeader(width, height, colour, depth, width * height * stored, unpacked, 0 if interlace else row)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, whole chunk and body, to the end chunk inclusive. Checksums are not looked at."""
    at = len(PNG_START)
    for _ in range(MAX_SEGMENTS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if len(name) < 4:
            raise FlawError(ProblemCode.TRUNCATED)
        if not _CHUNK_NAME.fullmatch(name) or length >= 1 << 31:
            raise FlawError(ProblemCode.CORRUPT)
        begin, at = at, at + 12 + length
        if at > len(data):
            raise FlawError(ProblemCode.TRUNCATED)
        yield name, data[begin:at], data[begin + 8 : at - 4]
        if name == b"IEND":
            return
    raise FlawError(ProblemCode.CORRUPT)


class _PngReader:
    """Gathers what `Anatomy` says from the chunks of one PNG."""

    def __init__(self) -> None:
        self.kept = [PNG_START]
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
        except FlawError as error:
            flaw = error.problem
        header = self.header
        return Anatomy(
            width=header.width if header else 0,
            height=header.height if header else 0,
            animated=self.animated,
            memory=header.memory if header else 0,
            work=self._work(header) if header else 0,
            orientation=self.orientation or 1,
            clean=b"" if flaw else b"".join(self.kept),
            flaw=flaw,
            unpacked=header.unpacked if header else 0,
            row=header.row if header else 0,
        )

    def _work(self, header: _PngHeader) -> int:
        """What decoding costs (ns), if no more of it than `MAX_PAETH` is in the costly filter; see `Pixels`."""
        copied = (self.orientation or 1) != 1 or header.colour in (4, 6) or b"tRNS" in self.seen
        per_byte = 6.5 if header.row else 13
        per_pixel = 8 if copied else 4 if header.colour == 3 else 2
        return round(header.unpacked * per_byte) + header.width * header.height * per_pixel

    def _take(self, name: bytes, chunk: bytes, body: bytes) -> None:
        if (name == b"IHDR") != (self.header is None):
            raise FlawError(ProblemCode.CORRUPT)  # the header comes first, and once
        if name[0] & 0x20 and not self._needs(name, body):
            return
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise FlawError(ProblemCode.CORRUPT)
        if name == b"IHDR":
            self.header = _png_header(body)
        elif not name[0] & 0x20 and not self._fits(name, body):
            raise FlawError(ProblemCode.CORRUPT)
        self.seen.add(name)
        self.kept.append(chunk)

    def _fits(self, name: bytes, body: bytes) -> bool:
        """Whether a critical chunk is known, in its place, and of a possible size."""
        assert self.header is not None  # it comes first
        if name == b"PLTE":
            self.palette = len(body) // 3
            early = not self.seen & {b"PLTE", b"IDAT"}
            return early and 3 <= len(body) <= 768 and len(body) % 3 == 0
        if name == b"IDAT":
            return self.header.colour != 3 or self.palette > 0
        return name == b"IEND" and b"IDAT" in self.seen and not body

    def _needs(self, name: bytes, body: bytes) -> bool:
        """Whether an ancillary chunk is one that the colours depend on, and is in order."""
        if name == b"fdAT" or (name == b"acTL" and body[:4] != b"\0\0\0\1"):
            self.animated = True
        if name == b"eXIf" and self.orientation is None:
            self.orientation = exif_orientation(body)
        if name not in _PNG_COLOUR_CHUNKS or self.seen & {name, b"IDAT"}:
            return False
        assert self.header is not None  # it comes first
        colour, depth = self.header.colour, self.header.depth
        if name == b"iCCP":
            return _is_png_profile(body, b"GRAY" if colour in (0, 4) else b"RGB ")
        if name == b"tRNS":
            if depth == 16:  # one colour of 2^48 as a hole: decoders to 8 bits make other holes of it
                return False
            return len(body) == {0: 2, 2: 6}.get(colour) or (colour == 3 and 0 < len(body) <= self.palette)
        return len(body) == _PNG_LENGTHS[name]


def _is_png_profile(chunk: bytes, space: bytes) -> bool:
    name, _, rest = chunk.partition(b"\0")
    if not 1 <= len(name) <= 79 or rest[:1] != b"\0":
        return False
    unpack = zlib.decompressobj()
    try:
        profile = unpack.decompress(rest[1:], MAX_PROFILE)
    except zlib.error:
        return False
    return unpack.eof and not unpack.unused_data and is_profile(profile, space)


def read_png(data: bytes) -> Anatomy:
    """Walks the chunks of a PNG. The checksums of the chunks that are kept are verified."""
    return _PngReader().read(data)


class Pixels:
    """A cleaned PNG's pixel data, which must unpack to exactly `anatomy.unpacked` bytes: by pieces, and no further.

    Pillow is content with less: it leaves the rest of the picture black. More would be a bomb, or something hidden from
    those who look at the picture. Too much of it in the filter that takes five times as long as the others is too many
    pixels. A piece is looked at before it is handed out, so that a decoder can be given them as they come; whoever
    iterates again gets those that are left. `flaw` is what is wrong, once that is known.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        self.flaw: ProblemCode | None = None
        self._pieces = self._unpacked(anatomy)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def _unpacked(self, anatomy: Anatomy) -> Iterator[bytes]:
        clean, row = anatomy.clean, anatomy.row
        unpack = zlib.decompressobj()
        count = costly = 0
        at = len(PNG_START)
        while at < len(clean):
            length = int.from_bytes(clean[at : at + 4], "big")
            packed = clean[at + 8 : at + 8 + length] if clean[at + 4 : at + 8] == b"IDAT" else b""
            at += 12 + length
            while packed:
                try:
                    piece = unpack.decompress(packed, 1 << 18)
                except zlib.error:
                    self.flaw = ProblemCode.CORRUPT
                    return
                if row:
                    costly += row * piece[-count % row :: row].count(_PAETH)
                count += len(piece)
                if count > anatomy.unpacked or unpack.unused_data:
                    self.flaw = ProblemCode.CORRUPT
                    return
                packed = unpack.unconsumed_tail
                if costly <= MAX_PAETH:
                    yield piece
        if not unpack.eof or count != anatomy.unpacked:
            self.flaw = ProblemCode.TRUNCATED
        elif costly > MAX_PAETH:
            self.flaw = ProblemCode.TOO_MANY_PIXELS


def colour_chunks(clean: bytes) -> bytes:
    """What a cleaned PNG says about its colours, but for its profile: for a copy of it."""
    return b"".join(chunk for name, chunk, _ in _png_chunks(clean) if name in _PNG_LENGTHS)
