"""Clients of the table to whom happens what the emulator does not do by itself."""

from typing import Any


class Lagging:
    """A client of the table for whom an index does not change any more from its first answer on."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.answers: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def query(self, **given: Any) -> Any:
        asked = given["ExpressionAttributeValues"][":pending"]["S"]
        if asked not in self.answers:
            self.answers[asked] = self.client.query(**given)
        return self.answers[asked]


class AnswersLost:
    """A client of the table which sends every write twice, as one does whose answers are lost."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def update_item(self, **given: Any) -> Any:
        self.client.update_item(**given)
        return self.client.update_item(**given)


class Disturbed(AnswersLost):
    """A client of the table whose first write meets a transaction."""

    met = False

    def update_item(self, **given: Any) -> Any:
        if not self.met:
            self.met = True
            error = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
            raise self.client.exceptions.TransactionConflictException(error, "UpdateItem")
        return self.client.update_item(**given)
