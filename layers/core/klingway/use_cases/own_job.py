"""A tenant's own job: another's is as if it were not there."""

from klingway.domain.errors import NotFoundError
from klingway.domain.ids import JobId, Tenant, is_job_id
from klingway.use_cases.ports import JobStore, StoredJob


def own_job(jobs: JobStore, tenant: Tenant, job_id: str) -> StoredJob:
    """Return a tenant's job with its request.

    Raises:
        NotFoundError: There is none of this id, or it is another tenant's; the answer is the same.
    """
    stored = jobs.get_with_request(JobId(job_id)) if is_job_id(job_id) else None
    if stored is None or stored.job.tenant != tenant:
        raise NotFoundError(f"There is no job {job_id[:64]!r}.")
    return stored
