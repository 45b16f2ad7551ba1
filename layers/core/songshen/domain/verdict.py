"""What is found about an uploaded image, and the words for it: problems, warnings, the verdict.

A problem refuses the image, a warning only asks the candidate to look again.
"""

from dataclasses import dataclass
from enum import StrEnum

from songshen.domain.exam import ImageLimits, Text

# Measured on a grey copy of about 600 px (see `Measures`). They only warn, and are set to be rarely
# wrong.
BLANK_CONTRAST = 4.0
DARK_BRIGHTNESS = 40.0
BLURRED_SHARPNESS = 14.0


class ProblemCode(StrEnum):
    """Why an image is not accepted."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AS_ANNOUNCED = "not_as_announced"
    UNSUPPORTED_TYPE = "unsupported_type"
    WRONG_TYPE = "wrong_type"
    TOO_SMALL = "too_small"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_SCANS = "too_many_scans"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"


class WarningCode(StrEnum):
    """What a candidate should look at again; the image is accepted all the same."""

    BLANK = "blank"
    DARK = "dark"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an image is not accepted, and what the candidate does next."""

    code: ProblemCode
    text: Text


@dataclass(frozen=True, slots=True)
class Announced:
    """What the candidate said would come: media type, size in bytes, SHA-256 in lower-case hex."""

    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The image to keep: upright, without metadata, `width` x `height` px; `sha256` is of `data`.

    `warnings` are values of `WarningCode`.
    """

    data: bytes
    content_type: str
    width: int
    height: int
    sha256: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The image is refused."""

    problem: Problem


type Verdict = Accepted | Rejected


@dataclass(frozen=True, slots=True)
class Measures:
    """Of a grey copy: mean, standard deviation, steepness of the edges; each 0..255."""

    brightness: float
    contrast: float
    sharpness: float


# --- what people read ----------------------------------------------------------------------------

_KINDS = {"image/jpeg": "JPG", "image/png": "PNG"}

_TEXTS: dict[ProblemCode, tuple[str, str]] = {
    ProblemCode.EMPTY: (
        "文件是空的，没有任何内容。请重新选择图片上传。",
        "The file is empty. Please choose the picture again and upload it.",
    ),
    ProblemCode.TOO_LARGE: (
        "图片大小为 {size} KB，超过了 {max_size} KB 的上限。请压缩图片或缩小尺寸后重新上传。",
        "The picture is {size} KB; at most {max_size} KB are allowed. "
        "Please compress it or make it smaller and upload it again.",
    ),
    ProblemCode.NOT_AS_ANNOUNCED: (
        "收到的图片与您选择的文件不一致，可能是传输出错。请重新选择原图上传。",
        "What arrived is not the file that you chose; something may have gone wrong on the way. "
        "Please choose the picture again and upload it.",
    ),
    ProblemCode.UNSUPPORTED_TYPE: (
        "这是 {found} 文件，只能上传 {allowed} 格式的图片。{advice_zh}",
        "This is a {found} file; only {allowed} pictures can be uploaded. {advice_en}",
    ),
    ProblemCode.WRONG_TYPE: (
        "文件扩展名与内容不符：内容其实是 {found}。请把扩展名改为 .{extension}，或另存为 JPG 后重新上传。",
        "The file's name and content do not agree: it is really a {found}. "
        "Please rename it to .{extension}, or save it as JPG, and upload it again.",
    ),
    ProblemCode.TOO_SMALL: (
        "图片只有 {width}×{height} 像素，看不清内容：短边至少需要 {min_edge} 像素。请上传原图，不要上传缩略图。",
        "The picture is only {width}×{height} pixels; its shorter edge must have {min_edge} or more. "
        "Please upload the original, not a thumbnail.",
    ),
    ProblemCode.TOO_MANY_PIXELS: (
        "图片尺寸过大（{width}×{height} 像素）。请把长边缩小到 4000 像素以内，保存为 JPG 后重新上传。",
        "The picture is too big ({width}×{height} pixels). "
        "Please reduce its longer edge to 4000 pixels, save it as JPG and upload it again.",
    ),
    ProblemCode.TOO_MANY_FRAMES: (
        "这是动态图片，材料只能是一张静止的照片。请截图或另存为 JPG 后重新上传。",
        "This is an animated picture; a material is one still picture. "
        "Please take a screenshot or save it as JPG and upload it again.",
    ),
    ProblemCode.TOO_MANY_SCANS: (
        "图片的编码方式异常，无法处理。请用手机相册或看图软件另存为普通 JPG 后重新上传。",
        "The picture is encoded in an unusual way and cannot be processed. "
        "Please save it as an ordinary JPG with a photo app and upload it again.",
    ),
    ProblemCode.TRUNCATED: (
        "图片不完整，可能是保存或传输时中断。请确认原图可以完整打开，再重新上传。",
        "The picture is incomplete; saving or sending it may have been interrupted. "
        "Please make sure that the original opens completely and upload it again.",
    ),
    ProblemCode.CORRUPT: (
        "图片已损坏，无法打开。请重新拍照或另存为 JPG 后重新上传。",
        "The picture is damaged and cannot be opened. Please take it again, or save it as JPG, and upload it again.",
    ),
}

