"""The event bus on EventBridge."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from klingway.domain.events import SOURCE
from klingway.use_cases.ports import Event

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_BATCH: Final = 10


class EventBridgeBus:
    """One bus."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> Sequence[bool]:
        """Publish events, ten a call; an entry that the bus did not take is told by False, each one being looked at."""
        taken: list[bool] = []
        for start in range(0, len(events), _BATCH):
            entries: list[Any] = [
                {
                    "EventBusName": self._name,
                    "Source": SOURCE,
                    "DetailType": event.detail_type,
                    "Detail": json.dumps(event.detail, ensure_ascii=False),
                }
                for event in events[start : start + _BATCH]
            ]
            answer = self._client.put_events(Entries=entries)
            taken += ["ErrorCode" not in entry for entry in answer["Entries"]]
        return taken
