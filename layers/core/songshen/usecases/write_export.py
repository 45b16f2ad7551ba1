"""An exam's applications or journals into a file: a part of some megabytes, a note of the place, and so on, until the
end or the time is up.

A part is stored under its number before the note that says so. Whoever goes on after a breakdown stores the same
number again, so nothing is in the file twice. Memory holds a part and the numbers of one site.
"""

import secrets
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched

import msgspec

from songshen import keys, results
from songshen.domain.application import Status
from songshen.domain.exam import Exam
from songshen.domain.export import (
    LEASE,
    Export,
    ExportFormat,
    ExportKind,
    ExportState,
    Place,
    begun,
    sites_of,
)
from songshen.ports import Applications, Clock, Exams, Exports, ResultFiles, ResultsBook

AT_ONCE = 50
"""Applications that are read together, each with its roster entry."""
LEAST = 5 * 1024 * 1024
"""Bytes of a part that is not the last: the store's rule."""
TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSONL: "application/gzip"}


# A gzip member (RFC 1952) of no bytes: a header that announces a comment; the comment's end, an empty block, its sum.
_COMMENT = b"\x1f\x8b\x08\x10" + bytes(5) + b"\xff"
_NOTHING = b"\x00" + b"\x03\x00" + bytes(8)


class Superseded(Exception):
    """Somebody else works on the export by now."""


@dataclass(frozen=True, slots=True)
class WriteExport:
    """Called when an export was asked for, and again for those that nobody works on any more."""

    exports: Exports
    exams: Exams
    applications: Applications
    book: ResultsBook
    files: ResultFiles
    clock: Clock

    def __call__(self, exam_id: str, id: str, until: datetime) -> Export | None:
        """The export as it is left, soon after `until` at the latest; None if there is nothing to do."""
        found = self.exports.get(exam_id, id)
        run = begun(found, secrets.token_hex(8), self.clock.now()) if found else None
        if found is None or run is None or not self.exports.begin(found, run):
            return None
        if run.over:
            return run
        try:
            return _Leg(self, run, self.exams.get(exam_id)).work(until)
        except Superseded:
            return None


@dataclass
class _Part:
    """The next part of the file. A compressed part is a whole gzip member: several after each other are one file."""

    compressed: bool
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    rows: int = 0

    def __post_init__(self) -> None:
        self._gzip = zlib.compressobj(6, wbits=31) if self.compressed else None

    def add(self, text: bytes, rows: int) -> None:
        """Some lines."""
        piece = self._gzip.compress(text) if self._gzip else text
        self.pieces.append(piece)
        self.size += len(piece)
        self.rows += rows

    def data(self, least: int = 0) -> bytes:
        """Nothing is added any more. A compressed part becomes at least so large: behind it comes
        a member that holds nothing but a comment."""
        whole = b"".join([*self.pieces, self._gzip.flush() if self._gzip else b""])
        lacking = least - len(whole)
        return whole + _COMMENT + b" " * lacking + _NOTHING if lacking > 0 else whole


