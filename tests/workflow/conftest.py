"""The workflow's own definition, run by moto's interpreter, with the real handlers on the template's own resources."""

from __future__ import annotations

import importlib.util
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import moto
import pytest
import yaml
from klingway import bootstrap, observability, settings
from klingway.adapters import clients
from klingway.adapters.dynamodb_elements import DynamoDbElements
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.domain.ids import Tenant
from klingway.domain.work import Work, WorkKind

from local.cloud.deploy import Deployment, deploy_in_process
from tests.fakes.elements import ScriptedRegistry
from tests.fakes.providers import OneProvider, ScriptedProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from klingway.domain.job import Job

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "statemachines" / "elements_then_video.asl.yaml"
REGION = "eu-central-1"
LONGEST_S = 20.0


def handler_of(name: str) -> Callable[[Any, Any], Any]:
    spec = importlib.util.spec_from_file_location(f"workflow_{name}", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Callable[[Any, Any], Any] = module.handler
    return handler


@dataclass
class Stage:
    """A gateway with one scripted provider, whose queue moves when `until` is waiting."""

    deployment: Deployment
    registry: ScriptedRegistry
    provider: ScriptedProvider
    crashes: list[str] = field(default_factory=list)
    """Tasks of the workflow, each named once for every time that its function breaks off after its work."""
    tokens: list[str] = field(default_factory=list)
    """Those that the workflow handed out, in order."""

    def __post_init__(self) -> None:
        table = self.deployment.outputs["TableName"]
        self.jobs = DynamoDbJobs(boto3.client("dynamodb"), table)
        self.elements = DynamoDbElements(boto3.client("dynamodb"), table)
        self.sqs, self.states = boto3.client("sqs"), boto3.client("stepfunctions")
        self._worker, self._elements = handler_of("worker"), handler_of("elements")
        self.is_worker_at_work = True

    def run_task(self, payload: Mapping[str, Any]) -> Any:
        """Run a task of the workflow as Lambda would; where it is told to, break off after its work is done."""
        if "token" in payload:
            self.tokens.append(payload["token"])
        answer = self._elements(dict(payload), None)
        if payload["task"] in self.crashes:
            self.crashes.remove(payload["task"])
            raise RuntimeError("Runtime exited")
        return answer

    def submit(self, *names: str) -> Job:
        """Accept a job that describes elements of these names, as `api` does."""
        described = [
            {"name": name, "description": f"a {name}", "images": ["https://x/1", "https://x/2"]} for name in names
        ]
        return self.submit_with(*described)

    def submit_with(self, *elements: Mapping[str, Any]) -> Job:
        """Accept a job with these elements, as `api` does."""
        body = {"prompt": "<<<element_1>>> runs", "elements": list(elements)}
        accepted = bootstrap.api().create_job.run(Tenant("acme"), body, key=None, public_url="https://gateway.example")
        return accepted.stored.job

    def job(self, job: Job) -> Job:
        """Return a job as it stands."""
        found = self.jobs.get(job.id)
        assert found is not None
        return found

    def work(self) -> None:
        """Do the work in the queue, whenever it is due."""
        url = self.deployment.outputs["WorkQueueUrl"]
        for message in self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            self._worker({"Records": [{"body": message["Body"]}]}, None)
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def check(self, element_id: str) -> None:
        """Have an element looked at now, whatever its schedule says."""
        bootstrap.worker().run(Work(kind=WorkKind.ELEMENT, id=element_id, number=None))

    def release(self, job: Job) -> None:
        """Do the work that the end of a job leads to."""
        bootstrap.worker().run(Work(kind=WorkKind.RELEASE, id=job.id, number=None))

    def until(self, what: Callable[[], object], seconds: float = LONGEST_S) -> None:
        """Move the queue until something is so."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not come about in time"
            if self.is_worker_at_work:
                self.work()
            time.sleep(0.05)

    def ended(self, job: Job) -> list[str]:
        """Move the queue until a job's execution has ended; return the states that it entered."""
        arn = self.execution_arn(job)
        self.until(lambda: self.states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return self.path(job)

    def path(self, job: Job) -> list[str]:
        """Return the states that a job's execution entered, those within the Map in the order of their names."""
        history = self.states.get_execution_history(executionArn=self.execution_arn(job), maxResults=1000)
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in history["events"]
            if event["type"].endswith("StateEntered")
        ]

    def waits(self, job: Job) -> bool:
        """Tell whether a job's execution waits for a token: its task is done, and was not told of yet."""
        history = self.states.get_execution_history(executionArn=self.execution_arn(job), maxResults=1000)
        return "TaskSubmitted" in {event["type"] for event in history["events"]}

    def status(self, job: Job) -> str:
        """Return how a job's execution ended."""
        return str(self.states.describe_execution(executionArn=self.execution_arn(job))["status"])

    def execution_arn(self, job: Job) -> str:
        """Return the ARN of the execution named after a job's first attempt."""
        machine = self.deployment.physical_ids["ElementsThenVideo"]
        return machine.replace(":stateMachine:", ":execution:") + f":{job.id}-1"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    registry = ScriptedRegistry()
    provider = ScriptedProvider(elements=registry)
    forget()
    for services in (bootstrap.ApiServices, bootstrap.WorkerServices, bootstrap.ElementsServices):
        monkeypatch.setattr(services, "providers", OneProvider(provider), raising=False)
    with moto.mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}):
        deployment = deploy_in_process(ROOT / "template.yaml", region=REGION)
        for function in ("ApiFunction", "WorkerFunction", "ElementsFunction"):
            for name, value in deployment.functions[function].env.items():
                if name != "FUNCTION_TIMEOUT_S":
                    monkeypatch.setenv(name, value)
        monkeypatch.setenv("FUNCTION_TIMEOUT_S", "60")
        staged = Stage(deployment, registry, provider)

        def invoke(_self: object, function_name: str, _qualifier: object, body: Any, *rest: Any) -> bytes:
            """Stands in for Lambda: calls the handler, and reports errors the way Lambda does."""
            assert function_name.endswith(deployment.physical_ids["ElementsFunction"])
            try:
                return json.dumps(staged.run_task(json.loads(body))).encode()
            except Exception as error:  # noqa: BLE001 - Lambda reports every error this way
                rest[-1]["x-amz-function-error"] = "Unhandled"
                return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

        monkeypatch.setattr("moto.awslambda_simple.models.LambdaSimpleBackend.invoke", invoke)
        yield staged
        for execution in staged.states.list_executions(
            stateMachineArn=deployment.physical_ids["ElementsThenVideo"], statusFilter="RUNNING"
        )["executions"]:
            with suppress(Exception):
                staged.states.stop_execution(executionArn=execution["executionArn"])
    forget()


def forget() -> None:
    """Another test's clients, settings and services belong to another mocked AWS."""
    for each in (
        bootstrap.api,
        bootstrap.worker,
        bootstrap.elements,
        settings.load,
        observability.logger,
        clients._client,  # noqa: SLF001
    ):
        each.cache_clear()


def shorten(stage: Stage, **seconds: int) -> None:
    """Give the waits of the workflow other time-outs, and its retries no pause."""
    definition = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    make = definition["States"]["MakeElements"]["ItemProcessor"]["States"]["MakeElement"]
    make["TimeoutSeconds"] = seconds.get("token", make["TimeoutSeconds"])
    text = json.dumps(definition).replace("${Partition}", "aws")
    text = text.replace("${ElementsFunctionArn}", stage.deployment.attributes["ElementsFunction"]["Arn"])
    stage.states.update_state_machine(
        stateMachineArn=stage.deployment.physical_ids["ElementsThenVideo"], definition=text
    )
