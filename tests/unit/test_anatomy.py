"""What the readers of JPEG and PNG find, to the byte; most tests here were written because a mutant had survived."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from songshen.domain import jpeg, png
from songshen.domain.anatomy import MAX_MEMORY, MAX_PAETH, MAX_WORK, Anatomy, FlawError, exif_orientation, is_profile
from songshen.domain.exam import Geometry, ImageLimits
from songshen.domain.image import UploadedFile, check_cost, check_geometry
from songshen.domain.jpeg import read_jpeg
from songshen.domain.png import Pixels, read_png
from songshen.domain.verdict import Problem, ProblemCode
from tests.support import images
from tests.support.writers import KINDS, S420, S444, Jpeg, Png

LIMITS = ImageLimits()
CORRUPT, TRUNCATED = ProblemCode.CORRUPT, ProblemCode.TRUNCATED


def of_jpeg(data: bytes) -> Anatomy:
    return read_jpeg(data, LIMITS)


def flaw(anatomy: Anatomy) -> ProblemCode | None:
    return anatomy.flaw.code if anatomy.flaw else None


def flaw_of(read: Callable[[], object]) -> ProblemCode | None:
    """Of a part of a file, read by itself: behind it nothing is in order."""
    try:
        read()
    except FlawError as error:
        return error.problem.code
    return None


# --- what both have in common --------------------------------------------------------------------


def exif(entries: int, at: int, order: str = ">") -> bytes:
    """An EXIF block whose entry number `at` says that the picture lies on its side."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IH", 8, entries)
    others = [struct.pack(order + "HHII", 0x0100 + 0x1000 * (n == at), 4, 1, 7) for n in range(max(entries, at + 1))]
    others[at] = struct.pack(order + "HHIHH", 0x0112, 3, 1, 6, 0)
    return head + b"".join(others)


@pytest.mark.parametrize(
    ("entries", "at", "expected"), [(1, 0, 6), (3, 2, 6), (512, 511, 6), (513, 512, 1), (1, 1, 1), (3, 3, 1)]
)
def test_the_orientation_may_be_any_entry_that_is_counted(entries: int, at: int, expected: int) -> None:
    """Up to the 512th."""
    assert exif_orientation(exif(entries, at)) == exif_orientation(exif(entries, at, "<")) == expected


def test_a_profile_has_128_bytes_at_least() -> None:
    assert [is_profile(images.profile(size), b"RGB ") for size in (127, 128, 129)] == [False, True, True]
    assert not is_profile(images.profile(200)[:-1], b"RGB ")


def cost(**values: int) -> Problem | None:
    """The problem of a file of which decoding would cost so much."""
    plain = Anatomy(width=300, height=200, memory=0, work=0, orientation=1, clean=b"", flaw=None)
    upload = UploadedFile(b"", images.announced(b""), LIMITS)
    upload.__dict__["anatomy"] = replace(plain, **values)
    return check_cost(upload)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"memory": MAX_MEMORY, "work": MAX_WORK, "scans": LIMITS.max_scans}, None),
        ({"work": MAX_WORK, "scans": 1}, None),
        ({"scans": LIMITS.max_scans + 1}, "too_many_scans"),
        ({"memory": MAX_MEMORY + 1}, "too_many_pixels"),
        ({"work": MAX_WORK + 1, "scans": 1}, "too_many_pixels"),
        ({"work": MAX_WORK + 1, "scans": 12}, "too_many_pixels"),
        ({"work": MAX_WORK + 1, "scans": 13}, "too_many_scans"),
    ],
)
def test_what_decoding_may_cost(values: dict[str, int], expected: str | None) -> None:
    """What costs too much is said to have too many pixels, unless it is the many scans that cost it."""
    found = cost(**values)
    assert (found.code if found else None) == expected


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_size_that_is_asked_for_is_that_of_the_picture_upright(orientation: int) -> None:
    upright, lying = images.oriented(orientation, 358, 441), images.oriented(orientation, 441, 358)
    limits = ImageLimits(geometry=Geometry(358, 441))
    for data, lies in ((upright, False), (lying, True)):
        found = check_geometry(UploadedFile(data, images.announced(data), limits))
        assert (found is None) == (lies == (orientation > 4))


# --- JPEG ----------------------------------------------------------------------------------------


def frame(*components: tuple[int, int, int], width: int = 17, height: int = 33, count: int | None = None) -> bytes:
    """The body of a frame header; components by name and sampling across and down."""
    head = struct.pack(">BHHB", 8, height, width, len(components) if count is None else count)
    return head + b"".join(bytes((name, h << 4 | v, 0)) for name, h, v in components)


