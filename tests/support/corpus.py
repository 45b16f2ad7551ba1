"""The corpus: good, odd, hostile and broken images, made on the spot, each with the verdict that it must get.

A family is a function that yields cases; its docstring says what is good or wrong about its files. Good families say
what becomes of the file:

- `untouched`: the stored copy is the file itself, byte for byte;
- `cleaned`: metadata or trailing bytes are gone, all pixels are the same;
- `re-encoded`: the picture had to be turned, or its colours or transparency made safe.

Bad ones have the code of the problem; or `cleaned`, where a picture comes with a hostile half that must be lost.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from PIL import Image

from songshen.domain.verdict import Announced
from tests.support import images
from tests.support.images import chunk, segment
from tests.support.writers import (
    AC_CODES,
    DC_CODES,
    END,
    GREY,
    INKS,
    JFIF,
    KINDS,
    S410,
    S411,
    S420,
    S422,
    S440,
    S444,
    SIGNATURE,
    STEPS,
    Jpeg,
    Png,
    adobe,
)

PAYLOAD = b"<script>alert('SECRET')</script>"
"""What no stored copy may hold."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file and its verdict.

    `announced` is the truth unless given; `size` is width and height in px once upright; `shows` is a plain file of the
    same pixels, where this one itself is too odd for a library to open.
    """

    name: str
    data: bytes
    expected: str
    content_type: str = ""
    announced: Announced | None = None
    size: tuple[int, int] | None = None
    orientation: int = 1
    named: str = field(default="", kw_only=True)
    """A word that the problem's text must have: the real format."""
    shows: bytes = field(default=b"", kw_only=True)

    def announcement(self) -> Announced:
        return self.announced or images.announced(self.data, self.content_type)


type Maker = Callable[[], Iterator[Case]]

GOOD: dict[str, Callable[[], tuple[Case, ...]]] = {}
BAD: dict[str, Callable[[], tuple[Case, ...]]] = {}


def good(maker: Maker) -> Maker:
    GOOD[maker.__name__] = cache(lambda: tuple(maker()))
    return maker


def bad(maker: Maker) -> Maker:
    BAD[maker.__name__] = cache(lambda: tuple(maker()))
    return maker


@cache
def photo(**options: object) -> bytes:
    """A JPEG of 208 x 216 px with edges and colours, as a library writes it."""
    return images.jpeg(208, 216, **options)  # type: ignore[arg-type]


@cache
def drawing(mode: str = "RGB") -> bytes:
    """A PNG of 208 x 216 px, as a library writes it."""
    return images.png(208, 216, mode)


SAMPLINGS = {"444": S444, "422": S422, "420": S420, "440": S440, "411": S411, "410": S410, "grey": GREY}
EXIF = b"Exif\0\0"


def without(data: bytes, marker: int) -> bytes:
    """The JPEG without its first segment of this kind (a scan: without its header)."""
    at = data.index(bytes((0xFF, marker)))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def cut(data: bytes, pieces: int, end: bytes = b"", start: int = 4) -> Iterator[tuple[str, bytes]]:
    """The file cut at so many places between `start` and its last byte."""
    for step in range(pieces):
        length = start + (len(data) - 1 - start) * step // (pieces - 1)
        yield f"{length} of {len(data)}", data[:length] + end


def idat(data: bytes) -> tuple[int, int]:
    """Where a PNG's first chunk of pixels begins and ends."""
    at = data.index(b"IDAT") - 4
    return at, at + 12 + int.from_bytes(data[at : at + 4], "big")


# --- good JPEGs ----------------------------------------------------------------------------------


@good
def jpeg_kinds() -> Iterator[Case]:
    """As libraries and phones write them: every coding with every sampling."""
    for subsampling in (0, 1, 2):
        for quality in (50, 90):
            for name, options in {
                "baseline": {},
                "optimised": {"optimize": True},
                "progressive": {"progressive": True},
                "restarts": {"restart_marker_rows": 1},
                "restarts in blocks": {"restart_marker_blocks": 3},
            }.items():
                data = photo(subsampling=subsampling, quality=quality, **options)
                yield Case(f"{name} {subsampling} {quality}", data, "untouched")
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 2}, {"optimize": True}):
        yield Case(f"grey {options}", photo(mode="L", **options), "untouched")


@good
def jpeg_samplings() -> Iterator[Case]:
    """Every sampling, also in one scan per component, in several scans, with restarts, and of odd sizes."""
    for name, sampling in SAMPLINGS.items():
        made = Jpeg(sampling=sampling)
        yield Case(f"{name}", made.written(), "untouched", size=(208, 208))
        if sampling is not GREY:
            alone = tuple((c,) for c in range(len(sampling)))
            yield Case(f"{name} by component", replace(made, scans=alone).written(), "untouched")
        yield Case(f"{name} progressive", made.progressive(), "untouched")
        yield Case(f"{name} spectral", made.progressive(((1, 5), (6, 63))), "untouched")
        for interval in (1, 7, 200):
            yield Case(f"{name} restart {interval}", replace(made, restart=interval).written(), "untouched")
        odd = replace(made, width=201, height=203)
        yield Case(f"{name} odd", odd.written(), "untouched", size=(201, 203))
        yield Case(f"{name} odd progressive", odd.progressive(), "untouched", size=(201, 203))
        yield Case(f"{name} extended", replace(made, marker=0xC1).written(), "untouched")


@good
def jpeg_sizes() -> Iterator[Case]:
    """Whatever is left over at the right and the lower edge."""
    for width, height in ((200, 200), (200, 333), (207, 200), (209, 215), (217, 223), (1000, 200), (200, 1111)):
        for progressive in (False, True):
            data = images.jpeg(width, height, progressive=progressive)
            yield Case(f"{width}x{height} {progressive}", data, "untouched", size=(width, height))


@good
def jpeg_orientations() -> Iterator[Case]:
    """EXIF orientations 1 to 8 in both byte orders, with one more value on either side."""
    for order in "<>":
        for orientation in range(10):
            for options in ({}, {"progressive": True, "subsampling": 0}, {"mode": "L"}):
                data = images.oriented(orientation, 208, 216, order, **options)  # type: ignore[arg-type]
                real = orientation if 1 <= orientation <= 8 else 1
                size = (216, 208) if real >= 5 else (208, 216)
                expected = "cleaned" if real == 1 else "re-encoded"
                yield Case(f"{order}{orientation} {options}", data, expected, size=size, orientation=real)


