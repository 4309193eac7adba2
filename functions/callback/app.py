"""Takes providers' callbacks. Event: HTTP API, payload 2.0, POST /callbacks/{subject}/{token}; samples in events/callback.

Answers 200 to what is genuine, 403 to what is not, 413 to what is too large.
"""

import base64
import json
from typing import Any

from klingway import bootstrap
from klingway.observability import logger
from klingway.use_cases.receive_callback import Reception

_STATUSES = {Reception.FORGED: 403, Reception.TOO_LARGE: 413, Reception.PROGRESS: 200, Reception.NUDGED: 200}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Take one callback."""
    path = event["pathParameters"]
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    reception = bootstrap.callback().run(path["subject"], path["token"], raw, event["headers"])
    logger().info("callback", extra={"subject": path["subject"][:64], "reception": reception.name.lower()})
    status = _STATUSES[reception]
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"status": reception.name.lower()}),
    }
