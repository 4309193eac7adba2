from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import moto
import pytest
from klingway import bootstrap, observability, settings
from klingway.adapters import clients, http
from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
from klingway.adapters.dynamodb_elements import DynamoDbElements
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.adapters.dynamodb_watches import DynamoDbWatches
from klingway.adapters.eventbridge import EventBridgeBus

from local.cloud.deploy import deploy_in_process
from local.simulators.media import ClipSpec, make_clip
from tests.component.world import (
    FUNCTIONS,
    REGION,
    ROOT,
    World,
    furnish,
    played_bus,
    played_media,
    played_provider,
    played_receivers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from klingway.use_cases.ports import Event


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("media") / "video.mp4"
    make_clip(ClipSpec("1", "klingai", "kling-v3-omni", "a fox", duration_s=0.5), path)
    return path.read_bytes()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, film: bytes) -> Iterator[World]:
    # Another file's clients and settings belong to another mocked AWS.
    cached = [getattr(bootstrap, name) for name in FUNCTIONS]
    for each in (*cached, settings.load, observability.logger, clients._client):  # noqa: SLF001
        each.cache_clear()
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(http.HttpxCalls, "call", played_provider)
    monkeypatch.setattr(http.GuardedMedia, "open", played_media(film))
    published: list[Event] = []
    posted: list[tuple[str, bytes, Mapping[str, str]]] = []
    monkeypatch.setattr(EventBridgeBus, "publish", played_bus(published))
    monkeypatch.setattr(http.GuardedPosts, "post", played_receivers(posted))
    # What the template hangs on the table and the queues is not run: the mocked Lambda would ask for containers.
    with moto.mock_aws(config={"lambda": {"use_docker": False}}):
        deployment = deploy_in_process(ROOT / "template.yaml", region=REGION)
        client, table = boto3.client("dynamodb"), deployment.outputs["TableName"]
        placed = World(
            deployment,
            DynamoDbKeys(client, table),
            DynamoDbJobs(client, table),
            DynamoDbElements(client, table),
            DynamoDbDeliveries(client, table),
            DynamoDbWatches(client, table),
            published,
            posted,
        )
        furnish(placed, film)
        yield placed
    for each in (*cached, settings.load, observability.logger, clients._client):  # noqa: SLF001
        each.cache_clear()