@dataclass
class _Leg:
    """One runner's work on an export."""

    ports: WriteExport
    run: Export
    exam: Exam
    place: Place = field(init=False)
    """How far it has come, in the part that is not stored yet."""

    def __post_init__(self) -> None:
        self.place = self.run.place
        self.part = self._new_part()

    def work(self, until: datetime) -> Export:
        """Everything that is not stored yet. Raises Superseded."""
        sites = sites_of(self.exam)
        self._prepare(sites)
        for numbers, place, area, site in self._applications(sites):
            text, rows = self._lines(numbers, area, site)
            self.part.add(text, rows)
            self.place = place
            self.run = replace(self.run, reached=self.run.reached + len(numbers))
            now = self.ports.clock.now()
            if self.part.size >= LEAST:
                self._store()
            elif self.run.due is None or self.run.due - now < LEASE / 2:
                self._save(now + LEASE)
            if now >= until:
                if self.part.compressed and self.part.rows:
                    # What compresses well might not fill a part in all the time there is, again and again.
                    self._store(least=LEAST)
                return self._save(self.ports.clock.now())
        # Behind the last site: nobody comes after it any more, whoever goes on from here.
        if self.run.place != (end := Place(len(sites))):
            self.place = end
            if self.part.rows or not self.run.parts:
                self._store()
        key = keys.export_key(self.run.exam, self.run.id)
        self.ports.files.finish(key, self.run.upload, self.run.parts)
        self.run = replace(self.run, state=ExportState.DONE, finished_at=self.ports.clock.now(), total=self.run.done)
        return self._save(None)

    def _prepare(self, sites: Sequence[tuple[str, str]]) -> None:
        if self.run.upload:
            return
        count = self.ports.applications.count
        total = sum(count(self.exam.id, site, status.value) for _, site in sites for status in Status)
        upload = self.ports.files.begin(keys.export_key(self.run.exam, self.run.id), TYPES[self.run.format])
        self.run = replace(self.run, upload=upload, total=total)
        self._save(self.ports.clock.now() + LEASE)

    def _applications(self, sites: Sequence[tuple[str, str]]) -> Iterator[tuple[tuple[str, ...], Place, str, str]]:
        """Registration numbers of some applications of a site, and the place behind them; from the run's place on."""
        start = self.run.place
        for count, (area, site) in enumerate(sites):
            if count < start.site:
                continue
            after = start.after if count == start.site else ""
            left = (number for number in self.ports.book.numbers(self.exam.id, site) if number > after)
            for numbers in batched(left, AT_ONCE, strict=False):
                yield numbers, Place(count, numbers[-1]), area, site

    def _lines(self, numbers: Sequence[str], area: str, site: str) -> tuple[bytes, int]:
        """The lines about these applications, and how many."""
        exam, identity, csv = self.exam, self.run.identity, self.run.format is ExportFormat.CSV
        if self.run.kind is ExportKind.APPLICATIONS:
            found = self.ports.book.applications(exam.id, numbers)
            if csv:
                rows = [results.application_cells(*one, exam, identity) for one in found]
                return results.lines(rows).encode(), len(rows)
            return _json([results.application_object(*one, exam, identity) for one in found])
        histories = [results.History(*one) for one in self.ports.book.histories(exam.id, numbers)]
        said = [
            ((number, area, site), one)
            for number, history in zip(numbers, histories, strict=True)
            for one in history.in_order()
        ]
        if csv:
            rows = [results.history_cells(place, one, exam) for place, one in said]
            return results.lines(rows).encode(), len(rows)
        return _json([results.history_object(place, one, exam) for place, one in said])

    def _new_part(self) -> _Part:
        part = _Part(self.run.format is ExportFormat.JSONL)
        if not self.run.parts and self.run.format is ExportFormat.CSV:
            applications = self.run.kind is ExportKind.APPLICATIONS
            head = results.applications_head() if applications else results.journal_head()
            part.add(head.encode(), 0)
        return part

    def _store(self, least: int = 0) -> None:
        """Everything up to the place is in the file."""
        data, run = self.part.data(least), self.run
        key, number = keys.export_key(run.exam, run.id), len(run.parts) + 1
        etag = self.ports.files.put(key, run.upload, number, data)
        self.run = replace(
            run,
            parts=(*run.parts, etag),
            place=self.place,
            done=run.reached,
            rows=run.rows + self.part.rows,
            size=run.size + len(data),
            attempts=0,
        )
        self.part = self._new_part()
        self._save(self.ports.clock.now() + LEASE)

    def _save(self, due: datetime | None) -> Export:
        self.run = replace(self.run, due=due)
        if not self.ports.exports.save(self.run):
            raise Superseded
        return self.run


def _json(objects: Sequence[object]) -> tuple[bytes, int]:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in objects), len(objects)
