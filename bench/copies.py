"""What is stored of the corpus: `python -m bench.copies`.

How many files are kept byte for byte, cleaned, or encoded anew, and how alike the latter look to what came (SSIM).
Beside the corpus, whose pictures are small and coarse, photos of documents drawn by a program and turned, some close to
the limit.
"""

import warnings
from collections.abc import Iterable
from statistics import median

from PIL import Image

from songshen.adapters.pillow import PillowImaging
from songshen.domain.exam import ImageLimits
from songshen.domain.verdict import Accepted
from tests.support import images
from tests.support.corpus import BAD, GOOD, Case
from tests.support.similarity import shown, ssim

LIMITS = ImageLimits()


def stored(case: Case) -> Accepted | None:
    """What becomes of it, if it is accepted."""
    verdict = PillowImaging().inspect(case.data, case.announcement(), LIMITS)
    return verdict if isinstance(verdict, Accepted) else None


def similarity(case: Case, kept: Accepted) -> float:
    """Of the stored copy and what a candidate sees of the file; a smaller copy is compared at its own size."""
    asked, got = shown(case.shows or case.data, case.orientation), shown(kept.data)
    return ssim(asked.resize(got.size, Image.Resampling.BOX) if asked.size != got.size else asked, got)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """In Markdown; the first column is words, the others are figures."""
    head = list(head)
    for row in (head, ["---"] + ["---:"] * (len(head) - 1), *rows):
        print(f"| {' | '.join(map(str, row))} |")
    print()


def families() -> None:
    """The corpus."""
    rows, alikes = [], []
    totals = [0, 0, 0, 0]
    for name, cases in {**GOOD, **BAD}.items():
        counts = [len(cases()), 0, 0, 0]
        alike = []
        for case in cases():
            kept = stored(case)
            if kept is None:
                continue
            counts[1 + ("untouched", "cleaned", "re-encoded").index(case.expected)] += 1
            if case.expected == "re-encoded":
                alike.append(similarity(case, kept))
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        alikes += alike
        if name in GOOD:
            rows.append([name, *counts, f"{min(alike):.3f}" if alike else "", f"{median(alike):.3f}" if alike else ""])
    print("The good families of the corpus, one by one:\n")
    table(("family", "files", "untouched", "cleaned", "encoded anew", "SSIM, least", "median"), rows)
    accepted, hostile = sum(totals[1:]), sum(len(cases()) for cases in BAD.values())
    print(
        f"Of {totals[0]:,} files, {hostile:,} of them in {len(BAD)} hostile or broken families, {accepted:,} are "
        f"accepted: {totals[1]:,} untouched, {totals[2]:,} with the same pixels, {totals[3]:,} "
        f"({100 * totals[3] / accepted:.0f} %) encoded anew, SSIM at least {min(alikes):.3f}, "
        f"median {median(alikes):.3f}.\n"
    )


def page(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Something like a photographed page: letters' edges, soft light, a little noise."""
    drawn = images.picture(width, height).convert("L")
    light = Image.radial_gradient("L").resize((width, height)).point(lambda value: 255 - value // 4)
    lit = Image.composite(drawn, Image.new("L", drawn.size, 60), light)
    grain = Image.effect_noise((width, height), 10)  # other at each run
    return Image.merge("RGB", [Image.blend(lit, grain, share) for share in (0.08, 0.1, 0.12)]).convert(mode)


def photos() -> None:
    """Larger pictures, turned."""
    rows = []
    exif = images.segment(0xE1, b"Exif\0\0" + images.exif(6))
    for width, height, quality in (
        (1600, 1200, 30),
        (1600, 1200, 50),
        (1200, 900, 75),
        (800, 600, 90),
    ):
        for name, options in {"4:2:0": {}, "4:4:4": {"subsampling": 0}, "progressive": {"progressive": True}}.items():
            data = images.with_segments(images.encoded(page(width, height), quality=quality, **options), exif)
            rows.append(row(f"JPEG {width}×{height}, {name}, quality {quality}", data))
    large = images.encoded(page(4000, 3000).resize((500, 375)).resize((4000, 3000)), quality=5)
    rows.append(row("JPEG 4000×3000, 4:2:0, quality 5", images.with_segments(large, exif)))
    for mode in ("L", "1"):
        drawn = images.picture(1500, 1000).convert(mode)
        data = images.with_chunks(images.encoded(drawn, "PNG"), images.chunk(b"eXIf", images.exif(6)))
        rows.append(row(f"PNG 1500×1000, {mode}", data))
    drawn = images.encoded(images.picture(2400, 1600), "PNG")
    rows.append(row("PNG 2400×1600, RGB", images.with_chunks(drawn, images.chunk(b"eXIf", images.exif(6)))))
    print("Pictures of the usual size, lying on their side:\n")
    table(("picture", "bytes", "stored bytes", "type", "px", "SSIM"), rows)


def row(name: str, data: bytes) -> list[object]:
    """One line of the table of larger pictures."""
    case = Case(name, data, "re-encoded", orientation=6)
    kept = stored(case)
    if kept is None:
        return [name, f"{len(data):,}", "refused", "", "", ""]
    kind = kept.content_type.removeprefix("image/")
    alike = f"{similarity(case, kept):.3f}"
    return [name, f"{len(data):,}", f"{len(kept.data):,}", kind, f"{kept.width}×{kept.height}", alike]


def main() -> None:
    """Prints both tables."""
    warnings.simplefilter("ignore")  # what Pillow thinks of corrupt EXIF
    families()
    photos()


if __name__ == "__main__":
    main()
