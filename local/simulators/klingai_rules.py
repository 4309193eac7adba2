"""What KlingAI's three video creates accept: Kling's API specification of 2026-02-10 and its later official changes.

The specification's rules hold as they stand there; a later change holds from its date in Kling's changelog, so that
a simulator can be of any day. The first broken rule is refused (400 / 1201), named by its field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from local.simulators.fields import InvalidError, link
from local.simulators.klingai_fields import Fields, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Product = Literal["omni-video", "text2video", "image2video"]
ElementKind = Literal["image_refer", "video_refer"]

# Official changes by their day (Kling's changelog).
SPECIFICATION: Final = date(2026, 2, 10)
INTELLIGENCE_ON_OMNI: Final = date(2026, 3, 11)
O1_FRAMES_WITHOUT_ELEMENTS: Final = date(2026, 3, 11)
MULTI_SHOT_WITHOUT_FRAMES: Final = date(2026, 3, 11)
ELEMENT_COUNTS_BY_KIND: Final = date(2026, 4, 1)
FOUR_K: Final = date(2026, 4, 23)
MULTI_SHOT_WITH_FRAMES: Final = date(2026, 5, 7)
LONGER_REFERENCE_VIDEO: Final = date(2026, 6, 17)
MULTI_SHOT_WITH_VIDEO_RULED: Final = date(2026, 6, 17)
# Later official pages keep the end frame's limit of images for O1 alone; no day is given: that of the counts is taken.
END_FRAME_LIMIT_O1_ONLY: Final = date(2026, 4, 1)
# The price with voices is on the page of February and gone by September.
VOICE_PRICE_GONE: Final = date(2026, 9, 1)

V3_OMNI, O1, V3 = "kling-v3-omni", "kling-video-o1", "kling-v3"
_WITH_SOUND: Final = {V3, "kling-v2-6"}
_ASPECTS: Final = ("16:9", "9:16", "1:1")
_DURATIONS: Final = tuple(str(seconds) for seconds in range(3, 16))
_O1_DURATIONS: Final = tuple(str(seconds) for seconds in range(3, 11))
_FIVE_OR_TEN: Final = ("5", "10")
PROMPT_MAX, SHOT_PROMPT_MAX, SHOTS_MAX = 2_500, 512, 6
_REFERENCES_MAX, _REFERENCES_WITH_VIDEO_MAX, _ELEMENTS_WITH_FRAMES_MAX = 7, 4, 3
_REFERENCES_WITH_VIDEO_ELEMENTS_MAX, _VIDEO_ELEMENTS_MAX = 4, 3
_IMAGES_WITH_END_FRAME_MAX, _IMAGE_TO_VIDEO_ELEMENTS_MAX, _VOICES_MAX = 2, 3, 2
_VIDEO_MIN_S, _VIDEO_MAX_S, _LONGER_VIDEO_MAX_S = 3.0, 10.0, 15.0
_VIDEO_ROUNDING_S: Final = 0.5  # Kling's own "10 s" clips last 10.041 s, and may be edited again
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_REFERENCE: Final = re.compile(r"<<<(image|element|video)_([0-9]{1,6})>>>")

_COMMON = {"model_name", "multi_shot", "shot_type", "prompt", "multi_prompt", "element_list", "sound", "mode"}
_COMMON |= {"duration", "watermark_info", "callback_url", "external_task_id"}
_OLDER = {"negative_prompt", "voice_list", "cfg_scale", "camera_control"}
KNOWN_FIELDS: Final[Mapping[Product, frozenset[str]]] = {
    "omni-video": frozenset(_COMMON | {"image_list", "video_list", "aspect_ratio"}),
    "text2video": frozenset((_COMMON | _OLDER | {"aspect_ratio"}) - {"element_list"}),
    "image2video": frozenset(_COMMON | _OLDER | {"image", "image_tail", "static_mask", "dynamic_masks"}),
}
_T2V_MODELS: Final = (
    "kling-v1", "kling-v1-6", "kling-v2-master", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6", V3,
)  # fmt: skip
_I2V_MODELS: Final = (
    "kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo",
    "kling-v2-6", V3,
)  # fmt: skip

# Units per second of output: (std, pro) by model and condition; 4k is 3.0 throughout.
_UNITS: Final = {
    (V3_OMNI, "silent"): ("0.6", "0.8"),
    (V3_OMNI, "sound"): ("0.8", "1.0"),
    (V3_OMNI, "video"): ("0.9", "1.2"),
    (V3, "silent"): ("0.6", "0.8"),
    (V3, "sound"): ("0.9", "1.2"),
    (V3, "voice"): ("1.1", "1.4"),
    (O1, "silent"): ("0.6", "0.8"),
    (O1, "video"): ("0.9", "1.2"),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules need to know besides the body.

    Attributes:
        on: the day whose rules hold.
        elements: the elements that there are, and their kinds.
        video_seconds: gives a reference video's length, in seconds.
    """

    on: date
    elements: Mapping[int, ElementKind]
    video_seconds: Callable[[str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted create.

    Attributes:
        model: with its default filled in.
        mode: with its default filled in.
        text: the prompt, or the shots' prompts.
        seconds: of output, as asked for (for an edit: of the video edited).
        aspect: of the output.
        sound: whether it has a track.
        watermark: whether a marked copy is asked for.
        callback_url: empty for none.
        external_task_id: empty for none.
        units: what it costs; None where the price list has no such line.
        unknown_fields: fields of the body that the endpoint does not have, with their places; ignored.
        notes: oddities that are accepted.
    """

    model: str
    mode: str
    text: str
    seconds: float
    aspect: str
    sound: bool
    watermark: bool
    callback_url: str
    external_task_id: str
    units: Decimal | None
    unknown_fields: tuple[str, ...]
    notes: tuple[str, ...]


def check(product: Product, body: Mapping[str, Any], around: Surroundings) -> Order:
    """Checks a create against its endpoint's rules.

    Args:
        product: the endpoint.
        body: the decoded JSON.
        around: what else the rules need.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
    """
    fields = Fields(body, KNOWN_FIELDS[product])
    return {"omni-video": _omni, "text2video": _text, "image2video": _image}[product](fields, around)


@dataclass(slots=True)
class _Shots:
    """The common part of the three creates about shots and prompts."""

    multi: bool
    kind: str
    texts: list[str]


def _shots(fields: Fields, kinds: tuple[str, ...], seconds: int | None) -> _Shots:
    """Reads prompt, multi_shot, shot_type and multi_prompt ("Whether to generate multi-shot video" and below).

    Args:
        fields: the create's.
        kinds: the shot types there are.
        seconds: the whole duration; None where it is not the body's.
    """
    multi = fields.flag("multi_shot")
    kind = fields.choice("shot_type", kinds, "") if multi else ""
    if multi and not kind:
        raise InvalidError("shot_type is required when multi_shot is true")
    if kind == "customize":
        return _Shots(multi=True, kind=kind, texts=_storyboards(fields, seconds))
    prompt = fields.text("prompt", at_most=PROMPT_MAX)
    if not prompt:
        when = "shot_type is intelligence" if multi else "multi_shot is false"
        raise InvalidError(f"prompt must not be empty when {when}")
    return _Shots(multi=multi, kind=kind, texts=[prompt])


def _storyboards(fields: Fields, seconds: int | None) -> list[str]:
    """Reads multi_prompt.

    Returns:
        The prompts by their index.
    """
    shots = fields.items("multi_prompt", frozenset({"index", "prompt", "duration"}))
    if not shots:
        raise InvalidError("multi_prompt must not be empty when multi_shot is true and shot_type is customize")
    if len(shots) > SHOTS_MAX:
        raise InvalidError(f"multi_prompt supports up to {SHOTS_MAX} storyboards")
    texts: dict[int, str] = {}
    total = 0
    for shot in shots:
        text = shot.text("prompt", at_most=SHOT_PROMPT_MAX)
        if not text:
            raise InvalidError(f"{shot.name('prompt')} must not be empty")
        texts[shot.whole("index")] = text
        total += _shot_seconds(shot, seconds)
    if sorted(texts) != list(range(1, len(shots) + 1)):
        raise InvalidError("multi_prompt index must start at 1 and be contiguous")
    if seconds is not None and total != seconds:
        raise InvalidError(f"multi_prompt duration sum {total} must equal the total duration {seconds}")
    return [texts[index] for index in sorted(texts)]


def _shot_seconds(shot: Fields, seconds: int | None) -> int:
    lasts = shot.text("duration")
    if not _SHORT_NUMBER.fullmatch(lasts) or int(lasts) < 1:
        raise InvalidError(f"{shot.name('duration')} must be a string of whole seconds and not less than 1")
    if seconds is not None and int(lasts) > seconds:
        raise InvalidError(f"{shot.name('duration')} cannot exceed the total duration {seconds}")
    return int(lasts)


def _elements(fields: Fields, around: Surroundings) -> list[ElementKind]:
    """Reads element_list; an element that is not there, or not any more, is refused."""
    kinds: list[ElementKind] = []
    for item in fields.items("element_list", frozenset({"element_id"})):
        number = item.element_id()
        if number not in around.elements:
            raise InvalidError(f"{item.name('element_id')} {number} not found")
        kinds.append(around.elements[number])
    return kinds


def _modes(model: str, around: Surroundings) -> tuple[str, ...]:
    return ("std", "pro", "4k") if model in {V3_OMNI, V3} and around.on >= FOUR_K else ("std", "pro")


def _units(model: str, mode: str, condition: str, seconds: float) -> Decimal | None:
    if mode == "4k":
        return Decimal("3.0") * round(seconds)
    prices = _UNITS.get((model, condition))
    return None if prices is None else Decimal(prices[mode == "pro"]) * round(seconds)


def _ways(fields: Fields) -> dict[str, Any]:
    """Reads what all creates of videos have besides: watermark, callback and external id."""
    marked = fields.inner("watermark_info", frozenset({"enabled"})).flag("enabled")
    return {"watermark": marked, **fields.ways()}


@dataclass(slots=True)
class _OmniInputs:
    """What an omni create refers to."""

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


def _omni_inputs(fields: Fields, around: Surroundings) -> _OmniInputs:
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
    return _OmniInputs(len(images), first, end, first_aspect, _elements(fields, around), video_url, edits)


def _omni_frames(model: str, inputs: _OmniInputs, around: Surroundings) -> None:
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


def _omni_counts(model: str, inputs: _OmniInputs, around: Surroundings) -> None:
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


def _omni_video(fields: Fields, model: str, inputs: _OmniInputs, shots_kind: str, around: Surroundings) -> float:
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


def _omni_duration(fields: Fields, model: str, inputs: _OmniInputs) -> int:
    seconds = int(fields.choice("duration", _DURATIONS if model == V3_OMNI else _O1_DURATIONS, "5"))
    free = inputs.references or inputs.end or inputs.video_url
    if model == O1 and not free and str(seconds) not in _FIVE_OR_TEN:
        raise InvalidError("duration: Duration only supports 5 or 10 seconds when no refer_image is provided")
    return seconds


def _omni(fields: Fields, around: Surroundings) -> Order:
    """Checks "Omni-Video - Create Task"."""
    model = fields.choice("model_name", (O1, V3_OMNI), O1)
    inputs = _omni_inputs(fields, around)
    lasts = None if inputs.edits else _omni_duration(fields, model, inputs)
    kinds = ("customize", "intelligence") if around.on >= INTELLIGENCE_ON_OMNI else ("customize",)
    shots = _shots(fields, kinds, lasts)
    if shots.multi and model == O1:
        raise InvalidError(f"multi_shot is not supported by {O1}")
    if shots.multi and inputs.first and MULTI_SHOT_WITHOUT_FRAMES <= around.on < MULTI_SHOT_WITH_FRAMES:
        raise InvalidError("multi_shot is not supported with first_frame or end_frame")
    _omni_frames(model, inputs, around)
    _omni_counts(model, inputs, around)
    sound = fields.choice("sound", ("on", "off"), "off") == "on"
    if sound and model == O1:
        raise InvalidError(f"sound on is not supported by {O1}")
    of_video = _omni_video(fields, model, inputs, shots.kind, around) if inputs.video_url else 0.0
    mode = fields.choice("mode", _modes(model, around), "pro")
    if mode == "4k" and inputs.video_url and around.on < LONGER_REFERENCE_VIDEO:
        raise InvalidError("mode 4k is not supported with a reference video")
    aspect = fields.choice("aspect_ratio", _ASPECTS, "")
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
        units=_units(model, mode, condition, seconds),
        unknown_fields=tuple(fields.unknown),
        notes=tuple(_loose_references(shots.texts, counts)),
        **_ways(fields),
    )


def _loose_references(texts: list[str], counts: Mapping[str, int]) -> list[str]:
    """Names references in prompts that point to nothing; what Kling does with them is not documented."""
    found = {(kind, int(number)) for text in texts for kind, number in _REFERENCE.findall(text)}
    return [f"prompt refers to {kind}_{n} of {counts[kind]}" for kind, n in sorted(found) if not 1 <= n <= counts[kind]]


def _common(fields: Fields, models: tuple[str, ...], around: Surroundings) -> tuple[str, str, _Shots, int, bool, bool]:
    """Checks what text2video and image2video share.

    Returns:
        Model, mode, shots, seconds, whether there is sound, whether there are voices.
    """
    model = fields.choice("model_name", models, "kling-v1")
    seconds = int(fields.choice("duration", _DURATIONS if model == V3 else _FIVE_OR_TEN, "5"))
    if fields.flag("multi_shot") and model != V3:
        raise InvalidError(f"multi_shot is not supported by {model}")
    shots = _shots(fields, ("customize", "intelligence"), seconds)
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
    mode = fields.choice("mode", _modes(model, around), "std")
    return model, mode, shots, seconds, sound, bool(voices)


def _condition(around: Surroundings, *, sound: bool, voices: bool) -> str:
    if voices and around.on < VOICE_PRICE_GONE:
        return "voice"
    return "sound" if sound else "silent"


def _text(fields: Fields, around: Surroundings) -> Order:
    """Checks "Text to Video - Create Task"."""
    model, mode, shots, seconds, sound, voices = _common(fields, _T2V_MODELS, around)
    return Order(
        model=model,
        mode=mode,
        text=" | ".join(shots.texts),
        seconds=float(seconds),
        aspect=fields.choice("aspect_ratio", _ASPECTS, "16:9"),
        sound=sound,
        units=_units(model, mode, _condition(around, sound=sound, voices=voices), seconds),
        unknown_fields=tuple(fields.unknown),
        notes=(),
        **_ways(fields),
    )


def _image(fields: Fields, around: Surroundings) -> Order:
    """Checks "Image to Video - Create Task"."""
    model, mode, shots, seconds, sound, voices = _common(fields, _I2V_MODELS, around)
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
    elements = _elements(fields, around)
    if elements and model != V3:
        raise InvalidError(f"element_list is not supported by {model}")
    if len(elements) > _IMAGE_TO_VIDEO_ELEMENTS_MAX:
        raise InvalidError(f"element_list supports up to {_IMAGE_TO_VIDEO_ELEMENTS_MAX} elements")
    if elements and voices:
        raise InvalidError("element_list and voice_list are mutually exclusive")
    return Order(
        model=model,
        mode=mode,
        text=" | ".join(shots.texts),
        seconds=float(seconds),
        aspect=aspect or tail_aspect or "16:9",
        sound=sound,
        units=_units(model, mode, _condition(around, sound=sound, voices=voices), seconds),
        unknown_fields=tuple(fields.unknown),
        notes=(),
        **_ways(fields),
    )
