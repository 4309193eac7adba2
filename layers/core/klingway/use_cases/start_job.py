"""Start a queued job: have its elements made first, where its provider keeps elements and has them not yet, then submit it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from klingway.domain.job import Job
from klingway.use_cases.prepare_elements import PrepareElements
from klingway.use_cases.submit_attempt import SubmitAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob:
    """Starts jobs."""

    prepare: PrepareElements
    submit: SubmitAttempt

    def run(self, job: Job, request: Mapping[str, Any], *, was_called: bool = False) -> Job:
        """Take a queued job on; return it as it stands then, whoever moved it. `was_called`: see `SubmitAttempt.begin`."""
        if self.prepare.is_needed(job, request):
            job, is_prepared = self.prepare.begin(job, request)
            if not is_prepared:
                return job
        return self.submit.begin(job, request, was_called=was_called)
