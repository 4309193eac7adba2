"""What APIMart's two Kling models can do, each value with its source; what is inferred says so."""

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
from klingway.providers.apimart.spelling import spelt

OMNI_PAGE: Final = "APIMart, Kling v3 Omni"
V3_PAGE: Final = "APIMart, Kling v3"
_KLINGS_OWN: Final = "inferred from Kling's own limit; APIMart states none"
_SHOTS_OF_V3: Final = "inferred from APIMart, Kling v3; its page on Kling v3 Omni states none"
_NO_NUMBER: Final = (
    "APIMart's pages count <<<image_N>>> along image_urls of reference images, and say nothing of frames"
)
_NAME_TELLS: Final = "inferred: prompts call an element @name, so a name tells it from the others"

_SEVEN_IMAGES, _FOUR_IMAGES = 7, 4

EXPECTED: Final = Expected(
    early_s=60,
    usual_s=265,
    late_s=600,
    source="the one video in APIMart's documents: 265 s, of 600 s estimated; quick ones as at Kling itself",
)

# Without sound, and std with it: only what was seen is here. A price with a video was found nowhere.
_PRICES: Final = Prices(
    currency="USD",
    rates=(
        Rate(per_unit=Decimal("0.0672"), mode="std", sound=False, video=False),
        Rate(per_unit=Decimal("0.0896"), mode="pro", sound=False, video=False),
        Rate(per_unit=Decimal("0.112"), mode="pro", sound=True, video=False),
        Rate(per_unit=Decimal("0.429"), mode="4k", sound=False, video=False),
    ),
    source="price lists of APIMart as others saw them, 2026",
)


def _known(*capabilities: Capability) -> dict[Capability, Confidence]:
    return dict.fromkeys(capabilities, Confidence.DOCUMENTED)


_BOTH: Final = _known(
    Capability.PROMPT,
    Capability.SHOTS,
    Capability.SHOT_SPLIT,
    Capability.NEGATIVE_PROMPT,
    Capability.MODE,
    Capability.DURATION,
    Capability.ASPECT_RATIO,
    Capability.SOUND,
    Capability.FIRST_FRAME,
    Capability.LAST_FRAME,
    Capability.IMAGE_ELEMENTS,
) | {
    # Asked for is a marked copy besides the plain film; the answer has room for one file, which is then the marked one.
    Capability.WATERMARK: Confidence.DOUBTFUL,
}


def _limits(page: str) -> tuple[Limit, ...]:
    """Return the limits that both pages state alike."""
    return (
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=page),
        Limit(of=Measure.MODE, one_of=("std", "pro", "4k"), source=page),
        Limit(of=Measure.ASPECT_RATIO, one_of=("16:9", "9:16", "1:1"), source=page),
        Limit(of=Measure.SHOTS, minimum=1, maximum=6, source=page),
        Limit(of=Measure.SHOT_DURATION, minimum=1, source=page),
        Limit(of=Measure.ELEMENTS, maximum=3, source=page),
        Limit(of=Measure.ELEMENT_DESCRIPTION_CHARS, minimum=1, source=page),
        Limit(of=Measure.ELEMENT_IMAGES, minimum=2, maximum=4, source=page),
        Limit(of=Measure.REPEATED_ELEMENT_NAME, one_of=(), source=_NAME_TELLS),
    )


# Whether frames count when images do is not known.
_DOUBTS: Final = (Limit(of=Measure.IMAGE_REFERENCE, one_of=(), when=frozenset({Trait.FIRST_FRAME}), source=_NO_NUMBER),)

_V3_OMNI: Final = ModelProfile(
    source=OMNI_PAGE,
    supports=_BOTH | _known(Capability.REFERENCE_IMAGES, Capability.VIDEO_EDIT, Capability.VIDEO_FEATURE),
    limits=(
        *_limits(OMNI_PAGE),
        Limit(of=Measure.NEGATIVE_PROMPT_CHARS, maximum=2500, source=OMNI_PAGE),
        Limit(of=Measure.SHOT_PROMPT_CHARS, maximum=512, as_sent=spelt, source=_SHOTS_OF_V3),
        Limit(of=Measure.IMAGES, maximum=_SEVEN_IMAGES, unless=frozenset({Trait.VIDEO}), source=_KLINGS_OWN),
        Limit(of=Measure.IMAGES, maximum=_FOUR_IMAGES, when=frozenset({Trait.VIDEO}), source=_KLINGS_OWN),
    ),
    doubts=_DOUBTS,
    prices=_PRICES,
    expected=EXPECTED,
)

_V3: Final = ModelProfile(
    source=V3_PAGE,
    supports=_BOTH,
    limits=(*_limits(V3_PAGE), Limit(of=Measure.SHOT_PROMPT_CHARS, maximum=512, as_sent=spelt, source=V3_PAGE)),
    doubts=_DOUBTS,
    prices=_PRICES,
    expected=EXPECTED,
)


def apimart_profile(
    rules_as_of: date, expected: Expected | None = None, switches: frozenset[str] = frozenset()
) -> ProviderProfile:
    """Return what APIMart can do under the rules of a day; `expected` replaces what is known of its speed."""
    models = {"kling-v3-omni": _V3_OMNI, "kling-v3": _V3}
    if expected is not None:
        models = {name: replace(model, expected=expected) for name, model in models.items()}
    return ProviderProfile(
        name="apimart",
        models=models,
        calls_back=False,
        finds_by_reference=False,
        rules_as_of=rules_as_of,
        switches=switches,
    )
