"""KlingAI's images, over HTTP: create, query, list, pictures, slots, callbacks, faults; the rules have their own tests."""

from __future__ import annotations

import base64
import io
import time
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Kling, Receiver

OMNI, GENERATIONS = "/v1/images/omni-image", "/v1/images/generations"
SEPTEMBER = date(2026, 9, 1)
URL = "https://example.com/a.png"
IMAGE = {"image": URL}
V3_OMNI, V3 = {"model_name": "kling-v3-omni"}, {"model_name": "kling-v3"}
V2_1 = {"model_name": "kling-v2-1"}
SERIES = V3_OMNI | {"result_type": "series", "image_list": [IMAGE]}


def picture(width: int = 300, height: int = 300, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def problem(answer: httpx.Response) -> tuple[int, int, str]:
    body = answer.json()
    assert {"code", "message", "request_id"} == set(body)
    return answer.status_code, body["code"], body["message"]


def opened(answer: httpx.Response) -> Image.Image:
    assert (200, "image/png") == (answer.status_code, answer.headers["content-type"])
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return image


# Create, query, list.


@pytest.mark.parametrize("path", [OMNI, GENERATIONS, f"{OMNI}/"])
def test_create_answer(kling: Kling, path: str) -> None:
    """Create's response body: task_id, task_info, submitted, milliseconds; a slash at the end is taken."""
    data = kling.post(path, external_task_id="mine").json()["data"]
    assert {"task_id", "task_info", "task_status", "created_at", "updated_at"} == set(data)
    assert ("submitted", {"external_task_id": "mine"}) == (data["task_status"], data["task_info"])


@pytest.mark.parametrize(("path", "other"), [(OMNI, GENERATIONS), (GENERATIONS, OMNI)])
def test_query_one(start: Callable[..., Kling], path: str, other: str) -> None:
    """A task is found by its id and by the caller's, at its own endpoint; no result before its end."""
    kling = start(generation_s=60)
    task_id = kling.posted(path, external_task_id="mine")
    assert kling.at(path, task_id) == kling.at(path, "mine")
    assert {"task_id", "task_status", "task_status_msg", "task_info", "created_at", "updated_at"} == set(
        kling.at(path, task_id)
    )
    refused = (400, 1201, f"Task not found by id/external id: {task_id}")
    assert refused == problem(kling.http.get(f"{other}/{task_id}"))
    assert refused == problem(kling.http.get(f"/v1/videos/omni-video/{task_id}"))


def test_lists(kling: Kling) -> None:
    """A list is a bare array of its endpoint's tasks, newest first, by pageNum and pageSize."""
    made = [kling.posted(OMNI) for _ in range(3)]
    other = kling.posted(GENERATIONS)

    def listed(path: str, **query: int) -> list[str]:
        return [one["task_id"] for one in kling.http.get(path, params=query).json()["data"]]

    assert made[::-1] == listed(OMNI)
    assert [made[0]] == listed(OMNI, pageNum=2, pageSize=2)
    assert [other] == listed(GENERATIONS)
    for query in ("pageNum=0", "pageNum=1001", "pageSize=0", "pageSize=501"):
        assert (400, 1201) == problem(kling.http.get(f"{GENERATIONS}?{query}"))[:2]


def test_external_ids_are_shared_with_videos(kling: Kling) -> None:
    """A caller's id is unique over all products: one used for a video is refused for an image, as seen live."""
    kling.created(external_task_id="once")
    assert (400, 1201, "External_task_id once already exists") == problem(kling.post(OMNI, external_task_id="once"))


def test_wrong_ways(kling: Kling) -> None:
    """The error table holds here too: 404 / 1202, 404 / 1203, 400 / 1200."""
    assert (404, 1202) == problem(kling.http.delete(OMNI))[:2]
    assert (404, 1202) == problem(kling.http.post(f"{GENERATIONS}/x", json={}))[:2]
    assert (404, 1203) == problem(kling.http.get("/v1/images/nothing"))[:2]
    assert (400, 1200) == problem(kling.http.post(OMNI, json=[]))[:2]


# Results.


def test_single_result(kling: Kling) -> None:
    """Omni-Image's response body: result_type and images of index and url; nothing of a series, no watermark."""
    result = kling.done(OMNI)["task_result"]
    assert {"result_type", "images"} == set(result)
    assert "single" == result["result_type"]
    assert [{"index", "url"}] == [set(image) for image in result["images"]]
    assert 0 == result["images"][0]["index"]


def test_several_results(kling: Kling) -> None:
    """As many images as `n` says have the indexes from 0 ("Image Number, 0-9"), each a picture of its own."""
    images = kling.done(OMNI, n=9)["task_result"]["images"]
    assert list(range(9)) == [image["index"] for image in images]
    assert 9 == len({kling.http.get(image["url"]).content for image in images})


@pytest.mark.parametrize(("fields", "count"), [({}, 4), ({"series_amount": 2}, 2), ({"series_amount": "9"}, 9)])
def test_series_result(kling: Kling, fields: dict[str, Any], count: int) -> None:
    """A series comes as series_images, four by default; n is without effect."""
    result = kling.done(OMNI, n=7, **SERIES, **fields)["task_result"]
    assert {"result_type", "series_images"} == set(result)
    assert "series" == result["result_type"]
    assert list(range(count)) == [image["index"] for image in result["series_images"]]
    opened(kling.http.get(result["series_images"][-1]["url"]))


def test_generations_result(kling: Kling) -> None:
    """Image Generation's response body: images of index and url, no result_type."""
    result = kling.done(GENERATIONS, n=2)["task_result"]
    assert {"images"} == set(result)
    assert [{"index", "url"}] * 2 == [set(image) for image in result["images"]]


@pytest.mark.parametrize(
    ("resolution", "aspect", "size"),
    [
        ("1k", "1:1", (336, 336)),
        ("2k", "1:1", (672, 672)),
        ("4k", "1:1", (1344, 1344)),
        ("1k", "16:9", (336, 189)),
        ("2k", "9:16", (378, 672)),
        ("4k", "4:3", (1344, 1008)),
        ("1k", "3:4", (252, 336)),
        ("2k", "3:2", (672, 448)),
        ("1k", "2:3", (224, 336)),
        ("4k", "21:9", (1344, 576)),
    ],
)
def test_picture_has_the_asked_shape(kling: Kling, resolution: str, aspect: str, size: tuple[int, int]) -> None:
    """The URL gives a PNG of the asked ratio, a third of 1008, 2016 and 4032 pixels for 1k, 2k and 4k."""
    done = kling.done(OMNI, resolution=resolution, aspect_ratio=aspect, **V3_OMNI)
    image = opened(kling.http.get(done["task_result"]["images"][0]["url"]))
    assert ("PNG", size) == (image.format, image.size)


@pytest.mark.parametrize(
    ("sides", "size"), [((900, 400), (336, 144)), ((640, 480), (336, 252)), ((400, 600), (224, 336))]
)
def test_auto_ratio_follows_the_first_image(kling: Kling, sides: tuple[int, int], size: tuple[int, int]) -> None:
    """`auto` chooses "based on incoming content": here the ratio nearest to the first image: 21:9, 4:3, 2:3."""
    done = kling.done(OMNI, image_list=[{"image": picture(*sides)}, IMAGE], aspect_ratio="auto")
    assert size == opened(kling.http.get(done["task_result"]["images"][0]["url"])).size


def test_generations_are_wide_by_default(kling: Kling) -> None:
    """Default aspect_ratio of image generation: 16:9."""
    done = kling.done(GENERATIONS)
    assert (336, 189) == opened(kling.http.get(done["task_result"]["images"][0]["url"])).size


def test_pictures_tell_each_other_apart(kling: Kling) -> None:
    """What a picture is of can be seen: tasks, prompts, models and indexes differ visibly."""

    def image(**fields: Any) -> Image.Image:
        done = kling.done(OMNI, n=2, aspect_ratio="1:1", **fields)
        return opened(kling.http.get(done["task_result"]["images"][0]["url"]))

    first = image()
    for other in (image(), image(prompt="a cat"), image(**V3_OMNI)):
        difference = ImageChops.difference(first, other).convert("L")
        assert 20 < cast("tuple[int, int]", difference.getextrema())[1]


@pytest.mark.parametrize(
    ("path", "fields", "units"),
    [
        (OMNI, {}, "8"),
        (OMNI, V3_OMNI | {"n": 9, "resolution": "2k"}, "72"),
        (OMNI, V3_OMNI | {"n": 2, "resolution": "4k"}, "32"),
        (OMNI, SERIES | {"series_amount": 5}, "40"),
        (GENERATIONS, V3 | {"n": 3}, "24"),
        (GENERATIONS, V2_1 | {"n": 2}, "8"),
        (GENERATIONS, V2_1 | {"image": URL}, "8"),
        (GENERATIONS, {}, None),
    ],
)
def test_units(kling: Kling, path: str, fields: dict[str, Any], units: str | None) -> None:
    """Kling's price list: 8 units per image, 16 in 4k; 2.1 from text 4; older models are not on it."""
    assert units == kling.done(path, **fields).get("final_unit_deduction")


@pytest.mark.parametrize(
    ("path", "fields", "kind"), [(OMNI, {}, "images"), (OMNI, SERIES, "series_images"), (GENERATIONS, {}, "images")]
)
def test_watermark(start: Callable[..., Kling], path: str, fields: dict[str, Any], kind: str) -> None:
    """By the pages of September `watermark_info.enabled` gives each image a marked copy, and is echoed."""
    kling = start(rules_as_of=SEPTEMBER)
    done = kling.done(path, watermark_info={"enabled": True}, **fields)
    assert {"enabled": True} == done["watermark_info"]
    for image in done["task_result"][kind]:
        plain, marked = (opened(kling.http.get(image[name])) for name in ("url", "watermark_url"))
        assert plain.size == marked.size
        assert ImageChops.difference(plain, marked).getbbox()
    without = kling.done(path, **fields)
    assert {"enabled": False} == without["watermark_info"]
    assert {"index", "url"} == set(without["task_result"][kind][0])


@pytest.mark.parametrize("path", [OMNI, GENERATIONS])
def test_no_watermark_before_september(start: Callable[..., Kling], path: str) -> None:
    """The specification has no `watermark_info` for images: it is a field like any other unknown one."""
    kling = start(rules_as_of=date(2026, 8, 31))
    done = kling.done(path, watermark_info={"enabled": True})
    assert "watermark_info" not in done
    assert {"index", "url"} == set(done["task_result"]["images"][0])
    creates = [seen for seen in kling.simulator.requests() if seen["method"] == "POST"]
    assert [["watermark_info"]] == [seen["unknown_fields"] for seen in creates]
    assert 400 == start(rules_as_of=SEPTEMBER).post(path, watermark_info=True).status_code


def test_failure(kling: Kling) -> None:
    """A failed task says why, has no result, and tells no cost; its files are not there."""
    failed = kling.done(OMNI, prompt="[sim:moderation]")
    assert ("failed", "Failure to pass the risk control system") == (failed["task_status"], failed["task_status_msg"])
    assert not {"task_result", "final_unit_deduction"} & set(failed)
    assert 404 == kling.http.get(kling.simulator.tasks()[0]["image_urls"][0]).status_code


# Slots.


def test_slots(start: Callable[..., Kling], until: Callable[..., None]) -> None:
    """Image: n slots from submitted to the end, failure included; beyond them 429 / 1303, and nothing is made."""
    kling = start(capacity=5, generation_s=0.4)
    first = kling.posted(OMNI, n=3, prompt="a [sim:fail]")
    refused = (429, 1303, "parallel task over resource pack limit")
    assert refused == problem(kling.post(OMNI, n=3, external_task_id="more"))
    assert refused == problem(kling.post(GENERATIONS, n=3))
    assert kling.posted(OMNI, n=2)
    assert refused == problem(kling.post(OMNI))
    assert 2 == len(kling.simulator.tasks())
    until(lambda: kling.at(OMNI, first)["task_status"] == "failed")
    assert kling.posted(OMNI, n=3, external_task_id="more")


@pytest.mark.parametrize(("fields", "capacity"), [({}, 4), ({"series_amount": 9}, 9), ({"series_amount": "auto"}, 3)])
def test_slots_of_a_series(start: Callable[..., Kling], fields: dict[str, Any], capacity: int) -> None:
    """A series takes as many slots as it has images; with `auto` "the actual generated quantity", here 3."""
    day = date(2026, 4, 27)
    assert 429 == start(capacity=capacity - 1, rules_as_of=day).post(OMNI, **SERIES, **fields).status_code
    kling = start(capacity=capacity, rules_as_of=day)
    assert capacity == len(kling.done(OMNI, **SERIES, **fields)["task_result"]["series_images"])


def test_images_and_videos_have_their_own_slots(start: Callable[..., Kling]) -> None:
    """Slots are counted per pack type, video or image; each has the capacity."""
    kling = start(capacity=1, generation_s=60)
    kling.created()
    kling.posted(OMNI)
    assert [429, 429] == [kling.create().status_code, kling.post(OMNI).status_code]


# Callbacks.


def test_callback(start: Callable[..., Kling], receiver: Receiver, until: Callable[..., None]) -> None:
    """Callbacks: the flat task with images of index and url; watermark and result_type are not in the form."""
    kling = start(rules_as_of=SEPTEMBER, generation_s=0.1)
    task_id = kling.posted(
        OMNI, n=2, callback_url=receiver.url, external_task_id="mine", watermark_info={"enabled": True}
    )
    until(lambda: receiver.words() == ["processing", "succeed"])
    told = receiver.posts[-1]["json"]
    assert {
        "task_id", "task_status", "task_status_msg", "created_at", "updated_at", "final_unit_deduction", "task_info",
        "task_result",
    } == set(told)  # fmt: skip
    assert (task_id, {"external_task_id": "mine"}, "16") == (
        told["task_id"],
        told["task_info"],
        told["final_unit_deduction"],
    )
    assert {"images"} == set(told["task_result"])
    assert [{"index", "url"}] * 2 == [set(image) for image in told["task_result"]["images"]]
    opened(kling.http.get(told["task_result"]["images"][1]["url"]))


def test_callback_of_a_series(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """`series_images` is not in the documented form of callbacks: a series has to be asked for."""
    kling.posted(OMNI, callback_url=receiver.url, **SERIES)
    until(lambda: receiver.words() == ["processing", "succeed"])
    assert {} == receiver.posts[-1]["json"]["task_result"]


# Media faults.


def first_url(kling: Kling, prompt: str) -> str:
    return cast("str", kling.done(OMNI, prompt=prompt)["task_result"]["images"][0]["url"])


@pytest.mark.parametrize(
    ("marker", "statuses"),
    [("refused_once", [403, 200]), ("missing", [404, 404]), ("missing=1", [404, 200]), ("html=1", [200, 200])],
)
def test_faulty_media(kling: Kling, marker: str, statuses: list[int]) -> None:
    """Pictures are refused so many times, missing, or a page instead."""
    url = first_url(kling, f"[sim:{marker}]")
    answers = [kling.http.get(url) for _ in statuses]
    assert statuses == [answer.status_code for answer in answers]
    assert marker.startswith("html") == answers[0].headers["content-type"].startswith("text/html")
    if statuses[-1] == 200:
        opened(answers[-1])


def test_short_media(kling: Kling) -> None:
    """Short: fewer bytes than Content-Length says, once; then the whole."""
    url = first_url(kling, "[sim:short=1]")
    with pytest.raises(httpx.RemoteProtocolError):
        kling.http.get(url)
    opened(kling.http.get(url))


def test_slow_media(kling: Kling) -> None:
    """Slow: whole, but spread over the seconds."""
    url = first_url(kling, "[sim:slow=0.5]")
    began = time.monotonic()
    opened(kling.http.get(url))
    assert time.monotonic() - began >= 0.4


def test_faults_strike_each_picture(kling: Kling) -> None:
    """A fault that strikes once strikes each file of a task once."""
    images = kling.done(OMNI, prompt="[sim:refused_once]", n=2)["task_result"]["images"]
    for image in images:
        assert [403, 200] == [kling.http.get(image["url"]).status_code for _ in range(2)]


def test_wrong_aspect(kling: Kling) -> None:
    """A picture may have another ratio than was asked for: 16:9 becomes 1:1."""
    done = kling.done(GENERATIONS, prompt="[sim:wrong_aspect]")
    assert (336, 336) == opened(kling.http.get(done["task_result"]["images"][0]["url"])).size


def test_links(kling: Kling) -> None:
    """Links are signed, end 30 days after the task, and give ranges; other names of files are not there."""
    url = first_url(kling, "a fox")
    (seen,) = kling.simulator.tasks()
    assert str(int(seen["ends_at"]) + 30 * 86_400) == httpx.URL(url).params["Expires"]
    assert 403 == kling.http.get(url.partition("?")[0]).status_code
    part = kling.http.get(url, headers={"Range": "bytes=0-7"})
    assert (206, b"\x89PNG\r\n\x1a\n") == (part.status_code, part.content)
    for absent in (seen["video_url"], seen["cover_url"]):
        assert 404 == kling.http.get(absent).status_code
    assert 403 == kling.http.get(first_url(kling, "[sim:media_life=0]")).status_code


# Else.


def test_markers(kling: Kling) -> None:
    """Markers work in the prompts of images: a lost answer leaves a task that its external id finds."""
    with pytest.raises(httpx.TransportError):
        kling.post(OMNI, prompt="[sim:lost_answer]", external_task_id="lost")
    assert {"external_task_id": "lost"} == kling.at(OMNI, "lost")["task_info"]
    assert "[sim:silnt]" in problem(kling.post(OMNI, prompt="[sim:silnt]"))[2]


def test_what_tests_see(kling: Kling) -> None:
    """Tests see the links of a task's images, oddities that are taken, and pictures on the page for people."""
    done = kling.done(OMNI, n=2, prompt="<b> <<<image_1>>>", cfg=1)
    create, seen = kling.simulator.requests()[0], kling.simulator.tasks()[0]
    assert (["cfg"], ["prompt refers to image_1 of 0"]) == (create["unknown_fields"], create["notes"])
    assert [image["url"] for image in done["task_result"]["images"]] == seen["image_urls"]
    assert ("omni-image", "kling-image-o1", "1k") == (seen["product"], seen["model"], seen["mode"])
    assert 2 == kling.http.get("/").text.count("<img")
    kling.post(GENERATIONS, human_fidelity=0.5, image_fidelity=0.5, image=URL, **V3)
    assert ["image_fidelity is of no use here", "human_fidelity is of no use here"] == kling.simulator.requests()[-1][
        "notes"
    ]
