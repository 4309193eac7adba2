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
    Options,
    Prices,
    ProviderProfile,
    Rate,
)
from klingway.domain.measures import Measure, Trait
from klingway.providers.ezmodel.options import KLING_REFERENCES, SpellingOptions
from klingway.providers.kling.limits import ELEMENT, O1_REFERENCES, V3_OMNI_REFERENCES, known_from
from klingway.providers.kling.specification import SPECIFICATION

_PAGE: Final = "EzModel, Kling Omni Video"
_KLINGS_OWN: Final = "inferred from Kling's own limit; EzModel states none"
_KLINGS_ELEMENTS: Final = f"{SPECIFICATION}; EzModel passes elements on unchanged"
_PRICE_LIST: Final = (
    "EzModel's published source (0.084 USD a second) and the factors of EzModel, Kling Omni Video; "
    "times your account's group ratio, which is not published"
)

SWITCHES: Final = frozenset({KLING_REFERENCES})

_EXPECTED: Final = Expected(
    early_s=60,
    usual_s=180,
    late_s=420,
    source="as at Kling itself, whose tasks these are; EzModel states nothing but that its own demo gives up after 600 s",
)


_OPTIONS: Final = (Options(schema=SpellingOptions),)


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

_COMMON: Final = (
    Limit(of=Measure.MODE, one_of=("std", "pro"), source=_PAGE),
    Limit(of=Measure.ASPECT_RATIO, one_of=("16:9", "9:16", "1:1"), source=_PAGE),
    *known_from(_KLINGS_ELEMENTS, ELEMENT),
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
        # How many references there may be is said nowhere by EzModel; Kling, which gets them unchanged, refuses more.
        *known_from(_KLINGS_OWN, V3_OMNI_REFERENCES),
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=_PAGE),
        Limit(of=Measure.DURATION, minimum=3, maximum=10, when=frozenset({Trait.VIDEO}), source=_PAGE),
        Limit(of=Measure.SHOTS, minimum=2, maximum=6, source=_PAGE),
        Limit(of=Measure.SHOT_DURATION, minimum=3, source=_PAGE),
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
    options=_OPTIONS,
)

_O1: Final = ModelProfile(
    source=_PAGE,
    supports=_BOTH,
    limits=(
        *_COMMON,
        *known_from(_KLINGS_OWN, O1_REFERENCES),
        Limit(of=Measure.DURATION, minimum=3, maximum=10, source=_PAGE),
        # Its published source reads "basic I2V" as images of which none is a frame.
        Limit(
            of=Measure.DURATION,
            one_of=(5, 10),
            unless=frozenset({Trait.FIRST_FRAME, Trait.LAST_FRAME, Trait.VIDEO}),
            source=_PAGE,
        ),
    ),
    prices=None,
    expected=_EXPECTED,
    options=_OPTIONS,
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
