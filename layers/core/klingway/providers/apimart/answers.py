"""Jobs and errors in APIMart's words.

Source: APIMart's pages on tasks and errors, and clients known to work.
"""

from collections.abc import Mapping
from typing import Any, Final

from klingway.domain.errors import GatewayError
from klingway.domain.job import Job, State
from klingway.providers.apimart.profile import EXPECTED
from klingway.providers.dialects import Action, Endpoint, Said, ShownJob
from klingway.providers.spoken import summary

_OK: Final = 200

_STANDINGS: Final[Mapping[State, tuple[str, int]]] = {
    State.QUEUED: ("pending", 0),
    State.PREPARING: ("pending", 0),
    State.SUBMITTING: ("pending", 0),
    State.UNCONFIRMED: ("pending", 0),
    State.RUNNING: ("processing", 30),
    State.STORING: ("processing", 90),
    State.SUCCEEDED: ("completed", 100),
    State.FAILED: ("failed", 100),
    State.CANCELED: ("cancelled", 100),
}
"""APIMart's word for a state, and how far a task has come: that is all that is known for sure, and it never goes back."""

_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "payment_required",
    403: "permission_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "bad_gateway",
}
"""APIMart's error table. It has no 404, which is said of paths that do not exist, and no type for 413."""

_CODES: Final[Mapping[str, int]] = {
    "malformed_request": 400,
    "invalid_request": 400,
    "unsupported_media_type": 400,
    "already_exists": 400,
    "not_ready": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "payment_required": 402,
    "not_found": 404,
    "too_large": 413,
    "rate_limited": 429,
    "unavailable": 502,
    "moderation_refused": 400,
    "refused_by_provider": 400,
    "provider_balance_exhausted": 402,
    "provider_account_blocked": 403,
    "provider_permission_denied": 403,
    "provider_full": 429,
    "provider_rate_limited": 429,
    "provider_in_maintenance": 502,
    "provider_unreachable": 502,
    # Of the gateway's own credential, which the caller's key is not to blame for; nothing was made.
    "provider_authentication_failed": 500,
    "not_configured": 500,
    # What may have been charged, so that callers who send again after 500 would pay again.
    "generation_failed": 400,
    "canceled_by_provider": 400,
    "element_failed": 400,
    "element_timed_out": 400,
    "submission_unconfirmed": 400,
    "deadline_exceeded": 400,
    "result_not_stored": 400,
}
"""By our code of an error."""

_OTHER_ERROR: Final = 500
_OTHER_FAILURE: Final = 400
"""Of a task that failed for a reason that is in no table: it may have been charged, so that it is not to be sent again."""


def created(job: Job) -> Said:
    """Answer a create: a list of one."""
    return Said(_OK, {"code": _OK, "data": [{"status": "submitted", "task_id": job.id}]})


def task(shown: ShownJob) -> Said:
    """Answer a query; a task that has failed is a good answer too."""
    job = shown.job
    status, progress = _STANDINGS[job.state]
    made = int(job.created_at.timestamp())
    data: dict[str, Any] = {
        "id": job.id,
        "status": status,
        "progress": progress,
        "created": made,
        "estimated_time": int(EXPECTED.late_s),
    }
    if job.state is State.SUCCEEDED:
        ended = int((job.finished_at or job.updated_at).timestamp())
        data |= {"result": {"videos": _videos(shown)}, "completed": ended, "actual_time": ended - made}
    if job.state is State.FAILED and job.error is not None:
        data["error"] = _error(_CODES.get(job.error.code, _OTHER_FAILURE), job.error.message)
    return Said(_OK, {"code": _OK, "data": data})


def _videos(shown: ShownJob) -> list[dict[str, Any]]:
    """Return the one video: the marked one where that was asked for, as APIMart's one file is then; else the plain one."""
    roles = ("watermarked", "video")
    names = [file.name for role in roles for file in shown.job.files if file.role == role and file.name in shown.links]
    ends = {} if shown.links_end_at is None else {"expires_at": int(shown.links_end_at.timestamp())}
    return [{"url": [shown.links[name]], **ends} for name in names[:1]]


def refusal(error: GatewayError, endpoint: Endpoint | None) -> Said:
    """Answer with an error: HTTP status and `error.code` are the same, and a task that does not exist is 400."""
    if error.code == "not_found" and endpoint is not None and endpoint.action is Action.READ:
        return _said(400, "Invalid task ID")
    return _said(_CODES.get(error.code, _OTHER_ERROR), summary(error))


def _said(status: int, message: str) -> Said:
    return Said(status, {"error": _error(status, message)})


def _error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "type": _TYPES[code]}
