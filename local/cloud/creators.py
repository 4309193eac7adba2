"""The table of creators: which resource types can be made here, and which of their properties mean something."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.model import Deployment
from local.cloud.resolve import Attributes, Stack

TAGS = "nothing here reads tags"

INERT_TYPES = {
    "AWS::Lambda::Permission": "nobody checks permissions here",
}
"""Types that nothing is made for, with the reason; they can be referred to by `Ref` alone."""


class UnsupportedError(Exception):
    """A resource type or a property that has no counterpart here; the message names logical id, type and property."""


@dataclass(frozen=True)
class Context:
    """What a creator works with: the stack being deployed, AWS clients, and where to register what it made."""

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


@dataclass(frozen=True)
class Creator:
    """How one type is created.

    Attributes:
        create: Makes it and returns its attributes, `Ref` among them.
        applied: Properties that `create` reads. `A.B` says that of `A`, or of each item of the list `A`, only `B` is.
        inert: Properties that have no effect here, with the reason.
    """

    create: Callable[[Context, str, dict[str, Any]], Attributes]
    applied: frozenset[str]
    inert: Mapping[str, str]


CREATORS: dict[str, Creator] = {}


def creates(
    kind: str, applied: Iterable[str], inert: Mapping[str, str] | None = None
) -> Callable[[Callable[[Context, str, dict[str, Any]], Attributes]], Callable[..., Attributes]]:
    """Register a function as the creator of a resource type; see `Creator` for the arguments."""

    def register(function: Callable[[Context, str, dict[str, Any]], Attributes]) -> Callable[..., Attributes]:
        CREATORS[kind] = Creator(function, frozenset(applied), {"Tags": TAGS, **(inert or {})})
        return function

    return register


def inert_properties(logical_id: str, kind: str, properties: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the resource's properties without effect, as `(logical id, property, reason)`.

    Raises:
        UnsupportedError: A property is neither applied nor known to be without effect.
    """
    creator = CREATORS[kind]
    found = []

    def walk(node: Mapping[str, Any], prefix: str) -> None:
        for name, value in node.items():
            path = prefix + name
            if path in creator.inert:
                found.append((logical_id, path, creator.inert[path]))
            elif any(key.startswith(path + ".") for key in (*creator.applied, *creator.inert)):
                for item in value if isinstance(value, list) else [value]:
                    walk(item, path + ".")
            elif path not in creator.applied:
                raise UnsupportedError(f"{logical_id} ({kind}): property {path} has no counterpart here")

    walk(properties, "")
    return found
