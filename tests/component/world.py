"""A small world for functions that run in this process, on the template's own resources under moto.

One key, and six jobs, of which one is finished at the provider, one is running, one waits to be submitted, one is stored, and
two are preparing; the stored one's end is to be delivered to four targets, and has been to a fifth. Of two elements that their
caller keeps, one is made, and of the other he is about to be called back. Only the provider, the media's host, the receivers
and the event bus are played.
"""

from __future__ import annotations

import importlib.util
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from klingway.domain.deliveries import (
    JOB_FAILED,
    JOB_LATE_RESULT,
    JOB_SUCCEEDED,
    Answer,
    Target,
    Verdict,
    conclude,
    deliveries_to,
)
from klingway.domain.elements import CALLER, ElementState, KeptElement, callbacks_about
from klingway.domain.ids import ElementId, JobId, ProviderName, Tenant
from klingway.domain.job import Attempt, AttemptState, Job, JobElement, JobError, Origin, State, StoredFile
from klingway.domain.keys import ApiKey
from klingway.domain.late_results import watch
from klingway.providers.contract import HttpAnswer
from klingway.use_cases.ports import Event, JobFilter, OpenedMedia, Posted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pytest
    from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from klingway.adapters.dynamodb_elements import DynamoDbElements
    from klingway.adapters.dynamodb_jobs import DynamoDbJobs
    from klingway.adapters.dynamodb_keys import DynamoDbKeys
    from klingway.adapters.dynamodb_watches import DynamoDbWatches

    from local.cloud.deploy import Deployment

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"
FUNCTIONS = ("api", "callback", "elements", "intake", "poller", "publisher", "webhooks", "worker")
LOGICAL_IDS = {name: f"{name.capitalize()}Function" for name in FUNCTIONS}

# The sample events are signed under this; nobody else's gateway has it.
MASTER = "sample-events-master-secret"
KEY = ApiKey("sampleevents", "sample")
FINISHED, RUNNING, WAITING, STORED, PREPARING, PREPARED, GIVEN_UP = (
    JobId(f"job_01KAGZ8Q00SAMP1E{rest}")
    for rest in ("F1N1SHED00", "RXNN1NG000", "WA1T1NG000", "STXRED0000", "PREPAR1NG0", "PREPARED00", "G1VEN0XP00")
)
FILES = {
    "inbox/animals/a fox.json": b'{"prompt": "A fox in the snow", "duration_s": 5}',
    "inbox/mistakes.json": b'{"prompt": "", "duration_s": 99}',
    "inbox/no json.json": b"prompt: a fox",
    "inbox/readme.txt": b"Requests go here.",
}
WANTED, MADE, USED_UP, KEPT, TOLD = (
    ElementId(f"el_01KAGZ8Q00SAMP1E{rest}")
    for rest in ("WANTED0000", "MADE000000", "XSEDXP0000", "KEPT000000", "T01D000000")
)
FINISHED_TASK, RUNNING_TASK = "930810057590833241", "930810057590833999"


