"""Kling's own requests, field by field.

Source: Kling's API specification of 2026-02-10, the three video creates. Its elements and its answers, which others repeat,
are in `providers/kling`.
"""

from typing import Literal

from klingway.providers.wire import Said


class ShotPrompt(Said):
    """`multi_prompt[]`: one storyboard."""

    index: int
    """From 1, without gaps."""
    prompt: str
    duration: str
    """Seconds, as text."""


class ImageItem(Said):
    """`image_list[]` of omni-video."""

    image_url: str
    """A URL, or Base64 without a prefix."""
    type: Literal["first_frame", "end_frame"] | None = None
    """Left out of an image that is no frame (Kling API updates, 2026-03-11)."""


class ElementItem(Said):
    """`element_list[]`."""

    element_id: int


class VideoItem(Said):
    """`video_list[]` of omni-video, at most one."""

    video_url: str
    refer_type: Literal["feature", "base"]
    keep_original_sound: Literal["yes", "no"]


class WatermarkInfo(Said):
    """`watermark_info`: an object, although the specification's table calls it an array."""

    enabled: bool


class _VideoCreate(Said):
    """What the three creates have in common."""

    model_name: str
    multi_shot: bool
    shot_type: Literal["customize", "intelligence"] | None = None
    prompt: str | None = None
    multi_prompt: list[ShotPrompt] | None = None
    element_list: list[ElementItem] | None = None
    sound: Literal["on", "off"] | None = None
    mode: Literal["std", "pro", "4k"]
    duration: str | None = None
    """Seconds, as text; none for a video to edit."""
    watermark_info: WatermarkInfo | None = None
    callback_url: str | None = None
    external_task_id: str


class OmniVideoCreate(_VideoCreate):
    """`POST /v1/videos/omni-video`."""

    image_list: list[ImageItem] | None = None
    video_list: list[VideoItem] | None = None
    aspect_ratio: Literal["16:9", "9:16", "1:1"] | None = None


class TextToVideoCreate(_VideoCreate):
    """`POST /v1/videos/text2video`."""

    negative_prompt: str | None = None
    aspect_ratio: Literal["16:9", "9:16", "1:1"]


class ImageToVideoCreate(_VideoCreate):
    """`POST /v1/videos/image2video`; it has no aspect ratio."""

    negative_prompt: str | None = None
    image: str
    image_tail: str | None = None
