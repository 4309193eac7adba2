"""A dead letter queue on SQS.

Messages are moved one by one, by receiving, sending and deleting, and not by SQS's own StartMessageMoveTask: that one runs on by
itself after the command has ended, moves what is none of ours as well, and promises nothing for what a rule of EventBridge put
there ("non-SQS queue sources ... are currently not supported").
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from klingway.use_cases.dead_letters import DeadMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_HIDDEN_S: Final = 30
"""Long enough to go through a batch; a command that is killed hides what it held no longer."""
_WAIT_S: Final = 1
"""With any wait at all, SQS asks all of its servers: without one, an empty answer says nothing."""
_REASON: Final = "ERROR_CODE"  # EventBridge's attribute of what it could not send


class SqsDeadLetters:
    """One dead letter queue, and the queue that it belongs to."""

    def __init__(self, client: "SQSClient", *, url: str, source_url: str) -> None:
        self._client = client
        self._url = url
        self._source_url = source_url

    def receive(self) -> "Sequence[DeadMessage]":
        """Receive ten messages at most, hidden from others for half a minute."""
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN_S,
            WaitTimeSeconds=_WAIT_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            MessageAttributeNames=[_REASON],
        )
        return [_message(each) for each in answer.get("Messages", [])]

    def release(self, message: DeadMessage) -> None:
        """Hide a message no longer; one that is not hidden any more, or gone, is no mistake."""
        errors = self._client.exceptions
        with suppress(errors.MessageNotInflight, errors.ReceiptHandleIsInvalid):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0
            )

    def send_back(self, message: DeadMessage) -> None:
        """Send a message's body to the queue that it belongs to, without what a rule wrote beside it about its failure."""
        self._client.send_message(QueueUrl=self._source_url, MessageBody=message.body)

    def delete(self, message: DeadMessage) -> None:
        """Delete a message."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)


def _message(said: "MessageTypeDef") -> DeadMessage:
    attributes = said["Attributes"]
    beside = said.get("MessageAttributes", {})
    reason = beside[_REASON].get("StringValue") if _REASON in beside else None
    return DeadMessage(
        id=said["MessageId"],
        body=said["Body"],
        receipt=said["ReceiptHandle"],
        received=int(attributes["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        reason=reason,
    )
