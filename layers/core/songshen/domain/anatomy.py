"""What the readers of JPEG and PNG have in common: what they find, how they stop, and what both formats hold.

A reader walks over a file's segments without decoding any pixel, and keeps only what showing the
picture needs.
"""

import struct
from dataclasses import dataclass

from songshen.domain.verdict import Problem, ProblemCode, problem

# Decoding cost that no honest 200 KB file comes near; estimated from headers (see `Anatomy`).
MAX_MEMORY = 72 * 1024 * 1024  # bytes: a progressive photograph of 24 megapixels, A4 at 600 dpi in black and white
MAX_WORK = 200_000_000  # ns: that photograph in 16 scans, a PNG of 10 megapixels in colour

# Bytes of a PNG's pixels in the one row filter that is slow to undo. Encoders choose it for some rows of a picture, and
# white paper they leave to the others: that is how 8.7 megapixels of it (A4, 300 dpi) fit into 200 KB.
MAX_PAETH = 10_000_000

# Segments of a JPEG, chunks of a PNG. Real files have some dozens; this keeps the walk below 5 ms.
MAX_SEGMENTS = 2_000


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a walk over a file's segments finds.

    `width` and `height` are px as stored, 0 where the file does not get so far; `orientation`
    (1..8) says how to turn them upright. `memory` (bytes) and `work` (ns, roughly) are what
    decoding costs. `clean` is the file without all that is not needed to show it. `flaw` says why
    it cannot be decoded. `unpacked` is how many bytes a PNG's pixels are, `row` how many each row
    is, 0 if they differ.
    """

    width: int
    height: int
    memory: int
    work: int
    orientation: int
    clean: bytes
    flaw: Problem | None
    animated: bool = False
    scans: int = 1
    cmyk: bool = False
    unpacked: int = 0
    row: int = 0


class FlawError(Exception):
    """The walk ends here."""

    def __init__(self, found: Problem | ProblemCode) -> None:
        self.problem = found if isinstance(found, Problem) else problem(found)


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


def is_profile(profile: bytes, space: bytes) -> bool:
    """Whether this can be an ICC profile for pictures in that colour space (ICC.1, 7.2); browsers ignore others."""
    whole = len(profile) >= 128 and int.from_bytes(profile[:4], "big") == len(profile)
    return whole and profile[36:40] == b"acsp" and profile[16:20] == space
