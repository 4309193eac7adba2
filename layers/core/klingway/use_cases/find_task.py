"""Find the task of an attempt whose answer was lost: by our reference, or by what its callback claims.

A claim is never believed by itself: whoever learns a callback's address could make one. The provider, asked with our own key,
has to know the task; what its record says, its time and our reference, has to fit; and no other attempt may have it: a task is
the attempt's that claims it first, and those whose answers came are claimed before anybody hears of them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from klingway.domain.ids import AttemptId
from klingway.domain.job import Attempt, JobError
from klingway.domain.work import Work
from klingway.observability import count, logger
from klingway.providers.contract import Created, Provider, ProviderError, Task
from klingway.use_cases.ports import Now, TaskClaims

CLOCK_SKEW_S: Final = 120
"""How far the provider's clock may be behind ours when a claimed task's time is compared with the attempt's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTask:
    """Finds tasks."""

    claims: TaskClaims
    now: Now

    def run(self, provider: Provider, attempt: Attempt, attempt_id: AttemptId, work: Work) -> Task | None:
        """Return an attempt's task; None where there is none, or none that is known to be its.

        Args:
            provider: Where it was submitted.
            attempt: As it was begun; it has no task id.
            attempt_id: Our reference at the provider.
            work: With what a callback claims, or an answer said.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        if work.answered_task_id is not None:
            task = provider.check(provider.handle_for(attempt.handle, work.answered_task_id))
            self.keep(provider, attempt, attempt_id, task)
            return task
        if provider.profile.finds_by_reference:
            return provider.find(attempt.handle, str(attempt_id))
        if work.claimed_task_id is None:
            return None
        if provider.account != attempt.account:  # who asks in another's name is told nothing of it, or of another task
            message = f"the credential is another account's than {attempt.account}"
            raise ProviderError(
                JobError(code="another_account", message=message, retryable=True), created=Created.MAYBE
            )
        task = provider.check(provider.handle_for(attempt.handle, work.claimed_task_id))
        return task if self._fits(attempt, attempt_id, task) else None

    def keep(self, provider: Provider, attempt: Attempt, attempt_id: AttemptId, task: Task) -> None:
        """Write down whose a task is that the provider itself has given us, lest another claims it."""
        can_be_claimed = provider.profile.calls_back and not provider.profile.finds_by_reference
        if can_be_claimed and not self._claim(attempt, attempt_id, task):
            count("TaskClaimedTwice", provider=attempt.provider)
            logger().error("task claimed by another attempt", extra={"attempt": str(attempt_id), "task": task.task_id})

    def _fits(self, attempt: Attempt, attempt_id: AttemptId, task: Task) -> bool:
        is_ours = task.reference in {None, str(attempt_id)}
        since = attempt.started_at - timedelta(seconds=CLOCK_SKEW_S)
        is_new = task.created_at is None or task.created_at >= since
        return is_ours and is_new and self._claim(attempt, attempt_id, task)

    def _claim(self, attempt: Attempt, attempt_id: AttemptId, task: Task) -> bool:
        return self.claims.claim(attempt, task.task_id, attempt_id, at=self.now())
