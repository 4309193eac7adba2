"""The template, as written and as translated, with what the rules ask of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse

from local.cloud.template import load

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"

Resource = dict[str, Any]


@dataclass(frozen=True)
class Stack:
    """The template."""

    text: str
    source: dict[str, Any]
    """As written."""
    resources: dict[str, Resource]
    """As CloudFormation gets them, all that SAM adds among them."""

    @classmethod
    def read(cls, path: Path = TEMPLATE) -> Stack:
        """Read and translate a template."""
        text = path.read_text(encoding="utf-8")
        return cls(text, yaml_parse(text), load(path, {}, "eu-central-1").resources)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a kind, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def one(self, kind: str, name: str = "") -> dict[str, Any]:
        """The properties of the only resource of a kind, or of the one named."""
        found = self.of(kind)
        return found[name] if name else next(iter(found.values()))

    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of every function."""
        return self.of("AWS::Lambda::Function")

    def role_of(self, function: str) -> dict[str, Any]:
        """The properties of a function's role."""
        return self.one("AWS::IAM::Role", self.functions()[function]["Role"]["Fn::GetAtt"][0])

    def statements(self, function: str) -> Iterator[dict[str, Any]]:
        """What a function's role allows, managed policies apart."""
        for policy in self.role_of(function).get("Policies", []):
            yield from listed(policy["PolicyDocument"]["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(value: Any) -> str:
    """A reference as one reads it: `JobsTable.Arn`, `${MediaBucket.Arn}/results/*`, `MasterSecret`."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [*parts]}:
            return ".".join(parts)
        case {"Fn::Sub": str(text)}:
            return text
        case _:
            return json.dumps(value)


def references(node: Any) -> Iterator[str]:
    """Every logical id that a piece of a template refers to; parameters and pseudo parameters among them."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                text, given = value if isinstance(value, list) else (value, {})
                yield from references(given)
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([\w.:]+)\}", text) if name not in given)
            elif key == "DependsOn":
                yield from listed(value)
            else:
                yield from references(value)
