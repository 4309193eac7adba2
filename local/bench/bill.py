"""What AWS charges for a job that ends by callback: its calls counted one by one, at public prices.

The handlers run in this process against a mocked AWS, so that each call passes by botocore's own events. Write units are
counted as DynamoDB does: by the kilobyte, doubled in a transaction, and once more for every index entry that changes.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import moto
from klingway.adapters import clients
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.domain.ids import Tenant
from klingway.domain.keys import Keyring
from klingway.use_cases.manage_keys import issue_key

from local.bench import prices
from local.cloud.deploy import Deployment, deploy_in_process
from local.simulators.klingai import KlingaiSimulator
from local.twin import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_REGION: Final = "eu-central-1"
_KEY: Final = "simulated-klingai-api-key"

# What a real job looks like where the simulated one is smaller; facts/peers-and-prices gives the same figures.
_PROVIDER_ANSWERS_S: Final = 0.7
_COPY_S: Final = 3.0
_HANDLER_S: Final = 0.03
_PROGRESS_CALLBACKS: Final = 2
_LOG_BYTES_PER_INVOCATION: Final = 600


@dataclass(frozen=True, slots=True)
class Bill:
    """A job's calls and their price."""

    calls: Mapping[str, int]
    """By `service:Operation`, of warm functions: what is kept in memory is not asked for again."""
    write_units: float
    read_units: float
    lines: Mapping[str, float]
    """US dollars per 1,000 jobs, by service."""

    @property
    def total(self) -> float:
        """US dollars per 1,000 jobs."""
        return sum(self.lines.values())


