"""Every port in memory. A fake keeps what its port promises, and the conditions of its writes above all.

`World` has one of each and the use cases on top. Two things can be made to happen in it: somebody else writes first
(`World.meanwhile`), and the process dies or a call fails at its n-th call of a port (`World.watch`).
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

from songshen.contract.candidate import UploadTicket
from songshen.contract.reviewer import DecisionRequest, SlotDecision
from songshen.domain.application import (
    Announcement,
    Application,
    Claim,
    Outcome,
    SlotChange,
    Status,
    application_id,
    holds,
)
from songshen.domain.deadlines import Occasion, Run, Wake
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam, ImageLimits
from songshen.domain.export import Export, ExportState
from songshen.domain.journal import Entry
from songshen.domain.people import Member, Reviewer, StaffChange, StaffRole
from songshen.domain.roster import ImportState, RosterImport
from songshen.domain.spotcheck import SpotCheck
from songshen.domain.verdict import Accepted, Announced, ProblemCode, Rejected, Verdict, problem
from songshen.ports import (
    Account,
    Conflict,
    Decided,
    Due,
    Ending,
    ExamDue,
    Held,
    InboxObject,
    KeptExam,
    KeptProgress,
    NoticeRecord,
    Notification,
    PasswordCheckFailed,
    PresignedPost,
    ProgressRow,
    QueueFilter,
    QueuePage,
    QueueRow,
    RosterChange,
    RosterEntry,
    RoundCounts,
    Tokens,
    Unreached,
    Viewing,
    Written,
)
from songshen.usecases.application import ApplicationDesk
from songshen.usecases.bundle import MakeBundle
from songshen.usecases.cases import CaseDesk
from songshen.usecases.deadlines import KeepDeadlines
from songshen.usecases.exams import ExamDesk
from songshen.usecases.exports import ExportDesk
from songshen.usecases.feedback import Feedback
from songshen.usecases.import_roster import ImportRoster
from songshen.usecases.notify import Notify
from songshen.usecases.progress import ProgressDesk
from songshen.usecases.reconcile import Reconcile
from songshen.usecases.review import ReviewDesk
from songshen.usecases.roster import RosterDesk
from songshen.usecases.sign_in import SignIn
from songshen.usecases.staff import StaffDesk
from songshen.usecases.submit import Submit
from songshen.usecases.telling import Telling
from songshen.usecases.upload_presign import UploadPresign
from songshen.usecases.validate_image import Landed, ValidateImage
from songshen.usecases.write_export import WriteExport
from tests.support import exams

LINK = "https://materials.test/"
REVIEWER = Reviewer("reviewer-1", exams.EXAM, "37", "3701")
COLLEAGUE = Reviewer("reviewer-2", exams.EXAM, "37", "3701")
ELSEWHERE = Reviewer("reviewer-9", exams.EXAM, "37", "3702")
LEAD = Reviewer("lead-1", exams.EXAM, "37")
SOURCE = "203.0.113.7"
PASSWORD = "right horse"


class FakeClock:
    """Stands still until it is set; `ticks`, if any, are what the next readings find."""

    def __init__(self, time: datetime = exams.NOON) -> None:
        self.time = time
        self.ticks: list[datetime] = []

    def now(self) -> datetime:
        if self.ticks:
            self.time = self.ticks.pop(0)
        return self.time

    def advance(self, by: timedelta) -> None:
        """Lets time pass."""
        self.time += by


class FakeApplications:
    """`ports.Applications`. `first` are writes of somebody else, one before each of the next conditional writes."""

    def __init__(self) -> None:
        self.items: dict[str, Application] = {}
        self.journals: dict[str, list[Entry]] = {}
        self.notices: dict[str, NoticeRecord] = {}
        self.notifications: dict[str, Notification] = {}
        self.checks: dict[tuple[str, int], SpotCheck] = {}
        self.seen: dict[str, list[Viewing]] = {}
        self.serials: Counter[tuple[str, str]] = Counter()
        self.first: list[Callable[[], object]] = []
        self.page_size = 1000

    def put(self, application: Application) -> Application:
        """Has the application be as given, whatever it was."""
        self.items[application.id] = application
        self.journals.setdefault(application.id, [])
        return application

    def get(self, application_id: str) -> Application | None:
        return self.items.get(application_id)

    def with_journal(self, application_id: str) -> tuple[Application, list[Entry]] | None:
        found = self.items.get(application_id)
        return (found, list(self.journals[application_id])) if found else None

    def change_slot(self, application: Application, change: SlotChange) -> Application:
        current = self._before_writing(application.id)
        held = current.slots.get(change.slot)
        if held != change.before or current.locked(change.slot):
            raise Conflict(current)
        quota: dict[str, Any] = {}
        if change.counts_on:
            # As the table's adapter: the quota is as it was read, so that a flood of requests cannot slip past it.
            if (current.quota_day, current.quota_count) != (application.quota_day, application.quota_count):
                raise Conflict(current)
            used = current.quota_count if current.quota_day == change.counts_on else 0
            quota = {"quota_day": change.counts_on, "quota_count": used + 1}
        slots = {slot: value for slot, value in current.slots.items() if slot != change.slot}
        if change.after is not None:
            slots[change.slot] = change.after
        return self.put(replace(current, slots=slots, version=current.version + 1, **quota))

    def set_profile(self, application_id: str, phone: str, address: str) -> Application | None:
        found = self.items.get(application_id)
        return self.put(replace(found, phone=phone, address=address)) if found else None

    def transition(
        self,
        before: Application,
        after: Application,
        entry: Entry,
        notice: NoticeRecord | None = None,
        check: SpotCheck | None = None,
    ) -> None:
        current = self._before_writing(before.id)
        as_read = (before.status, before.round, before.attempt, before.version, before.claim)
        if (current.status, current.round, current.attempt, current.version, current.claim) != as_read:
            raise Conflict(current)
        if before.notice_code and not after.notice_code:
            self.notices[before.notice_code] = replace(self.notices[before.notice_code], valid=False)
        # Only the state is written: profile, slots and extension stay as they are.
        written = replace(
            current,
            status=after.status,
            round=after.round,
            attempt=after.attempt,
            version=before.version + 1,
            submitted_at=after.submitted_at,
            decision=after.decision,
            serial_number=after.serial_number,
            notice_code=after.notice_code,
            obligation_due=after.obligation_due,
            claim=None,
        )
        if after.status is Status.SUBMITTED:
            # A new round's execution brings its own. A decision leaves whatever the workflow has stored by then.
            written = replace(written, task_token="", quota_day="", quota_count=0)
        self.put(written)
        self.journals[before.id].append(entry)
        if notice:
            self.notices[notice.code] = notice
        if check:
            self.checks[check.application, check.round] = check

    def extend(self, application: Application, until: datetime, entry: Entry) -> None:
        current = self._before_writing(application.id)
        as_read = (application.status, application.round, application.extension)
        if (current.status, current.round, current.extension) != as_read:
            raise Conflict(current)
        self.put(replace(current, extension=until))
        self.journals[application.id].append(entry)

    def set_claim(self, application: Application, claim: Claim | None) -> None:
        current = self._before_writing(application.id)
        as_read = (application.status, application.round, application.claim)
        if (current.status, current.round, current.claim) != as_read:
            raise Conflict(current)
        self.put(replace(current, claim=claim))

    def restart(self, application: Application, due: datetime) -> Application:
        current = self._before_writing(application.id)
        as_read = (application.status, application.round, application.attempt)
        if (current.status, current.round, current.attempt) != as_read:
            raise Conflict(current)
        return self.put(replace(current, attempt=current.attempt + 1, obligation_due=due, task_token=""))

    def record_notification(self, application: Application, notification: Notification) -> None:
        current = self._before_writing(application.id)
        if current.round == application.round:
            self.notifications[application.id] = notification
            self.put(replace(current, obligation_due=None, task_token=""))

    def settle(self, application_id: str, round: int, attempt: int) -> None:
        current = self._before_writing(application_id)
        if (current.round, current.attempt) == (round, attempt) and current.status is not Status.SUBMITTED:
            self.put(replace(current, obligation_due=None, task_token=""))

    def mark_reminded(self, application: Application, mark: str) -> bool:
        current = self._before_writing(application.id)
        as_read = (application.status, application.round)
        if (current.status, current.round) != as_read or current.reminded == mark:
            return False
        self.put(replace(current, reminded=mark))
        return True

    def notification_of(self, application_id: str) -> Notification | None:
        return self.notifications.get(application_id)

    def next_serial(self, exam: str, site: str) -> int:
        self.serials[exam, site] += 1
        return self.serials[exam, site]

    def notice(self, code: str) -> NoticeRecord | None:
        return self.notices.get(code)

    def queue(
        self, exam: str, site: str, status: str, wanted: QueueFilter, cursor: str | None, limit: int
    ) -> QueuePage:
        """A cursor is the last line shown, `<milliseconds>#<registration_no>`; any other text is a ValueError."""

        def place(a: Application) -> tuple[int, str]:
            return (int(a.since.timestamp() * 1000) if a.since else 0, a.registration_no)

        since, _, registration_no = (cursor or "-1#").partition("#")
        behind = (int(since), registration_no)
        found = [a for a in self.items.values() if (a.exam, a.site, a.status) == (exam, site, status)]
        left = sorted((a for a in found if place(a) > behind and _is_wanted(a, wanted)), key=place)
        page = left[: min(limit, self.page_size)]
        rows = [QueueRow(a.id, a.registration_no, a.name, a.status.value, a.round, a.since, a.claim) for a in page]
        return QueuePage(rows, "{}#{}".format(*place(page[-1])) if len(left) > len(page) else None)

    def held(self, exam: str, reviewer: str, now: datetime, limit: int) -> int:
        return min(limit, sum(a.exam == exam and holds(a.claim, reviewer, now) for a in self.items.values()))

    def count(self, exam: str, site: str, status: str) -> int:
        return sum((a.exam, a.site, a.status) == (exam, site, status) for a in self.items.values())

    def some(self, application_ids: Sequence[str]) -> list[Application]:
        assert len(application_ids) <= 100
        return [self.items[id] for id in application_ids if id in self.items]

    def each(self, exam: str, site: str, status: str) -> Iterator[Application]:
        yield from [a for a in self.items.values() if (a.exam, a.site, a.status) == (exam, site, status)]

    def record_viewing(self, application_id: str, viewing: Viewing) -> None:
        def key(one: Viewing) -> tuple[str, int, str, int]:
            return one.by, one.round, one.what, int(one.at.timestamp()) // 600

        others = [one for one in self.seen.get(application_id, []) if key(one) != key(viewing)]
        self.seen[application_id] = [*others, viewing]

    def viewings(self, application_id: str) -> list[Viewing]:
        return sorted(self.seen.get(application_id, []), key=lambda one: one.at)

    def obligations(self, now: datetime, limit: int) -> list[str]:
        due = sorted((a.obligation_due, a.id) for a in self.items.values() if a.obligation_due)
        return [id for time, id in due if time <= now][:limit]

    def _before_writing(self, application_id: str) -> Application:
        if self.first:
            waiting, self.first = self.first, []
            waiting.pop(0)()
            self.first = waiting
        return self.items[application_id]


def _is_wanted(application: Application, wanted: QueueFilter) -> bool:
    claim = application.claim if application.claim and application.claim.expires > wanted.now else None
    found = application.registration_no.startswith(wanted.search) or wanted.search in application.name
    return all(
        (
            wanted.round in (0, application.round),
            not wanted.before or bool(application.since and application.since < wanted.before),
            not wanted.mine or bool(claim and claim.by == wanted.mine),
            not wanted.free or claim is None,
            not wanted.search or found,
            application.registration_no.startswith(wanted.number),
        )
    )


class FakeSpotChecks:
    """`ports.SpotChecks`, on what the applications' transitions have written."""

    def __init__(self, applications: FakeApplications) -> None:
        self._kept = applications.checks

    def waiting(self, exam: str, area: str) -> list[SpotCheck]:
        found = [c for c in self._kept.values() if (c.exam, c.area) == (exam, area) and c.second is None]
        return sorted(found, key=lambda check: check.first.at)

    def find(self, exam: str, area: str, application_id: str) -> list[SpotCheck]:
        place = (exam, area, application_id)
        return [c for c in self._kept.values() if (c.exam, c.area, c.application) == place]

    def set_claim(self, check: SpotCheck, claim: Claim) -> bool:
        return self._write(check, replace(check, claim=claim))

    def finish(self, before: SpotCheck, after: SpotCheck) -> bool:
        return self._write(before, after)

    def _write(self, before: SpotCheck, after: SpotCheck) -> bool:
        current = self._kept.get((before.application, before.round))
        if current is None or current.second is not None or current.claim != before.claim:
            return False
        self._kept[before.application, before.round] = after
        return True

    def finished(self, exam: str, area: str) -> Iterator[SpotCheck]:
        yield from (c for c in self._kept.values() if (c.exam, c.area) == (exam, area) and c.second is not None)


