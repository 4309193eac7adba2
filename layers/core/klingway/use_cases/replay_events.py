"""Tell of jobs' ends once more, and of what came after them: the same events, made from the rows as they were the first time.

Whoever keeps the ids that he has acted upon drops what he has seen; whoever does not can leave out what is marked as a replay.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from klingway.domain.deliveries import DeliveryState, once_more
from klingway.domain.events import replayed_detail
from klingway.domain.ids import JobId, is_job_id, lowest_job_id
from klingway.use_cases.ports import DeliveryQueue, DeliveryStore, Event, EventBus, JobStore, Now
from klingway.use_cases.publish_changes import end_event, late_event

LONGEST_LIFE: Final = timedelta(days=45)
"""No job lives as long: a day's wait, a week at each of four providers, a week of storing."""

_AT_ONCE: Final = 10


class EndedJobs(Protocol):
    """The jobs of all tenants that have ended."""

    def ids(self, *, made_since: JobId, made_before: JobId) -> Iterator[JobId]:
        """Yield the ids of ended jobs that are not below the first bound, and below the second, in no order."""
        ...


class Outcome(StrEnum):
    """What came of a replay."""

    REPLAYED = "replayed"
    REFUSED = "refused"
    """The bus did not take the event."""
    NOT_ENDED = "not_ended"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of the replay of one event of a job."""

    job_id: str
    outcome: Outcome
    event: Event | None = None
    """As it was put on the bus, or would have been."""
    deliveries: Sequence[str] = ()
    """The ids of the deliveries that are sent once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEvents:
    """Replays."""

    jobs: JobStore
    ended_jobs: EndedJobs
    events: EventBus
    deliveries: DeliveryStore
    delivery_queue: DeliveryQueue
    now: Now
    bucket_name: str

    def ended(self, since: datetime, until: datetime) -> Sequence[JobId]:
        """Return the jobs that ended from `since` on and before `until`, both aware, in the order in which they were made."""
        made_since, made_before = lowest_job_id(since - LONGEST_LIFE), lowest_job_id(until)
        ids = sorted(self.ended_jobs.ids(made_since=made_since, made_before=made_before))
        found = [job for job_id in ids if (job := self.jobs.get(job_id)) is not None]
        return [job.id for job in found if job.finished_at is not None and since <= job.finished_at < until]

    def run(self, job_ids: Iterable[str], *, with_deliveries: bool = False) -> Iterator[Replayed]:
        """Put the events of each job's end, and of its late results, on the bus again; yield what came of each, in their order.

        Args:
            job_ids: In any form: what is no job's id is not found.
            with_deliveries: Have the deliveries about it that have failed tried once more as well.
        """
        ids = list(dict.fromkeys(job_ids))
        for start in range(0, len(ids), _AT_ONCE):
            looked_up = [each for job_id in ids[start : start + _AT_ONCE] for each in self._look_up(job_id)]
            events = [each.event for each in looked_up if each.event is not None]
            taken = iter(self.events.publish(events) if events else ())
            for each in looked_up:
                if each.event is None:
                    yield each
                elif next(taken):
                    yield self._followed(each, with_deliveries=with_deliveries)
                else:
                    yield Replayed(job_id=each.job_id, outcome=Outcome.REFUSED, event=each.event)

    def _look_up(self, job_id: str) -> Iterator[Replayed]:
        job = self.jobs.get(JobId(job_id)) if is_job_id(job_id) else None
        end = None if job is None else end_event(job, bucket=self.bucket_name)
        if job is None or end is None:
            yield Replayed(job_id=job_id, outcome=Outcome.NOT_FOUND if job is None else Outcome.NOT_ENDED)
            return
        for event in (end, *(late_event(job, late, bucket=self.bucket_name) for late in job.late_results)):
            marked = Event(event.detail_type, replayed_detail(dict(event.detail)))
            yield Replayed(job_id=job_id, outcome=Outcome.REPLAYED, event=marked)

    def _followed(self, replayed: Replayed, *, with_deliveries: bool) -> Replayed:
        again = tuple(self._sent_again(replayed.job_id)) if with_deliveries else ()
        return Replayed(job_id=replayed.job_id, outcome=replayed.outcome, event=replayed.event, deliveries=again)

    def _sent_again(self, job_id: str) -> Iterator[str]:
        """Write first, then send: a message that is lost is sent by the poller, the row falling due."""
        for delivery in self.deliveries.of(job_id):
            if delivery.state is DeliveryState.FAILED:
                again = once_more(delivery, at=self.now())
                if self.deliveries.replace(again, expected=delivery.number):
                    self.delivery_queue.send(again.message)
                    yield again.id
