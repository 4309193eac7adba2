"""How KlingAI's creates are read: fields, pictures and links, each refusal (400 / 1201) named by its field."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

from local.simulators.media import nearest_aspect

if TYPE_CHECKING:
    from collections.abc import Mapping

_IMAGE_BYTES_MAX, _IMAGE_SIDE_MIN, _IMAGE_RATIO_MAX = 10 * 1024 * 1024, 300, 2.5
_INT64_MAX: Final = 2**63 - 1
_LONG_NUMBER: Final = re.compile(r"[0-9]{1,19}")


class InvalidError(Exception):
    """A create breaks a rule; the message begins with the field."""


class Fields:
    """Reads an object's fields; null, empty texts and empty lists are absent, as in the specification's examples.

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

    def choice(self, field: str, values: tuple[str, ...], default: str) -> str:
        """Reads one of some words."""
        value = self.text(field) or default
        if value and value not in values:
            raise InvalidError(f"{self.name(field)} value '{value}' is invalid, must be one of: {', '.join(values)}")
        return value

    def flag(self, field: str) -> bool:
        """Reads a boolean; the specification's own example writes "true" as text."""
        value = self._values.get(field)
        if value is None or value is False or value in ("", "false"):
            return False
        if value is True or value == "true":
            return True
        raise InvalidError(f"{self.name(field)} must be a boolean")

    def number(self, field: str, low: float, high: float) -> None:
        """Checks a number that may be absent."""
        value = self._values.get(field)
        if not self.has(field):
            return
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InvalidError(f"{self.name(field)} must be a number within [{low:g}, {high:g}]")

    def whole(self, field: str) -> int:
        """Reads a whole number that has to be there."""
        value = self._values.get(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidError(f"{self.name(field)} must be an integer")
        return value

    def inner(self, field: str, known: frozenset[str]) -> Fields:
        """Reads an object; one without fields when absent."""
        value = self._values[field] if self.has(field) else {}
        if not isinstance(value, dict):
            raise InvalidError(f"{self.name(field)} must be an object")
        return Fields(value, known, f"{self.name(field)}.", self.unknown)

    def items(self, field: str, known: frozenset[str]) -> list[Fields]:
        """Reads an array of objects; an empty one when absent."""
        value = self._values[field] if self.has(field) else []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidError(f"{self.name(field)} must be an array of objects")
        return [Fields(item, known, f"{self.name(field)}[{n}].", self.unknown) for n, item in enumerate(value)]

    def element_id(self) -> int:
        """Reads element_id, a long; as text it is taken too."""
        value = self._values.get("element_id")
        if isinstance(value, str) and _LONG_NUMBER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _INT64_MAX:
            raise InvalidError(f"{self.name('element_id')} must be a long")
        return value

    def ways(self) -> dict[str, str]:
        """Reads what all creates have besides: `callback_url` and `external_task_id`, empty when absent."""
        url = self.text("callback_url")
        if url:
            link("callback_url", url)
        return {"callback_url": url, "external_task_id": self.text("external_task_id")}


def picture(name: str, value: str, *, any_ratio: bool = False) -> str | None:
    """Checks an image: a link, or raw base64 of a jpg or png of the right size.

    Returns:
        The aspect nearest to it; None where only a link is known.
    """
    if value.startswith(("http://", "https://")):
        link(name, value, {"jpg", "jpeg", "png"})
        return None
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidError(f"{name}: File is not in a valid base64 format") from None
    if len(data) > _IMAGE_BYTES_MAX:
        raise InvalidError(f"{name} file size cannot exceed 10MB")
    try:
        with Image.open(io.BytesIO(data)) as picture:
            (width, height), kind = picture.size, picture.format
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        kind, width, height = None, 0, 0
    if kind not in {"JPEG", "PNG"}:
        raise InvalidError(f"{name} format is not supported, must be .jpg / .jpeg / .png")
    if min(width, height) < _IMAGE_SIDE_MIN:
        raise InvalidError(f"{name} width and height cannot be less than 300px")
    if not any_ratio and max(width, height) > _IMAGE_RATIO_MAX * min(width, height):
        raise InvalidError(f"{name} aspect ratio must be between 1:2.5 and 2.5:1")
    return nearest_aspect(width, height)


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
