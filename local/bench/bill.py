"""What AWS charges for a job: its calls and invocations counted one by one, at public prices.

The handlers run in this process against a mocked AWS. Seconds are assumed, for a simulator is quicker than a provider.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import moto
from klingway.domain import schedule
from klingway.domain.ids import ProviderName
from klingway.providers import registry
from klingway.settings import ApiSettings, load

from local.bench import prices
from local.bench.counting import Calls, counted
from local.bench.stage import REGION, Stage, staged
from local.simulators.apimart import ApimartSimulator
from local.simulators.klingai import KlingaiSimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KEY: Final = "simulated-api-key"

# What a real job looks like where the simulated one is smaller.
_PROVIDER_ANSWERS_S: Final = 0.7
_COPY_S: Final = 3.0
_COPY_WITHIN_S3_S: Final = 1.0
_RECEIVER_ANSWERS_S: Final = 0.3
_HANDLER_S: Final = 0.03
_PROGRESS_CALLBACKS: Final = 2
_LOG_BYTES_PER_INVOCATION: Final = 1000

_PROMPT: Final = "a fox in the snow"
_PICTURES: Final = ["https://media.example/1.png", "https://media.example/2.png"]


@dataclass(frozen=True, slots=True)
class Bill:
    """A job's calls and their price."""

    name: str
    calls: Mapping[str, int]
    """By `service:Operation`, of warm functions: what is kept in memory is not asked for again."""
    invocations: int
    write_units: float
    read_units: float
    lines: Mapping[str, float]
    """US dollars per 1,000 jobs, by service."""

    @property
    def total(self) -> float:
        """US dollars per 1,000 jobs."""
        return sum(self.lines.values())


def measure() -> list[Bill]:
    """Run each kind of job twice from its request to its end, the first to warm up, and bill the second; by callback first."""
    os.environ.update(dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench"))  # noqa: TID251 - for the mocked AWS
    os.environ["AWS_DEFAULT_REGION"] = REGION  # noqa: TID251 - as above
    with ExitStack() as running:
        running.enter_context(moto.mock_aws(config={"stepfunctions": {"execute_state_machine": False}}))
        klingai = running.enter_context(KlingaiSimulator(api_keys=[_KEY], access_keys={}, generation_s=0.0))
        klingai.behaviour.callbacks, klingai.behaviour.element_generation_s = "silent", 0.0
        apimart = running.enter_context(ApimartSimulator(api_keys=[_KEY]))
        stage = running.enter_context(staged({"klingai": klingai, "apimart": apimart}, _KEY))
        kinds: Mapping[str, Callable[[Stage], None]] = {
            "by callback": _by_callback,
            "with a webhook": _with_webhook,
            "with caps": _with_caps,
            "polled": lambda stage: _polled(stage, apimart),
            "with one element": _with_element,
            "from the inbox": _from_inbox,
        }
        return [_billed(name, stage, run) for name, run in kinds.items()]


def _by_callback(stage: Stage, **fields: Any) -> None:  # noqa: ANN401 - of a request
    """Ask for a video, take its callbacks, do the work, publish, look at the job once and open its film."""
    job = stage.http("POST", "/v1/videos", {"prompt": _PROMPT, "duration_s": 5, "provider": "klingai", **fields})
    _made(stage, job["id"])
    stage.http("GET", f"/v1/jobs/{job['id']}/content")


def _with_webhook(stage: Stage) -> None:
    _by_callback(stage, webhook={"url": f"{stage.receiver.url}/hook"})


def _with_caps(stage: Stage) -> None:
    with stage.capped():
        _by_callback(stage)


def _with_element(stage: Stage) -> None:
    """The same with an element to be made first, of whose making the provider calls back twice."""
    element = {"name": "dog", "description": "a dog", "images": _PICTURES}
    body = {"prompt": "<<<element_1>>> runs", "duration_s": 5, "provider": "klingai", "elements": [element]}
    job = stage.http("POST", "/v1/videos", body)
    for element_id in stage.make_elements():
        for status in ("processing", "succeed"):
            stage.call_back(element_id, "", status)
    stage.work_off()
    stage.submit_prepared()
    _made(stage, job["id"])
    stage.http("GET", f"/v1/jobs/{job['id']}/content")


def _polled(stage: Stage, simulator: ApimartSimulator) -> None:
    """A job that is asked after as often as the schedule has it until its provider's usual end."""
    body = {"prompt": _PROMPT, "duration_s": 5, "provider": "apimart"}
    simulator.behaviour.generation_s = 3600.0
    job = stage.http("POST", "/v1/videos", body)
    for _ in range(polls_until_usual_end()):
        stage.work_off_once("WorkQueue")
    task = simulator.book.find(stage.http("GET", f"/v1/jobs/{job['id']}")["attempts"][0]["task_id"])
    if task is None:
        raise RuntimeError("the benchmark's job has no task")
    task.generation_s = 0.0
    stage.work_off()
    stage.publish(job["id"])
    stage.http("GET", f"/v1/jobs/{job['id']}/content")


def polls_until_usual_end() -> int:
    """Return how many checks find an APIMart task still running that takes as long as usual."""
    rules_as_of = load(ApiSettings).providers[ProviderName("apimart")].rules_as_of
    (expected,) = {
        model.expected for model in registry.profile_of(ProviderName("apimart"), rules_as_of, None).models.values()
    }
    elapsed_s, polls = schedule.first_check_after_s(expected, calls_back=False), 0
    while elapsed_s < expected.usual_s:
        elapsed_s += schedule.next_check_after_s(elapsed_s, expected, calls_back=False)
        polls += 1
    return polls


def _from_inbox(stage: Stage) -> None:
    """A file in the inbox, its film and its result in the outbox."""
    bucket, key = stage.stack.outputs["BucketName"], "inbox/fox.json"
    body = json.dumps({"prompt": _PROMPT, "duration_s": 5, "provider": "klingai"}).encode()
    etag = boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body)["ETag"].strip('"')
    told = {"key": key, "size": len(body), "etag": etag, "sequencer": uuid.uuid4().hex}
    stage.take_in({"id": key, "source": "aws.s3", "detail-type": "Object Created", "detail": {"object": told}})
    stage.work_off_once("IntakeQueue")
    _made(stage, stage.newest_job())


