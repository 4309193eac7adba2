"""The dialects: each provider's own API under a prefix of its own, spoken to callers, whichever provider does the work.

`/klingai/v1/videos/omni-video` is that service's `/v1/videos/omni-video`. What a request means and how an answer is said is
the dialect's; here is what they share: who is calling, which endpoint, and what becomes of whatever is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from klingway import bootstrap
from klingway.api import dialect_elements, dialect_jobs
from klingway.api.authentication import admit, authenticate
from klingway.api.conversation import Call, Conversation, Reply, reply
from klingway.domain.callers import Scope
from klingway.domain.errors import GatewayError, NotFoundError, RateLimitedError
from klingway.observability import logger
from klingway.providers import registry
from klingway.providers.dialects import Action, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from klingway.bootstrap import ApiServices
    from klingway.domain.ids import ProviderName
    from klingway.providers.dialects import Dialect

_ACTIONS: Final[Mapping[Action, tuple[Scope, Callable[[Conversation], Reply]]]] = {
    Action.CREATE: (Scope.SUBMIT, dialect_jobs.create),
    Action.READ: (Scope.READ, dialect_jobs.read),
    Action.LIST: (Scope.READ, dialect_jobs.many),
    Action.CONTENT: (Scope.READ, dialect_jobs.content),
    Action.CREATE_ELEMENT: (Scope.SUBMIT, dialect_elements.create),
    Action.READ_ELEMENT: (Scope.READ, dialect_elements.read),
    Action.LIST_ELEMENTS: (Scope.READ, dialect_elements.many),
    Action.LIST_PRESETS: (Scope.READ, dialect_elements.presets),
    Action.DELETE_ELEMENT: (Scope.SUBMIT, dialect_elements.delete),
}
"""What a key needs for each, and what is done."""


def answer(name: ProviderName, call: Call, services: ApiServices) -> Reply:
    """Answer a call in a dialect's own words, whatever becomes of it."""
    dialect = registry.dialect_of(name)
    endpoint: Endpoint | None = None
    try:
        authorization = call.headers.get("authorization", "")
        caller = authenticate(
            authorization,
            services.keys,
            services.keyring,
            bootstrap.now,
            takes_signed_tokens=dialect.takes_signed_tokens,
        )
        endpoint, asked_for = _find(dialect, call)
        scope, act = _ACTIONS[endpoint.action]
        admit(caller, scope, lambda: services.rates, bootstrap.now)
        return act(Conversation(name, dialect, endpoint, asked_for, call, caller, services))
    except RateLimitedError as error:
        said = dialect.refusal(error, endpoint=endpoint, request_id=call.request_id)
        return reply(said, {"Retry-After": str(error.retry_after_s)})
    except GatewayError as error:
        logger().info("refused", extra={"code": error.code, "fields": [problem.field for problem in error.problems]})
        return reply(dialect.refusal(error, endpoint=endpoint, request_id=call.request_id))
    except Exception:  # noqa: BLE001 - a defect of ours: what it was stands in the log alone
        logger().exception("unhandled")
        unsaid = GatewayError(f"Something went wrong here; name {call.request_id} when you report it.")
        return reply(dialect.refusal(unsaid, endpoint=endpoint, request_id=call.request_id))


def _find(dialect: Dialect, call: Call) -> tuple[Endpoint, str]:
    """Return the endpoint of a call, and the name that its path carries, empty for none.

    Raises:
        NotFoundError: There is none.
    """
    path = call.path.rstrip("/")
    endpoints = [endpoint for endpoint in dialect.endpoints if endpoint.method == call.method]
    fitting = [(endpoint, name) for endpoint in endpoints if (name := _name_in(path, endpoint.path)) is not None]
    if not fitting:
        raise NotFoundError(f"There is no {call.method} {call.path[:128]} here.")
    return min(fitting, key=lambda found: len(found[1]))  # of two, the one whose own words say more of the path


def _name_in(path: str, pattern: str) -> str | None:
    """Return what stands for `{id}` in a path, empty where the pattern has none; None where it does not fit.

    The path comes decoded from API Gateway: what is left of it is the name, and a name may have slashes in it.
    """
    before, is_named, after = pattern.partition("{id}")
    if not is_named:
        return "" if path == pattern else None
    is_fitting = path.startswith(before) and path.endswith(after) and len(path) > len(before) + len(after)
    return path[len(before) : len(path) - len(after)] if is_fitting else None
