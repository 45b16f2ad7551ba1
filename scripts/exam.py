"""Puts an exam's first document in force: `python -m scripts.exam STACK FILE` (YAML or JSON, as exams/demo/exam.yaml).

Uses the operator's own AWS credentials. From then on its administrators change it (scripts/administrator.py makes the
first one): an exam that is there already is left as it is.
"""

import sys
from datetime import UTC, datetime
from typing import Any

import boto3

from scripts.administrator import OPERATOR, outputs_of
from songshen.adapters.directory import DynamoExams
from songshen.domain.checking import checked
from songshen.domain.reading import Note
from songshen.ports import KeptExam
from songshen_cli.exam import read
from songshen_cli.failures import Failure


def found(table: str, document: dict[str, Any]) -> list[Note]:
    """Puts it in force, unless something is to be changed in it first. LookupError if the exam is there already."""
    exam, problems = checked(document)
    if problems:
        return problems
    now = datetime.now(UTC)
    if not DynamoExams(boto3.client("dynamodb"), table, lambda: now).save(KeptExam(exam, 1, now, OPERATOR)):
        raise LookupError(exam.id)
    return []


def main() -> None:
    """Reads the file and the stack's outputs."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m scripts.exam STACK FILE")
    stack, file = sys.argv[1:]
    try:
        document, _ = read(file)
        problems = found(outputs_of(stack)["TableName"], document)
    except Failure as failure:
        sys.exit(str(failure))
    except LookupError as there:
        sys.exit(
            f"{there} is there already. Its administrators change it: 考试设置 in the console, or `songshen exam`."
        )
    for note in problems:
        print(f"{note.path}: {note.text.zh} {note.text.en} [{note.code}]", file=sys.stderr)
    if problems:
        sys.exit("Nothing was written.")
    exam = document["id"]
    print(f"{exam} is in force. Now its administrator: python -m scripts.administrator {stack} {exam} NAME")


if __name__ == "__main__":
    main()
