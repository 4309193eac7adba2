"""A job, its attempts, and the states they go through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from klingway.domain.deliveries import Target
from klingway.domain.ids import AttemptId, ElementId, JobId, Kind, ProviderName, Tenant
from klingway.domain.schedule import PATIENCE_S


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    PREPARING = "preparing"
    """Elements are being made."""
    SUBMITTING = "submitting"
    """A provider is being called this moment, or the caller of it died."""
    UNCONFIRMED = "unconfirmed"
    """The provider's answer to a submission was lost."""
    RUNNING = "running"
    STORING = "storing"
    """The provider is done; the media is on its way to the bucket."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """Whether a job stays in this state for good."""
        return self in {State.SUCCEEDED, State.FAILED, State.CANCELED}


class AttemptState(StrEnum):
    """Where an attempt is."""

    SUBMITTING = "submitting"
    REFUSED = "refused"
    """Refused for now, and nothing was created; the same attempt is submitted again."""
    UNCONFIRMED = "unconfirmed"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Failover(StrEnum):
    """When a job may go on to the next provider of its route."""

    NEVER = "never"
    BEFORE_ACCEPTANCE = "before_acceptance"
    """When a provider refuses it and nothing was created: it costs nothing."""
    ALWAYS = "always"
    """Also when a provider fails at it that had accepted it."""


class OnUnconfirmed(StrEnum):
    """What becomes of a job of which it can never be known whether its submission arrived."""

    FAIL = "fail"
    RESUBMIT = "resubmit"
    """It is submitted once more, under another reference: it may be made, and paid for, twice."""


class LearntBy(StrEnum):
    """How the end of a job at the provider was learnt."""

    CALLBACK = "callback"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in a currency, and who says so."""

    amount: Decimal
    currency: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job or an attempt failed, or was refused."""

    code: str
    message: str
    retryable: bool
    """Whether the same request may succeed at another time."""
    provider_code: str | None = None


SUBMISSION_UNCONFIRMED: Final = "submission_unconfirmed"
"""The error of a submission of which it can never be known whether it arrived: there may be a charge."""

REQUEST_REFUSALS: Final = frozenset({"refused_by_provider", "moderation_refused"})
"""Errors that speak of the request itself: the same call made earlier cannot have had another end."""


GAVE_UP: Final = frozenset({"deadline_exceeded", "not_configured", "stalled"})
"""The errors of attempts that the gateway itself waited for no longer: what their providers still make is charged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One submission of a job to one provider."""

    number: int
    provider: ProviderName
    account: str
    """Whose account at the provider: a query needs the credentials of the submission."""
    state: AttemptState
    handle: Mapping[str, Any]
    """What finds the task again at the provider: the query path from before the call on, the task id after it."""
    started_at: datetime
    """When the first call began."""
    tries: int = 1
    """Calls made, refused ones included."""
    doubts: int = 0
    """Calls whose answer was lost: after one, a task may exist, whatever a later call says."""
    lookups: int = 0
    """Times that the provider, asked for our reference, did not know it."""
    looked_up_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    task_id: str | None = None
    price: Price | None = None
    """What its provider takes for the request; None where it is unknown."""
    error: JobError | None = None

    @property
    def is_unconfirmed_for_good(self) -> bool:
        """Whether it can never be known whether it arrived."""
        return self.error is not None and self.error.code == SUBMISSION_UNCONFIRMED

    @property
    def may_be_charged(self) -> bool:
        """Whether it may be on the bill.

        What a provider refuses costs nothing, nor what it failed at: the relays give it back (facts, resellers, section on
        failures). What was made, what was not waited for, and what nobody knows of, counts.
        """
        code = None if self.error is None else self.error.code
        if self.accepted_at is not None:
            return self.state is not AttemptState.FAILED or code in GAVE_UP
        return self.is_unconfirmed_for_good or (self.doubts > 0 and code not in REQUEST_REFUSALS)

    @property
    def owes_a_result(self) -> bool:
        """Whether it has ended, may be on the bill, and has brought nothing: it may still."""
        return self.state is AttemptState.FAILED and self.may_be_charged


@dataclass(frozen=True, slots=True, kw_only=True)
class JobElement:
    """An element that a job uses where its provider keeps elements: one that its caller named, or one made for it first."""

    index: int
    """Its place in the request: `elements[index]`."""
    id: ElementId
    provider_id: str | None = None
    """The provider's own id of it, once it is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a result, in the bucket."""

    name: str
    """`video.mp4`, `watermarked.mp4`, `image_1.png`, `job.json`."""
    role: str
    """`video`, `image`, `watermarked`, `provenance`."""
    key: str
    size_bytes: int
    sha256: str
    """Hexadecimal."""
    content_type: str
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateResult:
    """What an attempt has brought after its job had ended without it."""

    attempt: int
    """The attempt's number."""
    provider: ProviderName
    sequence: int
    """The number of its announcement; no other of the job has it."""
    stored_at: datetime
    files: tuple[StoredFile, ...]
    """By names that none of the job's other files has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The dialect in which a job was asked for, which is the one in which its caller asks for it again."""

    dialect: ProviderName
    product: str
    """Which of that service's products it is: `omni-video`; its tasks are asked for and listed by product there."""
    external_id: str | None = None
    """The caller's own id of it, unique for that tenant and dialect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a caller asked for, from acceptance to the end. The request itself is stored apart, written once."""

    id: JobId
    tenant: Tenant
    kind: Kind
    model: str
    state: State
    provider: ProviderName
    """The provider of the route's head, later of the latest attempt."""
    route: tuple[ProviderName, ...]
    """The providers able to do it, best first."""
    route_reason: str
    created_at: datetime
    updated_at: datetime
    deadline_at: datetime
    """By when it has to be submitted; from then on, by when it has to end. A caller's own is one for all of its life."""
    public_url: str
    """The gateway's own address, as the caller reached it: callbacks come back there."""
    failover: Failover = Failover.BEFORE_ACCEPTANCE
    on_unconfirmed: OnUnconfirmed = OnUnconfirmed.FAIL
    has_own_deadline: bool = False
    """Whether its caller said by when."""
    number: int = 0
    """The number that the next work on this job must carry; see `work`."""
    due_at: int | None = None
    """Epoch seconds at which the poller takes the job up; None once it is at rest."""
    sequence: int = 0
    """How many state changes there have been; the number of the latest one's announcement."""
    attempts: tuple[Attempt, ...] = ()
    """Up to one for each provider, and one more where one was submitted anew; one that is taken up again comes last."""
    reference: str | None = None
    metadata: Mapping[str, Any] | None = None
    retry_of: JobId | None = None
    """The ended job whose request this one repeats."""
    correlation_id: str | None = None
    """What the event that asked for the job called it; in every event about it."""
    origin: Origin | None = None
    """None: asked for in the canonical form."""
    targets: tuple[Target, ...] = ()
    """Where its end is delivered to."""
    elements: tuple[JobElement, ...] = ()
    """Those of the gateway that the request named; once they are prepared, where its provider keeps elements, all it uses."""
    price: Price | None = None
    reserved_usd: Decimal | None = None
    """What counts against its tenant's caps until its end; None where there are none, or it is settled."""
    spent_usd: Decimal | None = None
    """What counts from then on."""
    learnt_by: LearntBy | None = None
    finished_at: datetime | None = None
    error: JobError | None = None
    files: tuple[StoredFile, ...] = ()
    result_mismatch: tuple[str, ...] = ()
    """What of the result is not as asked: `duration_s`, `aspect_ratio`."""
    warnings: tuple[str, ...] = ()
    """What a caller should know of a result that is not all that it could be."""
    late_results: tuple[LateResult, ...] = ()
    """What came after its end, in the order in which it came."""
    store_tries: int = 0
    """Times that storing was begun; a process that died while copying is counted as well."""
    store_refusals: int = 0
    """How often in a row the media was such as will not do."""
    store_error: str | None = None
    """Why the media could not be fetched the last time."""

    @property
    def may_be_charged_twice(self) -> bool:
        """Whether it was submitted anew although an earlier submission may be charged."""
        return any(attempt.owes_a_result for attempt in self.attempts[:-1])

    @property
    def all_files(self) -> tuple[StoredFile, ...]:
        """Everything of it that is in the bucket, what came late among it."""
        return (*self.files, *(file for late in self.late_results for file in late.files))

    @property
    def was_refused(self) -> bool:
        """Whether it failed without anything having been created anywhere: as if it had not been asked for."""
        is_refusal = self.error is not None and self.error.code != SUBMISSION_UNCONFIRMED
        was_accepted = any(attempt.accepted_at is not None or attempt.doubts for attempt in self.attempts)
        return self.state is State.FAILED and is_refusal and not was_accepted

    @property
    def was_refused_at_once(self) -> bool:
        """Whether it was refused in the very run that accepted it: in a dialect, that is the answer to the request itself.

        It went straight from `queued`, by one submission at most, to `failed`, before it could fall due for anybody else.
        """
        is_straight = self.sequence == len(self.attempts) + 1
        was_at_once = self.finished_at is not None and self.finished_at < self.created_at + timedelta(
            seconds=PATIENCE_S
        )
        return self.was_refused and is_straight and was_at_once

    @property
    def attempt(self) -> Attempt:
        """The latest attempt.

        Raises:
            IndexError: There is none yet.
        """
        return self.attempts[-1]

    @property
    def attempt_id(self) -> AttemptId:
        """The latest attempt's id, which is our reference at its provider."""
        return AttemptId(self.id, self.attempt.number)
