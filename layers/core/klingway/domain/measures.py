"""How a request is measured: what it is like (traits), and how much of everything it has (measures).

Limits are told in these words; a new kind of limit is a new line here, and no branch anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from klingway.domain.references import references_in

if TYPE_CHECKING:
    from klingway.domain.request import AnyRequest, ImageRequest, VideoRequest


class Trait(StrEnum):
    """What a request is like, where a limit depends on it."""

    MULTI_SHOT = "several shots"
    FIRST_FRAME = "a first frame"
    LAST_FRAME = "a last frame"
    REFERENCE_IMAGES = "reference images"
    IMAGE_REFERENCE = "a reference to an image"
    VIDEO = "a video"
    INPUT = "images, elements or a video"
    OVER_TWO_IMAGES = "more than two images"
    ELEMENTS = "elements"
    IMAGES_OR_ELEMENTS = "images or elements"
    SERIES = "a series"
    SOUND = "sound"
    PRO = "mode pro"
    VIDEO_ELEMENTS = "elements made from a video"


Given = Iterator[tuple[str, Any]]
"""Pairs of the place where something stands in a request, and what is measured there."""


def _prompt_chars(request: AnyRequest) -> Given:
    if request.prompt is not None:
        yield "prompt", len(request.prompt)


def _negative_prompt_chars(request: AnyRequest) -> Given:
    if request.negative_prompt is not None:
        yield "negative_prompt", len(request.negative_prompt)


def _shot_prompt_chars(request: VideoRequest) -> Given:
    for index, shot in enumerate(request.shots or []):
        yield f"shots[{index}].prompt", len(shot.prompt)


def _shot_duration_s(request: VideoRequest) -> Given:
    for index, shot in enumerate(request.shots or []):
        yield f"shots[{index}].duration_s", shot.duration_s


def _shots(request: VideoRequest) -> Given:
    if request.shots is not None:
        yield "shots", len(request.shots)


def _duration_s(request: VideoRequest) -> Given:
    if request.asked_duration_s is not None:
        yield "shots" if request.duration_s is None and request.shots else "duration_s", request.asked_duration_s


def _mode(request: VideoRequest) -> Given:
    if request.mode is not None:
        yield "mode", request.mode


def _aspect_ratio(request: AnyRequest) -> Given:
    if request.aspect_ratio is not None:
        yield "aspect_ratio", request.aspect_ratio


def _shot_split(request: VideoRequest) -> Given:
    if request.shot_split is not None:
        yield "shot_split", request.shot_split


def _images(request: AnyRequest) -> Given:
    if request.images:
        yield "images", len(request.images)


def _elements(request: AnyRequest) -> Given:
    if request.elements:
        yield "elements", len(request.elements)


def _images_and_elements(request: AnyRequest) -> Given:
    images, elements = len(request.images or []), len(request.elements or [])
    if images or elements:
        yield "images" if images else "elements", images + elements


def _frames(request: AnyRequest, role: str) -> Given:
    for index, image in enumerate(request.images or []):
        if image.role == role:
            yield f"images[{index}].role", image.role


def _first_frames(request: AnyRequest) -> Given:
    """Counted where there are none as well: some models make videos from a picture alone."""
    yield "images", len(request.images_of("first_frame"))


def _reference_images(request: AnyRequest) -> Given:
    """Counted where there are none as well, as above."""
    yield "images", len(request.images_of("reference"))


def _series(request: ImageRequest) -> Given:
    if request.series:
        yield "series", request.series


def _voices(request: VideoRequest) -> Given:
    if request.voices:
        yield "voices", len(request.voices)


def _sound(request: VideoRequest) -> Given:
    if request.sound:
        yield "sound", request.sound


def _watermark(request: AnyRequest) -> Given:
    if request.watermark:
        yield "watermark", request.watermark


def _first_frame(request: AnyRequest) -> Given:
    yield from _frames(request, "first_frame")


def _last_frame(request: AnyRequest) -> Given:
    yield from _frames(request, "last_frame")


def _references(request: AnyRequest, kind: str) -> Given:
    for place, prompt in request.prompts.items():
        found = next((reference for reference in references_in(prompt) if reference.kind == kind), None)
        if found is not None:
            yield place, str(found)


def _image_reference(request: AnyRequest) -> Given:
    yield from _references(request, "image")


def _video_reference(request: AnyRequest) -> Given:
    yield from _references(request, "video")


def _kept_sound(request: VideoRequest) -> Given:
    if request.video is not None and request.video.keep_sound:
        yield "video.keep_sound", True


def _element_id(request: AnyRequest) -> Given:
    for index, element in enumerate(request.elements or []):
        if element.id is not None:
            yield f"elements[{index}].id", element.id


def _element_number(request: AnyRequest) -> Given:
    for place, text in _element_id(request):
        if text.isascii() and text.isdecimal():
            yield place, int(text)


def _element_images(request: AnyRequest) -> Given:
    for index, element in enumerate(request.elements or []):
        if element.images is not None:
            yield f"elements[{index}].images", len(element.images)


def _repeated_element_name(request: AnyRequest) -> Given:
    seen: set[str] = set()
    for index, element in enumerate(request.elements or []):
        if element.name is not None:
            if element.name in seen:
                yield f"elements[{index}].name", element.name
            seen.add(element.name)


def _element_name_chars(request: AnyRequest) -> Given:
    """Of each element that is described; one without a name has none."""
    for index, element in enumerate(request.elements or []):
        if element.id is None:
            yield f"elements[{index}].name", len(element.name or "")


def _element_description_chars(request: AnyRequest) -> Given:
    """Of each element that is described; one without a description has none."""
    for index, element in enumerate(request.elements or []):
        if element.id is None:
            yield f"elements[{index}].description", len(element.description or "")


def _resolution(request: ImageRequest) -> Given:
    if request.resolution is not None:
        yield "resolution", request.resolution


def _pictures(request: ImageRequest) -> Given:
    if request.count is not None and request.count != "auto":
        yield "count", request.count


def _open_count(request: ImageRequest) -> Given:
    if request.count == "auto":
        yield "count", request.count


def _video_elements(request: AnyRequest) -> Given:
    places = [index for index, element in enumerate(request.elements or []) if element.video is not None]
    if places:
        yield f"elements[{places[-1]}].video", len(places)


def _images_and_image_elements(request: AnyRequest) -> Given:
    """An element that exists may have been made from either: it is not counted."""
    images = len(request.images or [])
    made = [index for index, element in enumerate(request.elements or []) if element.images is not None]
    if images or made:
        yield "images" if images else f"elements[{made[-1]}].images", images + len(made)


def _image_element_voice(request: AnyRequest) -> Given:
    for index, element in enumerate(request.elements or []):
        if element.images is not None and element.voice_id is not None:
            yield f"elements[{index}].voice_id", element.voice_id


def _element_tag(request: AnyRequest) -> Given:
    for index, element in enumerate(request.elements or []):
        for number, tag in enumerate(element.tags or []):
            yield f"elements[{index}].tags[{number}]", tag


class Measure(StrEnum):
    """What a limit is about."""

    PROMPT_CHARS = "characters of the prompt"
    NEGATIVE_PROMPT_CHARS = "characters of the negative prompt"
    SHOT_PROMPT_CHARS = "characters of a shot's prompt"
    SHOT_DURATION = "seconds of a shot"
    SHOTS = "number of shots"
    DURATION = "seconds"
    MODE = "mode"
    ASPECT_RATIO = "aspect ratio"
    SHOT_SPLIT = "shot split"
    IMAGES = "number of images"
    ELEMENTS = "number of elements"
    IMAGES_AND_ELEMENTS = "number of images and elements together"
    FIRST_FRAME = "first frame"
    LAST_FRAME = "last frame"
    FIRST_FRAMES = "number of first frames"
    REFERENCE_IMAGES = "number of reference images"
    VOICES = "number of voices"
    SOUND = "sound"
    WATERMARK = "watermark"
    IMAGE_REFERENCE = "reference to an image"
    VIDEO_REFERENCE = "reference to a video"
    KEPT_SOUND = "original sound of the video to keep"
    ELEMENT_ID = "element id"
    ELEMENT_NUMBER = "element number"
    ELEMENT_IMAGES = "images of an element"
    REPEATED_ELEMENT_NAME = "elements of one name"
    ELEMENT_NAME_CHARS = "characters of an element's name"
    ELEMENT_DESCRIPTION_CHARS = "characters of an element's description"
    VIDEO_ELEMENTS = "number of elements made from a video"
    IMAGES_AND_IMAGE_ELEMENTS = "number of images and elements made from images together"
    IMAGE_ELEMENT_VOICE = "voice of an element made from images"
    ELEMENT_TAG = "element tag"
    SERIES = "series"
    RESOLUTION = "resolution"
    PICTURES = "number of pictures"
    OPEN_COUNT = "open number of pictures"


@dataclass(frozen=True, slots=True)
class Gauge:
    """How something is measured, and from which fields: where one of these is broken, nothing is known."""

    reads: frozenset[str]
    measure: Callable[[Any], Given]
    beyond: tuple[str, str] = ("too_small", "too_large")
    """The codes of what lies below and above a limit."""


def _gauge(measure: Callable[[Any], Given], *reads: str, beyond: tuple[str, str] = ("too_small", "too_large")) -> Gauge:
    return Gauge(frozenset(reads), measure, beyond)


_LENGTH = ("too_short", "too_long")
_NUMBER = ("too_few", "too_many")

GAUGES: Mapping[Measure, Gauge] = {
    Measure.PROMPT_CHARS: _gauge(_prompt_chars, "prompt", beyond=_LENGTH),
    Measure.NEGATIVE_PROMPT_CHARS: _gauge(_negative_prompt_chars, "negative_prompt", beyond=_LENGTH),
    Measure.SHOT_PROMPT_CHARS: _gauge(_shot_prompt_chars, "shots", beyond=_LENGTH),
    Measure.SHOT_DURATION: _gauge(_shot_duration_s, "shots", beyond=_LENGTH),
    Measure.SHOTS: _gauge(_shots, "shots", beyond=_NUMBER),
    Measure.DURATION: _gauge(_duration_s, "duration_s", "shots", "video", beyond=_LENGTH),
    Measure.MODE: _gauge(_mode, "mode"),
    Measure.ASPECT_RATIO: _gauge(_aspect_ratio, "aspect_ratio"),
    Measure.SHOT_SPLIT: _gauge(_shot_split, "shot_split"),
    Measure.IMAGES: _gauge(_images, "images", beyond=_NUMBER),
    Measure.ELEMENTS: _gauge(_elements, "elements", beyond=_NUMBER),
    Measure.IMAGES_AND_ELEMENTS: _gauge(_images_and_elements, "images", "elements", beyond=_NUMBER),
    Measure.FIRST_FRAME: _gauge(_first_frame, "images"),
    Measure.LAST_FRAME: _gauge(_last_frame, "images"),
    Measure.FIRST_FRAMES: _gauge(_first_frames, "images", beyond=_NUMBER),
    Measure.REFERENCE_IMAGES: _gauge(_reference_images, "images", beyond=_NUMBER),
    Measure.VOICES: _gauge(_voices, "voices", beyond=_NUMBER),
    Measure.SOUND: _gauge(_sound, "sound"),
    Measure.WATERMARK: _gauge(_watermark, "watermark"),
    Measure.IMAGE_REFERENCE: _gauge(_image_reference, "prompt", "shots"),
    Measure.VIDEO_REFERENCE: _gauge(_video_reference, "prompt", "shots"),
    Measure.KEPT_SOUND: _gauge(_kept_sound, "video"),
    Measure.ELEMENT_ID: _gauge(_element_id, "elements"),
    Measure.ELEMENT_NUMBER: _gauge(_element_number, "elements"),
    Measure.ELEMENT_IMAGES: _gauge(_element_images, "elements", beyond=_NUMBER),
    Measure.REPEATED_ELEMENT_NAME: _gauge(_repeated_element_name, "elements"),
    Measure.ELEMENT_NAME_CHARS: _gauge(_element_name_chars, "elements", beyond=_LENGTH),
    Measure.ELEMENT_DESCRIPTION_CHARS: _gauge(_element_description_chars, "elements", beyond=_LENGTH),
    Measure.VIDEO_ELEMENTS: _gauge(_video_elements, "elements", beyond=_NUMBER),
    Measure.IMAGES_AND_IMAGE_ELEMENTS: _gauge(_images_and_image_elements, "images", "elements", beyond=_NUMBER),
    Measure.IMAGE_ELEMENT_VOICE: _gauge(_image_element_voice, "elements"),
    Measure.ELEMENT_TAG: _gauge(_element_tag, "elements"),
    Measure.SERIES: _gauge(_series, "series"),
    Measure.RESOLUTION: _gauge(_resolution, "resolution"),
    Measure.PICTURES: _gauge(_pictures, "count", beyond=_NUMBER),
    Measure.OPEN_COUNT: _gauge(_open_count, "count"),
}


@dataclass(frozen=True, slots=True)
class _Sign:
    """How a trait shows, and in which fields."""

    reads: frozenset[str]
    shows: Callable[[Any], bool]


SIGNS: Mapping[Trait, _Sign] = {
    Trait.MULTI_SHOT: _Sign(frozenset({"shots", "shot_split"}), lambda request: request.is_multi_shot),
    Trait.FIRST_FRAME: _Sign(frozenset({"images"}), lambda request: bool(request.images_of("first_frame"))),
    Trait.LAST_FRAME: _Sign(frozenset({"images"}), lambda request: bool(request.images_of("last_frame"))),
    Trait.REFERENCE_IMAGES: _Sign(frozenset({"images"}), lambda request: bool(request.images_of("reference"))),
    Trait.IMAGE_REFERENCE: _Sign(frozenset({"prompt", "shots"}), lambda request: any(_image_reference(request))),
    Trait.VIDEO: _Sign(frozenset({"video"}), lambda request: request.video is not None),
    Trait.INPUT: _Sign(
        frozenset({"images", "elements", "video"}),
        lambda request: any(request.referable[kind] for kind in ("image", "element", "video")),
    ),
    Trait.VIDEO_ELEMENTS: _Sign(
        frozenset({"elements"}), lambda request: any(element.video is not None for element in request.elements or [])
    ),
    Trait.OVER_TWO_IMAGES: _Sign(frozenset({"images"}), lambda request: len(request.images or []) > 2),  # noqa: PLR2004
    Trait.ELEMENTS: _Sign(frozenset({"elements"}), lambda request: bool(request.elements)),
    Trait.IMAGES_OR_ELEMENTS: _Sign(
        frozenset({"images", "elements"}), lambda request: bool(request.images or request.elements)
    ),
    Trait.SOUND: _Sign(frozenset({"sound"}), lambda request: bool(request.sound)),
    Trait.PRO: _Sign(frozenset({"mode"}), lambda request: request.mode == "pro"),
    Trait.SERIES: _Sign(frozenset({"series"}), lambda request: bool(request.series)),
}


def traits_of(request: AnyRequest) -> frozenset[Trait]:
    """Return every trait that a request has; one that reads fields which its kind has not can have none of it."""
    fields = type(request).model_fields.keys()
    return frozenset(trait for trait, sign in SIGNS.items() if sign.reads <= fields and sign.shows(request))
