"""Values as Kling's own parser takes them: flags and whole numbers as text too, seconds as a number too.

Its examples send `"multi_shot": "true"`, `"n": "9"`, `"element_id": "160"` and `"voice_id": long` for a flag, a number, a long
and a text (Kling's API specification of 2026-02-10); every other type is exact, as `wire.Said` has it.
"""

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

_FLAGS: Final = {"true": True, "false": False}


def _flag(said: object) -> object:
    return _FLAGS.get(said, said) if isinstance(said, str) else said


def _whole(said: object) -> object:
    is_number = isinstance(said, str) and said.isascii() and said.isdecimal() and len(said) <= 19  # noqa: PLR2004 - a long
    return int(str(said)) if is_number else said


def _text(said: object) -> object:
    return str(said) if isinstance(said, int) and not isinstance(said, bool) else said


AS_WHOLE: Final = BeforeValidator(_whole)
"""What is a whole number in the document, and is taken as text as well; it stands behind the number's bounds."""
AS_TEXT: Final = BeforeValidator(_text)
"""What is text in the document, and is taken as a number as well; it stands behind the text's limits."""

Flag = Annotated[bool, BeforeValidator(_flag)]
"""`true`, or `"true"`."""
Long = Annotated[int, Field(ge=0, le=2**63 - 1), AS_WHOLE]
"""A number that a double may not hold, hence often written as text."""
Fraction = Annotated[float, Field(ge=0, le=1)]
"""From 0 to 1."""
