"""CloudFormation's intrinsic functions, over resources that are created when they are first referred to."""

import base64
import re
from collections.abc import Callable, Iterable
from typing import Any

from local.cloud.template import Template

_NO_VALUE = object()
_RESOURCE_KEYS = frozenset({"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type"}) | {
    "UpdateReplacePolicy"
}

Attributes = dict[str, Any]
"""What a creator returns: `Ref` and each attribute that `Fn::GetAtt` may ask for."""


class ResolveError(Exception):
    """A reference, function or condition that cannot be resolved; the message says which."""


class Stack:
    """The resource graph of one template being deployed.

    Args:
        template: What to deploy.
        name: The stack's name.
        region: The stack's region.
        account: The stack's account id.
        create: Called once per resource, after all that it refers to: `(logical id, type, resolved properties)`.
    """

    def __init__(
        self,
        template: Template,
        *,
        name: str,
        region: str,
        account: str,
        create: Callable[[str, str, dict[str, Any]], Attributes],
    ) -> None:
        self.template, self.name, self.region, self.account = template, name, region, account
        self.attributes: dict[str, Attributes] = {}
        self._create = create
        self._creating: list[str] = []
        self._pseudo = {
            "AWS::AccountId": account,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{account}:stack/{name}/local",
            "AWS::StackName": name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::Base64": lambda arg: base64.b64encode(str(self.resolve(arg)).encode()).decode(),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda arg: self.resolve(arg[1] if self.condition(arg[0]) else arg[2]),
            "Fn::Join": lambda arg: str(arg[0]).join(str(part) for part in self.resolve(arg[1])),
            "Fn::Select": lambda arg: self.resolve(arg[1])[int(self.resolve(arg[0]))],
            "Fn::Split": lambda arg: str(self.resolve(arg[1])).split(arg[0]),
            "Fn::Sub": self._sub,
        }

    def deploy(self) -> dict[str, str]:
        """Create every resource whose condition holds, in the order of references, and return the outputs.

        Raises:
            ResolveError: Something refers to what does not exist, or in a circle.
        """
        for logical_id in self.template.resources:
            if self._wanted(logical_id):
                self.ensure(logical_id)
        return {
            name: str(self.resolve(output["Value"]))
            for name, output in self.template.outputs.items()
            if "Condition" not in output or self.condition(output["Condition"])
        }

    def ensure(self, logical_id: str) -> Attributes:
        """Create a resource and what it depends on, unless done already, and return its attributes."""
        if logical_id in self.attributes:
            return self.attributes[logical_id]
        if logical_id in self._creating:
            raise ResolveError("circular dependency: " + " -> ".join([*self._creating, logical_id]))
        if not self._wanted(logical_id):
            raise ResolveError(f"{logical_id} is referred to, but its condition does not hold")
        resource = self.template.resources[logical_id]
        if unknown := set(resource) - _RESOURCE_KEYS:
            raise ResolveError(f"{logical_id}: unknown resource keys {sorted(unknown)}")
        self._creating.append(logical_id)
        try:
            for dependency in _as_list(resource.get("DependsOn", [])):
                if self._wanted(dependency):
                    self.ensure(dependency)
            properties = self.resolve(resource.get("Properties", {}))
            self.attributes[logical_id] = self._create(logical_id, resource["Type"], properties)
        finally:
            self._creating.pop()
        return self.attributes[logical_id]

    def resolve(self, node: Any) -> Any:  # noqa: ANN401 - a piece of a template
        """Return a piece of the template with all of its functions replaced by values."""
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not _NO_VALUE]
        if isinstance(node, dict):
            if len(node) == 1:
                ((name, argument),) = node.items()
                if name in self._functions:
                    return self._functions[name](argument)
                if name.startswith("Fn::"):
                    raise ResolveError(f"function {name} is not known here")
            resolved = {key: self.resolve(value) for key, value in node.items()}
            return {key: value for key, value in resolved.items() if value is not _NO_VALUE}
        if isinstance(node, str) and "{{resolve:" in node:
            raise ResolveError(f"dynamic references are not known here: {node}")
        return node

    def condition(self, name: str) -> bool:
        """Return whether a condition of the template holds."""
        if name not in self.template.conditions:
            raise ResolveError(f"there is no condition {name}")
        return self._holds(self.template.conditions[name])

    def _holds(self, node: dict[str, Any]) -> bool:
        ((operator, argument),) = node.items()
        match operator:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                return bool(self.resolve(argument[0]) == self.resolve(argument[1]))
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(map(self._holds, argument))
            case "Fn::Or":
                return any(map(self._holds, argument))
            case _:
                raise ResolveError(f"condition function {operator} is not known here")

    def _wanted(self, logical_id: str) -> bool:
        if logical_id not in self.template.resources:
            raise ResolveError(f"there is no resource {logical_id}")
        resource = self.template.resources[logical_id]
        return "Condition" not in resource or self.condition(resource["Condition"])

    def _ref(self, name: str) -> Any:  # noqa: ANN401 - a parameter may be a list
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self.template.parameters:
            return self.template.parameters[name]
        if name in self.template.resources:
            return self.ensure(name)["Ref"]
        raise ResolveError(f"Ref to unknown {name}")

    def _get_att(self, argument: str | list[str]) -> Any:  # noqa: ANN401 - attributes differ
        logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
        values = self.ensure(logical_id)
        if name == "Ref" or name not in values:
            kind = self.template.resources[logical_id]["Type"]
            raise ResolveError(f"{logical_id}.{name}: {kind} has no such attribute here")
        return values[name]

    def _find_in_map(self, argument: list[Any]) -> Any:  # noqa: ANN401 - a mapping holds anything
        found: Any = self.template.mappings
        for key in self.resolve(argument):
            if key not in found:
                raise ResolveError(f"Fn::FindInMap finds no {key}")
            found = found[key]
        return found

    def _sub(self, argument: str | list[Any]) -> str:
        text, names = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in names:
                return str(self.resolve(names[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)


def _as_list(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
