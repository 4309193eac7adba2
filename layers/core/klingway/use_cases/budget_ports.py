"""What the guard of tenants' spending needs of the outside."""

from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from klingway.domain.budgets import Caps, Spending
from klingway.domain.ids import Tenant
from klingway.domain.job import Job


class CapReachedError(Exception):
    """A further amount would go beyond a cap; nothing was written."""

    def __init__(self, spending: Spending) -> None:
        super().__init__("a cap is reached")
        self.spending = spending


class BudgetStore(Protocol):
    """Tenants' caps, and what is counted against them. A job counts on the day on which it was accepted."""

    def caps(self, tenant: Tenant) -> Caps | None:
        """Return a tenant's caps as they were within the last minute, None where it has none."""
        ...

    def reserve(self, tenant: Tenant, caps: Caps, amount_usd: Decimal, *, day: date) -> None:
        """Count an amount, in one conditional write.

        Raises:
            CapReachedError: A cap would not hold.
        """
        ...

    def adjust(self, tenant: Tenant, by_usd: Decimal, *, day: date) -> None:
        """Count an amount, or less than before, whatever the caps."""
        ...

    def settle(self, job: Job, spent_usd: Decimal) -> bool:
        """Write at a job's own row what it has cost in place of what it was reserved; False where that is done already."""
        ...

    def keep_counting(self, job: Job, amount_usd: Decimal) -> None:
        """Remember what a job counts that is about to be deleted. May be done again."""
        ...

    def spending(self, tenant: Tenant, *, day: date) -> Spending:
        """Return what is counted."""
        ...

    def look_again_tomorrow(self, tenant: Tenant, number: int, at: datetime) -> None:
        """Let a tenant's caps fall due the next day, where they still expect a number."""
        ...

    def counted_on(self, tenant: Tenant, day: date) -> Decimal:
        """Return what the rows of a day's jobs say, deleted ones among them: the truth, against which a count is held."""
        ...

    def correct(self, tenant: Tenant, day: date, amount_usd: Decimal) -> bool:
        """Make a day's count, and its month's by the difference, what it should be; False where it changed meanwhile."""
        ...


class CapRegister(Protocol):
    """Tenants' caps, as whoever runs the gateway sets them."""

    def set_caps(self, tenant: Tenant, caps: Caps, at: datetime) -> None:
        """Set a tenant's caps, in place of those it had; counts are looked over each day from then on."""
        ...

    def current_caps(self, tenant: Tenant) -> Caps | None:
        """Return a tenant's caps as they are by now."""
        ...


class RateLimits(Protocol):
    """How often keys are used."""

    def take(self, key_id: str, per_minute: int, at: datetime) -> bool:
        """Count a call of a key; False where the minute has had as many as it may."""
        ...
