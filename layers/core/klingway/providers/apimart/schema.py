"""APIMart's own requests and answers, field by field.

Source: APIMart's pages "Kling v3" and "Kling v3 Omni" for the create, which is read from callers and written to APIMart by the
same classes; its pages on tasks and errors, and clients that are known to work, for the answers. Those were met in several
shapes, so they are read leniently.
"""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from klingway.providers.wire import Heard, Leniently, Said, TaskId

DEFAULT_DURATION_S: Final = 5
_MOST_IMAGES: Final = 100
"""In a list for which the page states no number: far more than any model takes, and few enough to be looked at one by one."""

Model = Literal["kling-v3", "kling-v3-omni"]
AspectRatio = Literal["16:9", "9:16", "1:1"]
Text = Annotated[str, StringConstraints(min_length=1)]


class Shot(Said):
    """`multi_prompt[]`: one shot. The page of kling-v3-omni states no length of its prompt."""

    index: int
    """From 1, without gaps."""
    prompt: Text
    duration: Annotated[int, Field(ge=1)]
    """Seconds; a number in quotes is an error."""


class V3Shot(Shot):
    """`multi_prompt[]` of kling-v3: "maximum content length per shot is 512"."""

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=512)]


class ImageWithRole(Said):
    """`image_with_roles[]` of kling-v3-omni."""

    url: Text
    role: Literal["first_frame", "last_frame", "reference"]


class VideoItem(Said):
    """`video_list[]` of kling-v3-omni. The page lost the name `video_url`; clients agree on it."""

    video_url: Text
    refer_type: Literal["base", "feature"] = "base"
    keep_original_sound: Literal["no", "yes"] = "no"


class ElementItem(Said):
    """`element_list[]`: a subject, made on the fly, for which all three fields are required; prompts call it `@name`."""

    name: Text
    description: Text
    element_input_urls: Annotated[list[Text], Field(min_length=2, max_length=4)]
    """The first one is the frontal view."""


class _Create(Said):
    """`POST /v1/videos/generations`: what both models' pages have."""

    model: Model
    """Selects the page: a field that only the other one has is unknown."""
    mode: Literal["std", "pro", "4k"] | None = None
    """`std` by default."""
    duration: Annotated[int, Field(ge=3, le=15)] | None = None
    """Whole seconds, 5 by default; none for a video to edit."""
    aspect_ratio: AspectRatio | None = None
    """`16:9` by default; "may be overridden by image ratio"."""
    size: AspectRatio | None = None
    """The aspect ratio's name on another of APIMart's pages of this model."""
    multi_shot: bool | None = None
    shot_type: Literal["customize", "intelligence"] | None = None
    element_list: Annotated[list[ElementItem], Field(min_length=1, max_length=3)] | None = None
    watermark: bool | None = None
    audio: bool | None = None
    """Ignored with a video."""

    @property
    def is_customized(self) -> bool:
        """Whether the shots are those of `multi_prompt`."""
        return bool(self.multi_shot) and self.shot_type == "customize"


class V3Create(_Create):
    """APIMart, Kling v3."""

    prompt: Text | None = None
    """"When multi_shot=true, top-level prompt can be omitted"."""
    negative_prompt: Text | None = None
    image_urls: Annotated[list[Text], Field(min_length=1, max_length=2)] | None = None
    """The first frame, then the last one."""
    multi_prompt: Annotated[list[V3Shot], Field(min_length=1, max_length=6)] | None = None


class OmniCreate(_Create):
    """APIMart, Kling v3 Omni."""

    prompt: Text
    negative_prompt: Annotated[str, StringConstraints(min_length=1, max_length=2500)] | None = None
    image_urls: Annotated[list[Text], Field(min_length=1, max_length=_MOST_IMAGES)] | None = None
    """Reference images; not with `image_with_roles`."""
    image_with_roles: Annotated[list[ImageWithRole], Field(min_length=1, max_length=_MOST_IMAGES)] | None = None
    video_list: Annotated[list[VideoItem], Field(min_length=1, max_length=1)] | None = None
    multi_prompt: Annotated[list[Shot], Field(min_length=1, max_length=6)] | None = None

    @property
    def is_edit(self) -> bool:
        """Whether a video is edited: one with `refer_type` base, or without any."""
        return any(video.refer_type == "base" for video in self.video_list or [])


Create = V3Create | OmniCreate


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
