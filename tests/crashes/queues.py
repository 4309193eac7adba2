"""What SQS and Lambda's polling of it do with the template's own queues, by the stage's clock."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from moto.sqs.models import sqs_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from local.cloud.deploy import Deployment
    from tests.crashes.agenda import Agenda
    from tests.crashes.processes import Processes

_READERS = {"WorkQueue": "worker", "IntakeQueue": "intake", "DeliveriesQueue": "webhooks"}
_ON_THE_WAY_S = 0.05
"""It takes a moment: whoever sends a message is done with what he does next."""


@dataclass
class _Queue:
    reader: str
    visibility_s: float
    most_receptions: int


class Queues:
    """A message comes when its delay is over.

    One whose reader died, or says that it failed, comes again after the visibility time-out, and lies in the dead letter queue
    after as many receptions as the template says.
    """

    def __init__(self, stack: Deployment, agenda: Agenda, processes: Processes) -> None:
        self._agenda, self._processes = agenda, processes
        self._queues = dict(_read(stack))
        self._urls = {name: stack.physical_ids[name] for name in _READERS}
        self._in_moto = sqs_backends[stack.account][stack.region].queues.values()
        self._numbers = itertools.count()
        self.dead_letters: list[str] = []

    def sent(self, said: Mapping[str, Any]) -> None:
        """Take what `SendMessage` sends."""
        self.send(said["QueueUrl"], said["MessageBody"], said.get("DelaySeconds", 0))

    def sent_many(self, said: Mapping[str, Any]) -> None:
        """Take what `SendMessageBatch` sends."""
        for entry in said["Entries"]:
            self.send(said["QueueUrl"], entry["MessageBody"], entry.get("DelaySeconds", 0))

    def send(self, url: str, body: str, delay_s: float = 0) -> None:
        """Have a message come to a queue's reader."""
        self._empty_moto()
        queue, message_id = self._queues[url], f"message-{next(self._numbers)}"
        self._agenda.after(delay_s + _ON_THE_WAY_S, self._reception(queue, message_id, body, 1))

    def to_intake(self, body: str) -> None:
        """Have a rule's event come to the intake."""
        self.send(self._urls["IntakeQueue"], body)

    def _empty_moto(self) -> None:
        """Nobody takes moto's own messages out, and it looks at all of them for each that is sent."""
        for queue in self._in_moto:
            queue._messages.clear()  # noqa: SLF001 - purging would take a minute of moto's own clock

    def _reception(self, queue: _Queue, message_id: str, body: str, number: int) -> Callable[[], None]:
        def receive() -> None:
            event = {"Records": [{"messageId": message_id, "body": body}]}
            answer = self._processes.invoke(queue.reader, event)
            if answer is not None and not answer.get("batchItemFailures"):
                return
            if number >= queue.most_receptions:
                self.dead_letters.append(body)
            else:
                self._agenda.after(queue.visibility_s, self._reception(queue, message_id, body, number + 1))

        return receive


def _read(stack: Deployment) -> Iterator[tuple[str, _Queue]]:
    client = boto3.client("sqs")
    for name, reader in _READERS.items():
        url = stack.physical_ids[name]
        said: Any = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        most = int(json.loads(said["RedrivePolicy"])["maxReceiveCount"])
        yield url, _Queue(reader, float(said["VisibilityTimeout"]), most)
