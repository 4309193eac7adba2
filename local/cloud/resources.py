"""Creators of what holds data and carries messages: tables, buckets, queues, buses, secrets, log groups, roles."""

import json
import re
from typing import Any

from local.cloud.creators import NO_PERMISSIONS, Context, UnsupportedError, creates
from local.cloud.model import Schedule
from local.cloud.resolve import Attributes

_NO_KEYS = "nothing is encrypted here"
_NO_TIME = "nothing is kept long enough here to expire"
_NO_READER = "nobody reads it here"
_UNITS_S = {"minute": 60, "hour": 3600, "day": 86400}


def text(value: Any) -> str:  # noqa: ANN401 - a scalar of a template
    """Return a template's scalar as CloudFormation passes it on: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@creates("AWS::IAM::Role", "AssumeRolePolicyDocument", {NO_PERMISSIONS: "ManagedPolicyArns Policies"})
def _role(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name, trust = context.physical_name(logical_id), json.dumps(properties["AssumeRolePolicyDocument"])
    role = context.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    return {"Ref": name, "Arn": role["Arn"]}


@creates(
    "AWS::DynamoDB::Table",
    "AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema StreamSpecification.StreamViewType",
    {
        _NO_KEYS: "SSESpecification",
        _NO_TIME: "TimeToLiveSpecification",
        "nothing is restored here": "PointInTimeRecoverySpecification",
    },
)
def _table(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    names = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
    arguments = {name: properties[name] for name in names if name in properties}
    if stream := properties.get("StreamSpecification"):
        arguments["StreamSpecification"] = {"StreamEnabled": True, **stream}
    name = context.physical_name(logical_id)
    table = context.client("dynamodb").create_table(TableName=name, **arguments)["TableDescription"]
    streams = {"StreamArn": table["LatestStreamArn"]} if stream else {}
    return {"Ref": name, "Arn": table["TableArn"], **streams}


@creates(
    "AWS::S3::Bucket",
    "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled",
    {
        _NO_KEYS: "BucketEncryption",
        _NO_TIME: "LifecycleConfiguration",
        NO_PERMISSIONS: "OwnershipControls PublicAccessBlockConfiguration",
    },
)
def _bucket(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    # Bucket names are global, hence the account.
    client, name = context.client("s3"), f"{context.physical_name(logical_id)}-{context.stack.account}".lower()
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": context.stack.region})
    bridge = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration")
    if bridge is not None and text(bridge.get("EventBridgeEnabled", True)) == "true":
        configuration: dict[str, Any] = {"EventBridgeConfiguration": {}}
        client.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)
    return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}


@creates(
    "AWS::SQS::Queue",
    "DelaySeconds MessageRetentionPeriod QueueName RedrivePolicy VisibilityTimeout",
    {_NO_KEYS: "SqsManagedSseEnabled"},
)
def _queue(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = properties.pop("QueueName", context.physical_name(logical_id))
    names = ("DelaySeconds", "MessageRetentionPeriod", "VisibilityTimeout")
    attributes = {key: text(properties[key]) for key in names if key in properties}
    if "RedrivePolicy" in properties:
        attributes["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
    url = context.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return {"Ref": url, "QueueUrl": url, "QueueName": name, "Arn": context.arn("sqs", name)}


@creates("AWS::Events::EventBus", "Name", {_NO_READER: "Description"})
def _bus(context: Context, _logical_id: str, properties: dict[str, Any]) -> Attributes:
    arn = context.client("events").create_event_bus(Name=properties["Name"])["EventBusArn"]
    return {"Ref": properties["Name"], "Name": properties["Name"], "Arn": arn}


@creates(
    "AWS::Events::Rule",
    "EventBusName EventPattern ScheduleExpression Targets.Arn Targets.Id",
    {
        _NO_READER: "Description",
        NO_PERMISSIONS: "Targets.RoleArn",
        "a delivery fails here only by a fault of the twin, which is logged": (
            "Targets.DeadLetterConfig Targets.RetryPolicy"
        ),
    },
)
def _rule(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, name = context.client("events"), context.physical_name(logical_id)
    targets, schedule = properties["Targets"], properties.get("ScheduleExpression")
    if not schedule:
        bus, pattern = properties.get("EventBusName", "default"), json.dumps(properties["EventPattern"])
        arn = client.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)["RuleArn"]
        ids = [{"Id": target["Id"], "Arn": target["Arn"]} for target in targets]
        client.put_targets(Rule=name, EventBusName=bus, Targets=ids)
        return {"Ref": name, "Arn": arn}
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule)
    if not rate or "EventPattern" in properties:
        raise UnsupportedError(f"{logical_id} (AWS::Events::Rule): {schedule} must be a rate, and without a pattern")
    arn = client.put_rule(Name=name, ScheduleExpression=schedule)["RuleArn"]
    period_s, arns = float(rate[1]) * _UNITS_S[rate[2]], tuple(target["Arn"] for target in targets)
    context.deployment.schedules[logical_id] = Schedule(arn, period_s, arns)
    return {"Ref": name, "Arn": arn}


@creates("AWS::SecretsManager::Secret", "GenerateSecretString SecretString", {_NO_READER: "Description"})
def _secret(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, value = context.client("secretsmanager"), properties.get("SecretString", "")
    if generate := properties.get("GenerateSecretString"):
        template, key = generate.pop("SecretStringTemplate"), generate.pop("GenerateStringKey")
        value = json.dumps({**json.loads(template), key: client.get_random_password(**generate)["RandomPassword"]})
    arn = client.create_secret(Name=context.physical_name(logical_id), SecretString=value)["ARN"]
    return {"Ref": arn, "Id": arn}


@creates("AWS::Logs::LogGroup", "LogGroupName", {_NO_TIME: "RetentionInDays"})
def _log_group(context: Context, _logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = properties["LogGroupName"]
    context.client("logs").create_log_group(logGroupName=name)
    return {"Ref": name, "Arn": context.arn("logs", f"log-group:{name}:*")}
