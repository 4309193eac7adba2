"""What a provider's model can do, as data: the fields it takes and the limits it sets, each with its source.

A field that a profile does not name is unsupported: a new provider opts in, so that nothing is sent wrongly or dropped
in silence. `validation` compares any profile with any request; nothing here knows a provider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from klingway.domain.request import VideoRequest


class Confidence(StrEnum):
    """How sure a fact is. `auto` never relies on a doubtful one; a caller who names the provider may."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    DOUBTFUL = "doubtful"


class Capability(StrEnum):
    """The parts of a request that a model may or may not take; the value is the field that a caller gave."""

    PROMPT = "prompt"
    SHOTS = "shots"
    SHOT_SPLIT = "shot_split"
    NEGATIVE_PROMPT = "negative_prompt"
    MODE = "mode"
    DURATION = "duration_s"
    ASPECT_RATIO = "aspect_ratio"
    SOUND = "sound"
    WATERMARK = "watermark"
    CFG_SCALE = "cfg_scale"
    REFERENCE_IMAGES = "images[].role=reference"
    FIRST_FRAME = "images[].role=first_frame"
    LAST_FRAME = "images[].role=last_frame"
    ELEMENTS_BY_ID = "elements[].id"
    ELEMENTS_INLINE = "elements[].name"
    VIDEO_EDIT = "video.use=edit"
    VIDEO_FEATURE = "video.use=feature"
    VOICES = "voices"


class Trait(StrEnum):
    """What a request is like, where a limit depends on it."""

    MULTI_SHOT = "several shots"
    FIRST_FRAME = "a first frame"
    LAST_FRAME = "a last frame"
    REFERENCE_IMAGES = "reference images"
    VIDEO = "a video"
    INPUT = "images, elements or a video"
    OVER_TWO_IMAGES = "more than two images"


Given = Iterator[tuple[str, Any]]
"""Pairs of the place where something stands in a request, and what is measured there."""


def given_capabilities(request: VideoRequest) -> dict[Capability, str]:
    """Return what a request makes use of, with the place where a caller would find it."""
    plain = {
        Capability.PROMPT: request.prompt,
        Capability.SHOTS: request.shots,
        Capability.SHOT_SPLIT: request.shot_split,
        Capability.NEGATIVE_PROMPT: request.negative_prompt,
        Capability.MODE: request.mode,
        Capability.DURATION: request.duration_s,
        Capability.ASPECT_RATIO: request.aspect_ratio,
        Capability.SOUND: request.sound or None,
        Capability.WATERMARK: request.watermark or None,
        Capability.CFG_SCALE: request.cfg_scale,
        Capability.VOICES: request.voices,
    }
    given: dict[Capability, str] = {
        capability: capability.value for capability, value in plain.items() if value is not None
    }
    by_role = {
        "reference": Capability.REFERENCE_IMAGES,
        "first_frame": Capability.FIRST_FRAME,
        "last_frame": Capability.LAST_FRAME,
    }
    for index, image in enumerate(request.images or []):
        given.setdefault(by_role[image.role], f"images[{index}]")
    for index, element in enumerate(request.elements or []):
        capability = Capability.ELEMENTS_INLINE if element.id is None else Capability.ELEMENTS_BY_ID
        given.setdefault(capability, f"elements[{index}]")
    if request.video is not None:
        given[Capability.VIDEO_EDIT if request.is_edit else Capability.VIDEO_FEATURE] = "video"
    return given


def _prompt_chars(request: VideoRequest) -> Given:
    if request.prompt is not None:
        yield "prompt", len(request.prompt)


def _negative_prompt_chars(request: VideoRequest) -> Given:
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


def _aspect_ratio(request: VideoRequest) -> Given:
    if request.aspect_ratio is not None:
        yield "aspect_ratio", request.aspect_ratio


def _shot_split(request: VideoRequest) -> Given:
    if request.shot_split is not None:
        yield "shot_split", request.shot_split


def _images(request: VideoRequest) -> Given:
    if request.images:
        yield "images", len(request.images)


def _elements(request: VideoRequest) -> Given:
    if request.elements:
        yield "elements", len(request.elements)


def _images_and_elements(request: VideoRequest) -> Given:
    images, elements = len(request.images or []), len(request.elements or [])
    if images or elements:
        yield "images" if images else "elements", images + elements


def _last_frame(request: VideoRequest) -> Given:
    for index, image in enumerate(request.images or []):
        if image.role == "last_frame":
            yield f"images[{index}].role", image.role


def _element_id(request: VideoRequest) -> Given:
    for index, element in enumerate(request.elements or []):
        if element.id is not None:
            yield f"elements[{index}].id", element.id


def _element_number(request: VideoRequest) -> Given:
    for place, text in _element_id(request):
        if text.isascii() and text.isdecimal():
            yield place, int(text)


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
    LAST_FRAME = "last frame"
    ELEMENT_ID = "element id"
    ELEMENT_NUMBER = "element number"


