"""AWS clients, each made once, when it is first needed."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from klingway.observability import aws_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# At DEBUG the SDK writes down all that it sends and gets, prompts and the values of secrets among it.
for _talker in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_talker).setLevel(logging.WARNING)

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)
# Presigned links name the bucket's own region: the global address answers a young bucket's with a redirect that no
# signature survives.
_S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - boto3 makes the type at run time
    client = boto3.client(service, config=_S3_CONFIG if service == "s3" else _CONFIG)
    client.meta.events.register("before-call", aws_time.start)
    client.meta.events.register("after-call", aws_time.stop)
    client.meta.events.register("after-call-error", aws_time.stop)
    return client


def dynamodb() -> "DynamoDBClient":
    """Return the DynamoDB client."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def s3() -> "S3Client":
    """Return the S3 client."""
    client: S3Client = _client("s3")
    return client


def sqs() -> "SQSClient":
    """Return the SQS client."""
    client: SQSClient = _client("sqs")
    return client


def events() -> "EventBridgeClient":
    """Return the EventBridge client."""
    client: EventBridgeClient = _client("events")
    return client


def stepfunctions() -> "SFNClient":
    """Return the Step Functions client."""
    client: SFNClient = _client("stepfunctions")
    return client


def secretsmanager() -> "SecretsManagerClient":
    """Return the Secrets Manager client."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client
