"""EzModel's errors in our words.

Source: EzModel's published source. The relay's own errors are flat, `{code, message, data}`; those of what lies before it
are nested, `{error: {message, type, code}}`. A 500 may be final, and may hide a task that Kling is working on; a 401 may
mean that the key's own quota is used up. Nobody can be asked for a task by our reference, so `created` is `no` only for
what surely happened before Kling was called, or is Kling's own refusal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from klingway.domain.job import JobError
from klingway.providers.calls import MAX_MESSAGE_CHARS, retry_after_s
from klingway.providers.contract import Created, HttpAnswer, ProviderError
from klingway.providers.ezmodel.schema import Refusal
from klingway.providers.kling.schema import Envelope

_TASK_UNKNOWN: Final = "task_not_exist"
_KLINGS_ANSWER: Final = "fail_to_fetch_task"
"""Kling's answer was no HTTP 200; its body is the message."""

_KLINGS_MODERATION: Final = frozenset({1300, 1301})
_KLINGS_FAILURES_FROM: Final = 5000
"""Kling's codes for its own failures (500, 503, 504 in its error table): a task may exist, whatever the relay makes of it."""
_KLING_KNOWS_NONE: Final = 1203
_TASK_NOT_FOUND_WORDS: Final = "task not found"
_GONE_WORDS: Final = ("not found", "not exist", "already deleted", "has been deleted")
_QUOTA_WORDS: Final = ("quota", "额度")
"""Of a refused key that is good, but has nothing left to spend; the server speaks Chinese there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What an answer says that is no success."""

    status: int
    code: str
    """Its code, else its type; empty where it has neither."""
    message: str
    is_nested: bool
    klings_code: int | None = None
    """Kling's own code, where the message is Kling's answer."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    code: str
    retryable: bool = False
    created: Created = Created.NO


_REFUSED: Final = _Meaning("refused_by_provider")
_MISCONFIGURED: Final = _Meaning("provider_failed")
_MAY_HAVE_HAPPENED: Final = _Meaning("provider_failed", retryable=True, created=Created.MAYBE)
"""Server errors: `do_request_failed`, `read_response_body_failed`, `unmarshal_response_failed`, `insert_task_failed`, any
other, and Kling's own. `insert_task_failed` even comes behind a success, in one body with it."""

_BY_CODE: Final[Mapping[tuple[int, str], _Meaning]] = {
    (400, "invalid_api_platform"): _MISCONFIGURED,
    (400, "model_mapping_failed"): _MISCONFIGURED,
    (400, "model_price_not_found"): _MISCONFIGURED,
    (401, _KLINGS_ANSWER): _Meaning(
        "provider_failed", retryable=True
    ),  # EzModel's own key at Kling, not ours at EzModel
    (403, "quota_not_enough"): _Meaning("provider_balance_exhausted"),
    # Said before Kling is called: what the request would cost cannot be computed, which is how a wrong field ends.
    (500, "get_price_scale_failed"): _REFUSED,
    (500, "get_user_quota_failed"): _Meaning("provider_failed", retryable=True),
    (500, "build_request_failed"): _Meaning("provider_failed"),
    # No use in trying again; where the server was when it broke is not known.
    (500, "new_api_panic"): _Meaning("provider_failed", created=Created.MAYBE),
    (503, "model_not_found"): _Meaning("provider_failed", retryable=True),  # nobody serves the model, at the moment
}
_BY_STATUS: Final[Mapping[int, _Meaning]] = {
    401: _Meaning("provider_authentication_failed"),
    402: _Meaning("provider_balance_exhausted"),
    403: _Meaning("provider_permission_denied"),
    408: _Meaning("provider_timed_out", retryable=True, created=Created.MAYBE),
    429: _Meaning("provider_rate_limited", retryable=True),
}


def refused_in(answer: HttpAnswer) -> Refused | None:
    """Read an answer's error; None where the body is none of EzModel's, or no error."""
    try:
        said = Refusal.model_validate_json(_last_object(answer.body))
    except ValidationError:
        return None
    body = said.error or said
    # A good answer has no code, `success`, or Kling's 0; a number that is not 0 is Kling's own refusal.
    if said.error is None and (not said.code or said.code == "success"):
        return None
    message = body.message or ""
    try:
        kling = Envelope.model_validate_json(message)
    except ValidationError:
        kling = None
    return Refused(
        status=answer.status,
        code=str(body.code or body.type or ""),
        message=(kling.message or message) if kling is not None else message,
        is_nested=said.error is not None,
        klings_code=kling.code if kling is not None else body.code if isinstance(body.code, int) else None,
    )


