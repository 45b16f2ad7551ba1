"""Good and hostile image files, made on the spot. Everything is small and deterministic."""

import hashlib
import io
import struct
import zlib
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from songshen.domain.verdict import Announced

GPS_MARK = b"N31.2304E121.4737"


def picture(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """A picture with edges and four different quarters, so that turning and cutting show."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    half_x, half_y = width // 2, height // 2
    draw.rectangle((0, 0, half_x, half_y), fill=(200, 30, 30))
    draw.rectangle((half_x, 0, width, half_y), fill=(30, 160, 60))
    draw.rectangle((0, half_y, half_x, height), fill=(40, 60, 200))
    for x in range(8, width, 12):
        draw.line((x, 4, x, height - 4), fill=(235, 235, 225), width=2)
    return image.convert(mode)


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """The image as a file."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def jpeg(width: int = 320, height: int = 240, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(picture(width, height, mode), "JPEG", **options)


def png(width: int = 320, height: int = 240, mode: str = "RGB", **options: Any) -> bytes:
    return encoded(picture(width, height, mode), "PNG", **options)


def announced(data: bytes, content_type: str = "") -> Announced:
    """Truthfully, but for the media type if one is given."""
    content_type = content_type or ("image/png" if data.startswith(b"\x89PNG") else "image/jpeg")
    return Announced(content_type, len(data), hashlib.sha256(data).hexdigest())


def flipped(data: bytes, times: int) -> list[bytes]:
    """Copies of the file, each with another byte inverted, from the first to the last."""
    places = [at * (len(data) - 1) // (times - 1) for at in range(times)]
    return [data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :] for at in places]


# --- JPEG ----------------------------------------------------------------------------------------


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment; `body` at most 65,533 bytes."""
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """The JPEG with segments right after its start."""
    return data[:2] + b"".join(segments) + data[2:]


def exif(orientation: int = 1, order: str = ">") -> bytes:
    """An EXIF block with an orientation and a text where a camera puts the place."""
    start = b"MM\0*" if order == ">" else b"II*\0"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(order + "HHII", 0x8825, 4, 1, 38)
    return start + struct.pack(order + "IH", 8, 2) + entries + struct.pack(order + "I", 0) + GPS_MARK


def oriented(orientation: int, width: int = 320, height: int = 240, order: str = ">", **options: Any) -> bytes:
    """A JPEG with that EXIF orientation; its pixels are `picture()`, unturned."""
    return with_segments(jpeg(width, height, **options), segment(0xE1, b"Exif\0\0" + exif(orientation, order)))


def mpo() -> bytes:
    """Two JPEGs in one file, as phones write them."""
    return encoded(picture(), "MPO", save_all=True, append_images=[picture(640, 480)])


def scan_bomb(scans: int = 1_000, width: int = 320, height: int = 240, mode: str = "L") -> bytes:
    """A progressive JPEG whose last scan comes again and again; each of them costs the decoder a full pass."""
    data = encoded(Image.new(mode, (width, height), 128), "JPEG", progressive=True, quality=90)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * (scans - data[:last].count(b"\xff\xda")) + b"\xff\xd9"


def with_jpeg_size(data: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size (px) in its frame header, and nothing else changed."""
    at = next(data.index(bytes((0xFF, marker, 0))) for marker in (0xC0, 0xC2) if bytes((0xFF, marker, 0)) in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


# --- PNG -----------------------------------------------------------------------------------------


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """The PNG with chunks right behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def with_png_size(data: bytes, width: int, height: int) -> bytes:
    """The PNG with another size (px) in its header, with a right checksum."""
    return data[:8] + chunk(b"IHDR", struct.pack(">II", width, height) + data[24:29]) + data[33:]


def interlaced_png(width: int = 320, height: int = 240, missing: int = 0) -> bytes:
    """A black PNG in seven passes, which Pillow cannot write; `missing` bytes of pixels at the end, or too many."""
    rows = b""
    for left, top, across, down in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        columns = len(range(left, width, across))
        rows += bytes(1 + columns if columns else 0) * len(range(top, height, down))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    pixels = zlib.compress((rows + b"\0")[: len(rows) - missing])
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", pixels),
            chunk(b"IEND", b""),
        )
    )


def apng() -> bytes:
    """An animated PNG of two frames."""
    return encoded(picture(), "PNG", save_all=True, append_images=[picture().rotate(180)], duration=100)


@cache
def packed(megabytes: int) -> bytes:
    """Zeros, packed as tightly as they go: a thousandth. Packing takes a while, so once is enough."""
    return zlib.compress(bytes(megabytes << 20), 9)


def text_bomb(megabytes: int = 50) -> bytes:
    """A PNG with a compressed text that unpacks to so much."""
    return with_chunks(png(), chunk(b"zTXt", b"Comment\0\0" + packed(megabytes)))


def profile_bomb(megabytes: int = 50) -> bytes:
    """A PNG with a compressed colour profile that unpacks to so much."""
    return with_chunks(png(), chunk(b"iCCP", b"icc\0\0" + packed(megabytes)))


def profile(size: int = 400, space: bytes = b"RGB ") -> bytes:
    """As much of an ICC profile as is looked at here: its length, its colour space and its signature."""
    return size.to_bytes(4, "big") + bytes(12) + space + bytes(16) + b"acsp" + bytes(size - 40)


# --- other formats, by their first bytes ---------------------------------------------------------

FOREIGN: dict[str, bytes] = {
    "GIF": encoded(Image.new("P", (300, 300)), "GIF"),
    "TIFF": encoded(Image.new("RGB", (8, 8)), "TIFF"),
    "BMP": encoded(Image.new("RGB", (8, 8)), "BMP"),
    "WebP": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40),
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(40),
    "MP4": b"\0\0\0\x18ftypisom\0\0\x02\0isommp41" + bytes(40),
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
    "SVG": b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "HTML": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "PSD": b"8BPS\0\x01" + bytes(40),
    "ICO": b"\0\0\x01\0\x01\0" + bytes(40),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40),
    "JPEG XL": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40),
    "ZIP": b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(40),
    "RAR": b"Rar!\x1a\x07\x01\0" + bytes(40),
    "7z": b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(40),
    "Word/Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40),
    "": b"just some text, nothing else",
}
