"""Tell the event bus of jobs that came to rest, from the rows as the table's stream shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from klingway.domain.events import DETAIL_TYPES, event_detail
from klingway.domain.job import Job
from klingway.use_cases.ports import Event, EventBus


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishChanges:
    """Publishes changes."""

    events: EventBus
    bucket_name: str

    def run(self, jobs: Sequence[Job]) -> Sequence[bool]:
        """Publish an event for each job in a state that is told of; return for each whether it is done."""
        told = [index for index, job in enumerate(jobs) if job.state in DETAIL_TYPES]
        if not told:
            return [True] * len(jobs)
        published = self.events.publish(
            [
                Event(DETAIL_TYPES[jobs[index].state], event_detail(jobs[index], bucket=self.bucket_name))
                for index in told
            ]
        )
        done = dict(zip(told, published, strict=True))
        return [done.get(index, True) for index in range(len(jobs))]
