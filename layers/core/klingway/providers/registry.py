"""Every provider there is, by name. Adding one is adding a folder, a line here and its address and secret to the template.

Modules load when they are first needed: a function that submits nothing imports none of them.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from klingway.domain.ids import ProviderName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from klingway.domain.capabilities import Expected, ProviderProfile
    from klingway.providers.contract import CredentialSource, Http, Provider
    from klingway.providers.dialects import Dialect

_MODULES: Final[Mapping[str, str]] = {
    "klingai": "klingway.providers.klingai",
    "apimart": "klingway.providers.apimart",
    "ezmodel": "klingway.providers.ezmodel",
    "unifically": "klingway.providers.unifically",
}


@dataclass(frozen=True, slots=True)
class ProviderParts:
    """What a provider's module exports."""

    profile: Callable[[date, Expected | None, frozenset[str]], ProviderProfile]
    build: Callable[..., Provider]
    switches: frozenset[str] = frozenset()
    """What the gateway's owner can switch on; its page in docs/providers says what each does."""
    credential_parts: tuple[str, ...] = ("api_key",)
    """What its secret may hold."""


def names() -> tuple[ProviderName, ...]:
    """Return the names of all providers."""
    return tuple(ProviderName(name) for name in _MODULES)


def _parts(name: str) -> ProviderParts:
    module: Any = importlib.import_module(_MODULES[name])
    return cast("ProviderParts", module.PARTS)


def credential_parts_of(name: ProviderName) -> tuple[str, ...]:
    """Return what a provider's secret may hold: `api_key`, and `access_key` with `secret_key` where there are pairs."""
    return _parts(name).credential_parts


def switches_of(name: ProviderName) -> frozenset[str]:
    """Return the switches that a provider has."""
    return _parts(name).switches


def profile_of(
    name: ProviderName,
    rules_as_of: date,
    expected: Expected | None = None,
    switches: frozenset[str] = frozenset(),
) -> ProviderProfile:
    """Return what a provider can do under the rules of a day.

    Args:
        name: Which.
        rules_as_of: The day.
        expected: Replaces what is known of its speed.
        switches: Which of its switches are on.

    Raises:
        ValueError: It has no such switch.
    """
    parts = _parts(name)
    if unknown := sorted(switches - parts.switches):
        known = ", ".join(sorted(parts.switches)) or "none"
        raise ValueError(f"{name} has no switch {unknown[0]!r}; it has {known}")
    return parts.profile(rules_as_of, expected, switches)


def dialect_of(name: ProviderName) -> Dialect:
    """Return the dialect of a provider: its own API, spoken to callers."""
    module: Any = importlib.import_module(f"{_MODULES[name]}.dialect")
    return cast("Dialect", module.DIALECT)


def build(
    name: ProviderName,
    *,
    base_url: str,
    profile: ProviderProfile,
    http: Http,
    credentials: CredentialSource,
    now: Callable[[], float],
) -> Provider:
    """Return a provider that calls `base_url` through `http`; `now` is the time in epoch seconds."""
    return _parts(name).build(base_url=base_url, profile=profile, http=http, credentials=credentials, now=now)
