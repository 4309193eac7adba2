"""What the schemas of all providers are made of: what we say is exact, what we hear is read leniently."""

from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from klingway.domain.request import AnyRequest, VideoRequest


def video_only(request: AnyRequest) -> VideoRequest:
    """Return a request as one for a video, at a provider whose profile has no models that make pictures.

    Raises:
        TypeError: It is none; the profile let it pass.
    """
    if not isinstance(request, VideoRequest):
        raise TypeError("only videos are made here")
    return request


class Said(BaseModel):
    """A part of a request: nothing that the document does not have, and nothing of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Heard(BaseModel):
    """A part of an answer: hosts add fields at any time."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


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
