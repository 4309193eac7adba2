from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from local.simulators.receiver import Receiver
from local.twin import Twin
from tests.e2e.caller import Caller
from tests.e2e.services import SERVICES, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


@pytest.fixture(scope="session")
def anybody() -> Iterator[httpx.Client]:  # noqa: TID251 - a test's own
    """Somebody without a key, who follows redirects."""
    with httpx.Client(follow_redirects=True, timeout=60, trust_env=False) as http:  # noqa: TID251
        yield http


@pytest.fixture(scope="session")
def clients_of(twin: Twin) -> Iterator[Callable[[str], dict[str, Client]]]:
    """Give a client of each service with a key of the gateway's, whose base URL is the gateway's with a path."""
    with ExitStack() as stack:

        def clients(key: str) -> dict[str, Client]:
            return {
                name: Client(service, stack.enter_context(_http(twin, name, key))) for name, service in SERVICES.items()
            }

        yield clients


def _http(twin: Twin, path: str, key: str) -> httpx.Client:  # noqa: TID251 - a test's own
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"{twin.cloud.url}/{path}", headers=headers, timeout=60, trust_env=False)  # noqa: TID251
