"""What the use cases need from the outside world.

Types of their own are only named here, so that nobody imports what the use cases of others are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from songshen.domain.application import Application, Claim, SlotChange
    from songshen.domain.deadlines import Occasion, Run
    from songshen.domain.exam import Exam, ImageLimits
    from songshen.domain.export import Export
    from songshen.domain.journal import Entry
    from songshen.domain.people import Member, StaffChange
    from songshen.domain.roster import RosterImport
    from songshen.domain.spotcheck import SpotCheck
    from songshen.domain.verdict import Announced, Verdict


class Conflict(Exception):
    """A conditional write lost: somebody else changed the application first. `current` is what it is now."""

    def __init__(self, current: Application) -> None:
        super().__init__("the application has changed")
        self.current = current


class RosterEntry(Struct, frozen=True):
    """What the registration system handed over about a candidate. `password_hash` is a PHC string."""

    exam: str
    registration_no: str
    username: str
    name: str
    id_number: str
    area: str
    site: str
    phone: str
    password_hash: str


class Account(Struct, frozen=True):
    """Whom a user name belongs to. Staff have their passwords in the account store, candidates in the roster."""

    username: str
    staff: bool
    exam: str = ""
    registration_no: str = ""


class NoticeRecord(Struct, frozen=True):
    """What the public check of a notice shows."""

    code: str
    exam: str
    area: str
    site: str
    name: str
    valid: bool = True


class Notification(Struct, frozen=True):
    """How telling the candidate about a round went: `sent` or `failed`, and the cause of a failure."""

    round: int
    state: str
    at: datetime
    cause: str = ""


class QueueRow(Struct, frozen=True):
    """A line of the queue, from the index."""

    application: str
    registration_no: str
    name: str
    status: str
    round: int
    since: datetime | None
    claim: Claim | None


class QueueFilter(Struct, frozen=True):
    """Which lines of the queue are wanted; what is left out does not matter.

    `before`: waiting since before then. `mine`: held at `now` by this reviewer. `free`: held at `now` by nobody.
    `search`: the beginning of a registration number, or a part of a name. `number`: the beginning of a registration
    number.
    """

    now: datetime
    round: int = 0
    before: datetime | None = None
    mine: str = ""
    free: bool = False
    search: str = ""
    number: str = ""


class QueuePage(Struct, frozen=True):
    """Some lines and where to go on."""

    rows: Sequence[QueueRow]
    cursor: str | None


class Viewing(Struct, frozen=True):
    """Somebody has looked at a case: `what` is `case`, `check` (blind, as a spot check), `identity` (the unmasked id
    number and phone), or `bundle` (all that there is, as a file)."""

    by: str
    at: datetime
    round: int
    what: str


class Clock(Protocol):
    def now(self) -> datetime:
        """The server's time, with offset."""


