"""Cases of "Omni-Video - Create Task" in Kling's API specification of 2026-02-10: each row and sentence of its table."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.conformance.klingai.building import END, FIRST, Of, elements, images, shot, shots, without
from tests.conformance.klingai.examples import (
    CALLBACK,
    CLIP,
    OMNI_IMAGES_WITH_SHOTS,
    OMNI_TEXT_WITH_SHOTS,
    OTHER_PICTURE,
    PICTURE,
    SIX_SHOTS,
    TWO_LONG_SHOTS,
    TWO_SHOTS,
)

taken, refused = Of("omni-video").taken, Of("omni-video").refused

FIELDS = frozenset({
    "model_name", "multi_shot", "shot_type", "prompt", "multi_prompt", "multi_prompt[].index", "multi_prompt[].prompt",
    "multi_prompt[].duration", "image_list", "image_list[].image_url", "image_list[].type", "element_list",
    "element_list[].element_id", "video_list", "video_list[].video_url", "video_list[].refer_type",
    "video_list[].keep_original_sound", "sound", "mode", "aspect_ratio", "duration", "watermark_info",
    "watermark_info.enabled", "callback_url", "external_task_id",
})  # fmt: skip
"""The rows of the table, and the keys of its samples."""

PLAIN: dict[str, Any] = {"model_name": "kling-v3-omni", "prompt": "a fox", "aspect_ratio": "16:9"}
AT_KLING: dict[str, Any] = {
    "model_name": "kling-v3-omni", "multi_shot": False, "prompt": "a fox", "sound": "off", "mode": "pro",
    "aspect_ratio": "16:9", "duration": "5",
}  # fmt: skip
SHOTS: dict[str, Any] = {
    "model_name": "kling-v3-omni",
    "aspect_ratio": "16:9",
    "multi_shot": True,
    "shot_type": "customize",
}
BASE = {"video_url": CLIP, "refer_type": "base"}
FEATURE = {"video_url": CLIP, "refer_type": "feature"}
INTELLIGENCE_DAY = date(2026, 3, 11)

_MODEL = "model_name: Optional, kling-video-o1. Enum values: kling-video-o1, kling-v3-omni"
_FALSE = "multi_shot false: the shot_type parameter and the multi_prompt parameter are invalid"
_TRUE = "multi_shot true: the prompt parameter is invalid"
_SHOT_TYPE = "When the multi_shot parameter is set to true, the current parameter is required."
_PROMPT = "prompt: Cannot exceed 2500 characters."
_NO_PROMPT = "When multi_shot is false or shot-type is intelligence, the current parameter must not be empty."
_REFERENCE = (
    "Specify a element, image, or video in the format of<<<>>, such as<<element_1>>>,<<<image_1>>>,<<<video_1>>>."
)
_SIX = "multi_prompt: Supports up to 6 storyboards, with a minimum of 1 storyboard."
_LENGTH = "The maximum length of the content for each storyboard 512."
_EACH = "The duration of each storyboard should not exceed the total duration, and it must not be less than 1."
_SUM = "The sum of the durations of all storyboards equals the total duration of the current task."
_INDEX = "Define the shot sequence number, corresponding prompt word, and duration through index, prompt, and duration"
_CUSTOMIZE = "When mult_shot is set to true and shot_type is set to customize, the current parameter must not be empty."
_FRAMES = "first_frame is the start frame, end_frame is the end frame."
_END = "when there is a end frame image, there must be a first frame image."
_NO_EDIT = "When generating a video using the first frame or the first and last frames, video editing functions cannot be used."
_BASE64 = "Supports inputting image Base64 encoding or image URL."
_WITH_VIDEO = "When there are reference video, the sum of reference images and reference elements shall not exceed 4."
_WITHOUT_VIDEO = (
    "When there is no reference video, the sum of reference images and reference elements shall not exceed 7."
)
_TWO = "Setting an end frame is not supported when there are more than 2 images."
_EMPTY = "The value of image_url parameter must not be empty."
_THREE = "When using the first frame or the first and last frames, a maximum of 3 subjects is supported."
_REFER = "feature is the feature reference video, base is the video to be edited, with the default being the video to be edited"
_KEEP = "keep_original_sound: yes indicating retention and no indicating non retention; also for the feature reference video."
_SILENT = "When there is a reference video, the value of the sound parameter can only be off."
_ONE_VIDEO = "Only supports 1 video can be uploaded"
_NO_URL = "The value of video_url parameter must not be empty."
_TEN = "Only supports videos with a duration of ≥ 3 seconds and ≤ 10 seconds."
_SOUND = "sound: Optional, off. Enum values: on, off"
_MODE = "mode: Optional, pro. Enum values: std, pro"
_RATIO = "This parameter is required when the first-frame reference or video editing features are not used."
_RATIOS = "aspect_ratio: Enum values: 16:9, 9:16, 1:1"
_SECONDS = "duration: string, 5. Enum values: 3,4,5,6,7,8,9,10,11,12,13,14,15"
_EDIT_LENGTH = "base: the output result is the same as the duration of the incoming video, and duration is invalid"
_WATERMARK = 'watermark_info: {"enabled": boolean}, true means generate, while false means non-generate'
_MAP = "Capability Map, Video Generation: {}"

EXAMPLES = (
    refused(
        "image-to-video with multi-shot, as it stands",
        f"{_LENGTH} The example's own first shot has 514.",
        OMNI_IMAGES_WITH_SHOTS | {"multi_prompt": TWO_LONG_SHOTS},
        "multi_prompt[0].prompt",
    ),
    taken(
        "image-to-video with multi-shot",
        "Invocation examples",
        OMNI_IMAGES_WITH_SHOTS,
        {
            "model_name": "kling-v3-omni", "multi_shot": True, "shot_type": "customize", "multi_prompt": TWO_SHOTS,
            "image_list": [{"image_url": PICTURE}, {"image_url": OTHER_PICTURE}], "mode": "pro", "sound": "on",
            "aspect_ratio": "16:9", "duration": "5",
        },
    ),
    taken(
        "text-to-video with multi-shot",
        "Invocation examples",
        OMNI_TEXT_WITH_SHOTS,
        {
            "model_name": "kling-v3-omni", "multi_shot": True, "shot_type": "customize", "multi_prompt": SIX_SHOTS,
            "mode": "pro", "sound": "on", "aspect_ratio": "16:9", "duration": "15",
        },
    ),
)  # fmt: skip

PROMPTS = (
    taken("v3-omni", _MODEL, PLAIN, AT_KLING),
    taken(
        "no model", _MODEL, {"prompt": "a fox", "aspect_ratio": "16:9"},
        without(AT_KLING, "sound") | {"model_name": "kling-video-o1"},
    ),
    refused("another model", _MODEL, PLAIN | {"model_name": "kling-v3"}, "model_name"),
    taken("multi_shot false", _FALSE, PLAIN | {"multi_shot": False}, AT_KLING),
    taken(
        "shots that do not count", _FALSE,
        PLAIN | {"multi_shot": False, "shot_type": "customize", "multi_prompt": shots("2", "3")}, AT_KLING,
        warned=frozenset({"shot_type", "multi_prompt"}),
    ),
    taken(
        "shots that do not count, whatever they are", _FALSE,
        PLAIN | {"multi_shot": "false", "shot_type": "own", "multi_prompt": [{"index": 0, "prompt": "", "duration": ""}]},
        AT_KLING, warned=frozenset({"shot_type", "multi_prompt"}),
    ),
    taken(
        "a prompt that does not count, whatever it is", _TRUE,
        SHOTS | {"prompt": "x" * 3000, "multi_prompt": shots("2", "3")},
        without(AT_KLING, "prompt") | {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots("2", "3")},
        warned=frozenset({"prompt"}),
    ),
    taken(
        "a prompt that does not count", _TRUE, SHOTS | {"prompt": "a fox", "multi_prompt": shots("2", "3")},
        without(AT_KLING, "prompt") | {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots("2", "3")},
        warned=frozenset({"prompt"}),
    ),
    refused("no shot type", _SHOT_TYPE, without(SHOTS, "shot_type") | {"multi_prompt": shots("5")}, "shot_type"),
    refused("another shot type", "shot_type: Enum values: customize", SHOTS | {"shot_type": "auto"}, "shot_type"),
    refused("intelligence", "shot_type: Enum values: customize", PLAIN | SHOTS | {"shot_type": "intelligence"}, "shot_type"),
    taken(
        "intelligence later", "Kling API updates, 2026-03-11: shot_type supports intelligence",
        PLAIN | SHOTS | {"shot_type": "intelligence"},
        AT_KLING | {"multi_shot": True, "shot_type": "intelligence"}, rules_as_of=INTELLIGENCE_DAY,
    ),
    refused(
        "intelligence without a prompt", _NO_PROMPT, SHOTS | {"shot_type": "intelligence"}, "prompt",
        rules_as_of=INTELLIGENCE_DAY,
    ),
    taken("2500 characters", _PROMPT, PLAIN | {"prompt": "x" * 2500}, AT_KLING | {"prompt": "x" * 2500}),
    refused("2501 characters", _PROMPT, PLAIN | {"prompt": "x" * 2501}, "prompt"),
    refused("no prompt", _NO_PROMPT, without(PLAIN, "prompt"), "prompt"),
    refused("an empty prompt", _NO_PROMPT, PLAIN | {"prompt": ""}, "prompt"),
    refused("a number as prompt", "prompt: string", PLAIN | {"prompt": 5}, "prompt"),
    taken(
        "references", _REFERENCE,
        PLAIN | {
            "prompt": "<<<element_1>>> and <<element_2>>> as in <<<image_1>>>, moving as in <<<video_1>>>",
            "image_list": images(1), "element_list": elements(2), "video_list": [FEATURE],
        },
        AT_KLING | {
            "prompt": "<<<element_1>>> and <<<element_2>>> as in <<<image_1>>>, moving as in <<<video_1>>>",
            "image_list": images(1), "element_list": elements(2),
            "video_list": [FEATURE],
        },
    ),
    taken(
        "a word that refers at another service", _REFERENCE, PLAIN | {"prompt": "a sign: @image_1"},
        AT_KLING | {"prompt": "a sign: @image_1"}, warned=frozenset({"prompt"}),
    ),
    taken(
        "a shot's word that refers at another service", _REFERENCE,
        SHOTS | {
            "multi_prompt": [
                {"index": 2, "prompt": "(@Element2)", "duration": "2"}, {"index": 1, "prompt": "a", "duration": "3"},
            ],
        },
        warned=frozenset({"multi_prompt[0].prompt"}),
    ),
    taken(
        "an address, and words that only begin like a reference", _REFERENCE,
        PLAIN | {"prompt": "bob@image1.com, @image1st, @images, @image_1000001"},
        AT_KLING | {"prompt": "bob@image1.com, @image1st, @images, @image_1000001"},
    ),
    refused("a reference to nothing", _REFERENCE, PLAIN | {"prompt": "as in <<<image_1>>>"}, "prompt"),
    refused(
        "a shot's reference to nothing", _REFERENCE,
        SHOTS | {"multi_prompt": shot("<<<element_2>>>"), "element_list": elements(1)},
        "multi_prompt[0].prompt",
    ),
    refused("a field that there is not", "the table's rows", PLAIN | {"negative_prompt": "blur"}, "negative_prompt"),
    refused("a name of another service", "the table's rows", PLAIN | {"model": "kling-v3-omni"}, "model"),
)  # fmt: skip

STORYBOARDS = (
    taken("one shot", _SIX, SHOTS | {"multi_prompt": shots("5")}),
    taken("six shots", _SIX, SHOTS | {"multi_prompt": shots("1", "1", "1", "1", "1", "1"), "duration": "6"}),
    refused("seven shots", _SIX, SHOTS | {"multi_prompt": shots(*"1111111"), "duration": "7"}, "multi_prompt"),
    refused("no shots", _CUSTOMIZE, SHOTS, "multi_prompt"),
    refused("an empty list of shots", _CUSTOMIZE, SHOTS | {"multi_prompt": []}, "multi_prompt"),
    taken("512 characters", _LENGTH, SHOTS | {"multi_prompt": shot("x" * 512)}),
    refused(
        "513 characters", _LENGTH, SHOTS | {"multi_prompt": shot("x" * 513)},
        "multi_prompt[0].prompt",
    ),
    refused(
        "an empty shot", _LENGTH, SHOTS | {"multi_prompt": shot("")},
        "multi_prompt[0].prompt",
    ),
    refused("a shot of no length", _EACH, SHOTS | {"multi_prompt": shots("0", "5")}, "multi_prompt[0].duration"),
    refused("a shot longer than the whole", _EACH, SHOTS | {"multi_prompt": shots("6")}, "multi_prompt[0].duration"),
    taken("shots as long as the whole", _SUM, SHOTS | {"multi_prompt": shots("4", "3"), "duration": "7"}),
    refused("shots longer than the whole", _SUM, SHOTS | {"multi_prompt": shots("4", "4"), "duration": "7"}, "duration"),
    refused("shots shorter than the whole", _SUM, SHOTS | {"multi_prompt": shots("3", "3"), "duration": "7"}, "duration"),
    taken("shots as long as the default", _SUM, SHOTS | {"multi_prompt": shots("2", "3")}),
    refused("shots longer than the default", _SUM, SHOTS | {"multi_prompt": shots("3", "3")}, "duration"),
    taken(
        "shots out of order", _INDEX, SHOTS | {"multi_prompt": list(reversed(shots("2", "3")))},
        without(AT_KLING, "prompt") | {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots("2", "3")},
    ),
    taken(
        "numbers as text, text as numbers", "its examples send both",
        SHOTS | {"multi_shot": "true", "multi_prompt": shot("a shot", index="1", duration=5), "duration": 5},
        without(AT_KLING, "prompt") | {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots("5")},
    ),
    refused(
        "index 0", _INDEX, SHOTS | {"multi_prompt": shot("a shot", index=0)},
        "multi_prompt[0].index",
    ),
    refused(
        "a gap", _INDEX,
        SHOTS | {"multi_prompt": [*shots("2"), {"index": 3, "prompt": "a shot", "duration": "3"}]}, "multi_prompt[1].index",
    ),
    refused("an index twice", _INDEX, SHOTS | {"multi_prompt": [*shots("2"), *shots("3")]}, "multi_prompt[1].index"),
    refused("no index", _INDEX, SHOTS | {"multi_prompt": [{"prompt": "a shot", "duration": "5"}]}, "multi_prompt[0].index"),
    refused(
        "shots of the model that has none", _MAP.format("kling-video-o1, text to video: single-shot-video generation alone"),
        SHOTS | {"model_name": "kling-video-o1", "multi_prompt": shots("5")}, "multi_prompt",
    ),
)  # fmt: skip

IMAGES = (
    taken(
        "a reference image", "Including reference images of the element, scene, style, etc.",
        PLAIN | {"image_list": images(1)}, AT_KLING | {"image_list": [{"image_url": PICTURE}]},
    ),
    taken(
        "a first frame, which sets the aspect ratio", _FRAMES, without(PLAIN, "aspect_ratio") | {"image_list": [FIRST]},
        without(AT_KLING, "aspect_ratio") | {"image_list": [FIRST]},
    ),
    taken(
        "both frames", _FRAMES, PLAIN | {"image_list": [FIRST, END]}, AT_KLING | {"image_list": [FIRST, END]},
    ),
    refused("another type", _FRAMES, PLAIN | {"image_list": [FIRST | {"type": "last_frame"}]}, "image_list[0].type"),
    refused("an end frame alone", _END, PLAIN | {"image_list": [END]}, "image_list[0].type"),
    refused(
        "a first frame and a video to edit", _NO_EDIT, PLAIN | {"image_list": [FIRST], "video_list": [BASE]},
        "image_list[0].type",
    ),
    refused(
        "both frames and a video to edit", _NO_EDIT, PLAIN | {"image_list": [FIRST, END], "video_list": [BASE]},
        "image_list[0].type", "image_list[1].type",
    ),
    taken("Base64", _BASE64, PLAIN | {"image_list": [{"image_url": "iVBORw0KGgo="}]},
          AT_KLING | {"image_list": [{"image_url": "iVBORw0KGgo="}]}),
    refused(
        "Base64 with a prefix", "do not add any prefixes to the Base64-encoded string",
        PLAIN | {"image_list": [{"image_url": "data:image/png;base64,iVBORw0KGgo="}]}, "image_list[0].image_url",
    ),
    refused("no address", _EMPTY, PLAIN | {"image_list": [{"type": "first_frame"}]}, "image_list[0].image_url"),
    refused("an empty address", _EMPTY, PLAIN | {"image_list": [{"image_url": ""}]}, "image_list[0].image_url"),
    taken("7 images", _WITHOUT_VIDEO, PLAIN | {"image_list": images(7)}),
    refused("8 images", _WITHOUT_VIDEO, PLAIN | {"image_list": images(8)}, "image_list"),
    taken("7 images and elements", _WITHOUT_VIDEO, PLAIN | {"image_list": images(4), "element_list": elements(3)}),
    refused(
        "8 images and elements", _WITHOUT_VIDEO, PLAIN | {"image_list": images(4), "element_list": elements(4)},
        "image_list",
    ),
    taken("7 elements", _WITHOUT_VIDEO, PLAIN | {"element_list": elements(7)}),
    refused("8 elements", _WITHOUT_VIDEO, PLAIN | {"element_list": elements(8)}, "element_list"),
    taken("4 with a video", _WITH_VIDEO,
          PLAIN | {"image_list": images(2), "element_list": elements(2), "video_list": [FEATURE]}),
    refused("5 with a video", _WITH_VIDEO,
            PLAIN | {"image_list": images(2), "element_list": elements(3), "video_list": [FEATURE]}, "image_list"),
    refused("5 with a video to edit", _WITH_VIDEO, PLAIN | {"image_list": images(5), "video_list": [BASE]}, "image_list"),
    refused("an end frame among three", _TWO, PLAIN | {"image_list": [FIRST, END, *images(1)]}, "image_list[1].type"),
    taken(
        "an end frame among three, later", "later pages keep this for kling-video-o1 alone (2026-04-01)",
        PLAIN | {"image_list": [FIRST, END, *images(1)]}, rules_as_of=date(2026, 4, 1),
    ),
    taken("3 elements with a first frame", _THREE, PLAIN | {"image_list": [FIRST], "element_list": elements(3)}),
    refused(
        "4 elements with a first frame", _THREE, PLAIN | {"image_list": [FIRST], "element_list": elements(4)},
        "element_list",
    ),
    refused(
        "4 elements with both frames", _THREE, PLAIN | {"image_list": [FIRST, END], "element_list": elements(4)}, "element_list",
    ),
    taken("an element's number as text", 'its examples: "element_id": "160"', PLAIN | {"element_list": [{"element_id": "160"}]},
          AT_KLING | {"element_list": [{"element_id": 160}]}),
    refused("an element numbered 0", "element_id: long", PLAIN | {"element_list": [{"element_id": 0}]},
            "element_list[0].element_id"),
    refused("an element's name", "element_id: long", PLAIN | {"element_list": [{"element_id": "dog"}]},
            "element_list[0].element_id"),
    refused("an element without a number", "element_id: long", PLAIN | {"element_list": [{}]}, "element_list[0].element_id"),
)  # fmt: skip

VIDEOS = (
    taken(
        "a video to edit", _EDIT_LENGTH, {"model_name": "kling-v3-omni", "prompt": "a fox", "video_list": [BASE]},
        without(AT_KLING, "duration", "aspect_ratio") | {"video_list": [BASE]},
    ),
    taken(
        "a length that does not count", _EDIT_LENGTH, PLAIN | {"duration": "7", "video_list": [BASE]},
        without(AT_KLING, "duration") | {"video_list": [BASE]},
        warned=frozenset({"duration"}),
    ),
    taken(
        "a length that does not count, whatever it is", _EDIT_LENGTH, PLAIN | {"duration": "20", "video_list": [BASE]},
        without(AT_KLING, "duration") | {"video_list": [BASE]}, warned=frozenset({"duration"}),
    ),
    taken(
        "a video is to be edited by default", _REFER, PLAIN | {"video_list": [{"video_url": CLIP}]},
        without(AT_KLING, "duration") | {"video_list": [BASE]},
    ),
    taken(
        "features, without their sound", _KEEP, PLAIN | {"video_list": [FEATURE | {"keep_original_sound": "no"}]},
        AT_KLING | {"video_list": [FEATURE | {"keep_original_sound": "no"}]},
    ),
    taken("features, and nothing said of sound: the table has no default", _KEEP, PLAIN | {"video_list": [FEATURE]},
          AT_KLING | {"video_list": [FEATURE]}),
    taken(
        "features, with sound kept", _KEEP, PLAIN | {"duration": "10", "video_list": [FEATURE | {"keep_original_sound": "yes"}]},
        AT_KLING | {"duration": "10", "video_list": [FEATURE | {"keep_original_sound": "yes"}]},
    ),
    refused("another use", _REFER, PLAIN | {"video_list": [BASE | {"refer_type": "style"}]}, "video_list[0].refer_type"),
    refused("a truth for sound", _KEEP, PLAIN | {"video_list": [BASE | {"keep_original_sound": True}]},
            "video_list[0].keep_original_sound"),
    taken("sound off with a video", _SILENT, PLAIN | {"sound": "off", "video_list": [FEATURE]}),
    refused("sound on with a video", _SILENT, PLAIN | {"sound": "on", "video_list": [FEATURE]}, "sound"),
    refused("sound on with a video to edit", _SILENT, PLAIN | {"sound": "on", "video_list": [BASE]}, "sound"),
    refused("two videos", _ONE_VIDEO, PLAIN | {"video_list": [BASE, FEATURE]}, "video_list"),
    refused("a video without an address", _NO_URL, PLAIN | {"video_list": [{"refer_type": "base"}]}, "video_list[0].video_url"),
    refused("a video with an empty address", _NO_URL, PLAIN | {"video_list": [{"video_url": ""}]}, "video_list[0].video_url"),
    taken("10 s with a video", _TEN, PLAIN | {"duration": "10", "video_list": [FEATURE]}),
    refused("11 s with a video", _MAP.format("kling-v3-omni, reference video only 3s ~ 10s"),
            PLAIN | {"duration": "11", "video_list": [FEATURE]}, "duration"),
    refused(
        "a first frame with features is no editing, but takes a ratio from the frame", _RATIO,
        without(PLAIN, "aspect_ratio") | {"video_list": [FEATURE]}, "aspect_ratio",
    ),
)  # fmt: skip

REST = (
    taken("sound on", _SOUND, PLAIN | {"sound": "on"}, AT_KLING | {"sound": "on"}),
    refused("sound as a truth", _SOUND, PLAIN | {"sound": True}, "sound"),
    refused("sound of the model that has none", _MAP.format("kling-video-o1 has no native audio"),
            PLAIN | {"model_name": "kling-video-o1", "sound": "on"}, "sound"),
    taken("std", _MODE, PLAIN | {"mode": "std"}, AT_KLING | {"mode": "std"}),
    taken("pro", _MODE, PLAIN | {"mode": "pro"}, AT_KLING),
    refused("another mode", _MODE, PLAIN | {"mode": "standard"}, "mode"),
    refused("4k", _MODE, PLAIN | {"mode": "4k"}, "mode"),
    taken("4k later", "Kling API updates, 2026-04-23: mode 4k", PLAIN | {"mode": "4k"}, AT_KLING | {"mode": "4k"},
          rules_as_of=date(2026, 4, 23)),
    taken("9:16", _RATIOS, PLAIN | {"aspect_ratio": "9:16"}, AT_KLING | {"aspect_ratio": "9:16"}),
    taken("1:1", _RATIOS, PLAIN | {"aspect_ratio": "1:1"}, AT_KLING | {"aspect_ratio": "1:1"}),
    refused("another ratio", _RATIOS, PLAIN | {"aspect_ratio": "4:3"}, "aspect_ratio"),
    refused("no ratio", _RATIO, without(PLAIN, "aspect_ratio"), "aspect_ratio"),
    refused(
        "no ratio with reference images", _RATIO, without(PLAIN, "aspect_ratio") | {"image_list": images(1)},
        "aspect_ratio",
    ),
    taken("3 s", _SECONDS, PLAIN | {"duration": "3"}, AT_KLING | {"duration": "3"}),
    taken("15 s", _SECONDS, PLAIN | {"duration": "15"}, AT_KLING | {"duration": "15"}),
    taken("5 s as a number", "clients send both", PLAIN | {"duration": 5}, AT_KLING),
    refused("2 s", _SECONDS, PLAIN | {"duration": "2"}, "duration"),
    refused("16 s", _SECONDS, PLAIN | {"duration": "16"}, "duration"),
    refused("half a second", _SECONDS, PLAIN | {"duration": 5.5}, "duration"),
    taken("5 s of O1", _MAP.format("kling-video-o1, text to video only 5s, 10s"),
          PLAIN | {"model_name": "kling-video-o1", "duration": "10"}),
    refused("7 s of O1", _MAP.format("kling-video-o1, text to video only 5s, 10s"),
            PLAIN | {"model_name": "kling-video-o1", "duration": "7"}, "duration"),
    taken("7 s of O1 with a reference image", _MAP.format("kling-video-o1, 3s ~ 10s"),
          PLAIN | {"model_name": "kling-video-o1", "duration": "7", "image_list": images(1)}),
    refused("11 s of O1", _MAP.format("kling-video-o1, 3s ~ 10s"),
            PLAIN | {"model_name": "kling-video-o1", "duration": "11", "image_list": images(1)}, "duration"),
    taken("a watermarked copy", _WATERMARK, PLAIN | {"watermark_info": {"enabled": True}},
          AT_KLING | {"watermark_info": {"enabled": True}}),
    taken("no watermarked copy", _WATERMARK, PLAIN | {"watermark_info": {"enabled": False}}, AT_KLING),
    taken("a watermarked copy, as text", "its examples send truths as text", PLAIN | {"watermark_info": {"enabled": "true"}},
          AT_KLING | {"watermark_info": {"enabled": True}}),
    refused("a watermark in a list", _WATERMARK, PLAIN | {"watermark_info": [{"enabled": True}]}, "watermark_info"),
    taken("ways to hear of it", "callback_url, external_task_id: string, optional",
          PLAIN | {"callback_url": CALLBACK, "external_task_id": "order-42"}, AT_KLING),
    refused("a number as id", "external_task_id: string", PLAIN | {"external_task_id": 42}, "external_task_id"),
)  # fmt: skip

CASES = (*EXAMPLES, *PROMPTS, *STORYBOARDS, *IMAGES, *VIDEOS, *REST)
