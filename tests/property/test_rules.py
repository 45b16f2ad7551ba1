"""Rules that hold for every application, every text, every body."""

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from songshen.contract.candidate import View
from songshen.contract.routes import ROUTES
from songshen.domain.application import (
    Announcement,
    Application,
    Decision,
    Fence,
    Outcome,
    Ready,
    Rejected,
    Reserved,
    Slot,
    SlotReview,
    Status,
    decide,
    end_of,
    fence,
    messages_of,
    missing_from,
    release,
    reserve,
    submit,
)
from songshen.domain.errors import Code
from songshen.domain.exam import Extension, Text
from songshen.domain.sms import text_of
from songshen.http import Request
from songshen.keys import Upload, parse_inbox_key
from songshen.presentation.candidate import view
from songshen.presentation.common import masked
from tests.support.exams import CLOSES, MINUTE, NOON, OPENS, exam, exam_with_area, ready, rejected, reserved, submitted
from tests.support.exams import decision as returning
from tests.support.exams import text as words
from tests.support.refusals import refusal

SLOTS = ("identity-1", "identity-2", "diploma-1", "work-1", "work-2")
EXAM = exam()
UPLOADING = next(route for route in ROUTES if route.call == "POST /uploads")

slots = st.sampled_from(SLOTS)
hashes = st.sampled_from(("aa" * 32, "bb" * 32))
upload_ids = st.sampled_from(("u1", "u2", "u3"))
moments = st.integers(-30, 30).map(lambda n: NOON + n * MINUTE)
held: st.SearchStrategy[Slot] = st.one_of(
    st.builds(ready, upload_ids),
    st.builds(rejected, upload_ids),
    st.builds(lambda id, expires, sha256: reserved(id, expires, sha256=sha256), upload_ids, moments, hashes),
)
contents = st.dictionaries(slots, held, max_size=5)
reviews = st.dictionaries(slots, st.builds(SlotReview, st.just("unreadable"), upload_id=upload_ids), max_size=4)


@st.composite
def applications(draw: st.DrawFn) -> Application:
    """An application in any state that can be reached, with anything in its slots."""
    status = draw(st.sampled_from(list(Status)))
    rounds = 0 if status is Status.DRAFT else draw(st.integers(1, 3))
    decided = returning(round=rounds, slots=draw(reviews))
    if status is Status.APPROVED:
        decided = Decision(rounds, Outcome.APPROVE, "reviewer-1", NOON)
    return submitted(
        status=status,
        round=rounds,
        slots=draw(contents),
        decision=decided if status in (Status.RETURNED, Status.APPROVED) else None,
    )


announcements = st.builds(
    Announcement,
    st.sampled_from(("identity", "diploma", "work", "visa")),
    st.sampled_from(("image/jpeg", "image/png", "image/gif")),
    st.sampled_from((0, 1, 1000, 204_800, 204_801)),
    hashes,
    st.sampled_from(("", *SLOTS, "visa-1")),
)


@given(applications(), announcements)
@settings(max_examples=120)
def test_a_reservation_never_touches_what_is_locked_or_somebodys_image(
    application: Application, wanted: Announcement
) -> None:
    if refused := refusal(reserve, application, EXAM, wanted, "new", NOON):
        assert refused[0] in {Code.BAD_REQUEST, *UPLOADING.refusals}
        return
    change = reserve(application, EXAM, wanted, "new", NOON)
    category = EXAM.category_of(change.slot)
    assert category is not None
    assert category.id == wanted.category
    assert change.slot == (wanted.slot or change.slot)
    assert not application.locked(change.slot)
    assert change.before == application.slots.get(change.slot)
    assert not isinstance(change.before, Ready)
    assert isinstance(change.after, Reserved)
    assert (change.after.sha256, change.after.size, change.after.expires) == (
        wanted.sha256,
        wanted.size,
        NOON + 10 * MINUTE,
    )
    live = isinstance(change.before, Reserved) and change.before.expires > NOON
    if change.after.upload_id != "new":
        assert live
        assert isinstance(change.before, Reserved)
        assert replace(change.before, expires=change.after.expires) == change.after


@given(applications(), slots, upload_ids)
@settings(max_examples=100)
def test_a_slot_can_be_changed_exactly_when_it_is_not_locked(
    application: Application, slot: str, upload_id: str
) -> None:
    locked = application.locked(slot)
    opened = fence(application, EXAM, slot, upload_id, NOON) is Fence.OPEN
    holds = isinstance(value := application.slots.get(slot), Reserved) and value.upload_id == upload_id
    assert opened == (holds and not locked)
    if locked:
        assert refusal(release, application, EXAM, slot, NOON) == (Code.LOCKED, {})
    else:
        assert bool(release(application, EXAM, slot, NOON)) == (slot in application.slots)


