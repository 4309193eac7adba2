"""APIMart, Kling v3: its use cases and the rows of its request parameters, written by hand."""

from __future__ import annotations

from tests.conformance.apimart import FIRST, LAST, SIDE, accepted, refused, without
from tests.conformance.apimart_v3.bodies import ARRIVES, LEAST
from tests.conformance.apimart_v3.cases_elements import ELEMENTS
from tests.conformance.apimart_v3.cases_shots import SHOTS

PAGE_FIELDS = {
    "model",
    "prompt",
    "mode",
    "duration",
    "aspect_ratio",
    "negative_prompt",
    "image_urls",
    "watermark",
    "audio",
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
}
"""Of the page's request parameters, and of what its lists are made of."""

TOKYO = [
    {"index": 1, "prompt": "Wide shot of a neon street in the rain", "duration": 5},
    {"index": 2, "prompt": "A woman under an umbrella looks up", "duration": 6},
    {"index": 3, "prompt": "Close-up of the sign that she sees", "duration": 4},
]

USE_CASES = [
    accepted("case 1", "Case 1: Text-to-Video (Standard Mode)", LEAST | {"mode": "std"}, ARRIVES),
    accepted(
        "case 2",
        "Case 2: Text-to-Video (Pro Mode + Negative Prompt); Negative prompt: Example: blurry, low quality, distorted",
        LEAST | {"mode": "pro", "duration": 10, "negative_prompt": "blurry, low quality, distorted"},
        ARRIVES | {"mode": "pro", "duration": 10, "negative_prompt": "blurry, low quality, distorted"},
    ),
    accepted(
        "case 3",
        "Case 3: Text-to-Video (15 seconds); Text-to-video supports 15-second duration",
        LEAST | {"duration": 15},
        ARRIVES | {"duration": 15},
    ),
    accepted(
        "case 4",
        "Case 4: Image-to-Video (First Frame); Pass 1 image: used as first frame",
        LEAST | {"image_urls": [FIRST]},
        without(ARRIVES, "aspect_ratio") | {"image_urls": [FIRST]},
    ),
    accepted(
        "case 5",
        "Case 5: Image-to-Video (First + Last Frame Control); Pass 2 images: automatically assigned as first + last frame",
        LEAST | {"image_urls": [FIRST, LAST], "mode": "pro"},
        without(ARRIVES, "aspect_ratio") | {"image_urls": [FIRST, LAST], "mode": "pro"},
    ),
    accepted("case 6", "Case 6: Generate Video with Audio", LEAST | {"audio": True}, ARRIVES | {"audio": True}),
    accepted(
        "case 7",
        "Case 7: Multi-Shot Storyboard (customize, 15 seconds, portrait with audio)",
        {
            "model": "kling-v3",
            "multi_shot": True,
            "shot_type": "customize",
            "multi_prompt": TOKYO,
            "duration": 15,
            "aspect_ratio": "9:16",
            "audio": True,
            "mode": "pro",
        },
        {
            "model": "kling-v3",
            "multi_shot": True,
            "shot_type": "customize",
            "multi_prompt": TOKYO,
            "duration": 15,
            "aspect_ratio": "9:16",
            "audio": True,
            "mode": "pro",
            "watermark": False,
        },
    ),
]

