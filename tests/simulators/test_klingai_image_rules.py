"""What KlingAI's image creates accept: the specification of 2026-02-10 and later pages, row by row, over HTTP."""

from __future__ import annotations

import base64
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .conftest import Kling

OMNI, GENERATIONS = "/v1/images/omni-image", "/v1/images/generations"
SEPTEMBER = date(2026, 9, 1)
URL = "https://example.com/a.png"
IMAGE = {"image": URL}
V3_OMNI, O1, V3 = {"model_name": "kling-v3-omni"}, {"model_name": "kling-image-o1"}, {"model_name": "kling-v3"}
SERIES = V3_OMNI | {"result_type": "series", "image_list": [IMAGE]}
RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"]


def els(count: int) -> list[dict[str, int]]:
    """Multi-image elements; 160 is one from the start."""
    return [{"element_id": 160}] * count


def picture(width: int = 300, height: int = 300, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def problem(answer: httpx.Response) -> tuple[int, int, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["message"]


OMNI_ACCEPTED: dict[str, dict[str, Any]] = {
    "the least: a prompt": {},
    "prompt of 2500": {"prompt": "x" * 2500},
    "kling-image-o1": O1,
    "kling-v3-omni": V3_OMNI,
    "empty values of the examples are absent": {
        "image_list": [], "element_list": [], "resolution": "", "result_type": "", "aspect_ratio": "",
        "callback_url": "", "external_task_id": "",
    },
    "an image as link": {"image_list": [IMAGE]},
    "an image as base64": {"image_list": [{"image": picture(kind="JPEG")}]},
    "10 images": {"image_list": [IMAGE] * 10},
    "10 elements": {"element_list": els(10)},
    "6 images and 4 elements": V3_OMNI | {"image_list": [IMAGE] * 6, "element_list": els(4)},
    "O1: 2k": O1 | {"resolution": "2k"},
    "3.0 Omni: 4k": V3_OMNI | {"resolution": "4k"},
    "n = 1": {"n": 1},
    "n = 9": {"n": 9},
    "n as text, as in an example": {"n": "9"},
    "series of 2": SERIES | {"series_amount": 2},
    "series of 9": SERIES | {"series_amount": 9},
    "series from elements": SERIES | {"image_list": [], "element_list": els(1)},
    "a series has no n": SERIES | {"n": 99},
    "a single result has no series_amount": {"series_amount": 99},
    "3.0 Omni: auto from text, in February": V3_OMNI | {"aspect_ratio": "auto"},
    "O1: auto from an image": O1 | {"aspect_ratio": "auto", "image_list": [IMAGE]},
    **{f"aspect_ratio {ratio}": {"aspect_ratio": ratio} for ratio in RATIOS},
    "the document's example": {
        "model_name": "kling-v3-omni", "prompt": "<<object_1>> in the style of <<image_1>>",
        "element_list": [{"element_id": "160"}, {"element_id": "161"}], "image_list": [IMAGE, IMAGE],
        "resolution": "2k", "result_type": "series", "series_amount": 2, "aspect_ratio": "auto",
        "external_task_id": "", "callback_url": "",
    },
}  # fmt: skip


@pytest.mark.parametrize("fields", OMNI_ACCEPTED.values(), ids=OMNI_ACCEPTED)
def test_omni_accepts(kling: Kling, fields: dict[str, Any]) -> None:
    """Omni-Image create accepts what its rows and the capability map allow, up to their limits."""
    answer = kling.post(OMNI, **fields)
    assert (200, 0) == (answer.status_code, answer.json()["code"]), answer.text


OMNI_REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "model_name: enum": ("model_name", V3),
    "prompt is required": ("prompt", {"prompt": ...}),
    "prompt is not empty": ("prompt", {"prompt": ""}),
    "prompt of 2501": ("prompt", {"prompt": "x" * 2501}),
    "image_list is an array": ("image_list", {"image_list": IMAGE}),
    "the key is image, not image_url": ("image_list[0].image", {"image_list": [{"image_url": URL}]}),
    "an empty image": ("image_list[1].image", {"image_list": [IMAGE, {"image": ""}]}),
    "data URI": (
        "image_list[0].image: File is not in a valid base64 format",
        {"image_list": [{"image": "data:image/png;base64," + picture()}]},
    ),
    "another format": ("image_list[0].image", {"image_list": [{"image": picture(kind="GIF")}]}),
    "a link to another format": ("image_list[0].image", {"image_list": [{"image": "https://e.com/a.webp"}]}),
    "below 300 px": ("image_list[0].image", {"image_list": [{"image": picture(300, 299)}]}),
    "beyond 2.5:1": ("image_list[0].image", {"image_list": [{"image": picture(751, 300)}]}),
    "11 images": ("image_list and element_list", {"image_list": [IMAGE] * 11}),
    "11 elements": ("image_list and element_list", {"element_list": els(11)}),
    "7 images and 4 elements": ("image_list and element_list", {"image_list": [IMAGE] * 7, "element_list": els(4)}),
    "an element that there is not": ("element_list[0].element_id", {"element_list": [{"element_id": 5}]}),
    "a video character element": ("element_list", {"element_list": [{"element_id": 162}]}),
    "resolution: enum": ("resolution", {"resolution": "1K"}),
    "O1: 4k": ("resolution", O1 | {"resolution": "4k"}),
    "result_type: enum": ("result_type", {"result_type": "many"}),
    "O1: series": ("result_type", SERIES | O1),
    "series from text": ("result_type", SERIES | {"image_list": []}),
    "n = 0": ("n", {"n": 0}),
    "n = 10": ("n", {"n": 10}),
    "n = 1.5": ("n", {"n": 1.5}),
    "n is no boolean": ("n", {"n": True}),
    "n as another text": ("n", {"n": "many"}),
    "series of 1": ("series_amount", SERIES | {"series_amount": 1}),
    "series of 10": ("series_amount", SERIES | {"series_amount": 10}),
    "series of auto, in February": ("series_amount", SERIES | {"series_amount": "auto"}),
    "aspect_ratio: enum": ("aspect_ratio", {"aspect_ratio": "5:4"}),
    "O1: auto from text": ("aspect_ratio", O1 | {"aspect_ratio": "auto"}),
    "callback_url": ("callback_url", {"callback_url": "example.com/hook"}),
    "external_task_id is a string": ("external_task_id", {"external_task_id": 5}),
}


@pytest.mark.parametrize(("begins", "fields"), OMNI_REFUSED.values(), ids=OMNI_REFUSED)
def test_omni_refuses(kling: Kling, begins: str, fields: dict[str, Any]) -> None:
    """What is beyond a row is refused with 400 / 1201, named by its field, and makes no task."""
    status, code, message = problem(kling.post(OMNI, **fields))
    assert (400, 1201) == (status, code)
    assert message.startswith(begins), message
    assert [] == kling.simulator.tasks()


def of(model: str, **fields: Any) -> dict[str, Any]:
    return {"model_name": model} | fields


GENERATIONS_ACCEPTED: dict[str, dict[str, Any]] = {
    "the least: a prompt": {},
    **{model: of(model) for model in ("kling-v1", "kling-v1-5", "kling-v2", "kling-v2-1", "kling-v3")},
    "kling-v2-new changes an image": of("kling-v2-new", image=URL),
    "prompt of 2500": {"prompt": "x" * 2500},
    "negative_prompt of 2500": {"negative_prompt": "x" * 2500},
    "negative_prompt empty, with an image": {"negative_prompt": "", "image": URL},
    "an image as base64": {"image": picture()},
    "image_reference subject": of("kling-v1-5", image=URL, image_reference="subject"),
    "image_reference face": of("kling-v2-1", image=URL, image_reference="face"),
    "fidelities of 0": of("kling-v2-1", image=URL, image_reference="subject", image_fidelity=0, human_fidelity=0),
    "fidelities of 1": of("kling-v2-1", image=URL, image_reference="subject", image_fidelity=1, human_fidelity=1.0),
    "fidelities are of no use to 3.0, and taken": V3 | {"image_fidelity": 0.5, "human_fidelity": 0.45},
    "10 elements": V3 | {"element_list": els(10)},
    "an image and 9 elements": V3 | {"image": URL, "element_list": els(9)},
    "2k": V3 | {"resolution": "2k"},
    "2k of 2.1": of("kling-v2-1", resolution="2k"),
    "n = 9": {"n": 9},
    **{f"aspect_ratio {ratio}": V3 | {"aspect_ratio": ratio} for ratio in RATIOS},
    "the document's example": V3 | {
        "element_list": [{"element_id": "160"}, {"element_id": "161"}], "image": URL, "resolution": "2k", "n": "9",
        "aspect_ratio": "3:2", "external_task_id": "", "callback_url": "",
    },
}  # fmt: skip


@pytest.mark.parametrize("fields", GENERATIONS_ACCEPTED.values(), ids=GENERATIONS_ACCEPTED)
def test_generations_accepts(kling: Kling, fields: dict[str, Any]) -> None:
    """Image Generation create accepts what its rows and the capability maps allow, up to their limits."""
    answer = kling.post(GENERATIONS, **fields)
    assert (200, 0) == (answer.status_code, answer.json()["code"]), answer.text


GENERATIONS_REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "model_name: enum, though the document's example of omni-image posts here": ("model_name", V3_OMNI),
    "prompt is required": ("prompt", {"prompt": ...}),
    "prompt of 2501": ("prompt", {"prompt": "x" * 2501}),
    "negative_prompt of 2501": ("negative_prompt", {"negative_prompt": "x" * 2501}),
    "negative_prompt with an image": ("negative_prompt", {"negative_prompt": "blur", "image": URL}),
    "image is one": ("image", {"image": [URL]}),
    "image below 300 px": ("image", {"image": picture(299, 300)}),
    "image_reference: enum": ("image_reference", {"image": URL, "image_reference": "style"}),
    "image_reference without its image": ("image", of("kling-v1-5", image_reference="face")),
    "image_reference is not of 3.0": ("image_reference", V3 | {"image": URL, "image_reference": "face"}),
    "1.5 needs image_reference with an image": ("image_reference", of("kling-v1-5", image=URL)),
    "kling-v2-new without an image": ("image", of("kling-v2-new")),
    "image_fidelity above 1": ("image_fidelity", of("kling-v2-1", image=URL, image_fidelity=1.01)),
    "image_fidelity below 0": ("image_fidelity", of("kling-v2-1", image=URL, image_fidelity=-0.01)),
    "human_fidelity above 1": ("human_fidelity", of("kling-v2-1", image=URL, human_fidelity=1.01)),
    "human_fidelity as text": ("human_fidelity", of("kling-v2-1", image=URL, human_fidelity="0.5")),
    "11 elements": ("image and element_list", V3 | {"element_list": els(11)}),
    "an image and 10 elements": ("image and element_list", V3 | {"image": URL, "element_list": els(10)}),
    "a video character element": ("element_list", V3 | {"element_list": [{"element_id": 162}]}),
    "elements are of 3.0": ("element_list", of("kling-v2-1", element_list=els(1))),
    "4k": ("resolution", V3 | {"resolution": "4k"}),
    "2k of 1.0": ("resolution", of("kling-v1", resolution="2k")),
    "2k of 1.5": ("resolution", of("kling-v1-5", resolution="2k")),
    "n = 0": ("n", {"n": 0}),
    "n = 10": ("n", {"n": "10"}),
    "auto": ("aspect_ratio", V3 | {"aspect_ratio": "auto", "image": URL}),
    "21:9 of 1.0": ("aspect_ratio", of("kling-v1", aspect_ratio="21:9")),
}


