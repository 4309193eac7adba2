"""docs/runbook.md names commands that there are, and has each alarm."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import botocore.session
import click
import pytest
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from local.cli.main import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL) for line in block.splitlines()]
OURS = sorted({line for line in [*LINES, *re.findall(r"`(klingway [^`]+)`", TEXT)] if line.startswith("klingway ")})
AWS = sorted(set(re.findall(r"\baws ([a-z0-9]+) ([a-z-]+)", TEXT)))
OF_THE_AWS_COMMAND_ALONE = {("logs", "tail"), ("s3", "ls")}
"""What is no operation of a service's API."""


@pytest.mark.parametrize("line", OURS)
def test_each_command_of_ours_exists(line: str) -> None:
    """Each can be parsed as it stands: its subcommands, its arguments, its options and their choices."""
    command: click.Command = main
    arguments = shlex.split(line, comments=True)[1:]
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments.pop(0))
        assert found is not None, line
        command = found
    command.make_context(command.name, arguments, parent=context)


@pytest.mark.parametrize(("service", "operation"), AWS)
def test_each_command_of_aws_exists(service: str, operation: str) -> None:
    """The service has the operation."""
    if (service, operation) not in OF_THE_AWS_COMMAND_ALONE:
        model = botocore.session.get_session().get_service_model(service)
        assert operation.replace("-", "_") in {xform_name(name) for name in model.operation_names}


def test_each_alarm_has_a_chapter() -> None:
    """And each chapter an alarm; all say what it means, what to look at, what to do and when to leave it."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    alarms = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"]
    chapters = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", TEXT, flags=re.DOTALL | re.MULTILINE))

    assert alarms == list(chapters)
    for name, chapter in chapters.items():
        missing = [word for word in ("**Means**", "**Look**", "**Do**", "afe to ignore**") if word not in chapter]
        assert missing == [], name


def test_what_it_names_of_the_stack_is_there() -> None:
    """Outputs, and functions by their logical ids; links lead to chapters of this page."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    assert set(re.findall(r"\$\(output (\w+)\)", TEXT)) <= set(template["Outputs"])
    assert set(re.findall(r"\$\(physical (\w+)\)", TEXT)) <= set(template["Resources"])
    chapters = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= chapters
