"""What KlingAI's creates have in common: dated rules, what was ordered, shots, elements, prices.

The rules are those of Kling's API specification of 2026-02-10 as they stand there; a later official change holds from
its date in Kling's changelog, so that a simulator can be of any day. The first broken rule is refused (400 / 1201),
named by its field. Each endpoint has its own module: `klingai_omni_rules`, `klingai_video_rules`,
`klingai_image_rules`, `klingai_elements`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from local.simulators.fields import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulators.klingai_fields import Fields

ElementKind = Literal["image_refer", "video_refer"]

# Official changes by their day (Kling's changelog).
SPECIFICATION: Final = date(2026, 2, 10)
FOUR_K: Final = date(2026, 4, 23)
MULTI_SHOT_WITHOUT_FRAMES: Final = date(2026, 3, 11)
MULTI_SHOT_WITH_FRAMES: Final = date(2026, 5, 7)

V3_OMNI, O1, V3 = "kling-v3-omni", "kling-video-o1", "kling-v3"
ASPECTS: Final = ("16:9", "9:16", "1:1")
DURATIONS: Final = tuple(str(seconds) for seconds in range(3, 16))
FIVE_OR_TEN: Final = ("5", "10")
PROMPT_MAX, SHOT_PROMPT_MAX, SHOTS_MAX = 2_500, 512, 6
VIDEO_FIELDS: Final = frozenset({
    "model_name", "multi_shot", "shot_type", "prompt", "multi_prompt", "sound", "mode", "duration", "watermark_info",
    "callback_url", "external_task_id",
})  # fmt: skip
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_REFERENCE: Final = re.compile(r"<<<(image|element|video|voice)_([0-9]{1,6})>>>")

# Units per second of output: (std, pro) by model and condition; 4k is 3.0 throughout. Those of 2.x are of September.
_UNITS: Final[Mapping[tuple[str, str], tuple[str | None, str]]] = {
    (V3_OMNI, "silent"): ("0.6", "0.8"),
    (V3_OMNI, "sound"): ("0.8", "1.0"),
    (V3_OMNI, "video"): ("0.9", "1.2"),
    (V3, "silent"): ("0.6", "0.8"),
    (V3, "sound"): ("0.9", "1.2"),
    (V3, "voice"): ("1.1", "1.4"),
    (O1, "silent"): ("0.6", "0.8"),
    (O1, "video"): ("0.9", "1.2"),
    ("kling-v2-6", "silent"): ("0.3", "0.5"),
    ("kling-v2-6", "sound"): (None, "1.0"),
    ("kling-v2-6", "voice"): (None, "1.2"),
    ("kling-v2-5-turbo", "silent"): ("0.3", "0.5"),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules need to know besides the body.

    Attributes:
        on: the day whose rules hold.
        elements: the elements that there are, and their kinds.
        video_seconds: gives a reference video's length, in seconds.
    """

    on: date
    elements: Mapping[int, ElementKind]
    video_seconds: Callable[[str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted create.

    Attributes:
        model: with its default filled in.
        mode: with its default filled in.
        text: the prompt, or the shots' prompts.
        seconds: of output, as asked for (for an edit: of the video edited).
        aspect: of the output.
        sound: whether it has a track.
        watermark: whether a marked copy is asked for.
        callback_url: empty for none.
        external_task_id: empty for none.
        units: what it costs; None where the price list has no such line.
        failure: why its task will fail; empty where nothing is known against it.
        unknown_fields: fields of the body that the endpoint does not have, with their places; ignored.
        notes: oddities that are accepted.
    """

    model: str
    mode: str
    text: str
    seconds: float
    aspect: str
    sound: bool
    watermark: bool
    callback_url: str
    external_task_id: str
    units: Decimal | None
    failure: str = ""
    unknown_fields: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Shots:
    """What a create of a video says of shots and prompts.

    Attributes:
        multi: whether there are several.
        kind: how they are told apart; empty for a single one.
        texts: the prompt, or the shots' prompts.
    """

    multi: bool
    kind: str
    texts: list[str]


def read_shots(fields: Fields, kinds: tuple[str, ...], seconds: int | None, *, may_lack_prompt: bool = False) -> Shots:
    """Reads prompt, multi_shot, shot_type and multi_prompt ("Whether to generate multi-shot video" and below).

    Args:
        fields: the create's.
        kinds: the shot types there are.
        seconds: the whole duration; None where it is not the body's.
        may_lack_prompt: whether a single shot does without one.
    """
    multi = fields.flag("multi_shot")
    kind = fields.choice("shot_type", kinds, "") if multi else ""
    if multi and not kind:
        raise InvalidError("shot_type is required when multi_shot is true")
    if kind == "customize":
        return Shots(multi=True, kind=kind, texts=_storyboards(fields, seconds))
    prompt = fields.text("prompt", at_most=PROMPT_MAX)
    if not prompt and not may_lack_prompt:
        when = "shot_type is intelligence" if multi else "multi_shot is false"
        raise InvalidError(f"prompt must not be empty when {when}")
    return Shots(multi=multi, kind=kind, texts=[prompt])


def _storyboards(fields: Fields, seconds: int | None) -> list[str]:
    """Reads multi_prompt.

    Returns:
        The prompts by their index.
    """
    shots = fields.items("multi_prompt", frozenset({"index", "prompt", "duration"}))
    if not shots:
        raise InvalidError("multi_prompt must not be empty when multi_shot is true and shot_type is customize")
    if len(shots) > SHOTS_MAX:
        raise InvalidError(f"multi_prompt supports up to {SHOTS_MAX} storyboards")
    texts: dict[int, str] = {}
    total = 0
    for shot in shots:
        text = shot.text("prompt", at_most=SHOT_PROMPT_MAX)
        if not text:
            raise InvalidError(f"{shot.name('prompt')} must not be empty")
        texts[shot.whole("index")] = text
        total += _shot_seconds(shot, seconds)
    if sorted(texts) != list(range(1, len(shots) + 1)):
        raise InvalidError("multi_prompt index must start at 1 and be contiguous")
    if seconds is not None and total != seconds:
        raise InvalidError(f"multi_prompt duration sum {total} must equal the total duration {seconds}")
    return [texts[index] for index in sorted(texts)]


def _shot_seconds(shot: Fields, seconds: int | None) -> int:
    lasts = shot.text("duration")
    if not _SHORT_NUMBER.fullmatch(lasts) or int(lasts) < 1:
        raise InvalidError(f"{shot.name('duration')} must be a string of whole seconds and not less than 1")
    if seconds is not None and int(lasts) > seconds:
        raise InvalidError(f"{shot.name('duration')} cannot exceed the total duration {seconds}")
    return int(lasts)


def read_elements(fields: Fields, around: Surroundings) -> list[ElementKind]:
    """Reads element_list; an element that is not there, or not any more, is refused."""
    kinds: list[ElementKind] = []
    for item in fields.items("element_list", frozenset({"element_id"})):
        number = item.element_id()
        if number not in around.elements:
            raise InvalidError(f"{item.name('element_id')} {number} not found")
        kinds.append(around.elements[number])
    return kinds


def modes_of(model: str, around: Surroundings) -> tuple[str, ...]:
    """Returns the modes that a video's model has."""
    return ("std", "pro", "4k") if model in {V3_OMNI, V3} and around.on >= FOUR_K else ("std", "pro")


def units_of(model: str, mode: str, condition: str, seconds: float) -> Decimal | None:
    """Returns what a video costs; None where the price list has no such line."""
    if mode == "4k":
        return Decimal("3.0") * round(seconds)
    price = _UNITS.get((model, condition), (None, None))[mode == "pro"]
    return None if price is None else Decimal(price) * round(seconds)


def read_ways(fields: Fields) -> dict[str, Any]:
    """Reads what all creates of videos have besides: watermark, callback and external id."""
    marked = fields.inner("watermark_info", frozenset({"enabled"})).flag("enabled")
    return {"watermark": marked, **fields.ways()}


def references(texts: list[str]) -> set[tuple[str, int]]:
    """Returns the kinds and numbers that prompts refer to, such as `<<<image_1>>>`."""
    return {(kind, int(number)) for text in texts for kind, number in _REFERENCE.findall(text)}


def loose_references(texts: list[str], counts: Mapping[str, int]) -> list[str]:
    """Names references in prompts that point to nothing; what Kling does with them is not documented.

    Args:
        texts: the prompts.
        counts: how many there are of each kind; none of those not given.
    """
    return [
        f"prompt refers to {kind}_{number} of {counts.get(kind, 0)}"
        for kind, number in sorted(references(texts))
        if not 1 <= number <= counts.get(kind, 0)
    ]
