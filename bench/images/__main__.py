"""What becomes of a photo on the phone: `python -m bench.images`.

A photo of a page of text is prepared by the candidate page's own code in a browser whose page runs four times slower,
and by browser-image-compression, the best-known library for it, set as the example in its documentation is, to the same
size. Its worker would be loaded from a CDN; here it is given its own file, and whatever asks another host is counted.

The browser slows the page's thread only: what happens in a worker takes as long as on this machine. So the times say
less than the rest. What is read, how, and what that is worth, stands in `bench/images/reading.py`.

`--policies` adds what other limits than those in `imaging/policy.ts` would give.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image, ImageFilter

from bench.images import photos
from bench.images.harness import MAX_BYTES, ROOT, SLOWER, Phone, Took, build, is_upright, metadata, opened, phone
from bench.images.photos import Photo
from bench.images.reading import Legibility, legibility

WAYS = {
    "ours": ("ours", False),
    "ours, no OffscreenCanvas": ("ours", True),
    "library": ("library", False),
    "library in its worker": ("libraryWorker", False),
}
EDGES = (1200, 1400, 1600, 1800, 2000, 2200)
STARTS = (1600, 1800, 2000, 2200)
WORST = (0.35, 0.4, 0.5, 0.6)
UNSHARP = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 12, -1, 0, -1, 0), 8)  # the page's, of 0.5


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table under a heading."""
    print(f"\n### {title}\n")
    for row in (head, ["---"] + ["---:"] * (len(head) - 1), *rows):
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def share(read: Legibility, alphabet: str, size: int) -> str:
    return f"{read[alphabet, size]:.2f}"


def preparing(phone: Phone, photo: Photo, runs: int) -> None:
    """The 12 MP page, in every way, `runs` times."""
    taken: dict[str, list[Took]] = {way: [] for way in WAYS}
    images: dict[str, bytes] = {}
    for _ in range(runs):  # in turn, so that a slow minute of the machine touches all of them
        for way, (name, old) in WAYS.items():
            took, images[way] = phone.prepare(name, photo, old=old)
            taken[way].append(took)
    pictures = {way: opened(image) for way, image in images.items()}
    read = {way: legibility(picture, photo.width, photo.cells) for way, picture in pictures.items()}

    def row(title: str, goal: str, cell: Callable[[str], str]) -> list[str]:
        return [title, goal, *map(cell, WAYS)]

    def middle(value: Callable[[Took], float]) -> Callable[[str], str]:
        return lambda way: f"{median(map(value, taken[way])):,.0f} ({min(map(value, taken[way])):,.0f})"

    rows = [
        row("longest task, CPU ms", "≤ 50", middle(lambda took: took.busy)),
        row("longest time without a timer, ms", "≤ 50", middle(lambda took: took.gap)),
        row("longest time without a frame, ms", "", middle(lambda took: took.frame)),
        row("longest task, as the page is told, ms", "", middle(lambda took: took.task)),
        row("from the file to the image, ms", "", middle(lambda took: took.ms)),
        row("bytes", f"≤ {MAX_BYTES:,}", lambda way: f"{len(images[way]):,}"),
        row("pixels", "", lambda way: "×".join(map(str, pictures[way].size))),
        row("upright", "yes", lambda way: "yes" if is_upright(pictures[way], photo) else "no"),
        row("metadata", "none", lambda way: ", ".join(metadata(images[way])) or "none"),
    ]
    for alphabet, name in (("han", "Chinese"), ("latin", "Latin")):
        rows += [
            [f"{name} read, {size} px", "", *(share(read[way], alphabet, size) for way in WAYS)]
            for size in photos.SIZES
        ]
    where = f"page's thread {SLOWER:g}× slower, median (least) of {runs}"
    table(f"A page of text, 12 MP, {photo.path.stat().st_size:,} bytes; {where}", ["", "goal", *WAYS], rows)


def kinds(phone: Phone, pictures: dict[str, Photo]) -> None:
    """Other photos, not slowed down: what they become, and what can be read of them."""
    rows = []
    for title, photo in pictures.items():
        for name, way in (("ours", "ours"), ("library", "libraryWorker"), ("library, size alone", "libraryAlone")):
            try:
                took, image = phone.prepare(way, photo, slower=1)
            except RuntimeError as error:
                rows.append([title, name, str(error), "", "", "", ""])
                continue
            picture = opened(image)
            read = legibility(picture, photo.width, photo.cells)
            sizes = sorted({size for _, size in read}, reverse=True)
            shares = ", ".join(f"{size} px {share(read, 'han', size)}" for size in sizes)
            good = "yes" if is_upright(picture, photo) and not metadata(image) else "no"
            memory = f"{took.memory:,.0f}" if took.memory is not None else ""
            pixels = "×".join(map(str, picture.size))
            rows.append([title, name, f"{len(image):,}", pixels, good, memory, shares])
    head = ["", "by", f"bytes (≤ {MAX_BYTES:,})", "pixels", "upright, no metadata", "memory MB", "Chinese read"]
    table(
        "Other photos, page not slowed down; memory roughly, for it is not seen in every process",
        head,
        rows,
    )


