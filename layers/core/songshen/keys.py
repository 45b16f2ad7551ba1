"""Names of objects in the buckets. Built and taken apart here only; no part of them is a candidate's choice."""

import re
from dataclasses import dataclass

_INBOX = re.compile(r"inbox/([A-Za-z0-9-]+)/([A-Za-z0-9-]+)/([A-Za-z0-9-]+)/([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload: whose, for which slot, under which reservation."""

    exam: str
    registration_no: str
    slot: str
    upload_id: str

    def inbox_key(self) -> str:
        """Where the candidate's file arrives."""
        return f"inbox/{self.exam}/{self.registration_no}/{self.slot}/{self.upload_id}"

    def material_key(self) -> str:
        """Where the validated copy lies, with its type."""
        return f"materials/{self.exam}/{self.registration_no}/{self.slot}/{self.upload_id}"


def parse_inbox_key(key: str) -> Upload | None:
    """The upload a key of the inbox stands for; None if it is not one of ours."""
    match = _INBOX.fullmatch(key)
    return Upload(*match.groups()) if match else None


_ROSTER = re.compile(r"roster/([A-Za-z0-9-]+)/([A-Za-z0-9-]+)\.csv")


def roster_key(exam: str, import_id: str) -> str:
    """Where a roster file arrives."""
    return f"roster/{exam}/{import_id}.csv"


def parse_roster_key(key: str) -> tuple[str, str] | None:
    """Exam and import id of a roster file; None if it is not one of ours."""
    match = _ROSTER.fullmatch(key)
    return (match[1], match[2]) if match else None


def export_key(exam: str, export_id: str) -> str:
    """Where an export is put together."""
    return f"exports/{exam}/{export_id}"


def bundle_key(exam: str, registration_no: str, bundle_id: str) -> str:
    """Where all that there is about an application lies, as a zip file."""
    return f"bundles/{exam}/{registration_no}/{bundle_id}.zip"


def report_key(exam: str, import_id: str) -> str:
    """Where the report about a roster file's bad lines lies."""
    return f"reports/{exam}/{import_id}.csv"
