"""What a candidate is asked to look at again: the thresholds, and what each measure sees in a simple picture.

How often they are right on photos is in tests/property/test_warnings.py.
"""

import math
from dataclasses import replace

import msgspec
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from scripts import specimens
from songshen.adapters.measuring import MEASURED_EDGE, measured
from songshen.domain.exam import Geometry, ImageLimits, WarningThresholds
from songshen.domain.verdict import LOOKS, Measures, WarningCode, warnings_of

THRESHOLDS = WarningThresholds()
FINE = Measures(light=220, detail=60, sharpness=0.9, glare=0.0, extent=0.8, lying=-0.1)
MEASURE = {
    "blank": "detail",
    "dark": "light",
    "blurred": "sharpness",
    "glare": "glare",
    "small": "extent",
    "turned": "lying",
    "background": "backdrop",
    "uneven": "unevenness",
}
PORTRAIT = Geometry(358, 441, light_background=True)

# --- thresholds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [look.code for look in LOOKS])
def test_at_the_threshold_there_is_no_warning_yet(code: WarningCode) -> None:
    limit = getattr(THRESHOLDS, code)
    measure = MEASURE[code]
    beyond = math.nextafter(limit, math.inf if code in ("glare", "turned", "uneven") else -math.inf)
    asked = PORTRAIT if code in ("background", "uneven") else None
    assert warnings_of(replace(FINE, **{measure: limit}), THRESHOLDS, asked) == ()
    assert warnings_of(replace(FINE, **{measure: beyond}), THRESHOLDS, asked) == (code,)
    assert warnings_of(replace(FINE, **{measure: beyond}), replace(THRESHOLDS, **{code: None}), asked) == ()


def test_what_cannot_be_told_any_more_is_not_said() -> None:
    everything = Measures(light=0, detail=0, sharpness=0, glare=1, extent=0, lying=1)
    assert warnings_of(everything, THRESHOLDS) == ("blank",)
    assert warnings_of(everything, replace(THRESHOLDS, blank=None)) == ("dark", "blurred", "glare", "small")
    assert warnings_of(replace(everything, detail=60, sharpness=0.9), THRESHOLDS) == (
        "dark",
        "glare",
        "small",
        "turned",
    )


def test_an_exams_document_may_say_some_of_them() -> None:
    limits = msgspec.json.decode(b'{"warnings": {"dark": 60, "turned": null}}', type=ImageLimits)
    assert limits.warnings == replace(THRESHOLDS, dark=60, turned=None)
    assert msgspec.json.decode(b"{}", type=ImageLimits).warnings == THRESHOLDS


def test_a_photograph_of_a_person_is_not_looked_at_as_a_document_is() -> None:
    nothing = replace(FINE, sharpness=0, glare=1, extent=0, lying=1, backdrop=0, unevenness=255)
    assert warnings_of(nothing, THRESHOLDS, PORTRAIT) == ("background",)
    assert warnings_of(nothing, THRESHOLDS, Geometry(358, 441)) == ()
    assert warnings_of(replace(nothing, backdrop=200), THRESHOLDS, PORTRAIT) == ("uneven",)
    assert warnings_of(replace(nothing, light=0), THRESHOLDS, PORTRAIT) == ("dark", "uneven")
    assert warnings_of(replace(FINE, backdrop=0, unevenness=255), THRESHOLDS) == ()


# --- measures ------------------------------------------------------------------------------------


def sheet(width: int = 600, height: int = 800, part: float = 1, ink: int = 40, paper: int = 230) -> Image.Image:
    """Lines of something like words on paper, on the middle `part` of the picture's width and height."""
    image = Image.new("L", (width, height), paper)
    draw = ImageDraw.Draw(image)
    left, top = width * (1 - part) / 2 + 20 * part, height * (1 - part) / 2 + 20 * part
    right, bottom = width - left, height - top
    y, row = top, 0
    while y < bottom - 8:
        x = left
        while x < right - 30:
            length = 14 + (7 * row + round(x)) % 23
            draw.rectangle((x, y, x + length, y + 5), ink)
            x += length + 5
            row += 1
        y += 14
    return image


def of(image: Image.Image, document: bool = True) -> Measures:
    found = measured(image, document=document)
    assert found is not None
    return found


def test_a_page_of_text_is_fine_and_black_and_white_are_measured_as_what_they_are() -> None:
    page = of(sheet())
    assert warnings_of(page, THRESHOLDS) == ()
    assert page.light == 230
    assert page.extent > 0.85
    assert page.lying < -0.1
    assert page.glare == 0
    assert of(Image.new("L", (600, 800), 7)) == Measures(7, 0, 0, 0, 1, 0)
    assert of(Image.new("L", (600, 800), 0)) == Measures(0, 0, 0, 0, 1, 0)
    assert of(Image.new("L", (600, 800), 255)) == Measures(255, 0, 0, 0, 1, 0)


def test_sharpness_falls_with_blur_and_hardly_with_contrast() -> None:
    grades = [of(sheet().filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 1, 2, 4, 8)]
    assert grades == sorted(grades, reverse=True)
    assert grades[0] > 0.8
    assert grades[-1] < 0.35
    assert of(sheet(ink=170)).sharpness == pytest.approx(grades[0], rel=0.1)


