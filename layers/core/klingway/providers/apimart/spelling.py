"""How prompts name images and elements at APIMart: `<<<image_1>>>` and `@name`, in both directions.

Source: APIMart, Kling v3 Omni, "Image Reference Syntax" and `element_list`; clients known to work for `<<<video_1>>>`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from klingway.domain.references import Reference, canonical, references_in, respelt
from klingway.domain.request import Element, ImageRole, VideoRequest
from klingway.providers.ordering import in_order_of

_OF_V3: Final[Sequence[ImageRole]] = ("reference", "first_frame", "last_frame")
"""The order in which kling-v3 takes images; of reference images it has none."""

_ONE_WORD: Final = re.compile(r"\w+")
_LATIN: Final = "A-Za-z0-9_"
_OTHER_WORD: Final = rf"(?<![{_LATIN}.+-])@(?P<word>\w+)"
"""Behind a Latin letter or a full stop it is the end of a mail address, and calls nothing."""
_NEVER: Final = "(?!)"


def spelt(request: VideoRequest) -> VideoRequest:
    """Return a request as APIMart gets it: images in order, each element with a name, prompts in its spelling.

    Images of kling-v3-omni keep their order, and so their numbers. The page counts `<<<image_N>>>` along `image_urls`, and for
    `image_with_roles` does not say whether frames count: whoever wrote for APIMart knows, and gets what he wrote. Of
    kling-v3's two images the first one is the first frame, and the numbers follow.

    A reference to something that is not there stays as it is.
    """
    if request.asked_model == "kling-v3":
        request = in_order_of(_OF_V3, request)
    names = dict(enumerate(_names(request.elements or []), start=1))

    def spelling(reference: Reference) -> str:
        if reference.kind == "element" and reference.number in names:
            return f"@{names[reference.number]}"
        return str(reference)  # `<<<video_1>>>` is not on the page, but clients that work send it

    changed = {
        "prompt": respelt(request.prompt, spelling) if request.prompt is not None else None,
        "shots": [shot.model_copy(update={"prompt": respelt(shot.prompt, spelling)}) for shot in request.shots or []],
        "elements": [
            element.model_copy(update={"name": name})
            for element, name in zip(request.elements or [], names.values(), strict=True)
        ],
    }
    return request.model_copy(update={field: value or None for field, value in changed.items()})


def _names(elements: Sequence[Element]) -> Iterator[str]:
    """Yield what each element is called at APIMart: its own name, or `element_1` where it has none that is one word.

    A name is nothing but what prompts call the element by, and has to end where a word ends; nothing is kept under it.
    """
    given = {element.name for element in elements}
    for number, element in enumerate(elements, start=1):
        if element.name is not None and _ONE_WORD.fullmatch(element.name):
            yield element.name
            continue
        name = f"element_{number}"
        while name in given:
            name += "_"
        yield name


class Names:
    """The elements of a create by the names that its prompts call them by.

    The longest name that fits counts. A name that ends in a Latin letter, a digit or an underscore ends where these do:
    `@dogs` is no `@dog`. One in a script that sets no spaces between words may end anywhere.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._numbers: dict[str, int] = {}
        for number, name in enumerate(names, start=1):
            self._numbers.setdefault(name, number)
        known = [_ending(name) for name in sorted(self._numbers, key=len, reverse=True)]
        self._pattern = re.compile(f"@(?P<name>{'|'.join(known) or _NEVER})|{_OTHER_WORD}")

    def canonical(self, prompt: str) -> str:
        """Return a prompt with the elements' names as our references."""
        return canonical(prompt, self._pattern, self._meaning)

    def unknown(self, prompt: str) -> list[str]:
        """Return each `@word` of a prompt that seems to call an element and calls none of those given.

        Where none is given, only a word such as the page's own `@element_dog` does: there are other reasons for an `@`.
        """
        found = (match["word"] for match in self._pattern.finditer(prompt) if self._meaning(match) is None)
        return list(dict.fromkeys(word for word in found if self._numbers or word.startswith("element_")))

    def _meaning(self, found: re.Match[str]) -> Reference | None:
        return None if found["name"] is None else Reference("element", self._numbers[found["name"]])


def _ending(name: str) -> str:
    return re.escape(name) + (f"(?![{_LATIN}])" if re.search(f"[{_LATIN}]$", name) else "")


def with_image_named(prompt: str) -> str:
    """Return a prompt beside reference images with `<<<image_1>>>` in front, unless it names an image itself.

    A blank one stays blank: it is no prompt, and is refused as such.
    """
    names_one = any(reference.kind == "image" for reference in references_in(prompt))
    return prompt if names_one or not prompt.strip() else f"{Reference('image', 1)}{prompt}"
