"""Unifically's errors in our words.

Source: Unifically's page on errors, whose table has an HTTP status and a word for each (`code` repeats the status); 402 is
in no table, but clients know it as an empty balance. There is no way to ask for a task by our reference, so `created` is
`no` only for what that table refuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from klingway.domain.job import JobError
from klingway.providers.calls import MAX_MESSAGE_CHARS, failure
from klingway.providers.contract import Created, ProviderError
from klingway.providers.unifically.schema import Answer, Reason

_POLICY_WORDS: Final = "content polic"
"""`[Content policy violation] …` and `… to comply with content policies`, as Unifically's pages show what moderation stopped."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    retryable: bool = False
    created: Created = Created.NO


_REFUSED: Final = _Meaning("refused_by_provider")
_UNSURE: Final = _Meaning("provider_failed", retryable=True, created=Created.MAYBE)
_MEANINGS: Final[Mapping[int, _Meaning]] = {
    400: _REFUSED,
    401: _Meaning("provider_authentication_failed"),
    402: _Meaning("provider_balance_exhausted"),
    422: _REFUSED,
    429: _Meaning("provider_rate_limited", retryable=True),
}
_STATUS_OF: Final[Mapping[str, int]] = {
    "generation_failed": 400,
    "authentication_failed": 401,
    "validation_error": 422,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
}
"""The words of the table: one that comes with another status says more than that does."""


def refusal(status: int, said: Answer | None, retry_after_s: float | None = None) -> ProviderError:
    """Return the error of an answer that is no success.

    Args:
        status: The HTTP status.
        said: What the body says; None where the body is none of Unifically's.
        retry_after_s: What the answer asks to wait, if it does.
    """
    reason = said.refusal if said is not None else None
    meaning = _UNSURE if said is None or reason is None else _meaning(status, said.status_code, reason)
    error = JobError(
        code=meaning.code,
        message=(reason.message or "")[:MAX_MESSAGE_CHARS] if reason else f"HTTP {status} without Unifically's error",
        retryable=meaning.retryable,
        provider_code=code_of(reason) or f"HTTP {status}",
    )
    return ProviderError(error, created=meaning.created, retry_after_s=retry_after_s)


def failed(reason: Reason) -> JobError:
    """Return the error of a task that ended as failed: what moderation stopped is final."""
    message = reason.message or ""
    if _POLICY_WORDS in message.lower():
        text = message[:MAX_MESSAGE_CHARS]
        return JobError(code="moderation_refused", message=text, retryable=False, provider_code=code_of(reason))
    return failure(message, code_of(reason))


def code_of(reason: Reason | None) -> str | None:
    """Return an error's code as text; None where it has none."""
    return None if reason is None or reason.code is None else str(reason.code)[:64]


def _meaning(status: int, repeated: int | None, reason: Reason) -> _Meaning:
    """Return what a refusal means; one of which any part calls itself a failure of the server may have had its effect."""
    word = _STATUS_OF.get(str(reason.code).lower())
    said = [code for code in (status, repeated, word) if code is not None]
    if any(code >= 500 for code in said):  # noqa: PLR2004 - the HTTP classes
        return _UNSURE
    judged = next((code for code in reversed(said) if code >= 400), None)  # noqa: PLR2004 - the HTTP classes
    return _UNSURE if judged is None else _MEANINGS.get(judged, _UNSURE)