def test_what_is_blurred_in_one_direction_only_is_blurred() -> None:
    """As by a shaking hand."""
    page = sheet()
    for dx, dy in ((1, 0), (0, 1)):
        shaken = page
        for step in range(1, 15):
            shaken = Image.blend(shaken, ImageChops.offset(page, dx * step, dy * step), 1 / (step + 1))
        assert of(shaken).sharpness < 0.55


def test_light_is_that_of_the_paper_not_of_the_surroundings() -> None:
    """A well lit card on a black table is not dark; nor is a single spark light."""
    scene = Image.new("L", (600, 800), 10)
    scene.paste(sheet(200, 120), (200, 300))
    assert of(scene).light == 230
    spark = sheet().point(lambda value: value // 5)
    spark.paste(255, (300, 400, 320, 410))
    assert of(spark).light == 46


def test_an_empty_sheet_has_no_detail_though_the_table_shows_around_it() -> None:
    scene = Image.new("L", (600, 800), 60)
    scene.paste(235, (40, 50, 560, 750))
    assert of(scene).detail == 0
    scene.paste(sheet(120, 80), (240, 360))
    assert of(scene).detail > 20


def test_extent_is_the_share_of_the_picture_that_is_printed_on() -> None:
    assert of(sheet(part=0.25)).extent == pytest.approx(0.25**2, abs=0.02)
    assert of(sheet(part=0.5)).extent == pytest.approx(0.5**2, abs=0.04)


def test_text_that_lies_on_its_side_is_noticed_but_not_what_is_upside_down() -> None:
    page = sheet()
    for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270):
        assert of(page.transpose(turn)).lying > 0.1
    assert of(page.transpose(Image.Transpose.ROTATE_180)).lying == pytest.approx(of(page).lying, abs=0.05)
    assert of(page.rotate(3, fillcolor=230)).lying < 0


def lamp(page: Image.Image, at: tuple[int, int] = (300, 400), radius: int = 150) -> Image.Image:
    """A reflection that fades away."""
    spot = ImageChops.invert(Image.radial_gradient("L")).resize((4 * radius, 4 * radius))
    light = Image.new("L", page.size)
    light.paste(spot.point(lambda value: max(0, value - 100) * 3), (at[0] - 2 * radius, at[1] - 2 * radius))
    return ImageChops.add(page, light)


def test_a_mirrored_lamp_is_glare() -> None:
    spoilt = of(lamp(sheet(paper=190)))
    assert warnings_of(spoilt, THRESHOLDS) == ("glare",)
    assert spoilt.glare > 0.05
    assert of(lamp(sheet(paper=190), (0, 400))).glare > 0.03


def test_white_paper_is_no_glare() -> None:
    """Nor is a screenshot, a window behind somebody, a card of white plastic, or two lamps where nothing is printed."""
    assert of(sheet(paper=255)).glare == 0
    window = sheet(paper=190)
    window.paste(255, (300, 50, 550, 400))
    assert of(window).glare == 0
    card = Image.new("L", (600, 800), 90)
    card.paste(sheet(400, 250, paper=255), (100, 200))
    assert of(card).glare == 0
    assert of(Image.composite(sheet(paper=255), sheet(paper=200), Image.new("L", (600, 800), 255))).glare == 0


def portrait(wall: int = 240) -> Image.Image:
    """Head and shoulders."""
    image = Image.new("L", (358, 441), wall)
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 330, 338, 441), 60)
    draw.ellipse((110, 70, 250, 260), 170)
    draw.chord((105, 55, 255, 240), 190, 350, 30)
    return image


def test_the_background_is_looked_at_beside_and_above_the_head() -> None:
    for wall in (240, 180, 120):
        found = of(portrait(wall), False)
        assert (found.backdrop, found.unevenness) == (wall, 0)
    assert warnings_of(of(portrait(), False), THRESHOLDS, PORTRAIT) == ()
    assert warnings_of(of(portrait(120), False), THRESHOLDS, PORTRAIT) == ("background",)
    shaded = portrait()
    shaded.paste(170, (300, 0, 358, 300))
    assert warnings_of(of(shaded, False), THRESHOLDS, PORTRAIT) == ("uneven",)
    for variant in range(6):
        drawn = of(specimens._portrait(358, 441, variant).convert("L"), False)
        assert warnings_of(drawn, THRESHOLDS, PORTRAIT) == ()


def test_all_sizes_and_modes_are_measured_alike() -> None:
    page = of(sheet())
    large = of(sheet().resize((2400, 3200), Image.Resampling.NEAREST))
    assert large.light == page.light
    assert large.extent == pytest.approx(page.extent, abs=0.1)
    for mode in ("RGB", "RGBA", "LA", "P", "1"):
        assert of(sheet().convert(mode)).extent == pytest.approx(page.extent, abs=0.03)
    assert measured(sheet().convert("I;16")) is None


def test_pictures_of_every_size_can_be_measured() -> None:
    for size in ((1, 1), (31, 900), (900, 2), (MEASURED_EDGE, 31)):
        assert measured(Image.new("L", size, 200)) is None
    for size in ((32, 32), (33, 47), (32, 2_000), (2_000, 32), (899, 901), (900, 901)):
        assert warnings_of(of(Image.new("L", size, 200)), THRESHOLDS) == ("blank",)
        measured(sheet(*size, paper=255))