class FakeSentImages:
    """`ports.SentImages`."""

    def __init__(self) -> None:
        self.noted: dict[tuple[str, str, str], datetime] = {}
        """Exam, hash and registration number → until when."""

    def note(self, exam: str, sha256: str, registration_no: str, until: datetime) -> None:
        self.noted[exam, sha256, registration_no] = until

    def senders(self, exam: str, sha256: str) -> list[str]:
        return sorted(number for *image, number in self.noted if image == [exam, sha256])[:20]


class FakeExams:
    """`ports.Exams`."""

    def __init__(self, *given: Exam) -> None:
        self.items = {exam.id: exam for exam in given}
        self.versions = {(exam.id, 1): KeptExam(exam, 1, exams.OPENS, "") for exam in given}
        self.looks: dict[str, datetime] = {}
        """When `deadlines` is to look at an exam that was saved."""

    def get(self, exam: str) -> Exam:
        return self.items[exam]

    def kept(self, exam: str, version: int = 0) -> KeptExam | None:
        newest = max((number for id, number in self.versions if id == exam), default=0)
        return self.versions.get((exam, version or newest))

    def save(self, after: KeptExam) -> bool:
        kept = self.kept(after.exam.id)
        if after.version != (kept.version if kept else 0) + 1:
            return False
        self.versions[after.exam.id, after.version] = after
        self.items[after.exam.id] = after.exam
        self.looks[after.exam.id] = after.at
        return True


