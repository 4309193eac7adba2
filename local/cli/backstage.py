"""What the demo sees behind the gateway: at the simulators, in the bucket, on the bus, in the workflow, at a receiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import httpx
from botocore.exceptions import ClientError
from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
from klingway.bootstrap import now
from klingway.domain.ids import Tenant

from local.cli.client import Gateway

if TYPE_CHECKING:
    from collections.abc import Mapping

    from klingway.domain.budgets import Caps
    from klingway.use_cases.manage_keys import ManageKeys

    from local.simulators.receiver import Received, Receiver
    from local.twin import Twin

_DEAD_LETTERS: Final = (
    "WorkDeadLetterQueueUrl",
    "IntakeDeadLetterQueueUrl",
    "DeliveriesDeadLetterQueueUrl",
)
_WORKFLOW: Final = "ElementsThenVideo"


@dataclass(frozen=True)
class Backstage:
    """The whole stack, and the server that its webhooks go to."""

    twin: Twin
    receiver: Receiver

    def tasks(self) -> list[dict[str, Any]]:
        """Return every task that there is at a provider."""
        return [task for simulator in self.twin.simulators.values() for task in simulator.tasks()]

    def tasks_of(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return a job's tasks: those it knows, and any other that a provider has under its reference."""
        known = {attempt["task_id"] for attempt in job["attempts"]}
        return [task for task in self.tasks() if task["task_id"] in known or task["external_id"].startswith(job["id"])]

    def elements_of(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the elements that a provider keeps, or kept, and a job's task uses."""
        known = {attempt["task_id"] for attempt in job["attempts"]}
        looks = [simulator.looks().get("elements") for simulator in self.twin.simulators.values()]
        kept = [element for look in looks if look for element in cast("list[dict[str, Any]]", look())]
        return [element for element in kept if known & set(element["used_by"])]

    def path_of(self, job: Mapping[str, Any]) -> list[str]:
        """Return the states that a job's execution of the workflow entered, as Step Functions has them."""
        states = self.twin.cloud.client("stepfunctions")
        name = f"{job['id']}-1"
        arn = f"{self.twin.cloud.physical_id(_WORKFLOW).replace(':stateMachine:', ':execution:')}:{name}"
        try:
            history = states.get_execution_history(executionArn=arn, maxResults=1000)
        except ClientError:  # there is none
            return []
        entered = (event.get("stateEnteredEventDetails") for event in history["events"])
        return [details["name"] for details in entered if details]

    def events(self, detail_type: str) -> list[dict[str, Any]]:
        """Return the details of the events of a type on the stack's bus, oldest first."""
        told = self.twin.cloud.published_events(self.twin.cloud.outputs["EventBusName"])
        return [event["detail"] for event in told if event["detail-type"] == detail_type]

    def events_of(self, job: Mapping[str, Any]) -> list[tuple[str, str | None]]:
        """Return the type and the correlation id of each event about a job."""
        told = self.twin.cloud.published_events(self.twin.cloud.outputs["EventBusName"])
        return [
            (event["detail-type"], event["detail"]["correlation_id"])
            for event in told
            if event["detail"].get("job_id") == job["id"]
        ]

    def object(self, key: str) -> bytes | None:
        """Return what lies in the bucket under a key, or None."""
        s3 = self.twin.cloud.client("s3")
        try:
            data: bytes = s3.get_object(Bucket=self.twin.cloud.outputs["BucketName"], Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return data

    def keys(self) -> ManageKeys:
        """Return what makes, rotates and revokes keys."""
        return self.twin.keys()

    def set_caps(self, tenant: str, caps: Caps) -> None:
        """Set what a tenant may spend."""
        budgets = DynamoDbBudgets(self.twin.cloud.client("dynamodb"), self.twin.cloud.outputs["TableName"])
        budgets.set_caps(Tenant(tenant), caps, now())

    def webhooks(self, path: str) -> list[Received]:
        """Return what was posted to a path of the receiver."""
        return self.receiver.at(path)

    def webhook_secret(self) -> str:
        """Return the secret that webhooks are signed with, as their receiver would ask for it."""
        with Gateway(self.twin.cloud.url, self.twin.key.api_key) as gateway:
            return gateway.webhook_secret()

    def spoken(self, service: str, path: str) -> dict[str, Any]:
        """Return what a service's own API, as it is spoken here, answers to a question."""
        with Gateway(self.twin.cloud.url, self.twin.key.api_key) as gateway:
            return gateway.spoken(service, path)

    def opened(self, link: str | None) -> bytes | None:
        """Return what a link leads to, opened with no key; None where it leads to nothing, or there is none."""
        if not link:
            return None
        answer = httpx.get(link, follow_redirects=True, trust_env=False)  # noqa: TID251 - a link of the twin's own
        return answer.content if answer.is_success else None

    def given_up(self) -> dict[str, int]:
        """Return how many messages lie in each of the dead letter queues."""
        sqs, outputs = self.twin.cloud.client("sqs"), self.twin.cloud.outputs
        count = "ApproximateNumberOfMessages"
        return {
            name: int(sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=[count])["Attributes"][count])
            for name in _DEAD_LETTERS
        }
