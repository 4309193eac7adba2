"""The rows that are due, whatever they are of: one sparse index over the table."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters.dynamodb_rows import DUE_SHARDS
from klingway.domain.schedule import PATIENCE_S
from klingway.use_cases.ports import DueRow, TakenUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DUE: Final = "due"


class DynamoDbDueRows:
    """The due rows of one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: datetime, *, limit: int) -> Iterator[DueRow]:
        """Yield at most about `limit` rows that are due, over all shards, longest due first."""
        shards = [self._due_in(shard, now, limit) for shard in DUE_SHARDS]
        yield from heapq.merge(*shards, key=lambda row: row.due_at)

    def _due_in(self, shard: str, now: datetime, limit: int) -> Iterator[DueRow]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": _DUE,
            "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
            "ExpressionAttributeValues": {":shard": {"S": shard}, ":now": {"N": str(int(now.timestamp()))}},
            "Limit": limit,
        }
        while True:
            found = self._client.query(**query)
            for item in found["Items"]:
                yield DueRow(item["pk"]["S"], item["sk"]["S"], int(item["due_at"]["N"]))
            if "LastEvaluatedKey" not in found:
                return
            query["ExclusiveStartKey"] = found["LastEvaluatedKey"]

    def take_up(self, row: DueRow, *, at: datetime) -> TakenUp | None:
        """Make a due row's work ours; None where the row has moved on since it was seen."""
        due_at = int((at + timedelta(seconds=PATIENCE_S)).timestamp())
        try:
            taken = self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": row.id}, "sk": {"S": row.part}},
                UpdateExpression="SET due_at = :due, #number = #number + :one REMOVE announce",
                ConditionExpression="due_at = :seen",
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues={
                    ":due": {"N": str(due_at)},
                    ":seen": {"N": str(row.due_at)},
                    ":one": {"N": "1"},
                },
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return TakenUp(row.id, row.part, int(taken["number"]["N"]), taken["state"]["S"])
