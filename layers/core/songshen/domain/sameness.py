"""The same image twice: in two slots of one application, or from two candidates of an exam.

The same means: the stored copies are the same bytes. A copy carries no metadata, so one file sent twice is found
whatever it is called; a picture taken or saved again is another one (docs/decisions/0012).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from songshen.domain.application import Application, Ready, began_at
from songshen.domain.exam import Exam


def repeated(images: Mapping[str, Ready]) -> dict[str, str]:
    """Slot → the slot whose upload of the same image began first; for each of `images` (slot → image) but those."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for slot, image in sorted(images.items(), key=lambda one: (began_at(one[1].upload_id), one[0])):
        if image.sha256 in first:
            found[slot] = first[image.sha256]
        first.setdefault(image.sha256, slot)
    return found


def holds(application: Application, sha256: str) -> bool:
    """Whether a slot of the application holds this image now; `sha256` (hex) of the stored copy."""
    return any(image.sha256 == sha256 for image in application.snapshot().values())


def known_until(exam: Exam, now: datetime) -> datetime:
    """Until when it stays known who has sent an image that is accepted now."""
    windows = exam.windows
    last = max(now, windows.review.closes, windows.correction.closes, windows.upload.closes)
    return last + timedelta(days=exam.images_known_days)
