"""The verdict on an upload, over the ports: any number of events, in any order, with anybody writing between."""

import hashlib
from dataclasses import replace

import pytest

from songshen.domain.application import Ready, Rejected
from songshen.domain.exam import GRACE, Geometry, ImageLimits
from songshen.domain.verdict import Announced, ProblemCode, Verdict, problem
from songshen.ports import InboxObject
from songshen.usecases.validate_image import Landed
from tests.support import exams
from tests.support.exams import CLOSES, ID, SECOND
from tests.support.fakes import Crash, Watch, World


@pytest.fixture
def world() -> World:
    return World()


def crash(*args: object) -> None:
    raise Crash


def material(upload_id: str, slot: str = "identity-1") -> str:
    return f"materials/2026-med/3701001/{slot}/{upload_id}"


def test_a_good_image_becomes_a_material_and_takes_its_slot(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    event = world.send(ticket, b"front")
    world.clock.advance(SECOND)
    assert world.validate(event) is Landed.READY
    kept = b"clean:front"
    sha256 = hashlib.sha256(kept).hexdigest()
    held = Ready(ticket.upload_id, sha256, 640, 480)
    assert world.application().slots == {"identity-1": held}
    assert world.materials.objects == {material(ticket.upload_id): ("v1", kept, "image/jpeg")}
    assert world.inbox.objects == {}


def test_warnings_come_with_the_image(world: World) -> None:
    inspect = world.imaging.inspect
    world.imaging.inspect = lambda *a: replace(inspect(*a), warnings=("dark",))  # type: ignore[method-assign,type-var]
    world.upload("identity", b"front")
    held = world.application().slots["identity-1"]
    assert isinstance(held, Ready)
    assert held.warnings == ("dark",)


def test_who_has_sent_which_image_is_noted_once_until_long_after_the_exam(world: World) -> None:
    world.upload("identity", b"front")
    event = world.send(world.reserve("diploma", b"front"), b"front")
    world.validate(event)
    world.validate(event)
    sha256 = hashlib.sha256(b"clean:front").hexdigest()
    assert world.images.noted == {(exams.EXAM, sha256, exams.NO): exams.at("03-15 00:00") + 90 * exams.DAY}


def test_only_what_was_accepted_is_noted(world: World) -> None:
    world.upload("identity", b"bad")
    late = world.send(world.reserve("identity", b"late", slot="identity-2"), b"late")
    world.reserve("identity", b"another", slot="identity-2")
    assert world.validate(late) is Landed.STALE
    assert world.images.noted == {}


def test_it_is_noted_before_the_verdict_lands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = world.send(world.reserve("identity", b"front"), b"front")
    monkeypatch.setattr(world.applications, "change_slot", crash)
    with pytest.raises(Crash):
        world.validate(event)
    monkeypatch.undo()
    assert len(world.images.noted) == 1
    assert world.validate(event) is Landed.READY
    assert len(world.images.noted) == 1


def test_an_image_is_judged_by_what_its_category_asks_for() -> None:
    first, second, *others = exams.exam().categories
    wanted = Geometry(358, 441)
    world = World(exams.exam(categories=(first, replace(second, geometry=wanted), *others)))
    inspect, asked = world.imaging.inspect, []

    def noting(data: bytes, announced: Announced, limits: ImageLimits) -> Verdict:
        asked.append(limits.geometry)
        return inspect(data, announced, limits)

    world.imaging.inspect = noting  # type: ignore[method-assign]
    world.upload("identity", b"front")
    world.upload("diploma", b"other")
    assert asked == [None, wanted]


def test_a_bad_image_leaves_its_problem_and_nothing_else(world: World) -> None:
    ticket = world.reserve("identity", b"bad")
    assert world.validate(world.send(ticket, b"bad")) is Landed.REJECTED
    text = problem(ProblemCode.TRUNCATED).text
    assert world.application().slots == {"identity-1": Rejected(ticket.upload_id, "truncated", text.zh, text.en)}
    assert (world.materials.objects, world.inbox.objects) == ({}, {})


def test_threat_7_other_bytes_than_announced_are_rejected(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    assert world.validate(world.send(ticket, b"something else")) is Landed.REJECTED
    held = world.application().slots["identity-1"]
    assert isinstance(held, Rejected)
    assert held.problem == "not_as_announced"
    assert world.materials.objects == {}


def test_threat_13_the_same_event_five_times(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    event = world.send(ticket, b"front")
    assert world.validate(event) is Landed.READY
    after, kept = world.application(), dict(world.materials.objects)
    for _ in range(4):
        assert world.validate(event) is Landed.STALE
    assert (world.application(), world.materials.objects, world.inbox.objects) == (after, kept, {})


def test_threat_13_the_same_event_at_the_same_time(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    event = world.send(ticket, b"front")
    world.meanwhile(lambda: world.validate(event))
    assert world.validate(event) is Landed.READY
    held = world.application().slots["identity-1"]
    assert (held.upload_id, list(world.materials.objects)) == (ticket.upload_id, [material(ticket.upload_id)])
    assert world.application().version == 2


def test_threat_14_events_in_reverse_order(world: World) -> None:
    first = world.reserve("identity", b"first", slot="identity-1")
    first_event = world.send(first, b"first")
    last = world.reserve("identity", b"last", slot="identity-1")
    last_event = world.send(last, b"last")
    assert world.validate(last_event) is Landed.READY
    assert world.validate(first_event) is Landed.STALE
    assert world.application().slots["identity-1"].upload_id == last.upload_id
    assert list(world.materials.objects) == [material(last.upload_id)]
    assert world.inbox.objects == {}


def test_threat_5_replaying_the_post_after_the_verdict_changes_nothing(world: World) -> None:
    ticket = world.upload("identity", b"front")
    before = world.application()
    assert world.validate(world.send(ticket, b"something else")) is Landed.STALE
    assert world.application() == before
    assert world.materials.objects[material(ticket.upload_id)][1] == b"clean:front"
    assert world.inbox.objects == {}


def test_threat_6_an_object_swapped_since_its_event_is_judged_by_the_later_event(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    early = world.send(ticket, b"something else")
    late = world.send(ticket, b"front")
    assert world.validate(early) is Landed.GONE
    assert list(world.inbox.objects) == [late.key]
    assert world.validate(late) is Landed.READY


def test_an_object_that_has_gone_leaves_the_reservation(world: World) -> None:
    ticket = world.reserve("identity", b"front")
    before = world.application()
    assert world.validate(InboxObject(ticket.fields["key"], "e1")) is Landed.GONE
    assert world.application() == before


@pytest.mark.parametrize(
    "key",
    [
        "inbox/2026-med/3701001/identity-1",
        "inbox/2026-med/9999999/identity-1/u1",
        "inbox/2025-med/3701001/identity-1/u1",
        "inbox/2026-med/3701001/visa-1/u1",
        "inbox/2026-med/3701001/identity-1/../../u1",
        "materials/2026-med/3701001/identity-1/u1",
        "",
    ],
)
def test_threat_9_hostile_keys_change_nothing_and_are_removed(world: World, key: str) -> None:
    world.fill()
    before = (world.application(), dict(world.materials.objects))
    assert world.validate(world.inbox.arrive(key, b"x")) is Landed.STALE
    assert (world.application(), world.materials.objects) == before
    assert world.inbox.objects == {}


def test_threat_12_an_upload_after_the_lock_never_becomes_a_material(world: World) -> None:
    world.fill()
    ticket = world.reserve("work", b"late")
    world.clock.advance(exams.MINUTE * 10)
    event = world.send(ticket, b"late")
    world.submit(ID, 1)
    before = dict(world.materials.objects)
    assert world.validate(event) is Landed.STALE
    assert (world.materials.objects, world.inbox.objects) == (before, {})
    assert sorted(world.application().snapshot()) == ["diploma-1", "identity-1", "identity-2"]


def test_threat_12_a_submission_between_reading_and_writing_takes_the_material_back(world: World) -> None:
    world.fill()
    ticket = world.reserve("work", b"late")
    world.clock.advance(exams.MINUTE * 10)
    event = world.send(ticket, b"late")
    before = dict(world.materials.objects)
    world.meanwhile(lambda: world.submit(ID, 1))
    assert world.validate(event) is Landed.STALE
    assert (world.materials.objects, world.inbox.objects) == (before, {})


def test_a_replaced_slot_between_reading_and_writing_takes_the_material_back(world: World) -> None:
    ticket = world.reserve("identity", b"front", slot="identity-1")
    event = world.send(ticket, b"front")
    world.meanwhile(lambda: world.reserve("identity", b"another", slot="identity-1"))
    assert world.validate(event) is Landed.STALE
    assert world.materials.objects == {}
    held = world.application().slots["identity-1"]
    assert held.upload_id != ticket.upload_id


def test_a_material_of_an_earlier_telling_is_not_taken_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the one that the slot holds: only what was just stored is taken back."""
    event = world.send(world.reserve("identity", b"front", slot="identity-1"), b"front")
    monkeypatch.setattr(world.applications, "change_slot", crash)
    with pytest.raises(Crash):
        world.validate(event)
    monkeypatch.undo()
    kept = dict(world.materials.objects)
    assert len(kept) == 1
    world.meanwhile(lambda: world.reserve("identity", b"another", slot="identity-1"))
    with world.watch(Watch()) as watch:
        assert world.validate(event) is Landed.STALE
    assert "materials.put" in watch.calls
    assert "materials.discard" not in watch.calls
    assert world.materials.objects == kept


def test_a_bad_image_whose_slot_was_replaced_is_nobodys(world: World) -> None:
    event = world.send(world.reserve("identity", b"bad", slot="identity-1"), b"bad")
    world.meanwhile(lambda: world.reserve("identity", b"another", slot="identity-1"))
    assert world.validate(event) is Landed.STALE
    assert world.inbox.objects == {}


def test_an_unrelated_write_between_reading_and_writing_is_no_hindrance(world: World) -> None:
    event = world.send(world.reserve("identity", b"front"), b"front")
    world.meanwhile(lambda: world.reserve("identity", b"back"))
    assert world.validate(event) is Landed.READY
    held = {slot: type(value).__name__ for slot, value in world.application().slots.items()}
    assert held == {"identity-1": "Ready", "identity-2": "Reserved"}


def test_a_renewed_reservation_is_still_the_same_upload(world: World) -> None:
    event = world.send(world.reserve("identity", b"front"), b"front")
    world.meanwhile(lambda: (world.clock.advance(SECOND), world.reserve("identity", b"front")))
    assert world.validate(event) is Landed.READY


def test_verdicts_land_until_the_grace_after_the_end(world: World) -> None:
    for after_the_end, landed in ((GRACE - SECOND, Landed.READY), (GRACE, Landed.STALE)):
        world.clock.time = CLOSES - SECOND
        event = world.send(world.reserve("identity", b"%d" % after_the_end.seconds), b"%d" % after_the_end.seconds)
        world.clock.time = CLOSES + after_the_end
        assert world.validate(event) is landed
    assert world.inbox.objects == {}


def test_a_verdict_that_takes_too_long_is_too_late(world: World) -> None:
    event = world.send(world.reserve("identity", b"front"), b"front")
    inspect = world.imaging.inspect

    def slow(*args: object) -> object:
        world.clock.time = CLOSES + GRACE
        return inspect(*args)  # type: ignore[arg-type]

    world.imaging.inspect = slow  # type: ignore[assignment]
    assert world.validate(event) is Landed.STALE
    assert (world.materials.objects, world.inbox.objects) == ({}, {})


# ---- a full retry cycle: three failures, the dead letters, and the event sent again


def failed_for_good(world: World, event: InboxObject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inbox cannot be read at any of the three tries."""
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(world.inbox, "read", crash)
            with pytest.raises(Crash):
                world.validate(event)
    assert event.key in world.inbox.objects


def test_an_event_that_comes_back_from_the_dead_letters_finishes_the_upload(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even after the reservation has run out: nothing else has taken its slot."""
    ticket = world.reserve("identity", b"front")
    event = world.send(ticket, b"front")
    failed_for_good(world, event, monkeypatch)
    assert world.materials.objects == {}
    world.clock.advance(exams.HOUR)
    assert [world.validate(event) for _ in range(2)] == [Landed.READY, Landed.STALE]
    assert list(world.materials.objects) == [material(ticket.upload_id)]
    assert (world.application().slots["identity-1"].upload_id, world.inbox.objects) == (ticket.upload_id, {})


@pytest.mark.parametrize("then", ["replaced", "emptied", "submitted"])
def test_an_event_that_comes_back_too_late_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    event = world.send(world.reserve("work", b"late", slot="work-1"), b"late")
    failed_for_good(world, event, monkeypatch)
    world.fill()
    world.clock.advance(exams.MINUTE * 10)
    if then == "replaced":
        world.upload("work", b"another", slot="work-1")
    elif then == "emptied":
        world.presign.release(ID, "work-1")
    else:
        world.submit(ID, 1)
    before = (world.application(), dict(world.materials.objects), dict(world.images.noted))
    assert world.validate(event) is Landed.STALE
    assert (world.application(), world.materials.objects, world.images.noted) == before
    assert world.inbox.objects == {}


def test_an_event_that_comes_back_after_its_file_has_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inbox keeps a file for a day; the candidate has long been told to choose it again."""
    event = world.send(world.reserve("identity", b"front"), b"front")
    failed_for_good(world, event, monkeypatch)
    world.inbox.objects.clear()
    before = world.application()
    assert world.validate(event) is Landed.GONE
    assert (world.application(), world.materials.objects) == (before, {})
