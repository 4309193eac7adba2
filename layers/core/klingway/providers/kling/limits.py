"""Kling's limits of elements and references: at Kling itself, and at relays that pass requests on to it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from klingway.domain.capabilities import Limit
from klingway.domain.measures import Measure, Trait
from klingway.providers.kling.specification import CHANGELOG, SPECIFICATION, TAGS

_SEVEN_IMAGES_AND_ELEMENTS, _FOUR_IMAGES_AND_ELEMENTS, _THREE_ELEMENTS = 7, 4, 3

# An element that exists: `element_id` is a long. One to be made: a frontal view and one to three others, tags from a list.
ELEMENT: Final = (
    Limit(of=Measure.ELEMENT_ID, pattern=r"[1-9][0-9]{0,18}", source=SPECIFICATION),
    Limit(of=Measure.ELEMENT_NUMBER, maximum=2**63 - 1, source=SPECIFICATION),
    Limit(of=Measure.ELEMENT_NAME_CHARS, minimum=1, maximum=20, source=SPECIFICATION),
    Limit(of=Measure.ELEMENT_DESCRIPTION_CHARS, minimum=1, maximum=100, source=SPECIFICATION),
    Limit(of=Measure.ELEMENT_IMAGES, minimum=2, maximum=4, source=SPECIFICATION),
    Limit(of=Measure.ELEMENT_TAG, one_of=tuple(TAGS), source=SPECIFICATION),
    Limit(
        of=Measure.IMAGE_ELEMENT_VOICE,
        one_of=(),
        source=f"{SPECIFICATION}: a voice of its own is for an element made from a video",
        until=date(2026, 3, 23),
    ),
)

# The omni-video endpoint, whichever model.
_OMNI_REFERENCES: Final = (
    Limit(
        of=Measure.IMAGES_AND_ELEMENTS,
        maximum=_SEVEN_IMAGES_AND_ELEMENTS,
        unless=frozenset({Trait.VIDEO}),
        source=SPECIFICATION,
    ),
    Limit(
        of=Measure.IMAGES_AND_ELEMENTS,
        maximum=_FOUR_IMAGES_AND_ELEMENTS,
        when=frozenset({Trait.VIDEO}),
        source=SPECIFICATION,
    ),
    Limit(of=Measure.ELEMENTS, maximum=_THREE_ELEMENTS, when=frozenset({Trait.FIRST_FRAME}), source=SPECIFICATION),
)

_LAST_FRAME_AMONG_TWO: Final = Limit(
    of=Measure.LAST_FRAME, one_of=(), when=frozenset({Trait.OVER_TWO_IMAGES}), source=SPECIFICATION
)
V3_OMNI_REFERENCES: Final = (
    *_OMNI_REFERENCES,
    Limit(of=Measure.VIDEO_ELEMENTS, one_of=(), when=frozenset({Trait.VIDEO}), source=SPECIFICATION),
    replace(_LAST_FRAME_AMONG_TWO, until=date(2026, 4, 1)),  # of O1 alone since
)
O1_REFERENCES: Final = (
    *_OMNI_REFERENCES,
    _LAST_FRAME_AMONG_TWO,
    Limit(
        of=Measure.ELEMENTS,
        maximum=0,
        when=frozenset({Trait.FIRST_FRAME, Trait.LAST_FRAME}),
        source=CHANGELOG.format("2026-03-11"),
        since=date(2026, 3, 11),
    ),
)


def known_from(source: str, limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """Return Kling's limits as those of a relay, with what they are known from there."""
    return tuple(replace(limit, source=source) for limit in limits)
