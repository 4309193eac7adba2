from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from local.cli.main import _COMMANDS, main
from tests.cli.fake_gateway import Answer, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result


def test_help_is_quick() -> None:
    """Help and reading jobs load neither the twin nor AWS nor the core."""
    code = (
        "import sys\n"
        "from local.cli.main import main\n"
        "import local.cli.jobs\n"
        "bad = [name for name in ('boto3', 'moto', 'av', 'klingway', 'pydantic') if name in sys.modules]\n"
        "sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_every_command_is_there() -> None:
    """Each name of the table leads to a command that explains itself."""
    for name in _COMMANDS:
        command = main.get_command(click.Context(main), name)
        within = [[name, part] for part in command.commands] if isinstance(command, click.Group) else [[name]]
        for words in within:
            result = CliRunner().invoke(main, [*words, "--help"])
            assert result.exit_code == 0, result.output
            assert "--json" in result.output or name == "serve"


def test_an_unknown_command() -> None:
    """It is a mistake of use."""
    assert CliRunner().invoke(main, ["fly"]).exit_code == 2


def test_no_key() -> None:
    """It says where a key comes from."""
    result = CliRunner(env={"KLINGWAY_API_KEY": None}).invoke(main, ["list"])
    assert result.exit_code == 2
    assert "KLINGWAY_API_KEY" in result.stderr


@pytest.mark.parametrize("arguments", [["--url", "{url}", "list"], ["list", "--url", "{url}"]])
def test_where_the_address_stands(
    gateway: FakeGateway,
    klingway: Callable[..., Result],
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An address given before or after the command wins over the environment's."""
    monkeypatch.setenv("KLINGWAY_URL", "http://127.0.0.1:1")
    gateway.says("GET /v1/jobs", Answer(200, {"jobs": [], "next_cursor": None}))
    given = [argument.format(url=gateway.url) for argument in arguments]
    assert klingway(*given, env={"KLINGWAY_URL": "http://127.0.0.1:1"}).exit_code == 0


def test_an_address_that_is_none(klingway: Callable[..., Result]) -> None:
    """It is a mistake of use."""
    result = klingway("--url", "127.0.0.1:8787", "list")
    assert result.exit_code == 2
    assert "http://127.0.0.1:8787" in result.stderr
