"""What EzModel's page "Kling Omni Video" says of its create, case by case: written by hand from the page.

`says` is the sentence or the row of the page from which a case comes. What its server does beyond the page is in
`cases_beyond`.
"""

from __future__ import annotations

from tests.conformance.ezmodel.building import (
    BASE,
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

BODY_PARAMETERS = (
    accepted("v3", "model | string | Yes | kling-v3-omni", {**V3, **FOX, "duration": "5"}),
    accepted("o1", "Supported Models: kling-video-o1 | Omni V1", {**O1, **FOX, "duration": "5"}),
    refused("another model", "Supported Models: kling-v3-omni, kling-video-o1", {"model": "kling-v3", **FOX}, "model"),
    refused("no model", "model | string | Yes", {**FOX}, "model"),
    refused("model is text", "model | string", {"model": 3, **FOX}, "model"),
    accepted(
        "defaults",
        "mode: std. duration: 5. aspect_ratio: 16:9. sound: off",
        {**V3, **FOX},
        {**V3, **FOX, "mode": "std", "duration": "5", "aspect_ratio": "16:9", "sound": "off"},
    ),
    refused("prompt is conditional: neither", "prompt | string | Conditional", {**V3}, "prompt"),
    refused("prompt is text", "prompt | string", {**V3, "prompt": 5}, "prompt"),
    accepted(
        "negative prompt",
        "negative_prompt | string | No | blur, watermark",
        {**V3, **FOX, "negative_prompt": "blur, watermark", "duration": "5"},
    ),
    refused(
        "negative prompt is text", "negative_prompt | string",
        {**V3, **FOX, "negative_prompt": ["blur"]}, "negative_prompt",
    ),
    accepted("std", "mode: std (Standard 720p)", {**V3, **FOX, "mode": "std", "duration": "5"}),
    accepted("pro", "mode: pro (Professional 1080p)", {**V3, **FOX, "mode": "pro", "duration": "5"}),
    refused("4k", "mode: std, pro", {**V3, **FOX, "mode": "4k"}, "mode"),
    accepted("16:9", "aspect_ratio: 16:9, 9:16, 1:1", {**V3, **FOX, "aspect_ratio": "16:9", "duration": "5"}),
    accepted("9:16", "aspect_ratio: 16:9, 9:16, 1:1", {**V3, **FOX, "aspect_ratio": "9:16", "duration": "5"}),
    accepted("1:1", "aspect_ratio: 16:9, 9:16, 1:1", {**V3, **FOX, "aspect_ratio": "1:1", "duration": "5"}),
    refused("4:3", "aspect_ratio: 16:9, 9:16, 1:1", {**V3, **FOX, "aspect_ratio": "4:3"}, "aspect_ratio"),
    refused(
        "aspect ratio auto", "aspect_ratio: 16:9, 9:16, 1:1",
        {**V3, **FOX, "aspect_ratio": "auto"}, "aspect_ratio",
    ),
    accepted("sound on", "sound: V3 supports on/off", {**V3, **FOX, "sound": "on", "duration": "5"}),
    accepted("sound off", "sound: V3 supports on/off", {**V3, **FOX, "sound": "off", "duration": "5"}),
    accepted("o1 without sound", "Native Audio: kling-video-o1 no", {**O1, **FOX, "sound": "off", "duration": "5"}),
    refused(
        "o1 with sound", "Native Audio: kling-video-o1 no. V3 supports on/off",
        {**O1, **FOX, "sound": "on"}, "sound",
    ),
    refused("sound is a word", "sound | string | on, off", {**V3, **FOX, "sound": True}, "sound"),
    refused("another word for sound", "sound | string | on, off", {**V3, **FOX, "sound": "yes"}, "sound"),
    accepted("cfg_scale 0", "cfg_scale | float | 0.0 - 1.0", {**V3, **FOX, "cfg_scale": 0.0, "duration": "5"}),
    accepted("cfg_scale 0.5", "cfg_scale | float | 0.5", {**O1, **FOX, "cfg_scale": 0.5, "duration": "5"}),
    accepted("cfg_scale 1", "cfg_scale | float | 0.0 - 1.0", {**V3, **FOX, "cfg_scale": 1, "duration": "5"}),
    refused("cfg_scale 1.1", "cfg_scale | float | 0.0 - 1.0", {**V3, **FOX, "cfg_scale": 1.1}, "cfg_scale"),
    refused("cfg_scale -0.1", "cfg_scale | float | 0.0 - 1.0", {**V3, **FOX, "cfg_scale": -0.1}, "cfg_scale"),
    refused("cfg_scale is a number", "cfg_scale | float", {**V3, **FOX, "cfg_scale": "0.5"}, "cfg_scale"),
    accepted(
        "a task id of one's own, and a callback",
        "external_task_id: Custom task ID, my_task_001. callback_url: Callback URL after task completion",
        {
            **V3, **FOX, "duration": "5", "external_task_id": "my_task_001",
            "callback_url": "https://your-api.com/callback",
        },
        {**SAID, **V3, **FOX, "duration": "5"},
    ),
    refused("a task id is text", "external_task_id | string", {**V3, **FOX, "external_task_id": 1}, "external_task_id"),
    refused("a callback is text", "callback_url | string", {**V3, **FOX, "callback_url": 5}, "callback_url"),
    refused("a field that is not on the page", "Body Parameters", {**V3, **FOX, "watermark": True}, "watermark"),
    refused("a field of another service", "Body Parameters", {**V3, **FOX, "image_urls": [PICTURE]}, "image_urls"),
)  # fmt: skip

DURATIONS = (
    accepted("v3 text, 3 s", "kling-v3-omni | T2V / I2V | 3 - 15", {**V3, **FOX, "duration": "3"}),
    accepted("v3 text, 15 s", "kling-v3-omni | T2V / I2V | 3 - 15", {**V3, **FOX, "duration": "15"}),
    accepted("v3 images, 15 s", "kling-v3-omni | T2V / I2V | 3 - 15", {**V3, **FOX, **IMAGES, "duration": "15"}),
    refused("v3 text, 2 s", "kling-v3-omni | T2V / I2V | 3 - 15", {**V3, **FOX, "duration": "2"}, "duration"),
    refused("v3 text, 16 s", "kling-v3-omni | T2V / I2V | 3 - 15", {**V3, **FOX, "duration": "16"}, "duration"),
    refused(
        "v3 images, 16 s", "kling-v3-omni | T2V / I2V | 3 - 15",
        {**V3, **FOX, **IMAGES, "duration": "16"}, "duration",
    ),
    accepted(
        "v3 video reference, 3 s", "kling-v3-omni | Video reference (refer_type=feature) | 3 - 10",
        {**V3, **FOX, **FEATURE, "duration": "3"},
        {**SAID, **V3, **FOX, **FEATURE, "duration": "3"},
    ),
    accepted(
        "v3 video reference, 10 s", "kling-v3-omni | Video reference (refer_type=feature) | 3 - 10",
        {**V3, **FOX, **FEATURE, "duration": "10"},
        {**SAID, **V3, **FOX, **FEATURE, "duration": "10"},
    ),
    refused(
        "v3 video reference, 11 s", "kling-v3-omni | Video reference (refer_type=feature) | 3 - 10",
        {**V3, **FOX, **FEATURE, "duration": "11"}, "duration",
    ),
    accepted(
        "v3 video editing", "kling-v3-omni | Video editing (refer_type=base) | Automatically follows original video duration",
        {**V3, **FOX, **BASE},
        {**SAID, **V3, **FOX, **BASE},
    ),
    accepted(
        "v3 video editing with a duration",
        "kling-v3-omni | Video editing (refer_type=base) | Automatically follows original video duration",
        {**V3, **FOX, **BASE, "duration": "5"},
        {**SAID, **V3, **FOX, **BASE},
        warned=frozenset({"duration"}),
    ),
    accepted("o1 text, 5 s", "kling-video-o1 | T2V / basic I2V | 5, 10", {**O1, **FOX, "duration": "5"}),
    accepted("o1 text, 10 s", "kling-video-o1 | T2V / basic I2V | 5, 10", {**O1, **FOX, "duration": "10"}),
    accepted("o1 images, 10 s", "kling-video-o1 | T2V / basic I2V | 5, 10", {**O1, **FOX, **IMAGES, "duration": "10"}),
    refused("o1 text, 6 s", "kling-video-o1 | T2V / basic I2V | 5, 10", {**O1, **FOX, "duration": "6"}, "duration"),
    refused("o1 text, 3 s", "kling-video-o1 | T2V / basic I2V | 5, 10", {**O1, **FOX, "duration": "3"}, "duration"),
    refused("o1 text, 15 s", "kling-video-o1 | T2V / basic I2V | 5, 10", {**O1, **FOX, "duration": "15"}, "duration"),
    refused(
        "o1 images, 7 s", "kling-video-o1 | T2V / basic I2V | 5, 10",
        {**O1, **FOX, **IMAGES, "duration": "7"}, "duration",
    ),
    accepted(
        "o1 first frame, 3 s", "kling-video-o1 | First/end frame / video reference | 3 - 10",
        {**O1, **FOX, "image_list": [FIRST], "duration": "3"},
    ),
    accepted(
        "o1 both frames, 10 s", "kling-video-o1 | First/end frame / video reference | 3 - 10",
        {**O1, **FOX, "image_list": [FIRST, END], "duration": "10"},
    ),
    refused(
        "o1 both frames, 11 s", "kling-video-o1 | First/end frame / video reference | 3 - 10",
        {**O1, **FOX, "image_list": [FIRST, END], "duration": "11"}, "duration",
    ),
    accepted(
        "o1 video reference, 3 s", "kling-video-o1 | First/end frame / video reference | 3 - 10",
        {**O1, **FOX, **FEATURE, "duration": "3"},
        {**SAID, **O1, **FOX, **FEATURE, "duration": "3"},
    ),
    accepted(
        "o1 video reference, 10 s", "kling-video-o1 | First/end frame / video reference | 3 - 10",
        {**O1, **FOX, **FEATURE, "duration": "10"},
        {**SAID, **O1, **FOX, **FEATURE, "duration": "10"},
    ),
    refused(
        "o1 video reference, 11 s", "kling-video-o1 | First/end frame / video reference | 3 - 10",
        {**O1, **FOX, **FEATURE, "duration": "11"}, "duration",
    ),
    refused("a duration is text", "duration | string", {**V3, **FOX, "duration": 5}, "duration"),
    refused("a duration is whole", "duration | string | 5, 10, 15", {**V3, **FOX, "duration": "5.0"}, "duration"),
    refused("a duration has no unit", "duration | string | 5, 10, 15", {**V3, **FOX, "duration": "5s"}, "duration"),
)  # fmt: skip

INPUTS = (
    accepted(
        "first frame alone", "OmniImageItem: type | Image role: first_frame, end_frame",
        {**V3, **FOX, "image_list": [FIRST], "duration": "5"},
    ),
    accepted(
        "reference images", "OmniImageItem: type | Omit for general reference image",
        {**V3, **FOX, "image_list": [{"image_url": PICTURE}, {"image_url": END["image_url"]}], "duration": "5"},
    ),
    refused(
        "another role", "OmniImageItem: type | first_frame, end_frame",
        {**V3, **FOX, "image_list": [{"image_url": PICTURE, "type": "last_frame"}]}, "image_list[0].type",
    ),
    refused(
        "an image without its address", "OmniImageItem: image_url | string",
        {**V3, **FOX, "image_list": [FIRST, {"type": "end_frame"}]}, "image_list[1].image_url",
    ),
    refused("an image is an object", "OmniImageItem", {**V3, **FOX, "image_list": [PICTURE]}, "image_list[0]"),
    refused(
        "images are a list", "image_list | array",
        {**V3, **FOX, "image_list": {"image_url": PICTURE}}, "image_list",
    ),
    accepted(
        "an element", 'element_list: [{"element_id": 123456}]',
        {**V3, **FOX, "element_list": [{"element_id": 123456}], "duration": "5"},
    ),
    refused("elements are a list", "element_list | array", {**V3, **FOX, "element_list": {"element_id": 1}}, "element_list"),
    refused("videos are a list", "video_list | array", {**V3, **FOX, "video_list": CLIP}, "video_list"),
    refused(
        "an element's id is a number", 'element_list: [{"element_id": 123456}]',
        {**V3, **FOX, "element_list": [{"element_id": "123456"}]}, "element_list[0].element_id",
    ),
    refused(
        "an element without its id", 'element_list: [{"element_id": 123456}]',
        {**V3, **FOX, "element_list": [{"element_id": 1}, {"name": "dog"}]},
        "element_list[1].element_id", "element_list[1].name",
    ),
    accepted(
        "keep the sound", "OmniVideoItem: keep_original_sound | yes, no",
        {
            **V3, **FOX, "duration": "5",
            "video_list": [{"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "yes"}],
        },
    ),
    accepted(
        "keep no sound", "OmniVideoItem: keep_original_sound | yes, no",
        {
            **V3, **FOX, "duration": "5",
            "video_list": [{"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "no"}],
        },
    ),
    accepted(
        "nothing said of its sound", "OmniVideoItem: keep_original_sound has no default",
        {**V3, **FOX, **FEATURE, "duration": "5"},
    ),
    refused(
        "another word for keeping", "OmniVideoItem: keep_original_sound | yes, no",
        {**V3, **FOX, "video_list": [{"video_url": CLIP, "refer_type": "base", "keep_original_sound": "on"}]},
        "video_list[0].keep_original_sound",
    ),
    refused(
        "another way of referring", "OmniVideoItem: refer_type | feature or base",
        {**V3, **FOX, "video_list": [{"video_url": CLIP, "refer_type": "style"}]}, "video_list[0].refer_type",
    ),
    refused(
        "a video without its address", "OmniVideoItem: video_url | string",
        {**V3, **FOX, "video_list": [{"refer_type": "base"}]}, "video_list[0].video_url",
    ),
    refused(
        "o1 edits no video", "refer_type: base (video editing, kling-v3-omni only)",
        {**O1, **FOX, **BASE}, "video_list[0]",
    ),
    refused(
        "sound with a video reference", 'When using video_list, sound: "on" is not supported',
        {**V3, **FOX, **FEATURE, "sound": "on"}, "sound",
    ),
    refused(
        "sound with a video to edit", 'sound: "on" is not supported: sound on is not supported with video input',
        {**V3, **FOX, **BASE, "sound": "on"}, "sound",
    ),
    accepted(
        "no sound with a video", "sound: Cannot be on when using video_list",
        {**V3, **FOX, **FEATURE, "sound": "off", "duration": "5"},
        {**SAID, **V3, **FOX, **FEATURE, "duration": "5"},
    ),
)  # fmt: skip

SHOTS = (
    accepted("2 shots", "Minimum 2 shots, maximum 6 shots", {**V3, **shots("3", "3")}),
    accepted(
        "5 shots fill 15 s", "Total duration of all shots must be within 3-15 seconds",
        {**V3, **shots(*["3"] * 5)},
    ),
    accepted(
        "shots of 15 s", "Multi-shot | Sum of all shot durations must be within 3-15 range",
        {**V3, **shots("12", "3")},
    ),
    refused("1 shot", "Minimum 2 shots, maximum 6 shots", {**V3, **shots("5")}, "multi_prompt"),
    # Six shots of three seconds are eighteen: the page's own limits leave no room for the sixth.
    refused(
        "6 shots of 3 s", "Total duration of all shots must be within 3-15 seconds",
        {**V3, **shots(*["3"] * 6)}, "multi_prompt",
    ),
    refused("7 shots", "Minimum 2 shots, maximum 6 shots", {**V3, **shots(*["3"] * 7)}, "multi_prompt"),
    refused(
        "16 s", "Total duration of all shots must be within 3-15 seconds",
        {**V3, **shots("8", "8")}, "multi_prompt",
    ),
    refused(
        "a shot of 2 s", "Each shot must be at least 3 seconds",
        {**V3, **shots("3", "2")}, "multi_prompt[1].duration",
    ),
    accepted("a shot's prompt of 2500", "prompt: max 2500 characters", {**V3, **shots("3", "3", prompt="x" * 2500)}),
    refused(
        "a shot's prompt of 2501", "prompt: max 2500 characters",
        {**V3, "multi_prompt": [{"prompt": "x", "duration": "3"}, {"prompt": "x" * 2501, "duration": "3"}]},
        "multi_prompt[1].prompt",
    ),
    refused(
        "a shot's duration is text", "duration | string | Yes",
        {**V3, **shots("3", 3)}, "multi_prompt[1].duration",
    ),
    refused(
        "a shot has a prompt", "prompt | string | Yes",
        {**V3, "multi_prompt": [{"duration": "3"}, {"prompt": "x", "duration": "3"}]}, "multi_prompt[0].prompt",
    ),
    refused(
        "a shot has a duration", "duration | string | Yes",
        {**V3, "multi_prompt": [{"prompt": "x", "duration": "3"}, {"prompt": "x"}]}, "multi_prompt[1].duration",
    ),
    refused(
        "a prompt beside shots", "When using multi_prompt, the top-level prompt and duration parameters cannot be used",
        {**V3, **FOX, **shots("3", "3")}, "prompt",
    ),
    refused(
        "a duration beside shots", "duration: Cannot be used together with multi_prompt",
        {**V3, "duration": "6", **shots("3", "3")}, "duration",
    ),
    refused(
        "both beside shots", "the top-level prompt and duration parameters cannot be used",
        {**V3, **FOX, "duration": "6", **shots("3", "3")}, "prompt", "duration",
    ),
    refused("o1 has no shots", "multi_prompt: V3 Only", {**O1, **shots("3", "3")}, "multi_prompt"),
    accepted(
        "references in shots", "Supports @image_1, @element_1 reference syntax",
        {**V3, **IMAGES, "element_list": [{"element_id": 123456}], **shots("3", "4", prompt="@element_1 looks at @image_1")},
    ),
    refused(
        "a reference to nothing", "Supports @image_1, @element_1 reference syntax",
        {**V3, **IMAGES, "multi_prompt": [{"prompt": "@image_1", "duration": "3"}, {"prompt": "@image_2", "duration": "3"}]},
        "multi_prompt[1].prompt",
    ),
)  # fmt: skip

BY_FIELD = (*BODY_PARAMETERS, *DURATIONS, *INPUTS, *SHOTS)
