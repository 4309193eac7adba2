"""Jobs of a provider without callbacks on the whole stack: learnt by the chain of checks alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from moto.sqs.models import SQSBackend

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from tests.e2e.caller import Caller


def asked_for(caller: Caller, prompt: str, **fields: Any) -> str:
    return caller.submit(prompt, provider="apimart", **fields)


def creates(caller: Caller, prompt: str) -> list[dict[str, Any]]:
    """Returns the create calls that reached the provider with a prompt; a job has no name of its own there."""
    calls = caller.twin.simulators["apimart"].requests()
    return [call for call in calls if call["method"] == "POST" and call["body"].get("prompt") == prompt]


def task_of(caller: Caller, job: dict[str, Any]) -> dict[str, Any]:
    """Returns the provider's only task of a job."""
    tasks = caller.twin.simulators["apimart"].tasks()
    (task,) = [task for task in tasks if task["task_id"] == job["attempts"][0]["task_id"]]
    return task


def queries(caller: Caller, job: dict[str, Any]) -> int:
    """Returns how often the provider was asked after a job's task."""
    path = f"/v1/tasks/{job['attempts'][0]['task_id']}"
    return sum(call["path"] == path for call in caller.twin.simulators["apimart"].requests())


def succeeded(caller: Caller, job_id: str) -> dict[str, Any]:
    """Follows a job to its success, and holds what is true of every one."""
    job = caller.over(job_id)
    assert (job["state"], job["learnt_by"]) == ("succeeded", "poll"), job
    assert caller.objects(job_id) == ["1/job.json", "1/video.mp4"]
    assert len(creates(caller, task_of(caller, job)["body"]["prompt"])) == 1
    wait_until(lambda: bool(caller.events(job_id)), 10, "the event")
    assert caller.events(job_id) == ["Job Succeeded"]
    return job


def test_frames_on_v3_in_4k(caller: Caller) -> None:
    """The first and the last frame go out in their order."""
    frames = [{"url": f"https://media.example/{role}.png", "role": role} for role in ("last_frame", "first_frame")]
    job = succeeded(caller, asked_for(caller, "frames in 4k", model="kling-v3", mode="4k", images=frames))
    sent = task_of(caller, job)["body"]
    assert (sent["model"], sent["mode"]) == ("kling-v3", "4k")
    assert sent["image_urls"] == [f"https://media.example/{role}.png" for role in ("first_frame", "last_frame")]


def test_references_on_omni(caller: Caller) -> None:
    """Pictures are referred to, and an element is described in the request itself."""
    job = succeeded(
        caller,
        asked_for(
            caller,
            "<<<image_1>>> beside <<<element_1>>>",
            model="kling-v3-omni",
            images=[{"url": "https://media.example/a.png"}],
            elements=[
                {
                    "name": "hound",
                    "description": "a hound",
                    "images": ["https://media.example/1.png", "https://media.example/2.png"],
                }
            ],
        ),
    )
    sent = task_of(caller, job)["body"]
    assert sent["prompt"] == "<<<image_1>>> beside @hound"
    assert [element["name"] for element in sent["element_list"]] == ["hound"]


@pytest.mark.parametrize("marker", ["query_unknown=2", "query_5xx=2", "url_string", "progress_string", "refused_once"])
def test_answers_that_are_odd(caller: Caller, marker: str) -> None:
    """Unknown words and failures of a check are waited out; other forms of the same answer are read."""
    job_id = asked_for(caller, f"[sim:{marker}] a fox")

    def is_over() -> bool:
        caller.twin.cloud.hasten("WorkQueue")
        return caller.job(job_id)["state"] == "succeeded"

    wait_until(is_over, 20, "the end")
    succeeded(caller, job_id)


def test_cancelled_at_the_provider(caller: Caller) -> None:
    """It is an end, and no success."""
    job = caller.over(asked_for(caller, "[sim:cancelled] a fox"))
    assert (job["state"], job["learnt_by"]) == ("failed", "poll")
    assert caller.twin.cloud.settle()
    assert caller.events(job["id"]) == ["Job Failed"]


def test_a_link_that_has_expired_before_storing(caller: Caller) -> None:
    """It is refused and the provider asked anew, until its link holds; the job says meanwhile what is amiss."""
    simulator = caller.twin.simulators["apimart"]
    life_s = simulator.behaviour.media_life_s
    simulator.behaviour.media_life_s = 0
    try:
        job_id = asked_for(caller, "an expired link")
        wait_until(lambda: bool(caller.job(job_id)["warnings"]), 15, "the first refusal")
        assert caller.job(job_id)["state"] == "storing"
    finally:
        simulator.behaviour.media_life_s = life_s
    job = succeeded(caller, job_id)
    assert job["attempts"][0]["number"] == 1


@pytest.mark.parametrize("marker", ["lost_answer", "error_5xx_created", "garbage_2xx"])
def test_a_lost_submit_answer(caller: Caller, marker: str) -> None:
    """Nobody can be asked what became of it, so it fails, saying that it may have been charged; never sent again."""
    prompt = f"[sim:{marker}] a fox that was paid for"
    job = caller.over(asked_for(caller, prompt))
    assert (job["state"], job["error"]["code"]) == ("failed", "submission_unconfirmed")
    assert job["error"]["retryable"] is False
    caller.poll()
    assert caller.twin.cloud.settle()
    assert len(creates(caller, prompt)) == 1


def test_one_chain_under_doubled_messages(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message comes twice; each round of the schedule still sends one, and none asks after the end.

    Where 1 s is expected, the rounds of a job of 9 s are after 1 s, 5 s and 10 s, the last one well after it is late; the
    doubles of a round may both ask before either writes.
    """
    send, sent = SQSBackend.send_message, Counter[str]()

    def send_twice(backend: Any, queue: str, body: str, *args: Any, **kwargs: Any) -> Any:
        sent[json.loads(body).get("id")] += 1
        send(backend, queue, body, *args, **kwargs)
        return send(backend, queue, body, *args, **kwargs)

    monkeypatch.setattr(SQSBackend, "send_message", send_twice)
    job = succeeded(caller, asked_for(caller, "[sim:generation=9] doubled"))
    rounds = 3

    assert sent[job["id"]] == rounds
    assert rounds <= queries(caller, job) <= 2 * rounds
    asked = queries(caller, job)
    caller.twin.cloud.hasten("WorkQueue")
    assert caller.twin.cloud.settle()
    caller.poll()
    assert caller.twin.cloud.settle()
    assert (sent[job["id"]], queries(caller, job)) == (rounds, asked)
