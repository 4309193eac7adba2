from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.simulators.behaviour import QueryFault, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ezmodel, Receiver

CREATE = "/kling/v1/videos/omni-video"
ELEMENTS = "/kling/v1/general/advanced-custom-elements"
IMAGE = "https://example.com/a.png"
DOG = {
    "element_name": "dog",
    "element_description": "a brown dog",
    "reference_type": "image_refer",
    "element_image_list": {"frontal_image": IMAGE, "refer_images": [{"image_url": IMAGE}]},
}
SATURATED = "当前分组上游负载已饱和"


def shots(first: str, second: str) -> dict[str, Any]:
    return {
        "prompt": ...,
        "multi_prompt": [{"prompt": first, "duration": "3"}, {"prompt": second, "duration": "4"}],
    }


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_multi_shot_ignored(ezmodel: Ezmodel) -> None:
    """Switched on, the shots come to one clip of 5 s of the first one; otherwise to the sum of all."""

    def told(*texts: str) -> tuple[str, str]:
        task_id = ezmodel.created(**shots(*texts))
        video = ezmodel.ended(task_id)["data"]["data"]["task_result"]["videos"][0]
        return video["duration"], ezmodel.simulator.tasks()[0]["prompt"]

    assert ("7.041", "a | b") == told("a", "b")
    assert ("5.041", "a") == told("a", "b [sim:multi_shot_ignored]")
    ezmodel.simulator.behaviour.multi_shot_ignored = True
    assert ("5.041", "a") == told("a", "b")
    assert "5.041" == ezmodel.ended(ezmodel.created())["data"]["data"]["task_result"]["videos"][0]["duration"]
    assert (
        "9.041" == ezmodel.ended(ezmodel.created(duration="9"))["data"]["data"]["task_result"]["videos"][0]["duration"]
    )


def test_stock_create(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None]) -> None:
    """Stock: a public id `task_…` and the word queued; Kling's own id, which its callback tells, finds nothing."""
    created = ezmodel.create(prompt="[sim:stock]", callback_url=receiver.url).json()
    assert re.fullmatch("task_[0-9A-Za-z]{32}", created["id"])
    assert (created["id"], "queued") == (created["task_id"], created["status"])
    until(lambda: len(receiver.posts) == 2)
    kling_id = receiver.posts[1]["json"]["task_id"]
    assert kling_id != created["id"]
    assert (400, "task_not_exist") == refused(ezmodel.http.get(f"{CREATE}/{kling_id}"))
    assert ezmodel.task(created["id"])["task_id"] == created["id"]


def test_stock_result(ezmodel: Ezmodel) -> None:
    """Stock: the URL is in result_url and fail_reason is empty; a failure's reason is the true one, in OpenAI's form too."""
    ezmodel.simulator.behaviour.stock_shapes = True
    task_id = ezmodel.created()
    task = ezmodel.ended(task_id)
    assert {
        "id", "created_at", "updated_at", "task_id", "platform", "user_id", "group", "channel_id", "quota", "action", "status",
        "fail_reason", "result_url", "submit_time", "start_time", "finish_time", "progress", "properties", "data",
    } == set(task)  # fmt: skip
    assert "" == task["fail_reason"]
    assert task["data"]["data"]["task_result"]["videos"][0]["url"] == task["result_url"]
    assert 200 == ezmodel.http.get(f"/v1/videos/{task_id}/content").status_code
    failed = ezmodel.created(prompt="[sim:fail=out of paint]")
    task = ezmodel.ended(failed)
    assert ("FAILURE", "out of paint") == (task["status"], task["fail_reason"])
    assert "result_url" not in task
    assert "out of paint" == ezmodel.http.get(f"/v1/videos/{failed}").json()["error"]["message"]


def test_failure(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None]) -> None:
    """A failed task's fail_reason is "SUCCEED"; the true reason is in Kling's task_status_msg; OpenAI's form has no error."""
    task_id = ezmodel.created(prompt="[sim:moderation]", callback_url=receiver.url)
    task = ezmodel.ended(task_id)
    assert ("FAILURE", "100%", "SUCCEED") == (task["status"], task["progress"], task["fail_reason"])
    kling = task["data"]["data"]
    assert ("failed", "Failure to pass the risk control system") == (kling["task_status"], kling["task_status_msg"])
    openai = ezmodel.http.get(f"/v1/videos/{task_id}").json()
    assert "failed" == openai["status"]
    assert not {"error", "metadata", "seconds"} & set(openai)
    until(lambda: receiver.words() == ["processing", "failed"])


