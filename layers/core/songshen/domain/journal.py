"""The journal: every change of an application's state, append-only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from songshen.domain.application import Application, Decision, Outcome, Ready, messages_of
from songshen.domain.exam import Exam, Text
from songshen.domain.saying import end_said

SUBMITTED = Text("上报完成，内容已锁定。", "Submitted; the materials are locked.")


@dataclass(frozen=True, slots=True)
class Message:
    """A line for the candidate; `slot` says which image it is about, "" for all."""

    text: Text
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Its `messages` are what the candidate sees of it.

    `kind` is `submitted`, `returned`, `approved`, `reopened` or `extended`. A submission's entry holds its images, a
    decision's and a reopening's the decision.
    """

    kind: str
    at: datetime
    by: str
    round: int
    messages: tuple[Message, ...] = ()
    images: Mapping[str, Ready] = field(default_factory=dict)
    decision: Decision | None = None


def submission_entry(application: Application, now: datetime) -> Entry:
    """The entry of a submission, with the images as they were submitted."""
    said = (Message(SUBMITTED),)
    return Entry("submitted", now, "candidate", application.round, said, images=application.snapshot())


def images_of(journal: Sequence[Entry], round: int) -> Mapping[str, Ready] | None:
    """The images as they were submitted in that round, slot → image; None if it was not submitted."""
    found = [entry for entry in journal if entry.kind == "submitted" and entry.round == round]
    return found[-1].images if found else None


def decision_entry(application: Application, exam: Exam, decision: Decision) -> Entry:
    """The entry of a decision, with what the candidate is told."""
    if decision.outcome is Outcome.APPROVE:
        text = Text(
            f"考点初审通过，序列号：{application.serial_number}。",
            f"Approved by the exam site. Serial number: {application.serial_number}.",
        )
        messages: tuple[Message, ...] = (Message(text),)
    else:
        messages = tuple(Message(text, slot) for slot, text in messages_of(decision, exam))
    return Entry(application.status.value, decision.at, decision.by, decision.round, messages, decision=decision)


def reopening_entry(application: Application, exam: Exam) -> Entry:
    """The entry of a reopening: the candidate is told what is withdrawn and why, and then about each image."""
    decision = application.decision
    assert decision is not None
    number, reason = decision.withdrawn, decision.note
    text = Text(
        f"初审通过的结论已撤回，序列号 {number} 和报名成功通知单作废。请修改后重新提交。原因：{reason}",
        f"The approval is taken back: serial number {number} and the notice are no longer valid. Put your materials "
        f"right and submit again. Reason: {reason}",
    )
    about = messages_of(replace(decision, note=""), exam) if decision.slots else []
    messages = (Message(text), *(Message(words, slot) for slot, words in about))
    return Entry("reopened", decision.at, decision.by, decision.round, messages, decision=decision)


def extension_entry(
    application: Application, exam: Exam, until: datetime, reason: str, by: str, now: datetime
) -> Entry:
    """The entry of more time for this candidate."""
    end = end_said(until, exam.zone)
    text = Text(f"您的截止时间延长至{end.zh}。原因：{reason}", f"You have time until {end.en}. Reason: {reason}")
    return Entry("extended", now, by, application.round, (Message(text),))


def withdrawn_numbers(journal: Sequence[Entry]) -> list[str]:
    """The serial numbers that were given and taken back, oldest first."""
    return [entry.decision.withdrawn for entry in journal if entry.decision and entry.decision.withdrawn]
