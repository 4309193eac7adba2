"""Does the work. Event: SQS, one message at a time; samples in events/worker.

An exception leaves the message in the queue. A message that is none of ours ends in the dead letter queue after five
receptions; work that failed does not: its row falls due long before, and the poller sends it anew.
"""

from typing import Any

from klingway import bootstrap
from klingway.domain.work import Work


def handler(event: dict[str, Any], _context: Any) -> None:  # noqa: ANN401 - Lambda's own
    """Do what each message asks for."""
    for record in event["Records"]:
        bootstrap.worker().run(Work.from_json(record["body"]))