class FakeRoster:
    """`ports.Roster`."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.entries: dict[tuple[str, str], RosterEntry] = {}

    def account(self, username: str) -> Account | None:
        return self.accounts.get(username)

    def entry(self, exam: str, registration_no: str) -> RosterEntry | None:
        return self.entries.get((exam, registration_no))

    def add(self, entry: RosterEntry) -> None:
        """A candidate with an account."""
        self.entries[entry.exam, entry.registration_no] = entry
        self.accounts[entry.username] = Account(entry.username, False, entry.exam, entry.registration_no)


class FakeRosterBook:
    """`ports.RosterBook`, over the roster and the applications. `first` are writes of somebody else, one before each of
    the next changes."""

    def __init__(self, roster: FakeRoster, applications: FakeApplications) -> None:
        self._roster = roster
        self._applications = applications
        self.first: list[Callable[[], object]] = []
        self.written: list[str] = []
        """Registration numbers, in the order of their writes."""

    def find(self, entries: Sequence[RosterEntry]) -> list[Held]:
        return [
            Held(
                self._roster.entry(entry.exam, entry.registration_no),
                self._roster.account(entry.username),
                self._applications.items.get(application_id(entry.exam, entry.registration_no)),
            )
            for entry in entries
        ]

    def write(self, changes: Sequence[RosterChange]) -> list[bool]:
        return [self._write(change) for change in changes]

    def _write(self, change: RosterChange) -> bool:
        if self.first:
            self.first.pop(0)()
        if self.find([change.entry]) != [change.held]:
            return False
        entry, was = change.entry, change.held.entry
        if was and was.username != entry.username:
            self._roster.accounts.pop(was.username, None)
        self._roster.add(entry)
        if change.application:
            before = change.held.application
            version = before.version + 1 if before else 0
            self._applications.put(replace(change.application, version=version))
        self.written.append(entry.registration_no)
        return True


class FakeRosterImports:
    """`ports.RosterImports`."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], RosterImport] = {}

    def create(self, created: RosterImport) -> None:
        self.items[created.exam, created.id] = created

    def get(self, exam: str, id: str) -> RosterImport | None:
        return self.items.get((exam, id))

    def last(self, exam: str, limit: int) -> list[RosterImport]:
        own = [one for one in self.items.values() if one.exam == exam]
        return sorted(own, key=lambda one: one.id, reverse=True)[:limit]

    def begin(self, before: RosterImport, after: RosterImport) -> bool:
        now = self.items[after.exam, after.id]
        if (now.state, now.runner, now.attempts) != (before.state, before.runner, before.attempts):
            return False
        self.items[after.exam, after.id] = after
        return True

    def save(self, after: RosterImport) -> bool:
        now = self.items[after.exam, after.id]
        if (now.state, now.runner) != (ImportState.RUNNING, after.runner):
            return False
        self.items[after.exam, after.id] = after
        return True

    def due(self, now: datetime, limit: int) -> list[RosterImport]:
        return [one for one in self.items.values() if one.due and one.due <= now][:limit]


