"""Unifically's page "Kling v3.0 Omni", rule by rule, over HTTP."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from local.simulators.unifically_rules import Order, check

if TYPE_CHECKING:
    import httpx

    from .conftest import Unifically

MODEL = "kuaishou/kling-3.0-omni-video"
URL = "https://example.com/a.jpg"
VIDEO_URL = "https://example.com/v.mp4"
TEXT = {"prompt": "a fox"}
NO_PROMPT = {"prompt": None}
IMAGE = {"description": "Woman in red jacket", "type": "image", "image_urls": [URL]}
VIDEO = {"description": "Man dancing", "type": "video", "video_url": VIDEO_URL}
ELEMENTS = TEXT | {"video_mode": "elements", "elements": [IMAGE]}
IMAGES = TEXT | {"video_mode": "elements", "image_urls": [URL]}
FRAMES = TEXT | {"video_mode": "start_end_frame", "start_frame_url": URL}
TRANSFORM = TEXT | {"video_mode": "transform", "video_url": VIDEO_URL}
REFERENCE = TEXT | {"video_mode": "video_reference", "video_url": VIDEO_URL}


def shots(*durations: Any, **changed: Any) -> dict[str, Any]:
    rows = [{"prompt": f"shot {n}", "duration": lasts} | changed for n, lasts in enumerate(durations, 1)]
    return {"multi_shots": rows}


def element(**changed: Any) -> dict[str, Any]:
    return ELEMENTS | {"elements": [IMAGE | changed]}


def judge(given: dict[str, Any], **top: Any) -> Order:
    return check({"model": MODEL, "input": given} | top)


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    """Returns the status, the error's code, and the field that its message begins with."""
    data = answer.json()["data"]
    return answer.status_code, data["code"], data["message"].split()[0].rstrip(":")


# What the page's own examples ask for.
EAGLE = {"prompt": "A majestic eagle soaring through mountain peaks at sunset", "duration": 5, "mode": "pro"}
WOMAN = {
    "video_mode": "elements",
    "prompt": "@Element1 walks through a park at sunset",
    "elements": [
        {"description": "Woman in red jacket", "type": "image", "image_urls": ["https://example.com/front.jpg"]}
    ],
    "duration": 10,
    "mode": "pro",
}
MEADOW = {
    "video_mode": "elements",
    "prompt": "@Image2 walks toward @Image1 across a meadow",
    "image_urls": ["https://example.com/character.jpg", "https://example.com/scene.jpg"],
    "start_image_index": 2,
    "duration": 5,
    "mode": "pro",
}
CITY = {
    "mode": "pro",
    "multi_shots": [
        {"prompt": "Wide shot of city skyline", "duration": 5},
        {"prompt": "Close-up of glass buildings", "duration": 5},
    ],
}

