"""`Video Requested`, the event that asks for a job, and `Video Request Rejected`, which says that there will be none."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from klingway.domain.errors import GatewayError, InvalidRequestError
from klingway.domain.ids import Tenant
from klingway.domain.validation import problems_of, unwritable

VIDEO_REQUESTED: Final = "Video Requested"
VIDEO_REQUEST_REJECTED: Final = "Video Request Rejected"


class VideoRequested(BaseModel):
    """The detail of a `Video Requested`; a field that is not known is refused, as in a request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    request: dict[str, Any]
    """The body of `POST /v1/videos`."""
    correlation_id: Annotated[str, Field(min_length=1, max_length=128, pattern="^[ -~]*$")] | None = None
    """The sender's own, in printable ASCII; every event about the job has it."""
    idempotency_key: str | None = None
    """As the header `Idempotency-Key`; without it the event's id is the key."""


def read_video_requested(detail: Mapping[str, Any]) -> VideoRequested:
    """Read the detail of a `Video Requested`.

    Raises:
        InvalidRequestError: With every problem of the fields around the request, whose own problems are not looked for.
    """
    around = {name: value for name, value in detail.items() if name != "request"}  # which is looked at by itself
    found = {name: problem for name, value in around.items() if (problem := unwritable(name, value)) is not None}
    problems = list(found.values())
    try:
        read = VideoRequested.model_validate({name: value for name, value in detail.items() if name not in found})
    except ValidationError as error:
        problems += problems_of(error, VideoRequested)
    if problems:
        raise InvalidRequestError("The event's detail has not its form; nothing was accepted.", problems)
    return read


def rejected_detail(error: GatewayError, *, event_id: str, detail: Mapping[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return the detail of the `Video Request Rejected` about an event; its `event_id` is the same however often it is made.

    Args:
        error: Why it was refused.
        event_id: Of the event refused.
        detail: Of the event refused.
        tenant: Whose job it would have become.
    """
    correlation_id = detail.get("correlation_id")
    return {
        "event_id": f"{event_id}:rejected",
        "request_event_id": event_id,
        "correlation_id": correlation_id if _is_correlation_id(correlation_id) else None,
        "tenant": tenant,
        **error.to_json(),
    }


def _is_correlation_id(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 128 and value.isascii() and value.isprintable()  # noqa: PLR2004 - as above
