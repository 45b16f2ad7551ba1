"""Applications that wait for a review, made by the product's own rules and adapters: many within seconds.

Over HTTP, as the candidates of scripts/demo.py do it, each takes seconds. What comes out is the same: images in the
bucket, the journal, an execution of the workflow for each round.
"""

import hashlib
import io
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from PIL import Image

from scripts import specimens
from songshen.adapters.directory import DynamoRoster
from songshen.adapters.dynamodb import DynamoApplications
from songshen.adapters.s3 import S3Materials
from songshen.adapters.stepfunctions import StepFunctionsWorkflow
from songshen.domain import application as rules
from songshen.domain.application import Application, Ready, SlotChange
from songshen.domain.exam import Exam
from songshen.domain.journal import submission_entry
from songshen.keys import Upload
from songshen.ports import RosterEntry

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient

IMAGES = {
    "identity-1": "identity-front",
    "identity-2": "identity-back",
    "identity-3": "identity-holding",
    "diploma-1": "diploma",
    "assessment-1": "assessment",
}
"""What the demonstration exam requires, and the specimens for it."""
_AT_ONCE = 8


class Cases:
    """Makes cases of one exam in one stack; its AWS clients are this process's by default."""

    def __init__(self, exam: Exam, outputs: dict[str, str]) -> None:
        self.exam = exam
        pool = Config(max_pool_connections=_AT_ONCE)
        dynamodb: DynamoDBClient = boto3.client("dynamodb", config=pool)
        s3: S3Client = boto3.client("s3", config=pool)
        states: SFNClient = boto3.client("stepfunctions", config=pool)
        self._roster = DynamoRoster(dynamodb, outputs["TableName"])
        self._applications = DynamoApplications(dynamodb, outputs["TableName"])
        self._materials = S3Materials(s3, outputs["MaterialsBucket"])
        self._workflow = StepFunctionsWorkflow(states, outputs["StateMachineArn"])

    def submitted(self, entries: Iterable[tuple[RosterEntry, datetime]]) -> list[str]:
        """Candidates with all images, submitted at these times; the ids of their applications."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda given: self._submitted(*given), entries))

    def submitted_again(self, application_id: str, slots: Iterable[str], at: datetime) -> None:
        """Other images in these slots of what was returned, and the next round."""
        self._submit(self._filled(self._got(application_id), slots, at), at)

    def _submitted(self, entry: RosterEntry, at: datetime) -> str:
        self._roster.add(entry)
        id = rules.application_id(entry.exam, entry.registration_no)
        self._applications.set_profile(id, entry.phone, "山东省演示市样张路 1 号")
        self._submit(self._filled(self._got(id), IMAGES, at), at)
        return id

    def _got(self, application_id: str) -> Application:
        found = self._applications.get(application_id)
        assert found, application_id
        return found

    def _filled(self, application: Application, slots: Iterable[str], at: datetime) -> Application:
        for slot in slots:
            data = (specimens.FOLDER / f"{IMAGES[slot]}.jpg").read_bytes()
            upload_id = rules.new_upload_id(at, secrets.token_bytes(6))
            upload = Upload(application.exam, application.registration_no, slot, upload_id)
            self._materials.put(upload.material_key(), data, "image/jpeg")
            with Image.open(io.BytesIO(data)) as picture:
                width, height = picture.size
            image = Ready(upload_id, hashlib.sha256(data).hexdigest(), width, height)
            change = SlotChange(slot, application.slots.get(slot), image)
            application = self._applications.change_slot(application, change)
        return application

    def _submit(self, application: Application, at: datetime) -> None:
        after = rules.submit(application, self.exam, application.round + 1, at)
        assert after, application.id
        self._applications.transition(application, after, submission_entry(after, at))
        self._workflow.start(after)
