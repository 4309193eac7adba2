"""What the template has to be, a rule each: a rule yields a sentence for everything that is wrong.

They are functions of a template, so that `test_mutations` can show each of them a broken one.
"""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from klingway import settings
from klingway.adapters import dynamodb_rows
from klingway.api.app import app
from klingway.domain.events import DETAIL_TYPES
from klingway.domain.ids import JobId, ProviderName, Tenant
from klingway.domain.job import Job, State
from klingway.providers import registry
from klingway.use_cases.take_in import KEPT_S
from moto.events.models import EventPattern

from local.bench import idle
from tests.template.stack import ROOT, Stack, listed, plain, references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[[Stack], Iterator[str]]

SETTINGS = {
    "ApiFunction": settings.ApiSettings,
    "CallbackFunction": settings.CallbackSettings,
    "ElementsFunction": settings.SubmittingSettings,
    "IntakeFunction": settings.IntakeSettings,
    "PollerFunction": settings.PollerSettings,
    "PublisherFunction": settings.PublisherSettings,
    "WebhooksFunction": settings.WebhooksSettings,
    "WorkerFunction": settings.WorkerSettings,
}

INPUTS, RESULTS, OUTBOX = (f"${{MediaBucket.Arn}}/{prefix}/*" for prefix in ("inputs", "results", "outbox"))
PERMISSIONS: dict[str, set[tuple[str, str]]] = {
    "ApiFunction": {
        ("dynamodb:GetItem", "JobsTable.Arn"),
        ("dynamodb:BatchGetItem", "JobsTable.Arn"),
        ("dynamodb:PutItem", "JobsTable.Arn"),  # a transaction asks for the rights of its writes
        ("dynamodb:UpdateItem", "JobsTable.Arn"),
        ("dynamodb:DeleteItem", "JobsTable.Arn"),  # a job that is deleted, the name of one that was refused
        ("dynamodb:Query", "${JobsTable.Arn}/index/by_tenant"),
        ("dynamodb:Query", "JobsTable.Arn"),
        ("s3:PutObject", INPUTS),
        ("s3:DeleteObject", RESULTS),
        ("s3:GetObject", INPUTS),
        ("s3:GetObject", RESULTS),
        ("sqs:SendMessage", "WorkQueue.Arn"),
        ("states:StartExecution", "ElementsThenVideo"),
        ("secretsmanager:GetSecretValue", "MasterSecret"),
        ("secretsmanager:GetSecretValue", "KlingaiSecret"),
        ("secretsmanager:GetSecretValue", "ApimartSecret"),
        ("secretsmanager:GetSecretValue", "EzmodelSecret"),
        ("secretsmanager:GetSecretValue", "UnificallySecret"),
    },
    "ElementsFunction": {
        ("dynamodb:GetItem", "JobsTable.Arn"),
        ("dynamodb:PutItem", "JobsTable.Arn"),  # who waits for an element
        ("dynamodb:UpdateItem", "JobsTable.Arn"),
        ("dynamodb:Query", "JobsTable.Arn"),  # a lane
        ("dynamodb:DeleteItem", "JobsTable.Arn"),
        ("s3:GetObject", INPUTS),
        ("s3:GetObject", RESULTS),
        ("sqs:SendMessage", "WorkQueue.Arn"),
        ("secretsmanager:GetSecretValue", "MasterSecret"),
        ("secretsmanager:GetSecretValue", "KlingaiSecret"),
        ("secretsmanager:GetSecretValue", "ApimartSecret"),
        ("secretsmanager:GetSecretValue", "EzmodelSecret"),
        ("secretsmanager:GetSecretValue", "UnificallySecret"),
    },
    "CallbackFunction": {("sqs:SendMessage", "WorkQueue.Arn"), ("secretsmanager:GetSecretValue", "MasterSecret")},
    "PollerFunction": {
        ("dynamodb:Query", "${JobsTable.Arn}/index/due"),
        ("dynamodb:UpdateItem", "JobsTable.Arn"),
        ("sqs:SendMessage", "WorkQueue.Arn"),
        ("sqs:SendMessage", "DeliveriesQueue.Arn"),
    },
    "WorkerFunction": {
        ("events:PutEvents", "EventBus.Arn"),
        ("sqs:ReceiveMessage", "WorkQueue.Arn"),
        ("sqs:DeleteMessage", "WorkQueue.Arn"),
        ("sqs:GetQueueAttributes", "WorkQueue.Arn"),
        ("sqs:SendMessage", "WorkQueue.Arn"),
        ("sqs:SendMessage", "DeliveriesQueue.Arn"),  # the callback about an element
        ("dynamodb:GetItem", "JobsTable.Arn"),
        ("dynamodb:UpdateItem", "JobsTable.Arn"),
        ("dynamodb:PutItem", "JobsTable.Arn"),  # an element that is claimed, the delivery of a callback
        ("dynamodb:DeleteItem", "JobsTable.Arn"),  # an element that is gone, a waiter that was told
        ("dynamodb:Query", "JobsTable.Arn"),  # who waits for an element
        ("dynamodb:BatchGetItem", "JobsTable.Arn"),  # what a day's jobs have cost
        ("dynamodb:Query", "${JobsTable.Arn}/index/by_tenant"),
        ("states:StartExecution", "ElementsThenVideo"),
        ("states:SendTaskSuccess", "ElementsThenVideo"),
        ("states:SendTaskFailure", "ElementsThenVideo"),
        ("s3:PutObject", RESULTS),  # a multipart upload's parts and its end as well
        ("s3:AbortMultipartUpload", RESULTS),
        ("s3:GetObject", INPUTS),
        ("s3:GetObject", RESULTS),
        ("secretsmanager:GetSecretValue", "MasterSecret"),
        ("secretsmanager:GetSecretValue", "KlingaiSecret"),
        ("secretsmanager:GetSecretValue", "ApimartSecret"),
        ("secretsmanager:GetSecretValue", "EzmodelSecret"),
        ("secretsmanager:GetSecretValue", "UnificallySecret"),
    },
    "IntakeFunction": {
        ("sqs:ReceiveMessage", "IntakeQueue.Arn"),
        ("sqs:DeleteMessage", "IntakeQueue.Arn"),
        ("sqs:GetQueueAttributes", "IntakeQueue.Arn"),
        ("sqs:SendMessage", "WorkQueue.Arn"),
        ("dynamodb:GetItem", "JobsTable.Arn"),
        ("dynamodb:BatchGetItem", "JobsTable.Arn"),
        ("dynamodb:PutItem", "JobsTable.Arn"),
        ("dynamodb:UpdateItem", "JobsTable.Arn"),
        ("dynamodb:Query", "JobsTable.Arn"),  # a lane
        ("dynamodb:DeleteItem", "JobsTable.Arn"),
        ("s3:GetObject", "${MediaBucket.Arn}/inbox/*"),
        ("s3:GetObject", INPUTS),
        ("s3:GetObject", RESULTS),
        ("s3:ListBucket", "MediaBucket.Arn"),  # tells what is not there from what is forbidden
        ("s3:PutObject", INPUTS),
        ("s3:PutObject", "${MediaBucket.Arn}/outbox/*.error.json"),
        ("events:PutEvents", "EventBus.Arn"),
        ("states:StartExecution", "ElementsThenVideo"),
        ("secretsmanager:GetSecretValue", "MasterSecret"),
        ("secretsmanager:GetSecretValue", "KlingaiSecret"),
        ("secretsmanager:GetSecretValue", "ApimartSecret"),
        ("secretsmanager:GetSecretValue", "EzmodelSecret"),
        ("secretsmanager:GetSecretValue", "UnificallySecret"),
    },
    "PublisherFunction": {
        ("dynamodb:DescribeStream", "JobsTable.StreamArn"),
        ("dynamodb:GetRecords", "JobsTable.StreamArn"),
        ("dynamodb:GetShardIterator", "JobsTable.StreamArn"),
        ("dynamodb:ListStreams", "*"),
        ("events:PutEvents", "EventBus.Arn"),
        ("dynamodb:PutItem", "JobsTable.Arn"),
        ("dynamodb:UpdateItem", "JobsTable.Arn"),  # an ended job is settled
        ("sqs:SendMessage", "DeliveriesQueue.Arn"),
        ("sqs:SendMessage", "WorkQueue.Arn"),
        ("s3:PutObject", "${MediaBucket.Arn}/aws/lambda/*"),
        ("s3:ListBucket", "MediaBucket.Arn"),
    },
    "WebhooksFunction": {
        ("sqs:ReceiveMessage", "DeliveriesQueue.Arn"),
        ("sqs:DeleteMessage", "DeliveriesQueue.Arn"),
        ("sqs:GetQueueAttributes", "DeliveriesQueue.Arn"),
        ("sqs:SendMessage", "DeliveriesQueue.Arn"),
        ("dynamodb:GetItem", "JobsTable.Arn"),
        ("dynamodb:PutItem", "JobsTable.Arn"),
        ("s3:GetObject", RESULTS),  # a copy asks for the rights of reading and of writing
        ("s3:PutObject", OUTBOX),
        ("secretsmanager:GetSecretValue", "MasterSecret"),
    },
}
"""Least privilege, by hand: what each function calls, and what Lambda calls in its name."""