@given(applications(), st.frozensets(slots), st.booleans())
@settings(max_examples=120)
def test_a_return_opens_exactly_what_it_names_and_asks_for_exactly_that(
    application: Application, named: frozenset[str], late: bool
) -> None:
    application = replace(application, status=Status.SUBMITTED, round=1, decision=None)
    after = decide(application, EXAM, returning(*sorted(named)), NOON)
    assert after is not None
    assert {slot for slot in SLOTS if not after.locked(slot)} == (named or set(SLOTS))
    assert after.slots == application.slots
    asked = {missing.get("slot") for missing in missing_from(after, EXAM)} - {None}
    incomplete = {missing["category"] for missing in missing_from(after, EXAM) if "slot" not in missing}
    expected = {slot for slot in named if slot.rpartition("-")[0] not in incomplete}
    assert asked == expected
    now = NOON + 11 * MINUTE * late
    live = [slot for slot in SLOTS if isinstance(after.slot_at(slot, now), Reserved)]
    if live or missing_from(after, EXAM):
        refused = refusal(submit, after, EXAM, 2, now)
        assert refused is not None
        assert refused[0] is (Code.UPLOADING if live else Code.INCOMPLETE)
    else:
        again = submit(after, EXAM, 2, now)
        assert again is not None
        assert [slot for slot in SLOTS if not again.locked(slot)] == []
        assert again.slots == after.slots


@given(applications(), st.integers(-200, 200), st.integers(-200, 200))
def test_more_time_never_makes_less(application: Application, area: int, own: int) -> None:
    before = end_of(application, EXAM)
    longer = exam_with_area(extension=Extension(CLOSES + timedelta(hours=area), words("延期")))
    personal = replace(application, extension=CLOSES + timedelta(hours=own))
    ends = (before, CLOSES + timedelta(hours=area), CLOSES + timedelta(hours=own))
    assert end_of(application, longer) == max(ends[:2])
    assert end_of(personal, EXAM) == max(ends[0], ends[2])
    assert end_of(personal, longer) == max(ends)


@given(applications())
@settings(max_examples=80)
def test_the_view_agrees_with_the_rules(application: Application) -> None:
    shown: View = view(application, EXAM, [], NOON, lambda key: key)
    seen = {slot.slot: slot for category in shown.categories for slot in category.slots}
    assert {slot: value.locked for slot, value in seen.items()} == {slot: application.locked(slot) for slot in SLOTS}
    assert shown.locked is (application.status in (Status.SUBMITTED, Status.APPROVED))
    for slot, value in seen.items():
        kind: dict[type | None, str] = {Ready: "ready", Rejected: "rejected", Reserved: "reserved", type(None): "empty"}
        assert value.state == kind[type(application.slot_at(slot, NOON))]
        assert (value.image_url is not None) == (value.state == "ready")


@given(
    st.dictionaries(slots, st.builds(SlotReview, st.sampled_from(("unreadable", "blurred", "gone")), st.text())),
    st.text(),
)
def test_a_return_always_says_something_and_nothing_twice(named: dict[str, SlotReview], note: str) -> None:
    lines = messages_of(returning(slots=named, note=note), EXAM)
    texts = [text for _, text in lines]
    assert 1 <= len(lines) <= len(named) + 1
    assert len(texts) == len(set(texts))
    assert all(text.zh for text in texts)
    if note:
        assert lines[0] == ("", Text(note, note))


@given(st.datetimes(OPENS.replace(tzinfo=None), max_value=OPENS.replace(year=2036, tzinfo=None)), st.integers(1, 999))
def test_the_sms_is_one_part(end: Any, round: int) -> None:
    made = text_of(submitted(extension=end.replace(tzinfo=OPENS.tzinfo), round=round), EXAM)
    assert len(made.encode("utf-16-be")) <= 140
    assert re.fullmatch(r"[^{}]*请于\d+月\d+日\d\d:\d\d前[^{}]*R\d+", made)


@given(st.text(), st.integers(0, 8), st.integers(0, 8))
def test_a_mask_keeps_the_length_and_hides_the_middle(text: str, head: int, tail: int) -> None:
    shown = masked(text, head, tail)
    assert len(shown) == len(text)
    if len(text) > head + tail:
        assert shown == text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]
    else:
        assert shown == "*" * len(text)


@given(st.one_of(st.text(), st.from_regex(r"inbox(/[A-Za-z0-9_.\-%\n]*){3,5}", fullmatch=True)))
@settings(max_examples=100)
def test_threat_9_a_key_is_ours_or_nothing(key: str) -> None:
    found = parse_inbox_key(key)
    assert found is None or found.inbox_key() == key


part = st.from_regex(r"[A-Za-z0-9-]+", fullmatch=True)


@given(part, part, part, st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True))
def test_a_key_is_taken_apart_as_it_was_put_together(exam_id: str, no: str, slot: str, upload_id: str) -> None:
    upload = Upload(exam_id, no, slot, upload_id)
    assert parse_inbox_key(upload.inbox_key()) == upload


shapes = st.sampled_from(sorted({route.takes for route in ROUTES if route.takes}, key=lambda shape: shape.__name__))
json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(shapes, st.one_of(st.binary(), json_like.map(lambda value: json.dumps(value).encode())))
@settings(max_examples=100)
def test_a_body_is_read_or_refused_and_nothing_else(shape: type, raw: bytes) -> None:
    request = Request({"body": base64.b64encode(raw).decode(), "isBase64Encoded": True, "requestContext": {}})
    if refused := refusal(request.body, shape):
        assert refused[0] is Code.BAD_REQUEST
        assert list(refused[1]) == ["field"]
    else:
        assert isinstance(request.body(shape), shape)
