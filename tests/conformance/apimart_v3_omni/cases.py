"""APIMart, Kling v3 Omni: its use cases and the rows of its request parameters, written by hand."""

from __future__ import annotations

from tests.conformance.apimart import accepted, refused, without
from tests.conformance.apimart_v3_omni.bodies import ARRIVES, LEAST, PHOTO, SECOND
from tests.conformance.apimart_v3_omni.cases_inputs import INPUTS
from tests.conformance.apimart_v3_omni.cases_shots import ELEMENTS, SHOTS

PAGE_FIELDS = {
    "model",
    "prompt",
    "negative_prompt",
    "mode",
    "duration",
    "aspect_ratio",
    "image_urls",
    "image_with_roles",
    "image_with_roles[].url",
    "image_with_roles[].role",
    "video_list",
    "video_list[].video_url",
    "video_list[].refer_type",
    "video_list[].keep_original_sound",
    "multi_shot",
    "shot_type",
    "multi_prompt",
    "multi_prompt[].index",
    "multi_prompt[].prompt",
    "multi_prompt[].duration",
    "element_list",
    "element_list[].name",
    "element_list[].description",
    "element_list[].element_input_urls",
    "watermark",
    "audio",
}
"""Of the page's request parameters, and of what its lists are made of."""

WAVE = {"prompt": "Make the person in <<<image_1>>> wave at the camera", "image_urls": [PHOTO]}
MEETING = {
    "prompt": "The person in <<<image_1>>> meets the cat of <<<image_2>>>",
    "image_urls": [PHOTO, SECOND],
    "mode": "pro",
}

USE_CASES = [
    accepted("case 1", "Case 1: Text-to-Video (Standard Mode)", LEAST | {"mode": "std", "duration": 5}, ARRIVES),
    accepted(
        "case 2",
        "Case 2: Image Reference (Single Image); Make the person in <<<image_1>>> wave at the camera",
        LEAST | WAVE,
        ARRIVES | WAVE,
    ),
    accepted(
        "case 3",
        "Case 3: Multiple Image References; <<<image_2>>> references the 2nd image in the image_urls array",
        LEAST | MEETING,
        ARRIVES | MEETING,
    ),
    accepted(
        "case 4",
        "Case 4: equivalent to <<<image_1>>>The person slowly turns and smiles",
        LEAST | {"prompt": "The person slowly turns and smiles", "image_urls": [PHOTO]},
        ARRIVES | {"prompt": "<<<image_1>>>The person slowly turns and smiles", "image_urls": [PHOTO]},
    ),
    accepted("case 5", "Case 5: Generate Video with Audio", LEAST | {"audio": True}, ARRIVES | {"audio": True}),
]

FIELDS = [
    accepted("the least", "std, 5 and 16:9 are the defaults", LEAST, ARRIVES),
    refused("nothing", "model, prompt", {}, "model", "prompt"),
    refused("no model", "Video generation model name", without(LEAST, "model"), "model"),
    refused("another model", "Supported models: kling-v3-omni", LEAST | {"model": "kling-video-o1"}, "model"),
    refused("no prompt", "Positive text prompt", without(LEAST, "prompt"), "prompt"),
    refused("a prompt that is null", "Positive text prompt", LEAST | {"prompt": None}, "prompt"),
    refused("a prompt that is blank", "Positive text prompt", LEAST | {"prompt": "  "}, "prompt"),
    accepted(
        "a prompt of 2500",
        "the page states no length; Kling's own is 2500",
        LEAST | {"prompt": "x" * 2500},
        ARRIVES | {"prompt": "x" * 2500},
    ),
    refused("a prompt of 2501", "Kling's own limit is 2500", LEAST | {"prompt": "x" * 2501}, "prompt"),
    accepted(
        "a negative prompt of 2500",
        "negative_prompt: Maximum length is 2500 characters",
        LEAST | {"negative_prompt": "x" * 2500},
        ARRIVES | {"negative_prompt": "x" * 2500},
    ),
    refused(
        "a negative prompt of 2501",
        "negative_prompt: Maximum length is 2500 characters",
        LEAST | {"negative_prompt": "x" * 2501},
        "negative_prompt",
    ),
    accepted("pro", "pro - Professional mode (1080P)", LEAST | {"mode": "pro"}, ARRIVES | {"mode": "pro"}),
    accepted("4k", "mode=4k is available for kling-v3-omni", LEAST | {"mode": "4k"}, ARRIVES | {"mode": "4k"}),
    refused("another mode", "Options: std, pro, 4k", LEAST | {"mode": "2k"}, "mode"),
    accepted("3 s", "Range: 3-15 (minimum 3 seconds)", LEAST | {"duration": 3}, ARRIVES | {"duration": 3}),
    accepted("15 s", "Range: 3-15 (maximum 15 seconds)", LEAST | {"duration": 15}, ARRIVES | {"duration": 15}),
    refused("2 s", "Range: 3-15 (minimum 3 seconds)", LEAST | {"duration": 2}, "duration"),
    refused("16 s", "Range: 3-15 (maximum 15 seconds)", LEAST | {"duration": 16}, "duration"),
    refused(
        "a quoted duration",
        "Must be a plain number (e.g. 6), do not add quotes, otherwise an error will occur",
        LEAST | {"duration": "6"},
        "duration",
    ),
    accepted("landscape", "16:9 - Landscape", LEAST | {"aspect_ratio": "16:9"}, ARRIVES),
    accepted("portrait", "9:16 - Portrait", LEAST | {"aspect_ratio": "9:16"}, ARRIVES | {"aspect_ratio": "9:16"}),
    accepted("square", "1:1 - Square", LEAST | {"aspect_ratio": "1:1"}, ARRIVES | {"aspect_ratio": "1:1"}),
    refused("another aspect ratio", "Options: 16:9, 9:16, 1:1", LEAST | {"aspect_ratio": "auto"}, "aspect_ratio"),
    accepted(
        "size",
        "another of APIMart's pages of these models calls it size",
        LEAST | {"size": "1:1"},
        ARRIVES | {"aspect_ratio": "1:1"},
    ),
    accepted("a watermark", "Whether to add watermark", LEAST | {"watermark": True}, ARRIVES | {"watermark": True}),
    accepted("no watermark", "Whether to add watermark", LEAST | {"watermark": False}, ARRIVES),
    refused("a watermark as a number", "Whether to add watermark", LEAST | {"watermark": 1}, "watermark"),
    refused("audio as text", "Whether to generate video with audio", LEAST | {"audio": "off"}, "audio"),
    refused("Kling's own name", "the page has no sound", LEAST | {"sound": "on"}, "sound"),
    refused(
        "a callback", "the page has no callback_url", LEAST | {"callback_url": "https://example.com"}, "callback_url"
    ),
]

CASES = [*USE_CASES, *FIELDS, *INPUTS, *SHOTS, *ELEMENTS]
