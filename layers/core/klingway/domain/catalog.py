"""What providers can do, as callers read it: the very profiles that requests are held against."""

from collections.abc import Iterator
from typing import Any

from klingway.domain.capabilities import Expected, Limit, ModelProfile, Prices, ProviderProfile, Rate
from klingway.domain.ids import Kind
from klingway.domain.request import REQUESTS


def profile_to_json(profile: ProviderProfile) -> dict[str, Any]:
    """Return a profile as data, with the limits that are in force on the day whose rules it enforces."""
    return {
        "name": profile.name,
        "calls_back": profile.calls_back,
        "finds_by_reference": profile.finds_by_reference,
        "rules_as_of": profile.rules_as_of.isoformat(),
        "switches": sorted(profile.switches),
        "options": sorted(profile.options),
        "models": list(_models(profile)),
    }


def _models(profile: ProviderProfile) -> Iterator[dict[str, Any]]:
    kinds: list[Kind] = list(REQUESTS)
    for kind in kinds:
        for name, model in profile.models_of(kind).items():
            yield {"kind": kind, "model": name} | _model(model, profile, kind)


def _model(model: ModelProfile, profile: ProviderProfile, kind: Kind) -> dict[str, Any]:
    return {
        "supports": {capability.value: confidence.value for capability, confidence in model.supports.items()},
        "limits": [_limit(limit) for limit in model.limits if limit.is_in_force(profile.rules_as_of)],
        "prices": None if model.prices is None else _prices(model.prices, kind),
        "expected": expected_to_json(model.expected),
        "source": model.source,
    }


def expected_to_json(expected: Expected) -> dict[str, Any]:
    """Return how long a generation takes."""
    return {
        "early_s": expected.early_s,
        "usual_s": expected.usual_s,
        "late_s": expected.late_s,
        "source": expected.source,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    said = {
        "of": limit.of.value,
        "limit": limit.to_json(),
        "with": sorted(trait.value for trait in limit.when),
        "without": sorted(trait.value for trait in limit.unless),
        "source": limit.source,
    }
    return {name: part for name, part in said.items() if part != [] or name == "limit"}


def _prices(prices: Prices, kind: Kind) -> dict[str, Any]:
    unit = "second" if kind == "video" else "picture"
    return {
        "currency": prices.currency,
        "unit": unit,
        "source": prices.source,
        "rates": [_rate(rate) for rate in prices.rates],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    conditions = {
        "mode": rate.mode,
        "resolution": rate.resolution,
        "sound": rate.sound,
        "video": rate.video,
        "voices": rate.voices,
    }
    known = {name: condition for name, condition in conditions.items() if condition is not None}
    return {"per_unit": str(rate.per_unit)} | known
