"""Creators of what holds data and carries messages: tables, buckets, queues, buses, secrets, log groups, roles."""

import json
from typing import Any

from local.cloud.creators import Context, UnsupportedError, creates
from local.cloud.model import Rule
from local.cloud.resolve import Attributes

_NO_KEYS = "nothing is encrypted here"


def text(value: Any) -> str:  # noqa: ANN401 - a scalar of a template
    """Return a template's scalar as CloudFormation passes it on: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def document(value: Any) -> str:  # noqa: ANN401 - a document, or its text
    """Return a policy, pattern or other document as JSON text, however the template wrote it."""
    return value if isinstance(value, str) else json.dumps(value)


@creates(
    "AWS::IAM::Role",
    ("AssumeRolePolicyDocument", "Description", "Policies", "RoleName"),
    {
        "ManagedPolicyArns": "nobody checks permissions here",
        "MaxSessionDuration": "nobody checks permissions here",
        "PermissionsBoundary": "nobody checks permissions here",
    },
)
def _role(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = properties.get("RoleName", context.physical_name(logical_id))
    trust = document(properties["AssumeRolePolicyDocument"])
    role = context.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    for policy in properties.get("Policies", []):
        # SAM's policy templates have no Version, which moto insists on.
        statements = json.dumps({"Version": "2012-10-17", **policy["PolicyDocument"]})
        context.client("iam").put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=statements)
    return {"Ref": name, "Arn": role["Arn"], "RoleId": role["RoleId"]}


_TABLE_AS_IS = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "ProvisionedThroughput",
)


@creates(
    "AWS::DynamoDB::Table",
    (
        *_TABLE_AS_IS,
        "PointInTimeRecoverySpecification",
        "StreamSpecification.StreamViewType",
        "TableName",
        "TimeToLiveSpecification",
    ),
    {
        "ContributorInsightsSpecification": "nothing is measured here",
        "OnDemandThroughput": "throughput is not limited here",
        "SSESpecification": _NO_KEYS,
        "TableClass": "nothing is billed here",
    },
)
def _table(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, name = context.client("dynamodb"), properties.get("TableName", context.physical_name(logical_id))
    arguments = {key: properties[key] for key in _TABLE_AS_IS if key in properties}
    if stream := properties.get("StreamSpecification"):
        arguments["StreamSpecification"] = {"StreamEnabled": True, **stream}
    table = client.create_table(TableName=name, **arguments)["TableDescription"]
    if "TimeToLiveSpecification" in properties:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    streams = {"StreamArn": table["LatestStreamArn"]} if "LatestStreamArn" in table else {}
    return {"Ref": name, "Arn": table["TableArn"], **streams}


@creates(
    "AWS::S3::Bucket",
    (
        "BucketName",
        "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled",
        "VersioningConfiguration",
    ),
    {
        "BucketEncryption": _NO_KEYS,
        "CorsConfiguration": "every origin is answered here",
        "LifecycleConfiguration": "nothing is kept long enough here to expire",
        "OwnershipControls": "there is one account here",
        "PublicAccessBlockConfiguration": "nobody checks permissions here",
    },
)
def _bucket(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, region = context.client("s3"), context.stack.region
    # Bucket names are global, hence the account.
    name = properties.get("BucketName", f"{context.physical_name(logical_id)}-{context.stack.account}".lower())
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=name, **where)
    if "VersioningConfiguration" in properties:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    bridge = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration")
    # CloudFormation's EventBridgeConfiguration is on unless it says otherwise.
    if bridge is not None and text(bridge.get("EventBridgeEnabled", True)) == "true":
        client.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    return {
        "Ref": name,
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


@creates("AWS::S3::BucketPolicy", ("Bucket", "PolicyDocument"))
def _bucket_policy(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    # moto enforces Deny but ignores Condition, so that "deny plain HTTP" would deny everything.
    statements = [item for item in properties["PolicyDocument"]["Statement"] if "Condition" not in item]
    if len(statements) < len(properties["PolicyDocument"]["Statement"]):
        reason = "statements with a Condition are left out: moto would apply them always"
        context.deployment.inert.append((logical_id, "PolicyDocument", reason))
    if statements:
        policy = json.dumps({**properties["PolicyDocument"], "Statement": statements})
        context.client("s3").put_bucket_policy(Bucket=properties["Bucket"], Policy=policy)
    return {"Ref": properties["Bucket"]}


_QUEUE_ATTRIBUTES = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "VisibilityTimeout",
)


@creates(
    "AWS::SQS::Queue",
    (*_QUEUE_ATTRIBUTES, "QueueName"),
    {"KmsDataKeyReusePeriodSeconds": _NO_KEYS, "KmsMasterKeyId": _NO_KEYS, "SqsManagedSseEnabled": _NO_KEYS},
)
def _queue(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    name = properties.get("QueueName", context.physical_name(logical_id))
    attributes = {
        key: json.dumps(properties[key]) if isinstance(properties[key], dict) else text(properties[key])
        for key in _QUEUE_ATTRIBUTES
        if key in properties
    }
    url = context.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return {"Ref": url, "QueueUrl": url, "QueueName": name, "Arn": context.arn("sqs", name)}


@creates("AWS::SQS::QueuePolicy", ("PolicyDocument", "Queues"))
def _queue_policy(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    policy = document(properties["PolicyDocument"])
    for url in properties["Queues"]:
        context.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return {"Ref": context.physical_name(logical_id)}


@creates("AWS::Events::EventBus", ("Description", "Name"))
def _bus(context: Context, _logical_id: str, properties: dict[str, Any]) -> Attributes:
    arn = context.client("events").create_event_bus(Name=properties["Name"])["EventBusArn"]
    return {"Ref": properties["Name"], "Name": properties["Name"], "Arn": arn}


@creates(
    "AWS::Events::Rule",
    (
        "Description",
        "EventBusName",
        "EventPattern",
        "Name",
        "ScheduleExpression",
        "State",
        "Targets.Arn",
        "Targets.Id",
        "Targets.Input",
    ),
    {
        "RoleArn": "nobody checks permissions here",
        "Targets.DeadLetterConfig": "a delivery fails here only by a fault of the twin, which is logged",
        "Targets.RetryPolicy": "a delivery fails here only by a fault of the twin, which is logged",
        "Targets.RoleArn": "nobody checks permissions here",
    },
)
def _rule(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, name = context.client("events"), properties.get("Name", context.physical_name(logical_id))
    state, bus = properties.get("State", "ENABLED"), properties.get("EventBusName", "default")
    schedule = properties.get("ScheduleExpression", "")
    if bool(schedule) == ("EventPattern" in properties):
        raise UnsupportedError(f"{logical_id} (AWS::Events::Rule): needs either ScheduleExpression or EventPattern")
    when = {"ScheduleExpression": schedule} if schedule else {"EventPattern": document(properties["EventPattern"])}
    arn = client.put_rule(Name=name, EventBusName=bus, State=state, **when)["RuleArn"]
    targets = [
        {key: target[key] for key in ("Id", "Arn", "Input") if key in target}
        for target in properties.get("Targets", [])
    ]
    if targets:
        client.put_targets(Rule=name, EventBusName=bus, Targets=targets)
    context.deployment.rules[logical_id] = Rule(logical_id, arn, schedule, state == "ENABLED", tuple(targets))
    return {"Ref": name, "Arn": arn}


@creates(
    "AWS::SecretsManager::Secret",
    ("Description", "GenerateSecretString", "Name", "SecretString"),
    {"KmsKeyId": _NO_KEYS},
)
def _secret(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, value = context.client("secretsmanager"), properties.get("SecretString")
    if generate := dict(properties.get("GenerateSecretString", {})):
        template, key = generate.pop("SecretStringTemplate", None), generate.pop("GenerateStringKey", None)
        generate = {
            name: text(item) == "true" if text(item) in {"true", "false"} else item for name, item in generate.items()
        }
        if "PasswordLength" in generate:
            generate["PasswordLength"] = int(generate["PasswordLength"])
        value = client.get_random_password(**generate)["RandomPassword"]
        if key:
            value = json.dumps({**json.loads(template), key: value})
    name = properties.get("Name", context.physical_name(logical_id))
    arn = client.create_secret(Name=name, SecretString=value or "")["ARN"]
    return {"Ref": arn, "Id": arn}


@creates("AWS::Logs::LogGroup", ("LogGroupName", "RetentionInDays"), {"KmsKeyId": _NO_KEYS, "LogGroupClass": "no bill"})
def _log_group(context: Context, logical_id: str, properties: dict[str, Any]) -> Attributes:
    client, name = context.client("logs"), properties.get("LogGroupName", context.physical_name(logical_id))
    client.create_log_group(logGroupName=name)
    if "RetentionInDays" in properties:
        client.put_retention_policy(logGroupName=name, retentionInDays=int(properties["RetentionInDays"]))
    return {"Ref": name, "Arn": context.arn("logs", f"log-group:{name}:*")}
