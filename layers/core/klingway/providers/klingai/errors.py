"""KlingAI's errors in our words.

Source: Kling's error table and what was seen on the live service. Not every 429 is a rate limit, and a 500 may hide a task
that was created; `created` says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from klingway.domain.job import JobError
from klingway.providers.calls import MAX_MESSAGE_CHARS
from klingway.providers.contract import Created, ProviderError

TOKEN_CODES: Final = frozenset({1000, 1002, 1003, 1004})
"""The credential or the token is not good: worth one more call with a fresh one. A refusal, so nothing was created."""

_NOT_FOUND_WORDS: Final = "task not found"
_GONE_WORDS: Final = ("not found", "not exist", "already deleted", "has been deleted")
_EXISTS_WORDS: Final = "already exists"


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    retryable: bool = False
    created: Created = Created.NO


_MEANINGS: Final[Mapping[int, _Meaning]] = {
    1000: _Meaning("provider_authentication_failed"),
    1001: _Meaning("provider_authentication_failed"),
    1002: _Meaning("provider_authentication_failed"),
    1003: _Meaning("provider_authentication_failed"),
    1004: _Meaning("provider_authentication_failed"),
    1100: _Meaning("provider_account_blocked"),
    1101: _Meaning("provider_balance_exhausted"),
    1102: _Meaning("provider_balance_exhausted"),
    1103: _Meaning("provider_permission_denied"),
    1200: _Meaning("refused_by_provider"),
    1201: _Meaning("refused_by_provider"),
    1202: _Meaning("refused_by_provider"),
    1203: _Meaning("refused_by_provider"),
    1300: _Meaning("moderation_refused"),
    1301: _Meaning("moderation_refused"),
    1302: _Meaning("provider_rate_limited", retryable=True),
    1303: _Meaning("provider_full", retryable=True),
    1304: _Meaning("provider_permission_denied"),
    5000: _Meaning("provider_failed", retryable=True, created=Created.MAYBE),
    5001: _Meaning("provider_in_maintenance", retryable=True, created=Created.MAYBE),
    5002: _Meaning("provider_timed_out", retryable=True, created=Created.MAYBE),
}

_IN_NO_TABLE: Final = _Meaning("provider_failed", retryable=True, created=Created.MAYBE)


def refusal(status: int, code: int | None, message: str, retry_after_s: float | None = None) -> ProviderError:
    """Return the error of an answer that is no success.

    Args:
        status: The HTTP status.
        code: The envelope's code; None where the body was no envelope.
        message: The envelope's message.
        retry_after_s: What the answer asks to wait, if it does.
    """
    meaning = _MEANINGS.get(code) if code is not None else None
    if meaning is None:
        # In no table: 4xx answers with Kling's own envelope are refusals; anything else may have had its effect.
        refused = 400 <= status < 500 and code is not None  # noqa: PLR2004 - the HTTP classes
        meaning = _Meaning("refused_by_provider") if refused else _IN_NO_TABLE
        if status == 429 and refused:  # noqa: PLR2004 - of a reason that is new, but a reason to wait
            meaning = _Meaning("provider_rate_limited", retryable=True)
    said = f"{code}" if code is not None else f"HTTP {status}"
    error = JobError(
        code=meaning.code, message=message[:MAX_MESSAGE_CHARS], retryable=meaning.retryable, provider_code=said
    )
    exists = code == 1201 and _EXISTS_WORDS in message.lower() and "external_task_id" in message.lower()  # noqa: PLR2004
    return ProviderError(error, created=meaning.created, retry_after_s=retry_after_s, already_exists=exists)


def means_not_found(status: int, code: int | None, message: str) -> bool:
    """Tell whether an answer to a query says that there is no such task.

    The table has 404/1203; the live service says 400/1201 "Task not found by id/external id: …".
    """
    return (status == 404 and code == 1203) or (code == 1201 and _NOT_FOUND_WORDS in message.lower())  # noqa: PLR2004


def means_gone(status: int, code: int | None, message: str) -> bool:
    """Tell whether an answer to a deletion says that there is nothing to delete.

    No document has this answer: the table's 404/1203 is taken, and 1201 with words such as those of other refusals.
    """
    says_so = any(words in message.lower() for words in _GONE_WORDS)
    return (status == 404 and code == 1203) or (code == 1201 and says_so)  # noqa: PLR2004
