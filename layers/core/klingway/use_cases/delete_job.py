"""Delete an ended job with its media, so that nothing of it is left but what was told to others."""

from dataclasses import dataclass

from klingway.domain.errors import WrongStateError
from klingway.domain.ids import Tenant
from klingway.use_cases.own_job import own_job
from klingway.use_cases.ports import JobStore, MediaBucket
from klingway.use_cases.settle_spending import SettleSpending


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteJob:
    """Deletes jobs."""

    jobs: JobStore
    bucket: MediaBucket
    settle: SettleSpending

    def run(self, tenant: Tenant, job_id: str) -> None:
        """Delete a job: its media first, its own row last, so that a deletion which broke off can be asked for again.

        Raises:
            NotFoundError: The tenant has no such job, or not any more.
            WrongStateError: It has not ended.
        """
        job = own_job(self.jobs, tenant, job_id).job
        if not job.state.is_terminal:
            raise WrongStateError("not_ended", f"The job is {job.state.value}; it can be deleted once it has ended.")
        self.bucket.delete([file.key for file in job.files])
        self.settle.keep_counting(job)
        self.jobs.delete(job)
