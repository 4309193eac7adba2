"""One suite for the watches: the table and the fake that other tests trust behave alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from klingway.adapters.dynamodb_due import DynamoDbDueRows
from klingway.adapters.dynamodb_watches import DynamoDbWatches
from klingway.domain.ids import JobId
from klingway.domain.job import StoredFile
from klingway.domain.late_results import Watch, begin_storing, end, tell
from klingway.use_cases.ports import DueRow, TakenUp

from tests.fakes.watches import InMemoryWatches

if TYPE_CHECKING:
    from klingway.use_cases.ports import DueRows

    from local.cloud.deploy import Deployment

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
JOB, OTHER = (JobId(f"job_01KAGZ8Q00000000000000000{number}") for number in range(2))
FILE = StoredFile(
    name="video.mp4",
    role="video",
    key="results/acme/2026/11/26/job/1/video.mp4",
    size_bytes=7,
    sha256="ab",
    content_type="video/mp4",
    duration_s=5.04,
    width=1280,
    height=720,
)
FIRST = Watch(job_id=JOB, attempt=1, began_at=NOON, due_at=int(NOON.timestamp()) + 60)

Store = DynamoDbWatches | InMemoryWatches


@pytest.fixture(params=["table", "memory"])
def watches(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return InMemoryWatches()
    stack: Deployment = request.getfixturevalue("stack")
    return DynamoDbWatches(boto3.client("dynamodb"), stack.outputs["TableName"])


@pytest.fixture
def rows(watches: Store, request: pytest.FixtureRequest) -> DueRows:
    """The due rows of the same table; the fake holds both."""
    if isinstance(watches, InMemoryWatches):
        return watches
    return DynamoDbDueRows(boto3.client("dynamodb"), request.getfixturevalue("stack").outputs["TableName"])


def test_a_watch_is_kept_as_it_was_written(watches: Store) -> None:
    """Every field of it, whichever are set; each beside its own job."""
    told = tell(FIRST, claimed_task_id="abc", answered_task_id="def", at=NOON)
    full = replace(begin_storing(told, due_at=NOON + timedelta(seconds=310)), files=(FILE,))
    bare = replace(FIRST, attempt=2)
    for watch in (full, bare):
        assert watches.add(watch)

    assert (full, bare, None) == (watches.get(JOB, 1), watches.get(JOB, 2), watches.get(OTHER, 1))
    assert [bare, full] == list(watches.of(JOB))
    assert [] == list(watches.of(OTHER))


def test_a_watch_is_begun_once(watches: Store) -> None:
    """Whoever comes second changes nothing."""
    assert watches.add(FIRST)

    assert not watches.add(replace(FIRST, began_at=NOON + timedelta(days=1)))
    assert FIRST == watches.get(JOB, 1)


def test_a_write_on_a_number_that_is_past_changes_nothing(watches: Store) -> None:
    """Neither a change nor a removal, nor a change of what is not there."""
    watches.add(FIRST)
    ended = end(FIRST)
    assert watches.replace(ended, expected=0)

    assert not watches.replace(tell(FIRST, claimed_task_id="abc", answered_task_id=None, at=NOON), expected=0)
    assert not watches.remove(FIRST)
    assert ended == watches.get(JOB, 1)
    assert watches.remove(ended)
    assert (None, False) == (watches.get(JOB, 1), watches.replace(ended, expected=1))


def test_a_watch_falls_due_and_is_taken_up_once(watches: Store, rows: DueRows) -> None:
    """At its time, not before it; once it is over, never."""
    watches.add(FIRST)
    watches.add(end(replace(FIRST, job_id=OTHER)))
    at = NOON + timedelta(seconds=60)
    row = DueRow(JOB, "watch#1", int(at.timestamp()))

    assert [] == list(rows.due(at - timedelta(seconds=1), limit=10))
    assert [row] == list(rows.due(at, limit=10))
    assert TakenUp(JOB, "watch#1", 1, "open") == rows.take_up(row, at=at)
    assert None is rows.take_up(row, at=at)
