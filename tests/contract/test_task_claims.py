"""Claims on tasks, on the template's own table and in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from klingway.adapters.dynamodb_task_claims import DynamoDbTaskClaims
from klingway.domain.ids import AttemptId, JobId, ProviderName
from klingway.domain.job import Attempt, AttemptState

from tests.fakes.task_claims import InMemoryTaskClaims

if TYPE_CHECKING:
    from klingway.use_cases.ports import TaskClaims

    from local.cloud.deploy import Deployment

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
OURS, THEIRS = (AttemptId(JobId(f"job_01KAGZ8Q00000000000000000{number}"), 1) for number in range(2))


def attempt(account: str = "default", provider: str = "unifically") -> Attempt:
    return Attempt(
        number=1,
        provider=ProviderName(provider),
        account=account,
        state=AttemptState.SUBMITTING,
        handle={"path": "/v1/tasks"},
        started_at=NOON,
    )


@pytest.fixture(params=["table", "memory"])
def claims(request: pytest.FixtureRequest) -> TaskClaims:
    """The one of the gateway, and the one that use cases are tested with: they answer alike."""
    if request.param == "memory":
        return InMemoryTaskClaims()
    stack: Deployment = request.getfixturevalue("stack")
    return DynamoDbTaskClaims(boto3.client("dynamodb"), stack.outputs["TableName"])


def test_a_task_is_whose_who_claimed_it_first(claims: TaskClaims) -> None:
    """As often as he likes, and nobody else's; the same id under another account, or elsewhere, is another task."""
    assert [claims.claim(attempt(), "abc", whose, at=NOON) for whose in (OURS, OURS, THEIRS, OURS)] == [
        True,
        True,
        False,
        True,
    ]
    assert claims.claim(attempt("another"), "abc", THEIRS, at=NOON)
    assert claims.claim(attempt(provider="ezmodel"), "abc", THEIRS, at=NOON)
    assert claims.claim(attempt(), "abd", THEIRS, at=NOON)
