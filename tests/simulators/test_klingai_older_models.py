"""Models before 3.0 on text2video and image2video: the pages and capability maps of their time, over HTTP."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any, cast

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .conftest import Kling

URL = "https://example.com/a.png"
MASK = {"mask": "https://example.com/m.png", "trajectories": [{"x": 279, "y": 219}, {"x": 417, "y": 65}]}
STD_10, PRO_5, PRO_10 = {"duration": "10"}, {"mode": "pro"}, {"mode": "pro", "duration": "10"}
ENDS = {"image": URL, "image_tail": URL}
SIMPLE = {"type": "simple", "config": {"zoom": 5}}
VOICE = {"voice_list": [{"voice_id": "829824295735410756"}]}


def picture(width: int, height: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def post(kling: Kling, product: str, model: str | None, /, **fields: Any) -> httpx.Response:
    """Posts a create of a video with a prompt, or from a start frame; a field that is `...` is left out."""
    body = {"model_name": model, "prompt": "a fox"} | ({"image": URL} if product == "image2video" else {}) | fields
    return kling.http.post(f"/v1/videos/{product}", json={name: value for name, value in body.items() if value != ...})


def text(model: str | None, /, **fields: Any) -> tuple[str, str | None, dict[str, Any]]:
    return "text2video", model, fields


def image(model: str | None, /, **fields: Any) -> tuple[str, str | None, dict[str, Any]]:
    return "image2video", model, fields


TEXT_MODELS = ["v1", "v1-6", "v2-master", "v2-1-master", "v2-5-turbo", "v2-6"]
IMAGE_MODELS = ["v1", "v1-5", "v1-6", "v2-master", "v2-1", "v2-1-master", "v2-5-turbo", "v2-6"]

ACCEPTED = {
    **{f"text: kling-{name}": text(f"kling-{name}") for name in TEXT_MODELS},
    **{f"image: kling-{name}": image(f"kling-{name}") for name in IMAGE_MODELS},
    "no model_name: kling-v1": text(None),
    "the old field `model` has no effect": text(None, model="kling-v2-6", duration="10"),
    "10 s": text("kling-v2-6", duration="10"),
    "cfg_scale 0": text("kling-v1", cfg_scale=0),
    "cfg_scale 1": text("kling-v1-6", cfg_scale=1),
    "cfg_scale is of no use to 2.x, and taken": text("kling-v2-master", cfg_scale=0.5),
    "negative_prompt of 2500": image("kling-v1", negative_prompt="x" * 2500),
    "from an image the prompt is optional": image("kling-v1-6", prompt=...),
    # camera_control
    "camera: simple, 10": text("kling-v1", camera_control={"type": "simple", "config": {"zoom": 10}}),
    "camera: simple, -10": text("kling-v1", camera_control={"type": "simple", "config": {"pan": -10}}),
    "camera: the five others zero": text(
        "kling-v1",
        camera_control={
            "type": "simple",
            "config": {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0.5, "roll": 0, "zoom": 0},
        },
    ),
    **{
        f"camera: {kind}": text("kling-v1", camera_control={"type": kind})
        for kind in ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
    },
    "camera: an empty config": text("kling-v1", camera_control={"type": "down_back", "config": {}}),
    "camera: v1 from an image": image("kling-v1", camera_control={"type": "forward_up"}),
    "camera: v1-5 pro, simple": image("kling-v1-5", camera_control=SIMPLE, **PRO_5),
    # Motion brush.
    "masks: as in the page's example": image("kling-v1", static_mask=URL, dynamic_masks=[MASK], **PRO_5),
    "masks: v1 std": image("kling-v1", static_mask=URL),
    "masks: v1-5 pro": image("kling-v1-5", dynamic_masks=[MASK], **PRO_5),
    "masks: 6 groups": image("kling-v1", dynamic_masks=[MASK] * 6),
    "masks: 77 points": image("kling-v1", dynamic_masks=[MASK | {"trajectories": [{"x": 1, "y": 2}] * 77}]),
    # End frame.
    "end frame: v1": image("kling-v1", **ENDS),
    "end frame: v1 pro": image("kling-v1", **ENDS, **PRO_5),
    "end frame: v1-5 pro 10 s": image("kling-v1-5", **ENDS, **PRO_10),
    "end frame: v1-6 pro": image("kling-v1-6", **ENDS, **PRO_5),
    "end frame: v2-1 pro 10 s": image("kling-v2-1", **ENDS, **PRO_10),
    "end frame: v2-5-turbo pro": image("kling-v2-5-turbo", **ENDS, **PRO_5),
    "end frame: v2-6 pro, silent": image("kling-v2-6", **ENDS, **PRO_5),
    "end frame alone: v1-5": image("kling-v1-5", image=..., image_tail=URL, **PRO_5),
    "end frame alone: v1-6": image("kling-v1-6", image=..., image_tail=URL, **PRO_10),
    "an empty image_tail is none": image("kling-v2-master", image_tail="", static_mask="", dynamic_masks=[]),
    # Sound and voices.
    "sound: v2-6 pro": text("kling-v2-6", sound="on", **PRO_5),
    "sound: off is everybody's": text("kling-v1", sound="off"),
    "voices: 2": image("kling-v2-6", voice_list=[{"voice_id": "1"}, {"voice_id": "2"}], sound="on", **PRO_10),
}


@pytest.mark.parametrize(("product", "model", "fields"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(kling: Kling, product: str, model: str | None, fields: dict[str, Any]) -> None:
    """What the older pages allow, up to their limits, is accepted."""
    answer = post(kling, product, model, **fields)
    assert (200, 0) == (answer.status_code, answer.json()["code"]), answer.text


CAMERA = "camera_control"
MASKS = "static_mask / dynamic_masks"
REFUSED = {
    "text: a model of image2video": ("model_name", text("kling-v1-5")),
    "text: another": ("model_name", text("kling-v2-1")),
    "text: the prompt is needed": ("prompt", text("kling-v1", prompt="")),
    "prompt of 2501": ("prompt", text("kling-v1", prompt="x" * 2501)),
    "negative_prompt of 2501": ("negative_prompt", text("kling-v1", negative_prompt="x" * 2501)),
    "an image is needed": ("image can not be null", image("kling-v1", image=...)),
    "from an image 3.0 needs a prompt": ("prompt", image("kling-v3", prompt=...)),
    "4 s": ("duration", text("kling-v1", duration="4")),
    "11 s": ("duration", image("kling-v2-6", duration="11")),
    "7 s": ("duration", text("kling-v2-5-turbo", duration="7")),
    "4k": ("mode", text("kling-v2-6", mode="4k")),
    "multi-shot": ("multi_shot", image("kling-v2-6", multi_shot=True, shot_type="intelligence")),
    "elements": ("element_list", image("kling-v2-6", element_list=[{"element_id": 160}])),
    "cfg_scale above 1": ("cfg_scale", text("kling-v1", cfg_scale=1.01)),
    "cfg_scale below 0": ("cfg_scale", text("kling-v1", cfg_scale=-0.01)),
    "cfg_scale as text": ("cfg_scale", text("kling-v1", cfg_scale="0.5")),
    # camera_control
    "camera: beyond 10": (
        "camera_control.config.zoom",
        text("kling-v1", camera_control={"type": "simple", "config": {"zoom": 10.1}}),
    ),
    "camera: beyond -10": (
        "camera_control.config.roll",
        text("kling-v1", camera_control={"type": "simple", "config": {"roll": -10.1}}),
    ),
    "camera: two movements": (
        "camera_control.config",
        text("kling-v1", camera_control={"type": "simple", "config": {"zoom": 1, "pan": 1}}),
    ),
    "camera: none": ("camera_control.config", text("kling-v1", camera_control={"type": "simple"})),
    "camera: all zero": (
        "camera_control.config",
        text("kling-v1", camera_control={"type": "simple", "config": {"zoom": 0}}),
    ),
    "camera: config with another type": (
        "camera_control.config",
        text("kling-v1", camera_control={"type": "down_back", "config": {"zoom": 1}}),
    ),
    "camera: type: enum": ("camera_control.type", text("kling-v1", camera_control={"type": "spin"})),
    "camera: no type": ("camera_control.type", text("kling-v1", camera_control={"config": {"zoom": 1}})),
    "camera: no object": (CAMERA, text("kling-v1", camera_control="simple")),
    "camera: v1 pro": (CAMERA, text("kling-v1", camera_control=SIMPLE, **PRO_5)),
    "camera: v1 10 s": (CAMERA, text("kling-v1", camera_control=SIMPLE, **STD_10)),
    "camera: v1-5 std": (CAMERA, image("kling-v1-5", camera_control=SIMPLE)),
    "camera: v1-5 pro 10 s": (CAMERA, image("kling-v1-5", camera_control=SIMPLE, **PRO_10)),
    "camera: v1-5 has simple alone": (
        "camera_control.type",
        image("kling-v1-5", camera_control={"type": "forward_up"}, **PRO_5),
    ),
    "camera: v1-6": (CAMERA, text("kling-v1-6", camera_control=SIMPLE)),
    "camera: v2-6": (CAMERA, image("kling-v2-6", camera_control=SIMPLE)),
    "camera: v3": (CAMERA, image("kling-v3", camera_control=SIMPLE)),
    # Motion brush.
    "masks: v1-6, as seen": ("kling-v1-6 is not supported with motion brush", image("kling-v1-6", static_mask=URL)),
    "masks: v3": ("kling-v3 is not supported with motion brush", image("kling-v3", dynamic_masks=[MASK])),
    "masks: v1 10 s": (MASKS, image("kling-v1", static_mask=URL, **STD_10)),
    "masks: v1-5 std": (MASKS, image("kling-v1-5", static_mask=URL)),
    "masks: v1-5 10 s": (MASKS, image("kling-v1-5", static_mask=URL, **PRO_10)),
    "masks: 7 groups": ("dynamic_masks", image("kling-v1", dynamic_masks=[MASK] * 7)),
    "masks: 1 point": (
        "dynamic_masks[1].trajectories",
        image("kling-v1", dynamic_masks=[MASK, MASK | {"trajectories": [{"x": 1, "y": 2}]}]),
    ),
    "masks: 78 points": (
        "dynamic_masks[0].trajectories",
        image("kling-v1", dynamic_masks=[MASK | {"trajectories": [{"x": 1, "y": 2}] * 78}]),
    ),
    "masks: points as pairs": (
        "dynamic_masks[0].trajectories",
        image("kling-v1", dynamic_masks=[MASK | {"trajectories": [[1, 2], [3, 4]]}]),
    ),
    "masks: a point is of whole pixels": (
        "dynamic_masks[0].trajectories[1].y",
        image("kling-v1", dynamic_masks=[MASK | {"trajectories": [{"x": 1, "y": 2}, {"x": 1, "y": 2.5}]}]),
    ),
    "masks: a trajectory without its mask": (
        "dynamic_masks[0].mask",
        image("kling-v1", dynamic_masks=[MASK | {"mask": ""}]),
    ),
    "masks: another format": ("static_mask", image("kling-v1", static_mask="https://e.com/m.gif")),
    "masks: below 300 px": ("static_mask", image("kling-v1", static_mask=picture(299, 300))),
    # End frame.
    "end frame: v1 10 s": ("image_tail", image("kling-v1", **ENDS, **STD_10)),
    "end frame: v1-5 std": ("image_tail", image("kling-v1-5", **ENDS)),
    "end frame: v1-6 std": ("image_tail", image("kling-v1-6", **ENDS, **STD_10)),
    "end frame: v2-1 std": ("image_tail", image("kling-v2-1", **ENDS)),
    "end frame: v2-5-turbo std": ("image_tail", image("kling-v2-5-turbo", **ENDS)),
    "end frame: v2-6 std": ("image_tail", image("kling-v2-6", **ENDS)),
    "end frame: v2-6 with sound": ("image_tail", image("kling-v2-6", **ENDS, **PRO_5, sound="on")),
    "end frame: v2-master": ("image_tail", image("kling-v2-master", **ENDS, **PRO_5)),
    "end frame: v2-1-master": ("image_tail", image("kling-v2-1-master", **ENDS, **PRO_5)),
    "end frame alone: v1": ("image_tail", image("kling-v1", image=..., image_tail=URL)),
    "end frame alone: v2-6": ("image_tail", image("kling-v2-6", image=..., image_tail=URL, **PRO_5)),
    # "image_tail, dynamic_masks/static_mask, and camera_control ... cannot be used at the same time"
    "end frame and static mask": ("image_tail", image("kling-v1", **ENDS, static_mask=URL)),
    "end frame and dynamic masks": ("image_tail", image("kling-v1", **ENDS, dynamic_masks=[MASK])),
    "end frame and camera": ("image_tail", image("kling-v1", **ENDS, camera_control=SIMPLE)),
    "masks and camera": ("image_tail", image("kling-v1", static_mask=URL, camera_control=SIMPLE)),
    # Sound and voices: "Only V2.6 and subsequent versions"; 720p of 2.6 is silent.
    "sound: v2-5-turbo": ("sound on", text("kling-v2-5-turbo", sound="on", **PRO_5)),
    "sound: v2-6 std": ("sound on", text("kling-v2-6", sound="on")),
    "voices: v2-1": ("sound", image("kling-v2-1", **VOICE)),
    "voices: without sound": ("sound", image("kling-v2-6", **VOICE, **PRO_5)),
    "voices: 3": ("voice_list", image("kling-v2-6", voice_list=[{"voice_id": "1"}] * 3, sound="on", **PRO_5)),
    "voices: a number": (
        "voice_list[0].voice_id",
        image("kling-v2-6", voice_list=[{"voice_id": 829824295735410756}], sound="on", **PRO_5),
    ),
    "voices: none in it": ("voice_list[0].voice_id", image("kling-v2-6", voice_list=[{}], sound="on", **PRO_5)),
}


@pytest.mark.parametrize(("begins", "create"), REFUSED.values(), ids=REFUSED)
def test_refused(kling: Kling, begins: str, create: tuple[str, str | None, dict[str, Any]]) -> None:
    """What is beyond them is refused with 400 / 1201, named by its field, and makes no task."""
    product, model, fields = create
    answer = post(kling, product, model, **fields)
    assert (400, 1201) == (answer.status_code, answer.json()["code"])
    assert answer.json()["message"].startswith(begins), answer.json()["message"]
    assert [] == kling.simulator.tasks()


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"static_mask": picture(600, 300)}, "aspect ratio"),
        ({"static_mask": picture(400, 300), "dynamic_masks": [MASK | {"mask": picture(800, 600)}]}, "resolutions"),
        ({"static_mask": picture(400, 300), "dynamic_masks": [MASK | {"mask": picture(400, 300)}]}, ""),
    ],
)
def test_masks_that_do_not_fit(kling: Kling, until: Callable[..., None], masks: dict[str, Any], message: str) -> None:
    """Masks have the image's ratio and one resolution; "otherwise, the task will fail": it is created, then fails."""
    answer = post(kling, "image2video", "kling-v1", image=picture(800, 600), **masks)
    assert 200 == answer.status_code, answer.text
    path = f"/v1/videos/image2video/{answer.json()['data']['task_id']}"

    def task() -> dict[str, Any]:
        return cast("dict[str, Any]", kling.http.get(path).json()["data"])

    until(lambda: task()["task_status"] in {"succeed", "failed"})
    assert ("failed" if message else "succeed") == task()["task_status"]
    assert message in task()["task_status_msg"]


