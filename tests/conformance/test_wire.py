"""The capability tables are proved on the wire: what is sent changes with a field if and only if the profile takes it."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any, get_args

import pytest
from klingway.domain.capabilities import Capability
from klingway.domain.request import REQUESTS
from klingway.domain.validation import provider_problems, read_request
from klingway.providers import registry
from pydantic import BaseModel

from tests.conformance.fields import CIRCUMSTANCES, DEFAULTS, NOT_YET, OURS, PAIRS, Pair, body_of
from tests.conformance.harness import SEED_DAY, SINCE_ALL, provider_of, sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from klingway.domain.capabilities import ModelProfile
    from klingway.domain.errors import Problem
    from klingway.domain.request import Kind
    from klingway.providers.contract import Provider

KINDS: tuple[Kind, ...] = ("video", "image")
MODELS = [
    (str(host), kind, model)
    for host in registry.names()
    for kind in KINDS
    for model in provider_of(str(host)).profile.models_of(kind)
]
IDS = [" ".join(model) for model in MODELS]

LABELS = {"unifically": "elements[].name"}
"""Prompts count elements there, so that a name is the caller's own label of one: it is taken, and sent nowhere."""
ONE_VALUE = {("klingai", "kling-v1", "resolution"), ("klingai", "kling-v1-5", "resolution")}
"""Kling's oldest models of pictures make 1k alone, the default: it may be said, and there is nothing else to be seen."""


def problems(provider: Provider, kind: Kind, body: Mapping[str, Any]) -> list[Problem]:
    request, found, broken = read_request(kind, body)
    return [*found, *provider_problems(request, provider.profile, broken)]


