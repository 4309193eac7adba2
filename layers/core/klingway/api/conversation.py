"""One call to a dialect: what came, who asks, and what both jobs and elements need of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from klingway.api.bodies import read_json_object
from klingway.domain.addresses import webhook_problem
from klingway.domain.errors import Problem, expect_none
from klingway.domain.job import Origin
from klingway.domain.request import AUTO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from klingway.bootstrap import ApiServices
    from klingway.domain.callers import Caller
    from klingway.domain.ids import ProviderName, Tenant
    from klingway.providers.dialects import Dialect, Endpoint, Said
    from klingway.use_cases.ports import IdempotencyKey

PROVIDER_HEADER: Final = "Klingway-Provider"
WARNINGS_HEADER: Final = "Klingway-Warnings"
MAX_WARNINGS_CHARS: Final = 2000
MAX_EXTERNAL_ID_CHARS: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to a dialect."""

    method: str
    path: str
    """Behind the dialect's prefix, decoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    public_url: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What it is answered."""

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call, understood as far as its endpoint."""

    name: ProviderName
    dialect: Dialect
    endpoint: Endpoint
    asked_for: str
    """The name that the path carries; empty for none."""
    call: Call
    caller: Caller
    services: ApiServices

    @property
    def tenant(self) -> Tenant:
        """Whose jobs and elements these are."""
        return self.caller.tenant

    def body(self) -> dict[str, Any]:
        """Return the body.

        Raises:
            MalformedRequestError: It is no JSON object.
            UnsupportedMediaTypeError: It is said to be something else.
        """
        return read_json_object(self.call.headers.get("content-type", ""), self.call.body)

    def key(self, body: Mapping[str, Any]) -> IdempotencyKey | None:
        """Return the idempotency key; the same body means another request at another endpoint.

        Raises:
            InvalidRequestError: It has not the form of one.
        """
        given = self.call.headers.get("idempotency-key")
        if given is None:
            return None
        asked_as = f"{self.name}{self.endpoint.path}"
        return self.services.create_job.key_for(self.tenant, body, given, asked_as=asked_as)

    def providers(self) -> list[str]:
        """Return who may do it: whom the header names, else the key, else the dialect's own provider, else anybody."""
        header = self.call.headers.get(PROVIDER_HEADER.lower(), "")
        if named := [part.strip() for part in header.split(",") if part.strip()]:
            return named
        if self.caller.route:
            return list(self.caller.route)
        providers = self.services.providers
        is_there = self.name in providers.names() and providers.get(self.name).has_credential
        return [self.name if is_there else AUTO]

    def origin(self, external_id: str | None) -> Origin:
        """Return where a job or an element comes from."""
        return Origin(dialect=self.name, product=self.endpoint.product, external_id=external_id or None)

    def expect_good_ways(self, callback_url: str | None, external_id: str | None) -> None:
        """Refuse an address at which nobody can be called back, and a name that is no name.

        Raises:
            InvalidRequestError: With what is wrong.
        """
        expect_none(self._problems(callback_url, external_id))

    def _problems(self, callback_url: str | None, external_id: str | None) -> Iterator[Problem]:
        trusted: Sequence[str] = self.services.settings.trusted_webhook_origins
        if callback_url and (found := webhook_problem("callback_url", callback_url, trusted_origins=trusted)):
            yield found
        if external_id and len(external_id) > MAX_EXTERNAL_ID_CHARS:
            message = f"external_task_id has at most {MAX_EXTERNAL_ID_CHARS} characters."
            limit = {"max_chars": MAX_EXTERNAL_ID_CHARS}
            yield Problem(field="external_task_id", code="too_long", message=message, limit=limit)


def reply(said: Said, headers: Mapping[str, str] | None = None) -> Reply:
    """Return what a dialect says as an answer."""
    return Reply(status=said.status, body=said.body, headers=headers or {})


def warned(warnings: Sequence[str]) -> dict[str, str]:
    """Return the header that names what was ignored; none where nothing was."""
    text = "; ".join(warnings).encode("ascii", "backslashreplace").decode()
    return {WARNINGS_HEADER: " ".join(text.split())[:MAX_WARNINGS_CHARS]} if text else {}
