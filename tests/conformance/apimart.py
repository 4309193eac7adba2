"""What both of APIMart's pages on Kling v3 are asked with: pictures, elements, shots, and cases of the one product there is."""

from __future__ import annotations

from typing import Any

from tests.conformance.harness import Case

FIRST, LAST = "https://example.com/first.jpg", "https://example.com/last.jpg"
SIDE, BACK = "https://example.com/side.jpg", "https://example.com/back.jpg"
DOG = {"name": "element_dog", "description": "a brown dog", "element_input_urls": [FIRST, SIDE]}
CAT = {"name": "element_cat", "description": "a grey cat", "element_input_urls": [FIRST, SIDE, BACK]}
HEN = {"name": "element_hen", "description": "a white hen", "element_input_urls": [FIRST, SIDE, BACK, LAST]}


def without(body: dict[str, Any], *fields: str) -> dict[str, Any]:
    """Return a body without some of its fields."""
    return {name: value for name, value in body.items() if name not in fields}


def shots(*durations: Any, prompt: Any = "the dog turns") -> list[dict[str, Any]]:
    """Return shots of these lengths, numbered as the pages want them."""
    return [{"index": number, "prompt": prompt, "duration": lasts} for number, lasts in enumerate(durations, start=1)]


def several(*durations: Any, prompt: Any = "the dog turns") -> dict[str, Any]:
    """Return what asks for given shots, whose lengths are numbers: with the duration that they fill."""
    given = {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots(*durations, prompt=prompt)}
    return given | {"duration": sum(durations)}


def accepted(name: str, says: str, body: dict[str, Any], upstream: dict[str, Any], *warned: str) -> Case:
    """Return a case that arrives at APIMart as `upstream`."""
    return Case(name=name, says=says, product="video", body=body, upstream=upstream, warned=frozenset(warned))


def refused(name: str, says: str, body: dict[str, Any], *places: str) -> Case:
    """Return a case that is refused, at these places."""
    return Case(name=name, says=says, product="video", body=body, refused=frozenset(places))
