"""Who comes next when a provider has refused a job, or failed at it. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from klingway.domain.ids import ProviderName
from klingway.domain.job import REQUEST_REFUSALS, Attempt, AttemptState, Failover, Job, JobError, OnUnconfirmed

STALLED: Final = JobError(
    code="stalled",
    message="the provider takes far longer than a slow generation does; what it still makes is charged",
    retryable=False,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """The provider that is asked next."""

    provider: ProviderName
    starts_over: bool
    """Whether everybody who can do the job has refused it for now: there is a pause before the first is asked again."""


def after_refusal(job: Job, error: JobError) -> Turn | None:
    """Return who is asked after the latest attempt's refusal, which surely created nothing; None: nobody, the job fails.

    A refusal of the request itself is everybody's. One that will not pass rules its provider out, any other has it wait for
    its next turn, and the next one of the route is asked at once.
    """
    if error.code in REQUEST_REFUSALS:
        return None
    ruled_out = {attempt.provider for attempt in job.attempts if _has_failed(attempt)}
    if not error.retryable:
        ruled_out.add(job.provider)
    route = [provider for provider in _candidates(job) if provider not in ruled_out]
    if not route:
        return None
    later = [provider for provider in route if job.route.index(provider) > job.route.index(job.provider)]
    return Turn(later[0], starts_over=False) if later else Turn(route[0], starts_over=True)


def submits_anew(job: Job) -> bool:
    """Tell whether a job is submitted once more of whose submission it can never be known whether it arrived: once, at most."""
    wants = job.on_unconfirmed is OnUnconfirmed.RESUBMIT
    return wants and not any(attempt.is_unconfirmed_for_good for attempt in job.attempts)


def after_failure(job: Job, error: JobError) -> Turn | None:
    """Return who is asked after the latest attempt failed at a provider that had accepted it; None: nobody, the job fails."""
    if job.failover is not Failover.ALWAYS:
        return None
    return after_refusal(job, replace(error, retryable=False))


def after_stall(job: Job) -> ProviderName | None:
    """Return who else may try since the latest attempt takes too long; None: nobody, it is waited for.

    Each provider once: whoever has an attempt already has refused the job, failed at it, or may have been paid for it.
    """
    if job.failover is not Failover.ALWAYS:
        return None
    asked = {attempt.provider for attempt in job.attempts}
    return next((provider for provider in _candidates(job) if provider not in asked), None)


def left_behind(job: Job) -> Attempt | None:
    """Return the latest attempt that was left for another provider since it took too long; None where there is none."""
    return next((each for each in reversed(job.attempts) if _is_left(each)), None)


def _is_left(attempt: Attempt) -> bool:
    return attempt.error is not None and attempt.error.code == STALLED.code


def _has_failed(attempt: Attempt) -> bool:
    """Tell whether an attempt rules its provider out; one whose answer was lost says nothing against it."""
    return attempt.state is AttemptState.FAILED and not attempt.is_unconfirmed_for_good


def _candidates(job: Job) -> tuple[ProviderName, ...]:
    """Return who may do a job. Elements that were made for it exist where they were made, and nowhere else."""
    is_bound = any(element.provider_id is not None for element in job.elements)
    return (job.provider,) if is_bound or job.failover is Failover.NEVER else job.route
