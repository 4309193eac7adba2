"""Every example request of EzModel's page "Kling Omni Video", as it stands there."""

from __future__ import annotations

from tests.conformance.ezmodel.building import accepted

EXAMPLES = (
    accepted(
        "Basic Usage - Text to Video",
        'Basic Usage: a prompt, "duration": "10", "aspect_ratio": "16:9", "sound": "on"',
        {
            "model": "kling-v3-omni",
            "prompt": "A fox running through a sunlit forest with dappled light filtering through the leaves",
            "duration": "10",
            "aspect_ratio": "16:9",
            "sound": "on",
        },
        {
            "model": "kling-v3-omni",
            "prompt": "A fox running through a sunlit forest with dappled light filtering through the leaves",
            "duration": "10",
            "aspect_ratio": "16:9",
            "sound": "on",
            "mode": "std",
        },
    ),
    accepted(
        "Image to Video - First/End Frame Mode",
        'First/End Frame Mode: image_list of a "first_frame" and an "end_frame", "duration": "5"',
        {
            "model": "kling-v3-omni",
            "prompt": "The character slowly sits down from a standing position",
            "image_list": [
                {"image_url": "https://example.com/start.jpg", "type": "first_frame"},
                {"image_url": "https://example.com/end.jpg", "type": "end_frame"},
            ],
            "duration": "5",
        },
        {
            "model": "kling-v3-omni",
            "prompt": "The character slowly sits down from a standing position",
            "image_list": [
                {"image_url": "https://example.com/start.jpg", "type": "first_frame"},
                {"image_url": "https://example.com/end.jpg", "type": "end_frame"},
            ],
            "duration": "5",
            "mode": "std",
            "aspect_ratio": "16:9",
            "sound": "off",
        },
    ),
    accepted(
        "V3 Multi-shot Narrative",
        'V3 Multi-shot Narrative: three shots of "4", "4" and "5", "mode": "pro", "sound": "on"',
        {
            "model": "kling-v3-omni",
            "multi_prompt": [
                {
                    "prompt": "A girl pushes open the door of a coffee shop and walks in, camera follows",
                    "duration": "4",
                },
                {
                    "prompt": "The girl sits by the window, opens her laptop, close-up shot",
                    "duration": "4",
                },
                {
                    "prompt": "Rain starts falling outside, the girl smiles and looks out the window, medium shot",
                    "duration": "5",
                },
            ],
            "aspect_ratio": "16:9",
            "mode": "pro",
            "sound": "on",
        },
    ),
    accepted(
        "V3 Video Editing",
        'V3 Video Editing (refer_type=base): a video_list with "keep_original_sound": "yes", no duration',
        {
            "model": "kling-v3-omni",
            "prompt": "Replace the background with a snowy mountain landscape",
            "video_list": [
                {
                    "video_url": "https://example.com/original.mp4",
                    "refer_type": "base",
                    "keep_original_sound": "yes",
                }
            ],
        },
        {
            "model": "kling-v3-omni",
            "prompt": "Replace the background with a snowy mountain landscape",
            "video_list": [
                {
                    "video_url": "https://example.com/original.mp4",
                    "refer_type": "base",
                    "keep_original_sound": "yes",
                }
            ],
            "mode": "std",
            "aspect_ratio": "16:9",
            "sound": "off",
        },
    ),
)