ACCEPTED: dict[str, dict[str, Any]] = {
    "example: text-to-video": EAGLE,
    "example: with elements": WOMAN,
    "example: reference images with start frame": MEADOW,
    "example: multi-shot": CITY,
    "the least": TEXT,
    "null, empty texts and empty lists are absent": TEXT
    | {"video_mode": "", "elements": [], "image_urls": None, "video_url": "", "multi_shots": [], "duration": None},
    "std": TEXT | {"mode": "std"},
    "pro": TEXT | {"mode": "pro"},
    "4k": TEXT | {"mode": "4k"},
    "3 s": TEXT | {"duration": 3},
    "15 s": TEXT | {"duration": 15},
    "1:1": TEXT | {"aspect_ratio": "1:1"},
    "9:16": TEXT | {"aspect_ratio": "9:16"},
    "16:9": TEXT | {"aspect_ratio": "16:9"},
    "native_audio": TEXT | {"native_audio": True},
    "native_audio with a video": TRANSFORM | {"native_audio": True},
    "a prompt has no limit there": {"prompt": "x" * 5_000},
    "2 shots": shots(1, 2),
    "6 shots": shots(1, 1, 1, 1, 1, 1),
    "shots of 15 s": shots(7, 8),
    "shots whose sum is told too": shots(5, 5) | {"duration": 10},
    "shots with elements": ELEMENTS | NO_PROMPT | shots(2, 3),
    "shots with frames": FRAMES | NO_PROMPT | shots(2, 3),
    "shots with a video": TRANSFORM | NO_PROMPT | shots(2, 3),
    "elements: no prompt": ELEMENTS | NO_PROMPT,
    "start_end_frame: no prompt": FRAMES | NO_PROMPT,
    "transform: no prompt": TRANSFORM | NO_PROMPT,
    "video_reference: no prompt": REFERENCE | NO_PROMPT,
    "elements: elements alone": ELEMENTS,
    "elements: images alone": IMAGES,
    "elements: a video element": TEXT | {"video_mode": "elements", "elements": [VIDEO]},
    "elements: 7 images": IMAGES | {"image_urls": [URL] * 7},
    "elements: 7 elements": ELEMENTS | {"elements": [IMAGE] * 7},
    "elements: 4 images and 3 elements": IMAGES | {"image_urls": [URL] * 4, "elements": [IMAGE, VIDEO, IMAGE]},
    "elements: the first image is the frame": IMAGES | {"image_urls": [URL] * 3, "start_image_index": 1},
    "elements: the last image is the frame": IMAGES | {"image_urls": [URL] * 3, "start_image_index": 3},
    "elements: an aspect": IMAGES | {"aspect_ratio": "9:16"},
    "start_end_frame: start alone": FRAMES,
    "start_end_frame: both and elements": FRAMES | {"end_frame_url": URL, "elements": [IMAGE, VIDEO]},
    "start_end_frame: its elements have no cap": FRAMES | {"elements": [IMAGE] * 8},
    "transform: the video alone": TRANSFORM,
    "transform: 4 images": TRANSFORM | {"image_urls": [URL] * 4},
    "transform: 4 elements": TRANSFORM | {"elements": [IMAGE] * 4},
    "transform: 2 images and 2 elements": TRANSFORM | {"image_urls": [URL] * 2, "elements": [IMAGE] * 2},
    "transform: start_image_index": TRANSFORM | {"image_urls": [URL] * 4, "start_image_index": 4},
    "transform: auto": TRANSFORM | {"aspect_ratio": "auto"},
    "video_reference: the video alone": REFERENCE,
    "video_reference: 1 image and 3 elements": REFERENCE | {"image_urls": [URL], "elements": [IMAGE] * 3},
    "video_reference: 4 images": REFERENCE | {"image_urls": [URL] * 4},
    "video_reference: auto": REFERENCE | {"aspect_ratio": "auto"},
    "an element's description of 100": element(description="x" * 100),
    "an element's description is optional": element(description=None),
    "an element's type is image": element(type=None),
    "an element's 4 images": element(image_urls=[URL] * 4),
    "fields that the page does not have": TEXT | {"negative_prompt": "blur", "cfg_scale": 0.5},
}


