"""Each function's role in the translated template against the calls that it makes with every sample event and every route."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from klingway import bootstrap
from klingway.adapters import http
from klingway.adapters.dynamodb_lanes import DynamoDbLanes
from klingway.adapters.eventbridge import EventBridgeBus
from klingway.domain import late_results
from klingway.domain.elements import ElementState, Waiter
from klingway.domain.ids import ElementId, JobId, ProviderName, new_job_id
from klingway.domain.job import JobError
from klingway.domain.lanes import Lane
from klingway.providers.contract import HttpAnswer
from klingway.use_cases.ports import MediaError, OpenedMedia

from tests.component.caller import Api
from tests.component.permissions import Watch, permissions_of
from tests.component.test_events import EVENTS
from tests.component.world import (
    FINISHED,
    FUNCTIONS,
    GIVEN_UP,
    KEY,
    LOGICAL_IDS,
    MADE,
    PREPARED,
    PREPARING,
    ROOT,
    WAITING,
    World,
    functions_handler,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from klingway.use_cases.ports import Providers

_PUBLISH: Final = EventBridgeBus.publish  # the very one, before the world plays it

POLLED: Final = "Lambda itself takes messages from the queue and away from it, by the function's role"
STREAMED: Final = "Lambda itself reads the stream, by the function's role"
_RECEIVING: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_READING: Final = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "worker": dict.fromkeys(_RECEIVING, POLLED),
    "webhooks": dict.fromkeys(_RECEIVING, POLLED),
    "intake": dict.fromkeys(_RECEIVING, POLLED)
    | {
        "s3:ListBucket": "no call of its own: with it, S3 says of a file that is gone that it is, and not that it is forbidden"
    },
    "publisher": dict.fromkeys([f"dynamodb:{action}" for action in _READING], STREAMED)
    | {
        "s3:PutObject": "Lambda itself writes there what failed too often",
        "s3:ListBucket": "Lambda itself makes sure of the bucket for it",
    },
}
"""Why a role allows what its function never asks for, by function and action."""

PICTURE: Final = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(64)).decode()
WITH_PICTURE: Final = {"prompt": "a fox", "duration_s": 5, "images": [{"url": PICTURE, "role": "first_frame"}]}
_IMAGES: Final = ["https://example.com/1.png", "https://example.com/2.png"]
NOT_MADE: Final = ElementId("el_01KAGZ8Q00SAMP1EN0TMADE000")
WITH_INPUT: Final = JobId("job_01KAGZ8Q00SAMP1EW1TH1NPXT0")
DELETED: Final = JobId("job_01KAGZ8Q00SAMP1EDE1ETED000")
WITH_ELEMENT: Final = {
    "prompt": "<<<element_1>>> runs",
    "duration_s": 5,
    "elements": [{"name": "dog", "description": "a dog", "images": _IMAGES}],
}
FULL: Final = {"prompt": "a fox, when all slots are taken", "duration_s": 5}


def busy(method: str, _url: str, **_: Any) -> HttpAnswer:
    """KlingAI with every slot taken: 1303 of its table of codes."""
    assert method == "POST"
    return HttpAnswer(
        429,
        {"content-type": "application/json"},
        b'{"code": 1303, "message": "parallel task over resource pack limit"}',
    )


def asks_of_api(world: World, handle: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests with media inline, with an element to be made, and at a provider that is full."""
    api = Api(handle)
    assert api.call(KEY, "POST", "/v1/videos", WITH_PICTURE).status == 202
    assert api.call(KEY, "POST", "/v1/videos", WITH_ELEMENT).json()["state"] == "preparing"
    with monkeypatch.context() as changed:
        changed.setattr(http.HttpxCalls, "call", lambda _self, *args, **said: busy(*args, **said))
        assert api.call(KEY, "POST", "/v1/videos", FULL).json()["state"] == "queued"
    assert world.messages() > 0


def a_provider_that_has_failed(world: World, providers: Providers) -> None:
    """Its next success is the end of its bad times."""
    lanes = DynamoDbLanes(boto3.client("dynamodb"), world.deployment.outputs["TableName"])
    account = providers.get(ProviderName("klingai")).account
    assert account is not None
    lanes.note_failure(Lane(ProviderName("klingai"), account, "kling-v3-omni"))


def tasks_of_elements(world: World, _handle: Handle, _monkeypatch: pytest.MonkeyPatch) -> None:
    """The submission at the end of a preparation."""
    a_provider_that_has_failed(world, bootstrap.elements().providers)


