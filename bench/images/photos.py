"""Draws the photos that the bench prepares, and knows which character stands where in them.

Every photo is drawn by a program from a seed: a sheet of paper on a table, lit unevenly, with random characters in
several sizes, a red seal, and what a phone adds (a lens not quite sharp, noise, an EXIF block that says "turn me" and
where the photo was taken). Nothing in it is anybody's. The font is the machine's Chinese one, so the numbers differ a
little between machines with different fonts.
"""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import NormalDist

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from scripts.specimens import font_path

# Without what even people mistake for one another when it stands alone: 0 and O, 1 and l and I.
LATIN = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
# What stands in such documents: names, places, schools, medicine; and letters that differ by a stroke.
HAN = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻柏水窦章云苏潘葛范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵汪祁毛狄米贝明臧计伏成戴谈宋茅庞熊纪"
    "山东省济南市青岛烟台县区街道路号院楼单室中国人民共和居身份证姓名性别族出生住址公码签发机关有效期限长"
    "临床执业医师助理资格考试报名准通知序列毕业学校专科本硕博位授予培训合格注册经办电话单位盖签字日月年内外妇儿眼耳鼻喉口腔麻醉"
    "病康复预防卫健委员会教育部厅局长院系级班第一二三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾"
    "已己巳未末土士曰目人入八大太犬干王玉主田由甲申贝见风治冶洒酒晴睛辨辩瓣微徵拨拔戊戌戍侯候鸟乌今令兔免师帅竞竟历厉籍藉"
    "陪倍部郎朗网冈岗刚钢铜锡锋峰蜂逢缝奉春泰秦奏拣炼练栋冻清情请精侍待持诗特瑞端揣喘湍宣宜宦官管菅"
)
HAN = "".join(dict.fromkeys(HAN))
SIZES = (40, 34, 28, 22, 18)  # px of the letters in a 12 MP photo

type Colour = tuple[int, int, int]
# In the corners of the upright picture, from the upper left one clockwise.
MARKS: tuple[Colour, ...] = ((214, 40, 40), (40, 160, 60), (40, 70, 200), (230, 190, 20))
MARK = 120  # px of a mark's edge in 12 MP
_GPS = {1: "N", 2: (36.0, 40.0, 12.0), 3: "E", 4: (117.0, 1.0, 30.0)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One character of known meaning: `size` px of letters, `box` left, top, right, bottom in the upright photo."""

    text: str
    size: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Photo:
    """A file to be prepared; width and height as a person sees it, upright."""

    path: Path
    width: int
    height: int
    cells: tuple[Cell, ...]
    transparent: bool = False


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The machine's font with Chinese letters. RuntimeError if it has none."""
    path = font_path()
    if path is None:
        raise RuntimeError("no font with Chinese letters: install one, for instance fonts-wqy-microhei")
    return ImageFont.truetype(path, size)


def cell_size(text: str, size: int) -> tuple[int, int]:
    """Width and height of the cell of one character."""
    return round(size * (1.12 if text in HAN else 0.86)), round(size * 1.2)


def write(pen: ImageDraw.ImageDraw, cell: Cell, fill: int) -> None:
    """A character in the middle of its cell, on the line of its row."""
    left, top, right, bottom = cell.box
    pen.text(((left + right) / 2, (top + bottom) / 2), cell.text, fill, font(cell.size), "mm")


def lines(chance: random.Random, size: int, area: tuple[int, int, int, int], each: int) -> Iterator[Cell]:
    """Rows of characters from the area's top, as many rows as `each` Latin and `each` Chinese characters take."""
    left, top, right, _ = area
    x = left
    for alphabet in (HAN, LATIN):
        for _ in range(each):
            text = chance.choice(alphabet)
            width, height = cell_size(text, size)
            if x + width > right:
                x, top = left, top + round(size * 1.55)
            yield Cell(text, size, (x, top, x + width, top + height))
            x += width


def bottom(cells: list[Cell]) -> int:
    return max(cell.box[3] for cell in cells)


# --- what a phone's camera makes of a page ---------------------------------------------------------


def grain(chance: random.Random, size: tuple[int, int], sigma: float) -> Image.Image:
    """Normally distributed noise around 128."""
    normal = NormalDist(128, sigma)
    table = [min(255, max(0, round(normal.inv_cdf((value + 0.5) / 256)))) for value in range(256)]
    return Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).point(table)


def add(picture: Image.Image, noise: Image.Image) -> Image.Image:
    return ImageChops.add(picture, noise.resize(picture.size, Image.Resampling.BICUBIC), 1, -128)


