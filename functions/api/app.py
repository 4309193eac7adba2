"""Answers every caller over HTTP. Event: HTTP API, payload 2.0; samples in events/api."""

from typing import Any

from klingway.api.app import handle


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Answer one request."""
    return handle(event, context)
