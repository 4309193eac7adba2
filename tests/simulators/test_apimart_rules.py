"""APIMart's pages "Kling v3" and "Kling v3 Omni", rule by rule."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.simulators.apimart_rules import InvalidError, Order, check

OMNI = {"model": "kling-v3-omni", "prompt": "a fox"}
V3 = {"model": "kling-v3", "prompt": "a fox"}
URL = "https://example.com/a.jpg"
FIRST, LAST, REFERENCE = ({"url": URL, "role": role} for role in ("first_frame", "last_frame", "reference"))
BASE = {"video_list": [{"video_url": "https://example.com/v.mp4"}]}
FEATURE = {"video_list": [{"video_url": "https://example.com/v.mp4", "refer_type": "feature"}]}
DOG = {"name": "element_dog", "description": "a brown dog", "element_input_urls": [URL, URL]}
NO_PROMPT = {"prompt": None}


def shots(*durations: Any, **changed: Any) -> dict[str, Any]:
    rows = [{"index": n, "prompt": f"shot {n}", "duration": lasts} | changed for n, lasts in enumerate(durations, 1)]
    total = sum(lasts for lasts in durations if isinstance(lasts, int))
    return {"multi_shot": True, "shot_type": "customize", "multi_prompt": rows, "duration": total}


def judge(body: dict[str, Any]) -> Order:
    return check(body, lambda _: 7.0)


ACCEPTED: dict[str, dict[str, Any]] = {
    "omni: the least": OMNI,
    "v3: the least": V3,
    "omni: negative prompt of 2500": OMNI | {"negative_prompt": "x" * 2500},
    "v3: a negative prompt has no limit there": V3 | {"negative_prompt": "x" * 2501},
    "omni: 4k": OMNI | {"mode": "4k"},
    "v3: 4k": V3 | {"mode": "4k"},
    "3 s": V3 | {"duration": 3},
    "15 s": OMNI | {"duration": 15},
    "size stands for aspect_ratio": V3 | {"size": "9:16"},
    "v3: first and last frame": V3 | {"image_urls": [URL, URL]},
    "omni: 7 images": OMNI | {"image_urls": [URL] * 7},
    "omni: 4 images with a video": OMNI | FEATURE | {"image_urls": [URL] * 4},
    "omni: both frames": OMNI | {"image_with_roles": [LAST, FIRST, REFERENCE]},
    "omni: feature video with a first frame": OMNI | FEATURE | {"image_with_roles": [FIRST]},
    "omni: base video with a reference": OMNI | BASE | {"image_with_roles": [REFERENCE]},
    "omni: keep_original_sound": OMNI | {"video_list": [BASE["video_list"][0] | {"keep_original_sound": "yes"}]},
    "omni: audio with a video is ignored": OMNI | FEATURE | {"audio": True},
    "v3: shots without a prompt": V3 | NO_PROMPT | shots(5),
    "v3: intelligence without a prompt": V3 | NO_PROMPT | {"multi_shot": True, "shot_type": "intelligence"},
    "6 shots": OMNI | shots(1, 1, 1, 1, 1, 1),
    "v3: a shot of 512": V3 | shots(5, prompt="x" * 512),
    "omni: a shot has no limit there": OMNI | shots(5, prompt="x" * 513),
    "without multi_shot its fields mean nothing": V3 | {"multi_prompt": []},
    "3 elements of 2 to 4": OMNI | {"element_list": [DOG, DOG, DOG | {"element_input_urls": [URL] * 4}]},
    "v3: elements": V3 | {"element_list": [DOG]},
    "watermark": V3 | {"watermark": True},
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_pages_allow(body: dict[str, Any]) -> None:
    """Each rule at its limit is accepted."""
    assert judge(body)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "model is required": ("model", {"prompt": "a"}),
    "model: enum": ("model", {"model": "kling-v2-6", "prompt": "a"}),
    "prompt is required": ("prompt", V3 | NO_PROMPT),
    "prompt is a string": ("prompt", V3 | {"prompt": 5}),
    "omni: prompt is required with shots too": ("prompt", OMNI | NO_PROMPT | shots(5)),
    "omni: negative prompt of 2501": ("negative_prompt", OMNI | {"negative_prompt": "x" * 2501}),
    "mode: enum": ("mode", V3 | {"mode": "standard"}),
    "a quoted duration": ("duration must be a plain number", V3 | {"duration": "6"}),
    "an empty duration": ("duration", V3 | {"duration": ""}),
    "a duration with a fraction": ("duration", V3 | {"duration": 5.5}),
    "a duration that is a boolean": ("duration", V3 | {"duration": True}),
    "2 s": ("duration", V3 | {"duration": 2}),
    "16 s": ("duration", OMNI | {"duration": 16}),
    "aspect_ratio: enum": ("aspect_ratio", V3 | {"aspect_ratio": "4:3"}),
    "size: enum": ("size", V3 | {"size": "1280x720"}),
    "image_urls is an array": ("image_urls", V3 | {"image_urls": URL}),
    "image_urls holds strings": ("image_urls", V3 | {"image_urls": [{"url": URL}]}),
    "image_urls holds URLs": ("image_urls[0]", V3 | {"image_urls": ["data:image/png;base64,AAAA"]}),
    "v3: 3 images": ("image_urls", V3 | {"image_urls": [URL] * 3}),
    "omni: 8 images": ("image_urls", OMNI | {"image_urls": [URL] * 8}),
    "omni: 5 images with a video": ("image_urls", OMNI | FEATURE | {"image_urls": [URL] * 5}),
    "omni: 8 images with roles": ("image_with_roles", OMNI | {"image_with_roles": [REFERENCE] * 8}),
    "omni: both kinds of images": ("image_urls", OMNI | {"image_urls": [URL], "image_with_roles": [FIRST]}),
    "omni: last frame alone": ("image_with_roles", OMNI | {"image_with_roles": [LAST]}),
    "omni: role: enum": ("image_with_roles[0].role", OMNI | {"image_with_roles": [{"url": URL, "role": "tail"}]}),
    "omni: role is required": ("image_with_roles[0].role", OMNI | {"image_with_roles": [{"url": URL}]}),
    "omni: url is required": ("image_with_roles[0].url", OMNI | {"image_with_roles": [{"role": "reference"}]}),
    "omni: 2 videos": ("video_list", OMNI | {"video_list": FEATURE["video_list"] * 2}),
    "omni: video_url is required": ("video_list[0].video_url", OMNI | {"video_list": [{"refer_type": "base"}]}),
    "omni: refer_type: enum": (
        "video_list[0].refer_type",
        OMNI | {"video_list": [BASE["video_list"][0] | {"refer_type": "edit"}]},
    ),
    "omni: keep_original_sound: enum": (
        "video_list[0].keep_original_sound",
        OMNI | {"video_list": [BASE["video_list"][0] | {"keep_original_sound": True}]},
    ),
    "omni: frames and a base video, base by default": ("video_list", OMNI | BASE | {"image_with_roles": [FIRST]}),
    "audio is a boolean": ("audio", V3 | {"audio": "on"}),
    "watermark is a boolean": ("watermark", V3 | {"watermark": "true"}),
    "multi_shot is a boolean": ("multi_shot", V3 | {"multi_shot": "true"}),
    "shot_type is required with multi_shot": ("shot_type", V3 | {"multi_shot": True}),
    "shot_type: enum": ("shot_type", V3 | {"multi_shot": True, "shot_type": "auto"}),
    "multi_prompt is required with customize": ("multi_prompt", V3 | {"multi_shot": True, "shot_type": "customize"}),
    "7 shots": ("multi_prompt", OMNI | shots(1, 1, 1, 1, 1, 1, 1)),
    "index from 0": ("multi_prompt[0].index", V3 | shots(5, index=0)),
    "index twice": ("multi_prompt[1].index", V3 | shots(2, 3, index=1)),
    "index out of order": ("multi_prompt[0].index", V3 | shots(2, 3) | {"multi_prompt": shots(2, 3)["multi_prompt"][::-1]}),
    "index as text": ("multi_prompt[0].index", V3 | shots(5, index="1")),
    "a shot without a prompt": ("multi_prompt[0].prompt", V3 | shots(5, prompt="")),
    "v3: a shot of 513": ("multi_prompt[0].prompt", V3 | shots(5, prompt="x" * 513)),
    "a shot of no time": ("multi_prompt[1].duration", V3 | shots(5, 0)),
    "a shot's quoted duration": ("multi_prompt[0].duration", V3 | shots(5, duration="5")),
    "a shot longer than the whole": ("multi_prompt[0].duration", V3 | shots(6) | {"duration": 5}),
    "sum below the whole": ("multi_prompt", V3 | shots(2, 2) | {"duration": 5}),
    "sum above the whole": ("multi_prompt", V3 | shots(3, 3) | {"duration": 5}),
    "sum against the default of 5": ("multi_prompt", V3 | shots(3, 3) | {"duration": None}),
    "4 elements": ("element_list", OMNI | {"element_list": [DOG] * 4}),
    "an element's name": ("element_list[0].name", OMNI | {"element_list": [DOG | {"name": ""}]}),
    "an element's description": ("element_list[0].description", V3 | {"element_list": [DOG | {"description": None}]}),
    "an element's 1 image": ("element_list[0].element_input_urls", V3 | {"element_list": [DOG | {"element_input_urls": [URL]}]}),
    "an element's 5 images": (
        "element_list[1].element_input_urls",
        OMNI | {"element_list": [DOG, DOG | {"element_input_urls": [URL] * 5}]},
    ),
    "an element by id": ("element_list[0].name", OMNI | {"element_list": [{"element_id": 160}]}),
}  # fmt: skip


@pytest.mark.parametrize(("field", "body"), REFUSED.values(), ids=REFUSED)
def test_what_the_pages_forbid(field: str, body: dict[str, Any]) -> None:
    """Each rule beyond its limit is refused, and the message begins with the field's name."""
    with pytest.raises(InvalidError, match=f"^{re.escape(field)}"):
        judge(body)


