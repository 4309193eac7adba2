"""What KlingAI's text2video and image2video accept: the specification of 2026-02-10 and its later official changes.

Models before 3.0 keep the rules of their time; see `klingai_older_models`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from local.simulators.fields import InvalidError
from local.simulators.klingai_fields import Fields, picture_size
from local.simulators.klingai_older_models import (
    END_FRAME,
    END_FRAME_ALONE,
    SOUND,
    read_camera_control,
    read_cfg_scale,
    read_masks,
    require,
)
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
    loose_references,
    modes_of,
    read_elements,
    read_shots,
    read_ways,
    references,
    units_of,
)
from local.simulators.media import nearest_aspect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulators.klingai_rules import Surroundings

# The price of kling-v3 with voices is on the page of February and gone by September.
VOICE_PRICE_GONE: Final = date(2026, 9, 1)

_ELEMENTS_MAX, _VOICES_MAX = 3, 2
_END_FRAME_SILENT: Final = {"kling-v2-6"}  # the capability map of 2026-05-19
_COMMON: Final = VIDEO_FIELDS | {"negative_prompt", "voice_list", "cfg_scale", "camera_control"}
_TEXT_FIELDS: Final = _COMMON | {"aspect_ratio"}
_IMAGE_FIELDS: Final = _COMMON | {"image", "image_tail", "element_list", "static_mask", "dynamic_masks"}
_EXCLUSIVE: Final = (("image_tail",), ("static_mask", "dynamic_masks"), ("camera_control",))
_TEXT_MODELS: Final = (
    "kling-v1", "kling-v1-6", "kling-v2-master", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6", V3,
)  # fmt: skip
_IMAGE_MODELS: Final = (
    "kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo",
    "kling-v2-6", V3,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Create:
    """What text2video and image2video share.

    Attributes:
        model: with its default filled in.
        mode: with its default filled in.
        seconds: with its default filled in.
        multi_shot: whether there are several shots.
        texts: the prompt, or the shots' prompts.
        sound: whether it has a track.
        voices: how many there are.
        notes: oddities that are accepted.
    """

    model: str
    mode: str
    seconds: int
    multi_shot: bool
    texts: list[str]
    sound: bool
    voices: int
    notes: list[str]


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
    create = _create(fields, _TEXT_MODELS, around)
    aspect = fields.choice("aspect_ratio", ASPECTS, "16:9")
    return _order(fields, create, around, aspect, {"voice": create.voices})


def check_image(body: Mapping[str, Any], around: Surroundings) -> Order:
    """Checks a create of "Image to Video - Create Task"; see `check_text`.

    That models before 3.0 need no prompt is what the page said in their time ("prompt: Optional").
    """
    fields = Fields(body, _IMAGE_FIELDS)
    if sum(any(map(fields.has, names)) for names in _EXCLUSIVE) > 1:
        raise InvalidError("image_tail, static_mask / dynamic_masks and camera_control are mutually exclusive")
    create = _create(fields, _IMAGE_MODELS, around, may_lack_prompt=True)
    image, tail = fields.text("image"), fields.text("image_tail")
    if not image and not tail:
        raise InvalidError("image can not be null")
    size = picture_size("image", image) if image else None
    tail_size = picture_size("image_tail", tail, any_ratio=True) if tail else None
    failure = read_masks(fields, create.model, create.mode, create.seconds, size)
    if tail:
        _check_end_frame(create, around, alone=not image)
    elements = len(read_elements(fields, around))
    if elements and create.model != V3:
        raise InvalidError(f"element_list is not supported by {create.model}")
    if elements > _ELEMENTS_MAX:
        raise InvalidError(f"element_list supports up to {_ELEMENTS_MAX} elements")
    if elements and create.voices:
        raise InvalidError("element_list and voice_list are mutually exclusive")
    known = size or tail_size
    aspect = "16:9" if known is None else nearest_aspect(*known)
    counts = {"image": bool(image) + bool(tail), "element": elements, "voice": create.voices}
    return _order(fields, create, around, aspect, counts, failure)


def _create(fields: Fields, models: tuple[str, ...], around: Surroundings, *, may_lack_prompt: bool = False) -> _Create:
    model = fields.choice("model_name", models, "kling-v1")
    seconds = int(fields.choice("duration", DURATIONS if model == V3 else FIVE_OR_TEN, "5"))
    mode = fields.choice("mode", modes_of(model, around), "std")
    if fields.flag("multi_shot") and model != V3:
        raise InvalidError(f"multi_shot is not supported by {model}")
    kinds = ("customize", "intelligence")
    shots = read_shots(fields, kinds, seconds, may_lack_prompt=may_lack_prompt and model != V3)
    fields.text("negative_prompt", at_most=PROMPT_MAX)
    sound = fields.choice("sound", ("on", "off"), "off") == "on"
    if sound:
        require("sound on", model, mode, seconds, SOUND)
    read_camera_control(fields, model, mode, seconds)
    return _Create(
        model=model,
        mode=mode,
        seconds=seconds,
        multi_shot=shots.multi,
        texts=shots.texts,
        sound=sound,
        voices=_voices(fields, sound=sound),
        notes=read_cfg_scale(fields, model),
    )


def _voices(fields: Fields, *, sound: bool) -> int:
    """Reads voice_list; which voices there are is not known here.

    Returns:
        How many they are.
    """
    voices = fields.items("voice_list", frozenset({"voice_id"}))
    if len(voices) > _VOICES_MAX:
        raise InvalidError(f"voice_list supports up to {_VOICES_MAX} voices")
    for voice in voices:
        if not voice.text("voice_id"):
            raise InvalidError(f"{voice.name('voice_id')} must not be empty")
    if voices and not sound:
        raise InvalidError("sound must be on when voice_list is used")
    return len(voices)


def _check_end_frame(create: _Create, around: Surroundings, *, alone: bool) -> None:
    require("image_tail", create.model, create.mode, create.seconds, END_FRAME)
    if alone:
        require("image_tail without image", create.model, create.mode, create.seconds, END_FRAME_ALONE)
    if create.sound and create.model in _END_FRAME_SILENT:
        raise InvalidError(f"image_tail is supported by {create.model} only with sound off")
    if create.multi_shot and MULTI_SHOT_WITHOUT_FRAMES <= around.on < MULTI_SHOT_WITH_FRAMES:
        raise InvalidError("image_tail is not supported with multi_shot")


def _order(
    fields: Fields, create: _Create, around: Surroundings, aspect: str, counts: Mapping[str, int], failure: str = ""
) -> Order:
    return Order(
        model=create.model,
        mode=create.mode,
        text=" | ".join(create.texts),
        seconds=float(create.seconds),
        aspect=aspect,
        sound=create.sound,
        units=units_of(create.model, create.mode, _condition(create, around), create.seconds),
        failure=failure,
        unknown_fields=tuple(fields.unknown),
        notes=(*create.notes, *loose_references(create.texts, counts)),
        **read_ways(fields),
    )


def _condition(create: _Create, around: Surroundings) -> str:
    """Returns the price list's column ("... and the prompt parameter references the voice ID")."""
    voiced = create.voices and any(kind == "voice" for kind, _ in references(create.texts))
    if voiced and not (create.model == V3 and around.on >= VOICE_PRICE_GONE):
        return "voice"
    return "sound" if create.sound else "silent"
