"""Find out how an attempt stands, and do what follows: wait, adopt a lost submission, store the result, or fail.

This is what every piece of work comes down to, whether the chain of checks, a callback's nudge or the poller sent it. It
believes nobody but the provider, asked with our own key; and no job that may have been paid for fails unasked.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, assert_never

from klingway.domain import failover, schedule, transitions
from klingway.domain.capabilities import Expected
from klingway.domain.ids import JobId, ProviderName
from klingway.domain.job import Job, JobError, LearntBy, State
from klingway.domain.lanes import Lane
from klingway.domain.work import Work, WorkKind
from klingway.observability import count, logger
from klingway.providers.contract import Failed, Provider, ProviderError, Running, Succeeded, Task
from klingway.use_cases.chain import Chain
from klingway.use_cases.ports import ChangeRefusedError, Providers
from klingway.use_cases.start_job import StartJob
from klingway.use_cases.store_result import OPTIONAL_TRIES, PartlyStoredError, StoreResult, has_result
from klingway.use_cases.submit_attempt import SubmitAttempt, unconfirmed
from klingway.use_cases.watch_attempts import WatchAttempts

_INTERRUPTED: Final = "submission_interrupted"

MOST_REFUSALS: Final = 5
"""So often in a row, at least, is media asked for that will not do: the provider's next answer may be another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAttempt:
    """Does what a work message asks for."""

    chain: Chain
    providers: Providers
    start: StartJob
    submit: SubmitAttempt
    store: StoreResult
    watch: WatchAttempts

    def run(self, work: Work) -> None:
        """Do one piece of work; work that is out of date, repeated or of a job at rest does nothing."""
        job = self.chain.jobs.get(JobId(work.id))
        if job is None:
            return
        if _is_late(work, job):
            self.watch.hear(job, work)
            return
        if job.state.is_terminal or not _is_current(work, job):
            return
        try:
            self._act(job, work)
        except ChangeRefusedError:
            logger().debug("somebody else was quicker", extra={"job_id": job.id})
            now = self.chain.jobs.get(job.id)
            if now is not None and _is_late(work, now):  # what it claims may be known to nobody else
                self.watch.hear(now, work)

    def _act(self, job: Job, work: Work) -> None:
        if job.provider not in self.providers.names():
            self._without_provider(job)
            return
        provider = self.providers.get(job.provider)
        match job.state:
            case State.QUEUED:
                self._submit(job, work)
            case State.SUBMITTING | State.UNCONFIRMED:
                self._reconcile(job, work, provider)
            case State.RUNNING:
                self._ask(job, work, provider)
            case State.STORING:
                if work.number is not None:  # a nudge has nothing to add: the end is known
                    self._store_again(job, provider)
            case State.PREPARING:
                self.start.prepare.look_after(job)
            case State.SUCCEEDED | State.FAILED | State.CANCELED:
                return
            case _:
                assert_never(job.state)

    def _without_provider(self, job: Job) -> None:
        """Wait for a provider that was taken out of the settings: it may come back, for a week; who was left for it is there."""
        if failover.left_behind(job) is not None or self._is_over(job, and_s=schedule.UNASKABLE_S):
            error = JobError(code="not_configured", message=f"{job.provider} is not in the settings", retryable=False)
            self._fail(job, error)
        else:
            self._wait_for(job, schedule.LONGEST_S)

    def _submit(self, job: Job, work: Work) -> None:
        if work.kind not in {WorkKind.SUBMIT, WorkKind.TURN}:
            return
        if self._is_over(job):
            self._fail(job, _deadline_passed("the provider to have room"))
        else:
            request = self.chain.jobs.get_request(job.id)
            self.start.run(job, request, was_called=work.kind is WorkKind.TURN)

    def _ask(self, job: Job, work: Work, provider: Provider) -> None:
        try:
            task = provider.check(job.attempt.handle)
        except ProviderError as error:
            logger().warning("check failed", extra={"job_id": job.id, "error": error.error.code})
            if self._is_over(job, and_s=schedule.UNASKABLE_S):
                waited_for = f"the provider to answer ({error.error.code}); what it has made is charged"
                self._fail(job, _deadline_passed(waited_for))
            elif error.retry_after_s is not None:
                self._wait_for(job, max(schedule.EVERY_S, error.retry_after_s))
            else:
                self._wait(job, work)
            return
        self._follow(job, work, task)

    def _follow(self, job: Job, work: Work, task: Task) -> None:
        learnt_by = LearntBy.POLL if work.nudge is None else LearntBy.CALLBACK
        match task.outcome:
            case Running(unknown_status=unknown):
                if unknown is not None:
                    count("UnknownProviderStatus", provider=job.provider)
                    logger().warning("unknown status", extra={"job_id": job.id, "status": unknown[:64]})
                if self._is_over(job):
                    self._fail(job, _deadline_passed("the provider to finish; what it still makes is charged"))
                elif work.nudge is None and (name := self._next_of_stalled(job)) is not None:
                    self._leave(job, name)
                else:
                    self._wait(job, work)
            case Failed(error=error):
                self._failed(job, error, learnt_by)
            case Succeeded():
                change = transitions.begin_storing(
                    job, at=self.chain.now(), learnt_by=learnt_by, due_at=self.chain.after_timeout()
                )
                job = self.chain.jobs.apply(job.id, change)
                self._let_next(job)
                self._store(job, task.outcome)

    def _failed(self, job: Job, error: JobError, learnt_by: LearntBy) -> None:
        """End a job at which its provider has failed, or have another one try, where its caller wants that."""
        now, turn = self.chain.now(), failover.after_failure(job, error)
        if turn is None:
            self.chain.give_up(job, error, learnt_by=learnt_by)
        else:
            change = transitions.go_elsewhere(job, at=now, error=error, provider=turn.provider)
            self.chain.go_on(job, change, WorkKind.SUBMIT, delay_s=0)
        self._let_next(job)

    def _next_of_stalled(self, job: Job) -> ProviderName | None:
        """Return who tries next since this provider takes too long, where the caller wants that; None: it is waited for."""
        accepted_at = job.attempt.accepted_at or job.attempt.started_at
        if not schedule.is_stalled((self.chain.now() - accepted_at).total_seconds(), self._expected(job)):
            return None
        name = failover.after_stall(job)
        return name if name is not None and self.submit.has_room(job, name) else None

    def _leave(self, job: Job, name: ProviderName) -> None:
        """Have another provider try as well; what this one still makes is charged, and kept when it comes."""
        count("AttemptStalled", provider=job.provider)
        change = transitions.go_elsewhere(job, at=self.chain.now(), error=failover.STALLED, provider=name)
        # Nobody of the lane is called: this provider is still at it.
        self.chain.go_on(job, change, WorkKind.SUBMIT, delay_s=0)

    def _let_next(self, job: Job) -> None:
        """Call the next of a job's lane: its provider is at it no more."""
        try:
            self.submit.lanes.let_next(Lane(job.provider, job.attempt.account, job.model))
        except Exception as error:  # noqa: BLE001 - of whatever kind: who waits looks for itself some minutes later
            logger().warning("nobody called", extra={"job_id": job.id, "error": type(error).__name__})

    def _wait(self, job: Job, work: Work) -> None:
        """Ask again later; a nudge that came too early asks again soon, for a relay may lag behind a callback."""
        if work.nudge is not None and work.nudge < len(schedule.NUDGED_AGAIN_S):
            self._wait_for(job, schedule.NUDGED_AGAIN_S[work.nudge], nudge=work.nudge + 1)
            return
        since = job.attempt.accepted_at or job.attempt.started_at
        elapsed_s = (self.chain.now() - since).total_seconds()
        calls_back = self.providers.get(job.provider).profile.calls_back
        self._wait_for(job, schedule.next_check_after_s(elapsed_s, self._expected(job), calls_back=calls_back))

    def _expected(self, job: Job) -> Expected:
        return self.providers.get(job.provider).profile.models_of(job.kind)[job.model].expected

    def _wait_for(self, job: Job, pause_s: float, nudge: int | None = None) -> None:
        after_s = self.chain.within_life(job, pause_s)
        change = transitions.wait(job, at=self.chain.now(), after_s=after_s)
        self.chain.go_on(job, change, WorkKind.CHECK, delay_s=after_s, nudge=nudge)

    # ------------------------------------------------------------------------------------------------- storing

    def _store_again(self, job: Job, provider: Provider) -> None:
        """Take up a copy that broke off: the provider is asked anew, for its links may be new."""
        change = transitions.resume_storing(job, at=self.chain.now(), due_at=self.chain.after_timeout())
        job = self.chain.jobs.apply(job.id, change)
        if self._has_stored_for(job, schedule.STORING_S):  # its runs may have died, and told nobody
            self._give_up_storing(job, PartlyStoredError(job.store_error or "the copy kept breaking off", job.files))
            return
        try:
            task = provider.check(job.attempt.handle)
        except ProviderError as error:
            self._store_later(job, PartlyStoredError(error.error.code, job.files))
            return
        if isinstance(task.outcome, Succeeded):
            self._store(job, task.outcome)
        else:
            self._store_later(job, PartlyStoredError("the provider took its success back", job.files))

    def _store(self, job: Job, result: Succeeded) -> None:
        try:
            self.store.run(job, result)
        except PartlyStoredError as error:
            self._store_later(job, error)

    def _store_later(self, job: Job, error: PartlyStoredError) -> None:
        logger().warning("not stored", extra={"job_id": job.id, "reason": str(error), "tries": job.store_tries})
        refusals = job.store_refusals + 1 if error.is_permanent else 0
        will_not_do = refusals >= MOST_REFUSALS and self._has_stored_for(job, schedule.REFUSED_S)
        is_all_but_a_copy = error.is_copy and job.store_tries > OPTIONAL_TRIES
        if will_not_do or is_all_but_a_copy or self._has_stored_for(job, schedule.STORING_S):
            self._give_up_storing(job, error)
            return
        first_s = schedule.REFUSED_FIRST_S if error.is_permanent else schedule.STORED_FIRST_S
        after_s = schedule.back_off_s(refusals or job.store_tries, first_s=first_s, longest_s=schedule.STORED_AGAIN_S)
        change = transitions.store_later(
            job, at=self.chain.now(), after_s=after_s, reason=str(error), refusals=refusals, files=error.files
        )
        self.chain.go_on(job, change, WorkKind.CHECK, delay_s=after_s)

    def _give_up_storing(self, job: Job, error: PartlyStoredError) -> None:
        """End the job with the film or the pictures that are stored; else with an error that is no invitation to pay again."""
        if has_result(error.files):
            self.store.finish(job, error.files, [f"not all of the result could be stored: {error}"])
            return
        message = f"the {job.kind} was made but could not be stored, after {job.store_tries} tries: {error}"
        self._fail(job, JobError(code="result_not_stored", message=message, retryable=False))

    def _has_stored_for(self, job: Job, seconds: float) -> bool:
        since = job.attempt.ended_at or job.updated_at
        return (self.chain.now() - since).total_seconds() > seconds

    # ------------------------------------------------------------------------- submissions whose answer is lost

    def _reconcile(self, job: Job, work: Work, provider: Provider) -> None:
        """Find out whether a submission arrived whose answer we do not have."""
        in_chain = work.number is not None
        if job.state is State.SUBMITTING and in_chain:  # its function is dead: the row fell due after its time-out
            error = JobError(code=_INTERRUPTED, message="the submitting process ended", retryable=True)
            change = transitions.lose_answer(job, at=self.chain.now(), error=error, after_s=0)
            job = self.chain.jobs.apply(job.id, change)
        try:
            task = self.submit.find.run(provider, job.attempt, job.attempt_id, work)
        except ProviderError as error:
            logger().warning("look-up failed", extra={"job_id": job.id, "error": error.error.code})
            if in_chain and self._is_over(job, and_s=schedule.UNASKABLE_S):
                self._fail(job, unconfirmed(error.error))
            elif in_chain:
                since_s = (self.chain.now() - job.attempt.started_at).total_seconds()
                self._wait_for(job, min(schedule.LONGEST_S, schedule.EVERY_S + since_s / 4))
            else:
                self._nudge_again(work)
            return
        if task is not None:
            self._follow(self._adopted(job, work, task), work, task)
        elif in_chain:
            self._not_found(job, provider)
        else:
            self._nudge_again(work)

    def _adopted(self, job: Job, work: Work, task: Task) -> Job:
        try:
            return self.submit.adopt(job, task)
        except ChangeRefusedError:
            raise
        except Exception:  # the table did not take it: the message is all that is left of it, and comes once more
            self._nudge_again(work)
            raise

    def _nudge_again(self, work: Work) -> None:
        """A callback says that there is a task, and the provider does not say so yet: look once more in a moment."""
        if work.nudge is not None and work.nudge < len(schedule.NUDGED_AGAIN_S):
            after_s = schedule.NUDGED_AGAIN_S[work.nudge]
            self.chain.queue.send(replace(work, nudge=work.nudge + 1), delay_s=after_s)

    def _not_found(self, job: Job, provider: Provider) -> None:
        """The provider does not know the task: look again, then submit again, where that is proof enough."""
        now, attempt = self.chain.now(), job.attempt
        reason = attempt.error or JobError(code="provider_answer_lost", message="no answer", retryable=True)
        # Another account's ignorance proves nothing: credentials may have been exchanged in between.
        is_proof = provider.profile.finds_by_reference and provider.account == attempt.account
        if is_proof and not self._is_over(job):
            self._look_again_or_submit(job)
            return
        claimable_s = schedule.CLAIM_S - (now - attempt.started_at).total_seconds()
        # An interrupted submission may have been accepted, and its claim be on the way; see `SubmitAttempt`.
        may_be_claimed = provider.profile.calls_back or reason.code == _INTERRUPTED
        if may_be_claimed and claimable_s > 0 and not self._is_over(job):
            self._wait_for(job, min(claimable_s, schedule.LONGEST_S))
            return
        if self._is_over(job):
            self._fail(job, unconfirmed(reason))
        else:
            self.submit.settle_unconfirmed(job, reason)

    def _look_again_or_submit(self, job: Job) -> None:
        now, attempt = self.chain.now(), job.attempt
        pause_s = schedule.back_off_s(
            attempt.doubts, first_s=schedule.LOOKED_UP_AGAIN_S, longest_s=schedule.SUBMITTED_AGAIN_S
        )
        if attempt.looked_up_at is None:
            after_s = self.chain.within_life(job, pause_s)
            change = transitions.note_unknown(job, at=now, after_s=after_s)
            self.chain.go_on(job, change, WorkKind.CHECK, delay_s=after_s)
            return
        left_s = pause_s - (now - attempt.looked_up_at).total_seconds()
        if left_s > 0:
            self._wait_for(job, left_s)
        else:
            self.submit.again(job, self.chain.jobs.get_request(job.id))

    def _is_over(self, job: Job, *, and_s: float = 0) -> bool:
        """Tell whether a job's time is over; a caller who said by when is not kept waiting for more."""
        if job.has_own_deadline:
            and_s = 0
        return self.chain.now() > job.deadline_at + timedelta(seconds=and_s)

    def _fail(self, job: Job, error: JobError) -> None:
        self.chain.give_up(job, error)
        if job.state is State.RUNNING:
            self._let_next(job)


def _is_late(work: Work, job: Job) -> bool:
    """Tell whether a nudge is about an attempt that nobody waits for any more."""
    is_nudge = work.number is None and bool(job.attempts)
    return is_nudge and (job.state.is_terminal or work.attempt != job.attempt.number)


def _is_current(work: Work, job: Job) -> bool:
    if work.number is not None:
        return work.number == job.number
    return bool(job.attempts) and work.attempt == job.attempt.number


def _deadline_passed(waited_for: str) -> JobError:
    return JobError(code="deadline_exceeded", message=f"gave up waiting for {waited_for}", retryable=True)