@good
def jpeg_odd_exif() -> Iterator[Case]:
    """EXIF that is cut, empty, wrong, twice or in an unusual place says nothing, and does no harm."""
    block = images.exif(6)
    blocks = {f"cut at {length}": block[:length] for length in (0, 1, 4, 7, 8, 9, 10, 17, 18)}
    blocks |= {
        "no byte order": b"XX" + block[2:],
        "directory far away": block[:4] + b"\xff\xff\xff\xff" + block[8:],
        "directory is itself": block[:4] + b"\0\0\0\0" + block[8:],
        "endless directory": block[:8] + b"\xff\xff" + bytes(40),
        "a text": block[:12] + b"\0\2" + block[14:],
        "three values": block[:14] + b"\0\0\0\3" + block[18:],
        "zeros": bytes(200),
    }
    for name, each in blocks.items():
        data = images.with_segments(photo(), segment(0xE1, EXIF + each))
        yield Case(name, data, "cleaned", size=(208, 216))
    long = block[:12] + struct.pack(">HII", 4, 1, 6) + block[22:]
    for name, parts in {
        "a long number": (segment(0xE1, EXIF + long),),
        "behind other segments": (JFIF, segment(0xE5, b"x" * 90), segment(0xE1, EXIF + block)),
        "twice, the first counts": (segment(0xE1, EXIF + block), segment(0xE1, EXIF + images.exif(3))),
    }.items():
        data = images.with_segments(photo(), *parts)
        yield Case(name, data, "re-encoded", size=(216, 208), orientation=6)


@good
def jpeg_with_more_pictures() -> Iterator[Case]:
    """MPO, and thumbnails: the first picture is the picture."""
    yield Case("two frames", images.mpo(), "cleaned", size=(320, 240))
    for quality in (30, 90):
        second = images.jpeg(400, 300, quality=quality)
        yield Case(f"a second file behind, {quality}", photo() + second, "cleaned", size=(208, 216))
    small = images.jpeg(64, 64)
    yield Case("in EXIF", images.with_segments(photo(), segment(0xE1, EXIF + images.exif() + small)), "cleaned")
    plain = photo()
    body = plain[6:18]
    for across, down in ((1, 1), (10, 10), (100, 70)):
        pixels = bytes((across, down)) + bytes(across * down * 3)
        yield Case(f"in JFIF {across}", plain[:2] + segment(0xE0, body + pixels) + plain[20:], "cleaned")
    yield Case("in JFXX", images.with_segments(plain, JFIF, segment(0xE0, b"JFXX\0\x10" + small)), "cleaned")


@good
def jpeg_profiles() -> Iterator[Case]:
    """Colour profiles that fit the picture stay; those that do not are gone."""
    for size in (200, 3_144, 70_000, 140_000):
        for mode, space in (("RGB", b"RGB "), ("L", b"GRAY")):
            data = photo(mode=mode, icc_profile=images.profile(size, space))
            yield Case(f"{mode} {size}", data, "untouched")
    for mode, space in (("RGB", b"GRAY"), ("L", b"RGB "), ("RGB", b"CMYK"), ("RGB", b"Lab ")):
        data = photo(mode=mode, icc_profile=images.profile(500, space))
        yield Case(f"{space!r} for {mode}", data, "cleaned")
    whole = images.profile(500)
    for name, broken in {
        "not signed": whole.replace(b"acsp", b"none"),
        "longer than it says": whole + b"x",
        "shorter than it says": whole[:-1],
        "tiny": b"x",
        "a text": PAYLOAD,
    }.items():
        yield Case(name, photo(icc_profile=broken), "cleaned")
    for name, parts in {
        "second part missing": (b"\1\2" + whole,),
        "first part missing": (b"\2\2" + whole,),
        "a part twice": (b"\1\2" + whole[:250], b"\1\2" + whole[:250]),
    }.items():
        data = images.with_segments(photo(), *(segment(0xE2, b"ICC_PROFILE\0" + part) for part in parts))
        yield Case(name, data, "cleaned")


@good
def jpeg_inks() -> Iterator[Case]:
    """CMYK and YCCK become RGB, as browsers show them: with or without Adobe's segment, 0 is full ink."""
    for orientation in (1, 3, 6):
        exif = segment(0xE1, EXIF + images.exif(orientation))
        for name, before in {"no mark": b"", "Adobe 0": adobe(0), "Adobe 2": adobe(2), "JFIF": JFIF}.items():
            for kind in ("baseline", "progressive"):
                made = Jpeg(width=216, sampling=INKS, before=before + exif)
                data = made.written() if kind == "baseline" else made.progressive()
                size = (208, 216) if orientation == 6 else (216, 208)
                yield Case(f"{name} {kind} {orientation}", data, "re-encoded", size=size, orientation=orientation)
    for profile in (None, images.profile(500, b"CMYK")):
        yield Case(f"a library's, {profile}", photo(mode="CMYK", icc_profile=profile), "re-encoded", size=(208, 216))


@good
def jpeg_colour_marks() -> Iterator[Case]:
    """Adobe's transform 0, 1 and 2 for three colours, components called RGB, no mark at all."""
    for transform in (0, 1, 2):
        for before in (adobe(transform), JFIF + adobe(transform)):
            yield Case(f"Adobe {transform} {len(before)}", Jpeg(sampling=S444, before=before).written(), "untouched")
    for names in (b"RGB", b"\0\1\2", b"\1\2\3", b"\x22\x01\x07"):
        yield Case(f"called {names!r}", Jpeg(sampling=S444, names=names, before=b"").written(), "untouched")
    yield Case("kept as RGB", photo(keep_rgb=True), "untouched")
    long = segment(0xEE, adobe(1)[4:] + PAYLOAD)
    yield Case("a long Adobe segment", Jpeg(sampling=S444, before=long).written(), "cleaned")
    short = Jpeg(before=segment(0xEE, b"Adobe\0"))
    yield Case("a short Adobe segment", short.written(), "cleaned", shows=Jpeg(before=b"").written())


@good
def jpeg_segments() -> Iterator[Case]:
    """Comments, many application segments, FFs between segments, tables twice or together."""
    for marker in (*range(0xE1, 0xF0), 0xFE):
        data = images.with_segments(photo(), segment(marker, PAYLOAD))
        yield Case(f"segment {marker:x}", data, "cleaned")
    for count in (10, 200):
        yield Case(f"{count} comments", images.with_segments(photo(), *[segment(0xFE, b"x")] * count), "cleaned")
    for fill in (1, 2, 9):
        yield Case(f"{fill} FFs", Jpeg(fill=b"\xff" * fill).written(), "cleaned")
    together = segment(0xC4, DC_CODES[4:] + AC_CODES[4:])
    yield Case("codes in one segment", Jpeg(tables=STEPS + together).written(), "untouched")
    yield Case("tables twice", Jpeg(tables=(STEPS + DC_CODES + AC_CODES) * 2).written(), "untouched")
    coarse = segment(0xDB, b"\x10" + b"\0\x08" * 64)
    extended = Jpeg(tables=coarse + DC_CODES + AC_CODES, marker=0xC1)
    yield Case("steps of 16 bits", extended.written(), "untouched")
    yield Case("no restarts, said so", Jpeg(before=JFIF + segment(0xDD, b"\0\0")).written(), "untouched")
    yield Case("a scan of many", images.scan_bomb(100, 208, 208), "untouched")


# --- good PNGs -----------------------------------------------------------------------------------


def kind_of(colour: int) -> str:
    """What becomes of a picture of the made pattern, in which alpha is never full everywhere."""
    return "re-encoded" if colour >= 4 else "untouched"


