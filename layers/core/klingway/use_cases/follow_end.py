"""What has to be done once a job has ended, as often as it is asked for: settle what it cost, and watch what it has left."""

from dataclasses import dataclass

from klingway.domain.job import Job
from klingway.domain.late_results import ends_at, owing, watch
from klingway.use_cases.ports import Now, WatchStore
from klingway.use_cases.settle_spending import SettleSpending


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowEnd:
    """Follows ends."""

    settle: SettleSpending
    watches: WatchStore
    now: Now

    def run(self, job: Job) -> None:
        """Do it for a job that has ended."""
        self.settle.run(job)
        at = self.now()
        if at < ends_at(job):
            for attempt in owing(job):  # what its provider still makes is paid for
                self.watches.add(watch(job, attempt, at=at))
