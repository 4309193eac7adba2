"""Deliveries in DynamoDB: a row each, beside that of its job or element, written whole and only on the number that it expects."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from klingway.adapters.dynamodb_numbered_rows import NumberedRows, item_of, key_of
from klingway.adapters.dynamodb_rows import Item
from klingway.domain.deliveries import PART, Delivery, DeliveryState, Try
from klingway.domain.ids import from_iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbDeliveries:
    """The deliveries on one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = NumberedRows(client, table, PART)

    def add(self, delivery: Delivery) -> bool:
        """Write a new delivery; False where it was written before, which changes nothing."""
        return self._rows.add(_item_of(delivery))

    def replace(self, delivery: Delivery, *, expected: int) -> bool:
        """Write a delivery anew; False where its row does not expect the number any more."""
        return self._rows.replace(_item_of(delivery), expected=expected)

    def get(self, subject_id: str, part: str) -> Delivery | None:
        """Return a delivery as it stands this moment."""
        row = self._rows.get(key_of(subject_id, part))
        return _delivery_of(row) if row else None

    def of(self, subject_id: str) -> Sequence[Delivery]:
        """Return the deliveries about a job, or an element, newest first."""
        return [_delivery_of(row) for row in self._rows.of(subject_id)]


def _item_of(delivery: Delivery) -> Item:
    return item_of(delivery, subject="subject_id", part=delivery.part)


def _delivery_of(row: Mapping[str, Any]) -> Delivery:
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
