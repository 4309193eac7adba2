"""What the use cases need of the world; `adapters` has one module for each, tests have a fake for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from klingway.domain.deliveries import Delivery, DeliveryMessage
    from klingway.domain.ids import AttemptId, JobId, ProviderName, Tenant
    from klingway.domain.job import Attempt, Job, LateResult, State
    from klingway.domain.keys import ApiKey
    from klingway.domain.late_results import Watch
    from klingway.domain.tenants import KnownTenant
    from klingway.domain.transitions import Change
    from klingway.domain.work import Work
    from klingway.providers.contract import Provider

Now = Callable[[], datetime]
"""The time, aware, in UTC."""


class ChangeRefusedError(Exception):
    """A row was not in a state that a change may come from: somebody else was quicker."""

    def __init__(self, job: Job | None) -> None:
        super().__init__("the job has moved on")
        self.job = job
        """The job as it stands, None where there is none."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key for one request."""

    tenant: Tenant
    key: str
    fingerprint: str
    """Of the request's body: the same key with another body is a mistake."""
    expires_at: int
    """Epoch seconds until which the key is kept."""


class KeyTakenError(Exception):
    """A job, or an element, was made under this idempotency key before."""

    def __init__(self, job_id: JobId, fingerprint: str) -> None:
        super().__init__(f"taken by {job_id}")
        self.job_id = job_id
        """The job's id; of a key with which an element was made, the element's."""
        self.fingerprint = fingerprint


class KeyChangedError(Exception):
    """A caller's key was revoked, or changed by somebody else."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the key {key_id} is revoked, or was changed in the meantime")


class ReferenceTakenError(Exception):
    """The tenant has a job, or an element, under this external id in this dialect already."""

    def __init__(self, external_id: str) -> None:
        super().__init__(f"taken: {external_id}")
        self.external_id = external_id


class BusyError(Exception):
    """The table kept refusing to take a write; nothing was written."""


@dataclass(frozen=True, slots=True)
class DueRow:
    """A row whose time has come."""

    id: str
    """The partition key: a job's id, or an element's."""
    part: str
    """The sort key: `job`, `element`, or a delivery's."""
    due_at: int


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A due row that was taken up, as far as its work has to know it."""

    id: str
    part: str
    number: int
    """What its work has to carry."""
    state: str


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job with its request."""

    job: Job
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows; None matches all."""

    state: State | None = None
    provider: ProviderName | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, newest first."""

    jobs: Sequence[StoredJob]
    next_after: JobId | None
    """Where the next part goes on; None at the end."""


class JobStore(Protocol):
    """Jobs and their requests."""

    def create(self, job: Job, request: Mapping[str, Any], key: IdempotencyKey | None) -> None:
        """Write a job, its request, its idempotency key and its origin's external id, all or nothing.

        Raises:
            KeyTakenError: The key belongs to a job already.
            ReferenceTakenError: The external id belongs to something already.
            BusyError: The table did not take it.
        """
        ...

    def named(self, tenant: Tenant, dialect: ProviderName, external_id: str) -> str | None:
        """Return the id of what a tenant named so in a dialect, a job's or an element's; None where there is nothing."""
        ...

    def forget_name(self, job: Job) -> None:
        """Let go of a job's external id, so that its caller can use it again."""
        ...

    def get(self, job_id: JobId) -> Job | None:
        """Return a job as it stands this moment."""
        ...

    def get_with_request(self, job_id: JobId) -> StoredJob | None:
        """Return a job and what was asked for."""
        ...

    def get_request(self, job_id: JobId) -> Mapping[str, Any]:
        """Return what was asked for, of a job that exists."""
        ...

    def taken_by(self, key: IdempotencyKey) -> KeyTakenError | None:
        """Return whose an idempotency key is, None where it is free."""
        ...

    def apply(self, job_id: JobId, change: Change) -> Job:
        """Change a job's row in one conditional write; return the job as it is now.

        Raises:
            ChangeRefusedError: It was not in a state that the change may come from.
        """
        ...

    def keep_late_result(self, job: Job, late: LateResult) -> Job:
        """Write what an ended job has got late to its row, whose state stays and is not announced; return it.

        Args:
            job: As it was read, without it.
            late: What it has got.

        Raises:
            ChangeRefusedError: It has changed since, or is gone.
        """
        ...

    def delete(self, job: Job) -> None:
        """Delete a job and everything that stands beside it; its own row last, so that it can be done again."""
        ...

    def page(self, tenant: Tenant, which: JobFilter, *, limit: int, after: JobId | None) -> Page:
        """Return a tenant's jobs, newest first."""
        ...

    def numbered_page(
        self, tenant: Tenant, dialect: ProviderName, product: str, *, skipped: int, limit: int
    ) -> Sequence[StoredJob]:
        """Return a part of the jobs that a tenant asked for as one product of a dialect, newest first."""
        ...


