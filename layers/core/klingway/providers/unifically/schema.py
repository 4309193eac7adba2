"""Unifically's own requests and answers, field by field.

Source: Unifically's page "Kling v3.0 Omni" for `input`, its page on tasks for what lies around it. The same classes are
written out for Unifically and read from callers who speak its dialect: they have the page's own types, lengths, counts
and lists of values. Answers were met in several shapes, so they are read leniently.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from klingway.providers.wire import Heard, Leniently, Said, TaskId

MODEL: Final = "kuaishou/kling-3.0-omni-video"

_MOST_ELEMENTS: Final = 100
"""The page caps them together with images, and beside frames not at all: few enough to be looked at one by one."""

Address = Annotated[str, StringConstraints(min_length=1)]


class Shot(Said):
    """`multi_shots[]`. Its seconds, 1 to 15, are from Unifically's page "Kling v3.0"; that of Omni states none."""

    prompt: Annotated[str, StringConstraints(min_length=1)]
    duration: Annotated[int, Field(ge=1, le=15)]


class Element(Said):
    """`elements[]`: a subject, made on the fly; prompts call it `@Element1` and so on."""

    description: Annotated[str, StringConstraints(max_length=100)] | None = None
    """Empty where it is left out."""
    type: Literal["image", "video"] | None = None
    """`image` where it is left out."""
    image_urls: Annotated[list[Address], Field(max_length=4)] | None = None
    video_url: Address | None = None


class VideoInput(Said):
    """`input` of the model."""

    video_mode: Literal["elements", "start_end_frame", "transform", "video_reference"] | None = None
    """Left out for text alone."""
    prompt: str | None = None
    """Not with `multi_shots`."""
    mode: Literal["std", "pro", "4k"] | None = None
    """`pro` where it is left out."""
    duration: Annotated[int, Field(ge=3, le=15)] | None = None
    """Seconds; 5 where it is left out."""
    aspect_ratio: Literal["1:1", "9:16", "16:9", "auto"] | None = None
    """`auto` with a `video_url`, and only then."""
    native_audio: bool | None = None
    """False where it is left out."""
    image_urls: Annotated[list[Address], Field(max_length=7)] | None = None
    """Reference images; prompts call them `@Image1` and so on."""
    start_image_index: Annotated[int, Field(ge=1)] | None = None
    """Which of `image_urls`, from 1, is the first frame."""
    elements: Annotated[list[Element], Field(max_length=_MOST_ELEMENTS)] | None = None
    start_frame_url: Address | None = None
    end_frame_url: Address | None = None
    video_url: Address | None = None
    multi_shots: Annotated[list[Shot], Field(min_length=2, max_length=6)] | None = None


class TaskCreate(Said):
    """`POST /v1/tasks`."""

    model: Literal["kuaishou/kling-3.0-omni-video"]
    input: VideoInput
    callback_url: Address | None = None
    """At the top, not in `input` (Unifically's page on callbacks)."""
    dry_run: bool | None = None
    """Check and price the request, and make nothing (Unifically's page on tasks)."""


class Reason(Heard):
    """Why something failed: `data.error`, or the part of `data` or of an answer that says so."""

    message: Leniently[str] = None
    code: Leniently[int | str] = None
    """A word, `GENERATION_FAILED`; at an answer's top the number of the HTTP status."""


class _Saying(Heard):
    """What may say why something failed, in one of the fields that were met."""

    message: Leniently[str] = None
    code: Leniently[int | str] = None
    error: Leniently[Reason | str] = None
    error_message: Leniently[str] = None

    @property
    def reason(self) -> Reason:
        """The first message and the first code in it, wherever they stand."""
        error = Reason(message=self.error) if isinstance(self.error, str) else self.error or Reason()
        message = self.message or error.message or self.error_message
        return Reason(message=message, code=self.code if self.code is not None else error.code)


class Output(Heard):
    """`data.output` of a task that is completed."""

    video_url: Leniently[str] = None


class TaskData(_Saying):
    """`data`: a task, or what is wrong with a request."""

    task_id: Leniently[TaskId] = None
    status: Leniently[str] = None
    output: Leniently[Output] = None
    video_url: Leniently[str] = None
    """Where callbacks have it."""

    @property
    def address(self) -> str | None:
        """Where the video is."""
        return (self.output.video_url if self.output else None) or self.video_url or None


class Answer(_Saying):
    """Every answer: `{code, success, data}`, where `code` repeats the HTTP status or says one of its own."""

    data: Leniently[TaskData] = None

    @property
    def status_code(self) -> int | None:
        """The HTTP status that the body says."""
        code = str(self.code)
        return int(code) if code.isascii() and code.isdecimal() and len(code) <= 3 else None  # noqa: PLR2004 - an HTTP status

    @property
    def refusal(self) -> Reason | None:
        """Why it is no success, with a code in words; None where it says nothing of the kind, and may be somebody else's."""
        inner = self.data.reason if self.data is not None else Reason()
        outer = self.reason
        message = inner.message or outer.message
        says_so = message or inner.code is not None or (self.status_code or 0) >= 400  # noqa: PLR2004 - the HTTP classes
        return Reason(message=message, code=inner.code) if says_so else None
