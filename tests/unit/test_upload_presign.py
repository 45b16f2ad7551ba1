"""Reserving and releasing over the ports: what is signed, who wins, what a lost answer costs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from songshen.domain.application import Outcome, Ready, Reserved, began_at
from songshen.domain.errors import Code
from tests.support import exams
from tests.support.exams import ID, MINUTE, NOON, exam, ready, wanted
from tests.support.fakes import World
from tests.support.refusals import refusal


@pytest.fixture
def world() -> World:
    return World()


def test_the_ticket_is_a_post_for_exactly_the_reserved_key_type_and_length(world: World) -> None:
    ticket = world.presign.reserve(ID, wanted(content_type="image/png"))
    key = f"inbox/2026-med/3701001/identity-1/{ticket.upload_id}"
    assert world.inbox.presigned == [(key, "image/png", 204_800, timedelta(seconds=120))]
    assert (ticket.slot, ticket.url) == ("identity-1", "https://inbox.test/")
    assert ticket.fields == {"key": key, "Content-Type": "image/png"}
    assert ticket.expires_at == NOON + timedelta(seconds=120)
    held = Reserved(ticket.upload_id, "image/png", 1000, exams.SHA, NOON + 10 * MINUTE)
    assert world.application().slots == {"identity-1": held}
    assert began_at(ticket.upload_id) == NOON


def test_upload_ids_are_never_used_twice(world: World) -> None:
    ids = set()
    for n in range(40):
        ids.add(world.reserve("identity", b"%d" % n, slot="identity-1").upload_id)
    assert len(ids) == 40


def test_a_lost_answer_costs_no_slot(world: World) -> None:
    first = world.presign.reserve(ID, wanted())
    world.clock.advance(9 * MINUTE)
    again = world.presign.reserve(ID, wanted())
    assert (again.slot, again.upload_id) == (first.slot, first.upload_id)
    assert again.expires_at == NOON + 9 * MINUTE + timedelta(seconds=120)
    assert list(world.application().slots) == ["identity-1"]
    assert world.application().quota_count == 2


def test_nobodys_application_is_not_found(world: World) -> None:
    assert refusal(world.presign.reserve, "2026-med_999", wanted()) == (Code.NOT_FOUND, {})
    assert refusal(world.presign.release, "2026-med_999", "identity-1") == (Code.NOT_FOUND, {})


def test_refusals_write_and_sign_nothing(world: World) -> None:
    before = world.put(exams.submitted())
    assert refusal(world.presign.reserve, ID, wanted()) == (Code.LOCKED, {})
    assert refusal(world.presign.release, ID, "identity-1") == (Code.LOCKED, {})
    assert (world.application(), world.inbox.presigned) == (before, [])


def test_two_sessions_that_want_the_same_slot_get_different_ones(world: World) -> None:
    world.meanwhile(lambda: world.reserve("identity", b"the other session's"))
    mine = world.reserve("identity", b"mine")
    assert mine.slot == "identity-2"
    assert sorted(world.application().slots) == ["identity-1", "identity-2"]


def test_the_second_session_finds_the_category_full(world: World) -> None:
    world.meanwhile(lambda: world.reserve("diploma", b"the other session's"))
    assert refusal(world.reserve, "diploma", b"mine") == (Code.CATEGORY_FULL, {"max": 1})


def test_a_slot_named_by_both_sessions_belongs_to_the_last(world: World) -> None:
    world.meanwhile(lambda: world.reserve("diploma", b"first", slot="diploma-1"))
    last = world.reserve("diploma", b"last", slot="diploma-1")
    held = world.application().slots["diploma-1"]
    assert held.upload_id == last.upload_id
    assert [n for _, _, _, n in world.inbox.presigned] == [timedelta(seconds=120)] * 2


def test_a_submission_that_comes_first_locks_the_slot(world: World) -> None:
    world.fill()
    world.meanwhile(lambda: world.submit(ID, 1))
    assert refusal(world.reserve, "work", b"too late") == (Code.LOCKED, {})
    assert set(world.application().slots) == {"identity-1", "identity-2", "diploma-1"}


def test_now_is_read_again_before_every_attempt_to_write(world: World) -> None:
    def slow() -> None:
        world.put(replace(world.application(), slots={"identity-1": ready()}))
        world.clock.time = exams.CLOSES

    world.meanwhile(slow)
    assert refusal(world.reserve, "identity", b"mine") == (Code.WINDOW_CLOSED, {})


def test_five_lost_races_are_enough(world: World) -> None:
    def other_data(n: int) -> None:
        world.put(replace(world.application(), slots={"diploma-1": exams.reserved(f"o{n}")}))

    world.meanwhile(*(lambda n=n: other_data(n) for n in range(5)))
    assert refusal(world.reserve, "diploma", b"mine", slot="diploma-1") == (Code.BUSY, {})
    assert world.inbox.presigned == []
    world.meanwhile(*(lambda n=n: other_data(n) for n in range(5, 9)))
    assert world.reserve("diploma", b"mine", slot="diploma-1").slot == "diploma-1"


def test_threat_11_a_flood_of_reservations_ends_at_the_quota() -> None:
    world = World(exam(uploads_per_day=3))
    for n in range(3):
        world.reserve("diploma", b"%d" % n, slot="diploma-1")
    refused = (Code.TOO_MANY_UPLOADS, {"retry_after": 12 * 3600 + 1})
    assert refusal(world.reserve, "diploma", b"more", slot="diploma-1") == refused
    assert len(world.inbox.presigned) == 3


def test_threat_11_parallel_requests_cannot_slip_past_the_quota_together() -> None:
    world = World(exam(uploads_per_day=3))
    for n in range(2):
        world.reserve("diploma", b"%d" % n, slot="diploma-1")
    world.meanwhile(lambda: world.reserve("work", b"the third"))
    assert refusal(world.reserve, "identity", b"the fourth") == (
        Code.TOO_MANY_UPLOADS,
        {"retry_after": 12 * 3600 + 1},
    )


def test_the_quota_starts_anew_on_the_next_day() -> None:
    world = World(exam(uploads_per_day=1))
    world.reserve("diploma", b"today", slot="diploma-1")
    world.clock.time = exams.at("03-06 00:00")
    world.reserve("diploma", b"tomorrow", slot="diploma-1")
    assert (world.application().quota_day, world.application().quota_count) == ("2026-03-06", 1)


def test_who_is_returned_does_not_find_the_days_quota_used_up() -> None:
    world = World(exam(uploads_per_day=3))
    world.submit_filled()
    world.decide(Outcome.RETURN, "diploma-1")
    world.presign.release(ID, "diploma-1")
    world.upload("diploma", b"another diploma", "diploma-1")
    assert world.application().quota_count == 1


def test_releasing_empties_the_slot_and_may_be_repeated(world: World) -> None:
    world.upload("identity", b"front")
    for _ in range(2):
        world.presign.release(ID, "identity-1")
        assert world.application().slots == {}


def test_releasing_goes_by_what_the_slot_holds_when_it_is_written(world: World) -> None:
    world.upload("identity", b"front")
    world.meanwhile(lambda: world.put(replace(world.application(), slots={"identity-1": ready("another")})))
    world.presign.release(ID, "identity-1")
    assert world.application().slots == {}


def test_a_verdict_that_lands_while_the_slot_is_renewed_wins(world: World) -> None:
    data = b"front"
    ticket = world.reserve("identity", data)
    event = world.send(ticket, data)
    world.meanwhile(lambda: world.validate(event))
    again = world.reserve("identity", data)  # its reservation has become an image meanwhile
    first = world.application().slots["identity-1"]
    assert isinstance(first, Ready)
    assert (first.upload_id, again.slot) == (ticket.upload_id, "identity-2")
