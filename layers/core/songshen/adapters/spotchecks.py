"""Spot checks in the table."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from songshen.adapters import queries
from songshen.adapters.items import check_item, check_key, marshal, pack_claim, unmarshal, unpack_claim, unpack_decision
from songshen.domain.application import Claim
from songshen.domain.spotcheck import SpotCheck

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

READ_AT_ONCE = 100


class DynamoSpotChecks:
    """`ports.SpotChecks`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def waiting(self, exam: str, area: str) -> list[SpotCheck]:
        page = self._client.query(**self._of(exam, area, "OPEN#"), Limit=READ_AT_ONCE)
        return sorted(map(_check_from, page["Items"]), key=lambda check: check.first.at)

    def find(self, exam: str, area: str, application_id: str) -> list[SpotCheck]:
        registration_no = application_id.partition("_")[2]
        states = ("OPEN", "DONE")
        # Consistent: with a claim of a moment ago unseen, its holder would be shown the decided case.
        asked = [self._of(exam, area, f"{state}#{registration_no}#") for state in states]
        pages = [self._client.query(**one, ConsistentRead=True) for one in asked]
        return [_check_from(item) for page in pages for item in page["Items"]]

    def set_claim(self, check: SpotCheck, claim: Claim) -> bool:
        if check.second is not None:
            return False
        condition, values = _as_read(check)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=check_key(check),
                UpdateExpression="SET claim = :claim",
                ConditionExpression=condition,
                ExpressionAttributeValues=marshal(values | {":claim": pack_claim(claim)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def finish(self, before: SpotCheck, after: SpotCheck) -> bool:
        condition, values = _as_read(before)
        delete: Any = {"TableName": self._table, "Key": check_key(before), "ConditionExpression": condition}
        if values:
            delete["ExpressionAttributeValues"] = marshal(values)
        put: Any = {"TableName": self._table, "Item": check_item(after)}
        try:
            self._client.transact_write_items(TransactItems=[{"Delete": delete}, {"Put": put}])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons", [])
            if any(reason.get("Code") in {"ConditionalCheckFailed", "TransactionConflict"} for reason in reasons):
                return False
            raise
        return True

    def finished(self, exam: str, area: str) -> Iterator[SpotCheck]:
        return map(_check_from, queries.items(self._client, self._of(exam, area, "DONE#")))

    def _of(self, exam: str, area: str, beginning: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :beginning)",
            "ExpressionAttributeValues": marshal({":pk": f"CHECKS#{exam}#{area}", ":beginning": beginning}),
        }


def _as_read(check: SpotCheck) -> tuple[str, dict[str, Any]]:
    """The condition that the check is there, and its lease the one that was read; and its values."""
    if check.claim is None:
        return "attribute_exists(pk) AND attribute_not_exists(claim)", {}
    return "claim = :as_read", {":as_read": pack_claim(check.claim)}


def _check_from(item: Mapping[str, Any]) -> SpotCheck:
    """The spot check an item stands for."""
    values = unmarshal(item)
    first = unpack_decision(values["first"])
    assert first is not None
    return SpotCheck(
        exam=values["exam"],
        area=values["area"],
        site=values["site"],
        registration_no=values["registration_no"],
        round=values["round"],
        first=first,
        second=unpack_decision(values.get("second")),
        claim=unpack_claim(values.get("claim")),
    )
