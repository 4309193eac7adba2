from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from local.simulators.receiver import Receiver
from local.twin import Twin
from tests.e2e.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process run all tests of this folder, which share a twin, but those that name a group of their own."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group("twin"))


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks that the twin may send to."""
    with Receiver() as running:
        yield running


@pytest.fixture(scope="session")
def twin(receiver: Receiver) -> Iterator[Twin]:
    """A twin whose poller runs when a test says so; at its end nothing may be on the dead letter queues."""
    lines: list[str] = []
    with Twin(
        simulated_s=1.0,
        schedules=False,
        webhook_origins=[receiver.url],
        log=lambda source, line: lines.append(f"{source}: {line}"),
    ) as running:
        yield running
        assert running.cloud.settle()
        for output in ("WorkDeadLetterQueueUrl", "IntakeDeadLetterQueueUrl", "DeliveriesDeadLetterQueueUrl"):
            said = running.cloud.client("sqs").get_queue_attributes(
                QueueUrl=running.cloud.outputs[output], AttributeNames=["ApproximateNumberOfMessages"]
            )
            assert said["Attributes"]["ApproximateNumberOfMessages"] == "0", output
    crashes = [line for line in lines if "Traceback" in line or "unhandled" in line]
    assert crashes == []


@pytest.fixture
def caller(twin: Twin) -> Iterator[Caller]:
    headers = {"Authorization": f"Bearer {twin.key.api_key}"}
    limits = httpx.Limits(max_connections=50)
    with httpx.Client(base_url=twin.cloud.url, headers=headers, timeout=60, limits=limits) as http:  # noqa: TID251
        yield Caller(twin, http)
