"""Applications and their journals in the table. Their keys and conditions are built here only."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from songshen.adapters import queries
from songshen.adapters.items import (
    SIGNED,
    Item,
    application_from,
    check_item,
    claim_keys,
    decision_keys,
    entry_from,
    instant,
    marshal,
    millis,
    pack_claim,
    pack_decision,
    pack_entry,
    pack_quota,
    pack_slot,
    sortable,
    status_keys,
    unmarshal,
    unpack_claim,
)
from songshen.domain.application import Application, Claim, SlotChange, Status
from songshen.domain.errors import Code, Refused
from songshen.domain.journal import Entry
from songshen.ports import (
    Conflict,
    NoticeRecord,
    Notification,
    QueueFilter,
    QueuePage,
    QueueRow,
    Viewing,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from songshen.domain.spotcheck import SpotCheck

PENDING = "PENDING#0"
# Looking at the same case again within this time is the same viewing.
VIEWED_AGAIN = timedelta(minutes=10)
# How much of the queue one request reads to find the lines that are wanted.
READ_AT_ONCE = 500
READS = 10
# Where one looks for cases that nobody holds: those that are held are few, and all in front.
READ_FOR_FREE = 100
# BatchGetItem takes no more.
BATCH = 100

# A slot is unlocked in a draft, and in a returned application whose decision names it or names none.
_UNLOCKED = (
    "(#status = :draft OR (#status = :returned AND "
    "(attribute_not_exists(decision.slots) OR attribute_exists(decision.slots.#slot))))"
)


def application_key(application_id: str) -> Item:
    """The key of an application's item."""
    exam, _, registration_no = application_id.partition("_")
    return marshal({"pk": f"APPLICATION#{exam}#{registration_no}", "sk": "APPLICATION"})


def viewing_from(item: Mapping[str, Any]) -> Viewing:
    """The viewing an item stands for."""
    seen = unmarshal(item)
    return Viewing(seen["by"], instant(seen["at"]), seen["round"], seen["what"])


def _id_in(pk: str) -> str:
    """The application's id from its key."""
    return pk.removeprefix("APPLICATION#").replace("#", "_", 1)


def _losing(error: ClientError) -> Mapping[str, Any] | None:
    """The item that made a conditional write or a transaction lose, {} if the service did not say which.

    None if the error is another one.
    """
    response: Mapping[str, Any] = error.response
    code = response["Error"]["Code"]
    if code in {"ConditionalCheckFailedException", "TransactionConflictException"}:
        return dict(response.get("Item", {}))
    if code == "TransactionCanceledException":
        for reason in response.get("CancellationReasons", []):
            if reason.get("Code") in {"ConditionalCheckFailed", "TransactionConflict"}:
                return dict(reason.get("Item", {}))
    return None


_RECORDING = 5
"""Tries to write beside other writers what does not concern them."""
_SETTLED = "REMOVE pending_pk, pending_due, task_token"


