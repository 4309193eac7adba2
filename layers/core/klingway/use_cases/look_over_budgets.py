"""Hold what is counted against caps against the jobs' own rows, each day: what a process that died left is put right."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from klingway.domain.budgets import day_of
from klingway.domain.ids import Tenant
from klingway.domain.work import Work
from klingway.observability import logger
from klingway.use_cases.budget_ports import BudgetStore
from klingway.use_cases.ports import Now

DAYS: Final = 2
"""Closed days that are looked over: each one twice, for a job may just be settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookOverBudgets:
    """Looks over counts."""

    budgets: BudgetStore
    now: Now

    def run(self, work: Work) -> None:
        """Put the counts of a tenant's last days right, then let it fall due the next day."""
        if work.number is None:
            return
        now, tenant = self.now(), Tenant(work.id.removeprefix("budget#"))
        for days_ago in range(1, DAYS + 1):
            day = day_of(now - timedelta(days=days_ago))
            if not self.budgets.correct(tenant, day, self.budgets.counted_on(tenant, day)):
                logger().info("counted meanwhile", extra={"day": day.isoformat()})
        self.budgets.look_again_tomorrow(tenant, work.number, now)
