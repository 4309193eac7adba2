from __future__ import annotations

import io
import re
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import av
import jwt
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .conftest import Kling

ACCESS_KEY, SECRET_KEY = "fake-access-key", "fake-secret-key-of-at-least-32-characters"
OMNI = "/v1/videos/omni-video"


def problem(answer: httpx.Response) -> tuple[int, int, str]:
    body = answer.json()
    assert set(body) == {"code", "message", "request_id"}
    return answer.status_code, body["code"], body["message"]


def token(secret: str = SECRET_KEY, **changed: Any) -> str:
    now = int(time.time())
    claims = {"iss": ACCESS_KEY, "exp": now + 1800, "nbf": now - 5} | changed
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, "HS256")


def test_create_answer(kling: Kling) -> None:
    """Create's response body: the envelope, task_id of 18 digits as text, submitted, milliseconds."""
    before = time.time() * 1000
    answer = kling.create(external_task_id="mine-1").json()
    assert (answer["code"], answer["message"], type(answer["request_id"])) == (0, "SUCCEED", str)
    data = answer["data"]
    assert set(data) == {"task_id", "task_info", "task_status", "created_at", "updated_at"}
    assert re.fullmatch(r"[0-9]{18}", data["task_id"])
    assert (data["task_status"], data["task_info"]) == ("submitted", {"external_task_id": "mine-1"})
    assert before - 1 <= data["created_at"] <= time.time() * 1000
    assert data["updated_at"] == data["created_at"]


@pytest.mark.parametrize("path", [OMNI, f"{OMNI}/"])
def test_trailing_slash(kling: Kling, path: str) -> None:
    """The document's examples post with a slash at the end too."""
    assert kling.http.post(path, json={"prompt": "a", "aspect_ratio": "1:1"}).status_code == 200


def test_life(start: Callable[..., Kling]) -> None:
    """The states: submitted, processing, succeed, by time; the result comes with the end."""
    kling = start(generation_s=1.5)
    task_id = kling.created()
    assert kling.task(task_id)["task_status"] == "submitted"
    time.sleep(0.5)
    halfway = kling.task(task_id)
    assert halfway["task_status"] == "processing"
    assert "task_result" not in halfway
    time.sleep(1.05)
    assert kling.task(task_id)["task_status"] == "succeed"


def test_result(kling: Kling) -> None:
    """Query's response body: one video with id, url and duration as text, the units as text, no other words."""
    task_id = kling.created(external_task_id="mine")
    task = kling.ended(task_id)
    assert kling.task("mine") == task
    assert task["final_unit_deduction"] == "4.0"
    assert task["watermark_info"] == {"enabled": False}
    assert task["task_status_msg"] == ""
    assert task["updated_at"] - task["created_at"] in range(99, 102)
    (video,) = task["task_result"]["videos"]
    assert set(video) == {"id", "url", "duration"}
    assert video["duration"] == "5.041"


def test_video_plays(kling: Kling) -> None:
    """The URL gives an MP4 of the asked length, aspect and sound."""
    answer = kling.http.get(kling.video_url(kling.created(duration="3", aspect_ratio="9:16", sound="on")))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    with av.open(io.BytesIO(answer.content)) as clip:
        context = clip.streams.video[0].codec_context
        assert context.width * 16 == context.height * 9
        assert clip.duration is not None
        assert clip.duration / 1_000_000 == pytest.approx(3.0, abs=0.05)
        assert len(clip.streams.audio) == 1


def test_watermark(kling: Kling) -> None:
    """watermark_info.enabled gives a second, marked file; without it there is none."""
    video = kling.ended(kling.created(watermark_info={"enabled": True}))["task_result"]["videos"][0]
    marked, plain = (kling.http.get(video[name]) for name in ("watermark_url", "url"))
    assert marked.status_code == plain.status_code == 200
    assert marked.content != plain.content


