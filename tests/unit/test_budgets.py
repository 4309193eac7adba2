from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from klingway.domain.budgets import spent_by
from klingway.domain.job import AttemptState, JobError, Price

from tests.unit.builders import NOW, attempt, job

PRICE = Price(Decimal("0.70"), "USD", "the test")


@pytest.mark.parametrize(
    ("state", "is_accepted", "doubts", "code", "is_counted"),
    [
        (AttemptState.SUCCEEDED, True, 0, None, True),
        (AttemptState.SUCCEEDED, True, 0, "result_not_stored", True),
        (AttemptState.FAILED, True, 0, "generation_failed", False),
        (AttemptState.FAILED, True, 0, "moderation_refused", False),
        (AttemptState.FAILED, True, 0, "deadline_exceeded", True),
        (AttemptState.FAILED, True, 0, "not_configured", True),
        (AttemptState.REFUSED, False, 0, "provider_full", False),
        (AttemptState.FAILED, False, 0, "moderation_refused", False),
        (AttemptState.FAILED, False, 0, "submission_unconfirmed", True),
        (AttemptState.FAILED, False, 1, "submission_unconfirmed", True),
        (AttemptState.FAILED, False, 1, "not_configured", True),
        # The same call made before it cannot have had another end.
        (AttemptState.FAILED, False, 1, "moderation_refused", False),
    ],
)
def test_what_may_be_on_the_bill_counts(
    state: AttemptState, doubts: int, code: str | None, *, is_accepted: bool, is_counted: bool
) -> None:
    """What was made, what was not waited for, what nobody knows of; not what a provider refused or failed at."""
    error = None if code is None else JobError(code=code, message="no", retryable=False)
    ended = replace(
        attempt(), state=state, accepted_at=NOW if is_accepted else None, doubts=doubts, error=error, price=PRICE
    )

    assert spent_by(replace(job(), attempts=(ended,))) == (Decimal("0.70") if is_counted else 0)


def test_each_attempt_counts_by_its_own_price() -> None:
    """Two that were both made, as where a first answer was lost for good; an unknown price counts as nothing."""
    made = replace(attempt(), state=AttemptState.SUCCEEDED, accepted_at=NOW, price=PRICE)
    dearer = replace(made, price=Price(Decimal("1.05"), "USD", "the test"))

    assert spent_by(replace(job(), attempts=(made, dearer, replace(made, price=None)))) == Decimal("1.75")
    assert spent_by(replace(job(), attempts=(replace(made, price=Price(Decimal(9), "CNY", "the test")),))) == 0
