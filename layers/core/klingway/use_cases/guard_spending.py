"""Keep tenants within their caps: reserve what a job may cost when it is accepted.

A tenant without caps costs nothing: one read a minute, and no write. An amount is reserved by one conditional write, which
many at once can make without going beyond a cap. Between it and the job's own row a process may die: then too much is
counted, never too little, until the day is looked over (`look_over_budgets`). `settle_spending` has what follows at its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from klingway.domain.budgets import day_of, problems_of, reservation, usd
from klingway.domain.errors import PaymentRequiredError, Problem
from klingway.domain.ids import ProviderName
from klingway.domain.job import Job
from klingway.domain.pricing import price_of
from klingway.domain.request import AnyRequest
from klingway.use_cases.budget_ports import BudgetStore, CapReachedError
from klingway.use_cases.ports import Providers


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSpending:
    """Guards spending."""

    budgets: BudgetStore
    providers: Providers

    def reserve(self, job: Job, request: AnyRequest) -> Job:
        """Return a job that is about to be written, with what it is reserved, and only those who may be paid.

        Raises:
            PaymentRequiredError: A cap would not hold, or nobody knows what it would cost.
        """
        caps = self.budgets.caps(job.tenant)
        if caps is None:
            return job
        prices = self._prices(job.route, request)
        job = job if caps.allows_unpriced else self._with_known_prices(job, prices, request)
        amount_usd = reservation(job, prices)
        try:
            self.budgets.reserve(job.tenant, caps, amount_usd, day=day_of(job.created_at))
        except CapReachedError as error:
            problems = list(problems_of(caps, error.spending, amount_usd))
            raise PaymentRequiredError("The tenant's budget is used up; nothing was accepted.", problems) from error
        return replace(job, reserved_usd=amount_usd)

    def give_back(self, job: Job) -> None:
        """Count a job no more that was not written after all."""
        if job.reserved_usd:
            self.budgets.adjust(job.tenant, -job.reserved_usd, day=day_of(job.created_at))

    def _prices(self, route: Sequence[ProviderName], request: AnyRequest) -> dict[ProviderName, Decimal]:
        found = {name: usd(price_of(request, self.providers.get(name).profile)) for name in route}
        return {name: price for name, price in found.items() if price is not None}

    def _with_known_prices(self, job: Job, prices: dict[ProviderName, Decimal], request: AnyRequest) -> Job:
        """Return a job without those of its route whose price is unknown.

        Raises:
            PaymentRequiredError: None is left.
        """
        route = tuple(name for name in job.route if name in prices)
        if route == job.route:
            return job
        if not route:
            names = ", ".join(job.route)
            message = (
                f"what this would cost at {names} is not published, and the tenant has a cap; name another provider."
            )
            problem = Problem(field="provider", code="price_unknown", message=message)
            raise PaymentRequiredError("Nobody knows what this would cost; nothing was accepted.", [problem])
        left_out = ", ".join(name for name in job.route if name not in prices)
        first = route[0]
        return replace(
            job,
            route=route,
            provider=first,
            route_reason=f"{job.route_reason}; without {left_out}, whose price is unknown",
            price=price_of(request, self.providers.get(first).profile),
        )
