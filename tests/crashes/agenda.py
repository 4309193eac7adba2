"""What is still to happen, and a clock that goes on to it."""

from __future__ import annotations

import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Agenda:
    """A clock, and what happens at which time. Nothing waits: the clock jumps to what comes next."""

    def __init__(self) -> None:
        # Not a day long past: DynamoDB's TTLs and signatures are compared with the machine's own clock here and there. At the
        # same hour each time, for what is done at night comes as soon each time.
        self._now = self._began = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        """Return the time."""
        return self._now

    def epoch_s(self) -> float:
        """Return the time as `time.time` does."""
        return self._now.timestamp()

    def pass_time(self, seconds: float) -> None:
        """Let time pass within what is happening."""
        self._now += timedelta(seconds=seconds)

    def at(self, epoch_s: float, call: Callable[[], None]) -> None:
        """Have something happen at a time."""
        heapq.heappush(self._heap, (datetime.fromtimestamp(epoch_s, UTC), next(self._numbers), call))

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something happen after some time."""
        self.at(self.epoch_s() + seconds, call)

    def next_at(self) -> datetime | None:
        """Return when the next thing happens, None where nothing is to."""
        return self._heap[0][0] if self._heap else None

    def go_on_to(self, moment: datetime) -> None:
        """Move the clock forward, never back."""
        self._now = max(self._now, moment)

    def happen(self) -> None:
        """Move to what comes next, and have it happen."""
        moment, _, call = heapq.heappop(self._heap)
        self.go_on_to(moment)
        call()

    def reset(self) -> None:
        """Forget what is to happen, and begin again at the time at which it all began."""
        self._heap.clear()
        self._now = self._began