class WatchStore(Protocol):
    """Watches of attempts, each a row beside that of its job."""

    def add(self, watch: Watch) -> bool:
        """Write a new watch; False where there is one already, which changes nothing."""
        ...

    def get(self, job_id: JobId, attempt: int) -> Watch | None:
        """Return the watch of an attempt as it stands this moment."""
        ...

    def replace(self, watch: Watch, *, expected: int) -> bool:
        """Write a watch anew; False where its row does not expect the number any more: somebody else was quicker."""
        ...

    def remove(self, watch: Watch) -> bool:
        """Delete a watch as it was read; False where somebody has changed it since."""
        ...

    def of(self, job_id: JobId) -> Sequence[Watch]:
        """Return the watches beside a job."""
        ...


class TaskClaims(Protocol):
    """Whose tasks are, at providers whose own record of a task does not say."""

    def claim(self, attempt: Attempt, task_id: str, attempt_id: AttemptId, *, at: datetime) -> bool:
        """Write down whose a task is; False where it is another attempt's already.

        Args:
            attempt: Says at which provider, and under which account.
            task_id: The provider's id of the task.
            attempt_id: Whose it is.
            at: The time.
        """
        ...


class DueRows(Protocol):
    """The rows whose time has come."""

    def due(self, now: datetime, *, limit: int) -> Iterator[DueRow]:
        """Yield what is due, longest due first within each shard."""
        ...

    def take_up(self, row: DueRow, *, at: datetime) -> TakenUp | None:
        """Make a due row's work ours: its number goes up, and it falls due again if the work is lost.

        Returns None where the row has moved on since it was seen.
        """
        ...


class WorkQueue(Protocol):
    """Where work is sent."""

    def send(self, work: Work, *, delay_s: float = 0) -> None:
        """Send one message, to be received no sooner than `delay_s` (at most 900) from now."""
        ...

    def send_all(self, works: Sequence[Work]) -> None:
        """Send many messages, to be received at once."""
        ...


class DeliveryStore(Protocol):
    """Deliveries, each a row beside that of the job or the element that it is about."""

    def add(self, delivery: Delivery) -> bool:
        """Write a new delivery; False where it was written before, which changes nothing."""
        ...

    def get(self, subject_id: str, part: str) -> Delivery | None:
        """Return a delivery as it stands this moment."""
        ...

    def replace(self, delivery: Delivery, *, expected: int) -> bool:
        """Write a delivery anew; False where its row does not expect the number any more: somebody else was quicker."""
        ...

    def of(self, subject_id: str) -> Sequence[Delivery]:
        """Return the deliveries about a job, or an element, newest first."""
        ...