@pytest.mark.parametrize(("begins", "fields"), GENERATIONS_REFUSED.values(), ids=GENERATIONS_REFUSED)
def test_generations_refuses(kling: Kling, begins: str, fields: dict[str, Any]) -> None:
    """What is beyond a row is refused with 400 / 1201, named by its field, and makes no task."""
    status, code, message = problem(kling.post(GENERATIONS, **fields))
    assert (400, 1201) == (status, code)
    assert message.startswith(begins), message
    assert [] == kling.simulator.tasks()


CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "series_amount auto": (OMNI, SERIES | {"series_amount": "auto"}, "2026-04-26 no, 2026-04-27 yes"),
    "3.0 Omni: auto from text": (OMNI, V3_OMNI | {"aspect_ratio": "auto"}, "2026-05-18 yes, 2026-05-19 no"),
    "3.0 Omni: auto from an image": (
        OMNI,
        V3_OMNI | {"aspect_ratio": "auto", "image_list": [IMAGE]},
        "2026-05-18 yes, 2026-09-01 yes",
    ),
    "3.0 Omni: no ratio from text": (OMNI, V3_OMNI, "2026-05-18 yes, 2026-09-01 yes"),
    "O1: auto from text": (OMNI, O1 | {"aspect_ratio": "auto"}, "2026-02-10 no, 2026-09-01 no"),
    "kling-v2": (GENERATIONS, of("kling-v2"), "2026-08-31 yes, 2026-09-01 no"),
    "kling-v1-5": (GENERATIONS, of("kling-v1-5"), "2026-08-31 yes, 2026-09-01 no"),
    "kling-v2-1": (GENERATIONS, of("kling-v2-1"), "2026-08-31 yes, 2026-09-01 yes"),
    "kling-v3": (GENERATIONS, V3, "2026-08-31 yes, 2026-09-01 yes"),
}


@pytest.mark.parametrize(("path", "fields", "days"), CHANGES.values(), ids=CHANGES)
def test_dated_changes(start: Callable[..., Kling], path: str, fields: dict[str, Any], days: str) -> None:
    """Kling's changelog, the map of 2026-05-19 and the pages of September: each change holds from its day."""
    for entry in days.split(", "):
        day, word = entry.split()
        answer = start(rules_as_of=date.fromisoformat(day)).post(path, **fields)
        assert (200 if word == "yes" else 400) == answer.status_code, entry


@pytest.mark.parametrize(
    ("path", "day", "model"),
    [
        (OMNI, date(2026, 2, 10), "kling-image-o1"),
        (OMNI, SEPTEMBER, "kling-image-o1"),
        (GENERATIONS, date(2026, 2, 10), "kling-v1"),
        (GENERATIONS, SEPTEMBER, "kling-v3"),
    ],
)
def test_default_model(start: Callable[..., Kling], path: str, day: date, model: str) -> None:
    """Default model_name: kling-image-o1 of omni-image; of generations kling-v1, kling-v3 since September."""
    kling = start(rules_as_of=day)
    kling.posted(path)
    assert [model] == [seen["model"] for seen in kling.simulator.tasks()]
