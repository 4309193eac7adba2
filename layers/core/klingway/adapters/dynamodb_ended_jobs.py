"""The jobs that have ended, of all tenants: by going through the whole index of lists, whose rows are small.

For a person's command, now and then: a million jobs are some 25,000 read units, which is less than a cent.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from klingway.domain.events import DETAIL_TYPES
from klingway.domain.ids import JobId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_TENANT: Final = "by_tenant"


class DynamoDbEndedJobs:
    """The ended jobs on one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def ids(self, *, made_since: JobId, made_before: JobId) -> Iterator[JobId]:
        """Yield the ids of ended jobs from one bound on and below the other, in no order."""
        states = {f":{state.value}": {"S": state.value} for state in DETAIL_TYPES}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            IndexName=_BY_TENANT,
            FilterExpression=f"id >= :since AND id < :before AND #state IN ({', '.join(states)})",
            ProjectionExpression="id",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":since": {"S": made_since}, ":before": {"S": made_before}, **states},
        )
        for page in pages:
            yield from (JobId(item["id"]["S"]) for item in page["Items"])