def asks_of_intake(world: World, handle: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as events on the bus."""
    a_provider_that_has_failed(world, bootstrap.intake().create.judge.providers)
    sample = json.loads((ROOT / "events" / "intake" / "video_requested__1_job.json").read_text(encoding="utf-8"))

    def ask(number: int, request: Mapping[str, Any]) -> None:
        body = json.loads(sample["Records"][0]["body"]) | {"id": f"6a7e8feb-b491-4cf7-a9f1-bf370346770{number}"}
        body["detail"] = {"request": request}
        handle({"Records": [{**sample["Records"][0], "body": json.dumps(body)}]})

    ask(1, WITH_PICTURE)
    ask(2, WITH_ELEMENT)
    with monkeypatch.context() as changed:
        changed.setattr(http.HttpxCalls, "call", lambda _self, *args, **said: busy(*args, **said))
        ask(3, FULL)
    ask(4, {"prompt": ""})
    assert world.taken_in() == 3


def changes_for_publisher(_world: World, handle: Handle, _monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a job whose tenant has caps: it is settled."""
    sample = json.loads((ROOT / "events" / "publisher" / "succeeded__1_published.json").read_text(encoding="utf-8"))
    sample["Records"][0]["dynamodb"]["NewImage"]["reserved_usd"] = {"N": "1.40"}
    handle(sample)


def work_of_worker(world: World, handle: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow to start again, elements waited for, a caller's own media, a budget, a large film that ends short."""

    def do(**work: Any) -> None:
        sample = json.loads((ROOT / "events" / "worker" / "check_running__running.json").read_text(encoding="utf-8"))
        handle({"Records": [{**sample["Records"][0], "body": json.dumps(work)}]})

    made = world.elements.get(MADE)
    assert made is not None
    failed = replace(
        made,
        id=NOT_MADE,
        digest="9",
        state=ElementState.FAILED,
        error=JobError(code="refused", message="No face.", retryable=False),
    )
    world.elements.claim(failed, PREPARED)
    for element_id in (MADE, NOT_MADE):
        world.elements.add_waiter(Waiter(element_id=element_id, execution="1", token="token", expires_at=2**31))
        do(kind="element", id=element_id)
    do(kind="check", id=PREPARING, number=3)

    waiting = world.jobs.get(WAITING)
    assert waiting is not None
    own = {"url": f"s3://{world.deployment.outputs['BucketName']}/inputs/sample/fox.png", "role": "first_frame"}
    request = {"prompt": "a fox", "model": "kling-v3-omni", "images": [own]}
    world.jobs.create(replace(waiting, id=WITH_INPUT), request, None)
    do(kind="submit", id=WITH_INPUT, number=1)
    for days_ago in (1, 2):
        at = datetime.now(UTC) - timedelta(days=days_ago)
        world.jobs.create(replace(waiting, id=new_job_id(at)), request, None)
    do(kind="budget", id=f"budget#{KEY.tenant}", number=0)

    @contextmanager
    def ends_short(_self: object, _url: str) -> Iterator[OpenedMedia]:
        def chunks() -> Iterator[bytes]:
            yield from [bytes(4 * 1024**2)] * 17
            raise MediaError("the media ended short")

        yield OpenedMedia(content_type="video/mp4", chunks=chunks())

    with monkeypatch.context() as changed:
        changed.setattr(http.GuardedMedia, "open", ends_short)
        do(kind="check", id=FINISHED, number=3)

    given_up, played = world.jobs.get(GIVEN_UP), http.GuardedMedia.open
    assert given_up is not None
    deleted = replace(given_up, id=DELETED)
    world.jobs.create(deleted, {"prompt": "a fox", "model": "kling-v3-omni"}, None)
    world.watches.add(late_results.watch(deleted, deleted.attempt, at=datetime.now(UTC)))

    def of_a_deleted_job(*address: Any) -> Any:
        world.jobs.delete(deleted)
        return played(*address)

    with monkeypatch.context() as changed:
        changed.setattr(http.GuardedMedia, "open", of_a_deleted_job)
        do(kind="watch", id=DELETED, number=0, attempt=1)


Handle = Callable[["Mapping[str, Any]"], Any]
MORE: Final[Mapping[str, Callable[[World, Handle, pytest.MonkeyPatch], None]]] = {
    "api": asks_of_api,
    "elements": tasks_of_elements,
    "intake": asks_of_intake,
    "publisher": changes_for_publisher,
    "worker": work_of_worker,
}
"""What no sample event shows."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_role_allows_what_is_asked_for_and_nothing_else(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call without a permission on that very resource; no permission that no call needs, unless a reason is written down."""
    monkeypatch.setattr(EventBridgeBus, "publish", _PUBLISH)
    watch = Watch(world.deployment)
    watch.install(monkeypatch)
    handle = functions_handler(name, world, monkeypatch)
    if name in MORE:
        MORE[name](world, handle, monkeypatch)
    for event in (path for path in EVENTS if path.parent.name == name):
        handle(json.loads(event.read_text(encoding="utf-8")))

    allowed = permissions_of(LOGICAL_IDS[name], world.deployment)
    assert [] == sorted(use for use in watch.uses if not any(each.allows(use) for each in allowed))
    idle = {each.action for each in allowed if not any(each.allows(use) for use in watch.uses)}
    assert set(REASONS.get(name, {})) == idle
