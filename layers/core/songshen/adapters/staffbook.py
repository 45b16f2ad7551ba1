"""An exam's staff in the table."""

from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from songshen.adapters import queries
from songshen.adapters.items import Item, instant, marshal, millis, sortable, unmarshal
from songshen.domain.people import Member, StaffChange, StaffRole
from songshen.ports import Written

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoStaffBook:
    """`ports.StaffBook`. Members and changes lie in one partition of the exam's; that a user name is staff says
    `ACCOUNT#`, where `sign_in` looks."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def members(self, exam: str) -> list[Member]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :members)",
            "ExpressionAttributeValues": marshal({":pk": f"STAFF#{exam}", ":members": "MEMBER#"}),
            "ConsistentRead": True,
        }
        return [msgspec.convert(unmarshal(item), Member) for item in queries.items(self._client, asked)]

    def member(self, exam: str, username: str) -> Member | None:
        key = _member_key(exam, username)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return msgspec.convert(unmarshal(found), Member) if found else None

    def changes(self, exam: str, limit: int) -> list[StaffChange]:
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :changes)",
            ExpressionAttributeValues=marshal({":pk": f"STAFF#{exam}", ":changes": "CHANGE#"}),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [
            msgspec.convert(values | {"at": instant(values["at"])}, StaffChange)
            for values in map(unmarshal, page["Items"])
        ]

    def write(self, before: Member | None, after: Member, change: StaffChange) -> Written:
        by_an_administrator = {
            "TableName": self._table,
            "Key": _member_key(after.exam, change.by),
            "ConditionExpression": "#role = :admin AND disabled = :no",
            "ExpressionAttributeNames": {"#role": "role"},
            "ExpressionAttributeValues": marshal({":admin": StaffRole.ADMIN.value, ":no": False}),
        }
        writes = [*self._writes(before, after, change), {"ConditionCheck": by_an_administrator}]
        return self._written(writes, (Written.CHANGED, Written.TAKEN, Written.CHANGED, Written.FORBIDDEN))

    def found(self, first: Member, change: StaffChange) -> Written:
        """Writes an administrator whom nobody has employed: the operator does, for a new stack."""
        return self._written(
            self._writes(self.member(first.exam, first.username), first, change),
            (Written.CHANGED, Written.TAKEN, Written.CHANGED),
        )

    def _writes(self, before: Member | None, after: Member, change: StaffChange) -> list[Any]:
        member: dict[str, Any] = {
            "TableName": self._table,
            "Item": _member_key(after.exam, after.username) | marshal(msgspec.to_builtins(after)),
            "ConditionExpression": "#version = :before" if before else "attribute_not_exists(pk)",
        }
        if before:
            member |= {
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": marshal({":before": before.version}),
            }
        account = {
            "TableName": self._table,
            "Item": marshal(
                {"pk": f"ACCOUNT#{after.username}", "sk": "ACCOUNT"}
                | {"username": after.username, "staff": True, "exam": after.exam, "registration_no": ""}
            ),
            # Staff that an operator has entered by hand belong to no exam yet.
            "ConditionExpression": "attribute_not_exists(pk) OR (staff = :yes AND exam IN (:exam, :none))",
            "ExpressionAttributeValues": marshal({":yes": True, ":exam": after.exam, ":none": ""}),
        }
        entry = marshal(
            {"pk": f"STAFF#{after.exam}", "sk": f"CHANGE#{sortable(change.at)}#{change.username}"}
            | msgspec.to_builtins(change)
            | {"at": millis(change.at)}
        )
        return [
            {"Put": member},
            {"Put": account},
            {"Put": {"TableName": self._table, "Item": entry, "ConditionExpression": "attribute_not_exists(pk)"}},
        ]

    def _written(self, writes: list[Any], meaning: tuple[Written, ...]) -> Written:
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
            # Who may not, is told so whatever else there is.
            for reason, written in reversed(list(zip(reasons, meaning, strict=False))):
                if reason == "ConditionalCheckFailed":
                    return written
            if "TransactionConflict" in reasons:
                return Written.CHANGED
            raise
        return Written.DONE


def _member_key(exam: str, username: str) -> Item:
    return marshal({"pk": f"STAFF#{exam}", "sk": f"MEMBER#{username}"})