YCC = ((1, 2, 2), (2, 1, 1), (3, 1, 1))


def test_a_frame_has_blocks_of_eight_pixels() -> None:
    read = jpeg._frame(0xC0, frame(*YCC))
    assert (read.width, read.height, read.progressive) == (17, 33, False)
    assert read.blocks == {1: 3 * 5, 2: 2 * 3, 3: 2 * 3}
    assert read.units == 2 * 3
    whole = jpeg._frame(0xC2, frame(*YCC, width=16, height=32))
    assert (whole.blocks, whole.units, whole.progressive) == ({1: 8, 2: 2, 3: 2}, 2, True)
    assert jpeg._frame(0xC0, frame((1, 4, 4), (2, 1, 4), (3, 4, 1))).units == 1 * 2


@pytest.mark.parametrize(
    "body",
    [
        frame()[:5],
        frame(),
        frame((1, 1, 1), (2, 1, 1)),
        frame(*YCC, (4, 1, 1), (5, 1, 1)),
        frame(*YCC, count=4),
        frame(*YCC, count=1),
        frame(*YCC, width=0),
        frame(*YCC, height=0),
        frame((1, 0, 1)),
        frame((1, 1, 0)),
        frame((1, 5, 1)),
        frame((1, 1, 5)),
        frame((1, 1, 1), (2, 5, 1), (3, 1, 1)),
        frame((1, 1, 1), (1, 1, 1), (3, 1, 1)),
    ],
    ids=range(14),
)
def test_frames_that_cannot_be(body: bytes) -> None:
    assert flaw_of(lambda: jpeg._frame(0xC0, body)) == CORRUPT


BASELINE, PROGRESSIVE = (jpeg._frame(marker, frame(*YCC)) for marker in (0xC0, 0xC2))


def scan(*components: tuple[int, int], first: int = 0, last: int = 63, bits: int = 0, count: int = 0) -> bytes:
    """The body of a scan header; components by name and Huffman tables."""
    named = b"".join(bytes(component) for component in components)
    return bytes((count or len(components),)) + named + bytes((first, last, bits))


def test_what_a_scan_header_says() -> None:
    read, whole = jpeg._scan, scan((1, 0x00), (2, 0x12), (3, 0x23))
    assert read(BASELINE, whole) == jpeg._Scan(b"\1\2\3", {0, 1, 2, 0x10, 0x12, 0x13}, 0, 63, 0, 0)
    # Of a file that is not progressive, the rest of it means nothing.
    assert read(BASELINE, scan((2, 0x31), first=1, last=5, bits=0x21)) == jpeg._Scan(b"\2", {3, 0x11}, 0, 63, 0, 0)
    assert read(PROGRESSIVE, scan((1, 0x31), last=0, bits=0x01)) == jpeg._Scan(b"\1", {3}, 0, 0, 0, 1)
    assert read(PROGRESSIVE, scan((1, 0x31), last=0, bits=0x10)) == jpeg._Scan(b"\1", set(), 0, 0, 1, 0)
    refining = jpeg._Scan(b"\3", {0x12}, 1, 5, 2, 1)
    assert read(PROGRESSIVE, scan((3, 0x32), first=1, last=5, bits=0x21)) == refining
    assert refining.work(PROGRESSIVE) == (10 + 4) * 6
    assert replace(refining, high=0).work(PROGRESSIVE) == 10 * 6
    assert replace(refining, components=b"\1\2", high=0).work(PROGRESSIVE) == 10 * (15 + 6)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\1",
        scan(),
        scan((1, 0))[:-1],
        scan((1, 0)) + b"\0",
        scan((1, 0), count=2),
        scan((1, 0), (2, 0), count=1),
        scan(*((1, 0), (2, 0), (3, 0), (1, 0), (2, 0))),
        scan((1, 0), (1, 0)),
        scan((4, 0)),
        scan((1, 0), first=2, last=1),
        scan((1, 0), first=1, last=64),
    ],
    ids=range(12),
)
def test_scans_that_cannot_be(body: bytes) -> None:
    assert flaw_of(lambda: jpeg._scan(PROGRESSIVE, body)) == CORRUPT
    assert flaw_of(lambda: jpeg._scan(PROGRESSIVE, scan((1, 0), first=63))) is None


