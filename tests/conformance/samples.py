"""Requests that lie at a limit of a profile, and just beyond it, made from what the limit says.

Here it is only tried whether a limit does anything; that it is the right one, the cases written by hand show.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final, get_args

from klingway.domain.measures import Measure, Trait
from klingway.domain.request import AspectRatio, Mode, PictureAspectRatio, Resolution, ShotSplit

from tests.conformance.fields import DOG, MAN, REFERENCE
from tests.unit.builders import EDIT, FEATURE, FIRST, LAST, PICTURE, elements, shots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from klingway.domain.capabilities import Limit
    from klingway.domain.request import Kind

Body = dict[str, Any]

_BOTH_FRAMES: Final = [FIRST, LAST]


def _named(element: Mapping[str, Any], count: int) -> list[Body]:
    return [{**element, "name": f"{element['name']} {number}"} for number in range(count)]


def _shots(count: int) -> Iterator[Body]:
    yield from ({"shots": shots(*[each] * count)} for each in (1, 2, 3) if 3 <= each * count <= 15)


def _images(count: int) -> Iterator[Body]:
    """Reference images, behind no frame, the first one or both."""
    for frames in ([], [FIRST], _BOTH_FRAMES):
        if count >= len(frames):
            yield {"images": [*frames, *[REFERENCE] * (count - len(frames))]}


def _elements(count: int) -> Iterator[Body]:
    yield from ({"elements": found} for found in (elements(count), _named(DOG, count), _named(MAN, count)))


def _images_and(count: int, make: Callable[[int], Iterator[Body]]) -> Iterator[Body]:
    yield from _images(count)
    yield from make(count)
    for few in range(1, count):
        yield from (picture | others for picture, others in product(_images(few), make(count - few)))


def _image_elements(count: int) -> Iterator[Body]:
    yield {"elements": _named(DOG, count)}


def _element(**changed: Any) -> Iterator[Body]:
    yield from (
        {"elements": [{name: part for name, part in (element | changed).items() if part}]} for element in (DOG, MAN)
    )


_PARTS: Final[Mapping[Measure, Callable[[Any], Iterator[Body]]]] = {
    Measure.PROMPT_CHARS: lambda count: iter([{"prompt": "x" * count}]),
    Measure.NEGATIVE_PROMPT_CHARS: lambda count: iter([{"negative_prompt": "x" * count}]),
    Measure.SHOT_PROMPT_CHARS: lambda count: iter([{"shots": shots(3, 3, prompt="x" * count)}]),
    Measure.SHOT_DURATION: lambda lasts_s: iter([{"shots": shots(lasts_s, 3)}]),
    Measure.SHOTS: _shots,
    Measure.DURATION: lambda lasts_s: iter([{"duration_s": lasts_s}, {"shots": shots(lasts_s)}]),
    Measure.MODE: lambda mode: iter([{"mode": mode}]),
    Measure.ASPECT_RATIO: lambda ratio: iter([{"aspect_ratio": ratio}]),
    Measure.SHOT_SPLIT: lambda split: iter([{"shot_split": split}, {"shot_split": split, "shots": shots(3, 3)}]),
    Measure.IMAGES: _images,
    Measure.ELEMENTS: _elements,
    Measure.IMAGES_AND_ELEMENTS: lambda count: _images_and(count, _elements),
    Measure.FIRST_FRAME: lambda _: iter([{"images": [FIRST]}]),
    Measure.LAST_FRAME: lambda _: iter([{"images": _BOTH_FRAMES}]),
    Measure.FIRST_FRAMES: lambda count: iter([{"images": [FIRST] * count} if count else {}]),
    Measure.REFERENCE_IMAGES: lambda count: iter([{"images": [REFERENCE] * count} if count else {}]),
    Measure.VOICES: lambda count: iter([{"voices": [{"id": "829877"}] * count}]),
    Measure.SOUND: lambda _: iter([{"sound": True}]),
    Measure.WATERMARK: lambda _: iter([{"watermark": True}]),
    Measure.IMAGE_REFERENCE: lambda _: iter([{"prompt": "<<<image_1>>>"}]),
    Measure.VIDEO_REFERENCE: lambda _: iter([{"prompt": "<<<video_1>>>", "video": FEATURE}]),
    Measure.KEPT_SOUND: lambda _: iter([{"video": FEATURE | {"keep_sound": True}}]),
    Measure.ELEMENT_ID: lambda name: iter([{"elements": [{"id": name}]}]),
    Measure.ELEMENT_NUMBER: lambda number: iter([{"elements": [{"id": str(number)}]}]),
    Measure.ELEMENT_IMAGES: lambda count: _element(images=[PICTURE] * count, video=None),
    Measure.ELEMENT_NAME_CHARS: lambda count: _element(name="x" * count),
    Measure.REPEATED_ELEMENT_NAME: lambda _: iter([{"elements": [DOG, DOG]}]),
    Measure.ELEMENT_DESCRIPTION_CHARS: lambda count: _element(description="x" * count),
    Measure.VIDEO_ELEMENTS: lambda count: iter([{"elements": _named(MAN, count or 1)}]),
    Measure.IMAGES_AND_IMAGE_ELEMENTS: lambda count: _images_and(count, _image_elements),
    Measure.IMAGE_ELEMENT_VOICE: lambda _: iter([{"elements": [DOG | {"voice_id": "829877"}]}]),
    Measure.ELEMENT_TAG: lambda tag: _element(tags=[tag]),
    Measure.SERIES: lambda _: iter([{"series": True}]),
    Measure.RESOLUTION: lambda resolution: iter([{"resolution": resolution}]),
    Measure.PICTURES: lambda count: iter([{"count": count}]),
    Measure.OPEN_COUNT: lambda _: iter([{"count": "auto", "series": True}]),
}
"""How a measure comes to a value, in as many ways as there are."""

_TRAITS: Final[Mapping[Trait, Sequence[Body]]] = {
    Trait.MULTI_SHOT: ({"shots": shots(3, 3)}, {"shot_split": "intelligence"}),
    Trait.FIRST_FRAME: ({"images": [FIRST]},),
    Trait.LAST_FRAME: ({"images": _BOTH_FRAMES},),
    Trait.REFERENCE_IMAGES: ({"images": [REFERENCE]},),
    Trait.IMAGE_REFERENCE: ({"prompt": "<<<image_1>>>"},),
    Trait.VIDEO: ({"video": FEATURE}, {"video": EDIT}),
    Trait.OVER_TWO_IMAGES: ({"images": [REFERENCE] * 3},),
    Trait.ELEMENTS: ({"elements": elements(1)},),
    Trait.VIDEO_ELEMENTS: ({"elements": [MAN]},),
    Trait.SERIES: ({"series": True},),
    Trait.SOUND: ({"sound": True},),
    Trait.PRO: ({"mode": "pro"},),
}
"""What gives a request a trait."""

_BESIDE: Final[Mapping[Kind, Sequence[Body]]] = {
    "video": (
        {}, {"images": [FIRST]}, {"images": [REFERENCE]}, {"images": [FIRST, REFERENCE]}, {"video": FEATURE},
        {"sound": True}, {"mode": "pro"}, {"mode": "pro", "images": [FIRST]}, {"mode": "pro", "sound": True},
        {"elements": elements(1), "images": [FIRST]}, {"sound": True, "images": [FIRST]},
    ),
    "image": ({}, {"images": [REFERENCE]}, {"images": [REFERENCE], "series": True}, {"elements": elements(1)}),
}  # fmt: skip
"""What a model may need besides."""

_WORDS: Final[Mapping[Measure, Mapping[Kind, Sequence[Any]]]] = {
    Measure.MODE: {"video": get_args(Mode)},
    Measure.ASPECT_RATIO: {"video": get_args(AspectRatio), "image": get_args(PictureAspectRatio)},
    Measure.SHOT_SPLIT: {"video": get_args(ShotSplit)},
    Measure.RESOLUTION: {"image": get_args(Resolution)},
    Measure.DURATION: {"video": range(3, 16)},
    Measure.ELEMENT_TAG: dict.fromkeys(("video", "image"), ("o_101", "o_108", "o_100", "o_109")),
    Measure.ELEMENT_ID: dict.fromkeys(("video", "image"), ("1" * 18, "1" * 19, "dog", "1" * 20)),
}
"""The values that a measure of words can have, and those of a number of which a limit may list some."""


def words(of: Measure, kind: Kind) -> Sequence[Any]:
    """Return the values that a measure can have; one that is there or not has a single one."""
    return _WORDS.get(of, {}).get(kind, (True,))


def samples(limit: Limit, kind: Kind, model: str, value: Any) -> Iterator[Body]:
    """Yield bodies for a model in which what a limit is about may come to a value, in the circumstances of the limit."""
    circumstances = product(*(_TRAITS[trait] for trait in sorted(limit.when)))
    for part, beside, traits in product(_PARTS[limit.of](value), _BESIDE[kind], circumstances):
        yield _merged(model, part, *traits, beside)


def _merged(model: str, *parts: Body) -> Body:
    """Return one body of several parts; of images and elements, those of a kind that is not there yet are added."""
    body: Body = {"model": model}
    for part in parts:
        for name, value in part.items():
            if name in {"images", "elements"}:
                there = {_kind(each) for each in body.get(name, [])}
                body[name] = [*body.get(name, []), *(each for each in value if _kind(each) not in there)]
            else:
                body.setdefault(name, value)
    return body if "shots" in body else {"prompt": "a fox"} | body


def _kind(part: Body) -> str:
    return part.get("role") or ("id" if "id" in part else "video" if "video" in part else "picture")
