"""Look after attempts that nobody waits for any more: what they bring is stored beside their job, and told of.

The job's own end stays as it is. Write before each step, as everywhere: a process that dies leaves a row that falls due, and
whoever takes it up does again what may not have been done.
"""

from dataclasses import dataclass, replace

from klingway.domain import late_results
from klingway.domain.deliveries import JOB_LATE_RESULT, deliveries_to
from klingway.domain.ids import AttemptId, JobId
from klingway.domain.job import Attempt, Job, LateResult
from klingway.domain.late_results import Watch
from klingway.domain.work import Work
from klingway.observability import count, logger
from klingway.providers.contract import Failed, Provider, ProviderError, Succeeded, Task
from klingway.use_cases.chain import Chain
from klingway.use_cases.find_task import FindTask
from klingway.use_cases.ports import ChangeRefusedError, EventBus, Providers, WatchStore
from klingway.use_cases.publish_changes import late_event
from klingway.use_cases.store_result import PartlyStoredError, StoreResult, has_result
from klingway.use_cases.tell_targets import TellTargets


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchAttempts:
    """Looks after attempts."""

    chain: Chain
    watches: WatchStore
    providers: Providers
    find: FindTask
    store: StoreResult
    events: EventBus
    tell: TellTargets

    def run(self, work: Work) -> None:
        """Look at one attempt; work that is out of date or repeated does nothing."""
        watch = None if work.attempt is None else self.watches.get(JobId(work.id), work.attempt)
        if watch is not None and not watch.is_over and watch.number == work.number:
            self._look(watch)

    def hear(self, job: Job, work: Work) -> None:
        """Take a callback of an attempt that nobody waits for any more; one that owes nothing is at rest.

        Args:
            job: As it stands.
            work: The nudge.
        """
        attempt = next((each for each in late_results.owing(job) if each.number == work.attempt), None)
        if attempt is None:
            return
        self.watches.add(late_results.watch(job, attempt, at=self.chain.now()))
        watch = self.watches.get(job.id, attempt.number)
        if watch is None or watch.is_over or watch.is_held(self.chain.now()):
            return
        told = late_results.tell(
            watch,
            claimed_task_id=work.claimed_task_id,
            answered_task_id=work.answered_task_id,
            at=self.chain.now(),
        )
        if self.watches.replace(told, expected=watch.number):
            self._look(told)

    def _look(self, watch: Watch) -> None:
        job = self.chain.jobs.get(watch.job_id)
        if job is None:  # deleted
            self.watches.remove(watch)
            return
        attempt = next(each for each in job.attempts if each.number == watch.attempt)
        known = next((late for late in job.late_results if late.attempt == watch.attempt), None)
        if known is not None:  # its process died before it had told of it
            self._told(job, known, watch)
        elif not job.state.is_terminal or attempt.provider not in self.providers.names():
            self._wait(watch, can_be_asked=True)
        else:
            self._ask(job, attempt, watch)

    def _ask(self, job: Job, attempt: Attempt, watch: Watch) -> None:
        provider = self.providers.get(attempt.provider)
        try:
            task = self._task(job, attempt, watch, provider)
        except ProviderError as error:
            logger().warning("watched in vain", extra={"job_id": job.id, "error": error.error.code})
            self._wait(watch, can_be_asked=True)
            return
        match None if task is None else task.outcome:
            case Succeeded() as result:
                self._store(job, attempt, watch, result)
            case Failed():
                self._write(late_results.end(watch), watch)
            case _:
                can_be_asked = task is not None or provider.profile.finds_by_reference
                self._wait(watch, can_be_asked=can_be_asked)

    def _task(self, job: Job, attempt: Attempt, watch: Watch, provider: Provider) -> Task | None:
        if attempt.task_id is not None:
            return provider.check(attempt.handle)
        attempt_id = AttemptId(job.id, attempt.number)
        said = Work.nudged(attempt_id, watch.claimed_task_id, answered_task_id=watch.answered_task_id)
        return self.find.run(provider, attempt, attempt_id, said)

    def _store(self, job: Job, attempt: Attempt, watch: Watch, result: Succeeded) -> None:
        begun = late_results.begin_storing(watch, due_at=self.chain.after_timeout())
        if not self._write(begun, watch):
            return
        awaited = late_results.as_if_awaited(job, attempt, begun)
        try:
            files, _ = self.store.fetch(awaited, result)
        except PartlyStoredError as error:
            logger().warning("not stored", extra={"job_id": job.id, "reason": str(error), "tries": begun.tries})
            if self.chain.now() < begun.ends_at or not has_result(error.files):
                self._wait(replace(begun, files=error.files), can_be_asked=True)
                return
            files = [*error.files]
        at = self.chain.now()
        told = replace(job, late_results=(*job.late_results, late_results.late_result(job, attempt, files, at=at)))
        files.append(self.store.tell_of(awaited, told))
        try:
            job = self.chain.jobs.keep_late_result(job, late_results.late_result(job, attempt, files, at=at))
        except ChangeRefusedError as error:
            logger().warning("late result not written", extra={"job_id": job.id, "is_gone": error.job is None})
            self._wait(replace(begun, files=tuple(files)), can_be_asked=True)
            return
        count("LateResult", provider=attempt.provider)
        self._told(job, job.late_results[-1], begun)

    def _told(self, job: Job, late: LateResult, watch: Watch) -> None:
        (is_taken,) = self.events.publish([late_event(job, late, bucket=self.store.bucket.name)])
        if not is_taken:
            raise ConnectionError("the event bus did not take a late result")  # the row falls due
        at = self.chain.now()
        self.tell.run(
            deliveries_to(job.targets, subject_id=job.id, sequence=late.sequence, event=JOB_LATE_RESULT, at=at)
        )
        self._write(late_results.end(watch), watch)

    def _wait(self, watch: Watch, *, can_be_asked: bool) -> None:
        waiting = late_results.wait(watch, at=self.chain.now(), can_be_asked=can_be_asked)
        if waiting.is_over and waiting.tries:
            count("LateResultNotStored")
        self._write(waiting, watch)

    def _write(self, changed: Watch, before: Watch) -> bool:
        return self.watches.replace(changed, expected=before.number)
