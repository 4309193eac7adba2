"""Kling's elements and tasks, field by field, wherever they are met: at Kling itself, and at relays that repeat its words.

Source: Kling's API specification of 2026-02-10, the create of elements, the queries and the common envelope. Answers are read
leniently, since Kling adds fields (`final_balance_deduction`, for one) at any time.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from klingway.providers.kling.specification import TagId
from klingway.providers.kling.values import AS_TEXT
from klingway.providers.wire import Heard, Leniently, Said, TaskId

Address = Annotated[str, StringConstraints(min_length=1)]
"""A URL; of a picture also Base64 without a prefix."""


def _out_of_its_list(said: object) -> object:
    return said[0] if isinstance(said, list) and len(said) == 1 else said


Unlisted = BeforeValidator(_out_of_its_list)
"""An object, which may come in a list: the specification's table calls it an array, and its sample shows an object."""


class ReferImage(Said):
    """`element_image_list.refer_images[]`."""

    image_url: Address


class ElementImages(Said):
    """`element_image_list`."""

    frontal_image: Address
    refer_images: Annotated[list[ReferImage], Field(min_length=1, max_length=3)]


class ReferVideo(Said):
    """`element_video_list.refer_videos[]`."""

    video_url: Address


class ElementVideos(Said):
    """`element_video_list`."""

    refer_videos: Annotated[list[ReferVideo], Field(min_length=1, max_length=1)]


class ElementTag(Said):
    """`tag_list[]`."""

    tag_id: TagId


class ElementCreate(Said):
    """`POST /v1/general/advanced-custom-elements`."""

    element_name: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    element_description: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reference_type: Literal["image_refer", "video_refer"]
    element_image_list: Annotated[ElementImages, Unlisted] | None = None
    element_video_list: Annotated[ElementVideos, Unlisted] | None = None
    element_voice_id: Annotated[str, AS_TEXT] | None = None
    """Text, although examples write a number (Kling API updates, 2026-03-11)."""
    tag_list: list[ElementTag] | None = None
    callback_url: str | None = None
    external_task_id: str | None = None


class ElementDelete(Said):
    """`POST /v1/general/delete-elements`."""

    element_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$"), AS_TEXT]


class VideoResult(Heard):
    """`task_result.videos[]`."""

    url: Leniently[str] = None
    watermark_url: Leniently[str] = None
    duration: Leniently[str | float] = None


class ElementResult(Heard):
    """`task_result.elements[]`."""

    element_id: Annotated[TaskId, StringConstraints(pattern=r"^[0-9]{1,19}$")]
    """A long: beyond what a double holds, a number here and text elsewhere."""


class PictureResult(Heard):
    """`task_result.images[]` and `series_images[]`."""

    index: Leniently[Annotated[int, Field(ge=0, le=999)]] = None
    """From 0."""
    url: Leniently[str] = None
    watermark_url: Leniently[str] = None


class TaskResult(Heard):
    """`task_result`; meaningful on success. What cannot be read of a list is None: it hides nothing of the rest."""

    videos: Leniently[list[Leniently[VideoResult]]] = None
    images: Leniently[list[Leniently[PictureResult]]] = None
    series_images: Leniently[list[Leniently[PictureResult]]] = None
    elements: Leniently[list[Leniently[ElementResult]]] = None


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


class ListEnvelope(Envelope):
    """A good answer with a list, whose entries are handed on as they are."""

    data: list[dict[str, Any]]
