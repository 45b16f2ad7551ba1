"""Pillow as the decoder behind the port `Imaging`.

Pillow sees only what `songshen.domain.image.examine` let through, and of that only the cleaned
copy. The two plugins are used directly: `Image.open` would load other formats too.
"""

import hashlib
import io
import logging
import zlib
from collections.abc import Iterable, Iterator

from PIL import Image, JpegImagePlugin, PngImagePlugin

from songshen.adapters import copying
from songshen.adapters.measuring import measured, reduction
from songshen.domain.exam import ImageLimits
from songshen.domain.image import UploadedFile, check_copy, check_decoding, check_pixels, examine
from songshen.domain.verdict import (
    Accepted,
    Announced,
    Rejected,
    Verdict,
    warnings_of,
)

logger = logging.getLogger(__name__)

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
            failure = str(error) or type(error).__name__
        except Exception:
            # A decoder's bug must not make an event come back for ever; the log is for us.
            logger.exception("the decoder failed in an unexpected way")
            failure = "unexpected"
        found = check_pixels(upload) or check_decoding(failure)
        assert found is not None
        return Rejected(found)


def _decode(upload: UploadedFile) -> Verdict:
    """Decodes all of the picture; makes a copy of it where the bytes cannot stay as they are."""
    anatomy = upload.anatomy
    stream = io.BytesIO(anatomy.clean)
    image: Image.Image
    left = 0  # by how much the picture is yet to be reduced before it is measured
    if upload.format == "JPEG":
        image = photo = JpegImagePlugin.JpegImageFile(stream)
        copied = anatomy.orientation != 1 or anatomy.cmyk
        if copied:
            factor = copying.reduction(image.size)
            image.draft(None, (image.width // factor, image.height // factor))
        else:
            wanted = reduction(image.size)
            factor = min(wanted, 8)
            left = wanted // factor
            image.draft("L", (image.width // factor, image.height // factor))
        _load_jpeg(photo, anatomy.clean)
    else:
        image = drawing = _Png(stream)
        drawing.parts = _packed(upload.pixels)
        copying.load_png(drawing)
        misfit = check_pixels(upload)
        if misfit is not None:
            return Rejected(misfit)
        copied = anatomy.orientation != 1 or copying.is_see_through(image)
    if copied:
        copy = copying.copy_of(image, upload)
        too_large = check_copy((len(copy.data), upload.limits))
        if too_large is not None:
            return Rejected(too_large)
        data, content_type, size, image = copy.data, copy.content_type, copy.image.size, copy.image
    else:
        data, content_type, size = anatomy.clean, upload.content_type, (anatomy.width, anatomy.height)
    measures = measured(image, left, upload.limits.geometry is None)
    return Accepted(
        data=data,
        content_type=content_type,
        width=size[0],
        height=size[1],
        sha256=upload.sha256 if data == upload.data else hashlib.sha256(data).hexdigest(),
        warnings=warnings_of(measures, upload.limits.warnings, upload.limits.geometry) if measures else (),
    )


class _Png(PngImagePlugin.PngImageFile):
    """Decodes `parts`, in place of the pixel data that the file holds."""

    parts: Iterator[bytes]

    def load_read(self, read_bytes: int) -> bytes:
        """What Pillow asks when it wants more of it; b"" is the end."""
        return next(self.parts, b"")


# How a stream begins that is packed at the lowest level.
_ZLIB = b"\x78\x01"


def _packed(pixels: Iterable[bytes]) -> Iterator[bytes]:
    """As the decoder wants it: packed, but for nothing. Unpacking is what a PNG costs most by, and is done once.

    The checksum that should end it is spared: the decoder stops at the last row.
    """
    yield _ZLIB
    pack = zlib.compressobj(0, wbits=-zlib.MAX_WBITS)
    for piece in pixels:
        if part := pack.compress(piece):
            yield part
    yield pack.flush()


# Ones, which are no code: a decoder makes a block of each 17 to 34 of them. It looks 8 bytes ahead.
_ONES = b"\xff\0"
_END = b"\xff\xd9"


def _load_jpeg(image: JpegImagePlugin.JpegImageFile, data: bytes) -> None:
    """Decodes `data`, a JPEG whose header `image` has read; like `image.load()`, but all of it must be there.

    At an end marker that comes too early the decoder fills the rest of the picture with grey and says nothing. So at
    first it is given the file without that marker, and some padding. If it has all that it needs, it says so, or takes
    whatever comes while it looks for a marker. If not, it makes a block or two of the padding, and then leaves a byte
    that is not enough for another. What two blocks are of the picture is all that may be missing unnoticed.
    """
    image.load_prepare()
    name, extents, _, args = image.tile[0]
    decoder = Image._getdecoder(image.mode, name, args, image.decoderconfig)
    decoder.setimage(image.im, extents)
    for given in (data.removesuffix(_END) + 8 * _ONES, _ONES, _ONES, _ONES, _END):
        used, failure = decoder.decode(given)
        if used < 0:
            break
        if used < len(given):
            raise OSError("image file is truncated")
    if failure:
        raise OSError(f"the decoder's error {failure}")
    image.tile = []
