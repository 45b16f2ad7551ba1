"""A roster file into the table: a thousand lines, a note of the place, and so on, until the end or the time is up.

Every write can be repeated, so whoever goes on after a breakdown begins at the last note. The lines before it are read
again (they tell which keys are repeated) and nothing is written for them.
"""

import csv
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from songshen import keys, passwords
from songshen.domain.application import Application
from songshen.domain.exam import Exam
from songshen.domain.roster import (
    LEASE,
    LINE_WORDS,
    BadLine,
    FileProblem,
    FileRefused,
    Finding,
    ImportState,
    LineProblem,
    RosterChecks,
    RosterFile,
    RosterImport,
    RosterLine,
    begun,
    moved,
)
from songshen.domain.sheet import BOM, row
from songshen.ports import (
    Clock,
    Exams,
    Held,
    InboxObject,
    RosterBook,
    RosterChange,
    RosterEntry,
    RosterFiles,
    RosterImports,
)

AT_ONCE = 25
"""Lines written together: at most a hundred items."""
NOTED_EVERY = 1000
"""Lines."""
REPORTED = 10_000
"""Problems that the report lists; all are counted."""
TITLES = (
    "行号 line",
    "代码 code",
    "列 column",
    "内容 value",
    "与此行重复 repeats line",
    "报名号 registration_no",
    "原因",
    "reason",
)


class Superseded(Exception):
    """Somebody else works on the import by now."""


@dataclass(frozen=True, slots=True)
class ImportRoster:
    """Called with every file that arrives, and again with those that nobody works on any more."""

    imports: RosterImports
    exams: Exams
    files: RosterFiles
    book: RosterBook
    clock: Clock
    remote_check: bool = False
    """Whether the registration system can be asked about passwords."""

    def __call__(self, arrived: InboxObject, until: datetime) -> RosterImport | None:
        """The import as it is left, soon after `until` at the latest; None if there is nothing to do."""
        named = keys.parse_roster_key(arrived.key)
        found = self.imports.get(*named) if named else None
        if found is None or found.over:
            return None
        run = begun(found, arrived.etag, secrets.token_hex(8), self.clock.now())
        if run is None or not self.imports.begin(found, run):
            return None
        if run.over:
            return run
        run = replace(run, size=self.files.size(arrived.key, arrived.etag))
        leg = _Leg(self, run, self.exams.get(run.exam), _Report.kept(self.files, run))
        try:
            return leg.work(arrived, until)
        except Superseded:
            return None


@dataclass
class _Report:
    """The bad lines, as far as there is room."""

    rows: list[str] = field(default_factory=list)
    written: int = 0

    @classmethod
    def kept(cls, files: RosterFiles, run: RosterImport) -> "_Report":
        """What was reported of the lines that are done."""
        if not run.bad:
            return cls()
        lines = files.report(keys.report_key(run.exam, run.id)).splitlines(keepends=True)[1:]
        rows = [line for line in lines if int(next(csv.reader([line]))[0]) <= run.line]
        return cls(rows, len(rows))

    def add(self, bad: BadLine) -> None:
        """Lists what is the matter with a line."""
        for finding in bad.findings[: REPORTED - len(self.rows)]:
            words = LINE_WORDS[finding.problem]
            value, registration_no = (_one_line(text) for text in (finding.value, bad.registration_no))
            cells = (bad.number, finding.problem, finding.column, value, finding.earlier or "", registration_no)
            self.rows.append(row([*cells, words.zh, words.en]))

    def save(self, files: RosterFiles, run: RosterImport) -> None:
        """Writes it, if there is something new."""
        if len(self.rows) > self.written:
            files.put_report(keys.report_key(run.exam, run.id), BOM + row(TITLES) + "".join(self.rows))
            self.written = len(self.rows)


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:60])


