"""The budget store in memory."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from klingway.domain.budgets import Caps, Spending, day_of, problems_of
from klingway.domain.ids import Tenant
from klingway.domain.job import Job
from klingway.use_cases.budget_ports import CapReachedError

from tests.fakes.jobs import InMemoryJobs


class InMemoryBudgets:
    def __init__(self, jobs: InMemoryJobs) -> None:
        self.jobs = jobs
        self.set: dict[Tenant, Caps] = {}
        self.days: dict[tuple[Tenant, date], Decimal] = defaultdict(Decimal)
        self.gone: dict[str, tuple[Tenant, date, Decimal]] = {}
        self.looked_over: list[tuple[Tenant, int]] = []

    def caps(self, tenant: Tenant) -> Caps | None:
        return self.set.get(tenant)

    def reserve(self, tenant: Tenant, caps: Caps, amount_usd: Decimal, *, day: date) -> None:
        spending = self.spending(tenant, day=day)
        if any(True for _ in problems_of(caps, spending, amount_usd)):
            raise CapReachedError(spending)
        self.adjust(tenant, amount_usd, day=day)

    def adjust(self, tenant: Tenant, by_usd: Decimal, *, day: date) -> None:
        self.days[tenant, day] += by_usd

    def settle(self, job: Job, spent_usd: Decimal) -> bool:
        row = self.jobs.rows[job.id]
        if row.reserved_usd is None:
            return False
        self.jobs.rows[job.id] = replace(row, reserved_usd=None, spent_usd=spent_usd)
        return True

    def keep_counting(self, job: Job, amount_usd: Decimal) -> None:
        self.gone[job.id] = (job.tenant, day_of(job.created_at), amount_usd)

    def spending(self, tenant: Tenant, *, day: date) -> Spending:
        month = [amount for (whose, on), amount in self.days.items() if whose == tenant and on.month == day.month]
        return Spending(day=day, day_usd=self.days[tenant, day], month_usd=sum(month, Decimal(0)))

    def counted_on(self, tenant: Tenant, day: date) -> Decimal:
        mine = [row for row in self.jobs.rows.values() if row.tenant == tenant and day_of(row.created_at) == day]
        living = {row.id: row.spent_usd or row.reserved_usd or Decimal(0) for row in mine}
        gone = {job_id: usd for job_id, (whose, on, usd) in self.gone.items() if (whose, on) == (tenant, day)}
        return sum((gone | living).values(), Decimal(0))

    def correct(self, tenant: Tenant, day: date, amount_usd: Decimal) -> bool:
        self.days[tenant, day] = amount_usd
        return True

    def look_again_tomorrow(self, tenant: Tenant, number: int, at: datetime) -> None:
        self.looked_over.append((tenant, number))