def _made(stage: Stage, job_id: str) -> None:
    """Have the provider call back about a job's video, and do all that follows."""
    attempt = f"{job_id}-1"
    for status in ["processing"] * _PROGRESS_CALLBACKS + ["succeed"]:
        stage.call_back(attempt, "", status)
    stage.work_off()
    stage.publish(job_id)
    stage.work_off()
    done = stage.http("GET", f"/v1/jobs/{job_id}")
    if done["state"] != "succeeded":
        raise RuntimeError(f"the benchmark's job is {done['state']}: {done['error']}")


def _billed(name: str, stage: Stage, run: Callable[[Stage], None]) -> Bill:
    run(stage)
    stage.forget()
    with counted() as calls:
        run(stage)
    return _bill(name, stage, calls)


def _bill(name: str, stage: Stage, calls: Calls) -> Bill:
    count = calls.count
    http_requests = sum(run.function in {"ApiFunction", "CallbackFunction"} for run in stage.invocations)
    from_inbox = sum(run.function == "IntakeFunction" for run in stage.invocations)
    gigabyte_seconds = sum(
        run.memory_gb
        * (
            _HANDLER_S
            + run.provider_calls * _PROVIDER_ANSWERS_S
            + run.films * _COPY_S
            + run.posts * _RECEIVER_ANSWERS_S
        )
        for run in stage.invocations
    )
    gigabyte_seconds += 0.25 * count["s3:CopyObject"] * _COPY_WITHIN_S3_S
    # Sent, received, deleted; a file's message is sent by the rule, and its object written by the caller.
    queue_requests = count["sqs:SendMessage"] + count["sqs:SendMessageBatch"] + from_inbox + 2 * stage.messages
    objects = count["s3:PutObject"] + count["s3:CopyObject"] + from_inbox
    lambda_requests = len(stage.invocations) * prices.LAMBDA_REQUEST
    lines = {
        "Lambda": gigabyte_seconds * prices.LAMBDA_GB_S + lambda_requests,
        "HTTP API": http_requests * prices.HTTP_API_REQUEST,
        "DynamoDB": calls.write_units * prices.DYNAMODB_WRITE_UNIT + calls.read_units * prices.DYNAMODB_READ_UNIT,
        "SQS": queue_requests * prices.SQS_REQUEST,
        "EventBridge": (count["events:PutEvents"] + objects)
        * prices.EVENTBRIDGE_EVENT,  # the bucket tells of each object
        "S3": objects * prices.S3_PUT + (count["s3:GetObject"] + count["s3:HeadObject"]) * prices.S3_GET,
        "Step Functions": stage.transitions * prices.STEP_FUNCTIONS_TRANSITION,
        "Secrets Manager": count["secretsmanager:GetSecretValue"] * prices.SECRETS_MANAGER_CALL,
        "CloudWatch Logs": len(stage.invocations) * _LOG_BYTES_PER_INVOCATION / 1024**3 * prices.LOG_GB,
    }
    return Bill(
        name,
        dict(sorted(count.items())),
        len(stage.invocations),
        calls.write_units,
        calls.read_units,
        {service: 1000 * price for service, price in lines.items()},
    )
