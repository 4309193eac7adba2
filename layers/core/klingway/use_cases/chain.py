"""The chain of work of a job: write first, then send, everywhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from klingway.domain import failover, transitions
from klingway.domain.job import Job, JobError, LearntBy, State
from klingway.domain.schedule import falls_due_after_s
from klingway.domain.transitions import Change
from klingway.domain.work import Work, WorkKind
from klingway.use_cases.ports import JobStore, Now, WorkQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Takes jobs from one step to the next."""

    jobs: JobStore
    queue: WorkQueue
    now: Now
    function_timeout_s: int

    def go_on(self, job: Job, change: Change, then: WorkKind, *, delay_s: float, nudge: int | None = None) -> Job:
        """Write a change, then send the work that follows from it, carrying the number that the row now expects.

        Raises:
            ChangeRefusedError: Somebody else was quicker; nothing is sent.
        """
        changed = self.jobs.apply(job.id, change)
        self.queue.send(Work(kind=then, id=job.id, number=changed.number, nudge=nudge), delay_s=delay_s)
        return changed

    def give_up(self, job: Job, error: JobError, *, learnt_by: LearntBy | None = None) -> Job:
        """End a job; or wait again for the attempt that was left for others, since they do not make it.

        Raises:
            ChangeRefusedError: Somebody else was quicker.
        """
        left = failover.left_behind(job)
        if left is None or job.state is State.STORING:  # something is made: nobody is gone back to
            change = transitions.fail(job, at=self.now(), error=error, learnt_by=learnt_by)
            return self.jobs.apply(job.id, change)
        return self.go_on(job, transitions.go_back(job, left, at=self.now(), error=error), WorkKind.CHECK, delay_s=0)

    def within_life(self, job: Job, after_s: float) -> float:
        """Return how long to wait with a job: as long as said, but not past the end that its caller set it."""
        left_s = (job.deadline_at - self.now()).total_seconds()
        return min(after_s, left_s + 1) if job.has_own_deadline and left_s > 0 else after_s

    def after_timeout(self) -> datetime:
        """Return when a step falls due that this function may not live to finish."""
        return self.now() + timedelta(seconds=falls_due_after_s(self.function_timeout_s))
