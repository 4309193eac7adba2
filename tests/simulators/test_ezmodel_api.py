from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any

import av
import pytest

from local.simulators.ezmodel_answers import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .conftest import Ezmodel, Receiver

CREATE = "/kling/v1/videos/omni-video"
NATIVE = (CREATE, "/v1/video/generations")
ELEMENTS = "/kling/v1/general/advanced-custom-elements"
PRESETS = "/kling/v1/general/advanced-presets-elements"
DELETE = "/kling/v1/general/delete-elements"
IMAGE = {"image_url": "https://example.com/start.jpg"}
FIRST, END = (IMAGE | {"type": kind} for kind in ("first_frame", "end_frame"))
FEATURE = [{"video_url": "https://example.com/original.mp4", "refer_type": "feature"}]
DOG = {
    "element_name": "dog",
    "element_description": "a brown dog",
    "reference_type": "image_refer",
    "element_image_list": {"frontal_image": IMAGE["image_url"], "refer_images": [IMAGE]},
}
SHOTS = [{"prompt": "a door", "duration": "3"}, {"prompt": "a window", "duration": "4"}]


def flat(answer: httpx.Response) -> tuple[int, str, str]:
    """Returns a relay's error."""
    body = answer.json()
    assert set(body) == {"code", "message", "data"}
    assert body["data"] is None
    return answer.status_code, body["code"], body["message"]


def nested(answer: httpx.Response) -> tuple[int, str, str, str]:
    """Returns a middleware's error, without the request's id, which its header repeats."""
    body = answer.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"message", "type", "code"}
    message, number = re.fullmatch(r"(.*) \(request id: (\w+)\)", error["message"]).groups()  # type: ignore[union-attr]
    assert number == answer.headers["X-Oneapi-Request-Id"]
    return answer.status_code, error["type"], error["code"], message


def test_create_answer(ezmodel: Ezmodel) -> None:
    """The OpenAI video object in seconds, with the status and the progress that the page leaves out; the id is Kling's."""
    before = int(time.time())
    answer = ezmodel.create()
    assert answer.status_code == 200
    task_id, created_at = answer.json()["id"], answer.json()["created_at"]
    assert answer.json() == {
        "id": task_id, "task_id": task_id, "object": "video", "model": "kling-v3-omni", "status": "", "progress": 0,
        "created_at": created_at,
    }  # fmt: skip
    assert re.fullmatch("[0-9]{18}", task_id)
    assert before <= created_at <= time.time()
    assert answer.headers["X-Oneapi-Request-Id"]