def camera(chance: random.Random, scene: Image.Image, blur: float = 0.8, noise: float = 1) -> Image.Image:
    """Uneven light, a lens, noise of the sensor: 1 by day, more in a dark room."""
    width, height = scene.size
    light = Image.new("L", (24, 32))
    for y in range(32):
        for x in range(24):
            corner = ((x - 15) / 24) ** 2 + ((y - 12) / 32) ** 2
            light.putpixel((x, y), round(252 - 96 * corner - 1.1 * y))
    light = light.resize(scene.size, Image.Resampling.BICUBIC)
    seen = ImageChops.multiply(scene, Image.merge("RGB", (light, light, light.point(lambda value: value * 0.97))))
    seen = seen.filter(ImageFilter.GaussianBlur(blur))
    y_, cb, cr = seen.convert("YCbCr").split()
    y_ = add(y_, grain(chance, (width // 6, height // 6), 1.6))  # the paper's fibres
    y_ = add(y_, grain(chance, (width, height), 4.2 * noise))
    cb = add(cb, grain(chance, (width // 2, height // 2), 2.2 * noise))
    cr = add(cr, grain(chance, (width // 2, height // 2), 2.2 * noise))
    return Image.merge("YCbCr", (y_, cb, cr)).convert("RGB")


def jpeg(picture: Image.Image, path: Path, quality: int = 93) -> None:
    """Stored lying on its side, with the EXIF of a phone: to be turned, and taken at a known place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Bench"
    exif.get_ifd(0x8825).update(_GPS)
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    stored.save(path, "JPEG", quality=quality, subsampling="4:2:0", exif=exif)


def seal(scene: Image.Image, x: int, y: int, diameter: int) -> None:
    """A red stamp: what forbids saving bytes by leaving out the colours."""
    pen = ImageDraw.Draw(scene)
    red = (196, 40, 44)
    pen.ellipse((x, y, x + diameter, y + diameter), outline=red, width=max(4, diameter // 36))
    pen.text((x + diameter / 2, y + diameter / 2), "样张", red, font(diameter // 4), "mm")


def marks(scene: Image.Image, scale: int) -> None:
    width, height = scene.size
    edge = MARK * scale
    places = ((0, 0), (width - edge, 0), (width - edge, height - edge), (0, height - edge))
    for colour, (x, y) in zip(MARKS, places, strict=True):
        scene.paste(colour, (x, y, x + edge, y + edge))


def ink(scene: Image.Image, cells: list[Cell], colour: Colour = (34, 36, 44)) -> None:
    mask = Image.new("L", scene.size)
    pen = ImageDraw.Draw(mask)
    for cell in cells:
        write(pen, cell, 255)
    scene.paste(colour, (0, 0), mask)


# --- the photos ------------------------------------------------------------------------------------


def page(path: Path, scale: int = 1, each: int = 420, noise: float = 1) -> Photo:
    """A sheet full of text in all sizes. 12 MP; `scale` 2 makes 48 MP with everything twice as large."""
    chance = random.Random(12)
    width, height = 3000 * scale, 4000 * scale
    cells: list[Cell] = []
    top = 420 * scale
    for size in SIZES:
        cells += lines(chance, size * scale, (330 * scale, top, 2670 * scale, height), each)
        top = bottom(cells) + 90 * scale
    if not path.exists():
        scene = Image.new("RGB", (width, height), (124, 112, 100))
        scene.paste((246, 244, 238), (150 * scale, 170 * scale, width - 150 * scale, height - 170 * scale))
        ImageDraw.Draw(scene).text((width / 2, 300 * scale), "样张 SPECIMEN", (34, 36, 44), font(110 * scale), "mm")
        ink(scene, cells)
        seal(scene, 1980 * scale, 3260 * scale, 480 * scale)
        marks(scene, scale)
        jpeg(camera(chance, scene, 0.8 * scale, noise), path)
    return Photo(path, width, height, tuple(cells))


def card(path: Path) -> Photo:
    """A card on a table, photographed from so far away that it takes up half of the picture."""
    chance = random.Random(18)
    width, height = 3000, 4000
    left, top, right = 750, 1480, 2250
    cells: list[Cell] = []
    y = top + 130
    for size, each in ((56, 8), (44, 24), (30, 40), (24, 40)):
        cells += lines(chance, size, (left + 90, y, right - 470, height), each)
        y = bottom(cells) + 40
    if not path.exists():
        scene = Image.new("RGB", (width, height), (150, 130, 108))
        pen = ImageDraw.Draw(scene)
        for row in range(0, height, 18):  # the grain of the table
            tone = chance.randrange(-10, 10)
            pen.line((0, row, width, row + chance.randrange(-30, 30)), (144 + tone, 124 + tone, 102 + tone), 9)
        pen.rounded_rectangle((left, top, right, top + 946), 50, (232, 240, 244))
        for row in range(20):  # fine lines, as such cards have
            arc = (left + 40, top + 40 + row * 22, right - 40, top + 440 + row * 22)
            pen.arc(arc, 200, 340, (208, 222, 230), 3)
        pen.rectangle((right - 420, top + 180, right - 90, top + 600), (198, 214, 230))
        pen.ellipse((right - 340, top + 260, right - 170, top + 470), (232, 194, 166))
        ink(scene, cells)
        marks(scene, 1)
        jpeg(camera(chance, scene), path)
    return Photo(path, width, height, tuple(cells))


def drawing(path: Path) -> Photo:
    """A PNG with nothing but ink: black if the transparency is lost, unreadable then."""
    chance = random.Random(7)
    width, height = 1500, 2000
    cells: list[Cell] = []
    top = 200
    for size in (34, 28, 22):
        cells += lines(chance, size, (150, top, 1350, height), 100)
        top = bottom(cells) + 60
    if not path.exists():
        scene = Image.new("RGBA", (width, height), (0, 0, 0, 0))
        mask = Image.new("L", scene.size)
        pen = ImageDraw.Draw(mask)
        for cell in cells:
            write(pen, cell, 255)
        scene.paste((20, 20, 24, 255), (0, 0), mask)
        marks(scene, 1)
        scene.save(path, "PNG")
    return Photo(path, width, height, tuple(cells), transparent=True)


def upright(photo: Photo) -> Image.Image:
    """The photo as it was before preparing, as a person sees it."""
    with Image.open(photo.path) as file:
        if photo.transparent:
            white = Image.new("RGB", file.size, (255, 255, 255))
            white.paste(file, (0, 0), file)
            return white
        picture = Image.open(io.BytesIO(photo.path.read_bytes())).convert("RGB")
    return picture.transpose(Image.Transpose.ROTATE_270)
