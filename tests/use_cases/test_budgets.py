"""What a tenant may spend: reserved at acceptance, settled at the end, never gone beyond; refused with the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from klingway.domain.budgets import Caps
from klingway.domain.capabilities import Prices, Rate
from klingway.domain.errors import InvalidRequestError, PaymentRequiredError
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.job import Job, JobError, State
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, ProviderError
from klingway.use_cases.cancel_job import CancelJob
from klingway.use_cases.look_over_budgets import LookOverBudgets

from tests.fakes.providers import ScriptedProvider, profile
from tests.use_cases.conftest import SUCCESS, Gateway

ACME = Tenant("acme")
CHEAP, DEAR, UNPRICED = ProviderName("klingai"), ProviderName("apimart"), ProviderName("unifically")
ORDER: dict[str, Any] = {"prompt": "a fox", "duration_s": 5, "provider": [CHEAP, DEAR]}
# Five seconds: $1 at the first, $2 at the second.
A_SECOND = {CHEAP: Decimal("0.2"), DEAR: Decimal("0.4"), UNPRICED: None}


def priced(name: ProviderName, **more: Any) -> ScriptedProvider:
    a_second = A_SECOND[name]
    plain = profile(name=name, **more)
    prices = None if a_second is None else Prices(currency="USD", rates=(Rate(per_unit=a_second),), source="the test")
    models = {model: replace(said, prices=prices) for model, said in plain.models.items()}
    return ScriptedProvider(profile=replace(plain, models=models))


@pytest.fixture
def gateway() -> Gateway:
    made = Gateway(provider=priced(CHEAP), others=[priced(DEAR), priced(UNPRICED)])
    made.budgets.set[ACME] = Caps(daily_usd=Decimal(10), monthly_usd=Decimal(20))
    return made


def today(gateway: Gateway) -> date:
    return gateway.clock().astimezone(UTC).date()


def counted(gateway: Gateway) -> Decimal:
    return gateway.budgets.spending(ACME, day=today(gateway)).day_usd


def refused(gateway: Gateway, body: dict[str, Any], **more: Any) -> list[tuple[str, Any]]:
    before = dict(gateway.jobs.rows)
    with pytest.raises(PaymentRequiredError) as error:
        gateway.submit(body, **more)
    assert before == gateway.jobs.rows
    assert 402 == error.value.status
    return [(problem.code, problem.limit) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("more", "usd"),
    [
        ({}, 2),
        ({"provider": CHEAP}, 1),
        ({"failover": "never"}, 1),
        ({"failover": "always"}, 3),
        ({"on_unconfirmed": "resubmit"}, 4),
        ({"provider": CHEAP, "on_unconfirmed": "resubmit"}, 2),
    ],
)
def test_a_job_is_reserved_the_most_that_it_can_cost(gateway: Gateway, more: dict[str, Any], usd: int) -> None:
    """The dearest that may come to do it; all of them where each may be paid; twice where it may be submitted anew."""
    job = gateway.submit(ORDER | more)

    assert (usd, usd) == (job.reserved_usd, counted(gateway))


def test_a_tenant_without_caps_has_nothing_counted(gateway: Gateway) -> None:
    """It is refused nothing, and pays no write for it."""
    del gateway.budgets.set[ACME]

    job = gateway.submit(ORDER)

    assert (None, 0) == (job.reserved_usd, counted(gateway))
    gateway.end(job, SUCCESS)
    assert gateway.job(job).spent_usd is None


def test_a_cap_is_reached_to_the_cent_and_never_passed(gateway: Gateway) -> None:
    """Five jobs of two dollars fit into ten; the sixth is told the figures, and nothing of it is written."""
    for _ in range(5):
        gateway.submit(ORDER)

    figures = {"cap_usd": "10", "spent_usd": "10.0", "needed_usd": "2.0"}
    assert [("daily_cap", figures)] == refused(gateway, ORDER)
    assert 10 == counted(gateway)


def test_each_cap_that_would_not_hold_is_named(gateway: Gateway) -> None:
    """The month's as well as the day's."""
    gateway.budgets.set[ACME] = Caps(daily_usd=Decimal(1), monthly_usd=Decimal("1.5"))

    assert ["daily_cap", "monthly_cap"] == [code for code, _ in refused(gateway, ORDER)]


def test_the_next_day_has_a_cap_of_its_own_and_the_month_goes_on(gateway: Gateway) -> None:
    """Days and months are those of UTC."""
    for _ in range(2):
        for _ in range(5):
            gateway.submit(ORDER)
        gateway.clock.go_on(86_400)

    assert ["monthly_cap"] == [code for code, _ in refused(gateway, ORDER)]


def test_a_cap_of_nothing_stops_everything(gateway: Gateway) -> None:
    """Zero is a cap like any other."""
    gateway.budgets.set[ACME] = Caps(daily_usd=Decimal(0))

    assert ["daily_cap"] == [code for code, _ in refused(gateway, ORDER)]


def test_what_was_accepted_stays_accepted(gateway: Gateway) -> None:
    """The same key again is the same job, however full the budget is, and is counted once."""
    first = gateway.submit(ORDER, idempotency_key="order-42")
    gateway.budgets.set[ACME] = Caps(daily_usd=Decimal(0))

    assert first.id == gateway.submit(ORDER, idempotency_key="order-42").id
    assert 2 == counted(gateway)


def test_a_repeated_request_is_counted_once(gateway: Gateway) -> None:
    """What was reserved for the second is given back."""
    for _ in range(3):
        gateway.submit(ORDER, idempotency_key="order-42")

    assert 2 == counted(gateway)


def test_an_invalid_request_is_not_counted(gateway: Gateway) -> None:
    """It is refused before anything is reserved."""
    with pytest.raises(InvalidRequestError):
        gateway.submit(ORDER | {"duration_s": 99})

    assert 0 == counted(gateway)


def full(code: str, *, retryable: bool = False, created: Created = Created.NO) -> ProviderError:
    return ProviderError(JobError(code=code, message="no", retryable=retryable), created=created)


def test_a_job_that_was_made_costs_what_its_provider_takes(gateway: Gateway) -> None:
    """The first one's dollar, not the second one's two; settled once, however often the stream tells of it."""
    job = gateway.submit(ORDER)

    ended = gateway.end(job, SUCCESS)
    assert [True] == gateway.publisher.run([ended])

    assert (State.SUCCEEDED, None, 1, 1) == (
        ended.state, gateway.job(job).reserved_usd, gateway.job(job).spent_usd, counted(gateway)
    )  # fmt: skip


def test_failing_at_the_provider_costs_nothing(gateway: Gateway) -> None:
    """The relays give it back (facts, resellers): nothing is on the bill."""
    error = JobError(code="generation_failed", message="no film", retryable=True)

    gateway.end(gateway.submit(ORDER), Failed(error=error))

    assert 0 == counted(gateway)


def test_a_refused_job_costs_nothing(gateway: Gateway) -> None:
    """Nothing was created anywhere."""
    gateway.provider.submissions = [full("moderation_refused")]
    job = gateway.submit(ORDER)

    assert [True] == gateway.publisher.run([gateway.job(job)])

    assert 0 == counted(gateway)


def test_a_canceled_job_costs_nothing(gateway: Gateway) -> None:
    """It had not been submitted."""
    gateway.provider.submissions = [full("provider_full", retryable=True)]
    job = gateway.submit(ORDER | {"provider": CHEAP})
    canceled = CancelJob(jobs=gateway.jobs, now=gateway.clock).run(ACME, job.id).job

    gateway.publisher.run([canceled])

    assert 0 == counted(gateway)


def test_what_nobody_knows_of_counts_as_spent() -> None:
    """A lost answer may be a film on the bill."""
    silent = Gateway(provider=priced(CHEAP, calls_back=False, finds_by_reference=False), others=[priced(DEAR)])
    silent.budgets.set[ACME] = Caps(daily_usd=Decimal(10))
    silent.provider.submissions = [full("provider_answer_lost", retryable=True, created=Created.MAYBE)]
    job = silent.submit(ORDER)
    assert State.FAILED is job.state

    silent.publisher.run([job])

    assert 1 == counted(silent)


def test_a_film_that_was_not_waited_for_counts_as_spent(gateway: Gateway) -> None:
    """The provider makes it all the same."""
    job = gateway.submit(ORDER | {"deadline_s": 60})
    gateway.clock.go_on(120)
    gateway.check(job)
    assert State.FAILED is gateway.job(job).state

    gateway.publisher.run([gateway.job(job)])

    assert 1 == counted(gateway)


def test_a_job_that_went_elsewhere_costs_what_that_one_takes(gateway: Gateway) -> None:
    """The first was full: two dollars at the second."""
    gateway.provider.submissions = [full("provider_full", retryable=True)]
    job = gateway.submit(ORDER)
    gateway.work()
    second = gateway.worker.providers.get(DEAR)
    assert isinstance(second, ScriptedProvider)
    second.outcomes = [SUCCESS]
    gateway.worker.run(Work(kind=WorkKind.CHECK, id=job.id, number=gateway.job(job).number))

    gateway.publisher.run([gateway.job(job)])

    assert (State.SUCCEEDED, 2) == (gateway.job(job).state, counted(gateway))


def test_providers_without_a_known_price_are_left_out(gateway: Gateway) -> None:
    """The job goes to the one that has one, and says why; with none left, it is refused."""
    job = gateway.submit(ORDER | {"provider": [UNPRICED, DEAR]})

    assert (DEAR, (DEAR,), 2) == (job.provider, job.route, job.reserved_usd)
    assert "without unifically, whose price is unknown" in job.route_reason
    assert [("price_unknown", None)] == refused(gateway, ORDER | {"provider": UNPRICED})


def test_a_tenant_may_allow_unknown_prices(gateway: Gateway) -> None:
    """They count as nothing then."""
    gateway.budgets.set[ACME] = Caps(daily_usd=Decimal(1), allows_unpriced=True)

    job = gateway.submit(ORDER | {"provider": UNPRICED})

    assert (UNPRICED, 0) == (job.provider, job.reserved_usd)


def look_over(gateway: Gateway) -> None:
    over = LookOverBudgets(budgets=gateway.budgets, now=gateway.clock)
    over.run(Work(kind=WorkKind.BUDGET, id="budget#acme", number=7))


def test_what_a_dead_process_left_is_put_right_the_next_day(gateway: Gateway) -> None:
    """An amount reserved for a job that was never written, and one of a deleted job that counts on."""
    kept, deleted = gateway.submit(ORDER), gateway.submit(ORDER)
    for job in (kept, deleted):
        gateway.end(job, SUCCESS)
    gateway.delete(deleted)
    gateway.budgets.adjust(ACME, Decimal(5), day=today(gateway))
    assert 7 == counted(gateway)
    day = today(gateway)
    gateway.clock.go_on(86_400)

    look_over(gateway)

    assert 2 == gateway.budgets.spending(ACME, day=day).day_usd
    assert [(ACME, 7)] == gateway.budgets.looked_over


def test_a_day_that_is_not_over_is_left_alone(gateway: Gateway) -> None:
    """Between the count and a job's row there is a moment in which they differ."""
    gateway.budgets.adjust(ACME, Decimal(5), day=today(gateway))

    look_over(gateway)

    assert 5 == counted(gateway)


def test_a_job_accepted_before_midnight_counts_on_its_own_day(gateway: Gateway) -> None:
    """Whenever it ends."""
    midnight = datetime.combine(today(gateway) + timedelta(days=1), datetime.min.time(), UTC)
    gateway.clock.go_on((midnight - gateway.clock()).total_seconds() - 60)
    yesterday = today(gateway)
    job: Job = gateway.submit(ORDER)
    gateway.clock.go_on(600)
    assert yesterday != today(gateway)

    gateway.end(job, SUCCESS)

    assert (1, 0) == (gateway.budgets.spending(ACME, day=yesterday).day_usd, counted(gateway))
