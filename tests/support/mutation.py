"""Broken images without end: a file of the corpus, changed at random places; the same number gives the same file."""

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

from tests.support import images
from tests.support.corpus import BAD, GOOD
from tests.support.images import chunk
from tests.support.writers import SIGNATURE

type Random = random.Random

EDGES = (0, 1, 2, 7, 8, 0x3F, 0x7F, 0x80, 0xC0, 0xD9, 0xDA, 0xFE, 0xFF)
WIDE = (0, 1, 199, 200, 255, 4_000, 8_000, 20_000, 0x7FFF, 0x8000, 0xFFFF)
MOST = 200 * 1024


@cache
def seeds() -> tuple[bytes, ...]:
    """Every good file, those bad ones that are not refused for their first bytes, and a few large pictures."""
    cases = [case for made in (*GOOD.values(), *BAD.values()) for case in made()]
    kept = {case.data for case in cases if case.data[:3] == b"\xff\xd8\xff" or case.data[:8] == SIGNATURE}
    large = [
        images.jpeg(1200, 1600, quality=60),
        images.jpeg(1200, 1600, quality=60, progressive=True),
        images.oriented(6, 2000, 1500, quality=40),
        images.oriented(8, 4000, 3000, quality=15, progressive=True),
        images.png(1200, 1600, "P"),
        images.png(1500, 1000, "RGBA"),
        images.with_chunks(images.png(1600, 1200, "RGB"), chunk(b"eXIf", images.exif(6))),
    ]
    return tuple(sorted(data for data in kept if 100 < len(data) <= MOST)) + tuple(large)


def mutant(number: int) -> bytes:
    """The file of that number."""
    lot = random.Random(number)  # noqa: S311
    data = bytearray(lot.choice(seeds()) if lot.random() < 0.9 else lot.choice(seeds()[-7:]))
    for _ in range(lot.choice((1, 1, 1, 2, 3, 5, 9))):
        lot.choice(WAYS)(data, lot)
        if not data:
            break
    if data[:8] == SIGNATURE and lot.random() < 0.8:
        data = bytearray(summed(bytes(data)))
    return bytes(data[:MOST])


def _place(data: bytearray, lot: Random) -> int:
    """Anywhere, but more often where the headers are."""
    return lot.randrange(min(len(data), 700)) if lot.random() < 0.5 else lot.randrange(len(data))


def flip(data: bytearray, lot: Random) -> None:
    """One bit."""
    data[_place(data, lot)] ^= 1 << lot.randrange(8)


def put(data: bytearray, lot: Random) -> None:
    """One byte, often a telling one."""
    data[_place(data, lot)] = lot.choice(EDGES) if lot.random() < 0.6 else lot.randrange(256)


def put_wide(data: bytearray, lot: Random) -> None:
    """A number of two or four bytes."""
    at = _place(data, lot)
    number = lot.choice(WIDE)
    data[at : at + 4] = (
        struct.pack(">I", number) if lot.random() < 0.3 else struct.pack(">H", number) + data[at + 2 : at + 4]
    )


def cut(data: bytearray, lot: Random) -> None:
    """A part goes."""
    at = _place(data, lot)
    del data[at : at + lot.choice((1, 2, 4, 16, 300, 5_000))]


def end(data: bytearray, lot: Random) -> None:
    """All behind a place goes; a JPEG may be closed again."""
    start = bytes(data[:2])
    del data[_place(data, lot) :]
    if start == images.jpeg(8, 8)[:2] and lot.random() < 0.7:
        data += b"\xff\xd9"


def repeat(data: bytearray, lot: Random) -> None:
    """A part comes again, there or elsewhere."""
    at = _place(data, lot)
    part = data[at : at + lot.choice((1, 4, 60, 1_000))] * lot.choice((1, 1, 2, 40))
    where = _place(data, lot)
    data[where:where] = part


def splice(data: bytearray, lot: Random) -> None:
    """The rest is another file's."""
    other = lot.choice(seeds())
    del data[_place(data, lot) :]
    data += other[lot.randrange(len(other)) :]