class FakeRosterFiles:
    """`ports.RosterFiles`. `arrive` is what an administrator's POST does."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.presigned: list[tuple[str, int, timedelta]] = []

    def arrive(self, key: str, data: bytes) -> InboxObject:
        """Stores the file; what its event says."""
        self.objects[key] = data
        return InboxObject(key, _etag(data))

    def presign(self, key: str, max_bytes: int, life: timedelta) -> PresignedPost:
        self.presigned.append((key, max_bytes, life))
        return PresignedPost("https://rosters.test/", {"key": key})

    def size(self, key: str, etag: str) -> int:
        data = self.objects.get(key, b"")
        if _etag(data) != etag:
            raise LookupError(key)
        return len(data)

    def pieces(self, key: str, etag: str) -> Iterator[bytes]:
        self.size(key, etag)
        data = self.objects[key]
        return (data[at : at + 1000] for at in range(0, len(data), 1000))

    def put_report(self, key: str, text: str) -> None:
        self.objects[key] = text.encode()

    def report(self, key: str) -> str:
        return self.objects[key].decode()

    def report_link(self, key: str, name: str) -> str:
        return f"https://rosters.test/{key}?{name}"


class FakeProgressBook:
    """`ports.ProgressBook`, over the applications and their journals."""

    def __init__(self, applications: FakeApplications) -> None:
        self._applications = applications
        self.own_extensions_read: list[str] = []
        self.unreachable: Counter[tuple[str, str]] = Counter()
        """Exam and area → how many an SMS could not reach."""
        self.asked = 0

    def _in(self, exam: str, site: str, status: str) -> list[Application]:
        self.asked += 1
        found = [a for a in self._applications.items.values() if (a.exam, a.site, a.status) == (exam, site, status)]
        return sorted(found, key=lambda a: (str(a.since), a.registration_no))

    def counts(self, exam: str, site: str, status: str) -> RoundCounts:
        rounds = [a.round for a in self._in(exam, site, status)]
        return RoundCounts(len(rounds), rounds.count(1), rounds.count(2))

    def rows(self, exam: str, site: str, status: str) -> Iterator[ProgressRow]:
        for application in self._in(exam, site, status):
            assert application.since is not None
            yield ProgressRow(application.registration_no, application.since, application.round)

    def decisions(self, exam: str, area: str, since: datetime) -> Iterator[Decided]:
        found = []
        for application in self._applications.items.values():
            if (application.exam, application.area) != (exam, area):
                continue
            journal = self._applications.journals[application.id]
            sent = {entry.round: entry.at for entry in journal if entry.kind == "submitted"}
            found += [
                Decided(entry.by, application.site, entry.at, entry.kind == "approved", sent[entry.round])
                for entry in journal
                if entry.kind in {"returned", "approved"} and entry.at >= since
            ]
        yield from sorted(found, key=lambda one: one.at)

    def extensions(self, exam: str, registration_nos: Sequence[str]) -> dict[str, datetime]:
        self.own_extensions_read = list(registration_nos)
        found = [self._applications.items[application_id(exam, number)] for number in registration_nos]
        return {one.registration_no: one.extension for one in found if one.extension}

    def unreached(self, exam: str, area: str) -> int:
        return self.unreachable[exam, area]


class FakeProgressCache:
    """`ports.ProgressCache`."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptProgress] = {}
        self.counting: dict[str, datetime] = {}

    def get(self, exam: str) -> KeptProgress | None:
        return self.kept.get(exam)

    def claim(self, exam: str, now: datetime, until: datetime) -> bool:
        if exam in self.counting and self.counting[exam] > now:
            return False
        self.counting[exam] = until
        return True

    def put(self, exam: str, counted: KeptProgress) -> None:
        self.kept[exam] = counted
        self.counting.pop(exam, None)


class FakeResultsBook:
    """`ports.ResultsBook`, over the applications, their journals and the roster."""

    def __init__(self, applications: FakeApplications, roster: FakeRoster) -> None:
        self._applications = applications
        self._roster = roster

    def numbers(self, exam: str, site: str) -> list[str]:
        found = [a for a in self._applications.items.values() if (a.exam, a.site) == (exam, site)]
        return sorted(a.registration_no for a in found)

    def applications(self, exam: str, registration_nos: Sequence[str]) -> list[tuple[Application, RosterEntry | None]]:
        assert len(registration_nos) <= 50
        ids = [application_id(exam, number) for number in registration_nos]
        found = [self._applications.items[id] for id in ids if id in self._applications.items]
        return [(one, self._roster.entry(exam, one.registration_no)) for one in found]

    def histories(self, exam: str, registration_nos: Sequence[str]) -> list[tuple[list[Entry], list[Viewing]]]:
        ids = [application_id(exam, number) for number in registration_nos]
        return [(list(self._applications.journals[id]), self._applications.viewings(id)) for id in ids]


class FakeExports:
    """`ports.Exports`."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Export] = {}

    def create(self, created: Export) -> None:
        self.items[created.exam, created.id] = created

    def get(self, exam: str, id: str) -> Export | None:
        return self.items.get((exam, id))

    def last(self, exam: str, limit: int) -> list[Export]:
        own = [one for one in self.items.values() if one.exam == exam]
        return sorted(own, key=lambda one: one.id, reverse=True)[:limit]

    def begin(self, before: Export, after: Export) -> bool:
        now = self.items[after.exam, after.id]
        if (now.state, now.runner, now.attempts) != (before.state, before.runner, before.attempts):
            return False
        self.items[after.exam, after.id] = after
        return True

    def save(self, after: Export) -> bool:
        now = self.items[after.exam, after.id]
        if (now.state, now.runner) != (ExportState.RUNNING, after.runner):
            return False
        self.items[after.exam, after.id] = after
        return True

    def due(self, now: datetime, limit: int) -> list[Export]:
        return [one for one in self.items.values() if one.due and one.due <= now][:limit]


class FakeExporting:
    """`ports.Exporting`: the function works on it once somebody lets it (`settle`)."""

    def __init__(self, write: Callable[[Export], object]) -> None:
        self._write = write
        self.asked: list[Export] = []

    def run(self, export: Export) -> None:
        self.asked.append(export)

    def settle(self) -> None:
        """All that was asked for is worked on."""
        asked, self.asked = self.asked, []
        for export in asked:
            self._write(export)


class FakeResultFiles:
    """`ports.ResultFiles`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.least = 5 * 1024 * 1024
        """Bytes of a part that is not the last."""

    def begin(self, key: str, content_type: str) -> str:
        self.types[key] = content_type
        upload = f"upload-{len(self.uploads)}"
        self.uploads[upload] = {}
        return upload

    def put(self, key: str, upload: str, number: int, data: bytes) -> str:
        self.uploads[upload][number] = data
        return _etag(data)

    def finish(self, key: str, upload: str, parts: Sequence[str]) -> None:
        if upload not in self.uploads:
            assert key in self.objects
            return
        stored = self.uploads[upload]
        given = [stored[number] for number in range(1, len(parts) + 1)]
        assert [_etag(data) for data in given] == list(parts)
        assert all(len(data) >= self.least for data in given[:-1])
        self.objects[key] = b"".join(given)
        del self.uploads[upload]

    def store(self, key: str, data: bytes, content_type: str) -> None:
        self.objects[key] = data
        self.types[key] = content_type

    def link(self, key: str, name: str) -> str:
        return f"https://results.test/{key}?name={name}"