class DeliveryQueue(Protocol):
    """Where deliveries are sent to be tried."""

    def send(self, work: DeliveryMessage, *, delay_s: float = 0) -> None:
        """Send one message, to be received no sooner than `delay_s` (at most 900) from now."""
        ...

    def send_all(self, works: Sequence[DeliveryMessage]) -> None:
        """Send up to ten messages, to be received at once."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """What a receiver answered."""

    status: int
    retry_after: str | None
    """The header as it came."""


class PostError(Exception):
    """Nothing was answered."""

    def __init__(self, reason: str, *, is_permanent: bool = False) -> None:
        super().__init__(reason)
        self.is_permanent = is_permanent
        """Whether another try of the same address cannot do better."""


class Posts(Protocol):
    """Messages to addresses that somebody else chose."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post a body, in bounded time; a redirect is an answer like any other.

        Raises:
            PostError: It is refused, or no answer came.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What was written."""

    size_bytes: int
    sha256: str


class MediaBucket(Protocol):
    """The caller's own bucket."""

    @property
    def name(self) -> str:
        """The bucket's name."""
        ...

    def store(self, key: str, chunks: Iterator[bytes], *, content_type: str) -> StoredObject:
        """Write an object from a stream with bounded memory; a stream that raises leaves nothing behind."""
        ...

    def copy(self, key: str, to: str) -> None:
        """Copy an object within the bucket, its content type with it; what lay there is replaced."""
        ...

    def open(self, key: str, size_bytes: int) -> BinaryIO:
        """Open an object for reading here and there."""
        ...

    def read(self, key: str, *, at_most_bytes: int, etag: str | None) -> bytes | None:
        """Return an object, or as much of its beginning; None where it is gone, or not the one of this ETag any more."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone already are no mistake.

        Raises:
            OSError: Some could not be deleted.
        """
        ...

    def link(self, key: str, *, expires_s: int, download_name: str | None = None) -> str:
        """Return a signed address of an object for anybody to read."""
        ...


class MediaError(Exception):
    """Media could not be fetched whole."""

    def __init__(self, reason: str, *, is_permanent: bool = False) -> None:
        super().__init__(reason)
        self.is_permanent = is_permanent
        """Whether another try of the same address cannot do better."""


@dataclass(frozen=True, slots=True)
class OpenedMedia:
    """Media on its way."""

    content_type: str
    chunks: Iterator[bytes] = field(repr=False)
    """Raises MediaError where it ends short or grows beyond what is taken."""


class MediaSource(Protocol):
    """Where results are fetched from: addresses that somebody else chose."""

    def open(self, url: str) -> AbstractContextManager[OpenedMedia]:
        """Open an outside address.

        Raises:
            MediaError: It is refused, unreachable, of no fitting type, or too large.
        """
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """What a media file says of itself; None where it says nothing."""

    duration_s: float | None
    width: int | None
    height: int | None
    is_truncated: bool = False
    """Whether the container promises more than there is."""


Measure = Callable[[BinaryIO], Measured]
"""Reads a media file's container."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell."""

    detail_type: str
    detail: Mapping[str, Any]


class EventBus(Protocol):
    """Where jobs are told of."""

    def publish(self, events: Sequence[Event]) -> Sequence[bool]:
        """Publish events; return for each whether the bus took it."""
        ...


class KeyStore(Protocol):
    """The keys that callers prove themselves with."""

    def get_key(self, key_id: str) -> ApiKey | None:
        """Return a key as it was within the last minute, None where there is none."""
        ...

    def fresh_key(self, key_id: str) -> ApiKey | None:
        """Return a key as it was within the last second, None where there is none."""
        ...


class KeyRegister(Protocol):
    """Tenants and their keys, as whoever runs the gateway looks after them."""

    def add(self, key: ApiKey) -> None:
        """Write a key, and its tenant if it is new."""
        ...

    def add_tenant(self, tenant: Tenant, at: datetime) -> None:
        """Write a tenant; one that is there stays as it is."""
        ...

    def tenant(self, name: Tenant) -> KnownTenant | None:
        """Return a tenant, None where there is none."""
        ...

    def tenants(self) -> Sequence[KnownTenant]:
        """Return all tenants, by name."""
        ...

    def read_key(self, key_id: str) -> ApiKey | None:
        """Return a key as it is by now, None where there is none."""
        ...

    def keys_of(self, tenant: Tenant) -> Sequence[ApiKey]:
        """Return a tenant's keys, revoked ones too, the oldest first."""
        ...

    def revoke(self, key: ApiKey) -> ApiKey:
        """Make a key worthless for good, however it stands by now; return it."""
        ...

    def rotate(self, key: ApiKey, previous_until: datetime) -> ApiKey:
        """Raise a key's version; the secrets of the one before are good until a time. Return it.

        Raises:
            KeyChangedError: It is another version by now, or revoked.
        """
        ...


class Providers(Protocol):
    """The providers of this gateway."""

    def names(self) -> Sequence[ProviderName]:
        """Return their names in the gateway's order of preference."""
        ...

    def get(self, name: ProviderName) -> Provider:
        """Return one by name.

        Raises:
            KeyError: There is none of this name.
        """
        ...
