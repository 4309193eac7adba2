"""A dead letter queue in memory, and the queue that it belongs to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from klingway.use_cases.dead_letters import DeadMessage

SENT_AT = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


class InMemoryDeadLetters:
    """Hides what was received until it is released, as SQS does for a while."""

    def __init__(self, *bodies: str, at_once: int = 10) -> None:
        self.bodies = {str(index): body for index, body in enumerate(bodies)}
        self.hidden: set[str] = set()
        self.sent_back: list[str] = []
        self.fails_at: str | None = None
        """`send_back` or `delete`: what breaks off."""
        self._at_once = at_once
        self._received = dict.fromkeys(self.bodies, 0)

    def receive(self) -> Sequence[DeadMessage]:
        ids = [message_id for message_id in reversed(self.bodies) if message_id not in self.hidden][: self._at_once]
        self.hidden.update(ids)
        for message_id in ids:
            self._received[message_id] += 1
        return [self._message(message_id) for message_id in ids]

    def release(self, message: DeadMessage) -> None:
        self.hidden.discard(message.id)

    def send_back(self, message: DeadMessage) -> None:
        self._break_off("send_back")
        self.sent_back.append(message.body)

    def delete(self, message: DeadMessage) -> None:
        self._break_off("delete")
        del self.bodies[message.id]
        self.hidden.discard(message.id)

    def _break_off(self, at: str) -> None:
        if self.fails_at == at:
            raise ConnectionError(at)

    def _message(self, message_id: str) -> DeadMessage:
        return DeadMessage(
            id=message_id,
            body=self.bodies[message_id],
            receipt=message_id,
            received=self._received[message_id],
            sent_at=SENT_AT + timedelta(seconds=int(message_id)),
            reason=None,
        )
