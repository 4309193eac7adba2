"""How prompts refer to images and elements at Unifically: `@Image1`, `@Element1`, counted along `image_urls` and `elements`.

Source: Unifically, Kling v3.0 Omni, the rows `image_urls` and `elements`. The product page of the same model writes
`@image_1`, so that callers' prompts are read in either spelling.
"""

import re
from collections.abc import Iterator
from typing import Final

from klingway.domain.references import Reference, canonical, respelt

_LATIN: Final = "A-Za-z0-9_"
_ONE: Final = rf"@(?:image|element)_?[0-9]++(?![{_LATIN}])"
# Within Latin letters or digits it is an address, or a name; other scripts set no spaces between words.
_THEIRS: Final = re.compile(rf"(?<![{_LATIN}])(?:{_ONE})+", re.ASCII | re.IGNORECASE)
"""References, one right behind another."""
_PARTS: Final = re.compile(
    r"(?P<word>@(?P<kind>image|element)_?(?P<number>[0-9]{1,6}))[0-9]*", re.ASCII | re.IGNORECASE
)
"""Each of them. No list is so long that six digits are too few."""
_BEHIND_A_WORD: Final = re.compile(rf"(?<=[{_LATIN}])(?=<<<(?:image|element)_[0-9]+>>>)")


def theirs(prompt: str) -> str:
    """Return a canonical prompt with its references as Unifically spells them; it has images and elements alone.

    What is text there, and would name a picture here, gets a space: `@ image_1`.
    """
    plain = _THEIRS.sub(lambda found: found[0].replace("@", "@ "), prompt)
    apart = _BEHIND_A_WORD.sub(" ", plain)
    return respelt(apart, lambda reference: f"@{reference.kind.capitalize()}{reference.number}")


def ours(prompt: str) -> str:
    """Return a caller's prompt with its references in the canonical spelling."""
    return _THEIRS.sub(lambda found: canonical(found[0], _PARTS, _meaning), prompt)


def references_in(prompt: str) -> Iterator[tuple[str, Reference]]:
    """Yield each reference of a caller's prompt, as it stands there and as what it means."""
    for found in _THEIRS.finditer(prompt):
        for part in _PARTS.finditer(found[0]):
            yield part["word"], _meaning(part)


def _meaning(found: re.Match[str]) -> Reference:
    return Reference(found["kind"].lower(), int(found["number"]))
