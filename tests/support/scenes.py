"""Photos of documents as phones take them, good ones and bad ones, drawn from seeds: what the warnings are measured on.

Pages of text, forms, certificates, cards, booklets, covers of passports, scans and screenshots; laid on a table, lit,
seen through a lens, with noise, stored as JPEG the way the candidate page stores what it prepares. All grey, since
only that is looked at. Nothing in it is anybody's. The letters are those of the machine's Chinese font, Latin ones
where there is none, so the figures differ a little between machines.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from scripts import specimens

MAX_BYTES = 190_000  # the rest of 200 KB is for the colours
_QUALITIES = (92, 85, 76, 66, 56, 46, 35)
_HAN = (
    "本校临床医学专业五年制科学习修完教计划规定的全部课程成绩合格准予毕业经审核该同志试用期满遵守各项章制度工作认真"
    "负责能够独立完病历书写和常见诊疗居民身份证签发机关有效限住址姓名性别族出生年月日公码执范围构编号医师资考样例"
)
_LATIN = (
    "the candidate has completed training in clinical medicine and may sit examinations under supervision of hospital"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document, flat and without its surroundings; `letter` px is the height of its ordinary print."""

    image: Image.Image
    letter: float


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = specimens.font_path()
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


def _ink(chance: random.Random) -> int:
    """Mostly black; sometimes faded, or copied badly."""
    return chance.randint(15, 80) if chance.random() < 0.88 else chance.randint(100, 150)


def _words(chance: random.Random, letters: int) -> str:
    """So many Chinese characters, or Latin letters that take as much room."""
    if specimens.font_path() and chance.random() < 0.85:
        return "".join(chance.choices(_HAN, k=letters))
    words: list[str] = []
    while sum(map(len, words)) + len(words) < 1.8 * letters:
        words.append(chance.choice(_LATIN.split()))
    return " ".join(words)


class _Paper:
    """Draws in thousandths of the sheet's width."""

    def __init__(self, width: int, shape: float, tone: int, ink: int) -> None:
        self.unit = width / 1000
        self.height = 1000 * shape
        self.ink = ink
        self.image = Image.new("L", (width, round(width * shape)), tone)
        self.pen = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, size: float, anchor: str = "lm", bold: float = 0) -> None:
        at = (x * self.unit, y * self.unit)
        font = _font(max(5, round(size * self.unit)))
        self.pen.text(at, text, self.ink, font, anchor, stroke_width=round(bold * self.unit))

    def line(self, *points: tuple[float, float], tone: int | None = None, width: float = 2) -> None:
        scaled = [(x * self.unit, y * self.unit) for x, y in points]
        self.pen.line(scaled, self.ink if tone is None else tone, max(1, round(width * self.unit)))

    def box(self, left: float, top: float, right: float, bottom: float, **how: int | None) -> None:
        self.pen.rectangle(tuple(value * self.unit for value in (left, top, right, bottom)), **how)  # type: ignore[arg-type]

    def ring(self, x: float, y: float, radius: float, tone: int, width: float = 5) -> None:
        box = tuple(value * self.unit for value in (x - radius, y - radius, x + radius, y + radius))
        self.pen.ellipse(box, outline=tone, width=max(1, round(width * self.unit)))  # type: ignore[arg-type]

    def portrait(self, chance: random.Random, left: float, top: float, width: float) -> None:
        """A small identity photograph."""
        variant = chance.randrange(6)
        size = (max(8, round(width * self.unit)), max(10, round(width * 1.25 * self.unit)))
        self.image.paste(
            specimens._portrait(*size, variant).convert("L"), (round(left * self.unit), round(top * self.unit))
        )

    def seal(self, chance: random.Random, x: float, y: float) -> None:
        tone = chance.randint(90, 140)
        radius = chance.uniform(60, 95)
        self.ring(x, y, radius, tone)
        ink, self.ink = self.ink, tone
        self.text(x, y, _words(chance, 4), radius / 2.6, "mm")
        self.ink = ink

    def waves(self, chance: random.Random, tone: int) -> None:
        """The fine lines of printed certificates."""
        for index in range(chance.randint(8, 24)):
            middle = self.height * chance.uniform(0.15, 0.85)
            points = [
                (x, middle + self.height * 0.1 * float(np.sin(x / 130 + index)) * float(np.sin(np.pi * x / 1000)))
                for x in range(0, 1001, 20)
            ]
            self.line(*points, tone=tone, width=1)