class FakeGuard:
    """`ports.SignInGuard`: five attempts are free, then 30 s more for each."""

    def __init__(self) -> None:
        self.attempts: Counter[tuple[str, str]] = Counter()

    def admit(self, username: str, source: str, now: datetime) -> int:
        if self.attempts[username, source] >= 5:
            return 30
        self.attempts[username, source] += 1
        return 0

    def forget(self, username: str, source: str) -> None:
        del self.attempts[username, source]


class FakePasswordCheck:
    """`ports.PasswordCheck`: a registration system that may be down."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.asked: list[str] = []
        self.down = False

    def fits(self, username: str, password: str) -> bool:
        self.asked.append(username)
        if self.down:
            raise PasswordCheckFailed("down")
        return self.passwords.get(username) == password


class FakeAccounts:
    """`ports.Accounts`. Sessions are `refresh token → user name`."""

    def __init__(self) -> None:
        self.staff: dict[str, tuple[str, tuple[str, ...]]] = {}
        """User name → password and groups."""
        self.activated: dict[str, tuple[str, str]] = {}
        """User name → exam and registration number."""
        self.sessions: dict[str, str] = {}
        self.places: dict[str, tuple[str, str]] = {}
        self.initial: set[str] = set()
        """Staff who have not replaced their initial password."""
        self.shut: set[str] = set()

    def sign_in_candidate(self, username: str, exam: str, registration_no: str) -> tuple[Tokens, bool]:
        first = username not in self.activated
        self.activated[username] = (exam, registration_no)
        return self._tokens(username, ("candidate",)), first

    def sign_in_staff(self, username: str, password: str, new_password: str = "") -> Tokens | None:
        kept, groups = self.staff.get(username, (None, ()))
        if kept != password or username in self.shut:
            return None
        if username in self.initial:
            if not new_password:
                raise Refused(Code.NEW_PASSWORD_REQUIRED)
            if len(new_password) < 12 or new_password == password:
                raise Refused(Code.WEAK_PASSWORD)
            self.staff[username] = (new_password, groups)
            self.initial.discard(username)
        return self._tokens(username, groups)

    def refresh(self, refresh_token: str) -> Tokens | None:
        username = self.sessions.get(refresh_token)
        if username is None:
            return None
        return self._tokens(username, self.staff.get(username, ("", ("candidate",)))[1])

    def sign_out(self, username: str) -> None:
        self.sessions = {token: name for token, name in self.sessions.items() if name != username}

    def _tokens(self, username: str, groups: tuple[str, ...]) -> Tokens:
        refresh = f"refresh-{username}"
        self.sessions[refresh] = username
        return Tokens(f"id-{username}", refresh, 900, frozenset(groups))


class FakeStaffAccounts:
    """`ports.StaffAccounts`, over the accounts that people sign in to."""

    def __init__(self, of: FakeAccounts) -> None:
        self.of = of

    def employ(self, member: Member) -> None:
        self.of.sign_out(member.username)
        password, _ = self.of.staff.get(member.username, ("", ()))
        self.of.staff[member.username] = (password, (member.role.value,))
        self.of.places[member.username] = (member.area, member.site)
        if not password:
            self.of.initial.add(member.username)

    def set_initial_password(self, username: str, password: str) -> None:
        self.of.staff[username] = (password, self.of.staff[username][1])
        self.of.initial.add(username)

    def is_new(self, username: str) -> bool:
        return username not in self.of.staff or username in self.of.initial

    def end_sessions(self, username: str) -> None:
        self.of.sign_out(username)

    def set_disabled(self, username: str, disabled: bool) -> None:
        (self.of.shut.add if disabled else self.of.shut.discard)(username)


class FakeStaffBook:
    """`ports.StaffBook`. `first` are writes of somebody else, one before each of the next."""

    def __init__(self, roster: FakeRoster) -> None:
        self._roster = roster
        self.items: dict[tuple[str, str], Member] = {}
        self.noted: list[tuple[str, StaffChange]] = []
        self.first: list[Callable[[], object]] = []

    def members(self, exam: str) -> list[Member]:
        return sorted((one for one in self.items.values() if one.exam == exam), key=lambda one: one.username)

    def member(self, exam: str, username: str) -> Member | None:
        return self.items.get((exam, username))

    def changes(self, exam: str, limit: int) -> list[StaffChange]:
        return [change for of, change in reversed(self.noted) if of == exam][:limit]

    def write(self, before: Member | None, after: Member, change: StaffChange) -> Written:
        if self.first:
            self.first.pop(0)()
        author = self.member(after.exam, change.by)
        if author is None or author.role is not StaffRole.ADMIN or author.disabled:
            return Written.FORBIDDEN
        return self.found(after, change, before)

    def found(self, after: Member, change: StaffChange, before: Member | None = None) -> Written:
        """Whoever wants it."""
        account = self._roster.account(after.username)
        if account and not (account.staff and account.exam in ("", after.exam)):
            return Written.TAKEN
        if self.member(after.exam, after.username) != before:
            return Written.CHANGED
        self.items[after.exam, after.username] = after
        self._roster.accounts[after.username] = Account(after.username, True, after.exam)
        self.noted.append((after.exam, change))
        return Written.DONE


class FakeInbox:
    """`ports.Inbox`. `arrive` is what a browser's POST does."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.presigned: list[tuple[str, str, int, timedelta]] = []

    def arrive(self, key: str, data: bytes) -> InboxObject:
        """Stores the file; what its event says."""
        self.objects[key] = (data, self._clock.time)
        return InboxObject(key, _etag(data))

    def presign(self, key: str, content_type: str, max_bytes: int, life: timedelta) -> PresignedPost:
        self.presigned.append((key, content_type, max_bytes, life))
        return PresignedPost("https://inbox.test/", {"key": key, "Content-Type": content_type})

    def read(self, found: InboxObject, max_bytes: int) -> bytes | None:
        data, _ = self.objects.get(found.key, (None, None))
        return data[: max_bytes + 1] if data is not None and _etag(data) == found.etag else None

    def remove(self, key: str) -> None:
        self.objects.pop(key, None)

    def older_than(self, age: timedelta, now: datetime, limit: int) -> Iterator[InboxObject]:
        old = [(key, thing) for key, thing in sorted(self.objects.items()) if thing[1] <= now - age]
        for key, (data, modified) in old[:limit]:
            yield InboxObject(key, _etag(data), modified)


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


