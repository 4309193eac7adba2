"""A table and a bucket that are asked for too much, and refuse one call in so many.

As the functions see it: botocore has tried for as long as it does, and raises. Its pauses are not slept through, for the answer
is given before its own tries begin.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html: a table answers with either.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb": ("ThrottlingException", "ProvisionedThroughputExceededException"),
    "s3": ("SlowDown",),
}
_STATUSES: Final = {"dynamodb": 400, "s3": 503}
_CANCELED: Final = "TransactionCanceledException"
"""A transaction that is throttled may be said to be canceled as well, for that reason."""


@dataclass(frozen=True)
class Refusal:
    """How AWS refuses a call."""

    status: int
    code: str
    reasons: tuple[str, ...] = ()
    """Why a transaction was canceled, for each of its writes."""

    def parsed(self) -> dict[str, Any]:
        """Return it as botocore has read it."""
        said = {"Error": {"Code": self.code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": self.status}}
        return said | {"CancellationReasons": [{"Code": code} for code in self.reasons]} if self.reasons else said


class Throttles:
    """Counts the calls to table and bucket, and refuses every so manieth."""

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, each: int | None) -> None:
        """Count anew, and refuse one call in `each` from now on; none where that is None."""
        self._each, self._asked = each, 0
        self._codes: Mapping[str, Iterator[str]] = {name: itertools.cycle(codes) for name, codes in _CODES.items()}
        self._transactions = itertools.cycle((True, False))
        self.refused = Counter[str]()
        """How often, by service."""

    def refusal(self, service: str, said: Mapping[str, Any]) -> Refusal | None:
        """Count a call, by its service and its parameters; return how it is refused, None where it is not."""
        if self._each is None or service not in _CODES:
            return None
        self._asked += 1
        if self._asked % self._each:
            return None
        self.refused[service] += 1
        writes = said.get("TransactItems", ())
        if writes and next(self._transactions):
            return Refusal(400, _CANCELED, ("ThrottlingError", *("None" for _ in writes[1:])))
        return Refusal(_STATUSES[service], next(self._codes[service]))


def is_throttled(error: Exception) -> bool:
    """Tell whether a function broke off for such a refusal, which moto never gives of itself."""
    codes = {code for codes in _CODES.values() for code in codes}
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in codes
