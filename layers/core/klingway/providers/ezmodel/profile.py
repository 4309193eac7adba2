"""What EzModel's two models can do, each value with its source; what is inferred says so."""

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

_PAGE: Final = "EzModel, Kling Omni Video"
_KLINGS_OWN: Final = "inferred from Kling's own limit; EzModel states none"
_KLINGS_ELEMENTS: Final = "KlingAI Series 3.0 Model API Specification, 2026-02-10; EzModel passes elements on unchanged"
_PRICE_LIST: Final = (
    "EzModel's published source (0.084 USD a second) and the factors of EzModel, Kling Omni Video; "
    "times your account's group ratio, which is not published"
)

KLING_REFERENCES: Final = "kling_references"
"""Prompts refer as Kling's own do, `<<<image_1>>>`, and not as EzModel's page says, `@image_1`."""

SWITCHES: Final = frozenset({KLING_REFERENCES})

_TAGS: Final = tuple(f"o_{number}" for number in range(101, 109))
_SEVEN_IMAGES_AND_ELEMENTS, _FOUR_IMAGES_AND_ELEMENTS, _THREE_ELEMENTS = 7, 4, 3

_EXPECTED: Final = Expected(
    early_s=60,
    usual_s=180,
    late_s=420,
    source="as at Kling itself, whose tasks these are; EzModel states nothing but that its own demo gives up after 600 s",
)


def _known(*capabilities: Capability) -> dict[Capability, Confidence]:
    return dict.fromkeys(capabilities, Confidence.DOCUMENTED)


_BOTH: Final = _known(
    Capability.PROMPT,
    Capability.NEGATIVE_PROMPT,
    Capability.MODE,
    Capability.DURATION,
    Capability.ASPECT_RATIO,
    Capability.CFG_SCALE,
    Capability.REFERENCE_IMAGES,
    Capability.FIRST_FRAME,
    Capability.LAST_FRAME,
    Capability.IMAGE_ELEMENTS,
    Capability.ELEMENT_VOICES,
    Capability.ELEMENT_TAGS,
    Capability.VIDEO_FEATURE,
) | {
    # An element's number belongs to one account: who names one has to name the provider too.
    Capability.ELEMENTS_BY_ID: Confidence.DOUBTFUL,
}

_ELEMENT: Final = (
    Limit(of=Measure.ELEMENT_ID, pattern=r"[0-9]{1,19}", source=f"{_PAGE}: element_id is a whole number"),
    Limit(
        of=Measure.ELEMENT_NUMBER,
        minimum=1,
        maximum=2**63 - 1,
        source="EzModel's published source: element_id has 64 bits; that none is 0 is inferred",
    ),
    Limit(of=Measure.ELEMENT_NAME_CHARS, minimum=1, maximum=20, source=_KLINGS_ELEMENTS),
    Limit(of=Measure.ELEMENT_DESCRIPTION_CHARS, minimum=1, maximum=100, source=_KLINGS_ELEMENTS),
    Limit(of=Measure.ELEMENT_IMAGES, minimum=2, maximum=4, source=_KLINGS_ELEMENTS),
    Limit(of=Measure.ELEMENT_TAG, one_of=_TAGS, source=_KLINGS_ELEMENTS),
    Limit(
        of=Measure.IMAGE_ELEMENT_VOICE,
        one_of=(),
        source=f"{_KLINGS_ELEMENTS}; with images since Kling API updates, 2026-03-23",
        until=date(2026, 3, 23),
    ),
)

# How many references a video may have is said nowhere by EzModel; Kling, which gets them unchanged, refuses more.
_REFERENCES: Final = (
    Limit(
        of=Measure.IMAGES_AND_ELEMENTS,
        maximum=_SEVEN_IMAGES_AND_ELEMENTS,
        unless=frozenset({Trait.VIDEO}),
        source=_KLINGS_OWN,
    ),
    Limit(
        of=Measure.IMAGES_AND_ELEMENTS,
        maximum=_FOUR_IMAGES_AND_ELEMENTS,
        when=frozenset({Trait.VIDEO}),
        source=_KLINGS_OWN,
    ),
    Limit(of=Measure.ELEMENTS, maximum=_THREE_ELEMENTS, when=frozenset({Trait.FIRST_FRAME}), source=_KLINGS_OWN),
)
_LAST_FRAME_AMONG_TWO: Final = Limit(
    of=Measure.LAST_FRAME, one_of=(), when=frozenset({Trait.OVER_TWO_IMAGES}), source=_KLINGS_OWN
)

