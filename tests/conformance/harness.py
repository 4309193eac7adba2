"""How a case of a document is run: read in that service's dialect, judged, and rendered to that same service or another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from klingway.domain import elements
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import ElementId, ProviderName
from klingway.domain.job import JobElement
from klingway.domain.validation import provider_problems, read_request
from klingway.providers import registry
from klingway.providers.spoken import with_their_places

from tests.unit.builders import ATTEMPT_ID, BASE_URL, CALLBACK_URL, FakeCredentials, ScriptedHttp, with_api_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from klingway.domain.request import AnyRequest
    from klingway.providers.contract import Provider, WireRequest
    from klingway.providers.dialects import Dialect

SEED_DAY = date(2026, 2, 10)
SINCE_ALL = date(2026, 9, 1)
"""From which on every announced change of a provider's rules is in force."""
FIRST_ELEMENT_NUMBER = 829836802793406551
"""What a provider that keeps elements calls the first one that is made; those after it are counted on."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request and what the document says of it, written by hand."""

    name: str
    says: str
    """The document's sentence, or row of a table, from which it comes."""
    product: str
    """Which of the service's products is asked for."""
    body: Mapping[str, Any]
    refused: frozenset[str] = frozenset()
    """The places, in the document's own names, at which it is refused; none: it is accepted."""
    upstream: Mapping[str, Any] | None = None
    """What arrives at that service; None where the case is not about it. `callback_url` and `external_task_id`, which are ours,
    are left out of the comparison."""
    warned: frozenset[str] = frozenset()
    """The fields that are named as ignored."""
    rules_as_of: date = SEED_DAY


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of a case."""

    refused: frozenset[str] = frozenset()
    messages: tuple[str, ...] = ()
    path: str = ""
    upstream: Mapping[str, Any] = field(default_factory=dict)
    elements: tuple[Mapping[str, Any], ...] = ()
    """What that service is told first, where it keeps elements: one create for each that is described."""
    warnings: tuple[str, ...] = ()


@cache
def provider_of(host: str, rules_as_of: date = SEED_DAY) -> Provider:
    """Return a provider that nobody calls, with no switch on."""
    name = ProviderName(host)
    return registry.build(
        name,
        base_url=BASE_URL,
        profile=registry.profile_of(name, rules_as_of),
        http=ScriptedHttp([]),
        credentials=FakeCredentials(with_api_key()),
        now=lambda: 1_795_176_000.9,
    )


def dialect_of(host: str) -> Dialect:
    """Return a dialect."""
    return registry.dialect_of(ProviderName(host))


def sent(provider: Provider, request: AnyRequest) -> tuple[WireRequest, ...]:
    """Return all that a provider is told of a request: the elements that it has to make, and the request that names them."""
    made: list[JobElement] = []
    wires: list[WireRequest] = []
    if provider.elements is not None:
        for number, (index, element) in enumerate(elements.described_in(request).items(), start=FIRST_ELEMENT_NUMBER):
            wires.append(provider.elements.render(element, reference=ATTEMPT_ID, callback_url=CALLBACK_URL))
            made.append(JobElement(index=index, id=ElementId(f"el_{index}"), provider_id=str(number)))
    named = elements.with_ids(request, made)
    return (*wires, provider.render(named, reference=ATTEMPT_ID, callback_url=CALLBACK_URL))


def without_ours(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an upstream body without what stands in each: our id of the attempt, and where we are called back."""
    return {name: value for name, value in body.items() if name not in {"callback_url", "external_task_id"}}


def judge(host: str, case: Case, *, at: str | None = None) -> Verdict:
    """Read a case in the dialect of `host`, hold it against the profile of `at` (the same, where not given), and render it."""
    provider = provider_of(at or host, case.rules_as_of)
    try:
        translated = dialect_of(host).translate(case.product, case.body)
        request, problems, broken = read_request(translated.kind, translated.body)
        problems = [*problems, *provider_problems(request, provider.profile, broken)]
        if problems:
            raise with_their_places(InvalidRequestError("The request has problems.", problems), translated.places)
    except InvalidRequestError as error:
        places = frozenset(problem.field for problem in error.problems)
        return Verdict(refused=places, messages=tuple(problem.message for problem in error.problems))
    *made, wire = sent(provider, request)
    return Verdict(
        path=wire.path,
        upstream=without_ours(wire.body),
        elements=tuple(without_ours(each.body) for each in made),
        warnings=translated.warnings,
    )
