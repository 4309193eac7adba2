"""Rows of many keys at once, and the pause before another try."""

import random
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters.dynamodb_rows import Item
from klingway.use_cases.ports import BusyError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES: Final = 8
_LONGEST_PAUSE_S: Final = 0.4
_READ_AT_ONCE: Final = 100
"""DynamoDB's bound."""


def pause(attempt: int) -> None:
    """Wait for a moment that is longer the more tries there were, from 0 on, and never the same for two that collided."""
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.02 * 2**attempt)))  # noqa: S311 - jitter


def read(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> Iterator[Item]:
    """Yield the rows of these keys as they stand this moment, in any order; what is not there is missing.

    Raises:
        BusyError: The table kept leaving keys unread.
    """
    for start in range(0, len(keys), _READ_AT_ONCE):
        wanted: Any = {table: {"Keys": list(keys[start : start + _READ_AT_ONCE]), "ConsistentRead": True}}
        for attempt in range(TRIES):
            if attempt:
                pause(attempt)
            answer = client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(table, [])
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
        else:
            raise BusyError("the table left keys unread time and again")