def test_an_edit_lasts_as_long_as_its_video(kling: Kling) -> None:
    """The row says "the output result is the same as the duration of the incoming video"."""
    source = kling.video_url(kling.created(duration="7"))
    edit = kling.ended(
        kling.created(video_list=[{"video_url": source, "refer_type": "base"}], duration="3", aspect_ratio=None)
    )
    assert float(edit["task_result"]["videos"][0]["duration"]) == pytest.approx(7.0, abs=0.1)
    assert edit["final_unit_deduction"] == "8.4"


def test_ranges(kling: Kling) -> None:
    """Media can be fetched in parts; an edge beyond the end is cut, a start beyond it is 416."""
    url = kling.video_url(kling.created())
    whole = kling.http.get(url).content

    def part(asked: str) -> httpx.Response:
        return kling.http.get(url, headers={"Range": asked})

    first = part("bytes=0-99")
    assert (first.status_code, first.content, first.headers["content-range"]) == (
        206,
        whole[:100],
        f"bytes 0-99/{len(whole)}",
    )
    assert part("bytes=100-").content == whole[100:]
    assert part("bytes=-10").content == whole[-10:]
    beyond = part(f"bytes=5-{len(whole) + 50}")
    assert (beyond.content, beyond.headers["content-range"]) == (whole[5:], f"bytes 5-{len(whole) - 1}/{len(whole)}")
    assert part(f"bytes={len(whole)}-").status_code == 416
    assert part("lines=1-2").status_code == 200
    head = kling.http.head(url)
    assert (head.headers["content-length"], head.content) == (str(len(whole)), b"")


def test_media_is_signed(kling: Kling) -> None:
    """A URL without its query, or with another's, is denied."""
    url = kling.video_url(kling.created())
    assert kling.http.get(url.partition("?")[0]).status_code == 403
    assert kling.http.get(url.replace("Signature=", "Signature=0")).status_code == 403


def test_not_found(kling: Kling) -> None:
    """A task that is not there, or is of another product: 400 / 1201 with the text seen on the live service."""
    task_id = kling.created()
    assert problem(kling.http.get(f"{OMNI}/nothing")) == (400, 1201, "Task not found by id/external id: nothing")
    other = kling.http.get(f"/v1/videos/text2video/{task_id}")
    assert problem(other) == (400, 1201, f"Task not found by id/external id: {task_id}")


def test_external_ids_are_unique_for_ever(kling: Kling) -> None:
    """A used external id is refused, over products and after the end, and the refused create makes nothing."""
    kling.ended(kling.created(external_task_id="once"))
    refused = (400, 1201, "External_task_id once already exists")
    assert problem(kling.create(external_task_id="once")) == refused
    body = {"prompt": "a", "external_task_id": "once"}
    assert problem(kling.http.post("/v1/videos/text2video", json=body)) == refused
    assert len(kling.simulator.tasks()) == 1


def test_a_refused_create_uses_nothing_up(kling: Kling) -> None:
    """After a refusal the same external id may be sent again."""
    assert problem(kling.create(external_task_id="again", mode="standard"))[:2] == (400, 1201)
    assert kling.created(external_task_id="again")


