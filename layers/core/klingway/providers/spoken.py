"""What all dialects read and say alike: bodies with empty fields, problems at the caller's places, one line for all."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from klingway.domain.errors import GatewayError, InvalidRequestError, expect_none
from klingway.domain.validation import MAX_DEPTH, problems_of, unwritable

MAX_SUMMARY_CHARS: Final = 2000
"""Of the one message in which a dialect tells every problem."""

_INDEX: Final = re.compile(r"\[([0-9]+)\]")

Schema = TypeVar("Schema", bound=BaseModel)


def without_empty(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """Return a body without what says nothing: null, empty texts, lists and objects.

    Kling's own examples send them for unused fields. Items of lists stay, so that those after them keep their numbers. What
    lies deeper than `read` allows stays as it is, to be refused there.
    """
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, dict):
        kept = {name: without_empty(part, depth + 1) for name, part in value.items()}
        return {name: part for name, part in kept.items() if part is not None and part not in ("", [], {})}
    return [without_empty(part, depth + 1) for part in value] if isinstance(value, list) else value


def read(model: type[Schema], body: Mapping[str, Any]) -> Schema:
    """Read a body by its schema.

    Raises:
        InvalidRequestError: With every problem of its fields, each at its own place.
    """
    unsound = [problem for name, value in body.items() if (problem := unwritable(name, value)) is not None]
    if unsound:
        raise InvalidRequestError("The request cannot be read; nothing was accepted.", unsound)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        expect_none(problems_of(error, model))
        raise


def their_place(place: str, places: Mapping[str, str]) -> str:
    """Return the caller's name of a canonical place.

    `places` names whole places (`images[0]`), places of any index (`shots[].duration_s`), and what others lie in (`shots`);
    the longest that fits counts, and what lies within it keeps its own name. `[]` takes the indexes in their order.
    """
    indexes = _INDEX.findall(place)
    head, tail = place, ""
    while head:
        for known in (head, _INDEX.sub("[]", head)):
            if known in places:
                said = places[known]
                for index in indexes:
                    said = said.replace("[]", f"[{index}]", 1)
                return said + tail
        cut = max(head.rfind("."), head.rfind("["))
        if cut <= 0:
            break
        head, tail = head[:cut], head[cut:] + tail
    return place


def with_their_places(error: InvalidRequestError, places: Mapping[str, str]) -> InvalidRequestError:
    """Return an error of the canonical request with its problems at the caller's places, and these names in their words."""
    problems = []
    for problem in error.problems:
        place = their_place(problem.field, places)
        message = problem.message
        for name in _told_names(problem.field) if place != problem.field else ():
            message = re.sub(rf"(?<![\w.\]]){re.escape(name)}(?![\w\[])", place, message)
        problems.append(replace(problem, field=place, message=message))
    return InvalidRequestError(error.detail, problems)


def _told_names(place: str) -> Iterator[str]:
    """Yield what messages call a place: all of it, and its last name, unless that is an English word as well."""
    yield place
    last = place.rpartition(".")[2]
    if "_" in last and last != place:
        yield last


def summary(error: GatewayError) -> str:
    """Return everything that an error says in one text: each problem with its place, or what was wrong as a whole."""
    said = [
        problem.message if problem.message.startswith(problem.field) else f"{problem.field}: {problem.message}"
        for problem in error.problems
    ]
    text = " ".join(dict.fromkeys(said)) or error.detail
    return text if len(text) <= MAX_SUMMARY_CHARS else f"{text[: MAX_SUMMARY_CHARS - 1]}…"
