"""Pillow as the decoder behind the port `Imaging`.

Pillow sees only what `songshen.domain.image.examine` let through, and of that only the cleaned
copy. The two plugins are used directly: `Image.open` would load other formats too.
"""

import hashlib
import io
import logging
import math
from typing import Any

from PIL import Image, JpegImagePlugin, PngImagePlugin

from songshen.adapters.measuring import MEASURED_EDGE, measured
from songshen.domain.exam import ImageLimits
from songshen.domain.image import UploadedFile, check_copy, check_decoding, examine
from songshen.domain.verdict import (
    Accepted,
    Announced,
    Rejected,
    Verdict,
    warnings_of,
)

logger = logging.getLogger(__name__)

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
# Tried from the left until the picture is small enough.
_QUALITIES = (92, 85, 76, 66, 54, 40, 25)

# A picture that must be encoded anew is halved until it has at most this many pixels: in 200 KB there
# is nothing left to see beyond that, and it bounds the memory for the two copies.
_TURNED_PIXELS = 8_000_000

# What Pillow raises for files that are not as they should be.
_UNDECODABLE = (OSError, SyntaxError, ValueError, EOFError, MemoryError)


class PillowImaging:
    """Implements `songshen.ports.Imaging`."""

    def inspect(self, data: bytes, announced: Announced, limits: ImageLimits) -> Verdict:
        """Never raises for anything in `data`; the same bytes give the same verdict and copy."""
        upload = UploadedFile(data, announced, limits)
        found = examine(upload)
        if found is not None:
            return Rejected(found)
        try:
            return _decode(upload)
        except _UNDECODABLE as error:
            found = check_decoding(str(error) or type(error).__name__)
        except Exception:
            # A decoder's bug must not make an event come back for ever; the log is for us.
            logger.exception("the decoder failed in an unexpected way")
            found = check_decoding("unexpected")
        assert found is not None
        return Rejected(found)


def _decode(upload: UploadedFile) -> Verdict:
    """Decodes all of the picture; turns and converts it where the bytes cannot stay as they are."""
    anatomy = upload.anatomy
    image = _open(upload)
    if anatomy.orientation == 1 and not anatomy.cmyk:
        image.draft("L", (MEASURED_EDGE, MEASURED_EDGE))
        image.load()
        data, content_type = anatomy.clean, upload.content_type
        size = (anatomy.width, anatomy.height)
        measures = measured(image)
    else:
        if image.width * image.height > _TURNED_PIXELS:
            factor = math.ceil((image.width * image.height / _TURNED_PIXELS) ** 0.5)
            factor = 1 << (factor - 1).bit_length()  # the decoder knows 2, 4 and 8
            image.draft(None, (image.width // factor, image.height // factor))
        image.load()
        upright = _turned(image, anatomy.orientation)
        data, content_type, size = _encode(upright, upload)
        too_large = check_copy((len(data), upload.limits))
        if too_large is not None:
            return Rejected(too_large)
        measures = measured(upright)
    return Accepted(
        data=data,
        content_type=content_type,
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(data).hexdigest(),
        warnings=warnings_of(measures, upload.limits.warnings) if measures else (),
    )


def _open(upload: UploadedFile) -> Image.Image:
    stream = io.BytesIO(upload.anatomy.clean)
    if upload.format == "JPEG":
        return JpegImagePlugin.JpegImageFile(stream)
    return PngImagePlugin.PngImageFile(stream)


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Upright, and in colours that every browser shows: they disagree about CMYK."""
    if image.mode == "CMYK":
        image = image.convert("RGB")
        image.info.pop("icc_profile", None)  # it describes inks
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _encode(image: Image.Image, upload: UploadedFile) -> tuple[bytes, str, tuple[int, int]]:
    """The picture in its own format if that fits into the limit, else as JPEG, at worst smaller.

    Answers bytes, media type and size in px; what it answers is too large only if nothing fits.
    """
    limit = upload.limits.max_bytes
    profile = image.info.get("icc_profile")
    if profile and 4 * len(profile) > limit:
        profile = None
    if upload.format == "PNG":
        data = _saved(image, "PNG", optimize=True, icc_profile=profile)
        if len(data) <= limit:
            return data, "image/png", image.size
        image = _opaque(image)
    while True:
        for quality in _QUALITIES:
            data = _saved(image, "JPEG", quality=quality, optimize=True, icc_profile=profile)
            if len(data) <= limit:
                return data, "image/jpeg", image.size
        if min(image.size) < 4:
            return data, "image/jpeg", image.size
        image = image.reduce(2)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    """As it looks on white, in a mode that JPEG has."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return image.convert("L")
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
