"""Webhooks: an event posted to a caller's own address."""

from dataclasses import dataclass
from typing import Any

from klingway.domain.deliveries import Answer, Delivery
from klingway.domain.events import event_detail, late_result_detail
from klingway.domain.ids import iso
from klingway.domain.job import Job
from klingway.use_cases.signed_posts import SignedPosts


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWebhook:
    """Sends webhooks."""

    posts: SignedPosts
    bucket_name: str

    def send(self, delivery: Delivery, job: Job) -> Answer:
        """Post the event."""
        return self.posts.send(delivery, webhook_body(delivery, job, bucket=self.bucket_name), tenant=job.tenant)


def webhook_body(delivery: Delivery, job: Job, *, bucket: str) -> dict[str, Any]:
    """Return what a webhook says, the same at each try: `type`, when it happened, and the event's detail."""
    late = next((late for late in job.late_results if late.sequence == delivery.sequence), None)
    if late is None:
        happened_at, detail = job.finished_at or job.updated_at, event_detail(job, bucket=bucket)
    else:
        happened_at, detail = late.stored_at, late_result_detail(job, late, bucket=bucket)
    return {"type": delivery.event, "timestamp": iso(happened_at), "data": detail}
