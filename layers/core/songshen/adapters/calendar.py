"""What `deadlines` owes, in the table's index of obligations: exams to look at, runs, candidates to tell again."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from songshen.adapters import queries
from songshen.adapters.directory import DEADLINES_PENDING
from songshen.adapters.items import Item, instant, marshal, millis, sortable, unmarshal
from songshen.adapters.smsbook import UNREACHED_PENDING, unreached_from
from songshen.domain.application import Application
from songshen.domain.deadlines import Purpose, Run
from songshen.ports import CandidateAccounts, Due, ExamDue

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Longer than reminders, warm-ups and closes are caught up with, so that none is done twice. Deleting may be, years
# later, if the exam is saved again: there is nothing left to delete then.
RUN_KEPT = timedelta(days=90)


class DynamoCalendar:
    """`ports.Calendar`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: datetime, limit: int) -> list[Due]:
        found: list[Item] = []
        for pending in (DEADLINES_PENDING, UNREACHED_PENDING):
            if left := limit - len(found):
                found += queries.due(self._client, self._table, pending, now, left)
        return list(map(_due_from, found))

    def looked(self, exam: ExamDue, again: datetime | None) -> None:
        change = "SET pending_due = :again" if again else "REMOVE pending_pk, pending_due"
        values = {":was": exam.due} | ({":again": sortable(again)} if again else {})
        self._write(
            self._client.update_item,
            Key=marshal({"pk": f"DEADLINES#{exam.exam}", "sk": "DEADLINES"}),
            UpdateExpression=change,
            ConditionExpression="pending_due = :was",
            ExpressionAttributeValues=marshal(values),
        )

    def begin(self, run: Run) -> bool:
        return self._write(self._client.put_item, Item=_run_item(run), ConditionExpression="attribute_not_exists(pk)")

    def save(self, before: Run, after: Run) -> bool:
        assert before.due
        return self._write(
            self._client.put_item,
            Item=_run_item(after),
            ConditionExpression="pending_due = :was",
            ExpressionAttributeValues=marshal({":was": sortable(before.due)}),
        )

    def drop(self, run: Run) -> None:
        assert run.due
        self._write(
            self._client.delete_item,
            Key=marshal({"pk": f"DEADLINES#{run.exam}", "sk": f"RUN#{run.id}"}),
            ConditionExpression="pending_due = :was",
            ExpressionAttributeValues=marshal({":was": sortable(run.due)}),
        )

    def _write(self, write: Any, **given: Any) -> bool:
        """Whether the condition held."""
        refused = self._client.exceptions
        try:
            write(TableName=self._table, **given)
        except (refused.ConditionalCheckFailedException, refused.TransactionConflictException):
            return False
        return True


def _due_from(item: Mapping[str, Any]) -> Due:
    kind, _, exam = item["pk"]["S"].partition("#")
    if kind == "UNREACHED":
        return unreached_from(item)
    return ExamDue(exam, item["pending_due"]["S"]) if item["sk"]["S"] == "DEADLINES" else _run_from(item)


def _run_item(run: Run) -> Item:
    values: dict[str, Any] = {field.name: getattr(run, field.name) for field in fields(run) if field.name != "due"}
    values |= {"pk": f"DEADLINES#{run.exam}", "sk": f"RUN#{run.id}", "purpose": run.purpose.value, "at": millis(run.at)}
    kept = max(run.at, run.due or run.at) + RUN_KEPT
    values |= {"counts": dict(run.counts), "expires": int(kept.timestamp())}
    if run.due:
        values |= {"pending_pk": DEADLINES_PENDING, "pending_due": sortable(run.due)}
    return marshal(values)


def _run_from(item: Mapping[str, Any]) -> Run:
    values = unmarshal(item)
    due = datetime.fromisoformat(values["pending_due"])
    known = {field.name: values[field.name] for field in fields(Run) if field.name != "due"}
    return Run(**known | {"purpose": Purpose(known["purpose"]), "at": instant(known["at"]), "due": due})


class DynamoArchive:
    """`ports.Archive`: has the items end by TTL, and removes the account that tokens were minted for."""

    def __init__(self, client: "DynamoDBClient", table: str, accounts: CandidateAccounts) -> None:
        self._client = client
        self._table = table
        self._accounts = accounts

    def expire(self, application: Application, at: datetime) -> None:
        exam, number = application.exam, application.registration_no
        roster = marshal({"pk": f"ROSTER#{exam}#{number}", "sk": "ROSTER"})
        entry = self._client.get_item(TableName=self._table, Key=roster).get("Item")
        if entry:
            account = marshal({"pk": f"ACCOUNT#{entry['username']['S']}", "sk": "ACCOUNT"})
            theirs = {"exam": {"S": exam}, "registration_no": {"S": number}}
            # After a repeated run the name may be another exam's. Marked behind what it is found by.
            if theirs.items() <= self._client.get_item(TableName=self._table, Key=account).get("Item", {}).items():
                self._accounts.remove(entry["username"]["S"])
                self._end(account, at, "exam = :exam AND registration_no = :no", {":exam": exam, ":no": number})
            self._end(roster, at)
        for state in ("OPEN", "DONE"):
            for item in self._items(f"CHECKS#{exam}#{application.area}", f"{state}#{number}#"):
                self._end(_key_of(item), at)
        # The application last, behind its journal and viewings: what was begun is found again.
        for item in self._items(f"APPLICATION#{exam}#{number}"):
            if "notice_code" in item:  # the present one, and in the journal those that were withdrawn
                self._end(marshal({"pk": f"NOTICE#{item['notice_code']['S']}", "sk": "NOTICE"}), at)
            self._end(_key_of(item), at)

    def _end(self, key: Item, at: datetime, condition: str = "attribute_exists(pk)", values: Any = None) -> bool:
        """Whether it is there, and ends then."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET expires = :at",
                ConditionExpression=condition,
                ExpressionAttributeValues=marshal({":at": int(at.timestamp())} | (values or {})),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _items(self, pk: str, beginning: str = "") -> Iterator[Item]:
        """Those of a partition, last first: keys, and the code of a notice."""
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": marshal({":pk": pk}),
            "ProjectionExpression": "pk, sk, notice_code",
            "ScanIndexForward": False,
        }
        if beginning:
            asked["KeyConditionExpression"] += " AND begins_with(sk, :beginning)"
            asked["ExpressionAttributeValues"] |= marshal({":beginning": beginning})
        return queries.items(self._client, asked)


def _key_of(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}
