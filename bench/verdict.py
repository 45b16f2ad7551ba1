"""What a verdict costs, beside the least and beside the usual: `.venv/bin/python -m bench.verdict`.

CPU time of the process, not of the clock. In every run each picture is judged, unpacked as cheaply as is possible at
all, and looked at the naive way, one after the other, so that a slow moment of the machine touches all of them.

- least: the entropy-coded data of a JPEG decoded, at an eighth of its size, to grey, by libjpeg-turbo without anything
  around it; of a PNG, its pixels unpacked by zlib, unfiltered;
- naive: all pixels decoded to RGB, and the variance of their Laplacian as sharpness, with numpy; without any check.

The copy of a picture that has to be turned, and the cut of one from which only metadata goes, are figures of their own.
"""

import argparse
import io
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median, quantiles

import numpy as np
import simplejpeg
from PIL import Image

from scripts import specimens
from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import Geometry, ImageLimits
from songshen.domain.verdict import Accepted, Announced, Rejected
from tests.support import images, scenes

LIMITS = ImageLimits()
PORTRAIT = replace(LIMITS, geometry=Geometry(358, 441, light_background=True))
IMAGING = PillowImaging()


@dataclass(frozen=True)
class Subject:
    """A picture that is looked at, and for what."""

    title: str
    data: bytes
    limits: ImageLimits = LIMITS

    @cached_property
    def announced(self) -> Announced:
        return images.announced(self.data)

    def judge(self) -> Accepted:
        verdict = IMAGING.inspect(self.data, self.announced, self.limits)
        assert isinstance(verdict, Accepted), verdict
        return verdict


def page() -> Image.Image:
    """A photographed page of text, 1200x1600 px, in the colours of paper, with the noise of a sensor."""
    grey = Image.open(io.BytesIO(scenes.photo("cost").data)).convert("L").resize((1200, 1600))
    tinted = [grey.point([min(255, round(value * tint)) for value in range(256)]) for tint in (1.0, 0.97, 0.9)]
    bands = [scenes.sensed(random.Random(seed), band, 5) for seed, band in enumerate(tinted)]
    return Image.merge("RGB", bands)


def portrait() -> Image.Image:
    """A photograph of a person, 358x441 px."""
    drawn = specimens._portrait(358, 441, 1).convert("RGB")
    return Image.merge("RGB", [scenes.sensed(random.Random(seed), band, 4) for seed, band in enumerate(drawn.split())])


def screenshot() -> Image.Image:
    """A page of text without noise, 1200x1600 px, in colour."""
    sheet = scenes.form(random.Random(3), 1130).image
    made = Image.new("L", (1200, 1600), 250)
    made.paste(sheet, (35, 1))
    return Image.merge("RGB", [made.point([min(255, value + add) for value in range(256)]) for add in (0, 2, 6)])


def fitting(image: Image.Image, most: int) -> bytes:
    """The JPEG of the best quality that has at most so many bytes."""
    files = (images.encoded(image, quality=quality) for quality in range(95, 20, -1))
    return next(data for data in files if len(data) <= most)


def subjects() -> tuple[Subject, ...]:
    """The pictures of the first table."""
    return (
        Subject("photographed page, JPEG 1200×1600", fitting(page(), LIMITS.max_bytes)),
        Subject("id photo, JPEG 358×441", fitting(portrait(), 60_000), PORTRAIT),
        Subject("screenshot, PNG 1200×1600", images.encoded(screenshot(), "PNG")),
    )


# --- what is compared ----------------------------------------------------------------------------


def least(data: bytes) -> Callable[[], object]:
    """The bytes unpacked, and nothing else."""
    if data.startswith(b"\xff\xd8"):
        return lambda: simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, min_factor=8)
    packed, at = b"", 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        packed += data[at + 8 : at + 8 + size] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + size
    return lambda: zlib.decompress(packed)


def naive(data: bytes) -> float:
    """Everything at full size."""
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"), np.float32)
    grey = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return float(laplacian.var())


def alternately(acts: list[Callable[[], object]], runs: int) -> list[list[float]]:
    """CPU milliseconds of each, run by run."""
    taken: list[list[float]] = [[] for _ in acts]
    for run in range(runs + 3):
        for act, times in zip(acts, taken, strict=True):
            start = time.process_time()
            act()
            if run >= 3:  # the first ones are warming up
                times.append(1000 * (time.process_time() - start))
    return taken


def figure(times: list[float]) -> str:
    """Median and the 99th hundredth."""
    return f"{median(times):.1f} ({quantiles(times, n=100)[98]:.1f})"


def judged(runs: int) -> None:
    """The table of verdicts."""
    print("| | bytes | verdict | least | naive | × least (≤ 2) | × faster than naive (≥ 4) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for subject in subjects():
        assert subject.judge().data == subject.data
        verdict, floor, slow = alternately(
            [subject.judge, least(subject.data), lambda data=subject.data: naive(data)], runs
        )
        ours = median(verdict)
        said = [f"{len(subject.data):,}", figure(verdict), figure(floor), figure(slow)]
        said += [f"{ours / median(floor):.2f}", f"{median(slow) / ours:.1f}"]
        print(f"| {subject.title} | {' | '.join(said)} |")


def copied(runs: int) -> None:
    """The table of copies, with the verdict on the same pixels beside them."""
    print("\n| | bytes before | after | as it is | with the copy |")
    print("|---|--:|--:|--:|--:|")
    drawing = subjects()[-1].data
    lying = images.segment(0xE1, b"Exif\0\0" + images.exif(6))
    smaller = fitting(page(), LIMITS.max_bytes - 200)
    camera = images.segment(0xE1, b"Exif\0\0" + images.exif(1)), images.segment(0xFE, bytes(100))
    for title, plain, changed in (
        ("JPEG, metadata cut off", smaller, images.with_segments(smaller, *camera)),
        ("JPEG, turned", smaller, images.with_segments(smaller, lying)),
        ("PNG, turned", drawing, images.with_chunks(drawing, images.chunk(b"eXIf", images.exif(6)))),
    ):
        before, after = Subject(title, plain), Subject(title, changed)
        stored = after.judge().data
        assert stored != changed
        first, second = alternately([before.judge, after.judge], max(10, runs // 4))
        print(f"| {title} | {len(changed):,} | {len(stored):,} | {figure(first)} | {figure(second)} |")


def refused(runs: int) -> None:
    """The table of files that are made to cost more than they should."""
    print("\n| | bytes | refused as | ms until then (≤ 10) |")
    print("|---|--:|---|--:|")
    for title, data in (
        ("JPEG of 1,000 scans", images.scan_bomb(1_000)),
        ("JPEG that says it has 65,535² px", images.with_jpeg_size(images.jpeg(), 65_535, 65_535)),
        ("PNG that says it has 2³⁰² px", images.with_png_size(images.png(), 1 << 30, 1 << 30)),
        ("JPEG of 40,000 segments", images.with_segments(images.jpeg(), *[b"\xff\xfe\0\2"] * 40_000)),
    ):
        announced = images.announced(data)
        verdict = IMAGING.inspect(data, announced, LIMITS)
        assert isinstance(verdict, Rejected), title
        (times,) = alternately([lambda data=data, said=announced: IMAGING.inspect(data, said, LIMITS)], runs)
        print(f"| {title} | {len(data):,} | {verdict.problem.code} | {figure(times)} |")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description="What a verdict costs.")
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    print(f"Milliseconds of CPU, median (p99) of {runs}; verdict, least and naive in turn.\n")
    judged(runs)
    copied(runs)
    refused(runs)


if __name__ == "__main__":
    main()
