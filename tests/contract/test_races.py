"""Sixteen threads at one row of the template's own table: one of them changes it, the others learn how it stands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import boto3
import pytest
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.domain import transitions
from klingway.domain.ids import ProviderName, new_job_id
from klingway.domain.job import Job, JobError, LearntBy, State
from klingway.use_cases.ports import ChangeRefusedError

from tests.unit.builders import NOW, job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.cloud.deploy import Deployment

LATER = NOW + timedelta(seconds=60)
ERROR = JobError(code="deadline_exceeded", message="over", retryable=True)


def begin(row: Job) -> transitions.Change:
    return transitions.begin_attempt(
        row, at=NOW, provider=ProviderName("klingai"), account="default", handle={}, price=None, due_at=LATER
    )


def end(row: Job) -> transitions.Change:
    return transitions.fail(row, at=NOW, error=ERROR)


def cancel(row: Job) -> transitions.Change:
    return transitions.cancel(row, at=NOW)


def store(row: Job) -> transitions.Change:
    return transitions.begin_storing(row, at=NOW, learnt_by=LearntBy.CALLBACK, due_at=LATER)


def succeed(_: Job) -> transitions.Change:
    return transitions.succeed(at=NOW, files=())


@pytest.mark.parametrize(
    ("state", "changes", "ends"),
    [
        (State.QUEUED, [begin], {State.SUBMITTING}),
        (State.QUEUED, [begin, cancel, end], {State.SUBMITTING, State.CANCELED, State.FAILED}),
        (State.RUNNING, [store, end], {State.STORING, State.FAILED}),
        (State.STORING, [succeed, end], {State.SUCCEEDED, State.FAILED}),
    ],
    ids=["submitted once", "submitted, canceled or swept", "done or swept", "stored or given up"],
)
def test_one_of_sixteen_moves_a_job(
    stack: Deployment, state: State, changes: Sequence[Callable[[Job], transitions.Change]], ends: set[State]
) -> None:
    """All of them have read the same row and write at the same moment; the state changes once, by one announcement."""
    stores = [DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"]) for _ in range(16)]
    for _ in range(3):
        row = replace(job(state=state, attempts=() if state is State.QUEUED else job().attempts), id=new_job_id(NOW))
        stores[0].create(row, {"prompt": "a fox"}, None)
        together = Barrier(16)

        seen: list[State | None] = []

        def move(number: int, row: Job = row, together: Barrier = together, seen: list[State | None] = seen) -> bool:
            together.wait()
            try:
                stores[number].apply(row.id, changes[number % len(changes)](row))
            except ChangeRefusedError as refused:
                seen.append(None if refused.job is None else refused.job.state)
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(move, range(16))) == 1
        moved = stores[0].get(row.id)
        assert moved is not None
        assert moved.state in ends
        assert set(seen) == {moved.state}
        assert moved.sequence == row.sequence + 1
