"""samconfig.toml says what the documentation says it does, and holds nothing secret."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.template.stack import ROOT, Stack

TEXT = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
STAGES: dict[str, Any] = {name: stage for name, stage in tomllib.loads(TEXT).items() if name != "version"}


def test_there_are_three_stages() -> None:
    """Each has a stack of its own."""
    assert set(STAGES) == {"default", "dev", "prod"}
    assert len({stage["global"]["parameters"]["stack_name"] for stage in STAGES.values()}) == 3


@pytest.mark.parametrize("name", STAGES)
def test_stage_lints_builds_and_deploys(name: str) -> None:
    """Each stage lints what it validates, builds from the cache in parallel, and may make roles but none with a name."""
    stage = STAGES[name]

    assert stage["validate"]["parameters"] == {"lint": True}
    assert stage["build"]["parameters"] == {"cached": True, "parallel": True}
    assert stage["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM"


def test_overrides_are_parameters_of_the_template() -> None:
    """Each parameter that a stage gives is one of the template's, with an allowed value."""
    parameters = Stack.read().source["Parameters"]
    for stage in STAGES.values():
        for name, value in re.findall(r"(\w+)=(\S+)", stage["deploy"]["parameters"].get("parameter_overrides", "")):
            allowed = parameters[name].get("AllowedValues")
            assert allowed is None or value in map(str, allowed)


def test_it_holds_no_secret() -> None:
    """No key, token or account number stands in it."""
    code = "\n".join(line.partition("#")[0] for line in TEXT.splitlines())

    assert not re.search(r"(?i)key|token|secret|password|\d{12}", code)
