"""Dead letter queues on SQS, as the use case needs them; the alarms about them."""

import json
from typing import Any

import boto3
from klingway.adapters.dynamodb_ended_jobs import DynamoDbEndedJobs
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.adapters.sqs_dead_letters import SqsDeadLetters
from klingway.domain.dead_letters import QueueName
from klingway.domain.ids import lowest_job_id
from klingway.domain.job import State
from klingway.use_cases.dead_letters import DeadLetters, Redriven

from tests.contract.conftest import Deployment
from tests.contract.test_job_store import NOW, REQUEST, a_job

EVENT = json.dumps({"id": "e-1", "source": "shop", "detail-type": "Video Requested", "detail": {"request": {}}})
REASON: Any = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}


def waiting(url: str) -> int:
    """How many messages a queue would give to whoever asks now."""
    said = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(said["Attributes"]["ApproximateNumberOfMessages"])


def test_dead_letters_of_a_queue_and_of_a_rule(stack: Deployment) -> None:
    """Shown with all that SQS and EventBridge say of them, then sent back without it; what is no event stays."""
    sqs = boto3.client("sqs")
    url, source = stack.outputs["IntakeDeadLetterQueueUrl"], stack.outputs["IntakeQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=EVENT, MessageAttributes=REASON)  # as a rule puts it there
    for body in [EVENT] * 11 + ["none of ours"]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    letters = DeadLetters(queues={QueueName.INTAKE: SqsDeadLetters(sqs, url=url, source_url=source)})

    shown = letters.show(QueueName.INTAKE, limit=100)
    assert ([1] * 13, 13, 0) == ([each.message.received for each in shown], waiting(url), waiting(source))
    assert ["NO_PERMISSIONS"] == [each.message.reason for each in shown if each.message.reason]
    assert shown[0].message.sent_at.tzinfo is not None

    assert Redriven(moved=12, left=1) == letters.redrive(QueueName.INTAKE)
    assert (1, 12) == (waiting(url), waiting(source))
    (message,) = sqs.receive_message(QueueUrl=source, MessageAttributeNames=["All"])["Messages"]
    assert EVENT == message["Body"]
    assert "MessageAttributes" not in message


def test_a_message_that_is_gone_meanwhile_is_released_without_error(stack: Deployment) -> None:
    """Somebody else has deleted it: there is nothing left to show again."""
    sqs, url = boto3.client("sqs"), stack.outputs["WorkDeadLetterQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    queue = SqsDeadLetters(sqs, url=url, source_url=stack.outputs["WorkQueueUrl"])
    (message,) = queue.receive()
    queue.release(message)
    queue.release(message)
    sqs.purge_queue(QueueUrl=url)
    queue.release(message)

    assert [] == list(queue.receive())


def test_ended_jobs_are_found_whosever_they_are(stack: Deployment) -> None:
    """Of every tenant, within the bounds, ended ones alone."""
    client, table = boto3.client("dynamodb"), stack.outputs["TableName"]
    jobs = DynamoDbJobs(client, table)
    kinds: dict[str, Any] = {
        "ours": {"state": State.SUCCEEDED},
        "theirs": {"state": State.FAILED, "tenant": "other"},
        "canceled": {"state": State.CANCELED},
        "running": {"state": State.RUNNING},
    }
    made = {name: a_job(**changes) for name, changes in kinds.items()}
    for job in [*made.values(), a_job(NOW.replace(year=2025), state=State.FAILED)]:
        jobs.create(job, REQUEST, None)
    bounds = {"made_since": lowest_job_id(NOW), "made_before": lowest_job_id(NOW.replace(year=2028))}

    wanted = {made[name].id for name in ("ours", "theirs", "canceled")}
    assert wanted == set(DynamoDbEndedJobs(client, table).ids(**bounds))
    assert set() == set(DynamoDbEndedJobs(client, table).ids(**bounds | {"made_before": lowest_job_id(NOW)}))


def test_alarms_look_at_what_is_there(stack: Deployment) -> None:
    """CloudWatch takes every alarm; each dimension is the name of a queue, a function or the API of the stack."""
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    names = {url.rsplit("/", 1)[-1] for name, url in stack.outputs.items() if name.endswith("QueueUrl")}
    names |= {*stack.physical_ids.values()}
    looked_at = [
        dimension["Value"]
        for alarm in alarms
        for metric in [alarm, *(each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each)]
        for dimension in metric.get("Dimensions", [])
    ]

    assert 7 == len(alarms)
    assert len(looked_at) == 8
    assert set(looked_at) <= names
    assert {stack.outputs["AlarmTopicArn"]} == {arn for alarm in alarms for arn in alarm["AlarmActions"]}
