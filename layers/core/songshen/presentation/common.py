"""What more than one audience is shown. No rule is decided here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from songshen.contract.common import Finding, MessageView, SiteView
from songshen.domain.application import Application, Ready, Rejected, Reserved, Slot, began_at
from songshen.domain.exam import Exam, Text
from songshen.domain.sameness import repeated
from songshen.domain.verdict import WORDS, WarningCode, Words
from songshen.keys import Upload

type Link = Callable[[str], str]
"""A material's key → an address that shows it for a short time."""


def area_name(area: str, exam: Exam) -> Text:
    """The area's name; its id if the exam does not have it."""
    found = exam.area(area)
    return found.name if found else Text(area, area)


def site_view(area: str, site: str, exam: Exam) -> SiteView:
    """The site's id and name."""
    return SiteView(site, site_name(area, site, exam))


def site_name(area: str, site: str, exam: Exam) -> Text:
    """The site's name; its id if the exam does not have it."""
    found = exam.site(area, site)
    return found.name if found else Text(site, site)


def local(time: datetime | None, exam: Exam) -> datetime | None:
    """The time on the exam's clocks."""
    return time.astimezone(exam.zone) if time else None


def messages_of(entries: Any, exam: Exam) -> list[MessageView]:
    """What the entries say to the candidate, in their order."""
    return [
        MessageView(entry.at.astimezone(exam.zone), entry.kind, m.text, m.slot or None)
        for entry in entries
        for m in entry.messages
    ]


def warnings_of(exam: Exam, slot: str, images: Mapping[str, Ready], said: Callable[[Words], Text]) -> list[Finding]:
    """The warnings of a slot among `images` (slot → image), of each what is `said` of its words.

    That an image is there twice is seen here, so that it is true at every moment. A code that has been given up since
    the image was judged is passed over.
    """
    if slot not in images:
        return []
    codes = (WarningCode(code) for code in images[slot].warnings if code in WarningCode)
    found = [Finding(code.value, said(WORDS[code])) for code in codes]
    if slot in (same := repeated(images)):
        text, other = said(WORDS[WarningCode.REPEATED]), slot_name(exam, same[slot])
        named = Text(text.zh.format(other=other.zh), text.en.format(other=other.en))
        found.append(Finding(WarningCode.REPEATED.value, named))
    return found


def slot_name(exam: Exam, slot: str) -> Text:
    """With its category's; the slot's id if the exam does not have it."""
    category = exam.category_of(slot)
    if category is None:
        return Text(slot, slot)
    (place,) = (place for place in category.slots if place.id == slot)
    return Text(f"{category.title.zh} · {place.title.zh}", f"{category.title.en} · {place.title.en}")


def image_of(application: Application, exam: Exam, slot: str, held: Slot | None, link: Link) -> dict[str, Any]:
    """The members that a slot's image has in every view."""
    match held:
        case Ready():
            key = material_key(application, slot, held.upload_id)
            return {
                "state": "ready",
                "image_url": link(key),
                "width": held.width,
                "height": held.height,
                "sha256": held.sha256,
                "uploaded_at": local(began_at(held.upload_id), exam),
            }
        case Reserved():
            return {"state": "reserved"}
        case Rejected():
            return {"state": "rejected", "uploaded_at": local(began_at(held.upload_id), exam)}
        case None:
            return {"state": "empty"}


def material_key(application: Application, slot: str, upload_id: str) -> str:
    """The key of an application's image."""
    return Upload(application.exam, application.registration_no, slot, upload_id).material_key()


def masked(text: str, head: int, tail: int) -> str:
    """The text with its middle hidden: `masked("13812345678", 3, 4)` is `138****5678`."""
    hidden = len(text) - head - tail
    return f"{text[:head]}{'*' * hidden}{text[len(text) - tail :]}" if hidden > 0 else "*" * len(text)
