"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class FixedClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
