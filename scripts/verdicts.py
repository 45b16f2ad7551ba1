"""Makes `docs/verdicts.md` from the checks and their words; a unit test compares it with the committed one."""

from dataclasses import fields
from pathlib import Path

from songshen.domain import anatomy, verdict
from songshen.domain.exam import ImageLimits, Text, WarningThresholds
from songshen.domain.image import CHECKS, check_copy, check_decoding, check_pixels
from songshen.domain.verdict import LOOKS, NAMED, REMEDIES, WORDS, Check, ProblemCode, WarningCode

TARGET = Path(__file__).parent.parent / "docs" / "verdicts.md"
ALL_CHECKS: tuple[Check[object], ...] = (*CHECKS, check_pixels, check_decoding, check_copy)  # type: ignore[arg-type]

HEAD = """\
# Verdicts on images

Made by `make openapi` from `domain/verdict.py` and `domain/image.py`. Names in braces stand for facts of the one image.

Checks run in this order, the cheap and the dangerous first, and the first problem is the verdict. A limit that the exam
may set (`image.…`) has its default in parentheses; one in capitals is the system's own.
"""

FOR_REVIEWERS = """\
## For reviewers only

That other candidates of the exam have sent the very same image: a number beside the image, in the reviewer's case and
nowhere else. It refuses nothing, and no candidate is told ([decision 12](decisions/0012-the-same-image-twice.md)).
"""


def document() -> str:
    """The whole page."""
    checks = [
        [f"`{check.name}`", check.looks_at, "<br>".join(_decided(code, check.gives[code]) for code in check.gives)]
        for check in ALL_CHECKS
    ]
    problems = [_words(code, ", ".join(f"`{c.name}`" for c in ALL_CHECKS if code in c.gives)) for code in ProblemCode]
    warnings = [_words(look.code, f"{look.looks_at}: {threshold(look.limit)}") for look in LOOKS]
    warnings.append(
        _words(WarningCode.REPEATED, "whether a slot before it has the same stored copy (`domain/sameness.py`)")
    )
    formats = [["any other that is known", _pair(NAMED), _pair(WORDS[ProblemCode.UNSUPPORTED_TYPE].remedy)]]
    formats += [[name, _pair(NAMED), _pair(remedy)] for name, remedy in REMEDIES.items()]
    return "\n".join(
        (
            HEAD,
            _table(["check", "looks at", "gives (by which limit)"], checks),
            "## Problems\n\nThe image is refused. A candidate reads both sentences.\n",
            _table(["code", "given by", "what is the matter", "what to do next"], problems),
            "Of `unsupported_type`, where the real format is known:\n",
            _table(["format", "what is the matter", "what to do next"], formats),
            "## Warnings\n\nThe image is accepted. A candidate reads both sentences, a reviewer the first.\n",
            _table(["code", "looks at, limit", "what is the matter", "what to do next"], warnings),
            FOR_REVIEWERS,
        )
    )


def _decided(code: ProblemCode, limits: tuple[str, ...]) -> str:
    return f"`{code}` ({_limits(limits)})" if limits else f"`{code}`"


def _words(code: ProblemCode | WarningCode, given_by: str) -> list[str]:
    return [f"`{code}`", given_by, _pair(WORDS[code].found), _pair(WORDS[code].remedy)]


def _limits(names: tuple[str, ...]) -> str:
    return ", ".join(map(limit, names))


def limit(name: str) -> str:
    """A limit's name as it is written in the exam's document or in the code, and its value. LookupError if unknown."""
    own = {field.name for field in fields(ImageLimits)}
    if name in own:
        value = getattr(ImageLimits(), name)
        shown = ", ".join(value) if isinstance(value, tuple) else "none" if value is None else f"{value:,}"
        return f"`image.{name}` ({shown})"
    found = [getattr(module, name) for module in (anatomy, verdict) if hasattr(module, name)]
    if not found:
        raise LookupError(name)
    return f"`{name}` ({found[0]:,})"


def threshold(name: str) -> str:
    """As it is written in the exam's document, and its value."""
    return f"`image.warnings.{name}` ({getattr(WarningThresholds(), name):g})"


def _pair(text: Text) -> str:
    return f"{text.zh}<br>{text.en}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
