"""Tell of jobs' changes, from the rows as the table's stream shows them: the event bus, the targets, the elements, the budget.

An end may leave attempts behind that still bring something: they are watched from then on.

A record that could not be told whole comes again, and then everything about it is told again: events under their ids, a
delivery by a row that exists already, the release of elements by whether there is anything left to release.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from klingway.domain.deliveries import CALLBACK, deliveries_to
from klingway.domain.events import (
    DELIVERED,
    DETAIL_TYPES,
    LATE_RESULT,
    STATE_CHANGED,
    event_detail,
    late_result_detail,
    state_changed_detail,
)
from klingway.domain.job import Job, LateResult
from klingway.domain.late_results import owing, watch
from klingway.domain.work import Work, WorkKind
from klingway.observability import count, logger
from klingway.use_cases.ports import Event, EventBus, Now, WatchStore, WorkQueue
from klingway.use_cases.settle_spending import SettleSpending
from klingway.use_cases.tell_targets import TellTargets


def end_event(job: Job, *, bucket: str) -> Event | None:
    """Return the event of a job's end, made from its row alone, so that it is the same at any time; None before its end."""
    return Event(DETAIL_TYPES[job.state], event_detail(job, bucket=bucket)) if job.state in DETAIL_TYPES else None


def late_event(job: Job, late: LateResult, *, bucket: str) -> Event:
    """Return the event of what an ended job has got late, from its row alone."""
    return Event(LATE_RESULT, late_result_detail(job, late, bucket=bucket))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishChanges:
    """Publishes changes."""

    events: EventBus
    tell: TellTargets
    watches: WatchStore
    work_queue: WorkQueue
    settle: SettleSpending
    now: Now
    bucket_name: str
    tells_every_change: bool = False
    """Whether each change of state is an event, besides the ends."""

    def run(self, jobs: Sequence[Job]) -> Sequence[bool]:
        """Tell of each job's change; return for each whether all about it is done."""
        told = self._told(jobs)
        return [self._followed(job) and is_told for job, is_told in zip(jobs, told, strict=True)]

    def _told(self, jobs: Sequence[Job]) -> list[bool]:
        """Publish every event in as few calls as there can be."""
        events = [(index, event) for index, job in enumerate(jobs) for event in self._events(job)]
        taken = self._published([event for _, event in events])
        failed = {index for (index, _), is_taken in zip(events, taken, strict=True) if not is_taken}
        return [index not in failed for index in range(len(jobs))]

    def _published(self, events: Sequence[Event]) -> Sequence[bool]:
        try:
            return self.events.publish(events) if events else ()
        except Exception as error:  # noqa: BLE001 - of whatever kind: deliveries do not wait for the bus
            count("EventsNotPublished")
            logger().error("events not published", extra={"error": type(error).__name__})
            return [False] * len(events)

    def _events(self, job: Job) -> Iterator[Event]:
        if self.tells_every_change:
            yield Event(STATE_CHANGED, state_changed_detail(job, bucket=self.bucket_name))
        if (end := end_event(job, bucket=self.bucket_name)) is not None:
            yield end

    def _followed(self, job: Job) -> bool:
        """Do what follows from a job's end; one that cannot be done holds up no other."""
        try:
            if job.state.is_terminal:
                self.settle.run(job)
                self._watch(job)
            self._deliver(job)
            if job.state.is_terminal and job.elements:
                self.work_queue.send(Work(kind=WorkKind.RELEASE, id=job.id, number=None))
        except Exception as error:  # noqa: BLE001 - of whatever kind: the record comes again
            count("ChangeNotFollowed")
            logger().error("change not followed", extra={"job_id": job.id, "error": type(error).__name__})
            return False
        return True

    def _watch(self, job: Job) -> None:
        """See to it that what a provider still makes of an ended job is not lost."""
        for attempt in owing(job):
            self.watches.add(watch(job, attempt, at=self.now()))

    def _deliver(self, job: Job) -> None:
        """Tell the targets of a job's end.

        Whoever was refused in the answer to his request is not called back: he has no task, and its external id may be that
        of another one by now.
        """
        event = DELIVERED.get(job.state)
        if event is None or not job.targets:
            return
        told = deliveries_to(job.targets, subject_id=job.id, sequence=job.sequence, event=event, at=self.now())
        self.tell.run(delivery for delivery in told if not (delivery.kind == CALLBACK and job.was_refused_at_once))
