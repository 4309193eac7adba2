"""Delete an ended job with its media, so that nothing of it is left but what was told to others."""

from dataclasses import dataclass

from klingway.domain.errors import UnavailableError, WrongStateError
from klingway.domain.ids import Tenant
from klingway.domain.job import Job
from klingway.domain.late_results import end
from klingway.domain.results import job_prefix
from klingway.use_cases.own_job import own_job
from klingway.use_cases.ports import BusyError, JobStore, MediaBucket, Now, WatchStore
from klingway.use_cases.settle_spending import SettleSpending


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteJob:
    """Deletes jobs."""

    jobs: JobStore
    bucket: MediaBucket
    watches: WatchStore
    settle: SettleSpending
    now: Now

    def run(self, tenant: Tenant, job_id: str) -> None:
        """Delete a job: its media first, its own row last, so that a deletion which broke off can be asked for again.

        Raises:
            NotFoundError: The tenant has no such job, or not any more.
            UnavailableError: The table did not take it; it can be asked for again.
            WrongStateError: It has not ended, or a late result of it is on its way into the bucket.
        """
        job = own_job(self.jobs, tenant, job_id).job
        if not job.state.is_terminal:
            raise WrongStateError("not_ended", f"The job is {job.state.value}; it can be deleted once it has ended.")
        self._watch_no_more(job)
        # By their prefix: also what no row names, since the process that stored it died.
        self.bucket.delete_all(job_prefix(job))
        self.settle.keep_counting(job)
        try:
            self.jobs.delete(job)
        except BusyError as error:
            raise UnavailableError("The table is busy; ask for the deletion again.") from error

    def _watch_no_more(self, job: Job) -> None:
        """Expect nothing more of a job's attempts.

        Raises:
            WrongStateError: The result of one is being stored this moment, and would be left behind.
        """
        watches = self.watches.of(job.id)
        is_held = any(watch.is_held(self.now()) for watch in watches)
        if is_held or not all(self.watches.replace(end(watch), expected=watch.number) for watch in watches):
            raise WrongStateError("late_result", "A late result of the job is being stored; delete it in some minutes.")