@pytest.mark.parametrize("read", [jpeg._huffman_tables, jpeg._quantisation_tables])
def test_tables_end_with_their_segment(read: Callable[[bytes], object]) -> None:
    table = b"\1" + bytes((2, *[0] * 15)) + b"ab" if read is jpeg._huffman_tables else b"\1" + bytes(64)
    other = b"\x13" + bytes(16) if read is jpeg._huffman_tables else b"\x12" + bytes(128)
    names = [1, 0x13] if read is jpeg._huffman_tables else [1, 2]
    assert list(read(table + other)) == names  # type: ignore[call-overload]
    for broken in (table[:-1], table + other[:-1], table + b"\0"):
        assert flaw_of(lambda: list(read(broken))) == CORRUPT  # type: ignore[call-overload]  # noqa: B023


def test_what_is_found_in_a_jpeg() -> None:
    data = Jpeg().written()
    blocks = 26 * 26 + 2 * 13 * 13
    found = Anatomy(
        width=208, height=208, memory=0, work=10 * blocks, orientation=1, clean=data, flaw=None, scans=1, cmyk=False
    )
    assert of_jpeg(data) == found
    assert (found.animated, found.unpacked, found.row) == (False, 0, 0)
    apart = Jpeg(scans=((0,), (1,), (2,))).written()
    assert of_jpeg(apart) == replace(found, memory=128 * blocks, scans=3, clean=apart)
    progressive = Jpeg().progressive()
    assert of_jpeg(progressive) == replace(found, memory=128 * blocks, work=20 * blocks, scans=4, clean=progressive)


def test_a_jpeg_that_breaks_off_is_said_to_be_as_far_as_it_goes() -> None:
    nothing = Anatomy(
        width=0, height=0, memory=0, work=0, orientation=1, clean=b"", flaw=of_jpeg(b"\xff\xd8\xff\xd9").flaw, scans=0
    )
    assert of_jpeg(b"\xff\xd8\xff\xd9") == nothing
    assert flaw(nothing) == CORRUPT
    cut = of_jpeg(Jpeg().written()[:-2])
    assert (cut.width, cut.height, cut.scans, cut.clean, flaw(cut)) == (208, 208, 1, b"", TRUNCATED)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_marker_that_stands_alone_is_passed_over(times: int) -> None:
    data = Jpeg().written()
    assert of_jpeg(images.with_segments(data, times * b"\xff\x01")).clean == data


def test_a_segment_may_be_empty_but_not_less() -> None:
    data = Jpeg().written()
    assert of_jpeg(images.with_segments(data, b"\xff\xfe\0\2")).clean == data
    for length in (0, 1):
        assert flaw(of_jpeg(images.with_segments(data, bytes((0xFF, 0xFE, 0, length))))) == CORRUPT
    assert flaw(of_jpeg(data[:2] + b"\xff\xfe\0")) == TRUNCATED
    assert flaw(of_jpeg(data[:2] + b"\xff\xfe\0\3")) == TRUNCATED


def without_last_restart(data: bytes) -> bytes:
    """The file without one of its restart markers."""
    at = max(data.rfind(bytes((0xFF, 0xD0 + n))) for n in range(8))
    return data[:at] + data[at + 2 :]


@pytest.mark.parametrize("interval", [1, 13, 84, 168])
@pytest.mark.parametrize("scans", [(), ((0,), (1,), (2,))], ids=["together", "apart"])
def test_every_restart_is_there(interval: int, scans: tuple[tuple[int, ...], ...]) -> None:
    """Of 169 MCUs; the scan of a single component counts its blocks."""
    data = Jpeg(scans=scans, restart=interval).written()
    assert flaw(of_jpeg(data)) is None
    assert flaw(of_jpeg(without_last_restart(data))) == TRUNCATED


def test_a_single_components_restarts_are_counted_by_its_blocks() -> None:
    """676 of them, four times as many as there are MCUs."""
    data = Jpeg(scans=((1,), (2,), (0,)), restart=169).written()
    assert flaw(of_jpeg(data)) is None
    assert flaw(of_jpeg(without_last_restart(data))) == TRUNCATED
    none = Jpeg(restart=169).written()
    assert flaw(of_jpeg(none)) is None


@pytest.mark.parametrize("body", [b"", b"\1", b"\0\1\0"])
def test_a_restart_interval_has_two_bytes(body: bytes) -> None:
    assert flaw(of_jpeg(images.with_segments(Jpeg().written(), images.segment(0xDD, body)))) == CORRUPT


def test_every_coefficient_comes_once() -> None:
    """And with all its bits."""
    made = Jpeg()
    assert flaw(of_jpeg(made.progressive(((1, 5), (6, 63))))) is None
    for parts in (((1, 5), (7, 63)), ((2, 63),), ((1, 62),), ((1, 5),), ((1, 4), (6, 63))):
        assert flaw(of_jpeg(made.progressive(parts))) == TRUNCATED, parts


