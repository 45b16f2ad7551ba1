"""The measures beside plain reckonings of the same things, pixel by pixel: on pictures of every kind they agree.

What they see in pictures is in test_warnings.py.
"""

import math
import random
import warnings
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageFilter

from songshen.adapters import measuring
from songshen.adapters.measuring import measured, reduction

type Grid = list[list[int]]


def grid(image: Image.Image) -> Grid:
    """Its rows."""
    data, width = list(image.tobytes()), image.width
    return [data[at : at + width] for at in range(0, len(data), width)]


def picture(values: Callable[[int, int], int], width: int, height: int) -> Image.Image:
    made = Image.new("L", (width, height))
    made.putdata([max(0, min(255, values(x, y))) for y in range(height) for x in range(width)])
    return made


def pictures() -> dict[str, Image.Image]:
    """Of 225 px and more each way, and one that is hardly enough."""
    chance = random.Random(7)  # noqa: S311
    noise = picture(lambda x, y: chance.randrange(256), 240, 231)
    text = picture(
        lambda x, y: 40 if y % 13 < 5 and 20 < x < 200 and (x * 7 + y // 13 * 5) % 17 < 12 else 230, 228, 301
    )
    lying = text.transpose(Image.Transpose.ROTATE_90)
    few = Image.new("L", (233, 250), 200)
    ImageDraw.Draw(few).rectangle((60, 80, 71, 91), fill=20)
    slope = picture(lambda x, y: x + y // 3, 226, 240)
    lamp = text.copy()
    spot = Image.radial_gradient("L").resize((120, 120)).point([255 - value for value in range(256)])
    lamp.paste(255, (60, 90), spot.point([min(255, value * 3) for value in range(256)]))
    edge = lamp.copy()
    edge.paste(255, (0, 0, 56, 88))
    return {
        "noise": noise,
        "text": text,
        "soft": text.filter(ImageFilter.GaussianBlur(2)),
        "lying": lying,
        "few": few,
        "slope": slope,
        "lamp": lamp,
        "dim lamp": lamp.point([min(250, value) for value in range(256)]),
        "two lamps": edge,
        "white": Image.new("L", (225, 225), 255),
        "all but black": Image.new("L", (225, 225), 1),
        "least": noise.crop((0, 0, 32, 33)),
    }


PICTURES = pictures()
every_picture = pytest.mark.parametrize("name", PICTURES)


@pytest.mark.parametrize(
    ("edge", "factor"),
    [(1, 2), (449, 2), (899, 2), (900, 4), (901, 4), (1_799, 4), (1_800, 8), (3_599, 8), (3_600, 16), (7_200, 32)],
)
def test_pictures_are_halved_until_the_shorter_edge_is_near_225(edge: int, factor: int) -> None:
    assert reduction((edge, 10_000)) == reduction((10_000, edge)) == factor


# --- plain reckonings ----------------------------------------------------------------------------


def reached(values: list[int], share: float) -> int:
    """What this share of them reaches."""
    return sorted(values, reverse=True)[max(0, math.ceil(len(values) * share) - 1)]


def mean_of_most(values: list[int], share: float) -> float:
    wanted = max(1.0, len(values) * share)
    most = sorted(values, reverse=True)
    whole = int(wanted)
    rest = (wanted - whole) * (most[whole] if whole < len(most) else 0)
    return (sum(most[:whole]) + rest) / wanted


def steps(of: Grid) -> tuple[Grid, Grid]:
    """Across and down; without the last column and row."""
    height, width = len(of) - 1, len(of[0]) - 1
    across = [[abs(of[y][x] - of[y][x + 1]) for x in range(width)] for y in range(height)]
    return across, [[abs(of[y][x] - of[y + 1][x]) for x in range(width)] for y in range(height)]


def flat(of: Grid) -> list[int]:
    return [value for row in of for value in row]


def ink_of(of: Grid) -> Grid:
    across, down = steps(of)
    edges = [[max(pair) for pair in zip(*rows, strict=True)] for rows in zip(across, down, strict=True)]
    least = max(10.0, 0.35 * mean_of_most(flat(edges), 1 / 250))
    return [[255 if value > least else 0 for value in row] for row in edges]


def image_of(of: Grid) -> Image.Image:
    return picture(lambda x, y: of[y][x], len(of[0]), len(of))


def glare_of(small: Image.Image, ink: Image.Image) -> float:
    """The largest patch of burnt squares, if it is one, round and soft."""
    width, height = ink.size
    burnt = small.crop((0, 0, width, height)).point([255 if value >= 250 else 0 for value in range(256)]).reduce(8)
    squares, printed = grid(burnt), grid(ink.reduce(8))
    down, across = len(squares), len(squares[0])
    white = {(x, y) for y in range(down) for x in range(across) if squares[y][x] >= 250}
    if len(white) > 0.4 * down * across:
        return 0
    patches, left = [], set(white)
    while left:
        patch = {left.pop()}
        while True:
            more = {one for x, y in patch for one in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1))} & left
            if not more:
                break
            left -= more
            patch |= more
        patches.append(patch)
    patch = max(patches, key=len, default=set())
    if len(patch) <= 0.7 * len(white):
        return 0
    xs, ys = [x for x, _ in patch], [y for _, y in patch]
    around = (max(xs) - min(xs) + 1) * (max(ys) - min(ys) + 1)
    near = {one for x, y in patch for one in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1))} - white
    border = [(x, y) for x, y in near if 0 <= x < across and 0 <= y < down]
    soft = sum(printed[y][x] < 8 for x, y in border)
    fits = len(patch) > 0.5 * around and soft > 0.6 * len(border)
    return len(patch) / (down * across) if fits else 0