FIELDS = [
    accepted("the least", "kling-v3 - Kling v3 (recommended); std, 5 and 16:9 are the defaults", LEAST, ARRIVES),
    refused("no model", "Video generation model name", without(LEAST, "model"), "model"),
    refused("another model", "Supported models: kling-v3", LEAST | {"model": "kling-v2-6"}, "model"),
    refused("a model of another type", "Supported models: kling-v3", LEAST | {"model": ["kling-v3"]}, "model"),
    refused("no prompt", "prompt: Required", without(LEAST, "prompt"), "prompt"),
    refused("an empty prompt is none", "prompt: Required", LEAST | {"prompt": ""}, "prompt"),
    refused("a prompt of another type", "Text prompt", LEAST | {"prompt": 5}, "prompt"),
    refused(
        "a prompt for an image too",
        "Image-to-Video: prompt: Required",
        {"model": "kling-v3", "image_urls": [FIRST]},
        "prompt",
    ),
    accepted("4k", "mode=4k is supported for kling-v3", LEAST | {"mode": "4k"}, ARRIVES | {"mode": "4k"}),
    refused("another mode", "Generation mode: std, pro, 4k", LEAST | {"mode": "standard"}, "mode"),
    accepted("3 s", "Range: 3-15 (minimum 3 seconds)", LEAST | {"duration": 3}, ARRIVES | {"duration": 3}),
    refused("2 s", "Range: 3-15 (minimum 3 seconds)", LEAST | {"duration": 2}, "duration"),
    refused("16 s", "Range: 3-15 (maximum 15 seconds)", LEAST | {"duration": 16}, "duration"),
    refused(
        "a quoted duration", "Must be a plain number (e.g. 6), do not add quotes", LEAST | {"duration": "6"}, "duration"
    ),
    refused("a duration with a fraction", "Must be a plain number (e.g. 6)", LEAST | {"duration": 6.5}, "duration"),
    refused("a duration that is true", "Must be a plain number (e.g. 6)", LEAST | {"duration": True}, "duration"),
    accepted("portrait", "9:16 - Portrait", LEAST | {"aspect_ratio": "9:16"}, ARRIVES | {"aspect_ratio": "9:16"}),
    accepted("square", "1:1 - Square", LEAST | {"aspect_ratio": "1:1"}, ARRIVES | {"aspect_ratio": "1:1"}),
    refused("another aspect ratio", "Options: 16:9, 9:16, 1:1", LEAST | {"aspect_ratio": "4:3"}, "aspect_ratio"),
    accepted(
        "an aspect ratio beside an image",
        "aspect_ratio, Image-to-Video: May be overridden by image ratio",
        LEAST | {"image_urls": [FIRST], "aspect_ratio": "9:16"},
        ARRIVES | {"image_urls": [FIRST], "aspect_ratio": "9:16"},
    ),
    accepted(
        "size",
        "another of APIMart's pages of this model calls it size",
        LEAST | {"size": "9:16"},
        ARRIVES | {"aspect_ratio": "9:16"},
    ),
    accepted(
        "size beside aspect_ratio",
        "this page's name is aspect_ratio",
        LEAST | {"size": "9:16", "aspect_ratio": "1:1"},
        ARRIVES | {"aspect_ratio": "1:1"},
        "size",
    ),
    refused("another size", "Options: 16:9, 9:16, 1:1", LEAST | {"size": "1280x720"}, "size"),
    accepted(
        "a negative prompt of 2500",
        "Negative prompt to exclude unwanted content; the page states no length, Kling's own is 2500",
        LEAST | {"negative_prompt": "x" * 2500},
        ARRIVES | {"negative_prompt": "x" * 2500},
    ),
    refused(
        "a negative prompt of 2501",
        "Kling's own limit is 2500",
        LEAST | {"negative_prompt": "x" * 2501},
        "negative_prompt",
    ),
    refused(
        "3 images", "image_urls supports up to 2 images", LEAST | {"image_urls": [FIRST, SIDE, LAST]}, "image_urls"
    ),
    refused("an image that is no list", "Image URL array", LEAST | {"image_urls": FIRST}, "image_urls"),
    refused("an image that is no text", "Image URL array", LEAST | {"image_urls": [{"url": FIRST}]}, "image_urls[0]"),
    refused(
        "a last frame alone",
        "Last-frame-only input is invalid (must include first frame)",
        LEAST | {"image_urls": ["", LAST]},
        "image_urls[0]",
    ),
    accepted("an empty list of images", "no images means text-to-video", LEAST | {"image_urls": []}, ARRIVES),
    accepted("a watermark", "Whether to add watermark", LEAST | {"watermark": True}, ARRIVES | {"watermark": True}),
    refused("a watermark as text", "Whether to add watermark", LEAST | {"watermark": "true"}, "watermark"),
    refused("audio as text", "Whether to generate video with audio", LEAST | {"audio": "on"}, "audio"),
    accepted("no audio", "audio: Optional", LEAST | {"audio": False}, ARRIVES),
    refused(
        "omni's roles",
        "the page has no image_with_roles",
        LEAST | {"image_with_roles": [{"url": FIRST}]},
        "image_with_roles",
    ),
    refused(
        "omni's videos", "the page has no video_list", LEAST | {"video_list": [{"video_url": FIRST}]}, "video_list"
    ),
    refused(
        "a callback", "the page has no callback_url", LEAST | {"callback_url": "https://example.com"}, "callback_url"
    ),
    refused(
        "everything at once",
        "every field has its own rule",
        {"model": "kling-v3", "mode": "x", "duration": 99, "audio": 1, "a": 1},
        "mode",
        "duration",
        "audio",
        "a",
    ),
]

IMAGES_OF = {
    "Text-to-Video, Generation": [],
    "Image-to-Video, First Frame": [FIRST],
    "Image-to-Video, Last Frame": [FIRST, LAST],
}
MATRIX = [
    accepted(
        f"{what}, {mode} {duration}s",
        f"Feature Support Matrix: {what}, {mode} {duration}s: yes",
        LEAST | {"mode": mode, "duration": duration, "image_urls": images},
        ARRIVES | {"mode": mode, "duration": duration}
        if not images
        else without(ARRIVES, "aspect_ratio") | {"mode": mode, "duration": duration, "image_urls": images},
    )
    for what, images in IMAGES_OF.items()
    for mode, duration in (("std", 5), ("std", 10), ("std", 15), ("pro", 5), ("pro", 10))
]

CASES = [*USE_CASES, *MATRIX, *FIELDS, *SHOTS, *ELEMENTS]
