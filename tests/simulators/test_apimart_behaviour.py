from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from local.simulators.behaviour import QueryFault, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Apimart, Receiver

CREATE = "/v1/videos/generations"


def denied(answer: httpx.Response) -> tuple[int, object, str]:
    return answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["type"]


def test_slots(start_apimart: Callable[..., Apimart]) -> None:
    """A create too many is refused as APIMart does: 429, rate_limit_error."""
    apimart = start_apimart(capacity=1, generation_s=0.3)
    held = apimart.created()
    assert denied(apimart.create()) == (429, 429, "rate_limit_error")
    apimart.ended(held)
    assert apimart.created()


def test_busy_marker(apimart: Apimart) -> None:
    """[sim:busy=2] refuses the same create twice with the same words; [sim:refuse] with its own."""
    answers = [apimart.create(prompt="a [sim:busy=2]") for _ in range(3)]
    assert [denied(answer) for answer in answers[:2]] == [(429, 429, "rate_limit_error")] * 2
    assert answers[2].status_code == 200
    assert denied(apimart.create(prompt="a [sim:refuse=402/402]")) == (402, 402, "payment_required")


def test_refuse_next(apimart: Apimart) -> None:
    """What a switch leaves out of a refusal is the provider's own."""
    apimart.simulator.behaviour.refuse_next = [Refusal(), Refusal(status=403, code=403, message="not yours")]
    assert denied(apimart.create()) == (429, 429, "rate_limit_error")
    refused = apimart.create()
    assert refused.json()["error"] == {"code": 403, "message": "not yours", "type": "permission_error"}


def test_error_code_as_text(apimart: Apimart) -> None:
    """error.code is known to come as a text too."""
    apimart.simulator.behaviour.error_code_as_text = True
    assert denied(apimart.create(duration="5")) == (400, "400", "invalid_request_error")


@pytest.mark.parametrize("marker", ["lost_answer", "time_out"])
def test_no_answer(apimart: Apimart, marker: str) -> None:
    """The task is made, its answer never comes, and nobody can find it: a repetition makes another."""
    with pytest.raises(httpx.TransportError):
        apimart.create(prompt=f"a [sim:{marker}] [sim:time_out_s=0.2]")
    assert len(apimart.simulator.tasks()) == 1
    apimart.created(prompt=f"a [sim:{marker}] [sim:time_out_s=0.2]")
    assert len(apimart.simulator.tasks()) == 2


