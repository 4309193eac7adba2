"""What becomes of a document's example at a provider: what arrives there, or where the caller is told that it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KLING_OMNI: Final = "/v1/videos/omni-video"
KLING_TEXT: Final = "/v1/videos/text2video"
KLING_IMAGE: Final = "/v1/videos/image2video"
APIMART: Final = "/v1/videos/generations"
EZMODEL: Final = "/kling/v1/videos/omni-video"
UNIFICALLY: Final = "/v1/tasks"

FIRST_ELEMENT, SECOND_ELEMENT = 829836802793406551, 829836802793406552
"""What a provider that keeps elements calls those that are made for an example, in their order."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Either what arrives, or the places of the refusal in the caller's own names."""

    path: str = ""
    body: Mapping[str, Any] | None = None
    """As the provider's own document says it, what it calls default said in words; our callback and id are left out."""
    elements: tuple[Mapping[str, Any], ...] = ()
    """The creates of elements that go before, where the provider keeps them."""
    refused: frozenset[str] = frozenset()


def arrives(path: str, body: Mapping[str, Any], *elements: Mapping[str, Any]) -> Outcome:
    """Return what arrives at a path, behind the creates of elements."""
    return Outcome(path=path, body=body, elements=elements)


def at_unifically(**given: Any) -> Outcome:
    """Return what arrives at Unifically as the `input` of its model."""
    return arrives(UNIFICALLY, {"model": "kuaishou/kling-3.0-omni-video", "input": given})


def refused(*places: str) -> Outcome:
    """Return that it is refused, and where."""
    return Outcome(refused=frozenset(places))
