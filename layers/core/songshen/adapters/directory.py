"""What is looked up by name: exams, the roster, accounts, sign-in failures."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from songshen.adapters.items import Item, draft_item, instant, marshal, millis, sortable, unmarshal
from songshen.domain.application import Application
from songshen.domain.exam import Exam
from songshen.ports import Account, KeptExam, RosterEntry

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DEADLINES_PENDING = "PENDING#DEADLINES"
"""What `deadlines` owes, in the index of obligations."""
EXAM_LIFE = timedelta(seconds=15)


def _get(client: "DynamoDBClient", table: str, pk: str, sk: str) -> dict[str, Any] | None:
    found = client.get_item(TableName=table, Key=marshal({"pk": pk, "sk": sk})).get("Item")
    return unmarshal(found) if found else None


def look_at(table: str, saved: KeptExam) -> dict[str, Any]:
    """The mark that the saved exam's schedules are to be looked at (decision 22)."""
    mark = {"pending_pk": DEADLINES_PENDING, "pending_due": sortable(saved.at)}
    return {
        "TableName": table,
        "Item": marshal({"pk": f"DEADLINES#{saved.exam.id}", "sk": "DEADLINES", **mark}),
    }


class DynamoExams:
    """`ports.Exams`; a configuration is kept for 15 s."""

    def __init__(self, client: "DynamoDBClient", table: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._kept: dict[str, tuple[datetime, Exam]] = {}

    def get(self, exam: str) -> Exam:
        now = self._now()
        kept = self._kept.get(exam)
        if kept and now - kept[0] < EXAM_LIFE:
            return kept[1]
        found = _get(self._client, self._table, f"EXAM#{exam}", "EXAM")
        if found is None:
            raise LookupError(exam)
        configured = msgspec.json.decode(found["document"], type=Exam)
        self._kept[exam] = (now, configured)
        return configured

    def kept(self, exam: str, version: int = 0) -> KeptExam | None:
        key = marshal({"pk": f"EXAM#{exam}", "sk": f"VERSION#{version:06d}" if version else "EXAM"})
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if found is None:
            return None
        kept = unmarshal(found)
        configured = msgspec.json.decode(kept["document"], type=Exam)
        # Those that an older stack has written are not counted.
        return KeptExam(configured, kept.get("version", 0), instant(kept.get("at", 0)), kept.get("by", ""))

    def save(self, after: KeptExam) -> bool:
        pk = f"EXAM#{after.exam.id}"
        document = msgspec.json.encode(after.exam).decode()
        values = {"pk": pk, "document": document, "version": after.version, "at": millis(after.at), "by": after.by}
        in_force: dict[str, Any] = {
            "TableName": self._table,
            "Item": marshal(values | {"sk": "EXAM"}),
            "ConditionExpression": "#version = :before" if after.version > 1 else "attribute_not_exists(#version)",
            "ExpressionAttributeNames": {"#version": "version"},
        }
        if after.version > 1:
            in_force["ExpressionAttributeValues"] = marshal({":before": after.version - 1})
        history = {"TableName": self._table, "Item": marshal(values | {"sk": f"VERSION#{after.version:06d}"})}
        writes: list[Any] = [{"Put": in_force}, {"Put": history}, {"Put": look_at(self._table, after)}]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
                return False
            raise
        return True

    def put(self, exam: Exam, by: str = "") -> None:
        """Puts a configuration in force, whatever was before it."""
        while True:
            kept = self.kept(exam.id)
            if self.save(KeptExam(exam, kept.version + 1 if kept else 1, self._now(), by)):
                return


class DynamoRoster:
    """`ports.Roster`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def account(self, username: str) -> Account | None:
        found = _get(self._client, self._table, f"ACCOUNT#{username}", "ACCOUNT")
        return msgspec.convert(found, Account) if found else None

    def entry(self, exam: str, registration_no: str) -> RosterEntry | None:
        found = _get(self._client, self._table, f"ROSTER#{exam}#{registration_no}", "ROSTER")
        return msgspec.convert(found, RosterEntry) if found else None

    def add(self, entry: RosterEntry) -> None:
        """Writes the entry and its account, and a draft application if there is none yet."""
        key = {"pk": f"ROSTER#{entry.exam}#{entry.registration_no}", "sk": "ROSTER"}
        self._put(key | msgspec.to_builtins(entry))
        self.add_account(Account(entry.username, False, entry.exam, entry.registration_no))
        draft = Application(entry.exam, entry.registration_no, entry.name, entry.area, entry.site)
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table, Item=draft_item(draft), ConditionExpression="attribute_not_exists(pk)"
            )

    def add_account(self, account: Account) -> None:
        """Says whom a user name belongs to."""
        self._put({"pk": f"ACCOUNT#{account.username}", "sk": "ACCOUNT", **msgspec.to_builtins(account)})

    def _put(self, values: dict[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=marshal(values))


class DynamoSignInGuard:
    """`ports.SignInGuard`: after five failures from one source, 30 s, doubling to 15 min.

    The attempt is counted before the password is looked at, so that parallel guesses are counted too.
    """

    FREE = 5
    FIRST_WAIT = 30
    LONGEST_WAIT = 900
    RACES = 8

    def __init__(self, client: "DynamoDBClient", table: str, fingerprint: Callable[[str], str]) -> None:
        self._client = client
        self._table = table
        self._fingerprint = fingerprint

    def _key(self, username: str, source: str) -> Item:
        return marshal({"pk": f"SIGNIN#{self._fingerprint(username)}#{source}", "sk": "SIGNIN"})

    def admit(self, username: str, source: str, now: datetime) -> int:
        key = self._key(username, source)
        for _ in range(self.RACES):
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            before = unmarshal(found.get("Item", {}))
            next_try = int(before.get("next_try", 0))
            if millis(now) < next_try:
                return -(-(next_try - millis(now)) // 1000)
            if self._count(key, int(before["failures"]) if before else 0, now):
                return 0
            # Somebody else's attempt was counted first (two devices, a double click): look again.
        return 1

    def _count(self, key: Item, failures: int, now: datetime) -> bool:
        """Counts one attempt more than `failures`; False if there were others meanwhile."""
        # While attempts are free, none has to wait: clocks differ, and another's time of now may be a little ahead.
        next_try = 0
        if failures + 1 >= self.FREE:
            wait = min(self.FIRST_WAIT * 2 ** (failures + 1 - self.FREE), self.LONGEST_WAIT)
            next_try = millis(now) + wait * 1000
        changes: dict[str, Any] = {
            ":failures": failures + 1,
            ":next_try": next_try,
            ":expires": int(now.timestamp()) + 86_400,
        }
        as_read = "attribute_not_exists(failures)"
        if failures:
            as_read = "failures = :was"
            changes[":was"] = failures
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET failures = :failures, next_try = :next_try, expires = :expires",
                ConditionExpression=as_read,
                ExpressionAttributeValues=marshal(changes),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def forget(self, username: str, source: str) -> None:
        self._client.delete_item(TableName=self._table, Key=self._key(username, source))
