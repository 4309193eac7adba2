"""What KlingAI's "Omni-Video - Create Task" accepts: the specification of 2026-02-10 and its later official changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from local.simulators.fields import InvalidError, link
from local.simulators.klingai_fields import Fields, picture
from local.simulators.klingai_rules import (
    ASPECTS,
    DURATIONS,
    FIVE_OR_TEN,
    MULTI_SHOT_WITH_FRAMES,
    MULTI_SHOT_WITHOUT_FRAMES,
    O1,
    V3_OMNI,
    VIDEO_FIELDS,
    Order,
    loose_references,
    modes_of,
    read_elements,
    read_shots,
    read_ways,
    units_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulators.klingai_rules import ElementKind, Surroundings

# Official changes by their day (Kling's changelog).
INTELLIGENCE_ON_OMNI: Final = date(2026, 3, 11)
O1_FRAMES_WITHOUT_ELEMENTS: Final = date(2026, 3, 11)
ELEMENT_COUNTS_BY_KIND: Final = date(2026, 4, 1)
LONGER_REFERENCE_VIDEO: Final = date(2026, 6, 17)
MULTI_SHOT_WITH_VIDEO_RULED: Final = date(2026, 6, 17)
# Later official pages keep the end frame's limit of images for O1 alone; no day is given: that of the counts is taken.
END_FRAME_LIMIT_O1_ONLY: Final = date(2026, 4, 1)

_KNOWN: Final = VIDEO_FIELDS | {"image_list", "element_list", "video_list", "aspect_ratio"}
_O1_DURATIONS: Final = tuple(str(seconds) for seconds in range(3, 11))
_REFERENCES_MAX, _REFERENCES_WITH_VIDEO_MAX, _ELEMENTS_WITH_FRAMES_MAX = 7, 4, 3
_REFERENCES_WITH_VIDEO_ELEMENTS_MAX, _VIDEO_ELEMENTS_MAX, _IMAGES_WITH_END_FRAME_MAX = 4, 3, 2
_VIDEO_MIN_S, _VIDEO_MAX_S, _LONGER_VIDEO_MAX_S = 3.0, 10.0, 15.0
_VIDEO_ROUNDING_S: Final = 0.5  # Kling's own "10 s" clips last 10.041 s, and may be edited again


def check_omni(body: Mapping[str, Any], around: Surroundings) -> Order:
    """Checks a create of an omni video.

    Args:
        body: the decoded JSON.
        around: what else the rules need.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
    """
    fields = Fields(body, _KNOWN)
    model = fields.choice("model_name", (O1, V3_OMNI), O1)
    inputs = _inputs(fields, around)
    lasts = None if inputs.edits else _duration(fields, model, inputs)
    kinds = ("customize", "intelligence") if around.on >= INTELLIGENCE_ON_OMNI else ("customize",)
    shots = read_shots(fields, kinds, lasts)
    if shots.multi and model == O1:
        raise InvalidError(f"multi_shot is not supported by {O1}")
    if shots.multi and inputs.first and MULTI_SHOT_WITHOUT_FRAMES <= around.on < MULTI_SHOT_WITH_FRAMES:
        raise InvalidError("multi_shot is not supported with first_frame or end_frame")
    _frames(model, inputs, around)
    _counts(model, inputs, around)
    sound = fields.choice("sound", ("on", "off"), "off") == "on"
    if sound and model == O1:
        raise InvalidError(f"sound on is not supported by {O1}")
    of_video = _video(fields, model, inputs, shots.kind, around) if inputs.video_url else 0.0
    mode = fields.choice("mode", modes_of(model, around), "pro")
    if mode == "4k" and inputs.video_url and around.on < LONGER_REFERENCE_VIDEO:
        raise InvalidError("mode 4k is not supported with a reference video")
    aspect = fields.choice("aspect_ratio", ASPECTS, "")
    if not aspect and not inputs.first and not inputs.edits:
        raise InvalidError("aspect_ratio is required when the first frame or video editing is not used")
    seconds = float(lasts) if lasts is not None else of_video
    condition = "video" if inputs.video_url else "sound" if sound else "silent"
    counts = {"image": inputs.images, "element": len(inputs.elements), "video": 1 if inputs.video_url else 0}
    return Order(
        model=model,
        mode=mode,
        text=" | ".join(shots.texts),
        seconds=seconds,
        aspect=aspect or inputs.first_aspect or "16:9",
        sound=sound,
        units=units_of(model, mode, condition, seconds),
        unknown_fields=tuple(fields.unknown),
        notes=tuple(loose_references(shots.texts, counts)),
        **read_ways(fields),
    )


@dataclass(slots=True)
class _Inputs:
    """What a create refers to."""

    images: int
    first: bool
    end: bool
    first_aspect: str | None
    elements: list[ElementKind]
    video_url: str
    edits: bool

    @property
    def references(self) -> int:
        """Images that are no frames, and elements."""
        return self.images - self.first - self.end + len(self.elements)


def _inputs(fields: Fields, around: Surroundings) -> _Inputs:
    """Reads image_list, element_list and video_list, each for itself."""
    images = fields.items("image_list", frozenset({"image_url", "type"}))
    roles: list[str] = []
    first_aspect = None
    for image in images:
        url = image.text("image_url")
        if not url:
            raise InvalidError(f"{image.name('image_url')} must not be empty")
        role = image.choice("type", ("first_frame", "end_frame"), "")
        if role and role in roles:
            raise InvalidError(f"{image.name('type')}: only one {role} is supported")
        roles.append(role)
        aspect = picture(image.name("image_url"), url)
        first_aspect = aspect if role == "first_frame" else first_aspect
    video_url, edits = "", False
    videos = fields.items("video_list", frozenset({"video_url", "refer_type", "keep_original_sound"}))
    if len(videos) > 1:
        raise InvalidError("video_list: only 1 video can be uploaded")
    for video in videos:
        video_url = video.text("video_url")
        if not video_url:
            raise InvalidError(f"{video.name('video_url')} must not be empty")
        link(video.name("video_url"), video_url, {"mp4", "mov"})
        edits = video.choice("refer_type", ("feature", "base"), "base") == "base"
        video.choice("keep_original_sound", ("yes", "no"), "")
    first, end = "first_frame" in roles, "end_frame" in roles
    return _Inputs(len(images), first, end, first_aspect, read_elements(fields, around), video_url, edits)


def _frames(model: str, inputs: _Inputs, around: Surroundings) -> None:
    """Checks the frames of a create, and what they allow besides (the rows image_list and element_list)."""
    if inputs.end and not inputs.first:
        raise InvalidError("image_list: end_frame is not supported without first_frame")
    limited = model == O1 or around.on < END_FRAME_LIMIT_O1_ONLY
    if inputs.end and inputs.images > _IMAGES_WITH_END_FRAME_MAX and limited:
        raise InvalidError("image_list: end_frame is not supported when there are more than 2 images")
    if inputs.first and len(inputs.elements) > _ELEMENTS_WITH_FRAMES_MAX:
        raise InvalidError("element_list cannot exceed 3 with first_frame or with first_frame and end_frame")
    if model == O1 and inputs.end and inputs.elements and around.on >= O1_FRAMES_WITHOUT_ELEMENTS:
        raise InvalidError(f"element_list is not supported by {O1} with first_frame and end_frame")


def _counts(model: str, inputs: _Inputs, around: Surroundings) -> None:
    """Checks the numbers of images and elements (the same rows)."""
    moving = inputs.elements.count("video_refer")
    still = inputs.images + len(inputs.elements) - moving
    if moving and model == O1:
        raise InvalidError(f"element_list: video character elements are not supported by {O1}")
    if moving and inputs.video_url:
        raise InvalidError("element_list: video character elements are not supported with a reference video")
    limit = _REFERENCES_WITH_VIDEO_MAX if inputs.video_url else _REFERENCES_MAX
    if still + moving > limit:
        raise InvalidError(f"image_list and element_list: the sum of images and elements cannot exceed {limit}")
    if moving and around.on >= ELEMENT_COUNTS_BY_KIND:
        if moving > _VIDEO_ELEMENTS_MAX:
            raise InvalidError(f"element_list: video character elements cannot exceed {_VIDEO_ELEMENTS_MAX}")
        if still > _REFERENCES_WITH_VIDEO_ELEMENTS_MAX:
            raise InvalidError("image_list and element_list: images and multi-image elements cannot exceed 4 in sum")


def _video(fields: Fields, model: str, inputs: _Inputs, shots_kind: str, around: Surroundings) -> float:
    """Checks what a reference video excludes, and its length.

    Returns:
        Its length in seconds.
    """
    if fields.choice("sound", ("on", "off"), "off") == "on":
        raise InvalidError("sound on is not supported with video input")
    if inputs.edits and inputs.first:
        raise InvalidError("video_list: refer_type base is not supported with first_frame or end_frame")
    if shots_kind and around.on >= MULTI_SHOT_WITH_VIDEO_RULED:
        if inputs.edits:
            raise InvalidError("multi_shot must be false with refer_type base")
        if shots_kind != "intelligence":
            raise InvalidError("shot_type must be intelligence with refer_type feature")
    seconds = around.video_seconds(inputs.video_url)
    longer = model == V3_OMNI and around.on >= LONGER_REFERENCE_VIDEO
    longest = _LONGER_VIDEO_MAX_S if longer else _VIDEO_MAX_S
    if not _VIDEO_MIN_S <= seconds <= longest + _VIDEO_ROUNDING_S:
        raise InvalidError(f"video_list: the duration of the video must be between 3 and {longest:g} seconds")
    return seconds


def _duration(fields: Fields, model: str, inputs: _Inputs) -> int:
    seconds = int(fields.choice("duration", DURATIONS if model == V3_OMNI else _O1_DURATIONS, "5"))
    free = inputs.references or inputs.end or inputs.video_url
    if model == O1 and not free and str(seconds) not in FIVE_OR_TEN:
        raise InvalidError("duration: Duration only supports 5 or 10 seconds when no refer_image is provided")
    return seconds