def noise(data: bytearray, lot: Random) -> None:
    """A stretch of random bytes."""
    at = _place(data, lot)
    data[at : at + 64] = lot.randbytes(min(64, len(data) - at))


def pieces(data: bytes) -> list[bytes]:
    """Segments of a JPEG up to its first scan, or chunks of a PNG, as far as they can be told; and the rest."""
    found = []
    png = data[:8] == SIGNATURE
    at = 8 if png else 2
    found.append(data[:at])
    while at + 12 <= len(data) and len(found) < 500:
        if png:
            size = 12 + int.from_bytes(data[at : at + 4], "big")
        elif data[at] != 0xFF or data[at + 1] == 0xDA:
            break
        else:
            size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append(data[at : at + size])
        at += size
    return [*found, data[at:]]


def shuffle(data: bytearray, lot: Random) -> None:
    """Segments or chunks change places, go, come twice or from elsewhere."""
    parts = pieces(bytes(data))
    one, other = lot.randrange(len(parts)), lot.randrange(len(parts))
    match lot.randrange(4):
        case 0:
            parts[one], parts[other] = parts[other], parts[one]
        case 1:
            del parts[one]
        case 2:
            parts.insert(other, parts[one])
        case _:
            parts.insert(one, lot.choice(pieces(lot.choice(seeds()))))
    data[:] = b"".join(parts)


def resize(data: bytearray, lot: Random) -> None:
    """Another width or height in the header, often a large one."""
    width, height = (lot.choice((200, 208, 1_000, 2_500, 4_000, 5_000, 7_000, 20_000)) for _ in "wh")
    if data[:8] == SIGNATURE:
        data[16:24] = struct.pack(">II", width, height)
        return
    for marker in (0xC0, 0xC1, 0xC2):
        at = data.find(bytes((0xFF, marker)))
        if 0 < at < len(data) - 9:
            data[at + 5 : at + 9] = struct.pack(">HH", height, width)


def repack(data: bytearray, lot: Random) -> None:
    """A PNG's pixels are unpacked, changed and packed again: more, fewer, others, other filters."""
    parts = pieces(bytes(data))
    packed = b"".join(part[8:-4] for part in parts if part[4:8] == b"IDAT")
    try:
        rows = bytearray(zlib.decompressobj().decompress(packed, 1 << 22))
    except zlib.error:
        return
    if not rows:
        return
    match lot.randrange(4):
        case 0:
            rows[lot.randrange(len(rows))] = lot.randrange(256)
        case 1:
            rows += bytes(lot.choice((1, 1_000, 1 << 22)))
        case 2:
            del rows[lot.randrange(len(rows)) :]
        case _:  # enough for any size that `resize` gives, all of it the costliest filter
            rows = bytearray((b"\x04" * 64 + bytes(64)) * (1 << 16))
    body = chunk(b"IDAT", zlib.compress(bytes(rows), 1))
    others = [part for part in parts if part[4:8] != b"IDAT"]
    at = next((n for n, part in enumerate(others) if part[4:8] == b"IEND"), len(others))
    data[:] = b"".join((*others[:at], body, *others[at:]))


def lie(data: bytearray, lot: Random) -> None:
    """An orientation, so that a copy has to be made."""
    block = images.exif(lot.randrange(1, 9), lot.choice("<>"))
    if data[:8] == SIGNATURE:
        data[33:33] = chunk(b"eXIf", block)
    else:
        data[2:2] = images.segment(0xE1, b"Exif\0\0" + block)


def summed(data: bytes) -> bytes:
    """The PNG with right checksums, without which hardly anything would be looked at."""
    parts = pieces(data)
    return b"".join(
        part
        if number in (0, len(parts) - 1) or len(part) < 12
        else part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4]))
        for number, part in enumerate(parts)
    )


WAYS: tuple[Callable[[bytearray, Random], None], ...] = (
    *(flip, flip, put, put, put_wide, cut, end, repeat, splice, noise, shuffle, shuffle, resize, repack, lie),
)