def told(provider: Provider, kind: Kind, body: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the paths and bodies of all that a provider is told of a request, creates of elements included."""
    return [(wire.path, wire.body) for wire in sent(provider, read_request(kind, body).request)]


def refusal_of(pair: Pair, model: ModelProfile, on: date) -> str | None:
    """Read from a model's profile where what a pair differs in is refused; None where it is supported."""
    own = [name for options in model.options for name in options.names]
    if pair.needs not in (model.supports if isinstance(pair.needs, Capability) else own):
        return pair.refused_at
    limits = [limit for limit in model.limits if limit.is_in_force(on)]
    is_forbidden = any(limit.of is pair.forbidden_by and limit.one_of == () for limit in limits)
    return pair.field if is_forbidden else None


def asked(pair: Pair, model: str, kind: Kind) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield a pair's two bodies in each of the circumstances in which they differ."""
    for beside in CIRCUMSTANCES[kind]:
        plain, asking = (body_of(model, beside, part) for part in (pair.plain, pair.asking))
        if plain != asking:
            yield plain, asking


def cases() -> Iterator[Any]:
    for host, kind, model in MODELS:
        pairs = [pair for pair in PAIRS[kind] if pair.host in {None, host}]
        for name in dict.fromkeys(map(str, pairs)):
            alike = [pair for pair in pairs if str(pair) == name]
            yield pytest.param(host, kind, model, alike, id=f"{host} {kind} {model}: {name}")


@pytest.mark.parametrize(("host", "kind", "model", "pairs"), list(cases()))
def test_what_is_sent_changes_exactly_where_the_profile_supports_it(
    host: str, kind: Kind, model: str, pairs: list[Pair]
) -> None:
    """Supported: taken, and seen upstream wherever it is taken. Not supported: refused at its place, whatever else is asked.

    What is supported may be against the rules of the first day; it is taken once every change of them is in force.
    """
    taken: set[date] = set()
    for on, pair in product((SEED_DAY, SINCE_ALL), pairs):
        provider = provider_of(host, on)
        place = refusal_of(pair, provider.profile.models_of(kind)[model], on)
        for plain, asking in asked(pair, model, kind):
            found = problems(provider, kind, asking)
            if place is not None:
                assert place in [problem.field for problem in found], (on, asking)
            elif not found:
                taken.add(on)
                # Where a model makes nothing without it, that it is seen shows in the pair in which its address differs.
                if not problems(provider, kind, plain):
                    is_seen = told(provider, kind, plain) != told(provider, kind, asking)
                    assert (pair.field != LABELS.get(host)) == is_seen, (on, asking)
    profile = provider_of(host, SINCE_ALL).profile.models_of(kind)[model]
    is_supported = any(refusal_of(pair, profile, SINCE_ALL) is None for pair in pairs)

    assert is_supported == (SINCE_ALL in taken) or (host, model, pairs[0].field) in ONE_VALUE, (
        "supported, and never taken"
    )


def least(host: str, kind: Kind, model: str, part: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the least that a model takes with this part; None where it takes it with nothing."""
    bodies = (body_of(model, beside, part) for beside in CIRCUMSTANCES[kind])
    return next((body for body in bodies if not problems(provider_of(host, SINCE_ALL), kind, body)), None)


@pytest.mark.parametrize(("host", "kind", "model"), MODELS, ids=IDS)
def test_what_is_between_caller_and_gateway_is_not_sent(host: str, kind: Kind, model: str) -> None:
    """Neither the caller's own name of a job, nor where it is told of, nor what is meant for another provider."""
    provider, plain = provider_of(host, SINCE_ALL), least(host, kind, model, {})
    assert plain is not None
    for field, part in OURS.items():
        asking = plain | part

        assert [] == problems(provider, kind, asking), field
        assert told(provider, kind, plain) == told(provider, kind, asking), field


@pytest.mark.parametrize(("host", "kind", "model"), MODELS, ids=IDS)
def test_a_default_in_words_is_the_default(host: str, kind: Kind, model: str) -> None:
    """It changes nothing of what is sent; where the model has no such field, it is refused there at most."""
    provider = provider_of(host, SINCE_ALL)
    for field, without, with_it in DEFAULTS[kind]:
        plain = least(host, kind, model, without)
        if plain is None:
            continue
        if found := problems(provider, kind, plain | with_it):
            assert [(field, "unsupported")] == [(problem.field, problem.code) for problem in found]
        else:
            assert told(provider, kind, plain) == told(provider, kind, plain | with_it), field


@pytest.mark.parametrize(("host", "kind"), sorted({(host, kind) for host, kind, _ in MODELS}))
def test_models_are_told_apart(host: str, kind: Kind) -> None:
    """No two of a provider's models get the same request."""
    provider = provider_of(host, SINCE_ALL)
    bodies = [least(host, kind, model, {}) for model in provider.profile.models_of(kind)]

    for one, other in combinations([told(provider, kind, body) for body in bodies if body], 2):
        assert one != other


def places(model: type[BaseModel], within: str = "") -> Iterator[str]:
    """Yield every place of a canonical request, `[]` for any index."""
    for name, field in model.model_fields.items():
        place, inner = f"{within}{name}", parts_of(field.annotation)
        if inner is None:
            yield place
        else:
            yield from places(inner, f"{place}[]." if "list" in str(field.annotation) else f"{place}.")


def parts_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field is made of, as an object or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := parts_of(part)) is not None), None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_its_pair(kind: Kind) -> None:
    """A new field must come with two requests that show it, or be said to be the gateway's own."""
    shown = {pair.field for pair in PAIRS[kind]} | {"model"}

    assert set(places(REQUESTS[kind])) == shown | set(OURS) | NOT_YET


def test_every_capability_and_option_has_its_pair() -> None:
    """A new capability, or an option of some model, must come with two requests that show it."""
    needs = {(pair.host, pair.needs) for pairs in PAIRS.values() for pair in pairs}
    options = {(str(host), name) for host in registry.names() for name in provider_of(str(host)).profile.options}

    assert {(None, capability) for capability in Capability} | options == needs


@pytest.mark.parametrize(("host", "kind", "model"), MODELS, ids=IDS)
def test_a_model_says_nothing_of_what_its_kind_has_not(host: str, kind: Kind, model: str) -> None:
    """A model of pictures that claims shots would never be found out: no request for a picture has any."""
    profile = provider_of(host).profile.models_of(kind)[model]

    assert profile.supports.keys() <= {pair.needs for pair in PAIRS[kind]}
