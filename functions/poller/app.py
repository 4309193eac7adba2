"""Takes up what is due, each minute. Event: EventBridge schedule; samples in events/poller."""

from typing import Any

from klingway import bootstrap
from klingway.observability import logger


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:  # noqa: ANN401 - Lambda's own
    """Send the work of what is due; return how many jobs that were."""
    taken_up = bootstrap.poller().run()
    if taken_up:
        logger().info("taken up", extra={"jobs": taken_up})
    return {"taken_up": taken_up}
