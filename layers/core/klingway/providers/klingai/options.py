"""What Kling's models before 3.0 take beyond the canonical request: `provider_options.klingai`.

Source: the pages of their time ("Text to Video", "Image to Video", "Image Generation"), as repeated by clients known to work;
Kling's API specification of 2026-02-10 keeps their rules of exclusion in `image_tail`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from klingway.providers.kling.values import Fraction
from klingway.providers.wire import Said

Movement = Annotated[float, Field(ge=-10, le=10)]


class CameraMovements(Said):
    """`camera_control.config`: one of these is not zero."""

    horizontal: Movement | None = None
    vertical: Movement | None = None
    pan: Movement | None = None
    tilt: Movement | None = None
    roll: Movement | None = None
    zoom: Movement | None = None


class CameraControl(Said):
    """`camera_control`."""

    type: Literal["simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward"]
    config: CameraMovements | None = None
    """With `simple`, and with nothing else."""

    @model_validator(mode="after")
    def _moves_one_way(self) -> Self:
        moves = [move for move in (self.config or CameraMovements()).model_dump().values() if move]
        if self.type == "simple" and len(moves) != 1:
            message = "takes exactly one movement in config that is not zero with type 'simple'"
            raise PydanticCustomError("incomplete", message)
        if self.type != "simple" and self.config is not None:
            raise PydanticCustomError("excluded", "takes config with type 'simple' alone")
        return self


class Point(Said):
    """`dynamic_masks[].trajectories[]`: pixels from the bottom left."""

    x: int
    y: int


class DynamicMask(Said):
    """`dynamic_masks[]`: an area, and how it moves."""

    mask: Annotated[str, StringConstraints(min_length=1)]
    trajectories: Annotated[list[Point], Field(min_length=2, max_length=77)]


class TextOptions(Said):
    """Of a video from text alone."""

    camera_control: CameraControl | None = None


class MotionOptions(TextOptions):
    """Of a video from a picture."""

    static_mask: Annotated[str, StringConstraints(min_length=1)] | None = None
    dynamic_masks: Annotated[list[DynamicMask], Field(min_length=1, max_length=6)] | None = None

    @model_validator(mode="after")
    def _steered_one_way(self) -> Self:
        if self.camera_control is not None and (self.static_mask is not None or self.dynamic_masks is not None):
            message = "takes either camera_control or static_mask and dynamic_masks"
            raise PydanticCustomError("excluded", message)
        return self


class FidelityOptions(Said):
    """Of a picture made from another."""

    image_fidelity: Fraction | None = None
    """How close to the picture."""


class FaceOptions(FidelityOptions):
    """Of a picture of somebody, made from another."""

    image_reference: Literal["subject", "face"] | None = None
    human_fidelity: Fraction | None = None
    """How close to the face; of a subject alone."""

    @model_validator(mode="after")
    def _a_face_is_of_a_subject(self) -> Self:
        if self.human_fidelity is not None and self.image_reference != "subject":
            raise PydanticCustomError("excluded", "takes human_fidelity with image_reference 'subject' alone")
        return self
