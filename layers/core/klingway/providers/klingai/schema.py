"""Kling's creates of videos, field by field: what we say to Kling, and what callers say to us in Kling's words.

Source: Kling's API specification of 2026-02-10, "Omni-Video", "Text to Video" and "Image to Video - Create Task"; the fields of
the models before 3.0 from the pages of their time. Its elements and answers, which others repeat, are in `providers/kling`.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from klingway.providers.kling.values import AS_TEXT, AS_WHOLE, Flag, Fraction, Long
from klingway.providers.klingai.options import CameraControl, DynamicMask
from klingway.providers.wire import Said

Prompt = Annotated[str, StringConstraints(min_length=1, max_length=2500)]
OmniModel = Literal["kling-video-o1", "kling-v3-omni"]
TextModel = Literal[
    "kling-v1", "kling-v1-6", "kling-v2-master", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6", "kling-v3"
]
FramedModel = Literal[
    "kling-v1",
    "kling-v1-5",
    "kling-v1-6",
    "kling-v2-master",
    "kling-v2-1",
    "kling-v2-1-master",
    "kling-v2-5-turbo",
    "kling-v2-6",
    "kling-v3",
]
AspectRatio = Literal["16:9", "9:16", "1:1"]


class ShotPrompt(Said):
    """`multi_prompt[]`: one storyboard."""

    index: Annotated[int, Field(ge=1, le=6), AS_WHOLE]
    """From 1, without gaps."""
    prompt: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    duration: Annotated[
        Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"], AS_TEXT
    ]
    """Seconds, as text."""


class ImageItem(Said):
    """`image_list[]` of omni-video."""

    image_url: Annotated[str, StringConstraints(min_length=1)]
    """A URL, or Base64 without a prefix."""
    type: Literal["first_frame", "end_frame"] | None = None
    """Left out of an image that is no frame (Kling API updates, 2026-03-11)."""


class ElementItem(Said):
    """`element_list[]`."""

    element_id: Long


class VideoItem(Said):
    """`video_list[]` of omni-video, at most one."""

    video_url: Annotated[str, StringConstraints(min_length=1)]
    refer_type: Literal["feature", "base"] | None = None
    """Kling's default is `base`."""
    keep_original_sound: Literal["yes", "no"] | None = None


class VoiceItem(Said):
    """`voice_list[]`."""

    voice_id: Annotated[str, StringConstraints(min_length=1), AS_TEXT]


class WatermarkInfo(Said):
    """`watermark_info`: an object, although the specification's table calls it an array."""

    enabled: Flag


class Create(Said):
    """What all creates have in common."""

    watermark_info: WatermarkInfo | None = None
    callback_url: str | None = None
    external_task_id: str | None = None


class VideoCreate(Create):
    """What the creates of videos have in common."""

    multi_shot: Flag | None = None
    shot_type: Literal["customize", "intelligence"] | None = None
    """`intelligence` on omni-video since 2026-03-11 (Kling API updates)."""
    prompt: Prompt | None = None
    multi_prompt: Annotated[list[ShotPrompt], Field(min_length=1, max_length=6)] | None = None
    sound: Literal["on", "off"] | None = None
    mode: Literal["std", "pro", "4k"] | None = None
    """`4k` since 2026-04-23 (Kling API updates). The default is `pro` on omni-video, `std` elsewhere."""
    duration: (
        Annotated[Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"], AS_TEXT] | None
    ) = None
    """Seconds, as text; none for a video to edit."""


class OmniVideoCreate(VideoCreate):
    """`POST /v1/videos/omni-video`."""

    model_name: OmniModel | None = None
    image_list: list[ImageItem] | None = None
    element_list: list[ElementItem] | None = None
    video_list: Annotated[list[VideoItem], Field(max_length=1)] | None = None
    aspect_ratio: AspectRatio | None = None


class FramedVideoCreate(VideoCreate):
    """What text2video and image2video have, and omni-video has not."""

    negative_prompt: Prompt | None = None
    voice_list: Annotated[list[VoiceItem], Field(max_length=2)] | None = None
    cfg_scale: Fraction | None = None
    """Of kling-v1.x alone."""
    camera_control: CameraControl | None = None
    aspect_ratio: AspectRatio | None = None
    """On image2video, of the pages before 3.0 alone: the first frame sets it, Kling's own client says."""


class TextToVideoCreate(FramedVideoCreate):
    """`POST /v1/videos/text2video`."""

    model_name: TextModel | None = None


class ImageToVideoCreate(FramedVideoCreate):
    """`POST /v1/videos/image2video`."""

    model_name: FramedModel | None = None
    image: str | None = None
    image_tail: str | None = None
    element_list: Annotated[list[ElementItem], Field(max_length=3)] | None = None
    static_mask: str | None = None
    dynamic_masks: Annotated[list[DynamicMask], Field(min_length=1, max_length=6)] | None = None