@pytest.mark.parametrize("given", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_page_allows(shared_unifically: Unifically, given: dict[str, Any]) -> None:
    """Each rule at its limit is accepted."""
    answer = shared_unifically.http.post("/v1/tasks", json={"model": MODEL, "input": given})
    assert (200, "pending") == (answer.status_code, answer.json()["data"].get("status")), answer.text


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "text: neither prompt nor shots": ("prompt", {"mode": "pro"}),
    "text: a prompt of spaces": ("prompt", {"prompt": "  "}),
    "prompt is a string": ("prompt", {"prompt": 5}),
    "prompt and shots": ("prompt", TEXT | shots(2, 3)),
    "elements: prompt and shots": ("prompt", ELEMENTS | shots(2, 3)),
    "video_mode: enum": ("video_mode", TEXT | {"video_mode": "text"}),
    "video_mode: as written": ("video_mode", ELEMENTS | {"video_mode": "Elements"}),
    "mode: enum": ("mode", TEXT | {"mode": "4K"}),
    "a quoted duration": ("duration", TEXT | {"duration": "5"}),
    "an empty duration": ("duration", TEXT | {"duration": ""}),
    "a duration with a fraction": ("duration", TEXT | {"duration": 5.5}),
    "a duration that is a boolean": ("duration", TEXT | {"duration": True}),
    "2 s": ("duration", TEXT | {"duration": 2}),
    "16 s": ("duration", TEXT | {"duration": 16}),
    "aspect_ratio: enum": ("aspect_ratio", TEXT | {"aspect_ratio": "4:3"}),
    "text: auto": ("aspect_ratio", TEXT | {"aspect_ratio": "auto"}),
    "elements: auto": ("aspect_ratio", ELEMENTS | {"aspect_ratio": "auto"}),
    "start_end_frame: auto": ("aspect_ratio", FRAMES | {"aspect_ratio": "auto"}),
    "transform: 16:9": ("aspect_ratio", TRANSFORM | {"aspect_ratio": "16:9"}),
    "video_reference: 1:1": ("aspect_ratio", REFERENCE | {"aspect_ratio": "1:1"}),
    "native_audio is a boolean": ("native_audio", TEXT | {"native_audio": "true"}),
    "native_audio is no number": ("native_audio", TEXT | {"native_audio": 1}),
    "image_urls is an array": ("image_urls", IMAGES | {"image_urls": URL}),
    "image_urls holds strings": ("image_urls", IMAGES | {"image_urls": [{"url": URL}]}),
    "image_urls holds URLs": ("image_urls[1]", IMAGES | {"image_urls": [URL, "data:image/png;base64,AAAA"]}),
    "start_frame_url is a URL": ("start_frame_url", FRAMES | {"start_frame_url": "a.jpg"}),
    "end_frame_url is a URL": ("end_frame_url", FRAMES | {"end_frame_url": "a.jpg"}),
    "video_url is a URL": ("video_url", TRANSFORM | {"video_url": "v.mp4"}),
    "video_url is a string": ("video_url", TRANSFORM | {"video_url": [VIDEO_URL]}),
    "1 shot": ("multi_shots", shots(5)),
    "7 shots": ("multi_shots", shots(1, 1, 1, 1, 1, 1, 1)),
    "multi_shots is an array of objects": ("multi_shots", {"multi_shots": ["a", "b"]}),
    "a shot without a prompt": ("multi_shots[0].prompt", shots(2, 3, prompt="")),
    "a shot without a duration": ("multi_shots[0].duration", shots(2, 3, duration=None)),
    "a shot's quoted duration": ("multi_shots[1].duration", shots(2, "3")),
    "a shot of no time": ("multi_shots[1].duration", shots(5, 0)),
    "shots of 2 s": ("multi_shots", shots(1, 1)),
    "shots of 16 s": ("multi_shots", shots(8, 8)),
    "shots whose sum is told wrongly": ("duration", shots(5, 5) | {"duration": 9}),
    "shots against the default, told": ("duration", shots(5, 5) | {"duration": 5}),
    "elements: nothing": ("image_urls", TEXT | {"video_mode": "elements"}),
    "elements: empty lists": ("image_urls", TEXT | {"video_mode": "elements", "image_urls": [], "elements": []}),
    "elements: 8 images": ("image_urls", IMAGES | {"image_urls": [URL] * 8}),
    "elements: 8 elements": ("image_urls", ELEMENTS | {"elements": [IMAGE] * 8}),
    "elements: 4 images and 4 elements": ("image_urls", IMAGES | {"image_urls": [URL] * 4, "elements": [IMAGE] * 4}),
    "start_end_frame: no start": ("start_frame_url", TEXT | {"video_mode": "start_end_frame"}),
    "start_end_frame: an end alone": ("start_frame_url", TEXT | {"video_mode": "start_end_frame", "end_frame_url": URL}),
    "transform: no video": ("video_url", TEXT | {"video_mode": "transform", "image_urls": [URL]}),
    "transform: 5 images": ("image_urls", TRANSFORM | {"image_urls": [URL] * 5}),
    "transform: 5 elements": ("image_urls", TRANSFORM | {"elements": [IMAGE] * 5}),
    "transform: 2 images and 3 elements": ("image_urls", TRANSFORM | {"image_urls": [URL] * 2, "elements": [IMAGE] * 3}),
    "video_reference: no video": ("video_url", TEXT | {"video_mode": "video_reference"}),
    "video_reference: 5 images": ("image_urls", REFERENCE | {"image_urls": [URL] * 5}),
    "video_reference: 1 image and 4 elements": (
        "image_urls",
        REFERENCE | {"image_urls": [URL], "elements": [IMAGE] * 4},
    ),
    "start_image_index is an integer": ("start_image_index", IMAGES | {"start_image_index": "1"}),
    "start_image_index from 1": ("start_image_index", IMAGES | {"start_image_index": 0}),
    "start_image_index beyond the images": ("start_image_index", IMAGES | {"start_image_index": 2}),
    "start_image_index without images": ("start_image_index", ELEMENTS | {"start_image_index": 1}),
    "elements is an array of objects": ("elements", ELEMENTS | {"elements": IMAGE}),
    "an element's description of 101": ("elements[0].description", element(description="x" * 101)),
    "an element's type: enum": ("elements[0].type", element(type="audio")),
    "an element's 5 images": ("elements[0].image_urls", element(image_urls=[URL] * 5)),
    "an image element without images": ("elements[0].image_urls", element(image_urls=[])),
    "an element's image is a URL": ("elements[0].image_urls[0]", element(image_urls=["front.jpg"])),
    "an image element with a video": ("elements[0].video_url", element(video_url=VIDEO_URL)),
    "a video element without a video": ("elements[1].video_url", ELEMENTS | {"elements": [IMAGE, {"type": "video"}]}),
    "a video element with images": ("elements[0].image_urls", ELEMENTS | {"elements": [VIDEO | {"image_urls": [URL]}]}),
    "an element's video is a URL": ("elements[0].video_url", ELEMENTS | {"elements": [VIDEO | {"video_url": "dance.mp4"}]}),
}  # fmt: skip