class Applications(Protocol):
    """The table's applications and their journals. Ids as `Application.id`."""

    def get(self, application_id: str) -> Application | None:
        """The application as it is now (a consistent read)."""

    def with_journal(self, application_id: str) -> tuple[Application, list[Entry]] | None:
        """The application and its journal, oldest entry first."""

    def change_slot(self, application: Application, change: SlotChange) -> Application:
        """Writes one slot if it still holds `change.before` and is unlocked. Raises Conflict."""

    def set_profile(self, application_id: str, phone: str, address: str) -> Application | None:
        """Sets phone and address whatever the state; None if there is no such application."""

    def transition(
        self,
        before: Application,
        after: Application,
        entry: Entry,
        notice: NoticeRecord | None = None,
        check: SpotCheck | None = None,
    ) -> None:
        """Writes a change of state, its journal entry, its notice and its spot check in one transaction, if status,
        round, attempt, version and claimant are still those of `before`. The notice of a serial number that is taken
        back becomes invalid with it. Raises Conflict."""

    def extend(self, application: Application, until: datetime, entry: Entry) -> None:
        """Writes the candidate's own end and its journal entry in one transaction, if status, round and own end are
        still as read. Raises Conflict."""

    def set_claim(self, application: Application, claim: Claim | None) -> None:
        """Sets or removes the lease if round, status and claimant are still as read. Raises Conflict."""

    def restart(self, application: Application, due: datetime) -> Application:
        """Raises the attempt by one and sets the obligation's next due time. Raises Conflict."""

    def record_notification(self, application: Application, notification: Notification) -> None:
        """Notes how telling the candidate went, and that nothing is owed any more, if the round is still as read; else
        nothing."""

    def settle(self, application_id: str, round: int, attempt: int) -> None:
        """Notes that nothing is owed any more, if round and attempt are still these and it is decided; else nothing."""

    def next_serial(self, exam: str, site: str) -> int:
        """A number that nobody at this site was or will be given; gaps are allowed."""

    def notice(self, code: str) -> NoticeRecord | None:
        """The notice with this code."""

    def queue(
        self, exam: str, site: str, status: str, wanted: QueueFilter, cursor: str | None, limit: int
    ) -> QueuePage:
        """A site's applications in a status, oldest first: those that are wanted. A page may hold fewer than `limit`
        although there are more, when few of many are wanted. ValueError if the cursor is not of this queue."""

    def held(self, exam: str, reviewer: str, now: datetime, limit: int) -> int:
        """How many applications this reviewer has a live lease of, a moment ago; counts up to `limit`."""

    def count(self, exam: str, site: str, status: str) -> int:
        """How many applications of the site are in this status."""

    def some(self, application_ids: Sequence[str]) -> list[Application]:
        """Those of these (at most 100) that there are, in any order and as they were a moment ago."""

    def each(self, exam: str, site: str, status: str) -> Iterator[Application]:
        """The site's applications in a status, some hundred read at a time and as they were a moment ago."""

    def record_viewing(self, application_id: str, viewing: Viewing) -> None:
        """Notes that somebody has looked: once per person, round, thing looked at and ten minutes."""

    def viewings(self, application_id: str) -> list[Viewing]:
        """Who has looked at the case until now (a consistent read), oldest first."""

    def mark_reminded(self, application: Application, mark: str) -> bool:
        """Notes a reminder if status and round are still as read and it has not been noted; whether it was, by this
        call: lost answers of the table do not make it another's."""

    def notification_of(self, application_id: str) -> Notification | None:
        """How telling the candidate about the last decision went."""

    def obligations(self, now: datetime, limit: int) -> list[str]:
        """Ids of applications whose obligation is due."""


class SpotChecks(Protocol):
    """Cases that are judged twice; they are written by `Applications.transition`."""

    def waiting(self, exam: str, area: str) -> list[SpotCheck]:
        """The area's checks without a second decision, those decided first in front; at most a hundred."""

    def find(self, exam: str, area: str, application_id: str) -> list[SpotCheck]:
        """The application's checks as they are now (a consistent read), with and without a second decision."""

    def set_claim(self, check: SpotCheck, claim: Claim) -> bool:
        """Sets the lease if it is still as read; whether it was."""

    def finish(self, before: SpotCheck, after: SpotCheck) -> bool:
        """Writes the second decision if the check still waits with the lease as read; whether it did."""

    def finished(self, exam: str, area: str) -> Iterator[SpotCheck]:
        """The area's checks with both decisions."""


class SentImages(Protocol):
    """Which candidate has sent which image of an exam; `sha256` (hex) is of the stored copy.

    A hint: it outlives the image in its slot, and whether it is still there the application says.
    """

    def note(self, exam: str, sha256: str, registration_no: str, until: datetime) -> None:
        """This candidate has sent the image; again and again is the same as once. It is forgotten after `until`."""

    def senders(self, exam: str, sha256: str) -> list[str]:
        """Registration numbers of those who have sent it, in their order; at most twenty."""


class KeptExam(Struct, frozen=True):
    """A version of an exam's configuration, counted from 1; who saved it, and when."""

    exam: Exam
    version: int
    at: datetime
    by: str


class Exams(Protocol):
    def get(self, exam: str) -> Exam:
        """The exam's configuration, at most 15 s old. LookupError if there is none."""

    def kept(self, exam: str, version: int = 0) -> KeptExam | None:
        """A version of the configuration (0: the one in force; a consistent read). None if there is none."""

    def save(self, after: KeptExam) -> bool:
        """Puts the next version in force; the earlier ones stay, and `Calendar.due` names the exam. False, and nothing
        is written, if `after.version` is not the next one any more."""