def test_defaults() -> None:
    """std, 5 s, 16:9, silent, unmarked; aspect_ratio wins over size."""
    order = judge(V3)
    assert ("std", 5.0, "16:9", False, False, False) == (
        order.mode, order.seconds, order.aspect, order.sound, order.watermark, order.thumbnail,
    )  # fmt: skip
    assert "9:16" == judge(V3 | {"size": "9:16"}).aspect
    assert "1:1" == judge(V3 | {"size": "9:16", "aspect_ratio": "1:1"}).aspect


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"image_urls": [URL]}, "<<<image_1>>>a fox"),
        ({"image_urls": [URL, URL], "prompt": "wave at <<<image_2>>>"}, "wave at <<<image_2>>>"),
        ({"image_with_roles": [FIRST]}, "a fox"),
        ({}, "a fox"),
        ({"image_urls": [URL], "model": "kling-v3"}, "a fox"),
    ],
)
def test_auto_reference(changed: dict[str, Any], text: str) -> None:
    """Auto Reference: image_urls without any <<<image_N>>> on Omni put <<<image_1>>> in front; frames and v3 do not."""
    assert text == judge(OMNI | changed).text


def test_with_a_video() -> None:
    """Audio is ignored with video_list; an edit lasts as long as its video, a feature video does not count."""
    edit = judge(OMNI | BASE | {"audio": True, "duration": 5})
    assert (7.0, False, ("audio is ignored with video_list",)) == (edit.seconds, edit.sound, edit.notes)
    assert 5.0 == judge(OMNI | FEATURE).seconds
    assert judge(OMNI | {"audio": True}).sound


def test_oddities_are_seen() -> None:
    """Fields that the model's page does not have, references to nothing and unused subjects are accepted and named."""
    order = judge(V3 | {"video_list": [], "image_with_roles": [LAST], "seed": 1, "element_list": [DOG | {"id": 1}]})
    assert {"video_list", "image_with_roles", "seed", "element_list[0].id"} == set(order.unknown_fields)
    assert ("no prompt names @element_dog",) == order.notes
    assert () == judge(V3 | {"prompt": "@element_dog runs", "element_list": [DOG]}).notes
    order = judge(OMNI | {"prompt": "<<<image_2>>>", "image_urls": [URL], "callback_url": "https://example.com"})
    assert (("callback_url",), ("prompt refers to image_2 of 1",)) == (order.unknown_fields, order.notes)
