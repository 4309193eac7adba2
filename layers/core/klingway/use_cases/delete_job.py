"""Delete an ended job with its media, so that nothing of it is left but what was told to others."""

from collections.abc import Sequence
from dataclasses import dataclass

from klingway.domain.errors import WrongStateError
from klingway.domain.ids import Tenant
from klingway.domain.job import Job, StoredFile
from klingway.domain.late_results import end
from klingway.use_cases.own_job import own_job
from klingway.use_cases.ports import JobStore, MediaBucket, Now, WatchStore
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
            WrongStateError: It has not ended, or a late result of it is on its way into the bucket.
        """
        job = own_job(self.jobs, tenant, job_id).job
        if not job.state.is_terminal:
            raise WrongStateError("not_ended", f"The job is {job.state.value}; it can be deleted once it has ended.")
        came_late = self._watched_no_more(job)
        self.bucket.delete([file.key for file in (*job.all_files, *came_late)])
        self.settle.keep_counting(job)
        self.jobs.delete(job)

    def _watched_no_more(self, job: Job) -> Sequence[StoredFile]:
        """Expect nothing more of a job's attempts; return what is in the bucket of results that are not there whole.

        Raises:
            WrongStateError: One is being stored this moment, and would be left behind.
        """
        files: list[StoredFile] = []
        for watch in self.watches.of(job.id):
            if watch.is_held(self.now()) or not self.watches.replace(end(watch), expected=watch.number):
                raise WrongStateError(
                    "late_result", "A late result of the job is being stored; delete it in some minutes."
                )
            files += watch.files
        return files
