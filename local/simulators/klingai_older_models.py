"""What KlingAI's video models before 3.0 take besides prompt, start frame and length: `kling-v1` to `kling-v2-6`.

From the pages of their time ("Video Generation - Text to Video", "- Image to Video") and their capability maps, the
last of 2026-05-19. Models 3.0 are in the tables where a feature is theirs too; a feature outside of what a map allows
is refused, as was seen of the motion brush ("kling-v1-6 is not supported with motion brush"); all other texts are
guesses. `cfg_scale` alone is taken from every model, though it is of v1.x only: clients send it always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from local.simulators.fields import InvalidError
from local.simulators.klingai_fields import picture_size
from local.simulators.klingai_rules import V3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulators.klingai_fields import Fields

Ways = frozenset[tuple[str, int]]
"""Modes and seconds in which a model has a feature; of models 3.0 only whether it has it: any."""

_STD_5, _PRO_5, _PRO_10 = ("std", 5), ("pro", 5), ("pro", 10)
_PRO: Final[Ways] = frozenset({_PRO_5, _PRO_10})
_ANY: Final[Ways] = frozenset()

END_FRAME: Final[Mapping[str, Ways]] = {
    "kling-v1": frozenset({_STD_5, _PRO_5}),
    "kling-v1-5": _PRO,
    "kling-v1-6": _PRO,
    "kling-v2-1": _PRO,
    "kling-v2-5-turbo": _PRO,
    "kling-v2-6": _PRO,
    V3: _ANY,
}
END_FRAME_ALONE: Final[Mapping[str, Ways]] = {"kling-v1-5": _PRO, "kling-v1-6": _PRO}
SOUND: Final[Mapping[str, Ways]] = {"kling-v2-6": _PRO, V3: _ANY}
_MOTION_BRUSH: Final[Mapping[str, Ways]] = {
    "kling-v1": frozenset({_STD_5, _PRO_5}),
    "kling-v1-5": frozenset({_PRO_5}),
}
_CAMERA_CONTROL: Final[Mapping[str, Ways]] = {"kling-v1": frozenset({_STD_5}), "kling-v1-5": frozenset({_PRO_5})}
_SIMPLE_CAMERA_ALONE: Final = "kling-v1-5"
_WITH_CFG_SCALE: Final = ("kling-v1", "kling-v1-5", "kling-v1-6")

_CAMERA_TYPES: Final = ("simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward")
_CAMERA_MOVES: Final = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
_CAMERA_MOVE_MAX, _MASKS_MAX = 10, 6
_POINTS: Final = range(2, 78)  # of a clip of 5 s
_RATIO_ROUNDING: Final = 0.01


def require(feature: str, model: str, mode: str, seconds: int, ways: Mapping[str, Ways]) -> None:
    """Refuses a feature that a model has not, or not in this mode and length.

    Args:
        feature: its field, with which the refusal begins.
        model: the model.
        mode: of the create.
        seconds: of the create.
        ways: who has it, and how.

    Raises:
        InvalidError: it has not.
    """
    if model not in ways:
        raise InvalidError(f"{feature} is not supported by {model}")
    if ways[model] and (mode, seconds) not in ways[model]:
        told = ", ".join(f"mode {mode} with {seconds} seconds" for mode, seconds in sorted(ways[model]))
        raise InvalidError(f"{feature} is supported by {model} only in {told}")


def read_cfg_scale(fields: Fields, model: str) -> list[str]:
    """Reads cfg_scale.

    Returns:
        A note where the model has no use for it.
    """
    fields.number("cfg_scale", 0, 1)
    if fields.has("cfg_scale") and model not in _WITH_CFG_SCALE:
        return [f"cfg_scale is of no use with {model}"]
    return []


def read_camera_control(fields: Fields, model: str, mode: str, seconds: int) -> None:
    """Checks camera_control: a type; with `simple`, one movement of six that is not zero, else none."""
    camera = fields.inner("camera_control", frozenset({"type", "config"}))
    config = camera.inner("config", frozenset(_CAMERA_MOVES))
    if not fields.has("camera_control"):
        return
    require("camera_control", model, mode, seconds, _CAMERA_CONTROL)
    kind = camera.choice("type", _CAMERA_TYPES, "")
    if not kind:
        raise InvalidError(f"{camera.name('type')} must not be empty")
    if kind == "simple":
        moves = [config.number(move, -_CAMERA_MOVE_MAX, _CAMERA_MOVE_MAX) for move in _CAMERA_MOVES]
        if sum(move != 0 for move in moves) != 1:
            raise InvalidError(f"{camera.name('config')} must have exactly one movement that is not zero")
        return
    if model == _SIMPLE_CAMERA_ALONE:
        raise InvalidError(f"{camera.name('type')} must be simple with {model}")
    if camera.has("config"):
        raise InvalidError(f"{camera.name('config')} must be empty unless type is simple")


def read_masks(fields: Fields, model: str, mode: str, seconds: int, size: tuple[int, int] | None) -> str:
    """Reads static_mask and dynamic_masks, the motion brush.

    Args:
        fields: the create's.
        model: the model.
        mode: of the create.
        seconds: of the create.
        size: of the start frame, in pixels; None where it is not known.

    Returns:
        Why the task will fail by them ("otherwise, the task will fail"); empty where nothing is known against it.
    """
    static, dynamic = fields.text("static_mask"), fields.items("dynamic_masks", frozenset({"mask", "trajectories"}))
    if not static and not dynamic:
        return ""
    if model not in _MOTION_BRUSH:
        raise InvalidError(f"{model} is not supported with motion brush")
    require("static_mask / dynamic_masks", model, mode, seconds, _MOTION_BRUSH)
    if len(dynamic) > _MASKS_MAX:
        raise InvalidError(f"dynamic_masks supports up to {_MASKS_MAX} groups")
    sizes = [picture_size("static_mask", static)] if static else []
    sizes += [_dynamic_mask(group) for group in dynamic]
    known = [mask for mask in sizes if mask is not None]
    if size is not None and any(abs(size[0] / size[1] - mask[0] / mask[1]) > _RATIO_ROUNDING for mask in known):
        return "The aspect ratio of the mask image must match the input image"
    if len(set(known)) > 1:
        return "The resolutions of static_mask and dynamic_masks must be identical"
    return ""


def _dynamic_mask(group: Fields) -> tuple[int, int] | None:
    """Reads a mask and its trajectory, points as `{x, y}` in pixels from the bottom left."""
    mask = group.text("mask")
    if not mask:
        raise InvalidError(f"{group.name('mask')} must not be empty")
    points = group.items("trajectories", frozenset({"x", "y"}))
    if len(points) not in _POINTS:
        raise InvalidError(f"{group.name('trajectories')} must have {_POINTS[0]} to {_POINTS[-1]} points")
    for point in points:
        point.whole("x")
        point.whole("y")
    return picture_size(group.name("mask"), mask)