def test_clean_reason(ezmodel: Ezmodel) -> None:
    """Switched so, fail_reason tells why a task failed, and holds no URL."""
    assert (
        "out of paint"
        == ezmodel.ended(ezmodel.created(prompt="[sim:clean_reason] [sim:fail=out of paint]"))["fail_reason"]
    )
    ezmodel.simulator.behaviour.fail_reason_clean = True
    task_id = ezmodel.created()
    assert ("SUCCESS", "") == (ezmodel.ended(task_id)["status"], ezmodel.task(task_id)["fail_reason"])


def test_panics_off(ezmodel: Ezmodel) -> None:
    """Without panics a value of another type is an invalid request."""
    answer = ezmodel.create(prompt="[sim:no_panic]", duration=5)
    assert (400, "invalid_request") == refused(answer)
    assert "duration must be a string" == answer.json()["message"]
    ezmodel.simulator.behaviour.type_panics = False
    assert (400, "invalid_request") == refused(ezmodel.create(element_list=[{"element_id": "160"}]))


def test_raw_errors(ezmodel: Ezmodel) -> None:
    """Switched so, a refusal of Kling's with HTTP 400 keeps Kling's body as its message."""
    answer = ezmodel.create(prompt="[sim:raw_errors]", aspect_ratio="4:3")
    assert (400, "fail_to_fetch_task") == refused(answer)
    assert 1201 == json.loads(answer.json()["message"])["code"]
    ezmodel.simulator.behaviour.upstream_errors_raw = True
    answer = ezmodel.http.post(ELEMENTS, json={})
    assert (400, "fail_to_fetch_task") == refused(answer)
    assert 1201 == json.loads(answer.json()["message"])["code"]


def test_stale(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None]) -> None:
    """Stale: Kling's callback tells the end while EzModel still says NOT_START, with Kling's answer to the create."""
    task_id = ezmodel.created(prompt="[sim:stale=2]", callback_url=receiver.url)
    until(lambda: receiver.words() == ["processing", "succeed"])
    task = ezmodel.task(task_id)
    assert ("NOT_START", "0%", "submitted") == (task["status"], task["progress"], task["data"]["data"]["task_status"])
    openai = ezmodel.http.get(f"/v1/videos/{task_id}").json()
    assert ("unknown", 0) == (openai["status"], openai["progress"])
    until(lambda: ezmodel.task(task_id)["status"] == "SUCCESS")
    assert ezmodel.simulator.tasks()[0]["created_at"] + 2 <= time.time()


def test_stale_while_it_runs(ezmodel: Ezmodel, until: Callable[..., None]) -> None:
    """Stale: what was learnt is told for so long, and then Kling is asked again."""
    task_id = ezmodel.created(prompt="[sim:generation=0.6]")
    until(lambda: ezmodel.task(task_id)["status"] == "IN_PROGRESS")
    ezmodel.simulator.behaviour.refresh_s = 60
    until(lambda: ezmodel.simulator.tasks()[0]["state"] == "succeeded")
    assert "IN_PROGRESS" == ezmodel.task(task_id)["status"]
    ezmodel.simulator.behaviour.refresh_s = 0
    assert "SUCCESS" == ezmodel.task(task_id)["status"]


def test_insert_task_failed(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None]) -> None:
    """insert_task_failed: HTTP 200 with two objects in one body; Kling has the task and posts, EzModel does not know it."""
    answer = ezmodel.create(prompt="[sim:insert_task_failed]", callback_url=receiver.url)
    assert 200 == answer.status_code
    made, end = json.JSONDecoder().raw_decode(answer.text)
    error = json.loads(answer.text[end:])
    assert "video" == made["object"]
    assert ("insert_task_failed", None) == (error["code"], error["data"])
    until(lambda: receiver.words(made["id"]) == ["processing", "succeed"])
    for path in (CREATE, "/v1/video/generations", "/v1/videos"):
        assert (400, "task_not_exist") == refused(ezmodel.http.get(f"{path}/{made['id']}"))
    assert ezmodel.created(prompt="[sim:insert_task_failed]")