def refusal(answer: HttpAnswer) -> ProviderError:
    """Return the error of an answer that is no success."""
    said = refused_in(answer)
    meaning = _MAY_HAVE_HAPPENED if said is None else _meaning(said)
    exists = said is not None and _names_our_reference(said)
    error = JobError(
        code=meaning.code,
        message=said.message[:MAX_MESSAGE_CHARS]
        if said is not None
        else f"HTTP {answer.status} without EzModel's error",
        retryable=meaning.retryable,
        provider_code=_code_of(answer, said),
    )
    return ProviderError(error, created=meaning.created, retry_after_s=retry_after_s(answer), already_exists=exists)


def refuses_the_key(answer: HttpAnswer) -> bool:
    """Tell whether an answer of HTTP 401 is about our key: Kling's own 401 is passed on as well, in the flat form."""
    said = refused_in(answer)
    return said is not None and said.is_nested


def means_no_task(answer: HttpAnswer) -> bool:
    """Tell whether an answer to a query says that EzModel knows no such task of ours."""
    said = refused_in(answer)
    return said is not None and answer.status == 400 and said.code == _TASK_UNKNOWN  # noqa: PLR2004 - the HTTP status


def means_no_element_task(answer: HttpAnswer) -> bool:
    """Tell whether an answer to a query says that Kling makes no such element: in its words, or by its code."""
    said = _klings_refusal(answer)
    return said is not None and (said.klings_code == _KLING_KNOWS_NONE or _TASK_NOT_FOUND_WORDS in said.message.lower())


def means_gone(answer: HttpAnswer) -> bool:
    """Tell whether an answer to a deletion says that there is nothing to delete."""
    said = _klings_refusal(answer)
    return said is not None and (
        said.klings_code == _KLING_KNOWS_NONE or any(words in said.message.lower() for words in _GONE_WORDS)
    )


def _klings_refusal(answer: HttpAnswer) -> Refused | None:
    """Return what Kling itself refuses in an answer about an element: told by the relay, or as it was."""
    said = refused_in(answer)
    if said is None or said.is_nested or not 400 <= answer.status < 500:  # noqa: PLR2004 - the HTTP classes
        return None
    return said if said.code in {_KLINGS_ANSWER, "element_failed"} or said.klings_code is not None else None


def _meaning(said: Refused) -> _Meaning:
    if said.klings_code in _KLINGS_MODERATION and 400 <= said.status < 500:  # noqa: PLR2004 - the HTTP classes
        return _Meaning("moderation_refused")
    if said.klings_code is not None and said.klings_code >= _KLINGS_FAILURES_FROM:
        return _MAY_HAVE_HAPPENED
    if (known := _BY_CODE.get((said.status, said.code))) is not None:
        return known
    if said.status == 401 and any(words in said.message.lower() for words in _QUOTA_WORDS):  # noqa: PLR2004 - the HTTP status
        return _Meaning("provider_balance_exhausted")
    is_refusal = 400 <= said.status < 500  # noqa: PLR2004 - the HTTP classes
    return _BY_STATUS.get(said.status, _REFUSED) if is_refusal else _MAY_HAVE_HAPPENED


def _last_object(body: bytes) -> bytes:
    """Return the last JSON value of a body: a server that fails after its success has been written adds its error to it."""
    try:
        text = body.decode()
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return body
    rest = text[end:].strip()
    return rest.encode() or body


def _names_our_reference(said: Refused) -> bool:
    """Tell whether it is Kling's word that our reference is taken: then the task is there."""
    return "external_task_id" in said.message.lower() and "already exists" in said.message.lower()


def _code_of(answer: HttpAnswer, said: Refused | None) -> str:
    if said is None or not (said.code or said.klings_code):
        return f"HTTP {answer.status}"
    return (said.code if said.klings_code is None else str(said.klings_code))[:64]
