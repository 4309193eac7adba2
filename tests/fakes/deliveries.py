"""Deliveries in memory, and a receiver that answers as it is told."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from klingway.domain.deliveries import Delivery, DeliveryMessage, is_delivery
from klingway.domain.late_results import attempt_of
from klingway.domain.schedule import PATIENCE_S
from klingway.use_cases.ports import DueRow, DueRows, Posted, PostError, TakenUp


class InMemoryDeliveries:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Delivery] = {}

    def add(self, delivery: Delivery) -> bool:
        if (delivery.subject_id, delivery.part) in self.rows:
            return False
        self._write(delivery)
        return True

    def get(self, subject_id: str, part: str) -> Delivery | None:
        return self.rows.get((subject_id, part))

    def replace(self, delivery: Delivery, *, expected: int) -> bool:
        row = self.rows.get((delivery.subject_id, delivery.part))
        if row is None or row.number != expected:
            return False
        self._write(delivery)
        return True

    def of(self, subject_id: str) -> Sequence[Delivery]:
        return [self.rows[key] for key in sorted(self.rows, reverse=True) if key[0] == subject_id]

    def due(self, now: datetime, *, limit: int) -> Iterator[DueRow]:
        due = [row for row in self.rows.values() if row.due_at is not None and row.due_at <= now.timestamp()]
        found = (DueRow(row.subject_id, row.part, row.due_at or 0) for row in due)
        yield from heapq.nsmallest(limit, found, key=lambda row: row.due_at)

    def take_up(self, row: DueRow, *, at: datetime) -> TakenUp | None:
        found = self.rows.get((row.id, row.part))
        if found is None or found.due_at != row.due_at:
            return None
        due_at = int((at + timedelta(seconds=PATIENCE_S)).timestamp())
        taken = replace(found, due_at=due_at, number=found.number + 1)
        self._write(taken)
        return TakenUp(row.id, row.part, taken.number, taken.state.value)

    def _write(self, delivery: Delivery) -> None:
        self.rows[delivery.subject_id, delivery.part] = delivery


@dataclass(frozen=True)
class AllRows:
    """The due rows of jobs, of deliveries and of watches, which one table holds."""

    jobs: DueRows
    deliveries: DueRows
    watches: DueRows

    def due(self, now: datetime, *, limit: int) -> Iterator[DueRow]:
        all_of_them = [rows.due(now, limit=limit) for rows in (self.jobs, self.deliveries, self.watches)]
        yield from heapq.merge(*all_of_them, key=lambda row: row.due_at)

    def take_up(self, row: DueRow, *, at: datetime) -> TakenUp | None:
        if attempt_of(row.part) is not None:
            return self.watches.take_up(row, at=at)
        return (self.deliveries if is_delivery(row.part) else self.jobs).take_up(row, at=at)


class RecordingDeliveryQueue:
    def __init__(self) -> None:
        self.sent: list[tuple[DeliveryMessage, float]] = []

    def send(self, work: DeliveryMessage, *, delay_s: float = 0) -> None:
        self.sent.append((work, delay_s))

    def send_all(self, works: Sequence[DeliveryMessage]) -> None:
        self.sent += [(work, 0) for work in works]

    def take(self) -> tuple[DeliveryMessage, float]:
        """Return the only message and its delay, and forget it."""
        (message,) = self.sent
        self.sent.clear()
        return message


@dataclass
class ScriptedReceiver:
    """Answers posts from a list, then 204; an exception in it is raised."""

    answers: list[int | Posted | Exception] = field(default_factory=list)
    posts: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        self.posts.append((url, body, dict(headers)))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Posted) else Posted(answer, None)


PRIVATE = PostError("the address is refused: its host has an address that is not public", is_permanent=True)
