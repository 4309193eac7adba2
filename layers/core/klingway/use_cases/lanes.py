"""Let jobs wait in order for a provider that is full or at rest, and call the next one when there may be room.

While one waits, new ones queue behind it. The head alone tries again by itself, with growing pauses; the others are called: by
each attempt that ends, one, and by each try of the head that finds room, the next. Nobody depends on being called: a job that
waits falls due every few minutes, and looks for itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from klingway.domain import transitions
from klingway.domain.ids import JobId
from klingway.domain.job import Job, JobError, State
from klingway.domain.lanes import Lane, Standing, is_at_rest, is_failure, rest_s, waits_its_turn
from klingway.domain.schedule import LONGEST_S
from klingway.domain.work import WorkKind
from klingway.use_cases.chain import Chain
from klingway.use_cases.ports import ChangeRefusedError

PROBED_AFTER_S: Final = LONGEST_S
"""After a job got in by another one's end: then the new head tries, should no further end have called it."""
_MOST_GONE: Final = 25
"""Rows of jobs that wait no more, cleared away in one go."""


class LaneStore(Protocol):
    """Who waits where."""

    def look(self, lane: Lane) -> Standing:
        """Return how a lane stands this moment."""
        ...

    def join(self, lane: Lane, job_id: JobId) -> None:
        """Have a job wait; it keeps its place where it does already."""
        ...

    def leave(self, lane: Lane, job_id: JobId) -> bool:
        """Have a job wait no more; False where it did not, or somebody else was quicker to say so."""
        ...

    def note_failure(self, lane: Lane) -> int:
        """Count a failure of the provider; return how many there are in a row."""
        ...

    def rest(self, lane: Lane, until: datetime) -> None:
        """Leave the provider alone for a while."""
        ...

    def claim_probe(self, lane: Lane, seen: Standing, until: datetime) -> bool:
        """Try a provider whose rest is over, and leave it alone for the others meanwhile; False where somebody else does."""
        ...

    def recover(self, lane: Lane) -> None:
        """Forget the provider's failures."""
        ...


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a job is not submitted now."""

    error: JobError
    after_s: float | None = None
    """When to look again, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Looks after lanes."""

    store: LaneStore
    chain: Chain

    def look(self, lane: Lane) -> Standing:
        """Return how a lane stands, those cleared away who wait no more: canceled, over, or gone to another provider."""
        for _ in range(_MOST_GONE):
            standing = self.store.look(lane)
            if standing.oldest is None or self._waits(standing.oldest, lane):
                return standing
            self.store.leave(lane, standing.oldest)
        return standing

    def obstacle(self, lane: Lane, job: Job, standing: Standing) -> Obstacle | None:
        """Return why a job cannot be submitted now, None where it can."""
        if standing.is_behind(job.id):
            return Obstacle(waits_its_turn(lane))
        if standing.rests_until is None:
            return None
        now = self.chain.now()
        left_s = (standing.rests_until - now).total_seconds()
        probed_s = rest_s(standing.failures) or 0
        if left_s <= 0 and self.store.claim_probe(lane, standing, now + timedelta(seconds=probed_s)):
            return None
        return Obstacle(is_at_rest(lane, standing.failures), after_s=left_s if left_s > 0 else probed_s)

    def wait(self, lane: Lane, job_id: JobId) -> bool:
        """Have a job wait; return whether it is the head, which tries again by itself."""
        self.store.join(lane, job_id)
        return not self.store.look(lane).is_behind(job_id)

    def note_failure(self, lane: Lane, error: JobError) -> None:
        """Count what speaks against the provider; after some in a row it is left alone."""
        if not is_failure(error):
            return
        pause_s = rest_s(self.store.note_failure(lane))
        if pause_s is not None:
            self.store.rest(lane, self.chain.now() + timedelta(seconds=pause_s))

    def provider_works(self, lane: Lane) -> None:
        """Forget the provider's failures: what it was thought to have failed at has come of it after all."""
        self.store.recover(lane)

    def got_in(self, lane: Lane, job: Job, standing: Standing, *, was_called: bool) -> None:
        """The provider has taken a job: it has recovered, and the next one may try."""
        if standing.failures:
            self.store.recover(lane)
        found_room_itself = standing.oldest == job.id and self.store.leave(lane, job.id)
        if not (found_room_itself or was_called):
            return
        head = self.look(lane).oldest
        if head is not None:
            self._call(head, WorkKind.SUBMIT, PROBED_AFTER_S if was_called else 0)

    def let_next(self, lane: Lane) -> None:
        """A slot is free: call the one who has waited longest."""
        for _ in range(_MOST_GONE):
            head = self.look(lane).oldest
            if head is None:
                return
            # Whoever takes the row away calls: two ends call two jobs.
            if self.store.leave(lane, head) and self._call(head, WorkKind.TURN, 0):
                return

    def _call(self, job_id: JobId, kind: WorkKind, delay_s: float) -> bool:
        job = self.chain.jobs.get(job_id)
        if job is None or job.state is not State.QUEUED:
            return False
        change = transitions.wait(job, at=self.chain.now(), after_s=delay_s)
        try:
            self.chain.go_on(job, change, kind, delay_s=delay_s)
        except ChangeRefusedError:
            return False
        return True

    def _waits(self, job_id: JobId, lane: Lane) -> bool:
        job = self.chain.jobs.get(job_id)
        return job is not None and job.state is State.QUEUED and job.provider == lane.provider