def page(chance: random.Random, width: int) -> Sheet:
    """A4 with a heading, text, perhaps a seal: full, half full, or a few lines."""
    paper = _Paper(width, 1.414, chance.randint(225, 250), _ink(chance))
    size = chance.uniform(17, 27)
    left, right = chance.uniform(70, 120), chance.uniform(880, 930)
    paper.text(500, 130, _words(chance, chance.randint(6, 12)), size * 1.7, "mm", 1)
    y, end = 220.0, chance.choice((300, 520, 800, 1100, 1300))
    while y < end:
        paragraph = chance.randint(1, 6)
        for row in range(paragraph):
            room = (right - left) / size * (1 if row < paragraph - 1 else chance.uniform(0.2, 0.95))
            indent = 2 * size if row == 0 else 0
            paper.text(left + indent, y, _words(chance, max(2, int(room - indent / size - 1))), size)
            y += size * 1.65
        y += size * chance.uniform(0.2, 1.2)
    paper.text(right, y + 40, _words(chance, 9), size, "rm")
    if chance.random() < 0.6:
        paper.seal(chance, right - 120, y + 30)
    return Sheet(paper.image, size * paper.unit)


def form(chance: random.Random, width: int) -> Sheet:
    """A table of labels and entries."""
    paper = _Paper(width, 1.414, chance.randint(230, 250), _ink(chance))
    size = chance.uniform(20, 27)
    paper.text(500, 110, _words(chance, 12), size * 1.7, "mm", 1)
    y = 190.0
    while y < 1230:
        height = chance.choice((60, 60, 60, 75, 200))
        paper.line((80, y), (920, y))
        split = chance.choice((240, 240, 300))
        paper.line((split, y), (split, y + height))
        paper.text(95, y + height / 2, _words(chance, 4), size)
        for row in range(max(1, int(height / 50) - 1)):
            paper.text(split + 20, y + 30 + 38 * row, _words(chance, chance.randint(3, 20)), size)
        if height < 100 and chance.random() < 0.4:
            paper.line((600, y), (600, y + height))
        y += height
    paper.line((80, y), (920, y))
    for x in (80, 920):
        paper.line((x, 190), (x, y))
    if chance.random() < 0.7:
        paper.seal(chance, 700, y - 90)
    return Sheet(paper.image, size * paper.unit)


def card(chance: random.Random, width: int) -> Sheet:
    """An identity card's size: fields, a portrait, a number; or the side with a few words only."""
    paper = _Paper(width, 0.63, chance.randint(205, 244), _ink(chance))
    paper.waves(chance, chance.randint(190, 215))
    size = chance.uniform(26, 34)
    if chance.random() < 0.3:
        paper.ring(150, 160, 70, 120)
        paper.text(560, 130, _words(chance, 7), 62, "mm", 1)
        for y in (450, 530):
            paper.text(180, y, _words(chance, 4), size)
            paper.text(380, y, _words(chance, chance.randint(8, 14)), size)
    else:
        for row in range(chance.randint(4, 5)):
            y = 75 + 76 * row
            paper.text(60, y, _words(chance, 2), size * 0.85)
            paper.text(170, y, _words(chance, chance.randint(2, 13)), size)
        paper.portrait(chance, 660, 60, 270)
        paper.text(60, 560, _words(chance, 6), size * 0.85)
        paper.text(320, 560, " ".join(chance.choices("0123456789", k=18)), size * 1.2)
    return Sheet(paper.image, size * paper.unit)