_COMMON: Final = (
    Limit(of=Measure.MODE, one_of=("std", "pro"), source=_PAGE),
    Limit(of=Measure.ASPECT_RATIO, one_of=("16:9", "9:16", "1:1"), source=_PAGE),
    *_ELEMENT,
    *_REFERENCES,
)

_V3_OMNI: Final = ModelProfile(
    source=_PAGE,
    supports=_BOTH
    | _known(Capability.SOUND, Capability.VIDEO_ELEMENTS, Capability.VIDEO_EDIT)
    | {
        # Documented, but its published source never sends `multi_shot` on, without which Kling ignores the shots: what
        # comes back may be five seconds of the first one.
        Capability.SHOTS: Confidence.DOUBTFUL,
    },
    limits=(
        *_COMMON,
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=_PAGE),
        Limit(of=Measure.DURATION, minimum=3, maximum=10, when=frozenset({Trait.VIDEO}), source=_PAGE),
        Limit(of=Measure.SHOTS, minimum=2, maximum=6, source=_PAGE),
        Limit(of=Measure.SHOT_DURATION, minimum=3, source=_PAGE),
        Limit(of=Measure.VIDEO_ELEMENTS, one_of=(), when=frozenset({Trait.VIDEO}), source=_KLINGS_OWN),
        replace(_LAST_FRAME_AMONG_TWO, until=date(2026, 4, 1)),  # of O1 alone since
    ),
    prices=Prices(
        currency="USD",
        rates=(
            Rate(per_unit=Decimal("0.168"), mode="pro", sound=True),
            Rate(per_unit=Decimal("0.168"), mode="pro", video=True),
            Rate(per_unit=Decimal("0.112"), mode="pro"),
            Rate(per_unit=Decimal("0.126"), mode="std", sound=True),
            Rate(per_unit=Decimal("0.126"), mode="std", video=True),
            Rate(per_unit=Decimal("0.084"), mode="std"),
        ),
        source=_PRICE_LIST,
    ),
    expected=_EXPECTED,
)

_O1: Final = ModelProfile(
    source=_PAGE,
    supports=_BOTH,
    limits=(
        *_COMMON,
        _LAST_FRAME_AMONG_TWO,
        Limit(of=Measure.DURATION, minimum=3, maximum=10, source=_PAGE),
        # Its published source reads "basic I2V" as images of which none is a frame.
        Limit(
            of=Measure.DURATION,
            one_of=(5, 10),
            unless=frozenset({Trait.FIRST_FRAME, Trait.LAST_FRAME, Trait.VIDEO}),
            source=_PAGE,
        ),
        Limit(
            of=Measure.ELEMENTS,
            maximum=0,
            when=frozenset({Trait.FIRST_FRAME, Trait.LAST_FRAME}),
            source=f"{_KLINGS_OWN} (Kling API updates, 2026-03-11)",
            since=date(2026, 3, 11),
        ),
    ),
    prices=None,
    expected=_EXPECTED,
)


def ezmodel_profile(
    rules_as_of: date, expected: Expected | None = None, switches: frozenset[str] = frozenset()
) -> ProviderProfile:
    """Return what EzModel can do under the rules of a day; `expected` replaces what is known of its speed."""
    models = {"kling-v3-omni": _V3_OMNI, "kling-video-o1": _O1}
    if expected is not None:
        models = {name: replace(model, expected=expected) for name, model in models.items()}
    return ProviderProfile(
        name="ezmodel",
        models=models,
        calls_back=True,
        finds_by_reference=False,
        rules_as_of=rules_as_of,
        switches=switches,
    )
