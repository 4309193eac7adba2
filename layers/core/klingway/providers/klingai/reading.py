"""What the translations of all of Kling's creates have in common: spellings of references, and places."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from klingway.domain.references import Reference, canonical
from klingway.providers.klingai import schema

_SPELLING: Final = re.compile(r"<{2,3}(image|element|object|video|voice)_([0-9]{1,6})>{2,3}")
"""`<<<image_1>>>`, as the document writes it, or with two brackets, as its examples do; an element is an `object` there too."""

COMMON_PLACES: Final[Mapping[str, str]] = {
    "model": "model_name",
    "elements": "element_list",
    "elements[].id": "element_list[].element_id",
    "watermark": "watermark_info",
}


def spelt(prompt: str) -> str:
    """Return a prompt with its references as the canonical form has them."""
    return canonical(prompt, _SPELLING, lambda found: Reference(_kind(found[1]), int(found[2])))


def _kind(word: str) -> str:
    return "element" if word == "object" else word


def elements(items: Sequence[schema.ElementItem] | None) -> list[dict[str, Any]] | None:
    """Return the elements of a create; their numbers belong to the provider, or stand for elements of ours."""
    return [{"id": str(item.element_id)} for item in items] if items else None


def watermark(create: schema.Create) -> bool | None:
    """Return whether a watermarked copy is asked for; None where nothing is said of one."""
    return None if create.watermark_info is None else create.watermark_info.enabled


def given(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the parts of a body of which something is said."""
    return {name: value for name, value in parts.items() if value is not None}
