"""What KlingAI's video models before 3.0 can do, `kling-v1` to `kling-v2-6`: the least that the sources agree on.

Their pages are of another time; what a mode or a length of theirs cannot do beyond this, Kling refuses, free of charge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from klingway.domain.capabilities import Capability, Limit, ModelProfile, Options, Prices, Rate
from klingway.domain.measures import Measure, Trait
from klingway.providers.kling.specification import SPECIFICATION
from klingway.providers.klingai.options import MotionOptions, TextOptions
from klingway.providers.klingai.profile_parts import (
    ASPECT_RATIO,
    CLIENT,
    EXPECTED,
    NEGATIVE_PROMPT,
    OLDER_PAGES,
    PRICES,
    PROMPT,
    UNIT_USD,
    VIDEO_MAP,
    VOICES,
    known,
)

_FRAME, _FRAMES = frozenset({Trait.FIRST_FRAME}), frozenset({Trait.LAST_FRAME})

_STEERED: Final = (
    Options(schema=MotionOptions, when=_FRAME, unless=_FRAMES),
    Options(schema=TextOptions, unless=_FRAME),
)
"""Camera and masks: a mask is of a picture, and a last frame excludes both."""
_STEERED_FROM_A_PICTURE: Final = _STEERED[:1]

_LAST_FRAME_IN_PRO: Final = Limit(of=Measure.LAST_FRAME, one_of=(), unless=frozenset({Trait.PRO}), source=OLDER_PAGES)
# A first frame sets the aspect ratio: a model that makes nothing without one is asked for none.
_RATIO_OF_TEXT: Final = (ASPECT_RATIO, Limit(of=Measure.ASPECT_RATIO, one_of=(), when=_FRAME, source=CLIENT))
_FROM_A_PICTURE: Final = Limit(of=Measure.FIRST_FRAMES, minimum=1, source=SPECIFICATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Older:
    """In what one of these models differs from the others."""

    text: bool = True
    """Whether it makes videos from text alone."""
    last_frame: bool = True
    last_frame_in_std: bool = False
    cfg_scale: bool = False
    options: tuple[Options, ...] = ()
    further: tuple[Capability, ...] = ()
    limits: tuple[Limit, ...] = ()
    units: tuple[tuple[str, bool, bool | None, str], ...] = ()
    """Mode, sound, voices, and units per second; none: no price is published any more."""


_V2_6: Final = _Older(
    further=(Capability.SOUND, Capability.VOICES),
    limits=(
        *VOICES,
        Limit(of=Measure.SOUND, one_of=(), unless=frozenset({Trait.PRO}), source=VIDEO_MAP),
        Limit(of=Measure.LAST_FRAME, one_of=(), when=frozenset({Trait.SOUND}), source=VIDEO_MAP),
    ),
    units=(
        ("pro", True, True, "1.2"),
        ("pro", True, False, "1.0"),
        ("std", False, None, "0.3"),
        ("pro", False, None, "0.5"),
    ),
)

_MODELS: Final[Mapping[str, _Older]] = {
    "kling-v1": _Older(cfg_scale=True, last_frame_in_std=True, options=_STEERED),
    "kling-v1-5": _Older(text=False, cfg_scale=True, options=_STEERED_FROM_A_PICTURE),
    "kling-v1-6": _Older(cfg_scale=True),
    "kling-v2-master": _Older(last_frame=False),
    "kling-v2-1": _Older(text=False),
    "kling-v2-1-master": _Older(last_frame=False),
    "kling-v2-5-turbo": _Older(units=(("std", False, None, "0.3"), ("pro", False, None, "0.5"))),
    "kling-v2-6": _V2_6,
}


def _profile(model: _Older) -> ModelProfile:
    ratio = [Capability.ASPECT_RATIO] if model.text else []
    last_frame = [Capability.LAST_FRAME] if model.last_frame else []
    cfg_scale = [Capability.CFG_SCALE] if model.cfg_scale else []
    rates = tuple(
        Rate(per_unit=Decimal(units) * UNIT_USD, mode=mode, sound=sound, voices=voices)
        for mode, sound, voices, units in model.units
    )
    return ModelProfile(
        source=OLDER_PAGES,
        supports=known(
            Capability.PROMPT,
            Capability.NEGATIVE_PROMPT,
            Capability.MODE,
            Capability.DURATION,
            Capability.WATERMARK,
            Capability.FIRST_FRAME,
            *ratio,
            *last_frame,
            *cfg_scale,
            *model.further,
        ),
        limits=(
            PROMPT,
            NEGATIVE_PROMPT,
            Limit(of=Measure.MODE, one_of=("std", "pro"), source=SPECIFICATION),
            Limit(of=Measure.DURATION, one_of=(5, 10), source=OLDER_PAGES),
            *(_RATIO_OF_TEXT if model.text else (_FROM_A_PICTURE,)),
            *((_LAST_FRAME_IN_PRO,) if model.last_frame and not model.last_frame_in_std else ()),
            *model.limits,
        ),
        prices=Prices(currency="USD", rates=rates, source=PRICES) if rates else None,
        expected=EXPECTED,
        options=model.options,
    )


OLDER_MODELS: Final[Mapping[str, ModelProfile]] = {name: _profile(model) for name, model in _MODELS.items()}
