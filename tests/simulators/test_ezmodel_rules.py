"""EzModel's page "Kling Omni Video", rule by rule, and the way in which each is refused (its published source)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.simulators.ezmodel_rules import NoChannelError, NoModelError, PriceError, WrongTypeError, check
from local.simulators.fields import InvalidError

V3 = {"model": "kling-v3-omni", "prompt": "a fox"}
O1 = {"model": "kling-video-o1", "prompt": "a fox"}
SHOTS_ALONE = {"model": "kling-v3-omni"}
URL = "https://example.com/a.jpg"
REFERENCE = {"image_url": URL}
FIRST, END = (REFERENCE | {"type": kind} for kind in ("first_frame", "end_frame"))
BASE = {"video_list": [{"video_url": "https://example.com/v.mp4", "refer_type": "base"}]}
FEATURE = {"video_list": [{"video_url": "https://example.com/v.mp4", "refer_type": "feature"}]}


def shots(*durations: Any, **changed: Any) -> dict[str, Any]:
    return {"multi_prompt": [{"prompt": f"shot {n}", "duration": s} | changed for n, s in enumerate(durations, 1)]}


ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "v3: the least": ("5", V3),
    "o1: the least": ("5", O1),
    "v3: 3 s": ("3", V3 | {"duration": "3"}),
    "v3: 15 s": ("15", V3 | {"duration": "15"}),
    "v3: 15 s from an image": ("15", V3 | {"duration": "15", "image_list": [FIRST]}),
    "v3: feature video, 3 s": ("3", V3 | FEATURE | {"duration": "3"}),
    "v3: feature video, 10 s": ("10", V3 | FEATURE | {"duration": "10"}),
    "o1: 10 s of text": ("10", O1 | {"duration": "10"}),
    "o1: 10 s of images": ("10", O1 | {"duration": "10", "image_list": [REFERENCE]}),
    "o1: 7 s between frames": ("7", O1 | {"duration": "7", "image_list": [FIRST, END]}),
    "o1: feature video, 3 s": ("3", O1 | FEATURE | {"duration": "3"}),
    "o1: feature video, 10 s": ("10", O1 | FEATURE | {"duration": "10"}),
    "v3: an edit": ("5", V3 | BASE),
    "v3: an edit's duration is nobody's": ("5", V3 | BASE | {"duration": "99"}),
    "2 shots of 3 s": ("6", SHOTS_ALONE | shots("3", "3")),
    "5 shots of 15 s in all": ("15", SHOTS_ALONE | shots("3", "3", "3", "3", "3")),
    "a shot of 2500": ("7", SHOTS_ALONE | shots("3", "4", prompt="x" * 2500)),
    "empty prompt and duration are absent": ("6", V3 | {"prompt": "", "duration": ""} | shots("3", "3")),
    "cfg_scale of 0": ("5", V3 | {"cfg_scale": 0}),
    "cfg_scale of 1": ("5", V3 | {"cfg_scale": 1.0}),
    "pro": ("5", V3 | {"mode": "pro"}),
    "an element": ("5", V3 | {"element_list": [{"element_id": 123456}]}),
    "nulls are absent": ("5", V3 | dict.fromkeys(("duration", "mode", "cfg_scale", "image_list", "multi_prompt"))),
}


@pytest.mark.parametrize(("seconds", "body"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_page_allows(seconds: str, body: dict[str, Any]) -> None:
    """Each rule at its limit is accepted; Kling is asked for so many seconds."""
    assert seconds == check(body).native["duration"]


INVALID: dict[str, tuple[str, dict[str, Any]]] = {
    "prompt together with multi_prompt": ("prompt", V3 | shots("3", "3")),
    "duration together with multi_prompt": ("duration", SHOTS_ALONE | shots("3", "3") | {"duration": "6"}),
    "multi_prompt is V3 only": ("multi_prompt", {"model": "kling-video-o1"} | shots("3", "3")),
    "1 shot": ("multi_prompt", SHOTS_ALONE | shots("5")),
    "7 shots": ("multi_prompt", SHOTS_ALONE | shots(*"3333333")),
    "a shot of 2501": ("multi_prompt[0].prompt", SHOTS_ALONE | shots("3", "4", prompt="x" * 2501)),
    "cfg_scale below 0": ("cfg_scale", V3 | {"cfg_scale": -0.01}),
    "cfg_scale above 1": ("cfg_scale", V3 | {"cfg_scale": 1.01}),
}


@pytest.mark.parametrize(("field", "body"), INVALID.values(), ids=INVALID)
def test_invalid(field: str, body: dict[str, Any]) -> None:
    """What the page forbids and no price depends on is an invalid request, and the message begins with the field."""
    with pytest.raises(InvalidError, match=f"^{re.escape(field)}") as raised:
        check(body)
    assert InvalidError is raised.type


UNPRICED: dict[str, tuple[str, dict[str, Any]]] = {
    "4k": ("unsupported mode: 4k", V3 | {"mode": "4k"}),
    "a mode that there is not": ("unsupported mode: standard", V3 | {"mode": "standard"}),
    "v3: 2 s": ("duration", V3 | {"duration": "2"}),
    "v3: 16 s": ("duration", V3 | {"duration": "16"}),
    "v3: feature video, 2 s": ("duration", V3 | FEATURE | {"duration": "2"}),
    "v3: feature video, 11 s": ("duration", V3 | FEATURE | {"duration": "11"}),
    "o1: 7 s of text": ("duration", O1 | {"duration": "7"}),
    "o1: 7 s of images": ("duration", O1 | {"duration": "7", "image_list": [REFERENCE]}),
    "o1: 15 s": ("duration", O1 | {"duration": "15"}),
    "o1: 2 s between frames": ("duration", O1 | {"duration": "2", "image_list": [FIRST, END]}),
    "o1: 11 s between frames": ("duration", O1 | {"duration": "11", "image_list": [FIRST, END]}),
    "o1: feature video, 11 s": ("duration", O1 | FEATURE | {"duration": "11"}),
    "o1: an edit": ("video_list", O1 | BASE),
    "a fraction": ("duration", V3 | {"duration": "5.5"}),
    "a leading nought": ("duration", V3 | {"duration": "05"}),
    "a word": ("duration", V3 | {"duration": "5s"}),
    "a shot of 2 s": ("multi_prompt[1].duration", SHOTS_ALONE | shots("3", "2")),
    "a shot of half a second more": ("multi_prompt[0].duration", SHOTS_ALONE | shots("3.5", "3")),
    "a shot without a duration": ("multi_prompt[0].duration", SHOTS_ALONE | shots(None, "3")),
    "a shot without a prompt": ("multi_prompt[0].prompt", SHOTS_ALONE | shots("3", "3", prompt="")),
    "16 s in all": ("multi_prompt", SHOTS_ALONE | shots("8", "8")),
    "6 shots are 18 s at least": ("multi_prompt", SHOTS_ALONE | shots(*"333333")),
}


@pytest.mark.parametrize(("field", "body"), UNPRICED.values(), ids=UNPRICED)
def test_no_price(field: str, body: dict[str, Any]) -> None:
    """Modes, durations and shots that no price can be found for are refused so."""
    with pytest.raises(PriceError, match=f"^{re.escape(field)}"):
        check(body)


MISTYPED: dict[str, tuple[str, dict[str, Any]]] = {
    "a numeric duration": ("duration", V3 | {"duration": 5}),
    "a shot's numeric duration": ("multi_prompt[0].duration", SHOTS_ALONE | shots(3, 3)),
    "an element's id as text": ("element_list[0].element_id", V3 | {"element_list": [{"element_id": "123456"}]}),
    "an element's id with a fraction": ("element_list[0].element_id", V3 | {"element_list": [{"element_id": 1.5}]}),
    "a numeric prompt": ("prompt", V3 | {"prompt": 1}),
    "sound as a boolean": ("sound", V3 | {"sound": True}),
    "keep_original_sound as a boolean": (
        "video_list[0].keep_original_sound",
        V3 | {"video_list": [BASE["video_list"][0] | {"keep_original_sound": True}]},
    ),
    "cfg_scale as text": ("cfg_scale", V3 | {"cfg_scale": "0.5"}),
    "images that are no array": ("image_list", V3 | {"image_list": REFERENCE}),
    "images that are no objects": ("image_list", V3 | {"image_list": [URL]}),
    "a type is looked at before a price": ("duration", V3 | {"duration": 16, "mode": "4k"}),
}


@pytest.mark.parametrize(("field", "body"), MISTYPED.values(), ids=MISTYPED)
def test_types(field: str, body: dict[str, Any]) -> None:
    """Types: durations are strings, element ids integers, cfg_scale is a number, the rest as the tables have it."""
    with pytest.raises(WrongTypeError, match=f"^{re.escape(field)} must be"):
        check(body)


@pytest.mark.parametrize("model", [None, "", 3])
def test_no_model(model: object) -> None:
    """`model` is required; whatever else is wrong."""
    with pytest.raises(NoModelError):
        check({"model": model, "duration": 5})


@pytest.mark.parametrize("model", ["kling-v3", "kling-v2-6", "sora-2"])
def test_other_models(model: str) -> None:
    """The page has two models."""
    with pytest.raises(NoChannelError, match=model):
        check({"model": model, "prompt": "a"})


def test_defaults() -> None:
    """The page's defaults: std, 5 s, 16:9, off; what is given goes on as it is, what no Omni of Kling's has does not."""
    assert {
        "model_name": "kling-v3-omni", "prompt": "a fox", "mode": "std", "duration": "5", "aspect_ratio": "16:9", "sound": "off",
    } == check(V3 | {"negative_prompt": "blur", "cfg_scale": 0.5}).native  # fmt: skip
    given = {"mode": "pro", "aspect_ratio": "9:16", "sound": "on", "external_task_id": "e", "callback_url": URL}
    given |= {"image_list": [FIRST, END], "element_list": [{"element_id": 5}]}
    assert given == {name: check(V3 | given).native[name] for name in given}


def test_shots_go_on() -> None:
    """Kling gets the first shot's prompt and the sum of all, and never `multi_shot`."""
    order = check(SHOTS_ALONE | shots("4", "4", "5") | {"multi_shot": True})
    assert ("shot 1", "13", ("shot 1", "shot 2", "shot 3")) == (
        order.native["prompt"], order.native["duration"], order.shots,
    )  # fmt: skip
    assert "multi_shot" not in order.native


def test_unknown_fields() -> None:
    """What the page does not have is dropped, and named with its place; so are Kling's own fields that EzModel drops."""
    body = SHOTS_ALONE | shots("3", "3", index=1) | {"multi_shot": True, "shot_type": "customize"}
    body |= {"watermark_info": {"enabled": True}, "image_list": [REFERENCE | {"name": "a"}]}
    assert {
        "multi_shot", "shot_type", "watermark_info", "multi_prompt[0].index", "multi_prompt[1].index", "image_list[0].name",
    } == set(check(body).unknown_fields)  # fmt: skip
