"""What the warnings are decided by, measured with Pillow on one small grey copy in a millisecond.

Nothing here knows what a document is. Each figure was chosen because it differs between good and bad photos of
documents and little among good ones: `bench/warnings.py` says how well that works.
"""

from PIL import Image, ImageChops

from songshen.domain.verdict import Measures

# The shorter edge of the grey copy has so many px or more, and less than twice as many: edges of letters still show
# there, and the decoder takes a third of the time for it.
MEASURED_EDGE = 225

_LEAST_EDGE = 32  # px; below there is nothing to be measured
_STRIPS = 10  # that the picture is cut into, each way, to look for lines of text: they need not be quite level
_SQUARE = 8  # px: where burnt-out patches and ink are looked for
_PRINTED = 24  # of 255: with less ink a square holds a speck or the grain of a table
_SPECK = 8  # of 255: with less ink a square holds no edge at all
_BURNT = 250  # at least: nothing can be told any more
_MOST_BURNT = 0.4  # share of the picture: a larger patch is the white of a scan


def reduction(size: tuple[int, int]) -> int:
    """By how much a picture of so many px is reduced before it is measured: 2, 4, 8 …"""
    factor = 2
    while min(size) // (2 * factor) >= MEASURED_EDGE:
        factor *= 2
    return factor


def measured(image: Image.Image, factor: int = 0, document: bool = True) -> Measures | None:
    """Measures of an upright, fully decoded picture; None for 16-bit grey, which no phone takes, and for slivers.

    `factor`: by how much it must still be reduced, where the decoder has done some of that. A picture that is not of a
    `document` is only measured as far as that makes sense.
    """
    if image.mode.startswith("I") or min(image.size) < _LEAST_EDGE:
        return None
    if image.mode != "L":
        image.info.pop("transparency", None)  # else Pillow has opinions about converting it
        image = image.convert("L")
    factor = factor or reduction(image.size)
    small = image.reduce(factor) if factor > 1 else image
    squares = small.reduce(4)
    light, detail = _exceeded(small.histogram(), 1 / 100), _detail(squares)
    if not document:
        backdrop, unevenness = _backdrop(small)
        return Measures(light=light, detail=detail, backdrop=backdrop, unevenness=unevenness)
    steps = _steps(small)
    ink = _ink(steps)
    return Measures(
        light=light,
        detail=detail,
        sharpness=_sharpness(steps, _steps(squares)),
        glare=_glare(small, ink) if light >= _BURNT else 0.0,
        extent=_extent(ink),
        lying=_lying(ink),
    )


type _Pair = tuple[Image.Image, Image.Image]


def _steps(image: Image.Image) -> _Pair:
    """Differences between neighbours, across and down."""
    width, height = image.size
    body = image.crop((0, 0, width - 1, height - 1))
    across = ImageChops.difference(body, image.crop((1, 0, width, height - 1)))
    return across, ImageChops.difference(body, image.crop((0, 1, width - 1, height)))


def _exceeded(histogram: list[int], share: float) -> float:
    """The value that this share of the pixels reaches."""
    left = sum(histogram) * share
    for value in range(255, 0, -1):
        left -= histogram[value]
        if left <= 0:
            return float(value)
    return 0.0


def _top(image: Image.Image, share: float) -> float:
    """The mean of this share of the pixels, the brightest."""
    histogram = image.histogram()
    wanted = left = max(1.0, image.width * image.height * share)
    total = 0.0
    for value in range(255, 0, -1):
        count = histogram[value]
        if count >= left:
            total += value * left
            break
        total += value * count
        left -= count
    return total / wanted


