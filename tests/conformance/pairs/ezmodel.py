"""EzModel, Kling Omni Video: its examples at the other providers.

Its defaults are mode std and sound off; the aspect ratio is 16:9, but for a first frame or a video to edit, which has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.conformance.pairs.outcomes import APIMART, KLING_OMNI, Outcome, arrives, at_unifically, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOX: Final = "A fox running through a sunlit forest with dappled light filtering through the leaves"
_SITS: Final = "The character slowly sits down from a standing position"
_START, _END = "https://example.com/start.jpg", "https://example.com/end.jpg"
_DOOR: Final = "A girl pushes open the door of a coffee shop and walks in, camera follows"
_LAPTOP: Final = "The girl sits by the window, opens her laptop, close-up shot"
_RAIN: Final = "Rain starts falling outside, the girl smiles and looks out the window, medium shot"
_SNOW: Final = "Replace the background with a snowy mountain landscape"
_ORIGINAL: Final = "https://example.com/original.mp4"

OUTCOMES: Final[Mapping[str, Mapping[str, Outcome]]] = {
    "Basic Usage - Text to Video": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "prompt": _FOX, "sound": "on", "mode": "std",
                "aspect_ratio": "16:9", "duration": "10",
            },
        ),
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _FOX, "mode": "std", "duration": 10, "aspect_ratio": "16:9",
                "multi_shot": False, "audio": True, "watermark": False,
            },
        ),
        "unifically": at_unifically(prompt=_FOX, mode="std", duration=10, aspect_ratio="16:9", native_audio=True),
    },
    "Image to Video - First/End Frame Mode": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "prompt": _SITS, "sound": "off", "mode": "std",
                "image_list": [
                    {"image_url": _START, "type": "first_frame"}, {"image_url": _END, "type": "end_frame"},
                ],
                "duration": "5",
            },
        ),
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _SITS, "mode": "std", "duration": 5, "multi_shot": False,
                "image_with_roles": [
                    {"url": _START, "role": "first_frame"}, {"url": _END, "role": "last_frame"},
                ],
                "audio": False, "watermark": False,
            },
        ),
        "unifically": at_unifically(
            video_mode="start_end_frame", prompt=_SITS, mode="std", duration=5, native_audio=False,
            start_frame_url=_START, end_frame_url=_END,
        ),
    },
    "V3 Multi-shot Narrative": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": True, "shot_type": "customize", "sound": "on",
                "multi_prompt": [
                    {"index": 1, "prompt": _DOOR, "duration": "4"}, {"index": 2, "prompt": _LAPTOP, "duration": "4"},
                    {"index": 3, "prompt": _RAIN, "duration": "5"},
                ],
                "mode": "pro", "aspect_ratio": "16:9", "duration": "13",
            },
        ),
        # The page of kling-v3-omni wants a prompt, which counts for nothing beside shots: the first one's.
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _DOOR, "multi_shot": True, "shot_type": "customize",
                "multi_prompt": [
                    {"index": 1, "prompt": _DOOR, "duration": 4}, {"index": 2, "prompt": _LAPTOP, "duration": 4},
                    {"index": 3, "prompt": _RAIN, "duration": 5},
                ],
                "mode": "pro", "duration": 13, "aspect_ratio": "16:9", "audio": True, "watermark": False,
            },
        ),
        "unifically": at_unifically(
            mode="pro", aspect_ratio="16:9", native_audio=True,
            multi_shots=[
                {"prompt": _DOOR, "duration": 4}, {"prompt": _LAPTOP, "duration": 4}, {"prompt": _RAIN, "duration": 5},
            ],
        ),
    },
    "V3 Video Editing": {
        "klingai": arrives(
            KLING_OMNI,
            {
                "model_name": "kling-v3-omni", "multi_shot": False, "prompt": _SNOW, "sound": "off", "mode": "std",
                "video_list": [{"video_url": _ORIGINAL, "refer_type": "base", "keep_original_sound": "yes"}],
            },
        ),
        "apimart": arrives(
            APIMART,
            {
                "model": "kling-v3-omni", "prompt": _SNOW, "mode": "std", "multi_shot": False, "watermark": False,
                "video_list": [{"video_url": _ORIGINAL, "refer_type": "base", "keep_original_sound": "yes"}],
            },
        ),
        # Unifically has no field by which a clip keeps its sound.
        "unifically": refused("video_list[0].keep_original_sound"),
    },
}  # fmt: skip
