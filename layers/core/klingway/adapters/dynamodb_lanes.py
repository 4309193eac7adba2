"""Lanes on the table of jobs: `lane#{provider}#{account}#{model}` with `health`, and `wait#{job id}` for each job that waits."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from klingway.domain.ids import JobId
from klingway.domain.lanes import Lane, Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HEALTH: Final = "health"  # comes before every `wait#…`
_WAIT: Final = "wait#"
_KEPT_S: Final = 8 * 86_400
"""Longer than any job can wait: what is left behind goes by itself."""


class DynamoDbLanes:
    """The lanes of one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def look(self, lane: Lane) -> Standing:
        """Return how a lane stands this moment, by one read."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :lane",
            ExpressionAttributeValues={":lane": {"S": _partition(lane)}},
            Limit=2,
            ConsistentRead=True,
        )["Items"]
        rows = {item["sk"]["S"]: item for item in found}
        health: Any = rows.pop(_HEALTH, {})
        oldest = min(rows, default=None)
        return Standing(
            oldest=None if oldest is None else JobId(oldest.removeprefix(_WAIT)),
            failures=int(health["failures"]["N"]) if health else 0,
            rests_until=_moment(health["rests_until"]["N"]) if "rests_until" in health else None,
        )

    def join(self, lane: Lane, job_id: JobId) -> None:
        """Have a job wait."""
        item = _key(lane, _WAIT + job_id) | {"expires_at": {"N": _expiry()}}
        self._client.put_item(TableName=self._table, Item=item)

    def leave(self, lane: Lane, job_id: JobId) -> bool:
        """Have a job wait no more; False where it did not, or somebody else was quicker to say so."""
        gone = self._client.delete_item(TableName=self._table, Key=_key(lane, _WAIT + job_id), ReturnValues="ALL_OLD")
        return bool(gone.get("Attributes"))

    def note_failure(self, lane: Lane) -> int:
        """Count a failure of the provider; return how many there are in a row."""
        said = self._client.update_item(
            TableName=self._table,
            Key=_key(lane, _HEALTH),
            UpdateExpression="ADD failures :one SET expires_at = :end",
            ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": _expiry()}},
            ReturnValues="ALL_NEW",
        )
        return int(said["Attributes"]["failures"]["N"])

    def rest(self, lane: Lane, until: datetime) -> None:
        """Leave the provider alone for a while."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(lane, _HEALTH),
            UpdateExpression="SET rests_until = :until",
            ExpressionAttributeValues={":until": {"N": _seconds(until)}},
        )

    def claim_probe(self, lane: Lane, seen: Standing, until: datetime) -> bool:
        """Try a provider whose rest is over; False where somebody else does, or it has recovered."""
        if seen.rests_until is None:
            return True
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(lane, _HEALTH),
                UpdateExpression="SET rests_until = :until",
                ConditionExpression="rests_until = :seen",
                ExpressionAttributeValues={
                    ":until": {"N": _seconds(until)},
                    ":seen": {"N": _seconds(seen.rests_until)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def recover(self, lane: Lane) -> None:
        """Forget the provider's failures."""
        self._client.delete_item(TableName=self._table, Key=_key(lane, _HEALTH))


def _partition(lane: Lane) -> str:
    return f"lane#{lane.provider}#{lane.account}#{lane.model}"


def _key(lane: Lane, part: str) -> dict[str, Any]:
    return {"pk": {"S": _partition(lane)}, "sk": {"S": part}}


def _expiry() -> str:
    return str(int(datetime.now(UTC).timestamp()) + _KEPT_S)


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
