"""What lies on a dead letter queue: read as far as it says what it is about, and no further.

A message may hold a prompt, and one that is none of ours may hold anything. So nothing of a body is ever shown but ids and keys
that have the form of ours.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from klingway.domain.deliveries import DeliveryMessage, is_delivery
from klingway.domain.ids import AttemptId, JobId, is_element_id, is_job_id
from klingway.domain.inbox import INBOX
from klingway.domain.video_requested import VIDEO_REQUESTED
from klingway.domain.work import Work, WorkKind

_MOST_ID_CHARS: Final = 64


class QueueName(StrEnum):
    """A queue that has a dead letter queue."""

    WORK = "work"
    INTAKE = "intake"
    DELIVERIES = "deliveries"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message is about."""

    kind: str
    """A kind of work (`submit`, `check`, `element`, `release`), `file`, `event` or `delivery`."""
    about: str
    """The id of a job, an attempt or an element; a file's key, an event's id; of a delivery, its subject and its part."""


def read_letter(queue: QueueName, body: str) -> Letter | None:
    """Return what a message is about; None where the queue's function could do nothing with it, however often it comes."""
    try:
        return _READ[queue](body)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _work(body: str) -> Letter | None:
    work = Work.from_json(body)
    if work.kind is WorkKind.ELEMENT:
        return Letter(work.kind.value, work.id) if is_element_id(work.id) else None
    if not is_job_id(work.id):
        return None
    about = work.id if work.attempt is None else str(AttemptId(JobId(work.id), int(work.attempt)))
    return Letter(work.kind.value, about)


def _event(body: str) -> Letter | None:
    """Read an event of EventBridge: its body is the same, whether the intake function gave it up or a rule could not send it."""
    said: Mapping[str, Any] = json.loads(body)
    if (said["source"], said["detail-type"]) == ("aws.s3", "Object Created"):
        key = said["detail"]["object"]["key"]
        return Letter("file", key) if key.startswith(INBOX) and key.isprintable() else None
    if said["detail-type"] == VIDEO_REQUESTED:
        event_id = said["id"]
        return Letter("event", event_id) if event_id.isprintable() and len(event_id) <= _MOST_ID_CHARS else None
    return None


def _delivery(body: str) -> Letter | None:
    message = DeliveryMessage.from_json(body)
    ours = (is_job_id(message.subject_id) or is_element_id(message.subject_id)) and is_delivery(message.part)
    return Letter("delivery", f"{message.subject_id} {message.part[:_MOST_ID_CHARS]}") if ours else None


_READ: Final[Mapping[QueueName, Callable[[str], Letter | None]]] = {
    QueueName.WORK: _work,
    QueueName.INTAKE: _event,
    QueueName.DELIVERIES: _delivery,
}
