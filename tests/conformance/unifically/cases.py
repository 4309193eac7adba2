"""What the cases are made of, and the page's own examples: Unifically, Kling v3.0 Omni."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.harness import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "kuaishou/kling-3.0-omni-video"

A, B, C = "https://example.com/a.jpg", "https://example.com/b.jpg", "https://example.com/c.jpg"
CLIP = "https://example.com/clip.mp4"
IMAGE_ELEMENT = {"image_urls": [A]}
VIDEO_ELEMENT = {"type": "video", "video_url": CLIP}
PROMPT = {"prompt": "a fox"}

DEFAULTS: Mapping[str, Any] = {"mode": "pro", "duration": 5, "native_audio": False, "aspect_ratio": "16:9"}
"""Of the page's table: "pro", 5, false, and `"auto" if video_url, else "16:9"`."""
WITH_FRAME: Mapping[str, Any] = {name: value for name, value in DEFAULTS.items() if name != "aspect_ratio"}
"""The first frame sets the ratio: none is asked for."""
WITH_SHOTS: Mapping[str, Any] = {name: value for name, value in DEFAULTS.items() if name != "duration"}
"""The shots say how long they are, as in the page's example."""
WITH_VIDEO: Mapping[str, Any] = {**DEFAULTS, "aspect_ratio": "auto"}
TRANSFORMED: Mapping[str, Any] = {name: value for name, value in WITH_VIDEO.items() if name != "duration"}
"""The result is as long as the clip."""


def taken(
    name: str,
    says: str,
    given: Mapping[str, Any],
    *defaults: Mapping[str, Any],
    warned: frozenset[str] = frozenset(),
    **changed: Any,
) -> Case:
    """A request that is accepted and arrives as it was given, the defaults said in words, but for what is `changed`."""
    said: dict[str, Any] = {}
    for part in (*(defaults or (DEFAULTS,)), given, changed):
        said |= part
    upstream = {"model": MODEL, "input": {name: value for name, value in said.items() if value is not None}}
    body = {"model": MODEL, "input": given}
    return Case(name=name, says=says, product=MODEL, body=body, upstream=upstream, warned=warned)


def refused(name: str, says: str, given: Mapping[str, Any], *places: str) -> Case:
    """A request that is refused at these places of `input`."""
    at = frozenset(f"input.{place}" for place in places)
    return Case(name=name, says=says, product=MODEL, body={"model": MODEL, "input": given}, refused=at)


def elements(count: int) -> list[dict[str, Any]]:
    """Elements of one picture."""
    return [dict(IMAGE_ELEMENT) for _ in range(count)]


def with_type(*given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same elements, their default type said in words."""
    return [{"type": "image"} | dict(element) for element in given]


def shots(*durations: object) -> list[dict[str, Any]]:
    """Shots of these lengths."""
    return [{"prompt": "a shot", "duration": duration} for duration in durations]


EXAMPLES = [
    taken(
        "text to video",
        "Example - Text-to-Video",
        {"prompt": "A majestic eagle soaring through mountain peaks at sunset", "duration": 5, "mode": "pro"},
    ),
    taken(
        "with elements",
        "Example - With Elements",
        {
            "video_mode": "elements",
            "prompt": "@Element1 walks through a park at sunset",
            "elements": [
                {"description": "Woman in red jacket", "type": "image", "image_urls": ["https://example.com/front.jpg"]}
            ],
            "duration": 10,
            "mode": "pro",
        },
    ),
    taken(
        "reference images with a start frame",
        "Example - Reference Images with Start Frame",
        {
            "video_mode": "elements",
            "prompt": "@Image2 walks toward @Image1 across a meadow",
            "image_urls": ["https://example.com/character.jpg", "https://example.com/scene.jpg"],
            "start_image_index": 2,
            "duration": 5,
            "mode": "pro",
        },
        WITH_FRAME,
    ),
    taken(
        "multi-shot",
        "Example - Multi-Shot",
        {
            "mode": "pro",
            "multi_shots": [
                {"prompt": "Wide shot of city skyline", "duration": 5},
                {"prompt": "Close-up of glass buildings", "duration": 5},
            ],
        },
        WITH_SHOTS,
    ),
    taken(
        "elements of both kinds",
        "Elements: v3 Omni supports both IMAGE and VIDEO elements",
        {
            "video_mode": "elements",
            "prompt": "@Element1 watches @Element2",
            "elements": [
                {"description": "Woman in red jacket", "type": "image", "image_urls": ["front.jpg", "side.jpg"]},
                {"description": "Man dancing", "type": "video", "video_url": "dance.mp4"},
            ],
        },
    ),
]
