"""APIMart, Kling v3 Omni: what its cases begin with, and how that arrives at APIMart."""

from __future__ import annotations

from tests.conformance.apimart import several

LEAST = {"model": "kling-v3-omni", "prompt": "A cat walks along a garden wall at dusk"}
ARRIVES = LEAST | {
    "mode": "std",
    "duration": 5,
    "aspect_ratio": "16:9",
    "audio": False,
    "watermark": False,
    "multi_shot": False,
}
"""What that arrives as: the page's defaults, in words."""

PHOTO, SECOND = "https://example.com/photo.jpg", "https://example.com/second.jpg"
CLIP = "https://example.com/clip.mp4"

FRAMES = [{"url": PHOTO, "role": "first_frame"}, {"url": SECOND, "role": "last_frame"}]
REFERENCE = {"url": SECOND, "role": "reference"}

BASE = {"video_url": CLIP, "refer_type": "base", "keep_original_sound": "no"}
FEATURE = {"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "no"}

STORY = LEAST | several(2, 3)
STORY_ARRIVES = ARRIVES | several(2, 3) | {"prompt": "the dog turns"}
"""The page requires a prompt, which Kling does not read beside shots: the first shot's is sent."""
