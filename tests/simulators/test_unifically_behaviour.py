from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.simulators.behaviour import QueryFault, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Receiver, Unifically

TASKS = "/v1/tasks"
PENDING, PROCESSING = "pending", "processing"


def denied(answer: httpx.Response) -> tuple[int, int, bool, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["success"], body["data"]["code"]


def words(receiver: Receiver) -> list[str]:
    return [post["json"]["status"] for post in receiver.posts]


FULL = (429, 429, False, "rate_limit_exceeded")
BROKEN = (500, 500, False, "internal_error")


# Creates and reads.


def test_slots(start_unifically: Callable[..., Unifically]) -> None:
    """A create too many is refused as the error page says: 429, rate_limit_exceeded."""
    unifically = start_unifically(capacity=1, generation_s=0.3)
    held = unifically.created()
    assert FULL == denied(unifically.create())
    unifically.ended(held)
    assert unifically.created()


def test_busy_marker(unifically: Unifically) -> None:
    """[sim:busy=2] refuses the same create twice with the same words; [sim:refuse] with its own."""
    answers = [unifically.create(prompt="a [sim:busy=2]") for _ in range(3)]
    assert [FULL, FULL] == [denied(answer) for answer in answers[:2]]
    assert 200 == answers[2].status_code
    assert (400, 400, False, "generation_failed") == denied(unifically.create(prompt="a [sim:refuse=400/400]"))


def test_refuse_next(unifically: Unifically) -> None:
    """What a switch leaves out of a refusal is the provider's own; 402, which no page lists, has no code in `data`."""
    unifically.simulator.behaviour.refuse_next = [Refusal(), Refusal(status=402, code=402, message="no balance")]
    assert FULL == denied(unifically.create())
    refused = unifically.create()
    assert 402 == refused.status_code
    assert {"code": 402, "success": False, "data": {"message": "no balance"}} == refused.json()


@pytest.mark.parametrize("marker", ["lost_answer", "time_out"])
def test_no_answer(unifically: Unifically, marker: str) -> None:
    """The task is made, its answer never comes, and nobody can find it: a repetition makes another."""
    with pytest.raises(httpx.TransportError):
        unifically.create(prompt=f"a [sim:{marker}] [sim:time_out_s=0.2]")
    assert 1 == len(unifically.simulator.tasks())
    unifically.created(prompt=f"a [sim:{marker}] [sim:time_out_s=0.2]")
    assert 2 == len(unifically.simulator.tasks())


def test_a_lost_task_calls(unifically: Unifically, receiver: Receiver, until: Callable[..., None]) -> None:
    """The callback of a task whose create's answer was lost still comes, and names it."""
    with pytest.raises(httpx.TransportError):
        unifically.create(top={"callback_url": receiver.url}, prompt="a [sim:lost_answer]")
    until(lambda: len(receiver.posts) == 1)
    assert unifically.simulator.tasks()[0]["task_id"] == receiver.posts[0]["json"]["task_id"]


def test_server_errors(unifically: Unifically) -> None:
    """500 with the task made, and without; a 200 that is a page."""
    assert BROKEN == denied(unifically.create(prompt="[sim:error_5xx_created]"))
    assert 1 == len(unifically.simulator.tasks())
    assert BROKEN == denied(unifically.create(prompt="[sim:error_5xx_not_created]"))
    assert 1 == len(unifically.simulator.tasks())
    page = unifically.create(prompt="[sim:garbage_2xx]")
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])


def test_query_faults(unifically: Unifically) -> None:
    """Reads fail so many times, then tell the truth."""
    task_id = unifically.created(prompt="[sim:query_5xx=2]")
    answers = [unifically.read(task_id) for _ in range(3)]
    assert [500, 500, 200] == [answer.status_code for answer in answers]
    assert BROKEN == denied(answers[0])
    task_id = unifically.created(prompt="[sim:query_unknown] [sim:generation=9]")
    assert ["queueing", PENDING] == [unifically.task(task_id)["status"] for _ in range(2)]
    task_id = unifically.created(prompt="[sim:query_time_out] [sim:time_out_s=0.1]")
    with pytest.raises(httpx.TransportError):
        unifically.read(task_id)
    unifically.simulator.behaviour.query_faults = [QueryFault(kind="unknown_status", word="success")]
    assert "success" == unifically.task(unifically.created())["status"]