class FakeMaterials:
    """`ports.Materials`."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, bytes, str]] = {}
        """Key → version, bytes, type."""
        self._versions = 0

    def put(self, key: str, data: bytes, content_type: str) -> str | None:
        if key in self.objects:
            return None
        self._versions += 1
        version = f"v{self._versions}"
        self.objects[key] = (version, data, content_type)
        return version

    def read(self, key: str) -> bytes | None:
        found = self.objects.get(key)
        return found[1] if found else None

    def discard(self, key: str, version: str) -> None:
        if key in self.objects and self.objects[key][0] == version:
            del self.objects[key]

    def link(self, key: str) -> str:
        return LINK + key


class FakeImaging:
    """`ports.Imaging`: bytes that begin with `bad` are refused, others are kept with `clean:` in front."""

    def inspect(self, data: bytes, announced: Announced, limits: ImageLimits) -> Verdict:
        if hashlib.sha256(data).hexdigest() != announced.sha256:
            return Rejected(problem(ProblemCode.NOT_AS_ANNOUNCED))
        if data.startswith(b"bad"):
            return Rejected(problem(ProblemCode.TRUNCATED))
        kept = b"clean:" + data
        return Accepted(kept, announced.content_type, 640, 480, hashlib.sha256(kept).hexdigest(), ())


@dataclass
class Execution:
    """One run of the submission workflow: `started → waiting → resumed → succeeded`, or `failed`."""

    application: str
    round: int
    attempt: int
    state: str = "started"
    token: str = ""
    outcome: str = ""

    @property
    def alive(self) -> bool:
        return self.state in {"started", "waiting", "resumed"}


class FakeWorkflow:
    """`ports.Workflow`, and what the state machine does with its executions, one step at a time."""

    def __init__(self, applications: FakeApplications) -> None:
        self._applications = applications
        self.executions: dict[tuple[str, int, int], Execution] = {}
        self.notify: Callable[[str, int, int], object] = applications.settle

    def start(self, application: Application) -> None:
        name = (application.id, application.round, application.attempt)
        self.executions.setdefault(name, Execution(*name))

    def resume(self, task_token: str, outcome: str) -> bool:
        for execution in self.executions.values():
            if execution.state == "waiting" and execution.token == task_token:
                execution.state, execution.outcome = "resumed", outcome
                return True
        return False

    def ended_badly(self, limit: int) -> Iterator[tuple[str, int, int]]:
        failed = [name for name, execution in self.executions.items() if execution.state == "failed"]
        yield from failed[::-1][:limit]

    def step(self, execution: Execution) -> None:
        """`AwaitDecision` writes the token if its round and attempt are undecided; what is decided ends the round."""
        current = self._applications.items[execution.application]
        mine = (current.round, current.attempt) == (execution.round, execution.attempt)
        if execution.state == "started":
            if mine and current.status is Status.SUBMITTED:
                execution.state = "waiting"
                execution.token = f"token-{execution.application}-{execution.round}-{execution.attempt}"
                self._applications.put(replace(current, task_token=execution.token, obligation_due=None))
            else:
                execution.state = "resumed"
        elif execution.state == "resumed":
            approves = execution.outcome == Outcome.APPROVE
            finish = self._applications.settle if approves else self.notify
            finish(execution.application, execution.round, execution.attempt)
            execution.state = "succeeded"

    def settle(self) -> None:
        """Every execution goes as far as it can without a decision."""
        for execution in self.executions.values():
            for _ in range(3):
                self.step(execution)

    def lose(self, execution: Execution) -> None:
        """The platform fails the execution."""
        execution.state = "failed"


class FakeSms:
    """`ports.Sms`. `fails` is raised instead of sending."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails: Exception | None = None

    def send(self, phone: str, text: str) -> None:
        if self.fails:
            raise self.fails
        self.sent.append((phone, text))


class FakeSmsCounts:
    """`ports.SmsCounts`."""

    def __init__(self) -> None:
        self.numbers: Counter[tuple[str, str]] = Counter()
        self.exams: Counter[str] = Counter()

    def to_number(self, number: str, day: str, most: int) -> bool:
        if self.numbers[number, day] >= most:
            return False
        self.numbers[number, day] += 1
        return True

    def of_exam(self, exam: str, most: int) -> int:
        if self.exams[exam] >= most:
            return 0
        self.exams[exam] += 1
        return self.exams[exam]


class FakeUnreachedCandidates:
    """`ports.UnreachedCandidates`."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], Unreached] = {}

    def ending(self, exam: str, area: str, place: Ending, limit: int, *, before: bool = False) -> list[Ending]:
        found = sorted(Ending(one.end, one.registration_no) for one in self.of(exam, area))
        here = replace(place, area="")
        wanted = [one for one in reversed(found) if one < here] if before else [one for one in found if one > here]
        return [replace(one, area=area) for one in wanted[:limit]]

    def some(self, exam: str, places: Sequence[Ending]) -> list[Unreached]:
        assert len(places) <= 100
        found = [self.get(exam, one.area, one.registration_no) for one in places]
        return [one for one in found if one]

    def of(self, exam: str, area: str) -> Iterator[Unreached]:
        yield from [self.items[key] for key in sorted(self.items) if key[:2] == (exam, area)]

    def get(self, exam: str, area: str, registration_no: str) -> Unreached | None:
        return self.items.get((exam, area, registration_no))

    def note(self, one: Unreached) -> None:
        self.items[one.exam, one.area, one.registration_no] = one

    def forget(self, exam: str, area: str, registration_no: str) -> None:
        self.items.pop((exam, area, registration_no), None)


class FakeCalendar:
    """`ports.Calendar`, over what was saved and who is unreached."""

    def __init__(self, exams: FakeExams, unreached: FakeUnreachedCandidates) -> None:
        self._exams = exams
        self._unreached = unreached
        self.runs: dict[tuple[str, str], Run] = {}

    def due(self, now: datetime, limit: int) -> list[Due]:
        found: list[tuple[datetime, Due]] = [
            *((at, ExamDue(exam, at.isoformat())) for exam, at in self._exams.looks.items()),
            *((run.due, run) for run in self.runs.values() if run.due),
        ]
        again: list[tuple[datetime, Due]] = [
            (one.next_try, one) for one in self._unreached.items.values() if one.next_try
        ]
        by_time = [*sorted(found, key=itemgetter(0)), *sorted(again, key=itemgetter(0))]
        return [due for at, due in by_time if at <= now][:limit]

    def looked(self, exam: ExamDue, again: datetime | None) -> None:
        if self._exams.looks[exam.exam].isoformat() == exam.due:
            del self._exams.looks[exam.exam]
            if again:
                self._exams.looks[exam.exam] = again

    def begin(self, run: Run) -> bool:
        if (run.exam, run.id) in self.runs:
            return False
        self.runs[run.exam, run.id] = run
        return True

    def save(self, before: Run, after: Run) -> bool:
        if self.runs[before.exam, before.id].due != before.due:
            return False
        self.runs[after.exam, after.id] = after
        return True

    def drop(self, run: Run) -> None:
        if self.runs[run.exam, run.id].due == run.due:
            del self.runs[run.exam, run.id]


class FakeSchedules:
    """`ports.Schedules`."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], datetime] = {}
        self.writes: list[str] = []
        """What was put (`+`) and removed (`-`), in this order."""

    def of(self, exam: str) -> dict[str, datetime]:
        return {name: at for (its, name), at in self.items.items() if its == exam}

    def put(self, exam: str, occasion: Occasion) -> None:
        self.writes.append(f"+{occasion.name}")
        self.items[exam, occasion.name] = occasion.at

    def remove(self, exam: str, name: str) -> None:
        self.writes.append(f"-{name}")
        self.items.pop((exam, name), None)

    def fire(self, exam: str, now: datetime) -> list[Wake]:
        """What the schedules that are due say; they are gone afterwards."""
        due = sorted((at, name) for (its, name), at in self.items.items() if its == exam and at <= now)
        for _, name in due:
            del self.items[exam, name]
        return [Wake(exam, name, at) for at, name in due]


