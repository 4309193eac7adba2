"""Delivers a text to an ARN: rule targets, schedule targets, and destinations of failed work."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.cloud.background import Background, Log


class Targets:
    """Everything that an event can be sent to.

    Args:
        client: Gives the boto3 client of a service name.
        invoke_async: Starts a function by ARN with an event.
        log: Told of deliveries that fail.
    """

    def __init__(self, client: Callable[[str], Any], invoke_async: Callable[[str, bytes], None], log: Log) -> None:
        self._client, self._invoke_async = client, invoke_async
        self.background = Background("deliver", 4, log)

    def deliver(self, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Send an event to a rule's target, later and in another thread."""
        body = target["Input"] if "Input" in target else json.dumps(event)
        self.background.submit(self.send, target["Arn"], body)

    def send(self, arn: str, body: str) -> None:
        """Send a text to a queue, function, log group, event bus, bucket or state machine, now.

        Raises:
            ValueError: Nothing here can be sent to this kind of ARN.
            ClientError: The service refuses it.
        """
        service, name = arn.split(":")[2], arn.rsplit(":", 1)[1]
        if service == "lambda":
            self._invoke_async(arn, body.encode())
        elif service == "sqs":
            sqs = self._client("sqs")
            sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)
        elif service == "s3":
            now = datetime.now(UTC)
            key = f"aws/lambda/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
            self._client("s3").put_object(Bucket=name, Key=key, Body=body.encode())
        elif service == "states":
            self._client("stepfunctions").start_execution(stateMachineArn=arn, input=body)
        elif service == "events":
            event = json.loads(body)
            entry = {"Source": event["source"], "DetailType": event["detail-type"], "EventBusName": arn}
            self._client("events").put_events(Entries=[{**entry, "Detail": json.dumps(event["detail"])}])
        elif service == "logs":
            group, stream = arn.split(":log-group:")[1].removesuffix(":*"), str(uuid.uuid4())
            logs, at = self._client("logs"), int(datetime.now(UTC).timestamp() * 1000)
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
            logs.put_log_events(
                logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": at, "message": body}]
            )
        else:
            raise ValueError(f"nothing here delivers to {arn}")
