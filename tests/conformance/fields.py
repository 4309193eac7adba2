"""Every field of the canonical requests, each in pairs of requests that differ in that field alone.

What a profile has to support for a field to be taken, and where it is refused otherwise, is written down here by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from klingway.domain.capabilities import Capability
from klingway.domain.measures import Measure

from tests.unit.builders import CLIP, EDIT, END_PICTURE, FEATURE, FIRST, LAST, PICTURE, PROMPT, elements, shots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from klingway.domain.request import Kind

OTHER_PICTURE, OTHER_CLIP = "https://example.com/b.png", "https://example.com/w.mov"
REFERENCE, OTHER_REFERENCE = {"url": PICTURE}, {"url": OTHER_PICTURE}
DOG: Final = {"name": "dog", "description": "a brown dog", "images": [PICTURE, OTHER_PICTURE]}
MAN: Final = {"name": "man", "description": "a man who dances", "video": CLIP}
CAMERA: Final = {"type": "simple", "config": {"zoom": 5}}
MASKS: Final = [{"mask": END_PICTURE, "trajectories": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two requests that differ in one field alone, as far as that field needs others."""

    field: str
    """Its canonical place, `[]` for any index."""
    needs: Capability | str
    """What a profile has to support: a capability, or one of a provider's own options."""
    plain: Mapping[str, Any]
    asking: Mapping[str, Any]
    refused_at: str
    """Where a profile that does not support it has it refused."""
    forbidden_by: Measure | None = None
    """The measure of the limit by which a profile may forbid it where what it belongs to is supported."""
    host: str | None = None
    """Whose own option it is."""

    def __str__(self) -> str:
        return f"{self.field} ({self.needs})"


def _pair(
    field: str,
    needs: Capability,
    plain: Mapping[str, Any],
    asking: Mapping[str, Any],
    at: str | None = None,
    *,
    forbidden_by: Measure | None = None,
) -> Pair:
    return Pair(field=field, needs=needs, plain=plain, asking=asking, refused_at=at or field, forbidden_by=forbidden_by)


def _element(field: str, needs: Capability, plain: dict[str, Any], asking: dict[str, Any], at: str) -> Pair:
    return _pair(f"elements[].{field}", needs, {"elements": [plain]}, {"elements": [asking]}, f"elements[0].{at}")


def _option(name: str, value: Any, *, beside: Mapping[str, Any], host: str = "klingai", **options: Any) -> Pair:
    """Return the pair of an option, which stands beside some fields and some other options."""
    without, with_it = ({"provider_options": {host: said}} for said in (options, options | {name: value}))
    place = f"provider_options.{host}.{name}"
    return Pair(
        field="provider_options", needs=name, plain={**beside, **without}, asking={**beside, **with_it},
        refused_at=place, host=host,
    )  # fmt: skip


_ELEMENTS: Final = (
    _pair("elements[].id", Capability.ELEMENTS_BY_ID, {}, {"elements": elements(1)}, "elements[0].id"),
    _element("id", Capability.ELEMENTS_BY_ID, {"id": "160"}, {"id": "161"}, "id"),
    _pair("elements[].images", Capability.IMAGE_ELEMENTS, {}, {"elements": [DOG]}, "elements[0].images"),
    _element("images", Capability.IMAGE_ELEMENTS, DOG, DOG | {"images": [PICTURE, END_PICTURE]}, "images"),
    _element("name", Capability.IMAGE_ELEMENTS, DOG, DOG | {"name": "cat"}, "images"),
    _element("description", Capability.IMAGE_ELEMENTS, DOG, DOG | {"description": "a grey dog"}, "images"),
    _pair("elements[].video", Capability.VIDEO_ELEMENTS, {}, {"elements": [MAN]}, "elements[0].video"),
    _element("video", Capability.VIDEO_ELEMENTS, MAN, MAN | {"video": OTHER_CLIP}, "video"),
    _element("voice_id", Capability.ELEMENT_VOICES, DOG, DOG | {"voice_id": "829877"}, "voice_id"),
    _element("voice_id", Capability.ELEMENT_VOICES, MAN, MAN | {"voice_id": "829877"}, "voice_id"),
    _element("tags", Capability.ELEMENT_TAGS, DOG, DOG | {"tags": ["o_103"]}, "tags"),
)

