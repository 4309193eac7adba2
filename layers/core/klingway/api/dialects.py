"""The dialects: each provider's own API under a prefix of its own, spoken to callers, whichever provider does the work.

`/klingai/v1/videos/omni-video` is that service's `/v1/videos/omni-video`. What a request means and how an answer is said is
the dialect's; here is what they share: who is calling, which endpoint, which provider, and one way of accepting a request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from klingway.api.authentication import authenticate
from klingway.api.bodies import read_json_object
from klingway.domain.addresses import webhook_problem
from klingway.domain.deliveries import JOB_FAILED, JOB_SUCCEEDED, Target
from klingway.domain.errors import (
    GatewayError,
    InvalidRequestError,
    NotFoundError,
    Problem,
    ProviderRefusalError,
)
from klingway.domain.ids import JobId, is_job_id
from klingway.domain.job import Job, Origin
from klingway.domain.request import AUTO
from klingway.observability import logger
from klingway.providers import registry
from klingway.providers.dialects import Action, Endpoint, Said, ShownJob
from klingway.providers.spoken import refused, with_their_places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from klingway.bootstrap import ApiServices
    from klingway.domain.ids import ProviderName, Tenant
    from klingway.providers.dialects import Dialect
    from klingway.use_cases.create_job import Accepted
    from klingway.use_cases.ports import IdempotencyKey, StoredJob

PROVIDER_HEADER: Final = "Klingway-Provider"
WARNINGS_HEADER: Final = "Klingway-Warnings"
MAX_WARNINGS_CHARS: Final = 2000
MAX_EXTERNAL_ID_CHARS: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to a dialect."""

    method: str
    path: str
    """Behind the dialect's prefix, as it came."""
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


def answer(name: ProviderName, call: Call, services: ApiServices) -> Reply:
    """Answer a call in a dialect's own words, whatever becomes of it."""
    dialect = registry.dialect_of(name)
    endpoint: Endpoint | None = None
    try:
        authorization = call.headers.get("authorization", "")
        tenant = authenticate(
            authorization, services.keys, services.keyring, takes_signed_tokens=dialect.takes_signed_tokens
        )
        endpoint, asked_for = _find(dialect, call)
        conversation = _Conversation(name, dialect, endpoint, asked_for, call, tenant, services)
        return _ACTIONS[endpoint.action](conversation)
    except GatewayError as error:
        logger().info("refused", extra={"code": error.code, "fields": [problem.field for problem in error.problems]})
        return _reply(dialect.refusal(error, endpoint=endpoint, request_id=call.request_id))
    except Exception:  # noqa: BLE001 - a defect of ours: what it was stands in the log alone
        logger().exception("unhandled")
        unsaid = GatewayError(f"Something went wrong here; name {call.request_id} when you report it.")
        return _reply(dialect.refusal(unsaid, endpoint=endpoint, request_id=call.request_id))


def _find(dialect: Dialect, call: Call) -> tuple[Endpoint, str]:
    """Return the endpoint of a call, and the name that its path carries, empty for none.

    Raises:
        NotFoundError: There is none.
    """
    segments = call.path.rstrip("/").split("/")
    for endpoint in dialect.endpoints:
        pattern = endpoint.path.split("/")
        pairs = list(zip(pattern, segments, strict=False))
        is_fitting = len(pattern) == len(segments) and all(
            known == given or (known == "{id}" and given) for known, given in pairs
        )
        if is_fitting and endpoint.method == call.method:
            return endpoint, next((unquote(given) for known, given in pairs if known == "{id}"), "")
    raise NotFoundError(f"There is no {call.method} {call.path[:128]} here.")


