"""Kling's API specification of 2026-02-10: its invocation examples at the other providers.

APIMart has kling-v3 and kling-v3-omni, EzModel and Unifically have the latter; none of them makes pictures, or takes voices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.conformance.klingai.examples import OTHER_PICTURE, PICTURE, SIX_SHOTS, TWO_SHOTS
from tests.conformance.pairs.outcomes import APIMART, Outcome, arrives, at_unifically, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAFE, _BOOK = (shot["prompt"] for shot in TWO_SHOTS)
"""The first speaks of <<<image_1>>>, the second of <<<image_2>>>."""
_LENGTHS_S: Final = (2, 3, 3, 3, 3, 1)


def _six(*, numbered: bool) -> list[dict[str, Any]]:
    """Return the six shots, whose prompts refer to nothing, with whole numbers of seconds."""
    shots = [
        {"prompt": shot["prompt"], "duration": lasts_s} for shot, lasts_s in zip(SIX_SHOTS, _LENGTHS_S, strict=True)
    ]
    return [{"index": index, **shot} for index, shot in enumerate(shots, start=1)] if numbered else shots


_FIRST_OF_SIX: Final = "Two friends talking under a streetlight at night. Warm glow, casual poses, no dialogue."
_TOO_SHORT: Final = refused("multi_prompt[0].duration", "multi_prompt[5].duration")
"""At EzModel a shot lasts three seconds or more: those of two and of one do not."""


def _everywhere(*places: str) -> dict[str, Outcome]:
    """Return that an example is refused whoever makes it: it breaks a rule of its own document."""
    return dict.fromkeys(("apimart", "ezmodel", "unifically"), refused(*places))


_NO_SUCH_MODEL: Final = _everywhere("model_name")

OUTCOMES: Final[Mapping[str, Mapping[str, Outcome]]] = {
    "omni-video: image-to-video with multi-shot, as it stands": _everywhere("multi_prompt[0].prompt"),
    "omni-video: image-to-video with multi-shot": {
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _CAFE, "multi_shot": True, "shot_type": "customize",
                "multi_prompt": [
                    {"index": 1, "prompt": _CAFE, "duration": 2}, {"index": 2, "prompt": _BOOK, "duration": 3},
                ],
                "image_urls": [PICTURE, OTHER_PICTURE], "mode": "pro", "duration": 5, "aspect_ratio": "16:9",
                "audio": True, "watermark": False,
            },
        ),
        "ezmodel": refused("multi_prompt[0].duration"),
        "unifically": at_unifically(
            video_mode="elements", mode="pro", aspect_ratio="16:9", native_audio=True,
            image_urls=[PICTURE, OTHER_PICTURE],
            multi_shots=[
                {"prompt": _CAFE.replace("<<<image_1>>>", "@Image1"), "duration": 2},
                {"prompt": _BOOK.replace("<<<image_2>>>", "@Image2"), "duration": 3},
            ],
        ),
    },
    "omni-video: text-to-video with multi-shot": {
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _FIRST_OF_SIX, "multi_shot": True, "shot_type": "customize",
                "multi_prompt": _six(numbered=True), "mode": "pro", "duration": 15, "aspect_ratio": "16:9",
                "audio": True, "watermark": False,
            },
        ),
        "ezmodel": _TOO_SHORT,
        "unifically": at_unifically(
            mode="pro", aspect_ratio="16:9", native_audio=True, multi_shots=_six(numbered=False)
        ),
    },
    "text2video: text-to-video with multi-shot": _NO_SUCH_MODEL | {
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3", "multi_shot": True, "shot_type": "customize", "multi_prompt": _six(numbered=True),
                "mode": "pro", "duration": 15, "aspect_ratio": "9:16", "audio": True, "watermark": False,
            },
        ),
    },
    "image2video: image-to-video with multi-shot": _NO_SUCH_MODEL | {
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3", "multi_shot": True, "shot_type": "customize", "multi_prompt": _six(numbered=True),
                "image_urls": [PICTURE], "mode": "pro", "duration": 15, "audio": True, "watermark": False,
            },
        ),
    },
    "image2video: image-to-video with voice of element, as it stands": _everywhere("voice_list"),
    "image2video: image-to-video with voices alone": _NO_SUCH_MODEL | {"apimart": refused("voice_list")},
    "omni-image: image generation with element": _NO_SUCH_MODEL,
    "generations: image generation with element": _NO_SUCH_MODEL,
    "generations: the example of omni-image, at the path that it names by mistake": _everywhere(
        "model_name", "image_list", "result_type", "series_amount", "aspect_ratio"
    ),
}  # fmt: skip
