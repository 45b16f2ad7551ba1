"""JPEG and PNG files with every property that a library would not write: small, flat blocks and plain patterns."""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.support.images import chunk, segment

# --- JPEG ----------------------------------------------------------------------------------------

# All codes have four bits for DC (the category itself), one for AC (end of block, which is all there is).
DC_CODES = segment(0xC4, bytes((0x00, 0, 0, 0, 12, *([0] * 12), *range(12))))
AC_CODES = segment(0xC4, bytes((0x10, 1, *([0] * 15), 0)))
STEPS = segment(0xDB, bytes((0, *([8] * 64))))  # a DC coefficient is then the grey value - 128
JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
S444, S422, S420, S440, S411, S410 = (
    (first, (1, 1), (1, 1)) for first in ((1, 1), (2, 1), (2, 2), (1, 2), (4, 1), (4, 2))
)
GREY, INKS = ((1, 1),), ((1, 1),) * 4


def adobe(transform: int) -> bytes:
    """Adobe's segment: 0 for RGB and CMYK, 1 for YCbCr, 2 for YCCK."""
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes((transform,)))


def shade(component: int, column: int, row: int) -> int:
    """The flat value of a block, 28..227."""
    return 28 + (component * 50 + column * 37 + row * 11) % 200


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG to be written: size in px, sampling factors (across, down) of its components, and its oddities.

    `scans` names the components of each scan; empty: one scan of all. `restart` counts MCUs.
    """

    width: int = 208
    height: int = 208
    sampling: Sequence[tuple[int, int]] = S420
    marker: int = 0xC0
    precision: int = 8
    names: Sequence[int] = (1, 2, 3, 4)
    before: bytes = JFIF
    scans: Sequence[Sequence[int]] = ()
    restart: int = 0
    fill: bytes = b""
    """Put in front of every marker: FFs."""
    tables: bytes = STEPS + DC_CODES + AC_CODES
    shade: Callable[[int, int, int], int] = shade

    @property
    def frame(self) -> bytes:
        parts = [struct.pack(">BHHB", self.precision, self.height, self.width, len(self.sampling))]
        parts += [bytes((n, h << 4 | v, 0)) for n, (h, v) in zip(self.names, self.sampling, strict=False)]
        return segment(self.marker, b"".join(parts))

    def scan(self, components: Sequence[int], first: int = 0, last: int = 63, approximation: int = 0) -> bytes:
        """One scan of flat blocks: DC, and the end of the block; of an AC scan only the end."""
        chosen = b"".join(bytes((self.names[c], 0)) for c in components)
        head = bytes((len(components),)) + chosen + bytes((first, last, approximation))
        return segment(0xDA, head) + b"".join(self._coded(components, first, last))

    def _coded(self, components: Sequence[int], first: int, last: int) -> Iterator[bytes]:
        before = dict.fromkeys(components, 0)
        bits: list[str] = []
        units = list(self._units(components))
        for number, unit in enumerate(units):
            if self.restart and number and number % self.restart == 0:
                yield packed(bits) + bytes((0xFF, 0xD0 + (number // self.restart - 1) % 8))
                bits, before = [], dict.fromkeys(components, 0)
            for c, column, row in unit:
                if first == 0:
                    value = self.shade(c, column, row) - 128
                    bits.append(_difference(value - before[c]))
                    before[c] = value
                if last:
                    bits.append("0")
        yield packed(bits)

    def _units(self, components: Sequence[int]) -> Iterator[list[tuple[int, int, int]]]:
        """MCUs: of one component its blocks row by row, of several their blocks by turns."""
        across, down = max(h for h, _ in self.sampling), max(v for _, v in self.sampling)
        if len(components) == 1:
            (c,) = components
            h, v = self.sampling[c]
            columns, rows = -(-self.width * h // (8 * across)), -(-self.height * v // (8 * down))
            yield from ([(c, column, row)] for row in range(rows) for column in range(columns))
            return
        for row in range(-(-self.height // (8 * down))):
            for column in range(-(-self.width // (8 * across))):
                yield [
                    (c, column * h + x, row * v + y)
                    for c in components
                    for h, v in (self.sampling[c],)
                    for y in range(v)
                    for x in range(h)
                ]

    def written(self, *scans: bytes) -> bytes:
        """The file, with these scans in place of its own."""
        everything = range(len(self.sampling))
        intervals = segment(0xDD, self.restart.to_bytes(2, "big")) if self.restart else b""
        scans = scans or tuple(self.scan(components) for components in self.scans or (everything,))
        parts = (self.before, self.tables, self.frame, intervals, *scans, b"\xff\xd9")
        return b"\xff\xd8" + b"".join(self.fill + part for part in parts if part)

    def progressive(self, parts: Iterable[tuple[int, int]] = ((1, 63),)) -> bytes:
        """The file with a scan of all DC coefficients and one for each component and each part of the AC ones."""
        everything = range(len(self.sampling))
        ac = [self.scan((c,), first, last) for first, last in parts for c in everything]
        return replace(self, marker=0xC2).written(self.scan(everything, 0, 0), *ac)


def _difference(value: int) -> str:
    size = abs(value).bit_length()
    coded = value if value > 0 else value + (1 << size) - 1
    return f"{size:04b}" + (f"{coded:0{size}b}" if size else "")


def packed(bits: list[str]) -> bytes:
    """Bits as bytes, filled up with ones, and with a zero behind every FF."""
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int("1" + text, 2).to_bytes(len(text) // 8 + 1, "big")[1:].replace(b"\xff", b"\xff\0")


# --- PNG -----------------------------------------------------------------------------------------

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = chunk(b"IEND", b"")
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8)]
KINDS += [(4, 8), (4, 16), (6, 8), (6, 16)]
"""Every colour type with every bit depth that it may have."""
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
COLOURS = bytes(range(0, 252, 21)) * 64
"""As many as a palette can have, 256."""


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG to be written: size in px, colour type, and its oddities.

    `filter` is 0..4, or -1 for one after the other; `colours` is how many a palette has; `pieces` how many
    chunks the pixels come in; `pattern` is what the rows are made of.
    """

    width: int = 208
    height: int = 208
    colour: int = 2
    depth: int = 8
    interlaced: bool = False
    filter: int = 0
    before: bytes = b""
    between: bytes = b""
    colours: int = 256
    pieces: int = 1
    level: int = 6
    window: int = 15
    pattern: bytes = bytes(range(256))

    @property
    def header(self) -> bytes:
        fields = (self.width, self.height, self.depth, self.colour, 0, 0, int(self.interlaced))
        return chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))

    @property
    def palette(self) -> bytes:
        if self.colour != 3:
            return b""
        return chunk(b"PLTE", COLOURS[: 3 * min(self.colours, 1 << self.depth)])

    def rows(self) -> bytes:
        """The rows as they are before packing; any bytes are good ones, whatever the filter."""
        parts = []
        long = self.pattern * (self.width * 8 // len(self.pattern) + 3)
        number = 0
        for left, top, across, down in PASSES if self.interlaced else ((0, 0, 1, 1),):
            columns, rows = len(range(left, self.width, across)), len(range(top, self.height, down))
            size = (columns * SAMPLES[self.colour] * self.depth + 7) // 8
            for row in range(rows if columns else 0):
                kind = number % 5 if self.filter < 0 else self.filter
                at = row // 16 * 7 % len(self.pattern)
                parts.append(bytes((kind,)) + long[at : at + size])
                number += 1
        return b"".join(parts)

    def packed(self) -> bytes:
        packer = zlib.compressobj(self.level, wbits=self.window)
        return packer.compress(self.rows()) + packer.flush()

    def written(self, pixels: bytes | None = None) -> bytes:
        """The file; `pixels` in place of its own packed ones."""
        body = self.packed() if pixels is None else pixels
        step = -(-len(body) // self.pieces) or 1
        bodies = [body[at : at + step] for at in range(0, len(body), step)] or [b""]
        idats = self.between.join(chunk(b"IDAT", part) for part in bodies)
        return SIGNATURE + self.header + self.before + self.palette + idats + END