def _detail(squares: Image.Image) -> float:
    """How much squares of 4 px differ from their neighbours, where they do most, without the margins of the picture.

    Noise and uneven light do not show at that size, letters do, even blurred ones. The margins are left out for the
    sake of the edges of an empty sheet.
    """
    width, height = squares.size
    inner = squares.crop((width // 8, height // 8, width - width // 8, height - height // 8))
    return max(_top(steps, 1 / 200) for steps in _steps(inner))


def _sharpness(near: _Pair, far: _Pair) -> float:
    """The steepest steps between neighbours as a share of those between squares of 4 px.

    At the edge of something sharp they are as large, at the edge of something blurred smaller. Contrast does not
    matter; noise does little. A shaken picture is blurred in one direction only, so the worse one counts.
    """
    return min(_top(one, 1 / 250) / max(4.0, _top(other, 1 / 250)) for one, other in zip(near, far, strict=True))


def _ink(steps: _Pair) -> Image.Image:
    """255 where there are edges, among them those of letters, else 0."""
    edges = ImageChops.lighter(*steps)
    least = max(10.0, 0.35 * _top(edges, 1 / 250))
    return edges.point([255 * (value > least) for value in range(256)])


def _extent(ink: Image.Image) -> float:
    """The share of the picture that a rectangle around all that is printed takes up."""
    squares = ink.reduce(_SQUARE)
    box = squares.point([255 * (value >= _PRINTED) for value in range(256)]).getbbox()
    if box is None:
        return 1.0
    return (box[2] - box[0]) * (box[3] - box[1]) / (squares.width * squares.height)


def _lying(ink: Image.Image) -> float:
    """How much more often a column is free of ink than a row, -1..1, in strips: between lines of text there is none."""
    width, height = ink.size
    rows = ink.reduce((max(1, width // _STRIPS), 1))
    columns = ink.reduce((1, max(1, height // _STRIPS)))
    return _free(columns) - _free(rows)


def _free(strips: Image.Image) -> float:
    return sum(strips.histogram()[:4]) / (strips.width * strips.height)


def _backdrop(small: Image.Image) -> tuple[float, float]:
    """What nine tenths of the margins reach, and how much more one tenth of them does.

    The margins are those beside and above a head: not those below, where the shoulders are.
    """
    width, height = small.size
    across, down = max(1, width // 16), max(1, height // 16)
    strips = ((0, 0, width, down), (0, down, across, height // 2), (width - across, down, width, height // 2))
    histograms = [small.crop(strip).histogram() for strip in strips]
    together = [sum(counts) for counts in zip(*histograms, strict=True)]
    least = _exceeded(together, 9 / 10)
    return least, _exceeded(together, 1 / 10) - least


def _glare(small: Image.Image, ink: Image.Image) -> float:
    """The share of the picture that the largest burnt-out patch takes up, if it looks like a mirrored lamp.

    That fades away, and is all in one piece. What is white because paper or a screenshot is white ends sharply, at
    letters and at the edges of the sheet, and has letters in it.
    """
    burnt = small.crop((0, 0, *ink.size)).point([255 * (value >= _BURNT) for value in range(256)]).reduce(_SQUARE)
    width, count = burnt.width, burnt.width * burnt.height
    white = {at for at, value in enumerate(burnt.tobytes()) if value >= _BURNT}
    if len(white) > _MOST_BURNT * count:
        return 0.0
    patch = max(_patches(white, width), key=len, default=[])
    if len(patch) <= 0.7 * len(white):
        return 0.0
    columns, rows = [at % width for at in patch], [at // width for at in patch]
    around = (max(columns) - min(columns) + 1) * (max(rows) - min(rows) + 1)
    border = {at for one in patch for at in _beside(one, width) if 0 <= at < count} - white
    printed = ink.reduce(_SQUARE).tobytes()
    soft = sum(printed[at] < _SPECK for at in border)
    return len(patch) / count if len(patch) > 0.5 * around and soft > 0.6 * len(border) else 0.0


def _beside(at: int, width: int) -> list[int]:
    """Squares above and below, left and right; the first two may lie outside of the picture."""
    beside = [at - width, at + width]
    if at % width:
        beside.append(at - 1)
    if at % width < width - 1:
        beside.append(at + 1)
    return beside


def _patches(squares: set[int], width: int) -> list[list[int]]:
    """Squares that hang together."""
    left, found = set(squares), []
    while left:
        patch = [left.pop()]
        for at in patch:  # grows meanwhile
            beside = left.intersection(_beside(at, width))
            left -= beside
            patch += beside
        found.append(patch)
    return found