class Roster(Protocol):
    def account(self, username: str) -> Account | None:
        """Whom the user name belongs to."""

    def entry(self, exam: str, registration_no: str) -> RosterEntry | None:
        """What the registration system handed over about this candidate."""


class Held(Struct, frozen=True):
    """What the table holds of a roster entry's candidate, and whom the entry's user name belongs to."""

    entry: RosterEntry | None
    account: Account | None
    application: Application | None


class RosterChange(Struct, frozen=True):
    """What an entry changes, to be written together if the table still holds `held`: the entry, its account if it is
    new (the former one goes), and the application: a draft that is new, or that has another name, area or site."""

    entry: RosterEntry
    held: Held
    application: Application | None


class RosterBook(Protocol):
    """The table's roster with its accounts and drafts, many entries at a time (at most 25)."""

    def find(self, entries: Sequence[RosterEntry]) -> list[Held]:
        """What is held of each (consistent reads)."""

    def write(self, changes: Sequence[RosterChange]) -> list[bool]:
        """Whether each was written; nothing of those that were not: somebody has been faster."""


class RosterImports(Protocol):
    def create(self, created: RosterImport) -> None:
        """Notes that a file may come; forgotten after a day if none does."""

    def get(self, exam: str, id: str) -> RosterImport | None:
        """The import as it is now (a consistent read)."""

    def last(self, exam: str, limit: int) -> list[RosterImport]:
        """The exam's imports, newest first."""

    def begin(self, before: RosterImport, after: RosterImport) -> bool:
        """Writes it if state, runner and attempts are still as read; whether they were."""

    def save(self, after: RosterImport) -> bool:
        """Writes it if its runner is still the one who works on it; whether it was."""

    def due(self, now: datetime, limit: int) -> list[RosterImport]:
        """Imports that nobody works on although they are not over."""


class RosterFiles(Protocol):
    """Roster files and the reports about them; both are forgotten after days."""

    def presign(self, key: str, max_bytes: int, life: timedelta) -> PresignedPost:
        """A POST for exactly this key, `1..max_bytes` long."""

    def size(self, key: str, etag: str) -> int:
        """Its bytes. LookupError if it is gone or holds others by now."""

    def pieces(self, key: str, etag: str) -> Iterator[bytes]:
        """Its bytes, a megabyte at a time, in no hurry. LookupError as `size`."""

    def put_report(self, key: str, text: str) -> None:
        """Writes the report, whatever it was."""

    def report(self, key: str) -> str:
        """The report that was put."""

    def report_link(self, key: str, name: str) -> str:
        """An address that downloads the report under this name for five minutes."""


class ProgressRow(Struct, frozen=True):
    """A submitted or returned application, from the index: `since` when it is so."""

    registration_no: str
    since: datetime
    round: int


class RoundCounts(Struct, frozen=True):
    """How many applications there are, and how many of these are in their first and in their second round."""

    total: int
    first: int = 0
    second: int = 0


class Decided(Struct, frozen=True):
    """A decision, from the index, and when its round was submitted."""

    by: str
    site: str
    at: datetime
    approved: bool
    submitted_at: datetime


class ProgressBook(Protocol):
    """What the indexes tell of a whole exam, some moments old. Nothing here reads an application to count it."""

    def counts(self, exam: str, site: str, status: str) -> RoundCounts:
        """How many of the site's applications are in this status, by round. Of drafts, which have none, the total."""

    def rows(self, exam: str, site: str, status: str) -> Iterator[ProgressRow]:
        """The site's applications in this status, oldest first. Not of drafts."""

    def decisions(self, exam: str, area: str, since: datetime) -> Iterator[Decided]:
        """The decisions at the area's sites since then, oldest first; also those of rounds that are long over."""

    def extensions(self, exam: str, registration_nos: Sequence[str]) -> dict[str, datetime]:
        """Which of these (at most 100) have an extension of their own, and until when."""

    def unreached(self, exam: str, area: str) -> int:
        """How many of the area's candidates an SMS could not reach."""