# --- both ----------------------------------------------------------------------------------------


@every_picture
@pytest.mark.parametrize("share", [1 / 250, 1 / 100, 1 / 10, 1 / 3, 9 / 10, 1.0])
def test_the_brightest_share(name: str, share: float) -> None:
    image = PICTURES[name]
    values = flat(grid(image))
    assert measuring._exceeded(image.histogram(), share) == reached(values, share)
    assert measuring._top(image, share) == pytest.approx(mean_of_most(values, share))


def test_the_brightest_share_of_next_to_nothing() -> None:
    """One pixel at least."""
    image = picture(lambda x, y: 10 * x, 3, 1)
    assert [measuring._top(image, share) for share in (0.01, 1 / 3, 0.5, 1.0)] == pytest.approx([20, 20, 50 / 3, 10])


@every_picture
def test_differences_between_neighbours(name: str) -> None:
    image = PICTURES[name]
    across, down = measuring._steps(image)
    assert (grid(across), grid(down)) == steps(grid(image))


@every_picture
def test_detail(name: str) -> None:
    squares = PICTURES[name].reduce(4)
    width, height = squares.size
    inner = [row[width // 8 : width - width // 8] for row in grid(squares)[height // 8 : height - height // 8]]
    expected = max(mean_of_most(flat(one), 1 / 200) for one in steps(inner))
    assert measuring._detail(squares) == pytest.approx(expected)


@every_picture
def test_sharpness(name: str) -> None:
    image = PICTURES[name]
    near, far = steps(grid(image)), steps(grid(image.reduce(4)))
    shares = [
        mean_of_most(flat(one), 1 / 250) / max(4.0, mean_of_most(flat(other), 1 / 250))
        for one, other in zip(near, far, strict=True)
    ]
    found = measuring._sharpness(measuring._steps(image), measuring._steps(image.reduce(4)))
    assert found == pytest.approx(min(shares))


@every_picture
def test_ink_and_what_follows_from_it(name: str) -> None:
    image = PICTURES[name]
    ink = measuring._ink(measuring._steps(image))
    assert grid(ink) == ink_of(grid(image))

    squares = grid(ink.reduce(8))
    printed = [(x, y) for y, row in enumerate(squares) for x, value in enumerate(row) if value >= 24]
    xs, ys = [x for x, _ in printed], [y for _, y in printed]
    whole = len(squares) * len(squares[0])
    extent = (max(xs) - min(xs) + 1) * (max(ys) - min(ys) + 1) / whole if printed else 1
    assert measuring._extent(ink) == pytest.approx(extent)

    def free(strips: Image.Image) -> float:
        values = flat(grid(strips))
        return sum(value < 4 for value in values) / len(values)

    lines = free(ink.reduce((max(1, ink.width // 10), 1)))
    columns = free(ink.reduce((1, max(1, ink.height // 10))))
    assert measuring._lying(ink) == pytest.approx(columns - lines)


@every_picture
def test_backdrop(name: str) -> None:
    image = PICTURES[name]
    rows, (width, height) = grid(image), image.size
    across, down = width // 16, height // 16
    values = flat(rows[:down])
    for row in rows[down : height // 2]:
        values += row[:across] + row[width - across :]
    least = reached(values, 9 / 10)
    assert measuring._backdrop(image) == (least, reached(values, 1 / 10) - least)


@every_picture
def test_glare(name: str) -> None:
    image = PICTURES[name]
    ink = measuring._ink(measuring._steps(image))
    assert measuring._glare(image, ink) == pytest.approx(glare_of(image, ink))


def test_the_pictures_are_of_every_kind() -> None:
    glaring = {name for name, image in PICTURES.items() if glare_of(image, image_of(ink_of(grid(image))))}
    assert glaring == {"lamp", "dim lamp", "slope"}


@every_picture
def test_all_of_them_together(name: str) -> None:
    """Of a picture that is reduced by four, or was by the decoder."""
    large = PICTURES[name].resize((PICTURES[name].width * 4, PICTURES[name].height * 4), Image.Resampling.NEAREST)
    factor = 2 if name == "least" else 4  # the one that is too small for more
    small = large.reduce(factor)
    found = measured(large)
    assert found == measured(small, 1) == measured(large, factor)
    assert found is not None
    ink, squares = measuring._ink(measuring._steps(small)), small.reduce(4)
    assert found.light == reached(flat(grid(small)), 1 / 100)
    assert found.detail == measuring._detail(squares)
    assert found.sharpness == measuring._sharpness(measuring._steps(small), measuring._steps(squares))
    assert found.extent == measuring._extent(ink)
    assert found.lying == measuring._lying(ink)
    assert found.glare == (measuring._glare(small, ink) if found.light >= 250 else 0)
    assert (found.backdrop, found.unevenness) == (255, 0)
    person = measured(large, document=False)
    assert person is not None
    assert (person.light, person.detail) == (found.light, found.detail)
    assert (person.backdrop, person.unevenness) == measuring._backdrop(small)
    assert (person.sharpness, person.glare, person.extent, person.lying) == (1, 0, 1, 0)


@pytest.mark.parametrize(("bright", "light"), [(398, 100), (399, 100), (400, 240), (401, 240)])
def test_light_is_what_a_hundredth_reaches(bright: int, light: int) -> None:
    """Of 40,000 pixels."""
    found = measured(picture(lambda x, y: 240 if y * 200 + x < bright else 100, 200, 200), 1)
    assert found is not None
    assert found.light == light


@pytest.mark.parametrize("transparency", [0, b"\0\xff\x80", (1, 2, 3)])
def test_what_is_transparent_is_measured_as_it_is(transparency: object) -> None:
    """Pillow would warn, or not know how to convert it."""
    mode = "RGB" if isinstance(transparency, tuple) else "P"
    plain, marked = PICTURES["text"].convert(mode), PICTURES["text"].convert(mode)
    marked.info["transparency"] = transparency
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measured(marked) == measured(plain)


@pytest.mark.parametrize(("spots", "extent"), [(5, 1.0), (6, 0.01), (7, 0.01)])
def test_a_square_with_six_spots_of_ink_is_printed_on(spots: int, extent: float) -> None:
    ink = Image.new("L", (80, 80))
    for at in range(spots):
        ink.putpixel((24 + at, 40), 255)
    assert measuring._extent(ink) == pytest.approx(extent)


def patchwork(seed: int) -> tuple[Image.Image, Image.Image]:
    """A picture of few squares, some burnt, most of them in one patch; and ink, none to much of it in each square."""
    chance = random.Random(seed)  # noqa: S311
    across, down = chance.randrange(4, 11), chance.randrange(4, 11)
    small = Image.new("L", (8 * across, 8 * down), 100)
    ink = Image.new("L", small.size)
    left, top = chance.randrange(across), chance.randrange(down)
    right, bottom = chance.randrange(left, across), chance.randrange(top, down)
    for x in range(across):
        for y in range(down):
            within = left <= x <= right and top <= y <= bottom
            if chance.random() < (0.85 if within else 0.04):
                small.paste(255, (8 * x, 8 * y, 8 * x + 8, 8 * y + 8))
            for at in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
                ink.putpixel((8 * x + at, 8 * y), 255)
    return small, ink


def test_patches_of_every_form() -> None:
    """At the margins, of several parts, as large as they may be, with as much ink around them as there may be."""
    made = [patchwork(seed) for seed in range(600)]
    expected = [glare_of(*one) for one in made]
    assert [measuring._glare(*one) for one in made] == pytest.approx(expected)
    assert 100 < sum(value > 0 for value in expected) < 500
