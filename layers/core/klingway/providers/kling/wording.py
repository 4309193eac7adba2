"""Words of prompts that say nothing to Kling, but refer to a picture at a service that spells references so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from klingway.providers.spoken import their_place

_ELSEWHERE: Final = re.compile(r"(?<!\w)@(image|element|video)_?([0-9]{1,6})(?!\w)", re.ASCII | re.IGNORECASE)
"""`@image_1` (EzModel, Kling Omni Video), `@Image1` (Unifically, Kling v3.0 Omni)."""


def warnings_of_wording(body: Mapping[str, Any], places: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each prompt of a canonical body with a word that may refer to something where it is sent.

    It goes out as it is: what a caller writes is not changed. `places` are the caller's names, as in `Translated`.
    """
    prompts = {"prompt": body.get("prompt")} | {
        f"shots[{index}].prompt": shot["prompt"] for index, shot in enumerate(body.get("shots") or [])
    }
    for place, prompt in prompts.items():
        if found := _ELSEWHERE.search(prompt or ""):
            kind, number = found[1].lower(), int(found[2])
            yield (
                f"{their_place(place, places)}: {found[0]} is text here, though some providers take it for a reference; "
                f"Kling refers as <<<{kind}_{number}>>>"
            )
