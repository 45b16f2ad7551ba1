"""What must be true of a rehearsal, from what people did and were told, and from what lies in the stores afterwards.

The check knows nothing of the product's code: an operation is decided between its sending and its answer, and one whose
answer was lost may have happened or not. What is certainly wrong is a violation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operation:
    """One request. Times are epoch seconds; `status` 0 says that no answer came. A request and its repetitions have the
    same `repeats`. The rest says what it was about, as far as it applies."""

    who: str
    kind: str
    """sign_in, view, profile, reserve, send, delete, submit; queue, claim, case, decide."""
    sent: float
    answered: float
    status: int
    code: str = ""
    repeats: str = ""
    application: str = ""
    round: int = 0
    """Of a reservation, a deletion and a submission: the round they prepare."""
    slot: str = ""
    upload: str = ""
    outcome: str = ""
    slots: tuple[str, ...] = ()
    """Of a decision: the slots returned."""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def unknown(self) -> bool:
        """Whether it may have happened: no answer, or one that does not tell."""
        return self.status == 0 or self.status >= 500


@dataclass(frozen=True)
class Entry:
    """A journal entry."""

    kind: str
    round: int
    at: float
    by: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Held:
    """What is in a slot."""

    state: str
    upload: str


@dataclass(frozen=True)
class Final:
    """An application when everything has settled."""

    application: str
    status: str
    round: int
    slots: Mapping[str, Held] = field(default_factory=dict)
    stored: frozenset[str] = frozenset()
    """Uploads whose image lies in the materials."""
    journal: Sequence[Entry] = ()
    serial: str = ""
    texts: int = 0
    """Text messages to the candidate's number."""
    owes: bool = False
    """Whether an obligation is left."""


@dataclass(frozen=True)
class Ends:
    """Until when the first round may change (`reserve`) and be submitted (`submit`); later rounds have no end here. For
    `doubt` seconds after `reserve` either answer is right: a changed configuration is not known everywhere at once."""

    reserve: float
    submit: float
    doubt: float = 0.0

    def of(self, operation: Operation) -> float:
        if operation.round > 1:
            return float("inf")
        return self.submit if operation.kind == "submit" else self.reserve

    def late(self, operation: Operation) -> float:
        """From when on success would be wrong."""
        return self.of(operation) + (0.0 if operation.kind == "submit" else self.doubt)


@dataclass(frozen=True)
class Violation:
    rule: str
    application: str
    what: str


TIMED = {"reserve", "submit"}
CHANGING = {"reserve", "delete"}
EXPLAINED = {"sign_in": set[str](), "claim": {"claimed_by_other", "already_decided", "claim_limit"},
             "case": {"not_found"}, "decide": {"claimed_by_other", "already_decided", "stale_round"}}  # fmt: skip


def check(history: Iterable[Operation], finals: Iterable[Final], ends: Mapping[str, Ends]) -> list[Violation]:
    """All violations. `ends` is by application."""
    by_application: dict[str, list[Operation]] = defaultdict(list)
    for operation in sorted(history, key=lambda one: one.sent):
        by_application[operation.application].append(operation)
    found = []
    serials: dict[tuple[str, str], list[str]] = defaultdict(list)
    for final in finals:
        own = by_application.pop(final.application, [])
        if final.serial:
            exam = final.application.partition("_")[0]
            serials[exam, final.serial].append(final.application)
        for rule in (_on_time, _late, _kept, _once, _locked, _told, _explained):
            found += [Violation(rule.__name__.strip("_"), final.application, what) for what in rule(own, final, ends)]
    found += [Violation("once", owners[0], f"serial number of {owners}") for owners in serials.values() if owners[1:]]
    found += [Violation("kept", left, "is not there any more") for left in by_application if left in ends]
    return found


type Found = Iterator[str]
type EndsOf = Mapping[str, Ends]


