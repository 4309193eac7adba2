"""What KlingAI's text2video and image2video accept: the specification of 2026-02-10 and its later official changes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from local.simulators.fields import InvalidError
from local.simulators.klingai_fields import Fields, picture
from local.simulators.klingai_rules import (
    ASPECTS,
    DURATIONS,
    FIVE_OR_TEN,
    MULTI_SHOT_WITH_FRAMES,
    MULTI_SHOT_WITHOUT_FRAMES,
    PROMPT_MAX,
    V3,
    VIDEO_FIELDS,
    Order,
    Shots,
    modes_of,
    read_elements,
    read_shots,
    read_ways,
    units_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulators.klingai_rules import Surroundings

# The price with voices is on the page of February and gone by September.
VOICE_PRICE_GONE: Final = date(2026, 9, 1)

_WITH_SOUND: Final = {V3, "kling-v2-6"}
_ELEMENTS_MAX, _VOICES_MAX = 3, 2
_COMMON: Final = VIDEO_FIELDS | {"negative_prompt", "voice_list", "cfg_scale", "camera_control"}
_TEXT_FIELDS: Final = _COMMON | {"aspect_ratio"}
_IMAGE_FIELDS: Final = _COMMON | {"image", "image_tail", "element_list", "static_mask", "dynamic_masks"}
_TEXT_MODELS: Final = (
    "kling-v1", "kling-v1-6", "kling-v2-master", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6", V3,
)  # fmt: skip
_IMAGE_MODELS: Final = (
    "kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo",
    "kling-v2-6", V3,
)  # fmt: skip


def check_text(body: Mapping[str, Any], around: Surroundings) -> Order:
    """Checks a create of "Text to Video - Create Task".

    Args:
        body: the decoded JSON.
        around: what else the rules need.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
    """
    fields = Fields(body, _TEXT_FIELDS)
    model, mode, shots, seconds, sound, voices = _common(fields, _TEXT_MODELS, around)
    return Order(
        model=model,
        mode=mode,
        text=" | ".join(shots.texts),
        seconds=float(seconds),
        aspect=fields.choice("aspect_ratio", ASPECTS, "16:9"),
        sound=sound,
        units=units_of(model, mode, _condition(around, sound=sound, voices=voices), seconds),
        unknown_fields=tuple(fields.unknown),
        notes=(),
        **read_ways(fields),
    )


def check_image(body: Mapping[str, Any], around: Surroundings) -> Order:
    """Checks a create of "Image to Video - Create Task"; see `check_text`."""
    fields = Fields(body, _IMAGE_FIELDS)
    model, mode, shots, seconds, sound, voices = _common(fields, _IMAGE_MODELS, around)
    image, tail = fields.text("image"), fields.text("image_tail")
    if not image and not tail:
        raise InvalidError("image can not be null")
    if not image and model == V3:
        raise InvalidError(f"image_tail without image is not supported by {V3}")
    aspect = picture("image", image) if image else None
    tail_aspect = picture("image_tail", tail, any_ratio=True) if tail else None
    if tail and shots.multi and MULTI_SHOT_WITHOUT_FRAMES <= around.on < MULTI_SHOT_WITH_FRAMES:
        raise InvalidError("image_tail is not supported with multi_shot")
    masks = fields.has("static_mask") or fields.has("dynamic_masks")
    if sum((bool(tail), masks, fields.has("camera_control"))) > 1:
        raise InvalidError("image_tail, static_mask / dynamic_masks and camera_control are mutually exclusive")
    elements = read_elements(fields, around)
    if elements and model != V3:
        raise InvalidError(f"element_list is not supported by {model}")
    if len(elements) > _ELEMENTS_MAX:
        raise InvalidError(f"element_list supports up to {_ELEMENTS_MAX} elements")
    if elements and voices:
        raise InvalidError("element_list and voice_list are mutually exclusive")
    return Order(
        model=model,
        mode=mode,
        text=" | ".join(shots.texts),
        seconds=float(seconds),
        aspect=aspect or tail_aspect or "16:9",
        sound=sound,
        units=units_of(model, mode, _condition(around, sound=sound, voices=voices), seconds),
        unknown_fields=tuple(fields.unknown),
        notes=(),
        **read_ways(fields),
    )


def _common(fields: Fields, models: tuple[str, ...], around: Surroundings) -> tuple[str, str, Shots, int, bool, bool]:
    """Checks what text2video and image2video share.

    Returns:
        Model, mode, shots, seconds, whether there is sound, whether there are voices.
    """
    model = fields.choice("model_name", models, "kling-v1")
    seconds = int(fields.choice("duration", DURATIONS if model == V3 else FIVE_OR_TEN, "5"))
    if fields.flag("multi_shot") and model != V3:
        raise InvalidError(f"multi_shot is not supported by {model}")
    shots = read_shots(fields, ("customize", "intelligence"), seconds)
    fields.text("negative_prompt", at_most=PROMPT_MAX)
    fields.number("cfg_scale", 0, 1)
    fields.inner("camera_control", frozenset({"type", "config"}))
    sound = fields.choice("sound", ("on", "off"), "off") == "on"
    if sound and model not in _WITH_SOUND:
        raise InvalidError(f"sound on is not supported by {model}")
    voices = fields.items("voice_list", frozenset({"voice_id"}))
    if len(voices) > _VOICES_MAX:
        raise InvalidError(f"voice_list supports up to {_VOICES_MAX} voices")
    for voice in voices:
        if not voice.text("voice_id"):
            raise InvalidError(f"{voice.name('voice_id')} must not be empty")
    if voices and not sound:
        raise InvalidError("sound must be on when voice_list is used")
    mode = fields.choice("mode", modes_of(model, around), "std")
    return model, mode, shots, seconds, sound, bool(voices)


def _condition(around: Surroundings, *, sound: bool, voices: bool) -> str:
    if voices and around.on < VOICE_PRICE_GONE:
        return "voice"
    return "sound" if sound else "silent"
