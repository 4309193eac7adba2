"""Show what lies on the dead letter queues, and send it back to where it came from.

Sending back is harmless, and may be repeated: work and deliveries carry the number that their row has to expect, and do
nothing where it has moved on; a file or an event keeps its idempotency key for longer than any message lives. So a message is
sent on first and deleted then: what breaks off in between is there twice, and never not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from klingway.domain.dead_letters import Letter, QueueName, read_letter


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMessage:
    """A message of a dead letter queue."""

    id: str
    body: str = field(repr=False)
    receipt: str = field(repr=False)
    received: int
    """How often, this time included."""
    sent_at: datetime
    """When it was first sent, before all those receptions."""
    reason: str | None
    """The code with which a rule could not send it to its queue; None where the queue's function gave it up."""


class DeadLetterQueue(Protocol):
    """A dead letter queue, and the queue that it belongs to."""

    def receive(self) -> Sequence[DeadMessage]:
        """Receive some messages, hidden from others for a short while; none: no more are there."""
        ...

    def release(self, message: DeadMessage) -> None:
        """Hide a message no longer; one that is gone is no mistake."""
        ...

    def send_back(self, message: DeadMessage) -> None:
        """Send a message's body to the queue that it belongs to."""
        ...

    def delete(self, message: DeadMessage) -> None:
        """Delete a message from the dead letter queue."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A message, and what it is about."""

    message: DeadMessage
    letter: Letter | None
    """None: it is none of ours."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of a queue's dead letters."""

    moved: int
    left: int
    """Those that no function could do anything with: they would only come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """The dead letter queues."""

    queues: Mapping[QueueName, DeadLetterQueue]

    def show(self, name: QueueName, *, limit: int) -> Sequence[Shown]:
        """Return `limit` messages of a queue at most, the oldest first; each is visible to others again."""
        queue, seen = self.queues[name], dict[str, DeadMessage]()
        try:
            while len(seen) < limit and (new := _new(queue.receive(), seen)):
                seen |= new
        finally:
            for message in seen.values():
                queue.release(message)
        oldest_first = sorted(seen.values(), key=lambda message: message.sent_at)
        return [Shown(message, read_letter(name, message.body)) for message in oldest_first[:limit]]

    def redrive(self, name: QueueName) -> Redriven:
        """Send back all that its function can do something with; leave the rest where it is, and visible."""
        queue, seen, left = self.queues[name], dict[str, DeadMessage](), list[DeadMessage]()
        try:
            while new := _new(queue.receive(), seen):
                seen |= new
                for message in new.values():
                    if read_letter(name, message.body) is None:
                        left.append(message)
                    else:
                        queue.send_back(message)
                        queue.delete(message)
        finally:
            for message in left:
                queue.release(message)
        return Redriven(moved=len(seen) - len(left), left=len(left))


def _new(received: Sequence[DeadMessage], seen: Mapping[str, DeadMessage]) -> dict[str, DeadMessage]:
    """Return those not seen yet, by id: a queue may show a message twice, and one hidden for too short a time comes again."""
    return {message.id: message for message in received if message.id not in seen}