_COMMON: Final = (
    _pair("prompt", Capability.PROMPT, PROMPT, {"prompt": "a hare"}),
    _pair("negative_prompt", Capability.NEGATIVE_PROMPT, {}, {"negative_prompt": "blur"}),
    _pair("watermark", Capability.WATERMARK, {}, {"watermark": True}),
    _pair("images[].role", Capability.REFERENCE_IMAGES, {}, {"images": [REFERENCE]}, "images[0]"),
    _pair(
        "images[].url", Capability.REFERENCE_IMAGES,
        {"images": [REFERENCE]}, {"images": [OTHER_REFERENCE]}, "images[0]",
    ),
    *_ELEMENTS,
)  # fmt: skip

_FRAMES: Final = (
    _pair("images[].role", Capability.FIRST_FRAME, {}, {"images": [FIRST]}, "images[0]"),
    _pair(
        "images[].url", Capability.FIRST_FRAME,
        {"images": [FIRST]}, {"images": [FIRST | {"url": OTHER_PICTURE}]}, "images[0]",
    ),
    _pair("images[].role", Capability.LAST_FRAME, {"images": [FIRST]}, {"images": [FIRST, LAST]}, "images[1]"),
    _pair(
        "images[].url", Capability.LAST_FRAME,
        {"images": [FIRST, LAST]}, {"images": [FIRST, LAST | {"url": OTHER_PICTURE}]}, "images[1]",
    ),
)  # fmt: skip

_VIDEOS: Final = (
    _pair("shots[].prompt", Capability.SHOTS, PROMPT, {"shots": shots(3, 3)}, "shots"),
    _pair(
        "shots[].prompt", Capability.SHOTS,
        {"shots": shots(3, 3)}, {"shots": [*shots(3), *shots(3, prompt="another")]}, "shots",
    ),
    _pair("shots[].duration_s", Capability.SHOTS, {"shots": shots(3, 3)}, {"shots": shots(3, 4)}, "shots"),
    _pair("shot_split", Capability.SHOT_SPLIT, {}, {"shot_split": "intelligence"}),
    _pair("mode", Capability.MODE, {}, {"mode": "pro"}),
    _pair("duration_s", Capability.DURATION, {}, {"duration_s": 10}),
    _pair("aspect_ratio", Capability.ASPECT_RATIO, {}, {"aspect_ratio": "9:16"}),
    _pair("sound", Capability.SOUND, {}, {"sound": True}),
    _pair("sound", Capability.SOUND_WITH_VIDEO, {"video": FEATURE}, {"video": FEATURE, "sound": True}),
    _pair("cfg_scale", Capability.CFG_SCALE, {}, {"cfg_scale": 0.7}),
    _pair("voices[].id", Capability.VOICES, {"sound": True}, {"sound": True, "voices": [{"id": "829877"}]}, "voices"),
    _pair(
        "voices[].id", Capability.VOICES,
        {"sound": True, "voices": [{"id": "829877"}]}, {"sound": True, "voices": [{"id": "829878"}]}, "voices",
    ),
    _pair("video.use", Capability.VIDEO_EDIT, {}, {"video": EDIT}, "video"),
    _pair("video.url", Capability.VIDEO_EDIT, {"video": EDIT}, {"video": EDIT | {"url": OTHER_CLIP}}, "video"),
    _pair("video.use", Capability.VIDEO_FEATURE, {}, {"video": FEATURE}, "video"),
    _pair("video.url", Capability.VIDEO_FEATURE, {"video": FEATURE}, {"video": FEATURE | {"url": OTHER_CLIP}}, "video"),
    *(
        _pair(
            "video.keep_sound", capability,
            {"video": video}, {"video": video | {"keep_sound": True}}, "video", forbidden_by=Measure.KEPT_SOUND,
        )
        for capability, video in ((Capability.VIDEO_EDIT, EDIT), (Capability.VIDEO_FEATURE, FEATURE))
    ),
    _option("camera_control", CAMERA, beside={}),
    _option("static_mask", PICTURE, beside={"images": [FIRST]}),
    _option("dynamic_masks", MASKS, beside={"images": [FIRST]}),
    _option(
        "kling_references", value=True, beside={"prompt": "as in <<<image_1>>>", "images": [REFERENCE]}, host="ezmodel"
    ),
)  # fmt: skip

