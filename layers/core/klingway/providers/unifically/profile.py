"""What Unifically's model can do, each value with its source; what is inferred says so."""

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

PAGE: Final = "Unifically, Kling v3.0 Omni"
_NO_SPELLING: Final = f"{PAGE}: prompts call images @Image1 and elements @Element1, and nothing else"
_NO_FIELD: Final = f"{PAGE}: no field says so"

CALLBACKS: Final = "callbacks"
"""Whether Unifically is asked to call back: the field stands on another page than the model's."""
SWITCHES: Final = frozenset({CALLBACKS})

_SEVEN, _FOUR = 7, 4

_SUPPORTS: Final[Mapping[Capability, Confidence]] = {
    **dict.fromkeys(
        (
            Capability.PROMPT,
            Capability.SHOTS,
            Capability.MODE,
            Capability.DURATION,
            Capability.ASPECT_RATIO,
            Capability.SOUND,
            Capability.REFERENCE_IMAGES,
            Capability.FIRST_FRAME,
            Capability.LAST_FRAME,
            Capability.IMAGE_ELEMENTS,
            Capability.VIDEO_ELEMENTS,
            Capability.VIDEO_EDIT,
            Capability.VIDEO_FEATURE,
        ),
        Confidence.DOCUMENTED,
    ),
    # The page sets native_audio no such bound, while Kling, which makes the video, takes sound and a video together nowhere.
    Capability.SOUND_WITH_VIDEO: Confidence.DOUBTFUL,
}

_VIDEO: Final = frozenset({Trait.VIDEO})
_FIRST_FRAME: Final = frozenset({Trait.FIRST_FRAME})
_REFERENCE_IMAGES: Final = frozenset({Trait.REFERENCE_IMAGES})
_IMAGE_REFERENCE: Final = frozenset({Trait.IMAGE_REFERENCE})

# What no mode takes together: both frames have a mode of their own, into which neither reference images nor a video go. A
# first frame can be one of the reference images (start_image_index), "no end-frame equivalent": also beside a video to take
# features from, since that mode takes image_urls; one to edit has no frames anywhere.
_FRAMES: Final = (
    Limit(of=Measure.LAST_FRAME, one_of=(), when=_VIDEO, source=PAGE),
    Limit(of=Measure.LAST_FRAME, one_of=(), when=_REFERENCE_IMAGES, source=PAGE),
    Limit(of=Measure.IMAGE_REFERENCE, one_of=(), when=frozenset({Trait.LAST_FRAME}), source=_NO_SPELLING),
)

# With frames alone, elements are not counted; a frame that a prompt refers to goes among the reference images, which are.
_COUNTS: Final = (
    Limit(of=Measure.IMAGES_AND_ELEMENTS, maximum=_FOUR, when=_VIDEO, source=PAGE),
    Limit(of=Measure.IMAGES_AND_ELEMENTS, maximum=_SEVEN, unless=_VIDEO | _FIRST_FRAME, source=PAGE),
    Limit(of=Measure.IMAGES_AND_ELEMENTS, maximum=_SEVEN, when=_FIRST_FRAME | _REFERENCE_IMAGES, source=PAGE),
    Limit(of=Measure.IMAGES_AND_ELEMENTS, maximum=_SEVEN, when=_FIRST_FRAME | _IMAGE_REFERENCE, source=PAGE),
)

_MODEL: Final = ModelProfile(
    source=PAGE,
    supports=_SUPPORTS,
    limits=(
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=PAGE),
        Limit(of=Measure.MODE, one_of=("std", "pro", "4k"), source=PAGE),
        Limit(of=Measure.ASPECT_RATIO, one_of=("1:1", "9:16", "16:9"), unless=_VIDEO, source=PAGE),
        Limit(of=Measure.ASPECT_RATIO, one_of=(), when=_VIDEO, source=f"{PAGE}: must be auto when video_url is set"),
        Limit(of=Measure.SHOTS, minimum=2, maximum=6, source=PAGE),
        *_FRAMES,
        *_COUNTS,
        Limit(of=Measure.ELEMENT_DESCRIPTION_CHARS, maximum=100, source=PAGE),
        Limit(of=Measure.ELEMENT_IMAGES, maximum=4, source=PAGE),
        Limit(of=Measure.VIDEO_ELEMENTS, one_of=(), when=_VIDEO, source=PAGE),
        Limit(of=Measure.VIDEO_REFERENCE, one_of=(), source=_NO_SPELLING),
        Limit(of=Measure.KEPT_SOUND, one_of=(), source=_NO_FIELD),
    ),
    # The page prices 4k alone.
    prices=Prices(currency="USD", rates=(Rate(per_unit=Decimal("0.30"), mode="4k"),), source=PAGE),
    expected=Expected(
        early_s=60,
        usual_s=240,
        late_s=600,
        source="Unifically states none: what was seen of the same model at Kling itself and at another reseller",
    ),
)


def unifically_profile(
    rules_as_of: date, expected: Expected | None = None, switches: frozenset[str] = frozenset()
) -> ProviderProfile:
    """Return what Unifically can do under the rules of a day; `expected` replaces what is known of its speed."""
    return ProviderProfile(
        name="unifically",
        models={"kling-v3-omni": _MODEL if expected is None else replace(_MODEL, expected=expected)},
        calls_back=CALLBACKS in switches,
        finds_by_reference=False,
        is_claimed_by_id=CALLBACKS in switches,
        rules_as_of=rules_as_of,
        switches=switches,
    )
