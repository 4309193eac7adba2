"""The examples of Kling's API specification of 2026-02-10 as they stand there, with addresses where it writes `xxx`.

One of them breaks a rule of the very document: its first shot has 514 characters, where 512 are allowed. It is here as it
stands, and without one word.
"""

from __future__ import annotations

from typing import Any

PICTURE, OTHER_PICTURE, CLIP = "https://example.com/a.png", "https://example.com/b.jpg", "https://example.com/c.mp4"
CALLBACK = "https://caller.example/kling"

SIX_SHOTS: list[dict[str, Any]] = [
    {
        "index": 1,
        "prompt": "Two friends talking under a streetlight at night. Warm glow, casual poses, no dialogue.",
        "duration": "2",
    },
    {
        "index": 2,
        "prompt": "A runner sprinting through a forest, leaves flying. Low-angle shot, focus on movement.",
        "duration": "3",
    },
    {
        "index": 3,
        "prompt": "A woman hugging a cat, smiling. Soft sunlight, cozy home setting, emphasize warmth.",
        "duration": "3",
    },
    {
        "index": 4,
        "prompt": "A door creaking open, shadowy hallway. Dark tones, minimal details, eerie mood.",
        "duration": "3",
    },
    {
        "index": 5,
        "prompt": "A man slipping on a banana peel, shocked expression. Exaggerated pose, bright colors.",
        "duration": "3",
    },
    {
        "index": 6,
        "prompt": "A sunset over mountains, small figure walking away. Wide angle, peaceful atmosphere.",
        "duration": "1",
    },
]

TWO_LONG_SHOTS: list[dict[str, Any]] = [
    {
        "index": 1,
        "prompt": "In the early morning café, sunlight streams through the glass windows, casting its warmth on the wooden "
        "tabletop. Coffee cups exhale hot steam, while the background is filled with the indistinct chatter of customers. The "
        "camera gradually zooms in, focusing on a young couple <<<image_1>>> (male: 25 years old, with curly hair and wearing "
        "a light blue shirt; female: 23 years old, with a ponytail and wearing thin-framed glasses) seated across the table. "
        "Their fingers unconsciously touch the same poetry anthology.",
        "duration": "2",
    },
    {
        "index": 2,
        "prompt": "The girl was flipping through the pages of a book with her head down, while the boy <<<image_2>>> suddenly "
        "looked up. Their gazes met, causing the girl's cheeks to blush slightly and the boy's mouth to curve upwards. The "
        "camera panned through the two of them, capturing the retro clock hanging on the wall behind them (with the hands "
        "pointing to 9:15).",
        "duration": "3",
    },
]

TWO_SHOTS: list[dict[str, Any]] = [
    TWO_LONG_SHOTS[0] | {"prompt": TWO_LONG_SHOTS[0]["prompt"].replace("unconsciously ", "")},
    TWO_LONG_SHOTS[1],
]

OMNI_IMAGES_WITH_SHOTS: dict[str, Any] = {
    "model_name": "kling-v3-omni",
    "multi_shot": True,
    "shot_type": "customize",
    "prompt": "",
    "multi_prompt": TWO_SHOTS,
    "image_list": [{"image_url": PICTURE}, {"image_url": OTHER_PICTURE}],
    "video_list": [],
    "mode": "pro",
    "sound": "on",
    "aspect_ratio": "16:9",
    "duration": "5",
    "callback_url": CALLBACK,
    "external_task_id": "",
}

OMNI_TEXT_WITH_SHOTS: dict[str, Any] = {
    "model_name": "kling-v3-omni",
    "multi_shot": True,
    "shot_type": "customize",
    "prompt": "",
    "multi_prompt": SIX_SHOTS,
    "image_list": [],
    "sound": "on",
    "element_list": [],
    "video_list": [],
    "mode": "pro",
    "aspect_ratio": "16:9",
    "duration": "15",
    "callback_url": CALLBACK,
    "external_task_id": "",
}

TEXT_WITH_SHOTS: dict[str, Any] = {
    "model_name": "kling-v3",
    "prompt": "",
    "multi_prompt": SIX_SHOTS,
    "multi_shot": True,
    "shot_type": "customize",
    "duration": "15",
    "mode": "pro",
    "sound": "on",
    "aspect_ratio": "9:16",
    "callback_url": "",
    "external_task_id": "",
}

IMAGE_WITH_SHOTS: dict[str, Any] = {
    "model_name": "kling-v3",
    "image": PICTURE,
    "prompt": "",
    "multi_shot": "true",
    "shot_type": "customize",
    "multi_prompt": SIX_SHOTS,
    "negative_prompt": "",
    "duration": "15",
    "mode": "pro",
    "sound": "on",
    "callback_url": "",
    "external_task_id": "",
}

IMAGE_WITH_VOICES: dict[str, Any] = {
    "model_name": "kling-v3",
    "image": PICTURE,
    "image_tail": OTHER_PICTURE,
    "prompt": "The girl with <<<element_1>>> (using <<<voice_1>>>) communicates with the girl with <<<image_1>>> "
    "(using <<<voice_2>>>)",
    "element_list": [{"element_id": 829836802793406551}],
    "voice_list": [{"voice_id": 829877190543323}, {"voice_id": 829877190543324}],
    "negative_prompt": "xxx",
    "duration": "9",
    "mode": "std",
    "sound": "on",
    "callback_url": CALLBACK,
    "external_task_id": "",
}

OMNI_IMAGE_WITH_ELEMENTS: dict[str, Any] = {
    "model_name": "kling-v3-omni",
    "prompt": "Generate a recommended cover for each subject <<object_1>> based on the style of the reference image <<image_1>>",
    "element_list": [{"element_id": "160"}, {"element_id": "161"}],
    "image_list": [{"image": PICTURE}, {"image": OTHER_PICTURE}],
    "resolution": "2k",
    "result_type": "series",
    "series_amount": 2,
    "aspect_ratio": "auto",
    "external_task_id": "",
    "callback_url": "",
}

GENERATION_WITH_ELEMENTS: dict[str, Any] = {
    "model_name": "kling-v3",
    "prompt": "Merge all the characters from the images into the <<<object_2>>> diagram",
    "element_list": [{"element_id": "160"}, {"element_id": "161"}, {"element_id": "159"}],
    "image": PICTURE,
    "resolution": "2k",
    "n": "9",
    "aspect_ratio": "3:2",
    "external_task_id": "",
    "callback_url": "",
}
