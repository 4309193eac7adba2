"""Look after attempts that nobody waits for any more: what they bring is stored beside their job, and told of.

The job's own end stays as it is. Write before each step, as everywhere: a process that dies leaves a row that falls due, and
whoever takes it up does again what may not have been done.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from klingway.domain import late_results
from klingway.domain.deliveries import JOB_LATE_RESULT, deliveries_to
from klingway.domain.ids import AttemptId, JobId
from klingway.domain.job import Attempt, Job, LateResult
from klingway.domain.late_results import Watch
from klingway.domain.results import attempt_prefix
from klingway.domain.schedule import WATCHED_LATE_S
from klingway.domain.work import Work
from klingway.observability import count, logger
from klingway.providers.contract import Failed, Provider, ProviderError, Succeeded, Task
from klingway.use_cases.chain import Chain
from klingway.use_cases.find_task import FindTask
from klingway.use_cases.ports import ChangeRefusedError, EventBus, Providers, WatchStore
from klingway.use_cases.publish_changes import late_event
from klingway.use_cases.store_result import PartlyStoredError, StoreResult, has_result
from klingway.use_cases.tell_targets import TellTargets

_MOST_TRIES: Final = 5
"""So often is a watch told of something that others write at the same moment."""


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
        for _ in range(_MOST_TRIES):
            at = self.chain.now()
            self.watches.add(late_results.watch(job, attempt, at=at))
            watch = self.watches.get(job.id, attempt.number)
            if watch is None or watch.is_over or watch.is_held(at):
                return
            told = late_results.tell(
                watch, claimed_task_id=work.claimed_task_id, answered_task_id=work.answered_task_id, at=at
            )
            if self.watches.replace(told, expected=watch.number):
                self._look(told)
                return
        raise TimeoutError("a watch kept changing")  # the message comes again: its claim may be known to nobody else

    def _look(self, watch: Watch) -> None:
        job = self.chain.jobs.get(watch.job_id)
        if job is None:  # deleted
            self.watches.remove(watch)
            return
        at = self.chain.now()
        if not job.state.is_terminal:
            self._write(late_results.hold(watch, at=at), watch)
            return
        attempt = next(each for each in job.attempts if each.number == watch.attempt)
        known = next((late for late in job.late_results if late.attempt == watch.attempt), None)
        if at > late_results.ends_at(job) + timedelta(seconds=WATCHED_LATE_S):
            count("WatchGivenUp", provider=attempt.provider)
            logger().error("watch given up", extra={"job_id": job.id, "attempt": watch.attempt})
            self._write(late_results.end(watch), watch)
        elif known is not None:  # its process died before it had told of it
            self._told(job, known, watch)
        elif attempt not in late_results.owing(job):  # it was taken up again, and is the one that the job ended with
            self._write(late_results.end(watch), watch)
        elif attempt.provider not in self.providers.names():
            self._wait(job, attempt, watch, can_be_asked=True)
        else:
            self._ask(job, attempt, watch)

    def _ask(self, job: Job, attempt: Attempt, watch: Watch) -> None:
        provider = self.providers.get(attempt.provider)
        try:
            task = self._task(job, attempt, watch, provider)
        except ProviderError as error:
            logger().warning("watched in vain", extra={"job_id": job.id, "error": error.error.code})
            self._wait(job, attempt, watch, can_be_asked=True)
            return
        match None if task is None else task.outcome:
            case Succeeded() as result:
                self._store(job, attempt, watch, result)
            case Failed():
                self._give_up(job, attempt, watch)
            case _:
                can_be_asked = task is not None or provider.profile.finds_by_reference
                self._wait(job, attempt, watch, can_be_asked=can_be_asked)

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
        try:
            files, _ = self.store.fetch(late_results.as_if_awaited(job, attempt, begun), result)
        except PartlyStoredError as error:
            logger().warning("not stored", extra={"job_id": job.id, "reason": str(error), "tries": begun.tries})
            partly = replace(begun, files=error.files)
            if error.is_copy:  # what was paid for is there: nobody waits for a copy of it
                self._keep(job, attempt, partly)
            else:
                self._wait(job, attempt, partly, can_be_asked=True)
        else:
            self._keep(job, attempt, replace(begun, files=tuple(files)))

    def _keep(self, job: Job, attempt: Attempt, watch: Watch) -> None:
        """Write what is stored to the job's row, and tell of it."""
        awaited = late_results.as_if_awaited(job, attempt, watch)
        at, stored = self.chain.now(), self.chain.jobs.get_with_request(job.id)
        if stored is None:
            self._take_away(awaited, watch)
            return
        late = late_results.late_result(stored.job, attempt, watch.files, at=at)
        told = replace(stored.job, late_results=(*stored.job.late_results, late))
        provenance = self.store.tell_of(awaited, replace(stored, job=told))
        late = late_results.late_result(stored.job, attempt, [*watch.files, provenance], at=at)
        try:
            job = self.chain.jobs.keep_late_result(stored.job, late)
        except ChangeRefusedError as error:
            if error.job is None:
                self._take_away(awaited, watch)
            else:
                self._write(late_results.hold(watch, at=at), watch)
            return
        count("LateResult", provider=attempt.provider)
        self._told(job, late, watch)

    def _take_away(self, awaited: Job, watch: Watch) -> None:
        """The job was deleted while this went on: nothing of it is left behind."""
        self.store.bucket.delete_all(attempt_prefix(awaited))
        self.watches.remove(watch)

    def _told(self, job: Job, late: LateResult, watch: Watch) -> None:
        at = self.chain.now()
        self.tell.run(
            deliveries_to(job.targets, subject_id=job.id, sequence=late.sequence, event=JOB_LATE_RESULT, at=at)
        )
        (is_taken,) = self.events.publish([late_event(job, late, bucket=self.store.bucket.name)])
        if not is_taken:
            raise ConnectionError("the event bus did not take a late result")  # the row falls due
        self._write(late_results.end(watch), watch)

    def _wait(self, job: Job, attempt: Attempt, watch: Watch, *, can_be_asked: bool) -> None:
        if self.chain.now() >= late_results.ends_at(job):
            self._give_up(job, attempt, watch)
        else:
            waiting = late_results.wait(watch, job, at=self.chain.now(), can_be_asked=can_be_asked)
            self._write(waiting, watch)

    def _give_up(self, job: Job, attempt: Attempt, watch: Watch) -> None:
        """Expect nothing more; what is there of a result is better than nothing."""
        if has_result(watch.files):
            self._keep(job, attempt, watch)
            return
        if watch.tries:
            count("LateResultNotStored", provider=attempt.provider)
        self._write(late_results.end(watch), watch)

    def _write(self, changed: Watch, before: Watch) -> bool:
        return self.watches.replace(changed, expected=before.number)
