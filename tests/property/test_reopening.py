"""Approvals that are taken back and given again, whatever breaks off and however often requests come: a serial number
is one candidate's, once, and its notice is valid as long as it is."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from songshen.contract.cases import ReopenRequest, ReopenSlot
from songshen.domain.application import Application, Outcome, Status
from songshen.domain.errors import Code, Refused
from tests.support.exams import EXAM
from tests.support.fakes import Crash, Unavailable, Watch, World

IDS = (f"{EXAM}_1", f"{EXAM}_2")
EXPECTED = {Code.STALE_ROUND, Code.NOT_APPROVED, Code.ALREADY_DECIDED, Code.LOCKED}
"""What a request may be refused with once it has been done, or before it can be."""

accidents = st.none() | st.builds(Watch, st.integers(1, 9), st.sampled_from((Crash, Unavailable)), st.booleans())
turns = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(("approve", "reopen", "resubmit", "workflow", "reconcile")),
    st.lists(accidents, max_size=2),
)


def attempt(world: World, call: Callable[[], Any], accident: Watch | None = None) -> None:
    """One request, which may break off anywhere or come too late."""
    world.watching = accident
    try:
        call()
    except (Crash, Unavailable):
        pass
    except Refused as refused:
        assert refused.code in EXPECTED, refused.code  # noqa: PT017  # any of them
    finally:
        world.watching = None


def resubmit(world: World, id: str) -> None:
    """The diploma is replaced, and everything submitted again."""
    application = world.application(id)
    if application.status is Status.RETURNED:
        world.presign.release(id, "diploma-1")
        world.upload("diploma", b"round %d of %s" % (application.round, id.encode()), id=id)
        world.submit(id, application.round + 1)


def step(world: World, id: str, act: str) -> Callable[[], Any]:
    """The request, with the round that its sender sees: a repeat of it is the very same."""
    round = world.application(id).round
    reopening = ReopenRequest(round, "why", [ReopenSlot("diploma-1", "unreadable")])
    return {
        "approve": lambda: world.decide(Outcome.APPROVE, id=id),
        "reopen": lambda: world.cases.reopen("admin-1", id, reopening),
        "resubmit": lambda: resubmit(world, id),
        "workflow": world.workflow.settle,
        "reconcile": world.reconcile,
    }[act]


def holds(world: World) -> None:
    """What is true after every step."""
    applications: list[Application] = [world.application(id) for id in IDS]
    entries = [entry for id in IDS for entry in world.journal(id)]
    given = [entry.messages[0].text.zh[-11:-1] for entry in entries if entry.kind == "approved"]
    withdrawn = [entry.decision.withdrawn for entry in entries if entry.kind == "reopened" and entry.decision]
    standing = [application.serial_number for application in applications if application.serial_number]
    assert len(given) == len(set(given))
    assert sorted(given) == sorted(withdrawn + standing)
    valid = {notice.code for notice in world.applications.notices.values() if notice.valid}
    assert valid == {application.notice_code for application in applications if application.notice_code}
    for application in applications:
        if application.decision and application.decision.withdrawn and application.status is Status.RETURNED:
            unlocked = {slot for slot in application.slots if not application.locked(slot)}
            assert unlocked <= set(application.decision.slots) == {"diploma-1"}


@settings(max_examples=150)
@given(st.lists(turns, max_size=14))
def test_threat_31_a_number_that_was_taken_back_is_never_given_again(turns: list[Any]) -> None:
    world = World(candidates=("1", "2"))
    for id in IDS:
        world.submit_filled(id)
    for id, act, broken in turns:
        call = step(world, id, act)
        for accident in broken:
            attempt(world, call, accident)
            holds(world)
        attempt(world, call)
        holds(world)
    world.converge()
    holds(world)
    for id in IDS:
        application = world.application(id)
        reopened = application.status is Status.RETURNED
        assert (application.obligation_due, application.task_token != "") == (
            None,
            application.status is Status.SUBMITTED,
        )
        told = world.applications.notification_of(id)
        assert not reopened or (told and told.round == application.round and told.state == "sent")


def test_approved_again_it_has_the_next_number() -> None:
    """The property above gets there: three approvals, two of them taken back."""
    world = World(candidates=("1", "2"))
    world.submit_filled(IDS[0])
    for act in ("approve", "reopen", "resubmit", "approve", "reopen", "resubmit", "approve"):
        step(world, IDS[0], act)()
    assert world.application(IDS[0]).serial_number == "3701000003"
    assert world.desk.view(IDS[0]).withdrawn_serial_numbers == ["3701000001", "3701000002"]
