"""All that there is about one application, as a zip file for appeals: every round's images as they were submitted, the
journal, the receipts with the hashes. Made while the administrator waits; that somebody has taken it is noted first."""

import hashlib
import io
import secrets
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from songshen import keys, results
from songshen.contract.results import Bundle
from songshen.domain.application import Application
from songshen.domain.errors import Code, Refused
from songshen.domain.exam import Exam
from songshen.domain.journal import Entry
from songshen.domain.png import PNG_START
from songshen.domain.sheet import BOM, row
from songshen.ports import (
    Applications,
    Clock,
    Exams,
    Materials,
    ResultFiles,
    Roster,
    Viewing,
)
from songshen.presentation.common import material_key

ABOUT = """\
本压缩包含报名号 {number} 在本次考试中的全部材料，由 {by} 于 {at} 取得。

round-N/            第 N 轮提交的图片，与提交时完全一致
receipts.csv        每轮提交的回执：编号、时间、每张图片的 SHA-256
SHA256SUMS          同样的校验值；用 sha256sum -c SHA256SUMS 核对
journal.csv         全部流水：提交、审核、延期、查看
journal.jsonl       同样的流水，供程序读取
application.json    材料当前状态
{missing}
All there is about registration number {number} in this exam, taken by {by} at {at}.
round-N/ holds the images exactly as they were submitted in round N; receipts.csv and SHA256SUMS have their hashes
(check with: sha256sum -c SHA256SUMS); journal.csv and journal.jsonl have everything that happened and who looked;
application.json is the present state.
"""
MISSING = "保存期限已过而删除的图片：{names}\nImages that are not kept any more: {names}\n"


@dataclass
class _Zip:
    """A zip file in memory: an application has some dozens of images of 200 KB."""

    at: datetime
    buffer: io.BytesIO = field(default_factory=io.BytesIO)

    def __post_init__(self) -> None:
        self._zip = zipfile.ZipFile(self.buffer, "w", zipfile.ZIP_DEFLATED)

    def add(self, name: str, data: bytes, at: datetime | None = None, *, image: bool = False) -> None:
        """One file, of that time in the exam's zone. Images do not get smaller."""
        info = zipfile.ZipInfo(name, (at or self.at).timetuple()[:6])
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, data, zipfile.ZIP_STORED if image else zipfile.ZIP_DEFLATED)

    def data(self) -> bytes:
        """Nothing is added any more."""
        self._zip.close()
        return self.buffer.getvalue()


@dataclass(frozen=True, slots=True)
class MakeBundle:
    """`POST /applications/{application}/bundle`."""

    applications: Applications
    exams: Exams
    roster: Roster
    materials: Materials
    files: ResultFiles
    clock: Clock

    def __call__(self, application_id: str, by: str) -> Bundle:
        """Where the file can be fetched. Raises not_found."""
        found = self.applications.with_journal(application_id)
        if found is None:
            raise Refused(Code.NOT_FOUND)
        application, journal = found
        exam = self.exams.get(application.exam)
        now = self.clock.now()
        self.applications.record_viewing(application_id, Viewing(by, now, application.round, "bundle"))
        history = results.History(journal, self.applications.viewings(application_id))
        roster = self.roster.entry(application.exam, application.registration_no)
        made = _Zip(now.astimezone(exam.zone))
        state = results.application_object(application, roster, exam, identity=True)
        made.add("application.json", msgspec.json.format(msgspec.json.encode(state), indent=2))
        images, missing = self._images(made, application, journal, exam)
        place = (application.registration_no, application.area, application.site)
        said = history.in_order()
        made.add(
            "journal.csv",
            (results.journal_head() + results.lines(results.history_cells(place, one, exam) for one in said)).encode(),
        )
        made.add(
            "journal.jsonl",
            b"".join(msgspec.json.encode(results.history_object(place, one, exam)) + b"\n" for one in said),
        )
        about = ABOUT.format(
            number=application.registration_no,
            by=by,
            at=f"{now.astimezone(exam.zone):%Y-%m-%d %H:%M:%S}",
            missing=MISSING.format(names=", ".join(missing)) if missing else "",
        )
        made.add("README.txt", (BOM + about).replace("\n", "\r\n").encode())
        return self._kept(application, exam, made, images, len(missing))

    def _images(
        self, made: _Zip, application: Application, journal: Sequence[Entry], exam: Exam
    ) -> tuple[int, list[str]]:
        """How many images were added, and the names of those that are gone; with receipts and hashes."""
        rows: list[list[object]] = [
            ["轮次 round", "回执编号 receipt", "提交时间 submitted_at", "图位 slot", "SHA-256", "文件 file"]
        ]
        sums, missing = [], []
        for entry in (one for one in journal if one.kind == "submitted"):
            at = entry.at.astimezone(exam.zone)
            for slot, image in sorted(entry.images.items()):
                name = f"round-{entry.round}/{slot}"
                data = self.materials.read(material_key(application, slot, image.upload_id))
                if data is None:
                    missing.append(name)
                else:
                    name += ".png" if data.startswith(PNG_START) else ".jpg"
                    made.add(name, data, at, image=True)
                    sums.append(f"{image.sha256}  {name}\n")
                receipt = f"{application.registration_no}-{entry.round}"
                kept = name if data is not None else ""
                rows.append([entry.round, receipt, f"{at:%Y-%m-%d %H:%M:%S}", slot, image.sha256, kept])
        made.add("receipts.csv", (BOM + "".join(map(row, rows))).encode())
        made.add("SHA256SUMS", "".join(sums).encode())
        return len(sums), missing

    def _kept(self, application: Application, exam: Exam, made: _Zip, images: int, missing: int) -> Bundle:
        data = made.data()
        key = keys.bundle_key(application.exam, application.registration_no, secrets.token_hex(8))
        self.files.store(key, data, "application/zip")
        file = f"{application.id}-{made.at:%Y%m%dT%H%M%S}.zip"
        return Bundle(
            application=application.id,
            file=file,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            images=images,
            missing=missing,
            url=self.files.link(key, file),
        )
