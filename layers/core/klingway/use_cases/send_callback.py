"""Callbacks of a dialect: the end of a job posted to the `callback_url` of its request, in that service's own words.

Signed like a webhook: Kling itself signs its callbacks so since 2026-08-07 (Kling API updates), the others do not sign.
"""

from collections.abc import Callable
from dataclasses import dataclass

from klingway.domain.deliveries import Answer, Delivery, Verdict
from klingway.domain.ids import ProviderName
from klingway.domain.job import Job
from klingway.providers.dialects import Dialect, ShownJob
from klingway.use_cases.media_links import MediaLinks
from klingway.use_cases.ports import JobStore
from klingway.use_cases.signed_posts import SignedPosts


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCallback:
    """Sends callbacks."""

    posts: SignedPosts
    jobs: JobStore
    links: MediaLinks
    dialect_of: Callable[[ProviderName], Dialect]

    def send(self, delivery: Delivery, job: Job) -> Answer:
        """Post the end of a job, with fresh links at each try."""
        said = None
        if job.origin is not None:
            dialect = self.dialect_of(job.origin.dialect)
            links = self.links.of(job, public_url=job.public_url, life_s=dialect.link_life_s)
            request = self.jobs.get_request(job.id)
            said = dialect.callback(ShownJob(job=job, request=request, links=links.by_name, links_end_at=links.end_at))
        if said is None:
            return Answer(verdict=Verdict.REFUSED, error="this job's caller speaks in no dialect that calls back")
        return self.posts.send(delivery, said, tenant=job.tenant)
