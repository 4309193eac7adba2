"""Who is calling, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from klingway.domain.errors import ForbiddenError
from klingway.domain.ids import ProviderName, Tenant


class Scope(StrEnum):
    """A part of the API that a key opens."""

    SUBMIT = "submit"
    """Ask for jobs and elements, estimate them, cancel, retry and delete them: whatever costs, makes or takes away."""
    READ = "read"
    """See jobs, their results and deliveries, elements, and what providers can do."""
    ADMIN = "admin"
    """See the tenant's own secrets."""


EVERY_SCOPE: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A tenant, by way of one of its keys."""

    tenant: Tenant
    key_id: str
    scopes: frozenset[Scope]
    route: tuple[ProviderName, ...]
    """Who does a request that names no provider, in order; empty: whoever the gateway chooses."""
    per_minute: int | None = None
    """How often the key may ask for something in a minute; None: as often as it likes."""

    def expect(self, scope: Scope) -> None:
        """Let pass who may do what needs a scope.

        Raises:
            ForbiddenError: The key has not this scope.
        """
        if scope not in self.scopes:
            has = ", ".join(each for each in Scope if each in self.scopes) or "none"
            raise ForbiddenError(f"This needs a key with the scope '{scope}'; the scopes of yours: {has}.")
