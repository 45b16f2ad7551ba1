"""The verdict on an upload: what passes is copied to the materials and takes its slot, what fails says why."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from songshen.domain import application as rules
from songshen.domain import verdict as verdicts
from songshen.domain.application import (
    Application,
    Fence,
    Ready,
    Rejected,
    Reserved,
    Slot,
    SlotChange,
)
from songshen.domain.sameness import known_until
from songshen.keys import Upload, parse_inbox_key
from songshen.logs import about, begin, log
from songshen.ports import Applications, Clock, Exams, Imaging, Inbox, InboxObject, Materials, SentImages
from songshen.usecases.retrying import with_latest


class Landed(StrEnum):
    """What became of an upload."""

    READY = "ready"
    REJECTED = "rejected"
    STALE = "stale"
    """Nobody waits for it any more; it was removed."""
    GONE = "gone"
    """It was removed or replaced before it could be read."""


_VERDICTS = {Landed.READY, Landed.REJECTED}


@dataclass(frozen=True, slots=True)
class ValidateImage:
    """One upload in the inbox. May be told of it any number of times, in any order."""

    applications: Applications
    exams: Exams
    inbox: Inbox
    materials: Materials
    imaging: Imaging
    images: SentImages
    clock: Clock

    def __call__(self, found: InboxObject) -> Landed:
        upload = parse_inbox_key(found.key)
        begin()
        if upload:
            about(application=_owner(upload), slot=upload.slot, upload=upload.upload_id)
        landed = self._judge(found, upload)
        facts: dict[str, object] = {"landed": landed.value}
        if landed in _VERDICTS:
            facts["rejected"] = int(landed is Landed.REJECTED)
            if found.modified:
                facts["age_ms"] = round((self.clock.now() - found.modified) / timedelta(milliseconds=1))
        log.info("validated", extra=facts)
        return landed

    def _judge(self, found: InboxObject, upload: Upload | None) -> Landed:
        application = self.applications.get(_owner(upload)) if upload else None
        if upload is None or application is None:
            self.inbox.remove(found.key)
            return Landed.STALE
        if self._fence(application, upload) is not Fence.OPEN:
            self.inbox.remove(found.key)
            return Landed.STALE
        exam = self.exams.get(application.exam)
        category = exam.category_of(upload.slot)
        limits = exam.limits_of(category) if category else exam.image
        data = self.inbox.read(found, limits.max_bytes)
        if data is None:
            return Landed.GONE
        reserved = application.slots[upload.slot]
        assert isinstance(reserved, Reserved)
        announced = verdicts.Announced(reserved.content_type, reserved.size, reserved.sha256)
        verdict = self.imaging.inspect(data, announced, limits)
        if isinstance(verdict, verdicts.Rejected):
            about(code=verdict.problem.code.value)
        landed = self._land(application, upload, verdict)
        self.inbox.remove(found.key)
        return landed

    def _land(self, application: Application, upload: Upload, verdict: verdicts.Verdict) -> Landed:
        """Writes the verdict if the slot still waits for it."""
        if isinstance(verdict, verdicts.Rejected):
            rejected = _rejected(upload, verdict)
            return Landed.REJECTED if self._write(application, upload, rejected) else Landed.STALE
        key = upload.material_key()
        version = self.materials.put(key, verdict.data, verdict.content_type)
        # Before the verdict: a hint too many does no harm, and one that a crash has kept back would be missed for good.
        until = known_until(self.exams.get(application.exam), self.clock.now())
        self.images.note(application.exam, verdict.sha256, application.registration_no, until)
        kept = Ready(upload.upload_id, verdict.sha256, verdict.width, verdict.height, verdict.warnings)
        if self._write(application, upload, kept):
            return Landed.READY
        if version is not None:
            self.materials.discard(key, version)
        return Landed.STALE

    def _write(self, application: Application, upload: Upload, after: Slot) -> bool:
        """Whether the slot holds the verdict now; an earlier telling of the same event may have written it."""

        def step(current: Application) -> bool:
            match self._fence(current, upload):
                case Fence.OPEN:
                    change = SlotChange(upload.slot, current.slots[upload.slot], after)
                    self.applications.change_slot(current, change)
                    return True
                case Fence.LANDED:
                    return True
                case Fence.CLOSED:
                    return False

        return with_latest(application, step)

    def _fence(self, application: Application, upload: Upload) -> Fence:
        exam = self.exams.get(application.exam)
        return rules.fence(application, exam, upload.slot, upload.upload_id, self.clock.now())


def _owner(upload: Upload) -> str:
    return rules.application_id(upload.exam, upload.registration_no)


def _rejected(upload: Upload, verdict: verdicts.Rejected) -> Rejected:
    problem = verdict.problem
    return Rejected(upload.upload_id, problem.code.value, problem.text.zh, problem.text.en)
