"""APIMart, Kling v3: what its cases begin with, and how that arrives at APIMart."""

from __future__ import annotations

from tests.conformance.apimart import several

LEAST = {"model": "kling-v3", "prompt": "a golden retriever running on the beach, sunset, cinematic"}
ARRIVES = LEAST | {
    "mode": "std",
    "duration": 5,
    "aspect_ratio": "16:9",
    "audio": False,
    "watermark": False,
    "multi_shot": False,
}
"""What that arrives as: the page's defaults, in words."""


STORY = {"model": "kling-v3", **several(5)}
STORY_ARRIVES = STORY | {"mode": "std", "aspect_ratio": "16:9", "audio": False, "watermark": False}
