"""Sends what is to be delivered about jobs and elements. Event: SQS, one message at a time; samples in events/webhooks.

What a receiver refuses is no error here: its row says when to try again. A message that is none of ours ends in the dead
letter queue.
"""

from typing import Any

from klingway import bootstrap
from klingway.domain.deliveries import DeliveryMessage


def handler(event: dict[str, Any], _context: Any) -> None:  # noqa: ANN401 - Lambda's own
    """Try the delivery that each message names."""
    for record in event["Records"]:
        bootstrap.webhooks().run(DeliveryMessage.from_json(record["body"]))
