"""Cancel a job that has not been submitted yet: no provider can cancel what it has taken."""

from dataclasses import dataclass

from klingway.domain import transitions
from klingway.domain.errors import NotFoundError, WrongStateError
from klingway.domain.ids import Tenant
from klingway.domain.job import Job, State
from klingway.use_cases.own_job import own_job
from klingway.use_cases.ports import ChangeRefusedError, JobStore, Now, StoredJob


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob:
    """Cancels jobs."""

    jobs: JobStore
    now: Now

    def run(self, tenant: Tenant, job_id: str) -> StoredJob:
        """Return the job, canceled now or before; its elements are let go of as at any other end.

        Raises:
            NotFoundError: The tenant has no such job.
            WrongStateError: It is at a provider already, or has ended.
        """
        stored = own_job(self.jobs, tenant, job_id)
        if stored.job.state is State.CANCELED:
            return stored
        try:
            return StoredJob(
                self.jobs.apply(stored.job.id, transitions.cancel(stored.job, at=self.now())), stored.request
            )
        except ChangeRefusedError as error:
            return StoredJob(_canceled(error.job, job_id), stored.request)


def _canceled(job: Job | None, job_id: str) -> Job:
    """Return a job that somebody else was quicker to cancel."""
    if job is None:
        raise NotFoundError(f"There is no job {job_id[:64]!r}.")
    if job.state is State.CANCELED:
        return job
    if job.state.is_terminal:
        raise WrongStateError("already_ended", f"The job has ended already: it {job.state.value}.")
    raise WrongStateError(
        "already_submitted",
        f"The job is {job.state.value}: {job.provider} has it, and no provider can cancel a task. "
        "Only jobs that are queued or preparing can be canceled.",
    )
