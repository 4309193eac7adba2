"""The event bus as a list."""

from collections.abc import Sequence

from klingway.use_cases.ports import Event


class RecordingBus:
    def __init__(self) -> None:
        self.published: list[Event] = []
        self.refuses: set[str] = set()
        """Detail types that the bus does not take."""

    def publish(self, events: Sequence[Event]) -> Sequence[bool]:
        taken = [event.detail_type not in self.refuses for event in events]
        self.published += [event for event, is_taken in zip(events, taken, strict=True) if is_taken]
        return taken
