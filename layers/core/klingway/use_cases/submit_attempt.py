"""Submit a job to its provider: never twice, whatever happens in between.

The row names the attempt before the provider is called, and says after the call what came of it. Only a refusal that
surely created nothing lets the job wait and try again; every other failure makes the attempt unconfirmed, and
`check_attempt` finds out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from klingway.domain import elements, failover, inputs, schedule, transitions
from klingway.domain.ids import AttemptId, ProviderName
from klingway.domain.job import REQUEST_REFUSALS, SUBMISSION_UNCONFIRMED, Job, JobError, State
from klingway.domain.keys import Keyring
from klingway.domain.lanes import Lane
from klingway.domain.pricing import price_of
from klingway.domain.request import AnyRequest, read_stored
from klingway.domain.work import Work, WorkKind
from klingway.observability import logger
from klingway.providers.contract import Created, Provider, ProviderError, Task, WireRequest
from klingway.use_cases.chain import Chain
from klingway.use_cases.find_task import FindTask
from klingway.use_cases.lanes import Lanes, Obstacle
from klingway.use_cases.ports import ChangeRefusedError, MediaBucket, Providers

INPUT_LINK_S: Final = 3600
"""How long a provider may take to fetch an input from our bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitAttempt:
    """Submits jobs."""

    chain: Chain
    lanes: Lanes
    providers: Providers
    keyring: Callable[[], Keyring]
    bucket: MediaBucket
    find: FindTask
    call_timeout_s: float = 20.0

    def begin(self, job: Job, request: Mapping[str, Any], *, was_called: bool = False) -> Job:
        """Submit a queued job, unless others wait for its provider; return it as it stands then, whoever moved it.

        Args:
            job: The job.
            request: What it was asked for.
            was_called: Whether it has waited, and a slot is free for it.
        """
        provider = self.providers.get(job.provider)
        account = provider.account
        now = self.chain.now()
        if account is None:
            return self._passed_by(job)
        lane = Lane(job.provider, account, job.model)
        standing = self.lanes.look(lane)
        if not was_called and (obstacle := self.lanes.obstacle(lane, job, standing)) is not None:
            return self._held_back(job, obstacle)
        attempt_id = AttemptId(job.id, transitions.next_attempt_number(job, job.provider))
        wire = self._render(job, provider, request, attempt_id)
        change = transitions.begin_attempt(
            job,
            at=now,
            provider=job.provider,
            account=account,
            handle=wire.handle,
            price=price_of(read_stored(job.kind, request), provider.profile),
            due_at=self.chain.after_timeout(),
        )
        job = self._send(job, change, provider, wire)
        has_waited = was_called or standing.oldest == job.id
        is_in = job.state is State.RUNNING and job.attempt.number == attempt_id.number
        if is_in:
            self.lanes.got_in(lane, job, standing, was_called=was_called)
        elif has_waited and (job.state.is_terminal or job.provider != lane.provider):
            self.lanes.let_next(lane)  # the slot that was its is another's
        return job

    def _held_back(self, job: Job, obstacle: Obstacle) -> Job:
        """Go on to the next provider of the route, or wait until this one has room."""
        now = self.chain.now()
        turn = failover.after_refusal(job, obstacle.error)
        if turn is None or _is_waited_for_rather(job, turn):
            return self._give_up(job, obstacle.error)
        after_s, then = self._pause(job, turn, obstacle.after_s)
        change = transitions.pass_by(job, at=now, error=obstacle.error, provider=turn.provider, after_s=after_s)
        return self._apply(job, change, then, after_s)

    def _pause(self, job: Job, turn: failover.Turn, known_s: float | None) -> tuple[float, WorkKind | None]:
        """Return after how long a job is submitted again, and by which message; the others of a lane are called, without one."""
        if not turn.starts_over:
            return 0, WorkKind.SUBMIT
        account = self.providers.get(turn.provider).account
        is_head = account is None or self.lanes.wait(Lane(turn.provider, account, job.model), job.id)
        if is_head:
            tries = job.attempt.tries if job.attempts else 1
            waited_s = (self.chain.now() - job.created_at).total_seconds()
            return self.chain.within_life(job, known_s or schedule.next_try_after_s(tries, waited_s)), WorkKind.SUBMIT
        return self.chain.within_life(job, schedule.IN_LANE_S - schedule.PATIENCE_S), None

    def _passed_by(self, job: Job) -> Job:
        """Go on from a provider whose credential was taken away."""
        now = self.chain.now()
        error = JobError(code="not_configured", message=f"{job.provider} has no credential", retryable=True)
        turn = failover.after_refusal(job, replace(error, retryable=False))
        if turn is None or _is_waited_for_rather(job, turn):
            return self._give_up(job, error)
        after_s = schedule.back_off_s(job.attempt.tries) if turn.starts_over and job.attempts else 0
        after_s = self.chain.within_life(job, after_s)
        change = transitions.pass_by(job, at=now, error=error, provider=turn.provider, after_s=after_s)
        return self._apply(job, change, WorkKind.SUBMIT, after_s)

    def again(self, job: Job, request: Mapping[str, Any]) -> Job:
        """Submit an unconfirmed attempt once more, under the same reference: its first submission never arrived."""
        provider = self.providers.get(job.provider)
        wire = self._render(job, provider, request, job.attempt_id)
        change = transitions.begin_again(job, at=self.chain.now(), due_at=self.chain.after_timeout())
        return self._send(job, change, provider, wire)

    def adopt(self, job: Job, task: Task) -> Job:
        """Take a task for the latest attempt's: the row gets its handle, and the chain of checks begins.

        Raises:
            ChangeRefusedError: The attempt has its task already, or the job has ended.
        """
        provider = self.providers.get(job.provider)
        self.find.keep(provider, job.attempt, job.attempt_id, task)
        profile = provider.profile
        expected = profile.models_of(job.kind)[job.model].expected
        usual_s = schedule.first_check_after_s(expected, calls_back=profile.calls_back)
        first_check_s = self.chain.within_life(job, usual_s)
        # Where a callback will come, nothing is sent: the poller asks when it did not.
        due_after_s = first_check_s + (0 if profile.calls_back else schedule.PATIENCE_S)
        change = transitions.accept(
            job, at=self.chain.now(), task_id=task.task_id, handle=task.handle, due_after_s=due_after_s
        )
        if profile.calls_back:
            adopted = self.chain.jobs.apply(job.id, change)
        else:
            adopted = self.chain.go_on(job, change, WorkKind.CHECK, delay_s=first_check_s)
        if job.attempt.doubts:
            self.lanes.provider_works(Lane(job.provider, job.attempt.account, job.model))
        return adopted

    def settle_unconfirmed(self, job: Job, reason: JobError) -> Job:
        """End a job whose submission may or may not have arrived, for good; or submit it anew, where its caller wants that."""
        now, error = self.chain.now(), unconfirmed(reason)
        if not failover.submits_anew(job):
            return self._give_up(job, error)
        return self._apply(job, transitions.submit_anew(job, at=now, error=error), WorkKind.SUBMIT)

    def has_room(self, job: Job, name: ProviderName) -> bool:
        """Tell whether a job could be submitted to a provider at once, for all that is known."""
        account = self.providers.get(name).account if name in self.providers.names() else None
        if account is None:
            return False
        standing = self.lanes.look(Lane(name, account, job.model))
        rests = standing.rests_until is not None and standing.rests_until > self.chain.now()
        return standing.oldest is None and not rests

    def _render(self, job: Job, provider: Provider, request: Mapping[str, Any], attempt_id: AttemptId) -> WireRequest:
        subject = str(attempt_id)
        token = self.keyring().callback_token(subject)
        callback_url = f"{job.public_url}/callbacks/{subject}/{token}" if provider.profile.calls_back else None
        with_links = elements.with_ids(self._with_links(job, request), job.elements)
        return provider.render(with_links, reference=subject, callback_url=callback_url)

    def _with_links(self, job: Job, stored: Mapping[str, Any]) -> AnyRequest:
        """Return the request as the provider gets it: objects of our bucket become links, which are never stored."""
        request = read_stored(job.kind, stored)
        links = {
            place: self.bucket.link(found.key, expires_s=INPUT_LINK_S)
            for place, url in inputs.media_places(stored).items()
            if (found := inputs.bucket_object(url)) is not None
        }
        return inputs.with_addresses(request, links) if links else request

    def _send(self, job: Job, change: transitions.Change, provider: Provider, wire: WireRequest) -> Job:
        try:
            job = self.chain.jobs.apply(job.id, change)
        except ChangeRefusedError as error:
            return error.job or job
        try:
            task = provider.submit(wire, timeout_s=self.call_timeout_s)
        except ProviderError as error:
            settled = self._not_accepted(job, provider, error)
            # Only now: what came of the call is written, whatever becomes of the count.
            self.lanes.note_failure(Lane(job.provider, job.attempt.account, job.model), error.error)
            return settled
        try:
            return self.adopt(job, task)
        except ChangeRefusedError as error:  # a callback was quicker than the answer
            return error.job or job
        except Exception as error:
            # The table did not take it, and nobody else knows what may be the one way to a video that is paid for.
            said = {"attempt": str(job.attempt_id), "task_id": task.task_id, "error": type(error).__name__}
            logger().error("task not written", extra=said)
            known = Work.nudged(job.attempt_id, answered_task_id=task.task_id)
            self.chain.queue.send(known, delay_s=schedule.FIRST_LOOK_UP_S)
            raise

    def _not_accepted(self, job: Job, provider: Provider, error: ProviderError) -> Job:
        now, reason = self.chain.now(), error.error
        if error.already_exists or error.created is Created.MAYBE or _says_nothing_of_the_first(job, reason):
            profile = provider.profile
            if not profile.finds_by_reference and not profile.calls_back:
                return self.settle_unconfirmed(job, reason)
            pause_s: float = schedule.ALREADY_THERE_S if error.already_exists else schedule.FIRST_LOOK_UP_S
            after_s = self.chain.within_life(job, pause_s)
            change = transitions.lose_answer(job, at=now, error=reason, after_s=after_s)
            return self._apply(job, change, WorkKind.CHECK, after_s)
        turn = failover.after_refusal(job, reason)
        if turn is None or _is_waited_for_rather(job, turn):
            return self._give_up(job, reason)
        after_s, then = self._pause(job, turn, error.retry_after_s)
        change = transitions.put_back(job, at=now, error=reason, provider=turn.provider, after_s=after_s)
        return self._apply(job, change, then, after_s)

    def _give_up(self, job: Job, error: JobError) -> Job:
        try:
            return self.chain.give_up(job, error)
        except ChangeRefusedError as refused:
            return refused.job or job

    def _apply(self, job: Job, change: transitions.Change, then: WorkKind | None = None, delay_s: float = 0) -> Job:
        """Take the job on; a lost race is somebody else's progress."""
        try:
            if then is None:
                return self.chain.jobs.apply(job.id, change)
            return self.chain.go_on(job, change, then, delay_s=delay_s)
        except ChangeRefusedError as error:
            return error.job or job


def _is_waited_for_rather(job: Job, turn: failover.Turn) -> bool:
    """Tell whether an attempt was left for others, none of whom takes the job now."""
    return turn.starts_over and failover.left_behind(job) is not None


def _says_nothing_of_the_first(job: Job, reason: JobError) -> bool:
    """Tell whether a refusal leaves open what became of an earlier call whose answer was lost.

    An exhausted balance, say, refuses the second call and does not undo the first.
    """
    return job.attempt.doubts > 0 and reason.code not in REQUEST_REFUSALS


def unconfirmed(error: JobError) -> JobError:
    """Return the error of a submission of which it can never be known whether it arrived."""
    return JobError(
        code=SUBMISSION_UNCONFIRMED,
        message="the provider's answer was lost and cannot be asked for again: the video may have been made, and "
        f"charged. ({error.code}: {error.message})",
        retryable=False,
        provider_code=error.provider_code,
    )
