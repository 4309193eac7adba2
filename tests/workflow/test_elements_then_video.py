"""Which states a job's execution goes through, and what comes of the job and its elements."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from klingway import bootstrap
from klingway.adapters.stepfunctions import ELEMENT_FAILED
from klingway.domain.elements import ElementState
from klingway.domain.ids import Tenant
from klingway.domain.job import JobError, State
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, Made, ProviderError, Running
from klingway.use_cases.prepare_elements import TIMED_OUT

from tests.workflow.conftest import DEFINITION, shorten

if TYPE_CHECKING:
    from typing import Any

    from klingway.domain.job import Job

    from tests.workflow.conftest import Stage

REFUSAL = JobError(code="moderation_refused", message="the picture was refused", retryable=False)


def elements_of(stage: Stage, job: Job) -> list[ElementState | None]:
    found = [stage.elements.get(element.id) for element in stage.job(job).elements]
    return [None if element is None else element.state for element in found]


def test_two_elements_and_the_video(stage: Stage) -> None:
    """Both are made at once, then the job is submitted with their ids, and nothing is released while it runs."""
    stage.registry.outcomes = [Made(element_id="101"), Made(element_id="102")]
    job = stage.submit("dog", "cat")
    assert State.PREPARING is job.state

    path = stage.ended(job)

    assert ["MakeElements", "MakeElement", "MakeElement", "SubmitJob"] == path
    assert "SUCCEEDED" == stage.status(job)
    assert State.RUNNING is stage.job(job).state
    assert 2 == len(stage.registry.created)
    (submitted,) = stage.provider.submitted
    assert {"101", "102"} == {element["id"] for element in submitted.body["elements"]}
    assert [ElementState.READY, ElementState.READY] == elements_of(stage, job)
    assert [] == stage.registry.deleted


def test_the_input_is_ids_alone(stage: Stage) -> None:
    """Nothing of the request stands in the history of an execution."""
    job = stage.submit("dog")

    said = stage.states.describe_execution(executionArn=stage.execution_arn(job))["input"]

    assert {"job_id": job.id, "elements": [element.id for element in job.elements]} == yaml.safe_load(said)


def test_one_element_fails(stage: Stage) -> None:
    """The job fails and says which element and why; the other one is deleted, for nobody else uses it."""
    stage.registry.outcomes = [Made(element_id="101"), Failed(error=REFUSAL)]
    job = stage.submit("dog", "cat")

    path = stage.ended(job)

    assert "MakeElements" == path[0]
    assert ["FailJob", "JobFailed"] == path[-2:]
    assert "FAILED" == stage.status(job)
    failed = stage.job(job)
    assert State.FAILED is failed.state
    assert failed.error is not None
    assert ("element_failed", False) == (failed.error.code, failed.error.retryable)
    assert "the picture was refused" in failed.error.message
    assert [] == stage.provider.submitted
    stage.release(job)
    assert ["101"] == stage.registry.deleted
    assert [None, None] == elements_of(stage, job)


def test_a_token_that_never_comes_back(stage: Stage) -> None:
    """The wait times out: the job fails as such, and an element that is made afterwards is deleted, nobody using it."""
    shorten(stage, token=1)
    stage.registry.outcomes = [Running()]
    stage.is_worker_at_work = False
    job = stage.submit("dog")

    path = stage.ended(job)

    assert ["MakeElements", "MakeElement", "ElementTimedOut", "FailJob", "JobFailed"] == path
    failed = stage.job(job)
    assert failed.error is not None
    assert ("element_timed_out", True) == (failed.error.code, failed.error.retryable)
    stage.release(job)
    assert [] == stage.registry.deleted, "it is still being made"
    stage.registry.outcomes = [Made(element_id="101")]
    stage.is_worker_at_work = True
    stage.check(failed.elements[0].id)
    stage.until(lambda: [None] == elements_of(stage, job))
    assert ["101"] == stage.registry.deleted


def test_a_task_that_breaks_off(stage: Stage) -> None:
    """It is run again, and no second element is made; that a new token replaces the old one is shown over the fakes."""
    stage.crashes = ["make"]
    stage.registry.outcomes = [Running()]
    job = stage.submit("dog")
    stage.until(lambda: len(stage.tokens) == 2)
    stage.registry.outcomes = [Made(element_id="101")]
    stage.check(job.elements[0].id)

    path = stage.ended(job)

    assert ["MakeElements", "MakeElement", "SubmitJob"] == path
    assert 1 == len(stage.registry.created)
    assert State.RUNNING is stage.job(job).state


def test_a_submission_whose_task_breaks_off(stage: Stage) -> None:
    """Run again it finds the job submitted, and does not submit it a second time."""
    stage.crashes = ["submit"]
    stage.registry.outcomes = [Made(element_id="101")]
    job = stage.submit("dog")

    path = stage.ended(job)

    assert ["MakeElements", "MakeElement", "SubmitJob"] == path
    assert 1 == len(stage.provider.submitted)
    assert State.RUNNING is stage.job(job).state


def test_two_jobs_that_want_the_same_element(stage: Stage) -> None:
    """It is made once; both executions are resumed, and it is deleted at the end of the second job only."""
    stage.registry.outcomes = [Running()]
    first, second = stage.submit("dog"), stage.submit("dog")
    assert first.elements[0].id == second.elements[0].id
    stage.until(lambda: len(stage.tokens) == 2)
    stage.registry.outcomes = [Made(element_id="101")]
    stage.check(first.elements[0].id)

    paths = [stage.ended(job) for job in (first, second)]

    assert [["MakeElements", "MakeElement", "SubmitJob"]] * 2 == paths
    assert 1 == len(stage.registry.created)
    assert ["101", "101"] == [wire.body["elements"][0]["id"] for wire in stage.provider.submitted]
    end(stage, first)
    assert ([], [ElementState.READY]) == (stage.registry.deleted, elements_of(stage, second))
    end(stage, second)
    assert (["101"], [None]) == (stage.registry.deleted, elements_of(stage, second))


def test_an_element_that_its_caller_keeps(stage: Stage) -> None:
    """Made once and used by id, by number and by its description, without an execution; it goes when its caller says so."""
    stage.registry.outcomes = [Made(element_id="101")]
    keep, acme = bootstrap.api().keep_elements, Tenant("acme")
    dog = {"name": "dog", "description": "a dog", "images": ["https://x/1", "https://x/2"]}
    element = keep.create(acme, dog, public_url="https://gateway.example")
    stage.check(element.id)
    stage.until(lambda: keep.one(acme, element.id).due_at is None)

    jobs = [stage.submit_with({"id": element.id}), stage.submit_with({"id": str(element.element_number)})]
    jobs.append(stage.submit("dog"))

    assert [State.RUNNING] * 3 == [job.state for job in jobs]
    assert ["101"] * 3 == [wire.body["elements"][0]["id"] for wire in stage.provider.submitted]
    machine = stage.deployment.physical_ids["ElementsThenVideo"]
    assert [] == stage.states.list_executions(stateMachineArn=machine)["executions"]
    for job in jobs[:2]:
        end(stage, job)
    keep.delete(acme, element.id)
    assert ([], [ElementState.READY]) == (stage.registry.deleted, elements_of(stage, jobs[2]))
    end(stage, jobs[2])
    assert (["101"], [None]) == (stage.registry.deleted, elements_of(stage, jobs[2]))
    assert 1 == len(stage.registry.created)


def test_a_provider_that_is_full_once_the_elements_are_made(stage: Stage) -> None:
    """The execution ends well with the job queued; later it is submitted with the same elements, and they stay until its end."""
    full = ProviderError(JobError(code="provider_full", message="full", retryable=True), created=Created.NO)
    stage.provider.submissions = [full]
    stage.registry.outcomes = [Made(element_id="101")]
    job = stage.submit("dog")

    path = stage.ended(job)

    assert ["MakeElements", "MakeElement", "SubmitJob"] == path
    assert "SUCCEEDED" == stage.status(job)
    assert State.QUEUED is stage.job(job).state
    stage.until(lambda: stage.job(job).state is State.RUNNING)
    assert ["101", "101"] == [wire.body["elements"][0]["id"] for wire in stage.provider.submitted]
    assert 1 == len(stage.registry.created)
    assert ([], [ElementState.READY]) == (stage.registry.deleted, elements_of(stage, job))
    end(stage, job)
    assert ["101"] == stage.registry.deleted


def test_an_execution_that_was_stopped(stage: Stage) -> None:
    """The job goes on from its row: once its elements are made, the poller's work submits it."""
    stage.registry.outcomes = [Running()]
    job = stage.submit("dog")
    stage.until(lambda: stage.waits(job))
    stage.states.stop_execution(executionArn=stage.execution_arn(job))
    stage.registry.outcomes = [Made(element_id="101")]
    stage.check(job.elements[0].id)

    take_up(stage, job)
    stage.until(lambda: stage.job(job).state is State.RUNNING)

    assert "RUNNING" != stage.status(job)
    assert 1 == len(stage.provider.submitted)