def test_a_profile_is_kept_whatever_stands_beside_it() -> None:
    profile = images.profile()
    parts = [images.segment(0xE2, b"ICC_PROFILE\0\1\2" + profile), images.segment(0xE2, b"ICC_PROFILE\0\2\2")]
    others = [images.segment(0xE2, b"MPF\0" + bytes(30)), images.segment(0xED, b"Photoshop 3.0\0" + bytes(30))]
    data = images.jpeg()
    kept = images.with_segments(data, *parts)  # one of them is empty
    assert of_jpeg(kept).clean == kept
    assert of_jpeg(images.with_segments(data, others[0], parts[0], others[1], parts[1], *others)).clean == kept
    assert of_jpeg(images.with_segments(data, parts[0])).clean == data
    assert of_jpeg(images.with_segments(data, *parts, images.segment(0xE2, b"ICC_PROFILE\0\1"))).clean == kept


# --- PNG -----------------------------------------------------------------------------------------

# By colour type and depth: bytes of memory for each pixel, and ns of work.
MEMORY = {(0, 1): 2, (0, 16): 2, (0, 2): 1, (0, 4): 1, (0, 8): 1, **{kind: 4 for kind in KINDS if kind[0] in (2, 4, 6)}}
MEMORY |= {kind: 2 for kind in KINDS if kind[0] == 3}


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
def test_what_is_found_in_a_png(colour: int, depth: int, interlaced: bool) -> None:
    made = Png(colour=colour, depth=depth, interlaced=interlaced, width=203, height=207)
    data, unpacked, pixels = made.written(), len(made.rows()), 203 * 207
    per_pixel = {3: 4, 4: 8, 6: 8}.get(colour, 2)
    assert read_png(data) == Anatomy(
        width=203,
        height=207,
        memory=pixels * MEMORY[colour, depth],
        work=round(unpacked * (13 if interlaced else 6.5)) + pixels * per_pixel,
        orientation=1,
        clean=data,
        flaw=None,
        unpacked=unpacked,
        row=0 if interlaced else unpacked // 207,
        scans=1,
        animated=False,
        cmyk=False,
    )


def test_what_must_be_copied_costs_more() -> None:
    made = Png()
    plain, pixels = read_png(made.written()).work, 208 * 208
    hole, turned = images.chunk(b"tRNS", bytes(6)), images.chunk(b"eXIf", images.exif(6))
    assert read_png(replace(made, before=hole).written()).work == plain + 6 * pixels
    assert read_png(replace(made, before=turned).written()).work == plain + 6 * pixels
    assert read_png(replace(made, before=images.chunk(b"eXIf", images.exif(1))).written()).work == plain


@pytest.mark.parametrize(("width", "height"), [(1 << 31, 1), (1, 1 << 31), (0, 1), (1, 0)])
def test_a_png_has_less_than_two_thousand_million_pixels_each_way(width: int, height: int) -> None:
    data = Png().written()
    found = read_png(images.with_png_size(data, width, height))
    assert (flaw(found), found.width, found.height, found.memory, found.work) == (CORRUPT, 0, 0, 0, 0)
    assert (found.clean, found.unpacked, found.row, found.animated) == (b"", 0, 0, False)
    assert flaw(read_png(images.with_png_size(data, max(1, width - 1), max(1, height - 1)))) is None


def test_only_an_exif_chunk_says_how_a_png_lies() -> None:
    """And the first of them."""
    lying = images.exif(6)
    text, chunk = images.chunk(b"teXt", lying), images.chunk(b"eXIf", lying)
    upright = images.chunk(b"eXIf", images.exif(1))
    for before, expected in ((text, 1), (text + chunk, 6), (upright + chunk, 1), (chunk + upright, 6)):
        assert read_png(replace(Png(), before=before).written()).orientation == expected


@pytest.mark.parametrize("sampling", [S420, S444])
def test_what_is_cleaned_is_clean(sampling: tuple[tuple[int, int], ...]) -> None:
    data = Jpeg(sampling=sampling).written()
    assert of_jpeg(of_jpeg(data + b"more").clean).clean == data


def kept(made: Png, chunk: bytes) -> bool:
    """Whether a chunk before the pixels stays; nothing else changes."""
    data = made.written()
    behind = data.index(b"IDAT") - 4
    clean = read_png(data[:behind] + chunk + data[behind:]).clean
    assert clean in (data, data[:behind] + chunk + data[behind:])
    return clean != data