class DynamoApplications:
    """`ports.Applications`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, application_id: str) -> Application | None:
        found = self._client.get_item(
            TableName=self._table, Key=application_key(application_id), ConsistentRead=True
        ).get("Item")
        return application_from(found) if found else None

    def with_journal(self, application_id: str) -> tuple[Application, list[Entry]] | None:
        # What follows the journal is of no concern here: who has looked at the case.
        items = list(self._partition(application_id, "sk < :viewings"))
        if not items or items[0]["sk"] != {"S": "APPLICATION"}:
            return None
        return application_from(items[0]), [entry_from(item) for item in items[1:]]

    def change_slot(self, application: Application, change: SlotChange) -> Application:
        names = {"#status": "status", "#slot": change.slot, "#slots": "slots"}
        values: dict[str, Any] = {":draft": "draft", ":returned": "returned", ":one": 1}
        conditions = [_UNLOCKED]
        sets, adds, removes = [], ["version :one"], []
        if change.before is None:
            conditions.append("attribute_not_exists(#slots.#slot)")
        else:
            conditions.append("#slots.#slot = :before")
            values[":before"] = pack_slot(change.before)
        if change.after is None:
            removes.append("#slots.#slot")
        else:
            sets.append("#slots.#slot = :after")
            values[":after"] = pack_slot(change.after)
        if change.counts_on:
            # As read, so that a flood of parallel requests cannot slip past the quota together.
            before = pack_quota(application.quota_day, application.quota_count)
            conditions.append("quota = :quota_as_read" if before else "attribute_not_exists(quota)")
            values |= {":quota_as_read": before} if before else {}
            used = application.quota_count if application.quota_day == change.counts_on else 0
            sets.append("quota = :quota")
            values[":quota"] = pack_quota(change.counts_on, used + 1)
        written = self._update(
            application.id, _expression(sets, removes, adds), " AND ".join(conditions), names, values
        )
        return application_from(written)

    def set_profile(self, application_id: str, phone: str, address: str) -> Application | None:
        refused = self._client.exceptions
        for _ in range(3):
            try:
                written = self._client.update_item(
                    TableName=self._table,
                    Key=application_key(application_id),
                    UpdateExpression="SET phone = :phone, address = :address",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues=marshal({":phone": phone, ":address": address}),
                    ReturnValues="ALL_NEW",
                )
            except refused.ConditionalCheckFailedException:
                return None
            except refused.TransactionConflictException:
                continue  # a submission or a decision is being written at this very moment
            return application_from(written["Attributes"])
        raise Refused(Code.BUSY)

    def transition(
        self,
        before: Application,
        after: Application,
        entry: Entry,
        notice: NoticeRecord | None = None,
        check: "SpotCheck | None" = None,
    ) -> None:
        state = {
            "status": after.status.value,
            "round": after.round,
            "attempt": after.attempt,
            "version": before.version + 1,
            "submitted_at": millis(after.submitted_at) if after.submitted_at else None,
            "decision": pack_decision(after.decision) if after.decision else None,
            "serial_number": after.serial_number or None,
            "notice_code": after.notice_code or None,
            "pending_pk": PENDING if after.obligation_due else None,
            "pending_due": sortable(after.obligation_due) if after.obligation_due else None,
            **status_keys(after),
            **claim_keys(after, None),
        }
        kept = {name: value for name, value in state.items() if value is not None}
        removes = [f"#{name}" for name, value in state.items() if value is None] + ["claim"]
        if after.status is Status.SUBMITTED:
            # A new round's execution brings its own. A decision leaves whatever the workflow has stored by then.
            removes += ["task_token", "quota"]
        names = {f"#{name}": name for name in state}
        values: dict[str, Any] = {f":{name}": value for name, value in kept.items()}
        values |= {
            ":was_status": before.status.value,
            ":was_round": before.round,
            ":was_attempt": before.attempt,
            ":was_version": before.version,
        }
        conditions = [f"#{name} = :was_{name}" for name in ("status", "round", "attempt", "version")]
        conditions.append(_claimed_as_read(before, values))
        update = {
            "TableName": self._table,
            "Key": application_key(before.id),
            "UpdateExpression": _expression([f"#{n} = :{n}" for n in kept], removes, []),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": marshal(values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        withdrawn = before.notice_code if not after.notice_code else ""
        writes: list[Any] = [{"Update": update}, self._journalled(after, entry, withdrawn)]
        if withdrawn:
            withdrawal = {
                "TableName": self._table,
                "Key": marshal({"pk": f"NOTICE#{withdrawn}", "sk": "NOTICE"}),
                "UpdateExpression": "SET #valid = :no",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#valid": "valid"},
                "ExpressionAttributeValues": marshal({":no": False}),
            }
            writes.append({"Update": withdrawal})
        if notice:
            record = {"pk": f"NOTICE#{notice.code}", "sk": "NOTICE", **msgspec.to_builtins(notice)}
            writes.append({"Put": {"TableName": self._table, "Item": marshal(record)}})
        if check:
            writes.append({"Put": {"TableName": self._table, "Item": check_item(check)}})
        self._or_conflict(before.id, lambda: self._client.transact_write_items(TransactItems=writes))

    def _journalled(self, application: Application, entry: Entry, withdrawn: str = "") -> dict[str, Any]:
        """The entry's part of a transaction. It alone keeps the code of a notice that is `withdrawn`."""
        sk = f"JOURNAL#{sortable(entry.at)}#{secrets.token_hex(4)}"
        more = {"notice_code": withdrawn} if withdrawn else {}
        item = application_key(application.id) | marshal(
            {"sk": sk} | pack_entry(entry) | decision_keys(application, entry) | more
        )
        return {"Put": {"TableName": self._table, "Item": item}}

    def extend(self, application: Application, until: datetime, entry: Entry) -> None:
        values: dict[str, Any] = {
            ":status": application.status.value,
            ":round": application.round,
            ":until": millis(until),
        }
        as_read = "attribute_not_exists(#extension)"
        if application.extension:
            as_read = "#extension = :was"
            values[":was"] = millis(application.extension)
        update = {
            "TableName": self._table,
            "Key": application_key(application.id),
            "UpdateExpression": "SET #extension = :until",
            "ConditionExpression": f"#status = :status AND #round = :round AND {as_read}",
            "ExpressionAttributeNames": {f"#{name}": name for name in ("status", "round", "extension")},
            "ExpressionAttributeValues": marshal(values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        writes: list[Any] = [{"Update": update}, self._journalled(application, entry)]
        self._or_conflict(application.id, lambda: self._client.transact_write_items(TransactItems=writes))

    def set_claim(self, application: Application, claim: Claim | None) -> None:
        values: dict[str, Any] = {":status": application.status.value, ":round": application.round}
        conditions = ["#status = :status", "#round = :round", _claimed_as_read(application, values)]
        state = {"claim": pack_claim(claim) if claim else None, **claim_keys(application, claim)}
        sets = [f"{name} = :{name}" for name, value in state.items() if value is not None]
        removes = [name for name, value in state.items() if value is None]
        values |= {f":{name}": value for name, value in state.items() if value is not None}
        names = {"#status": "status", "#round": "round"}
        change = _expression(sets, removes, [])
        self._update(application.id, change, " AND ".join(conditions), names, values)

    def restart(self, application: Application, due: datetime) -> Application:
        values: dict[str, Any] = {
            ":round": application.round,
            ":status": application.status.value,
            ":attempt": application.attempt,
            ":next": application.attempt + 1,
            ":pending": PENDING,
            ":due": sortable(due),
        }
        written = self._update(
            application.id,
            "SET attempt = :next, pending_pk = :pending, pending_due = :due REMOVE task_token",
            "#round = :round AND #status = :status AND attempt = :attempt",
            {"#round": "round", "#status": "status"},
            values,
        )
        return application_from(written)

    def record_notification(self, application: Application, notification: Notification) -> None:
        note = {
            "round": notification.round,
            "state": notification.state,
            "at": millis(notification.at),
            "cause": notification.cause,
        }
        values = {":round": application.round, ":notification": note}
        change = f"SET notification = :notification {_SETTLED}"
        # What is not recorded would be sent again.
        self._finish(application.id, change, "#round = :round", {"#round": "round"}, values)

    def settle(self, application_id: str, round: int, attempt: int) -> None:
        values = {":round": round, ":attempt": attempt, ":submitted": Status.SUBMITTED.value}
        condition = "#round = :round AND attempt = :attempt AND #status <> :submitted"
        self._finish(application_id, _SETTLED, condition, {"#round": "round", "#status": "status"}, values)

    def _finish(
        self, application_id: str, change: str, condition: str, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> None:
        """A write whose condition may lose: then it is nobody's business any more. Who writes beside it does not hinder
        it: a candidate who submits at this moment is no other round yet."""
        refused = self._client.exceptions
        for _ in range(_RECORDING):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=application_key(application_id),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=marshal(values),
                )
            except refused.TransactionConflictException:
                continue
            except refused.ConditionalCheckFailedException:
                pass
            return

    def mark_reminded(self, application: Application, mark: str) -> bool:
        # Signed: a write that is sent again because its answer was lost knows its own.
        signed = f"{mark}{SIGNED}{secrets.token_hex(4)}"
        values: dict[str, Any] = {":signed": signed, ":mark": f"{mark}{SIGNED}"}
        values |= {":status": application.status.value, ":round": application.round}
        condition = "#status = :status AND #round = :round AND NOT begins_with(reminded, :mark)"
        names = {"#status": "status", "#round": "round"}
        for _ in range(_RECORDING):
            try:
                self._update(application.id, "SET reminded = :signed", condition, names, values)
            except Conflict as lost:
                now = lost.current
                if (now.status, now.round) != (application.status, application.round):
                    return False
                if now.reminded == mark:
                    noted: str | None = self._part(application.id, "reminded")
                    return noted == signed
                continue  # a transaction is being written at this very moment
            return True
        return False

    def notification_of(self, application_id: str) -> Notification | None:
        told = self._part(application_id, "notification")
        return Notification(told["round"], told["state"], instant(told["at"]), told["cause"]) if told else None

    def _part(self, application_id: str, attribute: str) -> Any:
        """One attribute of an application's item as it is now, None without it."""
        found = self._client.get_item(
            TableName=self._table,
            Key=application_key(application_id),
            ProjectionExpression=attribute,
            ConsistentRead=True,
        ).get("Item", {})
        return unmarshal(found).get(attribute)

    def next_serial(self, exam: str, site: str) -> int:
        written = self._client.update_item(
            TableName=self._table,
            Key=marshal({"pk": f"COUNTER#{exam}#{site}", "sk": "SERIAL"}),
            UpdateExpression="ADD #last :one",
            ExpressionAttributeNames={"#last": "last"},
            ExpressionAttributeValues=marshal({":one": 1}),
            ReturnValues="UPDATED_NEW",
        )
        return int(unmarshal(written["Attributes"])["last"])

    def notice(self, code: str) -> NoticeRecord | None:
        found = self._client.get_item(TableName=self._table, Key=marshal({"pk": f"NOTICE#{code}", "sk": "NOTICE"})).get(
            "Item"
        )
        return msgspec.convert(unmarshal(found), NoticeRecord) if found else None

    def queue(
        self, exam: str, site: str, status: str, wanted: QueueFilter, cursor: str | None, limit: int
    ) -> QueuePage:
        key, values, filters = "by_status_pk = :partition", {":partition": f"{exam}#{site}#{status}"}, []
        names = {}
        if wanted.before:
            key += " AND by_status_sk < :before"
            values[":before"] = sortable(wanted.before)
        conditions = _wanted(exam, wanted)
        for condition, its_names, its_values in conditions:
            filters.append(condition)
            names.update(its_names)
            values.update(its_values)
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by-status",
            "KeyConditionExpression": key,
            "ExpressionAttributeValues": marshal(values),
            # A filter is applied after the limit.
            "Limit": READ_FOR_FREE if wanted.free else READ_AT_ONCE if filters else limit,
        }
        if filters:
            asked["FilterExpression"] = " AND ".join(filters)
        if names:
            asked["ExpressionAttributeNames"] = names
        if cursor:
            start = self._start(exam, values[":partition"], cursor)
            if wanted.before and start["by_status_sk"]["S"] >= values[":before"]:
                return QueuePage([], None)  # the service refuses a start outside of what is asked for
            asked["ExclusiveStartKey"] = start
        rows: list[QueueRow] = []
        for _ in range(READS):
            page = self._client.query(**asked)
            rows += [_row(item) for item in page["Items"]]
            if len(rows) > limit:
                return QueuePage(rows[:limit], _cursor_at(rows[limit - 1]))
            if "LastEvaluatedKey" not in page:
                return QueuePage(rows, None)
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            if len(rows) == limit:
                break
        return QueuePage(rows, _cursor(asked["ExclusiveStartKey"]))

    def _start(self, exam: str, partition: str, cursor: str) -> Item:
        sort, registration_no = _position(cursor)
        return application_key(f"{exam}_{registration_no}") | marshal({"by_status_pk": partition, "by_status_sk": sort})

    def held(self, exam: str, reviewer: str, now: datetime, limit: int) -> int:
        counted = self._client.query(
            TableName=self._table,
            IndexName="claims",
            KeyConditionExpression="claims_pk = :reviewer AND claims_until > :now",
            ExpressionAttributeValues=marshal({":reviewer": f"{exam}#{reviewer}", ":now": sortable(now)}),
            Select="COUNT",
            Limit=limit,
        )
        return counted["Count"]

    def count(self, exam: str, site: str, status: str) -> int:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by-status",
            "KeyConditionExpression": "by_status_pk = :partition",
            "ExpressionAttributeValues": marshal({":partition": f"{exam}#{site}#{status}"}),
            "Select": "COUNT",
        }
        return sum(page["Count"] for page in queries.pages(self._client, asked))

    def each(self, exam: str, site: str, status: str) -> Iterator[Application]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by-status",
            "KeyConditionExpression": "by_status_pk = :partition",
            "ExpressionAttributeValues": marshal({":partition": f"{exam}#{site}#{status}"}),
            "Limit": BATCH,
        }
        for page in queries.pages(self._client, asked):
            yield from self._batch([{"pk": item["pk"], "sk": item["sk"]} for item in page["Items"]])

    def some(self, application_ids: Sequence[str]) -> list[Application]:
        return list(self._batch([application_key(id) for id in application_ids]))

    def _batch(self, keys: list[Item]) -> Iterator[Application]:
        """The applications with these keys, at most a hundred, in any order."""
        return map(application_from, queries.batch(self._client, self._table, keys))

    def record_viewing(self, application_id: str, viewing: Viewing) -> None:
        begun = int(viewing.at.timestamp() // VIEWED_AGAIN.total_seconds() * VIEWED_AGAIN.total_seconds())
        since = sortable(instant(begun * 1000))
        key = application_key(application_id) | marshal(
            {"sk": f"VIEWING#{since}#{viewing.round}#{viewing.what}#{viewing.by}"}
        )
        seen = {"by": viewing.by, "at": millis(viewing.at), "round": viewing.round, "what": viewing.what}
        # An update, although it writes the whole item: who shows cases needs no right to put any item in their place.
        self._client.update_item(
            TableName=self._table,
            Key=key,
            UpdateExpression=_expression([f"#{name} = :{name}" for name in seen], [], []),
            ExpressionAttributeNames={f"#{name}": name for name in seen},
            ExpressionAttributeValues=marshal({f":{name}": value for name, value in seen.items()}),
        )

    def viewings(self, application_id: str) -> list[Viewing]:
        found = self._partition(application_id, "begins_with(sk, :viewings)")
        return sorted(map(viewing_from, found), key=lambda one: one.at)

    def _partition(self, application_id: str, part: str) -> Iterator[Any]:
        """Items beside an application's (a consistent read): `part` says which, by where the `:viewings` begin."""
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": f"pk = :pk AND {part}",
            "ExpressionAttributeValues": {
                ":pk": application_key(application_id)["pk"],
                ":viewings": {"S": "VIEWING#"},
            },
            "ConsistentRead": True,
        }
        return queries.items(self._client, asked)

    def obligations(self, now: datetime, limit: int) -> list[str]:
        found = queries.due_keys(self._client, self._table, PENDING, now, limit)
        return [_id_in(item["pk"]["S"]) for item in found]

    def _update(
        self,
        application_id: str,
        expression: str,
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        """One conditional update; the item as written. Raises Conflict with the item that stood in the way."""
        written = self._or_conflict(
            application_id,
            lambda: self._client.update_item(
                TableName=self._table,
                Key=application_key(application_id),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=marshal(values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ExpressionAttributeNames=names,
            ),
        )
        return written["Attributes"]  # type: ignore[no-any-return]

    def _or_conflict(self, application_id: str, write: Callable[[], Any]) -> Any:
        try:
            return write()
        except ClientError as error:
            losing = _losing(error)
            if losing is None:
                raise
            current = application_from(losing) if losing else self.get(application_id)
            if current is None:
                raise
            raise Conflict(current) from error


def _expression(sets: list[str], removes: list[str], adds: list[str]) -> str:
    """An update expression of its clauses."""
    clauses = (("SET", sets), ("REMOVE", removes), ("ADD", adds))
    return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses if parts)


def _claimed_as_read(application: Application, values: dict[str, Any]) -> str:
    """The condition that the lease is the one that was read, or still nobody's; adds to `values`."""
    if application.claim is None:
        return "attribute_not_exists(claim)"
    values[":claim_as_read"] = pack_claim(application.claim)
    return "claim = :claim_as_read"


def _wanted(exam: str, wanted: QueueFilter) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
    """Conditions on what the index holds, each with its names and values."""
    found: list[tuple[str, dict[str, str], dict[str, Any]]] = []
    now = millis(wanted.now)
    if wanted.round:
        found.append(("#round = :round", {"#round": "round"}, {":round": wanted.round}))
    if wanted.mine:
        by = ({"#by": "by"}, {":mine": wanted.mine, ":now": now})
        found.append(("claim.#by = :mine AND claim.expires > :now", *by))
    if wanted.free:
        found.append(("(attribute_not_exists(claim) OR claim.expires <= :now)", {}, {":now": now}))
    # The number is in the table's key, which is no key of this index: there it may be filtered by.
    if wanted.number:
        found.append(("begins_with(pk, :number)", {}, {":number": f"APPLICATION#{exam}#{wanted.number}"}))
    if wanted.search:
        condition = "(begins_with(pk, :searched) OR contains(#name, :search))"
        values = {":searched": f"APPLICATION#{exam}#{wanted.search}", ":search": wanted.search}
        found.append((condition, {"#name": "name"}, values))
    return found


def _row(item: Mapping[str, Any]) -> QueueRow:
    values = unmarshal(item)
    since, _, registration_no = values["by_status_sk"].rpartition("#")
    return QueueRow(
        application=_id_in(values["pk"]),
        registration_no=registration_no,
        name=values["name"],
        status=values["status"],
        round=values["round"],
        since=datetime.fromisoformat(since) if since != "-" else None,
        claim=unpack_claim(values.get("claim")),
    )


def _cursor(last: Mapping[str, Any]) -> str:
    """Where a page of the queue ended, opaque to the client and without the partition, which is the caller's own."""
    return _encoded(unmarshal(last)["by_status_sk"])


def _cursor_at(row: QueueRow) -> str:
    """The same for a row in the middle of what was read."""
    since = sortable(row.since) if row.since else "-"
    return _encoded(f"{since}#{row.registration_no}")


def _encoded(sort: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, sort.rpartition("#")[2]]).encode()).decode()


def _position(cursor: str) -> tuple[str, str]:
    """Sort key and registration number of a cursor. ValueError if it is not one of ours: it comes from outside."""
    match json.loads(base64.urlsafe_b64decode(cursor.encode())):
        case [str(sort), str(registration_no)] if sort and registration_no:
            return sort, registration_no
    raise ValueError("not a cursor of the queue")
