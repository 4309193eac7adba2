"""What a function's role allows, and what the function asks AWS for: both as action and resource, to be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from klingway.adapters import clients

from tests.template.stack import Stack, listed, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pytest

    from local.cloud.deploy import Deployment


@dataclass(frozen=True, order=True)
class Use:
    """An action on a resource."""

    action: str
    resource: str


@dataclass(frozen=True, order=True)
class Permission:
    """One action that a statement of a role allows on resources; these are patterns with stars."""

    action: str
    statement: str
    resources: tuple[str, ...]

    def allows(self, use: Use) -> bool:
        return self.action == use.action and any(fnmatchcase(use.resource, pattern) for pattern in self.resources)


def permissions_of(function: str, deployment: Deployment) -> list[Permission]:
    """What the template's role of a function allows, with the deployed resources' own names."""
    return [
        Permission(
            action, said["Sid"], tuple(_arn(plain(resource), deployment) for resource in listed(said["Resource"]))
        )
        for said in Stack.read().statements(function)
        for action in listed(said["Action"])
    ]


def _arn(text: str, deployment: Deployment) -> str:
    if "${" in text:
        return re.sub(r"\$\{([\w.]+)\}", lambda found: _arn(found[1], deployment), text)
    name, _, attribute = text.partition(".")
    if name == "*":
        return name
    return str(deployment.attributes[name][attribute] if attribute else deployment.physical_ids[name])


class Watch:
    """Writes down what the functions' own clients ask for; those of a test are not theirs."""

    def __init__(self, deployment: Deployment) -> None:
        self.uses: set[Use] = set()
        self._deployment = deployment
        self._asked: dict[str, Callable[[str, Mapping[str, Any]], Iterator[Use]]] = {
            "dynamodb": self._dynamodb,
            "eventbridge": self._events,
            "s3": self._s3,
            "secrets-manager": self._secrets,
            "sfn": self._states,
            "sqs": self._sqs,
        }

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have each client that is made from now on tell what it is asked for, presigned links among it."""
        make = clients._client.__wrapped__  # noqa: SLF001 - the one place where the functions' clients are made

        @cache
        def watched(service: str) -> Any:
            client = make(service)
            client.meta.events.register("provide-client-params", self._note)
            return client

        monkeypatch.setattr(clients, "_client", watched)

    def _note(self, params: Mapping[str, Any], event_name: str, **_: Any) -> None:
        _, service, operation = event_name.split(".")
        self.uses |= set(self._asked[service](operation, params))

    def _table(self, name: str) -> str:
        return f"arn:aws:dynamodb:{self._deployment.region}:{self._deployment.account}:table/{name}"

    def _dynamodb(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        if operation == "TransactWriteItems":
            # Each part needs what it would need by itself (DynamoDB's guide, "Transactions: IAM").
            actions = {
                "Put": "PutItem",
                "Update": "UpdateItem",
                "Delete": "DeleteItem",
                "ConditionCheck": "ConditionCheckItem",
            }
            for item in params["TransactItems"]:
                ((kind, part),) = item.items()
                yield Use(f"dynamodb:{actions[kind]}", self._table(part["TableName"]))
        elif operation == "BatchGetItem":
            for table in params["RequestItems"]:
                yield Use("dynamodb:BatchGetItem", self._table(table))
        else:
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield Use(f"dynamodb:{operation}", self._table(params["TableName"]) + index)

    def _events(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        assert operation == "PutEvents"
        for entry in params["Entries"]:
            assert entry["Source"] == "klingway"  # the roles' condition
            bus = entry["EventBusName"]
            place = f"arn:aws:events:{self._deployment.region}:{self._deployment.account}:event-bus/{bus}"
            yield Use("events:PutEvents", place)

    def _s3(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        """By the table of the operations' permissions in S3's guide."""
        bucket = f"arn:aws:s3:::{params['Bucket']}"
        key = f"{bucket}/{params.get('Key')}"
        match operation:
            case "GetObject" | "HeadObject":
                yield Use("s3:GetObject", key)
            case "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
                yield Use("s3:PutObject", key)
            case "CopyObject" | "UploadPartCopy":
                source = params["CopySource"]
                yield Use("s3:GetObject", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}")
                yield Use("s3:PutObject", key)
            case "DeleteObject" | "AbortMultipartUpload":
                yield Use(f"s3:{operation}", key)
            case "DeleteObjects":
                for each in params["Delete"]["Objects"]:
                    yield Use("s3:DeleteObject", f"{bucket}/{each['Key']}")
            case "ListObjectsV2":
                yield Use("s3:ListBucket", bucket)
            case _:
                raise AssertionError(f"which permission does {operation} need?")

    def _secrets(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        yield Use(f"secretsmanager:{operation}", params["SecretId"])

    def _states(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        """What a token resumes cannot be told from it; there is one state machine."""
        machine = params.get("stateMachineArn", self._deployment.physical_ids["ElementsThenVideo"])
        yield Use(f"states:{operation}", machine)

    def _sqs(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        name = params["QueueUrl"].rpartition("/")[2]
        queue = f"arn:aws:sqs:{self._deployment.region}:{self._deployment.account}:{name}"
        yield Use(f"sqs:{operation.removesuffix('Batch')}", queue)
