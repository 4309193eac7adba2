"""How a case of a document is run: read in that service's dialect, judged, and rendered to that same service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import ProviderName
from klingway.domain.validation import provider_problems, read_request
from klingway.providers import registry
from klingway.providers.spoken import refused, with_their_places

from tests.unit.builders import ATTEMPT_ID, BASE_URL, CALLBACK_URL, FakeCredentials, ScriptedHttp, with_api_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from klingway.providers.contract import Provider
    from klingway.providers.dialects import Dialect

SEED_DAY = date(2026, 2, 10)


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
    warnings: tuple[str, ...] = ()


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


def judge(host: str, case: Case, *, at: str | None = None) -> Verdict:
    """Read a case in the dialect of `host`, hold it against the profile of `at` (the same, where not given), and render it."""
    provider = provider_of(at or host, case.rules_as_of)
    try:
        translated = dialect_of(host).translate(case.product, case.body)
        request, problems, broken = read_request(translated.kind, translated.body)
        problems = [*problems, *provider_problems(request, provider.profile, broken)]
        if problems:
            raise with_their_places(refused(problems), translated.places)
    except InvalidRequestError as error:
        places = frozenset(problem.field for problem in error.problems)
        return Verdict(refused=places, messages=tuple(problem.message for problem in error.problems))
    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=CALLBACK_URL)
    ours = {"callback_url", "external_task_id"}
    return Verdict(
        path=wire.path,
        upstream={name: value for name, value in wire.body.items() if name not in ours},
        warnings=translated.warnings,
    )
