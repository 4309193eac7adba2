"""References inside prompts: `<<<image_1>>>`, `<<<video_1>>>`, `<<<element_2>>>`, `<<<voice_1>>>`, counted from 1.

The canonical spelling is Kling's own (Kling's API specification, `prompt`); each provider module rewrites it to its own.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from klingway.domain.request import MAX_PROMPT_CHARS

NUMBER: Final = f"[0-9]{{1,{MAX_PROMPT_CHARS}}}"
"""The number of a reference, as far as a prompt goes: what is longer is no reference, and more than Python reads as a number."""

_REFERENCE = re.compile(f"<<<(image|video|element|voice)_({NUMBER})>>>")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference found in a prompt."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"<<<{self.kind}_{self.number}>>>"


def references_in(prompt: str) -> Iterator[Reference]:
    """Yield each reference of a prompt, in order, repeated as often as it stands there."""
    for found in _REFERENCE.finditer(prompt):
        yield Reference(found[1], int(found[2]))


def respelt(prompt: str, spelling: Callable[[Reference], str]) -> str:
    """Return a prompt with each reference in another spelling; one that would run into the next word is kept off it."""

    def respell(found: re.Match[str]) -> str:
        word = spelling(Reference(found[1], int(found[2])))
        runs_on = _WORD.match(word[-1:]) and _WORD.match(prompt, found.end())
        return f"{word} " if runs_on else word

    return _REFERENCE.sub(respell, prompt)


def canonical(prompt: str, spelling: re.Pattern[str], meaning: Callable[[re.Match[str]], Reference | None]) -> str:
    """Return a prompt in another spelling with its references in ours; what means none (None) stays as it is."""
    return spelling.sub(lambda found: str(meaning(found) or found[0]), prompt)
