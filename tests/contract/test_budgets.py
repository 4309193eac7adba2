"""Caps and counts on the template's own table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
from klingway.adapters.dynamodb_due import DynamoDbDueRows
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.adapters.dynamodb_rates import DynamoDbRates
from klingway.domain.budgets import Caps, Spending
from klingway.domain.ids import JobId, Tenant, new_job_id
from klingway.use_cases.budget_ports import CapReachedError

from tests.unit.builders import succeeded_job

if TYPE_CHECKING:
    from local.cloud.deploy import Deployment

ACME = Tenant("acme")
TODAY = date(2026, 11, 26)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
CAPS = Caps(daily_usd=Decimal(10), monthly_usd=Decimal(100))


class Clock:
    def __init__(self) -> None:
        self.time_s = 1000.0

    def __call__(self) -> float:
        return self.time_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budgets(stack: Deployment, clock: Clock) -> DynamoDbBudgets:
    return DynamoDbBudgets(boto3.client("dynamodb"), stack.outputs["TableName"], clock)


@pytest.fixture
def jobs(stack: Deployment) -> DynamoDbJobs:
    return DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"])


def test_a_thousand_at_once_never_go_beyond_a_cap(stack: Deployment, budgets: DynamoDbBudgets) -> None:
    """By sixteen threads, each with a client of its own: as many are let through as fit, and the count says so to the cent."""
    name = stack.outputs["TableName"]
    stores = [DynamoDbBudgets(boto3.client("dynamodb"), name) for _ in range(16)]
    caps = Caps(daily_usd=Decimal("100.10"), monthly_usd=Decimal(1000))

    def reserve(number: int) -> bool:
        try:
            stores[number % 16].reserve(ACME, caps, Decimal("0.42"), day=TODAY)
        except CapReachedError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        let_through = sum(pool.map(reserve, range(1000)))

    assert let_through == 238  # 238 x 0.42 = 99.96; one more would be 100.38
    assert budgets.spending(ACME, day=TODAY) == Spending(
        day=TODAY, day_usd=Decimal("99.96"), month_usd=Decimal("99.96")
    )


def test_who_is_refused_is_told_what_is_counted(budgets: DynamoDbBudgets) -> None:
    """The figures are those that stood in the way; nothing is counted by it."""
    budgets.reserve(ACME, CAPS, Decimal(9), day=TODAY)

    for amount in (Decimal("1.01"), Decimal(11)):
        with pytest.raises(CapReachedError) as refused:
            budgets.reserve(ACME, CAPS, amount, day=TODAY)
        assert refused.value.spending == Spending(day=TODAY, day_usd=Decimal(9), month_usd=Decimal(9))
    budgets.reserve(ACME, CAPS, Decimal(1), day=TODAY)


def test_days_months_and_tenants_are_counted_apart(budgets: DynamoDbBudgets) -> None:
    """A day's amount is in its month's as well."""
    budgets.reserve(ACME, CAPS, Decimal(9), day=TODAY)
    budgets.reserve(ACME, CAPS, Decimal(8), day=TODAY + timedelta(days=1))
    budgets.reserve(Tenant("shop"), CAPS, Decimal(3), day=TODAY)
    budgets.adjust(ACME, Decimal(-2), day=TODAY)

    assert budgets.spending(ACME, day=TODAY) == Spending(day=TODAY, day_usd=Decimal(7), month_usd=Decimal(15))
    assert budgets.spending(ACME, day=date(2026, 12, 26)) == Spending(day=date(2026, 12, 26))
    with pytest.raises(CapReachedError):
        budgets.reserve(ACME, Caps(monthly_usd=Decimal(20)), Decimal(6), day=TODAY)


def test_without_a_cap_on_it_a_day_is_counted_all_the_same(budgets: DynamoDbBudgets) -> None:
    """The month's cap alone, or none, as where unknown prices alone are refused."""
    budgets.reserve(ACME, Caps(), Decimal(1000), day=TODAY)

    assert budgets.spending(ACME, day=TODAY).day_usd == 1000


def test_caps_are_read_once_a_minute(budgets: DynamoDbBudgets, clock: Clock) -> None:
    """That a tenant has none is kept as long."""
    assert budgets.caps(ACME) is None
    budgets.set_caps(ACME, CAPS, NOON)
    assert budgets.caps(ACME) is None
    assert budgets.current_caps(ACME) == CAPS

    clock.time_s += 60

    assert budgets.caps(ACME) == CAPS
    loose = Caps(monthly_usd=Decimal("12.50"), allows_unpriced=True)
    budgets.set_caps(ACME, loose, NOON)
    assert budgets.current_caps(ACME) == loose


