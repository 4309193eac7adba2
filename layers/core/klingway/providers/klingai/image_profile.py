"""What KlingAI's models of pictures can do, each value with its source and the day from which it holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from klingway.domain.capabilities import Capability, Limit, ModelProfile, Options, Prices, Rate
from klingway.domain.measures import Measure, Trait
from klingway.providers.kling.limits import ELEMENT
from klingway.providers.kling.specification import SPECIFICATION
from klingway.providers.klingai.options import FaceOptions, FidelityOptions
from klingway.providers.klingai.profile_parts import (
    EXPECTED_OF_PICTURES,
    IMAGE_MAP,
    IMAGE_PRICES,
    IMAGE_UNIT_USD,
    NEGATIVE_PROMPT,
    OLDER_PAGES,
    PROMPT,
    known,
)

_FIXED_RATIOS: Final = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
_WITH_IMAGES: Final = frozenset({Trait.REFERENCE_IMAGES})
_WITH_REFERENCES: Final = frozenset({Trait.IMAGES_OR_ELEMENTS})
_WATERMARK_FROM: Final = date(2026, 9, 1)

_ANY_MODEL: Final = (
    Capability.PROMPT,
    Capability.ASPECT_RATIO,
    Capability.RESOLUTION,
    Capability.COUNT,
    Capability.REFERENCE_IMAGES,
    Capability.WATERMARK,
)
_WITH_ELEMENTS: Final = (
    Capability.ELEMENTS_BY_ID,
    Capability.IMAGE_ELEMENTS,
    Capability.ELEMENT_VOICES,
    Capability.ELEMENT_TAGS,
)

_COMMON: Final = (
    PROMPT,
    Limit(of=Measure.PICTURES, minimum=1, maximum=9, source=SPECIFICATION),
    Limit(
        of=Measure.WATERMARK,
        one_of=(),
        source=f"{SPECIFICATION}: the creates of images have no watermark_info; Kling's image pages of 2026-09 have",
        until=_WATERMARK_FROM,
    ),
)
_TEN_IMAGES_AND_ELEMENTS: Final = Limit(of=Measure.IMAGES_AND_ELEMENTS, maximum=10, source=SPECIFICATION)
_NO_AUTO_FROM_TEXT: Final = Limit(
    of=Measure.ASPECT_RATIO, one_of=_FIXED_RATIOS, unless=_WITH_REFERENCES, source=SPECIFICATION
)
# Image generation: one picture to work from, and then no negative prompt; no ratio that the model chooses.
_ONE_IMAGE: Final = Limit(of=Measure.IMAGES, maximum=1, source=SPECIFICATION)
_NEGATIVE_OF_TEXT: Final = (
    Limit(of=Measure.NEGATIVE_PROMPT_CHARS, one_of=(), when=_WITH_IMAGES, source=SPECIFICATION),
    NEGATIVE_PROMPT,
)
_FIXED_RATIO: Final = Limit(of=Measure.ASPECT_RATIO, one_of=_FIXED_RATIOS, source=SPECIFICATION)
_FROM_A_PICTURE: Final = Limit(of=Measure.REFERENCE_IMAGES, minimum=1, source=OLDER_PAGES)
_NO_21_9: Final = replace(_FIXED_RATIO, one_of=_FIXED_RATIOS[:-1], source=OLDER_PAGES)


def _resolutions(*names: str, source: str = SPECIFICATION) -> Limit:
    return Limit(of=Measure.RESOLUTION, one_of=names, source=source)


def _prices(*rates: tuple[int, str | None]) -> Prices:
    """Return what a picture costs: units, and the resolution that costs them."""
    return Prices(
        currency="USD",
        rates=tuple(Rate(per_unit=units * IMAGE_UNIT_USD, resolution=resolution) for units, resolution in rates),
        source=IMAGE_PRICES,
    )


_V3_OMNI: Final = ModelProfile(
    source=SPECIFICATION,
    supports=known(*_ANY_MODEL, *_WITH_ELEMENTS, Capability.SERIES),
    limits=(
        *_COMMON,
        *ELEMENT,
        _TEN_IMAGES_AND_ELEMENTS,
        _resolutions("1k", "2k", "4k"),
        Limit(of=Measure.PICTURES, minimum=2, maximum=9, when=frozenset({Trait.SERIES}), source=SPECIFICATION),
        Limit(of=Measure.OPEN_COUNT, one_of=(), source=SPECIFICATION, until=date(2026, 4, 27)),
        Limit(of=Measure.SERIES, one_of=(), unless=_WITH_REFERENCES, source=SPECIFICATION),
        Limit(
            of=Measure.ASPECT_RATIO,
            one_of=_FIXED_RATIOS,
            unless=_WITH_REFERENCES,
            source=IMAGE_MAP,
            since=date(2026, 5, 19),
        ),
    ),
    prices=_prices((16, "4k"), (8, None)),
    expected=EXPECTED_OF_PICTURES,
)

_O1: Final = ModelProfile(
    source=SPECIFICATION,
    supports=known(*_ANY_MODEL, *_WITH_ELEMENTS),
    limits=(*_COMMON, *ELEMENT, _TEN_IMAGES_AND_ELEMENTS, _resolutions("1k", "2k"), _NO_AUTO_FROM_TEXT),
    prices=_prices((8, None)),
    expected=EXPECTED_OF_PICTURES,
)

_V3: Final = ModelProfile(
    source=SPECIFICATION,
    supports=known(*_ANY_MODEL, *_WITH_ELEMENTS, Capability.NEGATIVE_PROMPT),
    limits=(
        *_COMMON,
        *ELEMENT,
        *_NEGATIVE_OF_TEXT,
        _FIXED_RATIO,
        _ONE_IMAGE,
        _TEN_IMAGES_AND_ELEMENTS,
        _resolutions("1k", "2k"),
    ),
    prices=_prices((8, None)),
    expected=EXPECTED_OF_PICTURES,
)


def _older(
    *limits: Limit, ratio: Limit = _FIXED_RATIO, text: bool = True, options: tuple[Options, ...] = ()
) -> ModelProfile:
    """Return a model before 3.0: without elements, at a price that is published no more, or for some requests alone.

    One that makes nothing from text alone has no negative prompt, which is of text alone.
    """
    negative = known(Capability.NEGATIVE_PROMPT) if text else {}
    return ModelProfile(
        source=OLDER_PAGES,
        supports=known(*_ANY_MODEL) | negative,
        limits=(*_COMMON, *(_NEGATIVE_OF_TEXT if text else (_FROM_A_PICTURE,)), ratio, _ONE_IMAGE, *limits),
        prices=None,
        expected=EXPECTED_OF_PICTURES,
        options=options,
    )


IMAGE_MODELS: Final[Mapping[str, ModelProfile]] = {
    "kling-v3-omni": _V3_OMNI,
    "kling-v3": _V3,
    "kling-image-o1": _O1,
    "kling-v1": _older(
        _resolutions("1k", source=OLDER_PAGES),
        ratio=_NO_21_9,
        options=(Options(schema=FidelityOptions, when=_WITH_IMAGES),),
    ),
    "kling-v1-5": _older(
        _resolutions("1k", source=OLDER_PAGES), options=(Options(schema=FaceOptions, when=_WITH_IMAGES),)
    ),
    "kling-v2": _older(_resolutions("1k", "2k")),
    "kling-v2-new": _older(_resolutions("1k", "2k"), text=False),
    "kling-v2-1": _older(_resolutions("1k", "2k"), options=(Options(schema=FaceOptions, when=_WITH_IMAGES),)),
}