@dataclass
class World:
    """What the events meet."""

    deployment: Deployment
    keys: DynamoDbKeys
    jobs: DynamoDbJobs
    elements: DynamoDbElements
    deliveries: DynamoDbDeliveries
    watches: DynamoDbWatches
    published: list[Event]
    posted: list[tuple[str, bytes, Mapping[str, str]]]

    def messages(self, queue: str = "WorkQueueUrl") -> int:
        """How many messages a queue holds, those sent with a delay among them."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
        url = self.deployment.outputs[queue]
        attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def taken_in(self) -> int:
        """How many jobs came of files and events."""
        return len(self.jobs.page(Tenant("default"), JobFilter(), limit=10, after=None).jobs)

    def outbox(self) -> dict[str, Any]:
        """What the outbox has, by key."""
        client, bucket = boto3.client("s3"), self.deployment.outputs["BucketName"]
        found = client.list_objects_v2(Bucket=bucket, Prefix="outbox/").get("Contents", [])
        return {item["Key"]: client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found}


TARGETS = tuple(
    Target(kind, address, (JOB_SUCCEEDED, JOB_FAILED, JOB_LATE_RESULT))
    for kind, address in (
        ("webhook", "https://shop.example/200"),
        ("webhook", "https://shop.example/500"),
        ("webhook", "https://shop.example/410"),
        ("outbox", "outbox/spring/cat"),
        ("webhook", "https://shop.example/200/before"),
    )
)


def furnish(world: World, film: bytes) -> None:
    """Put the key, the jobs, their deliveries and the elements in their places."""
    secrets = boto3.client("secretsmanager")
    outputs = world.deployment.outputs
    master = json.dumps({"current": MASTER, "previous": ""})
    secrets.put_secret_value(SecretId=outputs["MasterSecretArn"], SecretString=master)
    secrets.put_secret_value(SecretId=outputs["KlingaiSecretArn"], SecretString='{"api_key": "sample"}')
    world.keys.add(KEY)
    for inbox_key, text in FILES.items():
        boto3.client("s3").put_object(Bucket=outputs["BucketName"], Key=inbox_key, Body=text)
    now = datetime.now(UTC)
    key = f"results/sample/{now:%Y/%m/%d}/{STORED}/1/video.mp4"
    file = StoredFile(
        name="video.mp4", role="video", key=key, size_bytes=1, sha256="0", content_type="video/mp4", width=1, height=1
    )
    due_at = int(now.timestamp()) - 1
    running = job(FINISHED, State.RUNNING, now, task_id=FINISHED_TASK, number=3, due_at=due_at)
    later = due_at + 3600
    too_late = JobError(code="deadline_exceeded", message="gave up waiting", retryable=True)
    left = replace(attempt(now, FINISHED_TASK), state=AttemptState.FAILED, error=too_late)
    given_up = replace(
        running, id=GIVEN_UP, state=State.FAILED, due_at=None, attempts=(left,), error=too_late, targets=TARGETS[:1]
    )
    world.watches.add(watch(given_up, left, at=now))
    placed = (
        running,
        replace(running, id=RUNNING, due_at=later, attempts=(attempt(now, RUNNING_TASK),)),
        replace(running, id=WAITING, state=State.QUEUED, number=1, due_at=later, attempts=()),
        replace(
            running,
            id=STORED,
            state=State.SUCCEEDED,
            due_at=None,
            files=(file,),
            finished_at=now,
            sequence=4,
            elements=(JobElement(index=0, id=USED_UP, provider_id="3"),),
        ),
        given_up,
    )
    for each in placed:
        world.jobs.create(each, {"prompt": "a fox", "model": "kling-v3-omni"}, None)
    boto3.client("s3").put_object(Bucket=outputs["BucketName"], Key=key, Body=film, ContentType="video/mp4")
    for delivery in deliveries_to(TARGETS, subject_id=STORED, sequence=4, event=JOB_SUCCEEDED, at=now):
        before = delivery.address.endswith("before")
        answer = Answer(verdict=Verdict.DELIVERED, status=200)
        world.deliveries.add(conclude(delivery, answer, began_at=now, at=now)[0] if before else delivery)
    pictures = [f"s3://{outputs['BucketName']}/inputs/sample/{name}.png" for name in ("front", "side")]
    described = {"name": "dog", "description": "a dog", "images": pictures}
    for each_id, element_id in ((PREPARING, WANTED), (PREPARED, MADE)):
        waiting = replace(running, id=each_id, state=State.PREPARING, due_at=later, attempts=())
        waiting = replace(waiting, elements=(JobElement(index=0, id=element_id),))
        world.jobs.create(waiting, {"prompt": "<<<element_1>>> runs", "elements": [described]}, None)
    wanted = KeptElement(
        id=WANTED,
        tenant=Tenant(KEY.tenant),
        provider=ProviderName("klingai"),
        account="default",
        digest="1",
        definition=described,
        public_url="https://gateway.example",
        state=ElementState.WANTED,
        created_at=now,
        updated_at=now,
        due_at=later,
        users=frozenset({PREPARING}),
    )
    world.elements.claim(wanted, PREPARING)
    made = replace(wanted, id=MADE, digest="2", state=ElementState.READY, provider_id="2", users=frozenset({PREPARED}))
    world.elements.claim(made, PREPARED)
    world.elements.claim(replace(made, id=USED_UP, digest="3", provider_id="3", users=frozenset({STORED})), STORED)
    kept = replace(
        made,
        users=frozenset({CALLER}),
        origin=Origin(dialect=ProviderName("klingai"), product="advanced-custom-elements"),
        callback_url="https://shop.example/200/element",
    )
    for number, element_id in ((4, KEPT), (5, TOLD)):
        own = replace(kept, id=element_id, provider_id=str(number), element_number=10**15 + number, digest=str(number))
        world.elements.create(own, None)
    for delivery in callbacks_about(replace(kept, id=TOLD), at=now):
        world.deliveries.add(delivery)


def job(job_id: JobId, state: State, now: datetime, *, task_id: str, number: int, due_at: int) -> Job:
    provider = ProviderName("klingai")
    return Job(
        id=job_id,
        tenant=Tenant(KEY.tenant),
        kind="video",
        model="kling-v3-omni",
        state=state,
        provider=provider,
        route=(provider,),
        route_reason="the only provider",
        created_at=now,
        updated_at=now,
        deadline_at=now + timedelta(days=1),
        public_url="https://gateway.example",
        number=number,
        due_at=due_at,
        attempts=(attempt(now, task_id),),
    )


def attempt(now: datetime, task_id: str) -> Attempt:
    return Attempt(
        number=1,
        provider=ProviderName("klingai"),
        account="default",
        state=AttemptState.RUNNING,
        handle={"path": "/v1/videos/omni-video", "task_id": task_id},
        started_at=now,
        accepted_at=now,
        task_id=task_id,
    )


def played_provider(_self: object, method: str, url: str, **said: Any) -> HttpAnswer:
    """KlingAI, in so far as the events ask it: it takes every task, and one of those that it has is done."""
    task_id = url.rpartition("/")[2] if method == "GET" else "930810057590834000"
    data: dict[str, Any] = {"task_id": task_id, "task_status": "submitted" if method == "POST" else "processing"}
    if task_id == FINISHED_TASK:
        video = {"id": "1", "url": "https://media.example/video.mp4", "duration": "0.5"}
        data |= {"task_status": "succeed", "task_result": {"videos": [video]}}
    assert (said["json"] is not None) == (method == "POST")
    body = {"code": 0, "message": "SUCCEED", "request_id": "1", "data": data}
    return HttpAnswer(200, {"content-type": "application/json"}, json.dumps(body).encode())


def played_media(film: bytes) -> Callable[..., Any]:
    @contextmanager
    def opened(_self: object, _url: str) -> Iterator[OpenedMedia]:
        yield OpenedMedia(content_type="video/mp4", chunks=iter([film]))

    return opened


def played_bus(published: list[Event]) -> Callable[..., Any]:
    def publish(_self: object, events: list[Event]) -> list[bool]:
        published.extend(events)
        return [True] * len(events)

    return publish


def played_receivers(posted: list[tuple[str, bytes, Mapping[str, str]]]) -> Callable[..., Any]:
    """Receivers that answer with the status in their address."""

    def post(_self: object, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        posted.append((url, body, headers))
        return Posted(int(url.split("/")[3]), None)

    return post


def functions_handler(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Any]], Any]:
    """Return what a function does with an event, in the environment that the template gives it."""
    function = world.deployment.functions[LOGICAL_IDS[name]]
    for variable, value in function.env.items():
        monkeypatch.setenv(variable, value)
    spec = importlib.util.spec_from_file_location(f"app_{name}", function.root / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    context = SimpleNamespace(
        function_name=function.name,
        memory_limit_in_mb=function.memory_mb,
        invoked_function_arn=function.arn,
        aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
        get_remaining_time_in_millis=lambda: int(function.timeout_s * 1000),
    )
    return lambda event: module.handler(event, context)