def measure() -> Bill:
    """Run two jobs from POST to event, the first to warm up, and bill the second."""
    os.environ.update(dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench"))  # noqa: TID251 - for the mocked AWS
    os.environ["AWS_DEFAULT_REGION"] = _REGION  # noqa: TID251 - as above
    with moto.mock_aws(), KlingaiSimulator(api_keys=[_KEY], access_keys={}, generation_s=0.0) as simulator:
        simulator.behaviour.callbacks = "silent"
        parameters = {"KlingaiBaseUrl": simulator.url, "TrustedMediaOrigins": simulator.url}
        stack = deploy_in_process(TEMPLATE, parameters, _REGION)
        job = _Job(stack)
        job.run()
        with _counted() as calls:
            job.run()
    return _billed(calls)


class _Job:
    """One job through the handlers, each with its own environment."""

    def __init__(self, stack: Deployment) -> None:
        self._stack = stack
        secrets = boto3.client("secretsmanager")
        secrets.put_secret_value(SecretId=stack.outputs["KlingaiSecretArn"], SecretString=json.dumps({"api_key": _KEY}))
        master = json.loads(secrets.get_secret_value(SecretId=stack.outputs["MasterSecretArn"])["SecretString"])
        keys = DynamoDbKeys(boto3.client("dynamodb"), stack.outputs["TableName"])
        self._keyring = Keyring.of(master)
        self._key = issue_key(keys, self._keyring, Tenant("bench")).api_key

    def run(self) -> None:
        """Ask for a video, take its callbacks, do the work, publish, and read the job once."""
        body = {"prompt": "a fox in the snow", "duration_s": 5}
        job = json.loads(self._http("POST", "/v1/videos", body)["body"])
        attempt = f"{job['id']}-1"
        token = self._keyring.callback_token(attempt)
        for status in ["processing"] * _PROGRESS_CALLBACKS + ["succeed"]:
            said = {"task_id": job["attempts"][0]["task_id"], "task_status": status}
            event = {"pathParameters": {"subject": attempt, "token": token}, "body": json.dumps(said)}
            self._invoke("CallbackFunction", event)
        queue = boto3.client("sqs")  # the benchmark's own clients are not counted: in AWS, Lambda does this part
        url = self._stack.outputs["WorkQueueUrl"]
        (message,) = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self._invoke("WorkerFunction", {"Records": [{"body": message["Body"]}]})
        key = {"pk": {"S": job["id"]}, "sk": {"S": "job"}}
        row = boto3.client("dynamodb").get_item(TableName=self._stack.outputs["TableName"], Key=key)["Item"]
        change = {"NewImage": row, "SequenceNumber": "1"}
        self._invoke("PublisherFunction", {"Records": [{"dynamodb": change}]})
        done = json.loads(self._http("GET", f"/v1/jobs/{job['id']}", None)["body"])
        if done["state"] != "succeeded":
            raise RuntimeError(f"the benchmark's job is {done['state']}: {done['error']}")

    def _http(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
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
        answer: dict[str, Any] = self._invoke("ApiFunction", event)
        return answer

    def _invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a handler's answer
        function = self._stack.functions[logical_id]
        os.environ.update(function.env)  # noqa: TID251 - see above
        module = __import__(f"functions.{function.root.name}.app", fromlist=["handler"])
        handler: Callable[[Mapping[str, Any], None], Any] = module.handler
        return handler(event, None)


@contextmanager
def _counted() -> Iterator[_Calls]:
    calls = _Calls()
    services = (clients.dynamodb(), clients.s3(), clients.sqs(), clients.events(), clients.secretsmanager())
    for service in services:
        service.meta.events.register("before-parameter-build.*", calls.note)
    try:
        yield calls
    finally:
        for service in services:
            service.meta.events.unregister("before-parameter-build.*", calls.note)


class _Calls:
    """Notes every call, and what a call to DynamoDB consumes."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.write_units = 0.0
        self.read_units = 0.0

    def note(self, params: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own
        operation = f"{model.service_model.service_name}:{model.name}"
        self.count[operation] += 1
        if operation == "dynamodb:TransactWriteItems":
            for write in params["TransactItems"]:
                self.write_units += 2 * _kilobytes(write["Put"]["Item"])
                self.write_units += 2 if write["Put"]["Item"]["sk"]["S"] == "job" else 0  # both indexes
        elif operation == "dynamodb:UpdateItem":
            self.write_units += 2  # the row: 1 to 2 KB once it has an attempt
            expression = params["UpdateExpression"]
            self.write_units += 2 if "#due_at = " in expression else 1  # moved within the index, or out of it
            self.write_units += 1 if "#state = " in expression else 0  # the index by tenant shows the state
        elif operation in {"dynamodb:GetItem", "dynamodb:BatchGetItem"}:
            keys = sum(len(table["Keys"]) for table in params.get("RequestItems", {}).values()) or 1
            self.read_units += keys if params.get("ConsistentRead") or "RequestItems" in params else 0.5


def _kilobytes(item: Mapping[str, Any]) -> int:
    return math.ceil(len(json.dumps(item)) / 1024)


def _billed(calls: _Calls) -> Bill:
    count = calls.count
    http_requests = 2 + _PROGRESS_CALLBACKS + 1  # submit, one read, the callbacks
    invocations = {"api": 2, "callback": _PROGRESS_CALLBACKS + 1, "worker": 1, "publisher": 1}
    gigabyte_seconds = (
        1.0 * (_PROVIDER_ANSWERS_S + 2 * _HANDLER_S)
        + 0.25 * _HANDLER_S * invocations["callback"]
        + 0.5 * (_COPY_S + _PROVIDER_ANSWERS_S)
        + 0.25 * _HANDLER_S
    )
    queue_requests = count["sqs:SendMessage"] * 3  # sent, received, deleted
    log_bytes = sum(invocations.values()) * _LOG_BYTES_PER_INVOCATION
    lines = {
        "Lambda": gigabyte_seconds * prices.LAMBDA_GB_S + sum(invocations.values()) * prices.LAMBDA_REQUEST,
        "HTTP API": http_requests * prices.HTTP_API_REQUEST,
        "DynamoDB": calls.write_units * prices.DYNAMODB_WRITE_UNIT + calls.read_units * prices.DYNAMODB_READ_UNIT,
        "SQS": queue_requests * prices.SQS_REQUEST,
        "EventBridge": count["events:PutEvents"] * prices.EVENTBRIDGE_EVENT,
        "S3": count["s3:PutObject"] * prices.S3_PUT + count["s3:GetObject"] * prices.S3_GET,
        "Secrets Manager": count["secretsmanager:GetSecretValue"] * prices.SECRETS_MANAGER_CALL,
        "CloudWatch Logs": log_bytes / 1024**3 * prices.LOG_GB,
    }
    return Bill(
        dict(sorted(count.items())),
        calls.write_units,
        calls.read_units,
        {name: 1000 * price for name, price in lines.items()},
    )
