"""What more than one part of the contract is made of."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from songshen.domain.exam import Text

Name = Annotated[str, Meta(min_length=1, max_length=128)]
SlotId = Annotated[str, Meta(max_length=64)]
Sha256 = Annotated[str, Meta(max_length=64, pattern="^[0-9a-f]{64}$", description="hex")]
# No control characters: what people write is shown to other people and sent by SMS. `$` alone lets a last \n through.
NO_CONTROLS = "^[^\\x00-\\x1f\\x7f]*$(?!\\n)"
Line = Annotated[str, Meta(max_length=200, pattern=NO_CONTROLS)]
Reasoned = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROLS, description="why; people read it")]
Moment = Annotated[datetime, Meta(tz=True)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Box = Annotated[
    tuple[Fraction, Fraction, Fraction, Fraction],
    Meta(description="left, top, right, bottom as fractions of the image's width and height"),
]
SlotState = Literal["empty", "reserved", "ready", "rejected"]


class Finding(Struct):
    """What the checks found in an image: a problem, for which it was refused, or a warning.

    `text` tells a candidate what to do next as well, and a reviewer only what was found.
    """

    code: str
    text: Text


class ImageSlot(Struct):
    """A slot and its image, as candidates and reviewers are shown them."""

    slot: str
    title: Text
    state: SlotState
    image_url: str | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    uploaded_at: datetime | None = None
    warnings: list[Finding] = []


class MessageView(Struct):
    """A dated line at the top of the page, newest first; `slot` names the image it is about."""

    at: datetime
    kind: str
    text: Text
    slot: str | None = None


class SiteView(Struct):
    id: str
    name: Text
