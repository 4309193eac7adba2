"""Lanes on the template's own table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from klingway.adapters.dynamodb_lanes import DynamoDbLanes
from klingway.domain.ids import JobId, ProviderName
from klingway.domain.lanes import Lane, Standing

from tests.fakes.lanes import InMemoryLanes

if TYPE_CHECKING:
    from klingway.use_cases.lanes import LaneStore

    from local.cloud.deploy import Deployment

LANE = Lane(ProviderName("klingai"), "default", "kling-v3-omni")
FIRST, SECOND, THIRD = (JobId(f"job_01KAGZ8Q00000000000000000{number}") for number in range(3))
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture(params=["table", "memory"])
def lanes(request: pytest.FixtureRequest) -> LaneStore:
    """The one of the gateway, and the one that use cases are tested with: they answer alike."""
    if request.param == "memory":
        return InMemoryLanes()
    stack: Deployment = request.getfixturevalue("stack")
    return DynamoDbLanes(boto3.client("dynamodb"), stack.outputs["TableName"])


def test_who_came_first_is_first(lanes: LaneStore) -> None:
    """By the order of their ids, in whichever order they joined, and as often as they did."""
    assert lanes.look(LANE) == Standing()
    for job_id in (THIRD, FIRST, SECOND, FIRST):
        lanes.join(LANE, job_id)

    gone = []
    while (oldest := lanes.look(LANE).oldest) is not None:
        gone.append(oldest)
        assert lanes.leave(LANE, oldest)
    assert gone == [FIRST, SECOND, THIRD]
    assert not lanes.leave(LANE, FIRST)


def test_lanes_are_apart(lanes: LaneStore) -> None:
    """By provider, account and model."""
    lanes.join(LANE, FIRST)
    lanes.note_failure(LANE)

    for other in (
        Lane(ProviderName("apimart"), "default", "kling-v3-omni"),
        Lane(ProviderName("klingai"), "another", "kling-v3-omni"),
        Lane(ProviderName("klingai"), "default", "kling-v3"),
    ):
        assert lanes.look(other) == Standing()


def test_failures_are_counted_until_one_succeeds(lanes: LaneStore) -> None:
    """Whoever waits is seen all the same."""
    lanes.join(LANE, FIRST)
    assert [lanes.note_failure(LANE) for _ in range(3)] == [1, 2, 3]
    lanes.rest(LANE, NOON)

    assert lanes.look(LANE) == Standing(oldest=FIRST, failures=3, rests_until=NOON)
    lanes.recover(LANE)
    assert lanes.look(LANE) == Standing(oldest=FIRST)


def test_one_alone_tries_a_rested_provider(lanes: LaneStore) -> None:
    """Of those who saw the same rest end."""
    lanes.note_failure(LANE)
    lanes.rest(LANE, NOON)
    seen = lanes.look(LANE)
    later = NOON + timedelta(seconds=60)

    assert [lanes.claim_probe(LANE, seen, later) for _ in range(2)] == [True, False]
    assert lanes.look(LANE).rests_until == later


def test_sixteen_who_call_the_next_call_it_once(stack: Deployment) -> None:
    """The row is taken away by one of them."""
    name = stack.outputs["TableName"]
    stores = [DynamoDbLanes(boto3.client("dynamodb"), name) for _ in range(16)]
    stores[0].join(LANE, FIRST)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(lambda store: store.leave(LANE, FIRST), stores)) == 1
