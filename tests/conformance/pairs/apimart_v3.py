"""APIMart, Kling v3: its use cases at the other providers, of which KlingAI alone has kling-v3 besides.

Its defaults are mode std, 5 seconds, 16:9 and no sound. KlingAI makes its videos from text at one endpoint, and from frames
at another, which has no aspect ratio. The page has lost the bodies of its use cases: see the cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.conformance.pairs.outcomes import KLING_IMAGE, KLING_TEXT, Outcome, arrives, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOG: Final = "a golden retriever running on the beach, sunset, cinematic"
_FIRST, _LAST = "https://example.com/first.jpg", "https://example.com/last.jpg"
_NO_V3: Final = {"ezmodel": refused("model"), "unifically": refused("model")}

OUTCOMES: Final[Mapping[str, Mapping[str, Outcome]]] = {
    "case 1": _NO_V3 | {
        "klingai": arrives(
            KLING_TEXT,
            {
                "model_name": "kling-v3", "multi_shot": False, "prompt": _DOG, "sound": "off", "mode": "std",
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
    },
    "case 2": _NO_V3 | {
        "klingai": arrives(
            KLING_TEXT,
            {
                "model_name": "kling-v3", "multi_shot": False, "prompt": _DOG, "sound": "off", "mode": "pro",
                "negative_prompt": "blurry, low quality, distorted", "aspect_ratio": "16:9", "duration": "10",
            },
        ),
    },
    "case 3": _NO_V3 | {
        "klingai": arrives(
            KLING_TEXT,
            {
                "model_name": "kling-v3", "multi_shot": False, "prompt": _DOG, "sound": "off", "mode": "std",
                "aspect_ratio": "16:9", "duration": "15",
            },
        ),
    },
    "case 4": _NO_V3 | {
        "klingai": arrives(
            KLING_IMAGE,
            {
                "model_name": "kling-v3", "multi_shot": False, "image": _FIRST, "prompt": _DOG, "sound": "off",
                "mode": "std", "duration": "5",
            },
        ),
    },
    "case 5": _NO_V3 | {
        "klingai": arrives(
            KLING_IMAGE,
            {
                "model_name": "kling-v3", "multi_shot": False, "image": _FIRST, "image_tail": _LAST, "prompt": _DOG,
                "sound": "off", "mode": "pro", "duration": "5",
            },
        ),
    },
    "case 6": _NO_V3 | {
        "klingai": arrives(
            KLING_TEXT,
            {
                "model_name": "kling-v3", "multi_shot": False, "prompt": _DOG, "sound": "on", "mode": "std",
                "aspect_ratio": "16:9", "duration": "5",
            },
        ),
    },
    "case 7": _NO_V3 | {
        "klingai": arrives(
            KLING_TEXT,
            {
                "model_name": "kling-v3", "multi_shot": True, "shot_type": "customize",
                "multi_prompt": [
                    {"index": 1, "prompt": "Wide shot of a neon street in the rain", "duration": "5"},
                    {"index": 2, "prompt": "A woman under an umbrella looks up", "duration": "6"},
                    {"index": 3, "prompt": "Close-up of the sign that she sees", "duration": "4"},
                ],
                "sound": "on", "mode": "pro", "aspect_ratio": "9:16", "duration": "15",
            },
        ),
    },
}  # fmt: skip
