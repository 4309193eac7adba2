"""Takes in files of the inbox and `Video Requested` events. Event: SQS, EventBridge's events in it; samples in events/intake.

What could not be taken in is reported, comes again, and ends in the dead letter queue after five receptions.
"""

import json
from typing import Any

from klingway import bootstrap
from klingway.domain.video_requested import VIDEO_REQUESTED
from klingway.observability import logger
from klingway.use_cases.take_in import Reception


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Take in what each message tells of."""
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(record: dict[str, Any]) -> bool:
    try:
        said = json.loads(record["body"])
        reception = _take_in(said)
    except Exception as error:  # noqa: BLE001 - of whatever kind: this message comes again, the others are done
        # The kind alone: an error's words may repeat the request.
        logger().error("not taken in", extra={"message_id": record["messageId"], "error": type(error).__name__})
        return False
    logger().info("taken in", extra={"event_id": said["id"], "reception": reception.value})
    return True


def _take_in(said: dict[str, Any]) -> Reception:
    take_in = bootstrap.intake()
    match said["source"], said["detail-type"]:
        case "aws.s3", "Object Created":
            found = said["detail"]["object"]
            return take_in.file(found["key"], sequencer=found["sequencer"], etag=found.get("etag"))
        case _, detail_type if detail_type == VIDEO_REQUESTED:
            return take_in.event(said["id"], said["detail"])
    raise ValueError("an event of another kind")
