"""What a provider's model can do, as data: the fields it takes and the limits it sets, each with its source.

A field that a profile does not name is unsupported: a new provider opts in, so that nothing is sent wrongly or dropped
in silence. `validation` compares any profile with any request; nothing here knows a provider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from klingway.domain.measures import GAUGES, SIGNS, Measure, Trait
from klingway.domain.request import DEFAULT_MODE, DEFAULT_RESOLUTION, AnyRequest, ImageRequest, VideoRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from pydantic import BaseModel

    from klingway.domain.ids import Kind
    from klingway.domain.measures import Given


class Confidence(StrEnum):
    """How sure a fact is. `auto` never relies on a doubtful one; a caller who names the provider may."""

    DOCUMENTED = "documented"
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
    SOUND_WITH_VIDEO = "sound with a video"
    """Sound made anew for a request that has a video."""
    WATERMARK = "watermark"
    CFG_SCALE = "cfg_scale"
    REFERENCE_IMAGES = "images[].role=reference"
    FIRST_FRAME = "images[].role=first_frame"
    LAST_FRAME = "images[].role=last_frame"
    ELEMENTS_BY_ID = "elements[].id"
    IMAGE_ELEMENTS = "elements[].images"
    VIDEO_ELEMENTS = "elements[].video"
    ELEMENT_VOICES = "elements[].voice_id"
    ELEMENT_TAGS = "elements[].tags"
    VIDEO_EDIT = "video.use=edit"
    VIDEO_FEATURE = "video.use=feature"
    VOICES = "voices"
    RESOLUTION = "resolution"
    COUNT = "count"
    SERIES = "series"


def given_capabilities(request: AnyRequest) -> dict[Capability, str]:
    """Return what a request makes use of, with the place where a caller would find it."""
    own = _of_video(request) if isinstance(request, VideoRequest) else _of_image(request)
    plain = own | {
        Capability.PROMPT: request.prompt,
        Capability.NEGATIVE_PROMPT: request.negative_prompt,
        Capability.WATERMARK: request.watermark or None,
    }
    given: dict[Capability, str] = {
        capability: _PLACES.get(capability, capability.value)
        for capability in Capability
        if plain.get(capability) is not None
    }
    by_role = {
        "reference": Capability.REFERENCE_IMAGES,
        "first_frame": Capability.FIRST_FRAME,
        "last_frame": Capability.LAST_FRAME,
    }
    for index, image in enumerate(request.images or []):
        given.setdefault(by_role[image.role], f"images[{index}]")
    for index, element in enumerate(request.elements or []):
        parts = {
            Capability.ELEMENTS_BY_ID: element.id,
            Capability.IMAGE_ELEMENTS: element.images,
            Capability.VIDEO_ELEMENTS: element.video,
            Capability.ELEMENT_VOICES: element.voice_id,
            Capability.ELEMENT_TAGS: element.tags,
        }
        for capability, value in parts.items():
            if value is not None:
                given.setdefault(capability, capability.value.replace("[]", f"[{index}]"))
    return given


_PLACES: Mapping[Capability, str] = {
    Capability.SOUND_WITH_VIDEO: "sound",
    Capability.VIDEO_EDIT: "video",
    Capability.VIDEO_FEATURE: "video",
}
"""Where a capability stands in a request, where its own name does not say."""


def _of_video(request: VideoRequest) -> dict[Capability, object]:
    has_video = request.video is not None
    return {
        Capability.SHOTS: request.shots,
        # `customize` is what shots are taken for anyway: who says it asks for nothing more.
        Capability.SHOT_SPLIT: request.shot_split if request.shot_split == "intelligence" else None,
        Capability.MODE: request.mode,
        Capability.DURATION: request.duration_s,
        Capability.ASPECT_RATIO: request.aspect_ratio,
        Capability.SOUND: request.sound or None,
        Capability.SOUND_WITH_VIDEO: (request.sound and has_video) or None,
        Capability.CFG_SCALE: request.cfg_scale,
        Capability.VOICES: request.voices,
        Capability.VIDEO_EDIT: request.is_edit or None,
        Capability.VIDEO_FEATURE: (has_video and not request.is_edit) or None,
    }


def _of_image(request: ImageRequest) -> dict[Capability, object]:
    return {
        Capability.ASPECT_RATIO: request.aspect_ratio,
        Capability.RESOLUTION: request.resolution,
        Capability.COUNT: request.count,
        Capability.SERIES: request.series or None,
    }


_SPELT_ARE: Final = frozenset({"images", "elements"})
"""The fields that decide how prompts are spelt, besides the prompts themselves."""


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
    as_sent: Callable[[Any], AnyRequest] | None = None
    """Makes the request what that provider gets, where a limit counts the characters of prompts in its own spelling."""
    when: frozenset[Trait] = frozenset()
    unless: frozenset[Trait] = frozenset()
    since: date | None = None
    """The day on which the provider announced it."""
    until: date | None = None
    """The day on which the provider lifted it."""

    @property
    def reads(self) -> frozenset[str]:
        """The fields of a request on which the limit depends."""
        spelling = _SPELT_ARE if self.as_sent is not None else frozenset()
        return GAUGES[self.of].reads.union(spelling, *(SIGNS[trait].reads for trait in self.when | self.unless))

    def measured(self, request: AnyRequest) -> Given:
        """Return what the limit is about, each with its place in the request."""
        return GAUGES[self.of].measure(request if self.as_sent is None else self.as_sent(request))

    def is_in_force(self, as_of: date) -> bool:
        """Tell whether it is a rule of this day."""
        return (self.since is None or self.since <= as_of) and (self.until is None or as_of < self.until)

    def applies_to(self, traits: frozenset[Trait], as_of: date) -> bool:
        """Tell whether the limit is in force on a day for a request with these traits."""
        return self.is_in_force(as_of) and self.when <= traits and not self.unless & traits

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
    """The price of a second of video, or of a picture, under some conditions; the first rate that fits counts."""

    per_unit: Decimal
    mode: str | None = None
    """Of a video. None, here and below: either way."""
    sound: bool | None = None
    video: bool | None = None
    voices: bool | None = None
    resolution: str | None = None
    """Of a picture."""

    def fits(self, request: AnyRequest) -> bool:
        """Tell whether this is the price of such a request."""
        if isinstance(request, ImageRequest):
            return self.resolution in {None, request.resolution or DEFAULT_RESOLUTION}
        return (
            self.mode in {None, request.mode or DEFAULT_MODE}
            and self.sound in {None, bool(request.sound)}
            and self.video in {None, request.video is not None}
            and self.voices in {None, request.voices is not None}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a model costs."""

    currency: str
    rates: tuple[Rate, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Further fields of a provider's own request, for requests with (`when`) and without (`unless`) some traits."""

    schema: type[BaseModel]
    """Its fields are the options; it has their types, and the rules between them."""
    when: frozenset[Trait] = frozenset()
    unless: frozenset[Trait] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """Return the options."""
        return frozenset(self.schema.model_fields)

    @property
    def reads(self) -> frozenset[str]:
        """The fields of a request on which it depends whether these are its options."""
        return frozenset[str]().union(*(SIGNS[trait].reads for trait in self.when | self.unless))

    def fits(self, traits: frozenset[Trait]) -> bool:
        """Tell whether these are the options of requests with these traits."""
        return self.when <= traits and not self.unless & traits


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProfile:
    """What one provider's model can do."""

    supports: Mapping[Capability, Confidence]
    limits: tuple[Limit, ...]
    prices: Prices | None
    expected: Expected
    source: str
    doubts: tuple[Limit, ...] = ()
    """Limits that there may be: nothing is refused for them, but `auto` does not rely on there being none."""
    options: tuple[Options, ...] = ()
    """What `provider_options` may carry: the first that fits a request counts; where none does, nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProfile:
    """What one provider can do, and how its tasks are learnt of."""

    name: str
    models: Mapping[str, ModelProfile]
    """Those that make videos."""
    calls_back: bool
    """Whether it posts to a callback URL when a task ends."""
    finds_by_reference: bool
    """Whether it can be asked for a task by our own reference, which makes a lost answer harmless."""
    rules_as_of: date
    """Which day's published rules are enforced; see `Limit.since`."""
    is_claimed_by_id: bool = False
    """Whether its callback's task id is all that tells whose a task is: its record says no time and no reference of ours."""
    image_models: Mapping[str, ModelProfile] = field(default_factory=dict)
    """Those that make pictures."""
    switches: frozenset[str] = field(default=frozenset())
    """Those of its documented switches that are on; see its page."""

    @property
    def options(self) -> frozenset[str]:
        """Fields of its own that `provider_options` may carry, with some model or other."""
        models = (*self.models.values(), *self.image_models.values())
        return frozenset[str]().union(*(options.names for model in models for options in model.options))

    def models_of(self, kind: Kind) -> Mapping[str, ModelProfile]:
        """Return the models that make what a kind of request asks for."""
        return self.models if kind == "video" else self.image_models