_PICTURES: Final = (
    _pair("images[].role", Capability.FIRST_FRAME, {}, {"images": [FIRST]}, "images[0]"),
    _pair("images[].role", Capability.LAST_FRAME, {}, {"images": [FIRST, LAST]}, "images[1]"),
    _pair("resolution", Capability.RESOLUTION, {}, {"resolution": "2k"}),
    _pair("aspect_ratio", Capability.ASPECT_RATIO, {}, {"aspect_ratio": "9:16"}),
    _pair("count", Capability.COUNT, {}, {"count": 2}),
    _pair("series", Capability.SERIES, {}, {"series": True}),
    _pair("count", Capability.SERIES, {"series": True}, {"series": True, "count": "auto"}, "series"),
    _option("image_fidelity", 0.7, beside={"images": [REFERENCE]}),
    _option("image_reference", "face", beside={"images": [REFERENCE]}),
    _option("human_fidelity", 0.7, beside={"images": [REFERENCE]}, image_reference="subject"),
)

PAIRS: Final[Mapping[Kind, Sequence[Pair]]] = {
    "video": (*_COMMON, *_FRAMES, *_VIDEOS),
    "image": (*_COMMON, *_PICTURES),
}

CIRCUMSTANCES: Final[Mapping[Kind, Sequence[Mapping[str, Any]]]] = {
    "video": (
        {}, {"mode": "pro"}, {"images": [FIRST]}, {"images": [FIRST], "mode": "pro"}, {"images": [REFERENCE]},
        {"video": FEATURE}, {"video": EDIT},
    ),
    "image": ({}, {"images": [REFERENCE]}),
}  # fmt: skip
"""In what else a pair is asked: some models take a field with a first frame alone, or in mode pro."""

OURS: Final[Mapping[str, Mapping[str, Any]]] = {
    "provider": {"provider": "auto"},
    "reference": {"reference": "order-42"},
    "metadata": {"metadata": {"any": "thing"}},
    "webhook.url": {"webhook": {"url": "https://caller.example/hook"}},
    "webhook.events": {"webhook": {"url": "https://caller.example/hook", "events": ["job.failed"]}},
    "failover": {"failover": "never"},
    "on_unconfirmed": {"on_unconfirmed": "resubmit"},
    "deadline_s": {"deadline_s": 3600},
    "provider_options": {"provider_options": {"nobody": {"seed": 1}}},
}
"""The fields that are between the caller and the gateway, or meant for another provider."""

NOT_YET: Final = frozenset({"retention_days", "tags"})
"""Refused, as yet, whoever the provider is."""

DEFAULTS: Final[Mapping[Kind, Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]]] = {
    "video": (
        ("mode", {}, {"mode": "std"}),
        ("duration_s", {}, {"duration_s": 5}),
        ("duration_s", {"shots": shots(3, 4)}, {"duration_s": 7}),
        ("aspect_ratio", {}, {"aspect_ratio": "16:9"}),
        ("sound", {}, {"sound": False}),
        ("watermark", {}, {"watermark": False}),
        ("shot_split", {"shots": shots(3, 3)}, {"shot_split": "customize"}),
        ("images[].role", {"images": [REFERENCE]}, {"images": [REFERENCE | {"role": "reference"}]}),
    ),
    "image": (
        ("resolution", {}, {"resolution": "1k"}),
        ("count", {}, {"count": 1}),
        ("count", {"series": True}, {"count": 4}),
        ("series", {}, {"series": False}),
        ("watermark", {}, {"watermark": False}),
    ),
}
"""Field by field, beside what else: a value that says no more than saying nothing."""


def body_of(model: str, *parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a request for a model, with a prompt unless it has shots."""
    given: dict[str, Any] = {"model": model}
    for part in parts:
        given |= part
    return given if "shots" in given else PROMPT | given