@good
def png_kinds() -> Iterator[Case]:
    """Every colour type with every depth, plain and interlaced, with every row filter, of odd sizes."""
    for colour, depth in KINDS:
        for interlaced in (False, True):
            made = Png(colour=colour, depth=depth, interlaced=interlaced)
            name = f"{colour}/{depth} {interlaced}"
            yield Case(name, made.written(), kind_of(colour), size=(208, 208))
            yield Case(f"{name} filters", replace(made, filter=-1).written(), kind_of(colour))
            odd = replace(made, width=201, height=203)
            yield Case(f"{name} odd", odd.written(), kind_of(colour), size=(201, 203))


@good
def png_filters() -> Iterator[Case]:
    """Each of the five row filters by itself."""
    for kind in range(5):
        for colour, depth in ((0, 1), (0, 8), (2, 8), (2, 16), (3, 4)):
            yield Case(f"{kind} {colour}/{depth}", Png(colour=colour, depth=depth, filter=kind).written(), "untouched")


@good
def png_transparency() -> Iterator[Case]:
    """What can be seen through is put on white, so that everybody sees the same; full alpha changes nothing."""
    for mode in ("RGBA", "LA"):
        yield Case(f"full alpha {mode}", drawing(mode), "untouched")
        veil = images.picture(208, 216, mode)
        veil.putalpha(Image.linear_gradient("L").resize(veil.size))
        yield Case(f"a veil {mode}", images.encoded(veil, "PNG"), "re-encoded", size=(208, 216))
    for depth in (1, 2, 4, 8):
        data = Png(colour=0, depth=depth, before=chunk(b"tRNS", b"\0\1")).written()
        last = (1 << depth) - 1
        shades = bytes(value * 255 // last for value in range(last + 1) for _ in "rgb")
        palette = chunk(b"PLTE", shades) + chunk(b"tRNS", b"\xff\0")  # the same, in other words
        alike = replace(Png(depth=depth), colour=3).written().replace(Png(colour=3, depth=depth).palette, palette)
        yield Case(f"grey {depth}", data, "re-encoded", shows=alike)
    none = Png(colour=0, before=chunk(b"tRNS", b"\0\1"), pattern=b"\x40\x80")
    yield Case("a grey that is not there", none.written(), "untouched")
    for count in (1, 16, 256):
        seen = Png(colour=3)
        data = seen.written()
        at = idat(data)[0]
        yield Case(
            f"palette {count}", data[:at] + chunk(b"tRNS", bytes(count)) + data[at:], "re-encoded", size=(208, 208)
        )
        full = chunk(b"tRNS", b"\xff" * count)
        yield Case(f"full palette {count}", data[:at] + full + data[at:], "untouched")
    for colour, length in ((0, 2), (2, 6)):
        deep = Png(colour=colour, depth=16, before=chunk(b"tRNS", bytes(length)))
        yield Case(f"16 bits {colour}", deep.written(), "cleaned")


@good
def png_palettes() -> Iterator[Case]:
    """Short palettes, long ones, and suggested ones for colour pictures."""
    for depth, counts in {1: (1, 2), 2: (1, 3, 4), 4: (1, 5, 16), 8: (1, 2, 77, 255, 256)}.items():
        for count in counts:
            made = Png(colour=3, depth=depth, colours=count, pattern=b"\0")
            yield Case(f"{depth} bits, {count} colours", made.written(), "untouched")
    yield Case("more colours used than there are", Png(colour=3, colours=7).written(), "untouched")
    yield Case("suggested", Png(before=chunk(b"PLTE", bytes(30))).written(), "untouched")


@good
def png_colour_chunks() -> Iterator[Case]:
    """What colours depend on stays, what is broken or does not fit goes."""
    gamma, srgb = chunk(b"gAMA", (45_455).to_bytes(4, "big")), chunk(b"sRGB", b"\0")
    primaries = chunk(b"cHRM", bytes(32))
    for name, before in {"gAMA": gamma, "sRGB": srgb, "cHRM": primaries, "all": gamma + primaries + srgb}.items():
        for colour in (0, 2, 3):
            yield Case(f"{name} {colour}", Png(colour=colour, before=before).written(), "untouched")
    for colour, space in ((0, b"GRAY"), (2, b"RGB "), (3, b"RGB ")):
        right = chunk(b"iCCP", b"icc\0\0" + zlib.compress(images.profile(3_144, space)))
        yield Case(f"profile {colour}", Png(colour=colour, before=right).written(), "untouched")
        other = b"RGB " if colour == 0 else b"GRAY"
        wrong = chunk(b"iCCP", b"icc\0\0" + zlib.compress(images.profile(3_144, other)))
        yield Case(f"wrong profile {colour}", Png(colour=colour, before=wrong).written(), "cleaned")
    for name, body in {b"gAMA": b"\0", b"cHRM": bytes(31), b"sRGB": b"", b"iCCP": b"icc\0\0junk"}.items():
        broken = Png(before=chunk(name, body)).written()
        yield Case(f"broken {name!r}", broken, "cleaned", shows=Png().written())
    twice = Png(before=gamma * 2)
    yield Case("twice", twice.written(), "cleaned")


@good
def png_metadata() -> Iterator[Case]:
    """Texts, times, sizes on paper, unknown chunks: gone."""
    for name, body in {
        b"tEXt": b"Comment\0" + PAYLOAD,
        b"zTXt": b"Comment\0\0" + zlib.compress(PAYLOAD),
        b"iTXt": b"Comment\0\0\0\0\0" + PAYLOAD,
        b"pHYs": bytes(9),
        b"tIME": bytes(7),
        b"bKGD": bytes(6),
        b"hIST": bytes(4),
        b"sPLT": b"x\0\x08",
        b"sBIT": bytes(3),
        b"oFFs": bytes(9),
        b"prVt": PAYLOAD,
        b"caBX": PAYLOAD,
        b"eXIf": images.exif(1),
    }.items():
        yield Case(f"{name!r}", Png(before=chunk(name, body)).written(), "cleaned")
        made = Png().written()
        yield Case(f"{name!r} late", made[:-12] + chunk(name, body) + made[-12:], "cleaned")


@good
def png_orientations() -> Iterator[Case]:
    """EXIF orientations in a chunk, in both byte orders."""
    for order in "<>":
        for orientation in range(2, 9):
            exif = chunk(b"eXIf", images.exif(orientation, order))
            size = (208, 201) if orientation >= 5 else (201, 208)
            made = Png(width=201, before=exif)
            yield Case(f"{order}{orientation}", made.written(), "re-encoded", size=size, orientation=orientation)


@good
def png_packing() -> Iterator[Case]:
    """Pixels in many chunks, in empty ones, packed hard, not at all, and in small windows."""
    for pieces in (2, 7, 300):
        yield Case(f"{pieces} pieces", Png(pieces=pieces, filter=-1, level=1).written(), "untouched")
    for level in (0, 1, 9):
        made = Png(colour=3, level=level)
        yield Case(f"level {level}", made.written(), "untouched")
    for window in range(9, 16):
        yield Case(f"window {window}", Png(window=window).written(), "untouched")
    data = Png().written()
    at, end = idat(data)
    empty = chunk(b"IDAT", b"")
    yield Case("an empty piece first", data[:at] + empty + data[at:], "untouched")
    yield Case("an empty piece last", data[:end] + empty + data[end:], "untouched")
    text = chunk(b"tEXt", b"x\0y")
    yield Case("a text between", Png(pieces=4, between=text).written(), "cleaned", shows=data)
    still = chunk(b"acTL", struct.pack(">II", 1, 0))
    yield Case("an animation of one frame", Png(before=still).written(), "cleaned", shows=data)


@good
def trailing_bytes() -> Iterator[Case]:
    """What some software leaves behind the end."""
    for name, trailer in {"a zero": b"\0", "zeros": bytes(5_000), "an end": b"\xff\xd9", "a line": b"\r\n"}.items():
        for kind, data in {"jpeg": photo(), "progressive": photo(progressive=True), "png": drawing()}.items():
            yield Case(f"{name} {kind}", data + trailer, "cleaned", size=(208, 216))


# --- not what it says ----------------------------------------------------------------------------


def foreign(*names: str) -> Iterator[Case]:
    """Files of that format, short and long, under either name."""
    for name in names:
        for kind in ("image/jpeg", "image/png"):
            for more in (0, 3_000):
                data = images.FOREIGN[name] + bytes(more)
                yield Case(f"{name} {kind} {more}", data, "unsupported_type", kind, named=name)


@bad
def renamed_gif() -> Iterator[Case]:
    """Threat 18."""
    yield from foreign("GIF")
    still = Image.new("P", (208, 208))
    moving = images.encoded(still, "GIF", save_all=True, append_images=[Image.new("P", (208, 208), 9)])
    for kind in ("image/jpeg", "image/png"):
        for start in (b"GIF87a", b"GIF89a"):
            yield Case(f"{start!r} {kind}", start + moving[6:], "unsupported_type", kind, named="GIF")


@bad
def renamed_tiff() -> Iterator[Case]:
    """Threat 18."""
    yield from foreign("TIFF")
    for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        yield Case(f"{start!r}", start + bytes(500), "unsupported_type", "image/jpeg", named="TIFF")


@bad
def renamed_bitmap() -> Iterator[Case]:
    """Threat 18: BMP and ICO, also with a PNG inside."""
    yield from foreign("BMP", "ICO")
    yield Case("PNG in ICO", images.FOREIGN["ICO"] + drawing(), "unsupported_type", "image/png", named="ICO")


@bad
def renamed_webp() -> Iterator[Case]:
    """Threat 18."""
    yield from foreign("WebP")
    for kind in (b"VP8 ", b"VP8L", b"VP8X"):
        yield Case(
            f"{kind!r}", b"RIFF\x24\0\0\0WEBP" + kind + bytes(300), "unsupported_type", "image/jpeg", named="WebP"
        )


@bad
def renamed_heif() -> Iterator[Case]:
    """Threat 18: HEIC, AVIF, and what a phone films."""
    yield from foreign("HEIC", "AVIF", "MP4")
    for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        data = b"\0\0\0\x18ftyp" + brand + bytes(300)
        yield Case(f"{brand!r}", data, "unsupported_type", "image/jpeg", named="HEIC")


@bad
def renamed_documents() -> Iterator[Case]:
    """Threat 18: PDF and PostScript, also behind other bytes."""
    yield from foreign("PDF", "EPS")
    for lead in (b"\n", b"junk " * 20):
        yield Case(
            f"PDF behind {lead[:5]!r}", lead + images.FOREIGN["PDF"], "unsupported_type", "image/png", named="PDF"
        )
    yield Case("EPS with preview", b"\xc5\xd0\xd3\xc6" + bytes(90), "unsupported_type", "image/jpeg", named="EPS")


@bad
def renamed_markup() -> Iterator[Case]:
    """Threat 18: SVG and HTML, which would run in a reviewer's browser."""
    yield from foreign("SVG", "HTML")
    for name, text in {
        "bare": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "after a comment": b"<!-- x --><svg/>",
        "in capitals": b"<SVG></SVG>",
    }.items():
        yield Case(f"SVG {name}", text, "unsupported_type", "image/png", named="SVG")
    yield Case("HTML bare", b"  <html><body>", "unsupported_type", "image/jpeg", named="HTML")


@bad
def renamed_archives() -> Iterator[Case]:
    """Threat 18: archives and office documents."""
    yield from foreign("ZIP", "RAR", "7z", "Word/Excel")


@bad
def renamed_rarities() -> Iterator[Case]:
    """Threat 18: pictures that browsers do not show."""
    yield from foreign("PSD", "JPEG 2000", "JPEG XL")
    for start, name in ((b"\xff\x0a", "JPEG XL"), (b"\xff\x4f\xff\x51", "JPEG 2000")):
        yield Case(f"bare {name}", start + bytes(300), "unsupported_type", "image/jpeg", named=name)


@bad
def renamed_anything() -> Iterator[Case]:
    """Text, programs, sound, noise."""
    for name, data in {
        "text": b"just some text",
        "JSON": b"{}",
        "ELF": b"\x7fELF" + bytes(99),
        "EXE": b"MZ" + bytes(99),
        "MP3": b"ID3\3" + bytes(99),
        "script": b"#!/bin/sh\nrm -rf /",
        "PHP": b"<?php system($_GET[0]); ?>",
        "zeros": bytes(5_000),
        "ones": b"\xff" * 5_000,
        "base64": b"/9j/4AAQSkZJRgABAQAAAQABAAD",
        "data link": b"data:image/png;base64,iVBORw0KGgo=",
        "JPEG after a line": b"\n" + images.jpeg(208, 216),
        "PNG after a byte": b"\0" + images.png(208, 216),
        "JPEG backwards": images.jpeg(208, 216)[::-1],
        "PNG with text line ends": images.png(208, 216).replace(b"\r\n", b"\n", 1),
    }.items():
        for kind in ("image/jpeg", "image/png"):
            yield Case(f"{name} {kind}", data, "unsupported_type", kind)


@bad
def declared_as_the_other() -> Iterator[Case]:
    """A PNG called JPEG, a JPEG called PNG."""
    for options in ({}, {"progressive": True}, {"mode": "L"}, {"mode": "CMYK"}, {"quality": 20}, {"subsampling": 0}):
        yield Case(f"JPEG {options}", photo(**options), "wrong_type", "image/png")
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield Case(f"PNG {mode}", drawing(mode), "wrong_type", "image/jpeg")
    yield Case("JPEG cut", photo()[:100], "wrong_type", "image/png")
    yield Case("PNG cut", drawing()[:100], "wrong_type", "image/jpeg")


@bad
def not_as_announced() -> Iterator[Case]:
    """Threat 7: other bytes than the page has read."""
    for name, data in {"jpeg": photo(), "png": drawing()}.items():
        honest = images.announced(data)
        for other in (
            replace(honest, size=honest.size + 1),
            replace(honest, size=honest.size - 1),
            replace(honest, size=0),
            replace(honest, sha256=hashlib.sha256(data + b"\0").hexdigest()),
            replace(honest, sha256=honest.sha256.upper()),
            replace(honest, sha256=""),
        ):
            yield Case(f"{name} {other.size} {other.sha256[:4]}", data, "not_as_announced", announced=other)
        for changed in (data[:-1] + b"x", b"", data + b"\0"):
            if changed:
                yield Case(f"{name} to {len(changed)}", changed, "not_as_announced", announced=honest)


@bad
def nothing_or_next_to_nothing() -> Iterator[Case]:
    """Zero bytes, and the first bytes of a picture."""
    for kind in ("image/jpeg", "image/png"):
        yield Case(f"nothing {kind}", b"", "empty", kind)
    for length in range(1, 16):
        expected = "unsupported_type" if length < 3 else "truncated"
        yield Case(f"jpeg {length}", photo()[:length], expected, "image/jpeg")
        expected = "unsupported_type" if length < 8 else "truncated"
        yield Case(f"png {length}", drawing()[:length], expected, "image/png")


@bad
def more_bytes_than_allowed() -> Iterator[Case]:
    """Threat 1, for whoever gets past the bucket's own limit."""
    for name, data in {"jpeg": photo(), "png": drawing(), "GIF": images.FOREIGN["GIF"]}.items():
        for size in (204_801, 204_900, 300_000, 1_000_000):
            yield Case(f"{name} {size}", data + bytes(size - len(data)), "too_large", "image/jpeg")


# --- sizes and costs -----------------------------------------------------------------------------


@bad
def too_few_pixels() -> Iterator[Case]:
    """Thumbnails."""
    for width, height in ((1, 1), (199, 200), (200, 199), (199, 2_000), (64, 64), (1, 500)):
        yield Case(f"jpeg {width}x{height}", images.jpeg(width, height), "too_small")
        yield Case(f"png {width}x{height}", images.png(width, height), "too_small")
        yield Case(f"lying {width}x{height}", images.oriented(6, width, height), "too_small")


@bad
def pixel_floods() -> Iterator[Case]:
    """Threat 20: headers that promise more than anybody can decode."""
    for width, height in ((65_535, 65_535), (10_000, 5_001), (65_500, 1_000), (1_000, 65_500), (8_000, 8_000)):
        for options in ({}, {"progressive": True}, {"mode": "L"}):
            flood = images.with_jpeg_size(photo(**options), width, height)
            yield Case(f"jpeg {width}x{height} {options}", flood, "too_many_pixels")
    for width, height in ((60_000, 60_000), (1 << 30, 1 << 30), (0x7FFFFFFF, 300), (300, 0x7FFFFFFF), (10_000, 5_001)):
        for mode in ("RGB", "P", "1"):
            flood = images.with_png_size(drawing(mode), width, height)
            yield Case(f"png {width}x{height} {mode}", flood, "too_many_pixels")


@bad
def memory_floods() -> Iterator[Case]:
    """Threat 20: fewer pixels than the limit, but more memory or time than their share."""
    for width, height in ((7_000, 7_000), (25_000, 2_000), (2_000, 25_000)):
        for mode in ("RGB", "RGBA", "I;16"):
            flood = images.with_png_size(drawing(mode), width, height)
            yield Case(f"png {mode} {width}x{height}", flood, "too_many_pixels")
        for options in ({"progressive": True}, {"progressive": True, "subsampling": 0}):
            flood = images.with_jpeg_size(photo(**options), width, height)
            yield Case(f"jpeg {width}x{height} {options}", flood, "too_many_pixels")
        for options in ({"before": chunk(b"eXIf", images.exif(6))}, {"interlaced": True}, {"colour": 6}, {"depth": 16}):
            flood = images.with_png_size(replace(Png(), **options).written(), width // 2 + 200, height // 2 + 200)
            yield Case(f"png {options} {width}x{height}", flood, "too_many_pixels")
        alone = Jpeg(scans=((0,), (1,), (2,))).written()
        yield Case(f"by component {width}x{height}", images.with_jpeg_size(alone, width, height), "too_many_pixels")


@bad
def slow_filters() -> Iterator[Case]:
    """Threat 20: all rows in the filter that is slowest to undo."""
    for colour, depth, edge in (
        (0, 8, 3_170),
        (2, 8, 1_830),
        (2, 16, 1_300),
        (3, 8, 3_170),
        (6, 8, 1_590),
        (4, 8, 2_240),
    ):
        made = Png(width=edge, height=edge, colour=colour, depth=depth, filter=4)
        yield Case(f"{colour}/{depth}", made.written(), "too_many_pixels")


@bad
def scan_bombs() -> Iterator[Case]:
    """Threat 21."""
    for scans in (101, 102, 150, 300, 1_000, 1_500):
        for mode in ("L", "RGB"):
            yield Case(f"{scans} {mode}", images.scan_bomb(scans, 208, 208, mode), "too_many_scans")
    for scans, edge in ((95, 3_000), (60, 4_000), (30, 5_000), (20, 5_000)):
        bomb = images.scan_bomb(scans, 208, 208)
        yield Case(f"{scans} of {edge}", images.with_jpeg_size(bomb, edge, edge), "too_many_scans")


@bad
def animations() -> Iterator[Case]:
    """Threat 19: APNG."""
    yield Case("two frames", images.apng(), "too_many_frames")
    for frames in (0, 2, 3, 1_000, 0xFFFFFFFF):
        control = chunk(b"acTL", struct.pack(">II", frames, 0))
        yield Case(f"says {frames}", Png(before=control).written(), "too_many_frames")
        data = Png().written()
        yield Case(f"says {frames} late", data[:-12] + control + data[-12:], "too_many_frames")
    one = chunk(b"acTL", struct.pack(">II", 1, 0))
    data = Png(before=one).written()
    frame = chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", bytes(4) + PAYLOAD)
    yield Case("one frame that is another", data[:-12] + frame + data[-12:], "too_many_frames")
    for body in (b"", bytes(7), bytes(9)):
        yield Case(f"control of {len(body)}", Png(before=chunk(b"acTL", body)).written(), "too_many_frames")


@bad
def endless_segments() -> Iterator[Case]:
    """Walks that would not end."""
    for count in (2_100, 10_000, 40_000):
        for marker in (0xFE, 0xE5, 0xDB):
            body = segment(marker, STEPS[4:] if marker == 0xDB else b"")[: 2_000_000 // count]
            if count * len(body) < 150_000:
                data = images.with_segments(photo(), *[body] * count)
                yield Case(f"{count} {marker:x}", data, "corrupt")
    for count in (2_100, 10_000):
        for name in (b"tEXt", b"IDAT", b"prVt"):
            yield Case(f"{count} {name!r}", images.with_chunks(drawing(), *[chunk(name, b"")] * count), "corrupt")


# --- cut -----------------------------------------------------------------------------------------


def cut_family(name: str, data: Callable[[], bytes], pieces: int = 24) -> None:
    """Threat 23: cut at many places."""

    def maker() -> Iterator[Case]:
        whole = data()
        for at, part in cut(whole, pieces, start=8):
            yield Case(at, part, "truncated", images.announced(whole).content_type)

    maker.__name__, maker.__doc__ = f"cut_{name}", "Threat 23: cut at many places."
    bad(maker)


cut_family("baseline", photo)
cut_family("progressive", lambda: photo(progressive=True))
cut_family("grey", lambda: photo(mode="L"))
cut_family("restarts", lambda: photo(restart_marker_rows=1))
cut_family("inks", lambda: photo(mode="CMYK"))
cut_family("lying", lambda: images.oriented(6, 208, 216))
cut_family("png", drawing)
cut_family("interlaced", lambda: Png(colour=3, interlaced=True).written())
cut_family("palette", lambda: drawing("P"))
cut_family("pieces", lambda: Png(pieces=20, filter=-1).written())


def mended_family(name: str, data: Callable[[], bytes], start: int = 0) -> None:
    """Cut, and closed with an end marker, as repair tools do: libjpeg only fills up with grey."""

    def maker() -> Iterator[Case]:
        whole = data()
        first = start or whole.index(b"\xff\xda") + 40
        for at, part in cut(whole[:-60], 24, b"\xff\xd9", first):
            yield Case(at, part, "truncated")

    maker.__name__, maker.__doc__ = f"mended_{name}", mended_family.__doc__
    bad(maker)


mended_family("baseline", photo)
mended_family("progressive", lambda: photo(progressive=True))
mended_family("grey", lambda: photo(mode="L"))
mended_family("restarts", lambda: photo(restart_marker_rows=1))
mended_family("inks", lambda: photo(mode="CMYK"))
mended_family("lying", lambda: images.oriented(6, 208, 216))
mended_family("by_component", lambda: Jpeg(scans=((0,), (1,), (2,)), sampling=S444).written())


@bad
def mended_png() -> Iterator[Case]:
    """Cut within the pixels, and closed with right chunks."""
    for kind, made in {"plain": Png(filter=-1), "interlaced": Png(interlaced=True, filter=-1)}.items():
        pixels = made.packed()
        for step in range(1, 16):
            part = pixels[: len(pixels) * step // 16]
            yield Case(f"{kind} {len(part)} of {len(pixels)}", made.written(part), "truncated")


@bad
def rows_missing() -> Iterator[Case]:
    """Well-formed chunks, well-packed pixels, but fewer than the header says."""
    for colour, depth in KINDS:
        for interlaced in (False, True):
            made = Png(colour=colour, depth=depth, interlaced=interlaced)
            rows = made.rows()
            short = zlib.compress(rows[:-1] if interlaced else rows[: len(rows) // 2])
            yield Case(f"{colour}/{depth} {interlaced}", made.written(short), "truncated")


@bad
def scans_missing() -> Iterator[Case]:
    """Whole scans are not there: a colour, or the fine detail."""
    made = Jpeg(sampling=S420)
    for components in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2)):
        yield Case(f"only {components}", made.written(made.scan(components)), "truncated")
    slow = replace(made, marker=0xC2)
    everything = range(3)
    dc = slow.scan(everything, 0, 0)
    yield Case("only DC", slow.written(dc), "truncated")
    for c in everything:
        others = [slow.scan((other,), 1, 63) for other in everything if other != c]
        yield Case(f"no AC of {c}", slow.written(dc, *others), "truncated")
        yield Case(f"only low AC of {c}", slow.written(dc, *others, slow.scan((c,), 1, 5)), "truncated")
        yield Case(f"coarse AC of {c}", slow.written(dc, *others, slow.scan((c,), 1, 63, 1)), "truncated")
    yield Case("coarse DC", slow.written(slow.scan(everything, 0, 0, 1)), "truncated")


# --- broken JPEGs --------------------------------------------------------------------------------


@bad
def jpeg_tables_missing() -> Iterator[Case]:
    """A decoder cannot do without."""
    for name, data in {"photo": photo(), "progressive": photo(progressive=True), "grey": photo(mode="L")}.items():
        yield Case(f"no steps, {name}", without(data, 0xDB), "corrupt")
        yield Case(f"no codes, {name}", without(data, 0xC4), "corrupt")
    for name, tables in {"quantisation": DC_CODES + AC_CODES, "DC": STEPS + AC_CODES, "AC": STEPS + DC_CODES}.items():
        yield Case(f"no {name}", Jpeg(tables=tables).written(), "corrupt")
        yield Case(f"no {name}, grey", Jpeg(tables=tables, sampling=GREY).written(), "corrupt")


@bad
def jpeg_bad_codes() -> Iterator[Case]:
    """Huffman tables that are none."""
    for name, body in {
        "too many codes": bytes((0x00, 3, *([0] * 15), 0, 1, 2)),
        "more than there are bits": bytes((0x00, 0, 5, *([0] * 14), *range(5))),
        "257 codes": bytes((0x00, *([0] * 7), 128, 129, *([0] * 7))) + bytes(257),
        "fewer values than counted": bytes((0x00, 0, 0, 0, 12, *([0] * 12), 0, 1)),
        "no such class": b"\x20" + DC_CODES[5:],
        "no such place": b"\x04" + DC_CODES[5:],
        "cut counts": bytes((0x00, 0, 0)),
        "a DC value of 200": bytes((0x00, 1, *([0] * 15), 200)),
    }.items():
        for sampling in (GREY, S420):
            broken = Jpeg(tables=STEPS + segment(0xC4, body) + AC_CODES, sampling=sampling)
            yield Case(f"{name} {len(sampling)}", broken.written(), "corrupt")


@bad
def jpeg_bad_steps() -> Iterator[Case]:
    """Quantisation tables that are none."""
    for name, body in {
        "short": bytes((0, *([8] * 63))),
        "long": bytes((0, *([8] * 65))),
        "no such place": bytes((4, *([8] * 64))),
        "short and of 16 bits": bytes((0x10, *([8] * 127))),
        "another place": bytes((1, *([8] * 64))),
        "no such precision": bytes((0x20, *([8] * 64))),
    }.items():
        for sampling in (GREY, S420):
            broken = Jpeg(tables=segment(0xDB, body) + DC_CODES + AC_CODES, sampling=sampling)
            yield Case(f"{name} {len(sampling)}", broken.written(), "corrupt")


@bad
def jpeg_bad_frames() -> Iterator[Case]:
    """Frame headers that cannot be."""
    made = Jpeg(sampling=S444).written()
    at = made.index(b"\xff\xc0") + 4
    for name, place, value in (
        ("no height, to be told later", 1, b"\0\0"),
        ("no width", 3, b"\0\0"),
        ("no components", 5, b"\0"),
        ("two components", 5, b"\2"),
        ("five components", 5, b"\5"),
        ("255 components", 5, b"\xff"),
        ("sampling 0", 7, b"\x01"),
        ("sampling 5", 7, b"\x51"),
        ("sampling 15", 7, b"\xff"),
        ("a component twice", 9, b"\1"),
        ("no such steps", 8, b"\7"),
        ("steps that are not there", 8, b"\3"),
        ("no bits", 0, b"\0"),
        ("nine bits", 0, b"\x09"),
    ):
        broken = made[: at + place] + value + made[at + place + len(value) :]
        expected = "unsupported_type" if place == 0 else "corrupt"
        yield Case(name, broken, expected)
        yield Case(f"{name}, progressive", broken.replace(b"\xff\xc0", b"\xff\xc2"), expected)
    yield Case("two frames", made[: at - 4] + made[at - 4 :][:19] + made[at - 4 :], "corrupt")


@bad
def jpeg_bad_scans() -> Iterator[Case]:
    """Scan headers that cannot be."""
    slow = photo(progressive=True)
    for kind, data in {"baseline": Jpeg(sampling=S444).written(), "progressive": slow}.items():
        at = data.index(b"\xff\xda") + 4
        tail = at + 1 + 2 * data[at]
        for name, place, value in (
            ("no components", at, b"\0"),
            ("five components", at, b"\5"),
            ("one component too few", at, b"\2"),
            ("an unknown component", at + 1, b"\x63"),
            ("a component twice", at + 3, data[at + 1 : at + 2]),
            ("no such codes", at + 2, b"\x77"),
            ("codes that are not there", at + 2, b"\x33"),
            ("from 64", tail, b"\x40"),
            ("backwards", tail, b"\x3f\0"),
            ("to 200", tail + 1, b"\xc8"),
        ):
            yield Case(f"{name} {kind}", data[:place] + value + data[place + len(value) :], "corrupt")


@bad
def jpeg_bad_segments() -> Iterator[Case]:
    """Lengths and markers that cannot be."""
    data = photo()
    for marker in (*range(0x02, 0xC0, 19), 0xC8, 0xDE, 0xDF, 0xF0, 0xF7, 0xFD):
        yield Case(f"marker {marker:x}", images.with_segments(data, segment(marker, b"x")), "corrupt")
    for length in (0, 1):
        for marker in (0xE0, 0xDB, 0xFE):
            head = bytes((0xFF, marker)) + length.to_bytes(2, "big")
            yield Case(f"{marker:x} of {length}", images.with_segments(data, head), "corrupt")
    yield Case("a second start", data[:2] + data, "corrupt")
    yield Case("ends at once", b"\xff\xd8\xff\xd9", "corrupt")
    yield Case("ends before the scan", data[: data.index(b"\xff\xda")] + b"\xff\xd9", "corrupt")
    yield Case("the scan first", images.with_segments(data, segment(0xDA, b"\1\1\0\0\x3f\0")), "corrupt")
    for length in (0, 1, 3):
        yield Case(f"intervals of {length}", images.with_segments(data, segment(0xDD, bytes(length))), "corrupt")


@bad
def jpeg_not_for_browsers() -> Iterator[Case]:
    """Lossless, arithmetic, hierarchical and 12-bit coding."""
    for marker in (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF):
        for sampling in (GREY, S420):
            data = Jpeg(marker=marker, sampling=sampling).written()
            yield Case(f"{marker:x} {len(sampling)}", data, "unsupported_type", named="JPEG")
    for marker in (0xC0, 0xC1, 0xC2):
        yield Case(f"12 bits {marker:x}", Jpeg(marker=marker, precision=12).written(), "unsupported_type", named="12")


# --- broken PNGs ---------------------------------------------------------------------------------


@bad
def png_bad_checksums() -> Iterator[Case]:
    """One bit of a chunk that matters, or of its checksum."""
    for name, data in {"rgb": Png(filter=-1).written(), "palette": Png(colour=3).written()}.items():
        at, end = idat(data)
        places = [16, 20, 24, 29, at + 8, at + 9, (at + end) // 2, end - 5, end - 4, end - 1, len(data) - 1]
        if name == "palette":
            places += [data.index(b"PLTE") + 4, data.index(b"PLTE") + 20]
        for place in places:
            yield Case(f"{name} {place}", data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :], "corrupt")


@bad
def png_bad_lengths() -> Iterator[Case]:
    """Chunks longer or shorter than they are."""
    data = Png(filter=-1).written()
    at, end = idat(data)
    real = end - at - 12
    for place, name in ((8, "header"), (at, "pixels"), (len(data) - 12, "end")):
        for value in (0xFFFFFFFF, 0x80000000):
            broken = data[:place] + value.to_bytes(4, "big") + data[place + 4 :]
            yield Case(f"{name} {value:x}", broken, "corrupt")
        for value in (0x7FFFFFFF, 1_000_000):
            broken = data[:place] + value.to_bytes(4, "big") + data[place + 4 :]
            yield Case(f"{name} {value:x}", broken, "truncated")
    for value in (0, 1, real - 1, real + 1):
        yield Case(f"pixels {value}", data[:at] + value.to_bytes(4, "big") + data[at + 4 :], "corrupt")


@bad
def png_bad_headers() -> Iterator[Case]:
    """Headers that cannot be, with right checksums."""
    data = Png().written()
    fields = [208, 208, 8, 2, 0, 0, 0]
    pairs = [(c, d) for c in range(8) for d in (0, 1, 2, 3, 4, 8, 16, 32) if (c, d) not in KINDS]
    changes = [{3: c, 2: d} for c, d in pairs[::2]]
    changes += [{0: 0}, {1: 0}, {0: 0x80000000}, {1: 0xFFFFFFFF}, {4: 1}, {5: 1}, {5: 64}, {6: 2}, {6: 255}]
    for change in changes:
        body = struct.pack(">IIBBBBB", *(change.get(at, value) for at, value in enumerate(fields)))
        yield Case(f"{change}", data[:8] + chunk(b"IHDR", body) + data[33:], "corrupt")
    for length in (0, 12, 14):
        yield Case(f"of {length}", data[:8] + chunk(b"IHDR", bytes(length)) + data[33:], "corrupt")


@bad
def png_bad_order() -> Iterator[Case]:
    """Chunks twice, missing, or where they must not be."""
    data = Png().written()
    at, end = idat(data)
    header, pixels, palette = data[8:33], data[at:end], chunk(b"PLTE", bytes(30))
    indexed = Png(colour=3).written()
    plte = indexed.index(b"PLTE") - 4
    start = idat(indexed)[0]
    for name, parts in {
        "two headers": (header, header, pixels, END),
        "a late header": (pixels, header, END),
        "no header": (pixels, END),
        "no pixels": (header, END),
        "only the end": (END,),
        "a palette behind the pixels": (header, pixels, palette, END),
        "two palettes": (header, palette, palette, pixels, END),
        "a text first": (chunk(b"tEXt", b"x\0y"), header, pixels, END),
        "a header of its own colour behind": (header, pixels, header, END),
    }.items():
        yield Case(name, SIGNATURE + b"".join(parts), "corrupt")
    yield Case("no palette", indexed[:plte] + indexed[start:], "corrupt")
    yield Case("the palette last", indexed[:plte] + indexed[start:-12] + indexed[plte:start] + END, "corrupt")
    for name, parts in {"no end": (header, pixels), "nothing": (), "only a header": (header,)}.items():
        yield Case(name, SIGNATURE + b"".join(parts), "truncated")


@bad
def png_bad_chunks() -> Iterator[Case]:
    """Unknown chunks that matter, names that are none, palettes and ends of impossible length."""
    data = Png().written()
    for name in (b"ABCD", b"IDOT", b"JDAT", b"IDat", b"FRAM", b"CgBI", b"1234", b"ID\0T", b"\xff\xff\xff\xff"):
        for place in (33, len(data) - 12):
            yield Case(f"{name!r} at {place}", data[:place] + chunk(name, b"x") + data[place:], "corrupt")
    for length in (0, 1, 2, 4, 769, 771):
        for colour in (2, 3):
            made = replace(Png(colour=2), before=chunk(b"PLTE", bytes(length))).written()
            fields = struct.pack(">IIBBBBB", 208, 208, 8, colour, 0, 0, 0)
            yield Case(f"palette of {length} {colour}", made[:8] + chunk(b"IHDR", fields) + made[33:], "corrupt")
    for length in (1, 50):
        yield Case(f"end of {length}", data[:-12] + chunk(b"IEND", bytes(length)), "corrupt")


@bad
def png_bad_packing() -> Iterator[Case]:
    """Pixels that do not unpack, behind right checksums."""
    made = Png(filter=-1)
    pixels = made.packed()
    for name, body in {
        "zeros": bytes(len(pixels)),
        "ones": b"\xff" * 500,
        "text": PAYLOAD * 20,
        "another method": b"\x77" + pixels[1:],
        "a wider window": b"\x88" + pixels[1:],
        "a dictionary": pixels[:1] + bytes((pixels[1] ^ 0x20,)) + pixels[2:],
        "bare": pixels[2:-4],
        "gzip": b"\x1f\x8b" + pixels,
        "a wrong sum": pixels[:-1] + bytes((pixels[-1] ^ 1,)),
        "no sum": pixels[:-4] + b"....",
        "backwards": pixels[::-1],
    }.items():
        yield Case(name, made.written(body), "corrupt")
    for step in range(1, 14):
        place = len(pixels) * step // 14
        flipped = pixels[:place] + bytes((pixels[place] ^ 0x10,)) + pixels[place + 1 :]
        yield Case(f"flipped at {place}", made.written(flipped), "corrupt")
    for name, body in {"nothing": b"", "a byte": pixels[:1], "two bytes": pixels[:2]}.items():
        yield Case(name, made.written(body), "truncated")


@bad
def png_bad_filters() -> Iterator[Case]:
    """Row filters that do not exist, in the first, a middle and the last row."""
    for kind in (5, 6, 9, 128, 255):
        for name, made in {"rgb": Png(), "deep": Png(depth=16), "interlaced": Png(interlaced=True)}.items():
            rows = made.rows()
            yield Case(f"{kind} {name}", made.written(zlib.compress(bytes((kind,)) + rows[1:])), "corrupt")
        made = Png()
        rows, stride = made.rows(), 1 + 208 * 3
        for row in (1, 100, 207):
            at = row * stride
            broken = rows[:at] + bytes((kind,)) + rows[at + 1 :]
            yield Case(f"{kind} in row {row}", made.written(zlib.compress(broken)), "corrupt")


@bad
def more_data_than_pixels() -> Iterator[Case]:
    """Bombs and stowaways within the pixel data: behind the last row, or behind the packed stream."""
    for colour, depth in KINDS[::2]:
        made = Png(colour=colour, depth=depth)
        rows = made.rows()
        yield Case(f"a byte {colour}/{depth}", made.written(zlib.compress(rows + b"x")), "corrupt")
        yield Case(f"a text {colour}/{depth}", made.written(zlib.compress(rows + PAYLOAD)), "corrupt")
        yield Case(f"behind {colour}/{depth}", made.written(zlib.compress(rows) + PAYLOAD), "corrupt")
    made = Png()
    packer = zlib.compressobj(9)
    bomb = packer.compress(made.rows()) + packer.compress(bytes(50 << 20)) + packer.flush()
    yield Case("50 MB", made.written(bomb), "corrupt")
    yield Case("50 MB in pieces", replace(made, pieces=30).written(bomb), "corrupt")
    yield Case("a second stream", made.written(made.packed() * 2), "corrupt")


# --- hostile halves that must be lost ------------------------------------------------------------


@bad
def polyglots() -> Iterator[Case]:
    """Threat 24: a picture in front, something else behind. Only the picture is kept."""
    for name, other in {
        "ZIP": b"PK\x03\x04" + PAYLOAD,
        "HTML": b"<html>" + PAYLOAD + b"</html>",
        "PDF": b"%PDF-1.7\n" + PAYLOAD,
        "RAR": b"Rar!\x1a\x07" + PAYLOAD,
        "program": b"\x7fELF" + PAYLOAD,
        "picture": b"\xff\xd9\xff\xd8" + PAYLOAD,
    }.items():
        for kind, data in {
            "jpeg": photo(),
            "progressive": photo(progressive=True),
            "grey": photo(mode="L"),
            "png": drawing(),
            "palette": drawing("P"),
        }.items():
            yield Case(f"{kind} and {name}", data + other, "cleaned", size=(208, 216))


@bad
def stowaways_in_jpeg() -> Iterator[Case]:
    """Threats 24 and 25: scripts and places in segments that show nothing."""
    for name, marker, body in (
        ("comment", 0xFE, PAYLOAD),
        ("EXIF", 0xE1, EXIF + images.exif() + PAYLOAD),
        ("place", 0xE1, EXIF + images.exif()),
        ("XMP", 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PAYLOAD),
        ("IPTC", 0xED, b"Photoshop 3.0\0" + PAYLOAD),
        ("profile", 0xE2, b"ICC_PROFILE\0\1\1" + PAYLOAD),
        ("FlashPix", 0xE2, b"FPXR\0" + PAYLOAD),
        ("JFXX", 0xE0, b"JFXX\0\x13" + PAYLOAD),
        ("JUMBF", 0xEB, b"JP" + PAYLOAD),
        ("number of lines", 0xDC, PAYLOAD),
        ("conditioning", 0xCC, PAYLOAD),
    ):
        for kind, data in {"baseline": photo(), "progressive": photo(progressive=True)}.items():
            hidden = segment(marker, body)
            early, late = images.with_segments(data, hidden), data[:-2] + hidden + data[-2:]
            yield Case(f"{name} in front {kind}", early, "cleaned", size=(208, 216), shows=data)
            yield Case(f"{name} at the end {kind}", late, "cleaned", size=(208, 216), shows=data)


@bad
def stowaways_in_png() -> Iterator[Case]:
    """Threats 22, 24 and 25: bombs, scripts and places in chunks that show nothing."""
    zeros = images.packed(50)
    long = images.profile(4 << 20)
    for name, body in (
        (b"zTXt", b"Comment\0\0" + zeros),
        (b"iTXt", b"Comment\0\1\0\0\0" + zeros),
        (b"iCCP", b"icc\0\0" + zeros),
        (b"iCCP", b"icc\0\0" + zlib.compress(long, 9)),
        (b"iCCP", PAYLOAD),
        (b"eXIf", images.exif() + PAYLOAD),
        (b"tEXt", b"Comment\0" + PAYLOAD),
        (b"zzZz", PAYLOAD),
        (b"gAMA", PAYLOAD),
        (b"tRNS", PAYLOAD),
        (b"sTER", PAYLOAD),
    ):
        for kind, data in {"colour": drawing(), "palette": drawing("P")}.items():
            hidden = chunk(name, body)
            early, late = images.with_chunks(data, hidden), data[:-12] + hidden[:-4] + b"none" + data[-12:]
            yield Case(f"{name!r} {len(body)} {kind}", early, "cleaned", size=(208, 216), shows=data)
            yield Case(f"{name!r} {len(body)} {kind}, late, wrong sum", late, "cleaned", size=(208, 216), shows=data)