def certificate(chance: random.Random, width: int) -> Sheet:
    """A diploma: a frame, large words, few lines."""
    paper = _Paper(width, chance.choice((0.7, 0.7, 1.4)), chance.randint(222, 248), _ink(chance))
    paper.waves(chance, chance.randint(205, 225))
    paper.box(30, 30, 970, paper.height - 30, outline=chance.randint(60, 130), width=max(1, round(6 * paper.unit)))
    size = chance.uniform(22, 32)
    paper.text(500, 120, _words(chance, 5), 58, "mm", 1)
    paper.portrait(chance, 80, 230, 150)
    y = 250.0
    for _ in range(chance.randint(3, 5)):
        paper.text(270, y, _words(chance, chance.randint(8, int(660 / size))), size)
        y += 2 * size
    paper.text(910, y + 90, _words(chance, 6), size * 1.1, "rm")
    paper.text(910, y + 140, _words(chance, 10), size, "rm")
    paper.text(90, paper.height - 70, _words(chance, 14), size * 0.8)
    paper.seal(chance, 800, y + 100)
    return Sheet(paper.image, size * paper.unit)


def booklet(chance: random.Random, width: int) -> Sheet:
    """Two pages side by side: a portrait and a seal; labels on lines."""
    paper = _Paper(width, 0.68, chance.randint(215, 245), _ink(chance))
    paper.waves(chance, chance.randint(205, 220))
    for offset in range(10):
        paper.line((500 + offset, 0), (500 + offset, paper.height), tone=170 + 6 * offset)
    size = chance.uniform(20, 26)
    paper.portrait(chance, 150, 90, 190)
    paper.seal(chance, 330, 330)
    paper.text(250, 500, _words(chance, 14), size * 0.9, "mm")
    paper.text(750, 70, _words(chance, 6), 40, "mm", 1)
    for row in range(chance.randint(5, 8)):
        y = 150 + 62 * row
        paper.text(550, y, _words(chance, 4), size * 0.9)
        paper.text(670, y, _words(chance, chance.randint(2, 11)), size)
        paper.line((665, y + 22), (950, y + 22), tone=170)
    return Sheet(paper.image, size * paper.unit)


def cover(chance: random.Random, width: int) -> Sheet:
    """Of a passport or a certificate: dark, an emblem, few words."""
    paper = _Paper(width, 1.42, chance.randint(30, 75), chance.randint(150, 210))
    for radius in range(60, 170, 22):
        paper.ring(500, 620, radius, paper.ink, 4)
    paper.text(500, 260, _words(chance, chance.randint(4, 7)), 80, "mm", 1)
    paper.text(500, 340, "PEOPLE'S SPECIMEN", 42, "mm")
    paper.text(500, 980, _words(chance, 2), 110, "mm", 1)
    paper.text(500, 1100, "PASSPORT", 60, "mm")
    return Sheet(paper.image, 42 * paper.unit)


SHEETS: tuple[Callable[[random.Random, int], Sheet], ...] = (page, page, form, card, card, certificate, booklet, cover)


# --- the surroundings ------------------------------------------------------------------------------


def _noise(chance: random.Random) -> np.random.Generator:
    return np.random.default_rng(chance.getrandbits(32))


