"""Files in and events in, on the whole stack: from S3 and the bus by their rules and the queue into jobs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.twin import Twin
    from tests.e2e.caller import Caller


def until(found: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for something to be there, and return it."""
    end = time.monotonic() + seconds
    while not (there := found()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return there


def of_reference(caller: Caller, reference: str) -> list[Any]:
    answer = caller.http.get("/v1/jobs", params={"reference": reference})
    assert answer.status_code == 200
    jobs: list[Any] = answer.json()["jobs"]
    return jobs


def put(twin: Twin, key: str, body: object) -> None:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    twin.cloud.client("s3").put_object(Bucket=twin.cloud.outputs["BucketName"], Key=key, Body=text)


def test_a_file_in_the_inbox_becomes_a_video(twin: Twin, caller: Caller) -> None:
    """An object in the inbox is a job of the tenant of the triggers, which ends as any other does."""
    put(twin, "inbox/animals/ä fox.json", {"prompt": "A fox in the snow", "reference": "inbox-fox"})

    (job,) = until(lambda: [job for job in of_reference(caller, "inbox-fox") if job["state"] == "succeeded"])
    assert "video.mp4" == job["result"]["files"][0]["name"]


def test_a_refused_file_says_why_in_the_outbox(twin: Twin) -> None:
    """`<name>.error.json` appears under the mirrored path and names every problem."""
    put(twin, "inbox/mistakes.json", {"prompt": "a fox", "duration_s": 99, "colour": "red"})

    client, bucket = twin.cloud.client("s3"), twin.cloud.outputs["BucketName"]
    until(lambda: client.list_objects_v2(Bucket=bucket, Prefix="outbox/mistakes").get("KeyCount"))
    document = json.loads(client.get_object(Bucket=bucket, Key="outbox/mistakes.error.json")["Body"].read())
    assert {"duration_s", "colour"} == {problem["field"] for problem in document["problems"]}


@pytest.mark.parametrize("times", [1, 2])
def test_a_video_requested_is_one_job_however_often_it_is_told(twin: Twin, caller: Caller, times: int) -> None:
    """`Video Requested` on the bus is a job; under the sender's key it is one, however often it is put."""
    reference = f"bus-fox-{times}"
    detail = {"request": {"prompt": "A fox", "reference": reference}, "idempotency_key": reference}
    entry: Any = {
        "EventBusName": twin.cloud.outputs["EventBusName"],
        "Source": "shop",
        "DetailType": "Video Requested",
        "Detail": json.dumps(detail),
    }
    twin.cloud.client("events").put_events(Entries=[entry] * times)

    until(lambda: of_reference(caller, reference))
    assert twin.cloud.settle()
    assert 1 == len(of_reference(caller, reference))