EXAMPLES: dict[str, dict[str, Any]] = {
    "text": {
        "prompt": "A fox running through a sunlit forest", "duration": "10", "aspect_ratio": "16:9", "sound": "on",
    },
    "frames": {"prompt": "The character slowly sits down", "image_list": [FIRST, END], "duration": "5"},
    "multi-shot": {
        "prompt": ...,
        "multi_prompt": [
            {"prompt": "A girl pushes open the door", "duration": "4"},
            {"prompt": "The girl sits by the window", "duration": "4"},
            {"prompt": "Rain starts falling outside", "duration": "5"},
        ],
        "aspect_ratio": "16:9",
        "mode": "pro",
        "sound": "on",
    },
    "edit": {
        "prompt": "Replace the background",
        "video_list": [
            {"video_url": "https://example.com/original.mp4", "refer_type": "base", "keep_original_sound": "yes"}
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "seconds"), [("text", "10.041"), ("frames", "5.041"), ("multi-shot", "13.041"), ("edit", "5.041")]
)
def test_examples(ezmodel: Ezmodel, name: str, seconds: str) -> None:
    """The page's four examples work; shots last as long as their sum, an edit as its video (5 s here)."""
    task = ezmodel.ended(ezmodel.created(**EXAMPLES[name]))
    assert seconds == task["data"]["data"]["task_result"]["videos"][0]["duration"]


def finish(ezmodel: Ezmodel, task_id: str) -> None:
    """Ends a task at Kling at once."""
    task = ezmodel.simulator.book.find(task_id)
    assert task is not None
    task.generation_s = 0


def test_life(start_ezmodel: Callable[..., Ezmodel], until: Callable[..., None]) -> None:
    """SUBMITTED, IN_PROGRESS, SUCCESS with 10, 30, 100 % as text; the OpenAI form says queued, in_progress, completed."""
    ezmodel = start_ezmodel(generation_s=60)
    task_id = ezmodel.created()

    def told() -> tuple[str, str, str, int]:
        native, openai = ezmodel.task(task_id), ezmodel.http.get(f"/v1/videos/{task_id}").json()
        return native["status"], native["progress"], openai["status"], openai["progress"]

    assert ("SUBMITTED", "10%", "queued", 10) == told()
    until(lambda: ezmodel.task(task_id)["status"] == "IN_PROGRESS")
    assert ("IN_PROGRESS", "30%", "in_progress", 30) == told()
    finish(ezmodel, task_id)
    assert ("SUCCESS", "100%", "completed", 100) == told()


def test_native_query(start_ezmodel: Callable[..., Ezmodel], until: Callable[..., None]) -> None:
    """Both native queries tell the same: EzModel's own fields, and in `data` Kling's last reply, whole."""
    ezmodel = start_ezmodel(generation_s=60)
    created = ezmodel.create(external_task_id="mine").json()
    task_id = created["id"]
    until(lambda: ezmodel.task(task_id)["status"] == "IN_PROGRESS")
    bodies = [ezmodel.http.get(f"{path}/{task_id}").json() for path in NATIVE]
    for body in bodies:
        assert {"code": "success", "message": ""} == {name: body[name] for name in ("code", "message")}
        told = body["data"]
        assert {
            "task_id", "action", "status", "fail_reason", "submit_time", "start_time", "finish_time", "progress", "data",
        } == set(told)  # fmt: skip
        assert (task_id, "omniVideo", "IN_PROGRESS", "") == tuple(
            told[name] for name in ("task_id", "action", "status", "fail_reason")
        )
        assert created["created_at"] == told["submit_time"] <= told["start_time"] <= time.time()
        assert 0 == told["finish_time"]
        assert {"code", "message", "request_id", "data"} == set(told["data"])
        assert (0, "SUCCEED") == (told["data"]["code"], told["data"]["message"])
        kling = told["data"]["data"]
        assert (task_id, "processing", "") == (kling["task_id"], kling["task_status"], kling["task_status_msg"])
        assert {"external_task_id": "mine"} == kling["task_info"]
        assert kling["created_at"] // 1000 == created["created_at"]
        assert "task_result" not in kling
    finish(ezmodel, task_id)
    assert told["start_time"] <= ezmodel.task(task_id)["finish_time"] <= time.time()


def test_times_and_ends_stay(ezmodel: Ezmodel) -> None:
    """start_time is when it was first seen to run, finish_time when its end was; an older answer that comes later is nothing."""
    task = ezmodel.simulator.book.find(ezmodel.created())
    assert task is not None
    record = Record(
        id="1", task=task, model="kling-v3-omni", stock=False, clean=False, learnt_at=0.0, reply={"data": {}}
    )
    for word, now in (("processing", 10.0), ("processing", 20.0), ("failed", 30.0), ("processing", 40.0)):
        record.learn({"message": "SUCCEED", "data": {"task_status": word, "task_status_msg": ""}}, now)
    told = record.native()["data"]
    assert ("FAILURE", 10, 30) == (told["status"], told["start_time"], told["finish_time"])


def test_result(ezmodel: Ezmodel) -> None:
    """The URL is Kling's at data.data.task_result.videos[0].url; fail_reason holds it as well; the clip is as ordered."""
    task = ezmodel.ended(ezmodel.created(duration="3", aspect_ratio="9:16", sound="on"))
    (video,) = task["data"]["data"]["task_result"]["videos"]
    assert video["url"] == task["fail_reason"]
    assert "3.041" == video["duration"]
    with av.open(io.BytesIO(ezmodel.http.get(video["url"]).content)) as clip:
        context = clip.streams.video[0].codec_context
        assert context.width * 16 == context.height * 9
        assert clip.duration is not None
        assert clip.duration / 1_000_000 == pytest.approx(3.04, abs=0.05)
        assert 1 == len(clip.streams.audio)


def test_openai_query(start_ezmodel: Callable[..., Ezmodel]) -> None:
    """The OpenAI form: no model, Kling's milliseconds, completed_at also while it runs; seconds and URL from success on."""
    ezmodel = start_ezmodel(generation_s=60)
    task_id = ezmodel.created()
    running = ezmodel.http.get(f"/v1/videos/{task_id}").json()
    assert {"id", "object", "model", "status", "progress", "created_at", "completed_at"} == set(running)
    finish(ezmodel, task_id)
    url = ezmodel.video_url(task_id)
    done = ezmodel.http.get(f"/v1/videos/{task_id}").json()
    kling = ezmodel.task(task_id)["data"]["data"]
    assert {
        "id": task_id, "object": "video", "model": "", "status": "completed", "progress": 100,
        "created_at": kling["created_at"], "completed_at": kling["updated_at"],
        "seconds": "5.041", "metadata": {"url": url},
    } == done  # fmt: skip
    assert kling["created_at"] > 1_000_000_000_000


def test_content(start_ezmodel: Callable[..., Ezmodel]) -> None:
    """/content streams Kling's file; before the end 400, without a task 404, when Kling has no file 502: all nested."""
    ezmodel = start_ezmodel(generation_s=60)
    task_id = ezmodel.created()
    early = ezmodel.http.get(f"/v1/videos/{task_id}/content")
    assert (
        400, "invalid_request_error", "", "Task is not completed yet, current status: SUBMITTED",
    ) == nested(early)  # fmt: skip
    finish(ezmodel, task_id)
    url = ezmodel.video_url(task_id)
    answer = ezmodel.http.get(f"/v1/videos/{task_id}/content")
    assert (200, "video/mp4", "public, max-age=86400") == (
        answer.status_code, answer.headers["content-type"], answer.headers["cache-control"],
    )  # fmt: skip
    assert ezmodel.http.get(url).content == answer.content
    assert (404, "invalid_request_error", "", "Task not found") == nested(ezmodel.http.get("/v1/videos/1/content"))
    gone = ezmodel.created(prompt="[sim:missing]")
    finish(ezmodel, gone)
    assert (502, "server_error") == nested(ezmodel.http.get(f"/v1/videos/{gone}/content"))[:2]


def test_not_found(ezmodel: Ezmodel) -> None:
    """An id that there is not, and the caller's own id: 400, task_not_exist."""
    ezmodel.created(external_task_id="mine")
    for reference in ("1", "mine"):
        for path in (*NATIVE, "/v1/videos"):
            assert (400, "task_not_exist") == flat(ezmodel.http.get(f"{path}/{reference}"))[:2]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic fake-api-key", "fake-api-key"], ids=lambda header: header or "none"
)
def test_authentication(ezmodel: Ezmodel, header: str) -> None:
    """Without a key of the account: 401, nested, on every path."""
    for method, path in (
        ("POST", CREATE), ("GET", f"{CREATE}/1"), ("GET", "/v1/videos/1"), ("GET", "/v1/videos/1/content"),
        ("POST", ELEMENTS), ("GET", PRESETS), ("POST", DELETE),
    ):  # fmt: skip
        answer = ezmodel.http.request(method, path, headers={"Authorization": header})
        assert (401, "new_api_error", "") == nested(answer)[:3]