def table(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    """What the document lies on: plain, wood, or cloth."""
    tone = chance.choice((chance.randint(40, 90), chance.randint(90, 170), chance.randint(170, 250)))
    kind = chance.choice(("plain", "wood", "cloth"))
    width, height = size
    if kind == "plain":
        return Image.new("L", size, tone)
    random_ = _noise(chance)
    if kind == "wood":
        grain = random_.normal(tone, chance.uniform(3, 14), (height // chance.randint(2, 9), chance.randint(2, 6)))
    else:
        fine = chance.randint(2, 5)
        grain = random_.normal(tone, chance.uniform(2, 8), (height // fine, width // fine))
    small = Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))
    made = small.resize(size, Image.Resampling.BICUBIC)
    return made.rotate(90, expand=True).resize(size) if kind == "wood" and chance.random() < 0.5 else made


def lay(chance: random.Random, under: Image.Image, sheet: Image.Image, skew: float) -> Image.Image:
    """The sheet on the table: a little turned and seen a little from the side (`skew` shares of its edges)."""
    width, height = sheet.size
    left = chance.uniform(0.4, 0.6) * (under.width - width)
    top = chance.uniform(0.4, 0.6) * (under.height - height)
    turn = skew * chance.uniform(-1, 1) * 0.6
    corners = []
    for x, y in ((0, 0), (width, 0), (width, height), (0, height)):
        dx, dy = chance.uniform(-skew, skew) * width / 4, chance.uniform(-skew, skew) * height / 4
        corners.append((left + x - turn * (y - height / 2) + dx, top + y + turn * (x - width / 2) + dy))
    rows, wanted = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    how = tuple(np.linalg.solve(np.array(rows), np.array(wanted)).tolist())
    seen = (
        sheet.transform(under.size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC)
        if skew
        else under.copy()
    )
    if not skew:
        seen.paste(sheet, (round(left), round(top)))
    mask = Image.new("L", under.size)
    ImageDraw.Draw(mask).polygon(corners, 255)
    soft = mask.reduce(8).filter(ImageFilter.BoxBlur(1)).resize(under.size)
    shadow = soft.point([round(255 - value * 0.35) for value in range(256)])
    return Image.composite(seen, ImageChops.multiply(under, ImageChops.offset(shadow, 5, 7)), mask)


def lit(chance: random.Random, scene: Image.Image, strength: float, slope: float) -> Image.Image:
    """Uneven light; `strength` of the brightest place, `slope` how much less it is elsewhere."""
    x, y = np.meshgrid(np.linspace(0, 1, 24), np.linspace(0, 1, 32))
    away = (x - chance.random()) ** 2 + (y - chance.random()) ** 2
    light = np.clip(255 * strength * (1 - slope * away / max(1e-6, float(away.max()))), 0, 255)
    field = Image.fromarray(light.astype(np.uint8)).resize(scene.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(scene, field)


def _exposed(scene: Image.Image, gain: float) -> Image.Image:
    """Longer than the light asks for: what is bright becomes white."""
    return scene.point([min(255, round(value * gain)) for value in range(256)])


def sensed(chance: random.Random, scene: Image.Image, noise: float) -> Image.Image:
    """With the noise of a sensor: the same square of it again and again, which nobody sees."""
    square = _noise(chance).standard_normal((256, 256), np.float32) * noise
    pixels = np.asarray(scene, np.float32)
    height, width = pixels.shape
    noisy = pixels + np.tile(square, (height // 256 + 1, width // 256 + 1))[:height, :width]
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def encoded(scene: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    scene.save(out, "JPEG", quality=quality)
    return out.getvalue()


def stored(scene: Image.Image) -> bytes:
    """As the candidate page does it: the best quality that fits, then smaller."""
    while True:
        for quality in _QUALITIES:
            data = encoded(scene, quality)
            if len(data) <= MAX_BYTES:
                return data
        scene = scene.resize((scene.width * 9 // 10, scene.height * 9 // 10), Image.Resampling.BICUBIC)


# --- photos ----------------------------------------------------------------------------------------


def _shaken(scene: Image.Image, length: float, angle: float) -> Image.Image:
    """Moved while the shutter was open, by `length` px."""
    steps = max(2, round(length))
    pixels = np.asarray(scene, np.float32)
    total = np.zeros_like(pixels)
    for step in range(steps):
        reach = length * (step / (steps - 1) - 0.5)
        shift = (round(reach * np.sin(angle)), round(reach * np.cos(angle)))
        total += np.roll(pixels, shift, (0, 1))
    return Image.fromarray((total / steps).astype(np.uint8))


def _reflection(chance: random.Random, scene: Image.Image, place: tuple[float, float, float, float]) -> Image.Image:
    """A lamp mirrored in the sheet at `place` (left, top, width, height px): a burnt-out patch with soft edges."""
    left, top, width, height = place
    x, y = np.ogrid[: 1.0 * scene.width, : 1.0 * scene.height]
    across, along = width * chance.uniform(0.14, 0.3), height * chance.uniform(0.14, 0.3)
    cx, cy = left + width * chance.uniform(0.25, 0.75), top + height * chance.uniform(0.25, 0.75)
    sharpness = chance.uniform(0.8, 1.6)
    falling = [np.exp(-(((at - c) / r) ** 2) * sharpness) for at, c, r in ((x, cx, across), (y, cy, along))]
    added = (255 * chance.uniform(1.4, 3) * falling[0] * falling[1]).T
    return Image.fromarray(np.clip(np.asarray(scene, np.float32) + added, 0, 255).astype(np.uint8))


@dataclass(frozen=True, slots=True)
class Photo:
    """A file and what is wrong with it: a warning's code and a degree, both "" of a good one."""

    data: bytes
    fault: str
    degree: str
    kind: str


def _frame(chance: random.Random, shape: float) -> tuple[int, int]:
    """Width and height as the candidate page sends it: a longer edge of 1200 to 2000 at 4:3, or a small original."""
    edge = chance.choice((1200, 1350, 1500, 1600, 1618, 1800, 2000, chance.randint(700, 1200)))
    side = (edge * edge * 0.75) ** 0.5
    return round(side / shape**0.5), round(side * shape**0.5)


DEGREES = {
    "blurred": ("a little", "much", "very much", "shaken a little", "shaken much"),
    "dark": ("a little", "much"),
    "glare": ("a patch",),
    "blank": ("paper", "paper on a table", "covered lens"),
    "small": ("a fifteenth", "a thirtieth"),
    "turned": ("left", "right"),
}
_BLUR = {"a little": 0.18, "much": 0.28, "very much": 0.45, "shaken a little": 0.7, "shaken much": 1.2}


def photo(seed: str, fault: str = "", degree: str = "") -> Photo:
    """One of a document, good or with a fault; equal arguments give equal bytes on one machine."""
    chance = random.Random(f"{seed}/{fault}/{degree}")  # noqa: S311
    if fault == "blank":
        return Photo(_blank(chance, degree), fault, degree, "")
    kind = chance.random()
    if not fault and kind < 0.12:
        return Photo(_digital(chance), fault, degree, "digital")
    if (not fault or fault in ("blurred", "dark")) and kind < 0.2:
        return Photo(_holding(chance, fault, degree), fault, degree, "holding")
    maker = chance.choice(SHEETS if fault not in ("turned",) else SHEETS[:-1])
    shape = {card: 0.63, certificate: 0.7, booklet: 0.68}.get(maker, 1.414)
    share = {"a fifteenth": 1 / 15, "a thirtieth": 1 / 30}.get(degree, 0)
    if share:
        size = _frame(chance, chance.choice((0.75, 1.333, 1.333)))
        side = (size[0] * size[1] * share / shape) ** 0.5
    else:
        # Cropped to the document, or taken with some of the table.
        fill = chance.choice((1.0, 0.96, chance.uniform(0.62, 0.95)))
        size = _frame(chance, chance.choice((shape, shape, 1.333 if shape > 1 else 0.75)))
        side = fill * min(size[0], size[1] / shape)
    sheet = maker(chance, max(60, round(side)))
    if sheet.image.height > size[1]:
        size = (size[0], round(sheet.image.height / chance.uniform(0.8, 1)))
    scene = lay(chance, table(chance, size), sheet.image, chance.choice((0, 0.02, 0.06)))
    strength = chance.uniform(0.62, 1.02)
    if fault == "dark":
        strength = chance.uniform(*{"a little": (0.16, 0.22), "much": (0.06, 0.14)}[degree])
    scene = lit(chance, scene, strength, chance.uniform(0, 0.45))
    if fault == "glare":
        place = ((size[0] - side) / 2, (size[1] - side * shape) / 2, side, side * shape)
        scene = _reflection(chance, scene, place)
    elif not fault and chance.random() < 0.15:
        scene = _exposed(scene, chance.uniform(1.05, 1.35))
    scene = _taken(chance, scene, sheet.letter, degree if fault == "blurred" else "", fault == "dark")
    if fault == "turned":
        scene = scene.transpose(Image.Transpose.ROTATE_90 if degree == "left" else Image.Transpose.ROTATE_270)
    return Photo(stored(scene), fault, degree, maker.__name__)


def _taken(chance: random.Random, scene: Image.Image, letter: float, blur: str = "", dark: bool = False) -> Image.Image:
    """Through the lens and from the sensor. How much blur is too much depends on the letters' height."""
    if blur.startswith("shaken"):
        scene = _shaken(scene, max(4.0, letter * _BLUR[blur]), chance.uniform(0, np.pi))
    elif blur:
        scene = scene.filter(ImageFilter.GaussianBlur(max(1.8, letter * _BLUR[blur])))
    scene = scene.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 0.9)))
    return sensed(chance, scene, chance.uniform(0.5, 3.5) * (1.6 if dark else 1))


def _digital(chance: random.Random) -> bytes:
    """A scan or a screenshot: white up to the edges, no lens, no table."""
    sheet = chance.choice((page, form, certificate))(chance, _frame(chance, 1.414)[0]).image
    sheet = _exposed(sheet, chance.uniform(1.0, 1.14))
    if chance.random() < 0.6:
        return stored(sheet)
    return stored(sensed(chance, sheet.filter(ImageFilter.GaussianBlur(0.5)), 1.5))


def _holding(chance: random.Random, fault: str, degree: str) -> bytes:
    """Somebody who holds the document beside the face."""
    scene = specimens._base("identity-holding", chance.randrange(6)).convert("L")
    pen = ImageDraw.Draw(scene)
    if chance.random() < 0.3:  # a window behind, or a white board
        left = chance.choice((-180, 750))
        pen.rectangle((left, chance.randint(-50, 100), left + 330, chance.randint(250, 500)), chance.randint(235, 255))
    pen.text((292, 786), _words(chance, 3), 40, _font(18), "lm")
    pen.text((346, 1014), " ".join(chance.choices("0123456789", k=12)), 40, _font(19), "lm")
    edge = chance.choice((1, 1.2))
    scene = scene.resize((round(900 * edge), round(1120 * edge)), Image.Resampling.LANCZOS)
    strength = chance.uniform(0.65, 1.02)
    if fault == "dark":
        strength = chance.uniform(*{"a little": (0.16, 0.22), "much": (0.06, 0.14)}[degree])
    scene = lit(chance, scene, strength, chance.uniform(0, 0.4))
    return stored(_taken(chance, scene, 17 * edge, degree if fault == "blurred" else "", fault == "dark"))


def _blank(chance: random.Random, degree: str) -> bytes:
    """The back of a sheet, or a lens with a finger on it."""
    size = _frame(chance, chance.choice((0.7, 1.333, 1.414)))
    if degree == "covered lens":
        scene = lit(chance, Image.new("L", size, chance.randint(4, 60)), 1, chance.uniform(0, 0.9))
        return stored(_taken(chance, scene, 10))
    sheet = Image.new("L", size, chance.randint(215, 250))
    if degree == "paper on a table":
        tone = chance.randint(40, 170)
        small = sheet.resize((round(size[0] * chance.uniform(0.75, 0.95)), round(size[1] * chance.uniform(0.75, 0.95))))
        sheet = lay(chance, Image.new("L", size, tone), small, 0.03)
    return stored(_taken(chance, lit(chance, sheet, chance.uniform(0.6, 1.02), chance.uniform(0, 0.5)), 10))
