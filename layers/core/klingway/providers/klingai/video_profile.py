"""What KlingAI's video models of the 3.0 series can do, each value with its source and the day from which it holds."""

from datetime import date
from typing import Final

from klingway.domain.capabilities import Capability, Limit, ModelProfile, Prices
from klingway.domain.measures import Measure, Trait
from klingway.providers.kling.limits import ELEMENT, O1_REFERENCES, V3_OMNI_REFERENCES
from klingway.providers.kling.specification import CHANGELOG, SPECIFICATION
from klingway.providers.klingai.profile_parts import (
    ASPECT_RATIO,
    CLIENT,
    EXPECTED,
    NEGATIVE_PROMPT,
    PRICES,
    PROMPT,
    RATE_4K,
    SHOTS,
    SHOTS_AND_FRAMES,
    STD_PRO_UNTIL_4K,
    VOICES,
    VOICES_OR_ELEMENTS,
    doubtful,
    known,
    rates,
)

_FOUR_IMAGES_AND_ELEMENTS, _THREE_ELEMENTS = 4, 3

# Elements made from a video, among the references of the omni-video endpoint.
_VIDEO_ELEMENTS_ON_OMNI: Final = (
    Limit(
        of=Measure.VIDEO_ELEMENTS,
        maximum=_THREE_ELEMENTS,
        source=CHANGELOG.format("2026-04-01"),
        since=date(2026, 4, 1),
    ),
    Limit(
        of=Measure.IMAGES_AND_IMAGE_ELEMENTS,
        maximum=_FOUR_IMAGES_AND_ELEMENTS,
        when=frozenset({Trait.VIDEO_ELEMENTS}),
        source=CHANGELOG.format("2026-04-01"),
        since=date(2026, 4, 1),
    ),
)

V3_OMNI: Final = ModelProfile(
    source=SPECIFICATION,
    supports=known(
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
        PROMPT,
        *SHOTS,
        ASPECT_RATIO,
        *ELEMENT,
        *STD_PRO_UNTIL_4K,
        *V3_OMNI_REFERENCES,
        *_VIDEO_ELEMENTS_ON_OMNI,
        SHOTS_AND_FRAMES,
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=SPECIFICATION),
        Limit(
            of=Measure.DURATION,
            minimum=3,
            maximum=10,
            when=frozenset({Trait.VIDEO}),
            source=SPECIFICATION,
            until=date(2026, 6, 17),
        ),
        Limit(
            of=Measure.MODE,
            one_of=("std", "pro"),
            when=frozenset({Trait.VIDEO}),
            source=CHANGELOG.format("2026-04-23, lifted 2026-06-17"),
            since=date(2026, 4, 23),
            until=date(2026, 6, 17),
        ),
        Limit(
            of=Measure.SHOTS,
            one_of=(),
            when=frozenset({Trait.VIDEO}),
            source=CHANGELOG.format("2026-06-17: with a video, shots only by shot_split 'intelligence'"),
            since=date(2026, 6, 17),
        ),
        Limit(of=Measure.SHOT_SPLIT, one_of=("customize",), source=SPECIFICATION, until=date(2026, 3, 11)),
    ),
    prices=Prices(
        currency="USD",
        rates=(RATE_4K, *rates(("0.6", "0.8"), ("0.8", "1.0"), ("0.9", "1.2"))),
        source=PRICES,
    ),
    expected=EXPECTED,
)

O1: Final = ModelProfile(
    source=SPECIFICATION,
    supports=known(
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
        PROMPT,
        ASPECT_RATIO,
        *ELEMENT,
        *O1_REFERENCES,
        Limit(of=Measure.MODE, one_of=("std", "pro"), source=SPECIFICATION),
        Limit(of=Measure.DURATION, minimum=3, maximum=10, source=SPECIFICATION),
        # The capability map: text and start frame alone in 5 or 10 s; reference images, both frames and videos 3 to 10 s.
        Limit(of=Measure.DURATION, one_of=(5, 10), unless=frozenset({Trait.INPUT}), source=SPECIFICATION),
        Limit(
            of=Measure.DURATION,
            one_of=(5, 10),
            when=frozenset({Trait.FIRST_FRAME}),
            unless=frozenset({Trait.LAST_FRAME, Trait.REFERENCE_IMAGES, Trait.VIDEO}),
            source=SPECIFICATION,
        ),
    ),
    prices=Prices(currency="USD", rates=rates(("0.6", "0.8"), None, ("0.9", "1.2")), source=PRICES),
    expected=EXPECTED,
)

V3: Final = ModelProfile(
    source=SPECIFICATION,
    # The tables of text2video and image2video have voices and February's prices do, the capability map denies them.
    supports=doubtful(Capability.VOICES)
    | known(
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
        PROMPT,
        NEGATIVE_PROMPT,
        *SHOTS,
        ASPECT_RATIO,
        *ELEMENT,
        *STD_PRO_UNTIL_4K,
        SHOTS_AND_FRAMES,
        *VOICES,
        VOICES_OR_ELEMENTS,
        Limit(of=Measure.DURATION, minimum=3, maximum=15, source=SPECIFICATION),
        # Elements belong to image2video, which has no aspect ratio: the first frame sets it.
        Limit(of=Measure.ELEMENTS, maximum=_THREE_ELEMENTS, source=SPECIFICATION),
        Limit(of=Measure.ELEMENTS, maximum=0, unless=frozenset({Trait.FIRST_FRAME}), source=SPECIFICATION),
        Limit(of=Measure.ASPECT_RATIO, one_of=(), when=frozenset({Trait.FIRST_FRAME}), source=CLIENT),
    ),
    prices=Prices(currency="USD", rates=(RATE_4K, *rates(("0.6", "0.8"), ("0.9", "1.2"), None)), source=PRICES),
    expected=EXPECTED,
)
