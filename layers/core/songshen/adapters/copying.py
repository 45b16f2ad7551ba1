"""The copy of a picture whose bytes cannot stay as they are: upright, opaque, in colours that every browser shows.

It stays a PNG where that is cheap and small enough. Else it becomes a JPEG, of about the quality that the file had:
better would only be larger.

What it costs is bounded, whatever the file: at most `_JPEG_PIXELS` are encoded, at most three times.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, JpegImagePlugin, PngImagePlugin

from songshen.domain.image import UploadedFile
from songshen.domain.png import colour_chunks

# How to turn a picture upright, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Larger pictures are halved: in 200 KB there is nothing left to see beyond that.
_JPEG_PIXELS = 5_500_000
# Up to so many pixels it is tried whether codes chosen for the picture, and many scans, which take four times as long,
# make it fit.
_OPTIMISED_PIXELS = 2_500_000
# Bytes of pixels that are packed as PNG, and how hard; it takes ten times as long as JPEG does.
_PNG_BYTES = 2_000_000
_PNG_LEVEL = 3
_STRIP = 256  # rows that are worked on at a time; a multiple of every reduction

# The sum of the luminance table of quality 50 (ITU-T T.81, K.1), from which libjpeg derives the others.
_TABLE_SUM = 3_688
_FINE, _COARSE = 92, 25


@dataclass(frozen=True, slots=True)
class Copy:
    """The file to be stored, and the picture in it."""

    data: bytes
    content_type: str
    image: Image.Image


def reduction(size: tuple[int, int]) -> int:
    """By how much edges of so many px are reduced for a copy: 1, 2, 4, 8 …"""
    factor = 1
    while (size[0] // factor) * (size[1] // factor) > _JPEG_PIXELS:
        factor *= 2
    return factor


def load_png(image: PngImagePlugin.PngImageFile) -> None:
    """Decodes it. The one transparent shade of a grey picture is then of the decoded range, 0..255."""
    packed = image.tile[0][3]
    image.load()
    shade = image.info.get("transparency")
    if image.mode == "L" and isinstance(shade, int):
        image.info["transparency"] = shade * 255 // {"L;2": 3, "L;4": 15}.get(str(packed), 255)


def is_see_through(image: Image.Image) -> bool:
    """Whether the page behind it would show."""
    if image.mode in ("LA", "RGBA"):
        return image.getchannel("A").getextrema() != (255, 255)
    hole = image.info.get("transparency")
    if hole is None:
        return False
    if image.mode in ("1", "L", "P"):
        return any(count for count, alpha in zip(image.histogram(), _alphas(hole), strict=False) if alpha < 255)
    return any(strip.convert("RGBA").getchannel("A").getextrema() != (255, 255) for _, strip in _strips(image))


def _alphas(hole: int | bytes) -> bytes:
    """Of each of 256 shades or colours of a palette; Pillow says which one is a hole, or gives the first few."""
    if isinstance(hole, bytes):
        return hole.ljust(256, b"\xff")
    return bytes(0 if shade == hole else 255 for shade in range(256))


def copy_of(image: Image.Image, upload: UploadedFile) -> Copy:
    """The copy of a decoded picture, within the limit unless it cannot be."""
    orientation, limit = upload.anatomy.orientation, upload.limits.max_bytes
    profile = image.info.get("icc_profile")
    if profile and 4 * len(profile) > limit:
        profile = None
    if upload.format == "PNG":
        image = _upright(_on_white(image), orientation)
        if image.width * image.height * len(image.getbands()) <= _PNG_BYTES:
            data = _saved(image, "PNG", compress_level=_PNG_LEVEL, icc_profile=profile)
            data = data[:33] + colour_chunks(upload.anatomy.clean) + data[33:]
            if len(data) <= limit:
                return Copy(data, "image/png", image)
        image = _shown(_plain(image), image.info)
        qualities: tuple[int, ...] = (_FINE, 74, 55)
        sampling = 0
    else:
        quality = _quality(image)
        fine = (_FINE,) if 3 * len(upload.data) < limit and quality < _FINE else ()
        qualities = (*fine, quality, max(_COARSE, quality * 8 // 10))
        sampling = 2 if JpegImagePlugin.get_sampling(image) == 2 else 0
        if image.mode == "CMYK":  # as browsers show it: they know no profiles of inks
            image, profile = image.convert("RGB"), None
        image = _upright(image, orientation)
    while True:
        for each in qualities:
            data = _jpeg(image, each, limit, subsampling=sampling, icc_profile=profile)
            if len(data) <= limit:
                return Copy(data, "image/jpeg", image)
        if min(image.size) < 4:
            return Copy(data, "image/jpeg", image)
        image = image.reduce(2)


def _jpeg(image: Image.Image, quality: int, limit: int, **options: Any) -> bytes:
    """Encoded the quick way; with codes chosen for the picture, or in many scans, only if that may make it fit.

    Pillow has room for one byte per pixel then. To let it run out of that is an error of libjpeg's, after which another
    encoder was seen not to come to an end.
    """
    pixels = image.width * image.height
    data = _saved(image, "JPEG", quality=quality, **options)
    if limit < len(data) < min(1.7 * limit, pixels) and pixels <= _OPTIMISED_PIXELS:
        return _saved(image, "JPEG", quality=quality, optimize=True, progressive=True, **options)
    return data


def _quality(image: Image.Image) -> int:
    """The quality that a JPEG was saved with, of libjpeg's 1..100."""
    tables = getattr(image, "quantization", {})
    share = 100 * sum(tables[min(tables)]) / _TABLE_SUM if tables else 100
    quality = 5_000 / share if share > 100 else 100 - share / 2
    return max(_COARSE, min(95, round(quality)))


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture from top to bottom, piece by piece: in another mode all of it may need four times the memory."""
    for top in range(0, image.height, _STRIP):
        yield top, image.crop((0, top, image.width, min(image.height, top + _STRIP)))


def _on_white(image: Image.Image) -> Image.Image:
    """Opaque; a large picture with alpha becomes smaller at once."""
    hole = image.info.pop("transparency", None)
    if image.mode in ("LA", "RGBA"):
        return _plain(image)
    if hole is None:
        return image
    if image.mode == "P":
        palette = image.getpalette("RGB") or []
        alphas = (alpha for alpha in _alphas(hole) for _ in "RGB")
        white = [255 - (255 - value) * alpha // 255 for value, alpha in zip(palette, alphas, strict=False)]
        image.putpalette(white)
        return image
    if image.mode == "L":
        return image.point([255 if shade == hole else shade for shade in range(256)])
    if image.mode == "1":
        return image if hole else Image.new("1", image.size, 255)
    image.info["transparency"] = hole
    return _plain(image)


def _plain(image: Image.Image) -> Image.Image:
    """In a mode that JPEG has, on white, reduced if it is large."""
    factor = reduction(image.size)
    mode = "L" if image.mode in ("1", "L", "LA") or image.mode.startswith("I") else "RGB"
    made = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    for top, strip in _strips(image):
        if strip.mode.startswith("I"):
            plain = strip.point(lambda value: value / 256).convert("L")
        elif strip.mode in ("LA", "RGBA") or "transparency" in strip.info:
            seen = strip if strip.mode == "LA" else strip.convert("RGBA")
            plain = Image.new(mode, strip.size, "white")
            plain.paste(seen.getchannel("L") if mode == "L" else _opaque(seen), mask=seen.getchannel("A"))
        else:
            plain = strip.convert(mode)
        made.paste(plain.reduce(factor) if factor > 1 else plain, (0, top // factor))
    return made


def _opaque(image: Image.Image) -> Image.Image:
    return Image.merge("RGB", image.split()[:3])


def _shown(image: Image.Image, info: dict[Any, Any]) -> Image.Image:
    """With the brightness that a PNG's gAMA chunk asks for, since a JPEG cannot; without one it stays as it is."""
    exponent = 1 / (2.2 * (info.get("gamma") or 1 / 2.2))
    if "srgb" in info or "icc_profile" in info or 0.95 < exponent < 1.05:
        return image
    return image.point([round(255 * (value / 255) ** exponent) for value in range(256)] * len(image.getbands()))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
