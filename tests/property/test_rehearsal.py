"""The rehearsal's check: lawful histories pass whatever happens in them, and each planted fault is found."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rehearsal.check import Ends, Entry, Final, Held, Operation, check

APPLICATION = "exam_1"
ENDS = Ends(reserve=1000.0, submit=1600.0)
SLOTS = ("diploma-1", "identity-1", "work-1")


@dataclass
class Lawful:
    """A system that keeps the rules, and one candidate with a reviewer whose answers get lost at times."""

    draw: st.DataObject
    now: float = 0.0
    operations: list[Operation] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)
    slots: dict[str, Held] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    status: str = "draft"
    round: int = 0
    returned: str = ""

    def do(self, kind: str, who: str = "candidate", **about: object) -> bool:
        """One operation and its repetitions, until an answer tells: whether it succeeded."""
        repeats = f"{kind}-{len(self.operations)}"
        refusal = None
        for attempt in range(5):
            lost = attempt < 4 and self.draw.draw(st.sampled_from(["", "", "", "on the way there", "on the way back"]))
            sent = self.now
            self.now += self.draw.draw(st.floats(0.01, 5))
            if lost != "on the way there":
                if refusal is None or refusal:
                    refusal = self._decide(kind, who, about)
                self.now += 0.01
            code = "" if lost else refusal or ""
            status = 0 if lost else 409 if refusal else 200
            made = Operation(who, kind, sent, self.now, status, code, repeats, APPLICATION, **about)  # type: ignore[arg-type]
            self.operations.append(made)
            if not lost:
                break
        return not refusal

    def _decide(self, kind: str, who: str, about: dict[str, object]) -> str:
        """What the system decides at this moment: "" or the code of the refusal."""
        slot, upload = str(about.get("slot", "")), str(about.get("upload", ""))
        locked = self.status in {"submitted", "approved"} or (self.status == "returned" and slot != self.returned)
        end = 1e9 if self.status == "returned" else ENDS.submit if kind == "submit" else ENDS.reserve
        if kind in {"reserve", "delete"}:
            if locked or self.now >= end:
                return "locked" if locked else "window_closed"
            self.slots[slot] = Held("reserved", upload)
            if kind == "delete":
                del self.slots[slot]
        elif kind == "send":
            self.slots[slot] = Held("ready", upload)
            self.stored.add(upload)
        elif kind == "submit" and self.status != "submitted":
            if self.now >= end:
                return "window_closed"
            self.status, self.round = "submitted", self.round + 1
            self.journal.append(Entry("submitted", self.round, self.now))
        elif kind == "decide" and self.status == "submitted":
            outcome = str(about["outcome"])
            self.status = "returned" if outcome == "return" else "approved"
            self.returned = str((*about["slots"], "")[0])  # type: ignore[misc]
            self.journal.append(Entry("decided", self.round, self.now, who, outcome))
        return ""

    @property
    def final(self) -> Final:
        return Final(
            APPLICATION,
            self.status,
            self.round,
            self.slots,
            frozenset(self.stored),
            self.journal,
            "370100000001" if self.status == "approved" else "",
            sum(entry.outcome == "return" for entry in self.journal),
        )


def lived(draw: st.DataObject) -> Lawful:
    """A journey of up to three rounds that begins at any time before or after the end."""
    world = Lawful(draw, now=draw.draw(st.floats(0, 1700)))
    uploads = iter(f"u{n}" for n in range(1000))

    def upload(slot: str) -> None:
        upload = next(uploads)
        if world.do("reserve", round=world.round + 1, slot=slot, upload=upload):
            world.do("send", slot=slot, upload=upload)

    for slot in SLOTS:
        for _ in range(draw.draw(st.integers(1, 2))):
            upload(slot)
    if draw.draw(st.booleans()):
        world.do("delete", round=1, slot="identity-1")
    for _ in range(draw.draw(st.integers(0, 3))):
        if not world.do("submit", round=world.round + 1):
            break
        if draw.draw(st.booleans()):
            world.do("delete", round=world.round, slot="diploma-1")
        outcome = draw.draw(st.sampled_from(["return", "return", "approve"]))
        slot = draw.draw(st.sampled_from(SLOTS))
        named = {"round": world.round, "outcome": outcome, "slots": (slot,) if outcome == "return" else ()}
        world.do("decide", "reviewer", **named)
        if outcome == "approve":
            break
        world.do("delete", round=world.round + 1, slot=draw.draw(st.sampled_from(SLOTS)))
        upload(slot)
    return world


@given(st.data())
def test_what_keeps_the_rules_has_no_violations(draw: st.DataObject) -> None:
    world = lived(draw)
    assert check(world.operations, [world.final], {APPLICATION: ENDS}) == []


def one(kind: str, sent: float, status: int = 200, **about: object) -> Operation:
    who = str(about.pop("who", "candidate"))
    code = str(about.pop("code", ""))
    return Operation(who, kind, sent, sent + 1, status, code, f"{kind}-{sent}", APPLICATION, **about)  # type: ignore[arg-type]


STORY = [
    one("reserve", 10, round=1, slot="diploma-1", upload="u1"),
    one("send", 20, slot="diploma-1", upload="u1"),
    one("submit", 30, round=1),
    one("decide", 40, round=1, who="reviewer", outcome="return", slots=("diploma-1",)),
    one("reserve", 50, round=2, slot="diploma-1", upload="u2"),
    one("send", 60, slot="diploma-1", upload="u2"),
    one("submit", 70, round=2),
    one("decide", 80, round=2, who="reviewer", outcome="approve"),
]
JOURNAL = (
    Entry("submitted", 1, 30.5),
    Entry("decided", 1, 40.5, "reviewer", "return"),
    Entry("submitted", 2, 70.5),
    Entry("decided", 2, 80.5, "reviewer", "approve"),
)
END = Final(
    APPLICATION, "approved", 2, {"diploma-1": Held("ready", "u2")}, frozenset({"u1", "u2"}), JOURNAL, "370100000001", 1
)


def rules(history: list[Operation], *finals: Final) -> set[str]:
    return {violation.rule for violation in check(history, finals or (END,), {APPLICATION: ENDS, "exam_2": ENDS})}


def test_the_story_without_a_fault() -> None:
    assert rules(STORY) == set()


def test_a_late_acceptance_is_found() -> None:
    late = Final(APPLICATION, "draft", 0, {"work-1": Held("ready", "u9")}, frozenset({"u9"}))
    reserved = [one("reserve", ENDS.reserve, round=1, slot="work-1", upload="u9")]
    assert rules(reserved, late) == {"late"}
    assert rules([replace(reserved[0], sent=ENDS.reserve - 0.001)], late) == set()
    # Its answer was lost the first time: then it was in time.
    asked = replace(reserved[0], sent=ENDS.reserve - 1, answered=ENDS.reserve - 0.5, status=0)
    assert rules([asked, replace(reserved[0], repeats=asked.repeats)], late) == set()
    entry = replace(JOURNAL[0], at=ENDS.submit)
    assert rules(STORY, replace(END, journal=(entry, *JOURNAL[1:]))) == {"late"}


def test_a_refusal_in_time_is_found() -> None:
    refused = one("reserve", ENDS.reserve - 2, 409, code="window_closed", round=1)
    assert rules([*STORY, refused]) >= {"on_time"}
    assert rules([*STORY, replace(refused, sent=ENDS.reserve, answered=ENDS.reserve + 1)]) == set()
    submitted = one("submit", ENDS.reserve + 5, 409, code="window_closed", round=1)
    assert rules([submitted], Final(APPLICATION, "draft", 0)) >= {"on_time"}


def test_a_lost_image_is_found() -> None:
    assert rules(STORY, replace(END, slots={})) == {"kept"}
    assert rules(STORY, replace(END, slots={"diploma-1": Held("ready", "u1")})) == {"kept"}
    assert rules(STORY, replace(END, slots={"diploma-1": Held("reserved", "u2")})) == {"kept"}
    assert rules(STORY, replace(END, stored=frozenset({"u1"}))) == {"kept"}


@pytest.mark.parametrize("status", [204, 0, 500])
def test_an_image_that_may_have_been_deleted_is_not_lost(status: int) -> None:
    story = [*STORY[:2], one("delete", 25, status, round=1, slot="diploma-1")]
    assert rules(story, Final(APPLICATION, "draft", 0)) == set()


def test_a_doubled_decision_is_found() -> None:
    twice = replace(JOURNAL[3], by="colleague")
    assert rules(STORY, replace(END, journal=(*JOURNAL, twice))) == {"once"}
    both = [*STORY, one("decide", 81, round=2, who="colleague", outcome="approve")]
    assert rules(both) == {"once", "kept"}  # the second one is in no journal


def test_a_submission_that_nobody_remembers_is_found() -> None:
    forgotten = Final(APPLICATION, "draft", 0, {"diploma-1": Held("ready", "u1")}, frozenset({"u1"}))
    assert rules(STORY[:3], forgotten) == {"kept"}


@pytest.mark.parametrize("slot", ["diploma-1", "work-1"])
def test_a_change_while_locked_is_found(slot: str) -> None:
    assert rules([*STORY[:3], one("delete", 35, 204, round=1, slot=slot), *STORY[3:]]) >= {"locked"}


def test_a_change_of_what_was_not_returned_is_found() -> None:
    assert rules([*STORY, one("delete", 45, 204, round=2, slot="work-1")]) == {"locked"}
    assert rules([*STORY, one("delete", 45, 204, round=2, slot="diploma-1")]) == set()


def test_a_text_message_too_few_or_too_many_is_found() -> None:
    assert rules(STORY, replace(END, texts=2)) == {"told"}
    assert rules(STORY, replace(END, texts=0)) == set()  # put right before it was sent
    returned = replace(
        END, status="returned", round=1, journal=JOURNAL[:2], serial="", slots={"diploma-1": Held("ready", "u1")}
    )
    for texts, found in ((0, {"told"}), (1, set()), (2, {"told"})):
        assert rules(STORY[:4], replace(returned, texts=texts)) == found


def test_serial_numbers_are_one_each() -> None:
    assert rules(STORY, replace(END, serial="")) == {"told"}
    other = replace(END, application="exam_2")
    theirs = [replace(operation, application="exam_2") for operation in STORY]
    assert rules(STORY + theirs, END, other) == {"once"}
    assert rules(STORY + theirs, END, replace(other, serial="370100000002")) == set()


def test_what_is_left_undone_is_found() -> None:
    assert rules(STORY, replace(END, owes=True)) == {"kept"}


def test_a_refusal_without_a_reason_is_found() -> None:
    assert rules([one("reserve", 5, 409, code="locked", round=1), *STORY]) == {"explained"}
    assert rules([*STORY, one("submit", 90, 422, code="incomplete", round=3)]) == {"explained"}
    late = one("delete", 85, 204, round=3, slot="diploma-1")
    assert "explained" not in rules([*STORY, late, one("submit", 90, 422, code="incomplete", round=3)])
    again = one("send", 87, 204, slot="diploma-1", upload="later")
    assert "explained" in rules([*STORY, late, again, one("submit", 90, 422, code="incomplete", round=3)])
    assert rules([*STORY, one("delete", 35, 409, code="locked", round=1)]) == set()


def test_a_slot_that_holds_an_image_may_be_called_occupied_and_no_other() -> None:
    def occupied(slot: str, at: float) -> Operation:
        return one("reserve", at, 409, code="slot_occupied", round=1, slot=slot)

    assert rules([*STORY, occupied("diploma-1", 41)]) == set()
    assert rules([*STORY, occupied("work-1", 41)]) == {"explained"}
    assert rules([*STORY, occupied("diploma-1", 22)]) == {"explained"}  # nothing was submitted: why name it