def test_caps_fall_due_after_midnight(stack: Deployment, budgets: DynamoDbBudgets) -> None:
    """Ten past, in UTC; taken up by the poller like any row; then the next day, unless they were set anew meanwhile."""
    due = DynamoDbDueRows(boto3.client("dynamodb"), stack.outputs["TableName"])
    budgets.set_caps(ACME, CAPS, NOON)
    midnight = datetime(2026, 11, 27, tzinfo=UTC)
    assert list(due.due(midnight, limit=10)) == []
    (row,) = due.due(midnight + timedelta(minutes=10), limit=10)
    taken = due.take_up(row, at=midnight + timedelta(minutes=10))
    assert taken is not None
    assert (taken.id, taken.part, taken.number) == ("budget#acme", "caps", 1)

    budgets.look_again_tomorrow(ACME, 0, midnight + timedelta(hours=1))
    (still_due,) = due.due(midnight + timedelta(hours=2), limit=10)
    assert still_due.part == "caps"
    budgets.look_again_tomorrow(ACME, 1, midnight + timedelta(hours=1))

    assert list(due.due(midnight + timedelta(hours=2), limit=10)) == []
    assert [row.part for row in due.due(midnight + timedelta(days=1, minutes=10), limit=10)] == ["caps"]


def placed(jobs: DynamoDbJobs, at: datetime, **values: Any) -> JobId:
    job = replace(succeeded_job(), id=new_job_id(at), created_at=at, tenant=ACME, **values)
    jobs.create(job, {"prompt": "a fox"}, None)
    return job.id


def test_a_days_truth_is_in_its_jobs_rows(jobs: DynamoDbJobs, budgets: DynamoDbBudgets) -> None:
    """What they are reserved or have cost, from the first moment of the day to the last; deleted ones count on."""
    first, last = datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 26, 23, 59, 59, 999000, tzinfo=UTC)
    placed(jobs, first, spent_usd=Decimal("1.50"))
    placed(jobs, last, reserved_usd=Decimal(2))
    placed(jobs, NOON, spent_usd=None)
    placed(jobs, first - timedelta(milliseconds=1), spent_usd=Decimal(100))
    placed(jobs, last + timedelta(milliseconds=1), spent_usd=Decimal(100))
    deleted = jobs.get(placed(jobs, NOON, spent_usd=Decimal(4)))
    assert deleted is not None
    for _ in range(2):
        budgets.keep_counting(deleted, Decimal(4))
    jobs.delete(deleted)

    assert budgets.counted_on(ACME, TODAY) == Decimal("7.50")
    assert budgets.counted_on(Tenant("shop"), TODAY) == 0


def test_a_job_whose_deletion_broke_off_counts_once(jobs: DynamoDbJobs, budgets: DynamoDbBudgets) -> None:
    """It is to be deleted, and is still there: what it has cost is in its own row and in the one that is to outlive it."""
    job = jobs.get(placed(jobs, NOON, spent_usd=Decimal(4)))
    assert job is not None
    budgets.keep_counting(job, Decimal(4))

    assert budgets.counted_on(ACME, TODAY) == Decimal(4)


def test_a_count_is_put_right_with_its_month(budgets: DynamoDbBudgets) -> None:
    """Up or down, and where there was none."""
    budgets.adjust(ACME, Decimal(5), day=TODAY)
    for amount in (Decimal(2), Decimal(8), Decimal(8)):
        assert budgets.correct(ACME, TODAY, amount)
        assert budgets.spending(ACME, day=TODAY) == Spending(day=TODAY, day_usd=amount, month_usd=amount)
    tomorrow = TODAY + timedelta(days=1)
    assert budgets.correct(ACME, tomorrow, Decimal(1))

    assert budgets.spending(ACME, day=tomorrow) == Spending(day=tomorrow, day_usd=Decimal(1), month_usd=Decimal(9))


def test_a_count_that_moved_meanwhile_is_left_alone(budgets: DynamoDbBudgets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody settles a job between the look and the write: the next look has it."""
    budgets.adjust(ACME, Decimal(5), day=TODAY)
    monkeypatch.setattr(budgets, "spending", lambda _, day: Spending(day=day, day_usd=Decimal(4)))

    assert not budgets.correct(ACME, TODAY, Decimal(1))


def test_a_job_is_settled_once_and_that_is_announced_to_nobody(jobs: DynamoDbJobs, budgets: DynamoDbBudgets) -> None:
    """Its row says what it has cost in place of what it was reserved; else it is as it was."""
    job = jobs.get(placed(jobs, NOON, reserved_usd=Decimal(2)))
    assert job is not None

    assert [budgets.settle(job, Decimal(1)) for _ in range(2)] == [True, False]

    assert jobs.get(job.id) == replace(job, reserved_usd=None, spent_usd=Decimal(1))


def test_a_key_is_counted_by_the_minute(stack: Deployment) -> None:
    """As often as it may, then not, whoever counts; the next minute is a new one, and another key has its own."""
    rates = DynamoDbRates(boto3.client("dynamodb"), stack.outputs["TableName"])

    assert [rates.take("k1", 2, NOON + timedelta(seconds=s)) for s in (0, 59, 59)] == [True, True, False]
    assert rates.take("k2", 2, NOON)
    assert rates.take("k1", 2, NOON + timedelta(seconds=60))