@dataclass
class _Leg:
    """One runner's work on an import."""

    ports: ImportRoster
    run: RosterImport
    exam: Exam
    report: _Report
    batch: list[RosterLine] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def work(self, arrived: InboxObject, until: datetime) -> RosterImport:
        """Every line that is not done yet. Raises Superseded."""
        file = RosterFile(self.ports.files.pieces(arrived.key, arrived.etag))
        checks = RosterChecks(self.exam, lambda phc: passwords.unusable(phc, self.ports.remote_check))
        noted = last = self.run.line
        try:
            for item in file:
                line = item if isinstance(item, BadLine) else checks(*item)
                if line.number <= self.run.line:
                    continue
                if line.number - noted > NOTED_EVERY:
                    self._note(last, file)
                    noted = last
                    if self.ports.clock.now() >= until:
                        return self._save(due=self.ports.clock.now())
                last = line.number
                self._take(line)
            self._note(last, file)
        except FileRefused as refused:
            self._note(last, file)
            return self._end(ImportState.REFUSED, refused)
        if not self.run.line:
            return self._end(ImportState.REFUSED, FileRefused(FileProblem.EMPTY))
        return self._end(ImportState.DONE)

    def _take(self, line: RosterLine | BadLine) -> None:
        if isinstance(line, BadLine):
            self._leave_out(line)
            return
        self.batch.append(line)
        if len(self.batch) == AT_ONCE:
            self._write()

    def _leave_out(self, bad: BadLine) -> None:
        self.counted["bad"] += 1
        self.problems.update(finding.problem.value for finding in bad.findings)
        self.report.add(bad)

    def _note(self, line: int, file: RosterFile) -> None:
        """Everything up to this line is done."""
        self._write()
        # First, so that no line is behind that is not reported.
        self.report.save(self.ports.files, self.run)
        run = self.run
        self.run = replace(
            run,
            line=line,
            read=max(run.read, file.read),
            encoding=file.encoding,
            added=run.added + self.counted["added"],
            changed=run.changed + self.counted["changed"],
            unchanged=run.unchanged + self.counted["unchanged"],
            bad=run.bad + self.counted["bad"],
            problems=dict(Counter(run.problems) + self.problems),
            attempts=0 if line > run.line else run.attempts,
        )
        self.counted.clear()
        self.problems.clear()
        self._save(due=self.ports.clock.now() + LEASE)

    def _end(self, state: ImportState, refused: FileRefused | None = None) -> RosterImport:
        self.run = replace(
            self.run,
            state=state,
            refusal=refused.problem.value if refused else "",
            columns=refused.columns if refused else (),
            finished_at=self.ports.clock.now(),
        )
        return self._save(due=None)

    def _save(self, due: datetime | None) -> RosterImport:
        self.run = replace(self.run, due=due)
        if not self.ports.imports.save(self.run):
            raise Superseded
        return self.run

    def _write(self) -> None:
        """Writes the lines that wait. What somebody else has changed meanwhile is looked at again."""
        left: Sequence[RosterLine] = self.batch
        looks = 4
        while left:
            looks -= 1
            if not looks:
                raise RuntimeError("lines were changed by others again and again")
            left = self._written(left, first=looks == 3)
        self.batch = []

    def _written(self, lines: Sequence[RosterLine], first: bool) -> list[RosterLine]:
        """Writes what is to be written; the lines that are to be looked at again."""
        entries = [_entry(self.run.exam, line) for line in lines]
        again: list[RosterLine] = []
        changes: dict[RosterLine, RosterChange] = {}
        for line, entry, held in zip(lines, entries, self.ports.book.find(entries), strict=True):
            if not _free(entry, held):
                if first:
                    again.append(line)  # whoever has the user name may be given another one by these very lines
                else:
                    self._leave_out(_bad(line, Finding(LineProblem.USERNAME_TAKEN, "username", line.username)))
                continue
            try:
                application = _application(line, entry, held)
            except ValueError:
                self._leave_out(_bad(line, Finding(LineProblem.ALREADY_SUBMITTED)))
                continue
            if application is None and held.entry == entry and held.account:
                self.counted["unchanged"] += 1
            else:
                changes[line] = RosterChange(entry, held, application)
        written = self.ports.book.write(list(changes.values())) if changes else []
        for (line, change), done in zip(changes.items(), written, strict=True):
            if done:
                self.counted["changed" if change.held.entry else "added"] += 1
            else:
                again.append(line)
        return again


def _entry(exam: str, line: RosterLine) -> RosterEntry:
    return RosterEntry(
        exam=exam,
        registration_no=line.registration_no,
        username=line.username,
        name=line.name,
        id_number=line.id_number,
        area=line.area,
        site=line.site,
        phone=line.phone,
        password_hash=line.password_hash,
    )


def _bad(line: RosterLine, finding: Finding) -> BadLine:
    return BadLine(line.number, (finding,), line.registration_no)


def _free(entry: RosterEntry, held: Held) -> bool:
    """Whether the user name is nobody's, or the candidate's own."""
    account = held.account
    return account is None or (account.exam, account.registration_no) == (entry.exam, entry.registration_no)


def _application(line: RosterLine, entry: RosterEntry, held: Held) -> Application | None:
    """What is to be written of the application. ValueError if the line may not change it any more."""
    if held.application is None:
        return Application(entry.exam, entry.registration_no, entry.name, entry.area, entry.site)
    return moved(held.application, line)