class FakeCapacity:
    """`ports.Capacity`: what was asked for, in this order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def warm(self, exam: Exam) -> None:
        self.asked.append(("warm", exam.id))

    def scale_down(self, exam: Exam) -> None:
        self.asked.append(("scale_down", exam.id))


class FakeCandidateAccounts:
    """`ports.CandidateAccounts`."""

    def __init__(self) -> None:
        self.removed: set[str] = set()

    def remove(self, username: str) -> None:
        self.removed.add(username)


class FakeArchive:
    """`ports.Archive`: application id → when everything about it ends."""

    def __init__(self) -> None:
        self.ends: dict[str, datetime] = {}

    def expire(self, application: Application, at: datetime) -> None:
        self.ends[application.id] = at


class FakeValidation:
    """`ports.Validation`: the function looks at the upload at once."""

    def __init__(self, validate: Callable[[InboxObject], object]) -> None:
        self._validate = validate

    def run(self, found: InboxObject) -> None:
        self._validate(found)


class Crash(BaseException):
    """The process has died: nothing in it can catch this."""


class Unavailable(Exception):
    """A service did not answer; whether it did what it was asked is not known."""


@dataclass
class Watch:
    """Counts the calls of ports; at the `at`-th one the process dies, or the call fails, after or before its work."""

    at: int = 0
    with_: type[BaseException] = Crash
    done_first: bool = True
    calls: list[str] = field(default_factory=list)

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        hit = len(self.calls) == self.at
        if hit and not self.done_first:
            raise self.with_(name)
        answer = call()
        if hit:
            raise self.with_(name)
        return answer


class Watched:
    """A port whose calls go by the world's watch."""

    def __init__(self, world: "World", name: str) -> None:
        self._world = world
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        target = getattr(getattr(self._world, self._name), method)

        def call(*args: Any, **kwargs: Any) -> Any:
            watch = self._world.watching
            act = partial(target, *args, **kwargs)
            return watch(f"{self._name}.{method}", act) if watch else act()

        return call