def test_ways_to_refuse(ezmodel: Ezmodel) -> None:
    """Each kind of mistake has its own status, envelope and code."""
    assert (400, "new_api_error", "") == nested(ezmodel.create(model=...))[:3]
    assert (503, "new_api_error", "model_not_found") == nested(ezmodel.create(model="kling-v9"))[:3]
    assert (500, "new_api_panic", "") == nested(ezmodel.create(duration=5))[:3]
    assert (500, "new_api_panic", "") == nested(ezmodel.create(element_list=[{"element_id": "160"}]))[:3]
    assert (500, "get_price_scale_failed", "unsupported mode: 4k") == flat(ezmodel.create(mode="4k"))
    assert (500, "get_price_scale_failed") == flat(ezmodel.create(duration="16"))[:2]
    short = [SHOTS[0], SHOTS[1] | {"duration": "2"}]
    assert (500, "get_price_scale_failed") == flat(ezmodel.create(prompt=..., multi_prompt=short))[:2]
    status, code, message = flat(ezmodel.create(multi_prompt=SHOTS))
    assert (400, "invalid_request", "prompt") == (status, code, message.split()[0])
    assert ezmodel.simulator.tasks() == []


REFUSED_BY_KLING: dict[str, tuple[str, dict[str, Any]]] = {
    "sound with a feature video": (
        "sound on is not supported with video input", {"sound": "on", "video_list": FEATURE},
    ),
    "sound with an edit": ("sound on is not supported with video input", EXAMPLES["edit"] | {"sound": "on"}),
    "neither prompt nor shots": ("prompt", {"prompt": ...}),
    "a prompt of 2501": ("prompt", {"prompt": "x" * 2501}),
    "an aspect that there is not": ("aspect_ratio", {"aspect_ratio": "4:3"}),
    "a sound that there is not": ("sound", {"sound": "true"}),
    "a role that there is not": ("image_list[0].type", {"image_list": [IMAGE | {"type": "last_frame"}]}),
    "an end frame alone": ("image_list", {"image_list": [END]}),
    "8 images": ("image_list", {"image_list": [IMAGE] * 8}),
    "2 videos": ("video_list", {"video_list": FEATURE * 2}),
    "a kind of reference that there is not": (
        "video_list[0].refer_type", {"video_list": [FEATURE[0] | {"refer_type": "edit"}]},
    ),
    "frames with an edit": ("video_list", EXAMPLES["edit"] | {"image_list": [FIRST]}),
    "an element that there is not": ("element_list[0].element_id", {"element_list": [{"element_id": 5}]}),
    "sound of O1": ("sound on is not supported", {"model": "kling-video-o1", "sound": "on"}),
    "a callback URL that is none": ("callback_url", {"callback_url": "nowhere"}),
}  # fmt: skip


