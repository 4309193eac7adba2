from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import av
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .conftest import Unifically

TASKS = "/v1/tasks"
URL = "https://example.com/a.jpg"


def problem(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert {"code", "success", "data"} == set(body)
    assert (answer.status_code, False) == (body["code"], body["success"])
    assert {"message", "code"} == set(body["data"])
    return answer.status_code, body["data"]["code"]


def test_create_answer(unifically: Unifically) -> None:
    """The page's answer: code 200, success, an id and the word pending; no times, nothing empty."""
    answer = unifically.create()
    task_id = answer.json()["data"]["task_id"]
    assert 200 == answer.status_code
    assert {"code": 200, "success": True, "data": {"task_id": task_id, "status": "pending"}} == answer.json()
    assert re.fullmatch(r"[0-9a-z]{12}", task_id)


def test_ids_are_told_apart(unifically: Unifically) -> None:
    """The same create twice makes two tasks: Unifically knows no ids of callers."""
    assert unifically.created() != unifically.created()
    assert 2 == len(unifically.simulator.tasks())


def test_life(start_unifically: Callable[..., Unifically], until: Callable[..., None]) -> None:
    """pending, processing, completed, by time; the output is there at the end alone."""
    unifically = start_unifically(generation_s=2)
    task_id = unifically.created()
    first = unifically.read(task_id).json()
    assert {"code": 200, "success": True, "data": {"task_id": task_id, "status": "pending"}} == first
    until(lambda: unifically.task(task_id)["status"] != "pending")
    assert {"task_id": task_id, "status": "processing"} == unifically.task(task_id)
    until(lambda: unifically.task(task_id)["status"] != "processing")
    task = unifically.task(task_id)
    assert ({"task_id", "status", "output"}, "completed") == (set(task), task["status"])


def test_result(unifically: Unifically) -> None:
    """The output is one link to a video, and nothing else."""
    answer = unifically.ended(unifically.created())
    output = answer.json()["data"]["output"]
    assert (200, {"video_url"}) == (answer.status_code, set(output))
    assert "video/mp4" == unifically.http.get(output["video_url"]).headers["content-type"]


@pytest.mark.parametrize(
    ("given", "seconds", "sides", "tones"),
    [
        ({"duration": 3, "aspect_ratio": "9:16", "native_audio": True}, 3.0, (9, 16), 1),
        ({}, 5.0, (16, 9), 0),
        (
            {"prompt": ..., "multi_shots": [{"prompt": "a", "duration": 1}, {"prompt": "b", "duration": 3}]},
            4.0, (16, 9), 0,
        ),
        ({"video_mode": "transform", "video_url": "https://example.com/v.mp4", "duration": 4}, 4.0, (16, 9), 0),
    ],
    ids=["all told", "defaults", "shots", "transform"],
)  # fmt: skip
def test_video_plays(
    unifically: Unifically, given: dict[str, Any], seconds: float, sides: tuple[int, int], tones: int
) -> None:
    """The URL gives an MP4 of the asked length, aspect and sound; shots last their sum."""
    answer = unifically.http.get(unifically.video_url(unifically.created(**given)))
    with av.open(io.BytesIO(answer.content)) as clip:
        context = clip.streams.video[0].codec_context
        assert context.width * sides[1] == context.height * sides[0]
        assert clip.duration is not None
        assert seconds == pytest.approx(clip.duration / 1_000_000, abs=0.05)
        assert tones == len(clip.streams.audio)


@pytest.mark.parametrize(
    ("given", "cost"),
    [({"mode": "4k", "duration": 7}, 2.10), ({"mode": "4k"}, 1.50), ({"mode": "std", "duration": 3}, 0.24), ({}, 0.40)],
)
def test_dry_run(unifically: Unifically, given: dict[str, Any], cost: float) -> None:
    """dry_run: the cost ("4K - $0.30/sec"), no id, and no task is made."""
    answer = unifically.create(top={"dry_run": True}, **given)
    assert {"code": 200, "success": True, "data": {"cost": cost}} == answer.json()
    assert [] == unifically.simulator.tasks()


def test_dry_run_takes_no_slot(start_unifically: Callable[..., Unifically]) -> None:
    """A full account prices still, and the rules hold for a dry run too; `dry_run: false` makes a task."""
    unifically = start_unifically(capacity=0)
    assert 200 == unifically.create(top={"dry_run": True}).status_code
    assert (422, "validation_error") == problem(unifically.create(top={"dry_run": True}, duration=2))
    assert 429 == unifically.create(top={"dry_run": False}).status_code


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic fake-api-key", "fake-api-key"], ids=lambda header: header or "none"
)
def test_authentication(unifically: Unifically, header: str) -> None:
    """Without a key of the account: 401, authentication_failed, on every path."""
    for answer in (
        unifically.http.post(TASKS, json={}, headers={"Authorization": header}),
        unifically.http.get(f"{TASKS}/x", headers={"Authorization": header}),
    ):
        assert (401, "authentication_failed") == problem(answer)


def test_not_found(unifically: Unifically) -> None:
    """A task or a path that is not there: 404 with a message; the table of codes has none for it."""
    for answer in (
        unifically.read("abc123def456"),
        unifically.http.get(TASKS),
        unifically.http.get(f"{TASKS}/"),
        unifically.http.post("/v1/videos/generations", json={}),
    ):
        body = answer.json()
        assert (404, 404, False) == (answer.status_code, body["code"], body["success"])
        assert {"message"} == set(body["data"])


def test_wrong_ways(unifically: Unifically) -> None:
    """Bodies that are no JSON objects: 422, validation_error, as with broken rules; nothing is made."""
    said = {"Content-Type": "application/json"}
    for answer in (
        unifically.http.post(TASKS, content=b"{", headers=said),
        unifically.http.post(TASKS, json=[]),
        unifically.http.post(TASKS, content=b"{}"),
        unifically.create(duration="6"),
    ):
        assert (422, "validation_error") == problem(answer)
    assert [] == unifically.simulator.tasks()


def test_what_tests_see(unifically: Unifically) -> None:
    """GET /_sim/requests names unknown fields and notes; GET /_sim/tasks shows the task; the page is for people."""
    unifically.created(top={"seed": 5}, prompt="@Image1 runs", sound="on")
    seen = unifically.http.get("/_sim/requests").json()[-1]
    assert ("POST", TASKS, 200) == (seen["method"], seen["path"], seen["status"])
    assert {"seed", "input.sound"} == set(seen["unknown_fields"])
    assert ["prompt refers to Image1 of 0"] == seen["notes"]
    assert "fake-api-key" not in str(seen["headers"])
    (task,) = unifically.http.get("/_sim/tasks").json()
    assert ("@Image1 runs", "pro") == (task["prompt"], task["mode"])
    assert "kuaishou/kling-3.0-omni-video" == task["model"]
    assert "unifically simulator" in unifically.http.get("/").text
    unifically.create(top={"dry_run": True}, sound="on")
    assert ["input.sound"] == unifically.http.get("/_sim/requests").json()[-1]["unknown_fields"]
