"""JSON objects from outside: nothing that reads in two ways, whatever brought it."""

import json
import math
from typing import Any, Final

from klingway.domain.errors import MalformedRequestError

MAX_VALUES: Final = 10_000
"""In one object, at any depth: ten times what the fullest request has. Each is looked at, and told of where it is wrong, and
an answer that takes half a minute is none."""


def read_json_object(text: bytes) -> dict[str, Any]:
    """Read a JSON object in UTF-8.

    Raises:
        MalformedRequestError: It is none, says something twice, or has more values than are read.
    """
    try:
        said_object = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
        json.dumps(said_object, ensure_ascii=False).encode()  # half a surrogate pair is no character
    except UnicodeEncodeError as error:
        raise MalformedRequestError("The body has half a surrogate pair, which is no character.") from error
    except UnicodeDecodeError as error:
        raise MalformedRequestError(f"The body is not UTF-8: byte {error.start} has no meaning.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequestError(f"The body is not JSON: {error.msg} at {where}.") from error
    except RecursionError as error:
        raise MalformedRequestError("The body is nested too deeply.") from error
    except ValueError as error:
        raise MalformedRequestError(f"The body cannot be used: {error}.") from error
    if not isinstance(said_object, dict):
        raise MalformedRequestError("The body must be a JSON object.")
    if _has_more_than(MAX_VALUES, said_object):
        raise MalformedRequestError(f"The body has more than {MAX_VALUES} values; no request needs as many.")
    return said_object


def _has_more_than(most: int, said: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether there are more values than that in one."""
    count, waiting = 1, [said]
    while waiting and count <= most:
        part = waiting.pop()
        inner = part.values() if isinstance(part, dict) else part
        count += len(inner)
        waiting += [value for value in inner if isinstance(value, (dict, list))]
    return count > most


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name in said:
            raise ValueError(f"{name[:64]!r} stands twice in one object")
        said[name] = value
    return said


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:32]} is too large a number")
    return number


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
