"""What `deadlines` owes, in the table's index of obligations: exams to look at, runs, candidates to tell again."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import structs

from songshen.adapters.directory import DEADLINES_PENDING
from songshen.adapters.items import Item, instant, marshal, millis, sortable, unmarshal
from songshen.domain.application import Application
from songshen.domain.deadlines import Purpose, Run
from songshen.ports import CandidateAccounts, Due, Ending, ExamDue, Unreached

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Apart, because they can be as many as there are candidates, and nothing else may wait behind them.
UNREACHED_PENDING = "PENDING#UNREACHED"
# Longer than any occasion can be caught up with, so that none is done twice.
RUN_KEPT = timedelta(days=90)
UNREACHED_KEPT = timedelta(days=30)


class DynamoCalendar:
    """`ports.Calendar`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: datetime, limit: int) -> list[Due]:
        found: list[Item] = []
        for pending in (DEADLINES_PENDING, UNREACHED_PENDING):
            if left := limit - len(found):
                page = self._client.query(
                    TableName=self._table,
                    IndexName="pending",
                    KeyConditionExpression="pending_pk = :pending AND pending_due <= :now",
                    ExpressionAttributeValues=marshal({":pending": pending, ":now": sortable(now)}),
                    Limit=left,
                )
                found += page["Items"]
        read = (self._read({"pk": one["pk"], "sk": one["sk"]}) for one in found)
        return [due for due in read if due]

    def _read(self, key: Item) -> Due | None:
        """What the item owes; None if it has been dealt with meanwhile."""
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        if "pending_due" not in found:
            return None
        kind = found["pk"]["S"].partition("#")[0]
        if kind == "UNREACHED":
            return _unreached_from(found)
        exam = found["pk"]["S"].partition("#")[2]
        return ExamDue(exam, found["pending_due"]["S"]) if found["sk"]["S"] == "DEADLINES" else _run_from(found)

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

    def _write(self, write: Any, **given: Any) -> bool:
        """Whether the condition held."""
        refused = self._client.exceptions
        try:
            write(TableName=self._table, **given)
        except (refused.ConditionalCheckFailedException, refused.TransactionConflictException):
            return False
        return True


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


class DynamoUnreached:
    """`ports.UnreachedCandidates`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, exam: str, area: str) -> Iterator[Unreached]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": marshal({":pk": f"UNREACHED#{exam}#{area}"}),
        }
        while True:
            page = self._client.query(**asked)
            yield from map(_unreached_from, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def ending(self, exam: str, area: str, place: Ending, limit: int, *, before: bool = False) -> list[Ending]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by-status",
            "KeyConditionExpression": f"by_status_pk = :partition AND by_status_sk {'<' if before else '>'} :place",
            "ExpressionAttributeValues": marshal({":partition": _partition(exam, area), ":place": _place(place)}),
            "ScanIndexForward": not before,
            "Limit": limit,
        }
        found = [item["by_status_sk"]["S"].partition("#") for item in self._client.query(**asked)["Items"]]
        return [Ending(datetime.fromisoformat(end), number, area) for end, _, number in found]

    def some(self, exam: str, places: Sequence[Ending]) -> list[Unreached]:
        keys = [_unreached_key(exam, one.area, one.registration_no) for one in places]
        found: list[Unreached] = []
        while keys:
            page: Any = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys}})
            found += map(_unreached_from, page["Responses"].get(self._table, []))
            keys = page.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return found

    def get(self, exam: str, area: str, registration_no: str) -> Unreached | None:
        key = _unreached_key(exam, area, registration_no)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _unreached_from(found) if found else None

    def note(self, one: Unreached) -> None:
        values = structs.asdict(one)
        values |= {"since": millis(one.since), "end": millis(one.end)}
        values |= {"next_try": None, "expires": int((one.end + UNREACHED_KEPT).timestamp())}
        if one.next_try:
            values |= {"pending_pk": UNREACHED_PENDING, "pending_due": sortable(one.next_try)}
        # Beside the applications: the index has those who wait for something in the order of time.
        place = Ending(one.end, one.registration_no)
        values |= {"by_status_pk": _partition(one.exam, one.area), "by_status_sk": _place(place)}
        key = _unreached_key(one.exam, one.area, one.registration_no)
        self._client.put_item(TableName=self._table, Item=key | marshal(values))

    def forget(self, exam: str, area: str, registration_no: str) -> None:
        self._client.delete_item(TableName=self._table, Key=_unreached_key(exam, area, registration_no))


def _unreached_key(exam: str, area: str, registration_no: str) -> Item:
    return marshal({"pk": f"UNREACHED#{exam}#{area}", "sk": registration_no})


def _partition(exam: str, area: str) -> str:
    return f"{exam}#{area}#unreached"


def _place(place: Ending) -> str:
    return f"{sortable(place.end)}#{place.registration_no}"


def _unreached_from(item: Mapping[str, Any]) -> Unreached:
    values = unmarshal(item)
    due = values.get("pending_due")
    times: dict[str, Any] = {
        "since": instant(values["since"]),
        "end": instant(values["end"]),
        "next_try": datetime.fromisoformat(due) if due else None,
    }
    known: dict[str, Any] = {name: values.get(name) for name in Unreached.__struct_fields__}
    return Unreached(**known | times)


class DynamoSmsCounts:
    """`ports.SmsCounts`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def to_number(self, number: str, day: str, most: int) -> bool:
        # Kept for as long as the day can be the present one anywhere.
        expires = int((datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(days=3)).timestamp())
        key = {"pk": f"SMS#{hashlib.sha256(number.encode()).hexdigest()[:32]}", "sk": day}
        return self._count(key, most, ", expires = :expires", {":expires": expires}) > 0

    def of_exam(self, exam: str, most: int) -> int:
        return self._count({"pk": f"SMS#{exam}", "sk": "TOTAL"}, most, "", {})

    def _count(self, key: dict[str, str], most: int, more: str, values: dict[str, Any]) -> int:
        if most < 1:
            return 0
        try:
            written = self._client.update_item(
                TableName=self._table,
                Key=marshal(key),
                UpdateExpression=f"SET sent = if_not_exists(sent, :none) + :one{more}",
                ConditionExpression="attribute_not_exists(sent) OR sent < :most",
                ExpressionAttributeValues=marshal({":none": 0, ":one": 1, ":most": most} | values),
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return 0
        return int(unmarshal(written["Attributes"])["sent"])


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
            # After a repeated run the name may be another exam's.
            if self._end(account, at, "exam = :exam AND registration_no = :no", {":exam": exam, ":no": number}):
                self._accounts.remove(entry["username"]["S"])
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
        while True:
            page = self._client.query(**asked)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _key_of(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}
