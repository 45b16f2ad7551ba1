"""Nobody loses by a minute, nobody gains one: each write is decided by the server's clock, read just before it.

To the millisecond, through the use cases; and again when somebody else's write came first and the rule is asked anew.
"""

from datetime import datetime, timedelta

import pytest

from songshen.domain.application import Outcome, Reserved, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Extension
from songshen.usecases.validate_image import Landed
from tests.support.exams import (
    CLOSES,
    CORRECTED,
    HOUR,
    ID,
    MINUTE,
    SECOND,
    draft,
    exam_with_area,
    ready,
    returned,
    text,
)
from tests.support.fakes import World

MS = timedelta(milliseconds=1)
GRACE_ENDS = CLOSES + 10 * MINUTE


@pytest.fixture
def world() -> World:
    """Everything is there but for one image, a minute before the end."""
    world = World()
    world.clock.time = CLOSES - MINUTE
    world.upload("identity", b"front")
    world.upload("identity", b"back")
    return world


def refused(call: object, *args: object) -> Code | None:
    try:
        call(*args)  # type: ignore[operator]
    except Refused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(("now", "code"), [(CLOSES - MS, None), (CLOSES, Code.WINDOW_CLOSED)])
def test_a_reservation_is_taken_until_the_last_millisecond(world: World, now: datetime, code: Code | None) -> None:
    world.clock.time = now
    assert refused(world.reserve, "diploma", b"diploma") == code
    assert ("diploma-1" in world.application().slots) is (code is None)


@pytest.mark.parametrize(("now", "code"), [(CLOSES - MS, None), (CLOSES, Code.WINDOW_CLOSED)])
def test_an_image_can_be_taken_back_until_then(world: World, now: datetime, code: Code | None) -> None:
    world.clock.time = now
    assert refused(world.presign.release, ID, "identity-1") == code


@pytest.mark.parametrize(
    ("now", "landed"), [(CLOSES, Landed.READY), (GRACE_ENDS - MS, Landed.READY), (GRACE_ENDS, Landed.STALE)]
)
def test_a_verdict_on_what_was_reserved_in_time_lands_for_ten_minutes(
    world: World, now: datetime, landed: Landed
) -> None:
    world.clock.time = CLOSES - MS
    sent = world.send(world.reserve("diploma", b"diploma"), b"diploma")
    world.clock.time = now
    assert world.validate(sent) is landed
    assert len(world.materials.objects) == (3 if landed is Landed.READY else 2)


@pytest.mark.parametrize(("now", "code"), [(CLOSES, None), (GRACE_ENDS - MS, None), (GRACE_ENDS, Code.WINDOW_CLOSED)])
def test_what_is_there_can_be_submitted_for_ten_minutes(world: World, now: datetime, code: Code | None) -> None:
    world.upload("diploma", b"diploma")
    world.clock.time = now
    assert refused(world.submit, ID, 1) == code
    assert world.application().status is (Status.DRAFT if code else Status.SUBMITTED)


def test_a_write_that_lost_a_race_is_decided_by_the_clock_of_its_second_try(world: World) -> None:
    world.upload("diploma", b"diploma")
    world.clock.time = GRACE_ENDS - MS
    world.clock.ticks = [GRACE_ENDS - MS, GRACE_ENDS]
    world.meanwhile(lambda: world.put(draft(slots=world.application().slots, version=99)))
    assert refused(world.submit, ID, 1) == Code.WINDOW_CLOSED
    assert world.application().status is Status.DRAFT


def test_so_is_a_reservation(world: World) -> None:
    world.clock.ticks = [CLOSES - MS, CLOSES]
    world.meanwhile(lambda: world.put(draft(slots={"diploma-1": ready("other")}, version=99)))
    assert refused(world.reserve, "diploma", b"diploma") == Code.WINDOW_CLOSED


def test_and_a_verdict(world: World) -> None:
    sent = world.send(world.reserve("diploma", b"diploma"), b"diploma")
    held = world.application().slots["diploma-1"]
    assert isinstance(held, Reserved)
    # The fence, the verdict's time, the fence again; then somebody else was faster, and it is too late.
    world.clock.ticks = [GRACE_ENDS - MS, GRACE_ENDS - MS, GRACE_ENDS - MS, GRACE_ENDS]
    changed = Reserved(held.upload_id, held.content_type, held.size, held.sha256, held.expires + SECOND)
    world.meanwhile(lambda: world.put(draft(slots=world.application().slots | {"diploma-1": changed})))
    assert world.validate(sent) is Landed.STALE
    assert len(world.materials.objects) == 2


def test_a_return_leaves_its_time_even_past_the_deadline(world: World) -> None:
    world.upload("diploma", b"diploma")
    world.submit(ID, 1)
    world.workflow.settle()
    world.clock.time = CORRECTED + 5 * HOUR
    world.decide(Outcome.RETURN, "diploma-1")
    ends = CORRECTED + 5 * HOUR + 48 * HOUR
    world.clock.time = ends - MS
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"better", "diploma-1")
    world.clock.time = ends
    assert refused(world.presign.release, ID, "diploma-1") == Code.WINDOW_CLOSED
    world.clock.time = ends + 10 * MINUTE - MS
    world.submit(ID, 2)
    assert world.application().status is Status.SUBMITTED


def test_the_receipt_proves_the_moment_of_the_submission(world: World) -> None:
    world.upload("diploma", b"diploma")
    world.clock.time = GRACE_ENDS - MS
    view = world.submit(ID, 1)
    assert view.receipt is not None
    assert view.receipt.at == view.submitted_at == world.journal()[0].at == GRACE_ENDS - MS
    world.clock.advance(HOUR)
    again = world.submit(ID, 1)
    assert again.receipt == view.receipt


def test_more_time_for_an_area_counts_from_the_moment_it_is_saved(world: World) -> None:
    world.clock.time = CLOSES
    assert refused(world.reserve, "diploma", b"diploma") == Code.WINDOW_CLOSED
    longer = exam_with_area(extension=Extension(CLOSES + HOUR, text("延期")))
    world.exams.items[longer.id] = longer
    assert refused(world.reserve, "diploma", b"diploma") is None
    world.clock.time = CLOSES + HOUR
    assert refused(world.reserve, "diploma", b"other") == Code.WINDOW_CLOSED


def test_a_returned_application_keeps_its_own_end_whatever_the_uploads_end() -> None:
    world = World()
    world.put(returned())
    world.clock.time = CLOSES + HOUR
    world.presign.release(ID, "diploma-1")
    assert "diploma-1" not in world.application().slots
