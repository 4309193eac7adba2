"""A caller of the gateway on the twin, and what the tests look at behind it."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

import av
from klingway.adapters.dynamodb_rows import job_key
from klingway.domain.elements import ROW_PART
from klingway.domain.ids import JobId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from local.simulators.server import Simulator
    from local.twin import Twin

Thing = TypeVar("Thing")
Outcome = TypeVar("Outcome")

POLLER_RULE = "PollerFunctionEachMinute"


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits, and fails saying for what."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


def seconds_of(video: bytes) -> float:
    """Returns how long a video's pictures last, all of them decoded."""
    with av.open(BytesIO(video)) as container:
        stream = container.streams.video[0]
        count = sum(1 for _ in container.decode(stream))
        assert stream.average_rate
        return float(count / stream.average_rate)


def all_at_once(
    do: Callable[[Thing], Outcome], things: Mapping[str, Thing], at_once: int = 10
) -> dict[str, Future[Outcome]]:
    """Does something with each of several things, so many at a time, and waits for all.

    What goes wrong with one is raised where its result is asked for.
    """
    with ThreadPoolExecutor(at_once) as pool:
        return {name: pool.submit(do, thing) for name, thing in things.items()}


def opened(http: httpx.Client, link: str) -> BytesIO:  # noqa: TID251 - a test's own
    """Opens a link as anybody can who has it."""
    answer = http.get(link)
    assert answer.status_code == 200, (link, answer.text[:300])
    return BytesIO(answer.content)


@dataclass
class Caller:
    """Speaks HTTP as any client would."""

    twin: Twin
    http: httpx.Client  # noqa: TID251 - a test's own

    @property
    def simulator(self) -> Simulator:
        """KlingAI's."""
        return self.twin.simulators["klingai"]

    def post(self, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Posts a video request; to KlingAI, unless it says otherwise."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/v1/videos", json={"provider": "klingai"} | dict(body), headers=named)

    def submit(self, prompt: str, **fields: Any) -> str:
        """Submits, to KlingAI unless the fields say otherwise, and returns the job's id."""
        answer = self.post({"prompt": prompt, "duration_s": 3, "provider": "klingai"} | fields)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Reads a job."""
        answer = self.http.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def over(self, job_id: str, seconds: float = 30) -> dict[str, Any]:
        """Follows a job to its end."""
        wait_until(lambda: self.job(job_id)["state"] in {"succeeded", "failed"}, seconds, f"the end of {job_id}")
        return self.job(job_id)

    def poll(self) -> None:
        """Runs the poller now."""
        self.twin.cloud.fire_schedule(POLLER_RULE)

    def make_due(self, job_id: str) -> None:
        """Makes a job due now, as if the time had passed, and runs the poller."""
        self._make_due(job_key(JobId(job_id)))

    def make_element_due(self, element_id: str) -> None:
        """Does the same with an element."""
        self._make_due({"pk": {"S": element_id}, "sk": {"S": ROW_PART}})

    def _make_due(self, key: Mapping[str, Any]) -> None:
        self.twin.cloud.client("dynamodb").update_item(
            TableName=self.twin.cloud.outputs["TableName"],
            Key=key,
            UpdateExpression="SET due_at = :past",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )
        self.poll()

    def tasks(self, job_id: str) -> list[dict[str, Any]]:
        """Returns a job's tasks at the provider, by our reference there."""
        return [task for task in self.simulator.tasks() if task["external_id"].startswith(job_id)]

    def creates(self, job_id: str) -> list[dict[str, Any]]:
        """Returns the create calls that reached the provider for a job, refused ones too."""
        return [
            call
            for call in self.simulator.requests()
            if call["method"] == "POST" and str(call["body"].get("external_task_id")).startswith(job_id)
        ]

    def queries(self, job_id: str) -> int:
        """Returns how often the provider was asked how a job stands."""
        task_ids = {task["task_id"] for task in self.tasks(job_id)}
        return sum(
            call["method"] == "GET" and (call["path"].rsplit("/", 1)[-1] in task_ids or job_id in call["path"])
            for call in self.simulator.requests()
        )

    def path(self, job_id: str) -> list[str]:
        """Returns the states that a job's execution entered, once it has ended, and how it ended."""
        states = self.twin.cloud.client("stepfunctions")
        arn = self.twin.cloud.physical_id("ElementsThenVideo").replace(":stateMachine:", ":execution:") + f":{job_id}-1"

        def status() -> str:
            return str(states.describe_execution(executionArn=arn)["status"])

        wait_until(lambda: status() != "RUNNING", 20, "the end of the execution")
        history = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event
        ]
        return [*entered, status()]

    def elements(self, name: str) -> list[dict[str, Any]]:
        """Returns KlingAI's elements of a name, those that were deleted too."""
        made: list[dict[str, Any]] = self.simulator.looks()["elements"]()  # type: ignore[assignment]
        return [element for element in made if element["name"] == name]

    def events(self, job_id: str) -> list[str]:
        """Returns what the bus was told of a job."""
        bus = self.twin.cloud.outputs["EventBusName"]
        return [
            event["detail-type"]
            for event in self.twin.cloud.published_events(bus)
            if event["detail"].get("job_id") == job_id
        ]

    def objects(self, job_id: str) -> list[str]:
        """Returns the keys of a job's results, without what comes before its id."""
        pages = self.twin.cloud.client("s3").get_paginator("list_objects_v2")
        bucket = self.twin.cloud.outputs["BucketName"]
        keys = [
            item["Key"]
            for page in pages.paginate(Bucket=bucket, Prefix="results/")
            for item in page.get("Contents", [])
        ]
        return sorted(key.split(f"{job_id}/")[1] for key in keys if job_id in key)

    def succeeded_once(self, job_id: str, seconds: float = 30, learnt_by: str = "callback") -> dict[str, Any]:
        """Follows a job to its success, and holds what is true of every one: a task, an event, an object set."""
        job = self.over(job_id, seconds)
        assert job["state"] == "succeeded", job
        assert job["learnt_by"] == learnt_by
        assert len(self.tasks(job_id)) == 1
        assert self.objects(job_id) == ["1/job.json", "1/video.mp4"]
        wait_until(lambda: bool(self.events(job_id)), 10, "the event")
        assert self.events(job_id) == ["Job Succeeded"]
        return job
