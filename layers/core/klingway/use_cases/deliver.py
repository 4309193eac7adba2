"""Try one delivery: take it, send it, write what came of it, and say when to try again.

Two writes a try, each on the number that the row expects: a message that comes twice sends once, and a process that dies
in between leaves a row that falls due. What was sent and not written down is sent again: at least once, never not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from klingway.domain.deliveries import (
    MOST_TRIES,
    Answer,
    Delivery,
    DeliveryMessage,
    DeliveryState,
    Verdict,
    begin,
    conclude,
    give_up,
)
from klingway.domain.ids import JobId
from klingway.domain.job import Job
from klingway.domain.schedule import falls_due_after_s
from klingway.observability import count, logger
from klingway.use_cases.ports import DeliveryQueue, DeliveryStore, JobStore, Now


class Sender(Protocol):
    """Sends deliveries of one kind."""

    def send(self, delivery: Delivery) -> Answer:
        """Send one; what it raises counts as a try that did not do."""
        ...


class JobSender(Protocol):
    """Sends deliveries of one kind about jobs."""

    def send(self, delivery: Delivery, job: Job) -> Answer:
        """Send one; what it raises counts as a try that did not do."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutJobs:
    """Sends deliveries of one kind whose subjects are jobs: finds the job of each."""

    jobs: JobStore
    sender: JobSender

    def send(self, delivery: Delivery) -> Answer:
        """Send one about its job as it stands."""
        job = self.jobs.get(JobId(delivery.subject_id))
        if job is None:
            return Answer(verdict=Verdict.REFUSED, error="the job is gone")
        return self.sender.send(delivery, job)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Delivers."""

    deliveries: DeliveryStore
    queue: DeliveryQueue
    senders: Mapping[str, Sender]
    """By kind."""
    now: Now
    function_timeout_s: int

    def run(self, message: DeliveryMessage) -> None:
        """Do what a message asks for; one that is out of date, or repeated, does nothing."""
        delivery = self.deliveries.get(message.subject_id, message.part)
        if delivery is None or delivery.state is not DeliveryState.PENDING or delivery.number != message.number:
            return
        if delivery.begun >= MOST_TRIES:
            self._end(give_up(delivery, at=self.now()), expected=delivery.number)
            return
        began_at = self.now()
        begun = begin(delivery, due_at=began_at + timedelta(seconds=falls_due_after_s(self.function_timeout_s)))
        if not self.deliveries.replace(begun, expected=delivery.number):
            return
        answer = self._answer(begun)
        told, delay_s = conclude(begun, answer, began_at=began_at, at=self.now())
        if self._end(told, expected=begun.number) and delay_s is not None:
            self.queue.send(told.message, delay_s=delay_s)

    def _end(self, told: Delivery, *, expected: int) -> bool:
        """Write what came of a try; False where the poller took the delivery up meanwhile, and another try is under way."""
        is_written = self.deliveries.replace(told, expected=expected)
        extra = {"delivery": told.id, "kind": told.kind, "state": told.state.value, "is_written": is_written}
        logger().info("delivery", extra=extra)
        if is_written and told.state is DeliveryState.FAILED:
            count("DeliveryGivenUp", kind=told.kind)
        return is_written

    def _answer(self, delivery: Delivery) -> Answer:
        try:
            return self.senders[delivery.kind].send(delivery)
        except Exception as error:  # noqa: BLE001 - of whatever kind: the next try may do better
            count("DeliveryInterrupted", kind=delivery.kind)
            logger().error("delivery interrupted", extra={"delivery": delivery.id, "error": type(error).__name__})
            return Answer(verdict=Verdict.AGAIN, error=f"sending was interrupted ({type(error).__name__})")
