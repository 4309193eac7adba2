"""Kling's lists: `pageNum` and `pageSize`, at Kling itself and at relays."""

from collections.abc import Mapping
from typing import Final

from klingway.domain.errors import Problem, expect_none
from klingway.providers.dialects import Part

_PARAMETERS: Final = {"pageNum": (1, 1000), "pageSize": (30, 500)}
"""Each one's default and its greatest value; the least is 1 (Kling's API specification, "Query Parameters")."""


def part_of(query: Mapping[str, str]) -> Part:
    """Read which part of a list is asked for; other parameters say nothing here.

    Raises:
        InvalidRequestError: A number is none, or out of its range.
    """
    given = {name: query.get(name) or str(default) for name, (default, _) in _PARAMETERS.items()}
    expect_none(_problem(name) for name, text in given.items() if not _fits(text, _PARAMETERS[name][1]))
    size = int(given["pageSize"])
    return Part(skipped=(int(given["pageNum"]) - 1) * size, limit=size)


def _fits(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most


def _problem(name: str) -> Problem:
    most = _PARAMETERS[name][1]
    message = f"{name} must be a whole number from 1 to {most}."
    return Problem(field=name, code="wrong_form", message=message, limit={"min": 1, "max": most})