def _on_time(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """Nobody on time is refused: an answer that came before the end must not be `window_closed`."""
    for one in own:
        if one.kind in TIMED and one.code == "window_closed" and one.answered < ends[final.application].of(one):
            yield f"{one.kind} refused {ends[final.application].of(one) - one.answered:.3f} s before the end"


def _late(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """Nobody late is accepted: a success needs an attempt that was sent before the end."""
    first: dict[tuple[str, str], float] = {}
    for one in own:
        if one.kind not in TIMED:
            continue
        begun = first.setdefault((one.kind, one.repeats), one.sent)
        end = ends[final.application].late(one)
        if one.succeeded and begun >= end:
            yield f"{one.kind} accepted, first sent {begun - end:.3f} s after the end"
    for entry in final.journal:
        end = ends[final.application].submit
        if entry.kind == "submitted" and entry.round == 1 and entry.at >= end:
            yield f"submitted {entry.at - end:.3f} s after the end, says the journal"


def _kept(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """Nothing is lost: every image that was stored is in its slot, unless its owner replaced or deleted it; every
    submission and decision that was answered is in the journal."""
    latest: dict[str, str] = {}
    for one in own:
        if one.kind == "send" and one.succeeded:
            latest[one.slot] = one.upload
        elif one.kind in CHANGING and (one.succeeded or one.unknown) and one.upload != latest.get(one.slot, ""):
            latest.pop(one.slot, None)  # replaced or deleted, or it may be
    for slot, upload in latest.items():
        held = final.slots.get(slot)
        if held != Held("ready", upload):
            yield f"{slot} holds {held}, not the image {upload}"
        elif upload not in final.stored:
            yield f"the image {upload} of {slot} is not in the materials"
    entries = {(entry.kind, entry.round) for entry in final.journal}
    decided = {(entry.round, entry.by, entry.outcome) for entry in final.journal if entry.kind == "decided"}
    for one in own:
        if one.kind == "submit" and one.succeeded and ("submitted", one.round) not in entries:
            yield f"the submission of round {one.round} is not in the journal"
        if one.kind == "decide" and one.succeeded and (one.round, one.who, one.outcome) not in decided:
            yield f"the decision on round {one.round} by {one.who} is not in the journal"
    if final.owes:
        yield "an obligation is left"


def _once(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """Nothing is done twice: one submission and at most one decision per round, in turn."""
    counts = Counter((entry.kind, entry.round) for entry in final.journal if entry.kind in {"submitted", "decided"})
    for (kind, round), number in counts.items():
        if number > 1:
            yield f"round {round} was {kind} {number} times"
    expected = set(range(1, final.round + 1))
    if {round for kind, round in counts if kind == "submitted"} != expected:
        yield f"round is {final.round}, the journal knows {sorted(counts)}"
    answered = {(one.round, one.who, one.outcome) for one in own if one.kind == "decide" and one.succeeded}
    for round, number in Counter(round for round, _, _ in answered).items():
        if number > 1:
            yield f"two decisions on round {round} were answered with success"


def _locked(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """Locks are respected: no change while it is certainly submitted, none of a slot that was not returned."""
    for one in own:
        if one.kind not in CHANGING or not one.succeeded:
            continue
        submitted = [o for o in own if o.kind == "submit" and o.succeeded and o.answered <= one.sent]
        if not submitted:
            continue
        round = max(o.round for o in submitted)
        returns = [o for o in own if o.kind == "decide" and o.round == round and o.outcome == "return"
                   and (o.succeeded or o.unknown) and o.sent < one.answered]  # fmt: skip
        if not returns:
            yield f"{one.kind} of {one.slot} while round {round} was locked"
        elif all(o.slots and one.slot not in o.slots for o in returns):
            yield f"{one.kind} of {one.slot}, which was not returned"


def _told(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """One text message per return (none need come once it is put right), a serial number for the approved alone."""
    returns = {entry.round for entry in final.journal if entry.kind == "decided" and entry.outcome == "return"}
    open_ = {round for round in returns if round == final.round and final.status == "returned"}
    if not len(open_) <= final.texts <= len(returns):
        yield f"{final.texts} text messages for returns of rounds {sorted(returns)}"
    if bool(final.serial) != (final.status == "approved"):
        yield f"serial number {final.serial or 'none'} of an application that is {final.status}"


def _emptied(before: list[Operation]) -> bool:
    """Whether a slot may have lost its image to its owner, with none sent since."""
    gone = [o for o in before if o.kind == "delete" and (o.succeeded or o.unknown)]
    return any(not any(o.kind == "send" and o.slot == one.slot and o.sent > one.sent for o in before) for one in gone)


def _explained(own: list[Operation], final: Final, ends: EndsOf) -> Found:
    """Every refusal has its reason in what had happened before."""
    for one in own:
        if not 400 <= one.status < 500:
            continue
        before = [o for o in own if o.sent < one.answered and o is not one]
        tried = any(o.kind == "submit" and (o.succeeded or o.unknown) for o in before)
        reasons = set(EXPLAINED.get(one.kind, set()))
        if one.kind in {"reserve", "delete", "submit"}:
            reasons |= {"window_closed"} if one.answered >= ends[final.application].of(one) else set()
            reasons |= {"locked"} if tried and one.kind != "submit" else set()
            # The named slot holds an image: who did not hear of their submission may have been returned already.
            filled = any(o.kind == "send" and o.slot == one.slot and (o.succeeded or o.unknown) for o in before)
            reasons |= {"slot_occupied"} if one.kind == "reserve" and tried and filled else set()
            # An answer that was so late that the return was there before it: what was tried against the lock was done.
            reasons |= {"incomplete"} if one.kind == "submit" and _emptied(before) else set()
        if one.code not in reasons:
            yield f"{one.kind} refused with {one.status} {one.code or '?'}"
