"""Which provider a request goes to, and why; or why it can go to none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from klingway.domain.capabilities import Confidence, ProviderProfile, given_capabilities
from klingway.domain.errors import Problem
from klingway.domain.ids import ProviderName
from klingway.domain.request import AUTO, DEFAULT_MODEL, VideoRequest
from klingway.domain.validation import provider_problems

_PROVIDER: Final = "provider"


@dataclass(frozen=True, slots=True)
class Route:
    """The providers that can do a request, best first."""

    providers: tuple[str, ...]
    reason: str


def choose_route(
    request: VideoRequest,
    profiles: Mapping[ProviderName, ProviderProfile],
    configured: Sequence[ProviderName],
    broken: frozenset[str] = frozenset(),
) -> tuple[Route, list[Problem]]:
    """Compare a request with every provider that it may go to.

    Args:
        request: What is asked for; `request.provider` names who may do it, in order.
        profiles: What each provider can do.
        configured: The providers that have a credential, in the gateway's order of preference.
        broken: Fields of the body that could not be read; nothing is said of what depends on them.

    Returns:
        The route and no problems, or an empty route and the problems of the provider that comes closest, each naming
        the others that would accept that part.
    """
    named = list(dict.fromkeys(ProviderName(name) for name in request.provider or [AUTO] if name != AUTO))
    problems = [_unknown(name, profiles) for name in named if name not in profiles]
    problems += [_unconfigured(name, configured) for name in named if name in profiles and name not in configured]
    if request.provider and AUTO in request.provider and len(request.provider) > 1:
        message = "'auto' stands alone: give 'auto', a provider, or providers in order."
        problems.append(Problem(field=_PROVIDER, code="excluded", message=message))
    problems += [_unknown_options(name, profiles) for name in request.provider_options or {} if name not in profiles]
    if problems:
        return Route((), ""), problems
    candidates = named or list(configured)
    if not candidates:
        message = "no provider has a credential yet; set one with 'klingway init'."
        return Route((), ""), [Problem(field=_PROVIDER, code="not_configured", message=message)]

    found = {name: provider_problems(request, profiles[name], broken) for name in candidates}
    able = tuple(name for name in candidates if not found[name] and (named or _is_sure(request, profiles[name])))
    if able:
        reason = f"{able[0]}: named by the caller" if named else f"{able[0]}: first of {', '.join(able)}, able to do it"
        return Route(able, reason), []
    if doubtful := [name for name in candidates if not found[name]]:
        message = (
            f"only {', '.join(doubtful)} may be able to do this, which is not certain; name the provider to try it."
        )
        return Route((), ""), [Problem(field=_PROVIDER, code="uncertain", message=message, limit=doubtful)]
    closest = min(candidates, key=lambda name: len(found[name]))
    return Route((), ""), [
        replace(problem, accepted_by=tuple(other for other in candidates if problem.field not in _fields(found[other])))
        for problem in found[closest]
    ]


def _fields(problems: Sequence[Problem]) -> set[str]:
    return {problem.field for problem in problems}


def _is_sure(request: VideoRequest, profile: ProviderProfile) -> bool:
    supports = profile.models[request.model or DEFAULT_MODEL].supports
    return Confidence.DOUBTFUL not in {supports.get(capability) for capability in given_capabilities(request)}


def _unknown(name: str, profiles: Mapping[ProviderName, ProviderProfile]) -> Problem:
    known = [AUTO, *profiles]
    message = f"there is no provider {name!r}; known: {', '.join(known)}."
    return Problem(field=_PROVIDER, code="not_one_of", message=message, limit=known)


def _unknown_options(name: str, profiles: Mapping[ProviderName, ProviderProfile]) -> Problem:
    place = f"provider_options.{name[:32]}"
    message = f"there is no provider {name[:32]!r}; known: {', '.join(profiles)}."
    return Problem(field=place, code="unknown_field", message=message, limit=list(profiles))


def _unconfigured(name: str, configured: Sequence[str]) -> Problem:
    message = f"{name} has no credential in this gateway; set it with 'klingway init'."
    return Problem(field=_PROVIDER, code="not_configured", message=message, limit=list(configured))
