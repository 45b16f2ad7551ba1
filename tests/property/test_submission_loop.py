"""The whole loop under everything that can happen to it, in any order.

Two candidates (each as often signed in as they like), two reviewers and an administrator act on the use cases. Events
are lost, repeated and reordered, executions fail, somebody else writes first, processes die at any call of a port, and
time passes. What has to hold is checked after every step; at the end everything that was left undone has to be
finished.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from songshen.contract.cases import ReopenRequest, ReopenSlot
from songshen.contract.reviewer import DecisionRequest, SlotDecision
from songshen.domain import application as rules
from songshen.domain.application import Application, Fence, Outcome, Ready, Rejected, Reserved, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.journal import Entry
from songshen.keys import Upload
from songshen.ports import InboxObject
from songshen.usecases.telling import Told
from tests.support.exams import DAY, EXAM, HOUR, MINUTE, OPENS, SECOND, exam
from tests.support.fakes import COLLEAGUE, REVIEWER, Crash, Unavailable, Watch, World

SLOTS = ("identity-1", "identity-2", "diploma-1", "work-1", "work-2")
IDS = (f"{EXAM}_1", f"{EXAM}_2")

candidates = st.sampled_from(IDS)
categories = st.sampled_from(("identity", "diploma", "work"))
slots = st.sampled_from(SLOTS)
images = st.sampled_from((b"good 1", b"good 2", b"good 3", b"bad"))
reviewers = st.sampled_from((REVIEWER, COLLEAGUE))
some_slots = st.frozensets(slots, max_size=3)
steps = st.sampled_from((SECOND, MINUTE, 4 * MINUTE, 11 * MINUTE, HOUR, DAY))
indexes = st.integers(0, 50)

REACHED: set[str] = set()
"""How far the examples have come, all together."""


class SubmissionLoop(RuleBasedStateMachine):
    """The model is small: what was sent under which key, what reviewers asked for, and what was seen before."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(exam(uploads_per_day=25), candidates=("1", "2"))
        self.world.clock.time = OPENS
        self.accident: Watch | None = None
        self.meanwhile: Callable[[], object] | None = None
        self.keys: list[tuple[str, bytes]] = []
        """Signed keys and the bytes that were announced for them."""
        self.sent: dict[str, set[bytes]] = {}
        self.events: list[InboxObject] = []
        self.asked: set[tuple[str, int, str, Outcome, frozenset[str]]] = set()
        self.journals: dict[str, list[Entry]] = {id: [] for id in IDS}
        self.materials: dict[str, bytes] = {}

    def applications(self) -> list[Application]:
        return [self.world.application(id) for id in IDS]

    def with_(self, *statuses: Status) -> list[Application]:
        return [application for application in self.applications() if application.status in statuses]

    def held(self) -> list[tuple[str, str]]:
        return [(application.id, slot) for application in self.applications() for slot in sorted(application.slots)]

    def act(self, call: Callable[..., Any], *args: Any) -> Any:
        """One request; refusals and accidents are part of life, everything else is a bug."""
        self.world.watching, self.accident = self.accident, None
        if self.meanwhile:
            self.world.meanwhile(self.meanwhile)
            self.meanwhile = None
        try:
            return call(*args)
        except (Refused, Crash, Unavailable):
            return None
        finally:
            self.world.watching = None
            self.world.applications.first.clear()

    # ---- candidates

    def _reserve(self, id: str, category: str, data: bytes, slot: str) -> None:
        ticket = self.world.reserve(category, data, slot, id)
        self.keys.append((ticket.fields["key"], data))

    @rule(id=candidates, category=categories, data=images)
    def reserve(self, id: str, category: str, data: bytes) -> None:
        self.act(self._reserve, id, category, data, "")

    @rule(id=candidates, slot=slots, data=images)
    def reserve_named(self, id: str, slot: str, data: bytes) -> None:
        self.act(self._reserve, id, slot.rpartition("-")[0], data, slot)

    @precondition(lambda self: self.keys)
    @rule(index=indexes, other=st.booleans())
    def send(self, index: int, other: bool) -> None:
        """A POST, perhaps a replayed one, perhaps with other bytes than announced."""
        key, data = self.keys[-1 - index % len(self.keys)]
        data = b"other bytes" if other else data
        self.sent.setdefault(key, set()).add(data)
        self.events.append(self.world.inbox.arrive(key, data))

    @precondition(lambda self: self.events)
    @rule(index=indexes, again=st.booleans())
    def deliver(self, index: int, again: bool) -> None:
        """Any of the events, which may come again."""
        index %= len(self.events)
        event = self.events[index] if again else self.events.pop(index)
        self.act(self.world.validate, event)

    @precondition(lambda self: self.events)
    @rule(index=indexes)
    def lose_an_event(self, index: int) -> None:
        self.events.pop(index % len(self.events))

    @precondition(lambda self: self.held())
    @rule(index=indexes)
    def release(self, index: int) -> None:
        held = self.held()
        self.act(self.world.presign.release, *held[index % len(held)])

    @precondition(lambda self: self.with_(Status.DRAFT, Status.RETURNED))
    @rule(index=indexes, mark=st.integers(1, 3))
    def hand_in(self, index: int, mark: int) -> None:
        """A candidate who puts everything right that is missing, and submits it."""
        able = self.with_(Status.DRAFT, Status.RETURNED)
        id = able[index % len(able)].id

        def all_of_it() -> None:
            application = self.world.application(id)
            for slot, held in application.slots.items():
                live = isinstance(held, Reserved) and held.expires > self.world.clock.time
                if live and not application.locked(slot):
                    self.world.presign.release(id, slot)  # rather than wait for it
            for missing in rules.missing_from(application, self.world.exam):
                slot = missing.get("slot", "")
                if slot:
                    self.world.presign.release(id, slot)
                data = b"filled %d %s" % (mark, slot.encode() or missing["category"].encode())
                self._reserve(id, missing["category"], data, slot)
                key, _ = self.keys[-1]
                self.sent.setdefault(key, set()).add(data)
                self.world.validate(self.world.inbox.arrive(key, data))
            self.world.submit(id, application.round + 1)

        self.act(all_of_it)

    @rule(id=candidates, ahead=st.sampled_from((1, 1, 0, 2)))
    def submit(self, id: str, ahead: int) -> None:
        self.act(self.world.submit, id, self.world.application(id).round + ahead)

    @rule(id=candidates)
    def look(self, id: str) -> None:
        self.act(self.world.desk.view, id)

    # ---- reviewers

    @precondition(lambda self: self.with_(Status.SUBMITTED))
    @rule(reviewer=reviewers)
    def next_case(self, reviewer: Any) -> None:
        self.act(self.world.reviews.next, reviewer)

    @precondition(lambda self: any(application.claim for application in self.applications()))
    @rule(reviewer=reviewers, id=candidates)
    def release_claim(self, reviewer: Any, id: str) -> None:
        self.act(self.world.reviews.release, reviewer, id)

    def _decide(self, reviewer: Any, id: str, round: int, outcome: Outcome, named: frozenset[str]) -> None:
        self.asked.add((id, round, reviewer.username, outcome, named))
        request = DecisionRequest(round, outcome, [SlotDecision(slot, "unreadable") for slot in sorted(named)])
        decided = self.world.feedback(reviewer, id, request)
        said = [e.decision for e in self.world.journal(id) if e.round == round and e.decision][-1]
        assert (said.by, said.outcome, set(said.slots)) == (reviewer.username, outcome, named)
        try:
            assert self.world.feedback(reviewer, id, request) == decided
        except Refused as refused:
            raise AssertionError("the same decision again") from refused

    @precondition(lambda self: self.with_(Status.SUBMITTED))
    @rule(reviewer=reviewers, index=indexes, approve=st.sampled_from((False, False, False, True)), named=some_slots)
    def decide(self, reviewer: Any, index: int, approve: bool, named: frozenset[str]) -> None:
        waiting = self.with_(Status.SUBMITTED)
        application = waiting[index % len(waiting)]
        outcome = Outcome.APPROVE if approve else Outcome.RETURN
        self.act(self._decide, reviewer, application.id, application.round, outcome, frozenset() if approve else named)

    @precondition(lambda self: self.with_(Status.SUBMITTED))
    @rule(reviewer=reviewers, index=indexes, outcome=st.sampled_from(Outcome))
    def decide_what_is_there(self, reviewer: Any, index: int, outcome: Outcome) -> None:
        """A reviewer who does everything right: nothing in the way of the next round, or of the end."""
        waiting = self.with_(Status.SUBMITTED)
        application = waiting[index % len(waiting)]
        ready = sorted(slot for slot, held in application.slots.items() if isinstance(held, Ready))
        named = frozenset(ready[:1] if outcome is Outcome.RETURN else ())
        self.act(self._decide, reviewer, application.id, application.round, outcome, named)

    @precondition(lambda self: self.asked)
    @rule(index=indexes, colleague=st.booleans())
    def decide_again(self, index: int, colleague: bool) -> None:
        """The same request again, by the same reviewer or the other one, in time or late."""
        asked = sorted(self.asked, key=str)
        id, round, by, outcome, named = asked[index % len(asked)]
        reviewer = COLLEAGUE if (by == COLLEAGUE.username) != colleague else REVIEWER
        self.act(self._decide, reviewer, id, round, outcome, named)

    # ---- an administrator

    def _reopen(self, id: str, round: int, named: frozenset[str]) -> None:
        self.asked.add((id, round, "admin-1", Outcome.RETURN, named))
        request = ReopenRequest(round, "why", [ReopenSlot(slot, "unreadable") for slot in sorted(named)])
        case = self.world.cases.reopen("admin-1", id, request)
        try:
            assert self.world.cases.reopen("admin-1", id, request).history == case.history
        except Refused as refused:
            raise AssertionError("the same reopening again") from refused

    @precondition(lambda self: self.with_(Status.APPROVED))
    @rule(index=indexes, named=some_slots)
    def reopen(self, index: int, named: frozenset[str]) -> None:
        approved = self.with_(Status.APPROVED)
        application = approved[index % len(approved)]
        self.act(self._reopen, application.id, application.round, named)

    @precondition(lambda self: self.with_(Status.RETURNED, Status.APPROVED))
    @rule(id=candidates, round=st.integers(1, 3))
    def reopen_anything(self, id: str, round: int) -> None:
        """Late, too early, or again."""
        self.act(self._reopen, id, round, frozenset())

    # ---- what happens

    @rule(by=steps)
    def time_passes(self, by: Any) -> None:
        self.world.clock.advance(by)

    @precondition(lambda self: self.world.workflow.executions or self.world.inbox.objects)
    @rule()
    def reconcile(self) -> None:
        self.act(self.world.reconcile)

    @precondition(lambda self: self.world.workflow.executions)
    @rule(index=indexes)
    def an_execution_goes_on(self, index: int) -> None:
        executions = list(self.world.workflow.executions.values())
        self.world.workflow.step(executions[-1 - index % len(executions)])

    @precondition(lambda self: self.world.workflow.executions)
    @rule(index=indexes)
    def an_execution_fails(self, index: int) -> None:
        alive = [execution for execution in self.world.workflow.executions.values() if execution.alive]
        if alive:
            self.world.workflow.lose(alive[index % len(alive)])

    @rule(at=st.integers(1, 12), with_=st.sampled_from((Crash, Unavailable)), done_first=st.booleans())
    def an_accident_at_the_next_request(self, at: int, with_: Any, done_first: bool) -> None:
        self.accident = Watch(at, with_, done_first)

    @rule(
        what=st.sampled_from(
            (
                "submit",
                "release",
                "reserve",
                "return",
                "approve",
                "reopen",
                "deliver",
                "claim",
                "execution",
                "reconcile",
            )
        ),
        id=candidates,
        slot=slots,
        data=images,
        named=some_slots,
    )
    def somebody_else_comes_first_at_the_next_request(
        self, what: str, id: str, slot: str, data: bytes, named: frozenset[str]
    ) -> None:
        def other() -> None:
            world = self.world
            try:
                match what:
                    case "submit":
                        world.submit(id, world.application(id).round + 1)
                    case "release":
                        world.presign.release(id, slot)
                    case "reserve":
                        self._reserve(id, slot.rpartition("-")[0], data, slot)
                    case "return":
                        self._decide(COLLEAGUE, id, world.application(id).round, Outcome.RETURN, named)
                    case "approve":
                        self._decide(COLLEAGUE, id, world.application(id).round, Outcome.APPROVE, frozenset())
                    case "reopen":
                        self._reopen(id, world.application(id).round, named)
                    case "deliver" if self.events:
                        world.validate(self.events[-1])
                    case "execution":
                        world.workflow.settle()
                    case "reconcile":
                        world.reconcile()
                    case "claim":
                        world.reviews.claim(COLLEAGUE, id)
            except Refused:
                pass

        self.meanwhile = other

    @rule(id=candidates, data=images)
    def an_upload_takes_too_long(self, id: str, data: bytes) -> None:
        """Its reservation has expired by the time its event comes, if it ever does."""
        signed = len(self.keys)
        self.act(self._reserve, id, "work", data, "")
        for key, announced in self.keys[signed:]:
            self.sent.setdefault(key, set()).add(announced)
            self.events.append(self.world.inbox.arrive(key, announced))
        self.world.clock.advance(11 * MINUTE)

    # ---- what holds, always

    @invariant()
    def journals_only_grow_and_tell_the_state(self) -> None:
        for application in self.applications():
            entries = self.world.journal(application.id)
            before = self.journals[application.id]
            assert entries[: len(before)] == before
            self.journals[application.id] = list(entries)
            kinds = [entry.kind for entry in entries]
            status = "returned" if kinds and kinds[-1] == "reopened" else kinds[-1] if kinds else "draft"
            assert status == application.status
            rounds = [kinds[:0]]
            for kind in kinds:
                if kind == "submitted":
                    rounds.append([])
                rounds[-1].append(kind)
            assert [entry.round for entry in entries] == [n for n, those in enumerate(rounds) for _ in those]
            for those in rounds[1:-1]:
                assert those in (["submitted", "returned"], ["submitted", "approved", "reopened"])
            assert len(rounds) - 1 == application.round

    @invariant()
    def a_slot_is_either_open_or_locked_and_a_return_opens_exactly_what_it_names(self) -> None:
        for application in self.applications():
            entries = self.world.journal(application.id)
            open_slots = set(SLOTS)
            if entries and entries[-1].kind not in ("returned", "reopened"):
                open_slots = set()
            elif entries and entries[-1].decision and entries[-1].decision.slots:
                open_slots = set(entries[-1].decision.slots)
            assert {slot for slot in SLOTS if not application.locked(slot)} == open_slots
            for slot in set(SLOTS) - open_slots:
                held = application.slots.get(slot)
                if held:
                    fence = self.fence(application, slot, held.upload_id)
                    assert fence is (Fence.CLOSED if isinstance(held, Reserved) else Fence.LANDED)
                try:
                    rules.release(application, self.world.exam, slot, OPENS)
                except Refused as refused:
                    assert refused.code is Code.LOCKED  # noqa: PT017  # it has to be refused, with this
                else:
                    raise AssertionError(slot)

    @invariant()
    def decisions_are_what_a_reviewer_asked_for(self) -> None:
        for application in self.applications():
            for entry in self.world.journal(application.id):
                said = entry.decision
                if said:
                    named = frozenset(said.slots)
                    assert (application.id, entry.round, entry.by, said.outcome, named) in self.asked

    @invariant()
    def what_was_submitted_was_complete(self) -> None:
        for application in self.applications():
            asked: dict[str, str] = {}
            for entry in self.world.journal(application.id):
                if entry.decision:
                    asked = {slot: review.upload_id for slot, review in entry.decision.slots.items()}
                    continue
                assert {"identity", "diploma"} <= {slot.rpartition("-")[0] for slot in entry.images}
                for slot, judged in asked.items():
                    image = entry.images.get(slot)
                    assert (image.upload_id if image else "") != judged

    @invariant()
    def at_most_one_upload_can_land_in_a_slot(self) -> None:
        for application in self.applications():
            able = [
                (slot, upload_id)
                for slot, upload_id in {(key.split("/")[3], key.split("/")[4]) for key, _ in self.keys}
                if self.fence(application, slot, upload_id) is Fence.OPEN
            ]
            assert len(able) == len({slot for slot, _ in able})

    @invariant()
    def a_verdict_is_about_the_upload_that_holds_the_slot(self) -> None:
        for application in self.applications():
            for slot, held in application.slots.items():
                upload = Upload(application.exam, application.registration_no, slot, held.upload_id)
                announced = {data for key, data in self.keys if key == upload.inbox_key()}
                sent = self.sent.get(upload.inbox_key(), set())
                if isinstance(held, Ready):
                    (data,) = announced
                    assert data in sent
                    assert data != b"bad"
                    assert held.sha256 == hashlib.sha256(b"clean:" + data).hexdigest()
                    assert (EXAM, held.sha256, application.registration_no) in self.world.images.noted
                    assert self.world.materials.objects[upload.material_key()][1] == b"clean:" + data
                elif isinstance(held, Rejected):
                    assert sent & {b"bad", b"other bytes"}

    @invariant()
    def what_was_submitted_is_what_is_locked_and_never_changes(self) -> None:
        for application in self.applications():
            for entry in self.world.journal(application.id):
                for slot, image in entry.images.items():
                    upload = Upload(application.exam, application.registration_no, slot, image.upload_id)
                    key = upload.material_key()
                    data = self.world.materials.objects[key][1]
                    assert hashlib.sha256(data).hexdigest() == image.sha256
                    assert self.materials.setdefault(key, data) == data
            if application.status in (Status.SUBMITTED, Status.APPROVED):
                last = [entry for entry in self.world.journal(application.id) if entry.kind == "submitted"][-1]
                locked = {slot: (held.upload_id, held.sha256) for slot, held in application.snapshot().items()}
                assert locked == {slot: (image.upload_id, image.sha256) for slot, image in last.images.items()}

    @invariant()
    def serial_numbers_are_unique_and_only_for_the_approved(self) -> None:
        given = [a.serial_number for a in self.applications() if a.serial_number]
        assert len(given) == len(set(given))
        for application in self.applications():
            assert bool(application.serial_number) == (application.status is Status.APPROVED)
            assert bool(application.notice_code) == (application.status is Status.APPROVED)
        codes = {a.notice_code for a in self.applications() if a.notice_code}
        assert {notice.code for notice in self.world.applications.notices.values() if notice.valid} == codes

    @invariant()
    def a_serial_number_that_was_withdrawn_is_never_given_again(self) -> None:
        entries = [entry for application in self.applications() for entry in self.world.journal(application.id)]
        given = [entry.messages[0].text.zh[-11:-1] for entry in entries if entry.kind == "approved"]
        assert len(given) == len(set(given))
        withdrawn = {entry.decision.withdrawn for entry in entries if entry.decision and entry.decision.withdrawn}
        assert withdrawn == set(given) - {application.serial_number for application in self.applications()}

    @invariant()
    def somebody_waits_for_every_submitted_application(self) -> None:
        for application in self.applications():
            if application.status is Status.SUBMITTED and application.obligation_due is None:
                execution = self.world.workflow.executions[application.id, application.round, application.attempt]
                assert execution.state in {"waiting", "failed"}  # what has failed is found by the reconciler
                assert execution.token == application.task_token

    @invariant()
    def nothing_decided_is_forgotten(self) -> None:
        for application in self.applications():
            if application.status in (Status.RETURNED, Status.APPROVED) and application.obligation_due is None:
                execution = self.world.workflow.executions[application.id, application.round, application.attempt]
                assert execution.state in {"succeeded", "failed"}

    @invariant()
    def nobody_holds_more_than_two(self) -> None:
        for name in (REVIEWER.username, COLLEAGUE.username):
            assert sum(1 for a in self.applications() if a.claim and a.claim.by == name) <= 2

    def fence(self, application: Application, slot: str, upload_id: str) -> Fence:
        return rules.fence(application, self.world.exam, slot, upload_id, self.world.clock.time)

    @invariant()
    def remember_how_far_it_went(self) -> None:
        for application in self.applications():
            REACHED.add(f"{application.status} in round {min(application.round, 2)}")
            late = [slot for slot, held in application.slots.items() if isinstance(held, Reserved)]
            if late and application.status is Status.SUBMITTED:
                REACHED.add("a locked slot with an upload under way")
            if any(isinstance(held, Rejected) for held in application.slots.values()):
                REACHED.add("a rejected image")
        REACHED.update(f"an execution {execution.state}" for execution in self.world.workflow.executions.values())

    # ---- what is reached in the end

    def teardown(self) -> None:
        self.accident = self.meanwhile = None
        self.world.converge()
        assert self.world.inbox.objects == {}
        assert set(self.world.reconcile().values()) == {0}
        for application in self.applications():
            assert application.obligation_due is None
            alive = [e for e in self.world.workflow.executions.values() if e.alive and e.application == application.id]
            current = [e for e in alive if (e.round, e.attempt) == (application.round, application.attempt)]
            if application.status is Status.SUBMITTED:
                assert [e.token for e in current] == [application.task_token]
            else:
                assert (current, application.task_token) == ([], "")
            if application.status is Status.RETURNED:
                told = self.world.applications.notifications[application.id]
                assert (told.round, told.state) == (application.round, Told.SENT)
        self.remember_how_far_it_went()
        self.journals_only_grow_and_tell_the_state()
        self.what_was_submitted_is_what_is_locked_and_never_changes()
        self.a_verdict_is_about_the_upload_that_holds_the_slot()


def test_the_loop_holds_whatever_happens() -> None:
    run_state_machine_as_test(SubmissionLoop, settings=settings(max_examples=60, stateful_step_count=50))
    # A loop in which nothing ever gets through would hold as well.
    assert {
        "draft in round 0",
        "submitted in round 1",
        "returned in round 1",
        "approved in round 1",
        "submitted in round 2",
        "a locked slot with an upload under way",
        "a rejected image",
        "an execution waiting",
        "an execution succeeded",
        "an execution failed",
    } <= REACHED
