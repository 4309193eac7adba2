"""Every error of the gateway in KlingAI's words: an envelope without data, with a code of Kling's error table.

Source: Kling's error table, and real messages of the live service: a task that is not there is 400/1201 with a sentence of
its own, not the table's 404/1203, which says that a resource (an endpoint, a model) does not exist.
"""

from collections.abc import Mapping
from typing import Final

from klingway.domain.errors import Doubt, GatewayError, NotFoundError, UnauthenticatedError
from klingway.providers.dialects import Endpoint, Said
from klingway.providers.spoken import summary

_INVALID: Final = (400, 1201)
_NO_RESOURCE: Final = (404, 1203)
_SERVER_ERROR: Final = (500, 5000)
_UNAVAILABLE: Final = (503, 5001)
_TIMED_OUT: Final = (504, 5002)
"""The task may exist."""

_ANSWERS: Final[Mapping[str, tuple[int, int]]] = {
    "malformed_request": (400, 1200),
    "unsupported_media_type": (400, 1200),
    "invalid_request": _INVALID,
    "already_exists": _INVALID,
    "too_large": _INVALID,
    "not_ready": _INVALID,
    "not_found": _INVALID,
    "forbidden": (403, 1103),
    "payment_required": (429, 1102),
    "rate_limited": (429, 1302),
    "unavailable": _UNAVAILABLE,
    # What a provider has said of a job.
    "refused_by_provider": _INVALID,
    "element_failed": _INVALID,
    "moderation_refused": (400, 1301),
    "provider_account_blocked": (429, 1100),
    "provider_balance_exhausted": (429, 1102),
    "provider_permission_denied": (403, 1103),
    "provider_rate_limited": (429, 1302),
    "provider_full": (429, 1303),
    # Of the gateway's own credential, not of the caller's key: nothing that a new token would heal.
    "provider_authentication_failed": _UNAVAILABLE,
    "not_configured": _UNAVAILABLE,
    "provider_in_maintenance": _UNAVAILABLE,
    "provider_timed_out": _TIMED_OUT,
    "submission_unconfirmed": _TIMED_OUT,
    "deadline_exceeded": _TIMED_OUT,
    "element_timed_out": _TIMED_OUT,
}
_DOUBTS: Final[Mapping[Doubt, int]] = {
    Doubt.MISSING: 1001,
    Doubt.INVALID: 1002,
    Doubt.NOT_YET_VALID: 1003,
    Doubt.EXPIRED: 1004,
}


def refusal(error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:
    """Say an error; one that no table has is the server's."""
    status, code = _ANSWERS.get(error.code, _SERVER_ERROR)
    message = summary(error)
    if isinstance(error, UnauthenticatedError):
        status, code = 401, _DOUBTS[error.doubt]
    elif isinstance(error, NotFoundError) and endpoint is None:
        status, code = _NO_RESOURCE
    elif isinstance(error, NotFoundError) and error.asked:
        message = f"Task not found by id/external id: {error.asked}"
    return Said(status, {"code": code, "message": message, "request_id": request_id})
