"""Mutants that survive, by the reason why no test can tell them from what is right, or need not."""

EXPLAINED: dict[str, tuple[str, ...]] = {
    "The same value comes out": (
        "domain/anatomy.py: return value if 1 <= value <= 8 else 1 | 1 <= value <= 8 → 1 < value <= 8",
        "domain/anatomy.py: return value if 1 <= value <= 8 else 1 | 1 → 2",
        "domain/jpeg.py: named, chosen = body[1:-3:2], body[2:-3:2] | 3 → 4",
        "domain/png.py: self.palette = len(body) // 3 | len(body) // 3 → len(body) / 3",
        "adapters/measuring.py: while min(size) // (2 * factor) >= MEASURED_EDGE: "
        "| min(size) // (2 * factor) → min(size) / (2 * factor)",
        "adapters/measuring.py: if image.mode != \"L\": | 'L' → 'XXLXX'",
        "adapters/measuring.py: small = image.reduce(factor) if factor > 1 else image | factor > 1 → factor >= 1",
        "adapters/measuring.py: if count >= left: | count >= left → count > left",
        "adapters/pillow.py: left = wanted // factor | wanted // factor → wanted / factor",
        "adapters/measuring.py: return edges.point([255 * (value > least) for value in range(256)]) | 255 → 256",
        "adapters/measuring.py: box = squares.point([255 * (value >= _PRINTED) for value in range(256)]).getbbox() "
        "| 255 → 256",
        "adapters/measuring.py: burnt = small.crop((0, 0, *ink.size)).point([255 * (value >= _BURNT) "
        "for value in range(256)]).reduce(_SQUARE) | 255 → 256",
    ),
    "Any text does that does not say truncated": (
        "adapters/pillow.py: failure = \"unexpected\" | 'unexpected' → 'XXunexpectedXX'",
    ),
    "The end of the range stays between the last entry and the next one": (
        "domain/anatomy.py: for entry in range(start + 2, start + 2 + 12 * min(count, 512), 12): "
        "| start + 2 → start - 2 (2)",
    ),
    "What it concerns is refused all the same, with the same code, a line before or after": (
        "domain/jpeg.py: if len(body) < 6 or len(body) != 6 + 3 * body[5] or body[5] not in (1, 3, 4): "
        "| len(body) < 6 → len(body) <= 6",
        "domain/jpeg.py: if len(body) < 6 or len(body) != 6 + 3 * body[5] or body[5] not in (1, 3, 4): | 6 → 7",
        "domain/jpeg.py: if not body or len(body) != 4 + 2 * body[0] or not 1 <= body[0] <= 4: | 4 → 5 (2)",
        "domain/jpeg.py: if len(data) < max(end, begin + 4): "
        "| len(data) < max(end, begin + 4) → len(data) <= max(end, begin + 4)",
        "domain/jpeg.py: if len(data) < max(end, begin + 4): | 4 → 5",
        "domain/png.py: depths, samples, stored = _PNG_COLOURS.get(colour, (set(), 0, 0)) | 0 → 1",
        "domain/png.py: depths, samples, stored = _PNG_COLOURS.get(colour, (set(), 0, 0)) | 0 → 1 (2)",
        "domain/png.py: return early and 3 <= len(body) <= 768 and len(body) % 3 == 0 | 768 → 769",
    ),
    "Nobody looks at it": (
        "domain/image.py: return _CONTENT_TYPES.get(self.format, \"\") | '' → 'XXXX'",
        "domain/jpeg.py: yield marker, data[begin : begin + 2], b\"\" | b'' → b'XX'",
        "domain/jpeg.py: self.missing = {name: [16] * 64 for name in self.frame.blocks} | 16 → 17",
    ),
    "One is as false as the other": (
        "domain/jpeg.py: self.buffered = False | self.buffered = False → self.buffered = None",
        "domain/jpeg.py: self.interval = 0  # of restarts, in MCUs | self.interval = 0 → self.interval = None",
        "domain/png.py: return False | return False → return None",
        "domain/png.py: return False | return False → return None (2)",
        "domain/png.py: return False | return False → return None (3)",
        "domain/png.py: return False | return False → return None (4)",
        "adapters/pillow.py: left = 0  # by how much the picture is yet to be reduced before it is measured "
        "| left = 0 → left = None",
        "adapters/pillow.py: image.tile = [] | image.tile = [] → image.tile = None",
    ),
    "What is compared is as large as the smaller one of both": (
        "adapters/measuring.py: body = image.crop((0, 0, width - 1, height - 1)) | width - 1 → width + 1",
        "adapters/measuring.py: body = image.crop((0, 0, width - 1, height - 1)) | height - 1 → height + 1",
        "adapters/measuring.py: across = ImageChops.difference(body, image.crop((1, 0, width, height - 1))) "
        "| height - 1 → height + 1",
        "adapters/measuring.py: return across, ImageChops.difference(body, image.crop((0, 1, width - 1, height))) "
        "| width - 1 → width + 1",
    ),
    "A hair from a number that was chosen by trying": (
        "domain/png.py: MAX_PROFILE = 1024 * 1024  # bytes of an unpacked colour profile | 1024 → 1025",
        "domain/png.py: MAX_PROFILE = 1024 * 1024  # bytes of an unpacked colour profile | 1024 → 1025 (2)",
        "adapters/measuring.py: return sum(strips.histogram()[:4]) / (strips.width * strips.height) | 4 → 5",
        "adapters/measuring.py: least = max(10.0, 0.35 * _top(edges, 1 / 250)) | 250 → 251",
    ),
    "Nothing that is measured is so narrow": (
        "adapters/measuring.py: rows = ink.reduce((max(1, width // _STRIPS), 1)) | 1 → 2",
        "adapters/measuring.py: columns = ink.reduce((1, max(1, height // _STRIPS))) | 1 → 2 (2)",
        "adapters/measuring.py: across, down = max(1, width // 16), max(1, height // 16) | 1 → 2",
        "adapters/measuring.py: across, down = max(1, width // 16), max(1, height // 16) | 1 → 2 (2)",
    ),
    "A row or column of pixels more in a margin of many, of which a tenth counts": (
        "adapters/measuring.py: across, down = max(1, width // 16), max(1, height // 16) | width // 16 → width / 16",
        "adapters/measuring.py: across, down = max(1, width // 16), max(1, height // 16) | height // 16 → height / 16",
        "adapters/measuring.py: strips = ((0, 0, width, down), (0, down, across, height // 2), "
        "(width - across, down, width, height // 2)) | height // 2 → height / 2",
        "adapters/measuring.py: strips = ((0, 0, width, down), (0, down, across, height // 2), "
        "(width - across, down, width, height // 2)) | height // 2 → height / 2 (2)",
    ),
    "The decoder rounds it, or does the same in a dearer way": (
        "adapters/pillow.py: image.draft(None, (image.width // factor, image.height // factor)) "
        "| image.width // factor → image.width / factor",
        "adapters/pillow.py: image.draft(None, (image.width // factor, image.height // factor)) "
        "| image.height // factor → image.height / factor",
        'adapters/pillow.py: image.draft("L", (image.width // factor, image.height // factor)) '
        "| image.width // factor → image.width / factor",
        'adapters/pillow.py: image.draft("L", (image.width // factor, image.height // factor)) '
        "| image.height // factor → image.height / factor",
        "adapters/pillow.py: image.draft(\"L\", (image.width // factor, image.height // factor)) | 'L' → 'XXLXX'",
        "adapters/pillow.py: factor = min(wanted, 8) | 8 → 9",
        "adapters/pillow.py: for given in (data.removesuffix(_END) + 8 * _ONES, _ONES, _ONES, _ONES, _END): | 8 → 9",
    ),
    "No square has just that brightness": (
        "adapters/measuring.py: white = {at for at, value in enumerate(burnt.tobytes()) if value >= _BURNT} "
        "| value >= _BURNT → value > _BURNT",
    ),
    "They are always as many": (
        "adapters/measuring.py: together = [sum(counts) for counts in zip(*histograms, strict=True)] | True → False",
        "adapters/measuring.py: return min(_top(one, 1 / 250) / max(4.0, _top(other, 1 / 250)) "
        "for one, other in zip(near, far, strict=True)) | True → False",
    ),
    "Nothing is added, or the loop goes round once more for nothing": (
        "domain/png.py: if columns > 0 and rows > 0: | rows > 0 → rows >= 0",
        "domain/png.py: while at < len(clean): | at < len(clean) → at <= len(clean)",
    ),
    "It only takes longer": ("adapters/pillow.py: pack = zlib.compressobj(0) | 0 → 1",),
    "Only how much is unpacked at a time, and so how soon it stops": (
        "domain/png.py: piece = unpack.decompress(packed, 1 << 18) | 1 → 2",
        "domain/png.py: piece = unpack.decompress(packed, 1 << 18) | 18 → 19",
    ),
}
