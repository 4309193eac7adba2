"""Where a process can be killed: before and after each call that it makes out of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_READS = frozenset(
    {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "s3:GetObject",
        "s3:HeadObject",
        "secretsmanager:GetSecretValue",
    }
)


class Side(Enum):
    """When a process is killed: with a call's effect to come, or with its answer on the way."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Call:
    """A call out."""

    function: str
    name: str
    """`service:Operation` of AWS, `klingai:POST /path` of a provider, `media:GET`, `receiver:POST`."""
    run: int
    """Which run of a function it belongs to."""

    @property
    def has_effect(self) -> bool:
        """Whether the world may be another one after it."""
        return self.name not in _READS

    @property
    def service(self) -> str:
        """Who is called."""
        return self.name.partition(":")[0]

    def creates_at(self, providers: Collection[str]) -> bool:
        """Whether one of these providers is asked for a video or pictures by it."""
        return self.service in providers and ":POST" in self.name and "element" not in self.name

    def __str__(self) -> str:
        return f"{self.function} {self.name}"


@dataclass(frozen=True)
class Crash:
    """Where a process is killed."""

    index: int
    """Of the call, in a run in which nothing goes wrong."""
    side: Side


def all_of(calls: Sequence[Call]) -> list[Crash]:
    """Return both sides of all calls."""
    return [Crash(index, side) for index in range(len(calls)) for side in Side]


def canonical(calls: Sequence[Call], crash: Crash) -> Crash:
    """Return the first crash point that leaves the same world behind.

    Whatever a process remembers dies with it. So it is all the same whether it dies after a call or before its next one, or on
    which side of a call that only reads.
    """
    index = crash.index if crash.side is Side.AFTER else crash.index - 1
    while index >= 0 and calls[index].run == calls[crash.index].run:
        if calls[index].has_effect:
            return Crash(index, Side.AFTER)
        index -= 1
    return Crash(index + 1, Side.BEFORE)


def different(calls: Sequence[Call]) -> list[Crash]:
    """Return those that leave different worlds behind."""
    return list(dict.fromkeys(canonical(calls, crash) for crash in all_of(calls)))
