"""What is delivered about jobs and elements, and one delivery's life: tried, tried again ever more rarely, given up.

A delivery is at least once: whoever receives it may see the same id again, where an answer was lost on the way back or the
process that sent it died before it could write that down. The id is made from the subject (the job or the element that it is
about), its change and the target, so that it is the same however often the change is told of.

Pure: each function returns the delivery as it is to be written; its number goes up with each write, as that of a job.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from klingway.domain.ids import iso
from klingway.domain.schedule import PATIENCE_S

JOB_SUCCEEDED: Final = "job.succeeded"
JOB_FAILED: Final = "job.failed"
JOB_CANCELED: Final = "job.canceled"
JOB_ENDS: Final = (JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELED)
"""Every end of a job."""
JOB_LATE_RESULT: Final = "job.late_result"
JOB_EVENTS: Final = (*JOB_ENDS, JOB_LATE_RESULT)
"""All that can be told of a job."""
ELEMENT_READY: Final = "element.ready"
ELEMENT_FAILED: Final = "element.failed"

TRIED_AGAIN_S: Final = (5, 30, 120, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
"""After each try that did not do; after the last one it is given up, two days after the first."""

MOST_TRIES: Final = len(TRIED_AGAIN_S) + 1

LONGEST_RETRY_AFTER_S: Final = 24 * 3600
"""So long at most does a receiver put a try off by `Retry-After`."""

LONGEST_DELAY_S: Final = 900
"""What a queue can wait (SQS); a longer wait ends when the row falls due."""

MOST_ERROR_CHARS: Final = 200

CALLBACK: Final = "callback"
"""The kind of what is told of a job at a `callback_url`, in a dialect."""

ELEMENT_CALLBACK: Final = "element_callback"
"""The same of an element."""

PART: Final = "delivery#"
"""How the sort key of every delivery begins."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place that wants to hear of a job, or of an element."""

    kind: str
    """`webhook`, `callback` or `outbox` of a job, `element_callback` of an element."""
    address: str
    """The URL of a webhook or callback; for the outbox the key without its ending, `outbox/a/cat`."""
    events: tuple[str, ...]
    """Of `job.succeeded`, `job.failed`, `job.canceled` and `job.late_result`, or of `element.ready` and `element.failed`."""


