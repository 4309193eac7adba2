"""How the cases are written down: bodies with parts added or taken away, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.harness import Case
from tests.conformance.klingai.examples import OTHER_PICTURE, PICTURE

if TYPE_CHECKING:
    from collections.abc import Iterator


class Of:
    """The cases of one product."""

    def __init__(self, product: str) -> None:
        self._product = product

    def taken(
        self, name: str, says: str, body: dict[str, Any], upstream: dict[str, Any] | None = None, **more: Any
    ) -> Case:
        """Return a case that is accepted."""
        return Case(name=name, says=says, product=self._product, body=body, upstream=upstream, **more)

    def refused(self, name: str, says: str, body: dict[str, Any], *places: str, **more: Any) -> Case:
        """Return a case that is refused at these places."""
        return Case(name=name, says=says, product=self._product, body=body, refused=frozenset(places), **more)


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a body without some of its fields."""
    return {name: value for name, value in body.items() if name not in names}


def shots(*durations: str) -> list[dict[str, Any]]:
    """Return shots of these lengths, counted from 1."""
    return [{"index": index, "prompt": "a shot", "duration": text} for index, text in enumerate(durations, start=1)]


def shot(prompt: str, **changed: Any) -> list[dict[str, Any]]:
    """Return one shot of five seconds."""
    return [{"index": 1, "prompt": prompt, "duration": "5"} | changed]


def elements(count: int) -> list[dict[str, Any]]:
    """Return elements that exist."""
    return [{"element_id": 160 + index} for index in range(count)]


def images(count: int) -> list[dict[str, Any]]:
    """Return reference images of omni-video."""
    return [{"image_url": PICTURE} for _ in range(count)]


FIRST, END = {"image_url": PICTURE, "type": "first_frame"}, {"image_url": OTHER_PICTURE, "type": "end_frame"}


def places_in(place: str, value: Any) -> Iterator[str]:
    """Yield the place of every field of a body, with `[]` for any index."""
    if isinstance(value, dict):
        for name, part in value.items():
            inner = f"{place}.{name}" if place else name
            yield inner
            yield from places_in(inner, part)
    if isinstance(value, list):
        for part in value:
            yield from places_in(f"{place}[]", part)
