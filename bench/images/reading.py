"""How much of a prepared photo can still be read: the share of characters that a simple reader gets right.

It is no OCR and no person. It knows where every character stands and compares what is there with every character of the
same alphabet (355 Chinese ones, look-alikes among them; 56 Latin letters and digits), drawn clean in the same font: the
nearest, by normalised correlation, is what it reads. So it has an easier task than a person, who has to find the
characters and does not know the font; what it cannot read, nobody can. Its worth is in comparing: it goes from 1 on the
untouched photo to chance on one that is far too small, in between always downwards (`calibration` shows both).
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bench.images.photos import HAN, LATIN, Cell, cell_size, write

GRID = 20  # points that a cell is compared in, each way

type Vector = NDArray[np.float32]
type Legibility = dict[tuple[str, int], float]
"""The share read, by alphabet (`han`, `latin`) and size in px of the original."""


def vector(picture: Image.Image, box: tuple[float, float, float, float]) -> Vector:
    """The lightness in a box, on the grid, without its mean and its contrast: GRID² numbers of length 1."""
    points = np.asarray(picture.resize((GRID, GRID), Image.Resampling.BICUBIC, box), np.float32).ravel()
    points = points - points.mean()
    return points / max(float(np.linalg.norm(points)), 1e-6)


@cache
def templates(alphabet: str, size: int) -> Vector:
    """Every character of an alphabet as it looks in print, one a row."""
    drawn = []
    for text in alphabet:
        width, height = cell_size(text, size)
        cell = Image.new("L", (width, height), 255)
        write(ImageDraw.Draw(cell), Cell(text, size, (0, 0, width, height)), 0)
        drawn.append(vector(cell, (0, 0, width, height)))
    return np.stack(drawn)


def legibility(picture: Image.Image, width: int, cells: Sequence[Cell]) -> Legibility:
    """What can be read of the picture; `width` is the upright original's, px."""
    grey = picture.convert("L")
    factor = registered(grey, grey.width / width, cells)
    groups: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((HAN if cell.text in HAN else LATIN, cell.size), []).append(cell)
    read: Legibility = {}
    for (alphabet, size), group in groups.items():
        seen = np.stack([_seen(grey, cell, factor) for cell in group])
        nearest = (seen @ templates(alphabet, size).T).argmax(axis=1)
        hits = [alphabet[index] == cell.text for index, cell in zip(nearest, group, strict=True)]
        read["han" if alphabet is HAN else "latin", size] = sum(hits) / len(hits)
    return read


def registered(grey: Image.Image, factor: float, cells: Sequence[Cell]) -> tuple[float, float]:
    """The scale across and down at which the largest letters match best.

    A picture that was made smaller in many steps, each rounded, is a few pixels off at the far end. A person would not
    notice; a reader that looks for letters at known places would.
    """
    largest = max(cell.size for cell in cells)
    sample = [cell for cell in cells if cell.size == largest][::9]

    def fits(scale: tuple[float, float]) -> float:
        total = 0.0
        for cell in sample:
            alphabet = HAN if cell.text in HAN else LATIN
            total += float(_seen(grey, cell, scale) @ templates(alphabet, cell.size)[alphabet.index(cell.text)])
        return total

    both = [factor * (1 + step / 2500) for step in range(-2, 21)]
    across, down = max(((scale, scale) for scale in both), key=fits)
    around = [step / 5000 for step in range(-5, 6)]
    across = max((across * (1 + step) for step in around), key=lambda scale: fits((scale, down)))
    down = max((down * (1 + step) for step in around), key=lambda scale: fits((across, scale)))
    return across, down


def _seen(grey: Image.Image, cell: Cell, scale: tuple[float, float]) -> Vector:
    left, top, right, bottom = cell.box
    across, down = scale
    box = (left * across, top * down, min(right * across, grey.width), min(bottom * down, grey.height))
    return vector(grey, box)
