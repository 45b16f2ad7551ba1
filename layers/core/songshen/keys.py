"""Names of objects in the buckets. Built and taken apart here only; no part of them is a candidate's choice."""

import re
from dataclasses import dataclass

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}
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

    def material_key(self, content_type: str) -> str:
        """Where the validated copy lies."""
        return f"materials/{self.exam}/{self.registration_no}/{self.slot}/{self.upload_id}.{EXTENSIONS[content_type]}"


def parse_inbox_key(key: str) -> Upload | None:
    """The upload a key of the inbox stands for; None if it is not one of ours."""
    match = _INBOX.fullmatch(key)
    return Upload(*match.groups()) if match else None