def calibration(photo: Photo) -> None:
    """The reader on the photo itself, and on smaller and smaller copies of it."""
    original = photos.upright(photo)
    rows = []
    for edge in (4000, 2000, 1600, 1200, 1000, 800, 600, 400):
        size = (round(edge * photo.width / photo.height), edge)
        read = legibility(original.resize(size, Image.Resampling.BICUBIC), photo.width, photo.cells)
        rows.append([str(edge), *(share(read, name, size) for name in ("han", "latin") for size in photos.SIZES)])
    rows.append(["by chance", *(f"{1 / len(kind):.2f}" for kind in (photos.HAN, photos.LATIN) for _ in photos.SIZES)])
    table("What the reader reads of the page itself, smaller and smaller, before any compression", _head("edge"), rows)


def policies(phone: Phone, pictures: dict[str, Photo]) -> None:
    """At the same bytes: edge against quality, ways to make smaller, sharpening, and the policy with other limits."""

    def measured(photo: Photo, picture: Image.Image) -> list[str]:
        read = legibility(picture, photo.width, photo.cells)
        return [share(read, name, size) for name in ("han", "latin") for size in photos.SIZES]

    for title, photo in pictures.items():
        trials: list[dict[str, Any]] = [{"edge": edge, "resize": "draw", "sharpen": 0} for edge in EDGES]
        trials += [{"edge": 1600, "resize": way, "sharpen": 0} for way in ("halve", "bitmap")]
        trials += [{"edge": 1600, "resize": "draw", "sharpen": 0.5}]
        rows = []
        for trial, (quality, image) in zip(trials, phone.each("trial", photo, trials), strict=True):
            name = f"{trial['edge']}"
            name += {"draw": "", "halve": ", halved first", "bitmap": ", by the decoder"}[trial["resize"]]
            name += ", sharpened" if trial["sharpen"] else ""
            rows.append([f"{name}: {quality:.2f}", *measured(photo, opened(image))])
            if name == "1600":  # whether sharpening before encoding gains more than the eye that looks at it could
                rows.append(["1600, sharpened afterwards", *measured(photo, opened(image).filter(UNSHARP))])
        table(f"{title}: the best quality at which each edge fits", _head("edge: quality"), rows)

        limits = [{"start": start, "worst": worst} for start in STARTS for worst in WORST]
        rows = []
        for limit, (fits, image) in zip(limits, phone.each("policy", photo, limits), strict=True):
            edge = max(opened(image).size) if fits else 0
            name = f"{limit['start']}, {limit['worst']}: {edge or 'refused'}"
            rows.append([name, *(measured(photo, opened(image)) if fits else [""] * 2 * len(photos.SIZES))])
        table(f"{title}: the policy with other limits", _head("start, lowest quality: edge"), rows)


def _head(first: str) -> list[str]:
    return [first, *(f"{name} {size} px" for name in ("Chinese", "Latin") for size in photos.SIZES)]


def main() -> None:
    """Draws the photos, builds the page, prints the tables."""
    parser = argparse.ArgumentParser(description="What becomes of a photo on the phone.")
    parser.add_argument("--runs", type=int, default=5, help="how often the 12 MP page is prepared; the median counts")
    parser.add_argument("--policies", action="store_true", help="also what other limits would give; minutes")
    options = parser.parse_args()
    directory: Path = ROOT / ".local/images"
    directory.mkdir(parents=True, exist_ok=True)
    full = photos.page(directory / "full.jpg")
    usual = photos.page(directory / "usual.jpg", each=100)
    others = {
        "a page with less text": usual,
        "a full page in a dark room": photos.page(directory / "dark.jpg", noise=2),
        "a card from afar": photos.card(directory / "card.jpg"),
        "48 MP": photos.page(directory / "48mp.jpg", scale=2),
        "a transparent PNG": photos.drawing(directory / "drawing.png"),
    }
    build(directory / "site")
    with phone(directory / "site") as browser:
        preparing(browser, full, options.runs)
        kinds(browser, others)
        if options.policies:
            policies(browser, {"A full page": full, "A page with less text": usual})
        print(f"Requests to other hosts: {len(browser.elsewhere)}")
    calibration(full)


if __name__ == "__main__":
    main()
