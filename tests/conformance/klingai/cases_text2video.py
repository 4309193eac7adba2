"""Cases of "Text to Video - Create Task" in Kling's API specification of 2026-02-10, and of the models of an older time."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.conformance.klingai.building import Of, shot, shots, without
from tests.conformance.klingai.examples import CALLBACK, SIX_SHOTS, TEXT_WITH_SHOTS

taken, refused = Of("text2video").taken, Of("text2video").refused

FIELDS = frozenset({
    "model_name", "multi_shot", "shot_type", "prompt", "multi_prompt", "multi_prompt[].index", "multi_prompt[].prompt",
    "multi_prompt[].duration", "negative_prompt", "voice_list", "voice_list[].voice_id", "sound", "cfg_scale", "mode",
    "aspect_ratio", "duration", "watermark_info", "watermark_info.enabled", "callback_url", "external_task_id",
    "camera_control", "camera_control.type", "camera_control.config", "camera_control.config.horizontal",
    "camera_control.config.vertical", "camera_control.config.pan", "camera_control.config.tilt",
    "camera_control.config.roll", "camera_control.config.zoom",
})  # fmt: skip
"""The rows of the table and the keys of its samples; camera_control from the page before 3.0."""

PLAIN: dict[str, Any] = {"model_name": "kling-v3", "prompt": "a fox"}
AT_KLING: dict[str, Any] = {
    "model_name": "kling-v3", "multi_shot": False, "prompt": "a fox", "sound": "off", "mode": "std",
    "aspect_ratio": "16:9", "duration": "5",
}  # fmt: skip
OLD: dict[str, Any] = {"model_name": "kling-v1", "prompt": "a fox"}
OLD_AT_KLING: dict[str, Any] = {
    "model_name": "kling-v1", "prompt": "a fox", "mode": "std", "aspect_ratio": "16:9", "duration": "5",
}  # fmt: skip
SHOTS: dict[str, Any] = {"model_name": "kling-v3", "multi_shot": True, "shot_type": "customize"}
VOICES = [{"voice_id": "829877190543323"}, {"voice_id": "829877190543324"}]

_MODEL = (
    "model_name: kling-v1. Enum values: kling-v1, kling-v1-6, kling-v2-master, kling-v2-1-master, kling-v2-5-turbo, "
    "kling-v2-6, kling-v3"
)
_FALSE = "multi_shot false: the shot_type parameter and the multi_prompt parameter are invalid"
_TRUE = "multi_shot true: the prompt parameter is invalid"
_SHOT_TYPE = "shot_type: customize, intelligence; required when multi_shot is true"
_PROMPT = "prompt: Cannot exceed 2500 characters."
_NO_PROMPT = "When multi_shot is false or shot-type is intelligence, the current parameter must not be empty."
_STORYBOARDS = (
    "multi_prompt: up to 6 storyboards, with a minimum of 1; 512 characters; the sum equals the total duration"
)
_NEGATIVE = "negative_prompt: Cannot exceed 2500 characters"
_VOICES = "voice_list: A video generation task can reference up to 2 voices at most."
_SPOKEN = "When specifying a tone, the sound parameter value must be on"
_SOUND = "sound: off. Enum values: on, off; only V2.6 and subsequent versions support it"
_CFG = "cfg_scale: Value range: [0, 1]; only Kling-v1.x supports it"
_MODE = "mode: std. Enum values: std, pro"
_RATIO = "aspect_ratio: 16:9. Enum values: 16:9, 9:16, 1:1"
_SECONDS = "duration: 5. Enum values: 3,4,5,6,7,8,9,10,11,12,13,14,15"
_OLD_SECONDS = "the pages before 3.0: duration: Enum values: 5, 10"
_CAMERA = "the pages before 3.0: camera_control, of kling-v1; with type simple one movement that is not zero, -10 to 10"

OF_V3 = (
    taken(
        "text-to-video with multi-shot", "Invocation examples", TEXT_WITH_SHOTS,
        {
            "model_name": "kling-v3", "multi_shot": True, "shot_type": "customize", "multi_prompt": SIX_SHOTS,
            "duration": "15", "mode": "pro", "sound": "on", "aspect_ratio": "9:16",
        },
    ),
    taken("v3", _MODEL, PLAIN, AT_KLING),
    refused("an omni model", _MODEL, PLAIN | {"model_name": "kling-v3-omni"}, "model_name"),
    refused("a model from images alone", _MODEL, PLAIN | {"model_name": "kling-v1-5"}, "model_name"),
    taken(
        "shots that do not count", _FALSE, PLAIN | {"shot_type": "customize", "multi_prompt": shots("5")}, AT_KLING,
        warned=frozenset({"shot_type", "multi_prompt"}),
    ),
    taken("shots that intelligence finds by itself, whatever they are", _SHOT_TYPE,
          PLAIN | {"multi_shot": True, "shot_type": "intelligence", "multi_prompt": [{}]},
          AT_KLING | {"multi_shot": True, "shot_type": "intelligence"}, warned=frozenset({"multi_prompt"})),
    taken("a prompt that does not count", _TRUE, SHOTS | {"prompt": "a fox", "multi_prompt": shots("5")},
          warned=frozenset({"prompt"})),
    taken("intelligence", _SHOT_TYPE, PLAIN | {"multi_shot": True, "shot_type": "intelligence"},
          AT_KLING | {"multi_shot": True, "shot_type": "intelligence"}),
    taken("shots that intelligence finds by itself", _SHOT_TYPE,
          PLAIN | {"multi_shot": True, "shot_type": "intelligence", "multi_prompt": shots("5")},
          AT_KLING | {"multi_shot": True, "shot_type": "intelligence"}, warned=frozenset({"multi_prompt"})),
    refused("intelligence without a prompt", _NO_PROMPT, SHOTS | {"shot_type": "intelligence"}, "prompt"),
    refused("no shot type", _SHOT_TYPE, PLAIN | {"multi_shot": True, "multi_prompt": shots("5")}, "shot_type"),
    taken("2500 characters", _PROMPT, PLAIN | {"prompt": "x" * 2500}, AT_KLING | {"prompt": "x" * 2500}),
    refused("2501 characters", _PROMPT, PLAIN | {"prompt": "x" * 2501}, "prompt"),
    refused("no prompt", _NO_PROMPT, {"model_name": "kling-v3", "prompt": ""}, "prompt"),
    refused("a reference to an image", "text2video has no images", PLAIN | {"prompt": "<<<image_1>>>"}, "prompt"),
    refused("an element", "text2video has no element_list", PLAIN | {"element_list": [{"element_id": 1}]}, "element_list"),
    taken("6 shots", _STORYBOARDS, SHOTS | {"multi_prompt": shots(*"111111"), "duration": "6"}),
    refused("7 shots", _STORYBOARDS, SHOTS | {"multi_prompt": shots(*"1111111"), "duration": "7"}, "multi_prompt"),
    refused("no shots", _STORYBOARDS, SHOTS, "multi_prompt"),
    taken("512 characters", _STORYBOARDS, SHOTS | {"multi_prompt": shot("x" * 512)}),
    refused("513 characters", _STORYBOARDS, SHOTS | {"multi_prompt": shot("x" * 513)}, "multi_prompt[0].prompt"),
    refused("shots that are no sum", _STORYBOARDS, SHOTS | {"multi_prompt": shots("2", "2")}, "duration"),
    refused("a shot longer than the whole", _STORYBOARDS, SHOTS | {"multi_prompt": shots("6")}, "multi_prompt[0].duration"),
    taken("2500 characters of what not to show", _NEGATIVE, PLAIN | {"negative_prompt": "x" * 2500},
          AT_KLING | {"negative_prompt": "x" * 2500}),
    refused("2501 characters of what not to show", _NEGATIVE, PLAIN | {"negative_prompt": "x" * 2501}, "negative_prompt"),
    taken(
        "two voices", _VOICES, PLAIN | {"prompt": 'The man <<<voice_1>>> said, "Hello."', "voice_list": VOICES, "sound": "on"},
        AT_KLING | {"prompt": 'The man <<<voice_1>>> said, "Hello."', "voice_list": VOICES, "sound": "on"},
    ),
    refused("three voices", _VOICES, PLAIN | {"voice_list": [*VOICES, {"voice_id": "3"}], "sound": "on"}, "voice_list"),
    refused("voices without sound", _SPOKEN, PLAIN | {"voice_list": VOICES}, "sound"),
    refused("a voice that was not given", _VOICES, PLAIN | {"prompt": "<<<voice_1>>>"}, "prompt"),
    taken("sound on", _SOUND, PLAIN | {"sound": "on"}, AT_KLING | {"sound": "on"}),
    taken("how close to the prompt, which v3 does not know", _CFG, PLAIN | {"cfg_scale": 0.5}, AT_KLING,
          warned=frozenset({"cfg_scale"})),
    taken("pro", _MODE, PLAIN | {"mode": "pro"}, AT_KLING | {"mode": "pro"}),
    refused("4k", _MODE, PLAIN | {"mode": "4k"}, "mode"),
    taken("4k later", "Kling API updates, 2026-04-23: mode 4k", PLAIN | {"mode": "4k"}, AT_KLING | {"mode": "4k"},
          rules_as_of=date(2026, 4, 23)),
    taken("1:1", _RATIO, PLAIN | {"aspect_ratio": "1:1"}, AT_KLING | {"aspect_ratio": "1:1"}),
    refused("another ratio", _RATIO, PLAIN | {"aspect_ratio": "21:9"}, "aspect_ratio"),
    taken("3 s", _SECONDS, PLAIN | {"duration": "3"}, AT_KLING | {"duration": "3"}),
    taken("15 s", _SECONDS, PLAIN | {"duration": "15"}, AT_KLING | {"duration": "15"}),
    refused("2 s", _SECONDS, PLAIN | {"duration": "2"}, "duration"),
    refused("16 s", _SECONDS, PLAIN | {"duration": "16"}, "duration"),
    taken("the rest", "watermark_info, callback_url, external_task_id",
          PLAIN | {"watermark_info": {"enabled": True}, "callback_url": CALLBACK, "external_task_id": "order-42"},
          AT_KLING | {"watermark_info": {"enabled": True}}),
)  # fmt: skip

OF_OLDER_MODELS = (
    taken("no model", _MODEL, {"prompt": "a fox"}, OLD_AT_KLING),
    *(
        taken(name, _MODEL, OLD | {"model_name": name}, OLD_AT_KLING | {"model_name": name})
        for name in ("kling-v1-6", "kling-v2-master", "kling-v2-1-master", "kling-v2-5-turbo")
    ),
    taken("v2.6", _MODEL, OLD | {"model_name": "kling-v2-6"}, OLD_AT_KLING | {"model_name": "kling-v2-6", "sound": "off"}),
    taken("v2.6 with sound", _SOUND, OLD | {"model_name": "kling-v2-6", "mode": "pro", "sound": "on"},
          OLD_AT_KLING | {"model_name": "kling-v2-6", "mode": "pro", "sound": "on"}),
    refused("v2.6 with sound at 720p", "Capability map, 2026-05-19: Kling 2.6: 720P supports silent videos only",
            OLD | {"model_name": "kling-v2-6", "sound": "on"}, "sound"),
    refused("sound before v2.6", _SOUND, OLD | {"model_name": "kling-v2-5-turbo", "sound": "on"}, "sound"),
    taken("no sound before v2.6", _SOUND, OLD | {"sound": "off"}, OLD_AT_KLING),
    refused("voices before v2.6", _SOUND, OLD | {"sound": "on", "voice_list": VOICES}, "sound", "voice_list"),
    taken("10 s", _OLD_SECONDS, OLD | {"duration": "10"}, OLD_AT_KLING | {"duration": "10"}),
    refused("7 s", _OLD_SECONDS, OLD | {"duration": "7"}, "duration"),
    refused("shots before v3", "multi_shot came with kling-v3",
            without(OLD, "prompt") | {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots("5")},
            "multi_prompt"),
    taken("how close to the prompt", _CFG, OLD | {"cfg_scale": 1}, OLD_AT_KLING | {"cfg_scale": 1.0}),
    refused("too close to the prompt", _CFG, OLD | {"cfg_scale": 1.1}, "cfg_scale"),
    taken("how close to the prompt, which v2 does not know", _CFG, OLD | {"model_name": "kling-v2-master", "cfg_scale": 0.5},
          OLD_AT_KLING | {"model_name": "kling-v2-master"}, warned=frozenset({"cfg_scale"})),
    taken("a camera's move", _CAMERA, OLD | {"camera_control": {"type": "down_back"}},
          OLD_AT_KLING | {"camera_control": {"type": "down_back"}}),
    *(
        taken(f"a camera's {move}", _CAMERA, OLD | {"camera_control": {"type": "simple", "config": {move: -10}}},
              OLD_AT_KLING | {"camera_control": {"type": "simple", "config": {move: -10.0}}})
        for move in ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
    ),
    refused("a camera that goes too far", _CAMERA, OLD | {"camera_control": {"type": "simple", "config": {"pan": 10.5}}},
            "camera_control.config.pan"),
    refused("a camera with two moves", _CAMERA, OLD | {"camera_control": {"type": "simple", "config": {"pan": 1, "tilt": 1}}},
            "camera_control"),
    refused("a camera with no move", _CAMERA, OLD | {"camera_control": {"type": "simple"}}, "camera_control"),
    refused("a move of a camera's own with another", _CAMERA,
            OLD | {"camera_control": {"type": "down_back", "config": {"pan": 1}}}, "camera_control"),
    refused("another camera", _CAMERA, OLD | {"camera_control": {"type": "dolly"}}, "camera_control.type"),
    refused("a camera of v3", _CAMERA, PLAIN | {"camera_control": {"type": "down_back"}}, "camera_control"),
)  # fmt: skip

CASES = (*OF_V3, *OF_OLDER_MODELS)
