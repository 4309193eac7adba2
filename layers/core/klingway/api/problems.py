"""Problem answers (RFC 9457)."""

import json
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from klingway.domain.errors import GatewayError, RateLimitedError

CONTENT_TYPE: Final = "application/problem+json"


def problem_response(error: GatewayError, request_id: str) -> Response[str]:
    """Return an error as a problem answer."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status is HTTPStatus.UNAUTHORIZED else {}
    if error.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    if isinstance(error, RateLimitedError):
        headers["Retry-After"] = str(error.retry_after_s)
    body = error.to_json() | {"request_id": request_id}
    return Response(
        status_code=int(error.status),
        content_type=CONTENT_TYPE,
        body=json.dumps(body, ensure_ascii=False),
        headers=dict(headers),
    )