WORKFLOW_ROLE = "ElementsThenVideoRole"

STARS = {("PublisherFunction", "dynamodb:ListStreams")}
"""The only permissions that are about no one resource."""

LOGS_ONLY = "AWSLambdaBasicExecutionRole"
"""The one managed policy: it writes logs, and reads nothing."""

KEPT = (
    "JobsTable", "MediaBucket", "MediaBucketPolicy", "MasterSecret", "KlingaiSecret", "ApimartSecret", "EzmodelSecret",
    "UnificallySecret",
)  # fmt: skip
OUTPUTS = {
    "AlarmTopicArn",
    "ApiUrl", "TableName", "BucketName", "EventBusName", "WorkQueueUrl", "WorkDeadLetterQueueUrl", "DeliveriesQueueUrl",
    "DeliveriesDeadLetterQueueUrl",
}  # fmt: skip
OUTPUTS |= {"IntakeQueueUrl", "IntakeDeadLetterQueueUrl"}


# ------------------------------------------------------------------------------------------------------------ functions


def handlers_exist(stack: Stack) -> Iterator[str]:
    """Each function's folder has its handler, and it imports."""
    for name, resource in stack.source["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        module, _, function = stack.functions()[name]["Handler"].partition(".")
        path = ROOT / resource["Properties"]["CodeUri"] / f"{module}.py"
        if not path.is_file():
            yield f"{name}: there is no {path}"
            continue
        spec = importlib.util.spec_from_file_location(f"{name}_{module}", path)
        assert spec is not None
        assert spec.loader is not None
        imported = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(imported)
        if not callable(getattr(imported, function, None)):
            yield f"{name}: {path} has no {function}"


def environment_is_settings(stack: Stack) -> Iterator[str]:
    """Each function's variables are the fields of its settings, no more and no fewer."""
    if set(stack.functions()) != set(SETTINGS):
        yield f"functions {sorted(stack.functions())}, settings for {sorted(SETTINGS)}"
    for name, model in SETTINGS.items():
        given = set(stack.functions().get(name, {}).get("Environment", {}).get("Variables", {}))
        wanted = {field.name.upper() for field in fields(model)}
        if given != wanted:
            yield f"{name}: {sorted(given ^ wanted)} only in one of template and settings"


def prompts_are_logged_on_demand(stack: Stack) -> Iterator[str]:
    """Those functions alone that accept jobs are told whether to log prompts, by a parameter that says no by itself."""
    parameter = stack.source["Parameters"].get("LogPrompts", {})
    if (parameter.get("Default"), parameter.get("AllowedValues")) != ("false", ["false", "true"]):
        yield "LogPrompts is no switch that is off by default"
    told = {
        name: variables["LOG_PROMPTS"]
        for name, function in stack.functions().items()
        if "LOG_PROMPTS" in (variables := function.get("Environment", {}).get("Variables", {}))
    }
    if told != {name: {"Ref": "LogPrompts"} for name in ("ApiFunction", "IntakeFunction")}:
        yield f"told of it: {told}"


def timeouts_and_memory_said(stack: Stack) -> Iterator[str]:
    """Each function says its own time-out and memory; code that counts with its time-out is told the same number."""
    for name, resource in stack.source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            missing = {"Timeout", "MemorySize"} - set(resource["Properties"])
            if missing:
                yield f"{name} does not say {sorted(missing)}"
    for name, function in stack.functions().items():
        told = function["Environment"]["Variables"].get("FUNCTION_TIMEOUT_S")
        if told is not None and int(told) != function.get("Timeout"):
            yield f"{name} is told {told} s and has {function.get('Timeout')} s"
    if stack.functions()["ApiFunction"]["Timeout"] > 29:
        yield "ApiFunction may run longer than API Gateway waits"
    if stack.functions()["PollerFunction"]["Timeout"] >= 60:
        yield "PollerFunction may still run when the next run begins"


def logs_are_kept_and_end(stack: Stack) -> Iterator[str]:
    """Each function and the API have a log group of a known name, with a retention, and write JSON."""
    groups = stack.of("AWS::Logs::LogGroup")
    for name, group in groups.items():
        if "LogGroupName" not in group or group.get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            yield f"{name} has no name, or not the retention of the parameter"
    names = {plain(group.get("LogGroupName", "")) for group in groups.values()}
    for name, function in stack.functions().items():
        if f"/aws/lambda/${{{name}}}" not in names:
            yield f"{name} has no log group"
        if function.get("LoggingConfig", {}).get("LogFormat") != "JSON":
            yield f"{name} does not log JSON"


def access_log_hides_tokens(stack: Stack) -> Iterator[str]:
    """The access log names routes and never paths: a callback's path carries its token, a media link's query its signature."""
    said = stack.one("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]
    if not isinstance(json.loads(said), dict) or "$context.routeKey" not in said:
        yield "it names no route"
    if found := re.findall(r"\$context\.(path|customDomain.basePathMatched|domainName|queryString\w*)", said):
        yield f"it shows {found}"


def one_processor(stack: Stack) -> Iterator[str]:
    """Functions and layers are for one processor, the parameter's, and layers are built for it."""
    wanted = {"Ref": "Architecture"}
    for name, function in stack.functions().items():
        if function.get("Architectures") != [wanted]:
            yield f"{name} is not for the parameter's processor"
    for name, resource in stack.source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            if resource.get("Metadata", {}).get("BuildArchitecture") != wanted:
                yield f"{name} is not built for the parameter's processor"
            if resource["Properties"].get("CompatibleArchitectures") != [wanted]:
                yield f"{name} does not say the parameter's processor"


# ---------------------------------------------------------------------------------------------------------- permissions


def least_privilege(stack: Stack) -> Iterator[str]:
    """Each function's role allows exactly what the table above says."""
    for name in stack.functions():
        allowed = {
            (action, plain(resource))
            for statement in stack.statements(name)
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }
        if more := sorted(allowed - PERMISSIONS[name]):
            yield f"{name} may do too much: {more}"
        if fewer := sorted(PERMISSIONS[name] - allowed):
            yield f"{name} may not do what it has to: {fewer}"
        if any(statement["Effect"] != "Allow" for statement in stack.statements(name)):
            yield f"{name} has a statement that is no Allow"


def no_wildcards(stack: Stack) -> Iterator[str]:
    """No action has a star; a resource has one alone only where the reason stands beside it."""
    for name in stack.functions():
        for statement in stack.statements(name):
            for action in listed(statement["Action"]):
                if "*" in action:
                    yield f"{name}: {action}"
                if "*" in listed(statement["Resource"]) and (name, action) not in STARS:
                    yield f"{name}: {action} on everything"
    lines = stack.text.splitlines()
    for number, line in enumerate(lines):
        if re.search(r"Resource: ['\"]\*['\"]$", line) and " # " not in "".join(lines[number - 3 : number]):
            yield f"line {number + 1}: a star without a reason"


def no_wide_managed_policies(stack: Stack) -> Iterator[str]:
    """A managed policy is about everything in the account: none is used but the one that writes logs."""
    for name in stack.functions():
        for policy in map(plain, stack.role_of(name).get("ManagedPolicyArns", [])):
            if not policy.endswith(f"/{LOGS_ONLY}"):
                yield f"{name}: {policy}"


def only_their_own_take_roles(stack: Stack) -> Iterator[str]:
    """Each role is for Lambda alone, the workflow's for Step Functions alone."""
    for name, role in stack.of("AWS::IAM::Role").items():
        own = "states.amazonaws.com" if name == WORKFLOW_ROLE else "lambda.amazonaws.com"
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            if listed(statement["Principal"]["Service"]) != [own]:
                yield f"{name} can be taken by {statement['Principal']}"


# ------------------------------------------------------------------------------------------------------------- workflow


def workflow_has_what_it_names(stack: Stack) -> Iterator[str]:
    """The workflow's definition is there, and gets each value that it names and no other; its role runs its tasks alone."""
    resource = stack.source["Resources"]["ElementsThenVideo"]["Properties"]
    text = (ROOT / resource["DefinitionUri"]).read_text(encoding="utf-8")
    named, given = set(re.findall(r"\$\{(\w+)\}", text)), set(resource["DefinitionSubstitutions"])
    if named != given:
        yield f"{sorted(named ^ given)} only in one of the definition and its substitutions"
    allowed = [
        (action, plain(where))
        for policy in stack.of("AWS::IAM::Role")[WORKFLOW_ROLE]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
        for where in listed(statement["Resource"])
    ]
    if allowed != [("lambda:InvokeFunction", "ElementsFunction.Arn")]:
        yield f"its role may do {allowed}"


def resumer_is_no_task(stack: Stack) -> Iterator[str]:
    """The function that runs the workflow's tasks does not name the workflow: each would need the other to be made first."""
    if "ElementsThenVideo" in set(references(stack.source["Resources"]["ElementsFunction"])):
        yield "ElementsFunction names the workflow"


# ------------------------------------------------------------------------------------------------------------ messaging


def loops_allowed_for_worker(stack: Stack) -> Iterator[str]:
    """The worker, which sends itself the next check, is let run in circles; nobody else is."""
    for name, function in stack.functions().items():
        said = function.get("RecursiveLoop")
        if said != ("Allow" if name == "WorkerFunction" else None):
            yield f"{name}: RecursiveLoop {said}"


def _queue_waits(stack: Stack, queue_name: str, function: str) -> Iterator[str]:
    queue = stack.one("AWS::SQS::Queue", f"{queue_name}Queue")
    if queue.get("VisibilityTimeout", 0) < 6 * stack.functions()[function]["Timeout"]:
        yield "a message may come back while it is being worked on"
    redrive = queue.get("RedrivePolicy", {})
    if plain(redrive.get("deadLetterTargetArn", "")) != f"{queue_name}DeadLetterQueue.Arn":
        yield "what fails time and again goes nowhere"
    if redrive.get("maxReceiveCount", 0) < 5:
        yield "throttled work is given up too early"
    dead = stack.one("AWS::SQS::Queue", f"{queue_name}DeadLetterQueue")
    if dead.get("MessageRetentionPeriod", 0) <= queue.get("MessageRetentionPeriod", 345_600):
        yield "dead letters are kept no longer than messages"


READERS = {"WorkerFunction": ("Work", {"Ref": "WorkerConcurrency"}), "WebhooksFunction": ("Deliveries", 50)}
"""Which queue a function reads that gets one message at a time, and how many of them at once."""


def queues_wait_for_readers(stack: Stack) -> Iterator[str]:
    """A message is hidden six times as long as its reader may take, and goes to the dead letter queue after some receptions."""
    for function, (queue, _) in READERS.items():
        yield from _queue_waits(stack, queue, function)


def queue_waits_for_intake(stack: Stack) -> Iterator[str]:
    """The intake queue does the same, keeps nothing as long as its keys live, dead letters included, and reports partly."""
    yield from _queue_waits(stack, "Intake", "IntakeFunction")
    queues = [stack.one("AWS::SQS::Queue", name) for name in ("IntakeQueue", "IntakeDeadLetterQueue")]
    # A message sent back from the dead letter queue begins its days in the other one anew.
    if sum(queue.get("MessageRetentionPeriod", 345_600) for queue in queues) >= KEPT_S:
        yield "a message may come again when its key is forgotten"
    mapping = _mapping(stack, "IntakeFunction")
    if plain(mapping["EventSourceArn"]) != "IntakeQueue.Arn":
        yield "it reads another queue"
    if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        yield "one message that fails brings back its batch"
    if not mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
        yield "files may take all of the account's concurrency"


def queues_are_encrypted(stack: Stack) -> Iterator[str]:
    """Every queue is encrypted."""
    for name, properties in stack.of("AWS::SQS::Queue").items():
        if properties.get("SqsManagedSseEnabled") is not True:
            yield f"{name} is not encrypted"


RULES_OF_INTAKE = {"InboxRule", "VideoRequestedRule"}


def rules_feed_intake(stack: Stack) -> Iterator[str]:
    """Each of the two rules sends to the intake queue, and what it cannot send to the dead letter queue."""
    rules = _intake_rules(stack)
    if set(rules) != RULES_OF_INTAKE:
        yield f"the rules are {sorted(rules)}"
    for name, rule in rules.items():
        targets = [(plain(target["Arn"]), target.get("DeadLetterConfig")) for target in rule["Targets"]]
        if targets != [("IntakeQueue.Arn", {"Arn": {"Fn::GetAtt": ["IntakeDeadLetterQueue", "Arn"]}})]:
            yield f"{name} sends to {targets}"
        if rule.get("State", "ENABLED") != "ENABLED":
            yield f"{name} is off"


def only_rules_fill_intake(stack: Stack) -> Iterator[str]:
    """The intake queue, and its dead letter queue, take messages of these two rules and of nobody else."""
    arns = [{"Fn::GetAtt": [name, "Arn"]} for name in sorted(RULES_OF_INTAKE)]
    policies = {plain(policy["Queues"][0]): policy for policy in stack.of("AWS::SQS::QueuePolicy").values()}
    for queue in ("IntakeQueue", "IntakeDeadLetterQueue"):
        wanted = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": {"Fn::GetAtt": [queue, "Arn"]},
            "Condition": {"ArnEquals": {"aws:SourceArn": arns}},
        }
        policy = policies.get(queue, {"Queues": [], "PolicyDocument": {"Statement": []}})
        said = [
            {key: value for key, value in statement.items() if key != "Sid"}
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        if len(policy["Queues"]) != 1 or said != [wanted]:
            yield f"{queue}: {said}"


def rules_take_what_is_meant(stack: Stack) -> Iterator[str]:
    """Objects in the inbox of this bucket, and Video Requested of anybody else, reach the queue; nothing besides does."""
    rules = _intake_rules(stack)
    bus = {name: plain(rule.get("EventBusName", "default")) for name, rule in rules.items()}
    if bus != {"InboxRule": "default", "VideoRequestedRule": "EventBus"}:
        yield f"they listen on {bus}"
    if stack.one("AWS::S3::Bucket").get("NotificationConfiguration") != {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }:
        yield "the bucket tells nobody"
    for name, rule in rules.items():
        says = EventPattern.load(json.dumps(rule["EventPattern"]).replace('{"Ref": "MediaBucket"}', '"the-bucket"'))
        for event, takers in INTAKE_EVENTS:
            if says.matches_event(event) != (name in takers):
                yield f"{name}: {event}"


def _object_created(key: str, bucket: str = "the-bucket", kind: str = "Object Created") -> dict[str, Any]:
    return {"source": "aws.s3", "detail-type": kind, "detail": {"bucket": {"name": bucket}, "object": {"key": key}}}


INTAKE_EVENTS: list[tuple[dict[str, Any], set[str]]] = [
    (_object_created("inbox/a/cat.json"), {"InboxRule"}),
    (_object_created("outbox/a/cat.error.json"), set()),
    (_object_created("results/inbox/cat.json"), set()),
    (_object_created("inbox/cat.json", bucket="another"), set()),
    (_object_created("inbox/cat.json", kind="Object Deleted"), set()),
    ({"source": "app", "detail-type": "Video Requested", "detail": {}}, {"VideoRequestedRule"}),
    ({"source": "klingway", "detail-type": "Video Requested", "detail": {}}, set()),
    ({"source": "app", "detail-type": "Video Request Rejected", "detail": {}}, set()),
]
"""What may happen, and which of the rules take it."""


def _intake_rules(stack: Stack) -> dict[str, dict[str, Any]]:
    return {name: rule for name, rule in stack.of("AWS::Events::Rule").items() if "EventPattern" in rule}


def one_message_a_time(stack: Stack) -> Iterator[str]:
    """A reader of a queue gets one message at a time, and so many of them at once as the table says."""
    for function, (queue, at_once) in READERS.items():
        mapping = _mapping(stack, function)
        if mapping.get("BatchSize") != 1:
            yield f"{function}: BatchSize {mapping.get('BatchSize')}"
        if mapping.get("ScalingConfig", {}).get("MaximumConcurrency") != at_once:
            yield f"{function}: its concurrency is another"
        if plain(mapping["EventSourceArn"]) != f"{queue}Queue.Arn":
            yield f"{function} reads another queue"


def stream_loses_nothing(stack: Stack) -> Iterator[str]:
    """The publisher reads the table's stream from its beginning, and what cannot be published ends in the bucket."""
    mapping = _mapping(stack, "PublisherFunction")
    wanted = {
        "StartingPosition": "TRIM_HORIZON",
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRecordAgeInSeconds": 23 * 3600,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["MediaBucket", "Arn"]}}},
        "EventSourceArn": {"Fn::GetAtt": ["JobsTable", "StreamArn"]},
    }
    for name, value in wanted.items():
        if mapping.get(name) != value:
            yield f"{name} is {mapping.get(name)!r}"
    if "MaximumRetryAttempts" in mapping:
        yield "it gives up after some attempts, whatever the time"


def filter_lets_changes_through(stack: Stack) -> Iterator[str]:
    """Exactly the announced ends of jobs wake the publisher, or all announced changes where those are switched on.

    It is asked of rows as the adapters write them.
    """
    filters = _mapping(stack, "PublisherFunction").get("FilterCriteria", {}).get("Filters", [])
    if len(filters) != 1:
        yield f"{len(filters)} filters"
        return
    condition, all_changes, ends = filters[0]["Pattern"]["Fn::If"]
    if stack.source["Conditions"].get(condition) != {"Fn::Equals": [{"Ref": "PublishStateChanges"}, "true"]}:
        yield f"{condition} is not what the parameter says"
    for pattern, states in ((all_changes, set(State)), (ends, set(DETAIL_TYPES))):
        says = EventPattern.load(pattern)
        for state in State:
            for announced in (True, False):
                passes = says.matches_event(stream_record(state, announced=announced))
                if passes != (announced and state in states):
                    yield f"{state.value}, {'announced' if announced else 'not announced'}: {passes}"
        for other in OTHER_ROWS:
            row = {"eventName": "MODIFY", "dynamodb": {"NewImage": other | {"announce": {"N": "1"}}}}
            if says.matches_event(row) or says.matches_event({"dynamodb": {"Keys": other}}):
                yield f"a row passes that is no job's: {other['sk']}"


OTHER_ROWS: tuple[dict[str, Any], ...] = (
    {"pk": {"S": "key#t#k"}, "sk": {"S": "idempotency"}, "expires_at": {"N": "1"}},
    {"pk": {"S": "job_01JD4ZK8M0ABCDEFGHJKMNPQRS"}, "sk": {"S": "delivery#00004#1"}, "state": {"S": "failed"}},
    {"pk": {"S": "el_01JD4ZK8M0ABCDEFGHJKMNPQRS"}, "sk": {"S": "element"}, "state": {"S": "failed"}},
)
"""Rows of the table that the publisher has nothing to do with, whatever they say."""


def stream_record(state: State, *, announced: bool) -> dict[str, Any]:
    """A record of the table's stream about a job, its image as the adapter writes it."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    job = Job(
        id=JobId("job_01JD4ZK8M0ABCDEFGHJKMNPQRS"),
        tenant=Tenant("demo"),
        kind="video",
        model="kling-v3-omni",
        state=state,
        provider=ProviderName("klingai"),
        route=(ProviderName("klingai"),),
        route_reason="named",
        created_at=now,
        updated_at=now,
        deadline_at=now + timedelta(days=1),
        public_url="https://example.com",
        sequence=3,
    )
    image = dynamodb_rows.item_of(job) | ({"announce": {"N": "3"}} if announced else {})
    return {"eventName": "MODIFY", "dynamodb": {"Keys": dynamodb_rows.job_key(job.id), "NewImage": image}}


def schedule_each_minute(stack: Stack) -> Iterator[str]:
    """The poller runs each minute, and a run that failed is not repeated: the next one does the same."""
    (rule,) = [rule for rule in stack.of("AWS::Events::Rule").values() if "ScheduleExpression" in rule]
    if rule.get("ScheduleExpression") != "rate(1 minute)" or rule.get("State", "ENABLED") != "ENABLED":
        yield f"the schedule is {rule.get('ScheduleExpression')}, {rule.get('State')}"
    if [plain(target["Arn"]) for target in rule["Targets"]] != ["PollerFunction.Arn"]:
        yield "it calls another function"
    configs = list(stack.of("AWS::Lambda::EventInvokeConfig").values())
    if [config.get("MaximumRetryAttempts") for config in configs] != [0]:
        yield "a failed run is repeated"


def _mapping(stack: Stack, function: str) -> dict[str, Any]:
    (found,) = [
        mapping
        for mapping in stack.of("AWS::Lambda::EventSourceMapping").values()
        if plain(mapping["FunctionName"]) == function
    ]
    return found


# ----------------------------------------------------------------------------------------------------------------- data


def table_has_keys_and_indexes(stack: Stack) -> Iterator[str]:
    """The table has the keys that the adapter uses, its two indexes, and no attribute that nothing uses."""
    table = stack.one("AWS::DynamoDB::Table")
    indexes = {
        index["IndexName"]: (_keys(index), index["Projection"]) for index in table.get("GlobalSecondaryIndexes", [])
    }
    if _keys(table) != ["pk:HASH", "sk:RANGE"]:
        yield f"its key is {_keys(table)}"
    wanted = {
        "by_tenant": (
            ["tenant:HASH", "id:RANGE"],
            {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kind", "state", "provider", "reference", "origin"]},
        ),
        "due": (["due_shard:HASH", "due_at:RANGE"], {"ProjectionType": "KEYS_ONLY"}),
    }
    if indexes != wanted:
        yield f"its indexes are {indexes}"
    types = {item["AttributeName"]: item["AttributeType"] for item in table["AttributeDefinitions"]}
    if types != dict.fromkeys(["pk", "sk", "tenant", "id", "due_shard"], "S") | {"due_at": "N"}:
        yield f"its attributes are {types}"
    if table.get("BillingMode") != "PAY_PER_REQUEST":
        yield "it is not on demand"


def checks_change_no_list(stack: Stack) -> Iterator[str]:
    """What a check changes is in no projection of the list's index: it would be written, and paid for, twice."""
    table = stack.one("AWS::DynamoDB::Table")
    for index in table["GlobalSecondaryIndexes"]:
        projected = set(index["Projection"].get("NonKeyAttributes", []))
        if found := projected & {"number", "due_at", "updated_at", "attempts", "store_tries"}:
            yield f"{index['IndexName']} projects {sorted(found)}"


def _keys(properties: dict[str, Any]) -> list[str]:
    return [f"{key['AttributeName']}:{key['KeyType']}" for key in properties["KeySchema"]]


def table_is_safe(stack: Stack) -> Iterator[str]:
    """The table streams new images, forgets what is over, can be put back to any second, and is encrypted."""
    table = stack.one("AWS::DynamoDB::Table")
    wanted = {
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }
    for name, value in wanted.items():
        if table.get(name) != value:
            yield f"{name} is {table.get(name)}"


def bucket_is_private(stack: Stack) -> Iterator[str]:
    """The bucket is encrypted and nobody's but the account's, and is spoken to over TLS alone."""
    bucket = stack.one("AWS::S3::Bucket")
    rules = bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    if [rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules] != ["AES256"]:
        yield "it is not encrypted"
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    if bucket.get("PublicAccessBlockConfiguration") != dict.fromkeys(names, True):
        yield "it can be made public"
    if bucket.get("OwnershipControls", {}).get("Rules") != [{"ObjectOwnership": "BucketOwnerEnforced"}]:
        yield "its objects can belong to others"
    policy = stack.one("AWS::S3::BucketPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    if (statement["Effect"], statement["Principal"], statement["Action"], statement["Condition"]) != (
        "Deny",
        "*",
        "s3:*",
        {"Bool": {"aws:SecureTransport": "false"}},
    ):
        yield "it is spoken to without TLS"
    if [plain(resource) for resource in statement["Resource"]] != ["MediaBucket.Arn", "${MediaBucket.Arn}/*"]:
        yield "its policy does not cover bucket and objects"
    lifecycle = bucket.get("LifecycleConfiguration", {}).get("Rules", [])
    if not any("AbortIncompleteMultipartUpload" in rule for rule in lifecycle):
        yield "half uploads stay, and cost"
    if any("ExpirationInDays" in rule and not rule.get("Prefix", "").startswith("inputs/") for rule in lifecycle):
        yield "results are deleted by time"


def nothing_is_lost(stack: Stack) -> Iterator[str]:
    """Table, bucket and secrets stay when the stack goes; what holds no data goes with it."""
    for name, resource in stack.source["Resources"].items():
        policies = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        if name in KEPT and policies != ("Retain", "Retain"):
            yield f"{name} goes with the stack: {policies}"
        if name not in KEPT and "Retain" in policies:
            yield f"{name} stays behind"


def providers_are_registry(stack: Stack) -> Iterator[str]:
    """PROVIDERS names exactly the registry's providers, each with a secret, an address and its rules' day of its own."""
    names = registry.names()
    for function in ("ApiFunction", "ElementsFunction", "IntakeFunction", "WorkerFunction"):
        said = stack.functions()[function]["Environment"]["Variables"]["PROVIDERS"]["Fn::Sub"]
        providers = json.loads(said)
        if list(providers) != list(names):
            yield f"{function} has {list(providers)}"
        for name, provider in providers.items():
            title = name.capitalize()
            wanted = {"base_url": f"${{{title}BaseUrl}}", "secret_arn": f"${{{title}Secret}}"}
            wanted |= {"rules_as_of": f"${{{title}RulesAsOf}}"}
            if name in names and registry.switches_of(ProviderName(name)):
                wanted |= {"switches": f"${{{title}Switches}}"}
            if provider != wanted:
                yield f"{function}: {name} is {provider}"


def secrets_are_providers(stack: Stack) -> Iterator[str]:
    """There is one secret per provider, empty, and the master secret, generated and long."""
    secrets = stack.of("AWS::SecretsManager::Secret")
    wanted = {"MasterSecret"} | {f"{name.capitalize()}Secret" for name in registry.names()}
    if set(secrets) != wanted:
        yield f"{sorted(set(secrets) ^ wanted)}"
    for name, secret in secrets.items():
        if name != "MasterSecret" and secret.get("SecretString") != "{}":
            yield f"{name} has something in the template"
    master = secrets["MasterSecret"]["GenerateSecretString"]
    if master.get("GenerateStringKey") != "current" or master.get("PasswordLength", 0) < 43:
        yield "the master secret is not generated, or short"
    if json.loads(master.get("SecretStringTemplate", "{}")) != {"previous": ""}:
        yield "the master secret has not its form"


# ------------------------------------------------------------------------------------------------------------------ API


def routes_of_template(stack: Stack) -> dict[tuple[str, str], str]:
    """Method and path of each route to the function that serves it; the default route excepted."""
    routes = {}
    for path, methods in stack.one("AWS::ApiGatewayV2::Api")["Body"]["paths"].items():
        for method, operation in methods.items():
            uri = plain(operation["x-amazon-apigateway-integration"]["uri"])
            (function,) = re.findall(r"\$\{(\w+)\.Arn\}", uri)
            if path != "/$default":
                routes[method.upper(), path] = function
            elif function != "ApiFunction":
                routes["ANY", path] = function
    return routes


def dialect_routes() -> set[tuple[str, str]]:
    """Each provider's own API is under its name, whatever the method: what there is, its dialect says."""
    return {("X-AMAZON-APIGATEWAY-ANY-METHOD", f"/{name}/{{path+}}") for name in registry.names()}


def routes_are_apis(stack: Stack) -> Iterator[str]:
    """The template's routes and those of `klingway.api.app` are the same; callbacks go to their own function."""
    resolver: Any = app
    in_code = {
        (route.method, re.sub(r"<(\w+)>", r"{\1}", str(route.path)))
        for route in [*resolver._static_routes, *resolver._dynamic_routes]  # noqa: SLF001 - Powertools shows them nowhere else
    }
    in_code |= dialect_routes()
    wanted = dict.fromkeys(in_code, "ApiFunction")
    wanted["POST", "/callbacks/{subject}/{token}"] = "CallbackFunction"
    routes = routes_of_template(stack)
    for route in sorted(set(wanted) | set(routes)):
        if routes.get(route) != wanted.get(route):
            yield f"{route}: {routes.get(route)} in the template, {wanted.get(route)} in the code"
    if "/$default" not in stack.one("AWS::ApiGatewayV2::Api")["Body"]["paths"]:
        yield "an unknown path is answered by API Gateway itself"


def gateway_may_call(stack: Stack) -> Iterator[str]:
    """API Gateway and EventBridge may call the functions that they are to call, and nobody else may."""
    callers = {
        (plain(permission["FunctionName"]).removesuffix(".Arn"), permission["Principal"], "SourceArn" in permission)
        for permission in stack.of("AWS::Lambda::Permission").values()
    }
    wanted = {
        ("ApiFunction", "apigateway.amazonaws.com", True),
        ("CallbackFunction", "apigateway.amazonaws.com", True),
        ("PollerFunction", "events.amazonaws.com", True),
    }
    if callers != wanted:
        yield f"{sorted(callers ^ wanted)}"


# ---------------------------------------------------------------------------------------------------------- as a whole


DEAD_LETTERS_ALARM = {
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Statistic": "Maximum",
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Threshold": 1,
    "EvaluationPeriods": 1,
    "TreatMissingData": "ignore",  # a queue that nobody touches tells nothing, though messages lie on it
}
ALARMS: dict[str, dict[str, Any]] = {
    "PollerAlarm": {"Threshold": 1, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"},
    "PublisherAlarm": {"MetricName": "IteratorAge", "Statistic": "Maximum", "TreatMissingData": "notBreaching"},
    "WorkerAlarm": {"MetricName": "Errors", "Statistic": "Sum", "TreatMissingData": "notBreaching"},
    "ApiAlarm": {"MetricName": "5xx", "Statistic": "Sum", "TreatMissingData": "notBreaching"},
}
"""What each alarm that is not about dead letters has to say, at least."""

MOST_ALARMS = 8
LATEST_EVENTS_MS = 3_600_000
"""An hour is time enough to mend what holds events up, long before they are lost."""


def dead_letters_ring(stack: Stack) -> Iterator[str]:
    """Each dead letter queue has an alarm that rings with its first message, and rings on while there is one."""
    queues = {
        plain(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in stack.of("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    watched = set()
    for name, alarm in stack.of("AWS::CloudWatch::Alarm").items():
        if alarm.get("Namespace") == "AWS/SQS":
            watched |= {
                plain(dimension["Value"]) for dimension in alarm["Dimensions"] if dimension["Name"] == "QueueName"
            }
            if not DEAD_LETTERS_ALARM.items() <= alarm.items():
                yield f"{name} is not as the others"
    for queue in queues:
        if queue.replace(".Arn", ".QueueName") not in watched:
            yield f"{queue} has no alarm"


def alarms_say_when(stack: Stack) -> Iterator[str]:
    """The others are those of the table, each with its threshold and with what it means that there is nothing to look at."""
    alarms = stack.of("AWS::CloudWatch::Alarm")
    others = {name: alarm for name, alarm in alarms.items() if alarm.get("Namespace") != "AWS/SQS"}
    if set(others) != set(ALARMS) or len(alarms) > MOST_ALARMS:
        yield f"{sorted(alarms)}"
    for name, alarm in others.items():
        if not ALARMS.get(name, {}).items() <= alarm.items():
            yield f"{name} is not as the table has it"
    if not 0 < others["PublisherAlarm"]["Threshold"] <= LATEST_EVENTS_MS:
        yield "events may be late for too long"
    runs = {metric["Id"]: metric for metric in others["PollerAlarm"]["Metrics"]}
    if runs["good"]["Expression"] != "runs - errors" or {"Invocations", "Errors"} != {
        runs[name]["MetricStat"]["Metric"]["MetricName"] for name in ("runs", "errors")
    }:
        yield "a run of the poller that failed counts as one"


def alarms_are_told(stack: Stack) -> Iterator[str]:
    """Each alarm, and its end, is told on the topic, where the alarms and nobody else may publish; an address only if given."""
    topic, policy = stack.one("AWS::SNS::Topic", "AlarmTopic"), stack.one("AWS::SNS::TopicPolicy")
    alarms = stack.of("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        if not ([{"Ref": "AlarmTopic"}] == alarm.get("AlarmActions") == alarm.get("OKActions")):
            yield f"{name} is not told, or its end is not"
        if f"docs/runbook.md, {name}." not in alarm["AlarmDescription"]:
            yield f"{name} does not say where the runbook has it"
    (statement,) = policy["PolicyDocument"]["Statement"]
    arns = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", [])
    may = (statement["Effect"], statement["Principal"], statement["Action"], plain(statement["Resource"]))
    if may != ("Allow", {"Service": "cloudwatch.amazonaws.com"}, "sns:Publish", "AlarmTopic"):
        yield f"the topic takes {may}"
    if {plain(arn) for arn in arns} != {f"{name}.Arn" for name in alarms}:
        yield "the topic takes not exactly the alarms"
    if policy["Topics"] != [{"Ref": "AlarmTopic"}] or topic["Subscription"]["Fn::If"][0] != "HasAlarmEmail":
        yield "the policy is not the topic's, or somebody is subscribed who was not named"


MOST_IDLE_USD = 4.0


def idle_is_cheap(stack: Stack) -> Iterator[str]:
    """A month without any job costs no more than the budget."""
    if (costs := sum(idle.lines(stack.resources).values())) > MOST_IDLE_USD:
        yield f"{costs:.2f}"


def no_circle(stack: Stack) -> Iterator[str]:
    """No resource depends on itself by way of others: CloudFormation refuses that, and no linter says so."""
    needs = {
        name: {other for other in references(resource) if other in stack.resources}
        for name, resource in stack.resources.items()
    }
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> Iterator[str]:
        if name in way:
            yield " -> ".join([*way[way.index(name) :], name])
        elif name not in done:
            for other in sorted(needs[name]):
                yield from walk(other, (*way, name))
            done.add(name)

    for name in needs:
        yield from walk(name, ())


def references_exist(stack: Stack) -> Iterator[str]:
    """Whatever is referred to is there."""
    known = set(stack.resources) | set(stack.source["Parameters"])
    nodes = {**stack.resources, "Outputs": {"Outputs": stack.source["Outputs"]}}
    # SAM gives layers an id of their own per content; what refers to them in the source is translated with them.
    for name, node in nodes.items():
        for other in references(node):
            if not other.startswith("AWS::") and other not in known:
                yield f"{name} refers to {other}"


def parameters_are_used(stack: Stack) -> Iterator[str]:
    """Each parameter is described, has a default, and is used."""
    used = set(references(stack.source["Resources"])) | set(references(stack.source["Conditions"]))
    used |= set(references(stack.source["Globals"]))
    for name, parameter in stack.source["Parameters"].items():
        if not parameter.get("Description") or "Default" not in parameter:
            yield f"{name} has no description or no default"
        if name not in used:
            yield f"{name} is used nowhere"


def outputs_for_users(stack: Stack) -> Iterator[str]:
    """Users get what they call, read and listen to, and `klingway init` what it fills in."""
    outputs = stack.source["Outputs"]
    secrets = {f"{name}Arn" for name in stack.of("AWS::SecretsManager::Secret")}
    if set(outputs) != OUTPUTS | secrets:
        yield f"{sorted(set(outputs) ^ (OUTPUTS | secrets))}"
    for name, output in outputs.items():
        if not output.get("Description"):
            yield f"{name} has no description"


def sentence_above_each(stack: Stack) -> Iterator[str]:
    """Above each resource stands why it is there; a log group says it by its name."""
    lines = stack.text.splitlines()
    for name, resource in stack.source["Resources"].items():
        number = lines.index(f"  {name}:")
        if resource["Type"] != "AWS::Logs::LogGroup" and not lines[number - 1].startswith("  # "):
            yield name


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        handlers_exist,
        environment_is_settings,
        prompts_are_logged_on_demand,
        timeouts_and_memory_said,
        logs_are_kept_and_end,
        access_log_hides_tokens,
        one_processor,
        least_privilege,
        no_wildcards,
        no_wide_managed_policies,
        only_their_own_take_roles,
        workflow_has_what_it_names,
        resumer_is_no_task,
        loops_allowed_for_worker,
        queues_wait_for_readers,
        queue_waits_for_intake,
        queues_are_encrypted,
        rules_feed_intake,
        only_rules_fill_intake,
        rules_take_what_is_meant,
        one_message_a_time,
        stream_loses_nothing,
        filter_lets_changes_through,
        schedule_each_minute,
        table_has_keys_and_indexes,
        checks_change_no_list,
        table_is_safe,
        bucket_is_private,
        nothing_is_lost,
        providers_are_registry,
        secrets_are_providers,
        routes_are_apis,
        gateway_may_call,
        dead_letters_ring,
        alarms_say_when,
        alarms_are_told,
        idle_is_cheap,
        no_circle,
        references_exist,
        parameters_are_used,
        outputs_for_users,
        sentence_above_each,
    )
}
