"""EzModel's own requests and answers, field by field.

Source: EzModel's page "Kling Omni Video" for the create, in both directions; its page on the status of such a task, and its
published source, for the answers. These differ between its own server and the stock new-api that it descends from, so they
are read leniently. Its elements are Kling's own, unchanged: `providers/kling`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from klingway.providers.kling.schema import TaskData
from klingway.providers.wire import Heard, Leniently, Said, TaskId

Seconds = Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
"""As text: at EzModel a bare number ends in an error of its server."""

Address = Annotated[str, StringConstraints(min_length=1)]


class ImageItem(Said):
    """`image_list[]`."""

    image_url: Address
    type: Literal["first_frame", "end_frame"] | None = None
    """Left out of a general reference image."""


class VideoItem(Said):
    """`video_list[]`."""

    video_url: Address
    refer_type: Literal["feature", "base"] | None = None
    """`base` edits the video, with kling-v3-omni alone."""
    keep_original_sound: Literal["yes", "no"] | None = None


class ElementItem(Said):
    """`element_list[]`."""

    element_id: Annotated[int, Field(ge=1, le=2**63 - 1)]


class ShotItem(Said):
    """`multi_prompt[]`: one shot, of at least three seconds."""

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=2500)]
    duration: Seconds


class OmniVideoCreate(Said):
    """`POST /kling/v1/videos/omni-video`."""

    model: Literal["kling-v3-omni", "kling-video-o1"]
    prompt: str | None = None
    """Not with `multi_prompt`."""
    negative_prompt: str | None = None
    mode: Literal["std", "pro"] | None = None
    """`std` by default."""
    duration: Seconds | None = None
    """`5` by default. Not with `multi_prompt`; none for a video to edit."""
    aspect_ratio: Literal["16:9", "9:16", "1:1"] | None = None
    """`16:9` by default, says the page; the published source sends Kling `1:1`."""
    image_list: list[ImageItem] | None = None
    video_list: Annotated[list[VideoItem], Field(max_length=1)] | None = None
    """At most one, which is Kling's rule; the page states no number."""
    element_list: list[ElementItem] | None = None
    multi_prompt: Annotated[list[ShotItem], Field(min_length=2, max_length=6)] | None = None
    """kling-v3-omni alone."""
    sound: Literal["on", "off"] | None = None
    """`off` by default; never `on` with `video_list`."""
    cfg_scale: Annotated[float, Field(ge=0, le=1)] | None = None
    external_task_id: str | None = None
    callback_url: str | None = None


class ErrorBody(Heard):
    """An error's own fields: at the top where the relay refuses, in `error` where what lies before it does."""

    code: Leniently[str | int] = None
    message: Leniently[str] = None
    type: Leniently[str] = None


class Refusal(ErrorBody):
    """An answer that is no success."""

    error: Leniently[ErrorBody] = None


class Accepted(Heard):
    """The answer of a create: OpenAI's video object, or the task within `data`, as one page of EzModel's has it."""

    id: Leniently[TaskId] = None
    task_id: Leniently[TaskId] = None
    created_at: Leniently[int] = None
    """Unix seconds."""

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, said: Any) -> Any:  # noqa: ANN401 - any JSON
        is_wrapped = isinstance(said, dict) and isinstance(said.get("data"), dict)
        return said["data"] if is_wrapped else said


class KlingsAnswer(Heard):
    """`data.data`: what Kling last said of the task, unchanged."""

    code: Leniently[int] = None
    message: Leniently[str] = None
    data: Leniently[TaskData] = None


class RelayedTask(Heard):
    """`data` of a query."""

    status: Leniently[str] = None
    """`NOT_START`, `SUBMITTED`, `QUEUED`, `IN_PROGRESS`, `SUCCESS`, `FAILURE`, `UNKNOWN`."""
    fail_reason: Leniently[str] = None
    """Why it failed, in Kling's top-level message, which is `SUCCEED` as a rule; after a success the video's address."""
    result_url: Leniently[str] = None
    """The video's address, at a stock new-api."""
    submit_time: Leniently[int] = None
    """Unix seconds."""
    data: Leniently[KlingsAnswer] = None

    @property
    def at_kling(self) -> TaskData | None:
        """The task as Kling last said it."""
        return self.data.data if self.data else None


class QueryAnswer(Heard):
    """A good answer to a query."""

    data: RelayedTask
