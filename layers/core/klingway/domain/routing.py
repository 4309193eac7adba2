"""Which provider a request goes to, and why; or why it can go to none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.errors import Problem
from klingway.domain.ids import ProviderName
from klingway.domain.pricing import price_of
from klingway.domain.request import AUTO, AnyRequest
from klingway.domain.validation import doubts_of, provider_problems

_PROVIDER: Final = "provider"
_MODEL: Final = "model"
_COMPARED_IN: Final = "USD"


@dataclass(frozen=True, slots=True)
class Route:
    """The providers that can do a request, best first."""

    providers: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Owned:
    """Something in a request that exists at one provider alone, which another would not know, or take for something else."""

    place: str
    """`elements[0].id`."""
    id: str
    provider: ProviderName | None
    """Whose it is; None: nobody has said."""


def choose_route(
    request: AnyRequest,
    profiles: Mapping[ProviderName, ProviderProfile],
    configured: Sequence[ProviderName],
    broken: frozenset[str] = frozenset(),
    owned: Sequence[Owned] = (),
) -> tuple[Route, list[Problem]]:
    """Compare a request with every provider that it may go to.

    Args:
        request: What is asked for; `request.provider` names who may do it, in order.
        profiles: What each provider can do.
        configured: The providers that have a credential, in the gateway's order of preference.
        broken: Fields of the body that could not be read; nothing is said of what depends on them.
        owned: What only one provider knows: no other can do the request.

    Returns:
        The route and no problems, the cheapest provider first unless the caller named some; or an empty route and the
        problems of every candidate, the one that comes closest first, each naming who would accept that part.
    """
    named = list(dict.fromkeys(ProviderName(name) for name in request.provider or [AUTO] if name != AUTO))
    candidates = named or list(configured)
    problems = _wrong_names(request, named, profiles, configured) or _without_owner(owned, candidates, configured)
    if problems:
        return Route((), ""), problems
    candidates = [name for name in candidates if all(thing.provider in {None, name} for thing in owned)]

    found = {name: provider_problems(request, profiles[name], broken) for name in candidates}
    able = [name for name in candidates if not found[name]]
    if able and named:
        return Route(tuple(able), f"{able[0]}: named by the caller"), []
    sure = [name for name in able if not doubts_of(request, profiles[name])]
    if len(sure) > 1 and owned:
        return Route((), ""), [_of_nobody_knows_whom(thing, sure) for thing in owned]
    if sure:
        return _cheapest_first(request, {name: profiles[name] for name in sure}), []
    if able:
        message = f"only {', '.join(able)} may be able to do this, which is not certain; name the provider to try it."
        return Route((), ""), [Problem(field=_PROVIDER, code="uncertain", message=message, limit=able)]
    return Route((), ""), _problems_of_all(found)


def _wrong_names(
    request: AnyRequest,
    named: Sequence[ProviderName],
    profiles: Mapping[ProviderName, ProviderProfile],
    configured: Sequence[ProviderName],
) -> list[Problem]:
    """Return what is wrong with the providers that are named, or that there is none to choose from."""
    problems = [_unknown(name, profiles) for name in named if name not in profiles]
    problems += [_unconfigured(name, configured) for name in named if name in profiles and name not in configured]
    if request.provider and AUTO in request.provider and len(request.provider) > 1:
        message = "'auto' stands alone: give 'auto', a provider, or providers in order."
        problems.append(Problem(field=_PROVIDER, code="excluded", message=message))
    problems += [_unknown_options(name, profiles) for name in request.provider_options or {} if name not in profiles]
    if not problems and not named and not configured:
        message = "no provider has a credential yet; set one with 'klingway init'."
        problems.append(Problem(field=_PROVIDER, code="not_configured", message=message))
    return problems


def _without_owner(
    owned: Sequence[Owned], candidates: Sequence[ProviderName], configured: Sequence[ProviderName]
) -> list[Problem]:
    """Return what only a provider knows that is no candidate."""
    elsewhere = [thing for thing in owned if thing.provider is not None and thing.provider not in candidates]
    return [_known_elsewhere(thing, configured) for thing in elsewhere]


def _cheapest_first(request: AnyRequest, profiles: Mapping[ProviderName, ProviderProfile]) -> Route:
    """Order providers by price, unknown ones last; where that decides nothing, in the gateway's order."""
    prices = {name: _dollars(request, profile) for name, profile in profiles.items()}
    order = sorted(prices, key=lambda name: (prices[name] is None, prices[name] or 0))
    if len(order) == 1:
        return Route(tuple(order), f"{order[0]}: the only one that can surely do it")
    compared = ", ".join(f"{name} ({_shown(prices[name])})" for name in order)
    word = "first" if prices[order[0]] is None else "cheapest"
    return Route(tuple(order), f"{order[0]}: {word} of {compared}")


def _shown(dollars: Decimal | None) -> str:
    return "price unknown" if dollars is None else f"${dollars:.2f}"


def _dollars(request: AnyRequest, profile: ProviderProfile) -> Decimal | None:
    """Return a price that can be compared; one in another currency is as good as unknown."""
    price = price_of(request, profile)
    return price.amount if price is not None and price.currency == _COMPARED_IN else None


def _problems_of_all(found: Mapping[ProviderName, Sequence[Problem]]) -> list[Problem]:
    """Return the problems of every candidate, those of the one that comes closest first, each with who would accept it.

    A place is told of once for each provider.
    """
    fields = {name: {problem.field for problem in problems} for name, problems in found.items()}
    has_model = {name for name in found if _MODEL not in fields[name]}  # of one without it, nothing else is known
    told: dict[tuple[str, str], Problem] = {}
    for name in sorted(found, key=lambda name: (name not in has_model, len(found[name]))):
        for problem in found[name]:
            others = tuple(other for other in found if other in has_model and problem.field not in fields[other])
            told.setdefault((name, problem.field), replace(problem, provider=name, accepted_by=others))
    return list(told.values())


def _unknown(name: str, profiles: Mapping[ProviderName, ProviderProfile]) -> Problem:
    known = [AUTO, *profiles]
    message = f"there is no provider {name!r}; known: {', '.join(known)}."
    return Problem(field=_PROVIDER, code="not_one_of", message=message, limit=known)


def _unknown_options(name: str, profiles: Mapping[ProviderName, ProviderProfile]) -> Problem:
    place = f"provider_options.{name[:32]}"
    message = f"there is no provider {name[:32]!r}; known: {', '.join(profiles)}."
    return Problem(field=place, code="unknown_field", message=message, limit=list(profiles))


def _known_elsewhere(thing: Owned, configured: Sequence[str]) -> Problem:
    owner = thing.provider or ""
    way_out = f"name {owner} as the provider" if owner in configured else f"{owner} has no credential in this gateway"
    message = f"{thing.id} is {owner}'s own, and no other provider knows it: {way_out}."
    return Problem(field=thing.place, code="excluded", message=message, limit=[owner], accepted_by=(owner,))


def _of_nobody_knows_whom(thing: Owned, providers: Sequence[str]) -> Problem:
    message = f"{thing.id} is known to one provider alone; name that one of {', '.join(providers)} as the provider."
    return Problem(field=thing.place, code="uncertain", message=message, limit=list(providers))


def _unconfigured(name: str, configured: Sequence[str]) -> Problem:
    message = f"{name} has no credential in this gateway; set it with 'klingway init'."
    return Problem(field=_PROVIDER, code="not_configured", message=message, limit=list(configured))
