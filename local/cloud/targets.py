"""Where events go: delivery to a rule's target, and the event of a rule that fires by the clock."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.sqs.models import sqs_backends

from local.cloud.lambdas import Lambdas
from local.cloud.model import Deployment, Schedule


def send(client: Callable[[str], Any], lambdas: Lambdas, arn: str, body: str) -> None:
    """Send a text to a function, queue or state machine; ValueError if it is none of them."""
    match arn.split(":")[2]:
        case "lambda":
            lambdas.invoke_async(arn, body.encode())
        case "sqs":
            *_, region, account, name = arn.split(":")
            sqs_backends[account][region].send_message(name, body)
        case "states":
            client("stepfunctions").start_execution(stateMachineArn=arn, input=body)
        case _:
            raise ValueError(f"nothing here delivers to {arn}")


def scheduled_event(deployment: Deployment, schedule: Schedule) -> dict[str, Any]:
    """Return what a scheduled rule sends to its targets."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": deployment.account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": deployment.region,
        "resources": [schedule.arn],
        "detail": {},
    }
