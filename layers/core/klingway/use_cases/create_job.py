"""Accept a request: validate it, write the job, submit it.

A request that is refused costs nothing: nothing is written, sent or spent, and its idempotency key stays free.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from klingway.domain.deliveries import JOB_EVENTS, Target
from klingway.domain.errors import (
    AlreadyExistsError,
    InvalidRequestError,
    PaymentRequiredError,
    Problem,
    UnavailableError,
)
from klingway.domain.ids import JobId, Kind, ProviderName, Tenant, new_job_id
from klingway.domain.job import Failover, Job, OnUnconfirmed, Origin, State
from klingway.domain.pricing import price_of
from klingway.domain.request import AnyRequest
from klingway.domain.routing import Route
from klingway.domain.schedule import LIFE_S, PATIENCE_S
from klingway.observability import logger
from klingway.use_cases import accepting
from klingway.use_cases.guard_spending import GuardSpending
from klingway.use_cases.judge_request import JudgeRequest
from klingway.use_cases.ports import (
    BusyError,
    IdempotencyKey,
    JobStore,
    KeyTakenError,
    MediaBucket,
    Now,
    ReferenceTakenError,
    StoredJob,
)
from klingway.use_cases.start_job import StartJob

KEY_LIFE_S: Final = 7 * 86_400
MAX_KEY_CHARS: Final = 255


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that was accepted, now or under the same idempotency key before."""

    stored: StoredJob
    is_replay: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateJob:
    """Creates jobs.

    Attributes:
        logs_prompts: Whether the words of each request that is accepted are logged.
    """

    jobs: JobStore
    bucket: MediaBucket
    judge: JudgeRequest
    guard: GuardSpending
    start: StartJob
    now: Now
    logs_prompts: bool = False

    def run(
        self,
        tenant: Tenant,
        body: Mapping[str, Any],
        *,
        key: IdempotencyKey | None,
        public_url: str,
        kind: Kind = "video",
        origin: Origin | None = None,
        targets: Sequence[Target] = (),
        correlation_id: str | None = None,
        retry_of: JobId | None = None,
    ) -> Accepted:
        """Accept the body of `POST /v1/videos`, or of `/v1/images`.

        Args:
            tenant: Whose job it becomes.
            body: The canonical request, any JSON object.
            kind: What it asks for.
            origin: The dialect in which it was asked for, where that is not the canonical form.
            key: Under which the same request makes no second job.
            public_url: Where providers' callbacks reach this gateway.
            targets: Where the end is delivered to, besides what the request itself names.
            correlation_id: What the event that asks for the job calls it.
            retry_of: The job whose request it repeats.

        Raises:
            InvalidRequestError: With every problem of the request.
            AlreadyExistsError: The origin's external id belongs to a job already.
            TooLargeError: It carries more inline than can be taken.
            PaymentRequiredError: The tenant's budget does not allow it.
            UnavailableError: The table did not take the job; nothing was accepted.
        """
        judged = self.judge.read(tenant, kind, body)
        try:
            route = self.judge.route(judged, origin)
        except InvalidRequestError:
            # What was accepted stays accepted, even if it would be refused today: a credential may have gone since.
            if key is not None and (taken := self.jobs.taken_by(key)) is not None:
                return self._replay(taken, key)
            raise
        request = accepting.with_stored(self.bucket, tenant, judged.request, judged.pictures)
        job = replace(
            self._job(tenant, request, route, public_url),
            origin=origin,
            elements=judged.elements,
            targets=(*_targets(request), *targets),
            correlation_id=correlation_id,
            retry_of=retry_of,
        )
        try:
            job = self.guard.reserve(job, request)
        except PaymentRequiredError:
            if key is not None and (taken := self.jobs.taken_by(key)) is not None:
                return self._replay(taken, key)
            raise
        said = request.model_dump(mode="json", exclude_unset=True)
        try:
            self.jobs.create(job, said, key)
        except KeyTakenError as taken:
            self.guard.give_back(job)
            return self._replay(taken, key)
        except ReferenceTakenError as taken:
            self.guard.give_back(job)
            raise AlreadyExistsError(taken.external_id) from taken
        except BusyError as error:
            self.guard.give_back(job)
            raise UnavailableError("The table is busy; nothing was accepted. Try again.") from error
        if self.logs_prompts:
            logger().info("prompts", extra={"job_id": job.id, "prompts": request.words})
        return Accepted(StoredJob(self._started(job, said), said), is_replay=False)

    def _started(self, job: Job, said: Mapping[str, Any]) -> Job:
        """Start a job that is written. It is accepted whatever happens from here on: the poller makes it good."""
        try:
            return self.start.run(job, said)
        except Exception as error:  # noqa: BLE001 - of whatever kind: the job is written
            # The kind alone: an error's words may repeat the request.
            logger().error("start interrupted", extra={"job_id": job.id, "error": type(error).__name__})
        with suppress(Exception):  # as it stands by now, if that can be read
            return self.jobs.get(job.id) or job
        return job

    def key_for(self, tenant: Tenant, body: Mapping[str, Any], key: str, *, asked_as: str = "video") -> IdempotencyKey:
        """Return a caller's own key for a body: with another body, or asked as something else, it is a mistake.

        Raises:
            InvalidRequestError: It has not the form of one.
        """
        if not 1 <= len(key) <= MAX_KEY_CHARS or not all("!" <= char <= "~" for char in key):
            message = f"Idempotency-Key must be 1 to {MAX_KEY_CHARS} visible ASCII characters."
            problem = Problem(
                field="Idempotency-Key", code="wrong_form", message=message, limit={"max_chars": MAX_KEY_CHARS}
            )
            raise InvalidRequestError("The idempotency key cannot be used.", [problem])
        # The order of an object's fields says nothing, that of a list's items does.
        canonical = json.dumps([asked_as, body], sort_keys=True, separators=(",", ":"))
        fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
        return IdempotencyKey(tenant, key, fingerprint, int(self.now().timestamp()) + KEY_LIFE_S)

    def _job(self, tenant: Tenant, request: AnyRequest, route: Route, public_url: str) -> Job:
        now = self.now()
        provider = ProviderName(route.providers[0])
        return Job(
            id=new_job_id(now),
            tenant=tenant,
            kind=request.kind,
            model=request.asked_model,
            state=State.QUEUED,
            provider=provider,
            route=tuple(ProviderName(name) for name in route.providers),
            route_reason=route.reason,
            created_at=now,
            updated_at=now,
            deadline_at=now + timedelta(seconds=request.deadline_s or LIFE_S),
            has_own_deadline=request.deadline_s is not None,
            public_url=public_url,
            failover=Failover(request.failover or Failover.BEFORE_ACCEPTANCE),
            on_unconfirmed=OnUnconfirmed(request.on_unconfirmed or OnUnconfirmed.FAIL),
            due_at=int(now.timestamp()) + min(PATIENCE_S, request.deadline_s or PATIENCE_S),
            reference=request.reference,
            metadata=request.metadata,
            price=price_of(request, self.judge.providers.get(provider).profile),
        )

    def _replay(self, taken: KeyTakenError, key: IdempotencyKey | None) -> Accepted:
        if key is None or taken.fingerprint != key.fingerprint:
            raise accepting.key_of_another_request()
        stored = self.jobs.get_with_request(taken.job_id)
        if stored is None:
            raise accepting.key_of_deleted_job()
        return Accepted(stored, is_replay=True)


def _targets(request: AnyRequest) -> tuple[Target, ...]:
    """Return where the request itself wants its end to be told."""
    if request.webhook is None:
        return ()
    return (Target("webhook", request.webhook.url, tuple(request.webhook.events or JOB_EVENTS)),)
