"""The workflow's port on Step Functions: what is there already is left alone, and so is who waits no more."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import moto
import pytest
from klingway.adapters.stepfunctions import StepFunctionsWorkflow
from klingway.domain.ids import ElementId, JobId
from klingway.domain.job import JobError

from tests.contract.conftest import Deployment

JOB = JobId("job_01M7XQJEV0CNR8GVSAAKQ466HV")
DOG, CAT = ElementId("el_01M7XQJEV0CNR8GVSAAKQ466HV"), ElementId("el_01M7XQJEV0CNR8GVSAAKQ466HW")
REFUSAL = JobError(code="moderation_refused", message="the secret prompt was refused", retryable=False)


@dataclass
class Machine:
    arn: str
    client: Any = field(default_factory=lambda: boto3.client("stepfunctions"))

    def workflow(self) -> StepFunctionsWorkflow:
        return StepFunctionsWorkflow(self.client, self.arn)

    def executions(self) -> list[dict[str, Any]]:
        found = self.client.list_executions(stateMachineArn=self.arn)["executions"]
        return [self.client.describe_execution(executionArn=each["executionArn"]) for each in found]

    def stop(self, execution_arn: str) -> None:
        """Stop an execution; moto cannot stop one whose first event it has not written yet."""
        ends_at = time.monotonic() + 30
        while not self.client.get_execution_history(executionArn=execution_arn)["events"]:
            assert time.monotonic() < ends_at, "the execution never began"
            time.sleep(0.01)
        self.client.stop_execution(executionArn=execution_arn)


@pytest.fixture
def machine(stack: Deployment) -> Machine:
    return Machine(stack.physical_ids["ElementsThenVideo"])


def test_an_execution_is_named_and_told_ids_alone(machine: Machine) -> None:
    """Its name is the attempt's id, its input the job and the elements."""
    machine.workflow().start(f"{JOB}-1", job_id=JOB, elements=(DOG, CAT))

    (execution,) = machine.executions()
    assert f"{JOB}-1" == execution["name"]
    assert {"job_id": JOB, "elements": [DOG, CAT]} == json.loads(execution["input"])


@pytest.mark.parametrize("ended", [False, True])
def test_an_execution_that_was_started_before_is_left_alone(machine: Machine, *, ended: bool) -> None:
    """Ended or not, with the same input or another: there is one, and it is the first."""
    workflow = machine.workflow()
    workflow.start(f"{JOB}-1", job_id=JOB, elements=(DOG,))
    if ended:
        machine.stop(machine.executions()[0]["executionArn"])

    workflow.start(f"{JOB}-1", job_id=JOB, elements=(DOG,))
    workflow.start(f"{JOB}-1", job_id=JOB, elements=(CAT,))

    (execution,) = machine.executions()
    assert [DOG] == json.loads(execution["input"])["elements"]


@dataclass
class Answers:
    """A client that remembers what it was told, and answers with an error of the service where there is one."""

    exceptions: Any
    error: Exception | None = None
    told: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def _take(self, name: str, said: dict[str, str]) -> None:
        self.told.append((name, said))
        if self.error is not None:
            raise self.error

    def send_task_success(self, **said: str) -> None:
        self._take("success", said)

    def send_task_failure(self, **said: str) -> None:
        self._take("failure", said)


@pytest.fixture
def answers() -> Iterator[Answers]:
    with moto.mock_aws():
        yield Answers(boto3.client("stepfunctions", region_name="eu-central-1").exceptions)


@pytest.mark.parametrize("error", [None, REFUSAL])
@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_who_waits_no_more_is_left_alone(answers: Answers, code: str, error: JobError | None) -> None:
    """A token that ran out, was replaced, or was none of this machine's: nothing is raised."""
    said: Any = {"Error": {"Code": code, "Message": "no"}}
    answers.error = getattr(answers.exceptions, code)(said, "SendTaskSuccess")

    StepFunctionsWorkflow(answers, "arn").resume("token", DOG, error)  # type: ignore[arg-type]

    assert 1 == len(answers.told)


def test_what_a_waiting_execution_is_told(answers: Answers) -> None:
    """The element's id, or that it failed and with which code: no words of a provider, which may repeat a prompt."""
    workflow = StepFunctionsWorkflow(answers, "arn")  # type: ignore[arg-type]

    workflow.resume("t1", DOG, None)
    workflow.resume("t2", CAT, REFUSAL)

    assert [
        ("success", {"taskToken": "t1", "output": json.dumps({"element_id": DOG})}),
        ("failure", {"taskToken": "t2", "error": "ElementFailed", "cause": f"{CAT}: moderation_refused"}),
    ] == answers.told


def test_any_other_trouble_is_raised(answers: Answers) -> None:
    """A service that is down has told nobody: the work is done again."""
    answers.error = ConnectionError()

    with pytest.raises(ConnectionError):
        StepFunctionsWorkflow(answers, "arn").resume("t1", DOG, None)  # type: ignore[arg-type]
