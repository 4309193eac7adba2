"""Deliveries in DynamoDB: a row each, beside that of its job or element, written whole and only on the number that it expects.

It carries no tenant, which would put it into the index of the tenant's jobs.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from klingway.adapters import dynamodb_rows as rows
from klingway.domain.deliveries import PART, Delivery, DeliveryState, Try
from klingway.domain.ids import from_iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbDeliveries:
    """The deliveries on one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, delivery: Delivery) -> bool:
        """Write a new delivery; False where it was written before, which changes nothing."""
        return self._put(delivery, "attribute_not_exists(pk)")

    def replace(self, delivery: Delivery, *, expected: int) -> bool:
        """Write a delivery anew; False where its row does not expect the number any more."""
        return self._put(delivery, "#number = :expected", expected)

    def _put(self, delivery: Delivery, condition: str, expected: int | None = None) -> bool:
        written_by = {"S": secrets.token_hex(8)}
        names: Any = {} if expected is None else {"ExpressionAttributeNames": {"#number": "number"}}
        values: Any = {} if expected is None else {"ExpressionAttributeValues": {":expected": {"N": str(expected)}}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item_of(delivery) | {"written_by": written_by},
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **names,
                **values,
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            old: Any = error.response.get("Item") or {}
            return bool(old.get("written_by") == written_by)  # our own write, whose answer was lost
        return True

    def get(self, subject_id: str, part: str) -> Delivery | None:
        """Return a delivery as it stands this moment."""
        key: Any = {"pk": {"S": subject_id}, "sk": {"S": part}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _delivery_of(item) if item else None

    def of(self, subject_id: str) -> Sequence[Delivery]:
        """Return the deliveries about a job, or an element, newest first; there is a handful."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :subject AND begins_with(sk, :deliveries)",
            ExpressionAttributeValues={":subject": {"S": subject_id}, ":deliveries": {"S": PART}},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        return [_delivery_of(item) for item in found["Items"]]


def _item_of(delivery: Delivery) -> rows.Item:
    values = {field.name: getattr(delivery, field.name) for field in fields(delivery)}
    values |= {"pk": delivery.subject_id, "sk": delivery.part, "subject_id": None}  # the key says it
    values |= {"due_shard": None if delivery.due_at is None else rows.due_shard(delivery.subject_id)}
    return {name: rows.to_dynamodb(value) for name, value in values.items() if value not in (None, ())}


def _delivery_of(item: rows.Item) -> Delivery:
    row = rows.from_dynamodb(item)
    return Delivery(
        subject_id=row["pk"],
        sequence=int(row["sequence"]),
        target=int(row["target"]),
        kind=row["kind"],
        address=row["address"],
        event=row["event"],
        created_at=from_iso(row["created_at"]),
        due_at=int(row["due_at"]) if "due_at" in row else None,
        state=DeliveryState(row["state"]),
        number=int(row["number"]),
        begun=int(row["begun"]),
        tries=tuple(_try_of(each) for each in row.get("tries", ())),
        finished_at=from_iso(row["finished_at"]) if "finished_at" in row else None,
    )


def _try_of(row: Mapping[str, Any]) -> Try:
    status = row.get("status")
    return Try(
        at=from_iso(row["at"]),
        took_ms=int(row["took_ms"]),
        status=None if status is None else int(status),
        error=row.get("error"),
    )
