"""Watches of attempts in DynamoDB: a row each, beside that of its job, written whole and only on the number that it expects."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from klingway.adapters.dynamodb_numbered_rows import NumberedRows, item_of, key_of
from klingway.adapters.dynamodb_rows import Item, files_of
from klingway.domain.ids import JobId, from_iso
from klingway.domain.late_results import PART, Watch, watch_part

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbWatches:
    """The watches on one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = NumberedRows(client, table, PART)

    def add(self, watch: Watch) -> bool:
        """Write a new watch; False where there is one already, which changes nothing."""
        return self._rows.add(_item_of(watch))

    def get(self, job_id: JobId, attempt: int) -> Watch | None:
        """Return the watch of an attempt as it stands this moment."""
        row = self._rows.get(key_of(job_id, watch_part(attempt)))
        return _watch_of(row) if row else None

    def replace(self, watch: Watch, *, expected: int) -> bool:
        """Write a watch anew; False where its row does not expect the number any more."""
        return self._rows.replace(_item_of(watch), expected=expected)

    def remove(self, watch: Watch) -> bool:
        """Delete a watch as it was read; False where somebody has changed it since."""
        return self._rows.remove(key_of(watch.job_id, watch.part), expected=watch.number)

    def of(self, job_id: JobId) -> Sequence[Watch]:
        """Return the watches beside a job."""
        return [_watch_of(row) for row in self._rows.of(job_id)]


def _item_of(watch: Watch) -> Item:
    # The poller reads a state of every row that it takes up.
    state = {"S": "over" if watch.is_over else "open"}
    return item_of(watch, subject="job_id", part=watch.part) | {"state": state}


def _watch_of(row: Mapping[str, Any]) -> Watch:
    return Watch(
        job_id=JobId(row["pk"]),
        attempt=int(row["attempt"]),
        began_at=from_iso(row["began_at"]),
        due_at=int(row["due_at"]) if "due_at" in row else None,
        number=int(row["number"]),
        claimed_task_id=row.get("claimed_task_id"),
        answered_task_id=row.get("answered_task_id"),
        is_storing=row["is_storing"],
        tries=int(row["tries"]),
        files=files_of(row),
    )