@pytest.mark.parametrize(("field", "given"), REFUSED.values(), ids=REFUSED)
def test_what_the_page_forbids(shared_unifically: Unifically, field: str, given: dict[str, Any]) -> None:
    """Each rule beyond its limit is refused: 422, validation_error, the message begins with the field's name."""
    answer = shared_unifically.http.post("/v1/tasks", json={"model": MODEL, "input": given})
    assert (422, "validation_error", f"input.{field}") == problem(answer)


# What a mode's row of the table has, required and optional; `start_image_index` is about `image_urls`.
MODES: dict[str, set[str]] = {
    "": set(),
    "elements": {"image_urls", "start_image_index", "elements"},
    "start_end_frame": {"start_frame_url", "end_frame_url", "elements"},
    "transform": {"video_url", "image_urls", "start_image_index", "elements"},
    "video_reference": {"video_url", "image_urls", "start_image_index", "elements"},
}
LEAST = {
    "": TEXT,
    "elements": ELEMENTS,
    "start_end_frame": FRAMES,
    "transform": TRANSFORM,
    "video_reference": REFERENCE,
}
MATERIALS: dict[str, dict[str, Any]] = {
    "image_urls": {"image_urls": [URL]},
    "start_image_index": {"start_image_index": 1},
    "elements": {"elements": [IMAGE]},
    "start_frame_url": {"start_frame_url": URL},
    "end_frame_url": {"end_frame_url": URL},
    "video_url": {"video_url": VIDEO_URL},
}