@dataclass(frozen=True, slots=True)
class Gauge:
    """How something is measured, and from which fields: where one of these is broken, nothing is known."""

    reads: frozenset[str]
    measure: Callable[[VideoRequest], Given]
    beyond: tuple[str, str] = ("too_small", "too_large")
    """The codes of what lies below and above a limit."""


def _gauge(
    measure: Callable[[VideoRequest], Given], *reads: str, beyond: tuple[str, str] = ("too_small", "too_large")
) -> Gauge:
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
    Measure.LAST_FRAME: _gauge(_last_frame, "images"),
    Measure.ELEMENT_ID: _gauge(_element_id, "elements"),
    Measure.ELEMENT_NUMBER: _gauge(_element_number, "elements"),
}


@dataclass(frozen=True, slots=True)
class _Sign:
    """How a trait shows, and in which fields."""

    reads: frozenset[str]
    shows: Callable[[VideoRequest], bool]


SIGNS: Mapping[Trait, _Sign] = {
    Trait.MULTI_SHOT: _Sign(frozenset({"shots", "shot_split"}), lambda request: request.is_multi_shot),
    Trait.FIRST_FRAME: _Sign(frozenset({"images"}), lambda request: bool(request.images_of("first_frame"))),
    Trait.LAST_FRAME: _Sign(frozenset({"images"}), lambda request: bool(request.images_of("last_frame"))),
    Trait.REFERENCE_IMAGES: _Sign(frozenset({"images"}), lambda request: bool(request.images_of("reference"))),
    Trait.VIDEO: _Sign(frozenset({"video"}), lambda request: request.video is not None),
    Trait.INPUT: _Sign(
        frozenset({"images", "elements", "video"}),
        lambda request: bool(request.images or request.elements or request.video),
    ),
    Trait.OVER_TWO_IMAGES: _Sign(frozenset({"images"}), lambda request: len(request.images or []) > 2),  # noqa: PLR2004
}


def traits_of(request: VideoRequest) -> frozenset[Trait]:
    """Return every trait that a request has."""
    return frozenset(trait for trait, sign in SIGNS.items() if sign.shows(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of a model: of a measure, perhaps only for requests with (`when`) or without (`unless`) some traits."""

    of: Measure
    source: str
    minimum: int | None = None
    maximum: int | None = None
    one_of: tuple[Any, ...] | None = None
    """The values accepted; empty: none, the combination is impossible."""
    pattern: str | None = None
    """A regular expression that the whole text matches."""
    when: frozenset[Trait] = frozenset()
    unless: frozenset[Trait] = frozenset()
    since: date | None = None
    """The day on which the provider announced it."""
    until: date | None = None
    """The day on which the provider lifted it."""
    confidence: Confidence = Confidence.DOCUMENTED

    @property
    def reads(self) -> frozenset[str]:
        """The fields of a request on which the limit depends."""
        return GAUGES[self.of].reads.union(*(SIGNS[trait].reads for trait in self.when | self.unless))

    def applies_to(self, traits: frozenset[Trait], as_of: date) -> bool:
        """Tell whether the limit is in force on a day for a request with these traits."""
        in_force = (self.since is None or self.since <= as_of) and (self.until is None or as_of < self.until)
        return in_force and self.when <= traits and not self.unless & traits

    def allows(self, value: Any) -> bool:  # noqa: ANN401 - numbers and words alike
        """Tell whether a value lies within the limit."""
        if self.one_of is not None:
            return value in self.one_of
        if self.pattern is not None:
            return re.fullmatch(self.pattern, value) is not None
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def to_json(self) -> Any:  # noqa: ANN401 - a list or a range
        """Return the limit as data."""
        if self.one_of is not None:
            return list(self.one_of)
        if self.pattern is not None:
            return {"pattern": self.pattern}
        bounds = {"min": self.minimum, "max": self.maximum}
        return {name: bound for name, bound in bounds.items() if bound is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How long a generation takes, in seconds: quick ones, the usual, slow ones."""

    early_s: float
    usual_s: float
    late_s: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The price of a second of video under some conditions; the first rate of a profile that fits counts."""

    per_second: Decimal
    mode: str
    sound: bool | None = None
    """None: either way."""
    video: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a model costs."""

    currency: str
    rates: tuple[Rate, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProfile:
    """What one provider's model can do."""

    supports: Mapping[Capability, Confidence]
    limits: tuple[Limit, ...]
    prices: Prices | None
    expected: Expected
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProfile:
    """What one provider can do, and how its tasks are learnt of."""

    name: str
    models: Mapping[str, ModelProfile]
    calls_back: bool
    """Whether it posts to a callback URL when a task ends."""
    finds_by_reference: bool
    """Whether it can be asked for a task by our own reference, which makes a lost answer harmless."""
    rules_as_of: date
    """Which day's published rules are enforced; see `Limit.since`."""
    options: frozenset[str] = field(default=frozenset())
    """Fields of its own that `provider_options` may carry."""
