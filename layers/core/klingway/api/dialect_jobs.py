"""Jobs, asked for and read in a dialect."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from klingway.api.conversation import PROVIDER_HEADER, Conversation, Reply, reply, warned
from klingway.domain.deliveries import CALLBACK, JOB_ENDS, Target
from klingway.domain.errors import InvalidRequestError, NotFoundError, ProviderRefusalError
from klingway.domain.ids import JobId, is_job_id
from klingway.providers.dialects import ShownJob
from klingway.providers.spoken import with_their_places

if TYPE_CHECKING:
    from klingway.domain.job import Job
    from klingway.providers.dialects import ListDialect
    from klingway.use_cases.ports import StoredJob


def create(asked: Conversation) -> Reply:
    """Accept a request; one that its provider refuses at once is answered as that service would."""
    body = asked.body()
    translated = asked.dialect.translate(asked.endpoint.product, body)
    asked.expect_good_ways(translated.callback_url, translated.external_id)
    url = translated.callback_url
    try:
        accepted = asked.services.create_job.run(
            asked.tenant,
            {**translated.body, "provider": asked.providers()},
            kind=translated.kind,
            key=asked.key(body),
            public_url=asked.call.public_url,
            origin=asked.origin(translated.external_id),
            targets=[Target(CALLBACK, url, JOB_ENDS)] if url else (),
        )
    except InvalidRequestError as error:
        raise with_their_places(error, {"provider": PROVIDER_HEADER, **translated.places}) from error
    _expect_not_refused(asked, accepted.stored.job)
    replayed = {"Idempotent-Replayed": "true"} if accepted.is_replay else {}
    shown = _shown(asked, accepted.stored)
    return reply(asked.dialect.accepted(shown), replayed | warned(translated.warnings))


def _expect_not_refused(asked: Conversation, job: Job) -> None:
    """Say a provider's refusal in the answer to the request itself; its external id can be used again.

    Raises:
        ProviderRefusalError: The job was refused at once, and nothing was created.
    """
    if job.was_refused_at_once and job.error is not None:
        asked.services.jobs.forget_name(job)
        raise ProviderRefusalError(job.error.code, job.error.message)


def read(asked: Conversation) -> Reply:
    """Show a job that was asked for in this dialect, as this product."""
    return reply(asked.dialect.show(asked.endpoint, _shown(asked, _own(asked))))


def many(asked: Conversation) -> Reply:
    """Show a part of the tenant's jobs of this product."""
    lists = _lists(asked)
    part = lists.part(asked.call.query)
    stored = asked.services.jobs.numbered_page(
        asked.tenant, asked.name, asked.endpoint.product, skipped=part.skipped, limit=part.limit
    )
    return reply(lists.show_many([_shown(asked, each) for each in stored]))


def _lists(asked: Conversation) -> ListDialect:
    """Return what the dialect says of lists: it has an endpoint that lists, so it says something."""
    lists = asked.dialect.lists
    if lists is None:
        raise TypeError(f"{asked.name} has endpoints that list and no words for them")
    return lists


def content(asked: Conversation) -> Reply:
    """Redirect to the film."""
    address = asked.services.read_jobs.content_of(_own(asked).job)
    return Reply(status=int(HTTPStatus.FOUND), headers={"Location": address, "Cache-Control": "no-store"})


def _own(asked: Conversation) -> StoredJob:
    jobs = asked.services.jobs
    is_id = is_job_id(asked.asked_for)
    name = asked.asked_for if is_id else jobs.named(asked.tenant, asked.name, asked.asked_for) or ""
    stored = jobs.get_with_request(JobId(name)) if is_job_id(name) else None
    if stored is None or stored.job.tenant != asked.tenant or not _is_known_here(asked, stored.job):
        raise NotFoundError(f"There is no task {asked.asked_for[:64]!r}.", asked=asked.asked_for)
    return stored


def _is_known_here(asked: Conversation, job: Job) -> bool:
    origin = job.origin
    return origin is not None and (origin.dialect, origin.product) == (asked.name, asked.endpoint.product)


def _shown(asked: Conversation, stored: StoredJob) -> ShownJob:
    life_s = asked.dialect.link_life_s
    links = asked.services.links.of(stored.job, public_url=asked.call.public_url, life_s=life_s)
    return ShownJob(job=stored.job, request=stored.request, links=links.by_name, links_end_at=links.end_at)
