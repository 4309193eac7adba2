"""Unifically, Kling v3.0 Omni: its examples at the other providers.

Its defaults are mode pro and no sound; the aspect ratio is 16:9, but for a first frame, which has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.conformance.pairs.outcomes import (
    APIMART,
    EZMODEL,
    FIRST_ELEMENT,
    KLING_OMNI,
    SECOND_ELEMENT,
    Outcome,
    arrives,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_EAGLE: Final = "A majestic eagle soaring through mountain peaks at sunset"
_CHARACTER, _SCENE = "https://example.com/character.jpg", "https://example.com/scene.jpg"
_SKYLINE, _BUILDINGS = "Wide shot of city skyline", "Close-up of glass buildings"
# Kling's elements have a name, which Unifically's have not: that by which prompts call them there.
_WOMAN: Final = {
    "element_name": "Element1", "element_description": "Woman in red jacket", "reference_type": "image_refer",
    "element_image_list": {"frontal_image": "front.jpg", "refer_images": [{"image_url": "side.jpg"}]},
}  # fmt: skip
_MAN: Final = {
    "element_name": "Element2", "element_description": "Man dancing", "reference_type": "video_refer",
    "element_video_list": {"refer_videos": [{"video_url": "dance.mp4"}]},
}  # fmt: skip
_BOTH: Final = [{"element_id": FIRST_ELEMENT}, {"element_id": SECOND_ELEMENT}]

OUTCOMES: Final[Mapping[str, Mapping[str, Outcome]]] = {
    "text to video": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "prompt": _EAGLE, "sound": "off", "mode": "pro",
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": _EAGLE, "mode": "pro", "duration": "5", "aspect_ratio": "16:9",
                "sound": "off",
            },
        ),
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _EAGLE, "mode": "pro", "duration": 5, "aspect_ratio": "16:9",
                "multi_shot": False, "audio": False, "watermark": False,
            },
        ),
    },
    # Elsewhere an element is made of two pictures or more.
    "with elements": {
        "klingai": refused("input.elements[0].image_urls"),
        "ezmodel": refused("input.elements[0].image_urls"),
        "apimart": refused("input.elements[0].image_urls"),
    },
    "reference images with a start frame": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "sound": "off", "mode": "pro", "duration": "5",
                "prompt": "<<<image_2>>> walks toward <<<image_1>>> across a meadow",
                "image_list": [{"image_url": _CHARACTER}, {"image_url": _SCENE, "type": "first_frame"}],
            },
        ),
        # EzModel's aspect ratio is always said: its server's own default is another than its page's.
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "mode": "pro", "duration": "5", "aspect_ratio": "16:9", "sound": "off",
                "prompt": "@image_2 walks toward @image_1 across a meadow",
                "image_list": [{"image_url": _CHARACTER}, {"image_url": _SCENE, "type": "first_frame"}],
            },
        ),
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "mode": "pro", "duration": 5, "multi_shot": False, "audio": False,
                "prompt": "<<<image_2>>> walks toward <<<image_1>>> across a meadow",
                "image_with_roles": [
                    {"url": _CHARACTER, "role": "reference"}, {"url": _SCENE, "role": "first_frame"},
                ],
                "watermark": False,
            },
        ),
    },
    "multi-shot": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": True, "shot_type": "customize",
                "multi_prompt": [
                    {"index": 1, "prompt": _SKYLINE, "duration": "5"},
                    {"index": 2, "prompt": _BUILDINGS, "duration": "5"},
                ],
                "sound": "off", "mode": "pro", "aspect_ratio": "16:9", "duration": "10",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "mode": "pro", "aspect_ratio": "16:9", "sound": "off",
                "multi_prompt": [{"prompt": _SKYLINE, "duration": "5"}, {"prompt": _BUILDINGS, "duration": "5"}],
            },
        ),
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _SKYLINE, "multi_shot": True, "shot_type": "customize",
                "multi_prompt": [
                    {"index": 1, "prompt": _SKYLINE, "duration": 5}, {"index": 2, "prompt": _BUILDINGS, "duration": 5},
                ],
                "mode": "pro", "duration": 10, "aspect_ratio": "16:9", "audio": False, "watermark": False,
            },
        ),
    },
    "elements of both kinds": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "sound": "off", "mode": "pro",
                "prompt": "<<<element_1>>> watches <<<element_2>>>", "element_list": _BOTH, "aspect_ratio": "16:9",
                "duration": "5",
            },
            _WOMAN, _MAN,
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": "@element_1 watches @element_2", "mode": "pro", "duration": "5",
                "aspect_ratio": "16:9", "element_list": _BOTH, "sound": "off",
            },
            _WOMAN, _MAN,
        ),
        # APIMart's elements are made of pictures alone.
        "apimart": refused("input.elements[1].video_url"),
    },
}  # fmt: skip
