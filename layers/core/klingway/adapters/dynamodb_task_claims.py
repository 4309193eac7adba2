"""Whose tasks are, in DynamoDB: a row for each task of a provider whose own record does not say; it expires."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from klingway.domain.ids import AttemptId
from klingway.domain.job import Attempt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = timedelta(days=30)
"""Longer than any attempt is waited for."""


class DynamoDbTaskClaims:
    """The claims on one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, attempt: Attempt, task_id: str, attempt_id: AttemptId, *, at: datetime) -> bool:
        """Write down whose a task is; False where it is another attempt's already."""
        item: Any = {
            "pk": {"S": f"task#{attempt.provider}#{attempt.account}#{task_id}"},
            "sk": {"S": "claim"},
            "claimed_by": {"S": str(attempt_id)},
            "expires_at": {"N": str(int((at + KEPT).timestamp()))},
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR claimed_by = :ours",
                ExpressionAttributeValues={":ours": item["claimed_by"]},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
