"""The handlers in this process, each with its own environment, on a mocked AWS; what calls them in AWS is done by hand.

So every call that a handler makes passes by botocore's own events, and every invocation can be counted.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import boto3
from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.bootstrap import now
from klingway.domain.budgets import Caps
from klingway.domain.ids import Tenant
from klingway.domain.keys import Keyring
from klingway.use_cases.manage_keys import ManageKeys

from local.cloud import patches
from local.cloud.deploy import deploy_in_process
from local.twin import TEMPLATE, base_url_parameter, secret_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from local.simulators.server import Simulator

REGION: Final = "eu-central-1"
_TENANT: Final = "bench"
_CAPPED_TENANT: Final = "bench-capped"
_QUEUES: Final = {"WorkQueue": "WorkerFunction", "IntakeQueue": "IntakeFunction", "DeliveriesQueue": "WebhooksFunction"}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of a function, and whom it waited for."""

    function: str
    memory_gb: float
    provider_calls: int
    films: int
    posts: int


class Stage:
    """A stack with a tenant, whose providers are simulators.

    Attributes:
        invocations: what ran.
        messages: how many messages were received and deleted.
        transitions: of state machines.
    """

    def __init__(self, simulators: Mapping[str, Simulator], api_key: str) -> None:
        self._simulators = simulators
        origins = ",".join(simulator.url for simulator in simulators.values())
        self.receiver = _Receiver()
        parameters = {base_url_parameter(name): simulator.url for name, simulator in simulators.items()}
        parameters |= {
            "PublicBaseUrl": "https://gateway.example",
            "TriggerTenant": _TENANT,
            "TrustedMediaOrigins": origins,
            "TrustedWebhookOrigins": self.receiver.url,
        }
        self.stack = deploy_in_process(TEMPLATE, parameters, REGION)
        secrets = boto3.client("secretsmanager")
        for name in simulators:
            arn = self.stack.outputs[secret_output(name)]
            secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"api_key": api_key}))
        master = json.loads(secrets.get_secret_value(SecretId=self.stack.outputs["MasterSecretArn"])["SecretString"])
        self._keyring = Keyring.of(master)
        # The benchmark's own clients are not counted: in AWS, this part is Lambda's and Step Functions'.
        self._sqs, self._states = boto3.client("sqs"), boto3.client("stepfunctions")
        self._dynamodb = boto3.client("dynamodb")
        table = self.stack.outputs["TableName"]
        keys = ManageKeys(register=DynamoDbKeys(self._dynamodb, table), keyring=lambda: self._keyring, now=now)
        self._key, self._capped_key = (keys.issue(tenant).api_key for tenant in (_TENANT, _CAPPED_TENANT))
        caps = Caps(daily_usd=Decimal(1000), monthly_usd=Decimal(1000))
        DynamoDbBudgets(self._dynamodb, table).set_caps(Tenant(_CAPPED_TENANT), caps, now())
        self.forget()

    def forget(self) -> None:
        """Count anew."""
        self.invocations: list[Invocation] = []
        self.messages = self.transitions = 0

    @contextmanager
    def capped(self) -> Iterator[None]:
        """Call as a tenant that has caps."""
        own, self._key = self._key, self._capped_key
        try:
            yield
        finally:
            self._key = own

    def http(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call the API; return the answer's JSON, an empty one where it has none."""
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": {"authorization": f"Bearer {self._key}", "content-type": "application/json"},
            "requestContext": {
                "domainName": "gateway.example",
                "http": {"method": method, "path": path},
                "requestId": "bench",
                "stage": "$default",
            },
            "body": None if body is None else json.dumps(body),
        }
        answer: dict[str, Any] = json.loads(self.invoke("ApiFunction", event).get("body") or "{}")
        return answer

    def call_back(self, subject: str, task_id: str, status: str) -> None:
        """Have the provider tell of a task of an attempt or of an element."""
        parameters = {"subject": subject, "token": self._keyring.callback_token(subject)}
        body = json.dumps({"task_id": task_id, "task_status": status})
        headers = {"content-type": "application/json"}
        self.invoke("CallbackFunction", {"pathParameters": parameters, "headers": headers, "body": body})

    def take_in(self, event: Mapping[str, Any]) -> None:
        """Have a rule put an event into the intake queue."""
        url = self.stack.physical_ids["IntakeQueue"]
        for told in self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            # Moto tells of objects by itself, otherwise than AWS.
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=told["ReceiptHandle"])
        self._sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))

    def work_off(self) -> None:
        """Do what is in the queues, delayed messages too, until they are empty."""
        while sum(self.work_off_once(queue) for queue in _QUEUES):
            pass

    def work_off_once(self, queue: str) -> int:
        """Do what is in a queue now; return how many messages there were."""
        url = self.stack.physical_ids[queue]
        patches.hasten(self.stack.account, REGION, url.rsplit("/", 1)[-1])
        messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            self.messages += 1
            record = {"messageId": message["MessageId"], "body": message["Body"]}
            self.invoke(_QUEUES[queue], {"Records": [record]})
        return len(messages)

    def make_elements(self) -> list[str]:
        """Run the tasks of the executions that were started, up to their waiting; return the elements."""
        self._waiting = [
            self._states.describe_execution(executionArn=found["executionArn"])
            for found in self._states.list_executions(
                stateMachineArn=self.stack.physical_ids["ElementsThenVideo"], statusFilter="RUNNING"
            )["executions"]
        ]
        wanted = []
        for execution in self._waiting:
            for element_id in json.loads(execution["input"])["elements"]:
                name = execution["name"]
                task = {"task": "make", "element_id": element_id, "execution": name, "token": f"{name}/{element_id}"}
                self.invoke("ElementsFunction", task)
                wanted.append(element_id)
        self.transitions += 2 * len(self._waiting) + len(wanted)  # the start and the Map, and a state for each element
        return wanted

    def submit_prepared(self) -> None:
        """Run the last task of those executions."""
        for execution in self._waiting:
            self.invoke("ElementsFunction", {"task": "submit", "job_id": json.loads(execution["input"])["job_id"]})
            self.transitions += 1
            self._states.stop_execution(executionArn=execution["executionArn"])

    def newest_job(self) -> str:
        """Return the id of the job that was made last."""
        found = self._dynamodb.query(
            TableName=self.stack.outputs["TableName"],
            IndexName="by_tenant",
            KeyConditionExpression="tenant = :bench",
            ExpressionAttributeValues={":bench": {"S": _TENANT}},
            ScanIndexForward=False,
        )
        return str(found["Items"][0]["id"]["S"])

    def publish(self, job_id: str) -> None:
        """Show the publisher a job's row, as the table's stream does at its end."""
        key = {"pk": {"S": job_id}, "sk": {"S": "job"}}
        row = self._dynamodb.get_item(TableName=self.stack.outputs["TableName"], Key=key)["Item"]
        self.invoke("PublisherFunction", {"Records": [{"dynamodb": {"NewImage": row, "SequenceNumber": "1"}}]})

    def invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a handler's answer
        """Run a function."""
        function = self.stack.functions[logical_id]
        os.environ.update(function.env)  # noqa: TID251 - each with its own, as on Lambda
        module = __import__(f"functions.{function.root.name}.app", fromlist=["handler"])
        handler: Callable[[Mapping[str, Any], None], Any] = module.handler
        asked, fetched, posted = self._outside()
        answer = handler(event, None)
        calls, films, posts = self._outside()
        self.invocations.append(
            Invocation(logical_id, function.memory_mb / 1024, calls - asked, films - fetched, posts - posted)
        )
        return answer

    def _outside(self) -> tuple[int, int, int]:
        paths = [call["path"] for simulator in self._simulators.values() for call in simulator.requests()]
        films = sum(path.startswith("/media/") for path in paths)
        return len(paths) - films, films, self.receiver.count


class _Receiver:
    """Takes webhooks."""

    def __init__(self) -> None:
        self.count = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.count += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:  # noqa: ANN401
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def staged(simulators: Mapping[str, Simulator], api_key: str) -> Iterator[Stage]:
    """Run a stage within a mocked AWS."""
    stage = Stage(simulators, api_key)
    try:
        yield stage
    finally:
        stage.receiver.close()