@dataclass(frozen=True, slots=True)
class _Conversation:
    """One call, understood as far as its endpoint."""

    name: ProviderName
    dialect: Dialect
    endpoint: Endpoint
    asked_for: str
    call: Call
    tenant: Tenant
    services: ApiServices

    # ------------------------------------------------------------------------------------------------------- creating

    def create(self) -> Reply:
        """Accept a request; one that its provider refuses at once is answered as that service would."""
        body = self._body()
        translated = self.dialect.translate(self.endpoint.product, body)
        self._check_ways(translated.callback_url, translated.external_id)
        places = {"provider": PROVIDER_HEADER, **translated.places}
        url = translated.callback_url
        try:
            accepted = self.services.create_job.run(
                self.tenant,
                {**translated.body, "provider": self._providers()},
                kind=translated.kind,
                key=self._key(body),
                public_url=self.call.public_url,
                origin=Origin(
                    dialect=self.name, product=self.endpoint.product, external_id=translated.external_id or None
                ),
                targets=[Target("callback", url, (JOB_SUCCEEDED, JOB_FAILED))] if url else (),
            )
        except InvalidRequestError as error:
            raise with_their_places(error, places) from error
        self._expect_not_refused(accepted.stored.job)
        return _reply(self.dialect.accepted(self._shown(accepted.stored)), _headers(accepted, translated.warnings))

    def _expect_not_refused(self, job: Job) -> None:
        """Say a provider's refusal in the answer to the request itself; its external id can be used again.

        Raises:
            ProviderRefusalError: The job was refused, and nothing was created.
        """
        if job.was_refused and job.error is not None:
            self.services.jobs.forget_name(job)
            raise ProviderRefusalError(job.error.code, job.error.message)

    def _body(self) -> dict[str, Any]:
        return read_json_object(self.call.headers.get("content-type", ""), self.call.body)

    def _key(self, body: Mapping[str, Any]) -> IdempotencyKey | None:
        given = self.call.headers.get("idempotency-key")
        if given is None:
            return None
        # The same body means another request at another endpoint.
        asked_as = f"{self.name}{self.endpoint.path}"
        return self.services.create_job.key_for(self.tenant, body, given, asked_as=asked_as)

    def _providers(self) -> list[str]:
        """Return who may do it: whom the header names, else the dialect's own provider, else anybody."""
        header = self.call.headers.get(PROVIDER_HEADER.lower(), "")
        if named := [part.strip() for part in header.split(",") if part.strip()]:
            return named
        providers = self.services.providers
        is_there = self.name in providers.names() and providers.get(self.name).has_credential
        return [self.name if is_there else AUTO]

    def _check_ways(self, callback_url: str | None, external_id: str | None) -> None:
        problems = []
        if callback_url:
            trusted = self.services.settings.trusted_webhook_origins
            found = webhook_problem("callback_url", callback_url, trusted_origins=trusted)
            problems += [found] if found else []
        if external_id and len(external_id) > MAX_EXTERNAL_ID_CHARS:
            message = f"external_task_id has at most {MAX_EXTERNAL_ID_CHARS} characters."
            limit = {"max_chars": MAX_EXTERNAL_ID_CHARS}
            problems.append(Problem(field="external_task_id", code="too_long", message=message, limit=limit))
        if problems:
            raise refused(problems)

    # -------------------------------------------------------------------------------------------------------- reading

    def read(self) -> Reply:
        """Show a job that was asked for in this dialect, as this product."""
        return _reply(self.dialect.show(self.endpoint, self._shown(self._own())))

    def many(self) -> Reply:
        """Show a part of the tenant's jobs of this product."""
        part = self.dialect.part(self.call.query)
        stored = self.services.jobs.numbered_page(
            self.tenant, self.name, self.endpoint.product, skipped=part.skipped, limit=part.limit
        )
        return _reply(self.dialect.show_many([self._shown(each) for each in stored]))

    def content(self) -> Reply:
        """Redirect to the film."""
        address = self.services.read_jobs.content_of(self._own().job)
        return Reply(status=int(HTTPStatus.FOUND), headers={"Location": address, "Cache-Control": "no-store"})

    def _own(self) -> StoredJob:
        jobs = self.services.jobs
        name = self.asked_for if is_job_id(self.asked_for) else jobs.named(self.tenant, self.name, self.asked_for) or ""
        stored = jobs.get_with_request(JobId(name)) if is_job_id(name) else None
        if stored is None or stored.job.tenant != self.tenant or not self._is_known_here(stored.job):
            raise NotFoundError(f"There is no task {self.asked_for[:64]!r}.", asked=self.asked_for)
        return stored

    def _is_known_here(self, job: Job) -> bool:
        origin = job.origin
        return origin is not None and (origin.dialect, origin.product) == (self.name, self.endpoint.product)

    def _shown(self, stored: StoredJob) -> ShownJob:
        links = self.services.links.of(stored.job, public_url=self.call.public_url, life_s=self.dialect.link_life_s)
        return ShownJob(job=stored.job, request=stored.request, links=links.by_name, links_end_at=links.end_at)


_ACTIONS: Final[Mapping[Action, Callable[[_Conversation], Reply]]] = {
    Action.CREATE: _Conversation.create,
    Action.READ: _Conversation.read,
    Action.LIST: _Conversation.many,
    Action.CONTENT: _Conversation.content,
}


def _reply(said: Said, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status=said.status, body=said.body, headers=headers or {})


def _headers(accepted: Accepted, warnings: tuple[str, ...]) -> dict[str, str]:
    headers = {"Idempotent-Replayed": "true"} if accepted.is_replay else {}
    if warnings:
        text = "; ".join(warnings).encode("ascii", "backslashreplace").decode()
        headers[WARNINGS_HEADER] = " ".join(text.split())[:MAX_WARNINGS_CHARS]
    return headers
