"""Unifically's API, spoken to callers: one endpoint that creates tasks, one that tells how they stand, and callbacks.

Source: Unifically's page "Kling v3.0 Omni" for the create and its answer, its pages on tasks, callbacks and errors for the
rest. Where these are silent, or say several things, it is said below what callers get and why.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from klingway.domain.errors import GatewayError
from klingway.domain.job import Job, State
from klingway.providers.dialects import Action, ElementDialect, Endpoint, ListDialect, Said, ShownJob, Translated
from klingway.providers.spoken import summary
from klingway.providers.unifically import inbound, schema

_ENDPOINTS: Final = (
    Endpoint("POST", "/v1/tasks", Action.CREATE, schema.MODEL),
    Endpoint("GET", "/v1/tasks/{id}", Action.READ, schema.MODEL),
)

_WORDS: Final[Mapping[State, str]] = {
    State.QUEUED: "pending",
    State.PREPARING: "pending",
    State.SUBMITTING: "pending",
    State.UNCONFIRMED: "pending",
    State.RUNNING: "processing",
    State.STORING: "processing",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELED: "failed",
}

_STATUSES: Final[Mapping[str, int]] = {
    # Of the gateway's errors.
    "malformed_request": 422,
    "unsupported_media_type": 422,
    "invalid_request": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "payment_required": 402,
    "not_found": 404,
    "too_large": 413,
    "rate_limited": 429,
    # Of a provider's: what will not go better by being sent again is 400, for callers send again after 429 and 500.
    "refused_by_provider": 422,
    "provider_balance_exhausted": 402,
    "provider_full": 429,
    "provider_rate_limited": 429,
    "moderation_refused": 400,
    "generation_failed": 400,
    "canceled_by_provider": 400,
    "element_failed": 400,
    "element_timed_out": 400,
    "result_not_stored": 400,
    "submission_unconfirmed": 400,
    "deadline_exceeded": 400,
    inbound.TWO_VIDEOS: 400,
}
_SERVER_ERROR: Final = 500

_ERROR_WORDS: Final[Mapping[int, str]] = {
    400: "generation_failed",
    401: "authentication_failed",
    422: "validation_error",
    429: "rate_limit_exceeded",
    _SERVER_ERROR: "internal_error",
    # In no table of Unifically's; clients know 402.
    402: "insufficient_balance",
    403: "permission_denied",
    404: "not_found",
    413: "request_too_large",
}

_FAILED: Final = "GENERATION_FAILED"
"""The code of a failed task: its pages write it in capitals, the table of errors does not."""


class UnificallyDialect:
    """Unifically's API."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """Return every endpoint."""
        return _ENDPOINTS

    @property
    def link_life_s(self) -> int | None:
        """None: no page says how long results live."""
        return None

    @property
    def takes_signed_tokens(self) -> bool:
        """False: a bearer key is all there is."""
        return False

    @property
    def elements(self) -> ElementDialect | None:
        """None: elements go into each request as they are described."""
        return None

    @property
    def lists(self) -> ListDialect | None:
        """None: no endpoint lists tasks."""
        return None

    def translate(self, product: str, body: Mapping[str, Any]) -> Translated:  # noqa: ARG002 - there is one
        """Read a create.

        Raises:
            InvalidRequestError: With every problem that the page sees in its fields, at the caller's place.
        """
        return inbound.translate(body)

    def accepted(self, shown: ShownJob) -> Said:
        """Answer a create, as the page does: how far the job is, a query says."""
        return _good({"task_id": str(shown.job.id), "status": "pending"})

    def show(self, endpoint: Endpoint, shown: ShownJob) -> Said:  # noqa: ARG002 - there is one
        """Answer a query; what is empty is left out.

        A failed task is told as its pages tell it, with `code` 400 in the body. Which HTTP status that comes with they do not
        say: it is 200 here, since of the clients that are known all look at `data.status` then, while some take HTTP 400 for
        a query that went wrong and ask for ever. The reason stands in `data` and, for those made after older pages, in
        `data.error` too.
        """
        data: dict[str, Any] = {"task_id": str(shown.job.id), "status": _WORDS[shown.job.state]}
        if data["status"] == "failed":
            reason = {"message": _reason(shown.job), "code": _FAILED}
            return Said(200, {"code": 400, "success": False, "data": data | reason | {"error": reason}})
        output = _output(shown)
        return _good(data | ({"output": output} if output else {}))

    def refusal(self, error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:  # noqa: ARG002 - no field for it
        """Say an error: its `code` repeats the HTTP status, its word is that of the table of errors."""
        has_two_videos = any(problem.code == inbound.TWO_VIDEOS for problem in error.problems)
        status = _STATUSES.get(inbound.TWO_VIDEOS if has_two_videos else error.code, _SERVER_ERROR)
        data = {"message": summary(error), "code": _ERROR_WORDS[status]}
        return Said(status, {"code": status, "success": False, "data": data})

    def callback(self, shown: ShownJob) -> Mapping[str, Any] | None:
        """Return what a callback says of a job's end: `data` where a query has `data.output`, `error_message`."""
        said: dict[str, Any] = {"task_id": str(shown.job.id), "status": _WORDS[shown.job.state]}
        if shown.job.state is State.SUCCEEDED:
            return said | {"data": _output(shown)}
        return said | {"error_message": _reason(shown.job)}


DIALECT: Final = UnificallyDialect()


def _good(data: Mapping[str, Any]) -> Said:
    return Said(200, {"code": 200, "success": True, "data": data})


def _reason(job: Job) -> str:
    return job.error.message if job.error is not None else "The task was canceled."


def _output(shown: ShownJob) -> dict[str, str]:
    """Return where the video is; empty where there is none to be opened (any more)."""
    link = next((shown.links.get(file.name) for file in shown.job.files if file.role == "video"), None)
    return {} if link is None else {"video_url": link}
