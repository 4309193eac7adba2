"""APIMart's own requests and answers, field by field.

Source: APIMart's pages "Kling v3" and "Kling v3 Omni" for the create; its pages on tasks and errors, and clients that are
known to work, for the answers. Those were met in several shapes, so they are read leniently.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from klingway.providers.wire import Heard, Leniently, Said, TaskId


class ShotPrompt(Said):
    """`multi_prompt[]`: one shot."""

    index: int
    """From 1, without gaps."""
    prompt: str
    duration: int
    """Seconds; a number in quotes is an error."""


class ImageWithRole(Said):
    """`image_with_roles[]` of kling-v3-omni."""

    url: str
    role: Literal["first_frame", "last_frame", "reference"]


class VideoItem(Said):
    """`video_list[]` of kling-v3-omni, at most one. The page lost the name `video_url`; clients agree on it."""

    video_url: str
    refer_type: Literal["base", "feature"]
    keep_original_sound: Literal["yes", "no"]


class ElementItem(Said):
    """`element_list[]`: a subject, made on the fly; prompts call it `@name`."""

    name: str
    description: str
    element_input_urls: list[str]
    """The first one is the frontal view."""


class VideoCreate(Said):
    """`POST /v1/videos/generations`, for both models."""

    model: str
    """`kling-v3` or `kling-v3-omni`."""
    prompt: str | None = None
    negative_prompt: str | None = None
    mode: Literal["std", "pro", "4k"]
    duration: int | None = None
    """Seconds; none for a video to edit."""
    aspect_ratio: Literal["16:9", "9:16", "1:1"] | None = None
    image_urls: list[str] | None = None
    """kling-v3: the first frame, then the last one. kling-v3-omni: reference images; not with `image_with_roles`."""
    image_with_roles: list[ImageWithRole] | None = None
    video_list: list[VideoItem] | None = None
    multi_shot: bool
    shot_type: Literal["customize", "intelligence"] | None = None
    multi_prompt: list[ShotPrompt] | None = None
    element_list: list[ElementItem] | None = None
    audio: bool | None = None
    """Left out with a video, where it is ignored."""
    watermark: bool


class ErrorBody(Heard):
    """`error` of a refusal or of a failed task; some refusals have its fields at the top."""

    code: Leniently[int | str] = None
    """The HTTP status as a rule, as a number or as text; words for some."""
    message: Leniently[str] = None
    type: Leniently[str] = None


class Refusal(ErrorBody):
    """An answer that is no success."""

    error: Leniently[ErrorBody | str] = None

    @property
    def said(self) -> ErrorBody | None:
        """What it says, wherever that stands; None where it says nothing: then it is not APIMart's."""
        if isinstance(self.error, str):
            return ErrorBody(message=self.error)
        if self.error is not None:
            return self.error if self.error.model_fields_set else None
        return self if self.message or self.type else None


class Video(Heard):
    """`result.videos[]`."""

    url: Leniently[list[str] | str] = None
    """A list of addresses; one address as text in older answers. Good for 24 hours."""


def _video(said: object) -> object:
    return {"url": said} if isinstance(said, str) else said


class Result(Heard):
    """`result`, once a task is completed; an address by itself is read as a video, since a link lives for a day only."""

    videos: Leniently[list[Annotated[Video, BeforeValidator(_video)]]] = None


class TaskData(Heard):
    """A task, as a create (`task_id`) or a query (`id`) answers it."""

    task_id: Leniently[TaskId] = None
    id: Leniently[TaskId] = None
    status: Leniently[str] = None
    created: Leniently[int] = None
    """Unix seconds."""
    result: Leniently[Result] = None
    urls: Leniently[list[str] | str] = None
    """Where the videos stand in an older answer."""
    error: Leniently[ErrorBody | str] = None
    message: Leniently[str] = None

    @property
    def reason(self) -> ErrorBody:
        """Why it failed, wherever that stands."""
        said = ErrorBody(message=self.error) if isinstance(self.error, str) else self.error or ErrorBody()
        return said if said.message else said.model_copy(update={"message": self.message})

    @property
    def address(self) -> str | None:
        """Where the video is: the first address there is, in whichever shape."""
        videos = (self.result.videos if self.result else None) or []
        said = [*(video.url for video in videos), self.urls]
        urls = [url for item in said for url in ([item] if isinstance(item, str) else item or [])]
        return next(filter(None, urls), None)


class TaskAnswer(Heard):
    """A good answer: the task in `data`, which is a list of one for a create; at the top in older answers."""

    data: TaskData

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, said: object) -> object:
        if not isinstance(said, dict):
            return said
        data = said.get("data", said if said.keys() & {"task_id", "status"} else None)
        return {"data": data[0] if isinstance(data, list) and data else data}
