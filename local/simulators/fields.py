"""How bodies are read field by field, whichever provider's: each refusal is named by its field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


class InvalidError(Exception):
    """A create breaks a rule; the message begins with the field."""


class Fields:
    """Reads an object's fields; null, empty texts and empty lists are absent.

    Each method raises `InvalidError` for a value that is not of its kind.

    Args:
        values: the object.
        known: the fields that it may have.
        place: of the object in the body, with a dot at its end.
        unknown: collects the places of others; a new list where not given.
    """

    def __init__(
        self, values: Mapping[str, Any], known: frozenset[str], place: str = "", unknown: list[str] | None = None
    ) -> None:
        self._values = values
        self._place = place
        self.unknown: list[str] = [] if unknown is None else unknown
        self.unknown.extend(f"{place}{name}" for name in values if name not in known)

    def name(self, field: str) -> str:
        """Returns a field's name with its place."""
        return f"{self._place}{field}"

    def has(self, field: str) -> bool:
        """Returns whether a field is there."""
        return self._values.get(field) not in (None, "", [], {})

    def text(self, field: str, *, at_most: int | None = None) -> str:
        """Reads a text; empty when absent."""
        if not self.has(field):
            return ""
        value = self._values[field]
        if not isinstance(value, str):
            raise InvalidError(f"{self.name(field)} must be a string")
        if at_most is not None and len(value) > at_most:
            raise InvalidError(f"{self.name(field)} length cannot exceed {at_most} characters")
        return value

    def required(self, field: str, *, at_most: int | None = None) -> str:
        """Reads a text that has to be there, and not of spaces alone."""
        text = self.text(field, at_most=at_most)
        if not text.strip():
            raise InvalidError(f"{self.name(field)} is required")
        return text

    def choice(self, field: str, values: tuple[str, ...], default: str) -> str:
        """Reads one of some words."""
        value = self.text(field) or default
        if value and value not in values:
            raise InvalidError(f"{self.name(field)} value '{value}' is invalid, must be one of: {', '.join(values)}")
        return value

    def whole(self, field: str) -> int:
        """Reads a whole number that has to be there."""
        value = self._values.get(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidError(f"{self.name(field)} must be an integer")
        return value

    def flag(self, field: str) -> bool:
        """Reads a boolean; false when absent."""
        value = self._values.get(field)
        if value is not None and not isinstance(value, bool):
            raise InvalidError(f"{self.name(field)} must be a boolean")
        return value is True

    def urls(self, field: str) -> list[str]:
        """Reads an array of links; an empty one when absent."""
        values = self._values[field] if self.has(field) else []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise InvalidError(f"{self.name(field)} must be an array of strings")
        for number, value in enumerate(values):
            link(f"{self.name(field)}[{number}]", value)
        return values

    def inner(self, field: str, known: frozenset[str]) -> Self:
        """Reads an object; one without fields when absent."""
        value = self._values[field] if self.has(field) else {}
        if not isinstance(value, dict):
            raise InvalidError(f"{self.name(field)} must be an object")
        return type(self)(value, known, f"{self.name(field)}.", self.unknown)

    def items(self, field: str, known: frozenset[str]) -> list[Self]:
        """Reads an array of objects; an empty one when absent."""
        value = self._values[field] if self.has(field) else []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidError(f"{self.name(field)} must be an array of objects")
        return [type(self)(item, known, f"{self.name(field)}[{n}].", self.unknown) for n, item in enumerate(value)]


def link(name: str, url: str, endings: set[str] | None = None) -> None:
    """Refuses what is no link, or one whose path plainly names another format; one without an ending may be any."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise InvalidError(f"{name} is not a valid URL")
    ending = re.search(r"\.([A-Za-z0-9]{1,5})$", parts.path)
    if endings and ending and ending[1].lower() not in endings:
        raise InvalidError(f"{name} format is not supported, must be one of: {', '.join(sorted(endings))}")