@pytest.mark.parametrize(
    ("create", "units"),
    [
        (text("kling-v2-6"), "1.5"),
        (text("kling-v2-6", **PRO_10), "5.0"),
        (text("kling-v2-6", sound="on", **PRO_5), "5.0"),
        (image("kling-v2-6", prompt="<<<voice_1>>> sings", sound="on", **VOICE, **PRO_5), "6.0"),
        (text("kling-v2-5-turbo", **PRO_5), "2.5"),
        (text("kling-v1"), None),
    ],
)
def test_units(
    kling: Kling, until: Callable[..., None], create: tuple[str, str | None, dict[str, Any]], units: str | None
) -> None:
    """Kling's price list of September: 2.6 0.3 and 0.5 units per second, 1.0 with sound, 1.2 with voices; none of v1."""
    product, model, fields = create
    path = f"/v1/videos/{product}/{post(kling, product, model, **fields).json()['data']['task_id']}"
    until(lambda: kling.http.get(path).json()["data"]["task_status"] == "succeed")
    assert units == kling.http.get(path).json()["data"].get("final_unit_deduction")


def test_oddities_are_seen(kling: Kling) -> None:
    """A field of no use, and a voice that is not there, are accepted and named to tests."""
    post(kling, "text2video", "kling-v2-6", prompt="<<<voice_2>>>", cfg_scale=0.5, sound="on", **VOICE, **PRO_5)
    notes = kling.simulator.requests()[-1]["notes"]
    assert ["cfg_scale is of no use with kling-v2-6", "prompt refers to voice_2 of 1"] == notes
