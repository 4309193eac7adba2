"""What is known of EzModel's create beyond its page: from its published source, and from Kling, which gets it unchanged."""

from __future__ import annotations

from tests.conformance.ezmodel.building import (
    CLIP,
    END,
    FEATURE,
    FIRST,
    FOX,
    IMAGES,
    O1,
    PICTURE,
    SAID,
    V3,
    accepted,
    refused,
    shots,
)  # fmt: skip

SIX = {**SAID, **V3, **FOX, "duration": "6"}

TAKEN_AND_DROPPED = (
    accepted(
        "multi_shot", "Published source: multi_shot is not among the names that survive to Kling",
        {**V3, **FOX, "duration": "6", "multi_shot": True}, SIX, warned=frozenset({"multi_shot"}),
    ),
    accepted(
        "shot_type", "Published source: shot_type is dropped",
        {**V3, **FOX, "duration": "6", "multi_shot": False, "shot_type": "customize"}, SIX,
        warned=frozenset({"multi_shot", "shot_type"}),
    ),
    accepted(
        "watermark_info", "Published source: watermark_info is dropped",
        {**V3, **FOX, "duration": "6", "watermark_info": {"enabled": True}}, SIX, warned=frozenset({"watermark_info"}),
    ),
    accepted(
        "multi_prompt[].index", "Published source: multi_prompt[{prompt, duration}]; index is dropped",
        {
            **V3, "multi_shot": True, "shot_type": "customize",
            "multi_prompt": [
                {"index": 1, "prompt": "a", "duration": "3"}, {"index": 2, "prompt": "b", "duration": "4"},
            ],
        },
        {**SAID, **V3, "multi_prompt": [{"prompt": "a", "duration": "3"}, {"prompt": "b", "duration": "4"}]},
        warned=frozenset({"multi_shot", "shot_type", "multi_prompt[].index"}),
    ),
    accepted(
        "model_name", "Published source: model_name wins, else model",
        {"model_name": "kling-v3-omni", **FOX, "duration": "6"}, SIX,
    ),
    accepted(
        "model_name and model", "Published source: model_name wins, else model",
        {"model_name": "kling-v3-omni", "model": "kling-video-o1", **FOX, "duration": "6"}, SIX,
        warned=frozenset({"model"}),
    ),
    accepted(
        "model_name as model says", "Published source: model_name wins, else model",
        {"model_name": "kling-v3-omni", "model": "kling-v3-omni", **FOX, "duration": "6"}, SIX,
    ),
    refused("another model_name", "Supported Models", {"model_name": "kling-v3", **V3, **FOX}, "model_name"),
    refused("an odd model_name", "Supported Models", {"model_name": ["kling-v3"], **FOX}, "model_name"),
    refused(
        "a model_name that cannot do it", "kling-video-o1 | T2V / basic I2V | 5, 10",
        {"model_name": "kling-video-o1", **FOX, "duration": "6"}, "duration",
    ),
)  # fmt: skip

EMPTY = (
    accepted(
        "empty texts and lists say nothing", "Kling's examples send them for unused fields",
        {
            **V3, **FOX, "duration": "6", "negative_prompt": "", "image_list": [], "video_list": [], "element_list": None,
            "multi_prompt": [], "external_task_id": "", "callback_url": "", "mode": "", "cfg_scale": None,
        },
        SIX,
    ),
    accepted(
        "an empty refer_type is Kling's default", "Kling's API specification: refer_type, base by default",
        {**V3, **FOX, "video_list": [{"video_url": CLIP, "refer_type": "", "keep_original_sound": ""}]},
        {**SAID, **V3, **FOX, "video_list": [{"video_url": CLIP, "refer_type": "base"}]},
    ),
    refused(
        "o1 without a refer_type", "Kling's default is base, which is kling-v3-omni only",
        {**O1, **FOX, "video_list": [{"video_url": CLIP}]}, "video_list[0]",
    ),
    refused("an empty prompt is none", "prompt | string | Conditional", {**V3, "prompt": ""}, "prompt"),
    refused("a blank prompt says nothing", "prompt | string | Conditional", {**V3, "prompt": "  "}, "prompt"),
    refused(
        "a shot's empty prompt is none", "prompt | string | Yes",
        {**V3, **shots("3", "3", prompt="")}, "multi_prompt[0].prompt", "multi_prompt[1].prompt",
    ),
)  # fmt: skip

