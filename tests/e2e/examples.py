"""The examples of the four services' documents, and what has to become of each at each provider: by hand, from the documents.

An example goes to every provider; where it is not refused, it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.conformance.apimart_v3.cases import USE_CASES as APIMART_V3
from tests.conformance.apimart_v3_omni.cases import USE_CASES as APIMART_V3_OMNI
from tests.conformance.ezmodel.examples import EXAMPLES as EZMODEL
from tests.conformance.klingai import (
    cases_generations,
    cases_image2video,
    cases_omni_image,
    cases_omni_video,
    cases_text2video,
)
from tests.conformance.unifically.cases import EXAMPLES as UNIFICALLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.conformance.harness import Case

PROVIDERS: Final = ("klingai", "ezmodel", "apimart", "unifically")

Reason = dict[str, str]
"""At which places of the caller's own it is refused, and with which words of the message."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """An example of a document."""

    dialect: str
    name: str
    case: Case
    seconds: float = 0
    """How long its film is; 0 where it asks for pictures."""
    pictures: int = 0
    refused: Mapping[str, Reason] = field(default_factory=dict)
    """By provider."""


def _of(cases: Iterable[Case], name: str) -> Case:
    (found,) = [case for case in cases if case.name == name]
    return found


def _at(reason: Reason, *providers: str) -> dict[str, Reason]:
    return dict.fromkeys(providers or PROVIDERS, reason)


# Kling's own model kling-v3 is at KlingAI and APIMart alone; an element's number is one of the account that made it.
_NO_V3: Final = "makes no video with kling-v3;"
_ONLY_OMNI: Final = _at({"model_name": _NO_V3}, "ezmodel", "unifically")
_KLINGS_OWN: Final = _at({"element_list[0].element_id": "160 is klingai's own"}, "ezmodel", "apimart", "unifically")

KLINGAI: Final = (
    Example(  # no example, but the least that its table asks for: EzModel takes none of the examples
        dialect="klingai",
        name="omni-video: a prompt",
        case=_of(cases_omni_video.CASES, "v3-omni"),
        seconds=5,
    ),
    Example(
        dialect="klingai",
        name="omni-video: images with shots, as it stands",
        case=_of(cases_omni_video.CASES, "image-to-video with multi-shot, as it stands"),
        refused=_at({"multi_prompt[0].prompt": "514 characters"}),
    ),
    Example(
        dialect="klingai",
        name="omni-video: images with shots",
        case=_of(cases_omni_video.CASES, "image-to-video with multi-shot"),
        seconds=5,
        refused=_at({"multi_prompt[0].duration": "at least 3; here it is 2"}, "ezmodel"),
    ),
    Example(
        dialect="klingai",
        name="omni-video: shots",
        case=_of(cases_omni_video.CASES, "text-to-video with multi-shot"),
        seconds=15,
        refused=_at(
            {
                "multi_prompt[0].duration": "at least 3; here it is 2",
                "multi_prompt[5].duration": "at least 3; here it is 1",
            },
            "ezmodel",
        ),
    ),
    Example(
        dialect="klingai",
        name="text2video: shots",
        case=_of(cases_text2video.CASES, "text-to-video with multi-shot"),
        seconds=15,
        refused=_ONLY_OMNI,
    ),
    Example(
        dialect="klingai",
        name="image2video: shots",
        case=_of(cases_image2video.CASES, "image-to-video with multi-shot"),
        seconds=15,
        refused=_ONLY_OMNI,
    ),
    Example(
        dialect="klingai",
        name="image2video: voices and an element, as it stands",
        case=_of(cases_image2video.CASES, "image-to-video with voice of element, as it stands"),
        refused=_at({"voice_list": "mutually exclusive"}),
    ),
    Example(
        dialect="klingai",
        name="image2video: voices",
        case=_of(cases_image2video.CASES, "image-to-video with voices alone"),
        seconds=9,
        refused=_ONLY_OMNI | _at({"voice_list": "does not take"}, "apimart"),
    ),
    Example(
        dialect="klingai",
        name="omni-image",
        case=_of(cases_omni_image.CASES, "image generation with element"),
        pictures=2,
        refused=_KLINGS_OWN,
    ),
    Example(
        dialect="klingai",
        name="generations",
        case=_of(cases_generations.CASES, "image generation with element"),
        pictures=9,
        refused=_KLINGS_OWN,
    ),
)

_ON_EZMODEL: Final[Mapping[str, tuple[float, Mapping[str, Reason]]]] = {
    "Basic Usage - Text to Video": (10, {}),
    "Image to Video - First/End Frame Mode": (5, {}),
    "V3 Multi-shot Narrative": (13, {}),
    # As long as its clip; Unifically has no word for a sound to keep.
    "V3 Video Editing": (5, _at({"video_list[0].keep_original_sound": "no original sound"}, "unifically")),
}
_ON_UNIFICALLY: Final[Mapping[str, tuple[float, Mapping[str, Reason]]]] = {
    "text to video": (5, {}),
    # Elsewhere an element has at least two images.
    "with elements": (
        10,
        _at({"input.elements[0].image_urls": "at least 2"}, "klingai", "ezmodel", "apimart"),
    ),
    "reference images with a start frame": (5, {}),
    "multi-shot": (10, {}),
    "elements of both kinds": (5, _at({"input.elements[1].video_url": "does not take"}, "apimart")),
}
_ON_APIMART_V3: Final = {"case 1": 5, "case 2": 10, "case 3": 15, "case 4": 5, "case 5": 5, "case 6": 5, "case 7": 15}


def _videos(
    dialect: str, cases: Iterable[Case], known: Mapping[str, tuple[float, Mapping[str, Reason]]], prefix: str = ""
) -> Iterator[Example]:
    for case in cases:
        seconds, refused = known[case.name]
        yield Example(dialect=dialect, name=f"{prefix}{case.name}", case=case, seconds=seconds, refused=refused)


EXAMPLES: Final = (
    *KLINGAI,
    *_videos("ezmodel", EZMODEL, _ON_EZMODEL),
    *_videos("unifically", UNIFICALLY, _ON_UNIFICALLY),
    *_videos(
        "apimart",
        APIMART_V3,
        {name: (seconds, _at({"model": _NO_V3}, "ezmodel", "unifically")) for name, seconds in _ON_APIMART_V3.items()},
        "v3, ",
    ),
    *_videos("apimart", APIMART_V3_OMNI, {case.name: (5, {}) for case in APIMART_V3_OMNI}, "v3 omni, "),
)


def absolute(value: Any) -> Any:
    """Return a body in which names of files, as one example has them, are addresses."""
    if isinstance(value, dict):
        return {name: absolute(part) for name, part in value.items()}
    if isinstance(value, list):
        return [absolute(part) for part in value]
    is_file = isinstance(value, str) and value.endswith((".jpg", ".mp4")) and "/" not in value
    return f"https://example.com/{value}" if is_file else value
