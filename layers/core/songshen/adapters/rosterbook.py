"""The roster many entries at a time: one read and one transaction for twenty-five."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from songshen.adapters.items import Item, application_from, draft_item, marshal, status_keys, unmarshal
from songshen.domain.application import Application
from songshen.ports import Account, Held, RosterChange, RosterEntry

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_SLOW_DOWN = {"ThrottlingError", "ProvisionedThroughputExceeded", "ThrottlingException", "RequestLimitExceeded"}
_LOST = {"ConditionalCheckFailed", "TransactionConflict"}
_PATIENCE = 8
"""How often a table that has too much to do is asked again: 0.1 s later, 0.2 s, …: 25 s in all."""


class DynamoRosterBook:
    """`ports.RosterBook`."""

    def __init__(self, client: "DynamoDBClient", table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def find(self, entries: Sequence[RosterEntry]) -> list[Held]:
        keys = [
            key for entry in entries for key in (_entry_key(entry), _account_key(entry.username), _draft_key(entry))
        ]
        asked: list[Item] = list({_name(key): key for key in map(marshal, keys)}.values())
        found: dict[tuple[str, str], Item] = {}
        for pause in _pauses():
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": asked, "ConsistentRead": True}})
            found |= {_name(item): item for item in answer["Responses"].get(self._table, [])}
            left: dict[str, Any] = dict(answer.get("UnprocessedKeys", {}))
            asked = left[self._table]["Keys"] if left else []
            if not asked:
                break
            self._sleep(pause)
        else:
            raise TimeoutError("the table has too much to do")

        def held(entry: RosterEntry) -> Held:
            roster, account, draft = (
                found.get((key["pk"], key["sk"]))
                for key in (_entry_key(entry), _account_key(entry.username), _draft_key(entry))
            )
            return Held(
                msgspec.convert(unmarshal(roster), RosterEntry) if roster else None,
                msgspec.convert(unmarshal(account), Account) if account else None,
                application_from(draft) if draft else None,
            )

        return [held(entry) for entry in entries]

    def write(self, changes: Sequence[RosterChange]) -> list[bool]:
        groups = [self.items(change) for change in changes]
        together = [item for group in groups for item in group]
        names = [_name(next(iter(item.values())).get("Key") or item["Put"]["Item"]) for item in together]
        # A transaction touches no item twice; of two who swap user names each is written alone.
        if len(names) == len(set(names)) and self._transact(together):
            return [True] * len(changes)
        return [self._transact(group) for group in groups]

    def _transact(self, items: list[Any]) -> bool:
        """Whether they were written; False if the table holds something else than was read."""
        for pause in _pauses():
            try:
                self._client.transact_write_items(TransactItems=items)
            except ClientError as error:
                response: Any = error.response
                reasons = {reason.get("Code") for reason in response.get("CancellationReasons", [])}
                reasons.add(response["Error"]["Code"])
                if reasons & _LOST:
                    return False
                if not reasons & _SLOW_DOWN:
                    raise
                self._sleep(pause)
            else:
                return True
        raise TimeoutError("the table has too much to do")

    def items(self, change: RosterChange) -> list[Any]:
        """The writes of one candidate, each on condition that nobody has been faster."""
        entry, was = change.entry, change.held.entry
        items: list[Any] = []
        if change.application:
            items.append(self._application(change.held.application, change.application))
        if change.held.account is None:
            account = Account(entry.username, False, entry.exam, entry.registration_no)
            item = _account_key(entry.username) | msgspec.to_builtins(account)
            items.append(self._put(marshal(item), "attribute_not_exists(pk)"))
        if was and was.username != entry.username:
            own = marshal({":exam": entry.exam, ":no": entry.registration_no})
            condition = "attribute_not_exists(pk) OR (exam = :exam AND registration_no = :no)"
            key = marshal(_account_key(was.username))
            items.append({"Delete": self._if(condition, own) | {"Key": key}})
        if was != entry:
            item = marshal(_entry_key(entry) | msgspec.to_builtins(entry))
            if was:
                items.append(self._put(item, "username = :was", marshal({":was": was.username})))
            else:
                items.append(self._put(item, "attribute_not_exists(pk)"))
        return items

    def _application(self, before: Application | None, after: Application) -> Any:
        """A new draft, or a draft's new name and place; the version tells a submission that is on its way."""
        if before is None:
            return self._put(draft_item(after), "attribute_not_exists(pk)")
        values = {"name": after.name, "area": after.area, "site": after.site, **status_keys(after)}
        given = {f":{name}": value for name, value in values.items()}
        update = {
            "Key": marshal(_draft_key(after)),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values) + " ADD version :one",
            "ExpressionAttributeNames": {f"#{name}": name for name in values} | {"#status": "status"},
        }
        condition = "#status = :draft AND version = :read"
        more = {":one": 1, ":draft": "draft", ":read": before.version}
        return {"Update": self._if(condition, marshal(given | more)) | update}

    def _put(self, item: Item, condition: str, values: Item | None = None) -> Any:
        return {"Put": self._if(condition, values) | {"Item": item}}

    def _if(self, condition: str, values: Item | None) -> dict[str, Any]:
        made: dict[str, Any] = {"TableName": self._table, "ConditionExpression": condition}
        return made | ({"ExpressionAttributeValues": values} if values else {})


def _pauses() -> list[float]:
    return [0.1 * 2**number for number in range(_PATIENCE)]


def _entry_key(entry: RosterEntry) -> dict[str, Any]:
    return {"pk": f"ROSTER#{entry.exam}#{entry.registration_no}", "sk": "ROSTER"}


def _account_key(username: str) -> dict[str, Any]:
    return {"pk": f"ACCOUNT#{username}", "sk": "ACCOUNT"}


def _draft_key(of: RosterEntry | Application) -> dict[str, Any]:
    return {"pk": f"APPLICATION#{of.exam}#{of.registration_no}", "sk": "APPLICATION"}


def _name(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
