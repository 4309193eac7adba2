"""The query of a list that comes in pages: `limit`, `cursor`, and what else that list can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from klingway.domain.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MOST_LISTED: Final = 50
_LISTED: Final = 20

_OF_EVERY_LIST: Final = frozenset({"cursor", "limit"})


def limit_of(query: Mapping[str, str]) -> int:
    """Return how many are asked for, of a query without problems."""
    return int(query.get("limit", _LISTED))


def problems_of_page(
    query: Mapping[str, str], is_cursor: Callable[[str], bool], filters: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """Yield what is wrong with a query, its filters' values aside."""
    known = sorted(_OF_EVERY_LIST | filters)
    for name in query:
        if name not in known:
            message = f"there is no {name[:64]!r} of this list; known here: {', '.join(known)}."
            yield Problem(field=name[:64], code="unknown_field", message=message, limit=known)
    limit = query.get("limit", str(_LISTED))
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 4 and 1 <= int(limit) <= MOST_LISTED):  # noqa: PLR2004
        message = f"limit must be a whole number from 1 to {MOST_LISTED}."
        yield Problem(field="limit", code="wrong_form", message=message, limit={"min": 1, "max": MOST_LISTED})
    cursor = query.get("cursor")
    if cursor is not None and not is_cursor(cursor):
        yield Problem(field="cursor", code="wrong_form", message="cursor must be the next_cursor of an answer before.")
