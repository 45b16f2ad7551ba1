"""What administrators are shown of roster imports."""

from datetime import datetime
from zoneinfo import ZoneInfo

from songshen.contract.roster import RosterImportView, RosterProblem, RosterRefusal
from songshen.domain.roster import COLUMNS, FILE_WORDS, LINE_WORDS, STATE_WORDS, FileProblem, LineProblem, RosterImport


def roster_import(found: RosterImport, report_url: str | None, zone: ZoneInfo) -> RosterImportView:
    """How far a roster file has come; the most frequent problem of its lines first."""
    refusal = FileProblem(found.refusal) if found.refusal else None
    counted = sorted(found.problems.items(), key=lambda item: (-item[1], item[0]))

    def local(time: datetime | None) -> datetime | None:
        return time.astimezone(zone) if time else None

    return RosterImportView(
        id=found.id,
        by=found.by,
        created_at=found.created_at.astimezone(zone),
        started_at=local(found.started_at),
        finished_at=local(found.finished_at),
        state=found.state,
        text=STATE_WORDS[found.state],
        refusal=RosterRefusal(
            refusal, FILE_WORDS[refusal], [" / ".join(COLUMNS[column][:2]) for column in found.columns]
        )
        if refusal
        else None,
        size=found.size,
        read=found.read,
        encoding=found.encoding,
        line=found.line,
        added=found.added,
        changed=found.changed,
        unchanged=found.unchanged,
        bad=found.bad,
        problems=[RosterProblem(LineProblem(code), LINE_WORDS[LineProblem(code)], count) for code, count in counted],
        report_url=report_url,
    )
