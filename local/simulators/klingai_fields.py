"""How KlingAI's creates are read: fields, pictures and links, each refusal (400 / 1201) named by its field."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import Final

from PIL import Image, UnidentifiedImageError
from typing_extensions import override

from local.simulators import fields
from local.simulators.fields import InvalidError, link
from local.simulators.media import nearest_aspect

_IMAGE_BYTES_MAX, _IMAGE_SIDE_MIN, _IMAGE_RATIO_MAX = 10 * 1024 * 1024, 300, 2.5
_INT64_MAX: Final = 2**63 - 1
_LONG_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,3}")


class Fields(fields.Fields):
    """An object's fields as KlingAI reads them; that empty ones are absent is seen in the specification's examples."""

    @override
    def flag(self, field: str) -> bool:
        """Reads a boolean; the specification's own example writes "true" as text."""
        value = self._values.get(field)
        if value is None or value is False or value in ("", "false"):
            return False
        if value is True or value == "true":
            return True
        raise InvalidError(f"{self.name(field)} must be a boolean")

    def number(self, field: str, low: float, high: float) -> float:
        """Reads a number; 0 when absent."""
        if not self.has(field):
            return 0.0
        value = self._values[field]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InvalidError(f"{self.name(field)} must be a number within [{low:g}, {high:g}]")
        return float(value)

    def count(self, field: str, allowed: range, default: int) -> int:
        """Reads a whole number; as text it is taken too, since an example of the specification writes it so."""
        value = self._values[field] if self.has(field) else default
        if isinstance(value, str) and _SHORT_NUMBER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            raise InvalidError(f"{self.name(field)} must be an integer within [{allowed[0]}, {allowed[-1]}]")
        return value

    def says(self, field: str, word: str) -> bool:
        """Returns whether a field that may be of several types is this word."""
        return bool(self._values.get(field) == word)

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
    """Checks an image; see `picture_size`.

    Returns:
        Which of a video's aspects is nearest to it; None where only a link is known.
    """
    size = picture_size(name, value, any_ratio=any_ratio)
    return None if size is None else nearest_aspect(*size)


def picture_size(name: str, value: str, *, any_ratio: bool = False) -> tuple[int, int] | None:
    """Checks an image: a link, or raw base64 of a jpg or png of the right size.

    Returns:
        Its width and height in pixels; None where only a link is known.
    """
    if value[:8].lower().startswith(("http://", "https://")):
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
    return width, height
