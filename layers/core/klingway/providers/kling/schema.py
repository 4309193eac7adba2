"""Kling's elements and tasks, field by field, wherever they are met: at Kling itself, and at relays that repeat its words.

Source: Kling's API specification of 2026-02-10, the create of elements, the queries and the common envelope. Answers are read
leniently, since Kling adds fields (`final_balance_deduction`, for one) at any time.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from klingway.providers.wire import Heard, Leniently, Said, TaskId


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


class PictureResult(Heard):
    """`task_result.images[]` and `series_images[]`."""

    index: Leniently[int] = None
    url: str
    watermark_url: Leniently[str] = None


class TaskResult(Heard):
    """`task_result`; meaningful on success."""

    videos: Leniently[list[VideoResult]] = None
    images: Leniently[list[PictureResult]] = None
    series_images: Leniently[list[PictureResult]] = None
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