def test_quota(ezmodel: Ezmodel) -> None:
    """The account's balance too small: 403, flat; the key's own quota used up: 401, nested, and then on every path."""
    task_id = ezmodel.created()
    assert (403, "quota_not_enough") == refused(ezmodel.create(prompt="[sim:no_quota]"))
    answer = ezmodel.create(prompt="[sim:no_key_quota]")
    assert (401, "new_api_error") == (answer.status_code, answer.json()["error"]["type"])
    ezmodel.simulator.behaviour.quota = "account_used_up"
    assert (403, "quota_not_enough") == refused(ezmodel.create())
    assert (500, "get_price_scale_failed") == refused(ezmodel.create(mode="4k"))
    assert ezmodel.task(task_id)
    ezmodel.simulator.behaviour.quota = "key_used_up"
    assert 401 == ezmodel.http.get(f"{CREATE}/{task_id}").status_code
    assert 1 == len(ezmodel.simulator.tasks())


def test_slots(start_ezmodel: Callable[..., Ezmodel]) -> None:
    """A create too many at Kling is 429 with EzModel's one text."""
    ezmodel = start_ezmodel(capacity=1, generation_s=0.3)
    held = ezmodel.created()
    answer = ezmodel.create()
    assert (429, "fail_to_fetch_task") == refused(answer)
    assert SATURATED == answer.json()["message"]
    ezmodel.ended(held)
    assert ezmodel.created()


def test_refusals(ezmodel: Ezmodel) -> None:
    """Kling's refusals: 429 whatever its reason, 400 in Kling's words, any other with its status and its body."""
    assert [429, 429, 200] == [ezmodel.create(prompt="a [sim:busy=2]").status_code for _ in range(3)]
    no_money = ezmodel.create(prompt="[sim:refuse=429/1102]")
    assert ((429, "fail_to_fetch_task"), SATURATED) == (refused(no_money), no_money.json()["message"])
    assert (400, "task_failed") == refused(ezmodel.create(prompt="[sim:refuse=400/1301]"))
    ezmodel.simulator.behaviour.refuse_next = [Refusal(status=503, code=5001, message="maintenance"), Refusal()]
    answer = ezmodel.create()
    assert (503, "fail_to_fetch_task") == refused(answer)
    kling = json.loads(answer.json()["message"])
    assert (5001, "maintenance") == (kling["code"], kling["message"])
    assert (429, "fail_to_fetch_task") == refused(ezmodel.http.post(ELEMENTS, json=DOG))


@pytest.mark.parametrize("marker", ["lost_answer", "time_out"])
def test_no_answer(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None], marker: str) -> None:
    """EzModel's answer never comes; Kling's callback tells the id, and EzModel knows it."""
    with pytest.raises(httpx.TransportError):
        ezmodel.create(prompt=f"[sim:{marker}] [sim:time_out_s=0.2]", callback_url=receiver.url)
    until(lambda: len(receiver.posts) == 2)
    assert "SUCCESS" == ezmodel.task(receiver.posts[1]["json"]["task_id"])["status"]


def test_server_errors(ezmodel: Ezmodel) -> None:
    """500 with Kling's task made, which EzModel then does not know; 500 without; a 200 that is a page, of a known task."""
    assert (500, "do_request_failed") == refused(ezmodel.create(prompt="[sim:error_5xx_created]"))
    (task,) = ezmodel.simulator.tasks()
    assert (400, "task_not_exist") == refused(ezmodel.http.get(f"{CREATE}/{task['task_id']}"))
    answer = ezmodel.create(prompt="[sim:error_5xx_not_created]")
    assert (500, "fail_to_fetch_task") == refused(answer)
    assert 5000 == json.loads(answer.json()["message"])["code"]
    assert 1 == len(ezmodel.simulator.tasks())
    page = ezmodel.create(prompt="[sim:garbage_2xx]")
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert ezmodel.task(ezmodel.simulator.tasks()[0]["task_id"])


def test_faults_of_elements(ezmodel: Ezmodel) -> None:
    """Creates of elements are struck as those of videos are; their reads too."""
    with pytest.raises(httpx.TransportError):
        ezmodel.http.post(ELEMENTS, json=DOG | {"element_description": "[sim:lost_answer]", "external_task_id": "e"})
    assert 200 == ezmodel.http.get(f"{ELEMENTS}/e").status_code
    answer = ezmodel.http.post(ELEMENTS, json=DOG | {"element_description": "[sim:error_5xx_created]"})
    assert (500, "do_request_failed") == refused(answer)
    ezmodel.simulator.behaviour.query_faults = [QueryFault(kind="error_5xx"), QueryFault(kind="time_out")]
    ezmodel.simulator.behaviour.time_out_s = 0.1
    assert (500, "fail_to_fetch_task") == refused(ezmodel.http.get(f"{ELEMENTS}/e"))
    with pytest.raises(httpx.TransportError):
        ezmodel.http.get(f"{ELEMENTS}/e")


