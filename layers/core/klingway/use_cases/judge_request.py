"""Judge a request: everything that is wrong with it, and who could do it. Nothing is written, sent or spent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from klingway.domain import inputs
from klingway.domain.addresses import webhook_problem
from klingway.domain.capabilities import ProviderProfile
from klingway.domain.errors import InvalidRequestError, Problem, TooLargeError
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.request import AUTO, AnyRequest, Kind
from klingway.domain.routing import Route, choose_route
from klingway.domain.validation import read_request
from klingway.use_cases.ports import Providers


@dataclass(frozen=True, slots=True)
class Judged:
    """What reading a body came to, whoever the provider is."""

    request: AnyRequest
    """With the sound fields alone."""
    pictures: Sequence[inputs.InlineImage]
    """Those that came inline."""
    problems: Sequence[Problem]
    broken: frozenset[str]
    """The fields that are wrong by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """Judges requests."""

    bucket_name: str
    providers: Providers
    trusted_webhook_origins: Sequence[str] = ()
    """Origins that webhooks may go to although they are not public."""

    def read(self, tenant: Tenant, kind: Kind, body: Mapping[str, Any]) -> Judged:
        """Read a body; any JSON object will do."""
        request, problems, broken = read_request(kind, body)
        pictures: list[inputs.InlineImage] = []
        for place, text in inputs.media_places(body).items():
            found = inputs.inline_image(place, text) if inputs.is_picture(place) else None
            if isinstance(found, inputs.InlineImage):
                pictures.append(found)
            elif problem := found or inputs.address_problem(place, text, bucket=self.bucket_name, tenant=tenant):
                problems.append(problem)
        if request.webhook is not None:
            trusted = self.trusted_webhook_origins
            found_wrong = webhook_problem("webhook.url", request.webhook.url, trusted_origins=trusted)
            problems += [found_wrong] if found_wrong else []
        return Judged(request, pictures, problems, broken)

    def route(self, judged: Judged) -> Route:
        """Choose who does a request, best first.

        Raises:
            InvalidRequestError: With every problem of the request, those at its candidates too.
            TooLargeError: It carries more inline than can be taken.
        """
        request = judged.request
        route, at_providers = choose_route(request, Profiles(self.providers), self._configured(request), judged.broken)
        known = {problem.field for problem in judged.problems}
        expect_sound([*judged.problems, *(problem for problem in at_providers if problem.field not in known)])
        expect_room(judged.pictures)
        return route

    def _configured(self, request: AnyRequest) -> list[ProviderName]:
        """Return the providers with a credential, of those that a request may go to.

        One that has none is looked at anew only where the request depends on it: it may have been set a moment ago.
        """
        named = [name for name in self.providers.names() if name in (request.provider or ())]
        candidates = named if named and AUTO not in (request.provider or ()) else self.providers.names()
        known = {name for name in candidates if self.providers.get(name).has_credential}
        needed = set(named) - known if known else set(candidates)
        return [
            name
            for name in candidates
            if name in known or (name in needed and self.providers.get(name).account is not None)
        ]


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


def expect_sound(problems: Sequence[Problem]) -> None:
    """Refuse a request in which something is wrong.

    Raises:
        InvalidRequestError: There are problems.
    """
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise InvalidRequestError(f"The request has {count}; nothing was accepted.", problems)


def expect_room(pictures: Sequence[inputs.InlineImage]) -> None:
    """Refuse a request that carries more inline than can be taken.

    Raises:
        TooLargeError: It does.
    """
    if sum(len(picture.data) for picture in pictures) > inputs.MAX_INLINE_BYTES:
        limit = inputs.MAX_INLINE_BYTES // 1024**2
        raise TooLargeError(
            f"At most {limit} MB of pictures can stand in a request; put larger ones at an https:// address."
        )
    if len(pictures) > inputs.MAX_INLINE_PICTURES:
        raise TooLargeError(f"At most {inputs.MAX_INLINE_PICTURES} pictures can stand in a request.")
