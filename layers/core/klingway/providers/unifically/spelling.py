"""How prompts refer to images and elements at Unifically: `@Image1`, `@Element1`, counted along `image_urls` and `elements`.

Source: Unifically, Kling v3.0 Omni, the rows `image_urls` and `elements`. The product page of the same model writes
`@image_1`, so that callers' prompts are read in either spelling.
"""

import re
from collections.abc import Iterator
from typing import Final

from klingway.domain.references import Reference, canonical, respelt

_THEIRS: Final = re.compile(r"@(image|element)_?([0-9]{1,6})", re.IGNORECASE)


def theirs(prompt: str) -> str:
    """Return a canonical prompt with its references as Unifically spells them; it has images and elements alone."""
    return respelt(prompt, lambda reference: f"@{reference.kind.capitalize()}{reference.number}")


def ours(prompt: str) -> str:
    """Return a caller's prompt with its references in the canonical spelling."""
    return canonical(prompt, _THEIRS, _meaning)


def references_in(prompt: str) -> Iterator[tuple[str, Reference]]:
    """Yield each reference of a caller's prompt, as it stands there and as what it means."""
    for found in _THEIRS.finditer(prompt):
        yield found[0], _meaning(found)


def _meaning(found: re.Match[str]) -> Reference:
    return Reference(found[1].lower(), int(found[2]))
