"""Lanes: where jobs wait in order for a provider that is full, or that is left alone for a while because it keeps failing. Pure.

A lane is of one provider, one account of ours there, and one model: what shares slots. Its jobs' ids are their order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from klingway.domain.ids import JobId, ProviderName
from klingway.domain.job import JobError

FAILURES_BEFORE_REST: Final = 5
"""In a row."""
_SHORTEST_REST_S: Final = 60
_LONGEST_REST_S: Final = 600
_FAILURES: Final = frozenset(
    {"provider_failed", "provider_timed_out", "provider_unreachable", "provider_in_maintenance", "provider_answer_lost"}
)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's name."""

    provider: ProviderName
    account: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a lane stands."""

    oldest: JobId | None = None
    """Who has waited longest."""
    failures: int = 0
    """Submissions in a row at which the provider failed."""
    rests_until: datetime | None = None
    """Until then it is left alone; whoever comes first afterwards tries it."""

    def is_behind(self, job_id: JobId) -> bool:
        """Tell whether somebody waits who came before a job."""
        return self.oldest is not None and self.oldest < job_id


def is_failure(error: JobError) -> bool:
    """Tell whether an error speaks against the provider itself, rather than against the request or the account."""
    return error.code in _FAILURES


def rest_s(failures: int) -> float | None:
    """Return how long a provider is left alone after so many failures in a row; None: not yet."""
    if failures < FAILURES_BEFORE_REST:
        return None
    return min(_LONGEST_REST_S, _SHORTEST_REST_S * 2.0 ** min(failures - FAILURES_BEFORE_REST, 10))


def waits_its_turn(lane: Lane) -> JobError:
    """Return why a job is not submitted while others wait that came before it."""
    message = f"others wait for {lane.provider} that came before"
    return JobError(code="provider_full", message=message, retryable=True)


def is_at_rest(lane: Lane, failures: int) -> JobError:
    """Return why a job is not submitted to a provider that is left alone for a while."""
    message = f"{lane.provider} has failed {failures} times in a row and is left alone for a while"
    return JobError(code="provider_failed", message=message, retryable=True)
