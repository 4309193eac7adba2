"""The errors that reach a caller, each with its HTTP status and code.

GatewayError
├── MalformedRequestError      400
├── UnauthenticatedError       401
├── PaymentRequiredError       402
├── ForbiddenError             403
├── NotFoundError              404
├── NotReadyError              409
├── AlreadyExistsError         409
├── WrongStateError            409
├── TooLargeError              413
├── UnsupportedMediaTypeError  415
├── InvalidRequestError        422
├── RateLimitedError           429
├── ProviderRefusalError       502
└── UnavailableError           503
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a request."""

    field: str
    """Where: `shots[1].duration_s`, or `Idempotency-Key` for a header."""
    code: str
    message: str
    """A sentence that names the limit and what would be accepted."""
    limit: Any = None
    """The limit as data: a number, `{"min", "max"}`, or the list of values accepted."""
    source: str | None = None
    """Whose rule it is, for the rules that are not our own."""
    provider: str | None = None
    """Who cannot do it; None for what holds whoever the provider is."""
    accepted_by: tuple[str, ...] = ()
    """Providers that would accept this part of the request."""

    def to_json(self) -> dict[str, Any]:
        """Return the problem as it stands in `problems[]`; what is empty is left out."""
        said = {"field": self.field, "code": self.code, "message": self.message}
        optional = {
            "limit": self.limit,
            "source": self.source,
            "provider": self.provider,
            "accepted_by": list(self.accepted_by) or None,
        }
        return said | {name: value for name, value in optional.items() if value is not None}


MOST_PROBLEMS: Final = 100
"""In one answer; more would only say that the body is of another kind altogether, and outgrow what Lambda can answer."""


class GatewayError(Exception):
    """Base of every error that is answered to a caller on purpose."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: str = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems[:MOST_PROBLEMS])

    def to_json(self) -> dict[str, Any]:
        """Return the problem document (RFC 9457) that tells of it."""
        return {
            "type": f"urn:klingway:{self.code}",
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            "problems": [problem.to_json() for problem in self.problems],
        }


class MalformedRequestError(GatewayError):
    """The body is not JSON, or not a JSON object."""

    status = HTTPStatus.BAD_REQUEST
    code = "malformed_request"
    title = "Malformed request"


class Doubt(StrEnum):
    """Why a caller is not believed; told only where a dialect has a word for each."""

    MISSING = "missing"
    INVALID = "invalid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


class UnauthenticatedError(GatewayError):
    """No key, or none that is valid."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthenticated"
    title = "Not authenticated"

    def __init__(self, detail: str, problems: Sequence[Problem] = (), *, doubt: Doubt = Doubt.INVALID) -> None:
        super().__init__(detail, problems)
        self.doubt = doubt


class PaymentRequiredError(GatewayError):
    """The tenant's budget does not allow it; `problems` has the figures. Nothing was accepted."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "payment_required"
    title = "Over budget"


class ForbiddenError(GatewayError):
    """A good key, which does not open this part of the API."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    title = "Not allowed"


class NotFoundError(GatewayError):
    """There is no such path, or no such thing that the caller may see."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    title = "Not found"

    def __init__(self, detail: str, problems: Sequence[Problem] = (), *, asked: str = "") -> None:
        super().__init__(detail, problems)
        self.asked = asked
        """The name of the thing asked for, where there is a place for such things."""


class NotReadyError(GatewayError):
    """The job has no result (yet)."""

    status = HTTPStatus.CONFLICT
    code = "not_ready"
    title = "No result"


class AlreadyExistsError(GatewayError):
    """The caller's own id belongs to a job already; nothing was accepted."""

    status = HTTPStatus.CONFLICT
    code = "already_exists"
    title = "Already exists"

    def __init__(self, external_id: str) -> None:
        super().__init__(f"External_task_id {external_id} already exists")
        self.external_id = external_id


class WrongStateError(GatewayError):
    """The job is in a state in which this cannot be done with it; `code` says which is in the way."""

    status = HTTPStatus.CONFLICT
    title = "Not in this state"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class TooLargeError(GatewayError):
    """The request carries more than can be taken inline."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"
    title = "Request too large"


class UnsupportedMediaTypeError(GatewayError):
    """The body is of another content type than JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    title = "Unsupported media type"


class InvalidRequestError(GatewayError):
    """The request breaks rules; `problems` has every one of them. Nothing was stored, sent or spent."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_request"
    title = "Invalid request"


def expect_none(problems: Iterable[Problem]) -> None:
    """Refuse a request in which something is wrong; of more than can be told no more are looked for.

    Raises:
        InvalidRequestError: There are problems.
    """
    found = list(islice(problems, MOST_PROBLEMS + 1))
    if found:
        count = f"more than {MOST_PROBLEMS}" if len(found) > MOST_PROBLEMS else len(found)
        raise InvalidRequestError(
            f"The request has {count} problem{'' if len(found) == 1 else 's'}; nothing was accepted.", found
        )


class RateLimitedError(GatewayError):
    """The key has asked for as much as it may in a minute; nothing was done."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class ProviderRefusalError(GatewayError):
    """A provider has refused, or failed at, what was asked; said where a dialect has it in the answer to the request itself.

    `code` is that of the job's error.
    """

    status = HTTPStatus.BAD_GATEWAY
    title = "Refused by the provider"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class UnavailableError(GatewayError):
    """The request is good but cannot be taken at the moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    title = "Unavailable"
