"""A SAM template read offline: translated to plain CloudFormation, its local code paths kept."""

import functools
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
_SECTIONS = (
    "AWSTemplateFormatVersion Conditions Description Globals Mappings Metadata Outputs Parameters Resources Transform"
)
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # it warns of metrics that it did not send


class TemplateError(Exception):
    """The template, or what it was given, cannot be deployed; the message names the place."""


@dataclass(frozen=True)
class Template:
    """A translated template: CloudFormation with its intrinsics still in place."""

    root: Path  # code paths are relative to it
    resources: dict[str, dict[str, Any]]
    parameters: dict[str, str]  # their values
    conditions: dict[str, Any]
    mappings: dict[str, Any]
    outputs: dict[str, dict[str, Any]]
    built: frozenset[Path]  # the folders that `sam build` builds: those with a `BuildMethod`

    def local_path(self, location: Mapping[str, Any]) -> Path:
        """Return the folder or file behind a translated code location; TemplateError if it is no local path."""
        if location.get("S3Bucket", location.get("Bucket")) != _BUCKET:
            raise TemplateError(f"code must be a local path, not {dict(location)}")
        return self.root / str(location.get("S3Key", location.get("Key")))


def load(path: Path, parameters: Mapping[str, str], region: str) -> Template:
    """Read and translate a SAM template without any network; parameters not given take their defaults.

    Raises:
        TemplateError: A section or parameter is unknown, or a parameter has no or no allowed value.
    """
    path = path.resolve()
    return _translated(path, path.read_text(encoding="utf-8"), tuple(parameters.items()), region)


@functools.lru_cache(maxsize=4)
def _translated(path: Path, text: str, parameters: tuple[tuple[str, str], ...], region: str) -> Template:
    """Translate a template's text, once: tests deploy the same one hundreds of times, and whatever is resolved of it is new."""
    source: dict[str, Any] = yaml_parse(text)
    if unknown := set(source) - set(_SECTIONS.split()):
        raise TemplateError(f"{path.name}: unknown sections {sorted(unknown)}")
    built = set()
    for resource in source["Resources"].values():
        name = _LOCAL_PATHS.get(resource["Type"], "")
        value = resource.get("Properties", {}).get(name)
        if isinstance(value, str) and not value.startswith("s3://"):
            resource["Properties"][name] = {"Bucket": _BUCKET, "Key": value}
            if "BuildMethod" in resource.get("Metadata", {}):  # which the translation drops
                built.add(path.parent / value)
    values = _parameter_values(source.get("Parameters", {}), dict(parameters))
    # A session with credentials of its own, so that none is looked for on this machine.
    session = boto3.session.Session("local", "local", region_name=region)
    plain = Translator({}, Parser(), boto_session=session).translate(source, dict(values))
    conditions, mappings, outputs = (plain.get(name, {}) for name in ("Conditions", "Mappings", "Outputs"))
    return Template(path.parent, plain["Resources"], values, conditions, mappings, outputs, frozenset(built))


def _parameter_values(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    if unknown := set(given) - set(declared):
        raise TemplateError(f"the template has no parameters {sorted(unknown)}")
    values = {}
    for name, spec in declared.items():
        if spec["Type"] not in {"String", "Number"}:
            raise TemplateError(f"parameter {name}: the type {spec['Type']} has no counterpart here")
        if name not in given and "Default" not in spec:
            raise TemplateError(f"parameter {name} has no value")
        values[name] = str(given.get(name, spec.get("Default")))
        if not _allowed(values[name], spec):
            raise TemplateError(f"parameter {name}: the template does not allow {values[name]!r}")
    return values


def _allowed(value: str, spec: Mapping[str, Any]) -> bool:
    if value not in [str(allowed) for allowed in spec.get("AllowedValues", [value])]:
        return False
    if spec["Type"] == "Number":
        return float(spec.get("MinValue", "-inf")) <= float(value) <= float(spec.get("MaxValue", "inf"))
    return re.fullmatch(spec.get("AllowedPattern", ".*"), value, re.DOTALL) is not None
