"""The queues of work and of deliveries, on SQS."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from klingway.domain.deliveries import DeliveryMessage
from klingway.domain.work import Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LONGEST_DELAY_S: Final = 900


class _Message(Protocol):
    def to_json(self) -> str: ...


_Sent = TypeVar("_Sent", bound=_Message)


class _SqsQueue(Generic[_Sent]):
    """Sends messages; Lambda receives them."""

    def __init__(self, client: Callable[[], "SQSClient"], url: str) -> None:
        """`client` is called at the first use: making one takes its time, and many an event sends nothing."""
        self._make_client = client
        self._url = url

    @cached_property
    def _client(self) -> "SQSClient":
        return self._make_client()

    def send(self, work: _Sent, *, delay_s: float = 0) -> None:
        """Send one message, to be received no sooner than `delay_s` from now, in whole seconds."""
        delay = min(_LONGEST_DELAY_S, math.ceil(delay_s))
        self._client.send_message(QueueUrl=self._url, MessageBody=work.to_json(), DelaySeconds=delay)

    def send_all(self, works: Sequence[_Sent]) -> None:
        """Send up to ten messages at once. One that SQS does not take is sent anew by the poller, its row falling due."""
        entries = [{"Id": str(index), "MessageBody": work.to_json()} for index, work in enumerate(works)]
        self._client.send_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type] # a list of such dicts


class SqsWorkQueue(_SqsQueue[Work]):
    """The work queue."""


class SqsDeliveryQueue(_SqsQueue[DeliveryMessage]):
    """The deliveries queue."""