class DeliveryState(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up, or refused for good."""
    GONE = "gone"
    """The receiver wants no more (410), or its owner has deleted what it is about."""


class Verdict(StrEnum):
    """What a try means for its delivery."""

    DELIVERED = "delivered"
    GONE = "gone"
    REFUSED = "refused"
    """Another try would end the same."""
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a try."""

    verdict: Verdict
    status: int | None = None
    """The HTTP status, where there was an answer."""
    error: str | None = None
    """What was wrong, in words for the receiver's owner."""
    retry_after_s: float | None = None
    """How long the receiver asks to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A line of a delivery's log."""

    at: datetime
    took_ms: int
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing to be sent to one target about one change of a job, or of an element."""

    subject_id: str
    """The job's id, or the element's."""
    sequence: int
    """Of the subject's change: of a job, the number of its announcement."""
    target: int
    """The target's place among the subject's, from 1."""
    kind: str
    address: str
    event: str
    created_at: datetime
    due_at: int | None
    """Epoch seconds at which the poller takes it up; None once it is at rest."""
    state: DeliveryState = DeliveryState.PENDING
    number: int = 0
    """The number that the next message about it must carry."""
    begun: int = 0
    """Tries that were begun, or that it has no more; one whose process died is counted, and has no line in the log."""
    tries: tuple[Try, ...] = ()
    finished_at: datetime | None = None

    @property
    def part(self) -> str:
        """The sort key of its row, under its subject's id: `delivery#00004#1`."""
        return f"{PART}{self.sequence:05d}#{self.target}"

    @property
    def id(self) -> str:
        """Its id, the same at each try; a webhook's `webhook-id`."""
        return f"msg_{self.subject_id.removeprefix('job_')}_{self.sequence}_{self.target}"

    @property
    def message(self) -> "DeliveryMessage":
        """The message that is good for it now."""
        return DeliveryMessage(self.subject_id, self.part, self.number)


def is_delivery(part: str) -> bool:
    """Tell whether a sort key is a delivery's."""
    return part.startswith(PART)


@dataclass(frozen=True, slots=True)
class DeliveryMessage:
    """A message on the deliveries queue: try this one, if its row still expects the number."""

    subject_id: str
    part: str
    number: int

    def to_json(self) -> str:
        """Return the message's body."""
        return json.dumps({"subject_id": self.subject_id, "part": self.part, "number": self.number})

    @classmethod
    def from_json(cls, body: str) -> Self:
        """Read a message's body.

        Raises:
            ValueError: It is none of ours.
        """
        try:
            said = json.loads(body)
            return cls(str(said["subject_id"]), str(said["part"]), int(said["number"]))
        except (KeyError, TypeError) as error:
            raise ValueError("not a delivery's message") from error


def deliveries_to(
    targets: Iterable[Target], *, subject_id: str, sequence: int, event: str, at: datetime
) -> Iterator[Delivery]:
    """Yield what is to be delivered about a change of a subject: one for each target that wants to hear of the event."""
    for number, target in enumerate(targets, start=1):
        if event in target.events:
            yield Delivery(
                subject_id=subject_id,
                sequence=sequence,
                target=number,
                kind=target.kind,
                address=target.address,
                event=event,
                created_at=at,
                due_at=_epoch(at, PATIENCE_S),
            )


def begin(delivery: Delivery, *, due_at: datetime) -> Delivery:
    """A try begins; it falls due later than its function can live."""
    return replace(delivery, number=delivery.number + 1, begun=delivery.begun + 1, due_at=int(due_at.timestamp()))


def conclude(delivery: Delivery, answer: Answer, *, began_at: datetime, at: datetime) -> tuple[Delivery, float | None]:
    """A try has ended: return the delivery, and after how many seconds the queue brings the next one.

    None: there is no next try, or it is too far off for a queue, and the poller takes it up when it is due.
    """
    took_ms = round((at - began_at).total_seconds() * 1000)
    error = None if answer.error is None else answer.error[:MOST_ERROR_CHARS]
    line = Try(at=began_at, took_ms=took_ms, status=answer.status, error=error)
    told = replace(delivery, number=delivery.number + 1, tries=(*delivery.tries, line))
    if answer.verdict is Verdict.AGAIN and delivery.begun < MOST_TRIES:
        wait_s = _wait_s(delivery.begun, answer.retry_after_s)
        if wait_s > LONGEST_DELAY_S:
            return replace(told, due_at=_epoch(at, wait_s)), None
        return replace(told, due_at=_epoch(at, wait_s + PATIENCE_S)), wait_s
    ended = {Verdict.DELIVERED: DeliveryState.DELIVERED, Verdict.GONE: DeliveryState.GONE}
    return _at_rest(told, ended.get(answer.verdict, DeliveryState.FAILED), at), None


def give_up(delivery: Delivery, *, at: datetime) -> Delivery:
    """The last try broke off: nobody knows what came of it, and there is no other."""
    return replace(_at_rest(delivery, DeliveryState.FAILED, at), number=delivery.number + 1)


def once_more(delivery: Delivery, *, at: datetime) -> Delivery:
    """A delivery that was given up, or refused, gets one more try and no other, whatever came of those before.

    Raises:
        ValueError: It is not in the state `failed`.
    """
    if delivery.state is not DeliveryState.FAILED:
        raise ValueError(f"the delivery {delivery.id} is {delivery.state.value}, not failed")
    return replace(
        delivery,
        state=DeliveryState.PENDING,
        number=delivery.number + 1,
        begun=MOST_TRIES - 1,
        due_at=_epoch(at, PATIENCE_S),
        finished_at=None,
    )


def _at_rest(delivery: Delivery, state: DeliveryState, at: datetime) -> Delivery:
    return replace(delivery, state=state, due_at=None, finished_at=at)


def _wait_s(begun: int, retry_after_s: float | None) -> float:
    return max(TRIED_AGAIN_S[begun - 1], min(retry_after_s or 0.0, LONGEST_RETRY_AFTER_S))


def _epoch(at: datetime, later_s: float) -> int:
    return int((at + timedelta(seconds=later_s)).timestamp())


def delivery_to_json(delivery: Delivery) -> Mapping[str, Any]:
    """Return a delivery as callers see it in the log."""
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "address": delivery.address,
        "event": delivery.event,
        "state": delivery.state.value,
        "created_at": iso(delivery.created_at),
        "finished_at": iso(delivery.finished_at) if delivery.finished_at else None,
        "tries": [_try_to_json(each) for each in delivery.tries],
    }


def _try_to_json(each: Try) -> Mapping[str, Any]:
    said = {"at": iso(each.at), "took_ms": each.took_ms, "status": each.status, "error": each.error}
    return {name: value for name, value in said.items() if value is not None}