_SAVE_AS = (
    "请用看图软件另存为 JPG 后重新上传（只修改扩展名无效）。",
    "Please save it as JPG with a photo app and upload it again (renaming is not enough).",
)
_ADVICE: dict[str, tuple[str, str]] = {
    "HEIC": (
        "iPhone 请在“设置－相机－格式”中选择“兼容性最佳”后重新拍照，或将照片导出为 JPG 后上传。",
        "On an iPhone choose Settings, Camera, Formats, Most Compatible and take it again, or export it as JPG.",
    ),
    "PDF": (
        "请把文件页面截图，或导出为 JPG 后重新上传。",
        "Please take a screenshot of the page, or export it as JPG, and upload it again.",
    ),
    "ZIP": (
        "请先解压或打开文件，把其中的图片另存为 JPG 后重新上传。",
        "Please unpack or open it first, save the picture in it as JPG and upload that.",
    ),
}

_WARNINGS: dict[WarningCode, Text] = {
    WarningCode.BLANK: Text(
        "图片几乎是空白的，请确认没有选错。",
        "The picture is almost blank; please check that it is the right one.",
    ),
    WarningCode.DARK: Text(
        "图片偏暗，可能看不清。建议在光线充足的地方重新拍照。",
        "The picture is dark and may not be legible. Better take it again in good light.",
    ),
    WarningCode.BLURRED: Text(
        "图片可能模糊。请放大确认姓名、编号等文字清晰可辨，否则请重新拍照。",
        "The picture may be blurred. Please enlarge it: can names and numbers be read?",
    ),
}


def problem(code: ProblemCode, **facts: object) -> Problem:
    """The problem with its text; the facts are the names in braces in the text of that code."""
    zh, en = _TEXTS[code]
    return Problem(code, Text(zh.format(**facts), en.format(**facts)))


def unsupported(found: str, limits: ImageLimits) -> Problem:
    """`found` names the real format, "" where it is not known."""
    advice_zh, advice_en = _ADVICE.get(found, _SAVE_AS)
    allowed = "/".join(_KINDS[kind] for kind in _KINDS if kind in limits.types)
    if not found:
        return Problem(
            ProblemCode.UNSUPPORTED_TYPE,
            Text(
                f"这不是可以识别的图片，只能上传 {allowed} 格式的图片。{advice_zh}",
                f"This is not a picture that can be recognised; only {allowed} pictures can be uploaded. {advice_en}",
            ),
        )
    return problem(ProblemCode.UNSUPPORTED_TYPE, found=found, allowed=allowed, advice_zh=advice_zh, advice_en=advice_en)


def warning_text(code: str) -> Text:
    """The text for one of `Accepted.warnings`."""
    return _WARNINGS[WarningCode(code)]


def warnings_of(measures: Measures) -> tuple[str, ...]:
    """What a candidate should look at again."""
    if measures.contrast < BLANK_CONTRAST:
        return (WarningCode.BLANK.value,)
    found = []
    if measures.brightness < DARK_BRIGHTNESS:
        found.append(WarningCode.DARK.value)
    if measures.sharpness < BLURRED_SHARPNESS:
        found.append(WarningCode.BLURRED.value)
    return tuple(found)
