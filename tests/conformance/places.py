"""Where things stand in a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def places_of(value: Any, place: str = "") -> Iterator[str]:
    """Yield every place in a body that has a name, with `[]` for the items of lists: `multi_prompt[].index`."""
    if isinstance(value, dict):
        for name, part in value.items():
            inner = f"{place}.{name}" if place else name
            yield inner
            yield from places_of(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from places_of(part, f"{place}[]")