@pytest.mark.parametrize(("message", "fields"), REFUSED_BY_KLING.values(), ids=REFUSED_BY_KLING)
def test_refused_by_kling(ezmodel: Ezmodel, message: str, fields: dict[str, Any]) -> None:
    """What EzModel does not look at is Kling's to refuse: 400, task_failed, in Kling's words."""
    status, code, said = flat(ezmodel.create(**fields))
    assert (400, "task_failed") == (status, code)
    assert said.startswith(message)


def test_external_task_id(ezmodel: Ezmodel) -> None:
    """The caller's id is unique at Kling; a second use is refused in Kling's words and makes nothing."""
    ezmodel.created(external_task_id="mine")
    assert (400, "task_failed", "External_task_id mine already exists") == flat(ezmodel.create(external_task_id="mine"))
    assert 1 == len(ezmodel.simulator.tasks())


def test_callbacks(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None]) -> None:
    """Kling posts its own flat task to callback_url, with the id that EzModel gave out; EzModel posts nothing."""
    task_id = ezmodel.created(callback_url=receiver.url, external_task_id="mine")
    until(lambda: receiver.words() == ["processing", "succeed"])
    told = receiver.posts[1]["json"]
    assert {
        "task_id", "task_status", "task_status_msg", "created_at", "updated_at", "final_unit_deduction", "task_info",
        "task_result",
    } == set(told)  # fmt: skip
    assert (task_id, {"external_task_id": "mine"}) == (told["task_id"], told["task_info"])
    assert ezmodel.video_url(task_id) == told["task_result"]["videos"][0]["url"]


