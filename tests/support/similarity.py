"""How alike two pictures look."""

import io

import numpy as np
from PIL import Image, ImageOps

# How a picture is turned upright, by its EXIF orientation, in words of their own: mirrored first, then turned.
_MIRRORED = {2, 4, 5, 7}
_TURNED = {3: 180, 4: 180, 5: 90, 6: 270, 7: 270, 8: 90}  # degrees, counter-clockwise


def shown(data: bytes, orientation: int = 1) -> Image.Image:
    """What a candidate sees of a file: on white, upright, RGB."""
    with Image.open(io.BytesIO(data)) as opened:
        if opened.mode.startswith("I"):
            seen = opened.point(lambda value: value / 256).convert("L").convert("RGB")
        elif opened.mode == "CMYK":
            seen = opened.convert("RGB")
        else:
            seen = Image.new("RGBA", opened.size, "white")
            seen.alpha_composite(opened.convert("RGBA"))
            seen = seen.convert("RGB")
    if orientation in _MIRRORED:
        seen = ImageOps.mirror(seen)
    return seen.rotate(_TURNED.get(orientation, 0), expand=True)


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of the brightness of two pictures of one size, 1 for the same.

    Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004; with windows of 8 x 8.
    """
    assert one.size == other.size
    x, y = (np.asarray(image.convert("L"), dtype=np.float64) for image in (one, other))

    def mean(values: np.ndarray) -> np.ndarray:
        sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
        return (sums[8:, 8:] - sums[8:, :-8] - sums[:-8, 8:] + sums[:-8, :-8]) / 64

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    small, less = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + small) * (2 * both + less)) / ((mx**2 + my**2 + small) * (vx + vy + less))).mean())
