"""What the profiles of all of KlingAI's models are made of: sources, prices, and the limits that several share."""

from datetime import date
from decimal import Decimal
from typing import Final

from klingway.domain.capabilities import Capability, Confidence, Expected, Limit, Rate
from klingway.domain.measures import Measure, Trait
from klingway.providers.kling.specification import CHANGELOG, SPECIFICATION

CLIENT: Final = "Kling's own client, 2026"
PRICES: Final = "Kling prepaid resource packs, 2026-09 ($0.14 per unit)"
IMAGE_PRICES: Final = "Kling prepaid resource packs, 2026-09 ($0.0035 per unit)"
IMAGE_MAP: Final = "Kling's image capability map, 2026-05-19"
VIDEO_MAP: Final = "Kling's video capability map, 2026-05-19"
OLDER_PAGES: Final = "Kling's pages of the models before 3.0, as repeated by clients known to work"

UNIT_USD: Final = Decimal("0.14")
IMAGE_UNIT_USD: Final = Decimal("0.0035")

EXPECTED: Final = Expected(
    early_s=60,
    usual_s=180,
    late_s=420,
    source="one live probe (3 s of 720p in 83 s) and clients' averages of 2.5 to 5 minutes for 5 s",
)
EXPECTED_OF_PICTURES: Final = Expected(
    early_s=10, usual_s=25, late_s=120, source="one live probe (a picture of 1k in 24 s)"
)


def known(*capabilities: Capability) -> dict[Capability, Confidence]:
    """Return capabilities of which the documents say so."""
    return dict.fromkeys(capabilities, Confidence.DOCUMENTED)


def doubtful(*capabilities: Capability) -> dict[Capability, Confidence]:
    """Return capabilities of which the documents contradict themselves."""
    return dict.fromkeys(capabilities, Confidence.DOUBTFUL)


def rates(silent: tuple[str, str], sound: tuple[str, str] | None, video: tuple[str, str] | None) -> tuple[Rate, ...]:
    """Return the rates of units per second given for std and pro."""
    found: list[Rate] = []
    for units, has_sound, has_video in ((video, None, True), (sound, True, None), (silent, False, None)):
        if units is not None:
            found += [
                Rate(per_unit=Decimal(count) * UNIT_USD, mode=mode, sound=has_sound, video=has_video)
                for mode, count in zip(("std", "pro"), units, strict=True)
            ]
    return tuple(found)


RATE_4K: Final = Rate(per_unit=3 * UNIT_USD, mode="4k")

# What the specification says of every create alike; a model has the limits of what it takes.
PROMPT: Final = Limit(of=Measure.PROMPT_CHARS, maximum=2500, source=SPECIFICATION)
NEGATIVE_PROMPT: Final = Limit(of=Measure.NEGATIVE_PROMPT_CHARS, maximum=2500, source=SPECIFICATION)
SHOTS: Final = (
    Limit(of=Measure.SHOT_PROMPT_CHARS, maximum=512, source=SPECIFICATION),
    Limit(of=Measure.SHOTS, minimum=1, maximum=6, source=SPECIFICATION),
    Limit(of=Measure.SHOT_DURATION, minimum=1, source=SPECIFICATION),
)
ASPECT_RATIO: Final = Limit(of=Measure.ASPECT_RATIO, one_of=("16:9", "9:16", "1:1"), source=SPECIFICATION)

STD_PRO_UNTIL_4K: Final = (
    Limit(of=Measure.MODE, one_of=("std", "pro"), source=SPECIFICATION, until=date(2026, 4, 23)),
    Limit(of=Measure.MODE, one_of=("std", "pro", "4k"), source=CHANGELOG.format("2026-04-23"), since=date(2026, 4, 23)),
)

SHOTS_AND_FRAMES: Final = Limit(
    of=Measure.IMAGES,
    one_of=(),
    when=frozenset({Trait.MULTI_SHOT, Trait.FIRST_FRAME}),
    source=CHANGELOG.format("2026-03-11, lifted 2026-05-07"),
    since=date(2026, 3, 11),
    until=date(2026, 5, 7),
)

# Voices that exist at Kling: with sound alone, and never beside elements, to which a voice can be bound instead.
VOICES: Final = (
    Limit(of=Measure.VOICES, minimum=1, maximum=2, source=SPECIFICATION),
    Limit(of=Measure.VOICES, maximum=0, unless=frozenset({Trait.SOUND}), source=SPECIFICATION),
)
VOICES_OR_ELEMENTS: Final = Limit(of=Measure.VOICES, maximum=0, when=frozenset({Trait.ELEMENTS}), source=SPECIFICATION)