def test_server_errors(apimart: Apimart) -> None:
    """500 with the task made, and without; a 200 that is a page."""
    assert denied(apimart.create(prompt="[sim:error_5xx_created]")) == (500, 500, "server_error")
    assert len(apimart.simulator.tasks()) == 1
    assert denied(apimart.create(prompt="[sim:error_5xx_not_created]")) == (500, 500, "server_error")
    assert len(apimart.simulator.tasks()) == 1
    page = apimart.create(prompt="[sim:garbage_2xx]")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_query_faults(apimart: Apimart) -> None:
    """Reads fail so many times, then tell the truth."""
    task_id = apimart.created(prompt="[sim:query_5xx=2]")
    answers = [apimart.http.get(f"/v1/tasks/{task_id}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [500, 500, 200]
    assert denied(answers[0]) == (500, 500, "server_error")
    task_id = apimart.created(prompt="[sim:query_unknown] [sim:generation=9]")
    assert [apimart.task(task_id)["status"] for _ in range(2)] == ["queueing", "pending"]
    task_id = apimart.created(prompt="[sim:query_time_out] [sim:time_out_s=0.1]")
    with pytest.raises(httpx.TransportError):
        apimart.task(task_id)
    apimart.simulator.behaviour.query_faults = [QueryFault(kind="unknown_status", word="success")]
    task_id = apimart.created()
    assert apimart.task(task_id)["status"] == "success"


def test_failure(apimart: Apimart) -> None:
    """A failed task is HTTP 200 with an error object, without a result or an end."""
    task = apimart.ended(apimart.created(prompt="[sim:fail=out of paint]"))
    assert set(task) == {"id", "status", "progress", "created", "estimated_time", "error"}
    assert (task["status"], task["progress"]) == ("failed", 99)
    assert task["error"] == {"code": 500, "message": "out of paint", "type": "server_error"}


def test_cancelled(apimart: Apimart) -> None:
    """A cancelled task has ended with neither result nor error."""
    task = apimart.ended(apimart.created(prompt="[sim:cancelled]"))
    assert (task["status"], set(task)) == (
        "cancelled", {"id", "status", "progress", "created", "estimated_time"},
    )  # fmt: skip


def test_older_forms(apimart: Apimart) -> None:
    """`url` as one text, and progress with a percent sign, as older pages have them."""
    task = apimart.ended(apimart.created(prompt="[sim:url_string] [sim:progress_string]"))
    assert task["progress"] == "100%"
    assert task["result"]["videos"][0]["url"].startswith("http://127.0.0.1:")


def test_links_end(apimart: Apimart) -> None:
    """A link holds for media_life_s from the task's end, then is refused; a read gives the same link still."""
    task_id = apimart.created(prompt="[sim:media_life=1.5]", thumbnail=True)
    task = apimart.ended(task_id)
    links = [task["result"]["videos"][0]["url"][0], task["result"]["thumbnail_url"]]
    assert [apimart.http.get(link).status_code for link in links] == [200, 200]
    time.sleep(1.5)
    assert [apimart.http.get(link).status_code for link in links] == [403, 403]
    assert apimart.task(task_id) == task
    assert task["result"]["videos"][0]["expires_at"] <= time.time()


def test_links_end_by_the_switch(apimart: Apimart) -> None:
    """The switch ends links that were given out already."""
    url = apimart.video_url(apimart.created())
    assert apimart.http.get(url).status_code == 200
    apimart.simulator.behaviour.media_life_s = 0
    assert apimart.http.get(url).status_code == 403


def test_switches_over_http(apimart: Apimart) -> None:
    """Back to how it was built is back to a day."""
    assert apimart.http.put("/_sim/behaviour", json={"media_life_s": 5}).json()["media_life_s"] == 5
    assert apimart.http.delete("/_sim/behaviour").json()["media_life_s"] == 86_400


def test_no_callbacks(apimart: Apimart, receiver: Receiver) -> None:
    """No page has callbacks: a callback_url is an unknown field, and nothing is ever posted."""
    apimart.ended(apimart.created(callback_url=receiver.url))
    time.sleep(0.1)
    assert receiver.posts == []
    assert apimart.simulator.tasks()[0]["deliveries"] == []


def test_markers_in_shots(apimart: Apimart) -> None:
    """Markers work in shots too; a misspelt one is refused."""
    rows = [{"index": 1, "prompt": "a", "duration": 2}, {"index": 2, "prompt": "b [sim:cancelled]", "duration": 3}]
    task_id = apimart.created(multi_shot=True, shot_type="customize", multi_prompt=rows)
    assert apimart.ended(task_id)["status"] == "cancelled"
    assert "[sim:cancled]" in apimart.create(prompt="[sim:cancled]").json()["error"]["message"]


def test_command() -> None:
    """`python -m local.simulators.apimart` prints one line with its URL and fake keys, and serves until told to end."""
    command = [sys.executable, "-m", "local.simulators.apimart", "--port", "0", "--generation", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {told['api_keys'][0]}"}
            body = {"model": "kling-v3", "prompt": "a fox"}
            with httpx.Client(base_url=told["url"], headers=headers) as http:  # noqa: TID251 - a test's
                assert http.post(CREATE, json=body).json()["code"] == 200
        finally:
            process.terminate()
        assert process.wait(5) == 0
