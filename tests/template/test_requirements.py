"""Requirements: pinned, the same for Lambda as for the tests, and from no index in particular."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.template.stack import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LAMBDA = ROOT / "layers" / "deps" / "requirements.txt"
DEVELOPMENT = ROOT / "requirements" / "dev.txt"
TOOLS = ROOT / "requirements" / "build.txt"
FILES = [LAMBDA, DEVELOPMENT, TOOLS]


def lines_of(path: Path) -> list[str]:
    lines = (line.partition(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def pins_of(path: Path) -> dict[str, str]:
    """Version by canonical name."""
    pins: dict[str, str] = {}
    for requirement in map(Requirement, lines_of(path)):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", requirement
        pins[canonicalize_name(requirement.name)] = specifier.version
    return pins


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_line_is_a_pin(path: Path) -> None:
    """Each line is a package with one exact version: no option, no address, no range, none twice."""
    names = [canonicalize_name(Requirement(line).name) for line in lines_of(path)]

    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+( ?;.*)?", line) for line in lines_of(path))
    assert len(names) == len(set(names)) == len(pins_of(path))


def test_lambda_runs_what_the_tests_run() -> None:
    """Each package of the layer has the version that the tests have."""
    development = pins_of(DEVELOPMENT)

    assert {name: development.get(name) for name in pins_of(LAMBDA)} == pins_of(LAMBDA)


def test_layer_holds_what_the_project_needs() -> None:
    """What the project depends on is in the layer, boto3 apart, which Lambda's runtime brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}

    assert needed - {"boto3"} <= set(pins_of(LAMBDA))
    assert not {"boto3", "botocore", "s3transfer"} & set(pins_of(LAMBDA))


def test_layers_hold_nothing_else() -> None:
    """The layers' folders hold the pins, and Klingway; what else lay there would be deployed."""
    assert {path.name for path in LAMBDA.parent.iterdir()} == {"requirements.txt"}
    assert {path.name for path in (ROOT / "layers" / "core").iterdir()} - {"__pycache__"} == {"klingway"}


def test_validation_knows_the_template_of_the_same_tools() -> None:
    """SAM itself is pinned, and only `make build` needs it."""
    assert "aws-sam-cli" in pins_of(TOOLS)
    assert "aws-sam-cli" not in pins_of(DEVELOPMENT)
