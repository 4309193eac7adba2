"""CloudFormation's intrinsic functions, over resources that are created when they are first referred to."""

import re
from collections.abc import Callable
from typing import Any

from local.cloud.template import Template

_NO_VALUE = object()
_RESOURCE_KEYS = {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}

Attributes = dict[str, Any]
"""What a creator returns: `Ref` and each attribute that `Fn::GetAtt` may ask for."""


class ResolveError(Exception):
    """A reference, function or condition that cannot be resolved; the message says which."""


class Stack:
    """The resource graph of one template being deployed.

    `create` is called once per resource, after all that it refers to: `(logical id, type, resolved properties)`.
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
        self._values = template.parameters | {
            "AWS::AccountId": account,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::StackName": name,
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda arg: self.resolve(arg[1] if self._holds({"Condition": arg[0]}) else arg[2]),
            "Fn::Join": lambda arg: str(arg[0]).join(map(str, self.resolve(arg[1]))),  # in what SAM writes
            "Fn::Sub": self._sub,
        }

    def deploy(self) -> dict[str, str]:
        """Create every resource whose condition holds, in the order of references, and return the outputs."""
        for logical_id, resource in self.template.resources.items():
            if self._wanted(resource):
                self._ensure(logical_id)
        return {
            name: str(self.resolve(output["Value"]))
            for name, output in self.template.outputs.items()
            if self._wanted(output)
        }

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

    def _ensure(self, logical_id: str) -> Attributes:
        """Create a resource and what it depends on, unless done already, and return its attributes."""
        if logical_id in self.attributes:
            return self.attributes[logical_id]
        if logical_id in self._creating:
            raise ResolveError("circular dependency: " + " -> ".join([*self._creating, logical_id]))
        if logical_id not in self.template.resources:
            raise ResolveError(f"there is no resource {logical_id}")
        resource = self.template.resources[logical_id]
        if unknown := set(resource) - _RESOURCE_KEYS:
            raise ResolveError(f"{logical_id}: unknown resource keys {sorted(unknown)}")
        if not self._wanted(resource):
            raise ResolveError(f"{logical_id} is referred to, but its condition does not hold")
        self._creating.append(logical_id)
        before = resource.get("DependsOn", [])
        for dependency in [before] if isinstance(before, str) else before:
            self._ensure(dependency)
        properties = self.resolve(resource.get("Properties", {}))
        self.attributes[logical_id] = self._create(logical_id, resource["Type"], properties)
        self._creating.pop()
        return self.attributes[logical_id]

    def _wanted(self, part: dict[str, Any]) -> bool:
        return "Condition" not in part or self._holds({"Condition": part["Condition"]})

    def _holds(self, node: dict[str, Any]) -> bool:
        ((operator, argument),) = node.items()
        match operator:
            case "Condition" if argument in self.template.conditions:
                return self._holds(self.template.conditions[argument])
            case "Fn::Equals":
                return bool(self.resolve(argument[0]) == self.resolve(argument[1]))
            case "Fn::Not":
                return not self._holds(argument[0])
            case _:
                raise ResolveError(f"condition {operator} {argument} is not known here")

    def _ref(self, name: str) -> Any:  # noqa: ANN401 - a string, or no value
        return self._values[name] if name in self._values else self._ensure(name)["Ref"]

    def _get_att(self, argument: str | list[str]) -> Any:  # noqa: ANN401 - attributes differ
        logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
        values = self._ensure(logical_id)
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
        text, names = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in names:
                return str(self.resolve(names[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)
