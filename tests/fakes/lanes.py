"""The lanes in memory."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from klingway.domain.ids import JobId
from klingway.domain.lanes import Lane, Standing


class InMemoryLanes:
    def __init__(self) -> None:
        self.waiting: dict[Lane, set[JobId]] = defaultdict(set)
        self.health: dict[Lane, Standing] = defaultdict(Standing)

    def look(self, lane: Lane) -> Standing:
        return replace(self.health[lane], oldest=min(self.waiting[lane], default=None))

    def join(self, lane: Lane, job_id: JobId) -> None:
        self.waiting[lane].add(job_id)

    def leave(self, lane: Lane, job_id: JobId) -> bool:
        was_there = job_id in self.waiting[lane]
        self.waiting[lane].discard(job_id)
        return was_there

    def note_failure(self, lane: Lane) -> int:
        self.health[lane] = replace(self.health[lane], failures=self.health[lane].failures + 1)
        return self.health[lane].failures

    def rest(self, lane: Lane, until: datetime) -> None:
        self.health[lane] = replace(self.health[lane], rests_until=until)

    def claim_probe(self, lane: Lane, seen: Standing, until: datetime) -> bool:
        if self.health[lane].rests_until != seen.rests_until:
            return False
        self.rest(lane, until)
        return True

    def recover(self, lane: Lane) -> None:
        self.health.pop(lane, None)
