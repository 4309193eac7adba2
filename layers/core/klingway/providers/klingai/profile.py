"""What KlingAI's models can do, each value with its source and the day from which it holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from klingway.domain.capabilities import (
    Capability,
    Confidence,
    Expected,
    Limit,
    ModelProfile,
    Prices,
    ProviderProfile,
    Rate,
)
from klingway.domain.measures import Measure, Trait

_SPECIFICATION: Final = "KlingAI Series 3.0 Model API Specification, 2026-02-10"
_CHANGELOG: Final = "Kling API updates, {}"
_CLIENT: Final = "Kling's own client, 2026"
_PRICES: Final = "Kling prepaid resource packs, 2026-09 ($0.14 per unit)"

_UNIT_USD: Final = Decimal("0.14")
_TAGS: Final = tuple(f"o_{number}" for number in range(101, 109))
_SEVEN_IMAGES_AND_ELEMENTS, _FOUR_IMAGES_AND_ELEMENTS, _THREE_ELEMENTS = 7, 4, 3

_EXPECTED: Final = Expected(
    early_s=60,
    usual_s=180,
    late_s=420,
    source="one live probe (3 s of 720p in 83 s) and clients' averages of 2.5 to 5 minutes for 5 s",
)


def _known(*capabilities: Capability) -> Mapping[Capability, Confidence]:
    return dict.fromkeys(capabilities, Confidence.DOCUMENTED)


def _rates(silent: tuple[str, str], sound: tuple[str, str] | None, video: tuple[str, str] | None) -> tuple[Rate, ...]:
    """Return the rates of units per second given for std and pro."""
    rates: list[Rate] = []
    for units, has_sound, has_video in ((video, None, True), (sound, True, None), (silent, False, None)):
        if units is not None:
            rates += [
                Rate(per_unit=Decimal(count) * _UNIT_USD, mode=mode, sound=has_sound, video=has_video)
                for mode, count in zip(("std", "pro"), units, strict=True)
            ]
    return tuple(rates)


_RATE_4K: Final = Rate(per_unit=3 * _UNIT_USD, mode="4k")

# What the specification says of every create alike: prompt, multi_prompt, mode, aspect_ratio, duration.
_COMMON: Final = (
    Limit(of=Measure.PROMPT_CHARS, maximum=2500, source=_SPECIFICATION),
    Limit(of=Measure.NEGATIVE_PROMPT_CHARS, maximum=2500, source=_SPECIFICATION),
    Limit(of=Measure.SHOT_PROMPT_CHARS, maximum=512, source=_SPECIFICATION),
    Limit(of=Measure.SHOTS, minimum=1, maximum=6, source=_SPECIFICATION),
    Limit(of=Measure.SHOT_DURATION, minimum=1, source=_SPECIFICATION),
    Limit(of=Measure.ASPECT_RATIO, one_of=("16:9", "9:16", "1:1"), source=_SPECIFICATION),
)

_STD_PRO_UNTIL_4K: Final = (
    Limit(of=Measure.MODE, one_of=("std", "pro"), source=_SPECIFICATION, until=date(2026, 4, 23)),
    Limit(
        of=Measure.MODE, one_of=("std", "pro", "4k"), source=_CHANGELOG.format("2026-04-23"), since=date(2026, 4, 23)
    ),
)

_SHOTS_AND_FRAMES: Final = Limit(
    of=Measure.IMAGES,
    one_of=(),
    when=frozenset({Trait.MULTI_SHOT, Trait.FIRST_FRAME}),
    source=_CHANGELOG.format("2026-03-11, lifted 2026-05-07"),
    since=date(2026, 3, 11),
    until=date(2026, 5, 7),
)

# An element that exists: `element_id` is a long. One to be made: a frontal view and one to three others, tags from a list.
_ELEMENT: Final = (
    Limit(of=Measure.ELEMENT_ID, pattern=r"[0-9]{1,19}", source=_SPECIFICATION),
    Limit(of=Measure.ELEMENT_NUMBER, maximum=2**63 - 1, source=_SPECIFICATION),
    Limit(of=Measure.ELEMENT_NAME_CHARS, minimum=1, maximum=20, source=_SPECIFICATION),
    Limit(of=Measure.ELEMENT_DESCRIPTION_CHARS, minimum=1, maximum=100, source=_SPECIFICATION),
    Limit(of=Measure.ELEMENT_IMAGES, minimum=2, maximum=4, source=_SPECIFICATION),
    Limit(of=Measure.ELEMENT_TAG, one_of=_TAGS, source=_SPECIFICATION),
    Limit(
        of=Measure.IMAGE_ELEMENT_VOICE,
        one_of=(),
        source=f"{_SPECIFICATION}: a voice of its own is for an element made from a video",
        until=date(2026, 3, 23),
    ),
)

# Elements made from a video, among the references of the omni-video endpoint.
_VIDEO_ELEMENTS_ON_OMNI: Final = (
    Limit(of=Measure.VIDEO_ELEMENTS, one_of=(), when=frozenset({Trait.VIDEO}), source=_SPECIFICATION),
    Limit(
        of=Measure.VIDEO_ELEMENTS,
        maximum=_THREE_ELEMENTS,
        source=_CHANGELOG.format("2026-04-01"),
        since=date(2026, 4, 1),
    ),
    Limit(
        of=Measure.IMAGES_AND_IMAGE_ELEMENTS,
        maximum=_FOUR_IMAGES_AND_ELEMENTS,
        when=frozenset({Trait.VIDEO_ELEMENTS}),
        source=_CHANGELOG.format("2026-04-01"),
        since=date(2026, 4, 1),
    ),
)

# The omni-video endpoint, whichever model.
_OMNI: Final = (
    Limit(
        of=Measure.IMAGES_AND_ELEMENTS,
        maximum=_SEVEN_IMAGES_AND_ELEMENTS,
        unless=frozenset({Trait.VIDEO}),
        source=_SPECIFICATION,
    ),
    Limit(
        of=Measure.IMAGES_AND_ELEMENTS,
        maximum=_FOUR_IMAGES_AND_ELEMENTS,
        when=frozenset({Trait.VIDEO}),
        source=_SPECIFICATION,
    ),
    Limit(of=Measure.ELEMENTS, maximum=_THREE_ELEMENTS, when=frozenset({Trait.FIRST_FRAME}), source=_SPECIFICATION),
)
_LAST_FRAME_AMONG_TWO: Final = Limit(
    of=Measure.LAST_FRAME, one_of=(), when=frozenset({Trait.OVER_TWO_IMAGES}), source=_SPECIFICATION
)

_V3_OMNI: Final = ModelProfile(
    source=_SPECIFICATION,
    supports=_known(
        Capability.PROMPT,
        Capability.SHOTS,
        Capability.SHOT_SPLIT,
        Capability.MODE,
        Capability.DURATION,
        Capability.ASPECT_RATIO,
        Capability.SOUND,
        Capability.WATERMARK,
        Capability.REFERENCE_IMAGES,
        Capability.FIRST_FRAME,
        Capability.LAST_FRAME,
        Capability.ELEMENTS_BY_ID,
        Capability.IMAGE_ELEMENTS,
        Capability.VIDEO_ELEMENTS,
        Capability.ELEMENT_VOICES,
        Capability.ELEMENT_TAGS,
        Capability.VIDEO_EDIT,
        Capability.VIDEO_FEATURE,
    ),
    limits=(
        *_COMMON,
        *_ELEMENT,
        *_STD_PRO_UNTIL_4K,
        *_OMNI,
        *_VIDEO_ELEMENTS_ON_OMNI,
        replace(_LAST_FRAME_AMONG_TWO, until=date(2026, 4, 1)),  # of O1 alone since
        _SHOTS_AND_FRAMES,
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=_SPECIFICATION),
        Limit(
            of=Measure.DURATION,
            minimum=3,
            maximum=10,
            when=frozenset({Trait.VIDEO}),
            source=_SPECIFICATION,
            until=date(2026, 6, 17),
        ),
        Limit(
            of=Measure.MODE,
            one_of=("std", "pro"),
            when=frozenset({Trait.VIDEO}),
            source=_CHANGELOG.format("2026-04-23, lifted 2026-06-17"),
            since=date(2026, 4, 23),
            until=date(2026, 6, 17),
        ),
        Limit(
            of=Measure.SHOTS,
            one_of=(),
            when=frozenset({Trait.VIDEO}),
            source=_CHANGELOG.format("2026-06-17: with a video, shots only by shot_split 'intelligence'"),
            since=date(2026, 6, 17),
        ),
        Limit(of=Measure.SHOT_SPLIT, one_of=("customize",), source=_SPECIFICATION, until=date(2026, 3, 11)),
    ),
    prices=Prices(
        currency="USD",
        rates=(_RATE_4K, *_rates(("0.6", "0.8"), ("0.8", "1.0"), ("0.9", "1.2"))),
        source=_PRICES,
    ),
    expected=_EXPECTED,
)

_O1: Final = ModelProfile(
    source=_SPECIFICATION,
    supports=_known(
        Capability.PROMPT,
        Capability.MODE,
        Capability.DURATION,
        Capability.ASPECT_RATIO,
        Capability.WATERMARK,
        Capability.REFERENCE_IMAGES,
        Capability.FIRST_FRAME,
        Capability.LAST_FRAME,
        Capability.ELEMENTS_BY_ID,
        Capability.IMAGE_ELEMENTS,
        Capability.ELEMENT_VOICES,
        Capability.ELEMENT_TAGS,
        Capability.VIDEO_EDIT,
        Capability.VIDEO_FEATURE,
    ),
    limits=(
        *_COMMON,
        *_ELEMENT,
        *_OMNI,
        _LAST_FRAME_AMONG_TWO,
        Limit(of=Measure.MODE, one_of=("std", "pro"), source=_SPECIFICATION),
        Limit(of=Measure.DURATION, minimum=3, maximum=10, source=_SPECIFICATION),
        # The capability map: text and start frame alone in 5 or 10 s; reference images, both frames and videos 3 to 10 s.
        Limit(of=Measure.DURATION, one_of=(5, 10), unless=frozenset({Trait.INPUT}), source=_SPECIFICATION),
        Limit(
            of=Measure.DURATION,
            one_of=(5, 10),
            when=frozenset({Trait.FIRST_FRAME}),
            unless=frozenset({Trait.LAST_FRAME, Trait.REFERENCE_IMAGES, Trait.VIDEO}),
            source=_SPECIFICATION,
        ),
        Limit(
            of=Measure.ELEMENTS,
            maximum=0,
            when=frozenset({Trait.FIRST_FRAME, Trait.LAST_FRAME}),
            source=_CHANGELOG.format("2026-03-11"),
            since=date(2026, 3, 11),
        ),
    ),
    prices=Prices(currency="USD", rates=_rates(("0.6", "0.8"), None, ("0.9", "1.2")), source=_PRICES),
    expected=_EXPECTED,
)

_V3: Final = ModelProfile(
    source=_SPECIFICATION,
    supports=_known(
        Capability.PROMPT,
        Capability.SHOTS,
        Capability.SHOT_SPLIT,
        Capability.NEGATIVE_PROMPT,
        Capability.MODE,
        Capability.DURATION,
        Capability.ASPECT_RATIO,
        Capability.SOUND,
        Capability.WATERMARK,
        Capability.FIRST_FRAME,
        Capability.LAST_FRAME,
        Capability.ELEMENTS_BY_ID,
        Capability.IMAGE_ELEMENTS,
        Capability.VIDEO_ELEMENTS,
        Capability.ELEMENT_VOICES,
        Capability.ELEMENT_TAGS,
    ),
    limits=(
        *_COMMON,
        *_ELEMENT,
        *_STD_PRO_UNTIL_4K,
        _SHOTS_AND_FRAMES,
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=_SPECIFICATION),
        # Elements belong to image2video, which has no aspect ratio: the first frame sets it.
        Limit(of=Measure.ELEMENTS, maximum=_THREE_ELEMENTS, source=_SPECIFICATION),
        Limit(of=Measure.ELEMENTS, maximum=0, unless=frozenset({Trait.FIRST_FRAME}), source=_SPECIFICATION),
        Limit(of=Measure.ASPECT_RATIO, one_of=(), when=frozenset({Trait.FIRST_FRAME}), source=_CLIENT),
    ),
    prices=Prices(currency="USD", rates=(_RATE_4K, *_rates(("0.6", "0.8"), ("0.9", "1.2"), None)), source=_PRICES),
    expected=_EXPECTED,
)


def klingai_profile(
    rules_as_of: date, expected: Expected | None = None, switches: frozenset[str] = frozenset()
) -> ProviderProfile:
    """Return what KlingAI can do under the rules of a day; `expected` replaces what is known of its speed."""
    models = {"kling-v3-omni": _V3_OMNI, "kling-v3": _V3, "kling-video-o1": _O1}
    if expected is not None:
        models = {name: replace(model, expected=expected) for name, model in models.items()}
    return ProviderProfile(
        name="klingai",
        models=models,
        calls_back=True,
        finds_by_reference=True,
        rules_as_of=rules_as_of,
        switches=switches,
    )
