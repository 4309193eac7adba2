"""Kling's own requests and answers, field by field.

Source: Kling's API specification of 2026-02-10, the three video creates, their queries and the common envelope. Requests
say what they say; answers are read leniently, since Kling adds fields (`final_balance_deduction`, for one) at any time.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Heard(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class ShotPrompt(_Said):
    """`multi_prompt[]`: one storyboard."""

    index: int
    """From 1, without gaps."""
    prompt: str
    duration: str
    """Seconds, as text."""


class ImageItem(_Said):
    """`image_list[]` of omni-video."""

    image_url: str
    """A URL, or Base64 without a prefix."""
    type: Literal["first_frame", "end_frame"] | None = None
    """Left out of an image that is no frame (Kling API updates, 2026-03-11)."""


class ElementItem(_Said):
    """`element_list[]`."""

    element_id: int


class VideoItem(_Said):
    """`video_list[]` of omni-video, at most one."""

    video_url: str
    refer_type: Literal["feature", "base"]
    keep_original_sound: Literal["yes", "no"]


class WatermarkInfo(_Said):
    """`watermark_info`: an object, although the specification's table calls it an array."""

    enabled: bool


class _VideoCreate(_Said):
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


def _task_id(said: object) -> object:
    return str(said) if isinstance(said, int) and not isinstance(said, bool) else said


TaskId = Annotated[str, BeforeValidator(_task_id), StringConstraints(strict=True, min_length=1)]
"""Text in every document, but clients of Kling's own are prepared for a bare number."""

Fitting = TypeVar("Fitting")


def _none_where_unfit(said: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(said)
    except ValidationError:
        return None


Leniently = Annotated[Fitting | None, WrapValidator(_none_where_unfit)]
"""A field that nothing depends on: what does not fit counts as unsaid, so that a task id is never lost to it."""


class VideoResult(_Heard):
    """`task_result.videos[]`."""

    url: str
    watermark_url: Leniently[str] = None
    duration: Leniently[str | float] = None


class TaskResult(_Heard):
    """`task_result`; meaningful on success."""

    videos: Leniently[list[VideoResult]] = None


class TaskInfo(_Heard):
    """`task_info`."""

    external_task_id: Leniently[str] = None


class TaskData(_Heard):
    """`data` of a create or a query."""

    task_id: TaskId
    task_status: str
    task_status_msg: Leniently[str] = None
    task_info: Leniently[TaskInfo] = None
    created_at: Leniently[int] = None
    """Unix milliseconds."""
    task_result: Leniently[TaskResult] = None


class Envelope(_Heard):
    """Every answer: `code` 0 is success, whatever the HTTP status says."""

    code: int
    message: Leniently[str] = None
    request_id: Leniently[str] = None


class TaskEnvelope(Envelope):
    """A good answer about one task."""

    data: TaskData
