"""Whose tasks are, in memory."""

from datetime import datetime

from klingway.domain.ids import AttemptId
from klingway.domain.job import Attempt


class InMemoryTaskClaims:
    def __init__(self) -> None:
        self.claimed_by: dict[tuple[str, str, str], AttemptId] = {}

    def claim(self, attempt: Attempt, task_id: str, attempt_id: AttemptId, *, at: datetime) -> bool:
        return self.claimed_by.setdefault((attempt.provider, attempt.account, task_id), attempt_id) == attempt_id
