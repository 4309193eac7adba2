"""Tenants and their keys in DynamoDB, read once a minute at most."""

import time
from typing import TYPE_CHECKING, Final

from klingway.domain.keys import ApiKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_S: Final = 60
"""So long a revoked key may still work."""

_MOST_KEPT: Final = 1000


class DynamoDbKeys:
    """The key store on the table of jobs."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._kept: dict[str, tuple[float, ApiKey]] = {}

    def get_key(self, key_id: str) -> ApiKey | None:
        """Return a key, None where there is none. Only keys that exist are kept in memory, and no more than a thousand."""
        kept = self._kept.get(key_id)
        if kept is not None and time.monotonic() - kept[0] < KEPT_S:
            return kept[1]
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": f"apikey#{key_id}"}, "sk": {"S": "apikey"}}
        ).get("Item")
        if item is None:
            return None
        key = ApiKey(key_id, item["owner"]["S"], int(item["version"]["N"]), item["enabled"]["BOOL"])
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key_id] = (time.monotonic(), key)
        return key

    def add(self, key: ApiKey) -> None:
        """Write a key, and its tenant if it is new."""
        self._client.put_item(
            TableName=self._table,
            Item={"pk": {"S": f"tenant#{key.tenant}"}, "sk": {"S": "tenant"}, "owner": {"S": key.tenant}},
        )
        self._client.put_item(
            TableName=self._table,
            Item={
                "pk": {"S": f"apikey#{key.key_id}"},
                "sk": {"S": "apikey"},
                "owner": {"S": key.tenant},
                "version": {"N": str(key.version)},
                "enabled": {"BOOL": key.enabled},
            },
            ConditionExpression="attribute_not_exists(pk)",
        )
