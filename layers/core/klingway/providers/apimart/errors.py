"""APIMart's errors in our words.

Source: APIMart's error table (HTTP status and `error.code` are the same there) and clients that are known to work. There is
no way to ask for a task by our reference, so `created` is `no` only for what APIMart itself refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from klingway.domain.job import JobError
from klingway.providers.apimart.schema import ErrorBody
from klingway.providers.calls import MAX_MESSAGE_CHARS
from klingway.providers.contract import Created, ProviderError

_NOT_FOUND_WORDS: Final = "invalid task id"


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    retryable: bool = False
    created: Created = Created.NO


_MEANINGS: Final[Mapping[int, _Meaning]] = {
    400: _Meaning("refused_by_provider"),
    401: _Meaning("provider_authentication_failed"),
    402: _Meaning("provider_balance_exhausted"),
    403: _Meaning("provider_permission_denied"),
    408: _Meaning("provider_timed_out", retryable=True, created=Created.MAYBE),
    429: _Meaning("provider_rate_limited", retryable=True),
}
_OTHER_REFUSAL: Final = _Meaning("refused_by_provider")
_IN_NO_TABLE: Final = _Meaning("provider_failed", retryable=True, created=Created.MAYBE)


def refusal(status: int, said: ErrorBody | None, retry_after_s: float | None = None) -> ProviderError:
    """Return the error of an answer that is no success.

    Args:
        status: The HTTP status.
        said: What the body says; None where the body is none of APIMart's.
        retry_after_s: What the answer asks to wait, if it does.
    """
    repeated = _status_of(said)
    judged = repeated if status < 400 else status  # noqa: PLR2004 - the HTTP classes
    # A refusal that calls itself a failure is in no table: what failed may have had its effect.
    is_failure = repeated is not None and 500 <= repeated < 600  # noqa: PLR2004 - the HTTP classes
    meaning = _IN_NO_TABLE
    if said is not None and judged is not None and 400 <= judged < 500 and not is_failure:  # noqa: PLR2004 - as above
        meaning = _MEANINGS.get(judged, _OTHER_REFUSAL)
    message = said.message or said.type or "" if said is not None else f"HTTP {status} without APIMart's error"
    error = JobError(
        code=meaning.code,
        message=message[:MAX_MESSAGE_CHARS],
        retryable=meaning.retryable,
        provider_code=code_of(said) or f"HTTP {status}",
    )
    return ProviderError(error, created=meaning.created, retry_after_s=retry_after_s)


def means_not_found(status: int, said: ErrorBody | None) -> bool:
    """Tell whether an answer to a query says that there is no such task: HTTP 400, "Invalid task ID", and not 404."""
    return status == 400 and said is not None and _NOT_FOUND_WORDS in (said.message or "").lower()  # noqa: PLR2004


def cancellation(said: ErrorBody) -> JobError:
    """Return the error of a task that APIMart canceled, which nobody here can ask it to do."""
    message = (said.message or "the provider canceled the task")[:MAX_MESSAGE_CHARS]
    return JobError(code="canceled_by_provider", message=message, retryable=True, provider_code=code_of(said))


def code_of(said: ErrorBody | None) -> str | None:
    """Return an error's code as text; None where it has none."""
    return None if said is None or said.code is None else str(said.code)[:64]


def _status_of(said: ErrorBody | None) -> int | None:
    """Return the HTTP status that an error's code repeats: its only one where the answer itself came as a success."""
    code = code_of(said) or ""
    return int(code) if code.isascii() and code.isdecimal() else None