@pytest.mark.parametrize(("mode", "field"), list(itertools.product(MODES, MATERIALS)))
def test_inputs_by_mode(shared_unifically: Unifically, mode: str, field: str) -> None:
    """A mode takes the inputs of its row; it refuses any other, named."""
    given = LEAST[mode] | MATERIALS[field]
    if field == "start_image_index" and field in MODES[mode]:
        given |= MATERIALS["image_urls"]
    answer = shared_unifically.http.post("/v1/tasks", json={"model": MODEL, "input": given})
    if field in MODES[mode]:
        assert 200 == answer.status_code, answer.text
    else:
        assert (422, "validation_error", f"input.{field}") == problem(answer)


@pytest.mark.parametrize(
    "least", [TRANSFORM, REFERENCE, ELEMENTS | {"video_url": VIDEO_URL}, TEXT | {"video_url": VIDEO_URL}]
)
def test_two_videos(shared_unifically: Unifically, least: dict[str, Any]) -> None:
    """A video_url and a video element: "passing both returns 400", whatever the mode, and one among others is enough."""
    given = least | {"elements": [IMAGE, VIDEO]}
    answer = shared_unifically.http.post("/v1/tasks", json={"model": MODEL, "input": given})
    assert (400, "generation_failed", "input.video_url") == problem(answer)
    assert {"code": 400, "success": False} == {name: answer.json()[name] for name in ("code", "success")}


TOPS: dict[str, tuple[str, dict[str, Any]]] = {
    "model is required": ("model", {"input": TEXT}),
    "model: enum": ("model", {"model": "kuaishou/kling-3.0-video", "input": TEXT}),
    "model is a string": ("model", {"model": 3, "input": TEXT}),
    "input is required": ("input", {"model": MODEL}),
    "input is no text": ("input", {"model": MODEL, "input": "a fox"}),
    "input's fields at the top are none": ("input", {"model": MODEL, **TEXT}),
    "callback_url is a URL": ("callback_url", {"model": MODEL, "input": TEXT, "callback_url": "hook"}),
    "dry_run is a boolean": ("dry_run", {"model": MODEL, "input": TEXT, "dry_run": "true"}),
}


@pytest.mark.parametrize(("field", "body"), TOPS.values(), ids=TOPS)
def test_top_level(shared_unifically: Unifically, field: str, body: dict[str, Any]) -> None:
    """`model`, `input`, `callback_url` and `dry_run` stand at the top, each of its type."""
    assert (422, "validation_error", field) == problem(shared_unifically.http.post("/v1/tasks", json=body))


def test_defaults() -> None:
    """pro, 5 s, 16:9, silent, really made, nobody called."""
    order = judge(TEXT)
    assert ("pro", 5, "16:9", False, False, "") == (
        order.mode, order.seconds, order.aspect, order.sound, order.dry_run, order.callback_url,
    )  # fmt: skip


def test_shots_add_up() -> None:
    """Without a duration the shots' sum is used."""
    order = judge(CITY)
    assert (10, "Wide shot of city skyline | Close-up of glass buildings") == (order.seconds, order.text)


def test_oddities_are_seen() -> None:
    """Fields that the page does not have, references to nothing and a missing prompt are accepted and named."""
    given = ELEMENTS | {"prompt": "@Element2 by @Image1 and @Element1", "sound": "on", "callback_url": URL}
    order = judge(given | {"elements": [IMAGE | {"name": "woman"}]}, webhook=URL)
    assert {"webhook", "input.sound", "input.callback_url", "input.elements[0].name"} == set(order.unknown_fields)
    assert ("prompt refers to Element2 of 1", "prompt refers to Image1 of 0") == order.notes
    assert ((), ()) == (judge(MEADOW).notes, judge(WOMAN).notes)
    assert ("no prompt",) == judge(FRAMES | NO_PROMPT).notes
    shot = {"prompt": "@Image2", "duration": 3, "index": 1}
    order = judge(IMAGES | NO_PROMPT | {"multi_shots": [shot, shot]})
    assert (("prompt refers to Image2 of 1",), 2) == (order.notes, len(order.unknown_fields))