# Failures.

FLAT = {"message": "out of paint", "code": "GENERATION_FAILED"}
LOWER = {"message": "out of paint", "code": "generation_failed"}
FAILED: dict[str, tuple[str, int, dict[str, Any], dict[str, Any]]] = {
    "as an error": ("", 400, {"code": 400, "success": False}, FLAT),
    "as an error in small letters": ("[sim:failed_lower]", 400, {"code": 400, "success": False}, LOWER),
    "as an error in the body alone": ("[sim:failed_body_400]", 200, {"code": 400, "success": False}, FLAT),
    "as any read": ("[sim:failed_ok]", 200, {"code": 200, "success": True}, FLAT),
    "the older form": ("[sim:failed_nested]", 400, {"code": 400}, {"error": FLAT}),
    "the older form with HTTP 200": (
        "[sim:failed_nested][sim:failed_ok][sim:failed_lower]", 200, {"code": 200}, {"error": LOWER},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("markers", "status", "envelope", "reason"), FAILED.values(), ids=FAILED)
def test_failure(
    unifically: Unifically, markers: str, status: int, envelope: dict[str, Any], reason: dict[str, Any]
) -> None:
    """A failed task, in each shape on record; it says `failed` and its id in all of them, and has no output."""
    task_id = unifically.created(prompt=f"[sim:fail=out of paint]{markers}")
    answer = unifically.ended(task_id)
    assert status == answer.status_code
    assert envelope | {"data": {"task_id": task_id, "status": "failed"} | reason} == answer.json()


def test_failure_by_the_switches(unifically: Unifically) -> None:
    """The shapes can be chosen for all tasks over HTTP; an unknown one is refused; a task under way is read as ever."""
    chosen = {"failed_read": "ok", "failed_reason_nested": True, "failed_code_lower": True, "fail_message": "no"}
    assert 200 == unifically.http.put("/_sim/behaviour", json=chosen).status_code
    assert PENDING == unifically.task(unifically.created(prompt="a [sim:generation=9]"))["status"]
    task_id = unifically.created()
    answer = unifically.ended(task_id)
    shown = {"task_id": task_id, "status": "failed", "error": {"message": "no", "code": "generation_failed"}}
    assert (200, {"code": 200, "data": shown}) == (answer.status_code, answer.json())
    assert 400 == unifically.http.put("/_sim/behaviour", json={"failed_read": "teapot"}).status_code
    assert "http_400" == unifically.http.delete("/_sim/behaviour").json()["failed_read"]


def test_no_cancelled_end(unifically: Unifically) -> None:
    """Unifically has no such word: the switch changes nothing."""
    assert "completed" == unifically.ended(unifically.created(prompt="[sim:cancelled]")).json()["data"]["status"]


# Callbacks.


def test_callback(unifically: Unifically, receiver: Receiver, until: Callable[..., None]) -> None:
    """The callbacks page: one POST at the end, `data.video_url` without `output`, no signature, no progress before it."""
    task_id = unifically.created(top={"callback_url": receiver.url})
    url = unifically.video_url(task_id)
    until(lambda: len(receiver.posts) == 1)
    assert {"task_id": task_id, "status": "completed", "data": {"video_url": url}} == receiver.posts[0]["json"]
    headers = receiver.posts[0]["headers"]
    assert "application/json; charset=utf-8" == headers["content-type"]
    assert not any("signature" in name or name.startswith("webhook-") for name in headers)


def test_callback_of_a_failure(unifically: Unifically, receiver: Receiver, until: Callable[..., None]) -> None:
    """A failure is told in `error_message`, not in `data`."""
    task_id = unifically.created(top={"callback_url": receiver.url}, prompt="[sim:fail=out of paint]")
    until(lambda: len(receiver.posts) == 1)
    assert {"task_id": task_id, "status": "failed", "error_message": "out of paint"} == receiver.posts[0]["json"]


def test_callback_url_stands_at_the_top(unifically: Unifically, receiver: Receiver) -> None:
    """Inside `input` it is a field like any unknown one: nothing is posted."""
    task_id = unifically.created(callback_url=receiver.url)
    unifically.ended(task_id)
    task = unifically.simulator.book.find(task_id)
    assert task is not None
    assert ("", [], []) == (task.callback_url, task.deliveries, receiver.posts)


def test_repeat(unifically: Unifically, receiver: Receiver, until: Callable[..., None]) -> None:
    """Repeat: the end twice, the same in every byte."""
    unifically.simulator.behaviour.callbacks = "repeat"
    unifically.created(top={"callback_url": receiver.url})
    until(lambda: len(receiver.posts) == 2)
    assert receiver.posts[0]["body"] == receiver.posts[1]["body"]


@pytest.mark.parametrize("marker", ["early", "unordered"])
def test_progress_is_never_told(
    unifically: Unifically, receiver: Receiver, until: Callable[..., None], marker: str
) -> None:
    """Switches about callbacks of progress leave the end alone."""
    unifically.created(top={"callback_url": receiver.url}, prompt=f"a [sim:{marker}]")
    until(lambda: len(receiver.posts) == 1)
    time.sleep(0.1)
    assert ["completed"] == words(receiver)


def test_silent(unifically: Unifically, receiver: Receiver) -> None:
    """Silent: no callback, while the query tells the end."""
    unifically.ended(unifically.created(top={"callback_url": receiver.url}, prompt="a [sim:silent]"))
    time.sleep(0.1)
    assert [] == receiver.posts


@pytest.mark.parametrize(("marker", "word"), [("lie", "completed"), ("lie_failed", "failed")])
def test_lie(unifically: Unifically, receiver: Receiver, until: Callable[..., None], marker: str, word: str) -> None:
    """Lie: an end is announced, the query says processing; later the true end."""
    top = {"callback_url": receiver.url}
    task_id = unifically.created(top=top, prompt=f"a [sim:{marker}] [sim:generation=3]")
    until(lambda: len(receiver.posts) == 1)
    assert [word] == words(receiver)
    assert PROCESSING == unifically.task(task_id)["status"]
    until(lambda: len(receiver.posts) == 2)
    assert [word, "completed"] == words(receiver)


def test_callback_word(unifically: Unifically, receiver: Receiver, until: Callable[..., None]) -> None:
    """The callback may carry a word nobody knows; the query keeps the right one."""
    task_id = unifically.created(top={"callback_url": receiver.url}, prompt="a [sim:callback_word=done]")
    until(lambda: words(receiver) == ["done"])
    assert "completed" == unifically.task(task_id)["status"]


# The rest.


def test_links_hold(unifically: Unifically) -> None:
    """No page says how long a link holds: it does, until the switch ends it."""
    url = unifically.video_url(unifically.created())
    assert 200 == unifically.http.get(url).status_code
    unifically.simulator.behaviour.media_life_s = 0
    assert 403 == unifically.http.get(url).status_code


def test_markers_in_shots(unifically: Unifically) -> None:
    """Markers work in shots too; a misspelt one is refused."""
    rows = [{"prompt": "a", "duration": 2}, {"prompt": "b [sim:fail]", "duration": 3}]
    assert 400 == unifically.ended(unifically.created(prompt=..., multi_shots=rows)).status_code
    refused = unifically.create(prompt="[sim:fial]")
    assert 422 == refused.status_code
    assert "[sim:fial]" in refused.json()["data"]["message"]


def test_command() -> None:
    """`python -m local.simulators.unifically` prints one line with its URL and fake keys, and serves until told to end."""
    command = [sys.executable, "-m", "local.simulators.unifically", "--port", "0", "--generation", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {told['api_keys'][0]}"}
            body = {"model": "kuaishou/kling-3.0-omni-video", "input": {"prompt": "a fox"}}
            with httpx.Client(base_url=told["url"], headers=headers) as http:  # noqa: TID251 - a test's
                assert "pending" == http.post(TASKS, json=body).json()["data"]["status"]
        finally:
            process.terminate()
        assert 0 == process.wait(5)
