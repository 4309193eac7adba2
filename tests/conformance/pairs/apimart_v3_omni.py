"""APIMart, Kling v3 Omni: its use cases at the other providers.

Its defaults are mode std, 5 seconds, 16:9 and no sound. The page has lost the bodies of its use cases: see the cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.conformance.pairs.outcomes import EZMODEL, KLING_OMNI, Outcome, arrives, at_unifically

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAT: Final = "A cat walks along a garden wall at dusk"
_PHOTO, _SECOND = "https://example.com/photo.jpg", "https://example.com/second.jpg"

OUTCOMES: Final[Mapping[str, Mapping[str, Outcome]]] = {
    "case 1": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "prompt": _CAT, "sound": "off", "mode": "std",
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": _CAT, "mode": "std", "duration": "5", "aspect_ratio": "16:9",
                "sound": "off",
            },
        ),
        "unifically": at_unifically(prompt=_CAT, mode="std", duration=5, aspect_ratio="16:9", native_audio=False),
    },
    "case 2": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "sound": "off", "mode": "std",
                "prompt": "Make the person in <<<image_1>>> wave at the camera", "image_list": [{"image_url": _PHOTO}],
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": "Make the person in @image_1 wave at the camera", "mode": "std",
                "duration": "5", "aspect_ratio": "16:9", "image_list": [{"image_url": _PHOTO}], "sound": "off",
            },
        ),
        "unifically": at_unifically(
            video_mode="elements", prompt="Make the person in @Image1 wave at the camera", mode="std", duration=5,
            aspect_ratio="16:9", native_audio=False, image_urls=[_PHOTO],
        ),
    },
    "case 3": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "sound": "off", "mode": "pro",
                "prompt": "The person in <<<image_1>>> meets the cat of <<<image_2>>>",
                "image_list": [{"image_url": _PHOTO}, {"image_url": _SECOND}], "aspect_ratio": "16:9", "duration": "5",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": "The person in @image_1 meets the cat of @image_2", "mode": "pro",
                "duration": "5", "aspect_ratio": "16:9", "sound": "off",
                "image_list": [{"image_url": _PHOTO}, {"image_url": _SECOND}],
            },
        ),
        "unifically": at_unifically(
            video_mode="elements", prompt="The person in @Image1 meets the cat of @Image2", mode="pro", duration=5,
            aspect_ratio="16:9", native_audio=False, image_urls=[_PHOTO, _SECOND],
        ),
    },
    # What APIMart puts in front by itself is said to whoever has no such rule, kept off the next word by a space.
    "case 4": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "sound": "off", "mode": "std",
                "prompt": "<<<image_1>>>The person slowly turns and smiles", "image_list": [{"image_url": _PHOTO}],
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": "@image_1 The person slowly turns and smiles", "mode": "std",
                "duration": "5", "aspect_ratio": "16:9", "image_list": [{"image_url": _PHOTO}], "sound": "off",
            },
        ),
        "unifically": at_unifically(
            video_mode="elements", prompt="@Image1 The person slowly turns and smiles", mode="std", duration=5,
            aspect_ratio="16:9", native_audio=False, image_urls=[_PHOTO],
        ),
    },
    "case 5": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "prompt": _CAT, "sound": "on", "mode": "std",
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
        "ezmodel": arrives(
            EZMODEL,
            {
                "model": "kling-v3-omni", "prompt": _CAT, "mode": "std", "duration": "5", "aspect_ratio": "16:9",
                "sound": "on",
            },
        ),
        "unifically": at_unifically(prompt=_CAT, mode="std", duration=5, aspect_ratio="16:9", native_audio=True),
    },
}  # fmt: skip
