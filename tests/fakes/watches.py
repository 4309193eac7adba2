"""Watches in memory."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from klingway.domain.ids import JobId
from klingway.domain.late_results import Watch, attempt_of
from klingway.domain.schedule import PATIENCE_S
from klingway.use_cases.ports import DueRow, TakenUp


class InMemoryWatches:
    def __init__(self) -> None:
        self.rows: dict[tuple[JobId, int], Watch] = {}

    def add(self, watch: Watch) -> bool:
        return self.rows.setdefault((watch.job_id, watch.attempt), watch) is watch

    def get(self, job_id: JobId, attempt: int) -> Watch | None:
        return self.rows.get((job_id, attempt))

    def replace(self, watch: Watch, *, expected: int) -> bool:
        row = self.rows.get((watch.job_id, watch.attempt))
        if row is None or row.number != expected:
            return False
        self.rows[watch.job_id, watch.attempt] = watch
        return True

    def remove(self, watch: Watch) -> bool:
        row = self.rows.get((watch.job_id, watch.attempt))
        if row is None or row.number != watch.number:
            return False
        del self.rows[watch.job_id, watch.attempt]
        return True

    def of(self, job_id: JobId) -> Sequence[Watch]:
        return [self.rows[key] for key in sorted(self.rows, reverse=True) if key[0] == job_id]

    def due(self, now: datetime, *, limit: int) -> Iterator[DueRow]:
        due = [row for row in self.rows.values() if row.due_at is not None and row.due_at <= now.timestamp()]
        found = (DueRow(row.job_id, row.part, row.due_at or 0) for row in due)
        yield from heapq.nsmallest(limit, found, key=lambda row: row.due_at)

    def take_up(self, row: DueRow, *, at: datetime) -> TakenUp | None:
        found = self.rows.get((JobId(row.id), attempt_of(row.part) or 0))
        if found is None or found.due_at != row.due_at:
            return None
        due_at = int((at + timedelta(seconds=PATIENCE_S)).timestamp())
        taken = replace(found, due_at=due_at, number=found.number + 1)
        self.rows[taken.job_id, taken.attempt] = taken
        return TakenUp(row.id, row.part, taken.number, "open")