@pytest.mark.parametrize(
    ("made", "lengths"),
    [
        (Png(colour=0), {2}),
        (Png(colour=2), {6}),
        (Png(colour=3, colours=5), {1, 2, 3, 4, 5}),
        (Png(colour=4), set()),
        (Png(colour=6), set()),
        (Png(colour=0, depth=16), set()),
        (Png(colour=2, before=images.chunk(b"PLTE", bytes(15))), {6}),
    ],
    ids=["grey", "colour", "palette", "grey and alpha", "colour and alpha", "16 bits", "colour with palette"],
)
def test_transparency_is_kept_where_it_says_something(made: Png, lengths: set[int]) -> None:
    assert {length for length in range(9) if kept(made, images.chunk(b"tRNS", bytes(length)))} == lengths


@pytest.mark.parametrize("colour", [0, 2, 3, 4, 6])
def test_a_profile_is_of_the_pictures_colour_space(colour: int) -> None:
    spaces = (b"GRAY", b"RGB ", b"CMYK")
    packed = [b"icc\0\0" + zlib.compress(images.profile(space=space)) for space in spaces]
    fits = [kept(Png(colour=colour), images.chunk(b"iCCP", body)) for body in packed]
    assert fits == [colour in (0, 4), colour not in (0, 4), False]


def test_what_a_profiles_chunk_looks_like() -> None:
    packed = zlib.compress(images.profile())
    for body, expected in (
        (b"x\0\0" + packed, True),
        (79 * b"x" + b"\0\0" + packed, True),
        (b"\0\0" + packed, False),
        (80 * b"x" + b"\0\0" + packed, False),
        (b"icc\0\1" + packed, False),
        (b"icc\0", False),
        (b"icc\0\0" + packed[:-1], False),
        (b"icc\0\0" + packed + b"\0", False),
    ):
        assert kept(Png(), images.chunk(b"iCCP", body)) == expected, body[:9]


@pytest.mark.parametrize("name", [b"gAMA", b"cHRM", b"sRGB"])
def test_chunks_about_colour_have_their_length_and_come_once(name: bytes) -> None:
    right = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}[name]
    assert {length for length in range(40) if kept(Png(), images.chunk(name, bytes(length)))} == {right}
    first = replace(Png(), before=images.chunk(name, bytes(right)))
    assert not kept(first, images.chunk(name, bytes(right)))
    data = Png().written()
    assert read_png(data[:-12] + images.chunk(name, bytes(right)) + data[-12:]).clean == data  # behind the pixels


def pixels(rows: bytes, row: int, unpacked: int = 0) -> Anatomy:
    """A PNG of such rows, of so many bytes each; `unpacked` are as many as there should be."""
    plain = read_png(Png().written())
    return replace(
        plain, clean=Png().written(zlib.compress(rows, 1)), row=row, unpacked=unpacked or len(rows), flaw=None
    )


def misfit(anatomy: Anatomy) -> ProblemCode | None:
    """What is found to be wrong when all has been unpacked. What is right is handed out whole."""
    found = Pixels(anatomy)
    given = sum(len(piece) for piece in found)
    assert found.flaw or given == anatomy.unpacked
    return found.flaw


@pytest.mark.parametrize("rows", [999, 1_000, 1_001])
def test_so_many_rows_may_be_in_the_costly_filter(rows: int) -> None:
    """Ten million bytes of them."""
    assert MAX_PAETH == 10_000 * 1_000
    expected = ProblemCode.TOO_MANY_PIXELS if rows > 1_000 else None
    assert misfit(pixels((b"\4" + bytes(9_999)) * rows, 10_000)) == expected
    assert misfit(pixels((b"\3" + b"\4" * 9_999) * 1_001, 10_000)) is None  # no filters, however they look


def test_pixels_are_as_many_as_they_should_be() -> None:
    rows = bytes(300_000)
    for asked, expected in ((299_999, CORRUPT), (300_000, None), (300_001, TRUNCATED)):
        assert misfit(pixels(rows, 1_000, asked)) == expected


def test_pixels_are_never_unpacked_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb of 200 KB would be 200 MB."""
    asked = []
    original = zlib.decompressobj

    class Spy:
        def __init__(self) -> None:
            self.real = original()

        def decompress(self, packed: bytes, most: int) -> bytes:
            asked.append(most)
            return self.real.decompress(packed, most)

        def __getattr__(self, name: str) -> object:
            return getattr(self.real, name)

    monkeypatch.setattr(png.zlib, "decompressobj", Spy)
    assert misfit(pixels(bytes(5_000_000), 1_000, 1_000_000)) == CORRUPT
    assert asked
    assert all(0 < most <= 1 << 20 for most in asked)
    assert len(asked) <= 5
