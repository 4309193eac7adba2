"""The table of creators: which resource types can be made here, and which of their properties mean something."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.model import Deployment
from local.cloud.resolve import Attributes, Stack

NO_PERMISSIONS = "nobody checks permissions here"

INERT_TYPES = {
    "AWS::Lambda::Permission": NO_PERMISSIONS,
    # moto enforces some, without their conditions: "deny plain HTTP" would deny everything.
    "AWS::S3::BucketPolicy": NO_PERMISSIONS,
    "AWS::SNS::TopicPolicy": NO_PERMISSIONS,
    "AWS::SQS::QueuePolicy": NO_PERMISSIONS,
}
"""Types that nothing is made for, with the reason; they can be referred to by `Ref` alone."""


class UnsupportedError(Exception):
    """A resource type or a property that has no counterpart here; the message names logical id, type and property."""


@dataclass(frozen=True)
class Context:
    """What a creator works with: the stack, AWS clients by service, and where to register what it made."""

    stack: Stack
    client: Callable[[str], Any]
    deployment: Deployment
    api_url: str

    def physical_name(self, logical_id: str) -> str:
        """Return the name of a resource that the template does not name."""
        return f"{self.stack.name}-{logical_id}"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.stack.region}:{self.stack.account}:{resource}"


Create = Callable[[Context, str, dict[str, Any]], Attributes]
"""Makes a resource from its logical id and resolved properties, and returns its attributes, `Ref` among them."""

CREATORS: dict[str, Create] = {}
_applied: dict[str, list[str]] = {}
_inert: dict[str, dict[str, str]] = {}


def creates(kind: str, applied: str, inert: Mapping[str, str] | None = None) -> Callable[[Create], Create]:
    """Register a function as the creator of a resource type.

    Args:
        kind: The type.
        applied: The properties that it reads. `A.B` says that of `A`, or of each item of the list `A`, only `B` is.
        inert: By reason, the properties that have no effect here.
    """

    def register(function: Create) -> Create:
        CREATORS[kind] = function
        _applied[kind] = applied.split()
        reasons = {"nothing here reads tags": "Tags", **(inert or {})}
        _inert[kind] = {name: reason for reason, names in reasons.items() for name in names.split()}
        return function

    return register


def inert_properties(logical_id: str, kind: str, properties: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the properties without effect, as `(logical id, property, reason)`; UnsupportedError for unknown ones."""
    applied, inert, found = _applied[kind], _inert[kind], []

    def walk(node: Mapping[str, Any], prefix: str) -> None:
        for name, value in node.items():
            path = prefix + name
            if path in inert:
                found.append((logical_id, path, inert[path]))
            elif any(key.startswith(path + ".") for key in (*applied, *inert)):
                for item in value if isinstance(value, list) else [value]:
                    walk(item, path + ".")
            elif path not in applied:
                raise UnsupportedError(f"{logical_id} ({kind}): property {path} has no counterpart here")

    walk(properties, "")
    return found
