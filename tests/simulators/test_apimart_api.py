from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import pytest

from local.simulators.media import make_clip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from .conftest import Apimart

CREATE = "/v1/videos/generations"
ULID = r"task_[0-9A-HJKMNP-TV-Z]{26}"


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "type"}
    assert body["error"]["code"] == answer.status_code
    return answer.status_code, body["error"]["type"], body["error"]["message"]


def test_create_answer(apimart: Apimart) -> None:
    """The create's answer: code 200, an array of one with the word submitted and an id of 26 characters."""
    answer = apimart.create()
    assert answer.status_code == 200
    task_id = answer.json()["data"][0]["task_id"]
    assert answer.json() == {"code": 200, "data": [{"status": "submitted", "task_id": task_id}]}
    assert re.fullmatch(ULID, task_id)


def test_ids_are_told_apart(apimart: Apimart) -> None:
    """The same create twice makes two tasks: APIMart knows no ids of callers."""
    assert apimart.created() != apimart.created()
    assert len(apimart.simulator.tasks()) == 2


def test_life(start_apimart: Callable[..., Apimart]) -> None:
    """pending, processing, completed, by time; no result, error or end before the end."""
    apimart = start_apimart(generation_s=1.5)
    task_id = apimart.created()
    first = apimart.task(task_id)
    assert set(first) == {"id", "status", "progress", "created", "estimated_time"}
    assert (first["id"], first["status"], first["estimated_time"]) == (task_id, "pending", 2)
    assert first["progress"] in range(20)
    time.sleep(0.75)
    halfway = apimart.task(task_id)
    assert (set(halfway), halfway["status"]) == (set(first), "processing")
    assert halfway["progress"] in range(45, 80)
    time.sleep(0.8)
    assert apimart.task(task_id)["status"] == "completed"


def test_result(apimart: Apimart) -> None:
    """The task page: an array of URLs that end a day after `completed`, times in whole seconds, no thumbnail unasked."""
    before = int(time.time())
    task = apimart.ended(apimart.created())
    assert set(task) == {
        "id", "status", "progress", "created", "estimated_time", "result", "completed", "actual_time",
    }  # fmt: skip
    assert (task["status"], task["progress"], task["actual_time"]) == (
        "completed", 100, task["completed"] - task["created"],
    )  # fmt: skip
    assert before <= task["created"] <= task["completed"] <= time.time()
    (video,) = task["result"]["videos"]
    assert set(task["result"]) == {"videos"}
    assert video["expires_at"] - task["completed"] == 86_400
    assert isinstance(video["url"], list)
    assert apimart.http.get(video["url"][0]).headers["content-type"] == "video/mp4"


def test_thumbnail(apimart: Apimart) -> None:
    """thumbnail_url stands beside `videos` where it was asked for."""
    result = apimart.ended(apimart.created(thumbnail=True))["result"]
    assert set(result) == {"videos", "thumbnail_url"}
    assert apimart.http.get(result["thumbnail_url"]).headers["content-type"] == "image/jpeg"


def test_video_plays(apimart: Apimart) -> None:
    """The URL gives an MP4 of the asked length, aspect and sound."""
    answer = apimart.http.get(apimart.video_url(apimart.created(duration=3, aspect_ratio="9:16", audio=True)))
    with av.open(io.BytesIO(answer.content)) as clip:
        context = clip.streams.video[0].codec_context
        assert context.width * 16 == context.height * 9
        assert clip.duration is not None
        assert clip.duration / 1_000_000 == pytest.approx(3.0, abs=0.05)
        assert len(clip.streams.audio) == 1


def test_an_edit_lasts_as_long_as_its_video(apimart: Apimart) -> None:
    """With a base video the clip's own length is used."""
    source = apimart.video_url(apimart.created(duration=4))
    edit = apimart.http.get(apimart.video_url(apimart.created(video_list=[{"video_url": source}])))
    with av.open(io.BytesIO(edit.content)) as clip:
        assert clip.duration is not None
        assert clip.duration / 1_000_000 == pytest.approx(4.0, abs=0.05)


def test_watermark_is_in_the_one_file(apimart: Apimart, tmp_path: Path) -> None:
    """`watermark` marks the video itself: the answer has no second one."""
    task_id = apimart.created(watermark=True)
    answer = apimart.http.get(apimart.video_url(task_id))
    task = apimart.simulator.book.find(task_id)
    assert task is not None
    make_clip(replace(task.clip, watermark=True), tmp_path / "marked.mp4")
    assert answer.content == (tmp_path / "marked.mp4").read_bytes()


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic fake-api-key", "fake-api-key"], ids=lambda header: header or "none"
)
def test_authentication(apimart: Apimart, header: str) -> None:
    """Without a key of the account: 401, authentication_error, on every path."""
    for answer in (
        apimart.http.post(CREATE, json={}, headers={"Authorization": header}),
        apimart.http.get("/v1/tasks/x", headers={"Authorization": header}),
    ):
        assert problem(answer)[:2] == (401, "authentication_error")


def test_not_found(apimart: Apimart) -> None:
    """A task that is not there is 400, "Invalid task ID", not 404."""
    assert problem(apimart.http.get("/v1/tasks/task_nothing")) == (400, "invalid_request_error", "Invalid task ID")


@pytest.mark.parametrize(("language", "status"), [("zh", 200), ("en", 200), ("ko", 200), ("ja", 200), ("de", 400)])
def test_language(apimart: Apimart, language: str, status: int) -> None:
    """`language` is zh, en, ko or ja."""
    task_id = apimart.created()
    assert apimart.http.get(f"/v1/tasks/{task_id}", params={"language": language}).status_code == status


def test_wrong_ways(apimart: Apimart) -> None:
    """Bodies that are no JSON objects, and rules that are broken: 400, invalid_request_error; other paths: 404."""
    invalid = (400, "invalid_request_error")
    assert problem(apimart.http.post(CREATE, content=b"{", headers={"Content-Type": "application/json"}))[:2] == invalid
    assert problem(apimart.http.post(CREATE, json=[]))[:2] == invalid
    assert problem(apimart.http.post(CREATE, content=b"{}"))[:2] == invalid
    status, kind, message = problem(apimart.create(duration="6"))
    assert ((status, kind), message.split()[0]) == (invalid, "duration")
    for answer in (apimart.http.get(CREATE), apimart.http.get("/v1/tasks"), apimart.http.post("/v1/videos", json={})):
        assert problem(answer)[0] == 404
    assert apimart.simulator.tasks() == []


def test_what_tests_see(apimart: Apimart) -> None:
    """GET /_sim/requests names unknown fields and notes; GET /_sim/tasks shows the prompt as it is used."""
    apimart.created(image_urls=["https://example.com/a.png"], seed=5, external_task_id="e", audio=True)
    seen = apimart.http.get("/_sim/requests").json()[-1]
    assert (seen["method"], seen["path"], seen["status"]) == ("POST", CREATE, 200)
    assert set(seen["unknown_fields"]) == {"seed", "external_task_id"}
    assert "fake-api-key" not in str(seen["headers"])
    (task,) = apimart.http.get("/_sim/tasks").json()
    assert task["prompt"] == "<<<image_1>>>a fox"
    assert task["body"]["prompt"] == "a fox"
    assert "apimart simulator" in apimart.http.get("/").text