class KeptProgress(Struct, frozen=True):
    """What was counted, as it was answered then."""

    at: datetime
    body: bytes


class ProgressCache(Protocol):
    """What was counted last of each exam."""

    def get(self, exam: str) -> KeptProgress | None:
        """What was counted last."""

    def claim(self, exam: str, now: datetime, until: datetime) -> bool:
        """Says that one is about to count and done by `until`; False if somebody else has said so."""

    def put(self, exam: str, counted: KeptProgress) -> None:
        """Keeps it; nobody is about to count any more."""


class ResultsBook(Protocol):
    """An exam's applications and journals, many at a time and as they were a moment ago."""

    def numbers(self, exam: str, site: str) -> list[str]:
        """The registration numbers of the site's applications, in their order: each once, also of those who go from one
        status to another meanwhile."""

    def applications(self, exam: str, registration_nos: Sequence[str]) -> list[tuple[Application, RosterEntry | None]]:
        """These (at most 50) in their order, with their roster entries. Those that are gone are left out."""

    def histories(self, exam: str, registration_nos: Sequence[str]) -> list[tuple[list[Entry], list[Viewing]]]:
        """Of each of these its journal and its viewings, oldest first."""


class Exports(Protocol):
    def create(self, created: Export) -> None:
        """Notes what is to be made. It is never forgotten: it says who has taken what away."""

    def get(self, exam: str, id: str) -> Export | None:
        """The export as it is now (a consistent read)."""

    def last(self, exam: str, limit: int) -> list[Export]:
        """The exam's exports, newest first (a consistent read)."""

    def begin(self, before: Export, after: Export) -> bool:
        """Writes it if state, runner and attempts are still as read; whether they were."""

    def save(self, after: Export) -> bool:
        """Writes it if its runner is still the one who works on it; whether it was."""

    def due(self, now: datetime, limit: int) -> list[Export]:
        """Exports that nobody works on although they are not over."""


class Exporting(Protocol):
    def run(self, export: Export) -> None:
        """Has the function work on it."""


