"""Find out how an attempt stands, and do what follows: wait, adopt a lost submission, store the result, or fail.

This is what every piece of work comes down to, whether the chain of checks, a callback's nudge or the poller sent it. It
believes nobody but the provider, asked with our own key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from klingway.domain import schedule, transitions
from klingway.domain.job import Job, JobError, LearntBy, State
from klingway.domain.work import Work, WorkKind
from klingway.observability import count, logger
from klingway.providers.contract import Failed, Provider, ProviderError, Running, Succeeded, Task
from klingway.use_cases.ports import ChangeRefusedError, JobStore, MediaError, Now, Providers, WorkQueue
from klingway.use_cases.store_result import StoreResult
from klingway.use_cases.submit_attempt import FALLS_DUE_AFTER_TIMEOUT_S, SubmitAttempt, unconfirmed

CLOCK_SKEW_S = 120
"""How far the provider's clock may be behind ours when a claimed task's time is compared with the attempt's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAttempt:
    """Does what a work message asks for."""

    jobs: JobStore
    queue: WorkQueue
    providers: Providers
    submit: SubmitAttempt
    store: StoreResult
    now: Now
    function_timeout_s: int

    def run(self, work: Work) -> None:
        """Do one piece of work; work that is out of date, repeated or of a job at rest does nothing."""
        job = self.jobs.get(work.id)
        if job is None or job.state.is_terminal or not _is_current(work, job):
            return
        try:
            self._act(job, work)
        except ChangeRefusedError:
            logger().debug("somebody else was quicker", extra={"job_id": job.id})

    def _act(self, job: Job, work: Work) -> None:
        if self.now() > job.deadline_at and work.number is not None:
            self.jobs.apply(job.id, transitions.fail(job, at=self.now(), error=_deadline_passed(job)))
            return
        provider = self.providers.get(job.provider)
        match job.state:
            case State.QUEUED:
                if work.kind is WorkKind.SUBMIT:
                    self.submit.begin(job, self.jobs.get_request(job.id))
            case State.SUBMITTING | State.UNCONFIRMED:
                self._reconcile(job, work, provider)
            case State.RUNNING:
                self._ask(job, work, provider)
            case State.STORING:
                if work.number is not None:  # a nudge has nothing to add: the end is known
                    self._store_again(job, provider)
            case State.PREPARING | State.SUCCEEDED | State.FAILED | State.CANCELED:
                return
            case _:
                assert_never(job.state)

    def _ask(self, job: Job, work: Work, provider: Provider) -> None:
        try:
            task = provider.check(job.attempt.handle)
        except ProviderError as error:
            logger().warning("check failed", extra={"job_id": job.id, "error": error.error.code})
            self._wait(job, work)
            return
        self._follow(job, work, task)

    def _follow(self, job: Job, work: Work, task: Task) -> None:
        learnt_by = LearntBy.POLL if work.nudge is None else LearntBy.CALLBACK
        match task.outcome:
            case Running(unknown_status=unknown):
                if unknown is not None:
                    count("UnknownProviderStatus", provider=job.provider)
                    logger().warning("unknown status", extra={"job_id": job.id, "status": unknown})
                self._wait(job, work)
            case Failed(error=error):
                self.jobs.apply(job.id, transitions.fail(job, at=self.now(), error=error, learnt_by=learnt_by))
            case Succeeded():
                change = transitions.begin_storing(
                    job, at=self.now(), learnt_by=learnt_by, due_at=self._after_timeout()
                )
                self._store(self.jobs.apply(job.id, change), task.outcome)

    def _wait(self, job: Job, work: Work) -> None:
        """Ask again later; a nudge that came too early asks again soon, for a relay may lag behind a callback."""
        nudge = work.nudge
        if nudge is not None and nudge < len(schedule.NUDGED_AGAIN_S):
            after_s: float = schedule.NUDGED_AGAIN_S[nudge]
            nudge += 1
        else:
            since = job.attempt.accepted_at or job.attempt.started_at
            expected = self.providers.get(job.provider).profile.models[job.model].expected
            after_s = schedule.next_check_after_s((self.now() - since).total_seconds(), expected)
            nudge = None
        self._wait_for(job, after_s, nudge)

    def _wait_for(self, job: Job, after_s: float, nudge: int | None = None) -> None:
        waiting = self.jobs.apply(job.id, transitions.wait(job, at=self.now(), after_s=after_s))
        self.queue.send(Work(kind=WorkKind.CHECK, id=job.id, number=waiting.number, nudge=nudge), delay_s=after_s)

    # ------------------------------------------------------------------------------------------------- storing

    def _store_again(self, job: Job, provider: Provider) -> None:
        """Take up a copy that broke off: the provider is asked anew, for its links may be new."""
        job = self.jobs.apply(job.id, transitions.resume_storing(job, at=self.now(), due_at=self._after_timeout()))
        try:
            task = provider.check(job.attempt.handle)
        except ProviderError as error:
            self._store_later(job, error.error.code)
            return
        if isinstance(task.outcome, Succeeded):
            self._store(job, task.outcome)
        else:
            self._store_later(job, "the provider took its success back")

    def _store(self, job: Job, result: Succeeded) -> None:
        try:
            self.store.run(job, result)
        except MediaError as error:
            self._store_later(job, str(error))

    def _store_later(self, job: Job, reason: str) -> None:
        failures = job.store_failures + 1
        after_s = schedule.back_off_s(failures)
        logger().warning("media not stored", extra={"job_id": job.id, "reason": reason, "failures": failures})
        change = transitions.wait(job, at=self.now(), after_s=after_s, store_failures=failures)
        waiting = self.jobs.apply(job.id, change)
        self.queue.send(Work(kind=WorkKind.CHECK, id=job.id, number=waiting.number), delay_s=after_s)

    # ------------------------------------------------------------------------------------- submissions whose answer is lost

    def _reconcile(self, job: Job, work: Work, provider: Provider) -> None:
        """Find out whether a submission arrived whose answer we do not have."""
        in_chain = work.number is not None
        if job.state is State.SUBMITTING and in_chain:  # its function is dead: the row fell due after its time-out
            error = JobError(code="submission_interrupted", message="the submitting process ended", retryable=True)
            job = self.jobs.apply(job.id, transitions.lose_answer(job, at=self.now(), error=error, after_s=0))
        try:
            task = self._find(job, work, provider)
        except ProviderError as error:
            logger().warning("look-up failed", extra={"job_id": job.id, "error": error.error.code})
            if in_chain:
                self._wait_for(job, schedule.back_off_s(job.attempt.lookups + 1, first_s=schedule.EVERY_S))
            return
        if task is not None:
            self._follow(self.submit.adopt(job, task), work, task)
        elif in_chain:
            self._not_found(job, provider)

    def _find(self, job: Job, work: Work, provider: Provider) -> Task | None:
        attempt = job.attempt
        if provider.profile.finds_by_reference:
            return provider.find(attempt.handle, str(job.attempt_id))
        if work.claimed_task_id is None:
            return None
        # Anybody who knows the callback's address could claim: the provider's own record has to fit the attempt.
        task = provider.check(provider.handle_for(attempt.handle, work.claimed_task_id))
        is_ours = task.reference in {None, str(job.attempt_id)}
        is_new = task.created_at is not None and task.created_at >= attempt.started_at - timedelta(seconds=CLOCK_SKEW_S)
        return task if is_ours and is_new else None

    def _not_found(self, job: Job, provider: Provider) -> None:
        now, attempt = self.now(), job.attempt
        if provider.profile.finds_by_reference:
            again_at = attempt.looked_up_at and attempt.looked_up_at + timedelta(seconds=schedule.LOOKED_UP_AGAIN_S)
            if again_at is not None and now >= again_at:
                self.submit.again(job, self.jobs.get_request(job.id))
                return
            if again_at is not None:
                self._wait_for(job, (again_at - now).total_seconds())
                return
            after_s = schedule.LOOKED_UP_AGAIN_S
            waiting = self.jobs.apply(job.id, transitions.note_unknown(job, at=now, after_s=after_s))
            self.queue.send(Work(kind=WorkKind.CHECK, id=job.id, number=waiting.number), delay_s=after_s)
            return
        claimable_s = schedule.CLAIM_S - (now - attempt.started_at).total_seconds()
        if provider.profile.calls_back and claimable_s > 0:
            self._wait_for(job, min(claimable_s, schedule.LONGEST_S))
            return
        error = attempt.error or JobError(code="provider_answer_lost", message="no answer", retryable=True)
        self.jobs.apply(job.id, transitions.fail(job, at=now, error=unconfirmed(error)))

    def _after_timeout(self) -> datetime:
        return self.now() + timedelta(seconds=self.function_timeout_s + FALLS_DUE_AFTER_TIMEOUT_S)


def _is_current(work: Work, job: Job) -> bool:
    if work.number is not None:
        return work.number == job.number
    return bool(job.attempts) and work.attempt == job.attempt.number


def _deadline_passed(job: Job) -> JobError:
    waited_for = {
        State.QUEUED: "the provider to have room",
        State.PREPARING: "its elements",
        State.SUBMITTING: "the provider's answer to the submission",
        State.UNCONFIRMED: "the provider to confirm the submission",
        State.RUNNING: "the provider to finish",
        State.STORING: "the media to be fetched whole",
    }[job.state]
    return JobError(code="deadline_exceeded", message=f"gave up waiting for {waited_for}", retryable=True)
