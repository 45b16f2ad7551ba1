"""What is found about an uploaded image, and the words for it: problems, warnings, the verdict.

A problem refuses the image, a warning only asks the candidate to look again. `WORDS` has every code; the pages show
what the server sends of it, and `docs/verdicts.md` is made from it and from the checks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from songshen.domain.exam import Geometry, ImageLimits, Text, WarningThresholds


class ProblemCode(StrEnum):
    """Why an image is not accepted."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AS_ANNOUNCED = "not_as_announced"
    UNSUPPORTED_TYPE = "unsupported_type"
    WRONG_TYPE = "wrong_type"
    TOO_SMALL = "too_small"
    WRONG_SIZE = "wrong_size"
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
    GLARE = "glare"
    SMALL = "small"
    TURNED = "turned"
    BACKGROUND = "background"
    UNEVEN = "uneven"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an image is not accepted, and what the candidate does next."""

    code: ProblemCode
    text: Text


@dataclass(frozen=True, slots=True)
class Check[T]:
    """A small rule about a `T`: what it looks at, and the problems it can give.

    `gives` has by code the names of the limits that decide: members of `ImageLimits`, or constants beside the rule.
    """

    name: str
    looks_at: str
    gives: Mapping[ProblemCode, tuple[str, ...]]
    rule: Callable[[T], Problem | None]

    def __call__(self, thing: T) -> Problem | None:
        """The problem, if there is one."""
        return self.rule(thing)


def check[T](
    looks_at: str, gives: Mapping[ProblemCode, tuple[str, ...]]
) -> Callable[[Callable[[T], Problem | None]], Check[T]]:
    """Makes a function a check of the same name."""
    return lambda rule: Check(rule.__name__, looks_at, gives, rule)


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
    """Of a grey copy whose shorter edge has 225 to 449 px; `adapters/measuring.py` says how and why.

    The defaults raise no doubt: of what was not measured, since it makes no sense in this picture.
    """

    light: float
    """0..255: how bright the brightest hundredth is."""
    detail: float
    """0..255: steps in brightness between squares of 4 px, away from the margins."""
    sharpness: float = 1.0
    """How steep the steepest edges are, whatever their contrast: about 1, or 0.27 where they are very much blurred."""
    glare: float = 0.0
    """0..1: share of the picture that a burnt-out patch with soft edges takes up."""
    extent: float = 1.0
    """0..1: share of the picture that what is drawn or printed on it extends over."""
    lying: float = 0.0
    """-1..1: how much more the gaps between lines of text look like gaps between columns."""
    backdrop: float = 255.0
    """0..255: how bright all but the darkest tenth of the upper and the side margins is."""
    unevenness: float = 0.0
    """0..255: how much brighter the brightest tenth of these margins is than the darkest."""


# --- what people read ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """What is the matter, and the remedy: what the candidate does next. Names in braces are facts of the one image."""

    found: Text
    remedy: Text

    @property
    def whole(self) -> Text:
        """Both, as a candidate reads them."""
        return Text(self.found.zh + self.remedy.zh, f"{self.found.en} {self.remedy.en}")


WORDS: Mapping[ProblemCode | WarningCode, Words] = {
    ProblemCode.EMPTY: Words(
        Text("文件是空的，没有任何内容。", "The file is empty."),
        Text("请重新选择图片上传。", "Please choose the picture again and upload it."),
    ),
    ProblemCode.TOO_LARGE: Words(
        Text(
            "图片大小为 {size} KB，超过了 {max_size} KB 的上限。",
            "The picture is {size} KB; at most {max_size} KB are allowed.",
        ),
        Text("请压缩图片或缩小尺寸后重新上传。", "Please compress it or make it smaller and upload it again."),
    ),
    ProblemCode.NOT_AS_ANNOUNCED: Words(
        Text(
            "收到的图片与您选择的文件不一致，可能是传输出错。",
            "What arrived is not the file that you chose; something may have gone wrong on the way.",
        ),
        Text("请重新选择原图上传。", "Please choose the picture again and upload it."),
    ),
    ProblemCode.UNSUPPORTED_TYPE: Words(
        Text(
            "这不是可以识别的图片，只能上传 {allowed} 格式的图片。",
            "This is not a picture that can be recognised; only {allowed} pictures can be uploaded.",
        ),
        Text(
            "请用看图软件另存为 JPG 后重新上传（只修改扩展名无效）。",
            "Please save it as JPG with a photo app and upload it again (renaming is not enough).",
        ),
    ),
    ProblemCode.WRONG_TYPE: Words(
        Text(
            "文件扩展名与内容不符：内容其实是 {found}。",
            "The file's name and content do not agree: it is really a {found}.",
        ),
        Text(
            "请把扩展名改为 .{extension}，或另存为 JPG 后重新上传。",
            "Please rename it to .{extension}, or save it as JPG, and upload it again.",
        ),
    ),
    ProblemCode.TOO_SMALL: Words(
        Text(
            "图片只有 {width}×{height} 像素，看不清内容：短边至少需要 {min_edge} 像素。",
            "The picture is only {width}×{height} pixels; its shorter edge must have {min_edge} or more.",
        ),
        Text("请上传原图，不要上传缩略图。", "Please upload the original, not a thumbnail."),
    ),
    ProblemCode.WRONG_SIZE: Words(
        Text(
            "图片为 {width}×{height} 像素，此处要求 {wanted} 像素。",
            "The picture has {width}×{height} pixels; here it must have {wanted}.",
        ),
        Text(
            "请在上传页面重新选择照片，用裁剪框选好范围再提交，页面会自动调整为要求的尺寸。",
            "Please choose the photo again on the upload page; what is in the crop frame there is sent in that size.",
        ),
    ),
    ProblemCode.TOO_MANY_PIXELS: Words(
        Text("图片尺寸过大（{width}×{height} 像素）。", "The picture is too big ({width}×{height} pixels)."),
        Text(
            "请把长边缩小到 4000 像素以内，保存为 JPG 后重新上传。",
            "Please reduce its longer edge to 4000 pixels, save it as JPG and upload it again.",
        ),
    ),
    ProblemCode.TOO_MANY_FRAMES: Words(
        Text(
            "这是动态图片，材料只能是一张静止的照片。",
            "This is an animated picture; a material is one still picture.",
        ),
        Text(
            "请截图或另存为 JPG 后重新上传。",
            "Please take a screenshot or save it as JPG and upload it again.",
        ),
    ),
    ProblemCode.TOO_MANY_SCANS: Words(
        Text(
            "图片的编码方式异常，无法处理。",
            "The picture is encoded in an unusual way and cannot be processed.",
        ),
        Text(
            "请用手机相册或看图软件另存为普通 JPG 后重新上传。",
            "Please save it as an ordinary JPG with a photo app and upload it again.",
        ),
    ),
    ProblemCode.TRUNCATED: Words(
        Text(
            "图片不完整，可能是保存或传输时中断。",
            "The picture is incomplete; saving or sending it may have been interrupted.",
        ),
        Text(
            "请确认原图可以完整打开，再重新上传。",
            "Please make sure that the original opens completely and upload it again.",
        ),
    ),
    ProblemCode.CORRUPT: Words(
        Text("图片已损坏，无法打开。", "The picture is damaged and cannot be opened."),
        Text(
            "请重新拍照或另存为 JPG 后重新上传。",
            "Please take it again, or save it as JPG, and upload it again.",
        ),
    ),
    WarningCode.BLANK: Words(
        Text("图片几乎是空白的。", "The picture is almost blank."),
        Text("请点开确认没有选错。", "Please open it and check that it is the right one."),
    ),
    WarningCode.DARK: Words(
        Text("图片偏暗，可能看不清。", "The picture is dark and may not be legible."),
        Text(
            "请点开确认文字清晰可辨，否则请在光线充足的地方重新拍照。",
            "Please open it and check that it can be read; if not, take it again in good light.",
        ),
    ),
    WarningCode.BLURRED: Words(
        Text("图片可能模糊。", "The picture may be blurred."),
        Text(
            "请点开确认姓名、编号等文字清晰可辨，否则请重新拍照。",
            "Please open it and check that names and numbers can be read; if not, take it again.",
        ),
    ),
    WarningCode.GLARE: Words(
        Text("图片有反光，部分内容可能看不清。", "A reflection may hide part of the document."),
        Text(
            "请点开确认反光处没有遮住文字、照片或印章，否则请避开灯光重新拍照。",
            "Please open it and check that it hides no text, photo or seal; else take it again away from the lamp.",
        ),
    ),
    WarningCode.SMALL: Words(
        Text("证件在图片中可能太小。", "The document may be too small in the picture."),
        Text(
            "请点开确认文字清晰可辨，否则请裁剪到只剩证件，或靠近重新拍照。",
            "Please open it and check that it can be read; if not, crop it to the document, or take it from closer by.",
        ),
    ),
    WarningCode.TURNED: Words(
        Text("图片可能是横着的。", "The picture may be lying on its side."),
        Text(
            "请点开确认文字方向，如需转正，请重新选择图片，转正后再提交。",
            "Please open it and look at the text; to turn it, choose it again and turn it before you submit it.",
        ),
    ),
    WarningCode.BACKGROUND: Words(
        Text("照片的背景可能不是浅色。", "The photo's background may not be light."),
        Text(
            "请点开确认，否则请在白色背景前重新拍照。",
            "Please open it and check; if not, take it again before a white wall.",
        ),
    ),
    WarningCode.UNEVEN: Words(
        Text("照片的背景可能不均匀。", "The photo's background may be uneven."),
        Text(
            "请点开确认背景没有阴影和杂物，否则请重新拍照。",
            "Please open it and check that there are no shadows or things in it; else take it again.",
        ),
    ),
    WarningCode.REPEATED: Words(
        Text("这张图片与“{other}”完全相同。", 'This is the very same picture as "{other}".'),
        Text(
            "请点开确认没有选错；如果选错了，请删除后上传正确的图片。",
            "Please open it and check that it is the right one; if not, delete it and upload the right one.",
        ),
    ),
}

# Of `UNSUPPORTED_TYPE`, where the real format is known, and what to do about some of them.
NAMED = Text(
    "这是 {found} 文件，只能上传 {allowed} 格式的图片。",
    "This is a {found} file; only {allowed} pictures can be uploaded.",
)
REMEDIES: Mapping[str, Text] = {
    "HEIC": Text(
        "iPhone 请在“设置－相机－格式”中选择“兼容性最佳”后重新拍照，或将照片导出为 JPG 后上传。",
        "On an iPhone choose Settings, Camera, Formats, Most Compatible and take it again, or export it as JPG.",
    ),
    "PDF": Text(
        "请把文件页面截图，或导出为 JPG 后重新上传。",
        "Please take a screenshot of the page, or export it as JPG, and upload it again.",
    ),
    "ZIP": Text(
        "请先解压或打开文件，把其中的图片另存为 JPG 后重新上传。",
        "Please unpack or open it first, save the picture in it as JPG and upload that.",
    ),
}
_KINDS = {"image/jpeg": "JPG", "image/png": "PNG"}


def problem(code: ProblemCode, **facts: object) -> Problem:
    """The problem with its text; the facts are the names in braces in the words of that code."""
    return _problem(code, WORDS[code], facts)


def unsupported(found: str, limits: ImageLimits) -> Problem:
    """`found` names the real format, "" where it is not known."""
    words = WORDS[ProblemCode.UNSUPPORTED_TYPE]
    if found:
        words = Words(NAMED, REMEDIES.get(found, words.remedy))
    allowed = "/".join(_KINDS[kind] for kind in _KINDS if kind in limits.types)
    return _problem(ProblemCode.UNSUPPORTED_TYPE, words, {"found": found, "allowed": allowed})


def _problem(code: ProblemCode, words: Words, facts: Mapping[str, object]) -> Problem:
    text = words.whole
    return Problem(code, Text(text.zh.format(**facts), text.en.format(**facts)))


# --- warnings ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """A rule about the decoded picture that gives one warning: what it looks at, and the threshold that decides."""

    code: WarningCode
    looks_at: str
    limit: str
    """The member of `WarningThresholds`."""
    rule: Callable[[Measures, float], bool]
    concerns: Callable[[Geometry | None], bool] = lambda geometry: True
    """Whether an image for which this geometry is asked is looked at so."""


def _documents(geometry: Geometry | None) -> bool:
    """A photograph of a person has no lines of text, and soft light."""
    return geometry is None


def _photographs(geometry: Geometry | None) -> bool:
    return geometry is not None and geometry.light_background


LOOKS: tuple[Look, ...] = (
    Look(
        WarningCode.BLANK,
        "differences in brightness away from the margins",
        "blank",
        lambda measures, limit: measures.detail < limit,
    ),
    Look(
        WarningCode.DARK,
        "how bright the brightest hundredth is, 0 to 255",
        "dark",
        lambda measures, limit: measures.light < limit,
    ),
    Look(
        WarningCode.BLURRED,
        "how steep the steepest edges are, whatever their contrast",
        "blurred",
        lambda measures, limit: measures.sharpness < limit,
        _documents,
    ),
    Look(
        WarningCode.GLARE,
        "the share of the picture that a burnt-out patch with soft edges takes up",
        "glare",
        lambda measures, limit: measures.glare > limit,
        _documents,
    ),
    Look(
        WarningCode.SMALL,
        "the share of the picture that what is drawn or printed extends over",
        "small",
        lambda measures, limit: measures.extent < limit,
        _documents,
    ),
    Look(
        WarningCode.TURNED,
        "gaps between lines of text, across and down",
        "turned",
        lambda measures, limit: measures.lying > limit,
        _documents,
    ),
    Look(
        WarningCode.BACKGROUND,
        "how bright the upper and the side margins are, 0 to 255, where a light background is asked for",
        "background",
        lambda measures, limit: measures.backdrop < limit,
        _photographs,
    ),
    Look(
        WarningCode.UNEVEN,
        "how much these margins differ in brightness",
        "uneven",
        lambda measures, limit: measures.unevenness > limit,
        _photographs,
    ),
)


# What cannot be told any more once this has been found.
_HIDDEN: Mapping[WarningCode, frozenset[WarningCode]] = {
    WarningCode.BLANK: frozenset(WarningCode),
    WarningCode.BLURRED: frozenset({WarningCode.TURNED}),
    WarningCode.DARK: frozenset({WarningCode.BACKGROUND}),
    WarningCode.BACKGROUND: frozenset({WarningCode.UNEVEN}),
}


def warnings_of(measures: Measures, thresholds: WarningThresholds, geometry: Geometry | None = None) -> tuple[str, ...]:
    """What a candidate should look at again, in the order of `LOOKS`."""
    found: list[str] = []
    hidden: frozenset[WarningCode] = frozenset()
    for look in LOOKS:
        limit = getattr(thresholds, look.limit)
        if limit is None or look.code in hidden or not look.concerns(geometry):
            continue
        if look.rule(measures, limit):
            found.append(look.code.value)
            hidden |= _HIDDEN.get(look.code, frozenset())
    return tuple(found)
