"""`GET /v1/providers`: what each provider can do, and how it is spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from klingway.domain.catalog import profile_to_json
from klingway.providers import registry

if TYPE_CHECKING:
    from klingway.domain.ids import ProviderName
    from klingway.use_cases.ports import Providers


def providers_to_json(providers: Providers) -> dict[str, Any]:
    """Return the providers of this gateway, those without a credential too, in its order of preference."""
    return {"providers": [_provider(providers, name) for name in providers.names()]}


def _provider(providers: Providers, name: ProviderName) -> dict[str, Any]:
    provider = providers.get(name)
    endpoints = [f"{endpoint.method} /{name}{endpoint.path}" for endpoint in registry.dialect_of(name).endpoints]
    return profile_to_json(provider.profile) | {
        "has_credential": provider.has_credential,
        "elements": "by request" if provider.elements is None else "kept",
        "dialect": endpoints,
    }
