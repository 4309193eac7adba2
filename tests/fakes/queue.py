"""The work queue as a list."""

from collections.abc import Sequence

from klingway.domain.work import Work


class RecordingQueue:
    def __init__(self) -> None:
        self.sent: list[tuple[Work, float]] = []
        """Each message and its delay in seconds, in the order sent."""

    def send(self, work: Work, *, delay_s: float = 0) -> None:
        self.sent.append((work, delay_s))

    def send_all(self, works: Sequence[Work]) -> None:
        self.sent += [(work, 0) for work in works]

    def take(self) -> tuple[Work, float]:
        """Return the only message and its delay, and forget it."""
        (message,) = self.sent
        self.sent.clear()
        return message
