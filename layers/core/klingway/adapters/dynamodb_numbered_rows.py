"""Rows beside a job's or an element's that are written whole, and only on the number that they expect.

They carry no tenant, which would put them into the index of the tenant's jobs.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from klingway.adapters import dynamodb_rows as rows

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from mypy_boto3_dynamodb import DynamoDBClient


class NumberedRows:
    """The rows of one kind on one table."""

    def __init__(self, client: "DynamoDBClient", table: str, part: str) -> None:
        self._client = client
        self._table = table
        self._part = part
        """How the sort key of every row begins."""

    def add(self, item: rows.Item) -> bool:
        """Write a new row; False where it was written before, which changes nothing."""
        return self._put(item, "attribute_not_exists(pk)")

    def replace(self, item: rows.Item, *, expected: int) -> bool:
        """Write a row anew; False where it does not expect the number any more, or is gone."""
        return self._put(item, "#number = :expected", expected)

    def _put(self, item: rows.Item, condition: str, expected: int | None = None) -> bool:
        written_by = {"S": secrets.token_hex(8)}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item | {"written_by": written_by},
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expecting(expected),
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            old: Any = error.response.get("Item") or {}
            return bool(old.get("written_by") == written_by)  # our own write, whose answer was lost
        return True

    def remove(self, key: rows.Item, *, expected: int) -> bool:
        """Delete a row; False where it does not expect the number any more, or is gone."""
        try:
            self._client.delete_item(
                TableName=self._table, Key=key, ConditionExpression="#number = :expected", **_expecting(expected)
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, key: rows.Item) -> Mapping[str, Any] | None:
        """Return a row's values as they stand this moment."""
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return rows.from_dynamodb(item) if item else None

    def of(self, subject_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield the values of the rows beside a job's or an element's, the last first; there is a handful."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :subject AND begins_with(sk, :part)",
            ExpressionAttributeValues={":subject": {"S": subject_id}, ":part": {"S": self._part}},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        yield from map(rows.from_dynamodb, found["Items"])


def key_of(subject_id: str, part: str) -> rows.Item:
    """Return a row's key."""
    return {"pk": {"S": subject_id}, "sk": {"S": part}}


def item_of(of: "DataclassInstance", *, subject: str, part: str) -> rows.Item:
    """Return the row of what it tells of: its fields, but for the one that names the subject, which the key says."""
    values = {field.name: getattr(of, field.name) for field in fields(of)}
    subject_id = values.pop(subject)
    values |= {"due_shard": None if values["due_at"] is None else rows.due_shard(subject_id)}
    said = {name: rows.to_dynamodb(value) for name, value in values.items() if value not in (None, ())}
    return key_of(subject_id, part) | said


def _expecting(number: int | None) -> Any:  # noqa: ANN401 - arguments of several calls
    if number is None:
        return {}
    return {
        "ExpressionAttributeNames": {"#number": "number"},
        "ExpressionAttributeValues": {":expected": {"N": str(number)}},
    }