class World:
    """An exam, its candidates, one of every port, and the use cases on top."""

    def __init__(self, exam: Exam | None = None, candidates: tuple[str, ...] = (exams.NO,)) -> None:
        self.exam = exam or exams.exam()
        self.watching: Watch | None = None
        self.clock = FakeClock()
        self.applications = FakeApplications()
        self.exams = FakeExams(self.exam)
        self.checks = FakeSpotChecks(self.applications)
        self.images = FakeSentImages()
        self.lot = 1.0
        """What is drawn at a decision: below the exam's share it is checked by somebody else."""
        self.roster = FakeRoster()
        self.guard = FakeGuard()
        self.accounts = FakeAccounts()
        self.staff_book = FakeStaffBook(self.roster)
        self.staff_accounts = FakeStaffAccounts(self.accounts)
        self.inbox = FakeInbox(self.clock)
        self.materials = FakeMaterials()
        self.imaging = FakeImaging()
        self.sms = FakeSms()
        self.sms_counts = FakeSmsCounts()
        self.unreached = FakeUnreachedCandidates()
        self.calendar = FakeCalendar(self.exams, self.unreached)
        self.schedules = FakeSchedules()
        self.capacity = FakeCapacity()
        self.archive = FakeArchive()
        self.imports = FakeRosterImports()
        self.rosters = FakeRosterFiles()
        self.book = FakeRosterBook(self.roster, self.applications)
        self.workflow = FakeWorkflow(self.applications)
        self.progress_book = FakeProgressBook(self.applications)
        self.progress_cache = FakeProgressCache()
        self.results_book = FakeResultsBook(self.applications, self.roster)
        self.exports = FakeExports()
        self.results = FakeResultFiles()

        own = (
            *("applications", "exams", "roster", "materials", "workflow", "sms", "clock"),
            *("inbox", "imaging", "guard", "accounts", "validation", "checks", "images"),
            *("imports", "rosters", "book", "importing"),
            *("progress_book", "progress_cache", "results_book", "exports", "exporting", "results"),
            *("sms_counts", "unreached", "calendar", "schedules", "capacity", "archive"),
            *("staff_book", "staff_accounts"),
        )
        port = {name: Watched(self, name) for name in own}
        a, e, r, m, w, c = (port[n] for n in ("applications", "exams", "roster", "materials", "workflow", "clock"))
        self.desk: Any = ApplicationDesk(a, e, r, m, c)
        self.presign: Any = UploadPresign(a, e, port["inbox"], c)
        self.validate: Any = ValidateImage(a, e, port["inbox"], m, port["imaging"], port["images"], c)
        self.submit: Any = Submit(a, e, m, w, port["unreached"], c)
        self.feedback: Any = Feedback(a, e, port["checks"], w, c, lambda: self.lot)
        self.reviews: Any = ReviewDesk(a, e, r, m, port["checks"], port["images"], c)
        self.exam_desk: Any = ExamDesk(e, port["checks"], a, c)
        self.cases: Any = CaseDesk(a, e, r, c)
        self.staff: Any = StaffDesk(port["staff_book"], port["staff_accounts"], e, a, port["checks"], c)
        tell: Any = Telling(r, port["sms"], port["sms_counts"], port["unreached"], c)
        self.notify: Any = Notify(a, e, tell, c)
        calendar, schedules, unreached = port["calendar"], port["schedules"], port["unreached"]
        self.deadlines: Any = KeepDeadlines(
            e, a, calendar, schedules, tell, unreached, port["capacity"], port["archive"], lambda: None, c
        )
        self.sign_in: Any = SignIn(r, port["accounts"], port["guard"], c)
        self.validation = FakeValidation(self.validate)
        self.roster_desk: Any = RosterDesk(port["imports"], e, port["rosters"], c)
        self.import_roster: Any = ImportRoster(port["imports"], e, port["rosters"], port["book"], c)
        self.importing = FakeValidation(lambda found: self.import_roster(found, self.clock.time + exams.HOUR))
        self.progress: Any = ProgressDesk(e, port["progress_book"], port["progress_cache"], port["unreached"], a, c)
        self.write_export: Any = WriteExport(port["exports"], e, a, port["results_book"], port["results"], c)
        self.exporting = FakeExporting(lambda one: self.write_export(one.exam, one.id, self.clock.time + exams.HOUR))
        self.export_desk: Any = ExportDesk(port["exports"], e, port["results"], port["exporting"], c)
        self.bundle: Any = MakeBundle(a, e, r, m, port["results"], c)
        self.reconcile: Any = Reconcile(
            a,
            w,
            port["inbox"],
            port["validation"],
            port["imports"],
            port["importing"],
            port["exports"],
            port["exporting"],
            c,
        )
        self.workflow.notify = self._notified
        for n, registration_no in enumerate(candidates, 1):
            self.applications.put(exams.draft(registration_no=registration_no))
            self.roster.add(roster_entry(registration_no, phone=f"1380000{n:04d}"))

    def _notified(self, application: str, round: int, attempt: int) -> None:
        """The state `Notify`: what is raised is noted, and does not fail the round."""
        try:
            self.notify(application, round, attempt)
        except Exception as error:
            cause = type(error).__name__
            self.applications.notifications[application] = Notification(round, "failed", self.clock.time, cause)
            self.applications.settle(application, round, attempt)

    @contextmanager
    def watch(self, watch: Watch) -> Iterator[Watch]:
        """Has the calls of ports go by the watch."""
        self.watching = watch
        try:
            yield watch
        finally:
            self.watching = None

    def meanwhile(self, *writes: Callable[[], object]) -> None:
        """Somebody else's writes: the first just before the next conditional write, and so on."""
        self.applications.first += writes

    def application(self, id: str = exams.ID) -> Application:
        """The application as it is in the table."""
        return self.applications.items[id]

    def put(self, application: Application) -> Application:
        """Has the application be as given."""
        return self.applications.put(application)

    def journal(self, id: str = exams.ID) -> list[Entry]:
        return self.applications.journals[id]

    # what people do, in one call

    def reserve(self, category: str, data: bytes, slot: str = "", id: str = exams.ID) -> UploadTicket:
        """Announces these bytes."""
        sha256 = hashlib.sha256(data).hexdigest()
        made: UploadTicket = self.presign.reserve(id, Announcement(category, "image/jpeg", len(data), sha256, slot))
        return made

    def send(self, ticket: UploadTicket, data: bytes) -> InboxObject:
        """The browser's POST; what the event about it says."""
        return self.inbox.arrive(ticket.fields["key"], data)

    def upload(self, category: str, data: bytes, slot: str = "", id: str = exams.ID) -> UploadTicket:
        """Reserves, sends, and has the verdict land."""
        ticket = self.reserve(category, data, slot, id)
        assert self.validate(self.send(ticket, data)) in {Landed.READY, Landed.REJECTED}
        return ticket

    def fill(self, id: str = exams.ID, mark: bytes = b"") -> None:
        """Uploads everything that is required."""
        for category, name in (("identity", b"front"), ("identity", b"back"), ("diploma", b"diploma")):
            self.upload(category, mark + name + id.encode(), id=id)

    def submit_filled(self, id: str = exams.ID) -> None:
        """Uploads what is required and submits it; the workflow waits for the decision."""
        self.fill(id)
        self.submit(id, self.application(id).round + 1)
        self.workflow.settle()

    def decide(self, outcome: Outcome, *slots: str, reviewer: Reviewer = REVIEWER, id: str = exams.ID) -> Any:
        """A reviewer decides the current round."""
        named = [SlotDecision(slot, "unreadable") for slot in slots]
        return self.feedback(reviewer, id, DecisionRequest(self.application(id).round, outcome, named))

    def converge(self) -> None:
        """Time passes, the reconciler runs, executions go on: until nothing changes any more."""
        for _ in range(4):
            self.workflow.settle()
            self.clock.advance(timedelta(minutes=5))
            self.reconcile()
        self.workflow.settle()


def cheap_hash(password: str) -> str:
    """A PHC string that costs nothing to check."""
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1, 32)
    return f"$pbkdf2-sha256$i=1$c2FsdA${base64.b64encode(digest).decode().rstrip('=')}"


def roster_entry(registration_no: str = exams.NO, **changes: Any) -> RosterEntry:
    """A candidate's line of the roster; the user name is `user-<registration number>`."""
    made = RosterEntry(
        exam=exams.EXAM,
        registration_no=registration_no,
        username=f"user-{registration_no}",
        name="张三丰",
        id_number="370102199001011234",
        area="37",
        site="3701",
        phone="13800001234",
        password_hash=cheap_hash(PASSWORD),
    )
    return replace(made, **changes)
