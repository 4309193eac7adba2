"""A SAM template read offline: translated to plain CloudFormation, its local code paths kept."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# SAM takes nothing but S3 addresses here, so a local path travels through the translation inside one.
_LOCAL_PATHS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_BUCKET = "a-folder-of-this-machine"
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # it warns of metrics that it did not send

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Globals",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
    }
    | {"Resources", "Rules", "Transform"}
)


class TemplateError(Exception):
    """The template, or what it was given, cannot be deployed; the message names the place."""


@dataclass(frozen=True)
class Template:
    """A translated template: CloudFormation with its intrinsics still in place.

    Attributes:
        root: The folder of the template file; code paths are relative to it.
        resources: Logical id to resource, `{"Type": …, "Properties": {…}, …}`.
        parameters: Every parameter's value; a list for the list types.
        conditions: Condition name to its function.
        mappings: The `Mappings` section.
        outputs: Output name to `{"Value": …}`.
        built: The folders that `sam build` builds (those with a `BuildMethod`).
    """

    root: Path
    resources: dict[str, dict[str, Any]]
    parameters: dict[str, Any]
    conditions: dict[str, Any]
    mappings: dict[str, Any]
    outputs: dict[str, dict[str, Any]]
    built: frozenset[Path]

    def local_path(self, location: Mapping[str, Any]) -> Path:
        """Return the folder or file behind a translated code location.

        Args:
            location: `{"S3Bucket" or "Bucket": …, "S3Key" or "Key": …}` as the translation left it.

        Raises:
            TemplateError: The location is a real S3 address, or inline code.
        """
        if location.get("S3Bucket", location.get("Bucket")) != _BUCKET:
            raise TemplateError(f"code must be a local path, not {dict(location)}")
        return self.root / str(location.get("S3Key", location.get("Key")))


def load(path: Path, parameters: Mapping[str, str], region: str) -> Template:
    """Read and translate a SAM template without any network.

    Args:
        path: The template file (YAML).
        parameters: Parameter values; the rest take their defaults.
        region: The region that the translation is made for.

    Raises:
        TemplateError: A section or parameter is unknown, or a parameter has no or no allowed value.
    """
    path = path.resolve()
    source: dict[str, Any] = yaml_parse(path.read_text(encoding="utf-8"))
    if unknown := set(source) - _SECTIONS:
        raise TemplateError(f"{path.name}: unknown sections {sorted(unknown)}")
    if "Rules" in source:
        raise TemplateError(f"{path.name}: Rules are not checked here")
    function_code = source.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    built = set()
    for resource in source["Resources"].values():
        if name := _LOCAL_PATHS.get(resource["Type"]):
            properties = resource.setdefault("Properties", {})
            value = properties.get(name, function_code if name == "CodeUri" else None)
            if isinstance(value, str) and not value.startswith("s3://"):
                properties[name] = {"Bucket": _BUCKET, "Key": value}
                if "BuildMethod" in resource.get("Metadata", {}):  # which the translation drops
                    built.add(path.parent / value)
    values = _parameter_values(source.get("Parameters", {}), parameters)
    # A session with credentials of its own, so that none is looked for on this machine.
    session = boto3.session.Session("local", "local", region_name=region)
    plain = Translator({}, Parser(), boto_session=session).translate(source, dict(values))
    return Template(
        root=path.parent,
        resources=plain["Resources"],
        parameters={
            name: [item.strip() for item in value.split(",")]
            if "List" in source["Parameters"][name]["Type"] and isinstance(value, str)
            else value
            for name, value in values.items()
        },
        conditions=plain.get("Conditions", {}),
        mappings=plain.get("Mappings", {}),
        outputs=plain.get("Outputs", {}),
        built=frozenset(built),
    )


def _parameter_values(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    if unknown := set(given) - set(declared):
        raise TemplateError(f"the template has no parameters {sorted(unknown)}")
    values = {name: str(given.get(name, spec.get("Default", ""))) for name, spec in declared.items()}
    for name, spec in declared.items():
        if name not in given and "Default" not in spec:
            raise TemplateError(f"parameter {name} has no value")
        if not _allowed(values[name], spec):
            raise TemplateError(f"parameter {name}: the template does not allow {values[name]!r}")
    return values


def _allowed(value: str, spec: Mapping[str, Any]) -> bool:
    if value not in [str(allowed) for allowed in spec.get("AllowedValues", [value])]:
        return False
    if spec["Type"] == "Number":
        return float(spec.get("MinValue", "-inf")) <= float(value) <= float(spec.get("MaxValue", "inf"))
    return re.fullmatch(spec.get("AllowedPattern", ".*"), value, re.DOTALL) is not None
