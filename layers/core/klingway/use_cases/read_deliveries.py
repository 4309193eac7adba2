"""Show a tenant what was sent about its jobs, and with which secret that is signed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from klingway.domain.deliveries import delivery_to_json
from klingway.domain.errors import NotFoundError
from klingway.domain.ids import JobId, Tenant, is_job_id
from klingway.domain.keys import Keyring
from klingway.use_cases.ports import DeliveryStore, JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDeliveries:
    """Reads deliveries."""

    jobs: JobStore
    deliveries: DeliveryStore
    keyring: Callable[[], Keyring]

    def of(self, tenant: Tenant, job_id: str) -> dict[str, Any]:
        """Return the log of a job's deliveries, newest first.

        Raises:
            NotFoundError: There is no job of this id, or it is another tenant's; the answer is the same.
        """
        job = self.jobs.get(JobId(job_id)) if is_job_id(job_id) else None
        if job is None or job.tenant != tenant:
            raise NotFoundError(f"There is no job {job_id[:64]!r}.")
        return {"deliveries": [delivery_to_json(delivery) for delivery in self.deliveries.of(job.id)]}

    def secret(self, tenant: Tenant) -> dict[str, str]:
        """Return the secret with which the tenant's webhooks are signed."""
        return {"secret": self.keyring().webhook_secret(tenant)}
