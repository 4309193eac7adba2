"""Judge a request: everything that is wrong with it, and who could do it. Nothing is written, sent or spent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from klingway.domain.addresses import webhook_problem
from klingway.domain.capabilities import ProviderProfile
from klingway.domain.errors import Problem
from klingway.domain.ids import Kind, ProviderName, Tenant
from klingway.domain.inputs import InlineImage
from klingway.domain.job import JobElement, Origin
from klingway.domain.request import AnyRequest
from klingway.domain.routing import Owned, Route, choose_route
from klingway.domain.validation import read_request
from klingway.use_cases import accepting
from klingway.use_cases.element_ports import ElementStore
from klingway.use_cases.name_elements import Named, with_definitions
from klingway.use_cases.ports import Providers


@dataclass(frozen=True, slots=True)
class Judged:
    """What reading a body came to, whoever the provider is."""

    named: Named[AnyRequest]
    """The request with the sound fields alone, and what the ids of its elements mean."""
    pictures: Sequence[InlineImage]
    """Those that came inline."""
    problems: Sequence[Problem]
    broken: frozenset[str]
    """The fields that are wrong by themselves."""

    @property
    def request(self) -> AnyRequest:
        """The request, with the descriptions of elements that the gateway keeps for its caller."""
        return self.named.request

    @property
    def elements(self) -> tuple[JobElement, ...]:
        """Those elements."""
        return self.named.elements


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """Judges requests."""

    bucket_name: str
    elements: ElementStore
    providers: Providers
    trusted_webhook_origins: Sequence[str] = ()
    """Origins that webhooks may go to although they are not public."""

    def read(self, tenant: Tenant, kind: Kind, body: Mapping[str, Any]) -> Judged:
        """Read a body; any JSON object will do."""
        request, problems, broken = read_request(kind, body)
        pictures, wrong_media = accepting.media_in(body, bucket=self.bucket_name, tenant=tenant)
        problems += wrong_media
        if request.webhook is not None:
            trusted = self.trusted_webhook_origins
            found_wrong = webhook_problem("webhook.url", request.webhook.url, trusted_origins=trusted)
            problems += [found_wrong] if found_wrong else []
        named = with_definitions(self.elements, tenant, request)
        return Judged(named, pictures, [*problems, *named.problems], broken)

    def route(self, judged: Judged, origin: Origin | None = None) -> Route:
        """Choose who does a request, best first.

        Args:
            judged: The request.
            origin: In whose dialect it was asked for: what a provider alone knows is that one's.

        Raises:
            InvalidRequestError: With every problem of the request, those at its candidates too.
            TooLargeError: It carries more inline than can be taken.
        """
        owner = None if origin is None else origin.dialect
        owned = [Owned(f"elements[{index}].id", text, owner) for index, text in judged.named.unknown.items()]
        owners = [each.provider for each in owned if each.provider is not None]
        candidates = accepting.configured(self.providers, judged.request, owners)
        route, at_providers = choose_route(judged.request, Profiles(self.providers), candidates, judged.broken, owned)
        known = {problem.field for problem in judged.problems}
        further = [problem for problem in judged.named.at_ids(at_providers) if problem.field not in known]
        accepting.expect_sound([*judged.problems, *further], judged.pictures)
        return route


class Profiles(Mapping[ProviderName, ProviderProfile]):
    """The profiles of a gateway's providers, of which each is loaded when it is first looked at."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def __getitem__(self, name: ProviderName) -> ProviderProfile:
        return self._providers.get(name).profile

    def __contains__(self, name: object) -> bool:
        return name in self._providers.names()

    def __iter__(self) -> Iterator[ProviderName]:
        return iter(self._providers.names())

    def __len__(self) -> int:
        return len(self._providers.names())
