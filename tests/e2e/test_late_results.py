"""A film that is done after its job was given up on the whole stack: stored, shown, told of, and deleted with the job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from klingway.adapters.dynamodb_rows import job_key
from klingway.domain.ids import JobId

from tests.e2e.caller import opened, seconds_of, wait_until

if TYPE_CHECKING:
    import httpx

    from local.simulators.receiver import Receiver
    from tests.e2e.caller import Caller


def test_what_comes_late_is_kept(caller: Caller, receiver: Receiver, anybody: httpx.Client) -> None:  # noqa: TID251
    """The job stays failed; anybody with its link plays the film, and bus and webhook hear of it after the end, once."""
    hook = {"url": f"{receiver.url}/late"}
    job_id = caller.submit("[sim:generation=5] too slow", deadline_s=60, webhook=hook)
    caller.twin.cloud.client("dynamodb").update_item(
        TableName=caller.twin.cloud.outputs["TableName"],
        Key=job_key(JobId(job_id)),
        UpdateExpression="SET deadline_at = :past",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000Z"}},
    )
    caller.make_due(job_id)
    ended = caller.over(job_id)
    assert (ended["state"], ended["error"]["code"], ended["late_results"]) == ("failed", "deadline_exceeded", [])

    wait_until(lambda: bool(caller.job(job_id)["late_results"]), 20, "the film")

    job = caller.job(job_id)
    (late,) = job["late_results"]
    film = opened(anybody, late["files"][0]["url"]).read()
    assert (job["state"], job["result"], len(film)) == ("failed", None, late["files"][0]["size_bytes"])
    assert abs(seconds_of(film) - 3) < 0.5
    assert caller.objects(job_id) == ["1/job.json", "1/video.mp4"]
    wait_until(lambda: len(receiver.at("/late")) == 2, 10, "both webhooks")
    said = {(body := json.loads(message.body))["type"]: body for message in receiver.at("/late")}
    assert set(said) == {"job.failed", "job.late_result"}
    assert said["job.late_result"]["data"]["late_result"]["files"][0]["sha256"] == late["files"][0]["sha256"]
    assert caller.events(job_id) == ["Job Failed", "Job Late Result"]

    assert caller.twin.cloud.settle()
    assert caller.http.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert caller.objects(job_id) == []