def end(stage: Stage, job: Job) -> None:
    """Let a running job fail at its provider, and do the work that its end leads to."""
    stage.provider.outcomes = [Failed(error=REFUSAL)]
    bootstrap.worker().run(Work(kind=WorkKind.CHECK, id=job.id, number=stage.job(job).number))
    assert State.FAILED is stage.job(job).state
    stage.release(job)


def take_up(stage: Stage, job: Job) -> None:
    """Do what the poller has done for a job that is due."""
    bootstrap.worker().run(Work(kind=WorkKind.CHECK, id=job.id, number=stage.job(job).number))


def states(node: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every state of a definition, those within a Map too."""
    found = dict(node["States"])
    for state in node["States"].values():
        if "ItemProcessor" in state:
            found |= states(state["ItemProcessor"])
    return found


def test_every_wait_ends() -> None:
    """Each task has a time-out, and so has the whole; the words for what went wrong are those of the code."""
    definition = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))

    tasks = {name: state for name, state in states(definition).items() if state["Type"] == "Task"}

    assert {"MakeElement", "SubmitJob", "FailJob"} == set(tasks)
    assert all(state["TimeoutSeconds"] < definition["TimeoutSeconds"] for state in tasks.values())
    assert [ELEMENT_FAILED] == tasks["MakeElement"]["Retry"][0]["ErrorEquals"]
    assert 0 == tasks["MakeElement"]["Retry"][0]["MaxAttempts"]
    assert TIMED_OUT == states(definition)["ElementTimedOut"]["Error"]


def test_the_definition_is_valid_in_aws(tmp_path: Path) -> None:
    """cfn-lint knows the language of state machines, which the interpreter that runs it here reads more leniently."""
    text = DEFINITION.read_text(encoding="utf-8").replace("${Partition}", "aws")
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:elements"
    definition = yaml.safe_load(text.replace("${ElementsFunctionArn}", arn))
    machine = {"RoleArn": "arn:aws:iam::123456789012:role/elements", "Definition": definition}
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template), encoding="utf-8")

    command = [Path(sys.executable).with_name("cfn-lint"), "--template", path]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert (0, "") == (linted.returncode, linted.stdout)