REFERENCES = (
    accepted(
        "as the page spells them", "Supports @image_1, @element_1 reference syntax",
        {
            **V3, "prompt": "@element_1 meets @image_1", **IMAGES, "duration": "6",
            "element_list": [{"element_id": 123456}],
        },
    ),
    accepted(
        "a video, for which the page has no spelling", "Supports @image_1, @element_1; Kling: <<<video_1>>>",
        {**V3, "prompt": "@image_1 as @video_1 does", **IMAGES, **FEATURE, "duration": "6"},
        {**SAID, **V3, "prompt": "@image_1 as <<<video_1>>> does", **IMAGES, **FEATURE, "duration": "6"},
    ),
    accepted(
        "as Kling spells them", "Published source: nothing is rewritten, so Kling's own <<<image_1>>> arrives",
        {**V3, "prompt": "<<<image_1>>> waves", **IMAGES, "duration": "6"},
    ),
    accepted(
        "in shots, as Kling spells them", "Published source: nothing is rewritten, so Kling's own <<<image_1>>> arrives",
        {**V3, **IMAGES, **shots("3", "4", prompt="<<<image_1>>> waves")},
    ),
    accepted(
        "spelt in both ways", "Published source: nothing is rewritten; Kling's own spelling is what Kling knows",
        {**V3, "prompt": "@image_1 waves at <<<element_1>>>", **IMAGES, "duration": "6", "element_list": [{"element_id": 7}]},
        {
            **SAID, **V3, "prompt": "<<<image_1>>> waves at <<<element_1>>>", **IMAGES, "duration": "6",
            "element_list": [{"element_id": 7}],
        },
    ),
    accepted(
        "a video as Kling spells it beside the page's spelling", "Supports @image_1, @element_1; Kling: <<<video_1>>>",
        {**V3, "prompt": "@image_1 as <<<video_1>>> does", **IMAGES, **FEATURE, "duration": "6"},
    ),
    accepted(
        "before a word without a space", "Chinese puts none",
        {**V3, "prompt": "@image_1在森林里", **IMAGES, "duration": "6"},
        {**SAID, **V3, "prompt": "@image_1 在森林里", **IMAGES, "duration": "6"},
    ),
    accepted(
        "a word that only begins like one", "A reference is image, element or video, an underscore and a number",
        {**V3, "prompt": "@image_1st and @image and @someone", "duration": "6"},
    ),
    accepted(
        "a word that refers at another service", "Supports @image_1, @element_1 reference syntax",
        {**V3, "prompt": "@image_1 holds a sign: @Image2", **IMAGES, "duration": "6"}, warned=frozenset({"prompt"}),
    ),
    refused("a number that no list has", "@image_1", {**V3, "prompt": "@image_1000001 waves", **IMAGES}, "prompt"),
    refused(
        "a number of 4400 digits", "Kling: prompt, at most 2500 characters", {**V3, "prompt": f"@image_{'1' * 4400}"}, "prompt",
    ),
    refused("an image that is not there", "@image_1", {**V3, "prompt": "@image_1 waves"}, "prompt"),
    refused("an image too many", "@image_1", {**V3, "prompt": "<<<image_2>>> waves", **IMAGES}, "prompt"),
    refused("an element that is not there", "@element_1", {**V3, "prompt": "@element_1 waves", **IMAGES}, "prompt"),
    refused("a video that is not there", "@video_1", {**V3, "prompt": "as in @video_1"}, "prompt"),
    refused("counted from 1", "@image_1", {**V3, "prompt": "@image_0 waves", **IMAGES}, "prompt"),
)  # fmt: skip

MANY = [{"image_url": PICTURE}]
ELEMENTS = [{"element_id": number} for number in range(1, 9)]

KLINGS_OWN = (
    accepted(
        "7 images", "Kling: images and elements, at most 7",
        {**V3, **FOX, "image_list": MANY * 7, "duration": "6"},
    ),
    refused("8 images", "Kling: images and elements, at most 7", {**V3, **FOX, "image_list": MANY * 8}, "image_list"),
    refused(
        "5 images and 3 elements", "Kling: images and elements, at most 7",
        {**V3, **FOX, "image_list": MANY * 5, "element_list": ELEMENTS[:3]}, "image_list",
    ),
    refused(
        "8 elements", "Kling: images and elements, at most 7",
        {**V3, **FOX, "element_list": ELEMENTS}, "element_list",
    ),
    refused(
        "5 images with a video", "Kling: images and elements with a reference video, at most 4",
        {**V3, **FOX, **FEATURE, "image_list": MANY * 5}, "image_list",
    ),
    refused(
        "4 elements with a first frame", "Kling: with a first frame, at most 3 elements",
        {**V3, **FOX, "image_list": [FIRST], "element_list": ELEMENTS[:4]}, "element_list",
    ),
    refused(
        "an end frame alone", "Kling: an end frame needs a first frame",
        {**V3, **FOX, "image_list": [END]}, "image_list[0].type",
    ),
    refused(
        "two first frames", "Kling: one image is the first frame",
        {**V3, **FOX, "image_list": [FIRST, FIRST]}, "image_list[1].type",
    ),
    refused(
        "a first frame with a video to edit", "Kling: frames and a base video exclude each other",
        {**V3, **FOX, "image_list": [FIRST], "video_list": [{"video_url": CLIP, "refer_type": "base"}]},
        "image_list[0].type",
    ),
    refused(
        "two videos", "Kling: video_list, at most one",
        {**V3, **FOX, "video_list": FEATURE["video_list"] * 2}, "video_list",
    ),
    refused(
        "shots with a video to edit", "Kling: base and several shots exclude each other",
        {**V3, **shots("3", "3"), "video_list": [{"video_url": CLIP, "refer_type": "base"}]}, "multi_prompt",
    ),
    refused("a prompt of 2501", "Kling: prompt, at most 2500 characters", {**V3, "prompt": "x" * 2501}, "prompt"),
    refused(
        "a negative prompt of 2501", "Kling: negative_prompt, at most 2500 characters",
        {**V3, **FOX, "negative_prompt": "x" * 2501}, "negative_prompt",
    ),
    refused(
        "an element's number beyond a long", "Published source: element_id has 64 bits",
        {**V3, **FOX, "element_list": [{"element_id": 2**63}]}, "element_list[0].element_id",
    ),
    accepted(
        "an element's number of 18 digits", "Kling: an element's id of 18 digits",
        {**V3, **FOX, "element_list": [{"element_id": 829836802793406551}], "duration": "6"},
    ),
)  # fmt: skip

BEYOND_THE_PAGE = (*TAKEN_AND_DROPPED, *EMPTY, *REFERENCES, *KLINGS_OWN)
