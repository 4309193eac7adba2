"""Count a job that has ended as what it has cost, in place of what it was reserved."""

from dataclasses import dataclass

from klingway.domain.budgets import day_of, spent_by
from klingway.domain.job import Job
from klingway.use_cases.budget_ports import BudgetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleSpending:
    """Settles what jobs have cost."""

    budgets: BudgetStore

    def run(self, job: Job) -> None:
        """Settle an ended job, once, however often this is asked for; a tenant without caps has nothing to settle."""
        if job.reserved_usd is None:
            return
        spent_usd = spent_by(job)
        # The job's row first: who dies in between has counted too much, until the day is looked over.
        if self.budgets.settle(job, spent_usd) and spent_usd != job.reserved_usd:
            self.budgets.adjust(job.tenant, spent_usd - job.reserved_usd, day=day_of(job.created_at))

    def keep_counting(self, job: Job) -> None:
        """See to it that an ended job counts although it is about to be deleted."""
        spent_usd = job.spent_usd if job.reserved_usd is None else spent_by(job)
        if spent_usd:
            self.budgets.keep_counting(job, spent_usd)