def test_lists(kling: Kling) -> None:
    """A list is a bare array of its product's tasks, newest first, by pageNum and pageSize."""
    made = [kling.created() for _ in range(5)]
    kling.http.post("/v1/videos/text2video", json={"prompt": "other"})

    def listed(**query: int) -> list[str]:
        return [task["task_id"] for task in kling.http.get(OMNI, params=query).json()["data"]]

    assert listed() == made[::-1]
    assert listed(pageNum=2, pageSize=2) == [made[2], made[1]]
    assert listed(pageNum=4, pageSize=2) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("pageNum=1000", 200),
        ("pageNum=1001", 400),
        ("pageNum=0", 400),
        ("pageSize=500", 200),
        ("pageSize=501", 400),
        ("pageSize=0", 400),
        ("pageSize=x", 400),
    ],
)
def test_list_limits(kling: Kling, query: str, status: int) -> None:
    """Query parameters: pageNum [1, 1000], pageSize [1, 500]."""
    assert kling.http.get(f"{OMNI}?{query}").status_code == status


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", 1001),
        ("Bearer", 1002),
        ("Basic abc", 1002),
        ("Bearer wrong-key", 1002),
        (f"Bearer {token()}", 0),
        (f"Bearer {token(nbf=None)}", 0),
        (f"Bearer {token(iss='stranger')}", 1002),
        (f"Bearer {token(secret='another-secret-key-of-32-characters')}", 1000),
        (f"Bearer {token(nbf=int(time.time()) + 600)}", 1003),
        (f"Bearer {token(exp=int(time.time()) - 1)}", 1004),
        (f"Bearer {token(exp=None)}", 1000),
        ("Bearer a.b.c", 1000),
    ],
    ids=[
        "empty",
        "no token",
        "no bearer",
        "garbage",
        "good",
        "no nbf",
        "iss",
        "secret",
        "nbf",
        "exp",
        "no exp",
        "three parts",
    ],
)
def test_auth(kling: Kling, header: str, code: int) -> None:
    """The error table: 401 with 1000 to 1004; a JWT of access and secret key is HS256 with iss, exp, nbf."""
    answer = kling.http.get(OMNI, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401 if code else 200, code)


def test_garbage_key_text(kling: Kling) -> None:
    """The text seen for a key that is none."""
    answer = kling.http.get(OMNI, headers={"Authorization": "Bearer garbage"})
    assert problem(answer) == (401, 1002, "The token was expected to have 3 parts, but got 0")


def test_wrong_ways(kling: Kling) -> None:
    """The error table: 404 / 1202 invalid method, 404 / 1203 no such resource, 400 / 1200 invalid parameters."""
    assert problem(kling.http.put(OMNI, json={}))[:2] == (404, 1202)
    assert problem(kling.http.post(f"{OMNI}/x", json={}))[:2] == (404, 1202)
    assert problem(kling.http.get("/v1/videos/nothing"))[:2] == (404, 1203)
    assert problem(kling.http.post(OMNI, content=b"{", headers={"Content-Type": "application/json"}))[:2] == (400, 1200)
    assert problem(kling.http.post(OMNI, json=[]))[:2] == (400, 1200)
    assert problem(kling.http.post(OMNI, content=b"{}"))[:2] == (400, 1200)
    status, code, message = problem(kling.create(duration="16"))
    assert (status, code, message.split()[0]) == (400, 1201, "duration")


def test_rules_as_of(start: Callable[..., Kling]) -> None:
    """The constructor's day decides on dated changes: 4k since 2026-04-23."""
    assert start().create(mode="4k").status_code == 400
    assert start(rules_as_of=date(2026, 4, 23)).create(mode="4k").status_code == 200


def test_elements_have_to_exist(start: Callable[..., Kling]) -> None:
    """An element id that there is not is refused; the official ones and the given ones are taken."""
    kling = start(elements={7: "image_refer"})
    refused = (400, 1201, "element_list[0].element_id 5 not found")
    assert problem(kling.create(element_list=[{"element_id": 5}])) == refused
    assert kling.create(element_list=[{"element_id": 7}, {"element_id": 160}]).status_code == 200


def test_what_tests_see(kling: Kling) -> None:
    """GET /_sim/requests names unknown fields and hides keys; GET /_sim/tasks shows bodies; GET / is a page."""
    task_id = kling.created(voice_list=[], prompt="<b>", cfg=1)
    seen = kling.http.get("/_sim/requests").json()[-1]
    assert (seen["method"], seen["path"], seen["status"], seen["code"]) == ("POST", OMNI, 200, 0)
    assert set(seen["unknown_fields"]) == {"voice_list", "cfg"}
    assert "fake-api-key" not in str(seen["headers"])
    assert kling.simulator.requests()[-1] == seen
    (task,) = kling.http.get("/_sim/tasks").json()
    assert (task["task_id"], task["body"]["cfg"]) == (task_id, 1)
    kling.ended(task_id)
    page = kling.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;b&gt;" in page.text
    assert kling.http.get(task["cover_url"]).headers["content-type"] == "image/jpeg"