def test_wrong_ways(ezmodel: Ezmodel) -> None:
    """Bodies that are no JSON objects are invalid requests; paths that there are not, lists among them, are 404."""
    for content, kind in ((b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")):
        answer = ezmodel.http.post(CREATE, content=content, headers={"Content-Type": kind})
        assert (400, "invalid_request") == flat(answer)[:2]
    for method, path in (
        ("GET", CREATE), ("GET", "/v1/videos"), ("POST", "/v1/videos/1/content"), ("GET", "/v1/videos/omni-video/1"),
        ("POST", "/kling/v1/general/delete-advanced-elements"), ("DELETE", ELEMENTS), ("POST", PRESETS),
    ):  # fmt: skip
        assert (404, "invalid_request_error") == nested(ezmodel.http.request(method, path))[:2]


def test_elements(ezmodel: Ezmodel, until: Callable[..., None]) -> None:
    """Elements: created, found by either id, listed, used by a video, deleted; every answer is Kling's own."""
    ezmodel.simulator.behaviour.element_generation_s = 0.05
    answer = ezmodel.http.post(ELEMENTS, json=DOG | {"external_task_id": "rex"})
    assert (200, 0, "submitted") == (answer.status_code, answer.json()["code"], answer.json()["data"]["task_status"])
    task_id = answer.json()["data"]["task_id"]

    def told(reference: str) -> dict[str, Any]:
        body: dict[str, Any] = ezmodel.http.get(f"{ELEMENTS}/{reference}").json()
        assert 0 == body["code"]
        return body["data"]  # type: ignore[no-any-return]

    until(lambda: told("rex")["task_status"] == "succeed")
    assert task_id == told("rex")["task_id"] == told(task_id)["task_id"]
    (element,) = told(task_id)["task_result"]["elements"]
    assert ("dog", int) == (element["element_name"], type(element["element_id"]))
    listed = ezmodel.http.get(ELEMENTS, params={"pageNum": 1, "pageSize": 30}).json()
    assert (0, [task_id]) == (listed["code"], [task["task_id"] for task in listed["data"]])
    presets = ezmodel.http.get(PRESETS, params={"pageSize": 1}).json()
    assert (0, 1) == (presets["code"], len(presets["data"]))
    preset = presets["data"][0]["task_result"]["elements"][0]["element_id"]
    used = [{"element_id": element["element_id"]}, {"element_id": preset}]
    assert "SUCCESS" == ezmodel.ended(ezmodel.created(element_list=used))["status"]
    assert 0 == ezmodel.http.post(DELETE, json={"element_id": str(element["element_id"])}).json()["code"]
    status, code, message = flat(ezmodel.create(element_list=used))
    assert (400, "task_failed") == (status, code)
    assert str(element["element_id"]) in message


def test_elements_are_no_tasks(ezmodel: Ezmodel) -> None:
    """An element's task is not EzModel's: the queries of videos do not know it."""
    task_id = ezmodel.http.post(ELEMENTS, json=DOG).json()["data"]["task_id"]
    assert (400, "task_not_exist") == flat(ezmodel.http.get(f"{CREATE}/{task_id}"))[:2]


def test_elements_refused(ezmodel: Ezmodel) -> None:
    """Kling's refusals of elements: 400, element_failed, in Kling's words; element_id is a string to delete."""
    status, code, message = flat(ezmodel.http.post(ELEMENTS, json=DOG | {"element_name": "x" * 21}))
    assert (400, "element_failed", "element_name") == (status, code, message.split()[0])
    assert (400, "element_failed", "Task not found by id/external id: 1") == flat(ezmodel.http.get(f"{ELEMENTS}/1"))
    assert (400, "element_failed") == flat(ezmodel.http.get(ELEMENTS, params={"pageSize": 501}))[:2]
    for element_id in (160, "160", "5"):
        assert (400, "element_failed") == flat(ezmodel.http.post(DELETE, json={"element_id": element_id}))[:2]


def test_element_callbacks(ezmodel: Ezmodel, receiver: Receiver, until: Callable[..., None]) -> None:
    """Kling posts an element's states to its callback_url too."""
    ezmodel.http.post(ELEMENTS, json=DOG | {"callback_url": receiver.url})
    until(lambda: receiver.words() == ["processing", "succeed"])


def test_what_tests_see(ezmodel: Ezmodel) -> None:
    """GET /_sim/requests names unknown fields and notes; GET /_sim/tasks shows the body as it came and all shots."""
    body = {"prompt": ..., "multi_prompt": SHOTS, "multi_shot": True, "watermark_info": {"enabled": True}}
    task_id = ezmodel.created(**body)
    seen = ezmodel.http.get("/_sim/requests").json()[-1]
    assert ("POST", CREATE, 200, task_id) == tuple(seen[name] for name in ("method", "path", "status", "task_id"))
    assert {"multi_shot", "watermark_info"} == set(seen["unknown_fields"])
    assert "fake-api-key" not in str(seen["headers"])
    (task,) = ezmodel.http.get("/_sim/tasks").json()
    assert "a door | a window" == task["prompt"]
    assert ("kling-v3-omni", SHOTS) == (task["body"]["model"], task["body"]["multi_prompt"])
    assert "ezmodel simulator" in ezmodel.http.get("/").text
    ezmodel.created(prompt="<<<image_2>>> waves", image_list=[IMAGE])
    assert ["prompt refers to image_2 of 1"] == ezmodel.http.get("/_sim/requests").json()[-1]["notes"]
    assert [] == ezmodel.http.get("/_sim/elements").json()
