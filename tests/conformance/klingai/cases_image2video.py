"""Cases of "Image to Video - Create Task" in Kling's API specification of 2026-02-10, and of the models of an older time."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.conformance.klingai.building import Of, elements, shot, shots, without
from tests.conformance.klingai.examples import (
    CALLBACK,
    IMAGE_WITH_SHOTS,
    IMAGE_WITH_VOICES,
    OTHER_PICTURE,
    PICTURE,
    SIX_SHOTS,
)

taken, refused = Of("image2video").taken, Of("image2video").refused

FIELDS = frozenset({
    "model_name", "image", "image_tail", "multi_shot", "shot_type", "prompt", "multi_prompt", "multi_prompt[].index",
    "multi_prompt[].prompt", "multi_prompt[].duration", "negative_prompt", "element_list", "element_list[].element_id",
    "voice_list", "voice_list[].voice_id", "sound", "cfg_scale", "mode", "duration", "watermark_info",
    "watermark_info.enabled", "callback_url", "external_task_id", "static_mask", "dynamic_masks", "dynamic_masks[].mask",
    "dynamic_masks[].trajectories", "dynamic_masks[].trajectories[].x", "dynamic_masks[].trajectories[].y",
    "camera_control", "aspect_ratio",
})  # fmt: skip
"""The rows of the table and the keys of its samples; masks, camera_control and aspect_ratio from the page before 3.0."""

PLAIN: dict[str, Any] = {"model_name": "kling-v3", "image": PICTURE, "prompt": "a fox"}
AT_KLING: dict[str, Any] = {
    "model_name": "kling-v3", "multi_shot": False, "image": PICTURE, "prompt": "a fox", "sound": "off", "mode": "std",
    "duration": "5",
}  # fmt: skip
OLD: dict[str, Any] = {"model_name": "kling-v1", "image": PICTURE, "prompt": "a fox"}
OLD_AT_KLING: dict[str, Any] = {
    "model_name": "kling-v1", "image": PICTURE, "prompt": "a fox", "mode": "std", "duration": "5",
}  # fmt: skip
SHOTS: dict[str, Any] = {"model_name": "kling-v3", "image": PICTURE, "multi_shot": True, "shot_type": "customize"}
VOICES = [{"voice_id": "829877190543323"}, {"voice_id": "829877190543324"}]
POINTS = [{"x": 100, "y": 200}, {"x": 300, "y": 250}]
MASKS = [{"mask": OTHER_PICTURE, "trajectories": POINTS}]
WITH_PREFIX = "data:image/png;base64,iVBORw0KGgo="

_MODEL = (
    "model_name: kling-v1. Enum values: kling-v1, kling-v1-5, kling-v1-6, kling-v2-master, kling-v2-1, "
    "kling-v2-1-master, kling-v2-5-turbo, kling-v2-6, kling-v3"
)
_IMAGE = (
    "At least one parameter should be filled in between image and image_tail; cannot both be empty at the same time"
)
_ALONE = "Capability Map, kling-v3: start frame, start & end frame; an end frame alone is in neither"
_PREFIX = "do not add any prefixes to the Base64-encoded string, such as data:image/png;base64"
_EXCLUSIVE = "image_tail, dynamic_masks/static_mask, and camera_control. These three cannot be used at the same time"
_SHOT_TYPE = "shot_type: customize, intelligence; required when multi_shot is true"
_FALSE = "multi_shot false: the shot_type parameter and the multi_prompt parameter are invalid"
_TRUE = "multi_shot true: the prompt parameter is invalid"
_PROMPT = "prompt: Cannot exceed 2500 characters."
_NO_PROMPT = "When multi_shot is false or shot-type is intelligence, the current parameter must not be empty."
_STORYBOARDS = (
    "multi_prompt: up to 6 storyboards, with a minimum of 1; 512 characters; the sum equals the total duration"
)
_NEGATIVE = "negative_prompt: Cannot exceed 2500 characters"
_ELEMENTS = "element_list: Supports up to 3 reference elements."
_EITHER = "The element_list parameter and the voice_list parameter are mutually exclusive and cannot coexist."
_VOICES = "voice_list: A video generation task can reference up to 2 voices at most."
_SPOKEN = "When specifying a tone, the sound parameter value must be on"
_LATER = "Only V2.6 and subsequent versions of the model supports the current parameters."
_CFG = "cfg_scale: Value range: [0, 1]; only Kling-v1.x supports it"
_MODE = "mode: std. Enum values: std, pro"
_SECONDS = "duration: 5. Enum values: 3,4,5,6,7,8,9,10,11,12,13,14,15"
_OLD_SECONDS = "the pages before 3.0: duration: Enum values: 5, 10"
_MASKS = "the pages before 3.0: dynamic_masks, up to 6 groups with 2 to 77 points each; of kling-v1 and kling-v1-5"
_END_MODE = "Capability maps: start & end frame of {} in pro alone"

OF_V3 = (
    taken(
        "image-to-video with multi-shot", "Invocation examples", IMAGE_WITH_SHOTS,
        {
            "model_name": "kling-v3", "image": PICTURE, "multi_shot": True, "shot_type": "customize",
            "multi_prompt": SIX_SHOTS, "duration": "15", "mode": "pro", "sound": "on",
        },
    ),
    refused("image-to-video with voice of element, as it stands", f"{_EITHER} The example breaks the rule.",
            IMAGE_WITH_VOICES, "voice_list"),
    taken(
        "image-to-video with voices alone", "Invocation examples, with what goes together",
        without(IMAGE_WITH_VOICES, "element_list") | {"prompt": "The girl of <<<image_1>>> (using <<<voice_2>>>)"},
        {
            "model_name": "kling-v3", "multi_shot": False, "image": PICTURE, "image_tail": OTHER_PICTURE,
            "prompt": "The girl of <<<image_1>>> (using <<<voice_2>>>)",
            "voice_list": [{"voice_id": "829877190543323"}, {"voice_id": "829877190543324"}], "negative_prompt": "xxx",
            "duration": "9", "mode": "std", "sound": "on",
        },
    ),
    taken("v3", _MODEL, PLAIN, AT_KLING),
    refused("an omni model", _MODEL, PLAIN | {"model_name": "kling-v3-omni"}, "model_name"),
    taken("both frames", _IMAGE, PLAIN | {"image_tail": OTHER_PICTURE}, AT_KLING | {"image_tail": OTHER_PICTURE}),
    refused("no picture", _IMAGE, without(PLAIN, "image"), "image"),
    refused("empty pictures", _IMAGE, PLAIN | {"image": "", "image_tail": ""}, "image"),
    refused("an end frame alone", _ALONE, without(PLAIN, "image") | {"image_tail": PICTURE}, "image_tail"),
    taken("Base64", "image: Support inputting image Base64 encoding", PLAIN | {"image": "iVBORw0KGgo="},
          AT_KLING | {"image": "iVBORw0KGgo="}),
    refused("Base64 with a prefix", _PREFIX, PLAIN | {"image": WITH_PREFIX, "image_tail": WITH_PREFIX}, "image", "image_tail"),
    taken("intelligence", _SHOT_TYPE, PLAIN | {"multi_shot": True, "shot_type": "intelligence"},
          AT_KLING | {"multi_shot": True, "shot_type": "intelligence"}),
    refused("no shot type", _SHOT_TYPE, PLAIN | {"multi_shot": True, "multi_prompt": shots("5")}, "shot_type"),
    taken("shots that do not count", _FALSE, PLAIN | {"shot_type": "customize", "multi_prompt": shots("5")}, AT_KLING,
          warned=frozenset({"shot_type", "multi_prompt"})),
    taken("a prompt that does not count", _TRUE, SHOTS | {"prompt": "a fox", "multi_prompt": shots("5")},
          without(AT_KLING, "prompt") | {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots("5")},
          warned=frozenset({"prompt"})),
    taken("2500 characters", _PROMPT, PLAIN | {"prompt": "x" * 2500}, AT_KLING | {"prompt": "x" * 2500}),
    refused("2501 characters", _PROMPT, PLAIN | {"prompt": "x" * 2501}, "prompt"),
    refused("no prompt", _NO_PROMPT, without(PLAIN, "prompt"), "prompt"),
    refused("no shots", _STORYBOARDS, SHOTS, "multi_prompt"),
    taken("6 shots", _STORYBOARDS, SHOTS | {"multi_prompt": shots(*"111111"), "duration": "6"}),
    refused("7 shots", _STORYBOARDS, SHOTS | {"multi_prompt": shots(*"1111111"), "duration": "7"}, "multi_prompt"),
    refused("513 characters", _STORYBOARDS, SHOTS | {"multi_prompt": shot("x" * 513)}, "multi_prompt[0].prompt"),
    refused("shots that are no sum", _STORYBOARDS, SHOTS | {"multi_prompt": shots("2", "2")}, "duration"),
    taken("2500 characters of what not to show", _NEGATIVE, PLAIN | {"negative_prompt": "x" * 2500},
          AT_KLING | {"negative_prompt": "x" * 2500}),
    refused("2501 characters of what not to show", _NEGATIVE, PLAIN | {"negative_prompt": "x" * 2501}, "negative_prompt"),
    taken("3 elements", _ELEMENTS, PLAIN | {"prompt": "<<<element_3>>>", "element_list": elements(3)},
          AT_KLING | {"prompt": "<<<element_3>>>", "element_list": elements(3)}),
    refused("4 elements", _ELEMENTS, PLAIN | {"element_list": elements(4)}, "element_list"),
    taken("2 voices", _VOICES, PLAIN | {"voice_list": VOICES, "sound": "on"},
          AT_KLING | {"voice_list": VOICES, "sound": "on"}),
    refused("3 voices", _VOICES, PLAIN | {"voice_list": [*VOICES, {"voice_id": "3"}], "sound": "on"}, "voice_list"),
    refused("voices without sound", _SPOKEN, PLAIN | {"voice_list": VOICES, "sound": "off"}, "sound"),
    taken("how close to the prompt, which v3 does not know", _CFG, PLAIN | {"cfg_scale": 0.5}, AT_KLING,
          warned=frozenset({"cfg_scale"})),
    taken("pro", _MODE, PLAIN | {"mode": "pro"}, AT_KLING | {"mode": "pro"}),
    refused("4k", _MODE, PLAIN | {"mode": "4k"}, "mode"),
    taken("4k later", "Kling API updates, 2026-04-23: mode 4k", PLAIN | {"mode": "4k"}, AT_KLING | {"mode": "4k"},
          rules_as_of=date(2026, 4, 23)),
    refused("shots with a frame for some weeks", "Kling API updates, 2026-03-11: multi-shot excludes frames",
            SHOTS | {"multi_prompt": shots("5")}, "image", rules_as_of=date(2026, 3, 11)),
    taken("3 s", _SECONDS, PLAIN | {"duration": "3"}, AT_KLING | {"duration": "3"}),
    taken("15 s", _SECONDS, PLAIN | {"duration": "15"}, AT_KLING | {"duration": "15"}),
    refused("16 s", _SECONDS, PLAIN | {"duration": "16"}, "duration"),
    taken("a ratio, which the frame sets", "Kling's own client: image2video has none", PLAIN | {"aspect_ratio": "1:1"}, AT_KLING,
          warned=frozenset({"aspect_ratio"})),
    taken("a ratio of no video, which the frame sets", "Kling's own client: image2video has none",
          PLAIN | {"aspect_ratio": "auto"}, AT_KLING, warned=frozenset({"aspect_ratio"})),
    taken("the rest", "watermark_info, callback_url, external_task_id",
          PLAIN | {"watermark_info": {"enabled": True}, "callback_url": CALLBACK, "external_task_id": "order-42"},
          AT_KLING | {"watermark_info": {"enabled": True}}),
)  # fmt: skip

OF_OLDER_MODELS = (
    taken("no model", _MODEL, without(OLD, "model_name"), OLD_AT_KLING),
    *(
        taken(name, _MODEL, OLD | {"model_name": name}, OLD_AT_KLING | {"model_name": name})
        for name in (
            "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo",
        )
    ),
    taken("v2.6", _LATER, OLD | {"model_name": "kling-v2-6", "mode": "pro", "sound": "on", "voice_list": VOICES},
          OLD_AT_KLING | {"model_name": "kling-v2-6", "mode": "pro", "sound": "on", "voice_list": VOICES}),
    refused("sound before v2.6", _LATER, OLD | {"model_name": "kling-v2-1", "sound": "on"}, "sound"),
    refused("an element before v3", "Capability Map: element control of kling-v3", OLD | {"element_list": elements(1)},
            "element_list[0].element_id"),
    taken("both frames of v1", _IMAGE, OLD | {"image_tail": OTHER_PICTURE}, OLD_AT_KLING | {"image_tail": OTHER_PICTURE}),
    taken("both frames of v2.1", _END_MODE.format("v2.1"),
          OLD | {"model_name": "kling-v2-1", "mode": "pro", "image_tail": OTHER_PICTURE},
          OLD_AT_KLING | {"model_name": "kling-v2-1", "mode": "pro", "image_tail": OTHER_PICTURE}),
    refused("both frames of v2.1 in std", _END_MODE.format("v2.1"),
            OLD | {"model_name": "kling-v2-1", "image_tail": OTHER_PICTURE}, "image_tail"),
    refused("both frames of v2.6 with sound", "Capability map, 2026-05-19: first/last frame: only 1080P silent videos",
            OLD | {"model_name": "kling-v2-6", "mode": "pro", "sound": "on", "image_tail": OTHER_PICTURE}, "image_tail"),
    refused("both frames of a model without", "Capability maps: kling-v2-master has no start & end frame",
            OLD | {"model_name": "kling-v2-master", "mode": "pro", "image_tail": OTHER_PICTURE}, "image_tail"),
    taken("10 s", _OLD_SECONDS, OLD | {"duration": "10"}, OLD_AT_KLING | {"duration": "10"}),
    refused("7 s", _OLD_SECONDS, OLD | {"duration": "7"}, "duration"),
    taken("how close to the prompt", _CFG, OLD | {"cfg_scale": 0.5}, OLD_AT_KLING | {"cfg_scale": 0.5}),
    taken("masks", _MASKS, OLD | {"static_mask": OTHER_PICTURE, "dynamic_masks": MASKS},
          OLD_AT_KLING | {"static_mask": OTHER_PICTURE, "dynamic_masks": MASKS}),
    taken("masks of v1.5", _MASKS, OLD | {"model_name": "kling-v1-5", "dynamic_masks": MASKS},
          OLD_AT_KLING | {"model_name": "kling-v1-5", "dynamic_masks": MASKS}),
    taken("77 points in each of 6 masks", _MASKS,
          OLD | {"dynamic_masks": [{"mask": PICTURE, "trajectories": [{"x": 1, "y": 1}] * 77}] * 6}),
    refused("7 masks", _MASKS, OLD | {"dynamic_masks": MASKS * 7}, "dynamic_masks"),
    refused("78 points", _MASKS, OLD | {"dynamic_masks": [{"mask": PICTURE, "trajectories": [{"x": 1, "y": 1}] * 78}]},
            "dynamic_masks[0].trajectories"),
    refused("1 point", _MASKS, OLD | {"dynamic_masks": [{"mask": PICTURE, "trajectories": POINTS[:1]}]},
            "dynamic_masks[0].trajectories"),
    refused("a mask with a prefix", _PREFIX,
            OLD | {"static_mask": WITH_PREFIX, "dynamic_masks": [{"mask": WITH_PREFIX, "trajectories": POINTS}]},
            "static_mask", "dynamic_masks[0].mask"),
    refused("masks of a model without", 'live: "kling-v1-6 is not supported with motion brush"',
            OLD | {"model_name": "kling-v1-6", "dynamic_masks": MASKS}, "dynamic_masks"),
    taken("a camera", "the pages before 3.0", OLD | {"camera_control": {"type": "forward_up"}},
          OLD_AT_KLING | {"camera_control": {"type": "forward_up"}}),
    refused("an end frame and masks", _EXCLUSIVE, OLD | {"image_tail": PICTURE, "dynamic_masks": MASKS}, "dynamic_masks"),
    refused("an end frame and a camera", _EXCLUSIVE,
            OLD | {"image_tail": PICTURE, "camera_control": {"type": "forward_up"}}, "camera_control"),
    refused("masks and a camera", _EXCLUSIVE,
            OLD | {"static_mask": PICTURE, "camera_control": {"type": "forward_up"}}, "camera_control"),
)  # fmt: skip

CASES = (*OF_V3, *OF_OLDER_MODELS)
