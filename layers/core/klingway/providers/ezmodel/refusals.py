"""Every error of the gateway as EzModel would say it.

Source: EzModel's published source. Its relay's errors are flat, `{code, message, data}`; those of what lies before it
(keys, rights, models that nobody serves) and of the download are nested, `{error: {message, type, code}}`. Where a
caller's mistake ends in a 500 there, it is a 400 here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from klingway.domain.errors import GatewayError
from klingway.providers.dialects import Action, Endpoint, Said
from klingway.providers.spoken import summary

_MIDDLEWARE: Final = "new_api_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How an error is answered: flat, or nested where it has a type."""

    status: int
    code: str = ""
    type: str | None = None
    words: str = ""
    """What its message begins with."""


_INVALID: Final = _Form(status=400, code="invalid_request")
_REFUSED_BY_KLING: Final = _Form(status=400, code="task_failed")
_FORBIDDEN: Final = _Form(status=403, type=_MIDDLEWARE)
_NO_BALANCE: Final = _Form(status=403, code="quota_not_enough")
_TOO_MANY: Final = _Form(status=429, code="fail_to_fetch_task")
_NO_CHANNEL: Final = _Form(status=503, code="model_not_found", type=_MIDDLEWARE)
_SERVER_ERROR: Final = _Form(status=500, code="do_request_failed")

_FORMS: Final[Mapping[str, _Form]] = {
    "malformed_request": _INVALID,
    "unsupported_media_type": _INVALID,
    "invalid_request": _INVALID,
    "too_large": _Form(status=413, code="invalid_request"),
    "unauthenticated": _Form(status=401, type=_MIDDLEWARE),
    "forbidden": _FORBIDDEN,
    "payment_required": _NO_BALANCE,
    "not_found": _Form(status=400, code="task_not_exist"),
    "already_exists": _REFUSED_BY_KLING,
    "rate_limited": _TOO_MANY,
    "unavailable": _NO_CHANNEL,
    # What a provider has said of a job.
    "refused_by_provider": _REFUSED_BY_KLING,
    "moderation_refused": _REFUSED_BY_KLING,
    "element_failed": _REFUSED_BY_KLING,
    "provider_balance_exhausted": _NO_BALANCE,
    "provider_account_blocked": _FORBIDDEN,
    "provider_permission_denied": _FORBIDDEN,
    "provider_rate_limited": _TOO_MANY,
    "provider_full": _TOO_MANY,
    # Of the gateway's own credential, not of the caller's key.
    "provider_authentication_failed": _NO_CHANNEL,
    "not_configured": _NO_CHANNEL,
}

_OF_ELEMENTS: Final[Mapping[str, _Form]] = dict.fromkeys(
    (
        "malformed_request",
        "unsupported_media_type",
        "invalid_request",
        "not_found",
        "already_exists",
        "refused_by_provider",
        "moderation_refused",
        "element_failed",
    ),
    _Form(status=400, code="element_failed"),
)

_OF_CONTENT: Final[Mapping[str, _Form]] = {
    "not_found": _Form(status=404, type="invalid_request_error", words="Task not found"),
    "not_ready": _Form(status=400, type="invalid_request_error", words="Task is not completed yet"),
    "internal_error": _Form(status=502, type="server_error"),
    "unavailable": _Form(status=502, type="server_error"),
}

_BY_ACTION: Final[Mapping[Action, Mapping[str, _Form]]] = {
    Action.CONTENT: _OF_CONTENT,
    Action.CREATE_ELEMENT: _OF_ELEMENTS,
    Action.READ_ELEMENT: _OF_ELEMENTS,
    Action.LIST_ELEMENTS: _OF_ELEMENTS,
    Action.LIST_PRESETS: _OF_ELEMENTS,
    Action.DELETE_ELEMENT: _OF_ELEMENTS,
}
"""What is said otherwise than of tasks."""

_NOWHERE: Final[Mapping[str, _Form]] = {
    "not_found": _Form(status=404, type="invalid_request_error", words="Invalid URL")
}
"""There is no such path."""


def refusal(error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:
    """Say an error; one that no table has is the server's."""
    form = _forms_of(endpoint).get(error.code) or _FORMS.get(error.code, _SERVER_ERROR)
    message = ": ".join(filter(None, [form.words, summary(error)]))
    if form.type is None:
        return Said(form.status, {"code": form.code, "message": message, "data": None})
    told = f"{message} (request id: {request_id})"
    return Said(form.status, {"error": {"message": told, "type": form.type, "code": form.code}})


def _forms_of(endpoint: Endpoint | None) -> Mapping[str, _Form]:
    return _NOWHERE if endpoint is None else _BY_ACTION.get(endpoint.action, {})
