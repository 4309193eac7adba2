"""Kling's own documents by name, and what others repeat of them word for word."""

from collections.abc import Mapping
from typing import Final, Literal

SPECIFICATION: Final = "KlingAI Series 3.0 Model API Specification, 2026-02-10"
CHANGELOG: Final = "Kling API updates, {}"
"""By the day of an entry."""

TagId = Literal["o_101", "o_102", "o_103", "o_104", "o_105", "o_106", "o_107", "o_108"]

TAGS: Final[Mapping[TagId, str]] = {
    "o_101": "Hottest",
    "o_102": "Character",
    "o_103": "Animal",
    "o_104": "Item",
    "o_105": "Costume",
    "o_106": "Scene",
    "o_107": "Effect",
    "o_108": "Others",
}
"""The names of the tags that an element may have."""
