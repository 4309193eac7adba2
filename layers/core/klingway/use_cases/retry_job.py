"""Ask once more for what an ended job was asked for: a new job, for a terminal state is for good."""

from dataclasses import dataclass, replace
from typing import Final

from klingway.domain.errors import WrongStateError
from klingway.domain.ids import Tenant
from klingway.use_cases.create_job import Accepted, CreateJob
from klingway.use_cases.own_job import own_job
from klingway.use_cases.ports import JobStore

_ASKED_AS: Final = "retry"
_IN_THE_REQUEST: Final = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryJob:
    """Repeats jobs."""

    jobs: JobStore
    create: CreateJob

    def run(self, tenant: Tenant, job_id: str, *, given_key: str | None, public_url: str) -> Accepted:
        """Accept the stored request of a job that has ended, for the same receivers; its end is not what it was.

        Args:
            tenant: Whose job it is.
            job_id: Of the ended job.
            given_key: The caller's idempotency key, under which the same call makes no second job.
            public_url: Where providers' callbacks reach this gateway.

        Raises:
            NotFoundError: The tenant has no such job.
            WrongStateError: It has not ended.
            InvalidRequestError: The request would be refused today.
            UnavailableError: Nothing was accepted.
        """
        stored = own_job(self.jobs, tenant, job_id)
        job = stored.job
        if not job.state.is_terminal:
            raise WrongStateError(
                "not_ended", f"The job is {job.state.value}; it can be retried once it has ended, should it fail."
            )
        key = None
        if given_key is not None:
            key = self.create.key_for(tenant, {"retry_of": job.id}, given_key, asked_as=_ASKED_AS)
        return self.create.run(
            tenant,
            stored.request,
            kind=job.kind,
            key=key,
            public_url=public_url,
            # The caller's external id stays the first job's: it is unique.
            origin=None if job.origin is None else replace(job.origin, external_id=None),
            targets=[target for target in job.targets if target.kind != _IN_THE_REQUEST],
            retry_of=job.id,
        )
