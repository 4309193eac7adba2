"""Tells of jobs' changes: the event bus, the targets, the elements. Event: DynamoDB stream; samples in events/publisher.

A record that could not be told whole is reported, and comes again.
"""

from typing import Any

from klingway import bootstrap
from klingway.adapters.dynamodb_rows import job_of
from klingway.domain.job import Job
from klingway.observability import count, logger


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Tell of the changes of one batch."""
    readable = [(record["dynamodb"]["SequenceNumber"], job) for record in event["Records"] if (job := _read(record))]
    done = bootstrap.publisher().run([job for _, job in readable])
    failed = [number for (number, _), is_done in zip(readable, done, strict=True) if not is_done]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _read(record: dict[str, Any]) -> Job | None:
    """Read a record's row; one that cannot be read would hold up all behind it for a day, so it is counted and passed."""
    try:
        return job_of(record["dynamodb"]["NewImage"])
    except (KeyError, ValueError, TypeError) as error:
        count("UnreadableRow")
        logger().error("unreadable row", extra={"record": record.get("eventID"), "error": type(error).__name__})
        return None
