"""Show a tenant its own jobs and their media."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from klingway.domain.errors import NotFoundError, NotReadyError, UnauthenticatedError
from klingway.domain.ids import JobId, Tenant, is_job_id
from klingway.domain.job import Job, State
from klingway.domain.keys import Keyring
from klingway.domain.views import job_to_json
from klingway.use_cases.media_links import MediaLinks
from klingway.use_cases.own_job import own_job
from klingway.use_cases.ports import JobFilter, JobStore, MediaBucket, Now, StoredJob

PRESIGNED_S: Final = 900
"""How long the address at S3 lives to which our own link leads; a longer one would die with the role's session anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJobs:
    """Reads jobs."""

    jobs: JobStore
    bucket: MediaBucket
    keyring: Callable[[], Keyring]
    now: Now
    links: MediaLinks

    def one(self, tenant: Tenant, job_id: str, *, public_url: str) -> dict[str, Any]:
        """Return a job.

        Raises:
            NotFoundError: There is none of this id, or it is another tenant's; the answer is the same.
        """
        return self.show(own_job(self.jobs, tenant, job_id), public_url=public_url)

    def many(
        self, tenant: Tenant, which: JobFilter, *, limit: int, after: JobId | None, public_url: str
    ) -> dict[str, Any]:
        """Return a part of a tenant's jobs, newest first, and the cursor of the next part."""
        page = self.jobs.page(tenant, which, limit=limit, after=after)
        return {
            "jobs": [self.show(stored, public_url=public_url) for stored in page.jobs],
            "next_cursor": page.next_after,
        }

    def show(self, stored: StoredJob, *, public_url: str) -> dict[str, Any]:
        """Return a job as callers see it, its files with links that need no key."""
        links = self.links.of(stored.job, public_url=public_url).by_name
        return job_to_json(stored.job, stored.request, bucket=self.bucket.name, links=links)

    def content(self, tenant: Tenant, job_id: str, name: str | None) -> str:
        """Return an address at which a job's file lies for some minutes; the video unless another is named.

        Raises:
            NotFoundError: There is no such job or file.
            NotReadyError: The job has no result, or none yet.
        """
        return self.content_of(own_job(self.jobs, tenant, job_id).job, name)

    def content_of(self, job: Job, name: str | None = None) -> str:
        """Return an address at which a file of a job lies for some minutes; the first one unless another is named.

        What came after its end has to be named.

        Raises:
            NotFoundError: There is no such file.
            NotReadyError: The job has no result, or none yet.
        """
        came_late = name is not None and bool(job.late_results)
        if job.state is not State.SUCCEEDED and not came_late:
            raise NotReadyError(f"The job is {job.state.value} and has no files" + _why(job))
        return self._address(job, name or job.files[0].name)

    def media(self, job_id: str, name: str, *, expires_at: int, signature: str) -> str:
        """Return an address at which a file lies for some minutes, to whoever has a link signed by us.

        Raises:
            UnauthenticatedError: The link was not made by us, or its time is over.
            NotFoundError: The file is gone.
        """
        is_ours = is_job_id(job_id) and self.keyring().proves_media_signature(job_id, name, expires_at, signature)
        if not is_ours or expires_at < self.now().timestamp():
            raise UnauthenticatedError("The link is not valid, or not any more; read the job for a new one.")
        job = self.jobs.get(JobId(job_id))
        if job is None:
            raise NotFoundError("There is no such file.")
        return self._address(job, name)

    def _address(self, job: Job, name: str) -> str:
        file = next((file for file in job.all_files if file.name == name), None)
        if file is None:
            known = ", ".join(file.name for file in job.all_files)
            raise NotFoundError(f"The job has no file {name[:64]!r}; it has {known}.")
        return self.bucket.link(file.key, expires_s=PRESIGNED_S, download_name=f"{job.id}-{file.name}")


def _why(job: Job) -> str:
    return f": {job.error.message}" if job.error else "."