def test_query_faults(ezmodel: Ezmodel) -> None:
    """Reads fail so many times, in either form, then tell the truth."""
    task_id = ezmodel.created(prompt="[sim:query_5xx=2]")
    assert (500, "get_task_failed") == refused(ezmodel.http.get(f"{CREATE}/{task_id}"))
    assert (500, "get_task_failed") == refused(ezmodel.http.get(f"/v1/videos/{task_id}"))
    assert ezmodel.task(task_id)
    task_id = ezmodel.created(prompt="[sim:query_unknown] [sim:generation=9]")
    assert ["queueing", "SUBMITTED"] == [ezmodel.task(task_id)["status"] for _ in range(2)]
    task_id = ezmodel.created(prompt="[sim:query_time_out] [sim:time_out_s=0.1]")
    with pytest.raises(httpx.TransportError):
        ezmodel.task(task_id)
    assert ezmodel.task(task_id)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("silent", []),
        ("repeat", ["processing", "processing", "succeed", "succeed"]),
        ("early", ["submitted", "processing", "succeed"]),
        ("lie", ["succeed", "succeed"]),
        ("lie_failed", ["failed", "succeed"]),
        ("unordered", ["succeed", "processing"]),
        ("callback_word=done", ["processing", "done"]),
    ],
)
def test_callback_kinds(
    ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None], kind: str, words: list[str]
) -> None:
    """Kling's callbacks can be silent, repetitive, early, false, out of order or odd, whoever ordered the task."""
    task_id = ezmodel.created(prompt=f"[sim:{kind}]", callback_url=receiver.url)
    assert "SUCCESS" == ezmodel.ended(task_id)["status"]
    until(lambda: len(receiver.words(task_id)) == len(words))
    later = ezmodel.created(callback_url=receiver.url)
    until(lambda: receiver.words(later) == ["processing", "succeed"])
    assert words == receiver.words(task_id)


def test_media_faults(ezmodel: Ezmodel) -> None:
    """Kling's files fail for who fetches them directly, and for EzModel that streams them."""
    task_id = ezmodel.created(prompt="[sim:refused_once=2]")
    url = ezmodel.video_url(task_id)
    assert 403 == ezmodel.http.get(url).status_code
    assert 502 == ezmodel.http.get(f"/v1/videos/{task_id}/content").status_code
    assert [200, 200] == [ezmodel.http.get(path).status_code for path in (url, f"/v1/videos/{task_id}/content")]
    short = ezmodel.created(prompt="[sim:short]")
    ezmodel.ended(short)
    with pytest.raises(httpx.RemoteProtocolError):
        ezmodel.http.get(f"/v1/videos/{short}/content")


def test_markers(ezmodel: Ezmodel) -> None:
    """A misspelt marker makes the create fail loudly; markers work in every shot."""
    answer = ezmodel.create(prompt="[sim:silnt]")
    assert (400, "invalid_request") == refused(answer)
    assert "[sim:silnt]" in answer.json()["message"]
    assert "FAILURE" == ezmodel.ended(ezmodel.created(**shots("a", "b [sim:fail]")))["status"]


def test_switches_over_http(ezmodel: Ezmodel) -> None:
    """EzModel's switches are set and set back as all others are."""
    changed = ezmodel.http.put("/_sim/behaviour", json={"stock_shapes": True, "refresh_s": 2}).json()
    assert (True, 2.0) == (changed["stock_shapes"], changed["refresh_s"])
    assert 400 == ezmodel.http.put("/_sim/behaviour", json={"quota": "little"}).status_code
    fresh = ezmodel.http.delete("/_sim/behaviour").json()
    assert (False, 0.0, 0.1) == (fresh["stock_shapes"], fresh["refresh_s"], fresh["generation_s"])


def test_command() -> None:
    """`python -m local.simulators.ezmodel` prints one line with its URL and fake keys, and serves until told to end."""
    command = [sys.executable, "-m", "local.simulators.ezmodel", "--port", "0", "--generation", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {told['api_keys'][0]}"}
            with httpx.Client(base_url=told["url"], headers=headers) as http:  # noqa: TID251 - a test's
                assert "video" == http.post(CREATE, json={"model": "kling-v3-omni", "prompt": "a"}).json()["object"]
        finally:
            process.terminate()
        assert process.wait(5) == 0
