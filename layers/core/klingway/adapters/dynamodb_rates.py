"""How often keys are used, counted by the minute on the table of jobs."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MINUTE_S: Final = 60
_KEPT_S: Final = 600


class DynamoDbRates:
    """The counts of one table. Rows go by themselves."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, key_id: str, per_minute: int, at: datetime) -> bool:
        """Count a call of a key; False where the minute has had as many as it may."""
        minute = int(at.timestamp()) // _MINUTE_S
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"apikey#{key_id}"}, "sk": {"S": f"minute#{minute}"}},
                UpdateExpression="ADD calls :one SET expires_at = :end",
                ConditionExpression="attribute_not_exists(calls) OR calls < :most",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":most": {"N": str(per_minute)},
                    ":end": {"N": str((minute + 1) * _MINUTE_S + _KEPT_S)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