class ResultFiles(Protocol):
    """Files with results; they are deleted after some days."""

    def begin(self, key: str, content_type: str) -> str:
        """Begins a file of parts; its upload."""

    def put(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Stores the part of this number, from 1, again or for the first time; its ETag. All but the last one have at
        least 5 MiB."""

    def finish(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """Makes the file of its parts; again is the same as once."""

    def store(self, key: str, data: bytes, content_type: str) -> None:
        """Stores a whole file."""

    def link(self, key: str, name: str) -> str:
        """An address that downloads the file under this name for five minutes."""


class SignInGuard(Protocol):
    """Counts failures per user name and source."""

    def admit(self, username: str, source: str, now: datetime) -> int:
        """Counts an attempt; the seconds to wait if it may not be made (0: go on)."""

    def forget(self, username: str, source: str) -> None:
        """After a success."""


class PasswordCheck(Protocol):
    """The registration system's own check, for candidates whose password hash it keeps to itself."""

    def fits(self, username: str, password: str) -> bool:
        """Whether this is the user's password; False for unknown names. PasswordCheckFailed if it cannot be told."""


class PasswordCheckFailed(Exception):
    """The registration system gave no verdict."""


class Tokens(Struct, frozen=True):
    """What the account store hands out; `expires_in` seconds."""

    id_token: str
    refresh_token: str
    expires_in: int
    roles: frozenset[str] = frozenset()


class Accounts(Protocol):
    """The account store: it mints the tokens."""

    def sign_in_candidate(self, username: str, exam: str, registration_no: str) -> tuple[Tokens, bool]:
        """Tokens for a candidate whose password was checked; True if this has activated the account. If it was
        somebody else's before, their sessions end."""

    def sign_in_staff(self, username: str, password: str, new_password: str = "") -> Tokens | None:
        """Tokens, or None if the password is wrong or there is no such account. An initial password is replaced by the
        new one. Refused: new_password_required, weak_password."""

    def refresh(self, refresh_token: str) -> Tokens | None:
        """New tokens, or None if the session has ended."""

    def sign_out(self, username: str) -> None:
        """Ends every session of this account."""


class Written(StrEnum):
    """How writing a change of staff went."""

    DONE = "done"
    CHANGED = "changed"
    """The member is another than was read."""
    TAKEN = "taken"
    """The user name belongs to somebody else."""
    FORBIDDEN = "forbidden"
    """Whoever wants it is no administrator of the exam, or not any more."""


class StaffBook(Protocol):
    """The table's staff: who they are, and everything that was done to them."""

    def members(self, exam: str) -> list[Member]:
        """The exam's staff, by user name."""

    def member(self, exam: str, username: str) -> Member | None:
        """As it is now (a consistent read)."""

    def changes(self, exam: str, limit: int) -> list[StaffChange]:
        """The last changes, newest first."""

    def write(self, before: Member | None, after: Member, change: StaffChange) -> Written:
        """Writes the member and the change in one transaction, if the member is as read, the user name is free or
        theirs, and `change.by` is an administrator of the exam who is not disabled at this moment: so one is always
        left."""


class StaffAccounts(Protocol):
    """Staff in the account store. Every call may be repeated."""

    def employ(self, member: Member) -> None:
        """Has an account with this role and place; it cannot be signed in to before it is given a password. If there is
        one of this name, its sessions end: it may have been somebody else's."""

    def set_initial_password(self, username: str, password: str) -> None:
        """Whoever signs in with it has to replace it."""

    def is_new(self, username: str) -> bool:
        """Whether nobody has replaced the initial password yet."""

    def end_sessions(self, username: str) -> None:
        """Ends every session; an ID token that was handed out lasts until it ends by itself."""

    def set_disabled(self, username: str, disabled: bool) -> None:
        """Whether the account is shut."""


class PresignedPost(Struct, frozen=True):
    url: str
    fields: dict[str, str]


class InboxObject(Struct, frozen=True):
    """An uploaded file; `etag` says which bytes."""

    key: str
    etag: str
    modified: datetime | None = None


class Inbox(Protocol):
    """Where candidates' uploads arrive: untrusted and short-lived."""

    def presign(self, key: str, content_type: str, max_bytes: int, life: timedelta) -> PresignedPost:
        """A POST for exactly this key and type, `1..max_bytes` long."""

    def read(self, found: InboxObject, max_bytes: int) -> bytes | None:
        """Its bytes (at most `max_bytes` + 1), or None if it is gone or holds other bytes by now."""

    def remove(self, key: str) -> None:
        """Removes it, if it is there."""

    def older_than(self, age: timedelta, now: datetime, limit: int) -> Iterator[InboxObject]:
        """Uploads that have been lying there for longer than they should."""


class Materials(Protocol):
    """Validated images: written once, never changed."""

    def put(self, key: str, data: bytes, content_type: str) -> str | None:
        """Stores the image; its version, or None if the key was written before."""

    def read(self, key: str) -> bytes | None:
        """The image; None if it is not kept any more."""

    def discard(self, key: str, version: str) -> None:
        """Takes back what was just stored, because it lost its slot meanwhile."""

    def link(self, key: str) -> str:
        """An address that shows the image for five minutes."""


class Imaging(Protocol):
    def inspect(self, data: bytes, announced: Announced, limits: ImageLimits) -> Verdict:
        """The verdict on an uploaded file."""


class Workflow(Protocol):
    """The execution that waits for a round's decision."""

    def start(self, application: Application) -> None:
        """Starts the execution of this round and attempt; nothing if it has been started."""

    def resume(self, task_token: str, outcome: str) -> bool:
        """Hands the decision to the waiting execution; False if nothing waits with this token."""

    def ended_badly(self, limit: int) -> Iterator[tuple[str, int, int]]:
        """`(application id, round, attempt)` of executions that failed, timed out or were aborted, newest first."""


class Validation(Protocol):
    def run(self, found: InboxObject) -> None:
        """Has the function look at this upload again."""


class Sms(Protocol):
    def send(self, phone: str, text: str) -> None:
        """Sends one SMS to an E.164 number. SmsFailed if that cannot be done; anything else may succeed later."""


class SmsFailed(Exception):
    """It was refused; the message says why, in few words, and holds no number."""


class SmsCounts(Protocol):
    """How many SMS went where: what keeps mistakes and pumping cheap. Numbers are not kept, only their hashes."""

    def to_number(self, number: str, day: str, most: int) -> bool:
        """Counts one more to this number on that day (ISO date); False, and it is not counted, if it has had `most`."""

    def of_exam(self, exam: str, most: int) -> int:
        """Counts one more of the exam: which one it is; 0, and it is not counted, if there were `most`."""


class Unreached(Struct, frozen=True):
    """A candidate whom an SMS could not be sent to: about which round (0: the first submission), why, since when.

    `about` is `return` or `reminder`. `end` is the candidate's own. `tries` were made; the next one is at `next_try`,
    None if there is none: somebody has to call.
    """

    exam: str
    area: str
    site: str
    registration_no: str
    round: int
    about: str
    cause: str
    since: datetime
    end: datetime
    tries: int
    next_try: datetime | None


class Ending(Struct, frozen=True, order=True):
    """An unreached candidate's place among all others: by the end that was theirs when the last try failed."""

    end: datetime
    registration_no: str = ""
    area: str = ""


class UnreachedCandidates(Protocol):
    """Those who could not be told, until they are, submit, or a month after their end."""

    def ending(self, exam: str, area: str, place: Ending, limit: int, *, before: bool = False) -> list[Ending]:
        """The area's behind this place, the nearest first, or those before it, the nearest first again; so many at
        most, and as they were a moment ago."""

    def some(self, exam: str, places: Sequence[Ending]) -> list[Unreached]:
        """Those at these places (at most 100) who are still unreached, in any order, as they were a moment ago."""

    def of(self, exam: str, area: str) -> Iterator[Unreached]:
        """The area's, in the order of registration numbers."""

    def get(self, exam: str, area: str, registration_no: str) -> Unreached | None:
        """This candidate, if unreached (a consistent read)."""

    def note(self, one: Unreached) -> None:
        """Notes them, whatever was noted before."""

    def forget(self, exam: str, area: str, registration_no: str) -> None:
        """They have been reached, or need not be any more."""


class ExamDue(Struct, frozen=True):
    """An exam whose schedules should be looked at: it was saved, or it is time again. `due` is as it was read."""

    exam: str
    due: str


type Due = ExamDue | Run | Unreached


class Calendar(Protocol):
    """What `deadlines` owes, in the table: looks at exams, runs that are not finished, SMS to be tried again."""

    def due(self, now: datetime, limit: int) -> list[Due]:
        """What is due by now, the longest due first; candidates to tell again after everything else."""

    def looked(self, exam: ExamDue, again: datetime | None) -> None:
        """Has the exam be looked at again then, or never; nothing if it has been saved meanwhile."""

    def begin(self, run: Run) -> bool:
        """Notes the run; False if it has been noted before."""

    def save(self, before: Run, after: Run) -> bool:
        """Writes how far it has come, if nobody else has gone on with it; whether it was."""

    def drop(self, run: Run) -> None:
        """Forgets the run, if nobody else has gone on with it: it may be begun again."""


class Schedules(Protocol):
    """One-off schedules that wake `deadlines` for an occasion; each goes by itself afterwards."""

    def of(self, exam: str) -> dict[str, datetime]:
        """The exam's: name of the occasion → when."""

    def put(self, exam: str, occasion: Occasion) -> None:
        """Makes the schedule, or moves the one of this name."""

    def remove(self, exam: str, name: str) -> None:
        """Removes it, if it is there."""


class Capacity(Protocol):
    """How many candidates can be served at once. Both may be repeated."""

    def warm(self, exam: Exam) -> None:
        """Makes everything that candidates wait for ready for this exam's crowd."""

    def scale_down(self, exam: Exam) -> None:
        """Takes back what costs by the hour."""


class CandidateAccounts(Protocol):
    def remove(self, username: str) -> None:
        """Removes a candidate's account from the account store, if there is one."""


class Archive(Protocol):
    def expire(self, application: Application, at: datetime) -> None:
        """Has all that is known of this candidate end then: application, journal, viewings, spot checks, roster entry,
        account, notice. May be repeated."""
