"""Show a tenant what it may spend and has spent."""

from dataclasses import dataclass
from typing import Any

from klingway.domain.budgets import budget_to_json, day_of
from klingway.domain.ids import Tenant
from klingway.use_cases.budget_ports import BudgetStore
from klingway.use_cases.ports import Now


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBudget:
    """Reads budgets."""

    budgets: BudgetStore
    now: Now

    def of(self, tenant: Tenant) -> dict[str, Any]:
        """Return a tenant's caps and what is counted against them; without caps nothing is counted."""
        return budget_to_json(self.budgets.caps(tenant), self.budgets.spending(tenant, day=day_of(self.now())))
