"""How often the warnings are right: `.venv/bin/python -m bench.warnings`.

Photos of documents are drawn from seeds (`tests/support/scenes.py`), good ones and ones with a single fault each, and
judged as uploads are. The thresholds were chosen by looking at photos like the first set; the second, from other seeds,
says what they are worth. Drawn photos are kinder than life: read the figures as a comparison, not as a promise.
"""

import argparse
import io
import os
import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from PIL import Image, JpegImagePlugin

from songshen.adapters.measuring import measured, reduction
from songshen.domain.exam import WarningThresholds
from songshen.domain.verdict import LOOKS, Measures, warnings_of
from tests.support import scenes

SETS = ("first set", "second set")
THRESHOLDS = WarningThresholds()
# The measure that each warning about documents looks at.
LOOKED_AT = {
    "blank": "detail",
    "dark": "light",
    "blurred": "sharpness",
    "glare": "glare",
    "small": "extent",
    "turned": "lying",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in a photo of which it is known what is wrong with it."""

    fault: str
    degree: str
    measures: Measures

    @property
    def warned(self) -> tuple[str, ...]:
        return warnings_of(self.measures, THRESHOLDS)


def judged(what: tuple[str, str, str]) -> Judged:
    photo = scenes.photo(*what)
    measures = measured(*small(photo.data))
    assert measures is not None
    return Judged(photo.fault, photo.degree, measures)


def small(data: bytes) -> tuple[Image.Image, int]:
    """Decoded as the adapter does it; and by how much it is yet to be reduced."""
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    wanted = reduction(image.size)
    factor = min(wanted, 8)
    image.draft("L", (image.width // factor, image.height // factor))
    image.load()
    return image, wanted // factor


def drawn(name: str, good: int, bad: int) -> list[Judged]:
    """A set: so many good photos, and so many of every degree of every fault."""
    wanted = [(f"{name} {number}", "", "") for number in range(good)]
    wanted += [
        (f"{name} {number}", fault, degree)
        for fault, degrees in scenes.DEGREES.items()
        for degree in degrees
        for number in range(bad)
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(judged, wanted, chunksize=8))


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)"


def false_alarms(photos: Iterable[Judged], code: str = "") -> str:
    """Among the good photos: those with this warning, or with any."""
    good = [photo for photo in photos if not photo.fault]
    return share(sum(code in photo.warned if code else bool(photo.warned) for photo in good), len(good))


def misses(photos: Iterable[Judged], fault: str, degree: str) -> str:
    bad = [photo for photo in photos if (photo.fault, photo.degree) == (fault, degree)]
    return share(sum(fault not in photo.warned for photo in bad), len(bad))


def least(times: int, act: Callable[[], object]) -> float:
    """CPU milliseconds, the best of several."""
    took = []
    for _ in range(times):
        start = time.process_time()
        act()
        took.append(time.process_time() - start)
    return 1000 * min(took)


def cost() -> str:
    """Of a page of 1200×1600 px, close to 200 KB."""
    page = Image.open(io.BytesIO(scenes.photo("cost").data)).convert("L").resize((1200, 1600))
    noisy = scenes.sensed(random.Random(1), page, 6)
    files = [scenes.encoded(noisy, quality) for quality in range(30, 96, 2)]
    data = max((file for file in files if len(file) <= 204_800), key=len)
    copy = small(data)
    measuring = least(40, lambda: measured(*copy))
    decoding = least(40, lambda: small(data))
    whole = least(20, lambda: Image.open(io.BytesIO(data)).load())
    return (
        f"All measures of a JPEG of 1200×1600 px and {len(data):,} bytes take {measuring:.1f} ms of CPU; decoding it "
        f"at reduced scale takes {decoding:.1f} ms, decoding all of it {whole:.1f} ms."
    )


def main() -> None:
    """Draws both sets and prints the tables."""
    parser = argparse.ArgumentParser(description="How often the warnings are right.")
    parser.add_argument("--good", type=int, default=300, help="good photos in each set")
    parser.add_argument("--bad", type=int, default=20, help="photos of each degree of each fault in each set")
    options = parser.parse_args()
    sets = [drawn(name, options.good, options.bad) for name in SETS]

    print("Drawn photos of documents. False alarms: good photos with the warning; misses: bad ones without it.\n")
    print("| warning | threshold | " + " | ".join(f"false alarms, {name}" for name in SETS) + " |")
    print("|---|---|---|---|")
    for look in (one for one in LOOKS if one.code in LOOKED_AT):
        limit = f"{'>' if look.code in ('glare', 'turned') else '<'} {getattr(THRESHOLDS, look.limit):g}"
        said = [false_alarms(photos, look.code) for photos in sets]
        print(f"| {look.code} | {LOOKED_AT[look.code]} {limit} | {' | '.join(said)} |")
    print(f"| any | | {' | '.join(false_alarms(photos) for photos in sets)} |\n")

    print("| fault | degree | " + " | ".join(f"misses, {name}" for name in SETS) + " |")
    print("|---|---|---|---|")
    for fault, degrees in scenes.DEGREES.items():
        for degree in degrees:
            said = [misses(photos, fault, degree) for photos in sets]
            print(f"| {fault} | {degree} | {' | '.join(said)} |")
    print(f"\n{cost()}")


if __name__ == "__main__":
    main()
