"""Kling's own requests and answers, field by field.

Source: Kling's API specification of 2026-02-10, the three video creates, the create of elements, their queries and the
common envelope. Requests say what they say; answers are read leniently, since Kling adds fields
(`final_balance_deduction`, for one) at any time.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from klingway.providers.wire import Heard, Leniently, Said, TaskId


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


class ReferImage(Said):
    """`element_image_list.refer_images[]`."""

    image_url: str


class ElementImages(Said):
    """`element_image_list`: an object, although the specification's table calls it an array."""

    frontal_image: str
    refer_images: list[ReferImage]
    """One to three."""


class ReferVideo(Said):
    """`element_video_list.refer_videos[]`."""

    video_url: str


class ElementVideos(Said):
    """`element_video_list`: an object as well."""

    refer_videos: list[ReferVideo]
    """One."""


class ElementTag(Said):
    """`tag_list[]`."""

    tag_id: str
    """`o_101` to `o_108`."""


class ElementCreate(Said):
    """`POST /v1/general/advanced-custom-elements`."""

    element_name: str
    element_description: str
    reference_type: Literal["image_refer", "video_refer"]
    element_image_list: ElementImages | None = None
    element_video_list: ElementVideos | None = None
    element_voice_id: str | None = None
    """Text, although examples write a number (Kling API updates, 2026-03-11)."""
    tag_list: list[ElementTag] | None = None
    callback_url: str | None = None
    external_task_id: str


class VideoResult(Heard):
    """`task_result.videos[]`."""

    url: str
    watermark_url: Leniently[str] = None
    duration: Leniently[str | float] = None


class ElementResult(Heard):
    """`task_result.elements[]`."""

    element_id: Annotated[TaskId, StringConstraints(pattern=r"^[0-9]{1,19}$")]
    """A long: beyond what a double holds, a number here and text elsewhere."""


class TaskResult(Heard):
    """`task_result`; meaningful on success."""

    videos: Leniently[list[VideoResult]] = None
    elements: Leniently[list[ElementResult]] = None


class TaskInfo(Heard):
    """`task_info`."""

    external_task_id: Leniently[str] = None


class TaskData(Heard):
    """`data` of a create or a query."""

    task_id: TaskId
    task_status: str
    task_status_msg: Leniently[str] = None
    task_info: Leniently[TaskInfo] = None
    created_at: Leniently[int] = None
    """Unix milliseconds."""
    task_result: Leniently[TaskResult] = None


class Envelope(Heard):
    """Every answer: `code` 0 is success, whatever the HTTP status says."""

    code: int
    message: Leniently[str] = None
    request_id: Leniently[str] = None


class TaskEnvelope(Envelope):
    """A good answer about one task."""

    data: TaskData
