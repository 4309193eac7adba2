"""Tells the event bus of jobs that came to rest. Event: DynamoDB stream; samples in events/publisher.

A record that could not be published is reported, and comes again.
"""

from typing import Any

from klingway import bootstrap
from klingway.adapters.dynamodb_rows import job_of


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Publish the changes of one batch."""
    changes = [record["dynamodb"] for record in event["Records"]]
    done = bootstrap.publisher().run([job_of(change["NewImage"]) for change in changes])
    failed = [change["SequenceNumber"] for change, is_done in zip(changes, done, strict=True) if not is_done]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
