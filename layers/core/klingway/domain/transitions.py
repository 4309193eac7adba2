"""Every change of a job, as data: from which states, to which, and what is written with it.

Pure: each function returns the `Change` that a store applies in one conditional write. A change that is refused means that
somebody else was quicker: read the job, or stop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from klingway.domain.ids import ProviderName
from klingway.domain.job import Attempt, AttemptState, Job, JobElement, JobError, LearntBy, Price, State, StoredFile
from klingway.domain.schedule import CLAIM_S, LIFE_S, PATIENCE_S

_OPEN: Final = frozenset(state for state in State if not state.is_terminal)
CANCELABLE: Final = frozenset({State.QUEUED, State.PREPARING})
"""No provider can cancel a task: a job can be canceled while it has none."""
_SETTLED: Final = frozenset({AttemptState.REFUSED, AttemptState.FAILED})
_SENT: Final = frozenset({State.SUBMITTING, State.UNCONFIRMED})
_AT_PROVIDER: Final = _SENT | {State.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One conditional write to a job's row."""

    allowed_from: frozenset[State]
    to_state: State | None
    """None: the state stays, and nothing is announced."""
    at: datetime
    due_at: datetime | None
    """None exactly where the job comes to rest: every other row falls due at some time."""
    expected_number: int | None = None
    """The number that the row must still expect; None where the states say enough. Each change raises it by one."""
    expected_attempts: tuple[int, int] | None = None
    """How many attempts the row must still have, and the number of the latest; None where the states say enough.

    Whoever writes attempts writes all of them, as he has read them: one that has begun since must not be lost.
    """
    values: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of `Job`, by name."""

    def __post_init__(self) -> None:
        at_rest = self.to_state is not None and self.to_state.is_terminal
        if at_rest != (self.due_at is None):
            raise ValueError("a row falls due unless its job is at rest")
        if any(state.is_terminal for state in self.allowed_from):
            raise ValueError("a terminal state is for good")


def _as_read(job: Job) -> tuple[int, int] | None:
    return (len(job.attempts), job.attempt.number) if job.attempts else None


def _with_latest(job: Job, **changes: Any) -> tuple[Attempt, ...]:  # noqa: ANN401 - fields of Attempt
    return (*job.attempts[:-1], replace(job.attempt, **changes))


def next_attempt_number(job: Job, provider: ProviderName) -> int:
    """Return the number of the attempt that `begin_attempt` would begin or take up again."""
    refused = _refused_by(job, provider)
    return len(job.attempts) + 1 if refused is None else refused.number


def _refused_by(job: Job, provider: ProviderName) -> Attempt | None:
    is_refused = AttemptState.REFUSED
    return next((each for each in job.attempts if each.provider == provider and each.state is is_refused), None)


def begin_attempt(
    job: Job,
    *,
    at: datetime,
    provider: ProviderName,
    account: str,
    handle: Mapping[str, Any],
    price: Price | None,
    due_at: datetime,
) -> Change:
    """Name the provider that is about to be called; written before the call.

    A refused attempt is taken up again under its own number, so that the provider sees the same reference.
    """
    refused = _refused_by(job, provider)
    if refused is not None:
        begun = replace(
            refused,
            state=AttemptState.SUBMITTING,
            tries=refused.tries + 1,
            account=account,
            started_at=at,
            price=price,
            error=None,
        )
    else:
        begun = Attempt(
            number=len(job.attempts) + 1,
            provider=provider,
            account=account,
            state=AttemptState.SUBMITTING,
            handle=handle,
            started_at=at,
            price=price,
        )
    attempts = (*(each for each in job.attempts if each is not refused), begun)
    return Change(
        allowed_from=frozenset({State.QUEUED}),
        to_state=State.SUBMITTING,
        at=at,
        due_at=due_at,
        expected_number=job.number,
        values={"attempts": attempts, "provider": provider, "price": price},
    )


def begin_again(job: Job, *, at: datetime, due_at: datetime) -> Change:
    """Submit an attempt once more under the same reference, its first submission having never arrived."""
    attempts = _with_latest(
        job, state=AttemptState.SUBMITTING, tries=job.attempt.tries + 1, lookups=0, looked_up_at=None
    )
    return Change(
        allowed_from=frozenset({State.UNCONFIRMED}),
        to_state=State.SUBMITTING,
        at=at,
        due_at=due_at,
        expected_number=job.number,
        expected_attempts=_as_read(job),
        values={"attempts": attempts},
    )


def accept(job: Job, *, at: datetime, task_id: str, handle: Mapping[str, Any], due_after_s: float) -> Change:
    """The provider has the task; the poller asks about it `due_after_s` from now, unless something was heard before."""
    attempts = _with_latest(job, state=AttemptState.RUNNING, task_id=task_id, handle=handle, accepted_at=at, error=None)
    deadline_at = job.deadline_at if job.has_own_deadline else at + timedelta(seconds=LIFE_S)
    return Change(
        allowed_from=_SENT,
        to_state=State.RUNNING,
        at=at,
        due_at=at + timedelta(seconds=due_after_s),
        expected_attempts=_as_read(job),
        values={"attempts": attempts, "deadline_at": deadline_at},
    )


def take_elements(job: Job, *, at: datetime, elements: Sequence[JobElement]) -> Change:
    """Every element of the job is made already, and has it among its users: it is submitted next."""
    return Change(
        allowed_from=frozenset({State.QUEUED}),
        to_state=None,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        expected_number=job.number,
        values={"elements": tuple(elements)},
    )


def begin_preparing(job: Job, *, at: datetime, elements: Sequence[JobElement]) -> Change:
    """Elements are made for the job before it is submitted; which ones is written before the workflow is started."""
    return Change(
        allowed_from=frozenset({State.QUEUED}),
        to_state=State.PREPARING,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        expected_number=job.number,
        values={"elements": tuple(elements)},
    )


def end_preparing(*, at: datetime, elements: Sequence[JobElement]) -> Change:
    """Every element is made: the job is submitted next, like any other."""
    return Change(
        allowed_from=frozenset({State.PREPARING}),
        to_state=State.QUEUED,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        values={"elements": tuple(elements)},
    )


def cancel(job: Job, *, at: datetime) -> Change:
    """Its caller wants the job no more, and no provider is at it."""
    message = "canceled before it was submitted; nothing was charged"
    owes = any(attempt.owes_a_result for attempt in job.attempts)
    if any(attempt.accepted_at is not None or attempt.doubts for attempt in job.attempts):
        message = "canceled before it was submitted once more; an earlier attempt may have been charged"
    return Change(
        allowed_from=CANCELABLE,
        to_state=State.CANCELED,
        at=at,
        due_at=None,
        values={"error": JobError(code="canceled", message=message, retryable=not owes), "finished_at": at},
    )


def put_back(job: Job, *, at: datetime, error: JobError, provider: ProviderName, after_s: float) -> Change:
    """The provider refused and created nothing: wait, then submit to whoever comes next, which may be the same one."""
    if error.retryable:
        attempts = _with_latest(job, state=AttemptState.REFUSED, error=error)
    else:
        attempts = _with_latest(job, state=AttemptState.FAILED, error=error, ended_at=at)
    return Change(
        allowed_from=frozenset({State.SUBMITTING}),
        to_state=State.QUEUED,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_attempts=_as_read(job),
        values={"attempts": attempts} | _going_to(job, provider, error),
    )


def pass_by(job: Job, *, at: datetime, error: JobError, provider: ProviderName, after_s: float) -> Change:
    """The provider cannot even be asked: another one is next."""
    return Change(
        allowed_from=frozenset({State.QUEUED}),
        to_state=None,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_number=job.number,
        values=_going_to(job, provider, error),
    )


def go_elsewhere(job: Job, *, at: datetime, error: JobError, provider: ProviderName) -> Change:
    """The provider had accepted the job and failed at it: another one is asked."""
    attempts = _with_latest(job, state=AttemptState.FAILED, ended_at=at, error=error)
    return Change(
        allowed_from=frozenset({State.RUNNING}),
        to_state=State.QUEUED,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        expected_attempts=_as_read(job),
        values={"attempts": attempts} | _going_to(job, provider, error),
    )


def go_back(job: Job, left: Attempt, *, at: datetime, error: JobError) -> Change:
    """Nobody else makes the job: the attempt that was left for them is the one that is waited for again.

    Args:
        job: As it stands.
        left: The attempt; its provider may be at it still, or done.
        at: The time.
        error: Why nobody else makes it.
    """
    others = [each for each in job.attempts if each is not left]
    was_refused = job.state is State.SUBMITTING and error.retryable
    if was_refused:  # it has created nothing, and may be asked again under its number
        others[-1] = replace(job.attempt, state=AttemptState.REFUSED, error=error)
    elif job.state in _AT_PROVIDER:
        others[-1] = replace(job.attempt, state=AttemptState.FAILED, error=error, ended_at=at)
    again = replace(left, state=AttemptState.RUNNING, error=None, ended_at=None)
    return Change(
        allowed_from=frozenset({job.state}),
        to_state=State.RUNNING,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        expected_number=job.number if job.state is State.QUEUED else None,
        expected_attempts=_as_read(job),
        values={
            "attempts": (*others, again),
            "provider": left.provider,
            "price": left.price,
            "route_reason": f"{left.provider}: again after {job.provider} ({error.code})",
        },
    )


def _going_to(job: Job, provider: ProviderName, error: JobError) -> dict[str, Any]:
    if provider == job.provider:
        return {}
    return {"provider": provider, "route_reason": f"{provider}: the next after {job.provider} ({error.code})"}


def lose_answer(job: Job, *, at: datetime, error: JobError, after_s: float) -> Change:
    """The answer to a submission is lost: a task may exist, or not. The first time, there is time to find out."""
    doubted = _with_latest(job, state=AttemptState.UNCONFIRMED, error=error, doubts=job.attempt.doubts + 1)
    values: dict[str, Any] = {"attempts": doubted}
    if not job.attempt.doubts and not job.has_own_deadline:
        values["deadline_at"] = max(job.deadline_at, at + timedelta(seconds=CLAIM_S))
    return Change(
        allowed_from=frozenset({State.SUBMITTING}),
        to_state=State.UNCONFIRMED,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_attempts=_as_read(job),
        values=values,
    )


def submit_anew(job: Job, *, at: datetime, error: JobError) -> Change:
    """It can never be known whether the submission arrived, and its caller would rather pay twice than have nothing."""
    doubts = max(1, job.attempt.doubts)
    attempts = _with_latest(job, state=AttemptState.FAILED, error=error, ended_at=at, doubts=doubts)
    return Change(
        allowed_from=_SENT,
        to_state=State.QUEUED,
        at=at,
        due_at=at + timedelta(seconds=PATIENCE_S),
        expected_number=job.number,
        expected_attempts=_as_read(job),
        values={"attempts": attempts},
    )


def note_unknown(job: Job, *, at: datetime, after_s: float) -> Change:
    """Asked for our reference, the provider did not know it."""
    attempts = _with_latest(job, lookups=job.attempt.lookups + 1, looked_up_at=at)
    return Change(
        allowed_from=frozenset({State.UNCONFIRMED}),
        to_state=None,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_number=job.number,
        expected_attempts=_as_read(job),
        values={"attempts": attempts},
    )


def wait(job: Job, *, at: datetime, after_s: float) -> Change:
    """Nothing new: take the chain on, the next work coming `after_s` from now."""
    return Change(
        allowed_from=_OPEN,
        to_state=None,
        at=at,
        due_at=at + timedelta(seconds=after_s + PATIENCE_S),
        expected_number=job.number,
    )


def store_later(
    job: Job, *, at: datetime, after_s: float, reason: str, refusals: int, files: Sequence[StoredFile]
) -> Change:
    """Some of the media could not be fetched: keep what there is, and try the rest again."""
    values = {"store_error": reason, "store_refusals": refusals, "files": tuple(files)}
    return replace(wait(job, at=at, after_s=after_s), allowed_from=frozenset({State.STORING}), values=values)


def begin_storing(job: Job, *, at: datetime, learnt_by: LearntBy, due_at: datetime) -> Change:
    """The provider is done; the copy begins, and falls due later than a worker can live."""
    return Change(
        allowed_from=frozenset({State.RUNNING}),
        to_state=State.STORING,
        at=at,
        due_at=due_at,
        expected_attempts=_as_read(job),
        values={
            "attempts": _with_latest(job, state=AttemptState.SUCCEEDED, ended_at=at),
            "learnt_by": learnt_by,
            "store_tries": 1,
        },
    )


def resume_storing(job: Job, *, at: datetime, due_at: datetime) -> Change:
    """A copy broke off and is begun anew."""
    return Change(
        allowed_from=frozenset({State.STORING}),
        to_state=None,
        at=at,
        due_at=due_at,
        expected_number=job.number,
        values={"store_tries": job.store_tries + 1},
    )


def succeed(
    *,
    at: datetime,
    files: Sequence[StoredFile],
    result_mismatch: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Change:
    """Everything is in the bucket, or all of it that can be had."""
    return Change(
        allowed_from=frozenset({State.STORING}),
        to_state=State.SUCCEEDED,
        at=at,
        due_at=None,
        values={
            "files": tuple(files),
            "result_mismatch": tuple(result_mismatch),
            "warnings": tuple(warnings),
            "finished_at": at,
        },
    )


def fail(job: Job, *, at: datetime, error: JobError, learnt_by: LearntBy | None = None) -> Change:
    """The job has failed for good; its latest attempt with it, unless that one has its own end and reason already."""
    attempts = job.attempts
    if job.attempts and job.attempt.state not in _SETTLED:
        ended = job.attempt.state if job.attempt.state is AttemptState.SUCCEEDED else AttemptState.FAILED
        attempts = _with_latest(job, state=ended, ended_at=job.attempt.ended_at or at, error=error)
    if any(attempt.owes_a_result for attempt in attempts):
        error = replace(error, retryable=False)  # no invitation to pay once more for what may still come
    values: dict[str, Any] = {"error": error, "finished_at": at}
    if attempts is not job.attempts:
        values["attempts"] = attempts
    if learnt_by is not None:
        values["learnt_by"] = learnt_by
    return Change(
        allowed_from=frozenset({job.state}),
        to_state=State.FAILED,
        at=at,
        due_at=None,
        expected_attempts=_as_read(job),
        values=values,
    )
