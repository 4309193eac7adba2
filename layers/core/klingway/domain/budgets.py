"""How much a tenant may spend, what a job is reserved at its acceptance, and what it has cost at its end. Pure.

Prices are the providers' published ones (`pricing`), in US dollars; Klingway sees no invoice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from klingway.domain.errors import Problem
from klingway.domain.ids import ProviderName
from klingway.domain.job import Failover, Job, OnUnconfirmed, Price

CURRENCY: Final = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a tenant may spend; None: as much as it likes."""

    daily_usd: Decimal | None = None
    """In a day of UTC."""
    monthly_usd: Decimal | None = None
    """In a month of UTC."""
    allows_unpriced: bool = False
    """Whether providers may be asked whose price for a request is unknown; it counts as nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a tenant's jobs of a day, and of its month, have cost or are reserved."""

    day: date
    day_usd: Decimal = Decimal(0)
    month_usd: Decimal = Decimal(0)


def day_of(moment: datetime) -> date:
    """Return the day on which a job counts that was accepted at a time."""
    return moment.astimezone(UTC).date()


def usd(price: Price | None) -> Decimal | None:
    """Return a price in dollars; None where it is unknown, or in another currency."""
    return None if price is None or price.currency != CURRENCY else price.amount


def reservation(job: Job, prices: Mapping[ProviderName, Decimal]) -> Decimal:
    """Return the most that a job can cost, by who may come to do it.

    Args:
        job: As it is accepted.
        prices: What each provider of its route takes; one that is missing counts as nothing.
    """
    on_route = [prices.get(name, Decimal(0)) for name in job.route]
    match job.failover:
        case Failover.NEVER:
            most = on_route[0]
        case Failover.BEFORE_ACCEPTANCE:  # one of them is paid
            most = max(on_route)
        case Failover.ALWAYS:  # each may be paid, and fail
            most = sum(on_route, Decimal(0))
    # Submitted anew, the same provider may be paid twice.
    return most + (max(on_route) if job.on_unconfirmed is OnUnconfirmed.RESUBMIT else 0)


def spent_by(job: Job) -> Decimal:
    """Return what a job that has ended has cost, its attempts that may have been charged among it."""
    return sum((usd(attempt.price) or Decimal(0) for attempt in job.attempts if attempt.may_be_charged), Decimal(0))


def problems_of(caps: Caps, spending: Spending, amount_usd: Decimal) -> Iterable[Problem]:
    """Yield each cap that a further amount would go beyond, with the figures."""
    for name, cap_usd, spent_usd, when in (
        ("daily", caps.daily_usd, spending.day_usd, f"of {spending.day.isoformat()} (UTC)"),
        ("monthly", caps.monthly_usd, spending.month_usd, f"of {spending.day:%Y-%m} (UTC)"),
    ):
        if cap_usd is not None and spent_usd + amount_usd > cap_usd:
            message = (
                f"The {name} cap {when} is ${cap_usd}; ${spent_usd} of it is spent or reserved, and this job may cost "
                f"${amount_usd}."
            )
            limit = {"cap_usd": str(cap_usd), "spent_usd": str(spent_usd), "needed_usd": str(amount_usd)}
            yield Problem(field="tenant", code=f"{name}_cap", message=message, limit=limit)


def budget_to_json(caps: Caps | None, spending: Spending) -> dict[str, Any]:
    """Return a budget as it is shown; amounts are decimal numbers as text."""
    daily, monthly = (None, None) if caps is None else (caps.daily_usd, caps.monthly_usd)
    return {
        "day": spending.day.isoformat(),
        "daily_cap_usd": None if daily is None else str(daily),
        "day_usd": str(spending.day_usd),
        "month": f"{spending.day:%Y-%m}",
        "monthly_cap_usd": None if monthly is None else str(monthly),
        "month_usd": str(spending.month_usd),
        "allows_unpriced": caps is None or caps.allows_unpriced,
    }
