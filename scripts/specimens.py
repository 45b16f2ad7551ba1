"""Draws the specimen pictures: the examples on the candidate page, and the demonstration's uploads.

Run `python -m scripts.specimens` to draw the committed base pictures in `exams/demo/specimens/` anew.
All data is invented, every picture is marked 样张 SPECIMEN, and no real document is imitated closely.
A machine without a Chinese font gets the committed pictures with a caption instead.
"""

import io
import math
import subprocess
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

FOLDER = Path(__file__).parents[1] / "exams/demo/specimens"
MAX_BYTES = 140_000
NAME, NUMBER = "样张", "000000000"  # of the base pictures

type Colour = tuple[int, int, int]
type Box = tuple[float, float, float, float]

_INK: Colour = (38, 42, 52)
_FAINT: Colour = (92, 104, 122)
_SCALE = 2  # what does not change is drawn so much larger and then reduced, for smooth edges
_VARIANTS = 6  # of people


# --- fonts ---------------------------------------------------------------------------------------

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)


@cache
def font_path() -> str | None:
    """A font file with Chinese letters, if this machine has one."""
    for path in _FONTS:
        if Path(path).is_file():
            return path
    try:
        listed = subprocess.run(
            ["fc-list", ":lang=zh-cn", "-f", "%{file}\n"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return None
    return min((path for path in listed if path.endswith((".ttf", ".ttc", ".otf"))), default=None)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = font_path()
    assert path is not None  # `draw` looks first
    return ImageFont.truetype(path, size)


# --- a canvas ------------------------------------------------------------------------------------


class Canvas:
    """Draws in px of the finished picture, `scale` times larger."""

    def __init__(self, width: int, height: int, colour: Colour | None, scale: int = _SCALE) -> None:
        self.scale = scale
        size = (width * scale, height * scale)
        mode = "RGB" if colour else "RGBA"
        self.image = Image.new(mode, size, colour or (0, 0, 0, 0))
        self.pen = ImageDraw.Draw(self.image)

    def _box(self, box: Box) -> tuple[float, ...]:
        return tuple(value * self.scale for value in box)

    def rectangle(
        self,
        box: Box,
        fill: Colour | None = None,
        line: Colour | None = None,
        width: float = 1,
        radius: float = 0,
    ) -> None:
        self.pen.rounded_rectangle(self._box(box), radius * self.scale, fill, line, round(width * self.scale))

    def ellipse(self, box: Box, fill: Colour | None = None, line: Colour | None = None, width: float = 1) -> None:
        self.pen.ellipse(self._box(box), fill, line, round(width * self.scale))

    def arc(self, box: Box, start: float, end: float, line: Colour, width: float) -> None:
        self.pen.arc(self._box(box), start, end, line, round(width * self.scale))

    def polygon(self, points: Sequence[tuple[float, float]], fill: Colour) -> None:
        self.pen.polygon([(x * self.scale, y * self.scale) for x, y in points], fill)

    def line(self, points: Sequence[tuple[float, float]], line: Colour, width: float = 1) -> None:
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self.pen.line(scaled, line, max(1, round(width * self.scale)), joint="curve")

    def text(
        self,
        at: tuple[float, float],
        text: str,
        size: int,
        fill: Colour = _INK,
        anchor: str = "lm",
        spacing: float = 0,
        bold: float = 0,
    ) -> None:
        """`spacing` px between letters; `bold` px of stroke, for there is often only one weight."""
        font = _font(size * self.scale)
        x, y = at[0] * self.scale, at[1] * self.scale
        stroke = round(bold * self.scale)
        if not spacing:
            self.pen.text((x, y), text, fill, font, anchor, stroke_width=stroke)
            return
        widths = [font.getlength(letter) + spacing * self.scale for letter in text]
        x -= {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * (sum(widths) - spacing * self.scale)
        for letter, width in zip(text, widths, strict=True):
            self.pen.text((x, y), letter, fill, font, "l" + anchor[1], stroke_width=stroke)
            x += width

    def shade(self, box: Box, top: Colour, bottom: Colour) -> None:
        """A gradient from top to bottom."""
        left, upper, right, lower = (round(value) for value in self._box(box))
        ramp = Image.linear_gradient("L").resize((right - left, lower - upper))
        self.image.paste(
            Image.composite(Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp),
            (left, upper),
        )

    def shadow(self, box: Box, radius: float = 12, blur: float = 14, strength: int = 90) -> None:
        """What a sheet of paper casts on a table."""
        # Soft anyway: drawn at half the finished size.
        size = (self.image.width // (2 * self.scale), self.image.height // (2 * self.scale))
        mask = Image.new("L", size)
        left, top, right, bottom = (value / 2 for value in box)
        ImageDraw.Draw(mask).rounded_rectangle((left, top + 4, right, bottom + 4), radius / 2, strength)
        mask = mask.filter(ImageFilter.GaussianBlur(blur / 3)).resize(self.image.size)
        self.image.paste((20, 26, 36), (0, 0), mask)

    def waves(self, box: Box, colour: Colour, lines: int = 26, width: float = 0.8) -> None:
        """Fine interwoven lines, as on printed certificates."""
        left, top, right, bottom = box
        height, length = bottom - top, right - left
        for index in range(lines):
            phase = index * math.tau / lines
            points = []
            for step in range(161):
                t = step / 160
                swing = math.sin(3 * math.tau * t + phase) * math.sin(math.pi * t)
                middle = top + height * (0.5 + 0.42 * math.cos(phase) * (1 - 0.45 * t))
                points.append((left + length * t, middle + swing * height * 0.16))
            self.line(points, colour, width)

    def rosette(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """An ornament where a real document has an emblem."""
        for index in range(18):
            turn = index * math.tau / 18
            cx, cy = x + math.cos(turn) * radius / 2, y + math.sin(turn) * radius / 2
            half = radius / 2
            self.ellipse((cx - half, cy - half, cx + half, cy + half), line=colour, width=1)
        self.ellipse((x - radius, y - radius, x + radius, y + radius), line=colour, width=2)

    def finished(self) -> Image.Image:
        return self.image if self.scale == 1 else self.image.reduce(self.scale)


# --- pieces --------------------------------------------------------------------------------------

_HAIR: tuple[Colour, ...] = ((42, 36, 34), (58, 46, 40), (34, 34, 40))
_CLOTHES: tuple[Colour, ...] = (
    (58, 84, 124),
    (96, 108, 120),
    (74, 112, 104),
    (122, 84, 92),
    (70, 70, 92),
    (150, 128, 96),
)
_SKIN: tuple[Colour, ...] = ((241, 208, 182), (232, 194, 166), (246, 216, 194))


def _figure(canvas: Canvas, box: Box, variant: int) -> None:
    """Head and shoulders of nobody in particular."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    hair = _HAIR[variant % len(_HAIR)]
    skin = _SKIN[variant % len(_SKIN)]
    cloth = _CLOTHES[variant % len(_CLOTHES)]

    def spot(x: float, y: float, w: float, h: float) -> Box:
        """An upright ellipse's box around a point, all in shares of the figure's size."""
        return (
            left + (x - w) * width,
            top + (y - h) * height,
            left + (x + w) * width,
            top + (y + h) * height,
        )

    if variant % 2:  # longer hair behind the shoulders
        canvas.rectangle(spot(0.5, 0.48, 0.25, 0.22), hair, radius=0.16 * width)
    canvas.rectangle(
        (left + 0.1 * width, top + 0.72 * height, right - 0.1 * width, bottom + 0.3 * height),
        cloth,
        radius=0.2 * width,
    )
    dark: Colour = (skin[0] - 22, skin[1] - 24, skin[2] - 24)
    canvas.polygon(
        [(left + x * width, top + y * height) for x, y in ((0.36, 0.73), (0.5, 0.94), (0.64, 0.73))],
        (250, 250, 248),
    )
    canvas.rectangle(spot(0.5, 0.68, 0.085, 0.12), dark, radius=0.07 * width)
    canvas.ellipse(spot(0.5, 0.34, 0.235, 0.235), hair)
    canvas.ellipse(spot(0.5, 0.42, 0.2, 0.235), skin)
    canvas.pen.chord(canvas._box(spot(0.5, 0.36, 0.222, 0.215)), 188, 352, hair)
    for side in (-1, 1):
        canvas.ellipse(spot(0.5 + side * 0.2, 0.44, 0.028, 0.045), skin)
        canvas.arc(spot(0.5 + side * 0.085, 0.415, 0.05, 0.035), 205, 335, hair, 0.012 * width)
        canvas.ellipse(spot(0.5 + side * 0.085, 0.435, 0.018, 0.016), _INK)
    canvas.arc(spot(0.5, 0.49, 0.025, 0.025), 20, 160, dark, 0.01 * width)
    canvas.arc(spot(0.5, 0.535, 0.07, 0.045), 25, 155, (176, 92, 88), 0.014 * width)


@cache
def _portrait(width: int, height: int, variant: int) -> Image.Image:
    """An identity photograph."""
    canvas = Canvas(width, height, (214, 228, 240))
    canvas.shade((0, 0, width, height), (224, 235, 244), (190, 209, 226))
    _figure(canvas, (0, 0.04 * height, width, 1.02 * height), variant)
    canvas.rectangle((0, 0, width - 1, height - 1), line=(170, 180, 190), width=1)
    return canvas.finished()


@cache
def _seal(around: str, within: str, diameter: int) -> Image.Image:
    """A round red stamp with transparency."""
    canvas = Canvas(diameter, diameter, None, 3)
    red: Colour = (196, 40, 44)
    middle = diameter / 2
    canvas.ellipse((3, 3, diameter - 3, diameter - 3), line=red, width=3.4)
    canvas.ellipse((10, 10, diameter - 10, diameter - 10), line=red, width=1)
    size = round(diameter * 0.105)
    radius = middle - 12 - size * 0.62
    spread = math.radians(min(250, 24 * len(around)))
    for index, letter in enumerate(around):
        turn = -math.pi / 2 + spread * (index / max(1, len(around) - 1) - 0.5)
        glyph = Image.new("L", (size * 6, size * 6))
        ImageDraw.Draw(glyph).text((size * 3, size * 3), letter, 255, _font(size * 3), "mm", stroke_width=1)
        glyph = glyph.rotate(-math.degrees(turn) - 90, Image.Resampling.BICUBIC)
        x = round((middle + math.cos(turn) * radius) * 3 - size * 3)
        y = round((middle + math.sin(turn) * radius) * 3 - size * 3)
        canvas.image.paste((*red, 255), (x, y), glyph)
    canvas.text((middle, middle), "样张", round(diameter * 0.2), red, "mm", bold=0.7)
    canvas.text((middle, diameter * 0.76), within, round(diameter * 0.085), red, "mm", spacing=2)
    stamp = canvas.finished().rotate(-9, Image.Resampling.BICUBIC)
    stamp.putalpha(stamp.getchannel("A").point(lambda value: value * 72 // 100))
    return stamp


@cache
def _watermark(width: int, height: int) -> Image.Image:
    """样张 SPECIMEN across the picture, as a mask."""
    reach = math.ceil(math.hypot(width, height))
    mask = Image.new("L", (reach, reach))
    pen = ImageDraw.Draw(mask)
    for row, y in enumerate(range(40, reach, 172)):
        for x in range(-(row % 2) * 230, reach, 460):
            pen.text((x, y), "样张 SPECIMEN", 30, _font(34), "lm")
    big = _font(round(min(width, height) * 0.155))
    band = Image.new("L", mask.size)
    ImageDraw.Draw(band).text((reach / 2, reach / 2), "样张 SPECIMEN", 54, big, "mm", stroke_width=2)
    mask = ImageChops.lighter(mask, band)
    mask = mask.rotate(28, Image.Resampling.BICUBIC)
    left, top = (reach - width) // 2, (reach - height) // 2
    return mask.crop((left, top, left + width, top + height))


# --- documents -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """Something about the candidate: where it is written, and how large. `{name}` and the like."""

    x: float
    y: float
    text: str
    size: int = 30
    anchor: str = "lm"
    spacing: float = 0
    colour: Colour = _INK


@dataclass(frozen=True, slots=True)
class Stamp:
    """A seal: text around, text within, diameter, upper left corner."""

    around: str
    within: str
    diameter: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Document:
    """How a kind is drawn: first what is always the same, then what is not.

    `portrait` is left, top, width and height of the photograph; `posed` says that the whole picture
    depends on who it is.
    """

    base: Callable[[int], Image.Image]
    fields: tuple[Field, ...]
    portrait: tuple[int, int, int, int] | None = None
    stamp: Stamp | None = None
    posed: bool = False


def _table(width: int, height: int, tone: int = 0) -> Canvas:
    """A desk to lay a document on."""
    tops: tuple[Colour, ...] = ((206, 212, 218), (214, 206, 194), (198, 208, 204))
    top = tops[tone % len(tops)]
    canvas = Canvas(width, height, top)
    bottom: Colour = (top[0] - 34, top[1] - 34, top[2] - 34)
    canvas.shade((0, 0, width, height), top, bottom)
    return canvas


def _card(canvas: Canvas, box: Box, tint: Colour, lines: Colour) -> None:
    canvas.shadow(box, 26)
    canvas.rectangle(box, tint, (176, 190, 200), 1.2, 26)
    left, top, right, bottom = box
    canvas.waves((left + 20, top + 30, right - 20, bottom - 30), lines)


def _identity_front(_: int) -> Image.Image:
    canvas = _table(1200, 850)
    _card(canvas, (100, 108, 1100, 742), (236, 243, 246), (202, 220, 228))
    for x, y, label in (
        (160, 190, "姓 名"),
        (160, 266, "性 别"),
        (390, 266, "民 族"),
        (160, 342, "出 生"),
        (160, 424, "住 址"),
        (160, 664, "公民身份号码"),
    ):
        canvas.text((x, y), label, 27, (44, 104, 140))
    canvas.text((270, 266), "某", 30)
    canvas.text((500, 266), "某", 30)
    canvas.text((270, 342), "1990 年 1 月 1 日", 30)
    canvas.text((270, 424), "样例省样例市样例区", 30)
    canvas.text((270, 472), "示范路 100 号 1 单元 101 室", 30)
    return canvas.finished()


def _identity_back(_: int) -> Image.Image:
    canvas = _table(1200, 850)
    _card(canvas, (100, 108, 1100, 742), (240, 243, 238), (222, 216, 200))
    canvas.rosette(240, 260, 78, (196, 120, 96))
    canvas.text((690, 222), "居民身份证", 66, (48, 44, 44), "mm", 26, 0.6)
    canvas.text((690, 306), "（ 样 张 · 仅供演示 ）", 34, (150, 70, 60), "mm", 6)
    canvas.line([(160, 400), (1040, 400)], (214, 196, 180), 1.2)
    canvas.text((270, 540), "签发机关", 30, (44, 104, 140))
    canvas.text((450, 540), "样例市样例区分局", 32)
    canvas.text((270, 630), "有效期限", 30, (44, 104, 140))
    canvas.text((450, 630), "2018.01.01 － 2038.01.01", 32)
    return canvas.finished()


def _identity_holding(variant: int) -> Image.Image:
    canvas = Canvas(900, 1120, (226, 230, 232))
    canvas.shade((0, 0, 900, 1120), (236, 239, 240), (206, 213, 217))
    canvas.shadow((255, 160, 660, 640), 190, 60, 60)
    _figure(canvas, (90, 40, 810, 800), variant)
    cloth = _CLOTHES[variant % len(_CLOTHES)]
    sleeve: Colour = (cloth[0] - 12, cloth[1] - 12, cloth[2] - 12)
    canvas.rectangle((162, 720, 738, 1140), cloth, radius=70)
    skin = _SKIN[variant % len(_SKIN)]
    dark: Colour = (skin[0] - 26, skin[1] - 30, skin[2] - 30)
    canvas.polygon([(60, 1120), (110, 880), (250, 930), (240, 1120)], sleeve)
    canvas.polygon([(840, 1120), (790, 880), (650, 930), (660, 1120)], sleeve)
    for x in (150, 652):  # the backs of the hands, behind the card
        canvas.rectangle((x, 800, x + 98, 960), skin, radius=40)
    box = (205, 740, 695, 1050)
    canvas.shadow(box, 14, 10, 80)
    canvas.rectangle(box, (236, 243, 246), (176, 190, 200), 1.2, 14)
    canvas.waves((215, 760, 685, 1030), (206, 222, 230), 18, 0.7)
    for y, label in ((786, "姓 名"), (826, "性 别"), (866, "出 生"), (906, "住 址")):
        canvas.text((232, y), label, 15, (44, 104, 140))
    for y, text in (
        (826, "某      民 族  某"),
        (866, "1990 年 1 月 1 日"),
        (906, "样例省样例市样例区示范路"),
    ):
        canvas.text((292, y), text, 16)
    canvas.text((232, 1014), "公民身份号码", 15, (44, 104, 140))
    for x, tip in ((176, 218), (682, 640)):  # thumbs, in front of it
        left, right = min(x, tip), max(x, tip) + 44
        canvas.rectangle((left, 944, right, 980), skin, dark, 1, 18)
    return canvas.finished()


def _certificate(frame: Colour, title: str, school: str, lines: tuple[str, ...], tone: int) -> Image.Image:
    canvas = _table(1200, 850, tone)
    box = (50, 42, 1150, 808)
    canvas.shadow(box, 4)
    canvas.rectangle(box, (252, 249, 240), radius=4)
    canvas.waves((110, 150, 1090, 700), (238, 230, 212), 34, 0.8)
    canvas.rectangle((76, 68, 1124, 782), line=frame, width=6)
    canvas.rectangle((88, 80, 1112, 770), line=frame, width=1.4)
    for x, y in ((76, 68), (1124, 68), (76, 782), (1124, 782)):
        canvas.rectangle((x - 13, y - 13, x + 13, y + 13), (252, 249, 240), frame, 2, 3)
        canvas.rectangle((x - 6, y - 6, x + 6, y + 6), frame, radius=1)
    canvas.text((600, 158), title, 62, frame, "mm", 30, 0.8)
    for index, line in enumerate(lines):
        canvas.text((352, 310 + 60 * index), line, 28)
    canvas.text((1040, 604), school, 34, _INK, "rm", 4, 0.3)
    canvas.text((1040, 654), "二〇一九年六月三十日", 27, _INK, "rm")
    canvas.text((132, 724), "证书编号", 25, _FAINT)
    canvas.text((1070, 724), "样张 · 仅供演示，不是真实证书", 21, _FAINT, "rm")
    return canvas.finished()


def _diploma(_: int) -> Image.Image:
    lines = (
        "于二〇一四年九月至二〇一九年六月在本校临床医学专业",
        "五年制本科学习，修完教学计划规定的全部课程，",
        "成绩合格，准予毕业。",
    )
    return _certificate((166, 52, 46), "毕业证书", "样例医科大学", ("", *lines), 0)


def _degree(_: int) -> Image.Image:
    lines = (
        "在本校临床医学专业完成了本科学习计划，业已毕业，",
        "经学位评定委员会审核，符合学位授予条件，",
        "授予医学学士学位。",
    )
    return _certificate((36, 82, 132), "学士学位证书", "样例医科大学", ("", *lines), 1)


def _assessment(_: int) -> Image.Image:
    canvas = _table(860, 1180, 1)
    box = (40, 34, 820, 1146)
    canvas.shadow(box, 2)
    canvas.rectangle(box, (254, 254, 252), radius=2)
    canvas.text((430, 116), "医师资格考试试用期考核证明", 40, _INK, "mm", 3, 0.5)
    canvas.text((430, 164), "（ 样 张 · 仅供演示 ）", 22, (150, 70, 60), "mm", 4)
    rows = (210, 276, 342, 408, 474, 540, 790, 1040)
    left, split, half, right = 92, 250, 500, 768
    for y in rows:
        canvas.line([(left, y), (right, y)], _INK, 1.3)
    for x in (left, right):
        canvas.line([(x, rows[0]), (x, rows[-1])], _INK, 1.3)
    canvas.line([(split, rows[0]), (split, rows[-1])], _INK, 1.3)
    for x in (half, 620):
        canvas.line([(x, rows[0]), (x, rows[2])], _INK, 1.3)
    labels = ("姓  名", "民  族", "报名编号", "试用机构", "试用起止时间")
    for y, label in zip(rows, labels, strict=False):
        canvas.text((171, y + 33), label, 23, _INK, "mm")
    canvas.text((560, 243), "性  别", 23, _INK, "mm")
    canvas.text((560, 309), "学  历", 23, _INK, "mm")
    for x, y, text in (
        (694, 243, "某"),
        (375, 309, "某"),
        (694, 309, "本科"),
        (509, 441, "样例市第一人民医院"),
        (509, 507, "2019 年 8 月 1 日至 2020 年 8 月 1 日"),
    ):
        canvas.text((x, y), text, 23, _INK, "mm")
    for x, y, text in ((171, 665, "带教老师\n评    语"), (171, 915, "试用机构\n考核意见")):
        for index, part in enumerate(text.split("\n")):
            canvas.text((x, y - 18 + 38 * index), part, 23, _INK, "mm")
    for y, text in (
        (580, "该同志在试用期间遵守各项规章制度，工作认真"),
        (620, "负责，能够独立完成病历书写和常见病的诊疗，"),
        (660, "试用期满，业务能力达到要求。"),
        (836, "经考核，该同志试用期满一年，考核合格，"),
        (876, "同意参加医师资格考试。"),
    ):
        canvas.text((270, y), text, 22)
    canvas.text((750, 750), "带教老师：某某某", 22, _INK, "rm")
    canvas.text((750, 1004), "（盖章）  2020 年 8 月 3 日", 22, _INK, "rm")
    canvas.text((92, 1090), "编号", 21, _FAINT)
    return canvas.finished()


def _license(_: int) -> Image.Image:
    canvas = _table(1200, 850, 2)
    box = (40, 60, 1160, 790)
    canvas.shadow(box, 8)
    canvas.rectangle(box, (245, 249, 245), radius=8)
    canvas.waves((70, 120, 580, 730), (214, 230, 220), 28, 0.8)
    canvas.waves((620, 120, 1130, 730), (214, 230, 220), 28, 0.8)
    for offset in range(14):  # the fold
        shade = 245 - (14 - offset) * 3
        for x in (600 - offset, 600 + offset):
            canvas.line([(x, 60), (x, 790)], (shade, shade + 3, shade), 1)
    green: Colour = (38, 104, 82)
    canvas.text((320, 588), "发证机关  样例省医师注册机构", 25, _INK, "mm")
    canvas.text((320, 642), "发证日期  2021 年 9 月 1 日", 25, _INK, "mm")
    canvas.text((320, 724), "样张 · 仅供演示", 21, _FAINT, "mm")
    canvas.text((880, 142), "医师执业证书", 46, green, "mm", 10, 0.6)
    canvas.line([(690, 186), (1070, 186)], green, 1.6)
    labels = ("姓    名", "性    别", "类    别", "级    别", "执业范围", "执业机构", "证书编码")
    for index, label in enumerate(labels):
        y = 246 + 72 * index
        canvas.text((664, y), label, 25, green)
        canvas.line([(790, y + 24), (1100, y + 24)], (176, 200, 188), 1)
    for index, text in ((1, "某"), (2, "临床"), (3, "执业助理医师"), (4, "内科专业")):
        canvas.text((800, 246 + 72 * index), text, 27)
    canvas.text((800, 246 + 72 * 5), "样例市第一人民医院", 27)
    return canvas.finished()


_UNIVERSITY = Stamp("样例医科大学", "专用章", 190, 838, 512)

_DOCUMENTS: dict[str, Document] = {
    "identity-front": Document(
        _identity_front,
        (Field(270, 190, "{name}", 34, spacing=6), Field(380, 664, "{identity}", 38, spacing=3)),
        portrait=(745, 165, 300, 375),
    ),
    "identity-back": Document(_identity_back, (Field(1064, 716, "{serial}", 18, "rm", colour=_FAINT),)),
    "identity-holding": Document(
        _identity_holding,
        (Field(292, 786, "{name}", 18, spacing=2), Field(346, 1014, "{identity}", 19, spacing=1)),
        portrait=(530, 764, 144, 180),
        posed=True,
    ),
    "diploma": Document(
        _diploma,
        (
            Field(352, 310, "学生 {name}，性别 某，1990 年 1 月 1 日生，", 28),
            Field(250, 724, "10000 1201 905 {serial}", 29, spacing=1),
        ),
        portrait=(132, 262, 176, 232),
        stamp=_UNIVERSITY,
    ),
    "degree": Document(
        _degree,
        (
            Field(352, 310, "{name}，性别 某，1990 年 1 月 1 日生，", 28),
            Field(250, 724, "10000 4 2019 {serial}", 29, spacing=1),
        ),
        portrait=(132, 262, 176, 232),
        stamp=_UNIVERSITY,
    ),
    "assessment": Document(
        _assessment,
        (
            Field(375, 243, "{name}", 23, "mm", 2),
            Field(509, 375, "{number}", 23, "mm", 1),
            Field(150, 1090, "样考 2020 第 {serial} 号", 21, colour=_FAINT),
        ),
        stamp=Stamp("样例市第一人民医院", "医务科", 170, 516, 862),
    ),
    "license": Document(
        _license,
        (Field(800, 246, "{name}", 28, spacing=4), Field(800, 678, "210 0000 00 {serial}", 25)),
        portrait=(215, 170, 210, 276),
        stamp=Stamp("样例省医师注册机构", "注册专用章", 170, 336, 350),
    ),
}

KINDS = tuple(_DOCUMENTS)


@cache
def _base(kind: str, variant: int) -> Image.Image:
    return _DOCUMENTS[kind].base(variant)


def _jpeg(image: Image.Image) -> bytes:
    for quality in (86, 80, 72, 62, 50):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()


def _captioned(kind: str, caption: str) -> Image.Image:
    """The committed picture with a line of ASCII: for machines without a Chinese font."""
    with Image.open(FOLDER / f"{kind}.jpg") as committed:
        image = committed.convert("RGB")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, image.height - 34, image.width, image.height), (40, 44, 52))
    font = ImageFont.load_default(20)
    pen.text((14, image.height - 17), caption, (240, 240, 240), font, "lm")
    return image


def draw(kind: str, name: str = NAME, number: str = NUMBER, blurred: bool = False) -> bytes:
    """A JPEG of one of `KINDS`, at most 140 KB; equal arguments give equal bytes on one machine.

    `name` and `number` (registration number) are written on it and choose the face; `blurred` makes
    the small print illegible, as a shaky hand does.
    """
    seed = zlib.crc32(f"{name}\0{number}".encode())
    variant = seed % _VARIANTS
    if font_path() is None:
        caption = f"SPECIMEN {kind} {number} {seed:08x}"
        image = _captioned(kind, caption.encode("ascii", "replace").decode())
    else:
        document = _DOCUMENTS[kind]
        image = _base(kind, variant if document.posed else 0).copy()
        if document.portrait:
            left, top, width, height = document.portrait
            image.paste(_portrait(width, height, variant), (left, top))
        if stamp := document.stamp:
            seal = _seal(stamp.around, stamp.within, stamp.diameter)
            image.paste(seal, (stamp.x, stamp.y), seal)
        canvas = Canvas(1, 1, (0, 0, 0), 1)
        canvas.image, canvas.pen = image, ImageDraw.Draw(image)
        facts = {
            "name": name,
            "number": number,
            "identity": f"000000 19900101 {seed % 10_000:04d}",
            "serial": f"{seed % 1_000_000:06d}",
        }
        for field in document.fields:
            at, text = (field.x, field.y), field.text.format(**facts)
            canvas.text(at, text, field.size, field.colour, field.anchor, field.spacing)
        image.paste((176, 40, 48), (0, 0), _watermark(*image.size))
    if blurred:
        image = image.filter(ImageFilter.GaussianBlur(6))
    return _jpeg(image)


def main() -> None:
    """Draws the base pictures anew."""
    if font_path() is None:
        raise SystemExit("No font with Chinese letters was found; the committed pictures stay.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        data = draw(kind)
        (FOLDER / f"{kind}.jpg").write_bytes(data)
        print(f"{kind}.jpg {len(data) / 1024:.0f} KB")


if __name__ == "__main__":
    main()
